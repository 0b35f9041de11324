// Casefiles: one append-only hash chain each, beside the custody ledger. The lock on the casefile's row orders its entries. What is
// derived from them (state, parties, units, pictures) is written here, in the same transaction, and checked by verifyCasefiles.

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { Defect } from '../base/assert.ts';
import { equalBytes, fromHex, hex } from '../base/bytes.ts';
import { decode, encode } from '../base/canonical.ts';
import type { Canonical } from '../base/canonical.ts';
import { answersNo, CASE_FACTS, CASE_KINDS, isCaseKind } from '../domain/casefile.ts';
import type { CaseEntry, CaseKind } from '../domain/casefile.ts';
import { foldCase } from '../domain/casefile_fold.ts';
import type { Casefile } from '../domain/casefile_fold.ts';
import type { Read, Write } from '../store/connect.ts';
import { commitment, sha256 } from './entry.ts';

const FORMAT = 'niem.casefile/1';

export type StoredCaseEntry = { entry: CaseEntry; hash: Uint8Array };

/** Canonical bytes of an entry (docs/cases.md). */
export function caseEntryBytes(entry: CaseEntry, prev: Uint8Array | null): Uint8Array<ArrayBuffer> {
  const { casefile_id, entry_no, entry_id, kind, at_ms, person_id, party_code, only_party, facts, words_commitment } = entry;
  return encode({ format: FORMAT, casefile_id, entry_no, entry_id, kind, at: at_ms, person_id, party_code, only_party, facts: facts as Canonical, words: words_commitment, prev });
}

/** The entry in bytes. Throws an Error on bytes that are none. */
export function caseEntryOf(body: Uint8Array): { entry: CaseEntry; prev: Uint8Array | null } {
  const map = decode(body) as { [name: string]: Canonical };
  const kind = map.kind as CaseKind;
  if (map.format !== FORMAT || !(kind in CASE_FACTS)) throw new Error('not a casefile entry');
  const { casefile_id, entry_no, entry_id, person_id, party_code, only_party, facts } = map;
  return { entry: { casefile_id, entry_no, entry_id, kind, at_ms: map.at, person_id, party_code, only_party, facts, words_commitment: map.words } as CaseEntry, prev: map.prev as Uint8Array | null };
}

export type CaseHead = { casefile_id: string; codes_only: boolean; entry_no: number; head_hash: Uint8Array | null };

/** Locks a casefile until the transaction ends; undefined: there is none for whoever asks. */
export function lockCasefile(tx: Write, casefile_id: string): Promise<CaseHead | undefined> {
  return tx.selectFrom('casefile').select(['casefile_id', 'codes_only', 'entry_no', 'head_hash']).where('casefile_id', '=', casefile_id).forUpdate().executeTakeFirst();
}

/** Entries that whoever asks may see, oldest first, by casefile. */
export async function entriesOfCases(db: Read, casefile_ids: readonly string[]): Promise<Map<string, StoredCaseEntry[]>> {
  if (casefile_ids.length === 0) return new Map();
  const rows = await db.selectFrom('casefile_entry').select(['casefile_id', 'body', 'hash']).where('casefile_id', 'in', [...casefile_ids]).orderBy('casefile_id').orderBy('entry_no').execute();
  const stored = rows.map((row) => ({ casefile_id: row.casefile_id, entry: caseEntryOf(new Uint8Array(row.body)).entry, hash: new Uint8Array(row.hash) }));
  return Map.groupBy(stored, (row) => row.casefile_id);
}

