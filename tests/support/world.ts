// A small province in one call: offices, people of every role, number ranges, one open shift, and the whole app on it.

import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { expect } from 'vitest';
import { KT1_LETTER, PARCEL } from '../../src/api/examples.ts';
import { numberOf } from '../../src/domain/code.ts';
import { verifyCasefiles } from '../../src/ledger/casefile.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { assemble } from '../../src/node.ts';
import type { Signing } from '../../src/node.ts';
import type { DB } from '../../src/store/tables.ts';
import { freshDatabase } from './database.ts';
import type { FreshDatabase } from './database.ts';
import type { Role } from '../../src/domain/role.ts';
import { CENTRE, DONG_DANG, HA_NOI, hire, newId, people, PERSONAL_KEY, PIN } from './people.ts';

export type Answer = { status: number; body: any; headers: Headers; text: string };
export type World = Awaited<ReturnType<typeof makeWorld>>;

/** Badges: one per role (`CLERK`, `CONTROLLER`, …) plus `CLERK1`..`CLERK8`, `CONTROLLER2`, `UNCLEARED`, `UNTRAINED`. */
export async function makeWorld(options: { profile?: 'lan' | 'edge'; import_key?: string; lan_hosts?: string; smtp_url?: string; signing?: (clock: () => number) => Promise<Signing>; origin?: string; evidence?: { NIEM_DIR: string } | { NIEM_EVIDENCE_S3: string } } = {}) {
  const database: FreshDatabase = await freshDatabase();
  const pool = new pg.Pool({ connectionString: database.urls.superuser, max: 3 });
  // Dropping the database by force may cut a connection that is just closing; that is no failure of the test.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const root = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  const shift_id = await people(root);
  let offset = 0;
  const clock = () => Date.now() + offset;
  const signing = await options.signing?.(clock);
  const { app, services, tick, hush, keepLog, close } = assemble(
    { NIEM_PROFILE: options.profile ?? 'lan', NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 5, NIEM_LOG: 'silent', NIEM_PERSONAL_KEY: PERSONAL_KEY, NIEM_LOG_ORIGIN: options.origin ?? 'niem.example/test/2026', ...(options.import_key === undefined ? {} : { NIEM_IMPORT_KEY: options.import_key }), ...(options.lan_hosts === undefined ? {} : { NIEM_LAN_HOSTS: options.lan_hosts }), ...(options.smtp_url === undefined ? {} : { NIEM_SMTP_URL: options.smtp_url, NIEM_SMTP_FROM: 'niem@mau.example' }), ...options.evidence },
    database.urls.app,
    clock,
    [],
    signing,
  );

  async function call(method: string, path: string, options: { token?: string | undefined; body?: unknown; raw?: string | Uint8Array<ArrayBuffer>; type?: string } = {}): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
    const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    if (body !== undefined) headers['content-type'] = options.type ?? 'application/json';
    const response = await app.request(path, { method, headers, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    return { status: response.status, body: /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : null, headers: response.headers, text };
  }

  const tokens = new Map<string, Promise<string>>();
  const newToken = async (badge: string, more: object = {}): Promise<string> => {
    const answer = await call('POST', '/api/sessions', { body: { badge, pin: PIN, ...more } });
    expect(answer.body).toHaveProperty('token');
    return answer.body.token as string;
  };
  /** The session of a badge, signed in once. */
  function as(badge: string): Promise<string> {
    const known = tokens.get(badge) ?? newToken(badge);
    tokens.set(badge, known);
    return known;
  }

  const post = async (badge: string, checkpoint: object): Promise<Answer> =>
    call('POST', '/api/checkpoints', { token: await as(badge), body: { checkpoint_id: newId(), ...checkpoint } });

  return {
    database, root, app, services, hush, tick, keepLog, shift_id, clock, call, as, newToken, post,
    hire: (badge: string, role: Role, office: string) => hire(root, badge, role, office),
    personId: async (badge: string): Promise<string> => (await root.selectFrom('person').select('person_id').where('badge', '=', badge).executeTakeFirstOrThrow()).person_id,
    forget: (badge: string) => tokens.delete(badge),
    advance: (ms: number) => void (offset += ms),
    /** Accepts an item and returns its number. */
    async accepted(example: object = KT1_LETTER, badge = 'CLERK'): Promise<string> {
      const answer = await post(badge, { ...example, checkpoint_id: newId() });
      expect(answer.body).toHaveProperty('code');
      return answer.body.code as string;
    },
    async confirmation(badge: string, second: string, permission: string): Promise<string> {
      const answer = await call('POST', '/api/session/second-person', { token: await as(badge), body: { badge: second, pin: PIN, permission } });
      expect(answer.status, answer.text).toBe(201);
      return answer.body.confirmation as string;
    },
    /** Everything that must be true of the ledger is. Call it after each test. */
    async verify() {
      const verdict = await verifyLedger(services.store.read, services.store.vault);
      // The app sees no casefile unless somebody asks; whoever has all rights sees them all.
      await verifyCasefiles(root as unknown as typeof services.store.read, (table, key, column, problem) => verdict.faults.push({ table, key, column, problem }));
      expect(verdict.faults).toEqual([]);
      return verdict;
    },
    async end(): Promise<void> {
      await close();
      await root.destroy();
      await database.drop();
    },
  };
}

export { KT1_LETTER, PARCEL };
export { CENTRE, DONG_DANG, HA_NOI, newId, PERSONAL_KEY, PIN };

/** A refusal with its code, status and both sentences; never a 500. */
export function expectRefusal(answer: Answer, refusal: string, status?: number): void {
  expect(answer.body?.refusal, answer.text).toBe(refusal);
  if (status !== undefined) expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body.vi.length * answer.body.en.length * answer.body.remedy_vi.length * answer.body.remedy_en.length).toBeGreaterThan(0);
  expect(JSON.stringify(answer.body)).not.toMatch(/\{[a-z_]+\}/);
}

/** The n-th number of the office's pre-printed labels. */
export const preprinted = (n: number, prefix = 'BD'): string => numberOf({ prefix, suffix: 'VN', check_rule: 's10', serial_width: 8 }, 50_000_000 + n);
