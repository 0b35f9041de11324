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

  add(leaf: Uint8Array): void {
    let sum = leaf;
    for (let n = this.size; n % 2 === 1; n = (n - 1) / 2) sum = nodeHash(this.#hash, this.#stack.pop() as Uint8Array, sum);
    this.#stack.push(sum);
    this.size += 1;
  }

  root(): Uint8Array {
    return fold(this.#hash, this.#stack);
  }
}
