// CATALOGUE of what an authority is told of, and a notice from its raising to its acknowledgement. Codes only, so KT1 can be told of too.
// Pure: reads no clock and no database.

export const GOODS_CLASSES = {
  weapons_explosives: ['Vũ khí, vật liệu nổ', 'Weapons, explosives'],
  dangerous: ['Vật nguy hiểm khác', 'Other dangerous matter'],
  drugs: ['Ma túy, tiền chất', 'Drugs, precursors'],
  illegal_publication: ['Ấn phẩm, tài liệu vi phạm', 'Illegal publications'],
  smuggled: ['Hàng lậu, hàng giả', 'Smuggled or counterfeit goods'],
  cross_border: ['Hàng qua biên giới, quốc tế', 'Cross-border and international goods'],
  border_belt: ['Hàng ở khu vực biên giới', 'Goods in the border belt'],
  forged_kt1: ['Bưu gửi giả mạo KT1', 'Forged KT1 item'],
  leak_or_loss: ['Lộ, mất bưu gửi KT1', 'Leak or loss of a KT1 item'],
  other: ['Dấu hiệu khác', 'Other signs'],
} as const satisfies Record<string, readonly [vi: string, en: string]>;
export type GoodsClass = keyof typeof GOODS_CLASSES;

/** Limits of a notice, dated rows: until somebody is told; then, unacknowledged, until it is repeated and until the roster is called. */
export const NOTICE_LIMITS = { tell: 'TL17', repeat: 'TL45', escalate: 'TL46' } as const;

export const NOTICE_CHANNELS = {
  phone: ['Điện thoại', 'By phone'],
  letter: ['Công văn', 'By letter'],
  in_person: ['Trực tiếp', 'In person'],
  electronic: ['Trên hệ thống', 'Electronically'],
  file: ['Tệp có chữ ký số', 'Signed file'],
} as const;
export type NoticeChannel = keyof typeof NOTICE_CHANNELS;

export const NOTICE_STEPS = {
  addressed: ['Xác định cơ quan nhận', 'Recipient named'],
  told: ['Đã báo', 'Told'],
  acknowledged: ['Cơ quan đã nhận tin', 'Acknowledged'],
  repeated: ['Nhắc lại', 'Repeated'],
  escalated: ['Chuyển trực ban', 'Escalated to the duty roster'],
  withdrawn: ['Rút tin báo', 'Withdrawn'],
} as const satisfies Record<string, readonly [vi: string, en: string]>;
export type NoticeStepKind = keyof typeof NOTICE_STEPS;

export type NoticeState = 'no_recipient' | 'to_tell' | 'told' | 'acknowledged' | 'withdrawn';
type Step = { kind: NoticeStepKind; happened_at: Date | null };

/** A notice that an endpoint was told of counts as told: its system has it, or will have it as soon as it answers. */
export function stateOfNotice(party_code: string | null, steps: readonly Step[]): NoticeState {
  const did = (kind: NoticeStepKind): boolean => steps.some((step) => step.kind === kind);
  if (did('withdrawn')) return 'withdrawn';
  if (did('acknowledged')) return 'acknowledged';
  if (did('told')) return 'told';
  return party_code === null ? 'no_recipient' : 'to_tell';
}

/** When it was first told; null: not yet. */
export const toldAt = (steps: readonly Step[]): number | null => {
  const times = steps.filter((step) => step.kind === 'told').map((step) => step.happened_at?.getTime() ?? 0);
  return times.length === 0 ? null : Math.min(...times);
};

/** Which steps people may take from which state. */
export const NOTICE_ROAD: { readonly [K in NoticeStepKind]?: readonly NoticeState[] } = {
  addressed: ['no_recipient'],
  told: ['to_tell', 'told'],
  acknowledged: ['to_tell', 'told'],
  withdrawn: ['no_recipient', 'to_tell', 'told'],
};

export type Route = { route_id: number; goods_class: string; office_code: string | null; party_code: string | null };

/** The row that holds for a class and place: of the office before that of all; a row without recipient is an answer too. null: no row. */
export function routeFor(routes: readonly Route[], goods_class: GoodsClass, office_code: string): Route | null {
  const mine = routes.filter((route) => route.goods_class === goods_class);
  return mine.find((route) => route.office_code === office_code) ?? mine.find((route) => route.office_code === null) ?? null;
}

export type Open = { raised_at_ms: number; repeats: number; escalated: boolean };

/**
 * What the clock does about a notice that nobody acknowledged, by lengths in milliseconds; a length that nobody loaded is null and never
 * presses. `repeat`: which repetition is due, counted from 1.
 */
export function pressDue(
  { raised_at_ms, repeats, escalated }: Open,
  repeat_ms: number | null,
  escalate_ms: number | null,
  now_ms: number,
): { repeat: number | null; escalate: boolean } {
  const due = repeat_ms === null ? 0 : Math.floor((now_ms - raised_at_ms) / repeat_ms);
  return { repeat: due > repeats ? due : null, escalate: !escalated && escalate_ms !== null && now_ms - raised_at_ms >= escalate_ms };
}
