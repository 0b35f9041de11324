// Pictures of a casefile at the desk: picked, refused or stored with who and when, kept while the line is away, seen by its parties only.

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { axe, goTo, NO_BROWSER } from '../support/browser.ts';
import type { Desk } from '../support/browser.ts';
import { makeWorld, newId } from '../support/world.ts';
import type { World } from '../support/world.ts';
import { makeLiaisons } from './liaison_scene.ts';

const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.domain)</script></svg>';
let folder: string;
let world: World;
let scene: Awaited<ReturnType<typeof makeLiaisons>>;
let post: Desk;
let id: string;
let photo: Buffer;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  folder = await mkdtemp(path.join(tmpdir(), 'niem-evidence-'));
  world = await makeWorld({ evidence: { NIEM_DIR: folder } });
  scene = await makeLiaisons(world);
  await world.root.insertInto('agency').values({ agency_code: 'HQ-LS', name_vi: 'Hải quan Lạng Sơn', agency_kind: 'customs', unit_code: 'LS', valid_from: '2017-01-01', valid_to: null }).execute();
  const customs = await world.hire('CUSTOMS', 'liaison', '');
  await world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', customs ?? '').execute();
  photo = await sharp({ create: { width: 320, height: 200, channels: 3, background: '#8a5' } }).withExif({ IFD0: { Make: 'SECRETCAM' } }).jpeg().toBuffer();
  const code = await scene.parcel(['odour']);
  id = scene.ok(await scene.call('DUTYOFFICER', 'POST', '/api/cases', { entry_id: newId(), facts: { source: 'suspicion', severity: 'high', unit_codes: [code] } })).casefile_id;
  post = await scene.open({ badge: 'DUTYOFFICER', path: `/desk/cases/${id}` });
  post.page.setDefaultTimeout(15_000);
});
afterAll(async () => {
  await scene?.end();
  await world?.end();
  if (folder) await rm(folder, { recursive: true });
});
afterEach(async () => void (await world?.verify()));

const pick = (name: string, mimeType: string, buffer: Buffer) => post.page.setInputFiles('#evidence-pick', { name, mimeType, buffer });
const store = () => post.page.locator('.evidence').getByRole('button', { name: /^(Lưu vào vụ việc|Gửi lại)$/ }).click();
const stored = async () => (await world.root.selectFrom('casefile_evidence').select(['digest', 'bytes']).where('casefile_id', '=', id).orderBy('entry_no').execute()).map(({ digest, bytes }) => ({ digest: Buffer.from(digest).toString('hex'), bytes }));
const sha = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
/** A picture is fetched when it comes into sight. */
const shown = (n: number) => post.page.waitForFunction((wanted) => {
  for (const row of document.querySelectorAll('.evidence-grid li')) row.scrollIntoView();
  return [...document.querySelectorAll<HTMLImageElement>('.evidence-grid img')].filter((image) => image.naturalWidth > 0).length === wanted;
}, n, { polling: 300 });

