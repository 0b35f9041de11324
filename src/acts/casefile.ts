// Opening a casefile and adding to it: the casefile as it stands under its lock, what may follow, what the ledger and the papers say,
// then the entry. The database lets nobody write for another person or into a casefile he was not granted.

import { sql } from 'kysely';
import { encode } from '../base/canonical.ts';
import { equalBytes } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { civilDate, instant } from '../base/time.ts';
import { CASE_KINDS, CASE_STATES, EXIT_FORMS, isCaseKind } from '../domain/casefile.ts';
import type { CaseEntry, CaseFacts, CaseKind } from '../domain/casefile.ts';
import { foldCase, unitsIn } from '../domain/casefile_fold.ts';
import type { Casefile } from '../domain/casefile_fold.ts';
import { checkCaseNext } from '../domain/casefile_rules.ts';
import { placeOf } from '../domain/journal_rules.ts';
import type { Caller } from '../domain/role.ts';
import { appendCaseEntry, caseSnapshot, entriesOfCases, lockCasefile } from '../ledger/casefile.ts';
import type { StoredCaseEntry } from '../ledger/casefile.ts';
import { asking } from '../store/asking.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Read, Write } from '../store/connect.ts';
import { tell } from '../store/message.ts';
import { holdsOn, isLegalAct } from '../store/reference.ts';

export type GivenEntry<K extends CaseKind = CaseKind> = { entry_id: string; kind: K; facts: CaseFacts<K>; words: string | null; only_party: string | null };
type CaseRecorded = { casefile_id: string; entry_no: number; entry_id: string; kind: string; at: string };

const told = ({ entry }: StoredCaseEntry): CaseRecorded => ({ casefile_id: entry.casefile_id, entry_no: entry.entry_no, entry_id: entry.entry_id, kind: entry.kind, at: instant(entry.at_ms) });
const invalid = (field: string, problem_vi: string, problem_en: string): Refused => new Refused('invalid_input', { field: `facts.${field}`, problem_vi, problem_en });

/** Opens a casefile of the caller's agency or office. Sent again, it is the one that was opened. */
export async function openCase(db: Write, token: string, caller: Caller, given: GivenEntry<'case_opened'>, now_ms: number): Promise<CaseRecorded> {
  const open = () => asking(db, token, async (tx) => {
    const same = await tx.selectFrom('casefile').innerJoin('casefile_entry', 'casefile_entry.casefile_id', 'casefile.casefile_id').select('casefile.casefile_id').where('casefile_entry.entry_no', '=', 1).where('entry_id', '=', given.entry_id).where('person_id', '=', caller.person_id).executeTakeFirst();
    if (same) return told(repeated((await entriesOfCases(tx as unknown as Read, [same.casefile_id])).get(same.casefile_id)?.[0], given));
    const units = await unitsOf(tx, given.facts.unit_codes);
    const codes_only = [...units.values()].some((unit) => unit.kt1);
    checkWords(given, codes_only);
    if (given.facts.checkpoint_id !== undefined) await requireCheckpoint(tx, given.facts.checkpoint_id, [...units.values()].map((unit) => unit.unit_id));
    const { rows } = await sql<{ casefile_id: string }>`select open_casefile(${codes_only}, ${given.facts.severity}, ${new Date(now_ms)}, ${given.entry_id}) as casefile_id`.execute(tx);
    const casefile_id = rows[0]?.casefile_id ?? '';
    const { entry_id, kind, facts, words } = given;
    const entry = { casefile_id, entry_id, kind, at_ms: now_ms, person_id: caller.person_id, party_code: placeOf(caller), only_party: null, facts };
    return told(await appendCaseEntry(tx, { casefile_id, codes_only, entry_no: 0, head_hash: null }, [], entry, words, idsOf(units)));
  });
  try {
    return await open();
  } catch (error) {
    // The same opening at the same moment: the other one has opened it, and is found now.
    if (sqlState(error) === SQLSTATE.unique_violation) return open();
    throw error;
  }
}

