// CATALOGUE of what can be wrong with a bundle: one sentence each in both languages. What was found is named; what it may mean is said
// with care: a verifier knows that something differs, never who did it.

const BUNDLE_FAULTS = {
  not_a_bundle: [
    'Tệp này không phải tệp chứng cứ Niêm, hoặc không đọc được: {problem}.',
    'This file is no bundle of Niêm, or cannot be read: {problem}.',
  ],
  malformed: ['Bản ghi sai định dạng: {problem}.', 'A record is malformed: {problem}.'],
  cut_short: ['Tệp bị cắt cụt: thiếu phần cuối hoặc thiếu mục.', 'The file is cut short: its end or some of its entries are missing.'],
  left_over: ['Có dữ liệu thừa sau phần kết.', 'Something stands behind the end.'],
  out_of_order: ['Mục {index} không đúng thứ tự, bị lặp hoặc bị chen vào.', 'Entry {index} is out of order, repeated or slipped in.'],
  head_not_signed: ['Mốc sổ không có chữ ký hợp lệ: {problem}.', 'The head of the log is not validly signed: {problem}.'],
  not_trusted: [
    'Mốc sổ không do đủ các bên trong chính sách của bạn ký.',
    'The head is not signed by enough of those whom your policy trusts.',
  ],
  not_in_log: [
    'Mục {index} không có trong sổ tại mốc đã ký: nội dung hoặc vị trí đã bị đổi.',
    'Entry {index} is not in the log of the signed head: its content or place was changed.',
  ],
  entry_malformed: ['Mục {index} sai định dạng: {problem}.', 'Entry {index} is malformed: {problem}.'],
  foreign_entry: ['Mục {index} không thuộc hồ sơ này.', 'Entry {index} does not belong to this file.'],
  chain_broken: [
    'Chuỗi của {code} đứt tại mục {index} (lần thứ {unit_seq}): thiếu mục, hoặc mục trước đã bị đổi.',
    'The chain of {code} breaks at entry {index} (step {unit_seq}): a step is missing, or the one before was changed.',
  ],
  chain_incomplete: [
    'Chuỗi của một bưu gửi không bắt đầu từ đầu hoặc thiếu mục không được che.',
    'The chain of a unit lacks steps that are not redacted either.',
  ],
  device_key_missing: [
    'Mục {index} do thiết bị ký nhưng tệp không có khóa của thiết bị.',
    'Entry {index} is signed by a device whose key is not in the file.',
  ],
  device_not_signed: ['Chữ ký thiết bị của mục {index} không khớp.', 'The signature of the device does not fit entry {index}.'],
  device_key_differs: [
    'Khóa của thiết bị {device_id} trong tệp khác khóa ghi ở mục {index} của sổ.',
    'The key of device {device_id} in the file is not the one that entry {index} of the log names.',
  ],
  device_key_unused: ['Có khóa thiết bị {device_id} không ký mục nào.', 'The key of device {device_id} signed nothing here.'],
  root_differs: [
    'Toàn bộ {size} mục không cho ra gốc đã ký: có mục bị đổi, xóa hoặc chen.',
    'The {size} entries do not lead to the signed root: one was changed, removed or slipped in.',
  ],
  history_changed: [
    'Mốc cũ {size} mục không phải phần đầu của sổ này: lịch sử đã bị viết lại.',
    'The earlier head of {size} entries is no beginning of this log: history was rewritten.',
  ],
  held_head_differs: [
    'Mốc bạn giữ ({size} mục) khác với sổ này: sổ đã bị viết lại hoặc tách nhánh.',
    'The head you hold ({size} entries) differs from this log: it was rewritten or forked.',
  ],
  held_head_not_met: [
    'Tệp không chứng minh được quan hệ với mốc bạn giữ ({size} mục).',
    'The file proves nothing about the head you hold ({size} entries).',
  ],
  file_unknown: ['Không mục nào ghi nhận tệp có mã băm {digest}.', 'No entry vouches for a file with the digest {digest}.'],
} as const satisfies { [code: string]: readonly [vi: string, en: string] };
export type BundleFault = keyof typeof BUNDLE_FAULTS;

export class BundleError extends Error {
  override name = 'BundleError';
  readonly code: BundleFault;
  readonly facts: { readonly [name: string]: string | number };
  constructor(code: BundleFault, facts: { [name: string]: string | number } = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
  /** Sentences, Vietnamese first. */
  sentences(): [vi: string, en: string] {
    return BUNDLE_FAULTS[this.code].map((sentence) =>
      sentence.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => String(this.facts[name] ?? '—')),
    ) as [string, string];
  }
}
