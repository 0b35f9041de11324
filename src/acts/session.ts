// Signing in and out, the idle lock, and the second person. Tokens are opaque and only their hashes are stored; what a caller
// may do is read from the database, at most half a second old, so a withdrawn role or a revoked device acts within that time
// everywhere and at once in the process that did it.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import { hex, utf8 } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { civilDate, instant } from '../base/time.ts';
import { permissionsOf } from '../domain/role.ts';
import type { Caller, Clearance, Permission, Role } from '../domain/role.ts';
import { sha256 } from '../ledger/entry.ts';
import type { Row, Statement, Store, Write } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';

export const ATTEMPTS_MAX = 5;
const LOCK_MINUTES = 15;
const SESSION_HOURS = 14;
const CONFIRMATION_SECONDS = 120;
const SEEN_EVERY_MS = 30_000;

export const sha256Text = (text: string): Uint8Array => sha256(utf8(text));
const newToken = (): string => randomBytes(32).toString('base64url');

// ---- PINs: scrypt, parameters beside the hash so that they can grow

const COST = { log2n: 14, r: 8, p: 5 };

function derive(pin: string, salt: Uint8Array, cost: typeof COST): Promise<Uint8Array> {
  return new Promise((resolve, reject) =>
    scrypt(pin.normalize('NFC'), salt, 32, { N: 2 ** cost.log2n, r: cost.r, p: cost.p, maxmem: 256 * 2 ** cost.log2n * cost.r }, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}

/** `scrypt$log2n$r$p$salt$hash`; tests may ask for a cheaper cost. */
export async function hashPin(pin: string, cost: typeof COST = COST): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(pin, salt, cost);
  return ['scrypt', cost.log2n, cost.r, cost.p, hex(salt), hex(key)].join('$');
}

async function pinMatches(pin: string, stored: string | null): Promise<boolean> {
  // An unknown badge costs the same time as a known one.
  const [, log2n, r, p, salt, key] = (stored ?? `scrypt$14$8$5$${'00'.repeat(16)}$${'00'.repeat(32)}`).split('$');
  const derived = await derive(pin, Buffer.from(salt ?? '', 'hex'), { log2n: Number(log2n), r: Number(r), p: Number(p) });
  const expected = Buffer.from(key ?? '', 'hex');
  return stored !== null && expected.length === derived.length && timingSafeEqual(derived, expected);
}

// ---- Badge and PIN

type Known = { person_id: string; full_name: string };

/** The person behind a badge and PIN. The attempt is counted before the PIN is looked at, so guesses sent at once count too. */
async function authenticate(db: Write, badge: string, pin: string, now_ms: number): Promise<Known> {
  const today = civilDate(now_ms);
  const person = await db
    .selectFrom('person')
    .select(['person_id', 'full_name', 'pin_hash', 'locked_until'])
    .where('badge', '=', badge)
    .where(holdsOn(today))
    .executeTakeFirst();
  if (!person) {
    await pinMatches(pin, null);
    throw new Refused('wrong_badge_or_pin', { attempts_max: ATTEMPTS_MAX });
  }
  const now = instant(now_ms);
  const counted = await db
    .updateTable('person')
    .set({
      failed_attempts: sql`case when locked_until <= ${now} then 1 else failed_attempts + 1 end`,
      locked_until: sql`case when (case when locked_until <= ${now} then 1 else failed_attempts + 1 end) >= ${ATTEMPTS_MAX}
        then ${now}::timestamptz + make_interval(mins => ${LOCK_MINUTES}) end`,
    })
    .where('person_id', '=', person.person_id)
    .where((eb) => eb.or([eb('locked_until', 'is', null), eb('locked_until', '<=', new Date(now_ms))]))
    .executeTakeFirst();
  if (counted.numUpdatedRows === 0n) {
    const { locked_until } = await db.selectFrom('person').select('locked_until').where('person_id', '=', person.person_id).executeTakeFirstOrThrow();
    throw new Refused('badge_locked', { locked_until: instant((locked_until ?? new Date(now_ms)).getTime()) });
  }
  if (!(await pinMatches(pin, person.pin_hash))) throw new Refused('wrong_badge_or_pin', { attempts_max: ATTEMPTS_MAX });
  await db.updateTable('person').set({ failed_attempts: 0, locked_until: null }).where('person_id', '=', person.person_id).execute();
  return person;
}

export type SignIn = { badge: string; pin: string; office_code?: string | undefined; agency_code?: string | undefined; device_id?: string | undefined };

/** A new session. The place may be left out by somebody who is assigned to one place only. */
export async function signIn(store: Store, input: SignIn, now_ms: number): Promise<{ token: string; expires_at: string }> {
  const person = await authenticate(store.write, input.badge, input.pin, now_ms);
  const roles = await store.read
    .selectFrom('person_role')
    .select(['office_code', 'agency_code'])
    .where('person_id', '=', person.person_id)
    .where(holdsOn(civilDate(now_ms)))
    .execute();
  const wanted = input.office_code ?? input.agency_code ?? null;
  const places = [...new Set(roles.map((r) => r.office_code ?? r.agency_code))];
  const place = wanted ?? (places.length === 1 ? places[0] : null);
  const role = roles.find((r) => (input.agency_code === undefined ? (r.office_code ?? r.agency_code) === place : r.agency_code === place));
  if (!role) throw new Refused('wrong_office', { office_code: wanted });
  if (input.device_id !== undefined) {
    const device = await store.read
      .selectFrom('device')
      .select('device_id')
      .where('device_id', '=', input.device_id)
      .where('office_code', '=', role.office_code ?? '')
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (!device) throw new Refused('unknown_device');
  }
  const token = newToken();
  const expires = new Date(now_ms + SESSION_HOURS * 3_600_000);
  await store.write
    .insertInto('session')
    .values({
      token_hash: sha256Text(token),
      person_id: person.person_id,
      office_code: role.office_code,
      agency_code: role.agency_code,
      device_id: input.device_id ?? null,
      created_at: new Date(now_ms),
      expires_at: expires,
      seen_at: new Date(now_ms),
      ended_at: null,
    })
    .execute();
  return { token, expires_at: expires.toISOString() };
}

export async function signOut(db: Write, caller: Caller, now_ms: number): Promise<void> {
  await db.updateTable('session').set({ ended_at: new Date(now_ms) }).where('token_hash', '=', caller.session_hash).execute();
}

/** Opens an idle-locked session again with the PIN of the person it belongs to. */
export async function unlockSession(db: Write, caller: Caller, pin: string, now_ms: number): Promise<void> {
  await authenticate(db, caller.badge, pin, now_ms);
  await db.updateTable('session').set({ seen_at: new Date(now_ms) }).where('token_hash', '=', caller.session_hash).execute();
}

/**
 * One-time confirmations by a second, distinct person who holds `permission` at the caller's place: one for any step, or, when
 * `codes` are told, one for each of these units, by one PIN: a courier's run, the bags a driver takes.
 */
export async function confirmAsSecond(
  store: Store,
  caller: Caller,
  input: { badge: string; pin: string; permission: Permission; codes?: readonly string[] | undefined },
  now_ms: number,
): Promise<{ confirmation: string; expires_at: string; confirmations?: { code: string; confirmation: string }[] }> {
  const second = await authenticate(store.write, input.badge, input.pin, now_ms);
  if (second.person_id === caller.person_id) throw new Refused('same_person');
  const roles = await store.read
    .selectFrom('person_role')
    .select('role')
    .where('person_id', '=', second.person_id)
    .where(holdsOn(civilDate(now_ms)))
    // A liaison's witness may be of any office: the one where the item lies. At an office the second person is a colleague or a liaison.
    .where((eb) => (caller.office_code === null ? eb.lit(true) : eb.or([eb('office_code', '=', caller.office_code), eb('agency_code', 'is not', null)])))
    .execute();
  if (!permissionsOf(roles.map((r) => r.role as Role)).has(input.permission)) throw new Refused('not_permitted', { permission: input.permission });
  const expires_at = new Date(now_ms + CONFIRMATION_SECONDS * 1000);
  const made = (input.codes ?? [null]).map((code) => ({ code, confirmation: newToken() }));
  const shared = { session_hash: caller.session_hash, person_id: second.person_id, permission: input.permission, created_at: new Date(now_ms), expires_at };
  await store.write.insertInto('second_confirmation').values(made.map(({ code, confirmation }) => ({ ...shared, code, confirmation_hash: sha256Text(confirmation) }))).execute();
  const listed = made.flatMap(({ code, confirmation }) => (code === null ? [] : [{ code, confirmation }]));
  return { confirmation: made[0]?.confirmation ?? '', expires_at: expires_at.toISOString(), ...(input.codes ? { confirmations: listed } : {}) };
}

export async function unlockBadge(db: Write, badge: string): Promise<boolean> {
  const result = await db.updateTable('person').set({ failed_attempts: 0, locked_until: null }).where('badge', '=', badge).executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

// ---- Who asks

const CALLERS: Statement = {
  name: 'load_callers',
  text: `
select s.token_hash, s.person_id, p.full_name, p.badge, s.office_code, s.agency_code, s.device_id, d.public_key, sh.shift_id,
  p.clearance, p.clearance_to, p.kt1_training_to,
  (extract(epoch from s.expires_at) * 1000)::float8, (extract(epoch from s.seen_at) * 1000)::float8,
  s.ended_at is not null or d.revoked_at is not null or g.revoked_at is not null or p.valid_from > $2::date or p.valid_to <= $2::date,
  (select array_agg(r.role) from person_role r
    where r.person_id = s.person_id and r.valid_from <= $2::date and (r.valid_to is null or r.valid_to > $2::date)
      and (r.office_code = s.office_code or r.agency_code = s.agency_code)), s.grant_id
from session s
join person p using (person_id)
left join device d on d.device_id = s.device_id
left join offline_grant g using (grant_id)
left join shift sh on sh.office_code = s.office_code and sh.closed_at is null
where s.token_hash = any($1)`,
};

export type Session = { caller: Caller; idle: boolean };

/** The sessions behind token hashes, in one query for many requests. Each answer is a session or the Refused for it. `wake` false: asking is no sign of life. */
export async function loadSessions(store: Store, hashes: readonly Uint8Array[], now_ms: number, idle_minutes: number, wake = true): Promise<(Session | Error)[]> {
  const today = civilDate(now_ms);
  const wanted = new Map(hashes.map((hash) => [hex(hash), hash]));
  const rows = await store.query(CALLERS, [[...wanted.values()], today]);
  const found = new Map(rows.map((row) => [hex(row[0] as Uint8Array), row]));
  const stale: Uint8Array[] = [];
  const sessions = hashes.map((hash): Session | Error => {
    const row = found.get(hex(hash));
    if (!row || row[14] === true) return new Refused('not_signed_in');
    const expires = row[12] as number;
    if (expires <= now_ms) return new Refused('session_expired', { expired_at: instant(expires) });
    const seen = row[13] as number;
    const idle = now_ms - seen > idle_minutes * 60_000;
    if (!idle && now_ms - seen > SEEN_EVERY_MS) stale.push(hash);
    return { caller: callerOf(hash, row, today), idle };
  });
  if (wake && stale.length > 0) {
    await store.write.updateTable('session').set({ seen_at: new Date(now_ms) }).where('token_hash', 'in', stale).execute();
  }
  return sessions;
}

/**
 * Remembers sessions for at most `keep_ms`, so that a busy one is read from the database some times a second and not thousands.
 * Within that time a change made by another process acts; `forget` is for changes made by this one.
 */
export function sessionKeeper(ask: (token_hash: Uint8Array) => Promise<Session>, clock: () => number, keep_ms: number) {
  const kept = new Map<string, { until: number; session: Promise<Session> }>();
  return {
    session(token_hash: Uint8Array): Promise<Session> {
      const key = hex(token_hash);
      const now = clock();
      const known = kept.get(key);
      if (known && known.until > now) return known.session;
      if (kept.size >= KEPT_MAX) kept.clear();
      const session = ask(token_hash);
      kept.set(key, { until: now + keep_ms, session });
      session.catch(() => kept.delete(key));
      return session;
    },
    forget: () => kept.clear(),
  };
}

const KEPT_MAX = 10_000;

function callerOf(hash: Uint8Array, row: Row, today: string): Caller {
  const roles = (row[15] ?? []) as Role[];
  const clearanceHolds = row[10] === null || (row[10] as string) > today;
  const trainedTo = row[11] as string | null;
  return {
    session_hash: hash,
    person_id: row[1] as string,
    full_name: row[2] as string,
    badge: row[3] as string,
    office_code: row[4] as string | null,
    agency_code: row[5] as string | null,
    device_id: row[6] as string | null,
    device_key: row[7] as Uint8Array | null,
    shift_id: row[8] as string | null,
    grant_id: row[16] as string | null,
    roles,
    permissions: permissionsCached(roles),
    clearance: clearanceHolds ? (row[9] as Clearance) : 'NONE',
    kt1_trained: trainedTo !== null && trainedTo > today,
  };
}

const permissionSets = new Map<string, ReadonlySet<Permission>>();

/** The same few role lists come back on every request; the set for each is made once. */
function permissionsCached(roles: readonly Role[]): ReadonlySet<Permission> {
  const key = roles.join();
  const known = permissionSets.get(key);
  if (known) return known;
  const made = permissionsOf(roles);
  permissionSets.set(key, made);
  return made;
}

