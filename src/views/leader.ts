// What a leader looks at first: what is due, what is late, what nobody covers, what is held, in the own office and all under it; and
// what waits for one person. Counts only: no item is named here.

import { sql } from 'kysely';
import { civilDate, instant } from '../base/time.ts';
import { foldDirective, isLate } from '../domain/directive.ts';
import { inspects, placeOf } from '../domain/journal_rules.ts';
import { activePeriod, foldPeriods } from '../domain/period.ts';
import type { Period } from '../domain/period.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Caller } from '../domain/role.ts';
import { coverOf, gapsOf, POSTS } from '../domain/roster.ts';
import { foldRoster } from '../domain/roster_fold.ts';
import type { Roster } from '../domain/roster_fold.ts';
import { byMatter, entriesOfKind } from '../ledger/journal.ts';
import type { Read } from '../store/connect.ts';
import type { Reference } from '../store/reference.ts';
import { incidentList } from './incident.ts';
import { officesUnder, reportList } from './report.ts';
import { agedMarked } from './road_alarm.ts';

/** `uncovered_minutes` null: an order asks for duty around the clock and there is no roster. */
type Coverage = { office_code: string; uncovered_minutes: number | null; first_at: string | null; post_vi: string | null };
const DAY_MS = 86_400_000;
const AHEAD_DAYS = 7;

export async function leaderBoard(db: Read, caller: Caller, periods: readonly Period[], { holidays, limits }: Pick<Reference, 'holidays' | 'limits'>, now_ms: number) {
  const office_code = caller.office_code ?? '';
  const office_codes = await officesUnder(db, office_code);
  const [rosters, directives, reports, incidents, held, days, aged] = await Promise.all([
    rostersOf(db), directivesOf(db), reportList(db, caller, false, now_ms), incidentList(db, caller, holidays, now_ms), heldIn(db, office_codes), acceptedIn(db, office_codes, now_ms), agedMarked(db, office_codes, caller, limits, now_ms),
  ]);
  const within = { from_ms: now_ms, to_ms: now_ms + AHEAD_DAYS * DAY_MS };
  const coverage = office_codes.flatMap((code): Coverage[] => {
    const own = rosters.filter((roster) => roster.office_code === code && roster.to_ms > within.from_ms && roster.from_ms < within.to_ms);
    const { duty_24 } = activePeriod(periods, now_ms, { office_code: code });
    if (own.length === 0) return duty_24 ? [{ office_code: code, uncovered_minutes: null, first_at: null, post_vi: null }] : [];
    const gaps = own.flatMap((roster) => gapsOf(roster.posts, coverOf(roster.assignments), { from_ms: Math.max(roster.from_ms, within.from_ms), to_ms: Math.min(roster.to_ms, within.to_ms) }));
    const first = gaps.toSorted((a, b) => a.from_ms - b.from_ms)[0];
    return [{ office_code: code, uncovered_minutes: gaps.reduce((sum, gap) => sum + (gap.to_ms - gap.from_ms) / 60_000, 0), first_at: first ? instant(first.from_ms) : null, post_vi: first ? POSTS[first.post][0] : null }];
  });
  const today = civilDate(now_ms);
  const obligations = directives.filter((directive) => directive.closed_at_ms === null).flatMap((directive) => directive.obligations.filter((o) => office_codes.includes(o.party_code)).map((o) => ({ ...o, directive_id: directive.directive_id, late: isLate(o, today) })));
  return {
    office_code, at: instant(now_ms), reports: reports.filter((report) => report.state !== 'sent' && report.state !== 'received'), incidents: incidents.filter((incident) => !incident.closed), coverage,
    obligations: [...Map.groupBy(obligations, (o) => o.party_code)].map(([party_code, own]) => ({
      party_code, directive_id: own[0]?.directive_id ?? '', obligations: own.length, done: own.filter((o) => o.status === 'done' || o.status === 'not_applicable').length,
      late: own.filter((o) => o.late).length, without_leader: own.filter((o) => o.leader_title === null).length,
    })),
    held, days, aged: aged.offices,
  };
}

