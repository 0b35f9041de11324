// The signer as the program it is, killed with SIGKILL at each step of a signature and at random instants: one history, never two roots of one
// size, and the next round makes good what was lost, with nobody's help.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { base64, fromBase64, utf8 } from '../../src/base/bytes.ts';
import { uuid7 } from '../../src/base/id.ts';
import { checkConsistency } from '../../src/base/merkle.ts';
import { headOf, headText, noteOf } from '../../src/base/note.ts';
import type { Head } from '../../src/base/note.ts';
import { policyOf } from '../../src/base/proof.ts';
import { growthOf, growthText } from '../../src/base/witness.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import { publish } from '../../src/ledger/head.ts';
import { sequence } from '../../src/ledger/log.ts';
import { consistencyProof } from '../../src/ledger/tree.ts';
import { checkLog } from '../../src/ledger/verify_log.ts';
import { connectPool } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/connect.ts';
import { freshDatabase } from '../support/database.ts';
import type { FreshDatabase } from '../support/database.ts';
import { ended, program } from '../support/programs.ts';
import type { Program } from '../support/programs.ts';

const ORIGIN = 'niem.example/test/2026';
const TOKEN = 'a token of more than twenty characters';
const BEARER = { authorization: `Bearer ${TOKEN}` };
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const RANDOM_KILLS = Number(process.env['NIEM_KILLS'] ?? 12);

/** From the request to the answer. What each step of the disk leaves behind is either the old memory or the new one. */
const STEPS = [
  ['received', 'before readFileSync memory', 'old'],
  ['checked', 'before openSync new', 'old'],
  ['new file begun', 'after openSync new', 'old'],
  ['new file written', 'after writeSync new', 'old'],
  ['new file on the disk', 'after fsyncSync new', 'old'],
  ['not renamed yet', 'before renameSync new', 'old'],
  ['memory written', 'after renameSync new', 'new'],
  ['its name not on the disk yet', 'before fsyncSync folder', 'new'],
  ['its name on the disk', 'after fsyncSync folder', 'new'],
  ['answered', 'after answer', 'new'],
] as const;

let database: FreshDatabase;
let store: Store;
let dir: string;
let signer: Program | null = null;
/** Every head that left the signer with its signatures, in order. */
const signed: Head[] = [];
beforeEach(async () => {
  signed.length = 0;
  database = await freshDatabase();
  store = connectPool({ url: database.urls.app, connections_max: 4, lanes_max: 2, onError: () => undefined });
  dir = mkdtempSync(path.join(tmpdir(), 'niem-signer-'));
});
afterEach(async () => {
  if (signer !== null) await ended(signer, 'SIGKILL');
  signer = null;
  await store.close();
  await database.drop();
  rmSync(dir, { recursive: true });
});

const armed = (): string => path.join(dir, 'armed');
async function start(die_at?: string): Promise<void> {
  const hook = path.join(import.meta.dirname, '../support/die_at.ts');
  const env = { NIEM_SIGNER_DIR: path.join(dir, 'signer'), NIEM_SIGNER_TOKEN: TOKEN, NIEM_LOG_ORIGIN: 'niem.example/test/{year}' };
  rmSync(armed(), { force: true });
  signer = await program('signer.ts', die_at === undefined ? env : { ...env, NIEM_DIE_AT: die_at, NIEM_DIE_FROM: armed() }, die_at === undefined ? {} : { node: ['--import', hook] });
}
const clock = (): number => Date.now();
async function add(count: number): Promise<void> {
  const ids = Array.from({ length: count }, () => uuid7(clock()));
  await sql`insert into checkpoint (checkpoint_id, unit_id, unit_seq, kind, person_id, received_at, body) select i, i, 1, 'seen', i, now(), convert_to(i::text, 'UTF8') from unnest(${ids}::uuid[]) i`.execute(store.write);
}
/** Nobody but the signer has to agree here: it alone is killed. What it answers is kept, whether or not the database keeps it. */
async function round(): Promise<void> {
  const asking = (async (url: string, init?: RequestInit) => {
    const answer = await fetch(url, init);
    if (!url.endsWith('/sign') || !answer.ok) return answer;
    const text = await answer.text();
    signed.push(headOf(growthOf(init?.body as string).head));
    return new Response(text, { status: 200 });
  }) as typeof fetch;
  await sequence(store, ORIGIN, clock);
  await publish(store, clock, ORIGIN, { signer: { url: signer?.address ?? '', token: TOKEN }, policy: policyOf(sha256, 'quorum none\n'), fetch: asking });
}
const alarms = async (): Promise<string[]> => (await store.read.selectFrom('log_alarm').select('alarm').where('ended_at', 'is', null).execute()).map((row) => row.alarm);
const sizeOf = async (table: 'log' | 'log_head'): Promise<number> => Math.max(0, ...(await store.read.selectFrom(table).select('size').where('origin', '=', ORIGIN).execute()).map((row) => row.size));
async function seen(): Promise<{ size: number; root: Uint8Array }> {
  const answer = await fetch(`${signer?.address}/seen?origin=${encodeURIComponent(ORIGIN)}`, { headers: BEARER });
  if (!answer.ok) return { size: 0, root: new Uint8Array() };
  const { size, root } = (await answer.json()) as { size: number; root: string };
  return { size, root: fromBase64(root) };
}

