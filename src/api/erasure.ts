// Personal data: what is due for erasure, orders of erasure (two persons), and legal holds, which win.

import { eraseBy } from '../acts/erase.ts';
import { Uuid7 } from '../domain/facts.ts';
import { erasureOrders, erasuresDue, legalHolds } from '../views/erasure.ts';
import { json, newRouter, route, z } from './edge.ts';
import { entryInput, Recorded, recordPosted, Row, Rows } from './journal.ts';

export const erasures = newRouter()
  .openapi(
    route('personal.hold', { method: 'get', path: '/api/erasures/due', tags: ['personal'], summary: 'Items whose personal data may be erased, and what stands in the way', request: { query: z.object({ after: Uuid7.optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }) } }, 200, Row),
    async (c) => {
      const { store, reference, clock } = c.get('services');
      return c.json((await erasuresDue(store.read, await reference(), c.req.valid('query'), clock())) as never, 200);
    },
  )
  .openapi(route('personal.hold', { method: 'get', path: '/api/erasures', tags: ['personal'], summary: 'Orders of erasure, newest first' }, 200, Rows), async (c) => c.json({ rows: (await erasureOrders(c.get('services').store.read)) as never[] }, 200))
  .openapi(
    route('personal.erase', { method: 'post', path: '/api/erasures', tags: ['personal'], summary: 'Order the erasure of personal data (two persons)', request: json(entryInput('erasure')) }, 201, Recorded),
    async (c) => {
      const { store, reference } = c.get('services');
      return c.json(await recordPosted(c, c.req.valid('json'), eraseBy(store.vault, await reference())), 201);
    },
  )
  .openapi(route('personal.hold', { method: 'get', path: '/api/legal-holds', tags: ['personal'], summary: 'Legal holds on personal data' }, 200, Rows), async (c) => c.json({ rows: await legalHolds(c.get('services').store.read) }, 200))
  .openapi(
    route('personal.hold', { method: 'post', path: '/api/legal-holds', tags: ['personal'], summary: 'Place a legal hold, or lift one (two persons)', request: json(entryInput('legal_hold')) }, 201, Recorded),
    async (c) => c.json(await recordPosted(c, c.req.valid('json')), 201),
  );
