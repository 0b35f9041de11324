// Item labels: one geometry in millimetres, from which the SVG here and the PDF and PNG of label_file.ts are drawn.
// Pure: runs on Node, on the edge and in the browser. Never prints secrecy words, only the mark A, B or C.

import { code128, datamatrix, qrcode } from 'bwip-js/generic';
import { grouped } from '../domain/code.ts';

/** Lines are printed as given: what must be masked was masked by the caller. `reprint` is 0 for the first print. */
export type LabelData = {
  code: string;
  data_matrix: string;
  service_vi: string;
  mark: 'A' | 'B' | 'C' | null;
  kt1: boolean;
  urgency_vi: string | null;
  appointed_at_text: string | null;
  from_vi: string[];
  to_vi: string[];
  weight_text: string;
  accepted_text: string;
  office_text: string;
  reprint: number;
};
export type LabelSize = '80x50' | '100x150';

/** Left, top, width, height: millimetres from the top left corner. */
export type Rect = [number, number, number, number];
/** Rows of modules (Code 128 is one tall row). A run is [first column, row, number of dark modules]. */
type Grid = { columns: number; rows: number; runs: [number, number, number][] };
export type Code = Grid & { x: number; y: number; module_width: number; module_height: number };
/** `size` is the em; inverse is white on black. */
type Size = { size: number };
type Style = { weight: 400 | 700; anchor: 'start' | 'middle' | 'end'; inverse: boolean };
/** `y` is the baseline; the text is never wider than `max_width`. */
type TextRun = Style & Size & { text: string; x: number; y: number; max_width: number };
type Paper = { name: string; width: number; height: number };
export type Layout = Paper & { rects: Rect[]; codes: Code[]; texts: TextRun[] };

/** Where a text stands: x, baseline, widest. */
type Place = [number, number, number];
const PLAIN: Style = { weight: 700, anchor: 'start', inverse: false };

/** The words of a secrecy degree, which may not stand on a cover. On ordinary mail "mật" alone may be honey or a place. */
const SECRECY = /(?<![\p{L}\p{M}]|bảo )(mật|(tuyet|toi)\s+mat)(?![\p{L}\p{M}])/iu;
const DEGREES = /(?<![\p{L}\p{M}])(tuyệt|tối|tuyet|toi)\s+(mật|mat)(?![\p{L}\p{M}])/iu;

/** The whole label, or an Error when given what must not be printed. */
export function layoutLabel(data: LabelData, size: LabelSize): Layout {
  const [width, height] = size === '80x50' ? [80, 50] : [100, 150];
  const layout: Layout = { name: grouped(data.code), width, height, rects: [], codes: [], texts: [] };
  if (size === '80x50') drawSmall(layout, checkLabel(data));
  else drawLarge(layout, checkLabel(data));
  return layout;
}

function checkLabel(data: LabelData): LabelData {
  const lines = Math.max(data.from_vi.length, data.to_vi.length);
  if (data.mark !== null && !/^[ABC]$/.test(data.mark)) throw new Error('label: the mark is A, B, C or none');
  if (!/^\d{1,3}$/.test(String(data.reprint)) || lines > 8) throw new Error('label: a count out of bounds');
  const checked: LabelData = {
    ...data,
    service_vi: printable(data.service_vi),
    urgency_vi: data.urgency_vi && printable(data.urgency_vi),
    appointed_at_text: data.appointed_at_text && printable(data.appointed_at_text),
    from_vi: data.from_vi.map(printable),
    to_vi: data.to_vi.map(printable),
    weight_text: printable(data.weight_text),
    accepted_text: printable(data.accepted_text),
    office_text: printable(data.office_text),
  };
  // In no field, nor across two of them.
  const all = Object.values(checked).flat().join(' ');
  if ((data.kt1 ? SECRECY : DEGREES).test(all)) throw new Error('label: secrecy words are never printed');
  return checked;
}

