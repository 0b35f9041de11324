// CATALOGUE of the journal: what can be done about a period, a roster, a directive, an incident or a report; who may, whether two
// must, and what it says. Routes, permissions, words and tests iterate over it. Lines of text, never paragraphs: the letter of a
// directive is a list of them. Nothing here takes the name of an addressee or the content of an item.

import * as z from 'zod';
import { BodyCode, OfficeCode, PostalCode, UnitCode, Uuid7 } from './facts.ts';
import type { Kind } from './facts.ts';
import { CHECKPOINTS } from './checkpoint.ts';
import { FIGURES, REPORTS } from './report.ts';
import type { FigureCode, ReportKind } from './report.ts';
import type { Permission } from './role.ts';
import { POSTS } from './roster.ts';
import type { Post } from './roster.ts';
import { Instant } from './service.ts';

export const MATTERS = {
  roster: ['Lịch trực', 'Duty roster'],
  period: ['Giai đoạn cao điểm', 'Heightened period'],
  directive: ['Văn bản chỉ đạo', 'Directive'],
  incident: ['Sự cố', 'Incident'],
  report: ['Báo cáo', 'Report'],
  erasure: ['Xóa dữ liệu cá nhân', 'Erasure of personal data'],
  legal_hold: ['Lưu giữ theo căn cứ pháp lý', 'Legal hold'],
} as const;
export type MatterKind = keyof typeof MATTERS;

const Line = z.string().min(1).max(600).regex(/^\S(.*\S)?$/u);
const Word = z.string().min(1).max(120).regex(/^\S(.*\S)?$/u);
const Day = z.iso.date();
const Time = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/).meta({ example: '22:00' });
/** Number and symbol of an official letter as it is printed, even where it cannot be read. */
const LetterNo = z.string().min(1).max(60);
const keys = <K extends string>(table: { readonly [key in K]: unknown }) => z.enum(Object.keys(table) as [K, ...K[]]);
export const PartyCode = z.string().regex(/^[A-Z0-9-]{2,20}$/).meta({ description: 'Office, agency or other unit', example: '243100' });
const DemandId = z.string().regex(/^[A-Z][0-9]{1,2}$/).meta({ example: 'D1' });
const Evidence = z.strictObject({ evidence_kind: z.enum(['paper', 'report', 'roster', 'period', 'incident', 'count']), ref: Word });

/** Acts that an order may make two-person ones: a fact is stored whoever records it. */
export const TWO_PERSON_KINDS = (Object.keys(CHECKPOINTS) as Kind[]).filter((kind) => CHECKPOINTS[kind].nature === 'act' && kind !== 'handed_over');
const Measures = z.strictObject({
  witness_rate_pct: z.int().min(0).max(100).optional(),
  protected_destinations: z.array(z.union([OfficeCode, BodyCode, PostalCode])).max(200).optional(),
  two_persons: z.array(z.enum(TWO_PERSON_KINDS as [Kind, ...Kind[]])).max(40).optional(),
  idle_minutes: z.int().min(5).max(20_160).optional(),
  duty_24: z.boolean().optional(),
  rule_multipliers: z.array(z.strictObject({ rule_code: z.string().regex(/^[A-Za-z0-9_.-]{2,60}$/), pct: z.int().min(101).max(1000) })).max(200).optional(),
  risk_grades: z.array(z.strictObject({ by: z.enum(['route', 'area', 'kind']), key: z.string().regex(/^[0-9a-z_]{2,20}(\/[0-9a-z_]{2,20})?$/), grade: z.int().min(2).max(5) })).max(200).optional(),
});

const Party = z.strictObject({
  party_code: PartyCode,
  name_vi: Word,
  party_kind: z.enum(['post', 'telecom', 'department', 'district', 'other']),
  /** Who passed the letter on to it; left out: the issuer. */
  under: PartyCode.optional(),
});
const Demand = z.strictObject({
  demand_id: DemandId, section_no: z.string().max(10), text: Line, due_on: Day.optional(),
  /** Codes or kinds of those it binds. */
  binds: z.array(z.string().regex(/^[A-Za-z0-9-]{2,20}$/)).min(1).max(100),
});
export const DirectiveFacts = z.strictObject({
  issuer_vi: Word,
  number: LetterNo,
  number_legible: z.boolean(),
  date_printed: z.string().min(1).max(60).meta({ description: 'As it is printed, even when wrong' }),
  date_meant: z.string().regex(/^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$/).optional().meta({ description: 'As it is understood, as far as it is known: 2021-01' }),
  date_remark: Line.optional(),
  subject: Line,
  basis: z.array(z.strictObject({ number: LetterNo, on: Day.optional(), issuer_vi: Word.optional() })).max(20),
  sections: z.array(z.strictObject({ no: z.string().max(10), title: Line.optional(), lines: z.array(Line).max(40) })).min(1).max(40),
  addressees: z.array(Party).min(1).max(200),
  copies: z.array(Word).max(40),
  demands: z.array(Demand).min(1).max(60),
  report_to: z.strictObject({ party_code: PartyCode, desk_vi: Word }),
  document_digest: z.string().regex(/^[0-9a-f]{64}$/).optional(),
});

