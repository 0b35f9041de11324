// Bundles and their two verifiers: what is whole is accepted by both, and what somebody who knows the format does to one is named by both.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/base/bytes.ts';
import { decode, encode } from '../../src/base/canonical.ts';
import type { Canonical } from '../../src/base/canonical.ts';
import { uuid7, uuidBytes } from '../../src/base/id.ts';
import { ed25519 } from '@noble/curves/ed25519.js';
import { policyOf } from '../../src/base/proof.ts';
import { casefileLeaf, MAGIC } from '../../src/proof/bundle.ts';
import type { BundleRecord } from '../../src/proof/bundle.ts';
import { BundleError } from '../../src/proof/bundle_error.ts';
import { checker } from '../../src/proof/check.ts';
import type { Held } from '../../src/proof/check.ts';
import type { Verdict } from '../../src/proof/verdict.ts';
import { readEntry } from '../../src/proof/entry_read.ts';
import { checkStream } from '../../src/proof/stream.ts';
import { linesOf, notProved } from '../../src/proof/words.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { bundle, fileOf, hash, makeEntries, memoryLog, newSigners, SHIFT, signHead } from '../support/bundle.ts';
import type { MemoryLog } from '../support/bundle.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const PYTHON = path.join(ROOT, 'tests/second-verifier/verify.py');
const SEED = Number(process.env['SEED'] ?? Date.now() % 100_000);
const dir = mkdtempSync(path.join(tmpdir(), 'niem-bundle-'));
afterAll(() => rmSync(dir, { recursive: true }));

const TOOLS = { hash, verify: verifySignature };
const NOTHING: Held = { policy: null, head: null };
const read = (file: Uint8Array, held: Held = NOTHING): Promise<Verdict> => checkStream(checker(TOOLS, held), [file]);
const faultOf = async (file: Uint8Array, held: Held = NOTHING): Promise<string> => read(file, held).then(() => 'accepted', (error: unknown) => (error instanceof BundleError ? error.code : `not a fault: ${String(error)}`));

/** The second verifier on a file: its exit status and what it printed. */
async function python(file: Uint8Array, ...more: string[]): Promise<{ status: number; said: string }> {
  const name = path.join(dir, 'bundle');
  writeFileSync(name, file);
  return promisify(execFile)('python3', [PYTHON, name, ...more]).then(({ stdout }) => ({ status: 0, said: stdout }), (error: { code: number; stdout: string }) => ({ status: error.code, said: error.stdout }));
}

const scene = makeEntries(400);
const log = memoryLog(scene.bodies);
const UNIT = scene.units[5] as string;
const ofUnit = scene.bodies.flatMap((_, i) => (i % 20 !== 19 && i % scene.units.length === 5 ? [i] : []));
const signed = (indices: readonly number[]): boolean => indices.some((i) => i % 97 === 3 && i % 20 !== 19);
const all = scene.bodies.map((_, i) => i);
const dossier = { subject: { type: 'S' as const, kind: 'unit' as const, ref: uuidBytes(UNIT) }, indices: ofUnit, devices: signed(ofUnit) ? [scene.device] : [], older: 123 };
const shift = { subject: { type: 'S' as const, kind: 'shift' as const, ref: uuidBytes(SHIFT) }, indices: all, devices: [scene.device], older: 256, files: [scene.digest] };
const whole = { subject: { type: 'S' as const, kind: 'log' as const, ref: null }, indices: all, older: 399 };

test.each([
  ['dossier', dossier, { entries: ofUnit.length, units: 1, older: [{ size: 123 }] }],
  ['shift', shift, { entries: 400, units: scene.units.length, files: [Buffer.from(scene.digest).toString('hex')], device_signed: 5 }],
  ['whole log', whole, { entries: 400, units: scene.units.length, older: [{ size: 399 }] }],
] as const)('a whole %s is accepted by both, and they count the same', async (_, what, seen) => {
  const file = fileOf(bundle(log, what));
  const verdict = await read(file);
  expect(verdict).toMatchObject({ ...seen, policy_met: null });
  expect(linesOf(verdict).at(-1)?.vi).toContain('KHÔNG PHÁT HIỆN SỬA ĐỔI');
  expect(notProved(verdict).length).toBeGreaterThan(3);
  const { status, said } = await python(file);
  expect(status, said).toBe(0);
  expect(said).toContain(`${verdict.entries} entries, ${verdict.redacted} redacted, ${verdict.units} units, ${verdict.device_signed} signed`);
});

