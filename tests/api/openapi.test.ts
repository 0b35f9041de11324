// The description of the API is true, its examples are stored, its pages need no script, and the typed client speaks it.

import { serve } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CheckpointInput } from '../../src/api/checkpoints.ts';
import { CHECKPOINT_EXAMPLES } from '../../src/api/examples.ts';
import { niemClient } from '../../src/client.ts';
import { readS10 } from '../../src/domain/code.ts';
import { expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL, PIN } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
let document: any;
let operations: { path: string; method: string; operation: any }[];
beforeAll(async () => {
  world = await makeWorld();
  document = (await world.call('GET', '/api/openapi.json')).body;
  operations = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
    Object.entries<any>(methods).map(([method, operation]) => ({ path, method, operation })),
  );
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

/** The schema that a reference inside the document stands for. */
const resolve = (schema: any): any =>
  schema?.$ref === undefined
    ? schema
    : schema.$ref
        .slice(2)
        .split('/')
        .reduce((node: any, name: string) => node?.[name], document);

describe('the examples', () => {
  test.each(CHECKPOINT_EXAMPLES)('$kind is what the schema describes, under a number with a right check digit', (example) => {
    expect(CheckpointInput.safeParse(example).error).toBeUndefined();
    if ('code' in example) expect(readS10(example.code)).toMatchObject({ ok: true });
  });

  test.each([0, 1, 4])('example %i is stored when it is posted as it stands, and so again', async (i) => {
    const [first, again] = [
      await world.post('CLERK', CHECKPOINT_EXAMPLES[i] ?? {}),
      await world.post('CLERK', CHECKPOINT_EXAMPLES[i] ?? {}),
    ];
    expect(first.status, first.text).toBe(201);
    expect(again.text).toBe(first.text);
  });

  test('each is in the document', () => {
    expect(document.components.schemas.Checkpoint.examples).toEqual(CHECKPOINT_EXAMPLES);
  });
});

/** Who has a permission that the shift head has not. */
const ABLE: { [access: string]: string } = { 'directive.answer': 'SHIFTHEAD', 'personal.hold': 'LEADER', 'personal.erase': 'LEADER', 'device.enrol': 'ADMIN', 'item.accept': 'CLERK', 'item.deliver': 'COURIER', 'item.authority': 'LIAISON', 'watch.keep': 'LIAISON', 'endpoint.keep': 'LIAISON', 'notice.keep': 'LIAISON', 'rule.read': 'LEADER', 'rule.write': 'LEADER', 'rule.publish': 'LEADER', 'item.screen': 'CONTROLLER', 'case.handle': 'LIAISON', 'equipment.keep': 'CONTROLLER' };

describe('the description', () => {
  test('is OpenAPI 3.1, and every reference in it leads somewhere', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]);
    expect(references.length).toBeGreaterThan(10);
    for (const $ref of references) expect(resolve({ $ref }), $ref).toBeTypeOf('object');
  });

  test('says of each operation what it does, who may ask it, and how it refuses', () => {
    expect(operations.length).toBeGreaterThan(15);
    for (const { path, method, operation } of operations) {
      const where = `${method} ${path}`;
      expect(operation.summary?.length, where).toBeGreaterThan(5);
      expect(operation['x-access'], where).toBeTypeOf('string');
      expect(operation.tags, where).toHaveLength(1);
      expect(resolve(operation.responses.default.content['application/problem+json'].schema).required, where).toContain('refusal');
      expect(operation.security, where).toEqual(operation['x-access'] === 'public' ? undefined : [{ session: [] }]);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const parameters = (operation.parameters ?? []).filter((parameter: any) => parameter.in === 'path');
      expect(
        parameters.map((parameter: any) => parameter.name),
        where,
      ).toEqual(named);
    }
    expect(document.components.securitySchemes.session).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  test('has exactly the fields of the answers', async () => {
    const item = await world.accepted();
    const slip = await world.post('CLERK', { kind: 'acceptance_refused', facts: { service_class: 'parcel', reason_code: 'joint_check_refused' } });
    const brought = await delivered();
    const announced = await world.call('POST', '/api/preadvice', {
      token: await world.as('CONTROLLER'), type: 'text/csv', raw: `bag_code,seal_nos,code,service,mark,weight_g\n240100243100AKT60001001,NS1,${item},kt1,NONE,182`,
    });
    expect(announced.status, announced.text).toBe(201);
    const record = await world.call('POST', '/api/written-records', { token: await world.as('CONTROLLER'), body: { record_id: newId(), form: 'discovery', code: item } });
    expect(record.status, record.text).toBe(201);
    const rule = { rule_code: 'TST1', name_vi: 'Thử', name_en: 'Trial', severity: 'low', effect: 'flag', kinds: ['accepted'], expression: 'item.kt1', valid_from: '2020-01-01T00:00:00Z', valid_until: '2099-01-01T00:00:00Z' };
    const draft = await world.call('POST', '/api/rules', { token: await world.as('LEADER'), body: rule });
    expect(draft.status, draft.text).toBe(201);
    const left: string[] = [];
    let compared = 0;
    for (const { path, method, operation } of operations.filter((each) => each.method === 'get' && !each.path.endsWith('/label'))) {
      const schema = resolve(operation.responses['200'].content['application/json'].schema);
      // A loose record names no fields that could be compared, and a file has none.
      if (schema.properties === undefined) continue;
      const code = path.includes('slip') ? slip.body.code : path.endsWith('/advice') ? brought : item;
      const given: { [name: string]: string } = { code, list: 'offices', name: 'refusals', preadvice_id: announced.body.preadvice_id, record_id: record.body.record_id, digest: record.body.digest, list_id: newId(), rule_version_id: draft.body.rule_version_id };
      // What is one party's own (casefiles, endpoints, notices, proofs) is asked for in the tests of its own.
      const own = [...path.matchAll(/\{(\w+)\}/g)].some((match) => !((match[1] ?? '') in given));
      if (own) {
        left.push(path);
        continue;
      }
      const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name] ?? '') + (path.endsWith('/visits') ? '?day=2026-01-05' : '');
      const answer = await world.call(method.toUpperCase(), url, { token: await world.as(ABLE[operation['x-access']] ?? 'CONTROLLER') });
      // What waits for a head or a snapshot of the log is compared in tests/api/log.test.ts, where there are such.
      if (answer.status === 409) {
        left.push(path);
        continue;
      }
      expect(answer.status, `${path}: ${answer.text}`).toBe(200);
      compared += 1;
      expect(Object.keys(answer.body).toSorted(), path).toEqual(Object.keys(schema.properties).toSorted());
      expect(Object.keys(answer.body), path).toEqual(expect.arrayContaining(schema.required));
    }
    expect(compared).toBeGreaterThan(30);
    expect(left.length, left.join(' ')).toBeLessThan(compared / 2);
  });

  /** A parcel that the courier, whose run stays open, has delivered. */
  async function delivered(): Promise<string> {
    const code = await world.accepted(PARCEL);
    const run = await world.call('POST', '/api/runs', { token: await world.as('COURIER') });
    expect(run.status, run.text).toBe(201);
    const courier_person_id = await world.personId('COURIER');
    const confirmation = await world.confirmation('CLERK', 'COURIER', 'item.deliver');
    const steps: [string, object][] = [
      ['CONTROLLER', { kind: 'approved', facts: {} }],
      ['CLERK', { kind: 'signed_out', facts: { courier_person_id }, confirmation }],
      ['COURIER', { kind: 'delivered', facts: { receiver_authority: 'addressee_in_person' } }],
    ];
    for (const [badge, checkpoint] of steps) {
      const answer = await world.post(badge, { ...checkpoint, code });
      expect(answer.status, answer.text).toBe(201);
    }
    return code;
  }

  test('says that an operation takes a body if, and only if, it needs one', async () => {
    for (const { path, method, operation } of operations.filter((each) => each.method === 'post')) {
      const given: { [name: string]: string } = { badge: 'SORTER', seal_no: 'NS000001', line_no: '1' };
      const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name] ?? newId());
      const answer = await world.call(method.toUpperCase(), url, { token: await world.as(ABLE[operation['x-access']] ?? 'SHIFTHEAD') });
      expect(answer.body?.refusal, path).not.toBe('not_permitted');
      const misses = ['wrong_content_type', 'malformed_json', 'invalid_input'].includes(answer.body?.refusal);
      expect(misses, `${path}: ${answer.text}`).toBe(operation.requestBody?.required === true);
    }
  });
});

