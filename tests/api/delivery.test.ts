// Delivery through the HTTP API: runs, attempts with evidence, who may receive, call notices, returns, what nobody claims.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { civilDate } from '../../src/base/time.ts';
import { addWorkingDays, authoritiesFor, compareForDelivery, daysOf, minutesOf, monthsOf, workingDaysBetween } from '../../src/domain/delivery.ts';
import type { Priority } from '../../src/domain/delivery.ts';
import type { Secrecy, ServiceClass, Urgency } from '../../src/domain/service.ts';
import { CENTRE, DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

const DAY = 86_400_000;
const dated = { valid_from: '2017-01-01', valid_to: null };
const CARD = { receiver_authority: 'card', receiver_card_no: 'TU-0001' };
let world: World;
let courier: string;
/** The bag that is being counted at the centre: what is scanned into it comes back from wherever it was said to be. */
let counting = '';
const badges = new Set<string>();

beforeAll(async () => {
  world = await makeWorld();
  for (const [badge, role] of [['CENTRESORTER', 'sorter'], ['CENTRECONTROLLER', 'controller'], ['CENTREHEAD', 'shift_head'], ['CENTRECOURIER', 'courier'], ['CENTRECOURIER2', 'courier'], ['CENTREDUTY', 'duty_officer']] as const) await world.hire(badge, role, CENTRE);
  courier = await world.personId('CENTRECOURIER');
  const evidence = { no_authorised_receiver: ['call'], damaged_cover: ['photo', 'paper'], closed: ['photo'], refused: ['witness'], not_collected: ['paper'] };
  await world.root.insertInto('reason').values(Object.entries(evidence).map(([reason_code, kinds]) => ({ reason_list: 'non_delivery', reason_code, name_vi: reason_code, name_en: reason_code, evidence: kinds, ...dated }))).execute();
  await world.root.insertInto('office').values({ office_code: '240900', name_vi: 'Bưu cục không KT1', office_level: 'office', parent_code: CENTRE, unit_code: 'LS', postal_code: '25000', address: 'Số 9', always_open: false, kt1_point: false, ...dated }).execute();
  const limit = { subject_vi: 'x', subject_en: 'x', trigger_event: 'x', citation: 'test', ...dated };
  await world.root.insertInto('time_limit').values([
    { limit_code: 'TL06', duration: 'PT15M', status: 'operator_rule', ...limit },
    { limit_code: 'TL08', duration: 'P2D', amount: 2, status: 'seen', ...limit },
    { limit_code: 'TL09', duration: 'P6M', status: 'seen', ...limit },
  ]).execute();
  const receiver = { body_code: 'LS-TU', may_send: false, may_receive: true, ...dated };
  await world.root.insertInto('authorised_person').values([
    { card_no: 'TU-0001', full_name: 'Lê Thị Mẫu', ...receiver },
    { ...receiver, card_no: 'TU-0002', full_name: 'Vi Văn Mẫu', may_receive: false, may_send: true },
  ]).execute();
  ok(await call('CENTRECOURIER', 'POST', '/api/runs', {}));
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const call = async (badge: string, method: string, path: string, body?: unknown): Promise<Answer> => {
  badges.add(badge);
  return world.call(method, path, { token: await world.as(badge), body });
};
const post = async (badge: string, kind: string, code: string, facts: object = {}, more: object = {}): Promise<Answer> => {
  badges.add(badge);
  return world.post(badge, { kind, code, facts, ...more });
};
/** Days go by; everybody has to sign in again. */
function later(ms: number): void {
  world.advance(ms);
  for (const badge of [...badges, 'CLERK', 'CONTROLLER', 'CENTREDUTY']) world.forget(badge);
}

type Letter = { secrecy?: string; urgency?: string; appointed_at?: string; personal_mark?: boolean; addressee?: object };
async function accepted(letter: Letter = {}): Promise<string> {
  const { secrecy = 'B', urgency = 'NONE', appointed_at, personal_mark = false, addressee = KT1_LETTER.facts.addressee } = letter;
  const facts = {
    ...KT1_LETTER.facts, addressee,
    service: { ...KT1_LETTER.facts.service, secrecy, urgency, ...(appointed_at === undefined ? {} : { appointed_at }) },
    checklist: { ...KT1_LETTER.facts.checklist, outer_mark: secrecy, envelope_layers: secrecy === 'A' ? 2 : 1, personal_mark },
  };
  return world.accepted({ kind: 'accepted', facts });
}

const handOver = async (from: string, to: string, code: string): Promise<any> =>
  ok(await post(from, 'handed_over', code, { to: { kind: 'person', ref: await world.personId(to) }, condition: 'intact' }, { confirmation: await world.confirmation(from, to, 'custody.hand_over') }));

/** An item in the hands of the centre's sorter. */
async function atCentre(code: string): Promise<string> {
  ok(await post('CONTROLLER', 'approved', code));
  await handOver('CLERK', 'DRIVER', code);
  // The driver reaches the centre: the sorter takes over there from the vehicle.
  const { handover_id } = ok(await call('DRIVER', 'POST', '/api/handovers', { to: { kind: 'person', ref: await world.personId('CENTRESORTER') }, receiver_person_id: await world.personId('CENTRESORTER'), lines: [{ code, condition: 'intact', seal_nos: [] }] }));
  ok(await post('CENTRESORTER', 'handed_over', code, { handover_id, to: { kind: 'person', ref: await world.personId('CENTRESORTER') }, condition: 'intact' }));
  return code;
}
const signOut = async (code: string, more: { by?: string; courier?: string } = {}): Promise<Answer> => {
  const { by = 'CENTRESORTER', courier: second = 'CENTRECOURIER' } = more;
  return post(by, 'signed_out', code, { courier_person_id: courier }, { confirmation: await world.confirmation(by, second, 'item.deliver') });
};
const goesOut = async (accepting: Promise<string>): Promise<string> => ok(await signOut(await atCentre(await accepting))).code as string;
const out = (letter: Letter = {}): Promise<string> => goesOut(accepted(letter));
const parcelOut = (): Promise<string> => goesOut(world.accepted(PARCEL));
const attempt = (code: string, reason_code = 'closed', evidence: string[] = ['photo']): Promise<Answer> => post('CENTRECOURIER', 'attempted', code, { reason_code, evidence });
const deliver = (code: string, facts: object = CARD): Promise<Answer> => post('CENTRECOURIER', 'delivered', code, facts);
const rowsOf = async (code: string) => world.root.selectFrom('run_item').innerJoin('unit', 'unit.unit_id', 'run_item.item_id').select(['run_item.result', 'run_item.position']).where('unit.code', '=', code).orderBy('run_item.position').execute();

/** An approved letter that comes to the centre in a sealed bag and is counted there. */
async function countedAtCentre(): Promise<string> {
  const code = await accepted();
  ok(await post('CONTROLLER', 'approved', code));
  ok(await call('SHIFTHEAD', 'POST', '/api/seals', { prefix: 'PH', from: 1, count: 1, office_code: DONG_DANG }));
  const { trip_id } = ok(await call('SORTER', 'POST', '/api/trips', { to_office_code: CENTRE, mail: 'kt1', route_level: 2, guard_requested: false }));
  const bag = ok(await world.post('SORTER', { kind: 'bag_started', facts: { trip_id, manifest_bag: true } })).code as string;
  ok(await post('SORTER', 'bagged', code, { bag_code: bag }));
  ok(await post('SORTER', 'bag_sealed', bag, { seal_nos: ['PH000001'], item_count: 1, gross_g: 500, tare_g: 300, last_of_trip: true }, { confirmation: await world.confirmation('SORTER', 'CONTROLLER', 'bag.make') }));
  ok(await call('SHIFTHEAD', 'PUT', `/api/trips/${trip_id}/vehicle`, { vehicle_no: '12A-0001', vehicle_dedicated: true, driver_person_id: await world.personId('DRIVER') }));
  ok(await post('SHIFTHEAD', 'bag_departed', bag, { vehicle_no: '12A-0001' }));
  ok(await post('CENTRESORTER', 'bag_arrived', bag));
  ok(await post('CENTRESORTER', 'bag_unsealed', bag, { opening_id: newId(), seal_nos: ['PH000001'], blind: false }, { confirmation: await world.confirmation('CENTRESORTER', 'CENTRECONTROLLER', 'bag.open') }));
  ok(await post('CENTRESORTER', 'counted', code, { bag_code: bag, condition: 'intact' }));
  counting = bag;
  return code;
}

test('a letter counted in at the centre is signed out to a courier and delivered against a card; the sender gets advice without names', async () => {
  const code = await countedAtCentre();
  expectRefusal(await call('CLERK', 'GET', `/api/items/${code}/advice`), 'not_delivered', 409);
  expect(ok(await signOut(code))).toMatchObject({ state: 'with_courier', custodian: { kind: 'courier', ref: courier }, flags: [] });
  expect(ok(await deliver(code))).toMatchObject({ state: 'delivered', custodian: { kind: 'addressee', ref: 'LS-TU' }, flags: [] });
  expect((await rowsOf(code)).map((row) => row.result)).toEqual(['delivered']);
  const advice = ok(await call('CLERK', 'GET', `/api/items/${code}/advice`));
  expect(advice).toMatchObject({ code, office_code: CENTRE, body_code: 'LS-TU', body_name_vi: 'Tỉnh ủy Lạng Sơn', receiver_authority: 'card', receiver_name: null });
  expectRefusal(await deliver(code), 'wrong_state', 409);
  expectRefusal(await call('CLERK', 'GET', '/api/items/BK000000001VX/advice'), 'unknown_unit', 404);
  const plain = await out({ secrecy: 'NONE' });
  ok(await deliver(plain));
  expect(ok(await call('CLERK', 'GET', `/api/items/${plain}/advice`)).receiver_name).toBe('Lê Thị Mẫu');
});

test('an item goes out only from its holder, to a courier who confirms and has an open run here', async () => {
  const code = await atCentre(await accepted());
  expectRefusal(await post('CENTRESORTER', 'signed_out', code, { courier_person_id: courier }), 'second_person_needed', 403);
  expectRefusal(await signOut(code, { courier: 'CENTRECOURIER2' }), 'invalid_input', 422);
  expectRefusal(await signOut(code, { by: 'CENTRECLERK' }), 'not_yours', 403);
  const second = await world.personId('CENTRECOURIER2');
  const confirmation = await world.confirmation('CENTRESORTER', 'CENTRECOURIER2', 'item.deliver');
  expectRefusal(await post('CENTRESORTER', 'signed_out', code, { courier_person_id: second }, { confirmation }), 'no_open_run', 409);
  expectRefusal(await call('CENTRECOURIER2', 'GET', '/api/runs/mine'), 'no_open_run', 409);
  // A run of another office is none here.
  ok(await call('COURIER', 'POST', '/api/runs', {}));
  const abroad = await world.personId('COURIER');
  await world.root.insertInto('person_role').values({ person_id: abroad, role: 'courier', office_code: CENTRE, valid_from: '2017-01-01' }).execute();
  expectRefusal(await post('CENTRESORTER', 'signed_out', code, { courier_person_id: abroad }, { confirmation: await world.confirmation('CENTRESORTER', 'COURIER', 'item.deliver') }), 'no_open_run', 409);
  expect(await rowsOf(code)).toEqual([]);
  ok(await signOut(code));
  expectRefusal(await post('CENTRECOURIER2', 'delivered', code, CARD), 'not_yours', 403);
  expectRefusal(await call('CENTRESORTER', 'POST', '/api/runs', {}), 'not_permitted', 403);
  // An address of another office: it may go out, and is flagged.
  const stray = await atCentre(await world.accepted({ ...PARCEL, facts: { ...PARCEL.facts, destination_office_code: DONG_DANG } }));
  expect(ok(await signOut(stray)).flags).toEqual(['mis_sent']);
});

test('a held item neither goes out nor is delivered', async () => {
  const code = await atCentre(await accepted());
  const hold = async (): Promise<string> => ok(await post('CENTRECONTROLLER', 'held', code, { reason_code: 'random_check' })).checkpoint_id;
  const release = async (hold_checkpoint_id: string): Promise<any> => ok(await post('CENTREDUTY', 'hold_released', code, { hold_checkpoint_id, reason_code: 'random_check' }));
  const first = await hold();
  expectRefusal(await signOut(code), 'held', 409);
  await release(first);
  ok(await signOut(code));
  const second = await hold();
  expectRefusal(await deliver(code), 'held', 409);
  await release(second);
  ok(await deliver(code));
});

test('an attempt is stored with the evidence its reason needs, and not without', async () => {
  const code = await out();
  expectRefusal(await attempt(code, 'out_to_lunch', []), 'unknown_reason', 422);
  const bare = await attempt(code, 'damaged_cover', ['photo']);
  expectRefusal(bare, 'evidence_missing', 422);
  expect(bare.body.facts.evidence).toBe('paper');
  expect((await rowsOf(code)).map((row) => row.result)).toEqual([null]);
  expect(ok(await attempt(code, 'damaged_cover', ['photo', 'paper']))).toMatchObject({ state: 'attempted', custodian: { kind: 'courier', ref: courier }, flags: [] });
  const other = await out();
  expect(ok(await post('CENTRECOURIER2', 'attempted', other, { reason_code: 'closed', evidence: ['photo'] })).flags).toEqual(['not_holder']);
});

test('marked mail takes a card or PIN of an authorised receiver; no paper, no guard, no neighbour', async () => {
  const code = await out({ secrecy: 'A' });
  for (const receiver_authority of ['guard', 'neighbour']) expectRefusal(await deliver(code, { receiver_authority }), 'invalid_input', 422);
  for (const receiver_authority of ['letter_of_introduction', 'authorisation', 'addressee_in_person']) {
    expectRefusal(await deliver(code, { ...CARD, receiver_authority, authority_no: '12/GGT' }), 'authority_not_enough', 403);
  }
  expectRefusal(await deliver(await out({ secrecy: 'B' }), { ...CARD, receiver_authority: 'letter_of_introduction', authority_no: '12/GGT' }), 'authority_not_enough', 403);
  expectRefusal(await deliver(code, { receiver_authority: 'card' }), 'receiver_not_authorised', 403);
  expectRefusal(await deliver(code, { receiver_authority: 'card', receiver_card_no: 'TU-0002' }), 'receiver_not_authorised', 403);
  expectRefusal(await deliver(code, { receiver_authority: 'card', receiver_card_no: 'DD-0001' }), 'receiver_not_authorised', 403);
  expectRefusal(await deliver(code, { receiver_authority: 'card', receiver_card_no: 'DD-0001', receiver_body_code: 'LS-UBND-DD' }), 'receiver_not_authorised', 403);
  ok(await deliver(code, { ...CARD, receiver_authority: 'pin', receiver_body_code: 'LS-TU' }));
});

test('C and plain KT1 also go against a numbered paper', async () => {
  const code = await out({ secrecy: 'C' });
  expectRefusal(await deliver(code, { receiver_authority: 'letter_of_introduction' }), 'invalid_input', 422);
  expectRefusal(await deliver(code, { receiver_authority: 'letter_of_introduction', authority_no: '12/GGT', receiver_card_no: 'TU-0002' }), 'receiver_not_authorised', 403);
  ok(await deliver(code, { receiver_authority: 'letter_of_introduction', authority_no: '12/GGT' }));
});

test('what only the person named may open goes to that person; when hỏa tốc, to the head by a numbered authorisation', async () => {
  const named = await out({ personal_mark: true });
  expectRefusal(await deliver(named), 'authority_not_enough', 403);
  expectRefusal(await deliver(named, { ...CARD, receiver_authority: 'authorisation', authority_no: '3/UQ' }), 'authority_not_enough', 403);
  ok(await deliver(named, { ...CARD, receiver_authority: 'addressee_in_person' }));
  const urgent = await out({ personal_mark: true, urgency: 'HOA_TOC' });
  expectRefusal(await deliver(urgent, { ...CARD, receiver_authority: 'authorisation' }), 'invalid_input', 422);
  expectRefusal(await deliver(urgent, { receiver_authority: 'authorisation', authority_no: '3/UQ' }), 'receiver_not_authorised', 403);
  ok(await deliver(urgent, { ...CARD, receiver_authority: 'authorisation', authority_no: '3/UQ' }));
});

test('KT1 addressed by postal code goes to a body of the same delivery office, and to no other', async () => {
  const code = await out({ addressee: { postal_code: '25000', destination_office_code: CENTRE } });
  expectRefusal(await deliver(code), 'receiver_not_authorised', 403);
  expectRefusal(await deliver(code, { receiver_authority: 'card', receiver_card_no: 'DD-0001', receiver_body_code: 'LS-UBND-DD' }), 'receiver_not_authorised', 403);
  expect(ok(await deliver(code, { ...CARD, receiver_body_code: 'LS-TU' })).custodian.ref).toBe('LS-TU');
});

test('hẹn giờ outside the loaded tolerance is flagged, inside it is not', async () => {
  const at = (ms: number): string => new Date(world.clock() + ms).toISOString();
  const [onTime, late] = [await out({ urgency: 'HEN_GIO', appointed_at: at(60_000) }), await out({ urgency: 'HEN_GIO', appointed_at: at(3_600_000) })];
  expect(ok(await deliver(onTime)).flags).toEqual([]);
  expect(ok(await deliver(late)).flags).toEqual(['not_on_time']);
});

test('two notices of one flight are counted as two, and the second is too early', async () => {
  const code = await parcelOut();
  const notice = (notice_no: number) => ({ checkpoint_id: newId(), kind: 'call_notice_left', code, facts: { notice_no } });
  const { results } = ok(await call('CENTRECOURIER', 'POST', '/api/checkpoints/batch', { checkpoints: [notice(1), notice(1), notice(2)] }));
  expect(results.map((r: any) => r.problem?.refusal ?? r.receipt.kind)).toEqual(['call_notice_left', 'invalid_input', 'too_early']);
});

test('items signed out in one flight take places one after another; one confirmation serves one item', async () => {
  const codes = [await atCentre(await accepted()), await atCentre(await accepted())];
  const confirmations = [await world.confirmation('CENTRESORTER', 'CENTRECOURIER', 'item.deliver'), await world.confirmation('CENTRESORTER', 'CENTRECOURIER', 'item.deliver')];
  const sign = (i: number, j: number) => ({ checkpoint_id: newId(), kind: 'signed_out', code: codes[i], facts: { courier_person_id: courier }, confirmation: confirmations[j] });
  const { results } = ok(await call('CENTRESORTER', 'POST', '/api/checkpoints/batch', { checkpoints: [sign(0, 0), sign(1, 0), sign(1, 1)] }));
  expect(results.map((r: any) => r.problem?.refusal ?? r.receipt.state)).toEqual(['with_courier', 'second_person_invalid', 'with_courier']);
  const [first, second] = [await rowsOf(codes[0] ?? ''), await rowsOf(codes[1] ?? '')];
  expect([first.length, second.length, (second[0]?.position ?? 0) - (first[0]?.position ?? 0)]).toEqual([1, 1, 1]);
});

test('a run lists the most urgent first and does not close while the courier holds anything', async () => {
  const run = ok(await call('CENTRECOURIER', 'GET', '/api/runs/mine'));
  expectRefusal(await call('CENTRECOURIER', 'POST', '/api/runs', {}), 'run_already_open', 409);
  for (const item of run.items.filter((i: any) => i.state === 'with_courier' || i.state === 'attempted')) {
    if (item.state === 'with_courier') ok(await attempt(item.code));
    await handOver('CENTRECOURIER', 'CENTRESORTER', item.code);
  }
  expectRefusal(await call('CENTRECOURIER2', 'POST', `/api/runs/${run.run_id}/close`, {}), 'no_open_run', 409);
  ok(await call('CENTRECOURIER', 'POST', `/api/runs/${run.run_id}/close`, {}));
  expectRefusal(await call('CENTRECOURIER', 'POST', `/api/runs/${run.run_id}/close`, {}), 'no_open_run', 409);
  const { run_id } = ok(await call('CENTRECOURIER', 'POST', '/api/runs', {}));

  const [plain, c, urgent] = [await out({ secrecy: 'NONE' }), await out({ secrecy: 'C' }), await out({ secrecy: 'NONE', urgency: 'HOA_TOC' })];
  const list = ok(await call('CENTRECOURIER', 'GET', '/api/runs/mine'));
  expect(list.items.map((i: any) => i.code)).toEqual([urgent, c, plain]);
  ok(await deliver(urgent));
  ok(await deliver(c));
  const open = await call('CENTRECOURIER', 'POST', `/api/runs/${run_id}/close`, {});
  expectRefusal(open, 'run_not_empty', 409);
  expect(open.body.facts.count).toBe(1);
  ok(await attempt(plain));
  expect(ok(await call('CENTRECOURIER', 'GET', '/api/runs/mine')).to_bring_back).toEqual([plain]);
  expectRefusal(await call('CENTRECOURIER', 'POST', `/api/runs/${run_id}/close`, {}), 'run_not_empty', 409);
  await handOver('CENTRECOURIER', 'CENTRESORTER', plain);
  // Out again on the same run, and back again.
  ok(await signOut(plain));
  ok(await attempt(plain));
  await handOver('CENTRECOURIER', 'CENTRESORTER', plain);
  // One turns up in a count and goes out again; another turns up and stays; one is with another courier now.
  const [again, back] = [await out(), await out()];
  for (const code of [again, back]) ok(await post('CENTRESORTER', 'counted', code, { bag_code: counting, condition: 'intact' }));
  ok(await signOut(again));
  ok(await deliver(again));
  ok(await call('CENTRECOURIER2', 'POST', '/api/runs', {}));
  const other = await world.personId('CENTRECOURIER2');
  ok(await post('CENTRESORTER', 'signed_out', plain, { courier_person_id: other }, { confirmation: await world.confirmation('CENTRESORTER', 'CENTRECOURIER2', 'item.deliver') }));
  ok(await call('CENTRECOURIER', 'POST', `/api/runs/${run_id}/close`, {}));
  const results = await Promise.all([plain, again, back].map(async (code) => (await rowsOf(code)).map((row) => row.result)));
  expect(results.map((list) => list.toSorted())).toEqual([['attempted', 'attempted', null], ['delivered', 'returned'], ['returned']]);
  ok(await call('CENTRECOURIER', 'POST', '/api/runs', {}));
});

test('ordinary mail goes back after two notices two working days apart, KT1 at once and without any', async () => {
  const code = await parcelOut();
  ok(await attempt(code));
  expectRefusal(await post('CENTRECONTROLLER', 'return_started', code, { reason_code: 'not_collected' }), 'not_yours', 403);
  await handOver('CENTRECOURIER', 'CENTRESORTER', code);
  const notice = (n: number): Promise<Answer> => post('CENTRECOURIER', 'call_notice_left', code, { notice_no: n });
  expectRefusal(await notice(2), 'invalid_input', 422);
  ok(await notice(1));
  const left_on = civilDate(world.clock());
  const early = await notice(2);
  expectRefusal(early, 'too_early', 409);
  expect(early.body.facts.first_on).toBe(addWorkingDays(left_on, 2, new Set()));
  const bring = await post('CENTRECONTROLLER', 'return_started', code, { reason_code: 'not_collected' });
  expectRefusal(bring, 'notices_needed', 409);
  expect(bring.body.facts).toMatchObject({ count: 1, needed: 2 });
  // A holiday on the day named puts it off.
  await world.root.insertInto('holiday').values({ holiday_on: early.body.facts.first_on, name_vi: 'Lễ', citation: 'test' }).execute();
  later(Date.parse(early.body.facts.first_on) - Date.parse(left_on));
  expectRefusal(await notice(2), 'too_early', 409);
  later(4 * DAY);
  ok(await notice(2));
  expectRefusal(await post('CENTRECONTROLLER', 'return_started', code, { reason_code: 'no_such_reason' }), 'unknown_reason', 422);
  expect(ok(await post('CENTRECONTROLLER', 'return_started', code, { reason_code: 'not_collected' }))).toMatchObject({ state: 'returning' });
  expect(ok(await post('CENTRECONTROLLER', 'returned', code))).toMatchObject({ state: 'returned', custodian: { kind: 'sender' } });

  // Nobody can have been invited before it was ever tried.
  const untried = await world.accepted(PARCEL);
  ok(await post('CONTROLLER', 'approved', untried));
  ok(await post('CONTROLLER', 'return_started', untried, { reason_code: 'not_collected' }));

  const refused = await parcelOut();
  ok(await attempt(refused, 'refused', ['witness']));
  await handOver('CENTRECOURIER', 'CENTRESORTER', refused);
  ok(await post('CENTRECONTROLLER', 'return_started', refused, { reason_code: 'refused' }));

  const kt1 = await out();
  ok(await attempt(kt1));
  expectRefusal(await post('CENTRECOURIER', 'call_notice_left', kt1, { notice_no: 1 }), 'not_for_kt1', 409);
  await handOver('CENTRECOURIER', 'CENTRESORTER', kt1);
  ok(await post('CENTRECONTROLLER', 'return_started', kt1, { reason_code: 'no_authorised_receiver' }));
});

test('the sender takes back or redirects what has not left; nobody does so from another office', async () => {
  const code = await accepted();
  expectRefusal(await post('CENTRECONTROLLER', 'withdrawn', code), 'not_yours', 403);
  expect(ok(await post('CONTROLLER', 'withdrawn', code))).toMatchObject({ state: 'withdrawn', custodian: { kind: 'sender' } });
  const away = await out();
  expectRefusal(await post('CENTRECONTROLLER', 'withdrawn', away), 'wrong_state', 409);
  const moved = await atCentre(await accepted());
  const to = { destination_office_code: DONG_DANG, postal_code: '25000' };
  expectRefusal(await post('CENTRECONTROLLER', 'redirected', moved, { ...to, destination_office_code: '999999' }), 'unknown_office', 422);
  expectRefusal(await post('CENTRECONTROLLER', 'redirected', moved, { ...to, destination_office_code: '240900' }), 'not_a_kt1_point', 403);
  expectRefusal(await post('CONTROLLER', 'redirected', moved, to), 'not_yours', 403);
  ok(await post('CENTRECONTROLLER', 'redirected', moved, to));
  expect(ok(await call('CLERK', 'GET', `/api/items/${moved}`)).destination_office_code).toBe(DONG_DANG);
});

test('what nobody claims for six months is declared so by two; marked mail never; without a loaded limit not at all', async () => {
  const [code, marked] = [await parcelOut(), await out({ secrecy: 'C' })];
  for (const tried of [code, marked]) {
    ok(await attempt(tried));
    await handOver('CENTRECOURIER', 'CENTRESORTER', tried);
  }
  const accepted_on = civilDate(world.clock());
  const declare = async (which: string): Promise<Answer> => post('CENTREDUTY', 'declared_unclaimed', which, {}, { confirmation: await world.confirmation('CENTREDUTY', 'CENTRECONTROLLER', 'item.approve') });
  expectRefusal(await post('CENTREDUTY', 'declared_unclaimed', code), 'second_person_needed', 403);
  const early = await declare(code);
  expectRefusal(early, 'too_early', 409);
  expectRefusal(await declare(marked), 'never_unclaimed', 403);
  later(Date.parse(early.body.facts.first_on) - Date.parse(accepted_on) - DAY);
  expectRefusal(await declare(code), 'too_early', 409);
  await world.root.updateTable('time_limit').set({ valid_to: '2018-01-01' }).where('limit_code', '=', 'TL09').execute();
  later(DAY);
  expectRefusal(await declare(code), 'limit_not_loaded', 409);
  await world.root.updateTable('time_limit').set({ valid_to: null }).where('limit_code', '=', 'TL09').execute();
  later(6_000);
  expect(ok(await declare(code))).toMatchObject({ state: 'unclaimed' });
  expectRefusal(await declare(marked), 'never_unclaimed', 403);
});

test('priority, authorities and working days are what the rules say', () => {
  const item = (service_class: ServiceClass, secrecy: Secrecy, urgency: Urgency, position = 1, appointed_at: number | null = null): Priority => ({ service_class, secrecy, urgency, position, appointed_at });
  const ordered = [
    item('kt1', 'NONE', 'HOA_TOC'), item('kt1', 'A', 'HEN_GIO', 9, 1), item('kt1', 'C', 'HEN_GIO', 2, 2), item('kt1', 'A', 'NONE'), item('kt1', 'B', 'NONE'), item('kt1', 'C', 'NONE'),
    item('kt1', 'NONE', 'NONE', 3), item('kt1', 'NONE', 'NONE', 4), item('letter', 'NONE', 'NONE', 1),
  ];
  expect(ordered.toReversed().toSorted(compareForDelivery)).toEqual(ordered);
  expect(authoritiesFor({ service_class: 'letter', secrecy: 'NONE', urgency: 'NONE', personal_mark: false })).not.toContain('card');
  expect([daysOf('P2D'), daysOf('P2M'), monthsOf('P6M'), monthsOf(null), minutesOf('PT15M'), minutesOf('PT1H30M'), minutesOf('PT0S'), minutesOf('PT')]).toEqual([2, null, 6, null, 15, 90, null, null]);
  // Friday 2021-02-05 to Monday 2021-02-22; Tết from the 10th to the 16th.
  const tet = new Set(['2021-02-10', '2021-02-11', '2021-02-12', '2021-02-15', '2021-02-16']);
  expect(workingDaysBetween('2021-02-05', '2021-02-08', tet)).toBe(1);
  expect(workingDaysBetween('2021-02-05', '2021-02-07', tet)).toBe(0);
  expect(workingDaysBetween('2021-02-09', '2021-02-17', tet)).toBe(1);
  for (let days = 1; days <= 10; days++) expect(workingDaysBetween('2021-02-05', addWorkingDays('2021-02-05', days, tet), tet)).toBe(days);
});
