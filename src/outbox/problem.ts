// CATALOGUE of what the outbox itself will not do, before any server is asked. Nothing that was stored is lost by any of it.

import type { Refusal } from './types.ts';

const PROBLEMS = {
  not_enrolled: ['Máy này chưa được đăng ký.', 'Nhập mã đăng ký do quản trị viên cấp.', 'This device is not enrolled.', 'Enter a code from an administrator.'],
  device_lost: ['Trình duyệt đã mất bộ nhớ: khóa của máy không còn.', 'Đăng ký lại máy bằng mã mới; báo quản trị thu hồi máy cũ.', 'The browser lost its storage, and the device key with it.', 'Enrol it anew with a fresh code; have the old device revoked.'],
  queue_not_empty: ['Máy còn mốc chưa gửi hoặc cần xử lý.', 'Gửi hoặc xử lý hết rồi đăng ký lại.', 'Events still wait here or need attention.', 'Send or settle them, then enrol anew.'],
  read_only_tab: ['Đang dùng ở tab khác.', 'Làm việc ở tab kia hoặc đóng nó.', 'In use in another tab.', 'Work there, or close it.'],
  storage_full: ['Bộ nhớ máy đã đầy: mốc này CHƯA được lưu; các mốc trước còn nguyên.', 'Gửi hoặc xuất tệp hàng chờ, giải phóng ổ đĩa, rồi quét lại.', 'Storage is full: this event was NOT stored; earlier ones are safe.', 'Send or export the queue, free some disk, then scan again.'],
  storage_failed: ['Không ghi được xuống máy: mốc này CHƯA được lưu.', 'Quét lại; nếu lặp lại, xuất tệp hàng chờ và báo quản trị.', 'Could not write to this device: this event was NOT stored.', 'Scan again; if it repeats, export the queue and tell the administrator.'],
  not_signed_in: ['Chưa ai đăng nhập trên máy này.', 'Quét thẻ và nhập mã PIN.', 'Nobody is signed in here.', 'Scan a badge and enter the PIN.'],
  wrong_badge_or_pin: ['Số thẻ hoặc mã PIN không đúng.', 'Nhập lại; sau 5 lần sai phải đăng nhập trực tuyến.', 'Badge number or PIN is wrong.', 'Try again; after 5 wrong tries only an online sign-in helps.'],
  grant_locked: ['Đăng nhập ngoại tuyến của thẻ này bị khóa sau 5 lần sai mã PIN.', 'Đăng nhập trực tuyến.', 'Offline sign-in of this badge is locked after 5 wrong PINs.', 'Sign in online.'],
  grant_expired: ['Quyền làm việc ngoại tuyến đã quá 72 giờ.', 'Đăng nhập trực tuyến.', 'The offline grant is older than 72 hours.', 'Sign in online.'],
  no_grant: ['Thẻ này chưa đăng nhập trực tuyến trên máy này.', 'Đăng nhập trực tuyến một lần.', 'This badge has never signed in online on this device.', 'Sign in online once.'],
  same_person: ['Hai phần của việc này phải do hai người khác nhau làm.', 'Nhờ một người khác.', 'The two halves of this must be done by two different people.', 'Ask another person.'],
  not_permitted: ['Vai trò không được phép làm việc này.', 'Nhờ người có quyền này.', 'The role does not allow this.', 'Ask somebody who holds this permission.'],
  invalid_facts: ['Dữ liệu của mốc không hợp lệ.', 'Kiểm tra trường được nêu.', 'The facts of the event are not valid.', 'Check the field named.'],
  second_mismatch: ['Xác nhận của người thứ hai không dành cho mốc này.', 'Người thứ hai xác nhận lại.', 'The confirmation is not for this event.', 'Have the second person confirm again.'],
  no_network: ['Chưa nối được máy chủ.', 'Kiểm tra mạng; việc quét vẫn tiếp tục được.', 'The server cannot be reached.', 'Check the network; scanning goes on.'],
  no_export_key: ['Máy chưa có khóa công khai của tỉnh để xuất tệp.', 'Lấy dữ liệu quầy khi có mạng.', "The province's public key is not on this device.", 'Take a snapshot of the desk while there is a network.'],
  unknown_event: ['Không có mốc này trong danh sách cần xử lý.', 'Xem lại Hộp gửi.', 'There is no such event that needs attention.', 'Look at the outbox again.'],
  refused: ['Máy chủ từ chối.', '', 'The server refused.', ''],
} as const satisfies Record<string, readonly [vi: string, remedy_vi: string, en: string, remedy_en: string]>;

export type Problem = keyof typeof PROBLEMS;

/** `refusal`: the server's own words where it refused (`problem` is then `refused`), else ours. */
export class OutboxError extends Error {
  override name = 'OutboxError';
  readonly problem: Problem;
  readonly refusal: Refusal;
  constructor(problem: Problem, refusal?: Refusal, field?: string) {
    const [vi, remedy_vi, en, remedy_en] = PROBLEMS[problem];
    super(field === undefined ? problem : `${problem}: ${field}`);
    this.problem = problem;
    this.refusal = refusal ?? { refusal: problem, vi, en, remedy_vi, remedy_en };
  }
}
