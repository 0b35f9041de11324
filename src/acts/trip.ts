// Trips and seals: what the road needs before a bag exists. Ordinary rows: the bags' own checkpoints tell what happened.

import { sql } from 'kysely';
import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { civilDate } from '../base/time.ts';
import type { Mail } from '../domain/bag.ts';
import type { Caller } from '../domain/role.ts';
import type { Write } from '../store/connect.ts';

export type TripOrder = {
  to_office_code: string;
  mail: Mail;
  route_level: number;
  guard_requested: boolean;
  planned_departure_at: string | null;
};

/** The next trip of a direction, service and year: numbered under a row lock, so without gaps. */
export async function openTrip(
  db: Write,
  caller: Caller,
  order: TripOrder,
  now_ms: number,
): Promise<{ trip_id: string; trip_no: number; trip_year: number }> {
  const from_office_code = caller.office_code;
  if (from_office_code === null || from_office_code === order.to_office_code)
    throw new Refused('unknown_office', { office_code: order.to_office_code });
  const trip_year = Number(civilDate(now_ms).slice(0, 4));
  const direction = { from_office_code, to_office_code: order.to_office_code, mail: order.mail, trip_year };
  return db.transaction().execute(async (tx) => {
    await tx
      .insertInto('trip_series')
      .values({ ...direction, next_no: 1 })
      .onConflict((oc) => oc.doNothing())
      .execute();
    const { next_no } = await tx
      .updateTable('trip_series')
      .set({ next_no: sql`next_no + 1` })
      .where('from_office_code', '=', from_office_code)
      .where('to_office_code', '=', order.to_office_code)
      .where('mail', '=', order.mail)
      .where('trip_year', '=', trip_year)
      .returning('next_no')
      .executeTakeFirstOrThrow();
    const trip_id = uuid7(now_ms);
    const trip_no = next_no - 1;
    await tx
      .insertInto('trip')
      .values({
        ...direction,
        trip_id,
        trip_no,
        route_level: order.route_level,
        state: 'open',
        guard_requested: order.guard_requested,
        planned_departure_at: order.planned_departure_at,
        opened_at: new Date(now_ms),
        opened_by: caller.person_id,
      })
      .execute();
    return { trip_id, trip_no, trip_year };
  });
}

export type VehicleOrder = {
  vehicle_no: string;
  vehicle_dedicated: boolean;
  driver_person_id: string;
  escort_person_id: string | null;
  guard_present: boolean | null;
};

/** Lệnh điều xe: who drives what, and with whom. May be changed until the trip departs. */
export async function orderVehicle(db: Write, caller: Caller, trip_id: string, order: VehicleOrder): Promise<void> {
  const trip = await db
    .selectFrom('trip')
    .select(['mail', 'state', 'trip_no'])
    .where('trip_id', '=', trip_id)
    .where('from_office_code', '=', caller.office_code ?? '')
    .executeTakeFirst();
  if (!trip) throw new Refused('unknown_trip');
  if (trip.mail === 'kt1' && !order.vehicle_dedicated && order.escort_person_id === null) throw new Refused('escort_needed');
  if (order.escort_person_id === order.driver_person_id) throw new Refused('same_person');
  const known = await db
    .selectFrom('person')
    .select('person_id')
    .where('person_id', 'in', [order.driver_person_id, order.escort_person_id ?? order.driver_person_id])
    .execute();
  if (known.length !== new Set([order.driver_person_id, order.escort_person_id ?? order.driver_person_id]).size) {
    throw new Refused('invalid_input', { field: 'driver_person_id', problem_vi: 'không có người này', problem_en: 'nobody of that id' });
  }
  const result = await db.updateTable('trip').set(order).where('trip_id', '=', trip_id).where('state', '=', 'open').executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw new Refused('trip_not_open', { trip_no: trip.trip_no });
}

/** Issues a block of seals to an office: each number once, ever. */
export async function issueSeals(
  db: Write,
  caller: Caller,
  block: { prefix: string; from: number; count: number; office_code: string },
  now_ms: number,
): Promise<{ issued: number }> {
  const numbers = Array.from({ length: block.count }, (_, i) => `${block.prefix}${String(block.from + i).padStart(6, '0')}`);
  const issued = await db.transaction().execute(async (tx) => {
    const fresh = await tx
      .insertInto('seal')
      .values(
        numbers.map((seal_no) => ({
          seal_no,
          office_code: block.office_code,
          state: 'issued',
          issued_at: new Date(now_ms),
          issued_by: caller.person_id,
        })),
      )
      .onConflict((oc) => oc.doNothing())
      .returning('seal_no')
      .execute();
    // All of the block or none of it: a number issued before is somebody else's.
    const taken = numbers.find((seal_no) => !fresh.some((seal) => seal.seal_no === seal_no));
    if (taken !== undefined)
      throw new Refused('seal_unusable', { seal_no: taken, problem_vi: 'đã cấp trước đây', problem_en: 'it was issued before' });
    return fresh.length;
  });
  return { issued };
}

export async function voidSeal(db: Write, caller: Caller, seal_no: string, now_ms: number): Promise<void> {
  const result = await db
    .updateTable('seal')
    .set({ state: 'void', ended_at: new Date(now_ms) })
    .where('seal_no', '=', seal_no)
    .where('office_code', '=', caller.office_code ?? '')
    .where('state', '=', 'issued')
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n)
    throw new Refused('seal_unusable', {
      seal_no,
      problem_vi: 'không phải niêm phong chưa dùng của bưu cục',
      problem_en: 'it is not an unused seal of this office',
    });
}
