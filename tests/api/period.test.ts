// Heightened periods through the HTTP API: a signed order changes what acts do at once, the strictest holds, it ends by itself, and
// beginning and end stand in the journal.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { activePeriod, phaseAt } from '../../src/domain/period.ts';
import type { Measures, Period } from '../../src/domain/period.ts';
import type { Request } from '../../src/acts/act.ts';
import { tighten } from '../../src/acts/tighten.ts';
import type { Caller } from '../../src/domain/role.ts';
import type { Draft, Known } from '../../src/ledger/append.ts';
import { assemble } from '../../src/node.ts';
import { journal, periodFacts } from '../support/journal.ts';
import type { Journal } from '../support/journal.ts';
import { CENTRE, DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL, PERSONAL_KEY } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
let j: Journal;
beforeAll(async () => {
  world = await makeWorld();
  j = journal(world);
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const during = (measures: Measures, more: object = {}) => periodFacts(world.clock(), [-1, -1, 60, 120], { measures: { before: measures, during: measures, after: {} }, ...more });
async function ordered(facts: object): Promise<string> {
  const answer = await j.order(facts);
  expect(answer.status, answer.text).toBe(201);
  return answer.body.matter_id as string;
}
/** Time passes; whoever was signed in is locked and signs in again. */
function pass(minutes: number): void {
  world.advance(minutes * 60_000);
  for (const badge of ['LEADER', 'DUTYOFFICER', 'CLERK', 'CENTRECLERK', 'SHIFTHEAD', 'CONTROLLER']) world.forget(badge);
}
async function revoke(matter_id: string): Promise<void> {
  const confirmation = await world.confirmation('DUTYOFFICER', 'LEADER', 'period.order');
  await j.did('DUTYOFFICER', 'period', { kind: 'period_revoked', matter_id, facts: { reason: 'Hết lý do' }, confirmation });
}
const accept = async (example: object, more: object = {}) => world.post('CLERK', { ...example, checkpoint_id: newId(), ...more });

describe('an order', () => {
  test('takes two persons who may order; neither one alone, nor one twice, nor one who may not', async () => {
    const facts = during({});
    expectRefusal(await j.post('LEADER', 'period', { kind: 'period_ordered', facts }), 'second_person_needed');
    expectRefusal(await j.post('SHIFTHEAD', 'period', { kind: 'period_ordered', facts }), 'not_permitted');
    expectRefusal(await j.post('LEADER', 'period', { kind: 'period_ordered', facts, confirmation: 'x'.repeat(43) }), 'second_person_invalid');
    const self = await world.call('POST', '/api/session/second-person', { token: await world.as('LEADER'), body: { badge: 'LEADER', pin: '246810', permission: 'period.order' } });
    expectRefusal(self, 'same_person');
    const before = await world.root.selectFrom('journal_entry').select('entry_no').execute();
    expect(before).toEqual([]);
    const id = await ordered(facts);
    const shown = await j.seen('CLERK', `/api/periods/${id}`);
    expect(shown).toMatchObject({ state: 'in_force', ordered_by: { badge: 'LEADER' }, countersigned_by: { badge: 'DUTYOFFICER' }, back_dated: true });
    await revoke(id);
    expectRefusal(await j.post('LEADER', 'period', { kind: 'period_revoked', matter_id: id, facts: { reason: 'Lần nữa' }, confirmation: await world.confirmation('LEADER', 'DUTYOFFICER', 'period.order') }), 'case_not_due');
  });

  test('a confirmation is used once', async () => {
    const confirmation = await world.confirmation('LEADER', 'DUTYOFFICER', 'period.order');
    const { matter_id } = await j.did('LEADER', 'period', { kind: 'period_ordered', facts: during({}), confirmation });
    expectRefusal(await j.post('LEADER', 'period', { kind: 'period_ordered', facts: during({}), confirmation }), 'second_person_invalid');
    await revoke(matter_id);
  });

  test('that would be over already, is out of order, or names an office that there is not, is none', async () => {
    expectRefusal(await j.order(periodFacts(world.clock(), [-90, -60, -30, -1])), 'period_over', 422);
    expectRefusal(await j.order(periodFacts(world.clock(), [5, 4, 30, 60])), 'invalid_input');
    expectRefusal(await j.order(during({}, { office_codes: ['999999'] })), 'unknown_office');
    expectRefusal(await j.post('CLERK', 'period', { kind: 'period_read', matter_id: newId(), facts: {} }), 'unknown_case');
    expectRefusal(await j.post('LEADER', 'period', { kind: 'period_begun', matter_id: newId(), facts: { effective_at: new Date().toISOString() } }), 'invalid_input');
  });
});

describe('while it acts', () => {
  test('a parcel whose joint check nobody witnessed is refused at once; with a witness it is accepted; afterwards alone again', async () => {
    expect((await accept(PARCEL)).status).toBe(201);
    const id = await ordered(during({ witness_rate_pct: 100 }));
    const refused = await accept(PARCEL);
    expectRefusal(refused, 'second_person_needed', 403);
    expect(refused.body.facts.permission).toBe('item.scan');
    expect((await accept(PARCEL, { confirmation: await world.confirmation('CLERK', 'SORTER', 'item.scan') })).status).toBe(201);
    expect((await accept(KT1_LETTER)).status).toBe(201);
    expect((await j.seen('CLERK', '/api/periods/active')).changes[0]).toMatchObject({ vi: 'Đồng kiểm có người thứ hai chứng kiến: 100 %', period_id: id });
    const { came } = await j.seen('LEADER', `/api/periods/${id}`);
    expect(came).toMatchObject({ refused_alone: 1 });
    expect(came.steps).toContainEqual({ kind: 'accepted', kind_vi: 'Chấp nhận', count: 2, alone: 0 });
    await revoke(id);
    expect((await accept(PARCEL)).status).toBe(201);
  });

  test('another process obeys it within half a second, without a restart', async () => {
    const other = assemble({ NIEM_PROFILE: 'lan', NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 5, NIEM_LOG: 'silent', NIEM_PERSONAL_KEY: PERSONAL_KEY }, world.database.urls.app, world.clock);
    const token = await world.as('CLERK');
    const there = async () => (await other.app.request('/api/checkpoints', { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ ...PARCEL, checkpoint_id: newId() }) })).status;
    expect(await there()).toBe(201);
    const id = await ordered(during({ witness_rate_pct: 100 }));
    world.advance(501);
    expect(await there()).toBe(403);
    await revoke(id);
    world.advance(501);
    expect(await there()).toBe(201);
    await other.close();
  });

  test('the steps it names take two persons, only at the offices and for the kinds in its scope', async () => {
    const id = await ordered(during({ two_persons: ['approved'] }, { office_codes: [DONG_DANG], service_classes: ['kt1'] }));
    const [letter, parcel] = [await world.accepted(), await world.accepted(PARCEL)];
    expectRefusal(await world.post('CONTROLLER', { kind: 'approved', code: letter, facts: {} }), 'second_person_needed');
    expect((await world.post('CONTROLLER', { kind: 'approved', code: parcel, facts: {} })).status).toBe(201);
    const confirmation = await world.confirmation('CONTROLLER', 'CONTROLLER2', 'item.approve');
    expect((await world.post('CONTROLLER', { kind: 'approved', code: letter, facts: {}, confirmation })).status).toBe(201);
    expectRefusal(await world.post('CLERK', { kind: 'approved', code: letter, facts: {} }), 'not_permitted');
    expect((await j.seen('CENTRECLERK', '/api/periods/active')).orders).toEqual([]);
    expect((await j.seen('CLERK', '/api/periods/active')).orders).toHaveLength(1);
    await revoke(id);
  });

  test('items for a protected destination take two persons from the counter on', async () => {
    const id = await ordered(during({ protected_destinations: ['LS-TU', CENTRE] }));
    expectRefusal(await accept(KT1_LETTER), 'second_person_needed');
    const accepted = await accept(KT1_LETTER, { confirmation: await world.confirmation('CLERK', 'CLERK2', 'item.scan') });
    expect(accepted.status, accepted.text).toBe(201);
    expectRefusal(await world.post('CONTROLLER', { kind: 'approved', code: accepted.body.code, facts: {} }), 'second_person_needed');
    await revoke(id);
    expect((await world.post('CONTROLLER', { kind: 'approved', code: accepted.body.code, facts: {} })).status).toBe(201);
  });

  test('what lies too long alarms by its limit, and by none when it is over', async () => {
    await world.accepted();
    pass(31);
    const alarms = async () => (await j.seen('CONTROLLER', '/api/clocks/idle?limit=200')).rows.filter((row: any) => row.alarm).length as number;
    expect(await alarms()).toBe(0);
    const id = await ordered(during({ idle_minutes: 30 }));
    expect(await alarms()).toBeGreaterThan(0);
    await revoke(id);
    expect(await alarms()).toBe(0);
  });

  test('orders that overlap: the strictest holds, and whose it is is said', async () => {
    const mild = await ordered(during({ idle_minutes: 240, witness_rate_pct: 0, duty_24: true, rule_multipliers: [{ rule_code: 'SND4', pct: 150 }] }));
    const strict = await ordered(during({ idle_minutes: 60, rule_multipliers: [{ rule_code: 'SND4', pct: 200 }], risk_grades: [{ by: 'route', key: '2431/10', grade: 4 }] }));
    const banner = await j.seen('CLERK', '/api/periods/active');
    expect(banner.orders).toHaveLength(2);
    expect(banner.changes).toEqual(expect.arrayContaining([
      expect.objectContaining({ vi: 'Báo động khi bưu gửi nằm yên quá 60 phút', period_id: strict }),
      expect.objectContaining({ vi: 'Trực 24/24', period_id: mild }),
      expect.objectContaining({ vi: 'Luật sàng lọc nặng hơn: SND4 200 %', period_id: strict }),
    ]));
    expect((await j.seen('CLERK', `/api/periods/${mild}`)).overlaps).toEqual([{ period_id: strict, name_vi: 'Tết và Đại hội' }]);
    await revoke(strict);
    expect((await j.seen('CLERK', '/api/periods/active')).changes[0].vi).toBe('Báo động khi bưu gửi nằm yên quá 240 phút');
    await revoke(mild);
  });
});

