// Casefiles told as they go: who is a party hears at once what it may read, resumes where it left off, and whoever is none hears nothing.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { follow, heard } from '../support/stream.ts';
import type { World } from '../support/world.ts';
import { makeWorld, newId, PARCEL } from '../support/world.ts';

let world: World;
let code: string;
beforeAll(async () => {
  world = await makeWorld();
  const customs = await world.hire('CUSTOMS', 'liaison', '');
  await world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', customs ?? '').execute();
  code = await world.accepted(PARCEL);
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const stream = async (badge: string, last?: string) => follow(world, '/api/cases/changes', await world.as(badge), last);
const ask = async (badge: string, path: string, body: object): Promise<any> => {
  const answer = await world.call('POST', `/api/cases${path}`, { token: await world.as(badge), body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const opened = async (badge: string): Promise<string> => (await ask(badge, '', { entry_id: newId(), facts: { source: 'tip', severity: 'high', unit_codes: [code] } })).casefile_id;
const added = (badge: string, id: string, kind: string, facts: object, more: object = {}): Promise<unknown> => ask(badge, `/${id}/entries`, { entry_id: newId(), kind, facts, ...more });

test('the first event says where it begins; an agency hears of its own casefiles, and another one not that there is any, until it is a party', async () => {
  const [police, customs] = [await stream('LIAISON'), await stream('CUSTOMS')];
  for (const agency of [police, customs]) expect((await heard(agency)).data).toMatchObject({ changes: [], more: false });
  const id = await opened('LIAISON');
  expect((await heard(police)).data.changes).toMatchObject([{ casefile_id: id, entry_no: 1, kind: 'case_opened' }]);
  await added('LIAISON', id, 'said', {}, { words: 'nội bộ công an', only_party: 'CA-LS' });
  expect((await heard(police)).data.changes).toMatchObject([{ casefile_id: id, entry_no: 2 }]);
  expect(await customs.next(2_500)).toBe('silence');
  await added('LIAISON', id, 'party_added', { party_code: 'HQ-LS' });
  const told = (await heard(customs)).data.changes;
  expect(told).toMatchObject([{ casefile_id: id, entry_no: 3, kind: 'party_added' }]);
  // What is kept to one side is not told to the other one: neither that it was written.
  await heard(police);
  await added('LIAISON', id, 'said', {}, { words: 'vẫn nội bộ', only_party: 'CA-LS' });
  expect((await heard(police)).data.changes).toMatchObject([{ entry_no: 4 }]);
  expect(await customs.next(2_500)).toBe('silence');
  await Promise.all([police.leave(), customs.leave()]);
});

test('who comes back with the last id hears what it missed, and nothing twice', async () => {
  const police = await stream('LIAISON');
  const { id: last } = await heard(police);
  await police.leave();
  const id = await opened('LIAISON');
  const again = await stream('LIAISON', last);
  const missed = await heard(again);
  expect(missed.data.changes).toMatchObject([{ casefile_id: id, entry_no: 1 }]);
  await again.leave();
  const later = await stream('LIAISON', missed.id);
  expect(await later.next(2_500)).toBe('silence');
  await later.leave();
});

test('it ends with the session, and without the right there is none', async () => {
  const token = await world.newToken('LIAISON');
  const police = await follow(world, '/api/cases/changes', token);
  await heard(police);
  expect((await world.call('DELETE', '/api/session', { token })).status).toBeLessThan(300);
  expect(await police.next()).toBeNull();
  await expect(stream('CLERK')).rejects.toThrow('"not_permitted"');
});
