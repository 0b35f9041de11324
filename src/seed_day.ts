// The demo's story: a few old affairs, then eleven hours of one day up to now, so that an item and a bag stand in every state
// there is and every kind of checkpoint has happened. Minutes count from the day's start. Says who does what, not how.

import { recordBasis } from './acts/legal_basis.ts';
import { registerEquipment, testEquipment } from './acts/screen.ts';
import { drawRecord } from './acts/written_record.ts';
import { assert, present } from './base/assert.ts';
import { uuid7 } from './base/id.ts';
import { numberOf } from './domain/code.ts';
import { clears } from './domain/role.ts';
import type { Secrecy } from './domain/service.ts';
import { hands } from './seed_hands.ts';
import type { Hands } from './seed_hands.ts';
import {
  CENTRAL,
  CENTRE,
  chance,
  CITY,
  GATE,
  HA_NOI,
  HUU_LUNG,
  isFlat,
  isParcel,
  kt1,
  KT1_SERVICES,
  LOC_BINH,
  MAIN,
  MAU_SON,
  ordinary,
  PROVINCIAL,
  TAN_THANH,
} from './seed_items.ts';
import type { Item, KT1, Posted } from './seed_items.ts';
import { deliveries, handovers, trips } from './seed_roads.ts';
import { scene } from './seed_scene.ts';
import type { Bag, Scene } from './seed_scene.ts';
import type { Read, Store } from './store/connect.ts';
import { prefillRecord } from './views/written_record.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const DAY_MINUTES = 660;

export async function makeDemoDay(store: Store, now_ms: number): Promise<void> {
  const luck = chance(20210121);
  const seals = { next: 1 };
  const past = async (days: number, who: readonly string[]): Promise<Scene> => {
    const from_ms = now_ms - days * DAY;
    const working = { from_ms, to_ms: from_ms + 300 * MINUTE, who, main: null };
    return scene(await hands(store, luck, working), luck, from_ms, seals);
  };
  const parcels = await accepted(await past(200, ['LS1002', 'LS1007']));
  await calledOnce(await past(199, ['LS1002', 'LS1005', 'LS1012']), parcels.unclaimed);
  await calledTwice(await past(195, ['LS1012']), parcels.unclaimed);
  await takenAway(await past(190, ['LS1007', 'LS1009', 'LS1015', 'QL2005']), parcels.destroyed);
  const bag = await sent(await past(40, ['LS1002', 'LS1005', 'LS1006', 'LS1007', 'LS1009', 'LS1015', 'LS1013']));
  await lostOnTheWay(await past(38, ['LS1021']), bag);
  await concluded(await past(12, ['LS1007', 'LS1015', 'LS1016', 'LS1022', 'LS1023', 'LS1028', 'QL2005']), parcels, bag);

  const from_ms = now_ms - DAY_MINUTES * MINUTE;
  const main = { office_code: MAIN, head: 'LS1009' };
  const today = scene(await hands(store, luck, { from_ms, to_ms: now_ms - 2 * MINUTE, who: null, main }), luck, from_ms, seals);
  counters(today);
  oddities(today);
  trips(today);
  handovers(today);
  deliveries(today);
  await today.run();
  assert(today.h.now() < now_ms - 2 * MINUTE, 'the demo day runs into the future');
}

// ---- Old affairs

/** Two parcels: one that nobody will ever fetch, and one that an authority will destroy. */
async function accepted(s: Scene): Promise<{ unclaimed: Item; destroyed: Item }> {
  const posted = [ordinary(s.luck, 'parcel', MAIN), ordinary(s.luck, 'parcel', MAIN)];
  const [unclaimed, destroyed] = await s.acceptAll('LS1002', MAIN, posted);
  await s.approveAll('LS1007', MAIN);
  return { unclaimed: present(unclaimed, 'a parcel'), destroyed: present(destroyed, 'a parcel') };
}

