// A real Chromium at a desk of the real program: one world, one server, as many desks as a test wants.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serve } from '@hono/node-server';
import axeCore from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { expect } from 'vitest';
import { build } from 'vite';
import { PIN } from './people.ts';
import { makeWorld } from './world.ts';
import type { World } from './world.ts';

const EXECUTABLE = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => existsSync(file));
/** null: there is a browser. Otherwise why the web tests are left out, to be printed. */
export const NO_BROWSER = EXECUTABLE === undefined ? 'no Chromium on this machine (apt-get install chromium)' : null;

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export type Desk = { page: Page; context: BrowserContext; cdp: CDPSession; errors: string[] };
export type Desks = Awaited<ReturnType<typeof openDesks>>;

/** The server on a port of its own, and a browser. `given`: a world of the caller's, who ends it. `flags`: of the browser, beyond the usual. `end` closes both; the ledger is verified first. */
export async function openDesks(given?: World, flags: readonly string[] = []) {
  if (!existsSync(path.join(import.meta.dirname, '../../dist/desk/index.html'))) await build();
  const papers = mkdtempSync(path.join(tmpdir(), 'niem-papers-'));
  const world: World = given ?? (await makeWorld({ evidence: { NIEM_DIR: papers } }));
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const started = serve({ fetch: world.app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(started));
  });
  const bound = server.address();
  const base = `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  const browser: Browser = await chromium.launch({ executablePath: EXECUTABLE ?? '', args: [...FLAGS, ...flags] });

  /** A browser profile of its own. `enrolled`: at that office, through the screen. `badge`: signs in there. Errors of the page are collected and fail `end`. */
  async function open(options: { badge?: string; width?: number; height?: number; path?: string; language?: 'vi' | 'en'; theme?: string; enrolled?: string } = {}): Promise<Desk> {
    const context = await browser.newContext({ viewport: { width: options.width ?? 1366, height: options.height ?? 768 }, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh' });
    await context.addInitScript(([language, theme]) => {
      if (language) localStorage.setItem('niem.language', language);
      if (theme) localStorage.setItem('niem.theme', theme);
    }, [options.language, options.theme] as const);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) errors.push(message.text());
    });
    await page.goto(base);
    const cdp = await context.newCDPSession(page);
    desks.push({ page, context, cdp, errors });
    if (options.enrolled) await enrol(world, page, options.enrolled);
    if (options.badge) await signIn(page, options.badge);
    if (options.path) await goTo(page, options.path);
    return { page, context, cdp, errors };
  }
  const desks: Desk[] = [];

  async function end(): Promise<void> {
    const errors = desks.flatMap((desk) => desk.errors);
    await browser.close();
    await world.verify();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    if (!given) await world.end();
    rmSync(papers, { recursive: true });
    expect(errors).toEqual([]);
  }
  return { world, base, browser, open, end };
}

/** Enrols the browser as an administrator's code lets anybody, through the sign-in page. */
async function enrol(world: World, page: Page, office_code: string): Promise<void> {
  const answer = await world.call('POST', '/api/devices/codes', { token: await world.newToken('ADMIN'), body: { office_code } });
  expect(answer.status, answer.text).toBe(201);
  await page.click('summary');
  await page.fill('details input >> nth=0', answer.body.code as string);
  await page.fill('details input >> nth=1', 'Quầy 1');
  await page.click('details button');
  await page.waitForSelector('details', { state: 'detached' });
}

export async function signIn(page: Page, badge: string): Promise<void> {
  await page.fill('input[name=badge]', badge);
  await page.fill('input[name=pin]', PIN);
  await page.press('input[name=pin]', 'Enter');
  await page.waitForSelector('nav.menu, main#main:not(:has(form)), form .notice.bad');
  expect(await page.locator('form .notice.bad').allTextContents()).toEqual([]);
}

/** Within the desk, without loading it again. */
export async function goTo(page: Page, to: string): Promise<void> {
  await page.evaluate((target) => {
    history.pushState(null, '', target);
    dispatchEvent(new PopStateEvent('popstate'));
  }, to);
}

/**
 * Plays a keyboard wedge: keys through the browser's own input, not awaited one by one. `ms`: between characters, by the time that
 * each key bears, as a real one bears the time of the interrupt: a test that had to wait for the processor is no slow scanner.
 * `paced`: each key also goes when it is due, for whoever measures. Returns when the last key went, Unix milliseconds.
 */
export async function wedge(desk: Desk, text: string, { ms = 5, enter = true, paced = false }: { ms?: number; enter?: boolean; paced?: boolean } = {}): Promise<number> {
  const send = async (key: string, at: number): Promise<void> => {
    const text_ = key === 'Enter' ? '\r' : key;
    const code = key === 'Enter' ? 'Enter' : /[A-Za-z]/.test(key) ? `Key${key.toUpperCase()}` : /\d/.test(key) ? `Digit${key}` : '';
    const common = { key, code, windowsVirtualKeyCode: key === 'Enter' ? 13 : key.toUpperCase().charCodeAt(0), modifiers: /[A-Z]/.test(key) && key !== 'Enter' ? 8 : 0, timestamp: at / 1000 };
    await desk.cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', text: text_, ...common });
    await desk.cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...common });
  };
  const keys = enter ? [...text, 'Enter'] : [...text];
  const first = performance.timeOrigin + performance.now();
  const last = first + (keys.length - 1) * ms;
  const until = (at: number) => new Promise((resolve) => setTimeout(resolve, at - performance.timeOrigin - performance.now()));
  if (!paced) await until(last);
  const sent: Promise<void>[] = [];
  let gone = 0;
  for (const [i, key] of keys.entries()) {
    if (paced) await until(first + i * ms);
    gone = performance.timeOrigin + performance.now();
    sent.push(send(key, first + i * ms));
  }
  await Promise.all(sent);
  return gone;
}

/** What axe finds against WCAG 2.2 A and AA in the page as it stands. */
export async function axe(page: Page): Promise<{ id: string; nodes: string[] }[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeCore.source);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: { run: (on: Document, options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    });
    return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html.slice(0, 200)) }));
  });
}

/** Tab by Tab to whatever bears these words, its id or its name; throws with what was passed when it never comes. */
export async function tabTo(page: Page, wanted: string): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 150; presses++) {
    const [at, hit] = await page.evaluate((want) => {
      const on = document.activeElement as HTMLInputElement | null;
      const said = [on?.id, on?.name, on?.getAttribute('aria-label'), ...[...(on?.labels ?? [])].map((label) => label.textContent), on?.matches('button, a, summary') ? on.textContent : ''].filter(Boolean) as string[];
      // What the menu says is passed by: "Nhận gửi" is a desk, "Nhận" a choice on one.
      return [said.join('|'), on !== null && on.closest('nav') === null && said.some((words) => words === want || words.trim().startsWith(want))] as const;
    }, wanted);
    if (hit) return;
    passed.push(at);
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never came to ${wanted}: ${[...new Set(passed)].join(' > ')}`);
}

/** Types as fingers do, too slow for a scanner. */
export const type = (page: Page, text: string): Promise<void> => page.keyboard.type(text, { delay: 60 });

export async function until(what: () => Promise<boolean>, within_ms = 60_000): Promise<void> {
  const end = performance.now() + within_ms;
  while (!(await what())) {
    if (performance.now() > end) throw new Error('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** At the counter: who sends, to whom, judged fit, all of 50 g. From here each labelled item is one scan. */
export async function beginSender(page: Page): Promise<void> {
  await page.fill('#sender', 'dong dang');
  await page.press('#sender', 'Enter');
  await page.fill('#addressee', 'tinh uy');
  await page.press('#addressee', 'Enter');
  await page.getByRole('button', { name: 'Đủ điều kiện' }).click();
  await page.fill('input[name=same]', '50');
  await page.focus('section.scans');
}
