// Bag numbers, labels, missing serials and the explanation of a gap, against their definitions.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bagCode, bagLabel, bagUnitCode, explainGap, missingSerials, readBagCode } from '../../src/domain/bag.ts';
import { UnitCode } from '../../src/domain/facts.ts';

const office = fc.stringMatching(/^[0-9A-Z]{6}$/);
const bag = fc.record({
  origin_office_code: office, destination_office_code: office, mail: fc.constantFrom('kt1' as const, 'ordinary' as const),
  trip_year: fc.integer({ min: 2000, max: 2099 }), trip_no: fc.integer({ min: 1, max: 9999 }), serial: fc.integer({ min: 1, max: 999 }),
});

test('a bag number says what it was made of', () => {
  fc.assert(fc.property(bag, ({ trip_year, ...rest }) => {
    const code = bagCode({ trip_year, ...rest });
    expect(code).toHaveLength(23);
    expect(UnitCode.safeParse(code).success).toBe(true);
    expect(readBagCode(code)).toEqual({ ...rest, year_digit: trip_year % 10 });
  }));
});

test('different bags of a decade have different numbers', () => {
  fc.assert(fc.property(bag, bag, (a, b) => {
    const same = JSON.stringify({ ...a, trip_year: a.trip_year % 10 }) === JSON.stringify({ ...b, trip_year: b.trip_year % 10 });
    expect(bagCode(a) === bagCode(b)).toBe(same);
  }));
});

test('a label leads back to its bag; whatever is no label stays as it is', () => {
  fc.assert(fc.property(bag, fc.boolean(), fc.boolean(), fc.integer({ min: 1, max: 2_000_000 }), (parts, last, marked, gross_g) => {
    const code = bagCode(parts);
    const label = bagLabel(code, last, marked, gross_g);
    expect(label).toHaveLength(29);
    expect(label.slice(23, 25)).toBe(`${last ? 1 : 0}${marked ? 1 : 0}`);
    expect(Math.abs(Number(label.slice(25)) * 100 - Math.min(gross_g, 999_900))).toBeLessThanOrEqual(50);
    expect(bagUnitCode(label)).toBe(code);
    expect(bagUnitCode(code)).toBe(code);
  }));
  fc.assert(fc.property(fc.string({ maxLength: 40 }), (text) => {
    if (readBagCode(text.slice(0, 23)) === null) expect(bagUnitCode(text)).toBe(text);
  }));
  expect(bagUnitCode('BK473124829VN')).toBe('BK473124829VN');
  expect(readBagCode('243100240100AKX60001001')).toBeNull();
});

test('exactly the serials up to the last that did not arrive are missing; unknown last, unknown answer', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), fc.integer({ min: 1, max: 60 }), (arrived, last) => {
    const missing = missingSerials(arrived, last) ?? [];
    for (let serial = 1; serial <= 60; serial++) expect(missing.includes(serial)).toBe(serial <= last && !arrived.includes(serial));
    expect(missing).toEqual([...missing].toSorted((a, b) => a - b));
    expect(missingSerials(arrived, null)).toBeNull();
  }));
});

const weights = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 14 });
const listOf = (grams: readonly number[]) => grams.map((weight_g, i) => ({ code: `BK${i}`, weight_g }));

/** The smallest number of the items, one to three, that fit; null: none do. */
function smallest(gap_g: number, grams: readonly number[], tolerance_g: number): number | null {
  const fits = (sum: number): boolean => Math.abs(sum - gap_g) <= tolerance_g;
  if (grams.some(fits)) return 1;
  const pairs = grams.flatMap((a, i) => grams.slice(i + 1).map((b) => a + b));
  if (pairs.some(fits)) return 2;
  return grams.some((a, i) => grams.slice(i + 1).some((b, j) => grams.slice(i + j + 2).some((c) => fits(a + b + c)))) ? 3 : null;
}

test('a gap is explained by the fewest items that fit, each named once, or by none', () => {
  fc.assert(fc.property(weights, fc.integer({ min: -50, max: 1300 }), fc.integer({ min: 0, max: 20 }), (grams, gap_g, tolerance_g) => {
    const list = listOf(grams);
    const named = explainGap(gap_g, list, tolerance_g);
    expect(new Set(named).size).toBe(named.length);
    expect(named.length).toBe(gap_g <= tolerance_g ? 0 : (smallest(gap_g, grams, tolerance_g) ?? 0));
    if (named.length > 0) expect(Math.abs(list.filter((item) => named.includes(item.code)).reduce((sum, item) => sum + item.weight_g, 0) - gap_g)).toBeLessThanOrEqual(tolerance_g);
  }), { numRuns: 500 });
});

test('what one to three missing items weigh is always explained, and three of 60 quickly', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 6, max: 900 }), { minLength: 3, maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (grams, lost) => {
    expect(explainGap(grams.slice(0, lost).reduce((a, b) => a + b, 0), listOf(grams)).length).toBeGreaterThan(0);
  }));
  const started = performance.now();
  expect(explainGap(3_000_000, listOf(Array.from({ length: 10_000 }, (_, i) => 100 + i)))).toEqual([]);
  expect(performance.now() - started).toBeLessThan(250);
});
