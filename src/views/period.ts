// Heightened periods as people see them: the banner of every desk, the list, one order with what it changes, who has read it, and
// what came of it.

import { sql } from 'kysely';
import { instant } from '../base/time.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import type { Kind } from '../domain/facts.ts';
import { isKind } from '../domain/journal.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { activePeriod, actsFrom, actsUntil, foldPeriods, isBackDated, phaseAt, PHASES } from '../domain/period.ts';
import type { ActivePeriod, Period } from '../domain/period.ts';
import { foldIncident } from '../domain/incident.ts';
import type { Caller } from '../domain/role.ts';
import type { ServiceClass } from '../domain/service.ts';
import { byMatter, entriesOfKind } from '../ledger/journal.ts';
import type { Read } from '../store/connect.ts';
import { namesOf } from './roster.ts';

/** What changes for people at a desk, in words. */
function changesOf(period: ActivePeriod): { vi: string; en: string; period_id: string }[] {
  const because = (measure: string): string => period.because.find((b) => b.measure === measure || b.measure.startsWith(`${measure}/`))?.period_id ?? '';
  const steps = (language: 'vi' | 'en'): string => [...period.two_persons].map((kind) => CHECKPOINTS[kind][language]).join(', ');
  const lines: [measure: string, says: boolean, vi: string, en: string][] = [
    ['witness_rate_pct', period.witness_rate_pct > 0, `Đồng kiểm có người thứ hai chứng kiến: ${period.witness_rate_pct} %`, `Joint checks witnessed by a second person: ${period.witness_rate_pct} %`],
    ['two_persons', period.two_persons.size > 0, `Hai người: ${steps('vi')}`, `Two persons: ${steps('en')}`],
    ['protected_destinations', period.protected_destinations.size > 0, `Hai người với bưu gửi đến: ${[...period.protected_destinations].join(', ')}`, `Two persons for items to: ${[...period.protected_destinations].join(', ')}`],
    ['idle_minutes', period.idle_minutes !== null, `Báo động khi bưu gửi nằm yên quá ${period.idle_minutes} phút`, `Alarm when an item lies for ${period.idle_minutes} minutes`],
    ['duty_24', period.duty_24, 'Trực 24/24', 'Duty around the clock'],
    ['rule_multipliers', period.rule_multipliers.size > 0, `Luật sàng lọc nặng hơn: ${[...period.rule_multipliers].map(([code, pct]) => `${code} ${pct} %`).join(', ')}`, `Screening rules weigh more: ${[...period.rule_multipliers].map(([code, pct]) => `${code} ${pct} %`).join(', ')}`],
    ['risk_grades', period.risk_grades.size > 0, `Mức rủi ro: ${[...period.risk_grades].map(([key, grade]) => `${key} ${grade}`).join(', ')}`, `Risk grades: ${[...period.risk_grades].map(([key, grade]) => `${key} ${grade}`).join(', ')}`],
  ];
  return lines.filter(([, says]) => says).map(([measure, , vi, en]) => ({ vi, en, period_id: because(measure) }));
}

const KINDS_OF_MAIL = ['kt1', 'letter', 'parcel', 'printed_matter'] as const satisfies ServiceClass[];

/** The banner of a desk, and what its steps must keep to by kind of mail (`any`: whatever it is); agency staff see the orders for all offices. */
export function bannerOf(matters: ReadonlyMap<string, readonly JournalEntry[]>, { office_code, person_id }: Pick<Caller, 'office_code' | 'person_id'>, now_ms: number) {
  const periods = [...matters.values()].flatMap(foldPeriods);
  const active = activePeriod(periods, now_ms, { office_code });
  const asksOf = ({ witness_rate_pct, two_persons, protected_destinations }: ActivePeriod) => ({ witness_rate_pct, two_persons: [...two_persons], protected_destinations: [...protected_destinations] });
  return {
    at: instant(now_ms),
    orders: active.orders.map((order) => ({
      period_id: order.period_id, name_vi: order.name_vi, phase: order.phase, phase_vi: PHASES[order.phase][0], phase_en: PHASES[order.phase][1], until: instant(order.until_ms),
      read: matters.get(order.period_id)?.some((entry) => entry.kind === 'period_read' && entry.person_id === person_id) ?? false,
    })),
    changes: changesOf(active), strictest_of: active.orders.length,
    asks: { any: asksOf(active), ...Object.fromEntries(KINDS_OF_MAIL.map((service_class) => [service_class, asksOf(activePeriod(periods, now_ms, { office_code, service_class }))])) },
    changes_at: active.changes_at_ms === null ? null : instant(active.changes_at_ms),
  };
}

const stateOf = (period: Period, now_ms: number): string =>
  actsFrom(period) >= actsUntil(period) ? 'never_acted' : now_ms < actsFrom(period) ? 'ordered' : now_ms < actsUntil(period) ? 'in_force' : period.revoked_at_ms !== null && period.revoked_at_ms <= period.until_ms ? 'revoked' : 'ended';

