// The sequencer against what undoes others: writers that commit late, a second sequencer, a pass that dies. Nothing is missed, nothing
// stands twice, indices are dense, and a naive poller beside it does lose what it is said to lose.

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hex } from '../../src/base/bytes.ts';
import { checkConsistency, checkInclusion, leafHash, rootOf } from '../../src/base/merkle.ts';
import { uuid7 } from '../../src/base/id.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import { grow, sequence } from '../../src/ledger/log.ts';
import { consistencyProof, inclusionProof, treeRoot } from '../../src/ledger/tree.ts';
import { checkLog } from '../../src/ledger/verify_log.ts';
import { connectPool } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/connect.ts';
import { freshDatabase } from '../support/database.ts';
import type { FreshDatabase } from '../support/database.ts';

const ORIGIN = 'niem.example/test/2026';
const clock = () => Date.now();
let database: FreshDatabase;
let store: Store;
const connect = (): Store => connectPool({ url: database.urls.app, connections_max: 4, lanes_max: 2, onError: () => undefined });

beforeEach(async () => {
  database = await freshDatabase();
  store = connect();
});
afterEach(async () => {
  const faults: string[] = [];
  await checkLog(store.read, (...fault) => void faults.push(fault.join(' ')));
  await store.close();
  await database.drop();
  expect(faults).toEqual([]);
});

/** Rows as an append would leave them: here only their bytes matter. */
async function insert(client: pg.Client, ids: string[]): Promise<void> {
  await client.query(`insert into checkpoint (checkpoint_id, unit_id, unit_seq, kind, person_id, received_at, body) select i, i, 1, 'seen', i, now(), convert_to(i::text, 'UTF8') from unnest($1::uuid[]) i`, [ids]);
}
async function client(): Promise<pg.Client> {
  const made = new pg.Client({ connectionString: database.urls.superuser });
  await made.connect();
  return made;
}
const count = async (table: 'log_entry' | 'log_pending'): Promise<number> => Number((await sql<{ n: string }>`select count(*) as n from ${sql.table(table)}`.execute(store.write)).rows[0]?.n);

test('22,000 entries of 8 writers, 3 of them slow to commit: none missed, none twice, dense, while a poller by id loses some', { timeout: 120_000 }, async () => {
  const EACH = 2_750;
  let writing = true;
  const written: string[] = [];
  const writers = Array.from({ length: 8 }, async (_, w) => {
    const db = await client();
    for (let done = 0; done < EACH; done += 25) {
      const ids = Array.from({ length: 25 }, () => uuid7(Date.now()));
      await db.query('begin');
      await insert(db, ids);
      if (w < 3) await sleep(5 + ((done * 7) % 40));
      await db.query('commit');
      written.push(...ids);
    }
    await db.end();
  });
  const poller = (async () => {
    const db = await client();
    let last = '0';
    let seen = 0;
    for (let quiet = 0; quiet < 3; ) {
      const { rows } = await db.query<{ checkpoint_id: string }>('select checkpoint_id from checkpoint where checkpoint_id > $1 order by checkpoint_id limit 4000', [last === '0' ? '00000000-0000-0000-0000-000000000000' : last]);
      seen += rows.length;
      last = rows.at(-1)?.checkpoint_id ?? last;
      quiet = writing || rows.length > 0 ? 0 : quiet + 1;
      await sleep(20);
    }
    await db.end();
    return seen;
  })();
  const other = connect();
  const sequencers = [store, other].map(async (each) => {
    let entries = 0;
    while (writing) {
      entries += await sequence(each, ORIGIN, clock, { pass_max: 700 });
      await sleep(10);
    }
    return entries;
  });
  await Promise.all(writers);
  writing = false;
  const passed = (await Promise.all(sequencers)).map(Number);
  const rest = await sequence(store, ORIGIN, clock);
  await other.close();
  const { rows } = await sql<{ log_index: number; source: string; source_key: string }>`select log_index, source, source_key from log_entry order by log_index`.execute(store.write);
  const lost = written.length - (await poller);
  console.log(`sequencer: ${written.length} written by 8, two sequencers took ${passed.join(' and ')}, ${rest} at the end; missed 0, twice 0; a poller by id lost ${lost}`);
  expect(rows.map((row) => row.log_index)).toEqual(Array.from({ length: written.length + 1 }, (_, i) => i));
  expect(rows[0]?.source).toBe('log_record');
  expect(rows.slice(1).map((row) => row.source_key).toSorted()).toEqual(written.toSorted());
  expect(await count('log_pending')).toBe(0);
  expect(passed.every((entries) => entries > 0)).toBe(true);
  expect(lost).toBeGreaterThan(0);
});

