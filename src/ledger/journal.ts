// The journal: orders, duty, directives, incidents and reports as one append-only hash chain beside the custody ledger, because
// none of them is about a unit. The lock on its head orders the entries, so whoever has read up to a number has missed nothing.

import { createHash } from 'node:crypto';
import { Defect } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { decode, encode } from '../base/canonical.ts';
import type { Canonical } from '../base/canonical.ts';
import { JOURNAL, JOURNAL_FACTS } from '../domain/journal.ts';
import type { JournalEntry, JournalKind, MatterKind } from '../domain/journal.ts';
import type { Clock } from '../base/time.ts';
import { actsUntil, foldPeriods } from '../domain/period.ts';
import type { Period } from '../domain/period.ts';
import type { Read, Write } from '../store/connect.ts';

const VERSION = 1;
const BODY_MAX = 65_536;
const PAGE = 2_000;

type Stored = { entry: JournalEntry; prev: Uint8Array | null };
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

/** Canonical bytes of an entry (docs/duty.md). */
export function journalBytes({ entry, prev }: Stored): Uint8Array {
  const { entry_no, matter_id, kind, at_ms, person_id, second_person_id, office_code, agency_code, facts } = entry;
  return encode({ version: VERSION, entry_no, matter_id, kind, at: at_ms, person_id, second_person_id, office_code, agency_code, facts: facts as Canonical, prev }, BODY_MAX);
}

/** The entry in bytes. Throws an Error on bytes that are none. */
export function journalEntryOf(body: Uint8Array): Stored {
  const map = decode(body, BODY_MAX) as { [name: string]: Canonical };
  const kind = map.kind as JournalKind;
  if (map.version !== VERSION || !(kind in JOURNAL_FACTS)) throw new Error('not a journal entry');
  const { entry_no, matter_id, person_id, second_person_id, office_code, agency_code, facts } = map;
  return { entry: { entry_no, matter_id, kind, at_ms: map.at, person_id, second_person_id, office_code, agency_code, facts } as JournalEntry, prev: map.prev as Uint8Array | null };
}

export type NewEntry = Omit<JournalEntry, 'entry_no'>;

/** Locks the journal until the transaction ends: what is read under it stays true. */
export async function lockJournal(tx: Write): Promise<{ entry_no: number; hash: Uint8Array | null }> {
  return tx.selectFrom('journal_head').select(['entry_no', 'hash']).forUpdate().executeTakeFirstOrThrow();
}

/** Adds an entry behind `head`, which the caller holds locked; returns its number. */
export async function appendJournal(tx: Write, head: { entry_no: number; hash: Uint8Array | null }, entry: NewEntry): Promise<number> {
  const entry_no = head.entry_no + 1;
  const body = journalBytes({ entry: { ...entry, entry_no }, prev: head.hash === null ? null : new Uint8Array(head.hash) });
  const hash = sha256(body);
  await tx
    .insertInto('journal_entry')
    .values({
      entry_no, matter_id: entry.matter_id, matter_kind: JOURNAL[entry.kind].matter, kind: entry.kind, at: new Date(entry.at_ms),
      person_id: entry.person_id, second_person_id: entry.second_person_id, body, hash,
    })
    .execute();
  await tx.updateTable('journal_head').set({ entry_no, hash }).execute();
  return entry_no;
}

/** Entries of one matter, oldest first. */
export const entriesOfMatter = (db: Read, matter_id: string): Promise<JournalEntry[]> => entriesOf(db, { matter_id });

/** Entries of all matters of a kind from a number on, oldest first. */
export const entriesOfKind = (db: Read, matter_kind: MatterKind, after_no = 0): Promise<JournalEntry[]> => entriesOf(db, { matter_kind, after_no });

async function entriesOf(db: Read, what: { matter_id?: string; matter_kind?: MatterKind; after_no?: number }): Promise<JournalEntry[]> {
  let query = db.selectFrom('journal_entry').select('body').where('entry_no', '>', what.after_no ?? 0).orderBy('entry_no');
  if (what.matter_id !== undefined) query = query.where('matter_id', '=', what.matter_id);
  if (what.matter_kind !== undefined) query = query.where('matter_kind', '=', what.matter_kind);
  return (await query.execute()).map((row) => journalEntryOf(new Uint8Array(row.body)).entry);
}

/** Entries gathered by matter, in order. */
export function byMatter(entries: readonly JournalEntry[]): Map<string, JournalEntry[]> {
  return Map.groupBy(entries, (entry) => entry.matter_id);
}

