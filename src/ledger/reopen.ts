// After a loss that cannot be made good: the log goes on under another name, and its first entry says which log it follows, up to what head
// others hold of it, and what was lost. Whatever no cosigned head of the old log covers here is queued again. The act of an operator with
// the rights of a migration; the app cannot do this. Runbook: docs/operations.md.

import { sql } from 'kysely';
import { Defect } from '../base/assert.ts';
import type { Clock } from '../base/time.ts';
import type { Statement, Store } from '../store/connect.ts';
import { end } from './head.ts';
import { addRecord } from './log_record.ts';
import { logName, sequence, SOURCES, take } from './log.ts';

const OPEN: Statement = { name: 'reopen_log', text: 'insert into log (origin, log_name, opened_at) values ($1, $2, to_timestamp($3::bigint / 1000.0))' };
/** One by one; an entry whose bytes are lost has no leaf and stops it. */
const QUEUE: Statement = {
  name: 'queue_again',
  text: `with body_of (source, source_key, body) as (${Object.values(SOURCES).map(({ all }) => all).join(' union all ')}), again as (
insert into log_pending (source, keys, leaves) select source, array[source_key], sha256('\\x00'::bytea || body) from log_entry left join body_of using (source, source_key)
where origin = $1 and log_index >= $2 order by log_index returning 1
) select count(*)::int from again`,
};

/** `seen`: the last head of the old log that the signer, or a witness, holds. Returns how many entries were queued again. */
export async function reopenLog(owner: Store, clock: Clock, origin: string, seen: { size: number; root: Uint8Array }, loss: string): Promise<{ previous: string; queued: number }> {
  const previous = await owner.read.selectFrom('log').select('origin').orderBy('opened_at', 'desc').limit(1).executeTakeFirst();
  if (!previous || previous.origin === origin) throw new Defect(`Sổ ${origin} đã có hoặc chưa có sổ nào. / ${origin} exists, or there is no log yet.`);
  const { rows } = await sql<{ covered: number }>`select coalesce(max(size), 0)::int as covered from log_head where origin = ${previous.origin} and cosigned_at is not null`.execute(owner.write);
  // What waits goes behind the old log's end: so it is queued again behind what came before it.
  await sequence(owner, previous.origin, clock);
  const now_ms = clock();
  const queued = await owner.lane(async (lane) => {
    await lane.run(OPEN, [origin, logName(origin), now_ms]);
    await take(lane, origin, 1, await addRecord(lane, now_ms, { kind: 'log_opened', facts: { origin, previous: { origin: previous.origin, ...seen }, loss } }));
    const [row] = await lane.run(QUEUE, [previous.origin, rows[0]?.covered ?? 0]);
    return row?.[0] as number;
  });
  await end(owner, clock, 'head_refused', previous.origin);
  return { previous: previous.origin, queued };
}
