// The manifest to print and sign: A4 pages in the geometry of label.ts, so that PDF, fonts and bars are those of the labels.
// Every page says which bag, which page of how many, and the short code of the list; no secrecy words stand anywhere.

import { grouped } from '../domain/code.ts';
import { barsAt, drawFrame, hasSecrecyWords, printable, put } from './label.ts';
import type { Layout } from './label.ts';
import { totalsByClass } from './manifest.ts';
import type { ManifestData, ManifestLine } from './manifest.ts';

const WIDTH = 210;
const HEIGHT = 297;
const [LEFT, RIGHT] = [12, 198];
const ROW = 5.8;
/** Where rows begin on the first page and on the others, and where they end. */
const [FIRST_TOP, NEXT_TOP, BOTTOM] = [68, 26, 282];
const SIGNATURES = 40;

type Column = { head: string; x: number; width: number; end?: boolean; bold?: boolean; of: (line: ManifestLine) => string };

/** Eight groups of four: what two people read to each other to know that they hold the same list. */
export const shortCode = (digest: string): string => (digest.slice(0, 32).match(/.{4}/g) ?? []).join(' ').toUpperCase();

/** The pages of a manifest, at least one. */
export function manifestPages(m: ManifestData): Layout[] {
  const columns = columnsOf(m);
  const pages: Layout[] = [];
  let page = newPage(m, pages);
  let y = drawHeading(page, m);
  y = drawTableHead(page, columns, y);
  for (const line of m.lines) {
    if (y + ROW > BOTTOM) {
      page = newPage(m, pages);
      y = drawTableHead(page, columns, NEXT_TOP);
    }
    drawRow(page, columns, line, y);
    y += ROW;
  }
  const totals = totalsByClass(m.lines);
  if (y + (totals.length + 4) * ROW + SIGNATURES > BOTTOM) {
    page = newPage(m, pages);
    y = NEXT_TOP;
  }
  drawEnd(page, m, totals, y);
  for (const [i, each] of pages.entries()) put(each, `Trang ${i + 1}/${pages.length}`, [RIGHT, 289, 40], { size: 3, anchor: 'end', weight: 400 });
  return pages;
}

/** The receiver's column stands only where there is somebody to name: never for a marked item, nor for whoever need not know. */
function columnsOf(m: ManifestData): Column[] {
  const named = m.lines.some((line) => line.receiver !== null);
  const wanted: [string, number, (line: ManifestLine) => string, Partial<Column>?][] = [
    ['#', 9, (line) => String(line.no), { end: true }],
    ['Số hiệu', 38, (line) => grouped(line.code), { bold: true }],
    ['Dịch vụ', named ? 33 : 48, (line) => line.service_vi],
    ...(named ? ([['Nơi nhận', 50, (line: ManifestLine) => line.receiver ?? '']] as [string, number, (line: ManifestLine) => string][]) : []),
    ['BC phát', 16, (line) => line.destination_office_code ?? ''],
    ['g', 14, (line) => thousands(line.weight_g), { end: true }],
    ['Trạng thái', named ? 26 : 61, (line) => line.state_vi],
  ];
  let x = LEFT;
  return wanted.map(([head, width, of, more]) => {
    const column = { head, x, width, of, ...more };
    x += width;
    return column;
  });
}

/** 12345 -> 12.345, as Vietnamese papers write it. */
const thousands = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, '.');

function newPage(m: ManifestData, pages: Layout[]): Layout {
  const page: Layout = { name: `Bản kê túi ${m.bag_code}`, width: WIDTH, height: HEIGHT, rects: [[LEFT, 285, RIGHT - LEFT, 0.2]], codes: [], texts: [] };
  if (pages.length > 0) {
    put(page, 'BẢN KÊ TÚI', [LEFT, 19, 40], { size: 4 });
    put(page, m.bag_code, [LEFT + 30, 19, 90], { size: 4 });
    put(page, `${m.origin_office_code} › ${m.destination_office_code}`, [RIGHT, 19, 60], { size: 4, anchor: 'end' });
    page.rects.push([LEFT, 22, RIGHT - LEFT, 0.5]);
  }
  put(page, `${m.bag_code} · ${shortCode(m.digest)}`, [LEFT, 289, 140], { size: 3, weight: 400 });
  pages.push(page);
  return page;
}

