// The camera as a scanner: a printed label held before a real browser's camera is accepted as if the scanner had read it; a camera that is
// refused says what to do. The film shows nothing, then a label; Chromium plays it over and over.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labelSvg, layoutLabel } from '../../src/interchange/label.ts';
import { axe, beginSender, goTo, NO_BROWSER, openDesks } from '../support/browser.ts';
import type { Desk, Desks } from '../support/browser.ts';
import { DONG_DANG, preprinted } from '../support/world.ts';

const [WIDTH, HEIGHT] = [1280, 720];
const CODE = preprinted(1);
const dir = mkdtempSync(path.join(tmpdir(), 'niem-camera-'));

/** One frame of the film: the label turned a little, on a desk of grey; null: the desk alone. Planes Y, U, V of 4:2:0. */
function frame(label: string | null): Buffer {
  const picture = label === null ? '' : `<image transform="translate(190 60) rotate(3)" width="900" height="563" href="data:image/svg+xml;base64,${Buffer.from(label).toString('base64')}"/>`;
  const { pixels } = new Resvg(`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${picture}</svg>`, { background: '#999' }).render();
  const planes = Buffer.alloc((WIDTH * HEIGHT * 3) / 2, 128);
  for (let i = 0; i < WIDTH * HEIGHT; i++) planes[i] = (3 * (pixels[4 * i] ?? 0) + 6 * (pixels[4 * i + 1] ?? 0) + (pixels[4 * i + 2] ?? 0)) / 10;
  return Buffer.concat([Buffer.from('FRAME\n'), planes]);
}

let desks: Desks;
let desk: Desk;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  const label = labelSvg(layoutLabel({ code: CODE, data_matrix: CODE, service_vi: 'KT1', mark: null, kt1: true, urgency_vi: null, appointed_at_text: null, from_vi: ['Văn phòng'], to_vi: ['Văn phòng Tỉnh ủy'], weight_text: '50 g', accepted_text: '23/11/2026 16:00', office_text: '243100', reprint: 0 }, '80x50'));
  const film = path.join(dir, 'film.y4m');
  writeFileSync(film, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F5:1 Ip A1:1 C420jpeg\n`), ...Array.from({ length: 5 }, () => frame(null)), ...Array.from({ length: 5 }, () => frame(label))]));
  desks = await openDesks(undefined, ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`]);
  desk = await desks.open({ enrolled: DONG_DANG, badge: 'CLERK', path: '/desk/intake' });
  const { page } = desk;
  await beginSender(page);
});
afterAll(async () => {
  await desks?.end();
  rmSync(dir, { recursive: true });
});

describe.skipIf(NO_BROWSER !== null)(`the camera${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('refused, it says to type the number, and nothing is lost', async () => {
    await desk.page.keyboard.press('F4');
    await desk.page.getByRole('button', { name: 'Quét bằng máy ảnh' }).click();
    await desk.page.waitForSelector('text=Không mở được máy ảnh');
    expect(await axe(desk.page)).toEqual([]);
    await desk.page.keyboard.press('Escape');
  });

  test('a label held before it is accepted once, by its number', async () => {
    await desk.context.grantPermissions(['camera'], { origin: desks.base });
    await desk.page.keyboard.press('F4');
    await desk.page.getByRole('button', { name: 'Quét bằng máy ảnh' }).click();
    await desk.page.waitForSelector('video.camera');
    await expect.poll(() => desk.page.textContent('.beside .figure strong'), { timeout: 30_000 }).toBe('1');
    expect(await desk.page.locator('video.camera').count()).toBe(0);
    const stored = () => desks.world.root.selectFrom('unit').innerJoin('checkpoint', 'checkpoint.unit_id', 'unit.unit_id').select(['unit.code', 'checkpoint.kind']).where('unit.code', '=', CODE).execute();
    await expect.poll(stored, { timeout: 30_000 }).toEqual([{ code: CODE, kind: 'accepted' }]);
    await goTo(desk.page, '/desk');
  });
});
