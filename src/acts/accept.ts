// Acceptance at the counter, and refusing it: load the reference data, decide from the outside of the item, append.

import { Refused } from '../base/refusal.ts';
import { addMonths, civilDate, instant } from '../base/time.ts';
import { readS10, serialOf } from '../domain/code.ts';
import { authorise, requireClearance } from '../domain/decide.ts';
import type { UnitNow } from '../domain/decide.ts';
import type { AcceptedKt1, AcceptedOrdinary, Facts } from '../domain/facts.ts';
import type { Caller } from '../domain/role.ts';
import { FINAL_STATES } from '../domain/state.ts';
import { particularsOf, watchHits, watchKeys } from '../domain/watch.ts';
import type { Decision, Known } from '../ledger/append.ts';
import { isKt1 } from '../ledger/project.ts';
import type { Reference } from '../store/reference.ts';
import { draftOf } from './act.ts';
import type { Act, Request } from './act.ts';
import { hitWrites, watchNeed } from './needs.ts';

/** UPU S10: a number is not used again within 12 months. */
const NUMBER_REUSE_MONTHS = 12;

export const accept: Act = (request, context) => {
  const facts = request.claim.facts as Facts<'accepted'>;
  const caller = request.caller;
  const override = isKt1(facts) && 'override_reason_code' in facts.sender;
  const particulars = particularsOf(request.personal, request.claim.code);
  const watched = watchNeed(request.claim.checkpoint_id, watchKeys(particulars));
  return {
    ...draftOf(request),
    personal: request.personal,
    needs: [watched],
    number_from:
      request.claim.code === null && caller.office_code !== null
        ? { office_code: caller.office_code, service_class: facts.service.service_class }
        : null,
    second: request.confirmation_hash && override ? { confirmation_hash: request.confirmation_hash, permission: 'item.override_sender' } : null,
    decide(known) {
      authorise('accepted', caller);
      requirePlace(caller, context.reference);
      if (isKt1(facts)) {
        context.requireHandled(facts.service.secrecy);
        checkKt1(facts, request, context.reference, known);
      } else checkOrdinary(facts, request, context.reference);
      const code = request.claim.code === null ? known.nextNumber() : scannedNumber(request.claim.code, facts, caller, context.reference, known);
      const destination_office_code = isKt1(facts) && 'body_code' in facts.addressee ? (context.reference.bodies.get(facts.addressee.body_code)?.delivery_office_code ?? null) : null;
      const hits = watchHits(known.got(watched).candidates, particulars, known.now_ms);
      return keptHere(made(code, 'awaiting_approval', { kind: 'person', ref: caller.person_id }), destination_office_code === null ? {} : { destination_office_code }, hits);
    },
  };
};

export const refuseAcceptance: Act = (request, context) => {
  const facts = request.claim.facts as Facts<'acceptance_refused'>;
  const caller = request.caller;
  return {
    ...draftOf(request),
    personal: request.personal,
    number_from: caller.office_code === null ? null : { office_code: caller.office_code, service_class: null },
    decide(known) {
      authorise('acceptance_refused', caller);
      requirePlace(caller, context.reference);
      if (request.claim.code !== null) throw invalid('code', 'phiếu từ chối do máy cấp số', 'the system numbers refusal slips');
      context.requireReason('acceptance_refusal', facts.reason_code);
      return made(known.nextNumber(), 'not_accepted', { kind: 'sender', ref: '' });
    },
  };
};

const made = (code: string, state: Decision['state'], custodian: Decision['custodian']): Decision => ({
  unit_kind: 'item', code, makes_unit: true, state, custodian, holds: 0, flags: [],
});

/** What is found on a list is held. The entry says only that it is, as of any other hold: who looks for whom stands elsewhere. */
const keptHere = (decision: Decision, result: { destination_office_code?: string }, hits: ReturnType<typeof watchHits>): Decision =>
  hits.length === 0 ? { ...decision, result } : { ...decision, holds: 1, flags: ['keep_here'], result: { ...result, holds_added: 1 }, writes: hitWrites(hits) };

const invalid = (field: string, problem_vi: string, problem_en: string): Refused => new Refused('invalid_input', { field, problem_vi, problem_en });

function requirePlace(caller: Caller, reference: Reference): void {
  if (caller.office_code === null || !reference.offices.has(caller.office_code)) {
    throw new Refused('unknown_office', { office_code: caller.office_code });
  }
  if (caller.shift_id === null) throw new Refused('no_open_shift', { office_code: caller.office_code });
}

