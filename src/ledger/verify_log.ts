// Everything that must be true of the log: each entry waits or stands in it, indices are dense, and the tiles are what the entries' bytes
// come to. Called by verify.ts; streams in order of index.

import { CompiledQuery, sql } from 'kysely';
import { equalBytes, hex } from '../base/bytes.ts';
import { uuidText } from '../base/id.ts';
import { leafHash } from '../base/merkle.ts';
import { headOf } from '../base/note.ts';
import { TILE_WIDTH } from '../base/tile.ts';
import type { Read, Write } from '../store/connect.ts';
import { sha256 } from './entry.ts';
import { grow, SOURCES } from './log.ts';
import { recordBytes, recordOf } from './log_record.ts';
import { treeRoot } from './tree.ts';
import type { Report } from './verify.ts';

const PAGE = 2_048;

export async function checkLog(db: Read, fault: Report): Promise<void> {
  await checkQueued(db, fault);
  await checkLogRecords(db, fault);
  for (const log of await db.selectFrom('log').select(['origin', 'size']).orderBy('opened_at').execute()) {
    const size = await checkEntries(db, log.origin, fault);
    if (size !== log.size) fault('log', log.origin, 'size', `says ${log.size}, and ${size} entries stand in it`);
    for (const head of await db.selectFrom('log_head').select(['size', 'note']).where('origin', '=', log.origin).orderBy('size').execute()) {
      const { origin, size: covered, root } = headOf(head.note.slice(0, head.note.indexOf('\n\n') + 1));
      const found = covered <= size ? await treeRoot(db, log.origin, covered).catch(() => null) : null;
      if (origin !== log.origin || covered !== head.size || found === null || !equalBytes(found, root)) fault('log_head', `${log.origin}/${head.size}`, 'note', 'is not the head of what stands in the log');
    }
  }
}

/** Whatever was appended waits or stands in the log, and nothing else does. */
async function checkQueued(db: Read, fault: Report): Promise<void> {
  const keysOf = async (text: string, values: readonly unknown[]): Promise<string[]> => (await ask<{ source_key: string }>(db, text, values)).map((row) => row.source_key);
  const waiting = 'select source, unnest(keys) as source_key from log_pending';
  const queued = `select source_key from (${waiting}) w where source = $1 union all select source_key from log_entry where source = $1`;
  for (const [source, { all }] of Object.entries(SOURCES)) {
    const keys = `select source_key from (${all}) a (source, source_key, body)`;
    for (const key of await keysOf(`${keys} except (${queued}) limit 20`, [source])) fault(source, key, '*', 'neither waits for the log nor stands in it');
    for (const key of await keysOf(`(${queued}) except (${keys}) limit 20`, [source])) fault('log_entry', `${source} ${key}`, 'source_key', 'stands for no entry');
    for (const key of await keysOf(`select source_key from (${waiting}) w where source = $1 group by 1 having count(*) > 1 limit 20`, [source])) fault('log_pending', `${source} ${key}`, 'keys', 'waits twice');
  }
  await checkWaitingLeaves(db, fault);
  const logs = await db.selectFrom('log').select('origin').execute();
  if (logs.length > 1) for (const key of await keysOf(TWICE, [await lossOrigins(db)])) fault('log_entry', key, 'source_key', 'stands in two logs');
  const strange = await keysOf('select source as source_key from log_pending where source <> all($1) union select source from log_entry where source <> all($1)', [Object.keys(SOURCES)]);
  for (const origin of await keysOf('select distinct origin as source_key from log_entry where not exists (select from log where log.origin = log_entry.origin)', [])) fault('log_entry', origin, 'origin', 'is no log');
  for (const source of strange) fault('log_entry', source, 'source', 'is no source of the log');
}

/** What goes into the tree are the leaves that wait: they are those of the entries' bytes. */
async function checkWaitingLeaves(db: Read, fault: Report): Promise<void> {
  for (let after = 0; ;) {
    const runs = await db.selectFrom('log_pending').select(['pending_no', 'source', 'keys', 'leaves']).where('pending_no', '>', after).orderBy('pending_no').limit(100).execute();
    const bodies = await bodiesOf(db, runs.flatMap(({ source, keys }) => keys.map((source_key) => ({ source, source_key }))));
    for (const { source, keys, leaves } of runs)
      for (const [i, key] of keys.entries()) {
        const body = bodies.get(`${source} ${key}`);
        if (body !== undefined && !equalBytes(leafHash(sha256, body), leaves.subarray(i * 32, i * 32 + 32))) fault('log_pending', `${source} ${key}`, 'leaves', 'is not the leaf of the entry');
      }
    if (runs.length < 100) return;
    after = runs.at(-1)?.pending_no ?? after;
  }
}

/** Entries that a log took up again although it follows no loss. */
const TWICE = `select e.source || ' ' || e.source_key as source_key from log_entry e join log l using (origin) where e.origin <> all($1) and exists (
  select from log_entry f join log m on m.origin = f.origin where f.source = e.source and f.source_key = e.source_key and f.origin <> e.origin and m.opened_at <= l.opened_at) limit 20`;

/** Logs that were opened after a loss: what the log before could not prove was queued again. */
async function lossOrigins(db: Read): Promise<string[]> {
  const rows = await db.selectFrom('log_record').select('body').where('kind', '=', 'log_opened').execute();
  return rows.flatMap(({ body }) => {
    const { kind, facts } = recordOf(new Uint8Array(body));
    return kind === 'log_opened' && facts.loss !== null ? [facts.origin] : [];
  });
}