describe('pages and headers', () => {
  let code: string;
  beforeAll(async () => void (code = await world.accepted(PARCEL)));
  const get = async (path: string): Promise<Answer> => world.call('GET', path.replace(':code', code), { token: await world.as('CLERK') });

  // prettier-ignore
  const EVERYWHERE = ['/api/docs', '/api/openapi.json', '/assets/niem.css', '/healthz', '/readyz', '/metrics', '/nowhere', '/api/nowhere', '/api/session',
    '/api/items', '/api/items/:code', '/api/items/:code/label', '/api/items/:code/label?format=pdf', '/api/items/:code/label?format=png',
    '/api/items/:code/receipt?format=html', '/api/items/x', '/api/ledger/verdict'];
  test.each(EVERYWHERE)('%s forbids scripts, frames, sniffing and referrers', async (path) => {
    const { headers, status } = await get(path);
    expect(status).toBeLessThan(500);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-|script-src|\*|https?:/);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    if (path.startsWith('/api/')) expect(headers.get('cache-control')).toBe('no-store');
  });

  test('the desks run our own scripts and nothing else', async () => {
    for (const path of ['/', '/desk/work', '/sw.js']) {
      const policy = (await get(path)).headers.get('content-security-policy') ?? '';
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toMatch(/unsafe-|\*|https?:|data:/);
    }
  });

  test.each(['/api/docs', '/api/items/:code/receipt?format=html'])(
    '%s renders without inline script or style, and without the Internet',
    async (path) => {
      const { text, headers, status } = await get(path);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toContain('text/html');
      const tags = [...text.matchAll(/<[a-z][^>]*>/gi)].map((match) => match[0]).join('\n');
      expect(tags).toContain('<html lang="vi">');
      expect(tags).not.toMatch(/<(script|style|iframe|object|embed|base)\b|\s(style|on\w+)=|(href|src)="(https?:|\/\/|javascript:|data:)/i);
      expect(tags).toContain('<link rel="stylesheet" href="/assets/niem.css" />');
    },
  );

  test('each link of the pages leads somewhere', async () => {
    for (const page of ['/api/docs']) {
      const links = [...(await get(page)).text.matchAll(/href="(\/[^"#]*)"/g)].map((match) => match[1] ?? '');
      expect(links.length).toBeGreaterThan(1);
      for (const link of links) expect((await get(link)).status, link).toBe(200);
    }
  });
});

describe('over a socket', () => {
  let server: ReturnType<typeof serve>;
  let base: string;
  beforeAll(async () => {
    server = await new Promise<ReturnType<typeof serve>>((done) => {
      const started = serve({ fetch: world.app.fetch, hostname: '127.0.0.1', port: 0 }, () => done(started));
    });
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise<void>((done) => void server.close(() => done())));

  test('the typed client signs in, accepts, scans, reads the chain and signs out', async () => {
    const signedIn = await niemClient(base).api.sessions.$post({ json: { badge: 'CLERK', pin: PIN } });
    const { token } = (await signedIn.json()) as { token: string };
    const { api } = niemClient(base, token);
    const me = await (await api.session.$get()).json();
    expect(me).toMatchObject({ badge: 'CLERK', locked: false });
    const accepted = await api.checkpoints.$post({ json: { ...KT1_LETTER, checkpoint_id: newId() } as never });
    expect(accepted.status).toBe(201);
    const { code } = (await accepted.json()) as { code: string };
    const scans = [1, 2, 3].map(() => ({ checkpoint_id: newId(), kind: 'seen', code, facts: {} }));
    const batch = await api.checkpoints.batch.$post({ json: { checkpoints: scans } });
    expect(await batch.json()).toMatchObject({ stored: 3, refused: 0 });
    const chain = await api.items[':code'].chain.$get({ param: { code }, query: {} });
    expect(await chain.json()).toMatchObject({ complete: true, checkpoints: [{ kind: 'accepted' }, {}, {}, { kind: 'seen' }] });
    expect((await api.session.$delete()).status).toBe(200);
    expect((await api.session.$get()).status).toBe(401);
  });

  test('the typed client unlocks a badge and revokes a device, which take no body', async () => {
    const { api } = niemClient(base, await world.as('ADMIN'));
    expect((await api.badges[':badge'].unlock.$post({ param: { badge: 'SORTER' } })).status).toBe(200);
    const revoked = await api.devices[':device_id'].revoke.$post({ param: { device_id: newId() } });
    expect(await revoked.json()).toMatchObject({ refusal: 'unknown_device' });
  });

  test('2 MB are refused, whether their length is told or they come in pieces', async () => {
    const headers = { 'content-type': 'application/json' };
    const bytes = new TextEncoder().encode(JSON.stringify('x'.repeat(2_000_000)));
    const pieces = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 65_536) controller.enqueue(bytes.slice(at, at + 65_536));
        controller.close();
      },
    });
    for (const body of [bytes, pieces]) {
      const response = await fetch(`${base}/api/sessions`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
      const text = await response.text();
      expectRefusal({ status: response.status, text, body: JSON.parse(text), headers: response.headers }, 'body_too_large', 413);
    }
  });
});
