// Rules, screening, lists and biên bản at the desk: a rule goes from the catalogue over a replay into force by two people; an alarm is
// cleared by another than who raised it; a list is seen by its owner; a biên bản is drawn, printed and its signed copy tied to it.

import { mkdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { axe, goTo, NO_BROWSER, tabTo, wedge } from '../support/browser.ts';
import type { Desk } from '../support/browser.ts';
import { makeLiaisons } from './liaison_scene.ts';

const SHOTS = process.env['SHOTS'];
let scene: Awaited<ReturnType<typeof makeLiaisons>>;
let duty: Desk;
let leader: Desk;
let code: string;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  scene = await makeLiaisons();
  code = await scene.parcel(['odour']);
  await scene.parcel(['excess_tape']);
  duty = await scene.open({ badge: 'DUTYOFFICER' });
  leader = await scene.open({ badge: 'LEADER' });
  for (const desk of [duty, leader]) desk.page.setDefaultTimeout(15_000);
});
afterAll(() => scene?.end());
afterEach(async () => void (await scene?.world.verify()));

const show = async (desk: Desk, path: string, ready: string): Promise<void> => {
  await goTo(desk.page, '/desk/sent');
  await desk.page.waitForSelector('.sent h1');
  await goTo(desk.page, path);
  await desk.page.waitForSelector(ready);
};

