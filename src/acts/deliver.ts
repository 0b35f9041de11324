// Delivery: a courier's run, items signed out to it, attempts with evidence, delivery to who may receive, call notices, and what
// becomes of what cannot be delivered: redirected, returned, withdrawn, declared unclaimed.

import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { addMonths, civilDate } from '../base/time.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { ItemNow, Outcome, UnitNow } from '../domain/decide.ts';
import { addWorkingDays, authoritiesFor, comesWithPaper, daysOf, evidenceMissing, minutesOf, monthsOf, needsRegisteredCard, returnsWithoutNotices, workingDaysBetween } from '../domain/delivery.ts';
import type { Facts, Kind } from '../domain/facts.ts';
import type { Caller } from '../domain/role.ts';
import type { Decision, Draft, Known, Need } from '../ledger/append.ts';
import type { Statement, Write } from '../store/connect.ts';
import type { Reference } from '../store/reference.ts';
import { draftOf } from './act.ts';
import type { Act, Context, Request } from './act.ts';

/** A courier opens a run from the office of the session. The unique index decides between two at once. */
export async function openRun(db: Write, caller: Caller, now_ms: number): Promise<{ run_id: string }> {
  if (caller.office_code === null) throw new Refused('unknown_office', { office_code: null });
  const run_id = uuid7(now_ms);
  const by = { opened_at: new Date(now_ms), opened_by: caller.person_id };
  const opened = await db.insertInto('run').values({ run_id, office_code: caller.office_code, courier_person_id: caller.person_id, ...by }).onConflict((oc) => oc.doNothing()).returning('run_id').executeTakeFirst();
  if (!opened) throw new Refused('run_already_open');
  return { run_id };
}

/** The run ends when the courier's hands are empty. What left them in another way than delivery or attempt is `returned`. */
export async function closeRun(db: Write, caller: Caller, run_id: string, now_ms: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // Signing out takes the same lock, so that nothing is added to a run while it closes.
    const run = await tx.selectFrom('run').select('run_id').where('run_id', '=', run_id).where('courier_person_id', '=', caller.person_id).where('closed_at', 'is', null).forUpdate().executeTakeFirst();
    if (!run) throw new Refused('no_open_run');
    const held = await tx.selectFrom('unit').select('unit_id').where('custodian_kind', '=', 'courier').where('custodian_ref', '=', caller.person_id).where('unit_id', 'in', (eb) => eb.selectFrom('run_item').select('item_id').where('run_id', '=', run_id)).execute();
    if (held.length > 0) throw new Refused('run_not_empty', { count: held.length });
    const at = new Date(now_ms);
    await tx.updateTable('run_item').set({ result: 'returned', result_at: at }).where('run_id', '=', run_id).where('result', 'is', null).execute();
    await tx.updateTable('run').set({ closed_at: at, closed_by: caller.person_id }).where('run_id', '=', run_id).execute();
  });
}

type RunNow = { run_id: string; office_code: string; next_position: number };
const RUN: Statement = { name: 'lock_run', text: 'select run_id, office_code from run where courier_person_id = $1 and closed_at is null for update' };
/** After the lock and in a statement of its own: what another flight signed out while this one waited counts. */
const POSITION: Statement = { name: 'next_position', text: 'select coalesce(max(position), 0) + 1 from run_item join run using (run_id) where courier_person_id = $1 and closed_at is null' };

/** `run` null: the courier has none open. */
const runNeed = (courier_person_id: string): Need<{ run: RunNow | null }> => ({
  key: `run:${courier_person_id}`,
  async load(lane) {
    const [[run], [position]] = await Promise.all([lane.run(RUN, [courier_person_id]), lane.run(POSITION, [courier_person_id])]);
    return { run: run ? { run_id: run[0] as string, office_code: run[1] as string, next_position: Number(position?.[0]) } : null };
  },
});

type Paper = { addressee_body_code: string | null; personal_mark: boolean; appointed_at: number | null };
type AddressNow = { paper: Paper | null; notices: number[] };
const PAPER: Statement = {
  name: 'load_addressee',
  text: `select i.addressee_body_code, i.personal_mark, (extract(epoch from i.appointed_at) * 1000)::float8
from unit u join item i using (unit_id) where u.code = $1 and u.superseded_by is null`,
};
const NOTICES: Statement = {
  name: 'load_notices',
  text: `select (extract(epoch from n.left_at) * 1000)::float8
from unit u join call_notice n on n.item_id = u.unit_id where u.code = $1 and u.superseded_by is null order by n.notice_no`,
};

