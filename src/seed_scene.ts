// What several hands of the demo do together: acceptance, control, bags, trips, rounds. Keeps what lies where, and the plan of
// the day. Tells no story: that is seed_day.ts and seed_roads.ts.

import { answerDiscrepancy, decideDiscrepancy } from './acts/discrepancy.ts';
import { closeRun, openRun } from './acts/deliver.ts';
import { offerHandover } from './acts/handover.ts';
import { issueSeals, openTrip as startTrip, orderVehicle } from './acts/trip.ts';
import { present } from './base/assert.ts';
import { uuid7 } from './base/id.ts';
import type { Mail } from './domain/bag.ts';
import type { Hands } from './seed_hands.ts';
import { CENTRE, CITY, GATE, HA_NOI, itemOf, LOC_BINH, MAIN } from './seed_items.ts';
import type { Chance, Item, Posted } from './seed_items.ts';
import type { Write } from './store/connect.ts';

export type Trip = { trip_id: string; from: string; to: string; mail: Mail; guard_requested: boolean; bags: Bag[] };
export type Bag = { code: string; items: Item[]; maker: string; trip: Trip; seal_no: string; opening_id: string };
/** What lies at one office: accepted and waiting for control, or free to go on. */
type Stock = { waiting: Item[]; ready: Item[] };
export type Scene = ReturnType<typeof scene>;

const MINUTE = 60_000;
/** Who signs for a body that receives KT1. */
const RECEIVERS: { readonly [body_code: string]: string } = {
  'LS-TU': 'TU-0002',
  'LS-UBND': 'UB-0003',
  'LS-CA': 'CA-0002',
  'LS-QS': 'QS-0001',
  'LS-HDND': 'HD-0001',
  'LS-UBND-DD': 'DD-0002',
  'TW-VPTU': 'VT-0001',
  'TW-VPCTN': 'VC-0001',
  'TW-VPQH': 'VQ-0001',
  'TW-VPCP': 'VP-0001',
  'TW-BO': 'BO-0001',
};

/** Who issues seals, orders vehicles and lets trips go. */
const HEADS: { readonly [office: string]: string } = {
  [MAIN]: 'LS1009',
  [GATE]: 'LS1046',
  [LOC_BINH]: 'LS1053',
  [CITY]: 'LS1034',
  [CENTRE]: 'LS1024',
  [HA_NOI]: 'HN1205',
};
const headOf = (office: string): string => present(HEADS[office], `a head at ${office}`);

