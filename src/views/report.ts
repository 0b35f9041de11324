// Figures of a report, drawn from the ledger between two instants that are past, so that the same question gets the same answer for
// ever; opened to the events behind each; and reports as people see them.

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { hex } from '../base/bytes.ts';
import { encode } from '../base/canonical.ts';
import { instant } from '../base/time.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import type { Kind } from '../domain/facts.ts';
import { foldIncident } from '../domain/incident.ts';
import type { Incident } from '../domain/incident.ts';
import { placeOf } from '../domain/journal_rules.ts';
import { verdictOf } from '../domain/clock.ts';
import { FIGURES, REPORTS, suppress } from '../domain/report.ts';
import type { FigureCode, FigureFilter, ReportKind } from '../domain/report.ts';
import { foldReport, reminderAt, stateOf } from '../domain/report_fold.ts';
import type { Drawing, Report } from '../domain/report_fold.ts';
import type { Caller } from '../domain/role.ts';
import { byMatter, entriesOfKind, entriesOfMatter } from '../ledger/journal.ts';
import type { Read } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';

/** `[from_at, to_at)`, RFC 3339; `office_codes`: whose events count. */
export type Window = { from_at: string; to_at: string; office_codes: readonly string[] };
export type Figure = Drawing['figures'][number];

