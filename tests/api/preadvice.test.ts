// Pre-advice through the HTTP API: a list of an office without the system is filed whole, the bag arrives, is opened, counted
// and closed like one of ours, and what was only announced is in the ledger no earlier than somebody recorded it.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { numberOf, s10CheckDigit } from '../../src/domain/code.ts';
import { XLSX_TYPE } from '../../src/interchange/sheet.ts';
import { CENTRE, DONG_DANG, expectRefusal, HA_NOI, makeWorld, newId } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';
import { makeRoad } from '../support/road.ts';
import type { Road } from '../support/road.ts';

let road: Road;
let world: World;
beforeAll(async () => {
  road = await makeRoad();
  world = road.world;
});
afterAll(() => road.end());
afterEach(async () => void (await world.verify()));

let items = 0;
let bags = 0;
const item = (): string => numberOf({ prefix: 'BK', suffix: 'VN', check_rule: 's10', serial_width: 8 }, 70_000_000 + ++items);
/** A bag of an office that has no system, by its number. */
const bagFrom = (office = HA_NOI, to = CENTRE): string => `${office}${to}AKT6${String(++bags).padStart(4, '0')}001`;
type Line = { code: string; mark?: string; g?: number; to?: string };
const HEAD = 'bag_code,seal_nos,gross_g,code,service,mark,weight_g,destination';
const list = (bag: string, lines: Line[], seals = 'HN000001 HN000002', gross: number | '' = 5000): string =>
  [HEAD, ...lines.map(({ code, mark = 'NONE', g = 182, to = CENTRE }) => `${bag},${seals},${gross},${code},kt1,${mark},${g},${to}`)].join('\r\n');

const send = async (raw: string | Uint8Array, badge = 'CENTRESORTER', type = 'text/csv'): Promise<Answer> => world.call('POST', '/api/preadvice', { token: await world.as(badge), raw: raw as string, type });
const get = async (path: string, badge = 'CENTRESORTER'): Promise<Answer> => world.call('GET', path, { token: await world.as(badge) });
const post = async (badge: string, kind: string, code: string, facts: object, more: object = {}): Promise<Answer> => world.post(badge, { kind, code, facts, ...more });
const ok = (answer: Answer): any => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const rowsOf = async (): Promise<number> => Number((await sql<{ n: string }>`select (select count(*) from preadvice) + (select count(*) from preadvice_bag) + (select count(*) from preadvice_line) as n`.execute(world.root)).rows[0]?.n);
const waiting = async (): Promise<string[]> => (await get('/api/preadvice?limit=200')).body.rows.map((row: any) => row.bag_code);

async function announced(lines: Line[]): Promise<string> {
  const bag = bagFrom();
  ok(await send(list(bag, lines)));
  return bag;
}
const unseal = async (bag: string, more: object = {}, second = false): Promise<any> =>
  ok(await post('CENTRESORTER', 'bag_unsealed', bag, { opening_id: newId(), seal_nos: ['HN000001', 'HN000002'], gross_g: 5000, blind: false, ...more }, second ? { confirmation: await world.confirmation('CENTRESORTER', 'CENTRECONTROLLER', 'bag.open') } : {}));

