// What devices need to work without a network: grants, a copy of the desk, and the way in for a queue that comes as a file.

import { fromBase64url, utf8 } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { confirmByGrant, deviceKey, exchangeGrant, issueGrant, sessionForImport } from '../acts/grant.ts';
import { exportBytes } from '../domain/claim.ts';
import { Uuid7 } from '../domain/facts.ts';
import { verifySignature } from '../domain/key.ts';
import { PERMISSIONS } from '../domain/role.ts';
import type { Caller, Permission } from '../domain/role.ts';
import { Instant } from '../domain/service.ts';
import { openQueue, publicKeyOf } from '../interchange/queue_file.ts';
import type { QueueFile } from '../interchange/queue_file.ts';
import { sha256 } from '../ledger/entry.ts';
import { deskOf } from '../views/desk.ts';
import { recordAll, Results } from './checkpoints.ts';
import { json, newRouter, problemOf, route, z } from './edge.ts';
import type { Edge } from './edge.ts';
import { Base64, bytesOf } from './sessions.ts';

const PermissionName = z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]]);
const Rows = z.array(z.record(z.string(), z.unknown()));
type AnyRows = Record<string, never>[];

const Desk = z
  .object({
    taken_at: z.string(), office_code: z.string(), person_id: z.string(),
    export_key: z.string().nullable().openapi({ description: 'P-256 public key that exported queues are encrypted to, raw, base64url; null: this server takes none' }),
    offices: Rows, bodies: Rows, reasons: Rows, staff: Rows, trips: Rows,
    bags: Rows.openapi({ description: 'expected and figures are null while a blind count is under way' }),
  })
  .openapi('Desk');

export const outbox = newRouter()
  .openapi(
    route('signed_in', { method: 'post', path: '/api/session/grant', tags: ['devices'], summary: 'A grant to work on this device for 72 hours without the network' }, 201,
      z.object({ grant_id: z.string(), grant: z.string(), expires_at: z.string() }).openapi('Grant')),
    async (c) => {
      const { store, clock } = c.get('services');
      return c.json(await issueGrant(store, c.get('caller'), clock()), 201);
    },
  )
  .openapi(
    route('public', {
      method: 'post', path: '/api/sessions/grant', tags: ['devices'],
      summary: 'Exchange a grant for a session that posts what the device signed; the device signs grant, time and nonce',
      request: json(z.strictObject({ grant_id: Uuid7, grant: Base64(32), at: Instant, nonce: Base64(16), signature: Base64(64) })),
    }, 201, z.object({ token: z.string(), expires_at: z.string() }).openapi('GrantSession')),
    async (c) => {
      const { store, clock } = c.get('services');
      const { grant_id, grant, at, nonce, signature } = c.req.valid('json');
      const input = { grant_id, grant: bytesOf('grant', grant), at: Date.parse(at), nonce: bytesOf('nonce', nonce), signature: bytesOf('signature', signature) };
      return c.json(await exchangeGrant(store, input, clock()), 201);
    },
  )
  .openapi(
    route('any_kind', {
      method: 'post', path: '/api/session/second-person/grant', tags: ['devices'], summary: 'A second person agreed offline to one checkpoint: the confirmation for it',
      request: json(z.strictObject({ grant_id: Uuid7, checkpoint_id: Uuid7, permission: PermissionName, proof: z.string().regex(/^[0-9a-f]{64}$/) })),
    }, 201, z.object({ confirmation: z.string(), expires_at: z.string() }).openapi('ConfirmationByGrant')),
    async (c) => {
      const { store, clock } = c.get('services');
      return c.json(await confirmByGrant(store.write, c.get('caller'), c.req.valid('json'), clock()), 201);
    },
  )
  .openapi(
    route('reference.read', { method: 'get', path: '/api/desk', tags: ['devices'], summary: 'What a desk of my office needs without the network' }, 200, Desk),
    async (c) => {
      const { store, clock, import_key } = c.get('services');
      const caller = c.get('caller');
      if (caller.office_code === null) throw new Refused('wrong_office', { office_code: null });
      const desk = await deskOf(store.read, caller, caller.office_code, clock());
      const export_key = import_key === null ? null : await publicKeyOf(import_key);
      return c.json({ ...desk, export_key, offices: desk.offices as unknown as AnyRows, bodies: desk.bodies as unknown as AnyRows, reasons: desk.reasons as unknown as AnyRows, staff: desk.staff as unknown as AnyRows, trips: desk.trips as unknown as AnyRows, bags: desk.bags as unknown as AnyRows }, 200);
    },
  )
  .openapi(
    route('outbox.import', {
      method: 'post', path: '/api/outbox/import', tags: ['devices'], summary: 'Take in a queue that a device exported; what was taken in before, by file or network, gives its first receipt',
      request: json(z.strictObject({ format: z.literal('niem.outbox.sealed/1'), key: Base64(65), iv: Base64(12), data: z.string().regex(/^[A-Za-z0-9_-]+$/) })),
    }, 200, Results),
    async (c) => {
      const { store, import_key } = c.get('services');
      if (import_key === null) throw new Refused('no_import_key');
      const { content, signature, file } = await openQueue(import_key, c.req.valid('json'));
      const key = await deviceKey(store.write, file.device_id);
      if (!(await verifySignature(key, fromBase64url(signature), exportBytes(file.device_id, sha256(utf8(content)))))) throw new Refused('bad_signature');
      const results = await takeIn(c, file);
      const refused = results.filter((r) => r.problem !== null).length;
      return c.json({ stored: results.length - refused, refused, results }, 200);
    },
  );

/** Runs of one person, each under that person's grant, in the order the device wrote them. */
async function takeIn(c: Edge, file: QueueFile) {
  const { store, clock, session } = c.get('services');
  const sessions = new Map<string, Caller | Refused>();
  for (const { person_id, grant_id, grant } of file.people) {
    sessions.set(person_id, await orRefused(async () => {
      const { token } = await sessionForImport(store.write, { grant_id, grant: fromBase64url(grant), person_id, device_id: file.device_id }, clock());
      return (await session(sha256(utf8(token)))).caller;
    }));
  }
  const results: Awaited<ReturnType<typeof recordAll>> = [];
  for (let at = 0; at < file.events.length; ) {
    const person_id = file.events[at]?.person_id ?? '';
    let to = at;
    while (to < file.events.length && file.events[to]?.person_id === person_id) to++;
    const run = file.events.slice(at, to);
    const caller = sessions.get(person_id) ?? new Refused('grant_invalid');
    if (caller instanceof Refused) results.push(...run.map((e) => ({ checkpoint_id: e.wire.checkpoint_id, receipt: null, problem: problemOf(caller, c.get('requestId')) })));
    else results.push(...(await recordAll(c, caller, await Promise.all(run.map((e) => confirmed(c, caller, e))))));
    at = to;
  }
  return results;
}

/** The wire with the confirmation of whoever agreed to it; one that cannot be had is missed by the act itself, in its own words. */
async function confirmed(c: Edge, caller: Caller, { wire, second }: QueueFile['events'][number]): Promise<object> {
  if (second === null) return wire;
  const { store, clock } = c.get('services');
  const given = await orRefused(() => confirmByGrant(store.write, caller, { ...second, permission: second.permission as Permission, checkpoint_id: wire.checkpoint_id }, clock()));
  return given instanceof Refused ? wire : { ...wire, confirmation: given.confirmation };
}

async function orRefused<T>(work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}
