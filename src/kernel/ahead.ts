// The kernel that reads ahead in a whole log, in AssemblyScript: compiled to src/proof/ahead.wasm by `npm run kernel`, and a test compares. It walks over
// entries as base/canonical.ts reads them, notes where the parts of a step stand, hashes four messages at once and builds the subtrees. What it is not
// sure of it leaves to proof/check.ts; it must never take for plain what `readEntry` refuses. src/proof/ahead.ts says what the numbers mean.

import { hash, hashAllWaiting, hashPairs } from './sha256';

const BODY_BYTES_MAX: usize = 65536;
const DEPTH_MAX: i32 = 16;
const HASH: usize = 32;
/** Length, type, index and number of hashes stand before a body. */
const BEFORE: usize = 14;
const E: u8 = 69;
const NULL: u8 = 110;
const TRUE: u8 = 116;
const FALSE: u8 = 102;
const INTEGER: u8 = 105;
const TEXT: u8 = 115;
const BYTES: u8 = 98;
const LIST: u8 = 108;
const MAP: u8 = 109;
const SAFE_MAX: i64 = 9007199254740991;
const NO_STEP: i32 = 0;
const NOT_READ: i32 = -1;

// Walking over canonical values. 0 stands for "not plain".

/** Whether a byte of eight is none of ASCII. */
const HIGH: u64 = 0x8080808080808080;

function walkText(from: usize, stop: usize): usize {
  let at = from;
  while (at + 8 <= stop && (load<u64>(at) & HIGH) === 0) at += 8;
  // What is left of it, alone: the memory reaches further than any text.
  if (stop - at < 8 && (stop === at || (load<u64>(at) << ((8 - (stop - at)) << 3) & HIGH) === 0)) return stop;
  for (; at < stop; at++) {
    const byte = load<u8>(at);
    if (byte < 128) continue;
    // UTF-8 as RFC 3629 has it: no longer form than needed, no surrogates, nothing above 10FFFF.
    const more: usize = byte >= 0xc2 && byte <= 0xdf ? 1 : byte >= 0xe0 && byte <= 0xef ? 2 : byte >= 0xf0 && byte <= 0xf4 ? 3 : 0;
    if (more === 0 || at + more >= stop) return 0;
    const second = load<u8>(at + 1);
    const low: u8 = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    const high: u8 = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return 0;
    for (let i: usize = 2; i <= more; i++) if ((load<u8>(at + i) & 0xc0) !== 0x80) return 0;
    at += more;
  }
  return stop;
}

function walkInteger(from: usize, stop: usize): usize {
  const minus = from < stop && load<u8>(from) === 45;
  const first = minus ? from + 1 : from;
  const digits = stop - first;
  if (digits < 1 || digits > 16 || (load<u8>(first) === 48 && (minus || digits > 1))) return 0;
  let number: i64 = 0;
  for (let at = first; at < stop; at++) {
    const digit = <i64>load<u8>(at) - 48;
    if (digit < 0 || digit > 9) return 0;
    number = number * 10 + digit;
  }
  return number <= SAFE_MAX ? stop : 0;
}

/** Whether one key comes before another. */
function comesBefore(a: usize, aEnd: usize, b: usize, bEnd: usize): bool {
  while (a < aEnd && b < bEnd && load<u8>(a) === load<u8>(b)) { a++; b++; }
  return b < bEnd && (a === aEnd || load<u8>(a) < load<u8>(b));
}

function walkMap(from: usize, end: usize, pairs: u64, depth: i32): usize {
  let at = from;
  let last: usize = 0, lastEnd: usize = 0;
  for (let i: u64 = 0; i < pairs; i++) {
    if (at + 2 > end) return 0;
    // A key is short, so its length is one byte.
    const key = at + 2;
    const keyEnd = key + <usize>load<u8>(at + 1);
    if (load<u8>(at) !== TEXT || keyEnd === key || keyEnd > key + 64 || keyEnd > end) return 0;
    for (let k = key; k < keyEnd; k++) if (load<u8>(k) < 0x20 || load<u8>(k) > 0x7e) return 0;
    if (i > 0 && !comesBefore(last, lastEnd, key, keyEnd)) return 0;
    last = key;
    lastEnd = keyEnd;
    at = walk(keyEnd, end, depth + 1);
    if (at === 0) return 0;
  }
  return at;
}

