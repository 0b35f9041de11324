// Where two persons are asked for, one person is never two: every such kind of the catalogue, and every such step beside it, by
// somebody who holds every right there is.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ACTS } from '../../src/api/checkpoints.ts';
import { CHECKPOINTS } from '../../src/domain/checkpoint.ts';
import { JOURNAL } from '../../src/domain/journal.ts';
import { ROLES } from '../../src/domain/role.ts';
import type { Role } from '../../src/domain/role.ts';
import { CENTRE, DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, newId, PIN } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
let me: string;
beforeAll(async () => {
  world = await makeWorld();
  await world.hire('EVERYTHING', 'controller', DONG_DANG);
  me = await world.personId('EVERYTHING');
  const roles = (Object.keys(ROLES) as Role[]).filter((role) => ROLES[role].at === 'office' && role !== 'controller');
  await world.root.insertInto('person_role').values(roles.map((role) => ({ person_id: me, role, office_code: DONG_DANG, valid_from: '2017-01-01' }))).execute();
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const call = async (method: string, path: string, body?: unknown): Promise<Answer> => world.call(method, path, { token: await world.as('EVERYTHING'), body });
const postable = (Object.keys(ACTS) as (keyof typeof ACTS)[]).map((kind) => [kind, CHECKPOINTS[kind]] as const);
const confirmed = postable.flatMap(([kind, entry]) => [entry.second, entry.second_if_marked].flatMap((permission) => (permission === null ? [] : [[kind, permission] as const])));

test.each(confirmed)('%s: nobody is his own second person (%s)', async (_, permission) => {
  expectRefusal(await call('POST', '/api/session/second-person', { badge: 'EVERYTHING', pin: PIN, permission }), 'same_person', 403);
});

const ordered = (Object.keys(JOURNAL) as (keyof typeof JOURNAL)[]).flatMap((kind) => (JOURNAL[kind].second === null ? [] : [[kind, JOURNAL[kind].second] as const]));
test.each(ordered)('%s of the journal: nobody is his own second person (%s)', async (_, permission) => {
  expectRefusal(await call('POST', '/api/session/second-person', { badge: 'EVERYTHING', pin: PIN, permission }), 'same_person', 403);
});

test('the kinds that another person must do are known, and each refuses the one who did the first half', async () => {
  const others = postable.filter(([, entry]) => entry.other_than !== null).map(([kind]) => kind);
  expect(others.toSorted()).toEqual(['approval_refused', 'approved', 'hold_released']);
  for (const kind of others) {
    const code = await world.accepted(KT1_LETTER, 'EVERYTHING');
    const release = async (): Promise<object> => {
      const held = await world.post('EVERYTHING', { kind: 'held', code, facts: { reason_code: 'random_check' } });
      return { hold_checkpoint_id: held.body.checkpoint_id, reason_code: 'random_check' };
    };
    const facts = kind === 'hold_released' ? await release() : kind === 'approved' ? {} : { reason_code: 'wrong_mark' };
    expectRefusal(await world.post('EVERYTHING', { kind, code, facts }), 'same_person', 403);
    expect((await world.post(kind === 'hold_released' ? 'DUTYOFFICER' : 'CONTROLLER', { kind, code, facts })).status).toBe(201);
  }
});

test('enough kinds ask for two, so that this test tests something', () => {
  expect(confirmed.length).toBeGreaterThanOrEqual(7);
  expect(ordered.map(([kind]) => kind)).toEqual(expect.arrayContaining(['period_ordered', 'period_revoked', 'erasure_ordered', 'legal_hold_lifted']));
  expect(confirmed.map(([kind]) => kind)).toContain('bag_sealed');
});

test('handover: an offer to oneself is none, and the giver does not take for the receiver', async () => {
  const code = await world.accepted(KT1_LETTER, 'EVERYTHING');
  expect((await world.post('CONTROLLER', { kind: 'approved', code, facts: {} })).status).toBe(201);
  const lines = [{ code, condition: 'intact', seal_nos: [] }];
  expectRefusal(await call('POST', '/api/handovers', { to: { kind: 'person', ref: me }, receiver_person_id: me, lines }), 'same_person', 403);
  const receiver = await world.personId('SORTER');
  const offer = await call('POST', '/api/handovers', { to: { kind: 'person', ref: receiver }, receiver_person_id: receiver, lines });
  expect(offer.status, offer.text).toBe(201);
  const facts = { handover_id: offer.body.handover_id as string, to: { kind: 'person', ref: receiver }, condition: 'intact' };
  expectRefusal(await world.post('EVERYTHING', { kind: 'handed_over', code, facts }), 'unknown_handover', 404);
});

test('closing a shift: the giver is not the receiver', async () => {
  expectRefusal(await call('POST', '/api/session/second-person', { badge: 'EVERYTHING', pin: PIN, permission: 'shift.open' }), 'same_person', 403);
  const made_up = 'A'.repeat(43);
  const answer = await call('POST', '/api/shifts/current/close', { confirmation: made_up });
  expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
  expect((await world.root.selectFrom('shift').select('shift_id').where('office_code', '=', DONG_DANG).where('closed_at', 'is', null).execute()).length).toBe(1);
});

test('a difference between two offices is decided by nobody who stated or answered it', async () => {
  for (const role of ['opened_by', 'answered_by'] as const) {
    const discrepancy_id = newId();
    const other = await world.personId('CONTROLLER2');
    await world.root.insertInto('discrepancy').values({ discrepancy_id, discrepancy_kind: 'missing', code: `CT-${role === 'opened_by' ? 1 : 2}`, office_found: DONG_DANG, office_asked: CENTRE, state: 'contested', opened_at: new Date(), opened_by: role === 'opened_by' ? me : other, answered_by: role === 'answered_by' ? me : null, found_reason_code: 'never_sent' }).execute();
    const decide = (badge: string): Promise<Answer> => world.as(badge).then((token) => world.call('POST', `/api/discrepancies/${discrepancy_id}/decision`, { token, body: { reason_code: 'never_sent' } }));
    expectRefusal(await decide('EVERYTHING'), 'same_person', 403);
    expect((await decide('CONTROLLER')).status).toBe(200);
  }
});

test('a difference between two offices is not answered by the office that found it', async () => {
  await world.root.insertInto('person_role').values({ person_id: me, role: 'sorter', office_code: CENTRE, valid_from: '2017-01-01' }).execute();
  expectRefusal(await call('POST', `/api/discrepancies/${newId()}/answer`, { agrees: true, reason_code: 'never_sent' }), 'unknown_discrepancy', 404);
});
