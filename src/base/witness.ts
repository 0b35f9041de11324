// The witness protocol (C2SP tlog-witness): what is asked, and whether a log that says it has grown has only grown. Pure. The signer asks
// itself the same question before it signs.

import { base64, equalBytes } from './bytes.ts';
import { checkConsistency, fold } from './merkle.ts';
import type { Hash } from './merkle.ts';
import { hashLine } from './proof.ts';
import type { Head } from './note.ts';

const PROOF_LINES_MAX = 63;
/** Of a request body: 64 lines of proof and a note with many cosignatures. */
export const WITNESS_BYTES_MAX = 100_000;

/** A head and the proof that it continues an older one. `head`: a note, or the bare text of one that is still to be signed. */
export type Growth = { old: number; proof: readonly Uint8Array[]; head: string };

export const growthText = ({ old, proof, head }: Growth): string =>
  `old ${old}\n${proof.map((hash) => `${base64(hash)}\n`).join('')}\n${head}`;

/** Throws an Error on a body that is none. */
export function growthOf(body: string): Growth {
  const end = body.indexOf('\n\n');
  const [first, ...lines] = body.slice(0, end).split('\n');
  const old = /^old (0|[1-9]\d*)$/.exec(first ?? '')?.[1];
  if (end < 0 || old === undefined || !Number.isSafeInteger(Number(old)) || lines.length > PROOF_LINES_MAX)
    throw new Error('not a request to a witness');
  return { old: Number(old), proof: lines.map(hashLine), head: body.slice(end + 2) };
}

/** What a witness or signer remembers of a log. */
export type Seen = { size: number; root: Uint8Array };

/** The status that the protocol prescribes; 200: the new head only continues what was seen last. */
export function judge(
  hash: Hash,
  last: Seen | null,
  { old, proof }: Pick<Growth, 'old' | 'proof'>,
  { size, root }: Pick<Head, 'size' | 'root'>,
): 200 | 400 | 409 | 422 {
  if (old > size) return 400;
  const seen = last ?? { size: 0, root: fold(hash, []) };
  if (old !== seen.size) return 409;
  if (size === 0) return equalBytes(root, fold(hash, [])) && proof.length === 0 ? 200 : 422;
  if (old === 0) return proof.length === 0 ? 200 : 422;
  return checkConsistency(hash, { size1: old, size2: size, root1: seen.root, root2: root, proof }) ? 200 : 422;
}
