// Delivery as people see it: the courier's list in the order of priority, what must be brought back, and the advice of
// delivery (hồi báo) for the sender.

import { civilDate, instant } from '../base/time.ts';
import { authoritiesFor, compareForDelivery, needsRegisteredCard } from '../domain/delivery.ts';
import type { Facts } from '../domain/facts.ts';
import { clears } from '../domain/role.ts';
import type { Caller } from '../domain/role.ts';
import { serviceWords } from '../domain/service.ts';
import type { Secrecy, ServiceClass, Urgency } from '../domain/service.ts';
import { STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import { entryOf } from '../ledger/entry.ts';
import type { Read } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';

const at = (date: Date | null): string | null => (date === null ? null : instant(date.getTime()));

/** The courier's open run. null: none is open. */
export async function runOf(db: Read, caller: Caller) {
  const run = await db.selectFrom('run').select(['run_id', 'office_code', 'opened_at']).where('courier_person_id', '=', caller.person_id).where('closed_at', 'is', null).executeTakeFirst();
  if (!run) return null;
  const rows = await db
    .selectFrom('run_item')
    .innerJoin('unit', 'unit.unit_id', 'run_item.item_id')
    .innerJoin('item', 'item.unit_id', 'run_item.item_id')
    .select([
      'run_item.position', 'run_item.signed_out_at', 'run_item.result', 'run_item.result_at', 'unit.code', 'unit.state', 'unit.holds', 'unit.custodian_kind', 'unit.custodian_ref',
      'item.service_class', 'item.secrecy', 'item.urgency', 'item.appointed_at', 'item.personal_mark', 'item.addressee_body_code', 'item.addressee_postal_code',
    ])
    .select((eb) => eb.selectFrom('call_notice').select((n) => n.fn.countAll<string>().as('notices')).whereRef('call_notice.item_id', '=', 'run_item.item_id').as('notices'))
    .where('run_item.run_id', '=', run.run_id)
    .execute();
  const ordered = rows
    .map((row) => ({ ...row, service_class: row.service_class as ServiceClass, secrecy: row.secrecy as Secrecy, urgency: row.urgency as Urgency, appointed_ms: row.appointed_at?.getTime() ?? null }))
    .toSorted((a, b) => compareForDelivery({ ...a, appointed_at: a.appointed_ms }, { ...b, appointed_at: b.appointed_ms }));
  const items = ordered.map((row) => ({
    position: row.position, code: row.code, service_vi: serviceWords(row.service_class, clears(caller.clearance, row.secrecy) ? row.secrecy : 'NONE', row.urgency, 'vi'),
    addressee_body_code: row.addressee_body_code, addressee_postal_code: row.addressee_postal_code, personal_mark: row.personal_mark, appointed_at: at(row.appointed_at),
    state: row.state, state_vi: STATES[row.state as State][0], held: row.holds > 0, kt1: row.service_class === 'kt1', urgency: row.urgency, notices: Number(row.notices ?? 0),
    /** How it may be received, and which of these need a card of the body's register: what the courier must know, and no more. */
    receiving: authoritiesFor(row).map((authority) => ({ authority, card_needed: needsRegisteredCard(row, authority) })),
    in_hand: row.custodian_kind === 'courier' && row.custodian_ref === caller.person_id,
    signed_out_at: instant(row.signed_out_at.getTime()), result: row.result, result_at: at(row.result_at),
  }));
  const inHand = new Set(ordered.filter((row) => row.custodian_kind === 'courier' && row.custodian_ref === caller.person_id).map((row) => row.code));
  return {
    run_id: run.run_id, office_code: run.office_code, opened_at: instant(run.opened_at.getTime()), items,
    /** Tried and still in the courier's hands: to be handed back to the office today. */
    to_bring_back: [...new Set(items.filter((item) => item.state === 'attempted' && inHand.has(item.code)).map((item) => item.code))],
  };
}

export type Advice = { code: string; delivered_at: string; office_code: string | null; body_code: string | null; body_name_vi: string | null; receiver_authority: string; receiver_name: string | null };

/** Hồi báo: when, to which body, by which authority. No name where the item is marked. null: no such item; `delivered` null: not yet. */
export async function adviceOf(db: Read, code: string): Promise<{ delivered: Advice | null } | null> {
  const item = await db.selectFrom('unit').innerJoin('item', 'item.unit_id', 'unit.unit_id').select(['unit.unit_id', 'item.secrecy']).where('unit.code', '=', code).where('unit.superseded_by', 'is', null).executeTakeFirst();
  if (!item) return null;
  const row = await db.selectFrom('checkpoint').select('body').where('unit_id', '=', item.unit_id).where('kind', '=', 'delivered').orderBy('unit_seq', 'desc').limit(1).executeTakeFirst();
  if (!row) return { delivered: null };
  const entry = entryOf(new Uint8Array(row.body));
  const facts = entry.claim.facts as Facts<'delivered'>;
  const body_code = entry.custodian.ref === '' ? null : entry.custodian.ref;
  // As the registers stood on the day of delivery.
  const then = holdsOn(civilDate(entry.received_at));
  const body = body_code === null ? undefined : await db.selectFrom('served_body').select('name_vi').where('body_code', '=', body_code).where(then).executeTakeFirst();
  const card_no = item.secrecy === 'NONE' ? facts.receiver_card_no : undefined;
  const receiver = card_no === undefined ? undefined : await db.selectFrom('authorised_person').select('full_name').where('card_no', '=', card_no).where(then).executeTakeFirst();
  return {
    delivered: {
      code, delivered_at: instant(entry.received_at), office_code: entry.claim.office_code, body_code, body_name_vi: body?.name_vi ?? null,
      receiver_authority: facts.receiver_authority, receiver_name: receiver?.full_name ?? null,
    },
  };
}
