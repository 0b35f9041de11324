// Numbers on labels: the S10 vectors, who may mint what, ranges, and what the check digit does not catch.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Defect } from '../../src/base/assert.ts';
import { grouped, isDomesticIndicator, numberOf, readS10, s10CheckDigit, serialOf } from '../../src/domain/code.ts';
import type { NumberFormat } from '../../src/domain/code.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
console.log(`code: SEED=${SEED}`);
const RUNS = { seed: SEED, numRuns: 20_000 };

const VECTORS = path.join(import.meta.dirname, '../../../shared/vectors/upu/s10.json');
const there = existsSync(VECTORS);
if (!there) console.log(`code: skipped, the S10 vectors are not at ${VECTORS}`);

type S10Vectors = {
  weights: number[];
  valid: { id: string; serial: string; weightedSum: number; remainder: number; check: number }[];
  edgeCases: { exampleId: string; serial: string; weightedSum: number; remainder: number; check: number }[];
  invalid: { id: string; why: string }[];
  serviceIndicatorRanges: { first: string; from: string; to: string; class: string }[];
};

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const PAIRS = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));

describe.skipIf(!there)('the S10 vectors', () => {
  const vectors = there ? (JSON.parse(readFileSync(VECTORS, 'utf8')) as S10Vectors) : ({} as S10Vectors);

  test('every valid number is read, and its check digit is the one of its serial', () => {
    const numbers = [...vectors.valid, ...vectors.edgeCases.map((e) => ({ ...e, id: e.exampleId }))];
    for (const { id, serial, check } of numbers) {
      expect(s10CheckDigit(serial), serial).toBe(check);
      expect(readS10(id), id).toEqual({ ok: true, prefix: id.slice(0, 2), serial, country: id.slice(11) });
      const format: NumberFormat = { prefix: id.slice(0, 2), suffix: id.slice(11), check_rule: 's10', serial_width: 8 };
      expect(numberOf(format, Number(serial))).toBe(id);
      expect(serialOf(format, id)).toBe(Number(serial));
      expect(grouped(id)).toBe(`${id.slice(0, 2)} ${id.slice(2, 5)} ${id.slice(5, 8)} ${id.slice(8, 11)} ${id.slice(11)}`);
    }
    expect(new Set(numbers.map((n) => n.remainder)).size).toBe(11);
    console.log(`code: ${numbers.length} valid S10 vectors`);
    expect(numbers.length).toBeGreaterThanOrEqual(20);
  });

  test('every invalid number is refused, but for a country that does not exist: the register of patterns refuses that', () => {
    const problems: Record<string, string> = Object.fromEntries(
      vectors.invalid.map(({ id, why }) => {
        const read = readS10(id);
        return [why, read.ok ? 'read' : read.problem];
      }),
    );
    expect(problems).toEqual({
      'check digit': 'check_digit',
      'country not ISO 3166-1': 'read',
      'service indicator J.. reserved': 'reserved',
      'S.. reserved': 'reserved',
      '12 characters (check digit missing)': 'shape',
      '14 characters': 'shape',
      'service indicator must be two letters': 'shape',
      'X check character (pre-2000 practice) not valid in S10-12': 'shape',
    });
    console.log(`code: ${vectors.invalid.length} invalid S10 vectors`);
  });

  test('of all 676 service indicators exactly the reserved are refused and exactly the domestic may be minted', () => {
    const classOf = (pair: string): string | undefined =>
      vectors.serviceIndicatorRanges.find((r) => r.first === pair[0] && r.from <= (pair[1] ?? '') && (pair[1] ?? '') <= r.to)?.class;
    const counts: Record<string, number> = {};
    for (const pair of PAIRS) {
      const indicator = classOf(pair);
      expect(indicator, pair).toBeDefined();
      counts[indicator ?? ''] = (counts[indicator ?? ''] ?? 0) + 1;
      expect(isDomesticIndicator(pair), pair).toBe(indicator === 'domestic');
      const read = readS10(`${pair}473124829VN`);
      expect(read.ok ? 'read' : read.problem, pair).toBe(indicator === 'reserved' ? 'reserved' : 'read');
    }
    console.log(`code: ${PAIRS.length} service indicators`, counts);
  });
});

test('a reserved prefix is refused also with a wrong check digit, so no "KT…VN" is ever read', () => {
  for (const first of 'JKSTW') expect(readS10(`${first}T000000000VN`)).toEqual({ ok: false, problem: 'reserved', prefix: `${first}T` });
});

test.each([
  '',
  'BK473124829V',
  'BK473124829VNN',
  'bk473124829VN',
  'BK473124829vn',
  'BK 473 124 829 VN',
  'BK47312482９VN',
  'BK473124829VN\n',
  'ВK473124829VN',
])('what is not thirteen plain characters is no S10 number: %j', (code) => expect(readS10(code)).toEqual({ ok: false, problem: 'shape' }));

