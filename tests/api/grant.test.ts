// Grants for work without a network: what a device must prove to use one, once, in time, for somebody who still may; and what
// such a session cannot do. The desks' side runs in a real browser (tests/web/offline.test.ts).

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { base64url, fromBase64url, hex, utf8 } from '../../src/base/bytes.ts';
import { ENROLMENT_CONTEXT, exchangeBytes, hmac, secondBytes } from '../../src/domain/claim.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import { CENTRE, DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, newId, PIN } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

const IMPORT_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url');
let world: World;
let keyless: World;
beforeAll(async () => {
  world = await makeWorld({ import_key: IMPORT_KEY });
  keyless = await makeWorld();
});
afterAll(async () => {
  await world.end();
  await keyless.end();
});
afterEach(async () => void (await world.verify()));

const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
type Device = { device_id: string; sign: (message: Uint8Array<ArrayBuffer>) => Promise<string> };

async function device(office_code = DONG_DANG): Promise<Device> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const sign = async (message: Uint8Array<ArrayBuffer>): Promise<string> => base64url(new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message)));
  const { code } = ok(await world.call('POST', '/api/devices/codes', { token: await world.as('ADMIN'), body: { office_code } }));
  const public_key = base64url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  const { device_id } = ok(await world.call('POST', '/api/devices', { body: { code, name: 'Quầy 1', public_key, signature: await sign(utf8(ENROLMENT_CONTEXT + code)) } }));
  return { device_id, sign };
}
type Grant = { grant_id: string; grant: string; device: Device };
async function grantOf(badge: string, on?: Device): Promise<Grant> {
  const here = on ?? (await device());
  const { token } = ok(await world.call('POST', '/api/sessions', { body: { badge, pin: PIN, device_id: here.device_id } }));
  return { ...ok(await world.call('POST', '/api/session/grant', { token })), device: here };
}
/** What a device sends to use a grant; `changes` to what is sent, `signed` to what is signed. */
async function exchange({ grant_id, grant, device: here }: Grant, changes: object = {}, signed: object = {}): Promise<Answer> {
  const nonce = new Uint8Array(randomBytes(16));
  const at = world.clock();
  const said = { grant_id, grant, at: new Date(at).toISOString(), nonce: base64url(nonce), ...changes };
  const signature = await here.sign(exchangeBytes({ device_id: here.device_id, grant_id, at: Date.parse(said.at), nonce: fromBase64url(said.nonce), ...signed }));
  return world.call('POST', '/api/sessions/grant', { body: { ...said, signature } });
}

test('a grant opens a session on its own device, for what the device signs and nothing else', async () => {
  const grant = await grantOf('CLERK');
  const { token } = ok(await exchange(grant));
  expectRefusal(await world.call('GET', '/api/items', { token }), 'offline_session', 403);
  expectRefusal(await world.call('POST', '/api/checkpoints', { token, body: { ...KT1_LETTER, checkpoint_id: newId() } }), 'bad_signature');
  expect((await world.root.selectFrom('session').select('grant_id').where('grant_id', '=', grant.grant_id).execute()).length).toBe(1);
});

test('an unknown, foreign, wrong or withdrawn grant opens nothing', async () => {
  const grant = await grantOf('CLERK');
  expectRefusal(await exchange({ ...grant, grant_id: newId() }), 'grant_invalid', 401);
  expectRefusal(await exchange({ ...grant, grant: base64url(new Uint8Array(randomBytes(32))) }), 'grant_invalid', 401);
  expectRefusal(await exchange({ ...grant, device: await device() }), 'bad_signature');
  await world.root.updateTable('offline_grant').set({ revoked_at: new Date() }).where('grant_id', '=', grant.grant_id).execute();
  expectRefusal(await exchange(grant), 'grant_invalid', 401);
});

test('a device that was revoked, a person without a role, a grant older than 72 hours', async () => {
  const lost = await grantOf('CLERK1');
  ok(await world.call('POST', `/api/devices/${lost.device.device_id}/revoke`, { token: await world.as('ADMIN'), body: {} }));
  expectRefusal(await exchange(lost), 'grant_invalid', 401);
  const left = await grantOf('CLERK2');
  await world.root.updateTable('person_role').set({ valid_to: '2020-01-01' }).where('person_id', '=', await world.personId('CLERK2')).execute();
  expectRefusal(await exchange(left), 'wrong_office');
  const old = await grantOf('CLERK3');
  await world.root.updateTable('offline_grant').set({ issued_at: new Date(world.clock() - 73 * 3_600_000), expires_at: new Date(world.clock() - 3_600_000) }).where('grant_id', '=', old.grant_id).execute();
  expectRefusal(await exchange(old), 'grant_expired', 401);
});

