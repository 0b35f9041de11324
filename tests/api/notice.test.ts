// Notices: to whom the table names and to nobody it does not; both sides see their own, a third party nothing; unacknowledged, the clock
// repeats and calls the roster by limits that are loaded, and never by ones that are not.

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pressDue, routeFor } from '../../src/domain/notice.ts';
import { noticeFile, noticeKeyText, readNoticeFile } from '../../src/interchange/notice_file.ts';
import { journal } from '../support/journal.ts';
import type { Journal } from '../support/journal.ts';
import { receiver } from '../support/receiver.ts';
import { DONG_DANG, expectRefusal, makeWorld, newId } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
let duty: Journal;
let app: pg.Client;
let unit_id: string;
const BADGES = ['LIAISON', 'LIAISON2', 'CUSTOMS', 'DUTYOFFICER', 'LEADER', 'CLERK', 'SHIFTHEAD'];

beforeAll(async () => {
  world = await makeWorld({ lan_hosts: '127.0.0.1' });
  duty = journal(world);
  await world.hire('LIAISON2', 'liaison', '');
  const customs = (await world.hire('CUSTOMS', 'liaison', '')) ?? '';
  await world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', customs).execute();
  await world.root.insertInto('agency').values([{ agency_code: 'HQ-LS', name_vi: 'Hải quan', agency_kind: 'customs', unit_code: 'LS', valid_from: '2017-01-01' }, { agency_code: 'VT-1', name_vi: 'Viễn thông', agency_kind: 'telecom', unit_code: 'LS', valid_from: '2017-01-01' }]).execute();
  await world.root.insertInto('contact').values([{ party_code: 'CA-LS', title_vi: 'Trực ban', phone: null, always: true, electronic_ok: null, citation: 'test', valid_from: '2017-01-01' }, { party_code: 'HQ-LS', title_vi: 'Trực ban', phone: null, always: true, electronic_ok: null, citation: 'test', valid_from: '2017-01-01' }]).execute();
  await world.root.insertInto('notice_route').values([
    { goods_class: 'drugs', party_code: 'CA-LS', citation: 'test', valid_from: '2017-01-01' },
    { goods_class: 'drugs', office_code: DONG_DANG, party_code: 'HQ-LS', citation: 'test, ended', valid_from: '2017-01-01', valid_to: '2018-01-01' },
    { goods_class: 'cross_border', party_code: 'CA-LS', citation: 'test', valid_from: '2017-01-01' },
    { goods_class: 'cross_border', office_code: DONG_DANG, party_code: 'HQ-LS', citation: 'test', valid_from: '2017-01-01' },
    { goods_class: 'other', party_code: null, citation: 'test', valid_from: '2017-01-01' },
  ]).execute();
  const code = await world.accepted();
  unit_id = (await world.root.selectFrom('unit').select('unit_id').where('code', '=', code).executeTakeFirstOrThrow()).unit_id;
  app = new pg.Client({ connectionString: world.database.urls.app });
  await app.connect();
});
afterAll(async () => {
  await app.end();
  await world.end();
});
afterEach(async () => {
  for (const badge of BADGES) world.forget(badge);
  await world.verify();
});

