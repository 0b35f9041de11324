// The second person of an act beside the ledger: whoever confirmed with badge and PIN in this session, once.

import { Refused } from '../base/refusal.ts';
import type { Caller, Permission } from '../domain/role.ts';
import type { Write } from './connect.ts';

/** Uses the confirmation up for `about`. Throws a Refused unless it stands, is for this permission, and is another person's. */
export async function secondPerson(
  tx: Write,
  caller: Caller,
  confirmation_hash: Uint8Array,
  permission: Permission,
  about: string,
  now_ms: number,
): Promise<string> {
  const used = await tx
    .updateTable('second_confirmation')
    .set({ used_by_checkpoint_id: about })
    .where('confirmation_hash', '=', confirmation_hash)
    .where('session_hash', '=', caller.session_hash)
    .where('permission', '=', permission)
    .where('used_by_checkpoint_id', 'is', null)
    .where('checkpoint_id', 'is', null)
    .where('code', 'is', null)
    .where('expires_at', '>', new Date(now_ms))
    .returning('person_id')
    .executeTakeFirst();
  if (!used) throw new Refused('second_person_invalid');
  if (used.person_id === caller.person_id) throw new Refused('same_person');
  return used.person_id;
}
