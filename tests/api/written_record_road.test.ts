// Biên bản of the road: of a difference between two offices and of a bag's seal, with nothing told that must be read from the bag first.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeRoad } from '../support/road.ts';
import type { Road } from '../support/road.ts';
import { expectRefusal, newId } from '../support/world.ts';

let road: Road;
beforeAll(async () => void (road = await makeRoad()));
afterAll(() => road.end());
afterEach(async () => void (await road.world.verify()));

const draw = (badge: string, form: string, code: string, more: object = {}) => road.call(0, badge, 'POST', '/api/written-records', { record_id: newId(), form, code, ...more });

test('a missing letter and a seal that differs: each office draws its own, the difference bears the number of the first', async () => {
  const codes = await road.approved([{}, {}]);
  const [sent] = await road.sentBags([codes]);
  if (!sent) throw new Error('no bag');
  await road.unseal(sent, { seal_nos: ['NS999999'] });
  await road.all('CENTRESORTER', [
    { kind: 'counted', code: codes[0], facts: { bag_code: sent.bag, condition: 'intact' } },
    { kind: 'missing', code: codes[1], facts: { bag_code: sent.bag, reason_code: 'not_in_bag' } },
  ]);
  const { rows } = (await road.call(0, 'CENTRESORTER', 'GET', '/api/discrepancies?state=open')).body;
  const of = (kind: string) => rows.find((row: any) => row.discrepancy_kind === kind && [sent.bag, codes[1]].includes(row.code)).discrepancy_id;

  const [found, asked] = [await draw('CENTRESORTER', 'discrepancy', codes[1] ?? '', { discrepancy_id: of('missing') }), await draw('SORTER', 'discrepancy', codes[1] ?? '', { discrepancy_id: of('missing') })];
  expect(found.body.content.lines).toEqual(expect.arrayContaining([['Chênh lệch', 'Thiếu'], ['Bưu cục phát hiện', '240100'], ['Bưu cục được hỏi', '243100']]));
  expect(found.body.content.steps.map((step: any) => step.what)).toEqual(['Chấp nhận', 'Cho vào túi', 'Thiếu']);
  expect(asked.body.content.number).toMatch(/BB-243100$/);
  const row = await road.world.root.selectFrom('discrepancy').select('record_no').where('discrepancy_id', '=', of('missing')).executeTakeFirstOrThrow();
  expect(row.record_no).toBe(found.body.content.number);

  const seal = await draw('CENTRESORTER', 'seal', sent.bag, { discrepancy_id: of('seal') });
  expect(seal.body.content).toMatchObject({ unit_kind: 'bag', code: sent.bag });
  expect(seal.body.content.lines).toContainEqual(['Chênh lệch', 'Niêm phong khác']);
  const said = seal.body.content.steps.map((step: any) => step.said).join(' ');
  expect(said).toContain('niêm phong NS999999');
  expect(said).toContain(`niêm phong ${sent.seal_no}`);
  expect((await road.world.call('GET', `/api/written-records/${seal.body.record_id}?format=pdf`, { token: await road.world.as('CENTRESORTER') })).status).toBe(200);
  // A difference of another unit is none of this one.
  expectRefusal(await draw('CENTRESORTER', 'discrepancy', codes[0] ?? '', { discrepancy_id: of('missing') }), 'unknown_unit', 404);
  expectRefusal(await draw('CENTRESORTER', 'damage_rewrap', sent.bag), 'wrong_form', 409);
});

test('of a bag that has come and is sealed, its office is told neither seals nor counts', async () => {
  const [sent] = await road.sentBags([await road.approved([{}])]);
  if (!sent) throw new Error('no bag');
  const theirs = await draw('CENTRESORTER', 'seal', sent.bag);
  expect(theirs.status).toBe(201);
  expect(JSON.stringify(theirs.body)).not.toContain(sent.seal_no);
  expect(JSON.stringify((await draw('SORTER', 'seal', sent.bag)).body)).toContain(sent.seal_no);
});
