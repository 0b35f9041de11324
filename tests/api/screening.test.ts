// Rules and screening through the HTTP API: a rule is proposed, replayed and published by two persons; what it hits is held in the
// very act, explained to those who may know and to nobody else, and comes out again; screening records and what voids them.

import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { civilDate } from '../../src/base/time.ts';
import { INDICATORS } from '../../src/domain/rule_catalogue.ts';
import { appender } from '../../src/ledger/append.ts';
import type { Draft } from '../../src/ledger/append.ts';
import { loadRulebook } from '../../src/store/rules.ts';
import type { Lane, Store } from '../../src/store/connect.ts';
import { inForce } from '../support/rules.ts';
import { DONG_DANG, expectRefusal, HA_NOI, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
const { CTL1: _, ...JUDGING } = INDICATORS;
beforeAll(async () => {
  world = await makeWorld();
  await world.hire('LEADER2', 'leader', DONG_DANG);
  await world.root.insertInto('travel_time').values([{ from_office_code: DONG_DANG, to_office_code: HA_NOI, least_minutes: 150, source: 'test' }]).execute();
  await world.hire('HANOICLERK', 'clerk', HA_NOI);
  await world.root.insertInto('shift').values({ shift_id: newId(), office_code: HA_NOI, opened_at: new Date(), opened_by: await world.personId('SHIFTHEAD') }).execute();
  await inForce(world.root, JUDGING);
  world.services.forgetRules();
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const call = async (badge: string, method: string, path: string, body?: unknown): Promise<Answer> => world.call(method, path, { token: await world.as(badge), body });
let phones = 0;
/** A parcel of somebody who never sent anything before. */
function parcel(more: { facts?: object; sender?: object; addressee?: object; contents?: string } = {}): object {
  phones += 1;
  const { sender, addressee, declaration } = PARCEL.personal;
  return {
    ...PARCEL, facts: { ...PARCEL.facts, ...more.facts },
    personal: {
      sender: { ...sender, name: `Người gửi ${phones}`, phone: `0300${String(phones).padStart(6, '0')}`, address: `${phones} đường Gửi, Lạng Sơn`, ...more.sender },
      addressee: { ...addressee, name: `Người nhận ${phones}`, address: `${phones} đường Nhận, Hà Nội`, ...more.addressee }, declaration: more.contents === undefined ? declaration : { contents: more.contents },
    },
  };
}
const accept = async (example: object, badge = 'CLERK'): Promise<any> => ok(await world.post(badge, { ...example, checkpoint_id: newId() }));
const hits = async (code: string, badge = 'DUTYOFFICER'): Promise<any[]> => ok(await call(badge, 'GET', `/api/screening/hits?code=${code}`)).rows;
const codesOf = async (code: string): Promise<string[]> => (await hits(code)).map((row) => row.rule_code);
const day = () => civilDate(world.clock());

describe('a rule', () => {
  const proposal = (more: object = {}) => ({
    rule_code: 'TST1', name_vi: 'Bưu kiện rất nặng', name_en: 'Very heavy parcel', severity: 'high', effect: 'hold', kinds: ['accepted'], service_classes: ['parcel'], expression: 'item.weight_g >= 20000',
    valid_from: '2020-01-01T00:00:00Z', valid_until: '2099-01-01T00:00:00Z', ...more,
  });
  const propose = async (badge: string, more: object = {}): Promise<string> => ok(await call(badge, 'POST', '/api/rules', proposal(more))).rule_version_id;
  const heavy = () => parcel({ facts: { weight_g: 20_000 } });

  test('is proposed by one, replayed, published by another; from then on it holds, and before it did nothing', async () => {
    const before = await accept(heavy());
    expect(before.flags).toEqual([]);
    const id = await propose('LEADER');
    expect((await accept(heavy())).flags).toEqual([]);
    expectRefusal(await call('LEADER', 'POST', `/api/rules/${id}/publish`), 'same_person', 403);
    expectRefusal(await call('DUTYOFFICER', 'POST', `/api/rules/${id}/publish`), 'not_permitted', 403);
    expectRefusal(await call('LEADER2', 'POST', `/api/rules/${id}/publish`), 'replay_needed', 409);
    const shown = ok(await call('DUTYOFFICER', 'POST', `/api/rules/${id}/replay`, { from_day: day(), to_day: day() }));
    expect(shown).toMatchObject({ hits: 2, units: 2, confirmed: 0, precision: null, new_hits: 2, lost_hits: 0, by_office_day: [{ day: day(), office_code: DONG_DANG, hits: 2 }] });
    expect(shown.examples[0]).toMatchObject({ facts: { 'item.weight_g': 20_000 } });
    ok(await call('LEADER2', 'POST', `/api/rules/${id}/publish`));
    expect(await accept(heavy())).toMatchObject({ flags: ['kept'], state: 'awaiting_approval' });
    expect(ok(await call('INSPECTOR', 'GET', '/api/rules?rule_code=TST1')).rows).toMatchObject([{ version: 1, state: 'published', author: 'Người LEADER', publisher: 'Người LEADER2', hits: 1, units: 1, confirmed: 0, cleared: 0, precision: null }]);
    expect(ok(await call('INSPECTOR', 'GET', `/api/rules/${id}/replays`)).rows).toMatchObject([{ hits: 2, replayed_by: 'Người DUTYOFFICER' }]);
  });

  test('is never edited: a further version takes its place in one step, and what it hit stays explained', async () => {
    const [first] = ok(await call('LEADER', 'GET', '/api/rules?rule_code=TST1&state=published')).rows;
    const second = await propose('DUTYOFFICER', { expression: 'item.weight_g >= 30000', effect: 'shadow' });
    ok(await call('DUTYOFFICER', 'POST', `/api/rules/${second}/replay`, { from_day: day(), to_day: day() }));
    ok(await call('LEADER', 'POST', `/api/rules/${second}/publish`));
    expectRefusal(await call('LEADER2', 'POST', `/api/rules/${second}/publish`), 'rule_not_draft', 409);
    expect(ok(await call('LEADER', 'GET', '/api/rules?rule_code=TST1')).rows.map((row: any) => [row.version, row.state])).toEqual([[2, 'published'], [1, 'ended']]);
    expect((await accept(heavy())).flags).toEqual([]);
    // Shadow: counted, and nothing happens to the item.
    const shadowed = await accept(parcel({ facts: { weight_g: 30_000 } }));
    expect(shadowed.flags).toEqual([]);
    expect(await hits(shadowed.code)).toMatchObject([{ rule_code: 'TST1', version: 2, effect: 'shadow', held: false }]);
    ok(await call('LEADER', 'POST', `/api/rules/${second}/end`));
    expectRefusal(await call('LEADER', 'POST', `/api/rules/${second}/end`), 'rule_not_draft');
    expect(await codesOf((await accept(parcel({ facts: { weight_g: 30_000 } }))).code)).toEqual([]);
    for (const set of ["expression = 'true'", "effect = 'hold'", 'published_at = null, published_by = null', 'ended_at = null, ended_by = null', 'authored_by = published_by']) {
      await expect(sql`${sql.raw(`update rule_version set ${set} where rule_version_id = '${first.rule_version_id}'`)}`.execute(world.services.store.write), set).rejects.toThrow(/permission denied|stays so/);
    }
  });

  test('that does not compile, names nothing, or judges colleagues by holding is refused; one that is not there is not found', async () => {
    for (const expression of ['item.wight_g > 3', 'item.weight_g', '1 == 1', 'item.weight_g > "x"']) expectRefusal(await call('LEADER', 'POST', '/api/rules', proposal({ expression })), 'rule_invalid', 422);
    for (const [more, field] of [[{ valid_until: '2020-01-01T00:00:00Z' }, 'valid_until'], [{ audience: 'audit' }, 'effect'], [{ act_code: 'no_such_act' }, 'act_code'], [{ kinds: ['teleported'] }, 'kinds.0']] as const) {
      const answer = await call('LEADER', 'POST', '/api/rules', proposal(more));
      expectRefusal(answer, 'invalid_input');
      expect(answer.body.facts.field).toBe(field);
    }
    expectRefusal(await call('DUTYOFFICER', 'POST', '/api/rules', proposal({ audience: 'audit', effect: 'flag' })), 'not_permitted');
    for (const path of ['publish', 'end']) expectRefusal(await call('LEADER', 'POST', `/api/rules/${newId()}/${path}`), 'unknown_rule', 404);
    expectRefusal(await call('LEADER', 'POST', `/api/rules/${await propose('DUTYOFFICER')}/replay`, { from_day: '2026-01-01', to_day: '2026-12-31' }), 'invalid_input');
  });

  test('has two persons in the database too', async () => {
    const person_id = await world.personId('LEADER');
    const insert = world.services.store.write.insertInto('rule_version').values({
      rule_version_id: newId(), rule_code: 'TST1', version: 99, name_vi: 'abc', name_en: 'abc', severity: 'low', kinds: ['seen'], expression: 'item.kt1', effect: 'flag', authored_by: person_id, authored_at: new Date(), published_by: person_id, published_at: new Date(),
      valid_from: new Date(), valid_until: new Date(Date.now() + 1e6),
    });
    await expect(insert.execute()).rejects.toThrow('publisher_is_another_person');
  });
});

describe('a hit', () => {
  test('one sender to eight addressees: the eighth is held in its acceptance, in one batch as one by one, and nothing tells the counter why', async () => {
    const sender = { name: 'Lò Văn Mẫu', phone: '0911000001', address: '7 đường Mẫu, Thanh Hóa' };
    const examples = Array.from({ length: 9 }, () => ({ ...parcel({ sender }), checkpoint_id: newId() }));
    const { results } = ok(await call('CLERK', 'POST', '/api/checkpoints/batch', { checkpoints: examples }));
    const flags = results.map((result: any) => result.receipt.flags);
    expect(flags).toEqual([[], [], [], [], [], [], [], ['kept'], ['kept']]);
    const { code } = results[7].receipt;
    const [hit] = (await hits(code)).filter((row) => row.rule_code === 'SND4');
    expect(hit).toMatchObject({ version: 1, effect: 'hold', severity: 'high', held: true, recorded_by: 'Người CLERK', name_vi: 'Một người gửi cho nhiều người nhận trong thời gian ngắn' });
    expect(hit.facts).toContainEqual({ fact: 'sender.addressees_24h', vi: 'Số người nhận trong 24 giờ', en: 'Addressees in 24 h', value: 8 });
    for (const path of ['', '/chain', '/receipt']) {
      const { text } = await call('CLERK', 'GET', `/api/items/${code}${path}`);
      expect(text).not.toMatch(/SND4|rule|quy tắc|addressees_24h/i);
    }
    expectRefusal(await call('CLERK', 'GET', `/api/screening/hits?code=${code}`), 'not_permitted');
    // One by one, from another counter: the next is the tenth.
    const next = await accept(parcel({ sender }), 'CLERK2');
    expect((await hits(next.code)).find((row) => row.rule_code === 'SND4').facts).toContainEqual(expect.objectContaining({ fact: 'sender.addressees_24h', value: 10 }));
    ok(await world.post('CONTROLLER', { kind: 'approved', code, facts: {} }));
    expectRefusal(await world.post('CONTROLLER', { kind: 'withdrawn', code, facts: {} }), 'held', 409);
  });

  test('a registered shop may send to as many as it likes', async () => {
    const sender = { name: 'Cửa hàng Mẫu', phone: '0911000002', address: '1 đường Mẫu, Lạng Sơn' };
    for (let i = 0; i < 9; i++) expect((await accept(parcel({ sender, facts: { sender_identified_by: 'business_licence' } }))).flags).toEqual([]);
  });

  test('three names with one phone', async () => {
    const phone = '0911000003';
    const names = ['Hà Thị Một', 'Hà Thị Hai', 'HÀ THỊ MỘT', 'Hà Thị Ba'];
    const kept = [];
    for (const name of names) kept.push((await accept(parcel({ sender: { name, phone } }))).flags.includes('kept'));
    expect(kept).toEqual([false, false, false, true]);
  });

  test('wires seen outside hold at once, whoever sees them and whatever the item is', async () => {
    const { code } = await accept(KT1_LETTER);
    expect(ok(await world.post('SORTER', { kind: 'condition_recorded', code, facts: { condition: 'intact', signs: ['wires'] } }))).toMatchObject({ flags: ['kept'] });
    expect(await hits(code)).toMatchObject([{ rule_code: 'CNT2', severity: 'critical', severity_vi: 'Nguy cấp: không chạm vào' }]);
    // A suspicion holds of itself: the rule adds its explanation and no second hold.
    const second = await accept(PARCEL);
    const said = ok(await world.post('SORTER', { kind: 'suspected', code: second.code, facts: { reason_code: 'random_check', signs: ['powder'] } }));
    expect(said.flags).toEqual([]);
    expect((await world.root.selectFrom('unit').select('holds').where('code', '=', second.code).executeTakeFirstOrThrow()).holds).toBe(1);
  });

  test('weight that changes, a label in two places, a journey too fast', async () => {
    const { code } = await accept(parcel());
    expect(ok(await world.post('SORTER', { kind: 'reweighed', code, facts: { weight_g: 2390 } })).flags).toEqual([]);
    expect(ok(await world.post('SORTER', { kind: 'reweighed', code, facts: { weight_g: 2410 } })).flags).toEqual(['weight_drift', 'kept']);
    const other = (await accept(parcel())).code;
    expect(ok(await world.post('HANOICLERK', { kind: 'seen', code: other, facts: {} })).flags).toEqual(['elsewhere', 'kept']);
    expect((await world.root.selectFrom('rule_hit').innerJoin('rule_version', 'rule_version.rule_version_id', 'rule_hit.rule_version_id').innerJoin('unit', 'unit.unit_id', 'rule_hit.unit_id').select('rule_code').where('unit.code', '=', other).orderBy('rule_code').execute()).map((row) => row.rule_code)).toEqual(expect.arrayContaining(['INT3', 'INT7']));
    // The duty officer of Đồng Đăng sees what hit at his office; the agency sees all.
    expect(await codesOf(other)).not.toContain('INT3');
    expect((await hits(other, 'LIAISON')).map((row) => row.rule_code)).toContain('INT3');
  });

  test('a clerk who takes strangers for known customers is seen by auditors only', async () => {
    for (let i = 0; i < 5; i++) await accept(parcel({ facts: { sender_identified_by: 'known_customer' } }), 'CLERK3');
    const { code } = await accept(parcel({ facts: { sender_identified_by: 'known_customer' } }), 'CLERK3');
    expect(await codesOf(code)).not.toContain('INT4');
    expect((await hits(code, 'INSPECTOR')).map((row) => row.rule_code)).toContain('INT4');
    expect(ok(await call('DUTYOFFICER', 'GET', '/api/rules?rule_code=INT4')).rows).toEqual([]);
  });

  test('KT1 of a registered sender hits nothing for its mark; by override it is told', async () => {
    expect(await codesOf((await accept(KT1_LETTER)).code)).toEqual([]);
    const override = { ...KT1_LETTER, facts: { ...KT1_LETTER.facts, sender: { override_reason_code: 'register_not_yet_updated' } }, confirmation: await world.confirmation('CLERK', 'CONTROLLER', 'item.override_sender') };
    expect((await codesOf((await accept(override)).code)).toSorted()).toEqual(['CNT10', 'SND8']);
    expect(await world.root.selectFrom('linkage').innerJoin('item', 'item.unit_id', 'linkage.unit_id').select('linkage.unit_id').where('service_class', '=', 'kt1').execute()).toEqual([]);
  });

  test('what came of it is precision: per version, and in a replay, which finds exactly what was found at the time', async () => {
    const rows = (await call('LEADER', 'GET', '/api/screening/hits?effect=hold&undecided=true&limit=200')).body.rows.filter((row: any) => row.rule_code === 'SND4');
    expect(rows.length).toBeGreaterThan(2);
    for (const [i, { code }] of rows.entries()) ok(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: i === 0 ? 'cleared' : 'confirmed', reason_code: 'random_check' }));
    expectRefusal(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code: rows[0].code, outcome: 'cleared', reason_code: 'no_such' }), 'unknown_reason');
    expectRefusal(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code: 'BK999999995VN', outcome: 'cleared', reason_code: 'random_check' }), 'unknown_unit');
    const [version] = ok(await call('LEADER', 'GET', '/api/rules?rule_code=SND4')).rows;
    expect(version).toMatchObject({ units: rows.length, confirmed: rows.length - 1, cleared: 1, precision: Number(((rows.length - 1) / rows.length).toFixed(3)) });
    for (const { rule_version_id, rule_code, hits: live } of ok(await call('LEADER', 'GET', '/api/rules?state=published')).rows) {
      const shown = ok(await call('LEADER', 'POST', `/api/rules/${rule_version_id}/replay`, { from_day: civilDate(world.clock() - 86_400_000), to_day: day() }));
      // In force since a minute before the first acceptance; SND9 counts outcomes that came later.
      if (rule_code !== 'SND9') expect([rule_code, shown.hits, shown.lost_hits]).toEqual([rule_code, live, 0]);
      if (rule_code === 'SND4') expect(shown).toMatchObject({ confirmed: rows.length - 1, cleared: 1, undecided: 0, precision: version.precision });
    }
    const next = await accept(parcel({ sender: { phone: '0911000001' } }));
    expect(await codesOf(next.code)).toContain('SND9');
  });

  test('who raised a suspicion does not say what came of it', async () => {
    const { code } = await accept(parcel());
    ok(await world.post('DUTYOFFICER', { kind: 'suspected', code, facts: { reason_code: 'random_check', signs: ['odour'] } }));
    expectRefusal(await call('DUTYOFFICER', 'POST', '/api/screening/outcomes', { code, outcome: 'cleared', reason_code: 'random_check' }), 'same_person');
  });

  test('without the links of a sender nothing more is counted, and every hit still comes out again', async () => {
    const sender = { phone: '0911000009' };
    const mine: string[] = [];
    for (let i = 0; i < 5; i++) mine.push((await accept(parcel({ sender }))).unit_id);
    // Of items on the road an order of erasure would be refused (tests/api/erasure.test.ts).
    await sql`alter table linkage disable trigger linkage_kept`.execute(world.root);
    await world.root.deleteFrom('linkage').where('unit_id', 'in', mine).execute();
    await sql`alter table linkage enable always trigger linkage_kept`.execute(world.root);
    const { code } = await accept(parcel({ sender, facts: { signs: ['odour'] } }));
    expect((await hits(code)).map((row) => row.rule_code)).toEqual(['CNT4']);
    const stored = JSON.stringify(await world.root.selectFrom('linkage').selectAll().execute()) + JSON.stringify(await world.root.selectFrom('rule_hit').selectAll().execute());
    expect(stored).not.toMatch(/0911000|Người gửi|Mẫu/);
  });
});

