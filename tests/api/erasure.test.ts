// Personal data: no byte of a value ever reaches the database's files or a log; a two-person order erases a person, every chain stays
// whole; what may not be erased is refused; nothing opens a commitment but its own value.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/base/bytes.ts';
import { decode } from '../../src/base/canonical.ts';
import { leafHash } from '../../src/base/merkle.ts';
import { policyOf, openProof } from '../../src/base/proof.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { commitment, entryOf, sha256 } from '../../src/ledger/entry.ts';
import { publish } from '../../src/ledger/head.ts';
import { sequence } from '../../src/ledger/log.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { sealClear } from '../../src/store/seal_clear.ts';
import { vaultOf } from '../../src/store/vault.ts';
import { personalOf } from '../../src/views/item.ts';
import { proofOfCheckpoint } from '../../src/views/log.ts';
import { makeNotary } from '../support/notary.ts';
import { expectRefusal, makeWorld, newId, PARCEL, PERSONAL_KEY } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

const DAY = 86_400_000;
let world: World;
const logged: string[] = [];
beforeAll(async () => {
  world = await makeWorld();
  world.services.log = (line) => void logged.push(JSON.stringify(line));
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

/** Values that are nowhere else on this machine. */
const canary = (() => {
  let n = 0;
  return (what: string): string => `${what} ${newId().replaceAll('-', '').slice(8)}${n++}`;
})();
const people = () => ({ sender: { name: canary('Nông Thị'), phone: '0200000901', address: canary('Khu') }, addressee: { name: canary('Trần Văn'), phone: '0200000902', address: canary('Phố') }, declaration: { contents: canary('Bánh') } });
const words = (personal: ReturnType<typeof people>): string[] => [personal.sender.name, personal.sender.address, personal.addressee.name, personal.addressee.address, personal.declaration.contents];

async function posted(badge: string, body: object): Promise<any> {
  const answer = await world.post(badge, body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}

/** An item whose road has ended: the sender took it back. */
async function ended(personal = people()): Promise<{ code: string; unit_id: string; checkpoint_id: string; personal: ReturnType<typeof people> }> {
  const { code, unit_id, checkpoint_id } = await posted('CLERK', { ...PARCEL, checkpoint_id: newId(), personal });
  await posted('CONTROLLER', { kind: 'approved', code, facts: {} });
  await posted('CONTROLLER', { kind: 'withdrawn', code, facts: WITHDRAWN });
  return { code, unit_id, checkpoint_id, personal };
}
const WITHDRAWN = {};

const ALL = ['sender', 'addressee', 'declaration'];
/** The leader orders, the duty officer confirms. */
async function order(facts: object, path = 'erasures', kind = 'erasure_ordered', more: object = {}): Promise<Answer> {
  const confirmation = await world.confirmation('LEADER', 'DUTYOFFICER', path === 'erasures' ? 'personal.erase' : 'personal.hold');
  return world.call('POST', `/api/${path}`, { token: await world.as('LEADER'), body: { kind, facts, confirmation, ...more } });
}
const erase = (unit_ids: string[], parties = ALL): Promise<Answer> => order({ unit_ids, parties, reason: 'period_over' });
const fourMonths = (): void => {
  world.advance(125 * DAY);
  for (const badge of ['CLERK', 'CONTROLLER', 'LEADER', 'DUTYOFFICER', 'INSPECTOR', 'LIAISON']) world.forget(badge);
};

test('no value is ever in a file of the database or in the log; an incident told in words is, so the search finds', async () => {
  const item = await ended();
  await world.call('GET', `/api/items/${item.code}/label`, { token: await world.as('CLERK') });
  const bad = await world.post('CLERK', { ...PARCEL, checkpoint_id: newId(), personal: { ...item.personal, sender: { ...item.personal.sender, phone: 'x' } } });
  expect(bad.status).toBe(422);
  const control = canary('Đối chứng');
  await sql`create table control (told text)`.execute(world.root);
  await sql`insert into control values (${control})`.execute(world.root);
  await sql`checkpoint`.execute(world.root);
  const { rows } = await sql<{ dir: string }>`select current_setting('data_directory') as dir`.execute(world.root);
  const dir = rows[0]?.dir ?? '';
  // Table files, indexes, TOAST, write-ahead log, and beside them the server's log. As text, and as text in hex or base64 would be.
  const wanted = words(item.personal).flatMap((word) => [word, Buffer.from(word).toString('hex'), Buffer.from(word).toString('base64').slice(0, -4)]);
  expect(await filesWith(dir, wanted)).toEqual([]);
  expect((await filesWith(dir, [control])).some((file) => file.includes('pg_wal'))).toBe(true);
  expect((await filesWith(dir, [control])).some((file) => file.includes('/base/'))).toBe(true);
  const dumped = await dump();
  expect(wanted.filter((word) => dumped.includes(word))).toEqual([]);
  expect(dumped).toContain(control);
  expect(wanted.filter((word) => [...logged, bad.text].join().includes(word))).toEqual([]);
  expect(logged.length).toBeGreaterThan(3);
  // And yet it can be read by whoever has the key.
  expect(await personalOf(world.services.store, item.unit_id)).toEqual(item.personal);
  expect(() => vaultOf('A'.repeat(43)).open({} as never)).toThrow();
}, 120_000);

async function filesWith(dir: string, wanted: readonly string[]): Promise<string[]> {
  const patterns = wanted.flatMap((word) => ['-e', word]);
  const found = await promisify(execFile)('grep', ['-rlaF', '--exclude=postmaster.pid', ...patterns, dir, '--', `${dir}/../postgres.log`].filter((arg) => arg !== '--'), { maxBuffer: 1e8 }).catch((error: { code: number; stdout: string }) => {
    // 1: nothing found; 2: something could not be read, which a server that works always has for an instant.
    if (error.code > 2) throw error;
    return { stdout: error.stdout };
  });
  return found.stdout.split('\n').filter(Boolean);
}

/** Every row of every table as text, as a dump has them. */
async function dump(): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`select quote_ident(relname) as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`.execute(world.root);
  const texts = [];
  for (const { name } of tables) texts.push(...(await sql<{ row: string }>`select t::text as row from ${sql.raw(name)} t`.execute(world.root)).rows.map(({ row }) => row));
  return texts.join('\n');
}

test('without a least time of keeping nothing is erased, and the list says so', async () => {
  const { unit_id } = await ended();
  fourMonths();
  expectRefusal(await erase([unit_id]), 'limit_not_loaded');
  const due = await world.call('GET', '/api/erasures/due?limit=200', { token: await world.as('INSPECTOR') });
  expect(due.body).toMatchObject({ keep_at_least: null, keep_at_most: null });
  expect(due.body.rows.find((row: any) => row.unit_id === unit_id)).toMatchObject({ first_on: null, blocked: 'limit_not_loaded' });
  await world.root.insertInto('time_limit').values({ limit_code: 'TL14', valid_from: '2017-01-01', subject_vi: 'TL14', subject_en: 'TL14', trigger_event: 'accepted', duration: 'P3M', basis: 'calendar', bound: 'min', citation: 'test', status: 'seen' }).execute();
  world.advance(DAY); // limits are read afresh each day
  for (const badge of ['CLERK', 'CONTROLLER', 'LEADER', 'DUTYOFFICER', 'INSPECTOR']) world.forget(badge);
});

describe('an order of two persons', () => {
  test('erases a person: key, salts, links; entries, chain and proofs stay as they were', async () => {
    const [gone, kept] = [await ended(), await ended()];
    const before = await bodies(gone.unit_id);
    fourMonths();
    const due = await world.call('GET', '/api/erasures/due?limit=200', { token: await world.as('INSPECTOR') });
    expect(due.body).toMatchObject({ keep_at_least: 'P3M', keep_at_most: null });
    expect(due.body.rows.find((row: any) => row.unit_id === gone.unit_id)).toMatchObject({ blocked: null });
    const answer = await erase([gone.unit_id]);
    expect(answer.status, answer.text).toBe(201);
    expect(await bodies(gone.unit_id)).toEqual(before);
    const chain = await world.call('GET', `/api/items/${gone.code}/chain`, { token: await world.as('CONTROLLER') });
    expect(chain.body.complete).toBe(true);
    for (const table of ['personal', 'personal_key', 'linkage'] as const) {
      const rows = await world.root.selectFrom(table).select('unit_id').where('unit_id', 'in', [gone.unit_id, kept.unit_id]).execute();
      expect(rows.map((row) => row.unit_id), table).toEqual([kept.unit_id]);
    }
    expect(await personalOf(world.services.store, gone.unit_id)).toEqual({});
    expect(await personalOf(world.services.store, kept.unit_id)).toEqual(kept.personal);
    const shown = await world.call('GET', '/api/erasures', { token: await world.as('INSPECTOR') });
    expect(shown.body.rows[0]).toMatchObject({ unit_ids: [gone.unit_id], erased: 3, reason: 'period_over', entry_no: answer.body.entry_no });
    // The same claim sent again still gets its receipt, and another one does not.
    const again = await world.post('CLERK', { ...PARCEL, checkpoint_id: gone.checkpoint_id, personal: gone.personal });
    expect(again.body).toMatchObject({ checkpoint_id: gone.checkpoint_id, unit_id: gone.unit_id });
    expectRefusal(await world.post('CLERK', { ...PARCEL, checkpoint_id: gone.checkpoint_id, facts: { ...PARCEL.facts, weight_g: 9 }, personal: gone.personal }), 'checkpoint_id_reused');
  });

  test('erases one party and keeps the others under another key; the old one opens nothing', async () => {
    const item = await ended();
    const read = () => world.root.selectFrom('personal').innerJoin('personal_key', 'personal_key.unit_id', 'personal.unit_id').select(['personal.unit_id', 'checkpoint_id', 'key_id', 'wrapped', 'sealed']).where('personal.unit_id', '=', item.unit_id).executeTakeFirstOrThrow();
    const old = await read();
    fourMonths();
    expect((await erase([item.unit_id], ['addressee'])).status).toBe(201);
    expect(await personalOf(world.services.store, item.unit_id)).toEqual({ sender: item.personal.sender, declaration: item.personal.declaration });
    const now = await read();
    expect(() => world.services.store.vault.open({ ...old, wrapped: now.wrapped })).toThrow();
    expect(() => world.services.store.vault.open({ ...now, wrapped: old.wrapped })).toThrow();
    // Twice erased is erased once.
    expect((await erase([item.unit_id], ['addressee'])).status).toBe(201);
    expect((await world.root.selectFrom('erasure').select('party').where('unit_id', '=', item.unit_id).execute()).length).toBe(1);
  });

  test('is refused too early, while it is on the road, held, or unknown; all of an order or nothing', async () => {
    const [done, held] = [await ended(), await ended()];
    const { unit_id: onTheRoad } = await posted('CLERK', { ...PARCEL, checkpoint_id: newId(), personal: people() });
    expectRefusal(await erase([done.unit_id]), 'too_early');
    fourMonths();
    const placed = await world.call('POST', '/api/legal-holds', { token: await world.as('INSPECTOR'), body: { kind: 'legal_hold_placed', facts: { unit_ids: [held.unit_id], basis_no: '12/2026/QĐ-CA' } } });
    expect(placed.status, placed.text).toBe(201);
    expectRefusal(await erase([done.unit_id, held.unit_id]), 'legally_held');
    expectRefusal(await erase([done.unit_id, onTheRoad]), 'still_needed');
    expectRefusal(await erase([newId()]), 'unknown_unit');
    expect(Object.keys(await personalOf(world.services.store, done.unit_id))).toHaveLength(3);
    const alone = await world.call('POST', '/api/erasures', { token: await world.as('LEADER'), body: { kind: 'erasure_ordered', facts: { unit_ids: [done.unit_id], parties: ALL, reason: 'period_over' } } });
    expectRefusal(alone, 'second_person_needed');
    const free = { unit_ids: [done.unit_id], parties: ALL, reason: 'Xóa hộ bà Mẫu' };
    expectRefusal(await order(free), 'invalid_input');
    const lift = (await order({ basis_no: '13/2026/QĐ-CA' }, 'legal-holds', 'legal_hold_lifted', { matter_id: placed.body.matter_id }));
    expect(lift.status, lift.text).toBe(201);
    expectRefusal(await order({ basis_no: '14/2026/QĐ-CA' }, 'legal-holds', 'legal_hold_lifted', { matter_id: placed.body.matter_id }), 'case_not_due');
    expect((await erase([done.unit_id, held.unit_id])).status).toBe(201);
    expect((await world.call('GET', '/api/legal-holds', { token: await world.as('INSPECTOR') })).body.rows[0].lifted_at).not.toBeNull();
  });
});

test('after an order and the housekeeping of docs/operations.md no file of the database and no dump holds the key; each old proof still holds', async () => {
  const item = await ended();
  const notary = await makeNotary(world.clock);
  try {
    const origin = 'niem.example/test/2026';
    const sign = async (): Promise<void> => {
      await sequence(world.services.store, origin, world.clock);
      await publish(world.services.store, world.clock, origin, notary.notary);
    };
    await sign();
    const ids = (await world.root.selectFrom('checkpoint').select('checkpoint_id').where('unit_id', '=', item.unit_id).execute()).map((row) => row.checkpoint_id);
    const proofs = await Promise.all(ids.map(async (id) => ({ id, proof: (await proofOfCheckpoint(world.services.store.read, id)) ?? '' })));
    const { wrapped } = await world.root.selectFrom('personal_key').select('wrapped').where('unit_id', '=', item.unit_id).executeTakeFirstOrThrow();
    const { sealed } = await world.root.selectFrom('personal').select('sealed').where('unit_id', '=', item.unit_id).executeTakeFirstOrThrow();
    const secrets = [Buffer.from(wrapped), Buffer.from(sealed)];
    const inDump = async (): Promise<number> => {
      const text = await pgDump();
      return [...secrets.map((bytes) => bytes.toString('hex')), ...words(item.personal)].filter((word) => text.includes(word)).length;
    };
    const { rows } = await sql<{ dir: string; base: string }>`select current_setting('data_directory') as dir, (select oid::text from pg_database where datname = current_database()) as base`.execute(world.root);
    const folder = path.join(rows[0]?.dir ?? '', 'base', rows[0]?.base ?? '');
    const inTables = (): number => readdirSync(folder).filter((name) => /^\d/.test(name)).filter((name) => secrets.some((bytes) => readFileSync(path.join(folder, name)).includes(bytes.subarray(0, 28)))).length;
    await sql`checkpoint`.execute(world.root);
    expect([await inDump(), inTables() > 0]).toEqual([2, true]);
    fourMonths();
    expect((await erase([item.unit_id])).status).toBe(201);
    expect(await inDump()).toBe(0);
    // What the rows left behind in the files goes with them.
    for (const table of ['personal', 'personal_key', 'linkage']) await sql`vacuum full ${sql.table(table)}`.execute(world.root);
    await sql`checkpoint`.execute(world.root);
    await sql`select pg_switch_wal()`.execute(world.root);
    await sql`checkpoint`.execute(world.root);
    expect(inTables()).toBe(0);
    expect(await filesWith(rows[0]?.dir ?? '', words(item.personal))).toEqual([]);
    await sign();
    const policy = policyOf(sha256, notary.policyText);
    for (const { id, proof } of proofs) {
      const body = new Uint8Array((await world.root.selectFrom('checkpoint').select('body').where('checkpoint_id', '=', id).executeTakeFirstOrThrow()).body);
      expect((await openProof(sha256, verifySignature, policy, proof, leafHash(sha256, body))).enough).toBe(true);
    }
    expect(proofs.length).toBeGreaterThan(2);
  } finally {
    notary.end();
  }
}, 120_000);

/** What pg_dump writes: the one that PG_DUMP names (tests/runtimes/debian_postgres.test.ts), or this machine's; where there is none, or an older one than the server, every row as text. */
async function pgDump(): Promise<string> {
  const named = process.env['PG_DUMP'];
  if (named !== undefined) console.log((await promisify(execFile)(named, ['--version'])).stdout);
  return promisify(execFile)(named ?? 'pg_dump', ['--inserts', world.database.urls.superuser], { maxBuffer: 1e9 }).then(({ stdout }) => stdout, async (error: { code: unknown; stderr?: string }) => {
    if (named !== undefined || (error.code !== 'ENOENT' && !/server version mismatch/.test(error.stderr ?? ''))) throw error as unknown as Error;
    return dump();
  });
}

test('whoever speaks SQL as the app destroys no key without an order', async () => {
  const item = await ended();
  const { write } = world.services.store;
  for (const table of ['personal', 'personal_key', 'linkage'] as const) await expect(write.deleteFrom(table).where('unit_id', '=', item.unit_id).execute()).rejects.toThrow('only be changed by an order');
  await expect(write.updateTable('personal').set({ sealed: Buffer.alloc(64) }).where('unit_id', '=', item.unit_id).execute()).rejects.toThrow('only be changed by an order');
});

test('no other value and no other salt opens a commitment', async () => {
  const item = await ended();
  const row = await world.root.selectFrom('personal').innerJoin('personal_key', 'personal_key.unit_id', 'personal.unit_id').select(['personal.unit_id', 'checkpoint_id', 'key_id', 'wrapped', 'sealed']).where('personal.unit_id', '=', item.unit_id).executeTakeFirstOrThrow();
  const parts = world.services.store.vault.open(row);
  const [first] = await bodies(item.unit_id);
  const committed = entryOf(new Uint8Array(Buffer.from(first ?? '', 'hex'))).claim.commitments;
  let tried = 0;
  for (const [party, { salt, fields }] of Object.entries(parts)) {
    for (const [field, value] of Object.entries(fields)) {
      const opens = (s: Uint8Array, v: string, f = field) => equalBytes(commitment(s, f, v), committed[party]?.[field] ?? new Uint8Array());
      expect(opens(salt, value)).toBe(true);
      const others = [`${value} `, value.slice(1), value.toUpperCase(), value.normalize('NFD'), '', '0200000999'].filter((v) => v !== value);
      for (const other of others) expect(opens(salt, other)).toBe(false);
      for (let bit = 0; bit < 256; bit++) expect(opens(salt.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)), value)).toBe(false);
      expect(opens(salt, value, `${field}x`)).toBe(false);
      tried += others.length + 257;
    }
  }
  expect(tried).toBeGreaterThan(1500);
  expect(decode(new Uint8Array(Buffer.from(first ?? '', 'hex')))).not.toBeNull();
});

