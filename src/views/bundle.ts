// Bundles cut from the log: a unit's dossier, a shift, a casefile, or everything, with proofs under the last cosigned head. One record at a
// time, so that a log of any size can be given out. Reads only; what is hidden is given by its leaf hash.

import { sql } from 'kysely';
import { leafHash } from '../base/merkle.ts';
import { keyText, noteOf, noteText } from '../base/note.ts';
import type { NoteKey } from '../base/note.ts';
import { policyOf } from '../base/proof.ts';
import type { Policy } from '../base/proof.ts';
import { equalBytes } from '../base/bytes.ts';
import { keyId } from '../base/note.ts';
import { uuidBytes, uuidText } from '../base/id.ts';
import { sha256 } from '../ledger/entry.ts';
import { headNote, policyText } from '../ledger/head.ts';
import { consistencyProof, inclusionProof } from '../ledger/tree.ts';
import { bodiesOf } from '../ledger/verify_log.ts';
import { MAGIC, recordBytes } from '../proof/bundle.ts';
import type { SubjectKind } from '../proof/bundle.ts';
import { readEntry } from '../proof/entry_read.ts';
import type { Read } from '../store/connect.ts';
import { lastHead } from './log.ts';

/** What a bundle is about. `hide`: steps of bags are others' business too, and may be given by their hashes only. */
export type Subject = { kind: SubjectKind; id: string | null; hide: 'nothing' | 'bags' };
type Placed = { source: string; source_key: string; log_index: number };

const PAGE = 256;
export const BUNDLE_ENTRIES_MAX = 20_000;

export type Cut = { origin: string; size: number; entries: number; bytes: AsyncGenerator<Uint8Array> };

/** null: no head covers all of it yet. */
export async function cutBundle(db: Read, policy: Policy, subject: Subject): Promise<Cut | null> {
  const origin = await originOf(db);
  const head = origin === null ? null : await lastHead(db, origin, true);
  if (origin === null || head === null) return null;
  const signed = await strictly(db, policy, head.note);
  const places = subject.kind === 'log' ? null : await placesOf(db, origin, head.size, subject);
  if (places !== null && !(await covered(db, subject, places))) return null;
  return { origin, size: head.size, entries: places?.length ?? head.size, bytes: records(db, policy, origin, { ...head, ...signed }, subject, places) };
}

const originOf = async (db: Read): Promise<string | null> => (await db.selectFrom('log').select('origin').orderBy('opened_at', 'desc').limit(1).executeTakeFirst())?.origin ?? null;

/** The note with the lines of known keys only, and those keys: a bundle lets nothing in that it does not explain. */
async function strictly(db: Read, policy: Policy, note: string): Promise<{ note: string; keys: string[] }> {
  const known = policyOf(sha256, await policyText(db, policy));
  const all: NoteKey[] = [...known.logs, ...known.witnesses].map(({ key }) => key);
  const { text, signatures } = noteOf(note);
  const of = (line: (typeof signatures)[number]): NoteKey | undefined => all.find((key) => key.name === line.name && equalBytes(keyId(sha256, key), line.key_id));
  const lines = signatures.filter((line, i) => of(line) !== undefined && signatures.findIndex((other) => of(other) === of(line)) === i);
  return { note: noteText({ text, signatures: lines }), keys: lines.flatMap((line) => of(line) ?? []).map((key) => keyText(sha256, key)) };
}

/** Where the entries of a subject stand, and those by which the log names its keys. */
async function placesOf(db: Read, origin: string, size: number, subject: Subject): Promise<Placed[]> {
  const id = subject.id ?? '';
  const { rows } = await sql<Placed>`
with wanted as (
  select 'log_record' as source, record_id::text as source_key from log_record where kind <> 'item_heads'
  union select 'checkpoint', checkpoint_id::text from checkpoint where ${subject.kind} = 'unit' and unit_id in (select ${id}::uuid union select bag_id from containment where item_id = ${id}::uuid)
  union select 'checkpoint', c.checkpoint_id::text from shift s join checkpoint c on c.received_at >= s.opened_at and c.received_at <= coalesce(s.closed_at, 'infinity') and c.office_code = s.office_code
    where ${subject.kind} = 'shift' and s.shift_id = ${id}::uuid
)
select e.source, e.source_key, e.log_index from wanted join log_entry e using (source, source_key)
where e.origin = ${origin} and e.log_index < ${size} order by e.log_index limit ${BUNDLE_ENTRIES_MAX + 1}`.execute(db as never);
  if (subject.kind !== 'shift') return rows;
  // What fell into its hours may still have been done outside it.
  const bodies = await bodiesOf(db, rows);
  const shift = uuidBytes(id);
  return rows.filter((row) => {
    if (row.source !== 'checkpoint') return true;
    const { value } = readEntry(bodies.get(`${row.source} ${row.source_key}`) ?? new Uint8Array());
    const named = Array.isArray(value) ? value[4] : null;
    return named instanceof Uint8Array && equalBytes(named, shift);
  });
}