/** The records of a bundle with one thing done to them. */
const changed = (what: Parameters<typeof bundle>[1], change: (records: BundleRecord[]) => BundleRecord[] | void): Uint8Array => {
  const records = bundle(log, what);
  return fileOf(change(records) ?? records);
};
const is = (type: string) => (record: BundleRecord) => record.type === type;
const [nobody] = newSigners();
const strangers = memoryLog(scene.bodies);

describe('what somebody who knows the format does to a bundle', () => {
  const without = (what: Parameters<typeof bundle>[1], n: number): Uint8Array => fileOf(bundle(log, { ...what, indices: what.indices.filter((_, i) => i !== n) }));
  test.each<[string, Uint8Array, string]>([
    ['a step of the item is left out', without(dossier, 2), 'chain_incomplete'],
    ['an entry of the log is left out', without(whole, 200), 'out_of_order'],
    ['the tail of the log is cut', fileOf(bundle(log, { ...whole, indices: all.slice(0, -3) })), 'cut_short'],
    ['the file is cut', fileOf(bundle(log, dossier)).slice(0, -9), 'cut_short'],
    ['something is written behind its end', new Uint8Array([...fileOf(bundle(log, dossier)), 0, 0, 0, 1, 90]), 'left_over'],
    ['two entries change places', changed(shift, (r) => { const i = r.findIndex(is('E')); [r[i], r[i + 1]] = [r[i + 1] as BundleRecord, r[i] as BundleRecord]; }), 'out_of_order'],
    ['an entry is there twice', changed(dossier, (r) => r.flatMap((one, i) => (i === 3 ? [one, one] : [one]))), 'out_of_order'],
    ['an entry of somebody else is slipped in', fileOf(bundle(log, { ...dossier, indices: [...ofUnit, 6].toSorted((a, b) => a - b) })), 'foreign_entry'],
    ['the log is another one with the same entries', changed(dossier, (r) => { r[0] = { type: 'H', note: strangers.note(300), keys: strangers.keys }; }), 'not_in_log'],
    ['the head is signed by a stranger under the name of the log', changed(dossier, (r) => { const h = r[0] as Extract<BundleRecord, { type: 'H' }>; r[0] = { ...h, note: signHead(nobody ? [nobody] : [], log.size, log.root(log.size)) }; }), 'head_not_signed'],
    ['a key that signed nothing is added', changed(dossier, (r) => { const h = r[0] as Extract<BundleRecord, { type: 'H' }>; r[0] = { ...h, keys: [...h.keys, strangers.keys[1] as string] }; }), 'head_not_signed'],
    ['a witness is taken away with its key', changed(dossier, (r) => { const h = r[0] as Extract<BundleRecord, { type: 'H' }>; r[0] = { ...h, keys: h.keys.slice(0, 2) }; }), 'head_not_signed'],
    ['the earlier head is of another history', changed(dossier, (r) => { const i = r.findIndex(is('O')); r[i] = { type: 'O', note: signHead(log.signers, 123, hash(new Uint8Array(1))), proof: log.consistency(123) }; }), 'history_changed'],
    ['a file that no entry knows is added', changed(shift, (r) => { r.splice(-1, 0, { type: 'F', digest: hash(new Uint8Array(3)) }); }), 'file_unknown'],
    ['the key of the device is another one', changed(shift, (r) => { const i = r.findIndex(is('K')); r[i] = { type: 'K', device_id: scene.device.device_id, public_key: ed25519.getPublicKey(new Uint8Array(32)) }; }), 'device_not_signed'],
    ['the key of the device is left out', changed(shift, (r) => r.filter((one) => one.type !== 'K')), 'device_key_missing'],
    ['a key that signed nothing is added for a device', changed(shift, (r) => { r.splice(2, 0, { type: 'K', device_id: new Uint8Array(16), public_key: scene.device.public_key }); }), 'device_key_unused'],
    ['the subject is another unit', changed(dossier, (r) => { r[1] = { type: 'S', kind: 'unit', ref: uuidBytes(scene.units[6] as string) }; }), 'foreign_entry'],
    ['the number of entries is another', changed(dossier, (r) => { r[r.length - 1] = { type: 'Z', count: 1 }; }), 'cut_short'],
    ['more is missing than is said to be redacted', fileOf(bundle(log, { ...dossier, indices: ofUnit.filter((_, i) => i !== 1 && i !== 3), redact: new Set([ofUnit[4] as number]) })), 'chain_incomplete'],
  ])('%s', async (_, file, fault) => {
    expect(await faultOf(file)).toBe(fault);
    expect((await python(file)).status).toBe(1);
  });

  test('what is no bundle is unreadable, not changed', async () => {
    expect(await faultOf(new Uint8Array())).toBe('not_a_bundle');
    expect(await faultOf(MAGIC.map((byte, i) => (i === 3 ? byte ^ 1 : byte)))).toBe('not_a_bundle');
    expect((await python(new Uint8Array([1, 2, 3]))).status).toBe(2);
  });
});

