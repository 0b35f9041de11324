// A letter's road by the screens and by keyboard and scanner alone: accepted, approved, handed over, bagged and sealed, loaded,
// opened, counted, its differences settled, the shift closed. A press of the mouse fails the whole.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, NO_BROWSER, openDesks, tabTo, type, until, wedge } from '../support/browser.ts';
import type { Desk, Desks } from '../support/browser.ts';
import { makeRoad } from '../support/road.ts';
import type { Road } from '../support/road.ts';
import { PIN } from '../support/people.ts';
import { CENTRE, DONG_DANG, preprinted } from '../support/world.ts';
import { FINAL_STATES } from '../../src/domain/state.ts';
import type { State } from '../../src/domain/state.ts';
import { stationText } from '../../src/scan/station.ts';

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
const code = preprinted(700);
/** A desk whose mouse is watched. */
async function open(badge: string, office: string, path: string): Promise<Desk> {
  const desk = await desks.open({ enrolled: office, badge, path });
  await desk.page.evaluate(() => {
    for (const kind of ['mousedown', 'touchstart']) addEventListener(kind, () => console.error('the mouse was used'), true);
  });
  return desk;
}
/** In a list that has the focus, by its words' first letters; in English or Vietnamese a select opens nothing. */
const choose = async (page: Desk['page'], list: string, value: string): Promise<void> => {
  await tabTo(page, list);
  for (let tries = 0; tries < 40 && (await page.evaluate(() => (document.activeElement as HTMLSelectElement).value)) !== value; tries++) await page.keyboard.press('ArrowDown');
  expect(await page.evaluate(() => (document.activeElement as HTMLSelectElement).value)).toBe(value);
};
let bag = '';
let surplus = '';
let seal = '';