test('a signature is good near its time, and a nonce once, also for two at once', async () => {
  const grant = await grantOf('CLERK4');
  expectRefusal(await exchange(grant, { at: new Date(world.clock() - 10 * 60_000).toISOString() }), 'signature_stale');
  expectRefusal(await exchange(grant, {}, { at: 1 }), 'bad_signature');
  const nonce = base64url(new Uint8Array(randomBytes(16)));
  const answers = await Promise.all([exchange(grant, { nonce }), exchange(grant, { nonce }), exchange(grant, { nonce })]);
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
  for (const answer of answers.filter(({ status }) => status !== 201)) expectRefusal(answer, 'nonce_used');
});

test('a second person by grant: another person, on this device, for one checkpoint in one role', async () => {
  const here = await device();
  const [first, second] = [await grantOf('SORTER', here), await grantOf('CONTROLLER', here)];
  const { token } = ok(await exchange(first));
  const checkpoint_id = newId();
  const ask = async (grant: Grant, permission: string, of = checkpoint_id): Promise<Answer> => {
    const proof = hex(await hmac(sha256(fromBase64url(grant.grant)), secondBytes({ grant_id: grant.grant_id, checkpoint_id, permission })));
    return world.call('POST', '/api/session/second-person/grant', { token, body: { grant_id: grant.grant_id, checkpoint_id: of, permission, proof } });
  };
  expectRefusal(await ask(first, 'bag.make'), 'same_person', 403);
  expectRefusal(await ask(second, 'trip.dispatch'), 'not_permitted', 403);
  expectRefusal(await ask(second, 'bag.make', newId()), 'grant_invalid', 401);
  expectRefusal(await ask(await grantOf('CONTROLLER'), 'bag.make'), 'grant_invalid', 401);
  expect(ok(await ask(second, 'bag.make')).confirmation).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test('a queue that comes as a file: unreadable to whoever has not the key, and refused where none is set', async () => {
  const rubbish = { format: 'niem.outbox.sealed/1', key: base64url(new Uint8Array(65).fill(4)), iv: base64url(new Uint8Array(12)), data: base64url(new Uint8Array(64)) };
  const head = { token: await world.as('ADMIN'), body: rubbish };
  expectRefusal(await world.call('POST', '/api/outbox/import', head), 'import_unreadable', 422);
  expectRefusal(await keyless.call('POST', '/api/outbox/import', { token: await keyless.as('ADMIN'), body: rubbish }), 'no_import_key');
});

test('a blind count hides the list from whoever counts, in every form', async () => {
  await world.hire('CENTRESORTER', 'sorter', CENTRE);
  const code = await world.accepted({ kind: 'accepted', facts: { ...KT1_LETTER.facts, service: { ...KT1_LETTER.facts.service, secrecy: 'NONE' }, checklist: { ...KT1_LETTER.facts.checklist, outer_mark: 'NONE' } } });
  ok(await world.post('CONTROLLER', { kind: 'approved', code, facts: {} }));
  ok(await world.call('POST', '/api/seals', { token: await world.as('SHIFTHEAD'), body: { prefix: 'BL', from: 1, count: 1, office_code: DONG_DANG } }));
  const { trip_id } = ok(await world.call('POST', '/api/trips', { token: await world.as('SORTER'), body: { to_office_code: CENTRE, mail: 'kt1', route_level: 2, guard_requested: false } }));
  const { code: bag } = ok(await world.post('SORTER', { kind: 'bag_started', facts: { trip_id, manifest_bag: true } }));
  ok(await world.post('SORTER', { kind: 'bagged', code, facts: { bag_code: bag } }));
  ok(await world.post('SORTER', { kind: 'bag_sealed', code: bag, facts: { seal_nos: ['BL000001'], item_count: 1, gross_g: 900, tare_g: 300, last_of_trip: true } }));
  ok(await world.call('PUT', `/api/trips/${trip_id}/vehicle`, { token: await world.as('SHIFTHEAD'), body: { vehicle_no: '12A-0001', vehicle_dedicated: true, driver_person_id: await world.personId('DRIVER') } }));
  ok(await world.post('SHIFTHEAD', { kind: 'bag_departed', code: bag, facts: { vehicle_no: '12A-0001' } }));
  ok(await world.post('CENTRESORTER', { kind: 'bag_arrived', code: bag, facts: {} }));
  ok(await world.post('CENTRESORTER', { kind: 'bag_unsealed', code: bag, facts: { opening_id: newId(), seal_nos: ['BL000001'], blind: true } }));
  const token = await world.as('CENTRESORTER');
  for (const format of ['json', 'csv', 'html', 'xlsx', 'pdf']) expectRefusal(await world.call('GET', `/api/bags/${bag}/manifest?format=${format}`, { token }), 'counted_blind', 403);
  for (const path of [`/api/bags/${bag}/count?tiles=true`, '/api/desk']) expect((await world.call('GET', path, { token })).text).not.toContain(code);
});
