// What an authority takes, gives back or has destroyed: recorded by its own officer, confirmed by the post, on a numbered paper. The
// number may be of the authority's own register, which is not ours to know; a casefile that ends so names a paper of the post.

import { Refused } from '../base/refusal.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import { draftOf } from './act.ts';
import type { Act } from './act.ts';

type AuthorityKind = 'given_to_authority' | 'returned_by_authority' | 'destroyed';

export const byAuthority: Act = (request, context) => {
  const { claim, caller } = request;
  const kind = claim.kind as AuthorityKind;
  const facts = claim.facts as Facts<AuthorityKind>;
  const second = CHECKPOINTS[kind].second;
  return {
    ...draftOf(request),
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
      return { ...outcome, unit_kind: unit.unit_kind, code, makes_unit: false };
    },
  };
};
