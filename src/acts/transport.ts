// A sealed bag leaves with its trip and arrives: departure needs the whole trip ready, arrival is a fact.

import { Refused } from '../base/refusal.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { UnitNow } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import type { Need } from '../ledger/append.ts';
import type { Statement } from '../store/connect.ts';
import type { Act, Request } from './act.ts';
import { bagNeed, sealNeed } from './needs.ts';
import type { TripNow } from './needs.ts';

const draftOf = ({ claim, caller, device_signature }: Request) => ({ claim, caller, device_signature, personal: [], number_from: null, second: null });

const TRIP_OF_BAG: Statement = {
  name: 'lock_trip_of_bag',
  text: `select t.trip_id, t.state, t.mail, t.trip_no, t.vehicle_no, t.vehicle_dedicated, t.escort_person_id, t.guard_requested, t.guard_present,
  (select count(*) from bag x join unit y using (unit_id) where x.trip_id = t.trip_id and y.state = 'open'),
  (select count(*) from bag x join unit y using (unit_id) where x.trip_id = t.trip_id and x.manifest_bag and y.state <> 'void'),
  (select count(*) from bag x join unit y using (unit_id) where x.trip_id = t.trip_id and x.last_of_trip and y.state <> 'void'
    and x.serial = (select max(z.serial) from bag z join unit w using (unit_id) where z.trip_id = t.trip_id and w.state <> 'void'))
from unit u join bag b using (unit_id) join trip t using (trip_id) where u.code = $1 and u.superseded_by is null for update of t`,
};
type TripReady = Pick<TripNow, 'trip_id' | 'state' | 'mail' | 'trip_no' | 'vehicle_no' | 'vehicle_dedicated' | 'escort_person_id' | 'guard_requested' | 'guard_present'> & { open_bags: number; manifest_bags: number; last_flags: number };

/** The trip of a bag and whether it may go. */
const tripOfBagNeed = (code: string): Need<{ trip: TripReady | null }> => ({
  key: `trip_of_bag:${code}`,
  async load(lane) {
    const [r] = await lane.run(TRIP_OF_BAG, [code]);
    if (!r) return { trip: null };
    const [trip_id, state, mail, trip_no, vehicle_no, vehicle_dedicated, escort_person_id, guard_requested, guard_present, open, manifest, last] = r;
    return { trip: { trip_id, state, mail, trip_no, vehicle_no, vehicle_dedicated, escort_person_id, guard_requested, guard_present, open_bags: Number(open), manifest_bags: Number(manifest), last_flags: Number(last) } as TripReady };
  },
});

const DEPART: Statement = { name: 'trip_departs', text: "update trip set state = 'departed', departed_at = coalesce(departed_at, $2), departed_by = coalesce(departed_by, $3) where trip_id = $1 and state = 'open'" };
const ARRIVE: Statement = { name: 'trip_arrives', text: "update trip set state = 'arrived', arrived_at = coalesce(arrived_at, $2), arrived_by = coalesce(arrived_by, $3) where trip_id = $1 and state <> 'arrived'" };

export const departBag: Act = (request) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_departed'>;
  const need = tripOfBagNeed(claim.code ?? '');
  return {
    ...draftOf(request),
    needs: [need],
    decide(known) {
      authorise('bag_departed', caller);
      const { trip } = known.got(need);
      const unit = bagUnit(known.unit, claim.code);
      if (trip === null) throw new Refused('unknown_trip');
      if (unit.office_code !== caller.office_code) throw new Refused('wrong_office', { office_code: unit.office_code });
      requireReady(trip, facts.vehicle_no);
      return {
        ...decideStep('bag_departed', facts, unit, caller), unit_kind: 'bag', code: unit.code, makes_unit: false,
        writes: (entry) => [{ statement: DEPART, values: [trip.trip_id, new Date(entry.received_at), caller.person_id] }],
      };
    },
  };
};

/** Bags all sealed, one manifest bag, the last one flagged, the vehicle as ordered, escort and guard where they must be. */
function requireReady(trip: TripReady, vehicle_no: string): void {
  const notReady = (problem_vi: string, problem_en: string): Refused => new Refused('trip_not_ready', { problem_vi, problem_en });
  if (trip.state === 'arrived') throw new Refused('trip_not_open', { trip_no: trip.trip_no });
  if (trip.vehicle_no === null) throw notReady('chưa có lệnh điều xe', 'there is no vehicle order');
  if (trip.vehicle_no !== vehicle_no) throw notReady(`lệnh điều xe ghi ${trip.vehicle_no}`, `the vehicle order says ${trip.vehicle_no}`);
  if (trip.open_bags > 0) throw notReady(`còn ${trip.open_bags} túi chưa niêm phong`, `${trip.open_bags} bags are not sealed`);
  if (trip.manifest_bags !== 1) throw notReady('phải có đúng một túi F', 'there must be exactly one manifest bag');
  if (trip.last_flags !== 1) throw notReady('túi có số thứ tự cao nhất phải ghi là túi cuối', 'the bag with the highest serial must be flagged as the last');
  if (trip.mail === 'kt1' && !trip.vehicle_dedicated && trip.escort_person_id === null) throw new Refused('escort_needed');
  if (trip.guard_requested && trip.guard_present !== true) throw new Refused('guard_needed');
}

export const arriveBag: Act = (request) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_arrived'>;
  const need = bagNeed(claim.code ?? '');
  return {
    ...draftOf(request),
    needs: [need],
    decide(known) {
      authorise('bag_arrived', caller);
      const unit = bagUnit(known.unit, claim.code);
      const { bag } = known.got(need);
      const outcome = decideStep('bag_arrived', facts, unit, caller);
      const astray = bag !== null && bag.destination_office_code !== caller.office_code;
      return {
        ...outcome, flags: astray ? [...outcome.flags, 'mis_sent'] : outcome.flags, unit_kind: 'bag', code: unit.code, makes_unit: false,
        writes: (entry) => (bag === null || astray ? [] : [{ statement: ARRIVE, values: [bag.trip_id, new Date(entry.received_at), caller.person_id] }]),
      };
    },
  };
};

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
      return { ...outcome, flags: agrees ? outcome.flags : [...outcome.flags, 'seal_differs'], unit_kind: 'bag', code: unit.code, makes_unit: false };
    },
  };
};

function bagUnit(unit: UnitNow | null, code: string | null): UnitNow {
  if (unit === null || unit.unit_kind !== 'bag') throw new Refused('unknown_unit', { code });
  return unit;
}
