// Duty around the clock: rosters, who is on duty now, contacts, the calendar and the printed sheet.

import { Refused } from '../base/refusal.ts';
import { OfficeCode, Uuid7 } from '../domain/facts.ts';
import { activePeriod } from '../domain/period.ts';
import { rosterCalendar } from '../interchange/ical.ts';
import { rosterSheet } from '../interchange/roster_sheet.ts';
import { contactsOf, dutyNow, rosterList, rosterScreen } from '../views/roster.ts';
import { json, newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';
import { entryInput, officeAsked, Recorded, recordPosted, Row, Rows } from './journal.ts';

const OfficeQuery = z.object({ office_code: OfficeCode.optional() });
const RosterId = z.object({ roster_id: Uuid7 });

async function screenOf(c: Edge, roster_id: string) {
  const screen = await rosterScreen(c.get('services').store.read, roster_id, c.get('services').clock());
  if (!screen) throw new Refused('unknown_case');
  return screen;
}

export const roster = newRouter()
  .openapi(
    route('signed_in', { method: 'post', path: '/api/roster', tags: ['roster'], summary: 'Plan a roster, or add to one: assign, replace, acknowledge, swap, note, call out', request: json(entryInput('roster')) }, 201, Recorded),
    async (c) => c.json(await recordPosted(c, c.req.valid('json')), 201),
  )
  .openapi(route('duty.read', { method: 'get', path: '/api/roster', tags: ['roster'], summary: 'Rosters of an office, newest first, with what is uncovered', request: { query: OfficeQuery } }, 200, Rows), async (c) =>
    c.json({ rows: await rosterList(c.get('services').store.read, officeAsked(c, c.req.valid('query').office_code)) }, 200),
  )
  .openapi(route('duty.read', { method: 'get', path: '/api/roster/now', tags: ['roster'], summary: 'Who is on duty now, and the alarm when nobody is', request: { query: OfficeQuery } }, 200, Row), async (c) => {
    const { store, clock, periods } = c.get('services');
    const office_code = officeAsked(c, c.req.valid('query').office_code);
    const { duty_24 } = activePeriod(await periods(), clock(), { office_code });
    return c.json(await dutyNow(store.read, office_code, clock(), duty_24), 200);
  })
  .openapi(route('duty.read', { method: 'get', path: '/api/roster/contacts', tags: ['roster'], summary: 'Desks of offices and authorities to call' }, 200, Rows), async (c) =>
    c.json({ rows: await contactsOf(c.get('services').store.read, null, c.get('services').clock()) }, 200),
  )
  .openapi(route('duty.read', { method: 'get', path: '/api/roster/{roster_id}', tags: ['roster'], summary: 'One roster: grid, gaps, clashes, notes, calls', request: { params: RosterId } }, 200, Row), async (c) =>
    c.json(await screenOf(c, c.req.valid('param').roster_id), 200),
  )
  .openapi(
    route('duty.read', { method: 'get', path: '/api/roster/{roster_id}/calendar.ics', tags: ['roster'], summary: 'The roster as a calendar (RFC 5545)', request: { params: RosterId } }, 200, Row),
    async (c) => {
      const screen = await screenOf(c, c.req.valid('param').roster_id);
      const office_name = (await c.get('services').reference()).offices.get(screen.office_code)?.name_vi ?? screen.office_code;
      const duties = screen.cover.map((d) => ({ assignment_id: d.assignment_id, post: d.post, from_at: d.from_at, to_at: d.to_at, full_name: d.person?.full_name ?? '', badge: d.person?.badge ?? '', office_name }));
      return new Response(rosterCalendar(screen.roster_id, screen.title, screen.updated_at, duties), { headers: { 'content-type': 'text/calendar; charset=utf-8', 'cache-control': 'no-store' } }) as never;
    },
  )
  .openapi(
    route('duty.read', { method: 'get', path: '/api/roster/{roster_id}/sheet', tags: ['roster'], summary: 'The roster to print', request: { params: RosterId } }, 200, Row),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const screen = await screenOf(c, c.req.valid('param').roster_id);
      const lines = screen.cover.map((d) => ({ post: d.post, from_at: d.from_at, to_at: d.to_at, full_name: d.person?.full_name ?? '', badge: d.person?.badge ?? '' }));
      const [{ offices }, contacts] = await Promise.all([reference(), contactsOf(store.read, screen.office_code, clock())]);
      return c.html(rosterSheet({ title: screen.title, office_name: offices.get(screen.office_code)?.name_vi ?? screen.office_code, from_at: screen.from_at, to_at: screen.to_at, lines, gaps: screen.gaps, contacts })) as never;
    },
  );
