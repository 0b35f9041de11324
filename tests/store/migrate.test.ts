// Migrations: applied once, in order, whole or not at all, by however many processes at once; never on the wrong schema.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  latestVersion,
  migrate,
  requireSchema,
  SchemaError,
  schemaVersion,
} from '../../src/store/migrate.ts';
import { freshDatabase, type FreshDatabase } from '../support/database.ts';

const MODULE = path.join(import.meta.dirname, '../../src/store/migrate.ts');

let dir: string;
let database: FreshDatabase;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'niem-migrations-'));
  database = await freshDatabase({ empty: true });
});
afterEach(async () => {
  await database.drop();
  await rm(dir, { recursive: true });
});

const file = (name: string, sql: string): Promise<void> => writeFile(path.join(dir, name), sql);

async function rows(sql: string, url = database.urls.superuser): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('files are applied in order, once, each with its row', async () => {
  await file('0001_letter.sql', 'create table letter (id int primary key);');
  await file('0002_bag.sql', '--! breaking change\ncreate table bag (letter_id int references letter);');
  const { migrate: url } = database.urls;
  expect(await migrate(url, { dir })).toEqual({
    from: 0,
    to: 2,
    applied: ['0001_letter.sql', '0002_bag.sql'],
  });
  expect(await migrate(url, { dir })).toEqual({ from: 2, to: 2, applied: [] });
  expect(await rows('select version, name, breaking from schema_version order by version')).toEqual([
    { version: 1, name: '0001_letter.sql', breaking: false },
    { version: 2, name: '0002_bag.sql', breaking: true },
  ]);
});

test('what is migrated belongs to niem_owner, and the app may read the version but not write it', async () => {
  await file('0001_letter.sql', 'create table letter ();');
  await migrate(database.urls.migrate, { dir });
  const owners = await rows("select distinct tableowner from pg_tables where schemaname = 'public'");
  expect(owners).toEqual([{ tableowner: 'niem_owner' }]);
  expect(await schemaVersion(database.urls.app)).toBe(1);
  await expect(rows('delete from schema_version', database.urls.app)).rejects.toThrow('permission denied');
});

test('twenty processes migrating at once leave one schema', async () => {
  const role = `${database.name}_role`;
  await file(
    '0001_first.sql',
    `do $$ begin
       if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
     end $$;
     create extension if not exists btree_gist;
     create extension if not exists pg_trgm;
     create extension if not exists unaccent;
     create table once (step text);
     insert into once values ('first');
     select pg_sleep(0.5);`,
  );
  await file('0002_second.sql', "insert into once values ('second');");
  await file(
    '0003_third.sql',
    "alter table once add column at timestamptz; insert into once values ('third');",
  );
  const script = `import { migrate } from ${JSON.stringify(MODULE)};
    console.log(JSON.stringify(await migrate(${JSON.stringify(database.urls.superuser)}, { dir: ${JSON.stringify(dir)} })));`;
  const runs = await Promise.all(
    Array.from({ length: 20 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]),
    ),
  );
  const results = runs.map(({ stdout }) => JSON.parse(stdout) as { to: number; applied: string[] });
  expect(results.map(({ to }) => to)).toEqual(Array.from({ length: 20 }, () => 3));
  const applied = results.flatMap((result) => result.applied).toSorted();
  expect(applied).toEqual(['0001_first.sql', '0002_second.sql', '0003_third.sql']);
  expect(await rows('select step from once')).toEqual([
    { step: 'first' },
    { step: 'second' },
    { step: 'third' },
  ]);
  expect(await rows('select version from schema_version')).toEqual([
    { version: 1 },
    { version: 2 },
    { version: 3 },
  ]);
  await rows(`drop role ${role}`);
}, 120_000);

test('twenty that begin in the same instant, before there is even a version table, leave one schema', async () => {
  await file('0001_letter.sql', 'create table letter ();');
  const { migrate: url } = database.urls;
  const results = await Promise.all(Array.from({ length: 20 }, () => migrate(url, { dir })));
  expect(results.map(({ to }) => to)).toEqual(Array.from({ length: 20 }, () => 1));
  expect(results.flatMap(({ applied }) => applied)).toEqual(['0001_letter.sql']);
});

