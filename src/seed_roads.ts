// The demo's roads: bags made up, sealed, carried, opened and reconciled between Đồng Đăng, the centre, the border gate, Lộc
// Bình and Hà Nội, and what the couriers then do. Leaves a bag in every state. Minutes count from the day's start.

import { refuseLines } from './acts/handover.ts';
import { present } from './base/assert.ts';
import { CENTRE, CITY, GATE, HA_NOI, isFlat, isKt1, isParcel, LOC_BINH, MAIN, ordinary, toCity, toHaNoi } from './seed_items.ts';
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
    const official = await s.openTrip('LS1005', MAIN, CENTRE, 'kt1');
    const plain = await s.openTrip('LS1006', MAIN, CENTRE, 'ordinary');
    // Slips into a bag without having been scanned.
    const [stowaway] = take(MAIN, 1, (item) => isParcel(item) && item.to === CENTRE);
    const letters = await makeUp('LS1005', official, take(MAIN, 30, isKt1));
    const parcels = await makeUp('LS1006', plain, take(MAIN, 8, isParcel));
    const flats = await makeUp('LS1006', plain, take(MAIN, 12, isFlat));
    await seal('LS1006', letters);
    for (const bag of [parcels, flats]) await seal('LS1005', bag);
    const wrong = present(letters.items.pop(), 'an item to take out');
    await h.fly([h.act('LS1005', 'bag_reopened', letters.code, { reason_code: 'reopened_to_correct' }, 'LS1007')]);
    await h.fly([h.act('LS1005', 'taken_out_of_bag', wrong.code, { bag_code: letters.code, reason_code: 'wrong_bag' })]);
    s.at(MAIN).ready.push(wrong);
    await seal('LS1006', letters);
    plan(150, async () => {
      await s.depart('LS1013', official);
      await s.depart('LS1013', plain);
    });
    plan(205, async () => {
      await s.arrive('LS1021', [letters, parcels, flats]);
      await s.reconcile('LS1021', 'LS1022', letters);
      await misSent(s, flats);
      await differing(s, parcels, present(stowaway, 'a parcel'));
    });
  });
  plan(335, async () => {
    const plain = await s.openTrip('LS1005', MAIN, CENTRE, 'ordinary');
    const begun = await makeUp('LS1005', plain, take(MAIN, 6, isParcel));
    const closed = await makeUp('LS1005', plain, take(MAIN, 5, isFlat));
    const stopped = await makeUp('LS1006', await s.openTrip('LS1006', MAIN, CENTRE, 'ordinary'), take(MAIN, 2, isParcel));
    for (const bag of [begun, closed]) await seal('LS1006', bag);
    await seal('LS1005', stopped);
    await h.fly([h.act('HQ2003', 'screened', stopped.code, { method: 'EDD', result: 'alarm' })]);
    await h.fly([h.act('HQ2003', 'held', stopped.code, { reason_code: 'authority_request' })]);
    plan(360, () => s.depart('LS1013', plain));
    plan(615, async () => {
      await s.arrive('LS1021', [begun]);
      await h.fly([h.act('LS1021', 'bag_arrived', closed.code, {})]);
      await h.fly([h.act('LS1021', 'seal_checked', closed.code, { seal_no: closed.seal_no, found: 'broken' })]);
      // Still being counted, with its differences open: another seal, lighter than it left, one parcel torn.
      await s.unseal('LS1021', 'LS1022', begun, { seal_no: 'NS999001', gross_g: 900 });
      await s.count('LS1021', begun, begun.items.slice(0, 3));
      await s.count('LS1022', begun, begun.items.slice(3, 4), { condition: 'torn' });
    });
  });
  plan(585, async () => {
    const official = await s.openTrip('LS1005', MAIN, CENTRE, 'kt1');
    await seal('LS1006', await makeUp('LS1005', official, take(MAIN, 40, isKt1)));
    const plain = await s.openTrip('LS1006', MAIN, CENTRE, 'ordinary');
    await seal('LS1005', await makeUp('LS1006', plain, take(MAIN, 9, isParcel)));
    await makeUp('LS1006', plain, take(MAIN, 8, isFlat));
    plan(600, () => s.depart('LS1013', official));
  });
}

