// Rules: each shipped indicator hits what provokes it and not its near miss, from the facts of real claims; expressions are typed;
// what a hit keeps is enough to compute it again; of KT1 nothing but the outside is ever seen.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KT1_LETTER, PARCEL } from '../../src/api/examples.ts';
import type { Kind } from '../../src/domain/facts.ts';
import { FACTS } from '../../src/domain/facts.ts';
import { makeHistory } from '../../src/domain/history.ts';
import type { Sighting } from '../../src/domain/history.ts';
import { particularsOf } from '../../src/domain/particulars.ts';
import { compile, recompute, RULE_FACTS } from '../../src/domain/rule.ts';
import type { RuleVersion } from '../../src/domain/rule.ts';
import { INDICATORS } from '../../src/domain/rule_catalogue.ts';
import type { Measures, Period } from '../../src/domain/period.ts';
import { rulebook } from '../../src/domain/rulebook.ts';
import { hitsOf, lotOf, sightingOf } from '../../src/ledger/screen.ts';
import type { Moment } from '../../src/ledger/screen.ts';
import { newId } from '../support/people.ts';

const NOW = Date.parse('2026-01-20T03:00:00Z');
const DAY = 86_400_000;
const KEY = new Uint8Array(32).fill(9);
const OFFICE = '243100';
/** An order of the week in which the moments lie. */
function period(during: Measures): Period {
  const [from, until] = [Date.parse('2026-01-14T17:00:00Z'), Date.parse('2026-01-30T17:00:00Z')];
  return { period_id: newId(), name_vi: 'Đại hội', ordered_at_ms: from, before_from_ms: from, during_from_ms: from, after_from_ms: until, until_ms: until, revoked_at_ms: null, office_codes: [], service_classes: [], measures: { before: {}, during, after: {} } };
}
const leansOn = {
  lists: [
    { list_code: 'border_office' as const, entry: OFFICE, from: '2020-01-01', to: null }, { list_code: 'hotspot_office' as const, entry: '440100', from: '2020-01-01', to: null },
    { list_code: 'capital_postal' as const, entry: '10', from: '2020-01-01', to: null }, { list_code: 'protected_postal' as const, entry: '10001', from: '2020-01-01', to: null },
    { list_code: 'season' as const, entry: 'tet', from: '2026-01-15', to: '2026-02-20' },
  ],
  travel: new Map([[`${OFFICE}/100900`, 150]]),
  provinces: { of: new Map([[OFFICE, 'lang son']]), all: ['lang son', 'ha noi', 'thanh hoa'] },
  key: KEY,
  periods: [period({ risk_grades: [{ by: 'route', key: '2431/10', grade: 4 }] })],
};
const versions = Object.entries(INDICATORS).map(([rule_code, { severity, effect, kinds, expression, service_classes }], i): RuleVersion => ({
  rule_version_id: `01768a00-0000-7000-8000-${String(i).padStart(12, '0')}`, rule_code, version: 1, severity, kinds, service_classes, office_codes: null, expression, effect, valid_from: 0, valid_until: NOW * 2,
}));
const book = rulebook(versions, leansOn);

type Person = { name: string; phone: string; address: string };
const SENDER: Person = { name: 'Nông Thị Mẫu', phone: '0200000101', address: 'Khu 3, Đồng Đăng, Lạng Sơn' };
const ADDRESSEE: Person = { name: 'Trần Văn Mẫu', phone: '0200000102', address: '12 phố Mẫu, Hà Nội' };
type Given = { facts?: object; sender?: Partial<Person>; addressee?: Partial<Person>; contents?: string; office?: string; at?: number; person_id?: string; id?: string };

