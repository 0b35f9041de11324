// What a desk does with a flag before it is decided: puts it off, gives it to somebody, has it open. Decides nothing about the item.

import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import type { Caller } from '../domain/role.ts';
import type { Write } from '../store/connect.ts';

export type FlagNote = { note: 'deferred'; deferred_until: number } | { note: 'assigned'; assigned_to: string } | { note: 'freed' };
/** Operator rule, not law: what is put off comes back within a week. */
const DEFER_DAYS_MAX = 7;

/** `people`: who may be given a flag at the caller's desk. */
export async function noteFlag(db: Write, caller: Caller, unit_id: string, note: FlagNote, people: readonly string[], now_ms: number): Promise<void> {
  const invalid = (field: string, problem_vi: string, problem_en: string): Refused => new Refused('invalid_input', { field, problem_vi, problem_en });
  if (note.note === 'deferred' && (note.deferred_until <= now_ms || note.deferred_until > now_ms + DEFER_DAYS_MAX * 86_400_000)) throw invalid('deferred_until', 'phải trong vòng 7 ngày tới', 'must lie within seven days from now');
  if (note.note === 'assigned' && !people.includes(note.assigned_to)) throw invalid('assigned_to', 'không phải người xử lý cờ ở bàn của bạn', 'nobody who handles flags at your desk');
  const desk = caller.office_code === null ? { agency_code: caller.agency_code } : { office_code: caller.office_code };
  await db.insertInto('flag_note').values({
    note_id: uuid7(now_ms), unit_id, ...desk, note: note.note, deferred_until: note.note === 'deferred' ? new Date(note.deferred_until) : null, assigned_to: note.note === 'assigned' ? note.assigned_to : null,
    noted_at: new Date(now_ms), noted_by: caller.person_id,
  }).execute();
}

/** The caller has this flag open now. */
export async function lookAtFlag(db: Write, caller: Caller, unit_id: string, now_ms: number): Promise<void> {
  const looked_at = new Date(now_ms);
  await db.insertInto('flag_look').values({ person_id: caller.person_id, unit_id, looked_at }).onConflict((conflict) => conflict.column('person_id').doUpdateSet({ unit_id, looked_at })).execute();
}
