// The demo's roads: bags made up, sealed, carried, opened and reconciled between Đồng Đăng, the centre, the border gate, Lộc
// Bình and Hà Nội, and what the couriers then do. Leaves a bag in every state. Minutes count from the day's start.

import { present } from './base/assert.ts';
import { CENTRE, CITY, GATE, HA_NOI, HUU_LUNG, isFlat, isKt1, isParcel, LOC_BINH, MAIN, toCity, toHaNoi } from './seed_items.ts';
import type { Item } from './seed_items.ts';
import type { Bag, Scene } from './seed_scene.ts';

export function trips(s: Scene): void {
  fromMain(s);
  fromGateAndLocBinh(s);
  betweenCentreAndCity(s);
  betweenCentreAndHaNoi(s);
}

function fromMain(s: Scene): void {
  const { h, plan, take, makeUp, seal } = s;
  plan(125, async () => {
    const letters = await makeUp('LS1005', MAIN, CENTRE, 'DKN', 41, 1, 0, take(MAIN, 30, isKt1));
    const parcels = await makeUp('LS1006', MAIN, CENTRE, 'DCN', 41, 2, 0, take(MAIN, 5, isParcel));
    const flats = await makeUp('LS1006', MAIN, CENTRE, 'DUN', 41, 3, 1, take(MAIN, 12, isFlat));
    for (const bag of [letters, parcels, flats]) await seal('LS1005', 'LS1006', bag);
    const wrong = present(letters.items.pop(), 'an item to take out');
    await h.fly([h.act('LS1005', 'bag_reopened', letters.code, { reason_code: 'reopened_to_correct' }, 'LS1007')]);
    await h.fly([h.act('LS1005', 'taken_out_of_bag', wrong.code, { bag_code: letters.code, reason_code: 'wrong_bag' })]);
    s.at(MAIN).ready.push(wrong);
    await seal('LS1005', 'LS1006', letters);
    plan(150, () => s.depart('LS1009', 'LS1013', [letters, parcels, flats]));
    plan(205, async () => {
      await s.arrive('LS1021', [letters, parcels, flats]);
      await s.reconcile('LS1021', 'LS1022', letters);
      await s.reconcile('LS1021', 'LS1022', flats);
      await s.reconcile('LS1022', 'LS1021', parcels, parcels.items.slice(0, 1), take(MAIN, 1, isParcel));
      const [astray] = take(CENTRE, 1, isFlat);
      await h.fly([h.act('LS1021', 'mis_sent', present(astray, 'a letter').code, { destination_office_code: HUU_LUNG })]);
    });
  });
  plan(335, async () => {
    const begun = await makeUp('LS1005', MAIN, CENTRE, 'DCN', 42, 1, 0, take(MAIN, 5, isParcel));
    const closed = await makeUp('LS1005', MAIN, CENTRE, 'DUN', 42, 2, 1, take(MAIN, 5, isFlat));
    const stopped = await makeUp('LS1006', MAIN, CENTRE, 'DCN', 43, 1, 1, take(MAIN, 2, isParcel));
    const empty = await makeUp('LS1006', MAIN, CENTRE, 'DUN', 44, 1, 1, []);
    await h.fly([h.act('LS1006', 'bag_voided', empty.code, { reason_code: 'bag_not_needed' })]);
    for (const bag of [begun, closed, stopped]) await seal('LS1006', 'LS1005', bag);
    await h.fly([h.act('HQ2003', 'screened', stopped.code, { method: 'EDD', result: 'alarm' })]);
    await h.fly([h.act('HQ2003', 'held', stopped.code, { reason_code: 'authority_request' })]);
    plan(360, () => s.depart('LS1009', 'LS1013', [begun, closed]));
    plan(615, async () => {
      await s.arrive('LS1021', [begun]);
      await h.fly([h.act('LS1021', 'bag_arrived', closed.code, {})]);
      await h.fly([h.act('LS1021', 'seal_checked', closed.code, { seal_no: closed.seal_no, found: 'broken' })]);
      await s.unseal('LS1021', 'LS1022', begun);
      await s.match('LS1021', begun, begun.items.slice(0, 3));
    });
  });
  plan(585, async () => {
    const gone = await makeUp('LS1005', MAIN, CENTRE, 'DKN', 45, 1, 1, take(MAIN, 40, isKt1));
    const sealed = await makeUp('LS1006', MAIN, CENTRE, 'DCN', 46, 1, 0, take(MAIN, 9, isParcel));
    for (const bag of [gone, sealed]) await seal('LS1005', 'LS1006', bag);
    await makeUp('LS1006', MAIN, CENTRE, 'DUN', 46, 2, 1, take(MAIN, 8, isFlat));
    plan(600, () => s.depart('LS1009', 'LS1013', [gone]));
  });
}

