// The courier's journeys on a phone: delivering against a card, marked mail to nobody else, attempts with their evidence, bringing back.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cardText } from '../../src/domain/card.ts';
import { axe, goTo, NO_BROWSER, wedge } from '../support/browser.ts';
import type { Desk } from '../support/browser.ts';
import { PIN } from '../support/people.ts';
import { CARD, EVIDENCE, makeRun } from './tracing_scene.ts';

let scene: Awaited<ReturnType<typeof makeRun>>;
let phone: Desk;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  scene = await makeRun();
  phone = await scene.open({ badge: 'CENTRECOURIER', width: 360, height: 640 });
  phone.page.setDefaultTimeout(10_000);
});
afterAll(() => scene?.end());
afterEach(async () => void (await scene?.world.verify()));

/** The run afresh. */
async function openRun(): Promise<void> {
  await goTo(phone.page, '/desk/work');
  await phone.page.waitForSelector('.work h1');
  await goTo(phone.page, '/desk/run');
  await phone.page.waitForSelector('.run h1');
}
const press = (name: string | RegExp) => phone.page.getByRole('button', { name }).click();
const receiver = (card = CARD) => wedge(phone, cardText('R', card));
const stopOpen = (code: string) => phone.page.waitForSelector(`li.on:has-text("${code.slice(0, 2)} ${code.slice(2, 5)}")`);
async function scanned(code: string): Promise<void> {
  await openRun();
  await phone.page.waitForSelector('.stop-row');
  await wedge(phone, code);
  await stopOpen(code);
}

