// The road of an item, search, my work, the board, the outbox view, help: figures equal the API, printed cards scan, nothing private leaks, axe is content.

import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { cardText } from '../../src/domain/card.ts';
import { grouped } from '../../src/domain/code.ts';
import { parse } from '../../src/scan/parse.ts';
import { COMMANDS } from '../../src/scan/route.ts';
import { checkStation, stationText } from '../../src/scan/station.ts';
import { scanOf } from '../../src/scan/stroke.ts';
import { axe, goTo, NO_BROWSER, wedge } from '../support/browser.ts';
import type { Desk } from '../support/browser.ts';
import { CARD, makeRun } from './tracing_scene.ts';

const wasmBinary = new Uint8Array(readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'))).buffer;
prepareZXingModule({ overrides: { wasmBinary } });

const SHOTS = process.env['SHOTS'];
let scene: Awaited<ReturnType<typeof makeRun>>;
let desk: Desk;
let code: string;
let other: string;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  scene = await makeRun();
  code = await scene.out({ secrecy: 'NONE' });
  other = await scene.atCentre({ secrecy: 'B' });
  desk = await scene.open({ badge: 'CENTREHEAD' });
  desk.page.setDefaultTimeout(10_000);
});
afterAll(() => scene?.end());
afterEach(async () => void (await scene?.world.verify()));

const show = async (path: string, ready: string): Promise<void> => {
  await goTo(desk.page, '/desk/sent');
  await desk.page.waitForSelector('.sent h1');
  await goTo(desk.page, path);
  await desk.page.waitForSelector(ready);
};
const api = async (path: string) => scene.ok(await scene.call('CENTREHEAD', 'GET', path));

