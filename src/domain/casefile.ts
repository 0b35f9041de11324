// CATALOGUE of casefiles: what can be done in one, who may see and do it, what it says in codes, and whether words go with it.
// Routes, permissions, words and tests iterate over it. What people write stands beside the entry, which holds a commitment to
// it; about KT1 nothing is written at all.

import * as z from 'zod';
import { AgencyCode, ReasonCode, UnitCode, Uuid7 } from './facts.ts';
import { PartyCode } from './journal.ts';
import { Instant } from './service.ts';

export const CASE_STATES = {
  flagged: ['Có dấu hiệu', 'Flagged'],
  triage: ['Đang phân loại', 'In triage'],
  held: ['Đang giữ', 'Held'],
  notified: ['Đã báo cơ quan', 'Authority notified'],
  joint_inspection: ['Đã phối hợp kiểm tra', 'Jointly inspected'],
  cleared: ['Không vi phạm, trả lại hành trình', 'Cleared'],
  handed_over: ['Đã bàn giao cơ quan có thẩm quyền', 'Handed over'],
  returned: ['Đã chuyển hoàn', 'Returned'],
  destroyed: ['Cơ quan có thẩm quyền đã tiêu hủy', 'Destroyed by the authority'],
} as const;
export type CaseState = keyof typeof CASE_STATES;
/** How far each has come; a casefile never goes back. */
export const CASE_STAGE: readonly CaseState[] = ['flagged', 'triage', 'held', 'notified', 'joint_inspection'];
export const OUTCOMES = ['cleared', 'handed_over', 'returned', 'destroyed'] as const satisfies readonly CaseState[];
export type Outcome = (typeof OUTCOMES)[number];
export const isClosed = (state: CaseState): boolean => (OUTCOMES as readonly CaseState[]).includes(state);

export const SEVERITIES = {
  low: ['Thấp', 'Low'],
  medium: ['Vừa', 'Medium'],
  high: ['Cao', 'High'],
  critical: ['Nghiêm trọng', 'Critical'],
} as const;
export type Severity = keyof typeof SEVERITIES;

/** What one party can ask of another, with the answers there are and the dated limit of the answer; null there: none is loaded. */
export const REQUESTS = {
  inform: { vi: 'Đề nghị cung cấp thông tin', en: 'Inform', limit_code: 'TL41', answers: ['informed', 'nothing_known', 'not_competent'] },
  screen: { vi: 'Đề nghị soi chiếu', en: 'Screen', limit_code: 'TL42', answers: ['clear', 'alarm', 'inconclusive', 'cannot'] },
  hold: { vi: 'Đề nghị giữ', en: 'Hold', limit_code: 'TL43', answers: ['held', 'not_here', 'cannot'] },
  hand_over: { vi: 'Đề nghị bàn giao', en: 'Hand over', limit_code: 'TL44', answers: ['handed_over', 'not_here', 'cannot'] },
} as const;
export type RequestKind = keyof typeof REQUESTS;
export const ANSWERS = {
  informed: ['Đã cung cấp', 'Informed'],
  nothing_known: ['Không có thông tin', 'Nothing is known'],
  not_competent: ['Không thuộc thẩm quyền', 'Not competent'],
  clear: ['Không phát hiện', 'Clear'],
  alarm: ['Báo động', 'Alarm'],
  inconclusive: ['Không rõ', 'Inconclusive'],
  cannot: ['Không thực hiện được', 'Cannot be done'],
  held: ['Đã giữ', 'Held'],
  not_here: ['Không có tại đây', 'Not here'],
  handed_over: ['Đã bàn giao', 'Handed over'],
} as const;
export type AnswerCode = keyof typeof ANSWERS;

