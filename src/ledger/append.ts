// THE ONLY WRITER of the ledger. A flight takes 1..500 drafts: locks their units, lets each draft decide on what is believed,
// writes everything in one go, commits once. Each draft gets its own answer; nothing is all-or-nothing but the commit.
//
// What happens if it fails here: before COMMIT nothing is stored; if the answer to COMMIT is lost the client sends the same
// ids again and gets the original receipts. Concurrent writers in other processes are kept apart by row locks and by unique
// keys; a collision rolls the flight back and it decides anew on what is then believed.

import { assert, Defect, present } from '../base/assert.ts';
import { equalBytes, hex } from '../base/bytes.ts';
import { coalesce } from '../base/coalesce.ts';
import { uuid7 } from '../base/id.ts';
import { leafHash } from '../base/merkle.ts';
import type { Promised } from '../base/promise.ts';
import { Refused } from '../base/refusal.ts';
import { instant } from '../base/time.ts';
import type { Clock } from '../base/time.ts';
import type { Outcome, UnitNow } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import { HISTORY_MS, NOBODY_CAME } from '../domain/history.ts';
import type { Sighting } from '../domain/history.ts';
import { particularsOf } from '../domain/particulars.ts';
import type { Caller, Clearance, Permission } from '../domain/role.ts';
import type { Rulebook } from '../domain/rulebook.ts';
import type { ServiceClass } from '../domain/service.ts';
import type { State } from '../domain/state.ts';
import { COLLISIONS, sqlState } from '../store/connect.ts';
import type { Lane, Statement, Store } from '../store/connect.ts';
import { claimBytes, commitment, entryBytes, sha256 } from './entry.ts';
import type { Claim, Commitments, Entry } from './entry.ts';
import { load } from './load.ts';
import type { Confirmation, Loaded } from './load.ts';
import { foldContainment, unitRow } from './project.ts';
import { promised } from './promise.ts';
import type { Promiser } from './promise.ts';
import { hitRows, hitsDigest, hitsOf, holdsUnit, sightingsOf, subjectsOf } from './screen.ts';
import type { HitRow, Screening } from './screen.ts';
import { write } from './write.ts';
import type { Writes } from './write.ts';

export const FLIGHT_MAX = 500;
const TRIES_MAX = 5;

/** Personal fields that travel beside a claim; the claim holds the commitments to them. */
export type PersonalPart = {
  party: 'sender' | 'addressee' | 'declaration';
  salt: Uint8Array;
  /** The client chose the salt, so it is part of what it said. */
  salt_given: boolean;
  fields: { [field: string]: string };
};

export type Draft = {
  claim: Claim;
  device_signature: Uint8Array | null;
  caller: Caller;
  personal: readonly PersonalPart[];
  /** The second person's one-time confirmation, and the permission it must stand for. */
  second: { confirmation_hash: Uint8Array; permission: Permission } | null;
  /** Range to take a number from when the claim brings none; class null: refusal slips. */
  number_from: { office_code: string; service_class: ServiceClass | null } | null;
  /** Numbers of further units to lock and know: the bag of an item. */
  also?: readonly string[];
  /** Further rows to lock and know. */
  needs?: readonly Need[];
  /** Decides on what is believed under the lock. Throws a Refused to refuse. */
  decide(known: Known): Decision;
};

/**
 * Rows outside the ledger that a decision rests on, read once a flight under their own locks. Drafts of one flight share what
 * was read: a decision that changes such a row also changes it here, so that the next draft sees it.
 */
export type Need<T extends object = object> = { key: string; load(lane: Lane): Promise<T> };

/** The second person who confirmed a step; what they are cleared for counts as much as what the first is. */
export type Second = { person_id: string; clearance: Clearance; kt1_trained: boolean };

export type Known = {
  unit: UnitNow | null;
  second: Second | null;
  now_ms: number;
  /** A unit of `also`; null: there is none. */
  other(code: string): UnitNow | null;
  /** What a need of this draft read. */
  got<T extends object>(need: Need<T>): T;
  /** Unit of a checkpoint that an earlier draft of this flight made; null: none did. */
  madeHere(checkpoint_id: string): string | null;
  /** What any draft of this flight read under a key, so that it can be kept true. */
  peek<T extends object>(key: string): T | undefined;
  /** The first thing that any draft of this flight read under a key with this beginning and that passes the test. */
  find<T extends object>(prefix: string, test: (value: T) => boolean): T | undefined;
  /** The next number of the draft's range. Throws a Refused when there is none. */
  nextNumber(): string;
};

export type Decision = Outcome & {
  unit_kind: 'item' | 'bag';
  code: string;
  makes_unit: boolean;
  result?: Entry['result'];
  /** The second person, where another thing than a confirmation tells who it is. */
  second_person_id?: string;
  /** Changes of rows outside the ledger that must commit with the entry. */
  writes?: (entry: Entry) => { statement: Statement; values: readonly unknown[] }[];
};

