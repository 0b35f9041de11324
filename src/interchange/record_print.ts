// A biên bản to print and sign: A4 pages in the geometry of label.ts. What the ledger knows is printed, all else is lines to write on.
// No secrecy words stand anywhere; every page says which record, which page of how many, and its short code.

import { grouped } from '../domain/code.ts';
import { civilText } from '../base/time.ts';
import { RECORD_FORMS, recordQr, SIGNERS } from '../domain/record_form.ts';
import type { RecordContent } from '../domain/record_form.ts';
import { drawFrame, hasSecrecyWords, linesOf, printable, put, qrAt } from './label.ts';
import type { Layout } from './label.ts';
import { shortCode } from './manifest_print.ts';

/** Margins of Vietnamese office papers: left 30, right 15, top and bottom 20 mm. */
const [LEFT, RIGHT, TOP, BOTTOM] = [30, 195, 20, 276];
const WIDTH = RIGHT - LEFT;
const [BODY, LEAD] = [4.2, 6.2];

type Pen = { pages: Layout[]; page: Layout; y: number; content: RecordContent };

/** The pages of a record; `digest` in hex. */
export function recordPages(content: RecordContent, digest: string): Layout[] {
  const form = RECORD_FORMS[content.form];
  const pen: Pen = { pages: [], page: newPage(content), y: TOP, content };
  pen.pages.push(pen.page);
  drawHeading(pen, digest);
  say(pen, `Hôm nay, hồi ${clockText(content.drawn_at)}, tại ${content.office_vi} (mã bưu cục ${content.office_code}), chúng tôi gồm (họ tên, chức vụ, đơn vị):`);
  for (const [i, signer] of form.signers.entries()) {
    const [who] = SIGNERS[signer];
    if (signer === 'drawer') say(pen, `${i + 1}. ${who}: ${content.drawn_by}`);
    else ruled(pen, `${i + 1}. ${who}: `, 1);
  }
  for (const act of content.acts) say(pen, `Căn cứ ${act}.`);
  heading(pen, `I. ${content.unit_kind === 'bag' ? 'Túi' : 'Bưu gửi'}`);
  for (const [label, value] of content.lines) pair(pen, label, label === 'Số hiệu' ? grouped(value) : value);
  heading(pen, 'II. Diễn biến theo sổ hành trình');
  if (content.steps.length === 0) say(pen, 'Sổ hành trình không có mốc nào thuộc loại này.');
  for (const step of content.steps) {
    const where = step.where === '' ? '' : ` tại ${step.where}`;
    say(pen, `${civilText(step.at)}${where} — ${step.what}; ${step.who}.${step.said === '' ? '' : ` Ghi nhận: ${step.said}.`}`, 3);
  }
  heading(pen, 'III. Ghi nhận, ý kiến khác của các bên');
  ruled(pen, '', 4);
  say(pen, `Biên bản lập thành ${form.copies} bản, mỗi bên giữ một bản, đã đọc cho mọi người cùng nghe và ký tên.`);
  ruled(pen, 'Kết thúc lập biên bản hồi (giờ, ngày): ', 1);
  ruled(pen, 'Người không ký biên bản và lý do: ', 2);
  drawSignatures(pen, form.signers.map((signer) => SIGNERS[signer][0]));
  for (const [i, page] of pen.pages.entries()) put(page, `Trang ${i + 1}/${pen.pages.length}`, [RIGHT, 286, 40], { size: 3, anchor: 'end', weight: 400 });
  for (const page of pen.pages) put(page, `${content.number} · ${shortCode(digest)}`, [LEFT, 286, 120], { size: 3, weight: 400 });
  return pen.pages;
}

const newPage = ({ number }: RecordContent): Layout => ({ name: `Biên bản ${number}`, width: 210, height: 297, rects: [[LEFT, 281, WIDTH, 0.2]], codes: [], texts: [] });

/** 14 giờ 05 ngày 24 tháng 11 năm 2026, as papers say it. */
function clockText(ms: number): string {
  const [, hour, minute, day, month, year] = /^(\d\d):(\d\d) (\d\d)\/(\d\d)\/(\d{4})$/.exec(civilText(ms)) ?? [];
  return `${hour} giờ ${minute} ngày ${day} tháng ${month} năm ${year}`;
}

