// The runbook "the database was restored to an hour ago" of docs/operations.md, with the programs themselves: server, signer, witness and
// `npm run reopen-log` are processes; what they are told stands in the environment, as it does for an operator.

import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { base64 } from '../../src/base/bytes.ts';
import { uuid7 } from '../../src/base/id.ts';
import { checkConsistency, leafHash } from '../../src/base/merkle.ts';
import { headOf, noteOf } from '../../src/base/note.ts';
import { openHead, openProof, policyOf } from '../../src/base/proof.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import { headNote } from '../../src/ledger/head.ts';
import { recordOf } from '../../src/ledger/log_record.ts';
import { consistencyProof } from '../../src/ledger/tree.ts';
import { checkLog } from '../../src/ledger/verify_log.ts';
import { proofOfCheckpoint, proofsOfCheckpoints } from '../../src/views/log.ts';
import { connectOnce } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/connect.ts';
import { createDatabase, onDatabase, statement } from '../support/cluster.ts';
import { freshDatabase } from '../support/database.ts';
import type { FreshDatabase } from '../support/database.ts';
import { PERSONAL_KEY } from '../support/people.ts';
import { ended, program } from '../support/programs.ts';
import type { Program } from '../support/programs.ts';

const ORIGIN = 'niem.example/test/2026';
const TOKEN = 'a token of more than twenty characters';
const dir = mkdtempSync(path.join(tmpdir(), 'niem-runbook-'));
const policyFile = path.join(dir, 'policy');
const logsFile = path.join(dir, 'logs');
const running: Program[] = [];
let database: FreshDatabase;
let restored: string;
let signer: Program;
let app: Program | null = null;

beforeAll(async () => {
  database = await freshDatabase();
  restored = `${database.name}_restored`;
  const names = { NIEM_LOG_ORIGIN: 'niem.example/test/{year}' };
  signer = await program('signer.ts', { NIEM_SIGNER_DIR: path.join(dir, 'signer'), NIEM_SIGNER_TOKEN: TOKEN, ...names });
  running.push(signer);
  const keys = await keysOf(ORIGIN);
  writeFileSync(logsFile, `log ${keys.log}\n`);
  const witness = await program('witness.ts', { NIEM_WITNESS_DIR: path.join(dir, 'witness'), NIEM_WITNESS_NAME: 'witness.example/province', NIEM_WITNESS_LOGS: logsFile });
  running.push(witness);
  writeFileSync(policyFile, `witness signer ${keys.signer}\nwitness province ${witness.line.split(' ')[1]} ${witness.address}\ngroup both all signer province\nquorum both\n`);
}, 60_000);
afterAll(async () => {
  if (app !== null) await ended(app, 'SIGKILL');
  for (const one of running) await ended(one, 'SIGKILL');
  await statement(database.urls.superuser, `drop database if exists ${restored} with (force)`);
  await database.drop();
  rmSync(dir, { recursive: true });
});

const keysOf = async (origin: string): Promise<{ log: string; signer: string }> => (await (await fetch(`${signer.address}/keys?origin=${encodeURIComponent(origin)}`, { headers: { authorization: `Bearer ${TOKEN}` } })).json()) as { log: string; signer: string };
const seenOf = async (origin: string): Promise<{ size: number; root: string }> => (await (await fetch(`${signer.address}/seen?origin=${encodeURIComponent(origin)}`, { headers: { authorization: `Bearer ${TOKEN}` } })).json()) as { size: number; root: string };

