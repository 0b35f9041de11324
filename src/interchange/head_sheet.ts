// The head of the log on paper: hung up with the duty report, it holds a database to what it said that day, whatever becomes of the database.
// The QR carries the whole note; a verifier takes it typed in as well.

import { base64, base64url, fromBase64url, fromUtf8, utf8 } from '../base/bytes.ts';
import type { Head } from '../base/note.ts';
import { put, qrAt } from './label.ts';
import type { Layout } from './label.ts';

const LINE_CHARACTERS = 76;
const QR_PREFIX = 'NIEM-HEAD-1.';
/** At 100 mm a module is still three quarters of a millimetre. */
const QR_CHARACTERS_MAX = 1_600;

/** What the QR says: the note, in characters that every scanner gives back as they are. */
export const headQr = (note: string): string => QR_PREFIX + base64url(utf8(note));
/** Throws an Error on other text. */
export function headOfQr(text: string): string {
  if (!text.startsWith(QR_PREFIX)) throw new Error('not the head of a log');
  return fromUtf8(fromBase64url(text.slice(QR_PREFIX.length)));
}

/** A page of A4. `note`: the head with its signatures. */
export function headSheet(head: Head, note: string, printed: string): Layout {
  const page: Layout = { name: `Dấu sổ ${head.origin} ${head.size}`, width: 210, height: 297, rects: [[30, 52, 165, 0.3]], codes: [], texts: [] };
  put(page, 'DẤU SỔ HÀNH TRÌNH TRONG NGÀY', [30, 30, 165], { size: 6, weight: 700 });
  put(page, 'Treo hoặc lưu cùng báo cáo trực; dùng để kiểm chứng sổ mà không cần máy chủ.', [30, 38, 165], { size: 3.6, weight: 400 });
  put(page, `In lúc ${printed}`, [30, 46, 165], { size: 3.6, weight: 400 });
  const rows: [string, string][] = [['Sổ', head.origin], ['Số mốc', String(head.size)], ['Dấu gốc', base64(head.root)]];
  for (const [i, [label, value]] of rows.entries()) {
    put(page, label, [30, 62 + i * 8, 28], { size: 4, weight: 400 });
    put(page, value, [60, 62 + i * 8, 135], { size: 4, weight: 700 }, 0.5);
  }
  page.codes.push(qrAt(headQr(note), [30, 92, 100, 100], QR_CHARACTERS_MAX));
  let y = 204;
  for (const line of note.trimEnd().split('\n')) {
    for (let at = 0; at < Math.max(1, line.length); at += LINE_CHARACTERS) {
      put(page, line.slice(at, at + LINE_CHARACTERS), [30, y, 165], { size: 3, weight: 400 }, 0.5);
      y += 4.6;
    }
  }
  return page;
}
