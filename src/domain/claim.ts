// What devices sign: claims, and the proofs around them. One file for server and browser, so that both make the same bytes.
// Specified to the byte in docs/ledger.md.

import { encode } from '../base/canonical.ts';
import type { Canonical } from '../base/canonical.ts';
import { uuidBytes } from '../base/id.ts';
import type { Kind } from './facts.ts';

export const CLAIM_FORMAT = 'niem.claim/1';

/** party -> field -> 32-byte commitment. */
export type Commitments = { readonly [party: string]: { readonly [field: string]: Uint8Array } };

/** What the client says happened; an enrolled device signs exactly these bytes. */
export type Claim = {
  checkpoint_id: string;
  kind: Kind;
  /** Number as scanned; null: the system assigns one. */
  code: string | null;
  person_id: string;
  office_code: string | null;
  device_id: string | null;
  device_seq: number | null;
  /** SHA-256 of the device's previous claim; null: its first, or no device. */
  device_prev: Uint8Array | null;
  /** Device clock, Unix milliseconds; null: not told. Never used for order. */
  device_at: number | null;
  /** Server clock minus device clock as the device last measured it, milliseconds. */
  clock_offset_ms: number | null;
  /** Root hash of the last head that the device saw; null: none. */
  head_seen: Uint8Array | null;
  facts: Canonical;
  commitments: Commitments;
};

const id = (uuid: string | null): Uint8Array | null => (uuid === null ? null : uuidBytes(uuid));

export function claimList(c: Claim): Canonical {
  return [
    CLAIM_FORMAT,
    id(c.checkpoint_id),
    c.kind,
    c.code,
    id(c.person_id),
    c.office_code,
    id(c.device_id),
    c.device_seq,
    c.device_prev,
    c.device_at,
    c.clock_offset_ms,
    c.head_seen,
    c.facts,
    c.commitments,
  ];
}

export const claimBytes = (claim: Claim): Uint8Array<ArrayBuffer> => encode(claimList(claim));

/** Prefix of what a device signs once at enrolment to prove that it holds the key. */
export const ENROLMENT_CONTEXT = 'niem.enrol/1:';

/** What a device signs to exchange a person's grant for a session: good for one nonce, near one time (server's, Unix milliseconds). */
export const exchangeBytes = (x: { device_id: string; grant_id: string; at: number; nonce: Uint8Array }): Uint8Array<ArrayBuffer> =>
  encode(['niem.grant/1', id(x.device_id), id(x.grant_id), x.at, x.nonce]);

/** What a second person's grant proves by HMAC: that he agreed to this one checkpoint, in this one role. */
export const secondBytes = (x: { grant_id: string; checkpoint_id: string; permission: string }): Uint8Array<ArrayBuffer> =>
  encode(['niem.second/1', id(x.grant_id), id(x.checkpoint_id), x.permission]);

/** What a device signs below an exported queue; `digest`: SHA-256 of its text. */
export const exportBytes = (device_id: string, digest: Uint8Array): Uint8Array<ArrayBuffer> =>
  encode(['niem.export/1', id(device_id), digest]);

/** Inner key of a commitment to a field, then the commitment: HMAC-SHA256(HMAC-SHA256(salt, field), value), by WebCrypto. */
export async function hmac(key: Uint8Array, message: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey('raw', new Uint8Array(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, new Uint8Array(message)));
}
