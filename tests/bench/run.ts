// `npm run bench`: ratios within one interleaved run, medians of its rounds, one JSON object a line on stdout. The figures
// that matter are the ratios: absolute rates swing with whatever else the machine does.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { KT1_LETTER } from '../../src/api/examples.ts';
import { removeEmbedded, startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import type { DB } from '../../src/store/tables.ts';
import { newId, people, PIN } from '../support/people.ts';
import { INDICATORS } from '../../src/domain/rule_catalogue.ts';
import { inForce } from '../support/rules.ts';
import { benchReconcile } from './reconcile.ts';
import { benchVerify } from './verify.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
/** Rules of the catalogue in force: as many as told, without the random sample. */
const RULES = Number(process.env.RULES ?? 40);
const CONNECTIONS = 64;
const ITEMS = 20_000;

const note = (line: string): void => void process.stderr.write(`${line}\n`);
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const emit = (name: string, value: number, unit: string, baseline: number, more: object = {}): void =>
  void process.stdout.write(`${JSON.stringify({ name, value: Math.round(value), unit, baseline: Math.round(baseline), ratio: Number((value / baseline).toFixed(3)), ...more })}\n`);

const dir = mkdtempSync(path.join(tmpdir(), 'niem-bench-'));
chmodSync(dir, 0o755);
const embedded = await startEmbedded({ dir });
await migrate(embedded.urls.migrate);
const root = new Kysely<DB>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: embedded.urls.superuser, max: 70 }) }) });
await people(root);
if (RULES > 0) await inForce(root, Object.fromEntries(Object.entries(INDICATORS).filter(([code]) => code !== 'CTL1').slice(0, RULES)));

const server = spawn(process.execPath, [path.join(import.meta.dirname, 'server.ts'), embedded.urls.app], { stdio: ['ignore', 'pipe', 'inherit'] });
/** The app as it is shipped, with no rules, with neither rules nor log, with all rules at each scan; and what stands beside it to be compared with. */
type Where = 'shipped' | 'none' | 'bare' | 'every' | 'beside';
const ports = await new Promise<Record<Where, number>>((resolve) => server.stdout.on('data', (chunk: Buffer) => resolve(JSON.parse(String(chunk).replace('ports ', '')) as Record<Where, number>)));