function drawHeading(pen: Pen, digest: string): void {
  const { page, content } = pen;
  const [left, right] = [LEFT + 33, RIGHT - 52];
  centred(page, content.office_vi.toUpperCase(), left, 24, 62, 4);
  centred(page, `Số: ${content.number}`, left, 30, 62, 3.8, 400);
  centred(page, 'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', right, 24, 102, 4);
  centred(page, 'Độc lập – Tự do – Hạnh phúc', right, 30, 100, 4);
  page.rects.push([right - 26, 32, 52, 0.3]);
  page.codes.push(qrAt(recordQr(content.number, digest), [RIGHT - 27, 35, 27, 27]));
  put(page, 'Quét để kiểm chứng', [RIGHT - 13.5, 65, 30], { size: 2.4, weight: 400, anchor: 'middle' });
  centred(page, 'BIÊN BẢN', LEFT + WIDTH / 2, 47, 90, 6);
  centred(page, RECORD_FORMS[content.form].vi, LEFT + WIDTH / 2, 55, 106, 4.8);
  pen.y = 72;
}

const centred = (page: Layout, text: string, x: number, y: number, width: number, size: number, weight: 400 | 700 = 700): void => put(page, told(text), [x, y, width], { size, anchor: 'middle', weight }, 0.6);

/** As printed: what reads like a degree of secrecy is not. */
function told(text: string): string {
  const said = printable(text);
  return hasSecrecyWords(said) ? '—' : said;
}

function room(pen: Pen, height: number): void {
  if (pen.y + height <= BOTTOM) return;
  pen.page = newPage(pen.content);
  pen.pages.push(pen.page);
  pen.y = TOP + 4;
}

/** A paragraph, broken at spaces; `indent` of its further lines. */
function say(pen: Pen, text: string, indent = 0): void {
  const rows = linesOf(told(text), (WIDTH - indent) / BODY);
  room(pen, Math.min(rows.length, 6) * LEAD);
  for (const [i, row] of rows.entries()) {
    room(pen, LEAD);
    put(pen.page, row, [LEFT + (i === 0 ? 0 : indent), pen.y + BODY, WIDTH], { size: BODY, weight: 400 });
    pen.y += LEAD;
  }
}

function heading(pen: Pen, text: string): void {
  room(pen, LEAD * 3);
  pen.y += 2;
  put(pen.page, told(text), [LEFT, pen.y + BODY, WIDTH], { size: BODY, weight: 700 });
  pen.y += LEAD;
}

function pair(pen: Pen, label: string, value: string): void {
  room(pen, LEAD);
  put(pen.page, `${told(label)}:`, [LEFT + 4, pen.y + BODY, 46], { size: BODY, weight: 400 });
  for (const row of linesOf(told(value), (WIDTH - 52) / BODY)) {
    room(pen, LEAD);
    put(pen.page, row, [LEFT + 52, pen.y + BODY, WIDTH - 52], { size: BODY, weight: 700 });
    pen.y += LEAD;
  }
}

/** Lines to write on, the first behind its beginning. */
function ruled(pen: Pen, beginning: string, count: number): void {
  for (let i = 0; i < count; i++) {
    room(pen, LEAD);
    const text = i === 0 ? beginning : '';
    if (text !== '') put(pen.page, text, [LEFT, pen.y + BODY, WIDTH], { size: BODY, weight: 400 });
    // The Regular is narrower than this; a line that begins a little late is as good.
    const from = LEFT + (text === '' ? 0 : text.length * BODY * 0.5);
    pen.page.rects.push([from, pen.y + BODY + 0.6, RIGHT - from, 0.12]);
    pen.y += LEAD + (text === '' ? 0.8 : 0);
  }
}

/** A box for each who signs, two in a row, all on one page. */
function drawSignatures(pen: Pen, signers: readonly string[]): void {
  const [height, half] = [34, WIDTH / 2];
  room(pen, Math.ceil(signers.length / 2) * (height + 2) + 4);
  pen.y += 3;
  for (const [i, who] of signers.entries()) {
    const [x, y] = [LEFT + (i % 2) * half, pen.y + Math.floor(i / 2) * (height + 2)];
    drawFrame(pen.page, [x, y, half - (i % 2 === 0 ? 2 : 0), height], 0.2);
    put(pen.page, who, [x + half / 2 - 1, y + 5, half - 6], { size: 3.6, anchor: 'middle' });
    put(pen.page, 'ký, ghi rõ họ tên; hoặc ghi “không ký”', [x + half / 2 - 1, y + 9.5, half - 6], { size: 2.7, weight: 400, anchor: 'middle' });
  }
  pen.y += Math.ceil(signers.length / 2) * (height + 2);
}
