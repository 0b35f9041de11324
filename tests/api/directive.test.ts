// Directives through the HTTP API: the founding letter from receipt to its end; operators, departments and telecom firms answer alike.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { journal } from '../support/journal.ts';
import type { Journal } from '../support/journal.ts';
import { DONG_DANG, CENTRE, expectRefusal, makeWorld, newId } from '../support/world.ts';
import type { World } from '../support/world.ts';

const FILE = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../db/seed/letter_2021.json'), 'utf8'));
let world: World;
let j: Journal;
let letter: any;
let id: string;
beforeAll(async () => {
  world = await makeWorld();
  j = journal(world);
  const dated = { valid_from: '2017-01-01', valid_to: null };
  await world.root.insertInto('agency').values([
    { agency_code: 'VT-MAU1', name_vi: 'Viễn thông Mẫu Một', agency_kind: 'telecom', unit_code: 'LS', ...dated },
    { agency_code: 'VT-MAU2', name_vi: 'Viễn thông Mẫu Hai', agency_kind: 'telecom', unit_code: 'LS', ...dated },
  ]).execute();
  // The fixture's people of agencies are at CA-LS, which stands for the issuing department here; its respondent is a telecom firm's.
  await world.root.updateTable('person_role').set({ agency_code: 'VT-MAU1' }).where('person_id', '=', await world.personId('RESPONDENT')).execute();
  letter = { ...FILE, addressees: FILE.addressees.map((party: any) => (party.party_kind === 'post' ? { ...party, party_code: DONG_DANG } : party)), report_to: { party_code: 'CA-LS', desk_vi: 'Phòng mẫu' } };
});
afterAll(() => world.end());
beforeEach(async () => {
  id = (await j.did('LIAISON', 'directive', { kind: 'directive_entered', facts: letter })).matter_id;
});
afterEach(async () => void (await world.verify()));

const add = (badge: string, kind: string, facts: object) => j.did(badge, 'directive', { kind, matter_id: id, facts });
const tried = (badge: string, kind: string, facts: object) => j.post(badge, 'directive', { kind, matter_id: id, facts });
const board = (badge: string) => j.seen(badge, `/api/directives/${id}`);
const row = (shown: any, party_code: string, demand_id: string) => shown.rows.find((r: any) => r.party_code === party_code && r.demand_id === demand_id);
const POST = { party_code: DONG_DANG, demand_id: 'D1' };
const TELECOM = { party_code: 'VT-MAU1', demand_id: 'D10' };

test('the wrong date is kept as it is printed, with its remark, and never put right without one', async () => {
  const shown = await board('LIAISON');
  expect(shown.letter).toMatchObject({ date_printed: 'tháng 01 năm 2020', date_meant: '2021-01', number: '…/STTTT-BCVT', number_legible: false });
  expect(shown.letter.date_remark).toContain('giữ nguyên chữ in');
  const { date_remark: _, ...silent } = letter;
  expectRefusal(await j.post('LIAISON', 'directive', { kind: 'directive_entered', facts: silent }), 'invalid_input');
  expectRefusal(await j.post('LIAISON', 'directive', { kind: 'directive_entered', facts: { ...letter, demands: [letter.demands[0], letter.demands[0]] } }), 'invalid_input');
  expectRefusal(await j.post('LIAISON', 'directive', { kind: 'directive_entered', facts: { ...letter, demands: [{ ...letter.demands[0], section_no: '9' }] } }), 'invalid_input');
  expectRefusal(await j.post('CLERK', 'directive', { kind: 'directive_entered', facts: letter }), 'not_permitted');
});

test('each kind of unit is given what binds it: the post seven demands, a telecom firm three, a department four', async () => {
  const shown = await board('LIAISON');
  const of = (party_code: string) => shown.rows.filter((r: any) => r.party_code === party_code).map((r: any) => r.demand_id);
  expect(of(DONG_DANG)).toEqual(['D1', 'D2', 'D3', 'D4', 'D5', 'D8', 'D11']);
  expect(of('VT-MAU1')).toEqual(['D8', 'D10', 'D11']);
  expect(of('SO-TC-LS')).toEqual(['D7', 'D8', 'D9', 'D11']);
  expect(shown).toMatchObject({ obligations: 21, done: 0, without_leader: 21 });
  expect(shown.late).toBe(shown.rows.filter((r: any) => r.due_on !== null).length);
});

