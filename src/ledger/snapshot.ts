// The daily heads of all units: a sorted Merkle tree of unit -> last number and hash, as of a size of the log. Its root is an entry of the
// log, so that "this is all there was about it" has a short proof, and so has "there was nothing". The tree itself is never stored: anybody
// who has the log can build it again, and so does this file.

import { encode } from '../base/canonical.ts';
import { uuidBytes } from '../base/id.ts';
import { fold, inclusionNodes, leafHash, nodeHash, rootOf } from '../base/merkle.ts';
import type { Node } from '../base/merkle.ts';
import { sql } from 'kysely';
import type { Clock } from '../base/time.ts';
import type { Read, Store } from '../store/connect.ts';
import { sha256 } from './entry.ts';
import { addRecord, recordOf } from './log_record.ts';

/** The last entry of a unit below a size of the log. */
export type UnitHead = { unit_id: string; unit_seq: number; hash: Uint8Array };

export const unitHeadBytes = ({ unit_id, unit_seq, hash }: UnitHead): Uint8Array<ArrayBuffer> => encode(['niem.unit_head/1', uuidBytes(unit_id), unit_seq, hash]);

/** Heads of all units by unit_id: of what stood in this log below `size`, and in the logs before it. */
async function headsAt(db: Read, origin: string, size: number): Promise<UnitHead[]> {
  const { rows } = await sql<UnitHead>`
select distinct on (c.unit_id) c.unit_id, c.unit_seq, sha256(c.body) as hash
from log_entry e join log l using (origin) join checkpoint c on c.checkpoint_id = e.source_key::uuid
where e.source = 'checkpoint' and ((e.origin = ${origin} and e.log_index < ${size}) or l.opened_at < (select opened_at from log where origin = ${origin}))
order by c.unit_id, c.unit_seq desc`.execute(db as never);
  return rows.map((row) => ({ ...row, hash: new Uint8Array(row.hash) }));
}

const leavesOf = (heads: readonly UnitHead[]): Uint8Array[] => heads.map((head) => leafHash(sha256, unitHeadBytes(head)));

/** Adds today's snapshot, of what is sequenced now. */
export async function takeSnapshot(store: Store, origin: string, clock: Clock): Promise<void> {
  const { size } = await store.read.selectFrom('log').select('size').where('origin', '=', origin).executeTakeFirstOrThrow();
  const leaves = leavesOf(await headsAt(store.read, origin, size));
  await store.lane((lane) => addRecord(lane, clock(), { kind: 'item_heads', facts: { origin, size, units: leaves.length, root: rootOf(sha256, leaves) } }));
}

export type Snapshot = { record_id: string; body: Uint8Array; at_ms: number; origin: string; size: number; units: number; root: Uint8Array };

/** The last snapshot that is sequenced; null: none yet. */
export async function lastSnapshot(db: Read): Promise<Snapshot | null> {
  const row = await db
    .selectFrom('log_record as r').innerJoin('log_entry as e', (join) => join.onRef('e.source_key', '=', sql<string>`r.record_id::text`).on('e.source', '=', 'log_record'))
    .select(['r.record_id', 'r.body']).where('r.kind', '=', 'item_heads').orderBy('r.record_id', 'desc').limit(1).executeTakeFirst();
  if (!row) return null;
  const body = new Uint8Array(row.body);
  const record = recordOf(body);
  return record.kind === 'item_heads' ? { record_id: row.record_id, body, at_ms: record.at_ms, ...record.facts } : null;
}

/** One leaf of a snapshot, and the way from it to the root. */
export type HeadProof = UnitHead & { index: number; proof: Uint8Array[] };

/**
 * What a snapshot says of a unit: its last entry then; or, when it had none, the two neighbours between which it would stand (one of them at
 * either end, none of an empty snapshot). Throws when the tree that comes out is not the one that was logged.
 */
export async function inSnapshot(db: Read, snapshot: Snapshot, unit_id: string): Promise<{ found: HeadProof | null; neighbours: HeadProof[] }> {
  const heads = await headsAt(db, snapshot.origin, snapshot.size);
  const levels = [leavesOf(heads)];
  for (let below = levels[0] as Uint8Array[]; below.length > 1; below = levels.at(-1) as Uint8Array[])
    levels.push(Array.from({ length: Math.floor(below.length / 2) }, (_, i) => nodeHash(sha256, below[2 * i] as Uint8Array, below[2 * i + 1] as Uint8Array)));
  const node = ({ level, index }: Node): Uint8Array => levels[level]?.[index] as Uint8Array;
  const proofOf = (index: number): HeadProof => ({ ...(heads[index] as UnitHead), index, proof: inclusionNodes(index, heads.length).map((group) => fold(sha256, group.map(node))) });
  // Lower-case hex with dashes in fixed places sorts as the bytes do.
  const at = heads.findIndex((head) => head.unit_id >= unit_id);
  if (heads[at]?.unit_id === unit_id) return { found: proofOf(at), neighbours: [] };
  const right = at < 0 ? heads.length : at;
  return { found: null, neighbours: [right - 1, right].filter((index) => index >= 0 && index < heads.length).map(proofOf) };
}
