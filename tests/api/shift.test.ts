// Closing a shift through the HTTP API: the stock balances by the ledger, the giver counts blind, both sign, nothing is closed over.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CENTRE, DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';
import { balance } from '../../src/acts/shift_close.ts';
import type { Entry } from '../../src/ledger/entry.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  await world.hire('SHIFTHEAD2', 'shift_head', DONG_DANG);
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));
/** Each test begins with an open, uncounted shift, and what the tests before left in stock. */
beforeEach(async () => {
  if (await openShiftId()) ok(await blind(await stock()).then(() => close()));
  await openShift('SHIFTHEAD');
});

const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const blind = async (lines: object[], badge = 'SHIFTHEAD') => world.call('POST', '/api/shifts/current/blind-count', { token: await world.as(badge), body: { lines } });
async function close(more: object = {}, badge = 'SHIFTHEAD', receiver = 'SHIFTHEAD2'): Promise<Answer> {
  const confirmation = await world.confirmation(badge, receiver, 'shift.open');
  return world.call('POST', '/api/shifts/current/close', { token: await world.as(badge), body: { confirmation, ...more } });
}
const line = (answer: any, mail_class: string): any => answer.balances.find((row: any) => row.mail_class === mail_class);
const openShift = async (badge = 'SHIFTHEAD2') => ok(await world.call('POST', '/api/shifts', { token: await world.as(badge), body: {} })).shift_id as string;

const openShiftId = async (): Promise<string | undefined> => (await world.root.selectFrom('shift').select('shift_id').where('office_code', '=', DONG_DANG).where('closed_at', 'is', null).executeTakeFirst())?.shift_id;

/** What lies at the office, as a giver who counts well finds it. */
async function stock(more: { [mail_class: string]: number } = {}, office_code = DONG_DANG): Promise<{ mail_class: string; count: number }[]> {
  const units = await world.root.selectFrom('unit').leftJoin('item', 'item.unit_id', 'unit.unit_id').select('item.service_class').where('unit.office_code', '=', office_code).where('custodian_kind', '=', 'person').where('state', 'not in', ['emptied', 'void']).execute();
  return ['kt1', 'parcel', 'bag'].map((mail_class) => ({ mail_class, count: units.filter((unit) => (unit.service_class ?? 'bag') === mail_class).length + (more[mail_class] ?? 0) }));
}

const step = async (badge: string, kind: string, code: string, facts: object, more: object = {}): Promise<any> => ok(await world.post(badge, { kind, code, facts, ...more }));

async function approved(example: object = KT1_LETTER): Promise<string> {
  const code = await world.accepted(example);
  await step('CONTROLLER', 'approved', code, {});
  return code;
}
async function bagOf(codes: string[]): Promise<string> {
  const trip = ok(await world.call('POST', '/api/trips', { token: await world.as('SORTER'), body: { to_office_code: CENTRE, mail: 'kt1', route_level: 2, guard_requested: false } }));
  const bag = ok(await world.post('SORTER', { kind: 'bag_started', facts: { trip_id: trip.trip_id, manifest_bag: true } })).code as string;
  for (const code of codes) await step('SORTER', 'bagged', code, { bag_code: bag });
  return bag;
}

test('opening + in - out = closing over two shifts, by count, weight and class; what is in a bag is counted as the bag', async () => {
  const first = await approved();
  await approved(PARCEL);
  expectRefusal(await close(), 'blind_count_needed', 409);
  const counted = await stock();
  expect(counted).toEqual([{ mail_class: 'kt1', count: 1 }, { mail_class: 'parcel', count: 1 }, { mail_class: 'bag', count: 0 }]);
  expect(ok(await blind([{ mail_class: 'kt1', count: 1, weight_g: 182 }, { mail_class: 'parcel', count: 1 }])).attempts).toBe(1);
  const closed = ok(await close());
  expect(closed.handed_to).toBe(await world.personId('SHIFTHEAD2'));
  expect(line(closed, 'kt1')).toEqual({ mail_class: 'kt1', blind_count: 1, blind_weight_g: 182, blind_differs: false, opening_count: 0, in_count: 1, out_count: 0, closing_count: 1, opening_weight_g: 0, in_weight_g: 182, out_weight_g: 0, closing_weight_g: 182 });
  expectRefusal(await blind([]), 'no_open_shift', 409);

  await openShift('SHIFTHEAD2');
  const second = await approved();
  await bagOf([first]);
  await step('CONTROLLER', 'corrected', second, { corrects: await lastCheckpoint(second), reason_code: 'typing_error', weight_g: 200 });
  ok(await blind([{ mail_class: 'kt1', count: 1 }, { mail_class: 'parcel', count: 1 }, { mail_class: 'bag', count: 1 }], 'SHIFTHEAD2'));
  const again = ok(await close({}, 'SHIFTHEAD2', 'SHIFTHEAD'));
  expect(line(again, 'kt1')).toMatchObject({ opening_count: 1, in_count: 1, out_count: 1, closing_count: 1, opening_weight_g: 182, closing_weight_g: 200 });
  expect(line(again, 'bag')).toMatchObject({ opening_count: 0, in_count: 1, out_count: 0, closing_count: 1 });
  expect(line(again, 'parcel')).toMatchObject({ opening_count: 1, in_count: 0, out_count: 0, closing_count: 1, opening_weight_g: 2350, closing_weight_g: 2350 });
  const kept = await world.root.selectFrom('shift_stock').innerJoin('unit', 'unit.unit_id', 'shift_stock.unit_id').select('unit.code').where('shift_id', '=', again.shift_id).execute();
  expect(kept.map((row) => row.code)).not.toContain(first);
  expect(kept).toHaveLength(3);
});