/** A statement of the catalogue on a read-only handle. */
const ask = async <Row>(db: Read, text: string, values: readonly unknown[]): Promise<Row[]> => (await (db as unknown as Write).executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;

/** The log's own entries: their bytes are of the shape, their columns repeat them, and devices have the keys that they name. */
async function checkLogRecords(db: Read, fault: Report): Promise<void> {
  const keys = new Map((await db.selectFrom('device').select(['device_id', 'public_key']).execute()).map((row) => [row.device_id, new Uint8Array(row.public_key)]));
  for (const row of await db.selectFrom('log_record').selectAll().execute()) {
    const body = new Uint8Array(row.body);
    try {
      const record = recordOf(body);
      if (record.record_id !== row.record_id || record.kind !== row.kind || record.at_ms !== new Date(row.at).getTime()) fault('log_record', row.record_id, 'kind', 'columns are not what body says');
      if (!equalBytes(recordBytes(record), body)) fault('log_record', row.record_id, 'body', 'are not canonical bytes');
      if (record.kind !== 'device_added') continue;
      const device_id = uuidText(record.facts.device_id);
      if (!equalBytes(keys.get(device_id) ?? new Uint8Array(), record.facts.public_key)) fault('device', device_id, 'public_key', 'is not the key that the log names');
    } catch {
      fault('log_record', row.record_id, 'body', 'is no record of the log');
    }
  }
}

/** Builds the tree anew from the entries' bytes and compares it tile by tile. Gives the number of entries. */
async function checkEntries(db: Read, origin: string, fault: Report): Promise<number> {
  let size = 0;
  const edge = new Map<number, Uint8Array>();
  const made = new Set<string>();
  for (;;) {
    const rows = await db.selectFrom('log_entry').select(['log_index', 'source', 'source_key']).where('origin', '=', origin).where('log_index', '>=', size).orderBy('log_index').limit(PAGE).execute();
    const leaves: Uint8Array[] = [];
    const bodies = await bodiesOf(db, rows);
    for (const [i, row] of rows.entries()) {
      if (row.log_index !== size + i) {
        fault('log_entry', `${origin}/${size + i}`, 'log_index', 'is missing: an entry was taken out');
        return size;
      }
      leaves.push(leafHash(sha256, bodies.get(`${row.source} ${row.source_key}`) ?? new Uint8Array(0)));
    }
    const tiles = grow(size, edge, leaves);
    size += rows.length;
    const stored = new Map(
      (await db.selectFrom('log_tile').select(['level', 'tile_index', 'hashes']).where('origin', '=', origin)
        .where(sql<boolean>`(level, tile_index) in (select * from unnest(${tiles.map((tile) => tile.level)}::int[], ${tiles.map((tile) => tile.index)}::bigint[]))`).execute())
        .map((row) => [`${row.level}/${row.tile_index}`, new Uint8Array(row.hashes)]),
    );
    for (const tile of tiles) {
      const key = `${tile.level}/${tile.index}`;
      made.add(key);
      edge.set(tile.level, tile.hashes);
      // A page may end within a tile: what is stored is then longer.
      const hashes = stored.get(key);
      const same = hashes !== undefined && equalBytes(hashes.subarray(0, tile.hashes.length), tile.hashes);
      if (!same) fault('log_tile', `${origin}/${key}`, 'hashes', `are not those of the entries from ${firstDifference(hashes, tile)} on`);
    }
    for (const level of edge.keys()) if (Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH === 0) edge.delete(level);
    if (rows.length < PAGE) break;
  }
  const tiles = await db.selectFrom('log_tile').select(['level', 'tile_index', sql<number>`octet_length(hashes) / 32`.as('width')]).where('origin', '=', origin).execute();
  for (const { level, tile_index, width } of tiles) {
    const wanted = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - tile_index * TILE_WIDTH);
    if (!made.has(`${level}/${tile_index}`) || width !== wanted) fault('log_tile', `${origin}/${level}/${tile_index}`, 'hashes', 'is a tile of no such log');
  }
  return size;
}

/** Index of the first entry below a tile that is not what the tile says. */
function firstDifference(hashes: Uint8Array | undefined, tile: { level: number; index: number; hashes: Uint8Array }): number {
  let at = 0;
  while (hashes !== undefined && at < tile.hashes.length && hex(hashes.subarray(at, at + 32)) === hex(tile.hashes.subarray(at, at + 32))) at += 32;
  return (tile.index * TILE_WIDTH + at / 32) * TILE_WIDTH ** tile.level;
}

/** Bodies of log entries by source and key. */
export async function bodiesOf(db: Read, rows: readonly { source: string; source_key: string }[]): Promise<Map<string, Uint8Array>> {
  const bodies = new Map<string, Uint8Array>();
  for (const [source, of] of Map.groupBy(rows, (row) => row.source)) {
    const known = SOURCES[source];
    if (!known) continue;
    for (const { source_key, body } of await ask<{ source_key: string; body: Uint8Array }>(db, known.bodies.text, [of.map((row) => row.source_key)])) bodies.set(`${source} ${source_key}`, new Uint8Array(body));
  }
  return bodies;
}
