// The founding letter's whole road on the demo's own day in January 2021: issued, passed on, acknowledged, carried out under two orders,
// with a roster and incidents, and reported to the Department before 23-01-2021, in writing.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { assemble } from '../../src/node.ts';
import { seedDemo } from '../../src/seed.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { freshDatabase } from '../support/database.ts';
import { asker } from '../support/province.ts';
import { PERSONAL_KEY } from '../support/people.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let app: ReturnType<typeof assemble>;
let ask: ReturnType<typeof asker>;
/** Thursday 21 January 2021, five past five in the afternoon; the clock stands still unless a test moves it. */
let now = Date.parse('2021-01-21T17:05:00+07:00');
beforeAll(async () => {
  database = await freshDatabase();
  const clock = (): number => now;
  await seedDemo({ migrate: database.urls.migrate, app: database.urls.app }, clock, { personal_key: PERSONAL_KEY });
  app = assemble({ NIEM_PROFILE: 'lan', NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 5, NIEM_LOG: 'silent', NIEM_PERSONAL_KEY: PERSONAL_KEY }, database.urls.app, clock);
  ask = asker(async (method, route, token, body) => {
    const headers = { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    const response = await app.app.request(route, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: response.status, body: await response.json() };
  });
}, 180_000);
afterAll(async () => {
  expect((await verifyLedger(app.services.store.read)).faults).toEqual([]);
  await app.close();
  await database.drop();
});

const seen = async (badge: string, path: string): Promise<any> => {
  const answer = await ask(badge, 'GET', path);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};
const did = async (badge: string, path: string, body: object): Promise<any> => {
  const answer = await ask(badge, 'POST', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};

test('the letter stands there as it was printed, with who was tasked, who leads and what is late', async () => {
  const { rows } = await seen('SO2007', '/api/directives');
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ date_printed: 'tháng 01 năm 2020', date_meant: '2021-01', parties: 8, acknowledged: 5, late: 0, done: 1 });
  const board = await seen('LS1081', `/api/directives/${rows[0].directive_id}`);
  expect(board.tree.filter((party: any) => party.under === '240000').map((party: any) => party.party_code)).toEqual(['243100', '240100', '240200']);
  expect(board.rows.find((row: any) => row.party_code === 'VT-MAU1' && row.demand_id === 'D10')).toMatchObject({ status: 'done', accepted: true });
  expect((await seen('VT4001', `/api/directives/${rows[0].directive_id}`)).tree).toHaveLength(1);
});

test('two orders are in force, the stricter one says how long an item may lie, and both stand in the journal', async () => {
  const banner = await seen('LS1001', '/api/periods/active');
  expect(banner.orders.map((order: any) => [order.name_vi, order.phase])).toEqual([['Đại hội XIII', 'before'], ['Tết Tân Sửu', 'before']]);
  expect(banner.changes[0].vi).toBe('Báo động khi bưu gửi nằm yên quá 120 phút');
  const [congress] = (await seen('LS1016', '/api/periods')).rows.filter((row: any) => row.name_vi === 'Đại hội XIII');
  expect(await seen('LS1016', `/api/periods/${congress.period_id}`)).toMatchObject({ offices_read: 3, overlaps: [{ name_vi: 'Tết Tân Sửu' }], turns: [{ kind: 'period_begun', effective_at: congress.acts_from }] });
});

test('the roster shows the one night that has nobody, and who is on duty now', async () => {
  const { rows } = await seen('LS1016', '/api/roster');
  const roster = await seen('LS1016', `/api/roster/${rows[0].roster_id}`);
  expect(roster.gaps).toEqual([expect.objectContaining({ post: 'kt1_clerk', from_at: '2021-01-23T17:00:00.000Z', to_at: '2021-01-24T01:00:00.000Z', minutes: 480 })]);
  const duty = await seen('LS1001', '/api/roster/now');
  expect(duty).toMatchObject({ alarm: null, gaps_now: [] });
  expect(duty.on_duty.map((d: any) => d.post).toSorted()).toEqual(['duty_leader', 'kt1_clerk']);
});

