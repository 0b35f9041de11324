// Acceptance at the counter, through the HTTP API on a real PostgreSQL: each rule of src/acts/accept.ts kept and broken.

import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES, SECRECIES, URGENCIES } from '../../src/domain/service.ts';
import { CENTRE, DONG_DANG, expectRefusal, HA_NOI, KT1_LETTER, makeWorld } from '../support/world.ts';
import { newId, PARCEL, PIN, preprinted } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
beforeAll(async () => void (world = await makeWorld()));
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const MARKS = ['A', 'B', 'C'];

/** A copy with a new id in which each path has its value; undefined: without it. */
function edited(example: object, changes: { [path: string]: unknown }): object {
  const copy: any = { ...structuredClone(example), checkpoint_id: newId() };
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    names.reduce((holder, name) => (holder[name] ??= {}), copy)[last] = value;
  }
  return copy;
}
const letter = (changes: { [path: string]: unknown } = {}) => edited(KT1_LETTER, changes);
const parcel = (changes: { [path: string]: unknown } = {}) => edited(PARCEL, changes);
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
/** A KT1 letter of this service with the outside that it must have. */
const kt1 = (secrecy: string, changes: object = {}, urgency = 'NONE', scope = 'INTRA'): object =>
  letter({
    'facts.service': { service_class: 'kt1', scope, secrecy, urgency },
    ...(urgency === 'HEN_GIO' ? { 'facts.service.appointed_at': inMinutes(60) } : {}),
    'facts.checklist.outer_mark': secrecy,
    'facts.checklist.envelope_layers': secrecy === 'A' ? 2 : 1,
    'facts.checklist.sealed': secrecy !== 'NONE',
    ...changes,
  });
const OVERRIDE = { override_reason_code: 'register_not_yet_updated' };
const override = (confirmation?: string) => letter({ 'facts.sender': OVERRIDE, confirmation });
const slip = (changes = {}) =>
  edited({ kind: 'acceptance_refused', facts: { service_class: 'parcel', reason_code: 'joint_check_refused' } }, changes);

async function left(): Promise<{ stored: number; kept: number }> {
  const { rows } = await sql<{ stored: number; kept: number }>`select (select count(*)::int from checkpoint) as stored,
    (select count(*)::int from refused_claim) as kept`.execute(world.root);
  return rows[0] ?? { stored: -1, kept: -1 };
}

/** Refused and nothing stored; once it was well-formed the attempt itself is kept. */
async function refused(badge: string, checkpoint: object, refusal: string, says = ''): Promise<void> {
  const before = await left();
  const answer = await world.post(badge, checkpoint);
  expectRefusal(answer, refusal);
  expect(answer.body.en).toContain(says);
  const { stored, kept } = await left();
  expect(stored).toBe(before.stored);
  if (refusal !== 'invalid_input') expect(kept).toBe(before.kept + 1);
}

async function stored(badge: string, checkpoint: object, receipt: object = {}): Promise<any> {
  const before = await left();
  const answer = await world.post(badge, checkpoint);
  expect(answer.status, answer.text).toBe(201);
  expect(answer.body).toMatchObject(receipt);
  expect(await left()).toEqual({ ...before, stored: before.stored + 1 });
  return answer.body;
}

const read = async (path: string): Promise<any> => (await world.call('GET', `/api/items/${path}`, { token: await world.as('CLERK') })).body;
const person = (badge: string) => world.root.selectFrom('person').select('person_id').where('badge', '=', badge).executeTakeFirstOrThrow();
const giveRole = async (badge: string, role: string, office_code: string): Promise<unknown> =>
  world.root
    .insertInto('person_role')
    .values({ ...(await person(badge)), role, office_code, valid_from: '2017-01-01' })
    .execute();

test('a KT1 B hỏa tốc letter and an ordinary parcel are accepted, and their chains read back', async () => {
  const made = await stored('CLERK', letter(), { code: 'BK000000014VN', unit_seq: 1, flags: [], prev_hash: null });
  await stored('CLERK', parcel(), { code: 'PA000000014VN', state: 'awaiting_approval' });
  const service = { secrecy: 'B', urgency: 'HOA_TOC', service_vi: 'KT1 B · Hỏa tốc', weight_g: 182 };
  expect(await read(made.code)).toMatchObject({ ...service, head_hash: made.hash });
  const checkpoints = [{ kind: 'accepted', linked: true, hash: made.hash }];
  expect(await read(`${made.code}/chain`)).toMatchObject({ complete: true, next_after_seq: null, checkpoints });
});

