// The clock, instants and Vietnamese civil dates. The only file that may read the machine's clock.
// UTC in the ledger, Asia/Ho_Chi_Minh for people; that zone has had no daylight saving since 1975.

export type Clock = () => number;

/** Unix milliseconds. */
export const systemClock: Clock = () => Date.now();

/** A flight says the same instant hundreds of times. */
let last = { ms: Number.NaN, text: '' };

/** Instant of the wire and the ledger: RFC 3339, UTC, milliseconds. */
export function instant(ms: number): string {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
  return last.text;
}

const VIETNAM_OFFSET_MS = 7 * 3_600_000;

/** Civil date in Việt Nam, `YYYY-MM-DD`. */
export const civilDate = (ms: number): string => new Date(ms + VIETNAM_OFFSET_MS).toISOString().slice(0, 10);

/** `HH:MM DD/MM/YYYY` in Việt Nam, as people read it on a label or receipt. */
export function civilText(ms: number): string {
  const text = new Date(ms + VIETNAM_OFFSET_MS).toISOString();
  return `${text.slice(11, 16)} ${text.slice(8, 10)}/${text.slice(5, 7)}/${text.slice(0, 4)}`;
}

/** Civil date `months` later: same day number, else the last day of the month (Civil Code style). */
export function addMonths(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(day, last));
  return first.toISOString().slice(0, 10);
}
