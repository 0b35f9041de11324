// Making up a bag: start it under a trip, put items in, take them out, seal it, open it again before it leaves, void it.

import { Refused } from '../base/refusal.ts';
import { bagCode, MAIL_WORDS } from '../domain/bag.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { UnitNow } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import { manifestDigest } from '../domain/manifest.ts';
import type { Caller } from '../domain/role.ts';
import type { Known } from '../ledger/append.ts';
import type { Statement } from '../store/connect.ts';
import { draftOf } from './act.ts';
import type { Act } from './act.ts';
import { bagNeed, contentsNeed, sealNeed, tripIdOf, tripNeed, tripOfBag, BREAK_SEALS } from './needs.ts';
import type { BagNow, Inside, SealNow } from './needs.ts';


const TAKE_SERIAL: Statement = { name: 'take_serial', text: 'update trip set next_serial = $2 where trip_id = $1' };
const APPLY_SEALS: Statement = { name: 'apply_seals', text: "update seal set state = 'applied', bag_id = $2, applied_at = $3 where seal_no = any($1)" };

export const startBag: Act = (request) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_started'>;
  const need = tripNeed(facts.trip_id);
  return {
    ...draftOf(request),
    needs: [need],
    decide(known) {
      authorise('bag_started', caller);
      const { trip } = known.got(need);
      if (trip === null || trip.from_office_code !== caller.office_code) throw new Refused('unknown_trip');
      if (trip.state !== 'open') throw new Refused('trip_not_open', { trip_no: trip.trip_no });
      if (claim.code !== null) throw new Refused('invalid_input', { field: 'code', problem_vi: 'số túi do máy cấp', problem_en: 'the system numbers bags' });
      if (trip.next_serial > 999) throw new Refused('trip_not_ready', { problem_vi: 'đã hết số túi của chuyến', problem_en: 'the trip has no bag numbers left' });
      if (facts.manifest_bag && [...trip.bags.values()].some((bag) => bag.manifest_bag && bag.state !== 'void')) throw new Refused('trip_not_ready', { problem_vi: 'chuyến đã có túi F', problem_en: 'the trip has its manifest bag already' });
      const serial = trip.next_serial++;
      const code = bagCode({ ...trip, origin_office_code: trip.from_office_code, destination_office_code: trip.to_office_code, serial });
      trip.bags.set(code, { state: 'open', serial, manifest_bag: facts.manifest_bag, last_of_trip: null });
      return {
        unit_kind: 'bag', code, makes_unit: true, state: 'open', custodian: { kind: 'person', ref: caller.person_id }, holds: 0, flags: [],
        writes: () => [{ statement: TAKE_SERIAL, values: [trip.trip_id, serial + 1] }],
      };
    },
  };
};

export const putInBag: Act = (request) => {
  const { claim, caller } = request;
  const { bag_code } = claim.facts as Facts<'bagged'>;
  const need = bagNeed(bag_code);
  return {
    ...draftOf(request),
    also: [bag_code],
    needs: [need],
    decide(known) {
      authorise('bagged', caller);
      const item = unitOf(known, claim.code);
      if (item.state === 'in_bag') throw new Refused('other_bag', { code: item.code, bag_code: item.item?.bag_code ?? null });
      const { bag, unit } = openBag(known, bag_code, need, caller);
      const kt1 = item.item?.service_class === 'kt1';
      if (kt1 !== (bag.mail === 'kt1')) throw new Refused('wrong_mail', { code: item.code, mail: MAIL_WORDS[bag.mail][0] });
      const outcome = decideStep('bagged', claim.facts as Facts, item, caller);
      // Towards the office of delivery or through a hub; only a bag that goes back to where the item was accepted is surely wrong.
      const wrongWay = item.item !== null && item.item.accepted_office_code === bag.destination_office_code && item.item.destination_office_code !== bag.destination_office_code && item.state !== 'returning';
      known.peek<{ inside: Map<string, Inside> }>(`contents:${bag_code}`)?.inside.set(item.code, {
        item_id: item.unit_id, code: item.code, weight_g: item.item?.weight_g ?? 0, secrecy: item.item?.secrecy ?? 'NONE', holds: item.holds,
      });
      return { ...outcome, flags: wrongWay ? [...outcome.flags, 'other_direction'] : outcome.flags, custodian: { kind: 'bag', ref: unit.unit_id }, unit_kind: 'item', code: item.code, makes_unit: false };
    },
  };
};

export const takeOutOfBag: Act = (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'taken_out_of_bag'>;
  const need = bagNeed(facts.bag_code);
  return {
    ...draftOf(request),
    also: [facts.bag_code],
    needs: [need],
    decide(known) {
      authorise('taken_out_of_bag', caller);
      context.requireReason('discrepancy', facts.reason_code);
      const item = unitOf(known, claim.code);
      const { unit } = openBag(known, facts.bag_code, need, caller);
      if (item.custodian.kind !== 'bag' || item.custodian.ref !== unit.unit_id) throw new Refused('not_in_bag', { code: item.code, bag_code: facts.bag_code });
      known.peek<{ inside: Map<string, Inside> }>(`contents:${facts.bag_code}`)?.inside.delete(item.code);
      return { ...decideStep('taken_out_of_bag', facts, item, caller), unit_kind: 'item', code: item.code, makes_unit: false };
    },
  };
};

