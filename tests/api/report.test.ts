// Reports through the HTTP API: drawn from the ledger, opened to the events behind each figure, the same to the byte after 10,000 more
// events, small cells hidden, and a letter that looks like one.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { suppress, windowOf } from '../../src/domain/report.ts';
import { placeAndDate } from '../../src/interchange/letter.ts';
import { entryOf } from '../../src/ledger/entry.ts';
import { publish } from '../../src/ledger/head.ts';
import { sequence } from '../../src/ledger/log.ts';
import { journal } from '../support/journal.ts';
import type { Journal } from '../support/journal.ts';
import { makeNotary } from '../support/notary.ts';
import { DONG_DANG, CENTRE, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
let j: Journal;
let folder: string;
let window: { from_at: string; to_at: string };
const MARKS = { A: 3, B: 4, C: 12, NONE: 5 };
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'niem-report-'));
  world = await makeWorld();
  j = journal(world);
  const from_at = new Date(world.clock() - 60_000).toISOString();
  for (const [mark, count] of Object.entries(MARKS)) for (let i = 0; i < count; i++) await world.accepted(marked(mark));
  const parcels = [await world.accepted(PARCEL), await world.accepted(PARCEL)];
  for (const code of parcels) expect((await world.post('CONTROLLER', { kind: 'approved', code, facts: {} })).status).toBe(201);
  expect((await world.post('CLERK', { kind: 'acceptance_refused', facts: { service_class: 'parcel', reason_code: 'joint_check_refused' } })).status).toBe(201);
  await j.did('CLERK', 'incident', { kind: 'incident_detected', facts: { incident_kind: 'outage', drill: true, detected_at: from_at, unit_codes: [], summary: 'Diễn tập mất mạng' } });
  pass(2);
  window = { from_at, to_at: new Date(world.clock() - 61_000).toISOString() };
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await world.end();
});
afterEach(async () => void (await world.verify()));

