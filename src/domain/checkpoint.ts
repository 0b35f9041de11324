// CATALOGUE of everything that can happen to an item or a bag on its whole road: from which states, to which, who may do
// it, whether a second person is needed, and what it is called by people, by UPU (EMSEVT v3) and by EPCIS (CBV 2.0).
// Routes, screens, words, exports, permissions and tests iterate over it. A null code: that standard has no word for it.

import type { Kind } from './facts.ts';
import type { Permission } from './role.ts';
import type { Custodian, State } from './state.ts';

export type Epcis = {
  type: 'ObjectEvent' | 'AggregationEvent';
  action: 'ADD' | 'OBSERVE' | 'DELETE';
  biz_step: string | null;
  disposition: string | null;
};

export type KindEntry = {
  vi: string;
  en: string;
  unit: 'item' | 'bag' | 'both';
  /** `new`: makes the unit. `living`: any state that is not final. `any`: every state. */
  from: readonly State[] | 'new' | 'living' | 'any';
  /** `same`: the state stays. */
  to: State | 'same';
  /** A fact is stored even when it breaks a rule, and flagged. An act needs authority and is refused. */
  nature: 'fact' | 'act';
  permission: Permission;
  /** Permission that a second, distinct person must confirm with; null: none. */
  second: Permission | null;
  /** The same, but only for what is marked A or B (a bag that holds such). */
  second_if_marked: Permission | null;
  /** Must be done by another person than the one who did this earlier step. */
  other_than: 'accepted' | 'held' | null;
  /** Moves the unit: impossible while it is held. */
  moves: boolean;
  /** Who holds the unit afterwards. `named`: the facts say. */
  custody: 'keeps' | 'actor' | 'second' | 'sender' | 'addressee' | 'courier' | 'agency' | 'vehicle' | 'bag' | 'nobody' | 'named';
  upu: string | null;
  epcis: Epcis;
};

const object = (biz_step: string | null, disposition: string | null = 'in_progress', action: Epcis['action'] = 'OBSERVE'): Epcis => ({
  type: 'ObjectEvent', action, biz_step, disposition,
});
const aggregation = (action: 'ADD' | 'DELETE', biz_step: string, disposition: string): Epcis => ({
  type: 'AggregationEvent', action, biz_step, disposition,
});

const DEFAULTS = {
  unit: 'item', nature: 'act', second: null, second_if_marked: null, other_than: null, moves: false, custody: 'keeps', upu: null,
} as const satisfies Partial<KindEntry>;
type Given = Omit<KindEntry, keyof typeof DEFAULTS> & Partial<KindEntry>;
const kind = (given: Given): KindEntry => ({ ...DEFAULTS, ...given });

const READY: readonly State[] = ['approved', 'at_office', 'attempted'];

