// Casefiles of whoever asks: the list with what waits for whom, what is new since a cursor, counts, and one to take along and verify.
// Each in a transaction in which the database knows who asks.

import { sql } from 'kysely';
import { equalBytes, hex } from '../base/bytes.ts';
import { instant } from '../base/time.ts';
import { caseNo, OUTCOMES } from '../domain/casefile.ts';
import type { CaseState, Severity } from '../domain/casefile.ts';
import { foldCase } from '../domain/casefile_fold.ts';
import type { Holidays } from '../domain/clock.ts';
import { placeOf } from '../domain/journal_rules.ts';
import type { Caller } from '../domain/role.ts';
import { entriesOfCases } from '../ledger/casefile.ts';
import type { Read, Write } from '../store/connect.ts';
import { headOf, limitsOn, requestClock, waitingFor } from './casefile.ts';

export type CaseFilter = { state?: CaseState | undefined; severity?: Severity | undefined; open: 'open' | 'closed' | 'all'; waiting: boolean; q?: string | undefined; code?: string | undefined; before?: string | undefined; limit: number };

/** Read at most for one page; beyond it the page says where to go on. */
const FOLDED_MAX = 300;

/** Newest first. */
export async function caseList(tx: Write, caller: Caller, filter: CaseFilter, holidays: Holidays, now_ms: number) {
  const db = tx as unknown as Read;
  let query = db.selectFrom('casefile').select(['casefile_id', 'codes_only', 'entry_no']).orderBy('casefile_id', 'desc').limit(FOLDED_MAX);
  const { state, severity, open, before, code, q } = filter;
  if (state !== undefined) query = query.where('state', '=', state);
  if (severity !== undefined) query = query.where('severity', '=', severity);
  if (open !== 'all') query = query.where('state', open === 'open' ? 'not in' : 'in', [...OUTCOMES]);
  if (before !== undefined) query = query.where('casefile_id', '<', before);
  if (code !== undefined) query = query.where('casefile_id', 'in', (eb) => eb.selectFrom('casefile_unit').innerJoin('unit', 'unit.unit_id', 'casefile_unit.unit_id').select('casefile_unit.casefile_id').where('unit.code', '=', code).where('dropped_no', 'is', null));
  if (q !== undefined) query = query.where('casefile_id', 'in', (eb) => eb.selectFrom('casefile_words').select('casefile_id').where(sql<boolean>`strpos(lower(words), ${q.toLowerCase()}) > 0`));
  const rows = await query.execute();
  const ids = rows.map((row) => row.casefile_id);
  const entries = await entriesOfCases(db, ids);
  const titles = new Map(ids.length === 0 ? [] : (await db.selectFrom('casefile_words').select(['casefile_id', 'words']).where('casefile_id', 'in', ids).where('entry_no', '=', 1).execute()).map((row) => [row.casefile_id, row.words]));
  const clocks = { limits: await limitsOn(db, now_ms), holidays, now_ms };
  const listed = rows.flatMap((row) => {
    const stored = entries.get(row.casefile_id) ?? [];
    const file = foldCase(stored.map(({ entry }) => entry));
    if (file === null) return [];
    const running = file.requests.filter((r) => r.answer === null && r.withdrawn_no === null).map((r) => requestClock(r, clocks));
    const due = running.flatMap((clock) => clock.due_at ?? []).toSorted();
    return [{
      ...headOf(file, row.codes_only, titles.get(row.casefile_id) ?? null), last_no: row.entry_no, last_at: instant(stored.at(-1)?.entry.at_ms ?? 0),
      waiting: waitingFor(file, placeOf(caller), caller.person_id, now_ms), next_due_at: due[0] ?? null, late: running.filter((clock) => clock.verdict === 'late').length,
    }];
  });
  const wanted = filter.waiting ? listed.filter(({ waiting: w }) => w.requests + w.tasks + w.proposals + w.lead > 0) : listed;
  const page = wanted.slice(0, filter.limit);
  return { rows: page, next_before: wanted.length > filter.limit ? (page.at(-1)?.casefile_id ?? null) : rows.length === FOLDED_MAX ? (ids.at(-1) ?? null) : null };
}

const PAGE = 500;

/**
 * What is new since a cursor. The cursor is a transaction: everything below it has committed or never will, so nothing that commits
 * late is missed. `after` null, or of another database: the cursor alone.
 */
