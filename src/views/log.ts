// The log as people and machines look at it: how far it is, whether its heads are signed in time, one entry's proof, a tile, a bundle.

import { sql } from 'kysely';
import { base64 } from '../base/bytes.ts';
import { proofText } from '../base/proof.ts';
import { bundleOf, widthOf } from '../base/tile.ts';
import type { Tile } from '../base/tile.ts';
import { instant } from '../base/time.ts';
import { headNote } from '../ledger/head.ts';
import { knownKeys } from '../ledger/log_record.ts';
import { consistencyProof, inclusionProof } from '../ledger/tree.ts';
import { bodiesOf } from '../ledger/verify_log.ts';
import type { Read } from '../store/connect.ts';

const at = (date: Date | null | undefined): string | null => (date ? instant(new Date(date).getTime()) : null);

/** What a probe looks at: how much waits, how old the last head is, what is wrong. */
export async function logState(db: Read, now_ms: number) {
  const { rows } = await sql<{ origin: string | null; log_name: string | null; size: number | null; pending: number; head_size: number | null; signed_at: Date | null; cosigned_size: number | null; cosigned_at: Date | null; alarms: { alarm: string; subject: string; raised_at: string }[] | null }>`
select l.origin, l.log_name, l.size, (select coalesce(sum(cardinality(keys)), 0) from log_pending)::int as pending, h.size as head_size, h.signed_at, c.size as cosigned_size, c.cosigned_at,
  (select jsonb_agg(jsonb_build_object('alarm', alarm, 'subject', subject, 'raised_at', raised_at) order by alarm_id) from log_alarm where ended_at is null) as alarms
from (select 1) one
left join lateral (select origin, log_name, size from log order by opened_at desc limit 1) l on true
left join lateral (select size, signed_at from log_head where origin = l.origin order by size desc limit 1) h on true
left join lateral (select size, cosigned_at from log_head where origin = l.origin and cosigned_at is not null order by size desc limit 1) c on true`.execute(db as never);
  const row = rows[0];
  return {
    origin: row?.origin ?? null, log_name: row?.log_name ?? null, size: row?.size ?? 0, pending: row?.pending ?? 0,
    head_size: row?.head_size ?? null, signed_at: at(row?.signed_at), cosigned_size: row?.cosigned_size ?? null, cosigned_at: at(row?.cosigned_at),
    head_age_s: row?.signed_at ? Math.max(0, Math.round((now_ms - new Date(row.signed_at).getTime()) / 1000)) : null,
    alarms: (row?.alarms ?? []).map((alarm) => ({ ...alarm, raised_at: instant(Date.parse(alarm.raised_at)) })),
  };
}

/** Keys that sign or signed something, from the log itself. */
export async function keyHistory(db: Read) {
  return (await knownKeys(db)).map((key) => ({ key: key.key, purpose: key.purpose, added_at: instant(key.added_ms), revoked_at: key.revoked_ms === null ? null : instant(key.revoked_ms), reason: key.reason }));
}

export const logByName = (db: Read, log_name: string) => db.selectFrom('log').select(['origin', 'size']).where('log_name', '=', log_name).executeTakeFirst();

/** The last head; `cosigned`: the last one that has its quorum. null: none. */
export async function lastHead(db: Read, origin: string, cosigned: boolean): Promise<{ size: number; note: string } | null> {
  let query = db.selectFrom('log_head').select('size').where('origin', '=', origin).orderBy('size', 'desc').limit(1);
  if (cosigned) query = query.where('cosigned_at', 'is not', null);
  const head = await query.executeTakeFirst();
  return head ? { size: head.size, note: await headNote(db, origin, head.size) } : null;
}

/** Bytes of a tile or of a bundle of entries; null: the log has none such. */
export async function tileBytes(db: Read, origin: string, size: number, tile: Tile): Promise<Uint8Array<ArrayBuffer> | null> {
  if (tile.width > widthOf(size, tile.level ?? 0, tile.index)) return null;
  if (tile.level !== null) {
    const row = await db.selectFrom('log_tile').select('hashes').where('origin', '=', origin).where('level', '=', tile.level).where('tile_index', '=', tile.index).executeTakeFirst();
    return row ? new Uint8Array(row.hashes).slice(0, tile.width * 32) : null;
  }
  const first = tile.index * 256;
  const rows = await db.selectFrom('log_entry').select(['source', 'source_key']).where('origin', '=', origin).where('log_index', '>=', first).where('log_index', '<', first + tile.width).orderBy('log_index').execute();
  const bodies = await bodiesOf(db, rows);
  return bundleOf(rows.map((row) => bodies.get(`${row.source} ${row.source_key}`) ?? new Uint8Array(0)));
}

type Place = { source_key: string; origin: string; log_index: number; size: number };

/** Where checkpoints stand under the last cosigned heads; of those that are not there yet, nothing. */
async function placesOf(db: Read, checkpoint_ids: readonly string[]): Promise<Place[]> {
  const { rows } = await sql<Place>`
select distinct on (e.source_key) e.source_key, e.origin, e.log_index, h.size
from log_entry e join lateral (select size from log_head where origin = e.origin and cosigned_at is not null order by size desc limit 1) h on e.log_index < h.size
where e.source = 'checkpoint' and e.source_key = any(${checkpoint_ids})
order by e.source_key, e.origin desc`.execute(db as never);
  return rows;
}

/** The proof of one checkpoint to carry away (C2SP tlog-proof@v1); null: no cosigned head covers it yet. */
export async function proofOfCheckpoint(db: Read, checkpoint_id: string): Promise<string | null> {
  const [place] = await placesOf(db, [checkpoint_id]);
  if (!place) return null;
  const hashes = await inclusionProof(db, place.origin, place.log_index, place.size);
  return proofText({ extra: null, index: place.log_index, hashes, head: await headNote(db, place.origin, place.size) });
}

/** Proofs of many checkpoints at once, each under the head of its log; with the bytes of those that the caller or the caller's machine recorded. */
export async function proofsOfCheckpoints(db: Read, checkpoint_ids: readonly string[], caller: { person_id: string; device_id: string | null } | null = null) {
  const places = await placesOf(db, checkpoint_ids);
  const heads: { [origin: string]: string } = {};
  for (const { origin, size } of places) heads[origin] ??= await headNote(db, origin, size);
  const own = caller === null ? [] : await db.selectFrom('checkpoint').select(['checkpoint_id', 'body']).where('checkpoint_id', '=', sql<string>`any(${[...checkpoint_ids]}::uuid[])`).where((eb) => eb.or([eb('person_id', '=', caller.person_id), eb('device_id', '=', caller.device_id)])).execute();
  const bodies = new Map(own.map((row) => [row.checkpoint_id, base64(new Uint8Array(row.body))]));
  const proofs = [];
  for (const { source_key, origin, log_index, size } of places) proofs.push({ checkpoint_id: source_key, origin, log_index, body: bodies.get(source_key) ?? null, hashes: (await inclusionProof(db, origin, log_index, size)).map(base64) });
  return { heads: Object.entries(heads).map(([origin, note]) => ({ origin, note })), proofs };
}

/** That the log of one size is the beginning of the other: hashes in base64, or null when it has not that many entries. */
export async function consistencyOf(db: Read, log: { origin: string; size: number }, from: number, to: number): Promise<string[] | null> {
  return from > to || to > log.size ? null : (await consistencyProof(db, log.origin, from, to)).map(base64);
}