test('two incidents: a drill that is over, and a loss of which only the number is told; no standard is loaded', async () => {
  const { rows } = await seen('LS1082', '/api/incidents');
  expect(rows.map((row: any) => [row.incident_kind, row.drill, row.closed, row.clock.verdict, row.clock.alarm])).toEqual([['loss', false, false, 'no_standard', false], ['outage', true, true, 'no_standard', false]]);
  expect(rows[0].unit_codes).toHaveLength(1);
});

test('the report due before 23-01-2021 is drawn in one click, signed by another, sent in time, received; the obligation is done', async () => {
  const [due] = (await seen('LS1082', '/api/reports')).rows;
  expect(due).toMatchObject({ state: 'due', due_at: '2021-01-22T17:00:00.000Z', verdict: 'running', reminder_hours: 72, hours_left: 30 });
  const drawn = await did('LS1082', `/api/reports/${due.report_id}/draw`, {
    from_at: '2021-01-20T17:00:00Z', to_at: '2021-01-21T10:00:00Z', basis: ['công văn số …/STTTT-BCVT của Sở Thông tin và Truyền thông tỉnh Lạng Sơn'],
    leader_title: 'Giám đốc Bưu điện tỉnh', place_vi: 'Lạng Sơn', difficulties: [], proposals: [],
  });
  const of = (code: string) => drawn.drawing.figures.find((figure: any) => figure.code === code);
  expect(of('kt1_accepted').count).toBeGreaterThan(100);
  expect((await seen('LS1082', of('kt1_accepted').events)).total).toBe(of('kt1_accepted').count);
  expect(drawn.drawing.office_codes).toContain('243100');
  expect(drawn.drawing.incidents).toHaveLength(2);
  await did('LS1081', '/api/reports', { kind: 'report_signed', matter_id: due.report_id, facts: { digest: drawn.drawing.digest, number: '15/BC-BĐLS', on: '2021-01-21', signer_title: 'Giám đốc', signer_name: 'Nông Thị Xuân' } });
  await did('LS1081', '/api/reports', { kind: 'report_sent', matter_id: due.report_id, facts: { channel: 'document_axis', sent_at: new Date(now).toISOString() } });
  expect(await seen('SO2007', `/api/reports/${due.report_id}`)).toMatchObject({ state: 'sent', verdict: 'on_time' });
  await did('SO2007', '/api/reports', { kind: 'report_received', matter_id: due.report_id, facts: { received_at: new Date(now).toISOString(), paper_no: '88/DEN' } });
  const letter = await seen('LS1081', `/api/reports/${due.report_id}/letter`);
  expect(letter).toMatchObject({ issuer_vi: 'Bưu điện tỉnh Lạng Sơn', number: '15/BC-BĐLS', on: '2021-01-21', to: ['Sở Thông tin và Truyền thông tỉnh Lạng Sơn (Phòng Bưu chính Viễn thông)'] });
  expect(JSON.stringify(letter)).toContain('(diễn tập)');
  const [{ directive_id }] = (await seen('LS1081', '/api/directives')).rows;
  await did('LS1081', '/api/directives', { kind: 'obligation_reported', matter_id: directive_id, facts: { party_code: '240000', demand_id: 'D11', status: 'done', evidence: [{ evidence_kind: 'report', ref: '15/BC-BĐLS' }] } });
  await did('SO2007', '/api/directives', { kind: 'obligation_judged', matter_id: directive_id, facts: { party_code: '240000', demand_id: 'D11', accepted: true } });
  now += 24 * 3_600_000 * 7;
  expect(await seen('LS1081', `/api/reports/${due.report_id}/check`)).toMatchObject({ same: true, differ: [] });
  expect((await seen('SO2007', '/api/directives')).rows[0].late).toBeGreaterThan(0);
});

test('the orders end by themselves, and the desk is as before', async () => {
  now = Date.parse('2021-02-22T00:00:00+07:00');
  expect(await seen('LS1001', '/api/periods/active')).toMatchObject({ orders: [], changes: [], changes_at: null });
  const { rows } = await seen('LS1016', '/api/periods');
  expect(rows.map((row: any) => row.state)).toEqual(['ended', 'ended']);
});
