// Enrolled devices, with real Ed25519 keys: which keys are taken, and that a claim is the device's own or nobody's.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { base64url, fromHex, hex, utf8 } from '../../src/base/bytes.ts';
import { uuidBytes } from '../../src/base/id.ts';
import { ENROLMENT_CONTEXT } from '../../src/domain/claim.ts';
import { keyProblem } from '../../src/domain/key.ts';
import { commit } from '../../src/ledger/append.ts';
import { claimBytes, sha256 } from '../../src/ledger/entry.ts';
import type { Claim } from '../../src/ledger/entry.ts';
import { recordOf } from '../../src/ledger/log_record.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { CENTRE, DONG_DANG, expectRefusal, makeWorld, newId, PARCEL, preprinted } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
let code: string;
beforeAll(async () => {
  world = await makeWorld();
  code = await world.accepted();
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

type Keys = { public_key: Uint8Array; sign: (message: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> };

async function makeKeys(): Promise<Keys> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  return {
    public_key: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message)),
  };
}

async function enrolmentCode(office_code = DONG_DANG): Promise<string> {
  const answer = await world.call('POST', '/api/devices/codes', { token: await world.as('ADMIN'), body: { office_code } });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.code as string;
}

/** Nobody is signed in: the code alone lets a device in. */
async function enrol(keys: Keys, enrolment: string, changes: object = {}): Promise<Answer> {
  const signature = base64url(await keys.sign(utf8(ENROLMENT_CONTEXT + enrolment)));
  const body = { code: enrolment, name: 'Máy quét 1', public_key: base64url(keys.public_key), signature, ...changes };
  return world.call('POST', '/api/devices', { body });
}

const enrolled = async (): Promise<number> => (await world.root.selectFrom('device').select('device_id').execute()).length;

describe('enrolment', () => {
  test('a key that signs the code is taken, and the code is used up', async () => {
    const once = await enrolmentCode();
    const answer = await enrol(await makeKeys(), once);
    expect(answer.body, answer.text).toMatchObject({ office_code: DONG_DANG });
    expectRefusal(await enrol(await makeKeys(), once), 'enrolment_code_invalid', 403);
  });

  test('and its end are entries of the log; what was refused is none', async () => {
    const noted = async () => (await world.root.selectFrom('log_record').select('body').where('kind', 'like', 'device_%').orderBy('record_id').execute()).map((row) => recordOf(new Uint8Array(row.body)));
    const before = (await noted()).length;
    const [once, keys] = [await enrolmentCode(), await makeKeys()];
    const { device_id } = (await enrol(keys, once)).body;
    expectRefusal(await enrol(keys, await enrolmentCode()), 'bad_public_key', 422);
    const revoke = (id: string) => world.as('ADMIN').then((token) => world.call('POST', `/api/devices/${id}/revoke`, { token, body: {} }));
    expect((await revoke(device_id)).status).toBe(200);
    expectRefusal(await revoke(device_id), 'unknown_device', 403);
    const facts = { device_id: uuidBytes(device_id) };
    expect((await noted()).slice(before).map(({ kind, facts: said }) => [kind, said])).toEqual([['device_added', { ...facts, public_key: keys.public_key, office_code: DONG_DANG }], ['device_revoked', facts]]);
    // Another key put into the table is not the one that the log names.
    const faults = async () => (await world.call('GET', '/api/ledger/verdict', { token: await world.as('INSPECTOR') })).body.faults;
    const put = (public_key: Uint8Array) => world.root.updateTable('device').set({ public_key: Buffer.from(public_key) }).where('device_id', '=', device_id).execute();
    await put((await makeKeys()).public_key);
    expect(await faults()).toEqual([{ table: 'device', key: device_id, column: 'public_key', problem: 'is not the key that the log names' }]);
    await put(keys.public_key);
    expect(await faults()).toEqual([]);
    // Whoever has all rights cannot take that back: the log's own tables stand under the same triggers.
    await expect(world.root.deleteFrom('log_record').where('kind', '=', 'device_revoked').execute()).rejects.toThrow();
  });

  test('of eight devices that send one code at once, one gets in', async () => {
    const [once, before] = [await enrolmentCode(), await enrolled()];
    const keys = await Promise.all(Array.from({ length: 8 }, makeKeys));
    const answers = await Promise.all(keys.map((each) => enrol(each, once)));
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expectRefusal(answer, 'enrolment_code_invalid');
    expect(await enrolled()).toBe(before + 1);
  });

  test('of eight codes that one key answers at once, one lets it in; the others stay good', async () => {
    const [keys, before] = [await makeKeys(), await enrolled()];
    const codes = await Promise.all(Array.from({ length: 8 }, () => enrolmentCode()));
    const answers = await Promise.all(codes.map((each) => enrol(keys, each)));
    for (const answer of answers) if (answer.status !== 201) expectRefusal(answer, 'bad_public_key', 422);
    expect(await enrolled()).toBe(before + 1);
    const again = await Promise.all(codes.map(async (each) => enrol(await makeKeys(), each)));
    expect(again.filter((answer) => answer.status === 201)).toHaveLength(7);
  });

  test('a code ends after half an hour, and is made for offices that there are', async () => {
    const late = await enrolmentCode();
    world.advance(30 * 60_000 + 1);
    expectRefusal(await enrol(await makeKeys(), late), 'enrolment_code_invalid', 403);
    world.advance(-30 * 60_000 - 1);
    expectRefusal(await enrol(await makeKeys(), '23456789ABCD'), 'enrolment_code_invalid', 403);
    const nowhere = await world.call('POST', '/api/devices/codes', { token: await world.as('ADMIN'), body: { office_code: '999999' } });
    expectRefusal(nowhere, 'unknown_office', 422);
  });

  test('a proof by another key, of another code or for another purpose is refused and uses nothing up', async () => {
    const [keys, other, once] = [await makeKeys(), await makeKeys(), await enrolmentCode()];
    const proofs = [
      await other.sign(utf8(ENROLMENT_CONTEXT + once)),
      await keys.sign(utf8(ENROLMENT_CONTEXT)),
      await keys.sign(utf8(once)),
    ];
    for (const proof of proofs) expectRefusal(await enrol(keys, once, { signature: base64url(proof) }), 'bad_signature', 422);
    expect((await enrol(keys, once)).status).toBe(201);
  });
});

