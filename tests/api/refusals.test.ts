// The closed list of refusals: each is provoked by some test, says the same in both languages, and brings what it names. Those
// that need a broken or another surrounding are provoked here.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { contextOf } from '../../src/acts/act.ts';
import { sha256Text } from '../../src/acts/session.ts';
import { step } from '../../src/acts/step.ts';
import type { Services } from '../../src/api/edge.ts';
import { createApp } from '../../src/app.ts';
import { REFUSALS } from '../../src/base/refusal.ts';
import type { RefusalCode } from '../../src/base/refusal.ts';
import type { Facts, Kind } from '../../src/domain/facts.ts';
import { appender } from '../../src/ledger/append.ts';
import { assemble } from '../../src/node.ts';
import { expectRefusal, HA_NOI, KT1_LETTER, makeWorld, newId, PARCEL, PERSONAL_KEY } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';
import { loadRulebook } from '../../src/store/rules.ts';

let world: World;
let edge: World;
beforeAll(async () => {
  world = await makeWorld();
  edge = await makeWorld({ profile: 'edge' });
});
afterAll(async () => {
  await world.end();
  await edge.end();
});
afterEach(async () => {
  await world.verify();
  await edge.verify();
});

const CODES = Object.keys(REFUSALS) as RefusalCode[];
const textsOf = (folder: string, ending: string): string[] =>
  readdirSync(path.join(import.meta.dirname, '../..', folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.name.endsWith(ending))
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8').replaceAll(/^\s*\/\/.*$/gm, ''));

describe('each refusal', () => {
  test.each(CODES)('%s is provoked by a test', (code) => {
    // As an argument of an assertion, or in a row of a table whose file asserts refusals.
    const asserting = textsOf('tests', '.test.ts').filter((text) => /expectRefusal\(/.test(text));
    const position = new RegExp(String.raw`(, |refusal: |\[|toBe\()'${code}'[,)\] ]`);
    expect(asserting.filter((text) => position.test(text)).length).toBeGreaterThan(0);
  });

  const names = (sentence: string): string[] => [...sentence.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1] ?? '').toSorted();

  test.each(CODES)('%s says in both languages the same, each in its own words', (code) => {
    const { vi, en, remedy_vi, remedy_en, status } = REFUSALS[code];
    const neutral = (sentence: string) => names(sentence).map((name) => name.replace(/_(vi|en)$/, ''));
    expect(neutral(vi)).toEqual(neutral(en));
    expect(neutral(remedy_vi)).toEqual(neutral(remedy_en));
    for (const name of names(vi + remedy_vi)) expect(name).not.toMatch(/_en$/);
    for (const name of names(en + remedy_en)) expect(name).not.toMatch(/_vi$/);
    expect(status >= 400 && status < 600 && status !== 500).toBe(true);
  });

  test('is thrown with every fact that its sentences name', () => {
    const thrown = textsOf('src', '.ts').flatMap((text) => [...text.matchAll(/new Refused\('(\w+)'(?:, \{((?:\$\{[^}]*\}|[^}])*)\})?\)/g)]);
    expect(thrown.length).toBe(textsOf('src', '.ts').flatMap((text) => [...text.matchAll(/new Refused\(/g)]).length);
    expect(new Set(thrown.map((match) => match[1]))).toEqual(new Set(CODES));
    for (const [whole, code, facts = ''] of thrown) {
      const { vi, en, remedy_vi, remedy_en } = REFUSALS[code as RefusalCode];
      const given = [...facts.matchAll(/(?:^|[,\s])(\w+)(?=\s*[:,]|\s*$)/g)].map((match) => match[1]);
      expect(given, whole).toEqual(expect.arrayContaining(names(vi + en + remedy_vi + remedy_en)));
    }
  });

  test('links to its own paragraph of the reference page', async () => {
    const page = await world.call('GET', '/api/docs');
    for (const code of CODES) expect(page.text).toContain(`id="${code}"`);
    expect((await world.call('GET', '/api/nowhere')).body.type).toBe('/api/docs#no_such_route');
  });
});

/** Asks an app made of the same parts, some of them other ones. */
async function askApp(app: { request: World['app']['request'] }, token: string, route: string, body?: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const sent = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await app.request(route, sent);
  const text = await response.text();
  return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : null, headers: response.headers };
}
const otherwise = (changes: Partial<Services>) => createApp({ open: () => ({ services: { ...world.services, ...changes } }) });
const SILENT = { NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 5, NIEM_LOG: 'silent', NIEM_PERSONAL_KEY: PERSONAL_KEY } as const;
const marked = (secrecy: string) => ({
  ...KT1_LETTER,
  checkpoint_id: newId(),
  facts: {
    ...KT1_LETTER.facts,
    service: { ...KT1_LETTER.facts.service, secrecy },
    checklist: { ...KT1_LETTER.facts.checklist, outer_mark: secrecy, envelope_layers: 2 },
  },
});