describe('filing', () => {
  test('keeps digest, who and when; the same file again gives the same answer', async () => {
    const [bag, one, two] = [bagFrom(), item(), item()];
    const text = list(bag, [{ code: one, mark: 'B' }, { code: two, g: 90 }]);
    const first = await send(text);
    expect(first.status, first.text).toBe(201);
    expect(first.body).toMatchObject({ from_office_code: HA_NOI, received_by: expect.any(String), bags: [{ bag_code: bag, state: 'announced', item_count: 2, two_persons: true, net_g: 272, gross_g: 5000, seal_nos: null, lines: [{ code: one, line_no: 2, secrecy: 'B' }, { code: two, line_no: 3 }] }] });
    expect(first.body.digest).toBe(Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toString('hex'));
    const before = await rowsOf();
    const again = await Promise.all([send(text), send(text, 'CENTRECONTROLLER')]);
    for (const answer of again) expect(answer.text).toBe(first.text);
    expect(await rowsOf()).toBe(before);
    expect(ok(await get(`/api/preadvice/${first.body.preadvice_id}`))).toEqual(first.body);
    expect(await waiting()).toContain(bag);
    // Nothing has happened yet: the ledger does not know of it.
    expectRefusal(await get(`/api/bags/${bag}`), 'unknown_unit', 404);
    expectRefusal(await get(`/api/items/${one}`), 'unknown_unit', 404);
  });

  test('the same file eight times at once is filed once', async () => {
    const text = list(bagFrom(), [{ code: item() }]);
    const before = await rowsOf();
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(text)));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers[0]?.status).toBe(201);
    expect(await rowsOf()).toBe(before + 3);
  });

  test('one bad row of many: each is named, and nothing is imported', async () => {
    const [bag, good] = [bagFrom(), item()];
    const wrong = good.replace(/.VN$/, `${(s10CheckDigit(good.slice(2, 10)) + 1) % 10}VN`);
    const before = await rowsOf();
    const answer = await send(list(bag, [{ code: good }, { code: wrong }, { code: good }, { code: item(), g: 0 }]));
    expectRefusal(answer, 'rows_refused', 422);
    expect(answer.body.facts).toEqual({ count: 3, first_line: 3 });
    expect(answer.body.rows.map((row: any) => [row.line, row.column])).toEqual([[3, 'Số hiệu'], [4, 'Số hiệu'], [5, 'Khối lượng (g)']]);
    for (const row of answer.body.rows) for (const key of ['problem_vi', 'problem_en', 'remedy_vi', 'remedy_en']) expect(row[key].length).toBeGreaterThan(5);
    expect(await rowsOf()).toBe(before);
  });

  test('a bag is announced once, and never one that the ledger knows; the other bags of the file are not filed either', async () => {
    const bag = await announced([{ code: item() }]);
    const before = await rowsOf();
    const fresh = list(bagFrom(), [{ code: item() }]);
    expectRefusal(await send(`${fresh}\r\n${list(bag, [{ code: item() }]).split('\r\n')[1]}`), 'bag_announced', 409);
    const [ours] = await road.sealedBags([await road.approved([{}])]);
    expectRefusal(await send(list(ours?.bag ?? '', [{ code: item() }])), 'bag_announced', 409);
    expect(await rowsOf()).toBe(before);
  });

  test('what is no file, too large, or of another kind is refused', async () => {
    expectRefusal(await send('{}', 'CENTRESORTER', 'application/json'), 'wrong_content_type', 415);
    expectRefusal(await send('PK\u0003\u0004', 'CENTRESORTER', XLSX_TYPE), 'file_unreadable', 422);
    expectRefusal(await send('', 'CENTRESORTER'), 'file_unreadable', 422);
    expectRefusal(await send('x'.repeat(1_200_000)), 'body_too_large', 413);
    expectRefusal(await world.call('POST', '/api/checkpoints', { token: await world.as('CENTRESORTER'), raw: 'x', type: 'text/csv' }), 'wrong_content_type', 415);
  });

  test('a form with one file is read, with two or none refused', async () => {
    const ask = async (...files: string[]): Promise<Response> => {
      const body = new FormData();
      files.forEach((text, i) => body.append(`file${i}`, new File([text], 'a.csv', { type: 'text/csv' })));
      if (files.length === 0) body.append('note', 'x');
      return world.app.request('/api/preadvice', { method: 'POST', headers: { authorization: `Bearer ${await world.as('CENTRESORTER')}` }, body });
    };
    const text = list(bagFrom(), [{ code: item() }]);
    expect((await ask(text)).status).toBe(201);
    expect([(await ask()).status, (await ask(text, text)).status]).toEqual([422, 422]);
  });

  test('another office sees nothing of it; marks and seals are for those who may know', async () => {
    const { preadvice_id, bags: [{ bag_code }] } = ok(await send(list(bagFrom(), [{ code: item(), mark: 'A' }])));
    expectRefusal(await get(`/api/preadvice/${preadvice_id}`, 'SORTER'), 'unknown_preadvice', 404);
    expectRefusal(await get(`/api/preadvice/${newId()}`), 'unknown_preadvice', 404);
    expect((await get('/api/preadvice', 'SORTER')).text).not.toContain(bag_code);
    await world.hire('CENTREUNCLEARED', 'sorter', CENTRE);
    await world.root.updateTable('person').set({ clearance: 'NONE' }).where('badge', '=', 'CENTREUNCLEARED').execute();
    const seen = await get(`/api/preadvice/${preadvice_id}`, 'CENTREUNCLEARED');
    expect(seen.body.bags[0]).toMatchObject({ seal_nos: null, lines: [{ secrecy: null, service_vi: 'KT1' }] });
    expect(seen.text).not.toContain('HN000001');
  });
});