function fromGateAndLocBinh(s: Scene): void {
  const { h, plan, take, makeUp, seal } = s;
  plan(240, async () => {
    const bag = await makeUp('LS1043', GATE, CENTRE, 'DCN', 11, 1, 1, take(GATE, 14, isParcel));
    await seal('LS1043', 'LS1042', bag);
    // The gate has no shift head: its bags leave with those of Đồng Đăng.
    plan(262, () => s.depart('LS1009', 'LS1014', [bag]));
    plan(325, async () => {
      await s.arrive('LS1022', [bag]);
      await s.reconcile('LS1022', 'LS1021', bag);
    });
  });
  plan(300, async () => {
    const bag = await makeUp('LS1052', LOC_BINH, CENTRE, 'DUN', 7, 1, 1, take(LOC_BINH, 6, isFlat));
    await seal('LS1052', 'LS1053', bag);
    plan(318, () => s.depart('LS1053', 'LS1014', [bag]));
    plan(520, () => h.fly([h.act('LS1022', 'missing', bag.code, { bag_code: bag.code })]));
  });
}

function betweenCentreAndCity(s: Scene): void {
  const { plan, take, makeUp, seal } = s;
  for (const [trip, minute] of [
    [31, 215],
    [32, 540],
  ] as const) {
    plan(minute, async () => {
      const bag = await makeUp('LS1033', CITY, CENTRE, 'DKN', trip, 1, 1, take(CITY, 40, isKt1));
      await seal('LS1033', 'LS1034', bag);
      plan(minute + 10, () => s.depart('LS1034', 'LS1027', [bag]));
      plan(minute + 25, async () => {
        await s.arrive('LS1021', [bag]);
        await s.reconcile('LS1021', 'LS1022', bag);
      });
    });
  }
}

function betweenCentreAndHaNoi(s: Scene): void {
  const { h, plan, take, makeUp, seal } = s;
  const sortAll = (to: string, items: Item[]) =>
    h.fly(items.map((item) => h.act('LS1022', 'sorted', item.code, { direction_office_code: to })));
  plan(36, async () => {
    const bag = await makeUp('HN1202', HA_NOI, CENTRE, 'DKN', 21, 1, 1, take(HA_NOI, 30, isKt1));
    await seal('HN1202', 'HN1203', bag);
    plan(45, () => s.depart('HN1205', 'LS1027', [bag]));
    plan(245, async () => {
      await s.arrive('LS1021', [bag]);
      await s.reconcile('LS1021', 'LS1022', bag);
    });
  });
  plan(262, async () => {
    const items = take(CENTRE, 40, (item) => isKt1(item) && toHaNoi(item));
    await sortAll(HA_NOI, items);
    const letters = await makeUp('LS1022', CENTRE, HA_NOI, 'DKN', 51, 1, 0, items);
    const parcels = await makeUp(
      'LS1022',
      CENTRE,
      HA_NOI,
      'DCN',
      51,
      2,
      1,
      take(CENTRE, 9, (item) => isParcel(item) && toHaNoi(item)),
    );
    for (const bag of [letters, parcels]) await seal('LS1021', 'LS1022', bag);
    plan(290, () => s.depart('LS1024', 'LS1027', [letters, parcels]));
    plan(500, async () => {
      await s.arrive('HN1202', [letters, parcels]);
      for (const bag of [letters, parcels]) await s.reconcile('HN1202', 'HN1203', bag);
    });
  });
  plan(300, async () => {
    const items = take(CENTRE, 8, (item) => item.to === 'LS-UBND-DD');
    await sortAll(MAIN, items);
    const bag: Bag = await makeUp('LS1022', CENTRE, MAIN, 'DKN', 61, 1, 1, items);
    await seal('LS1022', 'LS1021', bag);
    plan(315, () => s.depart('LS1024', 'LS1013', [bag]));
    plan(375, async () => {
      await s.arrive('LS1005', [bag]);
      await s.reconcile('LS1005', 'LS1006', bag);
      // Inventory of what lies at the counter.
      await h.fly(
        s
          .at(MAIN)
          .ready.slice(0, 12)
          .map((item) => h.act('LS1006', 'seen', item.code, {})),
      );
    });
  });
}

