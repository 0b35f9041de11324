// Connections: the only place that opens one. On Node a pool lives as long as the process; on Workers one client lives as
// long as one request. Every connection of the app runs with exactly the rights of niem_app.

import { Kysely, PostgresDialect } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import pg from 'pg';
import { Defect } from '../base/assert.ts';
import { Refused } from '../base/refusal.ts';
import type { DB } from './tables.ts';
import { vaultOf } from './vault.ts';
import type { Vault } from './vault.ts';

export type Read = ReadonlyKysely<DB>;
export type Write = Kysely<DB>;

/** SQLSTATEs that the program acts on, by name. */
export const SQLSTATE = {
  unique_violation: '23505',
  check_violation: '23514',
  serialization_failure: '40001',
  deadlock_detected: '40P01',
  lock_not_available: '55P03',
  query_canceled: '57014',
  insufficient_privilege: '42501',
  append_only: 'NI001',
  watch_refused: 'NI003',
  held_unit_moves: 'NI005',
} as const;

/** Somebody else was quicker: what is decided anew may well hold. A unit can be held while another flight closes the bag around it. */
export const COLLISIONS: ReadonlySet<string> = new Set([
  SQLSTATE.unique_violation,
  SQLSTATE.deadlock_detected,
  SQLSTATE.serialization_failure,
  SQLSTATE.held_unit_moves,
]);

export const sqlState = (error: unknown): string | undefined => (error instanceof pg.DatabaseError ? error.code : undefined);

/** Named, prepared SQL; rows come back as arrays, because the hot path reads thousands of them. */
export type Statement = { name: string; text: string };
export type Row = readonly unknown[];

/** One connection inside one transaction. Statements sent without waiting in between share a round trip. */
export type Lane = {
  run(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
  /** Sends and does not wait: the commit waits, and fails when this has failed. */
  send(statement: Statement, values: readonly unknown[]): void;
};

export type Store = {
  read: Read;
  write: Write;
  /** Seals and opens what is personal. */
  vault: Vault;
  /** One prepared statement outside any transaction. */
  query(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  /** Runs `work` in a transaction on one connection; commits when it returns, rolls back when it throws. */
  lane<T>(work: (lane: Lane) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

// int8 counts of ours stay far below 2^53; text would only invite string arithmetic.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new Defect('bigint out of range');
  return number;
});
// A date is a civil date, not an instant: keep it as YYYY-MM-DD.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

async function run(client: pg.ClientBase | pg.Pool, statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
  const result = await client.query({ name: statement.name, text: statement.text, values: [...values], rowMode: 'array' });
  return result.rows;
}

/**
 * Runs `work` between BEGIN and COMMIT. COMMIT goes out with the last statements; that it committed is seen from its answer,
 * because PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK and no error.
 */
async function transact<T>(client: pg.ClientBase, work: (lane: Lane) => Promise<T>): Promise<T> {
  const together = inOnePacket(client);
  const sent: Promise<unknown>[] = [];
  // Looked at when the work is done; until then a failure must not count as one that nobody handles.
  const keep = (promise: Promise<unknown>): void => {
    promise.catch(() => undefined);
    sent.push(promise);
  };
  together();
  keep(client.query('begin'));
  const lane: Lane = {
    run: (statement, values) => (together(), run(client, statement, values)),
    send: (statement, values) => (together(), keep(run(client, statement, values))),
  };
  try {
    const result = await work(lane);
    together();
    const commit = client.query('commit');
    // The first failure is the cause; those behind it only say that the transaction is aborted.
    const [outcome] = (await Promise.allSettled([...sent, commit])).filter((settled) => settled.status === 'rejected');
    if (outcome) throw outcome.reason;
    if ((await commit).command !== 'COMMIT') throw new Defect('transaction was rolled back at commit');
    return result;
  } catch (error) {
    await Promise.allSettled(sent);
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** What is said in one turn leaves in one packet: seven calls of the system a flight become two. */
function inOnePacket(client: pg.ClientBase): () => void {
  const { stream } = (client as unknown as { connection: { stream: { cork?(): void; uncork(): void } } }).connection;
  let corked = false;
  return () => {
    if (corked || stream.cork === undefined) return;
    corked = true;
    stream.cork();
    setImmediate(() => {
      corked = false;
      stream.uncork();
    });
  };
}

const LIMITS = {
  connectionTimeoutMillis: 10_000,
  statement_timeout: 15_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 20_000,
};

export type ConnectOptions = {
  url: string;
  /** Key of the vault; left out: nothing personal can be stored or read through this store. */
  personal_key?: string | undefined;
  /** Connections for views and cold acts. */
  connections_max: number;
  /** Connections for flights of append. */
  lanes_max: number;
  onError: (error: Error) => void;
};

/** Node: pools. `set role niem_app` at start-up, so that a login with more rights never lends them to a request. */
export function connectPool(options: ConnectOptions): Store {
  const base = { connectionString: options.url, ...LIMITS, options: '-c role=niem_app' };
  const pool = new pg.Pool({ ...base, max: options.connections_max });
  const lanes = new pg.Pool({ ...base, max: options.lanes_max, pipeline: true });
  pool.on('error', options.onError);
  lanes.on('error', options.onError);
  for (const each of [pool, lanes]) each.on('connect', (client) => client.on('error', options.onError));
  const kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  return {
    read: kysely as unknown as Read,
    write: kysely,
    vault: vaultOf(options.personal_key ?? null),
    query: (statement, values) => run(lanes, statement, values),
    async lane(work) {
      const client = await lanes.connect();
      let broken = false;
      try {
        return await transact(client, work);
      } catch (error) {
        // Anything but an answer of the server may leave the connection half-used: throw it away.
        broken = !(error instanceof pg.DatabaseError) && !(error instanceof Refused);
        throw error;
      } finally {
        client.release(broken);
      }
    },
    async close() {
      await kysely.destroy();
      await lanes.end();
    },
  };
}

/** Workers: one client for one request; the caller ends it in waitUntil. Hyperdrive gives the niem_app login. */
export function connectOnce(url: string, personal_key?: string): Store {
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000 });
  const kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  return {
    read: kysely as unknown as Read,
    write: kysely,
    vault: vaultOf(personal_key ?? null),
    query: (statement, values) => run(pool, statement, values),
    async lane(work) {
      const client = await pool.connect();
      try {
        return await transact(client, work);
      } finally {
        client.release();
      }
    },
    close: () => kysely.destroy(),
  };
}

/** Whether an error means that the database could not be reached or gave up: the outcome of a write is then unknown. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return /^(08|53|57|58|XX)/.test(error.code ?? '') || error.code === SQLSTATE.lock_not_available;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)/.test(code)) return true;
  return (
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|connection is closed/i.test(
      error.message,
    )
  );
}
