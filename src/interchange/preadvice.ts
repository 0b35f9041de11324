// The list of a bag as offices without the system send it (bản kê đến): columns under Vietnamese or English names, read into
// announced bags, each bad cell named with its line, column and remedy. Reads and judges; stores nothing.

import type { BadRow } from '../base/refusal.ts';
import { Refused } from '../base/refusal.ts';
import { bagUnitCode, readBagCode } from '../domain/bag.ts';
import { readS10 } from '../domain/code.ts';
import { OfficeCode, SealNo } from '../domain/facts.ts';
import type { Scope, Secrecy, ServiceClass, Urgency } from '../domain/service.ts';
import type { Reference } from '../store/reference.ts';
import { HEADER_WITHIN, readSheet } from './sheet.ts';
import type { Cell, Row } from './sheet.ts';

export type AnnouncedLine = {
  line_no: number; code: string; service_class: ServiceClass; scope: Scope; secrecy: Secrecy; urgency: Urgency;
  /** Unix milliseconds. */
  appointed_at: number | null;
  personal_mark: boolean; weight_g: number; destination_office_code: string | null;
};
export type AnnouncedBag = { bag_code: string; seal_nos: string[]; gross_g: number | null; lines: AnnouncedLine[] };
export type Announced = { from_office_code: string; bags: AnnouncedBag[] };

const BAG_ITEMS_MAX = 1_000;

/** Name on our own files, then the other names a column is known by, folded. The bag's own may also stand above the table. */
export const COLUMNS = {
  bag_code: ['Số túi', 'bag_code', 'bag', 'bag_number', 'so_hieu_tui', 'ma_tui', 'tui'],
  seal_nos: ['Niêm phong', 'seal_nos', 'seals', 'seal', 'so_niem_phong', 'so_seal'],
  gross_g: ['Cả bì (g)', 'gross_g', 'gross', 'gross_weight', 'ca_bi', 'khoi_luong_ca_bi', 'khoi_luong_ca_bi_g'],
  code: ['Số hiệu', 'code', 'item', 'item_number', 'item_code', 'so_hieu_buu_gui', 'ma_buu_gui'],
  service_class: ['Dịch vụ', 'service_class', 'service', 'loai_dich_vu'],
  scope: ['Phạm vi', 'scope'],
  secrecy: ['Dấu', 'mark', 'secrecy', 'ky_hieu', 'dau_ky_hieu'],
  urgency: ['Độ khẩn', 'urgency', 'khan'],
  appointed_at: ['Giờ hẹn', 'appointed_at'],
  personal_mark: ['Chỉ người có tên', 'personal_mark', 'dau_rieng'],
  weight_g: ['Khối lượng (g)', 'weight_g', 'weight', 'g', 'kl', 'khoi_luong', 'trong_luong'],
  destination_office_code: ['Bưu cục phát', 'destination_office_code', 'destination', 'noi_phat', 'bc_phat'],
} as const;
type Column = keyof typeof COLUMNS;
const NEEDED: readonly Column[] = ['bag_code', 'seal_nos', 'code', 'service_class', 'secrecy', 'weight_g'];
const OF_THE_BAG: readonly Column[] = ['bag_code', 'seal_nos', 'gross_g'];

/** Letters and digits without tone marks, in lower case, joined by `_`: hoà and hòa, Đ and d are one. */
const fold = (text: string): string =>
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll(/[đĐ]/g, 'd').toLowerCase().replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_|_$/g, '');

const BY_NAME = new Map((Object.entries(COLUMNS) as [Column, readonly string[]][]).flatMap(([column, names]) => names.map((name) => [fold(name), column] as const)));
const columnOf = (cell: Cell | undefined): Column | undefined => (cell === undefined || cell.text === '' ? undefined : BY_NAME.get(fold(cell.text)));

/** Reads a file whole or refuses it whole, with every bad row. */
export async function readPreadvice(bytes: Uint8Array, reference: Reference, office_code: string): Promise<Announced> {
  const rows = await readSheet(bytes, (row) => new Set(row.cells.map(columnOf).filter((column) => column !== undefined)).size);
  const header = headerOf(rows);
  const bad: BadRow[] = [];
  const reader: Reader = { bad, reference, office_code, above: aboveOf(rows.slice(0, header.index), bad), bags: new Map(), seen: new Map() };
  for (const row of rows.slice(header.index + 1)) readRow(reader, row, header.columns);
  const bags = [...reader.bags.values()];
  if (bad.length === 0 && bags.length === 0) throw new Refused('file_unreadable', { problem_vi: 'không có bưu gửi nào', problem_en: 'it lists no item' });
  if (bad.length > 0) throw new Refused('rows_refused', { count: bad.length, first_line: bad[0]?.line ?? 0 }).withRows(bad);
  return { from_office_code: readBagCode(bags[0]?.bag_code ?? '')?.origin_office_code ?? '', bags };
}

