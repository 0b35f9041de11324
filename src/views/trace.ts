// The whole road of one item: its own checkpoints and those of the bags that held it, while they held it; nothing is fanned out.
// And who could have touched it, and finding things by whatever number is at hand. Marks and facts only to those cleared.

import { equalBytes, hex } from '../base/bytes.ts';
import { instant } from '../base/time.ts';
import { bagUnitCode } from '../domain/bag.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { FLAGS } from '../domain/decide.ts';
import type { FlagCode } from '../domain/decide.ts';
import { clears } from '../domain/role.ts';
import type { Caller } from '../domain/role.ts';
import type { Secrecy } from '../domain/service.ts';
import { STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import { entryOf, sha256 } from '../ledger/entry.ts';
import type { Entry } from '../ledger/entry.ts';
import type { Read } from '../store/connect.ts';

const STEPS_MAX = 2_000;

type Stay = { bag_id: string; bag_code: string; item_seq_in: number; item_seq_out: number | null; put_in_at: number; taken_out_at: number | null; origin_office_code: string; opened: boolean; trip_id: string | null };
type Step = { entry: Entry; hash: Uint8Array; person: { badge: string; full_name: string }; stay: Stay | null; at: number };
/** `complete`: the item's chain ends in the hash of its row, and nothing was left out for length. */
type Story = { unit_id: string; code: string; cleared: boolean; complete: boolean; steps: Step[]; stays: Stay[]; bags: Map<string, Step[]> };

/** Everything that happened to an item, oldest first. null: no such unit. */
export async function roadOf(db: Read, code: string, caller: Caller) {
  const story = await storyOf(db, code, caller);
  if (!story) return null;
  const correctedBy = new Map<string, string[]>();
  for (const { entry } of story.steps) {
    const corrects = correctsOf(entry);
    if (corrects !== null) correctedBy.set(corrects, [...(correctedBy.get(corrects) ?? []), entry.claim.checkpoint_id]);
  }
  const heads = new Map<string, Uint8Array>();
  let previous_at: number | null = null;
  const steps = story.steps.map(({ entry, hash, person, stay, at }) => {
    const kind = CHECKPOINTS[entry.claim.kind];
    const before = heads.get(entry.unit_id);
    heads.set(entry.unit_id, hash);
    const gap_minutes = previous_at === null ? null : Math.floor((at - previous_at) / 60_000);
    previous_at = at;
    const shown = story.cleared && (stay === null || knowsInside(stay, caller));
    return {
      unit_code: entry.code, unit_kind: entry.unit_kind, unit_seq: entry.unit_seq, checkpoint_id: entry.claim.checkpoint_id,
      kind: entry.claim.kind, kind_vi: kind.vi, kind_en: kind.en, received_at: instant(entry.received_at), gap_minutes,
      office_code: entry.claim.office_code, person, second_person_id: entry.second_person_id, device_id: entry.claim.device_id,
      state: entry.state, state_vi: STATES[entry.state][0], state_en: STATES[entry.state][1], custodian: entry.custodian,
      flags: entry.flags.map((flag) => ({ flag, vi: FLAGS[flag as FlagCode][0], en: FLAGS[flag as FlagCode][1] })),
      corrects: correctsOf(entry), corrected_by: correctedBy.get(entry.claim.checkpoint_id) ?? [],
      facts: shown ? (entry.claim.facts as Record<string, unknown>) : null,
      hash: hex(hash),
      /** null: the step before stands outside this story. */
      linked: entry.prev === null ? entry.unit_seq === 1 : before === undefined ? null : equalBytes(entry.prev, before),
    };
  });
  return {
    code, unit_id: story.unit_id, steps,
    bags: story.stays.map((stay) => ({ bag_code: stay.bag_code, put_in_at: instant(stay.put_in_at), taken_out_at: stay.taken_out_at === null ? null : instant(stay.taken_out_at) })),
    complete: story.complete,
  };
}

/** Seals and counts of a bag are told only where it was made up before it has been opened: whoever opens it reads them first. */
const knowsInside = (bag: { opened: boolean; origin_office_code: string }, caller: Caller): boolean => bag.opened || caller.office_code === bag.origin_office_code;
const isOpened = (state: string): boolean => state === 'unsealed' || state === 'emptied';

const correctsOf = (entry: Entry): string | null => {
  const { corrects } = entry.claim.facts as { corrects?: unknown };
  return entry.claim.kind === 'corrected' && typeof corrects === 'string' ? corrects : null;
};

async function storyOf(db: Read, code: string, caller: Caller): Promise<Story | null> {
  const unit = await db
    .selectFrom('unit')
    .leftJoin('item', 'item.unit_id', 'unit.unit_id')
    .leftJoin('bag', 'bag.unit_id', 'unit.unit_id')
    .select(['unit.unit_id', 'unit.code', 'unit.state', 'unit.unit_seq', 'unit.head_hash', 'item.secrecy', 'bag.origin_office_code'])
    .where('unit.code', '=', code)
    .where('unit.superseded_by', 'is', null)
    .executeTakeFirst();
  if (!unit) return null;
  const stays = await staysOf(db, unit.unit_id);
  const rows = await db
    .selectFrom('checkpoint')
    .innerJoin('person', 'person.person_id', 'checkpoint.person_id')
    .select(['checkpoint.unit_id', 'checkpoint.body', 'person.badge', 'person.full_name'])
    .where('checkpoint.unit_id', 'in', [unit.unit_id, ...stays.map((stay) => stay.bag_id)])
    .orderBy('checkpoint.unit_id')
    .orderBy('checkpoint.unit_seq')
    .limit(STEPS_MAX)
    .execute();
  const chains = new Map<string, Step[]>();
  for (const row of rows) {
    const body = new Uint8Array(row.body);
    const entry = entryOf(body);
    const chain = chains.get(row.unit_id) ?? [];
    // Order within a unit is its sequence; a clock that went back does not reorder it.
    const at = Math.max(entry.received_at, chain.at(-1)?.at ?? 0);
    chain.push({ entry, hash: sha256(body), person: { badge: row.badge, full_name: row.full_name }, stay: null, at });
    chains.set(row.unit_id, chain);
  }
  const own = chains.get(unit.unit_id) ?? [];
  chains.delete(unit.unit_id);
  const last = own.at(-1);
  const ofBags = stays.flatMap((stay) => (chains.get(stay.bag_id) ?? []).filter((step) => within(step, stay)).map((step) => ({ ...step, stay })));
  return {
    unit_id: unit.unit_id, code: unit.code, stays, bags: chains,
    complete: rows.length < STEPS_MAX && last !== undefined && last.entry.unit_seq === unit.unit_seq && equalBytes(last.hash, new Uint8Array(unit.head_hash)),
    cleared:
      clears(caller.clearance, (unit.secrecy ?? 'NONE') as Secrecy) &&
      (unit.origin_office_code === null || knowsInside({ opened: isOpened(unit.state), origin_office_code: unit.origin_office_code }, caller)),
    steps: merge(own, ofBags),
  };
}

async function staysOf(db: Read, unit_id: string): Promise<Stay[]> {
  const rows = await db
    .selectFrom('containment')
    .innerJoin('unit', 'unit.unit_id', 'containment.bag_id')
    .innerJoin('bag', 'bag.unit_id', 'containment.bag_id')
    .select(['containment.bag_id', 'unit.code', 'unit.state', 'containment.item_seq_in', 'containment.item_seq_out', 'containment.put_in_at', 'containment.taken_out_at', 'bag.origin_office_code', 'bag.trip_id'])
    .where('containment.item_id', '=', unit_id)
    .orderBy('containment.item_seq_in')
    .limit(100)
    .execute();
  return rows.map((row) => ({
    bag_id: row.bag_id, bag_code: row.code, item_seq_in: row.item_seq_in, item_seq_out: row.item_seq_out, put_in_at: row.put_in_at.getTime(),
    taken_out_at: row.taken_out_at?.getTime() ?? null, origin_office_code: row.origin_office_code, opened: isOpened(row.state), trip_id: row.trip_id,
  }));
}

/** Of one instant: a bag is started before, and emptied after, it holds anything. */
function within({ entry, at }: Step, stay: Stay): boolean {
  const { kind } = entry.claim;
  if (kind === 'bag_started' || at < stay.put_in_at) return false;
  return stay.taken_out_at === null || at < stay.taken_out_at || (at === stay.taken_out_at && kind !== 'bag_emptied' && kind !== 'bag_voided');
}

/** Two lists, each in its own order, into one by time; of one instant the item goes in before, and comes out after, what the bag does. */
function merge(own: readonly Step[], ofBags: readonly Step[]): Step[] {
  const merged: Step[] = [];
  let i = 0;
  for (const bag of ofBags) {
    for (let step = own[i]; step !== undefined; step = own[++i]) {
      const wentIn = step.entry.unit_seq <= (bag.stay?.item_seq_in ?? 0);
      const cameOut = bag.stay?.item_seq_out != null && step.entry.unit_seq >= bag.stay.item_seq_out;
      if (!wentIn && (cameOut || step.at > bag.at)) break;
      merged.push(step);
    }
    merged.push(bag);
  }
  return [...merged, ...own.slice(i)];
}

export type Touch = { how: 'acted' | 'confirmed' | 'held' | 'drove' | 'escorted'; kind: string; ref: string; badge: string | null; full_name: string | null; through: string; from: string; to: string };

/** Whoever could have touched an item from one instant to another: who held it, who acted on it, through its bags and their vehicle. */
export async function touchedBetween(db: Read, code: string, caller: Caller, from_ms: number, to_ms: number) {
  const story = await storyOf(db, code, caller);
  if (!story) return null;
  const touches: Touch[] = [];
  const add = (how: Touch['how'], kind: string, ref: string, through: string, from: number, to: number): void => {
    if (to < from_ms || from > to_ms || ref === '') return;
    touches.push({ how, kind, ref, badge: null, full_name: null, through, from: instant(Math.max(from, from_ms)), to: instant(Math.min(to, to_ms)) });
  };
  for (const { entry, at } of story.steps) {
    add('acted', 'person', entry.claim.person_id, entry.code, at, at);
    if (entry.second_person_id !== null) add('confirmed', 'person', entry.second_person_id, entry.code, at, at);
  }
  const held = (steps: readonly Step[], from: number, to: number): void => {
    for (const [i, { entry, at }] of steps.entries()) {
      const until = Math.min(steps[i + 1]?.at ?? to, to);
      if (entry.custodian.kind !== 'bag' && until >= from && at <= to) add('held', entry.custodian.kind, entry.custodian.ref, entry.code, Math.max(at, from), until);
    }
  };
  held(story.steps.filter((step) => step.stay === null), 0, to_ms);
  const trips = await tripsOfBags(db, story.stays.map((stay) => stay.trip_id));
  for (const stay of story.stays) {
    const end = stay.taken_out_at ?? to_ms;
    held(story.bags.get(stay.bag_id) ?? [], stay.put_in_at, end);
    const trip = trips.find((t) => t.trip_id === stay.trip_id);
    if (!trip?.departed_at) continue;
    const [left, came] = [Math.max(trip.departed_at.getTime(), stay.put_in_at), Math.min(trip.arrived_at?.getTime() ?? end, end)];
    if (left > came) continue;
    add('drove', 'person', trip.driver_person_id ?? '', stay.bag_code, left, came);
    add('escorted', 'person', trip.escort_person_id ?? '', stay.bag_code, left, came);
  }
  const persons = await namesOf(db, touches.map((touch) => touch.ref));
  return {
    code, from: instant(from_ms), to: instant(to_ms), complete: story.complete,
    touched: touches
      .map((touch) => ({ ...touch, badge: persons.get(touch.ref)?.badge ?? null, full_name: persons.get(touch.ref)?.full_name ?? null }))
      .toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0)),
  };
}

