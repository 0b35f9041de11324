// Opening a bag and counting it: the seal is read before the expected one is shown, the list is frozen, every scan is a fact and
// gets its answer, each difference becomes a record between two offices, and nothing is closed silently.

import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { readBagCode } from '../domain/bag.ts';
import { authorise, decideStep, refuseState, weightDrifts } from '../domain/decide.ts';
import type { UnitNow } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import type { Caller } from '../domain/role.ts';
import type { Decision, Known } from '../ledger/append.ts';
import type { Entry } from '../ledger/entry.ts';
import type { Statement } from '../store/connect.ts';
import { draftOf } from './act.ts';
import type { Act } from './act.ts';
import { announcedItemsNeed, bagNeed, contentsNeed, openingIdNeed, openingNeed, BREAK_SEALS } from './needs.ts';
import type { AnnouncedItem, BagNow, Line, OpeningNow } from './needs.ts';
import { manifestDigest } from '../domain/manifest.ts';

type Writes = ReturnType<NonNullable<Decision['writes']>>;

const OPEN: Statement = {
  name: 'insert_opening',
  text: `insert into opening (opening_id, bag_id, office_code, opened_at, opened_by, witness_person_id, blind, seals_entered, seals_expected, gross_found_g, expected_digest, state)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'counting')`,
};
const FREEZE: Statement = {
  name: 'freeze_lines',
  text: 'insert into count_line (opening_id, code, item_id, weight_g, expected) select $1, t.c, t.i, t.w, true from unnest($2::text[], $3::uuid[], $4::int[]) as t (c, i, w)',
};
const COUNT: Statement = {
  name: 'count_line',
  text: `insert into count_line (opening_id, code, item_id, weight_g, expected, result, lane, counted_by, counted_at, checkpoint_id)
values ($1, $2, $3, $4, false, $5, $6, $7, $8, $9)
on conflict (opening_id, code) do update set item_id = excluded.item_id, result = excluded.result, lane = excluded.lane, counted_by = excluded.counted_by,
  counted_at = excluded.counted_at, checkpoint_id = excluded.checkpoint_id`,
};
const DUPLICATE: Statement = { name: 'count_duplicate', text: 'update count_line set duplicates = duplicates + 1 where opening_id = $1 and code = $2' };
const DIFFER: Statement = {
  name: 'insert_discrepancy',
  text: `insert into discrepancy (discrepancy_id, opening_id, discrepancy_kind, unit_id, code, office_found, office_asked, hint, deadline_at, state, opened_at, opened_by, found_reason_code)
values ($1, $2, $3, $4, $5, $6, $7, $8, null, 'open', $9, $10, $11) on conflict (opening_id, discrepancy_kind, code) do nothing`,
};
const FOUND: Statement = {
  name: 'found_after_all',
  text: `update discrepancy set state = 'decided', decision_reason_code = 'found_in_bag', decided_at = $3 where opening_id = $1 and code = $2 and discrepancy_kind = 'missing' and state in ('open', 'contested')`,
};
const CLOSE: Statement = { name: 'close_opening', text: "update opening set state = 'closed', closed_at = $2, closed_by = $3, forced_reason_code = $4 where opening_id = $1" };

type DiscrepancyKind = 'missing' | 'surplus' | 'mis_sent' | 'other_bag' | 'damaged' | 'weight_mismatch' | 'seal' | 'bag_weight';

/** `opening_id` null: the bag itself never came. */
function differ(opening_id: string | null, kind: DiscrepancyKind, unit_id: string, code: string, bag: BagNow, caller: Caller, entry: Entry, reason_code: string, hint: string | null): Writes[number] {
  return { statement: DIFFER, values: [uuid7(entry.received_at), opening_id, kind, unit_id, code, caller.office_code, bag.origin_office_code, hint, new Date(entry.received_at), caller.person_id, reason_code] };
}