test('the key of a device is the one that the log names, and where it names none the file vouches for itself', async () => {
  const added = (device_id: Uint8Array, public_key: Uint8Array, format = 'niem.record/1') => encode([format, new Uint8Array(16), 'device_added', 5, { device_id, office_code: '243100', public_key }]);
  const { device_id, public_key } = scene.device;
  const strange = ed25519.getPublicKey(new Uint8Array(32));
  const told = async (...more: Uint8Array[]): Promise<[string, boolean | undefined]> => {
    const own = memoryLog([...scene.bodies, ...more]);
    const file = fileOf(bundle(own, { ...shift, indices: own.bodies.map((_, i) => i) }));
    const { status, said } = await python(file);
    const verdict = await read(file).catch((error: BundleError) => error.code);
    if (typeof verdict === 'string') return [status === 1 && said.includes(verdict) ? verdict : `two answers: ${verdict}, ${said}`, undefined];
    const logged = verdict.devices[0]?.logged;
    expect([status, said], said).toEqual([0, expect.stringContaining(`names the keys of ${logged ? 1 : 0} of 1 devices`)]);
    expect(linesOf(verdict).some(({ vi }) => vi.includes('chỉ do tệp này nêu'))).toBe(!logged);
    return ['accepted', logged];
  };
  expect(await told()).toEqual(['accepted', false]);
  expect(await told(added(device_id, public_key))).toEqual(['accepted', true]);
  expect(await told(added(new Uint8Array(16), strange))).toEqual(['accepted', false]);
  expect(await told(added(device_id, strange))).toEqual(['device_key_differs', undefined]);
  expect(await told(added(device_id, public_key), added(device_id, strange))).toEqual(['device_key_differs', undefined]);
  // Another entry that looks like it says nothing.
  expect(await told(added(device_id, strange, 'niem.note/1'), encode(['niem.record/1', new Uint8Array(16), 'device_added', 5, ['x']]))).toEqual(['accepted', false]);
});

