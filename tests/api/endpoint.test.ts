// Endpoints and messages: two colleagues keep them, nobody else sees them; what is sent is signed, thin, in order, and never lost.

import { spawn } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { LADDER_MS } from '../../src/domain/message.ts';
import { postWebhook, isPublic } from '../../src/interchange/webhook_node.ts';
import { tell } from '../../src/store/message.ts';
import { receiver } from '../support/receiver.ts';
import type { Got } from '../support/receiver.ts';
import { expectRefusal, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
let smtp: SMTPServer;
const letters: { to: string[]; text: string }[] = [];
let smtpRefuses = false;

beforeAll(async () => {
  smtp = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (smtpRefuses) return done(Object.assign(new Error('mailbox full'), { responseCode: 452 }));
        letters.push({ to: session.envelope.rcptTo.map((rcpt) => rcpt.address), text: Buffer.concat(chunks).toString() });
        done();
      });
    },
  });
  const port = await new Promise<number>((resolve) => {
    const server = smtp.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  world = await makeWorld({ lan_hosts: '127.0.0.1', smtp_url: `smtp://127.0.0.1:${port}` });
  await world.hire('LIAISON2', 'liaison', '');
  for (const badge of ['CUSTOMS', 'CUSTOMS2']) {
    const person_id = (await world.hire(badge, 'liaison', '')) ?? '';
    await world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', person_id).execute();
  }
});
afterAll(async () => {
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  await world.end();
});
afterEach(async () => {
  await world.root.updateTable('endpoint').set({ ended_at: new Date(), ended_by: await world.personId('LIAISON') }).where('ended_at', 'is', null).execute();
  await world.verify();
  for (const badge of ['LIAISON', 'LIAISON2', 'CUSTOMS', 'CUSTOMS2']) world.forget(badge);
});

const ask = async (badge: string, method: string, route: string, body?: object): Promise<Answer> => world.call(method, `/api/endpoints${route}`, { token: await world.as(badge), body });
const confirmed = (badge: string, second: string) => world.confirmation(badge, second, 'endpoint.keep');

async function registered(address: string, schemes: string[] = ['v1a'], badge = 'LIAISON', second = 'LIAISON2'): Promise<{ endpoint_id: string; keys: { scheme: string; verify_key: string }[] }> {
  const answer = await ask(badge, 'POST', '', { channel: 'webhook', address, schemes, confirmation: await confirmed(badge, second) });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}

const say = (parties: string[], subject_id: string, ref_id: string | null = null) =>
  world.services.store.write.transaction().execute((tx) => tell(tx, parties, { kind: 'casefile.changed', subject_kind: 'casefile', subject_id, ref_id }, world.clock()));

/** Signatures of a scheme over what was got. */
function signedBy(got: Got, whpk: string): boolean {
  const raw = Buffer.from(whpk.replace('whpk_', ''), 'base64');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
  const text = Buffer.from(`${got.headers['webhook-id']}.${got.headers['webhook-timestamp']}.${got.body}`);
  return (got.headers['webhook-signature'] ?? '').split(' ').some((each) => each.startsWith('v1a,') && verify(null, text, key, Buffer.from(each.slice(4), 'base64')));
}

