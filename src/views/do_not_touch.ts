// The do-not-touch card of a held item that may endanger people. The steps are told to whoever has it before him; who was near it, from
// the whole chain, only to those who deal with it.

import { DANGER_SIGNS, DO_NOT_TOUCH } from '../domain/do_not_touch.ts';
import type { Caller } from '../domain/role.ts';
import { entryOf } from '../ledger/entry.ts';
import type { Read } from '../store/connect.ts';
import { contactsOf } from './roster.ts';
import { touchedBetween } from './trace.ts';

/** null: no such item. */
export async function doNotTouch(db: Read, code: string, caller: Caller, now_ms: number) {
  const unit = await db.selectFrom('unit').select(['unit_id', 'holds', 'office_code']).where('code', '=', code).where('superseded_by', 'is', null).executeTakeFirst();
  if (!unit) return null;
  const critical = unit.holds > 0 && (await endangers(db, unit.unit_id));
  if (!critical) return { code, critical, steps: [], call: [], contacts: null };
  const told = caller.permissions.has('item.hold') || caller.permissions.has('case.handle');
  const touched = told ? await touchedBetween(db, code, caller, 0, now_ms) : null;
  return { code, critical, steps: DO_NOT_TOUCH.map(([vi, en]) => ({ vi, en })), call: await contactsOf(db, unit.office_code, now_ms), contacts: touched === null ? null : { complete: touched.complete, touched: touched.touched } };
}

/** Somebody saw a dangerous sign. Forged marks and broken seals are critical too, and hurt nobody. */
async function endangers(db: Read, unit_id: string): Promise<boolean> {
  const rows = await db.selectFrom('checkpoint').select('body').where('unit_id', '=', unit_id).where('kind', 'in', ['accepted', 'suspected', 'condition_recorded']).orderBy('unit_seq', 'desc').limit(50).execute();
  return rows.some(({ body }) => ((entryOf(new Uint8Array(body)).claim.facts as { signs?: string[] }).signs ?? []).some((sign) => DANGER_SIGNS.has(sign)));
}
