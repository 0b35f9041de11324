// What of an item is compared with watch lists, and what then counts as a hit. Pure; the index only brings what shares a key.

import { matchKeys, matchTexts } from './name_match.ts';
import type { MatchKind } from './name_match.ts';
import { PERHAPS_FROM, SAME_FROM } from './match_tier.ts';
import type { Tier } from './match_tier.ts';

/** `expires_at`: Unix milliseconds. */
export type WatchCandidate = {
  entry_id: string;
  match_kind: MatchKind;
  entry_text: string;
  least_match: 'same' | 'perhaps';
  expires_at: number;
};
export type WatchHit = { entry_id: string; party: Particular['party']; tier: Tier; score: number };
type Particular = { party: 'sender' | 'addressee' | 'item'; kinds: readonly MatchKind[]; text: string };

/** A name may be a person's or a body's: whoever typed it did not say. */
const KINDS: Record<string, readonly MatchKind[]> = { name: ['person', 'organisation'], address: ['address'], phone: ['phone'] };

/** Names, addresses and phones of both parties, and the number as scanned. The declaration of contents is not looked at. */
export function particularsOf(
  parts: readonly { party: string; fields: { readonly [field: string]: string } }[],
  code: string | null,
): Particular[] {
  const told = parts.flatMap(({ party, fields }) =>
    party === 'sender' || party === 'addressee'
      ? Object.entries(fields).map(([field, text]) => ({ party, kinds: KINDS[field] ?? [], text }) as const)
      : [],
  );
  return code === null ? told : [...told, { party: 'item', kinds: ['item_code'], text: code }];
}

export const watchKeys = (particulars: readonly Particular[]): string[] => [
  ...new Set(particulars.flatMap(({ kinds, text }) => kinds.flatMap((kind) => matchKeys(kind, text)))),
];

/** One hit an entry at most, the best. `now_ms`: a list that has expired matches nothing. */
export function watchHits(candidates: readonly WatchCandidate[], particulars: readonly Particular[], now_ms: number): WatchHit[] {
  return candidates.flatMap(({ entry_id, match_kind, entry_text, least_match, expires_at }) => {
    if (expires_at <= now_ms) return [];
    const found = particulars
      .filter(({ kinds }) => kinds.includes(match_kind))
      .map(({ party, text }) => ({ entry_id, party, ...matchTexts(match_kind, entry_text, text) }))
      .filter(({ score }) => score >= (least_match === 'same' ? SAME_FROM : PERHAPS_FROM))
      .toSorted((a, b) => b.score - a.score)[0];
    return found === undefined ? [] : [{ entry_id, party: found.party, tier: found.tier, score: found.score }];
  });
}