/** Adds an entry. Sent again, it is the one that was added. */
export const addToCase = (db: Write, token: string, caller: Caller, casefile_id: string, given: GivenEntry, now_ms: number): Promise<CaseRecorded> =>
  asking(db, token, async (tx) => {
    const head = await lockCasefile(tx, casefile_id);
    if (!head) throw new Refused('unknown_casefile');
    const entries = (await entriesOfCases(tx as unknown as Read, [casefile_id])).get(casefile_id) ?? [];
    const file = foldCase(entries.map((stored) => stored.entry));
    if (file === null) throw new Refused('unknown_casefile');
    const earlier = entries.find(({ entry }) => entry.entry_id === given.entry_id);
    if (earlier) return told(repeated(earlier, given));
    checkWords(given, head.codes_only);
    const { entry_id, kind, facts, words, only_party } = given;
    const entry = { casefile_id, entry_id, kind, at_ms: now_ms, person_id: caller.person_id, party_code: placeOf(caller), only_party, facts };
    const next: CaseEntry = { ...entry, entry_no: head.entry_no + 1, words_commitment: null };
    const units = await standingUnits(tx, casefile_id);
    checkCaseNext(next, file, { now_ms, snapshot: caseSnapshot(entries, units), shared: entries.filter((stored) => stored.entry.only_party === null).map((stored) => stored.entry.entry_no) });
    const brought = await checkOutside(tx, next, file, head.codes_only, now_ms);
    const unit_ids = new Map([...units.map((unit) => [unit.code, unit.unit_id] as const), ...brought]);
    const stored = await appendCaseEntry(tx, head, entries, entry, words, unit_ids);
    await tellParties(tx, stored.entry, now_ms);
    return told(stored);
  });

/** The systems of the other parties that may see an entry; not where the grant is for some people only: a system has no name. */
async function tellParties(tx: Write, { casefile_id, entry_id, party_code, only_party }: CaseEntry, now_ms: number): Promise<void> {
  let query = tx.selectFrom('casefile_party').select('party_code').distinct().where('casefile_id', '=', casefile_id).where('party_code', '<>', party_code).where('person_ids', 'is', null)
    .where('revoked_at', 'is', null).where((eb) => eb.or([eb('until_at', 'is', null), eb('until_at', '>', new Date(now_ms))]));
  if (only_party !== null) query = query.where('party_code', '=', only_party);
  const parties = (await query.execute()).map((row) => row.party_code);
  await tell(tx, parties, { kind: 'casefile.changed', subject_kind: 'casefile', subject_id: casefile_id, ref_id: entry_id }, now_ms);
}

/** The entry that was stored under this id, if it is by the same person and says the same. */
function repeated(stored: StoredCaseEntry | undefined, given: GivenEntry): StoredCaseEntry {
  const same = stored !== undefined && stored.entry.kind === given.kind && stored.entry.only_party === given.only_party && equalBytes(encode(stored.entry.facts), encode(given.facts));
  if (!same) throw new Refused('entry_id_reused', { entry_id: given.entry_id });
  return stored;
}

function checkWords({ kind, words }: GivenEntry, codes_only: boolean): void {
  if (codes_only && (words !== null || CASE_KINDS[kind].words === 'must' || kind === 'evidence_added')) throw new Refused('codes_only');
  if (words !== null && CASE_KINDS[kind].words === 'none') throw new Refused('invalid_input', { field: 'words', problem_vi: 'mục này không ghi lời', problem_en: 'this takes no words' });
  if (words === null && CASE_KINDS[kind].words === 'must') throw new Refused('invalid_input', { field: 'words', problem_vi: 'phải ghi lời', problem_en: 'words are needed' });
}

type KnownUnit = { unit_id: string; kt1: boolean };
const idsOf = (units: ReadonlyMap<string, KnownUnit>): Map<string, string> => new Map([...units].map(([code, unit]) => [code, unit.unit_id]));