const CLERK = newId();
function parcel(given: Given = {}): Moment & { sighting: Sighting } {
  const facts = FACTS.accepted.parse({ ...PARCEL.facts, ...given.facts });
  const [sender, addressee] = [{ ...SENDER, ...given.sender }, { ...ADDRESSEE, ...given.addressee }];
  const at = given.at ?? NOW;
  const claim = { checkpoint_id: given.id ?? newId(), kind: 'accepted' as Kind, office_code: given.office ?? OFFICE, facts, person_id: given.person_id ?? CLERK } as never;
  const sighting = sightingOf(KEY, claim, at, { sender, addressee }) as Sighting;
  sighting.unit_id = newId();
  return { claim, at, unit_kind: 'item', code: 'PA000000015VN', before: null, flags: [], particulars: particularsOf({ sender, addressee, declaration: { contents: given.contents ?? 'Bánh khảo, hạt dẻ' } }), sighting, history: makeHistory() };
}
/** The same, after others were accepted. */
function after(earlier: readonly (Given & { stuck?: boolean; confirmed?: boolean; odd?: boolean })[], given: Given = {}): Moment {
  const moment = parcel(given);
  for (const one of earlier) {
    const { sighting } = parcel({ at: NOW - 3_600_000, ...one });
    moment.history.add({ ...sighting, uncollected_since: one.stuck ? NOW - 1000 : null, confirmed_at: one.confirmed ? NOW - 1000 : null, odd_identity: one.odd ?? false });
  }
  return moment;
}
const kt1 = (facts: object = {}): Moment => ({ ...parcel(), claim: { checkpoint_id: newId(), kind: 'accepted', office_code: OFFICE, facts: FACTS.accepted.parse({ ...KT1_LETTER.facts, ...facts }) } as never, particulars: null, sighting: null });
const ITEM = { service_class: 'parcel', secrecy: 'NONE', urgency: 'NONE', weight_g: 1000, accepted_by: CLERK, accepted_at: NOW - DAY, accepted_office_code: OFFICE, labels_printed: 1, destination_office_code: '100900', going_back: false, bag_code: null } as const;
function step(kind: Kind, facts: object = {}, more: Partial<Moment> & { last_at?: number; office?: string; item?: object } = {}): Moment {
  const { last_at = NOW - DAY, office = OFFICE, item = {}, ...rest } = more;
  return { claim: { checkpoint_id: newId(), kind, office_code: office, facts: FACTS[kind].parse(facts) }, at: NOW, unit_kind: 'item', code: 'PA000000015VN', before: { office_code: OFFICE, last_at, item: { ...ITEM, ...item } }, flags: [], particulars: null, sighting: null, history: makeHistory(), ...rest };
}
const others = (count: number, make: (i: number) => Given & { stuck?: boolean; confirmed?: boolean; odd?: boolean }) => Array.from({ length: count }, (_, i) => make(i));
const to = (i: number) => ({ addressee: { name: `Người ${i}`, address: `${i} phố Mẫu, Huế` } });
const signs = (...list: string[]) => parcel({ facts: { signs: list } });
const from = (i: number) => ({ sender: { name: `Tên ${i}` } });
const elsewhereAll = (i: number) => ({ ...from(i), sender: { name: `Tên ${i}`, phone: `09000000${10 + i}`, address: `${i} đường A, Huế` } });
const stuckRoute = (count: number) => others(count, (i) => ({ ...elsewhereAll(i), ...to(i), stuck: true }));
const lots = Array.from({ length: 3000 }, () => newId());
const lot = (fits: (n: number) => boolean): Moment => parcel({ id: lots.find((id) => fits(lotOf(KEY, id))) as string });
function attempt(count: number): Moment {
  const mine = after(stuckRoute(count));
  return { ...step('attempted', { reason_code: 'absent', evidence: [] }), history: mine.history, sighting: mine.sighting };
}

