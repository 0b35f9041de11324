// The log on the wire: heads, policy and tiles as C2SP tlog-tiles serves them, proofs of single checkpoints, completeness, and the daily
// head for paper. Hashes are public. Entries are not: what KT1 items went where is nobody's business but those who may verify the ledger.

import { html, raw } from 'hono/html';
import { base64, fromBase64, fromUtf8, hex } from '../base/bytes.ts';
import { leafHash } from '../base/merkle.ts';
import { headOf, keyOf } from '../base/note.ts';
import { openPromise } from '../base/promise.ts';
import { Refused } from '../base/refusal.ts';
import { tileOf } from '../base/tile.ts';
import { civilText, instant } from '../base/time.ts';
import { UnitCode, Uuid7 } from '../domain/facts.ts';
import { verifySignature } from '../domain/key.ts';
import { labelSvg } from '../interchange/label.ts';
import { headSheet } from '../interchange/head_sheet.ts';
import { sha256 } from '../ledger/entry.ts';
import { policyText, raise } from '../ledger/head.ts';
import { knownKeys } from '../ledger/log_record.ts';
import { inSnapshot, lastSnapshot } from '../ledger/snapshot.ts';
import type { HeadProof } from '../ledger/snapshot.ts';
import { inclusionProof } from '../ledger/tree.ts';
import { consistencyOf, keyHistory, lastHead, logByName, logState, proofOfCheckpoint, proofsOfCheckpoints, tileBytes } from '../views/log.ts';
import { accessTo, json, newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';

const PROOFS_MAX = 200;
const plain = { 'content-type': 'text/plain; charset=utf-8' };
const Name = z.object({ log_name: z.string().regex(/^[a-z0-9._-]{1,40}$/) });
const count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Hash = z.string().openapi({ description: '32 bytes in base64' });

async function logOf(c: Edge, log_name: string): Promise<{ origin: string; size: number }> {
  const log = await logByName(c.get('services').store.read, log_name);
  if (!log) throw new Refused('unknown_log', { log_name });
  return log;
}

const State = z.object({
  origin: z.string().nullable(), log_name: z.string().nullable(), size: z.int(), pending: z.int().openapi({ description: 'Entries that wait for their place' }),
  head_size: z.int().nullable(), signed_at: z.string().nullable(), cosigned_size: z.int().nullable(), cosigned_at: z.string().nullable(), head_age_s: z.int().nullable(),
  alarms: z.array(z.object({ alarm: z.string(), subject: z.string(), raised_at: z.string() })),
  keys: z.array(z.object({ key: z.string(), purpose: z.string(), added_at: z.string(), revoked_at: z.string().nullable(), reason: z.string().nullable() })),
  policy: z.string().openapi({ description: 'C2SP tlog-policy' }),
});

const HeadOfUnit = z.object({ unit_id: z.string(), unit_seq: z.int(), hash: z.string(), index: z.int(), proof: z.array(Hash) });
const headOnWire = ({ hash, proof, ...rest }: HeadProof) => ({ ...rest, hash: hex(hash), proof: proof.map(base64) });

export const log = newRouter()
  .openapi(
    route('ledger.verify', { method: 'get', path: '/api/log', tags: ['log'], summary: 'How far the log is, its keys, its alarms' }, 200, State.openapi('LogState')),
    async (c) => {
      const { store, clock, policy } = c.get('services');
      return c.json({ ...(await logState(store.read, clock())), keys: await keyHistory(store.read), policy: await policyText(store.read, policy) }, 200);
    },
  )
  .openapi(
    route('public', { method: 'get', path: '/log/{log_name}/checkpoint', tags: ['log'], summary: 'The last head with its cosignatures (C2SP tlog-checkpoint), as text', request: { params: Name } }, 200, z.string()),
    async (c) => {
      const { origin } = await logOf(c, c.req.valid('param').log_name);
      const head = await lastHead(c.get('services').store.read, origin, false);
      if (head === null) throw new Refused('awaiting_head');
      return c.body(head.note, 200, { ...plain, 'cache-control': 'public, max-age=2' }) as never;
    },
  )
  .openapi(
    route('public', { method: 'get', path: '/log/{log_name}/policy', tags: ['log'], summary: 'Whose signatures are enough (C2SP tlog-policy), as text', request: { params: Name } }, 200, z.string()),
    async (c) => {
      await logOf(c, c.req.valid('param').log_name);
      const { store, policy } = c.get('services');
      return c.body(await policyText(store.read, policy), 200, { ...plain, 'cache-control': 'public, max-age=60' }) as never;
    },
  )
  .openapi(
    route('ledger.verify', {
      method: 'get', path: '/api/log/{log_name}/consistency', tags: ['log'], summary: 'That the log of one size is the beginning of another: nothing was removed in between',
      request: { params: Name, query: z.object({ from: count, to: count }) },
    }, 200, z.object({ origin: z.string(), from: z.int(), to: z.int(), hashes: z.array(Hash) }).openapi('Consistency')),
    async (c) => {
      const { from, to } = c.req.valid('query');
      const found = await logOf(c, c.req.valid('param').log_name);
      const hashes = await consistencyOf(c.get('services').store.read, found, from, to);
      if (hashes === null) throw new Refused('not_in_log', { size: found.size });
      return c.json({ origin: found.origin, from, to, hashes }, 200);
    },
  )
  .openapi(
    route('any_kind', { method: 'get', path: '/api/checkpoints/{checkpoint_id}/proof', tags: ['log'], summary: 'Proof to carry away that a checkpoint stands in the log (C2SP tlog-proof@v1), as text', request: { params: z.object({ checkpoint_id: Uuid7 }) } }, 200, z.string()),
    async (c) => {
      const { store } = c.get('services');
      const { checkpoint_id } = c.req.valid('param');
      const proof = await proofOfCheckpoint(store.read, checkpoint_id);
      if (proof === null) {
        const stored = await store.read.selectFrom('checkpoint').select('kind').where('checkpoint_id', '=', checkpoint_id).executeTakeFirst();
        throw stored ? new Refused('awaiting_head') : new Refused('unknown_checkpoint', { checkpoint_id, code: null });
      }
      return c.body(proof, 200, { ...plain, 'content-disposition': `attachment; filename="${checkpoint_id}.tlog-proof"` }) as never;
    },
  )
  .openapi(
    route('any_kind', {
      method: 'post', path: '/api/checkpoints/proofs', tags: ['log'], summary: 'Proofs of many checkpoints; those that no cosigned head covers yet are left out',
      request: json(z.strictObject({ checkpoint_ids: z.array(Uuid7).min(1).max(PROOFS_MAX) })),
    }, 200, z.object({
      heads: z.array(z.object({ origin: z.string(), note: z.string() })),
      proofs: z.array(z.object({ checkpoint_id: z.string(), origin: z.string(), log_index: z.int(), hashes: z.array(Hash), body: z.string().nullable().openapi({ description: 'The entry itself in base64, of what you or your machine recorded' }) })),
      policy: z.string(),
    }).openapi('Proofs')),
    async (c) => {
      const { store, policy } = c.get('services');
      return c.json({ ...(await proofsOfCheckpoints(store.read, c.req.valid('json').checkpoint_ids, c.get('caller'))), policy: await policyText(store.read, policy) }, 200);
    },
  )
  .openapi(
    route('any_kind', {
      method: 'post', path: '/api/log/broken-promises', tags: ['log'], summary: 'A device tells of a promise that was not kept; it is checked, and raises the alarm',
      request: json(z.strictObject({ checkpoint_id: Uuid7, leaf: z.string().max(44), promise: z.strictObject({ note: z.string().max(3_000).openapi({ description: 'The note in base64, because it has several lines' }), index: z.int().min(0), hashes: z.array(z.string().max(44)).max(63) }) })),
    }, 201, z.object({ alarm: z.literal('promise_broken'), checkpoint_id: z.string() }).openapi('BrokenPromise')),
    async (c) => {
      const { store, clock } = c.get('services');
      const { checkpoint_id, leaf, promise } = c.req.valid('json');
      const keys = (await knownKeys(store.read)).filter(({ purpose }) => purpose === 'promise').map(({ key }) => keyOf(sha256, key));
      const opened = await (async () => openPromise(sha256, verifySignature, { ...promise, note: fromUtf8(fromBase64(promise.note)) }, fromBase64(leaf), keys))().catch(() => null);
      if (opened === null || opened.due_ms > clock()) throw new Refused('no_broken_promise');
      const stored = await store.read.selectFrom('checkpoint').select('body').where('checkpoint_id', '=', checkpoint_id).executeTakeFirst();
      // Kept all the same: the very leaf stands under a cosigned head by now.
      if (stored && base64(leafHash(sha256, new Uint8Array(stored.body))) === leaf && (await proofOfCheckpoint(store.read, checkpoint_id)) !== null) throw new Refused('no_broken_promise');
      await raise(store, clock, 'promise_broken', checkpoint_id);
      return c.json({ alarm: 'promise_broken' as const, checkpoint_id }, 201);
    },
  )
  .openapi(
    route('ledger.verify', {
      method: 'get', path: '/api/items/{code}/completeness', tags: ['log'], summary: 'Proof that this is all there was about an item or bag as of the last daily snapshot, or that there was nothing',
      request: { params: z.object({ code: UnitCode }) },
    }, 200, z.object({
      code: z.string(), unit_id: z.string(), taken_at: z.string(), origin: z.string(), size: z.int(), units: z.int(), root: Hash,
      record: z.object({ body: z.string(), log_index: z.int(), head: z.string().nullable(), hashes: z.array(Hash) }),
      found: HeadOfUnit.nullable(), neighbours: z.array(HeadOfUnit),
    }).openapi('Completeness')),
    async (c) => {
      const db = c.get('services').store.read;
      const { code } = c.req.valid('param');
      const unit = await db.selectFrom('unit').select('unit_id').where('code', '=', code).orderBy('last_at', 'desc').limit(1).executeTakeFirst();
      if (!unit) throw new Refused('unknown_unit', { code });
      const snapshot = await lastSnapshot(db);
      const entry = snapshot && (await db.selectFrom('log_entry').select(['origin', 'log_index']).where('source', '=', 'log_record').where('source_key', '=', snapshot.record_id).executeTakeFirst());
      if (!snapshot || !entry) throw new Refused('no_snapshot');
      const head = await lastHead(db, entry.origin, true);
      const covered = head !== null && entry.log_index < head.size;
      const { found, neighbours } = await inSnapshot(db, snapshot, unit.unit_id);
      return c.json({
        code, unit_id: unit.unit_id, taken_at: instant(snapshot.at_ms), origin: snapshot.origin, size: snapshot.size, units: snapshot.units, root: base64(snapshot.root),
        record: { body: base64(snapshot.body), log_index: entry.log_index, head: covered ? head.note : null, hashes: covered ? (await inclusionProof(db, entry.origin, entry.log_index, head.size)).map(base64) : [] },
        found: found && headOnWire(found), neighbours: neighbours.map(headOnWire),
      }, 200);
    },
  )
  .openapi(
    route('ledger.verify', { method: 'get', path: '/api/log/{log_name}/head', tags: ['log'], summary: 'The last cosigned head for paper: text, a page with its QR, or PDF', request: { params: Name, query: z.object({ format: z.enum(['text', 'html', 'pdf']).default('text') }) } }, 200, z.any()),
    async (c) => (await headPaper(c, c.req.valid('param').log_name, c.req.valid('query').format)) as never,
  );

async function headPaper(c: Edge, log_name: string, format: 'text' | 'html' | 'pdf'): Promise<Response> {
  const { store, clock, files } = c.get('services');
  const { origin } = await logOf(c, log_name);
  const head = await lastHead(store.read, origin, true);
  if (head === null) throw new Refused('awaiting_head');
  if (format === 'text') return c.body(head.note, 200, plain);
  const sheet = headSheet(headOf(head.note.slice(0, head.note.indexOf('\n\n') + 1)), head.note, civilText(clock()));
  if (format === 'html') return c.html(html`<!doctype html><html lang="vi"><head><meta charset="utf-8" /><title>Dấu sổ ${origin}</title><link rel="stylesheet" href="/assets/niem.css" /></head><body class="receipt">${raw(labelSvg(sheet))}</body></html>`);
  if (files === null) throw new Refused('not_on_this_runtime');
  return c.body((await files.pdf([sheet], `Dấu sổ ${origin}`)) as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/pdf' });
}

/** Tiles and bundles: paths of several parts, so no line of the API's description. Bundles hold entries and ask for a permission. */
export const logTiles = newRouter();
for (const guard of accessTo('ledger.verify')) logTiles.use('/log/:log_name/tile/entries/*', guard);
logTiles.get('/log/:log_name/tile/*', (c) => tile(c));

async function tile(c: Edge): Promise<Response> {
  const [, , log_name = '', ...rest] = c.req.path.split('/');
  const found = await logOf(c, log_name);
  const asked = tileOf(rest.join('/'));
  const bytes = asked === null ? null : await tileBytes(c.get('services').store.read, found.origin, found.size, asked);
  if (bytes === null) throw new Refused('not_in_log', { size: found.size });
  return c.body(bytes, 200, { 'content-type': 'application/octet-stream', 'cache-control': `${asked?.level === null ? 'private' : 'public'}, max-age=31536000, immutable` });
}