const SERVICES = Object.keys(SCOPES).flatMap((scope) =>
  Object.keys(SECRECIES).flatMap((secrecy) => Object.keys(URGENCIES).map((urgency) => ({ scope, secrecy, urgency }))),
);
test.each(SERVICES)('one of 24 accepted: KT1 $scope, mark $secrecy, urgency $urgency', async (service) => {
  const { code } = await stored('CLERK', kt1(service.secrecy, {}, service.urgency, service.scope));
  expect(await read(code)).toMatchObject({ service_class: 'kt1', ...service, joint_check: 'not_applicable' });
  expect(SERVICES).toHaveLength(24);
});

const liquid = [{ goods_class: 'liquid', paper_nos: [] }];
const papers = [{ goods_class: 'trade_goods', paper_nos: ['HD-12/2021'] }];
const elsewhere = (destination_office_code: string) => ({ 'facts.addressee': { postal_code: '10000', destination_office_code } });
// prettier-ignore
const LEGAL: [what: string, checkpoint: object][] = [
  ['hẹn giờ that the sender marked hỏa tốc too', kt1('C', { 'facts.service.sender_marked_hoa_toc': true }, 'HEN_GIO')],
  ['an item without a mark that is not sealed', kt1('NONE', { 'facts.checklist.sealed': false })],
  ['three envelopes where two are needed', kt1('A', { 'facts.checklist.envelope_layers': 3 })],
  ['an addressee outside the register, by postal code and office', letter(elsewhere(HA_NOI))],
  ['an ordinary letter without a joint check', parcel({ 'facts.service.service_class': 'letter', 'facts.joint_check': 'not_applicable' })],
  ['printed matter after a joint check', parcel({ 'facts.service.service_class': 'printed_matter' })],
  ['trade goods with papers', parcel({ 'facts.conditional_goods': papers })],
  ['liquids, which need no papers', parcel({ 'facts.conditional_goods': liquid })],
  ['a parcel for a known office', parcel({ 'facts.destination_office_code': HA_NOI })],
  ['a parcel with a pre-printed number', parcel({ code: preprinted(1, 'PD') })],
];
test.each(LEGAL)('accepted: %s', async (_, checkpoint) => void (await stored('CLERK', checkpoint)));

