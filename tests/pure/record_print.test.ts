// A biên bản on paper: every Vietnamese letter has its glyph, the QR is read back from the picture, and nothing is cut away.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { CHECKPOINTS } from '../../src/domain/checkpoint.ts';
import { RECORD_FORM_NAMES, RECORD_FORMS, recordQr, SIGNERS, tell } from '../../src/domain/record_form.ts';
import type { RecordContent, RecordForm } from '../../src/domain/record_form.ts';
import { labelPdf } from '../../src/interchange/label_file.ts';
import { shortCode } from '../../src/interchange/manifest_print.ts';
import { recordPages } from '../../src/interchange/record_print.ts';

const require = createRequire(import.meta.url);
prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm'))).buffer } });

/** All 134 letters with marks that Vietnamese has, both cases. */
const LETTERS = [...'aăâeêioôơuưy'].flatMap((letter) => ['', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323'].map((tone) => `${letter}${tone}`.normalize('NFC'))).concat('đ').filter((letter) => letter > 'z');
const ALPHABET = [...LETTERS, ...LETTERS.map((letter) => letter.toUpperCase())];
const DIGEST = 'c0ffee1234567890abcdef0123456789'.repeat(2);

function content(form: RecordForm, size = 6): RecordContent {
  const rows = Array.from({ length: Math.ceil(ALPHABET.length / 12) }, (_, i) => [`Dòng chữ ${i + 1}`, ALPHABET.slice(i * 12, i * 12 + 12).join(' ')] as const);
  return {
    format: 'niem.record/1', form, number: '12/2026/BB-243100', office_code: '243100', office_vi: 'Bưu cục Đồng Đăng', drawn_at: Date.UTC(2026, 10, 24, 7, 5), drawn_by: 'Nông Thị Mẫu (LS1005)', code: 'BK473124829VN', unit_kind: 'item', head_hash: DIGEST,
    acts: ['Luật Bưu chính'], lines: [['Số hiệu', 'BK473124829VN'], ['Dịch vụ', 'KT1 · Hỏa tốc'], ...rows],
    steps: Array.from({ length: size }, (_, i) => ({ at: Date.UTC(2026, 10, 24, 1, i), what: 'Ghi tình trạng', where: '243100', who: 'Nông Thị Mẫu (LS1005), Hoàng Văn Mẫu (LS1007)', said: 'tình trạng Rách; lý do Rách khi khai thác; khối lượng 1.182 g' })),
  };
}
const print = (c: RecordContent): Promise<Uint8Array> => labelPdf(recordPages(c, DIGEST), `Biên bản ${c.number}`);

function poppler(context: TestContext, program: string, args: string[], input: Uint8Array = new Uint8Array()): string {
  try {
    return execFileSync(program, args, { input, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    context.skip(`${program} (poppler-utils) is not installed`);
    return '';
  }
}

describe.each(RECORD_FORM_NAMES)('a record of %s', (form) => {
  const { vi, signers, copies } = RECORD_FORMS[form];

  test('says its facts, has a place for each who signs and for who will not, page x of y', async (context) => {
    const pages = poppler(context, 'pdftotext', ['-layout', '-', '-'], await print(content(form))).split('\f').slice(0, -1);
    expect(pages.length).toBeGreaterThan(1);
    for (const [i, text] of pages.entries()) for (const said of [`Trang ${i + 1}/${pages.length}`, '12/2026/BB-243100', shortCode(DIGEST)]) expect(text).toContain(said);
    const all = pages.join('\n').replaceAll(/\s+/g, ' ');
    expect(all).toBe(all.normalize('NFC'));
    for (const said of ['CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', 'Độc lập – Tự do – Hạnh phúc', 'BIÊN BẢN', vi, '14 giờ 05 ngày 24 tháng 11 năm 2026', 'Căn cứ Luật Bưu chính', 'BK 473 124 829 VN', 'KT1 · Hỏa tốc', 'Người không ký biên bản và lý do:', `lập thành ${copies} bản`]) expect(all).toContain(said);
    for (const signer of signers) expect(all.split(SIGNERS[signer][0]).length, signer).toBeGreaterThan(2);
    expect([...all.matchAll(/ký, ghi rõ họ tên/g)]).toHaveLength(signers.length);
    expect(all).not.toContain('…');
  });

  test('is of the catalogue: kinds that there are, signers that there are, and the drawer signs first or second', () => {
    expect(RECORD_FORMS[form].kinds.filter((kind) => !(kind in CHECKPOINTS))).toEqual([]);
    expect(signers.slice(0, 2)).toContain('drawer');
    expect([vi, copies >= 2]).toEqual([vi.normalize('NFC'), true]);
  });
});

test('each Vietnamese letter comes back from the paper as itself', async (context) => {
  expect(ALPHABET).toHaveLength(134);
  const text = poppler(context, 'pdftotext', ['-layout', '-', '-'], await print(content('discovery')));
  expect(ALPHABET.filter((letter) => !text.includes(letter))).toEqual([]);
  // A letter without a glyph would be drawn as an empty box, of which all are one: each letter has its own.
  const fonts = poppler(context, 'pdffonts', ['-'], await print(content('discovery')));
  expect(fonts).toMatch(/BeVietnamPro-Regular/);
});

test('the QR on the picture says number and digest', async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'niem-record-'));
  try {
    const file = path.join(folder, 'r.pdf');
    writeFileSync(file, await print(content('handover', 2)));
    poppler(context, 'pdftoppm', ['-r', '150', '-png', '-f', '1', '-l', '1', file, path.join(folder, 'page')]);
    const image = readdirSync(folder).find((name) => name.endsWith('.png')) ?? '';
    const found = await readBarcodes(new Uint8Array(readFileSync(path.join(folder, image))), { formats: ['QRCode'] });
    expect(found.map((code) => code.text)).toEqual([recordQr('12/2026/BB-243100', DIGEST)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('words of secrecy are not printed, wherever they came from', () => {
  const said = recordPages({ ...content('seal'), office_vi: 'Ban Tuyệt mật', lines: [['Dịch vụ', 'tối mật']] }, DIGEST).flatMap((page) => page.texts.map((run) => run.text)).join(' ');
  expect(said).not.toMatch(/mật/i);
});

test('the same record is the same bytes', async () => {
  expect(await print(content('return'))).toEqual(await print(content('return')));
});

test('facts are told in words, those of a basis too, and nothing that is not in the catalogue', () => {
  const reasons = new Map([['torn_in_handling', 'Rách khi khai thác']]);
  expect(tell({ condition: 'torn', reason_code: 'torn_in_handling', weight_g: 1182, seal_nos: ['NS1', 'NS2'], strange: 'x' }, reasons)).toBe('tình trạng Rách; lý do Rách khi khai thác; khối lượng 1.182 g; niêm phong NS1, NS2');
  expect(tell({ basis: { decision_no: '12/QĐ', agency_code: 'CA-LS' }, witness_person_id: 'x' }, reasons)).toBe('quyết định số 12/QĐ; cơ quan CA-LS');
});