export const CHECKPOINTS: { readonly [K in Kind]: KindEntry } = {
  accepted: kind({ vi: 'Chấp nhận', en: 'Accepted', from: 'new', to: 'awaiting_approval', permission: 'item.accept', custody: 'actor', upu: 'EMA', epcis: object('accepting', 'in_progress', 'ADD') }),
  acceptance_refused: kind({ vi: 'Từ chối chấp nhận', en: 'Acceptance refused', from: 'new', to: 'not_accepted', permission: 'item.accept', custody: 'sender', epcis: object('inspecting', 'non_conformant') }),
  approved: kind({ vi: 'Duyệt', en: 'Approved', from: ['awaiting_approval'], to: 'approved', permission: 'item.approve', other_than: 'accepted', epcis: object('inspecting', 'conformant') }),
  approval_refused: kind({ vi: 'Từ chối duyệt', en: 'Approval refused', from: ['awaiting_approval'], to: 'approval_refused', permission: 'item.approve', other_than: 'accepted', epcis: object('inspecting', 'non_conformant') }),
  seen: kind({ vi: 'Quét thấy', en: 'Seen', unit: 'both', nature: 'fact', from: 'living', to: 'same', permission: 'item.scan', epcis: object('inspecting') }),
  label_printed: kind({ vi: 'In nhãn', en: 'Label printed', from: 'living', to: 'same', permission: 'item.print', epcis: object(null) }),
  reweighed: kind({ vi: 'Cân lại', en: 'Weighed again', nature: 'fact', from: 'living', to: 'same', permission: 'item.scan', epcis: object('inspecting') }),
  condition_recorded: kind({ vi: 'Ghi tình trạng', en: 'Condition recorded', nature: 'fact', from: 'living', to: 'same', permission: 'item.scan', epcis: object('inspecting') }),
  rewrapped: kind({ vi: 'Lập biên bản, gói lại', en: 'Recorded and rewrapped', from: [...READY, 'awaiting_approval', 'returning'], to: 'same', permission: 'item.rewrap', second: 'item.rewrap', epcis: object('inspecting') }),
  corrected: kind({ vi: 'Đính chính', en: 'Corrected', unit: 'both', from: 'any', to: 'same', permission: 'item.correct', epcis: object(null) }),
  handed_over: kind({ vi: 'Giao nhận', en: 'Handed over', unit: 'both', from: [...READY, 'with_courier', 'approval_refused', 'returning', 'sealed', 'in_transit', 'arrived'], to: 'same', permission: 'custody.hand_over', second: 'custody.hand_over', moves: true, custody: 'named', epcis: object('shipping', 'in_transit') }),
  bagged: kind({ vi: 'Cho vào túi', en: 'Put in a bag', from: [...READY, 'returning'], to: 'in_bag', permission: 'bag.make', moves: true, custody: 'bag', upu: 'EDD', epcis: aggregation('ADD', 'packing', 'in_progress') }),
  taken_out_of_bag: kind({ vi: 'Lấy khỏi túi', en: 'Taken out of the bag', from: ['in_bag'], to: 'at_office', permission: 'bag.make', custody: 'actor', epcis: aggregation('DELETE', 'unpacking', 'in_progress') }),
  counted: kind({ vi: 'Đếm trong túi', en: 'Counted', nature: 'fact', from: ['in_bag', 'missing'], to: 'at_office', permission: 'bag.open', custody: 'actor', upu: 'EMG', epcis: aggregation('DELETE', 'unpacking', 'completeness_verified') }),
  missing: kind({ vi: 'Thiếu', en: 'Missing', unit: 'both', nature: 'fact', from: ['in_bag', 'in_transit', 'sealed'], to: 'missing', permission: 'bag.open', epcis: object('inspecting', 'mismatch_instance') }),
  sorted: kind({ vi: 'Chia chọn', en: 'Sorted', nature: 'fact', from: READY, to: 'same', permission: 'item.scan', upu: 'EDD', epcis: object('storing') }),
  screened: kind({ vi: 'Soi chiếu', en: 'Screened', unit: 'both', nature: 'fact', from: 'living', to: 'same', permission: 'item.screen', upu: 'EXA', epcis: object('inspecting') }),
  suspected: kind({ vi: 'Cắm cờ nghi vấn', en: 'Suspected', nature: 'fact', from: 'living', to: 'same', permission: 'item.scan', epcis: object('holding', 'unavailable') }),
  held: kind({ vi: 'Giữ lại', en: 'Held', unit: 'both', from: 'living', to: 'same', permission: 'item.hold', upu: 'EXD', epcis: object('holding', 'unavailable') }),
  hold_released: kind({ vi: 'Giải tỏa', en: 'Hold released', unit: 'both', from: 'living', to: 'same', permission: 'item.release_hold', other_than: 'held', upu: 'EXC', epcis: object('inspecting', 'available') }),
  signed_out: kind({ vi: 'Giao bưu tá', en: 'Out for delivery', from: READY, to: 'with_courier', permission: 'custody.hand_over', second: 'item.deliver', moves: true, custody: 'courier', upu: 'EDG', epcis: object('departing', 'in_transit') }),
  attempted: kind({ vi: 'Phát không thành công', en: 'Delivery attempted', nature: 'fact', from: ['with_courier'], to: 'attempted', permission: 'item.deliver', upu: 'EMH', epcis: object('inspecting') }),
  delivered: kind({ vi: 'Phát', en: 'Delivered', from: ['with_courier', 'at_office', 'attempted'], to: 'delivered', permission: 'item.deliver', moves: true, custody: 'addressee', upu: 'EMI', epcis: object('accepting', 'https://ref.niem.example/Disp-delivered') }),
  call_notice_left: kind({ vi: 'Gửi giấy mời', en: 'Call notice left', nature: 'fact', from: ['attempted', 'at_office', 'with_courier'], to: 'same', permission: 'item.deliver', upu: 'EDH', epcis: object('inspecting') }),
  redirected: kind({ vi: 'Chuyển tiếp', en: 'Redirected', from: READY, to: 'at_office', permission: 'item.return', moves: true, custody: 'actor', epcis: object('shipping') }),
  return_started: kind({ vi: 'Chuyển hoàn', en: 'Return started', from: [...READY, 'approval_refused', 'awaiting_approval'], to: 'returning', permission: 'item.return', moves: true, epcis: object('shipping', 'returned') }),
  returned: kind({ vi: 'Đã trả người gửi', en: 'Returned to the sender', from: ['returning', 'approval_refused'], to: 'returned', permission: 'item.return', moves: true, custody: 'sender', epcis: object('accepting', 'returned') }),
  withdrawn: kind({ vi: 'Người gửi rút lại', en: 'Withdrawn by the sender', from: ['awaiting_approval', 'approved', 'at_office'], to: 'withdrawn', permission: 'item.return', moves: true, custody: 'sender', upu: 'EXX', epcis: object('accepting', 'returned') }),
  declared_unclaimed: kind({ vi: 'Không có người nhận', en: 'Declared unclaimed', from: ['at_office', 'attempted', 'returning'], to: 'unclaimed', permission: 'item.write_off', second: 'item.approve', epcis: object('holding', 'unavailable') }),
  given_to_authority: kind({ vi: 'Bàn giao cơ quan có thẩm quyền', en: 'Given to an authority', from: 'living', to: 'with_authority', permission: 'item.authority', second: 'item.release_hold', custody: 'agency', upu: 'EXB', epcis: object('shipping', 'unavailable') }),
  opened_by_authority: kind({ vi: 'Cơ quan có thẩm quyền mở', en: 'Opened by an authority', from: ['with_authority'], to: 'same', permission: 'item.authority', second: 'item.release_hold', epcis: object('inspecting', 'container_open') }),
  returned_by_authority: kind({ vi: 'Cơ quan có thẩm quyền trả lại', en: 'Returned by the authority', from: ['with_authority'], to: 'at_office', permission: 'item.authority', second: 'item.release_hold', custody: 'second', upu: 'EXC', epcis: object('receiving') }),
  destroyed: kind({ vi: 'Tiêu hủy theo quyết định', en: 'Destroyed by order', from: ['with_authority', 'unclaimed'], to: 'destroyed', permission: 'item.authority', second: 'item.write_off', custody: 'nobody', epcis: object('destroying', 'destroyed', 'DELETE') }),
  lost: kind({ vi: 'Kết luận mất', en: 'Declared lost', unit: 'both', from: ['missing'], to: 'lost', permission: 'item.write_off', second: 'item.approve', custody: 'nobody', epcis: object('inspecting', 'unknown') }),
  found_again: kind({ vi: 'Tìm thấy', en: 'Found again', nature: 'fact', from: ['missing', 'lost'], to: 'at_office', permission: 'item.scan', custody: 'actor', epcis: object('inspecting') }),
  bag_started: kind({ vi: 'Mở túi để đóng', en: 'Bag started', unit: 'bag', from: 'new', to: 'open', permission: 'bag.make', custody: 'actor', epcis: object('commissioning', 'active', 'ADD') }),
  bag_sealed: kind({ vi: 'Đóng, niêm phong túi', en: 'Bag sealed', unit: 'bag', from: ['open'], to: 'sealed', permission: 'bag.make', second_if_marked: 'bag.make', epcis: aggregation('ADD', 'packing', 'container_closed') }),
  bag_reopened: kind({ vi: 'Mở lại túi', en: 'Bag reopened', unit: 'bag', from: ['sealed'], to: 'open', permission: 'bag.make', second: 'item.approve', epcis: object('inspecting', 'container_open') }),
  bag_departed: kind({ vi: 'Túi rời bưu cục', en: 'Bag departed', unit: 'bag', from: ['sealed'], to: 'in_transit', permission: 'trip.dispatch', moves: true, custody: 'vehicle', upu: 'EMC', epcis: object('departing', 'in_transit') }),
  bag_arrived: kind({ vi: 'Túi đến', en: 'Bag arrived', unit: 'bag', nature: 'fact', from: ['in_transit', 'missing', 'lost'], to: 'arrived', permission: 'item.scan', custody: 'actor', upu: 'EMD', epcis: object('arriving') }),
  seal_checked: kind({ vi: 'Kiểm tra niêm phong', en: 'Seal checked', unit: 'bag', nature: 'fact', from: 'living', to: 'same', permission: 'item.scan', epcis: object('inspecting') }),
  bag_unsealed: kind({ vi: 'Mở niêm phong', en: 'Bag unsealed', unit: 'bag', from: ['arrived'], to: 'unsealed', permission: 'bag.open', second_if_marked: 'bag.open', epcis: object('unpacking', 'container_open') }),
  bag_emptied: kind({ vi: 'Đối soát xong túi', en: 'Bag reconciled', unit: 'bag', from: ['unsealed'], to: 'emptied', permission: 'bag.open', epcis: aggregation('DELETE', 'unpacking', 'completeness_verified') }),
  bag_voided: kind({ vi: 'Hủy túi', en: 'Bag voided', unit: 'bag', from: ['open'], to: 'void', permission: 'bag.make', epcis: object('decommissioning', 'inactive', 'DELETE') }),
};

/** How a step changes the holds on a unit. A suspicion stops what moves just as a hold does, until somebody who may has looked. */
export const holdChange = (kind: Kind): number => (kind === 'held' || kind === 'suspected' ? 1 : kind === 'hold_released' ? -1 : 0);

/**
 * Where a step leads from a state, when it leads anywhere. Two things the entry alone cannot say: what is on its way back to the
 * sender comes out of bags as such, and what a courier gives back at the office lies at the office.
 */
export function leadsTo(kind: Kind, from: State, going_back: boolean, holder: Custodian['kind']): State {
  const { to } = CHECKPOINTS[kind];
  const state = kind === 'handed_over' && from === 'with_courier' && holder !== 'courier' ? 'at_office' : to === 'same' ? from : to;
  return state === 'at_office' && going_back ? 'returning' : state;
}
