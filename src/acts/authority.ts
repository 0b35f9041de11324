// What an authority takes, gives back or has destroyed: recorded by its own officer, confirmed by the post, on a numbered paper.

import { Refused } from '../base/refusal.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import type { Need } from '../ledger/append.ts';
import type { Statement } from '../store/connect.ts';
import { draftOf } from './act.ts';
import type { Act } from './act.ts';

type AuthorityKind = 'given_to_authority' | 'returned_by_authority' | 'destroyed';

const PAPER: Statement = {
  name: 'load_handover_paper',
  text: "select 1 from written_record r join unit u on u.unit_id = r.unit_id where u.code = $1 and u.superseded_by is null and r.form = 'handover' and r.record_no || '/' || r.record_year || '/BB-' || r.office_code = $2",
};

/** Whether a handover was drawn up under this number about this unit; papers are never taken back. */
const paperNeed = (code: string, record_no: string): Need<{ drawn: boolean }> => ({
  key: `paper:${code}:${record_no}`,
  load: async (lane) => ({ drawn: (await lane.run(PAPER, [code, record_no])).length > 0 }),
});

export const byAuthority: Act = (request, context) => {
  const { claim, caller } = request;
  const kind = claim.kind as AuthorityKind;
  const facts = claim.facts as Facts<AuthorityKind>;
  const second = CHECKPOINTS[kind].second;
  // The post's own numbers where it gives; a return or a destruction rests on a paper of the authority, which is not ours to know.
  const paper = kind === 'given_to_authority' ? paperNeed(claim.code ?? '', facts.record_no) : null;
  return {
    ...draftOf(request),
    needs: paper === null ? [] : [paper],
    second: second !== null && request.confirmation_hash ? { confirmation_hash: request.confirmation_hash, permission: second } : null,
    decide(known) {
      authorise(kind, caller);
      if (second !== null && known.second === null) throw new Refused('second_person_needed', { permission: second });
      const unit = known.unit;
      if (unit === null) throw new Refused('unknown_unit', { code: claim.code });
      const { code } = unit;
      if (unit.item) context.requireHandled(unit.item.secrecy);
      if (facts.agency_code !== caller.agency_code) throw new Refused('invalid_input', { field: 'facts.agency_code', problem_vi: 'phải là cơ quan của bạn', problem_en: 'must be your own agency' });
      const outcome = decideStep(kind, facts, unit, caller, known.second);
      // What lies in a bag is taken out of it first: a paper names one item, not the bag around it.
      if (unit.state === 'in_bag') throw new Refused('in_a_bag', { code });
      if (unit.state === 'with_authority' && (unit.custodian.kind !== 'agency' || unit.custodian.ref !== caller.agency_code)) throw new Refused('not_yours', { code });
      if (paper !== null && !known.got(paper).drawn) throw new Refused('paper_needed', { forms: 'handover' });
      return { ...outcome, unit_kind: unit.unit_kind, code, makes_unit: false };
    },
  };
};