test('the tree that grows pass by pass is the tree of all leaves, and proofs out of its tiles hold', { timeout: 60_000 }, async () => {
  const db = await client();
  const ids: string[] = [];
  const sizes: number[] = [];
  for (const more of [1, 2, 253, 1, 300, 513, 0, 700]) {
    const fresh = Array.from({ length: more }, () => uuid7(Date.now()));
    if (more > 0) await insert(db, fresh);
    ids.push(...fresh);
    await sequence(store, ORIGIN, clock, { pass_max: 300 });
    sizes.push(ids.length + 1);
  }
  await db.end();
  const bodies = new Map((await store.read.selectFrom('checkpoint').select(['checkpoint_id', 'body']).execute()).map((row) => [row.checkpoint_id, new Uint8Array(row.body)]));
  const record = await store.read.selectFrom('log_record').select('body').executeTakeFirstOrThrow();
  const rows = await store.read.selectFrom('log_entry').select('source_key').orderBy('log_index').execute();
  const leaves = rows.map((row) => leafHash(sha256, bodies.get(row.source_key) ?? new Uint8Array(record.body)));
  const size = leaves.length;
  expect(size).toBe(1771);
  const root = await treeRoot(store.read, ORIGIN, size);
  expect(hex(root)).toBe(hex(rootOf(sha256, leaves)));
  for (const index of [0, 1, 255, 256, 257, 511, 512, 1023, 1024, 1536, 1770]) {
    const leaf = leaves[index] as Uint8Array;
    expect(checkInclusion(sha256, { index, size, leaf, root, proof: await inclusionProof(store.read, ORIGIN, index, size) })).toBe(true);
  }
  for (const size1 of sizes) {
    const root1 = await treeRoot(store.read, ORIGIN, size1);
    expect(hex(root1)).toBe(hex(rootOf(sha256, leaves.slice(0, size1))));
    expect(checkConsistency(sha256, { size1, size2: size, root1, root2: root, proof: await consistencyProof(store.read, ORIGIN, size1, size) })).toBe(true);
  }
  // Level 2 begins at 65,536: what the sequencer adds there is what adding all at once gives.
  const many = Array.from({ length: 66_000 }, (_, i) => sha256(new Uint8Array([i & 255, (i >> 8) & 255, i >> 16])));
  const whole = grow(0, new Map(), many);
  expect(whole.find((tile) => tile.level === 2)?.hashes.length).toBe(32);
  expect(hex(whole.find((tile) => tile.level === 2)?.hashes ?? new Uint8Array(0))).toBe(hex(rootOf(sha256, many.slice(0, 65_536))));
});

describe('a pass that fails', () => {
  test('at any statement leaves nothing behind, and the next one does it all', { timeout: 60_000 }, async () => {
    const db = await client();
    await sequence(store, ORIGIN, clock);
    let points = 0;
    for (let at = 0; ; at++) {
      await insert(db, [uuid7(Date.now()), uuid7(Date.now())]);
      const before = await count('log_entry');
      let calls = 0;
      const failing: Store = {
        ...store,
        lane: (work) =>
          store.lane((lane) =>
            work({
              run: (statement, values) => (calls++ === at ? Promise.reject(new Error('cut')) : lane.run(statement, values)),
              send: (statement, values) => (calls++ === at ? lane.send({ name: 'cut', text: 'select 1 / 0' }, []) : lane.send(statement, values)),
            }),
          ),
      };
      const failed = await sequence(failing, ORIGIN, clock, { passes_max: 1 }).then(() => false, () => true);
      if (!failed) break;
      points++;
      expect(await count('log_entry')).toBe(before);
      expect(await sequence(store, ORIGIN, clock)).toBe(2);
    }
    await db.end();
    console.log(`sequencer: cut at each of ${points} statements`);
    expect(points).toBe(4);
  });
  test('may not cut what was inserted together: a run longer than a pass goes in whole, behind what came before it', async () => {
    const db = await client();
    const runs = [1, 7, 3].map((length) => Array.from({ length }, () => uuid7(Date.now())));
    for (const run of runs) await insert(db, run);
    const passes: number[] = [];
    for (let entries = -1; entries !== 0; passes.push(entries)) entries = await sequence(store, ORIGIN, clock, { passes_max: 1, pass_max: 4 });
    // The first opens the log.
    expect(passes).toEqual([1, 1, 7, 3, 0]);
    const rows = await store.read.selectFrom('log_entry').select('source_key').where('source', '=', 'checkpoint').orderBy('log_index').execute();
    expect(rows.map((row) => row.source_key)).toEqual(runs.flat());
    await db.end();
  });
  test('what waits has the leaf of its bytes: another one is named, and goes no further unseen', async () => {
    const db = await client();
    const id = uuid7(Date.now());
    await insert(db, [id]);
    const faults = async (): Promise<string[]> => {
      const found: string[] = [];
      await checkLog(store.read, (table, key, column) => void found.push(`${table} ${key} ${column}`));
      return found;
    };
    const turned = async (): Promise<void> => {
      await db.query('alter table log_pending disable trigger log_pending_no_change');
      await db.query("update log_pending set leaves = set_byte(leaves, 31, get_byte(leaves, 31) # 1)");
      await db.query('alter table log_pending enable always trigger log_pending_no_change');
    };
    expect(await faults()).toEqual([]);
    await turned();
    expect(await faults()).toEqual([`log_pending checkpoint ${id} leaves`]);
    await turned();
    await db.end();
  });
  test('and nothing leaves the queue but into the log', async () => {
    const db = await client();
    await insert(db, [uuid7(Date.now())]);
    await expect(db.query('delete from log_pending')).rejects.toThrow('only into the log');
    await sequence(store, ORIGIN, clock);
    await insert(db, [uuid7(Date.now())]);
    for (const change of ["update log set size = size + 1", 'update log set size = size - 1', "update log_tile set hashes = substr(hashes, 1, 32)", "update log_tile set hashes = hashes || '\\x00'", 'delete from log_entry', 'delete from log_tile', 'delete from log', 'truncate log_head cascade', "update log_pending set source = 'x'"]) {
      await expect(db.query(change), change).rejects.toThrow(/only grows|append only|check constraint/);
    }
    await db.end();
  });
});