export async function caseChanges(tx: Write, after: number | null) {
  const { rows: [now] } = await sql<{ xmin: number }>`select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xmin`.execute(tx);
  const until = now?.xmin ?? 0;
  if (after === null || after > until) return { changes: [], cursor: String(until), more: false };
  const rows = await tx.selectFrom('casefile_entry').select(['casefile_id', 'entry_no', 'entry_id', 'kind', 'at', 'party_code', 'tx_id']).where('tx_id', '>=', after).where('tx_id', '<', until).orderBy('tx_id').orderBy('casefile_id').orderBy('entry_no').limit(PAGE + 1).execute();
  const more = rows.length > PAGE;
  // A page ends between two transactions: each writes one entry.
  const cursor = more ? (rows[PAGE]?.tx_id ?? until) : until;
  return { changes: rows.slice(0, PAGE).map(({ at, tx_id: _, ...row }) => ({ ...row, at: instant(at.getTime()) })), cursor: String(cursor), more };
}

/** Whether pictures go into a casefile; null: there is none for whoever asks. */
export async function takesEvidence(tx: Write, casefile_id: string): Promise<boolean | null> {
  const row = await tx.selectFrom('casefile').select('codes_only').where('casefile_id', '=', casefile_id).executeTakeFirst();
  return row ? !row.codes_only : null;
}

/** Digests of a picture. null: none for whoever asks. The look is told to the parties. */
export async function evidenceOf(tx: Write, casefile_id: string, evidence_id: string, caller: Caller, now_ms: number) {
  const row = await tx.selectFrom('casefile_evidence').select(['digest', 'view_digest']).where('casefile_id', '=', casefile_id).where('evidence_id', '=', evidence_id).executeTakeFirst();
  if (row) await noteCaseRead(tx, casefile_id, caller, now_ms);
  return row ?? null;
}

/** A look at a casefile, told to its parties. */
export async function noteCaseRead(tx: Write, casefile_id: string, caller: Caller, now_ms: number): Promise<void> {
  await tx.insertInto('casefile_read').values({ casefile_id, person_id: caller.person_id, party_code: placeOf(caller), read_at: new Date(now_ms) }).execute();
}

/** Counts by state and severity. */
export async function caseStatistics(tx: Write) {
  const rows = await tx.selectFrom('casefile').select(['state', 'severity']).select((eb) => eb.fn.countAll<number>().as('count')).groupBy(['state', 'severity']).execute();
  const sum = (of: 'state' | 'severity') => Object.fromEntries([...Map.groupBy(rows, (row) => row[of])].map(([key, group]) => [key, group.reduce((n, row) => n + row.count, 0)]));
  return { total: rows.reduce((n, row) => n + row.count, 0), by_state: sum('state'), by_severity: sum('severity') };
}

/** Bytes of a casefile: what one may see in full, of the rest number and hash. null: none for whoever asks. */
export async function caseExport(tx: Write, casefile_id: string) {
  const row = await tx.selectFrom('casefile').select(['entry_no', 'head_hash']).where('casefile_id', '=', casefile_id).executeTakeFirst();
  if (!row) return null;
  const bodies = await tx.selectFrom('casefile_entry').select(['entry_no', 'body']).where('casefile_id', '=', casefile_id).execute();
  const words = await tx.selectFrom('casefile_words').select(['entry_no', 'salt', 'words']).where('casefile_id', '=', casefile_id).execute();
  const { rows: hashes } = await sql<{ entry_no: number; hash: Uint8Array }>`select * from casefile_hashes(${casefile_id})`.execute(tx);
  const body = new Map(bodies.map((b) => [b.entry_no, hex(b.body)]));
  const said = new Map(words.map((w) => [w.entry_no, { salt: hex(w.salt), words: w.words }]));
  const last = hashes.at(-1);
  const complete = last?.entry_no === row.entry_no && row.head_hash !== null && equalBytes(new Uint8Array(last.hash), new Uint8Array(row.head_hash));
  return { format: 'niem.casefile-export/1', casefile_id, case_no: caseNo(casefile_id), complete, entries: hashes.map(({ entry_no, hash }) => ({ entry_no, hash: hex(hash), body: body.get(entry_no) ?? null, salt: said.get(entry_no)?.salt ?? null, words: said.get(entry_no)?.words ?? null })) };
}