describe('the flight', () => {
  /** A store that counts how often a transaction waits for the database before it commits. */
  function counting(store: Store): { store: Store; waits: () => number } {
    let waits = 0;
    const wrapped: Store = {
      ...store,
      lane: (work) =>
        store.lane((lane) => {
          let asked = false;
          const counted: Lane = {
            ...lane,
            run(statement, values) {
              if (!asked) waits += 1;
              asked = true;
              return lane.run(statement, values).finally(() => void (asked = false));
            },
          };
          return work(counted);
        }),
    };
    return { store: wrapped, waits: () => waits };
  }

  test('waits for the database once, with all rules on as with none', async () => {
    const seen: number[] = [];
    for (const rules of [async () => ({ ...(await loadRulebook(world.services.store.read)), at: new Map(), counting: new Set() }) as never, () => loadRulebook(world.services.store.read)]) {
      const { store, waits } = counting(world.services.store);
      const drafts: Draft[] = [];
      const { app } = world;
      const held = world.services.append;
      world.services.append = async (draft) => (drafts.push(draft), held(draft));
      const { code } = await accept(parcel());
      world.services.append = held;
      expect(app).toBeDefined();
      const append = appender({ store, clock: world.clock, rules, queue_max: 10, lanes: 1 });
      const draft = drafts[0] as Draft;
      await append({ ...draft, claim: { ...draft.claim, checkpoint_id: newId() } });
      await append({ ...draft, claim: { ...draft.claim, checkpoint_id: newId(), kind: 'seen', code, facts: {}, commitments: {} }, personal: [], number_from: null, decide: ({ unit }) => ({ ...unit!, flags: [], makes_unit: false, unit_kind: 'item' }) });
      seen.push(waits());
    }
    expect(seen).toEqual([2, 2]);
  });

  test.each([
    ['a fact of a hit is changed', `update rule_hit set facts = jsonb_set(facts, array[(select min(k) from jsonb_object_keys(facts) k)], '99')`],
    ['hits are taken away', 'delete from rule_hit'],
    ['a hit is called a flag', `update rule_hit set effect = 'flag' where effect = 'hold'`],
    ['a hit is put on another unit', 'update rule_hit set unit_id = (select unit_id from unit order by unit_id limit 1)'],
    ['a hit is moved in time', `update rule_hit set hit_at = hit_at + interval '1 second'`],
    ['a hit is slipped in', `insert into rule_hit select (select checkpoint_id from checkpoint where kind = 'seen' limit 1), rule_version_id, unit_id, office_code, effect, facts, hit_at from rule_hit limit 1`],
    ['a rule is rewritten after the fact', `update rule_version set expression = '!(' || expression || ')'`],
    ['a rule is made older than it is', `update rule_version set valid_from = now() + interval '1 day', valid_until = now() + interval '2 days'`],
    ['a screening is changed', `update screening set result = 'inconclusive'`],
    ['a screening is taken away', 'delete from screening'],
  ])('%s: the verifier sees it', async (_what, change) => {
    const { code } = await accept(parcel());
    ok(await world.post('CONTROLLER', { kind: 'screened', code, facts: { method: 'VCK', result: 'clear' } }));
    const { verifyLedger } = await import('../../src/ledger/verify.ts');
    await world.root
      .transaction()
      .execute(async (tx) => {
        for (const table of ['rule_hit', 'rule_version']) await sql`alter table ${sql.table(table)} disable trigger all`.execute(tx);
        await sql`${sql.raw(change)}`.execute(tx);
        const inside = Object.assign(Object.create(tx), { transaction: () => ({ setIsolationLevel: () => ({ setAccessMode: () => ({ execute: (work: (t: unknown) => unknown) => work(tx) }) }) }) });
        expect((await verifyLedger(inside)).faults.length).toBeGreaterThan(0);
        throw new Error('put everything back');
      })
      .catch((error: unknown) => expect(String(error)).toContain('put everything back'));
  });
});