describe('an announced bag', () => {
  test('arrives, is opened by two, counted and closed like one of ours; an item becomes ours when it is seen', async () => {
    const [one, two] = [item(), item()];
    const bag = await announced([{ code: one, mark: 'B' }, { code: two, to: HA_NOI }]);
    expect(ok(await post('CENTRESORTER', 'bag_arrived', bag, {}))).toMatchObject({ unit_seq: 1, state: 'arrived', flags: [], custodian: { kind: 'person' } });
    expect(await waiting()).not.toContain(bag);
    expect(ok(await get(`/api/bags/${bag}`))).toMatchObject({ state: 'arrived', trip_id: null, trip_no: null, item_count: 2, two_persons: true, seal_nos: null, gross_g: 5000, origin_office_code: HA_NOI });
    expect(ok(await get(`/api/bags/${bag}/manifest`))).toMatchObject({ item_count: 2, net_g: 364, lines: [{ code: one, state_vi: 'Được báo trước' }, { code: two }] });
    expectRefusal(await post('CENTRESORTER', 'bag_unsealed', bag, { opening_id: newId(), seal_nos: ['HN000001'], blind: false }), 'second_person_needed', 403);
    expect((await unseal(bag, {}, true)).flags).toEqual([]);
    expect(ok(await get(`/api/bags/${bag}/count`))).toMatchObject({ expected: 2, left: 2, open: [{ last_person: null }, {}] });
    expectRefusal(await get(`/api/items/${one}`), 'unknown_unit', 404);
    expect(ok(await post('CENTRESORTER', 'counted', one, { bag_code: bag, condition: 'intact', weight_g: 182 }))).toMatchObject({ unit_seq: 1, state: 'at_office', flags: [] });
    expect(ok(await post('CENTRESORTER', 'counted', one, { bag_code: bag, condition: 'intact' }))).toMatchObject({ unit_seq: 2, flags: ['duplicate'] });
    ok(await post('CENTRESORTER2', 'counted', two, { bag_code: bag, condition: 'intact' }));
    expect(ok(await post('CENTRESORTER', 'bag_emptied', bag, {}))).toMatchObject({ state: 'emptied' });
    expect(ok(await get(`/api/items/${one}`))).toMatchObject({ state: 'at_office', secrecy: 'B', weight_g: 182, accepted_office_code: HA_NOI });
    const chain = ok(await get(`/api/items/${one}/chain`));
    expect(chain).toMatchObject({ complete: true });
    expect(chain.checkpoints.map((c: any) => c.kind)).toEqual(['counted', 'counted']);
    expect(ok(await get(`/api/items/${one}/road`)).code).toBe(one);
    const manifest = ok(await get(`/api/bags/${bag}/manifest`));
    expect(manifest.digest).toBe(manifest.digest_of_ledger);
    // From here on it is mail like any other: into the next bag.
    const trip = ok(await world.call('POST', '/api/trips', { token: await world.as('CENTRESORTER'), body: { to_office_code: HA_NOI, mail: 'kt1', route_level: 1, guard_requested: false } }));
    const next = ok(await world.post('CENTRESORTER', { kind: 'bag_started', facts: { trip_id: trip.trip_id, manifest_bag: true } })).code;
    expect(ok(await post('CENTRESORTER', 'bagged', two, { bag_code: next }))).toMatchObject({ state: 'in_bag' });
  });

  test('that nobody announced is unknown, and one that comes elsewhere is mis-sent', async () => {
    expectRefusal(await post('CENTRESORTER', 'bag_arrived', bagFrom(), {}), 'unknown_unit', 404);
    const bag = await announced([{ code: item() }]);
    expect(ok(await post('SORTER', 'bag_arrived', bag, {}))).toMatchObject({ flags: ['mis_sent'], state: 'arrived' });
    expectRefusal(await post('SORTER', 'bag_unsealed', bag, { opening_id: newId(), seal_nos: ['HN000001'], blind: false }), 'wrong_office', 403);
  });

  test('every difference is found: seal, weight of the bag, missing, damaged, weight, surplus; what was missing may turn up', async () => {
    const [good, torn, light, lost, late] = [item(), item(), item(), item(), item()] as const;
    const bag = await announced([good, torn, light, lost, late].map((code) => ({ code })));
    const [stray = ''] = await road.approved([{ weight_g: 100 }]);
    ok(await post('CENTRESORTER', 'bag_arrived', bag, {}));
    expect((await unseal(bag, { seal_nos: ['HN000009'], gross_g: 4500 })).flags).toEqual(['seal_differs', 'weight_drift']);
    const count = async (code: string, more: object = {}): Promise<any> => ok(await post('CENTRESORTER', 'counted', code, { bag_code: bag, condition: 'intact', ...more }));
    expect((await count(good)).flags).toEqual([]);
    expect((await count(torn, { condition: 'torn' })).flags).toEqual(['damaged']);
    expect((await count(light, { weight_g: 100 })).flags).toEqual(['weight_drift']);
    expect((await count(stray)).flags).toEqual(['surplus']);
    expectRefusal(await post('CENTRESORTER', 'counted', item(), { bag_code: bag, condition: 'intact' }), 'unknown_unit', 404);
    expectRefusal(await post('CENTRESORTER', 'bag_emptied', bag, {}), 'lines_open', 409);
    for (const code of [lost, late]) expect(ok(await post('CENTRESORTER', 'missing', code, { bag_code: bag, reason_code: 'not_in_bag' }))).toMatchObject({ unit_seq: 1, state: 'missing', custodian: { kind: 'bag' } });
    expectRefusal(await post('CENTRESORTER', 'missing', lost, { bag_code: bag, reason_code: 'not_in_bag' }), 'not_in_bag', 409);
    expect(await count(late)).toMatchObject({ unit_seq: 2, state: 'at_office' });
    expectRefusal(await post('CENTRESORTER', 'bag_emptied', bag, {}), 'differences_open', 409);
    const found = ok(await get('/api/discrepancies?state=open&limit=200')).rows.filter((row: any) => [bag, good, torn, light, lost, late, stray].includes(row.code));
    expect(found.map((row: any) => [row.discrepancy_kind, row.office_asked]).toSorted()).toEqual(['bag_weight', 'damaged', 'missing', 'seal', 'surplus', 'weight_mismatch'].map((kind) => [kind, HA_NOI]));
    // The office asked has no system: the controller closes with a reason.
    expect(ok(await post('CENTRECONTROLLER', 'bag_emptied', bag, { forced_reason_code: 'truck_leaves' }))).toMatchObject({ state: 'emptied' });
  });

  test('that holds an item our ledger knows expects it all the same', async () => {
    const [known = ''] = await road.approved([{ weight_g: 182 }]);
    const bag = await announced([{ code: known }]);
    ok(await post('CENTRESORTER', 'bag_arrived', bag, {}));
    await unseal(bag);
    ok(await post('CENTRESORTER', 'counted', known, { bag_code: bag, condition: 'intact' }));
    expect(ok(await get(`/api/bags/${bag}/count`))).toMatchObject({ matched: 1, surplus: 0, left: 0 });
    ok(await post('CENTRESORTER', 'bag_emptied', bag, {}));
  });

  test('is opened from an outbox in one batch, and three sorters on the same list find each item once', async () => {
    const codes = Array.from({ length: 30 }, item);
    const bag = await announced(codes.map((code) => ({ code })));
    const opened = await road.batch('CENTRESORTER', [
      { kind: 'bag_arrived', code: bag, facts: {} },
      { kind: 'bag_unsealed', code: bag, facts: { opening_id: newId(), seal_nos: ['HN000001', 'HN000002'], blind: false } },
      ...codes.slice(0, 10).map((code) => ({ kind: 'counted', code, facts: { bag_code: bag, condition: 'intact' } })),
    ]);
    expect(opened.map((result) => result.refusal).filter((refusal) => refusal !== null)).toEqual([]);
    const results = await Promise.all(['CENTRESORTER', 'CENTRESORTER2', 'CENTRESORTER3'].map((badge, i) => road.batch(badge, codes.map((code) => ({ kind: 'counted', code, facts: { bag_code: bag, condition: 'intact' } })), i === 2 ? 1 : 0)));
    expect(results.flat().filter((result) => result.refusal !== null)).toEqual([]);
    expect(results.flat().filter((result) => !result.receipt.flags.includes('duplicate'))).toHaveLength(20);
    expect(ok(await get(`/api/bags/${bag}/count`))).toMatchObject({ matched: 30, duplicates: 70, left: 0 });
    ok(await post('CENTRESORTER', 'bag_emptied', bag, {}));
  });
});

