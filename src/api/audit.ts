// For inspectors: questions to the ledger, the installation's look at itself, and bundles to carry away.

import { Refused } from '../base/refusal.ts';
import { instant } from '../base/time.ts';
import { UnitCode, Uuid7 } from '../domain/facts.ts';
import { clears } from '../domain/role.ts';
import type { Clearance } from '../domain/role.ts';
import { audit, QUESTIONS } from '../views/audit.ts';
import type { Question } from '../views/audit.ts';
import { cutBundle } from '../views/bundle.ts';
import type { Cut, Subject } from '../views/bundle.ts';
import { selfCheck } from '../views/self_check.ts';
import { newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';

const Found = z.object({
  at: z.string(), badge: z.string().nullable(), full_name: z.string().nullable(), second_badge: z.string().nullable(), what: z.string(), what_vi: z.string(), what_en: z.string(),
  code: z.string().nullable(), office_code: z.string().nullable(), ref: z.string(),
});
const Check = z.object({ check: z.string(), ok: z.boolean().nullable(), vi: z.string(), en: z.string(), found: z.string() });
const Hide = z.object({ hide: z.enum(['nothing', 'bags']).default('nothing').openapi({ description: 'bags: steps of bags by their hashes only' }) });

export const audits = newRouter()
  .openapi(
    route('ledger.verify', { method: 'get', path: '/api/audit/self-check', tags: ['audit'], summary: 'The installation looks at itself: schema, triggers, rights, head, witnesses, clock, keys' }, 200, z.object({ checked_at: z.string(), ok: z.boolean(), checks: z.array(Check) }).openapi('SelfCheck')),
    async (c) => {
      const { store, clock, policy } = c.get('services');
      const checks = await selfCheck(store, clock(), policy.quorum);
      return c.json({ checked_at: instant(clock()), ok: checks.every(({ ok }) => ok !== false), checks }, 200);
    },
  )
  .openapi(
    route('ledger.verify', {
      method: 'get', path: '/api/audit/answers', tags: ['audit'], summary: "An inspector's questions: who touched it, openings, overrides, reads",
      request: { query: z.object({ question: z.enum(Object.keys(QUESTIONS) as [Question, ...Question[]]).default('openings'), code: UnitCode.optional(), before: z.iso.datetime().optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }) },
    }, 200, z.object({ question: z.string(), question_vi: z.string(), question_en: z.string(), rows: z.array(Found), next_before: z.string().nullable() }).openapi('AuditAnswer')),
    async (c) => {
      const { question, ...filter } = c.req.valid('query');
      if (question === 'touched' && filter.code === undefined) throw new Refused('invalid_input', { field: 'code', problem_vi: 'cần số hiệu', problem_en: 'a number is needed' });
      return c.json(await audit(c.get('services').store.read, question, filter), 200);
    },
  )
  .openapi(
    route('ledger.verify', { method: 'get', path: '/api/units/{code}/bundle', tags: ['audit'], summary: 'The dossier of an item or bag as a bundle that anybody verifies offline', request: { params: z.object({ code: UnitCode }), query: Hide } }, 200, z.any()),
    async (c) => {
      const { code } = c.req.valid('param');
      const unit = await c.get('services').store.read.selectFrom('unit').leftJoin('item', 'item.unit_id', 'unit.unit_id').select(['unit.unit_id', 'item.secrecy']).where('unit.code', '=', code).where('unit.superseded_by', 'is', null).executeTakeFirst();
      if (!unit) throw new Refused('unknown_unit', { code });
      if (!clears(c.get('caller').clearance, (unit.secrecy ?? 'NONE') as Clearance)) throw new Refused('clearance_missing', { mark: 'KT1' });
      return (await send(c, { kind: 'unit', id: unit.unit_id, ...c.req.valid('query') }, code)) as never;
    },
  )
  .openapi(
    route('ledger.verify', { method: 'get', path: '/api/shifts/{shift_id}/bundle', tags: ['audit'], summary: 'A shift as a bundle', request: { params: z.object({ shift_id: Uuid7 }) } }, 200, z.any()),
    async (c) => (await send(c, { kind: 'shift', id: c.req.valid('param').shift_id, hide: 'nothing' }, `ca-${c.req.valid('param').shift_id}`)) as never,
  )
  .openapi(
    route('ledger.verify', { method: 'get', path: '/api/log-bundle', tags: ['audit'], summary: 'The whole log as one bundle, streamed' }, 200, z.any()),
    async (c) => (await send(c, { kind: 'log', id: null, hide: 'nothing' }, 'nhat-ky')) as never,
  );

/** Gives out a bundle; that is a read of everything in it, and logged. */
async function send(c: Edge, subject: Subject, name: string): Promise<Response> {
  const { store, clock, policy } = c.get('services');
  const cut = await cutBundle(store.read, policy, subject);
  if (cut === null) throw new Refused('awaiting_head');
  await store.write.insertInto('read_log').values({ person_id: c.get('caller').person_id, subject: 'bundle', subject_ref: name, rows_read: cut.entries, read_at: new Date(clock()) }).execute();
  return streamed(c, cut, name);
}

/** A bundle as it is cut, record by record. */
export function streamed(c: Edge, cut: Cut, name: string): Response {
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await cut.bytes.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await cut.bytes.return(undefined);
    },
  });
  return c.body(stream, 200, { 'content-type': 'application/octet-stream', 'content-disposition': `attachment; filename="${name}-${cut.size}.niem"`, 'x-niem-head': `${cut.origin} ${cut.size}` });
}

