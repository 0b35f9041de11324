// What several hands of the demo do together: acceptance, control, bags, trips, rounds. Keeps what lies where, and the plan of
// the day. Tells no story: that is seed_day.ts and seed_roads.ts.

import { present } from './base/assert.ts';
import { civilDate } from './base/time.ts';
import type { Hands } from './seed_hands.ts';
import { itemOf } from './seed_items.ts';
import type { Chance, Item, Posted } from './seed_items.ts';

export type Bag = { code: string; items: Item[]; seal_no: string; to: string };
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

/** Acceptance, bags, trips and rounds as several hands do them. `seals` counts over all scenes: a seal is used once. */
export function scene(h: Hands, luck: Chance, from_ms: number, seals: { next: number }) {
  const plans: { minute: number; work: () => Promise<unknown> }[] = [];
  const stock = new Map<string, Stock>();
  const at = (office: string): Stock => stock.get(office) ?? present(stock.set(office, { waiting: [], ready: [] }).get(office), 'stock');
  const year = civilDate(from_ms).slice(3, 4);

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
  /** A bag numbered as UPU S9 does it, with its items put in: open. */
  async function makeUp(
    who: string,
    from: string,
    to: string,
    kind: 'DKN' | 'DCN' | 'DUN',
    trip: number,
    serial: number,
    last: 0 | 1,
    items: Item[],
  ): Promise<Bag> {
    const digits = `${year}${String(trip).padStart(4, '0')}${String(serial).padStart(3, '0')}${last}${kind === 'DKN' ? 1 : 0}0000`;
    const code = `${from}${to}${kind}${digits}`;
    await h.fly([h.act(who, 'bag_started', code, { destination_office_code: to })]);
    if (items.length > 0) await h.fly(items.map((item) => h.act(who, 'bagged', item.code, { bag_code: code })));
    return { code, items, to, seal_no: '' };
  }
  const gross = (bag: Bag): number => 900 + bag.items.reduce((sum, item) => sum + item.weight_g, 0);
  function seal(who: string, second: string, bag: Bag): Promise<unknown> {
    bag.seal_no = `NS${String(seals.next++).padStart(6, '0')}`;
    return h.fly([
      h.act(
        who,
        'bag_sealed',
        bag.code,
        { seal_nos: [bag.seal_no], item_count: bag.items.length, gross_g: gross(bag), tare_g: 900 },
        second,
      ),
    ]);
  }
  async function depart(head: string, driver: string, bags: Bag[]): Promise<void> {
    await h.fly(
      bags.map((bag) =>
        h.act(
          head,
          'handed_over',
          bag.code,
          { to: { kind: 'person', ref: h.person(driver) }, condition: 'intact', seal_nos: [bag.seal_no] },
          driver,
        ),
      ),
    );
    const dedicated = luck.below(3) > 0;
    const vehicle = {
      vehicle_no: dedicated ? '12C-00001' : '12C-00002',
      dedicated,
      ...(dedicated ? {} : { escort_person_id: h.person(driver) }),
    };
    await h.fly(bags.map((bag) => h.act(head, 'bag_departed', bag.code, vehicle)));
  }
  async function arrive(who: string, bags: Bag[]): Promise<void> {
    await h.fly(bags.map((bag) => h.act(who, 'bag_arrived', bag.code, { gross_g: gross(bag) })));
    await h.fly(bags.map((bag) => h.act(who, 'seal_checked', bag.code, { seal_no: bag.seal_no, found: 'intact' })));
  }
  const unseal = (who: string, second: string, bag: Bag) =>
    h.fly([h.act(who, 'bag_unsealed', bag.code, { seal_nos: [bag.seal_no], gross_g: gross(bag) }, second)]);
  async function match(who: string, bag: Bag, items: Item[]): Promise<void> {
    await h.fly(
      items.map((item) => h.act(who, 'matched', item.code, { bag_code: bag.code, condition: 'intact', weight_g: item.weight_g })),
    );
    at(bag.to).ready.push(...items);
  }
  async function reconcile(who: string, second: string, bag: Bag, missing: Item[] = [], surplus: Item[] = []): Promise<void> {
    await unseal(who, second, bag);
    const matched = bag.items.filter((item) => !missing.includes(item));
    await match(who, bag, matched);
    await h.fly([
      ...missing.map((item) => h.act(who, 'missing', item.code, { bag_code: bag.code })),
      ...surplus.map((item) => h.act(who, 'surplus', item.code, { bag_code: bag.code })),
      h.act(who, 'bag_emptied', bag.code, { matched: matched.length, missing: missing.length, surplus: surplus.length }),
    ]);
  }
  const signOut = (who: string, courier: string, items: Item[]) =>
    h.fly(items.map((item) => h.act(who, 'signed_out', item.code, { courier_person_id: h.person(courier) }, courier)));
  const deliver = (courier: string, item: Item) => {
    const card = RECEIVERS[item.to];
    return h.act(
      courier,
      'delivered',
      item.code,
      card
        ? { receiver_body_code: item.to, receiver_card_no: card, receiver_authority: 'card' }
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
    makeUp,
    seal,
    depart,
    arrive,
    unseal,
    match,
    reconcile,
    signOut,
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
