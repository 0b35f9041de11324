// Reads ahead in a whole log: entries that stand side by side, where the parts are that a chain needs, their hashes and the subtrees they make.
// Nothing is judged here: what is not plainly right is left to check.ts, which reads it again by the rules. So this may run in any thread.
// The work is done by src/kernel/ahead.ts.

/** `count` records of type E from `first` on, which end at offset `end`. */
export type Ahead = {
  first: number;
  count: number;
  end: number;
  /** PARTS words a record: offset of its body, offset behind it, unit_seq (NO_STEP: it is none; -1: not plain), 1 or 0 whether it has a prev, 4 words of unit_id, 8 of prev. */
  parts: Int32Array<ArrayBuffer>;
  /** received_at, Unix milliseconds; NaN: not a step. */
  times: Float64Array<ArrayBuffer>;
  /** SHA-256 of each body, 8 words. */
  hashes: Int32Array<ArrayBuffer>;
  /** Complete subtrees from left to right. */
  subtrees: { level: number; hash: Uint8Array }[];
};
export const PARTS = 16;
export const NO_STEP = 0;

type Kernel = {
  memory: WebAssembly.Memory;
  host: WebAssembly.Global<'i32'>;
  end: WebAssembly.Global<'i32'>;
  count(input: number, length: number): number;
  readAll(input: number, n: number, parts: number, times: number, hashes: number, leaves: number, subtrees: number): number;
};

const PAGE = 65_536;
/** How far the kernel may look behind the input. */
const BEHIND = 16;
const SUBTREES_BYTES = 64 * 36;

/** A reader with a memory of its own. `bytes`: whole records; it stops before the first that is no entry, or not the next one. */
export function aheadReader(kernel: WebAssembly.Module): (bytes: Uint8Array) => Ahead {
  const { memory, host, end, count, readAll } = new WebAssembly.Instance(kernel).exports as Kernel;
  /** Room from the host's first byte on. */
  const room = (size: number): void => {
    const missing = host.value + size - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  };
  return (bytes) => {
    const input = host.value;
    const parts = (bytes.length + BEHIND + 15) & ~15;
    room(parts);
    new Uint8Array(memory.buffer).set(bytes, input);
    const n = count(input, bytes.length);
    const [times, hashes, leaves, subtrees] = [64, 72, 104, 136].map((before) => parts + n * before) as [number, number, number, number];
    room(subtrees + SUBTREES_BYTES);
    const found = readAll(input, n, input + parts, input + times, input + hashes, input + leaves, input + subtrees);
    const view = new DataView(memory.buffer, input);
    const part = (from: number, length: number): ArrayBuffer => memory.buffer.slice(input + from, input + from + length);
    return {
      first: n === 0 ? 0 : Number(view.getBigUint64(5)),
      count: n,
      end: end.value,
      parts: new Int32Array(part(parts, n * 64)),
      times: new Float64Array(part(times, n * 8)),
      hashes: new Int32Array(part(hashes, n * 32)),
      subtrees: Array.from({ length: found }, (_, i) => ({
        level: view.getUint32(subtrees + 36 * i, true),
        hash: new Uint8Array(part(subtrees + 36 * i + 4, 32)),
      })),
    };
  };
}
