// CATALOGUE of roles and permissions. What a person may do is read from person_role on every request, never from a token.

import type { Clearance } from './clearance.ts';

export { clears } from './clearance.ts';
export type { Clearance };

export const PERMISSIONS = {
  'item.accept': ['Chấp nhận bưu gửi', 'Accept items'],
  'item.override_sender': ['Xác nhận ngoại lệ người gửi KT1', 'Override the KT1 sender register'],
  'item.approve': ['Kiểm soát, duyệt bưu gửi', 'Control and approve items'],
  'item.scan': ['Quét, cân, ghi tình trạng', 'Scan, weigh, record condition'],
  'item.read': ['Xem bưu gửi và hành trình', 'Read items and chains'],
  'item.rewrap': ['Lập biên bản và gói lại', 'Record damage and rewrap'],
  'item.print': ['In nhãn, biên nhận', 'Print labels and receipts'],
  'item.correct': ['Đính chính mốc đã ghi', 'Correct what was recorded'],
  'bag.make': ['Đóng túi, niêm phong', 'Make up and seal bags'],
  'bag.open': ['Mở túi, đối soát', 'Open and reconcile bags'],
  'seal.issue': ['Cấp, hủy niêm phong', 'Issue and void seals'],
  'trip.dispatch': ['Lập và cho chạy chuyến thư', 'Make up and dispatch trips'],
  'custody.hand_over': ['Giao nhận', 'Hand over'],
  'item.deliver': ['Phát bưu gửi', 'Deliver items'],
  'item.return': ['Chuyển hoàn, chuyển tiếp, rút lại', 'Return, redirect, withdraw'],
  'item.hold': ['Giữ bưu gửi', 'Hold items'],
  'item.release_hold': ['Giải tỏa bưu gửi bị giữ', 'Release holds'],
  'item.screen': ['Soi chiếu, sàng lọc', 'Screen items'],
  'item.authority': ['Ghi việc của cơ quan có thẩm quyền', "Record an authority's act"],
  'item.write_off': ['Kết luận mất, tiêu hủy', 'Record loss and destruction'],
  'shift.open': ['Mở ca', 'Open shifts'],
  'person.unlock': ['Mở khóa thẻ', 'Unlock badges'],
  'device.enrol': ['Đăng ký, thu hồi thiết bị', 'Enrol and revoke devices'],
  'outbox.import': ['Nhập tệp hàng chờ của thiết bị', 'Import queues of devices'],
  'reference.read': ['Xem danh mục', 'Read reference data'],
  'duty.read': ['Xem lịch trực, lệnh, danh bạ', 'Read rosters, orders, contacts'],
  'duty.manage': ['Lập lịch trực', 'Keep duty rosters'],
  'period.order': ['Ra lệnh giai đoạn cao điểm', 'Order heightened periods'],
  'directive.issue': ['Ban hành, giao việc theo văn bản', 'Issue directives'],
  'directive.answer': ['Trả lời văn bản được giao', 'Answer directives'],
  'incident.report': ['Báo sự cố', 'Report incidents'],
  'incident.handle': ['Xử lý, kết thúc sự cố', 'Handle and close incidents'],
  'report.draw': ['Lập báo cáo', 'Draw reports'],
  'report.sign': ['Ký, gửi báo cáo', 'Sign and send reports'],
  'report.receive': ['Ghi nhận đã nhận báo cáo', 'Record receipt of reports'],
  'rule.read': ['Xem quy tắc sàng lọc và kết quả', 'Read rules and what they hit'],
  'rule.write': ['Đề nghị, chạy thử quy tắc', 'Propose and replay rules'],
  'rule.publish': ['Công bố, dừng quy tắc', 'Publish and end rules'],
  'rule.audit': ['Xem dấu hiệu về nhân viên', 'Read what concerns colleagues'],
  'equipment.keep': ['Đăng ký, kiểm tra thiết bị soi', 'Register and test screening equipment'],
  'ledger.verify': ['Kiểm chứng sổ hành trình', 'Verify the ledger'],
  'record.draw': ['Lập biên bản', 'Draw up biên bản'],
  'personal.erase': ['Lệnh xóa dữ liệu cá nhân', 'Order the erasure of personal data'],
  'personal.hold': ['Lệnh lưu giữ dữ liệu cá nhân', 'Place and lift legal holds'],
  'case.handle': ['Phối hợp xử lý vụ việc', 'Handle casefiles'],
  'watch.keep': ['Lập, duyệt danh sách theo dõi', 'Keep and approve watch lists'],
  'notice.keep': ['Báo cơ quan chức năng, xác nhận tin báo', 'Tell authorities, acknowledge notices'],
  'endpoint.keep': ['Đăng ký địa chỉ nhận tin của đơn vị', 'Keep endpoints of the agency or office'],
} as const satisfies Record<string, readonly [vi: string, en: string]>;

export type Permission = keyof typeof PERMISSIONS;

