// The rows of the fixture province: three offices, people of every role, number ranges, one open shift an office.

import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { hashPin } from '../../src/acts/session.ts';
import { uuid7 } from '../../src/base/id.ts';
import { ROLES } from '../../src/domain/role.ts';
import type { Role } from '../../src/domain/role.ts';
import type { DB } from '../../src/store/tables.ts';

export const PIN = '246810';
/** Key of the vault in tests. */
export const PERSONAL_KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
export const DONG_DANG = '243100';
export const CENTRE = '240100';
export const HA_NOI = '100900';
const CHEAP = { log2n: 4, r: 1, p: 1 };
export const newId = (): string => uuid7(Date.now());

const hires = new WeakMap<Kysely<DB>, (badge: string, role: Role, more?: object, office?: string) => Promise<string>>();

/** One more person. */
export const hire = (db: Kysely<DB>, badge: string, role: Role, office: string): Promise<string> | undefined => hires.get(db)?.(badge, role, {}, office);

/** Returns the open shift of Đồng Đăng. */
export async function people(db: Kysely<DB>): Promise<string> {
  const from = '2017-01-01';
  const dated = { valid_from: from, valid_to: null };
  await db.insertInto('office').values(
    [
      [CENTRE, 'Trung tâm khai thác Lạng Sơn', 'centre', null],
      [DONG_DANG, 'Bưu cục Đồng Đăng', 'office', CENTRE],
      [HA_NOI, 'Bưu cục KT1 Hà Nội', 'central', null],
    ].map(([office_code, name_vi, office_level, parent_code]) => ({
      office_code: office_code ?? '', name_vi: name_vi ?? '', office_level: office_level ?? '', parent_code: parent_code ?? null, unit_code: 'LS', postal_code: '25000',
      address: 'Số 1', always_open: true, kt1_point: true, ...dated,
    })),
  ).execute();
  await db.insertInto('agency').values({ agency_code: 'CA-LS', name_vi: 'Công an tỉnh', agency_kind: 'police', unit_code: 'LS', ...dated }).execute();
  await db.insertInto('served_body').values([
    { body_code: 'LS-TU', name_vi: 'Tỉnh ủy Lạng Sơn', body_kind: 'party', focal_unit: 'Văn phòng', guard_on_request: false, ...dated },
    { body_code: 'LS-UBND-DD', name_vi: 'UBND thị trấn Đồng Đăng', body_kind: 'state', focal_unit: 'Văn thư', guard_on_request: false, ...dated },
  ]).execute();
  await db.insertInto('served_address').values({ body_code: 'LS-TU', address_no: 1, address: 'Đường Hùng Vương', postal_code: '25000', delivery_office_code: CENTRE, ...dated }).execute();
  await db.insertInto('authorised_person').values({ card_no: 'DD-0001', body_code: 'LS-UBND-DD', full_name: 'Hoàng Văn Mẫu', may_send: true, may_receive: true, ...dated }).execute();
  const reasons = {
    acceptance_refusal: ['joint_check_refused'], approval_refusal: ['wrong_mark'], sender_override: ['register_not_yet_updated'],
    correction: ['typing_error'], damage: ['torn_in_handling'], reprint: ['label_damaged'], hold: ['random_check'], discrepancy: ['not_in_bag', 'wrong_bag', 'wrong_direction', 'sent_by_mistake', 'found_in_bag', 'never_sent'], seal: ['wrong_item_inside'], force_close: ['truck_leaves'], complaint: ['carried_as_promised'],
  };
  await db.insertInto('reason').values(Object.entries(reasons).flatMap(([reason_list, codes]) => codes.map((reason_code) => ({ reason_list, reason_code, name_vi: reason_code, name_en: reason_code, ...dated })))).execute();
  await db.insertInto('number_pattern').values({ pattern_code: 's10_vn', unit_kind: 'item', pattern: '^[A-Z]{2}[0-9]{9}VN$', check_rule: 's10', name_vi: 'S10', name_en: 'S10', ...dated }).execute();
  await db.insertInto('time_limit').values({ limit_code: 'TL30', subject_vi: 'Số lớp bì dấu A', subject_en: 'Envelopes of mark A', trigger_event: 'acceptance', amount: 2, citation: 'test', status: 'seen', ...dated }).execute();

  const range = (office_code: string, range_kind: string, service_class: string | null, prefix: string, serial_from: number, serial_to: number) => ({
    range_kind, office_code, service_class, prefix, suffix: service_class === null ? '' : 'VN', check_rule: service_class === null ? 'none' : 's10',
    serial_width: service_class === null ? 6 : 8, serial_from, serial_to, serial_next: serial_from, valid_from: from,
  });
  await db.insertInto('number_range').values([
    ...[['kt1', 'BK'], ['letter', 'NA'], ['parcel', 'PA'], ['printed_matter', 'DA']].map(([service, prefix]) => range(DONG_DANG, 'assigned', service ?? null, prefix ?? '', 1, 9_999_999)),
    range(CENTRE, 'assigned', 'kt1', 'BC', 1, 3),
    range(DONG_DANG, 'preprinted', 'kt1', 'BD', 50_000_000, 50_009_999),
    range(DONG_DANG, 'preprinted', 'parcel', 'PD', 50_000_000, 50_009_999),
    range(DONG_DANG, 'slip', null, `PTC${DONG_DANG}-`, 1, 999_999),
  ]).execute();

  const pin_hash = await hashPin(PIN, CHEAP);
  const add = async (badge: string, role: Role, more: object = {}, office = DONG_DANG): Promise<string> => {
    const person_id = newId();
    await db.insertInto('person').values({ person_id, badge, full_name: `Người ${badge}`, clearance: 'A', clearance_to: '2099-01-01', kt1_training_to: '2099-01-01', pin_hash, valid_from: from, ...more }).execute();
    await db.insertInto('person_role').values({ person_id, role, ...(ROLES[role].at === 'office' ? { office_code: office } : { agency_code: 'CA-LS' }), valid_from: from }).execute();
    return person_id;
  };
  let head = '';
  hires.set(db, add);
  for (const role of Object.keys(ROLES) as Role[]) {
    const person_id = await add(role.toUpperCase().replace('_', ''), role);
    if (role === 'shift_head') head = person_id;
  }
  for (let i = 1; i <= 8; i++) await add(`CLERK${i}`, 'clerk');
  await add('CONTROLLER2', 'controller');
  await add('UNCLEARED', 'clerk', { clearance: 'C', clearance_to: '2020-01-01' });
  await add('UNTRAINED', 'clerk', { kt1_training_to: '2020-01-01' });
  await add('CENTRECLERK', 'clerk', {}, CENTRE);
  const shift_id = newId();
  const opened = { opened_at: new Date(), opened_by: head };
  await db.insertInto('shift').values([{ shift_id, office_code: DONG_DANG, ...opened }, { shift_id: newId(), office_code: CENTRE, ...opened }]).execute();
  await sql`insert into label_key (office_code, mac_key) values (${DONG_DANG}, ${new Uint8Array(32).fill(7)})`.execute(db);
  return shift_id;
}
