// The kernel that reads ahead against the reader that decides: it never takes for plain what that one refuses, says the same of what it takes, and
// a log read with it has the same verdict and the same fault as one read without. Its bytes are what its source compiles to.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { encode } from '../../src/base/canonical.ts';
import type { Canonical } from '../../src/base/canonical.ts';
import { leafHash } from '../../src/base/merkle.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { aheadReader, NO_STEP, PARTS } from '../../src/proof/ahead.ts';
import { MAGIC, recordBytes } from '../../src/proof/bundle.ts';
import { BundleError } from '../../src/proof/bundle_error.ts';
import { checker } from '../../src/proof/check.ts';
import type { Held } from '../../src/proof/check.ts';
import type { Verdict } from '../../src/proof/verdict.ts';
import { readEntry } from '../../src/proof/entry_read.ts';
import { checkStream } from '../../src/proof/stream.ts';
import { GrowingTree } from '../../src/proof/tree.ts';
import { bundle, fileOf, hash, makeEntries, memoryLog, newSigners, ORIGIN, signHead } from '../support/bundle.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const WASM = path.join(ROOT, 'src/proof/ahead.wasm');
const SEED = Number(process.env['SEED'] ?? Date.now() % 100_000);
const dir = mkdtempSync(path.join(tmpdir(), 'niem-ahead-'));
afterAll(() => rmSync(dir, { recursive: true }));
const ahead = aheadReader(new WebAssembly.Module(readFileSync(WASM)));

let state = SEED;
const below = (n: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;
const someBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));

test('the kernel is what its source compiles to', () => {
  const out = path.join(dir, 'ahead.wasm');
  const { kernel } = (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: { kernel: string } }).scripts;
  execFileSync(process.execPath, [path.join(ROOT, 'node_modules/assemblyscript/bin/asc.js'), ...kernel.replace('src/proof/ahead.wasm', out).split(' ').slice(1)], { cwd: ROOT });
  expect(readFileSync(out).equals(readFileSync(WASM)), 'npm run kernel').toBe(true);
}, 60_000);

test(`any bytes have their hashes, and the subtrees are those of the tree (seed ${SEED})`, () => {
  const lengths = [...Array.from({ length: 140 }, (_, i) => i + 1), 1_982, 1_983, 1_984, 2_046, 2_047, 2_048, 5_000, 65_536, 79_000];
  for (let round = 0; round < 40; round++) {
    const bodies = Array.from({ length: 1 + below(round < 20 ? 9 : 200) }, () => someBytes(round === 0 ? one(lengths) : one(lengths.slice(0, 149))));
    if (round === 1) bodies.splice(0, bodies.length, ...lengths.map(someBytes));
    const first = one([0, 1, 2, 5, 127, 255, 256, 1023, 4_294_967_295, 2 ** 40 + 7, 2 ** 53 - 1 - bodies.length]);
    const found = ahead(new Uint8Array(Buffer.concat(bodies.map((body, i) => recordBytes({ type: 'E', index: first + i, proof: [], body })))));
    expect([found.first, found.count]).toEqual([first, bodies.length]);
    for (const [i, body] of bodies.entries()) expect(Buffer.from(found.hashes.buffer, i * 32, 32).equals(hash(body)), `${body.length} bytes`).toBe(true);
    // The same leaves, one by one and by subtrees, onto a tree that has grown so far.
    if (first > 5_000) continue;
    const [singly, jointly] = [new GrowingTree(hash), new GrowingTree(hash)];
    for (let i = 0; i < first; i++) [singly, jointly].forEach((tree) => tree.add(hash(new Uint8Array([i & 255]))));
    for (const body of bodies) singly.add(leafHash(hash, body));
    for (const subtree of found.subtrees) jointly.add(subtree.hash, subtree.level);
    expect(jointly.size).toBe(singly.size);
    expect(Buffer.from(jointly.root()).equals(singly.root())).toBe(true);
  }
}, 60_000);

