// Biên bản: prefilled from the ledger, numbered without gaps whoever asks and however many at once, verified by the digest on the paper.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decode } from '../../src/base/canonical.ts';
import { checkRecords } from '../../src/ledger/verify_records.ts';
import type { Answer, World } from '../support/world.ts';
import { CENTRE, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';

let world: World;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'niem-papers-'));
  world = await makeWorld({ evidence: { NIEM_DIR: folder } });
  await world.hire('CENTRESORTER', 'sorter', CENTRE);
});
afterAll(async () => {
  await world.end();
  await rm(folder, { recursive: true });
});
afterEach(async () => void (await world.verify()));

const ask = async (badge: string, method: string, path: string, body?: object): Promise<Answer> => world.call(method, `/api/written-records${path}`, { token: await world.as(badge), body });
const draw = (badge: string, code: string, form: string, more: object = {}) => ask(badge, 'POST', '', { record_id: newId(), form, code, ...more });

/** A torn parcel, rewrapped by two people. */
async function torn(): Promise<string> {
  const code = await world.accepted(PARCEL);
  await world.post('SORTER', { kind: 'condition_recorded', code, facts: { condition: 'torn', reason_code: 'torn_in_handling' } });
  const confirmation = await world.confirmation('SORTER', 'CONTROLLER', 'item.rewrap');
  const answer = await world.post('SORTER', { kind: 'rewrapped', code, facts: { reason_code: 'torn_in_handling', weight_before_g: 2350, weight_g: 2371 }, confirmation });
  expect(answer.status, answer.text).toBe(201);
  return code;
}

describe('a biên bản', () => {
  test('says what the ledger says, of which entries, by whom, and is frozen under its digest', async () => {
    const code = await torn();
    const { status, body } = await draw('SORTER', code, 'damage_rewrap');
    expect(status).toBe(201);
    const { content } = body;
    expect(content.number).toMatch(/^\d+\/\d{4}\/BB-243100$/);
    expect(content).toMatchObject({ form: 'damage_rewrap', code, office_vi: 'Bưu cục Đồng Đăng', drawn_by: 'Người SORTER (SORTER)' });
    expect(content.steps.map((step: any) => step.what)).toEqual(['Chấp nhận', 'Ghi tình trạng', 'Lập biên bản, gói lại']);
    expect(content.steps[1].said).toBe('tình trạng Rách; lý do torn_in_handling');
    expect(content.steps[2]).toMatchObject({ who: expect.stringContaining('Người SORTER (SORTER)'), said: 'lý do torn_in_handling; trước khi gói lại 2.350 g; khối lượng 2.371 g' });
    expect(content.lines).toContainEqual(['Khối lượng ghi sổ', '2371 g']);
    const row = await world.root.selectFrom('written_record').select(['content', 'digest']).where('record_id', '=', body.record_id).executeTakeFirstOrThrow();
    expect(createHash('sha256').update(row.content).digest('hex')).toBe(body.digest);
    expect(decode(new Uint8Array(row.content))).toMatchObject({ number: content.number });
    // What happens later changes no paper.
    await world.post('SORTER', { kind: 'condition_recorded', code, facts: { condition: 'wet' } });
    expect((await ask('SORTER', 'GET', `/${body.record_id}`)).body).toEqual(body);
  });

  test('holds nothing personal of the item and no mark', async () => {
    const parcel = JSON.stringify((await draw('CONTROLLER', await torn(), 'discovery')).body);
    expect(parcel).not.toMatch(/Nông Thị Mẫu|Trần Văn Mẫu|0200000101|Bánh khảo|phố Mẫu/);
    const letter = await draw('CONTROLLER', await world.accepted(KT1_LETTER), 'discovery');
    expect(letter.body.content.lines).toContainEqual(['Dịch vụ', 'KT1 · Hỏa tốc']);
    expect(JSON.stringify(letter.body)).not.toMatch(/KT1 B|outer_mark|"B"/);
    expectRefusal(await draw('UNCLEARED', letter.body.content.code, 'discovery'), 'clearance_missing', 403);
  });

  test('is printed as a PDF by its own office only, and verified by whoever holds the paper', async () => {
    const { body } = await draw('SORTER', await torn(), 'damage_rewrap');
    const pdf = await ask('SORTER', 'GET', `/${body.record_id}?format=pdf`);
    expect([pdf.status, pdf.headers.get('content-type'), pdf.text.slice(0, 5)]).toEqual([200, 'application/pdf', '%PDF-']);
    const elsewhere = await ask('CENTRESORTER', 'GET', `/${body.record_id}`);
    expectRefusal(elsewhere, 'unknown_record', 404);
    const nowhere = await ask('CENTRESORTER', 'GET', `/${newId()}`);
    expect(elsewhere.text.replace(elsewhere.body.instance, '')).toBe(nowhere.text.replace(nowhere.body.instance, ''));
    const verified = await ask('INSPECTOR', 'GET', `/verification/${body.digest}`);
    expect(verified.body).toMatchObject({ number: body.content.number, form: 'damage_rewrap', code: body.content.code, office_code: '243100', scans: [] });
    expectRefusal(await ask('INSPECTOR', 'GET', `/verification/${'0'.repeat(64)}`), 'unknown_record', 404);
  });

  test('is drawn of a unit that there is, in a form that is for it', async () => {
    expectRefusal(await draw('SORTER', 'BK999999999VN', 'discovery'), 'unknown_unit', 404);
    expectRefusal(await draw('SORTER', await torn(), 'seal'), 'wrong_form', 409);
    expectRefusal(await draw('SORTER', await torn(), 'discrepancy', { discrepancy_id: newId() }), 'unknown_unit');
  });

  test('every form for items can be drawn and printed', async () => {
    const code = await torn();
    for (const form of ['discovery', 'damage_rewrap', 'discrepancy', 'joint_inspection', 'temporary_holding', 'handover', 'return']) {
      const drawn = await draw('CONTROLLER', code, form);
      expect(drawn.status, drawn.text).toBe(201);
      expect((await ask('CONTROLLER', 'GET', `/${drawn.body.record_id}?format=pdf`)).status).toBe(200);
    }
    const { rows } = (await ask('CONTROLLER', 'GET', `?code=${code}`)).body;
    expect(rows).toHaveLength(7);
    expect(rows[0]).toMatchObject({ form: 'return', form_vi: 'Hoàn trả bưu gửi', scans: 0 });
  });
});