export const unsealBag: Act = (request) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_unsealed'>;
  const code = claim.code ?? '';
  const needs = { bag: bagNeed(code), contents: contentsNeed(code), used: openingIdNeed(facts.opening_id), announced: announcedItemsNeed(code) };
  return {
    ...draftOf(request),
    second: request.confirmation_hash && { confirmation_hash: request.confirmation_hash, permission: 'bag.open' as const },
    needs: [needs.bag, needs.contents, needs.used, needs.announced],
    decide(known) {
      authorise('bag_unsealed', caller);
      const { bag } = known.got(needs.bag);
      const unit = known.unit;
      if (unit === null || bag === null) throw new Refused('unknown_unit', { code });
      if (caller.office_code !== bag.destination_office_code) throw new Refused('wrong_office', { office_code: bag.destination_office_code });
      if ((bag.marked_count ?? 0) > 0 && known.second === null) throw new Refused('second_person_needed', { permission: 'bag.open' });
      const outcome = decideStep('bag_unsealed', facts, unit, caller, known.second);
      const used = known.got(needs.used);
      if (used.used) throw new Refused('invalid_input', { field: 'facts.opening_id', problem_vi: 'mã lần mở này đã dùng', problem_en: 'this opening id was used before' });
      used.used = true;
      // What came from outside holds what was announced: nobody of ours put anything in.
      const inside: Expected[] = bag.trip_id === null ? known.got(needs.announced).items : [...known.got(needs.contents).inside.values()];
      const sealsAgree = facts.seal_nos.toSorted().join() === bag.seal_nos.toSorted().join();
      const gap_g = facts.gross_g === undefined || bag.gross_g === null ? 0 : bag.gross_g - facts.gross_g;
      // Counts of the same batch, sent after being offline, find the opening begun.
      const lines = new Map(inside.map((item) => [item.code, { expected: true, weight_g: item.weight_g, result: null, announced: item.item_id === null ? item : null } as Line] as const));
      Object.assign(known.peek(`opening:${code}`) ?? {}, { opening: { opening_id: facts.opening_id, bag_id: unit.unit_id, office_code: caller.office_code, state: 'counting', differences_open: 0, missing_open: new Set<string>(), lines } });
      const weightAgrees = facts.gross_g === undefined || bag.gross_g === null || !weightDrifts(bag.gross_g, facts.gross_g);
      return {
        ...outcome,
        flags: [...outcome.flags, ...(sealsAgree ? [] : ['seal_differs']), ...(weightAgrees ? [] : ['weight_drift'])],
        unit_kind: 'bag', code, makes_unit: false,
        result: { seals_agree: sealsAgree, gap_g, expected_count: inside.length, expected_digest: manifestDigest(inside) },
        writes: (entry) => [
          { statement: OPEN, values: [facts.opening_id, unit.unit_id, caller.office_code, new Date(entry.received_at), caller.person_id, known.second?.person_id ?? null, facts.blind, facts.seal_nos, bag.seal_nos, facts.gross_g ?? null, manifestDigest(inside)] },
          { statement: FREEZE, values: [facts.opening_id, inside.map((i) => i.code), inside.map((i) => i.item_id), inside.map((i) => i.weight_g)] },
          { statement: BREAK_SEALS, values: [unit.unit_id, new Date(entry.received_at)] },
          ...(sealsAgree ? [] : [differ(facts.opening_id, 'seal', unit.unit_id, code, bag, caller, entry, 'seal_differs', null)]),
          ...(weightAgrees ? [] : [differ(facts.opening_id, 'bag_weight', unit.unit_id, code, bag, caller, entry, 'weight_differs', `${-gap_g} g`)]),
        ],
      };
    },
  };
};

/** A line of the frozen list; without an item: announced from outside, and no unit yet. */
type Expected = { code: string; weight_g: number; item_id: string | null } & Partial<AnnouncedItem>;

/** An announced item as if it lay in its bag: so it is judged like every other, and enters the ledger by that entry. */
function outsideItem(announced: AnnouncedItem | null | undefined, bag: BagNow, now_ms: number): UnitNow | null {
  if (!announced) return null;
  const { service_class, secrecy, urgency, weight_g, destination_office_code } = announced as AnnouncedItem & Pick<NonNullable<UnitNow['item']>, 'service_class' | 'secrecy' | 'urgency'>;
  return {
    unit_id: '', unit_kind: 'item', code: announced.code, state: 'in_bag', office_code: bag.destination_office_code, custodian: { kind: 'bag', ref: bag.unit_id }, holds: 0, unit_seq: 0, head_hash: new Uint8Array(),
    item: { service_class, secrecy, urgency, weight_g, destination_office_code, accepted_by: '', accepted_at: now_ms, accepted_office_code: bag.origin_office_code, labels_printed: 0, going_back: false, bag_code: null },
  };
}

/** What the entry that makes an outside item says of it, beside its own result. */
function particulars(line: Line | undefined, bag: BagNow): Decision['result'] {
  if (!line?.announced) return {};
  const { service_class, scope, secrecy, urgency, appointed_at, personal_mark, weight_g, destination_office_code } = line.announced;
  return { item: { service_class, scope, secrecy, urgency, appointed_at, personal_mark, weight_g, destination_office_code, accepted_office_code: bag.origin_office_code } };
}

