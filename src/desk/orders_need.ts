// Whether a step that is about to be recorded needs a second person by the orders in force: the very question that the act will ask.

import { uuid7 } from '../base/id.ts';
import type { Facts } from '../domain/facts.ts';
import { asksSecond, mayBeAsked, witnessPermission } from '../domain/order_second.ts';
import type { Permission } from '../domain/role.ts';
import type { Wish } from '../outbox/types.ts';
import type { Orders } from './orders.ts';
import { api, ask } from './state.ts';

/** null: no order looks at such a step. `permission` null: this one, with this id, needs nobody. */
export async function needOf(wish: Wish, asks: Orders['asks'], now_ms: number): Promise<{ checkpoint_id: string; permission: Permission | null } | null> {
  if (!mayBeAsked(wish.kind)) return null;
  const service_class = wish.kind === 'accepted' ? (wish.facts as Facts<'accepted'>).service.service_class : 'any';
  const given = asks[service_class] ?? asks['any'];
  if (!given) return null;
  const sets = { witness_rate_pct: given.witness_rate_pct, two_persons: new Set(given.two_persons), protected_destinations: new Set(given.protected_destinations) };
  // The share of a rate is drawn by the id, so the id is drawn first.
  const checkpoint_id = wish.checkpoint_id ?? uuid7(now_ms);
  const sample = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(checkpoint_id)));
  const destination = wish.kind === 'approved' && sets.protected_destinations.size > 0 ? await destinationOf(wish.code ?? '') : null;
  const needs = destination === undefined || asksSecond({ kind: wish.kind, facts: wish.facts }, sets, destination, sample);
  return { checkpoint_id, permission: needs ? witnessPermission(wish.kind) : null };
}

/** undefined: nobody can say now, so the step is taken by two. */
async function destinationOf(code: string): Promise<string | null | undefined> {
  try {
    return (await ask(api.items[':code'].$get({ param: { code } }))).destination_office_code;
  } catch {
    return undefined;
  }
}