/** Whether a text names a degree of secrecy. */
export const hasSecrecyWords = (text: string): boolean => SECRECY.test(text);

/** NFC in characters that the font has, "?" for others. Refuses what is invisible: bidi marks, controls. */
export function printable(text: string): string {
  const nfc = text.normalize('NFC').replaceAll('→', '›');
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(nfc) || nfc.length > 300) throw new Error('label: not a line of text');
  const known = nfc.replace(/[^\s -~À-ÿĂăĐđĨĩŨũƠơƯưẠ-ỹ·–—…“”‘’•›]/gu, '?');
  return known.replace(/\s+/gu, ' ').trim();
}

function drawSmall(layout: Layout, data: LabelData): void {
  const again = data.reprint > 0 ? 16 : 0;
  drawStamps(layout, data, [2, 2, 76, 9.5]);
  drawBars(layout, data.code, 12.7, 13);
  put(layout, layout.name, [40 - again / 2, 31, 76 - again], { size: 5.8, anchor: 'middle' }, 0.3);
  if (again) drawStamp(layout, `IN LẠI ${data.reprint}`, [63.5, 26.9, 14.5, 4.2], 2.6, 4.2);
  put(layout, 'NƠI NHẬN', [2, 35, 14], { size: 2, weight: 400 });
  drawMatrix(layout, data.data_matrix, [2, 35.6, 14, 12.7], [0.5, 0.375]);
  drawLines(layout, data.to_vi, [17, 32.7, 61, 9.2], 3.6, 2.1);
  put(layout, data.office_text, [17, 45.3, 61], { size: 3.1 });
  put(layout, factsOf(data), [17, 48.1, 61], { size: 2.2, weight: 400 });
  layout.rects.push([2, 32.4, 76, 0.25], [17, 42.1, 61, 0.25]);
}

function drawLarge(layout: Layout, data: LabelData): void {
  drawStamps(layout, data, [3, 3, 94, 15]);
  put(layout, factsOf(data), [3, 24.2, data.reprint ? 70 : 94], { size: 3.8, weight: 400 });
  if (data.reprint) drawStamp(layout, `IN LẠI ${data.reprint}`, [76, 20, 21, 5.6], 3.4, 5.6);
  drawBars(layout, data.code, 30, 25);
  put(layout, layout.name, [50, 63.6, 94], { size: 9, anchor: 'middle' }, 0.3);
  put(layout, data.office_text, [3, 73.6, 94], { size: 7 });
  put(layout, 'NƠI NHẬN', [3, 80.3, 90], { size: 2.6, weight: 400 });
  drawLines(layout, data.to_vi, [3, 80.8, 94, 24], 6.4, 3);
  put(layout, 'NƠI GỬI', [3, 109.5, 90], { size: 2.6, weight: 400 });
  drawLines(layout, data.from_vi, [3, 110, 94, 11.8], 3.6, 2.4);
  drawMatrix(layout, data.data_matrix, [3, 124.5, 24, 22.5], [1, 0.75, 0.5]);
  drawFrame(layout, [29, 124.5, 68, 22.5], 0.25);
  put(layout, 'Ký nhận, họ tên, giờ', [30.2, 128, 60], { size: 2.6, weight: 400 });
  for (const y of [27, 66.5, 76.4]) layout.rects.push([3, y, 94, 0.4]);
  for (const y of [105.6, 122.6]) layout.rects.push([3, y, 94, 0.25]);
}

function factsOf(data: LabelData): string {
  const service = data.kt1 || data.urgency_vi ? data.service_vi : '';
  return [service, data.weight_text, data.accepted_text].filter(Boolean).join(' · ');
}