test('the log of a new year begins with the head of the old one, and what waits goes into the new one', async () => {
  const db = await client();
  await insert(db, [uuid7(Date.now())]);
  await sequence(store, ORIGIN, clock);
  await insert(db, [uuid7(Date.now())]);
  expect(await sequence(store, 'niem.example/test/2027', clock)).toBe(2);
  const rows = await store.read.selectFrom('log_entry').select(['origin', 'log_index', 'source']).orderBy('origin').orderBy('log_index').execute();
  expect(rows.map((row) => [row.origin.slice(-4), row.log_index, row.source])).toEqual([['2026', 0, 'log_record'], ['2026', 1, 'checkpoint'], ['2027', 0, 'log_record'], ['2027', 1, 'checkpoint']]);
  await db.end();
});

test('two logs that are written to at once, as about midnight of New Year, take each entry once; one that stands in both is named', async () => {
  const [db, next] = [await client(), 'niem.example/test/2027'];
  for (const origin of [ORIGIN, next]) {
    await insert(db, [uuid7(Date.now())]);
    await sequence(store, origin, clock);
  }
  const ids = Array.from({ length: 30 }, () => uuid7(Date.now()));
  await insert(db, ids.slice(0, 10));
  await insert(db, ids.slice(10));
  // One that took what waits and has not committed.
  const gate = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  const slow: Store = {
    ...store,
    lane: (work) =>
      store.lane((lane) =>
        work({
          ...lane,
          run: async (statement, values) => {
            const rows = await lane.run(statement, values);
            if (statement.name === 'log_take') taken.resolve();
            if (statement.name === 'log_take') await gate.promise;
            return rows;
          },
        }),
      ),
  };
  const first = sequence(slow, ORIGIN, clock, { passes_max: 1 });
  await taken.promise;
  const other = connect();
  const second = sequence(other, next, clock, { passes_max: 1 });
  expect(await Promise.race([second, sleep(300).then(() => 'waits')])).toBe('waits');
  gate.resolve();
  expect(await Promise.all([first, second])).toEqual([30, 0]);
  await other.close();
  const places = await store.read.selectFrom('log_entry').select('origin').where('source_key', 'in', ids).execute();
  expect(places.map(({ origin }) => origin)).toEqual(ids.map(() => ORIGIN));
  // Whoever owns the database puts one into the second as well.
  const named = async (): Promise<string[]> => {
    const found: string[] = [];
    await checkLog(store.read, (table, key, _, problem) => void (problem === 'stands in two logs' && found.push(`${table} ${key}`)));
    return found;
  };
  expect(await named()).toEqual([]);
  await db.query('alter table log_entry disable trigger log_entry_append_only');
  await db.query(`insert into log_entry (origin, log_index, source, source_key) values ($1, 99, 'checkpoint', $2)`, [next, ids[4]]);
  expect(await named()).toEqual([`log_entry checkpoint ${ids[4]}`]);
  await db.query('delete from log_entry where log_index = 99');
  await db.query('alter table log_entry enable always trigger log_entry_append_only');
  await db.end();
});