test('it begins and ends by the clock alone; both stand in the journal once, with when they really happened', async () => {
  const id = await ordered(periodFacts(world.clock(), [10, 20, 30, 40], { measures: { before: {}, during: { witness_rate_pct: 100 }, after: {} } }));
  const turns = async () => (await j.seen('LEADER', `/api/periods/${id}`)).turns;
  const step = async (minutes: number) => {
    pass(minutes);
    return (await accept(PARCEL)).status;
  };
  expect(await turns()).toEqual([]);
  expect([await step(1), await step(10), await step(10)]).toEqual([201, 201, 403]);
  expect(await turns()).toHaveLength(1);
  expect([await step(10), await step(10)]).toEqual([201, 201]);
  await Promise.all([j.seen('LEADER', '/api/periods/active'), j.seen('LEADER', '/api/periods/active'), j.seen('LEADER', '/api/periods')]);
  const shown = await j.seen('LEADER', `/api/periods/${id}`);
  expect(shown.state).toBe('ended');
  expect(shown.turns.map((turn: any) => [turn.kind, turn.effective_at])).toEqual([['period_begun', shown.before_from], ['period_ended', shown.until]]);
  expect(Date.parse(shown.turns[1].recorded_at)).toBeGreaterThan(Date.parse(shown.until));
  const [last] = await world.root.selectFrom('journal_entry').select(['person_id', 'kind']).where('matter_id', '=', id).orderBy('entry_no', 'desc').limit(1).execute();
  expect(last).toEqual({ person_id: null, kind: 'period_ended' });
});