/** Decisions that take a second person. `other_party`: of another agency or office, too. `outcome`: the end it leads to; null: none. */
export const DECISIONS = {
  release: { vi: 'Trả lại hành trình', en: 'Release', other_party: false, outcome: 'cleared', basis: false },
  keep_holding: { vi: 'Giữ tiếp', en: 'Keep holding', other_party: false, outcome: null, basis: false },
  joint_inspection: { vi: 'Phối hợp kiểm tra', en: 'Joint inspection', other_party: true, outcome: null, basis: true },
  hand_over: { vi: 'Bàn giao cơ quan có thẩm quyền', en: 'Hand over', other_party: true, outcome: 'handed_over', basis: false },
  return: { vi: 'Chuyển hoàn', en: 'Return to the sender', other_party: false, outcome: 'returned', basis: false },
  destroy: { vi: 'Tiêu hủy theo quyết định của cơ quan', en: 'Destroy by order', other_party: true, outcome: 'destroyed', basis: true },
} as const satisfies { [decision: string]: { vi: string; en: string; other_party: boolean; outcome: Outcome | null; basis: boolean } };
export type DecisionCode = keyof typeof DECISIONS;

/** Papers that an end rests on (domain/record_form.ts). */
export const EXIT_FORMS = {
  cleared: ['joint_inspection', 'discovery', 'temporary_holding', 'return'],
  handed_over: ['handover'],
  returned: ['return'],
  destroyed: ['handover', 'joint_inspection'],
} as const satisfies { [O in Outcome]: readonly string[] };

export const TASKS = {
  screen: ['Soi chiếu', 'Screen it'],
  fetch: ['Đưa bưu gửi đến nơi kiểm tra', 'Bring the item'],
  send_officer: ['Cử cán bộ đến', 'Send an officer'],
  draw_record: ['Lập biên bản', 'Draw up the record'],
  find_sender: ['Xác minh người gửi', 'Verify the sender'],
  find_addressee: ['Xác minh người nhận', 'Verify the addressee'],
  guard: ['Trông giữ', 'Guard it'],
  other: ['Việc khác', 'Other'],
} as const;
export const SOURCES = {
  rule_hit: ['Quy tắc sàng lọc', 'Rule'],
  watch_hit: ['Danh sách theo dõi', 'Watch list'],
  hold: ['Lệnh giữ', 'Hold'],
  suspicion: ['Nghi vấn tại quầy', 'Suspicion'],
  tip: ['Nguồn tin', 'Tip'],
  request: ['Cơ quan yêu cầu', 'Asked by an agency'],
} as const;
export const WHY_NOT = {
  not_enough: ['Chưa đủ căn cứ', 'Not enough grounds'],
  other_measure: ['Cần biện pháp khác', 'Another measure is needed'],
  not_competent: ['Không thuộc thẩm quyền', 'Not competent'],
  state_changed: ['Tình hình đã thay đổi', 'Things have changed'],
} as const;
export const CHANNELS = ['phone', 'letter', 'in_person', 'electronic', 'file'] as const;
export const FOUND = {
  nothing: ['Không phát hiện vi phạm', 'Nothing found'],
  violation: ['Có vi phạm', 'Violation'],
  unclear: ['Chưa rõ', 'Unclear'],
} as const;

const keys = <K extends string>(table: { readonly [key in K]: unknown }) => z.enum(Object.keys(table) as [K, ...K[]]);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const EntryNo = z.int().min(1);
const Severity = keys<Severity>(SEVERITIES);
/** What people write: the one field for words that any entry has. */
export const Words = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^\S([\s\S]*\S)?$/u)
  .meta({ description: 'Words; none where KT1 is in the casefile' });

