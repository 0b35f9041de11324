// A log in memory with keys, heads and proofs, and bundles cut from it: for the verifiers, which need no database.

import { generateKeyPairSync, hash as hashOnce, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { uuid7, uuidBytes } from '../../src/base/id.ts';
import { consistencyNodes, fold, inclusionNodes, leafHash, nodeHash } from '../../src/base/merkle.ts';
import type { Node } from '../../src/base/merkle.ts';
import { COSIGNATURE, cosignatureBytes, cosignatureMessage, ED25519, headText, keyId, keyText, noteText } from '../../src/base/note.ts';
import type { NoteKey } from '../../src/base/note.ts';
import { encode } from '../../src/base/canonical.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { claimBytes, entryBytes, sha256 } from '../../src/ledger/entry.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { MAGIC, recordBytes } from '../../src/proof/bundle.ts';
import type { BundleRecord } from '../../src/proof/bundle.ts';

export const hash = (bytes: Uint8Array): Uint8Array => hashOnce('sha256', bytes, 'buffer');
export const ORIGIN = 'niem.example/thu/2026';
export const SHIFT = uuid7(1_790_000_000_000);
const AT = 1_790_000_000_000;

type Signer = { key: NoteKey; secret: KeyObject };
const signer = (name: string, type: NoteKey['type']): Signer => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { key: { name, type, public_key: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)) }, secret: privateKey };
};

/** Any signer of notes: the log, and the witnesses behind it. */
export const newSigners = (origin = ORIGIN): Signer[] => [signer(origin, ED25519), signer('buu-dien-tinh.example', COSIGNATURE), signer('so.example', COSIGNATURE)];

export function signHead(signers: readonly Signer[], size: number, root: Uint8Array, at_s = 1_790_000_100): string {
  const text = headText({ origin: signers.find(({ key }) => key.type === ED25519)?.key.name ?? ORIGIN, size, root });
  const signatures = signers.map(({ key, secret }) => ({
    name: key.name,
    key_id: keyId(hash, key),
    signature: key.type === ED25519 ? new Uint8Array(sign(null, utf8(text), secret)) : cosignatureBytes(at_s, new Uint8Array(sign(null, cosignatureMessage(text, at_s), secret))),
  }));
  return noteText({ text, signatures });
}

export type MemoryLog = ReturnType<typeof memoryLog>;

export function memoryLog(bodies: readonly Uint8Array[], signers = newSigners()) {
  const levels: Uint8Array[][] = [bodies.map((body) => leafHash(hash, body))];
  for (let below = levels[0] ?? []; below.length > 1; below = levels.at(-1) ?? []) {
    levels.push(Array.from({ length: Math.floor(below.length / 2) }, (_, i) => nodeHash(hash, below[2 * i] as Uint8Array, below[2 * i + 1] as Uint8Array)));
  }
  const at = ({ level, index }: Node): Uint8Array => levels[level]?.[index] as Uint8Array;
  const folded = (paths: Node[][]): Uint8Array[] => paths.map((nodes) => fold(hash, nodes.map(at)));
  const root = (size: number): Uint8Array => {
    const nodes: Node[] = [];
    for (let from = 0, level = 40; level >= 0; level--) {
      if (from + 2 ** level > size) continue;
      nodes.push({ level, index: from / 2 ** level });
      from += 2 ** level;
    }
    return fold(hash, nodes.map(at));
  };
  const size = bodies.length;
  return {
    size,
    bodies,
    signers,
    keys: signers.map(({ key }) => keyText(hash, key)),
    root,
    leaf: (index: number): Uint8Array => at({ level: 0, index }),
    inclusion: (index: number, of = size) => folded(inclusionNodes(index, of)),
    consistency: (of: number) => folded(consistencyNodes(of, size)),
    note: (of = size) => signHead(signers, of, root(of)),
  };
}

export const fileOf = (records: readonly BundleRecord[]): Uint8Array => new Uint8Array(Buffer.concat([MAGIC, ...records.map(recordBytes)]));

/** Everything of a subject: keys of devices, entries by index, an earlier head, digests of files. */
export function bundle(log: MemoryLog, what: { subject: Extract<BundleRecord, { type: 'S' }>; indices: readonly number[]; redact?: ReadonlySet<number>; devices?: readonly { device_id: Uint8Array; public_key: Uint8Array }[]; older?: number; files?: readonly Uint8Array[] }): BundleRecord[] {
  const whole = what.subject.kind === 'log';
  return [
    { type: 'H', note: log.note(), keys: log.keys },
    what.subject,
    ...(what.devices ?? []).map((device) => ({ type: 'K' as const, ...device })),
    ...what.indices.map((index) => {
      const proof = whole ? [] : log.inclusion(index);
      return what.redact?.has(index) ? { type: 'R' as const, index, proof, leaf: log.leaf(index) } : { type: 'E' as const, index, proof, body: log.bodies[index] as Uint8Array };
    }),
    ...(what.older === undefined ? [] : [{ type: 'O' as const, note: log.note(what.older), proof: log.consistency(what.older) }]),
    ...(what.files ?? []).map((digest) => ({ type: 'F' as const, digest })),
    { type: 'Z', count: what.indices.length },
  ];
}

export type Scene = { bodies: Uint8Array[]; units: string[]; device: { device_id: Uint8Array; public_key: Uint8Array }; digest: Uint8Array };

/** `count` entries: of units with chains of about seven steps, some signed by a device, one in twenty an entry of another kind. */
export function makeEntries(count: number): Scene {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const device_id = uuid7(AT);
  const person_id = uuid7(AT);
  const units = Array.from({ length: Math.max(1, Math.floor(count / 7)) }, () => uuid7(AT));
  const last = new Map<string, { seq: number; hash: Uint8Array }>();
  const digest = hash(utf8('tệp'));
  const bodies = Array.from({ length: count }, (_, i) => {
    if (i % 20 === 19) return encode({ format: 'niem.note/1', no: i, at: AT + i, evidence: digest, shift_id: SHIFT });
    const unit_id = units[i % units.length] as string;
    const before = last.get(unit_id);
    const signs = i % 97 === 3;
    const claim = { checkpoint_id: uuid7(AT + i), kind: 'seen' as const, code: 'BK000000014VN', person_id, office_code: '243100', device_id: signs ? device_id : null, device_seq: signs ? i + 1 : null, device_prev: null, device_at: null, clock_offset_ms: null, head_seen: null, facts: {}, commitments: {} };
    const entry: Entry = { claim, device_signature: signs ? new Uint8Array(sign(null, claimBytes(claim), privateKey)) : null, second_person_id: null, shift_id: SHIFT, unit_id, unit_kind: 'item', code: 'BK000000014VN', unit_seq: (before?.seq ?? 0) + 1, prev: before?.hash ?? null, received_at: AT + i, flags: [], state: 'at_office', custodian: { kind: 'person', ref: person_id }, holds: 0, result: {} };
    const body = entryBytes(entry);
    last.set(unit_id, { seq: entry.unit_seq, hash: sha256(body) });
    return body;
  });
  return { bodies, units, device: { device_id: uuidBytes(device_id), public_key: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)) }, digest };
}
