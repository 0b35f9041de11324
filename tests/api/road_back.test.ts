// The ways back: what returns through bags, comes back from a courier, never came, turns up again or is given up; and one PIN
// for a whole list.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeRoad } from '../support/road.ts';
import type { Road, Sent } from '../support/road.ts';
import { CENTRE, DONG_DANG, expectRefusal, newId, PIN } from '../support/world.ts';
import type { Answer } from '../support/world.ts';

let road: Road;
beforeAll(async () => {
  road = await makeRoad();
  for (const [badge, role, office] of [['COURIER2', 'courier', DONG_DANG], ['SHIFTHEAD2', 'shift_head', DONG_DANG], ['CENTRECOURIER', 'courier', CENTRE]] as const) await road.world.hire(badge, role, office);
  const dated = { valid_from: '2017-01-01', valid_to: null };
  await road.world.root.insertInto('reason').values([
    { reason_list: 'non_delivery', reason_code: 'sender_request', name_vi: 'x', name_en: 'x', evidence: [], ...dated },
    { reason_list: 'discrepancy', reason_code: 'bag_not_arrived', name_vi: 'x', name_en: 'x', evidence: [], ...dated },
  ]).execute();
});
afterAll(() => road.end());
afterEach(async () => void (await road.world.verify()));

const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const post = (badge: string, kind: string, code: string | undefined, facts: object = {}, more: object = {}): Promise<Answer> => road.post(0, badge, kind, code, facts, more);
const letters = (n: number): Promise<string[]> => road.approved(Array.from({ length: n }, () => ({})));
const toPerson = async (badge: string) => ({ kind: 'person', ref: await road.world.personId(badge) });
const differencesOf = async (code: string): Promise<any[]> => ok(await road.call(0, 'SORTER', 'GET', '/api/discrepancies?limit=200')).rows.filter((row: any) => row.code === code);

test('an item that lies in a bag is refused for another with the number of the first', async () => {
  const [code = ''] = await letters(1);
  const [one, two] = await road.openBags([[code], []]);
  const refused = await post('SORTER', 'bagged', code, { bag_code: two?.bag });
  expectRefusal(refused, 'other_bag', 409);
  expect(refused.body.facts).toMatchObject({ code, bag_code: one?.bag });
  // Within one flight too, before anything is written.
  const [fresh = ''] = await letters(1);
  const results = await road.batch('SORTER', [{ kind: 'bagged', code: fresh, facts: { bag_code: two?.bag } }, { kind: 'bagged', code: fresh, facts: { bag_code: one?.bag } }]);
  expect(results.map((r) => r.refusal)).toEqual([null, 'other_bag']);
});

test('what returns to its sender comes out of each bag as returning, and goes to nobody else', async () => {
  const [code = '', other = ''] = await letters(2);
  ok(await post('CONTROLLER', 'return_started', code, { reason_code: 'sender_request' }));
  const [open] = await road.openBags([[code]]);
  expect(ok(await post('SORTER', 'taken_out_of_bag', code, { bag_code: open?.bag, reason_code: 'wrong_direction' }))).toMatchObject({ state: 'returning' });
  const [sent] = (await road.sentBags([[code, other]])) as [Sent];
  await road.unseal(sent);
  const [back, plain] = await road.all('CENTRESORTER', [code, other].map((each) => ({ kind: 'counted', code: each, facts: { bag_code: sent.bag, condition: 'intact' } })));
  expect([back.state, plain.state]).toEqual(['returning', 'at_office']);
  ok(await road.call(0, 'CENTRECOURIER', 'POST', '/api/runs', {}));
  const courier = await road.world.personId('CENTRECOURIER');
  const confirmation = await road.world.confirmation('CENTRESORTER', 'CENTRECOURIER', 'item.deliver');
  expectRefusal(await post('CENTRESORTER', 'signed_out', code, { courier_person_id: courier }, { confirmation }), 'wrong_state', 409);
  expect(ok(await post('CENTRECONTROLLER', 'returned', code))).toMatchObject({ state: 'returned', custodian: { kind: 'sender' } });
});

