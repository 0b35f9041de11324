// A flag goes to a signed handover: the post and the police in browsers of their own, with clocks, four eyes, the biên bản on paper; and
// another agency never sees any of it on any screen.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { grouped } from '../../src/domain/code.ts';
import { axe, goTo, NO_BROWSER } from '../support/browser.ts';
import type { Desk } from '../support/browser.ts';
import { PIN } from '../support/people.ts';
import { makeLiaisons } from './liaison_scene.ts';

const SHOTS = process.env['SHOTS'];
const SECRET = 'Chỉ nội bộ công an biết việc này';
let scene: Awaited<ReturnType<typeof makeLiaisons>>;
let post: Desk;
let police: Desk;
let stranger: Desk;
let code: string;
let id: string;
let case_no: string;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  scene = await makeLiaisons();
  await scene.world.root.insertInto('agency').values({ agency_code: 'HQ-LS', name_vi: 'Hải quan Lạng Sơn', agency_kind: 'customs', unit_code: 'LS', valid_from: '2017-01-01', valid_to: null }).execute();
  const customs = await scene.world.hire('CUSTOMS', 'liaison', '');
  await scene.world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', customs ?? '').execute();
  code = await scene.parcel(['odour']);
  post = await scene.open({ badge: 'DUTYOFFICER', path: '/desk/flags' });
  police = await scene.open({ badge: 'LIAISON', path: '/desk/cases' });
  stranger = await scene.open({ badge: 'CUSTOMS', path: '/desk/cases' });
  for (const desk of [post, police, stranger]) desk.page.setDefaultTimeout(15_000);
});
afterAll(() => scene?.end());
afterEach(async () => void (await scene?.world.verify()));

/** Enter on a button, once it can be pressed: on one that cannot, Enter would be the dialog's. */
async function press(page: Page, name: string, exact = true): Promise<void> {
  const button = await page.getByRole('button', { name, exact }).first().elementHandle();
  await button?.waitForElementState('enabled');
  await button?.press('Enter');
}
/** Fills the form of an action and sends it. */
async function form(page: Page, open: string, fields: { [id: string]: string }): Promise<void> {
  await press(page, open);
  await page.waitForSelector('dialog');
  for (const [field, value] of Object.entries(fields)) {
    const at = page.locator(`#form-${field}, input[name=form-${field}]`).first();
    await ((await at.evaluate((element) => element.tagName)) === 'SELECT' ? at.selectOption(value) : at.fill(value));
  }
  await press(page, 'Ghi vào vụ việc');
}
const formDone = (page: Page) => page.waitForSelector('dialog', { state: 'detached' });
const has = (page: Page, words: string) => page.waitForFunction((text) => document.querySelector('main')?.textContent?.includes(text), words);