type Columns = ReadonlyMap<Column, number>;
type Reader = {
  bad: BadRow[]; reference: Reference; office_code: string; above: ReadonlyMap<Column, Cell>;
  bags: Map<string, AnnouncedBag>;
  /** Item number -> line that named it first. */
  seen: Map<string, number>;
};

/** The row with the most known names; a name that spans two rows stands in the upper one. */
function headerOf(rows: readonly Row[]): { index: number; columns: Columns } {
  let best: { index: number; columns: Columns } = { index: -1, columns: new Map() };
  for (const [index, row] of rows.slice(0, HEADER_WITHIN).entries()) {
    const upper = rows[index - 1]?.line === row.line - 1 ? rows[index - 1]?.cells : undefined;
    const columns = new Map<Column, number>();
    let own = 0;
    for (let c = 0; c < Math.max(row.cells.length, upper?.length ?? 0); c++) {
      const mine = columnOf(row.cells[c]);
      const column = mine ?? (row.cells[c]?.text ? undefined : columnOf(upper?.[c]));
      if (column === undefined) continue;
      if (columns.has(column) && mine !== undefined) throw new Refused('file_unreadable', { problem_vi: `cột “${COLUMNS[column][0]}” có hai lần`, problem_en: `column "${COLUMNS[column][1]}" stands twice` });
      columns.set(column, c);
      if (mine !== undefined) own++;
    }
    if (own > 0 && columns.size > best.columns.size) best = { index, columns };
  }
  const said = aboveOf(rows.slice(0, Math.max(0, best.index)), []);
  const missing = NEEDED.filter((column) => !best.columns.has(column) && !said.has(column));
  if (best.index < 0 || missing.length > 0) {
    throw new Refused('file_unreadable', {
      problem_vi: `thiếu cột: ${missing.map((column) => COLUMNS[column][0]).join(', ')}`,
      problem_en: `columns are missing: ${missing.map((column) => COLUMNS[column][1]).join(', ')}`,
    });
  }
  return best;
}

/** What stands above the table of the bag: `Số túi: …` in one cell, or the name and the value in two. */
function aboveOf(rows: readonly Row[], bad: BadRow[]): Map<Column, Cell> {
  const found = new Map<Column, Cell>();
  for (const row of rows) {
    for (const [c, cell] of row.cells.entries()) {
      const [, name = cell.text, inside] = /^([^:]{1,40}):\s*(.*)$/.exec(cell.text) ?? [];
      const column = BY_NAME.get(fold(name));
      if (column === undefined || !OF_THE_BAG.includes(column)) continue;
      const value = inside ? { ...cell, text: inside } : row.cells.slice(c + 1).find((next) => next.text !== '');
      if (value === undefined || columnOf(value) !== undefined) continue;
      if (value.formula) bad.push(problem(row.line, column, 'formula'));
      found.set(column, value);
    }
  }
  return found;
}

const TOTAL = /^(tong|cong|total|sum)(_|$)/;

function readRow(reader: Reader, row: Row, columns: Columns): void {
  const at = (column: Column): Cell | undefined => row.cells[columns.get(column) ?? -1];
  const first = row.cells.find((cell) => cell.text !== '');
  const told = (Object.keys(COLUMNS) as Column[]).filter((column) => (at(column)?.text ?? '') !== '');
  // Totals are nobody's item, nor are the words of a signature below the table: an item has a number and a weight.
  if (first && TOTAL.test(fold(first.text))) return;
  if (!told.some((column) => at(column)?.formula || /\d/.test(at(column)?.text ?? ''))) return;
  const before = reader.bad.length;
  const say: Say = (column, code, detail = '') => {
    reader.bad.push(problem(row.line, column, code, detail));
    return null;
  };
  for (const column of told) if (at(column)?.formula) say(column, 'formula');
  if (reader.bad.length > before) return;
  const text = (column: Column): string => {
    const own = at(column)?.text ?? '';
    return own === '' ? (reader.above.get(column)?.text ?? '') : own;
  };
  const bag = readBag(reader, text, say);
  const line = readLine(reader, row.line, text, say, bag);
  if (reader.bad.length > before || bag === null || line === null) return;
  bag.lines.push(line);
  if (bag.lines.length > BAG_ITEMS_MAX) say('bag_code', 'bag_full');
}