/** Which rows of `checkpoint c` with its `item i` a figure counts. */
function holds(filter: FigureFilter): RawBuilder<boolean> {
  const parts = [sql<boolean>`c.kind in (${sql.join([...filter.kinds])})`];
  if (filter.service_classes) parts.push(sql`i.service_class in (${sql.join([...filter.service_classes])})`);
  if (filter.secrecy) parts.push(sql`i.secrecy = ${filter.secrecy}`);
  if (filter.urgency) parts.push(sql`i.urgency = ${filter.urgency}`);
  if (filter.scope) parts.push(sql`i.scope = ${filter.scope}`);
  if (filter.joint_check) parts.push(sql`i.joint_check = ${filter.joint_check}`);
  if (filter.flag) parts.push(sql`${filter.flag} = any(c.flags)`);
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

const within = ({ from_at, to_at, office_codes }: Window): RawBuilder<boolean> =>
  sql`c.received_at >= ${new Date(from_at)} and c.received_at < ${new Date(to_at)} and c.office_code in (${sql.join([...office_codes])})`;

/** All figures in one pass over the window: how many, and SHA-256 over the sorted ids of the events. */
export async function countFigures(db: Read, codes: readonly FigureCode[], window: Window): Promise<{ code: FigureCode; count: number; digest: string }[]> {
  const columns = codes.flatMap((code, n) => {
    const filter = holds(FIGURES[code].filter);
    return [
      sql`count(*) filter (where ${filter}) as ${sql.ref(`count_${n}`)}`,
      sql`encode(sha256(convert_to(coalesce(string_agg(c.checkpoint_id::text, ' ' order by c.checkpoint_id) filter (where ${filter}), ''), 'UTF8')), 'hex') as ${sql.ref(`digest_${n}`)}`,
    ];
  });
  const { rows } = await sql<{ [column: string]: number | string }>`
    select ${sql.join(columns)} from checkpoint c left join item i on i.unit_id = c.unit_id where ${within(window)}`.execute(db as never);
  return codes.map((code, n) => ({ code, count: Number(rows[0]?.[`count_${n}`] ?? 0), digest: String(rows[0]?.[`digest_${n}`] ?? '') }));
}

/** The same figures with what is too small taken out: items marked A, and the cell beside it that would give it away. */
export function withoutSmall(counted: readonly { code: FigureCode; count: number; digest: string }[]): Figure[] {
  const marked = counted.filter(({ code }) => 'secrecy' in FIGURES[code].filter);
  const hidden = suppress(marked.map(({ code, count }) => ({ count, sensitive: 'secrecy' in FIGURES[code].filter && FIGURES[code].filter.secrecy === 'A' })));
  return counted.map(({ code, count, digest }) => (hidden[marked.findIndex((m) => m.code === code)] === true ? { code, count: null, digest: null } : { code, count, digest }));
}

/** KT1 items handed in by each served body. Small counts of A items are hidden, and one more where a single one could be worked out. */
export async function countBodies(db: Read, window: Window): Promise<Drawing['bodies']> {
  const { rows } = await sql<{ body_code: string; count: number; a_count: number }>`
    select i.sender_body_code as body_code, count(*) as count, count(*) filter (where i.secrecy = 'A') as a_count
    from checkpoint c join item i on i.unit_id = c.unit_id
    where c.kind = 'accepted' and i.service_class = 'kt1' and i.sender_body_code is not null and ${within(window)}
    group by i.sender_body_code order by i.sender_body_code limit 200`.execute(db as never);
  const hidden = suppress(rows.map((row) => ({ count: row.a_count, sensitive: true })));
  return rows.map((row, i) => ({ body_code: row.body_code, count: row.count, a_count: hidden[i] === true ? null : row.a_count }));
}

/** Everything of a drawing that comes from the ledger, and its SHA-256: drawn again it is the same to the byte. */
export async function drawFigures(db: Read, report_kind: ReportKind, window: Window): Promise<Pick<Drawing, 'figures' | 'bodies' | 'digest' | 'nil'>> {
  const counted = await countFigures(db, REPORTS[report_kind].figures, window);
  const bodies = report_kind === 'settlement' ? await countBodies(db, window) : [];
  const figures = withoutSmall(counted);
  const { from_at, to_at, office_codes } = window;
  const bytes = encode({ report_kind, from_at, to_at, office_codes, figures, bodies }, 65_536);
  return { figures, bodies, nil: counted.every(({ count }) => count === 0), digest: hex(new Uint8Array(createHash('sha256').update(bytes).digest())) };
}

/** What a letter calls an office and the one above it on a civil day. */
export async function officeNames(db: Read, office_code: string, on: string): Promise<{ issuer_vi: string; over_vi: string | null }> {
  const names = (code: string) => db.selectFrom('office').select(['name_vi', 'parent_code']).where('office_code', '=', code).where(holdsOn(on)).executeTakeFirst();
  const own = await names(office_code);
  const over = own?.parent_code ? await names(own.parent_code) : undefined;
  return { issuer_vi: own?.name_vi ?? office_code, over_vi: over?.name_vi ?? null };
}

/** Incidents reported by these offices in a window as they stood at `until_ms`, drills included: a letter says which are. */
export async function incidentsWithin(db: Read, window: Window, until_ms: number): Promise<Incident[]> {
  const [from_ms, to_ms] = [Date.parse(window.from_at), Date.parse(window.to_at)];
  const entries = (await entriesOfKind(db, 'incident')).filter((entry) => entry.at_ms <= until_ms);
  const incidents = [...byMatter(entries).values()].map(foldIncident);
  return incidents.filter((i) => i !== null && window.office_codes.includes(i.place) && i.reported_at_ms >= from_ms && i.reported_at_ms < to_ms).slice(0, 100) as Incident[];
}

/** The office and all under it, today; written into the drawing, because it may change later. */
export async function officesUnder(db: Read, office_code: string): Promise<string[]> {
  const { rows } = await sql<{ office_code: string }>`
    with recursive under as (select ${office_code}::text as office_code union select o.office_code from office o join under u on o.parent_code = u.office_code)
    select office_code from under order by office_code limit 200`.execute(db as never);
  return rows.map((row) => row.office_code);
}

/** The events behind one figure, oldest id first; `total` is the figure. */
export async function eventsOf(db: Read, code: FigureCode, window: Window, page: { after: string | null; limit: number }) {
  const filter = sql`${holds(FIGURES[code].filter)} and ${within(window)}`;
  const after = page.after === null ? sql`` : sql`and c.checkpoint_id > ${page.after}`;
  const [total, events] = await Promise.all([
    sql<{ total: number }>`select count(*) as total from checkpoint c left join item i on i.unit_id = c.unit_id where ${filter}`.execute(db as never),
    sql<{ checkpoint_id: string; code: string; kind: Kind; received_at: Date; office_code: string }>`
      select c.checkpoint_id, u.code, c.kind, c.received_at, c.office_code from checkpoint c join unit u on u.unit_id = c.unit_id left join item i on i.unit_id = c.unit_id
      where ${filter} ${after} order by c.checkpoint_id limit ${page.limit}`.execute(db as never),
  ]);
  const rows = events.rows.map((row) => ({ ...row, kind_vi: CHECKPOINTS[row.kind].vi, received_at: instant(row.received_at.getTime()) }));
  return { total: total.rows[0]?.total ?? 0, rows, next_after: rows.length < page.limit ? null : (rows.at(-1)?.checkpoint_id ?? null) };
}

/** Those of one's own office; for an addressee those that were sent to it; for inspectors all. */
function sees(report: Report, caller: Caller, inspector: boolean): boolean {
  const own = report.task.office_code === caller.office_code && caller.permissions.has('report.draw');
  return own || inspector || (report.sent !== null && report.task.addressee === placeOf(caller));
}

/** null: there is none for the caller. */
export async function reportOf(db: Read, report_id: string, caller: Caller, inspector: boolean): Promise<Report | null> {
  const report = foldReport(await entriesOfMatter(db, report_id));
  return report !== null && sees(report, caller, inspector) ? report : null;
}

const dueOf = (report: Report, now_ms: number) => {
  const due_ms = report.task.due_at === null ? null : Date.parse(report.task.due_at);
  const sent_ms = report.sent === null ? null : Date.parse(report.sent.sent_at);
  return { due_at: report.task.due_at, verdict: verdictOf(due_ms, sent_ms, now_ms), hours_left: due_ms === null ? null : Math.floor((due_ms - now_ms) / 3_600_000), reminder_hours: reminderAt(report, now_ms) };
};

const line = (report: Report, now_ms: number) => ({
  report_id: report.report_id, report_kind: report.task.report_kind, kind_vi: REPORTS[report.task.report_kind].vi, title: report.task.title, office_code: report.task.office_code,
  addressee: report.task.addressee, addressee_vi: report.task.addressee_vi, desk_vi: report.task.desk_vi ?? null, state: stateOf(report), ...dueOf(report, now_ms),
});

/** Reports that the caller may see, the most urgent first. */
export async function reportList(db: Read, caller: Caller, inspector: boolean, now_ms: number) {
  const reports = [...byMatter(await entriesOfKind(db, 'report')).values()].map(foldReport).filter((report) => report !== null && sees(report, caller, inspector)) as Report[];
  const urgency = (report: Report): number => (report.sent !== null ? Infinity : report.task.due_at === null ? Number.MAX_SAFE_INTEGER : Date.parse(report.task.due_at));
  return reports.toSorted((a, b) => urgency(a) - urgency(b)).map((report) => line(report, now_ms));
}

export function reportScreen(report: Report, now_ms: number) {
  const { task, drawing, signature, sent, received } = report;
  return {
    ...line(report, now_ms), directive_id: task.directive_id ?? null, period_id: task.period_id ?? null, party_code: task.party_code ?? null,
    drawing: drawing && { ...drawing, figures: drawing.figures.map((figure) => ({ ...figure, vi: FIGURES[figure.code].vi, en: FIGURES[figure.code].en, section: FIGURES[figure.code].section, events: figure.count === null ? null : `/api/reports/${report.report_id}/figures/${figure.code}` })) },
    signature, sent, received,
  };
}