describe.skipIf(NO_BROWSER !== null)(`the liaison's desks${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('a rule of the catalogue is proposed by keyboard, replayed with its load, and put in force by another person only', async () => {
    await show(duty, '/desk/rules/new', '#indicator:has(option:nth-child(5))');
    await duty.page.selectOption('#indicator', 'CNT1');
    await tabTo(duty.page, 'Gửi dự thảo');
    await duty.page.keyboard.press('Enter');
    await duty.page.waitForSelector('pre.expression');
    const path = new URL(duty.page.url()).pathname;
    await duty.page.getByRole('button', { name: 'Chạy lại' }).click();
    await duty.page.waitForSelector('.kpis');
    expect(await duty.page.textContent('.kpis')).toContain('mốc được hỏi');
    expect(await duty.page.textContent('.rules')).toContain('Người DUTYOFFICER');
    expect(await duty.page.getByRole('button', { name: 'Công bố' }).count()).toBe(0);
    await show(leader, path, 'pre.expression');
    await leader.page.getByRole('button', { name: 'Công bố' }).click();
    await leader.page.waitForSelector('.title-row .badge.good');
    const { rows } = scene.ok(await scene.call('LEADER', 'GET', '/api/rules?rule_code=CNT1'));
    expect(rows[0]).toMatchObject({ state: 'published', author: 'Người DUTYOFFICER', publisher: 'Người LEADER' });
  });

  test('what the server refuses is said in words: an expression that names no fact', async () => {
    await show(duty, '/desk/rules/new', '#indicator:has(option:nth-child(5))');
    await duty.page.fill('input[name=rule-code]', 'TST9');
    await duty.page.fill('input[name=name-vi]', 'Thử');
    await duty.page.fill('input[name=name-en]', 'Try');
    await duty.page.fill('#expression', 'sender.nationality == "x"');
    await duty.page.getByRole('button', { name: 'Gửi dự thảo' }).click();
    await duty.page.waitForSelector('[role=alert]');
    expect(await duty.page.textContent('[role=alert]')).toContain('rule_invalid');
  });

  test('an alarm is recorded with method and machine, and cleared by another person', async () => {
    await show(duty, '/desk/screening', '.screening .empty');
    await duty.page.click('aside summary');
    await duty.page.fill('input[name=equipment-no]', 'XR-01');
    await duty.page.fill('input[name=equipment-name]', 'Máy soi hành lý');
    await duty.page.getByRole('button', { name: 'Đăng ký thiết bị' }).click();
    await duty.page.waitForSelector('aside li');
    await duty.page.getByRole('button', { name: 'Thử: đạt' }).click();
    await wedge(duty, code);
    await duty.page.waitForSelector('h2.big-code');
    await duty.page.getByRole('radio', { name: /^XRY/ }).check();
    await duty.page.waitForSelector('#equipment option[value="XR-01"]', { state: 'attached' });
    await duty.page.selectOption('#equipment', 'XR-01');
    await duty.page.getByRole('radio', { name: 'Báo động' }).check();
    await duty.page.getByRole('button', { name: 'Ghi kết quả' }).click();
    await duty.page.waitForSelector('tbody .badge.bad');
    await duty.page.getByRole('button', { name: 'Giải báo động này' }).click();
    await duty.page.selectOption('#equipment', 'XR-01');
    await duty.page.getByRole('button', { name: 'Ghi kết quả' }).click();
    await duty.page.waitForSelector('[role=alert]');
    expect(await duty.page.textContent('[role=alert]')).toContain('same_person');
    const mate = await scene.open({ badge: 'CONTROLLER', path: '/desk/screening' });
    await mate.page.waitForSelector('.screening .empty');
    await wedge(mate, code);
    await mate.page.getByRole('button', { name: 'Giải báo động này' }).click();
    await mate.page.getByRole('button', { name: 'Ghi kết quả' }).click();
    await mate.page.waitForSelector('tbody .badge.good');
    await mate.context.close();
  });

  test('a watch list is written by one, approved by another of its owner, and seen by nobody else', async () => {
    await show(duty, '/desk/watch', 'input[name=list-title]');
    await duty.page.fill('input[name=list-title]', 'Theo dõi thử');
    await duty.page.fill('input[name=list-purpose]', 'Kiểm thử màn hình');
    await duty.page.getByRole('button', { name: 'Lập danh sách' }).click();
    await duty.page.click('a:has-text("Theo dõi thử")');
    await duty.page.fill('input[name=entry-text]', 'Lường Văn Mẫu');
    await duty.page.getByRole('button', { name: 'Thêm mục' }).click();
    await duty.page.waitForSelector('tbody tr');
    await duty.page.getByRole('button', { name: 'Duyệt danh sách' }).click();
    await duty.page.waitForSelector('[role=alert]');
    expect(await duty.page.textContent('[role=alert]')).toContain('same_person');
    const path = new URL(duty.page.url()).pathname;
    await show(leader, path, '.watch h1');
    await leader.page.getByRole('button', { name: 'Duyệt danh sách' }).click();
    await leader.page.waitForSelector('.title-row .badge.good');
    const agency = await scene.open({ badge: 'LIAISON', path: '/desk/watch' });
    await agency.page.waitForSelector('.watch .empty');
    expect(await agency.page.textContent('main')).not.toContain('Theo dõi thử');
    await agency.context.close();
  });

  test('a biên bản is drawn with one number, downloaded as PDF, and its signed copy kept with it', async () => {
    await show(duty, '/desk/records', 'input[name=record-code]');
    await wedge(duty, code);
    await expect.poll(() => duty.page.inputValue('input[name=record-code]')).toBe(code);
    await duty.page.selectOption('#record-form', 'temporary_holding');
    await duty.page.getByRole('button', { name: 'Lập và cấp số' }).click();
    await duty.page.waitForSelector('.a4');
    const paper = (await duty.page.textContent('.a4')) ?? '';
    for (const words of ['CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', 'Tạm giữ bưu gửi', '1/2026/BB-243100'.replace('2026', String(new Date().getFullYear())), 'Đại diện cơ quan có thẩm quyền']) expect(paper).toContain(words);
    const coming = duty.page.waitForEvent('download');
    await duty.page.getByRole('button', { name: 'Tải PDF' }).click();
    const pdf = readFileSync(await (await coming).path());
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await duty.page.setInputFiles('#signed-copy', { name: 'ky.pdf', mimeType: 'application/pdf', buffer: pdf });
    await duty.page.waitForSelector('.notice.good');
    expect(await duty.page.textContent('.notice.good')).toContain(createHash('sha256').update(pdf).digest('hex'));
    const back = duty.page.waitForEvent('download');
    await duty.page.getByRole('button', { name: 'Tải bản ký 1' }).click();
    expect(readFileSync(await (await back).path()).equals(pdf)).toBe(true);
    await duty.page.setInputFiles('#signed-copy', { name: 'ky.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>') });
    await duty.page.waitForSelector('text=không phải PDF, ảnh JPEG, PNG hoặc WebP');
  });

  test.each(['vi', 'en'] as const)('axe finds nothing on any of these screens in any theme (%s); 320 px cuts nothing off', async (language) => {
    const mine = await scene.open({ badge: 'DUTYOFFICER', language });
    const [record] = scene.ok(await scene.call('DUTYOFFICER', 'GET', '/api/written-records')).rows;
    const [rule] = scene.ok(await scene.call('DUTYOFFICER', 'GET', '/api/rules?rule_code=CNT1')).rows;
    const agency = await scene.open({ badge: 'LIAISON', language });
    if (SHOTS) mkdirSync(SHOTS, { recursive: true });
    for (const [desk, name, path, ready] of [
      [mine, 'rules', '/desk/rules', '.rules tbody tr'], [mine, 'rule', `/desk/rules/${rule.rule_version_id}`, 'pre.expression'], [mine, 'propose', '/desk/rules/new', '#indicator:has(option:nth-child(5))'], [mine, 'screening', '/desk/screening', 'aside li'],
      [mine, 'watch', '/desk/watch', '.watch tbody tr'], [mine, 'records', '/desk/records', '.records tbody tr'], [mine, 'record', `/desk/records/${record.record_id}`, '.a4'], [agency, 'basis', '/desk/basis', '.basis .empty'],
    ] as const) {
      await goTo(desk.page, path);
      await desk.page.waitForSelector(ready);
      if (name === 'basis' || name === 'screening') {
        await wedge(desk, code);
        await desk.page.waitForSelector('h2.big-code');
      }
      for (const theme of ['light', 'dark', 'contrast']) {
        await desk.page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
        expect(await axe(desk.page), `${path} ${theme}`).toEqual([]);
        if (SHOTS && theme === (language === 'vi' ? 'light' : 'dark')) await desk.page.screenshot({ path: `${SHOTS}/${name}-${language}.png` });
      }
      await desk.page.setViewportSize({ width: 320, height: 640 });
      expect(await desk.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), path).toBeLessThanOrEqual(0);
      await desk.page.setViewportSize({ width: 1366, height: 768 });
    }
    await mine.context.close();
    await agency.context.close();
  });
});
