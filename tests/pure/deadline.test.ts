// Deadlines of dated limits: months, days, working days and hours at their edges, and what nobody knows never alarms.

import { describe, expect, test } from 'vitest';
import { deadlineOf, verdictOf } from '../../src/domain/clock.ts';
import type { Basis } from '../../src/domain/clock.ts';

/** Tết 2021 and what follows, as in clock.test.ts. */
const TET = new Set(['2021-02-10', '2021-02-11', '2021-02-12', '2021-02-15', '2021-02-16', '2021-04-21', '2021-04-30', '2021-05-03']);
const at = (text: string): number => Date.parse(`${text}+07:00`);

const CASES: [from: string, duration: string, basis: Basis, end: string, why: string][] = [
  ['2021-01-21T23:50:00', 'PT15M', 'clock', '2021-01-22T00:05:00', 'a quarter of an hour over midnight'],
  ['2021-02-11T22:00:00', 'PT48H', 'clock', '2021-02-13T22:00:00', 'hours pass through Tết'],
  ['2020-12-31T23:59:00', 'PT1M', 'clock', '2021-01-01T00:00:00', 'a minute over the end of the year'],
  ['2021-01-21T00:00:00', 'P1D', 'clock', '2021-01-22T00:00:00', 'a day by the clock is 24 hours'],
  ['2021-01-21T23:59:59', 'P2D', 'calendar', '2021-01-26T00:00:00', 'the first day does not count; Saturday moves to Monday'],
  ['2021-01-22T00:00:00', 'P2D', 'calendar', '2021-01-26T00:00:00', 'Sunday moves to Monday'],
  ['2021-01-18T08:00:00', 'P2D', 'calendar', '2021-01-21T00:00:00', 'plain days end at midnight after the last'],
  ['2021-02-08T08:00:00', 'P2D', 'calendar', '2021-02-18T00:00:00', 'a last day within Tết moves behind it'],
  ['2021-01-22T17:00:00', 'P1D', 'working_day', '2021-01-26T00:00:00', 'Friday evening: Monday is the one day'],
  ['2021-02-09T08:00:00', 'P2D', 'working_day', '2021-02-19T00:00:00', 'over Tết'],
  ['2021-01-23T08:00:00', 'P1D', 'working_day', '2021-01-26T00:00:00', 'from a Saturday'],
  ['2021-01-31T08:00:00', 'P1M', 'calendar', '2021-03-02T00:00:00', '28 February is a Sunday'],
  ['2024-01-31T08:00:00', 'P1M', 'calendar', '2024-03-01T00:00:00', 'leap year: 29 February'],
  ['2020-08-31T08:00:00', 'P6M', 'calendar', '2021-03-02T00:00:00', 'no 31 February, and the 28th is a Sunday'],
  ['2021-01-12T08:00:00', 'P1M', 'calendar', '2021-02-18T00:00:00', 'ends on a day of Tết'],
  ['2021-10-31T08:00:00', 'P1M', 'calendar', '2021-12-01T00:00:00', '30 November'],
];

describe('a deadline', () => {
  test.each(CASES)('%s + %s by %s = %s (%s)', (from, duration, basis, end) => {
    expect(deadlineOf(at(from), { duration, basis }, TET)).toBe(at(end));
  });

  test('the civil day is that of Việt Nam, whatever the day is in UTC', () => {
    expect(deadlineOf(Date.parse('2021-01-20T17:00:00Z'), { duration: 'P1D', basis: 'working_day' }, TET)).toBe(at('2021-01-23T00:00:00'));
    expect(deadlineOf(Date.parse('2021-01-20T16:59:59Z'), { duration: 'P1D', basis: 'working_day' }, TET)).toBe(at('2021-01-22T00:00:00'));
  });

  test.each([
    ['no row', null],
    ['no figure', { duration: null, basis: 'clock' as const }],
    ['a figure without a basis of months', { duration: 'P6M', basis: 'clock' as const }],
    ['working months, which there are not', { duration: 'P6M', basis: 'working_day' as const }],
  ])('%s: no standard is loaded, and nothing alarms after a thousand years', (_, limit) => {
    const deadline = deadlineOf(at('2021-01-21T08:00:00'), limit, TET);
    expect(deadline).toBeNull();
    expect(verdictOf(deadline, null, at('3021-01-21T08:00:00'))).toBe('no_standard');
    expect(verdictOf(deadline, at('2021-01-21T09:00:00'), at('3021-01-21T08:00:00'))).toBe('no_standard');
  });

  test('the last instant is in time, the next is late, and what was done in time stays so', () => {
    const deadline = at('2021-01-21T09:00:00');
    expect(verdictOf(deadline, null, deadline)).toBe('running');
    expect(verdictOf(deadline, null, deadline + 1)).toBe('late');
    expect(verdictOf(deadline, deadline, deadline + 1e9)).toBe('on_time');
    expect(verdictOf(deadline, deadline + 1, deadline + 1e9)).toBe('late');
  });
});