export const countItem: Act = (request) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'counted'>;
  const needs = { bag: bagNeed(facts.bag_code), opening: openingNeed(facts.bag_code) };
  return {
    ...draftOf(request),
    also: [facts.bag_code],
    needs: [needs.bag, needs.opening],
    decide(known) {
      authorise('counted', caller);
      const { bag, opening } = counting(known.got(needs.bag).bag, known.got(needs.opening).opening, known.other(facts.bag_code), facts.bag_code, caller);
      const line = opening.lines.get(claim.code ?? '');
      const item = known.unit ?? outsideItem(line?.announced, bag, known.now_ms);
      if (item === null) throw new Refused('unknown_unit', { code: claim.code });
      if (line?.result && line.result !== 'missing') {
        // Counted before: the scan is a fact, the count does not change.
        return {
          ...decideStep('seen', {}, item, caller), flags: ['duplicate'], unit_kind: 'item', code: item.code, makes_unit: false, result: { result: 'duplicate' },
          writes: () => [{ statement: DUPLICATE, values: [opening.opening_id, item.code] }],
        };
      }
      const outcome = decideStep('counted', facts, item, caller);
      const result = resultOf(item, line?.weight_g ?? null, bag, facts);
      const wasMissing = line?.result === 'missing';
      opening.lines.set(item.code, { expected: line?.expected ?? false, weight_g: line?.weight_g ?? 0, result });
      // A missing item that turns up settles its own record, whatever was said of it meanwhile.
      if (wasMissing && opening.missing_open.delete(item.code)) opening.differences_open -= 1;
      if (result !== 'matched' && result !== 'held') opening.differences_open += 1;
      const flag = { matched: null, surplus: 'surplus', mis_sent: 'mis_sent', other_bag: 'other_bag', held: 'held_here', damaged: 'damaged', weight_mismatch: null }[result];
      return {
        ...outcome,
        flags: [...outcome.flags.filter((f) => f !== 'out_of_order' || result === 'matched'), ...(flag === null ? [] : [flag])],
        unit_kind: 'item', code: item.code, makes_unit: known.unit === null, result: { result, ...(known.unit === null ? particulars(line, bag) : {}) },
        writes: (entry) => [
          { statement: COUNT, values: [opening.opening_id, item.code, entry.unit_id, line?.weight_g ?? facts.weight_g ?? item.item?.weight_g ?? 0, result, facts.lane ?? null, caller.person_id, new Date(entry.received_at), claim.checkpoint_id] },
          ...(wasMissing ? [{ statement: FOUND, values: [opening.opening_id, item.code, new Date(entry.received_at)] }] : []),
          ...(result === 'matched' || result === 'held' ? [] : [differ(opening.opening_id, result, entry.unit_id, item.code, bag, caller, entry, result, null)]),
        ],
      };
    },
  };
};

type CountResult = 'matched' | 'surplus' | 'mis_sent' | 'other_bag' | 'held' | 'damaged' | 'weight_mismatch';

/** The one answer to a scan, the gravest first. */
function resultOf(item: UnitNow, expected_g: number | null, bag: BagNow, facts: Facts<'counted'>): CountResult {
  if (expected_g === null) {
    if (item.custodian.kind === 'bag' && item.custodian.ref !== bag.unit_id) return 'other_bag';
    return item.item?.destination_office_code && item.item.destination_office_code !== bag.destination_office_code ? 'mis_sent' : 'surplus';
  }
  if (item.holds > 0) return 'held';
  if (facts.condition === 'torn' || facts.condition === 'wet' || facts.condition === 'resealed') return 'damaged';
  if (facts.weight_g !== undefined && weightDrifts(expected_g, facts.weight_g)) return 'weight_mismatch';
  return 'matched';
}

export const recordMissing: Act = (request, context) => {
  const { claim, caller } = request;
  // A bag that never came is missing by its own number: there is no opening to count it in.
  if (readBagCode(claim.code ?? '')) return missingBag(request, context);
  const facts = claim.facts as Facts<'missing'>;
  const needs = { bag: bagNeed(facts.bag_code), opening: openingNeed(facts.bag_code) };
  return {
    ...draftOf(request),
    also: [facts.bag_code],
    needs: [needs.bag, needs.opening],
    decide(known) {
      authorise('missing', caller);
      context.requireReason('discrepancy', facts.reason_code);
      const whole = known.other(facts.bag_code);
      if (whole?.state === 'missing' || whole?.state === 'lost') return missingWith(whole, known, facts, caller);
      const { bag, opening } = counting(known.got(needs.bag).bag, known.got(needs.opening).opening, known.other(facts.bag_code), facts.bag_code, caller);
      const line = opening.lines.get(claim.code ?? '');
      const item = known.unit ?? outsideItem(line?.announced, bag, known.now_ms);
      if (item === null) throw new Refused('unknown_unit', { code: claim.code });
      if (!line?.expected || line.result !== null) throw new Refused('not_in_bag', { code: item.code, bag_code: facts.bag_code });
      line.result = 'missing';
      opening.missing_open.add(item.code);
      opening.differences_open += 1;
      return {
        ...decideStep('missing', facts, item, caller), unit_kind: 'item', code: item.code, makes_unit: known.unit === null, result: { result: 'missing', ...(known.unit === null ? particulars(line, bag) : {}) },
        writes: (entry) => [
          { statement: COUNT, values: [opening.opening_id, item.code, entry.unit_id, line.weight_g, 'missing', null, caller.person_id, new Date(entry.received_at), claim.checkpoint_id] },
          differ(opening.opening_id, 'missing', entry.unit_id, item.code, bag, caller, entry, facts.reason_code, `${line.weight_g} g`),
        ],
      };
    },
  };
};

