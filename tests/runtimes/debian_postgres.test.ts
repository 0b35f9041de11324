// The oldest PostgreSQL that the README promises, as Debian packs it, where it is installed: the sequencer, the audit and the bundles on it, and an
// erasure that its own pg_dump is asked about.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { findServer, freePort, startServer, stopServer } from '../../src/store/postgres.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const DEBIAN = '/usr/lib/postgresql';
const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).filter((version) => Number(version) >= 15 && ['initdb', 'pg_dump'].every((program) => existsSync(path.join(DEBIAN, version, 'bin', program)))) : [];
const oldest = versions.toSorted((a, b) => Number(a) - Number(b))[0];
if (oldest === undefined) console.log(`no PostgreSQL of Debian's in ${DEBIAN}: left out`);
const FILES = ['tests/api/erasure.test.ts', 'tests/ledger/log.test.ts', 'tests/api/audit.test.ts', 'tests/api/bundle.test.ts'];

test.skipIf(oldest === undefined)(`PostgreSQL ${oldest ?? ''} of Debian keeps the ledger, and its pg_dump finds nothing of what was erased`, async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'niem-debian-'));
  await chmod(home, 0o755);
  const bin = path.join(DEBIAN, oldest ?? '', 'bin');
  const { user } = await findServer(home, () => undefined);
  const server = { bin, home, data: path.join(home, 'pg'), user };
  const password = path.join(home, 'password');
  await writeFile(password, 'debian', { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) for (const each of [home, password]) await chown(each, user.uid, user.gid);
  try {
    await promisify(execFile)(path.join(bin, 'initdb'), ['-D', server.data, '--username=postgres', '--auth=scram-sha-256', `--pwfile=${password}`, '--encoding=UTF8', '--locale=C.UTF-8', '--data-checksums'], { ...user, cwd: '/' });
    const port = await startServer(server, await freePort());
    const env = { ...process.env, TEST_DATABASE_URL: `postgres://postgres:debian@127.0.0.1:${port}/postgres`, PG_DUMP: path.join(bin, 'pg_dump') };
    // Its own run: which server the tests have is settled once for a run.
    const ran = await promisify(execFile)(process.execPath, [path.join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'database', ...FILES], { cwd: ROOT, env, maxBuffer: 1e8 }).catch((error: { stdout: string; stderr: string }) => error);
    const said = stripVTControlCharacters(`${ran.stdout}${ran.stderr}`);
    expect(said, said.slice(-6000)).toMatch(new RegExp(`Test Files {2}${FILES.length} passed`));
    expect(said).toContain(`pg_dump (PostgreSQL) ${oldest}`);
  } finally {
    await stopServer(server);
    await rm(home, { recursive: true, force: true });
  }
}, 300_000);
