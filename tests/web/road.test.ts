// A letter's road by the screens alone: accepted, approved, bagged and sealed, opened, counted, delivered; and what each screen refuses.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, NO_BROWSER, openDesks, wedge } from '../support/browser.ts';
import type { Desk, Desks } from '../support/browser.ts';
import { makeRoad } from '../support/road.ts';
import type { Road } from '../support/road.ts';
import { CENTRE, DONG_DANG, preprinted } from '../support/world.ts';

let road: Road;
let desks: Desks;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  road = await makeRoad();
  await road.world.hire('CENTRECOURIER', 'courier', CENTRE);
  const dated = { valid_from: '2017-01-01', valid_to: null };
  await road.world.root.insertInto('authorised_person').values({ card_no: 'TU-0001', body_code: 'LS-TU', full_name: 'Lê Thị Mẫu', may_send: false, may_receive: true, ...dated }).execute();
  await road.world.root.insertInto('reason').values({ reason_list: 'non_delivery', reason_code: 'closed', name_vi: 'Đóng cửa', name_en: 'Closed', evidence: ['photo'], ...dated }).execute();
  desks = await openDesks(road.world);
});
afterAll(async () => {
  await desks?.end();
  await road?.end();
});

const stateOf = async (code: string): Promise<string | undefined> => (await road.world.root.selectFrom('unit').select('state').where('code', '=', code).executeTakeFirst())?.state;
async function until(what: () => Promise<boolean>, within_ms = 30_000): Promise<void> {
  const end = performance.now() + within_ms;
  while (!(await what())) {
    if (performance.now() > end) throw new Error('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const code = preprinted(700);
let bag = '';
let seal = '';

describe.skipIf(NO_BROWSER !== null)(`a letter's road by the screens${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('accepted at the counter', async () => {
    const { page, context, ...rest } = await desks.open({ enrolled: DONG_DANG, badge: 'CLERK', path: '/desk/intake' });
    const desk: Desk = { page, context, ...rest };
    await page.fill('#sender', 'dong dang');
    await page.press('#sender', 'Enter');
    await page.fill('#addressee', 'tinh uy');
    await page.press('#addressee', 'Enter');
    await page.getByRole('button', { name: 'Đủ điều kiện' }).click();
    await page.focus('section.scans');
    await wedge(desk, code);
    // Without a scale the weight is typed: the field has the focus already.
    await page.waitForSelector('input[name=grams]:focus');
    await page.keyboard.type('182', { delay: 60 });
    await page.keyboard.press('Enter');
    await until(async () => (await stateOf(code)) === 'awaiting_approval');
    await context.close();
  });

  test('approved by the controller, by its own scan', async () => {
    const desk = await desks.open({ enrolled: DONG_DANG, badge: 'CONTROLLER', path: '/desk/approve' });
    await desk.page.waitForSelector(`text=${code.slice(2, 5)}`);
    expect(await axe(desk.page)).toEqual([]);
    await wedge(desk, code);
    await until(async () => (await stateOf(code)) === 'approved');
    await desk.page.waitForSelector('.notice.good');
    await desk.context.close();
  });

  test('put in a bag, which is sealed by scan and weight; what may not go in stops the lane', async () => {
    [seal = ''] = await road.seals(1);
    const [stranger = ''] = await road.accepted([{}]);
    const desk = await desks.open({ enrolled: DONG_DANG, badge: 'SORTER', path: '/desk/bags' });
    await desk.page.getByRole('button', { name: 'Mở chuyến' }).click();
    await desk.page.getByRole('button', { name: 'Mở túi mới' }).first().click();
    await desk.page.locator('.button.big').click();
    await desk.page.waitForSelector('.bag-body');
    await wedge(desk, code);
    await until(async () => (await stateOf(code)) === 'in_bag');
    await wedge(desk, stranger);
    await desk.page.waitForSelector('.stop-band');
    await desk.page.keyboard.press('F9');
    await desk.page.waitForSelector('.stop-band', { state: 'detached' });
    expect(await axe(desk.page)).toEqual([]);
    await desk.page.fill('input[name=seal]', seal);
    await desk.page.fill('input[name=gross]', '5000');
    await desk.page.keyboard.press('Control+Enter');
    await desk.page.waitForSelector('.notice.good');
    const row = await road.world.root.selectFrom('bag').innerJoin('unit', 'unit.unit_id', 'bag.unit_id').select(['unit.code', 'unit.state', 'bag.trip_id']).orderBy('bag.unit_id', 'desc').executeTakeFirstOrThrow();
    expect(row.state).toBe('sealed');
    bag = row.code;
    await desk.context.close();
    const order = await road.call(0, 'SHIFTHEAD', 'PUT', `/api/trips/${row.trip_id}/vehicle`, { vehicle_no: '12A-0001', vehicle_dedicated: true, driver_person_id: await road.world.personId('DRIVER') });
    expect(order.status, order.text).toBe(200);
    expect((await road.post(0, 'SHIFTHEAD', 'bag_departed', bag, { vehicle_no: '12A-0001' })).status).toBe(201);
  });

  test('received, opened, counted and closed at the centre', async () => {
    const desk = await desks.open({ enrolled: CENTRE, badge: 'CENTRESORTER', path: '/desk/reconcile' });
    await wedge(desk, bag);
    await desk.page.waitForSelector('input[name=seal]');
    await desk.page.fill('input[name=seal]', seal);
    await desk.page.getByRole('button', { name: 'Mở niêm, bắt đầu đếm' }).click();
    await desk.page.waitForSelector('.counting');
    await wedge(desk, code);
    await until(async () => (await stateOf(code)) === 'at_office');
    await desk.page.keyboard.press('Control+Enter');
    await until(async () => (await stateOf(bag)) === 'emptied');
    await desk.context.close();
  });

  test('signed out and delivered (the courier\'s own screens are in tracing_run.test.ts)', async () => {
    const run = await road.call(0, 'CENTRECOURIER', 'POST', '/api/runs', {});
    expect(run.status, run.text).toBe(201);
    const confirmation = await road.world.confirmation('CENTRESORTER', 'CENTRECOURIER', 'item.deliver');
    const signed = await road.post(0, 'CENTRESORTER', 'signed_out', code, { courier_person_id: await road.world.personId('CENTRECOURIER') }, { confirmation });
    expect(signed.status, signed.text).toBe(201);
    expect((await road.post(0, 'CENTRECOURIER', 'delivered', code, { receiver_authority: 'card', receiver_card_no: 'TU-0001' })).status).toBe(201);
  });

  test('its whole road reads back on one page, with whoever held it', async () => {
    const desk = await desks.open({ enrolled: CENTRE, badge: 'CENTRECONTROLLER', path: '/desk/find' });
    await wedge(desk, code);
    await desk.page.waitForFunction(() => document.querySelector('main')?.textContent?.includes('Chấp nhận'));
    const text = (await desk.page.textContent('main')) ?? '';
    for (const word of ['Chấp nhận', 'Duyệt', 'Cho vào túi', 'Túi rời bưu cục', 'Mở niêm phong', 'Đếm trong túi', 'Giao bưu tá', 'Phát']) expect(text).toContain(word);
    expect(await axe(desk.page)).toEqual([]);
    for (const path of ['/desk/work', '/desk/sent']) {
      const other = await desks.open({ enrolled: CENTRE, badge: 'CENTRECONTROLLER', path });
      await other.page.waitForSelector('h1');
      await other.page.waitForTimeout(500);
      expect(await axe(other.page), path).toEqual([]);
      await other.context.close();
    }
  });
});
