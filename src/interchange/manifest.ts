// The manifest (bản kê) of a bag as a page to print and as CSV.

import { html } from 'hono/html';
import { grouped } from '../domain/code.ts';

export type ManifestData = {
  bag_code: string; trip_no: number; trip_year: number; serial: number; origin_office_code: string; destination_office_code: string; item_count: number; net_g: number;
  gross_g: number | null; tare_g: number | null; digest: string; digest_of_ledger: string | null;
  lines: { no: number; code: string; service_vi: string; weight_g: number; destination_office_code: string | null; state_vi: string }[];
};

/** RFC 4180; a cell that a spreadsheet would run as a formula is made text. */
export function csvCell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function manifestCsv(m: ManifestData): string {
  const head = ['no', 'code', 'service', 'weight_g', 'destination_office_code', 'state'];
  const rows = m.lines.map((l) => [l.no, l.code, l.service_vi, l.weight_g, l.destination_office_code, l.state_vi]);
  return `\ufeff${[head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

export const manifestPage = (m: ManifestData) => html`<!doctype html>
<html lang="vi">
  <head><meta charset="utf-8" /><title>Bản kê ${m.bag_code}</title><link rel="stylesheet" href="/assets/niem.css" /></head>
  <body>
    <main>
      <h1>Bản kê túi ${m.bag_code}</h1>
      <p>Chuyến ${m.trip_no}/${m.trip_year} · túi số ${m.serial} · ${m.origin_office_code} → ${m.destination_office_code} · ${m.item_count} bưu gửi · ${m.net_g} g (cả bì ${m.gross_g ?? '—'} g)</p>
      <table>
        <thead><tr><th>#</th><th>Số hiệu</th><th>Dịch vụ</th><th>g</th><th>Nơi phát</th><th>Trạng thái</th></tr></thead>
        <tbody>${m.lines.map((l) => html`<tr><td>${l.no}</td><td class="code">${grouped(l.code)}</td><td>${l.service_vi}</td><td>${l.weight_g}</td><td>${l.destination_office_code ?? ''}</td><td>${l.state_vi}</td></tr>`)}</tbody>
        <tfoot><tr><th></th><th>${m.item_count}</th><th></th><th>${m.net_g}</th><th></th><th></th></tr></tfoot>
      </table>
      <p class="hash">Dấu bản kê: ${m.digest}${m.digest_of_ledger !== null && m.digest_of_ledger !== m.digest ? ' — khác dấu khi niêm phong' : ''}</p>
    </main>
  </body>
</html>`;
