// Incidents through the HTTP API: the clock to the first notice by the limit of the day, who was told, drills, marked items, and a
// journal that takes no change.

import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { journal } from '../support/journal.ts';
import type { Journal } from '../support/journal.ts';
import { expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
let j: Journal;
beforeAll(async () => {
  world = await makeWorld();
  j = journal(world);
  const limit = { subject_vi: 'x', subject_en: 'x', trigger_event: 'x', basis: 'clock', bound: 'max', citation: 'test' };
  await world.root.insertInto('time_limit').values([
    { limit_code: 'TL18', valid_from: '2017-01-01', valid_to: '2021-01-01', duration: null, status: 'unknown', ...limit },
    { limit_code: 'TL18', valid_from: '2021-01-01', valid_to: null, duration: 'PT15M', status: 'seen', ...limit },
    { limit_code: 'TL17', valid_from: '2017-01-01', valid_to: null, duration: null, status: 'unknown', ...limit },
  ]).execute();
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const ago = (minutes: number): string => new Date(world.clock() - minutes * 60_000).toISOString();
async function detected(more: object = {}, badge = 'CLERK'): Promise<string> {
  const facts = { incident_kind: 'loss', drill: false, detected_at: ago(10), unit_codes: [], ...more };
  return (await j.did(badge, 'incident', { kind: 'incident_detected', facts })).matter_id;
}
const add = (badge: string, matter_id: string, kind: string, facts: object) => j.did(badge, 'incident', { kind, matter_id, facts });
const tell = (told_at: string, notice_id = newId()) => ({ notice_id, party_code: 'CA-LS', channel: 'phone', told_at, desk_vi: 'Trực ban' });
const shown = (id: string, badge = 'DUTYOFFICER') => j.seen(badge, `/api/incidents/${id}`);

test('the clock runs from the detection, stops at the first notice, and says which limit it used', async () => {
  const id = await detected();
  expect((await shown(id)).clock).toMatchObject({ verdict: 'running', limit_code: 'TL18', citation: 'test', alarm: false, first_notice_at: null });
  const late = await detected({ detected_at: ago(16) });
  expect((await shown(late)).clock).toMatchObject({ verdict: 'late', alarm: true });
  await add('CLERK', id, 'authority_told', tell(ago(3)));
  await add('CLERK', id, 'authority_told', tell(ago(5)));
  expect((await shown(id)).clock).toMatchObject({ verdict: 'on_time', minutes_to_notice: 5 });
  await add('CLERK', late, 'authority_told', tell(ago(0)));
  expect((await shown(late)).clock).toMatchObject({ verdict: 'late', alarm: false });
});

test.each(['tampering', 'dangerous_item', 'information_security', 'outage'])('%s: no standard is loaded, and it never alarms', async (incident_kind) => {
  const id = await detected({ incident_kind, detected_at: ago(60 * 24 * 400) });
  expect((await shown(id)).clock).toMatchObject({ verdict: 'no_standard', deadline_at: null, alarm: false, standard_vi: 'chưa nạp tiêu chuẩn', standard_en: 'no standard loaded' });
});

test('the limit is that of the day of the detection, not of today', async () => {
  const id = await detected({ detected_at: '2020-12-31T23:59:00+07:00' });
  expect((await shown(id)).clock.verdict).toBe('no_standard');
  expect((await shown(await detected({ detected_at: '2021-01-01T00:00:00+07:00' }))).clock.verdict).toBe('late');
});

test('a drill is marked as one everywhere, keeps its clock and never alarms', async () => {
  const id = await detected({ drill: true, detected_at: ago(60) });
  expect(await shown(id)).toMatchObject({ drill: true, clock: { verdict: 'late', alarm: false } });
  expect((await j.seen('DUTYOFFICER', '/api/incidents')).rows.find((row: any) => row.incident_id === id)).toMatchObject({ drill: true });
});

test('of a KT1 item numbers are told and no words, whatever its mark', async () => {
  const [marked, plain] = [await world.accepted(KT1_LETTER), await world.accepted(PARCEL)];
  const facts = { incident_kind: 'leak', drill: false, detected_at: ago(1), unit_codes: [marked], summary: 'Bì rách, thấy bên trong' };
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'incident_detected', facts }), 'no_text_for_kt1', 422);
  const unmarked = await world.accepted({ ...KT1_LETTER, facts: { ...KT1_LETTER.facts, service: { ...KT1_LETTER.facts.service, secrecy: 'NONE' }, checklist: { ...KT1_LETTER.facts.checklist, outer_mark: 'NONE' } } });
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'incident_detected', facts: { ...facts, unit_codes: [unmarked] } }), 'no_text_for_kt1');
  const id = await detected({ incident_kind: 'leak', unit_codes: [marked] });
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'measure_taken', matter_id: id, facts: { measure: 'isolated', note: 'Cất tủ' } }), 'no_text_for_kt1');
  await add('CLERK', id, 'measure_taken', { measure: 'isolated' });
  expect((await shown(await detected({ unit_codes: [plain], summary: 'Thùng bẹp' }))).summary).toBe('Thùng bẹp');
});