/**
 * Periods for acts and rules, read at most every `keep_ms` and then only what is new: an order acts within that time everywhere and,
 * after `forget`, at once in the process that recorded it.
 */
export function periodKeeper(db: Read, clock: Clock, keep_ms: number): { periods: () => Promise<readonly Period[]>; forget: () => void } {
  let entries: JournalEntry[] = [];
  let kept: { until: number; periods: Promise<readonly Period[]> } | null = null;
  const read = async (): Promise<readonly Period[]> => {
    const fresh = await entriesOfKind(db, 'period', entries.at(-1)?.entry_no ?? 0);
    const last = entries.at(-1)?.entry_no ?? 0;
    entries = [...entries, ...fresh.filter((entry) => entry.entry_no > last)];
    // What is over acts no more: neither rules nor acts need look at it.
    const now_ms = clock();
    return foldPeriods(entries).filter((period) => actsUntil(period) > now_ms);
  };
  return {
    periods() {
      const now = clock();
      if (kept === null || now >= kept.until) {
        const periods = read();
        kept = { until: now + keep_ms, periods };
        periods.catch(() => (kept = null));
      }
      return kept.periods;
    },
    forget: () => void (kept = null),
  };
}

/** Everything that must be true of the journal: dense, chained, ending in its head, its columns what its bytes say. */
export async function verifyJournal(db: Read, fault: (key: string, column: string, problem: string) => void): Promise<void> {
  const head = await db.selectFrom('journal_head').select(['entry_no', 'hash']).executeTakeFirst();
  if (!head) return fault('head', '*', 'is not there');
  let last: { entry_no: number; hash: Uint8Array | null } = { entry_no: 0, hash: null };
  const opened = new Map<string, MatterKind>();
  for (;;) {
    const rows = await db.selectFrom('journal_entry').selectAll().where('entry_no', '>', last.entry_no).orderBy('entry_no').limit(PAGE).execute();
    for (const row of rows) {
      const body = new Uint8Array(row.body);
      const key = String(row.entry_no);
      const stored = tryRead(body);
      if (stored === null) fault(key, 'body', 'is no journal entry');
      else checkEntry(stored, row, last, opened, (column, problem) => fault(key, column, problem));
      if (!equalBytes(sha256(body), new Uint8Array(row.hash))) fault(key, 'hash', 'is not the hash of body');
      last = { entry_no: row.entry_no, hash: new Uint8Array(row.hash) };
    }
    if (rows.length < PAGE) break;
  }
  if (last.entry_no !== head.entry_no || !same(last.hash, head.hash === null ? null : new Uint8Array(head.hash))) fault('head', 'hash', 'is not the last entry');
}

type Row = { entry_no: number; matter_id: string; matter_kind: string; kind: string; at: Date; person_id: string | null; second_person_id: string | null };

function checkEntry({ entry, prev }: Stored, row: Row, last: { entry_no: number; hash: Uint8Array | null }, opened: Map<string, MatterKind>, fault: (column: string, problem: string) => void): void {
  if (entry.entry_no !== last.entry_no + 1) fault('entry_no', 'is not the next number');
  if (!same(prev, last.hash)) fault('body', 'does not follow the entry before');
  for (const column of ['entry_no', 'matter_id', 'kind', 'person_id', 'second_person_id'] as const) if (entry[column] !== row[column]) fault(column, 'is not what body says');
  if (entry.at_ms !== row.at.getTime()) fault('at', 'is not what body says');
  const kind = JOURNAL[entry.kind];
  if (kind.matter !== row.matter_kind) fault('matter_kind', 'is not of this kind');
  if (kind.opens === opened.has(entry.matter_id)) fault('matter_id', kind.opens ? 'is opened twice' : 'was never opened');
  if (kind.opens) opened.set(entry.matter_id, kind.matter);
  else if (opened.get(entry.matter_id) !== kind.matter) fault('matter_id', 'is a matter of another kind');
  if (kind.second !== null && entry.second_person_id === null) fault('second_person_id', 'two persons were needed');
  if (!JOURNAL_FACTS[entry.kind].safeParse(entry.facts).success) fault('body', 'facts are not those of the kind');
}

const same = (a: Uint8Array | null, b: Uint8Array | null): boolean => (a === null || b === null ? a === b : equalBytes(a, b));

function tryRead(body: Uint8Array): Stored | null {
  try {
    const stored = journalEntryOf(body);
    if (!equalBytes(journalBytes(stored), body)) throw new Defect('other bytes');
    return stored;
  } catch {
    return null;
  }
}
