// THE SEQUENCER: takes what waits in log_pending, gives it dense numbers and puts it into the tree. Everything of one pass commits at
// once; the size of the log is compared and set, so any number of sequencers may run and none makes a second log.
//
// What happens if it fails here: nothing of the pass is stored and the next one begins anew. Nothing is signed before it is stored.

import { present } from '../base/assert.ts';
import { HASH_BYTES, rootOf } from '../base/merkle.ts';
import { TILE_WIDTH } from '../base/tile.ts';
import { civilDate } from '../base/time.ts';
import type { Clock } from '../base/time.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Lane, Statement, Store } from '../store/connect.ts';
import { sha256 } from './entry.ts';
import { addRecord } from './log_record.ts';
import { treeRoot } from './tree.ts';

const PASS_MAX = 2_000;

/** One table whose rows are entries of the log, as a trigger of it calls log_queue. `all`: source, source_key and body of every row. */
const source = (table: string, key: string, type: 'uuid' | 'bigint') => ({
  bodies: { name: `log_bodies_${table}`, text: `select ${key}::text as source_key, body from ${table} where ${key} = any($1::${type}[])` },
  all: `select '${table}', ${key}::text, body from ${table}`,
});
/** All that goes into the log. A new source is a line here, and a trigger in its migration. */
export const SOURCES: { readonly [source: string]: { bodies: Statement; all: string } } = {
  checkpoint: source('checkpoint', 'checkpoint_id', 'uuid'),
  journal_entry: source('journal_entry', 'entry_no', 'bigint'),
  casefile_leaf: source('casefile_leaf', 'leaf_id', 'uuid'),
  log_record: source('log_record', 'record_id', 'uuid'),
};

const WAITS: Statement = { name: 'log_waits', text: 'select size, exists (select from log_pending) from log where origin = $1' };
const OPEN: Statement = { name: 'log_open', text: 'insert into log (origin, log_name, opened_at) values ($1, $2, to_timestamp($3::bigint / 1000.0))' };
const PREVIOUS: Statement = { name: 'log_previous', text: 'select origin, size from log where origin <> $1 order by opened_at desc limit 1' };
const TAKE: Statement = { name: 'log_take', text: 'select log_size, entries, leaf_hashes from log_take($1, $2, $3)' };
const TILES: Statement = {
  name: 'log_edge',
  text: 'select t.level, t.hashes from log_tile t join unnest($2::int[], $3::bigint[]) as e (l, i) on t.level = e.l and t.tile_index = e.i where t.origin = $1',
};
const GROW: Statement = {
  name: 'log_tiles',
  text: `insert into log_tile (origin, level, tile_index, hashes) select $1, l, i, h from unnest($2::int[], $3::bigint[], $4::bytea[]) as t (l, i, h)
on conflict (origin, level, tile_index) do update set hashes = excluded.hashes`,
};
const SIZE: Statement = { name: 'log_size', text: 'with grown as (update log set size = $3 where origin = $1 and size = $2 returning 1) select 1 / (count(*) = 1)::int from grown' };

/** The origin that is written to now: `{year}` of a template stands for the civil year in Việt Nam. */
export const originNow = (template: string, clock: Clock): string => template.replaceAll('{year}', civilDate(clock()).slice(0, 4));
/** Where a log is served. */
export const logName = (origin: string): string => origin.slice(origin.lastIndexOf('/') + 1);

/** Sequences all that waits, pass by pass, and at most `passes_max` of them; returns how many entries it put into the log. One query when nothing waits. */
export async function sequence(store: Store, origin: string, clock: Clock, options: { passes_max?: number; pass_max?: number } = {}): Promise<number> {
  let sequenced = 0;
  for (let pass = 0; pass < (options.passes_max ?? 1_000); pass++) {
    const [log] = await store.query(WAITS, [origin]);
    if (log?.[1] === false) break;
    try {
      const entries = await store.lane((lane) => (log === undefined ? open(store, lane, origin, clock) : take(lane, origin, options.pass_max ?? PASS_MAX, null)));
      if (entries === 0) break;
      sequenced += entries;
    } catch (error) {
      // Another sequencer was there first, in this log or in the one of the coming year. What it took is done.
      if (sqlState(error) !== SQLSTATE.unique_violation) throw error;
      break;
    }
  }
  return sequenced;
}