/** The eight points that any signature fits (RFC 8032 curve, cofactor 8). */
const LOW_ORDER = [
  `01${'00'.repeat(31)}`,
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `${'00'.repeat(31)}80`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  '00'.repeat(32),
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
];
/** y = p .. 2^255 - 1 with either sign, and x = 0 written with the sign of what is not there. */
const NON_CANONICAL = [
  ...Array.from({ length: 19 }, (_, i) => hex(Uint8Array.of(0xed + i))).flatMap((low) =>
    ['7f', 'ff'].map((top) => low + 'ff'.repeat(30) + top),
  ),
  `01${'00'.repeat(30)}80`,
  `ec${'ff'.repeat(31)}`,
];
const mixed = (public_key: Uint8Array, torsion: string): string =>
  hex(ed25519.Point.fromBytes(public_key).add(ed25519.Point.fromHex(torsion)).toBytes());

describe('keys that let their holder deny everything', () => {
  async function expectUnfit(keys: Keys, unfit: readonly string[]): Promise<void> {
    const [once, before] = [await enrolmentCode(), await enrolled()];
    for (const key of unfit) {
      expect(keyProblem(fromHex(key)), key).not.toBeNull();
      expectRefusal(await enrol(keys, once, { public_key: base64url(fromHex(key)) }), 'bad_public_key', 422);
    }
    expect(await enrolled()).toBe(before);
  }
  test('the 8 low-order points are refused', async () => expectUnfit(await makeKeys(), LOW_ORDER));
  test('the 40 encodings that have a second spelling are refused', async () => expectUnfit(await makeKeys(), NON_CANONICAL));

  test('a good key with a low-order part is refused, 7 times', async () => {
    const keys = await makeKeys();
    const torsion = LOW_ORDER.slice(1).filter((point) => mixed(keys.public_key, point) !== hex(keys.public_key));
    expect(torsion).toHaveLength(7);
    const parts = torsion.map((point) => mixed(keys.public_key, point));
    await expectUnfit(keys, parts);
    expect(keyProblem(keys.public_key)).toBeNull();
  });

  test('31 bytes, 33 bytes and a second spelling of base64url are refused', async () => {
    const [keys, once] = [await makeKeys(), await enrolmentCode()];
    const good = base64url(keys.public_key);
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = good.slice(0, -1) + last[last.indexOf(good.at(-1) ?? '') + 1];
    for (const public_key of [good.slice(0, 42), `${good}A`, `${good}=`, twin])
      expectRefusal(await enrol(keys, once, { public_key }), 'invalid_input', 422);
  });

  test('the CCTV vectors with a low-order or non-canonical key are refused', (context) => {
    const folder = path.join(import.meta.dirname, '../../../shared/vectors');
    const [file] = globSync('**/ed25519vectors.json', { cwd: folder });
    if (file === undefined) {
      console.log('no ed25519 vectors stand beside this project: the points above are all there is');
      return context.skip('no ed25519vectors.json in ../shared/vectors');
    }
    const vectors: { A: string; Flags: string[] | null }[] = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    const unfit = vectors.filter(({ Flags }) => Flags?.some((flag) => /^(low_order|non_canonical)_A$/.test(flag)));
    expect(unfit.length).toBeGreaterThan(100);
    for (const { A } of unfit) expect(keyProblem(fromHex(A)), A).not.toBeNull();
  });
});