/** Each indicator: what provokes it, and the nearest thing that does not. */
const CASES: { [rule_code: string]: [hit: () => Moment, miss: () => Moment] } = {
  SND1: [() => parcel({ sender: { address: 'Lạng Sơn' } }), () => parcel({ sender: { address: 'Xóm 2, Lạng Sơn' } })],
  SND2: [() => signs('identity_differs'), () => signs('excess_tape')],
  SND3: [() => after(others(4, () => ({}))), () => after(others(4, (i) => ({ at: NOW - (i === 0 ? 3 * DAY : 3600_000) })))],
  SND4: [() => after(others(7, to)), () => after(others(6, to))],
  SND5: [() => after(others(2, from)), () => after(others(1, from))],
  SND6: [() => parcel({ sender: { address: '5 đường Mẫu, Thanh Hóa' } }), () => parcel({ sender: { address: 'Thôn Thanh Hóa, Lạng Sơn' } })],
  SND7: [() => parcel({ office: '440100' }), () => after([{ office: '440100' }], { office: '440100' })],
  SND8: [() => kt1({ sender: { override_reason_code: 'register_not_yet_updated' } }), () => kt1()],
  SND9: [() => after([{ confirmed: true }]), () => after([{ confirmed: true, sender: { phone: '0900000999' } }])],
  RCV1: [() => parcel({ addressee: { address: 'Hà Nội' } }), () => parcel({ addressee: { address: 'Thôn 1, Hà Nội' } })],
  RCV2: [() => parcel({ addressee: { address: '1 Chung cư Mẫu, Hà Nội' } }), () => parcel({ addressee: { address: 'Căn hộ 1204 Chung cư Mẫu, Hà Nội' } })],
  RCV3: [() => parcel({ addressee: { name: 'Giám đốc' } }), () => parcel({ addressee: { name: 'Nguyễn Giám Mẫu' } })],
  RCV4: [() => attempt(5), () => attempt(4)],
  RCV5: [() => parcel({ facts: { addressee_postal_code: '10001' } }), () => parcel({ facts: { addressee_postal_code: '10002' } })],
  RCV6: [() => after(stuckRoute(5), { contents: 'Đồ gia dụng' }), () => after(stuckRoute(4), { contents: 'Đồ gia dụng' })],
  CNT1: [() => parcel({ contents: 'Phụ tùng máy photo' }), () => parcel({ contents: 'Trống mực máy photo' })],
  CNT2: [() => signs('wires'), () => signs('rigid')],
  CNT3: [() => step('suspected', { reason_code: 'dangerous_sign', signs: ['powder'] }), () => step('suspected', { reason_code: 'dangerous_sign' })],
  CNT4: [() => step('condition_recorded', { condition: 'intact', signs: ['odour'] }), () => step('condition_recorded', { condition: 'stained' })],
  CNT5: [() => signs('excess_tape'), () => signs('odour')],
  CNT6: [() => parcel({ facts: { conditional_goods: [{ goods_class: 'liquid', paper_nos: [] }] } }), () => parcel({ facts: { conditional_goods: [{ goods_class: 'liquid', paper_nos: ['12/HĐ'] }] } })],
  CNT7: [() => parcel({ contents: 'Sách', facts: { weight_g: 5000 } }), () => parcel({ contents: 'Sách', facts: { weight_g: 4999 } })],
  CNT8: [() => signs('several_addressees'), () => signs('title_only')],
  CNT9: [() => signs('check_resisted'), () => signs('several_addressees')],
  CNT10: [() => signs('restrictive_mark'), () => kt1()],
  CNT11: [() => signs('threat_text'), () => signs('restrictive_mark')],
  CNT12: [() => signs('excess_postage'), () => signs('threat_text')],
  MIX1: [() => parcel({ contents: 'Quà biếu', addressee: { address: 'Quán cà phê Mẫu, TP HCM' } }), () => parcel({ contents: 'Quà biếu', addressee: { address: '15 đường Mẫu, TP HCM' } })],
  RTE1: [() => parcel({ contents: 'Hàng tạp hóa' }), () => parcel({ contents: 'Hàng tạp hóa', office: '440100' })],
  RTE2: [() => parcel({ contents: 'Đồ chơi trẻ em' }), () => parcel({ contents: 'Đồ chơi trẻ em', at: NOW + 40 * DAY })],
  RTE3: [() => parcel(), () => parcel({ at: NOW + 20 * DAY })],
  RTE5: [() => parcel(), () => parcel({ facts: { addressee_postal_code: '20000' } })],
  RTE4: [() => after([{ office: '240100' }, { office: '100900' }]), () => after([{ office: '240100' }, { office: '240100' }])],
  INT1: [() => step('reweighed', { weight_g: 1050 }, { flags: ['weight_drift'] }), () => step('reweighed', { weight_g: 1049 }, { flags: ['weight_drift'] })],
  INT2: [() => step('seal_checked', { seal_no: 'NS000001', found: 'broken' }, { unit_kind: 'bag', flags: ['seal_differs'] }), () => step('seal_checked', { seal_no: 'NS000001', found: 'intact' }, { unit_kind: 'bag' })],
  INT3: [() => step('seen', {}, { office: '100900', last_at: NOW - 149 * 60_000 }), () => step('seen', {}, { office: '100900', last_at: NOW - 150 * 60_000 })],
  INT4: [() => after(others(5, (i) => ({ ...elsewhereAll(i), odd: true }))), () => after(others(4, (i) => ({ ...elsewhereAll(i), odd: true })))],
  INT5: [() => signs('kt1_stamp'), () => kt1({ signs: ['kt1_stamp'] })],
  INT6: [() => step('seen', {}, { last_at: NOW - 3 * DAY - 60_000 }), () => step('seen', {}, { last_at: NOW - 3 * DAY })],
  INT7: [() => step('seen', {}, { flags: ['elsewhere'] }), () => step('seen', {}, { flags: ['not_cleared'] })],
  SCR1: [() => step('screened', { method: 'ETD', equipment_no: 'ETD-1', result: 'alarm' }), () => step('screened', { method: 'ETD', equipment_no: 'ETD-1', result: 'inconclusive' })],
  SCR2: [() => step('screened', { method: 'ETD', equipment_no: 'ETD-1', result: 'clear' }, { flags: ['equipment_untested'] }), () => step('screened', { method: 'VCK', result: 'clear' })],
  CTL1: [() => lot((n) => n < 50), () => lot((n) => n === 50 || (n > 50 && n < 60))],
};

