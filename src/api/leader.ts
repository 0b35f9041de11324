// The leader's board, and what waits for whoever asks.

import { leaderBoard, tasksOf } from '../views/leader.ts';
import { newRouter, route } from './edge.ts';
import { periodEntries, Row, Rows } from './journal.ts';

export const leader = newRouter()
  .openapi(route('report.draw', { method: 'get', path: '/api/leader', tags: ['reports'], summary: 'What is due, late, uncovered and held, in the own office and all under it' }, 200, Row), async (c) => {
    const { store, clock, periods, reference } = c.get('services');
    return c.json((await leaderBoard(store.read, c.get('caller'), await periods(), await reference(), clock())) as never, 200);
  })
  .openapi(route('signed_in', { method: 'get', path: '/api/tasks', tags: ['reports'], summary: 'Duties, calls, orders, obligations and reports that wait for me' }, 200, Rows), async (c) =>
    c.json({ rows: await tasksOf(c.get('services').store.read, c.get('caller'), await periodEntries(c), c.get('services').clock()) }, 200),
  );
