// The triage queue by keyboard alone: at most three keys a flag, a reason each time, undo, the next flag under the hand, two people not
// on one flag, and it keeps itself up to date.

import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { axe, NO_BROWSER, wedge } from '../support/browser.ts';
import type { Desk } from '../support/browser.ts';
import { makeLiaisons } from './liaison_scene.ts';

const SHOTS = process.env['SHOTS'];
let scene: Awaited<ReturnType<typeof makeLiaisons>>;
let desk: Desk;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  scene = await makeLiaisons();
  for (const signs of [['excess_tape'], ['odour'], ['wires'], ['excess_tape', 'rigid']]) await scene.parcel(signs);
  desk = await scene.open({ badge: 'DUTYOFFICER', path: '/desk/flags' });
  desk.page.setDefaultTimeout(15_000);
});
afterAll(() => scene?.end());
afterEach(async () => void (await scene?.world.verify()));

/** As a hand presses: with the silence that a scanner does not leave. Counts. */
let pressed = 0;
const press = async (page: Page, ...keys: string[]): Promise<void> => {
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.waitForTimeout(220);
    pressed += 1;
  }
};
const current = async (page: Page): Promise<string> => ((await page.textContent('.flag-row[aria-current] .code')) ?? '').replaceAll(/\s/g, '');
const listed = (page: Page): Promise<string[]> => page.$$eval('.flag-row .code', (rows) => rows.map((row) => (row.textContent ?? '').replaceAll(/\s/g, '')));