/** The first entry of a log says which log it continues, up to what. */
async function open(store: Store, lane: Lane, origin: string, clock: Clock): Promise<number> {
  const now_ms = clock();
  const [before] = await lane.run(PREVIOUS, [origin]);
  await lane.run(OPEN, [origin, logName(origin), now_ms]);
  const previous = before === undefined ? null : { origin: before[0] as string, size: before[1] as number };
  const root = previous === null || previous.size === 0 ? null : await treeRoot(store.read, previous.origin, previous.size);
  const record_id = await addRecord(lane, now_ms, { kind: 'log_opened', facts: { origin, previous: previous === null ? null : { ...previous, root }, loss: null } });
  return take(lane, origin, 1, record_id);
}

/** Moves what waits behind the log's present end; `only`: that one entry. Returns how many: 0 where another one is at it. */
export async function take(lane: Lane, origin: string, entries_max: number, only: string | null): Promise<number> {
  const [taken] = await lane.run(TAKE, [origin, entries_max, only]);
  if (taken === undefined || taken[1] === 0) return 0;
  const [size, entries, hashes] = taken as [number, number, Uint8Array];
  const leaves = Array.from({ length: entries }, (_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
  const tiles = grow(size, await edgeOf(lane, origin, size), leaves);
  lane.send(GROW, [origin, tiles.map((tile) => tile.level), tiles.map((tile) => tile.index), tiles.map((tile) => tile.hashes)]);
  lane.send(SIZE, [origin, size, size + entries]);
  return entries;
}

/** The tiles at the right edge that are not full yet: all that is needed to go on. */
async function edgeOf(lane: Lane, origin: string, size: number): Promise<Map<number, Uint8Array>> {
  const levels: number[] = [];
  const indexes: number[] = [];
  for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / TILE_WIDTH)) {
    if (rest % TILE_WIDTH === 0) continue;
    levels.push(level);
    indexes.push(Math.floor(rest / TILE_WIDTH));
  }
  const rows = await lane.run(TILES, [origin, levels, indexes]);
  return new Map(rows.map(([level, hashes]) => [level as number, hashes as Uint8Array]));
}

type Grown = { level: number; index: number; hashes: Uint8Array };

/** Tiles that change when leaves are added to a log of that size. A tile that is full gives one hash to the level above. Exported for tests. */
export function grow(size: number, edge: ReadonlyMap<number, Uint8Array>, leaves: readonly Uint8Array[]): Grown[] {
  const open = new Map<number, { index: number; hashes: Uint8Array[] }>();
  const grown = new Map<string, Grown>();
  const tileAt = (level: number): { index: number; hashes: Uint8Array[] } => {
    const known = open.get(level);
    if (known) return known;
    const before = Math.floor(size / TILE_WIDTH ** level);
    const hashes = Array.from({ length: before % TILE_WIDTH }, (_, i) => present(edge.get(level), 'a tile is missing').subarray(i * 32, i * 32 + 32));
    const tile = { index: Math.floor(before / TILE_WIDTH), hashes };
    open.set(level, tile);
    return tile;
  };
  const add = (level: number, hash: Uint8Array): void => {
    const tile = tileAt(level);
    tile.hashes.push(hash);
    if (tile.hashes.length < TILE_WIDTH) return;
    grown.set(`${level}/${tile.index}`, { level, index: tile.index, hashes: joined(tile.hashes) });
    add(level + 1, rootOf(sha256, tile.hashes));
    open.set(level, { index: tile.index + 1, hashes: [] });
  };
  for (const leaf of leaves) add(0, leaf);
  for (const [level, { index, hashes }] of open) if (hashes.length > 0) grown.set(`${level}/${index}`, { level, index, hashes: joined(hashes) });
  return [...grown.values()];
}

function joined(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * 32);
  for (const [i, hash] of hashes.entries()) bytes.set(hash, i * 32);
  return bytes;
}
