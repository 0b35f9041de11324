// The whole road of an item, who could have touched it, search, clocks, complaints and settlements, through the HTTP API.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { civilDate } from '../../src/base/time.ts';
import { CENTRE, DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
let world: World;
let seals = 0;
beforeAll(async () => {
  world = await makeWorld();
  for (const [badge, role] of [['CENTRESORTER', 'sorter'], ['CENTRECONTROLLER', 'controller'], ['CENTREHEAD', 'shift_head']] as const) await world.hire(badge, role, CENTRE);
  ok(await world.call('POST', '/api/seals', { token: await world.as('SHIFTHEAD'), body: { prefix: 'NS', from: 1, count: 50, office_code: DONG_DANG } }));
});
// Time passes in these tests; everybody signs in anew.
beforeEach(() => ['CLERK', 'CONTROLLER', 'CONTROLLER2', 'SORTER', 'SHIFTHEAD', 'COURIER', 'CENTRESORTER', 'CENTRECONTROLLER'].forEach(world.forget));
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const get = async (badge: string, path: string): Promise<Answer> => world.call('GET', path, { token: await world.as(badge) });
const send = async (badge: string, path: string, body: object): Promise<Answer> => world.call('POST', path, { token: await world.as(badge), body });
const step = async (badge: string, kind: string, code: string | undefined, facts: object, more: object = {}): Promise<any> => ok(await world.post(badge, { kind, ...(code === undefined ? {} : { code }), facts, ...more }));
const kinds = (road: any): string[] => road.steps.map((s: any) => `${s.unit_kind}:${s.kind}`);

async function approved(example: object = KT1_LETTER): Promise<string> {
  const code = await world.accepted(example);
  await step('CONTROLLER', 'approved', code, {});
  return code;
}

/** An item that went to the centre in a sealed bag, which has arrived. */
async function arrived(codes: string[]): Promise<{ bag: string; seal_no: string; trip: any }> {
  const trip = ok(await send('SORTER', '/api/trips', { to_office_code: CENTRE, mail: 'kt1', route_level: 2, guard_requested: false }));
  const bag = (await step('SORTER', 'bag_started', undefined, { trip_id: trip.trip_id, manifest_bag: true })).code as string;
  for (const code of codes) await step('SORTER', 'bagged', code, { bag_code: bag });
  const seal_no = `NS${String(++seals).padStart(6, '0')}`;
  await step('SORTER', 'bag_sealed', bag, { seal_nos: [seal_no], item_count: codes.length, gross_g: 900, tare_g: 300, last_of_trip: true }, { confirmation: await world.confirmation('SORTER', 'CONTROLLER', 'bag.make') });
  const vehicle = { vehicle_no: '12A-0001', vehicle_dedicated: false, driver_person_id: await world.personId('DRIVER'), escort_person_id: await world.personId('CLERK8') };
  ok(await world.call('PUT', `/api/trips/${trip.trip_id}/vehicle`, { token: await world.as('SHIFTHEAD'), body: vehicle }));
  await step('SHIFTHEAD', 'bag_departed', bag, { vehicle_no: '12A-0001' });
  world.advance(2 * MINUTE);
  await step('CENTRESORTER', 'bag_arrived', bag, {});
  return { bag, seal_no, trip };
}
const unseal = async (bag: string, seal_no: string) =>
  step('CENTRESORTER', 'bag_unsealed', bag, { opening_id: newId(), seal_nos: [seal_no], blind: false }, { confirmation: await world.confirmation('CENTRESORTER', 'CENTRECONTROLLER', 'bag.open') });

test('the road of an item holds its own steps and those of its bag while it was inside, in order, with gaps; no row is copied', async () => {
  const code = await approved();
  const before = await world.root.selectFrom('checkpoint').select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  const { bag, seal_no } = await arrived([code]);
  const early = ok(await get('CENTRESORTER', `/api/items/${code}/road`));
  const sealed = (road: any) => road.steps.find((s: any) => s.kind === 'bag_sealed');
  // The receiving end learns neither seal nor count before it has opened the bag; the sending end knows them.
  expect(sealed(early).facts).toBeNull();
  expect(sealed(ok(await get('CENTRESORTER', `/api/items/${bag}/road`))).facts).toBeNull();
  expect(sealed(ok(await get('SORTER', `/api/items/${code}/road`))).facts).toMatchObject({ seal_nos: [seal_no] });
  await unseal(bag, seal_no);
  await step('CENTRESORTER', 'counted', code, { bag_code: bag, condition: 'intact' });
  await step('CENTRESORTER', 'bag_emptied', bag, {});
  await step('CENTRESORTER', 'seen', code, {});
  const road = ok(await get('CENTRESORTER', `/api/items/${code}/road`));
  expect(kinds(road)).toEqual(['item:accepted', 'item:approved', 'item:bagged', 'bag:bag_sealed', 'bag:bag_departed', 'bag:bag_arrived', 'bag:bag_unsealed', 'item:counted', 'item:seen']);
  expect(road).toMatchObject({ complete: true, bags: [{ bag_code: bag }] });
  expect(road.steps[5].gap_minutes).toBe(2);
  expect(road.steps[0].gap_minutes).toBeNull();
  expect(road.steps.filter((s: any) => s.linked === false)).toEqual([]);
  expect(sealed(road).facts).toMatchObject({ seal_nos: [seal_no] });
  const after = await world.root.selectFrom('checkpoint').select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  expect(after.n - before.n).toBe(9);
  expect(ok(await get('CENTRESORTER', `/api/items/${bag}/road`)).steps).toHaveLength(6);
  expectRefusal(await get('CENTRESORTER', '/api/items/BK999999999VN/road'), 'unknown_unit', 404);
});

test('what a bag did before an item went in, and after it was taken out, is not of that item', async () => {
  const [early, late] = [await approved(), await approved()];
  const trip = ok(await send('SORTER', '/api/trips', { to_office_code: CENTRE, mail: 'kt1', route_level: 2, guard_requested: false }));
  const bag = (await step('SORTER', 'bag_started', undefined, { trip_id: trip.trip_id, manifest_bag: true })).code as string;
  await step('SORTER', 'bagged', early, { bag_code: bag });
  await step('SORTER', 'seen', bag, {});
  await step('SORTER', 'taken_out_of_bag', early, { bag_code: bag, reason_code: 'wrong_direction' });
  await step('SORTER', 'bagged', late, { bag_code: bag });
  await step('SORTER', 'seen', bag, {});
  expect(kinds(ok(await get('SORTER', `/api/items/${early}/road`)))).toEqual(['item:accepted', 'item:approved', 'item:bagged', 'bag:seen', 'item:taken_out_of_bag']);
  expect(kinds(ok(await get('SORTER', `/api/items/${late}/road`)))).toEqual(['item:accepted', 'item:approved', 'item:bagged', 'bag:seen']);
});

test('a correction and what it corrects name each other; facts are for those cleared only', async () => {
  const code = await approved();
  const [accepted] = ok(await get('CLERK', `/api/items/${code}/road`)).steps;
  const { checkpoint_id } = await step('CONTROLLER', 'corrected', code, { corrects: accepted.checkpoint_id, reason_code: 'typing_error', weight_g: 190 });
  const road = ok(await get('UNCLEARED', `/api/items/${code}/road`));
  expect(road.steps.map((s: any) => s.facts)).toEqual([null, null, null]);
  expect(road.steps[0].corrected_by).toEqual([checkpoint_id]);
  expect(road.steps[2].corrects).toBe(accepted.checkpoint_id);
  const chain = ok(await get('UNCLEARED', `/api/items/${code}/chain`));
  expect(road.steps.map((s: any) => s.facts)).toEqual(chain.checkpoints.map((s: any) => s.facts));
});

test('who could have touched an item: holders, actors, second persons, driver and escort of its bag; and nobody of another time', async () => {
  const start = world.clock();
  const code = await approved();
  world.advance(2 * MINUTE);
  const packed = world.clock();
  const { bag, seal_no } = await arrived([code]);
  const there = world.clock();
  world.advance(2 * MINUTE);
  await unseal(bag, seal_no);
  await step('CENTRESORTER', 'counted', code, { bag_code: bag, condition: 'intact' });
  const touched = async (from: number, to: number): Promise<string[]> => {
    const query = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
    const { touched: rows } = ok(await get('CENTRESORTER', `/api/items/${code}/touched?${query}`));
    return [...new Set<string>(rows.map((row: any) => `${row.how} ${row.badge ?? row.ref}`))].toSorted();
  };
  expect(await touched(start, packed - 1)).toEqual(['acted CLERK', 'acted CONTROLLER', 'held CLERK']);
  const whole = await touched(packed, there);
  for (const who of ['held SORTER', 'acted SORTER', 'confirmed CONTROLLER', 'held 12A-0001', 'drove DRIVER', 'escorted CLERK8', 'acted SHIFTHEAD', 'acted CENTRESORTER']) expect(whole).toContain(who);
  expect(whole).not.toContain('acted CLERK');
  expect(await touched(there + 1, there + MINUTE)).toEqual(['held CENTRESORTER']);
  expectRefusal(await get('CENTRESORTER', `/api/items/${code}/touched?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`), 'invalid_input', 422);
});

test('search finds by the beginning of a number, by seal and by trip what concerns the office, and nothing else', async () => {
  const code = await approved();
  const parcel = await approved(PARCEL);
  const { bag, seal_no, trip } = await arrived([code]);
  const found = async (badge: string, q: string) => ok(await get(badge, `/api/search?q=${q}`));
  expect((await found('CLERK', code)).units.map((u: any) => u.code)).toEqual([code]);
  expect((await found('CLERK', code.slice(0, 6))).units.length).toBeGreaterThan(1);
  expect((await found('CENTRESORTER', bag)).units.map((u: any) => u.code)).toEqual([bag]);
  expect((await found('CENTRESORTER', `${bag}110009`)).units.map((u: any) => u.code)).toEqual([bag]);
  expect((await found('CENTRESORTER', parcel)).units).toEqual([]);
  expect((await found('SORTER', seal_no)).seals).toMatchObject([{ code: bag, seal_state: 'applied' }]);
  expect((await found('CENTRESORTER', seal_no)).seals).toEqual([]);
  await unseal(bag, seal_no);
  expect((await found('CENTRESORTER', seal_no)).seals).toMatchObject([{ code: bag, seal_state: 'broken' }]);
  expect((await found('CENTRESORTER', String(trip.trip_no))).trips).toMatchObject([{ trip_id: trip.trip_id }]);
  expectRefusal(await get('CLERK', '/api/search?q=BK0'), 'invalid_input', 422);
  expectRefusal(await get('INSPECTOR', '/api/search?q=BK00'), 'wrong_office', 403);
});

const loadLimits = async (limits: readonly [string, string | null, number | null][]) => {
  await world.root.insertInto('time_limit').values(limits.map(([limit_code, duration, amount]) => ({ limit_code, valid_from: '2017-01-01', subject_vi: limit_code, subject_en: limit_code, trigger_event: 'test', duration, amount, citation: 'test', status: 'seen' }))).execute();
  world.advance(10_000);
};

test('without a loaded standard no clock alarms; with one, what is late is late and what is idle alarms', async () => {
  const code = await approved();
  const row = async (path: string, of = code) => ok(await get('CLERK', path)).rows.find((r: any) => r.code === of);
  expect(await row('/api/clocks/transit')).toMatchObject({ verdict: 'no_standard', standard_minutes: null, ended_at: null });
  expect(await row('/api/clocks/idle?limit=200')).toMatchObject({ alarm: false, standard_hours: null });
  await loadLimits([['TL05', 'PT2M', null], ['TL35', 'PT2M', null]]);
  expect(await row('/api/clocks/transit')).toMatchObject({ verdict: 'running', standard_minutes: 2 });
  world.advance(2 * MINUTE);
  expect(await row('/api/clocks/transit')).toMatchObject({ verdict: 'late' });
  expect(await row('/api/clocks/idle?limit=200')).toMatchObject({ alarm: true });
  const idle = ok(await get('CLERK', '/api/clocks/idle?limit=200')).rows;
  expect(idle.map((r: any) => r.idle_hours)).toEqual(idle.map((r: any) => r.idle_hours).toSorted((a: number, b: number) => b - a));
});

test('visits to a point are counted a day, against the standard where one is loaded', async () => {
  const reason = { reason_list: 'non_delivery', reason_code: 'closed', valid_from: '2017-01-01', name_vi: 'closed', name_en: 'closed' };
  await world.root.insertInto('reason').values(reason).onConflict((oc) => oc.doNothing()).execute();
  world.advance(10_000);
  const code = await approved();
  // Out of order, and so flagged: but somebody stood at that door.
  await step('COURIER', 'attempted', code, { reason_code: 'closed', evidence: ['photo'] });
  const day = civilDate(world.clock());
  const visits = async () => ok(await get('CLERK', `/api/clocks/visits?day=${day}`)).rows;
  expect(await visits()).toEqual([{ point: 'LS-TU', day, visits: 1, scans: 1, standard: null, meets_standard: null }]);
  await loadLimits([['TL02', null, 2]]);
  expect(await visits()).toMatchObject([{ standard: 2, meets_standard: false }]);
});

test('a complaint is registered with its windows, answered once, and names nobody', async () => {
  const code = await approved();
  await loadLimits([['TL10', 'P6M', null], ['TL12', 'P2M', null]]);
  const complaint = { case_no: '12/KN-2026', code, complaint_kind: 'loss', international: false, complainant: 'LS-TU' };
  const { complaint_id, window_ok, answer_due_on } = ok(await send('CLERK', '/api/complaints', complaint));
  expect(window_ok).toBe(true);
  expect(answer_due_on > civilDate(world.clock())).toBe(true);
  expectRefusal(await send('CLERK', '/api/complaints', complaint), 'case_in_use', 409);
  expectRefusal(await send('CLERK', '/api/complaints', { ...complaint, case_no: '13', complainant: 'LS-KHAC' }), 'unknown_body', 422);
  expectRefusal(await send('CLERK', '/api/complaints', { ...complaint, case_no: '14', code: 'BK999999999VN' }), 'unknown_unit', 404);
  expect(ok(await send('CLERK', '/api/complaints', { ...complaint, case_no: '15', complaint_kind: 'damage' }))).toMatchObject({ window_ends_on: null, window_ok: null });
  const answer = { answer: 'not_upheld', reason_code: 'carried_as_promised' };
  expectRefusal(await send('CENTRECONTROLLER', `/api/complaints/${complaint_id}/answer`, answer), 'unknown_case', 404);
  ok(await send('CONTROLLER', `/api/complaints/${complaint_id}/answer`, answer));
  expectRefusal(await send('CONTROLLER', `/api/complaints/${complaint_id}/answer`, answer), 'case_not_due', 409);
  const rows = ok(await get('CLERK', '/api/complaints')).rows;
  expect(rows.map((r: any) => [r.case_no, r.answer, r.overdue])).toEqual([['15', null, false], ['12/KN-2026', 'not_upheld', false]]);
});

test('a settlement counts what the ledger has, waits for contested lines, and is agreed by two distinct persons', async () => {
  const day = civilDate(world.clock());
  world.advance(DAY + 3_600_000);
  for (const badge of ['CONTROLLER', 'CONTROLLER2', 'CENTRECONTROLLER', 'CLERK']) world.forget(badge);
  const period = { period_from: day, period_to: day, party_b: 'LS-UBND-DD' };
  const accepted = await world.root.selectFrom('item').select((eb) => eb.fn.countAll<number>().as('n')).where('sender_body_code', '=', 'LS-UBND-DD').executeTakeFirstOrThrow();
  expectRefusal(await send('CONTROLLER', '/api/settlements', { ...period, period_to: civilDate(world.clock()) }), 'invalid_input', 422);
  expectRefusal(await send('CONTROLLER', '/api/settlements', { ...period, party_b: 'LS-KHAC' }), 'unknown_body', 422);
  const { settlement_id, figures } = ok(await send('CONTROLLER', '/api/settlements', period));
  expect(figures.out.kt1_hoa_toc).toMatchObject({ accepted: accepted.n, delivered: 0, missing: 0, damaged: 0 });
  expect(figures.in).toEqual({});
  expectRefusal(await send('CONTROLLER', '/api/settlements', period), 'case_in_use', 409);
  const at = `/api/settlements/${settlement_id}`;
  expect(ok(await send('CONTROLLER', `${at}/sign`, {}))).toEqual({ state: 'signed_a' });
  const { line_no } = ok(await send('CONTROLLER', `${at}/disputes`, { figure: 'out.kt1_hoa_toc.accepted', claimed_count: 99, reason_code: 'never_sent' }));
  expectRefusal(await send('CONTROLLER2', `${at}/sign`, {}), 'case_not_due', 409);
  expectRefusal(await send('CONTROLLER', `${at}/disputes/${line_no}/settle`, { settled_count: 5 }), 'same_person', 403);
  expectRefusal(await send('CONTROLLER2', `${at}/disputes/9/settle`, { settled_count: 5 }), 'unknown_case', 404);
  expect(ok(await send('CONTROLLER2', `${at}/disputes/${line_no}/settle`, { settled_count: 5 }))).toEqual({ state: 'draft' });
  expectRefusal(await send('CENTRECONTROLLER', `${at}/sign`, {}), 'unknown_case', 404);
  expect(ok(await send('CONTROLLER', `${at}/sign`, {}))).toEqual({ state: 'signed_a' });
  expectRefusal(await send('CONTROLLER', `${at}/sign`, { card_no: 'DD-0001' }), 'same_person', 403);
  expectRefusal(await send('CONTROLLER2', `${at}/sign`, { card_no: 'XX-0001' }), 'sender_not_authorised', 403);
  expectRefusal(await send('CONTROLLER2', `${at}/sign`, {}), 'case_not_due', 409);
  expect(ok(await send('CONTROLLER2', `${at}/sign`, { card_no: 'DD-0001' }))).toEqual({ state: 'agreed' });
  expectRefusal(await send('CONTROLLER2', `${at}/disputes`, { figure: 'out.kt1_hoa_toc.accepted', claimed_count: 1, reason_code: 'never_sent' }), 'case_not_due', 409);
  expect(ok(await get('CLERK', '/api/settlements')).rows).toMatchObject([{ settlement_id, state: 'agreed', disputes: [{ settled_count: 5 }] }]);
});
