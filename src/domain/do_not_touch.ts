// The do-not-touch card: which signs seen outside are dangerous, and what to do then. Of any item alike: it says nothing of why it is held.

import type { Sign } from './sign.ts';

/** Signs of the acceptance checklist that endanger people. */
export const DANGER_SIGNS: ReadonlySet<string> = new Set<Sign>([
  'wires',
  'foil',
  'ticking',
  'powder',
  'oil_stain',
  'crystals',
  'leak',
  'threat_text',
]);

export const DO_NOT_TOUCH: readonly (readonly [vi: string, en: string])[] = [
  ['Không lắc, mở, ngửi, nếm, chạm thêm.', 'Do not shake, open, smell, taste or touch it again.'],
  ['Đặt xuống mặt phẳng vững; không mang đi nơi khác.', 'Set it down on a stable surface; do not carry it elsewhere.'],
  [
    'Rời khỏi chỗ đó, đóng cửa, tắt quạt và điều hòa; không cho người khác vào.',
    'Leave, close the doors, stop fans and air conditioning; keep others away.',
  ],
  ['Người đã chạm vào: rửa tay bằng xà phòng.', 'Whoever touched it washes hands with soap.'],
  [
    'Gọi trực ban ngay; trực ban gọi cơ quan chức năng và đưa danh sách người đã tiếp xúc.',
    'Call the duty officer at once; he calls the authorities and gives them the list of contacts.',
  ],
];
