// What nobody may overlook on the road: handovers without an answer, trips and bags that a number proves missing, marked items that
// lie past the term. Ages are told always, an alarm only by a loaded limit; what is stated wrongly or twice is refused.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addMonths, civilDate } from '../../src/base/time.ts';
import { numberOf } from '../../src/domain/code.ts';
import { makeRoad } from '../support/road.ts';
import type { Road } from '../support/road.ts';
import { CENTRE, DONG_DANG, expectRefusal, HA_NOI, KT1_LETTER } from '../support/world.ts';
import type { Answer } from '../support/world.ts';

let road: Road;
beforeAll(async () => void (road = await makeRoad()));
afterAll(() => road.end());
afterEach(async () => void (await road.world.verify()));

const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const alarms = async (badge: string): Promise<any> => ok(await road.call(0, badge, 'GET', '/api/road/alarms'));
/** Limits are read again within five seconds. */
async function limit(limit_code: string, duration: string | null): Promise<void> {
  await road.world.root.deleteFrom('time_limit').where('limit_code', '=', limit_code).execute();
  await road.world.root.insertInto('time_limit').values({ limit_code, duration, basis: 'clock', act_code: null, subject_vi: 'Thử', subject_en: 'Test', trigger_event: 'test', citation: 'Điều thử', status: duration === null ? 'operator_rule' : 'seen', valid_from: '2017-01-01' }).execute();
  road.world.advance(6_000);
}

describe('a handover that nobody answers', () => {
  let code: string;
  beforeAll(async () => {
    [code = ''] = await road.approved([{}, {}]);
    const to = { kind: 'person', ref: await road.world.personId('CENTREHEAD') };
    ok(await road.call(0, 'CLERK', 'POST', '/api/handovers', { to, receiver_person_id: to.ref, lines: [{ code, condition: 'intact', seal_nos: [] }] }));
  });

  test('is seen with its age by the heads of both offices; without a limit nothing alarms', async () => {
    await limit('TL36', null);
    road.world.advance(40 * 60_000);
    for (const head of ['SHIFTHEAD', 'CENTREHEAD']) {
      const { handovers } = await alarms(head);
      expect(handovers).toMatchObject([{ office_code: DONG_DANG, left: 1, limit_minutes: null, alarm: false }]);
      expect(handovers[0].age_minutes).toBe(40);
    }
  });

  test('alarms past the loaded limit and not before, until it is answered', async () => {
    await limit('TL36', 'PT2H');
    expect((await alarms('CENTREHEAD')).handovers).toMatchObject([{ limit_minutes: 120, alarm: false }]);
    road.world.advance(80 * 60_000);
    for (const badge of ['SHIFTHEAD', 'CLERK', 'SORTER', 'CONTROLLER', 'CENTREHEAD', 'CENTRESORTER', 'CENTRECONTROLLER', 'COURIER']) road.world.forget(badge);
    for (const head of ['SHIFTHEAD', 'CENTREHEAD']) expect((await alarms(head)).handovers).toMatchObject([{ limit_minutes: 120, alarm: true }]);
    const [{ handover_id }] = (await alarms('CENTREHEAD')).handovers;
    ok(await road.call(0, 'CENTREHEAD', 'POST', `/api/handovers/${handover_id}/refusals`, { lines: [{ code, reason_code: 'never_sent', condition: 'intact' }] }));
    for (const head of ['SHIFTHEAD', 'CENTREHEAD']) expect((await alarms(head)).handovers).toEqual([]);
  });
});

