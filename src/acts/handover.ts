// Handover: the giver offers units they hold, the receiver answers each one. Custody moves only when the receiver accepts, and
// the entry names both. A refusal needs a reason; what nobody answers ages and shows.

import { createHash } from 'node:crypto';
import { encode } from '../base/canonical.ts';
import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { LIST_BYTES_MAX } from '../domain/manifest.ts';
import { authorise, decideStep, refuseState } from '../domain/decide.ts';
import type { UnitNow } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import type { Caller } from '../domain/role.ts';
import type { Need } from '../ledger/append.ts';
import type { Statement, Write } from '../store/connect.ts';
import type { Act } from './act.ts';

export type Offer = {
  to: { kind: 'person' | 'courier' | 'vehicle' | 'agency'; ref: string };
  receiver_person_id: string;
  lines: readonly { code: string; condition: string; seal_nos: readonly string[] }[];
};

/** Offers units that the caller holds. The list is fixed by its digest; units already offered elsewhere are refused. */
export async function offerHandover(db: Write, caller: Caller, offer: Offer, now_ms: number): Promise<{ handover_id: string; digest: Uint8Array }> {
  if (caller.office_code === null) throw new Refused('unknown_office', { office_code: null });
  if (offer.receiver_person_id === caller.person_id) throw new Refused('same_person');
  const office_code = caller.office_code;
  const codes = offer.lines.map((line) => line.code);
  if (new Set(codes).size !== codes.length) throw new Refused('invalid_input', { field: 'lines', problem_vi: 'một số hiệu đứng hai lần', problem_en: 'a number stands twice' });
  return db.transaction().execute(async (tx) => {
    const units = await tx.selectFrom('unit').select(['unit_id', 'code', 'custodian_kind', 'custodian_ref', 'holds']).where('code', 'in', codes).where('superseded_by', 'is', null).orderBy('unit_id').forUpdate().execute();
    const byCode = new Map(units.map((unit) => [unit.code, unit]));
    const receiver = await tx.selectFrom('person').select('person_id').where('person_id', '=', offer.receiver_person_id).executeTakeFirst();
    if (!receiver) throw new Refused('invalid_input', { field: 'receiver_person_id', problem_vi: 'không có người này', problem_en: 'nobody of that id' });
    for (const code of codes) {
      const unit = byCode.get(code);
      if (!unit) throw new Refused('unknown_unit', { code });
      if (unit.holds > 0) throw new Refused('held', { code });
      if (unit.custodian_kind !== 'person' && unit.custodian_kind !== 'courier' && unit.custodian_kind !== 'vehicle') throw new Refused('not_yours', { code });
      if (unit.custodian_kind !== 'vehicle' && unit.custodian_ref !== caller.person_id) throw new Refused('not_yours', { code });
      // What rides in a vehicle is the driver's or escort's to give.
      if (unit.custodian_kind === 'vehicle' && !(await rides(tx, unit.custodian_ref, caller.person_id))) throw new Refused('not_yours', { code });
      if (unit.custodian_kind !== units[0]?.custodian_kind || unit.custodian_ref !== units[0]?.custodian_ref) throw new Refused('not_yours', { code });
    }
    const waiting = await tx.selectFrom('handover_line as l').innerJoin('handover as h', 'h.handover_id', 'l.handover_id').select('l.code').where('l.code', 'in', codes).where('l.answer', 'is', null).where('h.state', '=', 'offered').executeTakeFirst();
    if (waiting) throw new Refused('handover_answered', { code: waiting.code });
    const handover_id = uuid7(now_ms);
    const digest = new Uint8Array(createHash('sha256').update(encode(offer.lines.map((l) => [l.code, l.condition, [...l.seal_nos]]), LIST_BYTES_MAX)).digest());
    const first = byCode.get(codes[0] ?? '');
    await tx
      .insertInto('handover')
      .values({ handover_id, office_code, from_kind: first?.custodian_kind ?? 'person', from_ref: first?.custodian_ref ?? caller.person_id, to_kind: offer.to.kind, to_ref: offer.to.ref, receiver_person_id: offer.receiver_person_id, offered_at: new Date(now_ms), offered_by: caller.person_id, digest, state: 'offered' })
      .execute();
    await tx
      .insertInto('handover_line')
      .values(offer.lines.map((line) => ({ handover_id, code: line.code, unit_id: byCode.get(line.code)?.unit_id ?? '', condition: line.condition, seal_nos: [...line.seal_nos] })))
      .execute();
    return { handover_id, digest };
  });
}

async function rides(tx: Write, vehicle_no: string, person_id: string): Promise<boolean> {
  const trip = await tx.selectFrom('trip').select('trip_id').where('vehicle_no', '=', vehicle_no).where('state', '=', 'departed').where((eb) => eb.or([eb('driver_person_id', '=', person_id), eb('escort_person_id', '=', person_id)])).executeTakeFirst();
  return trip !== undefined;
}

/** The receiver refuses single units, each with a reason. */
export async function refuseLines(db: Write, caller: Caller, handover_id: string, lines: readonly { code: string; reason_code: string; condition: string }[], now_ms: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const handover = await tx.selectFrom('handover').select('state').where('handover_id', '=', handover_id).where('receiver_person_id', '=', caller.person_id).forUpdate().executeTakeFirst();
    if (!handover) throw new Refused('unknown_handover');
    for (const line of lines) {
      const result = await tx.updateTable('handover_line').set({ answer: 'refused', reason_code: line.reason_code, found_condition: line.condition }).where('handover_id', '=', handover_id).where('code', '=', line.code).where('answer', 'is', null).executeTakeFirst();
      if (result.numUpdatedRows === 0n) throw new Refused('handover_answered', { code: line.code });
    }
    const open = await tx.selectFrom('handover_line').select('code').where('handover_id', '=', handover_id).where('answer', 'is', null).executeTakeFirst();
    if (!open) await tx.updateTable('handover').set({ state: 'answered', answered_at: new Date(now_ms) }).where('handover_id', '=', handover_id).execute();
  });
}

