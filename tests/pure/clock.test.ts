// Months, working days, transit, visits and complaint windows: the edges.

import { describe, expect, test } from 'vitest';
import { complaintWindow, lengthOf, orNextWorkingDay, termInMonths, transit, visitsOf } from '../../src/domain/clock.ts';
import type { Limits } from '../../src/domain/clock.ts';
import { addWorkingDays } from '../../src/domain/delivery.ts';

const NONE = new Set<string>();
/** Tết 2021: 10 to 16 February; Hùng Kings 21 April; 30 April; Labour Day moved to 3 May. */
const TET = new Set(['2021-02-10', '2021-02-11', '2021-02-12', '2021-02-15', '2021-02-16', '2021-04-21', '2021-04-30', '2021-05-03']);
const at = (text: string): number => Date.parse(text);

describe('a term in months ends on the same day number, else the last of the month, else the next working day', () => {
  test.each([
    ['2021-01-21', 1, '2021-02-22', 'the 21st is a Sunday'],
    ['2021-01-20', 6, '2021-07-20', 'plain'],
    ['2021-01-31', 1, '2021-03-01', '28 February is a Sunday'],
    ['2024-01-31', 1, '2024-02-29', 'leap year'],
    ['2023-08-31', 6, '2024-02-29', 'last day of a leap February'],
    ['2022-08-31', 6, '2023-02-28', 'last day of a common February'],
    ['2021-03-31', 1, '2021-04-30', 'a month of 30 days'],
    ['2020-11-30', 3, '2021-03-01', '28 February, a Sunday, moves over the end of the month'],
    ['2020-12-15', 1, '2021-01-15', 'over the end of a year'],
    ['2020-02-29', 12, '2021-03-01', 'a leap day a year on, a Sunday'],
    ['2021-05-22', 1, '2021-06-22', 'starting on a Saturday moves nothing'],
  ])('%s + %i months = %s (%s)', (from, months, end) => expect(termInMonths(from, months, NONE)).toBe(end));

  test('a holiday at the end moves it on, over the weekend behind it', () => {
    expect(termInMonths('2021-01-12', 1, TET)).toBe('2021-02-17');
    expect(termInMonths('2021-03-30', 1, TET)).toBe('2021-05-04');
    expect(termInMonths('2021-03-21', 1, TET)).toBe('2021-04-22');
  });
});

describe('working days are Monday to Friday without holidays', () => {
  test.each([
    ['2021-01-21', 1, '2021-01-22'],
    ['2021-01-22', 1, '2021-01-25'],
    ['2021-01-23', 1, '2021-01-25'],
    ['2021-01-24', 2, '2021-01-26'],
    ['2021-02-09', 1, '2021-02-17'],
    ['2021-02-09', 2, '2021-02-18'],
    ['2021-04-29', 1, '2021-05-04'],
    ['2021-12-31', 1, '2022-01-03'],
  ])('%s + %i working days = %s', (from, days, end) => expect(addWorkingDays(from, days, TET)).toBe(end));

  test('a working day is its own next working day', () => {
    expect(orNextWorkingDay('2021-02-09', TET)).toBe('2021-02-09');
    expect(orNextWorkingDay('2021-02-10', TET)).toBe('2021-02-17');
  });
});

test.each([
  ['PT48H', 2880], ['P2D', 2880], ['P1DT12H30M', 2190], ['PT0M', 0], ['P6M', null], ['P', null], ['PT', null], ['P1DT', null], ['48', null], [null, null],
])('the length of %s is %s minutes', (duration, minutes) => expect(lengthOf(duration)).toBe(minutes === null ? null : minutes * 60_000));

describe('transit', () => {
  const accepted = at('2021-01-21T08:00:00Z');
  const limit = (duration: string | null) => ({ duration, amount: null });
  test('without a standard nothing is late, however long it takes', () => {
    expect(transit(accepted, null, accepted + 1e11, limit(null)).verdict).toBe('no_standard');
    expect(transit(accepted, null, accepted + 1e11, undefined)).toMatchObject({ verdict: 'no_standard', standard_minutes: null });
  });
  test('the last instant allowed is in time, the next is late; nothing pauses it', () => {
    const day = 86_400_000;
    expect(transit(accepted, accepted + day, accepted + 9 * day, limit('PT24H')).verdict).toBe('on_time');
    expect(transit(accepted, accepted + day + 1, accepted + 9 * day, limit('PT24H')).verdict).toBe('late');
    expect(transit(accepted, null, accepted + day, limit('P1D'))).toMatchObject({ verdict: 'running', minutes: 1440, standard_minutes: 1440 });
    expect(transit(accepted, null, accepted + day + 1, limit('P1D')).verdict).toBe('late');
  });
});

test('scans of one round at a door are one visit, whatever their order', () => {
  const minutes = (...list: number[]) => list.map((m) => m * 60_000);
  expect(visitsOf([], 30)).toBe(0);
  expect(visitsOf(minutes(5), 30)).toBe(1);
  expect(visitsOf(minutes(20, 0, 10), 30)).toBe(1);
  expect(visitsOf(minutes(0, 30), 30)).toBe(2);
  expect(visitsOf(minutes(0, 29), 30)).toBe(1);
});

describe('complaint windows', () => {
  const limits: Limits = new Map([['TL10', 'P6M'], ['TL11', 'P1M'], ['TL12', 'P2M'], ['TL13', 'P3M']].map(([code, duration]) => [code ?? '', { duration: duration ?? null, amount: null }]));
  const accepted_at = at('2021-01-20T03:00:00Z');
  const dates = (received: string, delivered_at: number | null = null) => ({ accepted_at, delivered_at, received_at: at(received) });

  test('loss counts from the day after acceptance where no transit time is loaded, else from its end', () => {
    expect(complaintWindow('loss', false, dates('2021-07-21T16:59:59Z'), limits, NONE)).toEqual({ window_ends_on: '2021-07-21', window_ok: true, answer_due_on: '2021-09-21' });
    expect(complaintWindow('loss', false, dates('2021-07-21T17:00:00Z'), limits, NONE)).toMatchObject({ window_ok: false });
    const standard = new Map(limits).set('TL05', { duration: 'PT48H', amount: null });
    expect(complaintWindow('late', false, dates('2021-03-01T00:00:00Z'), standard, NONE).window_ends_on).toBe('2021-07-22');
  });
  test('damage counts from delivery; before that there is no window to miss', () => {
    expect(complaintWindow('damage', false, dates('2021-03-01T00:00:00Z'), limits, NONE)).toMatchObject({ window_ends_on: null, window_ok: null });
    expect(complaintWindow('charge', false, dates('2021-02-22T05:00:00Z', at('2021-01-21T18:00:00Z')), limits, NONE)).toMatchObject({ window_ends_on: '2021-02-22', window_ok: true });
  });
  test('an international service has longer to answer; without a limit nothing is due', () => {
    expect(complaintWindow('loss', true, dates('2021-03-01T00:00:00Z'), limits, NONE).answer_due_on).toBe('2021-06-01');
    expect(complaintWindow('loss', true, dates('2021-03-01T00:00:00Z'), new Map(), NONE)).toEqual({ window_ends_on: null, window_ok: null, answer_due_on: null });
  });
});
