// CATALOGUE of biên bản: what each records of the ledger, who signs, which acts it rests on; and the words for facts on paper.
// What the ledger does not know is left to be written by hand: no free text is stored, so no content of a secret can be.

import type { Kind } from './facts.ts';

export const RECORD_FORM_NAMES = ['discovery', 'damage_rewrap', 'discrepancy', 'seal', 'joint_inspection', 'temporary_holding', 'handover', 'return'] as const;
export type RecordForm = (typeof RECORD_FORM_NAMES)[number];

type Signer = 'drawer' | 'controller' | 'witness' | 'authority' | 'sender' | 'carrier' | 'receiver' | 'other_office' | 'leader';
export const SIGNERS: { readonly [S in Signer]: readonly [vi: string, en: string] } = {
  drawer: ['Người lập biên bản', 'Drawn up by'],
  controller: ['Kiểm soát viên', 'Controller'],
  witness: ['Người chứng kiến của bưu điện', 'Witness of the post'],
  authority: ['Đại diện cơ quan có thẩm quyền', 'For the authority'],
  sender: ['Người gửi hoặc người được ủy quyền', 'Sender or authorised'],
  carrier: ['Người vận chuyển', 'Carrier'],
  receiver: ['Bên nhận', 'Receiver'],
  other_office: ['Đại diện bưu cục được hỏi', 'For the office asked'],
  leader: ['Lãnh đạo đơn vị', 'Leader'],
};

/** `kinds`: checkpoints whose facts are told. `acts`: entries of legal_act it rests on, where they are loaded. */
export type RecordFormEntry = { vi: string; en: string; about: readonly ('item' | 'bag')[]; kinds: readonly Kind[]; signers: readonly Signer[]; acts: readonly string[]; copies: number };
const ITEM = ['item'] as const;
const BOTH = ['item', 'bag'] as const;

export const RECORD_FORMS: { readonly [F in RecordForm]: RecordFormEntry } = {
  discovery: {
    vi: 'Phát hiện bưu gửi có dấu hiệu vi phạm', en: 'Discovery of a suspicious item', about: BOTH, copies: 3, acts: ['luat_buu_chinh'],
    kinds: ['accepted', 'screened', 'suspected', 'held', 'reweighed', 'condition_recorded'], signers: ['drawer', 'controller', 'witness', 'leader'],
  },
  damage_rewrap: {
    vi: 'Bưu gửi hư hỏng, gói bọc lại', en: 'Damage and rewrapping', about: ITEM, copies: 2, acts: ['luat_buu_chinh'],
    kinds: ['accepted', 'condition_recorded', 'reweighed', 'counted', 'rewrapped'], signers: ['drawer', 'witness', 'controller'],
  },
  discrepancy: {
    vi: 'Chênh lệch khi đối soát', en: 'Discrepancy found at reconciliation', about: BOTH, copies: 2, acts: [],
    kinds: ['accepted', 'bagged', 'bag_sealed', 'bag_unsealed', 'counted', 'missing', 'found_again', 'reweighed'], signers: ['drawer', 'witness', 'controller', 'other_office'],
  },
  seal: {
    vi: 'Tình trạng niêm phong', en: 'State of seals', about: ['bag'], copies: 2, acts: [],
    kinds: ['bag_sealed', 'bag_reopened', 'bag_arrived', 'seal_checked', 'bag_unsealed'], signers: ['drawer', 'witness', 'carrier', 'other_office'],
  },
  joint_inspection: {
    vi: 'Phối hợp kiểm tra bưu gửi', en: 'Joint inspection', about: ITEM, copies: 3, acts: ['luat_buu_chinh'],
    kinds: ['accepted', 'screened', 'held', 'given_to_authority', 'opened_by_authority'], signers: ['authority', 'drawer', 'witness', 'sender'],
  },
  temporary_holding: {
    vi: 'Tạm giữ bưu gửi', en: 'Temporary holding', about: BOTH, copies: 3, acts: ['luat_buu_chinh'],
    kinds: ['accepted', 'suspected', 'held', 'given_to_authority'], signers: ['drawer', 'witness', 'authority', 'sender'],
  },
  handover: {
    vi: 'Bàn giao bưu gửi', en: 'Handover', about: BOTH, copies: 2, acts: [],
    kinds: ['accepted', 'bag_sealed', 'handed_over', 'given_to_authority', 'returned_by_authority'], signers: ['drawer', 'receiver', 'witness'],
  },
  return: {
    vi: 'Hoàn trả bưu gửi', en: 'Return', about: ITEM, copies: 2, acts: [],
    kinds: ['accepted', 'attempted', 'hold_released', 'returned_by_authority', 'return_started', 'returned', 'withdrawn'], signers: ['drawer', 'receiver', 'controller'],
  },
};

