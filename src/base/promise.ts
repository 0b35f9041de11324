// Promises: with each receipt the server says, under its own key, that the entry will stand under a cosigned head by a certain time. One
// signature for a whole flight, over the root of a small tree of its leaves; each receipt carries its path in it. A promise that is not kept
// convicts the server, for nobody else can have made it. Pure; devices read it with the same code.

import { base64 } from './bytes.ts';
import { checkInclusion, nodeHash, split } from './merkle.ts';
import type { Hash } from './merkle.ts';
import { openNote } from './note.ts';
import type { NoteKey, VerifySignature } from './note.ts';
import { hashLine } from './proof.ts';

const FORMAT = 'niem.promise/1';

/** `note`: format, time limit, number and root of the flight's leaves, signed; `index` and `hashes` (base64) lead from one leaf to that root. */
export type Promised = { note: string; index: number; hashes: readonly string[] };

/** The text to sign for these leaves, and each leaf's path. `due_at`: RFC 3339, UTC. */
export function promiseOf(hash: Hash, leaves: readonly Uint8Array[], due_at: string): { text: string; paths: Omit<Promised, 'note'>[] } {
  const paths: Omit<Promised, 'note'>[] = [];
  const { root, siblings } = branch(hash, leaves, 0, leaves.length);
  // Each sibling's text is written once and shared by all the paths it stands in: a flight may have hundreds of leaves.
  for (const [index, hashes] of siblings.entries()) paths.push({ index, hashes });
  return { text: `${FORMAT}\n${due_at}\n${leaves.length}\n${base64(root)}\n`, paths };
}

/** The root of some of the leaves, and for each of them the hashes from it up to that root. */
function branch(hash: Hash, leaves: readonly Uint8Array[], from: number, to: number): { root: Uint8Array; siblings: string[][] } {
  if (to - from === 1) return { root: leaves[from] as Uint8Array, siblings: [[]] };
  const middle = from + split(to - from);
  const [left, right] = [branch(hash, leaves, from, middle), branch(hash, leaves, middle, to)];
  const [leftText, rightText] = [base64(left.root), base64(right.root)];
  for (const path of left.siblings) path.push(rightText);
  for (const path of right.siblings) path.push(leftText);
  return { root: nodeHash(hash, left.root, right.root), siblings: [...left.siblings, ...right.siblings] };
}

/** By when the leaf is promised to be in the log, Unix milliseconds, and by which key. Throws an Error on anything but a good promise for this very leaf. */
export async function openPromise(
  hash: Hash,
  verify: VerifySignature,
  promise: Promised,
  leaf: Uint8Array,
  trusted: readonly NoteKey[],
): Promise<{ due_ms: number; key: NoteKey }> {
  const { text, signed } = await openNote(hash, verify, promise.note, trusted);
  const [format, due_at, count, root, ...rest] = text.split('\n');
  const due_ms = Date.parse(due_at ?? '');
  const size = Number(count);
  const key = signed[0]?.key;
  if (format !== FORMAT || rest.join() !== '' || Number.isNaN(due_ms) || !Number.isSafeInteger(size) || key === undefined)
    throw new Error('not a promise');
  if (!checkInclusion(hash, { index: promise.index, size, leaf, root: hashLine(root ?? ''), proof: promise.hashes.map(hashLine) }))
    throw new Error('a promise of something else');
  return { due_ms, key };
}