async function calledOnce({ h, signOut, bringBack, endRun }: Scene, item: Item): Promise<void> {
  const { code } = item;
  await signOut('LS1005', 'LS1012', [item]);
  await h.fly([h.act('LS1012', 'attempted', code, { reason_code: 'not_known_there', evidence: ['witness'] })]);
  await h.fly([h.act('LS1012', 'call_notice_left', code, { notice_no: 1 })]);
  await bringBack('LS1012', 'LS1005', [item]);
  await endRun('LS1012');
}

const calledTwice = ({ h }: Scene, { code }: Item) => h.fly([h.act('LS1012', 'call_notice_left', code, { notice_no: 2 })]);

/** The biên bản of a handover, drawn up by the controller before anything is given; its number. */
const handoverPaper = (h: Hands, code: string): Promise<string> =>
  h.does('LS1007', 'record.draw', async (db, caller, now) => {
    const filled = present(await prefillRecord(db as unknown as Read, 'handover', code, null, caller), 'the item is known');
    const { unit_id, ...content } = filled;
    return drawRecord(db, caller, { record_id: uuid7(now), unit_id, discrepancy_id: null, content }, now);
  });

async function takenAway({ h }: Scene, { code }: Item): Promise<void> {
  const agency_code = 'QLTT-LS';
  await h.fly([h.act('LS1007', 'held', code, { reason_code: 'smuggled_goods_suspected' })]);
  const record_no = await handoverPaper(h, code);
  await h.fly([h.act('QL2005', 'given_to_authority', code, { agency_code, record_no, receiver_card_no: 'QLTT-0005' }, 'LS1015')]);
  const decision = { act_code: 'luat_buu_chinh', decision_no: '02/QD-MAU', signer_card_no: 'QLTT-0001' };
  const witness_person_id = h.person('LS1015');
  const recorded = { ...decision, procuracy_approval_no: null, urgency_reason_code: 'evidence_at_risk', witness_person_id };
  const basis_id = await h.does('QL2005', 'item.authority', (db, caller, now) => recordBasis(db, caller, code, recorded, now));
  const basis = { ...decision, basis_id, agency_code, urgency_reason_code: 'evidence_at_risk' };
  await h.fly([h.act('QL2005', 'opened_by_authority', code, { basis, witness_person_id }, 'LS1015')]);
}

/** A bag of three letters, on its way. */
async function sent(s: Scene): Promise<Bag> {
  await s.acceptAll(
    'LS1002',
    MAIN,
    [1, 2, 3].map(() => ordinary(s.luck, 'letter', CENTRE)),
  );
  await s.approveAll('LS1007', MAIN);
  const trip = await s.openTrip('LS1005', MAIN, CENTRE, 'ordinary');
  const bag = await s.makeUp('LS1005', trip, s.take(MAIN, 3, isFlat));
  await s.seal('LS1006', bag);
  await s.depart('LS1013', trip);
  return bag;
}

const lostOnTheWay = ({ h }: Scene, bag: Bag) =>
  h.fly(
    [bag.code, ...bag.items.map((item) => item.code)].map((code) =>
      h.act('LS1021', 'missing', code, { bag_code: bag.code, reason_code: 'bag_not_arrived' }),
    ),
  );

async function concluded({ h, decide }: Scene, { unclaimed, destroyed }: { unclaimed: Item; destroyed: Item }, bag: Bag): Promise<void> {
  const [found, ...lost] = bag.items.map((item) => item.code);
  await h.fly([h.act('LS1015', 'declared_unclaimed', unclaimed.code, {}, 'LS1007')]);
  await h.fly([h.act('QL2005', 'destroyed', destroyed.code, { agency_code: 'QLTT-LS', record_no: '03/BB-MAU' }, 'LS1016')]);
  await h.fly([h.act('LS1022', 'found_again', present(found, 'a letter'), {})]);
  await h.fly([bag.code, ...lost].map((code) => h.act('LS1028', 'lost', code, { record_no: '04/BB-MAU' }, 'LS1023')));
  await decide('LS1023', bag, 'missing', 'bag_not_arrived');
}

// ---- Acceptance at eight offices

