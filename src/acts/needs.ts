// Rows that several acts decide on: trips, bags and what is in them, seals, openings. Each is read once a flight under its lock;
// an act that changes one keeps the object true for the drafts behind it. The contract of acts, like act.ts: no act itself.

import type { Mail } from '../domain/bag.ts';
import type { Secrecy } from '../domain/service.ts';
import type { State } from '../domain/state.ts';
import type { WatchCandidate, WatchHit } from '../domain/watch.ts';
import type { Known, Need } from '../ledger/append.ts';
import type { Entry } from '../ledger/entry.ts';
import type { Lane, Read, Row, Statement } from '../store/connect.ts';

export type TripNow = {
  trip_id: string; from_office_code: string; to_office_code: string; mail: Mail; trip_year: number; trip_no: number; state: 'open' | 'departed' | 'arrived';
  vehicle_no: string | null; vehicle_dedicated: boolean | null; escort_person_id: string | null; guard_requested: boolean; guard_present: boolean | null;
  next_serial: number; bags: Map<string, TripBag>;
};
export type TripBag = { state: State; serial: number; manifest_bag: boolean; last_of_trip: boolean | null };
const TRIP: Statement = {
  name: 'lock_trip',
  text: `select trip_id, from_office_code, to_office_code, mail, trip_year, trip_no, state, vehicle_no, vehicle_dedicated, escort_person_id,
  guard_requested, guard_present, next_serial from trip where trip_id = $1 for update`,
};

/** After the lock, in a statement of its own: beside the lock it would count the bags as they were before the wait. */
const TRIP_BAGS: Statement = { name: 'load_trip_bags', text: 'select u.code, u.state, b.serial, b.manifest_bag, b.last_of_trip from bag b join unit u using (unit_id) where b.trip_id = $1' };

/** `trip` null: there is none. */
export const tripNeed = (trip_id: string): Need<{ trip: TripNow | null }> => ({
  key: `trip:${trip_id}`,
  async load(lane) {
    const [[r], bags] = await Promise.all([lane.run(TRIP, [trip_id]), lane.run(TRIP_BAGS, [trip_id])]);
    if (!r) return { trip: null };
    const byCode = new Map(bags.map(([code, state, serial, manifest_bag, last_of_trip]) => [code as string, { state, serial, manifest_bag, last_of_trip } as TripBag]));
    return { trip: { ...tripOf(r), bags: byCode } };
  },
});

function tripOf(r: Row): Omit<TripNow, 'bags'> {
  const [trip_id, from_office_code, to_office_code, mail, trip_year, trip_no, state, vehicle_no, vehicle_dedicated, escort_person_id, guard_requested, guard_present, next_serial] = r;
  return { trip_id, from_office_code, to_office_code, mail, trip_year, trip_no, state, vehicle_no, vehicle_dedicated, escort_person_id, guard_requested, guard_present, next_serial } as Omit<TripNow, 'bags'>;
}

/** Trip of a bag, which never changes; null: the bag is not in the database (yet). */
export async function tripIdOf(read: Read, bag_code: string): Promise<string | null> {
  const row = await read.selectFrom('bag').innerJoin('unit', 'unit.unit_id', 'bag.unit_id').select('bag.trip_id').where('unit.code', '=', bag_code).where('unit.superseded_by', 'is', null).executeTakeFirst();
  return row?.trip_id ?? null;
}

/** The trip of a bag as this flight knows it: read under its lock, or begun in this very flight. */
export function tripOfBag(known: Known, trip_id: string | null, bag_code: string): TripNow | null {
  if (trip_id !== null) return known.got(tripNeed(trip_id)).trip;
  return known.find<{ trip: TripNow | null }>('trip:', ({ trip }) => trip?.bags.has(bag_code) ?? false)?.trip ?? null;
}

/** `trip_id` null: it came from an office without the system. */
export type BagNow = { unit_id: string; trip_id: string | null; serial: number; mail: Mail; origin_office_code: string; destination_office_code: string; marked_count: number | null; gross_g: number | null; seal_nos: string[] };
const BAG: Statement = {
  name: 'load_bag',
  text: `select b.unit_id, b.trip_id, b.serial, b.mail, b.origin_office_code, b.destination_office_code, b.marked_count, b.gross_g, b.seal_nos
from unit u join bag b using (unit_id) where u.code = $1 and u.superseded_by is null`,
};

