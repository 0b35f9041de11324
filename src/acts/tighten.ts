// What heightened periods ask of any act beside its own rules: a second person where an order names the step, where a joint check
// falls into the order's share, and where an item goes to a protected destination. The contract of acts, like act.ts: no act itself.

import { utf8 } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { authorise } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import { activePeriod, inSample } from '../domain/period.ts';
import type { ActivePeriod, Period } from '../domain/period.ts';
import type { Permission } from '../domain/role.ts';
import type { ServiceClass } from '../domain/service.ts';
import type { Draft, Known } from '../ledger/append.ts';
import { sha256 } from '../ledger/entry.ts';
import { isKt1 } from '../ledger/project.ts';
import type { Request } from './act.ts';

/** The same draft, held to the orders in force when it is decided. Costs no round trip: the periods are at hand. */
export function tighten(draft: Draft, request: Request, periods: readonly Period[]): Draft {
  const { claim, caller } = request;
  // A fact is stored whoever records it; in a handover two persons take part already.
  if (periods.length === 0 || CHECKPOINTS[claim.kind].nature === 'fact' || claim.kind === 'handed_over') return draft;
  const permission = witnessPermission(request);
  return {
    ...draft,
    second: draft.second ?? (request.confirmation_hash && { confirmation_hash: request.confirmation_hash, permission }),
    decide(known) {
      const service_class = known.unit?.item?.service_class ?? acceptedClass(request);
      const period = activePeriod(periods, known.now_ms, { office_code: caller.office_code, service_class });
      const alone = known.second === null && needsSecond(request, known, period);
      if (!alone) return draft.decide(known);
      authorise(claim.kind, caller);
      // Nobody can confirm where there is no network: what was done there is stored, and is seen to have been done alone.
      if (caller.grant_id === null) throw new Refused('second_person_needed', { permission });
      const decision = draft.decide(known);
      return { ...decision, flags: [...decision.flags, 'order_not_kept'] };
    },
  };
}

/** What the second person must be allowed to: the step's own second permission, for a witness at the counter any scanning. */
function witnessPermission({ claim }: Request): Permission {
  const { second, second_if_marked, permission } = CHECKPOINTS[claim.kind];
  return second ?? second_if_marked ?? (claim.kind === 'accepted' ? 'item.scan' : permission);
}

function acceptedClass({ claim }: Request): ServiceClass | null {
  return claim.kind === 'accepted' ? (claim.facts as Facts<'accepted'>).service.service_class : null;
}

function needsSecond(request: Request, known: Known, period: ActivePeriod): boolean {
  const { kind } = request.claim;
  if (period.two_persons.has(kind)) return true;
  if (kind === 'approved') return period.protected_destinations.has(known.unit?.item?.destination_office_code ?? '');
  if (kind !== 'accepted') return false;
  const facts = request.claim.facts as Facts<'accepted'>;
  const witnessed = !isKt1(facts) && facts.joint_check === 'done' && inSample(sha256(utf8(request.claim.checkpoint_id)), period.witness_rate_pct);
  return witnessed || destinationsOf(facts).some((code) => period.protected_destinations.has(code));
}

function destinationsOf(facts: Facts<'accepted'>): string[] {
  if (!isKt1(facts)) return [facts.addressee_postal_code, facts.destination_office_code ?? ''];
  return 'body_code' in facts.addressee ? [facts.addressee.body_code] : [facts.addressee.postal_code, facts.addressee.destination_office_code];
}