test('what control refused changes hands at its office, and is put in no vehicle', async () => {
  const [code = ''] = await road.accepted([{}]);
  ok(await post('CONTROLLER', 'approval_refused', code, { reason_code: 'wrong_mark' }));
  const confirmation = () => road.world.confirmation('CLERK', 'CLERK1', 'custody.hand_over');
  expectRefusal(await post('CLERK', 'handed_over', code, { to: { kind: 'vehicle', ref: '12A-0001' }, condition: 'intact' }, { confirmation: await confirmation() }), 'wrong_state', 409);
  const to = await toPerson('CLERK1');
  expect(ok(await post('CLERK', 'handed_over', code, { to, condition: 'intact' }, { confirmation: await confirmation() }))).toMatchObject({ state: 'approval_refused', custodian: to });
});

test('a run is signed out with one PIN: a confirmation for each number, good for no other, and not twice', async () => {
  const codes = await letters(3);
  const [stranger = ''] = await letters(1);
  ok(await road.call(0, 'COURIER', 'POST', '/api/runs', {}));
  const courier_person_id = await road.world.personId('COURIER');
  const asked = { badge: 'COURIER', pin: PIN, permission: 'item.deliver' };
  const { confirmations } = ok(await road.call(0, 'CLERK', 'POST', '/api/session/second-person', { ...asked, codes }));
  expect(confirmations.map((c: any) => c.code)).toEqual(codes);
  const sign = (code: string | undefined, i: number) => ({ checkpoint_id: newId(), kind: 'signed_out', code, facts: { courier_person_id }, confirmation: confirmations[i].confirmation });
  const answer = ok(await road.call(0, 'CLERK', 'POST', '/api/checkpoints/batch', { checkpoints: [sign(stranger, 0), sign(codes[1], 0), sign(codes[0], 0), sign(codes[1], 1), sign(codes[1], 1)] }));
  expect(answer.results.map((r: any) => r.problem?.refusal ?? r.receipt.state)).toEqual(['second_person_invalid', 'second_person_invalid', 'with_courier', 'with_courier', 'second_person_invalid']);
  expectRefusal(await road.call(0, 'CLERK', 'POST', '/api/session/second-person', { ...asked, badge: 'CLERK', codes }), 'same_person', 403);
  expectRefusal(await road.call(0, 'CLERK', 'POST', '/api/session/second-person', { ...asked, codes: [] }), 'invalid_input', 422);
  // A confirmation for a list closes no shift.
  const [one] = ok(await road.call(0, 'SHIFTHEAD', 'POST', '/api/session/second-person', { badge: 'SHIFTHEAD2', pin: PIN, permission: 'shift.open', codes })).confirmations;
  ok(await road.call(0, 'SHIFTHEAD', 'POST', '/api/shifts/current/blind-count', { lines: [] }));
  expectRefusal(await road.call(0, 'SHIFTHEAD', 'POST', '/api/shifts/current/close', { confirmation: one.confirmation }), 'second_person_invalid', 403);

  // Rain: the courier brings one back untried and gives the other to a colleague.
  const [first = '', second = ''] = codes;
  const to = await toPerson('SORTER');
  expectRefusal(await post('COURIER', 'handed_over', first, { to: { kind: 'agency', ref: 'CA-LS' }, condition: 'intact' }, { confirmation: await road.world.confirmation('COURIER', 'SORTER', 'custody.hand_over') }), 'wrong_state', 409);
  expect(ok(await post('COURIER', 'handed_over', first, { to, condition: 'intact' }, { confirmation: await road.world.confirmation('COURIER', 'SORTER', 'custody.hand_over') }))).toMatchObject({ state: 'at_office', custodian: to });
  const colleague = { kind: 'courier', ref: await road.world.personId('COURIER2') };
  expect(ok(await post('COURIER', 'handed_over', second, { to: colleague, condition: 'intact' }, { confirmation: await road.world.confirmation('COURIER', 'COURIER2', 'custody.hand_over') }))).toMatchObject({ state: 'with_courier', custodian: colleague });
  const { run_id } = ok(await road.call(0, 'COURIER', 'GET', '/api/runs/mine'));
  ok(await road.call(0, 'COURIER', 'POST', `/api/runs/${run_id}/close`, {}));
});

