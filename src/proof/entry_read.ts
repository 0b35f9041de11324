// What an entry says that a reader far from the server must know: read from its bytes alone. Every kind of entry says by its own
// format what it is; those that are not known here are still entries of the log.

import { decode, encode } from '../base/canonical.ts';
import type { Canonical } from '../base/canonical.ts';
import { equalBytes } from '../base/bytes.ts';
import { uuidText } from '../base/id.ts';

/** Longest entry of any kind: its length must fit two bytes in the log. */
export const BODY_BYTES_MAX = 65_536;

export type ReadEntry = {
  format: string;
  /** Server clock, Unix milliseconds; null: it says none. */
  at: number | null;
  kind: string | null;
  /** An entry of a casefile. */
  casefile: boolean;
  /** Of a checkpoint; null: another kind of entry. */
  step: {
    unit_id: Uint8Array;
    unit_kind: string;
    code: string;
    unit_seq: number;
    prev: Uint8Array | null;
    state: string;
    office_code: string | null;
    device: { device_id: Uint8Array; signature: Uint8Array; claim: Uint8Array } | null;
  } | null;
  value: Canonical;
};

/** Throws an Error on bytes that are not canonical, or not of the shape their format has. */
export function readEntry(body: Uint8Array): ReadEntry {
  const value = decode(body, BODY_BYTES_MAX);
  if (isList(value)) {
    const format = typeof value[0] === 'string' ? value[0] : '';
    return {
      format,
      at: null,
      kind: null,
      casefile: false,
      step: null,
      value,
      ...(format === 'niem.checkpoint/1' ? checkpoint(value) : {}),
    };
  }
  const map = value as { [key: string]: Canonical };
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) throw new Error('not an entry');
  return {
    format: typeof map.format === 'string' ? map.format : 'matter_id' in map ? 'journal' : '',
    at: typeof map.at === 'number' ? map.at : null,
    kind: typeof map.kind === 'string' ? map.kind : null,
    casefile: 'casefile_id' in map,
    step: null,
    value,
  };
}

function checkpoint(list: readonly Canonical[]): Pick<ReadEntry, 'at' | 'kind' | 'step'> {
  const claim = list[1] ?? null;
  if (list.length !== 17 || !isList(claim) || claim.length !== 14 || claim[0] !== 'niem.claim/1') throw new Error('not a checkpoint');
  const [, , signature, , , unit_id, unit_kind, code, unit_seq, prev, at, , state] = list;
  const [, , kind, , , office_code, device_id] = claim;
  const whole =
    isBytes(unit_id, 16) &&
    typeof unit_kind === 'string' &&
    typeof code === 'string' &&
    typeof unit_seq === 'number' &&
    (prev === null || isBytes(prev, 32)) &&
    typeof at === 'number' &&
    typeof state === 'string' &&
    typeof kind === 'string';
  if (!whole || !(office_code === null || typeof office_code === 'string')) throw new Error('not a checkpoint');
  let device: NonNullable<ReadEntry['step']>['device'] = null;
  if (device_id !== null) {
    if (!isBytes(device_id, 16) || !isBytes(signature, 64)) throw new Error('a device without its signature');
    device = { device_id, signature, claim: encode(claim, BODY_BYTES_MAX) };
  }
  return { at, kind, step: { unit_id, unit_kind, code, unit_seq, prev, state, office_code, device } };
}

/** Whether an entry names somebody or something among its own members: 16 bytes, or the same as text. */
export function names({ value }: ReadEntry, ref: Uint8Array): boolean {
  const members = isList(value) ? value : Object.values(value as { [key: string]: Canonical });
  const text = uuidText(ref);
  return members.some((member) => member === text || (member instanceof Uint8Array && equalBytes(member, ref)));
}

/** What the log says of itself in an entry of this kind (docs/ledger.md, section 9); null: it is no such entry. */
function saidOfLog({ format, value }: ReadEntry, kind: string): { [fact: string]: Canonical } | null {
  if (format !== 'niem.record/1' || !isList(value) || value[2] !== kind) return null;
  return (value[4] ?? {}) as { [fact: string]: Canonical };
}

/** The device whose key an entry of the log brings in; null: it is no such entry. */
export function deviceAdded(read: ReadEntry): { device_id: Uint8Array; public_key: Uint8Array } | null {
  const { device_id, public_key } = saidOfLog(read, 'device_added') ?? {};
  return isBytes(device_id, 16) && isBytes(public_key, 32) ? { device_id, public_key } : null;
}

/** Whether an entry opens a log that continues another one. */
export const continues = (read: ReadEntry): boolean => (saidOfLog(read, 'log_opened')?.previous ?? null) !== null;

/** Every 32 bytes that an entry holds, as hex or as bytes: digests of files are among them. */
export function digestsIn(value: Canonical, found: (digest: Uint8Array | string) => void): void {
  if (value instanceof Uint8Array) {
    if (value.length === 32) found(value);
  } else if (typeof value === 'string') {
    if (/^[0-9a-f]{64}$/.test(value)) found(value);
  } else if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) digestsIn(member as Canonical, found);
}

const isList = (value: Canonical): value is readonly Canonical[] => Array.isArray(value);
const isBytes = (value: Canonical | undefined, length: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length === length;