type Text = (column: Column) => string;
type Say = (column: Column, code: ProblemCode, detail?: string) => null;

function readBag(reader: Reader, text: Text, say: Say): AnnouncedBag | null {
  const bag_code = bagUnitCode(text('bag_code').replaceAll(/\s/g, '').toUpperCase());
  const number = readBagCode(bag_code);
  if (bag_code === '') return say('bag_code', 'missing');
  if (number === null) return say('bag_code', 'bag_number');
  if (number.destination_office_code !== reader.office_code) return say('bag_code', 'not_for_us', number.destination_office_code);
  const { origin_office_code } = number;
  const [other] = reader.bags.keys();
  if (origin_office_code === reader.office_code || !reader.reference.offices.has(origin_office_code)) return say('bag_code', 'unknown_office', origin_office_code);
  if (other !== undefined && !other.startsWith(origin_office_code)) return say('bag_code', 'two_offices');
  const seal_nos = text('seal_nos').toUpperCase().split(/[\s,;+]+/).filter((seal) => seal !== '').toSorted();
  if (seal_nos.length === 0 && !reader.bags.has(bag_code)) return say('seal_nos', 'missing');
  if (seal_nos.length > 8 || new Set(seal_nos).size !== seal_nos.length || seal_nos.some((seal) => !SealNo.safeParse(seal).success)) return say('seal_nos', 'seals');
  const gross_g = text('gross_g') === '' ? null : grams(text('gross_g'));
  if (Number.isNaN(gross_g)) return say('gross_g', 'grams');
  const known = reader.bags.get(bag_code);
  if (known === undefined) {
    const bag = { bag_code, seal_nos, gross_g, lines: [] };
    reader.bags.set(bag_code, bag);
    return bag;
  }
  if (seal_nos.length > 0 && known.seal_nos.join() !== seal_nos.join()) return say('seal_nos', 'differs');
  if (gross_g !== null && known.gross_g !== gross_g) return say('gross_g', 'differs');
  return known;
}

const SERVICES: { readonly [words: string]: ServiceClass } = { kt1: 'kt1', thu: 'letter', letter: 'letter', buu_kien: 'parcel', parcel: 'parcel', an_pham: 'printed_matter', printed_matter: 'printed_matter' };
const MARKS: { readonly [words: string]: Secrecy } = { none: 'NONE', khong: 'NONE', kt1: 'NONE', a: 'A', b: 'B', c: 'C', kt1_a: 'A', kt1_b: 'B', kt1_c: 'C' };
const URGENT: { readonly [words: string]: Urgency } = { '': 'NONE', none: 'NONE', khong: 'NONE', thuong: 'NONE', hoa_toc: 'HOA_TOC', hen_gio: 'HEN_GIO' };
const SCOPED: { readonly [words: string]: Scope } = { intra: 'INTRA', noi_tinh: 'INTRA', inter: 'INTER', lien_tinh: 'INTER' };
const YES: { readonly [words: string]: boolean } = { '': false, no: false, khong: false, '0': false, false: false, x: true, co: true, yes: true, '1': true, true: true };