function marked(mark: string): object {
  const { facts } = KT1_LETTER;
  const layers = mark === 'A' ? 2 : 1;
  return { ...KT1_LETTER, facts: { ...facts, service: { ...facts.service, secrecy: mark }, checklist: { ...facts.checklist, outer_mark: mark, envelope_layers: layers } } };
}
function pass(minutes: number): void {
  world.advance(minutes * 60_000);
  for (const badge of ['LEADER', 'DUTYOFFICER', 'CLERK', 'SHIFTHEAD', 'CONTROLLER', 'LIAISON', 'CENTRECLERK']) world.forget(badge);
}
const TASK = { report_kind: 'period_report', title: 'Kết quả bảo đảm an toàn bưu chính phục vụ Đại hội XIII và Tết Tân Sửu', office_code: DONG_DANG, addressee: 'CA-LS', addressee_vi: 'Sở Thông tin và Truyền thông tỉnh Lạng Sơn', desk_vi: 'Phòng Bưu chính Viễn thông', due_at: null, remind_hours: [] };
const task = async (more: object = {}): Promise<string> => (await j.did('SHIFTHEAD', 'report', { kind: 'report_tasked', facts: { ...TASK, ...more } })).matter_id;
const DRAW = { basis: ['công văn số …/STTTT-BCVT của Sở Thông tin và Truyền thông'], leader_title: 'Giám đốc Bưu điện', place_vi: 'Lạng Sơn', difficulties: ['Đường lên Mẫu Sơn sạt lở, một chuyến thư chậm.'], proposals: [] };
const draw = async (id: string, badge = 'SHIFTHEAD', more: object = {}) => world.call('POST', `/api/reports/${id}/draw`, { token: await world.as(badge), body: { ...DRAW, ...window, ...more } });
async function drawnReport(more: object = {}): Promise<any> {
  const answer = await draw(await task(more));
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
const figure = (shown: any, code: string) => shown.drawing.figures.find((f: any) => f.code === code);

test('each figure is what the entries of the ledger say, and opens to exactly so many events', async () => {
  const shown = await drawnReport();
  const rows = await world.root.selectFrom('checkpoint').select(['body', 'received_at']).where('received_at', '>=', new Date(window.from_at)).where('received_at', '<', new Date(window.to_at)).execute();
  const entries = rows.map((row) => entryOf(new Uint8Array(row.body)));
  const said = (kind: string, test: (facts: any) => boolean = () => true): number => entries.filter((entry) => entry.claim.kind === kind && test(entry.claim.facts)).length;
  const kt1 = (facts: any): boolean => facts.service.service_class === 'kt1';
  expect(figure(shown, 'kt1_accepted').count).toBe(said('accepted', kt1));
  expect(figure(shown, 'kt1_accepted').count).toBe(24);
  expect(figure(shown, 'kt1_accepted_c').count).toBe(said('accepted', (facts) => kt1(facts) && facts.service.secrecy === 'C'));
  expect(figure(shown, 'joint_checked').count).toBe(said('accepted', (facts) => facts.joint_check === 'done'));
  expect(figure(shown, 'approved').count).toBe(said('approved'));
  expect(figure(shown, 'acceptance_refused').count).toBe(1);
  let opened = 0;
  for (const { code, count, events } of shown.drawing.figures) {
    if (count === null) continue;
    const ids: string[] = [];
    for (let after = ''; ;) {
      const page = await j.seen('SHIFTHEAD', `${events}?limit=7${after}`);
      expect(page.total, code).toBe(count);
      ids.push(...page.rows.map((row: any) => row.checkpoint_id));
      if (page.next_after === null) break;
      after = `&after=${page.next_after}`;
    }
    expect([new Set(ids).size, ids.length], code).toEqual([count, count]);
    opened += ids.length;
  }
  expect(opened).toBeGreaterThan(60);
});

test('counts of A items below ten are hidden, with the one beside them that would tell; what is hidden opens to nothing', async () => {
  const shown = await drawnReport();
  expect(['a', 'b', 'c'].map((mark) => figure(shown, `kt1_accepted_${mark}`).count)).toEqual([null, null, 12]);
  expectRefusal(await j.get('SHIFTHEAD', `/api/reports/${shown.report_id}/figures/kt1_accepted_a`), 'figure_suppressed', 403);
  expectRefusal(await j.get('SHIFTHEAD', `/api/reports/${shown.report_id}/figures/kt1_accepted_b`), 'figure_suppressed');
  const settlement = await drawnReport({ report_kind: 'settlement' });
  expect(settlement.drawing.bodies).toEqual([{ body_code: 'LS-UBND-DD', count: 24, a_count: null }]);
  expectRefusal(await j.get('SHIFTHEAD', `/api/reports/${settlement.report_id}/figures/held`), 'invalid_input');
  expect(suppress([3, 40, 12, 0].map((count) => ({ count, sensitive: true })))).toEqual([true, false, true, false]);
  expect(suppress([3, 4, 12].map((count) => ({ count, sensitive: true })))).toEqual([true, true, false]);
  expect(suppress([10, 0, 11].map((count) => ({ count, sensitive: true })))).toEqual([false, false, false]);
});

test('after 10,000 more events the same question gets the same bytes', async () => {
  const shown = await drawnReport();
  const code = await world.accepted();
  for (let batch = 0; batch < 20; batch++) {
    const checkpoints = Array.from({ length: 500 }, () => ({ checkpoint_id: newId(), kind: 'seen', code, facts: {} }));
    const answer = await world.call('POST', '/api/checkpoints/batch', { token: await world.as('CLERK'), body: { checkpoints } });
    expect(answer.body).toMatchObject({ stored: 500, refused: 0 });
  }
  const check = await j.seen('SHIFTHEAD', `/api/reports/${shown.report_id}/check`);
  expect(check).toEqual({ same: true, digest: shown.drawing.digest, digest_now: shown.drawing.digest, differ: [] });
  const again = (await draw(shown.report_id)).body;
  for (const part of ['figures', 'bodies', 'digest', 'nil']) expect(JSON.stringify(again.drawing[part]), part).toBe(JSON.stringify(shown.drawing[part]));
  pass(2);
  const wider = (await draw(shown.report_id, 'SHIFTHEAD', { to_at: new Date(world.clock() - 61_000).toISOString() })).body;
  expect(figure(wider, 'kt1_accepted').count).toBe(25);
  expect(wider.drawing.digest).not.toBe(shown.drawing.digest);
}, 120_000);

test('a report names the signed head of the log it was drawn at, on the screen and in the letter; where nothing was signed it names none', async () => {
  expect((await drawnReport()).drawing).toMatchObject({ head_size: null, head_origin: null });
  const notary = await makeNotary(world.clock);
  try {
    const origin = 'niem.example/test/2026';
    await sequence(world.services.store, origin, world.clock);
    await publish(world.services.store, world.clock, origin, notary.notary);
    const { size } = await world.root.selectFrom('log_head').select('size').orderBy('size', 'desc').limit(1).executeTakeFirstOrThrow();
    const shown = await drawnReport();
    expect(shown.drawing).toMatchObject({ head_size: size, head_origin: origin });
    const letter = await j.seen('SHIFTHEAD', `/api/reports/${shown.report_id}/letter?format=json`);
    expect(JSON.stringify(letter)).toContain(`mốc sổ ${origin} ${size}`);
    // It goes on naming that head, whatever was signed since.
    await world.accepted();
    await sequence(world.services.store, origin, world.clock);
    await publish(world.services.store, world.clock, origin, notary.notary);
    expect((await j.seen('SHIFTHEAD', `/api/reports/${shown.report_id}`)).drawing).toMatchObject({ head_size: size });
  } finally {
    notary.end();
  }
});

test('a window that is not wholly past, or runs backwards, is not drawn', async () => {
  const id = await task();
  expectRefusal(await draw(id, 'SHIFTHEAD', { to_at: new Date(world.clock() - 30_000).toISOString() }), 'drawn_too_early', 409);
  expectRefusal(await draw(id, 'SHIFTHEAD', { to_at: window.from_at }), 'invalid_input');
  expectRefusal(await draw(id, 'CLERK'), 'not_permitted');
  expectRefusal(await j.get('SHIFTHEAD', `/api/reports/${id}/check`), 'case_not_due');
});

test('drawn by one, signed by another over the figures seen, sent, received; nothing changes after the signature', async () => {
  const { report_id, drawing } = await drawnReport();
  const sign = (badge: string, digest: string) => j.post(badge, 'report', { kind: 'report_signed', matter_id: report_id, facts: { digest, number: '15/BC-BĐLS', on: '2021-01-22', signer_title: 'Giám đốc', signer_name: 'Nguyễn Văn Mẫu' } });
  const sent = { kind: 'report_sent', matter_id: report_id, facts: { channel: 'document_axis', sent_at: new Date(world.clock()).toISOString() } };
  expectRefusal(await j.post('LEADER', 'report', sent), 'case_not_due');
  expectRefusal(await sign('LEADER', '0'.repeat(64)), 'invalid_input');
  expectRefusal(await sign('SHIFTHEAD', drawing.digest), 'not_permitted');
  expectRefusal(await j.get('LIAISON', `/api/reports/${report_id}`), 'unknown_case');
  expect((await sign('LEADER', drawing.digest)).status).toBe(201);
  expectRefusal(await draw(report_id), 'case_not_due');
  await j.did('LEADER', 'report', sent);
  expect((await j.seen('LIAISON', `/api/reports/${report_id}`)).state).toBe('sent');
  await j.did('LIAISON', 'report', { kind: 'report_received', matter_id: report_id, facts: { received_at: new Date(world.clock()).toISOString(), paper_no: '88/CV-DEN' } });
  expect((await j.seen('LEADER', `/api/reports/${report_id}`)).state).toBe('received');
  const own = await task();
  expect((await draw(own, 'LEADER')).status).toBe(201);
  const digest = (await j.seen('LEADER', `/api/reports/${own}`)).drawing.digest;
  expectRefusal(await j.post('LEADER', 'report', { kind: 'report_signed', matter_id: own, facts: { digest, number: '16/BC', on: '2021-01-22', signer_title: 'Giám đốc', signer_name: 'Nguyễn Văn Mẫu' } }), 'same_person');
});

test('a deadline reminds and is late; without one nothing is; another office sees none of it', async () => {
  const due_at = new Date(world.clock() + 5 * 3_600_000 + 30_000).toISOString();
  const id = await task({ due_at, remind_hours: [24, 6, 2] });
  expect(await j.seen('SHIFTHEAD', `/api/reports/${id}`)).toMatchObject({ state: 'due', verdict: 'running', hours_left: 5, reminder_hours: 6 });
  const free = await task();
  expect((await j.seen('SHIFTHEAD', '/api/reports')).rows[0].report_id).toBe(id);
  pass(301);
  expect(await j.seen('SHIFTHEAD', `/api/reports/${id}`)).toMatchObject({ verdict: 'late', reminder_hours: 2 });
  expect(await j.seen('SHIFTHEAD', `/api/reports/${free}`)).toMatchObject({ verdict: 'no_standard', due_at: null, reminder_hours: null });
  await world.hire('CENTREHEAD2', 'shift_head', CENTRE);
  expectRefusal(await j.get('CENTREHEAD2', `/api/reports/${id}`), 'unknown_case', 404);
  expect((await j.seen('CENTREHEAD2', '/api/reports')).rows).toEqual([]);
  expectRefusal(await j.post('SHIFTHEAD', 'report', { kind: 'report_tasked', facts: { ...TASK, office_code: CENTRE } }), 'wrong_office');
});

test('nothing happened is said in words: a nil report', async () => {
  const shown = (await draw(await task(), 'SHIFTHEAD', { from_at: '2019-01-01T00:00:00Z', to_at: '2019-02-01T00:00:00Z' })).body;
  expect(shown.drawing.nil).toBe(true);
  const letter = await j.seen('SHIFTHEAD', `/api/reports/${shown.report_id}/letter`);
  expect(JSON.stringify(letter)).toContain('Trong kỳ không phát sinh.');
});

/** Text of a member of a ZIP, found by its directory. */
function unzip(bytes: Buffer, name: string): string {
  let at = bytes.readUInt32LE(bytes.lastIndexOf('PK\u0005\u0006', undefined, 'latin1') + 16);
  while (bytes.toString('latin1', at, at + 4) === 'PK\u0001\u0002') {
    const [packed, length, extra, comment, offset] = [bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42)];
    if (bytes.toString('utf8', at + 46, at + 46 + length) === name) {
      const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
      const data = bytes.subarray(start, start + packed);
      return (bytes.readUInt16LE(at + 10) === 8 ? inflateRawSync(data) : data).toString('utf8');
    }
    at += 46 + length + extra + comment;
  }
  throw new Error(`no ${name}`);
}

