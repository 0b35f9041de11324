// Keeping the endpoints of one's agency or office: two persons register one, rotate its keys, end it; one may test or resume it.

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { civilDate } from '../base/time.ts';
import { placeOf } from '../domain/journal_rules.ts';
import { badUrl } from '../domain/message.ts';
import type { Channel, Scheme } from '../domain/message.ts';
import type { Caller } from '../domain/role.ts';
import { secondPerson } from '../store/confirmation.ts';
import type { Write } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';

export type NewKey = { key_id: string; scheme: Scheme; secret: Uint8Array };

/** The receiver has this long to take up a new key; until then both sign. */
const OVERLAP_MS = 24 * 3_600_000;

/** `token`: the caller's own, for only by it does the database tell whose endpoints these are. */
export type Keeper = { caller: Caller; token: string; confirmation_hash: Uint8Array };

export async function addEndpoint(db: Write, { caller, token, confirmation_hash }: Keeper, given: { channel: Channel; address: string; schemes: readonly Scheme[] }, lan_hosts: ReadonlySet<string>, now_ms: number): Promise<{ endpoint_id: string; keys: NewKey[] }> {
  const bad = given.channel === 'webhook' ? badUrl(given.address, lan_hosts) : null;
  if (bad !== null) throw new Refused('invalid_input', { field: 'address', problem_vi: bad[0], problem_en: bad[1] });
  return db.transaction().execute(async (tx) => {
    const endpoint_id = uuid7(now_ms);
    const second = await colleague(tx, { caller, confirmation_hash }, endpoint_id, now_ms);
    await sql`select add_endpoint(${token}, ${endpoint_id}, ${given.channel}, ${given.address}, ${second}, ${new Date(now_ms)})`.execute(tx);
    const keys = [];
    for (const scheme of given.channel === 'webhook' ? given.schemes : []) keys.push(await addKey(tx, token, endpoint_id, scheme, second, now_ms));
    return { endpoint_id, keys };
  });
}

/** A further key of a scheme; those before it sign for another day. */
export const rotateKey = (db: Write, keeper: Keeper, endpoint_id: string, scheme: Scheme, now_ms: number): Promise<NewKey> =>
  db.transaction().execute(async (tx) => addKey(tx, keeper.token, endpoint_id, scheme, await colleague(tx, keeper, endpoint_id, now_ms), now_ms));

async function addKey(tx: Write, token: string, endpoint_id: string, scheme: Scheme, second: string, now_ms: number): Promise<NewKey> {
  const [key_id, secret] = [uuid7(now_ms), new Uint8Array(randomBytes(32))];
  await need(sql<Done>`select add_endpoint_key(${token}, ${endpoint_id}, ${key_id}, ${scheme}, ${secret}, ${second}, ${new Date(now_ms)}, ${new Date(now_ms + OVERLAP_MS)}) as done`.execute(tx));
  return { key_id, scheme, secret };
}

export const endEndpoint = (db: Write, keeper: Keeper, endpoint_id: string, now_ms: number): Promise<void> =>
  db.transaction().execute(async (tx) => {
    await colleague(tx, keeper, endpoint_id, now_ms);
    await need(sql<Done>`select end_endpoint(${keeper.token}, ${endpoint_id}, ${new Date(now_ms)}) as done`.execute(tx));
  });

/** What waits goes out again from the foot of the ladder. */
export const resumeEndpoint = (db: Write, token: string, endpoint_id: string, now_ms: number): Promise<void> =>
  need(sql<Done>`select resume_endpoint(${token}, ${endpoint_id}, ${new Date(now_ms)}) as done`.execute(db));

export const testEndpoint = (db: Write, token: string, endpoint_id: string, now_ms: number): Promise<void> =>
  need(sql<Done>`select test_endpoint(${token}, ${endpoint_id}, ${new Date(now_ms)}) as done`.execute(db));

/** The second person is of the same agency or office: others decide nothing about where its messages go. */
async function colleague(tx: Write, { caller, confirmation_hash }: Pick<Keeper, 'caller' | 'confirmation_hash'>, about: string, now_ms: number): Promise<string> {
  const second = await secondPerson(tx, caller, confirmation_hash, 'endpoint.keep', about, now_ms);
  const party_code = placeOf(caller);
  const here = await tx.selectFrom('person_role').select('role').where('person_id', '=', second).where(holdsOn(civilDate(now_ms))).where((eb) => eb.or([eb('office_code', '=', party_code), eb('agency_code', '=', party_code)])).executeTakeFirst();
  if (!here) throw new Refused('second_person_elsewhere', { party_code });
  return second;
}

type Done = { done: boolean };
async function need(asked: Promise<{ rows: Done[] }>): Promise<void> {
  if ((await asked).rows[0]?.done !== true) throw new Refused('unknown_endpoint');
}
