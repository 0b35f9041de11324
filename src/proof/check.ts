// Checks a bundle record by record, and believes nothing but the keys: each entry must stand in the log whose head they signed, each
// chain must hold, each device must have signed what it is said to have said. A record that is refused changes nothing, so a
// verifier can be asked again from where it stands. Pure: hash and signature check are arguments.

import { equalBytes, hex } from '../base/bytes.ts';
import { uuidText } from '../base/id.ts';
import { checkConsistency, checkInclusion, leafHash } from '../base/merkle.ts';
import type { Hash } from '../base/merkle.ts';
import { ED25519, headOf, headText, keyOf, keyText, noteOf, noteText, openNote } from '../base/note.ts';
import type { Head, NoteKey, Signed, VerifySignature } from '../base/note.ts';
import { quorumMet } from '../base/proof.ts';
import type { Policy } from '../base/proof.ts';
import { NO_STEP, PARTS } from './ahead.ts';
import type { Ahead } from './ahead.ts';
import { casefileLeaf, recordOf } from './bundle.ts';
import type { BundleRecord } from './bundle.ts';
import { CasefileChain, Chains } from './chain.ts';
import { BundleError } from './bundle_error.ts';
import { continues, deviceAdded, digestsIn, names, readEntry } from './entry_read.ts';
import type { ReadEntry } from './entry_read.ts';
import { GrowingTree } from './tree.ts';
import type { Verdict } from './verdict.ts';

export type Tools = { hash: Hash; verify: VerifySignature };
/** What the reader brings along: whom to trust, and a head held since earlier, on paper for instance. */
export type Held = { policy: Policy | null; head: Head | null };

const SHOWN_MAX = 2_000;
const ORDER = 'HSKEOFZ';
const [SUBJECT, ENTRIES, OLDER] = [ORDER.indexOf('S'), ORDER.indexOf('E'), ORDER.indexOf('O')];
/** Between the keys of devices and the entries: a further log begins. */
const OTHER_LOG = 2.5;

export type Checker = ReturnType<typeof checker>;

