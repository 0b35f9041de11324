// Signed notes (C2SP signed-note v1): a text, and lines of signatures below it. Keys, heads of a log (tlog-checkpoint) and cosignatures
// of witnesses (tlog-cosignature). Pure: hash and signature check are arguments. What is accepted is exactly what the specification lets in.

import { base64, equalBytes, fromBase64, fromHex, hex, utf8 } from './bytes.ts';
import { HASH_BYTES } from './merkle.ts';
import type { Hash } from './merkle.ts';

export const ED25519 = 1;
export const COSIGNATURE = 4;
type KeyType = typeof ED25519 | typeof COSIGNATURE;

/** A key that may sign notes: Ed25519, of a log (type 1) or of a witness (type 4). */
export type NoteKey = { name: string; type: KeyType; public_key: Uint8Array };
export type NoteSignature = { name: string; key_id: Uint8Array; signature: Uint8Array };
export type Note = { text: string; signatures: readonly NoteSignature[] };
/** Whether a key signed a message; asynchronous in browsers. */
export type VerifySignature = (public_key: Uint8Array, signature: Uint8Array, message: Uint8Array) => boolean | Promise<boolean>;

const SIGNATURES_MAX = 100;
const NOTE_CHARACTERS_MAX = 1_000_000;
const isName = (name: string): boolean => name !== '' && !/[\s+\u0085]/u.test(name) && name.isWellFormed();

/** A name is part of a key: the same 32 bytes under another name are another key. */
export function keyId(hash: Hash, { name, type, public_key }: NoteKey): Uint8Array {
  return hash(new Uint8Array([...utf8(`${name}\n`), type, ...public_key])).slice(0, 4);
}

/** `name+keyid+base64`, as keys are handed around. */
export const keyText = (hash: Hash, key: NoteKey): string =>
  `${key.name}+${hex(keyId(hash, key))}+${base64(new Uint8Array([key.type, ...key.public_key]))}`;

/** Throws an Error on text that is no key. */
export function keyOf(hash: Hash, text: string): NoteKey {
  const [name, id, ...rest] = text.split('+');
  const blob = fromBase64(rest.join('+'));
  const type = blob[0];
  if (name === undefined || !isName(name) || id === undefined || !/^[0-9a-f]{8}$/.test(id)) throw new Error('not a note key');
  if (type !== ED25519 && type !== COSIGNATURE) throw new Error('unknown kind of key');
  if (blob.length !== 33) throw new Error('key is not 32 bytes');
  const key: NoteKey = { name, type, public_key: blob.slice(1) };
  if (!equalBytes(keyId(hash, key), fromHex(id))) throw new Error('key id does not match');
  return key;
}

/** Splits a note. Throws an Error on anything malformed; says nothing about who signed. */
export function noteOf(note: string): Note {
  if (note.length > NOTE_CHARACTERS_MAX || !note.isWellFormed()) throw new Error('not a note');
  for (let i = 0; i < note.length; i++) if (note.charCodeAt(i) < 32 && note[i] !== '\n') throw new Error('control character in a note');
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n') || end + 2 === note.length) throw new Error('note has no signatures');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) throw new Error('too many signatures');
  const signatures = lines.map((line) => {
    const [dash, name, encoded, ...more] = line.split(' ');
    if (dash !== '—' || name === undefined || !isName(name) || encoded === undefined || more.length > 0)
      throw new Error('malformed signature line');
    const blob = fromBase64(encoded);
    if (blob.length < 5) throw new Error('malformed signature line');
    return { name, key_id: blob.slice(0, 4), signature: blob.slice(4) };
  });
  return { text: note.slice(0, end + 1), signatures };
}

export const signatureLine = ({ name, key_id, signature }: NoteSignature): string =>
  `— ${name} ${base64(new Uint8Array([...key_id, ...signature]))}\n`;

export const noteText = (note: Note): string => `${note.text}\n${note.signatures.map(signatureLine).join('')}`;

/** What a witness signs: the head, and when it saw it. */
export const cosignatureMessage = (text: string, at_s: number): Uint8Array<ArrayBuffer> => utf8(`cosignature/v1\ntime ${at_s}\n${text}`);

/** A cosignature's bytes begin with its time, eight of them. */
export function cosignatureBytes(at_s: number, signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(72);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(at_s));
  bytes.set(signature, 8);
  return bytes;
}

/** A signature that holds; `at_s` of a cosignature, Unix seconds. */
export type Signed = { key: NoteKey; at_s: number | null };

/**
 * Who of those trusted signed the note. Unknown keys are left aside; a known key whose signature fails makes the whole note void, and so
 * does a note that nobody known signed. Throws an Error then.
 */
export async function openNote(
  hash: Hash,
  verify: VerifySignature,
  note: string,
  trusted: readonly NoteKey[],
): Promise<{ text: string; signed: Signed[]; unknown: NoteSignature[] }> {
  const { text, signatures } = noteOf(note);
  const keys = trusted.map((key) => ({ key, id: keyId(hash, key) }));
  const signed: Signed[] = [];
  const unknown: NoteSignature[] = [];
  for (const line of signatures) {
    const known = keys.find(({ key, id }) => key.name === line.name && equalBytes(id, line.key_id));
    if (!known) {
      if (!unknown.some((other) => other.name === line.name && equalBytes(other.key_id, line.key_id))) unknown.push(line);
    } else if (!signed.some(({ key }) => key === known.key))
      signed.push({ key: known.key, at_s: await signedAt(verify, known.key, text, line.signature) });
  }
  if (signed.length === 0) throw new Error('no verifiable signatures');
  return { text, signed, unknown };
}

async function signedAt(verify: VerifySignature, key: NoteKey, text: string, signature: Uint8Array): Promise<number | null> {
  const fail = (): never => {
    throw new Error(`invalid signature of ${key.name}`);
  };
  if (key.type === ED25519) return signature.length === 64 && (await verify(key.public_key, signature, utf8(text))) ? null : fail();
  if (signature.length !== 72) return fail();
  const time = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return fail();
  const at_s = Number(time);
  return (await verify(key.public_key, signature.slice(8), cosignatureMessage(text, at_s))) ? at_s : fail();
}

/** The state of a log: everything in it follows from these three. */
export type Head = { origin: string; size: number; root: Uint8Array };

export const headText = ({ origin, size, root }: Head): string => `${origin}\n${size}\n${base64(root)}\n`;

/** The head that a note's text says. Extension lines are let through, as the specification asks. Throws an Error on other text. */
export function headOf(text: string): Head {
  const [origin, size, root, ...extensions] = text.split('\n');
  if (
    !text.endsWith('\n') ||
    origin === undefined ||
    origin === '' ||
    size === undefined ||
    root === undefined ||
    extensions.slice(0, -1).includes('')
  )
    throw new Error('not the head of a log');
  if (!/^(0|[1-9]\d*)$/.test(size) || !Number.isSafeInteger(Number(size))) throw new Error('size of a head is not a number');
  const bytes = fromBase64(root);
  if (bytes.length !== HASH_BYTES) throw new Error('root of a head is not 32 bytes');
  return { origin, size: Number(size), root: bytes };
}

/** A head as it stands on paper: the text of its note, signatures or not. Throws an Error on anything else. */
export function heldHead(text: string): Head {
  const lines = text.replaceAll('\r', '').trim().split('\n').slice(0, 3);
  const head = headOf(`${lines.join('\n')}\n`);
  if (headText(head) !== `${lines.join('\n')}\n`) throw new Error('not the head of a log');
  return head;
}