/** Living units by number; throws a Refused for a number that is none. */
async function unitsOf(tx: Write, codes: readonly string[]): Promise<Map<string, KnownUnit>> {
  const rows = await tx.selectFrom('unit').leftJoin('item', 'item.unit_id', 'unit.unit_id').leftJoin('bag', 'bag.unit_id', 'unit.unit_id').select(['unit.unit_id', 'unit.code', 'item.service_class', 'bag.mail']).where('unit.code', 'in', [...codes]).where('superseded_by', 'is', null).execute();
  const units = new Map(rows.map((row) => [row.code, { unit_id: row.unit_id, kt1: row.service_class === 'kt1' || row.mail === 'kt1' }]));
  for (const code of codes) if (!units.has(code)) throw new Refused('unknown_unit', { code });
  if (units.size !== codes.length) throw invalid('unit_codes', 'có số trùng nhau', 'a number stands twice');
  return units;
}

/** Units that are in the casefile now, as the ledger has them. */
const standingUnits = (tx: Write, casefile_id: string) =>
  tx.selectFrom('casefile_unit').innerJoin('unit', 'unit.unit_id', 'casefile_unit.unit_id').select(['unit.unit_id', 'unit.code', 'unit_seq', 'head_hash', 'holds', 'unit.state', 'custodian_kind', 'custodian_ref'])
    .where('casefile_id', '=', casefile_id).where('dropped_no', 'is', null).execute();

async function requireCheckpoint(tx: Write, checkpoint_id: string, unit_ids: readonly string[], holding = false): Promise<void> {
  const row = await tx.selectFrom('checkpoint').select(['unit_id', 'kind', 'flags']).where('checkpoint_id', '=', checkpoint_id).executeTakeFirst();
  const holds = row !== undefined && (row.kind === 'held' || row.kind === 'suspected' || (row.flags ?? []).some((flag) => flag === 'kept' || flag === 'keep_here'));
  if (!row || !unit_ids.includes(row.unit_id) || (holding && !holds)) throw invalid('checkpoint_id', holding ? 'mốc này không giữ bưu gửi trong vụ việc' : 'mốc này không thuộc bưu gửi trong vụ việc', holding ? 'this checkpoint holds no unit of the casefile' : 'this checkpoint is of no unit of the casefile');
}

/** People who handle casefiles at a party today. */
const handlersOf = (tx: Write, party_codes: readonly string[], now_ms: number) =>
  tx.selectFrom('person_role').select([sql<string>`coalesce(agency_code, office_code)`.as('party_code'), 'person_id']).distinct().where(sql<boolean>`coalesce(agency_code, office_code) = any(${[...party_codes]})`)
    .where('role', 'in', ['liaison', 'duty_officer', 'leader']).where(holdsOn(civilDate(now_ms))).execute();

async function requireHandlers(tx: Write, party_code: string, people: readonly string[], field: string, now_ms: number): Promise<void> {
  const known = new Set((await handlersOf(tx, [party_code], now_ms)).map((row) => row.person_id));
  if (people.some((person_id) => !known.has(person_id))) throw invalid(field, `không phải người xử lý vụ việc của ${party_code}`, `nobody who handles casefiles at ${party_code}`);
}

