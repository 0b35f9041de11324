// Replay: a version, draft or not, over past traffic, an hour at a time, with the very functions that judge at the counter. Shows what
// it would have hit, by office and day, and how often that was right. Reads only; keeps no name longer than one checkpoint.

import { sql } from 'kysely';
import { civilDate, instant } from '../base/time.ts';
import type { UnitNow } from '../domain/decide.ts';
import type { Kind } from '../domain/facts.ts';
import { HISTORY_MS, makeHistory, NOBODY_CAME } from '../domain/history.ts';
import type { History, Sighting } from '../domain/history.ts';
import { particularsOf } from '../domain/particulars.ts';
import type { RuleVersion, UsedFacts } from '../domain/rule.ts';
import { rulebook } from '../domain/rulebook.ts';
import type { LeansOn } from '../domain/rulebook.ts';
import { entryOf } from '../ledger/entry.ts';
import type { Entry } from '../ledger/entry.ts';
import { foldItem, officeAfter } from '../ledger/project.ts';
import type { ItemRow } from '../ledger/project.ts';
import { hitsOf } from '../ledger/screen.ts';
import type { Read, Store } from '../store/connect.ts';

export const REPLAY_DAYS_MAX = 92;
const EXAMPLES_MAX = 20;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type Replay = {
  from_day: string;
  to_day: string;
  /** Checkpoints it was asked at. */
  seen: number;
  /** Checkpoints that it would have hit, and units. */
  hits: number;
  units: number;
  by_office_day: { day: string; office_code: string; seen: number; hits: number }[];
  /** Outcomes of the units hit; precision null: no outcome is known. */
  confirmed: number;
  cleared: number;
  undecided: number;
  precision: number | null;
  /** Against what versions of the same rule hit at the time. */
  new_hits: number;
  lost_hits: number;
  examples: { code: string; checkpoint_id: string; at: string; office_code: string | null; facts: UsedFacts }[];
};

type Past = { office_code: string; last_at: number; item: ItemRow | null };
type Outcomes = Map<string, { outcome: string; at: number }>;
const COUNTED_KINDS: readonly Kind[] = [...NOBODY_CAME, 'delivered', 'withdrawn'];

