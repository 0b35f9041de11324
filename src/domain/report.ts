// CATALOGUE of reports and of their figures. A figure is a filter over checkpoints, so that it can be opened to the events behind
// it and counted again. Pure.

import type { FlagCode } from './decide.ts';
import type { Kind } from './facts.ts';
import type { Secrecy, ServiceClass, Urgency } from './service.ts';

/** Which checkpoints a figure counts. What is left out does not narrow it. */
export type FigureFilter = {
  kinds: readonly Kind[];
  service_classes?: readonly ServiceClass[];
  secrecy?: Secrecy;
  urgency?: Urgency;
  scope?: 'INTRA' | 'INTER';
  joint_check?: 'done';
  flag?: FlagCode;
};
type FigureEntry = { vi: string; en: string; section: Section; filter: FigureFilter };

/** Headings of a report, in the order of the letter. */
export const SECTIONS = {
  kt1: ['Bưu gửi KT1', 'KT1 items'],
  control: ['Kiểm soát chấp nhận và phát', 'Control at acceptance and delivery'],
  suspicious: ['Bưu gửi nghi vấn, vật phẩm, hàng hóa cấm', 'Suspicious items and banned goods'],
  reconciliation: ['Đối soát', 'Reconciliation'],
} as const;
export type Section = keyof typeof SECTIONS;

const figure = (section: Section, vi: string, en: string, kinds: Kind[], more: Omit<FigureFilter, 'kinds'> = {}): FigureEntry => ({
  section,
  vi,
  en,
  filter: { kinds, ...more },
});
const KT1 = { service_classes: ['kt1'] } as const;
const ORDINARY = { service_classes: ['letter', 'parcel', 'printed_matter'] } as const;

export const FIGURES = {
  kt1_accepted: figure('kt1', 'Bưu gửi KT1 đã chấp nhận', 'KT1 items accepted', ['accepted'], KT1),
  kt1_accepted_a: figure('kt1', 'trong đó dấu A', 'of which marked A', ['accepted'], { ...KT1, secrecy: 'A' }),
  kt1_accepted_b: figure('kt1', 'trong đó dấu B', 'of which marked B', ['accepted'], { ...KT1, secrecy: 'B' }),
  kt1_accepted_c: figure('kt1', 'trong đó dấu C', 'of which marked C', ['accepted'], { ...KT1, secrecy: 'C' }),
  kt1_urgent: figure('kt1', 'trong đó hỏa tốc', 'of which hỏa tốc', ['accepted'], { ...KT1, urgency: 'HOA_TOC' }),
  kt1_timed: figure('kt1', 'trong đó hẹn giờ', 'of which hẹn giờ', ['accepted'], { ...KT1, urgency: 'HEN_GIO' }),
  kt1_delivered: figure('kt1', 'Bưu gửi KT1 đã phát', 'KT1 items delivered', ['delivered'], KT1),
  kt1_not_on_time: figure('kt1', 'Phát hẹn giờ không đúng giờ', 'Hẹn giờ items not delivered at the time', ['delivered'], {
    ...KT1,
    flag: 'not_on_time',
  }),
  kt1_attempted: figure('kt1', 'Lượt phát không thành công', 'Failed delivery attempts', ['attempted'], KT1),
  kt1_returned: figure('kt1', 'Bưu gửi KT1 chuyển hoàn', 'KT1 items returned', ['return_started'], KT1),
  kt1_lost: figure('kt1', 'Bưu gửi KT1 kết luận mất', 'KT1 items declared lost', ['lost'], KT1),
  accepted_ordinary: figure('control', 'Bưu gửi thường đã chấp nhận', 'Ordinary items accepted', ['accepted'], ORDINARY),
  joint_checked: figure('control', 'Bưu gửi đã đồng kiểm', 'Items jointly checked', ['accepted'], { ...ORDINARY, joint_check: 'done' }),
  acceptance_refused: figure('control', 'Từ chối chấp nhận', 'Acceptances refused', ['acceptance_refused']),
  approved: figure('control', 'Kiểm soát viên đã duyệt', 'Approved by a controller', ['approved']),
  approval_refused: figure('control', 'Kiểm soát viên không duyệt', 'Refused by a controller', ['approval_refused']),
  delivered_ordinary: figure('control', 'Bưu gửi thường đã phát', 'Ordinary items delivered', ['delivered'], ORDINARY),
  suspected: figure('suspicious', 'Bưu gửi bị nghi vấn', 'Items under suspicion', ['suspected']),
  held: figure('suspicious', 'Bưu gửi bị giữ', 'Items held', ['held']),
  released: figure('suspicious', 'Bưu gửi được giải tỏa', 'Holds released', ['hold_released']),
  given_to_authority: figure('suspicious', 'Bàn giao cơ quan có thẩm quyền', 'Given to an authority', ['given_to_authority']),
  destroyed: figure('suspicious', 'Tiêu hủy theo quyết định', 'Destroyed by order', ['destroyed']),
  bags_sealed: figure('reconciliation', 'Túi đã đóng, niêm phong', 'Bags sealed', ['bag_sealed']),
  bags_reconciled: figure('reconciliation', 'Túi đã đối soát', 'Bags reconciled', ['bag_emptied']),
  counted: figure('reconciliation', 'Bưu gửi đã đối soát', 'Items counted', ['counted']),
  surplus: figure('reconciliation', 'Thừa', 'Surplus', ['counted'], { flag: 'surplus' }),
  missing: figure('reconciliation', 'Thiếu', 'Missing', ['missing']),
  found_again: figure('reconciliation', 'Tìm thấy', 'Found again', ['found_again']),
  seal_differs: figure('reconciliation', 'Niêm phong khác đăng ký', 'Seals that differ', ['seal_checked', 'bag_unsealed'], { flag: 'seal_differs' }),
  damaged: figure('reconciliation', 'Hư hỏng', 'Damaged', ['counted', 'condition_recorded', 'handed_over'], { flag: 'damaged' }),
} as const satisfies Record<string, FigureEntry>;
export type FigureCode = keyof typeof FIGURES;