/** What only the database can tell. Returns the units that the entry brings in. */
async function checkOutside(tx: Write, next: CaseEntry, file: Casefile, codes_only: boolean, now_ms: number): Promise<Map<string, string>> {
  const inCase = async () => (await standingUnits(tx, file.casefile_id)).map((unit) => unit.unit_id);
  if (isCaseKind(next, 'unit_added')) {
    const units = await unitsOf(tx, [next.facts.code]);
    if (!codes_only && units.get(next.facts.code)?.kt1 === true) throw new Refused('kt1_apart', { code: next.facts.code });
    if (next.facts.checkpoint_id !== undefined) await requireCheckpoint(tx, next.facts.checkpoint_id, [...units.values()].map((unit) => unit.unit_id));
    return idsOf(units);
  }
  if (isCaseKind(next, 'hold_noted')) {
    const unit = (await standingUnits(tx, file.casefile_id)).find(({ code }) => code === next.facts.code);
    await requireCheckpoint(tx, next.facts.checkpoint_id, unit ? [unit.unit_id] : [], true);
    if (unit?.holds === 0) throw new Refused('not_held', { code: next.facts.code });
  } else if (isCaseKind(next, 'triaged') && next.facts.person_id !== undefined) await requireHandlers(tx, next.party_code, [next.facts.person_id], 'person_id', now_ms);
  else if (isCaseKind(next, 'task_set') && next.facts.person_id !== undefined) await requireHandlers(tx, next.facts.party_code, [next.facts.person_id], 'person_id', now_ms);
  else if (isCaseKind(next, 'party_added')) {
    const { party_code, person_ids } = next.facts;
    if ((await handlersOf(tx, [party_code], now_ms)).length === 0) throw new Refused('not_a_party', { field: 'facts.party_code', party_code });
    if (person_ids !== undefined) await requireHandlers(tx, party_code, person_ids, 'person_ids', now_ms);
  } else if (isCaseKind(next, 'answered') && next.facts.checkpoint_id !== undefined) await requireCheckpoint(tx, next.facts.checkpoint_id, await inCase());
  else if (isCaseKind(next, 'proposed') && next.facts.act_code !== undefined) {
    if (!(await isLegalAct(tx, next.facts.act_code))) throw invalid('act_code', 'không có văn bản này trong danh mục', 'no such act in the catalogue');
  } else if (isCaseKind(next, 'inspection_held')) await requirePaper(tx, next.facts.record_id, ['joint_inspection'], await inCase());
  else if (isCaseKind(next, 'case_closed')) await checkExit(tx, next, file);
  return new Map();
}

async function requirePaper(tx: Write, record_id: string, forms: readonly string[], unit_ids: readonly string[]): Promise<void> {
  const record = await tx.selectFrom('written_record').select(['form', 'unit_id']).where('record_id', '=', record_id).executeTakeFirst();
  if (!record || !unit_ids.includes(record.unit_id) || !forms.includes(record.form)) throw new Refused('paper_needed', { forms: forms.join(', ') });
}

/** Where each unit must be when a casefile ends so. */
const EXITS: { readonly [outcome in CaseFacts<'case_closed'>['outcome']]: (unit: { state: string; holds: number; custodian_kind: string; custodian_ref: string }, agency_code: string | undefined) => boolean } = {
  cleared: (unit) => unit.holds === 0 && unit.state !== 'with_authority',
  handed_over: (unit, agency_code) => unit.state === 'with_authority' && unit.custodian_kind === 'agency' && unit.custodian_ref === agency_code,
  returned: (unit) => unit.holds === 0 && ['returning', 'returned', 'withdrawn'].includes(unit.state),
  destroyed: (unit) => unit.state === 'destroyed',
};

async function checkExit(tx: Write, next: CaseEntry<'case_closed'>, file: Casefile): Promise<void> {
  const { outcome, proposal_no, record_id } = next.facts;
  const agency_code = file.proposals.find((proposal) => proposal.no === proposal_no)?.facts.agency_code;
  const units = await standingUnits(tx, file.casefile_id);
  const left = units.find((unit) => !EXITS[outcome](unit, agency_code));
  if (left || units.length !== unitsIn(file).length) throw new Refused('case_not_finished', { problem_vi: `${left?.code ?? ''} chưa ở trạng thái “${CASE_STATES[outcome][0]}”`, problem_en: `${left?.code ?? ''} is not yet where "${CASE_STATES[outcome][1]}" leads` });
  await requirePaper(tx, record_id, EXIT_FORMS[outcome], units.map((unit) => unit.unit_id));
}