function tripsOfBags(db: Read, given: readonly (string | null)[]) {
  const trip_ids = given.filter((trip_id) => trip_id !== null);
  if (trip_ids.length === 0) return Promise.resolve([]);
  return db.selectFrom('trip').select(['trip_id', 'driver_person_id', 'escort_person_id', 'departed_at', 'arrived_at']).where('trip_id', 'in', [...trip_ids]).execute();
}

async function namesOf(db: Read, refs: readonly string[]): Promise<Map<string, { badge: string; full_name: string }>> {
  const ids = [...new Set(refs.filter((ref) => /^[0-9a-f-]{36}$/.test(ref)))];
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('person').select(['person_id', 'badge', 'full_name']).where('person_id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.person_id, row]));
}

const FOUND_MAX = 20;

/** Items and bags by the beginning of their number, bags by a seal, trips by their number: what concerns one office. */
export async function search(db: Read, office_code: string, q: string) {
  const number = bagUnitCode(q);
  const [units, sealed, trips] = await Promise.all([
    db
      .selectFrom('unit')
      .leftJoin('item', 'item.unit_id', 'unit.unit_id')
      .leftJoin('bag', 'bag.unit_id', 'unit.unit_id')
      .select(['unit.code', 'unit.unit_kind', 'unit.state', 'unit.office_code', 'unit.last_at'])
      // A range, not a pattern: it uses the index of numbers whatever the order of the database.
      .where('unit.code', '>=', number)
      .where('unit.code', '<', `${number}~`)
      .where('unit.superseded_by', 'is', null)
      .where((eb) =>
        eb.or([
          eb('unit.office_code', '=', office_code), eb('item.accepted_office_code', '=', office_code), eb('item.destination_office_code', '=', office_code),
          eb('bag.origin_office_code', '=', office_code), eb('bag.destination_office_code', '=', office_code),
        ]),
      )
      .orderBy('unit.code')
      .limit(FOUND_MAX)
      .execute(),
    db
      .selectFrom('seal')
      .innerJoin('unit', 'unit.unit_id', 'seal.bag_id')
      .innerJoin('bag', 'bag.unit_id', 'seal.bag_id')
      .select(['seal.seal_no', 'seal.state as seal_state', 'unit.code', 'unit.state'])
      .where('seal.seal_no', '=', q)
      // At the receiving end a seal leads to its bag only once that has been opened.
      .where((eb) => eb.or([eb('seal.office_code', '=', office_code), eb.and([eb('bag.destination_office_code', '=', office_code), eb('seal.state', '=', 'broken')])]))
      .limit(FOUND_MAX)
      .execute(),
    /^\d{1,4}$/.test(q)
      ? db
          .selectFrom('trip')
          .select(['trip_id', 'trip_no', 'trip_year', 'mail', 'state', 'from_office_code', 'to_office_code'])
          .where('trip_no', '=', Number(q))
          .where((eb) => eb.or([eb('from_office_code', '=', office_code), eb('to_office_code', '=', office_code)]))
          .orderBy('trip_id', 'desc')
          .limit(FOUND_MAX)
          .execute()
      : Promise.resolve([]),
  ]);
  return {
    units: units.map((row) => ({ ...row, state_vi: STATES[row.state as State][0], state_en: STATES[row.state as State][1], last_at: instant(row.last_at.getTime()) })),
    seals: sealed.map((row) => ({ ...row, state_vi: STATES[row.state as State][0], state_en: STATES[row.state as State][1] })),
    trips,
  };
}