describe('the edge', () => {
  test.each(['A', 'B', 'C'])('accepts no item marked %s', async (mark) => {
    expectRefusal(await edge.post('CLERK', marked(mark)), 'edge_refuses_secrecy', 403);
  });

  test('accepts what bears no mark', async () => {
    for (const one of [marked('NONE'), { ...PARCEL, checkpoint_id: newId() }]) expect((await edge.post('CLERK', one)).status).toBe(201);
  });

  test('accepts marked items only after the switch was set', async () => {
    const open = assemble({ ...SILENT, NIEM_PROFILE: 'edge', NIEM_EDGE_HANDLES_SECRECY: '1' }, edge.database.urls.app);
    const answer = await askApp(open.app, await edge.newToken('CLERK'), '/api/checkpoints', marked('B'));
    await open.close();
    expect(answer.status, answer.text).toBe(201);
  });

  test('neither shows nor moves on a marked item that the internal network accepted', async () => {
    const twin = assemble({ ...SILENT, NIEM_PROFILE: 'edge' }, world.database.urls.app, world.clock);
    const [code, token] = [await world.accepted(marked('B')), await world.as('CLERK')];
    const read = ['', '/chain', '/label', '/receipt'].map((end) => askApp(twin.app, token, `/api/items/${code}${end}`));
    const scan = await askApp(twin.app, token, '/api/checkpoints', { checkpoint_id: newId(), kind: 'seen', code, facts: {} });
    const answers = await Promise.all(read);
    await twin.close();
    for (const { text } of answers) expect(text).not.toMatch(/KT1 B|"B"/);
    expectRefusal(scan, 'edge_refuses_secrecy', 403);
  });

  test('makes no PDF and no PNG, but says which label it can make', async () => {
    const [app, code, token] = [otherwise({ files: null }), await world.accepted(), await world.as('CLERK')];
    for (const format of ['pdf', 'png'])
      expectRefusal(await askApp(app, token, `/api/items/${code}/label?format=${format}`), 'not_on_this_runtime', 501);
    expect((await askApp(app, token, `/api/items/${code}/label?format=svg`)).text).toMatch(/^<svg|^<\?xml/);
  });
});