test('a log that continues another one begins in the middle of chains, and nothing else may be missing', async () => {
  const opened = (previous: Canonical) => encode(['niem.record/1', new Uint8Array(16), 'log_opened', 5, { loss: null, origin: 'niem.example/thu/2026', previous }]);
  const before = { origin: 'niem.example/thu/2025', root: hash(new Uint8Array(0)), size: 200 };
  const rest = scene.bodies.slice(200);
  const judgedLog = async (bodies: readonly Uint8Array[]): Promise<string> => judged(bundle(memoryLog(bodies), { subject: whole.subject, indices: bodies.map((_, i) => i) }));
  expect(await judgedLog([opened(before), ...rest])).toBe('accepted');
  expect(await judgedLog([opened(null), ...rest])).toBe('chain_incomplete');
  expect(await judgedLog(rest)).toBe('chain_incomplete');
  // Only the first entry can say so.
  expect(await judgedLog([rest[0] as Uint8Array, opened(before), ...rest.slice(1)])).toBe('chain_incomplete');
  // The second step that is there of a unit is left out; then it comes before the first.
  const of = (n: number): number => rest.flatMap((body, i) => (readEntry(body).step?.unit_seq === n ? [i] : []))[0] ?? 0;
  const unit = readEntry(rest[of(5)] as Uint8Array).step?.unit_id ?? new Uint8Array();
  const steps = rest.flatMap((body, i) => (equalBytes(readEntry(body).step?.unit_id ?? new Uint8Array(), unit) ? [i] : []));
  expect(steps.length).toBeGreaterThan(2);
  expect(await judgedLog([opened(before), ...rest.filter((_, i) => i !== steps[1])])).toBe('chain_incomplete');
  const swapped = [...rest];
  [swapped[steps[0] as number], swapped[steps[1] as number]] = [rest[steps[1] as number] as Uint8Array, rest[steps[0] as number] as Uint8Array];
  expect(await judgedLog([opened(before), ...swapped])).toBe('chain_broken');
});

test('redaction hides an entry and every proof still holds', async () => {
  for (const what of [{ ...dossier, redact: new Set([ofUnit[2] as number]) }, { ...whole, redact: new Set([7, 8, 300]) }]) {
    const file = fileOf(bundle(log, what));
    expect(await read(file)).toMatchObject({ redacted: what.redact.size, entries: what.indices.length - what.redact.size });
    expect((await python(file)).status).toBe(0);
    for (const index of what.redact) expect(Buffer.from(file).includes(Buffer.from(log.bodies[index] as Uint8Array))).toBe(false);
  }
});

test('a head held since earlier, and a policy, are what the reader believes', async () => {
  const file = fileOf(bundle(log, dossier));
  const head = (size: number, root = log.root(size)) => ({ origin: 'niem.example/thu/2026', size, root });
  for (const [held, fault] of [[head(123), 'accepted'], [head(400), 'accepted'], [head(123, hash(new Uint8Array(1))), 'held_head_differs'], [head(400, hash(new Uint8Array(2))), 'held_head_differs'], [head(50), 'held_head_not_met'], [head(500, hash(new Uint8Array(3))), 'held_head_differs']] as const) {
    expect(await faultOf(file, { policy: null, head: held })).toBe(fault);
    writeFileSync(path.join(dir, 'head'), `${held.origin}\n${held.size}\n${Buffer.from(held.root).toString('base64')}\n`);
    expect((await python(file, '--head', path.join(dir, 'head'))).status).toBe(fault === 'accepted' ? 0 : 1);
  }
  const everything = fileOf(bundle(log, whole));
  for (const size of [1, 77, 256, 399, 400]) expect(await read(everything, { policy: null, head: head(size) })).toMatchObject({ held_head: true });
  expect(await faultOf(everything, { policy: null, head: head(77, hash(new Uint8Array(4))) })).toBe('held_head_differs');
  // Of another log it says nothing, whatever its size.
  const other = { ...head(77), origin: 'niem.example/thu/2025' };
  expect(await faultOf(everything, { policy: null, head: other })).toBe('held_head_not_met');
  writeFileSync(path.join(dir, 'head'), `${other.origin}\n77\n${Buffer.from(other.root).toString('base64')}\n`);
  expect((await python(everything, '--head', path.join(dir, 'head'))).said).toContain('held_head_not_met');
  const [key, one, two] = log.keys;
  const both = `log ${key}\nwitness a ${one}\nwitness b ${two}\ngroup g 2 a b\nquorum g\n`;
  expect(await read(file, { policy: policyOf(hash, both), head: null })).toMatchObject({ policy_met: true });
  expect(await faultOf(file, { policy: policyOf(hash, both.replace(two ?? '', strangers.keys[2] ?? '')), head: null })).toBe('not_trusted');
  expect(await faultOf(file, { policy: policyOf(hash, `log ${strangers.keys[0]}\nquorum none\n`), head: null })).toBe('not_trusted');
});

