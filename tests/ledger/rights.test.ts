// What each login may do to each table, asked of the database itself and compared with what is declared here: a new table
// that is not declared fails. And the ledger takes no change, not even from those who have the right to make one.

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import type { FreshDatabase } from '../support/database.ts';
import { newId } from '../support/people.ts';

const LOGINS = ['app', 'reader', 'nobody'] as const;
type Login = (typeof LOGINS)[number];

/** select, insert, update, delete, truncate; with columns in brackets where only those. Not named: nothing. */
const MATRIX: Record<string, Partial<Record<Login, string>>> = {
  administrative_unit: { app: 'select', reader: 'select' },
  agency: { app: 'select', reader: 'select' },
  authorised_person: { app: 'select', reader: 'select' },
  bag: { app: 'select insert update', reader: 'select' },
  blind_key: { app: 'select' },
  call_notice: { app: 'select insert update', reader: 'select' },
  // Behind forced row-level security: what the app may, it may for the parties of a casefile only.
  casefile: { app: 'select update(entry_no,head_hash,lead_party,severity,state)' },
  casefile_entry: { app: 'select insert' },
  casefile_evidence: { app: 'select insert' },
  casefile_leaf: { app: 'select' },
  casefile_party: { app: 'select insert update(revoke_no,revoked_at)' },
  casefile_read: { app: 'select insert' },
  casefile_unit: { app: 'select insert update(dropped_no,release_no)' },
  casefile_words: { app: 'select insert' },
  checkpoint: { app: 'select insert', reader: 'select' },
  contact: { app: 'select', reader: 'select' },
  complaint: { app: 'select insert update', reader: 'select' },
  containment: { app: 'select insert update', reader: 'select' },
  count_line: { app: 'select insert update', reader: 'select' },
  device: { app: 'select insert update(revoked_at,revoked_by)', reader: 'select' },
  discrepancy: { app: 'select insert update', reader: 'select' },
  enrolment_code: { app: 'select insert update(used_at)' },
  equipment: { app: 'select insert update(retired_at)', reader: 'select' },
  equipment_test: { app: 'select insert', reader: 'select' },
  flag_look: { app: 'select insert update(looked_at,unit_id)', reader: 'select' },
  flag_note: { app: 'select insert', reader: 'select' },
  grant_use: { app: 'select insert' },
  handover: { app: 'select insert update', reader: 'select' },
  handover_line: { app: 'select insert update', reader: 'select' },
  holiday: { app: 'select', reader: 'select' },
  item: { app: 'select insert update', reader: 'select' },
  journal_entry: { app: 'select insert', reader: 'select' },
  journal_head: { app: 'select update(entry_no,hash)', reader: 'select' },
  label_key: { app: 'select insert' },
  legal_act: { app: 'select', reader: 'select' },
  linkage: { app: 'select insert update(attempted_at) delete' },
  log: { app: 'select insert(log_name,opened_at,origin) update(size)', reader: 'select' },
  log_alarm: { app: 'select insert update(ended_at)', reader: 'select' },
  log_cosignature: { app: 'select insert', reader: 'select' },
  log_entry: { app: 'select', reader: 'select' },
  log_head: { app: 'select insert update(cosigned_at)', reader: 'select' },
  log_pending: { app: 'select', reader: 'select' },
  log_record: { app: 'select insert', reader: 'select' },
  log_tile: { app: 'select insert update(hashes)', reader: 'select' },
  number_pattern: { app: 'select', reader: 'select' },
  number_range: { app: 'select update(serial_next)', reader: 'select' },
  offline_grant: { app: 'select insert update(revoked_at)' },
  office: { app: 'select', reader: 'select' },
  opening: { app: 'select insert update', reader: 'select' },
  person: {
    app: 'select update(failed_attempts,locked_until,pin_hash)',
    reader:
      'select(background_checked_on,badge,clearance,clearance_to,failed_attempts,full_name,kt1_training_to,locked_until,person_id,valid_from,valid_to)',
  },
  person_role: { app: 'select', reader: 'select' },
  erasure: { app: 'select insert', reader: 'select' },
  personal: { app: 'select insert update delete' },
  personal_key: { app: 'select insert update delete' },
  postal_code: { app: 'select', reader: 'select' },
  reason: { app: 'select', reader: 'select' },
  refused_claim: { app: 'select insert', reader: 'select' },
  preadvice: { app: 'select insert', reader: 'select' },
  preadvice_bag: { app: 'select insert', reader: 'select' },
  preadvice_line: { app: 'select insert', reader: 'select' },
  rule: { app: 'select insert', reader: 'select' },
  rule_hit: { app: 'select insert', reader: 'select' },
  rule_replay: { app: 'select insert', reader: 'select' },
  rule_version: { app: 'select insert update(ended_at,ended_by,published_at,published_by)', reader: 'select' },
  request_context: {},
  run: { app: 'select insert update', reader: 'select' },
  run_item: { app: 'select insert update', reader: 'select' },
  schema_version: { app: 'select', reader: 'select' },
  screening: { app: 'select insert', reader: 'select' },
  screening_list: { app: 'select', reader: 'select' },
  screening_outcome: { app: 'select insert', reader: 'select' },
  seal: { app: 'select insert update', reader: 'select' },
  second_confirmation: { app: 'select insert update(used_by_checkpoint_id)' },
  served_address: { app: 'select', reader: 'select' },
  served_body: { app: 'select', reader: 'select' },
  session: { app: 'select insert update(ended_at,seen_at)' },
  settlement: { app: 'select insert update', reader: 'select' },
  settlement_dispute: { app: 'select insert update', reader: 'select' },
  shift: {
    app: 'select insert update(blind_attempts,blind_counted_at,blind_counted_by,closed_at,closed_by,forced_reason_code,handed_to)',
    reader: 'select',
  },
  shift_balance: { app: 'select insert update', reader: 'select' },
  shift_stock: { app: 'select insert', reader: 'select' },
  time_limit: { app: 'select', reader: 'select' },
  travel_time: { app: 'select', reader: 'select' },
  trip: { app: 'select insert update', reader: 'select' },
  trip_series: { app: 'select insert update', reader: 'select' },
  unit: { app: 'select insert update', reader: 'select' },
  read_log: { app: 'select insert', reader: 'select' },
  legal_basis: { app: 'select insert', reader: 'select' },
  written_record: { app: 'select insert', reader: 'select' },
  written_record_scan: { app: 'select insert', reader: 'select' },
  written_record_series: { app: 'select insert update', reader: 'select' },
  // Read through functions only, by the token of a session of the owner's, or by the worker.
  endpoint: {},
  file_key: { app: 'select' },
  notice: { app: 'select insert(asked_id,detected_at,from_party,goods_class,office_code,party_code,raised_at,raised_by,route_id,subject_id,subject_kind) update(party_code,settled_at)' },
  notice_route: { app: 'select', reader: 'select' },
  notice_step: { app: 'select insert' },
  endpoint_key: {},
  message: {},
  watch_decision: { app: 'insert(decided_at,decided_by,decision,entry_id,list_id)' },
  watch_entry: { app: 'select(entry_id) insert(added_at,added_by,entry_text,least_match,list_id,match_keys,match_kind)' },
  watch_hit: { app: 'insert' },
  watch_list: { app: 'select(list_id) insert(act_code,agency_code,authored_at,authored_by,basis_no,expires_at,office_code,purpose,title)' },
};