describe.skipIf(NO_BROWSER !== null)(`the run${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('scan the item, scan the card, one tap: delivered to the body, by its card', async () => {
    const code = await scene.out();
    await scanned(code);
    const give = phone.page.getByRole('button', { name: 'Giao 1 bưu gửi' });
    expect(await give.isDisabled()).toBe(true);
    await receiver();
    await phone.page.waitForSelector(`text=${CARD}`);
    const box = await give.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(64);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(640);
    await give.click();
    await phone.page.waitForSelector('.notice.good');
    expect(await scene.stateOf(code)).toBe('delivered');
    expect((await scene.factsOf(code)).at(-1).facts).toEqual({ receiver_authority: 'card', receiver_card_no: CARD });
  });

  test.each(['A', 'B', 'C'])('mark %s: no way of receiving for a guard, and a card without the right stops everything', async (secrecy) => {
    const code = await scene.out({ secrecy });
    await scanned(code);
    const ways = await phone.page.locator('.receiver label').allTextContents();
    expect(ways[0]).toContain('Thẻ');
    expect(ways.join()).not.toMatch(/bảo vệ|hàng xóm|lễ tân/i);
    expect(ways.length).toBe(secrecy === 'C' ? 3 : 1);
    expect(await phone.page.textContent('.receiver')).toContain('Không giao cho bảo vệ');
    await receiver('TU-0002');
    await phone.page.waitForSelector('.stop-band');
    expect(await phone.page.getByRole('button', { name: 'Giao 1 bưu gửi' }).isDisabled()).toBe(true);
    await phone.page.keyboard.press('F9');
    await phone.page.waitForSelector('.stop-band', { state: 'detached' });
    expect(await scene.stateOf(code)).toBe('with_courier');
    await receiver();
    await press('Giao 1 bưu gửi');
    await phone.page.waitForSelector('.notice.good');
    expect(await scene.stateOf(code)).toBe('delivered');
  });

  test('what only the person named may open offers that person alone', async () => {
    const code = await scene.out({ secrecy: 'NONE', personal_mark: true });
    await scanned(code);
    expect(await phone.page.locator('.receiver label').allTextContents()).toEqual(['Chính người nhận']);
  });

  test.each(Object.entries(EVIDENCE))('reason %s is recorded with exactly its evidence, in four taps', async (reason, evidence) => {
    const code = await scene.out();
    await scanned(code);
    let taps = 0;
    const tap = async (work: Promise<unknown>): Promise<void> => {
      taps++;
      await work;
    };
    await tap(press('Không phát được'));
    await tap(phone.page.getByText(`Lý do ${reason}`).click());
    const record = phone.page.getByRole('button', { name: 'Ghi 1 lần phát hụt' });
    await expect.poll(() => record.isDisabled()).toBe(evidence.length > 0);
    if (evidence.length > 0) await tap(phone.page.locator('.attest').click());
    await tap(record.click());
    await phone.page.waitForSelector('.notice.good');
    expect(taps).toBeLessThanOrEqual(4);
    expect(await scene.stateOf(code)).toBe('attempted');
    expect((await scene.factsOf(code)).at(-1).facts).toEqual({ reason_code: reason, evidence: [...evidence] });
  });

  test('ordinary mail that was tried gets a call notice with the next number', async () => {
    const code = await scene.out('parcel');
    await scanned(code);
    await press('Không phát được');
    await phone.page.getByText('Lý do asked_later').click();
    await press('Ghi 1 lần phát hụt');
    await phone.page.waitForSelector('.notice.good');
    await press('Để giấy mời số 1');
    await phone.page.waitForSelector('text=Đã ghi giấy mời số 1');
    expect((await scene.factsOf(code)).at(-1)).toMatchObject({ kind: 'call_notice_left', facts: { notice_no: 1 } });
  });

  test('an item of nobody’s run is told so and chooses nothing', async () => {
    const stray = await scene.world.accepted();
    await openRun();
    await wedge(phone, stray);
    await phone.page.waitForSelector('.notice[role=alert]');
    expect(await phone.page.textContent('.notice[role=alert]')).toContain('không có trong chuyến');
  });

  test('what was tried is handed back at the office, item by item, to somebody who confirms', async () => {
    await openRun();
    await press('Trả về bưu cục');
    await phone.page.fill('input[name=other-badge]', 'CENTRESORTER');
    await phone.page.fill('input[name=other-pin]', PIN);
    await press('Xác nhận');
    await phone.page.waitForSelector('.notice');
    const codes = (await phone.page.locator('.stop-items .code').allTextContents()).map((text) => text.replaceAll(' ', ''));
    expect(codes.length).toBe(Object.keys(EVIDENCE).length + 1);
    for (const [i, code] of codes.entries()) {
      await wedge(phone, code);
      await phone.page.waitForFunction((n) => [...document.querySelectorAll('.stop-items .shape')].filter((mark) => mark.textContent === '✓').length === n, i + 1);
    }
    const sorter = await scene.world.personId('CENTRESORTER');
    expect((await scene.factsOf(codes[0] ?? '')).at(-1)).toMatchObject({ kind: 'handed_over', custodian: { kind: 'person', ref: sorter } });
  });

  test('signing out: the courier confirms once a sitting, each scan signs one item out', async () => {
    const codes = [await scene.atCentre(), await scene.atCentre()];
    const desk = await scene.open({ badge: 'CENTRESORTER', path: '/desk/sign-out' });
    await desk.page.fill('input[name=other-badge]', 'CENTRECOURIER');
    await desk.page.fill('input[name=other-pin]', PIN);
    await desk.page.press('input[name=other-pin]', 'Enter');
    await desk.page.waitForSelector('.figure');
    desk.page.setDefaultTimeout(5000);
    for (const [i, code] of codes.entries()) {
      await wedge(desk, code);
      await desk.page.waitForFunction((n) => document.querySelector('.figure strong')?.textContent === String(n), i + 1);
    }
    expect(await Promise.all(codes.map(scene.stateOf))).toEqual(['with_courier', 'with_courier']);
    expect(await axe(desk.page)).toEqual([]);
    await desk.context.close();
  });

  test.each([320, 360])('at %i px nothing is cut off and axe finds nothing, in every theme and language', async (width) => {
    await scene.out();
    await phone.page.setViewportSize({ width, height: 640 });
    await openRun();
    await phone.page.waitForSelector('.stop-row');
    for (const part of ['list', 'stop', 'attempt']) {
      if (part === 'stop') await phone.page.locator('.stop-row').first().click();
      if (part === 'attempt') await press(/Không phát được|Could not deliver/);
      expect(await phone.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), part).toBeLessThanOrEqual(0);
      for (const theme of ['light', 'dark', 'contrast']) {
        await phone.page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
        expect(await axe(phone.page), `${part} ${theme}`).toEqual([]);
      }
    }
    await phone.page.setViewportSize({ width: 360, height: 640 });
  });
});