export function checker({ hash, verify }: Tools, held: Held) {
  const chains = new Chains(hash);
  const casefile = new CasefileChain(hash);
  const tree = new GrowingTree(hash);
  const devices = new Map<string, { public_key: Uint8Array; used: boolean; logged: boolean }>();
  const digests = new Set<string>();
  const verdict = {
    earlier: [],
    policy_met: null,
    held_head: null,
    entries: 0,
    redacted: 0,
    units: 0,
    from_ms: null,
    to_ms: null,
    device_signed: 0,
    devices: [],
    older: [],
    files: [],
    shown: [],
  } as unknown as Verdict;
  let stage = -1;
  let keys: NoteKey[] = [];
  let last = -1;
  let ended = false;

  const refuse = (code: ConstructorParameters<typeof BundleError>[0], facts: { [name: string]: string | number } = {}): never => {
    throw new BundleError(code, facts);
  };

  /** A note in its one spelling, every line of which is a signature of a known key. */
  async function openStrictly(note: string, known: readonly NoteKey[]): Promise<{ head: Head; signed: Signed[] }> {
    try {
      const parsed = noteOf(note);
      if (noteText(parsed) !== note) throw new Error('another spelling of the note');
      const { text, signed, unknown } = await openNote(hash, verify, note, known);
      const head = headOf(text);
      if (headText(head) !== text) throw new Error('extension lines');
      if (unknown.length > 0 || signed.length !== parsed.signatures.length) throw new Error('a signature of nobody known');
      if (!signed.some(({ key }) => key.type === ED25519 && key.name === head.origin)) throw new Error('the log itself has not signed');
      return { head, signed };
    } catch (error) {
      return refuse('head_not_signed', { problem: (error as Error).message });
    }
  }

  async function onHead(record: Extract<BundleRecord, { type: 'H' }>): Promise<void> {
    let given: NoteKey[];
    try {
      given = record.keys.map((text) => keyOf(hash, text));
      if (given.some((key, i) => keyText(hash, key) !== record.keys[i])) throw new Error('another spelling of a key');
    } catch (error) {
      return refuse('head_not_signed', { problem: (error as Error).message });
    }
    const { head, signed } = await openStrictly(record.note, given);
    if (signed.length !== given.length) refuse('head_not_signed', { problem: 'a key that signed nothing' });
    if (held.policy !== null) {
      const { policy } = held;
      const logs = policy.logs.some(({ key }) =>
        signed.some((one) => one.key.type === ED25519 && one.key.name === key.name && equalBytes(one.key.public_key, key.public_key)),
      );
      if (
        !logs ||
        !quorumMet(
          policy,
          signed.map(({ key }) => key),
        )
      )
        refuse('not_trusted');
      verdict.policy_met = true;
    }
    if (keys.length > 0) {
      const { origin, size } = verdict.head;
      if (head.origin <= origin) refuse('out_of_order', { index: last });
      verdict.earlier.push({ origin, size, signed: verdict.signed });
    }
    keys = given;
    last = -1;
    verdict.head = head;
    verdict.signed = signed.map(({ key, at_s }) => ({
      name: key.name,
      fingerprint: fingerprintOf(key.public_key),
      witness: key.type !== ED25519,
      at_s,
    }));
    if (held.head !== null && held.head.origin === head.origin) {
      if (held.head.size > head.size) refuse('held_head_differs', { size: held.head.size });
      if (held.head.size === head.size) matchHeld(head.root);
    }
  }

  function matchHeld(root: Uint8Array): void {
    if (held.head === null || !equalBytes(held.head.root, root)) refuse('held_head_differs', { size: held.head?.size ?? 0 });
    verdict.held_head = true;
  }

  const fingerprintOf = (public_key: Uint8Array): string => hex(hash(public_key)).slice(0, 16);

  function place(index: number, proof: readonly Uint8Array[], leaf: Uint8Array): void {
    const { size, root } = verdict.head;
    if (index <= last || index >= size) refuse('out_of_order', { index });
    if (verdict.subject.kind === 'log') {
      if (index !== last + 1 || proof.length > 0) refuse('out_of_order', { index });
    } else if (!checkInclusion(hash, { index, size, leaf, root, proof })) refuse('not_in_log', { index });
  }

  /** A head of this log is held, and has not been met. */
  const heldHere = (): boolean => verdict.held_head === null && held.head?.origin === verdict.head.origin;

  /** In the whole log only the last root can tell; a head held since earlier is met on the way. */
  function grow(leaf: Uint8Array): void {
    if (verdict.subject.kind !== 'log') return;
    tree.add(leaf);
    if (heldHere() && tree.size === held.head?.size) matchHeld(tree.root());
  }

  function readOr(index: number, body: Uint8Array): ReadEntry {
    try {
      return readEntry(body);
    } catch (error) {
      return refuse('entry_malformed', { index, problem: (error as Error).message });
    }
  }

  function onEntry(index: number, body: Uint8Array): void | Promise<void> {
    const read = readOr(index, body);
    const { kind, ref } = verdict.subject;
    const { step } = read;
    // Keys of the log may stand in any bundle; what is somebody else's may not.
    if (kind === 'unit' && step !== null && step.unit_kind !== 'bag' && uuidText(step.unit_id) !== ref) refuse('foreign_entry', { index });
    const mustName = (kind === 'shift' && step !== null) || (kind === 'casefile' && read.casefile);
    if (mustName && refBytes !== null && !names(read, refBytes)) refuse('foreign_entry', { index });
    if (step?.device && kind !== 'log') return onDevice(index, body, read, step.device);
    if (kind === 'log' && index === 0) chains.continues = continues(read);
    const added = deviceAdded(read);
    const named = added === null ? undefined : devices.get(hex(added.device_id));
    if (added !== null && named !== undefined) {
      if (!equalBytes(added.public_key, named.public_key)) refuse('device_key_differs', { index, device_id: hex(added.device_id) });
      named.logged = true;
    }
    accept(index, body, read, null);
  }

  function onCasefile(index: number, body: Uint8Array): void {
    const read = readOr(index, body);
    const { kind, ref } = verdict.subject;
    if (kind !== 'casefile' || casefile.idOf(read) !== ref) refuse('foreign_entry', { index });
    casefile.add(read, body, index);
    accept(index, body, read, null);
  }

  async function onDevice(
    index: number,
    body: Uint8Array,
    read: ReadEntry,
    device: NonNullable<NonNullable<ReadEntry['step']>['device']>,
  ): Promise<void> {
    const known = devices.get(hex(device.device_id)) ?? refuse('device_key_missing', { index });
    if (!(await verify(known.public_key, device.signature, device.claim))) refuse('device_not_signed', { index });
    accept(index, body, read, known);
  }

  /** Everything has been checked but the chain, which refuses by itself before it changes. */
  function accept(index: number, body: Uint8Array, read: ReadEntry, device: { used: boolean } | null): void {
    const { step, at } = read;
    if (step !== null) chains.add(step, body, index);
    if (device !== null) {
      device.used = true;
      verdict.device_signed += 1;
    }
    verdict.entries += 1;
    last = index;
    if (at !== null) {
      verdict.from_ms = verdict.from_ms === null ? at : Math.min(verdict.from_ms, at);
      verdict.to_ms = verdict.to_ms === null ? at : Math.max(verdict.to_ms, at);
    }
    if (verdict.subject.kind === 'log') return;
    digestsIn(read.value, (digest) => digests.add(typeof digest === 'string' ? digest : hex(digest)));
    if (verdict.shown.length < SHOWN_MAX)
      verdict.shown.push({
        index,
        at,
        format: read.format,
        kind: read.kind,
        code: step?.code ?? null,
        state: step?.state ?? null,
        office_code: step?.office_code ?? null,
      });
  }

  let refBytes: Uint8Array | null = null;

  /** One record without its length. Throws a BundleError. A promise only where a signature must be checked. */
  function add(bytes: Uint8Array): void | Promise<void> {
    if (ended) refuse('left_over');
    let record: BundleRecord;
    try {
      record = recordOf(bytes);
    } catch (error) {
      return refuse('malformed', { problem: (error as Error).message });
    }
    const now = ORDER.indexOf(record.type === 'R' || record.type === 'C' ? 'E' : record.type);
    // Head and subject first; then every kind in its turn. Behind the entries of one log may stand the head of the next, and then its entries.
    const next = record.type === 'H' && (stage === ENTRIES || stage === OLDER) && verdict.subject.kind !== 'log';
    if (!next && (now < stage || (stage < 1 ? now !== stage + 1 : now < 2))) refuse('out_of_order', { index: last });
    const then = next ? OTHER_LOG : now;
    if (stage === OTHER_LOG && now !== ENTRIES) refuse('out_of_order', { index: last });
    const done = handle(record);
    if (done === undefined) stage = then;
    else return done.then(() => void (stage = then));
  }

  function handle(record: BundleRecord): void | Promise<void> {
    switch (record.type) {
      case 'H':
        return onHead(record);
      case 'S':
        verdict.subject = { kind: record.kind, ref: record.ref === null ? null : uuidText(record.ref) };
        refBytes = record.ref;
        return;
      case 'K': {
        const id = hex(record.device_id);
        if (verdict.subject.kind === 'log' || devices.has(id)) refuse('out_of_order', { index: last });
        devices.set(id, { public_key: record.public_key, used: false, logged: false });
        return;
      }
      case 'E': {
        const leaf = leafHash(hash, record.body);
        place(record.index, record.proof, leaf);
        const done = onEntry(record.index, record.body);
        return done === undefined ? grow(leaf) : done.then(() => grow(leaf));
      }
      case 'C': {
        place(record.index, record.proof, leafHash(hash, casefileLeaf(hash(record.body))));
        return onCasefile(record.index, record.body);
      }
      case 'R':
        place(record.index, record.proof, record.leaf);
        grow(record.leaf);
        verdict.redacted += 1;
        last = record.index;
        return;
      case 'O':
        return onOlder(record);
      case 'F': {
        const digest = hex(record.digest);
        if (!digests.has(digest) || verdict.files.includes(digest)) refuse('file_unknown', { digest });
        verdict.files.push(digest);
        return;
      }
      case 'Z':
        return onEnd(record.count);
    }
  }

  /** What was read ahead of records that come next; gives the offset behind what it took. The rest, and all of it where something is not plain, is for `add`. */
  function addAhead(bytes: Uint8Array, ahead: Ahead): number {
    const { first, count, end, parts, times, subtrees } = ahead;
    const meets = heldHere() && held.head !== null && held.head.size > first && held.head.size <= first + count;
    if (!whole() || count === 0 || first !== last + 1 || first + count > verdict.head.size || meets) return 0;
    let [from_ms, to_ms] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < count; i++) {
      // The first entry says whether the log continues another one.
      if (first + i === 0 || (parts[i * PARTS + 2] !== NO_STEP && !chains.follow(ahead, i))) {
        void onEntry(first + i, bytes.subarray(parts[i * PARTS], parts[i * PARTS + 1]));
        continue;
      }
      verdict.entries += 1;
      const at = times[i] ?? 0;
      if (at < from_ms) from_ms = at;
      if (at > to_ms) to_ms = at;
    }
    for (const { level, hash: sum } of subtrees) tree.add(sum, level);
    last = first + count - 1;
    stage = ENTRIES;
    if (from_ms <= to_ms)
      [verdict.from_ms, verdict.to_ms] = [Math.min(from_ms, verdict.from_ms ?? from_ms), Math.max(to_ms, verdict.to_ms ?? to_ms)];
    return end;
  }

  /** Whether entries of a whole log come next, which may be read ahead. */
  const whole = (): boolean => verdict.subject?.kind === 'log' && (stage === SUBJECT || stage === ENTRIES);

  async function onOlder(record: Extract<BundleRecord, { type: 'O' }>): Promise<void> {
    const { head, signed } = await openStrictly(record.note, keys);
    const { size, root } = verdict.head;
    if (
      head.origin !== verdict.head.origin ||
      !checkConsistency(hash, { size1: head.size, size2: size, root1: head.root, root2: root, proof: record.proof })
    )
      refuse('history_changed', { size: head.size });
    if (held.head !== null && held.head.origin === head.origin && held.head.size === head.size) matchHeld(head.root);
    verdict.older.push({ size: head.size, at_s: signed.find(({ at_s }) => at_s !== null)?.at_s ?? null });
  }

  function onEnd(count: number): void {
    if (count !== verdict.entries + verdict.redacted) refuse('cut_short');
    const { size, root } = verdict.head;
    if (verdict.subject.kind === 'log' && last + 1 !== size) refuse('cut_short');
    if (verdict.subject.kind === 'log' && !equalBytes(tree.root(), root)) refuse('root_differs', { size });
    const unused = [...devices].find(([, device]) => !device.used);
    if (unused) refuse('device_key_unused', { device_id: unused[0] });
    // A shift or a casefile shows a part of many chains; a dossier and the log show them whole.
    chains.end(verdict.subject.kind === 'unit' || verdict.subject.kind === 'log' ? verdict.redacted : Number.POSITIVE_INFINITY);
    casefile.end(verdict.redacted);
    if (verdict.subject.kind === 'unit' && refBytes !== null && !chains.has(refBytes) && verdict.redacted === 0)
      refuse('foreign_entry', { index: last });
    if (held.head !== null && verdict.held_head === null) refuse('held_head_not_met', { size: held.head.size });
    verdict.units = chains.count;
    verdict.devices = [...devices].map(([device_id, { public_key, logged }]) => ({
      device_id,
      fingerprint: fingerprintOf(public_key),
      logged,
    }));
    ended = true;
  }

  return {
    add,
    whole,
    addAhead,
    /** After the last byte. Throws a BundleError when the bundle has not ended. */
    end(): Verdict {
      if (!ended) refuse('cut_short');
      return verdict;
    },
  };
}
