// Windows over time: what can be counted about a sender, an address, a route or a clerk from earlier acceptances, linked by keyed
// hashes alone. The same sums serve the counter, where rows come from the database, and replay, where they come from the stream.

import type { Kind } from './facts.ts';

/** One acceptance of an ordinary item. Hashes in hex; two are equal when what was folded was equal. */
export type Sighting = {
  checkpoint_id: string;
  unit_id: string;
  at: number;
  office_code: string;
  postal_code: string;
  person_id: string;
  odd_identity: boolean;
  sender_phone: string;
  sender_name: string;
  sender_address: string;
  addressee_name: string;
  addressee_address: string;
  /** Last attempt or call notice; null: none, or it was handed over since. */
  uncollected_since: number | null;
  /** When it was confirmed that something was in it; null: it was not. */
  confirmed_at: number | null;
};

/** Steps that say that the addressee did not collect. */
export const NOBODY_CAME: ReadonlySet<Kind> = new Set<Kind>(['attempted', 'call_notice_left']);

/** Rows looked at for one key: counts end here. */
export const HISTORY_MAX = 64;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
export const HISTORY_MS = 30 * DAY;

const KEYS = {
  phone: (s: Sighting) => s.sender_phone,
  sender_address: (s: Sighting) => s.sender_address,
  addressee_address: (s: Sighting) => s.addressee_address,
  route: (s: Sighting) => `${s.office_code}/${s.postal_code}`,
  clerk: (s: Sighting) => s.person_id,
};
type KeyKind = keyof typeof KEYS;

export type History = {
  add(sighting: Sighting): void;
  /** Drops what is older than an instant: a stream of months keeps one window. */
  forget(before: number): void;
  /** The sighting of a unit; null: it has none here. */
  of(unit_id: string): Sighting | null;
  /** The last `HISTORY_MAX` of a kind with the same key as `s` within the window up to `now`, `s` itself among them. */
  like(kind: KeyKind, s: Sighting, now: number, within_ms: number, fits?: (other: Sighting) => boolean): Sighting[];
};

export function makeHistory(): History {
  const lists = new Map<string, Sighting[]>();
  const units = new Map<string, Sighting>();
  return {
    add(sighting) {
      const before = units.get(sighting.unit_id);
      if (before !== undefined) return;
      units.set(sighting.unit_id, sighting);
      for (const kind of Object.keys(KEYS) as KeyKind[]) {
        const key = `${kind}:${KEYS[kind](sighting)}`;
        const list = lists.get(key);
        if (list === undefined) lists.set(key, [sighting]);
        // Rows of the database come in any order; each list is kept by time.
        else if ((list.at(-1)?.at ?? 0) <= sighting.at) list.push(sighting);
        else
          list.splice(
            list.findIndex((other) => other.at > sighting.at),
            0,
            sighting,
          );
      }
    },
    forget(before) {
      for (const [key, list] of lists) {
        const from = list.findIndex((s) => s.at >= before);
        if (from < 0) lists.delete(key);
        else if (from > 0) lists.set(key, list.slice(from));
      }
      for (const [unit_id, s] of units) if (s.at < before) units.delete(unit_id);
    },
    of: (unit_id) => units.get(unit_id) ?? null,
    like(kind, s, now, within_ms, fits = () => true) {
      const list = lists.get(`${kind}:${KEYS[kind](s)}`) ?? [];
      const found: Sighting[] = [];
      for (let i = list.length - 1; i >= 0 && found.length < HISTORY_MAX; i--) {
        const other = list[i] as Sighting;
        if (other.at < now - within_ms) break;
        if (other.at <= now && fits(other)) found.push(other);
      }
      if (!found.includes(s) && fits(s)) found.push(s);
      return found;
    },
  };
}

const uncollected = (o: Sighting, now: number): boolean => o.uncollected_since !== null && o.uncollected_since <= now;
const distinct = (rows: readonly Sighting[], of: (s: Sighting) => string): number => Math.min(HISTORY_MAX, new Set(rows.map(of)).size);

/** Counts about the sender of `s`, `s` included, as of `now`. */
export function senderCounts(history: History, s: Sighting, now: number) {
  const [day, week, month] = [DAY, 7 * DAY, HISTORY_MS].map((ms) => history.like('phone', s, now, ms)) as [
    Sighting[],
    Sighting[],
    Sighting[],
  ];
  const here = history.like('sender_address', s, now, HISTORY_MS);
  const addressee = (o: Sighting): string => `${o.addressee_name}/${o.addressee_address}`;
  return {
    first_seen: month.length === 1,
    items_24h: Math.min(HISTORY_MAX, day.length),
    items_7d: Math.min(HISTORY_MAX, week.length),
    addressees_24h: distinct(day, addressee),
    addressees_7d: distinct(week, addressee),
    names_30d: distinct(month, (o) => o.sender_name),
    names_at_address_30d: distinct(here, (o) => o.sender_name),
    phones_at_address_30d: distinct(here, (o) => o.sender_phone),
    offices_24h: distinct(day, (o) => o.office_code),
    uncollected_30d: month.filter((o) => uncollected(o, now)).length,
    confirmed_30d: month.filter((o) => o.confirmed_at !== null && o.confirmed_at <= now).length,
  };
}

/** Counts about the addressee's address. */
export function addresseeCounts(history: History, s: Sighting, now: number) {
  return {
    senders_7d: distinct(history.like('addressee_address', s, now, 7 * DAY), (o) => o.sender_phone),
    names_at_address_30d: distinct(history.like('addressee_address', s, now, HISTORY_MS), (o) => o.addressee_name),
  };
}

/** Items from the same office to the same postal code that nobody collected. */
export const routeUncollected = (history: History, s: Sighting, now: number): number =>
  history.like('route', s, now, HISTORY_MS, (o) => uncollected(o, now)).length;

/** Strangers whom the clerk of `s` accepted as known customers. */
export const oddIdentities = (history: History, s: Sighting, now: number): number =>
  history.like('clerk', s, now, DAY, (o) => o.odd_identity).length;
