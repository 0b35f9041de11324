// A server that is killed with kill -9 while many clients write to it, again and again. What was acknowledged is there; what
// was not is sent again under the same ids and ends up there once.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hex } from '../../src/base/bytes.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import type { Receipt } from '../../src/ledger/append.ts';
import { KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { World } from '../support/world.ts';

const SCRIPT = path.join(import.meta.dirname, '../support/server.ts');
const CLIENTS = 12;
const KILLS = 30;
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
console.log(`crash: SEED=${SEED}`);

type Server = { process: ChildProcess; port: number; name: string; errors: string[] };
let world: World;
let tokens: string[];
let codes: string[];
const servers = new Set<Server>();

beforeEach(async () => {
  world = await makeWorld();
  tokens = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => world.newToken(`CLERK${1 + (i % 8)}`)));
  codes = await Promise.all(Array.from({ length: 40 }, () => world.accepted()));
});
afterEach(async () => {
  for (const server of servers) await killed(server);
  await world.end();
});

async function started(name: string): Promise<Server> {
  const env = { ...process.env, PGAPPNAME: name };
  const child = spawn(process.execPath, [SCRIPT, world.database.urls.app], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => void errors.push(text));
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`no server: ${errors.join('')}`)));
    child.stdout
      .setEncoding('utf8')
      .on('data', (text: string) => /^port ([0-9]+)$/m.test(text) && resolve(Number(/[0-9]+/.exec(text)?.[0])));
  });
  const server = { process: child, port, name, errors };
  servers.add(server);
  return server;
}

const hasEnded = ({ process: child }: Server): boolean => child.exitCode !== null || child.signalCode !== null;

/** kill -9, and the database has noticed: what it was still about to commit is committed or not. */
async function killed(server: Server): Promise<void> {
  if (!hasEnded(server)) {
    const exit = new Promise((resolve) => server.process.once('exit', resolve));
    server.process.kill('SIGKILL');
    await exit;
  }
  servers.delete(server);
  for (;;) {
    const { rows } = await sql`select from pg_stat_activity where application_name = ${server.name}`.execute(world.root);
    if (rows.length === 0) return;
    await sleep(5);
  }
}

type Sent = { ids: string[]; body: object; token: string; path: string };

/** One scan, one acceptance, or a batch of both. */
function work(random: () => number, token: string): Sent {
  const scan = () => ({ checkpoint_id: newId(), kind: 'seen', code: codes[Math.floor(random() * codes.length)], facts: {} });
  const accept = () => ({ ...(random() < 0.5 ? KT1_LETTER : PARCEL), checkpoint_id: newId() });
  const one = () => (random() < 0.7 ? scan() : accept());
  if (random() < 0.8) {
    const body = one();
    return { ids: [body.checkpoint_id], body, token, path: '/api/checkpoints' };
  }
  const checkpoints = Array.from({ length: 20 }, one);
  return { ids: checkpoints.map((c) => c.checkpoint_id), body: { checkpoints }, token, path: '/api/checkpoints/batch' };
}

/** The receipts, or null when there was no answer or one that says that the outcome is unknown. */
async function answerTo({ path: route, body, token }: Sent, port: number): Promise<Receipt[] | null> {
  try {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${port}${route}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer = await response.json();
    if (response.status === 503) return null;
    expect(response.status, JSON.stringify(answer)).toBeLessThan(300);
    return route.endsWith('batch') ? answer.results.map((r: { receipt: Receipt }) => r.receipt) : [answer];
  } catch (error) {
    if (error instanceof TypeError) return null; // fetch failed
    throw error;
  }
}

/** Clients that never stop: each sends, and what is not answered it sends again once `resume` says where. */
function load(first: Server) {
  const state = {
    port: first.port,
    stop: false,
    flying: new Set<Sent>(),
    unanswered: new Set<Sent>(),
    acknowledged: new Map<string, string>(),
    repeats: 0,
  };
  let resumed = Promise.withResolvers<void>();
  const clients = tokens.map(async (token, i) => {
    const random = lcg(SEED + i);
    while (!state.stop) {
      const sent = work(random, token);
      for (;;) {
        state.flying.add(sent);
        const receipts = await answerTo(sent, state.port);
        state.flying.delete(sent);
        if (receipts) {
          for (const receipt of receipts) state.acknowledged.set(receipt.checkpoint_id, receipt.hash);
          expect(receipts.map((r) => r.checkpoint_id)).toEqual(sent.ids);
          break;
        }
        state.unanswered.add(sent);
        state.repeats++;
        await resumed.promise;
      }
    }
  });
  return {
    state,
    resume(port: number): void {
      state.port = port;
      state.unanswered.clear();
      resumed.resolve();
      resumed = Promise.withResolvers();
    },
    async end(): Promise<void> {
      state.stop = true;
      await Promise.all(clients);
    },
  };
}