/** Registered senders of each office that accepts KT1. */
const SENDERS: { readonly [office: string]: readonly (readonly [body_code: string, card_no: string])[] } = {
  [MAIN]: [
    ['LS-UBND-DD', 'DD-0001'],
    ['LS-UBND-DD', 'DD-0002'],
    ['LS-HQ-HN', 'HH-0001'],
    ['LS-BP-HN', 'BH-0001'],
  ],
  [GATE]: [
    ['LS-HQ-HN', 'HH-0001'],
    ['LS-BP-HN', 'BH-0001'],
  ],
  [CITY]: [
    ['LS-TU', 'TU-0001'],
    ['LS-UBND', 'UB-0001'],
    ['LS-HDND', 'HD-0001'],
    ['LS-MTTQ', 'MT-0001'],
    ['LS-CA', 'CA-0001'],
    ['LS-QS', 'QS-0001'],
    ['LS-TC', 'TC-0001'],
    ['LS-SO', 'SO-0001'],
    ['LS-DOAN', 'DT-0001'],
    ['LS-PN', 'PN-0001'],
  ],
  [LOC_BINH]: [
    ['LS-BP', 'BP-0001'],
    ['LS-LAMSAN', 'LM-0001'],
  ],
  [HUU_LUNG]: [['LS-LAMSAN', 'LM-0001']],
  [HA_NOI]: [
    ['TW-VPTU', 'VT-0001'],
    ['TW-VPCTN', 'VC-0001'],
    ['TW-VPQH', 'VQ-0001'],
    ['TW-VPCP', 'VP-0001'],
    ['TW-BO', 'BO-0001'],
  ],
};

function counters(s: Scene): void {
  const plain = (office: string, letters: number, parcels: number, printed: number): (() => Posted)[] => {
    const offices = [HA_NOI, HA_NOI, CENTRE, CENTRE, LOC_BINH, HUU_LUNG].filter((to) => to !== office);
    const some = (n: number, service: 'letter' | 'parcel' | 'printed_matter') =>
      Array.from({ length: n }, () => () => ordinary(s.luck, service, s.luck.one(offices)));
    return [...some(letters, 'letter'), ...some(parcels, 'parcel'), ...some(printed, 'printed_matter')];
  };
  const official = (office: string, services: readonly KT1[]): (() => Posted)[] =>
    services.map((service, i) => () => {
      const senders = present(SENDERS[office], 'senders');
      const [body_code, card_no] = present(senders[i % senders.length], 'a sender');
      const out = office !== HA_NOI && service.scope === 'INTER';
      const to = s.luck.one(out ? CENTRAL : PROVINCIAL.filter((body) => body !== body_code));
      return kt1(s.luck, s.h.now(), service, { body_code, card_no }, office === HA_NOI && i % 4 === 0 ? 'LS-UBND-DD' : to);
    });
  const upTo = (mark: Secrecy) => KT1_SERVICES.filter((service) => clears(mark, service.secrecy));
  const inter = KT1_SERVICES.filter((service) => service.scope === 'INTER');

  counter(s, HA_NOI, ['HN1201'], 'HN1204', 1, 30, official(HA_NOI, [...inter, ...inter]));
  counter(s, MAIN, ['LS1001'], 'LS1007', 4, 600, official(MAIN, [...KT1_SERVICES, ...KT1_SERVICES]));
  counter(s, MAIN, ['LS1002', 'LS1003', 'LS1004'], 'LS1007', 6, 636, plain(MAIN, 24, 50, 14));
  counter(s, CITY, ['LS1031'], 'LS1033', 3, 630, [...official(CITY, [...KT1_SERVICES, ...inter]), ...plain(CITY, 12, 0, 8)]);
  counter(s, GATE, ['LS1041'], 'LS1042', 9, 560, [...official(GATE, upTo('B').slice(0, 5)), ...plain(GATE, 6, 22, 0)]);
  counter(s, TAN_THANH, ['LS1044'], 'LS1045', 15, 620, plain(TAN_THANH, 4, 18, 2));
  counter(s, LOC_BINH, ['LS1051'], 'LS1052', 20, 500, [...official(LOC_BINH, upTo('B').slice(4, 10)), ...plain(LOC_BINH, 8, 10, 0)]);
  counter(s, HUU_LUNG, ['LS1061'], 'LS1062', 25, 520, [...official(HUU_LUNG, upTo('C').slice(0, 4)), ...plain(HUU_LUNG, 8, 10, 0)]);
  counter(s, MAU_SON, ['LS1071'], `LS1052@${MAU_SON}`, 60, 400, plain(MAU_SON, 3, 5, 0));
}

