// A count told as it goes: what a stream says, when it speaks, that it resumes, and when it ends.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeRoad } from '../support/road.ts';
import type { Road } from '../support/road.ts';
import { follow, heard } from '../support/stream.ts';

let road: Road;
let codes: string[];
let bag: string;
beforeAll(async () => {
  road = await makeRoad();
  codes = await road.approved(Array.from({ length: 40 }, () => ({ weight_g: 100 })));
  const [sent] = await road.sentBags([codes]);
  if (!sent) throw new Error('no bag');
  bag = sent.bag;
  await road.unseal(sent);
});
afterAll(() => road?.end());
afterEach(async () => void (await road.world.verify()));

/** A reader of the count. */
const stream = async (badge: string, last?: string, token?: string) => follow(road.world, `/api/bags/${bag}/count?tiles=true`, token ?? (await road.world.as(badge)), last);
async function count(code: string): Promise<void> {
  const answer = await road.post(0, 'CENTRESORTER', 'counted', code, { bag_code: bag, condition: 'intact', lane: 'A' });
  expect(answer.status, answer.text).toBe(201);
}

test('the first event is the whole count, as the same route answers at once; each later one holds what changed', async () => {
  const lane = await stream('CENTRESORTER2');
  expect(lane.type).toBe('text/event-stream; charset=utf-8');
  const first = await heard(lane);
  const asked = (await road.call(0, 'CENTRESORTER2', 'GET', `/api/bags/${bag}/count?tiles=true`)).body;
  expect(first.data).toEqual({ ...asked, open: [], whole: true });
  expect(first.data.tiles).toHaveLength(40);
  const began = performance.now();
  await count(codes[0] ?? '');
  const second = await heard(lane);
  console.log(`a count is told after ${Math.round(performance.now() - began)} ms, in ${JSON.stringify(second.data).length} bytes; the whole is ${JSON.stringify(first.data).length}`);
  expect(second.data).toMatchObject({ whole: false, scanned: 1, left: 39, tiles: [{ code: codes[0], result: 'matched' }] });
  expect(second.id).not.toBe(first.id);
  expect(await lane.next(700)).toBe('silence');
  await lane.leave();
});

test('who comes back with the last id hears nothing old, and what it missed', async () => {
  const lane = await stream('CENTRESORTER2');
  const { id } = await heard(lane);
  await lane.leave();
  const again = await stream('CENTRESORTER2', id);
  expect(await again.next(700)).toBe('silence');
  await again.leave();
  await count(codes[1] ?? '');
  const later = await stream('CENTRESORTER2', id);
  expect((await heard(later)).data).toMatchObject({ scanned: 2 });
  await later.leave();
});

test('thirty lanes hear the same', async () => {
  const lanes = await Promise.all(Array.from({ length: 30 }, () => stream('CENTRESORTER2')));
  await Promise.all(lanes.map(heard));
  await count(codes[2] ?? '');
  expect(new Set((await Promise.all(lanes.map(heard))).map((event) => JSON.stringify(event.data))).size).toBe(1);
  await Promise.all(lanes.map((lane) => lane.leave()));
});

test('it ends with the session, which it does not keep awake', async () => {
  const token = await road.world.newToken('CENTRESORTER2');
  const lane = await stream('', undefined, token);
  await heard(lane);
  await road.world.call('DELETE', '/api/session', { token });
  expect(await lane.next(12_000)).toBe(null);
  const idle = await stream('CENTRESORTER2', undefined, await road.world.newToken('CENTRESORTER2'));
  await heard(idle);
  road.world.advance(5 * 60_000 + 1);
  expect(await idle.next(12_000)).toBe(null);
  road.world.advance(-(5 * 60_000 + 1));
});

test('what is refused is refused as everywhere; what cannot be seen cannot be heard', async () => {
  await expect(stream('CLERK')).rejects.toThrow('"not_permitted"');
  await expect(stream('SORTER')).rejects.toThrow('"not_counting"');
});

test('the process that stops ends its streams; where none can stay open, each answer is one event', async () => {
  const lane = await stream('CENTRESORTER2');
  await heard(lane);
  road.world.hush();
  expect(await lane.next(3_000)).toBe(null);
  road.world.services.live = null;
  const once = await stream('CENTRESORTER2');
  const { id, data } = await heard(once);
  expect(data.whole).toBe(true);
  expect(await once.next()).toBe(null);
  const nothing = await stream('CENTRESORTER2', id);
  expect(await nothing.next()).toBe(null);
});