describe('keeping endpoints', () => {
  test('takes a colleague of the same agency, who confirms; neither alone nor with a stranger', async () => {
    const body = { channel: 'webhook', address: 'https://hook.mau.example/niem' };
    expectRefusal(await ask('LIAISON', 'POST', '', { ...body, confirmation: 'A'.repeat(43) }), 'second_person_invalid', 403);
    const foreign = await ask('LIAISON', 'POST', '', { ...body, confirmation: await confirmed('LIAISON', 'CUSTOMS') });
    expectRefusal(foreign, 'second_person_elsewhere', 403);
    const self = await world.call('POST', '/api/session/second-person', { token: await world.as('LIAISON'), body: { badge: 'LIAISON', pin: '246810', permission: 'endpoint.keep' } });
    expectRefusal(self, 'same_person');
    const confirmation = await confirmed('LIAISON', 'LIAISON2');
    expect((await ask('LIAISON', 'POST', '', { ...body, confirmation })).status).toBe(201);
    expectRefusal(await ask('LIAISON', 'POST', '', { ...body, confirmation }), 'second_person_invalid');
  });

  test.each([
    ['http://hook.mau.example/', 'https'], ['https://hook.mau.example:8443/', '443'], ['https://a:b@hook.mau.example/', 'name'], ['ftp://hook.mau.example/', 'https'], ['not an address', 'address'], ['https://hook.mau.example/#x', '#'],
  ])('refuses the address %s and says why', async (address, why) => {
    const answer = await ask('LIAISON', 'POST', '', { channel: 'webhook', address, confirmation: await confirmed('LIAISON', 'LIAISON2') });
    expectRefusal(answer, 'invalid_input', 422);
    expect(answer.body).toMatchObject({ facts: { field: 'address' } });
    expect(answer.body.en).toContain(why);
  });

  test('another agency sees nothing of it and changes nothing, with the same bytes as if there were nothing', async () => {
    const mine = await registered('https://hook.mau.example/x');
    expect((await ask('CUSTOMS', 'GET', '')).body.rows).toEqual([]);
    expect((await ask('CUSTOMS', 'GET', `/${mine.endpoint_id}/messages`)).body.rows).toEqual([]);
    const blind = (answer: Answer) => answer.text.replaceAll(/[0-9a-f-]{36}/g, 'ID');
    for (const [route, body] of [['resume', undefined], ['test', undefined], ['keys', { scheme: 'v1a' }], ['end', {}]] as const) {
      const [theirs, none] = await Promise.all([mine.endpoint_id, newId()].map(async (id) => ask('CUSTOMS', 'POST', `/${id}/${route}`, body && { ...body, confirmation: await confirmed('CUSTOMS', 'CUSTOMS2') })));
      expectRefusal(theirs as Answer, 'unknown_endpoint', 404);
      expect(blind(theirs as Answer)).toBe(blind(none as Answer));
    }
    expect((await ask('LIAISON', 'GET', '')).body.rows[0]).toMatchObject({ endpoint_id: mine.endpoint_id, ended_at: null, waiting: 0 });
  });

  test('keys are rotated: both sign for a day, then the new one alone; ended, nothing is sent', async () => {
    const agency = await receiver();
    const { endpoint_id, keys } = await registered(agency.url);
    const next = (await ask('LIAISON', 'POST', `/${endpoint_id}/keys`, { scheme: 'v1a', confirmation: await confirmed('LIAISON', 'LIAISON2') })).body;
    await say(['CA-LS'], newId());
    await world.tick();
    const [old, fresh] = [keys[0]?.verify_key ?? '', next.verify_key];
    expect([agency.got.length, signedBy(agency.got[0] as Got, old), signedBy(agency.got[0] as Got, fresh)]).toEqual([1, true, true]);
    world.advance(24 * 3_600_000 + 1);
    await say(['CA-LS'], newId());
    await world.tick();
    expect([agency.got.length, signedBy(agency.got[1] as Got, old), signedBy(agency.got[1] as Got, fresh)]).toEqual([2, false, true]);
    world.advance(-(24 * 3_600_000 + 1));
    expect((await ask('LIAISON', 'POST', `/${endpoint_id}/end`, { confirmation: await confirmed('LIAISON', 'LIAISON2') })).status).toBe(200);
    expect(await say(['CA-LS'], newId())).toBe(0);
    expectRefusal(await ask('LIAISON', 'POST', `/${endpoint_id}/test`), 'unknown_endpoint');
    await agency.close();
  });
});

