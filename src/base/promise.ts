// Promises: with each receipt the server says, under its own key, that the entry will stand under a cosigned head by a certain time. One
// signature for a whole flight, over the root of a small tree of its leaves; each receipt carries its path in it. A promise that is not kept
// convicts the server, for nobody else can have made it. Pure; devices read it with the same code.

import { base64 } from './bytes.ts';
import { checkInclusion, fold, inclusionNodes, nodeHash, rootNodes } from './merkle.ts';
import type { Hash, Node } from './merkle.ts';
import { openNote } from './note.ts';
import type { NoteKey, VerifySignature } from './note.ts';
import { hashLine } from './proof.ts';

const FORMAT = 'niem.promise/1';

/** `note`: format, time limit, number and root of the flight's leaves, signed; `index` and `hashes` (base64) lead from one leaf to that root. */
export type Promised = { note: string; index: number; hashes: readonly string[] };

/** The text to sign for these leaves, and each leaf's path. `due_at`: RFC 3339, UTC. */
export function promiseOf(hash: Hash, leaves: readonly Uint8Array[], due_at: string): { text: string; paths: Omit<Promised, 'note'>[] } {
  const levels: Uint8Array[][] = [[...leaves]];
  for (let below = levels[0] as Uint8Array[]; below.length > 1; below = levels.at(-1) as Uint8Array[]) {
    levels.push(
      Array.from({ length: Math.floor(below.length / 2) }, (_, i) =>
        nodeHash(hash, below[2 * i] as Uint8Array, below[2 * i + 1] as Uint8Array),
      ),
    );
  }
  const node = ({ level, index }: Node): Uint8Array => levels[level]?.[index] as Uint8Array;
  const root = fold(hash, rootNodes(leaves.length).map(node));
  return {
    text: `${FORMAT}\n${due_at}\n${leaves.length}\n${base64(root)}\n`,
    paths: leaves.map((_, index) => ({
      index,
      hashes: inclusionNodes(index, leaves.length).map((group) => base64(fold(hash, group.map(node)))),
    })),
  };
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
