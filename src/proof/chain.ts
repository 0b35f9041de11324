// The chains of units inside a bundle, and that of its casefile: each entry names the hash of the one before it. Steps may come a little out of order in the log, and
// redacted ones are gaps; both are counted, and nothing else is let through. Memory: some 80 bytes a unit, in flat arrays.

import { equalBytes, hex } from '../base/bytes.ts';
import type { Hash } from '../base/merkle.ts';
import { PARTS } from './ahead.ts';
import type { Ahead } from './ahead.ts';
import { BundleError } from './bundle_error.ts';
import type { ReadEntry } from './entry_read.ts';

type Step = NonNullable<ReadEntry['step']>;
type Waiting = { step: Step; hash: Uint8Array; index: number };

/** 16 bytes of unit_id, 32 of the last hash. */
const ROW = 48;

export class Chains {
  readonly #hash: Hash;
  #rows = new Uint8Array(ROW * 1024);
  /** The same in words of four bytes. */
  #words = new Int32Array(this.#rows.buffer);
  readonly #asked = new Uint8Array(16);
  readonly #askedWords = new Int32Array(this.#asked.buffer);
  #seqs = new Int32Array(1024);
  #size = 1024;
  /** Steps that came before the ones they follow, or after redacted ones. */
  readonly #early = new Map<string, Waiting[]>();
  count = 0;
  /** The log continues another one: what is seen first of a unit need not be its first step. */
  continues = false;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** Throws a BundleError, and then nothing has changed. */
  add(step: Step, body: Uint8Array, index: number): void {
    const at = this.#find(step.unit_id);
    const seq = this.#seqs[at] ?? 0;
    if (step.unit_seq <= seq || (step.unit_seq === 1) !== (step.prev === null)) broken(step, index);
    const hash = this.#hash(body);
    if (step.unit_seq !== seq + 1 && !(this.continues && seq === 0)) {
      const key = hex(step.unit_id);
      const early = this.#early.get(key) ?? [];
      if (early.some((other) => other.step.unit_seq === step.unit_seq)) broken(step, index);
      this.#early.set(key, [...early, { step, hash, index }]);
      return;
    }
    if (seq > 0 && !equalBytes(step.prev ?? new Uint8Array(), this.#rows.subarray(at * ROW + 16, at * ROW + ROW))) broken(step, index);
    this.#set(at, step.unit_id, step.unit_seq, hash);
    if (this.#early.size > 0) this.#catchUp(step.unit_id);
  }

  /** The same for a step that simply follows, out of what was read ahead (proof/ahead.ts); false: it does not, and nothing has changed. */
  follow({ parts, hashes }: Ahead, i: number): boolean {
    const part = i * PARTS;
    const seq = parts[part + 2] ?? 0;
    if (seq < 1) return false;
    if (this.#early.size > 0 && this.#early.has(hex(new Uint8Array(parts.buffer, 4 * (part + 4), 16)))) return false;
    const at = this.#findWords(parts, part + 4);
    const known = this.#seqs[at] ?? 0;
    const begins = known === 0 && (seq === 1 || this.continues);
    if ((!begins && seq !== known + 1) || (seq > 1 ? 1 : 0) !== parts[part + 3]) return false;
    const row = at * (ROW / 4);
    if (!begins) for (let k = 0; k < 8; k++) if (parts[part + 8 + k] !== this.#words[row + 4 + k]) return false;
    for (let k = 0; k < 8; k++) this.#words[row + 4 + k] = hashes[i * 8 + k] ?? 0;
    this.#seqs[at] = seq;
    if (!begins) return true;
    for (let k = 0; k < 4; k++) this.#words[row + k] = parts[part + 4 + k] ?? 0;
    this.#counted();
    return true;
  }

  has(unit_id: Uint8Array): boolean {
    return (this.#seqs[this.#find(unit_id)] ?? 0) > 0 || this.#early.has(hex(unit_id));
  }

  /** `missing_max`: how many steps may be missing: as many as are redacted, or any number. */
  end(missing_max: number): void {
    let missing = 0;
    for (const waiting of this.#early.values()) {
      const steps = waiting.toSorted((a, b) => a.step.unit_seq - b.step.unit_seq);
      const unit_id = steps[0]?.step.unit_id ?? new Uint8Array(16);
      const at = this.#find(unit_id);
      let before = { unit_seq: this.#seqs[at] ?? 0, hash: null as Uint8Array | null };
      if (before.unit_seq === 0) this.count += 1;
      for (const { step, hash, index } of steps) {
        missing += step.unit_seq - before.unit_seq - 1;
        if (step.unit_seq === before.unit_seq + 1 && before.hash !== null && !equalBytes(step.prev ?? new Uint8Array(), before.hash))
          broken(step, index);
        before = { unit_seq: step.unit_seq, hash };
      }
    }
    if (missing > missing_max) throw new BundleError('chain_incomplete');
  }

  #catchUp(unit_id: Uint8Array): void {
    const key = hex(unit_id);
    for (;;) {
      const at = this.#find(unit_id);
      const early = this.#early.get(key);
      const next = early?.find((waiting) => waiting.step.unit_seq === (this.#seqs[at] ?? 0) + 1);
      if (early === undefined || next === undefined) return;
      if (!equalBytes(next.step.prev ?? new Uint8Array(), this.#rows.subarray(at * ROW + 16, at * ROW + ROW)))
        broken(next.step, next.index);
      this.#set(at, unit_id, next.step.unit_seq, next.hash);
      if (early.length === 1) this.#early.delete(key);
      else
        this.#early.set(
          key,
          early.filter((waiting) => waiting !== next),
        );
    }
  }

  #set(at: number, unit_id: Uint8Array, seq: number, hash: Uint8Array): void {
    const fresh = (this.#seqs[at] ?? 0) === 0;
    this.#rows.set(hash, at * ROW + 16);
    this.#seqs[at] = seq;
    if (!fresh) return;
    this.#rows.set(unit_id, at * ROW);
    this.#counted();
  }

  #counted(): void {
    this.count += 1;
    if (this.count * 3 > this.#size * 2) this.#grow();
  }

  /** Its row, or the free one where it belongs. */
  #find(unit_id: Uint8Array): number {
    this.#asked.set(unit_id);
    return this.#findWords(this.#askedWords, 0);
  }

  /** The same of an id in four words. The last bytes of a UUIDv7 are random. */
  #findWords(words: Int32Array, from: number): number {
    for (let at = ((words[from + 3] ?? 0) >>> 0) % this.#size; ; at = (at + 1) % this.#size) {
      if ((this.#seqs[at] ?? 0) === 0) return at;
      let k = 0;
      while (k < 4 && this.#words[at * (ROW / 4) + k] === words[from + k]) k++;
      if (k === 4) return at;
    }
  }

  #grow(): void {
    const [rows, words, seqs] = [this.#rows, this.#words, this.#seqs];
    this.#size *= 2;
    this.#rows = new Uint8Array(ROW * this.#size);
    this.#words = new Int32Array(this.#rows.buffer);
    this.#seqs = new Int32Array(this.#size);
    seqs.forEach((seq, i) => {
      if (seq === 0) return;
      const row = rows.subarray(i * ROW, i * ROW + ROW);
      const at = this.#findWords(words, i * (ROW / 4));
      this.#rows.set(row, at * ROW);
      this.#seqs[at] = seq;
    });
  }
}

function broken(step: Step, index: number): never {
  throw new BundleError('chain_broken', { code: step.code, index, unit_seq: step.unit_seq });
}

/** The one chain of a casefile: dense numbers, each entry names the hash of the one before it; what is hidden is a gap. */
export class CasefileChain {
  readonly #hash: Hash;
  readonly #entries = new Map<number, { prev: Uint8Array | null; hash: Uint8Array }>();

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** Whose entry it is; null: of no casefile. */
  idOf({ value, casefile }: ReadEntry): unknown {
    return casefile ? (value as { [key: string]: unknown }).casefile_id : null;
  }

  /** Throws a BundleError, and then nothing has changed. */
  add({ value }: ReadEntry, body: Uint8Array, index: number): void {
    const { entry_no: no, prev, casefile_id } = value as { [key: string]: unknown };
    const whole = typeof no === 'number' && no >= 1 && (prev === null || (prev instanceof Uint8Array && prev.length === 32));
    if (!whole) throw new BundleError('entry_malformed', { index, problem: 'not an entry of a casefile' });
    const hash = this.#hash(body);
    const [before, after] = [this.#entries.get(no - 1), this.#entries.get(no + 1)];
    const holds =
      !this.#entries.has(no) &&
      (no === 1) === (prev === null) &&
      (before === undefined || (prev !== null && equalBytes(prev, before.hash))) &&
      (after === undefined || (after.prev !== null && equalBytes(after.prev, hash)));
    if (!holds) throw new BundleError('chain_broken', { code: String(casefile_id), index, unit_seq: no });
    this.#entries.set(no, { prev, hash });
  }

  /** No more numbers may be missing than entries are hidden. */
  end(missing_max: number): void {
    const last = [...this.#entries.keys()].reduce((a, b) => Math.max(a, b), 0);
    if (last - this.#entries.size > missing_max) throw new BundleError('chain_incomplete');
  }
}