describe('what is sent', () => {
  test('is read by the Standard Webhooks library, is thin, and is the same at every attempt', async () => {
    const agency = await receiver({ answer: (_, count) => (count === 1 ? 500 : 204) });
    const { endpoint_id, keys } = await registered(agency.url, ['v1a', 'v1']);
    expect((await ask('LIAISON', 'POST', `/${endpoint_id}/test`)).status).toBe(200);
    expect(await world.tick()).toEqual({ arrived: 0, failed: 1 });
    world.advance(LADDER_MS[0]);
    expect(await world.tick()).toEqual({ arrived: 1, failed: 0 });
    world.advance(-LADDER_MS[0]);
    const [first, again] = agency.got as [Got, Got];
    expect([again.headers['webhook-id'], again.body]).toEqual([first.headers['webhook-id'], first.body]);
    const secret = keys.find((key) => key.scheme === 'v1')?.verify_key ?? '';
    for (const got of [first, again]) {
      expect(new Webhook(secret).verify(got.body, got.headers)).toMatchObject({ type: 'endpoint.tested' });
      expect(() => new Webhook(secret).verify(`${got.body} `, got.headers)).toThrow('No matching signature');
      expect(signedBy(got, keys.find((key) => key.scheme === 'v1a')?.verify_key ?? '')).toBe(true);
      expect(Object.keys(got.data)).toEqual(['type', 'timestamp', 'data']);
      expect(got.data.data).toEqual({ subject_kind: 'endpoint', subject_id: endpoint_id, ref_id: null });
      expect(Buffer.byteLength(got.body)).toBeLessThan(400);
    }
    expect((await ask('LIAISON', 'GET', `/${endpoint_id}/messages`)).body.rows).toMatchObject([{ kind: 'endpoint.tested', attempts: 1, last_status: 204, last_problem: null }]);
    await agency.close();
  });

  test('to a receiver that was dead for an hour arrives in full once it is back: signed, in order for each case', async () => {
    const alive = await receiver();
    const { port } = alive;
    const { keys, endpoint_id } = await registered(alive.url);
    await alive.close();
    const cases = Array.from({ length: 5 }, newId);
    const said: string[][] = cases.map(() => []);
    // Written through the hour by eight at a time, while the worker tries.
    let failed = 0;
    for (let minute = 0; minute < 60; minute += 5) {
      await Promise.all(cases.map(async (casefile_id, i) => {
        const ref_id = newId();
        await say(['CA-LS', 'HQ-LS'], casefile_id, ref_id);
        said[i]?.push(ref_id);
      }));
      failed += (await world.tick()).failed;
      world.advance(5 * 60_000);
    }
    world.forget('LIAISON');
    expect((await ask('LIAISON', 'GET', '')).body.rows.find((row: any) => row.endpoint_id === endpoint_id)).toMatchObject({ waiting: 60, delivered: 0 });
    const back = await receiver({ port });
    let passes = 0;
    for (; back.got.length < 60 && passes < 40; passes++) {
      await world.tick();
      world.advance(5 * 60_000);
    }
    console.log(`dead for an hour: ${failed} failed attempts, then ${back.got.length} of 60 messages in ${passes} passes of 5 minutes`);
    expect(failed).toBeGreaterThan(3);
    expect(back.got.length).toBe(60);
    for (const [i, casefile_id] of cases.entries()) expect(back.got.filter((got) => got.data.data.subject_id === casefile_id).map((got) => got.data.data.ref_id)).toEqual(said[i]);
    expect(new Set(back.got.map((got) => got.headers['webhook-id'])).size).toBe(60);
    for (const got of back.got) expect(signedBy(got, keys[0]?.verify_key ?? '')).toBe(true);
    // At most as long as the step of the ladder that was under way.
    expect(passes).toBeLessThanOrEqual(25);
    world.advance(-(60 + passes * 5) * 60_000);
    await back.close();
  });

  test('by several workers at once still comes in order and once each', async () => {
    const agency = await receiver({ answer: async () => (await new Promise((resolve) => setTimeout(resolve, 5)), 200) });
    await registered(agency.url);
    const cases = Array.from({ length: 4 }, newId);
    const said: string[] = [];
    for (let i = 0; i < 10; i++) for (const casefile_id of cases) {
      const ref_id = newId();
      await say(['CA-LS'], casefile_id, ref_id);
      said.push(ref_id);
    }
    const drained = async () => { while (agency.got.length < 40) await world.tick(); };
    await Promise.all([drained(), drained(), drained()]);
    for (const casefile_id of cases) {
      const refs = agency.got.filter((got) => got.data.data.subject_id === casefile_id).map((got) => got.data.data.ref_id);
      expect(refs).toEqual(said.filter((ref) => refs.includes(ref)));
      expect(refs.length).toBe(10);
    }
    await agency.close();
  });

  test('one case that the receiver refuses stops neither the others nor, in the end, for ever: the endpoint is suspended, resumed, and all arrives', async () => {
    const [bad, good] = [newId(), newId()];
    let mended = false;
    const agency = await receiver({ answer: (got) => (got.data.data.subject_id === bad && !mended ? 500 : 200) });
    const { endpoint_id } = await registered(agency.url);
    await say(['CA-LS'], bad);
    await say(['CA-LS'], bad);
    await say(['CA-LS'], good);
    await world.tick();
    expect(agency.got.map((got) => got.data.data.subject_id).toSorted()).toEqual([bad, good].toSorted());
    const waited = LADDER_MS.reduce((sum, wait) => sum + wait, 0);
    for (const wait of LADDER_MS) {
      world.advance(wait);
      await world.tick();
    }
    expect(waited / 60_000).toBeCloseTo(75 * 60 + 35 + 5 / 60, 5);
    world.forget('LIAISON');
    const row = async () => (await ask('LIAISON', 'GET', '')).body.rows.find((each: any) => each.endpoint_id === endpoint_id);
    expect(await row()).toMatchObject({ waiting: 2, delivered: 1, suspended_at: expect.any(String) });
    await say(['CA-LS'], good);
    expect(await world.tick()).toEqual({ arrived: 0, failed: 0 });
    mended = true;
    expect((await ask('LIAISON', 'POST', `/${endpoint_id}/resume`)).status).toBe(200);
    expect(await world.tick()).toEqual({ arrived: 3, failed: 0 });
    expect(await row()).toMatchObject({ waiting: 0, delivered: 4, suspended_at: null });
    world.advance(-waited);
    world.forget('LIAISON');
    await agency.close();
  });

  test('by e-mail goes through a real SMTP server: thin, under one Message-ID; refused, it is tried again', async () => {
    const answer = await ask('LIAISON', 'POST', '', { channel: 'email', address: 'truc-ban@mau.example', confirmation: await confirmed('LIAISON', 'LIAISON2') });
    expect(answer.status, answer.text).toBe(201);
    const casefile_id = newId();
    await say(['CA-LS'], casefile_id);
    smtpRefuses = true;
    expect(await world.tick()).toEqual({ arrived: 0, failed: 1 });
    smtpRefuses = false;
    const [waiting] = (await ask('LIAISON', 'GET', `/${answer.body.endpoint_id}/messages`)).body.rows;
    expect(waiting).toMatchObject({ last_status: 452, last_problem: 'smtp_refused', delivered_at: null });
    world.advance(LADDER_MS[0]);
    expect(await world.tick()).toEqual({ arrived: 1, failed: 0 });
    world.advance(-LADDER_MS[0]);
    expect(letters.length).toBe(1);
    const [letter] = letters as [{ to: string[]; text: string }];
    expect(letter.to).toEqual(['truc-ban@mau.example']);
    expect(letter.text).toContain(`Message-ID: <msg_${waiting.message_id}@niem>`);
    expect(letter.text).toContain('Auto-Submitted: auto-generated');
    expect(letter.text).toContain(casefile_id);
  });
});

