// Global setup of the database tests: one PostgreSQL for the whole run and in it one migrated template, cloned by
// freshDatabase. Embedded and thrown away afterwards, or the server at TEST_DATABASE_URL (a superuser's; it gets the niem_*
// roles, whose passwords are derived from the URL, so that two runs at a time agree on them).

import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { createRoles, removeEmbedded, startEmbedded, type DatabaseUrls } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    urls: DatabaseUrls;
    /** What follows `template` in `create database`: for a database without anything, and for a migrated one. */
    blank: string;
    migrated: string;
  }
}

const PREFIX = 'niem-test-';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = process.env['TEST_DATABASE_URL']
    ? await existing(process.env['TEST_DATABASE_URL'])
    : await throwaway();
  const template = `niem_template_${randomBytes(4).toString('hex')}`;
  try {
    await createDatabase(server.urls.superuser, template, server.blank);
    await migrate(onDatabase(server.urls.migrate, template));
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('urls', server.urls);
  project.provide('blank', server.blank);
  project.provide('migrated', template);
  return async () => {
    await statement(server.urls.superuser, `drop database ${template} with (force)`);
    await server.stop();
  };
}

type TestServer = { urls: DatabaseUrls; blank: string; stop: () => Promise<void> };

async function throwaway(): Promise<TestServer> {
  await sweep();
  const dir = await mkdtemp(path.join(tmpdir(), PREFIX));
  await chmod(dir, 0o755); // so that the cluster can be in it although we may be root
  const { urls, stop } = await startEmbedded({ dir });
  return {
    urls,
    blank: 'template0',
    stop: async () => {
      await stop();
      await removeEmbedded(dir);
    },
  };
}

/** A run that was killed leaves its server running. The lock tells which folders are nobody's any more. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const dir = path.join(tmpdir(), name);
    if (!name.startsWith(PREFIX) || !existsSync(path.join(dir, 'embedded.json'))) continue;
    await removeEmbedded(dir).catch(() => undefined);
  }
}

async function existing(superuser: string): Promise<TestServer> {
  const password = createHash('sha256').update(superuser).digest('hex');
  const passwords = { migrate: password, app: password, reader: password };
  await onServer(superuser, (client) => createRoles(client, passwords));
  const as = (login: string): string => {
    const url = new URL(superuser);
    url.username = login;
    url.password = password;
    return url.href;
  };
  const urls = {
    superuser,
    migrate: as('niem_migrator_login'),
    app: as('niem_app_login'),
    reader: as('niem_reader_login'),
  };
  // Whatever that server's own locale is: Unicode, and the one order the embedded cluster has.
  const blank = "template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'";
  return { urls, blank, stop: async () => undefined };
}

/** The same URL for another database of the server. */
export function onDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

export async function createDatabase(superuser: string, name: string, template: string): Promise<void> {
  await statement(superuser, `create database ${name} owner niem_owner template ${template}`);
}

export const statement = (superuser: string, sql: string): Promise<void> =>
  onServer(superuser, async (client) => void (await client.query(sql)));

async function onServer(superuser: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: onDatabase(superuser, 'postgres') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
