// Duty around the clock through the HTTP API: planning, gaps, substitutes, swaps, notes, call-outs, the alarm, calendar and sheet.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { journal, periodFacts } from '../support/journal.ts';
import type { Journal } from '../support/journal.ts';
import { CENTRE, DONG_DANG, expectRefusal, makeWorld, newId } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
let j: Journal;
/** Midnight in Việt Nam at the beginning of today, and today. */
let midnight: number;
let today: string;
const DAY = 86_400_000;
beforeAll(async () => {
  world = await makeWorld();
  j = journal(world);
  today = new Date(world.clock() + 7 * 3_600_000).toISOString().slice(0, 10);
  midnight = Date.parse(`${today}T00:00:00+07:00`);
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const at = (ms: number): string => new Date(midnight + ms).toISOString();
const hours = (n: number): number => n * 3_600_000;
async function planned(days = 2, more: object = {}): Promise<string> {
  const facts = { office_code: DONG_DANG, title: 'Trực 24/24 dịp Tết', from_at: at(0), to_at: at(days * DAY), escalate_after_minutes: 10, posts: [{ post: 'kt1_clerk', needed: 1 }], ...more };
  return (await j.did('SHIFTHEAD', 'roster', { kind: 'roster_planned', facts })).matter_id;
}
const add = (matter_id: string, kind: string, facts: object, badge = 'SHIFTHEAD') => j.did(badge, 'roster', { kind, matter_id, facts });
async function assign(matter_id: string, badge: string, from: string, to: string, on = today, post = 'kt1_clerk'): Promise<string> {
  const assignment_id = newId();
  await add(matter_id, 'duty_assigned', { assignment_id, post, person_id: await world.personId(badge), on, from, to });
  return assignment_id;
}
const screen = (id: string, badge = 'CLERK') => j.seen(badge, `/api/roster/${id}`);
const gaps = async (id: string) => (await screen(id)).gaps.map((gap: any) => [gap.from_at, gap.to_at]);

test('a minute over midnight that nobody covers is named; a substitute closes it; a person who cannot come opens one', async () => {
  const id = await planned();
  const tomorrow = new Date(midnight + DAY + hours(7)).toISOString().slice(0, 10);
  await assign(id, 'CLERK1', '00:00', '22:00');
  const night = await assign(id, 'CLERK2', '22:01', '06:00');
  await assign(id, 'CLERK3', '06:00', '00:00', tomorrow);
  expect(await gaps(id)).toEqual([[at(hours(22)), at(hours(22) + 60_000)]]);
  await assign(id, 'CLERK4', '22:00', '22:01');
  expect(await gaps(id)).toEqual([]);
  await add(id, 'duty_replaced', { assignment_id: night, from_at: at(hours(23)), to_at: at(hours(26)), person_id: null });
  expect(await gaps(id)).toEqual([[at(hours(23)), at(hours(26))]]);
  await add(id, 'duty_replaced', { assignment_id: night, from_at: at(hours(23)), to_at: at(hours(25)), person_id: await world.personId('CLERK5') });
  expect(await gaps(id)).toEqual([[at(hours(25)), at(hours(26))]]);
  const shown = await screen(id);
  expect(shown.uncovered_minutes).toBe(60);
  expect(shown.hours.filter((hour: any) => hour.uncovered_minutes > 0)).toEqual([{ from_at: at(hours(25)), uncovered_minutes: 60 }]);
  expect((await j.seen('CLERK', '/api/roster')).rows[0]).toMatchObject({ roster_id: id, uncovered_minutes: 60, unacknowledged: 4 });
  await add(id, 'duty_withdrawn', { assignment_id: night });
  expect((await screen(id)).uncovered_minutes).toBe(479);
});

test('each acknowledges their own duty; a swap takes both; what is not mine I cannot take', async () => {
  const id = await planned();
  const duty = await assign(id, 'CLERK1', '08:00', '16:00');
  expectRefusal(await j.post('CLERK2', 'roster', { kind: 'duty_acknowledged', matter_id: id, facts: { assignment_id: duty } }), 'not_your_duty', 403);
  await add(id, 'duty_acknowledged', { assignment_id: duty }, 'CLERK1');
  expectRefusal(await j.post('CLERK2', 'roster', { kind: 'swap_asked', matter_id: id, facts: { assignment_id: duty, person_id: await world.personId('CLERK2') } }), 'not_your_duty');
  await add(id, 'swap_asked', { assignment_id: duty, person_id: await world.personId('CLERK2') }, 'CLERK1');
  expect((await screen(id)).cover[0].person.badge).toBe('CLERK1');
  expectRefusal(await j.post('CLERK3', 'roster', { kind: 'swap_accepted', matter_id: id, facts: { assignment_id: duty } }), 'not_your_duty');
  await add(id, 'swap_accepted', { assignment_id: duty }, 'CLERK2');
  const shown = await screen(id);
  expect(shown.cover.map((c: any) => c.person.badge)).toEqual(['CLERK2']);
  expect(shown.assignments[0]).toMatchObject({ person: { badge: 'CLERK1' }, swap_to: null });
});

test('only people of the office are put on duty, only in its own roster, and only within it', async () => {
  const id = await planned();
  const facts = { assignment_id: newId(), post: 'kt1_clerk', person_id: await world.personId('CENTRECLERK'), on: today, from: '08:00', to: '16:00' };
  expectRefusal(await j.post('SHIFTHEAD', 'roster', { kind: 'duty_assigned', matter_id: id, facts }), 'unknown_person', 422);
  expectRefusal(await j.post('CLERK', 'roster', { kind: 'duty_assigned', matter_id: id, facts }), 'not_permitted');
  expectRefusal(await j.post('CENTRECLERK', 'roster', { kind: 'handover_noted', matter_id: id, facts: { lines: ['Đã bàn giao'] } }), 'wrong_office');
  expectRefusal(await j.post('SHIFTHEAD', 'roster', { kind: 'duty_assigned', matter_id: id, facts: { ...facts, person_id: await world.personId('CLERK1'), on: '2019-01-01' } }), 'invalid_input');
  expectRefusal(await j.post('SHIFTHEAD', 'roster', { kind: 'roster_planned', facts: { office_code: CENTRE, title: 'x', from_at: at(0), to_at: at(DAY), escalate_after_minutes: 10, posts: [{ post: 'driver', needed: 1 }] } }), 'wrong_office');
  expectRefusal(await j.post('SHIFTHEAD', 'roster', { kind: 'duty_withdrawn', matter_id: id, facts: { assignment_id: newId() } }), 'invalid_input');
});

test('one person on two posts at once is allowed and named', async () => {
  const id = await planned(1, { posts: [{ post: 'kt1_clerk', needed: 1 }, { post: 'driver', needed: 1 }] });
  await assign(id, 'CLERK1', '00:00', '00:00');
  await assign(id, 'CLERK1', '08:00', '10:00', today, 'driver');
  expect((await screen(id)).clashes).toEqual([expect.objectContaining({ posts: ['kt1_clerk', 'driver'], from_at: at(hours(8)), to_at: at(hours(10)) })]);
});

test('a call goes up the ladder until one of it answers, and alarms when nobody has', async () => {
  const id = await planned(3);
  const [first, second] = [await world.personId('SHIFTHEAD'), await world.personId('LEADER')];
  const call_id = newId();
  await add(id, 'called_out', { call_id, about: 'Mất điện, chuyển máy dự phòng', ladder: [first, second] }, 'CLERK');
  const call = async () => (await screen(id, 'INSPECTOR')).calls[0];
  const later = (minutes: number): void => {
    world.advance(minutes * 60_000);
    for (const badge of ['INSPECTOR', 'LEADER', 'CLERK', 'SHIFTHEAD']) world.forget(badge);
  };
  expect((await call()).ladder.map((step: any) => step.due)).toEqual([true, false]);
  later(10);
  expect((await call()).ladder.map((step: any) => [step.person.badge, step.due])).toEqual([['SHIFTHEAD', true], ['LEADER', true]]);
  expect((await call()).alarm).toBe(false);
  later(10);
  expect((await call()).alarm).toBe(true);
  expectRefusal(await j.post('CLERK', 'roster', { kind: 'call_acknowledged', matter_id: id, facts: { call_id } }), 'not_your_duty');
  await add(id, 'call_acknowledged', { call_id }, 'LEADER');
  expect(await call()).toMatchObject({ alarm: false, acknowledged_by: { badge: 'LEADER' } });
  expectRefusal(await j.post('SHIFTHEAD', 'roster', { kind: 'call_acknowledged', matter_id: id, facts: { call_id } }), 'case_not_due');
});

test('nobody on duty alarms, and no roster alarms only where a period asks for duty around the clock', async () => {
  const now = (office: string) => j.seen('LEADER', `/api/roster/now?office_code=${office}`);
  world.forget('LEADER');
  expect(await now(CENTRE)).toMatchObject({ alarm: null, on_duty: [], gaps_next_day: [] });
  world.forget('DUTYOFFICER');
  const answer = await j.order(periodFacts(world.clock(), [-1, 0, 60, 120], { measures: { before: {}, during: { duty_24: true }, after: {} } }));
  expect(answer.status, answer.text).toBe(201);
  expect((await now(CENTRE)).alarm).toBe('no_roster');
  world.advance(30 * DAY);
  for (const badge of ['LEADER', 'SHIFTHEAD', 'CLERK']) world.forget(badge);
  const facts = { office_code: DONG_DANG, title: 'Trực tuần', from_at: new Date(world.clock() - hours(1)).toISOString(), to_at: new Date(world.clock() + hours(9)).toISOString(), escalate_after_minutes: 10, posts: [{ post: 'duty_leader', needed: 1 }, { post: 'kt1_clerk', needed: 1 }] };
  const { matter_id } = await j.did('SHIFTHEAD', 'roster', { kind: 'roster_planned', facts });
  expect((await now(DONG_DANG)).alarm).toBe('nobody_on_duty');
  const day = new Date(world.clock() - hours(2) + hours(7)).toISOString();
  await assign(matter_id, 'LEADER', `${day.slice(11, 14)}00`, `${new Date(Date.parse(day) + hours(6)).toISOString().slice(11, 14)}00`, day.slice(0, 10), 'duty_leader');
  const shown = await now(DONG_DANG);
  expect(shown).toMatchObject({ alarm: 'post_uncovered', on_duty: [{ post: 'duty_leader', person: { badge: 'LEADER' } }], gaps_now: [{ post: 'kt1_clerk', present: 0 }] });
  expect(shown.gaps_next_day.map((gap: any) => gap.post).toSorted()).toEqual(['duty_leader', 'kt1_clerk']);
});

test('handover notes, contacts without made-up numbers, the calendar and the printed sheet', async () => {
  await world.root.insertInto('contact').values([
    { valid_from: '2017-01-01', party_code: DONG_DANG, title_vi: 'Trực ban bưu cục', phone: null, always: true, citation: 'test' },
    { valid_from: '2017-01-01', valid_to: '2018-01-01', party_code: DONG_DANG, title_vi: 'Bàn cũ', phone: null, always: true, citation: 'test' },
  ]).execute();
  for (const badge of ['CLERK', 'CLERK1', 'SHIFTHEAD']) world.forget(badge);
  const id = await planned();
  await assign(id, 'CLERK1', '22:00', '06:00');
  await add(id, 'handover_noted', { lines: ['Túi 0231 chờ xe; đã báo trung tâm.'] }, 'CLERK1');
  expect((await screen(id)).notes).toMatchObject([{ person: { badge: 'CLERK1' }, lines: ['Túi 0231 chờ xe; đã báo trung tâm.'] }]);
  expect((await j.seen('CLERK', '/api/roster/contacts')).rows).toMatchObject([{ title_vi: 'Trực ban bưu cục', phone: null }]);
  const calendar = await j.get('CLERK', `/api/roster/${id}/calendar.ics`);
  expect(calendar.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
  expect(calendar.text.replaceAll('\r\n ', '')).toContain(`DTSTART:${at(hours(22)).slice(0, 19).replaceAll(/[-:]/g, '')}Z`);
  const sheet = await j.get('CLERK', `/api/roster/${id}/sheet`);
  for (const words of ['Bảng phân công trực', 'Người CLERK1', 'TRỐNG', 'chưa nạp số', 'Bưu cục Đồng Đăng']) expect(sheet.text).toContain(words);
  expectRefusal(await j.get('CLERK', `/api/roster/${newId()}`), 'unknown_case', 404);
});
