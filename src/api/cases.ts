// Casefiles: what agencies and the post handle together. Who is no party is answered as if there were none.

import { addToCase, openCase } from '../acts/casefile.ts';
import { Refused } from '../base/refusal.ts';
import { CASE_FACTS, CASE_KINDS, CASE_STATES, SEVERITIES, Words } from '../domain/casefile.ts';
import type { CaseFacts, CaseKind, CaseState, Severity } from '../domain/casefile.ts';
import { UnitCode, Uuid7 } from '../domain/facts.ts';
import { PartyCode } from '../domain/journal.ts';
import { asking } from '../store/asking.ts';
import type { Write } from '../store/connect.ts';
import { recordPages } from '../interchange/record_print.ts';
import { caseScreen, isPaperOf } from '../views/casefile.ts';
import { cutBundle } from '../views/bundle.ts';
import { caseChanges, caseExport, caseList, caseStatistics, noteCaseRead } from '../views/casefile_list.ts';
import { recordBy } from '../views/written_record.ts';
import { streamed } from './audit.ts';
import { json, newRouter, route, tokenOf, z } from './edge.ts';
import type { Edge } from './edge.ts';
import { CASE_EXAMPLES } from './examples_case.ts';
import { live, wantsLive } from './live.ts';
import { ScanNo, signedPaper } from './written_record.ts';

/** The caller's own token: the database asks it, not us, who he is. */
export const askingAs = <T>(c: Edge, work: (tx: Write) => Promise<T>): Promise<T> => asking(c.get('services').store.write, tokenOf(c), work);

const EntryId = Uuid7.meta({ description: 'UUIDv7 made by the client; send the same id again after a lost answer' });
const KINDS = (Object.keys(CASE_KINDS) as CaseKind[]).filter((kind) => !CASE_KINDS[kind].own_way);
const shapes = KINDS.map((kind) =>
  z
    .strictObject({
      entry_id: EntryId,
      kind: z.literal(kind),
      facts: CASE_FACTS[kind],
      ...(CASE_KINDS[kind].words === 'none' ? {} : { words: CASE_KINDS[kind].words === 'must' ? Words : Words.optional() }),
      ...(CASE_KINDS[kind].restrictable ? { only_party: PartyCode.optional().meta({ description: 'Seen by this party and mine only; left out: by all parties' }) } : {}),
    })
    .openapi(`Case_${kind}`, { description: `${CASE_KINDS[kind].vi} / ${CASE_KINDS[kind].en}` }),
);
export const CaseEntryInput = z.discriminatedUnion('kind', shapes as unknown as [(typeof shapes)[number], ...typeof shapes]).openapi('CaseEntry', { examples: CASE_EXAMPLES });
const Opening = z.strictObject({ entry_id: EntryId, facts: CASE_FACTS.case_opened, words: Words.optional() }).openapi('CaseOpening');

export const CaseRecordedShape = z.object({ casefile_id: z.string(), entry_no: z.int(), entry_id: z.string(), kind: z.string(), at: z.string() }).openapi('CaseRecorded');
const nullable = z.string().nullable();
const Waiting = z.object({ requests: z.int(), tasks: z.int(), proposals: z.int(), lead: z.int() }).openapi('CaseWaiting', { description: 'What waits for me' });
const head = {
  casefile_id: z.string(), case_no: z.string().openapi({ example: 'VV-7K3Q-2M9D' }), title: nullable, state: z.string(), state_vi: z.string(), state_en: z.string(), severity: z.string(), severity_vi: z.string(), severity_en: z.string(), source: z.string(),
  codes_only: z.boolean().openapi({ description: 'KT1 is in it: no words, no pictures' }), lead_party: z.string(), opened_party: z.string(), opened_at: z.string(), codes: z.array(z.string()), last_no: z.int(), waiting: Waiting,
};
const Rows = z.array(z.record(z.string(), z.unknown()));
const Screen = z
  .object({
    ...head, snapshot: z.string().openapi({ description: 'What a proposal or an approval must name: the casefile and its units as they are now' }), taken_by: z.unknown(), lead_offer: z.unknown(), closed: z.unknown(),
    units: Rows, parties: Rows, entries: Rows, steps: Rows, requests: Rows, tasks: Rows, proposals: Rows, notices: Rows, papers: Rows, evidence: Rows, reads: Rows,
  })
  .openapi('CaseScreen');