const line = (period: Period, now_ms: number) => ({
  period_id: period.period_id, name_vi: period.name_vi, state: stateOf(period, now_ms), phase: phaseAt(period, now_ms),
  ordered_at: instant(period.ordered_at_ms), before_from: instant(period.before_from_ms), during_from: instant(period.during_from_ms), after_from: instant(period.after_from_ms), until: instant(period.until_ms),
  /** The order names an earlier beginning than its signature: it acts from the signature on. */
  back_dated: isBackDated(period), acts_from: instant(actsFrom(period)), acts_until: instant(actsUntil(period)),
});

export const periodList = (matters: ReadonlyMap<string, readonly JournalEntry[]>, now_ms: number) => [...matters.values()].flatMap(foldPeriods).toReversed().map((period) => line(period, now_ms));

/** One order: its scope and measures, those it overlaps, its turns, who has read it, and what came of it so far. null: none. */
export async function periodScreen(db: Read, matters: ReadonlyMap<string, readonly JournalEntry[]>, period_id: string, now_ms: number) {
  const entries = matters.get(period_id) ?? [];
  const [period] = foldPeriods(entries);
  const [order] = entries;
  if (!period || !order || !isKind(order, 'period_ordered')) return null;
  const others = [...matters.values()].flatMap(foldPeriods).filter((other) => other.period_id !== period_id && actsFrom(other) < actsUntil(period) && actsFrom(period) < actsUntil(other));
  const [name, offices, came] = await Promise.all([
    namesOf(db, entries.flatMap((entry) => [entry.person_id, entry.second_person_id])),
    db.selectFrom('office').select('office_code').distinct().execute(),
    cameOf(db, period, now_ms),
  ]);
  const readBy = entries.filter((entry) => entry.kind === 'period_read');
  return {
    ...line(period, now_ms), basis: order.facts.basis, directive_id: order.facts.directive_id ?? null,
    ordered_by: name(order.person_id), countersigned_by: name(order.second_person_id),
    office_codes: period.office_codes, service_classes: period.service_classes, measures: period.measures,
    changes_now: changesOf(activePeriod([period], now_ms, { office_code: period.office_codes[0] ?? null })),
    overlaps: others.map((other) => ({ period_id: other.period_id, name_vi: other.name_vi })),
    read_by: readBy.map((entry) => ({ at: instant(entry.at_ms), place: entry.office_code ?? entry.agency_code, person: name(entry.person_id) })),
    offices_read: new Set(readBy.map((entry) => entry.office_code).filter((code) => code !== null)).size,
    offices_asked: period.office_codes.length || offices.length,
    turns: entries.flatMap((entry) =>
      isKind(entry, 'period_begun') || isKind(entry, 'period_ended') ? [{ kind: entry.kind, effective_at: entry.facts.effective_at, recorded_at: instant(entry.at_ms), entry_no: entry.entry_no }] : []),
    came,
  };
}

/** What came of an order while it acted: steps, steps done alone against it, refusals for want of a second person, incidents. */
async function cameOf(db: Read, period: Period, now_ms: number) {
  const [from, to] = [actsFrom(period), Math.min(actsUntil(period), now_ms)];
  if (from >= to) return null;
  let steps = db.selectFrom('checkpoint').select(['kind', sql<number>`count(*)`.as('count'), sql<number>`count(*) filter (where flags @> '{order_not_kept}')`.as('alone')]).where('received_at', '>=', new Date(from)).where('received_at', '<', new Date(to)).groupBy('kind');
  let refused = db.selectFrom('refused_claim').select(sql<number>`count(*)`.as('count')).where('refusal', '=', 'second_person_needed').where('received_at', '>=', new Date(from)).where('received_at', '<', new Date(to));
  if (period.office_codes.length > 0) {
    steps = steps.where('office_code', 'in', [...period.office_codes]);
    refused = refused.where('office_code', 'in', [...period.office_codes]);
  }
  const [rows, refusedCount, entries] = await Promise.all([steps.execute(), refused.executeTakeFirstOrThrow(), entriesOfKind(db, 'incident')]);
  const incidents = [...byMatter(entries).values()].map(foldIncident).filter((incident) => incident !== null && incident.reported_at_ms >= from && incident.reported_at_ms < to);
  return {
    from_at: instant(from), to_at: instant(to),
    steps: rows.map((row) => ({ kind: row.kind, kind_vi: CHECKPOINTS[row.kind as Kind].vi, count: row.count, alone: row.alone })).toSorted((a, b) => b.count - a.count),
    refused_alone: refusedCount.count, incidents: incidents.filter((i) => i?.facts.drill === false).length, drills: incidents.filter((i) => i?.facts.drill === true).length,
  };
}
