// The head on paper: what a scanner reads from the printed page is the note, to the byte.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { expect, test } from 'vitest';
import { headOfQr, headQr, headSheet } from '../../src/interchange/head_sheet.ts';
import { labelPng } from '../../src/interchange/label_file.ts';

const require = createRequire(import.meta.url);
await prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm'))).buffer }, fireImmediately: true });

test('a head with three cosignatures is read from the printed page at 203 dpi', async () => {
  const line = (name: string, n: number) => `— ${name} ${'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM='.padStart(n, 'A')}\n`;
  const note = `niem.example/lang-son/2026\n123456\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n${line('niem.example/lang-son/2026', 92)}${line('niem.example/lang-son/signer', 104)}${line('niem.example/lang-son/witness', 104)}${line('witness.example/so-tttt', 104)}`;
  const sheet = headSheet({ origin: 'niem.example/lang-son/2026', size: 123_456, root: new Uint8Array(32) }, note, '08:00 29/11/2026');
  const found = await readBarcodes(new Blob([labelPng(sheet, 203) as Uint8Array<ArrayBuffer>]), { formats: ['QRCode'], tryHarder: true });
  expect(found.map(({ text }) => text)).toEqual([headQr(note)]);
  expect(headOfQr(found[0]?.text ?? '')).toBe(note);
  expect(() => headOfQr('hello')).toThrow('not the head');
  expect(sheet.texts.map(({ text }) => text).join('')).toContain('123456');
});
