// An entry: the claim somebody made, and what the ledger adds to it. Its canonical bytes are what is stored and hashed.
// Specified to the byte in docs/ledger.md. Nothing here reads the clock, randomness or the database.

import { createHmac, hash } from 'node:crypto';
import { decode, encode } from '../base/canonical.ts';
import type { Canonical } from '../base/canonical.ts';
import { utf8 } from '../base/bytes.ts';
import { uuidBytes, uuidText } from '../base/id.ts';
import { CLAIM_FORMAT, claimBytes, claimList } from '../domain/claim.ts';
import type { Claim, Commitments } from '../domain/claim.ts';
import type { Kind } from '../domain/facts.ts';
import type { Custodian, State } from '../domain/state.ts';

export { claimBytes };
export type { Claim, Commitments };

export const ENTRY_FORMAT = 'niem.checkpoint/1';

export type Entry = {
  claim: Claim;
  device_signature: Uint8Array | null;
  /** The second person who confirmed; null: none needed. */
  second_person_id: string | null;
  shift_id: string | null;
  unit_id: string;
  unit_kind: 'item' | 'bag';
  code: string;
  unit_seq: number;
  /** SHA-256 of the unit's previous entry; null for the first. */
  prev: Uint8Array | null;
  /** Server clock, Unix milliseconds. */
  received_at: number;
  flags: readonly string[];
  /** State, custodian and holds after this entry. */
  state: State;
  custodian: Custodian;
  holds: number;
  /** What the ledger found out under the lock and the claim could not know: the result of a count, the digest of a manifest. */
  result: { readonly [name: string]: Canonical };
};

const id = (uuid: string | null): Uint8Array | null => (uuid === null ? null : uuidBytes(uuid));

export function entryBytes(e: Entry): Uint8Array<ArrayBuffer> {
  return encode([
    ENTRY_FORMAT, claimList(e.claim), e.device_signature, id(e.second_person_id), id(e.shift_id), id(e.unit_id), e.unit_kind,
    e.code, e.unit_seq, e.prev, e.received_at, e.flags, e.state, e.custodian.kind, e.custodian.ref, e.holds, e.result,
  ]);
}

/** In one call, and as text of one byte a character: a third of what createHash costs, and half of an answer as Buffer. */
export const sha256 = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hash('sha256', bytes, 'binary'), 'latin1'));

/** Commitment to one personal field: HMAC-SHA256(HMAC-SHA256(salt, field), value). Disclosing a field discloses only its inner key. */
export function commitment(salt: Uint8Array, field: string, value: string): Uint8Array<ArrayBuffer> {
  const key = createHmac('sha256', salt).update(utf8(field)).digest();
  return new Uint8Array(createHmac('sha256', key).update(utf8(value)).digest());
}

// Decoding is strict: a body that does not have exactly the specified shape is refused with an Error that names the field.

type Check<T> = (value: Canonical | undefined, field: string) => T;

function wrong(field: string): never {
  throw new Error(`entry field ${field} is not as specified`);
}
const text: Check<string> = (v, f) => (typeof v === 'string' ? v : wrong(f));
const integer: Check<number> = (v, f) => (typeof v === 'number' ? v : wrong(f));
const bytes: Check<Uint8Array> = (v, f) => (v instanceof Uint8Array ? v : wrong(f));
const uuid: Check<string> = (v, f) => (v instanceof Uint8Array && v.length === 16 ? uuidText(v) : wrong(f));
const list: Check<readonly Canonical[]> = (v, f) => (Array.isArray(v) ? v : wrong(f));
const orNull = <T>(check: Check<T>): Check<T | null> => (v, f) => (v === null ? null : check(v, f));
const map: Check<{ [key: string]: Canonical }> = (v, f) =>
  typeof v === 'object' && v !== null && !Array.isArray(v) && !(v instanceof Uint8Array) ? (v as { [key: string]: Canonical }) : wrong(f);

export function claimOf(value: Canonical): Claim {
  const v = list(value, 'claim');
  if (v.length !== 14 || v[0] !== CLAIM_FORMAT) wrong('claim');
  for (const party of Object.values(map(v[13], 'commitments'))) for (const c of Object.values(map(party, 'commitments'))) bytes(c, 'commitments');
  return {
    checkpoint_id: uuid(v[1], 'checkpoint_id'),
    kind: text(v[2], 'kind') as Kind,
    code: orNull(text)(v[3], 'code'),
    person_id: uuid(v[4], 'person_id'),
    office_code: orNull(text)(v[5], 'office_code'),
    device_id: orNull(uuid)(v[6], 'device_id'),
    device_seq: orNull(integer)(v[7], 'device_seq'),
    device_prev: orNull(bytes)(v[8], 'device_prev'),
    device_at: orNull(integer)(v[9], 'device_at'),
    clock_offset_ms: orNull(integer)(v[10], 'clock_offset_ms'),
    head_seen: orNull(bytes)(v[11], 'head_seen'),
    facts: map(v[12], 'facts'),
    commitments: v[13] as Commitments,
  };
}

/** The entry that canonical bytes stand for. Throws an Error on any other bytes. */
export function entryOf(body: Uint8Array): Entry {
  const v = list(decode(body), 'entry');
  if (v.length !== 17 || v[0] !== ENTRY_FORMAT) wrong('entry');
  const unit_kind = text(v[6], 'unit_kind');
  if (unit_kind !== 'item' && unit_kind !== 'bag') wrong('unit_kind');
  return {
    claim: claimOf(v[1] ?? null),
    device_signature: orNull(bytes)(v[2], 'device_signature'),
    second_person_id: orNull(uuid)(v[3], 'second_person_id'),
    shift_id: orNull(uuid)(v[4], 'shift_id'),
    unit_id: uuid(v[5], 'unit_id'),
    unit_kind,
    code: text(v[7], 'code'),
    unit_seq: integer(v[8], 'unit_seq'),
    prev: orNull(bytes)(v[9], 'prev'),
    received_at: integer(v[10], 'received_at'),
    flags: list(v[11], 'flags').map((flag) => text(flag, 'flags')),
    state: text(v[12], 'state') as State,
    custodian: { kind: text(v[13], 'custodian_kind') as Custodian['kind'], ref: text(v[14], 'custodian_ref') },
    holds: integer(v[15], 'holds'),
    result: map(v[16], 'result'),
  };
}
