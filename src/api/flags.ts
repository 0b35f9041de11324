// The triage queue: read by cursor, notes of a desk, and who looks at what. What comes of a flag is said at /api/screening/outcomes.

import { lookAtFlag, noteFlag } from '../acts/flag.ts';
import { Refused } from '../base/refusal.ts';
import { Instant, UnitCode, Uuid7 } from '../domain/facts.ts';
import { deskPeople, flagCursor, flaggedUnit, flagsFor } from '../views/flag.ts';
import { json, newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';

const nullable = z.string().nullable();
const Reason = z.object({
  source: z.enum(['rule', 'person']), checkpoint_id: z.string(), at: z.string(), severity: nullable, vi: z.string(), en: z.string(), rule_code: nullable, version: z.int().nullable(), act_code: nullable,
  kind_vi: z.string(), kind_en: z.string(), recorded_by: nullable, reason_code: nullable, facts: z.array(z.object({ fact: z.string(), vi: z.string(), en: z.string(), value: z.unknown() })),
});
const Flag = z.object({
  unit_id: z.string(), code: z.string(), unit_kind: z.string(), office_code: z.string(), state_vi: z.string(), state_en: z.string(), held: z.boolean(), severity: nullable, since: z.string(), last_at: z.string(), outcome: nullable,
  reasons: z.array(Reason), deferred_until: nullable, assigned_to: z.object({ person_id: z.string(), full_name: z.string() }).nullable(), looking: z.array(z.string()).openapi({ description: 'Others of my desk who have it open' }),
}).openapi('Flag');
const Note = z.union([
  z.strictObject({ code: UnitCode, note: z.literal('deferred'), deferred_until: Instant }), z.strictObject({ code: UnitCode, note: z.literal('assigned'), assigned_to: Uuid7 }), z.strictObject({ code: UnitCode, note: z.literal('freed') }),
]);
const Done = z.object({ done: z.literal(true) });
const done = { done: true } as const;

async function unitOf(c: Edge, code: string): Promise<string> {
  const unit_id = await flaggedUnit(c.get('services').store.read, c.get('caller'), code);
  if (unit_id === null) throw new Refused('unknown_unit', { code });
  return unit_id;
}

export const flags = newRouter()
  .openapi(
    route('rule.read', {
      method: 'get', path: '/api/flags', tags: ['screening'], summary: 'Triage queue of my desk, gravest first: what rules hit or people held and nobody has decided; with `known`, rows are null while nothing changed',
      request: { query: z.object({ known: z.string().max(120).optional() }) },
    }, 200, z.object({ cursor: z.string(), rows: z.array(Flag).nullable() }).openapi('Flags')),
    async (c) => {
      const { store, clock } = c.get('services');
      // The cursor first: what comes between the two readings is told again, never missed.
      const cursor = await flagCursor(store.read, c.get('caller'), clock());
      return c.json({ cursor, rows: c.req.valid('query').known === cursor ? null : await flagsFor(store.read, c.get('caller'), clock()) }, 200);
    },
  )
  .openapi(
    route('rule.read', { method: 'get', path: '/api/flags/people', tags: ['screening'], summary: 'Who at my desk may be given a flag' }, 200, z.object({ rows: z.array(z.object({ person_id: z.string(), badge: z.string(), full_name: z.string() })) }).openapi('FlagPeople')),
    async (c) => {
      const { store, clock } = c.get('services');
      return c.json({ rows: await deskPeople(store.read, c.get('caller'), clock()) }, 200);
    },
  )
  .openapi(
    route('item.screen', { method: 'post', path: '/api/flags/notes', tags: ['screening'], summary: 'Put a flag off, give it to somebody of my desk, or neither any more', request: json(Note) }, 201, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      const { code, ...note } = c.req.valid('json');
      const unit_id = await unitOf(c, code);
      const people = note.note === 'assigned' ? (await deskPeople(store.read, c.get('caller'), clock())).map((person) => person.person_id) : [];
      await noteFlag(store.write, c.get('caller'), unit_id, note.note === 'deferred' ? { ...note, deferred_until: Date.parse(note.deferred_until) } : note, people, clock());
      return c.json(done, 201);
    },
  )
  .openapi(
    route('item.screen', { method: 'post', path: '/api/flags/looks', tags: ['screening'], summary: 'I have this flag open now; colleagues of my desk see it for five minutes', request: json(z.strictObject({ code: UnitCode })) }, 201, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      await lookAtFlag(store.write, c.get('caller'), await unitOf(c, c.req.valid('json').code), clock());
      return c.json(done, 201);
    },
  );