/** Guarded by the unit's lock: name the bag in `also` or as the claim's own number. */
export const bagNeed = (code: string): Need<{ bag: BagNow | null }> => ({
  key: `bag:${code}`,
  async load(lane) {
    const [r] = await lane.run(BAG, [code]);
    if (!r) return { bag: null };
    const [unit_id, trip_id, serial, mail, origin_office_code, destination_office_code, marked_count, gross_g, seal_nos] = r;
    return { bag: { unit_id, trip_id, serial, mail, origin_office_code, destination_office_code, marked_count, gross_g, seal_nos: seal_nos ?? [] } as BagNow };
  },
});

export type Inside = { item_id: string; code: string; weight_g: number; secrecy: Secrecy; holds: number };
const CONTENTS: Statement = {
  name: 'load_contents',
  text: `select i.unit_id, u.code, coalesce(i.weight_g, 0), coalesce(i.secrecy, 'NONE'), u.holds
from unit b join containment c on c.bag_id = b.unit_id and c.item_seq_out is null join unit u on u.unit_id = c.item_id join item i on i.unit_id = u.unit_id
where b.code = $1 and b.superseded_by is null`,
};

/** What is in a bag; guarded by the bag's unit lock, which everything that puts in or takes out holds too. */
export const contentsNeed = (bag_code: string): Need<{ inside: Map<string, Inside> }> => ({
  key: `contents:${bag_code}`,
  async load(lane) {
    const rows = await lane.run(CONTENTS, [bag_code]);
    return { inside: new Map(rows.map(([item_id, code, weight_g, secrecy, holds]) => [code as string, { item_id, code, weight_g, secrecy, holds } as Inside])) };
  },
});

/** An item as another office announced it: what the ledger takes over when the item is first seen here or recorded missing. */
export type AnnouncedItem = { code: string; service_class: string; scope: string; secrecy: string; urgency: string; appointed_at: string | null; personal_mark: boolean; weight_g: number; destination_office_code: string | null };
export type AnnouncedBag = { preadvice_id: string; seal_nos: string[]; gross_g: number | null; item_count: number; marked_count: number; net_g: number; list_digest: Uint8Array };
const ANNOUNCED: Statement = { name: 'load_announced', text: 'select preadvice_id, seal_nos, gross_g, item_count, marked_count, net_g, list_digest from preadvice_bag where bag_code = $1' };

/** What was announced of a bag; null: nothing was. Never changes once there. */
export const announcedNeed = (bag_code: string): Need<{ announced: AnnouncedBag | null }> => ({
  key: `announced:${bag_code}`,
  async load(lane) {
    const [r] = await lane.run(ANNOUNCED, [bag_code]);
    if (!r) return { announced: null };
    const [preadvice_id, seal_nos, gross_g, item_count, marked_count, net_g, list_digest] = r;
    return { announced: { preadvice_id, seal_nos, gross_g, item_count, marked_count, net_g, list_digest } as AnnouncedBag };
  },
});

const ANNOUNCED_ITEMS: Statement = {
  name: 'load_announced_items',
  text: `select to_jsonb(l), u.unit_id from preadvice_line l left join unit u on u.code = l.code and u.superseded_by is null where l.bag_code = $1`,
};

/** The announced list of a bag, by number; `item_id`: the unit that carries the number in our ledger, null: none does. */
export const announcedItemsNeed = (bag_code: string): Need<{ items: (AnnouncedItem & { item_id: string | null })[] }> => ({
  key: `announced_items:${bag_code}`,
  load: async (lane) => ({ items: (await lane.run(ANNOUNCED_ITEMS, [bag_code])).map(([line, item_id]) => ({ ...(line as AnnouncedItem), item_id: item_id as string | null })) }),
});

export type SealNow = { seal_no: string; office_code: string; state: 'issued' | 'applied' | 'broken' | 'void'; bag_id: string | null };
const SEAL: Statement = { name: 'lock_seal', text: 'select seal_no, office_code, state, bag_id from seal where seal_no = $1 for update' };

/** A bag is opened: its seals are used up. */
export const BREAK_SEALS: Statement = { name: 'break_seals', text: "update seal set state = 'broken', ended_at = $2 where bag_id = $1 and state = 'applied'" };

/** `seal` null: never issued. */
export const sealNeed = (seal_no: string): Need<{ seal: SealNow | null }> => ({
  key: `seal:${seal_no}`,
  async load(lane) {
    const [r] = await lane.run(SEAL, [seal_no]);
    return { seal: r ? ({ seal_no: r[0], office_code: r[1], state: r[2], bag_id: r[3] } as SealNow) : null };
  },
});

