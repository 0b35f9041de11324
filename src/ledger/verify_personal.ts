// What must always be true of personal data: what is sealed opens to exactly what its entry committed to, is missing only where a
// two-person order erased it, and belongs to no marked item. Part of verify.ts; reads only.

import { equalBytes } from '../base/bytes.ts';
import { isKind } from '../domain/journal.ts';
import { sql } from 'kysely';
import type { Read } from '../store/connect.ts';
import type { Parts, Vault } from '../store/vault.ts';
import { commitment } from './entry.ts';
import type { Entry } from './entry.ts';
import { journalEntryOf } from './journal.ts';
import type { Report } from './verify.ts';

/** `parts`: null where a row is there and was not opened. `erased`: `unit_id/party`. */
export type PersonalFound = { parts: ReadonlyMap<string, Parts | null>; erased: ReadonlySet<string> };

/** Personal rows and erasures of a page of checkpoints. */
export async function personalAt(db: Read, vault: Vault | null, rows: readonly { checkpoint_id: string; unit_id: string }[], fault: Report): Promise<PersonalFound> {
  if (rows.length === 0) return { parts: new Map(), erased: new Set() };
  const [sealed, erased] = await Promise.all([
    db
      .selectFrom('personal')
      .leftJoin('personal_key', 'personal_key.unit_id', 'personal.unit_id')
      .select(['personal.unit_id', 'checkpoint_id', 'key_id', 'wrapped', 'sealed'])
      .where('checkpoint_id', '=', sql<string>`any(${rows.map((row) => row.checkpoint_id)}::uuid[])`)
      .execute(),
    db.selectFrom('erasure').select(['unit_id', 'party']).where('unit_id', '=', sql<string>`any(${rows.map((row) => row.unit_id)}::uuid[])`).execute(),
  ]);
  const parts = new Map<string, Parts | null>();
  for (const row of sealed) {
    const { key_id, wrapped } = row;
    if (key_id === null || wrapped === null) fault('personal_key', row.unit_id, '*', 'the key is missing');
    else {
      try {
        parts.set(row.checkpoint_id, vault === null ? null : vault.open({ ...row, key_id, wrapped }));
      } catch (error) {
        fault('personal', row.checkpoint_id, 'sealed', `does not open: ${(error as Error).message}`);
        fault('personal_key', row.unit_id, '*', 'does not open what it should have sealed');
        parts.set(row.checkpoint_id, null);
      }
    }
  }
  return { parts, erased: new Set(erased.map((row) => `${row.unit_id}/${row.party}`)) };
}

export function checkCommitments(entry: Entry, found: PersonalFound, fault: Report): void {
  const { checkpoint_id, commitments } = entry.claim;
  const parts = found.parts.get(checkpoint_id);
  const wrong = (party: string, problem: string): void => fault('personal', `${checkpoint_id}/${party}`, 'sealed', problem);
  const kept = Object.keys(commitments).filter((party) => !found.erased.has(`${entry.unit_id}/${party}`));
  if (parts === undefined && kept.length > 0) return wrong('*', 'is gone, and nobody ordered it erased');
  if (parts === null) return;
  for (const party of new Set([...kept, ...Object.keys(parts ?? {})])) {
    const part = parts?.[party];
    if (part === undefined) wrong(party, 'is gone, and nobody ordered it erased');
    else if (!kept.includes(party)) wrong(party, commitments[party] === undefined ? 'was not committed to' : 'was ordered erased and is there');
    else {
      const committed = commitments[party] ?? {};
      for (const name of new Set([...Object.keys(part.fields), ...Object.keys(committed)])) {
        const [value, expected] = [part.fields[name], committed[name]];
        if (value === undefined || expected === undefined || !equalBytes(commitment(part.salt, name, value), expected)) wrong(party, `"${name}" is not what was committed to`);
      }
    }
  }
}

/** Personal rows belong to the checkpoint that committed to them, to its unit, and never to a marked item; each erasure has its order. */
export async function checkPersonal(db: Read, fault: Report): Promise<void> {
  const rows = await db
    .selectFrom('personal')
    .leftJoin('checkpoint', 'checkpoint.checkpoint_id', 'personal.checkpoint_id')
    .leftJoin('item', 'item.unit_id', 'personal.unit_id')
    .select('personal.checkpoint_id')
    .where((eb) => eb.or([eb('checkpoint.kind', 'is distinct from', 'accepted'), eb('checkpoint.unit_id', 'is distinct from', eb.ref('personal.unit_id')), eb('personal.secrecy', '!=', 'NONE'), eb('item.secrecy', 'is distinct from', 'NONE')]))
    .limit(1000)
    .execute();
  for (const row of rows) fault('personal', row.checkpoint_id, '*', 'belongs to no checkpoint that committed to it, or to a marked item');
  const keys = await db.selectFrom('personal_key').leftJoin('personal', 'personal.unit_id', 'personal_key.unit_id').select('personal_key.unit_id').where('personal.unit_id', 'is', null).limit(1000).execute();
  for (const row of keys) fault('personal_key', row.unit_id, '*', 'a key of nothing');
  const erased = await db.selectFrom('erasure').leftJoin('journal_entry', 'journal_entry.entry_no', 'erasure.entry_no').select(['erasure.unit_id', 'erasure.party', 'erased_at', 'body']).execute();
  for (const row of erased) {
    if (!ordered(row)) fault('erasure', `${row.unit_id}/${row.party}`, 'entry_no', 'is not what was ordered by two persons');
  }
}

function ordered(row: { unit_id: string; party: string; erased_at: Date; body: Uint8Array | null }): boolean {
  try {
    const { entry } = journalEntryOf(new Uint8Array(row.body ?? []));
    return isKind(entry, 'erasure_ordered') && entry.facts.unit_ids.includes(row.unit_id) && entry.facts.parties.some((party) => party === row.party) && entry.at_ms === row.erased_at.getTime();
  } catch {
    return false;
  }
}