/** A value of any kind, and now and then of a kind that entries never have. */
function anything(depth: number): Canonical {
  const kind = below(depth > 3 ? 4 : 8);
  if (kind === 0) return one([null, true, false]);
  if (kind === 1) return one([0, 1, -1, 9_007_199_254_740_991, -9_007_199_254_740_991, below(1_000_000) - 500_000]);
  if (kind === 2) return one(['', 'BK000000014VN', 'Lạng Sơn', '€', '𝔘', '\u{10ffff}', '\u07ff', '\u0800', '\ud7ff\ue000', 'x'.repeat(200)]);
  if (kind === 3) return someBytes(one([0, 16, 31, 32, 64, 128]));
  if (kind < 6) return Array.from({ length: below(4) }, () => anything(depth + 1));
  return Object.fromEntries(Array.from({ length: below(5) }, () => [one(['a', 'ab', 'b', 'Z', ' ', '~', 'k'.repeat(64), 'facts']), anything(depth + 1)]));
}
const real = makeEntries(60).bodies;
function anEntry(): Uint8Array {
  const id = (length: number): Canonical => (below(12) === 0 ? anything(1) : someBytes(length));
  const or = (value: Canonical): Canonical => (below(15) === 0 ? anything(1) : value);
  const kind = below(10);
  if (kind === 0) return encode(anything(0));
  if (kind === 1) return encode(['niem.record/1', someBytes(16), 'key_added', 5, { key: 'x' }]);
  if (kind === 2) return one(real);
  // Lists so long that their count takes two bytes, whatever they say they are; texts and claims that are long themselves.
  if (kind === 4 && below(3) === 0) return encode([one(['niem.checkpoint/1', 'niem.claim/1', 'x']), ...Array.from({ length: one([126, 127, 128, 199, 300]) }, () => null)]);
  const long = kind === 5 && below(4) === 0 ? { note: 'đ'.repeat(one([60, 64, 127, 8_000, 8_190, 16_000, 32_000])) } : null;
  // Lists within lists, up to one too deep.
  if (kind === 3) return Uint8Array.from([...Array.from({ length: 14 + below(4) }, () => [0x6c, 1]).flat(), 0x6e, 0]);
  const claim = [or('niem.claim/1'), someBytes(16), or('seen'), or('BK000000014VN'), someBytes(16), or(one(['243100', null])), one([null, id(16)]), null, null, null, null, null, long ?? or({ note: 'Đồng Đăng' }), {}];
  const entry = [or('niem.checkpoint/1'), below(15) === 0 ? anything(1) : below(20) === 0 ? claim.slice(1) : claim, one([null, id(64)]), null, id(16), id(16), or('item'), or('BK000000014VN'), or(one([1, 2, 7, 2_147_483_647, 2_147_483_648])), one([null, id(32)]), or(one([1_790_000_000_000, -5, 0])), or([]), or('at_office'), 'person', 'x', 0, {}];
  return encode(below(20) === 0 ? [...entry, 0] : entry, 80_000);
}

test(`never is taken for plain what the reader refuses, and both say the same (seed ${SEED})`, () => {
  const seen = { step: 0, no_step: 0, left: 0, refused: 0 };
  for (let i = 0; i < 60_000; i++) {
    const body = anEntry().slice();
    const flips = one([0, 0, 1, 1, 2]);
    for (let k = 0; k < flips; k++) body[below(body.length)] = one([below(256), (body[below(body.length)] ?? 0) ^ (1 << below(8)), 0, 0x80, 0xc0, 0xed, 0xf4, 0x30, 0x2d, 110, 105, 115, 98, 108, 109]);
    // Behind a whole one: nothing of that may be taken for its own.
    const found = ahead(new Uint8Array(Buffer.concat([recordBytes({ type: 'E', index: 2, proof: [], body: real[i % 19] as Uint8Array }), recordBytes({ type: 'E', index: 3, proof: [], body })])));
    expect(found.count).toBe(2);
    const [parts, times] = [found.parts.slice(PARTS), found.times.slice(1)];
    const told = ((): ReturnType<typeof readEntry> | null => {
      try {
        return readEntry(body);
      } catch {
        return null;
      }
    })();
    const [, , seq, follows] = parts;
    const ids = Buffer.from(parts.buffer);
    const what = `${i} ${Buffer.from(body).toString('hex')}`;
    if (told === null) {
      seen.refused += 1;
      expect(seq, what).toBe(-1);
    } else if (seq === -1) seen.left += 1;
    else if (seq === NO_STEP) {
      seen.no_step += 1;
      expect([told.step, told.at, told.casefile], what).toEqual([null, null, false]);
      expect(times[0]).toBeNaN();
    } else {
      seen.step += 1;
      expect([told.step?.unit_seq, told.at, told.step?.prev === null ? 0 : 1], what).toEqual([seq, times[0], follows]);
      expect(ids.subarray(16, 32).equals(told.step?.unit_id ?? new Uint8Array()), what).toBe(true);
      if (follows === 1) expect(ids.subarray(32, 64).equals(told.step?.prev ?? new Uint8Array()), what).toBe(true);
    }
  }
  console.log(`read ahead, seed ${SEED}:`, seen);
  // Of what is whole, little but maps and numbers that no chain has is left to the other reader.
  expect(seen.step).toBeGreaterThan(8_000);
  expect(seen.no_step).toBeGreaterThan(3_000);
  expect(seen.refused).toBeGreaterThan(8_000);
  for (const body of real) {
    const { parts } = ahead(recordBytes({ type: 'E', index: 0, proof: [], body }));
    expect(parts[2] === -1).toBe(readEntry(body).step === null);
  }
}, 60_000);

