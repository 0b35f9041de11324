// Grants: what lets a person work on one device without the network for up to 72 hours, and the device send that work later.
// The device keeps the grant under the person's PIN; here stands its hash. Whether the person still may is asked at the exchange.

import { randomBytes } from 'node:crypto';
import { base64url, equalBytes, fromHex, utf8 } from '../base/bytes.ts';
import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { civilDate, instant } from '../base/time.ts';
import { exchangeBytes, hmac, secondBytes } from '../domain/claim.ts';
import { verifySignature } from '../domain/key.ts';
import { permissionsOf } from '../domain/role.ts';
import type { Caller, Permission, Role } from '../domain/role.ts';
import { sha256 } from '../ledger/entry.ts';
import type { Store, Write } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';

const GRANT_HOURS = 72;
/** Living grants of one person, over all devices: three shifts a day for three days, and some to spare. The oldest goes. */
export const GRANTS_MAX = 12;
const SESSION_MINUTES = 60;
/** How far the time that a device signs may be from ours; it measures its offset from us before it signs. */
export const SIGNED_WITHIN_MS = 5 * 60_000;
const CONFIRMATION_SECONDS = 120;

export type Grant = { grant_id: string; grant: string; expires_at: string };

/** For somebody who has just signed in with badge and PIN on an enrolled device. */
export async function issueGrant(store: Store, caller: Caller, now_ms: number): Promise<Grant> {
  const { person_id, device_id, office_code } = caller;
  if (device_id === null || office_code === null) throw new Refused('unknown_device');
  const grant = randomBytes(32);
  const grant_id = uuid7(now_ms);
  const expires_at = new Date(now_ms + GRANT_HOURS * 3_600_000);
  await store.write.transaction().execute(async (tx) => {
    // The person's row is the lock: two sign-ins at once count each other.
    await tx.selectFrom('person').select('person_id').where('person_id', '=', person_id).forUpdate().execute();
    const living = await tx.selectFrom('offline_grant').select('grant_id').where('person_id', '=', person_id).where('revoked_at', 'is', null).where('expires_at', '>', new Date(now_ms)).orderBy('grant_id', 'desc').offset(GRANTS_MAX - 1).execute();
    if (living.length > 0) await tx.updateTable('offline_grant').set({ revoked_at: new Date(now_ms) }).where('grant_id', 'in', living.map((row) => row.grant_id)).execute();
    await tx.insertInto('offline_grant').values({ grant_id, grant_hash: sha256(grant), person_id, device_id, office_code, issued_at: new Date(now_ms), expires_at, revoked_at: null }).execute();
  });
  return { grant_id, grant: base64url(grant), expires_at: expires_at.toISOString() };
}

type Good = { grant_id: string; grant_hash: Uint8Array; person_id: string; device_id: string; office_code: string; public_key: Uint8Array; expires_at: Date };

/** A living grant of somebody who still works here, on a device that was not revoked. */
async function goodGrant(db: Write, grant_id: string, now_ms: number): Promise<Good & { roles: Role[] }> {
  const today = civilDate(now_ms);
  const row = await db
    .selectFrom('offline_grant as g')
    .innerJoin('device as d', 'd.device_id', 'g.device_id')
    .innerJoin('person as p', 'p.person_id', 'g.person_id')
    .select(['g.grant_id', 'g.grant_hash', 'g.person_id', 'g.device_id', 'g.office_code', 'd.public_key', 'g.expires_at', 'g.revoked_at', 'd.revoked_at as device_revoked_at', 'p.valid_from', 'p.valid_to'])
    .where('g.grant_id', '=', grant_id)
    .executeTakeFirst();
  if (!row || row.revoked_at !== null || row.device_revoked_at !== null || row.valid_from > today || (row.valid_to !== null && row.valid_to <= today)) throw new Refused('grant_invalid');
  if (row.expires_at.getTime() <= now_ms) throw new Refused('grant_expired', { expired_at: instant(row.expires_at.getTime()) });
  const roles = await db.selectFrom('person_role').select('role').where('person_id', '=', row.person_id).where('office_code', '=', row.office_code).where(holdsOn(today)).execute();
  if (roles.length === 0) throw new Refused('wrong_office', { office_code: row.office_code });
  return { ...row, roles: roles.map((r) => r.role as Role) };
}