/** Adds an entry behind `head`, which the caller holds locked, with what people wrote and what is derived. `unit_ids`: of the codes it brings in. */
export async function appendCaseEntry(tx: Write, head: CaseHead, earlier: readonly StoredCaseEntry[], given: Omit<CaseEntry, 'entry_no' | 'words_commitment'>, words: string | null, unit_ids: ReadonlyMap<string, string>): Promise<StoredCaseEntry> {
  const salt = new Uint8Array(randomBytes(32));
  const entry: CaseEntry = { ...given, entry_no: head.entry_no + 1, words_commitment: words === null ? null : commitment(salt, 'words', words) };
  const body = caseEntryBytes(entry, head.head_hash === null ? null : new Uint8Array(head.head_hash));
  const hash = sha256(body);
  const { casefile_id, entry_no, entry_id, kind, person_id, party_code, only_party } = entry;
  await tx.insertInto('casefile_entry').values({ casefile_id, entry_no, entry_id, kind, at: new Date(entry.at_ms), person_id, party_code, only_party, answers_no: answersNo(entry), body, hash }).execute();
  if (words !== null) await tx.insertInto('casefile_words').values({ casefile_id, entry_no, salt, words }).execute();
  const file = foldCase([...earlier.map((stored) => stored.entry), entry]);
  if (file === null) throw new Defect('a casefile that does not begin with its opening');
  // Before the parties: whoever gives up his own right may not touch the row any more.
  const { state, severity, lead_party } = file;
  await tx.updateTable('casefile').set({ entry_no, head_hash: hash, state, severity, lead_party }).where('casefile_id', '=', casefile_id).execute();
  await derive(tx, entry, file, unit_ids);
  return { entry, hash };
}

async function derive(tx: Write, entry: CaseEntry, file: Casefile, unit_ids: ReadonlyMap<string, string>): Promise<void> {
  const { casefile_id, entry_no } = entry;
  const add = async (codes: readonly string[]): Promise<void> => {
    const rows = codes.map((code) => ({ casefile_id, unit_id: unit_ids.get(code) ?? '', added_no: entry_no }));
    await tx.insertInto('casefile_unit').values(rows).execute();
  };
  if (isCaseKind(entry, 'case_opened')) await add(entry.facts.unit_codes);
  else if (isCaseKind(entry, 'unit_added')) await add([entry.facts.code]);
  else if (isCaseKind(entry, 'unit_dropped')) {
    await tx.updateTable('casefile_unit').set({ dropped_no: entry_no }).where('casefile_id', '=', casefile_id).where('unit_id', '=', unit_ids.get(entry.facts.code) ?? '').where('dropped_no', 'is', null).execute();
  } else if (isCaseKind(entry, 'party_added')) {
    const { party_code, person_ids = null, until_at } = entry.facts;
    await tx.insertInto('casefile_party').values({ casefile_id, grant_no: entry_no, party_code, person_ids, granted_at: new Date(entry.at_ms), until_at: until_at === undefined ? null : new Date(until_at) }).execute();
  } else if (isCaseKind(entry, 'party_revoked')) {
    await tx.updateTable('casefile_party').set({ revoke_no: entry_no, revoked_at: new Date(entry.at_ms) }).where('casefile_id', '=', casefile_id).where('grant_no', '=', entry.facts.grant_no).execute();
  } else if (isCaseKind(entry, 'approved')) {
    const decided = file.proposals.find((proposal) => proposal.no === entry.facts.proposal_no)?.facts;
    if (decided?.decision !== 'release' && decided?.decision !== 'return') return;
    await tx.updateTable('casefile_unit').set({ release_no: entry_no }).where('casefile_id', '=', casefile_id).where('unit_id', 'in', decided.unit_codes.map((code) => unit_ids.get(code) ?? '')).where('dropped_no', 'is', null).execute();
  } else if (isCaseKind(entry, 'evidence_added')) {
    const { evidence_id, digest, bytes, media_type, width, height, view_digest } = entry.facts;
    await tx.insertInto('casefile_evidence').values({ casefile_id, evidence_id, entry_no, digest: fromHex(digest), bytes, media_type, width, height, view_digest: fromHex(view_digest) }).execute();
  }
}

/**
 * Digest of a casefile as it stands: the entries that all parties see, and the units as the ledger has them. A decision is bound to
 * it: whoever approves has seen this and nothing else.
 */