let database: FreshDatabase;
let root: pg.Client;
const nobody = `niem_test_nobody_${randomBytes(4).toString('hex')}`;
const clients = {} as Record<Login | 'migrate', pg.Client>;

beforeAll(async () => {
  database = await freshDatabase();
  root = await connected(database.urls.superuser);
  await root.query(`create role ${nobody} login password 'x'`);
  const url = new URL(database.urls.app);
  url.username = nobody;
  url.password = 'x';
  for (const login of ['app', 'reader', 'migrate'] as const) clients[login] = await connected(database.urls[login]);
  clients.nobody = await connected(url.href);
  await root.query(
    `insert into checkpoint (checkpoint_id, unit_id, unit_seq, kind, person_id, received_at, body) values ($1, $1, 1, 'seen', $1, now(), '')`,
    [newId()],
  );
  await root.query(`insert into journal_entry (entry_no, matter_id, matter_kind, kind, at, body, hash) values (1, $1, 'period', 'period_begun', now(), '', sha256(''))`, [newId()]);
  await root.query(`insert into refused_claim (checkpoint_id, received_at, refusal, person_id, claim) values ($1, now(), 'held', $1, '')`, [
    newId(),
  ]);
});
afterAll(async () => {
  for (const client of [...Object.values(clients), root]) await client.end();
  await database.drop();
  const server = await connected(new URL('/postgres', database.urls.superuser).href);
  await server.query(`drop role ${nobody}`);
  await server.end();
});

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** What the database answers to statements in a transaction that is then undone: a SQLSTATE, or `done`. */
async function attempt(client: pg.Client, ...statements: string[]): Promise<string> {
  await client.query('begin');
  try {
    for (const statement of statements) await client.query(statement);
    return 'done';
  } catch (error) {
    return (error as pg.DatabaseError).code ?? String(error);
  } finally {
    await client.query('rollback');
  }
}

