// Every screen there is, as each role finds it: its first task leads, the menu fits, nothing is cut off, axe is content in every theme.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES } from '../../src/domain/role.ts';
import type { Role } from '../../src/domain/role.ts';
import { axe, goTo, NO_BROWSER, openDesks, signIn } from '../support/browser.ts';
import type { Desk, Desks } from '../support/browser.ts';

let desks: Desks;
let desk: Desk;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  desks = await openDesks();
  desk = await desks.open();
});
afterAll(() => desks?.end());

/** Screens seen by somebody so far; what no menu names is reached by its address. */
const seen = new Set<string>();
const UNNAMED = ['/desk/sent', '/desk/item/BD500000019VN'];

const shown = (): Promise<string[]> => desk.page.$$eval('nav.menu a', (links) => links.map((link) => link.getAttribute('href') ?? ''));
async function still(): Promise<void> {
  await desk.page.waitForFunction(() => document.querySelector('main h1, main h2, main .empty, main .notice') !== null && document.querySelector('main .loading') === null);
  await desk.page.waitForTimeout(80);
}

describe.skipIf(NO_BROWSER !== null)(`every screen${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test.each(Object.keys(ROLES) as Role[])('%s: first task first, the menu beside a screen of 768 pixels, each screen whole in every theme', async (role) => {
    const { page } = desk;
    await page.goto(desks.base);
    await signIn(page, role.toUpperCase().replace('_', ''));
    await page.waitForFunction(() => location.pathname !== '/desk' && location.pathname !== '/');
    await still();
    const paths = await shown();
    expect([...new Set(paths)]).toEqual(paths);
    if (paths.length > 0) expect(paths[0], 'the first screen is the first of the menu').toBe(new URL(page.url()).pathname);
    const overhang = await page.evaluate(() => (document.querySelector('nav.menu')?.lastElementChild?.getBoundingClientRect().bottom ?? 0) - (document.querySelector('footer.keys')?.getBoundingClientRect().top ?? innerHeight));
    expect(overhang, 'the menu lies beside one screen').toBeLessThanOrEqual(0);
    for (const path of [...paths, ...UNNAMED].filter((each) => !seen.has(each))) {
      seen.add(path);
      await goTo(page, path);
      await still();
      expect.soft(await page.locator('main h1').count(), `${path} has one heading`).toBeLessThanOrEqual(1);
      for (const theme of ['light', 'dark', 'contrast']) {
        await page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
        expect.soft(await axe(page), `${path} ${theme}`).toEqual([]);
      }
      for (const [width, height] of [[360, 640], [1366, 768]] as const) {
        await page.setViewportSize({ width, height });
        expect.soft(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${path} at ${width}`).toBeLessThanOrEqual(0);
      }
    }
  });

  test('no screen was left out', async () => {
    console.log(`${seen.size} screens seen: ${[...seen].map((path) => path.replace('/desk/', '')).join(' ')}`);
    expect(seen.size).toBeGreaterThan(15);
    expect(desk.errors).toEqual([]);
  });
});