/** What the client keeps: enough to find the entry again and to notice any later change of it. */
export type Receipt = {
  checkpoint_id: string;
  kind: string;
  code: string;
  unit_id: string;
  unit_seq: number;
  state: State;
  custodian: { kind: string; ref: string };
  flags: readonly string[];
  received_at: string;
  hash: string;
  prev_hash: string | null;
  /** By when the entry will be under a cosigned head, signed; null: this server makes no promises. */
  promise: Promised | null;
};

export type Append = (draft: Draft) => Promise<Receipt>;

/** `rules`: the rulebook in force, kept by its keeper; asked once a flight. */
export type AppendOptions = { store: Store; clock: Clock; rules: () => Promise<Rulebook>; queue_max: number; lanes: number; promise?: Promiser };

export function appender(options: AppendOptions): Append {
  return coalesce<Draft, Receipt>((drafts) => fly(options, drafts), {
    batch_max: FLIGHT_MAX,
    queue_max: options.queue_max,
    lanes: options.lanes,
    full: () => new Refused('busy'),
  });
}

async function fly(options: AppendOptions, drafts: Draft[]): Promise<(Receipt | Error)[]> {
  const book = await options.rules();
  for (let tries = 1; ; tries++) {
    try {
      const sightings = sightingsOf(drafts, book, options.clock());
      const flight = await options.store.lane(async (lane) => {
        const now_ms = options.clock();
        const loaded = await load(lane, options.store.vault, drafts, now_ms, subjectsOf(drafts, book, sightings));
        const flight = decideAll(drafts, loaded, now_ms, { book, sightings });
        write(lane, options.store.vault, flight.writes);
        return flight;
      });
      return options.promise === undefined ? flight.answers : promised(flight.answers, options.promise(flight.leaves, options.clock()));
    } catch (error) {
      const state = sqlState(error);
      const collided = COLLISIONS.has(state ?? '');
      // One odd row must not cost the others of its flight: each then flies alone.
      if (drafts.length > 1 && /^2[23]/.test(state ?? '') && !collided) return alone(options, drafts);
      if (!collided) throw error;
      if (tries === TRIES_MAX) throw new Defect(`flight collided ${TRIES_MAX} times: ${String(error)}`);
    }
  }
}

async function alone(options: AppendOptions, drafts: Draft[]): Promise<(Receipt | Error)[]> {
  const answers: (Receipt | Error)[] = [];
  for (const draft of drafts) {
    const [answer] = await fly(options, [draft]).catch((error: unknown) => [error as Error]);
    answers.push(answer ?? new Defect('no answer'));
  }
  return answers;
}

function receiptOf(entry: Entry, hash: Uint8Array): Receipt {
  return {
    checkpoint_id: entry.claim.checkpoint_id,
    kind: entry.claim.kind,
    code: entry.code,
    unit_id: entry.unit_id,
    unit_seq: entry.unit_seq,
    state: entry.state,
    custodian: entry.custodian,
    flags: entry.flags,
    received_at: instant(entry.received_at),
    hash: hex(hash),
    prev_hash: entry.prev === null ? null : hex(entry.prev),
    promise: null,
  };
}

/** Answers in the drafts' order; leaves of those that are receipts, in the same order. */
type Flight = { answers: (Receipt | Error)[]; leaves: Uint8Array[]; writes: Writes };

/** Decides every draft in order on what is believed, including what earlier drafts of the same flight did. Pure but for ids. */
function decideAll(drafts: Draft[], loaded: Loaded, now_ms: number, screening: Screening): Flight {
  const writes: Writes = { entries: [], units_new: [], units_changed: new Map(), superseded: [], personal: [], serials: new Map(), confirmations: [], refused: [], others: [], put_in: [], taken_out: [], hits: [], linked: [], attempted: [] };
  const made = new Map<string, { entry: Entry; personal: readonly PersonalPart[] }>();
  const leaves: Uint8Array[] = [];
  const answers = drafts.map((draft): Receipt | Error => {
    const { claim } = draft;
    try {
      const earlier = loaded.entries.get(claim.checkpoint_id) ?? made.get(claim.checkpoint_id);
      if (earlier) {
        const receipt = sameAgain(draft, earlier);
        leaves.push(leafHash(sha256, entryBytes(earlier.entry)));
        return receipt;
      }
      const { entry, body, hash } = decideOne(draft, loaded, writes, now_ms, screening, (id) => made.get(id)?.entry.unit_id ?? null);
      made.set(claim.checkpoint_id, { entry, personal: draft.personal });
      leaves.push(leafHash(sha256, body));
      return receiptOf(entry, hash);
    } catch (error) {
      // A defect of one draft is its own answer; it has written nothing yet.
      if (!(error instanceof Refused)) return error as Error;
      writes.refused.push({ claim, received_at: now_ms, refusal: error.refusal });
      return error;
    }
  });
  return { answers, leaves, writes };
}