test('a migration that fails leaves nothing of itself and names its file and line', async () => {
  await file('0001_letter.sql', 'create table letter ();');
  await file('0002_bag.sql', 'create table bag ();\n-- Túi thư\nselect wrong;');
  const error = await migrate(database.urls.migrate, { dir }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SchemaError);
  expect(error).toMatchObject({
    code: 'migration_failed',
    message: expect.stringMatching(/0002_bag\.sql:3 .*"wrong"/),
  });
  expect(await schemaVersion(database.urls.migrate)).toBe(1);
  expect(await rows("select to_regclass('bag') as bag")).toEqual([{ bag: null }]);
  await file('0002_bag.sql', 'create table bag ();');
  expect(await migrate(database.urls.migrate, { dir })).toMatchObject({ from: 1, applied: ['0002_bag.sql'] });
});

test('a migration that met a lock is tried again', async () => {
  await rows('create sequence tries; grant usage on tries to niem_owner');
  await file(
    '0001_busy.sql',
    `create table letter ();
     do $$ begin if nextval('tries') < 3 then raise exception 'busy' using errcode = 'lock_not_available'; end if; end $$;`,
  );
  expect(await migrate(database.urls.migrate, { dir })).toMatchObject({ to: 1 });
  expect(await rows('select last_value::int as tries from tries')).toEqual([{ tries: 3 }]);
});

test('a setting left behind by one file does not reach the next', async () => {
  await file('0001_set.sql', 'create schema elsewhere; set search_path = elsewhere;');
  await file('0002_letter.sql', 'create table letter ();');
  await migrate(database.urls.migrate, { dir });
  expect(await rows("select to_regclass('public.letter') is not null as there")).toEqual([{ there: true }]);
});

test('an edited migration is refused', async () => {
  await file('0001_letter.sql', 'create table letter ();');
  await migrate(database.urls.migrate, { dir });
  await file('0001_letter.sql', 'create table letter (id int);');
  await file('0002_bag.sql', 'create table bag ();');
  const refused = { code: 'migration_edited', message: expect.stringContaining('0001_letter.sql') };
  await expect(migrate(database.urls.migrate, { dir })).rejects.toMatchObject(refused);
  expect(await schemaVersion(database.urls.migrate)).toBe(1);
});

test('line ends of Windows are no edit', async () => {
  await file('0001_letter.sql', 'create table letter (\n);\n');
  await migrate(database.urls.migrate, { dir });
  await file('0001_letter.sql', 'create table letter (\r\n);\r\n');
  expect(await migrate(database.urls.migrate, { dir })).toMatchObject({ from: 1, applied: [] });
});

test('old code refuses a newer schema, and new code an older one, each with the remedy', async () => {
  const { migrate: url, app } = database.urls;
  await file('0001_letter.sql', 'create table letter ();');
  const older = { code: 'schema_older', message: expect.stringContaining('npm run migrate') };
  await expect(requireSchema(app, dir)).rejects.toMatchObject(older);
  await migrate(url, { dir });
  await requireSchema(app, dir);
  await file('0002_bag.sql', 'create table bag ();');
  await expect(requireSchema(app, dir)).rejects.toMatchObject(older);
  await migrate(url, { dir });
  await rm(path.join(dir, '0002_bag.sql'));
  const newer = { code: 'schema_newer', message: expect.stringContaining('install the newer program') };
  await expect(requireSchema(app, dir)).rejects.toMatchObject(newer);
  await expect(migrate(url, { dir })).rejects.toMatchObject(newer);
});

describe('files that cannot be a history are refused before anything is done', () => {
  const bad: Record<string, string[]> = {
    'a gap': ['0001_a.sql', '0003_c.sql'],
    'a repeat': ['0001_a.sql', '0002_b.sql', '0002_c.sql'],
    'no first': ['0002_b.sql'],
    'another way of writing': ['0001_a.sql', '2_b.sql'],
  };
  test.each(Object.entries(bad))('%s', async (_, names) => {
    for (const name of names) await file(name, 'select 1;');
    await expect(migrate(database.urls.migrate, { dir })).rejects.toMatchObject({ code: 'migration_files' });
    expect(await rows("select to_regclass('schema_version') as made")).toEqual([{ made: null }]);
  });
  test('a file that ends its own transaction', async () => {
    await file('0001_a.sql', 'create table a ();\ncommit;\ncreate table b ();');
    await expect(migrate(database.urls.migrate, { dir })).rejects.toMatchObject({ code: 'migration_files' });
    await file('0001_a.sql', 'do $$\nbegin\n  perform 1;\nend;\n$$;');
    expect(await migrate(database.urls.migrate, { dir })).toMatchObject({ to: 1 });
  });
});

test('a fresh test database has the schema this code was written for', async () => {
  const migrated = await freshDatabase();
  await requireSchema(migrated.urls.app);
  expect(await schemaVersion(migrated.urls.app)).toBe(await latestVersion());
  await migrated.drop();
});
