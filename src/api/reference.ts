// Reference data and the catalogues themselves, for screens, other programs and the curious.

import { civilDate } from '../base/time.ts';
import { REFUSALS } from '../base/refusal.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { PERMISSIONS, ROLES } from '../domain/role.ts';
import { STATES } from '../domain/state.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { LISTS } from '../views/reference.ts';
import { ACTS } from './checkpoints.ts';
import { newRouter, route, z } from './edge.ts';

const CATALOGUES = {
  checkpoints: () => Object.entries(CHECKPOINTS).map(([kind, entry]) => ({ kind, ...entry, can_be_posted: kind in ACTS })),
  states: () => Object.entries(STATES).map(([state, [vi, en]]) => ({ state, vi, en })),
  roles: () => Object.entries(ROLES).map(([role, entry]) => ({ role, ...entry })),
  permissions: () => Object.entries(PERMISSIONS).map(([permission, [vi, en]]) => ({ permission, vi, en })),
  refusals: () => Object.entries(REFUSALS).map(([refusal, entry]) => ({ refusal, ...entry })),
} as const;

const names = <T extends object>(of: T) => z.enum(Object.keys(of) as [keyof T & string, ...(keyof T & string)[]]);
const Rows = z.object({ on: z.string(), rows: z.array(z.record(z.string(), z.unknown())) }).openapi('Rows');

export const reference = newRouter()
  .openapi(
    route('reference.read', {
      method: 'get', path: '/api/reference/{list}', tags: ['reference'], summary: 'Rows of a list that hold today, or on a day',
      request: { params: z.object({ list: names(LISTS) }), query: z.object({ on: z.iso.date().refine((day) => day >= '1900-01-01').optional() }) },
    }, 200, Rows),
    async (c) => {
      const { store, clock } = c.get('services');
      const on = c.req.valid('query').on ?? civilDate(clock());
      return c.json({ on, rows: await LISTS[c.req.valid('param').list](store.read, on) }, 200);
    },
  )
  .openapi(
    route('public', { method: 'get', path: '/api/catalogue/{name}', tags: ['reference'], summary: 'A catalogue of the program: checkpoint kinds, states, roles, permissions, refusals', request: { params: z.object({ name: names(CATALOGUES) }) } }, 200, z.object({ rows: z.array(z.record(z.string(), z.unknown())) }).openapi('Catalogue')),
    (c) => c.json({ rows: CATALOGUES[c.req.valid('param').name]() as unknown as Record<string, never>[] }, 200),
  )
  .openapi(
    route('public', { method: 'get', path: '/api/demo', tags: ['reference'], summary: "The demo's made-up people; empty where real people work" }, 200,
      z.object({ people: z.array(z.object({ role: z.string(), role_vi: z.string(), role_en: z.string(), badge: z.string(), pin: z.string(), full_name: z.string(), office_code: z.string().nullable(), agency_code: z.string().nullable() })).readonly() }).openapi('Demo')),
    (c) => c.json({ people: c.get('services').demo }, 200),
  )
  .openapi(
    route('ledger.verify', { method: 'get', path: '/api/ledger/verdict', tags: ['ledger'], summary: 'Check everything that must always be true of the ledger' }, 200,
      z.object({
        checkpoints: z.int(), units: z.int(),
        faults: z.array(z.object({ table: z.string(), key: z.string(), column: z.string(), problem: z.string() })),
        device_gaps: z.array(z.object({ device_id: z.string(), missing_from: z.int(), missing_to: z.int() })),
      }).openapi('Verdict')),
    async (c) => c.json(await verifyLedger(c.get('services').store.read, c.get('services').store.vault), 200),
  );