const codesAt = (moment: Moment): string[] => hitsOf(book.at.get(moment.claim.kind) ?? [], book, moment).map((hit) => hit.version.rule_code);

test('every indicator has its case, and no case is left over', () => expect(Object.keys(CASES).toSorted()).toEqual(Object.keys(INDICATORS).toSorted()));

describe.each(Object.entries(CASES))('%s', (code, [hit, miss]) => {
  test('hits what provokes it, and comes out again from the facts it kept', () => {
    const moment = hit();
    expect(codesAt(moment)).toContain(code);
    const found = hitsOf(book.at.get(moment.claim.kind) ?? [], book, moment).find(({ version }) => version.rule_code === code);
    const kept = JSON.parse(JSON.stringify(found?.facts));
    const { expression } = INDICATORS[code]!;
    expect(recompute(expression, kept)).toBe(true);
    // A fact more, less or of another type is no explanation of this hit.
    const [path = ''] = Object.keys(kept);
    expect(recompute(expression, { ...kept, 'item.kt1x': true })).toBe(false);
    expect(recompute(expression, Object.fromEntries(Object.entries(kept).filter(([name]) => name !== path)) as never)).toBe(false);
    expect(recompute(expression, { ...kept, [path]: null } as never)).toBe(false);
  });
  test('lets a near miss go', () => expect(codesAt(miss())).not.toContain(code));
});

test('an order that makes a rule weigh more lets it hit sooner, while it acts and for that rule alone', () => {
  const moment = after(others(6, to));
  const heavier = { ...book, periods: [period({ rule_multipliers: [{ rule_code: 'SND4', pct: 120 }] })] };
  const codes = (using: typeof book, at = moment): string[] => hitsOf(using.at.get('accepted') ?? [], using, at).map(({ version }) => version.rule_code);
  expect([codes(book).includes('SND4'), codes(heavier).includes('SND4')]).toEqual([false, true]);
  expect(codes({ ...heavier, periods: heavier.periods.map((one) => ({ ...one, revoked_at_ms: NOW })) })).not.toContain('SND4');
  expect(codes(heavier).filter((code) => code !== 'SND4' && code !== 'RTE5')).toEqual(codes(book).filter((code) => code !== 'RTE5'));
});

test('an ordinary parcel and a registered KT1 letter hit nothing but what the calendar brings', () => {
  expect(codesAt(parcel({ facts: { addressee_postal_code: '20000' }, id: lots.find((id) => lotOf(KEY, id) > 50) as string }))).toEqual([]);
  expect(codesAt({ ...kt1(), claim: { ...kt1().claim, checkpoint_id: lots.find((id) => lotOf(KEY, id) > 50) } as never })).toEqual([]);
});

test('of KT1 only the outside is seen: every fact about content, sender and addressee is empty', () => {
  const given = kt1();
  for (const group of ['declaration', 'addressee', 'sender'] as const) {
    for (const [field, [type]] of Object.entries(RULE_FACTS[group])) {
      if (`${group}.${field}` === 'sender.registered') continue;
      const says = type === 'int' ? `${group}.${field} != 0` : type === 'string' ? `${group}.${field} != ""` : `${group}.${field}`;
      const asked = { ...versions[0]!, expression: says, kinds: ['accepted'] as Kind[] };
      expect(hitsOf([asked], book, given), says).toEqual([]);
    }
  }
  for (const says of ['item.goods_class != ""', 'item.conditional.size() > 0', 'item.papers > 0']) expect(hitsOf([{ ...versions[0]!, expression: says }], book, given), says).toEqual([]);
});

