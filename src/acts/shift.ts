// Opening a shift: acceptance belongs to a shift, and an office has at most one open.

import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import type { Caller } from '../domain/role.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Write } from '../store/connect.ts';

export async function openShift(db: Write, caller: Caller, now_ms: number): Promise<{ shift_id: string }> {
  if (caller.office_code === null) throw new Refused('unknown_office', { office_code: null });
  const shift_id = uuid7(now_ms);
  try {
    await db
      .insertInto('shift')
      .values({ shift_id, office_code: caller.office_code, opened_at: new Date(now_ms), opened_by: caller.person_id })
      .execute();
  } catch (error) {
    // The unique index decides between two shift heads at once.
    if (sqlState(error) === SQLSTATE.unique_violation) throw new Refused('shift_already_open', { office_code: caller.office_code });
    throw error;
  }
  return { shift_id };
}
