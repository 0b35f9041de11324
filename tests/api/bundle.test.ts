// Bundles of what does not stand in one log, or not in anybody's sight: a road over New Year, and a casefile as each of its parties may have
// it. Both verifiers and the program judge what the server gives out.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ED25519 } from '../../src/base/note.ts';
import { policyOf } from '../../src/base/proof.ts';
import { civilDate } from '../../src/base/time.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import { newSeed, signerOf } from '../../src/ledger/sign.ts';
import { checker } from '../../src/proof/check.ts';
import type { Verdict } from '../../src/proof/verdict.ts';
import { checkStream } from '../../src/proof/stream.ts';
import { makeNotary, PREFIX } from '../support/notary.ts';
import type { TestNotary } from '../support/notary.ts';
import { DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const THIS_YEAR = Number(civilDate(Date.now()).slice(0, 4));
const dir = mkdtempSync(path.join(tmpdir(), 'niem-bundles-'));
let world: World;
let notary: TestNotary;
beforeAll(async () => {
  world = await makeWorld({
    origin: `${PREFIX}{year}`,
    evidence: { NIEM_DIR: dir },
    signing: async (clock) => {
      notary = await makeNotary(clock, [`${PREFIX}${THIS_YEAR}`, `${PREFIX}${THIS_YEAR + 1}`]);
      return { notary: notary.notary, promise: signerOf(`${PREFIX}promise`, ED25519, newSeed()), head_every_ms: 0 };
    },
  });
  const customs = await world.hire('CUSTOMS', 'liaison', '');
  await world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', customs ?? '').execute();
}, 60_000);
afterAll(async () => {
  await world.end();
  notary.end();
  rmSync(dir, { recursive: true });
});
afterEach(async () => void (await world.verify()));

const get = async (route: string, badge: string): Promise<Answer> => world.call('GET', route, { token: await world.as(badge) });
async function take(route: string, badge: string): Promise<Uint8Array> {
  const answer = await world.app.request(route, { headers: { authorization: `Bearer ${await world.as(badge)}` } });
  const body = new Uint8Array(await answer.arrayBuffer());
  expect(answer.status, Buffer.from(body).toString()).toBe(200);
  return body;
}
/** Judged by all who can, under the policy that the logs publish; what the first one says of it. */
async function judge(file: Uint8Array, year: number): Promise<Verdict & { said: string }> {
  const policy = (await world.call('GET', `/log/${year}/policy`)).text;
  const verdict = await checkStream(checker({ hash: sha256, verify: verifySignature }, { policy: policyOf(sha256, policy), head: null }), [file]);
  const name = path.join(dir, 'bundle');
  writeFileSync(name, file);
  writeFileSync(path.join(dir, 'policy'), policy);
  expect(execFileSync('python3', [path.join(ROOT, 'tests/second-verifier/verify.py'), name], { encoding: 'utf8' })).toContain(`${verdict.entries} entries, ${verdict.redacted} redacted`);
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'verify', '--', name, '--policy', path.join(dir, 'policy')], { cwd: ROOT });
  expect(stdout).toContain('KHÔNG PHÁT HIỆN SỬA ĐỔI');
  return { ...verdict, said: stdout };
}

