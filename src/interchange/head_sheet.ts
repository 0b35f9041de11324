// The head of the log on paper: hung up with the duty report, it holds a database to what it said that day, whatever becomes of the database.
// The QR carries the whole note; a verifier takes it typed in as well.

import { base64 } from '../base/bytes.ts';
import type { Head } from '../base/note.ts';
import { put, qrAt } from './label.ts';
import type { Layout } from './label.ts';

const LINE_CHARACTERS = 76;

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
  page.codes.push(qrAt(note, [30, 92, 100, 100]));
  let y = 204;
  for (const line of note.trimEnd().split('\n')) {
    for (let at = 0; at < Math.max(1, line.length); at += LINE_CHARACTERS) {
      put(page, line.slice(at, at + LINE_CHARACTERS), [30, y, 165], { size: 3, weight: 400 }, 0.5);
      y += 4.6;
    }
  }
  return page;
}
