// Pictures of the desks for docs/screens, from a running demo: `npm start`, then `node tests/support/screens.ts [URL] [NAME…]`.
// The wall of three hundred: `SCREENS=docs/screens/reconcile.png vitest run --project web tests/web/sorting.test.ts`.

import path from 'node:path';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import sharp from 'sharp';

type Shot = { name: string; badge: string | null; path: string; width?: number; height?: number; theme?: string; language?: string; prepare?: (page: Page) => Promise<void> };

const SHOTS: readonly Shot[] = [
  { name: 'sign_in', badge: null, path: '/' },
  {
    name: 'intake', badge: 'LS1001', path: '/desk/intake',
    async prepare(page) {
      await page.fill('#sender', 'dong dang');
      await page.press('#sender', 'Enter');
      await page.waitForTimeout(300);
      await page.keyboard.press('1');
      await page.waitForTimeout(600);
      await page.fill('#addressee', 'tinh uy');
      await page.press('#addressee', 'Enter');
      await page.getByRole('button', { name: 'Đủ điều kiện' }).click({ timeout: 3_000 });
      await page.fill('input[name=same]', '120');
      await page.focus('section.scans');
    },
  },
  { name: 'bags', badge: 'LS1005', path: '/desk/bags' },
  { name: 'control', badge: 'LS1007', path: '/desk/approve' },
  { name: 'work', badge: 'LS1007', path: '/desk/work' },
  { name: 'board', badge: 'LS1009', path: '/desk/board' },
  { name: 'board_dark', badge: 'LS1009', path: '/desk/board', theme: 'dark', language: 'en' },
  {
    name: 'item', badge: 'LS1023', path: '/desk/find', height: 900,
    async prepare(page) {
      await page.keyboard.type('BK00', { delay: 80 });
      await page.keyboard.press('Enter');
      await page.locator('main a, main button').filter({ hasText: /BK/ }).first().click();
      await page.waitForTimeout(1_200);
    },
  },
  { name: 'machines', badge: 'LS1017', path: '/desk/machines' },
  { name: 'leader', badge: 'LS1081', path: '/desk/leader', height: 900 },
  { name: 'duty', badge: 'LS1016', path: '/desk/duty', height: 1000 },
  { name: 'periods', badge: 'LS1016', path: '/desk/periods', height: 1000 },
  { name: 'directives', badge: 'LS1081', path: '/desk/directives', height: 1000 },
  { name: 'incidents', badge: 'LS1082', path: '/desk/incidents', height: 900 },
  {
    name: 'reports', badge: 'LS1082', path: '/desk/reports', height: 1000,
    async prepare(page) {
      await page.getByRole('button', { name: 'Lập báo cáo' }).click({ timeout: 5_000 });
      await page.waitForSelector('.report .link.number');
    },
  },
  { name: 'flags', badge: 'LS1015', path: '/desk/flags', height: 900 },
  {
    // A casefile on the first item of the queue, with one picture in it.
    name: 'case', badge: 'LS1015', path: '/desk/flags', height: 1500,
    async prepare(page) {
      await page.waitForSelector('.flag-row[aria-current]');
      await page.keyboard.press('1');
      await page.waitForTimeout(1_500);
      await goTo(page, '/desk/cases');
      await page.click('.cases tbody a.code');
      await page.waitForSelector('.case');
      await page.setInputFiles('#evidence-pick', { name: 'mặt ngoài.jpg', mimeType: 'image/jpeg', buffer: await picture() });
      await page.getByRole('button', { name: 'Lưu vào vụ việc' }).click();
      await page.locator('.evidence-grid').scrollIntoViewIfNeeded();
      await page.waitForSelector('.evidence-grid img');
      await page.evaluate(() => scrollTo(0, 0));
    },
  },
  { name: 'outbox', badge: 'LS1001', path: '/desk/sent' },
  { name: 'help', badge: 'LS1001', path: '/desk/help' },
  { name: 'sign_out', badge: 'LS1021', path: '/desk/sign-out' },
  { name: 'courier', badge: 'LS1025', path: '/desk/run', width: 360, height: 640 },
];

const goTo = (page: Page, to: string): Promise<void> =>
  page.evaluate((target) => {
    history.pushState(null, '', target);
    dispatchEvent(new PopStateEvent('popstate'));
  }, to);
/** A parcel on a table, drawn here: no picture of anybody's. */
const picture = (): Promise<Buffer> =>
  sharp(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="960" height="640"><rect width="960" height="640" fill="#d8d2c4"/><rect x="190" y="130" width="580" height="400" fill="#b98d56"/><rect x="440" y="130" width="80" height="400" fill="#d9c08d"/><rect x="560" y="180" width="170" height="100" fill="#fff"/></svg>')).jpeg().toBuffer();

const [base = 'http://127.0.0.1:8787', ...names] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
for (const shot of SHOTS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const context = await browser.newContext({ viewport: { width: shot.width ?? 1366, height: shot.height ?? 768 }, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh' });
  await context.addInitScript(([theme, language]) => {
    localStorage.setItem('niem.theme', theme ?? 'light');
    localStorage.setItem('niem.language', language ?? 'vi');
  }, [shot.theme, shot.language] as const);
  const page = await context.newPage();
  page.on('pageerror', (error) => process.stderr.write(`${shot.name}: ${error.message}\n`));
  await page.goto(base);
  await page.waitForSelector('dl.people button');
  if (shot.badge !== null) {
    await page.click(`dl.people button:has-text("${shot.badge}")`);
    await page.waitForSelector('main#main:not(:has(form))', { timeout: 30_000 });
    await goTo(page, shot.path);
  }
  await page.waitForTimeout(1_200);
  await shot.prepare?.(page).catch((error: unknown) => process.stderr.write(`${shot.name}: ${String(error).slice(0, 200)}\n`));
  await page.waitForTimeout(400);
  await page.screenshot({ path: path.join(import.meta.dirname, '../../docs/screens', `${shot.name}.png`) });
  await context.close();
}
await browser.close();