/** Whom an item is for, and when notices were left for them. Guarded by the item's own lock. */
const addressNeed = (code: string): Need<AddressNow> => ({
  key: `address:${code}`,
  async load(lane) {
    const [[paper], notices] = await Promise.all([lane.run(PAPER, [code]), lane.run(NOTICES, [code])]);
    const [addressee_body_code, personal_mark, appointed_at] = paper ?? [];
    return { paper: paper ? ({ addressee_body_code, personal_mark, appointed_at } as Paper) : null, notices: notices.map((row) => row[0] as number) };
  },
});

const SETTLE: Statement = { name: 'settle_run_item', text: 'update run_item set result = $2, result_at = $3 where item_id = $1 and result is null' };
const SIGN_OUT: Statement = { name: 'sign_out', text: 'insert into run_item (run_id, item_id, position, signed_out_at) values ($1, $2, $3, $4)' };
const LEAVE_NOTICE: Statement = { name: 'leave_notice', text: 'insert into call_notice (item_id, notice_no, left_at, left_by) values ($1, $2, $3, $4)' };


/** The second person's confirmation that a kind asks for. */
function secondOf(kind: Kind, request: Request): Draft['second'] {
  const permission = CHECKPOINTS[kind].second;
  return permission !== null && request.confirmation_hash ? { confirmation_hash: request.confirmation_hash, permission } : null;
}

type ItemUnit = UnitNow & { item: ItemNow };
function itemOf(known: Known, code: string | null): ItemUnit {
  if (known.unit === null || known.unit.item === null) throw new Refused('unknown_unit', { code });
  return known.unit as ItemUnit;
}

const decided = (unit: ItemUnit, outcome: Outcome, more: Partial<Decision> = {}): Decision => ({ ...outcome, unit_kind: 'item', code: unit.code, makes_unit: false, ...more });

/** Whoever gives it away holds it. */
function requireHolder(unit: UnitNow, caller: Caller): void {
  if (unit.custodian.ref !== caller.person_id) throw new Refused('not_yours', { code: unit.code });
}

/** It lies at the caller's office: not on the road, not with a courier. */
function requireAtHand(unit: UnitNow, caller: Caller): void {
  if (unit.custodian.kind !== 'person' || unit.office_code !== caller.office_code) throw new Refused('not_yours', { code: unit.code });
}

/** An item goes onto the courier's open run; the courier confirms in person and becomes its custodian. */
export const signOut: Act = (request) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'signed_out'>;
  const need = runNeed(facts.courier_person_id);
  return {
    ...draftOf(request),
    second: secondOf('signed_out', request),
    needs: [need],
    decide(known) {
      authorise('signed_out', caller);
      if (known.second === null) throw new Refused('second_person_needed', { permission: CHECKPOINTS.signed_out.second });
      if (known.second.person_id !== facts.courier_person_id) {
        throw new Refused('invalid_input', { field: 'facts.courier_person_id', problem_vi: 'bưu tá phải là người xác nhận', problem_en: 'the courier must be the one who confirms' });
      }
      const unit = itemOf(known, claim.code);
      const outcome = decideStep('signed_out', facts, unit, caller, known.second);
      requireHolder(unit, caller);
      const { run } = known.got(need);
      if (run === null || run.office_code !== caller.office_code) throw new Refused('no_open_run');
      const position = run.next_position++;
      const elsewhere = unit.item.destination_office_code !== null && unit.item.destination_office_code !== caller.office_code;
      return decided(unit, outcome, {
        flags: elsewhere ? [...outcome.flags, 'mis_sent'] : outcome.flags,
        writes: (entry) => [
          // An earlier way out may have ended by an authority or a count, which knows nothing of runs.
          { statement: SETTLE, values: [unit.unit_id, 'returned', new Date(entry.received_at)] },
          { statement: SIGN_OUT, values: [run.run_id, unit.unit_id, position, new Date(entry.received_at)] },
        ],
      });
    },
  };
};

