// CATALOGUE of screening methods (IATA ScreeningMethod, ONE Record code list), what each may be used on, how the last test of a
// machine stands, and what breaks the trust in a screening. Pure.

import type { Kind } from './facts.ts';
import type { FlagCode } from './decide.ts';
import type { ServiceClass } from './service.ts';

export const METHODS = {
  PHS: { vi: 'Kiểm tra, khám bằng tay', en: 'Physical inspection or hand search', machine: false },
  VCK: { vi: 'Kiểm tra bằng mắt', en: 'Visual check', machine: false },
  XRY: { vi: 'Soi tia X', en: 'X-ray', machine: true },
  EDS: { vi: 'Hệ thống phát hiện chất nổ', en: 'Explosive detection system', machine: true },
  EDD: { vi: 'Chó nghiệp vụ', en: 'Explosive detection dogs', machine: false },
  ETD: { vi: 'Phát hiện vết chất nổ', en: 'Explosives trace detection', machine: true },
  CMD: { vi: 'Phát hiện kim loại', en: 'Cargo metal detection', machine: true },
  AOM: { vi: 'Cách khác', en: 'Any other means', machine: false },
} as const;
export type Method = keyof typeof METHODS;

/** Methods that look from outside and make no image of what is inside; null: all. A letter is opened by nobody without an order. */
export const OUTSIDE_METHODS: { readonly [S in ServiceClass]: readonly Method[] | null } = {
  kt1: ['VCK', 'EDD', 'ETD'],
  letter: ['VCK', 'XRY', 'EDS', 'EDD', 'ETD', 'CMD'],
  parcel: null,
  printed_matter: null,
};

/** `test_limit_hours` null: no limit is loaded. `tested_at`, Unix milliseconds, and `passed` null: never tested. */
export type Equipment = {
  office_code: string;
  method: Method;
  test_limit_hours: number | null;
  retired: boolean;
  tested_at: number | null;
  passed: boolean | null;
};
export type TestState = 'current' | 'stale' | 'never' | 'failed' | 'no_limit' | 'not_needed';

export const TESTS: { readonly [T in TestState]: readonly [vi: string, en: string] } = {
  current: ['Đã kiểm tra trong hạn', 'Tested in time'],
  stale: ['Kiểm tra đã quá hạn', 'Test too old'],
  never: ['Chưa kiểm tra lần nào', 'Never tested'],
  failed: ['Lần kiểm tra cuối không đạt', 'Last test failed'],
  no_limit: ['Chưa nạp thời hạn kiểm tra', 'No limit is loaded'],
  not_needed: ['Không dùng thiết bị', 'No equipment'],
};

/** How the last test of a machine stands at an instant. A failed test counts whether there is a limit or not. */
export function testOf(equipment: Equipment | null, now_ms: number): TestState {
  if (equipment === null) return 'not_needed';
  if (equipment.passed === false) return 'failed';
  if (equipment.test_limit_hours === null) return 'no_limit';
  if (equipment.tested_at === null) return 'never';
  return now_ms - equipment.tested_at > equipment.test_limit_hours * 3_600_000 ? 'stale' : 'current';
}

/** After one of these nobody can say that what was screened is what is here: earlier screenings are void. */
export const BREAK_FLAGS: readonly FlagCode[] = ['elsewhere', 'not_holder', 'seal_differs', 'weight_drift', 'after_end'];
export const BREAK_KINDS: readonly Kind[] = [
  'missing',
  'found_again',
  'rewrapped',
  'bag_reopened',
  'opened_by_authority',
  'returned_by_authority',
];
