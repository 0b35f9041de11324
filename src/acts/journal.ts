// Adds one entry to the journal: permission, the second person, the matter as it stands under the journal's lock, then the entry.
// Everything about periods, duty, directives, incidents and reports happens here.

import { Refused } from '../base/refusal.ts';
import { civilDate, instant } from '../base/time.ts';
import { uuid7 } from '../base/id.ts';
import { isKind, JOURNAL } from '../domain/journal.ts';
import type { JournalEntry, JournalFacts, JournalKind } from '../domain/journal.ts';
import { checkNext } from '../domain/journal_rules.ts';
import { actsFrom, actsUntil, foldPeriods } from '../domain/period.ts';
import type { Caller } from '../domain/role.ts';
import { appendJournal, byMatter, entriesOfKind, entriesOfMatter, lockJournal } from '../ledger/journal.ts';
import { secondPerson } from '../store/confirmation.ts';
import type { Read, Write } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';
import type { Reference } from '../store/reference.ts';

export type Given<K extends JournalKind = JournalKind> = { kind: K; matter_id: string | null; facts: JournalFacts<K>; confirmation_hash: Uint8Array | null };
export type Recorded = { matter_id: string; entry_no: number; kind: string; at: string };

/** What an entry brings about beside itself, in its transaction and under the journal's lock. Throws a Refused to refuse the entry. */
export type Effect = (tx: Write, entry: JournalEntry) => Promise<void>;

export async function record(db: Write, caller: Caller, given: Given, law: Pick<Reference, 'offices'>, now_ms: number, effect?: Effect): Promise<Recorded> {
  const { kind, facts } = given;
  const { permission, second, opens, matter } = JOURNAL[kind];
  if (permission === null || !caller.permissions.has(permission)) throw new Refused('not_permitted', { permission });
  if (second !== null && given.confirmation_hash === null) throw new Refused('second_person_needed', { permission: second });
  return db.transaction().execute(async (tx) => {
    const head = await lockJournal(tx);
    const entries = given.matter_id === null ? [] : await entriesOfMatter(tx as unknown as Read, given.matter_id);
    const [first] = entries;
    if (opens !== (given.matter_id === null) || (first !== undefined && JOURNAL[first.kind].matter !== matter) || (!opens && !first)) throw new Refused('unknown_case');
    const matter_id = given.matter_id ?? uuid7(now_ms);
    const { person_id, office_code, agency_code } = caller;
    const next: JournalEntry = { entry_no: head.entry_no + 1, matter_id, kind, at_ms: now_ms, person_id, second_person_id: null, office_code, agency_code, facts };
    checkNext(next, entries, caller);
    await checkNames(tx, next, entries, law);
    if (second !== null && given.confirmation_hash !== null) next.second_person_id = await secondPerson(tx, caller, given.confirmation_hash, second, matter_id, now_ms);
    const entry_no = await appendJournal(tx, head, next);
    await effect?.(tx, next);
    return { matter_id, entry_no, kind, at: instant(now_ms) };
  });
}

/** People and offices that an entry names must be there; of KT1 items nothing is told in words. */
async function checkNames(tx: Write, next: JournalEntry, entries: readonly JournalEntry[], law: Pick<Reference, 'offices'>): Promise<void> {
  const offices = isKind(next, 'period_ordered') ? next.facts.office_codes : isKind(next, 'incident_detected') && next.facts.office_code !== undefined ? [next.facts.office_code] : [];
  for (const office_code of offices) if (!law.offices.has(office_code)) throw new Refused('unknown_office', { office_code });
  const roster = entries.find((entry) => isKind(entry, 'roster_planned'));
  if (roster && isKind(roster, 'roster_planned')) {
    const people = isKind(next, 'called_out') ? next.facts.ladder : 'person_id' in next.facts && typeof next.facts.person_id === 'string' ? [next.facts.person_id] : [];
    await requireWorking(tx as unknown as Read, people, roster.facts.office_code, next.kind === 'called_out', next.at_ms);
  }
  if (isKind(next, 'leader_named') && next.facts.person_id !== undefined) await requireWorking(tx as unknown as Read, [next.facts.person_id], next.facts.party_code, false, next.at_ms);
  const opened = entries.find((entry) => isKind(entry, 'incident_detected')) ?? next;
  if (isKind(opened, 'incident_detected')) await refuseWords(tx as unknown as Read, next, opened.facts.unit_codes);
}

/** Whoever is put on duty works at that office; whoever is called may work anywhere. */
async function requireWorking(tx: Read, people: readonly string[], office_code: string, anywhere: boolean, now_ms: number): Promise<void> {
  if (people.length === 0) return;
  let query = tx.selectFrom('person_role').select('person_id').distinct().where('person_id', 'in', [...people]).where(holdsOn(civilDate(now_ms)));
  if (!anywhere) query = query.where('office_code', '=', office_code);
  const working = await query.execute();
  if (working.length !== new Set(people).size) throw new Refused('unknown_person', { office_code });
}

async function refuseWords(tx: Read, next: JournalEntry, unit_codes: readonly string[]): Promise<void> {
  const facts = next.facts as { summary?: string; note?: string; lesson?: string };
  if (unit_codes.length === 0 || (facts.summary ?? facts.note ?? facts.lesson) === undefined) return;
  const kt1 = await tx
    .selectFrom('unit')
    .leftJoin('item', 'item.unit_id', 'unit.unit_id')
    .leftJoin('bag', 'bag.unit_id', 'unit.unit_id')
    .select('unit.code')
    .where('unit.code', 'in', [...unit_codes])
    // Of KT1 as a whole: were it only of what is marked, the answer would tell the mark.
    .where((eb) => eb.or([eb('item.service_class', '=', 'kt1'), eb('bag.mail', '=', 'kt1')]))
    .executeTakeFirst();
  if (kt1) throw new Refused('no_text_for_kt1');
}

/**
 * Records that periods began or ended by the clock, each once; `effective_at` is when it really happened. Nothing waits for it: an
 * order acts by its times. Returns how many were recorded.
 */
export async function noteTurns(db: Write, now_ms: number): Promise<number> {
  return db.transaction().execute(async (tx) => {
    let head = await lockJournal(tx);
    const matters = byMatter(await entriesOfKind(tx as unknown as Read, 'period'));
    let count = 0;
    for (const [matter_id, entries] of matters) {
      for (const turn of turnsDue(entries, now_ms)) {
        const next = { matter_id, ...turn, at_ms: now_ms, person_id: null, second_person_id: null, office_code: null, agency_code: null };
        await appendJournal(tx, head, next);
        head = await lockJournal(tx);
        count += 1;
      }
    }
    return count;
  });
}

type Turn = { kind: 'period_begun' | 'period_ended'; facts: { effective_at: string } };

/** Beginnings and ends of one period that have come and are not in the journal. */
export function turnsDue(entries: readonly JournalEntry[], now_ms: number): Turn[] {
  const [period] = foldPeriods(entries);
  if (!period || actsFrom(period) >= actsUntil(period)) return [];
  const turns: Turn[] = [
    { kind: 'period_begun', facts: { effective_at: instant(actsFrom(period)) } },
    { kind: 'period_ended', facts: { effective_at: instant(actsUntil(period)) } },
  ];
  return turns.filter((turn) => Date.parse(turn.facts.effective_at) <= now_ms && !entries.some((entry) => entry.kind === turn.kind));
}