/** A dossier that lacks steps would be refused by every verifier: better none yet. */
async function covered(db: Read, subject: Subject, places: readonly Placed[]): Promise<boolean> {
  if (places.length > BUNDLE_ENTRIES_MAX) return false;
  if (subject.kind !== 'unit') return true;
  const { rows } = await sql<{ steps: number }>`select count(*)::int as steps from checkpoint where unit_id in (select ${subject.id}::uuid union select bag_id from containment where item_id = ${subject.id}::uuid)`.execute(db as never);
  return rows[0]?.steps === places.filter((place) => place.source === 'checkpoint').length;
}

async function* records(db: Read, policy: Policy, origin: string, head: { size: number; note: string; keys: string[] }, subject: Subject, places: Placed[] | null): AsyncGenerator<Uint8Array> {
  yield MAGIC;
  yield recordBytes({ type: 'H', note: head.note, keys: head.keys });
  yield recordBytes({ type: 'S', kind: subject.kind, ref: subject.id === null ? null : uuidBytes(subject.id) });
  if (places !== null) yield* devices(db, places, subject);
  let count = 0;
  for (let from = 0; places === null ? from < head.size : from < places.length; from += PAGE) {
    const page = places?.slice(from, from + PAGE) ?? (await db.selectFrom('log_entry').select(['source', 'source_key', 'log_index']).where('origin', '=', origin).where('log_index', '>=', from).where('log_index', '<', Math.min(from + PAGE, head.size)).orderBy('log_index').execute());
    const bodies = await bodiesOf(db, page);
    for (const place of page) {
      const body = bodies.get(`${place.source} ${place.source_key}`) ?? new Uint8Array();
      const proof = places === null ? [] : await inclusionProof(db, origin, place.log_index, head.size);
      yield recordBytes(hidden(subject, body) ? { type: 'R', index: place.log_index, proof, leaf: leafHash(sha256, body) } : { type: 'E', index: place.log_index, proof, body });
      count += 1;
    }
  }
  yield* older(db, policy, origin, head.size);
  yield recordBytes({ type: 'Z', count });
}

const hidden = (subject: Subject, body: Uint8Array): boolean => subject.kind === 'unit' && subject.hide === 'bags' && readEntry(body).step?.unit_kind === 'bag';

/** Keys of the devices that signed what is shown. */
async function* devices(db: Read, places: readonly Placed[], subject: Subject): AsyncGenerator<Uint8Array> {
  const bodies = await bodiesOf(db, places);
  const ids = new Set([...bodies.values()].flatMap((body) => (hidden(subject, body) ? [] : (readEntry(body).step?.device?.device_id ?? []))).map((id) => (id instanceof Uint8Array ? uuidText(id) : '')));
  ids.delete('');
  if (ids.size === 0) return;
  const rows = await db.selectFrom('device').select(['device_id', 'public_key']).where('device_id', 'in', [...ids]).orderBy('device_id').execute();
  for (const row of rows) yield recordBytes({ type: 'K', device_id: uuidBytes(row.device_id), public_key: new Uint8Array(row.public_key) });
}

/** The first head that was cosigned: from then on nothing was changed. */
async function* older(db: Read, policy: Policy, origin: string, size: number): AsyncGenerator<Uint8Array> {
  const first = await db.selectFrom('log_head').select('size').where('origin', '=', origin).where('cosigned_at', 'is not', null).where('size', '<', size).orderBy('size').limit(1).executeTakeFirst();
  if (!first) return;
  const { note } = await strictly(db, policy, await headNote(db, origin, first.size));
  yield recordBytes({ type: 'O', note, proof: await consistencyProof(db, origin, first.size, size) });
}
