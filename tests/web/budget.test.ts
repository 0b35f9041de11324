// What a desk weighs on a line of 64 kbit/s, and that it opens without any.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NO_BROWSER, openDesks, signIn } from '../support/browser.ts';
import type { Desks } from '../support/browser.ts';

const DIST = path.join(import.meta.dirname, '../../dist/desk');
const KB = 1000;
const compressed = (file: string): number => {
  const body = readFileSync(path.join(DIST, file));
  return file.endsWith('.woff2') ? body.length : gzipSync(body, { level: 9 }).length;
};

let desks: Desks;
beforeAll(async () => {
  if (NO_BROWSER === null) desks = await openDesks();
});
afterAll(() => desks?.end());

describe.skipIf(NO_BROWSER !== null)(`weight${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('the first load of the counter is under 100 kB compressed, fonts included', async () => {
    const { page, context } = await desks.open();
    const loaded = new Set<string>();
    page.on('response', (response) => {
      const { pathname, origin } = new URL(response.url());
      if (origin === desks.base && !pathname.startsWith('/api/') && pathname !== '/healthz') loaded.add(pathname === '/' || pathname.startsWith('/desk/') ? 'index.html' : pathname.slice(1));
    });
    // The service worker fetches everything for later; what counts is what the page itself waits for.
    await page.reload({ waitUntil: 'networkidle' });
    await signIn(page, 'CLERK1');
    await page.waitForLoadState('networkidle');
    const kinds = { js: 0, css: 0, html: 0, font: 0, other: 0 };
    for (const file of loaded) {
      // The shapes of facts come behind the screen, in time for the first scan.
      if (file === 'sw.js' || /\bfacts-/.test(file)) continue;
      const kind = file.endsWith('.js') ? 'js' : file.endsWith('.css') ? 'css' : file.endsWith('.html') ? 'html' : file.endsWith('.woff2') ? 'font' : 'other';
      kinds[kind] += compressed(file);
    }
    const total = Object.values(kinds).reduce((sum, size) => sum + size, 0);
    if (process.env['LIST']) console.log([...loaded].map((file) => `${compressed(file)} ${file}`).join('\n'));
    console.log(`first load, bytes compressed: ${JSON.stringify({ ...kinds, total })}`);
    expect(kinds.js).toBeGreaterThan(10 * KB);
    expect(total).toBeLessThan(100 * KB);
    await context.close();
  });

  test('everything together, lazy parts included, stays under 700 kB', () => {
    const all = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
    const total = all.reduce((sum, file) => sum + compressed(file), 0);
    console.log(`all files, bytes compressed: ${total}`);
    expect(all.length).toBeGreaterThan(5);
    expect(total).toBeLessThan(700 * KB);
  });

  test('without a network a reload opens in under a second', async () => {
    const { page, context } = await desks.open();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await context.setOffline(true);
    const began = performance.now();
    await page.reload({ waitUntil: 'commit' });
    await page.waitForSelector('input[name=badge]');
    const took = performance.now() - began;
    console.log(`offline reload: ${Math.round(took)} ms`);
    expect(took).toBeLessThan(1000);
    await context.close();
  });
});