/** A session that may post what the device has signed, and nothing else. */
async function openSession(db: Write, grant: Good, now_ms: number): Promise<{ token: string; expires_at: string }> {
  const token = base64url(randomBytes(32));
  const expires = new Date(now_ms + SESSION_MINUTES * 60_000);
  await db
    .insertInto('session')
    .values({
      token_hash: sha256(utf8(token)), person_id: grant.person_id, office_code: grant.office_code, agency_code: null, device_id: grant.device_id,
      created_at: new Date(now_ms), expires_at: expires, seen_at: new Date(now_ms), ended_at: null, grant_id: grant.grant_id,
    })
    .execute();
  return { token, expires_at: expires.toISOString() };
}

export type Exchange = { grant_id: string; grant: Uint8Array; at: number; nonce: Uint8Array; signature: Uint8Array };

/** `signature`: of the device that the grant was issued to, over `exchangeBytes`. */
export async function exchangeGrant(store: Store, input: Exchange, now_ms: number): Promise<{ token: string; expires_at: string }> {
  const grant = await goodGrant(store.write, input.grant_id, now_ms);
  if (!equalBytes(sha256(input.grant), grant.grant_hash)) throw new Refused('grant_invalid');
  if (!(await verifySignature(grant.public_key, input.signature, exchangeBytes({ ...input, device_id: grant.device_id })))) throw new Refused('bad_signature');
  if (Math.abs(input.at - now_ms) > SIGNED_WITHIN_MS) throw new Refused('signature_stale', { server_time: instant(now_ms) });
  return store.write.transaction().execute(async (tx) => {
    const used = await tx.insertInto('grant_use').values({ nonce: input.nonce, grant_id: grant.grant_id, used_at: new Date(now_ms) }).onConflict((c) => c.doNothing()).returning('nonce').executeTakeFirst();
    if (!used) throw new Refused('nonce_used');
    return openSession(tx, grant, now_ms);
  });
}

/** The same for a queue that came as a file: the device has signed the whole file, and a file may come twice. */
export async function sessionForImport(db: Write, input: { grant_id: string; grant: Uint8Array; device_id: string; person_id: string }, now_ms: number): Promise<{ token: string }> {
  const grant = await goodGrant(db, input.grant_id, now_ms);
  if (!equalBytes(sha256(input.grant), grant.grant_hash) || grant.device_id !== input.device_id || grant.person_id !== input.person_id) throw new Refused('grant_invalid');
  return openSession(db, grant, now_ms);
}

export type SecondByGrant = { grant_id: string; checkpoint_id: string; permission: Permission; proof: string };

/** A confirmation for one checkpoint by somebody who agreed to it offline, on the device of this session. `proof`: hex. */
export async function confirmByGrant(db: Write, caller: Caller, input: SecondByGrant, now_ms: number): Promise<{ confirmation: string; expires_at: string }> {
  const grant = await goodGrant(db, input.grant_id, now_ms);
  if (grant.device_id !== caller.device_id || !equalBytes(fromHex(input.proof), await hmac(grant.grant_hash, secondBytes(input)))) throw new Refused('grant_invalid');
  if (grant.person_id === caller.person_id) throw new Refused('same_person');
  if (!permissionsOf(grant.roles).has(input.permission)) throw new Refused('not_permitted', { permission: input.permission });
  const confirmation = base64url(randomBytes(32));
  const expires = new Date(now_ms + CONFIRMATION_SECONDS * 1000);
  await db
    .insertInto('second_confirmation')
    .values({
      confirmation_hash: sha256(utf8(confirmation)), session_hash: caller.session_hash, person_id: grant.person_id, permission: input.permission,
      created_at: new Date(now_ms), expires_at: expires, checkpoint_id: input.checkpoint_id,
    })
    .execute();
  return { confirmation, expires_at: expires.toISOString() };
}

/** The public key and office of a device that was not revoked. */
export async function deviceKey(db: Write, device_id: string): Promise<Uint8Array> {
  const device = await db.selectFrom('device').select('public_key').where('device_id', '=', device_id).where('revoked_at', 'is', null).executeTakeFirst();
  if (!device) throw new Refused('unknown_device');
  return device.public_key;
}
