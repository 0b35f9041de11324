// The manifest (bản kê) of a bag: as a page to print, and as a table (CSV, XLSX) that an office without the system can read and
// that preadvice.ts reads again.

import { html } from 'hono/html';
import { grouped } from '../domain/code.ts';
import type { Scope, Secrecy, ServiceClass, Urgency } from '../domain/service.ts';
import { COLUMNS } from './preadvice.ts';
import { plainText, writeSheet } from './sheet.ts';

export type ManifestLine = {
  no: number; code: string; service_class: ServiceClass; scope: Scope; urgency: Urgency; appointed_at: string | null; personal_mark: boolean; weight_g: number; destination_office_code: string | null;
  /** null: whoever asks is not cleared for it, and the list cannot be imported elsewhere. */
  secrecy: Secrecy | null;
  service_vi: string; state_vi: string;
  /** Who it is for; null: marked, or none of the asker's business. */
  receiver: string | null;
};
export type ManifestData = {
  bag_code: string; trip_no: number | null; trip_year: number | null; serial: number; origin_office_code: string; destination_office_code: string; item_count: number; net_g: number;
  gross_g: number | null; tare_g: number | null; digest: string; digest_of_ledger: string | null; seal_nos: string[] | null;
  lines: ManifestLine[];
};

/** RFC 4180; a cell that a spreadsheet would run as a formula is made text. */
export function csvCell(value: string | number | null): string {
  const safe = value === null ? '' : typeof value === 'number' ? String(value) : plainText(value);
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const EXPORTED = Object.values(COLUMNS);

/** One row an item, columns in the order of COLUMNS, then what people like to see. */
function table(m: ManifestData): (string | number | null)[][] {
  return m.lines.map((l) => [
    m.bag_code, (m.seal_nos ?? []).join(' '), m.gross_g, l.code, l.service_class, l.scope, l.secrecy, l.urgency === 'NONE' ? null : l.urgency, l.appointed_at,
    l.personal_mark ? 'x' : null, l.weight_g, l.destination_office_code, l.service_vi, l.state_vi,
  ]);
}

/** For programs: English names, UTF-8 with a byte order mark, commas. */
export function manifestCsv(m: ManifestData): string {
  const head = [...EXPORTED.map(([, name]) => name), 'service_vi', 'state_vi'];
  return `\ufeff${[head, ...table(m)].map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

/** For people: Vietnamese names. */
export const manifestXlsx = async (m: ManifestData): Promise<Uint8Array> =>
  writeSheet('Bản kê', [...EXPORTED.map(([name]) => name), 'Dịch vụ (chữ)', 'Trạng thái'], table(m), [26, 14, 10, 16, 12, 9, 7, 10, 22, 10, 10, 12, 22, 18]);

/** Count and weight of each service and mark, as the printed list sums up. */
export function totalsByClass(lines: readonly ManifestLine[]): { service_vi: string; count: number; weight_g: number }[] {
  const totals = new Map<string, { service_vi: string; count: number; weight_g: number }>();
  for (const { service_vi, weight_g } of lines) {
    const total = totals.get(service_vi) ?? { service_vi, count: 0, weight_g: 0 };
    totals.set(service_vi, { service_vi, count: total.count + 1, weight_g: total.weight_g + weight_g });
  }
  return [...totals.values()].toSorted((a, b) => a.service_vi.localeCompare(b.service_vi, 'vi'));
}

export const manifestPage = (m: ManifestData) => html`<!doctype html>
<html lang="vi">
  <head><meta charset="utf-8" /><title>Bản kê ${m.bag_code}</title><link rel="stylesheet" href="/assets/niem.css" /></head>
  <body>
    <main>
      <h1>Bản kê túi ${m.bag_code}</h1>
      <p>${m.trip_no === null ? 'Không theo chuyến thư của hệ thống' : `Chuyến ${m.trip_no}/${m.trip_year}`} · túi số ${m.serial} · ${m.origin_office_code} → ${m.destination_office_code} · ${m.item_count} bưu gửi · ${m.net_g} g (cả bì ${m.gross_g ?? '—'} g)</p>
      <table>
        <thead><tr><th>#</th><th>Số hiệu</th><th>Dịch vụ</th><th>g</th><th>Nơi phát</th><th>Trạng thái</th></tr></thead>
        <tbody>${m.lines.map((l) => html`<tr><td>${l.no}</td><td class="code">${grouped(l.code)}</td><td>${l.service_vi}</td><td>${l.weight_g}</td><td>${l.destination_office_code ?? ''}</td><td>${l.state_vi}</td></tr>`)}</tbody>
        <tfoot><tr><th></th><th>${m.item_count}</th><th></th><th>${m.net_g}</th><th></th><th></th></tr></tfoot>
      </table>
      <p class="hash">Dấu bản kê: ${m.digest}${m.digest_of_ledger !== null && m.digest_of_ledger !== m.digest ? ' — khác dấu khi niêm phong' : ''}</p>
    </main>
  </body>
</html>`;
