// The sorting floor: three hundred items by wedge, without mouse or keys; three lanes at once; what is wrong is told, and stops.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, NO_BROWSER, openDesks, until, wedge } from '../support/browser.ts';
import type { Desk, Desks } from '../support/browser.ts';
import { makeRoad } from '../support/road.ts';
import type { Road, Sent } from '../support/road.ts';
import { CENTRE } from '../support/world.ts';

let road: Road;
let desks: Desks;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  road = await makeRoad();
  desks = await openDesks(road.world);
});
afterAll(async () => {
  await desks?.end();
  await road?.end();
});

const left = async (desk: Desk): Promise<string> => (await desk.page.textContent('.count-left .figure')) ?? '';
const word = async (desk: Desk): Promise<string> => (await desk.page.textContent('.big-word')) ?? '';
const countOf = async (bag: string): Promise<any> => (await road.call(0, 'CENTRESORTER', 'GET', `/api/bags/${bag}/count`)).body;

/** At the count of a bag that has arrived: its seal is typed before the announced one is seen. */
async function counting(badge: string, sent: Sent, first: boolean): Promise<Desk> {
  const desk = await desks.open({ enrolled: CENTRE, badge, path: '/desk/reconcile' });
  await wedge(desk, sent.bag);
  if (first) {
    await desk.page.waitForSelector('input[name=seal]');
    expect(await desk.page.content()).not.toContain(sent.seal_no);
    await desk.page.fill('input[name=seal]', sent.seal_no);
    await desk.page.fill('input[name=gross]', String(sent.gross_g));
    await desk.page.getByRole('button', { name: 'Mở niêm, bắt đầu đếm' }).click();
  }
  await desk.page.waitForSelector('.counting');
  return desk;
}

