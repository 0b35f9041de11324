// Heightened periods: the banner, the orders, what they change; ordered and revoked by two persons.

import { Refused } from '../base/refusal.ts';
import { Uuid7 } from '../domain/facts.ts';
import { PRESETS } from '../domain/period.ts';
import { bannerOf, periodList, periodScreen } from '../views/period.ts';
import { json, newRouter, route, z } from './edge.ts';
import { entryInput, periodEntries, Recorded, recordPosted, Row, Rows } from './journal.ts';

export const periods = newRouter()
  .openapi(route('duty.read', { method: 'get', path: '/api/periods/active', tags: ['periods'], summary: 'The banner: orders in force at my office, and what changes for me' }, 200, Row), async (c) =>
    c.json(bannerOf(await periodEntries(c), c.get('caller'), c.get('services').clock()), 200),
  )
  .openapi(route('duty.read', { method: 'get', path: '/api/periods/presets', tags: ['periods'], summary: 'Where an order may start from: Tết, congress, election, holiday' }, 200, Rows), (c) =>
    c.json({ rows: Object.entries(PRESETS).map(([preset, entry]) => ({ preset, ...entry })) }, 200),
  )
  .openapi(route('duty.read', { method: 'get', path: '/api/periods', tags: ['periods'], summary: 'All orders, newest first' }, 200, Rows), async (c) =>
    c.json({ rows: periodList(await periodEntries(c), c.get('services').clock()) }, 200),
  )
  .openapi(
    route('signed_in', { method: 'post', path: '/api/periods', tags: ['periods'], summary: 'Order or revoke a period (two persons), or acknowledge one', request: json(entryInput('period')) }, 201, Recorded),
    async (c) => c.json(await recordPosted(c, c.req.valid('json')), 201),
  )
  .openapi(
    route('duty.read', { method: 'get', path: '/api/periods/{period_id}', tags: ['periods'], summary: 'One order: scope, measures, overlaps, who has read it, what came of it', request: { params: z.object({ period_id: Uuid7 }) } }, 200, Row),
    async (c) => {
      const { store, clock } = c.get('services');
      const screen = await periodScreen(store.read, await periodEntries(c), c.req.valid('param').period_id, clock());
      if (!screen) throw new Refused('unknown_case');
      return c.json(screen as never, 200);
    },
  );