test('who was told, whether they took it, what was done, how it ended; then nothing more', async () => {
  const id = await detected();
  const notice = tell(ago(2));
  await add('CLERK', id, 'authority_told', notice);
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'authority_told', matter_id: id, facts: notice }), 'invalid_input');
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'authority_told', matter_id: id, facts: tell(ago(30)) }), 'invalid_input');
  await add('CLERK', id, 'notice_acknowledged', { notice_id: notice.notice_id, acknowledged_at: ago(1) });
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'notice_acknowledged', matter_id: id, facts: { notice_id: notice.notice_id, acknowledged_at: ago(0) } }), 'case_not_due');
  expectRefusal(await j.post('DUTYOFFICER', 'incident', { kind: 'incident_closed', matter_id: id, facts: { outcome: 'resolved' } }), 'case_not_due');
  await add('CLERK', id, 'measure_taken', { measure: 'searched', note: 'Tìm ở bàn 2, kho túi' });
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'incident_closed', matter_id: id, facts: { outcome: 'resolved' } }), 'not_permitted');
  await add('DUTYOFFICER', id, 'incident_closed', { outcome: 'resolved', lesson: 'Soát bàn trước khi đóng ca' });
  expect(await shown(id)).toMatchObject({ closed: true, outcome: 'resolved', measures: [{ measure: 'searched', by: { badge: 'CLERK' } }], notices: [{ by: { badge: 'CLERK' }, desk_vi: 'Trực ban' }] });
  expect((await shown(id)).whom_to_tell).toContainEqual(expect.objectContaining({ agency_code: 'CA-LS', told: true }));
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'measure_taken', matter_id: id, facts: { measure: 'searched' } }), 'case_not_due');
});

test('another office sees none of it unless it handles incidents; the future is refused', async () => {
  const id = await detected();
  expectRefusal(await j.get('CENTRECLERK', `/api/incidents/${id}`), 'unknown_case', 404);
  expect((await j.seen('CENTRECLERK', '/api/incidents')).rows).toEqual([]);
  expectRefusal(await j.post('CENTRECLERK', 'incident', { kind: 'measure_taken', matter_id: id, facts: { measure: 'searched' } }), 'unknown_case');
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'incident_detected', facts: { incident_kind: 'loss', drill: false, detected_at: ago(-5), unit_codes: [] } }), 'invalid_input');
  expectRefusal(await j.post('CLERK', 'incident', { kind: 'period_read', matter_id: id, facts: {} }), 'invalid_input');
  expectRefusal(await j.post('CLERK', 'period', { kind: 'period_read', matter_id: id, facts: {} }), 'unknown_case');
});

test('a journal changed behind our back is found, whatever was changed', async () => {
  const id = await detected();
  const faults = async (change: ReturnType<typeof sql>): Promise<string[]> => {
    await sql`alter table journal_entry disable trigger all`.execute(world.root);
    await change.execute(world.root);
    return (await verifyLedger(world.services.store.read)).faults.map((fault) => `${fault.table}.${fault.column}`);
  };
  const { rows } = await sql<{ entry_no: number; body: Uint8Array }>`select entry_no, body from journal_entry where matter_id = ${id}`.execute(world.root);
  const [{ entry_no, body }] = rows as [{ entry_no: number; body: Uint8Array }];
  const flipped = new Uint8Array(body).map((byte, i) => (i === 40 ? byte ^ 1 : byte));
  expect(await faults(sql`update journal_entry set body = ${flipped} where entry_no = ${entry_no}`)).toContain('journal_entry.hash');
  await sql`update journal_entry set body = ${body} where entry_no = ${entry_no}`.execute(world.root);
  expect(await faults(sql`update journal_entry set kind = 'measure_taken' where entry_no = ${entry_no}`)).toContain('journal_entry.kind');
  await sql`update journal_entry set kind = 'incident_detected' where entry_no = ${entry_no}`.execute(world.root);
  expect(await faults(sql`update journal_head set hash = decode(repeat('00', 32), 'hex')`)).toContain('journal_entry.hash');
  await sql`update journal_head set hash = (select hash from journal_entry order by entry_no desc limit 1)`.execute(world.root);
  expect(await faults(sql`select 1`)).toEqual([]);
  await sql`create table kept as select * from journal_entry where entry_no = 2`.execute(world.root);
  expect(await faults(sql`delete from journal_entry where entry_no = 2`)).toContain('journal_entry.entry_no');
  await sql`insert into journal_entry select * from kept`.execute(world.root);
  await sql`drop table kept`.execute(world.root);
  await sql`alter table journal_entry enable always trigger journal_entry_append_only`.execute(world.root);
  await sql`alter table journal_entry enable always trigger journal_entry_no_truncate`.execute(world.root);
});