describe('numbers', () => {
  test('have no gap and no double: twenty at once, refused ones and repeats between them', async () => {
    const codes = await Promise.all(Array.from({ length: 4 }, () => torn()));
    const same = newId();
    const asked = Array.from({ length: 20 }, (_, i) => {
      if (i % 5 === 4) return draw('SORTER', codes[i % 4] ?? '', 'seal');
      if (i % 5 === 3) return draw('SORTER', codes[0] ?? '', 'handover', { record_id: same });
      return draw(i % 2 === 0 ? 'SORTER' : 'CLERK', codes[i % 4] ?? '', 'handover');
    });
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect(new Set(answers.filter((_, i) => i % 5 === 3).map(({ body }) => body.content.number)).size).toBe(1);
    const numbers = await world.root.selectFrom('written_record').select('record_no').where('office_code', '=', '243100').orderBy('record_no').execute();
    expect(numbers.map((row) => row.record_no)).toEqual(numbers.map((_, i) => i + 1));
  });

  test('begin anew for each office and year', async () => {
    const code = await torn();
    const centre = await draw('CENTRESORTER', code, 'discovery');
    expect(centre.body.content.number).toMatch(/^1\/\d{4}\/BB-240100$/);
    world.advance(366 * 86_400_000);
    world.forget('CENTRESORTER');
    const later = await draw('CENTRESORTER', code, 'discovery');
    world.advance(-366 * 86_400_000);
    world.forget('CENTRESORTER');
    expect(later.body.content.number).toBe(`1/${Number(centre.body.content.number.split('/')[1]) + 1}/BB-240100`);
  });

  test('of one id stay one; the same id for another form or item is refused', async () => {
    const [code, other] = [await torn(), await torn()];
    const record_id = newId();
    const [first, again] = [await draw('SORTER', code, 'handover', { record_id }), await draw('SORTER', code, 'handover', { record_id })];
    expect(again.body).toEqual(first.body);
    expectRefusal(await draw('SORTER', other, 'handover', { record_id }), 'case_in_use', 409);
    expectRefusal(await draw('SORTER', code, 'return', { record_id }), 'case_in_use');
  });

  test('a number that is missing, a content that was changed and a series that was moved are named by the check', async () => {
    const { body } = await draw('SORTER', await torn(), 'handover');
    await draw('SORTER', await torn(), 'handover');
    const faults = async (...changes: string[]) => {
      const undo = new Error('undo');
      const found: string[] = [];
      await world.root.transaction().execute(async (tx) => {
        await sql`alter table written_record disable trigger all`.execute(tx);
        for (const change of changes) await tx.executeQuery(sql`${sql.raw(change)}`.compile(tx));
        await checkRecords(tx as never, (table, _key, column) => void found.push(`${table}.${column}`));
        throw undo;
      }).catch((error: unknown) => {
        if (error !== undo) throw error;
      });
      return found;
    };
    expect(await faults()).toEqual([]);
    expect(await faults(`delete from written_record where record_id = '${body.record_id}'`)).toContain('written_record.record_no');
    expect(await faults(`delete from written_record where record_no = (select max(record_no) from written_record where office_code = '243100') and office_code = '243100'`)).toContain('written_record_series.next_no');
    expect(await faults(`update written_record set content = content || '\\x00', digest = sha256(content || '\\x00') where record_id = '${body.record_id}'`)).toContain('written_record.content');
  });
});