/** An attempt is a fact, but only with the evidence its reason needs: that is what tells it from one that never happened. */
export const recordAttempt: Act = (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'attempted'>;
  return {
    ...draftOf(request),
    decide(known) {
      authorise('attempted', caller);
      const unit = itemOf(known, claim.code);
      context.requireReason('non_delivery', facts.reason_code);
      const missing = evidenceMissing(context.reference.reasons.get(`non_delivery/${facts.reason_code}`)?.evidence ?? [], facts.evidence);
      if (missing.length > 0) throw new Refused('evidence_missing', { code: unit.code, reason_code: facts.reason_code, evidence: missing.join(', ') });
      const outcome = decideStep('attempted', facts, unit, caller);
      return decided(unit, outcome, {
        flags: unit.custodian.ref === caller.person_id ? outcome.flags : [...outcome.flags, 'not_holder'],
        writes: (entry) => [{ statement: SETTLE, values: [unit.unit_id, 'attempted', new Date(entry.received_at)] }],
      });
    },
  };
};

export const deliver: Act = (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'delivered'>;
  const need = addressNeed(claim.code ?? '');
  return {
    ...draftOf(request),
    needs: [need],
    decide(known) {
      authorise('delivered', caller);
      const unit = itemOf(known, claim.code);
      const { paper } = known.got(need);
      // Accepted in this very flight, so not written yet: the same claim sent again finds it.
      if (paper === null) throw new Refused('busy');
      const outcome = decideStep('delivered', facts, unit, caller);
      requireHolder(unit, caller);
      const body_code = receiverBody(unit, paper, facts, context.reference);
      const tolerance = minutesOf(context.reference.limits.get('TL06')?.duration ?? null);
      const late = tolerance !== null && paper.appointed_at !== null && Math.abs(known.now_ms - paper.appointed_at) > tolerance * 60_000;
      return decided(unit, outcome, {
        flags: late ? [...outcome.flags, 'not_on_time'] : outcome.flags,
        custodian: { kind: 'addressee', ref: body_code ?? '' },
        writes: (entry) => [{ statement: SETTLE, values: [unit.unit_id, 'delivered', new Date(entry.received_at)] }],
      });
    },
  };
};

/** The body that receives; null: none, ordinary mail. Throws a Refused unless the receiver may receive this item for it. */
function receiverBody(unit: ItemUnit, paper: Paper, facts: Facts<'delivered'>, reference: Reference): string | null {
  const item = { ...unit.item, personal_mark: paper.personal_mark };
  const { receiver_authority, receiver_card_no, authority_no } = facts;
  const allowed = authoritiesFor(item);
  if (!allowed.includes(receiver_authority)) throw new Refused('authority_not_enough', { code: unit.code, receiver_authority, allowed: allowed.join(', ') });
  if (comesWithPaper(receiver_authority) && authority_no === undefined) {
    throw new Refused('invalid_input', { field: 'facts.authority_no', problem_vi: 'phải ghi số giấy giới thiệu, ủy quyền', problem_en: 'the number of the paper is needed' });
  }
  if (item.service_class !== 'kt1') return facts.receiver_body_code ?? null;
  const body_code = facts.receiver_body_code ?? paper.addressee_body_code;
  // Addressed by postal code only, an item goes to a body that the same office delivers to.
  const isAddressee = paper.addressee_body_code === null ? body_code !== null && reference.bodies.get(body_code)?.delivery_office_code === item.destination_office_code : body_code === paper.addressee_body_code;
  const carded = receiver_card_no !== undefined || needsRegisteredCard(item, receiver_authority);
  if (!isAddressee || (carded && !reference.receivers.has(`${body_code}/${receiver_card_no}`))) {
    throw new Refused('receiver_not_authorised', { code: unit.code, receiver_card_no: receiver_card_no ?? null, body_code: paper.addressee_body_code ?? body_code });
  }
  return body_code;
}

