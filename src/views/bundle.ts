// Bundles cut from the log: a unit's dossier, a shift, a casefile, or everything, with proofs under the last cosigned head. One record at a
// time, so that a log of any size can be given out. Reads only; what is hidden is given by its leaf hash.

import { sql } from 'kysely';
import { leafHash } from '../base/merkle.ts';
import { keyText, noteOf, noteText } from '../base/note.ts';
import type { NoteKey } from '../base/note.ts';
import { policyOf } from '../base/proof.ts';
import type { Policy } from '../base/proof.ts';
import { equalBytes, fromHex, hex } from '../base/bytes.ts';
import { keyId } from '../base/note.ts';
import { uuidBytes, uuidText } from '../base/id.ts';
import { isCaseKind } from '../domain/casefile.ts';
import { caseEntryOf } from '../ledger/casefile.ts';
import { sha256 } from '../ledger/entry.ts';
import { headNote, policyText } from '../ledger/head.ts';
import { consistencyProof, inclusionProof } from '../ledger/tree.ts';
import { bodiesOf } from '../ledger/verify_log.ts';
import { casefileLeaf, MAGIC, recordBytes } from '../proof/bundle.ts';
import type { SubjectKind } from '../proof/bundle.ts';
import { readEntry } from '../proof/entry_read.ts';
import type { Read } from '../store/connect.ts';
import { lastHead } from './log.ts';

/**
 * What a bundle is about. `hide`: steps of bags are others' business too, and may be given by their hashes only. `entries`: of a casefile, as
 * whoever asks may see it; without a body, what others keep to themselves.
 */
export type Subject = { kind: SubjectKind; id: string | null; hide: 'nothing' | 'bags'; entries?: readonly { hash: string; body: string | null }[] };
/** `own`: of the subject, or of a device that signed for it; otherwise of the log's own keys. */
type Placed = { source: string; source_key: string; log_index: number; own: boolean };
/** What stands in one log, under its last cosigned head. A road over New Year stands in two. */
type Part = { origin: string; size: number; places: Placed[] };

const PAGE = 256;
export const BUNDLE_ENTRIES_MAX = 20_000;

export type Cut = { origin: string; size: number; entries: number; bytes: AsyncGenerator<Uint8Array> };

/** null: no head covers all of it yet. */
export async function cutBundle(db: Read, policy: Policy, subject: Subject): Promise<Cut | null> {
  const parts = subject.kind === 'log' ? await wholeLog(db) : await partsOf(db, subject);
  const last = parts.at(-1);
  if (last === undefined || (subject.kind !== 'log' && !(await covered(db, subject, parts)))) return null;
  const entries = subject.kind === 'log' ? last.size : parts.reduce((n, part) => n + part.places.length, 0);
  return { origin: last.origin, size: last.size, entries, bytes: records(db, policy, subject, parts) };
}

async function wholeLog(db: Read): Promise<Part[]> {
  const log = await db.selectFrom('log').select('origin').orderBy('opened_at', 'desc').limit(1).executeTakeFirst();
  const head = log === undefined ? null : await lastHead(db, log.origin, true);
  return log === undefined || head === null ? [] : [{ origin: log.origin, size: head.size, places: [] }];
}

/** The note with the lines of known keys only, and those keys: a bundle lets nothing in that it does not explain. */
async function strictly(db: Read, policy: Policy, note: string): Promise<{ note: string; keys: string[] }> {
  const known = policyOf(sha256, await policyText(db, policy));
  const all: NoteKey[] = [...known.logs, ...known.witnesses].map(({ key }) => key);
  const { text, signatures } = noteOf(note);
  const of = (line: (typeof signatures)[number]): NoteKey | undefined => all.find((key) => key.name === line.name && equalBytes(keyId(sha256, key), line.key_id));
  const lines = signatures.filter((line, i) => of(line) !== undefined && signatures.findIndex((other) => of(other) === of(line)) === i);
  return { note: noteText({ text, signatures: lines }), keys: lines.flatMap((line) => of(line) ?? []).map((key) => keyText(sha256, key)) };
}

