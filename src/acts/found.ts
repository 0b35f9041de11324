// Something missing or lost turns up, at whatever office: whoever finds it has it from then on.

import { Refused } from '../base/refusal.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import { draftOf } from './act.ts';
import type { Act } from './act.ts';

export const findAgain: Act = (request, context) => {
  const { claim, caller } = request;
  return {
    ...draftOf(request),
    decide(known) {
      authorise('found_again', caller);
      const unit = known.unit;
      if (unit === null || unit.item === null) throw new Refused('unknown_unit', { code: claim.code });
      context.requireHandled(unit.item.secrecy);
      const outcome = decideStep('found_again', {}, unit, caller);
      // What was not missed stays where it is: said to be found, it is only seen.
      const missed = unit.state === 'missing' || unit.state === 'lost';
      return { ...outcome, ...(missed ? {} : { state: unit.state, custodian: unit.custodian }), unit_kind: 'item', code: unit.code, makes_unit: false };
    },
  };
};