describe('the signed paper', () => {
  const PDF = Buffer.from('%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n');
  const another = (i: number): Buffer => Buffer.concat([PDF, Buffer.from(`% ${i}\n`)]);
  const attach = async (badge: string, record_id: string, file: Buffer): Promise<Answer> =>
    world.call('POST', `/api/written-records/${record_id}/scans`, { token: await world.as(badge), raw: new Uint8Array(file), type: 'application/octet-stream' });
  const back = async (badge: string, path: string): Promise<Response> => world.app.request(path, { headers: { authorization: `Bearer ${await world.as(badge)}` } });
  const kept = (record_id: string, file: Uint8Array): string => path.join(folder, 'evidence', record_id, `${digestOf(file)}.original`);
  const digestOf = (file: Uint8Array): string => createHash('sha256').update(file).digest('hex');

  test('is kept as it came, the same file once, and comes back as an attachment to its office alone', async () => {
    const { body } = await draw('SORTER', await torn(), 'handover');
    const picture = await sharp({ create: { width: 90, height: 60, channels: 3, background: '#eee' } }).png().toBuffer();
    expect([(await attach('CLERK', body.record_id, PDF)).body, (await attach('CLERK', body.record_id, picture)).body, (await attach('CLERK', body.record_id, PDF)).body]).toEqual([{ scan_no: 1, digest: digestOf(PDF) }, { scan_no: 2, digest: digestOf(picture) }, { scan_no: 1, digest: digestOf(PDF) }]);
    expect((await ask('SORTER', 'GET', `/${body.record_id}`)).body.scans).toMatchObject([{ scan_no: 1, bytes: PDF.length, media_type: 'application/pdf' }, { scan_no: 2, media_type: 'image/png' }]);
    const answer = await back('SORTER', `/api/written-records/${body.record_id}/scans/1`);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-content-type-options')]).toEqual([200, 'application/octet-stream', 'nosniff']);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="\d+-\d{4}-BB-243100-1\.pdf"$/);
    expect(Buffer.from(await answer.arrayBuffer()).equals(PDF)).toBe(true);
    for (const [badge, scan_no] of [['CENTRESORTER', 1], ['SORTER', 3]] as const) expectRefusal(await ask(badge, 'GET', `/${body.record_id}/scans/${scan_no}`), 'unknown_record', 404);
    expectRefusal(await attach('CENTRESORTER', body.record_id, PDF), 'unknown_record', 404);
  });

  test.each([
    ['a script dressed as a picture', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
    ['a PDF that was cut off', PDF.subarray(0, 20)],
    ['a picture that was cut off', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])],
    ['nothing', Buffer.alloc(0)],
  ])('%s is refused and not kept', async (_, file) => {
    const { body } = await draw('SORTER', await torn(), 'handover');
    expectRefusal(await attach('CLERK', body.record_id, file), 'file_unreadable', 422);
    expect((await ask('SORTER', 'GET', `/${body.record_id}`)).body.scans).toEqual([]);
    expect(existsSync(kept(body.record_id, file))).toBe(false);
  });

  test('is too large above 12 MiB', async () => {
    const { body } = await draw('SORTER', await torn(), 'handover');
    expectRefusal(await attach('CLERK', body.record_id, Buffer.alloc(12 * 1024 * 1024 + 1, '%')), 'body_too_large', 413);
  });

  test('that was changed where it lies is not given out', async () => {
    const { body } = await draw('SORTER', await torn(), 'handover');
    await attach('CLERK', body.record_id, PDF);
    await chmod(kept(body.record_id, PDF), 0o600);
    await writeFile(kept(body.record_id, PDF), another(1));
    expectRefusal(await ask('SORTER', 'GET', `/${body.record_id}/scans/1`), 'evidence_altered', 410);
  });

  test('comes back at most fifty times', async () => {
    const { body } = await draw('SORTER', await torn(), 'handover');
    const answers = await Promise.all(Array.from({ length: 51 }, (_, i) => attach('CLERK', body.record_id, another(i))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    expectRefusal(answers.find(({ status }) => status !== 201) as Answer, 'case_not_due', 409);
  });
});
