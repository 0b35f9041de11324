// The triage queue through the HTTP API: one row a unit with its reasons, told again only when something changed, decided once, taken
// back by a further outcome; notes and looks are of one desk, and no desk sees another office's flags.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { INDICATORS } from '../../src/domain/rule_catalogue.ts';
import { inForce } from '../support/rules.ts';
import { expectRefusal, HA_NOI, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  await world.hire('DUTY2', 'duty_officer', '243100');
  await world.hire('HANOIDUTY', 'duty_officer', HA_NOI);
  await world.root.insertInto('reason').values({ reason_list: 'hold', reason_code: 'released_clear', name_vi: 'Đã kiểm tra, sạch', name_en: 'Checked, clear', valid_from: '2017-01-01', valid_to: null }).execute();
  const { CNT2, CNT5 } = INDICATORS;
  await inForce(world.root, { CNT2: CNT2!, CNT5: CNT5! });
  world.services.forgetRules();
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

/** Long enough for sessions to lock: everybody signs in again. */
const passes = (ms: number): void => {
  world.advance(ms);
  for (const badge of ['DUTYOFFICER', 'DUTY2', 'CLERK', 'CLERK1', 'LIAISON', 'INSPECTOR', 'CONTROLLER', 'HANOIDUTY']) world.forget(badge);
};
const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const call = async (badge: string, method: string, path: string, body?: unknown): Promise<Answer> => world.call(method, path, { token: await world.as(badge), body });
const queue = async (badge = 'DUTYOFFICER', known?: string): Promise<{ cursor: string; rows: any[] | null }> => ok(await call(badge, 'GET', `/api/flags${known === undefined ? '' : `?known=${known}`}`));
const rowOf = async (code: string, badge = 'DUTYOFFICER'): Promise<any> => (await queue(badge)).rows?.find((row) => row.code === code);
const parcel = async (signs: string[] = []): Promise<string> => {
  const answer = ok(await world.post('CLERK', { ...PARCEL, checkpoint_id: newId(), facts: { ...PARCEL.facts, ...(signs.length === 0 ? {} : { signs }) } }));
  return answer.code;
};

describe('the queue', () => {
  test('has what a rule hit and what a hand held, gravest first, with reasons, and nothing that is plain', async () => {
    const plain = await parcel();
    const taped = await parcel(['excess_tape']);
    const wired = await parcel(['wires']);
    const suspected = await parcel();
    ok(await world.post('CLERK1', { kind: 'suspected', code: suspected, facts: { reason_code: 'random_check', signs: ['odour'] } }));
    const rows = (await queue()).rows ?? [];
    const codes = rows.map((row) => row.code);
    expect(codes).not.toContain(plain);
    expect(codes.indexOf(wired)).toBe(0);
    expect(codes).toEqual(expect.arrayContaining([taped, suspected]));
    expect(rows.find((row) => row.code === wired)).toMatchObject({ severity: 'critical', outcome: null, looking: [], reasons: [{ source: 'rule', rule_code: 'CNT2', version: 1, recorded_by: 'Người CLERK', facts: [{ fact: 'item.signs', value: ['wires'] }] }] });
    const { reasons, held } = rows.find((row) => row.code === suspected);
    expect(held).toBe(true);
    expect(reasons).toEqual(expect.arrayContaining([expect.objectContaining({ source: 'person', reason_code: 'random_check', recorded_by: 'Người CLERK1', facts: [expect.objectContaining({ vi: 'Mùi lạ' })] })]));
  });

  test('is another office’s business at no office but its own; agencies see what concerns them all', async () => {
    const code = await parcel(['wires']);
    expect((await queue('HANOIDUTY')).rows).toEqual([]);
    expect(await rowOf(code, 'LIAISON')).toMatchObject({ code });
    expectRefusal(await call('HANOIDUTY', 'POST', '/api/flags/looks', { code }), 'unknown_unit', 404);
    expectRefusal(await call('HANOIDUTY', 'POST', '/api/flags/notes', { code, note: 'freed' }), 'unknown_unit', 404);
    expectRefusal(await call('HANOIDUTY', 'POST', '/api/screening/outcomes', { code, outcome: 'cleared', reason_code: 'released_clear' }), 'unknown_unit', 404);
  });

  test('tells nothing twice: with the cursor, rows are null until something changed', async () => {
    const code = await parcel(['excess_tape']);
    const { cursor } = await queue();
    expect(await queue('DUTYOFFICER', cursor)).toEqual({ cursor, rows: null });
    for (const change of [
      () => parcel(['excess_tape']),
      async () => ok(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: 'cleared', reason_code: 'released_clear' })),
      async () => ok(await call('DUTYOFFICER', 'POST', '/api/flags/notes', { code, note: 'freed' })),
      async () => ok(await call('DUTY2', 'POST', '/api/flags/looks', { code })),
    ]) {
      const before = (await queue()).cursor;
      world.advance(5);
      await change();
      const after = await queue('DUTYOFFICER', before);
      expect(after.cursor).not.toBe(before);
      expect(after.rows?.length).toBeGreaterThan(0);
    }
  });
});

