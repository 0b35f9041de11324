// SHA-256 (FIPS 180-4) of four messages at once, in AssemblyScript: lane i of each vector belongs to message i. Messages wait until there are four of
// as many blocks. Part of ahead.ts.

const HASH: usize = 32;
const BLOCK: usize = 64;

const K = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const H = memory.data<u32>([0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);
const W = memory.data(64 * 16, 16);
const STATE = memory.data(8 * 16, 16);
/** The last block or two of each lane, with what SHA-256 adds behind a message. */
const TAILS = memory.data(4 * 128, 16);

@inline function rotated(x: v128, n: i32): v128 { return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n)); }
@inline function xor3(a: v128, b: v128, c: v128): v128 { return v128.xor(v128.xor(a, b), c); }
@inline function bigSigma0(x: v128): v128 { return xor3(rotated(x, 2), rotated(x, 13), rotated(x, 22)); }
@inline function bigSigma1(x: v128): v128 { return xor3(rotated(x, 6), rotated(x, 11), rotated(x, 25)); }
@inline function sigma0(x: v128): v128 { return xor3(rotated(x, 7), rotated(x, 18), i32x4.shr_u(x, 3)); }
@inline function sigma1(x: v128): v128 { return xor3(rotated(x, 17), rotated(x, 19), i32x4.shr_u(x, 10)); }
@inline function t1(e: v128, f: v128, g: v128, h: v128, w: v128, t: usize): v128 {
  return i32x4.add(i32x4.add(i32x4.add(h, bigSigma1(e)), v128.bitselect(f, g, e)), i32x4.add(w, v128.load32_splat(K + (t << 2))));
}
/** `ab` and `bc` are a ^ b and b ^ c; the first is the second of the next round, which saves an operation. */
@inline function t2(a: v128, b: v128, ab: v128, bc: v128): v128 { return i32x4.add(bigSigma0(a), v128.xor(b, v128.and(ab, bc))); }
@inline function gathered(t: usize): v128 { return v128.load(W + (t << 4)); }
@inline function scheduled(t: usize): v128 {
  const w = W + (t << 4);
  const word = i32x4.add(i32x4.add(sigma1(v128.load(w - 32)), v128.load(w - 112)), i32x4.add(sigma0(v128.load(w - 240)), v128.load(w - 256)));
  v128.store(w, word);
  return word;
}