describe('a casefile', () => {
  let id: string;
  let digest: string;
  const ask = async (badge: string, method: string, at = '', body?: object): Promise<Answer> => world.call(method, `/api/cases${at}`, { token: await world.as(badge), body });
  const add = async (kind: string, facts: object, more: object = {}): Promise<void> => {
    const { status, text } = await ask('LIAISON', 'POST', `/${id}/entries`, { entry_id: newId(), kind, facts, ...more });
    expect(status, text).toBe(201);
  };
  beforeAll(async () => {
    const code = await world.accepted(PARCEL);
    id = (await ask('LIAISON', 'POST', '', { entry_id: newId(), facts: { source: 'tip', severity: 'high', unit_codes: [code] } })).body.casefile_id;
    await add('party_added', { party_code: DONG_DANG });
    await add('said', {}, { words: 'Lời cho mọi bên' });
    await add('said', {}, { words: 'Lời nội bộ', only_party: 'CA-LS' });
    const picture = await sharp({ create: { width: 30, height: 20, channels: 3, background: '#8a5' } }).png().toBuffer();
    const sent = await world.call('POST', `/api/cases/${id}/evidence?entry_id=${newId()}&evidence_id=${newId()}`, { token: await world.as('LIAISON'), raw: new Uint8Array(picture), type: 'image/png' });
    expect(sent.status, sent.text).toBe(201);
    digest = Buffer.from(sha256(picture)).toString('hex');
  });

  test('waits for a head, and then proves itself with its pictures and the keys of the log', async () => {
    expectRefusal(await get(`/api/cases/${id}/bundle`, 'LIAISON'), 'awaiting_head', 409);
    await world.keepLog();
    const verdict = await judge(await take(`/api/cases/${id}/bundle`, 'LIAISON'), THIS_YEAR);
    expect(verdict).toMatchObject({ subject: { kind: 'casefile', ref: id }, redacted: 0, policy_met: true, files: [digest] });
    expect(verdict.shown.flatMap(({ format, kind }) => (format === 'niem.casefile/1' ? [kind] : []))).toEqual(['case_opened', 'party_added', 'said', 'said', 'evidence_added']);
    expect(verdict.shown.some(({ format }) => format === 'niem.record/1')).toBe(true);
    await add('said', {}, { words: 'Lời sau' });
    expectRefusal(await get(`/api/cases/${id}/bundle`, 'LIAISON'), 'awaiting_head', 409);
    await world.keepLog();
    expect((await judge(await take(`/api/cases/${id}/bundle`, 'LIAISON'), THIS_YEAR)).older.length).toBe(1);
  });

  test('is for its parties, each as much as it may see; the read is told to them and to nobody else', async () => {
    const file = await take(`/api/cases/${id}/bundle`, 'DUTYOFFICER');
    const verdict = await judge(file, THIS_YEAR);
    expect(verdict.redacted).toBe(1);
    expect(verdict.shown.filter(({ kind }) => kind === 'said').length).toBe(2);
    const hidden = await world.root.selectFrom('casefile_entry').select('body').where('casefile_id', '=', id).where('only_party', 'is not', null).executeTakeFirstOrThrow();
    expect(Buffer.from(file).includes(Buffer.from(hidden.body))).toBe(false);
    // Words stand beside the entries and are erasable: no bundle carries them.
    for (const words of ['Lời cho mọi bên', 'Lời nội bộ']) expect(Buffer.from(file).includes(words)).toBe(false);
    const { reads } = (await ask('LIAISON', 'GET', `/${id}`)).body;
    expect(JSON.stringify(reads)).toContain(DONG_DANG);
    expectRefusal(await get(`/api/cases/${id}/bundle`, 'CUSTOMS'), 'unknown_casefile', 404);
    expectRefusal(await get(`/api/cases/${id}/bundle`, 'INSPECTOR'), 'not_permitted', 403);
    const asked = await get('/api/audit/answers?question=sensitive_reads&limit=200', 'INSPECTOR');
    expect(asked.text).not.toMatch(new RegExp(`VV-|${id}`));
  });

  test('whose entry the database tells otherwise is refused by everybody', async () => {
    const file = await take(`/api/cases/${id}/bundle`, 'LIAISON');
    const at = Buffer.from(file).indexOf(id) + 3;
    file[at] = (file[at] ?? 0) ^ 1;
    await expect(judge(file, THIS_YEAR)).rejects.toThrow('not_in_log');
  });
});

test('a road over New Year is one dossier: both logs, one chain; and what came last into the old log is signed in the new year', async () => {
  const code = await world.accepted(PARCEL);
  await world.keepLog();
  // The last scan of the year is sequenced, and nobody signs it before midnight.
  notary.silent.add('signer.test');
  expect((await world.post('CONTROLLER', { kind: 'approved', code, facts: {} })).status).toBe(201);
  await world.keepLog();
  notary.silent.clear();
  world.advance(Date.UTC(THIS_YEAR + 1, 0, 2) - world.clock());
  for (const badge of ['CLERK', 'CONTROLLER', 'INSPECTOR', 'LIAISON']) world.forget(badge);
  expect((await world.post('CONTROLLER', { kind: 'seen', code, facts: {} })).status).toBe(201);
  await world.keepLog();
  await world.keepLog();
  const verdict = await judge(await take(`/api/units/${code}/bundle`, 'INSPECTOR'), THIS_YEAR + 1);
  expect(verdict).toMatchObject({ units: 1, redacted: 0, policy_met: true, head: { origin: `${PREFIX}${THIS_YEAR + 1}` }, earlier: [{ origin: `${PREFIX}${THIS_YEAR}` }] });
  expect(verdict.shown.flatMap((one) => (one.code === code ? [one.kind] : []))).toEqual(['accepted', 'approved', 'seen']);
  expect(verdict.said).toContain(`${PREFIX}${THIS_YEAR}`);
  // And the whole log of the new year, in which its chain does not begin.
  const whole = await judge(await take('/api/log-bundle', 'INSPECTOR'), THIS_YEAR + 1);
  expect(whole).toMatchObject({ subject: { kind: 'log' }, head: { origin: `${PREFIX}${THIS_YEAR + 1}` }, entries: whole.head.size });
  expect(whole.units).toBeGreaterThan(0);
  // What lies in one log alone comes from that log alone, in the old year as in the new.
  const fresh = await world.accepted({ ...KT1_LETTER, checkpoint_id: newId() });
  await world.keepLog();
  expect(await judge(await take(`/api/units/${fresh}/bundle`, 'INSPECTOR'), THIS_YEAR + 1)).toMatchObject({ earlier: [] });
  expect((await world.root.selectFrom('log_alarm').select('alarm').where('ended_at', 'is', null).execute())).toEqual([]);
});
