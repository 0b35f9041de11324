// Work without a network: who may sign in on this device, whose session sends what, the second person, the file, the full disk.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, smallDisk } from '../support/chromium.ts';
import { KT1_LETTER, PIN } from '../support/world.ts';
import { makeScene } from './scene.ts';
import type { Scene } from './scene.ts';

let scene: Scene;
let codes: string[];
const all: string[] = [];

async function offline(): Promise<void> {
  scene.proxy.set('refuse');
  await scene.page().evaluate(() => window.outbox.signOut());
}

const EVENTS = 5_000;

describe.skipIf(CHROMIUM === null)('without a network', () => {
  beforeAll(async () => {
    scene = await makeScene();
    codes = await Promise.all(Array.from({ length: 5 }, () => scene.world.accepted()));
    await scene.enrol();
    for (const badge of ['CONTROLLER', 'SORTER', 'CLERK']) await scene.signIn(badge);
  });
  afterAll(async () => scene?.end());
  afterEach(async () => void (await scene.world.verify()));

  test('badge and PIN let in who signed in here before, and nobody else', async () => {
    await offline();
    expect(await scene.offlineSignIn('CLERK7')).toBe('no_grant');
    expect(await scene.offlineSignIn('CLERK', '000000')).toBe('wrong_badge_or_pin');
    expect(await scene.offlineSignIn('CLERK')).toBeNull();
    const { who } = await scene.state();
    expect(who).toMatchObject({ badge: 'CLERK', how: 'offline', token: null });
    expect(who?.permissions).toContain('item.accept');
    expect((who?.offline_until ?? 0) - scene.world.clock()).toBeGreaterThan(71 * 3_600_000);
  });

  test('several people on one device: each event is sent under its own person, in order, and marked as signed offline', async () => {
    const wanted: [id: string, badge: string][] = [];
    for (const badge of ['CLERK', 'CONTROLLER', 'CLERK', 'SORTER']) {
      expect(await scene.offlineSignIn(badge)).toBeNull();
      for (const id of await scene.scan(codes)) wanted.push([id, badge]);
    }
    await scene.page().evaluate(() => window.outbox.signOut());
    scene.proxy.set('ok');
    await scene.drained();
    all.push(...wanted.map(([id]) => id));
    await scene.expectOnServer(all);
    for (const [id, badge] of wanted) {
      const row = await scene.world.root.selectFrom('checkpoint').innerJoin('person', 'person.person_id', 'checkpoint.person_id').select(['person.badge', 'checkpoint.flags']).where('checkpoint_id', '=', id).executeTakeFirstOrThrow();
      expect(row.badge).toBe(badge);
      expect(row.flags).toContain('signed_offline');
    }
    const trace = await scene.world.call('GET', `/api/items/${codes[0]}/chain`, { token: await scene.world.newToken('CONTROLLER') });
    expect(trace.text).toContain('Ký ngoại tuyến');
  });

  test('a second person agrees offline, to one event and in one role', async () => {
    await offline();
    expect(await scene.offlineSignIn('SORTER')).toBeNull();
    const confirm = (badge: string, pin = PIN, permission = 'item.rewrap') =>
      scene.page().evaluate((input) => window.problemOf(() => window.outbox.confirmBy(input as never)), { badge, pin, permission });
    expect(await confirm('SORTER')).toBe('same_person');
    expect(await confirm('CONTROLLER', '111111')).toBe('wrong_badge_or_pin');
    expect(await confirm('CLERK')).toBe('not_permitted');
    const ids = await scene.page().evaluate(async ({ pin, code }) => {
      const facts = { reason_code: 'torn_in_handling', weight_before_g: 100, weight_g: 110 };
      const second = await window.outbox.confirmBy({ badge: 'CONTROLLER', pin, permission: 'item.rewrap' });
      const good = await window.outbox.record({ kind: 'rewrapped', code, facts, second });
      const alone = await window.outbox.record({ kind: 'rewrapped', code, facts });
      const twice = await window.problemOf(() => window.outbox.record({ kind: 'rewrapped', code, facts, second }));
      return { good: good.checkpoint_id, alone: alone.checkpoint_id, twice };
    }, { pin: PIN, code: codes[1] ?? '' });
    expect(ids.twice).toBe('second_mismatch');
    scene.proxy.set('ok');
    await scene.drained();
    all.push(ids.good);
    await scene.expectOnServer(all);
    const attention = await scene.events({ state: 'needs_attention' });
    expect(attention.map((event) => [event.checkpoint_id, event.refusal?.refusal])).toEqual([[ids.alone, 'second_person_needed']]);
    const kept = await scene.page().evaluate(() => new Promise<any[]>((resolve, reject) => {
      const opening = indexedDB.open('niem-outbox');
      opening.onsuccess = () => {
        const asked = opening.result.transaction('events').objectStore('events').getAll();
        asked.onsuccess = () => resolve(asked.result);
        asked.addEventListener('error', () => reject(asked.error ?? new Error('none')));
      };
    }));
    expect(kept.filter((row) => row.second !== null)).toEqual([]);
  });

  test('personal data wait sealed, and arrive as they were committed to', async () => {
    await offline();
    expect(await scene.offlineSignIn('CLERK')).toBeNull();
    const { PARCEL } = await import('../support/world.ts');
    const made = await scene.page().evaluate(async (parcel) => {
      const event = await window.outbox.record(parcel as never);
      const letter = await window.outbox.events({ limit: 1 });
      return { id: event.checkpoint_id, text: JSON.stringify(letter) };
    }, { kind: 'accepted', facts: PARCEL.facts, personal: PARCEL.personal });
    expect(made.text).not.toContain(PARCEL.personal.sender.name);
    scene.proxy.set('ok');
    await scene.drained();
    all.push(made.id);
    await scene.expectOnServer(all);
  });

  test('the queue goes by file, encrypted; what comes later by network is not stored twice', async () => {
    await scene.signIn('CLERK');
    const desk = await scene.page().evaluate(() => window.outbox.snapshot());
    expect(desk.data).toMatchObject({ staff: expect.arrayContaining([expect.objectContaining({ badge: 'CLERK' })]) });
    await offline();
    expect(await scene.offlineSignIn('CLERK')).toBeNull();
    const ids = await scene.scan([...codes, ...codes]);
    const [file, ...more] = await scene.page().evaluate(() => window.outbox.exportFiles());
    expect(more).toEqual([]);
    expect(file?.events).toBe(10);
    for (const secret of [codes[0] ?? '', ids[0] ?? '']) expect(file?.text).not.toContain(secret);
    const token = await scene.world.newToken('ADMIN');
    const answer = await scene.world.call('POST', '/api/outbox/import', { token, raw: file?.text ?? '' });
    expect(answer.body, answer.text).toMatchObject({ stored: 10, refused: 0 });
    const again = await scene.world.call('POST', '/api/outbox/import', { token, raw: file?.text ?? '' });
    expect(again.body).toEqual(answer.body);
    const broken = { ...JSON.parse(file?.text ?? '{}'), iv: 'AAAAAAAAAAAAAAAA' };
    expect((await scene.world.call('POST', '/api/outbox/import', { token, body: broken })).body.refusal).toBe('import_unreadable');
    scene.proxy.set('ok');
    await scene.drained();
    all.push(...ids);
    await scene.expectOnServer(all);
    const received = await scene.events({ state: 'received' });
    expect(received.filter((event) => ids.includes(event.checkpoint_id))).toHaveLength(10);
  });

  test(`48 hours without a network, ${EVENTS} events: all on the server within two minutes at 1 Mbit/s`, async () => {
    const slow = await makeScene({ bytes_per_second: 125_000 });
    try {
      await slow.enrol();
      await slow.signIn('CLERK');
      const codes = await Promise.all(Array.from({ length: 20 }, () => slow.world.accepted()));
      slow.proxy.set('refuse');
      const ids: string[] = [];
      while (ids.length < EVENTS) ids.push(...(await slow.scan(Array.from({ length: Math.min(250, EVENTS - ids.length) }, (_, i) => codes[i % codes.length] ?? ''))));
      slow.proxy.set('slow_line');
      const began = performance.now();
      await slow.drained(120_000);
      console.log(`${EVENTS} events drained at 1 Mbit/s in ${Math.round((performance.now() - began) / 1000)} s`);
      await slow.expectOnServer(ids);
    } finally {
      await slow.end();
    }
  }, 400_000);

  test('a full disk is said so, nothing stored is lost, and work goes on once there is room', async (context) => {
    const disk = await smallDisk(96);
    if (disk === null) return context.skip('a small disk cannot be mounted here');
    const small = await makeScene({ disk: disk.dir });
    try {
      await small.enrol();
      await small.signIn('CLERK');
      const code = await small.world.accepted();
      small.proxy.set('refuse');
      const before = await small.scan([code, code, code]);
      await disk.fill();
      const squeezed = await small.page().evaluate(async (number) => {
        for (let i = 0; i < 5_000; i++) {
          const problem = await window.problemOf(() => window.outbox.record({ kind: 'seen', code: number, facts: {} }));
          if (problem !== null) return { problem, recorded: i };
        }
        return null;
      }, code);
      expect(squeezed?.problem).toMatch(/^storage_(full|failed)$/);
      await disk.empty();
      await small.desk.kill();
      small.proxy.set('ok');
      small.use(await small.desk.start());
      await small.page().waitForFunction(() => !window.outbox.state().read_only);
      expect(await small.offlineSignIn('CLERK')).toBeNull();
      const after = await small.scan([code, code]);
      await small.drained();
      await small.expectOnServer([...before, ...after]);
      expect((await small.events()).length).toBe(before.length + (squeezed?.recorded ?? 0) + after.length);
    } finally {
      await small.end();
      await disk.end();
    }
  });

  test('five wrong PINs lock the grant until an online sign-in', async () => {
    await offline();
    for (let i = 1; i <= 5; i++) expect(await scene.offlineSignIn('SORTER', '999999')).toBe(i < 5 ? 'wrong_badge_or_pin' : 'grant_locked');
    expect(await scene.offlineSignIn('SORTER')).toBe('grant_locked');
    scene.proxy.set('ok');
    await scene.signIn('SORTER');
    await offline();
    expect(await scene.offlineSignIn('SORTER')).toBeNull();
  });

  test('what somebody recorded whose right was withdrawn meanwhile waits or comes back; others go on', async () => {
    await offline();
    const marked = await scene.world.accepted({ ...KT1_LETTER, checkpoint_id: undefined });
    expect(await scene.offlineSignIn('CONTROLLER')).toBeNull();
    const uncleared = await scene.page().evaluate(async (code) => (await window.outbox.record({ kind: 'label_printed', code, facts: { size: '80x50' } })).checkpoint_id, marked);
    expect(await scene.offlineSignIn('SORTER')).toBeNull();
    const stuck = await scene.scan(codes);
    expect(await scene.offlineSignIn('CLERK')).toBeNull();
    const free = await scene.scan(codes);
    await scene.world.root.updateTable('person').set({ clearance: 'NONE', clearance_to: null }).where('badge', '=', 'CONTROLLER').execute();
    await scene.world.root.updateTable('person_role').set({ valid_to: '2020-01-02' }).where('person_id', '=', await scene.world.personId('SORTER')).execute();
    scene.proxy.set('ok');
    await scene.page().evaluate(() => window.outbox.sendNow());
    for (let i = 0; i < 200 && (await scene.state()).waiting > stuck.length; i++) await sleep(100);
    const state = await scene.state();
    expect(state.waiting).toBe(stuck.length);
    expect(state.needs_sign_in).toMatchObject([{ full_name: 'Người SORTER', events: stuck.length }]);
    const on = await scene.stored();
    expect(free.filter((id) => !on.has(id))).toEqual([]);
    expect(stuck.filter((id) => on.has(id))).toEqual([]);
    const attention = await scene.events({ state: 'needs_attention' });
    expect(attention.find((event) => event.checkpoint_id === uncleared)?.refusal?.refusal).toBe('clearance_missing');
    await scene.world.root.updateTable('person_role').set({ valid_to: null }).where('person_id', '=', await scene.world.personId('SORTER')).execute();
    await scene.signIn('SORTER');
    await scene.drained();
    all.push(...free, ...stuck);
    await scene.expectOnServer(all);
  });
});
