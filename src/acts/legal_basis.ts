// Opening by an authority: first the decision is recorded, then the item is opened on it, in the presence of a witness of the
// post. Nothing marked A, B or C is ever opened here; the post itself opens no letter and no KT1 item at all.

import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import type { Caller } from '../domain/role.ts';
import type { Need } from '../ledger/append.ts';
import type { Statement, Write } from '../store/connect.ts';
import { holdsOn, isLegalAct } from '../store/reference.ts';
import { civilDate } from '../base/time.ts';
import { draftOf } from './act.ts';
import type { Act } from './act.ts';

export type Basis = {
  act_code: string; agency_code: string; decision_no: string; signer_card_no: string; procuracy_approval_no: string | null; urgency_reason_code: string | null; witness_person_id: string;
};

/** Records a decision of the caller's own agency about an item; the witness works at an office of the post. Returns the basis' id. */
export async function recordBasis(db: Write, caller: Caller, code: string, given: Omit<Basis, 'agency_code'>, now_ms: number): Promise<string> {
  if (caller.agency_code === null) throw new Refused('not_permitted', { permission: 'item.authority' });
  const item = await db.selectFrom('unit').innerJoin('item', 'item.unit_id', 'unit.unit_id').select(['unit.unit_id', 'item.secrecy']).where('unit.code', '=', code).where('unit.superseded_by', 'is', null).executeTakeFirst();
  if (!item) throw new Refused('unknown_unit', { code });
  if (item.secrecy !== 'NONE') throw new Refused('never_opened', { code });
  const wrong = (field: string, problem_vi: string, problem_en: string) => new Refused('invalid_input', { field, problem_vi, problem_en });
  if (!(await isLegalAct(db, given.act_code))) throw wrong('act_code', 'không có văn bản này trong danh mục', 'no such act in the catalogue');
  const witness = await db.selectFrom('person_role').select('person_id').where('person_id', '=', given.witness_person_id).where('office_code', 'is not', null).where(holdsOn(civilDate(now_ms))).executeTakeFirst();
  if (!witness) throw wrong('witness_person_id', 'người chứng kiến phải là người của bưu điện', 'the witness must be of the post');
  const basis_id = uuid7(now_ms);
  await db.insertInto('legal_basis').values({ ...given, basis_id, unit_id: item.unit_id, agency_code: caller.agency_code, recorded_by: caller.person_id, recorded_at: new Date(now_ms) }).execute();
  return basis_id;
}

const BASIS: Statement = {
  name: 'load_basis',
  text: 'select unit_id, act_code, agency_code, decision_no, signer_card_no, procuracy_approval_no, urgency_reason_code, witness_person_id from legal_basis where basis_id = $1',
};

/** A recorded basis, which never changes; null: there is none. */
const basisNeed = (basis_id: string): Need<{ basis: (Basis & { unit_id: string }) | null }> => ({
  key: `basis:${basis_id}`,
  async load(lane) {
    const [r] = await lane.run(BASIS, [basis_id]);
    if (!r) return { basis: null };
    const [unit_id, act_code, agency_code, decision_no, signer_card_no, procuracy_approval_no, urgency_reason_code, witness_person_id] = r;
    return { basis: { unit_id, act_code, agency_code, decision_no, signer_card_no, procuracy_approval_no, urgency_reason_code, witness_person_id } as Basis & { unit_id: string } };
  },
});

export const openByAuthority: Act = (request, context) => {
  const { claim, caller } = request;
  const { basis: said, witness_person_id } = claim.facts as Facts<'opened_by_authority'>;
  const need = basisNeed(said.basis_id);
  return {
    ...draftOf(request),
    needs: [need],
    second: request.confirmation_hash === null ? null : { confirmation_hash: request.confirmation_hash, permission: 'item.release_hold' },
    decide(known) {
      authorise('opened_by_authority', caller);
      const unit = known.unit;
      if (unit === null) throw new Refused('unknown_unit', { code: claim.code });
      const { code } = unit;
      if (unit.item && unit.item.secrecy !== 'NONE') throw new Refused('never_opened', { code });
      const { basis } = known.got(need);
      const problems: readonly (readonly [bad: boolean, vi: string, en: string])[] = [
        [basis === null || basis.unit_id !== unit.unit_id, 'chưa ghi căn cứ cho bưu gửi này', 'no basis was recorded for this item'],
        [basis?.agency_code !== caller.agency_code, 'căn cứ là của cơ quan khác', 'the basis is of another body'],
        [!sameBasis(said, basis), 'căn cứ khai khác căn cứ đã ghi', 'the basis told differs from the one recorded'],
        [basis?.witness_person_id !== witness_person_id, 'người chứng kiến khác người đã ghi', 'the witness is not the one recorded'],
        [unit.custodian.kind !== 'agency' || unit.custodian.ref !== caller.agency_code, 'bưu gửi chưa được bàn giao cho cơ quan này', 'the item was not handed to this body'],
      ];
      const problem = problems.find(([bad]) => bad);
      if (problem) throw new Refused('legal_basis_needed', { code, problem_vi: problem[1], problem_en: problem[2] });
      // The witness confirms with his own badge and PIN: he was there.
      if (known.second === null) throw new Refused('second_person_needed', { permission: 'item.release_hold' });
      if (known.second.person_id !== witness_person_id) throw new Refused('second_person_invalid');
      if (said.urgency_reason_code !== undefined) context.requireReason('urgency', said.urgency_reason_code);
      return { ...decideStep('opened_by_authority', claim.facts as Facts, unit, caller, known.second), unit_kind: unit.unit_kind, code, makes_unit: false };
    },
  };
};

const sameBasis = (said: Facts<'opened_by_authority'>['basis'], row: Basis | null): boolean =>
  row !== null && said.act_code === row.act_code && said.agency_code === row.agency_code && said.decision_no === row.decision_no && said.signer_card_no === row.signer_card_no &&
  (said.procuracy_approval_no ?? null) === row.procuracy_approval_no && (said.urgency_reason_code ?? null) === row.urgency_reason_code;