type Row = [what: string, checkpoint: object, refusal: string, says?: string];
// prettier-ignore
const ILLEGAL: Row[] = [
  ['an urgency that there is not', letter({ 'facts.service.urgency': 'HOA_TOC_HEN_GIO' }), 'invalid_input', '"facts.service.urgency"'],
  ['a mark that there is not', letter({ 'facts.service.secrecy': 'D' }), 'invalid_input', '"facts.service.secrecy"'],
  ['a scope that there is not', letter({ 'facts.service.scope': 'ABROAD' }), 'invalid_input', '"facts.service.scope"'],
  ['a service that there is not', parcel({ 'facts.service.service_class': 'telegram' }), 'invalid_input', '"facts.service.service_class"'],
  ['hẹn giờ without its time', kt1('B', { 'facts.service.appointed_at': undefined }, 'HEN_GIO'), 'invalid_input', '"facts.service.appointed_at"'],
  ['hẹn giờ in the past', kt1('B', { 'facts.service.appointed_at': inMinutes(-1) }, 'HEN_GIO'), 'invalid_input', 'time has passed'],
  ['a time on an item that is not hẹn giờ', letter({ 'facts.service.appointed_at': inMinutes(9) }), 'invalid_input', '"facts.service.appointed_at"'],
  ['a hỏa tốc flag on an item that is not hẹn giờ', letter({ 'facts.service.sender_marked_hoa_toc': true }), 'invalid_input', 'sender_marked_hoa_toc'],
  ['a mark on a parcel', parcel({ 'facts.service.secrecy': 'A' }), 'invalid_input', '"facts.service.secrecy"'],
  ['an urgency on a parcel', parcel({ 'facts.service.urgency': 'HOA_TOC' }), 'invalid_input', '"facts.service.urgency"'],
  ['no KT1 stamp', kt1('C', { 'facts.checklist.kt1_stamp': false }), 'checklist_failed', 'stamp'],
  ['secrecy words outside', kt1('C', { 'facts.checklist.secrecy_words_outside': true }), 'checklist_failed', 'words'],
  ['an outer mark other than the service', kt1('C', { 'facts.checklist.outer_mark': 'B' }), 'checklist_failed', '"B" differs'],
  ['an outer mark on a service without one', kt1('NONE', { 'facts.checklist.outer_mark': 'C' }), 'checklist_failed', '"C" differs'],
  ['mark A in one envelope', kt1('A', { 'facts.checklist.envelope_layers': 1 }), 'checklist_failed', '2 envelopes'],
  ['an envelope that one can see through', kt1('C', { 'facts.checklist.opaque_and_intact': false }), 'checklist_failed', 'opaque'],
  ['a torn envelope', letter({ 'facts.condition': 'torn' }), 'checklist_failed', 'torn'],
  ...MARKS.map((mark): Row => [`mark ${mark} unsealed`, kt1(mark, { 'facts.checklist.sealed': false }), 'checklist_failed', 'not sealed']),
  ['a sender card that nobody has', letter({ 'facts.sender.card_no': 'DD-9999' }), 'sender_not_authorised', 'DD-9999'],
  ['the card of another body', letter({ 'facts.sender.body_code': 'LS-TU' }), 'sender_not_authorised', 'LS-TU'],
  ['a sender that is not served', letter({ 'facts.sender.body_code': 'LS-XX' }), 'unknown_body', 'LS-XX'],
  ['an addressee that is not served', letter({ 'facts.addressee.body_code': 'LS-YY' }), 'unknown_body', 'LS-YY'],
  ['a KT1 destination that is no office', letter(elsewhere('999999')), 'unknown_office', '999999'],
  ['a parcel destination that is no office', parcel({ 'facts.destination_office_code': '999999' }), 'unknown_office', '999999'],
  ['a KT1 item with personal data', letter({ personal: PARCEL.personal }), 'invalid_input', '"personal"'],
  ['a parcel without personal data', parcel({ personal: undefined }), 'invalid_input', '"personal"'],
  ...Object.keys(PARCEL.personal).map((part): Row => [`a parcel without ${part}`, parcel({ [`personal.${part}`]: undefined }), 'invalid_input', `"personal.${part}"`]),
  ['a parcel whose sender leaves no phone', parcel({ 'personal.sender.phone': undefined }), 'invalid_input', '"personal.sender.phone"'],
  ['a parcel without the declaration on banned goods', parcel({ 'facts.article_12_declared': false }), 'invalid_input', '"facts.article_12_declared"'],
  ['a parcel without a joint check', parcel({ 'facts.joint_check': 'not_applicable' }), 'joint_check_needed'],
  ['a joint check that the sender refused', parcel({ 'facts.joint_check': 'refused' }), 'joint_check_refused'],
  ['an ordinary letter with a joint check', parcel({ 'facts.service.service_class': 'letter' }), 'joint_check_forbidden'],
  ['a KT1 item with a joint check', letter({ 'facts.joint_check': 'done' }), 'invalid_input', '"facts.joint_check"'],
  ['a torn parcel', parcel({ 'facts.condition': 'torn' }), 'checklist_failed', 'torn'],
  ...['trade_goods', 'specialised_management'].map((goods_class): Row => [`${goods_class} without papers`, parcel({ 'facts.conditional_goods': [{ goods_class, paper_nos: [] }] }), 'papers_missing', goods_class]),
  ['a number from nobody’s range', letter({ code: 'RR473124829VN' }), 'number_out_of_range', 'RR473124829VN'],
  ['a number of another service', letter({ code: preprinted(1, 'PD') }), 'number_out_of_range'],
  ['a number that only the system assigns', letter({ code: 'BK000099994VN' }), 'number_out_of_range'],
  ['a number that UPU reserves', letter({ code: 'KT473124829VN' }), 'reserved_prefix', 'KT'],
  ['a number whose check digit is wrong', letter({ code: 'BD500000001VN' }), 'check_digit_wrong', 'should be 4'],
  ['what is no number', letter({ code: 'HELLO-WORLD' }), 'not_a_code', 'HELLO-WORLD'],
  ['a reason to override, without a second person', override(), 'second_person_needed', 'item.override_sender'],
  ['an override with a confirmation that there is not', override('x'.repeat(43)), 'second_person_invalid'],
  ['a refusal slip for no known reason', slip({ 'facts.reason_code': 'bad_weather' }), 'unknown_reason', 'acceptance_refusal'],
  ['a refusal slip with a number of its own', slip({ code: 'PTC243100-000009' }), 'invalid_input', '"code"'],
];
test.each(ILLEGAL)('refused: %s', async (_, checkpoint, refusal, says) => refused('CLERK', checkpoint, refusal, says));

