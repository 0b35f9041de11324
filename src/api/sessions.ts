// Sessions, second persons, devices and shifts.

import { fromBase64url } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { PERMISSIONS } from '../domain/role.ts';
import type { Permission } from '../domain/role.ts';
import { enrolDevice, makeEnrolmentCode, revokeDevice } from '../acts/device.ts';
import { confirmAsSecond, signIn, signOut, unlockBadge, unlockSession } from '../acts/session.ts';
import { openShift } from '../acts/shift.ts';
import { bagUnitCode } from '../domain/bag.ts';
import { OfficeCode, UnitCode, Uuid7 } from '../domain/facts.ts';
import { FLIGHT_MAX } from '../ledger/append.ts';
import { devicesOf } from '../views/device.ts';
import { json, newRouter, route, z } from './edge.ts';

const Badge = z.string().regex(/^[A-Z0-9]{4,16}$/).openapi({ example: 'LS1001' });
const Pin = z.string().regex(/^[0-9]{6,12}$/).openapi({ example: '246810' });
export const Base64 = (bytes: number) => z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`));
const Done = z.object({ done: z.literal(true) }).openapi('Done');
const done = { done: true } as const;

const Me = z
  .object({
    person_id: z.string(),
    full_name: z.string(),
    badge: z.string(),
    office_code: z.string().nullable(),
    agency_code: z.string().nullable(),
    device_id: z.string().nullable(),
    shift_id: z.string().nullable(),
    roles: z.array(z.string()),
    permissions: z.array(z.string()),
    clearance: z.string(),
    kt1_trained: z.boolean(),
    locked: z.boolean(),
    auth: z.enum(['pin', 'offline_grant']).openapi({ description: 'offline_grant: exchanged for a grant; posts what the device signed, nothing else' }),
  })
  .openapi('Me');

const routes = newRouter();
// Every request here that is not a mere look changes who may do what.
for (const path of ['/api/session', '/api/session/*', '/api/badges/*', '/api/shifts', '/api/devices/*']) {
  routes.use(path, async (c, next) => {
    await next();
    if (c.req.method !== 'GET') c.get('services').forget();
  });
}

export const sessions = routes
  .openapi(
    route('public', {
      method: 'post', path: '/api/sessions', tags: ['people'], summary: 'Sign in with badge and PIN',
      request: json(z.strictObject({ badge: Badge, pin: Pin, office_code: OfficeCode.optional(), agency_code: z.string().max(20).optional(), device_id: Uuid7.optional() })),
    }, 201, z.object({ token: z.string(), expires_at: z.string() }).openapi('SignedIn')),
    async (c) => {
      const { store, clock } = c.get('services');
      return c.json(await signIn(store, c.req.valid('json'), clock()), 201);
    },
  )
  .openapi(
    route('locked_too', { method: 'get', path: '/api/session', tags: ['people'], summary: 'Who am I, where, on which device, in which shift' }, 200, Me),
    async (c) => {
      const { session } = c.get('services');
      const { session_hash, device_key: _, permissions, roles, grant_id, ...me } = c.get('caller');
      const { idle } = await session(session_hash);
      return c.json({ ...me, roles: [...roles], permissions: [...permissions], locked: idle, auth: grant_id === null ? ('pin' as const) : ('offline_grant' as const) }, 200);
    },
  )
  .openapi(
    route('locked_too', { method: 'delete', path: '/api/session', tags: ['people'], summary: 'Sign out' }, 200, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      await signOut(store.write, c.get('caller'), clock());
      return c.json(done, 200);
    },
  )
  .openapi(
    route('locked_too', { method: 'post', path: '/api/session/unlock', tags: ['people'], summary: 'Open an idle-locked session with the PIN', request: json(z.strictObject({ pin: Pin })) }, 200, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      await unlockSession(store.write, c.get('caller'), c.req.valid('json').pin, clock());
      return c.json(done, 200);
    },
  )
  .openapi(
    route('signed_in', {
      method: 'post', path: '/api/session/second-person', tags: ['people'],
      summary: 'A second person confirms one step of this session by badge and PIN, or one step for each unit of a list',
      request: json(z.strictObject({
        badge: Badge, pin: Pin, permission: z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]]),
        codes: z.array(UnitCode).min(1).max(FLIGHT_MAX).optional().openapi({ description: 'Units of one list: a run signed out, bags a driver takes. Each gets a confirmation of its own, good for nothing else' }),
      })),
    }, 201, z.object({ confirmation: z.string(), expires_at: z.string(), confirmations: z.array(z.object({ code: z.string(), confirmation: z.string() })).optional().openapi({ description: 'One for each of `codes`' }) }).openapi('Confirmation')),
    async (c) => {
      const { store, clock } = c.get('services');
      const { codes, ...input } = c.req.valid('json');
      const units = codes === undefined ? undefined : [...new Set(codes.map(bagUnitCode))];
      return c.json(await confirmAsSecond(store, c.get('caller'), { ...input, codes: units }, clock()), 201);
    },
  )
  .openapi(
    route('person.unlock', { method: 'post', path: '/api/badges/{badge}/unlock', tags: ['people'], summary: 'Unlock a badge after wrong PINs', request: { params: z.object({ badge: Badge }) } }, 200, Done),
    async (c) => {
      if (!(await unlockBadge(c.get('services').store.write, c.req.valid('param').badge))) throw new Refused('wrong_badge_or_pin', { attempts_max: 5 });
      return c.json(done, 200);
    },
  )
  .openapi(
    route('shift.open', { method: 'post', path: '/api/shifts', tags: ['people'], summary: 'Open a shift at my office' }, 201, z.object({ shift_id: z.string() }).openapi('Shift')),
    async (c) => {
      const { store, clock } = c.get('services');
      return c.json(await openShift(store.write, c.get('caller'), clock()), 201);
    },
  )
  .openapi(
    route('device.enrol', { method: 'post', path: '/api/devices/codes', tags: ['devices'], summary: 'Make a one-time enrolment code', request: json(z.strictObject({ office_code: OfficeCode })) }, 201, z.object({ code: z.string(), expires_at: z.string() }).openapi('EnrolmentCode')),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const { office_code } = c.req.valid('json');
      if (!(await reference()).offices.has(office_code)) throw new Refused('unknown_office', { office_code });
      return c.json(await makeEnrolmentCode(store.write, c.get('caller'), office_code, clock()), 201);
    },
  )
  .openapi(
    route('device.enrol', { method: 'get', path: '/api/devices', tags: ['devices'], summary: 'Machines that are or were enrolled' }, 200,
      z.object({ devices: z.array(z.object({ device_id: z.string(), name: z.string(), office_code: z.string(), enrolled_at: z.string(), enrolled_by: z.string(), revoked_at: z.string().nullable() })) }).openapi('Devices')),
    async (c) => c.json({ devices: await devicesOf(c.get('services').store.read) }, 200),
  )
  .openapi(
    route('public', {
      method: 'post', path: '/api/devices', tags: ['devices'],
      summary: 'Enrol a device: its Ed25519 public key and a signature over "niem.enrol/1:" + code',
      request: json(z.strictObject({ code: z.string().regex(/^[0-9A-Z]{12}$/), name: z.string().min(1).max(60), public_key: Base64(32), signature: Base64(64) })),
    }, 201, z.object({ device_id: z.string(), office_code: z.string() }).openapi('Device')),
    async (c) => {
      const { store, clock } = c.get('services');
      const { code, name, public_key, signature } = c.req.valid('json');
      return c.json(await enrolDevice(store, { code, name, public_key: bytesOf('public_key', public_key), signature: bytesOf('signature', signature) }, clock()), 201);
    },
  )
  .openapi(
    route('device.enrol', { method: 'post', path: '/api/devices/{device_id}/revoke', tags: ['devices'], summary: 'Revoke a lost or retired device', request: { params: z.object({ device_id: Uuid7 }) } }, 200, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      await revokeDevice(store.write, c.get('caller'), c.req.valid('param').device_id, clock());
      return c.json(done, 200);
    },
  );

/** Canonical base64url only; another spelling of the same bytes is refused. */
export function bytesOf(field: string, text: string): Uint8Array {
  try {
    return fromBase64url(text);
  } catch {
    throw new Refused('invalid_input', { field, problem_vi: 'không phải base64url chuẩn', problem_en: 'not canonical base64url' });
  }
}
