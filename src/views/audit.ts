// An inspector's questions to the ledger: who touched an item, all openings, all overrides by a second person, all reads of what is
// sensitive. Rows as they stand, newest first; nothing is judged here.

import { sql } from 'kysely';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import type { Kind } from '../domain/facts.ts';
import { PERMISSIONS } from '../domain/role.ts';
import type { Permission } from '../domain/role.ts';
import type { Read } from '../store/connect.ts';

export const QUESTIONS = {
  touched: ['Ai đã động đến bưu gửi hoặc túi này?', 'Who touched this item or bag?'],
  openings: ['Mọi lần mở túi, mở bưu gửi, gói lại', 'Every opening of bags and items, every rewrapping'],
  overrides: ['Mọi việc có người thứ hai xác nhận', 'Everything that a second person confirmed'],
  marked_reads: ['Mọi lần xem bưu gửi dấu A, B, C', 'Every read of items marked A, B and C'],
  sensitive_reads: ['Mọi lần xem danh sách theo dõi, căn cứ, báo tin', 'Every read of watch lists, legal bases, notices'],
} as const;
export type Question = keyof typeof QUESTIONS;

const OPENINGS: readonly Kind[] = ['opened_by_authority', 'bag_unsealed', 'bag_reopened', 'rewrapped', 'taken_out_of_bag'];
type Found = { at: string; badge: string | null; full_name: string | null; second_badge: string | null; what: string; code: string | null; office_code: string | null; ref: string };

/** `code`: of an item or bag; needed for `touched`, narrows the others. */
export async function audit(db: Read, question: Question, filter: { code?: string | undefined; before?: string | undefined; limit: number }) {
  const { code = null, limit } = filter;
  const before = filter.before ?? '9999-01-01T00:00:00Z';
  const utc = sql`'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
  const steps = (kinds: readonly Kind[] | null) => sql<Found>`
select to_char(c.received_at at time zone 'UTC', ${utc}) as at, p.badge, p.full_name, null as second_badge, c.kind as what, u.code, c.office_code, c.checkpoint_id::text as ref
from checkpoint c join unit u using (unit_id) join person p using (person_id)
where c.received_at < ${before}::timestamptz and (${code}::text is null or u.code = ${code}) and (${kinds}::text[] is null or c.kind = any(${kinds}))
order by c.received_at desc, c.unit_seq desc limit ${limit}`;
  const reads = (subjects: readonly string[], not: boolean) => sql<Found>`
select to_char(r.read_at at time zone 'UTC', ${utc}) as at, p.badge, p.full_name, null as second_badge, r.subject as what, r.subject_ref as code, null as office_code, r.read_id::text as ref
from read_log r join person p using (person_id)
where r.read_at < ${before}::timestamptz and (r.subject = any(${subjects})) <> ${not} and (${code}::text is null or r.subject_ref = ${code} or r.subject_ref like '%/' || ${code} || '%')
order by r.read_at desc, r.read_id desc limit ${limit}`;
  const confirmed = sql<Found>`
select to_char(s.created_at at time zone 'UTC', ${utc}) as at, p.badge, p.full_name, q.badge as second_badge, s.permission as what, u.code, c.office_code, s.used_by_checkpoint_id::text as ref
from second_confirmation s join session z on z.token_hash = s.session_hash join person p on p.person_id = z.person_id join person q on q.person_id = s.person_id
left join checkpoint c on c.checkpoint_id = s.used_by_checkpoint_id left join unit u on u.unit_id = c.unit_id
where s.used_by_checkpoint_id is not null and s.created_at < ${before}::timestamptz and (${code}::text is null or u.code = ${code})
order by s.created_at desc limit ${limit}`;
  const asked = { touched: () => steps(null), openings: () => steps(OPENINGS), overrides: () => confirmed, marked_reads: () => reads(['marked'], false), sensitive_reads: () => reads(['marked', 'item'], true) }[question]();
  const { rows } = await asked.execute(db as never);
  const [question_vi, question_en] = QUESTIONS[question];
  return { question, question_vi, question_en, rows: rows.map((row) => ({ ...row, ...wordsOf(row.what) })), next_before: rows.length === limit ? (rows.at(-1)?.at ?? null) : null };
}

function wordsOf(what: string): { what_vi: string; what_en: string } {
  if (what in CHECKPOINTS) return { what_vi: CHECKPOINTS[what as Kind].vi, what_en: CHECKPOINTS[what as Kind].en };
  const permission = PERMISSIONS[what as Permission] as readonly [string, string] | undefined;
  const [what_vi, what_en] = permission ?? READS[what] ?? [what, what];
  return { what_vi, what_en };
}

const READS: { readonly [subject: string]: readonly [vi: string, en: string] } = {
  // Of an answer that told a mark: `code` is then the address that was asked.
  marked: ['Xem bưu gửi có dấu', 'Read of something marked'],
  watch_entry: ['Xem mục theo dõi', 'Read of watch entries'],
  watch_hit: ['Xem kết quả trùng khớp', 'Read of watch hits'],
  legal_basis: ['Xem căn cứ pháp lý', 'Read of legal bases'],
  notice: ['Xem tin báo', 'Read of notices'],
  bundle: ['Xuất tệp chứng cứ', 'Export of a bundle'],
};
