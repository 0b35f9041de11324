// What must always be true of rules and screening: every hit is vouched for by its entry and comes out again from its stored facts
// and the version that made it; every screening row is what its entry says. Reads only.

import { sql } from 'kysely';
import { equalBytes } from '../base/bytes.ts';
import { recompute } from '../domain/rule.ts';
import type { Effect, UsedFacts } from '../domain/rule.ts';
import type { Read } from '../store/connect.ts';
import type { Entry } from './entry.ts';
import { hitsDigest, holdsUnit, screeningRow } from './screen.ts';

type Wrong = (column: string, problem: string) => void;
type StoredHit = { checkpoint_id: string; rule_version_id: string; unit_id: string; office_code: string | null; effect: string; facts: UsedFacts; hit_at: Date };
type StoredScreening = { [column: string]: unknown };
export type Found = { hits: ReadonlyMap<string, StoredHit[]>; screenings: ReadonlyMap<string, StoredScreening> };
export type Versions = ReadonlyMap<string, { expression: string; effect: string; kinds: string[]; published_at: Date | null; valid_from: Date; valid_until: Date }>;

export async function versionsOf(db: Read): Promise<Versions> {
  const rows = await db.selectFrom('rule_version').select(['rule_version_id', 'expression', 'effect', 'kinds', 'published_at', 'valid_from', 'valid_until']).execute();
  return new Map(rows.map((row) => [row.rule_version_id, row]));
}

/** Hits and screening rows of a page of checkpoints. */
export async function foundAt(db: Read, ids: string[]): Promise<Found> {
  const wanted = sql<string>`any(${ids}::uuid[])`;
  const [hits, screenings] = await Promise.all([
    db.selectFrom('rule_hit').selectAll().where('checkpoint_id', '=', wanted).execute(),
    db.selectFrom('screening').selectAll().where('checkpoint_id', '=', wanted).execute(),
  ]);
  const byCheckpoint = new Map<string, StoredHit[]>();
  for (const hit of hits) byCheckpoint.set(hit.checkpoint_id, [...(byCheckpoint.get(hit.checkpoint_id) ?? []), hit as unknown as StoredHit]);
  return { hits: byCheckpoint, screenings: new Map(screenings.map((row) => [row.checkpoint_id, row])) };
}

/** What the entry says of rules; null: none hit. */
export const rulesOf = (entry: Entry): { kept: boolean; digest: Uint8Array } | null => (entry.result.rules as { kept: boolean; digest: Uint8Array } | undefined) ?? null;

export function checkRules(entry: Entry, found: Found, versions: Versions, wrong: Wrong): void {
  const rows = found.hits.get(entry.claim.checkpoint_id) ?? [];
  const said = rulesOf(entry);
  if (entry.flags.includes('kept') !== (said?.kept ?? false)) wrong('flags', 'kept by a rule, or not: flag and result differ');
  if (said === null) return rows.length === 0 ? undefined : wrong('rule_hit', 'a hit that the entry does not vouch for');
  const plain = rows.map(({ rule_version_id, effect, facts }) => ({ rule_version_id, effect: effect as Effect, facts }));
  let digest: Uint8Array;
  try {
    digest = hitsDigest(plain);
  } catch {
    return wrong('rule_hit', 'facts that have no canonical bytes');
  }
  if (!equalBytes(digest, said.digest)) wrong('rule_hit', 'hits are not those the entry vouches for');
  if (holdsUnit(plain, entry.claim.kind, entry.state, entry.result) !== said.kept) wrong('rule_hit', 'what the hits lead to is not what the entry says');
  for (const row of rows) {
    const version = versions.get(row.rule_version_id);
    const at = entry.received_at;
    if (version === undefined || version.published_at === null || version.published_at.getTime() > at || version.valid_from.getTime() > at || version.valid_until.getTime() <= at || !version.kinds.includes(entry.claim.kind)) {
      wrong('rule_hit', `version ${row.rule_version_id} was not in force`);
    } else if (row.effect !== version.effect || !recomputes(version.expression, row.facts)) wrong('rule_hit', `version ${row.rule_version_id} does not come out again from its facts`);
    if (row.unit_id !== entry.unit_id || row.office_code !== entry.claim.office_code || row.hit_at.getTime() !== at) wrong('rule_hit', 'unit, office or time differ from the entry');
  }
}

function recomputes(expression: string, facts: UsedFacts): boolean {
  try {
    return recompute(expression, facts);
  } catch {
    return false;
  }
}

export function checkScreening(entry: Entry, found: Found, wrong: Wrong): void {
  const row = found.screenings.get(entry.claim.checkpoint_id);
  if (entry.claim.kind !== 'screened') return row === undefined ? undefined : wrong('screening', 'a screening that is none');
  const fold = screeningRow(entry);
  if (row === undefined) return wrong('screening', 'the row is missing');
  for (const [column, value] of Object.entries(fold)) {
    const stored = row[column];
    const same = value instanceof Date && stored instanceof Date ? value.getTime() === stored.getTime() : value === stored;
    if (!same) wrong('screening', `${column} is not what the entry says`);
  }
}

/** Hits and screenings of checkpoints that are not there, and blind index rows of items that have nothing personal left. */
export async function checkStray(db: Read, fault: (table: string, key: string, column: string, problem: string) => void): Promise<void> {
  const { rows } = await sql<{ table: string; checkpoint_id: string }>`
    select 'rule_hit' as table, h.checkpoint_id from rule_hit h left join checkpoint c using (checkpoint_id) where c.checkpoint_id is null
    union all select 'screening', s.checkpoint_id from screening s left join checkpoint c using (checkpoint_id) where c.checkpoint_id is null
    union all select 'linkage', l.checkpoint_id from linkage l left join checkpoint c using (checkpoint_id) where c.kind is distinct from 'accepted' or c.unit_id <> l.unit_id
    limit 1000`.execute(db as never);
  for (const row of rows) fault(row.table, row.checkpoint_id, '*', 'belongs to no checkpoint');
}