const ask = async (badge: string, method: string, route: string, body?: object): Promise<Answer> => world.call(method, `/api/notices${route}`, { token: await world.as(badge), body });
const now = () => new Date(world.clock()).toISOString();
const body = (goods_class: string, more: object = {}) => ({ asked_id: newId(), subject_kind: 'unit', subject_id: unit_id, goods_class, office_code: DONG_DANG, detected_at: now(), ...more });
async function raised(goods_class: string, badge = 'DUTYOFFICER', more: object = {}): Promise<{ notice_id: string; party_code: string | null }> {
  const answer = await ask(badge, 'POST', '', body(goods_class, more));
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
const step = (badge: string, notice_id: string, given: object): Promise<Answer> => ask(badge, 'POST', `/${notice_id}/steps`, { step_id: newId(), ...given });
const seen = async (badge: string, notice_id: string): Promise<any> => (await ask(badge, 'GET', `/${notice_id}`)).body;
const limits = async (rows: { [limit_code: string]: string | null }) => {
  await world.root.deleteFrom('time_limit').where('limit_code', 'in', ['TL17', 'TL45', 'TL46']).execute();
  const more = { subject_vi: 'x', subject_en: 'x', trigger_event: 'x', basis: 'clock', citation: 'test', status: 'operator_rule', valid_from: '2017-01-01' };
  for (const [limit_code, duration] of Object.entries(rows)) await world.root.insertInto('time_limit').values({ limit_code, duration, ...more }).execute();
};

describe('whom to tell', () => {
  test('is the row of the office before that of all, of this day only; where none is known nobody is guessed, and it shows', async () => {
    expect((await raised('drugs')).party_code).toBe('CA-LS');
    expect((await raised('cross_border')).party_code).toBe('HQ-LS');
    for (const goods_class of ['other', 'forged_kt1']) {
      const { notice_id, party_code } = await raised(goods_class);
      expect(party_code).toBeNull();
      expect(await seen('DUTYOFFICER', notice_id)).toMatchObject({ state: 'no_recipient', party_code: null, recipient_vi: 'chưa nạp cơ quan nhận', contacts: [] });
    }
    const table = (await ask('CLERK', 'GET', '/routes')).body.rows;
    expect(table.find((row: any) => row.goods_class === 'other')).toMatchObject({ known: false, routes: [{ party_code: null }] });
    expect(table.find((row: any) => row.goods_class === 'forged_kt1')).toMatchObject({ known: false, routes: [] });
    expect(routeFor([{ route_id: 1, goods_class: 'drugs', office_code: null, party_code: 'A' }], 'drugs', DONG_DANG)?.party_code).toBe('A');
  });

  test('can be named by whoever tells, once, and must be an agency that can be competent', async () => {
    const { notice_id } = await raised('other');
    expectRefusal(await step('DUTYOFFICER', notice_id, { kind: 'told', channel: 'phone', happened_at: now() }), 'notice_not_due', 409);
    for (const party_code of ['NOBODY', 'VT-1']) expectRefusal(await step('DUTYOFFICER', notice_id, { kind: 'addressed', party_code }), 'unknown_recipient', 422);
    expect((await step('DUTYOFFICER', notice_id, { kind: 'addressed', party_code: 'CA-LS' })).body).toEqual({ state: 'to_tell' });
    expectRefusal(await step('DUTYOFFICER', notice_id, { kind: 'addressed', party_code: 'HQ-LS' }), 'notice_not_due');
    expect(await seen('LIAISON', notice_id)).toMatchObject({ party_code: 'CA-LS', steps: [{ kind: 'addressed', party_code: 'CA-LS' }] });
  });

  test('is told of what there is, at an office there is, of what has happened; the same request again is the same notice', async () => {
    expectRefusal(await ask('DUTYOFFICER', 'POST', '', body('drugs', { subject_id: newId() })), 'unknown_case', 404);
    expectRefusal(await ask('DUTYOFFICER', 'POST', '', body('drugs', { subject_kind: 'casefile', subject_id: newId() })), 'unknown_case', 404);
    expectRefusal(await ask('DUTYOFFICER', 'POST', '', body('drugs', { subject_kind: 'incident', subject_id: newId() })), 'unknown_case', 404);
    expectRefusal(await ask('DUTYOFFICER', 'POST', '', body('drugs', { office_code: '999999' })), 'unknown_office');
    expectRefusal(await ask('DUTYOFFICER', 'POST', '', body('drugs', { detected_at: new Date(world.clock() + 60_000).toISOString() })), 'invalid_input');
    expectRefusal(await ask('DUTYOFFICER', 'POST', '', body('tea')), 'invalid_input');
    const asked_id = newId();
    const [first, again] = [await raised('drugs', 'DUTYOFFICER', { asked_id }), await raised('drugs', 'DUTYOFFICER', { asked_id })];
    expect(again).toEqual(first);
  });
});

describe('the two sides', () => {
  test('telling, acknowledging by the authority itself, and its message to who told', async () => {
    const office = await receiver();
    await world.hire('LEADER2', 'leader', DONG_DANG);
    const made = await world.call('POST', '/api/endpoints', { token: await world.as('LEADER'), body: { channel: 'webhook', address: office.url, confirmation: await world.confirmation('LEADER', 'LEADER2', 'endpoint.keep') } });
    expect(made.status, made.text).toBe(201);
    const { notice_id } = await raised('drugs');
    const desks = (await seen('DUTYOFFICER', notice_id)).contacts;
    expect(desks).toMatchObject([{ title_vi: 'Trực ban' }]);
    const contact = await world.root.selectFrom('contact').select(['contact_id', 'party_code']).where('party_code', 'in', ['CA-LS', 'HQ-LS']).orderBy('party_code').execute();
    const told = { kind: 'told', channel: 'phone', happened_at: now(), card_no: 'CA-0001' };
    expectRefusal(await step('DUTYOFFICER', notice_id, { ...told, contact_id: contact[1]?.contact_id }), 'invalid_input');
    expectRefusal(await step('DUTYOFFICER', notice_id, { ...told, happened_at: new Date(world.clock() - 86_400_000).toISOString() }), 'invalid_input');
    const step_id = newId();
    for (let i = 0; i < 2; i++) expect((await step('DUTYOFFICER', notice_id, { ...told, step_id, contact_id: contact[0]?.contact_id })).body).toEqual({ state: 'told' });
    expectRefusal(await step('LIAISON', notice_id, { kind: 'withdrawn' }), 'not_addressee', 403);
    expect((await step('LIAISON', notice_id, { kind: 'acknowledged', channel: 'electronic', happened_at: now() })).body).toEqual({ state: 'acknowledged' });
    expectRefusal(await step('DUTYOFFICER', notice_id, { kind: 'withdrawn' }), 'notice_not_due');
    const shown = await seen('DUTYOFFICER', notice_id);
    expect(shown.steps.map((each: any) => [each.kind, each.party_code, each.person.badge])).toEqual([['told', null, 'DUTYOFFICER'], ['acknowledged', 'CA-LS', 'LIAISON']]);
    expect(shown).toMatchObject({ state: 'acknowledged', clock: { verdict: 'no_standard', deadline_at: null, standard_vi: 'chưa nạp tiêu chuẩn' }, alarm: null });
    await world.tick();
    expect(office.got.map((got) => [got.data.type, got.data.data.subject_id])).toEqual([['notice.acknowledged', notice_id]]);
    await office.close();
  });

  test('a third agency sees nothing of it: not in the list, by id with the bytes of what is not there, by a step, or in a message', async () => {
    const { notice_id } = await raised('drugs');
    const blind = (answer: Answer) => answer.text.replaceAll(/[0-9a-f-]{36}/g, 'ID');
    expect((await ask('CUSTOMS', 'GET', '')).body.rows.filter((row: any) => row.notice_id === notice_id)).toEqual([]);
    const asked = [[await ask('CUSTOMS', 'GET', `/${notice_id}`), await ask('CUSTOMS', 'GET', `/${newId()}`)]];
    const acknowledged = { kind: 'acknowledged', channel: 'phone', happened_at: now() };
    asked.push([await step('CUSTOMS', notice_id, acknowledged), await step('CUSTOMS', newId(), acknowledged)]);
    for (const [theirs, none] of asked as [Answer, Answer][]) {
      expectRefusal(theirs, 'unknown_notice', 404);
      expect(blind(theirs)).toBe(blind(none));
    }
    const token = await world.as('CUSTOMS');
    for (const [who, visible] of [[token, 0], [await world.as('LIAISON'), 1], [await world.as('DUTYOFFICER'), 1], [await world.as('CLERK'), 0]] as const) {
      await app.query('begin');
      await app.query('select begin_request($1)', [who]);
      expect((await app.query('select 1 from notice where notice_id = $1', [notice_id])).rowCount).toBe(visible);
      await app.query('rollback');
    }
    expect((await app.query('select 1 from notice')).rowCount).toBe(0);
  });

  test('carried as a file it is checked without a network by its key alone; every altered byte, another key and another text are found', async () => {
    const { notice_id } = await raised('drugs');
    const [file, { body: { keys } }] = [await ask('DUTYOFFICER', 'GET', `/${notice_id}/file`), await ask('CLERK', 'GET', '/keys')];
    expect(file.headers.get('content-disposition')).toContain('attachment');
    expectRefusal(await ask('CUSTOMS', 'GET', `/${notice_id}/file`), 'unknown_notice', 404);
    expect(file.text).toContain('Dấu hiệu / signs: Ma túy, tiền chất / Drugs, precursors');
    expect(await readNoticeFile(file.text, keys[0])).toMatchObject({ notice_id, party_code: 'CA-LS', office_code: DONG_DANG });
    let found = 0;
    for (let i = 0; i < file.text.length; i++) {
      const altered = `${file.text.slice(0, i)}${file.text[i] === 'x' ? 'y' : 'x'}${file.text.slice(i + 1)}`;
      await expect(readNoticeFile(altered, keys[0]), `character ${i}`).rejects.toThrow();
      found += 1;
    }
    const stranger = new Uint8Array(32).fill(9);
    await expect(readNoticeFile(file.text, noticeKeyText(stranger))).rejects.toThrow('no verifiable signatures');
    const facts = await readNoticeFile(file.text, keys[0]);
    // While one key replaces another both sign, and either convinces.
    const twice = noticeFile(facts, [stranger, new Uint8Array(32).fill(8)]);
    for (const seed of [9, 8]) expect(await readNoticeFile(twice, noticeKeyText(new Uint8Array(32).fill(seed)))).toEqual(facts);
    const [folder, cli] = [await mkdtemp(path.join(tmpdir(), 'niem-notice-')), path.join(import.meta.dirname, '../../src/cli.ts')];
    await writeFile(path.join(folder, 'a.txt'), file.text);
    await writeFile(path.join(folder, 'b.txt'), file.text.replace('CA-LS', 'HQ-LS'));
    const run = (name: string) => spawnSync(process.execPath, [cli, 'notice', path.join(folder, name), '--key', keys[0]], { encoding: 'utf8' });
    expect([run('a.txt').status, run('b.txt').status]).toEqual([0, 1]);
    expect(run('a.txt').stdout).toContain('nguyên vẹn');
    console.log(`signed notice: ${found} altered characters, each found`);
    await rm(folder, { recursive: true });
  });

  test('each read is logged with how much was told', async () => {
    const { notice_id } = await raised('drugs');
    await ask('LIAISON', 'GET', `/${notice_id}`);
    await ask('CUSTOMS', 'GET', `/${notice_id}`);
    const log = await world.root.selectFrom('read_log').innerJoin('person', 'person.person_id', 'read_log.person_id').select(['badge', 'subject', 'rows_read']).where('subject_ref', '=', notice_id).orderBy('read_id').execute();
    expect(log).toEqual([{ badge: 'LIAISON', subject: 'notice', rows_read: 1 }, { badge: 'CUSTOMS', subject: 'notice', rows_read: 0 }]);
  });

  test('what is written is never changed, not even by those who have the right', async () => {
    const { notice_id } = await raised('drugs');
    await step('DUTYOFFICER', notice_id, { kind: 'told', channel: 'phone', happened_at: now() });
    for (const change of ['update notice set goods_class = $$other$$', 'delete from notice', 'truncate notice cascade', 'update notice_step set card_no = null', 'delete from notice_step', 'truncate notice_step'])
      await expect(world.root.executeQuery({ sql: change, parameters: [], query: {} as never, queryId: {} as never }), change).rejects.toMatchObject({ code: 'NI001' });
  });
});

describe('the clock', () => {
  beforeEach(async () => void (await world.root.updateTable('notice').set({ settled_at: new Date() }).where('settled_at', 'is', null).execute()));

  test('never presses by a limit that nobody loaded, and never alarms', async () => {
    await limits({ TL17: null, TL45: null, TL46: null });
    const { notice_id } = await raised('drugs');
    world.advance(90 * 86_400_000);
    await world.tick();
    for (const badge of BADGES) world.forget(badge);
    expect(await seen('DUTYOFFICER', notice_id)).toMatchObject({ steps: [], alarm: null, clock: { verdict: 'no_standard' } });
    world.advance(-90 * 86_400_000);
    expect(pressDue({ raised_at_ms: 0, repeats: 0, escalated: false }, null, null, 1e12)).toEqual({ repeat: null, escalate: false });
  });

  test('by limits that are loaded repeats, calls who is on duty once, tells their systems, and stops at the acknowledgement', async () => {
    await limits({ TL17: 'PT10M', TL45: 'PT15M', TL46: 'PT40M' });
    const agency = await receiver();
    const made = await world.call('POST', '/api/endpoints', { token: await world.as('LIAISON'), body: { channel: 'webhook', address: agency.url, confirmation: await world.confirmation('LIAISON', 'LIAISON2', 'endpoint.keep') } });
    expect(made.status, made.text).toBe(201);
    const at = (minutes: number) => new Date(world.clock() + minutes * 60_000);
    const facts = { office_code: DONG_DANG, title: 'Trực', from_at: at(-60).toISOString(), to_at: at(600).toISOString(), escalate_after_minutes: 10, posts: [{ post: 'duty_leader', needed: 1 }, { post: 'shift_head', needed: 1 }] };
    const { matter_id: roster_id } = await duty.did('SHIFTHEAD', 'roster', { kind: 'roster_planned', facts });
    const local = (minutes: number) => new Date(at(minutes).getTime() + 7 * 3_600_000).toISOString();
    for (const [post, badge] of [['shift_head', 'SHIFTHEAD'], ['duty_leader', 'LEADER']] as const)
      await duty.did('SHIFTHEAD', 'roster', { kind: 'duty_assigned', matter_id: roster_id, facts: { assignment_id: newId(), post, person_id: await world.personId(badge), on: local(-50).slice(0, 10), from: local(-50).slice(11, 16), to: local(500).slice(11, 16) } });
    const { notice_id } = await raised('drugs');
    for (let minute = 0; minute < 60; minute += 5) {
      // Two workers at once press once.
      await Promise.all([world.tick(), world.tick()]);
      world.advance(5 * 60_000);
    }
    for (const badge of BADGES) world.forget(badge);
    const shown = await seen('DUTYOFFICER', notice_id);
    const pressed = shown.steps.map((each: any) => [each.kind, Math.round((Date.parse(each.at) - Date.parse(shown.raised_at)) / 60_000)]);
    expect(pressed).toEqual([['repeated', 15], ['repeated', 30], ['escalated', 40], ['repeated', 45]]);
    expect(shown).toMatchObject({ clock: { verdict: 'late' }, alarm: 'escalated' });
    const calls = (await duty.seen('DUTYOFFICER', `/api/roster/${roster_id}`)).calls;
    expect(calls).toMatchObject([{ matter_id: notice_id, call_id: shown.steps[2].call_id, ladder: [{ person: { badge: 'LEADER' } }, { person: { badge: 'SHIFTHEAD' } }] }]);
    expect((await step('LIAISON', notice_id, { kind: 'acknowledged', channel: 'phone', happened_at: now() })).status).toBe(201);
    world.advance(60 * 60_000);
    await world.tick();
    world.advance(-60 * 60_000);
    const mine = agency.got.filter((got) => got.data.data.subject_id === notice_id).map((got) => got.data.type);
    expect(mine).toEqual(['notice.raised', 'notice.repeated', 'notice.repeated', 'notice.escalated', 'notice.repeated']);
    world.advance(-60 * 60_000);
    await agency.close();
  });

  test('where nobody is on duty it says so, and stands as an alarm', async () => {
    await limits({ TL46: 'PT5M' });
    const { notice_id } = await raised('drugs', 'DUTYOFFICER', { office_code: '240100' });
    world.advance(4 * 60_000);
    await world.tick();
    expect((await seen('DUTYOFFICER', notice_id)).alarm).toBeNull();
    world.advance(2 * 60_000);
    await world.tick();
    for (const badge of BADGES) world.forget(badge);
    expect(await seen('DUTYOFFICER', notice_id)).toMatchObject({ alarm: 'nobody_on_duty', steps: [{ kind: 'escalated', call_id: null, person: null }] });
    expectRefusal(await step('CUSTOMS', notice_id, { kind: 'withdrawn' }), 'unknown_notice');
    expect((await step('DUTYOFFICER', notice_id, { kind: 'withdrawn' })).body).toEqual({ state: 'withdrawn' });
    world.advance(-6 * 60_000);
  });
});