/** KT1 in white on black, the urgency with its hour, the mark as a large letter in a heavy box at the right. */
function drawStamps(layout: Layout, data: LabelData, [x, y, width, height]: Rect): void {
  const left = data.kt1 ? height * 1.95 : 0;
  const middle = width - left - (data.mark ? height * 1.3 : 0);
  if (data.kt1) drawStamp(layout, 'KT1', [x, y, height * 1.8, height], height * 0.78, height);
  const words = data.urgency_vi ?? (data.kt1 ? null : data.service_vi);
  const lines = [words, data.appointed_at_text].filter((line) => line !== null);
  if (lines.length) drawFrame(layout, [x + left, y, middle, height], height * 0.04);
  const step = (height * 0.86) / lines.length;
  for (const [i, line] of lines.entries()) {
    const box: Rect = [x + left, y + height * 0.08 + i * step, middle, step];
    drawStamp(layout, line, box, Math.min(height * 0.62, step * 0.84), 0);
  }
  const corner: Rect = [x + width - height * 1.15, y, height * 1.15, height];
  if (data.mark) drawStamp(layout, data.mark, corner, height * 0.96, height * 0.07);
}

/** A word in the middle of its box. No `line` draws no frame; one as high as the box makes white on black. */
function drawStamp(layout: Layout, text: string, box: Rect, em: number, line: number): void {
  const [x, y, width, height] = box;
  const inverse = line === height;
  if (inverse) layout.rects.push(box);
  else if (line) drawFrame(layout, box, line);
  const size = Math.max(em * 0.4, Math.min(em, (width * 0.92) / emWidth(text)));
  // Capitals are 0.74 em tall.
  const place: Place = [x + width / 2, y + height / 2 + size * 0.37, width * 0.92];
  put(layout, text, place, { size, anchor: 'middle', inverse }, 1);
}

/** A frame inside its box. */
export function drawFrame(layout: Layout, [x, y, width, height]: Rect, line: number): void {
  layout.rects.push([x, y, width, line], [x, y + height - line, width, line]);
  layout.rects.push([x, y, line, height], [x + width - line, y, line, height]);
}

/** Lines broken at spaces, as large as all of them fit their box; the first is bold. */
function drawLines(layout: Layout, lines: string[], box: Rect, max: number, min: number): void {
  const [x, y, width, height] = box;
  const leading = 1.22; // Vietnamese capitals carry two marks above and one below
  let size = max;
  let rows = breakLines(lines, width / size);
  while (size > min && rows.length * size * leading > height) {
    size -= 0.1;
    rows = breakLines(lines, width / size);
  }
  const room = Math.floor(height / (size * leading));
  const rest = rows.splice(room - 1);
  if (rest[0]) rows.push({ ...rest[0], text: rest.map((row) => row.text).join(' ') });
  for (const [i, { text, weight }] of rows.entries()) {
    put(layout, text, [x, y + size * (i * leading + 1), width], { size, weight }, 0.9);
  }
}

function breakLines(lines: string[], ems: number): { text: string; weight: 400 | 700 }[] {
  return lines.flatMap((line, i) => linesOf(line, ems).map((text) => ({ text, weight: i === 0 ? 700 : 400 }) as const));
}

/** A text broken at spaces into lines of at most so many ems; a longer word stands alone. */
export function linesOf(text: string, ems: number): string[] {
  const rows: string[] = [];
  for (const word of text.split(' ')) {
    const longer = rows.length ? `${rows.at(-1)} ${word}` : word;
    if (rows.length && emWidth(longer) <= ems) rows[rows.length - 1] = longer;
    else rows.push(word);
  }
  return rows;
}

/** Text from `x` on the baseline `y`: smaller when too wide, down to a share of its size, then cut with an ellipsis. */
export function put(layout: Layout, text: string, place: Place, style: Partial<Style> & Size, least = 0.7): void {
  const [x, y, max_width] = place;
  const size = Math.max(style.size * least, Math.min(style.size, max_width / emWidth(text)));
  let kept = text;
  while (emWidth(kept) * size > max_width + 1e-9) kept = `${kept.replace(/…$/, '').slice(0, -1).trimEnd()}…`;
  if (kept) layout.texts.push({ ...PLAIN, ...style, text: kept, x, y, max_width, size });
}