describe.skipIf(NO_BROWSER !== null)(`casefiles${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('one key opens a casefile on the flag, and the flag leaves the queue', async () => {
    await post.page.waitForSelector('.flag-row[aria-current]');
    await post.page.keyboard.press('1');
    await post.page.waitForSelector('.flags .empty');
    await goTo(post.page, '/desk/cases');
    await post.page.click('.cases tbody a.code');
    await post.page.waitForSelector('.case');
    id = new URL(post.page.url()).pathname.split('/').at(-1) ?? '';
    case_no = (await post.page.textContent('.case h1 .code')) ?? '';
    expect(case_no).toMatch(/^VV-/);
    expect(await post.page.textContent('.case aside')).toContain(grouped(code));
  });

  test('a party comes in and has it at once on its own screen; it is asked and answers under the clock', async () => {
    expect(await police.page.textContent('.cases')).not.toContain(case_no);
    await post.page.click('.case aside summary:has-text("Việc khác")');
    await form(post.page, 'Thêm bên tham gia', { party_code: 'CA-LS' });
    await formDone(post.page);
    await has(police.page, case_no);
    await police.page.click(`a.code:has-text("${case_no}")`);
    await police.page.waitForSelector('.case');
    await form(post.page, 'Yêu cầu', { request: 'screen', to: 'CA-LS', words: 'Đề nghị soi chiếu ngay' });
    await formDone(post.page);
    await has(police.page, 'Đề nghị soi chiếu ngay');
    await form(police.page, 'Trả lời yêu cầu', { answer: 'alarm' });
    await formDone(police.page);
    await has(post.page, 'đã trả lời: Báo động');
  });

  test('before it is sent, one sees how many will read it; what is kept to one side is seen by that side only', async () => {
    const people = async (): Promise<string> => (await police.page.textContent('.to-people')) ?? '';
    expect(await people()).toMatch(/Gửi tới \d+ người/);
    const all = await people();
    await police.page.selectOption('#case-only', 'CA-LS');
    await expect.poll(people).not.toBe(all);
    await police.page.fill('#case-words', SECRET);
    // Leaving loses nothing of what was being written.
    await goTo(police.page, '/desk/cases');
    await police.page.waitForSelector('.cases');
    await goTo(police.page, `/desk/cases/${id}`);
    await police.page.waitForSelector('#case-words');
    expect(await police.page.inputValue('#case-words')).toBe(SECRET);
    await police.page.selectOption('#case-only', 'CA-LS');
    await press(police.page, 'Gửi');
    await has(police.page, SECRET);
    await police.page.fill('#case-words', 'Cùng xử lý: 19 giờ 10 có mặt');
    await police.page.selectOption('#case-only', '');
    await press(police.page, 'Gửi');
    await has(post.page, '19 giờ 10 có mặt');
    expect(await post.page.textContent('main')).not.toContain(SECRET);
    expect(await police.page.evaluate(() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage))).not.toContain('19 giờ 10');
  });

  test('a decision takes four eyes of two parties, and the second pair has ticked what came after', async () => {
    await press(post.page, 'Đề xuất quyết định');
    await post.page.selectOption('#form-decision', 'hand_over');
    await press(post.page, 'Ghi vào vụ việc');
    await post.page.waitForSelector('#form-agency_code');
    await press(post.page, 'Ghi vào vụ việc');
    await formDone(post.page);
    await post.page.waitForSelector('.four-eyes');
    expect(await post.page.locator('.four-eyes').getByRole('button', { name: 'Đồng ý' }).count()).toBe(0);
    await police.page.waitForSelector('.four-eyes');
    await post.page.fill('#case-words', 'Có thêm kết quả soi');
    await press(post.page, 'Gửi');
    await police.page.waitForSelector('.four-eyes input[type=checkbox]');
    const agree = police.page.locator('.four-eyes').getByRole('button', { name: 'Đồng ý', exact: true });
    expect(await agree.isDisabled()).toBe(true);
    await police.page.check('.four-eyes input[type=checkbox]');
    if (SHOTS) await police.page.screenshot({ path: `${SHOTS}/case-four-eyes.png`, fullPage: true });
    await agree.press('Enter');
    await has(police.page, 'Việc còn lại');
    await has(post.page, 'Việc còn lại');
  });

  test('the handover: biên bản on paper with its number, the witness of the post by badge and PIN, the signed copy, the end', async () => {
    await post.page.click('.four-eyes a.button');
    await post.page.waitForSelector('input[name=record-code]');
    expect(await post.page.inputValue('#record-form')).toBe('handover');
    await press(post.page, 'Lập và cấp số');
    await post.page.waitForSelector('.a4');
    const number = /\d+\/\d{4}\/BB-\d{6}/.exec((await post.page.textContent('h1')) ?? '')?.[0] ?? '';
    const coming = post.page.waitForEvent('download');
    await press(post.page, 'Tải PDF', false);
    const pdf = readFileSync(await (await coming).path());
    // A page with words on it and paper left: neither blank nor black.
    const ink = inkOf(pdf);
    expect(ink).toBeGreaterThan(0.005);
    expect(ink).toBeLessThan(0.2);
    await form(police.page, `Nhận bàn giao ${grouped(code)}`, { record_no: number, receiver_card_no: 'CA-0001' });
    await police.page.fill('input[name=second-badge]', 'DUTYOFFICER');
    await police.page.fill('input[name=second-pin]', PIN);
    await police.page.press('input[name=second-pin]', 'Enter');
    await has(police.page, 'Cơ quan có thẩm quyền giữ');
    await post.page.setInputFiles('#signed-copy', { name: 'ky.pdf', mimeType: 'application/pdf', buffer: pdf });
    await post.page.waitForSelector('.notice.good');
    await goTo(post.page, `/desk/cases/${id}`);
    await post.page.waitForSelector('.four-eyes');
    await press(post.page, 'Kết thúc vụ việc');
    await post.page.waitForSelector('#form-record_id');
    await press(post.page, 'Ghi vào vụ việc');
    await formDone(post.page);
    await has(police.page, 'Đã bàn giao cơ quan có thẩm quyền');
    // The police never had a way to the records of the post; in the casefile stand those about its items, and each comes as paper.
    await police.page.waitForSelector(`.case-papers li:has-text("1 bản ký")`);
    const theirs = police.page.waitForEvent('download');
    await police.page.locator('.case-papers').getByRole('button', { name: `Tải ${number}` }).click();
    expect(readFileSync(await (await theirs).path()).subarray(0, 5).toString()).toBe('%PDF-');
    const signed = police.page.waitForEvent('download');
    await police.page.locator('.case-papers').getByRole('button', { name: 'Bản ký 1' }).click();
    expect(readFileSync(await (await signed).path()).equals(pdf)).toBe(true);
    const row = await scene.world.root.selectFrom('unit').select(['state', 'custodian_kind', 'custodian_ref']).where('code', '=', code).executeTakeFirstOrThrow();
    expect(row).toEqual({ state: 'with_authority', custodian_kind: 'agency', custodian_ref: 'CA-LS' });
  });

  test('the other agency sees none of it: not in the list, not by search, not by address, not in counts, nor at any other screen', async () => {
    for (const open of ['Đang xử lý', 'Chờ tôi', 'Đã kết thúc']) {
      await stranger.page.getByRole('radio', { name: open }).check();
      await stranger.page.waitForSelector('.cases .empty');
    }
    await stranger.page.fill('input[name=case-find]', 'soi chiếu');
    await stranger.page.waitForTimeout(500);
    expect(await stranger.page.textContent('main')).not.toContain(case_no);
    await stranger.page.fill('input[name=case-find]', '');
    await stranger.page.click('.cases summary');
    expect(await stranger.page.textContent('.cases summary')).toContain('0');
    for (const to of [`/desk/cases/${id}`, '/desk/flags', '/desk/work', '/desk/find', `/desk/item/${code}`, '/desk/watch', '/desk/rules', '/desk/screening', '/desk/basis']) {
      await goTo(stranger.page, '/desk/sent');
      await stranger.page.waitForSelector('.sent h1');
      await goTo(stranger.page, to);
      await stranger.page.waitForTimeout(600);
      const shown = (await stranger.page.textContent('main')) ?? '';
      for (const words of [case_no, SECRET, 'Đề nghị soi chiếu ngay', '19 giờ 10']) expect(shown, `${to}: ${words}`).not.toContain(words);
    }
    await goTo(stranger.page, `/desk/cases/${id}`);
    await stranger.page.waitForSelector('[role=alert]');
    expect(await stranger.page.textContent('[role=alert]')).toContain('unknown_casefile');
  });

  test('at the counter nothing tips anybody off', async () => {
    const clerk = await scene.open({ badge: 'CLERK', path: `/desk/item/${code}` });
    await clerk.page.waitForSelector('ol.road li');
    const shown = (await clerk.page.textContent('body')) ?? '';
    for (const words of [case_no, 'Vụ việc', 'Hàng chờ cờ', 'CNT4', 'soi chiếu ngay', SECRET]) expect(shown, words).not.toContain(words);
    await goTo(clerk.page, `/desk/cases/${id}`);
    await clerk.page.waitForTimeout(500);
    expect(await clerk.page.textContent('main')).not.toContain(case_no);
    await clerk.context.close();
  });

  test.each(['vi', 'en'] as const)('axe finds nothing on list and casefile in any theme (%s); 320 px cuts nothing off; the route has a table', async (language) => {
    const mine = await scene.open({ badge: 'DUTY2', language });
    if (SHOTS) mkdirSync(SHOTS, { recursive: true });
    for (const [name, to, ready] of [['cases', '/desk/cases', '.cases h1'], ['case', `/desk/cases/${id}`, '.route-picture']] as const) {
      await goTo(mine.page, to);
      await mine.page.waitForSelector(ready);
      for (const theme of ['light', 'dark', 'contrast']) {
        await mine.page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
        expect(await axe(mine.page), `${to} ${theme}`).toEqual([]);
        if (SHOTS) await mine.page.screenshot({ path: `${SHOTS}/${name}-${language}-${theme}.png`, fullPage: true });
      }
      await mine.page.setViewportSize({ width: 320, height: 640 });
      expect(await mine.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), to).toBeLessThanOrEqual(0);
      await mine.page.setViewportSize({ width: 1366, height: 768 });
    }
    await mine.page.locator('.route').getByRole('button').press('Enter');
    await mine.page.waitForSelector('.route table tbody tr');
    await mine.context.close();
  });
});

/** How much of the first page is dark, at 72 dpi. Debian: poppler-utils. */
function inkOf(pdf: Buffer): number {
  const dir = mkdtempSync(path.join(tmpdir(), 'niem-record-'));
  writeFileSync(path.join(dir, 'record.pdf'), pdf);
  if (SHOTS) writeFileSync(`${SHOTS}/record.pdf`, pdf);
  const grey = execFileSync('pdftoppm', ['-gray', '-r', '72', '-f', '1', '-l', '1', path.join(dir, 'record.pdf')], { maxBuffer: 8 << 20 });
  const [, width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(grey.subarray(0, 40).toString('latin1')) ?? [];
  const pixels = grey.subarray(grey.length - Number(width) * Number(height));
  return pixels.reduce((dark, value) => dark + (value < 128 ? 1 : 0), 0) / pixels.length;
}
