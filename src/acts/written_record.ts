// Drawing up a biên bản: the next number of office and year under its row lock, the content frozen and hashed. The signed paper
// comes back as a file, kept by its digest; which one is noted here.

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { encode } from '../base/canonical.ts';
import { Refused } from '../base/refusal.ts';
import { civilDate } from '../base/time.ts';
import { recordNumber } from '../domain/record_form.ts';
import type { RecordContent } from '../domain/record_form.ts';
import type { Caller } from '../domain/role.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Write } from '../store/connect.ts';

export type NewRecord = { record_id: string; unit_id: string; discrepancy_id: string | null; content: Omit<RecordContent, 'number' | 'drawn_at'> };

/** Returns the number. The same id again is the record that was drawn, with no second number; for another unit or form it is refused. */
export async function drawRecord(db: Write, caller: Caller, given: NewRecord, now_ms: number): Promise<string> {
  const { record_id, unit_id, discrepancy_id, content } = given;
  const { office_code, form } = content;
  const record_year = Number(civilDate(now_ms).slice(0, 4));
  return db.transaction().execute(async (tx) => {
    await tx.insertInto('written_record_series').values({ office_code, record_year, next_no: 1 }).onConflict((oc) => oc.doNothing()).execute();
    const { next_no } = await tx.selectFrom('written_record_series').select('next_no').where('office_code', '=', office_code).where('record_year', '=', record_year).forUpdate().executeTakeFirstOrThrow();
    // Behind the lock: the same request at the same moment has either drawn it or will find it here.
    const earlier = await tx.selectFrom('written_record').select(['office_code', 'record_year', 'record_no', 'form', 'unit_id']).where('record_id', '=', record_id).executeTakeFirst();
    if (earlier) {
      const number = recordNumber(earlier.office_code, earlier.record_year, earlier.record_no);
      if (earlier.unit_id !== unit_id || earlier.form !== form || earlier.office_code !== office_code) throw new Refused('case_in_use', { case_no: number });
      return number;
    }
    const number = recordNumber(office_code, record_year, next_no);
    const frozen = { ...content, number, drawn_at: now_ms } satisfies RecordContent;
    const bytes = encode(frozen);
    const digest = new Uint8Array(createHash('sha256').update(bytes).digest());
    await tx.insertInto('written_record').values({ record_id, office_code, record_year, record_no: next_no, form, unit_id, discrepancy_id, content: bytes, digest, drawn_at: new Date(now_ms), drawn_by: caller.person_id }).execute();
    await tx.updateTable('written_record_series').set({ next_no: next_no + 1 }).where('office_code', '=', office_code).where('record_year', '=', record_year).execute();
    if (discrepancy_id !== null) await tx.updateTable('discrepancy').set({ record_no: sql`coalesce(record_no, ${number})` }).where('discrepancy_id', '=', discrepancy_id).execute();
    return number;
  });
}

export type Scan = { digest: Uint8Array; bytes: number; media_type: string };

/** Attaches a signed paper; the same file again is the one attached before. `record_id` is one of the caller's office. */
export async function attachScan(db: Write, caller: Caller, record_id: string, scan: Scan, now_ms: number): Promise<number> {
  return db.transaction().execute(async (tx) => {
    await tx.selectFrom('written_record_series').select('next_no').where('office_code', '=', caller.office_code ?? '').forUpdate().execute();
    const known = await tx.selectFrom('written_record_scan').select(['scan_no', 'digest']).where('record_id', '=', record_id).orderBy('scan_no').execute();
    const same = known.find((row) => Buffer.compare(row.digest, scan.digest) === 0);
    if (same) return same.scan_no;
    const scan_no = known.length + 1;
    try {
      await tx.insertInto('written_record_scan').values({ ...scan, record_id, scan_no, attached_at: new Date(now_ms), attached_by: caller.person_id }).execute();
    } catch (error) {
      if (sqlState(error) === SQLSTATE.check_violation) throw new Refused('case_not_due', { state: 'signed' });
      throw error;
    }
    return scan_no;
  });
}