/** Among the letters of this bag lies one for another office: agreed. One letter is scanned twice. */
async function misSent(s: Scene, bag: Bag): Promise<void> {
  const { h, take } = s;
  const [stray] = take(MAIN, 1, (item) => isFlat(item) && item.to === HA_NOI);
  await s.unseal('LS1021', 'LS1022', bag);
  await s.count('LS1021', bag, bag.items);
  await s.count('LS1021', bag, [present(stray, 'a letter for Hà Nội')]);
  const again = present(bag.items[0], 'a letter').code;
  await h.fly([h.act('LS1022', 'counted', again, { bag_code: bag.code, condition: 'intact' })]);
  await s.answer('LS1005', bag, 'mis_sent', true, 'wrong_direction');
  await s.close('LS1021', bag);
}

/** One parcel is missing and stays contested, one too many and one torn are agreed, one of other weight is decided. */
async function differing(s: Scene, bag: Bag, surplus: Item): Promise<void> {
  const { h } = s;
  const [lost, torn, heavy, late, ...rest] = bag.items;
  const one = (item: Item | undefined): Item[] => [present(item, 'a parcel')];
  await s.unseal('LS1022', 'LS1021', bag);
  await s.count('LS1022', bag, rest);
  await s.count('LS1021', bag, one(torn), { condition: 'torn' });
  await s.count('LS1021', bag, one(heavy), { weight_g: Math.round(present(heavy, 'a parcel').weight_g * 1.1) + 50 });
  await s.count('LS1022', bag, [surplus]);
  const facts = { bag_code: bag.code, reason_code: 'not_in_bag' };
  await h.fly([...one(lost), ...one(late)].map((item) => h.act('LS1022', 'missing', item.code, facts)));
  // Found after all, under the lining: that settles its record.
  await s.count('LS1022', bag, one(late));
  await s.answer('LS1005', bag, 'surplus', true, 'sent_by_mistake');
  await s.answer('LS1006', bag, 'damaged', true, 'damaged');
  await s.answer('LS1005', bag, 'weight_mismatch', false, 'weight_mismatch');
  await s.answer('LS1006', bag, 'missing', false, 'missing');
  await s.decide('LS1023', bag, 'weight_mismatch', 'weight_mismatch');
  await h.refused(h.act('LS1022', 'bag_emptied', bag.code, {}));
  await s.close('LS1023', bag, 'under_investigation');
}

function fromGateAndLocBinh(s: Scene): void {
  const { h, plan, take, makeUp, seal } = s;
  plan(240, async () => {
    const trip = await s.openTrip('LS1043', GATE, CENTRE, 'ordinary');
    const bag = await makeUp('LS1043', trip, take(GATE, 14, isParcel));
    await seal('LS1042', bag);
    plan(262, () => s.depart('LS1014', trip));
    plan(325, async () => {
      await s.arrive('LS1022', [bag]);
      await s.reconcile('LS1022', 'LS1021', bag);
    });
  });
  plan(300, async () => {
    const trip = await s.openTrip('LS1052', LOC_BINH, CENTRE, 'ordinary');
    const bag = await makeUp('LS1052', trip, take(LOC_BINH, 6, isFlat));
    await seal('LS1053', bag);
    plan(318, () => s.depart('LS1014', trip));
    plan(520, () => h.fly([h.act('LS1022', 'missing', bag.code, { bag_code: bag.code, reason_code: 'bag_not_arrived' })]));
  });
}

