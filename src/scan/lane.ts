// A lane: one scanner's scans in order. A stop latches it; what is scanned meanwhile is parked, never lost, and read in order afterwards.

import type { Culprit, Reading } from './ime.ts';
import type { Method } from './stroke.ts';

/** A scan as the lane takes it, made of a reading and of how it arrived. Times in milliseconds, one clock. */
export type LaneScan = { reading: Reading; method: Method; gap_ms: number; at_ms: number };

/** One of the last ten, to be shown to the person who asks "what did it read?". */
export type Seen = { text: string; method: Method | 'repaired'; gap_ms: number; at_ms: number; culprit: Culprit | null };

export type Lane = {
  /** Why the lane stands; null: it runs. */
  stopped: string | null;
  parked: readonly LaneScan[];
  last: { key: string; at_ms: number } | null;
  /** How often the last scan was sent again and absorbed. */
  absorbed: number;
  seen: readonly Seen[];
};

export const OPEN_LANE: Lane = { stopped: null, parked: [], last: null, absorbed: 0, seen: [] };

const BOUNCE_MS = 1500;
const SEEN_MOST = 10;
const SEEN_MS = 24 * 3600 * 1000;

/** `evaluate`: now. `parked`: after what is before it. `absorbed`: the same thing bounced, no event. */
export function offer(lane: Lane, scan: LaneScan): { lane: Lane; verdict: 'evaluate' | 'parked' | 'absorbed' } {
  const { reading, at_ms } = scan;
  const seen = [...recent(lane, at_ms), seenOf(scan)].slice(-SEEN_MOST);
  const key = `${reading.what}:${reading.code ?? reading.text}`;
  const bounced = lane.last !== null && lane.last.key === key && at_ms - lane.last.at_ms < BOUNCE_MS && reading.what !== 'command';
  if (bounced) return { lane: { ...lane, seen, absorbed: lane.absorbed + 1 }, verdict: 'absorbed' };
  const next = { ...lane, seen, last: { key, at_ms }, absorbed: 0 };
  // Also while what was parked is being read: order is kept.
  const waits = lane.stopped !== null || lane.parked.length > 0;
  return waits ? { lane: { ...next, parked: [...lane.parked, scan] }, verdict: 'parked' } : { lane: next, verdict: 'evaluate' };
}

/** A stop of what was last evaluated: held item, wrong bag, wrong seal. */
export const latch = (lane: Lane, why: string): Lane => ({ ...lane, stopped: why });

export const acknowledge = (lane: Lane): Lane => ({ ...lane, stopped: null });

/** The next parked scan to evaluate; null: none, or the lane stands. Call until null: each may latch the lane again. */
export function takeParked(lane: Lane): { lane: Lane; scan: LaneScan | null } {
  const [scan, ...parked] = lane.parked;
  return lane.stopped !== null || !scan ? { lane, scan: null } : { lane: { ...lane, parked }, scan };
}

/** The last ten scans of the last 24 hours, oldest first. */
export const recent = (lane: Lane, now_ms: number): readonly Seen[] => lane.seen.filter(({ at_ms }) => now_ms - at_ms < SEEN_MS);

/** Identity cards have no text by now where they were not asked for; where they were, it stays out all the same. */
function seenOf({ reading, method, gap_ms, at_ms }: LaneScan): Seen {
  const text = reading.what === 'cccd' ? '' : reading.text;
  return { text, method: reading.repaired ? 'repaired' : method, gap_ms, at_ms, culprit: reading.culprit };
}