describe('a bag of ours as a file', () => {
  test.each([['csv', 'text/csv'], ['xlsx', XLSX_TYPE]])('%s goes to a world that does not know it, and is announced there with equal rows', async (format, type) => {
    const [sent] = await road.sealedBags([await road.approved([{ weight_g: 100 }, { weight_g: 250 }, { weight_g: 3000 }])]);
    const bag = sent?.bag ?? '';
    const data = ok(await get(`/api/bags/${bag}/manifest`, 'SORTER'));
    const response = await world.app.request(`/api/bags/${bag}/manifest?format=${format}`, { headers: { authorization: `Bearer ${await world.as('SORTER')}` } });
    expect(response.headers.get('content-disposition')).toContain(`${bag}.${format}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const other = await makeWorld();
    try {
      await other.hire('CENTRESORTER', 'sorter', CENTRE);
      const answer = await other.call('POST', '/api/preadvice', { token: await other.as('CENTRESORTER'), raw: bytes as never, type });
      expect(answer.status, answer.text).toBe(201);
      expect(answer.body).toMatchObject({ from_office_code: DONG_DANG, bags: [{ bag_code: bag, gross_g: 5000, net_g: 3350, list_digest: data.digest }] });
      expect(answer.body.bags[0].lines.map((line: any) => [line.code, line.weight_g, line.secrecy, line.urgency])).toEqual(data.lines.map((line: any) => [line.code, line.weight_g, line.secrecy, line.urgency]));
      await other.verify();
    } finally {
      await other.end();
    }
  });

  test('the PDF is made on the server, without seals for the receiving end; a deployment that makes no files says so', async () => {
    const [sent] = await road.sentBags([await road.approved([{}])]);
    const pdf = await get(`/api/bags/${sent?.bag}/manifest?format=pdf`);
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    expect(pdf.text).toMatch(/^%PDF-1\.7/);
    expect(ok(await get(`/api/bags/${sent?.bag}/manifest`))).toMatchObject({ seal_nos: null });
    expect(ok(await get(`/api/bags/${sent?.bag}/manifest`, 'SORTER'))).toMatchObject({ seal_nos: [sent?.seal_no] });
    const { files } = world.services;
    world.services.files = null;
    expectRefusal(await get(`/api/bags/${sent?.bag}/manifest?format=pdf`), 'not_on_this_runtime', 501);
    world.services.files = files;
  });

  test('says who an item is for only to those who handle bags or deliver', async () => {
    const [sent] = await road.sealedBags([await road.approved([{}])]);
    const receivers = async (badge: string): Promise<unknown[]> => ok(await get(`/api/bags/${sent?.bag}/manifest`, badge)).lines.map((line: any) => line.receiver);
    expect(await receivers('SORTER')).toEqual([expect.stringMatching(/./)]);
    expect(await receivers('CLERK')).toEqual([null]);
  });
});
