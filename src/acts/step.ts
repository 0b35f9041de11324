// A step of a unit that exists and that nothing else must be loaded for: scan, weigh, approve, print, correct. What a step
// needs beyond the catalogue is said in NEEDS.

import { Refused } from '../base/refusal.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { UnitNow } from '../domain/decide.ts';
import type { Facts, Kind } from '../domain/facts.ts';
import type { Need } from '../ledger/append.ts';
import type { Statement } from '../store/connect.ts';
import type { Act, Context } from './act.ts';

/** Which list a kind's reason comes from. */
const REASON_LISTS: { readonly [K in Kind]?: string } = {
  approval_refused: 'approval_refusal',
  condition_recorded: 'damage',
  rewrapped: 'damage',
  corrected: 'correction',
  label_printed: 'reprint',
  suspected: 'hold',
  held: 'hold',
};

export const step: Act = (request, context) => {
  const { claim, caller } = request;
  const kind = claim.kind;
  const facts = claim.facts as Facts;
  const corrects = kind === 'corrected' ? checkpointNeed((facts as Facts<'corrected'>).corrects) : null;
  const second = CHECKPOINTS[kind].second;
  return {
    claim,
    caller,
    device_signature: request.device_signature,
    personal: [],
    number_from: null,
    needs: corrects === null ? [] : [corrects],
    second: second !== null && request.confirmation_hash ? { confirmation_hash: request.confirmation_hash, permission: second } : null,
    decide(known) {
      authorise(kind, caller);
      if (request.personal.length > 0) throw new Refused('invalid_input', { field: 'personal', problem_vi: 'bước này không nhận dữ liệu cá nhân', problem_en: 'this step takes nothing personal' });
      if (second !== null && known.second === null) throw new Refused('second_person_needed', { permission: second });
      const unit = known.unit;
      if (unit === null) throw new Refused('unknown_unit', { code: claim.code });
      if (unit.item) context.requireHandled(unit.item.secrecy);
      const outcome = decideStep(kind, facts, unit, caller, known.second);
      checkReason(kind, facts, unit, context);
      if (corrects !== null) {
        const { corrects: checkpoint_id } = facts as Facts<'corrected'>;
        const of = known.madeHere(checkpoint_id) ?? known.got(corrects).unit_id;
        if (of !== unit.unit_id) throw new Refused('unknown_checkpoint', { checkpoint_id, code: unit.code });
      }
      return { ...outcome, unit_kind: unit.unit_kind, code: unit.code, makes_unit: false };
    },
  };
};

const UNIT_OF: Statement = { name: 'unit_of_checkpoint', text: 'select unit_id from checkpoint where checkpoint_id = $1' };

/** Unit of the checkpoint that a correction names; null: there is none in the database. */
const checkpointNeed = (checkpoint_id: string): Need<{ unit_id: string | null }> => ({
  key: `checkpoint:${checkpoint_id}`,
  load: async (lane) => ({ unit_id: ((await lane.run(UNIT_OF, [checkpoint_id]))[0]?.[0] as string | undefined) ?? null }),
});

function checkReason(kind: Kind, facts: Facts, unit: UnitNow, context: Context): void {
  const reasonList = REASON_LISTS[kind];
  if (reasonList === undefined) return;
  const reason_code = (facts as { reason_code?: string }).reason_code;
  if (reason_code !== undefined) return context.requireReason(reasonList, reason_code);
  // A first label needs no reason; printing it again does.
  if (kind === 'label_printed' && (unit.item?.labels_printed ?? 0) > 0) {
    throw new Refused('invalid_input', { field: 'facts.reason_code', problem_vi: 'in lại nhãn phải có lý do', problem_en: 'printing a label again needs a reason' });
  }
}