describe.skipIf(NO_BROWSER !== null)(`flags${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('the gravest stands first, with rule, version and facts in words', async () => {
    await desk.page.waitForSelector('.flag-row[aria-current]');
    const detail = (await desk.page.textContent('.flag-detail')) ?? '';
    for (const words of ['CNT2', 'phiên bản 1', 'Người CLERK', 'Lòi dây']) expect(detail).toContain(words);
    expect(detail).not.toContain('Nguyễn');
  });

  test('twelve flags are dismissed with three keys each at most, no pointer, each with its reason, and the next comes under the hand', async () => {
    for (let i = 0; i < 12; i++) await scene.parcel(['excess_tape']);
    await desk.page.waitForFunction(() => document.querySelectorAll('.flag-row').length === 16);
    await desk.page.evaluate(() => addEventListener('pointerdown', () => (document.title = 'POINTER'), { capture: true }));
    await press(desk.page, 'j', 'j', 'j', 'j');
    const began = performance.now();
    const done: string[] = [];
    for (let i = 0; i < 12; i++) {
      const code = await current(desk.page);
      pressed = 0;
      await press(desk.page, '3');
      await desk.page.waitForSelector('.flag-options');
      await press(desk.page, '1');
      await desk.page.waitForFunction((gone) => ![...document.querySelectorAll('.flag-row .code')].some((row) => (row.textContent ?? '').replaceAll(/\s/g, '') === gone), code);
      expect(pressed).toBeLessThanOrEqual(3);
      expect(await desk.page.locator('.flag-row[aria-current]').count()).toBe(1);
      done.push(code);
    }
    console.log(`twelve flags by keyboard: ${Math.round(performance.now() - began)} ms, 2 keys each`);
    expect(new Set(done).size).toBe(12);
    for (const code of done) expect(await scene.outcomes(code)).toEqual(['cleared']);
    expect(await desk.page.title()).not.toBe('POINTER');
  });

  test('undo brings the last one back, as a further outcome', async () => {
    const code = await current(desk.page);
    await press(desk.page, '3', '2');
    await desk.page.waitForFunction((gone) => ![...document.querySelectorAll('.flag-row .code')].some((row) => (row.textContent ?? '').replaceAll(/\s/g, '') === gone), code);
    await desk.page.keyboard.press('Control+z');
    await desk.page.waitForFunction((back) => [...document.querySelectorAll('.flag-row .code')].some((row) => (row.textContent ?? '').replaceAll(/\s/g, '') === back), code);
    expect(await scene.outcomes(code)).toEqual(['cleared', 'reopened']);
  });

  test('several at once: what will be done is shown first, and what came of each', async () => {
    await scene.parcel(['excess_tape']);
    await scene.parcel(['excess_tape']);
    await desk.page.waitForFunction(() => document.querySelectorAll('.flag-row').length >= 5);
    const before = await listed(desk.page);
    await press(desk.page, 'x', 'j', 'x', 'h', '1');
    await desk.page.waitForSelector('dialog tbody tr');
    expect(await desk.page.locator('dialog tbody tr').count()).toBe(2);
    await desk.page.getByRole('button', { name: 'Đồng ý, làm' }).press('Enter');
    await desk.page.waitForSelector('dialog .badge.good');
    await desk.page.keyboard.press('Escape');
    await desk.page.waitForFunction((count) => document.querySelectorAll('.flag-row').length === count - 2, before.length);
    await desk.page.keyboard.press('Control+z');
    await desk.page.waitForFunction((count) => document.querySelectorAll('.flag-row').length === count, before.length);
  });

  test('a scan jumps to the flag of that item and presses no key; typed text in the filter is no shortcut', async () => {
    const code = (await listed(desk.page)).at(-1) ?? '';
    await wedge(desk, code);
    await desk.page.waitForFunction((wanted) => (document.querySelector('.flag-row[aria-current] .code')?.textContent ?? '').replaceAll(/\s/g, '') === wanted, code);
    expect(await desk.page.locator('.flag-options').count()).toBe(0);
    // A scanner leaves no silence; a hand does.
    await desk.page.waitForTimeout(250);
    await press(desk.page, '/');
    await desk.page.keyboard.type('băng dính', { delay: 90 });
    await expect.poll(() => desk.page.inputValue('input[name=flag-filter]')).toBe('băng dính');
    expect(await scene.outcomes(code)).not.toContain('cleared');
    // A number has letters that are keys here, after letters that are none: PA… is no "A".
    await desk.page.locator('h1').click();
    await wedge(desk, code);
    await desk.page.waitForTimeout(400);
    expect(await desk.page.locator('.flag-options').count()).toBe(0);
    await desk.page.fill('input[name=flag-filter]', '');
    await desk.page.locator('h1').click();
  });

  test('two people do not work on one flag unless one says so', async () => {
    const mate = await scene.open({ badge: 'DUTY2', path: '/desk/flags' });
    await mate.page.waitForSelector('.flag-row[aria-current]');
    const code = await current(mate.page);
    await wedge(desk, code);
    await desk.page.waitForFunction(() => document.querySelector('.flag-detail .notice.warn')?.textContent?.includes('Người DUTY2'), undefined, { timeout: 20_000 });
    await press(desk.page, '3');
    expect(await desk.page.locator('.flag-options').count()).toBe(0);
    await desk.page.getByRole('button', { name: 'Vẫn xử lý' }).focus();
    await press(desk.page, 'Enter');
    await press(desk.page, '3');
    expect(await desk.page.locator('.flag-options').count()).toBe(1);
    await press(desk.page, 'Escape');
    await mate.context.close();
  });

  test.each(['vi', 'en'] as const)('axe finds nothing in any theme (%s); 320 px cuts nothing off; the keys are told and can be turned off', async (language) => {
    const mine = await scene.open({ badge: 'LEADER', language, path: '/desk/flags' });
    await mine.page.waitForSelector('.flag-row[aria-current]');
    await press(mine.page, '?');
    await mine.page.waitForSelector('dialog table');
    expect(await axe(mine.page)).toEqual([]);
    await mine.page.keyboard.press('Escape');
    if (SHOTS) mkdirSync(SHOTS, { recursive: true });
    for (const theme of ['light', 'dark', 'contrast']) {
      await mine.page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
      expect(await axe(mine.page), theme).toEqual([]);
      if (SHOTS) await mine.page.screenshot({ path: `${SHOTS}/flags-${language}-${theme}.png` });
    }
    await mine.page.setViewportSize({ width: 320, height: 640 });
    expect(await mine.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
    await mine.context.close();
  });
});
