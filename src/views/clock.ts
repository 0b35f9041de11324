// Clocks of an office: transit against the loaded standard, visits a point a day, and what lies without a step. Where no figure
// is loaded the answer says so and nothing alarms.

import { sql } from 'kysely';
import { civilDate, instant } from '../base/time.ts';
import { lengthOf, transit, visitsOf } from '../domain/clock.ts';
import type { Limits } from '../domain/clock.ts';
import { clears } from '../domain/role.ts';
import type { Caller } from '../domain/role.ts';
import { serviceWords } from '../domain/service.ts';
import type { Secrecy, ServiceClass, Urgency } from '../domain/service.ts';
import { FINAL_STATES, STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import type { Read } from '../store/connect.ts';

const HOUR_MS = 3_600_000;
/** Our own number for the operator's rule on idle items; no row of it is shipped. */
export const IDLE_LIMIT = 'TL35';
/** Deliveries of one round at one door are not two visits. */
const VISIT_APART_MINUTES = 30;

/** Transit of KT1 items accepted at an office, newest first; TL05 is the standard of KT1 and of nothing else. */
export async function transitsOf(db: Read, office_code: string, caller: Caller, limits: Limits, page: { limit: number }, now_ms: number) {
  const rows = await db
    .selectFrom('item')
    .innerJoin('unit', 'unit.unit_id', 'item.unit_id')
    .select(['unit.code', 'unit.state', 'item.service_class', 'item.secrecy', 'item.urgency', 'item.scope', 'item.accepted_at'])
    .select((eb) =>
      eb.selectFrom('checkpoint').select(sql<Date | null>`min(checkpoint.received_at)`.as('at')).whereRef('checkpoint.unit_id', '=', 'item.unit_id').where('checkpoint.kind', 'in', ['attempted', 'delivered']).as('ended_at'),
    )
    .where('item.accepted_office_code', '=', office_code)
    .where('item.service_class', '=', 'kt1')
    .where('unit.superseded_by', 'is', null)
    .orderBy('item.accepted_at', 'desc')
    .limit(page.limit)
    .execute();
  return rows.map((row) => ({
    code: row.code, state: row.state, state_vi: STATES[row.state as State][0], scope: row.scope,
    service_vi: wordsOf(row, caller), accepted_at: instant(row.accepted_at.getTime()), ended_at: row.ended_at === null ? null : instant(row.ended_at.getTime()),
    ...transit(row.accepted_at.getTime(), row.ended_at?.getTime() ?? null, now_ms, limits.get('TL05')),
  }));
}

const wordsOf = (row: { service_class: string; secrecy: string; urgency: string }, caller: Caller): string =>
  serviceWords(row.service_class as ServiceClass, clears(caller.clearance, row.secrecy as Secrecy) ? (row.secrecy as Secrecy) : 'NONE', row.urgency as Urgency, 'vi');

/** How often each KT1 point was visited on a civil day, against TL02, or TL03 where the office is a commune point. Without mail nobody need go: fewer visits are a figure, not an alarm. */
export async function visitsOn(db: Read, office_code: string, day: string, limits: Limits) {
  const from = new Date(`${day}T00:00:00+07:00`);
  const [office, rows] = await Promise.all([
    db.selectFrom('office').select('office_level').where('office_code', '=', office_code).orderBy('valid_from', 'desc').executeTakeFirst(),
    db
      .selectFrom('checkpoint')
      .innerJoin('item', 'item.unit_id', 'checkpoint.unit_id')
      .select(['checkpoint.received_at', sql<string | null>`coalesce(item.addressee_body_code, item.addressee_postal_code)`.as('point')])
      .where('checkpoint.received_at', '>=', from)
      .where('checkpoint.received_at', '<', new Date(from.getTime() + 24 * HOUR_MS))
      .where('checkpoint.office_code', '=', office_code)
      .where('checkpoint.kind', 'in', ['attempted', 'delivered'])
      .where('item.service_class', '=', 'kt1')
      .limit(20_000)
      .execute(),
  ]);
  const standard = limits.get(office?.office_level === 'commune_point' ? 'TL03' : 'TL02')?.amount ?? null;
  const points = Map.groupBy(rows.filter((row) => row.point !== null), (row) => row.point ?? '');
  return [...points].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([point, scans]) => {
    const visits = visitsOf(scans.map((scan) => scan.received_at.getTime()), VISIT_APART_MINUTES);
    return { point, day, visits, scans: scans.length, standard, meets_standard: standard === null ? null : visits >= standard };
  });
}

