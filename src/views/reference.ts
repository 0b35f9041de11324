// Reference data for people and programs: the rows of each list that hold today (or on a given day).

import type { Read } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';

/** CATALOGUE of lists that may be read. A list that is not here (persons, ranges, keys) is not given out. */
export const LISTS = {
  offices: (db: Read, on: string) => db.selectFrom('office').select(['office_code', 'name_vi', 'office_level', 'parent_code', 'unit_code', 'postal_code', 'address', 'always_open', 'kt1_point', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('office_code').execute(),
  postal_codes: (db: Read, on: string) => db.selectFrom('postal_code').select(['postal_code', 'object_name', 'object_kind', 'unit_code', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('postal_code').execute(),
  administrative_units: (db: Read, on: string) => db.selectFrom('administrative_unit').select(['unit_code', 'name_vi', 'unit_level', 'parent_code', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('unit_code').execute(),
  served_bodies: (db: Read, on: string) => db.selectFrom('served_body').select(['body_code', 'name_vi', 'body_kind', 'focal_unit', 'guard_on_request', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('body_code').execute(),
  served_addresses: (db: Read, on: string) => db.selectFrom('served_address').select(['body_code', 'address_no', 'address', 'postal_code', 'delivery_office_code', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('body_code').orderBy('address_no').execute(),
  /** Cards of those who may hand in or receive, without their names. */
  authorised_cards: (db: Read, on: string) => db.selectFrom('authorised_person').select(['card_no', 'body_code', 'may_send', 'may_receive', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('card_no').execute(),
  agencies: (db: Read, on: string) => db.selectFrom('agency').select(['agency_code', 'name_vi', 'agency_kind', 'unit_code', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('agency_code').execute(),
  reasons: (db: Read, on: string) => db.selectFrom('reason').select(['reason_list', 'reason_code', 'name_vi', 'name_en', 'evidence', 'upu_code', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('reason_list').orderBy('reason_code').execute(),
  number_patterns: (db: Read, on: string) => db.selectFrom('number_pattern').select(['pattern_code', 'unit_kind', 'pattern', 'check_rule', 'name_vi', 'name_en', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('pattern_code').execute(),
  legal_acts: (db: Read) => db.selectFrom('legal_act').select(['act_code', 'number', 'title_vi', 'title_en', 'in_force_from', 'in_force_to', 'status', 'citation', 'note']).orderBy('act_code').execute(),
  time_limits: (db: Read, on: string) => db.selectFrom('time_limit').select(['limit_code', 'subject_vi', 'subject_en', 'trigger_event', 'duration', 'amount', 'basis', 'bound', 'act_code', 'citation', 'status', 'valid_from', 'valid_to']).where(holdsOn(on)).orderBy('limit_code').execute(),
} as const;

export type ListName = keyof typeof LISTS;
