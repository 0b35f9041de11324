// What heightened periods ask of any act beside its own rules: a second person where an order names the step, where a joint check
// falls into the order's share, and where an item goes to a protected destination. The contract of acts, like act.ts: no act itself.

import { utf8 } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { authorise } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import { asksSecond, mayBeAsked, witnessPermission } from '../domain/order_second.ts';
import type { Step } from '../domain/order_second.ts';
import { activePeriod } from '../domain/period.ts';
import type { Period } from '../domain/period.ts';
import type { ServiceClass } from '../domain/service.ts';
import type { Draft } from '../ledger/append.ts';
import { sha256 } from '../ledger/entry.ts';
import type { Request } from './act.ts';

/** The same draft, held to the orders in force when it is decided. Costs no round trip: the periods are at hand. */
export function tighten(draft: Draft, request: Request, periods: readonly Period[]): Draft {
  const { claim, caller } = request;
  if (periods.length === 0 || !mayBeAsked(claim.kind)) return draft;
  const permission = witnessPermission(claim.kind);
  return {
    ...draft,
    second: draft.second ?? (request.confirmation_hash && { confirmation_hash: request.confirmation_hash, permission }),
    decide(known) {
      const service_class = known.unit?.item?.service_class ?? acceptedClass(request);
      const period = activePeriod(periods, known.now_ms, { office_code: caller.office_code, service_class });
      const alone = known.second === null && asksSecond(claim as Step, period, known.unit?.item?.destination_office_code ?? null, sha256(utf8(claim.checkpoint_id)));
      if (!alone) return draft.decide(known);
      authorise(claim.kind, caller);
      // Nobody can confirm where there is no network: what was done there is stored, and is seen to have been done alone.
      if (caller.grant_id === null) throw new Refused('second_person_needed', { permission });
      const decision = draft.decide(known);
      return { ...decision, flags: [...decision.flags, 'order_not_kept'] };
    },
  };
}

function acceptedClass({ claim }: Request): ServiceClass | null {
  return claim.kind === 'accepted' ? (claim.facts as Facts<'accepted'>).service.service_class : null;
}
