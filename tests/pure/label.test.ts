// What is printed can be read back: by scanners, by eyes, and by whoever copies text out of the PDF.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import bwipjs from 'bwip-js/generic';
import fc from 'fast-check';
import PDFDocument from 'pdfkit';
import { describe, expect, test, vi } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { labelSvg, layoutLabel } from '../../src/interchange/label.ts';
import type { Code, LabelData, LabelSize, Layout, Rect } from '../../src/interchange/label.ts';
import { labelPdf, labelPng } from '../../src/interchange/label_file.ts';

const require = createRequire(import.meta.url);
// Left alone, zxing-wasm fetches its module from a CDN.
const wasmBinary = new Uint8Array(readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm')))
  .buffer;
prepareZXingModule({ overrides: { wasmBinary } });

const SIZES: LabelSize[] = ['80x50', '100x150'];
const DOTS = { 203: 8, 300: 300 / 25.4 };
const PRINTERS = SIZES.flatMap((size) => ([203, 300] as const).map((dpi) => ({ size, dpi })));

const LABEL: LabelData = {
  code: 'BK473124829VN',
  data_matrix: 'BK473124829VN.ABCDEFGHJKMNP',
  service_vi: 'KT1 B · Hỏa tốc',
  mark: 'B',
  kt1: true,
  urgency_vi: 'HỎA TỐC',
  appointed_at_text: '09:30 · 24/11/2026',
  from_vi: ['Văn phòng UBND tỉnh Lạng Sơn', '391 đường Hùng Vương, phường Lương Văn Tri'],
  to_vi: ['Văn phòng Tỉnh ủy Lạng Sơn', 'Số 2 đường Hoàng Văn Thụ, phường Lương Văn Tri'],
  weight_text: '412 g',
  accepted_text: '23/11/2026 16:00',
  office_text: '240000 Lạng Sơn › 100000 Hà Nội',
  reprint: 2,
};
const PLAIN = { service_vi: 'BƯU KIỆN', mark: null, kt1: false, urgency_vi: null, appointed_at_text: null };
const PARCEL: LabelData = { ...LABEL, ...PLAIN };

describe.each(PRINTERS)(
  'a label decodes to the number that was given: $size mm, $dpi dpi',
  ({ size, dpi }) => {
    test.each([
      ['BK473124829VN', 'BK473124829VN.ABCDEFGHJKMNP'],
      ['RR000000005VN', 'RR000000005VN'],
      ['EE876543216CA', 'KT1EE876543216CA0f9a3c'],
      ['PA999999995VN', 'aB~ {}<>&^\\'.repeat(5)],
      ['VNLSNAVNHANAAEM50001001010123', 'A9'.repeat(30)],
      ['B.240000.2026-11-23.007', 'https://kt1.example/?n=1&m=2;a~'],
      ['T', '1'],
    ])('%s, %s', async (code, data_matrix) => {
      const png = labelPng(layoutLabel({ ...LABEL, code, data_matrix }, size), dpi);
      expect(await decode(png)).toEqual({ Code128: [code], DataMatrix: [data_matrix] });
    });

    test('also askew, out of focus, on grey paper', { timeout: 30_000 }, async () => {
      const png = labelPng(layoutLabel(LABEL, size), dpi);
      for (const degrees of [-7, 184]) {
        const seen = look(png, degrees, dpi / 500);
        expect(await decode(seen)).toEqual({ Code128: [LABEL.code], DataMatrix: [LABEL.data_matrix] });
      }
    });

    test('every module is whole dots, and the quiet zones are empty', () => {
      const layout = layoutLabel(LABEL, size);
      const { data, width } = look(labelPng(layout, dpi));
      for (const code of layout.codes) {
        const middle = Math.floor(code.rows / 2);
        const y = Math.floor((code.y + (middle + 0.5) * code.module_height) * DOTS[dpi]);
        const quiet = (code.rows === 1 ? 10 : 1) * code.module_width;
        const from = Math.ceil((code.x - quiet) * DOTS[dpi]);
        const to = Math.floor((code.x + code.columns * code.module_width + quiet) * DOTS[dpi]);
        const dots = Array.from({ length: to - from }, (_, i) => data[(y * width + from + i) * 4]);
        const module = Math.round(code.module_width * DOTS[dpi]);
        const printed = bitsOf(code).slice(middle * code.columns, (middle + 1) * code.columns);
        const dark = printed.replaceAll(/./g, (bit) => bit.repeat(module));
        expect(dots.map((dot) => ({ 0: '1', 255: '0' })[dot ?? 1] ?? '?').join('')).toMatch(
          RegExp(`^0+${dark}0+$`),
        );
      }
    });

    test('an S10 bar code keeps to S10', () => {
      const layout = layoutLabel(LABEL, size);
      const [bars, matrix] = layout.codes as [Code, Code];
      const module = Math.round(bars.module_width * DOTS[dpi]) / DOTS[dpi];
      // The SVG and the PDF are exact at 203 dpi; at 300 only a PNG made for it is.
      expect(bars.module_width * DOTS[203]).toBe(Math.round(bars.module_width * DOTS[203]));
      expect(module).toBeGreaterThanOrEqual(0.33);
      expect(module).toBeLessThanOrEqual(0.51);
      expect(bars.module_height).toBeGreaterThanOrEqual(Math.max(12.5, 0.15 * module * bars.columns));
      expect((layout.width - bars.columns * module) / 2).toBeGreaterThanOrEqual(10 * module);
      expect(matrix.rows * matrix.module_width).toBeGreaterThanOrEqual(9);
    });
  },
);

type Raw = { sbs: number[]; pixs: number[] };

test('bars and modules are those of bwip-js', () => {
  const raw = (kind: string, text: string) => bwipjs.raw(kind, text, {})[0] as unknown as Raw;
  for (const [code, data_matrix] of [
    [LABEL.code, LABEL.data_matrix],
    ['x9^FNC1~', 'a~'.repeat(30)],
  ] as const) {
    const [bars, modules] = layoutLabel({ ...LABEL, code, data_matrix }, '80x50').codes as [Code, Code];
    expect(bitsOf(bars)).toBe(
      raw('code128', code)
        .sbs.map((width, i) => `${(i + 1) % 2}`.repeat(width))
        .join(''),
    );
    expect(bitsOf(modules)).toBe(raw('datamatrix', data_matrix).pixs.join(''));
  }
});

test('a PDF has one page per label, of exactly its size, and its text can be copied', async (context) => {
  const layouts = [LABEL, PARCEL].flatMap((data) => SIZES.map((size) => layoutLabel(data, size)));
  const pdf = await labelPdf(layouts);
  const boxes = Buffer.from(pdf)
    .toString('latin1')
    .matchAll(/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g);
  const sizes = [...boxes].map(([, ...points]) => points.map((length) => (Number(length) * 25.4) / 72));
  expect(sizes.flat().map((length) => Number(length.toFixed(3)))).toEqual([
    80, 50, 100, 150, 80, 50, 100, 150,
  ]);
  let text = '';
  try {
    text = execFileSync('pdftotext', ['-raw', '-', '-'], { input: pdf, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    context.skip('pdftotext (poppler-utils) is not installed');
  }
  const pages = text.split('\f').slice(0, -1);
  expect(pages).toHaveLength(layouts.length);
  for (const [i, { texts }] of layouts.entries())
    for (const run of texts) expect(pages[i]).toContain(run.text);
  expect(text).toBe(text.normalize('NFC'));
  expect(pages[0]).toMatch(/HỎA TỐC\n.*\s+BK 473 124 829 VN IN LẠI 2\s[^]*Văn phòng Tỉnh ủy Lạng Sơn\n/);
});

test('the same label is the same bytes', { timeout: 30_000 }, async () => {
  for (const { size, dpi } of PRINTERS) {
    const [one, two] = [layoutLabel(LABEL, size), layoutLabel(structuredClone(LABEL), size)];
    expect(labelSvg(one)).toBe(labelSvg(two));
    expect(labelPng(one, dpi)).toEqual(labelPng(two, dpi));
    const pdf = await labelPdf([one]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 86_400_000 });
    const nextDay = await labelPdf([two]);
    vi.useRealTimers();
    expect(nextDay).toEqual(pdf);
    expect(Buffer.from(pdf).toString('latin1')).toContain('(D:19700101000000Z)');
  }
});

describe('secrecy words are never printed', () => {
  const words = ['TUYỆT MẬT', 'tối mật', 'Mật', 'mật'.normalize('NFD'), 'Độ: MẬT.', '(mật)', 'TUYET MAT'];
  test.each(words)('%s', (word) => {
    for (const [field, value] of Object.entries(LABEL)) {
      if (typeof value === 'number' || typeof value === 'boolean' || /^(code|data_matrix|mark)$/.test(field))
        continue;
      const said = Array.isArray(value) ? ['Sở Nội vụ', `x ${word} y`] : word;
      for (const size of SIZES)
        expect(() => layoutLabel({ ...LABEL, [field]: said }, size), field).toThrow(/secrecy/);
    }
  });
  test('not even across two lines, while other words are no trouble', () => {
    expect(() => layoutLabel({ ...LABEL, to_vi: ['TUYET', 'MAT'] }, '80x50')).toThrow(/secrecy/);
    const to_vi = ['Ông Mạc Văn Mẫn, thôn Mất, xã Mặt Trời', 'chậm mậtx xmật, Mat xa, tới mặt'];
    expect(() => layoutLabel({ ...LABEL, to_vi }, '80x50')).not.toThrow();
  });
  test('the mark is one letter', () => {
    expect(
      layoutLabel({ ...LABEL, mark: 'A' }, '80x50').texts.filter(({ text }) => text === 'A'),
    ).toHaveLength(1);
    expect(() => layoutLabel({ ...LABEL, mark: 'TUYỆT' as 'A' }, '80x50')).toThrow(/mark/);
  });
});

describe('nothing overflows', () => {
  const fonts = ['400Regular', '700Bold'].map((weight) => {
    return require.resolve(`@expo-google-fonts/be-vietnam-pro/${weight}/BeVietnamPro_${weight}.ttf`);
  });
  const ruler = new PDFDocument({ autoFirstPage: false });
  const boxOf = (run: Layout['texts'][number]) => {
    const font = ruler.font(fonts[run.weight === 400 ? 0 : 1] ?? '').fontSize(run.size * 100);
    const width = font.widthOfString(run.text) / 100;
    expect(width, run.text).toBeLessThanOrEqual(run.max_width);
    const left = run.x - width * { start: 0, middle: 0.5, end: 1 }[run.anchor];
    return { what: run.text, left, right: left + width, top: run.y - run.size * 0.74, bottom: run.y };
  };
  const codeBox = ({ x, y, rows, columns, module_width, module_height }: Code) => {
    const quiet = (rows === 1 ? 10 : 1) * module_width;
    const right = x + columns * module_width + quiet;
    return { what: 'code', left: x - quiet, right, top: y, bottom: y + rows * module_height };
  };
  const ruleBox = ([left, top, width, height]: Rect) => {
    return { what: 'rule', left, right: left + width, top, bottom: top + height };
  };
  const check = (layout: Layout): void => {
    const rules = layout.rects.filter(([, , width, height]) => Math.min(width, height) < 1.2).map(ruleBox);
    const boxes = [...layout.texts.map(boxOf), ...layout.codes.map(codeBox)];
    for (const [i, a] of boxes.entries()) {
      expect(a.left >= 0 && a.right <= layout.width && a.top >= 0 && a.bottom <= layout.height, a.what).toBe(
        true,
      );
      for (const b of [...boxes.slice(i + 1), ...rules]) {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        expect(apart, `${a.what} over ${b.what}`).toBe(true);
      }
    }
  };

  const long =
    'Trường Phổ thông Dân tộc nội trú THCS&THPT Tràng Định, ngõ Ngưỡng Nghĩa, phường Lương Văn Tri ';
  const worst = [long, long.repeat(3), long.toUpperCase(), 'ƯV'.repeat(100), 'W'.repeat(300)];
  test.each(worst)('with long text %# in every field', { timeout: 30_000 }, (text) => {
    const lines = Array<string>(8).fill(text);
    const short = { service_vi: text, weight_text: text, accepted_text: text, office_text: text };
    for (const size of SIZES) {
      check(layoutLabel({ ...PARCEL, ...short, from_vi: lines, to_vi: lines, reprint: 0 }, size));
      const stamps = { urgency_vi: text, appointed_at_text: text, reprint: 999 };
      check(layoutLabel({ ...LABEL, ...short, ...stamps, from_vi: lines, to_vi: lines }, size));
    }
  });
  test('with any text', { timeout: 30_000 }, () => {
    const accented = 'ạảãàáâấầẩẫăắằẳẵặẹẻẽèéêếềểễệỉịĩìíọỏõòóôốồổỗộơớờởỡợụủũùúưứừửữựỳýỵỷỹđ';
    const letters = `${long}${long}${accented}${accented.toUpperCase()}0123456789.,/-–·()…›W"'&<>?`;
    const text = fc
      .array(fc.constantFrom(...letters.split('')), { maxLength: 200 })
      .map((some) => some.join(''));
    const short = { service_vi: text, urgency_vi: text, accepted_text: text, office_text: text };
    const lines = fc.array(text, { maxLength: 8 });
    const words = fc.record({ ...short, from_vi: lines, to_vi: lines });
    const property = fc.property(words, fc.constantFrom(...SIZES), (some, size) =>
      check(layoutLabel({ ...LABEL, ...some }, size)),
    );
    fc.assert(property, { numRuns: 100 });
  });
  test.each(['VNLSNAVNHANAAEM50001001010123', '12'.repeat(20), 'W'.repeat(20)])('nor is %s cut', (code) => {
    for (const reprint of [0, 3]) {
      const layout = layoutLabel({ ...LABEL, code, reprint }, '100x150');
      expect(layout.texts.map(({ text }) => text)).toContain(code);
      check(layout);
    }
  });
  test('nor is an ordinary address: it is broken and made smaller', () => {
    const to_vi = ['Ủy ban nhân dân xã Hoàng Văn Thụ', `Thôn Nà Tâu, xã Hoàng Văn Thụ, ${long.slice(0, 52)}`];
    for (const size of SIZES) {
      const printed = layoutLabel({ ...LABEL, to_vi, from_vi: [] }, size).texts.map(({ text }) => text);
      expect(printed.join(' ')).toContain(to_vi.join(' '));
    }
  });
  test('and the font has every letter that is printed', { timeout: 30_000 }, () => {
    const fontkit = createRequire(require.resolve('pdfkit'))('fontkit');
    const loaded = fonts.map((file) => fontkit.openSync(file));
    const points = [
      [0x21, 0x250],
      [0x1e00, 0x1f00],
      [0x2010, 0x2300],
    ].flatMap(([from = 0, to = 0]) => {
      return Array.from({ length: to - from }, (_, i) => String.fromCodePoint(from + i));
    });
    const visible = points.filter((letter) => !/[\p{C}\p{Z}]/u.test(letter));
    while (visible.length) {
      const texts = layoutLabel({ ...PARCEL, service_vi: visible.splice(0, 12).join('') }, '100x150').texts;
      for (const letter of texts.flatMap(({ text }) => Array.from(text))) {
        for (const font of loaded)
          expect(font.hasGlyphForCodePoint(letter.codePointAt(0)), letter).toBe(true);
      }
    }
  });
});

describe('hostile text is refused or lies still', () => {
  const unseen = [
    'a\0b',
    '\x1b[2J',
    'a\tb',
    'a\nb',
    '\u202eNV',
    '\u2066b',
    'a\u200bb',
    'a\u00adb',
    '\ud800',
    '\u2028',
  ];
  test.each([...unseen, 'x'.repeat(301)])('refused: %j', (text) => {
    expect(() => layoutLabel({ ...LABEL, office_text: text }, '80x50')).toThrow(/line of text/);
    expect(() => layoutLabel({ ...LABEL, from_vi: [text] }, '80x50')).toThrow(/line of text/);
  });
  test('markup stays text', () => {
    const text = `<script>alert(1)</script>]]>"' onload=x &lt; <!--`;
    const data = { ...LABEL, office_text: text, to_vi: [text], service_vi: text, code: '<b>&"\'' };
    const svg = labelSvg(layoutLabel(data, '100x150'));
    const tags = ['<svg', '<rect', '<g', '<path', '</g', '<text', '</text', '</svg'];
    expect([...new Set(svg.match(/<[^ >]+/g))]).toEqual(tags);
    expect(svg).toContain('&#60;script&#62;alert(1)');
    expect(() => new Resvg(svg)).not.toThrow();
  });
  test('letters the font lacks are printed as question marks', () => {
    const { texts } = layoutLabel({ ...LABEL, office_text: '中文 Кирилл → Hà Nội 🙂' }, '100x150');
    expect(texts.map(({ text }) => text)).toContain('?? ?????? › Hà Nội ?');
  });
  const notNumbers = [
    '',
    ' ',
    'Lạng Sơn',
    'BK47\0',
    'BK473124829VN\n',
    ' BK',
    'B'.repeat(61),
    'BK\u001d1',
    'ÿ',
  ];
  test.each(notNumbers)('no symbol is drawn of %j', (text) => {
    expect(() => layoutLabel({ ...LABEL, code: text }, '100x150')).toThrow(/not encodable/);
    expect(() => layoutLabel({ ...LABEL, data_matrix: text }, '100x150')).toThrow(/not encodable/);
  });
  test('nor of a number too long for the label, nor with counts out of bounds', () => {
    expect(() => layoutLabel({ ...LABEL, code: 'w'.repeat(40) }, '80x50')).toThrow(/too long/);
    expect(() => layoutLabel({ ...LABEL, to_vi: Array<string>(9).fill('x') }, '80x50')).toThrow(/count/);
    for (const reprint of [-1, 0.5, NaN, 1e9]) {
      expect(() => layoutLabel({ ...LABEL, reprint }, '80x50')).toThrow(/count/);
    }
  });
});

/** Module by module, row by row: 1 is dark. */
function bitsOf({ columns, rows, runs }: Code): string {
  const bits = Array<string>(columns * rows).fill('0');
  for (const [column, row, length] of runs)
    bits.fill('1', row * columns + column, row * columns + column + length);
  return bits.join('');
}

type Image = { data: Uint8ClampedArray<ArrayBuffer>; width: number; height: number };

async function decode(image: Uint8Array | Image): Promise<Record<string, string[]>> {
  const found = await readBarcodes(image as ImageData, {
    formats: ['Code128', 'DataMatrix'],
    tryHarder: true,
  });
  const read: Record<string, string[]> = {};
  for (const { format, text } of found) (read[format] ??= []).push(text);
  return read;
}

/** The pixels of a PNG, or of a photograph of it: on grey paper, turned and out of focus. */
function look(png: Uint8Array, degrees = 0, blur = 0): Image {
  const header = Buffer.from(png.subarray(16, 24));
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const side = Math.ceil(Math.hypot(width, height)) + 40;
  const turn = `translate(${(side - width) / 2} ${(side - height) / 2}) rotate(${degrees} ${width / 2} ${height / 2})`;
  const worn = degrees ? `transform="${turn}" opacity="0.8" filter="url(#blur)"` : '';
  const source = `width="${width}" height="${height}" href="data:image/png;base64,${Buffer.from(png).toString('base64')}"`;
  const filter = blur ? `<filter id="blur"><feGaussianBlur stdDeviation="${blur}"/></filter>` : '';
  const size = degrees ? `width="${side}" height="${side}"` : `width="${width}" height="${height}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${filter}<image ${source} ${worn}/></svg>`;
  const image = new Resvg(svg, { background: '#999', imageRendering: blur ? 0 : 1 }).render();
  return { data: new Uint8ClampedArray(image.pixels), width: image.width, height: image.height };
}