/** What an entry says in codes. References to other entries of the casefile are their numbers. */
export const CASE_FACTS = {
  case_opened: z.strictObject({
    source: keys(SOURCES),
    checkpoint_id: Uuid7.optional(),
    severity: Severity,
    unit_codes: z.array(UnitCode).min(1).max(20),
  }),
  triaged: z.strictObject({ severity: Severity, person_id: Uuid7.optional() }),
  unit_added: z.strictObject({ code: UnitCode, source: keys(SOURCES), checkpoint_id: Uuid7.optional() }),
  unit_dropped: z.strictObject({ code: UnitCode }),
  hold_noted: z.strictObject({ code: UnitCode, checkpoint_id: Uuid7 }),
  notice_given: z.strictObject({ notice_id: Uuid7, party_code: PartyCode, channel: z.enum(CHANNELS), told_at: Instant }),
  notice_acknowledged: z.strictObject({ notice_no: EntryNo, acknowledged_at: Instant }),
  inspection_held: z.strictObject({ record_id: Uuid7, found: keys(FOUND) }),

  party_added: z.strictObject({
    party_code: PartyCode,
    person_ids: z.array(Uuid7).min(1).max(20).optional(),
    until_at: Instant.optional(),
  }),
  party_revoked: z.strictObject({ grant_no: EntryNo }),
  lead_offered: z.strictObject({ party_code: PartyCode }),
  lead_accepted: z.strictObject({ offer_no: EntryNo }),

  said: z.strictObject({ reply_to_no: EntryNo.optional() }),
  asked: z.strictObject({
    request: keys<RequestKind>(REQUESTS),
    to: PartyCode,
    unit_codes: z.array(UnitCode).max(20),
    due_at: Instant.optional(),
  }),
  answered: z.strictObject({ request_no: EntryNo, answer: keys<AnswerCode>(ANSWERS), checkpoint_id: Uuid7.optional() }),
  request_withdrawn: z.strictObject({ request_no: EntryNo }),
  task_set: z.strictObject({ task: keys(TASKS), party_code: PartyCode, person_id: Uuid7.optional(), due_at: Instant.optional() }),
  task_done: z.strictObject({ task_no: EntryNo, done: z.boolean() }),
  evidence_added: z.strictObject({
    evidence_id: Uuid7,
    digest: Digest,
    bytes: z.int().min(1).max(20_971_520),
    media_type: z.enum(['image/jpeg', 'image/png', 'image/webp']),
    width: z.int().min(1).max(20_000),
    height: z.int().min(1).max(20_000),
    view_digest: Digest,
    code: UnitCode.optional(),
  }),

  proposed: z.strictObject({
    decision: keys<DecisionCode>(DECISIONS),
    unit_codes: z.array(UnitCode).min(1).max(20),
    agency_code: AgencyCode.optional(),
    act_code: ReasonCode.optional(),
    decision_no: z
      .string()
      .regex(/^[0-9A-ZĐ/.-]{1,40}$/u)
      .optional(),
    keep_until: Instant.optional(),
    expires_at: Instant,
    snapshot: Digest,
  }),
  approved: z.strictObject({ proposal_no: EntryNo, snapshot: Digest, seen: z.array(EntryNo).max(500) }),
  rejected: z.strictObject({ proposal_no: EntryNo, why_not: keys(WHY_NOT) }),
  proposal_withdrawn: z.strictObject({ proposal_no: EntryNo }),
  case_closed: z.strictObject({ outcome: z.enum(OUTCOMES), proposal_no: EntryNo, record_id: Uuid7 }),
} as const satisfies { [kind: string]: z.ZodType };

export type CaseKind = keyof typeof CASE_FACTS;
export type CaseFacts<K extends CaseKind = CaseKind> = z.infer<(typeof CASE_FACTS)[K]>;

type KindEntry = {
  vi: string;
  en: string;
  /** none, may or must be written with it. */
  words: 'none' | 'may' | 'must';
  /** Whether the writer may show it to one party only; what binds all is seen by all. */
  restrictable: boolean;
  /** Only the leading party may. */
  lead: boolean;
  /** Field of the facts that names the entry it answers, decides, ends or revokes. */
  answers: string | null;
  /** Written by a way of its own and not by the route for entries. */
  own_way: boolean;
};
const kind = (vi: string, en: string, more: Partial<KindEntry> = {}): KindEntry => ({
  vi,
  en,
  words: 'none',
  restrictable: false,
  lead: false,
  answers: null,
  own_way: false,
  ...more,
});