const ALL = Object.keys(FIGURES) as FigureCode[];
const of = (...sections: Section[]): FigureCode[] => ALL.filter((code) => sections.includes(FIGURES[code].section));

/** Kinds of report. `limit_code`: the dated limit by which it is due; null: the letter or the order says. */
export const REPORTS = {
  period_report: { vi: 'Báo cáo kết quả thực hiện', en: 'Report under a directive', limit_code: 'TL24', figures: ALL },
  ad_hoc: { vi: 'Báo cáo đột xuất', en: 'Ad hoc report', limit_code: 'TL18', figures: of('kt1', 'reconciliation') },
  kt1_periodic: { vi: 'Báo cáo định kỳ KT1', en: 'KT1 periodic report', limit_code: 'TL23', figures: of('kt1', 'reconciliation') },
  state_secret_yearly: { vi: 'Báo cáo năm về bảo vệ bí mật nhà nước', en: 'State-secret yearly report', limit_code: 'TL20', figures: of('kt1') },
  settlement: { vi: 'Đối soát sản lượng, chất lượng', en: 'Settlement of volume and quality', limit_code: null, figures: of('kt1') },
  after_action: { vi: 'Tổng kết giai đoạn cao điểm', en: 'After-action report of a period', limit_code: null, figures: ALL },
} as const satisfies Record<string, { vi: string; en: string; limit_code: string | null; figures: readonly FigureCode[] }>;
export type ReportKind = keyof typeof REPORTS;

/** A count of items marked A below this says too much about a body's traffic. */
export const SMALL_CELL = 10;

/**
 * Which cells of a group must not be shown: counts of A items from 1 to 9, and, where only one would be hidden and so could be worked
 * out from the total, the next smallest beside it. `sensitive` false: a cell that may be shown, unless it must hide another.
 */
export function suppress(cells: readonly { count: number; sensitive: boolean }[]): boolean[] {
  const hidden = cells.map(({ count, sensitive }) => sensitive && count > 0 && count < SMALL_CELL);
  if (hidden.filter(Boolean).length === 1) {
    const candidates = cells.map((cell, i) => ({ ...cell, i })).filter(({ i, count }) => !hidden[i] && count > 0);
    const next = candidates.toSorted((a, b) => a.count - b.count)[0];
    if (next) hidden[next.i] = true;
  }
  return hidden;
}

/** Which half-year, or which twelve months up to 14 December, a yearly or half-yearly report covers: civil days, both inclusive. */
export function windowOf(report_kind: 'kt1_periodic' | 'state_secret_yearly', on: string): { from_on: string; to_on: string } {
  const [year = 0, month = 1, day = 1] = on.split('-').map(Number);
  if (report_kind === 'kt1_periodic') {
    return month > 6 ? { from_on: `${year}-01-01`, to_on: `${year}-06-30` } : { from_on: `${year - 1}-07-01`, to_on: `${year - 1}-12-31` };
  }
  // The window of a year ends on 14 December: from the 15th on it is over.
  const last = month === 12 && day >= 15 ? year : year - 1;
  return { from_on: `${last - 1}-12-15`, to_on: `${last}-12-14` };
}
