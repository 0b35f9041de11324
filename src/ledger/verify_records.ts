// What must be true of biên bản: numbers without gaps in each office and year, content that hashes to the digest on the paper and
// says what its row says. Part of verify.ts; reads only.

import { equalBytes } from '../base/bytes.ts';
import { decode } from '../base/canonical.ts';
import { recordNumber } from '../domain/record_form.ts';
import type { RecordContent } from '../domain/record_form.ts';
import type { Read } from '../store/connect.ts';
import { sha256 } from './entry.ts';
import type { Report } from './verify.ts';

export async function checkRecords(db: Read, fault: Report): Promise<void> {
  const series = await db.selectFrom('written_record_series').select(['office_code', 'record_year', 'next_no']).execute();
  const expected = new Map(series.map((row) => [`${row.office_code}/${row.record_year}`, 1]));
  const rows = await db.selectFrom('written_record').select(['record_id', 'office_code', 'record_year', 'record_no', 'form', 'content', 'digest']).orderBy('office_code').orderBy('record_year').orderBy('record_no').execute();
  for (const row of rows) {
    const key = `${row.office_code}/${row.record_year}`;
    const no = expected.get(key);
    if (no === undefined) fault('written_record_series', key, '*', 'numbers were given out of a series that is not there');
    else if (row.record_no !== no) fault('written_record', row.record_id, 'record_no', `expected ${no}: a record is missing or its number was given twice`);
    expected.set(key, row.record_no + 1);
    if (!equalBytes(sha256(new Uint8Array(row.content)), row.digest)) fault('written_record', row.record_id, 'digest', 'not the hash of the content');
    try {
      const content = decode(new Uint8Array(row.content)) as unknown as RecordContent;
      if (content.number !== recordNumber(row.office_code, row.record_year, row.record_no) || content.form !== row.form) fault('written_record', row.record_id, 'content', 'says another number or form than its row');
    } catch (error) {
      fault('written_record', row.record_id, 'content', (error as Error).message);
    }
  }
  for (const { office_code, record_year, next_no } of series) {
    const key = `${office_code}/${record_year}`;
    if (expected.get(key) !== next_no) fault('written_record_series', key, 'next_no', `says ${next_no}, the records lead to ${expected.get(key)}: the last ones are missing`);
  }
}
