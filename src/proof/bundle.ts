// A bundle: entries of the log with what proves them, as one file to carry away (docs/ledger.md, section "Bundles"). One encoding only.
// Written by the server, read by the verifiers. Pure; nothing here says whether anything is true.

import { decode, encode } from '../base/canonical.ts';
import type { Canonical } from '../base/canonical.ts';
import { utf8 } from '../base/bytes.ts';

export const MAGIC = utf8('niem.bundle/1\n');
export const RECORD_BYTES_MAX = 80_000;
const HASHES_MAX = 63;

export const SUBJECTS = {
  log: ['Toàn bộ nhật ký', 'The whole log'],
  unit: ['Hồ sơ một bưu gửi hoặc túi', 'Dossier of an item or bag'],
  shift: ['Một ca làm việc', 'A shift'],
  casefile: ['Một vụ việc', 'A casefile'],
} as const;
export type SubjectKind = keyof typeof SUBJECTS;

export type BundleRecord =
  /** Signed head, as a note, and the keys of all who signed it. */
  | { type: 'H'; note: string; keys: readonly string[] }
  /** `ref`: 16 bytes; null for the whole log. */
  | { type: 'S'; kind: SubjectKind; ref: Uint8Array | null }
  | { type: 'K'; device_id: Uint8Array; public_key: Uint8Array }
  | { type: 'E'; index: number; proof: readonly Uint8Array[]; body: Uint8Array }
  | { type: 'R'; index: number; proof: readonly Uint8Array[]; leaf: Uint8Array }
  /** An entry of a casefile: the log holds a leaf that says its hash. */
  | { type: 'C'; index: number; proof: readonly Uint8Array[]; body: Uint8Array }
  /** An earlier head, as a note, and the proof that nothing of it was changed since. */
  | { type: 'O'; note: string; proof: readonly Uint8Array[] }
  | { type: 'F'; digest: Uint8Array }
  | { type: 'Z'; count: number };

/** What stands in the log for an entry of a casefile, by the hash of its bytes. */
export const casefileLeaf = (hash: Uint8Array): Uint8Array => encode(['niem.casefile-leaf/1', hash]);

/** A record with its length before it. */
export function recordBytes(record: BundleRecord): Uint8Array<ArrayBuffer> {
  const content = contentOf(record);
  const bytes = new Uint8Array(5 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 1 + content.length);
  view.setUint8(4, record.type.charCodeAt(0));
  bytes.set(content, 5);
  return bytes;
}

function contentOf(record: BundleRecord): Uint8Array {
  switch (record.type) {
    case 'H':
      return encode([record.note, ...record.keys], RECORD_BYTES_MAX);
    case 'S':
      return encode([record.kind, record.ref]);
    case 'K':
      return encode([record.device_id, record.public_key]);
    case 'E':
    case 'C':
      return placed(record.index, record.proof, record.body);
    case 'R':
      return placed(record.index, record.proof, record.leaf);
    case 'O':
      return encode([record.note, ...record.proof], RECORD_BYTES_MAX);
    case 'F':
      return record.digest;
    case 'Z':
      return placed(record.count, null, new Uint8Array());
  }
}

/** Index in eight bytes, number of hashes in one, the hashes, the rest. */
function placed(index: number, proof: readonly Uint8Array[] | null, rest: Uint8Array): Uint8Array {
  const hashes = proof ?? [];
  const bytes = new Uint8Array(8 + (proof === null ? 0 : 1) + hashes.length * 32 + rest.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(index));
  if (proof !== null) bytes[8] = hashes.length;
  hashes.forEach((hash, i) => bytes.set(hash, 9 + i * 32));
  bytes.set(rest, bytes.length - rest.length);
  return bytes;
}

/** The record of its bytes, without the length. Throws an Error on any other bytes. */
export function recordOf(bytes: Uint8Array): BundleRecord {
  const type = String.fromCharCode(bytes[0] ?? 0);
  const content = bytes.subarray(1);
  switch (type) {
    case 'H': {
      const [note, ...keys] = listOf(content);
      return { type, note: text(note), keys: keys.map(text) };
    }
    case 'S': {
      const list = listOf(content);
      const kind = text(list[0]);
      if (list.length !== 2 || !Object.hasOwn(SUBJECTS, kind)) throw new Error('unknown subject');
      if (kind === 'log' ? list[1] !== null : !isBytes(list[1], 16)) throw new Error('subject without its key');
      return { type, kind: kind as SubjectKind, ref: list[1] as Uint8Array | null };
    }
    case 'K': {
      const [device_id, public_key, ...more] = listOf(content);
      if (!isBytes(device_id, 16) || !isBytes(public_key, 32) || more.length > 0) throw new Error('not a key of a device');
      return { type, device_id, public_key };
    }
    case 'E':
    case 'C':
    case 'R': {
      const { index, proof, rest } = placeOf(content);
      if (type !== 'R') return { type, index, proof, body: rest };
      if (rest.length !== 32) throw new Error('leaf hash is not 32 bytes');
      return { type, index, proof, leaf: rest };
    }
    case 'O': {
      const [note, ...proof] = listOf(content);
      if (!proof.every((hash) => isBytes(hash, 32))) throw new Error('hash is not 32 bytes');
      return { type, note: text(note), proof };
    }
    case 'F':
      if (content.length !== 32) throw new Error('digest is not 32 bytes');
      return { type, digest: content };
    case 'Z':
      if (content.length !== 8) throw new Error('count is not 8 bytes');
      return { type, count: wholeNumber(content) };
    default:
      throw new Error('unknown record');
  }
}

function placeOf(content: Uint8Array): { index: number; proof: Uint8Array[]; rest: Uint8Array } {
  const hashes = content[8] ?? Number.NaN;
  const end = 9 + hashes * 32;
  if (!(hashes <= HASHES_MAX && end <= content.length)) throw new Error('proof is cut short');
  return {
    index: wholeNumber(content),
    proof: Array.from({ length: hashes }, (_, i) => content.subarray(9 + i * 32, 41 + i * 32)),
    rest: content.subarray(end),
  };
}

function wholeNumber(bytes: Uint8Array): number {
  let number = 0;
  for (let at = 0; at < 8; at++) number = number * 256 + (bytes[at] ?? 0);
  if (!Number.isSafeInteger(number)) throw new Error('number is too large');
  return number;
}

function listOf(content: Uint8Array): readonly Canonical[] {
  const value = decode(content, RECORD_BYTES_MAX);
  if (!Array.isArray(value)) throw new Error('not a list');
  return value;
}

function text(value: Canonical | undefined): string {
  if (typeof value !== 'string') throw new Error('not text');
  return value;
}

const isBytes = (value: Canonical | undefined, length: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length === length;
