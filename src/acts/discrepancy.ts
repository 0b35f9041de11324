// A difference between two offices: the one asked answers, agreeing or contesting; a supervisor who is neither decides what is
// contested. An office that agrees ends it; nobody closes it silently.

import { Refused } from '../base/refusal.ts';
import type { Caller } from '../domain/role.ts';
import type { Write } from '../store/connect.ts';

/** The office asked agrees or contests, with a coded statement. */
export async function answerDiscrepancy(db: Write, caller: Caller, discrepancy_id: string, answer: { agrees: boolean; reason_code: string }, now_ms: number): Promise<void> {
  const row = await db.selectFrom('discrepancy').select(['state', 'opened_by']).where('discrepancy_id', '=', discrepancy_id).where('office_asked', '=', caller.office_code ?? '').executeTakeFirst();
  if (!row) throw new Refused('unknown_discrepancy');
  if (row.opened_by === caller.person_id) throw new Refused('same_person');
  const result = await db
    .updateTable('discrepancy')
    .set({ state: answer.agrees ? 'agreed' : 'contested', answer_reason_code: answer.reason_code, answered_at: new Date(now_ms), answered_by: caller.person_id })
    .where('discrepancy_id', '=', discrepancy_id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw new Refused('discrepancy_not_due', { state: row.state });
}

/** A supervisor of either office, who is neither the finder nor the answerer, decides an open or contested one. */
export async function decideDiscrepancy(db: Write, caller: Caller, discrepancy_id: string, reason_code: string, now_ms: number): Promise<void> {
  const office = caller.office_code ?? '';
  const row = await db
    .selectFrom('discrepancy')
    .select(['state', 'opened_by', 'answered_by'])
    .where('discrepancy_id', '=', discrepancy_id)
    .where((eb) => eb.or([eb('office_asked', '=', office), eb('office_found', '=', office)]))
    .executeTakeFirst();
  if (!row) throw new Refused('unknown_discrepancy');
  if (row.opened_by === caller.person_id || row.answered_by === caller.person_id) throw new Refused('same_person');
  const result = await db
    .updateTable('discrepancy')
    .set({ state: 'decided', decision_reason_code: reason_code, decided_at: new Date(now_ms), decided_by: caller.person_id })
    .where('discrepancy_id', '=', discrepancy_id)
    .where('state', 'in', ['open', 'contested'])
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw new Refused('discrepancy_not_due', { state: row.state });
}
