// Machines and badges: an administrator's code enrols a machine; a queue that went out as a file comes in at another desk, once; a
// machine is revoked; a badge unlocked.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, beginSender, goTo, NO_BROWSER, openDesks, wedge } from '../support/browser.ts';
import type { Desk, Desks } from '../support/browser.ts';
import { DONG_DANG, makeWorld, PIN, preprinted } from '../support/world.ts';
import type { World } from '../support/world.ts';
import { IMPORT_KEY } from './scene.ts';

let world: World;
let desks: Desks;
let admin: Desk;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  world = await makeWorld({ import_key: IMPORT_KEY });
  desks = await openDesks(world);
  admin = await desks.open({ badge: 'ADMIN' });
});
afterAll(async () => {
  await desks?.end();
  await world?.end();
});

describe.skipIf(NO_BROWSER !== null)(`machines and badges${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('the administrator begins here; his code enrols a machine, and the machine is listed', async () => {
    await admin.page.waitForSelector('#office');
    expect(new URL(admin.page.url()).pathname).toBe('/desk/machines');
    await admin.page.selectOption('#office', DONG_DANG);
    await admin.page.getByRole('button', { name: 'Lấy mã đăng ký' }).click();
    const code = ((await admin.page.textContent('.notice .big-code')) ?? '').replaceAll(/\s/g, '');
    expect(code).toMatch(/^[0-9A-Z]{12}$/);
    const { page, context } = await desks.open();
    await page.click('summary');
    await page.fill('details input >> nth=0', code);
    await page.fill('details input >> nth=1', 'Quầy 9');
    await page.click('details button');
    await page.waitForSelector('details', { state: 'detached' });
    await context.close();
    await goTo(admin.page, '/desk/help');
    await admin.page.waitForSelector('.help h1');
    await goTo(admin.page, '/desk/machines');
    await admin.page.waitForSelector('td:has-text("Quầy 9")');
    expect(await axe(admin.page)).toEqual([]);
  });

  test('what was scanned without a network goes out as a file and comes in here, encrypted on its way and stored once', async () => {
    const desk = await desks.open({ enrolled: DONG_DANG, badge: 'CLERK', path: '/desk/intake' });
    const { page } = desk;
    await beginSender(page);
    // What the machine keeps for such days has come, the key that files are encrypted to among it.
    await page.waitForFunction(() => new Promise((resolve) => {
      const opening = indexedDB.open('niem-outbox');
      opening.onsuccess = () => {
        const asked = opening.result.transaction('desk').objectStore('desk').count();
        asked.onsuccess = () => (opening.result.close(), resolve(asked.result > 0));
      };
    }));
    await desk.context.setOffline(true);
    const codes = [preprinted(1), preprinted(2), preprinted(3)];
    for (const code of codes) await wedge(desk, code);
    await page.waitForFunction(() => document.querySelector('.beside .figure strong')?.textContent === '3');
    await goTo(page, '/desk/sent');
    await page.waitForSelector('.sent td .code');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Xuất tệp mã hóa' }).click()]);
    const file = await download.path();
    const text = await readFile(file, 'utf8');
    for (const code of codes) expect(text).not.toContain(code);
    const stored = async (): Promise<number> => (await world.root.selectFrom('unit').select('code').where('code', 'in', codes).execute()).length;
    expect(await stored()).toBe(0);
    for (let turn = 0; turn < 2; turn++) {
      await admin.page.setInputFiles('#queue-file', file);
      await admin.page.waitForFunction(() => /3 việc đã ghi, 0 việc bị từ chối/.test(document.querySelector('section[aria-labelledby=import]')?.textContent ?? ''));
      expect(await stored()).toBe(3);
    }
    // The line is back: the machine sends the same events, and they are there already.
    await desk.context.setOffline(false);
    await page.waitForFunction(() => /Đã gửi hết/.test(document.querySelector('header')?.textContent ?? ''), undefined, { timeout: 60_000 });
    const accepted = await world.root.selectFrom('checkpoint').innerJoin('unit', 'unit.unit_id', 'checkpoint.unit_id').select('checkpoint_id').where('unit.code', 'in', codes).where('kind', '=', 'accepted').execute();
    expect(accepted).toHaveLength(3);
  });

  test('what is no queue is told so, and nothing happens', async () => {
    await admin.page.setInputFiles('#queue-file', { name: 'danh-sach.txt', mimeType: 'text/plain', buffer: Buffer.from('không phải') });
    await admin.page.waitForSelector('section[aria-labelledby=import] .notice.bad:has-text("danh-sach.txt không phải tệp hàng chờ")');
    await admin.page.setInputFiles('#queue-file', { name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"format":"x"}') });
    await admin.page.waitForSelector('section[aria-labelledby=import] .notice.bad:has-text("invalid_input")');
  });

  test('a lost machine is revoked after a second look, and a locked badge is opened', async () => {
    const { page } = admin;
    const row = page.locator('tr:has-text("Quầy 9")');
    await row.getByRole('button', { name: 'Thu hồi' }).click();
    await row.getByRole('button', { name: 'Thôi' }).click();
    await row.getByRole('button', { name: 'Thu hồi' }).click();
    await row.getByRole('button', { name: 'Thu hồi thật' }).click();
    await page.waitForSelector('tr:has-text("Quầy 9"):has-text("Đã thu hồi")');
    for (let i = 0; i < 5; i++) await world.call('POST', '/api/sessions', { body: { badge: 'CLERK3', pin: '000000' } });
    expect((await world.call('POST', '/api/sessions', { body: { badge: 'CLERK3', pin: PIN } })).body.refusal).toBe('badge_locked');
    await page.fill('input[name=locked-badge]', 'clerk3');
    await page.press('input[name=locked-badge]', 'Enter');
    await page.waitForSelector('text=Đã mở khóa thẻ CLERK3.');
    expect((await world.call('POST', '/api/sessions', { body: { badge: 'CLERK3', pin: PIN } })).status).toBe(201);
  });
});
