// Notices to the competent authority: raise, name, tell, acknowledge, withdraw; both sides see their own and nobody else any.

import { raiseNotice, stepNotice } from '../acts/notice.ts';
import { Refused } from '../base/refusal.ts';
import { OfficeCode, Uuid7 } from '../domain/facts.ts';
import { PartyCode } from '../domain/journal.ts';
import { GOODS_CLASSES, NOTICE_CHANNELS } from '../domain/notice.ts';
import { Instant } from '../domain/service.ts';
import { noticeFile, noticeKeyText } from '../interchange/notice_file.ts';
import { fileKeys, noticeOf, noticesOf, routesOn } from '../views/notice.ts';
import { json, newRouter, route, tokenOf, z } from './edge.ts';

const nullable = z.string().nullable();
const keys = <K extends string>(table: { readonly [key in K]: unknown }) => z.enum(Object.keys(table) as [K, ...K[]]);
const Person = z.object({ person_id: z.string(), badge: nullable, full_name: nullable }).nullable();
const Contact = z.object({ party_code: z.string(), title_vi: z.string(), phone: nullable, always: z.boolean(), electronic_ok: z.boolean().nullable(), citation: z.string() });
const Step = z.object({
  step_no: z.int(), step_id: z.string(), kind: z.string(), kind_vi: z.string(), kind_en: z.string(), at: z.string(), person_id: nullable, person: Person.openapi({ description: 'null: the clock' }),
  channel: nullable, happened_at: nullable, party_code: nullable, contact_id: z.int().nullable(), card_no: nullable, call_id: nullable.openapi({ description: 'Call-out of the duty roster; null with `escalated`: nobody was on duty' }),
});
const Notice = z
  .object({
    notice_id: z.string(), subject_kind: z.string(), subject_id: z.string(), goods_class: z.string(), goods_vi: z.string(), goods_en: z.string(), from_party: z.string(), office_code: z.string(),
    party_code: nullable, party_vi: nullable, recipient_vi: nullable.openapi({ description: 'Said when nobody is known to be competent' }), recipient_en: nullable,
    state: z.enum(['no_recipient', 'to_tell', 'told', 'acknowledged', 'withdrawn']), detected_at: z.string(), raised_at: z.string(), raised_by: Person, settled_at: nullable,
    clock: z.object({ limit_code: z.string(), citation: nullable, deadline_at: nullable, verdict: z.string(), standard_vi: nullable, standard_en: nullable }),
    alarm: nullable.openapi({ description: 'late, escalated, nobody_on_duty; null: none' }), contacts: z.array(Contact), steps: z.array(Step),
  })
  .openapi('Notice');
const Route = z.object({ route_id: z.int(), goods_class: z.string(), office_code: nullable, party_code: nullable, citation: z.string(), valid_from: z.string(), valid_to: nullable });

const common = { step_id: Uuid7 };
const said = { channel: keys(NOTICE_CHANNELS), happened_at: Instant };
const who = { contact_id: z.int().min(1).optional(), card_no: z.string().regex(/^[0-9A-Z./-]{2,30}$/).optional().meta({ description: 'Card of who took it' }) };
const NewStep = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('addressed'), party_code: PartyCode }),
  z.strictObject({ ...common, kind: z.literal('told'), ...said, ...who }),
  z.strictObject({ ...common, kind: z.literal('acknowledged'), ...said, ...who }),
  z.strictObject({ ...common, kind: z.literal('withdrawn') }),
]);
const NoticeId = z.object({ notice_id: Uuid7 });
const tags = ['notices'];
const NONE = { channel: null, happened_at: null, party_code: null, contact_id: null, card_no: null };