/** `from_day`, `to_day`: civil days, both included; at most REPLAY_DAYS_MAX of them. */
export async function replay(store: Pick<Store, 'read' | 'vault'>, version: RuleVersion, leansOn: LeansOn, days: { from_day: string; to_day: string }): Promise<Replay> {
  const db = store.read;
  // Judged as if it had been in force the whole time.
  const judged = { ...version, valid_from: 0, valid_until: Number.MAX_SAFE_INTEGER };
  const book = rulebook([judged], leansOn);
  const start = Date.parse(`${days.from_day}T00:00:00+07:00`);
  const end = Date.parse(`${days.to_day}T00:00:00+07:00`) + DAY_MS;
  const counts = book.counting.size > 0;
  const outcomes = await outcomesOf(db);
  const history = makeHistory();
  const onlyAccepted = version.kinds.every((kind) => kind === 'accepted');
  const kinds = onlyAccepted ? [...new Set(['accepted' as Kind, ...(counts ? COUNTED_KINDS : [])])] : null;
  const found = new Map<string, { day: string; office_code: string; seen: number; hits: number }>();
  const hitUnits = new Set<string>();
  const hitCheckpoints = new Set<string>();
  const examples: Replay['examples'] = [];
  let seen = 0;
  let today = '';
  for (const at of await hoursOf(db, counts ? start - HISTORY_MS : start, end)) {
    const warmingUp = at < start;
    const sightings = counts ? await sightingsOf(db, at, outcomes) : new Map<string, Sighting>();
    const entries = inOrder(await hourOf(db, at, warmingUp ? COUNTED_KINDS : kinds), sightings);
    const personal = warmingUp ? null : await personalOf(store, entries);
    const past = warmingUp || onlyAccepted ? new Map<string, Past>() : await pastOf(db, entries, at);
    if (warmingUp) for (const sighting of sightings.values()) history.add(sighting);
    for (const entry of entries) {
      const sighting = sightings.get(entry.claim.checkpoint_id) ?? null;
      const known = history.of(entry.unit_id);
      if (known && NOBODY_CAME.has(entry.claim.kind)) known.uncollected_since = entry.received_at;
      if (!warmingUp && version.kinds.includes(entry.claim.kind)) {
        seen += 1;
        const hits = hitsOf([judged], book, {
          claim: entry.claim, at: entry.received_at, unit_kind: entry.unit_kind, code: entry.code, before: entry.claim.kind === 'accepted' ? null : beforeOf(past.get(entry.unit_id)), flags: entry.flags.filter((flag) => flag !== 'kept'),
          particulars: personal?.get(entry.claim.checkpoint_id) ?? null, sighting: sighting ?? known, history,
        });
        const [day, office_code] = [civilDate(entry.received_at), entry.claim.office_code ?? ''];
        const cell = found.get(`${day}/${office_code}`) ?? { day, office_code, seen: 0, hits: 0 };
        found.set(`${day}/${office_code}`, cell);
        cell.seen += 1;
        const [hit] = hits;
        if (hit) {
          cell.hits += 1;
          hitUnits.add(entry.unit_id);
          hitCheckpoints.add(entry.claim.checkpoint_id);
          if (examples.length < EXAMPLES_MAX) examples.push({ code: entry.code, checkpoint_id: entry.claim.checkpoint_id, at: instant(entry.received_at), office_code: entry.claim.office_code, facts: hit.facts });
        }
      }
      follow(entry, sighting, history, past);
    }
    if (civilDate(at) !== today) history.forget(at - HISTORY_MS);
    today = civilDate(at);
  }
  const outcome = (of: string): number => [...hitUnits].filter((unit_id) => outcomes.get(unit_id)?.outcome === of).length;
  const [confirmed, cleared] = [outcome('confirmed'), outcome('cleared')];
  const before = await hitBefore(db, version, start, end);
  return {
    ...days, seen, hits: hitCheckpoints.size, units: hitUnits.size,
    by_office_day: [...found.values()].toSorted((a, b) => (a.day + a.office_code < b.day + b.office_code ? -1 : 1)),
    confirmed, cleared, undecided: hitUnits.size - confirmed - cleared, precision: confirmed + cleared === 0 ? null : Number((confirmed / (confirmed + cleared)).toFixed(3)),
    new_hits: [...hitCheckpoints].filter((id) => !before.has(id)).length, lost_hits: [...before].filter((id) => !hitCheckpoints.has(id)).length, examples,
  };
}

/** What an entry leaves behind for those after it. */
function follow(entry: Entry, sighting: Sighting | null, history: History, past: Map<string, Past>): void {
  if (sighting) history.add(sighting);
  const known = history.of(entry.unit_id);
  const { kind } = entry.claim;
  if (known && (kind === 'delivered' || kind === 'withdrawn')) known.uncollected_since = null;
  const before = past.get(entry.unit_id);
  past.set(entry.unit_id, { office_code: officeAfter(entry, before?.office_code ?? null), last_at: entry.received_at, item: entry.unit_kind === 'item' ? foldItem(before?.item ?? null, entry) : null });
}

const beforeOf = (past: Past | undefined): Pick<UnitNow, 'office_code' | 'last_at' | 'item'> | null =>
  past === undefined ? null : { office_code: past.office_code, last_at: past.last_at, item: past.item === null ? null : ({ ...past.item, accepted_at: Date.parse(past.item.accepted_at) } as unknown as UnitNow['item']) };

/** Hours that have anything, by their beginnings. */
async function hoursOf(db: Read, from: number, to: number): Promise<number[]> {
  const { rows } = await sql<{ hour: number }>`select distinct (floor(extract(epoch from received_at) / 3600) * 3600000)::float8 as hour from checkpoint
    where received_at >= ${new Date(from)} and received_at < ${new Date(to)} order by 1`.execute(db as never);
  return rows.map((row) => row.hour);
}

/** Acceptances of one instant as they were counted. */
function inOrder(entries: readonly Entry[], sightings: ReadonlyMap<string, Sighting>): Entry[] {
  const place = new Map([...sightings.keys()].map((id, i) => [id, i]));
  const of = (entry: Entry): number => place.get(entry.claim.checkpoint_id) ?? -1;
  return entries.toSorted((a, b) => a.received_at - b.received_at || of(a) - of(b));
}