test('no fact is about nationality, ethnicity, religion or belief, and none is a name', () => {
  const all = JSON.stringify(RULE_FACTS).toLowerCase();
  expect(all).not.toMatch(/nation|ethnic|relig|belief|dân tộc|tôn giáo|tín ngưỡng|quốc tịch|full_name/);
  expect(JSON.stringify(INDICATORS).toLowerCase()).not.toMatch(/dân tộc|tôn giáo|quốc tịch/);
});

describe('expressions', () => {
  test.each([
    ['sender.addresses_24h > 3', 'No such key'], ['sender.items_24h > "3"', 'no such overload'], ['sender.items_24h', 'not bool'], ['item.weight_g >', ''], ['hacker.x == 1', 'Unknown variable'],
    [`${'!'.repeat(400)}item.kt1`, ''], [`item.kt1 ${'|| item.kt1'.repeat(200)}`, '> 1000'],
  ])('%s is refused', (expression, problem) => {
    expect(() => compile(expression)).toThrowError('rule_invalid');
    try {
      compile(expression);
    } catch (error) {
      expect((error as { facts: { problem: string } }).facts.problem).toContain(problem);
    }
  });

  test('a word in quotes names no fact', () => expect(compile('checkpoint.reason == "sender.items_24h"').used).toEqual(['checkpoint.reason']));

  test('what cannot be worked out is no hit', () => expect(hitsOf([{ ...versions[0]!, expression: '100 / item.papers > 1', kinds: ['accepted'] }], book, parcel())).toEqual([]));

  test('any text is refused or gives a truth, and never anything else', () => {
    const words = fc.constantFrom('item.kt1', 'item.weight_g', 'item.signs', 'sender.items_24h', '(', ')', '&&', '||', '!', '>', '==', '1', '0', '"a"', 'in', '[', ']', '.size()', '/', '%', '?', ':', 'null', 'sender', '.x');
    let good = 0;
    fc.assert(
      fc.property(fc.array(words, { maxLength: 7 }).map((list) => list.join(' ')), (text) => {
        let hits: unknown[];
        try {
          hits = hitsOf([{ ...versions[0]!, expression: text, kinds: ['accepted'] }], book, parcel());
        } catch (error) {
          expect((error as Error).message).toBe('rule_invalid');
          return;
        }
        good += 1;
        expect(hits.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 6_000 },
    );
    expect(good).toBeGreaterThan(20);
  });
});

describe('history', () => {
  test('counts what lies in its window and nothing later, whatever the order of arrival, and ends at 64', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ ago: fc.integer({ min: 0, max: 40 * 24 * 60 }), to: fc.integer({ min: 0, max: 9 }) }), { maxLength: 90 }), (past) => {
        const moment = parcel();
        for (const { ago, to: i } of past) moment.history.add(parcel({ at: NOW - ago * 60_000, ...to(i) }).sighting);
        const within = (days: number) => past.filter(({ ago }) => ago * 60_000 <= days * DAY).toSorted((a, b) => a.ago - b.ago).slice(0, 64);
        const says = `sender.items_24h == ${Math.min(64, within(1).length + 1)} && sender.items_7d == ${Math.min(64, within(7).length + 1)}`;
        expect(hitsOf([{ ...versions[0]!, expression: says }], book, moment), says).toHaveLength(1);
        if (past.length < 60) expect(hitsOf([{ ...versions[0]!, expression: `sender.addressees_7d == ${new Set(within(7).map((one) => one.to)).size + 1}` }], book, moment)).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
  });

  test('forgets what is older, and only that', () => {
    const moment = after(others(3, (i) => ({ ...to(i), at: NOW - i * 10 * DAY })));
    moment.history.forget(NOW - 15 * DAY);
    expect(hitsOf([{ ...versions[0]!, expression: 'sender.items_7d == 2 && sender.names_30d == 1' }], book, moment)).toHaveLength(1);
    expect(moment.history.like('phone', moment.sighting!, NOW, 30 * DAY)).toHaveLength(3);
  });

  test('one person written in other ways is one: spaces, case, accents, phone prefix', () => {
    const a = parcel({ sender: { phone: '+84200000101', name: 'NÔNG  THỊ MẪU', address: 'khu 3 - Đồng Đăng; Lạng Sơn' } }).sighting;
    const b = parcel().sighting;
    expect([a.sender_phone, a.sender_name, a.sender_address]).toEqual([b.sender_phone, b.sender_name, b.sender_address]);
    expect(JSON.stringify(b)).not.toMatch(/nong|mau|200000101/i);
  });
});
