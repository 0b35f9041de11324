// Proofs to carry away (C2SP tlog-proof@v1) and whose signatures are enough (C2SP tlog-policy). Pure.

import { base64, fromBase64 } from './bytes.ts';
import { checkInclusion, HASH_BYTES } from './merkle.ts';
import type { Hash } from './merkle.ts';
import { COSIGNATURE, ED25519, headOf, keyOf, openNote } from './note.ts';
import type { Head, NoteKey, Signed, VerifySignature } from './note.ts';

const PROOF_FORMAT = 'c2sp.org/tlog-proof@v1';
const PROOF_HASHES_MAX = 63;

/** That an entry stands at an index of the log whose signed head is `head`, a note. `extra` is not authenticated by anything. */
export type LogProof = { extra: Uint8Array | null; index: number; hashes: readonly Uint8Array[]; head: string };

export function proofText({ extra, index, hashes, head }: LogProof): string {
  const lines = [PROOF_FORMAT, ...(extra === null ? [] : [`extra ${base64(extra)}`]), `index ${index}`, ...hashes.map(base64), '', head];
  return lines.join('\n');
}

/** Throws an Error on text that is no such proof. Says nothing about its truth. */
export function proofOf(text: string): LogProof {
  const end = text.indexOf('\n\n');
  const [format, ...lines] = text.slice(0, end).split('\n');
  if (end < 0 || format !== PROOF_FORMAT) throw new Error('not a log proof');
  const extra = lines[0]?.startsWith('extra ') ? fromBase64((lines.shift() ?? '').slice(6)) : null;
  const index = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '')?.[1];
  if (index === undefined || !Number.isSafeInteger(Number(index)) || lines.length > PROOF_HASHES_MAX) throw new Error('not a log proof');
  return { extra, index: Number(index), hashes: lines.map(hashLine), head: text.slice(end + 2) };
}

/** One hash of 32 bytes in base64. */
export function hashLine(line: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(line);
  if (bytes.length !== HASH_BYTES) throw new Error('not a hash');
  return bytes;
}

/** Whom to believe: any of the logs, cosigned by the quorum of witnesses. */
export type Policy = {
  logs: readonly { key: NoteKey; url: string | null }[];
  witnesses: readonly { name: string; key: NoteKey; url: string | null }[];
  groups: readonly { name: string; needed: number; members: readonly string[] }[];
  /** Name of a witness or group; null: no witness is needed. */
  quorum: string | null;
};

/** Throws an Error that names the line. */
export function policyOf(hash: Hash, text: string): Policy {
  const logs: Policy['logs'][number][] = [];
  const witnesses: Policy['witnesses'][number][] = [];
  const groups: Policy['groups'][number][] = [];
  let quorum: string | null | undefined;
  const known = (name: string): boolean =>
    witnesses.some((witness) => witness.name === name) || groups.some((group) => group.name === name);
  const key = (type: number, vkey: string | undefined): NoteKey => {
    const parsed = keyOf(hash, vkey ?? '');
    if (parsed.type !== type) throw new Error('key of another kind');
    const others = type === ED25519 ? logs : witnesses;
    if (others.some((other) => base64(other.key.public_key) === base64(parsed.public_key))) throw new Error('key is there twice');
    return parsed;
  };
  const fresh = (name: string | undefined): string => {
    if (name === undefined || name === 'none' || known(name)) throw new Error('name is missing or taken');
    return name;
  };
  const line = (words: readonly string[]): void => {
    const [what, a, b, c] = words;
    if (what === 'log' && words.length <= 3) logs.push({ key: key(ED25519, a), url: b ?? null });
    else if (what === 'witness' && words.length <= 4) witnesses.push({ name: fresh(a), key: key(COSIGNATURE, b), url: c ?? null });
    else if (what === 'group') {
      const members = words.slice(3);
      const needed = b === 'all' ? members.length : b === 'any' ? 1 : /^[1-9]\d*$/.test(b ?? '') ? Number(b) : Number.NaN;
      if (!(needed <= members.length) || members.length === 0 || !members.every(known) || new Set(members).size < members.length)
        throw new Error('group of unknown or too few members');
      groups.push({ name: fresh(a), needed, members });
    } else if (what === 'quorum' && words.length === 2 && quorum === undefined && a !== undefined && (a === 'none' || known(a)))
      quorum = a === 'none' ? null : a;
    else throw new Error('not a line of a policy');
  };
  for (const [i, written] of text.split('\n').entries()) {
    const words = written.split(/[ \t]+/).filter((word) => word !== '');
    if (words.length === 0 || words[0]?.startsWith('#')) continue;
    try {
      line(words);
    } catch (error) {
      throw new Error(`line ${i + 1} of the policy: ${(error as Error).message}`, { cause: error });
    }
  }
  if (quorum === undefined) throw new Error('the policy has no quorum line');
  return { logs, witnesses, groups, quorum };
}

/** Whether these keys are enough of the policy's witnesses. */
export function quorumMet(policy: Policy, signed: readonly NoteKey[]): boolean {
  const met = (name: string): boolean => {
    const witness = policy.witnesses.find((one) => one.name === name);
    if (witness)
      return signed.some(
        (key) =>
          key.name === witness.key.name && key.type === witness.key.type && base64(key.public_key) === base64(witness.key.public_key),
      );
    const group = policy.groups.find((one) => one.name === name);
    return group !== undefined && group.members.filter(met).length >= group.needed;
  };
  return policy.quorum === null || met(policy.quorum);
}

/** Opens a head under a policy: signed by one of its logs under the name of the origin, and by which witnesses. Throws an Error otherwise. */
export async function openHead(
  hash: Hash,
  verify: VerifySignature,
  policy: Policy,
  note: string,
): Promise<{ head: Head; signed: Signed[]; enough: boolean }> {
  const { text, signed } = await openNote(
    hash,
    verify,
    note,
    [...policy.logs, ...policy.witnesses].map(({ key }) => key),
  );
  const head = headOf(text);
  if (!signed.some(({ key }) => key.type === ED25519 && key.name === head.origin)) throw new Error('the log has not signed its head');
  return {
    head,
    signed,
    enough: quorumMet(
      policy,
      signed.map(({ key }) => key),
    ),
  };
}

/** Checks a proof for a leaf hash. Throws an Error that says what does not hold; `enough`: the quorum has cosigned. */
export async function openProof(
  hash: Hash,
  verify: VerifySignature,
  policy: Policy,
  text: string,
  leaf: Uint8Array,
): Promise<{ index: number; head: Head; signed: Signed[]; enough: boolean }> {
  const { index, hashes, head: note } = proofOf(text);
  const opened = await openHead(hash, verify, policy, note);
  if (!checkInclusion(hash, { index, size: opened.head.size, leaf, root: opened.head.root, proof: hashes }))
    throw new Error('the entry is not in the log at that index');
  return { index, ...opened };
}