const NOTHING: Held = { policy: null, head: null };
const TOOLS = { hash, verify: verifySignature };
const cut = (file: Uint8Array, size: number): Uint8Array[] => Array.from({ length: Math.ceil(file.length / size) }, (_, i) => file.slice(i * size, (i + 1) * size));
type Told = Verdict | string;
const told = (file: Uint8Array, size: number, held: Held, reader: boolean): Promise<Told> =>
  checkStream(checker(TOOLS, held), cut(file, size), reader ? { reader: { read: async (bytes) => ({ cut: { bytes, ahead: ahead(bytes) }, answer: null }), depth: 0 } } : {}).catch((error: unknown) => (error instanceof BundleError ? `${error.code} ${JSON.stringify(error.facts)}` : `no fault: ${String(error)}`));

describe('a whole log', () => {
  const scene = makeEntries(1000);
  const log = memoryLog(scene.bodies);
  const subject = { type: 'S' as const, kind: 'log' as const, ref: null };
  const file = fileOf(bundle(log, { subject, indices: scene.bodies.map((_, i) => i), older: 512 }));
  const both = async (bytes: Uint8Array, size: number, held = NOTHING): Promise<[Told, Told]> => [await told(bytes, size, held, true), await told(bytes, size, held, false)];

  test('has one verdict, read ahead or not, however it is cut, and whatever head is held', async () => {
    for (const size of [7, 300, 4_096, 50_000, file.length]) {
      const [fast, slow] = await both(file, size);
      expect(slow).toMatchObject({ entries: 1000, units: scene.units.length });
      expect(fast).toEqual(slow);
    }
    for (const size of [1, 2, 255, 511, 700, 1000]) {
      for (const root of [log.root(size), hash(new Uint8Array(2))]) {
        const [fast, slow] = await both(file, 4_096, { policy: null, head: { origin: ORIGIN, size, root } });
        expect(fast).toEqual(slow);
        expect(typeof slow === 'string' ? slow.split(' ')[0] : slow.held_head).toBe(root === log.root(size) || typeof slow !== 'string' ? true : 'held_head_differs');
      }
    }
  }, 60_000);

  test(`with a bit flipped, an entry left out, repeated, swapped or redacted has one fault, and none is taken in (seed ${SEED})`, async () => {
    const records = bundle(log, { subject, indices: scene.bodies.map((_, i) => i) });
    const faults: { [fault: string]: number } = {};
    const same = async (bytes: Uint8Array): Promise<void> => {
      const [fast, slow] = await both(bytes, 4_096);
      expect(fast).toEqual(slow);
      const fault = typeof slow === 'string' ? (slow.split(' ')[0] ?? '') : 'accepted';
      faults[fault] = (faults[fault] ?? 0) + 1;
    };
    for (let i = 0; i < 250; i++) {
      const bad = file.slice();
      const bit = below((file.length - MAGIC.length) * 8) + MAGIC.length * 8;
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await same(bad);
    }
    for (let i = 0; i < 40; i++) {
      const at = 2 + below(990);
      const changed = records.slice();
      const [a, b] = [changed[at], changed[at + 1]] as [(typeof records)[number], (typeof records)[number]];
      if (i % 4 === 0) changed.splice(at, 1);
      else if (i % 4 === 1) changed.splice(at, 0, a);
      else if (i % 4 === 2) changed.splice(at, 2, b, a);
      // The next entry's bytes under this one's number: every hash of the file but the root still looks well.
      else changed.splice(at, 2, { ...a, body: (b as { body: Uint8Array }).body } as typeof a, { ...b, body: (a as { body: Uint8Array }).body } as typeof a);
      await same(fileOf(changed));
    }
    console.log(`whole log, seed ${SEED}:`, faults);
    expect(faults['accepted']).toBeUndefined();
    expect(Object.keys(faults).length).toBeGreaterThanOrEqual(5);
    // What is redacted is for the other reader, in the middle of what is read ahead.
    const redact = new Set([5, 6, 400, 401, 402, 999]);
    const [fast, slow] = await both(fileOf(bundle(log, { subject, indices: scene.bodies.map((_, i) => i), redact })), 4_096);
    expect(slow).toMatchObject({ entries: 994, redacted: 6 });
    expect(fast).toEqual(slow);
  }, 120_000);
});

