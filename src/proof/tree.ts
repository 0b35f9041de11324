// The root of a tree that only grows: one hash a leaf and a stack of complete subtrees, so that millions of leaves cost no memory.

import { fold, nodeHash } from '../base/merkle.ts';
import type { Hash } from '../base/merkle.ts';

export class GrowingTree {
  readonly #hash: Hash;
  /** Complete subtrees, the largest first; their sizes are the binary digits of `size`. */
  readonly #stack: Uint8Array[] = [];
  size = 0;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** A leaf, or a complete subtree of 2^level leaves; its place must be one where such a subtree may begin. */
  add(hash: Uint8Array, level = 0): void {
    let sum = hash;
    for (let n = this.size / 2 ** level; n % 2 === 1; n = (n - 1) / 2) sum = nodeHash(this.#hash, this.#stack.pop() as Uint8Array, sum);
    this.#stack.push(sum);
    this.size += 2 ** level;
  }

  root(): Uint8Array {
    return fold(this.#hash, this.#stack);
  }
}
