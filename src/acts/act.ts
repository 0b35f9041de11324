// What every act on the ledger is: a request and its context in, a draft for the ledger out. The draft decides later, under
// the unit's lock, on what is then believed.

import { Refused } from '../base/refusal.ts';
import type { Caller } from '../domain/role.ts';
import type { Secrecy } from '../domain/service.ts';
import type { Draft, PersonalPart } from '../ledger/append.ts';
import type { Claim } from '../ledger/entry.ts';
import type { Read } from '../store/connect.ts';
import type { Reference } from '../store/reference.ts';

export type Request = {
  claim: Claim;
  caller: Caller;
  device_signature: Uint8Array | null;
  personal: readonly PersonalPart[];
  /** SHA-256 of the second person's one-time confirmation; null: none given. */
  confirmation_hash: Uint8Array | null;
};

export type Context = {
  read: Read;
  reference: Reference;
  /** Throws a Refused for a mark that this deployment does not handle: the edge handles none. */
  requireHandled(secrecy: Secrecy): void;
  /** Throws a Refused unless the reason stands in the list today. */
  requireReason(reason_list: string, reason_code: string): void;
};

export type Act = (request: Request, context: Context) => Draft | Promise<Draft>;

export function contextOf(read: Read, reference: Reference, refuses_secrecy: boolean): Context {
  return {
    read,
    reference,
    requireHandled(secrecy) {
      if (refuses_secrecy && secrecy !== 'NONE') throw new Refused('edge_refuses_secrecy');
    },
    requireReason(reason_list, reason_code) {
      if (!reference.reasons.has(`${reason_list}/${reason_code}`)) throw new Refused('unknown_reason', { reason_list, reason_code });
    },
  };
}

/** The part of a draft that most acts share: no number to take, no second person, nothing personal. */
export const draftOf = ({ claim, caller, device_signature }: Request): Omit<Draft, 'decide'> => ({ claim, caller, device_signature, personal: [], number_from: null, second: null });