async function lastCheckpoint(code: string): Promise<string> {
  const chain = await world.call('GET', `/api/items/${code}/chain`, { token: await world.as('CLERK') });
  return chain.body.checkpoints.at(-1).checkpoint_id;
}

test('the giver is not told the figure; a count that differs is noted as such and needs a reason', async () => {
  await approved();
  ok(await blind(await stock({ kt1: 6 })));
  const refused = await close();
  expectRefusal(refused, 'blind_count_differs', 409);
  expect(refused.body.facts).toEqual({ count: 1 });
  expectRefusal(await close({ forced_reason_code: 'no_such_reason' }), 'unknown_reason', 422);
  const again = ok(await blind(await stock({ kt1: 4 })));
  expect(again.attempts).toBe(2);
  const closed = ok(await close({ forced_reason_code: 'truck_leaves' }));
  const { blind_count, closing_count, blind_differs } = line(closed, 'kt1');
  expect([blind_count - closing_count, blind_differs]).toEqual([4, true]);
  const shift = await world.root.selectFrom('shift').select(['closed_by', 'handed_to', 'forced_reason_code', 'blind_attempts']).where('shift_id', '=', again.shift_id).executeTakeFirstOrThrow();
  expect(shift).toEqual({ closed_by: await world.personId('SHIFTHEAD'), handed_to: await world.personId('SHIFTHEAD2'), forced_reason_code: 'truck_leaves', blind_attempts: 2 });
});

test('what came or went after the count makes it stale', async () => {
  ok(await blind(await stock()));
  await approved();
  expectRefusal(await close(), 'blind_count_stale', 409);
  ok(await blind(await stock()));
  ok(await close());
});

test('both sign: a used, foreign or missing confirmation closes nothing, nor does somebody else’s count', async () => {
  ok(await blind(await stock()));
  expectRefusal(await close({}, 'SHIFTHEAD2', 'SHIFTHEAD'), 'blind_count_needed', 409);
  const token = await world.as('SHIFTHEAD');
  expectRefusal(await world.call('POST', '/api/shifts/current/close', { token, body: { confirmation: 'A'.repeat(43) } }), 'second_person_invalid', 403);
  const confirmation = await world.confirmation('SHIFTHEAD', 'SHIFTHEAD2', 'item.approve');
  expectRefusal(await world.call('POST', '/api/shifts/current/close', { token, body: { confirmation } }), 'second_person_invalid', 403);
  expectRefusal(await world.call('POST', '/api/shifts/current/close', { token: await world.as('CLERK'), body: { confirmation } }), 'not_permitted', 403);
});

test('of two closers at once one wins, and the next acceptance needs a new shift', async () => {
  ok(await blind(await stock()));
  const [a, b] = [await world.confirmation('SHIFTHEAD', 'SHIFTHEAD2', 'shift.open'), await world.confirmation('SHIFTHEAD', 'SHIFTHEAD2', 'shift.open')];
  const token = await world.as('SHIFTHEAD');
  const answers = await Promise.all([a, b].map((confirmation) => world.call('POST', '/api/shifts/current/close', { token, body: { confirmation } })));
  expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 409]);
  expectRefusal(answers.find((answer) => answer.status === 409) as Answer, 'no_open_shift', 409);
  expectRefusal(await world.post('CLERK', { ...KT1_LETTER, checkpoint_id: newId() }), 'no_open_shift', 409);
});

test('an offer without an answer, and a piece in the name of somebody who has left, keep the shift open', async () => {
  const code = await approved();
  const courier = await world.personId('COURIER');
  const offer = { to: { kind: 'person', ref: courier }, receiver_person_id: courier, lines: [{ code, condition: 'intact', seal_nos: [] }] };
  const { handover_id } = ok(await world.call('POST', '/api/handovers', { token: await world.as('CLERK'), body: offer }));
  ok(await blind(await stock()));
  expectRefusal(await close({ forced_reason_code: 'truck_leaves' }), 'shift_handover_waits', 409);
  await step('COURIER', 'handed_over', code, { handover_id, to: offer.to, condition: 'intact' });
  await world.root.updateTable('person_role').set({ valid_to: '2020-01-01' }).where('person_id', '=', courier).execute();
  expectRefusal(await close({ forced_reason_code: 'truck_leaves' }), 'shift_unit_in_no_hands', 409);
  await world.root.updateTable('person_role').set({ valid_to: null }).where('person_id', '=', courier).execute();
  ok(await close());
});