const rostersOf = async (db: Read): Promise<Roster[]> => [...byMatter(await entriesOfKind(db, 'roster')).values()].map(foldRoster).filter((roster) => roster !== null);
const directivesOf = async (db: Read) => [...byMatter(await entriesOfKind(db, 'directive')).values()].map(foldDirective).filter((directive) => directive !== null);

/** Units under a hold, by the office that had them last. */
async function heldIn(db: Read, office_codes: readonly string[]) {
  return db
    .selectFrom('unit')
    .select(['office_code', sql<number>`count(*)`.as('count'), sql<number>`count(*) filter (where unit_kind = 'bag')`.as('bags')])
    .where('holds', '>', 0)
    .where('superseded_by', 'is', null)
    .where('office_code', 'in', [...office_codes])
    .groupBy('office_code')
    .orderBy('office_code')
    .execute();
}

/** KT1 items accepted and delivered, civil day by civil day, the last seven. */
async function acceptedIn(db: Read, office_codes: readonly string[], now_ms: number) {
  const first = Date.parse(`${civilDate(now_ms)}T00:00:00+07:00`) - 6 * DAY_MS;
  const rows = await db
    .selectFrom('checkpoint as c')
    .innerJoin('item as i', 'i.unit_id', 'c.unit_id')
    .select([sql<string>`to_char(c.received_at at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD')`.as('day'), 'c.kind', sql<number>`count(*)`.as('count')])
    .where('c.received_at', '>=', new Date(first))
    .where('c.kind', 'in', ['accepted', 'delivered'])
    .where('c.office_code', 'in', [...office_codes])
    .where('i.service_class', '=', 'kt1')
    .groupBy(['day', 'c.kind'])
    .execute();
  return Array.from({ length: 7 }, (_, i) => {
    const day = civilDate(first + i * DAY_MS);
    const of = (kind: string): number => rows.find((row) => row.day === day && row.kind === kind)?.count ?? 0;
    return { day, accepted: of('accepted'), delivered: of('delivered') };
  });
}

export type Task = { task: 'duty' | 'swap' | 'call' | 'order' | 'obligation' | 'report'; matter_id: string; vi: string; en: string; due_at: string | null; late: boolean };

