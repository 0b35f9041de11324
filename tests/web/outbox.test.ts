// The outbox in a real browser against the real app: what was beeped is on the server exactly once, whatever the network, the
// tab and the browser's process do, and the device's chain is whole.

import { glob, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM } from '../support/chromium.ts';
import type { Mode } from '../support/proxy.ts';
import { preprinted } from '../support/world.ts';
import { makeScene } from './scene.ts';
import type { Scene } from './scene.ts';

let scene: Scene;
let codes: string[];
const all: string[] = [];
const KILLS = 20;

describe.skipIf(CHROMIUM === null)('the outbox', () => {
  beforeAll(async () => {
    scene = await makeScene();
    codes = await Promise.all(Array.from({ length: 5 }, () => scene.world.accepted()));
    await scene.enrol();
    await scene.signIn('CLERK');
  });
  afterAll(async () => scene?.end());
  afterEach(async () => void (await scene.world.verify()));

  test('an event is on the disk before the promise, and on the server soon after', async () => {
    all.push(...(await scene.scan(codes)));
    await scene.drained();
    await scene.expectOnServer(all);
    const events = await scene.events();
    expect(events.map((event) => [event.device_seq, event.state, event.receipt?.checkpoint_id === event.checkpoint_id])).toEqual([5, 4, 3, 2, 1].map((seq) => [seq, 'received', true]));
    const state = await scene.state();
    expect(state).toMatchObject({ link: 'online', waiting: 0, needs_attention: 0, read_only: false, clock: { level: 'right' } });
    expect(Math.abs(state.clock.offset_ms ?? 9e9)).toBeLessThan(500);
  });

  test.each<Mode>(['refuse', 'black_hole', 'delay', 'commit_then_drop', 'portal', 'slow_line'])('through a network that does %s, each event arrives once', async (mode) => {
    const before = scene.proxy.counts[mode] ?? 0;
    scene.proxy.set(mode);
    const ids = await scene.scan([...codes, ...codes, ...codes]);
    await sleep(mode === 'black_hole' ? 5_000 : 2_500);
    await scene.page().evaluate(() => window.outbox.sendNow());
    await sleep(1_500);
    const { link } = await scene.state();
    expect(scene.proxy.counts[mode] ?? 0).toBeGreaterThan(before);
    if (mode === 'refuse') expect(link).toBe('offline');
    if (mode === 'black_hole') expect(link).toBe('slow');
    if (mode === 'portal') expect(link).toBe('portal');
    scene.proxy.set('ok');
    await scene.drained();
    all.push(...ids);
    await scene.expectOnServer(all);
  });

  test('a reload and a closed tab lose nothing; a second tab only looks', async () => {
    scene.proxy.set('black_hole');
    all.push(...(await scene.scan(codes)));
    scene.proxy.set('ok');
    await scene.page().reload();
    await scene.page().waitForFunction('window.ready === true');
    await scene.drained();
    const second = await scene.desk.page();
    expect(await second.evaluate(() => window.outbox.state().read_only)).toBe(true);
    expect(await second.evaluate(() => window.problemOf(() => window.outbox.record({ kind: 'seen', code: 'BK000000000VN', facts: {} })))).toBe('read_only_tab');
    await scene.signIn('CLERK');
    scene.proxy.set('refuse');
    all.push(...(await scene.scan(codes)));
    await scene.page().close();
    scene.use(second);
    await second.waitForFunction(() => !window.outbox.state().read_only);
    expect(await scene.offlineSignIn('CLERK')).toBeNull();
    all.push(...(await scene.scan(codes)));
    scene.proxy.set('ok');
    await scene.drained();
    await scene.expectOnServer(all);
  });

  test('a refused event goes to the worklist with the words, and the chain goes on behind it', async () => {
    const good = await scene.scan([codes[0] ?? '']);
    const [bad = ''] = await scene.scan([preprinted(7_001)]);
    const after = await scene.scan(codes);
    // Refused before any lock is taken, by the act itself: kept all the same.
    const odd = await scene.page().evaluate(async (code) => (await window.outbox.record({ kind: 'label_printed', code, facts: { size: '80x50', reason_code: 'no_such_reason' } })).checkpoint_id, codes[0] ?? '');
    const last = await scene.scan(codes);
    await scene.drained();
    all.push(...good, ...after, ...last);
    const attention = await scene.events({ state: 'needs_attention' });
    expect(attention.map((event) => event.checkpoint_id)).toContain(bad);
    const { refusal } = attention.find((event) => event.checkpoint_id === bad) ?? {};
    expect(refusal).toMatchObject({ refusal: 'unknown_unit' });
    expect((refusal?.vi.length ?? 0) * (refusal?.remedy_vi.length ?? 0)).toBeGreaterThan(0);
    const kept = await scene.world.root.selectFrom('refused_claim').select('checkpoint_id').where('checkpoint_id', '=', bad).execute();
    expect(kept).toHaveLength(1);
    if (attention.some((event) => event.checkpoint_id === odd)) expect(attention).toHaveLength(2);
    else all.push(odd);
    await scene.expectOnServer(all);
  });

  test('the worklist: a refusal is accepted, or sent again as a new event; neither vanishes', async () => {
    const [one = '', two = ''] = await scene.scan([preprinted(7_002), preprinted(7_003)]);
    await scene.drained();
    await scene.page().evaluate((id) => window.outbox.acceptRefusal(id), one);
    const again = await scene.page().evaluate(([id, code]) => window.outbox.sendAgain(id ?? '', { kind: 'seen', code, facts: {} }), [two, codes[0] ?? '']);
    await scene.drained();
    all.push(again.checkpoint_id);
    const events = await scene.events({ state: 'settled' });
    expect(events.find((event) => event.checkpoint_id === one)?.settled).toMatchObject({ how: 'accepted' });
    expect(events.find((event) => event.checkpoint_id === two)?.settled).toMatchObject({ how: 'sent_again', as: again.checkpoint_id });
    await scene.expectOnServer(all);
    expect(await scene.page().evaluate((id) => window.problemOf(() => window.outbox.acceptRefusal(id)), one)).toBe('unknown_event');
  });

  test(`kill -9 of the browser, ${KILLS} times, in the middle of recording and sending: what was beeped is there, once`, async () => {
    const beeped: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      if (kill > 0) expect([kill, await scene.offlineSignIn('CLERK')]).toEqual([kill, null]);
      scene.proxy.set(kill % 3 === 0 ? 'commit_then_drop' : kill % 3 === 1 ? 'ok' : 'refuse');
      await scene.page().exposeFunction('beep', (id: string) => void beeped.push(id));
      void scene.page().evaluate(async (list) => {
        for (;;) for (const code of list) (window as any).beep((await window.outbox.record({ kind: 'seen', code, facts: {} })).checkpoint_id);
      }, codes).catch(() => undefined);
      const before = beeped.length;
      while (beeped.length < before + 5) await sleep(5);
      await sleep(37 * (kill % 5));
      await scene.desk.kill();
      scene.proxy.set('ok');
      scene.use(await scene.desk.start());
      await scene.page().waitForFunction(() => !window.outbox.state().read_only);
    }
    await scene.drained();
    all.push(...beeped);
    await scene.expectOnServer(all);
    const ours = (await scene.events()).length;
    expect(await scene.page().evaluate(async () => (await window.outbox.events({ limit: 1 }))[0]?.device_seq)).toBe(ours);
    expect(beeped.length).toBeGreaterThanOrEqual(KILLS * 5);
  });

  test.each(['Default/IndexedDB', 'Default/WebStorage/*/IndexedDB'])('the browser finds the database in %s torn and deletes it: nothing is lost, not even the key', async (where) => {
    expect(await scene.offlineSignIn('CLERK')).toBeNull();
    scene.proxy.set('refuse');
    const ids = await scene.scan([...codes, ...codes]);
    await scene.desk.kill();
    let store = '';
    for await (const found of glob(`${where}/*.leveldb`, { cwd: scene.desk.profile })) store = found;
    const at = (name: string): string => path.join(scene.desk.profile, store, name);
    for await (const name of glob('*.{log,ldb}', { cwd: at('') })) {
      const bytes = await readFile(at(name));
      await writeFile(at(name), bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64));
    }
    scene.proxy.set('ok');
    scene.use(await scene.desk.start());
    await scene.page().waitForFunction(() => !window.outbox.state().read_only);
    expect(await readFile(at('LOG'), 'utf8')).toContain('since it was missing');
    expect(await scene.offlineSignIn('CLERK')).toBeNull();
    ids.push(...(await scene.scan(codes)));
    await scene.drained();
    all.push(...ids);
    await scene.expectOnServer(all);
  });
});