/** What lies at an office without a step, longest first. Alarms only by a loaded limit. */
export async function idleAt(db: Read, office_code: string, caller: Caller, limits: Limits, page: { limit: number }, now_ms: number, ordered_minutes: number | null = null) {
  const loaded = lengthOf(limits.get(IDLE_LIMIT)?.duration ?? null);
  // A period may ask for more than the operator's rule, never for less.
  const allowed = ordered_minutes === null ? loaded : Math.min(ordered_minutes * 60_000, loaded ?? Infinity);
  const rows = await db
    .selectFrom('unit')
    .leftJoin('item', 'item.unit_id', 'unit.unit_id')
    .select(['unit.code', 'unit.unit_kind', 'unit.state', 'unit.custodian_kind', 'unit.custodian_ref', 'unit.holds', 'unit.last_at', 'item.service_class', 'item.secrecy', 'item.urgency'])
    .where('unit.office_code', '=', office_code)
    .where('unit.state', 'not in', [...FINAL_STATES, 'in_bag'])
    .where('unit.superseded_by', 'is', null)
    .orderBy('unit.last_at')
    .limit(page.limit)
    .execute();
  return rows.map((row) => {
    const idle_ms = now_ms - row.last_at.getTime();
    return {
      code: row.code, unit_kind: row.unit_kind, state: row.state, state_vi: STATES[row.state as State][0],
      service_vi: row.service_class === null ? null : wordsOf({ service_class: row.service_class, secrecy: row.secrecy ?? 'NONE', urgency: row.urgency ?? 'NONE' }, caller),
      custodian: { kind: row.custodian_kind, ref: row.custodian_ref }, held: row.holds > 0, last_at: instant(row.last_at.getTime()),
      idle_hours: Math.floor(idle_ms / HOUR_MS), standard_hours: allowed === null ? null : allowed / HOUR_MS, alarm: allowed !== null && idle_ms > allowed,
    };
  });
}

/** Complaints of an office, newest first; overdue by the day in Việt Nam, and never without a limit. */
export async function complaintsOf(db: Read, office_code: string, page: { limit: number }, now_ms: number) {
  const rows = await db
    .selectFrom('complaint')
    .select(['complaint_id', 'case_no', 'code', 'complaint_kind', 'international', 'complainant', 'received_at', 'window_ends_on', 'window_ok', 'answer_due_on', 'answer', 'answer_reason_code', 'answered_at'])
    .where('office_code', '=', office_code)
    .orderBy('complaint_id', 'desc')
    .limit(page.limit)
    .execute();
  return rows.map((row) => {
    const done_on = civilDate(row.answered_at?.getTime() ?? now_ms);
    return { ...row, received_at: instant(row.received_at.getTime()), answered_at: row.answered_at === null ? null : instant(row.answered_at.getTime()), overdue: row.answer_due_on !== null && done_on > row.answer_due_on };
  });
}

/** Settlements that concern an office, newest first, with the lines contested. */
export async function settlementsOf(db: Read, office_code: string, page: { limit: number }) {
  const rows = await db
    .selectFrom('settlement')
    .select(['settlement_id', 'period_from', 'period_to', 'party_a_office_code', 'party_b', 'state', 'figures', 'drawn_at', 'signed_a_at', 'signed_b_at'])
    .where((eb) => eb.or([eb('party_a_office_code', '=', office_code), eb('party_b', '=', office_code)]))
    .orderBy('settlement_id', 'desc')
    .limit(page.limit)
    .execute();
  const ids = rows.map((row) => row.settlement_id);
  const lines = ids.length === 0 ? [] : await db.selectFrom('settlement_dispute').select(['settlement_id', 'line_no', 'figure', 'claimed_count', 'reason_code', 'settled_count']).where('settlement_id', 'in', ids).orderBy('line_no').execute();
  return rows.map((row) => ({ ...row, drawn_at: instant(row.drawn_at.getTime()), signed_a_at: row.signed_a_at && instant(row.signed_a_at.getTime()), signed_b_at: row.signed_b_at && instant(row.signed_b_at.getTime()), disputes: lines.filter((line) => line.settlement_id === row.settlement_id) }));
}