async function call(method: string, route: string, token: string | null, body?: unknown, where: Where = 'shipped'): Promise<any> {
  const response = await fetch(`http://127.0.0.1:${ports[where]}${route}`, { method, headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return response.json();
}

try {
  const tokens: string[] = [];
  for (let i = 0; i < CONNECTIONS; i++) tokens.push((await call('POST', '/api/sessions', null, { badge: `CLERK${1 + (i % 8)}`, pin: PIN })).token);
  const codes: string[] = [];
  for (let at = 0; at < ITEMS; at += 500) {
    const checkpoints = Array.from({ length: 500 }, () => ({ ...KT1_LETTER, checkpoint_id: newId() }));
    const { results } = await call('POST', '/api/checkpoints/batch', tokens[0] ?? '', { checkpoints });
    codes.push(...results.map((r: { receipt: { code: string } }) => r.receipt.code));
  }
  // What autovacuum does within its first minute.
  await sql`analyze`.execute(root);
  // BENCH=scan,batch: those alone.
  const wanted = (name: string): boolean => (process.env.BENCH ?? name).split(',').includes(name);
  if (wanted('rules') && RULES > 0) await benchRules(tokens, codes);
  if (wanted('log')) await benchLog(tokens, codes);
  if (wanted('scan')) await benchScan(tokens, codes);
  if (wanted('batch')) await benchBatch(tokens[0] ?? '', codes);
  if (wanted('verify')) benchVerify(emit);
  if (wanted('reconcile')) await benchReconcile({ url: embedded.urls.superuser, rounds: ROUNDS, emit, median });
} finally {
  server.kill('SIGTERM');
  await root.destroy();
  await embedded.stop();
  await removeEmbedded(dir);
}

/** `cpu_us`: processor time of the server for one request. */
type Load = { rate: number; failed: number; p50: number; p99: number; cpu_us: number };

async function cpu(): Promise<number> {
  // A kept connection may have been closed by the busy server meanwhile.
  const ask = () => call('GET', '/cpu', null, undefined, 'beside');
  const { user, system } = await ask().catch(ask);
  return user + system;
}

async function load(where: Where, route: string, tokens: string[], codes: string[], seconds = SECONDS): Promise<Load> {
  const before = await cpu();
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'load.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify({ port: ports[where], connections: CONNECTIONS, seconds, path: route, tokens, codes }));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += String(chunk)));
  // Not `exit`: what it printed may come after that.
  await new Promise((resolve) => child.once('close', resolve));
  const answer = JSON.parse(out) as Load;
  if (answer.failed > 0) throw new Error(`${route}: ${answer.failed} requests failed`);
  return { ...answer, cpu_us: ((await cpu()) - before) / (answer.rate * seconds) };
}

async function benchScan(tokens: string[], codes: string[]): Promise<void> {
  const insert = await insertBaseline();
  const sides: { [side: string]: () => Promise<Load> } = {
    scan: () => load('shipped', '/api/checkpoints', tokens, codes),
    noop: () => load('beside', '/noop', tokens, codes),
    plain: () => load('beside', '/plain', tokens, codes),
    insert: async () => ({ rate: await insert.run(), failed: 0, p50: 0, p99: 0, cpu_us: 0 }),
  };
  const seen: { [side: string]: Load[] } = {};
  for (let round = -1; round < ROUNDS; round++) {
    const order = Object.keys(sides);
    for (const side of round % 2 === 0 ? order : order.toReversed()) {
      const result = await sides[side]!();
      // The first round warms up.
      if (round >= 0) (seen[side] ??= []).push(result);
      note(`round ${round} ${side} ${result.rate.toFixed(0)}/s p50 ${result.p50.toFixed(2)} ms p99 ${result.p99.toFixed(2)} ms`);
    }
  }
  const rate = (side: string): number => median((seen[side] ?? []).map((l) => l.rate));
  const p = { p50_ms: Number(median((seen.scan ?? []).map((l) => l.p50)).toFixed(2)), p99_ms: Number(median((seen.scan ?? []).map((l) => l.p99)).toFixed(2)), connections: CONNECTIONS, rules: RULES };
  emit('scan/plain_transaction', rate('scan'), 'scans/s', rate('plain'), p);
  emit('scan/single_row_insert', rate('scan'), 'scans/s', rate('insert'), { ...p, baseline_by: insert.by });
  emit('scan/noop_route', rate('scan'), 'scans/s', rate('noop'), p);
}

/**
 * What rules add to a scan, in short slices side by side: with those that are shipped, with all asked at every scan, with none. By processor time of the
 * server, the median of the rounds' own ratios, because rates swing with whatever else the machine does.
 */
async function benchRules(tokens: string[], codes: string[]): Promise<void> {
  const order = ['none', 'shipped', 'every'] as const;
  const rounds: Record<(typeof order)[number], Load>[] = [];
  for (let round = -1; round < ROUNDS * 3; round++) {
    const seen = {} as Record<(typeof order)[number], Load>;
    // Each side comes first, second and last equally often.
    for (let k = 0; k < 3; k++) {
      const side = order[(k + round + 3) % 3] as (typeof order)[number];
      seen[side] = await load(side, '/api/checkpoints', tokens, codes, 1);
    }
    if (round >= 0) rounds.push(seen);
    note(`round ${round} ${order.map((side) => `${side} ${seen[side].rate.toFixed(0)}/s ${seen[side].cpu_us.toFixed(0)} us`).join(', ')}`);
  }
  for (const [name, side] of [['rules_shipped/no_rules', 'shipped'], ['rules_every/no_rules', 'every']] as const) {
    const us = (one: (typeof order)[number]): number => median(rounds.map((round) => round[one].cpu_us));
    const ratio = (of: (load: Load) => number): number => Number(median(rounds.map((round) => of(round[side]) / of(round.none))).toFixed(3));
    emit(name, us(side), 'us of the server a scan', us('none'), { ratio: ratio((l) => l.cpu_us), rate_ratio: ratio((l) => l.rate), rules: RULES });
  }
}

/** Processor time of PostgreSQL and all its processes, microseconds; 0 where /proc does not tell. */
function postgresCpu(): number {
  const TICK_US = 10_000;
  let sum = 0;
  for (const pid of existsSync('/proc/self/stat') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []) {
    try {
      const [, comm, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      if (comm !== 'postgres' || !readFileSync(`/proc/${pid}/cwd/postmaster.opts`, 'utf8').includes(dir)) continue;
      const fields = rest.split(' ').map(Number);
      // The last two: of processes that ended, which their parent counts.
      sum += fields.slice(11, 15).reduce((a, b) => a + b, 0) * TICK_US;
    } catch {
      // It ended, or is somebody else's.
    }
  }
  return sum;
}

/** What the log adds to a scan: the queue and the sequencer every half second, and with them the promise in the receipt; with everything sequenced that was scanned. */
async function benchLog(tokens: string[], codes: string[]): Promise<void> {
  const owner = new pg.Client({ connectionString: embedded.urls.superuser });
  await owner.connect();
  const one = async (on: boolean, where: Where): Promise<{ us: number; rate: number }> => {
    await owner.query(on ? 'alter table checkpoint enable always trigger checkpoint_log' : 'alter table checkpoint disable trigger checkpoint_log');
    await call('POST', `/keep/${on ? 'on' : 'off'}`, null, undefined, 'beside');
    const before = (await cpu()) + postgresCpu();
    const { rate } = await load(where, '/api/checkpoints', tokens, codes, 2);
    await call('POST', '/keep/off', null, undefined, 'beside');
    return { rate, us: ((await cpu()) + postgresCpu() - before) / (rate * 2) };
  };
  const order = ['bare', 'sequenced', 'promised'] as const;
  const sides = { bare: () => one(false, 'bare'), sequenced: () => one(true, 'bare'), promised: () => one(true, 'none') };
  const rounds: Record<(typeof order)[number], { us: number; rate: number }>[] = [];
  for (let round = -1; round < ROUNDS * 3; round++) {
    const seen = {} as (typeof rounds)[number];
    // Each side comes first, second and last equally often.
    for (let k = 0; k < 3; k++) {
      const side = order[(k + round + 3) % 3] as (typeof order)[number];
      seen[side] = await sides[side]();
    }
    if (round >= 0) rounds.push(seen);
    note(`round ${round} ${order.map((side) => `${side} ${seen[side].rate.toFixed(0)}/s ${seen[side].us.toFixed(0)} us`).join(', ')}`);
  }
  await owner.query('alter table checkpoint enable always trigger checkpoint_log');
  await owner.end();
  for (const [name, side] of [['sequencing/no_log', 'sequenced'], ['log_and_promise/no_log', 'promised']] as const) {
    const us = (one: (typeof order)[number]): number => median(rounds.map((round) => round[one].us));
    const ratio = (of: (seen: { us: number; rate: number }) => number): number => Number(median(rounds.map((round) => of(round[side]) / of(round.bare))).toFixed(3));
    emit(name, us(side), 'us of server and database a scan', us('bare'), { ratio: ratio((seen) => seen.us), rate_ratio: ratio((seen) => seen.rate) });
  }
}

/** The ledger's table once more, with the same columns, constraints and indexes and nothing else about it. */
async function bareTable(): Promise<void> {
  await sql`create table if not exists bench_checkpoint (like checkpoint including defaults including constraints including indexes)`.execute(root);
  await sql`create sequence if not exists bench_id`.execute(root);
}

/** One full ledger row per commit on the same server: pgbench where Debian's is installed, else as many Node clients. */
async function insertBaseline(): Promise<{ by: string; run: () => Promise<number> }> {
  await bareTable();
  const sqlText = `insert into bench_checkpoint (checkpoint_id, unit_id, unit_seq, kind, office_code, person_id, received_at, body)
    select lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % 2000), 32, '0')::uuid, n, 'seen', '243100', lpad('1', 32, '0')::uuid, now(), decode(repeat('ab', 300), 'hex') from (select nextval('bench_id')::int as n) as next`;
  const base = '/usr/lib/postgresql';
  const pgbench = existsSync(base) ? readdirSync(base).map((v) => path.join(base, v, 'bin', 'pgbench')).find((file) => existsSync(file)) : undefined;
  if (pgbench !== undefined) {
    const script = path.join(dir, 'insert.sql');
    writeFileSync(script, `${sqlText.replaceAll('\n', ' ')};\n`);
    return {
      by: 'pgbench -M prepared',
      run: async () => {
        const out = execFileSync(pgbench, ['-n', '-M', 'prepared', '-c', String(CONNECTIONS), '-j', '2', '-T', String(SECONDS), '-f', script, embedded.urls.superuser], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
        return Number(/tps = ([\d.]+)/.exec(out)?.[1]);
      },
    };
  }
  const pool = new pg.Pool({ connectionString: embedded.urls.superuser, max: CONNECTIONS });
  return {
    by: 'Node clients (pgbench is not installed)',
    run: async () => {
      let done = 0;
      const until = performance.now() + SECONDS * 1000;
      await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
        while (performance.now() < until) {
          await pool.query({ name: 'bench_insert', text: sqlText });
          done++;
        }
      }));
      return done / SECONDS;
    },
  };
}

async function benchBatch(token: string, codes: string[]): Promise<void> {
  await bareTable();
  const pool = new pg.Pool({ connectionString: embedded.urls.superuser, max: 1 });
  const sizes = { batch: [] as number[], bare: [] as number[] };
  let n = 1_000_000_000;
  for (let round = -2; round < ROUNDS * 4; round++) {
    const checkpoints = Array.from({ length: 500 }, () => ({ checkpoint_id: newId(), kind: 'seen', code: codes[Math.floor(Math.random() * codes.length)], facts: {} }));
    const t0 = performance.now();
    const answer = await call('POST', '/api/checkpoints/batch', token, { checkpoints });
    const t1 = performance.now();
    if (answer.stored !== 500) throw new Error(`batch stored ${answer.stored}`);
    // The same 500 rows, as one bare multi-row INSERT into a table with the same indexes.
    const rows = await pool.query('select unit_id, unit_seq, kind, office_code, person_id, received_at, body from checkpoint where checkpoint_id = any($1)', [checkpoints.map((c) => c.checkpoint_id)]);
    const values: unknown[] = [];
    const tuples = rows.rows.map((row, i) => {
      n++;
      values.push(`${n.toString(16).padStart(32, '0')}`, row.unit_id, n, row.kind, row.office_code, row.person_id, row.received_at, row.body);
      return `(${Array.from({ length: 8 }, (_, k) => `$${i * 8 + k + 1}`).join(',')})`;
    });
    const text = `insert into bench_checkpoint (checkpoint_id, unit_id, unit_seq, kind, office_code, person_id, received_at, body) values ${tuples.join(',')}`;
    const t2 = performance.now();
    await pool.query(text, values);
    const t3 = performance.now();
    if (round < 0) continue;
    sizes.batch.push(500 / ((t1 - t0) / 1000));
    sizes.bare.push(500 / ((t3 - t2) / 1000));
  }
  await pool.end();
  emit('batch/bare_multi_row_insert', median(sizes.batch), 'scans/s', median(sizes.bare), { batch: 500 });
}