describe.skipIf(NO_BROWSER !== null)(`the sorting floor${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('300 items at 5 ms a character: no mouse, no key, 300 of 300, and what is planted is told', async () => {
    const codes = await road.approved(Array.from({ length: 300 }, () => ({ weight_g: 100 })));
    const strays = await road.approved([{ weight_g: 90 }, { weight_g: 91 }]);
    const [sent] = await road.sentBags([codes]);
    if (!sent) throw new Error('no bag');
    const held = codes[150] ?? '';
    await road.direct('CENTRECONTROLLER', 'held', held, { reason_code: 'random_check' });
    const desk = await counting('CENTRESORTER', sent, true);
    await until(async () => (await desk.page.locator('ol.wall .tile').count()) === 300);
    await desk.page.evaluate('window.presses = 0; addEventListener("click", () => window.presses++, true)');
    for (const [i, code] of codes.entries()) {
      await wedge(desk, code);
      if (code === held) {
        // The lane stops; five more scans wait, and are read in their order once somebody has acknowledged.
        await desk.page.waitForSelector('.stop-band');
        for (const next of codes.slice(i + 1, i + 6)) await wedge(desk, next);
        await until(async () => /GIỮ LẠI[\s\S]*Đã xếp chờ: 5/.test((await desk.page.textContent('.stop-band')) ?? ''));
        await desk.page.keyboard.press('F9');
        await desk.page.waitForSelector('.stop-band', { state: 'detached' });
        await desk.page.waitForTimeout(1_200);
      }
      if (i === 10) {
        await desk.page.waitForTimeout(1_600);
        await wedge(desk, codes[3] ?? '');
        await until(async () => /TRÙNG/.test(await word(desk)));
      }
      if (i === 220 && process.env['SCREENS']) await desk.page.screenshot({ path: process.env['SCREENS'] });
      if (i === 20) {
        for (const stray of strays) await wedge(desk, stray);
        await until(async () => /THỪA/.test(await word(desk)));
      }
    }
    await until(async () => (await left(desk)).startsWith('300 / 300'));
    expect(await desk.page.evaluate('window.presses')).toBe(0);
    await until(async () => (await countOf(sent.bag)).left === 0);
    expect(await countOf(sent.bag)).toMatchObject({ expected: 300, left: 0, surplus: 2, held: 1 });
    expect(await desk.page.locator('ol.wall .tile.matched').count()).toBeGreaterThanOrEqual(299);
    expect(await axe(desk.page)).toEqual([]);
    expect(await desk.page.evaluate(() => document.documentElement.scrollHeight <= innerHeight)).toBe(true);
    // A close over differences is refused in words, and the screen stays.
    await desk.page.keyboard.press('Control+Enter');
    await desk.page.waitForSelector('.notice.bad');
    expect(await desk.page.textContent('.notice.bad')).toMatch(/differences_open/);
    await desk.context.close();
  });

  test('three sorters on one bag: counters agree, overlaps are told to the later lane, none is lost', async () => {
    const codes = await road.approved(Array.from({ length: 60 }, () => ({ weight_g: 100 })));
    const [sent] = await road.sentBags([codes]);
    if (!sent) throw new Error('no bag');
    const lanes = [await counting('CENTRESORTER', sent, true), await counting('CENTRESORTER2', sent, false), await counting('CENTRESORTER3', sent, false)];
    const parts = lanes.map((_, i) => codes.filter((__, n) => n % 3 === i));
    const overlaps = parts[0]?.slice(0, 5) ?? [];
    await Promise.all(lanes.map(async (desk, i) => {
      for (const code of parts[i] ?? []) await wedge(desk, code);
    }));
    await until(async () => (await countOf(sent.bag)).left === 0);
    await until(async () => (await Promise.all(lanes.map(left))).every((text) => text.startsWith('60 / 60')), 5_000);
    for (const code of overlaps) await wedge(lanes[1] as Desk, code);
    await until(async () => /TRÙNG/.test(await word(lanes[1] as Desk)));
    await until(async () => (await countOf(sent.bag)).duplicates === overlaps.length);
    expect(await countOf(sent.bag)).toMatchObject({ expected: 60, left: 0, scanned: 60, surplus: 0 });
    await lanes[2]?.page.keyboard.press('Control+Enter');
    await until(async () => (await road.call(0, 'CENTRESORTER', 'GET', `/api/bags/${sent.bag}`)).body.state === 'emptied');
  });

  test('a missing item: ten are left as a list, the gap in weight names it, and the bag closes once it is settled', async () => {
    const codes = await road.approved([{ weight_g: 100 }, { weight_g: 412 }, { weight_g: 150 }]);
    const [sent] = await road.sentBags([codes]);
    if (!sent) throw new Error('no bag');
    const desk = await counting('CENTRESORTER', { ...sent, gross_g: sent.gross_g - 412 }, true);
    await wedge(desk, codes[0] ?? '');
    await wedge(desk, codes[2] ?? '');
    await until(async () => /Còn 1/.test((await desk.page.textContent('.ten')) ?? ''));
    const grouped = (codes[1] ?? '').replace(/^(..)(...)(...)(...)(..)$/, '$1 $2 $3 $4 $5');
    expect(await desk.page.textContent('.count-middle .notice.warn')).toContain(grouped);
    expect(await desk.page.textContent('.ten')).toContain(grouped);
    expect(await axe(desk.page)).toEqual([]);
    await desk.page.getByRole('button', { name: 'Không có trong túi' }).click();
    await desk.page.locator('.ten .choice label').first().click();
    await until(async () => (await countOf(sent.bag)).missing === 1);
  });

  test('blind: nothing that is expected reaches the page', async () => {
    const codes = await road.approved([{ weight_g: 100 }, { weight_g: 120 }]);
    const [sent] = await road.sentBags([codes]);
    if (!sent) throw new Error('no bag');
    const desk = await desks.open({ enrolled: CENTRE, badge: 'CENTRESORTER2', path: '/desk/reconcile' });
    const bodies: string[] = [];
    await wedge(desk, sent.bag);
    await desk.page.waitForSelector('input[name=seal]');
    await desk.page.fill('input[name=seal]', sent.seal_no);
    await desk.page.getByText('Đếm kín').click();
    desk.page.on('response', (response) => void response.text().then((text) => bodies.push(`${response.url()} ${text}`), () => undefined));
    await desk.page.getByRole('button', { name: 'Mở niêm, bắt đầu đếm' }).click();
    await desk.page.waitForSelector('.counting');
    await wedge(desk, codes[0] ?? '');
    await until(async () => (await left(desk)).startsWith('1'));
    await desk.page.waitForTimeout(1_500);
    expect(await desk.page.locator('ol.wall').count()).toBe(0);
    expect(await desk.page.content()).not.toContain(codes[1] ?? '-');
    expect(bodies.filter((body) => body.includes(codes[1] ?? '-'))).toEqual([]);
    expect(bodies.length).toBeGreaterThan(1);
  });
});
