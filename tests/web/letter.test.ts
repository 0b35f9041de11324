// The founding letter's road in the browser, from its receipt to the report that was submitted: entered from its file, acknowledged,
// answered, drawn from the ledger in one click, opened figure by figure, counted again, signed, sent, received, judged.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { assemble } from '../../src/node.ts';
import { seedDemo } from '../../src/seed.ts';
import { PERSONAL_KEY } from '../support/people.ts';
import { goTo, NO_BROWSER, openDesks } from '../support/browser.ts';
import type { Desks } from '../support/browser.ts';
import { freshDatabase } from '../support/database.ts';
import type { World } from '../support/world.ts';

/** Thursday 21 January 2021, five past five in the afternoon, and on from there. */
const START = Date.parse('2021-01-21T17:05:00+07:00');
let desks: Desks;
let folder: string;
const pages = new Map<string, Page>();
const ends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  const database = await freshDatabase();
  const began = performance.now();
  const clock = (): number => Math.round(START + performance.now() - began);
  await seedDemo({ migrate: database.urls.migrate, app: database.urls.app }, clock, { personal_key: PERSONAL_KEY });
  const { app, services, close } = assemble({ NIEM_PROFILE: 'lan', NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 30, NIEM_LOG: 'silent' }, database.urls.app, clock);
  ends.push(close, () => database.drop());
  const verify = async (): Promise<void> => expect((await verifyLedger(services.store.read)).faults).toEqual([]);
  desks = await openDesks({ app, verify } as unknown as World);
  folder = await mkdtemp(path.join(tmpdir(), 'niem-letter-'));
}, 240_000);
afterAll(async () => {
  await desks?.end();
  for (const end of ends) await end();
  if (folder) await rm(folder, { recursive: true });
}, 120_000);

/** The desk of somebody, opened once, at this screen. */
async function at(badge: string, screen: string): Promise<Page> {
  const known = pages.get(badge);
  const page = known ?? (await desks.open({ badge, language: 'vi' })).page;
  page.setDefaultTimeout(20_000);
  pages.set(badge, page);
  await goTo(page, '/desk/help');
  await page.waitForSelector('h1:has-text("Trợ giúp")');
  await goTo(page, screen);
  await page.waitForSelector('main h1');
  return page;
}
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).first().click();
const told = (page: Page, words: string) => page.waitForSelector(`.notice.good:has-text("${words}")`);

