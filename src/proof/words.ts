// What a verifier says to people: what is proved, by whom, for which time, what is hidden, and what is not proved at all. Vietnamese first.

import { civilText } from '../base/time.ts';
import { SUBJECTS } from './bundle.ts';
import type { Verdict } from './verdict.ts';

export type Line = { mark: 'ok' | 'warn' | 'none'; vi: string; en: string };

const signers = (signed: Verdict['signed'], key: string): string =>
  signed.map((one) => `${one.name} (${key} ${one.fingerprint})`).join(', ');
const when = (ms: number): string => civilText(ms);

export function linesOf(v: Verdict): Line[] {
  const whole = v.subject.kind === 'log';
  const [subject_vi, subject_en] = SUBJECTS[v.subject.kind];
  const witnesses = v.signed.filter((one) => one.witness);
  const seen = witnesses.flatMap((one) => (one.at_s === null ? [] : [one.at_s]));
  const lines: Line[] = [
    {
      mark: 'ok',
      vi: `${subject_vi}${v.subject.ref === null ? '' : ` ${v.subject.ref}`}: ${v.entries} mục có trong sổ ${v.head.origin}, mốc ${v.head.size} mục.`,
      en: `${subject_en}${v.subject.ref === null ? '' : ` ${v.subject.ref}`}: ${v.entries} entries stand in the log ${v.head.origin}, head of ${v.head.size} entries.`,
    },
    { mark: 'ok', vi: `Mốc do ${signers(v.signed, 'khóa')} ký.`, en: `The head is signed by ${signers(v.signed, 'key')}.` },
  ];
  for (const { origin, size, signed } of v.earlier)
    lines.push({
      mark: 'ok',
      vi: `Các mục trước đó có trong sổ ${origin}, mốc ${size} mục, do ${signers(signed, 'khóa')} ký.`,
      en: `Entries from before stand in the log ${origin}, head of ${size} entries, signed by ${signers(signed, 'key')}.`,
    });
  if (v.units > 0)
    lines.push({
      mark: 'ok',
      vi: `Chuỗi băm của ${v.units} bưu gửi, túi liền mạch${v.redacted > 0 ? ', trừ các mục được che' : ''}.`,
      en: `The chains of ${v.units} units are unbroken${v.redacted > 0 ? ', but for redacted entries' : ''}.`,
    });
  if (whole)
    lines.push({
      mark: 'ok',
      vi: 'Không mục nào bị xóa, đổi hoặc chen vào từ đầu sổ đến mốc này.',
      en: 'From the first entry to this head none was removed, changed or slipped in.',
    });
  if (v.device_signed > 0)
    lines.push({
      mark: 'ok',
      vi: `Chữ ký thiết bị ${v.device_signed}/${v.device_signed} khớp: ${v.devices.map((one) => one.fingerprint).join(', ')}.`,
      en: `${v.device_signed} entries are signed by their devices: ${v.devices.map((one) => one.fingerprint).join(', ')}.`,
    });
  const unlogged = v.devices.filter((one) => !one.logged);
  if (v.devices.length > unlogged.length)
    lines.push({
      mark: 'ok',
      vi: `Khóa của ${v.devices.length - unlogged.length}/${v.devices.length} thiết bị được ghi trong chính sổ này.`,
      en: `The log itself names the keys of ${v.devices.length - unlogged.length} of ${v.devices.length} devices.`,
    });
  if (unlogged.length > 0)
    lines.push({
      mark: 'warn',
      vi: `Khóa ${unlogged.map((one) => one.fingerprint).join(', ')} chỉ do tệp này nêu, chưa thấy mục ghi nó trong sổ.`,
      en: `The key ${unlogged.map((one) => one.fingerprint).join(', ')} is this file's word: no entry of the log is shown that names it.`,
    });
  for (const older of v.older)
    lines.push({
      mark: 'ok',
      vi: `Mốc cũ ${older.size} mục${older.at_s === null ? '' : ` lúc ${when(older.at_s * 1000)}`} là phần đầu của sổ này: từ đó không gì bị sửa.`,
      en: `The earlier head of ${older.size} entries is a beginning of this log: nothing of it was changed since.`,
    });
  if (v.files.length > 0)
    lines.push({
      mark: 'ok',
      vi: `${v.files.length} tệp kèm theo có mã băm được ghi trong mục.`,
      en: `${v.files.length} files have their digests in an entry.`,
    });
  if (v.held_head) lines.push({ mark: 'ok', vi: 'Khớp mốc bạn đang giữ.', en: 'It agrees with the head you hold.' });
  if (v.redacted > 0)
    lines.push({
      mark: 'none',
      vi: `${v.redacted} mục được che, chỉ có băm: có trong sổ, không xem được nội dung.`,
      en: `${v.redacted} entries are redacted to their hash: they stand in the log, their content is not shown.`,
    });
  if (v.policy_met === null)
    lines.push({
      mark: 'warn',
      vi: 'Chưa đối chiếu khóa với nguồn độc lập: so các dấu khóa trên với tờ giấy hoặc khóa bạn đã giữ.',
      en: 'The keys were compared with nothing: compare the fingerprints above with the paper or the keys you hold.',
    });
  if (witnesses.length === 0)
    lines.push({ mark: 'warn', vi: 'Không có bên chứng kiến nào ký mốc.', en: 'No witness has signed the head.' });
  const span = v.from_ms === null || v.to_ms === null ? '' : ` từ ${when(v.from_ms)} đến ${when(v.to_ms)} (giờ máy chủ)`;
  const span_en = v.from_ms === null || v.to_ms === null ? '' : ` from ${when(v.from_ms)} to ${when(v.to_ms)} (server clock)`;
  const until = seen.length === 0 ? '' : ` Bên chứng kiến thấy mốc lúc ${when(Math.min(...seen) * 1000)}.`;
  lines.push({ mark: 'ok', vi: `Kết luận: KHÔNG PHÁT HIỆN SỬA ĐỔI${span}.${until}`, en: `Conclusion: NO CHANGE FOUND${span_en}.` });
  return lines;
}

/** What no bundle can prove. */
export function notProved(v: Verdict): Line[] {
  const lines: [string, string][] = [
    [
      'Nội dung bên trong bưu gửi, và việc người ta đã nói đúng khi ghi.',
      'What is inside an item, and whether people told the truth when they recorded it.',
    ],
    ['Giờ của thiết bị; chỉ giờ máy chủ và giờ bên chứng kiến.', "The devices' clocks; only the server's and the witnesses' times."],
    ['Những gì xảy ra sau mốc này.', 'Anything after this head.'],
  ];
  if (v.subject.kind !== 'log')
    lines.push([
      'Rằng đây là tất cả những gì có về chủ thể: điều đó cần toàn bộ nhật ký hoặc ảnh chụp đầu chuỗi trong ngày.',
      'That this is all there is about the subject: that takes the whole log or the snapshot of the day.',
    ]);
  if (v.subject.kind === 'log')
    lines.push([
      'Chữ ký của từng thiết bị: kiểm trong hồ sơ từng bưu gửi.',
      'The signature of each device: check the dossier of the item.',
    ]);
  if (v.redacted > 0) lines.push(['Nội dung các mục được che.', 'The content of redacted entries.']);
  return lines.map(([vi, en]) => ({ mark: 'none', vi, en }));
}