/** What an operator has in the environment. */
const environment = (name: string, origin: string) => ({
  DATABASE_URL: onDatabase(database.urls.app, name), MIGRATE_DATABASE_URL: onDatabase(database.urls.migrate, name), NIEM_DIR: path.join(dir, 'niem'), NIEM_LOG_ORIGIN: origin,
  NIEM_SIGNER_URL: signer.address, NIEM_SIGNER_TOKEN: TOKEN, NIEM_LOG_POLICY: policyFile, NIEM_PERSONAL_KEY: PERSONAL_KEY, NIEM_LOG: 'error',
});
async function startApp(name: string, origin: string): Promise<void> {
  app = await program('main.ts', environment(name, origin), { args: ['start'] });
}
async function stopApp(): Promise<void> {
  if (app !== null) await ended(app);
  app = null;
}
const reopen = (name: string, origin: string, ...loss: string[]) =>
  promisify(execFile)('npm', ['run', '--silent', 'reopen-log', '--', ...loss], { cwd: path.join(import.meta.dirname, '../..'), env: { ...process.env, ...environment(name, origin) } }).then(({ stdout }) => ({ code: 0, said: stdout }), (error: { code: number; stderr: string }) => ({ code: error.code, said: error.stderr }));

const as = async <T>(name: string, work: (owner: Store) => Promise<T>): Promise<T> => {
  const owner = connectOnce(onDatabase(database.urls.superuser, name));
  try {
    return await work(owner);
  } finally {
    await owner.close();
  }
};
async function add(owner: Store, bodies: readonly { id: string; body: Uint8Array }[]): Promise<void> {
  await sql`insert into checkpoint (checkpoint_id, unit_id, unit_seq, kind, person_id, received_at, body) select i, i, 1, 'seen', i, now(), b from unnest(${bodies.map(({ id }) => id)}::uuid[], ${bodies.map(({ body }) => body)}::bytea[]) t (i, b)`.execute(owner.write);
}
const fresh = (n: number) => Array.from({ length: n }, () => uuid7(Date.now())).map((id) => ({ id, body: new Uint8Array(Buffer.from(id)) }));
type Ready = { ready: boolean; log: { size: number; pending: number; alarms: string[] } };
const ready = async (): Promise<Ready> => (await (await fetch(`${app?.address}/readyz`)).json()) as Ready;
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await sleep(200)) if (Date.now() > end) throw new Error(`never: ${what}: ${app?.said()}`);
}
const covered = (owner: Store, ids: readonly string[]) => async (): Promise<boolean> => (await proofsOfCheckpoints(owner.read, ids)).proofs.length === ids.length;

