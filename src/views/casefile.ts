// One casefile whole, as its parties see it: timeline, units, parties, requests with clocks, tasks, proposals, notices, pictures, who
// looked. In a transaction in which the database knows who asks; a casefile that is not theirs is none.

import { sql } from 'kysely';
import { hex } from '../base/bytes.ts';
import { civilDate, instant } from '../base/time.ts';
import { ANSWERS, CASE_KINDS, CASE_STATES, caseNo, DECISIONS, REQUESTS, SEVERITIES, TASKS } from '../domain/casefile.ts';
import type { CaseEntry } from '../domain/casefile.ts';
import { foldCase, grantsAt, isOpen, unitsIn } from '../domain/casefile_fold.ts';
import type { Casefile } from '../domain/casefile_fold.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { deadlineOf, verdictOf } from '../domain/clock.ts';
import type { DatedLimit, Holidays } from '../domain/clock.ts';
import type { Kind } from '../domain/facts.ts';
import { placeOf } from '../domain/journal_rules.ts';
import { RECORD_FORMS, recordNumber } from '../domain/record_form.ts';
import type { RecordForm } from '../domain/record_form.ts';
import type { Caller } from '../domain/role.ts';
import { STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import { caseSnapshot, entriesOfCases } from '../ledger/casefile.ts';
import type { Read, Write } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';
import { namesOf } from './roster.ts';

const at = (ms: number | null): string | null => (ms === null ? null : instant(ms));

export type Clocks = { limits: ReadonlyMap<string, DatedLimit>; holidays: Holidays; now_ms: number };

/** Limits of answers as they hold today; one without a figure, or none, never alarms. */
export async function limitsOn(db: Read, now_ms: number): Promise<ReadonlyMap<string, DatedLimit>> {
  const rows = await db.selectFrom('time_limit').select(['limit_code', 'duration', 'basis', 'citation']).where('limit_code', 'in', Object.values(REQUESTS).map((request) => request.limit_code)).where(holdsOn(civilDate(now_ms))).execute();
  return new Map(rows.map((row) => [row.limit_code, row as DatedLimit]));
}

/** A request's clock: by what was agreed when it was asked, else by the dated limit; null: no standard is loaded, and nothing alarms. */
export function requestClock(request: Casefile['requests'][number], { limits, holidays, now_ms }: Clocks) {
  const { limit_code } = REQUESTS[request.request];
  const due_ms = request.due_at_ms ?? deadlineOf(request.at_ms, limits.get(limit_code) ?? null, holidays);
  return { due_at: at(due_ms), limit_code, verdict: request.withdrawn_no === null ? verdictOf(due_ms, request.answer?.at_ms ?? null, now_ms) : ('withdrawn' as const) };
}

/** What of a casefile waits for a party, and for this person of it. */
export function waitingFor(file: Casefile, party_code: string, person_id: string, now_ms: number) {
  const mayDecide = file.proposals.filter((p) => isOpen(p, now_ms) && p.person_id !== person_id && !(DECISIONS[p.facts.decision].other_party && p.party_code === party_code));
  return {
    requests: file.requests.filter((r) => r.to === party_code && r.answer === null && r.withdrawn_no === null).length,
    tasks: file.tasks.filter((t) => t.for_party === party_code && t.ended === null && (t.for_person === null || t.for_person === person_id)).length,
    proposals: mayDecide.length,
    lead: file.lead_offer?.to === party_code ? 1 : 0,
  };
}

export function headOf(file: Casefile, codes_only: boolean, title: string | null) {
  const [state_vi, state_en] = CASE_STATES[file.state];
  const [severity_vi, severity_en] = SEVERITIES[file.severity];
  return {
    casefile_id: file.casefile_id, case_no: caseNo(file.casefile_id), title, state: file.state, state_vi, state_en, severity: file.severity, severity_vi, severity_en, source: file.opened.source, codes_only,
    lead_party: file.lead_party, opened_party: file.opened.party_code, opened_at: instant(file.opened.at_ms), codes: unitsIn(file).map((unit) => unit.code),
  };
}

/** null: there is none for whoever asks. The read is told to its parties. */
export async function caseScreen(tx: Write, casefile_id: string, caller: Caller, holidays: Holidays, now_ms: number) {
  const db = tx as unknown as Read;
  const row = await db.selectFrom('casefile').select('codes_only').where('casefile_id', '=', casefile_id).executeTakeFirst();
  const stored = (await entriesOfCases(db, [casefile_id])).get(casefile_id) ?? [];
  const file = foldCase(stored.map(({ entry }) => entry));
  if (!row || file === null) return null;
  await tx.insertInto('casefile_read').values({ casefile_id, person_id: caller.person_id, party_code: placeOf(caller), read_at: new Date(now_ms) }).execute();
  const words = await db.selectFrom('casefile_words').select(['entry_no', 'words']).where('casefile_id', '=', casefile_id).execute();
  const units = await unitsNow(db, casefile_id);
  const evidence = await db.selectFrom('casefile_evidence').select(['evidence_id', 'entry_no', 'digest', 'bytes', 'media_type', 'width', 'height']).where('casefile_id', '=', casefile_id).orderBy('entry_no').execute();
  const reads = await db.selectFrom('casefile_read').select(['person_id', 'party_code']).select((eb) => [eb.fn.max('read_at').as('last_at'), eb.fn.countAll<number>().as('times')]).where('casefile_id', '=', casefile_id).groupBy(['person_id', 'party_code']).execute();
  const papers = await papersOf(db, units.map((unit) => unit.unit_id));
  const clocks = { limits: await limitsOn(db, now_ms), holidays, now_ms };
  const said = new Map(words.map((w) => [w.entry_no, w.words]));
  const parties = await partiesOf(db, file, now_ms);
  const steps = await stepsOf(db, units, file.opened.at_ms);
  const name = await namesOf(db, [...stored.map(({ entry }) => entry.person_id), ...file.tasks.map((t) => t.for_person), file.taken_by, ...reads.map((r) => r.person_id), ...steps.map((s) => s.person_id)]);
  const by = (what: { no: number; at_ms: number; person_id: string; party_code: string }) => ({ entry_no: what.no, at: instant(what.at_ms), by: name(what.person_id), party_code: what.party_code, words: said.get(what.no) ?? null });
  return {
    ...headOf(file, row.codes_only, said.get(1) ?? null), taken_by: name(file.taken_by), last_no: stored.at(-1)?.entry.entry_no ?? 0, lead_offer: file.lead_offer === null ? null : { ...by(file.lead_offer), to: file.lead_offer.to },
    snapshot: caseSnapshot(stored, units),
    waiting: waitingFor(file, placeOf(caller), caller.person_id, now_ms),
    units: units.map(({ unit_id: _, head_hash, custodian_kind, custodian_ref, ...unit }) => ({ ...unit, state_vi: STATES[unit.state as State][0], state_en: STATES[unit.state as State][1], custodian: { kind: custodian_kind, ref: custodian_ref }, head_hash: hex(head_hash) })),
    parties,
    entries: stored.map(({ entry, hash }) => timelineRow(entry, hash, said, name)),
    steps: steps.map(({ person_id, ...step }) => ({ ...step, by: name(person_id) })),
    requests: file.requests.map((r) => ({
      ...by(r), request: r.request, request_vi: REQUESTS[r.request].vi, request_en: REQUESTS[r.request].en, to: r.to, codes: r.unit_codes, answers: REQUESTS[r.request].answers, ...requestClock(r, clocks),
      answer: r.answer === null ? null : { ...by(r.answer), answer: r.answer.answer, answer_vi: ANSWERS[r.answer.answer][0], answer_en: ANSWERS[r.answer.answer][1], checkpoint_id: r.answer.checkpoint_id },
    })),
    tasks: file.tasks.map((t) => ({
      ...by(t), task: t.task, task_vi: TASKS[t.task][0], task_en: TASKS[t.task][1], for_party: t.for_party, for_person: name(t.for_person), due_at: at(t.due_at_ms), late: t.ended === null && t.due_at_ms !== null && t.due_at_ms < now_ms, only_party: t.only_party,
      ended: t.ended === null ? null : { ...by(t.ended), done: t.ended.done },
    })),
    proposals: file.proposals.map((p) => ({
      ...by(p), ...p.facts, decision_vi: DECISIONS[p.facts.decision].vi, decision_en: DECISIONS[p.facts.decision].en, other_party: DECISIONS[p.facts.decision].other_party,
      state: p.state === 'open' && !isOpen(p, now_ms) ? 'expired' : p.state, decided: p.decided === null ? null : by(p.decided), why_not: p.why_not,
      new_since: isOpen(p, now_ms) ? stored.filter(({ entry }) => entry.entry_no > p.no && entry.only_party === null).map(({ entry }) => entry.entry_no) : [],
    })),
    notices: file.notices.map((n) => ({ ...by(n), notice_id: n.notice_id, to: n.notified_party, channel: n.channel, told_at: n.told_at, acknowledged: n.acknowledged === null ? null : { ...by(n.acknowledged), acknowledged_at: n.acknowledged.acknowledged_at } })),
    papers,
    evidence: evidence.map((e) => ({ ...e, digest: hex(e.digest) })),
    closed: file.closed === null ? null : { ...by(file.closed), outcome: file.closed.outcome, record_id: file.closed.record_id, proposal_no: file.closed.proposal_no },
    reads: reads.map((r) => ({ by: name(r.person_id), party_code: r.party_code, times: r.times, last_at: instant(r.last_at.getTime()) })),
  };
}

const unitsNow = (db: Read, casefile_id: string) =>
  db.selectFrom('casefile_unit').innerJoin('unit', 'unit.unit_id', 'casefile_unit.unit_id').select(['unit.unit_id', 'unit.unit_kind', 'unit.code', 'unit.unit_seq', 'unit.head_hash', 'unit.holds', 'unit.state', 'unit.office_code', 'custodian_kind', 'custodian_ref'])
    .where('casefile_id', '=', casefile_id).where('dropped_no', 'is', null).orderBy('unit.code').execute();

/** Biên bản about its units. */
async function papersOf(db: Read, unit_ids: readonly string[]) {
  if (unit_ids.length === 0) return [];
  const rows = await db.selectFrom('written_record').innerJoin('unit', 'unit.unit_id', 'written_record.unit_id').select(['record_id', 'form', 'written_record.office_code', 'record_year', 'record_no', 'unit.code', 'digest', 'drawn_at'])
    .select((eb) => eb.selectFrom('written_record_scan').select(eb.fn.countAll<number>().as('n')).whereRef('written_record_scan.record_id', '=', 'written_record.record_id').as('scans')).where('written_record.unit_id', 'in', [...unit_ids]).orderBy('record_id').execute();
  return rows.map((row) => ({ record_id: row.record_id, form: row.form, form_vi: RECORD_FORMS[row.form as RecordForm].vi, form_en: RECORD_FORMS[row.form as RecordForm].en, number: recordNumber(row.office_code, row.record_year, row.record_no), code: row.code, digest: hex(row.digest), drawn_at: instant(row.drawn_at.getTime()), signed_scans: row.scans ?? 0 }));
}

/** Whether a biên bản is about a unit of a casefile of whoever asks. */
export const isPaperOf = async (tx: Write, casefile_id: string, record_id: string): Promise<boolean> =>
  (await tx.selectFrom('casefile_unit').innerJoin('written_record', 'written_record.unit_id', 'casefile_unit.unit_id').select('record_id').where('casefile_id', '=', casefile_id).where('record_id', '=', record_id).executeTakeFirst()) !== undefined;

function timelineRow(entry: CaseEntry, hash: Uint8Array, said: ReadonlyMap<number, string>, name: Awaited<ReturnType<typeof namesOf>>) {
  const { vi, en } = CASE_KINDS[entry.kind];
  const { entry_no, entry_id, kind, party_code, only_party, facts } = entry;
  const words = said.get(entry_no) ?? null;
  return { entry_no, entry_id, kind, kind_vi: vi, kind_en: en, at: instant(entry.at_ms), by: name(entry.person_id), party_code, only_party, facts: facts as Record<string, unknown>, words, erased: words === null && entry.words_commitment !== null, hash: hex(hash) };
}

/** Grants with the names of parties and of the people who see what is written for all. */
async function partiesOf(db: Read, file: Casefile, now_ms: number) {
  const grants = grantsAt(file, now_ms);
  const codes = [...new Set(file.grants.map((grant) => grant.party_code))];
  const on = civilDate(now_ms);
  const agencies = await db.selectFrom('agency').select(['agency_code', 'name_vi', 'agency_kind']).where('agency_code', 'in', codes).where(holdsOn(on)).execute();
  const offices = await db.selectFrom('office').select(['office_code', 'name_vi']).where('office_code', 'in', codes).where(holdsOn(on)).execute();
  const people = await db.selectFrom('person_role').innerJoin('person', 'person.person_id', 'person_role.person_id').select([sql<string>`coalesce(agency_code, office_code)`.as('party_code'), 'person.person_id', 'badge', 'full_name']).distinct()
    .where(sql<boolean>`coalesce(agency_code, office_code) = any(${codes})`).where('role', 'in', ['liaison', 'duty_officer', 'leader'])
    .where('person_role.valid_from', '<=', on).where((eb) => eb.or([eb('person_role.valid_to', 'is', null), eb('person_role.valid_to', '>', on)])).execute();
  const names = new Map([...agencies.map((a) => [a.agency_code, a.name_vi] as const), ...offices.map((o) => [o.office_code, o.name_vi] as const)]);
  return file.grants.map((grant) => {
    const holds = grants.includes(grant);
    const seen_by = holds ? people.filter((p) => p.party_code === grant.party_code && (grant.person_ids === null || grant.person_ids.includes(p.person_id))).map(({ person_id, badge, full_name }) => ({ person_id, badge, full_name })) : [];
    return {
      grant_no: grant.grant_no, party_code: grant.party_code, name_vi: names.get(grant.party_code) ?? grant.party_code, party_kind: agencies.find((a) => a.agency_code === grant.party_code)?.agency_kind ?? 'post', lead: grant.party_code === file.lead_party,
      granted_at: instant(grant.granted_at_ms), until_at: at(grant.until_ms), revoked_at: at(grant.revoked_at_ms), holds, seen_by,
    };
  });
}

/** What happened to the units since a day before it was opened: it stands in the timeline beside what people did. */
async function stepsOf(db: Read, units: readonly { unit_id: string; code: string }[], from_ms: number) {
  if (units.length === 0) return [];
  const rows = await db.selectFrom('checkpoint').select(['checkpoint_id', 'unit_id', 'unit_seq', 'kind', 'office_code', 'person_id', 'received_at', 'flags'])
    .where('unit_id', 'in', units.map((unit) => unit.unit_id)).where('received_at', '>=', new Date(from_ms - 86_400_000)).orderBy('received_at').orderBy('unit_seq').limit(500).execute();
  const codes = new Map(units.map((unit) => [unit.unit_id, unit.code]));
  return rows.map((row) => ({ checkpoint_id: row.checkpoint_id, code: codes.get(row.unit_id) ?? '', kind: row.kind, kind_vi: CHECKPOINTS[row.kind as Kind].vi, kind_en: CHECKPOINTS[row.kind as Kind].en, at: instant(row.received_at.getTime()), office_code: row.office_code, flags: row.flags ?? [], person_id: row.person_id }));
}