type Table = { name: string; columns: string[] };
const tables = async (): Promise<Table[]> =>
  (
    await root.query(`select relname as name, array_agg(attname::text order by attname) as columns
      from pg_class c join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') group by relname order by relname`)
  ).rows;

/** Rights as they are found by asking for the plan of each statement: the database checks them before it plans. */
async function rightsOn({ name, columns }: Table, client: pg.Client): Promise<string> {
  const may = async (statement: string): Promise<boolean> => {
    const state = await attempt(client, statement);
    // A generated column cannot be written by anybody, a referenced table cannot be truncated: that is no matter of rights.
    expect(['done', '42501', '428C9', '0A000'], `${statement}: ${state}`).toContain(state);
    return state !== '42501';
  };
  const each = async (verb: string, statement: (column: string) => string): Promise<string[]> => {
    const allowed: string[] = [];
    for (const column of columns) if (await may(statement(column))) allowed.push(column);
    return allowed.length === 0 ? [] : [allowed.length === columns.length ? verb : `${verb}(${allowed.join()})`];
  };
  return [
    ...(await each('select', (column) => `explain select ${column} from public.${name}`)),
    ...(await each('insert', (column) => `explain insert into public.${name} (${column}) values (default)`)),
    ...(await each('update', (column) => `explain update public.${name} set ${column} = default`)),
    ...((await may(`explain delete from public.${name}`)) ? ['delete'] : []),
    ...((await may(`truncate public.${name}`)) ? ['truncate'] : []),
  ].join(' ');
}

test('each login may do to each table exactly what is declared, and no table is undeclared', { timeout: 180_000 }, async () => {
  const found: typeof MATRIX = {};
  let cells = 0;
  for (const table of await tables()) {
    const row: Partial<Record<Login, string>> = {};
    for (const login of LOGINS) {
      const rights = await rightsOn(table, clients[login]);
      cells += 2 + 3 * table.columns.length;
      if (rights !== '') row[login] = rights;
    }
    found[table.name] = row;
  }
  console.log(`rights: ${Object.keys(found).length} tables, ${LOGINS.length} logins, ${cells} statements asked`);
  expect(found).toEqual(MATRIX);
});

test('what goes to agencies is taken and settled by the app alone; nobody else sees whether a casefile holds', async () => {
  const calls = ["select * from claim_messages(now(), '1 second', 1, '{webhook}')", "select settle_message(gen_random_uuid(), now(), true, 200::smallint, null, null)", 'select * from casefile_faults()'];
  for (const call of calls) expect([await attempt(clients.app, call), await attempt(clients.reader, call)], call).toEqual(['done', '42501']);
});

test('the logins are nobody special and belong to their one group', async () => {
  const { rows } = await root.query(`
    select rolname, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as special,
      array(select roleid::regrole::text from pg_auth_members m where m.member = r.oid order by 1) as groups
    from pg_roles r where rolname in ('niem_app', 'niem_app_login', 'niem_reader', 'niem_reader_login', 'niem_owner', 'niem_migrator') order by rolname`);
  expect(rows).toEqual([
    { rolname: 'niem_app', special: false, groups: [] },
    { rolname: 'niem_app_login', special: false, groups: ['niem_app'] },
    { rolname: 'niem_migrator', special: false, groups: [] },
    { rolname: 'niem_owner', special: false, groups: [] },
    { rolname: 'niem_reader', special: false, groups: [] },
    { rolname: 'niem_reader_login', special: false, groups: ['niem_reader'] },
  ]);
});