export function caseSnapshot(entries: readonly StoredCaseEntry[], units: readonly { code: string; unit_seq: number; head_hash: Uint8Array; holds: number }[]): string {
  const shared = entries.filter(({ entry }) => entry.only_party === null).map(({ entry, hash }) => [entry.entry_no, hash]);
  const now = units.toSorted((a, b) => (a.code < b.code ? -1 : 1)).map((unit) => [unit.code, unit.unit_seq, new Uint8Array(unit.head_hash), unit.holds]);
  // By hash: the list of a long casefile is longer than one canonical value may be.
  const parts = [...shared, ...now].map((part) => sha256(encode(part as Canonical)));
  return hex(sha256(Buffer.concat([Buffer.from('niem.snapshot/1'), ...parts])));
}

type Fault = (table: string, key: string, column: string, problem: string) => void;

/** Everything that must be true of the casefiles that `db` sees: the owner sees all, the app in a transaction those of whoever asks. */
export async function verifyCasefiles(db: Read, fault: Fault): Promise<number> {
  const files = await db.selectFrom('casefile').selectAll().orderBy('casefile_id').execute();
  for (const row of files) {
    const wrong = (column: string, problem: string): void => fault('casefile', row.casefile_id, column, problem);
    const { entries, last } = await verifyChain(db, row.casefile_id, fault);
    const file = foldCase(entries);
    if (last.no !== row.entry_no || !sameBytes(last.hash, row.head_hash)) wrong('head_hash', 'is not the last entry');
    if (file === null) wrong('*', 'does not begin with an opening');
    else await verifyDerived(db, row, file, entries, fault);
    await verifyLeaves(db, row.casefile_id, fault);
  }
  return files.length;
}

/** What whoever is no party may know of all casefiles: the chains that do not hold, under a digest that names none of them. */
export async function checkCasefiles(db: Read, fault: Fault): Promise<void> {
  const { rows } = await sql<{ ref: string; entry_no: number; problem: string }>`select * from casefile_faults()`.execute(db as never);
  for (const { ref, entry_no, problem } of rows) fault('casefile_entry', `${ref}/${entry_no}`, ...(problem.split(': ') as [string, string]));
}

/** Each entry has its leaf, which the log takes in (verify_log.ts). */
async function verifyLeaves(db: Read, casefile_id: string, fault: Fault): Promise<void> {
  const hashes = (await db.selectFrom('casefile_entry').select(['entry_no', 'hash']).where('casefile_id', '=', casefile_id).execute()).map((row) => ({ ...row, leaf: caseLeaf(new Uint8Array(row.hash)) }));
  const leaves = new Set((await db.selectFrom('casefile_leaf').select('body').where('body', 'in', hashes.map(({ leaf }) => leaf)).execute()).map(({ body }) => hex(new Uint8Array(body))));
  for (const { entry_no, leaf } of hashes) if (!leaves.has(hex(leaf))) fault('casefile_leaf', `${casefile_id}/${entry_no}`, '*', 'the log was not given this entry');
}

/** What stands in the log for an entry (docs/cases.md). */
const caseLeaf = (hash: Uint8Array): Uint8Array => encode(['niem.casefile-leaf/1', hash]);