/** Giấy mời for ordinary mail: numbered without gaps, as many working days apart as TL08 says. */
export const leaveNotice: Act = (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'call_notice_left'>;
  const need = addressNeed(claim.code ?? '');
  return {
    ...draftOf(request),
    needs: [need],
    decide(known) {
      authorise('call_notice_left', caller);
      const unit = itemOf(known, claim.code);
      if (unit.item.service_class === 'kt1') throw new Refused('not_for_kt1', { code: unit.code });
      const { notices } = known.got(need);
      if (facts.notice_no !== notices.length + 1) {
        throw new Refused('invalid_input', { field: 'facts.notice_no', problem_vi: `giấy mời tiếp theo là số ${notices.length + 1}`, problem_en: `the next notice is number ${notices.length + 1}` });
      }
      const apart = daysOf(context.reference.limits.get('TL08')?.duration ?? null);
      const last = notices.at(-1);
      const { holidays } = context.reference;
      if (apart !== null && last !== undefined && workingDaysBetween(civilDate(last), civilDate(known.now_ms), holidays) < apart) {
        throw new Refused('too_early', { code: unit.code, first_on: addWorkingDays(civilDate(last), apart, holidays) });
      }
      const outcome = decideStep('call_notice_left', facts, unit, caller);
      notices.push(known.now_ms);
      return decided(unit, outcome, {
        writes: (entry) => [{ statement: LEAVE_NOTICE, values: [unit.unit_id, facts.notice_no, new Date(entry.received_at), caller.person_id] }],
      });
    },
  };
};

/** At the sender's request. The limits that began at acceptance go on. */
export const redirect: Act = (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'redirected'>;
  return {
    ...draftOf(request),
    decide(known) {
      authorise('redirected', caller);
      const unit = itemOf(known, claim.code);
      const office = context.reference.offices.get(facts.destination_office_code);
      if (!office) throw new Refused('unknown_office', { office_code: facts.destination_office_code });
      if (unit.item.service_class === 'kt1' && !office.kt1_point) throw new Refused('not_a_kt1_point', { office_code: facts.destination_office_code });
      const outcome = decideStep('redirected', facts, unit, caller);
      requireAtHand(unit, caller);
      return decided(unit, outcome);
    },
  };
};

/** States in which nothing was tried yet, so that nobody can have been invited. */
const NOT_TRIED: ReadonlySet<string> = new Set(['awaiting_approval', 'approval_refused', 'approved']);

/** KT1 goes back at once; ordinary mail only after its call notices, unless the reason says that they would be idle. */
export const startReturn: Act = (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'return_started'>;
  const need = addressNeed(claim.code ?? '');
  return {
    ...draftOf(request),
    needs: [need],
    decide(known) {
      authorise('return_started', caller);
      const unit = itemOf(known, claim.code);
      context.requireReason('non_delivery', facts.reason_code);
      const outcome = decideStep('return_started', facts, unit, caller);
      requireAtHand(unit, caller);
      const needed = context.reference.limits.get('TL08')?.amount ?? 0;
      const count = known.got(need).notices.length;
      const invited = unit.item.service_class === 'kt1' || NOT_TRIED.has(unit.state) || returnsWithoutNotices(facts.reason_code) || count >= needed;
      if (!invited) throw new Refused('notices_needed', { code: unit.code, count, needed });
      return decided(unit, outcome);
    },
  };
};

/** Back to the sender: after a return, or because the sender asks for it before it has left. */
const giveBack =
  (kind: 'returned' | 'withdrawn'): Act =>
  (request) => ({
    ...draftOf(request),
    decide(known) {
      authorise(kind, request.caller);
      const unit = itemOf(known, request.claim.code);
      const outcome = decideStep(kind, request.claim.facts as Facts, unit, request.caller);
      requireAtHand(unit, request.caller);
      return decided(unit, outcome);
    },
  });
export const giveBackReturned = giveBack('returned');
export const giveBackWithdrawn = giveBack('withdrawn');

/** Six months after acceptance (TL09). What is marked A, B or C never takes this way: it is escalated. */
export const declareUnclaimed: Act = (request, context: Context) => {
  const { claim, caller } = request;
  return {
    ...draftOf(request),
    second: secondOf('declared_unclaimed', request),
    decide(known) {
      authorise('declared_unclaimed', caller);
      if (known.second === null) throw new Refused('second_person_needed', { permission: CHECKPOINTS.declared_unclaimed.second });
      const unit = itemOf(known, claim.code);
      if (unit.item.secrecy !== 'NONE') throw new Refused('never_unclaimed', { code: unit.code });
      const months = monthsOf(context.reference.limits.get('TL09')?.duration ?? null);
      if (months === null) throw new Refused('limit_not_loaded', { limit_code: 'TL09' });
      const first_on = addMonths(civilDate(unit.item.accepted_at), months);
      if (civilDate(known.now_ms) < first_on) throw new Refused('too_early', { code: unit.code, first_on });
      const outcome = decideStep('declared_unclaimed', claim.facts as Facts, unit, caller, known.second);
      requireAtHand(unit, caller);
      return decided(unit, outcome);
    },
  };
};
