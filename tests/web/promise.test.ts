// A device lets go of an event only when a cosigned head covers it, and it checks that itself; a promise that was broken is seen on its
// screen, told to the server, and the event is sent again.

import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ED25519, newSeed, signerOf } from '../../src/ledger/sign.ts';
import { CHROMIUM } from '../support/chromium.ts';
import { makeNotary } from '../support/notary.ts';
import type { TestNotary } from '../support/notary.ts';
import { makeScene } from './scene.ts';
import type { Scene } from './scene.ts';

let scene: Scene;
let notary: TestNotary;
let codes: string[];

describe.skipIf(CHROMIUM === null)('what a device was promised', () => {
  beforeAll(async () => {
    scene = await makeScene({
      signing: async (clock) => {
        notary = await makeNotary(clock);
        return { notary: notary.notary, promise: signerOf('niem.example/test/promise', ED25519, newSeed()), head_every_ms: 0 };
      },
    });
    codes = await Promise.all(Array.from({ length: 3 }, () => scene.world.accepted()));
    await scene.enrol();
    await scene.signIn('CLERK');
  });
  afterAll(async () => {
    await scene?.end();
    notary?.end();
  });
  const states = async (): Promise<string[]> => (await scene.events()).map((event) => event.state);
  const until = async (wanted: (state: Awaited<ReturnType<Scene['state']>>) => boolean): Promise<void> => {
    for (let tries = 0; ; tries++) {
      await scene.page().evaluate(() => window.outbox.sendNow());
      if (wanted(await scene.state())) return;
      if (tries > 200) throw new Error(`never came: ${JSON.stringify(await scene.state())}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  test('is kept until a cosigned head covers it, and then only what the device has checked itself', async () => {
    await scene.scan(codes);
    await until((state) => state.waiting === 0);
    expect(await states()).toEqual(['awaiting_head', 'awaiting_head', 'awaiting_head']);
    // Signed, and not cosigned by enough: no head for a device.
    notary.silent.add('one.test').add('two.test');
    await scene.world.keepLog();
    await until((state) => state.waiting === 0);
    expect(new Set(await states())).toEqual(new Set(['awaiting_head']));
    notary.silent.clear();
    await scene.world.keepLog();
    await until((state) => state.awaiting_head === 0);
    const events = await scene.events();
    expect(events.map((event) => [event.state, event.head?.origin])).toEqual(codes.map(() => ['received', 'niem.example/test/2026']));
    expect(await scene.state()).toMatchObject({ promises_broken: 0, needs_attention: 0 });
    await scene.world.verify();
  });

  test('and not kept by the server is an alarm on its screen and at the server, and is sent again', async () => {
    const [id = ''] = await scene.scan(codes.slice(0, 1));
    await until((state) => state.waiting === 0 && state.awaiting_head === 1);
    const { root } = scene.world;
    await sql`alter table log_pending disable trigger log_pending_dequeue`.execute(root);
    await sql`delete from log_pending where keys = array[${id}]`.execute(root);
    await sql`alter table log_pending enable always trigger log_pending_dequeue`.execute(root);
    await scene.world.keepLog();
    scene.world.advance(301_000);
    await scene.signIn('CLERK');
    await until((state) => state.promises_broken === 1);
    const alarms = await root.selectFrom('log_alarm').select(['alarm', 'subject']).where('ended_at', 'is', null).execute();
    expect(alarms).toEqual([{ alarm: 'promise_broken', subject: id }]);
    // Somebody puts right what was done; the event that was sent again is the one that was there.
    await sql`insert into log_pending (source, keys, leaves) select 'checkpoint', array[checkpoint_id::text], sha256('\\x00'::bytea || body) from checkpoint where checkpoint_id = ${id}`.execute(root);
    await until((state) => state.waiting === 0 && state.awaiting_head === 1);
    await scene.world.keepLog();
    await until((state) => state.awaiting_head === 0);
    await scene.expectOnServer((await scene.events()).map((event) => event.checkpoint_id).toReversed());
    await scene.world.verify();
  });
});