test('the program says a sentence and ends as it should', async () => {
  const good = path.join(dir, 'good');
  writeFileSync(good, fileOf(bundle(log, dossier)));
  const run = (...more: string[]) => promisify(execFile)(process.execPath, [path.join(ROOT, 'src/verify.ts'), ...more]).then(({ stdout }) => ({ status: 0, said: stdout }), (error: { code: number; stdout: string }) => ({ status: error.code, said: error.stdout }));
  const found = await run(good);
  expect(found.status, found.said).toBe(0);
  expect(found.said).toMatch(/^✓ Hồ sơ một bưu gửi[\s\S]*KHÔNG PHÁT HIỆN SỬA ĐỔI[\s\S]*KHÔNG chứng minh/);
  const bad = path.join(dir, 'bad');
  const bytes = fileOf(bundle(log, dossier));
  bytes[bytes.length - 2000] = (bytes[bytes.length - 2000] ?? 0) ^ 1;
  writeFileSync(bad, bytes);
  expect(await run(bad)).toMatchObject({ status: 1, said: expect.stringMatching(/^✗ ĐÃ BỊ SỬA[\s\S]*(Mục|mục|Mốc) \d*/) });
  expect(await run(path.join(dir, 'none'))).toMatchObject({ status: 2, said: expect.stringContaining('KHÔNG ĐỌC ĐƯỢC') });
  // 1 says that something was changed, and nothing else may end so.
  expect(await run(path.join(dir, 'x'.repeat(300)))).toMatchObject({ status: 2, said: expect.stringContaining('KHÔNG ĐỌC ĐƯỢC') });
  expect(await run(good, '--nothing')).toMatchObject({ status: 2, said: expect.stringContaining('--policy') });
});

/** What both verifiers say of records: the first by its name, the second that it agrees. */
async function judged(records: readonly BundleRecord[]): Promise<string> {
  const file = fileOf(records);
  const fault = await faultOf(file);
  expect((await python(file)).status, fault).toBe(fault === 'accepted' ? 0 : 1);
  return fault;
}
/** Seeded flips of one bit each, for both verifiers; how many were taken in. */
async function flipped(records: readonly BundleRecord[]): Promise<number> {
  const file = fileOf(records);
  let state = SEED;
  let taken = 0;
  for (let i = 0; i < 600; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const bad = file.slice();
    const bit = state % (file.length * 8);
    bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if ((await faultOf(bad)) === 'accepted') taken += 1;
  }
  const name = path.join(dir, 'flipped');
  writeFileSync(name, file);
  const said = execFileSync('python3', [path.join(ROOT, 'tests/second-verifier/flip.py'), name, String(SEED), '3000'], { encoding: 'utf8', maxBuffer: 1e7 });
  return taken + (JSON.parse(said) as { accepted: number }).accepted;
}

