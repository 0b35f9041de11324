// What does not move on the road and nobody may overlook: offers that nobody answers, trips and bags that a number proves missing,
// marked items that nobody could deliver for half a year. Ages are always told; only a loaded limit makes one an alarm.

import { sql } from 'kysely';
import { addMonths, civilDate, instant } from '../base/time.ts';
import { tripGapsAt } from '../acts/trip_missing.ts';
import { missingSerials } from '../domain/bag.ts';
import { lengthOf } from '../domain/clock.ts';
import type { Limits } from '../domain/clock.ts';
import { monthsOf } from '../domain/delivery.ts';
import { clears } from '../domain/role.ts';
import type { Caller } from '../domain/role.ts';
import { serviceWords } from '../domain/service.ts';
import type { Secrecy, ServiceClass, Urgency } from '../domain/service.ts';
import { FINAL_STATES, STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import type { Read } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';
import { officesUnder } from './report.ts';

/** The operator's own rule on offers that wait; the figure is null until one is loaded. */
export const HANDOVER_LIMIT = 'TL36';
/** Unclaimed (Postal Law Art. 17): what is marked never becomes that, so past the same term it is escalated. */
export const UNCLAIMED_LIMIT = 'TL09';
const ROWS_MAX = 200;

const at = (date: Date | null): string | null => (date === null ? null : instant(date.getTime()));

/** All alarms of an office; of marked items also those of the offices under it. */
export async function roadAlarms(db: Read, office_code: string, caller: Caller, limits: Limits, now_ms: number) {
  const [handovers, trips, bags, aged] = await Promise.all([
    handoversWaiting(db, office_code, limits, now_ms), missingTrips(db, office_code), missingBags(db, office_code), agedMarked(db, await officesUnder(db, office_code), caller, limits, now_ms),
  ]);
  return { office_code, at: instant(now_ms), handovers, trips, bags, aged };
}

/** Offers without an answer that concern an office, as giver's or receiver's, oldest first. */
export async function handoversWaiting(db: Read, office_code: string, limits: Limits, now_ms: number) {
  const allowed = lengthOf(limits.get(HANDOVER_LIMIT)?.duration ?? null);
  const rows = await db
    .selectFrom('handover as h')
    .innerJoin('person as giver', 'giver.person_id', 'h.offered_by')
    .innerJoin('person as receiver', 'receiver.person_id', 'h.receiver_person_id')
    .select(['h.handover_id', 'h.office_code', 'h.offered_at', 'giver.full_name as from_name', 'receiver.full_name as to_name'])
    .select((eb) => eb.selectFrom('handover_line as l').select(sql<number>`count(*)::int`.as('left')).whereRef('l.handover_id', '=', 'h.handover_id').where('l.answer', 'is', null).as('left'))
    .where('h.state', '=', 'offered')
    .where((eb) => eb.or([
      eb('h.office_code', '=', office_code),
      eb('h.receiver_person_id', 'in', eb.selectFrom('person_role').select('person_role.person_id').where('person_role.office_code', '=', office_code).where(holdsOn(civilDate(now_ms)))),
    ]))
    .orderBy('h.offered_at')
    .limit(ROWS_MAX)
    .execute();
  return rows.map(({ offered_at, left, ...row }) => {
    const age_ms = now_ms - offered_at.getTime();
    return { ...row, left: left ?? 0, offered_at: instant(offered_at.getTime()), age_minutes: Math.floor(age_ms / 60_000), limit_minutes: allowed === null ? null : allowed / 60_000, alarm: allowed !== null && age_ms > allowed };
  });
}

/** Where a trip or bag was last: by whatever step of its bags came last. */
const lastSeen = (bags: ReturnType<typeof sql>) => sql<{ at: string; office_code: string | null } | null>`
  (select jsonb_build_object('at', to_char(c.received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'office_code', c.office_code)
   from checkpoint c where c.unit_id in (${bags}) order by c.received_at desc limit 1)`;

/** Trips that a later number proves missing, with what the sending office has recorded of them. */
async function missingTrips(db: Read, office_code: string) {
  const gaps = await tripGapsAt(db, office_code);
  const ids = gaps.flatMap(({ trip_id }) => (trip_id === null ? [] : [trip_id]));
  const known = ids.length === 0 ? [] : await db
    .selectFrom('trip')
    .select(['trip_id', 'state', 'departed_at', 'vehicle_no'])
    .select(lastSeen(sql`select b.unit_id from bag b where b.trip_id = trip.trip_id`).as('last_seen'))
    .where('trip_id', 'in', ids)
    .execute();
  const byId = new Map(known.map((trip) => [trip.trip_id, trip]));
  return gaps.map((gap) => {
    const trip = gap.trip_id === null ? undefined : byId.get(gap.trip_id);
    /** null: an office without the system; nothing is known but that the number is missing. */
    return { ...gap, state: trip?.state ?? null, departed_at: at(trip?.departed_at ?? null), vehicle_no: trip?.vehicle_no ?? null, last_seen: trip?.last_seen ?? null };
  });
}

/** Bags whose serial is missing on a trip that came: below the last one, or below the highest that is here. Until it comes or its difference has ended. */
async function missingBags(db: Read, office_code: string) {
  const rows = await db
    .selectFrom('bag')
    .innerJoin('unit', 'unit.unit_id', 'bag.unit_id')
    .innerJoin('trip', 'trip.trip_id', 'bag.trip_id')
    .select(['bag.trip_id', 'bag.serial', 'bag.last_of_trip', 'unit.code', 'unit.state', 'trip.from_office_code', 'trip.trip_no', 'trip.trip_year', 'trip.departed_at'])
    .select(lastSeen(sql`select bag.unit_id`).as('last_seen'))
    .select((eb) => eb.selectFrom('discrepancy as d').select('d.state').whereRef('d.unit_id', '=', 'bag.unit_id').where('d.opening_id', 'is', null).orderBy('d.opened_at', 'desc').limit(1).as('difference'))
    .where('trip.to_office_code', '=', office_code)
    .where('trip.state', '=', 'arrived')
    .where((eb) => eb('bag.trip_id', 'in', eb.selectFrom('bag as late').innerJoin('unit as v', 'v.unit_id', 'late.unit_id').select('late.trip_id').where('v.state', 'in', ['open', 'sealed', 'in_transit', 'missing'])))
    .orderBy('bag.trip_id')
    .orderBy('bag.serial')
    .execute();
  return [...Map.groupBy(rows, (row) => row.trip_id).values()].flatMap((bags) => {
    const here = bags.filter((bag) => ['arrived', 'unsealed', 'emptied', 'void', 'lost'].includes(bag.state));
    const last = bags.find((bag) => bag.last_of_trip && here.includes(bag))?.serial ?? here.at(-1)?.serial ?? null;
    const missing = new Set(missingSerials(here.map((bag) => bag.serial), last));
    return bags.filter((bag) => missing.has(bag.serial) && bag.difference !== 'agreed' && bag.difference !== 'decided').map(({ departed_at, last_of_trip: _, ...bag }) => ({ ...bag, state_vi: STATES[bag.state as State][0], state_en: STATES[bag.state as State][1], departed_at: at(departed_at) }));
  });
}

/**
 * Items marked A, B or C that were not delivered within the term after which others become unclaimed, oldest first. Who is not
 * cleared for a mark is told how many there are, not which.
 */
export async function agedMarked(db: Read, office_codes: readonly string[], caller: Caller, limits: Limits, now_ms: number) {
  const months = monthsOf(limits.get(UNCLAIMED_LIMIT)?.duration ?? null);
  const today = civilDate(now_ms);
  const law = await db.selectFrom('time_limit').select(['limit_code', 'duration', 'act_code', 'citation']).where('limit_code', '=', UNCLAIMED_LIMIT).where(holdsOn(today)).executeTakeFirst();
  const rows = months === null ? [] : await db
    .selectFrom('item')
    .innerJoin('unit', 'unit.unit_id', 'item.unit_id')
    .select(['unit.code', 'unit.state', 'unit.office_code', 'item.secrecy', 'item.service_class', 'item.urgency', 'item.accepted_at'])
    .where('item.secrecy', '<>', 'NONE')
    // A month has no fewer days; which of these are due, the calendar says.
    .where('item.accepted_at', '<', new Date(now_ms - (months * 28 - 1) * 86_400_000))
    .where('unit.state', 'not in', [...FINAL_STATES, 'with_authority'])
    .where('unit.superseded_by', 'is', null)
    .where('unit.office_code', 'in', [...office_codes])
    .orderBy('item.accepted_at')
    .execute();
  const due = months === null ? [] : rows.map((row) => ({ ...row, due_on: addMonths(civilDate(row.accepted_at.getTime()), months) })).filter((row) => row.due_on <= today);
  return {
    limit: law ?? null, count: due.length,
    offices: [...Map.groupBy(due, (row) => row.office_code)].map(([office_code, own]) => ({ office_code, count: own.length })),
    items: due.filter((row) => clears(caller.clearance, row.secrecy as Secrecy)).slice(0, ROWS_MAX).map(({ accepted_at, secrecy, ...row }) => ({
      ...row, secrecy, service_vi: serviceWords(row.service_class as ServiceClass, secrecy as Secrecy, row.urgency as Urgency, 'vi'), state_vi: STATES[row.state as State][0], accepted_at: instant(accepted_at.getTime()),
    })),
  };
}
