// Look-ups: each is noted, each answer that tells a mark is noted, and whoever walks through the register is stopped and told of.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { receiver } from '../support/receiver.ts';
import { DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, PARCEL, preprinted } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld({ lan_hosts: '127.0.0.1' });
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const get = async (badge: string, route: string): Promise<Answer> => world.call('GET', `/api${route}`, { token: await world.as(badge) });
const logOf = async (badge: string) =>
  (await world.root.selectFrom('read_log').select(['subject', 'subject_ref', 'rows_read', 'party_code']).where('person_id', '=', await world.personId(badge)).orderBy('read_id').execute()).map((row) => [row.subject, row.subject_ref, row.rows_read, row.party_code]);
const budget = async (person: number | null, party: number | null) => {
  await world.root.deleteFrom('time_limit').where('limit_code', 'in', ['TL47', 'TL48']).execute();
  const more = { subject_vi: 'x', subject_en: 'x', trigger_event: 'x', citation: 'test', status: 'operator_rule', valid_from: '2017-01-01' };
  await world.root.insertInto('time_limit').values([{ limit_code: 'TL47', amount: person, ...more }, { limit_code: 'TL48', amount: party, ...more }]).execute();
  world.advance(5_001); // for so long a process may remember the limits
};
const marked = (mark: string) => {
  const copy: any = structuredClone(KT1_LETTER);
  copy.facts.service.secrecy = mark;
  copy.facts.checklist = { ...copy.facts.checklist, outer_mark: mark, envelope_layers: 2 };
  return copy;
};

test('each look-up is noted with what came of it, a mark that was told besides; the same within a minute is one', async () => {
  const [plain, secret] = [await world.accepted(PARCEL), await world.accepted(marked('B'))];
  for (const code of [plain, plain, secret, preprinted(77)]) await get('CLERK1', `/items/${code}`);
  await get('CLERK1', `/items/${secret}/chain`);
  expect(await logOf('CLERK1')).toEqual([
    ['item', plain, 1, DONG_DANG], ['item', secret, 1, DONG_DANG], ['marked', `/api/items/${secret}`, 3, DONG_DANG], ['item', preprinted(77), 0, DONG_DANG], ['marked', `/api/items/${secret}/chain`, 1, DONG_DANG],
  ]);
  world.advance(60_001);
  await get('CLERK1', `/items/${plain}`);
  expect((await logOf('CLERK1')).filter(([, ref]) => ref === plain)).toHaveLength(2);
  // A list that tells marks is noted too; nothing that is no number is.
  const list = await get('CLERK1', '/items?limit=200');
  expect(list.text).toContain('KT1 B');
  expect((await logOf('CLERK1')).at(-1)).toEqual(['marked', '/api/items', list.text.match(/KT1 [ABC]\b/g)?.length, DONG_DANG]);
  const before = (await logOf('CLERK1')).length;
  await get('CLERK1', '/items/x');
  expect((await logOf('CLERK1')).length).toBe(before);
  // Whoever is not cleared was told no mark.
  await get('UNCLEARED', `/items/${secret}`);
  expect(await logOf('UNCLEARED')).toEqual([['item', secret, 1, DONG_DANG]]);
});

test('a budget that nobody loaded stops nobody', async () => {
  await budget(null, null);
  for (let i = 0; i < 20; i++) expectRefusal(await get('CLERK2', `/items/${preprinted(100 + i)}`), 'unknown_unit', 404);
});

test('whoever looks up more than the budget is stopped, for numbers that are there and that are not alike; the duty officer is told once', async () => {
  const known = await world.accepted();
  const agency = await receiver();
  await world.hire('LEADER2', 'leader', DONG_DANG);
  await world.call('POST', '/api/endpoints', { token: await world.as('LEADER'), body: { channel: 'webhook', address: agency.url, confirmation: await world.confirmation('LEADER', 'LEADER2', 'endpoint.keep') } });
  await budget(10, null);
  let refused = 0;
  for (let i = 0; i < 30; i++) {
    const answer = await get('CLERK3', `/items/${preprinted(200 + i)}`);
    if (answer.body.refusal === 'look_ups_exceeded') refused += 1;
  }
  expect(refused).toBe(20);
  const blind = ({ text }: Answer) => text.replaceAll(/[0-9a-f-]{36}/g, 'ID');
  const [there, none] = [await get('CLERK3', `/items/${known}`), await get('CLERK3', `/items/${preprinted(999)}`)];
  expectRefusal(there, 'look_ups_exceeded', 429);
  expect(blind(there)).toBe(blind(none));
  // What was looked up before may be looked up again.
  expectRefusal(await get('CLERK3', `/items/${preprinted(200)}`), 'unknown_unit');
  const incidents = (await get('DUTYOFFICER', '/incidents')).body.rows.filter((row: any) => row.incident_kind === 'information_security');
  expect(incidents).toMatchObject([{ place: DONG_DANG, drill: false, unit_codes: [] }]);
  expect((await get('DUTYOFFICER', `/incidents/${incidents[0].incident_id}`)).body).toMatchObject({ summary: 'Tra cứu vượt hạn mức trong 24 giờ: thẻ CLERK3', reported_by: null });
  await world.tick();
  expect(agency.got.map((got) => [got.data.type, got.data.data.subject_id])).toEqual([['look_ups.exceeded', incidents[0].incident_id]]);
  // A day later it begins anew.
  world.advance(24 * 3_600_000 + 1);
  world.forget('CLERK3');
  expect((await get('CLERK3', `/items/${known}`)).status).toBe(200);
  await agency.close();
});

test('an office has a budget of its own, which its people share', async () => {
  const used = new Set((await world.root.selectFrom('read_log').select('subject_ref').where('subject', '=', 'item').where('party_code', '=', DONG_DANG).where('read_at', '>', new Date(world.clock() - 86_400_000)).execute()).map((row) => row.subject_ref)).size;
  await budget(null, used + 4);
  for (const badge of ['CLERK4', 'CLERK5', 'CLERK6', 'LIAISON']) world.forget(badge);
  const answers = [];
  for (const [i, badge] of ['CLERK4', 'CLERK5', 'CLERK4', 'CLERK5', 'CLERK6', 'CLERK4'].entries()) answers.push((await get(badge, `/items/${preprinted(300 + i)}`)).body.refusal);
  expect(answers).toEqual(['unknown_unit', 'unknown_unit', 'unknown_unit', 'unknown_unit', 'look_ups_exceeded', 'look_ups_exceeded']);
  expect((await get('LIAISON', `/items/${preprinted(310)}`)).body.refusal).toBe('unknown_unit');
});