export const notices = newRouter()
  .openapi(
    route('notice.keep', {
      method: 'post', path: '/api/notices', tags, summary: 'Raise a notice to the authority that the routing table names; null: none is known, and nobody is guessed',
      request: json(
        z.strictObject({ asked_id: Uuid7, subject_kind: z.enum(['casefile', 'incident', 'unit']), subject_id: Uuid7, goods_class: keys(GOODS_CLASSES), office_code: OfficeCode, detected_at: Instant }),
      ),
    }, 201, z.object({ notice_id: z.string(), party_code: nullable }).openapi('NoticeRaised')),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const { detected_at, ...given } = c.req.valid('json');
      return c.json(await raiseNotice(store.write, c.get('caller'), tokenOf(c), { ...given, detected_at: Date.parse(detected_at) }, await reference(), clock()), 201);
    },
  )
  .openapi(
    route('notice.keep', {
      method: 'get', path: '/api/notices', tags, summary: 'Notices that my agency or office told or was told; the read is logged',
      request: { query: z.object({ open: z.enum(['0', '1']).default('0') }) },
    }, 200, z.object({ rows: z.array(Notice) }).openapi('Notices')),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      return c.json({ rows: await noticesOf(store.write, tokenOf(c), c.get('caller'), c.req.valid('query').open === '1', (await reference()).holidays, clock()) }, 200);
    },
  )
  .openapi(
    route('duty.read', { method: 'get', path: '/api/notices/routes', tags, summary: 'Whom to tell, by class of goods and place; classes for which nobody is known too' }, 200,
      z.object({ rows: z.array(z.object({ goods_class: z.string(), goods_vi: z.string(), goods_en: z.string(), known: z.boolean(), routes: z.array(Route) })) }).openapi('NoticeRoutes')),
    async (c) => c.json({ rows: await routesOn(c.get('services').store.read, c.get('services').clock()) }, 200),
  )
  .openapi(
    route('duty.read', { method: 'get', path: '/api/notices/keys', tags, summary: 'Public keys of notices carried as files, to give to an authority once' }, 200, z.object({ keys: z.array(z.string()) }).openapi('NoticeKeys')),
    async (c) => c.json({ keys: (await fileKeys(c.get('services').store.read, c.get('services').clock())).map(noticeKeyText) }, 200),
  )
  .openapi(
    route('notice.keep', { method: 'get', path: '/api/notices/{notice_id}/file', tags, summary: 'The notice as a signed text file, for an authority without a system; the read is logged', request: { params: NoticeId } }, 200, z.any()),
    // A file, not JSON: the type of a file response cannot be said to the typed client.
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const notice = await noticeOf(store.write, tokenOf(c), c.get('caller'), c.req.valid('param').notice_id, (await reference()).holidays, clock());
      if (notice === null) throw new Refused('unknown_notice');
      const { notice_id, from_party, party_code, subject_kind, subject_id, goods_class, office_code } = notice;
      const facts = { notice_id, from_party, party_code, subject_kind, subject_id, goods_class, office_code, detected_at: Date.parse(notice.detected_at), raised_at: Date.parse(notice.raised_at) };
      const file = noticeFile(facts, await fileKeys(store.read, clock()));
      return c.body(file, 200, { 'content-type': 'text/plain; charset=utf-8', 'content-disposition': `attachment; filename="tin-bao-${notice_id}.txt"`, 'x-content-type-options': 'nosniff' }) as never;
    },
  )
  .openapi(
    route('notice.keep', { method: 'get', path: '/api/notices/{notice_id}', tags, summary: 'One notice with its clock and steps; the read is logged', request: { params: NoticeId } }, 200, Notice),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const notice = await noticeOf(store.write, tokenOf(c), c.get('caller'), c.req.valid('param').notice_id, (await reference()).holidays, clock());
      if (notice === null) throw new Refused('unknown_notice');
      return c.json(notice, 200);
    },
  )
  .openapi(
    route('notice.keep', {
      method: 'post', path: '/api/notices/{notice_id}/steps', tags, summary: 'Name the recipient, note who was told, acknowledge (both sides may), withdraw',
      request: { params: NoticeId, ...json(NewStep) },
    }, 201, z.object({ state: z.string() }).openapi('NoticeStepped')),
    async (c) => {
      const { store, clock } = c.get('services');
      const given = c.req.valid('json');
      const spoken = 'channel' in given ? { channel: given.channel, happened_at: Date.parse(given.happened_at), contact_id: given.contact_id ?? null, card_no: given.card_no ?? null } : {};
      const step = { ...NONE, ...spoken, step_id: given.step_id, kind: given.kind, ...('party_code' in given ? { party_code: given.party_code } : {}) };
      return c.json(await stepNotice(store.write, c.get('caller'), tokenOf(c), c.req.valid('param').notice_id, step, clock()), 201);
    },
  );
