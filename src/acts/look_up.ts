// Looking things up: every read of an item by its number, and every answer that tells a mark, is noted; who looks up more than the
// operator's budget allows is stopped, and the duty officer is told. A budget that nobody loaded stops nobody.

import { sql } from 'kysely';
import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { instant } from '../base/time.ts';
import { placeOf } from '../domain/journal_rules.ts';
import type { Caller } from '../domain/role.ts';
import { appendJournal, lockJournal } from '../ledger/journal.ts';
import type { Write } from '../store/connect.ts';
import { tell } from '../store/message.ts';
import type { Reference } from '../store/reference.ts';

/** A screen that refreshes itself reads the same again and again: within a minute that is one read. */
const SAME_READ_MS = 60_000;
const DAY_MS = 86_400_000;
/** Dated rows: items that one person, and that all of one agency or office, may look up in 24 hours. */
export const BUDGETS = { person: 'TL47', party: 'TL48' } as const;

/** `subject`: item: looked up by its number; marked: the answer told marks A, B or C. */
export async function noteRead(db: Write, caller: Caller, subject: 'item' | 'marked', subject_ref: string, rows_read: number, now_ms: number): Promise<void> {
  const { person_id } = caller;
  await sql`insert into read_log (person_id, party_code, subject, subject_ref, rows_read, read_at)
    select ${person_id}, ${placeOf(caller)}, ${subject}, ${subject_ref}, ${rows_read}, ${new Date(now_ms)}
    where not exists (select from read_log where person_id = ${person_id} and subject = ${subject} and subject_ref = ${subject_ref} and read_at > ${new Date(now_ms - SAME_READ_MS)})`.execute(db);
}

type Count = { mine: number; ours: number; known: boolean };

/** Throws a Refused when this number would be one too many. What was looked up before may be looked up again. */
export async function requireBudget(db: Write, caller: Caller, code: string, limits: Reference['limits'], now_ms: number): Promise<void> {
  const [person, party] = [limits.get(BUDGETS.person)?.amount ?? null, limits.get(BUDGETS.party)?.amount ?? null];
  if (person === null && party === null) return;
  const { rows } = await sql<Count>`select count(distinct subject_ref) filter (where person_id = ${caller.person_id}) as mine, count(distinct subject_ref) as ours,
    coalesce(bool_or(subject_ref = ${code} and person_id = ${caller.person_id}), false) as known
    from read_log where subject = 'item' and party_code = ${placeOf(caller)} and read_at > ${new Date(now_ms - DAY_MS)}`.execute(db);
  const { mine, ours, known } = rows[0] ?? { mine: 0, ours: 0, known: false };
  if (known) return;
  const limit = person !== null && mine >= person ? person : party !== null && ours >= party ? party : null;
  if (limit === null) return;
  await alarm(db, caller, now_ms);
  throw new Refused('look_ups_exceeded', { limit });
}

/** An incident of the module's own security, once a day for each person; no word about what was looked up. */
async function alarm(db: Write, caller: Caller, now_ms: number): Promise<void> {
  const { person_id, badge, office_code, agency_code } = caller;
  await db.transaction().execute(async (tx) => {
    const head = await lockJournal(tx);
    const before = await tx.selectFrom('read_log').select('read_id').where('person_id', '=', person_id).where('subject', '=', 'look_ups_exceeded').where('read_at', '>', new Date(now_ms - DAY_MS)).executeTakeFirst();
    if (before) return;
    const matter_id = uuid7(now_ms);
    const facts = { incident_kind: 'information_security' as const, drill: false, detected_at: instant(now_ms), unit_codes: [], summary: `Tra cứu vượt hạn mức trong 24 giờ: thẻ ${badge}`, ...(office_code === null ? {} : { office_code }) };
    await appendJournal(tx, head, { matter_id, kind: 'incident_detected', at_ms: now_ms, person_id: null, second_person_id: null, office_code, agency_code, facts });
    await tx.insertInto('read_log').values({ person_id, party_code: placeOf(caller), subject: 'look_ups_exceeded', subject_ref: matter_id, rows_read: 0, read_at: new Date(now_ms) }).execute();
    await tell(tx, [placeOf(caller)], { kind: 'look_ups.exceeded', subject_kind: 'incident', subject_id: matter_id, ref_id: null }, now_ms);
  });
}