/** Items one to three at a time, labelled at once; the controller comes every now and then, and the last ones still wait. */
function counter(
  s: Scene,
  office: string,
  clerks: readonly string[],
  controller: string,
  from: number,
  to: number,
  wanted: (() => Posted)[],
): void {
  const shuffled = wanted.map((make) => ({ make, order: s.luck.below(1_000_000) })).toSorted((a, b) => a.order - b.order);
  const groups: (() => Posted)[][] = [];
  while (shuffled.length > 0) groups.push(shuffled.splice(0, s.luck.between(1, 3)).map(({ make }) => make));
  for (const [i, group] of groups.entries()) {
    const clerk = present(clerks[i % clerks.length], 'a clerk');
    s.plan(from + ((to - from) * i) / groups.length, async () => {
      const items = await s.acceptAll(
        clerk,
        office,
        group.map((make) => make()),
      );
      await s.h.fly(items.map((item) => s.h.act(clerk, 'label_printed', item.code, { size: isParcel(item) ? '100x150' : '80x50' })));
      if (i % 4 === 3) await s.approveAll(controller, office);
    });
  }
}

// ---- What does not go by the book

function oddities(s: Scene): void {
  const { h, luck, plan, take } = s;
  const slips = [
    [35, 'LS1002', 'parcel', 'joint_check_refused'],
    [78, 'LS1031', 'kt1', 'secrecy_words_outside'],
    [101, 'LS1041', 'parcel', 'banned_goods'],
    [171, 'LS1044', 'parcel', 'papers_missing'],
    [226, 'LS1051', 'letter', 'address_incomplete'],
    [381, 'LS1061', 'printed_matter', 'publication_without_permit'],
  ] as const;
  for (const [minute, who, service_class, reason_code] of slips) {
    plan(minute, () => h.fly([h.act(who, 'acceptance_refused', null, { service_class, reason_code })]));
  }
  const parcel = (): Item => present(take(MAIN, 1, isParcel)[0], 'a parcel ready at the main office');
  const letterOf = (sender: Parameters<typeof kt1>[3]): Posted =>
    kt1(luck, h.now(), { scope: 'INTRA', secrecy: 'B', urgency: 'HOA_TOC' }, sender, 'LS-TU');

  plan(40, async () => {
    const sender = { body_code: 'LS-UBND-DD', card_no: 'DD-0001' };
    await h.refused(h.accept('LS1003', letterOf(sender)));
    await h.refused(h.accept('LS1004', letterOf(sender)));
    await h.refused(h.accept('LS1001', letterOf({ body_code: 'LS-TC', card_no: 'TC-0002' })));
  });
  plan(52, () => s.acceptAll('LS1001', MAIN, [letterOf({ body_code: 'LS-QS', override_reason_code: 'substitute_sender' })], 'LS1007'));
  plan(58, async () => {
    const code = numberOf({ prefix: 'PD', suffix: 'VN', check_rule: 's10', serial_width: 8 }, 50_000_012);
    await s.acceptAll('LS1002', MAIN, [{ ...ordinary(luck, 'parcel', HA_NOI), code }]);
  });
  plan(70, async () => {
    await s.approveAll('LS1007', MAIN);
    const posted = [letterOf({ body_code: 'LS-UBND-DD', card_no: 'DD-0002' }), ordinary(luck, 'parcel', HA_NOI)];
    const [wrong, vague] = (await s.acceptAll('LS1001', MAIN, posted)).map((item) => item.code);
    s.at(MAIN).waiting = [];
    assert(wrong !== undefined && vague !== undefined, 'two items');
    await h.fly([h.act('LS1007', 'approval_refused', wrong, { reason_code: 'wrong_mark' })]);
    await h.fly([h.act('LS1007', 'approval_refused', vague, { reason_code: 'declaration_incomplete' })]);
    await h.fly([h.act('LS1007', 'returned', vague, {})]);
  });
  plan(190, async () => {
    const [heavier, elsewhere, mistyped, torn, withdrawn] = [parcel(), parcel(), parcel(), parcel(), parcel()];
    await h.fly([h.act('LS1005', 'reweighed', heavier.code, { weight_g: Math.round(heavier.weight_g * 1.07) + 40 })]);
    await h.fly([h.act('LS1044', 'seen', elsewhere.code, {})]);
    const corrected = { corrects: mistyped.checkpoint_id, reason_code: 'typing_error', weight_g: mistyped.weight_g + 1000 };
    await h.fly([h.act('LS1007', 'corrected', mistyped.code, corrected)]);
    await h.fly([h.act('LS1005', 'condition_recorded', torn.code, { condition: 'torn', reason_code: 'torn_in_handling' })]);
    const rewrapped = { reason_code: 'torn_in_handling', weight_before_g: torn.weight_g, weight_g: torn.weight_g + 35 };
    await h.fly([h.act('LS1005', 'rewrapped', torn.code, rewrapped, 'LS1006')]);
    await h.fly([h.act('LS1007', 'withdrawn', withdrawn.code, {})]);
  });
  plan(292, async () => {
    const [alarm, random, banned, border] = [parcel(), parcel(), parcel(), parcel()];
    const equipment_no = 'XR-01';
    await h.does('LS1007', 'equipment.keep', async (db, caller, now_ms) => {
      await registerEquipment(db, caller, { equipment_no, method: 'XRY', name_vi: 'Máy soi quầy chính', test_limit_hours: null }, now_ms);
      await testEquipment(db, caller, equipment_no, true, now_ms);
    });
    await h.fly(
      [alarm, random].map((item) =>
        h.act('LS1007', 'screened', item.code, { method: 'XRY', equipment_no, result: item === alarm ? 'alarm' : 'clear' }),
      ),
    );
    const [suspicion] = await h.fly([h.act('LS1005', 'suspected', alarm.code, { reason_code: 'dangerous_sign' })]);
    await h.fly([h.act('LS1007', 'held', alarm.code, { reason_code: 'screening_alarm' })]);
    const looked = { hold_checkpoint_id: suspicion?.checkpoint_id ?? '', reason_code: 'released_explained' };
    await h.fly([h.act('LS1015', 'hold_released', alarm.code, looked)]);
    const empty = await s.makeUp('LS1005', await s.openTrip('LS1005', MAIN, CENTRE, 'ordinary'), []);
    await h.refused(h.act('LS1005', 'bagged', alarm.code, { bag_code: empty.code }));
    await h.fly([h.act('LS1005', 'bag_voided', empty.code, { reason_code: 'bag_not_needed' })]);
    const [hold] = await h.fly([h.act('LS1008', 'held', random.code, { reason_code: 'random_check' })]);
    await h.fly([
      h.act('LS1015', 'hold_released', random.code, { hold_checkpoint_id: hold?.checkpoint_id ?? '', reason_code: 'released_clear' }),
    ]);
    s.at(MAIN).ready.push(random);
    await h.fly([h.act('LS1007', 'held', banned.code, { reason_code: 'banned_goods_suspected' })]);
    const police = { agency_code: 'CA-LS', record_no: await handoverPaper(h, banned.code), receiver_card_no: 'CALS-0001' };
    await h.fly([h.act('CA2001', 'given_to_authority', banned.code, police, 'LS1015')]);
    const guard = { agency_code: 'BP-LS', record_no: await handoverPaper(h, border.code), receiver_card_no: 'BPLS-0006' };
    await h.fly([h.act('BP2006', 'given_to_authority', border.code, guard, 'LS1015')]);
    plan(470, () =>
      h.fly([h.act('BP2006', 'returned_by_authority', border.code, { agency_code: 'BP-LS', record_no: '13/BB-MAU' }, 'LS1015')]),
    );
  });
  plan(480, () => h.fly(take(CENTRE, 1, isParcel).map((item) => h.act('LS1028', 'held', item.code, { reason_code: 'authority_request' }))));
}
