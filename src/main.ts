// The program on Node: `npm start`, `npm run migrate`, `npm run seed -- demo`, `npm run worker`.

import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readConfig } from './config.ts';
import type { Config } from './config.ts';
import { systemClock } from './base/time.ts';
import { fromBase64 } from './base/bytes.ts';
import { originNow } from './ledger/log.ts';
import { reopenLog } from './ledger/reopen.ts';
import { listen } from './node.ts';
import { connectOnce } from './store/connect.ts';
import { promiseKey, startNotary } from './notary.ts';
import { seedDemo, seedReference } from './seed.ts';
import type { DemoSignIn } from './seed.ts';
import { startEmbedded } from './store/embedded.ts';
import { requireKey, sealClear } from './store/seal_clear.ts';
import { VAULT_KEY, vaultOf } from './store/vault.ts';
import { migrate, requireSchema } from './store/migrate.ts';

type Database = { migrate: string; app: string; embedded: boolean; personal_key: string; stop: () => Promise<void> };

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The database that DATABASE_URL names, or the one that comes with the program. */
async function openDatabase(config: Config): Promise<Database> {
  if (config.DATABASE_URL !== undefined) {
    return {
      app: config.DATABASE_URL,
      migrate: config.MIGRATE_DATABASE_URL ?? config.DATABASE_URL,
      embedded: false,
      personal_key: personalKey(config),
      stop: async () => undefined,
    };
  }
  say('Khởi động PostgreSQL kèm theo… / Starting the embedded PostgreSQL…');
  const embedded = await startEmbedded({ dir: config.NIEM_DIR });
  return { app: embedded.urls.app, migrate: embedded.urls.migrate, embedded: true, personal_key: personalKey(config), stop: embedded.stop };
}

