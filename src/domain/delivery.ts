// Rules of delivery: the order of a run, who may receive what, evidence, call notices, days and months. Pure.

import type { Facts } from './facts.ts';
import type { Secrecy, ServiceClass, Urgency } from './service.ts';

export type Priority = { service_class: ServiceClass; secrecy: Secrecy; urgency: Urgency; appointed_at: number | null; position: number };

/** Hỏa tốc, hẹn giờ, A, B, C, KT1, others; then the earlier appointment, then the order of signing out. */
export function compareForDelivery(a: Priority, b: Priority): number {
  return rank(a) - rank(b) || (a.appointed_at ?? 0) - (b.appointed_at ?? 0) || a.position - b.position;
}

function rank(item: Priority): number {
  if (item.urgency !== 'NONE') return item.urgency === 'HOA_TOC' ? 0 : 1;
  if (item.secrecy !== 'NONE') return { A: 2, B: 3, C: 4 }[item.secrecy];
  return item.service_class === 'kt1' ? 5 : 6;
}

export type Authority = Facts<'delivered'>['receiver_authority'];
export type Addressed = { service_class: ServiceClass; secrecy: Secrecy; urgency: Urgency; personal_mark: boolean };

/**
 * Ways of receiving that suffice for an item. A guard or a neighbour is no way at all. Where only the person named may open
 * it, only that person receives it; when it is hỏa tốc and that person is absent, the head of the body, by authorisation.
 */
export function authoritiesFor(item: Addressed): readonly Authority[] {
  if (item.personal_mark) return item.urgency === 'HOA_TOC' ? ['addressee_in_person', 'authorisation'] : ['addressee_in_person'];
  if (item.secrecy === 'A' || item.secrecy === 'B') return ['card', 'pin'];
  if (item.service_class === 'kt1') return ['card', 'pin', 'letter_of_introduction', 'authorisation'];
  return ['addressee_in_person', 'pin', 'letter_of_introduction', 'authorisation'];
}

/** Somebody the register does not know comes with a paper; its number is what stays. */
export const comesWithPaper = (authority: Authority): boolean => authority === 'letter_of_introduction' || authority === 'authorisation';

/** Whether the receiver's card must stand in the register of the addressee body. A paper replaces it, but never for A and B. */
export const needsRegisteredCard = (item: Addressed, authority: Authority): boolean =>
  item.service_class === 'kt1' && (!comesWithPaper(authority) || item.secrecy === 'A' || item.secrecy === 'B');

/** Kinds of evidence that a reason needs and that were not given. */
export const evidenceMissing = (needed: readonly string[], given: readonly string[]): string[] =>
  needed.filter((kind) => !given.includes(kind));

/** Reasons for which nobody need be invited: refused, asked back by the sender, or no such address or addressee (Art. 17). */
const NO_NOTICES: ReadonlySet<string> = new Set(['refused', 'sender_request', 'wrong_address', 'moved', 'not_known_there']);
export const returnsWithoutNotices = (reason_code: string): boolean => NO_NOTICES.has(reason_code);

const DAY_MS = 86_400_000;

const isWorkingDay = (date: string, holidays: ReadonlySet<string>): boolean => {
  const weekday = new Date(date).getUTCDay();
  return weekday !== 0 && weekday !== 6 && !holidays.has(date);
};

/** Working days after `from` up to and with `to`: Monday to Friday without holidays. */
export function workingDaysBetween(from: string, to: string, holidays: ReadonlySet<string>): number {
  let days = 0;
  for (let ms = Date.parse(from) + DAY_MS; ms <= Date.parse(to); ms += DAY_MS) {
    if (isWorkingDay(new Date(ms).toISOString().slice(0, 10), holidays)) days++;
  }
  return days;
}

/** The first date that lies at least `days` working days after `from`. */
export function addWorkingDays(from: string, days: number, holidays: ReadonlySet<string>): string {
  let date = from;
  for (let left = days; left > 0;) {
    date = new Date(Date.parse(date) + DAY_MS).toISOString().slice(0, 10);
    if (isWorkingDay(date, holidays)) left--;
  }
  return date;
}

/** Days of a duration like P2D, months of one like P6M, minutes of one like PT1H30M; null: not of that form. */
export const daysOf = (duration: string | null): number | null => figure(/^P(\d{1,3})D$/, duration);
export const monthsOf = (duration: string | null): number | null => figure(/^P(\d{1,3})M$/, duration);

export function minutesOf(duration: string | null): number | null {
  const [, hours, minutes] = /^PT(?=\d)(?:(\d{1,3})H)?(?:(\d{1,4})M)?$/.exec(duration ?? '') ?? [];
  return hours === undefined && minutes === undefined ? null : Number(hours ?? 0) * 60 + Number(minutes ?? 0);
}

function figure(form: RegExp, duration: string | null): number | null {
  const digits = form.exec(duration ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}
