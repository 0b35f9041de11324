// The printed manifest can be read back: its bars by a scanner, its words by whoever copies text out of the PDF.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { grouped, numberOf } from '../../src/domain/code.ts';
import { serviceWords } from '../../src/domain/service.ts';
import { labelPdf } from '../../src/interchange/label_file.ts';
import type { ManifestData, ManifestLine } from '../../src/interchange/manifest.ts';
import { manifestPages, shortCode } from '../../src/interchange/manifest_print.ts';

const require = createRequire(import.meta.url);
// Left alone, zxing-wasm fetches its module from a CDN.
prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm'))).buffer } });

const item = (n: number): string => numberOf({ prefix: 'BK', suffix: 'VN', check_rule: 's10', serial_width: 8 }, n);
const RECEIVERS = ['Văn phòng Tỉnh ủy Lạng Sơn', 'UBND phường Đông Kinh', 'Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh Lạng Sơn — Ban Dân tộc, Tôn giáo', '25000'];

function manifest(size: number, named = true): ManifestData {
  const lines = Array.from({ length: size }, (_, i): ManifestLine => {
    const secrecy = (['NONE', 'B', 'NONE', 'A', 'C'] as const)[i % 5] ?? 'NONE';
    const urgency = (['NONE', 'HOA_TOC', 'NONE'] as const)[i % 3] ?? 'NONE';
    const receiver = named && secrecy === 'NONE' ? (RECEIVERS[i % 4] ?? null) : null;
    return { no: i + 1, code: item(i), service_class: 'kt1', scope: 'INTRA', secrecy, urgency, appointed_at: null, personal_mark: false, weight_g: 20 + 37 * i, destination_office_code: '240100', service_vi: serviceWords('kt1', secrecy, urgency, 'vi'), state_vi: 'Trong túi', receiver };
  });
  const net_g = lines.reduce((sum, line) => sum + line.weight_g, 0);
  const digest = 'c0ffee1234567890abcdef0123456789'.repeat(2);
  return { bag_code: '243100240100AKT60042003', trip_no: 42, trip_year: 2026, serial: 3, origin_office_code: '243100', destination_office_code: '240100', item_count: size, net_g, gross_g: net_g + 300, tare_g: 300, digest, digest_of_ledger: digest, seal_nos: ['NS000123', 'NS000124'], lines };
}
const print = (m: ManifestData): Promise<Uint8Array> => labelPdf(manifestPages(m), `Bản kê túi ${m.bag_code}`);

/** The answer of a program of poppler-utils; skips the test plainly where there is none. */
function poppler(context: TestContext, program: string, args: string[], input: Uint8Array): string {
  try {
    return execFileSync(program, args, { input, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    context.skip(`${program} (poppler-utils) is not installed`);
    return '';
  }
}

describe('a manifest of 300 items on paper', () => {
  const m = manifest(300);

  test('is A4, tells page x of y and its bag on every page, and names each item once, in order', async (context) => {
    const pdf = await print(m);
    const boxes = [...Buffer.from(pdf).toString('latin1').matchAll(/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, w, h]) => [Math.round(Number(w)), Math.round(Number(h))]);
    expect(new Set(boxes.map(String))).toEqual(new Set(['595,842']));
    const pages = poppler(context, 'pdftotext', ['-layout', '-', '-'], pdf).split('\f').slice(0, -1);
    expect(pages).toHaveLength(boxes.length);
    expect(pages.length).toBeGreaterThan(5);
    for (const [i, text] of pages.entries()) {
      expect(text).toContain(`Trang ${i + 1}/${pages.length}`);
      expect(text).toContain(m.bag_code);
      expect(text).toContain(shortCode(m.digest));
      if (text.includes(grouped(item(0)).slice(0, 5))) expect(text).toMatch(/Số hiệu\s+Dịch vụ\s+Nơi nhận\s+BC phát\s+g\s+Trạng thái/);
    }
    const all = pages.join('\n');
    expect(all).toBe(all.normalize('NFC'));
    expect([...all.matchAll(/BK \d{3} \d{3} \d{3} VN/g)].map(([code]) => code)).toEqual(m.lines.map((line) => grouped(line.code)));
    for (const word of ['Văn phòng Tỉnh ủy Lạng Sơn', 'UBND phường Đông Kinh', 'Niêm phong: NS000123 · NS000124', 'Người lập bản kê', 'Kiểm soát viên', 'Người nhận túi', 'Mã bản kê', 'Hỏa tốc']) expect(all).toContain(word);
    expect(all).toMatch(/KT1 A\s+40 bưu gửi/);
    expect(all).toMatch(/Cộng\s+300 bưu gửi/);
  });

  test('has bars that decode to the number of the bag, at 200 dpi', async (context) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'niem-manifest-'));
    try {
      const file = path.join(folder, 'm.pdf');
      writeFileSync(file, await print(m));
      poppler(context, 'pdftoppm', ['-r', '200', '-png', '-f', '1', '-l', '1', file, path.join(folder, 'page')], new Uint8Array());
      const image = readdirSync(folder).find((name) => name.endsWith('.png')) ?? '';
      const found = await readBarcodes(new Uint8Array(readFileSync(path.join(folder, image))), { formats: ['Code128'] });
      expect(found.map((code) => code.text)).toEqual([m.bag_code]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('the same list is the same bytes', async () => {
    expect(await print(structuredClone(m))).toEqual(await print(m));
  });
});

describe('what a manifest does not say', () => {
  const words = (m: ManifestData): string[] => manifestPages(m).flatMap((page) => page.texts.map((run) => run.text));

  test('the receiver of a marked item', () => {
    const m = manifest(40);
    const marked = { ...m, lines: m.lines.map((line) => ({ ...line, secrecy: 'A' as const, receiver: null })) };
    expect(words(m)).toContain('Nơi nhận');
    expect(words(marked)).not.toContain('Nơi nhận');
    expect(words(manifest(40, false))).not.toContain('Nơi nhận');
  });

  test('words of secrecy, not even in a name', () => {
    const m = manifest(5);
    const said = words({ ...m, lines: m.lines.map((line) => ({ ...line, receiver: 'Ban Tuyệt mật' })) }).join(' ');
    expect(said).not.toMatch(/mật/i);
  });

  test('seals to whoever has to read them from the bag first', () => {
    expect(words({ ...manifest(1), seal_nos: null })).toContain('Niêm phong: đọc trên túi khi mở');
  });
});

test('nothing lies on anything else, nor off the page, however many rows', () => {
  for (let size = 0; size <= 120; size++) {
    const pages = manifestPages(manifest(size));
    for (const page of pages) {
      for (const { x, y, size: em, max_width, anchor, text } of page.texts) {
        expect(y, text).toBeLessThanOrEqual(290);
        expect(anchor === 'end' ? x - max_width : x, text).toBeGreaterThanOrEqual(0);
        expect(em).toBeGreaterThan(1.5);
      }
      const rows = page.texts.filter(({ y }) => y < 285);
      expect(Math.max(...rows.map(({ y }) => y))).toBeLessThan(284);
      expect(page.rects.every(([x, y, w, h]) => x >= 0 && y >= 0 && x + w <= 210 && y + h <= 290)).toBe(true);
    }
    expect(pages.flatMap((page) => page.texts).filter(({ text }) => text === 'Mã bản kê')).toHaveLength(1);
  }
});
