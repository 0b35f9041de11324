// Complaints by Art. 38 of the Postal Law: registered with their windows, answered once. One that comes late is registered too:
// whether it is in time is said, and a person decides. Stores no name.

import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { complaintWindow } from '../domain/clock.ts';
import type { ComplaintKind, ComplaintWindow, Holidays, Limits } from '../domain/clock.ts';
import type { Caller } from '../domain/role.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Write } from '../store/connect.ts';

export type Complaint = { case_no: string; code: string; complaint_kind: ComplaintKind; international: boolean; complainant: string };

export async function registerComplaint(db: Write, caller: Caller, complaint: Complaint, law: { limits: Limits; holidays: Holidays }, now_ms: number): Promise<{ complaint_id: string } & ComplaintWindow> {
  if (caller.office_code === null) throw new Refused('wrong_office', { office_code: null });
  const item = await db
    .selectFrom('unit')
    .innerJoin('item', 'item.unit_id', 'unit.unit_id')
    .leftJoin('checkpoint', (join) => join.onRef('checkpoint.unit_id', '=', 'unit.unit_id').on('checkpoint.kind', '=', 'delivered'))
    .select(['unit.unit_id', 'item.accepted_at', 'checkpoint.received_at as delivered_at'])
    .where('unit.code', '=', complaint.code)
    .where('unit.superseded_by', 'is', null)
    .executeTakeFirst();
  if (!item) throw new Refused('unknown_unit', { code: complaint.code });
  const dates = { accepted_at: item.accepted_at.getTime(), delivered_at: item.delivered_at?.getTime() ?? null, received_at: now_ms };
  const windows = complaintWindow(complaint.complaint_kind, complaint.international, dates, law.limits, law.holidays);
  const complaint_id = uuid7(now_ms);
  try {
    await db
      .insertInto('complaint')
      .values({ complaint_id, ...complaint, unit_id: item.unit_id, office_code: caller.office_code, received_at: new Date(now_ms), received_by: caller.person_id, ...windows })
      .execute();
  } catch (error) {
    if (sqlState(error) === SQLSTATE.unique_violation) throw new Refused('case_in_use', { case_no: complaint.case_no });
    throw error;
  }
  return { complaint_id, ...windows };
}

export async function answerComplaint(db: Write, caller: Caller, complaint_id: string, answer: { answer: 'upheld' | 'partly_upheld' | 'not_upheld'; reason_code: string }, now_ms: number): Promise<void> {
  const row = await db.selectFrom('complaint').select('complaint_id').where('complaint_id', '=', complaint_id).where('office_code', '=', caller.office_code ?? '').executeTakeFirst();
  if (!row) throw new Refused('unknown_case');
  const result = await db
    .updateTable('complaint')
    .set({ answer: answer.answer, answer_reason_code: answer.reason_code, answered_at: new Date(now_ms), answered_by: caller.person_id })
    .where('complaint_id', '=', complaint_id)
    .where('answered_at', 'is', null)
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw new Refused('case_not_due', { state: 'answered' });
}