describe('a road over New Year stands in two logs', () => {
  const [first, second] = [memoryLog(scene.bodies.slice(0, 200)), memoryLog(scene.bodies.slice(200), newSigners('niem.example/thu/2027'))];
  const part = (of: MemoryLog, indices: readonly number[]): BundleRecord[] => bundle(of, { ...dossier, indices, devices: [], older: 90 }).filter(({ type }) => type !== 'S' && type !== 'Z');
  const [before, after] = [part(first, ofUnit.filter((i) => i < 200)), part(second, ofUnit.filter((i) => i >= 200).map((i) => i - 200))];
  const records = (head = before, tail = after, count = ofUnit.length): BundleRecord[] => [head[0] as BundleRecord, dossier.subject, ...dossier.devices.map((device) => ({ type: 'K' as const, ...device })), ...head.slice(1), ...tail, { type: 'Z', count }];

  test('and is one chain, under both heads, for both verifiers', async () => {
    const verdict = await read(fileOf(records()));
    expect(verdict).toMatchObject({ entries: ofUnit.length, units: 1, head: { origin: 'niem.example/thu/2027', size: 200 }, earlier: [{ origin: 'niem.example/thu/2026', size: 200 }], older: [{ size: 90 }, { size: 90 }] });
    expect(linesOf(verdict).some(({ vi }) => vi.includes('niem.example/thu/2026') && vi.includes(verdict.earlier[0]?.signed[0]?.fingerprint ?? '?'))).toBe(true);
    const { said } = await python(fileOf(records()));
    expect(said).toContain('entries before it in niem.example/thu/2026');
    for (const held of [first, second]) expect(await read(fileOf(records()), { policy: null, head: { origin: held === first ? 'niem.example/thu/2026' : 'niem.example/thu/2027', size: 200, root: held.root(200) } })).toMatchObject({ held_head: true });
    expect(await faultOf(fileOf(records()), { policy: null, head: { origin: 'niem.example/thu/2026', size: 90, root: hash(new Uint8Array(1)) } })).toBe('held_head_differs');
    expect(await faultOf(fileOf(records()), { policy: null, head: { origin: 'niem.example/thu/2025', size: 90, root: first.root(90) } })).toBe('held_head_not_met');
    // Whoever trusts one of the logs only does not trust what stands in the other.
    const policy = (...logs: MemoryLog[]) => ({ policy: policyOf(hash, `${logs.map((one) => `log ${one.keys[0]}\n`).join('')}quorum none\n`), head: null });
    expect(await faultOf(fileOf(records()), policy(first, second))).toBe('accepted');
    expect([await faultOf(fileOf(records()), policy(first)), await faultOf(fileOf(records()), policy(second))]).toEqual(['not_trusted', 'not_trusted']);
  });

  test.each<[string, () => BundleRecord[], string]>([
    ['the years change places', () => records(after, before), 'out_of_order'],
    ['a step of the new year is left out', () => records(before, after.filter((_, i) => i !== 1), ofUnit.length - 1), 'chain_incomplete'],
    ['the old year is left out', () => records(after, [], after.length - 2), 'chain_incomplete'],
    ['one log is there twice', () => records(before, [...after, ...before], ofUnit.length), 'out_of_order'],
    ['a head without entries is added', () => records(before, [...after, { type: 'H', note: strangers.note(300), keys: strangers.keys }]), 'out_of_order'],
    ['an entry of the new year is put under the old head', () => records(before, after.slice(1)), 'out_of_order'],
    ['the new head is of another log', () => records(before, [{ type: 'H', note: memoryLog(scene.bodies, newSigners('niem.example/khac/2027')).note(200), keys: [] }, ...after.slice(1)]), 'head_not_signed'],
    ['the whole log is of two', () => [bundle(log, whole)[0] as BundleRecord, whole.subject, ...scene.bodies.slice(0, 200).map((body, index) => ({ type: 'E' as const, index, proof: [], body })), ...after], 'out_of_order'],
  ])('%s', async (_, made, fault) => expect(await judged(made())).toBe(fault));

  test('and no flipped bit is taken in', async () => expect(await flipped(records())).toBe(0), 120_000);
});

