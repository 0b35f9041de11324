// A sealed bag leaves with its trip and arrives: departure needs the whole trip ready, arrival is a fact.

import { present } from '../base/assert.ts';
import { Refused } from '../base/refusal.ts';
import { readBagCode } from '../domain/bag.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { UnitNow } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import type { Caller } from '../domain/role.ts';
import type { Decision } from '../ledger/append.ts';
import type { Statement } from '../store/connect.ts';
import { draftOf } from './act.ts';
import type { Act } from './act.ts';
import { announcedNeed, bagNeed, contentsNeed, sealNeed, tripIdOf, tripNeed, tripOfBag } from './needs.ts';
import type { AnnouncedBag, BagNow, TripNow } from './needs.ts';


const DEPART: Statement = { name: 'trip_departs', text: "update trip set state = 'departed', departed_at = coalesce(departed_at, $2), departed_by = coalesce(departed_by, $3) where trip_id = $1 and state = 'open'" };
const VERIFY_SEAL: Statement = { name: 'verify_seal', text: 'update seal set verified_at = $2 where seal_no = $1' };
const ARRIVE: Statement = { name: 'trip_arrives', text: "update trip set state = 'arrived', arrived_at = coalesce(arrived_at, $2), arrived_by = coalesce(arrived_by, $3) where trip_id = $1 and state <> 'arrived'" };
/** That a bag had not come is settled by its coming, whatever was said of it meanwhile. */
const CAME_AFTER_ALL: Statement = {
  name: 'came_after_all',
  text: "update discrepancy set state = 'decided', decision_reason_code = 'bag_came_late', decided_at = $2 where unit_id = $1 and opening_id is null and state in ('open', 'contested')",
};
/** So is that a trip had not come, by the first of its bags. */
const TRIP_CAME: Statement = {
  name: 'trip_came',
  text: `update discrepancy d set state = 'decided', decision_reason_code = 'bag_came_late', decided_at = $2 from trip t
where t.trip_id = $1 and d.office_asked = t.from_office_code and d.state in ('open', 'contested') and d.unit_id is null
  and d.code = concat_ws('-', 'CT', t.from_office_code, t.to_office_code, upper(t.mail), t.trip_year, lpad(t.trip_no::text, 4, '0'))`,
};

export const departBag: Act = async (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_departed'>;
  const code = claim.code ?? '';
  const trip_id = await tripIdOf(context.read, code);
  const contents = contentsNeed(code);
  return {
    ...draftOf(request),
    needs: [...(trip_id === null ? [] : [tripNeed(trip_id)]), contents],
    decide(known) {
      authorise('bag_departed', caller);
      const trip = tripOfBag(known, trip_id, code);
      const unit = bagUnit(known.unit, claim.code);
      if (trip === null) throw new Refused('unknown_trip');
      if (unit.office_code !== caller.office_code) throw new Refused('wrong_office', { office_code: unit.office_code });
      requireReady(trip, facts.vehicle_no);
      const held = [...known.got(contents).inside.values()].find((item) => item.holds > 0);
      if (held) throw new Refused('held', { code: held.code });
      const outcome = decideStep('bag_departed', facts, unit, caller);
      trip.state = 'departed';
      Object.assign(trip.bags.get(code) ?? {}, { state: outcome.state });
      return {
        ...outcome, unit_kind: 'bag', code, makes_unit: false,
        writes: (entry) => [{ statement: DEPART, values: [trip.trip_id, new Date(entry.received_at), caller.person_id] }],
      };
    },
  };
};

/** Bags all sealed, one manifest bag, the last one flagged, the vehicle as ordered, escort and guard where they must be. */
function requireReady(trip: TripNow, vehicle_no: string): void {
  const notReady = (problem_vi: string, problem_en: string): Refused => new Refused('trip_not_ready', { problem_vi, problem_en });
  const bags = [...trip.bags.values()].filter((bag) => bag.state !== 'void');
  const open = bags.filter((bag) => bag.state === 'open').length;
  const highest = bags.reduce((last, bag) => (bag.serial > last.serial ? bag : last), bags[0] ?? { serial: 0, last_of_trip: null });
  if (trip.state === 'arrived') throw new Refused('trip_not_open', { trip_no: trip.trip_no });
  if (trip.vehicle_no === null) throw notReady('chưa có lệnh điều xe', 'there is no vehicle order');
  if (trip.vehicle_no !== vehicle_no) throw notReady(`lệnh điều xe ghi ${trip.vehicle_no}`, `the vehicle order says ${trip.vehicle_no}`);
  if (open > 0) throw notReady(`còn ${open} túi chưa niêm phong`, `${open} bags are not sealed`);
  if (bags.filter((bag) => bag.manifest_bag).length !== 1) throw notReady('phải có đúng một túi F', 'there must be exactly one manifest bag');
  if (!highest.last_of_trip || bags.filter((bag) => bag.last_of_trip).length !== 1) throw notReady('túi có số thứ tự cao nhất phải ghi là túi cuối', 'the bag with the highest serial must be flagged as the last');
  if (trip.mail === 'kt1' && !trip.vehicle_dedicated && trip.escort_person_id === null) throw new Refused('escort_needed');
  if (trip.guard_requested && trip.guard_present !== true) throw new Refused('guard_needed');
}

