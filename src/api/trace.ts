// Closing a shift, the whole road of an item, search, clocks, complaints and periodic settlements.

import { Refused } from '../base/refusal.ts';
import { answerComplaint, registerComplaint } from '../acts/complaint.ts';
import { sha256Text } from '../acts/session.ts';
import { disputeSettlement, drawSettlement, settleDispute, signSettlement } from '../acts/settlement.ts';
import { closeShift, countBlind, MAIL_CLASSES } from '../acts/shift_close.ts';
import { BodyCode, Instant, ReasonCode, UnitCode, Uuid7 } from '../domain/facts.ts';
import { activePeriod } from '../domain/period.ts';
import type { Caller } from '../domain/role.ts';
import { complaintsOf, idleAt, settlementsOf, transitsOf, visitsOn } from '../views/clock.ts';
import { doNotTouch } from '../views/do_not_touch.ts';
import { searchNames } from '../views/names.ts';
import { roadOf, search, touchedBetween } from '../views/trace.ts';
import { json, newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';

const One = z.record(z.string(), z.unknown()).openapi('TraceRow');
const Rows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) }).openapi('TraceRows');
const Done = z.object({ done: z.literal(true) });
const done = { done: true } as const;
const Code = z.object({ code: UnitCode });
const limit = z.coerce.number().int().min(1).max(200).default(50);
const Day = z.iso.date();
const Count = z.int().min(0).max(1_000_000);
const SettlementId = z.object({ settlement_id: Uuid7 });

function officeOf(caller: Caller): string {
  if (caller.office_code === null) throw new Refused('wrong_office', { office_code: null });
  return caller.office_code;
}

async function requireReason(c: Edge, reason_list: string, reason_code: string): Promise<void> {
  if (!(await c.get('services').reference()).reasons.has(`${reason_list}/${reason_code}`)) throw new Refused('unknown_reason', { reason_list, reason_code });
}