describe.skipIf(NO_BROWSER !== null)(`evidence${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('a picture is stored under its name and stands in the gallery as the server made it anew, with digest, who and when; the original is a file to save', async () => {
    await pick('kiện hàng.jpg', 'image/jpeg', photo);
    await store();
    await shown(1);
    const said = (await post.page.textContent('.evidence-grid')) ?? '';
    for (const words of ['kiện hàng.jpg', sha(photo), '320 × 200', 'DUTYOFFICER']) expect(said, words).toContain(words);
    expect(await stored()).toEqual([{ digest: sha(photo), bytes: photo.length }]);
    // What is drawn is what was made anew: nothing of what the camera wrote.
    const drawn = await post.page.evaluate(async () => {
      const image = document.querySelector<HTMLImageElement>('.evidence-grid img');
      return { from: image?.src.slice(0, 5), size: [image?.naturalWidth, image?.naturalHeight] };
    });
    expect(drawn).toEqual({ from: 'blob:', size: [320, 200] });
    const coming = post.page.waitForEvent('download');
    await post.page.getByRole('button', { name: 'Tải bản gốc' }).click();
    const saved = await coming;
    expect(saved.suggestedFilename()).toMatch(/\.bin$/);
    expect(sha(await readFile(await saved.path()))).toBe(sha(photo));
  });

  test.each([['the EICAR test file', 'eicar.jpg', EICAR], ['an SVG with a script', 'so-do.png', SVG]])('%s is refused in words and stays on the screen until it is left out; nothing is stored', async (_, name, content) => {
    const before = await stored();
    await pick(name, 'image/jpeg', Buffer.from(content));
    await store();
    await post.page.waitForSelector('.evidence-waiting [role=alert]');
    const words = (await post.page.textContent('.evidence-waiting [role=alert]')) ?? '';
    expect(words).toContain('không phải ảnh JPEG, PNG hoặc WebP');
    expect(words).toContain('file_unreadable');
    expect(await post.page.textContent('.evidence-waiting')).toContain(name);
    await post.page.getByRole('button', { name: 'Bỏ ảnh này' }).click();
    await post.page.waitForSelector('.evidence-waiting', { state: 'detached' });
    expect(await stored()).toEqual(before);
  });

  test('without a network the picture stays, over other screens too, and goes by itself when the line is back; it is stored once', async () => {
    const png = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#358' } }).png().toBuffer();
    await post.context.setOffline(true);
    await pick('mặt sau.png', 'image/png', png);
    await store();
    await post.page.waitForSelector('.evidence-waiting [role=alert]');
    expect(await post.page.textContent('.evidence-waiting')).toContain('đừng đóng trang');
    await goTo(post.page, '/desk/sent');
    await post.page.waitForSelector('.sent h1');
    await goTo(post.page, `/desk/cases/${id}`);
    await post.context.setOffline(false);
    await shown(2);
    await post.page.waitForSelector('.evidence-waiting', { state: 'detached' });
    expect((await stored()).map(({ digest }) => digest)).toEqual([sha(photo), sha(png)]);
  });

  test('how much has gone is told while it goes', async () => {
    const big = await sharp({ create: { width: 900, height: 900, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 }, background: '#000' } as never }).png().toBuffer();
    await post.cdp.send('Network.enable');
    await post.cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 20, downloadThroughput: 4_000_000, uploadThroughput: 800_000 });
    await post.page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => seen.push(document.querySelector('.evidence-waiting label')?.textContent ?? '')).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await pick('lớn.png', 'image/png', big);
    await store();
    await shown(3);
    await post.cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    const seen = await post.page.evaluate(() => (window as unknown as { seen: string[] }).seen);
    expect(seen.filter((words) => words.includes('Đang gửi lớn.png'))).not.toEqual([]);
  });

  test('axe finds nothing with a picture waiting, in either language; 320 px cuts nothing off', async () => {
    const english = await scene.open({ badge: 'DUTY2', language: 'en', path: `/desk/cases/${id}` });
    await english.page.waitForSelector('.evidence-grid');
    await english.page.setInputFiles('#evidence-pick', { name: 'one.jpg', mimeType: 'image/jpeg', buffer: photo });
    await english.page.waitForSelector('.evidence-waiting');
    expect(await english.page.textContent('.evidence')).toContain('Store in the casefile');
    expect(await axe(english.page)).toEqual([]);
    await english.page.setViewportSize({ width: 320, height: 640 });
    expect(await english.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
    await english.context.close();
  });

  test('an agency that is no party sees no picture: neither at the desk nor by its address', async () => {
    const evidence_id = (await world.root.selectFrom('casefile_evidence').select('evidence_id').where('casefile_id', '=', id).limit(1).executeTakeFirstOrThrow()).evidence_id;
    const stranger = await scene.open({ badge: 'CUSTOMS', path: `/desk/cases/${id}` });
    await stranger.page.waitForSelector('[role=alert]');
    expect(await stranger.page.textContent('main')).toContain('unknown_casefile');
    expect(await stranger.page.locator('.evidence').count()).toBe(0);
    for (const form of ['view', 'original']) {
      const answer = await scene.call('CUSTOMS', 'GET', `/api/cases/${id}/evidence/${evidence_id}?form=${form}`);
      expect([answer.status, answer.body.refusal]).toEqual([404, 'unknown_casefile']);
    }
    await stranger.context.close();
  });
});
