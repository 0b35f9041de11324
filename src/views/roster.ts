// Duty as people see it: a roster with its grid, gaps and calls; who is on duty now; whom to call. One read of the journal each.

import { civilDate, instant } from '../base/time.ts';
import { POSTS, clashesOf, coverOf, escalationAt, gapsOf, onDutyAt } from '../domain/roster.ts';
import type { Cover, Gap, Needed, Span } from '../domain/roster.ts';
import { foldRoster } from '../domain/roster_fold.ts';
import type { Roster, RosterCall } from '../domain/roster_fold.ts';
import { byMatter, entriesOfKind, entriesOfMatter } from '../ledger/journal.ts';
import type { Read } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';

const DAY_MS = 86_400_000;
type Named = { person_id: string; badge: string | null; full_name: string | null };

/** Badge and name of people. */
export async function namesOf(db: Read, ids: readonly (string | null)[]): Promise<(id: string | null) => Named | null> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  const rows = wanted.length === 0 ? [] : await db.selectFrom('person').select(['person_id', 'badge', 'full_name']).where('person_id', 'in', wanted).execute();
  const known = new Map(rows.map((row) => [row.person_id, row]));
  return (id) => (id === null ? null : (known.get(id) ?? { person_id: id, badge: null, full_name: null }));
}

const rostersOf = async (db: Read, office_code: string): Promise<Roster[]> =>
  [...byMatter(await entriesOfKind(db, 'roster')).values()].map(foldRoster).filter((roster) => roster?.office_code === office_code) as Roster[];

/** Rosters of an office, newest first, with what stands open in each. */
export async function rosterList(db: Read, office_code: string) {
  return (await rostersOf(db, office_code)).toReversed().map((roster) => {
    const gaps = gapsOf(roster.posts, coverOf(roster.assignments), roster);
    return {
      roster_id: roster.roster_id, title: roster.title, from_at: instant(roster.from_ms), to_at: instant(roster.to_ms), period_id: roster.period_id,
      uncovered_minutes: minutes(gaps), unacknowledged: roster.assignments.filter((a) => a.acknowledged_at_ms === null).length,
    };
  });
}

const minutes = (spans: readonly Span[]): number => spans.reduce((sum, span) => sum + (span.to_ms - span.from_ms) / 60_000, 0);
const times = ({ from_ms, to_ms }: Span) => ({ from_at: instant(from_ms), to_at: instant(to_ms) });
const gapShown = (gap: Gap) => ({ post: gap.post, post_vi: POSTS[gap.post][0], needed: gap.needed, present: gap.present, ...times(gap), minutes: minutes([gap]) });

/** The whole screen of one roster. null: there is none. */
export async function rosterScreen(db: Read, roster_id: string, now_ms: number) {
  const entries = await entriesOfMatter(db, roster_id);
  const roster = foldRoster(entries);
  if (!roster) return null;
  const cover = coverOf(roster.assignments);
  const gaps = gapsOf(roster.posts, cover, roster);
  const name = await namesOf(db, [
    ...cover.map((c) => c.person_id), ...roster.assignments.flatMap((a) => [a.person_id, a.swap_to]), ...roster.notes.map((n) => n.person_id), ...roster.calls.flatMap((c) => c.ladder),
  ]);
  return {
    roster_id, office_code: roster.office_code, title: roster.title, period_id: roster.period_id, updated_at: instant(entries.at(-1)?.at_ms ?? 0), ...times(roster),
    posts: roster.posts.map((need) => ({ ...need, post_vi: POSTS[need.post][0], post_en: POSTS[need.post][1] })),
    assignments: roster.assignments.map((a) => ({
      assignment_id: a.assignment_id, post: a.post, ...times(a), person: name(a.person_id), acknowledged_at: a.acknowledged_at_ms === null ? null : instant(a.acknowledged_at_ms),
      swap_to: name(a.swap_to), replacements: a.replacements.map((r) => ({ ...times(r), person: name(r.person_id) })),
    })),
    cover: cover.map((c) => ({ assignment_id: c.assignment_id, post: c.post, ...times(c), person: name(c.person_id) })),
    gaps: gaps.map(gapShown), uncovered_minutes: minutes(gaps), hours: hoursOf(roster.posts, cover, roster),
    clashes: clashesOf(cover).map((clash) => ({ posts: clash.posts, ...times(clash), person: name(clash.person_id) })),
    notes: roster.notes.map((note) => ({ at: instant(note.at_ms), person: name(note.person_id), lines: note.lines, open_matters: note.open_matters })),
    calls: roster.calls.map((call) => callShown(call, now_ms, name)),
  };
}