test('a back-dated order acts from its signature on, not before, and says so', async () => {
  const period: Period = {
    period_id: 'p', name_vi: '', ordered_at_ms: 100, before_from_ms: 0, during_from_ms: 50, after_from_ms: 200, until_ms: 300, revoked_at_ms: null, office_codes: [], service_classes: [],
    measures: { before: { witness_rate_pct: 10 }, during: { witness_rate_pct: 20 }, after: {} },
  };
  expect([0, 60, 99, 100, 199, 200, 299, 300].map((at) => phaseAt(period, at))).toEqual([null, null, null, 'during', 'during', 'after', 'after', null]);
  expect(activePeriod([period], 60, { office_code: DONG_DANG }).witness_rate_pct).toBe(0);
  expect(activePeriod([period, { ...period, revoked_at_ms: 150 }], 160, { office_code: null }).orders).toHaveLength(1);
  const facts = during({});
  const id = await ordered(facts);
  const shown = await j.seen('CLERK', `/api/periods/${id}`);
  expect([shown.back_dated, shown.acts_from]).toEqual([true, shown.ordered_at]);
  await revoke(id);
});

test('what was done alone without a network is stored, and is seen to have been done alone', () => {
  const period: Period = {
    period_id: 'p', name_vi: '', ordered_at_ms: 0, before_from_ms: 0, during_from_ms: 0, after_from_ms: 200, until_ms: 300, revoked_at_ms: null, office_codes: [], service_classes: [],
    measures: { before: {}, during: { two_persons: ['approved'] }, after: {} },
  };
  const outcome = { state: 'approved', custodian: { kind: 'nobody', ref: '' }, holds: 0, flags: [], unit_kind: 'item', code: 'X', makes_unit: false };
  const decide = (grant_id: string | null, now_ms: number) => {
    const caller = { grant_id, office_code: DONG_DANG, permissions: new Set(['item.approve']) } as unknown as Caller;
    const request = { claim: { kind: 'approved', facts: {} }, caller, confirmation_hash: null } as unknown as Request;
    const draft = tighten({ claim: request.claim, second: null, decide: () => outcome } as unknown as Draft, request, [period]);
    return draft.decide({ now_ms, second: null, unit: null } as unknown as Known).flags;
  };
  expect(decide('g', 100)).toEqual(['order_not_kept']);
  expect([decide('g', 250), decide(null, 250)]).toEqual([[], []]);
  expect(() => decide(null, 100)).toThrow('second_person_needed');
});

test('the four presets are orders that can be signed', async () => {
  const { rows } = await j.seen('LEADER', '/api/periods/presets');
  expect(rows.map((row: any) => row.preset)).toEqual(['tet', 'congress', 'election', 'holiday']);
  for (const { measures } of rows) await revoke(await ordered(periodFacts(world.clock(), [-1, 0, 60, 120], { measures })));
});

test('each office acknowledges the order it was given', async () => {
  const id = await ordered(during({}, { office_codes: [DONG_DANG, CENTRE] }));
  await j.did('SHIFTHEAD', 'period', { kind: 'period_read', matter_id: id, facts: {} });
  expect(await j.seen('LEADER', `/api/periods/${id}`)).toMatchObject({ offices_read: 1, offices_asked: 2, read_by: [{ place: DONG_DANG }] });
  await revoke(id);
});
