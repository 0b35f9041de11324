// Forward-only migrations: db/migrations/0001_name.sql and so on, each in one transaction. Node only. Any number of processes
// may migrate at once; a file that has been applied may not change, and old code does not run on a newer schema.

import { createHash, randomInt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export type Migrated = { from: number; to: number; applied: string[] };

type Migration = { version: number; name: string; sha256: string; breaking: boolean; sql: string };

const DIR = path.join(import.meta.dirname, '../../db/migrations');
const ATTEMPTS_MAX = 6;

/** lock_not_available, deadlock_detected, serialization_failure: trying again may help. */
const PASSING = new Set(['55P03', '40P01', '40001']);
const UNIQUE_VIOLATION = '23505';
const UNDEFINED_TABLE = '42P01';

type SchemaErrorCode = 'schema_older' | 'schema_newer' | 'migration_edited' | 'migration_failed' | 'migration_files';

export class SchemaError extends Error {
  override name = 'SchemaError';
  readonly code: SchemaErrorCode;
  constructor(code: SchemaErrorCode, vi: string, en: string) {
    super(`${vi} / ${en}`);
    this.code = code;
  }
}

export async function migrate(url: string, options: { dir?: string } = {}): Promise<Migrated> {
  const migrations = await readMigrations(options.dir ?? DIR);
  return connected(url, async (client) => {
    await createVersionTable(client);
    const from = await compare(client, migrations);
    const applied: string[] = [];
    for (const migration of migrations.slice(from)) {
      if (await apply(client, migration)) applied.push(migration.name);
    }
    // Once more: what another process applied meanwhile may have come from other files.
    return { from, to: await compare(client, migrations), applied };
  });
}

/** Version of the schema in the database; 0 if there is none. */
export async function schemaVersion(url: string): Promise<number> {
  return connected(url, async (client) => {
    try {
      const { rows } = await client.query('select coalesce(max(version), 0) as version from public.schema_version');
      return rows[0].version;
    } catch (error) {
      if (sqlState(error) === UNDEFINED_TABLE) return 0;
      throw error;
    }
  });
}

/** Version of the schema this code was written for. */
export async function latestVersion(dir: string = DIR): Promise<number> {
  return (await readMigrations(dir)).length;
}

/** Throws unless the schema is exactly the one this code was written for. */
export async function requireSchema(url: string, dir: string = DIR): Promise<void> {
  const [found, wanted] = [await schemaVersion(url), await latestVersion(dir)];
  if (found > wanted) throw newer(found, wanted);
  if (found < wanted) {
    throw new SchemaError(
      'schema_older',
      `Lược đồ CSDL ở phiên bản ${found}, chương trình cần phiên bản ${wanted}: hãy chạy npm run migrate rồi khởi động lại.`,
      `The database schema is at version ${found}, the program needs ${wanted}: run npm run migrate, then start again.`,
    );
  }
}

const newer = (found: number, wanted: number): SchemaError =>
  new SchemaError(
    'schema_newer',
    `Lược đồ CSDL ở phiên bản ${found}, chương trình này chỉ biết đến ${wanted}: hãy cài bản chương trình mới hơn.`,
    `The database schema is at version ${found}, this program knows only ${wanted}: install the newer program.`,
  );

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'niem migrate' });
  // A lost connection also rejects the query that is running; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.sql')).toSorted();
  return Promise.all(
    files.map(async (file, index) => {
      const version = index + 1;
      if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(file) || Number(file.slice(0, 4)) !== version) {
        throw new SchemaError(
          'migration_files',
          `Tệp ${file} trong ${dir} phải mang số ${version}: các số liên tục từ 0001, không trùng, dạng 0001_ten.sql.`,
          `File ${file} in ${dir} should be number ${version}: numbers run from 0001 without gap or repeat, as 0001_name.sql.`,
        );
      }
      // Git on Windows may check files out with CRLF; that is not an edit.
      const sql = (await readFile(path.join(dir, file), 'utf8')).replaceAll('\r\n', '\n');
      if (/^\s*(begin|start transaction|commit|rollback)( work| transaction)?\s*;/im.test(sql)) {
        throw new SchemaError(
          'migration_files',
          `Tệp ${file} tự mở hoặc đóng giao dịch: hãy bỏ lệnh đó, mỗi tệp chạy trọn trong một giao dịch.`,
          `File ${file} begins or ends a transaction: take that out, each file runs in one transaction.`,
        );
      }
      const sha256 = createHash('sha256').update(sql).digest('hex');
      return { version, name: file, sha256, breaking: sql.startsWith('--! breaking'), sql };
    }),
  );
}

