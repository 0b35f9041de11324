// The verifier as a file in a real browser: opened from the disk it judges a bundle and asks nothing of any network.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uuidBytes } from '../../src/base/id.ts';
import { axe, NO_BROWSER, openDesks } from '../support/browser.ts';
import type { Desk, Desks } from '../support/browser.ts';
import { bundle, fileOf, makeEntries, memoryLog, SHIFT } from '../support/bundle.ts';

const PAGE = path.join(import.meta.dirname, '../../dist/desk/verify.html');
const dir = mkdtempSync(path.join(tmpdir(), 'niem-verify-'));
let desks: Desks;
let desk: Desk;
const asked: string[] = [];
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  desks = await openDesks();
  desk = await desks.open();
  await desk.page.goto('about:blank');
  desk.page.on('request', (request) => asked.push(request.url()));
  await desk.page.goto(`file://${PAGE}`);
});
afterAll(async () => {
  await desks?.end();
  rmSync(dir, { recursive: true });
});

const scene = makeEntries(2000);
const log = memoryLog(scene.bodies);
const file = fileOf(bundle(log, { subject: { type: 'S', kind: 'shift', ref: uuidBytes(SHIFT) }, indices: scene.bodies.map((_, i) => i), devices: [scene.device], older: 700, files: [scene.digest] }));

describe.skipIf(NO_BROWSER !== null)(`the page${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  const judge = async (bytes: Uint8Array): Promise<string> => {
    const name = path.join(dir, 'chung-cu.niem');
    writeFileSync(name, bytes);
    await desk.page.setInputFiles('#file', []);
    await desk.page.evaluate(() => (document.querySelector('#found') as HTMLElement).replaceChildren());
    await desk.page.setInputFiles('#file', name);
    await desk.page.waitForSelector('#found li', { timeout: 60_000 });
    return desk.page.innerText('main');
  };

  test('is one file under 80 kB, and asks for nothing but itself', async () => {
    const bytes = readFileSync(PAGE).length;
    console.log(`verify.html: ${bytes} bytes`);
    expect(bytes).toBeLessThan(80_000);
    expect(await axe(desk.page)).toEqual([]);
  });

  test('accepts what is whole, says by whom, and what it does not prove', async () => {
    const started = performance.now();
    const said = await judge(file);
    console.log(`verify.html: 2000 entries in ${Math.round(performance.now() - started)} ms`);
    expect(said).toContain('KHÔNG PHÁT HIỆN SỬA ĐỔI');
    expect(said).toContain('2000 mục');
    expect(said).toContain('Điều này KHÔNG chứng minh');
    expect(said).toMatch(/Mốc do niem\.example\/thu\/2026 \(khóa [0-9a-f]{16}\)/);
    expect(await axe(desk.page)).toEqual([]);
    expect(desk.errors).toEqual([]);
  });

  test('names what was changed, and what is no bundle', async () => {
    const bytes = file.slice();
    bytes[300_000] = (bytes[300_000] ?? 0) ^ 1;
    expect(await judge(bytes)).toMatch(/ĐÃ BỊ SỬA\. Mục \d+ không có trong sổ/);
    expect(await judge(new Uint8Array([1, 2, 3]))).toContain('KHÔNG ĐỌC ĐƯỢC');
    expect(await axe(desk.page)).toEqual([]);
  });

  test('compares with a head on paper', async () => {
    const root = Buffer.from(log.root(700)).toString('base64');
    await desk.page.evaluate(() => ((document.querySelector('details.tools') as HTMLDetailsElement).open = true));
    await desk.page.fill('#head', `niem.example/thu/2026\n700\n${root}`);
    expect(await judge(file)).toContain('Khớp mốc bạn đang giữ');
    await desk.page.fill('#head', `niem.example/thu/2026\n700\n${Buffer.alloc(32).toString('base64')}`);
    expect(await judge(file)).toContain('khác với sổ này');
    expect(asked.filter((url) => !url.startsWith('file:') && !url.startsWith('blob:'))).toEqual([]);
    expect(asked.length).toBe(1);
  });

  test('is given out as a file to keep', async () => {
    const response = await fetch(`${desks.base}/verify.html`);
    expect(response.headers.get('content-disposition')).toContain('attachment');
    expect(await response.text()).toBe(readFileSync(PAGE, 'utf8'));
  });
});
