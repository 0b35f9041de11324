// Whether an order in force asks for a second person at a step, and what that person must be allowed to. The desk asks it before
// the step, the act asks it again. Pure.

import { CHECKPOINTS } from './checkpoint.ts';
import type { Facts, Kind } from './facts.ts';
import type { Permission } from './role.ts';

/** What orders ask at a place, for one kind of mail. */
export type Asks = { witness_rate_pct: number; two_persons: ReadonlySet<Kind>; protected_destinations: ReadonlySet<string> };
export type Step = { kind: Kind; facts: Facts };

/** A fact is stored whoever records it; in a handover two persons take part already. */
export const mayBeAsked = (kind: Kind): boolean => CHECKPOINTS[kind].nature !== 'fact' && kind !== 'handed_over';

/** Whether a claim falls into the sample of a rate. The id is the client's; its hash is even enough over many items. */
const inSample = (hash: Uint8Array, rate_pct: number): boolean => (((hash[0] ?? 0) << 8) | (hash[1] ?? 0)) % 100 < rate_pct;

/** The step's own second permission; for a witness at the counter any scanning. */
export function witnessPermission(kind: Kind): Permission {
  const { second, second_if_marked, permission } = CHECKPOINTS[kind];
  return second ?? second_if_marked ?? (kind === 'accepted' ? 'item.scan' : permission);
}

/** `destination`: where the item of an approval goes, as far as it is known; `sample`: SHA-256 of the checkpoint's id. */
export function asksSecond({ kind, facts }: Step, asks: Asks, destination: string | null, sample: Uint8Array): boolean {
  if (asks.two_persons.has(kind)) return true;
  if (kind === 'approved') return asks.protected_destinations.has(destination ?? '');
  if (kind !== 'accepted') return false;
  const accepted = facts as Facts<'accepted'>;
  const witnessed = 'joint_check' in accepted && accepted.joint_check === 'done' && inSample(sample, asks.witness_rate_pct);
  return witnessed || destinationsOf(accepted).some((code) => asks.protected_destinations.has(code));
}

function destinationsOf(facts: Facts<'accepted'>): string[] {
  if (!('addressee' in facts)) return [facts.addressee_postal_code, facts.destination_office_code ?? ''];
  return 'body_code' in facts.addressee
    ? [facts.addressee.body_code]
    : [facts.addressee.postal_code, facts.addressee.destination_office_code];
}
