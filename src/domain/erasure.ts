// When personal data may be erased: the road has ended, the least time of keeping (TL14) is over, and nothing holds them. How long they
// may be kept at most is not known here: no such limit is loaded, and none is invented.

import { isKind } from './journal.ts';
import type { JournalEntry } from './journal.ts';
import { FINAL_STATES } from './state.ts';
import type { State } from './state.ts';

/** Items that a legal hold in force names. */
export function legallyHeld(entries: readonly JournalEntry[]): ReadonlySet<string> {
  const lifted = new Set(entries.filter((entry) => entry.kind === 'legal_hold_lifted').map((entry) => entry.matter_id));
  return new Set(
    entries.flatMap((entry) => (isKind(entry, 'legal_hold_placed') && !lifted.has(entry.matter_id) ? entry.facts.unit_ids : [])),
  );
}

/** Nothing more is expected of it, so nobody needs the address. What is lost may be found. */
export const mayBeErasedIn = (state: State): boolean => FINAL_STATES.has(state) && state !== 'lost';