/** Acceptance, bags, trips and rounds as several hands do them. `seals` counts over all scenes: a seal is used once. */
export function scene(h: Hands, luck: Chance, from_ms: number, seals: { next: number }) {
  const plans: { minute: number; work: () => Promise<unknown> }[] = [];
  const stock = new Map<string, Stock>();
  const at = (office: string): Stock => stock.get(office) ?? present(stock.set(office, { waiting: [], ready: [] }).get(office), 'stock');
  const sealStock = new Map<string, string[]>();

  /** Takes up to `n` items that fit out of what lies ready at the office. */
  function take(office: string, n: number, fits: (item: Item) => boolean): Item[] {
    const taken = at(office).ready.filter(fits).slice(0, n);
    at(office).ready = at(office).ready.filter((item) => !taken.includes(item));
    return taken;
  }
  async function acceptAll(who: string, office: string, posted: Posted[], second?: string): Promise<Item[]> {
    const receipts = await h.fly(posted.map((p) => h.accept(who, p, second)));
    const items = receipts.map((r, i) => itemOf(r, present(posted[i], 'one receipt each')));
    at(office).waiting.push(...items);
    return items;
  }
  async function approveAll(who: string, office: string): Promise<Item[]> {
    const items = at(office).waiting.splice(0);
    if (items.length > 0) await h.fly(items.map((item) => h.act(who, 'approved', item.code, {})));
    at(office).ready.push(...items);
    return items;
  }
  /** The next trip from the office of `who`. */
  async function openTrip(who: string, from: string, to: string, mail: Mail, guard_requested = false): Promise<Trip> {
    const route_level = from === HA_NOI || to === HA_NOI ? 1 : 2;
    const order = { to_office_code: to, mail, route_level, guard_requested, planned_departure_at: null };
    const { trip_id } = await h.does(who, 'bag.make', (db, caller, now_ms) => startTrip(db, caller, order, now_ms));
    return { trip_id, from, to, mail, guard_requested, bags: [] };
  }
  /** A bag of the trip, its first one the manifest bag, with its items put in: open. */
  async function makeUp(who: string, trip: Trip, items: Item[]): Promise<Bag> {
    const started = await h.fly([h.act(who, 'bag_started', null, { trip_id: trip.trip_id, manifest_bag: trip.bags.length === 0 })]);
    const { code } = present(started[0], 'a bag');
    if (items.length > 0) await h.fly(items.map((item) => h.act(who, 'bagged', item.code, { bag_code: code })));
    const bag: Bag = { code, items, maker: who, trip, seal_no: '', opening_id: '' };
    trip.bags.push(bag);
    return bag;
  }
  const gross = (bag: Bag): number => 900 + bag.items.reduce((sum, item) => sum + item.weight_g, 0);
  /** A seal of the office's register; a new block is issued when the last is used up. */
  async function nextSeal(office: string): Promise<string> {
    const left = sealStock.get(office) ?? [];
    if (left.length === 0) {
      const block = { prefix: 'NS', from: seals.next, count: 20, office_code: office };
      seals.next += block.count;
      await h.does(headOf(office), 'seal.issue', (db, caller, now_ms) => issueSeals(db, caller, block, now_ms));
      left.push(...Array.from({ length: block.count }, (_, i) => `NS${String(block.from + i).padStart(6, '0')}`));
      sealStock.set(office, left);
    }
    return present(left.shift(), 'a seal');
  }
  /** The maker seals before a second person; the bag that was started last is the last of its trip. */
  async function seal(second: string, bag: Bag): Promise<void> {
    bag.seal_no = await nextSeal(bag.trip.from);
    const facts = { seal_nos: [bag.seal_no], item_count: bag.items.length, gross_g: gross(bag), tare_g: 900 };
    await h.fly([h.act(bag.maker, 'bag_sealed', bag.code, { ...facts, last_of_trip: bag.trip.bags.at(-1) === bag }, second)]);
  }
  /** The maker gives each bag to the driver; the head orders the vehicle and lets the trip go. */
  async function depart(driver: string, trip: Trip): Promise<void> {
    const to = { kind: 'person', ref: h.person(driver) } as const;
    await h.fly(
      trip.bags.map((bag) => h.act(bag.maker, 'handed_over', bag.code, { to, condition: 'intact', seal_nos: [bag.seal_no] }, driver)),
    );
    const dedicated = luck.below(3) > 0;
    const vehicle_no = dedicated ? '12C-00001' : '12C-00002';
    const escort = trip.mail === 'kt1' && !dedicated ? h.person(driver === 'LS1014' ? 'LS1013' : 'LS1014') : null;
    const order = {
      vehicle_no,
      vehicle_dedicated: dedicated,
      driver_person_id: to.ref,
      escort_person_id: escort,
      guard_present: trip.guard_requested ? true : null,
    };
    const head = headOf(trip.from);
    await h.does(head, 'trip.dispatch', (db, caller) => orderVehicle(db, caller, trip.trip_id, order));
    await h.fly(trip.bags.map((bag) => h.act(head, 'bag_departed', bag.code, { vehicle_no })));
  }
  async function arrive(who: string, bags: Bag[]): Promise<void> {
    await h.fly(bags.map((bag) => h.act(who, 'bag_arrived', bag.code, { gross_g: gross(bag) })));
    await h.fly(bags.map((bag) => h.act(who, 'seal_checked', bag.code, { seal_no: bag.seal_no, found: 'intact' })));
  }
  /** `found`: what is read and weighed, where it is not what was announced. */
  async function unseal(who: string, second: string, bag: Bag, found: { seal_no?: string; gross_g?: number } = {}): Promise<void> {
    bag.opening_id = uuid7(h.now());
    const { seal_no = bag.seal_no, gross_g = gross(bag) } = found;
    const blind = bag.trip.mail === 'ordinary';
    await h.fly([h.act(who, 'bag_unsealed', bag.code, { opening_id: bag.opening_id, seal_nos: [seal_no], gross_g, blind }, second)]);
  }
  /** Scans what lies there, expected or not; it stays at the office that opens. */
  async function count(who: string, bag: Bag, items: Item[], found: { condition?: 'torn'; weight_g?: number } = {}): Promise<void> {
    const lane = who.endsWith('2') ? 'B' : 'A';
    await h.fly(
      items.map((item) =>
        h.act(who, 'counted', item.code, { bag_code: bag.code, condition: 'intact', weight_g: item.weight_g, lane, ...found }),
      ),
    );
    at(bag.trip.to).ready.push(...items);
  }
  const close = (who: string, bag: Bag, forced?: string) =>
    h.fly([h.act(who, 'bag_emptied', bag.code, forced === undefined ? {} : { forced_reason_code: forced })]);
  /** A bag in which everything is as it should be. */
  async function reconcile(who: string, second: string, bag: Bag): Promise<void> {
    await unseal(who, second, bag);
    await count(who, bag, bag.items);
    await close(who, bag);
  }
  const difference = (db: Write, bag: Bag, kind: string) =>
    db
      .selectFrom('discrepancy')
      .select('discrepancy_id')
      // One that never came was never opened.
      .where((eb) => (bag.opening_id === '' ? eb('code', '=', bag.code) : eb('opening_id', '=', bag.opening_id)))
      .where('discrepancy_kind', '=', kind)
      .executeTakeFirstOrThrow();
  /** Somebody of the office that made the bag up agrees to a difference, or contests it. */
  const answer = (who: string, bag: Bag, kind: string, agrees: boolean, reason_code: string) =>
    h.does(who, 'bag.make', async (db, caller, now_ms) =>
      answerDiscrepancy(db, caller, (await difference(db, bag, kind)).discrepancy_id, { agrees, reason_code }, now_ms),
    );
  const decide = (who: string, bag: Bag, kind: string, reason_code: string) =>
    h.does(who, 'item.approve', async (db, caller, now_ms) =>
      decideDiscrepancy(db, caller, (await difference(db, bag, kind)).discrepancy_id, reason_code, now_ms),
    );
  /** Offers items to a person, who has yet to answer. */
  async function offer(
    who: string,
    receiver: string,
    items: Item[],
  ): Promise<{ handover_id: string; to: { kind: 'person'; ref: string } }> {
    const to = { kind: 'person', ref: h.person(receiver) } as const;
    const lines = items.map(({ code }) => ({ code, condition: 'intact', seal_nos: [] }));
    const { handover_id } = await h.does(who, 'custody.hand_over', (db, caller, now_ms) =>
      offerHandover(db, caller, { to, receiver_person_id: to.ref, lines }, now_ms),
    );
    return { handover_id, to };
  }
  /** Couriers with an open run. */
  const runs = new Map<string, string>();
  async function signOut(who: string, courier: string, items: Item[]): Promise<void> {
    if (!runs.has(courier)) {
      const { run_id } = await h.does(courier, 'item.deliver', openRun);
      runs.set(courier, run_id);
    }
    // Whoever signs out first gathers what colleagues hold.
    const held = await Promise.all(items.map(async ({ code }) => ({ code, holder: await h.holder(code) })));
    const others = held.filter(({ holder }) => holder !== who);
    const to = { kind: 'person', ref: h.person(who) } as const;
    if (others.length > 0)
      await h.fly(others.map(({ code, holder }) => h.act(holder, 'handed_over', code, { to, condition: 'intact' }, who)));
    await h.fly(items.map((item) => h.act(who, 'signed_out', item.code, { courier_person_id: h.person(courier) }, courier)));
  }
  /** What could not be delivered goes back into the hands of somebody at the office. */
  const bringBack = (courier: string, who: string, items: Item[]) =>
    h.fly(
      items.map((item) =>
        h.act(courier, 'handed_over', item.code, { to: { kind: 'person', ref: h.person(who) }, condition: 'intact' }, who),
      ),
    );
  /** The run ends once the courier's hands are empty. */
  async function endRun(courier: string): Promise<void> {
    const run_id = present(runs.get(courier), 'an open run');
    runs.delete(courier);
    await h.does(courier, 'item.deliver', (db, caller, now_ms) => closeRun(db, caller, run_id, now_ms));
  }
  const deliver = (courier: string, item: Item) => {
    const card = RECEIVERS[item.to];
    return h.act(
      courier,
      'delivered',
      item.code,
      card
        ? { receiver_body_code: item.to, receiver_card_no: card, receiver_authority: item.personal_mark ? 'addressee_in_person' : 'card' }
        : { receiver_authority: 'addressee_in_person' },
    );
  };
  return {
    h,
    luck,
    at,
    take,
    acceptAll,
    approveAll,
    openTrip,
    makeUp,
    seal,
    depart,
    arrive,
    unseal,
    count,
    close,
    reconcile,
    answer,
    decide,
    offer,
    signOut,
    bringBack,
    endRun,
    deliver,
    plan: (minute: number, work: () => Promise<unknown>) => void plans.push({ minute, work }),
    /** Everything planned, in the order of the clock. */
    async run(): Promise<void> {
      while (plans.length > 0) {
        plans.sort((a, b) => a.minute - b.minute);
        const next = present(plans.shift(), 'a plan');
        h.until(from_ms + Math.round(next.minute * MINUTE) + luck.below(40_000));
        await next.work();
      }
    },
  };
}