async function verifyChain(db: Read, casefile_id: string, fault: Fault): Promise<{ entries: CaseEntry[]; last: { no: number; hash: Uint8Array | null } }> {
  const rows = await db.selectFrom('casefile_entry').selectAll().where('casefile_id', '=', casefile_id).orderBy('entry_no').execute();
  const words = new Map((await db.selectFrom('casefile_words').select(['entry_no', 'salt', 'words']).where('casefile_id', '=', casefile_id).execute()).map((row) => [row.entry_no, row]));
  const entries: CaseEntry[] = [];
  let last: { no: number; hash: Uint8Array | null } = { no: 0, hash: null };
  for (const row of rows) {
    const wrong = (column: string, problem: string): void => fault('casefile_entry', `${casefile_id}/${row.entry_no}`, column, problem);
    const body = new Uint8Array(row.body);
    const hash = sha256(body);
    try {
      const { entry, prev } = caseEntryOf(body);
      if (!equalBytes(caseEntryBytes(entry, prev), body)) throw new Error('other bytes');
      for (const column of ['casefile_id', 'entry_no', 'entry_id', 'kind', 'person_id', 'party_code', 'only_party'] as const) if (entry[column] !== row[column]) wrong(column, 'is not what body says');
      if (entry.at_ms !== row.at.getTime()) wrong('at', 'is not what body says');
      if (answersNo(entry) !== row.answers_no) wrong('answers_no', 'is not what body says');
      if (!sameBytes(prev, last.hash)) wrong('body', 'does not follow the entry before');
      if (!CASE_FACTS[entry.kind].safeParse(entry.facts).success) wrong('body', 'facts are not those of the kind');
      if (!CASE_KINDS[entry.kind].restrictable && entry.only_party !== null) wrong('only_party', 'all parties must see this');
      const said = words.get(row.entry_no);
      if (said && (entry.words_commitment === null || !equalBytes(commitment(new Uint8Array(said.salt), 'words', said.words), entry.words_commitment))) fault('casefile_words', `${casefile_id}/${row.entry_no}`, 'words', 'are not those that the entry commits to');
      entries.push(entry);
    } catch (error) {
      wrong('body', `is no casefile entry: ${(error as Error).message}`);
    }
    if (row.entry_no !== last.no + 1) wrong('entry_no', 'is not the next number');
    last = { no: row.entry_no, hash };
  }
  return { entries, last };
}

async function verifyDerived(db: Read, row: { casefile_id: string; state: string; severity: string; lead_party: string; opened_party: string; codes_only: boolean }, file: Casefile, entries: readonly CaseEntry[], fault: Fault): Promise<void> {
  const { casefile_id } = row;
  for (const column of ['state', 'severity', 'lead_party'] as const) if (row[column] !== file[column]) fault('casefile', casefile_id, column, 'is not what the entries lead to');
  if (row.opened_party !== file.opened.party_code) fault('casefile', casefile_id, 'opened_party', 'is not who opened it');
  if (row.codes_only && entries.some((entry) => entry.words_commitment !== null || entry.kind === 'evidence_added')) fault('casefile', casefile_id, 'codes_only', 'has words or pictures');
  const [parties, units] = await Promise.all([
    db.selectFrom('casefile_party').selectAll().where('casefile_id', '=', casefile_id).orderBy('grant_no').execute(),
    db.selectFrom('casefile_unit').innerJoin('unit', 'unit.unit_id', 'casefile_unit.unit_id').select(['unit.code', 'added_no', 'dropped_no', 'release_no']).where('casefile_id', '=', casefile_id).execute(),
  ]);
  const key = (values: readonly unknown[]): string => JSON.stringify(values);
  const differ = (a: readonly string[], b: readonly string[]): boolean => key(a.toSorted()) !== key(b.toSorted());
  if (differ(parties.map((p) => key([p.grant_no, p.party_code, p.person_ids, p.until_at?.getTime() ?? null, p.revoke_no])), file.grants.map((g) => key([g.grant_no, g.party_code, g.person_ids, g.until_ms, g.revoke_no])))) fault('casefile_party', casefile_id, '*', 'are not the grants of the entries');
  if (differ(units.map((u) => key([u.code, u.added_no, u.dropped_no, u.release_no])), file.units.map((u) => key([u.code, u.added_no, u.dropped_no, u.release_no])))) fault('casefile_unit', casefile_id, '*', 'are not the units of the entries');
}

const sameBytes = (a: Uint8Array | null, b: Uint8Array | null): boolean => (a === null || b === null ? a === b : equalBytes(new Uint8Array(a), new Uint8Array(b)));