type Device = { device_id: string; keys: Keys; token: string; claim: (seq: number, changes?: Partial<Claim>) => Claim };

async function makeDevice(badge = 'CLERK'): Promise<Device> {
  const keys = await makeKeys();
  const { device_id } = (await enrol(keys, await enrolmentCode())).body;
  const token = await world.newToken(badge, { device_id });
  const { person_id, office_code } = (await world.call('GET', '/api/session', { token })).body;
  const nothing = { device_prev: null, device_at: null, clock_offset_ms: null, head_seen: null, facts: {}, commitments: {} };
  const seen = { kind: 'seen' as const, code, person_id, office_code, device_id, ...nothing };
  const claim = (device_seq: number, changes: Partial<Claim> = {}): Claim => ({ ...seen, checkpoint_id: newId(), device_seq, ...changes });
  return { device_id, keys, token, claim };
}

/** A claim as it goes over the wire. */
async function wire(claim: Claim, keys: Keys, more: object = {}): Promise<object> {
  const { checkpoint_id, kind, code: number, device_seq, device_prev, device_at, facts } = claim;
  const signature = base64url(await keys.sign(claimBytes(claim)));
  const named = { ...(number === null ? {} : { code: number }), ...(device_prev === null ? {} : { device_prev: hex(device_prev) }) };
  const at = device_at === null ? {} : { device_at: new Date(device_at).toISOString() };
  return { checkpoint_id, kind, ...named, ...at, device_seq, facts, signature, ...more };
}
const post = async (device: Device, body: object): Promise<Answer> => world.call('POST', '/api/checkpoints', { token: device.token, body });
const record = async (device: Device, claim: Claim, more: object = {}): Promise<Answer> =>
  post(device, await wire(claim, device.keys, more));

