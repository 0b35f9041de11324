// A transaction in the name of whoever holds a token: the database looks the session up itself and its policies show what that person's
// agency or office may see. The app can name nobody; without a living token there is nothing to be seen.

import { sql } from 'kysely';
import { Refused } from '../base/refusal.ts';
import type { Write } from './connect.ts';

export async function asking<T>(db: Write, token: string, work: (tx: Write) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ known: boolean }>`select begin_request(${token}) as known`.execute(tx);
    if (rows[0]?.known !== true) throw new Refused('not_signed_in');
    return work(tx);
  });
}