/** What waits for one person or, where a leader must move, for the unit; the most pressing first. */
export async function tasksOf(db: Read, caller: Caller, periods: ReadonlyMap<string, readonly JournalEntry[]>, now_ms: number): Promise<Task[]> {
  const may = (permission: Parameters<Caller['permissions']['has']>[0]): boolean => caller.permissions.has(permission);
  const place = placeOf(caller);
  const [rosters, directives, reports] = await Promise.all([
    may('duty.read') ? rostersOf(db) : [], may('directive.answer') ? directivesOf(db) : [], may('duty.read') ? reportList(db, caller, inspects(caller), now_ms) : [],
  ]);
  const tasks = [
    ...rosters.flatMap((roster) => dutiesFor(roster, caller, now_ms)),
    ...(may('duty.read') ? ordersUnread(periods, caller, now_ms) : []),
    ...directives.filter((directive) => directive.closed_at_ms === null).flatMap((directive): Task[] => {
      const own = directive.obligations.filter((o) => o.party_code === place);
      const left = own.filter((o) => o.status === 'open' || o.status === 'doing');
      const unread = directive.parties.some((party) => party.party_code === place) && !directive.acknowledged.has(place);
      const judged = directive.place === place ? directive.obligations.filter((o) => o.reported_at_ms !== null && o.accepted === null && o.status !== 'doing').length : 0;
      const due = left.flatMap((o) => (o.due_on === null ? [] : [o.due_on])).toSorted()[0] ?? null;
      const late = left.some((o) => isLate(o, civilDate(now_ms)));
      const task = (vi: string, en: string, due_on: string | null): Task => ({ task: 'obligation', matter_id: directive.directive_id, vi, en, due_at: due_on === null ? null : instant(Date.parse(`${due_on}T00:00:00+07:00`) + DAY_MS), late });
      return [
        ...(unread ? [task(`Nhận văn bản ${directive.letter.number}`, `Acknowledge letter ${directive.letter.number}`, null)] : []),
        ...(left.length > 0 && !unread ? [task(`${left.length} việc theo ${directive.letter.number} chưa xong`, `${left.length} obligations of ${directive.letter.number} not done`, due)] : []),
        ...(judged > 0 ? [task(`${judged} kết quả chờ đánh giá`, `${judged} results to judge`, null)] : []),
      ];
    }),
    ...reports.flatMap((report): Task[] => {
      const mine = report.office_code === caller.office_code;
      const words = report.state === 'due' && mine && may('report.draw') ? ['Lập báo cáo', 'Draw the report'] : report.state === 'drawn' && mine && may('report.sign') ? ['Ký báo cáo', 'Sign the report'] : report.state === 'signed' && mine && may('report.sign') ? ['Gửi báo cáo', 'Send the report'] : report.state === 'sent' && report.addressee === place && may('report.receive') ? ['Ghi nhận báo cáo', 'Record the receipt of'] : null;
      return words === null ? [] : [{ task: 'report', matter_id: report.report_id, vi: `${words[0]}: ${report.title}`, en: `${words[1]}: ${report.title}`, due_at: report.due_at, late: report.verdict === 'late' }];
    }),
  ];
  return tasks.toSorted((a, b) => Number(b.task === 'call') - Number(a.task === 'call') || Number(b.late) - Number(a.late) || ((a.due_at ?? '9') < (b.due_at ?? '9') ? -1 : 1)).slice(0, 50);
}

function dutiesFor(roster: Roster, caller: Caller, now_ms: number): Task[] {
  const me = caller.person_id;
  const ahead = roster.assignments.filter((a) => a.to_ms > now_ms);
  const cover = coverOf(ahead);
  const waiting = ahead.filter((a) => a.acknowledged_at_ms === null && cover.some((c) => c.assignment_id === a.assignment_id && c.person_id === me));
  const first = waiting.toSorted((a, b) => a.from_ms - b.from_ms)[0];
  const swaps = ahead.filter((a) => a.swap_to === me);
  const calls = roster.calls.filter((call) => call.acknowledged_at_ms === null && call.ladder.includes(me));
  const matter_id = roster.roster_id;
  return [
    ...calls.map((call): Task => ({ task: 'call', matter_id, vi: `Đang gọi bạn: ${call.about}`, en: `You are called: ${call.about}`, due_at: instant(call.at_ms), late: true })),
    ...(first ? [{ task: 'duty' as const, matter_id, vi: `Nhận lịch trực: ${waiting.length} ca`, en: `Acknowledge duty: ${waiting.length} shifts`, due_at: instant(first.from_ms), late: first.from_ms <= now_ms }] : []),
    ...(swaps.length > 0 ? [{ task: 'swap' as const, matter_id, vi: `${swaps.length} ca xin đổi với bạn`, en: `${swaps.length} shifts to swap with you`, due_at: instant(swaps[0]?.from_ms ?? now_ms), late: false }] : []),
  ];
}

function ordersUnread(periods: ReadonlyMap<string, readonly JournalEntry[]>, caller: Caller, now_ms: number): Task[] {
  const { orders } = activePeriod([...periods.values()].flatMap(foldPeriods), now_ms, { office_code: caller.office_code });
  return orders
    .filter((order) => !periods.get(order.period_id)?.some((entry) => entry.kind === 'period_read' && entry.person_id === caller.person_id))
    .map((order) => ({ task: 'order', matter_id: order.period_id, vi: `Đọc lệnh ${order.name_vi}`, en: `Read the order ${order.name_vi}`, due_at: null, late: false }));
}
