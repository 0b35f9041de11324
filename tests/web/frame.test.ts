// The frame: whoever signs in sees his own desks, in both languages and every theme, and nothing of it fails axe.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, NO_BROWSER, openDesks, signIn } from '../support/browser.ts';
import type { Desks } from '../support/browser.ts';

let desks: Desks;
beforeAll(async () => {
  if (NO_BROWSER === null) desks = await openDesks();
});
afterAll(() => desks?.end());

describe.skipIf(NO_BROWSER !== null)(`the frame${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test.each(['light', 'dark', 'contrast'].flatMap((theme) => (['vi', 'en'] as const).map((language) => [theme, language] as const)))('sign-in and first screen: no violation in %s, %s', async (theme, language) => {
    const { page, context } = await desks.open({ theme, language });
    expect(await axe(page)).toEqual([]);
    await page.fill('input[name=badge]', 'NOBODY');
    await page.fill('input[name=pin]', '000000');
    await page.press('input[name=pin]', 'Enter');
    await page.waitForSelector('[role=alert]');
    expect(await axe(page)).toEqual([]);
    await context.close();
  });

  test('a signed-in clerk has a place and a way out', async () => {
    const { page } = await desks.open({ badge: 'CLERK' });
    expect(await page.textContent('header .place')).toMatch(/243100/);
    await page.getByRole('button', { name: 'Ra ca' }).click();
    await page.waitForSelector('input[name=badge]');
  });

  test('an enrolled machine opens without a network for whoever signed in there before', async () => {
    const { page, context } = await desks.open({ enrolled: '243100', badge: 'CLERK2' });
    await page.waitForFunction(() => document.querySelector('header')?.textContent?.includes('Đã gửi hết'));
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await context.setOffline(true);
    await page.reload();
    await page.waitForSelector('.notice.warn', { timeout: 30_000 });
    await signIn(page, 'CLERK2');
    expect(await page.textContent('header .place')).toContain('243100');
    expect(await page.textContent('header')).toMatch(/Ngoại tuyến/);
  });
});