export const sealBag: Act = async (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_sealed'>;
  const code = claim.code ?? '';
  const trip_id = await tripIdOf(context.read, code);
  const needs = { bag: bagNeed(code), contents: contentsNeed(code), seals: facts.seal_nos.map(sealNeed) };
  return {
    ...draftOf(request),
    second: request.confirmation_hash && { confirmation_hash: request.confirmation_hash, permission: 'bag.make' as const },
    needs: [needs.bag, needs.contents, ...needs.seals, ...(trip_id === null ? [] : [tripNeed(trip_id)])],
    decide(known) {
      authorise('bag_sealed', caller);
      const { bag, unit } = openBag(known, code, needs.bag, caller);
      const inside = [...known.got(needs.contents).inside.values()];
      const held = inside.find((item) => item.holds > 0);
      if (held) throw new Refused('held', { code: held.code });
      if (inside.length !== facts.item_count) throw new Refused('count_differs', { count: facts.item_count, inside: inside.length });
      const marked = inside.filter((item) => item.secrecy === 'A' || item.secrecy === 'B').length;
      if (marked > 0 && known.second === null) throw new Refused('second_person_needed', { permission: 'bag.make' });
      if (new Set(facts.seal_nos).size !== facts.seal_nos.length) throw new Refused('invalid_input', { field: 'facts.seal_nos', problem_vi: 'trùng số niêm phong', problem_en: 'a seal is named twice' });
      const seals = needs.seals.map((need, i) => freshSeal(facts.seal_nos[i] ?? '', known.got(need).seal, caller));
      for (const seal of seals) Object.assign(seal, { state: 'applied', bag_id: unit.unit_id });
      const net_g = inside.reduce((sum, item) => sum + item.weight_g, 0);
      Object.assign(tripOfBag(known, trip_id, code)?.bags.get(code) ?? {}, { state: 'sealed', last_of_trip: facts.last_of_trip });
      Object.assign(bag, { marked_count: marked, gross_g: facts.gross_g, seal_nos: facts.seal_nos });
      return {
        ...decideStep('bag_sealed', facts, unit, caller, known.second),
        unit_kind: 'bag', code, makes_unit: false,
        result: { net_g, marked_count: marked, manifest_digest: manifestDigest(inside) },
        writes: (entry) => [{ statement: APPLY_SEALS, values: [facts.seal_nos, unit.unit_id, new Date(entry.received_at)] }],
      };
    },
  };
};

export const reopenBag: Act = async (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_reopened'>;
  const trip_id = await tripIdOf(context.read, claim.code ?? '');
  return {
    ...draftOf(request),
    second: request.confirmation_hash && { confirmation_hash: request.confirmation_hash, permission: 'item.approve' as const },
    needs: trip_id === null ? [] : [tripNeed(trip_id)],
    decide(known) {
      authorise('bag_reopened', caller);
      context.requireReason('seal', facts.reason_code);
      if (known.second === null) throw new Refused('second_person_needed', { permission: 'item.approve' });
      const unit = unitOf(known, claim.code);
      requireHere(unit, caller);
      const outcome = decideStep('bag_reopened', facts, unit, caller, known.second);
      const trip = tripOfBag(known, trip_id, unit.code);
      if (trip && trip.state !== 'open') throw new Refused('trip_not_open', { trip_no: trip.trip_no });
      Object.assign(trip?.bags.get(unit.code) ?? {}, { state: 'open' });
      return {
        ...outcome, unit_kind: 'bag', code: unit.code, makes_unit: false,
        writes: (entry) => [{ statement: BREAK_SEALS, values: [unit.unit_id, new Date(entry.received_at)] }],
      };
    },
  };
};

export const voidBag: Act = async (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_voided'>;
  const need = contentsNeed(claim.code ?? '');
  const trip_id = await tripIdOf(context.read, claim.code ?? '');
  return {
    ...draftOf(request),
    needs: [need, ...(trip_id === null ? [] : [tripNeed(trip_id)])],
    decide(known) {
      authorise('bag_voided', caller);
      context.requireReason('seal', facts.reason_code);
      const unit = unitOf(known, claim.code);
      requireHere(unit, caller);
      const inside = known.got(need).inside.size;
      if (inside > 0) throw new Refused('count_differs', { count: 0, inside });
      const outcome = decideStep('bag_voided', facts, unit, caller);
      Object.assign(tripOfBag(known, trip_id, unit.code)?.bags.get(unit.code) ?? {}, { state: 'void' });
      return { ...outcome, unit_kind: 'bag', code: unit.code, makes_unit: false };
    },
  };
};

function unitOf(known: Known, code: string | null): UnitNow {
  if (known.unit === null) throw new Refused('unknown_unit', { code });
  return known.unit;
}

function requireHere(unit: UnitNow, caller: Caller): void {
  if (unit.office_code !== caller.office_code) throw new Refused('wrong_office', { office_code: unit.office_code });
}

function openBag(known: Known, bag_code: string, need: ReturnType<typeof bagNeed>, caller: Caller): { bag: BagNow; unit: UnitNow } {
  const unit = known.unit?.code === bag_code ? known.unit : known.other(bag_code);
  const { bag } = known.got(need);
  if (unit === null || bag === null) throw new Refused('unknown_unit', { code: bag_code });
  requireHere(unit, caller);
  if (unit.state !== 'open') throw new Refused('bag_not_open', { bag_code });
  return { bag, unit };
}

function freshSeal(seal_no: string, seal: SealNow | null, caller: Caller): SealNow {
  const unusable = (problem_vi: string, problem_en: string): Refused => new Refused('seal_unusable', { seal_no, problem_vi, problem_en });
  if (!seal) throw unusable('chưa được cấp', 'it was never issued');
  if (seal.office_code !== caller.office_code) throw unusable('cấp cho bưu cục khác', 'it was issued to another office');
  if (seal.state !== 'issued') throw unusable('đã dùng', 'it was used before');
  return seal;
}
