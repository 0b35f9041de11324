// Nothing is opened without a recorded legal basis: the domain, the API and the database each refuse. What is marked A, B or C never is.

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { contextOf } from '../../src/acts/act.ts';
import { sha256Text } from '../../src/acts/session.ts';
import { step } from '../../src/acts/step.ts';
import type { Facts } from '../../src/domain/facts.ts';
import type { Answer, World } from '../support/world.ts';
import { expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';

let world: World;
let app: pg.Client;
beforeAll(async () => {
  world = await makeWorld();
  await world.root.insertInto('legal_act').values({ act_code: 'luat_mau', title_vi: 'Văn bản mẫu', title_en: 'Made-up act', status: 'check', citation: 'test' }).execute();
  await world.root.insertInto('reason').values({ reason_list: 'urgency', reason_code: 'evidence_at_risk', name_vi: 'x', name_en: 'x', valid_from: '2017-01-01' }).execute();
  const customs = await world.hire('CUSTOMS', 'liaison', '');
  await world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', customs ?? '').execute();
  app = new pg.Client({ connectionString: world.database.urls.app });
  await app.connect();
});
afterAll(async () => {
  await app.end();
  await world.end();
});
afterEach(async () => void (await world.verify()));

const marked = (secrecy: string) => ({
  ...KT1_LETTER,
  facts: { ...KT1_LETTER.facts, service: { ...KT1_LETTER.facts.service, secrecy }, checklist: { ...KT1_LETTER.facts.checklist, outer_mark: secrecy, envelope_layers: 2 } },
});

/** An item in the hands of the police, by the act itself. */
async function handedOver(example: object = PARCEL): Promise<string> {
  const code = await world.accepted(example);
  const { caller } = await world.services.session(sha256Text(await world.as('LIAISON')));
  const nothing = { device_id: null, device_seq: null, device_prev: null, device_at: null, clock_offset_ms: null, head_seen: null };
  const facts: Facts<'given_to_authority'> = { agency_code: 'CA-LS', record_no: '1/BB', receiver_card_no: 'CA-0001' };
  const claim = { checkpoint_id: newId(), kind: 'given_to_authority' as const, code, person_id: caller.person_id, office_code: null, ...nothing, facts, commitments: {} };
  const confirmation_hash = sha256Text(await world.confirmation('LIAISON', 'DUTYOFFICER', 'item.release_hold'));
  await world.services.append(await step({ claim, caller, device_signature: null, personal: [], confirmation_hash }, contextOf(world.services.store.read, await world.services.reference(), false)));
  return code;
}

const DECISION = { act_code: 'luat_mau', decision_no: '12/QĐ-CAT', signer_card_no: 'CA-0001', procuracy_approval_no: '7/VKS' };
const record = async (code: string, more: object = {}, badge = 'LIAISON'): Promise<Answer> =>
  world.call('POST', `/api/items/${code}/legal-bases`, { token: await world.as(badge), body: { ...DECISION, witness_person_id: await world.personId('DUTYOFFICER'), ...more } });
const opening = async (code: string, basis_id: string, more: object = {}, witness = 'DUTYOFFICER') => ({
  kind: 'opened_by_authority', code, facts: { basis: { basis_id, agency_code: 'CA-LS', ...DECISION, ...more }, witness_person_id: await world.personId(witness) },
});
const confirmed = async (body: object, second = 'DUTYOFFICER') => ({ ...body, confirmation: await world.confirmation('LIAISON', second, 'item.release_hold') });

describe('opening by an authority', () => {
  test.each([['a parcel', PARCEL], ['an unmarked KT1 letter', marked('NONE')]])('%s: decision recorded, opened before its witness, read back', async (_, example) => {
    const code = await handedOver(example);
    const { body } = await record(code);
    const opened = await world.post('LIAISON', await confirmed(await opening(code, body.basis_id)));
    expect(opened.status, opened.text).toBe(201);
    const token = await world.as('LIAISON');
    expect((await world.call('GET', `/api/items/${code}/legal-bases`, { token })).body.rows).toMatchObject([{ basis_id: body.basis_id, decision_no: '12/QĐ-CAT', procuracy_approval_no: '7/VKS', urgency_reason_code: null }]);
    expect((await world.call('GET', `/api/items/${code}/legal-bases`, { token: await world.as('CUSTOMS') })).body.rows).toEqual([]);
    const log = await world.root.selectFrom('read_log').select(['subject', 'rows_read']).where('subject_ref', '=', code).where('subject', '=', 'legal_basis').orderBy('read_id').execute();
    expect(log).toEqual([{ subject: 'legal_basis', rows_read: 1 }, { subject: 'legal_basis', rows_read: 0 }]);
  });

  test('an urgent one says why it could not wait', async () => {
    const code = await handedOver();
    const urgent = { procuracy_approval_no: undefined, urgency_reason_code: 'evidence_at_risk' };
    const { body } = await record(code, urgent);
    expect((await world.post('LIAISON', await confirmed(await opening(code, body.basis_id, urgent)))).status).toBe(201);
  });

  test('without a basis, on another item\'s, told otherwise, by another body or before another witness it is refused', async () => {
    const [code, other] = [await handedOver(), await handedOver()];
    const basis_id = (await record(code)).body.basis_id;
    const tries: [object, string][] = [
      [await opening(code, newId()), 'chưa ghi căn cứ'],
      [await opening(other, basis_id), 'chưa ghi căn cứ'],
      [await opening(code, basis_id, { decision_no: '13/QĐ-CAT' }), 'khác căn cứ đã ghi'],
      [await opening(code, basis_id, { procuracy_approval_no: undefined, urgency_reason_code: 'evidence_at_risk' }), 'khác căn cứ đã ghi'],
      [await opening(code, basis_id, {}, 'LEADER'), 'người chứng kiến khác'],
    ];
    for (const [body, words] of tries) {
      const answer = await world.post('LIAISON', await confirmed(body));
      expectRefusal(answer, 'legal_basis_needed', 403);
      expect(answer.body.vi).toContain(words);
    }
    expectRefusal(await world.post('CUSTOMS', await opening(code, basis_id)), 'legal_basis_needed');
    expectRefusal(await world.post('LIAISON', await opening(code, basis_id)), 'second_person_needed', 403);
    expectRefusal(await world.post('LIAISON', await confirmed(await opening(code, basis_id), 'LEADER')), 'second_person_invalid', 403);
    const loose = await world.accepted(PARCEL);
    expectRefusal(await world.post('LIAISON', await confirmed(await opening(loose, (await record(loose)).body.basis_id))), 'legal_basis_needed');
    for (const badge of ['CLERK', 'CONTROLLER', 'SORTER', 'LEADER', 'DUTYOFFICER']) expectRefusal(await world.post(badge, await opening(code, basis_id)), 'not_permitted', 403);
  });

  test('a basis names body, decision, act and witness, and an approval or why not; each that lacks one is refused', async () => {
    const code = await handedOver();
    const clerkOfAgency = await world.personId('CUSTOMS');
    for (const [more, field] of [
      [{ act_code: 'no_such_act' }, 'act_code'], [{ decision_no: undefined }, 'decision_no'], [{ signer_card_no: undefined }, 'signer_card_no'], [{ procuracy_approval_no: undefined }, 'procuracy_approval_no'],
      [{ witness_person_id: undefined }, 'witness_person_id'], [{ witness_person_id: clerkOfAgency }, 'witness_person_id'], [{ witness_person_id: newId() }, 'witness_person_id'],
    ] as const) {
      const answer = await record(code, more);
      expectRefusal(answer, 'invalid_input', 422);
      expect(answer.body.facts.field).toBe(field);
    }
    expectRefusal(await record(code, { urgency_reason_code: 'no_such_reason' }), 'unknown_reason');
    expectRefusal(await record('BK999999999VN'), 'unknown_unit', 404);
    const answer = await world.post('LIAISON', await opening(code, newId(), { procuracy_approval_no: undefined }));
    expectRefusal(answer, 'invalid_input');
    expect(answer.body.facts.field).toBe('facts.basis.procuracy_approval_no');
  });

  test.each(['A', 'B', 'C'])('what is marked %s is never opened', async (mark) => {
    const code = await handedOver(marked(mark));
    const refused = await record(code);
    expectRefusal(refused, 'never_opened', 403);
    expect(refused.text).not.toMatch(new RegExp(`KT1 ${mark}|"${mark}"|dấu ${mark}`));
    expectRefusal(await world.post('LIAISON', await confirmed(await opening(code, newId()))), 'never_opened');
  });
});

describe('the database itself', () => {
  const insert = async (unit_id: string): Promise<string> => {
    await app.query('begin');
    try {
      await app.query('set local role niem_app');
      await app.query(`insert into checkpoint (checkpoint_id, unit_id, unit_seq, kind, person_id, received_at, body) values ($1, $2, 1000, 'opened_by_authority', $3, now() + interval '1 minute', $4)`, [newId(), unit_id, await world.personId('LIAISON'), randomBytes(8)]);
      return 'done';
    } catch (error) {
      return (error as pg.DatabaseError).code ?? String(error);
    } finally {
      await app.query('rollback');
    }
  };
  const unitOf = async (code: string): Promise<string> => (await world.root.selectFrom('unit').select('unit_id').where('code', '=', code).executeTakeFirstOrThrow()).unit_id;

  test("refuses the app's own raw insert of an opening without a basis, and takes it with one", async () => {
    const [bare, based] = [await handedOver(), await handedOver()];
    expect((await record(based)).status).toBe(201);
    expect(await insert(await unitOf(bare))).toBe('NI002');
    expect(await insert(newId())).toBe('NI002');
    expect(await insert(await unitOf(based))).toBe('done');
  });

  test('takes no basis that lacks a part, and none for a marked item, even from a superuser', async () => {
    const [parcel, secret] = [await unitOf(await handedOver()), await unitOf(await world.accepted(marked('B')))];
    const row = { basis_id: newId(), unit_id: parcel, act_code: 'luat_mau', agency_code: 'CA-LS', decision_no: '1/QĐ', signer_card_no: 'CA-0001', procuracy_approval_no: '1/VKS', witness_person_id: await world.personId('DUTYOFFICER'), recorded_by: await world.personId('LIAISON'), recorded_at: new Date() };
    const add = (more: object) => world.root.insertInto('legal_basis').values({ ...row, ...more }).execute();
    for (const missing of ['unit_id', 'act_code', 'agency_code', 'decision_no', 'signer_card_no', 'witness_person_id', 'recorded_by']) await expect(add({ [missing]: null }), missing).rejects.toThrow(/null value/);
    await expect(add({ procuracy_approval_no: null })).rejects.toThrow('approved_by_the_procuracy_or_urgent');
    await expect(add({ act_code: 'no_such_act' })).rejects.toThrow('legal_basis_act_code_fkey');
    await expect(add({ witness_person_id: row.recorded_by })).rejects.toThrow('witness_of_the_post');
    await expect(add({ unit_id: secret })).rejects.toThrow('marked_items_are_never_opened');
    await expect(add({ unit_id: secret, secrecy: 'B' })).rejects.toThrow('legal_basis_secrecy_check');
  });
});