export const CASE_KINDS: { readonly [K in CaseKind]: KindEntry } = {
  case_opened: kind('Mở vụ việc', 'Case opened', { words: 'may', own_way: true }),
  triaged: kind('Phân loại', 'Triaged', { words: 'may' }),
  unit_added: kind('Thêm bưu gửi', 'Unit added'),
  unit_dropped: kind('Bỏ bưu gửi khỏi vụ', 'Unit dropped', { words: 'may', lead: true }),
  hold_noted: kind('Đã giữ bưu gửi', 'Hold noted'),
  notice_given: kind('Báo cơ quan chức năng', 'Authority notified'),
  notice_acknowledged: kind('Cơ quan đã nhận tin', 'Notice acknowledged', { answers: 'notice_no' }),
  inspection_held: kind('Phối hợp kiểm tra', 'Joint inspection held', { words: 'may' }),
  party_added: kind('Thêm bên tham gia', 'Party added', { lead: true }),
  party_revoked: kind('Rút quyền của bên tham gia', 'Party revoked', { answers: 'grant_no' }),
  lead_offered: kind('Đề nghị chuyển chủ trì', 'Lead offered', { lead: true }),
  lead_accepted: kind('Nhận chủ trì', 'Lead accepted', { answers: 'offer_no' }),
  said: kind('Trao đổi', 'Said', { words: 'must', restrictable: true }),
  asked: kind('Yêu cầu', 'Asked', { words: 'may' }),
  answered: kind('Trả lời yêu cầu', 'Answered', { words: 'may', answers: 'request_no' }),
  request_withdrawn: kind('Rút yêu cầu', 'Request withdrawn', { answers: 'request_no' }),
  task_set: kind('Giao việc', 'Task set', { words: 'may', restrictable: true }),
  task_done: kind('Kết thúc việc', 'Task ended', { words: 'may', restrictable: true, answers: 'task_no' }),
  evidence_added: kind('Thêm ảnh', 'Evidence added', { words: 'may', restrictable: true, own_way: true }),
  proposed: kind('Đề xuất quyết định', 'Decision proposed', { words: 'may' }),
  approved: kind('Đồng ý quyết định', 'Decision approved', { answers: 'proposal_no' }),
  rejected: kind('Không đồng ý quyết định', 'Decision rejected', { words: 'may', answers: 'proposal_no' }),
  proposal_withdrawn: kind('Rút đề xuất', 'Proposal withdrawn', { answers: 'proposal_no' }),
  case_closed: kind('Kết thúc vụ việc', 'Case closed', { words: 'may', lead: true }),
};

/** One entry as it was written. `words_commitment`: to what was written with it; null: nothing was. */
export type CaseEntry<K extends CaseKind = CaseKind> = {
  casefile_id: string;
  entry_no: number;
  entry_id: string;
  kind: K;
  at_ms: number;
  person_id: string;
  party_code: string;
  only_party: string | null;
  facts: CaseFacts<K>;
  words_commitment: Uint8Array | null;
};

/** Whether an entry is of a kind, so that its facts are known. */
export const isCaseKind = <K extends CaseKind>(entry: CaseEntry, kind: K): entry is CaseEntry<K> => entry.kind === kind;

/** Number of the entry that this one answers; null: none. */
export function answersNo(entry: Pick<CaseEntry, 'kind' | 'facts'>): number | null {
  const { answers } = CASE_KINDS[entry.kind];
  return answers === null ? null : ((entry.facts as { [field: string]: unknown })[answers] as number);
}

/** What people say for the casefile on the phone: it tells neither how many there are nor whose. */
export function caseNo(casefile_id: string): string {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const random = BigInt(`0x${casefile_id.replaceAll('-', '').slice(-10)}`);
  const text = Array.from({ length: 8 }, (_, i) => letters[Number((random >> BigInt(5 * (7 - i))) & 31n)]).join('');
  return `VV-${text.slice(0, 4)}-${text.slice(4)}`;
}
