// The database that comes with the program: a real PostgreSQL 18 in a data folder, for trials, tests and small offices.
// Node only. It keeps the folder (lock, passwords, port) and the login roles; it may not know what is stored in them, and
// installs no signal handlers: whoever starts it stops it.

import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { releaseLock, takeLock } from './folder.ts';
import * as postgres from './postgres.ts';
import { EmbeddedError, type Log } from './postgres.ts';

export type DatabaseUrls = { superuser: string; migrate: string; app: string; reader: string };
export type Embedded = { port: number; urls: DatabaseUrls; stop: () => Promise<void> };

/** What `embedded.json` holds. `home` is where the cluster is: the data folder, unless PostgreSQL cannot reach that. */
type Settings = { port: number; home: string; passwords: DatabaseUrls };

export async function startEmbedded(options: { dir: string; log?: Log }): Promise<Embedded> {
  const log = options.log ?? (() => undefined);
  await fs.mkdir(options.dir, { recursive: true });
  const dir = await fs.realpath(options.dir);
  const locks = [lockOf(dir, dir)];
  let server: postgres.Server | undefined;
  const stopNow = async (): Promise<void> => {
    if (server) await postgres.stopServer(server);
    for (const lock of locks) releaseLock(lock);
  };
  // Once only: after that the folder may be another process's, and so may the server in it.
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopNow());
  try {
    const settings = (await readSettings(dir)) ?? (await firstSettings(dir, log));
    const { home, passwords } = settings;
    if (home !== dir) locks.push(lockOf(home, dir));
    server = await postgres.findServer(home, log);
    // After kill -9 of our process the server is still there. It is stopped in an orderly way and started anew.
    if (await postgres.stopServer(server)) log('Đã dừng CSDL còn chạy từ lần trước. / Stopped the database left running.');
    if (!existsSync(server.data)) await postgres.makeCluster(server, passwords.superuser, log);
    const port = await postgres.startServer(server, settings.port);
    if (port !== settings.port) await writeSettings(dir, { ...settings, port });
    const url = (user: string, password: string, database = 'niem'): string =>
      `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
    await prepareServer(url('postgres', passwords.superuser, 'postgres'), passwords);
    const urls = {
      superuser: url('postgres', passwords.superuser),
      migrate: url('niem_migrator_login', passwords.migrate),
      app: url('niem_app_login', passwords.app),
      reader: url('niem_reader_login', passwords.reader),
    };
    return { port, urls, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

/** Deletes a data folder and its cluster for good, wherever that is; stops the server that a killed process left there. */
export async function removeEmbedded(folder: string): Promise<void> {
  if (!existsSync(path.join(folder, 'embedded.json'))) return; // not one of ours
  const dir = await fs.realpath(folder);
  const locks = [lockOf(dir, dir)];
  try {
    const home = (await readSettings(dir))?.home ?? dir;
    if (home !== dir) locks.push(lockOf(home, dir));
    await postgres.stopServer(await postgres.findServer(home, () => undefined));
    for (const each of new Set([home, dir])) await remove(each);
  } finally {
    for (const lock of locks) releaseLock(lock);
  }
}

/** Again if need be: the initdb of a killed process may still be writing there. */
const remove = (folder: string): Promise<void> => fs.rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });

const GROUPS = ['niem_owner', 'niem_migrator', 'niem_app', 'niem_reader'];

async function prepareServer(url: string, passwords: DatabaseUrls): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await createRoles(client, passwords);
    const found = await client.query("select from pg_database where datname = 'niem'");
    if (found.rowCount === 0) await client.query('create database niem owner niem_owner');
  } finally {
    await client.end();
  }
}

/** Group roles carry the rights, login roles the passwords. Safe to repeat. */
export async function createRoles(client: pg.Client, passwords: Omit<DatabaseUrls, 'superuser'>): Promise<void> {
  const logins = [
    { login: 'niem_migrator_login', password: passwords.migrate, role: 'niem_owner', also: ', niem_migrator' },
    { login: 'niem_app_login', password: passwords.app, role: 'niem_app', also: '' },
    { login: 'niem_reader_login', password: passwords.reader, role: 'niem_reader', also: '' },
  ];
  for (const role of [...GROUPS, ...logins.map(({ login }) => login)]) {
    await client.query(`do $$ begin create role ${role} nologin; exception
      when duplicate_object or unique_violation then null; end $$`);
  }
  for (const { login, password, role, also } of logins) {
    // `set role`: what the migrator makes belongs to niem_owner, and nobody acts under the name of a login.
    await client.query(`
      alter role ${login} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
        password ${client.escapeLiteral(password)};
      grant ${role}${also} to ${login};
      alter role ${login} set role ${role}`);
  }
}

const lockOf = (folder: string, dir: string) =>
  takeLock(
    folder,
    (pid) =>
      new EmbeddedError(
        'data_folder_in_use',
        `Thư mục dữ liệu ${dir} đang được tiến trình ${pid} dùng: hãy dừng tiến trình đó hoặc chọn thư mục khác.`,
        `The data folder ${dir} is in use by process ${pid}: stop that process or choose another folder.`,
      ),
  );

async function readSettings(dir: string): Promise<Settings | undefined> {
  const file = path.join(dir, 'embedded.json');
  if (existsSync(file)) return JSON.parse(await fs.readFile(file, 'utf8')) as Settings;
  if (!existsSync(path.join(dir, 'pg'))) return undefined;
  throw new EmbeddedError(
    'database_not_started',
    `Thiếu tệp ${file} chứa mật khẩu của cơ sở dữ liệu: hãy khôi phục tệp đó từ bản sao lưu.`,
    `${file}, which holds the passwords of the database, is missing: restore it from a backup.`,
  );
}

async function writeSettings(dir: string, settings: Settings): Promise<void> {
  const file = path.join(dir, 'embedded.json');
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  await fs.writeFile(`${file}.new`, text, { mode: 0o600, flush: true });
  await fs.rename(`${file}.new`, file);
}

async function firstSettings(dir: string, log: Log): Promise<Settings> {
  let home = dir;
  if (!postgres.canReach(dir)) {
    // The random part: whoever deletes the data folder to begin again must not meet the old cluster.
    const name = createHash('sha256').update(dir).digest('hex').slice(0, 12);
    home = path.join(postgres.SHARED, `${name}-${randomBytes(4).toString('hex')}`);
    await postgres.makeOpenFolder(home);
    log(`Người dùng postgres không vào được ${dir}: dữ liệu nằm ở ${home}.`);
    log(`The postgres user cannot reach ${dir}: the data is in ${home}.`);
  }
  const password = (): string => randomBytes(24).toString('base64url');
  const passwords = { superuser: password(), migrate: password(), app: password(), reader: password() };
  const settings = { port: await postgres.freePort(), home, passwords };
  await writeSettings(dir, settings);
  return settings;
}
