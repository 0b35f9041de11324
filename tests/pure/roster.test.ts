// Duty around the clock: no uncovered minute goes unnoticed. A second, dumb model counts every minute of 10,000 random rosters.

import { expect, test } from 'vitest';
import { clashesOf, coverOf, escalationAt, gapsOf, MINUTE_MS, onDutyAt, spanOf } from '../../src/domain/roster.ts';
import type { Assignment, Needed, Post } from '../../src/domain/roster.ts';
import { fold, rosterCalendar } from '../../src/interchange/ical.ts';

const ROSTERS = 10_000;
const seed = Number(process.env.SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]);

/** mulberry32 */
function chance(from: number): (below: number) => number {
  let state = from;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

const START = Date.parse('2021-01-29T22:00:00+07:00');
const POSTS: Post[] = ['duty_leader', 'kt1_clerk'];
type Random = { needed: Needed[]; assignments: Assignment[]; minutes: number };

const wall = (minute: number): string => new Date(START + minute * MINUTE_MS + 7 * 3_600_000).toISOString();

/**
 * Two posts over up to two and a half days, shifts that often cross midnight, people replaced, absent, replaced again. Half of the rosters
 * are tight: each post's shifts just meet and nobody is absent, but for one minute that is left out of some of them.
 */
function randomRoster(below: (n: number) => number): Random {
  const minutes = 60 + below(3_600);
  const tight = below(2) === 0;
  const needed = POSTS.map((post) => ({ post, needed: tight ? 1 : 1 + below(2) }));
  const assignments: Assignment[] = [];
  const add = (post: Post, at: number, length: number): void => {
    const [from, to] = [wall(at), wall(at + length)];
    const span = spanOf(from.slice(0, 10), from.slice(11, 16), to.slice(11, 16));
    const replacements = Array.from({ length: below(4) }, () => {
      const begins = span.from_ms + (below(length + 60) - 30) * MINUTE_MS;
      return { person_id: !tight && below(3) === 0 ? null : `p${below(5)}`, from_ms: begins, to_ms: begins + (1 + below(length)) * MINUTE_MS };
    });
    assignments.push({ assignment_id: `a${assignments.length}`, post, person_id: `p${below(5)}`, ...span, replacements });
  };
  if (tight) {
    for (const post of POSTS) {
      const hole = below(4) === 0 ? below(minutes) : -1;
      for (let at = -below(300), length = 0; at < minutes; at += length) {
        length = 2 + below(900);
        if (at <= hole && hole < at + length) {
          if (hole > at) add(post, at, hole - at);
          if (hole + 1 < at + length) add(post, hole + 1, at + length - hole - 1);
        } else add(post, at, length);
      }
    }
    return { needed, assignments, minutes };
  }
  for (let at = -below(300); at < minutes;) {
    const length = 1 + below(900);
    add(POSTS[below(2)] ?? 'kt1_clerk', at, length);
    at += below(3) === 0 ? length : below(length + 120) - 30;
  }
  return { needed, assignments, minutes };
}

/** Who stands on a post in one minute, worked out for that minute alone. */
function presentIn({ assignments }: Random, post: Post, minute: number): number {
  const at = START + minute * MINUTE_MS;
  const people = new Set<string>();
  for (const a of assignments) {
    if (a.post !== post || at < a.from_ms || at >= a.to_ms) continue;
    const last = a.replacements.filter((r) => r.from_ms <= at && at < r.to_ms).at(-1);
    const person = last === undefined ? a.person_id : last.person_id;
    if (person !== null) people.add(person);
  }
  return people.size;
}

test(`no uncovered minute goes unnoticed over ${ROSTERS} random rosters, and no covered one is called a gap`, () => {
  const below = chance(seed);
  const seen = { rosters: 0, gap_minutes: 0, whole: 0, only_minute: 0, over_midnight: 0, replaced: 0, absent: 0, two_needed: 0 };
  for (let i = 0; i < ROSTERS; i++) {
    const roster = randomRoster(below);
    const within = { from_ms: START, to_ms: START + roster.minutes * MINUTE_MS };
    const gaps = gapsOf(roster.needed, coverOf(roster.assignments), within);
    for (const { post, needed } of roster.needed) {
      const mine = gaps.filter((gap) => gap.post === post);
      for (let minute = 0; minute < roster.minutes; minute++) {
        const at = START + minute * MINUTE_MS;
        const present = presentIn(roster, post, minute);
        const said = mine.filter((gap) => gap.from_ms <= at && at < gap.to_ms);
        // Not through expect: that would take minutes for two hundred million of them.
        const right = present < needed ? said.length === 1 && said[0]?.present === present : said.length === 0;
        if (!right) throw new Error(`seed ${seed}, roster ${i}, ${post}, minute ${minute}: ${present} of ${needed} present, said ${JSON.stringify(said)}`);
        if (present < needed) seen.gap_minutes++;
      }
      if (needed === 2) seen.two_needed++;
    }
    seen.rosters++;
    if (gaps.length === 0) seen.whole++;
    if (gaps.length === 1 && gaps[0]!.to_ms - gaps[0]!.from_ms === MINUTE_MS) seen.only_minute++;
    seen.over_midnight += roster.assignments.filter((a) => new Date(a.from_ms + 7 * 3_600_000).getUTCDate() !== new Date(a.to_ms - 1 + 7 * 3_600_000).getUTCDate()).length;
    seen.replaced += roster.assignments.flatMap((a) => a.replacements).filter((r) => r.person_id !== null).length;
    seen.absent += roster.assignments.flatMap((a) => a.replacements).filter((r) => r.person_id === null).length;
  }
  console.log(`roster seed ${seed}: ${JSON.stringify(seen)}`);
  expect(seen.rosters).toBe(ROSTERS);
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(20);
}, 120_000);

test.each([
  ['2021-02-11', '22:00', '06:00', 480],
  ['2021-02-11', '00:00', '00:00', 1440],
  ['2020-12-31', '23:59', '00:00', 1],
  ['2021-02-28', '18:00', '06:00', 720],
  ['2021-03-28', '00:00', '06:00', 360],
])('%s from %s to %s is %i minutes, whatever other countries do with their clocks', (on, from, to, length) => {
  const span = spanOf(on, from, to);
  expect((span.to_ms - span.from_ms) / MINUTE_MS).toBe(length);
  expect(new Date(span.from_ms + 7 * 3_600_000).toISOString().slice(11, 16)).toBe(from);
});

const duty = (from: string, to: string, person_id: string, more: Partial<Assignment> = {}): Assignment => ({ assignment_id: `${person_id}${from}`, post: 'kt1_clerk', person_id, ...spanOf('2021-01-29', from, to), replacements: [], ...more });

test('one minute between two shifts is a gap, and so is one person counted for two', () => {
  const within = spanOf('2021-01-29', '06:00', '22:00');
  const cover = coverOf([duty('06:00', '13:59', 'a'), duty('14:00', '22:00', 'b'), duty('14:00', '22:00', 'b', { assignment_id: 'twice' })]);
  expect(gapsOf([{ post: 'kt1_clerk', needed: 1 }], cover, within)).toMatchObject([{ present: 0, ...spanOf('2021-01-29', '13:59', '14:00') }]);
  expect(gapsOf([{ post: 'kt1_clerk', needed: 2 }], cover, within)).toHaveLength(3);
});

test('a post that nobody was put on is one gap from end to end', () => {
  const within = spanOf('2021-01-29', '06:00', '22:00');
  expect(gapsOf([{ post: 'driver', needed: 1 }], coverOf([duty('06:00', '22:00', 'a')]), within)).toEqual([{ post: 'driver', needed: 1, present: 0, ...within }]);
});

test('a shift ends with its last minute: at 14:00 the next one stands there', () => {
  const cover = coverOf([duty('06:00', '14:00', 'a'), duty('14:00', '22:00', 'b')]);
  const at = (time: string) => onDutyAt(cover, Date.parse(`2021-01-29T${time}+07:00`)).map((c) => c.person_id);
  expect([at('13:59:59.999'), at('14:00:00'), at('22:00:00')]).toEqual([['a'], ['b'], []]);
});

test('who stands on two posts at once is named, for as long as it lasts', () => {
  const cover = coverOf([duty('06:00', '14:00', 'a'), duty('12:00', '20:00', 'a', { post: 'driver' })]);
  expect(clashesOf(cover)).toEqual([{ person_id: 'a', posts: ['kt1_clerk', 'driver'], ...spanOf('2021-01-29', '12:00', '14:00') }]);
});

test('a call goes up the ladder by the minute, stops when it is answered, and says when nobody did', () => {
  const call = { at_ms: START, ladder: ['a', 'b', 'c'], escalate_after_minutes: 10, acknowledged_at_ms: null };
  const after = (minutes: number) => escalationAt(call, START + minutes * MINUTE_MS);
  expect([0, 9, 10, 20, 29].map((m) => after(m).called)).toEqual([1, 1, 2, 3, 3]);
  expect([after(29).exhausted, after(30).exhausted]).toEqual([false, true]);
  expect(escalationAt({ ...call, acknowledged_at_ms: START + 12 * MINUTE_MS }, START + 300 * MINUTE_MS)).toEqual({ called: 2, exhausted: false });
});

test('the calendar keeps RFC 5545: CRLF, 75 octets a line, no character cut, commas escaped', () => {
  const title = 'Trực 24/24 Đại hội XIII, Tết Tân Sửu; Bưu cục cửa khẩu Hữu Nghị và Trung tâm Khai thác Vận chuyển Lạng Sơn';
  const text = rosterCalendar('r', title, '2021-01-20T01:02:03.000Z', [{ assignment_id: 'a', post: 'duty_leader', from_at: '2021-01-29T15:00:00.000Z', to_at: '2021-01-29T23:00:00.000Z', full_name: 'Nguyễn Thị Thử', badge: 'LS0000', office_name: 'Bưu cục mẫu' }]);
  const lines = text.split('\r\n');
  expect(lines.at(-1)).toBe('');
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  for (const line of lines) {
    expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
    expect(line).not.toContain('\ufffd');
  }
  const unfolded = text.replaceAll('\r\n ', '');
  expect(unfolded).toContain(`X-WR-CALNAME:${title.replaceAll(',', '\\,').replaceAll(';', '\\;')}`);
  expect(unfolded).toContain('DTSTART:20210129T150000Z\r\nDTEND:20210129T230000Z');
  expect(unfolded).toContain('SUMMARY:Lãnh đạo trực: Nguyễn Thị Thử');
  expect(fold('x'.repeat(75))).not.toContain('\r\n');
  expect(fold('x'.repeat(76))).toBe(`${'x'.repeat(75)}\r\n x`);
});