function betweenCentreAndCity(s: Scene): void {
  const { plan, take, makeUp, seal } = s;
  for (const minute of [215, 540]) {
    plan(minute, async () => {
      const trip = await s.openTrip('LS1033', CITY, CENTRE, 'kt1');
      const bag = await makeUp('LS1033', trip, take(CITY, 40, isKt1));
      await seal('LS1034', bag);
      plan(minute + 10, () => s.depart('LS1027', trip));
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
    const trip = await s.openTrip('HN1202', HA_NOI, CENTRE, 'kt1', true);
    const bag = await makeUp('HN1202', trip, take(HA_NOI, 30, isKt1));
    await seal('HN1203', bag);
    plan(45, () => s.depart('LS1027', trip));
    plan(245, async () => {
      await s.arrive('LS1021', [bag]);
      await s.reconcile('LS1021', 'LS1022', bag);
    });
  });
  plan(262, async () => {
    const items = take(CENTRE, 40, (item) => isKt1(item) && toHaNoi(item));
    await sortAll(HA_NOI, items);
    const official = await s.openTrip('LS1022', CENTRE, HA_NOI, 'kt1');
    const plain = await s.openTrip('LS1022', CENTRE, HA_NOI, 'ordinary');
    const letters = await makeUp('LS1022', official, items);
    const parcels = await makeUp(
      'LS1022',
      plain,
      take(CENTRE, 9, (item) => isParcel(item) && toHaNoi(item)),
    );
    for (const bag of [letters, parcels]) await seal('LS1021', bag);
    plan(290, async () => {
      for (const trip of [official, plain]) await s.depart('LS1027', trip);
    });
    plan(500, async () => {
      await s.arrive('HN1202', [letters, parcels]);
      for (const bag of [letters, parcels]) await s.reconcile('HN1202', 'HN1203', bag);
    });
  });
  plan(300, async () => {
    const items = take(CENTRE, 8, (item) => item.to === 'LS-UBND-DD');
    await sortAll(MAIN, items);
    const trip = await s.openTrip('LS1022', CENTRE, MAIN, 'kt1');
    const bag = await makeUp('LS1022', trip, items);
    await seal('LS1021', bag);
    plan(315, () => s.depart('LS1013', trip));
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

/** The counter gives parcels to the sorters: the first offer is answered, one refused; the last still waits. */
export function handovers(s: Scene): void {
  const { h, plan } = s;
  const posted = async (n: number): Promise<Item[]> => {
    const items = await s.acceptAll(
      'LS1003',
      MAIN,
      Array.from({ length: n }, () => ordinary(s.luck, 'parcel', HA_NOI)),
    );
    await s.approveAll('LS1007', MAIN);
    s.at(MAIN).ready = s.at(MAIN).ready.filter((item) => !items.includes(item));
    return items;
  };
  plan(152, async () => {
    const items = await posted(3);
    const { handover_id, to } = await s.offer('LS1003', 'LS1005', items);
    const [damaged, ...good] = items;
    await h.fly(good.map((item) => h.act('LS1005', 'handed_over', item.code, { handover_id, to, condition: 'intact' })));
    const lines = [{ code: present(damaged, 'a parcel').code, reason_code: 'damaged', condition: 'wet' }];
    await h.does('LS1005', 'custody.hand_over', (db, caller, now_ms) => refuseLines(db, caller, handover_id, lines, now_ms));
    s.at(MAIN).ready.push(...good);
  });
  plan(630, async () => s.offer('LS1003', 'LS1006', await posted(2)));
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
      await s.bringBack(
        'LS1025',
        'LS1023',
        [closed, refused, moved].map((item) => present(item, 'an item')),
      );
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
      const back = present(absent, 'an item');
      await h.fly([h.act('LS1026', 'call_notice_left', back.code, { notice_no: 1 })]);
      // At the end of the day this courier is free: the README's letter goes out with her.
      await s.bringBack('LS1026', 'LS1022', [back]);
      await s.endRun('LS1026');
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
  plan(400, async () => {
    const items = take(CENTRE, 2, (item) => isParcel(item) && item.to === CENTRE);
    await s.signOut('LS1022', 'LS1026', items);
    await h.fly(items.map((item) => s.deliver('LS1026', item)));
  });
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