// prettier-ignore
const UNFIT: [who: string, badge: string, checkpoint: object, refusal: string][] = [
  ['a courier accepts nothing', 'COURIER', letter(), 'not_permitted'],
  ['a courier writes no refusal slip', 'COURIER', slip(), 'not_permitted'],
  ['a clerk whose training has run out takes no KT1', 'UNTRAINED', kt1('NONE'), 'training_expired'],
  ['a clerk whose clearance has run out takes no mark', 'UNCLEARED', kt1('C'), 'clearance_missing'],
];
test.each(UNFIT)('%s', async (_, badge, checkpoint, refusal) => refused(badge, checkpoint, refusal));

test('clearance A covers B covers C covers no mark, and never the other way', async () => {
  for (const [clearance, covered] of [
    ['NONE', ''],
    ['C', 'C'],
    ['B', 'CB'],
    ['A', 'CBA'],
  ] as const) {
    await world.root.updateTable('person').set({ clearance }).where('badge', '=', 'CLERK7').execute();
    world.advance(501);
    await stored('CLERK7', kt1('NONE'));
    for (const mark of MARKS)
      await (covered.includes(mark) ? stored('CLERK7', kt1(mark)) : refused('CLERK7', kt1(mark), 'clearance_missing', mark));
  }
});

test.each([
  ['no_open_shift', HA_NOI],
  ['unknown_office', '999999'],
])('%s: nothing is accepted there', async (refusal, office_code) => {
  await giveRole('CLERK6', 'clerk', office_code);
  const token = await world.newToken('CLERK6', { office_code });
  for (const body of [letter(), parcel(), slip()]) expectRefusal(await world.call('POST', '/api/checkpoints', { token, body }), refusal);
});

describe('the sender register is overridden', () => {
  const confirmed = (permission = 'item.override_sender') => world.confirmation('CLERK1', 'CONTROLLER', permission);

  test('by a second person, once, who then stands in the chain', async () => {
    const confirmation = await confirmed();
    const { code } = await stored('CLERK1', override(confirmation));
    const second_person_id = (await person('CONTROLLER')).person_id;
    expect((await read(`${code}/chain`)).checkpoints).toMatchObject([{ second_person_id }]);
    expect(await read(code)).toMatchObject({ sender_body_code: null, sender_card_no: null });
    await refused('CLERK1', override(confirmation), 'second_person_invalid');
  });

  test('only for a reason of the list; a refusal does not use the confirmation up', async () => {
    const confirmation = await confirmed();
    const why = letter({ 'facts.sender': { override_reason_code: 'haste' }, confirmation });
    await refused('CLERK1', why, 'unknown_reason', 'haste');
    await stored('CLERK1', override(confirmation));
  });

  test('only in the session that asked, for the permission given, within two minutes', async () => {
    await refused('CLERK2', override(await confirmed()), 'second_person_invalid');
    await refused('CLERK1', override(await confirmed('item.approve')), 'second_person_invalid');
    const confirmation = await confirmed();
    world.advance(121_000);
    await refused('CLERK1', override(confirmation), 'second_person_invalid');
  });

  test('by somebody else who may do so at this office and is cleared', async () => {
    await world.root.updateTable('person_role').set({ office_code: CENTRE }).where('role', '=', 'leader').execute();
    await world.root.updateTable('person').set({ clearance: 'C' }).where('badge', '=', 'SHIFTHEAD').execute();
    const uncleared = await world.confirmation('CLERK1', 'SHIFTHEAD', 'item.override_sender');
    await refused('CLERK1', override(uncleared), 'clearance_missing');
    const token = await world.as('CLERK1');
    for (const [badge, refusal] of [
      ['CLERK1', 'same_person'],
      ['CLERK2', 'not_permitted'],
      ['LEADER', 'not_permitted'],
    ] as const) {
      const body = { badge, pin: PIN, permission: 'item.override_sender' };
      expectRefusal(await world.call('POST', '/api/session/second-person', { token, body }), refusal, 403);
    }
  });
});

