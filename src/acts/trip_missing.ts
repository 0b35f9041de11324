// A trip that never came: numbers of a direction, service and year have no gaps, so the next one that arrives proves it. A supervisor
// of the receiving office states it with a reason; from there on it is a difference between two offices (discrepancy.ts).

import { sql } from 'kysely';
import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { tripCode } from '../domain/bag.ts';
import type { TripNumber } from '../domain/bag.ts';
import type { Caller } from '../domain/role.ts';
import type { Read, Write } from '../store/connect.ts';

/** `trip_id` null: of an office without the system. `difference` null: nobody has stated yet that it is missing. */
export type TripGap = TripNumber & { code: string; trip_id: string | null; arrived_after: number; difference: 'open' | 'contested' | null };

/**
 * Trips that should have reached an office before one that did: neither arrived nor explained. Of an office without the system
 * the numbers are read from the bags that came, from the first one seen on.
 */
export async function tripGapsAt(db: Read, office_code: string): Promise<TripGap[]> {
  const [{ rows }, stated] = await Promise.all([
    sql<TripNumber & { trip_id: string | null; arrived_after: number }>`
with came as (
  select from_office_code, mail, trip_year::int, trip_no::int from trip where to_office_code = ${office_code} and state = 'arrived'
  union
  select b.origin_office_code, b.mail, y - (y - substr(u.code, 16, 1)::int + 10) % 10, substr(u.code, 17, 4)::int
  from bag b join unit u using (unit_id) join lateral (select min(c.received_at) as at from checkpoint c where c.unit_id = b.unit_id) first on true,
    lateral (select extract(year from first.at at time zone 'Asia/Ho_Chi_Minh')::int as y) civil
  where b.trip_id is null and b.destination_office_code = ${office_code}
), series as (
  select from_office_code, mail, trip_year, min(trip_no) as first_no, max(trip_no) as last_no from came group by from_office_code, mail, trip_year
)
select s.from_office_code, ${office_code}::text as to_office_code, s.mail, s.trip_year, n as trip_no, t.trip_id,
  (select min(c.trip_no) from came c where (c.from_office_code, c.mail, c.trip_year) = (s.from_office_code, s.mail, s.trip_year) and c.trip_no > n) as arrived_after
from series s
cross join lateral generate_series(case when exists (select from trip o where o.from_office_code = s.from_office_code and o.to_office_code = ${office_code}) then 1 else s.first_no end, s.last_no) as n
left join trip t on t.from_office_code = s.from_office_code and t.to_office_code = ${office_code} and t.mail = s.mail and t.trip_year = s.trip_year and t.trip_no = n
where not exists (select from came c where (c.from_office_code, c.mail, c.trip_year, c.trip_no) = (s.from_office_code, s.mail, s.trip_year, n))
order by s.trip_year, s.from_office_code, s.mail, n`.execute(db as never),
    db.selectFrom('discrepancy').select(['code', 'state']).where('office_found', '=', office_code).where('unit_id', 'is', null).where('code', 'like', 'CT-%').execute(),
  ]);
  const states = new Map(stated.map((row) => [row.code, row.state]));
  return rows.flatMap((row): TripGap[] => {
    const code = tripCode(row);
    const difference = states.get(code) ?? null;
    return difference === 'agreed' || difference === 'decided' ? [] : [{ ...row, code, difference: difference as TripGap['difference'] }];
  });
}

/** States that a trip is missing, once; the office that numbered it is asked. It ends by agreement, by decision, or by its coming. */
export async function stateTripMissing(db: Write, caller: Caller, trip: Omit<TripNumber, 'to_office_code'>, reason_code: string, now_ms: number): Promise<{ discrepancy_id: string }> {
  const office_code = caller.office_code ?? '';
  const code = tripCode({ ...trip, to_office_code: office_code });
  return db.transaction().execute(async (tx) => {
    // No row stands for what was never stated: the lock is on its name.
    await sql`select pg_advisory_xact_lock(hashtextextended(${code}, 0))`.execute(tx);
    const gap = (await tripGapsAt(tx as unknown as Read, office_code)).find((known) => known.code === code);
    if (!gap) throw new Refused('unknown_trip');
    if (gap.difference !== null) throw new Refused('discrepancy_not_due', { state: gap.difference });
    const discrepancy_id = uuid7(now_ms);
    await tx
      .insertInto('discrepancy')
      .values({
        discrepancy_id, opening_id: null, discrepancy_kind: 'missing', unit_id: null, code, office_found: office_code, office_asked: trip.from_office_code, hint: null, deadline_at: null,
        state: 'open', opened_at: new Date(now_ms), opened_by: caller.person_id, found_reason_code: reason_code,
      })
      .execute();
    return { discrepancy_id };
  });
}