describe('a trip whose number is missing', () => {
  const missing = (trip: any, more: object = {}, badge = 'CENTRECONTROLLER'): Promise<Answer> =>
    road.call(0, badge, 'POST', '/api/trips/missing', { from_office_code: DONG_DANG, mail: 'kt1', trip_year: trip.trip_year, trip_no: trip.trip_no, reason_code: 'never_sent', ...more });

  test('alarms at the receiver from the arrival of a later one, with what is known of it; not before, and not at the sender', async () => {
    const [first, left] = [await road.trip(), (await road.sealedBags([[]]))[0]];
    await road.all('SHIFTHEAD', [{ kind: 'bag_departed', code: left?.bag, facts: { vehicle_no: '12A-0001' } }]);
    expect((await alarms('CENTREHEAD')).trips).toEqual([]);
    await road.sentBags([[]]);
    const { trips } = await alarms('CENTREHEAD');
    expect(trips).toMatchObject([
      { trip_no: first.trip_no, from_office_code: DONG_DANG, state: 'open', departed_at: null, last_seen: null, arrived_after: first.trip_no + 2, difference: null },
      { trip_no: first.trip_no + 1, state: 'departed', vehicle_no: '12A-0001', last_seen: { office_code: DONG_DANG }, difference: null },
    ]);
    expect((await alarms('SHIFTHEAD')).trips).toEqual([]);
    // The one that was on the road arrives: its alarm ends by itself.
    await road.all('CENTRESORTER', [{ kind: 'bag_arrived', code: left?.bag, facts: {} }]);
    expect((await alarms('CENTREHEAD')).trips.map((trip: any) => trip.trip_no)).toEqual([first.trip_no]);
  });

  test('is stated by a supervisor of the receiver with a reason, once; others, other numbers and made-up reasons are refused', async () => {
    const [trip] = (await alarms('CENTREHEAD')).trips;
    expectRefusal(await missing(trip, {}, 'CENTRESORTER'), 'not_permitted', 403);
    expectRefusal(await missing(trip, { reason_code: 'no_such_reason' }), 'unknown_reason');
    expectRefusal(await missing(trip, { trip_no: trip.trip_no + 1 }), 'unknown_trip', 404);
    expectRefusal(await missing(trip, {}, 'CONTROLLER'), 'unknown_trip', 404);
    const answers = await Promise.all([0, 1, 0, 1].map((app) => road.call(app as 0 | 1, app === 0 ? 'CENTRECONTROLLER' : 'CENTREHEAD', 'POST', '/api/trips/missing', { from_office_code: DONG_DANG, mail: 'kt1', trip_year: trip.trip_year, trip_no: trip.trip_no, reason_code: 'never_sent' })));
    expect(answers.map((answer) => answer.body.refusal ?? 'ok').toSorted()).toEqual(['discrepancy_not_due', 'discrepancy_not_due', 'discrepancy_not_due', 'ok']);
    // Stated is not explained: it stays until the office that numbered it agrees or somebody decides.
    expect((await alarms('CENTREHEAD')).trips).toMatchObject([{ trip_no: trip.trip_no, difference: 'open' }]);
    const { discrepancy_id } = answers.find((answer) => answer.status === 201)?.body ?? {};
    ok(await road.call(0, 'SORTER', 'POST', `/api/discrepancies/${discrepancy_id}/answer`, { agrees: false, reason_code: 'never_sent' }));
    expect((await alarms('CENTREHEAD')).trips).toMatchObject([{ difference: 'contested' }]);
    const stated_by = (await road.world.root.selectFrom('discrepancy as d').innerJoin('person as p', 'p.person_id', 'd.opened_by').select('p.badge').where('discrepancy_id', '=', discrepancy_id).executeTakeFirstOrThrow()).badge;
    const [same, other] = stated_by === 'CENTREHEAD' ? ['CENTREHEAD', 'CENTRECONTROLLER'] : ['CENTRECONTROLLER', 'CENTREHEAD'];
    const decide = (badge: string): Promise<Answer> => road.call(0, badge, 'POST', `/api/discrepancies/${discrepancy_id}/decision`, { reason_code: 'never_sent' });
    expectRefusal(await decide(same ?? ''), 'same_person', 403);
    ok(await decide(other ?? ''));
    expect((await alarms('CENTREHEAD')).trips).toEqual([]);
  });

  test('one that was stated missing and comes after all settles its difference', async () => {
    const [late] = await road.sealedBags([[]]);
    await road.all('SHIFTHEAD', [{ kind: 'bag_departed', code: late?.bag, facts: { vehicle_no: '12A-0001' } }]);
    await road.sentBags([[]]);
    const [trip] = (await alarms('CENTREHEAD')).trips;
    const { discrepancy_id } = ok(await missing(trip));
    await road.all('CENTRESORTER', [{ kind: 'bag_arrived', code: late?.bag, facts: {} }]);
    expect((await alarms('CENTREHEAD')).trips).toEqual([]);
    expect(await road.world.root.selectFrom('discrepancy').select(['state', 'decision_reason_code']).where('discrepancy_id', '=', discrepancy_id).executeTakeFirst()).toEqual({ state: 'decided', decision_reason_code: 'bag_came_late' });
  });

  test('of an office without the system the numbers are read from its bags, from the first one seen', async () => {
    const bag = (trip_no: number): string => `${HA_NOI}${CENTRE}AKT${civilDate(road.world.clock()).slice(3, 4)}${String(trip_no).padStart(4, '0')}001`;
    for (const [i, no] of [345, 348].entries()) {
      const code = numberOf({ prefix: 'BK', suffix: 'VN', check_rule: 's10', serial_width: 8 }, 71_000_000 + i);
      const raw = `bag_code,seal_nos,gross_g,code,service,mark,weight_g,destination\r\n${bag(no)},HN000001,5000,${code},kt1,NONE,100,${CENTRE}`;
      ok(await road.world.call('POST', '/api/preadvice', { token: await road.world.as('CENTRESORTER'), raw, type: 'text/csv' }));
      await road.all('CENTRESORTER', [{ kind: 'bag_arrived', code: bag(no), facts: {} }]);
    }
    expect((await alarms('CENTREHEAD')).trips).toMatchObject([346, 347].map((trip_no) => ({ from_office_code: HA_NOI, mail: 'kt1', trip_no, trip_id: null, state: null, arrived_after: 348 })));
    for (const trip of (await alarms('CENTREHEAD')).trips) {
      const { discrepancy_id } = ok(await missing(trip, { from_office_code: HA_NOI }));
      ok(await road.call(0, 'CENTREHEAD', 'POST', `/api/discrepancies/${discrepancy_id}/decision`, { reason_code: 'never_sent' }));
    }
    expect((await alarms('CENTREHEAD')).trips).toEqual([]);
  });
});

