// The state of execution of a directive, to print: what each unit was asked, who leads, what was done.

import { html } from 'hono/html';

type Row = { party_code: string; demand_id: string; text: string; due_on: string | null; leader_title: string | null; status: string; late: boolean; note: string | null; accepted: boolean | null };
export type Execution = {
  letter: { number: string; issuer_vi: string; date_printed: string; date_remark?: string | undefined; subject: string };
  tree: readonly { party_code: string; name_vi: string; depth: number; acknowledged_at: string | null }[];
  rows: readonly Row[]; obligations: number; done: number; late: number;
};

const STATUS: { readonly [status: string]: string } = { open: 'chưa làm', doing: 'đang làm', done: 'đã xong', not_applicable: 'không phát sinh' };
/** 2021-01-23 -> 23/01/2021 */
const day = (on: string | null): string => (on === null ? '—' : `${on.slice(8)}/${on.slice(5, 7)}/${on.slice(0, 4)}`);

export const executionSheet = ({ letter, tree, rows, ...counts }: Execution) => html`<!doctype html>
<html lang="vi">
  <head><meta charset="utf-8" /><title>Tình hình thực hiện ${letter.number}</title><link rel="stylesheet" href="/assets/niem.css" /></head>
  <body>
    <main>
      <h1>Tình hình thực hiện văn bản ${letter.number}</h1>
      <p>${letter.issuer_vi} · ngày in: ${letter.date_printed}${letter.date_remark === undefined ? '' : html` (<em>${letter.date_remark}</em>)`} · ${letter.subject}</p>
      <p>${counts.done}/${counts.obligations} việc đã xong, ${counts.late} việc quá hạn</p>
      ${tree.map((party) => html`<h2>${'– '.repeat(party.depth)}${party.name_vi} (${party.party_code}) · ${party.acknowledged_at === null ? 'chưa nhận' : 'đã nhận'}</h2>
      <table>
        <thead><tr><th>Việc</th><th>Nội dung</th><th>Hạn</th><th>Lãnh đạo</th><th>Tình trạng</th></tr></thead>
        <tbody>${rows.filter((row) => row.party_code === party.party_code).map((row) => html`<tr><td>${row.demand_id}</td><td>${row.text}</td><td>${day(row.due_on)}</td><td>${row.leader_title ?? 'chưa cử'}</td><td>${STATUS[row.status] ?? row.status}${row.late ? ', quá hạn' : ''}${row.accepted === true ? ', đã đánh giá' : ''}${row.note === null ? '' : html`<br />${row.note}`}</td></tr>`)}</tbody>
      </table>`)}
    </main>
  </body>
</html>`;