/** The original receipt, if the claim is to the byte what was stored under its id; otherwise a refusal. */
function sameAgain(draft: Draft, earlier: { entry: Entry; personal: readonly { party: string; salt: Uint8Array }[] }): Receipt {
  const commitments = Object.fromEntries(
    draft.personal.map((part) => {
      const kept = earlier.personal.find((p) => p.party === part.party)?.salt;
      // Erased since: what was committed to can no longer be compared, and the rest of the claim still must be the same.
      const erased = earlier.entry.claim.commitments[part.party];
      if (!part.salt_given && kept === undefined && erased !== undefined) return [part.party, erased];
      return [part.party, commit(part.salt_given ? part.salt : (kept ?? part.salt), part.fields)];
    }),
  );
  const again = { ...draft.claim, commitments };
  if (!equalBytes(claimBytes(again), claimBytes(earlier.entry.claim))) {
    throw new Refused('checkpoint_id_reused', { checkpoint_id: draft.claim.checkpoint_id });
  }
  return receiptOf(earlier.entry, sha256(entryBytes(earlier.entry)));
}

export function commit(salt: Uint8Array, fields: { [field: string]: string }): Commitments[string] {
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, commitment(salt, field, value)]));
}

function decideOne(draft: Draft, loaded: Loaded, writes: Writes, now_ms: number, screening: Screening, madeHere: Known['madeHere']): { entry: Entry; body: Uint8Array; hash: Uint8Array } {
  const { claim, caller } = draft;
  if (claim.device_id !== null && claim.device_seq !== null) {
    const owner = loaded.device_seqs.get(`${claim.device_id}/${claim.device_seq}`);
    if (owner !== undefined && owner !== claim.checkpoint_id) throw new Refused('device_sequence_reused', { device_seq: claim.device_seq });
  }
  const second = draft.second === null ? null : secondPerson(draft, loaded, now_ms);
  const unit = claim.code === null ? null : (loaded.units.get(claim.code) ?? null);
  let serial: { range_id: number; next: number } | null = null;
  const decision = draft.decide({
    unit,
    second,
    now_ms,
    other: (code) => loaded.units.get(code) ?? null,
    got: <T extends object>(need: Need<T>) => present(loaded.needs.get(need.key), 'a need that was not asked for') as T,
    madeHere,
    peek: <T extends object>(key: string) => loaded.needs.get(key) as T | undefined,
    find: <T extends object>(prefix: string, test: (value: T) => boolean) => [...loaded.needs].find(([key, value]) => key.startsWith(prefix) && test(value as T))?.[1] as T | undefined,
    nextNumber() {
      const taken = loaded.nextNumber(draft.number_from, writes.serials);
      serial = { range_id: taken.range_id, next: taken.next };
      return taken.code;
    },
  });

  const before = decision.makes_unit ? null : unit;
  assert(decision.makes_unit || unit !== null, 'a step needs a unit');
  const unit_id = before?.unit_id ?? uuid7(now_ms);
  const sighting = screening.sightings.get(draft) ?? null;
  const hits = screen(draft, decision, before, unit_id, sighting, loaded, screening.book, now_ms);
  const kept = holdsUnit(hits, claim.kind, decision.state, decision.result ?? {});
  const entry: Entry = {
    claim,
    device_signature: draft.device_signature,
    second_person_id: decision.second_person_id ?? second?.person_id ?? null,
    shift_id: caller.shift_id,
    unit_id,
    unit_kind: decision.unit_kind,
    code: decision.code,
    unit_seq: (before?.unit_seq ?? 0) + 1,
    prev: before?.head_hash ?? null,
    received_at: now_ms,
    // How the person signed in is part of what happened, and no rule is broken by it.
    flags: [...decision.flags, ...(caller.grant_id === null ? [] : ['signed_offline']), ...(kept ? ['kept'] : [])],
    state: decision.state,
    custodian: decision.custodian,
    holds: decision.holds + (kept ? 1 : 0),
    result: hits.length === 0 ? (decision.result ?? {}) : { ...decision.result, rules: { kept, digest: hitsDigest(hits) } },
  };
  const body = entryBytes(entry);
  const hash = sha256(body);
  // All that may still fail comes first: from here on the flight only takes over what was decided.
  const others = decision.writes?.(entry) ?? [];
  loaded.advance(entry, hash);
  writes.entries.push({ entry, body });
  writes.others.push(...others);
  noteContainment(entry, before, writes);
  for (const hit of hits) writes.hits.push({ ...hit, checkpoint_id: claim.checkpoint_id, unit_id, office_code: claim.office_code, hit_at: instant(now_ms) });
  if (sighting) {
    loaded.history.add(sighting);
    writes.linked.push(sighting);
  }
  if (NOBODY_CAME.has(claim.kind)) writes.attempted.push({ unit_id, at: now_ms });
  const row = unitRow(entry, hash, before?.office_code ?? null);
  if (decision.makes_unit) {
    writes.units_new.push(row);
    if (unit) writes.superseded.push({ old: unit.unit_id, by: entry.unit_id });
  } else {
    const fresh = writes.units_new.findIndex((u) => u.unit_id === row.unit_id);
    if (fresh >= 0) writes.units_new[fresh] = row;
    else writes.units_changed.set(row.unit_id, row);
  }
  const parts = Object.fromEntries(draft.personal.map(({ party, salt, fields }) => [party, { salt, fields }]));
  if (draft.personal.length > 0) writes.personal.push({ checkpoint_id: claim.checkpoint_id, unit_id: entry.unit_id, parts });
  if (serial !== null) {
    const { range_id, next } = serial as { range_id: number; next: number };
    writes.serials.set(range_id, next);
  }
  if (second) second.used = true;
  if (draft.second) writes.confirmations.push({ hash: draft.second.confirmation_hash, checkpoint_id: claim.checkpoint_id });
  if (claim.device_id !== null && claim.device_seq !== null) loaded.device_seqs.set(`${claim.device_id}/${claim.device_seq}`, claim.checkpoint_id);
  return { entry, body, hash };
}