test('a bag in the middle of its count keeps the shift open; open differences need a reason', async () => {
  await world.hire('CENTREHEAD', 'shift_head', CENTRE);
  await world.hire('CENTREHEAD2', 'shift_head', CENTRE);
  ok(await world.call('POST', '/api/seals', { token: await world.as('SHIFTHEAD'), body: { prefix: 'NS', from: 1, count: 5, office_code: DONG_DANG } }));
  const code = await approved();
  const bag = await bagOf([code]);
  await step('SORTER', 'bag_sealed', bag, { seal_nos: ['NS000001'], item_count: 1, gross_g: 900, tare_g: 300, last_of_trip: true }, { confirmation: await world.confirmation('SORTER', 'CONTROLLER', 'bag.make') });
  const { trip_id } = await world.root.selectFrom('bag').innerJoin('unit', 'unit.unit_id', 'bag.unit_id').select('bag.trip_id').where('unit.code', '=', bag).executeTakeFirstOrThrow();
  ok(await world.call('PUT', `/api/trips/${trip_id}/vehicle`, { token: await world.as('SHIFTHEAD'), body: { vehicle_no: '12A-0001', vehicle_dedicated: true, driver_person_id: await world.personId('DRIVER') } }));
  await step('SHIFTHEAD', 'bag_departed', bag, { vehicle_no: '12A-0001' });
  await step('CENTREHEAD', 'bag_arrived', bag, {});
  await step('CENTREHEAD', 'bag_unsealed', bag, { opening_id: newId(), seal_nos: ['NS000001'], blind: true }, { confirmation: await world.confirmation('CENTREHEAD', 'CENTREHEAD2', 'bag.open') });
  ok(await blind([{ mail_class: 'bag', count: 1 }], 'CENTREHEAD'));
  expectRefusal(await close({ forced_reason_code: 'truck_leaves' }, 'CENTREHEAD', 'CENTREHEAD2'), 'shift_bag_counting', 409);
  await step('CENTREHEAD', 'counted', code, { bag_code: bag, condition: 'torn' });
  await step('CENTREHEAD', 'bag_emptied', bag, { forced_reason_code: 'truck_leaves' });
  ok(await blind([{ mail_class: 'kt1', count: 1 }], 'CENTREHEAD'));
  expectRefusal(await close({}, 'CENTREHEAD', 'CENTREHEAD2'), 'shift_differences_open', 409);
  const closed = ok(await close({ forced_reason_code: 'truck_leaves' }, 'CENTREHEAD', 'CENTREHEAD2'));
  expect(line(closed, 'bag')).toMatchObject({ in_count: 1, out_count: 1, closing_count: 0, in_weight_g: 900, out_weight_g: 900 });
  // The office that sent it: the letter came and left with its bag.
  ok(await blind(await stock()));
  const sent = ok(await close());
  expect(line(sent, 'kt1')).toMatchObject({ in_count: 1, out_count: 1 });
  expect(line(sent, 'bag')).toMatchObject({ in_count: 1, out_count: 1 });
});

test('a stock balances whatever way each piece went, and even when an entry came too late to be seen', () => {
  const piece = (n: number, weight_g = 100) => ({ unit_id: `u${n}`, mail_class: 'kt1' as const, weight_g });
  const entry = (n: number, here: boolean, received_at: number) =>
    ({ mail_class: 'kt1' as const, weight_g: 100, entry: { unit_id: `u${n}`, state: 'at_office', custodian: { kind: here ? 'person' : 'courier', ref: 'x' }, flags: [], claim: { office_code: DONG_DANG }, received_at } as unknown as Entry });
  // u1 stays and is found heavier, u2 leaves, u3 comes, u4 comes and leaves, u5 leaves and comes back, u6 came unseen, u7 left unseen.
  const { sums, moved_at } = balance(DONG_DANG, [piece(1), piece(2), piece(5), piece(7)], [piece(1, 130), piece(3), piece(5), piece(6)], [entry(2, false, 1), entry(3, true, 2), entry(4, true, 3), entry(4, false, 4), entry(5, false, 5), entry(5, true, 6), entry(1, true, 7)]);
  expect(sums.kt1).toEqual({ opening_count: 4, in_count: 4, out_count: 4, closing_count: 4, opening_weight_g: 400, in_weight_g: 430, out_weight_g: 400, closing_weight_g: 430 });
  expect(moved_at).toEqual([1, 2, 3, 4, 5, 6]);
});
