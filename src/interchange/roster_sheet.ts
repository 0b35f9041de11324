// The duty roster on paper (bảng phân công trực): a page to print, with every stretch that nobody covers in words.

import { html } from 'hono/html';
import { civilText } from '../base/time.ts';
import { POSTS } from '../domain/roster.ts';
import type { Post } from '../domain/roster.ts';

export type SheetLine = { post: Post; from_at: string; to_at: string; full_name: string; badge: string };
export type Sheet = { title: string; office_name: string; from_at: string; to_at: string; lines: readonly SheetLine[]; gaps: readonly { post: Post; from_at: string; to_at: string }[]; contacts: readonly { title_vi: string; phone: string | null }[] };

const at = (value: string): string => civilText(Date.parse(value));

export const rosterSheet = (sheet: Sheet) => html`<!doctype html>
<html lang="vi">
  <head><meta charset="utf-8" /><title>${sheet.title}</title><link rel="stylesheet" href="/assets/niem.css" /></head>
  <body>
    <main>
      <h1>Bảng phân công trực</h1>
      <p>${sheet.title} · ${sheet.office_name} · từ ${at(sheet.from_at)} đến ${at(sheet.to_at)}</p>
      <table>
        <thead><tr><th>Từ</th><th>Đến</th><th>Vị trí</th><th>Họ và tên</th><th>Thẻ</th><th>Ký nhận</th></tr></thead>
        <tbody>${sheet.lines.toSorted((a, b) => (a.from_at < b.from_at ? -1 : a.from_at > b.from_at ? 1 : 0)).map((line) => html`<tr><td>${at(line.from_at)}</td><td>${at(line.to_at)}</td><td>${POSTS[line.post][0]}</td><td>${line.full_name}</td><td>${line.badge}</td><td></td></tr>`)}</tbody>
      </table>
      ${sheet.gaps.length === 0 ? html`<p>Không có phút nào trống.</p>` : html`<h2>TRỐNG</h2><ul>${sheet.gaps.map((gap) => html`<li>${POSTS[gap.post][0]}: ${at(gap.from_at)} – ${at(gap.to_at)}</li>`)}</ul>`}
      <h2>Liên hệ</h2>
      <ul>${sheet.contacts.map((contact) => html`<li>${contact.title_vi}: ${contact.phone ?? 'chưa nạp số'}</li>`)}</ul>
    </main>
  </body>
</html>`;
