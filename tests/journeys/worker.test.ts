// The same journeys on workerd: those tagged @worker, which carry no mark (the edge refuses A, B and C).

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestHarness } from 'wrangler';
import { play, readJourney } from '../../src/journey.ts';
import { PERSONAL_KEY } from '../support/people.ts';
import { asker, JOURNEYS, makeProvince } from '../support/province.ts';

const tagged = readdirSync(JOURNEYS)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => [name, readFileSync(path.join(JOURNEYS, name), 'utf8')] as const)
  .filter(([, source]) => readJourney(source).tags.includes('worker'));

let province: Awaited<ReturnType<typeof makeProvince>>;
let worker: ReturnType<typeof createTestHarness>;
beforeAll(async () => {
  province = await makeProvince();
  process.env.CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE = province.database.urls.app;
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_INCLUDE_PROCESS_ENV = 'true';
  process.env.NIEM_PERSONAL_KEY = PERSONAL_KEY;
  worker = createTestHarness({ workers: [{ configPath: path.join(import.meta.dirname, '../../wrangler.toml') }] });
  await worker.listen();
}, 120_000);
afterAll(async () => {
  await worker?.close();
  await province?.end();
});

test('at least five', () => expect(tagged.length).toBeGreaterThanOrEqual(5));

test.each(tagged)('%s', async (_, source) => {
  const ask = asker(async (method, route, token, body) => {
    const response = await worker.fetch(`http://niem.test${route}`, { method, headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: response.status, body: JSON.parse(await response.text()) };
  });
  const played = await play(source, { ...province.stage, ask });
  expect(played.filter((step) => !step.ok).map(({ line, text, came }) => `${line} ${text} | ${came}`)).toEqual([]);
  await province.verify();
});