test('without the key nothing personal is stored or shown, and what was in the clear is sealed once', async () => {
  const item = await ended();
  const none = vaultOf(null);
  expect(() => none.seal(item, {})).toThrow('personal_key_missing');
  await expect(personalOf({ ...world.services.store, vault: vaultOf('B'.repeat(43)) }, item.unit_id)).rejects.toMatchObject({ refusal: 'personal_key_missing' });
  // As an earlier version stored it.
  const { vault } = world.services.store;
  const row = await world.root.selectFrom('personal').innerJoin('personal_key', 'personal_key.unit_id', 'personal.unit_id').select(['personal.unit_id', 'checkpoint_id', 'key_id', 'wrapped', 'sealed']).where('personal.unit_id', '=', item.unit_id).executeTakeFirstOrThrow();
  await sql`create table personal_clear (checkpoint_id uuid, unit_id uuid, party text, salt bytea, fields jsonb); alter table personal_clear owner to niem_owner`.execute(world.root);
  for (const [party, { salt, fields }] of Object.entries(vault.open(row))) await sql`insert into personal_clear values (${row.checkpoint_id}, ${row.unit_id}, ${party}, ${salt}, ${JSON.stringify(fields)})`.execute(world.root);
  await sql`alter table personal disable trigger all; alter table personal_key disable trigger all`.execute(world.root);
  await world.root.deleteFrom('personal').where('unit_id', '=', item.unit_id).execute();
  await world.root.deleteFrom('personal_key').where('unit_id', '=', item.unit_id).execute();
  await sql`alter table personal enable trigger all; alter table personal_key enable trigger all; alter table personal enable always trigger personal_kept; alter table personal_key enable always trigger personal_key_kept`.execute(world.root);
  expect((await verifyLedger(world.services.store.read, vault)).faults).toHaveLength(1);
  expect(await sealClear(world.database.urls.migrate, vaultOf(PERSONAL_KEY))).toBe(1);
  expect(await sealClear(world.database.urls.migrate, vaultOf(PERSONAL_KEY))).toBe(0);
  expect(await personalOf(world.services.store, item.unit_id)).toEqual(item.personal);
});

const bodies = async (unit_id: string): Promise<string[]> => (await world.root.selectFrom('checkpoint').select('body').where('unit_id', '=', unit_id).orderBy('unit_seq').execute()).map(({ body }) => Buffer.from(body).toString('hex'));