describe('a session on a device', () => {
  test('stores what the device has numbered and signed, chained to what it signed before', async () => {
    const device = await makeDevice();
    const first = device.claim(1, { device_at: Date.now() });
    const second = device.claim(2, { device_prev: sha256(claimBytes(first)) });
    expect((await record(device, first)).status).toBe(201);
    expect((await record(device, second)).status).toBe(201);
    const { body } = await world.call('GET', `/api/items/${code}/chain`, { token: device.token });
    expect(body.checkpoints.slice(-2)).toMatchObject([{ device_id: device.device_id, device_seq: 1 }, { device_seq: 2 }]);
    expect((await world.verify()).device_gaps).toEqual([]);
  });

  test('stores a parcel whose personal data the device has committed to with salts of its own', async () => {
    const device = await makeDevice();
    const salts = { sender: '11'.repeat(32), addressee: '22'.repeat(32), declaration: '33'.repeat(32) };
    const parts = Object.entries(PARCEL.personal).map(([party, fields]) => [party, commit(fromHex(salts[party as 'sender']), fields)]);
    const commitments = Object.fromEntries(parts);
    const parcel = (seq: number) => device.claim(seq, { kind: 'accepted', code: null, facts: PARCEL.facts, commitments });
    const answer = await record(device, parcel(1), { personal: PARCEL.personal, salts });
    expect(answer.status, answer.text).toBe(201);
    expectRefusal(await record(device, parcel(2), { personal: PARCEL.personal }), 'bad_signature');
    const renamed = { ...PARCEL.personal, declaration: { contents: 'Pháo' } };
    expectRefusal(await record(device, parcel(2), { personal: renamed, salts }), 'bad_signature');
  });

  test('stores nothing that the device did not sign as it stands, and keeps the attempt', async () => {
    const [device, other, elsewhere] = [await makeDevice(), await makeDevice('CLERK1'), await world.accepted()];
    const signed = await wire(device.claim(1), device.keys);
    // prettier-ignore
    const changes: [what: string, more: object][] = [
      ['unsigned', { signature: undefined }], ['unnumbered', { device_seq: undefined }], ['numbered anew', { device_seq: 2 }],
      ['moved to another item', { code: elsewhere }], ['under another id', { checkpoint_id: newId() }], ['of another kind', { kind: 'approved' }],
      ['with other facts', { kind: 'reweighed', facts: { weight_g: 1 } }], ['at another time', { device_at: '2021-01-21T14:30:00+07:00' }],
      ['with another past', { device_prev: '00'.repeat(32) }], ['with another head', { head_seen: '00'.repeat(32) }],
      ['with another offset', { clock_offset_ms: 1 }], ['with no signature at all', { signature: 'A'.repeat(86) }],
    ];
    for (const [what, more] of changes) {
      const body = { ...signed, ...more } as { checkpoint_id: string };
      const answer = await post(device, body);
      expect(answer.body?.refusal, `${what}: ${answer.text}`).toBe('bad_signature');
      const kept = await world.root.selectFrom('refused_claim').select('refusal').where('checkpoint_id', '=', body.checkpoint_id).execute();
      expect(kept, what).toEqual([{ refusal: 'bad_signature' }]);
    }
    expectRefusal(await post(device, await wire(device.claim(1), other.keys)), 'bad_signature', 422);
    expectRefusal(await post(other, signed), 'bad_signature');
    expectRefusal(await world.call('POST', '/api/checkpoints', { token: await world.as('CLERK'), body: signed }), 'unknown_device', 403);
    expect((await post(device, signed)).status).toBe(201);
  });

  test('refuses a second spelling of a signature as such, alone and in a batch', async () => {
    const device = await makeDevice();
    const good = (await wire(device.claim(1), device.keys)) as { signature: string };
    const twin = { ...good, signature: `${good.signature.slice(0, -1)}${{ A: 'B', Q: 'R', g: 'h', w: 'x' }[good.signature.at(-1) ?? '']}` };
    const batch = await world.call('POST', '/api/checkpoints/batch', { token: device.token, body: { checkpoints: [twin, good] } });
    expect(batch.body, batch.text).toMatchObject({ stored: 1, refused: 1 });
    expect((await post(device, twin)).status).toBeLessThan(500);
  });

  test('never uses a number twice; the same claim again is the same receipt', async () => {
    const device = await makeDevice();
    const claim = device.claim(1);
    const first = await record(device, claim);
    expect((await record(device, claim)).text).toBe(first.text);
    expectRefusal(await record(device, device.claim(1)), 'device_sequence_reused', 409);
    const twins = await Promise.all([2, 2].map((seq) => record(device, device.claim(seq))));
    expect(twins.map((answer) => answer.status).toSorted()).toEqual([201, 409]);
    const checkpoints = await Promise.all([3, 3].map((seq) => wire(device.claim(seq), device.keys)));
    const batch = await world.call('POST', '/api/checkpoints/batch', { token: device.token, body: { checkpoints } });
    expect(batch.body).toMatchObject({ stored: 1, refused: 1 });
  });

  test('shows what was suppressed as a gap, until it comes in late', async () => {
    const device = await makeDevice();
    for (const seq of [1, 2, 6]) expect((await record(device, device.claim(seq))).status).toBe(201);
    const gaps = async () => (await world.verify()).device_gaps.filter((gap) => gap.device_id === device.device_id);
    expect(await gaps()).toEqual([{ device_id: device.device_id, missing_from: 3, missing_to: 5 }]);
    await record(device, device.claim(4));
    expect(await gaps()).toMatchObject([
      { missing_from: 3, missing_to: 3 },
      { missing_from: 5, missing_to: 5 },
    ]);
    for (const seq of [3, 5]) await record(device, device.claim(seq));
    expect(await gaps()).toEqual([]);
  });

  test('does not take a claim that was refused, and kept, for one that was suppressed', async () => {
    const device = await makeDevice();
    expectRefusal(await record(device, device.claim(1, { code: preprinted(7_777) })), 'unknown_unit');
    expect((await record(device, device.claim(2))).status).toBe(201);
    expect((await world.verify()).device_gaps.filter((gap) => gap.device_id === device.device_id)).toEqual([]);
  });

  test('holds its refused claims in its chain: one taken out shows as a gap, one rewritten as a break', async () => {
    const device = await makeDevice();
    const refused = device.claim(1, { code: preprinted(7_778) });
    expectRefusal(await record(device, refused), 'unknown_unit');
    expect((await record(device, device.claim(2, { device_prev: sha256(claimBytes(refused)) }))).status).toBe(201);
    const verdict = async () => {
      const { faults, device_gaps } = await verifyLedger(world.services.store.read, world.services.store.vault);
      return { faults, gaps: device_gaps.filter((gap) => gap.device_id === device.device_id) };
    };
    expect(await verdict()).toEqual({ faults: [], gaps: [] });
    await sql`alter table refused_claim disable trigger all`.execute(world.root);
    const row = await world.root.deleteFrom('refused_claim').where('checkpoint_id', '=', refused.checkpoint_id).returningAll().executeTakeFirstOrThrow();
    expect(await verdict()).toEqual({ faults: [], gaps: [{ device_id: device.device_id, missing_from: 1, missing_to: 1 }] });
    const { refused_id: _, ...kept } = row;
    const put = (claim: Claim) => world.root.insertInto('refused_claim').values({ ...kept, claim: Buffer.from(claimBytes(claim)) }).execute();
    await put({ ...refused, code: preprinted(7_779) });
    expect((await verdict()).faults).toMatchObject([{ table: 'checkpoint', problem: "does not follow the device's previous claim" }]);
    await world.root.deleteFrom('refused_claim').where('checkpoint_id', '=', refused.checkpoint_id).execute();
    await put(refused);
    await sql`alter table refused_claim enable trigger all`.execute(world.root);
    for (const name of ['refused_claim_append_only', 'refused_claim_no_truncate']) await sql`alter table refused_claim enable always trigger ${sql.ref(name)}`.execute(world.root);
    expect(await verdict()).toEqual({ faults: [], gaps: [] });
  });

  test('ends at once when the device is revoked; what it signed before still verifies', async () => {
    const device = await makeDevice();
    expect((await record(device, device.claim(1))).status).toBe(201);
    const revoke = async () => world.call('POST', `/api/devices/${device.device_id}/revoke`, { token: await world.as('ADMIN'), body: {} });
    expect((await revoke()).status).toBe(200);
    expectRefusal(await record(device, device.claim(2)), 'not_signed_in', 401);
    for (const path of ['/api/session', '/api/items', `/api/items/${code}`])
      expectRefusal(await world.call('GET', path, { token: device.token }), 'not_signed_in', 401);
    expectRefusal(await revoke(), 'unknown_device', 403);
    const again = { badge: 'CLERK', pin: '246810', device_id: device.device_id };
    expectRefusal(await world.call('POST', '/api/sessions', { body: again }), 'unknown_device', 403);
  });

  test('is not to be had on the device of another office', async () => {
    const keys = await makeKeys();
    const { device_id } = (await enrol(keys, await enrolmentCode(CENTRE))).body;
    expectRefusal(await world.call('POST', '/api/sessions', { body: { badge: 'CLERK', pin: '246810', device_id } }), 'unknown_device');
  });
});
