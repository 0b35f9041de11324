// Erases personal data by a two-person order: destroys the key of each item and, where a party stays, seals that one anew under
// another key. Entries, chains and proofs stay as they are; what was committed to can no longer be told or guessed.

import { Defect } from '../base/assert.ts';
import { Refused } from '../base/refusal.ts';
import { addMonths, civilDate } from '../base/time.ts';
import { monthsOf } from '../domain/delivery.ts';
import { isKind } from '../domain/journal.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { legallyHeld, mayBeErasedIn } from '../domain/erasure.ts';
import { STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import { entriesOfKind } from '../ledger/journal.ts';
import type { Read, Write } from '../store/connect.ts';
import type { Reference } from '../store/reference.ts';
import type { Vault } from '../store/vault.ts';

/** The effect of an `erasure_ordered`: everything of it or nothing. Throws a Refused for the first item that may not be erased. */
export const eraseBy =
  (vault: Vault, law: Pick<Reference, 'limits'>) =>
  async (tx: Write, entry: JournalEntry): Promise<void> => {
    if (!isKind(entry, 'erasure_ordered')) return;
    const months = monthsOf(law.limits.get('TL14')?.duration ?? null);
    if (months === null) throw new Refused('limit_not_loaded', { limit_code: 'TL14' });
    const held = legallyHeld(await entriesOfKind(tx as unknown as Read, 'legal_hold'));
    for (const unit_id of new Set(entry.facts.unit_ids)) {
      const unit = await tx
        .selectFrom('unit')
        .innerJoin('item', 'item.unit_id', 'unit.unit_id')
        .select(['unit.code', 'unit.state', 'unit.holds', 'item.accepted_at', 'item.secrecy'])
        .where('unit.unit_id', '=', unit_id)
        .where('item.service_class', '!=', 'kt1')
        // Whoever holds or moves it meanwhile waits.
        .forUpdate('unit')
        .executeTakeFirst();
      if (!unit) throw new Refused('unknown_unit', { code: unit_id });
      const [state_vi, state_en] = STATES[unit.state as State];
      const first_on = addMonths(civilDate(unit.accepted_at.getTime()), months);
      if (held.has(unit_id) || unit.holds > 0) throw new Refused('legally_held', { code: unit.code });
      if (!mayBeErasedIn(unit.state as State)) throw new Refused('still_needed', { code: unit.code, state_vi, state_en });
      if (civilDate(entry.at_ms) < first_on) throw new Refused('too_early', { code: unit.code, first_on });
      await eraseParties(tx, vault, unit_id, entry.facts.parties, entry);
    }
  };

async function eraseParties(tx: Write, vault: Vault, unit_id: string, parties: readonly string[], entry: JournalEntry): Promise<void> {
  const row = await tx
    .selectFrom('personal')
    .innerJoin('personal_key', 'personal_key.unit_id', 'personal.unit_id')
    .select(['personal.unit_id', 'checkpoint_id', 'key_id', 'wrapped', 'sealed'])
    .where('personal.unit_id', '=', unit_id)
    .executeTakeFirst();
  if (!row) return;
  const kept = vault.open(row);
  const erased = parties.filter((party) => party in kept);
  if (erased.length === 0) return;
  for (const party of erased) delete kept[party];
  await tx.insertInto('erasure').values(erased.map((party) => ({ unit_id, party, entry_no: entry.entry_no, erased_at: new Date(entry.at_ms) }))).execute();
  const changed =
    Object.keys(kept).length === 0
      ? await Promise.all([tx.deleteFrom('personal').where('unit_id', '=', unit_id).executeTakeFirst(), tx.deleteFrom('personal_key').where('unit_id', '=', unit_id).executeTakeFirst()]).then((all) => all.map((one) => one.numDeletedRows))
      : await reseal(tx, unit_id, vault.seal(row, kept));
  if (changed.some((count) => count !== 1n)) throw new Defect('an erasure that erased another number of rows than one');
  // The blind index knows the parties together: without one of them it goes whole.
  await tx.deleteFrom('linkage').where('unit_id', '=', unit_id).execute();
}

async function reseal(tx: Write, unit_id: string, { key_id, wrapped, sealed }: ReturnType<Vault['seal']>): Promise<bigint[]> {
  const key = await tx.updateTable('personal_key').set({ key_id, wrapped }).where('unit_id', '=', unit_id).executeTakeFirst();
  const data = await tx.updateTable('personal').set({ sealed }).where('unit_id', '=', unit_id).executeTakeFirst();
  return [key.numUpdatedRows, data.numUpdatedRows];
}