/** For a strip of colour: minutes not covered in each hour, at most 31 days of them. */
function hoursOf(posts: readonly Needed[], cover: readonly Cover[], roster: Span) {
  const count = Math.min(Math.ceil((roster.to_ms - roster.from_ms) / 3_600_000), 744);
  return Array.from({ length: count }, (_, i) => {
    const from_ms = roster.from_ms + i * 3_600_000;
    return { from_at: instant(from_ms), uncovered_minutes: minutes(gapsOf(posts, cover, { from_ms, to_ms: Math.min(from_ms + 3_600_000, roster.to_ms) })) };
  });
}

function callShown(call: RosterCall, now_ms: number, name: (id: string | null) => Named | null) {
  const { called, exhausted } = escalationAt(call, now_ms);
  return {
    call_id: call.call_id, about: call.about, matter_id: call.matter_id, at: instant(call.at_ms), acknowledged_at: call.acknowledged_at_ms === null ? null : instant(call.acknowledged_at_ms),
    acknowledged_by: name(call.acknowledged_by), ladder: call.ladder.map((id, i) => ({ person: name(id), to_call_at: instant(call.at_ms + i * call.escalate_after_minutes * 60_000), due: i < called })),
    alarm: exhausted,
  };
}

/**
 * Who is on duty at an office now, from all its rosters, and the alarms: nobody, or a post without its people, now or within a day.
 * Without a roster it alarms only where a period asks for duty around the clock.
 */
export async function dutyNow(db: Read, office_code: string, now_ms: number, duty_24: boolean) {
  const near = { from_ms: now_ms, to_ms: now_ms + DAY_MS };
  const rosters = (await rostersOf(db, office_code)).filter((roster) => roster.from_ms < near.to_ms && roster.to_ms > now_ms);
  const cover = rosters.flatMap((roster) => coverOf(roster.assignments));
  const posts = [...Map.groupBy(rosters.flatMap((roster) => roster.posts), (need) => need.post)].map(([post, needs]) => ({ post, needed: Math.max(...needs.map((need) => need.needed)) }));
  const running = rosters.some((roster) => roster.from_ms <= now_ms);
  const gaps = gapsOf(posts, cover, near);
  const here = onDutyAt(cover, now_ms);
  const calls = rosters.flatMap((roster) => roster.calls).filter((call) => call.acknowledged_at_ms === null);
  const [name, contacts] = await Promise.all([namesOf(db, [...here.map((c) => c.person_id), ...calls.flatMap((c) => c.ladder)]), contactsOf(db, office_code, now_ms)]);
  const now_gaps = running ? gaps.filter((gap) => gap.from_ms === now_ms) : [];
  return {
    office_code, at: instant(now_ms),
    on_duty: here.map((c) => ({ post: c.post, post_vi: POSTS[c.post][0], person: name(c.person_id), to_at: instant(c.to_ms) })),
    alarm: !running ? (duty_24 ? 'no_roster' : null) : here.length === 0 && now_gaps.length > 0 ? 'nobody_on_duty' : now_gaps.length > 0 ? 'post_uncovered' : null,
    gaps_now: now_gaps.map(gapShown), gaps_next_day: gaps.map(gapShown), calls: calls.map((call) => callShown(call, now_ms, name)), contacts,
  };
}

/** Desks to call: of one office or agency, or all. */
export async function contactsOf(db: Read, party_code: string | null, now_ms: number) {
  let query = db.selectFrom('contact').select(['party_code', 'title_vi', 'phone', 'always', 'electronic_ok', 'citation']).where(holdsOn(civilDate(now_ms))).orderBy('party_code').orderBy('contact_id').limit(500);
  if (party_code !== null) query = query.where('party_code', '=', party_code);
  return query.execute();
}
