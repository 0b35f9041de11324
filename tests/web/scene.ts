// The scene of the browser tests: the world's app behind a proxy, one browser that is enrolled and somebody signed in.

import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { bundle, openBrowser, serveWith } from '../support/chromium.ts';
import { DONG_DANG, makeWorld, PIN } from '../support/world.ts';
import { faultProxy } from '../support/proxy.ts';

export const IMPORT_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url');

export type Scene = Awaited<ReturnType<typeof makeScene>>;

export async function makeScene(options: { bytes_per_second?: number; disk?: string; signing?: NonNullable<Parameters<typeof makeWorld>[0]>['signing'] } = {}) {
  const world = await makeWorld({ import_key: IMPORT_KEY, ...(options.signing === undefined ? {} : { signing: options.signing }) });
  const server = await serveWith(world, await bundle());
  const proxy = await faultProxy(server.port, options.bytes_per_second);
  const desk = await openBrowser(() => proxy.port, options.disk);
  let page = await desk.start();

  const enrolment = async (): Promise<string> => {
    const answer = await world.call('POST', '/api/devices/codes', { token: await world.newToken('ADMIN'), body: { office_code: DONG_DANG } });
    expect(answer.status, answer.text).toBe(201);
    return answer.body.code as string;
  };
  const enrol = async (on: Page = page): Promise<string> => {
    const state = await on.evaluate((code) => window.outbox.enrol(code, 'Quầy 1'), await enrolment());
    expect(state.kind).toBe('enrolled');
    return state.kind === 'enrolled' ? state.device_id : '';
  };
  const signIn = (badge: string, on: Page = page) => on.evaluate((input) => window.outbox.signIn(input), { badge, pin: PIN });
  /** `null` when it worked, else the problem. */
  const offlineSignIn = (badge: string, pin = PIN): Promise<string | null> =>
    page.evaluate((input) => window.problemOf(() => window.outbox.offlineSignIn(input)), { badge, pin });
  const state = () => page.evaluate(() => window.outbox.state());
  /** Records that items were seen, one after the other; the ids of those that are on the disk. */
  const scan = (codes: readonly string[]): Promise<string[]> =>
    page.evaluate(async (list) => {
      const ids: string[] = [];
      for (const code of list) ids.push((await window.outbox.record({ kind: 'seen', code, facts: {} })).checkpoint_id);
      return ids;
    }, [...codes]);
  const stored = async (): Promise<Map<string, number>> => {
    const rows = await world.root.selectFrom('checkpoint').select(['checkpoint_id', 'device_seq']).where('device_id', 'is not', null).execute();
    return new Map(rows.map((row) => [row.checkpoint_id, Number(row.device_seq)]));
  };
  async function drained(within_ms = 60_000): Promise<void> {
    const until = performance.now() + within_ms;
    await page.evaluate(() => window.outbox.sendNow());
    for (;;) {
      const { waiting, link, needs_sign_in } = await state();
      if (waiting === 0) return;
      if (performance.now() > until) throw new Error(`still ${waiting} waiting, ${link}, ${JSON.stringify(needs_sign_in)}`);
      await sleep(100);
    }
  }
  return {
    world, proxy, desk, enrolment, enrol, signIn, offlineSignIn, state, scan, stored, drained,
    page: () => page,
    use: (next: Page): void => void (page = next),
    events: (filter: object = {}) => page.evaluate((f) => window.outbox.events(f), { limit: 10_000, ...filter }),
    /** Every one of these is on the server once, and the device's chain has neither gap nor break. */
    async expectOnServer(ids: readonly string[]): Promise<void> {
      const on = await stored();
      expect(ids.filter((id) => !on.has(id))).toEqual([]);
      expect(new Set(ids).size).toBe(ids.length);
      const verdict = await world.verify();
      expect(verdict.device_gaps).toEqual([]);
    },
    async end(): Promise<void> {
      await desk.end();
      await proxy.end();
      await server.end();
      await world.end();
    },
  };
}
