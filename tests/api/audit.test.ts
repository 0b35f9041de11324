// For inspectors: bundles cut from a real log are accepted by the verifiers and hide what is to be hidden; questions are answered from the
// ledger; the installation's look at itself sees what was broken.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ED25519 } from '../../src/base/note.ts';
import { policyOf } from '../../src/base/proof.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import { newSeed, signerOf } from '../../src/ledger/sign.ts';
import { checker } from '../../src/proof/check.ts';
import type { Held } from '../../src/proof/check.ts';
import type { Verdict } from '../../src/proof/verdict.ts';
import { checkStream } from '../../src/proof/stream.ts';
import { linesOf } from '../../src/proof/words.ts';
import { fillLedger, signingDevice } from '../support/ledger.ts';
import { makeNotary } from '../support/notary.ts';
import type { TestNotary } from '../support/notary.ts';
import { expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { World } from '../support/world.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'niem-audit-'));
let world: World;
let notary: TestNotary;
beforeAll(async () => {
  world = await makeWorld({
    signing: async (clock) => {
      notary = await makeNotary(clock);
      return { notary: notary.notary, promise: signerOf('niem.example/test/promise', ED25519, newSeed()), head_every_ms: 0 };
    },
  });
}, 60_000);
afterAll(async () => {
  await world.end();
  notary.end();
  rmSync(dir, { recursive: true });
});
afterEach(async () => void (await world.verify()));

const get = async (route: string, badge = 'INSPECTOR') => world.call('GET', route, { token: await world.as(badge) });
async function take(route: string, badge = 'INSPECTOR'): Promise<Uint8Array> {
  const answer = await world.app.request(route, { headers: { authorization: `Bearer ${await world.as(badge)}` } });
  const body = new Uint8Array(await answer.arrayBuffer());
  expect(answer.status, Buffer.from(body).toString()).toBe(200);
  return body;
}
const answered = (answer: { status: number; body: any; text: string }): any => {
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
const judge = (file: Uint8Array, held: Partial<Held> = {}): Promise<Verdict> => checkStream(checker({ hash: sha256, verify: verifySignature }, { policy: null, head: null, ...held }), [file]);
const python = (file: Uint8Array): string => {
  writeFileSync(path.join(dir, 'b'), file);
  return execFileSync('python3', [path.join(import.meta.dirname, '../second-verifier/verify.py'), path.join(dir, 'b')], { encoding: 'utf8' });
};

test('the dossier of an item that a device scanned proves itself under the policy, to both verifiers', async () => {
  expectRefusal(await get('/api/log-bundle'), 'awaiting_head', 409);
  const code = await world.accepted(PARCEL);
  const scan = await signingDevice(world, 'CLERK2');
  for (let i = 0; i < 3; i++) expect((await scan(code)).status).toBe(201);
  await world.keepLog();
  await world.accepted(KT1_LETTER);
  await world.keepLog();
  const file = await take(`/api/units/${code}/bundle`);
  const policy = policyOf(sha256, (await world.call('GET', '/log/2026/policy')).text);
  const verdict = await judge(file, { policy });
  expect(verdict).toMatchObject({ units: 1, device_signed: 3, redacted: 0, policy_met: true, subject: { kind: 'unit' } });
  // The device stood there before the log noted keys: it was noted when the log was opened.
  expect(verdict.devices.map(({ logged }) => logged)).toEqual([true]);
  expect(verdict.older.length).toBe(1);
  expect(verdict.shown.filter((one) => one.code === code).map((one) => one.kind)).toEqual(['accepted', 'seen', 'seen', 'seen']);
  expect(verdict.shown.some((one) => one.format === 'niem.record/1')).toBe(true);
  expect(python(file)).toMatch(/NO CHANGE FOUND[^]*the log names the keys of 1 of 1 devices/);
  // Nothing personal goes with it.
  for (const value of Object.values(PARCEL.personal).flatMap((fields) => Object.values(fields))) expect(Buffer.from(file).includes(value)).toBe(false);
  const { body } = await get('/api/audit/answers?question=sensitive_reads');
  expect(body.rows.find((row: any) => row.what === 'bundle')).toMatchObject({ code, badge: 'INSPECTOR' });
});

test('the whole log and a shift prove themselves, and each changed body is refused', async () => {
  await fillLedger(world);
  await world.keepLog();
  const whole = await take('/api/log-bundle');
  const verdict = await judge(whole);
  expect(verdict.entries).toBe(verdict.head.size);
  expect(verdict.entries).toBeGreaterThan(70);
  expect(python(whole)).toContain('NO CHANGE FOUND');
  const shift = await judge(await take(`/api/shifts/${world.shift_id}/bundle`));
  expect(shift.entries).toBeGreaterThan(30);
  expect(shift.subject.kind).toBe('shift');
  // A shift in whose hours only others did something has a bundle that says so.
  const idle = newId();
  await sql`insert into shift select (jsonb_populate_record(null::shift, to_jsonb(s) || jsonb_build_object('shift_id', ${idle}::text, 'closed_at', now(), 'closed_by', s.opened_by))).* from shift s where shift_id = ${world.shift_id}::uuid`.execute(world.root);
  const nothing = await take(`/api/shifts/${idle}/bundle`);
  expect(await judge(nothing)).toMatchObject({ units: 0, subject: { kind: 'shift', ref: idle } });
  expect(python(nothing)).toContain('0 units');
  // One was put into the table past its act since: its key is nobody's word but the server's, and the verifier says so.
  expect(shift.devices.map(({ logged }) => logged).toSorted()).toEqual([false, true]);
  expect(linesOf(shift).filter(({ mark, vi }) => mark === 'warn' && vi.includes('chỉ do tệp này nêu')).length).toBe(1);
  // Somebody who owns the database changes one byte of a body: the export says so wherever it is checked.
  const { checkpoint_id, body } = await world.root.selectFrom('checkpoint').select(['checkpoint_id', 'body']).orderBy('received_at').offset(20).limit(1).executeTakeFirstOrThrow();
  const bent = Buffer.from(body);
  bent[60] = (bent[60] ?? 0) ^ 1;
  const set = async (bytes: Uint8Array): Promise<void> => {
    await sql`alter table checkpoint disable trigger all`.execute(world.root);
    await world.root.updateTable('checkpoint').set({ body: Buffer.from(bytes) }).where('checkpoint_id', '=', checkpoint_id).execute();
    await sql`alter table checkpoint enable trigger all`.execute(world.root);
    for (const name of ['checkpoint_append_only', 'checkpoint_no_truncate', 'opening_has_a_legal_basis', 'checkpoint_log']) await sql`alter table checkpoint enable always trigger ${sql.ref(name)}`.execute(world.root);
  };
  await set(bent);
  await expect(judge(await take('/api/log-bundle'))).rejects.toThrow(/root_differs|entry_malformed|chain_broken/);
  await set(body);
  expect((await judge(await take('/api/log-bundle'))).entries).toBe(verdict.entries);
});

test('marks are for those who are cleared, and who read them is known', async () => {
  const marked = { ...KT1_LETTER, facts: { ...KT1_LETTER.facts, service: { ...KT1_LETTER.facts.service, secrecy: 'B' }, checklist: { ...KT1_LETTER.facts.checklist, outer_mark: 'B' } } };
  const code = await world.accepted(marked);
  await world.keepLog();
  const seen = await get(`/api/items/${code}`, 'CONTROLLER');
  expect(seen.body.secrecy).toBe('B');
  const reads = await get(`/api/audit/answers?question=marked_reads&code=${code}`);
  expect(reads.body.rows).toMatchObject([{ badge: 'CONTROLLER', what: 'marked', code: `/api/items/${code}` }]);
  const touched = await get(`/api/audit/answers?question=touched&code=${code}`);
  expect(touched.body.rows).toMatchObject([{ badge: 'CLERK', what: 'accepted' }]);
  expectRefusal(await get('/api/audit/answers?question=touched'), 'invalid_input', 422);
  const overrides = await get('/api/audit/answers?question=overrides');
  expect(overrides.body.rows.some((row: any) => row.second_badge === 'CONTROLLER' && row.what === 'item.rewrap')).toBe(true);
  expect((await get('/api/audit/answers?question=openings')).body.rows.some((row: any) => row.what === 'rewrapped')).toBe(true);
});

test('the installation sees what was broken in it', async () => {
  const failed = async (): Promise<string[]> => answered(await get('/api/audit/self-check')).checks.filter((check: any) => check.ok === false).map((check: any) => check.check);
  await world.keepLog();
  // The throw-away server of the tests has page checksums or not, and people who log in as superuser.
  const usual = (await failed()).filter((check) => check === 'checksums' || check === 'superusers');
  expect(await failed()).toEqual(usual);
  const broken: [string, string, string][] = [
    ['triggers', 'alter table checkpoint disable trigger checkpoint_append_only', 'alter table checkpoint enable always trigger checkpoint_append_only'],
    ['triggers', 'alter table journal_entry enable trigger journal_entry_append_only', 'alter table journal_entry enable always trigger journal_entry_append_only'],
    ['rights', 'grant delete on checkpoint to niem_app', 'revoke delete on checkpoint from niem_app'],
    ['walls', 'alter table watch_entry no force row level security', 'alter table watch_entry force row level security'],
    ['personal_key', "alter table personal_key disable trigger all; update personal_key set key_id = '\\x0000000000000000'::bytea where unit_id = (select min(unit_id::text)::uuid from personal_key)", "update personal_key set key_id = (select key_id from personal_key where key_id <> '\\x0000000000000000'::bytea limit 1) where key_id = '\\x0000000000000000'::bytea; alter table personal_key enable always trigger personal_key_kept"],
  ];
  for (const [check, breaks, mends] of broken) {
    await sql`${sql.raw(breaks)}`.execute(world.root);
    expect(await failed(), breaks).toContain(check);
    await sql`${sql.raw(mends)}`.execute(world.root);
  }
  expect(await failed()).toEqual(usual);
});

test('the verdict is over casefiles too, and names none of them', async () => {
  const verdict = async (): Promise<any> => answered(await get('/api/ledger/verdict'));
  const opened = await world.call('POST', '/api/cases', { token: await world.as('LIAISON'), body: { entry_id: newId(), facts: { source: 'tip', severity: 'low', unit_codes: [await world.accepted(PARCEL)] } } });
  const id: string = opened.body.casefile_id;
  for (const words of ['một', 'hai', 'ba']) expect((await world.call('POST', `/api/cases/${id}/entries`, { token: await world.as('LIAISON'), body: { entry_id: newId(), kind: 'said', facts: {}, words } })).status).toBe(201);
  expect((await verdict()).faults).toEqual([]);
  const ref = Buffer.from(sha256(Buffer.from(id))).toString('hex').slice(0, 16);
  // By whoever has all rights, behind every trigger.
  const bent = 'set_byte(body, 20, get_byte(body, 20) # 1)';
  const of = `casefile_id = '${id}'`;
  const changes: [string, string[], string[]][] = [
    ['an entry is told otherwise', [`update casefile_entry set body = ${bent}, hash = sha256(${bent}) where ${of} and entry_no = 2`], [`${ref}/2 leaf`, `${ref}/3 body`]],
    ['the last is told otherwise, its casefile with it', [`update casefile_entry set body = ${bent}, hash = sha256(${bent}) where ${of} and entry_no = 4`, `update casefile f set head_hash = e.hash from casefile_entry e where f.${of} and e.${of} and e.entry_no = 4`], [`${ref}/4 leaf`]],
    ['an entry in the middle is taken out', [`delete from casefile_words where ${of} and entry_no = 2`, `delete from casefile_entry where ${of} and entry_no = 2`], [`${ref}/3 body`, `${ref}/3 entry_no`, `${ref}/4 entry_no`]],
    ['the last is taken out', [`delete from casefile_words where ${of} and entry_no = 4`, `delete from casefile_entry where ${of} and entry_no = 4`], [`${ref}/4 head_hash`]],
    ['all are taken out', [`delete from casefile_words where ${of}`, `delete from casefile_entry where ${of}`], [`${ref}/4 head_hash`]],
    ['the casefile says another end', [`update casefile set head_hash = sha256('x') where ${of}`], [`${ref}/4 head_hash`]],
    ['the first gets another before it', [`update casefile_entry set body = convert_to(id.t, 'UTF8'), hash = sha256(convert_to(id.t, 'UTF8')) from (select 'no entry at all' as t) id where ${of} and entry_no = 1`], [`${ref}/1 body`, `${ref}/1 leaf`, `${ref}/2 body`]],
  ];
  for (const [what, statements, faults] of changes) {
    const undone = new Error('undone');
    await world.root.transaction().execute(async (tx) => {
      for (const table of ['casefile', 'casefile_entry', 'casefile_words']) await sql`alter table ${sql.table(table)} disable trigger all`.execute(tx);
      for (const statement of statements) await sql.raw(statement).execute(tx);
      const { rows } = await sql<{ ref: string; entry_no: number; problem: string }>`select * from casefile_faults()`.execute(tx);
      expect(rows.map((row) => `${row.ref}/${row.entry_no} ${row.problem.split(':')[0]}`), what).toEqual(faults);
      throw undone;
    }).catch((error: unknown) => expect(error, what).toBe(undone));
  }
  const { head_hash } = await world.root.selectFrom('casefile').select('head_hash').where('casefile_id', '=', id).executeTakeFirstOrThrow();
  const set = (hash: Uint8Array | null) => world.root.updateTable('casefile').set({ head_hash: hash === null ? null : Buffer.from(hash) }).where('casefile_id', '=', id).execute();
  await set(sha256(new Uint8Array(1)));
  const found = await verdict();
  expect(found.faults).toEqual([{ table: 'casefile_entry', key: `${ref}/4`, column: 'head_hash', problem: 'is not the last entry' }]);
  expect(JSON.stringify(found)).not.toContain(id);
  await set(head_hash);
  expect((await verdict()).faults).toEqual([]);
});