const WORDS = [
  'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', 'Độc lập - Tự do - Hạnh phúc', 'BƯU CỤC ĐỒNG ĐĂNG', 'TRUNG TÂM KHAI THÁC LẠNG SƠN', 'Số: 15/BC-BĐLS', 'Lạng Sơn, ngày 22 tháng 01 năm 2021', 'BÁO CÁO',
  'Kính gửi: Sở Thông tin và Truyền thông tỉnh Lạng Sơn (Phòng Bưu chính Viễn thông)', 'Nơi nhận:', '- Lưu: VT.', 'GIÁM ĐỐC', 'Nguyễn Văn Mẫu', 'dưới mức công bố', 'chưa nạp tiêu chuẩn', '(diễn tập)', 'Đường lên Mẫu Sơn sạt lở',
];

test('the letter as PDF and DOCX: layout of an official letter, every diacritic, no name or content of an item; the same PDF twice', async () => {
  const { report_id, drawing } = await drawnReport();
  const facts = { digest: drawing.digest, number: '15/BC-BĐLS', on: '2021-01-22', signer_title: 'Giám đốc', signer_name: 'Nguyễn Văn Mẫu' };
  const draft = await fileOf(report_id, 'pdf');
  expect(pdfText(draft)).toContain('DỰ THẢO');
  await j.did('LEADER', 'report', { kind: 'report_signed', matter_id: report_id, facts });
  const [pdf, again, docx] = [await fileOf(report_id, 'pdf'), await fileOf(report_id, 'pdf'), await fileOf(report_id, 'docx')];
  expect(again.equals(pdf)).toBe(true);
  const paper = pdfText(pdf).replaceAll(/\s+/g, ' ').normalize('NFC');
  const words = [...unzip(docx, 'word/document.xml').matchAll(/<w:t[^>]*>([^<]*)<\/w:t>/g)].map((match) => match[1]).join(' ');
  for (const text of [paper, words]) {
    for (const word of WORDS) expect(text, word).toContain(word);
    expect(text).not.toMatch(/DỰ THẢO|Nông Thị Mẫu|Trần Văn Mẫu|Bánh khảo|Tuyệt mật|Tối mật|\ufffd/);
    expect(text).toContain(`${drawing.figures.find((f: any) => f.code === 'kt1_accepted').count}`);
  }
  expect(unzip(docx, 'word/footer1.xml')).toContain(drawing.digest.slice(0, 16).toUpperCase());
  expect(paper).toContain(drawing.digest.slice(0, 16).toUpperCase());
  // Head left and right on one line, signature right of the recipients: measured on the page.
  const boxes = execFileSync('pdftotext', ['-bbox', path.join(folder, `${report_id}.pdf`), '-'], { encoding: 'utf8' });
  const at = (word: string) => {
    const [, x, y] = new RegExp(`xMin="([\\d.]+)" yMin="([\\d.]+)"[^>]*>${word}<`).exec(boxes) ?? [];
    return { x: Number(x), y: Number(y) };
  };
  expect(Math.abs(at('CỘNG').y - at('TRUNG').y)).toBeLessThan(3);
  expect(at('CỘNG').x).toBeGreaterThan(at('TRUNG').x + 100);
  expect(at('GIÁM').x).toBeGreaterThan(at('Nơi').x + 150);
  expect(Math.abs(at('GIÁM').y - at('nhận:').y)).toBeLessThan(4);
  execFileSync('pdftoppm', ['-r', '70', '-png', path.join(folder, `${report_id}.pdf`), path.join(folder, 'page')]);
  expect(readFileSync(path.join(folder, 'page-1.png')).length).toBeGreaterThan(20_000);
  if (process.env.NIEM_KEEP_LETTER !== undefined) for (const [name, bytes] of Object.entries({ 'letter.pdf': pdf, 'letter.docx': docx, 'draft.pdf': draft })) writeFileSync(path.join(process.env.NIEM_KEEP_LETTER, name), bytes);
});

