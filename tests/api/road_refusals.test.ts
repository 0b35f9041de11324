// What the road refuses: trips that are not there or have left, vehicles without escort or guard, items that are in no such
// bag, counts that nobody began, differences that concern another office.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeRoad } from '../support/road.ts';
import type { Road } from '../support/road.ts';
import { CENTRE, expectRefusal, newId } from '../support/world.ts';
import type { Answer } from '../support/world.ts';

let road: Road;
beforeAll(async () => void (road = await makeRoad()));
afterAll(() => road.end());
afterEach(async () => void (await road.world.verify()));

const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const post = (badge: string, kind: string, code: string | undefined, facts: object): Promise<Answer> => road.post(0, badge, kind, code, facts);
const get = (badge: string, path: string): Promise<Answer> => road.call(0, badge, 'GET', path);
const openTrip = async (guard_requested: boolean): Promise<string> =>
  ok(await road.call(0, 'SORTER', 'POST', '/api/trips', { to_office_code: CENTRE, mail: 'kt1', route_level: 2, guard_requested })).trip_id;
const order = async (trip_id: string, more: object = {}): Promise<Answer> =>
  road.call(0, 'SHIFTHEAD', 'PUT', `/api/trips/${trip_id}/vehicle`, {
    vehicle_no: '12A-0001', vehicle_dedicated: true, driver_person_id: await road.world.personId('DRIVER'), ...more,
  });
const startBag = (badge: string, trip_id: string): Promise<Answer> => post(badge, 'bag_started', undefined, { trip_id, manifest_bag: true });
const depart = (bag: string): Promise<Answer> => post('SHIFTHEAD', 'bag_departed', bag, { vehicle_no: '12A-0001' });

test('a trip that is not there, or is of another office, takes no bag and no vehicle', async () => {
  const trip_id = await openTrip(false);
  expectRefusal(await startBag('SORTER', newId()), 'unknown_trip', 404);
  expectRefusal(await startBag('CENTRESORTER', trip_id), 'unknown_trip', 404);
  expectRefusal(await order(newId()), 'unknown_trip', 404);
  expectRefusal(await get('SORTER', `/api/trips/${newId()}`), 'unknown_trip', 404);
  ok(await startBag('SORTER', trip_id));
});

test('a trip that has departed takes no more bags, and its vehicle stays the one that was ordered', async () => {
  const [sent] = await road.sealedBags([await road.approved([{}])]);
  const { bag = '', trip_id = '' } = sent ?? {};
  ok(await depart(bag));
  for (const answer of [await startBag('SORTER', trip_id), await order(trip_id, { vehicle_no: '12A-0002' })]) {
    expectRefusal(answer, 'trip_not_open', 409);
    expect(answer.body.facts.trip_no).toBeTypeOf('number');
  }
  expect(ok(await get('SORTER', `/api/trips/${trip_id}`))).toMatchObject({ vehicle_no: '12A-0001' });
});

test('KT1 in a vehicle that is not dedicated needs an escort, who is not the driver', async () => {
  const trip_id = await openTrip(false);
  expectRefusal(await order(trip_id, { vehicle_dedicated: false }), 'escort_needed', 403);
  const driver = await road.world.personId('DRIVER');
  expectRefusal(await order(trip_id, { vehicle_dedicated: false, escort_person_id: driver }), 'same_person', 403);
  ok(await order(trip_id, { vehicle_dedicated: false, escort_person_id: await road.world.personId('SORTER2') }));
});

test('where a guard was requested, the trip departs only with it', async () => {
  const [trip_id, [letter = ''], [seal_no = '']] = [await openTrip(true), await road.approved([{}]), await road.seals(1)];
  const bag = ok(await startBag('SORTER', trip_id)).code as string;
  ok(await post('SORTER', 'bagged', letter, { bag_code: bag }));
  ok(await post('SORTER', 'bag_sealed', bag, road.sealing(1, seal_no)));
  for (const more of [{}, { guard_present: false }]) {
    ok(await order(trip_id, more));
    expectRefusal(await depart(bag), 'guard_needed', 403);
  }
  ok(await order(trip_id, { guard_present: true }));
  expect(ok(await depart(bag))).toMatchObject({ state: 'in_transit' });
});

test('an item is taken out only of the bag that holds it, and missing only from a bag that should', async () => {
  const [inside = '', other = '', loose = '', stray = ''] = await road.approved([{}, {}, {}, {}]);
  const [first, second] = await road.openBags([[inside], [other]]);
  const takeOut = (code: string, bag_code: string) => post('SORTER', 'taken_out_of_bag', code, { bag_code, reason_code: 'wrong_direction' });
  for (const code of [other, loose]) {
    const answer = await takeOut(code, first?.bag ?? '');
    expectRefusal(answer, 'not_in_bag', 409);
    expect(answer.body.facts).toEqual({ code, bag_code: first?.bag });
  }
  ok(await takeOut(other, second?.bag ?? ''));

  const [sent] = await road.sentBags([await road.approved([{}])]);
  if (!sent) throw new Error('no bag');
  await road.unseal(sent);
  expectRefusal(await post('CENTRESORTER', 'missing', stray, { bag_code: sent.bag, reason_code: 'not_in_bag' }), 'not_in_bag', 409);
});

test('nothing is counted in a bag that nobody opened here', async () => {
  const letters = await road.approved([{}]);
  const [sent] = await road.sentBags([letters]);
  if (!sent) throw new Error('no bag');
  const count = (badge: string) => post(badge, 'counted', letters[0], { bag_code: sent.bag, condition: 'intact' });
  const missing = { bag_code: sent.bag, reason_code: 'not_in_bag' };
  const refused = async (badge: string): Promise<void> => {
    const answers = [await count(badge), await post(badge, 'missing', letters[0], missing), await post(badge, 'bag_emptied', sent.bag, {})];
    for (const answer of [...answers, await get(badge, `/api/bags/${sent.bag}/count`)]) {
      expectRefusal(answer, 'not_counting', 409);
      expect(answer.body.facts).toEqual({ bag_code: sent.bag });
    }
  };
  await refused('CENTRESORTER');
  await road.unseal(sent);
  await refused('SORTER');
  ok(await count('CENTRESORTER'));
});

test('a difference is answered by the office asked alone, and decided only by an office that it concerns', async () => {
  const [sent] = await road.sentBags([await road.approved([{}])]);
  if (!sent) throw new Error('no bag');
  await road.unseal(sent, { seal_nos: ['NS999999'] });
  const { rows } = ok(await get('SORTER', '/api/discrepancies?state=open'));
  const { discrepancy_id } = rows.find((row: any) => row.code === sent.bag);
  const answer = (badge: string, id: string) =>
    road.call(0, badge, 'POST', `/api/discrepancies/${id}/answer`, { agrees: true, reason_code: 'sent_by_mistake' });
  const decide = (id: string) =>
    road.call(0, 'CENTRECONTROLLER', 'POST', `/api/discrepancies/${id}/decision`, { reason_code: 'never_sent' });
  for (const refused of [await answer('SORTER', newId()), await decide(newId()), await answer('CENTRESORTER2', discrepancy_id)]) {
    expectRefusal(refused, 'unknown_discrepancy', 404);
  }
  ok(await answer('SORTER', discrepancy_id));
});