/** Where the entries of a subject stand, and those by which the logs they stand in name their keys; by the logs' names, which is how a bundle must be. */
async function partsOf(db: Read, subject: Subject): Promise<Part[]> {
  const id = subject.id ?? '';
  const leaves = (subject.entries ?? []).map(({ hash }) => casefileLeaf(fromHex(hash)));
  // Twice in logs is only what was queued again after a loss: then the later log counts.
  const { rows } = await sql<Placed & { origin: string; size: number; opened_at: Date }>`
with step as (
  select checkpoint_id, device_id from checkpoint where ${subject.kind} = 'unit' and unit_id in (select ${id}::uuid union select bag_id from containment where item_id = ${id}::uuid)
  union all select c.checkpoint_id, c.device_id from shift s join checkpoint c on c.received_at >= s.opened_at and c.received_at <= coalesce(s.closed_at, 'infinity') and c.office_code = s.office_code
    where ${subject.kind} = 'shift' and s.shift_id = ${id}::uuid
), wanted as (
  select 'log_record' as source, record_id::text as source_key, false as own from log_record where kind in ('log_opened', 'key_added', 'key_revoked')
  union all select 'log_record', record_id::text, true from log_record r
    where kind = 'device_added' and exists (select from (select distinct device_id from step where device_id is not null) d where position(uuid_send(d.device_id) in r.body) > 0)
  union all select 'checkpoint', checkpoint_id::text, true from step
  union all select 'casefile_leaf', leaf_id::text, true from casefile_leaf where body = any(${leaves}::bytea[])
), placed as (
  select distinct on (e.source, e.source_key) e.source, e.source_key, w.own, e.log_index, e.origin, h.size, l.opened_at
  from wanted w join log_entry e using (source, source_key) join log l on l.origin = e.origin
  join lateral (select size from log_head where origin = e.origin and cosigned_at is not null order by size desc limit 1) h on e.log_index < h.size
  order by e.source, e.source_key, l.opened_at desc
)
select * from placed order by opened_at, log_index limit ${BUNDLE_ENTRIES_MAX + 1}`.execute(db as never);
  // More than a bundle may hold is none: what is cut off would be missing without a sign.
  if (rows.length > BUNDLE_ENTRIES_MAX) return [];
  const bodies = subject.kind === 'shift' ? await bodiesOf(db, rows) : new Map<string, Uint8Array>();
  const placed = subject.kind === 'shift' ? rows.filter((row) => inShift(row, bodies, uuidBytes(id))) : rows;
  const parts = [...Map.groupBy(placed, (row) => row.origin).values()]
    .map((places) => ({ origin: places[0]?.origin ?? '', size: places[0]?.size ?? 0, places }))
    .toSorted((a, b) => (a.origin < b.origin ? -1 : 1));
  // A log that has nothing of the subject says nothing of it; the last one stays, so that there is a head.
  return parts.filter((part, i) => part.places.some(({ own }) => own) || (i === parts.length - 1 && !placed.some(({ own }) => own)));
}

/** What fell into the hours of a shift may still have been done outside it. */
function inShift(row: Placed, bodies: ReadonlyMap<string, Uint8Array>, shift: Uint8Array): boolean {
  if (row.source !== 'checkpoint') return true;
  const { value } = readEntry(bodies.get(`${row.source} ${row.source_key}`) ?? new Uint8Array());
  const named = Array.isArray(value) ? value[4] : null;
  return named instanceof Uint8Array && equalBytes(named, shift);
}

/** A dossier that lacks steps would be refused by every verifier: better none yet. */
async function covered(db: Read, subject: Subject, parts: readonly Part[]): Promise<boolean> {
  const places = parts.flatMap((part) => part.places);
  const count = (source: string): number => places.filter((place) => place.source === source).length;
  if (subject.entries !== undefined) return count('casefile_leaf') === subject.entries.length;
  if (subject.kind !== 'unit') return true;
  const { rows } = await sql<{ steps: number }>`select count(*)::int as steps from checkpoint where unit_id in (select ${subject.id}::uuid union select bag_id from containment where item_id = ${subject.id}::uuid)`.execute(db as never);
  return rows[0]?.steps === count('checkpoint');
}

async function* records(db: Read, policy: Policy, subject: Subject, parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  yield MAGIC;
  let count = 0;
  const cases = new Map((subject.entries ?? []).map(({ hash, body }) => [hex(casefileLeaf(fromHex(hash))), body === null ? null : fromHex(body)]));
  for (const [i, part] of parts.entries()) {
    const { origin, size } = part;
    const places = subject.kind === 'log' ? null : part.places;
    yield recordBytes({ type: 'H', ...(await strictly(db, policy, await headNote(db, origin, size))) });
    if (i === 0) {
      yield recordBytes({ type: 'S', kind: subject.kind, ref: subject.id === null ? null : uuidBytes(subject.id) });
      if (places !== null) yield* devices(db, parts.flatMap((one) => one.places), subject);
    }
    for (let from = 0; from < (places?.length ?? size); from += PAGE) {
      const page = places?.slice(from, from + PAGE) ?? (await db.selectFrom('log_entry').select(['source', 'source_key', 'log_index']).where('origin', '=', origin).where('log_index', '>=', from).where('log_index', '<', Math.min(from + PAGE, size)).orderBy('log_index').execute());
      const bodies = await bodiesOf(db, page);
      for (const place of page) {
        const body = bodies.get(`${place.source} ${place.source_key}`) ?? new Uint8Array();
        const at = { index: place.log_index, proof: places === null ? [] : await inclusionProof(db, origin, place.log_index, size) };
        const told = place.source === 'casefile_leaf' ? cases.get(hex(body)) : undefined;
        yield recordBytes(told ? { type: 'C', ...at, body: told } : told === null || hidden(subject, body) ? { type: 'R', ...at, leaf: leafHash(sha256, body) } : { type: 'E', ...at, body });
        count += 1;
      }
    }
    yield* older(db, policy, origin, size);
  }
  for (const digest of filesOf(subject)) yield recordBytes({ type: 'F', digest: fromHex(digest) });
  yield recordBytes({ type: 'Z', count });
}

/** Digests of the pictures that the shown entries of a casefile added. */
const filesOf = ({ entries = [] }: Subject): Set<string> =>
  new Set(entries.flatMap(({ body }) => {
    const entry = body === null ? null : caseEntryOf(fromHex(body)).entry;
    return entry !== null && isCaseKind(entry, 'evidence_added') ? [entry.facts.digest] : [];
  }));

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