describe.skipIf(NO_BROWSER !== null)(`the letter${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  let road = '';

  test('the Department enters the letter from its file; the wrong date stays as printed, with the remark', async () => {
    const page = await at('SO2007', '/desk/directives');
    await page.waitForSelector('.letter-head');
    await page.setInputFiles('input[type=file]', path.join(import.meta.dirname, '../../db/seed/letter_2021.json'));
    await page.waitForSelector('dialog:has-text("5 nơi nhận")');
    await press(page, 'Vào sổ');
    await told(page, 'Đã vào sổ');
    road = await page.evaluate(() => location.pathname);
    expect(road).toMatch(/^\/desk\/directives\/[0-9a-f-]{36}$/);
    await expect.poll(() => page.locator('.party-tree li').count()).toBe(5);
    const head = (await page.locator('.letter-head').textContent()) ?? '';
    expect(head).toContain('tháng 01 năm 2020');
    expect(head).toContain('hiểu là 2021-01');
    expect(head).toContain('giữ nguyên chữ in');
    await page.setInputFiles('input[type=file]', { name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"subject":1}') });
    await page.waitForSelector('.notice.bad:has-text("không phải JSON của một văn bản")');
  });

  test('the post acknowledges it, passes it on, names who leads and answers; a telecom firm sees its own part only', async () => {
    const page = await at('LS1081', road);
    await press(page, 'Đã nhận văn bản');
    await told(page, 'Đã ghi nhận văn bản');
    await press(page, 'Chuyển xuống đơn vị dưới');
    await page.locator('dialog label:has-text("Bưu cục Đồng Đăng")').click();
    await press(page, 'Chuyển');
    await told(page, 'Đã chuyển tiếp');
    await page.waitForSelector('.party-tree li:has-text("└"):has-text("243100")');
    await page.selectOption('select[name=unit]', '240000');
    await page.locator('tr:has-text("D2"):has-text("Bưu điện tỉnh")').getByRole('button', { name: 'Trả lời' }).click();
    await page.fill('dialog input[name=leader]', 'Giám đốc Bưu điện tỉnh');
    await page.fill('dialog input[name=note]', 'Đối soát từng túi, từng chuyến');
    await page.locator('dialog label:has-text("đã xong")').click();
    await page.fill('dialog input[name=evidence]', '15/BC-BĐLS');
    await press(page, 'Ghi trả lời');
    await told(page, 'Đã ghi trả lời');
    const telecom = await at('VT4001', road);
    await telecom.waitForSelector('.party-tree li');
    expect(await telecom.locator('.party-tree li').allTextContents()).toEqual([expect.stringContaining('VT-MAU1')]);
    expect(await telecom.textContent('main')).not.toContain('Giám đốc Bưu điện tỉnh');
  });

  test('the Department records a paper answer for a body without a desk, and judges what the post reported', async () => {
    const page = await at('SO2007', road);
    await page.selectOption('select[name=unit]', 'UBND-CLOC');
    await page.locator('tr:has-text("UBND huyện"):has-text("D9")').getByRole('button', { name: 'Trả lời' }).click();
    await page.fill('dialog input[name=paper]', '31/UBND-VP');
    await page.fill('dialog input[name=leader]', 'Phó Chủ tịch UBND huyện');
    await page.locator('dialog label:has-text("đã xong")').click();
    await press(page, 'Ghi trả lời');
    await told(page, 'Đã ghi trả lời');
    await page.selectOption('select[name=unit]', '240000');
    await page.locator('tr:has-text("Bưu điện tỉnh"):has-text("D2")').getByRole('button', { name: 'Đánh giá' }).click();
    await press(page, 'Ghi đánh giá');
    await told(page, 'Đã ghi đánh giá');
    await page.locator('label:has-text("Chỉ việc chưa xong")').click();
    await page.waitForSelector('tr:has-text("D2"):has-text("đạt")');
  });

  test('the leader sees what is due and how long is left, and what nobody covers', async () => {
    const page = await at('LS1081', '/desk/leader');
    await page.waitForSelector('.kpis');
    const text = (await page.textContent('main')) ?? '';
    expect(text).toMatch(/còn 30 giờ/);
    expect(text).toMatch(/BC Đồng Đăng trống 480 phút, từ 24\/01\/2021 00:00 \(Giao dịch viên KT1\)/);
    await page.locator('.chart', { hasText: 'Việc theo văn bản' }).getByRole('button', { name: 'Xem bảng' }).click();
    await page.waitForSelector('.chart table:has-text("Bưu điện tỉnh Lạng Sơn")');
  });

  test('the report is drawn in one click; each figure opens to exactly as many events; counted again it is the same', async () => {
    const page = await at('LS1082', '/desk/reports');
    await page.waitForSelector('text=còn 30 giờ');
    await press(page, 'Lập báo cáo');
    await told(page, 'Đã lập từ sổ hành trình');
    await page.waitForSelector('.report .link.number');
    const figures = await page.locator('.report button.link.number').evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? ''));
    const counts = new Map(figures.map((label) => [label.replace(/: [\d.]+$/, ''), Number(/: ([\d.]+)$/.exec(label)?.[1]?.replaceAll('.', ''))]));
    expect(counts.get('Bưu gửi KT1 đã chấp nhận')).toBeGreaterThan(50);
    // Not only the one that is looked at below: each of them agrees.
    for (const label of figures) {
      await page.locator(`.report button.link.number[aria-label="${label}"]`).click();
      await page.waitForSelector('dialog .badge.good:has-text("Bằng đúng số trong báo cáo")');
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', { state: 'detached' });
    }
    expect(figures.length).toBeGreaterThan(20);
    await press(page, 'Đếm lại từ sổ');
    await told(page, 'giống từng byte');
    await page.locator('summary:has-text("Xem trước văn bản")').click();
    await page.waitForSelector('.letter:has-text("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")');
    expect(await page.textContent('.letter')).toContain('(diễn tập)');
  });

  test('signed by another than who drew it, sent before the day, received by the desk it names', async () => {
    const page = await at('LS1081', '/desk/reports');
    await page.fill('input[name=report-number]', '15/BC-BĐLS');
    await press(page, 'Ký báo cáo');
    await told(page, 'Đã ký');
    await press(page, 'Ghi đã gửi');
    await told(page, 'Đã ghi gửi');
    await page.waitForSelector('text=gửi đúng hạn');
    for (const [button, name] of [['Tải PDF', 'letter.pdf'], ['Tải DOCX', 'letter.docx']] as const) {
      const [download] = await Promise.all([page.waitForEvent('download'), press(page, button)]);
      await download.saveAs(path.join(folder, name));
    }
    const pdf = await readFile(path.join(folder, 'letter.pdf'));
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect((await readFile(path.join(folder, 'letter.docx'))).subarray(0, 2).toString()).toBe('PK');
    if (process.env['KEEP']) execFileSync('cp', [path.join(folder, 'letter.pdf'), path.join(folder, 'letter.docx'), process.env['KEEP']]);
    const so = await at('SO2007', '/desk/reports');
    await press(so, 'Ghi đã nhận');
    await told(so, 'Đã ghi nhận báo cáo');
    await so.waitForSelector('text=bên nhận đã nhận');
  });

  test('the obligation to report is answered with the report and accepted', async () => {
    const page = await at('LS1081', road);
    await page.selectOption('select[name=unit]', '240000');
    await page.locator('tr:has-text("Bưu điện tỉnh"):has-text("D11")').getByRole('button', { name: 'Trả lời' }).click();
    await page.fill('dialog input[name=leader]', 'Giám đốc Bưu điện tỉnh');
    await page.locator('dialog label:has-text("đã xong")').click();
    await page.fill('dialog input[name=evidence]', '15/BC-BĐLS');
    await press(page, 'Ghi trả lời');
    await told(page, 'Đã ghi trả lời');
    const so = await at('SO2007', road);
    await so.selectOption('select[name=unit]', '240000');
    await so.locator('tr:has-text("Bưu điện tỉnh"):has-text("D11")').getByRole('button', { name: 'Đánh giá' }).click();
    await press(so, 'Ghi đánh giá');
    await told(so, 'Đã ghi đánh giá');
    await so.waitForSelector('.kpis:has-text("3/28việc xong")');
  });
});
