// The Merkle tree of RFC 6962: leaves, roots, proofs and the tiles they are read from. Pure: the hash function is an argument, so
// that the server (node:crypto) and a verifier in a browser share it. Nothing here reads a database, a file or a clock.

import { equalBytes } from './bytes.ts';

/** SHA-256, at once: the bytes are not its own to keep. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

export const HASH_BYTES = 32;

/** What is hashed is put together here, over and over: an array of its own for each costs as much as the hash. */
let scratch = new Uint8Array(4096);

export function leafHash(hash: Hash, body: Uint8Array): Uint8Array {
  if (body.length >= scratch.length) scratch = new Uint8Array(2 * body.length);
  scratch[0] = 0;
  scratch.set(body, 1);
  return hash(scratch.subarray(0, 1 + body.length));
}

export function nodeHash(hash: Hash, left: Uint8Array, right: Uint8Array): Uint8Array {
  scratch[0] = 1;
  scratch.set(left, 1);
  scratch.set(right, 1 + left.length);
  return hash(scratch.subarray(0, 1 + left.length + right.length));
}

/** Of complete subtrees side by side, the largest first: one hash for all of them. */
export function fold(hash: Hash, hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? hash(new Uint8Array(0)) : hashes.reduceRight((right, left) => nodeHash(hash, left, right));
}

/** Root of a tree of these leaf hashes. */
export function rootOf(hash: Hash, leaves: readonly Uint8Array[]): Uint8Array {
  // A stack of complete subtrees, as a binary counter: whatever is left at the end is folded.
  const stack: { hash: Uint8Array; size: number }[] = [];
  for (const leaf of leaves) {
    let last = { hash: leaf, size: 1 };
    for (let before = stack.at(-1); before && before.size === last.size; before = stack.at(-1)) {
      stack.pop();
      last = { hash: nodeHash(hash, before.hash, last.hash), size: 2 * last.size };
    }
    stack.push(last);
  }
  return fold(
    hash,
    stack.map((subtree) => subtree.hash),
  );
}

/** A complete subtree: the leaves from index × 2^level on, 2^level of them. */
export type Node = { level: number; index: number };

/** The complete subtrees that make up the leaves from..to, left to right; `from` must be where a subtree of that size may begin. */
function cover(from: number, to: number): Node[] {
  const nodes: Node[] = [];
  for (let at = from; at < to;) {
    let level = 0;
    while (at + 2 ** (level + 1) <= to && at % 2 ** (level + 1) === 0) level++;
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** The subtrees whose folded hash is the root of a tree of this size. */
export const rootNodes = (size: number): Node[] => cover(0, size);

/** Largest power of two below n. */
export function split(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

/** What an inclusion proof consists of: each member is folded into one hash. */
export function inclusionNodes(index: number, size: number): Node[][] {
  if (!(index >= 0 && index < size)) throw new Error('index is not in the tree');
  const path: Node[][] = [];
  for (let from = 0, to = size; to - from > 1;) {
    const middle = from + split(to - from);
    if (index < middle) {
      path.push(cover(middle, to));
      to = middle;
    } else {
      path.push(cover(from, middle));
      from = middle;
    }
  }
  return path.toReversed();
}

/** What a consistency proof between two sizes consists of. */
export function consistencyNodes(size1: number, size2: number): Node[][] {
  if (!(size1 > 0 && size1 <= size2)) throw new Error('sizes are not in order');
  if (size1 === size2) return [];
  const path: Node[][] = [];
  let from = 0;
  let to = size2;
  while (size1 !== to) {
    const middle = from + split(to - from);
    if (size1 <= middle) {
      path.push(cover(middle, to));
      to = middle;
    } else {
      path.push(cover(from, middle));
      from = middle;
    }
  }
  // The old tree itself is known to whoever asks.
  if (from > 0) path.push(cover(from, to));
  return path.toReversed();
}

const isHash = (bytes: Uint8Array): boolean => bytes.length === HASH_BYTES;
const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const half = (n: number): number => Math.floor(n / 2);

/** RFC 9162, 2.1.3.2: whether the leaf stands at the index of the tree with that size and root. */
export function checkInclusion(
  hash: Hash,
  at: { index: number; size: number; leaf: Uint8Array; root: Uint8Array; proof: readonly Uint8Array[] },
): boolean {
  const { index, size, leaf, root, proof } = at;
  if (!isCount(index) || !isCount(size) || index >= size || ![leaf, root, ...proof].every(isHash)) return false;
  let fn = index;
  let sn = size - 1;
  let sum = leaf;
  for (const part of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      sum = nodeHash(hash, part, sum);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else sum = nodeHash(hash, sum, part);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(sum, root);
}

/** RFC 9162, 2.1.4.2: whether the first tree is a beginning of the second. An empty first tree proves nothing and is refused. */
export function checkConsistency(
  hash: Hash,
  of: { size1: number; size2: number; root1: Uint8Array; root2: Uint8Array; proof: readonly Uint8Array[] },
): boolean {
  const { size1, size2, root1, root2, proof } = of;
  if (!isCount(size1) || !isCount(size2) || size1 === 0 || size1 > size2 || ![root1, root2, ...proof].every(isHash)) return false;
  if (size1 === size2) return proof.length === 0 && equalBytes(root1, root2);
  const power = Number.isInteger(Math.log2(size1)) && 2 ** Math.round(Math.log2(size1)) === size1;
  const [first, ...rest] = power ? [root1, ...proof] : proof;
  if (first === undefined || (power && proof.length === 0)) return false;
  let fn = size1 - 1;
  let sn = size2 - 1;
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let old = first;
  let now = first;
  for (const part of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      old = nodeHash(hash, part, old);
      now = nodeHash(hash, part, now);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else now = nodeHash(hash, now, part);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(old, root1) && equalBytes(now, root2);
}