const Digest = z.string().regex(/^[0-9a-f]{64}$/);
/** `count` and `digest` null: too small to be told. */
const Figure = z.strictObject({ code: keys<FigureCode>(FIGURES), count: z.int().min(0).nullable(), digest: Digest.nullable() });

export const PERSONAL_PARTIES = { sender: ['Người gửi', 'Sender'], addressee: ['Người nhận', 'Addressee'], declaration: ['Kê khai', 'Declaration'] } as const;
export type PersonalParty = keyof typeof PERSONAL_PARTIES;
export const ERASURE_REASONS = {
  period_over: ['Hết thời hạn lưu', 'The period of keeping is over'],
  asked_by_person: ['Theo yêu cầu của chủ thể dữ liệu', 'The person asked for it'],
  ordered_by_authority: ['Theo yêu cầu của cơ quan có thẩm quyền', 'An authority ordered it'],
  entered_wrongly: ['Nhập nhầm', 'It was entered wrongly'],
} as const;
export type ErasureReason = keyof typeof ERASURE_REASONS;
/** Number and symbol of a paper; no words. */
const BasisNo = z.string().regex(/^[0-9A-ZĐ][0-9A-ZĐ./-]{0,39}$/).meta({ example: '12/2026/QĐ-BĐ' });

const none = z.strictObject({});
const span = { from_at: Instant, to_at: Instant };

