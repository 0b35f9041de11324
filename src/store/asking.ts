// A transaction in which the database knows who asks: it looks the session's token up itself, and its policies show what that
// person's agency or office was granted. Everything about casefiles runs in one, reads too; outside of it there are no rows.

import { sql } from 'kysely';
import { Refused } from '../base/refusal.ts';
import type { Write } from './connect.ts';

/** Holds for this transaction only, so it works over a pooler and over Hyperdrive. */
export function asking<T>(db: Write, token: string, work: (tx: Write) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ known: boolean }>`select begin_request(${token}) as known`.execute(tx);
    if (rows[0]?.known !== true) throw new Refused('not_signed_in');
    return work(tx);
  });
}
