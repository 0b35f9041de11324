// Numbers on labels: UPU S10 item identifiers, bag numbers, and reading what a scanner sends.
// Source: UPU S10-12; reserved and domestic ranges as compiled in the standards chapter (every pair is tested).

import { assert } from '../base/assert.ts';

const WEIGHTS = [8, 6, 4, 2, 3, 5, 9, 7] as const;

/** S10 check digit of an 8-digit serial. It misses 1.8 % of single wrong digits and 10 % of random numbers: the register must know the number too. */
export function s10CheckDigit(serial: string): number {
  let sum = 0;
  for (let i = 0; i < 8; i++) sum += (serial.charCodeAt(i) - 48) * (WEIGHTS[i] ?? 0);
  const digit = 11 - (sum % 11);
  return digit === 10 ? 0 : digit === 11 ? 5 : digit;
}

export const S10 = /^([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})$/;

/** First letters that UPU reserves: nobody may mint them, so no "KT…VN". */
const RESERVED_FIRST = new Set(['J', 'K', 'S', 'T', 'W']);

export type S10Reading =
  | { ok: true; prefix: string; serial: string; country: string }
  | { ok: false; problem: 'shape' }
  | { ok: false; problem: 'check_digit'; expected: number }
  | { ok: false; problem: 'reserved'; prefix: string };

export function readS10(code: string): S10Reading {
  const match = S10.exec(code);
  if (!match) return { ok: false, problem: 'shape' };
  const [, prefix = '', serial = '', digit = '', country = ''] = match;
  if (RESERVED_FIRST.has(prefix[0] ?? '')) return { ok: false, problem: 'reserved', prefix };
  const expected = s10CheckDigit(serial);
  if (Number(digit) !== expected) return { ok: false, problem: 'check_digit', expected };
  return { ok: true, prefix, serial, country };
}

/** Service indicators for domestic or bilateral use: the ones an operator may mint for itself. */
export function isDomesticIndicator(prefix: string): boolean {
  return /^(A[V-Z]|[BDNPZ][A-Z]|G[AD])$/.test(prefix);
}

export type NumberFormat = { prefix: string; suffix: string; check_rule: 's10' | 'none'; serial_width: number };

/** The number that stands for a serial of a range, e.g. prefix BK, serial 47312482, suffix VN -> BK473124829VN. */
export function numberOf(format: NumberFormat, serial: number): string {
  const digits = String(serial).padStart(format.serial_width, '0');
  assert(
    /^[0-9]+$/.test(digits) && digits.length === format.serial_width && (format.check_rule !== 's10' || digits.length === 8),
    'a serial that its format has no room for',
  );
  const check = format.check_rule === 's10' ? String(s10CheckDigit(digits)) : '';
  return `${format.prefix}${digits}${check}${format.suffix}`;
}

/** The serial within a range that a number stands for, or null when the number is not of that format. */
export function serialOf(format: NumberFormat, code: string): number | null {
  const length = format.prefix.length + format.serial_width + (format.check_rule === 's10' ? 1 : 0) + format.suffix.length;
  if (code.length !== length || !code.startsWith(format.prefix) || !code.endsWith(format.suffix)) return null;
  const digits = code.slice(format.prefix.length, format.prefix.length + format.serial_width);
  if (!/^[0-9]+$/.test(digits) || numberOf(format, Number(digits)) !== code) return null;
  return Number(digits);
}

/** As printed for people: `BK 473 124 829 VN`. Other numbers stay as they are. */
export function grouped(code: string): string {
  const match = /^([A-Z]{2})([0-9]{3})([0-9]{3})([0-9]{3})([A-Z]{2})$/.exec(code);
  return match ? match.slice(1).join(' ') : code;
}