function readLine(reader: Reader, line_no: number, text: Text, say: Say, bag: AnnouncedBag | null): AnnouncedLine | null {
  const code = itemNumber(reader, line_no, text('code'), say);
  const service_class = SERVICES[fold(text('service_class'))] ?? say('service_class', text('service_class') === '' ? 'missing' : 'service');
  const secrecy = MARKS[fold(text('secrecy'))] ?? say('secrecy', text('secrecy') === '' ? 'missing' : 'mark');
  const urgency = URGENT[fold(text('urgency'))] ?? say('urgency', 'urgency');
  const personal_mark = YES[fold(text('personal_mark'))] ?? say('personal_mark', 'yes_or_no');
  const weight_g = text('weight_g') === '' ? say('weight_g', 'missing') : grams(text('weight_g'));
  if (Number.isNaN(weight_g)) say('weight_g', 'grams');
  const appointed_at = text('appointed_at') === '' ? null : localInstant(text('appointed_at'));
  if (Number.isNaN(appointed_at)) say('appointed_at', 'time');
  const destination = text('destination_office_code').toUpperCase();
  if (destination !== '' && !OfficeCode.safeParse(destination).success) say('destination_office_code', 'office');
  else if (destination !== '' && !reader.reference.offices.has(destination)) say('destination_office_code', 'unknown_office', destination);
  const number = readBagCode(bag?.bag_code ?? '');
  // The first two characters of an office's number are its province's.
  const scope = text('scope') === '' ? (number?.origin_office_code.slice(0, 2) === (destination || reader.office_code).slice(0, 2) ? 'INTRA' : 'INTER') : (SCOPED[fold(text('scope'))] ?? say('scope', 'scope'));
  if (code === null || service_class === null || secrecy === null || urgency === null || personal_mark === null || weight_g === null || scope === null) return null;
  if (service_class !== 'kt1' && (secrecy !== 'NONE' || urgency !== 'NONE' || personal_mark)) return say('service_class', 'kt1_only');
  if (number !== null && (number.mail === 'kt1') !== (service_class === 'kt1')) return say('service_class', 'mixed');
  if ((urgency === 'HEN_GIO') !== (appointed_at !== null)) return say('appointed_at', 'appointment');
  return { line_no, code, service_class, scope, secrecy, urgency, appointed_at, personal_mark, weight_g, destination_office_code: destination === '' ? null : destination };
}

function itemNumber(reader: Reader, line_no: number, given: string, say: Say): string | null {
  const code = given.replaceAll(/\s/g, '').toUpperCase();
  if (code === '') return say('code', 'missing');
  const s10 = readS10(code);
  if (!s10.ok && s10.problem === 'check_digit') return say('code', 'check_digit', String(s10.expected));
  if (!s10.ok && s10.problem === 'reserved') return say('code', 'reserved');
  if (!reader.reference.patterns.some((p) => p.unit_kind === 'item' && p.pattern.test(code))) return say('code', 'number');
  const first = reader.seen.get(code);
  if (first !== undefined) return say('code', 'twice', String(first));
  reader.seen.set(code, line_no);
  return code;
}

/** Whole grams, also as text with marks of thousands; NaN: neither. */
function grams(text: string): number {
  const digits = text.replace(/\s?g$/i, '');
  const value = /^[0-9]{1,6}$/.test(digits) ? Number(digits) : /^[1-9][0-9]{0,2}[.,\s][0-9]{3}$/.test(digits) ? Number(digits.replaceAll(/[.,\s]/g, '')) : Number.NaN;
  return value >= 1 && value <= 500_000 ? value : Number.NaN;
}

/** `YYYY-MM-DD HH:MM`, `DD/MM/YYYY HH:MM` or `HH:MM DD/MM/YYYY` in Việt Nam, or RFC 3339; NaN: none of them. */
function localInstant(text: string): number {
  if (/^\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)$/.test(text)) return Date.parse(text);
  const iso = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)$/.exec(text)?.slice(1);
  const day = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d)$/.exec(text)?.slice(1);
  const hour = /^(\d\d):(\d\d) (\d\d)\/(\d\d)\/(\d{4})$/.exec(text)?.slice(1);
  const [y, mo, d, h, mi] = iso ?? (day ? [day[2], day[1], day[0], day[3], day[4]] : hour ? [hour[4], hour[3], hour[2], hour[0], hour[1]] : []);
  const wall = `${y}-${mo}-${d}T${h}:${mi}:00`;
  const utc = Date.parse(`${wall}Z`);
  // The 31st of a month of thirty days is a slip, not the 1st of the next.
  return Number.isNaN(utc) || !new Date(utc).toISOString().startsWith(wall) ? Number.NaN : Date.parse(`${wall}+07:00`);
}

