// What the desks of one office need without a network: people, trips and bags on the road to it or at it, what those bags
// should hold. Nothing here that the same person may not see online; of a blind count, nothing that tells what is expected.

import { civilDate, instant } from '../base/time.ts';
import type { Caller } from '../domain/role.ts';
import type { Read } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';
import { LISTS } from './reference.ts';
import { tripsOf } from './road.ts';

const TRIPS_MAX = 100;
/** Bags here or coming, and those being made up; what has been emptied is history. */
const STATES_NEEDED = ['open', 'sealed', 'in_transit', 'arrived', 'unsealed'];

export async function deskOf(db: Read, caller: Caller, office_code: string, now_ms: number) {
  const today = civilDate(now_ms);
  const [offices, bodies, reasons, staff, trips, bags] = await Promise.all([
    LISTS.offices(db, today),
    LISTS.served_bodies(db, today),
    LISTS.reasons(db, today),
    staffOf(db, office_code, today),
    tripsOf(db, office_code, TRIPS_MAX),
    bagsOf(db, office_code),
  ]);
  return { taken_at: instant(now_ms), office_code, person_id: caller.person_id, offices, bodies, reasons, staff, trips, bags };
}

async function staffOf(db: Read, office_code: string, today: string) {
  const rows = await db
    .selectFrom('person_role as r')
    .innerJoin('person as p', 'p.person_id', 'r.person_id')
    .select(['p.person_id', 'p.badge', 'p.full_name', 'r.role'])
    .where('r.office_code', '=', office_code)
    .where('r.valid_from', '<=', today)
    .where((eb) => eb.or([eb('r.valid_to', 'is', null), eb('r.valid_to', '>', today)]))
    .where('p.person_id', 'in', db.selectFrom('person').select('person_id').where(holdsOn(today)))
    .orderBy('p.badge')
    .execute();
  const people = new Map<string, { person_id: string; badge: string; full_name: string; roles: string[] }>();
  for (const { role, ...person } of rows) {
    const known = people.get(person.person_id);
    if (known) known.roles.push(role);
    else people.set(person.person_id, { ...person, roles: [role] });
  }
  return [...people.values()];
}

async function bagsOf(db: Read, office_code: string) {
  const rows = await db
    .selectFrom('bag as b')
    .innerJoin('unit as u', 'u.unit_id', 'b.unit_id')
    .leftJoin('opening as o', (join) => join.onRef('o.bag_id', '=', 'b.unit_id').on('o.state', '=', 'counting'))
    .select(['b.unit_id', 'u.code', 'u.state', 'b.trip_id', 'b.mail', 'b.serial', 'b.origin_office_code', 'b.destination_office_code', 'b.manifest_bag', 'b.item_count', 'b.marked_count', 'b.gross_g', 'b.tare_g', 'o.opening_id', 'o.blind'])
    .where('u.state', 'in', STATES_NEEDED)
    .where('u.superseded_by', 'is', null)
    .where((eb) => eb.or([eb('b.destination_office_code', '=', office_code), eb('u.office_code', '=', office_code)]))
    .orderBy('b.unit_id', 'desc')
    .execute();
  const known = rows.filter((bag) => bag.blind !== true).map((bag) => bag.unit_id);
  const lines = known.length === 0 ? [] : await db
    .selectFrom('containment as c')
    .innerJoin('unit as u', 'u.unit_id', 'c.item_id')
    .innerJoin('item as i', 'i.unit_id', 'c.item_id')
    .select(['c.bag_id', 'u.code', 'i.weight_g', 'i.destination_office_code'])
    .where('c.bag_id', 'in', known)
    .where('c.taken_out_at', 'is', null)
    .orderBy('u.code')
    .execute();
  const byBag = Map.groupBy(lines, (line) => line.bag_id);
  return rows.map(({ unit_id, blind, marked_count, ...bag }) => {
    const hidden = blind === true;
    return {
      ...bag,
      blind: hidden,
      two_persons: (marked_count ?? 0) > 0,
      item_count: hidden ? null : bag.item_count,
      gross_g: hidden ? null : bag.gross_g,
      tare_g: hidden ? null : bag.tare_g,
      /** null: a blind count is under way, so nobody here may know. */
      expected: hidden ? null : (byBag.get(unit_id) ?? []).map(({ bag_id: _, ...line }) => line),
    };
  });
}
