// States of items and bags, in the trade's words.

export const ITEM_STATES = {
  awaiting_approval: ['Đã chấp nhận, chờ kiểm soát', 'Accepted, awaiting control'],
  not_accepted: ['Từ chối chấp nhận', 'Acceptance refused'],
  approved: ['Đã duyệt', 'Approved'],
  approval_refused: ['Từ chối duyệt', 'Approval refused'],
  in_bag: ['Trong túi', 'In a bag'],
  at_office: ['Tại bưu cục', 'At the office'],
  missing: ['Thiếu, đang xác minh', 'Missing, being looked into'],
  with_courier: ['Đã giao bưu tá', 'With the courier'],
  attempted: ['Phát không thành công', 'Delivery attempted'],
  delivered: ['Đã phát', 'Delivered'],
  returning: ['Đang chuyển hoàn', 'Being returned'],
  returned: ['Đã trả người gửi', 'Returned to the sender'],
  withdrawn: ['Người gửi rút lại', 'Withdrawn by the sender'],
  unclaimed: ['Không có người nhận', 'Unclaimed'],
  with_authority: ['Cơ quan có thẩm quyền giữ', 'Held by an authority'],
  lost: ['Mất', 'Lost'],
  destroyed: ['Đã tiêu hủy', 'Destroyed'],
} as const;

export const BAG_STATES = {
  open: ['Túi đang đóng', 'Bag open for make-up'],
  sealed: ['Đã niêm phong', 'Sealed'],
  in_transit: ['Đang vận chuyển', 'In transit'],
  arrived: ['Túi đã đến', 'Bag arrived'],
  unsealed: ['Đã mở túi, đang đối soát', 'Unsealed, being reconciled'],
  emptied: ['Đã đối soát xong', 'Reconciled and emptied'],
  void: ['Hủy túi', 'Void'],
  missing: ITEM_STATES.missing,
  lost: ITEM_STATES.lost,
} as const;

export const STATES = { ...ITEM_STATES, ...BAG_STATES };
export type State = keyof typeof STATES;

/** States from which the number may one day be used again, and in which nothing more is expected. */
export const FINAL_STATES: ReadonlySet<State> = new Set<State>([
  'not_accepted',
  'delivered',
  'returned',
  'withdrawn',
  'lost',
  'destroyed',
  'emptied',
  'void',
]);

/** States that end a hold with the road. What is lost may be found again, and is then held as it was. */
export const endsHolds = (state: State): boolean => FINAL_STATES.has(state) && state !== 'lost';

export type Custodian = { kind: 'person' | 'courier' | 'vehicle' | 'bag' | 'agency' | 'addressee' | 'sender' | 'nobody'; ref: string };
