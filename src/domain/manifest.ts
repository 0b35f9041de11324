// The manifest (bản kê) of a bag: its digest is printed, kept in the ledger and compared at the other end.

import { createHash } from 'node:crypto';
import { encode } from '../base/canonical.ts';

/** A list of a thousand numbers is longer than any entry. */
export const LIST_BYTES_MAX = 1_048_576;

/** SHA-256 of the canonical list of [number, weight in grams] in order of number. */
export function manifestDigest(inside: readonly { code: string; weight_g: number }[]): Uint8Array<ArrayBuffer> {
  const lines = inside.map(({ code, weight_g }) => [code, weight_g] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Uint8Array(createHash('sha256').update(encode(lines, LIST_BYTES_MAX)).digest());
}
