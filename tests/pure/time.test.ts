// Civil dates of Việt Nam and months by the civil rule.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addMonths, civilDate, civilText, instant } from '../../src/base/time.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
console.log(`time: SEED=${SEED}`);

test.each([
  ['2026-01-15', 1, '2026-02-15'],
  ['2026-01-31', 1, '2026-02-28'],
  ['2028-01-31', 1, '2028-02-29'],
  ['2028-02-29', 12, '2029-02-28'],
  ['2028-02-29', 48, '2032-02-29'],
  ['2026-03-31', 1, '2026-04-30'],
  ['2026-08-31', 6, '2027-02-28'],
  ['2026-10-31', 1, '2026-11-30'],
  ['2026-11-30', 3, '2027-02-28'],
  ['2026-12-31', 12, '2027-12-31'],
  ['2026-12-31', 2, '2027-02-28'],
  ['2026-12-01', 1, '2027-01-01'],
  ['2100-01-30', 1, '2100-02-28'],
  ['2026-03-31', -1, '2026-02-28'],
  ['2026-01-15', -1, '2025-12-15'],
  ['2026-05-05', 0, '2026-05-05'],
])('%s and %i months are %s', (date, months, expected) => expect(addMonths(date, months)).toBe(expected));

test('months never run over into the month after, keep the day where there is one, and never go back', () => {
  const date = fc
    .date({ min: new Date('1970-01-01'), max: new Date('2199-12-31'), noInvalidDate: true })
    .map((d) => d.toISOString().slice(0, 10));
  let shortened = 0;
  fc.assert(
    fc.property(date, date, fc.integer({ min: 0, max: 240 }), (a, b, months) => {
      const after = addMonths(a, months);
      const monthOf = (d: string): number => Number(d.slice(0, 4)) * 12 + Number(d.slice(5, 7));
      expect(monthOf(after)).toBe(monthOf(a) + months);
      if (after.slice(8) !== a.slice(8)) {
        shortened++;
        expect(after.slice(8) < a.slice(8)).toBe(true);
        const next = new Date(Date.parse(after) + 86_400_000).toISOString().slice(0, 10);
        expect(next.slice(8)).toBe('01');
      }
      if (a <= b) expect(addMonths(a, months) <= addMonths(b, months)).toBe(true);
    }),
    { seed: SEED, numRuns: 20_000 },
  );
  expect(shortened).toBeGreaterThan(100);
});

test.each([
  ['2026-11-23T16:59:59.999Z', '2026-11-23', '23:59 23/11/2026'],
  ['2026-11-23T17:00:00.000Z', '2026-11-24', '00:00 24/11/2026'],
  ['2026-12-31T17:00:00.000Z', '2027-01-01', '00:00 01/01/2027'],
  ['2028-02-28T17:00:00.000Z', '2028-02-29', '00:00 29/02/2028'],
  ['1969-12-31T23:59:59.999Z', '1970-01-01', '06:59 01/01/1970'],
  ['2026-06-21T05:00:00.000Z', '2026-06-21', '12:00 21/06/2026'],
])('%s is %s in Việt Nam, read as %s', (utc, date, text) => {
  const ms = Date.parse(utc);
  expect([civilDate(ms), civilText(ms), instant(ms)]).toEqual([date, text, utc]);
});

test('the civil date agrees with the time zone database, all the year round', () => {
  const zone = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh', dateStyle: 'short' });
  for (let ms = Date.UTC(2025, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 3_599_000 * 5) expect(civilDate(ms)).toBe(zone.format(ms));
});