/** Over the value that begins here; gives where it ends. */
function walk(from: usize, end: usize, depth: i32): usize {
  if (depth > DEPTH_MAX || from + 2 > end) return 0;
  const tag = load<u8>(from);
  let n = <u64>load<u8>(from + 1);
  let at = from + 2;
  if (n > 127) {
    n &= 127;
    for (let shift: u64 = 7; ; shift += 7) {
      if (at >= end || shift > 28) return 0;
      const byte = <u64>load<u8>(at++);
      n |= (byte & 127) << shift;
      if (byte > 127) continue;
      if (byte === 0) return 0;
      break;
    }
  }
  if (tag === TEXT || tag === BYTES || tag === INTEGER) {
    if (n > <u64>(end - at)) return 0;
    const stop = at + <usize>n;
    return tag === TEXT ? walkText(at, stop) : tag === INTEGER ? walkInteger(at, stop) : stop;
  }
  if (tag === LIST) {
    for (let i: u64 = 0; i < n && at !== 0; i++) at = walk(at, end, depth + 1);
    return at;
  }
  if (tag === MAP) return walkMap(at, end, n, depth);
  return (tag === NULL || tag === TRUE || tag === FALSE) && n === 0 ? at : 0;
}

/** Where the 17 members of an entry, and behind them the 14 of its claim, begin. */
const MEMBERS = memory.data(31 * 4, 4);
const CLAIM: usize = 17;
const CHECKPOINT_FORMAT = memory.data<u8>([115, 17, 110, 105, 101, 109, 46, 99, 104, 101, 99, 107, 112, 111, 105, 110, 116, 47, 49]);
const CLAIM_FORMAT = memory.data<u8>([115, 12, 110, 105, 101, 109, 46, 99, 108, 97, 105, 109, 47, 49]);

@inline function member(i: usize): usize { return <usize>load<u32>(MEMBERS + (i << 2)); }
@inline function tagOf(i: usize): u8 { return load<u8>(member(i)); }
@inline function isBytes(i: usize, length: u8): bool { return tagOf(i) === BYTES && load<u8>(member(i), 1) === length; }

function integer(at: usize): i64 {
  const stop = at + 2 + <usize>load<u8>(at + 1);
  const minus = load<u8>(at + 2) === 45;
  let number: i64 = 0;
  for (let i = at + (minus ? 3 : 2); i < stop; i++) number = number * 10 + <i64>load<u8>(i) - 48;
  return minus ? -number : number;
}

function same(at: usize, format: usize, bytes: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= bytes; i += 8) if (load<u64>(at + i) !== load<u64>(format + i)) return false;
  for (; i < bytes; i++) if (load<u8>(at + i) !== load<u8>(format + i)) return false;
  return true;
}

/** Over a list of so many members with this first one, and notes where they begin; 0: it is none. */
function walkMembers(from: usize, end: usize, format: usize, formatBytes: usize, firstMember: usize, n: usize, depth: i32): usize {
  if (from + 2 + formatBytes > end || load<u8>(from) !== LIST || <usize>load<u8>(from + 1) !== n || !same(from + 2, format, formatBytes)) return 0;
  let at = from + 2;
  for (let i: usize = 0; i < n && at !== 0; i++) {
    store<u32>(MEMBERS + ((firstMember + i) << 2), <u32>at);
    const tag = at + 2 <= end ? load<u8>(at) : 0;
    const length = <usize>load<u8>(at, 1);
    // The claim first: whatever else stood in its place would leave the places of the one before.
    if (firstMember === 0 && i === 1) at = walkMembers(at, end, CLAIM_FORMAT, 14, CLAIM, 14, depth + 1);
    else if (tag === NULL && length === 0) at += 2;
    else if (tag === BYTES && length < 128) at = at + 2 + length <= end ? at + 2 + length : 0;
    else at = walk(at, end, depth + 1);
  }
  return at;
}