type HandoverNow = { handover_id: string; state: string; offered_by: string; receiver_person_id: string; to_kind: 'person' | 'courier' | 'vehicle' | 'agency'; to_ref: string; from_kind: string; from_ref: string; lines: Map<string, { answer: string | null }> };
const HANDOVER: Statement = { name: 'lock_handover', text: 'select handover_id, state, offered_by, receiver_person_id, to_kind, to_ref, from_kind, from_ref from handover where handover_id = $1 for update' };
const HANDOVER_LINES: Statement = { name: 'load_handover_lines', text: 'select code, answer from handover_line where handover_id = $1' };
const ACCEPT: Statement = { name: 'accept_line', text: "update handover_line set answer = 'accepted', found_condition = $3, checkpoint_id = $4 where handover_id = $1 and code = $2" };
const ANSWERED: Statement = {
  name: 'handover_answered',
  text: "update handover set state = 'answered', answered_at = $2 where handover_id = $1 and not exists (select from handover_line where handover_id = $1 and answer is null)",
};

const handoverNeed = (handover_id: string): Need<{ handover: HandoverNow | null }> => ({
  key: `handover:${handover_id}`,
  async load(lane) {
    const [[r], lines] = await Promise.all([lane.run(HANDOVER, [handover_id]), lane.run(HANDOVER_LINES, [handover_id])]);
    if (!r) return { handover: null };
    const [id, state, offered_by, receiver_person_id, to_kind, to_ref, from_kind, from_ref] = r;
    return { handover: { handover_id: id, state, offered_by, receiver_person_id, to_kind, to_ref, from_kind, from_ref, lines: new Map(lines.map(([code, answer]) => [code as string, { answer: answer as string | null }])) } as HandoverNow };
  },
});

/**
 * Custody moves: either the receiver accepts a line of an offer (the giver is the second person), or both stand at one
 * terminal (the receiver confirms by badge and PIN and becomes custodian).
 */
export const handOver: Act = (request) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'handed_over'>;
  const need = facts.handover_id === undefined ? null : handoverNeed(facts.handover_id);
  const permission = CHECKPOINTS.handed_over.second ?? 'custody.hand_over';
  return {
    claim, caller, device_signature: request.device_signature, personal: [], number_from: null,
    second: need === null && request.confirmation_hash ? { confirmation_hash: request.confirmation_hash, permission } : null,
    needs: need === null ? [] : [need],
    decide(known) {
      authorise('handed_over', caller);
      const unit = known.unit;
      if (unit === null) throw new Refused('unknown_unit', { code: claim.code });
      if (need === null) {
        if (known.second === null) throw new Refused('second_person_needed', { permission });
        if (unit.custodian.ref !== caller.person_id) throw new Refused('not_yours', { code: unit.code });
        if (facts.to.kind !== 'agency' && facts.to.kind !== 'vehicle' && facts.to.ref !== known.second.person_id) {
          throw new Refused('invalid_input', { field: 'facts.to.ref', problem_vi: 'người nhận phải là người xác nhận', problem_en: 'the receiver must be the one who confirms' });
        }
        requireFit(unit, facts.to.kind);
        return { ...decideStep('handed_over', facts, unit, caller, known.second), unit_kind: unit.unit_kind, code: unit.code, makes_unit: false };
      }
      const { handover } = known.got(need);
      if (handover === null || handover.receiver_person_id !== caller.person_id) throw new Refused('unknown_handover');
      const line = handover.lines.get(unit.code);
      if (handover.state !== 'offered' || !line || line.answer !== null) throw new Refused('handover_answered', { code: unit.code });
      // The offer is stale when the giver has not held the unit any more since.
      if (unit.custodian.kind !== handover.from_kind || unit.custodian.ref !== handover.from_ref) throw new Refused('not_yours', { code: unit.code });
      const to = { kind: handover.to_kind, ref: handover.to_ref };
      if (facts.to.kind !== to.kind || facts.to.ref !== to.ref) throw new Refused('invalid_input', { field: 'facts.to', problem_vi: 'khác người nhận trong phiếu', problem_en: 'not the receiver of the offer' });
      requireFit(unit, to.kind);
      const outcome = decideStep('handed_over', facts, unit, caller);
      line.answer = 'accepted';
      return {
        ...outcome, unit_kind: unit.unit_kind, code: unit.code, makes_unit: false, second_person_id: handover.offered_by,
        writes: (entry) => [
          { statement: ACCEPT, values: [handover.handover_id, unit.code, facts.condition, claim.checkpoint_id] },
          { statement: ANSWERED, values: [handover.handover_id, new Date(entry.received_at)] },
        ],
      };
    },
  };
};

/** What is out with a courier goes to another courier or back to the office; what control refused stays at its office until the sender has it. */
function requireFit(unit: UnitNow, to: string): void {
  const fits = unit.state === 'with_courier' ? to === 'person' || to === 'courier' : unit.state !== 'approval_refused' || to === 'person';
  if (!fits) throw refuseState(unit, 'handed_over');
}