test('a bag whose serial is missing alarms at the receiver until it comes, or until what was said of it is agreed', async () => {
  const { trip_id } = await road.trip();
  const bags = (await road.all('SORTER', [true, false, false].map((manifest_bag) => ({ kind: 'bag_started', facts: { trip_id, manifest_bag } })))).map((made) => made.code as string);
  const numbers = await road.seals(3);
  await road.all('SORTER', bags.map((code, i) => ({ kind: 'bag_sealed', code, facts: { ...road.sealing(0, numbers[i] ?? ''), last_of_trip: i === 2 } })));
  await road.all('SHIFTHEAD', bags.map((code) => ({ kind: 'bag_departed', code, facts: { vehicle_no: '12A-0001' } })));
  expect((await alarms('CENTREHEAD')).bags).toEqual([]);
  const [one = '', two = '', three] = bags;
  await road.all('CENTRESORTER', [{ kind: 'bag_arrived', code: three, facts: {} }]);
  expect((await alarms('CENTREHEAD')).bags).toMatchObject([one, two].map((code, i) => ({ code, serial: i + 1, state: 'in_transit', difference: null, last_seen: { office_code: DONG_DANG } })));
  expect((await alarms('SHIFTHEAD')).bags).toEqual([]);
  await road.all('CENTRESORTER', [{ kind: 'bag_arrived', code: one, facts: {} }, { kind: 'missing', code: two, facts: { bag_code: two, reason_code: 'never_sent' } }]);
  expect((await alarms('CENTREHEAD')).bags).toMatchObject([{ code: two, state: 'missing', difference: 'open' }]);
  const { discrepancy_id } = await road.world.root.selectFrom('discrepancy').select('discrepancy_id').where('code', '=', two).executeTakeFirstOrThrow();
  ok(await road.call(0, 'SORTER', 'POST', `/api/discrepancies/${discrepancy_id}/answer`, { agrees: true, reason_code: 'never_sent' }));
  expect((await alarms('CENTREHEAD')).bags).toEqual([]);
});

describe('a marked item past the term after which others are unclaimed', () => {
  const leader = async (): Promise<any> => (ok(await road.call(0, 'CENTRELEADER', 'GET', '/api/leader'))).aged;
  let code: string;
  beforeAll(async () => {
    await road.world.hire('CENTRELEADER', 'leader', CENTRE);
    const { facts } = KT1_LETTER;
    code = await road.world.accepted({ kind: 'accepted', facts: { ...facts, service: { ...facts.service, secrecy: 'B' }, checklist: { ...facts.checklist, outer_mark: 'B' } } });
    await road.world.accepted({ kind: 'accepted', facts: { ...facts, service: { ...facts.service, secrecy: 'NONE' }, checklist: { ...facts.checklist, outer_mark: 'NONE' } } });
  });

  test('is told to nobody before its day, nor where no term is loaded', async () => {
    await limit('TL09', 'P6M');
    expect((await alarms('CONTROLLER')).aged).toMatchObject({ count: 0, limit: { limit_code: 'TL09', duration: 'P6M', citation: 'Điều thử' } });
    road.world.advance(Date.parse(`${addMonths(civilDate(road.world.clock()), 6)}T00:00:00+07:00`) - road.world.clock() - 60_000);
    for (const badge of ['CONTROLLER', 'CENTRELEADER']) road.world.forget(badge);
    expect((await alarms('CONTROLLER')).aged.count).toBe(0);
    road.world.advance(120_000);
    await limit('TL09', null);
    expect((await alarms('CONTROLLER')).aged).toMatchObject({ count: 0, items: [], limit: { duration: null } });
  });

  test('is told to the controller of its office and to the office above, as a number on the leader’s board; by number only to who is cleared', async () => {
    await limit('TL09', 'P6M');
    const { aged } = await alarms('CONTROLLER');
    expect(aged).toMatchObject({ count: 1, offices: [{ office_code: DONG_DANG, count: 1 }], items: [{ code, office_code: DONG_DANG, secrecy: 'B' }] });
    expect((await alarms('CENTRELEADER')).aged).toMatchObject({ count: 1, items: [{ code }] });
    expect(await leader()).toEqual([{ office_code: DONG_DANG, count: 1 }]);
    await road.world.root.updateTable('person').set({ clearance: 'C' }).where('badge', '=', 'CENTRELEADER').execute();
    road.world.advance(1_000);
    expect((await alarms('CENTRELEADER')).aged).toMatchObject({ count: 1, items: [] });
  });

  test('ends when it is on its way no more', async () => {
    ok(await road.post(0, 'CONTROLLER', 'withdrawn', code, {}));
    expect((await alarms('CONTROLLER')).aged.count).toBe(0);
    expect(await leader()).toEqual([]);
  });
});