test('a bag that never came: said by the office it was for, a record between the two, settled when it comes', async () => {
  const [lost = '', found = '', late = ''] = await letters(3);
  const [bag] = (await road.sealedBags([[lost, found, late]])) as [Sent];
  const missing = { bag_code: bag.bag, reason_code: 'bag_not_arrived' };
  ok(await post('SHIFTHEAD', 'bag_departed', bag.bag, { vehicle_no: '12A-0001' }));
  expectRefusal(await post('SORTER', 'missing', bag.bag, missing), 'wrong_office', 403);
  expectRefusal(await post('CENTRESORTER', 'missing', bag.bag, { ...missing, reason_code: 'no_such_reason' }), 'unknown_reason', 422);
  expectRefusal(await post('CENTRESORTER', 'missing', lost, missing), 'not_counting', 409);
  expect(ok(await post('CENTRESORTER', 'missing', bag.bag, missing))).toMatchObject({ state: 'missing', custodian: { kind: 'vehicle' } });
  expectRefusal(await post('CENTRESORTER', 'missing', bag.bag, missing), 'wrong_state', 409);
  expect(await differencesOf(bag.bag)).toMatchObject([{ discrepancy_kind: 'missing', state: 'open', office_found: CENTRE, office_asked: DONG_DANG, hint: `${bag.gross_g} g` }]);
  // With it what was in it; nothing else.
  const [stranger = ''] = await letters(1);
  expectRefusal(await post('CENTRESORTER', 'missing', stranger, missing), 'not_in_bag', 409);
  for (const code of [lost, found]) expect(ok(await post('CENTRESORTER', 'missing', code, missing))).toMatchObject({ state: 'missing', custodian: { kind: 'bag' } });

  expect(ok(await post('SORTER', 'found_again', stranger))).toMatchObject({ state: 'approved', flags: ['out_of_order'] });
  expect(ok(await post('CENTRESORTER', 'found_again', found))).toMatchObject({ state: 'at_office', flags: [], custodian: await toPerson('CENTRESORTER') });
  expectRefusal(await post('LEADER', 'lost', lost, { record_no: '04/BB' }), 'second_person_needed', 403);
  expect(ok(await post('LEADER', 'lost', lost, { record_no: '04/BB' }, { confirmation: await road.world.confirmation('LEADER', 'CONTROLLER', 'item.approve') }))).toMatchObject({ state: 'lost', custodian: { kind: 'nobody' } });

  // Days later it stands at the door.
  expect(ok(await post('CENTRESORTER', 'bag_arrived', bag.bag))).toMatchObject({ state: 'arrived', flags: [] });
  expect(await differencesOf(bag.bag)).toMatchObject([{ state: 'decided', decision_reason_code: 'bag_came_late' }]);
  expectRefusal(await post('CENTRESORTER', 'missing', bag.bag, missing), 'wrong_state', 409);
  await road.unseal(bag);
  const [counted] = await road.all('CENTRESORTER', [{ kind: 'counted', code: late, facts: { bag_code: bag.bag, condition: 'intact' } }]);
  expect(counted).toMatchObject({ state: 'at_office', flags: [] });
});

test('a seal read on its bag and found intact is verified in the register; any other is flagged and is not', async () => {
  const [bag] = (await road.sentBags([[]])) as [Sent];
  const verified = async () => (await road.world.root.selectFrom('seal').select('verified_at').where('seal_no', '=', bag.seal_no).executeTakeFirstOrThrow()).verified_at;
  expect(ok(await post('CENTRESORTER', 'seal_checked', bag.bag, { seal_no: bag.seal_no, found: 'broken' })).flags).toEqual(['seal_differs']);
  expect(await verified()).toBeNull();
  expect(ok(await post('CENTRESORTER', 'seal_checked', bag.bag, { seal_no: bag.seal_no, found: 'intact' })).flags).toEqual([]);
  expect(await verified()).not.toBeNull();
});

test('sorting is a fact: it moves nothing', async () => {
  const [code = ''] = await letters(1);
  expect(ok(await post('SORTER', 'sorted', code, { direction_office_code: CENTRE }))).toMatchObject({ state: 'approved', custodian: { kind: 'person' } });
});