/** Numbers from 0 to 1 that a seed brings back. */
function lcg(seed: number): () => number {
  let x = seed >>> 0;
  return () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const idsOf = (sent: Iterable<Sent>): string[] => [...sent].flatMap(({ ids }) => ids);

async function storedOf(ids: string[]): Promise<Map<string, string>> {
  const rows = await world.root
    .selectFrom('checkpoint')
    .select(['checkpoint_id', 'body'])
    .where('checkpoint_id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute();
  return new Map(rows.map((row) => [row.checkpoint_id, hex(sha256(row.body))]));
}

/** Every acknowledged checkpoint is stored as it was acknowledged, nothing else is, and each serial is on one unit. */
async function expectAll(acknowledged: Map<string, string>): Promise<void> {
  expect(await storedOf([...acknowledged.keys()])).toEqual(acknowledged);
  const { rows } = await sql<{ entries: number; accepted: number; units: number; taken: number }>`
    select (select count(*)::int from checkpoint) as entries, (select count(*)::int from checkpoint where kind = 'accepted') as accepted,
      (select count(distinct code)::int from unit) as units,
      (select sum(serial_next - serial_from)::int from number_range where range_kind = 'assigned') as taken`.execute(world.root);
  const [found] = rows;
  expect(found?.entries).toBe(acknowledged.size + codes.length);
  expect([found?.units, found?.taken]).toEqual([found?.accepted, found?.accepted]);
  await world.verify();
}

test(`${KILLS} times kill -9 under load: nothing acknowledged is lost, nothing sent again is stored twice`, async () => {
  const random = lcg(SEED);
  let [now, next] = [await started('niem-crash-0'), started('niem-crash-1')];
  const { state, resume, end } = load(now);
  let ambiguous = 0;
  let committed = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const standby = await next;
    await sleep(50 + random() * 250);
    while (state.flying.size < CLIENTS / 2) await sleep(1);
    const inFlight = state.flying.size;
    await killed(now);
    while (state.flying.size > 0) await sleep(1);
    const unanswered = idsOf(state.unanswered);
    // Without work in flight a kill would prove nothing.
    expect(Math.min(inFlight, unanswered.length), `kill ${kill}`).toBeGreaterThan(0);
    ambiguous += unanswered.length;
    committed += (await storedOf(unanswered)).size;
    now = standby;
    resume(now.port);
    if (kill < KILLS) next = started(`niem-crash-${kill + 1}`);
  }
  await sleep(200);
  await end();
  console.log(
    `crash: ${KILLS} kills, ${state.acknowledged.size} acknowledged, ${ambiguous} ambiguous (${state.repeats} requests), ` +
      `of which ${committed} had been committed though unanswered`,
  );
  expect(state.acknowledged.size).toBeGreaterThan(KILLS * 10);
  expect(ambiguous).toBeGreaterThanOrEqual(KILLS);
  await expectAll(state.acknowledged);
}, 180_000);

test('a database that drops all its connections under load takes no server down with it', async () => {
  const server = await started('niem-crash-db');
  const { state, resume, end } = load(server);
  let ambiguous = 0;
  for (let drop = 1; drop <= 10 && !hasEnded(server); drop++) {
    await sleep(100);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${server.name}`.execute(world.root);
    await sleep(100);
    ambiguous += idsOf(state.unanswered).length;
    resume(server.port);
  }
  const ended = hasEnded(server);
  if (ended) resume((await started('niem-crash-spare')).port);
  await sleep(200);
  await end();
  console.log(`crash: 10 times all connections dropped, ${state.acknowledged.size} acknowledged, ${ambiguous} ambiguous`);
  await expectAll(state.acknowledged);
  expect(ended, server.errors.join('')).toBe(false);
  expect(ambiguous).toBeGreaterThan(0);
}, 60_000);