export const JOURNAL_FACTS = {
  roster_planned: z.strictObject({
    office_code: OfficeCode, title: Line, ...span, period_id: Uuid7.optional(), escalate_after_minutes: z.int().min(1).max(240),
    posts: z.array(z.strictObject({ post: keys<Post>(POSTS), needed: z.int().min(1).max(20) })).min(1).max(20),
  }),
  duty_assigned: z.strictObject({ assignment_id: Uuid7, post: keys<Post>(POSTS), person_id: Uuid7, on: Day, from: Time, to: Time }),
  duty_withdrawn: z.strictObject({ assignment_id: Uuid7 }),
  duty_acknowledged: z.strictObject({ assignment_id: Uuid7 }),
  duty_replaced: z.strictObject({ assignment_id: Uuid7, ...span, person_id: Uuid7.nullable() }),
  swap_asked: z.strictObject({ assignment_id: Uuid7, person_id: Uuid7 }),
  swap_accepted: z.strictObject({ assignment_id: Uuid7 }),
  handover_noted: z.strictObject({ lines: z.array(Line).min(1).max(20), open_matters: z.array(Uuid7).max(20).optional() }),
  called_out: z.strictObject({ call_id: Uuid7, about: Line, matter_id: Uuid7.optional(), ladder: z.array(Uuid7).min(1).max(10) }),
  call_acknowledged: z.strictObject({ call_id: Uuid7 }),

  period_ordered: z.strictObject({
    name_vi: Word, basis: z.array(z.strictObject({ number: LetterNo, on: Day.optional() })).max(10), directive_id: Uuid7.optional(),
    before_from: Instant, during_from: Instant, after_from: Instant, until: Instant,
    office_codes: z.array(OfficeCode).max(100), service_classes: z.array(z.enum(['kt1', 'letter', 'parcel', 'printed_matter'])).max(4),
    measures: z.strictObject({ before: Measures, during: Measures, after: Measures }),
  }),
  period_revoked: z.strictObject({ reason: Line }),
  period_read: none,
  period_begun: z.strictObject({ effective_at: Instant }),
  period_ended: z.strictObject({ effective_at: Instant }),

  directive_entered: DirectiveFacts,
  directive_forwarded: z.strictObject({ from_party: PartyCode, to: z.array(Party).min(1).max(100) }),
  directive_acknowledged: z.strictObject({ party_code: PartyCode, paper_no: LetterNo.optional() }),
  leader_named: z.strictObject({ party_code: PartyCode, demand_id: DemandId, leader_title: Word, person_id: Uuid7.optional(), paper_no: LetterNo.optional() }),
  obligation_reported: z.strictObject({ party_code: PartyCode, demand_id: DemandId, status: z.enum(['doing', 'done', 'not_applicable']), note: Line.optional(), evidence: z.array(Evidence).max(20), paper_no: LetterNo.optional() }),
  obligation_judged: z.strictObject({ party_code: PartyCode, demand_id: DemandId, accepted: z.boolean(), remark: Line.optional() }),
  directive_closed: none,

  incident_detected: z.strictObject({
    incident_kind: z.enum(['loss', 'leak', 'tampering', 'dangerous_item', 'information_security', 'outage']), drill: z.boolean(), detected_at: Instant,
    office_code: OfficeCode.optional(), unit_codes: z.array(UnitCode).max(50), summary: Line.optional(),
  }),
  authority_told: z.strictObject({ notice_id: Uuid7, party_code: PartyCode, channel: z.enum(['phone', 'letter', 'in_person', 'electronic', 'telegram']), told_at: Instant, desk_vi: Word }),
  notice_acknowledged: z.strictObject({ notice_id: Uuid7, acknowledged_at: Instant }),
  measure_taken: z.strictObject({ measure: z.enum(['searched', 'isolated', 'stopped_line', 'area_guarded', 'handed_to_authority', 'system_restored', 'access_cut', 'evidence_kept', 'other']), note: Line.optional() }),
  incident_closed: z.strictObject({ outcome: z.enum(['resolved', 'handed_to_authority', 'not_confirmed', 'drill_done']), lesson: Line.optional() }),

  report_tasked: z.strictObject({
    report_kind: keys<ReportKind>(REPORTS), title: Line, office_code: OfficeCode, addressee: PartyCode, addressee_vi: Word, desk_vi: Word.optional(),
    due_at: Instant.nullable(), remind_hours: z.array(z.int().min(1).max(720)).max(10), directive_id: Uuid7.optional(), period_id: Uuid7.optional(), party_code: PartyCode.optional(),
  }),
  report_drawn: z.strictObject({
    ...span, cut_at: Instant,
    /** The signed head of the log when it was drawn; null: nothing was signed yet. */
    head_size: z.int().min(0).nullable(), head_origin: z.string().max(200).nullable().optional(),
    nil: z.boolean(), office_codes: z.array(OfficeCode).min(1).max(200), digest: Digest,
    /** By served body: KT1 items handed in; `a_count` null: too small to be told, or hidden beside such a one. */
    bodies: z.array(z.strictObject({ body_code: BodyCode, count: z.int().min(0), a_count: z.int().min(0).nullable() })).max(200), basis: z.array(Line).max(10), leader_title: Word, place_vi: Word,
    figures: z.array(Figure).max(60), incidents: z.array(Uuid7).max(100), difficulties: z.array(Line).max(20), proposals: z.array(Line).max(20),
  }),
  report_signed: z.strictObject({ digest: Digest, number: LetterNo, on: Day, signer_title: Word, signer_name: Word }),
  report_sent: z.strictObject({ channel: z.enum(['paper', 'document_axis', 'in_person', 'telegram']), sent_at: Instant }),
  report_received: z.strictObject({ received_at: Instant, paper_no: LetterNo.optional() }),

  /** No free text: it would outlive what was erased. */
  erasure_ordered: z.strictObject({ unit_ids: z.array(Uuid7).min(1).max(200), parties: z.array(keys<PersonalParty>(PERSONAL_PARTIES)).min(1).max(3), reason: keys<ErasureReason>(ERASURE_REASONS), basis_no: BasisNo.optional() }),
  legal_hold_placed: z.strictObject({ unit_ids: z.array(Uuid7).min(1).max(200), basis_no: BasisNo }),
  legal_hold_lifted: z.strictObject({ basis_no: BasisNo }),
} as const satisfies { [kind: string]: z.ZodType };

export type JournalKind = keyof typeof JOURNAL_FACTS;
export type JournalFacts<K extends JournalKind = JournalKind> = z.infer<(typeof JOURNAL_FACTS)[K]>;

type KindEntry = {
  vi: string; en: string; matter: MatterKind;
  /** null: the clock does it, nobody may post it. */
  permission: Permission | null;
  /** Permission that a second, distinct person must confirm with; null: none. */
  second: Permission | null;
  /** Begins the matter. */
  opens: boolean;
};
const entry = (matter: MatterKind, vi: string, en: string, permission: Permission | null, more: Partial<KindEntry> = {}): KindEntry => ({ matter, vi, en, permission, second: null, opens: false, ...more });

