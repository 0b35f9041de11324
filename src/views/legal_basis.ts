// Decisions about an item, as the agency that recorded them reads them. The read is logged with what was told.

import { instant } from '../base/time.ts';
import type { Caller } from '../domain/role.ts';
import type { Write } from '../store/connect.ts';

export async function basesOf(db: Write, code: string, caller: Caller, now_ms: number) {
  return db.transaction().execute(async (tx) => {
    const rows = await tx
      .selectFrom('legal_basis')
      .innerJoin('unit', 'unit.unit_id', 'legal_basis.unit_id')
      .select(['basis_id', 'act_code', 'agency_code', 'decision_no', 'signer_card_no', 'procuracy_approval_no', 'urgency_reason_code', 'witness_person_id', 'recorded_by', 'recorded_at'])
      .where('unit.code', '=', code)
      .where('agency_code', '=', caller.agency_code ?? '')
      .orderBy('basis_id')
      .limit(50)
      .execute();
    await tx.insertInto('read_log').values({ person_id: caller.person_id, subject: 'legal_basis', subject_ref: code, rows_read: rows.length, read_at: new Date(now_ms) }).execute();
    return rows.map((row) => ({ ...row, recorded_at: instant(row.recorded_at.getTime()) }));
  });
}