/** An item that was in a bag which never came; the bag's own record between the offices stands for what was in it. */
function missingWith(bag: UnitNow, known: Known, facts: Facts<'missing'>, caller: Caller): Decision {
  const item = known.unit;
  if (item === null || item.custodian.kind !== 'bag' || item.custodian.ref !== bag.unit_id) throw new Refused('not_in_bag', { code: item?.code ?? null, bag_code: bag.code });
  return { ...decideStep('missing', facts, item, caller), unit_kind: 'item', code: item.code, makes_unit: false, result: { result: 'missing' } };
}

const missingBag: Act = (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'missing'>;
  const need = bagNeed(claim.code ?? '');
  return {
    ...draftOf(request),
    needs: [need],
    decide(known) {
      authorise('missing', caller);
      context.requireReason('discrepancy', facts.reason_code);
      const unit = known.unit;
      const { bag } = known.got(need);
      if (unit === null || bag === null) throw new Refused('unknown_unit', { code: claim.code });
      if (caller.office_code !== bag.destination_office_code) throw new Refused('wrong_office', { office_code: bag.destination_office_code });
      // One that is here is not missing: nothing would be left to look for.
      if (unit.state !== 'in_transit' && unit.state !== 'sealed') throw refuseState(unit, 'missing');
      return {
        ...decideStep('missing', facts, unit, caller), unit_kind: 'bag', code: unit.code, makes_unit: false,
        writes: (entry) => [differ(null, 'missing', unit.unit_id, unit.code, bag, caller, entry, facts.reason_code, bag.gross_g === null ? null : `${bag.gross_g} g`)],
      };
    },
  };
};

export const emptyBag: Act = (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'bag_emptied'>;
  const code = claim.code ?? '';
  const needs = { bag: bagNeed(code), opening: openingNeed(code) };
  return {
    ...draftOf(request),
    needs: [needs.bag, needs.opening],
    decide(known) {
      authorise('bag_emptied', caller);
      const unit = known.unit;
      const { opening } = counting(known.got(needs.bag).bag, known.got(needs.opening).opening, unit, code, caller);
      if (unit === null) throw new Refused('unknown_unit', { code });
      const lines = [...opening.lines.values()];
      const open = lines.filter((line) => line.result === null).length;
      if (open > 0) throw new Refused('lines_open', { count: open, bag_code: code });
      if (opening.differences_open > 0) {
        if (facts.forced_reason_code === undefined || !caller.permissions.has('item.approve')) throw new Refused('differences_open', { count: opening.differences_open, bag_code: code });
        context.requireReason('force_close', facts.forced_reason_code);
      }
      opening.state = 'closed';
      const of = (...results: string[]): number => lines.filter((line) => results.includes(line.result ?? '')).length;
      return {
        ...decideStep('bag_emptied', facts, unit, caller), unit_kind: 'bag', code, makes_unit: false,
        result: { matched: of('matched', 'held', 'damaged', 'weight_mismatch'), missing: of('missing'), surplus: of('surplus', 'mis_sent', 'other_bag'), differences_open: opening.differences_open },
        writes: (entry) => [{ statement: CLOSE, values: [opening.opening_id, new Date(entry.received_at), caller.person_id, facts.forced_reason_code ?? null] }],
      };
    },
  };
};

function counting(bag: BagNow | null, opening: OpeningNow | null, unit: UnitNow | null, bag_code: string, caller: Caller): { bag: BagNow; opening: OpeningNow } {
  if (bag === null || opening === null || opening.state !== 'counting' || unit?.state !== 'unsealed' || opening.office_code !== caller.office_code) {
    throw new Refused('not_counting', { bag_code });
  }
  return { bag, opening };
}