test('a casefile tells the systems of its other parties of what they may see, and of nothing else', async () => {
  const [police, customs] = [await receiver(), await receiver()];
  await registered(police.url);
  await registered(customs.url, ['v1a'], 'CUSTOMS', 'CUSTOMS2');
  const code = await world.accepted(PARCEL);
  const asked = async (badge: string, route: string, body: object): Promise<any> => {
    const answer = await world.call('POST', `/api/cases${route}`, { token: await world.as(badge), body });
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const opening = { entry_id: newId(), facts: { source: 'suspicion', severity: 'high', unit_codes: [code] } };
  const { casefile_id } = await asked('LIAISON', '', opening);
  const add = (badge: string, kind: string, facts: object, more: object = {}) => asked(badge, `/${casefile_id}/entries`, { entry_id: newId(), kind, facts, ...more });
  await add('LIAISON', 'said', {}, { words: 'Chỉ chúng tôi biết' });
  await world.tick();
  expect(customs.got).toEqual([]);
  const expected = [await add('LIAISON', 'party_added', { party_code: 'HQ-LS' }), await add('LIAISON', 'said', {}, { words: 'Các bên cùng xem' })];
  await add('LIAISON', 'said', {}, { words: 'Riêng chúng tôi', only_party: 'CA-LS' });
  const answer = await add('CUSTOMS', 'said', {}, { words: 'Đã rõ' });
  await world.tick();
  expect(customs.got.map((got) => [got.data.data.subject_id, got.data.data.ref_id])).toEqual(expected.map((entry) => [casefile_id, entry.entry_id]));
  expect(police.got.map((got) => got.data.data.ref_id)).toEqual([answer.entry_id]);
  for (const got of [...customs.got, ...police.got]) expect(got.body).not.toContain('xem');
  await police.close();
  await customs.close();
});

describe('the way out is no way in', () => {
  test.each([
    '127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '198.18.0.1', '::1', '::', 'fe80::1', 'fc00::1', 'fd12:3456::1', '::ffff:127.0.0.1',
    '::ffff:10.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1', 'ff02::1', '2001::1', 'nonsense',
  ])('%s is not public', (address) => expect(isPublic(address)).toBe(false));
  test.each(['8.8.8.8', '1.1.1.1', '203.162.0.11', '172.32.0.1', '2606:4700::1111', '2405:4800::1'])('%s is', (address) => expect(isPublic(address)).toBe(true));

  const wire = { headers: { 'content-type': 'application/json' }, body: '{}' };
  test.each(['https://localhost/', 'https://127.0.0.1/', 'https://[::1]/', 'https://0x7f000001/', 'https://2130706433/', 'https://127.1/', 'https://[::ffff:127.0.0.1]/', 'http://127.0.0.1/'])('%s is refused before anything is sent', async (address) => {
    expect(await postWebhook(address, wire, new Set())).toEqual({ status: null, problem: 'address_refused' });
  });

  test('a redirect is not followed, a receiver that says nothing is left after a while, and gone means gone', async () => {
    const inside = await receiver();
    const outside = await receiver({ answer: () => 302, location: inside.url });
    const lan = new Set(['127.0.0.1']);
    expect(await postWebhook(outside.url, wire, lan)).toEqual({ status: 302, problem: 'redirect_refused' });
    expect(inside.got).toEqual([]);
    expect(await postWebhook('http://127.0.0.1:1/', wire, lan)).toEqual({ status: null, problem: 'econnrefused' });
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new DOMException('late', 'TimeoutError')), 50);
      return controller.signal;
    });
    const silent = await receiver({ answer: () => new Promise(() => undefined) });
    expect((await postWebhook(silent.url, wire, lan)).problem).toBe('timeout');
    vi.restoreAllMocks();
    const gone = await receiver({ answer: () => 410 });
    const { endpoint_id } = await registered(gone.url);
    await say(['CA-LS'], newId());
    await world.tick();
    expect((await ask('LIAISON', 'GET', '')).body.rows.find((row: any) => row.endpoint_id === endpoint_id).suspended_at).not.toBeNull();
    for (const each of [inside, outside, silent, gone]) await each.close();
  });
});