const Listed = z.object({ rows: z.array(z.object({ ...head, last_at: z.string(), next_due_at: nullable, late: z.int() })), next_before: nullable }).openapi('Casefiles');
const Changes = z
  .object({ changes: z.array(z.object({ casefile_id: z.string(), entry_no: z.int(), entry_id: z.string(), kind: z.string(), at: z.string(), party_code: z.string() })), cursor: z.string(), more: z.boolean() })
  .openapi('CaseChanges');
/** A transaction number. */
const CURSOR = /^[0-9]{1,15}$/;
/** A casefile is talked in, not scanned in. */
const LOOK_MS = 1_000;
const CaseId = z.object({ casefile_id: Uuid7 });
const keys = <K extends string>(table: { readonly [key in K]: unknown }) => z.enum(Object.keys(table) as [K, ...K[]]);

type Posted = { entry_id: string; kind: CaseKind; facts: CaseFacts; words?: string; only_party?: string };

export const cases = newRouter()
  .openapi(
    route('case.handle', { method: 'post', path: '/api/cases', tags: ['cases'], summary: 'Open a casefile of my agency or office on flagged items or bags', request: json(Opening) }, 201, CaseRecordedShape),
    async (c) => {
      const { store, clock } = c.get('services');
      const { words = null, ...given } = c.req.valid('json');
      return c.json(await openCase(store.write, tokenOf(c), c.get('caller'), { ...given, kind: 'case_opened', words, only_party: null }, clock()), 201);
    },
  )
  .openapi(
    route('case.handle', {
      method: 'get', path: '/api/cases', tags: ['cases'], summary: 'Casefiles that my agency or office is a party of, newest first',
      request: {
        query: z.object({
          state: keys<CaseState>(CASE_STATES).optional(), severity: keys<Severity>(SEVERITIES).optional(), open: z.enum(['open', 'closed', 'all']).default('open'), waiting: z.enum(['0', '1']).default('0').openapi({ description: '1: only what waits for me' }),
          q: z.string().trim().min(2).max(80).optional().openapi({ description: 'Part of what was written in it' }), code: UnitCode.optional(), before: Uuid7.optional(), limit: z.coerce.number().int().min(1).max(100).default(50),
        }),
      },
    }, 200, Listed),
    async (c) => {
      const { clock, reference } = c.get('services');
      const { waiting, ...filter } = c.req.valid('query');
      const { holidays } = await reference();
      return c.json(await askingAs(c, (tx) => caseList(tx, c.get('caller'), { ...filter, waiting: waiting === '1' }, holidays, clock())), 200);
    },
  )
  .openapi(
    route('case.handle', {
      method: 'get', path: '/api/cases/changes', tags: ['cases'], summary: 'What is new in my casefiles since a cursor; without one, the cursor to begin with. Asked with Accept: text/event-stream, told as it comes', request: { query: z.object({ after: z.string().regex(CURSOR).optional() }) },
    }, 200, Changes),
    async (c) => {
      const { after } = c.req.valid('query');
      const since = (cursor: string | undefined) => askingAs(c, (tx) => caseChanges(tx, cursor === undefined ? null : Number(cursor)));
      if (!wantsLive(c)) return c.json(await since(after), 200);
      // Each look is a transaction of whoever asks: the policies decide what is in it. Without news the cursor goes on unsaid.
      const heard = c.req.header('last-event-id');
      let [cursor, told] = [heard === undefined || !CURSOR.test(heard) ? after : heard, heard ?? ''];
      let news: Awaited<ReturnType<typeof caseChanges>> | null = null;
      const version = async (): Promise<string> => {
        const first = cursor === undefined;
        news = await since(cursor);
        ({ cursor } = news);
        if (first || news.changes.length > 0) told = news.cursor;
        return told;
      };
      return (await live(c, 'case.handle', { every_ms: LOOK_MS, version, read: async () => news ?? {} })) as never;
    },
  )
  .openapi(
    route('case.handle', { method: 'get', path: '/api/cases/statistics', tags: ['cases'], summary: 'Counts of my casefiles' }, 200, z.object({ total: z.int(), by_state: z.record(z.string(), z.int()), by_severity: z.record(z.string(), z.int()) }).openapi('CaseStatistics')),
    async (c) => c.json(await askingAs(c, caseStatistics), 200),
  )
  .openapi(
    route('case.handle', { method: 'get', path: '/api/cases/{casefile_id}', tags: ['cases'], summary: 'One casefile whole; the read is told to its parties', request: { params: CaseId } }, 200, Screen),
    async (c) => {
      const { clock, reference } = c.get('services');
      const { holidays } = await reference();
      const screen = await askingAs(c, (tx) => caseScreen(tx, c.req.valid('param').casefile_id, c.get('caller'), holidays, clock()));
      if (screen === null) throw new Refused('unknown_casefile');
      return c.json(screen as never, 200);
    },
  )
  .openapi(
    route('case.handle', {
      method: 'post', path: '/api/cases/{casefile_id}/entries', tags: ['cases'], summary: 'Add to a casefile: triage, hold, notice, parties, talk, requests, tasks, proposals and decisions, the end', request: { params: CaseId, ...json(CaseEntryInput) },
    }, 201, CaseRecordedShape),
    async (c) => {
      const { store, clock } = c.get('services');
      const { words = null, only_party = null, ...given } = c.req.valid('json') as Posted;
      return c.json(await addToCase(store.write, tokenOf(c), c.get('caller'), c.req.valid('param').casefile_id, { ...given, words, only_party }, clock()), 201);
    },
  )
  .openapi(
    route('case.handle', { method: 'get', path: '/api/cases/{casefile_id}/export', tags: ['cases'], summary: 'The bytes of a casefile, to verify elsewhere; of what others keep to themselves number and hash', request: { params: CaseId } }, 200,
      z.object({ format: z.string(), casefile_id: z.string(), case_no: z.string(), complete: z.boolean(), entries: z.array(z.object({ entry_no: z.int(), hash: z.string(), body: nullable, salt: nullable, words: nullable })) }).openapi('CaseExport')),
    async (c) => {
      const exported = await askingAs(c, (tx) => caseExport(tx, c.req.valid('param').casefile_id));
      if (exported === null) throw new Refused('unknown_casefile');
      return c.json(exported, 200);
    },
  )
  .openapi(
    route('case.handle', { method: 'get', path: '/api/cases/{casefile_id}/bundle', tags: ['cases'], summary: 'A casefile as a bundle that anybody verifies offline; what others keep to themselves by its hash. The read is told to its parties', request: { params: CaseId } }, 200, z.any()),
    async (c) => {
      const { store, policy, clock } = c.get('services');
      const { casefile_id } = c.req.valid('param');
      const exported = await askingAs(c, (tx) => caseExport(tx, casefile_id));
      if (exported === null) throw new Refused('unknown_casefile');
      const cut = await cutBundle(store.read, policy, { kind: 'casefile', id: casefile_id, hide: 'nothing', entries: exported.entries });
      if (cut === null) throw new Refused('awaiting_head');
      await askingAs(c, (tx) => noteCaseRead(tx, casefile_id, c.get('caller'), clock()));
      return streamed(c, cut, exported.case_no) as never;
    },
  )
  .openapi(
    route('case.handle', { method: 'get', path: '/api/cases/{casefile_id}/papers/{record_id}', tags: ['cases'], summary: 'A biên bản about a unit of the casefile, as PDF', request: { params: z.object({ casefile_id: Uuid7, record_id: Uuid7 }) } }, 200, z.any()),
    async (c) => {
      const { store, files } = c.get('services');
      const { casefile_id, record_id } = c.req.valid('param');
      const record = (await askingAs(c, (tx) => isPaperOf(tx, casefile_id, record_id))) ? await recordBy(store.read, { record_id }, null) : null;
      if (record === null) throw new Refused('unknown_casefile');
      if (files === null) throw new Refused('not_on_this_runtime');
      return c.body((await files.pdf(recordPages(record.content, record.digest), `Biên bản ${record.content.number}`)) as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/pdf', 'content-disposition': `attachment; filename="${record_id}.pdf"` }) as never;
    },
  )
  .openapi(
    route('case.handle', { method: 'get', path: '/api/cases/{casefile_id}/papers/{record_id}/scans/{scan_no}', tags: ['cases'], summary: 'A signed paper about a unit of the casefile, as it came, as an attachment', request: { params: z.object({ casefile_id: Uuid7, record_id: Uuid7, scan_no: ScanNo }) } }, 200, z.any()),
    async (c) => {
      const { casefile_id, record_id, scan_no } = c.req.valid('param');
      const record = (await askingAs(c, (tx) => isPaperOf(tx, casefile_id, record_id))) ? await recordBy(c.get('services').store.read, { record_id }, null) : null;
      if (record === null) throw new Refused('unknown_casefile');
      return signedPaper(c, record, scan_no);
    },
  );