describe('a flag', () => {
  test('that was dismissed leaves; by mistake it comes back; a new hit brings it back of itself', async () => {
    const code = await parcel(['excess_tape']);
    expectRefusal(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: 'reopened' }), 'unknown_unit', 404);
    expectRefusal(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: 'cleared' }), 'invalid_input', 422);
    world.advance(5);
    ok(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: 'cleared', reason_code: 'released_clear' }));
    expect(await rowOf(code)).toBeUndefined();
    world.advance(5);
    ok(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: 'reopened' }));
    expect(await rowOf(code)).toMatchObject({ outcome: 'reopened', reasons: [{ rule_code: 'CNT5' }] });
    expect(ok(await call('INSPECTOR', 'GET', '/api/rules?rule_code=CNT5')).rows[0].cleared).toBeLessThan(3);
    world.advance(5);
    ok(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: 'cleared', reason_code: 'released_clear' }));
    expect(await rowOf(code)).toBeUndefined();
    world.advance(5);
    ok(await world.post('CONTROLLER', { kind: 'condition_recorded', code, facts: { condition: 'intact', signs: ['wires'] } }));
    expect(await rowOf(code)).toMatchObject({ severity: 'critical', held: true });
  });

  test('that is still held after it was cleared stays until it is released', async () => {
    const code = await parcel(['wires']);
    world.advance(5);
    ok(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: 'cleared', reason_code: 'released_clear' }));
    expect(await rowOf(code)).toMatchObject({ held: true, outcome: 'cleared' });
  });

  test('is put off, given away and freed at one desk; another desk sees none of it', async () => {
    const code = await parcel(['wires']);
    const later = new Date(world.clock() + 3_600_000).toISOString();
    ok(await call('DUTYOFFICER', 'POST', '/api/flags/notes', { code, note: 'deferred', deferred_until: later }));
    expect(await rowOf(code, 'DUTY2')).toMatchObject({ deferred_until: later });
    expect(await rowOf(code, 'LIAISON')).toMatchObject({ deferred_until: null });
    passes(3_600_001);
    expect(await rowOf(code, 'DUTY2')).toMatchObject({ deferred_until: null });
    const { rows } = ok(await call('DUTYOFFICER', 'GET', '/api/flags/people'));
    expect(rows.map((row: { badge: string }) => row.badge)).toEqual(expect.arrayContaining(['DUTYOFFICER', 'DUTY2', 'LEADER']));
    expect(rows.map((row: { badge: string }) => row.badge)).not.toContain('HANOIDUTY');
    const mate = rows.find((row: { badge: string }) => row.badge === 'DUTY2');
    ok(await call('DUTYOFFICER', 'POST', '/api/flags/notes', { code, note: 'assigned', assigned_to: mate.person_id }));
    expect(await rowOf(code)).toMatchObject({ assigned_to: { full_name: 'Người DUTY2' } });
    ok(await call('DUTYOFFICER', 'POST', '/api/flags/notes', { code, note: 'freed' }));
    expect(await rowOf(code)).toMatchObject({ assigned_to: null });
    const [, stranger] = [await world.personId('CLERK'), await world.personId('HANOIDUTY')];
    expectRefusal(await call('DUTYOFFICER', 'POST', '/api/flags/notes', { code, note: 'assigned', assigned_to: stranger }), 'invalid_input', 422);
    for (const ms of [-1, 8 * 86_400_000]) {
      expectRefusal(await call('DUTYOFFICER', 'POST', '/api/flags/notes', { code, note: 'deferred', deferred_until: new Date(world.clock() + ms).toISOString() }), 'invalid_input', 422);
    }
  });

  test('shows who else of the desk has it open, for five minutes', async () => {
    const code = await parcel(['wires']);
    ok(await call('DUTY2', 'POST', '/api/flags/looks', { code }));
    expect(await rowOf(code)).toMatchObject({ looking: ['Người DUTY2'] });
    expect(await rowOf(code, 'DUTY2')).toMatchObject({ looking: [] });
    expect(await rowOf(code, 'LIAISON')).toMatchObject({ looking: [] });
    passes(300_001);
    expect(await rowOf(code)).toMatchObject({ looking: [] });
  });

  test('cannot be cleared by whoever put it under suspicion', async () => {
    const code = await parcel();
    ok(await world.post('DUTYOFFICER', { kind: 'suspected', code, facts: { reason_code: 'random_check' } }));
    expectRefusal(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: 'cleared', reason_code: 'released_clear' }), 'same_person', 403);
    world.advance(5);
    ok(await call('DUTY2', 'POST', '/api/screening/outcomes', { code, outcome: 'cleared', reason_code: 'released_clear' }));
  });
});