describe.skipIf(NO_BROWSER !== null)(`a letter's road by the screens${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('accepted at the counter', async () => {
    const desk = await open('CLERK', DONG_DANG, '/desk/intake');
    const { page, context } = desk;
    await tabTo(page, 'sender');
    await type(page, 'dong dang');
    await page.keyboard.press('Enter');
    await tabTo(page, 'addressee');
    await type(page, 'tinh uy');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Đủ điều kiện');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Vùng quét').catch(() => page.focus('section.scans'));
    await wedge(desk, code);
    // Without a scale the weight is typed: the field has the focus already.
    await page.waitForSelector('input[name=grams]:focus');
    await type(page, '182');
    await page.keyboard.press('Enter');
    await until(async () => (await stateOf(code)) === 'awaiting_approval');
    await context.close();
  });

  test('without a label: the office numbers it, prints the label and has it proven', async () => {
    const desk = await open('CLERK', DONG_DANG, '/desk/intake');
    const { page, context } = desk;
    await page.evaluate(() => void (window.print = () => undefined));
    await tabTo(page, 'sender');
    await type(page, 'dong dang');
    await page.keyboard.press('Enter');
    await tabTo(page, 'addressee');
    await type(page, 'tinh uy');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Đủ điều kiện');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Chưa có nhãn');
    await page.keyboard.press('Enter');
    await page.waitForSelector('input[name=grams]:focus');
    await type(page, '240');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.label-card.waits');
    const made = (await road.world.root.selectFrom('unit').select('code').orderBy('unit_id', 'desc').executeTakeFirstOrThrow()).code;
    expect(made).toMatch(/^BK/);
    expect(await axe(page)).toEqual([]);
    await wedge(desk, made);
    await page.waitForSelector('.label-card.confirmed');
    expect(await road.world.root.selectFrom('item').innerJoin('unit', 'unit.unit_id', 'item.unit_id').select('item.labels_printed').where('unit.code', '=', made).executeTakeFirst()).toEqual({ labels_printed: 1 });
    await context.close();
  });

  test('approved by the controller, by its own scan', async () => {
    const desk = await open('CONTROLLER', DONG_DANG, '/desk/approve');
    await desk.page.waitForSelector(`text=${code.slice(2, 5)}`);
    expect(await axe(desk.page)).toEqual([]);
    await wedge(desk, code);
    await until(async () => (await stateOf(code)) === 'approved');
    await desk.page.waitForSelector('.notice.good');
    await desk.context.close();
  });

  test('handed over from the counter to sorting; what is not in the list stops the receiver, what is refused says why', async () => {
    const [other = ''] = await road.approved([{}]);
    const giver = await open('CLERK', DONG_DANG, '/desk/handover');
    await tabTo(giver.page, 'Nhận');
    await giver.page.keyboard.press('ArrowRight');
    await giver.page.waitForSelector('#handover-to');
    for (const number of [code, other]) await wedge(giver, number);
    await choose(giver.page, 'handover-to', await road.world.personId('SORTER'));
    expect(await axe(giver.page)).toEqual([]);
    await giver.page.keyboard.press('Control+Enter');
    await giver.page.waitForSelector('.notice.good');
    const taker = await open('SORTER', DONG_DANG, '/desk/handover');
    await taker.page.waitForSelector(`a[href$="${code}"]`);
    await wedge(taker, preprinted(701));
    await taker.page.waitForSelector('.stop-band');
    await taker.page.keyboard.press('F9');
    await wedge(taker, code);
    await taker.page.waitForSelector('.badge.good');
    expect(await axe(taker.page)).toEqual([]);
    await tabTo(taker.page, `Từ chối ${other}`);
    await taker.page.keyboard.press('Enter');
    await choose(taker.page, `Lý do từ chối ${other}`, 'wrong_direction').catch(() => undefined);
    await until(async () => (await road.world.root.selectFrom('handover_line').select('answer').where('code', '=', other).executeTakeFirst())?.answer === 'refused');
    const holder = await road.world.root.selectFrom('unit').select(['code', 'custodian_ref']).where('code', 'in', [code, other]).execute();
    expect(new Map(holder.map((row) => [row.code, row.custodian_ref]))).toEqual(new Map([[code, await road.world.personId('SORTER')], [other, await road.world.personId('CLERK')]]));
    await giver.context.close();
    await taker.context.close();
  });

  test('who stands beside the giver takes a whole list with one PIN; a wrong PIN gives nothing', async () => {
    const list = await road.approved([{}, {}, {}]);
    const desk = await open('CLERK', DONG_DANG, '/desk/handover');
    const receiver = await road.world.personId('SORTER2');
    await tabTo(desk.page, 'Nhận');
    await desk.page.keyboard.press('ArrowRight');
    await desk.page.waitForSelector('#handover-to');
    for (const number of list) await wedge(desk, number);
    await choose(desk.page, 'handover-to', receiver);
    const holders = async () => new Set((await road.world.root.selectFrom('unit').select('custodian_ref').where('code', 'in', list).execute()).map((row) => row.custodian_ref));
    for (const [pin, notice, holder] of [['000000', '.notice.bad', await road.world.personId('CLERK')], [PIN, '.notice.good', receiver]] as const) {
      await tabTo(desk.page, 'handover-pin');
      await type(desk.page, pin);
      await tabTo(desk.page, 'Nhận cả danh sách');
      await desk.page.keyboard.press('Enter');
      await desk.page.waitForSelector(notice);
      expect(await holders()).toEqual(new Set([holder]));
    }
    expect(await road.world.root.selectFrom('second_confirmation').select('used_by_checkpoint_id').distinct().where('person_id', '=', receiver).where('used_by_checkpoint_id', 'is not', null).execute()).toHaveLength(3);
    await desk.context.close();
  });

  test('put in a bag, which is sealed by scan and weight; what may not go in stops the lane', async () => {
    [seal = ''] = await road.seals(1);
    const [stranger = ''] = await road.accepted([{}]);
    const desk = await open('SORTER', DONG_DANG, '/desk/bags');
    const { page } = desk;
    await tabTo(page, 'Mở chuyến');
    await page.keyboard.press('Enter');
    await page.waitForSelector('table button');
    await tabTo(page, 'Mở túi mới');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.button.big');
    await tabTo(page, 'Mở túi mới');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.bag-body');
    await wedge(desk, code);
    await until(async () => (await stateOf(code)) === 'in_bag');
    // Taken back at once: an entry of its own, and the item may go in again.
    await page.waitForSelector('footer.keys kbd:has-text("Ctrl+Z")');
    await page.keyboard.press('Control+z');
    await until(async () => (await stateOf(code)) === 'at_office');
    await page.waitForSelector('footer.keys kbd:has-text("Ctrl+Z")', { state: 'detached' });
    await page.waitForTimeout(1_600);
    await wedge(desk, code);
    await until(async () => (await stateOf(code)) === 'in_bag');
    await wedge(desk, stranger);
    await page.waitForSelector('.stop-band');
    await page.keyboard.press('F9');
    await page.waitForSelector('.stop-band', { state: 'detached' });
    expect(await axe(page)).toEqual([]);
    await tabTo(page, 'seal');
    await type(page, seal);
    await tabTo(page, 'gross');
    await type(page, '5000');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.notice.good');
    const row = await road.world.root.selectFrom('bag').innerJoin('unit', 'unit.unit_id', 'bag.unit_id').select(['unit.code', 'unit.state', 'bag.trip_id']).orderBy('bag.unit_id', 'desc').executeTakeFirstOrThrow();
    expect(row.state).toBe('sealed');
    bag = row.code;
    await desk.context.close();
  });

  test('loaded by the vehicle order and the scan of the bag; not before the order, and nothing of another trip', async () => {
    const [strange] = await road.sealedBags([await road.approved([{}])]);
    const desk = await open('SHIFTHEAD', DONG_DANG, '/desk/depart');
    const { page } = desk;
    const trip = await road.world.root.selectFrom('bag').innerJoin('unit', 'unit.unit_id', 'bag.unit_id').innerJoin('trip', 'trip.trip_id', 'bag.trip_id').select('trip.trip_no').where('unit.code', '=', bag).executeTakeFirstOrThrow();
    await page.waitForSelector('table button');
    await tabTo(page, `Chọn ${trip.trip_no}`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('input[name=vehicle]');
    await wedge(desk, bag);
    await page.waitForSelector('.notice.bad');
    expect(await stateOf(bag)).toBe('sealed');
    await tabTo(page, 'vehicle');
    await type(page, '12A-0001');
    await choose(page, 'driver', await road.world.personId('DRIVER'));
    expect(await axe(page)).toEqual([]);
    await tabTo(page, 'Ghi lệnh');
    await page.keyboard.press('Enter');
    await page.waitForSelector('aside .badge.good');
    await wedge(desk, strange?.bag ?? '');
    await page.waitForSelector('.stop-band');
    await page.keyboard.press('F9');
    await page.waitForSelector('.stop-band', { state: 'detached' });
    await wedge(desk, bag);
    await until(async () => (await stateOf(bag)) === 'in_transit');
    await page.waitForSelector('td .badge.good');
    await desk.context.close();
  });

  test('received, opened, counted and closed at the centre', async () => {
    [surplus = ''] = await road.approved([{}]);
    const desk = await open('CENTRESORTER', CENTRE, '/desk/reconcile');
    const { page } = desk;
    await wedge(desk, bag);
    await page.waitForSelector('input[name=seal]');
    await tabTo(page, 'seal');
    await type(page, seal);
    await tabTo(page, 'Mở niêm, bắt đầu đếm');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.counting');
    await wedge(desk, code);
    await until(async () => (await stateOf(code)) === 'at_office');
    await wedge(desk, surplus);
    await until(async () => (await road.world.root.selectFrom('discrepancy').select('code').where('code', '=', surplus).executeTakeFirst()) !== undefined);
    await desk.context.close();
  });

  test('a difference is answered by the office asked and decided where it was found; only then the bag closes', async () => {
    const asked = await open('SORTER', DONG_DANG, '/desk/differences');
    await asked.page.waitForSelector(`a[href$="${surplus}"]`);
    expect(await axe(asked.page)).toEqual([]);
    const { discrepancy_id } = await road.world.root.selectFrom('discrepancy').select('discrepancy_id').where('code', '=', surplus).executeTakeFirstOrThrow();
    await choose(asked.page, `reason-${discrepancy_id}`, 'sent_by_mistake');
    await tabTo(asked.page, 'Không đồng ý');
    await asked.page.keyboard.press('Enter');
    await until(async () => (await road.world.root.selectFrom('discrepancy').select('state').where('discrepancy_id', '=', discrepancy_id).executeTakeFirst())?.state === 'contested');
    const judge = await open('CENTRECONTROLLER', CENTRE, '/desk/differences');
    await judge.page.waitForSelector(`a[href$="${surplus}"]`);
    await choose(judge.page, `reason-${discrepancy_id}`, 'found_in_bag');
    await tabTo(judge.page, 'Kết luận');
    await judge.page.keyboard.press('Enter');
    await judge.page.waitForSelector('.empty');
    const desk = await open('CENTRESORTER', CENTRE, '/desk/reconcile');
    await wedge(desk, bag);
    await desk.page.waitForSelector('.counting');
    await desk.page.keyboard.press('Control+Enter');
    await until(async () => (await stateOf(bag)) === 'emptied');
    for (const one of [asked, judge, desk]) await one.context.close();
  });

  test('the shift: the machine is proved, what is in the room is counted blind, a wrong count is told without figures, the next head takes over', async () => {
    await road.world.hire('CENTREHEAD2', 'shift_head', CENTRE);
    if (!(await road.world.root.selectFrom('shift').select('shift_id').where('office_code', '=', CENTRE).where('closed_at', 'is', null).executeTakeFirst())) expect((await road.call(0, 'CENTREHEAD', 'POST', '/api/shifts')).status).toBe(201);
    const desk = await open('CENTREHEAD', CENTRE, '/desk/shift');
    const { page } = desk;
    await wedge(desk, stationText('LS-CL-01').replace('eeES', 'êES'));
    await page.waitForSelector('.badge.bad');
    await wedge(desk, stationText('LS-CL-01'));
    await page.waitForSelector('text=Đọc đúng từng ký tự');
    expect(await axe(page)).toEqual([]);
    await tabTo(page, 'count-kt1');
    await page.keyboard.press('Control+A');
    await type(page, '999');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('input[name=other-badge]');
    const confirm = async (): Promise<void> => {
      await tabTo(page, 'other-badge');
      await page.keyboard.press('Control+A');
      await type(page, 'CENTREHEAD2');
      await tabTo(page, 'other-pin');
      await page.keyboard.press('Control+A');
      await type(page, PIN);
      await page.keyboard.press('Enter');
    };
    await confirm();
    await page.waitForSelector('.notice.bad');
    const said = (await page.textContent('.notice.bad')) ?? '';
    expect(said).toContain('blind_count_differs');
    await tabTo(page, 'Đếm lại');
    await page.keyboard.press('Enter');
    const stock = await road.world.root.selectFrom('unit').leftJoin('item', 'item.unit_id', 'unit.unit_id').select(['unit.unit_kind', 'unit.code', 'unit.state']).where('unit.office_code', '=', CENTRE).where('custodian_kind', '=', 'person').where('superseded_by', 'is', null).execute();
    const living = stock.filter(({ state }) => !FINAL_STATES.has(state as State));
    const figures = { kt1: living.filter(({ unit_kind }) => unit_kind === 'item').length, bag: living.filter(({ unit_kind }) => unit_kind === 'bag').length };
    for (const [name, count] of Object.entries(figures)) {
      await tabTo(page, `count-${name}`);
      await page.keyboard.press('Control+A');
      await type(page, String(count));
    }
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('input[name=other-badge]');
    await confirm();
    await page.waitForSelector('.notice.good');
    expect(await page.locator('td').allTextContents()).toContain(String(figures.kt1));
    expect(await axe(page)).toEqual([]);
    // Without an open shift the same screen opens the next one, on a machine that was proved for it.
    const opens = page.getByRole('button', { name: 'Mở ca', exact: true });
    expect(await opens.isDisabled()).toBe(true);
    await wedge(desk, stationText('LS-CL-01'));
    await until(() => opens.isEnabled());
    await tabTo(page, 'Mở ca');
    await page.keyboard.press('Enter');
    await until(async () => (await road.world.root.selectFrom('shift').select('shift_id').where('office_code', '=', CENTRE).where('closed_at', 'is', null).executeTakeFirst()) !== undefined);
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
    await desk.page.waitForSelector('h1');
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

  test('what nobody may overlook stands on the board of both offices and at the close of the shift; a missing trip is stated with a reason', async () => {
    const [waits = ''] = await road.approved([{}]);
    const ref = await road.world.personId('SORTER');
    expect((await road.call(0, 'CLERK', 'POST', '/api/handovers', { to: { kind: 'person', ref }, receiver_person_id: ref, lines: [{ code: waits, condition: 'intact', seal_nos: [] }] })).status).toBe(201);
    const { trip_no } = await road.trip();
    await road.sentBags([[]]);
    const alarms = 'section[aria-label="Cảnh báo trên đường thư"]';
    for (const path of ['/desk/board', '/desk/shift']) {
      const { page, context } = await open('SHIFTHEAD', DONG_DANG, path);
      expect(await (await page.waitForSelector(alarms)).textContent()).toContain('chưa nạp tiêu chuẩn');
      expect(await axe(page)).toEqual([]);
      await context.close();
    }
    const there = await open('CENTRECONTROLLER', CENTRE, '/desk/board');
    expect(await (await there.page.waitForSelector(alarms)).textContent()).toContain('chưa rời bưu cục gửi');
    expect(await axe(there.page)).toEqual([]);
    await choose(there.page, `Lý do thiếu ${trip_no}`, 'never_sent');
    await tabTo(there.page, `Lập sai lệch ${trip_no}`);
    await there.page.keyboard.press('Enter');
    await until(async () => (await road.world.root.selectFrom('discrepancy').select('state').where('code', 'like', `CT-%-${String(trip_no).padStart(4, '0')}`).executeTakeFirst())?.state === 'open');
    await there.page.waitForSelector(`${alarms} a[href="/desk/differences"]`);
    await there.context.close();
  });
});