// Advance widths of Be Vietnam Pro Bold (the Regular is narrower) for U+0020 to U+007E, in hundredths of an em, rounded
// up: without the font at hand the edge and the browser find the same sizes. The tests hold them against the TTFs.
const ADVANCES = [
  23, 35, 40, 85, 65, 88, 77, 23, 46, 46, 52, 66, 35, 61, 34, 55, 70, 44, 67, 68, 72, 69, 70, 60, 67, 70, 34,
  35, 58, 76, 58, 63, 102, 77, 71, 78, 76, 65, 65, 79, 74, 29, 50, 72, 65, 89, 75, 83, 68, 83, 72, 67, 69, 74,
  75, 106, 77, 72, 67, 51, 54, 51, 62, 74, 29, 66, 67, 63, 67, 62, 41, 66, 61, 30, 31, 60, 29, 90, 60, 66, 67,
  67, 43, 54, 44, 59, 60, 89, 61, 60, 53, 48, 44, 48, 49,
];
const OTHER_ADVANCES: Record<string, number> = { đ: 73, Đ: 79, '·': 31, '–': 71, '—': 87, '…': 87, '›': 45 };

function emWidth(text: string): number {
  let sum = 0;
  for (const letter of text) {
    const plain = letter.normalize('NFD');
    // Accented letters are up to 0.03 em wider; horned ones are also kerned apart from most letters after them.
    const accents = plain === letter ? 0 : plain.includes('\u031b') ? 11 : 3;
    sum += (ADVANCES[plain.charCodeAt(0) - 32] ?? OTHER_ADVANCES[letter] ?? 110) + accents;
  }
  // Other pairs are kerned apart too, by less than this over a whole line.
  return (sum / 100) * 1.03;
}

/**
 * Module widths that are whole dots on both common printers: 0.25 mm is 2 dots of 203 dpi (8 to the mm) and 2.95, so 3,
 * of 300; 0.5 mm is 4 and 5.9, so 6. Nothing between suits both: 0.375 mm is 3 dots of 203 dpi and 4.4 of 300, drawn as
 * 4, which is 0.339 mm. All are within 0.25 to 0.51 mm of S10, and the two larger above the 0.33 mm it recommends. Whole
 * dots widen a module by 1.6 % at most (0.25 to 0.254 mm).
 */
const BAR_MODULES = [0.5, 0.375, 0.25];
const WIDENING = 1.016;

function drawBars(layout: Layout, text: string, y: number, height: number): void {
  layout.codes.push(barsAt(text, [0, y, layout.width, height]));
}

/** Code 128 in the middle of its box, with ten modules of quiet on both sides. */
export function barsAt(text: string, [left, y, across, height]: Rect): Code {
  const grid = modulesOf(code128, text, 40);
  const width = BAR_MODULES.find((module) => (grid.columns + 20) * module * WIDENING < across);
  if (!width) throw new Error('label: the number is too long for this size');
  const x = left + (across - grid.columns * width) / 2;
  return { ...grid, x, y, module_width: width, module_height: height };
}

function drawMatrix(layout: Layout, text: string, [x, y, across, height]: Rect, modules: number[]): void {
  const grid = modulesOf(datamatrix, text, 60); // at most 62 codewords, so 32 x 32 modules, which always fit
  const room = Math.min(across, height);
  const width = modules.find((module) => (grid.columns + 1) * module * WIDENING < room) ?? 0.25;
  const top = y + (height - grid.rows * width) / 2;
  layout.codes.push({ ...grid, x, y: top, module_width: width, module_height: width });
}