/** A key in a file that only we may read, made at the first start. Whoever loses it loses what it sealed. */
function keptKey(config: Config, name: string, made: () => Buffer): { file: string; key: string } {
  const file = path.join(config.NIEM_DIR, name);
  mkdirSync(config.NIEM_DIR, { recursive: true });
  try {
    writeFileSync(file, `${made().toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return { file, key: readFileSync(file, 'utf8').trim() };
}

/** NIEM_IMPORT_KEY; beside the embedded database one of its own, so that a queue can go by file from the first day. */
const importKey = (config: Config, embedded: boolean): { NIEM_IMPORT_KEY?: string } =>
  config.NIEM_IMPORT_KEY !== undefined || !embedded
    ? {}
    : {
        NIEM_IMPORT_KEY: keptKey(config, 'import.key', () =>
          generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }),
        ).key,
      };

/** NIEM_PERSONAL_KEY, or one of our own. */
function personalKey(config: Config): string {
  if (config.NIEM_PERSONAL_KEY !== undefined) return config.NIEM_PERSONAL_KEY;
  const { file, key } = keptKey(config, 'personal.key', () => randomBytes(32));
  if (!VAULT_KEY.test(key)) throw new Error(`Tệp khóa hỏng / not a key: ${file}`);
  return key;
}

/** The embedded database is brought up to date and filled by itself; somebody else's is only checked. */
async function makeReady(database: Database): Promise<DemoSignIn[]> {
  if (!database.embedded) {
    await requireSchema(database.app);
    await requireKey(database.app, vaultOf(database.personal_key));
    return [];
  }
  await migrate(database.migrate);
  await sealClear(database.migrate, vaultOf(database.personal_key));
  await requireKey(database.app, vaultOf(database.personal_key));
  await seedReference(database.migrate);
  return seedDemo(database, systemClock, database);
}

function showSignIns(signIns: readonly DemoSignIn[]): void {
  if (signIns.length === 0) return;
  say('\nNgười dùng mẫu / demo people (badge, PIN):');
  for (const s of signIns)
    say(`  ${s.badge.padEnd(8)} ${s.pin}  ${(s.office_code ?? s.agency_code ?? '').padEnd(10)} ${s.role_vi} — ${s.full_name}`);
}

/** Runs `stop` once on the first signal; a second signal leaves at once. */
function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(130);
      stopping = true;
      stop().then(() => process.exit(0), fail);
    });
  }
}

async function start(config: Config): Promise<void> {
  const database = await openDatabase(config);
  try {
    const signIns = await makeReady(database);
    const { notary, stop: stopNotary } = await startNotary(config);
    const server = await listen(
      { ...config, ...importKey(config, database.embedded), NIEM_PERSONAL_KEY: database.personal_key },
      database.app,
      signIns,
      { notary, promise: promiseKey(config) },
    );
    stopOnSignal(async () => {
      await server.stop();
      stopNotary();
      await database.stop();
    });
    showSignIns(signIns);
    say(`\nNiêm sẵn sàng / ready: ${server.address}`);
  } catch (error) {
    await database.stop();
    throw error;
  }
}

/** The Worker in its own runtime, by wrangler, on the same database. */
async function worker(config: Config): Promise<void> {
  const database = await openDatabase(config);
  await makeReady(database);
  const wrangler = spawn('wrangler', ['dev', '--port', String(config.PORT), '--ip', config.HOST], {
    stdio: 'inherit',
    env: {
      ...process.env,
      CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE: database.app,
      CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
      NIEM_PERSONAL_KEY: database.personal_key,
    },
  });
  stopOnSignal(async () => void wrangler.kill('SIGTERM'));
  const code = await new Promise<number>((resolve, reject) => {
    wrangler.once('error', reject);
    wrangler.once('exit', (exit) => resolve(exit ?? 0));
  });
  await database.stop();
  process.exitCode = code;
}

async function once(config: Config, work: (database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase(config);
  try {
    await work(database);
  } finally {
    await database.stop();
  }
}

/** The log goes on under NIEM_LOG_ORIGIN, behind the last head that the signer holds of the one before. */
async function reopen(config: Config, database: Database, loss: string): Promise<void> {
  const { notary, stop } = await startNotary(config);
  const owner = connectOnce(database.migrate);
  try {
    const last = await owner.read.selectFrom('log').select('origin').orderBy('opened_at', 'desc').limit(1).executeTakeFirst();
    const answer = await fetch(`${notary.signer.url}/seen?origin=${encodeURIComponent(last?.origin ?? '')}`, {
      headers: { authorization: `Bearer ${notary.signer.token}` },
    });
    if (!answer.ok) throw new Error('Máy ký không nhớ sổ nào để nối tiếp. / The signer remembers no log to follow.');
    const seen = (await answer.json()) as { size: number; root: string };
    const origin = originNow(config.NIEM_LOG_ORIGIN, systemClock);
    const { previous, queued } = await reopenLog(owner, systemClock, origin, { size: seen.size, root: fromBase64(seen.root) }, loss);
    say(
      `Mở sổ ${origin} nối tiếp ${previous} (${seen.size} mốc); ${queued} mốc vào sổ lại. / Log ${origin} follows ${previous} (${seen.size} entries); ${queued} entries queued again.`,
    );
  } finally {
    stop();
    await owner.close();
  }
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function run([command = 'start', argument]: string[]): Promise<void> {
  const config = readConfig(process.env);
  if (command === 'start') return start(config);
  if (command === 'worker') return worker(config);
  if (command === 'migrate') {
    return once(config, async (database) => {
      const { from, to, applied } = await migrate(database.migrate);
      await sealClear(database.migrate, vaultOf(database.personal_key));
      await seedReference(database.migrate);
      say(
        applied.length === 0
          ? `Lược đồ đã ở phiên bản ${to}. / The schema is at version ${to}.`
          : `Lược đồ ${from} → ${to}: ${applied.join(', ')}`,
      );
    });
  }
  if (command === 'reopen-log' && argument !== undefined) return once(config, (database) => reopen(config, database, argument));
  if (command === 'seed' && argument === 'demo')
    return once(config, async (database) => showSignIns(await seedDemo(database, systemClock, database)));
  throw new Error('Lệnh / commands: start | migrate | seed demo | reopen-log LOSS | worker');
}

run(process.argv.slice(2)).catch(fail);