export const CONDITIONS: { readonly [condition: string]: readonly [vi: string, en: string] } = {
  intact: ['Nguyên vẹn', 'Intact'], wrinkled: ['Nhàu', 'Wrinkled'], stained: ['Vết bẩn', 'Stained'], wet: ['Ướt', 'Wet'], torn: ['Rách', 'Torn'], resealed: ['Dán lại', 'Resealed'],
};
export const DIFFERENCES: { readonly [kind: string]: readonly [vi: string, en: string] } = {
  missing: ['Thiếu', 'Missing'], surplus: ['Thừa', 'Surplus'], mis_sent: ['Lạc hướng', 'Mis-sent'], other_bag: ['Thuộc túi khác', 'Of another bag'], damaged: ['Hư hỏng', 'Damaged'],
  weight_mismatch: ['Sai khối lượng', 'Weight differs'], seal: ['Niêm phong khác', 'Seal differs'], bag_weight: ['Khối lượng túi khác', 'Weight of the bag differs'],
};

type Say = (value: unknown, reasons: ReadonlyMap<string, string>) => string;
const plain: Say = (value) => (Array.isArray(value) ? value.join(', ') : String(value));
const grams: Say = (value) => `${String(value).replaceAll(/\B(?=(\d{3})+$)/g, '.')} g`;
const reason: Say = (value, reasons) => reasons.get(String(value)) ?? String(value);
const of = (catalogue: { readonly [code: string]: readonly [vi: string, en: string] }): Say => (value) => catalogue[String(value)]?.[0] ?? String(value);
const FOUND = { intact: ['nguyên vẹn', 'intact'], broken: ['đứt', 'broken'], absent: ['không có', 'absent'], other_number: ['số khác', 'another number'] } as const;
const RESULTS = { clear: ['không phát hiện', 'clear'], alarm: ['báo động', 'alarm'], inconclusive: ['không rõ', 'inconclusive'] } as const;

/** Facts that are told on paper, and how. Those that are not here stay in the ledger. */
const FACT_WORDS: { readonly [fact: string]: readonly [vi: string, say: Say] } = {
  weight_g: ['khối lượng', grams], weight_before_g: ['trước khi gói lại', grams], gross_g: ['cả bì', grams], tare_g: ['vỏ túi', grams], item_count: ['số bưu gửi', plain],
  condition: ['tình trạng', of(CONDITIONS)], reason_code: ['lý do', reason], bag_code: ['túi', plain], seal_nos: ['niêm phong', plain], seal_no: ['niêm phong', plain], found: ['thấy', of(FOUND)],
  method: ['phương pháp', plain], equipment_no: ['thiết bị', plain], result: ['kết quả', of(RESULTS)], agency_code: ['cơ quan', plain], record_no: ['biên bản số', plain], receiver_card_no: ['thẻ người nhận', plain],
  act_code: ['căn cứ', plain], decision_no: ['quyết định số', plain], signer_card_no: ['thẻ người ký', plain], procuracy_approval_no: ['viện kiểm sát phê chuẩn số', plain], urgency_reason_code: ['lý do khẩn cấp', reason],
};

/** What an entry says, for paper: `khối lượng 182 g; tình trạng nguyên vẹn`. Nested facts of a basis are told too. */
export function tell(facts: { readonly [fact: string]: unknown }, reasons: ReadonlyMap<string, string>): string {
  const flat = Object.entries(facts).flatMap(([name, value]) => (name === 'basis' ? Object.entries(value as object) : [[name, value] as const]));
  return flat.flatMap(([name, value]) => {
    const known = FACT_WORDS[name];
    return known === undefined || value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [`${known[0]} ${known[1](value, reasons)}`];
  }).join('; ');
}

/** What is frozen, numbered and hashed: everything that is printed but what is written by hand. Text is Vietnamese, for paper. */
export type RecordContent = {
  format: 'niem.record/1';
  form: RecordForm;
  number: string;
  office_code: string;
  office_vi: string;
  /** Unix milliseconds. */
  drawn_at: number;
  drawn_by: string;
  code: string;
  unit_kind: 'item' | 'bag';
  /** Last entry of the unit that this rests on. */
  head_hash: string;
  acts: readonly string[];
  lines: readonly (readonly [label: string, value: string])[];
  steps: readonly { at: number; what: string; where: string; who: string; said: string }[];
};

/** `12/2026/BB-243100`. */
export const recordNumber = (office_code: string, year: number, no: number): string => `${no}/${year}/BB-${office_code}`;

/** What the QR of a biên bản says; `digest` in hex. */
export const recordQr = (number: string, digest: string): string => `NIEM:BB:${number}:${digest}`;