export const arriveBag: Act = (request) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_arrived'>;
  const need = bagNeed(claim.code ?? '');
  const announcedBag = announcedNeed(claim.code ?? '');
  return {
    ...draftOf(request),
    needs: [need, announcedBag],
    decide(known) {
      authorise('bag_arrived', caller);
      const { announced } = known.got(announcedBag);
      if (known.unit === null && announced !== null) return arriveFromOutside(known.got(need), announced, facts, claim.code ?? '', caller);
      const unit = bagUnit(known.unit, claim.code);
      const { bag } = known.got(need);
      const outcome = decideStep('bag_arrived', facts, unit, caller);
      // Scanned as arrived again: a fact, and no reason to undo what was begun with it since.
      const again = unit.state !== 'in_transit' && unit.state !== 'missing' && unit.state !== 'lost';
      if (again) Object.assign(outcome, { state: unit.state, custodian: unit.custodian });
      const astray = bag !== null && bag.destination_office_code !== caller.office_code;
      return {
        ...outcome, flags: astray ? [...outcome.flags, 'mis_sent'] : outcome.flags, unit_kind: 'bag', code: unit.code, makes_unit: false,
        writes: (entry) => [
          ...(bag === null || bag.trip_id === null || astray ? [] : [{ statement: ARRIVE, values: [bag.trip_id, new Date(entry.received_at), caller.person_id] }, { statement: TRIP_CAME, values: [bag.trip_id, new Date(entry.received_at)] }]),
          ...(unit.state === 'missing' ? [{ statement: CAME_AFTER_ALL, values: [unit.unit_id, new Date(entry.received_at)] }] : []),
        ],
      };
    },
  };
};

/** The first that our ledger sees of a bag that an office without the system announced: its arrival makes it, as announced. */
function arriveFromOutside(here: { bag: BagNow | null }, announced: AnnouncedBag, facts: Facts<'bag_arrived'>, code: string, caller: Caller): Decision {
  const { serial, mail, origin_office_code, destination_office_code } = present(readBagCode(code), 'an announced bag has a bag number');
  const { preadvice_id, seal_nos, gross_g, item_count, marked_count, net_g, list_digest } = announced;
  const onTheWay: UnitNow = { unit_id: '', unit_kind: 'bag', code, state: 'in_transit', office_code: origin_office_code, custodian: { kind: 'nobody', ref: '' }, holds: 0, unit_seq: 0, head_hash: new Uint8Array(), item: null };
  const outcome = decideStep('bag_arrived', facts, onTheWay, caller);
  return {
    ...outcome, flags: destination_office_code === caller.office_code ? outcome.flags : [...outcome.flags, 'mis_sent'], unit_kind: 'bag', code, makes_unit: true,
    result: { preadvice_id, seal_nos, gross_g, item_count, marked_count, net_g, list_digest },
    writes: (entry) => {
      // Drafts of the same batch, sent after being offline, find the bag here.
      here.bag = { unit_id: entry.unit_id, trip_id: null, serial, mail, origin_office_code, destination_office_code, marked_count, gross_g, seal_nos };
      return [];
    },
  };
}

export const checkSeal: Act = (request) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'seal_checked'>;
  const need = sealNeed(facts.seal_no);
  return {
    ...draftOf(request),
    needs: [need],
    decide(known) {
      authorise('seal_checked', caller);
      const unit = bagUnit(known.unit, claim.code);
      const { seal } = known.got(need);
      const agrees = facts.found === 'intact' && seal?.bag_id === unit.unit_id && seal.state === 'applied';
      const outcome = decideStep('seal_checked', facts, unit, caller);
      return {
        ...outcome, flags: agrees ? outcome.flags : [...outcome.flags, 'seal_differs'], unit_kind: 'bag', code: unit.code, makes_unit: false,
        writes: (entry) => (agrees ? [{ statement: VERIFY_SEAL, values: [facts.seal_no, new Date(entry.received_at)] }] : []),
      };
    },
  };
};

function bagUnit(unit: UnitNow | null, code: string | null): UnitNow {
  if (unit === null || unit.unit_kind !== 'bag') throw new Refused('unknown_unit', { code });
  return unit;
}