/** Another history, of the size that is remembered and of a longer one: refused, whatever the kill left behind. */
async function tryToFork(): Promise<void> {
  const { size } = await seen();
  if (size === 0) return;
  for (const to of [size, size + 3]) {
    const head = headText({ origin: ORIGIN, size: to, root: sha256(utf8(`other ${to}`)) });
    const answer = await fetch(`${signer?.address}/sign`, { method: 'POST', headers: BEARER, body: growthText({ old: size, proof: [], head }) });
    expect(answer.status, `a fork of ${to}`).toBe(422);
  }
}

/** Of all that was ever signed: one root a size, and each the beginning of the next. */
async function oneHistory(): Promise<void> {
  const roots = new Map<number, string>();
  for (const { size, root } of signed) {
    expect(roots.get(size) ?? base64(root), `two roots of ${size}`).toBe(base64(root));
    roots.set(size, base64(root));
  }
  const sizes = [...roots.keys()].toSorted((a, b) => a - b);
  for (const [i, size] of sizes.entries()) {
    const before = sizes[i - 1];
    if (before === undefined) continue;
    const [root1, root2] = [before, size].map((of) => fromBase64(roots.get(of) ?? '')) as [Uint8Array, Uint8Array];
    expect(checkConsistency(sha256, { size1: before, size2: size, root1, root2, proof: await consistencyProof(store.read, ORIGIN, before, size) }), `${before} to ${size}`).toBe(true);
  }
  const faults: string[] = [];
  await checkLog(store.read, (...fault) => void faults.push(fault.join(' ')));
  expect(faults).toEqual([]);
  for (const head of await store.read.selectFrom('log_head').select(['size', 'note']).execute()) expect(base64(headOf(noteOf(head.note).text).root)).toBe(roots.get(head.size));
}

test('killed at each step between a request and its answer', { timeout: 180_000 }, async () => {
  await start();
  await add(5);
  await round();
  await round();
  const reached: string[] = [];
  for (const [step, die_at, memory] of STEPS) {
    await ended(signer as Program);
    await start(die_at);
    await add(3);
    const before = await seen();
    writeFileSync(armed(), '');
    await round();
    const { signal } = await (signer as Program).ended;
    expect([signal, signer?.said()], step).toEqual(['SIGKILL', expect.stringContaining(`died at ${die_at}\n`)]);
    reached.push(step);
    // Whether an answer just handed to the system still leaves with the process dead is the system's to say.
    const arrived = step === 'answered' && (await sizeOf('log_head')) === (await sizeOf('log'));
    expect(await alarms(), step).toEqual(arrived ? [] : ['signer_silent']);
    // As it comes up again, by itself: it remembers what it may have signed.
    await start();
    const after = await seen();
    const wanted = await sizeOf('log');
    expect(after.size, step).toBe(memory === 'new' ? wanted : before.size);
    await tryToFork();
    await round();
    expect(await alarms(), step).toEqual([]);
    expect(await sizeOf('log_head'), step).toBe(await sizeOf('log'));
    await oneHistory();
  }
  expect(reached).toEqual(STEPS.map(([step]) => step));
  console.log(`signer: killed by SIGKILL at ${reached.length} steps (${reached.join(', ')}); ${signed.length} heads, one history`);
});

test(`killed at random instants while it signs without pause (seed ${SEED})`, { timeout: 180_000 }, async () => {
  let state = SEED;
  const below = (n: number): number => Math.floor(((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32) * n);
  const left = { 'nothing': 0, 'remembered, not answered': 0, 'answered': 0 };
  for (let kills = 0; kills < RANDOM_KILLS; kills++) {
    await start();
    await tryToFork();
    const stop = sleep(30 + below(400)).then(() => ended(signer as Program, 'SIGKILL'));
    let stopped = false;
    void stop.then(() => (stopped = true));
    while (!stopped) {
      await add(1 + below(4));
      await round();
    }
    await stop;
    const [log, head] = [await sizeOf('log'), await sizeOf('log_head')];
    await start();
    const { size } = await seen();
    expect(size).toBeGreaterThanOrEqual(head);
    left[head === log ? 'answered' : size > head ? 'remembered, not answered' : 'nothing'] += 1;
    await round();
    expect([await alarms(), await sizeOf('log_head')]).toEqual([[], await sizeOf('log')]);
    await ended(signer as Program);
  }
  await start();
  await oneHistory();
  console.log(`signer: ${RANDOM_KILLS} random kills, seed ${SEED}; what they left:`, left, `${signed.length} heads, one history`);
  expect(signed.length).toBeGreaterThan(RANDOM_KILLS);
});
