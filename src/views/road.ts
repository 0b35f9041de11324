// The road as people see it: trips and their bags, a bag's manifest, the progress of a count, differences, handovers that wait.

import { sql } from 'kysely';
import type { Expression } from 'kysely';
import { hex } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { instant } from '../base/time.ts';
import { bagLabel, explainGap, missingSerials } from '../domain/bag.ts';
import { manifestDigest } from '../domain/manifest.ts';
import { clears } from '../domain/role.ts';
import type { Caller } from '../domain/role.ts';
import { serviceWords } from '../domain/service.ts';
import type { Scope, Secrecy, ServiceClass, Urgency } from '../domain/service.ts';
import { STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import type { Read } from '../store/connect.ts';

const at = (date: Date | null): string | null => (date === null ? null : instant(date.getTime()));

/** Trips that leave or reach an office, newest first. */
export async function tripsOf(db: Read, office_code: string, limit: number) {
  const rows = await db
    .selectFrom('trip')
    .select(['trip_id', 'from_office_code', 'to_office_code', 'mail', 'trip_year', 'trip_no', 'state', 'vehicle_no', 'planned_departure_at', 'opened_at', 'departed_at', 'arrived_at'])
    .select((eb) => eb.selectFrom('bag').innerJoin('unit as b', 'b.unit_id', 'bag.unit_id').select((inner) => sql<number>`coalesce(sum(b.holds + ${heldInside(inner.ref('bag.unit_id'))}), 0)::int`.as('held')).whereRef('bag.trip_id', '=', 'trip.trip_id').as('held'))
    .where((eb) => eb.or([eb('from_office_code', '=', office_code), eb('to_office_code', '=', office_code)]))
    .orderBy('trip_id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ held, ...r }) => ({ ...r, held: (held ?? 0) > 0, planned_departure_at: at(r.planned_departure_at), opened_at: instant(r.opened_at.getTime()), departed_at: at(r.departed_at), arrived_at: at(r.arrived_at) }));
}

/** One trip with its bags; at the receiving end the serials that did not arrive. null: no such trip at this office. */
export async function tripById(db: Read, trip_id: string, office_code: string) {
  const trip = await db.selectFrom('trip').selectAll().where('trip_id', '=', trip_id).where((eb) => eb.or([eb('from_office_code', '=', office_code), eb('to_office_code', '=', office_code)])).executeTakeFirst();
  if (!trip) return null;
  const bags = await db
    .selectFrom('bag')
    .innerJoin('unit', 'unit.unit_id', 'bag.unit_id')
    .select(['unit.code', 'unit.state', 'bag.serial', 'bag.manifest_bag', 'bag.last_of_trip', 'bag.item_count', 'bag.gross_g', 'bag.seal_nos', 'unit.holds'])
    .select((eb) => heldInside(eb.ref('bag.unit_id')).as('held_inside'))
    .where('bag.trip_id', '=', trip_id)
    .orderBy('bag.serial')
    .execute();
  const here = bags.filter((bag) => ['arrived', 'unsealed', 'emptied'].includes(bag.state));
  const last = bags.find((bag) => bag.last_of_trip && here.includes(bag))?.serial ?? null;
  return {
    trip_id, from_office_code: trip.from_office_code, to_office_code: trip.to_office_code, mail: trip.mail, trip_year: trip.trip_year, trip_no: trip.trip_no,
    route_level: trip.route_level, state: trip.state, vehicle_no: trip.vehicle_no, vehicle_dedicated: trip.vehicle_dedicated,
    escort: trip.escort_person_id !== null, guard_requested: trip.guard_requested, guard_present: trip.guard_present,
    departed_at: at(trip.departed_at), arrived_at: at(trip.arrived_at),
    bags: bags.map(({ holds, ...bag }) => ({ ...bag, held: holds > 0 || bag.held_inside > 0, state_vi: STATES[bag.state as State][0], state_en: STATES[bag.state as State][1], seal_nos: trip.state === 'open' ? (bag.seal_nos ?? []) : [] })),
    /** null: the bag flagged as last has not arrived, so nothing can be said yet. */
    missing_serials: trip.state === 'arrived' ? missingSerials([...here, ...bags.filter((bag) => bag.state === 'void')].map((bag) => bag.serial), last) : null,
  };
}

/** Held items in a bag: told before it is opened, at both ends and on the way, as a number and never which or why. */
const heldInside = (bag_id: Expression<string>) =>
  sql<number>`(select count(*)::int from containment n join unit i on i.unit_id = n.item_id where n.bag_id = ${bag_id} and n.item_seq_out is null and i.holds > 0)`;

async function bagUnit(db: Read, code: string) {
  return db
    .selectFrom('unit')
    .innerJoin('bag', 'bag.unit_id', 'unit.unit_id')
    .leftJoin('trip', 'trip.trip_id', 'bag.trip_id')
    .select([
      'unit.unit_id', 'unit.code', 'unit.state', 'unit.office_code', 'unit.holds', 'unit.custodian_kind', 'bag.trip_id', 'bag.serial', 'bag.mail', 'bag.origin_office_code', 'bag.destination_office_code',
      'bag.manifest_bag', 'bag.last_of_trip', 'bag.item_count', 'bag.marked_count', 'bag.net_g', 'bag.gross_g', 'bag.tare_g', 'bag.seal_nos', 'bag.manifest_digest', 'trip.trip_no', 'trip.trip_year',
    ])
    .select((eb) => heldInside(eb.ref('bag.unit_id')).as('held_inside'))
    .where('unit.code', '=', code)
    .where('unit.superseded_by', 'is', null)
    .executeTakeFirst();
}

/**
 * A bag as it stands. Seal numbers are not shown at the receiving end before the bag has been opened there: whoever opens it
 * reads the seal first.
 */
export async function bagByCode(db: Read, code: string, caller: Caller) {
  const bag = await bagUnit(db, code);
  if (!bag) return null;
  const sealed = bag.gross_g !== null;
  return {
    code: bag.code, unit_id: bag.unit_id, state: bag.state, state_vi: STATES[bag.state as State][0], state_en: STATES[bag.state as State][1], office_code: bag.office_code,
    trip_id: bag.trip_id, trip_no: bag.trip_no, trip_year: bag.trip_year, serial: bag.serial, mail: bag.mail, origin_office_code: bag.origin_office_code,
    destination_office_code: bag.destination_office_code, manifest_bag: bag.manifest_bag, last_of_trip: bag.last_of_trip, item_count: bag.item_count,
    gross_g: bag.gross_g, tare_g: bag.tare_g, net_g: bag.net_g, two_persons: (bag.marked_count ?? 0) > 0, held: bag.holds > 0 || bag.held_inside > 0, held_inside: bag.held_inside,
    seal_nos: knowsSeals(bag, caller) ? (bag.seal_nos ?? []) : null,
    label: sealed ? bagLabel(bag.code, bag.last_of_trip ?? false, (bag.marked_count ?? 0) > 0, bag.gross_g ?? 0) : null,
    manifest_digest: bag.manifest_digest === null ? null : hex(bag.manifest_digest),
  };
}

/**
 * The manifest: what is in a bag, or was when it was sealed. Its digest equals the ledger's as long as the bag is sealed. Who an
 * item is for is told to those who make up, open or control bags, and never of a marked item.
 */
export async function manifestOf(db: Read, code: string, caller: Caller) {
  const bag = await bagUnit(db, code);
  if (!bag) return null;
  // Whoever counts blind shall not read the list either.
  const blind = await db.selectFrom('opening').select('opening_id').where('bag_id', '=', bag.unit_id).where('state', '=', 'counting').where('blind', '=', true).where('office_code', '=', caller.office_code ?? '').executeTakeFirst();
  if (blind) throw new Refused('counted_blind', { bag_code: code });
  const rows = bag.trip_id === null ? await announcedRows(db, code) : await containedRows(db, bag.unit_id);
  const needsReceiver = caller.permissions.has('bag.open') || caller.permissions.has('item.deliver');
  const inside = rows.filter((row) => row.taken_out_at === null);
  const lines = (bag.state === 'open' || bag.state === 'sealed' || bag.state === 'in_transit' || bag.state === 'arrived' ? inside : rows).map((row, i) => {
    const [mark, service_class, urgency] = [row.secrecy as Secrecy, row.service_class as ServiceClass, row.urgency as Urgency];
    const cleared = clears(caller.clearance, mark);
    return {
      no: i + 1, code: row.code, service_class, scope: row.scope as Scope, secrecy: cleared ? mark : null, urgency, appointed_at: at(row.appointed_at), personal_mark: row.personal_mark,
      service_vi: serviceWords(service_class, cleared ? mark : 'NONE', urgency, 'vi'), weight_g: row.weight_g, destination_office_code: row.destination_office_code,
      receiver: needsReceiver && mark === 'NONE' ? (row.name_vi ?? row.addressee_postal_code) : null, state_vi: row.state === null ? 'Được báo trước' : STATES[row.state as State][0],
    };
  });
  return {
    bag_code: bag.code, trip_no: bag.trip_no, trip_year: bag.trip_year, serial: bag.serial, origin_office_code: bag.origin_office_code, destination_office_code: bag.destination_office_code,
    item_count: lines.length, net_g: lines.reduce((sum, line) => sum + line.weight_g, 0), gross_g: bag.gross_g, tare_g: bag.tare_g,
    seal_nos: knowsSeals(bag, caller) ? (bag.seal_nos ?? []) : null,
    digest: hex(manifestDigest(lines)), digest_of_ledger: bag.manifest_digest === null ? null : hex(bag.manifest_digest), lines,
  };
}

function containedRows(db: Read, bag_id: string) {
  return db
    .selectFrom('containment')
    .innerJoin('unit', 'unit.unit_id', 'containment.item_id')
    .innerJoin('item', 'item.unit_id', 'unit.unit_id')
    .leftJoin('served_body', (join) => join.onRef('served_body.body_code', '=', 'item.addressee_body_code').on('served_body.valid_to', 'is', null))
    .select([
      'unit.code', 'unit.state', 'item.service_class', 'item.scope', 'item.secrecy', 'item.urgency', 'item.appointed_at', 'item.personal_mark', 'item.weight_g', 'item.destination_office_code',
      'item.addressee_postal_code', 'served_body.name_vi', 'containment.taken_out_at',
    ])
    .where('containment.bag_id', '=', bag_id)
    .orderBy('unit.code')
    .execute();
}

/** A bag from outside holds what was announced: nobody of ours put anything in. */
async function announcedRows(db: Read, bag_code: string) {
  const rows = await db
    .selectFrom('preadvice_line as line')
    .leftJoin('unit', (join) => join.onRef('unit.code', '=', 'line.code').on('unit.superseded_by', 'is', null))
    .select(['line.code', 'unit.state', 'line.service_class', 'line.scope', 'line.secrecy', 'line.urgency', 'line.appointed_at', 'line.personal_mark', 'line.weight_g', 'line.destination_office_code'])
    .where('line.bag_code', '=', bag_code)
    .orderBy('line.code')
    .execute();
  return rows.map((row) => ({ ...row, addressee_postal_code: null, name_vi: null, taken_out_at: null }));
}

/** Not at the receiving end before the bag has been opened there: whoever opens it reads the seal first. */
const knowsSeals = (bag: { state: string; origin_office_code: string }, caller: Caller): boolean =>
  bag.state === 'unsealed' || bag.state === 'emptied' || caller.office_code === bag.origin_office_code;

/**
 * How a count goes: sums over all lines, and only those lines that are not simply right. Blind: only what was scanned and what is
 * wrong with it, never what is expected. `tiles`: every line's number and result, for the wall. null: no opening.
 */
export async function countOf(db: Read, code: string, office_code: string, { tiles = false } = {}) {
  const opening = await db
    .selectFrom('opening')
    .innerJoin('unit', 'unit.unit_id', 'opening.bag_id')
    .innerJoin('bag', 'bag.unit_id', 'opening.bag_id')
    .select(['opening.opening_id', 'opening.blind', 'opening.state', 'opening.opened_at', 'opening.closed_at', 'opening.gross_found_g', 'opening.seals_entered', 'opening.seals_expected', 'bag.gross_g'])
    .where('unit.code', '=', code)
    .where('unit.superseded_by', 'is', null)
    .where('opening.office_code', '=', office_code)
    .orderBy('opening.opened_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!opening) return null;
  const { opening_id } = opening;
  const hidden = opening.blind && opening.state === 'counting';
  const [sums, different, wall] = await Promise.all([
    db
      .selectFrom('count_line')
      .select((eb) => ['result', 'expected', eb.fn.countAll<string>().as('count'), eb.fn.sum<string>('duplicates').as('duplicates')])
      .where('opening_id', '=', opening_id)
      .groupBy(['result', 'expected'])
      .execute(),
    db
      .selectFrom('count_line')
      .leftJoin('unit', 'unit.unit_id', 'count_line.item_id')
      .leftJoin('checkpoint', (join) => join.onRef('checkpoint.unit_id', '=', 'count_line.item_id').onRef('checkpoint.unit_seq', '=', 'unit.unit_seq'))
      .leftJoin('person', 'person.person_id', 'checkpoint.person_id')
      .select(['count_line.code', 'count_line.weight_g', 'count_line.result', 'count_line.lane', 'count_line.duplicates', 'count_line.counted_at', 'person.full_name', 'checkpoint.office_code', 'checkpoint.received_at'])
      .where('count_line.opening_id', '=', opening_id)
      .where((eb) => eb.or([eb('count_line.result', 'is', null), eb('count_line.result', '<>', 'matched')]))
      .orderBy('count_line.code')
      .execute(),
    tiles && !hidden ? db.selectFrom('count_line').select(['code', 'weight_g', 'expected', 'result', 'lane']).where('opening_id', '=', opening_id).orderBy('code').execute() : null,
  ]);
  const open = different.filter((line) => line.result === null);
  const gap_g = opening.gross_found_g === null || opening.gross_g === null ? null : opening.gross_g - opening.gross_found_g;
  const count = (fits: (row: { result: string | null; expected: boolean }) => boolean): number => sums.filter(fits).reduce((sum, row) => sum + Number(row.count), 0);
  const of = (result: string): number => count((row) => row.result === result);
  return {
    opening_id, state: opening.state, blind: opening.blind, opened_at: instant(opening.opened_at.getTime()), closed_at: at(opening.closed_at),
    seals_entered: opening.seals_entered, seals_expected: opening.seals_expected,
    scanned: count((row) => row.result !== null && row.result !== 'missing'),
    expected: hidden ? null : count((row) => row.expected),
    left: hidden ? null : open.length,
    matched: hidden ? null : of('matched'), missing: of('missing'), surplus: of('surplus'), mis_sent: of('mis_sent'), other_bag: of('other_bag'), held: of('held'), damaged: of('damaged'),
    weight_mismatch: of('weight_mismatch'), duplicates: sums.reduce((sum, row) => sum + Number(row.duplicates), 0),
    gap_g: hidden ? null : gap_g,
    /** Items not found yet whose weight equals what the bag is short of. */
    gap_explained_by: hidden || gap_g === null ? [] : explainGap(gap_g, different.filter((line) => line.result === null || line.result === 'missing')),
    open: hidden ? [] : open.map((line) => ({ code: line.code, weight_g: line.weight_g, last_person: line.full_name, last_office_code: line.office_code, last_at: at(line.received_at) })),
    found: different.filter((line) => line.result !== null).map(({ code: number, result, lane, duplicates, counted_at }) => ({ code: number, result: result ?? '', lane, duplicates, counted_at: at(counted_at) })),
    ...(tiles ? { tiles: wall } : {}),
  };
}

/** A text that changes whenever the count does: digest of what has been counted. Null: the bag is not counted here. */
export async function countVersion(db: Read, code: string, office_code: string): Promise<string | null> {
  const row = await db
    .selectFrom('opening')
    .innerJoin('unit', 'unit.unit_id', 'opening.bag_id')
    .select(['opening.opening_id', 'opening.state', (eb) => eb
      .selectFrom('count_line')
      .select(sql<string>`md5(coalesce(string_agg(concat_ws(' ', code, result, lane, duplicates, weight_g), ',' order by code) filter (where result is not null), ''))`.as('digest'))
      .whereRef('count_line.opening_id', '=', 'opening.opening_id')
      .as('digest')])
    .where('unit.code', '=', code)
    .where('unit.superseded_by', 'is', null)
    .where('opening.office_code', '=', office_code)
    .orderBy('opening.opened_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : `${row.opening_id}.${row.state}.${row.digest ?? ''}`;
}

/** Differences that concern an office, those that wait for it first. */
export async function discrepanciesOf(db: Read, office_code: string, filter: { state?: string | undefined; limit: number }) {
  let query = db
    .selectFrom('discrepancy')
    .select(['discrepancy_id', 'discrepancy_kind', 'code', 'office_found', 'office_asked', 'hint', 'deadline_at', 'state', 'opened_at', 'found_reason_code', 'answer_reason_code', 'answered_at', 'decision_reason_code', 'decided_at'])
    .where((eb) => eb.or([eb('office_found', '=', office_code), eb('office_asked', '=', office_code)]))
    .orderBy('discrepancy_id', 'desc')
    .limit(filter.limit);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  const rows = await query.execute();
  return rows.map((r) => ({ ...r, deadline_at: at(r.deadline_at), opened_at: instant(r.opened_at.getTime()), answered_at: at(r.answered_at), decided_at: at(r.decided_at) }));
}

/** Handovers that wait for a person, and those the person offered, oldest first: they age. */
export async function handoversOf(db: Read, person_id: string) {
  const rows = await db
    .selectFrom('handover')
    .innerJoin('handover_line', 'handover_line.handover_id', 'handover.handover_id')
    .select(['handover.handover_id', 'handover.office_code', 'handover.to_kind', 'handover.to_ref', 'handover.offered_at', 'handover.offered_by', 'handover.receiver_person_id', 'handover.state', 'handover.digest', 'handover_line.code', 'handover_line.condition', 'handover_line.seal_nos', 'handover_line.answer', 'handover_line.reason_code'])
    .where((eb) => eb.or([eb('handover.receiver_person_id', '=', person_id), eb('handover.offered_by', '=', person_id)]))
    .where('handover.state', '=', 'offered')
    .orderBy('handover.offered_at')
    .orderBy('handover_line.code')
    .limit(2000)
    .execute();
  const byId = new Map<string, { handover_id: string; office_code: string; to: { kind: string; ref: string }; offered_at: string; mine_to_answer: boolean; digest: string; lines: { code: string; condition: string; seal_nos: string[]; answer: string | null; reason_code: string | null }[] }>();
  for (const r of rows) {
    const handover = byId.get(r.handover_id) ?? { handover_id: r.handover_id, office_code: r.office_code, to: { kind: r.to_kind, ref: r.to_ref }, offered_at: instant(r.offered_at.getTime()), mine_to_answer: r.receiver_person_id === person_id, digest: hex(r.digest), lines: [] };
    handover.lines.push({ code: r.code, condition: r.condition, seal_nos: r.seal_nos, answer: r.answer, reason_code: r.reason_code });
    byId.set(r.handover_id, handover);
  }
  return [...byId.values()];
}