describe.skipIf(NO_BROWSER !== null)(`tracing${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('a road shows every step of the API with the rung the API proves, and who held it', async () => {
    await show(`/desk/item/${code}`, 'ol.road li');
    const road = await api(`/api/items/${code}/road`);
    const shown = await desk.page.$$eval('ol.road li[data-checkpoint]', (rows) => rows.map((row) => [row.getAttribute('data-checkpoint'), row.getAttribute('data-rung')]));
    expect(shown).toEqual(road.steps.map((step: { checkpoint_id: string; linked: boolean | null }) => [step.checkpoint_id, step.linked === false ? 'broken' : 'received']));
    expect(shown.length).toBeGreaterThan(4);
    expect(await desk.page.textContent('.whereabouts')).toContain('Chuỗi nguyên vẹn');
    expect(await desk.page.getAttribute('svg.strip', 'aria-label')).toContain('Người CENTRECOURIER');
  });

  test('a step whose hash does not match is shown as such, with the word', async () => {
    await desk.page.route(`**/api/items/${code}/road`, async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as { steps: { linked: boolean | null }[] };
      const [, second] = body.steps;
      if (second) second.linked = false;
      await route.fulfill({ response: answer, json: body });
    });
    await show(`/desk/item/${code}`, 'li[data-rung=broken]');
    expect(await desk.page.textContent('li[data-rung=broken]')).toContain('Không khớp');
    expect(await desk.page.textContent('.whereabouts')).toContain('KHÔNG KHỚP');
    await desk.page.unroute(`**/api/items/${code}/road`);
  });

  test('who could have touched it: as many rows as the API names', async () => {
    await show(`/desk/item/${code}`, '.touched');
    await desk.page.locator('.touched').getByRole('button', { name: 'Tìm' }).click();
    await desk.page.waitForSelector('.touched tbody tr');
    const fields = await desk.page.locator('.touched input').evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));
    const { touched } = await api(`/api/items/${code}/touched?from=${encodeURIComponent(`${fields[0]}:00+07:00`)}&to=${encodeURIComponent(`${fields[1]}:00+07:00`)}`);
    expect(await desk.page.locator('.touched tbody tr').count()).toBe(touched.length);
  });

  test('search: F2, unaccented names, beginnings of numbers, and a miss that says what was searched', async () => {
    await show('/desk/work', '.work h1');
    await desk.page.keyboard.press('F2');
    await desk.page.waitForSelector('input[name=find]');
    await desk.page.fill('input[name=find]', 'tinh uy');
    await desk.page.waitForSelector('text=Tỉnh ủy Lạng Sơn');
    await desk.page.fill('input[name=find]', code.slice(0, 8));
    await desk.page.waitForSelector(`text=${grouped(code)}`);
    await desk.page.fill('input[name=find]', 'khong co gi het');
    await desk.page.waitForSelector('.empty:has-text("Đã tìm")');
    await wedge(desk, code);
    await desk.page.waitForSelector('h1.big-code');
    expect(new URL(desk.page.url()).pathname).toBe(`/desk/item/${code}`);
  });

  test('my work routes any scan; the board equals the API and needs no scrolling', async () => {
    await show('/desk/work', '.work .columns');
    // Another than the last test's: within a second and a half the same one is a bounce.
    await wedge(desk, other);
    await desk.page.waitForSelector('h1.big-code');
    await show('/desk/board', '.kpis');
    const { rows } = await api('/api/clocks/idle?limit=200');
    const chart = await desk.page.getAttribute('section[aria-label^="Tuổi"] svg', 'aria-label');
    const sum = [...(chart ?? '').matchAll(/ (\d+)(?:;|$)/g)].reduce((total, match) => total + Number(match[1]), 0);
    expect(rows.length).toBeGreaterThan(0);
    expect(sum).toBe(rows.length);
    await desk.page.locator('section[aria-label^="Tuổi"]').getByRole('button').click();
    await desk.page.waitForSelector('section[aria-label^="Tuổi"] td.number');
    expect(await desk.page.locator('section[aria-label^="Tuổi"] td.number').allTextContents()).toEqual([...(chart ?? '').matchAll(/ (\d+)(?:;|$)/g)].map((match) => match[1]));
    await desk.page.locator('section[aria-label^="Tuổi"]').getByRole('button').click();
    expect(await desk.page.textContent('.board-grid')).toContain('Chưa nạp tiêu chuẩn');
    expect(await desk.page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBeLessThanOrEqual(0);
  });

  test('a refused event stands in the outbox view, in words, until somebody has dealt with it', async () => {
    const sorter = await scene.open({ enrolled: '240100', badge: 'CENTRECOURIER', path: '/desk/run' });
    sorter.page.setDefaultTimeout(15_000);
    await sorter.page.waitForSelector('.stop-row');
    await wedge(sorter, code);
    await sorter.page.waitForSelector('li.on');
    await wedge(sorter, cardText('R', CARD));
    // Held between the scan and the giving: the server will not have it.
    for (const [badge, role] of [['CENTREHOLDER', 'controller'], ['CENTRERELEASER', 'duty_officer']] as const) await scene.world.hire(badge, role, '240100');
    const held = await scene.world.post('CENTREHOLDER', { kind: 'held', code, facts: { reason_code: 'random_check' } });
    expect(held.status, held.text).toBe(201);
    await sorter.page.getByRole('button', { name: 'Giao 1 bưu gửi' }).click();
    await sorter.page.waitForSelector('a.chip.bad');
    const released = await scene.world.post('CENTRERELEASER', { kind: 'hold_released', code, facts: { hold_checkpoint_id: held.body.checkpoint_id, reason_code: 'random_check' } });
    expect(released.status, released.text).toBe(201);
    await sorter.page.click('a.chip.bad');
    await sorter.page.waitForSelector('.refused li');
    expect(await sorter.page.textContent('.refused li')).toMatch(/giữ.*\[held\]/s);
    expect(await axe(sorter.page)).toEqual([]);
    await sorter.page.getByRole('button', { name: 'Đã rõ, giữ lời từ chối' }).click();
    await sorter.page.waitForSelector('.refused', { state: 'detached' });
    await sorter.context.close();
  });

  test('every printed card reads back as exactly the command, and the station card as a fit station', async () => {
    await show('/desk/help', '.command-cards svg.bars[data-text]');
    await desk.page.fill('input[name=station]', 'LS-CL-01');
    await desk.page.waitForSelector('.station-card svg.bars[data-text]');
    await desk.page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'));
    const seen: string[] = [];
    for (const bars of await desk.page.locator('svg.bars').all()) {
      const [found] = await readBarcodes(await bars.screenshot({ scale: 'css' }), { formats: ['Code128'], tryHarder: true });
      expect(found?.text, (await bars.getAttribute('data-text')) ?? '').toBe(await bars.getAttribute('data-text'));
      seen.push(found?.text ?? '');
    }
    const read = seen.map((text) => parse(text));
    expect(read.filter(({ what }) => what === 'command').map(({ code: id }) => id)).toEqual(Object.values(COMMANDS).map(({ id }) => id));
    expect(seen.at(-1)).toBe(stationText('LS-CL-01'));
    expect(checkStation(scanOf(seen.at(-1) ?? '', 'camera', 0), 'LS-CL-01').findings).toEqual([]);
    await desk.page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'));
  });

  test('no personal data in address, title, localStorage or what the service worker keeps', async () => {
    const names = (await scene.world.root.selectFrom('person').select('full_name').execute()).map((row) => row.full_name);
    for (const path of ['/desk/work', '/desk/board', `/desk/item/${code}`, '/desk/find', '/desk/run']) {
      await goTo(desk.page, path);
      await desk.page.waitForTimeout(150);
      const open = await desk.page.evaluate(async () => {
        const kept: string[] = [];
        for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) kept.push(request.url);
        return { title: document.title, url: location.href, storage: JSON.stringify(localStorage), kept };
      });
      for (const name of names) expect(`${open.title} ${decodeURIComponent(open.url)} ${open.storage}`, path).not.toContain(name);
      expect(open.kept.filter((url) => url.includes('/api/'))).toEqual([]);
    }
  });

  test('by keyboard alone: from my work to an item and its evidence', async () => {
    await show('/desk/work', '.work .columns');
    await desk.page.keyboard.press('F2');
    await desk.page.waitForSelector('input[name=find]:focus');
    await desk.page.keyboard.type(code.slice(0, 9), { delay: 120 });
    await desk.page.waitForSelector('.find a.code');
    for (let i = 0; i < 20 && !(await desk.page.evaluate(() => document.activeElement?.matches('.find a.code'))); i++) await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('Enter');
    await desk.page.waitForSelector('h1.big-code');
  });

  test.each(['vi', 'en'] as const)('axe finds nothing on any of these screens in any theme (%s); 320 px cuts nothing off', async (language) => {
    const mine = await scene.open({ badge: 'CENTREHEAD', language });
    if (SHOTS) mkdirSync(SHOTS, { recursive: true });
    for (const [path, ready] of [['/desk/work', '.work .columns'], ['/desk/board', '.kpis'], [`/desk/item/${code}`, 'ol.road li'], ['/desk/find', 'input[name=find]'], ['/desk/sent', '.sent h1'], ['/desk/help', '.command-cards svg[data-text]']] as const) {
      await goTo(mine.page, path);
      await mine.page.waitForSelector(ready);
      for (const theme of ['light', 'dark', 'contrast']) {
        await mine.page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
        expect(await axe(mine.page), `${path} ${theme}`).toEqual([]);
        if (SHOTS && theme !== 'contrast') await mine.page.screenshot({ path: `${SHOTS}/${path.split('/')[2]}-${language}-${theme}.png` });
      }
      await mine.page.setViewportSize({ width: 320, height: 640 });
      expect(await mine.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), path).toBeLessThanOrEqual(0);
      await mine.page.setViewportSize({ width: 1366, height: 768 });
    }
    await mine.context.close();
  });
});