async function hourOf(db: Read, at: number, kinds: readonly Kind[] | null): Promise<Entry[]> {
  let query = db.selectFrom('checkpoint').select('body').where('received_at', '>=', new Date(at)).where('received_at', '<', new Date(at + HOUR_MS)).orderBy('received_at').orderBy('checkpoint_id');
  if (kinds !== null) query = query.where('kind', 'in', kinds);
  return (await query.execute()).map((row) => entryOf(new Uint8Array(row.body)));
}

async function sightingsOf(db: Read, at: number, outcomes: Outcomes): Promise<Map<string, Sighting>> {
  const hashed = (column: 'sender_phone' | 'sender_name' | 'sender_address' | 'addressee_name' | 'addressee_address') => sql<string>`encode(${sql.ref(column)}, 'hex')`.as(column);
  const rows = await db
    .selectFrom('linkage')
    .select(['checkpoint_id', 'unit_id', 'seen_at', 'office_code', 'postal_code', 'person_id', 'odd_identity', hashed('sender_phone'), hashed('sender_name'), hashed('sender_address'), hashed('addressee_name'), hashed('addressee_address')])
    .where('seen_at', '>=', new Date(at))
    .where('seen_at', '<', new Date(at + HOUR_MS))
    .orderBy('seen_at')
    .orderBy('seen_no')
    .execute();
  return new Map(
    rows.map(({ seen_at, ...row }) => {
      const outcome = outcomes.get(row.unit_id);
      return [row.checkpoint_id, { ...row, at: seen_at.getTime(), uncollected_since: null, confirmed_at: outcome?.outcome === 'confirmed' ? outcome.at : null }];
    }),
  );
}

/** Form of what stands in `personal`; what was erased is not judged by its words. */
async function personalOf({ read, vault }: Pick<Store, 'read' | 'vault'>, entries: readonly Entry[]) {
  const ids = entries.filter((entry) => entry.claim.kind === 'accepted').map((entry) => entry.claim.checkpoint_id);
  const rows = ids.length === 0 ? [] : await read
    .selectFrom('personal')
    .innerJoin('personal_key', 'personal_key.unit_id', 'personal.unit_id')
    .select(['personal.unit_id', 'checkpoint_id', 'key_id', 'wrapped', 'sealed'])
    .where('checkpoint_id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute();
  return new Map(rows.flatMap((row) => {
    const { sender, addressee, declaration } = vault.open(row);
    if (!sender || !addressee || !declaration) return [];
    const all = { sender: sender.fields, addressee: addressee.fields, declaration: declaration.fields };
    return [[row.checkpoint_id, particularsOf(all as unknown as Parameters<typeof particularsOf>[0])] as const];
  }));
}

/** How the units of an hour stood when it began. */
async function pastOf(db: Read, entries: readonly Entry[], at: number): Promise<Map<string, Past>> {
  const ids = [...new Set(entries.filter((entry) => entry.unit_seq > 1).map((entry) => entry.unit_id))];
  const past = new Map<string, Past>();
  if (ids.length === 0) return past;
  const rows = await db.selectFrom('checkpoint').select('body').where('unit_id', '=', sql<string>`any(${ids}::uuid[])`).where('received_at', '<', new Date(at)).orderBy('unit_id').orderBy('unit_seq').execute();
  const nothing = makeHistory();
  for (const row of rows) follow(entryOf(new Uint8Array(row.body)), null, nothing, past);
  return past;
}

async function outcomesOf(db: Read): Promise<Outcomes> {
  const rows = await db.selectFrom('screening_outcome').select(['unit_id', 'outcome', 'decided_at']).orderBy('decided_at').execute();
  return new Map(rows.map((row) => [row.unit_id, { outcome: row.outcome, at: row.decided_at.getTime() }]));
}

async function hitBefore(db: Read, version: RuleVersion, start: number, end: number): Promise<Set<string>> {
  const rows = await db
    .selectFrom('rule_hit')
    .innerJoin('rule_version', 'rule_version.rule_version_id', 'rule_hit.rule_version_id')
    .select('rule_hit.checkpoint_id')
    .where('rule_version.rule_code', '=', version.rule_code)
    .where('rule_hit.hit_at', '>=', new Date(start))
    .where('rule_hit.hit_at', '<', new Date(end))
    .execute();
  return new Set(rows.map((row) => row.checkpoint_id));
}