type RoleEntry = { vi: string; en: string; at: 'office' | 'agency'; may: readonly Permission[] };

const READ = ['item.read', 'reference.read', 'duty.read', 'incident.report'] as const satisfies Permission[];

export const ROLES = {
  clerk: {
    vi: 'Giao dịch viên', en: 'Counter clerk', at: 'office',
    may: [...READ, 'item.accept', 'item.scan', 'item.print', 'custody.hand_over', 'record.draw'],
  },
  sorter: {
    vi: 'Khai thác viên', en: 'Processing clerk', at: 'office',
    may: [...READ, 'item.scan', 'item.rewrap', 'item.print', 'bag.make', 'bag.open', 'custody.hand_over', 'record.draw'],
  },
  controller: {
    vi: 'Kiểm soát viên', en: 'Controller', at: 'office',
    may: [
      ...READ, 'item.approve', 'item.override_sender', 'item.scan', 'item.rewrap', 'item.print', 'item.correct', 'item.hold',
      'item.screen', 'item.return', 'bag.make', 'bag.open', 'custody.hand_over', 'ledger.verify', 'record.draw', 'equipment.keep',
    ],
  },
  driver: { vi: 'Lái xe, áp tải', en: 'Driver, escort', at: 'office', may: [...READ, 'item.scan', 'custody.hand_over'] },
  courier: { vi: 'Bưu tá', en: 'Courier', at: 'office', may: [...READ, 'item.scan', 'item.deliver', 'custody.hand_over'] },
  shift_head: {
    vi: 'Trưởng ca', en: 'Shift head', at: 'office',
    may: [
      ...READ, 'item.approve', 'item.override_sender', 'item.scan', 'item.rewrap', 'item.print', 'item.correct', 'item.hold',
      'item.return', 'bag.make', 'bag.open', 'seal.issue', 'trip.dispatch', 'custody.hand_over', 'shift.open', 'person.unlock', 'ledger.verify', 'outbox.import', 'duty.manage', 'directive.answer', 'report.draw', 'record.draw',
    ],
  },
  duty_officer: {
    vi: 'Trực ban', en: 'Duty officer', at: 'office',
    may: [...READ, 'item.scan', 'item.hold', 'item.release_hold', 'item.screen', 'item.write_off', 'ledger.verify', 'duty.manage', 'period.order', 'directive.answer', 'incident.handle', 'report.draw', 'watch.keep', 'record.draw', 'rule.read', 'rule.write', 'equipment.keep', 'notice.keep', 'personal.erase', 'personal.hold', 'case.handle'],
  },
  leader: {
    vi: 'Lãnh đạo', en: 'Leader', at: 'office',
    may: [...READ, 'item.hold', 'item.release_hold', 'item.override_sender', 'item.write_off', 'person.unlock', 'ledger.verify', 'duty.manage', 'period.order', 'directive.issue', 'directive.answer', 'incident.handle', 'report.draw', 'report.sign', 'watch.keep', 'record.draw', 'rule.read', 'rule.write', 'rule.publish', 'rule.audit', 'endpoint.keep', 'notice.keep', 'personal.erase', 'personal.hold', 'case.handle'],
  },
  liaison: {
    vi: 'Cán bộ phối hợp', en: 'Agency liaison', at: 'agency',
    may: [...READ, 'item.hold', 'item.screen', 'item.authority', 'custody.hand_over', 'directive.issue', 'directive.answer', 'report.receive', 'watch.keep', 'rule.read', 'rule.write', 'rule.publish', 'endpoint.keep', 'notice.keep', 'personal.hold', 'case.handle'],
  },
  inspector: { vi: 'Thanh tra', en: 'Inspector', at: 'agency', may: [...READ, 'ledger.verify', 'directive.answer', 'rule.read', 'rule.audit', 'personal.hold'] },
  admin: { vi: 'Quản trị', en: 'Administrator', at: 'office', may: ['reference.read', 'duty.read', 'device.enrol', 'person.unlock', 'outbox.import'] },
  respondent: { vi: 'Đầu mối thực hiện văn bản', en: 'Respondent of a tasked body', at: 'agency', may: ['directive.answer'] },
} as const satisfies Record<string, RoleEntry>;

export type Role = keyof typeof ROLES;

export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => [...ROLES[role].may]));
}

/** Who asks: read from the database for each request. `office_code` null: agency staff. */
export type Caller = {
  session_hash: Uint8Array;
  person_id: string;
  full_name: string;
  badge: string;
  office_code: string | null;
  agency_code: string | null;
  device_id: string | null;
  device_key: Uint8Array | null;
  shift_id: string | null;
  /** The offline grant this session was exchanged for; null: badge and PIN. Such a session posts device-signed checkpoints only. */
  grant_id: string | null;
  roles: readonly Role[];
  permissions: ReadonlySet<Permission>;
  /** NONE once it has expired. */
  clearance: Clearance;
  kt1_trained: boolean;
};