/** `announced`: of an item that no unit stands for yet. */
export type Line = { expected: boolean; weight_g: number; result: string | null; announced?: AnnouncedItem | null };
export type OpeningNow = { opening_id: string; bag_id: string; office_code: string; state: 'counting' | 'closed'; lines: Map<string, Line>; differences_open: number; /** Items whose record as missing is not settled. */ missing_open: Set<string> };
const OPENING: Statement = {
  name: 'load_opening',
  text: `select o.opening_id, o.bag_id, o.office_code, o.state,
  (select count(*) from discrepancy d where d.opening_id = o.opening_id and d.state in ('open', 'contested')),
  (select array_agg(d.code) from discrepancy d where d.opening_id = o.opening_id and d.state in ('open', 'contested') and d.discrepancy_kind = 'missing')
from unit u join opening o on o.bag_id = u.unit_id where u.code = $1 and u.superseded_by is null
order by o.opened_at desc limit 1`,
};
const LINES: Statement = {
  name: 'load_lines',
  text: `select l.code, l.expected, l.weight_g, l.result, to_jsonb(a) from unit u join opening o on o.bag_id = u.unit_id and o.state = 'counting'
join count_line l using (opening_id) left join preadvice_line a on l.item_id is null and a.bag_code = u.code and a.code = l.code
where u.code = $1 and u.superseded_by is null`,
};

/** The last opening of a bag with its lines. Guarded by the bag's unit lock: name the bag in `also`. */
export const openingNeed = (bag_code: string): Need<{ opening: OpeningNow | null }> => ({
  key: `opening:${bag_code}`,
  async load(lane) {
    const [[r], lines] = await Promise.all([lane.run(OPENING, [bag_code]), lane.run(LINES, [bag_code])]);
    if (!r) return { opening: null };
    const [opening_id, bag_id, office_code, state, differences_open, missing] = r;
    return {
      opening: {
        opening_id, bag_id, office_code, state, differences_open: Number(differences_open), missing_open: new Set((missing ?? []) as string[]),
        lines: new Map(lines.map(([code, expected, weight_g, result, announced]) => [code as string, { expected, weight_g, result, announced } as Line])),
      } as OpeningNow,
    };
  },
});

const OPENING_ID: Statement = { name: 'known_opening', text: 'select 1 from opening where opening_id = $1' };

/** Whether an opening id, made by the client, was used before. */
export const openingIdNeed = (opening_id: string): Need<{ used: boolean }> => ({
  key: `opening_id:${opening_id}`,
  load: async (lane) => ({ used: (await lane.run(OPENING_ID, [opening_id])).length > 0 }),
});

const CANDIDATES: Statement = { name: 'watch_candidates', text: 'select entry_id, match_kind, entry_text, least_match, (extract(epoch from expires_at) * 1000)::float8 from watch_candidates($1)' };

/** What a flight asks for, gathered while its needs are named: one statement for all its acceptances. */
const asked = new WeakMap<Lane, { keys: Set<string>; answer: Promise<{ candidates: WatchCandidate[] }> }>();

/** Entries of watch lists in force that share a key with anything accepted in this flight; the matcher takes its own. Asked for whether or not there are lists. */
export const watchNeed = (checkpoint_id: string, keys: readonly string[]): Need<{ candidates: WatchCandidate[] }> => ({
  key: `watch:${checkpoint_id}`,
  load(lane) {
    const flight = asked.get(lane) ?? { keys: new Set<string>(), answer: Promise.resolve().then(() => candidatesOf(lane)) };
    asked.set(lane, flight);
    for (const key of keys) flight.keys.add(key);
    return flight.answer;
  },
});

async function candidatesOf(lane: Lane): Promise<{ candidates: WatchCandidate[] }> {
  const keys = [...(asked.get(lane)?.keys ?? [])];
  asked.delete(lane);
  if (keys.length === 0) return { candidates: [] };
  const rows = await lane.run(CANDIDATES, [keys]);
  return { candidates: rows.map(([entry_id, match_kind, entry_text, least_match, expires_at]) => ({ entry_id, match_kind, entry_text, least_match, expires_at }) as WatchCandidate) };
}

const HIT: Statement = {
  name: 'insert_watch_hit',
  text: 'insert into watch_hit (checkpoint_id, entry_id, unit_id, office_code, party, tier, score, hit_at) values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::bigint / 1000.0))',
};
export const hitWrites = (hits: readonly WatchHit[]) => (entry: Entry) =>
  hits.map((hit) => ({ statement: HIT, values: [entry.claim.checkpoint_id, hit.entry_id, entry.unit_id, entry.claim.office_code, hit.party, hit.tier, hit.score, entry.received_at] }));