/** Four words of each lane, as words t to t + 3 of the schedule. */
@inline function gather(p0: usize, p1: usize, p2: usize, p3: usize, t: usize): void {
  const swap = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  const a = i8x16.swizzle(v128.load(p0), swap), b = i8x16.swizzle(v128.load(p1), swap);
  const c = i8x16.swizzle(v128.load(p2), swap), d = i8x16.swizzle(v128.load(p3), swap);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7), cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(W + (t << 4), v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(W + (t << 4) + 16, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(W + (t << 4) + 32, v128.shuffle<i64>(abHigh, cdHigh, 0, 2));
  v128.store(W + (t << 4) + 48, v128.shuffle<i64>(abHigh, cdHigh, 1, 3));
}

function begin(): void {
  for (let i: usize = 0; i < 8; i++) v128.store(STATE + (i << 4), v128.load32_splat(H + (i << 2)));
}

/** One block of each lane. */
function compress(p0: usize, p1: usize, p2: usize, p3: usize): void {
  for (let i: usize = 0; i < BLOCK; i += 16) gather(p0 + i, p1 + i, p2 + i, p3 + i, i >> 2);
  let a = v128.load(STATE), b = v128.load(STATE + 16), c = v128.load(STATE + 32), d = v128.load(STATE + 48);
  let e = v128.load(STATE + 64), f = v128.load(STATE + 80), g = v128.load(STATE + 96), h = v128.load(STATE + 112);
  let x = v128.xor(b, c), y = x;
  // The same eight rounds twice: with all words scheduled in a loop before one run of rounds they take a tenth longer.
  for (let t: usize = 0; t < 16; t += 8) {
    h = t1(e, f, g, h, gathered(t), t); d = i32x4.add(d, h); x = v128.xor(a, b); h = i32x4.add(h, t2(a, b, x, y));
    g = t1(d, e, f, g, gathered(t + 1), t + 1); c = i32x4.add(c, g); y = v128.xor(h, a); g = i32x4.add(g, t2(h, a, y, x));
    f = t1(c, d, e, f, gathered(t + 2), t + 2); b = i32x4.add(b, f); x = v128.xor(g, h); f = i32x4.add(f, t2(g, h, x, y));
    e = t1(b, c, d, e, gathered(t + 3), t + 3); a = i32x4.add(a, e); y = v128.xor(f, g); e = i32x4.add(e, t2(f, g, y, x));
    d = t1(a, b, c, d, gathered(t + 4), t + 4); h = i32x4.add(h, d); x = v128.xor(e, f); d = i32x4.add(d, t2(e, f, x, y));
    c = t1(h, a, b, c, gathered(t + 5), t + 5); g = i32x4.add(g, c); y = v128.xor(d, e); c = i32x4.add(c, t2(d, e, y, x));
    b = t1(g, h, a, b, gathered(t + 6), t + 6); f = i32x4.add(f, b); x = v128.xor(c, d); b = i32x4.add(b, t2(c, d, x, y));
    a = t1(f, g, h, a, gathered(t + 7), t + 7); e = i32x4.add(e, a); y = v128.xor(b, c); a = i32x4.add(a, t2(b, c, y, x));
  }
  for (let t: usize = 16; t < 64; t += 8) {
    h = t1(e, f, g, h, scheduled(t), t); d = i32x4.add(d, h); x = v128.xor(a, b); h = i32x4.add(h, t2(a, b, x, y));
    g = t1(d, e, f, g, scheduled(t + 1), t + 1); c = i32x4.add(c, g); y = v128.xor(h, a); g = i32x4.add(g, t2(h, a, y, x));
    f = t1(c, d, e, f, scheduled(t + 2), t + 2); b = i32x4.add(b, f); x = v128.xor(g, h); f = i32x4.add(f, t2(g, h, x, y));
    e = t1(b, c, d, e, scheduled(t + 3), t + 3); a = i32x4.add(a, e); y = v128.xor(f, g); e = i32x4.add(e, t2(f, g, y, x));
    d = t1(a, b, c, d, scheduled(t + 4), t + 4); h = i32x4.add(h, d); x = v128.xor(e, f); d = i32x4.add(d, t2(e, f, x, y));
    c = t1(h, a, b, c, scheduled(t + 5), t + 5); g = i32x4.add(g, c); y = v128.xor(d, e); c = i32x4.add(c, t2(d, e, y, x));
    b = t1(g, h, a, b, scheduled(t + 6), t + 6); f = i32x4.add(f, b); x = v128.xor(c, d); b = i32x4.add(b, t2(c, d, x, y));
    a = t1(f, g, h, a, scheduled(t + 7), t + 7); e = i32x4.add(e, a); y = v128.xor(b, c); a = i32x4.add(a, t2(b, c, y, x));
  }
  v128.store(STATE, i32x4.add(a, v128.load(STATE)));
  v128.store(STATE + 16, i32x4.add(b, v128.load(STATE + 16)));
  v128.store(STATE + 32, i32x4.add(c, v128.load(STATE + 32)));
  v128.store(STATE + 48, i32x4.add(d, v128.load(STATE + 48)));
  v128.store(STATE + 64, i32x4.add(e, v128.load(STATE + 64)));
  v128.store(STATE + 80, i32x4.add(f, v128.load(STATE + 80)));
  v128.store(STATE + 96, i32x4.add(g, v128.load(STATE + 96)));
  v128.store(STATE + 112, i32x4.add(h, v128.load(STATE + 112)));
}

function digest(lane: usize, out: usize): void {
  for (let i: usize = 0; i < 8; i++) store<u32>(out + (i << 2), bswap<u32>(load<u32>(STATE + (i << 4) + (lane << 2))));
}

/** Messages wait until there are four of as many blocks: for each number of blocks how many wait, then source, length and target of each. */
const BLOCKS_MAX: usize = 32;
const SLOT: usize = 52;
const WAITING = memory.data(33 * 52, 4);

export function hash(source: usize, length: usize, target: usize): void {
  const blocks = ((length + 8) >> 6) + 1;
  const slot = WAITING + SLOT * (blocks <= BLOCKS_MAX ? blocks : 0);
  const waits = load<u32>(slot);
  const place = slot + 4 + 12 * <usize>waits;
  store<u32>(place, <u32>source);
  store<u32>(place, <u32>length, 4);
  store<u32>(place, <u32>target, 8);
  store<u32>(slot, waits + 1);
  // Those that are longer than all numbers here go alone.
  if (waits === 3 || blocks > BLOCKS_MAX) hashWaiting(slot, blocks);
}

@inline function blockOf(place: usize, lane: usize, block: usize): usize {
  const full = <usize>load<u32>(place, 4) >> 6;
  return block < full ? <usize>load<u32>(place) + (block << 6) : TAILS + (lane << 7) + ((block - full) << 6);
}

function hashWaiting(slot: usize, blocks: usize): void {
  const waits = <usize>load<u32>(slot);
  if (waits === 0) return;
  const places = slot + 4;
  for (let lane: usize = waits; lane < 4; lane++) memory.copy(places + 12 * lane, places, 12);
  for (let lane: usize = 0; lane < 4; lane++) {
    const length = <usize>load<u32>(places + 12 * lane, 4);
    const tail = TAILS + (lane << 7);
    const rest = length & 63;
    memory.fill(tail, 0, 128);
    memory.copy(tail, <usize>load<u32>(places + 12 * lane) + (length - rest), rest);
    store<u8>(tail + rest, 0x80);
    store<u64>(tail + ((blocks - (length >> 6)) << 6) - 8, bswap<u64>(<u64>length << 3));
  }
  begin();
  for (let block: usize = 0; block < blocks; block++) {
    compress(blockOf(places, 0, block), blockOf(places + 12, 1, block), blockOf(places + 24, 2, block), blockOf(places + 36, 3, block));
  }
  for (let lane: usize = 0; lane < waits; lane++) digest(lane, <usize>load<u32>(places + 12 * lane, 8));
  store<u32>(slot, 0);
}

export function hashAllWaiting(): void {
  for (let blocks: usize = 1; blocks <= BLOCKS_MAX; blocks++) hashWaiting(WAITING + SLOT * blocks, blocks);
}

/** Hashes of n pairs of hashes that stand side by side: SHA-256 of 01, left and right. The target may be the source. */
export function hashPairs(source: usize, n: usize, target: usize): void {
  memory.fill(TAILS, 0, 512);
  for (let lane: usize = 0; lane < 4; lane++) {
    store<u8>(TAILS + (lane << 7), 1);
    store<u8>(TAILS + (lane << 7) + 65, 0x80);
    store<u16>(TAILS + (lane << 7) + 126, bswap<u16>(65 * 8));
  }
  for (let pair: usize = 0; pair < n; pair += 4) {
    for (let lane: usize = 0; lane < 4; lane++) memory.copy(TAILS + (lane << 7) + 1, source + (min<usize>(pair + lane, n - 1) << 6), 64);
    begin();
    compress(TAILS, TAILS + 128, TAILS + 256, TAILS + 384);
    compress(TAILS + 64, TAILS + 192, TAILS + 320, TAILS + 448);
    for (let lane: usize = 0; lane < 4 && pair + lane < n; lane++) digest(lane, target + HASH * (pair + lane));
  }
}