/** One string, so one transaction. Everybody may read it: each server checks it before it starts. */
const VERSION_TABLE = `
  create table public.schema_version (
    version integer primary key check (version > 0),
    name text not null,
    sha256 text not null,
    breaking boolean not null,
    applied_at timestamptz not null default now()
  );
  comment on table public.schema_version is 'Migrations that have been applied, one row each.';
  comment on column public.schema_version.version is 'Number of the migration.';
  comment on column public.schema_version.name is 'File name in db/migrations.';
  comment on column public.schema_version.sha256 is 'SHA-256 of the file: an applied file may not change.';
  comment on column public.schema_version.breaking is 'Whether the file says that older code cannot run after it.';
  comment on column public.schema_version.applied_at is 'When its transaction began.';
  grant select on public.schema_version to public`;

async function createVersionTable(client: pg.Client): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const { rows } = await client.query("select to_regclass('public.schema_version') is not null as there");
    return rows[0].there;
  };
  if (await isThere()) return;
  try {
    await client.query(VERSION_TABLE);
  } catch (error) {
    // Who creates it at the same time gets one of several errors (table, its row type, or a catalogue's unique index).
    if (!(await isThere())) throw error;
  }
}

/** Version of the schema, after making sure that it came from these very files. */
async function compare(client: pg.Client, migrations: Migration[]): Promise<number> {
  const { rows } = await client.query('select version, name, sha256 from public.schema_version order by version');
  if (rows.length > migrations.length) throw newer(rows.length, migrations.length);
  for (const [index, migration] of migrations.slice(0, rows.length).entries()) {
    if (rows[index].sha256 === migration.sha256) continue;
    throw new SchemaError(
      'migration_edited',
      `Tệp ${migration.name} đã bị sửa sau khi áp dụng: hãy khôi phục nội dung cũ và viết thay đổi thành tệp mới.`,
      `File ${migration.name} was edited after it was applied: restore it and write the change as a new file.`,
    );
  }
  return rows.length;
}

/** False if another process was quicker. */
async function apply(client: pg.Client, migration: Migration): Promise<boolean> {
  const { version, name, sha256, breaking, sql } = migration;
  for (let attempt = 1; ; attempt++) {
    let ours = false;
    try {
      // A `set` left behind by the file before must not change what this one does.
      await client.query('reset all');
      await client.query('begin');
      // First of all: another migrator collides here, waits for this transaction to end, and then knows how it ended.
      const insert = 'insert into public.schema_version (version, name, sha256, breaking) values ($1, $2, $3, $4)';
      await client.query(insert, [version, name, sha256, breaking]);
      ours = true;
      // Not before: a migrator may wait for another as long as it takes, but not for the readers of a table in use.
      await client.query("set local lock_timeout = '10s'");
      await client.query(sql);
      await client.query('commit');
      return true;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      if (!ours && sqlState(error) === UNIQUE_VIOLATION) return false;
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (attempt === ATTEMPTS_MAX || !PASSING.has(sqlState(error))) throw failed(migration, error);
      await sleep(randomInt(500) * attempt);
    }
  }
}

function failed({ name, sql }: Migration, error: pg.DatabaseError): SchemaError {
  const before = error.position ? Array.from(sql).slice(0, Number(error.position) - 1) : [];
  const line = error.position ? `:${before.filter((character) => character === '\n').length + 1}` : '';
  return new SchemaError(
    'migration_failed',
    `Tệp ${name}${line} không áp dụng được; cơ sở dữ liệu vẫn như trước tệp này.`,
    `File ${name}${line} could not be applied; the database is as before this file: ${error.message}`,
  );
}

const sqlState = (error: unknown): string => (error instanceof pg.DatabaseError && error.code) || '';