test('the process is killed between sending and noting: the message comes again under the same id, and none is lost', async () => {
  const killed: string[] = [];
  let armed = false;
  let server: ReturnType<typeof spawn> | null = null;
  const agency = await receiver({
    answer(got) {
      // Three times somebody kills the sender before it has heard that it arrived.
      if (armed) {
        armed = false;
        killed.push(got.headers['webhook-id'] ?? '');
        server?.kill('SIGKILL');
      }
      return 200;
    },
  });
  await registered(agency.url);
  const cases = Array.from({ length: 3 }, newId);
  for (const casefile_id of cases) await say(['CA-LS'], casefile_id, newId());
  const starts = async (): Promise<void> => {
    await world.root.updateTable('message').set({ claimed_until: null }).where('delivered_at', 'is', null).execute(); // the lease of the dead has run out
    armed = true;
    server = spawn(process.execPath, [path.join(import.meta.dirname, '../support/server.ts'), world.database.urls.app], { stdio: 'ignore', env: { ...process.env, NIEM_LAN_HOSTS: '127.0.0.1' } });
    await new Promise((resolve) => server?.once('exit', resolve));
  };
  while (killed.length < 3) await starts();
  const waiting = async () => (await world.root.selectFrom('message').select('message_id').where('delivered_at', 'is', null).innerJoin('endpoint', 'endpoint.endpoint_id', 'message.endpoint_id').where('endpoint.ended_at', 'is', null).execute()).length;
  expect(await waiting()).toBe(3);
  await world.root.updateTable('message').set({ claimed_until: null }).where('delivered_at', 'is', null).execute();
  await world.tick();
  expect(await waiting()).toBe(0);
  const times = cases.map((casefile_id) => agency.got.filter((got) => got.data.data.subject_id === casefile_id));
  expect(times.every((each) => each.length >= 1 && new Set(each.map((got) => got.headers['webhook-id'])).size === 1)).toBe(true);
  for (const id of killed) expect(agency.got.filter((got) => got.headers['webhook-id'] === id).length).toBeGreaterThan(1);
  console.log(`killed 3 times between sending and noting: ${agency.got.length} deliveries of 3 messages, none lost`);
  await agency.close();
}, 60_000);
