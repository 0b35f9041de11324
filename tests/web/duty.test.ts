// The desks of orders and duty: an order changes two open desks at once and ends by itself, the roster is kept by keyboard, an incident
// has its clock, and nothing of it fails axe in any theme.

import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { grouped } from '../../src/domain/code.ts';
import { axe, goTo, NO_BROWSER, openDesks, tabTo, wedge } from '../support/browser.ts';
import type { Desk, Desks } from '../support/browser.ts';
import { journal, periodFacts } from '../support/journal.ts';
import type { Journal } from '../support/journal.ts';
import { PIN } from '../support/people.ts';
import { DONG_DANG, preprinted } from '../support/world.ts';

let desks: Desks;
let j: Journal;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  desks = await openDesks();
  j = journal(desks.world);
});
afterAll(() => desks?.end());
afterEach(async () => void (await desks?.world.verify()));

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).first().click();
const told = (page: Page, words: string) => page.waitForSelector(`.notice.good:has-text("${words}")`, { timeout: 15_000 });
/** Scans until it shows: on a machine that stalls in the middle of a number the scanner's keys are typing. */
async function scan(desk: Desk, code: string, shows: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    await wedge(desk, code);
    const came = await desk.page.waitForSelector(shows, { timeout: 8_000 }).catch((error: unknown) => error);
    if (!(came instanceof Error)) return;
    if (tries === 3) throw came;
  }
}
/** Who stood by when it was approved; null: nobody; undefined: it is not approved. */
const secondOf = async (code: string): Promise<string | null | undefined> => (await j.seen('SHIFTHEAD', `/api/items/${code}/chain`)).checkpoints.findLast((step: any) => step.kind === 'approved')?.second_person_id;
const becomes = (code: string, second: string | null) => expect.poll(() => secondOf(code), { timeout: 15_000 }).toBe(second);