function read(body: usize, end: usize, part: usize, time: usize): void {
  store<i32>(part, NOT_READ, 8);
  store<f64>(time, NaN);
  // Of a list so long that its count takes two bytes the format stands elsewhere.
  if (end - body > BODY_BYTES_MAX || load<u8>(body) !== LIST || load<u8>(body, 1) > 127) return;
  if (end - body < 21 || !same(body + 2, CHECKPOINT_FORMAT, 19)) {
    if (walk(body, end, 0) === end) store<i32>(part, NO_STEP, 8);
    return;
  }
  if (walkMembers(body, end, CHECKPOINT_FORMAT, 19, 0, 17, 0) !== end) return;
  if (!(isBytes(5, 16) && tagOf(6) === TEXT && tagOf(7) === TEXT && tagOf(8) === INTEGER && tagOf(10) === INTEGER && tagOf(12) === TEXT && tagOf(CLAIM + 2) === TEXT)) return;
  if (!(tagOf(9) === NULL || isBytes(9, 32))) return;
  if (!(tagOf(CLAIM + 5) === NULL || tagOf(CLAIM + 5) === TEXT)) return;
  if (!(tagOf(CLAIM + 6) === NULL || (isBytes(CLAIM + 6, 16) && isBytes(2, 64)))) return;
  const seq = integer(member(8));
  if (seq < 1 || seq > <i64>i32.MAX_VALUE) return;
  const follows = tagOf(9) === BYTES;
  store<i32>(part, <i32>seq, 8);
  store<i32>(part, follows ? 1 : 0, 12);
  memory.copy(part + 16, member(5) + 2, 16);
  if (follows) memory.copy(part + 32, member(9) + 2, HASH);
  store<f64>(time, <f64>integer(member(10)));
}

/** From here on the memory is the host's. */
export const host: usize = (__heap_base + 15) & ~15;
/** Offset behind the entries that were counted. */
export let end: usize = 0;
let first: u64 = 0;

/** How many entries stand side by side from the beginning on, each without a proof and with the next index. The memory reaches 16 bytes behind the input. */
export function count(input: usize, length: usize): u32 {
  let n: u32 = 0;
  let at: usize = 0;
  first = bswap<u64>(load<u64>(input + 5));
  while (at + BEFORE < length) {
    const size = <usize>bswap<u32>(load<u32>(input + at));
    if (size > length) break;
    const to = at + 4 + size;
    const index = bswap<u64>(load<u64>(input + at + 5));
    if (to > length || to <= at + BEFORE || load<u8>(input + at + 4) !== E || load<u8>(input + at + 13) !== 0 || index !== first + n || index > <u64>SAFE_MAX) break;
    n++;
    at = to;
  }
  end = at;
  return n;
}

/** Reads what was counted. Room: 64 bytes an entry at parts, 8 at times, 32 at hashes and at leaves, 36 for each of 64 subtrees. Gives the number of subtrees. */
export function readAll(input: usize, n: u32, parts: usize, times: usize, hashes: usize, leaves: usize, subtrees: usize): u32 {
  let at = input;
  for (let i: usize = 0; i < <usize>n; i++) {
    const body = at + BEFORE;
    const to = at + 4 + <usize>bswap<u32>(load<u32>(at));
    const part = parts + (i << 6);
    store<u32>(part, <u32>(body - input));
    store<u32>(part, <u32>(to - input), 4);
    read(body, to, part, times + 8 * i);
    hash(body, to - body, hashes + HASH * i);
    // The byte before the body is the zero that a leaf begins with: it counts the hashes of a proof, and a whole log has none.
    hash(body - 1, to - body + 1, leaves + HASH * i);
    at = to;
  }
  hashAllWaiting();
  return grow(n, leaves, subtrees);
}

/** Complete subtrees from left to right, as level and hash. */
function grow(n: u32, leaves: usize, subtrees: usize): u32 {
  let from = first, to = first + n, base = leaves;
  let left: usize = 0, right: usize = 64;
  for (let level: u32 = 0; from < to; level++) {
    if ((from & 1) === 1) {
      put(subtrees + 36 * left++, level, base);
      base += HASH;
      from++;
    }
    if (from < to && (to & 1) === 1) put(subtrees + 36 * --right, level, base + HASH * <usize>(--to - from));
    hashPairs(base, <usize>((to - from) >> 1), leaves);
    base = leaves;
    from >>= 1;
    to >>= 1;
  }
  memory.copy(subtrees + 36 * left, subtrees + 36 * right, 36 * (64 - right));
  return <u32>(left + 64 - right);
}

function put(place: usize, level: u32, from: usize): void {
  store<u32>(place, level);
  memory.copy(place + 4, from, HASH);
}
