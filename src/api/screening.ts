// What rules hit, what screening found, and the machines it was found with. A screening itself is a checkpoint (`screened`).

import { recordOutcome, registerEquipment, testEquipment } from '../acts/screen.ts';
import { EquipmentNo, ReasonCode, UnitCode } from '../domain/facts.ts';
import { EFFECTS, SEVERITIES } from '../domain/rule.ts';
import { METHODS } from '../domain/screening.ts';
import { SIGNS } from '../domain/sign.ts';
import { Refused } from '../base/refusal.ts';
import { equipmentOf, hitsFor, screeningsOf } from '../views/rules.ts';
import { json, newRouter, route, z } from './edge.ts';

const Rows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) }).openapi('ScreeningRows');
const One = z.record(z.string(), z.unknown()).openapi('ScreeningRow');
const Code = z.object({ code: UnitCode });
const keysOf = <T extends object>(catalogue: T) => Object.keys(catalogue) as [keyof T & string, ...(keyof T & string)[]];
const limit = z.coerce.number().int().min(1).max(200).default(50);

export const screening = newRouter()
  .openapi(
    route('rule.read', {
      method: 'get', path: '/api/screening/hits', tags: ['screening'], summary: 'Hits at my office, newest first, each explained: rule, version and the facts it rests on',
      request: { query: z.object({ code: UnitCode.optional(), effect: z.enum(keysOf(EFFECTS)).optional(), severity: z.enum(keysOf(SEVERITIES)).optional(), undecided: z.enum(['true', 'false']).optional(), limit }) },
    }, 200, Rows),
    async (c) => {
      const { undecided, ...filter } = c.req.valid('query');
      return c.json({ rows: await hitsFor(c.get('services').store.read, c.get('caller'), { ...filter, undecided: undecided === 'true' }) }, 200);
    },
  )
  .openapi(
    route('item.screen', {
      method: 'post', path: '/api/screening/outcomes', tags: ['screening'], summary: 'What came of a suspicion: confirmed, cleared, or reopened when that was said by mistake',
      request: json(z.union([z.strictObject({ code: UnitCode, outcome: z.enum(['confirmed', 'cleared']), reason_code: ReasonCode }), z.strictObject({ code: UnitCode, outcome: z.literal('reopened') })])),
    }, 201, z.object({ outcome_id: z.string() }).openapi('ScreeningOutcome')),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const outcome = c.req.valid('json');
      if (outcome.outcome !== 'reopened' && !(await reference()).reasons.has(`hold/${outcome.reason_code}`)) throw new Refused('unknown_reason', { reason_list: 'hold', reason_code: outcome.reason_code });
      return c.json(await recordOutcome(store.write, c.get('caller'), outcome, clock()), 201);
    },
  )
  .openapi(
    route('item.screen', { method: 'get', path: '/api/screening/items/{code}', tags: ['screening'], summary: 'Screenings of an item or bag; void after a break of custody', request: { params: Code } }, 200, Rows),
    async (c) => c.json({ rows: await screeningsOf(c.get('services').store.read, c.get('caller'), c.req.valid('param').code) }, 200),
  )
  .openapi(
    route('reference.read', { method: 'get', path: '/api/screening/signs', tags: ['screening'], summary: 'Signs that may be seen outside, and screening methods' }, 200, One),
    (c) => c.json({ signs: Object.entries(SIGNS).map(([sign, [vi, en]]) => ({ sign, vi, en })), methods: Object.entries(METHODS).map(([method, entry]) => ({ method, ...entry })) }, 200),
  )
  .openapi(
    route('item.screen', { method: 'get', path: '/api/screening/equipment', tags: ['screening'], summary: 'Equipment of my office and how its last test stands' }, 200, Rows),
    async (c) => {
      const { store, clock } = c.get('services');
      return c.json({ rows: await equipmentOf(store.read, c.get('caller').office_code ?? '', clock()) }, 200);
    },
  )
  .openapi(
    route('equipment.keep', {
      method: 'post', path: '/api/screening/equipment', tags: ['screening'], summary: 'Register equipment at my office',
      request: json(z.strictObject({ equipment_no: EquipmentNo, method: z.enum(keysOf(METHODS)), name_vi: z.string().min(2).max(120), test_limit_hours: z.int().min(1).max(8784).nullable().meta({ description: 'null: no limit is known' }) })),
    }, 201, z.object({ done: z.literal(true) })),
    async (c) => {
      const { store, clock } = c.get('services');
      await registerEquipment(store.write, c.get('caller'), c.req.valid('json'), clock());
      return c.json({ done: true } as const, 201);
    },
  )
  .openapi(
    route('equipment.keep', {
      method: 'post', path: '/api/screening/equipment/tests', tags: ['screening'], summary: 'Write down a functional test',
      request: json(z.strictObject({ equipment_no: EquipmentNo, passed: z.boolean() })),
    }, 201, z.object({ test_id: z.string() }).openapi('EquipmentTest')),
    async (c) => {
      const { store, clock } = c.get('services');
      const { equipment_no, passed } = c.req.valid('json');
      return c.json(await testEquipment(store.write, c.get('caller'), equipment_no, passed, clock()), 201);
    },
  );