describe('numbers', () => {
  test('refusal slips are numbered without gaps', async () => {
    const sender = { state: 'not_accepted', custodian: { kind: 'sender', ref: '' } };
    await stored('CLERK', slip(), { code: 'PTC243100-000001', ...sender });
    await refused('CLERK', slip({ 'facts.reason_code': 'haste' }), 'unknown_reason');
    await stored('CLERK', slip({ 'facts.service_class': 'kt1' }), { code: 'PTC243100-000002', ...sender });
  });

  test('an office cannot give out more numbers than it has, nor use the labels of another', async () => {
    for (const code of ['BC000000014VN', 'BC000000028VN', 'BC000000031VN']) await stored('CENTRECLERK', letter(), { code });
    for (const one of [letter(), parcel(), slip()]) await refused('CENTRECLERK', one, 'range_exhausted', CENTRE);
    await refused('CENTRECLERK', letter({ code: preprinted(11) }), 'number_out_of_range', CENTRE);
  });
});

describe('approval', () => {
  const decide = (kind: string, code: string, facts: object = {}) => ({ checkpoint_id: newId(), kind, code, facts });
  const approve = (code: string) => decide('approved', code);
  const refuse = (code: string, reason_code = 'wrong_mark') => decide('approval_refused', code, { reason_code });

  test('is given once, by a controller', async () => {
    const { code } = await stored('CLERK', letter());
    await refused('CLERK', approve(code), 'not_permitted', 'item.approve');
    await stored('CONTROLLER', approve(code), { state: 'approved', unit_seq: 2 });
    await refused('CONTROLLER2', approve(code), 'wrong_state', 'Approved');
    await refused('CONTROLLER', approve('BK009999999VN'), 'unknown_unit', 'BK009999999VN');
    expect((await read(code)).approved_at).not.toBeNull();
  });

  test('is never given or denied by the one who accepted, whatever roles he has', async () => {
    await giveRole('CLERK8', 'controller', DONG_DANG);
    const { code } = await stored('CLERK8', letter());
    for (const both of [approve(code), refuse(code)]) await refused('CLERK8', both, 'same_person');
    const forced = sql`update item set approved_by = accepted_by, approved_at = now()`.execute(world.root);
    await expect(forced).rejects.toThrow('approver_is_another_person');
    await stored('CONTROLLER', approve(code));
  });

  test('is denied for a reason of the list, and stays denied', async () => {
    const { code } = await stored('CLERK', parcel());
    await refused('CONTROLLER', refuse(code, 'weather'), 'unknown_reason', 'approval_refusal');
    await stored('CONTROLLER', refuse(code), { state: 'approval_refused' });
    await refused('CONTROLLER', approve(code), 'wrong_state');
  });
});

test('the first label needs no reason, each further one does', async () => {
  const { code } = await stored('CLERK', letter());
  const print = (changes = {}) => edited({ kind: 'label_printed', code, facts: { size: '80x50' } }, changes);
  await stored('CLERK', print());
  await refused('CLERK', print(), 'invalid_input', '"facts.reason_code"');
  await refused('CLERK', print({ 'facts.reason_code': 'haste' }), 'unknown_reason', 'reprint');
  await refused('COURIER', print({ 'facts.reason_code': 'label_damaged' }), 'not_permitted', 'item.print');
  await stored('CLERK', print({ 'facts.reason_code': 'label_damaged' }));
  expect(await read(code)).toMatchObject({ labels_printed: 2 });
});
