// Decisions: what a checkpoint does to a unit as it is believed to stand. Pure; runs on the server and offline alike.

import { Refused } from '../base/refusal.ts';
import { CHECKPOINTS, holdChange, leadsTo } from './checkpoint.ts';
import type { KindEntry } from './checkpoint.ts';
import type { Facts, Kind } from './facts.ts';
import { clears } from './role.ts';
import type { Caller } from './role.ts';
import type { Secrecy, ServiceClass, Urgency } from './service.ts';
import { endsHolds, FINAL_STATES, STATES } from './state.ts';
import type { Custodian, State } from './state.ts';

/** What decisions need to know of an item; the whole row is `item`. */
export type ItemNow = {
  service_class: ServiceClass;
  secrecy: Secrecy;
  urgency: Urgency;
  weight_g: number;
  accepted_by: string;
  accepted_at: number;
  accepted_office_code: string;
  labels_printed: number;
  /** Office that delivers it; null: not known. */
  destination_office_code: string | null;
  /** On its way back to the sender. */
  going_back: boolean;
  /** Number of the bag that holds it; null: none does. */
  bag_code: string | null;
};

/** A unit as the ledger has it. `item` is null for bags. */
export type UnitNow = {
  unit_id: string;
  unit_kind: 'item' | 'bag';
  code: string;
  state: State;
  office_code: string;
  custodian: Custodian;
  holds: number;
  unit_seq: number;
  head_hash: Uint8Array;
  item: ItemNow | null;
  /** Server time of its last checkpoint; not said of what our ledger has not seen yet. */
  last_at?: number;
};

/** What a checkpoint leaves behind. */
export type Outcome = { state: State; custodian: Custodian; holds: number; flags: string[] };

export type FlagCode =
  | 'other_direction'
  | 'duplicate'
  | 'surplus'
  | 'mis_sent'
  | 'other_bag'
  | 'held_here'
  | 'damaged'
  | 'seal_differs'
  | 'out_of_order'
  | 'after_end'
  | 'not_cleared'
  | 'elsewhere'
  | 'weight_drift'
  | 'not_on_time'
  | 'not_holder'
  | 'signed_offline'
  | 'order_not_kept'
  | 'keep_here'
  | 'kept'
  | 'equipment_untested';
export const FLAGS: { readonly [F in FlagCode]: readonly [vi: string, en: string] } = {
  other_direction: ['Sai hướng đóng', 'Other direction than the bag'],
  duplicate: ['Quét lại', 'Scanned again'],
  surplus: ['Thừa', 'Surplus'],
  mis_sent: ['Lạc hướng', 'Mis-sent'],
  other_bag: ['Thuộc túi khác', 'Belongs to another bag'],
  held_here: ['Đang bị giữ', 'Held'],
  damaged: ['Hư hỏng', 'Damaged'],
  seal_differs: ['Niêm phong khác đăng ký', 'Seal differs from the register'],
  out_of_order: ['Sai trình tự', 'Out of order'],
  after_end: ['Sau khi hành trình đã kết thúc', 'After its road had ended'],
  not_cleared: ['Người quét không có thẩm quyền với dấu này', 'Scanned by somebody not cleared for the mark'],
  elsewhere: ['Xuất hiện ở bưu cục khác nơi đang giữ', 'Seen at another office than the one that has it'],
  weight_drift: ['Khối lượng lệch quá sai số', 'Weight differs beyond tolerance'],
  not_on_time: ['Phát không đúng giờ hẹn', 'Not delivered at the time agreed'],
  signed_offline: ['Ký ngoại tuyến', 'Signed offline'],
  order_not_kept: ['Làm một mình khi lệnh cao điểm đòi hai người', 'Done alone where an order asks for two persons'],
  keep_here: ['Giữ lại, gọi trực ban', 'Keep it here, call the duty officer'],
  kept: ['Giữ lại, gọi trực ban', 'Keep it here, call the duty officer'],
  equipment_untested: ['Thiết bị soi chưa kiểm tra', 'Screening equipment not tested'],
  not_holder: ['Người ghi không phải người đang giữ', 'Recorded by somebody who did not hold it'],
};

/** Scales of counters differ; beyond this the weight is said to have changed. Operator rule, not law. */
export function weightDrifts(expected_g: number, found_g: number): boolean {
  return Math.abs(found_g - expected_g) > Math.max(5, expected_g * 0.02);
}

/** Throws a Refused unless the caller may do this kind of step at all, to this mark. */
export function authorise(kind: Kind, caller: Caller): KindEntry {
  const entry = CHECKPOINTS[kind];
  if (!caller.permissions.has(entry.permission)) throw new Refused('not_permitted', { permission: entry.permission });
  return entry;
}