export const trace = newRouter()
  .openapi(
    route('shift.open', {
      method: 'post', path: '/api/shifts/current/blind-count', tags: ['shifts'], summary: 'Enter what I counted, without being told what is expected',
      request: json(z.strictObject({ lines: z.array(z.strictObject({ mail_class: z.enum(MAIL_CLASSES), count: Count, weight_g: z.int().min(0).max(1_000_000_000).optional() })).max(MAIL_CLASSES.length) })),
    }, 201, z.object({ shift_id: z.string(), attempts: z.int() }).openapi('BlindCount')),
    async (c) => {
      const { store, clock } = c.get('services');
      const lines = c.req.valid('json').lines.map(({ weight_g = null, ...line }) => ({ ...line, weight_g }));
      return c.json(await countBlind(store.write, c.get('caller'), lines, clock()), 201);
    },
  )
  .openapi(
    route('shift.open', {
      method: 'post', path: '/api/shifts/current/close', tags: ['shifts'], summary: 'Close my shift: the receiver confirms by badge and PIN',
      request: json(z.strictObject({ confirmation: z.string().regex(/^[A-Za-z0-9_-]{43}$/), forced_reason_code: ReasonCode.optional() })),
    }, 200, One),
    async (c) => {
      const { store, clock, forget } = c.get('services');
      const { confirmation, forced_reason_code = null } = c.req.valid('json');
      if (forced_reason_code !== null) {
        if (!c.get('caller').permissions.has('item.approve')) throw new Refused('not_permitted', { permission: 'item.approve' });
        await requireReason(c, 'force_close', forced_reason_code);
      }
      const closed = await closeShift(store.write, c.get('caller'), { confirmation_hash: sha256Text(confirmation), forced_reason_code }, clock());
      // Every session of the office is without a shift now.
      forget();
      return c.json(closed as never, 200);
    },
  )
  .openapi(route('item.read', { method: 'get', path: '/api/items/{code}/road', tags: ['items'], summary: "The item's whole road, with what happened to the bags that held it", request: { params: Code } }, 200, One), async (c) => {
    const { code } = c.req.valid('param');
    const road = await roadOf(c.get('services').store.read, code, c.get('caller'));
    if (!road) throw new Refused('unknown_unit', { code });
    return c.json(road as never, 200);
  })
  .openapi(
    route('item.read', { method: 'get', path: '/api/items/{code}/do-not-touch', tags: ['items'], summary: 'The do-not-touch card of a held item that may endanger people; who was near it, for those who deal with it', request: { params: Code } }, 200,
      z.object({ code: z.string(), critical: z.boolean(), steps: z.array(z.object({ vi: z.string(), en: z.string() })), call: z.array(z.record(z.string(), z.unknown())), contacts: z.unknown() }).openapi('DoNotTouch')),
    async (c) => {
      const { code } = c.req.valid('param');
      const { store, clock } = c.get('services');
      const card = await doNotTouch(store.read, code, c.get('caller'), clock());
      if (!card) throw new Refused('unknown_unit', { code });
      return c.json(card as never, 200);
    },
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/items/{code}/touched', tags: ['items'], summary: 'Who could have touched the item between two instants', request: { params: Code, query: z.object({ from: Instant, to: Instant }) } }, 200, One),
    async (c) => {
      const { code } = c.req.valid('param');
      const { from, to } = c.req.valid('query');
      if (Date.parse(to) < Date.parse(from)) throw new Refused('invalid_input', { field: 'to', problem_vi: 'trước “from”', problem_en: 'before `from`' });
      const touched = await touchedBetween(c.get('services').store.read, code, c.get('caller'), Date.parse(from), Date.parse(to));
      if (!touched) throw new Refused('unknown_unit', { code });
      return c.json(touched as never, 200);
    },
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/search', tags: ['items'], summary: 'Find by number: the beginning of an item or bag number (4 or more), a seal, a trip', request: { query: z.object({ q: z.string().regex(/^([0-9]{1,4}|[A-Z0-9-]{4,35})$/) }) } }, 200, One),
    async (c) => c.json((await search(c.get('services').store.read, officeOf(c.get('caller')), c.req.valid('query').q)) as never, 200),
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/search/names', tags: ['items'], summary: 'Find bodies, offices and people of my office by name, with or without accents, or by initials', request: { query: z.object({ q: z.string().min(2).max(60) }) } }, 200, One),
    async (c) => {
      const { store, clock } = c.get('services');
      return c.json((await searchNames(store.read, c.get('caller').office_code, c.req.valid('query').q, clock())) as never, 200);
    },
  )
  .openapi(route('item.read', { method: 'get', path: '/api/clocks/transit', tags: ['clocks'], summary: 'Transit of KT1 items accepted at my office', request: { query: z.object({ limit }) } }, 200, Rows), async (c) => {
    const { store, clock, reference } = c.get('services');
    return c.json({ rows: await transitsOf(store.read, officeOf(c.get('caller')), c.get('caller'), (await reference()).limits, c.req.valid('query'), clock()) }, 200);
  })
  .openapi(route('item.read', { method: 'get', path: '/api/clocks/visits', tags: ['clocks'], summary: 'Visits to each KT1 point on a day', request: { query: z.object({ day: Day }) } }, 200, Rows), async (c) => {
    const { store, reference } = c.get('services');
    return c.json({ rows: await visitsOn(store.read, officeOf(c.get('caller')), c.req.valid('query').day, (await reference()).limits) }, 200);
  })
  .openapi(route('item.read', { method: 'get', path: '/api/clocks/idle', tags: ['clocks'], summary: 'What lies at my office without a step, longest first', request: { query: z.object({ limit }) } }, 200, Rows), async (c) => {
    const { store, clock, reference, periods } = c.get('services');
    const office_code = officeOf(c.get('caller'));
    const { idle_minutes } = activePeriod(await periods(), clock(), { office_code });
    return c.json({ rows: await idleAt(store.read, office_code, c.get('caller'), (await reference()).limits, c.req.valid('query'), clock(), idle_minutes) }, 200);
  })
  .openapi(
    route('item.accept', {
      method: 'post', path: '/api/complaints', tags: ['complaints'], summary: 'Register a written complaint',
      request: json(z.strictObject({ case_no: z.string().regex(/^[0-9A-Z/.-]{1,40}$/), code: UnitCode, complaint_kind: z.enum(['loss', 'late', 'damage', 'charge', 'other']), international: z.boolean(), complainant: z.union([z.literal('ordinary'), BodyCode]) })),
    }, 201, One),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const complaint = c.req.valid('json');
      const law = await reference();
      if (complaint.complainant !== 'ordinary' && !law.bodies.has(complaint.complainant)) throw new Refused('unknown_body', { body_code: complaint.complainant });
      return c.json((await registerComplaint(store.write, c.get('caller'), complaint, law, clock())) as never, 201);
    },
  )
  .openapi(route('item.read', { method: 'get', path: '/api/complaints', tags: ['complaints'], summary: 'Complaints at my office', request: { query: z.object({ limit }) } }, 200, Rows), async (c) => {
    const { store, clock } = c.get('services');
    return c.json({ rows: await complaintsOf(store.read, officeOf(c.get('caller')), c.req.valid('query'), clock()) }, 200);
  })
  .openapi(
    route('item.approve', { method: 'post', path: '/api/complaints/{complaint_id}/answer', tags: ['complaints'], summary: 'Answer a complaint', request: { params: z.object({ complaint_id: Uuid7 }), ...json(z.strictObject({ answer: z.enum(['upheld', 'partly_upheld', 'not_upheld']), reason_code: ReasonCode })) } }, 200, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      const answer = c.req.valid('json');
      await requireReason(c, 'complaint', answer.reason_code);
      await answerComplaint(store.write, c.get('caller'), c.req.valid('param').complaint_id, answer, clock());
      return c.json(done, 200);
    },
  )
  .openapi(
    route('item.approve', { method: 'post', path: '/api/settlements', tags: ['settlements'], summary: 'Draw the figures of a period with a served body or another office', request: json(z.strictObject({ period_from: Day, period_to: Day, party_b: BodyCode })) }, 201, One),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const period = c.req.valid('json');
      const { bodies, offices, limits } = await reference();
      const party = bodies.has(period.party_b) ? 'body' : offices.has(period.party_b) ? 'office' : null;
      if (party === null) throw new Refused('unknown_body', { body_code: period.party_b });
      return c.json((await drawSettlement(store.write, c.get('caller'), period, party, limits, clock())) as never, 201);
    },
  )
  .openapi(route('item.read', { method: 'get', path: '/api/settlements', tags: ['settlements'], summary: 'Settlements of my office', request: { query: z.object({ limit }) } }, 200, Rows), async (c) =>
    c.json({ rows: await settlementsOf(c.get('services').store.read, officeOf(c.get('caller')), c.req.valid('query')) }, 200),
  )
  .openapi(
    route('item.approve', { method: 'post', path: '/api/settlements/{settlement_id}/sign', tags: ['settlements'], summary: "Sign for my office, or check the card of the body's signer", request: { params: SettlementId, body: { ...json(z.strictObject({ card_no: z.string().regex(/^[A-Z0-9-]{4,24}$/).optional() })).body, required: false } } }, 200, One),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      return c.json(await signSettlement(store.write, c.get('caller'), c.req.valid('param').settlement_id, c.req.valid('json').card_no ?? null, (await reference()).senders, clock()), 200);
    },
  )
  .openapi(
    route('item.approve', { method: 'post', path: '/api/settlements/{settlement_id}/disputes', tags: ['settlements'], summary: 'Contest one figure', request: { params: SettlementId, ...json(z.strictObject({ figure: z.string().regex(/^[a-z0-9_./]{2,80}$/), claimed_count: Count, reason_code: ReasonCode })) } }, 201, One),
    async (c) => {
      const { store, clock } = c.get('services');
      const line = c.req.valid('json');
      await requireReason(c, 'discrepancy', line.reason_code);
      return c.json(await disputeSettlement(store.write, c.get('caller'), c.req.valid('param').settlement_id, line, clock()), 201);
    },
  )
  .openapi(
    route('item.approve', { method: 'post', path: '/api/settlements/{settlement_id}/disputes/{line_no}/settle', tags: ['settlements'], summary: 'Settle a contested figure', request: { params: SettlementId.extend({ line_no: z.coerce.number().int().min(1).max(200) }), ...json(z.strictObject({ settled_count: Count })) } }, 200, One),
    async (c) => {
      const { store, clock } = c.get('services');
      const { settlement_id, line_no } = c.req.valid('param');
      return c.json(await settleDispute(store.write, c.get('caller'), settlement_id, line_no, c.req.valid('json').settled_count, clock()), 200);
    },
  );