describe.skipIf(NO_BROWSER !== null)(`orders and duty${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('an order signed at one desk changes check and hold at another that is open, ends by itself, and both stand in the journal', async () => {
    const { world } = desks;
    const codes = [await world.accepted(), await world.accepted(), await world.accepted()] as const;
    const control: Desk = await desks.open({ badge: 'CONTROLLER', path: '/desk/approve' });
    await control.page.waitForSelector('h1:has-text("Kiểm soát")');
    await scan(control, codes[0], '.notice.good:has-text("Đã duyệt")');
    expect(await control.page.locator('.period-banner').count()).toBe(0);

    const leader = await desks.open({ badge: 'LEADER', path: '/desk/periods' });
    const { page } = leader;
    page.setDefaultTimeout(15_000);
    await press(page, 'Ra lệnh mới');
    await page.fill('input[name=period-name]', 'Đại hội XIII');
    const local = (minutes: number): string => new Date(world.clock() + minutes * 60_000 + 7 * 3_600_000).toISOString().slice(0, 16);
    for (const [name, minutes] of [['before_from', -5], ['during_from', -1], ['after_from', 3], ['until', 4]] as const) await page.fill(`input[name=${name}]`, local(minutes));
    await page.locator('.order-form label:has-text("Kiểm soát viên duyệt"), .order-form label:has-text("Duyệt")').first().click();
    await page.fill('input[name=idle]', '90');
    await page.waitForSelector('.order-form .card.info:has-text("quá 90 phút")');
    await press(page, 'Ký và ra lệnh');
    await page.fill('dialog input[name=sign-badge]', 'DUTYOFFICER');
    await page.fill('dialog input[name=sign-pin]', PIN);
    await press(page, /^Ký( Enter)?$/);
    await told(page, 'Đã ra lệnh');
    // Written before it was signed: it acts from its signature, and says so.
    await page.waitForSelector('.notice.warn:has-text("có hiệu lực từ lúc ký")');

    await control.page.waitForSelector('.period-banner:has-text("Đại hội XIII"):has-text("90 phút")', { timeout: 15_000 });
    await scan(control, codes[1], 'dialog:has-text("Cần người thứ hai"):has-text("Đại hội XIII")');
    await control.page.keyboard.press('Escape');
    await control.page.waitForSelector('.notice.bad:has-text("Chưa ghi nhận gì")');
    // The same number right behind itself is the scanner's echo.
    await control.page.waitForTimeout(2_000);
    await scan(control, codes[1], 'dialog');
    await control.page.fill('dialog input[name=second-badge]', 'CONTROLLER2');
    await control.page.fill('dialog input[name=second-pin]', PIN);
    await press(control.page, /^Đồng ý/);
    await told(control.page, 'Đã duyệt');
    await becomes(codes[1], await world.personId('CONTROLLER2'));
    await becomes(codes[0], null);

    await press(control.page, 'Đã đọc, thu gọn');
    await control.page.waitForSelector('.period-banner.small');
    expect(await axe(control.page)).toEqual([]);
    world.advance(4 * 60_000);
    await control.page.waitForSelector('.period-banner', { state: 'detached', timeout: 20_000 });
    await page.waitForSelector('.period-banner', { state: 'detached', timeout: 20_000 });
    await scan(control, codes[2], `.notice.good:has-text("${grouped(codes[2])}")`);
    for (const badge of ['CLERK', 'SHIFTHEAD']) world.forget(badge);
    await becomes(codes[2], null);
    const { rows } = await j.seen('CLERK', '/api/periods');
    const order = await j.seen('CLERK', `/api/periods/${rows[0].period_id}`);
    expect(order).toMatchObject({ state: 'ended', offices_read: 1, turns: [{ kind: 'period_begun' }, { kind: 'period_ended', effective_at: order.until }] });
    await control.context.close();
    await leader.context.close();
  });

  test('at the counter a second person witnesses what an order protects: asked before the scan is stored, by a machine that keeps it all', async () => {
    const { world } = desks;
    for (const badge of ['LEADER', 'DUTYOFFICER']) world.forget(badge);
    const counter = await desks.open({ enrolled: DONG_DANG, badge: 'CLERK', path: '/desk/intake' });
    const { page } = counter;
    page.setDefaultTimeout(15_000);
    for (const [field, text] of [['#sender', 'dong dang'], ['#addressee', 'tinh uy']] as const) {
      await page.fill(field, text);
      await page.press(field, 'Enter');
    }
    await page.getByRole('button', { name: 'Đủ điều kiện' }).click();
    await page.fill('input[name=same]', '50');
    await page.focus('section.scans');
    const order = await j.order(periodFacts(world.clock(), [-1, -1, 3, 3], { measures: { before: {}, during: { protected_destinations: ['LS-TU'] }, after: {} } }));
    expect(order.status, order.text).toBe(201);
    await page.waitForSelector('.period-banner:has-text("LS-TU")');
    const [first, second] = [preprinted(801), preprinted(802)];
    const stored = () => world.root.selectFrom('unit').select('code').where('code', 'in', [first, second]).execute();
    await scan(counter, first, 'dialog:has-text("Cần người thứ hai")');
    expect(await stored()).toEqual([]);
    await page.fill('dialog input[name=second-badge]', 'CLERK1');
    await page.fill('dialog input[name=second-pin]', PIN);
    await press(page, /^Đồng ý/);
    await expect.poll(async () => (await stored()).length, { timeout: 15_000 }).toBe(1);
    world.forget('SHIFTHEAD');
    const [accepted] = (await j.seen('SHIFTHEAD', `/api/items/${first}/chain`)).checkpoints;
    expect(accepted).toMatchObject({ kind: 'accepted', second_person_id: await world.personId('CLERK1') });
    expect(JSON.stringify(accepted.flags)).not.toContain('order_not_kept');
    const confirmation = await world.confirmation('DUTYOFFICER', 'LEADER', 'period.order');
    await j.did('DUTYOFFICER', 'period', { kind: 'period_revoked', matter_id: order.body.matter_id, facts: { reason: 'Hết thử' }, confirmation });
    await page.waitForSelector('.period-banner', { state: 'detached', timeout: 20_000 });
    await page.focus('section.scans');
    await wedge(counter, second);
    await expect.poll(async () => (await stored()).length, { timeout: 15_000 }).toBe(2);
    await counter.context.close();
  });

  test('the roster by keyboard alone: letters fill the week, what is taken away is hatched and says TRỐNG; whoever is on acknowledges', async () => {
    const { world } = desks;
    for (const badge of ['SHIFTHEAD', 'CLERK']) world.forget(badge);
    const { page } = await desks.open({ badge: 'SHIFTHEAD', path: '/desk/duty' });
    page.setDefaultTimeout(15_000);
    await tabTo(page, 'Lập lịch mới');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog input[name=roster-title]');
    await page.fill('dialog input[name=need-duty_leader]', '0');
    await tabTo(page, 'Lập lịch');
    await page.keyboard.press('Enter');
    await told(page, 'Đã lập lịch trực');
    await page.waitForSelector('[role=grid]');
    const gaps = async (): Promise<number> => page.locator('td.gap').count();
    // Three shifts a day for a week of one post.
    await expect.poll(gaps).toBe(21);
    const letterOf = async (name: string): Promise<string> => (await page.locator('.letters span', { hasText: name }).first().locator('kbd').textContent()) ?? '';
    const clerk = await world.root.selectFrom('person').select('full_name').where('badge', '=', 'CLERK').executeTakeFirstOrThrow();
    const letter = (await letterOf(clerk.full_name)).toLowerCase();
    expect(letter).toMatch(/^[a-z]$/);
    for (let presses = 0; ; presses++) {
      if (await page.evaluate(() => document.activeElement?.getAttribute('data-at') !== null && document.activeElement?.tagName === 'TD')) break;
      if (presses > 60) throw new Error('Tab never came to the grid');
      await page.keyboard.press('Tab');
    }
    const put = async (keys: string[], left: number): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
      await expect.poll(gaps, { timeout: 15_000 }).toBe(left);
    };
    // From tomorrow on: what is over needs nobody's word.
    await put(['Home', 'ArrowRight', letter], 20);
    await put(['ArrowRight', letter], 19);
    await put(['ArrowDown', letter], 18);
    await put(['Delete'], 19);
    expect(await page.locator('td.gap').first().textContent()).toBe('TRỐNG');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/TRỐNG 480 phút/);
    expect(await page.textContent('.coverage figcaption')).toMatch(/Trống 9.120 phút/);
    await page.fill('textarea[name=note]', 'Máy phát điện đã kiểm');
    await press(page, 'Ghi bàn giao');
    await told(page, 'Đã ghi bàn giao');
    const [calendar] = await Promise.all([page.waitForEvent('download'), press(page, 'Tải lịch (.ics)')]);
    expect(calendar.suggestedFilename()).toBe('lich-truc.ics');
    await press(page, 'Gọi trực');
    await page.fill('dialog input[name=about]', 'Nghi mất túi');
    await page.locator('dialog label', { hasText: clerk.full_name }).first().locator('input').check();
    await press(page, 'Gọi');
    await told(page, 'Đã gọi trực');

    const mine = await desks.open({ badge: 'CLERK', path: '/desk/work' });
    mine.page.setDefaultTimeout(15_000);
    await mine.page.locator('a:has-text("Đang gọi bạn: Nghi mất túi")').click();
    await press(mine.page, 'Tôi nhận lời gọi');
    await told(mine.page, 'Đã nhận lời gọi');
    await press(mine.page, /^Đã nhận tất cả 2 ca/);
    await told(mine.page, 'Đã nhận lịch trực');
    await mine.page.waitForSelector('.duty .card.info', { state: 'detached' });
    expect(await mine.page.locator('.letters').count()).toBe(0);
    await mine.context.close();
  });

  test('an incident: reported in one dialog, its clock says that no standard is loaded and does not alarm; told, measured, closed', async () => {
    for (const badge of ['CLERK', 'DUTYOFFICER']) desks.world.forget(badge);
    const { page } = await desks.open({ badge: 'DUTYOFFICER', path: '/desk/incidents' });
    page.setDefaultTimeout(15_000);
    await press(page, 'Báo sự cố');
    await page.selectOption('select[name=incident-kind]', 'outage');
    await page.fill('dialog input[name=summary]', 'Mất đường truyền');
    await press(page, 'Báo ngay');
    await told(page, 'đồng hồ chạy từ lúc phát hiện');
    expect(await page.textContent('.incident-clock')).toMatch(/chưa báo ai/);
    expect(await page.textContent('.incident-clock')).toMatch(/chưa nạp tiêu chuẩn/);
    expect(await page.locator('.incident-clock .badge.bad').count()).toBe(0);
    await page.locator('tr:has-text("Công an tỉnh")').getByRole('button', { name: 'Ghi đã báo' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Ghi đã báo' }).click();
    await told(page, 'Đã ghi báo cơ quan chức năng');
    await press(page, 'Ghi biện pháp');
    await told(page, 'Đã ghi biện pháp');
    await press(page, 'Kết thúc sự cố');
    await told(page, 'Đã kết thúc sự cố');
    await page.context().close();
  });

  test.each(['light', 'dark', 'contrast'])('no violation on any of these screens in %s', async (theme) => {
    const { world } = desks;
    for (const badge of ['LEADER', 'DUTYOFFICER', 'SHIFTHEAD', 'LIAISON']) world.forget(badge);
    const order = await j.order(periodFacts(world.clock(), [-1, -1, 1, 1], { measures: { before: {}, during: { witness_rate_pct: 100, duty_24: true, two_persons: ['approved'] }, after: {} } }));
    expect(order.status, order.text).toBe(201);
    await j.did('SHIFTHEAD', 'report', { kind: 'report_tasked', facts: { report_kind: 'ad_hoc', title: 'Báo cáo đột xuất', office_code: DONG_DANG, addressee: 'CA-LS', addressee_vi: 'Công an tỉnh', due_at: new Date(world.clock() + 3_600_000).toISOString(), remind_hours: [4] } });
    const { page, context } = await desks.open({ badge: 'LEADER', theme });
    for (const screen of ['/desk/leader', '/desk/duty', '/desk/periods', '/desk/incidents', '/desk/reports', '/desk/directives']) {
      await goTo(page, screen);
      await page.waitForSelector('main h1');
      await page.waitForSelector('main .loading', { state: 'detached' });
      expect(await axe(page), screen).toEqual([]);
    }
    await goTo(page, '/desk/periods');
    await press(page, 'Ra lệnh mới');
    expect(await axe(page), 'the order form').toEqual([]);
    await context.close();
    const id = order.body.matter_id as string;
    await j.did('DUTYOFFICER', 'period', { kind: 'period_revoked', matter_id: id, facts: { reason: 'Hết thử' }, confirmation: await world.confirmation('DUTYOFFICER', 'LEADER', 'period.order') });
  });
});