describe('when it cannot be done now', () => {
  const scan = async () => ({ checkpoint_id: newId(), kind: 'seen', code: await world.accepted(), facts: {} });

  test('a full queue is said to be busy, and the same claim is stored later', async () => {
    const [body, token] = [await scan(), await world.as('CLERK')];
    const append = appender({ store: world.services.store, clock: world.clock, rules: () => loadRulebook(world.services.store.read), queue_max: 0, lanes: 1 });
    const answer = await askApp(otherwise({ append }), token, '/api/checkpoints', body);
    expectRefusal(answer, 'busy', 503);
    expect(answer.headers.get('retry-after')).toBe('2');
    const batch = await askApp(otherwise({ append }), token, '/api/checkpoints/batch', { checkpoints: [body] });
    expect(batch.body).toMatchObject({ stored: 0, refused: 1, results: [{ problem: { refusal: 'busy' } }] });
    expect((await world.post('CLERK', body)).status).toBe(201);
  });

  test('a database that is not there is said to be unavailable on every road, never a defect', async () => {
    const dead = assemble({ ...SILENT, NIEM_PROFILE: 'lan' }, 'postgres://niem:x@127.0.0.1:1/niem');
    const signIn = { badge: 'CLERK', pin: '246810' };
    const roads: [string, object?][] = [
      ['/readyz'],
      ['/api/session'],
      ['/api/items'],
      ['/api/checkpoints', KT1_LETTER],
      ['/api/sessions', signIn],
    ];
    for (const [route, body] of roads) {
      const answer = await askApp(dead.app, 'A'.repeat(43), route, body);
      expectRefusal(answer, 'database_unavailable', 503);
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(answer.text).not.toMatch(/127\.0\.0\.1|ECONN|postgres:/);
    }
    for (const route of ['/healthz', '/', '/api/docs']) expect((await askApp(dead.app, '', route)).status).toBe(200);
    await dead.close();
  });

  test('a connection cut while a claim waits leaves nothing behind; sent again it is stored once', async () => {
    const body = await scan();
    const answer = await world.root.transaction().execute(async (tx) => {
      await sql`select from unit where code = ${body.code} for update`.execute(tx);
      const sent = world.post('CLERK', body);
      await waiting();
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        tx,
      );
      return { sent };
    });
    expectRefusal(await answer.sent, 'database_unavailable', 503);
    const again = await Promise.all([1, 2, 3].map(() => world.post('CLERK', body)));
    expect(again.map(({ status, body: receipt }) => [status, receipt.unit_seq])).toEqual([
      [201, 2],
      [201, 2],
      [201, 2],
    ]);
  });

  async function waiting(): Promise<void> {
    const blocked = sql<{
      n: number;
    }>`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await blocked.execute(world.root)).rows[0]?.n, { timeout: 4_000 }).toBe(1);
  }

  test('a body that says it is too large is not even read', async () => {
    const headers = { 'content-length': '1048577', 'content-type': 'application/json' };
    const response = await world.app.request('/api/sessions', { method: 'POST', headers, body: '{}' });
    expect([response.status, (await response.json()).refusal]).toEqual([413, 'body_too_large']);
  });
});

describe('shifts, corrections and holds', () => {
  test('an office has one open shift, whoever asks and however many at once', async () => {
    const open = async (token: string) => world.call('POST', '/api/shifts', { token, body: {} });
    expectRefusal(await open(await world.as('SHIFTHEAD')), 'shift_already_open', 409);
    const tokens = [await atHaNoi('SHIFTHEAD', 'shift_head'), await atHaNoi('CONTROLLER2', 'shift_head')];
    const answers = await Promise.all(tokens.map(open));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 409]);
  });

  test('KT1 is accepted only where it is served', async () => {
    const token = await atHaNoi('CLERK', 'clerk');
    await sql`update office set kt1_point = false where office_code = ${HA_NOI}`.execute(world.root);
    world.advance(5_001); // for so long a process may remember reference data
    const body = { ...KT1_LETTER, checkpoint_id: newId() };
    expectRefusal(await world.call('POST', '/api/checkpoints', { token, body }), 'not_a_kt1_point', 403);
  });

  /** A session at Hà Nội, where nobody of the fixture works. */
  async function atHaNoi(badge: string, role: string): Promise<string> {
    await sql`insert into person_role (person_id, role, office_code, valid_from)
      select person_id, ${role}, ${HA_NOI}, '2017-01-01' from person where badge = ${badge}`.execute(world.root);
    return world.newToken(badge, { office_code: HA_NOI });
  }

  test('a correction names a checkpoint of the same item', async () => {
    const [code, other] = [await world.accepted(), await world.post('CLERK', { ...PARCEL, checkpoint_id: newId() })];
    const correct = (corrects: string) =>
      world.post('CONTROLLER', { kind: 'corrected', code, facts: { corrects, reason_code: 'typing_error' } });
    for (const corrects of [other.body.checkpoint_id, newId()]) expectRefusal(await correct(corrects), 'unknown_checkpoint', 404);
  });

  test('a second person is needed to rewrap, and confirms it', async () => {
    const code = await world.accepted();
    const rewrap = (confirmation?: string) => ({
      kind: 'rewrapped',
      code,
      facts: { reason_code: 'torn_in_handling', weight_before_g: 182, weight_g: 190 },
      confirmation,
    });
    expectRefusal(await world.post('SORTER', rewrap()), 'second_person_needed', 403);
    const answer = await world.post('SORTER', rewrap(await world.confirmation('SORTER', 'CONTROLLER', 'item.rewrap')));
    expect(answer.status, answer.text).toBe(201);
    const item = await world.call('GET', `/api/items/${code}`, { token: await world.as('CLERK') });
    expect(item.body).toMatchObject({ weight_g: 190 });
  });

  test('a held item does not move, and what is not held cannot be released', async () => {
    const code = await world.accepted();
    const release = { hold_checkpoint_id: newId(), reason_code: 'random_check' };
    await expect(act('LEADER', 'hold_released', code, release)).rejects.toMatchObject({ refusal: 'not_held', facts: { code } });
    await act('CONTROLLER', 'held', code, { reason_code: 'random_check' });
    await expect(act('CONTROLLER', 'withdrawn', code, {})).rejects.toMatchObject({ refusal: 'held', facts: { code } });
    expect((await world.post('CLERK', { kind: 'seen', code, facts: {} })).status).toBe(201);
  });

  /** Holding and withdrawing stand in the catalogue but cannot be posted yet, so the act is done without the API. */
  async function act(badge: string, kind: Kind, code: string, facts: Facts): Promise<unknown> {
    const { caller } = await world.services.session(sha256Text(await world.as(badge)));
    const { person_id, office_code } = caller;
    const nothing = { device_id: null, device_seq: null, device_prev: null, device_at: null, clock_offset_ms: null, head_seen: null };
    const claim = { checkpoint_id: newId(), kind, code, person_id, office_code, ...nothing, facts, commitments: {} };
    const context = contextOf(world.services.store.read, await world.services.reference(), false);
    return world.services.append(await step({ claim, caller, device_signature: null, personal: [], confirmation_hash: null }, context));
  }
});
