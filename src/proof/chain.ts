// The chains of units inside a bundle, and that of its casefile: each entry names the hash of the one before it. Steps may come a little out of order in the log, and
// redacted ones are gaps; both are counted, and nothing else is let through. Memory: some 80 bytes a unit, in flat arrays.

import { equalBytes, hex } from '../base/bytes.ts';
import type { Hash } from '../base/merkle.ts';
import { BundleError } from './bundle_error.ts';
import type { ReadEntry } from './entry_read.ts';

type Step = NonNullable<ReadEntry['step']>;
type Waiting = { step: Step; hash: Uint8Array; index: number };

/** 16 bytes of unit_id, 32 of the last hash. */
const ROW = 48;

export class Chains {
  readonly #hash: Hash;
  #rows = new Uint8Array(ROW * 1024);
  #seqs = new Int32Array(1024);
  #size = 1024;
  /** Steps that came before the ones they follow, or after redacted ones. */
  readonly #early = new Map<string, Waiting[]>();
  count = 0;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** Throws a BundleError, and then nothing has changed. */
  add(step: Step, body: Uint8Array, index: number): void {
    const at = this.#find(step.unit_id);
    const seq = this.#seqs[at] ?? 0;
    if (step.unit_seq <= seq || (step.unit_seq === 1) !== (step.prev === null)) broken(step, index);
    const hash = this.#hash(body);
    if (step.unit_seq !== seq + 1) {
      const key = hex(step.unit_id);
      const early = this.#early.get(key) ?? [];
      if (early.some((other) => other.step.unit_seq === step.unit_seq)) broken(step, index);
      this.#early.set(key, [...early, { step, hash, index }]);
      return;
    }
    if (seq > 0 && !equalBytes(step.prev ?? new Uint8Array(), this.#rows.subarray(at * ROW + 16, at * ROW + ROW))) broken(step, index);
    this.#set(at, step, hash);
    if (this.#early.size > 0) this.#catchUp(step.unit_id);
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
      this.#set(at, next.step, next.hash);
      if (early.length === 1) this.#early.delete(key);
      else
        this.#early.set(
          key,
          early.filter((waiting) => waiting !== next),
        );
    }
  }

  #set(at: number, step: Step, hash: Uint8Array): void {
    if ((this.#seqs[at] ?? 0) === 0) {
      this.#rows.set(step.unit_id, at * ROW);
      this.count += 1;
    }
    this.#rows.set(hash, at * ROW + 16);
    this.#seqs[at] = step.unit_seq;
    if (this.count * 3 > this.#size * 2) this.#grow();
  }

  /** Its row, or the free one where it belongs. The last bytes of a UUIDv7 are random. */
  #find(unit_id: Uint8Array): number {
    const random = ((unit_id[12] ?? 0) << 24) | ((unit_id[13] ?? 0) << 16) | ((unit_id[14] ?? 0) << 8) | (unit_id[15] ?? 0);
    for (let at = (random >>> 0) % this.#size; ; at = (at + 1) % this.#size) {
      if ((this.#seqs[at] ?? 0) === 0) return at;
      let same = true;
      for (let i = 0; i < 16 && same; i++) same = this.#rows[at * ROW + i] === unit_id[i];
      if (same) return at;
    }
  }

  #grow(): void {
    const [rows, seqs] = [this.#rows, this.#seqs];
    this.#size *= 2;
    this.#rows = new Uint8Array(ROW * this.#size);
    this.#seqs = new Int32Array(this.#size);
    seqs.forEach((seq, i) => {
      if (seq === 0) return;
      const row = rows.subarray(i * ROW, i * ROW + ROW);
      const at = this.#find(row);
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
