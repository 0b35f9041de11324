// Duty around the clock: who is on which post when, to the minute, over midnight, with substitutes and with those who cannot come.
// Pure: reads no clock and no database. Việt Nam has no daylight saving, so a day has 1,440 minutes.

export const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** `[from_ms, to_ms)`, Unix milliseconds. */
export type Span = { from_ms: number; to_ms: number };

/** Posts of a duty roster and how many people each needs at every minute. */
export const POSTS = {
  duty_leader: ['Lãnh đạo trực', 'Officer in charge'],
  shift_head: ['Trưởng ca trực', 'Duty shift head'],
  kt1_clerk: ['Giao dịch viên KT1', 'KT1 clerk'],
  driver: ['Lái xe, áp tải', 'Driver, escort'],
  liaison: ['Đầu mối phối hợp', 'Liaison'],
  technical: ['Trực kỹ thuật', 'Technical duty'],
} as const satisfies Record<string, readonly [vi: string, en: string]>;
export type Post = keyof typeof POSTS;
export type Needed = { post: Post; needed: number };

/** A part of an assignment that another person takes over; `person_id` null: the person cannot come and nobody has taken it over. */
export type Replacement = Span & { person_id: string | null };
export type Assignment = Span & { assignment_id: string; post: Post; person_id: string; replacements: readonly Replacement[] };
/** Somebody on a post. */
export type Cover = Span & { post: Post; person_id: string; assignment_id: string };
export type Gap = Span & { post: Post; needed: number; present: number };

/** From a civil day and two times `HH:MM` in Việt Nam; an end at or before the start lies on the next day. */
export function spanOf(on: string, from: string, to: string): Span {
  const from_ms = Date.parse(`${on}T${from}:00+07:00`);
  const same_day = Date.parse(`${on}T${to}:00+07:00`);
  return { from_ms, to_ms: same_day > from_ms ? same_day : same_day + DAY_MS };
}

/** Who really stands there: each assignment without what was replaced, and the substitutes. The last word on a minute counts. */
export function coverOf(assignments: readonly Assignment[]): Cover[] {
  return assignments.flatMap(({ assignment_id, post, person_id, replacements, ...whole }) => {
    let parts: (Span & { person_id: string | null })[] = [{ person_id, from_ms: whole.from_ms, to_ms: whole.to_ms }];
    for (const replacement of replacements) {
      const clipped = clip(replacement, whole);
      if (clipped === null) continue;
      parts = [...parts.flatMap((part) => without(part, clipped)), { ...clipped, person_id: replacement.person_id }];
    }
    return parts.flatMap((part) => (part.person_id === null ? [] : [{ ...part, person_id: part.person_id, post, assignment_id }]));
  });
}

function clip(span: Span, to: Span): Span | null {
  const from_ms = Math.max(span.from_ms, to.from_ms);
  const to_ms = Math.min(span.to_ms, to.to_ms);
  return from_ms < to_ms ? { from_ms, to_ms } : null;
}

function without<T extends Span>(part: T, cut: Span): T[] {
  return [
    { ...part, to_ms: Math.min(part.to_ms, cut.from_ms) },
    { ...part, from_ms: Math.max(part.from_ms, cut.to_ms) },
  ].filter((piece) => piece.from_ms < piece.to_ms);
}

/** Every stretch of `within` in which a post has fewer people than it needs, oldest first; the same person counts once. */
export function gapsOf(needed: readonly Needed[], cover: readonly Cover[], within: Span): Gap[] {
  return needed.flatMap((need) => gapsOfPost(need, cover, within)).toSorted((a, b) => a.from_ms - b.from_ms || (a.post < b.post ? -1 : 1));
}

function gapsOfPost({ post, needed }: Needed, cover: readonly Cover[], within: Span): Gap[] {
  const mine = cover.filter((c) => c.post === post && clip(c, within) !== null);
  const edges = [...new Set([within.from_ms, within.to_ms, ...mine.flatMap((c) => [c.from_ms, c.to_ms])])]
    .filter((edge) => edge >= within.from_ms && edge <= within.to_ms)
    .toSorted((a, b) => a - b);
  const gaps: Gap[] = [];
  for (const [i, from_ms] of edges.slice(0, -1).entries()) {
    const to_ms = edges[i + 1] ?? from_ms;
    const present = new Set(mine.filter((c) => c.from_ms <= from_ms && c.to_ms >= to_ms).map((c) => c.person_id)).size;
    if (present >= needed) continue;
    const last = gaps.at(-1);
    if (last?.to_ms === from_ms && last.present === present) last.to_ms = to_ms;
    else gaps.push({ post, needed, present, from_ms, to_ms });
  }
  return gaps;
}

/** Who is on duty at an instant. */
export const onDutyAt = (cover: readonly Cover[], at_ms: number): Cover[] => cover.filter((c) => c.from_ms <= at_ms && at_ms < c.to_ms);

export type Clash = Span & { person_id: string; posts: readonly [Post, Post] };

/** Stretches in which one person stands on two posts at once: allowed, and said. */
export function clashesOf(cover: readonly Cover[]): Clash[] {
  return cover.flatMap((a, i) =>
    cover.slice(i + 1).flatMap((b) => {
      const both = a.person_id === b.person_id && a.post !== b.post ? clip(a, b) : null;
      return both === null ? [] : [{ ...both, person_id: a.person_id, posts: [a.post, b.post] as const }];
    }),
  );
}

/** A call-out: who is called one after the other until somebody answers. */
export type CallOut = { at_ms: number; ladder: readonly string[]; escalate_after_minutes: number; acknowledged_at_ms: number | null };

/** How many of the ladder should have been called by now, and whether the last of them has let the time pass too. */
export function escalationAt(call: CallOut, now_ms: number): { called: number; exhausted: boolean } {
  const rounds = Math.floor(((call.acknowledged_at_ms ?? now_ms) - call.at_ms) / (call.escalate_after_minutes * MINUTE_MS));
  return { called: Math.min(rounds + 1, call.ladder.length), exhausted: call.acknowledged_at_ms === null && rounds >= call.ladder.length };
}