describe('a screening', () => {
  const screened = (badge: string, code: string, facts: object): Promise<Answer> => world.post(badge, { kind: 'screened', code, facts });
  const records = async (code: string): Promise<any[]> => ok(await call('CONTROLLER', 'GET', `/api/screening/items/${code}`)).rows;

  test('names its method and its machine, and says how the last test of it stands', async () => {
    for (const [equipment_no, method, test_limit_hours] of [['XRY-01', 'XRY', 24], ['ETD-01', 'ETD', null]] as const) ok(await call('CONTROLLER', 'POST', '/api/screening/equipment', { equipment_no, method, name_vi: 'Máy soi', test_limit_hours }));
    expectRefusal(await call('CONTROLLER', 'POST', '/api/screening/equipment', { equipment_no: 'XRY-01', method: 'XRY', name_vi: 'Máy soi', test_limit_hours: null }), 'equipment_in_use', 409);
    expectRefusal(await call('CONTROLLER', 'POST', '/api/screening/equipment/tests', { equipment_no: 'XRY-99', passed: true }), 'unknown_equipment', 404);
    const { code } = await accept(parcel());
    const clear = { method: 'XRY', equipment_no: 'XRY-01', result: 'clear' };
    expect(ok(await screened('CONTROLLER', code, clear)).flags).toEqual(['equipment_untested']);
    ok(await call('CONTROLLER', 'POST', '/api/screening/equipment/tests', { equipment_no: 'XRY-01', passed: true }));
    expect(ok(await screened('CONTROLLER', code, clear)).flags).toEqual([]);
    ok(await call('CONTROLLER', 'POST', '/api/screening/equipment/tests', { equipment_no: 'XRY-01', passed: false }));
    expect(ok(await screened('CONTROLLER', code, clear)).flags).toEqual(['equipment_untested']);
    // No limit is known for this machine: nothing alarms, and the screen says so.
    expect(ok(await screened('CONTROLLER', code, { method: 'ETD', equipment_no: 'ETD-01', result: 'clear' })).flags).toEqual([]);
    expect((await records(code)).map((row) => [row.method, row.test, row.status])).toEqual([['ETD', 'no_limit', 'clear'], ['XRY', 'failed', 'clear'], ['XRY', 'current', 'clear'], ['XRY', 'never', 'clear']]);
    expect(ok(await call('CONTROLLER', 'GET', '/api/screening/equipment')).rows).toMatchObject([{ equipment_no: 'ETD-01', test: 'no_limit', test_limit_hours: null }, { equipment_no: 'XRY-01', test: 'failed' }]);
    expect(await codesOf(code)).toEqual(expect.arrayContaining(['SCR2']));
  });

  test('a test goes stale by its own limit', async () => {
    ok(await call('CONTROLLER', 'POST', '/api/screening/equipment', { equipment_no: 'XRY-02', method: 'XRY', name_vi: 'Máy soi 2', test_limit_hours: 1 }));
    await world.root.insertInto('equipment_test').values({ test_id: newId(), equipment_no: 'XRY-02', tested_at: new Date(world.clock() - 3_601_000), tested_by: await world.personId('CONTROLLER'), passed: true }).execute();
    const { code } = await accept(parcel());
    expect(ok(await screened('CONTROLLER', code, { method: 'XRY', equipment_no: 'XRY-02', result: 'clear' })).flags).toEqual(['equipment_untested']);
    expect(await records(code)).toMatchObject([{ test: 'stale', operator: 'Người CONTROLLER' }]);
  });

  test('needs the machine it says, of this office and this method', async () => {
    const { code } = await accept(parcel());
    expectRefusal(await screened('CONTROLLER', code, { method: 'XRY', result: 'clear' }), 'invalid_input');
    expectRefusal(await screened('CONTROLLER', code, { method: 'EDS', equipment_no: 'XRY-01', result: 'clear' }), 'invalid_input');
    expectRefusal(await screened('CONTROLLER', code, { method: 'XRY', equipment_no: 'XRY-77', result: 'clear' }), 'unknown_equipment');
    expectRefusal(await screened('CONTROLLER', 'BK999999995VN', { method: 'VCK', result: 'clear' }), 'unknown_unit');
  });

  test('KT1 and letters are looked at from outside only', async () => {
    const kt1 = (await accept(KT1_LETTER)).code;
    for (const method of ['PHS', 'AOM']) expectRefusal(await screened('CONTROLLER', kt1, { method, result: 'clear' }), 'outside_only', 403);
    for (const [method, equipment_no] of [['XRY', 'XRY-01']]) expectRefusal(await screened('CONTROLLER', kt1, { method, equipment_no, result: 'clear' }), 'outside_only');
    expect(ok(await screened('CONTROLLER', kt1, { method: 'VCK', result: 'clear' })).flags).toEqual([]);
    const { facts, ...rest } = parcel() as any;
    const letter = (await accept({ ...rest, facts: { ...facts, service: { service_class: 'letter', scope: 'INTER' }, joint_check: 'not_applicable' } })).code;
    expectRefusal(await screened('CONTROLLER', letter, { method: 'PHS', result: 'clear' }), 'outside_only');
  });

  test('an alarm holds, and another person clears it, once', async () => {
    const { code } = await accept(parcel());
    const alarm = ok(await screened('CONTROLLER', code, { method: 'VCK', result: 'alarm' }));
    expect(alarm.flags).toEqual(['kept']);
    const resolves = alarm.checkpoint_id;
    expectRefusal(await screened('CONTROLLER', code, { method: 'EDD', result: 'clear', resolves }), 'same_person');
    expectRefusal(await screened('CONTROLLER2', code, { method: 'EDD', result: 'clear', resolves: newId() }), 'unknown_alarm', 404);
    expectRefusal(await screened('CONTROLLER2', (await accept(parcel())).code, { method: 'EDD', result: 'clear', resolves }), 'unknown_alarm');
    ok(await screened('CONTROLLER2', code, { method: 'EDD', result: 'clear', resolves }));
    expectRefusal(await screened('CONTROLLER2', code, { method: 'EDD', result: 'clear', resolves }), 'unknown_alarm');
    expect(await records(code)).toMatchObject([{ method: 'EDD', status: 'clear' }, { method: 'VCK', status: 'alarm_cleared', alarm_cleared_by: 'Người CONTROLLER2' }]);
  });

  test('is void after custody was broken, and a new one stands', async () => {
    const { code } = await accept(parcel());
    ok(await screened('CONTROLLER', code, { method: 'EDD', result: 'clear' }));
    ok(await world.post('SORTER', { kind: 'seen', code, facts: {} }));
    expect(await records(code)).toMatchObject([{ status: 'clear', broken_by: null }]);
    const broken = ok(await world.post('HANOICLERK', { kind: 'seen', code, facts: {} }));
    expect(await records(code)).toMatchObject([{ status: 'void', broken_by: broken.checkpoint_id }]);
    ok(await screened('CONTROLLER', code, { method: 'EDD', result: 'clear' }));
    expect((await records(code)).map((row) => row.status)).toEqual(['clear', 'void']);
  });
});