const CHANGES = ['checkpoint', 'refused_claim', 'journal_entry'].flatMap((table) => [
  `update ${table} set person_id = person_id`,
  `delete from ${table}`,
  `truncate ${table}`,
]);

describe('the ledger takes no change', () => {
  test.each(CHANGES)('from the app, whatever role it puts on: %s', async (change) => {
    for (const before of ['set local role none', 'set local role niem_app', 'reset role']) {
      expect(await attempt(clients.app, before, change), before).toBe('42501');
    }
  });

  test.each(CHANGES)('from those who have the right to make it: %s', async (change) => {
    expect(await attempt(clients.migrate, change)).toBe('NI001');
    expect(await attempt(root, change)).toBe('NI001');
    expect(await attempt(root, 'set local session_replication_role = replica', change)).toBe('NI001');
  });

  test('by way of other statements', async () => {
    const [copy, other] = ['select * from checkpoint', 'checkpoint_id = gen_random_uuid()'];
    for (const client of [clients.migrate, root]) {
      expect(await attempt(client, `insert into checkpoint ${copy} on conflict (checkpoint_id) do update set ${other}`)).toBe('NI001');
      expect(
        await attempt(client, `merge into checkpoint c using checkpoint d on c.checkpoint_id = d.checkpoint_id when matched then delete`),
      ).toBe('NI001');
      expect(await attempt(client, `with gone as (delete from refused_claim returning 1) select * from gone`)).toBe('NI001');
      expect(await attempt(client, 'truncate unit, checkpoint cascade')).toBe('NI001');
    }
  });

  test('and all of this because of the triggers: without them the superuser changes what he likes', async () => {
    expect(await attempt(root, 'alter table checkpoint disable trigger all', 'delete from checkpoint')).toBe('done');
    expect(await attempt(root, 'delete from checkpoint')).toBe('NI001');
  });
});

test.each([
  'set role niem_owner',
  'set role niem_migrator',
  'set role postgres',
  'set session authorization niem_owner',
  'set session_replication_role = replica',
  'alter table checkpoint disable trigger all',
  'alter table checkpoint disable trigger checkpoint_append_only',
  'drop trigger checkpoint_append_only on checkpoint',
  'create or replace function refuse_change() returns trigger language plpgsql as $$ begin return old; end $$',
  'alter table checkpoint add column note text',
  'alter table unit drop constraint nobody_holds_only_what_is_gone',
  'drop table personal',
  'drop index one_living_unit_per_code',
  'create table mine (id int)',
  'create view mine as select * from person',
  'create function mine() returns int language sql as $$ select 1 $$',
  'create trigger mine before insert on checkpoint for each row execute function refuse_change()',
  'create schema mine',
  'create extension pg_trgm',
  'create role mine',
  'alter role niem_app_login superuser',
  'grant niem_owner to niem_app_login',
  'alter default privileges for role niem_owner grant delete on tables to niem_app',
  'lock table checkpoint in exclusive mode',
  'copy checkpoint (checkpoint_id) to program $$cat$$',
  "copy refused_claim from '/etc/passwd'",
  "select pg_read_file('/etc/passwd')",
  "select lo_import('/etc/passwd')",
  'select pg_reload_conf()',
  'select passwd from pg_shadow',
])('neither the app nor the reader may: %s', async (statement) => {
  for (const login of ['app', 'reader'] as const) expect(await attempt(clients[login], statement), login).toBe('42501');
});

test('a right that one login grants itself is none', async () => {
  for (const login of ['app', 'reader'] as const) {
    expect(await attempt(clients[login], `grant delete on checkpoint to niem_${login}`, 'delete from checkpoint')).toBe('42501');
  }
});

test.each([
  'select pin_hash from person',
  'select * from person',
  'select * from personal',
  'select * from personal_key',
  'select * from session',
  'select mac_key from label_key',
  'select * from second_confirmation',
  'select * from enrolment_code',
])('the reader never sees a secret or a name that is not on duty: %s', async (query) => {
  expect(await attempt(clients.reader, query)).toBe('42501');
  expect(await attempt(clients.app, query)).toBe('done');
});

test('the ledger, the units and the items can be read by the reader', async () => {
  for (const table of ['checkpoint', 'refused_claim', 'unit', 'item', 'device'])
    expect(await attempt(clients.reader, `select * from ${table}`)).toBe('done');
});