test('a log that continues another one has one verdict too', async () => {
  const opened = (previous: Canonical) => encode(['niem.record/1', new Uint8Array(16), 'log_opened', 5, { loss: null, origin: ORIGIN, previous }]);
  const rest = makeEntries(700).bodies.slice(300);
  const verdicts: Told[] = [];
  for (const previous of [{ origin: 'niem.example/thu/2025', root: null, size: 9 }, null]) {
    const own = memoryLog([opened(previous), ...rest]);
    const bytes = fileOf(bundle(own, { subject: { type: 'S', kind: 'log', ref: null }, indices: own.bodies.map((_, i) => i) }));
    const [fast, slow] = [await told(bytes, 4_096, NOTHING, true), await told(bytes, 4_096, NOTHING, false)];
    expect(fast).toEqual(slow);
    verdicts.push(slow);
  }
  expect(verdicts).toEqual([expect.objectContaining({ entries: 401 }), 'chain_incomplete {}']);
});

test('a log of many megabytes is read in threads of the program, which accepts it, names what is changed, and stops when nobody reads what it says', () => {
  const scene = makeEntries(60_000);
  const tree = new GrowingTree(hash);
  for (const body of scene.bodies) tree.add(leafHash(hash, body));
  const signers = newSigners();
  const log = { ...memoryLog([scene.bodies[0] as Uint8Array], signers), bodies: scene.bodies, size: scene.bodies.length, note: () => signHead(signers, scene.bodies.length, tree.root()) };
  const file = fileOf(bundle(log, { subject: { type: 'S', kind: 'log', ref: null }, indices: scene.bodies.map((_, i) => i) }));
  expect(file.length).toBeGreaterThan(16e6);
  const name = path.join(dir, 'log.niem');
  const run = (bytes: Uint8Array): { status: number | null; said: string } => {
    writeFileSync(name, bytes);
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'src/verify.ts'), name, '--json'], { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };
  const whole = run(file);
  expect(whole.status, whole.said).toBe(0);
  expect(JSON.parse(whole.said)).toMatchObject({ ok: true, entries: 60_000, units: scene.units.length });
  const bad = file.slice();
  const at = Math.floor(file.length * 0.7);
  bad[at] = (bad[at] ?? 0) ^ 1;
  const changed = run(bad);
  expect(changed.status, changed.said).toBe(1);
  expect(['chain_broken', 'entry_malformed', 'out_of_order', 'malformed', 'root_differs']).toContain((JSON.parse(changed.said) as { fault: string }).fault);
  writeFileSync(name, file);
  const piped = spawnSync('sh', ['-c', `"${process.execPath}" src/verify.ts "${name}" | head -1`], { cwd: ROOT, encoding: 'utf8' });
  expect([piped.stdout.split('\n').length, piped.stderr]).toEqual([2, '']);
}, 60_000);