async function fileOf(report_id: string, format: 'pdf' | 'docx'): Promise<Buffer> {
  const response = await world.app.request(`/api/reports/${report_id}/letter?format=${format}`, { headers: { authorization: `Bearer ${await world.as('SHIFTHEAD')}` } });
  expect(response.status).toBe(200);
  const bytes = Buffer.from(await response.arrayBuffer());
  writeFileSync(path.join(folder, `${report_id}.${format}`), bytes);
  return bytes;
}

function pdfText(pdf: Buffer): string {
  writeFileSync(path.join(folder, 'text.pdf'), pdf);
  return execFileSync('pdftotext', ['-raw', path.join(folder, 'text.pdf'), '-'], { encoding: 'utf8' });
}

test('windows of the periodic reports, and dates as letters have them', () => {
  expect(windowOf('kt1_periodic', '2021-07-10')).toEqual({ from_on: '2021-01-01', to_on: '2021-06-30' });
  expect(windowOf('kt1_periodic', '2021-01-10')).toEqual({ from_on: '2020-07-01', to_on: '2020-12-31' });
  expect(windowOf('state_secret_yearly', '2020-12-14')).toEqual({ from_on: '2018-12-15', to_on: '2019-12-14' });
  expect(windowOf('state_secret_yearly', '2020-12-15')).toEqual({ from_on: '2019-12-15', to_on: '2020-12-14' });
  expect(placeAndDate('Lạng Sơn', '2021-03-05')).toBe('Lạng Sơn, ngày 05 tháng 3 năm 2021');
  expect(placeAndDate('Lạng Sơn', '2021-01-22')).toBe('Lạng Sơn, ngày 22 tháng 01 năm 2021');
});
