// Watch lists: kept by agencies and duty officers. At the counter nothing of this shows but "keep it here, call the duty officer".

import { addEntries, addList, decideList } from '../acts/watch.ts';
import { Instant, Uuid7 } from '../domain/facts.ts';
import { MATCH_KINDS, matchTexts } from '../domain/name_match.ts';
import { entriesOf, hitsOf, listsOf } from '../views/watch.ts';
import { json, newRouter, route, tokenOf, z } from './edge.ts';

const nullable = z.string().nullable();
const List = z.object({
  list_id: z.string(), title: z.string(), purpose: z.string(), act_code: nullable, basis_no: nullable, authored_by: z.string(), authored_at: z.string(), expires_at: z.string(),
  approved_at: nullable, approved_by: nullable, withdrawn_at: nullable, entries: z.int(), waiting: z.int().openapi({ description: 'Entries that nobody has approved yet; they match nothing' }),
});
const Entry = z.object({ entry_id: z.string(), match_kind: z.string(), entry_text: z.string(), least_match: z.string(), added_by: z.string(), added_at: z.string(), withdrawn_at: nullable });
const Hit = z.object({
  checkpoint_id: z.string(), unit_id: z.string(), code: z.string(), office_code: z.string(), hit_at: z.string(), owner_agency_code: nullable, owner_office_code: nullable,
  list_id: nullable.openapi({ description: "null, like what follows: another's list; call its owner" }), entry_id: nullable, party: nullable, tier: nullable, score: z.number().nullable(), why_vi: nullable, why_en: nullable,
});
const MatchKind = z.enum(MATCH_KINDS);
const text = (max: number) => z.string().trim().min(2).max(max);
const ListId = z.object({ list_id: Uuid7 });
const Done = z.object({ done: z.literal(true) });
const FIRST = '00000000-0000-0000-0000-000000000000';

export const watch = newRouter()
  .openapi(
    route('watch.keep', {
      method: 'post', path: '/api/watch/lists', tags: ['watch'], summary: 'Begin a list of my agency or office; another person must approve it',
      request: json(z.strictObject({ title: text(160).min(3), purpose: text(400).min(3), act_code: z.string().regex(/^[a-z0-9_]{2,40}$/).optional(), basis_no: z.string().min(1).max(40).optional(), expires_at: Instant })),
    }, 201, z.object({ list_id: z.string() }).openapi('WatchListMade')),
    async (c) => {
      const { store, clock } = c.get('services');
      const { act_code = null, basis_no = null, expires_at, ...list } = c.req.valid('json');
      return c.json({ list_id: await addList(store.write, c.get('caller'), tokenOf(c), { ...list, act_code, basis_no, expires_at: Date.parse(expires_at) }, clock()) }, 201);
    },
  )
  .openapi(
    route('watch.keep', { method: 'get', path: '/api/watch/lists', tags: ['watch'], summary: 'Lists of my agency or office' }, 200, z.object({ rows: z.array(List) }).openapi('WatchLists')),
    async (c) => c.json({ rows: await listsOf(c.get('services').store.write, tokenOf(c)) }, 200),
  )
  .openapi(
    route('watch.keep', {
      method: 'post', path: '/api/watch/lists/{list_id}/entries', tags: ['watch'], summary: 'Add entries; they match once another person approves the list after this',
      request: { params: ListId, ...json(z.strictObject({ entries: z.array(z.strictObject({ match_kind: MatchKind, text: text(240), least_match: z.enum(['same', 'perhaps']).default('same') })).min(1).max(500) })) },
    }, 201, z.object({ entry_ids: z.array(z.string()) }).openapi('WatchEntriesMade')),
    async (c) => {
      const { store, clock } = c.get('services');
      return c.json({ entry_ids: await addEntries(store.write, c.get('caller'), tokenOf(c), c.req.valid('param').list_id, c.req.valid('json').entries, clock()) }, 201);
    },
  )
  .openapi(
    route('watch.keep', {
      method: 'get', path: '/api/watch/lists/{list_id}/entries', tags: ['watch'], summary: 'Entries of a list of mine; each read is logged',
      request: { params: ListId, query: z.object({ after: z.string().regex(/^[0-9a-f-]{36}$/).default(FIRST), limit: z.coerce.number().int().min(1).max(500).default(100) }) },
    }, 200, z.object({ rows: z.array(Entry) }).openapi('WatchEntries')),
    async (c) => c.json({ rows: await entriesOf(c.get('services').store.write, tokenOf(c), c.req.valid('param').list_id, c.req.valid('query')) }, 200),
  )
  .openapi(
    route('watch.keep', {
      method: 'post', path: '/api/watch/lists/{list_id}/decisions', tags: ['watch'], summary: 'Approve a list that others wrote, or withdraw it or one entry for ever',
      request: { params: ListId, ...json(z.union([z.strictObject({ decision: z.literal('approved') }), z.strictObject({ decision: z.literal('withdrawn'), entry_id: Uuid7.optional() })])) },
    }, 200, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      const given = c.req.valid('json');
      await decideList(store.write, c.get('caller'), tokenOf(c), c.req.valid('param').list_id, { decision: given.decision, entry_id: 'entry_id' in given ? (given.entry_id ?? null) : null }, clock());
      return c.json({ done: true } as const, 200);
    },
  )
  .openapi(
    route('watch.keep', {
      method: 'get', path: '/api/watch/hits', tags: ['watch'], summary: 'Items held because of my lists, and at my office: of those only whom to call; each read is logged',
      request: { query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }) },
    }, 200, z.object({ rows: z.array(Hit) }).openapi('WatchHits')),
    async (c) => c.json({ rows: await hitsOf(c.get('services').store.write, tokenOf(c), c.req.valid('query').limit) }, 200),
  )
  .openapi(
    route('watch.keep', {
      method: 'post', path: '/api/watch/comparison', tags: ['watch'], summary: 'How two texts would match, and why', request: json(z.strictObject({ match_kind: MatchKind, a: text(240), b: text(240) })),
    }, 200, z.object({ tier: z.string(), score: z.number(), same: z.boolean(), vi: z.string(), en: z.string() }).openapi('Comparison')),
    (c) => {
      const { match_kind, a, b } = c.req.valid('json');
      return c.json(matchTexts(match_kind, a, b), 200);
    },
  );