export const JOURNAL: { readonly [K in JournalKind]: KindEntry } = {
  roster_planned: entry('roster', 'Lập lịch trực', 'Roster planned', 'duty.manage', { opens: true }),
  duty_assigned: entry('roster', 'Phân công trực', 'Duty assigned', 'duty.manage'),
  duty_withdrawn: entry('roster', 'Bỏ phân công', 'Duty withdrawn', 'duty.manage'),
  duty_acknowledged: entry('roster', 'Đã nhận lịch', 'Duty acknowledged', 'duty.read'),
  duty_replaced: entry('roster', 'Thay người trực', 'Duty replaced', 'duty.manage'),
  swap_asked: entry('roster', 'Xin đổi ca trực', 'Swap asked', 'duty.read'),
  swap_accepted: entry('roster', 'Nhận đổi ca trực', 'Swap accepted', 'duty.read'),
  handover_noted: entry('roster', 'Ghi bàn giao trực', 'Handover noted', 'duty.read'),
  called_out: entry('roster', 'Gọi trực', 'Called out', 'duty.read'),
  call_acknowledged: entry('roster', 'Đã nhận lời gọi', 'Call acknowledged', 'duty.read'),

  period_ordered: entry('period', 'Ra lệnh giai đoạn cao điểm', 'Period ordered', 'period.order', { opens: true, second: 'period.order' }),
  period_revoked: entry('period', 'Bãi bỏ lệnh', 'Period revoked', 'period.order', { second: 'period.order' }),
  period_read: entry('period', 'Đã đọc lệnh', 'Order read', 'duty.read'),
  period_begun: entry('period', 'Giai đoạn bắt đầu', 'Period begun', null),
  period_ended: entry('period', 'Giai đoạn kết thúc', 'Period ended', null),

  directive_entered: entry('directive', 'Vào sổ văn bản', 'Directive entered', 'directive.issue', { opens: true }),
  directive_forwarded: entry('directive', 'Chuyển tiếp văn bản', 'Directive forwarded', 'directive.answer'),
  directive_acknowledged: entry('directive', 'Đã nhận văn bản', 'Directive acknowledged', 'directive.answer'),
  leader_named: entry('directive', 'Cử lãnh đạo chịu trách nhiệm', 'Responsible leader named', 'directive.answer'),
  obligation_reported: entry('directive', 'Báo kết quả thực hiện', 'Obligation reported', 'directive.answer'),
  obligation_judged: entry('directive', 'Đánh giá kết quả', 'Obligation judged', 'directive.issue'),
  directive_closed: entry('directive', 'Kết thúc theo dõi', 'Directive closed', 'directive.issue'),

  incident_detected: entry('incident', 'Phát hiện sự cố', 'Incident detected', 'incident.report', { opens: true }),
  authority_told: entry('incident', 'Báo cơ quan chức năng', 'Authority told', 'incident.report'),
  notice_acknowledged: entry('incident', 'Cơ quan đã nhận tin', 'Notice acknowledged', 'incident.report'),
  measure_taken: entry('incident', 'Biện pháp xử lý', 'Measure taken', 'incident.report'),
  incident_closed: entry('incident', 'Kết thúc sự cố', 'Incident closed', 'incident.handle'),

  report_tasked: entry('report', 'Giao báo cáo', 'Report tasked', 'report.draw', { opens: true }),
  report_drawn: entry('report', 'Lập báo cáo', 'Report drawn', 'report.draw'),
  report_signed: entry('report', 'Ký báo cáo', 'Report signed', 'report.sign'),
  report_sent: entry('report', 'Gửi báo cáo', 'Report sent', 'report.sign'),
  report_received: entry('report', 'Đã nhận báo cáo', 'Report received', 'report.receive'),

  erasure_ordered: entry('erasure', 'Lệnh xóa dữ liệu cá nhân', 'Erasure ordered', 'personal.erase', { opens: true, second: 'personal.erase' }),
  legal_hold_placed: entry('legal_hold', 'Lệnh lưu giữ', 'Legal hold placed', 'personal.hold', { opens: true }),
  legal_hold_lifted: entry('legal_hold', 'Gỡ lệnh lưu giữ', 'Legal hold lifted', 'personal.hold', { second: 'personal.hold' }),
};

/** One entry as it was written. `person_id` null: the clock. */
export type JournalEntry<K extends JournalKind = JournalKind> = {
  entry_no: number;
  matter_id: string;
  kind: K;
  at_ms: number;
  person_id: string | null;
  second_person_id: string | null;
  office_code: string | null;
  agency_code: string | null;
  facts: JournalFacts<K>;
};

/** Whether an entry is of a kind, so that its facts are known. */
export const isKind = <K extends JournalKind>(entry: JournalEntry, kind: K): entry is JournalEntry<K> => entry.kind === kind;
