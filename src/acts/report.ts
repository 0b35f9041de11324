// Drawing a report: the window must lie wholly in the past, so that no event can still fall into it; then the figures as the ledger
// has them, into the journal.

import { Refused } from '../base/refusal.ts';
import { instant } from '../base/time.ts';

/** A flight that began before the cut has committed or failed by then: statement, lock and idle time-outs end well before. */
export const SETTLED_MS = 60_000;

/** The latest instant up to which figures are final. Throws a Refused when the window ends later. */
export function cutFor(window: { from_at: string; to_at: string }, now_ms: number): string {
  const cut_ms = now_ms - SETTLED_MS;
  if (Date.parse(window.from_at) >= Date.parse(window.to_at)) throw new Refused('invalid_input', { field: 'to_at', problem_vi: 'trước lúc bắt đầu', problem_en: 'before the start' });
  if (Date.parse(window.to_at) > cut_ms) throw new Refused('drawn_too_early', { cut_at: instant(cut_ms) });
  return instant(cut_ms);
}
