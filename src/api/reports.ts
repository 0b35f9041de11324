// Reports: asked for, drawn from the ledger in one click, opened figure by figure, checked again, signed, sent, received.

import { Refused } from '../base/refusal.ts';
import { civilDate } from '../base/time.ts';
import { record } from '../acts/journal.ts';
import { cutFor } from '../acts/report.ts';
import { Uuid7 } from '../domain/facts.ts';
import { INCIDENTS } from '../domain/incident.ts';
import { JOURNAL_FACTS } from '../domain/journal.ts';
import { inspects } from '../domain/journal_rules.ts';
import { FIGURES, REPORTS, SECTIONS } from '../domain/report.ts';
import type { FigureCode } from '../domain/report.ts';
import type { Drawing, Report } from '../domain/report_fold.ts';
import type { Letter } from '../interchange/letter.ts';
import { reportLetter } from '../interchange/report_letter.ts';
import { logState } from '../views/log.ts';
import { drawFigures, eventsOf, incidentsWithin, officeNames, officesUnder, reportList, reportOf, reportScreen } from '../views/report.ts';
import { json, newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';
import { entryInput, Recorded, recordPosted, Row, Rows } from './journal.ts';

const ReportId = z.object({ report_id: Uuid7 });
const Drawn = JOURNAL_FACTS.report_drawn.pick({ from_at: true, to_at: true, basis: true, leader_title: true, place_vi: true, difficulties: true, proposals: true });
const DOCX_TYPE = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

async function found(c: Edge, report_id: string): Promise<Report> {
  const caller = c.get('caller');
  const report = await reportOf(c.get('services').store.read, report_id, caller, inspects(caller));
  if (!report) throw new Refused('unknown_case');
  return report;
}

async function drawn(c: Edge, report_id: string): Promise<{ report: Report; drawing: Drawing }> {
  const report = await found(c, report_id);
  if (!report.drawing) throw new Refused('case_not_due', { state: 'due' });
  return { report, drawing: report.drawing };
}

export const reports = newRouter()
  .openapi(
    route('signed_in', { method: 'post', path: '/api/reports', tags: ['reports'], summary: 'Ask for a report with addressee and deadline; sign, send, note its receipt', request: json(entryInput('report')) }, 201, Recorded),
    async (c) => c.json(await recordPosted(c, c.req.valid('json')), 201),
  )
  .openapi(route('duty.read', { method: 'get', path: '/api/reports/catalogue', tags: ['reports'], summary: 'Kinds of report and the figures of each' }, 200, Rows), (c) =>
    c.json({ rows: Object.entries(REPORTS).map(([report_kind, { figures, ...entry }]) => ({ report_kind, ...entry, figures: figures.map((code) => ({ code, vi: FIGURES[code].vi, en: FIGURES[code].en, section_vi: SECTIONS[FIGURES[code].section][0] })) })) }, 200),
  )
  .openapi(route('duty.read', { method: 'get', path: '/api/reports', tags: ['reports'], summary: 'Reports due, drawn, sent; the most urgent first' }, 200, Rows), async (c) => {
    const caller = c.get('caller');
    return c.json({ rows: await reportList(c.get('services').store.read, caller, inspects(caller), c.get('services').clock()) }, 200);
  })
  .openapi(route('duty.read', { method: 'get', path: '/api/reports/{report_id}', tags: ['reports'], summary: 'One report with its figures, each with the way to its events', request: { params: ReportId } }, 200, Row), async (c) =>
    c.json(reportScreen(await found(c, c.req.valid('param').report_id), c.get('services').clock()) as never, 200),
  )
  .openapi(
    route('report.draw', { method: 'post', path: '/api/reports/{report_id}/draw', tags: ['reports'], summary: 'Draw the figures from the ledger between two past instants', request: { params: ReportId, ...json(Drawn) } }, 201, Row),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const { report_id } = c.req.valid('param');
      const given = c.req.valid('json');
      const { task } = await found(c, report_id);
      const now_ms = clock();
      const cut_at = cutFor(given, now_ms);
      const window = { from_at: given.from_at, to_at: given.to_at, office_codes: await officesUnder(store.read, task.office_code) };
      const [figures, incidents, head] = await Promise.all([drawFigures(store.read, task.report_kind, window), incidentsWithin(store.read, window, now_ms), logState(store.read, now_ms)]);
      const facts = { ...given, ...window, ...figures, nil: figures.nil && incidents.length === 0, incidents: incidents.map((i) => i.incident_id), cut_at, head_size: head.head_size, head_origin: head.head_size === null ? null : head.origin };
      await record(store.write, c.get('caller'), { kind: 'report_drawn', matter_id: report_id, facts, confirmation_hash: null }, await reference(), now_ms);
      return c.json(reportScreen(await found(c, report_id), now_ms) as never, 201);
    },
  )
  .openapi(
    route('report.draw', {
      method: 'get', path: '/api/reports/{report_id}/figures/{figure}', tags: ['reports'], summary: 'The events behind a figure; `total` is the figure',
      request: { params: ReportId.extend({ figure: z.enum(Object.keys(FIGURES) as [FigureCode, ...FigureCode[]]) }), query: z.object({ after: Uuid7.optional(), limit: z.coerce.number().int().min(1).max(500).default(200) }) },
    }, 200, Row),
    async (c) => {
      const { report_id, figure } = c.req.valid('param');
      const { after = null, limit } = c.req.valid('query');
      const { drawing } = await drawn(c, report_id);
      const shown = drawing.figures.find(({ code }) => code === figure);
      if (!shown) throw new Refused('invalid_input', { field: 'figure', problem_vi: 'báo cáo không có số liệu này', problem_en: 'the report has no such figure' });
      if (shown.count === null) throw new Refused('figure_suppressed');
      return c.json((await eventsOf(c.get('services').store.read, figure, drawing, { after, limit })) as never, 200);
    },
  )
  .openapi(
    route('duty.read', { method: 'get', path: '/api/reports/{report_id}/check', tags: ['reports'], summary: 'Counts everything again and compares it with what was reported', request: { params: ReportId } }, 200, Row),
    async (c) => {
      const { report, drawing } = await drawn(c, c.req.valid('param').report_id);
      const again = await drawFigures(c.get('services').store.read, report.task.report_kind, drawing);
      const differ = drawing.figures.filter((figure, i) => JSON.stringify(again.figures[i]) !== JSON.stringify(figure)).map(({ code }) => code);
      return c.json({ same: again.digest === drawing.digest, digest: drawing.digest, digest_now: again.digest, differ }, 200);
    },
  )
  .openapi(
    route('duty.read', { method: 'get', path: '/api/reports/{report_id}/letter', tags: ['reports'], summary: 'The report as an official letter', request: { params: ReportId, query: z.object({ format: z.enum(['json', 'pdf', 'docx']).default('json') }) } }, 200, Row),
    async (c) => {
      const letter = await letterOf(c, await drawn(c, c.req.valid('param').report_id));
      const { format } = c.req.valid('query');
      if (format === 'json') return c.json(letter as never, 200);
      const { files } = c.get('services');
      if (files === null) throw new Refused('not_on_this_runtime');
      const bytes = await (format === 'pdf' ? files.letter_pdf(letter) : files.letter_docx(letter));
      const headers = { 'content-type': format === 'pdf' ? 'application/pdf' : DOCX_TYPE, 'content-disposition': `inline; filename="bao-cao.${format}"`, 'cache-control': 'no-store' };
      return new Response(bytes as Uint8Array<ArrayBuffer>, { headers }) as never;
    },
  );

async function letterOf(c: Edge, { report, drawing }: { report: Report; drawing: Drawing }): Promise<Letter> {
  const { store, reference } = c.get('services');
  const on = report.signature?.on ?? civilDate(report.drawn_at_ms ?? 0);
  const [names, within, { bodies, offices }] = await Promise.all([officeNames(store.read, report.task.office_code, on), incidentsWithin(store.read, drawing, report.drawn_at_ms ?? 0), reference()]);
  const incidents = within
    .filter((incident) => drawing.incidents.includes(incident.incident_id))
    .map((i) => ({ kind_vi: INCIDENTS[i.facts.incident_kind][0], detected_at: i.facts.detected_at, office_vi: offices.get(i.facts.office_code ?? '')?.name_vi ?? i.facts.office_code ?? null, drill: i.facts.drill, closed: i.closed_at_ms !== null, unit_codes: i.facts.unit_codes }));
  return reportLetter(report, drawing, { ...names, incidents, bodies: new Map([...bodies].map(([code, body]) => [code, body.name_vi])) });
}