test('received, given to a leader, done with evidence, judged: by the post and by a telecom firm alike', async () => {
  for (const [badge, party] of [['SHIFTHEAD', POST], ['RESPONDENT', TELECOM]] as const) {
    await add(badge, 'directive_acknowledged', { party_code: party.party_code });
    expectRefusal(await tried(badge, 'obligation_reported', { ...party, status: 'done', evidence: [] }), 'invalid_input');
    await add(badge, 'leader_named', { ...party, leader_title: 'Giám đốc' });
    expectRefusal(await tried('LIAISON', 'obligation_judged', { ...party, accepted: true }), 'case_not_due');
    await add(badge, 'obligation_reported', { ...party, status: 'done', evidence: [{ evidence_kind: 'paper', ref: '12/BC' }] });
    await add('LIAISON', 'obligation_judged', { ...party, accepted: false, remark: 'Thiếu số liệu' });
    expect(row(await board(badge), party.party_code, party.demand_id)).toMatchObject({ status: 'doing', accepted: false, remark: 'Thiếu số liệu' });
    await add(badge, 'obligation_reported', { ...party, status: 'done', note: 'Đã bổ sung', evidence: [{ evidence_kind: 'report', ref: '12/BC' }] });
    await add('LIAISON', 'obligation_judged', { ...party, accepted: true });
    expect(row(await board(badge), party.party_code, party.demand_id)).toMatchObject({ status: 'done', accepted: true, leader_title: 'Giám đốc', late: false });
    expectRefusal(await tried(badge, 'obligation_reported', { ...party, status: 'doing', evidence: [] }), 'case_not_due');
  }
});

test('a leader named by badge works there', async () => {
  const person_id = await world.personId('LEADER');
  await add('SHIFTHEAD', 'leader_named', { ...POST, leader_title: 'Trưởng bưu cục', person_id });
  expect(row(await board('LIAISON'), DONG_DANG, 'D1').leader.badge).toBe('LEADER');
  expectRefusal(await tried('SHIFTHEAD', 'leader_named', { ...POST, leader_title: 'x', person_id: await world.personId('CENTRECLERK') }), 'unknown_person');
});

test('nobody answers for another; the issuer may record an answer that came on paper', async () => {
  expectRefusal(await tried('RESPONDENT', 'directive_acknowledged', { party_code: DONG_DANG }), 'not_addressee', 403);
  expectRefusal(await tried('SHIFTHEAD', 'leader_named', { ...POST, demand_id: 'D10', leader_title: 'x' }), 'not_addressee');
  expectRefusal(await tried('LIAISON', 'directive_acknowledged', { party_code: 'VT-MAU2' }), 'not_addressee');
  await add('LIAISON', 'directive_acknowledged', { party_code: 'VT-MAU2', paper_no: '07/VT-KT' });
  expect((await board('LIAISON')).tree.find((party: any) => party.party_code === 'VT-MAU2')).toMatchObject({ answered_by_paper: '07/VT-KT' });
  expectRefusal(await tried('SHIFTHEAD', 'directive_acknowledged', { party_code: 'NOBODY' }), 'not_addressee');
  expectRefusal(await tried('LEADER', 'obligation_judged', { ...POST, accepted: true }), 'not_addressee');
});

test('passed on, it grows a tree; each that got it has its own obligations', async () => {
  await add('SHIFTHEAD', 'directive_forwarded', { from_party: DONG_DANG, to: [{ party_code: CENTRE, name_vi: 'Trung tâm khai thác', party_kind: 'post' }] });
  const shown = await board('LIAISON');
  expect(shown.tree.map((party: any) => [party.party_code, party.under, party.depth])).toContainEqual([CENTRE, DONG_DANG, 1]);
  expect(shown.obligations).toBe(28);
});

test('a tasked body outside the post sees its own part and nothing else; who is not concerned sees nothing', async () => {
  const own = await board('RESPONDENT');
  expect(own.tree.map((party: any) => party.party_code)).toEqual(['VT-MAU1']);
  expect(new Set(own.rows.map((r: any) => r.party_code))).toEqual(new Set(['VT-MAU1']));
  expect((await j.seen('RESPONDENT', '/api/directives')).rows[0]).toMatchObject({ parties: 1, obligations: 3 });
  expectRefusal(await j.get('RESPONDENT', '/api/items'), 'not_permitted');
  expectRefusal(await j.get('RESPONDENT', '/api/periods/active'), 'not_permitted');
  await world.hire('CENTREHEAD', 'shift_head', CENTRE);
  expectRefusal(await j.get('CENTREHEAD', `/api/directives/${id}`), 'unknown_case', 404);
  expect((await j.seen('CENTREHEAD', '/api/directives')).rows.some((r: any) => r.directive_id === id)).toBe(false);
  expectRefusal(await j.post('CENTREHEAD', 'directive', { kind: 'directive_acknowledged', matter_id: id, facts: { party_code: CENTRE } }), 'unknown_case');
});

test('the state of execution is printed with late and missing leaders in words; closed is closed', async () => {
  await add('SHIFTHEAD', 'leader_named', { ...POST, leader_title: 'Giám đốc Bưu điện' });
  const sheet = (await j.get('LIAISON', `/api/directives/${id}/execution`)).text;
  for (const words of ['…/STTTT-BCVT', 'tháng 01 năm 2020', 'giữ nguyên chữ in', 'Giám đốc Bưu điện', 'chưa cử', 'quá hạn', '22/01/2021', 'Doanh nghiệp viễn thông Mẫu Một']) expect(sheet, words).toContain(words);
  await add('LIAISON', 'directive_closed', {});
  expectRefusal(await tried('SHIFTHEAD', 'directive_acknowledged', { party_code: DONG_DANG }), 'case_not_due');
  expectRefusal(await j.get('LIAISON', `/api/directives/${newId()}`), 'unknown_case');
});
