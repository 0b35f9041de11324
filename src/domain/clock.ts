// Clocks: transit, visits, complaint windows, months and working days. What the law leaves unknown is null and never alarms.
// Reads no clock and no database.

import { addMonths, civilDate } from '../base/time.ts';
import { addWorkingDays, daysOf, monthsOf } from './delivery.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A dated limit as it is loaded; null: unknown. */
export type Limit = { duration: string | null; amount: number | null };
export type Limits = ReadonlyMap<string, Limit>;
export type Holidays = ReadonlySet<string>;

/** Last day of a term in months (Civil Code 2015 Art. 148): the same day number, else the last of the month; a day off moves it to the next working day. */
export function termInMonths(from: string, months: number, holidays: Holidays): string {
  return orNextWorkingDay(addMonths(from, months), holidays);
}

/** `day` itself when it is a working day, otherwise the next one. */
export function orNextWorkingDay(day: string, holidays: Holidays): string {
  return addWorkingDays(new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10), 1, holidays);
}

/** Length of an ISO 8601 duration of days, hours and minutes, in milliseconds; null: not of that form (months have no length). */
export function lengthOf(duration: string | null): number | null {
  const match = /^P(?!$)(?:(\d{1,3})D)?(?:T(?=\d)(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?$/.exec(duration ?? '');
  if (!match) return null;
  const [, days = '0', hours = '0', minutes = '0'] = match;
  return (Number(days) * 24 * 60 + Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}

export type Transit = { minutes: number; standard_minutes: number | null; verdict: 'no_standard' | 'running' | 'on_time' | 'late' };

/** From acceptance to the first attempt or delivery; nothing pauses it. `ended_at` null: still on the road. */
export function transit(accepted_at: number, ended_at: number | null, now_ms: number, standard: Limit | undefined): Transit {
  const spent = (ended_at ?? now_ms) - accepted_at;
  const minutes = Math.floor(spent / MINUTE_MS);
  const allowed = lengthOf(standard?.duration ?? null);
  if (allowed === null) return { minutes, standard_minutes: null, verdict: 'no_standard' };
  return { minutes, standard_minutes: allowed / MINUTE_MS, verdict: spent > allowed ? 'late' : ended_at === null ? 'running' : 'on_time' };
}

/** Visits to a point: delivery scans less than `apart_minutes` after the one before are of the same visit. */
export function visitsOf(times_ms: readonly number[], apart_minutes: number): number {
  const sorted = times_ms.toSorted((a, b) => a - b);
  return sorted.filter((at, i) => i === 0 || at - (sorted[i - 1] ?? 0) >= apart_minutes * MINUTE_MS).length;
}

export type ComplaintKind = 'loss' | 'late' | 'damage' | 'charge' | 'other';
export type ComplaintDates = { accepted_at: number; delivered_at: number | null; received_at: number };
export type ComplaintWindow = { window_ends_on: string | null; window_ok: boolean | null; answer_due_on: string | null };

/**
 * Windows of Art. 38 of the Postal Law. Loss and delay (TL10): from the end of the transit time, or from the day after acceptance
 * where none is loaded. Damage, charge, other (TL11): from delivery. The answer: TL12, or TL13 for an international service.
 */
export function complaintWindow(
  kind: ComplaintKind,
  international: boolean,
  dates: ComplaintDates,
  limits: Limits,
  holidays: Holidays,
): ComplaintWindow {
  const lossOrLate = kind === 'loss' || kind === 'late';
  const received_on = civilDate(dates.received_at);
  const window_ends_on = term(
    lossOrLate ? transitEnd(dates.accepted_at, limits) : dates.delivered_at === null ? null : civilDate(dates.delivered_at),
    limits.get(lossOrLate ? 'TL10' : 'TL11'),
    holidays,
  );
  return {
    window_ends_on,
    window_ok: window_ends_on === null ? null : received_on <= window_ends_on,
    answer_due_on: term(received_on, limits.get(international ? 'TL13' : 'TL12'), holidays),
  };
}

function transitEnd(accepted_at: number, limits: Limits): string {
  const allowed = lengthOf(limits.get('TL05')?.duration ?? null);
  return civilDate(accepted_at + (allowed ?? DAY_MS));
}

/** Last day of a term of months or calendar days; null: not begun, or no figure loaded. */
function term(from: string | null, limit: Limit | undefined, holidays: Holidays): string | null {
  if (from === null || !limit) return null;
  const months = monthsOf(limit.duration);
  if (months !== null) return termInMonths(from, months, holidays);
  const days = daysOf(limit.duration);
  return days === null ? null : orNextWorkingDay(new Date(Date.parse(from) + days * DAY_MS).toISOString().slice(0, 10), holidays);
}

/** How a term is counted: days of the calendar, working days, or hours and minutes as they pass. */
export type Basis = 'calendar' | 'working_day' | 'clock';
/** A row of time_limit as it held on the day of the trigger; `basis` null: not a duration. */
export type DatedLimit = { limit_code: string; duration: string | null; basis: Basis | null; citation: string };
export type Verdict = 'no_standard' | 'running' | 'late' | 'on_time';

/**
 * Instant at which a term that began at `from_ms` is over; null: no figure loaded. Hours and minutes pass day and night; a term of
 * days or months does not count its first day, ends at midnight in Việt Nam after its last day, and never on a day off.
 */
export function deadlineOf(from_ms: number, limit: Pick<DatedLimit, 'duration' | 'basis'> | null, holidays: Holidays): number | null {
  if (limit === null || limit.duration === null) return null;
  if (limit.basis === 'clock') {
    const length = lengthOf(limit.duration);
    return length === null ? null : from_ms + length;
  }
  const on = civilDate(from_ms);
  const days = daysOf(limit.duration);
  const months = monthsOf(limit.duration);
  if (limit.basis === 'working_day') return days === null ? null : endOfDay(addWorkingDays(on, days, holidays));
  if (months !== null) return endOfDay(termInMonths(on, months, holidays));
  return days === null ? null : endOfDay(orNextWorkingDay(new Date(Date.parse(on) + days * DAY_MS).toISOString().slice(0, 10), holidays));
}

/** Midnight in Việt Nam after a civil day. */
export const endOfDay = (day: string): number => Date.parse(`${day}T00:00:00+07:00`) + DAY_MS;

/** What a deadline says of something done at `done_ms` (null: not yet). A deadline that nobody knows never alarms. */
export function verdictOf(deadline_ms: number | null, done_ms: number | null, now_ms: number): Verdict {
  if (deadline_ms === null) return 'no_standard';
  if ((done_ms ?? now_ms) > deadline_ms) return 'late';
  return done_ms === null ? 'running' : 'on_time';
}