/** Throws a Refused unless the caller is cleared and trained for an item of this service and mark. */
export function requireClearance(
  service_class: ServiceClass,
  secrecy: Secrecy,
  caller: Pick<Caller, 'clearance' | 'kt1_trained'>,
  shown: string = secrecy,
): void {
  if (service_class !== 'kt1') return;
  if (!caller.kt1_trained) throw new Refused('training_expired');
  if (!clears(caller.clearance, secrecy)) throw new Refused('clearance_missing', { mark: shown });
}

export const refuseState = (unit: UnitNow, kind: Kind): Refused =>
  new Refused('wrong_state', {
    code: unit.code,
    state: unit.state,
    state_vi: STATES[unit.state][0],
    state_en: STATES[unit.state][1],
    kind_vi: CHECKPOINTS[kind].vi,
    kind_en: CHECKPOINTS[kind].en,
  });

/**
 * The outcome of a step on a unit that exists. A fact that breaks a rule is flagged; an act that breaks one is refused.
 * `caller` has passed `authorise`.
 */
export function decideStep(
  kind: Kind,
  facts: Facts,
  unit: UnitNow,
  caller: Caller,
  second: Pick<Caller, 'person_id' | 'clearance' | 'kt1_trained'> | null = null,
): Outcome {
  const entry = CHECKPOINTS[kind];
  const isAct = entry.nature === 'act';
  const flags: FlagCode[] = [];

  if (entry.unit !== 'both' && entry.unit !== unit.unit_kind) throw refuseState(unit, kind);
  if (unit.item) {
    if (isAct) requireClearance(unit.item.service_class, unit.item.secrecy, caller, 'KT1');
    else if (!clears(caller.clearance, unit.item.secrecy)) flags.push('not_cleared');
    if (second) requireClearance(unit.item.service_class, unit.item.secrecy, second, 'KT1');
  }
  if (kind === 'hold_released' && unit.holds === 0) throw new Refused('not_held', { code: unit.code });
  if (entry.moves && unit.holds > 0) throw new Refused('held', { code: unit.code });
  if (entry.other_than === 'accepted' && unit.item?.accepted_by === caller.person_id) throw new Refused('same_person');

  const ended = FINAL_STATES.has(unit.state);
  const allowed = entry.from === 'any' || (entry.from === 'living' ? !ended : entry.from !== 'new' && entry.from.includes(unit.state));
  if (!allowed) {
    if (isAct) throw refuseState(unit, kind);
    flags.push(ended ? 'after_end' : 'out_of_order');
  }
  const holder = unit.custodian.kind;
  if (kind === 'seen' && holder === 'person' && unit.state !== 'in_bag' && caller.office_code !== unit.office_code) flags.push('elsewhere');
  if (
    'weight_g' in facts &&
    facts.weight_g !== undefined &&
    unit.item &&
    kind !== 'corrected' &&
    weightDrifts(unit.item.weight_g, facts.weight_g)
  ) {
    flags.push('weight_drift');
  }

  // A fact out of order is stored and flagged, and moves only what is on the road: what has ended stays ended, what awaits
  // control stays under control, what an authority holds stays held.
  const frozen = !allowed && (ended || CONTROLLED.has(unit.state));
  const custodian = frozen ? unit.custodian : custodianAfter(entry, facts, unit, caller, second);
  const state = frozen ? unit.state : leadsTo(kind, unit.state, unit.item?.going_back ?? false, custodian.kind);
  return { state, custodian, holds: endsHolds(state) ? 0 : unit.holds + holdChange(kind), flags };
}

/** States that only an act leaves: somebody's decision is awaited. */
const CONTROLLED: ReadonlySet<State> = new Set<State>(['awaiting_approval', 'approval_refused', 'with_authority', 'unclaimed']);

/** Who holds a unit after a step. */
function custodianAfter(
  entry: KindEntry,
  facts: Facts,
  unit: UnitNow,
  caller: Caller,
  second: Pick<Caller, 'person_id'> | null,
): Custodian {
  const named = facts as {
    to?: Custodian;
    courier_person_id?: string;
    vehicle_no?: string;
    agency_code?: string;
    receiver_body_code?: string;
  };
  switch (entry.custody) {
    case 'keeps':
      return unit.custodian;
    case 'actor':
      return caller.office_code === null ? { kind: 'agency', ref: caller.agency_code ?? '' } : { kind: 'person', ref: caller.person_id };
    case 'second':
      return { kind: 'person', ref: second?.person_id ?? caller.person_id };
    case 'named':
      return named.to ?? unit.custodian;
    case 'courier':
      return { kind: 'courier', ref: named.courier_person_id ?? '' };
    case 'vehicle':
      return { kind: 'vehicle', ref: named.vehicle_no ?? '' };
    case 'agency':
      return { kind: 'agency', ref: named.agency_code ?? '' };
    case 'addressee':
      return { kind: 'addressee', ref: named.receiver_body_code ?? '' };
    case 'sender':
      return { kind: 'sender', ref: '' };
    case 'bag':
      // Whoever knows the bag says which one; until then it stays where it was.
      return unit.custodian;
    case 'nobody':
      return { kind: 'nobody', ref: '' };
  }
}