function checkKt1(facts: AcceptedKt1, request: Request, reference: Reference, known: Known): void {
  const { service, checklist, sender, addressee } = facts;
  requireClearance('kt1', service.secrecy, request.caller);
  if (reference.offices.get(request.caller.office_code ?? '')?.kt1_point !== true) throw new Refused('not_a_kt1_point', { office_code: request.caller.office_code });
  if (request.personal.length > 0) throw invalid('personal', 'bưu gửi KT1 không lưu họ tên, địa chỉ, nội dung', 'nothing personal is stored for KT1 items');

  const layers = service.secrecy === 'A' ? (reference.limits.get('TL30')?.amount ?? 1) : 1;
  const problems: (readonly [failed: boolean, vi: string, en: string])[] = [
    [!checklist.kt1_stamp, 'chưa đóng dấu KT1', 'there is no KT1 stamp'],
    [checklist.secrecy_words_outside, 'ngoài bì có chữ chỉ độ mật; chỉ được đóng dấu chữ A, B, C', 'secrecy words stand outside; only the letter A, B or C may'],
    [checklist.outer_mark !== service.secrecy, `dấu ngoài bì “${checklist.outer_mark}” khác dịch vụ “${service.secrecy}”`, `outer mark "${checklist.outer_mark}" differs from the service "${service.secrecy}"`],
    [checklist.envelope_layers < layers, `dấu ${service.secrecy} phải có ${layers} lớp bì`, `mark ${service.secrecy} needs ${layers} envelopes`],
    [!checklist.opaque_and_intact || facts.condition === 'torn', 'bì không kín hoặc đã rách', 'the envelope is not opaque or is torn'],
    [service.secrecy !== 'NONE' && !checklist.sealed, 'chưa niêm phong', 'it is not sealed'],
  ];
  const failed = problems.find(([bad]) => bad);
  if (failed) throw new Refused('checklist_failed', { problem_vi: failed[1], problem_en: failed[2] });

  if ('override_reason_code' in sender) {
    if (known.second === null) throw new Refused('second_person_needed', { permission: 'item.override_sender' });
    requireClearance('kt1', service.secrecy, known.second);
    if (!reference.reasons.has(`sender_override/${sender.override_reason_code}`)) {
      throw new Refused('unknown_reason', { reason_list: 'sender_override', reason_code: sender.override_reason_code });
    }
  } else {
    if (!reference.bodies.has(sender.body_code)) throw new Refused('unknown_body', { body_code: sender.body_code });
    if (!reference.senders.has(`${sender.body_code}/${sender.card_no}`)) {
      throw new Refused('sender_not_authorised', { card_no: sender.card_no, body_code: sender.body_code });
    }
  }
  if ('body_code' in addressee) {
    if (!reference.bodies.has(addressee.body_code)) throw new Refused('unknown_body', { body_code: addressee.body_code });
  } else requireOffice(addressee.destination_office_code, reference);
  if (service.urgency === 'HEN_GIO' && Date.parse(service.appointed_at) <= known.now_ms) {
    throw invalid('facts.service.appointed_at', 'giờ hẹn đã qua', 'the appointed time has passed');
  }
}

function checkOrdinary(facts: AcceptedOrdinary, request: Request, reference: Reference): void {
  if (request.personal.length !== 3) throw invalid('personal', 'cần người gửi, người nhận và kê khai', 'sender, addressee and declaration are needed');
  const isLetter = facts.service.service_class === 'letter';
  if (isLetter && facts.joint_check !== 'not_applicable') throw new Refused('joint_check_forbidden');
  if (!isLetter && facts.joint_check === 'refused') throw new Refused('joint_check_refused');
  if (!isLetter && facts.joint_check === 'not_applicable') throw new Refused('joint_check_needed');
  if (facts.condition === 'torn') throw new Refused('checklist_failed', { problem_vi: 'bao bì đã rách', problem_en: 'the wrapping is torn' });
  for (const goods of facts.conditional_goods ?? []) {
    const needsPapers = goods.goods_class === 'trade_goods' || goods.goods_class === 'specialised_management';
    if (needsPapers && goods.paper_nos.length === 0) throw new Refused('papers_missing', { goods_class: goods.goods_class });
  }
  if (facts.destination_office_code !== undefined) requireOffice(facts.destination_office_code, reference);
}

function requireOffice(office_code: string, reference: Reference): void {
  if (!reference.offices.has(office_code)) throw new Refused('unknown_office', { office_code });
}

/** A number read from a pre-printed label: of a known pattern, from the office's own range, and free. */
function scannedNumber(code: string, facts: Facts<'accepted'>, caller: Caller, reference: Reference, known: Known): string {
  const s10 = readS10(code);
  if (!s10.ok && s10.problem === 'reserved') throw new Refused('reserved_prefix', { prefix: s10.prefix });
  if (!s10.ok && s10.problem === 'check_digit') throw new Refused('check_digit_wrong', { code, expected: s10.expected });
  const pattern = reference.patterns.find((p) => p.unit_kind === 'item' && p.pattern.test(code));
  if (!pattern) throw new Refused('not_a_code', { code });
  const inRange = reference.preprinted.some((range) => {
    const serial = serialOf(range, code);
    return (
      range.office_code === caller.office_code &&
      range.service_class === facts.service.service_class &&
      serial !== null && serial >= range.serial_from && serial <= range.serial_to
    );
  });
  if (!inRange) throw new Refused('number_out_of_range', { code, office_code: caller.office_code });
  if (known.unit !== null && !mayBeUsedAgain(known.unit, known.now_ms)) throw inUse(code, known.unit);
  return code;
}

function mayBeUsedAgain(unit: UnitNow, now_ms: number): boolean {
  if (!FINAL_STATES.has(unit.state) || unit.item === null) return false;
  return addMonths(civilDate(unit.item.accepted_at), NUMBER_REUSE_MONTHS) <= civilDate(now_ms);
}

function inUse(code: string, unit: UnitNow): Refused {
  return new Refused('number_in_use', {
    code,
    accepted_at: unit.item ? instant(unit.item.accepted_at) : null,
    office_code: unit.item?.accepted_office_code ?? unit.office_code,
  });
}