/** What rules find in a step that is about to be stored. */
function screen(draft: Draft, decision: Decision, before: UnitNow | null, unit_id: string, sighting: Sighting | null, loaded: Loaded, book: Rulebook, at: number): HitRow[] {
  if (sighting) sighting.unit_id = unit_id;
  // Counted with this one, and by those behind it in the flight.
  if (NOBODY_CAME.has(draft.claim.kind)) Object.assign(loaded.history.of(unit_id) ?? {}, { uncollected_since: at });
  const versions = book.at.get(draft.claim.kind);
  if (versions === undefined) return [];
  const { history } = loaded;
  if (sighting && book.counting.has('accepted')) {
    const known = (draft.claim.facts as Extract<Facts<'accepted'>, { sender_identified_by: string }>).sender_identified_by === 'known_customer';
    sighting.odd_identity = known && history.like('phone', sighting, at, HISTORY_MS).length === 1;
  }
  const [sender, addressee, declaration] = (['sender', 'addressee', 'declaration'] as const).map((party) => draft.personal.find((part) => part.party === party)?.fields as never);
  const particulars = sender && addressee && declaration ? particularsOf({ sender, addressee, declaration }) : null;
  const moment = { claim: draft.claim, at, unit_kind: decision.unit_kind, code: decision.code, before, flags: decision.flags, particulars, sighting: sighting ?? history.of(unit_id), history };
  return hitRows(hitsOf(versions, book, moment));
}

/** Opens or closes the item's stay in a bag. A stay opened and closed in one flight is written closed. */
function noteContainment(entry: Entry, before: UnitNow | null, writes: Writes): void {
  const was = before?.custodian.kind === 'bag' ? before.custodian.ref : null;
  const now = entry.custodian.kind === 'bag' ? entry.custodian.ref : null;
  if (was === now) return;
  if (was !== null) {
    const mine = writes.put_in.findLast((stay) => stay.item_id === entry.unit_id && stay.item_seq_out === null);
    const out = { item_seq_out: entry.unit_seq, taken_out_at: instant(entry.received_at) };
    if (mine) Object.assign(mine, out);
    else writes.taken_out.push({ item_id: entry.unit_id, ...out });
  }
  if (now !== null) writes.put_in.push(...foldContainment([], entry));
}

/** The person behind a confirmation: another one, for this session and permission, not used, not expired. */
function secondPerson(draft: Draft, loaded: Loaded, now_ms: number): Confirmation {
  assert(draft.second !== null, 'no confirmation');
  const key = hex(draft.second.confirmation_hash);
  const row = loaded.confirmations.get(key);
  const good =
    row !== undefined &&
    !row.used &&
    row.expires_at > now_ms &&
    row.permission === draft.second.permission &&
    (row.checkpoint_id === null || row.checkpoint_id === draft.claim.checkpoint_id) &&
    (row.code === null || row.code === draft.claim.code) &&
    row.session_hash === hex(draft.caller.session_hash);
  if (!good) throw new Refused('second_person_invalid');
  if (row.person_id === draft.caller.person_id) throw new Refused('same_person');
  return row;
}