test('the signer refuses and the alarm is raised; by the runbook all comes back under a new log, and what was signed before still holds', { timeout: 180_000 }, async () => {
  // An ordinary morning, and the copy that is made of it.
  const [early, late] = [fresh(40), fresh(30)];
  await startApp(database.name, ORIGIN);
  await as(database.name, async (owner) => {
    await add(owner, early);
    await until('the morning is proved', covered(owner, early.map(({ id }) => id)));
  });
  await stopApp();
  await createDatabase(database.urls.superuser, restored, database.name);
  // An hour of work after it, acknowledged and cosigned; machines keep a proof of it.
  await startApp(database.name, ORIGIN);
  const kept = await as(database.name, async (owner) => {
    await add(owner, late);
    await until('the hour is proved', covered(owner, late.map(({ id }) => id)));
    return proofOfCheckpoint(owner.read, late[7]?.id ?? '');
  });
  await stopApp();
  const held = await seenOf(ORIGIN);

  // 1. The copy is what there is now. Counters go on; nothing is signed; the alarm is raised.
  await startApp(restored, ORIGIN);
  const since = fresh(5);
  await as(restored, (owner) => add(owner, since));
  await until('the alarm', async () => (await ready()).log.alarms.includes('head_refused'));
  expect(await (await fetch(`${app?.address}/metrics`)).text()).toMatch(/^niem_log_alarms\S* [1-9]/m);
  expect((await seenOf(ORIGIN)).size).toBe(held.size);
  // 3. The server is stopped, while something still waits for the log; 4. the log goes on under a new name. The old name is refused, and so is a loss without a word.
  await stopApp();
  const waits = fresh(4);
  await as(restored, (owner) => add(owner, waits));
  expect(await reopen(restored, ORIGIN, 'mất một giờ')).toMatchObject({ code: 1, said: expect.stringContaining('đã có hoặc chưa có sổ nào') });
  expect(await reopen(restored, `${ORIGIN}b`)).toMatchObject({ code: 1, said: expect.stringContaining('reopen-log LOSS') });
  const opened = await reopen(restored, `${ORIGIN}b`, 'CSDL khôi phục từ bản sao một giờ trước; chờ máy gửi lại');
  expect(opened, opened.said).toMatchObject({ code: 0, said: expect.stringContaining(`${ORIGIN}b nối tiếp ${ORIGIN} (${held.size} mốc)`) });
  // 5. The witness is told of the new key; the server starts; the machines send what they still hold.
  appendFileSync(logsFile, `log ${(await keysOf(`${ORIGIN}b`)).log}\n`);
  await startApp(restored, `${ORIGIN}b`);
  await as(restored, async (owner) => {
    await add(owner, late);
    const all = [...early, ...since, ...waits, ...late];
    await until('everything is proved', covered(owner, all.map(({ id }) => id)));
    // 6. The alarm is over.
    await until('no alarm', async () => (await ready()).log.alarms.length === 0);
    await stopApp();
    const policy = policyOf(sha256, `log ${(await keysOf(ORIGIN)).log}\nlog ${(await keysOf(`${ORIGIN}b`)).log}\n${readFileSync(policyFile, 'utf8')}`);
    const head = await owner.read.selectFrom('log_head').select('size').where('origin', '=', `${ORIGIN}b`).where('cosigned_at', 'is not', null).orderBy('size', 'desc').limit(1).executeTakeFirstOrThrow();
    expect(await openHead(sha256, verifySignature, policy, await headNote(owner.read, `${ORIGIN}b`, head.size))).toMatchObject({ enough: true });
    // The first entry says which log it follows, up to the head that others hold of it, and what was lost.
    const first = await owner.read.selectFrom('log_entry').select('source_key').where('origin', '=', `${ORIGIN}b`).where('log_index', '=', 0).executeTakeFirstOrThrow();
    const record = recordOf(new Uint8Array((await owner.read.selectFrom('log_record').select('body').where('record_id', '=', first.source_key).executeTakeFirstOrThrow()).body));
    expect(record).toMatchObject({ kind: 'log_opened', facts: { previous: { origin: ORIGIN, size: held.size }, loss: expect.stringContaining('một giờ trước') } });
    expect(base64((record.facts as { previous: { root: Uint8Array } }).previous.root)).toBe(held.root);
    // What waited comes behind what stood before it.
    const order = await owner.read.selectFrom('log_entry').select('source_key').where('origin', '=', `${ORIGIN}b`).where('source_key', 'in', [...since, ...waits].map(({ id }) => id)).orderBy('log_index').execute();
    expect(order.map(({ source_key }) => source_key)).toEqual([...since, ...waits].map(({ id }) => id));
    // Heads of before: those of the copy are beginnings of its old log, and the proof of the lost hour convinces whoever kept it.
    const before = await owner.read.selectFrom('log_head').select(['size', 'note']).where('origin', '=', ORIGIN).orderBy('size').execute();
    expect(before.length).toBeGreaterThan(0);
    const last = headOf(noteOf(before.at(-1)?.note ?? '').text);
    for (const old of before) {
      const { size, root } = headOf(noteOf(old.note).text);
      expect(checkConsistency(sha256, { size1: size, size2: last.size, root1: root, root2: last.root, proof: await consistencyProof(owner.read, ORIGIN, size, last.size) })).toBe(true);
    }
    expect((await openProof(sha256, verifySignature, policy, kept ?? '', leafHash(sha256, late[7]?.body ?? new Uint8Array()))).enough).toBe(true);
    const faults: string[] = [];
    await checkLog(owner.read, (...fault) => void faults.push(fault.join(' ')));
    expect(faults).toEqual([]);
  });
  expect((await seenOf(ORIGIN)).size).toBe(held.size);
  console.log(`runbook: the signer held ${held.size} entries, ${early.length + since.length + late.length} proved again under a new log`);
});