// ---- Couriers

export function deliveries(s: Scene): void {
  const { h, plan, take } = s;
  const failed = (courier: string, item: Item | undefined, reason_code: string, evidence: 'call' | 'photo' | 'witness') =>
    h.fly([h.act(courier, 'attempted', present(item, 'an item').code, { reason_code, evidence: [evidence] })]);

  round(
    s,
    340,
    CENTRE,
    'LS1021',
    'LS1025',
    (item) => isKt1(item) && toCity(item),
    22,
    3,
    0,
    async ([closed, refused, moved]) => {
      await failed('LS1025', closed, 'closed', 'photo');
      await failed('LS1025', refused, 'refused', 'witness');
      await failed('LS1025', moved, 'moved', 'witness');
      await h.fly([h.act('LS1023', 'return_started', present(refused, 'an item').code, { reason_code: 'refused' })]);
      await h.fly([
        h.act('LS1023', 'redirected', present(moved, 'an item').code, { destination_office_code: LOC_BINH, postal_code: '25500' }),
      ]);
    },
  );
  round(
    s,
    350,
    CENTRE,
    'LS1022',
    'LS1026',
    (item) => toCity(item) && !isKt1(item),
    5,
    1,
    0,
    async ([absent]) => {
      await failed('LS1026', absent, 'no_authorised_receiver', 'call');
      await h.fly([h.act('LS1026', 'call_notice_left', present(absent, 'an item').code, { notice_no: 1 })]);
    },
  );
  round(
    s,
    395,
    MAIN,
    'LS1005',
    'LS1011',
    (item) => item.to === 'LS-UBND-DD',
    6,
    1,
    1,
    ([absent]) => failed('LS1011', absent, 'named_person_absent', 'call'),
  );
  round(s, 530, HA_NOI, 'HN1203', 'HN1206', toHaNoi, 22, 1, 6, ([closed]) => failed('HN1206', closed, 'closed', 'photo'));
  round(
    s,
    590,
    CENTRE,
    'LS1021',
    'LS1025',
    (item) => isKt1(item) && toCity(item),
    6,
    0,
    5,
    async () => undefined,
  );
  plan(400, () => h.fly(take(CENTRE, 2, (item) => isParcel(item) && item.to === CENTRE).map((item) => s.deliver('LS1026', item))));
}

/** A courier signs for up to `n` items, has bad luck with the first, is still out with the last, and delivers those between. */
function round(
  s: Scene,
  minute: number,
  office: string,
  giver: string,
  courier: string,
  fits: (item: Item) => boolean,
  n: number,
  unlucky: number,
  out: number,
  badLuck: (items: Item[]) => Promise<unknown>,
): void {
  s.plan(minute, async () => {
    const items = s.take(office, n, fits);
    await s.signOut(giver, courier, items);
    for (const [i, item] of items.slice(unlucky, items.length - out).entries())
      s.plan(minute + 8 + 7 * i, () => s.h.fly([s.deliver(courier, item)]));
    s.plan(Math.min(minute + 60, 640), () => badLuck(items.slice(0, unlucky)));
  });
}