describe('a casefile', () => {
  const id = '01920000-0000-7000-8000-00000000c0de';
  const entries = (casefile_id: string, count: number): Uint8Array[] => {
    let prev: Uint8Array | null = null;
    return Array.from({ length: count }, (_, i) => {
      const body: Uint8Array = encode({ format: 'niem.casefile/1', casefile_id, entry_no: i + 1, entry_id: uuid7(1_790_000_000_000), kind: i === 3 ? 'evidence_added' : 'said', at: 1_790_000_000_000 + i, person_id: SHIFT, party_code: 'CA-LS', only_party: null, facts: i === 3 ? { digest: Buffer.from(scene.digest).toString('hex') } : {}, words: null, prev });
      prev = hash(body);
      return body;
    });
  };
  const [mine, other] = [entries(id, 7), entries(SHIFT, 3)];
  const bodies = [...mine, ...other];
  const log = memoryLog([...bodies.map((body) => casefileLeaf(hash(body))), encode(['niem.record/1', new Uint8Array(16), 'key_added', 1, {}])]);
  const C = (index: number, body = bodies[index] as Uint8Array): BundleRecord => ({ type: 'C', index, proof: log.inclusion(index), body });
  const R = (index: number): BundleRecord => ({ type: 'R', index, proof: log.inclusion(index), leaf: log.leaf(index) });
  const key: BundleRecord = { type: 'E', index: 10, proof: log.inclusion(10), body: log.bodies[10] as Uint8Array };
  const made = (shown: readonly BundleRecord[], more: readonly BundleRecord[] = [], subject = id): BundleRecord[] => [{ type: 'H', note: log.note(), keys: log.keys }, { type: 'S', kind: 'casefile', ref: uuidBytes(subject) }, ...shown, key, ...more, { type: 'Z', count: shown.length + 1 }];
  const all = mine.map((_, i) => C(i));
  const file: BundleRecord = { type: 'F', digest: scene.digest };

  test('is accepted by both, with what others keep to themselves hidden and its pictures vouched for', async () => {
    const verdict = await read(fileOf(made(all.map((one, i) => (i === 1 || i === 6 ? R(i) : one)), [file])));
    expect(verdict).toMatchObject({ entries: 6, redacted: 2, subject: { kind: 'casefile', ref: id }, files: [Buffer.from(scene.digest).toString('hex')] });
    expect(verdict.shown.map(({ kind }) => kind)).toEqual(['said', 'said', 'evidence_added', 'said', 'said', null]);
    const { status, said } = await python(fileOf(made(all.map((one, i) => (i === 1 ? R(i) : one)), [file])));
    expect([status, said], said).toEqual([0, expect.stringContaining('casefile: 7 entries, 1 redacted')]);
  });

  test.each<[string, () => BundleRecord[], string]>([
    ['an entry is left out', () => made(all.filter((_, i) => i !== 2)), 'chain_incomplete'],
    ['two are left out and one is hidden', () => made([R(0), ...all.slice(3)]), 'chain_incomplete'],
    ['an entry is told otherwise', () => made(all.map((one, i) => (i === 2 ? C(2, encode({ ...(decode(mine[2] as Uint8Array) as object), kind: 'asked' })) : one))), 'not_in_log'],
    ['an entry of another casefile is slipped in', () => made([...all, C(8)]), 'foreign_entry'],
    ['it is said to be another casefile', () => made(all, [], SHIFT), 'foreign_entry'],
    ['a scan is said to be an entry of it', () => { const one = memoryLog([casefileLeaf(hash(scene.bodies[0] as Uint8Array))]); return [{ type: 'H', note: one.note(), keys: one.keys }, { type: 'S', kind: 'casefile', ref: uuidBytes(id) }, { type: 'C', index: 0, proof: [], body: scene.bodies[0] as Uint8Array }, { type: 'Z', count: 1 }]; }, 'foreign_entry'],
    ['it is put into the dossier of a unit', () => { const [head, , ...rest] = made(all); return [head as BundleRecord, dossier.subject, ...rest]; }, 'foreign_entry'],
    ['a picture that nobody recorded is added', () => made(all, [{ type: 'F', digest: hash(new Uint8Array(5)) }]), 'file_unknown'],
    ['the entry that vouches for the picture is hidden', () => made(all.map((one, i) => (i === 3 ? R(3) : one)), [file]), 'file_unknown'],
  ])('%s', async (_, records, fault) => expect(await judged(records())).toBe(fault));

  test('and no flipped bit is taken in', async () => expect(await flipped(made(all, [file]))).toBe(0), 120_000);
});