/** A QR in the middle of its box, with four modules of quiet on each side. `characters_max`: what the box leaves readable. */
export function qrAt(text: string, [left, top, across, height]: Rect, characters_max = 200): Code {
  const grid = modulesOf(qrcode, text, characters_max);
  const width = Math.min(across, height) / (grid.columns + 8);
  return { ...grid, x: left + (across - grid.columns * width) / 2, y: top + (height - grid.rows * width) / 2, module_width: width, module_height: width };
}

/**
 * What bwip-js draws, as modules. Its raw() is a member of the default export, which brings in all symbologies (the
 * export named `raw` is something else), so the drawing of one encoder is caught instead: bars, or outlines.
 */
function modulesOf(encoder: typeof code128, text: string, limit: number): Grid {
  // bwip-js encodes anything, also what no scanner gives back.
  if (!/^[!-~]([ -~]*[!-~])?$/.test(text) || text.length > limit) throw new Error('label: not encodable');
  const grid: Grid = { columns: 0, rows: 0, runs: [] };
  const edges: [number, number, number][] = [];
  const ignore = (): void => {};
  const rest = { hexagon: ignore, ellipse: ignore, fill: ignore, text: ignore, end: ignore };
  const drawing = {
    ...rest,
    scale: (): [number, number] => [1, 1],
    measure: () => ({ width: 0, ascent: 0, descent: 0 }),
    init: (columns: number, rows: number) => void Object.assign(grid, { columns, rows }),
    line(x: number, _y: number, _x: number, _to: number, thickness: number) {
      grid.runs.push([x - Math.ceil(thickness / 2), 0, thickness]);
      grid.rows = 1;
    },
    polygon(points: [number, number][]) {
      let [x, y] = points.at(-1) ?? [0, 0];
      for (const [nextX, nextY] of points) {
        if (nextX === x) edges.push([x, Math.min(y, nextY), Math.max(y, nextY)]);
        [x, y] = [nextX, nextY];
      }
    },
  };
  encoder({ bcid: '', text, scale: 1 }, drawing);
  for (let row = 0; row < grid.rows; row++) {
    const crossed = edges.filter(([, from, to]) => from <= row && row < to).map(([x]) => x);
    crossed.sort((a, b) => a - b);
    crossed.forEach((x, i) => i % 2 && grid.runs.push([crossed[i - 1] ?? 0, row, x - (crossed[i - 1] ?? 0)]));
  }
  return grid;
}

/** The dark parts of a symbol. */
export function barsOf({ x, y, runs, module_width, module_height }: Code): Rect[] {
  return runs.map(([column, row, length]) => {
    return [x + column * module_width, y + row * module_height, length * module_width, module_height];
  });
}

/** To be shown where the font Be Vietnam Pro is loaded: an <img> does not see the fonts of its page. */
export function labelSvg({ name, width, height, rects, codes, texts }: Layout): string {
  const paths = [rects, ...codes.map(barsOf)].map((dark) => {
    const outline = dark.map(([x, y, w, h]) => `M${mm(x)} ${mm(y)}h${mm(w)}v${mm(h)}h${mm(-w)}z`);
    return `<path d="${outline.join('')}"/>`;
  });
  const words = texts.map((run) => {
    const place = `x="${mm(run.x)}" y="${mm(run.y)}" font-size="${mm(run.size)}" font-weight="${run.weight}"`;
    const look = `text-anchor="${run.anchor}" fill="${run.inverse ? '#fff' : '#000'}"`;
    return `<text ${place} ${look}>${escapeXml(run.text)}</text>`;
  });
  const size = `width="${width}mm" height="${height}mm" viewBox="0 0 ${width} ${height}"`;
  const about = `xml:lang="vi" role="img" aria-label="${escapeXml(name)}" font-family="Be Vietnam Pro"`;
  const dark = `<rect width="100%" height="100%" fill="#fff"/><g shape-rendering="crispEdges">${paths.join('')}</g>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${about}>${dark}${words.join('')}</svg>`;
}

const mm = (value: number): number => Math.round(value * 1e5) / 1e5;
const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
