// Where an agency or office wants to be told: signed webhooks and mailboxes, kept by two of its own people.

import { addEndpoint, endEndpoint, resumeEndpoint, rotateKey, testEndpoint } from '../acts/endpoint.ts';
import type { Keeper, NewKey } from '../acts/endpoint.ts';
import { sha256Text } from '../acts/session.ts';
import { Uuid7 } from '../domain/facts.ts';
import { SCHEMES } from '../domain/message.ts';
import { verifyKey } from '../interchange/webhook.ts';
import { endpointsOf, messagesOf } from '../views/endpoint.ts';
import { json, newRouter, route, tokenOf, z } from './edge.ts';
import type { Edge } from './edge.ts';

const nullable = z.string().nullable();
const Confirmation = z.string().regex(/^[A-Za-z0-9_-]{43}$/).meta({ description: "One-time confirmation by a colleague of the same party (`POST /api/session/second-person`, permission endpoint.keep)" });
const Scheme = z.enum(SCHEMES);
const EndpointId = z.object({ endpoint_id: Uuid7 });
const Done = z.object({ done: z.literal(true) });
const Key = z.object({ key_id: z.string(), scheme: Scheme, verify_key: z.string().openapi({ description: 'whpk_: public key; whsec_: secret, told this once' }) }).openapi('EndpointKey');
const Endpoint = z
  .object({
    endpoint_id: z.string(), channel: z.string(), address: z.string(), made_at: z.string(), made_by: z.string(), second_person_id: z.string(),
    paused_until: nullable.openapi({ description: 'Nobody answered there; tried again then' }), suspended_at: nullable.openapi({ description: 'Tried to the end of the ladder: resume it' }), ended_at: nullable,
    waiting: z.int(), delivered: z.int(), last_delivered_at: nullable, keys: z.array(z.object({ key_id: z.string(), scheme: z.string(), made_at: z.string(), ends_at: nullable })),
  })
  .openapi('Endpoint');
const MessageRow = z
  .object({
    message_no: z.int(), message_id: z.string(), kind: z.string(), kind_vi: z.string(), kind_en: z.string(), subject_kind: z.string(), subject_id: z.string(), ref_id: nullable,
    made_at: z.string(), attempts: z.int(), next_at: z.string(), last_status: z.int().nullable(), last_problem: nullable, delivered_at: nullable,
  })
  .openapi('Message');

const keeper = (c: Edge, confirmation: string): Keeper => ({ caller: c.get('caller'), token: tokenOf(c), confirmation_hash: sha256Text(confirmation) });
const told = (key: NewKey) => ({ key_id: key.key_id, scheme: key.scheme, verify_key: verifyKey(key) });
const tags = ['endpoints'];

export const endpoints = newRouter()
  .openapi(
    route('endpoint.keep', {
      method: 'post', path: '/api/endpoints', tags, summary: 'Register a webhook (Standard Webhooks) or a mailbox of my agency or office; a colleague confirms',
      request: json(
        z.discriminatedUnion('channel', [
          z.strictObject({ channel: z.literal('webhook'), address: z.string().min(8).max(500), schemes: z.array(Scheme).min(1).max(2).default(['v1a']), confirmation: Confirmation }),
          z.strictObject({ channel: z.literal('email'), address: z.email().max(254), confirmation: Confirmation }),
        ]),
      ),
    }, 201, z.object({ endpoint_id: z.string(), keys: z.array(Key) }).openapi('EndpointMade')),
    async (c) => {
      const { store, clock, lan_hosts } = c.get('services');
      const { confirmation, ...given } = c.req.valid('json');
      const made = await addEndpoint(store.write, keeper(c, confirmation), { schemes: [], ...given }, lan_hosts, clock());
      return c.json({ endpoint_id: made.endpoint_id, keys: made.keys.map(told) }, 201);
    },
  )
  .openapi(
    route('endpoint.keep', { method: 'get', path: '/api/endpoints', tags, summary: 'Endpoints of my agency or office, with what waits and when they last answered' }, 200, z.object({ rows: z.array(Endpoint) }).openapi('Endpoints')),
    async (c) => c.json({ rows: await endpointsOf(c.get('services').store.write, tokenOf(c)) }, 200),
  )
  .openapi(
    route('endpoint.keep', {
      method: 'get', path: '/api/endpoints/{endpoint_id}/messages', tags, summary: 'What was and will be told to it, newest first',
      request: { params: EndpointId, query: z.object({ before: z.coerce.number().int().min(1).optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }) },
    }, 200, z.object({ rows: z.array(MessageRow) }).openapi('Messages')),
    async (c) => {
      const { before = null, limit } = c.req.valid('query');
      return c.json({ rows: await messagesOf(c.get('services').store.write, tokenOf(c), c.req.valid('param').endpoint_id, { before, limit }) }, 200);
    },
  )
  .openapi(
    route('endpoint.keep', { method: 'post', path: '/api/endpoints/{endpoint_id}/keys', tags, summary: 'Rotate: a further key of a scheme; the one before signs beside it for 24 hours', request: { params: EndpointId, ...json(z.strictObject({ scheme: Scheme, confirmation: Confirmation })) } }, 201, Key),
    async (c) => {
      const { store, clock } = c.get('services');
      const { scheme, confirmation } = c.req.valid('json');
      return c.json(told(await rotateKey(store.write, keeper(c, confirmation), c.req.valid('param').endpoint_id, scheme, clock())), 201);
    },
  )
  .openapi(
    route('endpoint.keep', { method: 'post', path: '/api/endpoints/{endpoint_id}/end', tags, summary: 'Use it no more; what still waits is not sent', request: { params: EndpointId, ...json(z.strictObject({ confirmation: Confirmation })) } }, 200, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      await endEndpoint(store.write, keeper(c, c.req.valid('json').confirmation), c.req.valid('param').endpoint_id, clock());
      return c.json({ done: true } as const, 200);
    },
  )
  .openapi(route('endpoint.keep', { method: 'post', path: '/api/endpoints/{endpoint_id}/resume', tags, summary: 'Send again what waits, now, in order', request: { params: EndpointId } }, 200, Done), async (c) => {
    const { store, clock } = c.get('services');
    await resumeEndpoint(store.write, tokenOf(c), c.req.valid('param').endpoint_id, clock());
    return c.json({ done: true } as const, 200);
  })
  .openapi(route('endpoint.keep', { method: 'post', path: '/api/endpoints/{endpoint_id}/test', tags, summary: 'Send it a message `endpoint.tested`', request: { params: EndpointId } }, 200, Done), async (c) => {
    const { store, clock } = c.get('services');
    await testEndpoint(store.write, tokenOf(c), c.req.valid('param').endpoint_id, clock());
    return c.json({ done: true } as const, 200);
  });