const letters = (from: number, to: number) =>
  fc.string({ unit: fc.constantFrom(...LETTERS, '-', '1', '9'), minLength: from, maxLength: to });
const format: fc.Arbitrary<NumberFormat> = fc.oneof(
  fc.record({ prefix: letters(2, 2), suffix: letters(2, 2), check_rule: fc.constant('s10' as const), serial_width: fc.constant(8) }),
  fc.record({
    prefix: letters(0, 12),
    suffix: letters(0, 4),
    check_rule: fc.constant('none' as const),
    serial_width: fc.integer({ min: 4, max: 9 }),
  }),
);
const numbered = format.chain((f) => fc.tuple(fc.constant(f), fc.nat(10 ** f.serial_width - 1)));

test('the serial of a number is the one it was made of', () => {
  const widths = new Set<number>();
  fc.assert(
    fc.property(numbered, ([f, serial]) => {
      widths.add(f.serial_width);
      expect(serialOf(f, numberOf(f, serial))).toBe(serial);
    }),
    RUNS,
  );
  expect([...widths].toSorted()).toEqual([4, 5, 6, 7, 8, 9]);
});

test('a number with one character changed is another serial of the format or none at all', () => {
  let none = 0;
  let other = 0;
  fc.assert(
    fc.property(numbered, fc.nat(), fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }), ([f, serial], position, letter) => {
      const code = numberOf(f, serial);
      const at = position % code.length;
      const changed = code.slice(0, at) + letter + code.slice(at + 1);
      fc.pre(changed !== code);
      const read = serialOf(f, changed);
      if (read === null) return void none++;
      other++;
      expect(read).not.toBe(serial);
      expect(numberOf(f, read)).toBe(changed);
    }),
    RUNS,
  );
  expect(Math.min(none, other)).toBeGreaterThan(100);
});

test('a serial that its format has no room for is a defect, never a longer or a shorter number', () => {
  const f: NumberFormat = { prefix: 'BK', suffix: 'VN', check_rule: 's10', serial_width: 8 };
  for (const serial of [100_000_000, -1, 1.5, Number.NaN]) expect(() => numberOf(f, serial)).toThrow(Defect);
  expect(() => numberOf({ ...f, serial_width: 6 }, 1)).toThrow(Defect);
});

test('what the check digit misses: no wrong check digit, but one in 55 of wrong serial digits and of swapped neighbours', () => {
  const digitOf = (remainder: number): number => ({ 0: 5, 1: 0 })[remainder] ?? 11 - remainder;
  // ways[skip][r]: in how many ways the digits other than those skipped add up to r mod 11. Exact over all 10^8 serials.
  const weights = [8, 6, 4, 2, 3, 5, 9, 7];
  const ways = (skipped: number[]): number[] =>
    weights.reduce(
      (sums, weight, i) =>
        skipped.includes(i)
          ? sums
          : sums.map((_, r) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].reduce((n, d) => n + (sums[(r - weight * d + 110) % 11] ?? 0), 0)),
      [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    );
  const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const count = { changed: 0, changedMissed: 0, swapped: 0, swappedMissed: 0 };
  for (const [i, w] of weights.entries()) {
    for (const [rest, n] of ways([i]).entries()) {
      for (const d of digits) {
        for (const e of digits) {
          if (d === e) continue;
          count.changed += n;
          if (digitOf((rest + w * d) % 11) === digitOf((rest + w * e) % 11)) count.changedMissed += n;
        }
      }
    }
    const v = weights[i + 1];
    if (v === undefined) continue;
    for (const [rest, n] of ways([i, i + 1]).entries()) {
      for (const d of digits) {
        for (const e of digits) {
          if (d === e) continue;
          count.swapped += n;
          if (digitOf((rest + w * d + v * e) % 11) === digitOf((rest + w * e + v * d) % 11)) count.swappedMissed += n;
        }
      }
    }
  }
  // The same rule as the program's, or the count says nothing.
  fc.assert(
    fc.property(fc.nat(99_999_999), (serial) => {
      const text = String(serial).padStart(8, '0');
      const sum = [...text].reduce((n, d, i) => n + Number(d) * (weights[i] ?? 0), 0);
      expect(s10CheckDigit(text)).toBe(digitOf(sum % 11));
    }),
    RUNS,
  );
  const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`;
  console.log(
    `code: of all serials the check digit misses ${percent(count.changedMissed, count.changed)} of single wrong digits, ` +
      `${percent(count.swappedMissed, count.swapped)} of swapped neighbours, 10 % of random numbers`,
  );
  expect(count.changed).toBe(8 * 10 ** 8 * 9);
  expect(count.changedMissed / count.changed).toBeCloseTo(2 / 110, 4);
  expect(count.swappedMissed / count.swapped).toBeCloseTo(2 / 110, 4);
});