function drawHeading(page: Layout, m: ManifestData): number {
  put(page, 'BẢN KÊ TÚI', [LEFT, 20, 80], { size: 7.5 });
  put(page, m.bag_code, [LEFT, 28.5, 88], { size: 5.6 });
  page.codes.push(barsAt(m.bag_code, [106, 12, RIGHT - 106, 17]));
  page.rects.push([LEFT, 33, RIGHT - LEFT, 0.5]);
  const facts: [string, string][] = [
    ['Từ bưu cục', m.origin_office_code], ['Đến bưu cục', m.destination_office_code],
    ['Chuyến thư', m.trip_no === null ? '—' : `${m.trip_no}/${m.trip_year}`], ['Túi số', String(m.serial)],
    ['Số bưu gửi', String(m.item_count)], ['Khối lượng tịnh', `${thousands(m.net_g)} g`],
    ['Cả bì', m.gross_g === null ? '—' : `${thousands(m.gross_g)} g`], ['Vỏ túi', m.tare_g === null ? '—' : `${thousands(m.tare_g)} g`],
  ];
  for (const [i, [name, value]] of facts.entries()) {
    const [x, y] = [LEFT + (i % 4) * 46.5, 39 + Math.floor(i / 4) * 12];
    put(page, name, [x, y, 45], { size: 2.8, weight: 400 });
    put(page, value, [x, y + 5.4, 45], { size: 4.6 });
  }
  // The seal is read from the bag before the expected one is shown.
  const seals = m.seal_nos === null ? 'đọc trên túi khi mở' : m.seal_nos.length === 0 ? '—' : m.seal_nos.join(' · ');
  put(page, `Niêm phong: ${seals}`, [LEFT, 63.5, RIGHT - LEFT], { size: 3.6 });
  return FIRST_TOP;
}

function drawTableHead(page: Layout, columns: Column[], y: number): number {
  page.rects.push([LEFT, y - 0.4, RIGHT - LEFT, 0.4], [LEFT, y + ROW, RIGHT - LEFT, 0.3]);
  for (const column of columns) putIn(page, column, column.head, y, { size: 3, weight: 700 });
  return y + ROW + 0.4;
}

function drawRow(page: Layout, columns: Column[], line: ManifestLine, y: number): void {
  for (const column of columns) putIn(page, column, column.of(line), y, { size: 3.3, weight: column.bold ? 700 : 400 });
  page.rects.push([LEFT, y + ROW - 0.1, RIGHT - LEFT, 0.1]);
}

function putIn(page: Layout, column: Column, text: string, y: number, style: { size: number; weight: 400 | 700 }): void {
  const said = printable(text);
  // A name that reads like a degree of secrecy is not printed.
  if (said === '' || hasSecrecyWords(said)) return;
  const x = column.end ? column.x + column.width - 3 : column.x;
  put(page, said, [x, y + ROW * 0.68, column.width - 1.5], { ...style, anchor: column.end ? 'end' : 'start' }, 0.9);
}

function drawEnd(page: Layout, m: ManifestData, totals: ReturnType<typeof totalsByClass>, top: number): void {
  let y = top + 4 + ROW;
  put(page, 'Cộng theo dịch vụ', [LEFT + 9, top + 8.2, 60], { size: 2.8, weight: 400 });
  for (const { service_vi, count, weight_g } of [...totals, { service_vi: 'Cộng', count: m.item_count, weight_g: m.net_g }]) {
    const last = service_vi === 'Cộng';
    if (last) page.rects.push([LEFT + 9, y, 121, 0.3]);
    const style = { size: 3.4, weight: last ? (700 as const) : (400 as const) };
    put(page, service_vi, [LEFT + 9, y + 4.2, 60], style);
    put(page, `${thousands(count)} bưu gửi`, [LEFT + 100, y + 4.2, 34], { ...style, anchor: 'end' });
    put(page, `${thousands(weight_g)} g`, [LEFT + 130, y + 4.2, 28], { ...style, anchor: 'end' });
    y += ROW;
  }
  put(page, 'Mã bản kê', [LEFT, y + 6, 30], { size: 2.8, weight: 400 });
  put(page, shortCode(m.digest), [LEFT + 20, y + 6.4, 120], { size: 4.2 });
  if (m.digest_of_ledger !== null && m.digest_of_ledger !== m.digest) put(page, 'khác mã khi niêm phong', [RIGHT, y + 6.4, 60], { size: 3.4, anchor: 'end' });
  const third = (RIGHT - LEFT) / 3;
  for (const [i, who] of ['Người lập bản kê', 'Kiểm soát viên', 'Người nhận túi'].entries()) {
    const x = LEFT + i * third;
    drawFrame(page, [x, y + 11, third - (i < 2 ? 3 : 0), 28], 0.2);
    put(page, who, [x + 2, y + 15.5, third - 8], { size: 3.2 });
    put(page, 'ký, ghi rõ họ tên, giờ ngày', [x + 2, y + 37, third - 8], { size: 2.6, weight: 400 });
  }
}
