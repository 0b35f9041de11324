// The road between two offices through the HTTP API: trip, bag, seals, handover, opening, count, differences.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CENTRE, DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
let seal = 0;
beforeAll(async () => {
  world = await makeWorld();
  for (const [badge, role] of [['CENTRESORTER', 'sorter'], ['CENTRESORTER2', 'sorter'], ['CENTRESORTER3', 'sorter'], ['CENTRECONTROLLER', 'controller'], ['CENTREHEAD', 'shift_head']] as const) await world.hire(badge, role, CENTRE);
  const issued = await world.call('POST', '/api/seals', { token: await world.as('SHIFTHEAD'), body: { prefix: 'NS', from: 1, count: 100, office_code: DONG_DANG } });
  expect(issued.body).toEqual({ issued: 100 });
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const nextSeal = (): string => `NS${String(++seal).padStart(6, '0')}`;
const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const post = async (badge: string, kind: string, code: string | undefined, facts: object, more: object = {}): Promise<Answer> => world.post(badge, { kind, ...(code === undefined ? {} : { code }), facts, ...more });

async function approvedLetter(weight_g = 182, secrecy = 'B'): Promise<string> {
  const facts = { ...KT1_LETTER.facts, weight_g, service: { ...KT1_LETTER.facts.service, secrecy }, checklist: { ...KT1_LETTER.facts.checklist, outer_mark: secrecy, envelope_layers: secrecy === 'A' ? 2 : 1 } };
  const code = await world.accepted({ kind: 'accepted', facts });
  ok(await post('CONTROLLER', 'approved', code, {}));
  return code;
}

async function openTrip(mail = 'kt1'): Promise<any> {
  return ok(await world.call('POST', '/api/trips', { token: await world.as('SORTER'), body: { to_office_code: CENTRE, mail, route_level: 2, guard_requested: false } }));
}

/** A sealed bag of a departed and arrived trip. */
async function sentBag(codes: string[]): Promise<{ bag: string; seal_no: string; trip: any; gross_g: number }> {
  const trip = await openTrip();
  const bag = ok(await post('SORTER', 'bag_started', undefined, { trip_id: trip.trip_id, manifest_bag: true })).code as string;
  for (const code of codes) ok(await post('SORTER', 'bagged', code, { bag_code: bag }));
  const seal_no = nextSeal();
  const gross_g = 5000;
  ok(await post('SORTER', 'bag_sealed', bag, { seal_nos: [seal_no], item_count: codes.length, gross_g, tare_g: 300, last_of_trip: true }, { confirmation: await world.confirmation('SORTER', 'CONTROLLER', 'bag.make') }));
  ok(await world.call('PUT', `/api/trips/${trip.trip_id}/vehicle`, { token: await world.as('SHIFTHEAD'), body: { vehicle_no: '12A-0001', vehicle_dedicated: true, driver_person_id: await world.personId('DRIVER') } }));
  ok(await post('SHIFTHEAD', 'bag_departed', bag, { vehicle_no: '12A-0001' }));
  ok(await post('CENTRESORTER', 'bag_arrived', bag, {}));
  return { bag, seal_no, trip, gross_g };
}

async function unseal(bag: string, seal_nos: string[], more: object = {}): Promise<any> {
  return ok(await post('CENTRESORTER', 'bag_unsealed', bag, { opening_id: newId(), seal_nos, blind: false, ...more }, { confirmation: await world.confirmation('CENTRESORTER', 'CENTRECONTROLLER', 'bag.open') }));
}

test('a letter goes from Đồng Đăng into a sealed bag, to the centre, and is counted there', async () => {
  const code = await approvedLetter();
  const { bag, seal_no, trip } = await sentBag([code]);
  expect(bag).toMatch(/^243100240100AKT\d0001001$/);
  const before = await world.call('GET', `/api/bags/${bag}`, { token: await world.as('CENTRESORTER') });
  expect(before.body).toMatchObject({ state: 'arrived', seal_nos: null, two_persons: true, item_count: 1 });
  await unseal(bag, [seal_no]);
  expect(ok(await post('CENTRESORTER', 'counted', code, { bag_code: bag, condition: 'intact', weight_g: 183 }))).toMatchObject({ state: 'at_office', flags: [] });
  expect(ok(await post('CENTRESORTER', 'bag_emptied', bag, {}))).toMatchObject({ state: 'emptied' });
  const chain = await world.call('GET', `/api/items/${code}/chain`, { token: await world.as('CENTRESORTER') });
  expect(chain.body.checkpoints.map((c: any) => c.kind)).toEqual(['accepted', 'approved', 'bagged', 'counted']);
  const arrived = await world.call('GET', `/api/trips/${trip.trip_id}`, { token: await world.as('CENTRESORTER') });
  expect(arrived.body).toMatchObject({ state: 'arrived', missing_serials: [], bags: [{ state: 'emptied' }] });
});

test('what may not go into a bag does not: unapproved, of other mail, in another bag, in a closed bag; nor is it sealed wrongly', async () => {
  const trip = await openTrip();
  const bag = ok(await post('SORTER', 'bag_started', undefined, { trip_id: trip.trip_id, manifest_bag: true })).code as string;
  const other = ok(await post('SORTER', 'bag_started', undefined, { trip_id: trip.trip_id, manifest_bag: false })).code as string;
  const unapproved = await world.accepted();
  expectRefusal(await post('SORTER', 'bagged', unapproved, { bag_code: bag }), 'wrong_state', 409);
  const parcel = await world.accepted(PARCEL);
  ok(await post('CONTROLLER', 'approved', parcel, {}));
  expectRefusal(await post('SORTER', 'bagged', parcel, { bag_code: bag }), 'wrong_mail', 409);
  const letter = await approvedLetter();
  ok(await post('SORTER', 'bagged', letter, { bag_code: bag }));
  expectRefusal(await post('SORTER', 'bagged', letter, { bag_code: other }), 'other_bag', 409);
  const sealing = { seal_nos: [nextSeal()], item_count: 1, gross_g: 900, tare_g: 300, last_of_trip: false };
  expectRefusal(await post('SORTER', 'bag_sealed', bag, { ...sealing, item_count: 2 }), 'count_differs', 409);
  expectRefusal(await post('SORTER', 'bag_sealed', bag, sealing), 'second_person_needed', 403);
  ok(await post('SORTER', 'bag_sealed', bag, sealing, { confirmation: await world.confirmation('SORTER', 'CONTROLLER', 'bag.make') }));
  expectRefusal(await post('SORTER', 'bagged', await approvedLetter(), { bag_code: bag }), 'bag_not_open', 409);
  expectRefusal(await post('SORTER', 'bag_sealed', other, { ...sealing, item_count: 0 }), 'seal_unusable', 409);
  expectRefusal(await post('SHIFTHEAD', 'bag_departed', bag, { vehicle_no: '12A-0001' }), 'trip_not_ready', 409);
});

test('a count answers each scan with one of its results, makes each difference a record, and does not close over them', async () => {
  const codes: string[] = [];
  for (let i = 0; i < 8; i++) codes.push(await approvedLetter(100 + 50 * i, 'NONE'));
  const [good = '', damaged = '', light = '', twice = '', lost = '', late = '', ...rest] = codes;
  const stray = await approvedLetter(90, 'NONE');
  const { bag, gross_g } = await sentBag(codes);
  const opened = await unseal(bag, ['NS999999'], { gross_g: gross_g - 300 });
  expect(opened.flags).toEqual(['seal_differs', 'weight_drift']);
  const count = async (badge: string, code: string, more: object = {}): Promise<any> => ok(await post(badge, 'counted', code, { bag_code: bag, condition: 'intact', ...more }));
  expect(await count('CENTRESORTER', good)).toMatchObject({ flags: [] });
  expect(await count('CENTRESORTER2', damaged, { condition: 'torn' })).toMatchObject({ flags: ['damaged'] });
  expect(await count('CENTRESORTER3', light, { weight_g: 120 })).toMatchObject({ flags: ['weight_drift'] });
  expect(await count('CENTRESORTER', twice)).toMatchObject({ flags: [] });
  expect(await count('CENTRESORTER2', twice)).toMatchObject({ flags: ['duplicate'] });
  expect(await count('CENTRESORTER', stray)).toMatchObject({ flags: ['surplus'] });
  for (const code of rest) await count('CENTRESORTER', code);
  expectRefusal(await post('CENTRESORTER', 'bag_emptied', bag, {}), 'lines_open', 409);
  const progress = (await world.call('GET', `/api/bags/${bag}/count`, { token: await world.as('CENTRESORTER') })).body;
  expect(progress).toMatchObject({ expected: 8, left: 2, surplus: 1, damaged: 1, weight_mismatch: 1, duplicates: 1, gap_g: 300, gap_explained_by: [lost] });
  ok(await post('CENTRESORTER', 'missing', lost, { bag_code: bag, reason_code: 'not_in_bag' }));
  ok(await post('CENTRESORTER', 'missing', late, { bag_code: bag, reason_code: 'not_in_bag' }));
  // Found after all: the missing one is scanned, and its record is settled by that.
  expect(await count('CENTRESORTER', late)).toMatchObject({ state: 'at_office' });
  expectRefusal(await post('CENTRESORTER', 'bag_emptied', bag, {}), 'differences_open', 409);

  const mine = (await world.call('GET', '/api/discrepancies?state=open', { token: await world.as('SORTER') })).body.rows.filter((r: any) => [bag, ...codes, stray].includes(r.code));
  expect(mine.map((r: any) => r.discrepancy_kind).toSorted()).toEqual(['bag_weight', 'damaged', 'missing', 'seal', 'surplus', 'weight_mismatch']);
  for (const row of mine) {
    const contest = row.discrepancy_kind === 'missing';
    ok(await world.call('POST', `/api/discrepancies/${row.discrepancy_id}/answer`, { token: await world.as('SORTER'), body: { agrees: !contest, reason_code: contest ? 'never_sent' : 'sent_by_mistake' } }));
    expectRefusal(await world.call('POST', `/api/discrepancies/${row.discrepancy_id}/answer`, { token: await world.as('SORTER'), body: { agrees: true, reason_code: 'never_sent' } }), 'discrepancy_not_due', 409);
    if (contest) {
      expectRefusal(await post('CENTRESORTER', 'bag_emptied', bag, {}), 'differences_open', 409);
      ok(await world.call('POST', `/api/discrepancies/${row.discrepancy_id}/decision`, { token: await world.as('CENTRECONTROLLER'), body: { reason_code: 'never_sent' } }));
    }
  }
  expect(ok(await post('CENTRESORTER', 'bag_emptied', bag, {}))).toMatchObject({ state: 'emptied' });
});

test('custody moves only with both: offer, acceptance, refusal with a reason; nothing twice', async () => {
  const [a, b] = [await approvedLetter(), await approvedLetter()];
  const courier = await world.personId('COURIER');
  const to = { kind: 'person', ref: courier };
  const lines = [a, b].map((code) => ({ code, condition: 'intact', seal_nos: [] }));
  const offer = { to, receiver_person_id: courier, lines };
  expectRefusal(await world.call('POST', '/api/handovers', { token: await world.as('CLERK1'), body: offer }), 'not_yours', 403);
  const { handover_id } = ok(await world.call('POST', '/api/handovers', { token: await world.as('CLERK'), body: offer }));
  expectRefusal(await world.call('POST', '/api/handovers', { token: await world.as('CLERK'), body: offer }), 'handover_answered', 409);
  expectRefusal(await post('CLERK1', 'handed_over', a, { handover_id, to, condition: 'intact' }), 'unknown_handover', 404);
  const accepted = ok(await post('COURIER', 'handed_over', a, { handover_id, to, condition: 'intact' }));
  expect(accepted.custodian).toEqual(to);
  expectRefusal(await post('COURIER', 'handed_over', a, { handover_id, to, condition: 'intact' }), 'handover_answered', 409);
  ok(await world.call('POST', `/api/handovers/${handover_id}/refusals`, { token: await world.as('COURIER'), body: { lines: [{ code: b, reason_code: 'wrong_direction', condition: 'torn' }] } }));
  const still = await world.call('GET', `/api/items/${b}`, { token: await world.as('CLERK') });
  expect(still.body.custodian).toEqual({ kind: 'person', ref: await world.personId('CLERK') });
  expect((await world.call('GET', '/api/handovers', { token: await world.as('COURIER') })).body.rows).toEqual([]);
});
