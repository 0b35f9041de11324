// Tables in files: CSV and XLSX in, whatever a spreadsheet made of them, and XLSX out. Trusts no byte: sizes are bounded before
// anything is unpacked. Knows nothing of the post.

import { parse } from 'csv-parse/sync';
import { readXlsx, writeXlsx } from 'hucre/xlsx';
import { Refused } from '../base/refusal.ts';

export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
export const ROWS_MAX = 2_000;
/** Rows that may stand above the header: titles, the bag's number, a logo's cell. */
export const HEADER_WITHIN = 20;
const COLUMNS_MAX = 40;
const CELL_MAX = 300;
/** A thousand rows unpack to one MiB; a file that claims more is no list of items. */
const UNPACKED_MAX = 8 * 1_048_576;
const ENTRIES_MAX = 100;

/** A cell as text, NFC, trimmed; `formula`: a spreadsheet would compute it, so nobody can say what the sender saw. */
export type Cell = { text: string; formula: boolean };
/** `line`: of the file, from 1, as a spreadsheet or editor counts. */
export type Row = { line: number; cells: readonly Cell[] };

const unreadable = (problem_vi: string, problem_en: string): Refused => new Refused('file_unreadable', { problem_vi, problem_en });
const tooLong = (): Refused => unreadable(`quá ${ROWS_MAX} dòng`, `more than ${ROWS_MAX} rows`);

/**
 * The rows of a file; empty ones are left out. `columnsIn` says how many known column names a row has, which decides how a CSV
 * is separated. Throws a Refused for what is no table or a hostile one.
 */
export async function readSheet(bytes: Uint8Array, columnsIn: (row: Row) => number): Promise<Row[]> {
  if (bytes.length === 0) throw unreadable('tệp rỗng', 'the file is empty');
  const rows = bytes[0] === 0x50 && bytes[1] === 0x4b ? await readWorkbook(bytes) : readText(textOf(bytes), columnsIn);
  return rows.filter((row) => row.cells.some((cell) => cell.text !== '' || cell.formula));
}

function cellOf(value: string, formula: boolean): Cell {
  // Spaces of every width are one; a byte order mark inside a joined file is none.
  const text = value.normalize('NFC').replaceAll('\ufeff', '').replaceAll(/\s+/g, ' ').trim();
  if (text.length > CELL_MAX) throw unreadable(`có ô dài hơn ${CELL_MAX} ký tự`, `a cell is longer than ${CELL_MAX} characters`);
  // The apostrophe that keeps a spreadsheet from computing (ours and Excel's own) is no part of the text.
  const kept = /^'[=+\-@]/.test(text) ? text.slice(1) : text;
  return { text: kept, formula: formula || /^[=+@]/.test(kept) || /^-\D/.test(kept) };
}

// ---- CSV

function textOf(bytes: Uint8Array): string {
  const label = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  let text: string;
  try {
    text = new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    throw unreadable('chữ không phải Unicode; lưu lại kiểu “CSV UTF-8”', 'the text is not Unicode; save it as "CSV UTF-8"');
  }
  if (text.includes('\0')) throw unreadable('không phải tệp CSV hay XLSX', 'it is neither CSV nor XLSX');
  return text;
}

const DELIMITERS = [';', ',', '\t'] as const;

/** Vietnamese Excel separates by semicolons, others by commas; its "Unicode text" by tabs. The one that yields a header is it. */
function readText(text: string, columnsIn: (row: Row) => number): Row[] {
  const [, named] = /^sep=([;,\t])\r?\n/.exec(text) ?? [];
  const best = (named === undefined ? DELIMITERS : [named])
    .map((delimiter) => ({ delimiter, known: Math.max(0, ...headOf(text, delimiter).map(columnsIn)) }))
    .reduce((a, b) => (b.known > a.known ? b : a));
  return recordsOf(text, best.delimiter, ROWS_MAX + HEADER_WITHIN + 1, (problem) => {
    throw unreadable(`CSV sai cú pháp (${problem})`, `the CSV is malformed (${problem})`);
  });
}

const headOf = (text: string, delimiter: string): Row[] => recordsOf(text, delimiter, HEADER_WITHIN, () => undefined);

function recordsOf(text: string, delimiter: string, rows_max: number, onError: (problem: string) => void): Row[] {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, { delimiter, bom: true, relax_column_count: true, info: true, to: rows_max, max_record_size: CELL_MAX * COLUMNS_MAX }) as never;
  } catch (error) {
    onError((error as { code?: string }).code ?? 'CSV');
    return [];
  }
  if (rows_max > HEADER_WITHIN && records.length === rows_max) throw tooLong();
  return records.map(({ record, info }) => ({ line: info.lines, cells: record.slice(0, COLUMNS_MAX).map((value) => cellOf(value, false)) }));
}

// ---- XLSX

/** What a ZIP's directory says that its entries unpack to; the library holds each entry to its word. null: no ordinary ZIP. */
function unpackedSize(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) return null;
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count > ENTRIES_MAX) return null;
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) return null;
    const [packed, unpacked] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    // A size left out would leave the library without a limit.
    if (unpacked === 0 && packed > 2) return null;
    total += unpacked;
    at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return total;
}

async function readWorkbook(bytes: Uint8Array): Promise<Row[]> {
  const size = unpackedSize(bytes);
  if (size === null) throw unreadable('không phải tệp XLSX thường', 'it is no ordinary XLSX file');
  if (size > UNPACKED_MAX) throw unreadable('giải nén ra quá lớn', 'it unpacks to too much');
  const last = ROWS_MAX + HEADER_WITHIN + 1;
  let sheet;
  try {
    ({ sheets: [sheet] } = await readXlsx(bytes, { sheets: [0], range: `A1:AN${last}` }));
  } catch {
    throw unreadable('tệp XLSX hỏng', 'the XLSX file is damaged');
  }
  if (!sheet) throw unreadable('tệp XLSX không có trang tính', 'the XLSX file has no sheet');
  if (sheet.rows.length >= last) throw tooLong();
  return sheet.rows.map((values, r) => ({
    line: r + 1,
    cells: values.slice(0, COLUMNS_MAX).map((value, c) => cellOf(wordsOf(value), sheet.cells?.get(`${r},${c}`)?.formula !== undefined)),
  }));
}

/** Dates of a sheet have no zone: `YYYY-MM-DD HH:MM` as the sender saw it. */
function wordsOf(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString().slice(0, 16).replace('T', ' ');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** One sheet with a bold header that stays in sight. Text stays text: a spreadsheet computes nothing of it. */
export async function writeSheet(name: string, header: readonly string[], rows: readonly (readonly (string | number | null)[])[], widths: readonly number[]): Promise<Uint8Array> {
  return writeXlsx({
    sheets: [{
      name,
      columns: widths.map((width) => ({ width })),
      rows: [[...header], ...rows.map((row) => row.map((value) => (typeof value === 'string' ? plainText(value) : value)))],
      cells: new Map(header.map((value, c) => [`0,${c}`, { value, style: { font: { bold: true } } }])),
      freezePane: { rows: 1 },
    }],
  });
}

/** A cell that a spreadsheet would run as a formula is made text. */
export const plainText = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
