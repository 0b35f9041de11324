// At the counter a hit of a watch list is "giữ lại, gọi trực ban" and nothing else, on the page and in whatever the server answers; what may
// endanger people brings the do-not-touch card, which says nothing of why either.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { grouped } from '../../src/domain/code.ts';
import { beginSender, goTo, NO_BROWSER, wedge } from '../support/browser.ts';
import type { Desk } from '../support/browser.ts';
import { DONG_DANG, preprinted } from '../support/world.ts';
import { makeLiaisons } from './liaison_scene.ts';

const TITLE = 'Chuyên án Hoa Sen';
const PURPOSE = 'Đường dây qua bưu chính';
const HIT = preprinted(71);
const PLAIN = preprinted(72);
let scene: Awaited<ReturnType<typeof makeLiaisons>>;
let counter: Desk;
let list_id: string;
/** Whatever the server answered to the counter. */
const answers: { url: string; text: string }[] = [];
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  scene = await makeLiaisons();
  await scene.world.hire('LIAISON2', 'liaison', '');
  const expires_at = new Date(scene.world.clock() + 30 * 86_400_000).toISOString();
  list_id = scene.ok(await scene.call('LIAISON', 'POST', '/api/watch/lists', { title: TITLE, purpose: PURPOSE, expires_at })).list_id;
  scene.ok(await scene.call('LIAISON', 'POST', `/api/watch/lists/${list_id}/entries`, { entries: [{ match_kind: 'item_code', text: HIT }] }));
  scene.world.advance(2);
  scene.ok(await scene.call('LIAISON2', 'POST', `/api/watch/lists/${list_id}/decisions`, { decision: 'approved' }));
  counter = await scene.open({ enrolled: DONG_DANG, badge: 'CLERK', path: '/desk/intake' });
  const { page } = counter;
  page.setDefaultTimeout(15_000);
  page.on('response', (response) => {
    if (new URL(response.url()).pathname.startsWith('/api/')) void response.text().then((text) => answers.push({ url: response.url(), text }), () => undefined);
  });
  await beginSender(page);
});
afterAll(() => scene?.end());
afterEach(async () => void (await scene?.world.verify()));

const TELLING = [TITLE, PURPOSE, 'Hoa Sen', 'watch', 'hit', 'exact', 'theo dõi', 'đối chiếu', 'công an', 'CA-LS'];
const held = async (code: string) => (await scene.world.root.selectFrom('unit').select('holds').where('code', '=', code).executeTakeFirst())?.holds ?? null;

describe.skipIf(NO_BROWSER !== null)(`tipping off${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('a hit shows the line and nothing of why; an item that hits nothing shows no line', async () => {
    await wedge(counter, PLAIN);
    await expect.poll(() => held(PLAIN), { timeout: 10_000 }).toBe(0);
    expect(await counter.page.locator('.kept').count()).toBe(0);
    await wedge(counter, HIT);
    await counter.page.waitForSelector('.kept');
    expect(await held(HIT)).toBe(1);
    const line = (await counter.page.textContent('.kept'))?.replaceAll(/\s+/g, ' ').trim();
    expect(line).toBe(`${grouped(HIT)} Giữ lại, gọi trực ban Đã tách riêng`);
    expect(await counter.page.locator('.do-not-touch').count()).toBe(0);
    const shown = ((await counter.page.textContent('main')) ?? '').toLocaleLowerCase('vi');
    for (const words of TELLING) expect(shown, words).not.toContain(words.toLocaleLowerCase('vi'));
  });

  test('nor does any answer of the server, at the counter or on the page of the item', async () => {
    await goTo(counter.page, `/desk/item/${HIT}`);
    await counter.page.waitForSelector('ol.road li');
    await expect.poll(() => answers.some(({ text }) => text.includes('keep_here'))).toBe(true);
    await expect.poll(() => answers.some(({ url }) => url.includes(`/api/items/${HIT}`))).toBe(true);
    // The reference data say the same to every desk, list or no list.
    const about = answers.filter(({ text }) => text.includes(HIT));
    expect(about.length).toBeGreaterThan(1);
    for (const { url, text } of about) for (const words of [TITLE, PURPOSE, 'Hoa Sen', list_id, 'watch', '"hits"', '"tier"', 'CA-LS']) expect(text, `${url}: ${words}`).not.toContain(words);
    for (const { url, text } of answers) for (const words of [TITLE, PURPOSE, list_id]) expect(text, `${url}: ${words}`).not.toContain(words);
    for (const path of ['/desk/flags', '/desk/watch', '/desk/cases']) {
      await goTo(counter.page, path);
      await counter.page.waitForTimeout(500);
      expect(await counter.page.textContent('main'), path).not.toContain(TITLE);
    }
  });

  test('what may endanger people brings the card: what to do, whom to call, not why; another hold brings none', async () => {
    const [wires, odour] = [await scene.parcel(['wires']), await scene.parcel(['odour'])];
    expect([await held(wires), await held(odour)]).toEqual([1, 1]);
    await goTo(counter.page, `/desk/item/${wires}`);
    await counter.page.waitForSelector('.do-not-touch');
    const card = (await counter.page.textContent('.do-not-touch')) ?? '';
    for (const words of ['KHÔNG CHẠM VÀO', 'Không lắc, mở, ngửi', 'Gọi trực ban ngay']) expect(card).toContain(words);
    // Who was near it is for those who deal with it; the rule is for nobody here.
    for (const words of ['Người đã tiếp xúc', 'CNT', 'SCR', 'dây']) expect(card, words).not.toContain(words);
    await goTo(counter.page, `/desk/item/${odour}`);
    await counter.page.waitForFunction((code) => document.querySelector('main')?.textContent?.includes(code), grouped(odour));
    await counter.page.waitForSelector('ol.road li');
    await counter.page.waitForTimeout(500);
    expect(await counter.page.locator('.do-not-touch').count()).toBe(0);
    const duty = await scene.open({ badge: 'DUTYOFFICER', path: `/desk/item/${wires}` });
    await duty.page.waitForSelector('.do-not-touch details');
    expect(await duty.page.textContent('.do-not-touch')).toContain('Người đã tiếp xúc');
  });
});