/** The closed list of what may be wrong with a cell: Vietnamese, English, and what to do. Never repeats what stood in it. */
const PROBLEMS = {
  missing: ['chưa có giá trị', 'it is empty', 'Điền ô này.', 'Fill it in.'],
  formula: ['là công thức', 'it is a formula', 'Dán thành giá trị rồi lưu lại.', 'Paste it as a value and save again.'],
  bag_number: ['không phải số túi 23 ký tự', 'it is no bag number of 23 characters', 'Chép số trên nhãn túi.', "Copy the number from the bag's label."],
  not_for_us: ['túi gửi cho bưu cục {detail}', 'the bag is for office {detail}', 'Gửi tệp cho bưu cục đó.', 'Send the file to that office.'],
  unknown_office: ['không có bưu cục {detail} đang hoạt động', 'there is no other active office {detail}', 'Kiểm tra mã bưu cục.', 'Check the office code.'],
  office: ['mã bưu cục phải có 6 ký tự', 'an office code has 6 characters', 'Định dạng cột kiểu chữ rồi nhập lại mã.', 'Format the column as text and enter the code again.'],
  two_offices: ['tệp có túi của hai bưu cục gửi', 'the file has bags of two offices', 'Tách mỗi bưu cục một tệp.', 'Make one file for each office.'],
  seals: ['số niêm phong không hợp lệ, trùng hoặc quá 8', 'a seal number is invalid, named twice, or there are more than 8', 'Ghi từng số, cách nhau bằng dấu cách.', 'Write each number, separated by spaces.'],
  differs: ['khác dòng trước của cùng túi', 'it differs from an earlier line of the bag', 'Ghi một giá trị cho mỗi túi.', 'Write one value for each bag.'],
  bag_full: [`túi quá ${BAG_ITEMS_MAX} bưu gửi`, `the bag has more than ${BAG_ITEMS_MAX} items`, 'Kiểm tra số túi.', 'Check the bag number.'],
  check_digit: ['số kiểm tra sai, phải là {detail}', 'the check digit is wrong, it should be {detail}', 'Đọc lại số trên nhãn.', 'Read the number from the label again.'],
  reserved: ['dãy số UPU dành riêng', 'the range is reserved by UPU', 'Đọc lại số trên nhãn.', 'Read the number from the label again.'],
  number: ['không theo mẫu số hiệu nào đã đăng ký', 'it matches no registered number pattern', 'Đọc lại số trên nhãn.', 'Read the number from the label again.'],
  twice: ['đã có ở dòng {detail}', 'it stands in line {detail} already', 'Bỏ dòng trùng.', 'Remove the duplicate line.'],
  service: ['không phải dịch vụ đã biết', 'it is no known service', 'Ghi KT1, Thư, Bưu kiện hoặc Ấn phẩm.', 'Write kt1, letter, parcel or printed_matter.'],
  mark: ['chỉ ghi NONE, A, B hoặc C', 'only NONE, A, B or C', 'Ghi chữ cái trên bì, không ghi chữ khác.', 'Write the letter on the envelope and no other word.'],
  urgency: ['chỉ để trống, Hỏa tốc hoặc Hẹn giờ', 'only empty, HOA_TOC or HEN_GIO', 'Sửa độ khẩn.', 'Correct the urgency.'],
  scope: ['chỉ ghi Nội tỉnh hoặc Liên tỉnh', 'only INTRA or INTER', 'Sửa hoặc để trống.', 'Correct it or leave it empty.'],
  yes_or_no: ['chỉ ghi có, không hoặc để trống', 'only yes, no or empty', 'Sửa hoặc để trống.', 'Correct it or leave it empty.'],
  grams: ['không phải số gam nguyên từ 1 đến 500000', 'it is no whole number of grams from 1 to 500000', 'Ghi số gam, không ghi số lẻ.', 'Write grams without decimals.'],
  time: ['không phải ngày giờ', 'it is no date and time', 'Ghi như 2026-11-24 09:30.', 'Write it like 2026-11-24 09:30.'],
  appointment: ['hẹn giờ phải có giờ hẹn, và chỉ hẹn giờ mới có', 'HEN_GIO needs an appointed time, and nothing else has one', 'Sửa độ khẩn hoặc giờ hẹn.', 'Correct the urgency or the time.'],
  kt1_only: ['chỉ KT1 mới có dấu, độ khẩn', 'only KT1 has a mark or an urgency', 'Sửa dịch vụ hoặc dấu.', 'Correct the service or the mark.'],
  mixed: ['KT1 và bưu gửi thường không đi chung túi', 'KT1 and ordinary mail never share a bag', 'Kiểm tra số túi và dịch vụ.', 'Check the bag number and the service.'],
} as const;
type ProblemCode = keyof typeof PROBLEMS;

function problem(line: number, column: Column, code: ProblemCode, detail = ''): BadRow {
  const [problem_vi, problem_en, remedy_vi, remedy_en] = PROBLEMS[code];
  return { line, column: COLUMNS[column][0], problem_vi: problem_vi.replace('{detail}', detail), problem_en: problem_en.replace('{detail}', detail), remedy_vi, remedy_en };
}
