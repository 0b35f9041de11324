// Signer and witnesses: whatever dies, comes twice or comes back from the past, there is one history, and whoever tries another is told so.

import * as fs from 'node:fs';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { base64, fromBase64, hex, utf8 } from '../../src/base/bytes.ts';
import { leafHash, rootOf } from '../../src/base/merkle.ts';
import { ED25519, headOf, headText, keyOf, noteOf } from '../../src/base/note.ts';
import { openHead, openProof, policyOf } from '../../src/base/proof.ts';
import { growthOf, growthText } from '../../src/base/witness.ts';
import { uuid7 } from '../../src/base/id.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { rotateKey } from '../../src/api/notary.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import { headNote, policyText, publish } from '../../src/ledger/head.ts';
import { logKeeper } from '../../src/ledger/keep_log.ts';
import { sequence } from '../../src/ledger/log.ts';
import { knownKeys, recordOf } from '../../src/ledger/log_record.ts';
import { reopenLog } from '../../src/ledger/reopen.ts';
import { newSeed, signerOf } from '../../src/ledger/sign.ts';
import type { NoteSigner } from '../../src/ledger/sign.ts';
import { consistencyProof, treeRoot } from '../../src/ledger/tree.ts';
import { checkLog } from '../../src/ledger/verify_log.ts';
import { proofOfCheckpoint, proofsOfCheckpoints } from '../../src/views/log.ts';
import { connectOnce, connectPool } from '../../src/store/connect.ts';
import { openFolder } from '../../src/store/folder.ts';
import type { DiskCalls } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/connect.ts';
import { createDatabase, onDatabase, statement } from '../support/cluster.ts';
import { freshDatabase } from '../support/database.ts';
import type { FreshDatabase } from '../support/database.ts';
import { makeNotary, ORIGIN } from '../support/notary.ts';
import type { TestNotary } from '../support/notary.ts';

let database: FreshDatabase;
let store: Store;
let notary: TestNotary;
let offset = 0;
const clock = () => Date.now() + offset;
const connect = (url: string): Store => connectPool({ url, connections_max: 4, lanes_max: 2, onError: () => undefined });

beforeEach(async () => {
  offset = 0;
  database = await freshDatabase();
  store = connect(database.urls.app);
  notary = await makeNotary(clock);
});
afterEach(async () => {
  const faults: string[] = [];
  await checkLog(store.read, (...fault) => void faults.push(fault.join(' ')));
  await store.close();
  await database.drop();
  notary.end();
  expect(faults).toEqual([]);
});

async function add(to: Store, count: number): Promise<void> {
  const ids = Array.from({ length: count }, () => uuid7(clock()));
  await sql`insert into checkpoint (checkpoint_id, unit_id, unit_seq, kind, person_id, received_at, body) select i, i, 1, 'seen', i, now(), convert_to(i::text, 'UTF8') from unnest(${ids}::uuid[]) i`.execute(to.write);
}
const round = async (to: Store = store): Promise<void> => {
  await sequence(to, ORIGIN, clock);
  await publish(to, clock, ORIGIN, notary.notary);
};
const heads = (of: Store = store) => of.read.selectFrom('log_head').select(['size', 'cosigned_at', 'note']).where('origin', '=', ORIGIN).orderBy('size').execute();
const alarms = async (of: Store = store): Promise<string[]> => (await of.read.selectFrom('log_alarm').select('alarm').where('ended_at', 'is', null).orderBy('alarm').execute()).map((row) => row.alarm);

describe('a head', () => {
  test('is signed by the log, cosigned by signer and witnesses, and names its keys in the log', async () => {
    await add(store, 3);
    await round();
    const [head] = await heads();
    // The keys it was signed with are entries themselves, and come under the next head.
    expect(head?.cosigned_at).not.toBeNull();
    const note = await headNote(store.read, ORIGIN, head?.size ?? 0);
    const opened = await openHead(sha256, verifySignature, policyOf(sha256, await policyText(store.read, notary.notary.policy)), note);
    expect([opened.enough, opened.signed.length, opened.head.size]).toEqual([true, 4, head?.size]);
    expect(base64(await treeRoot(store.read, ORIGIN, opened.head.size))).toBe(base64(opened.head.root));
    await round();
    expect((await heads()).length).toBe(2);
    expect((await knownKeys(store.read)).map(({ purpose }) => purpose)).toEqual(['log', 'signer']);
    const asked = notary.asked.length;
    await round();
    expect(notary.asked.length).toBe(asked);
  });

  test('waits for its quorum: one witness of two is enough, none is not, and what was lacking is made up', async () => {
    notary.silent.add('one.test').add('two.test');
    await add(store, 2);
    await round();
    expect((await heads()).map((head) => head.cosigned_at !== null)).toEqual([false]);
    notary.silent.delete('two.test');
    await publish(store, clock, ORIGIN, notary.notary);
    expect((await heads()).every((head) => head.cosigned_at !== null)).toBe(true);
    notary.silent.clear();
    await add(store, 2);
    await round();
    expect(await alarms()).toEqual([]);
  });

  test('is not signed while the signer is silent, and the alarm ends when it speaks again', async () => {
    notary.silent.add('signer.test');
    await add(store, 2);
    await round();
    expect([await alarms(), await heads()]).toEqual([['signer_silent'], []]);
    notary.silent.clear();
    await round();
    expect(await alarms()).toEqual([]);
    expect((await heads()).length).toBe(1);
  });

  test('under a rotated key is good, and the log says when the old one ended', async () => {
    await add(store, 1);
    await round();
    const folder = openFolder(`${notary.dir}/signer2`);
    folder.close();
    notary.startSigner();
    const before = (await knownKeys(store.read)).find(({ purpose }) => purpose === 'log')?.key;
    rotateKey({ read: (name) => fs.readFileSync(`${notary.dir}/signer/${name}`, 'utf8'), write: (name, text) => fs.writeFileSync(`${notary.dir}/signer/${name}`, text), close: () => undefined }, ORIGIN, clock());
    notary.startSigner();
    await add(store, 1);
    await round();
    const keys = (await knownKeys(store.read)).filter(({ purpose }) => purpose === 'log');
    expect(keys.map(({ key, reason }) => [key === before, reason])).toEqual([[true, 'replaced'], [false, null]]);
    // The witnesses were not told of the new key: that is for their operators, and until then they refuse.
    expect(await alarms()).toEqual(['witness_refused', 'witness_refused']);
    expect((await heads()).map((head) => head.cosigned_at !== null)).toEqual([true, false]);
  });
});

test('a witness that leaves the policy, and a promise key that is replaced, are revoked in the log; a start that changes nothing says nothing', async () => {
  const [first, second] = ['promise', 'promise'].map((name) => signerOf(`niem.example/test/${name}`, ED25519, newSeed())) as [NoteSigner, NoteSigner];
  const keeping = (promise: NoteSigner, policy: string) => logKeeper({ store, clock, origin: ORIGIN, notary: { ...notary.notary, policy: policyOf(sha256, policy) }, promise, head_every_ms: 0 }).tick();
  await add(store, 1);
  await keeping(first, notary.policyText);
  await keeping(first, notary.policyText);
  expect((await knownKeys(store.read)).filter(({ revoked_ms }) => revoked_ms !== null)).toEqual([]);
  const without = notary.policyText.replace(/^witness two .*\n/m, '').replace('any one two', 'any one');
  await keeping(second, without);
  await keeping(second, without);
  const gone = (await knownKeys(store.read)).filter(({ revoked_ms }) => revoked_ms !== null);
  expect(gone.map(({ purpose, key, reason }) => [purpose, keyOf(sha256, key).name, reason]).toSorted()).toEqual([['promise', 'niem.example/test/promise', 'replaced'], ['witness', 'witness.example/two', 'left the policy']]);
});

describe('signer and witness refuse', () => {
  const leaves = (n: number, of = 'a') => Array.from({ length: n }, (_, i) => leafHash(sha256, utf8(`${of}${i}`)));
  const text = (n: number, of?: string) => headText({ origin: ORIGIN, size: n, root: rootOf(sha256, leaves(n, of)) });
  const ask = (old: number, head: string, proof: Uint8Array[] = []) => notary.sign(growthText({ old, proof, head }));

  test('each request that is not a plain continuation, with the status the protocol names', async () => {
    expect((await ask(0, text(4))).status).toBe(200);
    const cases: [string, Promise<Response>, number][] = [
      ['a fork of the same size', ask(4, text(4, 'b')), 422],
      ['a fork that is longer', ask(4, text(9, 'b'), leaves(3)), 422],
      ['no proof', ask(4, text(9)), 422],
      ['a shrunken log', ask(4, text(3)), 400],
      ['a sequencer that knows an older size', ask(2, text(9)), 409],
      ['a log that begins anew', ask(0, text(9)), 409],
      ['the same again', ask(4, text(4)), 200],
      ['another name', notary.sign(growthText({ old: 0, proof: [], head: text(1).replace(ORIGIN, 'niem.example/other/2026') })), 404],
      ['no request at all', notary.sign('hello'), 400],
      ['a note that is signed already', notary.sign(growthText({ old: 4, proof: [], head: `${text(4)}\n— a b\n` })), 400],
      ['nobody\'s token', notary.ask('signer.test', '/sign', { method: 'POST', body: growthText({ old: 0, proof: [], head: text(4) }) }), 403],
    ];
    for (const [what, answer, status] of cases) expect((await answer).status, what).toBe(status);
    expect(await (await ask(2, text(9))).text()).toBe('4\n');
    expect((await notary.seen(ORIGIN)).size).toBe(4);
  });

  test('a witness answers as C2SP tlog-witness prescribes', async () => {
    const signed = async (n: number): Promise<string> => `${text(n)}\n${(await (await ask((await notary.seen(ORIGIN).catch(() => ({ size: 0 }))).size, text(n), n === 8 ? proof48 : [])).text()).split('\n')[0]}\n`;
    const proof48 = [rootOf(sha256, leaves(8).slice(4))];
    const [four, eight] = [await signed(4), await signed(8)];
    const post = (old: number, head: string, proof: Uint8Array[] = []) => notary.ask('one.test', '/add-checkpoint', { method: 'POST', body: growthText({ old, proof, head }) });
    expect((await post(0, four.replace(/.{20}\n$/, `${'A'.repeat(19)}=\n`))).status).toBe(403);
    expect((await post(0, four.replace(ORIGIN, 'niem.example/test/1999'))).status).toBe(404);
    expect((await post(9, four)).status).toBe(400);
    expect((await post(0, four, [leaves(1)[0] as Uint8Array])).status).toBe(422);
    const first = await post(0, four);
    expect(first.status).toBe(200);
    expect(noteOf(`${text(4)}\n${await first.text()}`).signatures.map(({ name }) => name)).toEqual(['witness.example/one']);
    const conflict = await post(0, eight);
    expect([conflict.status, conflict.headers.get('content-type'), await conflict.text()]).toEqual([409, 'text/x.tlog.size', '4\n']);
    expect((await post(4, eight, [leaves(1)[0] as Uint8Array])).status).toBe(422);
    expect((await post(4, eight, proof48)).status).toBe(200);
    const monitored = await notary.ask('one.test', `/${hex(sha256(utf8(ORIGIN)))}/checkpoint`);
    expect(headOf((await monitored.text()).split('\n\n')[0] + '\n').size).toBe(8);
    expect((await notary.ask('one.test', `/${'0'.repeat(64)}/checkpoint`)).status).toBe(404);
    expect(() => growthOf('old 1\n')).toThrow();
  });
});

test('a signer that dies at any call of its disk, before or after it took effect, never signs two histories', { timeout: 60_000 }, async () => {
  const CALLS = ['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync'] as const;
  let died = 0;
  for (let at = 0, done = false; !done; at++) {
    for (const persisted of [false, true]) {
      let calls = 0;
      const disk = Object.fromEntries(
        CALLS.map((name) => [name, (...args: unknown[]) => {
          const dies = calls++ === at;
          const call = fs[name] as (...given: unknown[]) => unknown;
          if (dies && !persisted) throw new Error('dead');
          const result = call(...args);
          if (dies) throw new Error('dead');
          return result;
        }]),
      ) as unknown as DiskCalls;
      await add(store, 3);
      notary.startSigner(disk);
      calls = 0;
      await round();
      done = calls <= at;
      if (!done) {
        died++;
        expect(await alarms()).toEqual(['signer_silent']);
      }
      notary.startSigner();
      await round();
      expect(await alarms()).toEqual([]);
    }
  }
  const signed = await heads();
  for (const [i, head] of signed.entries()) {
    const before = signed[i - 1];
    if (before) expect((await consistencyProof(store.read, ORIGIN, before.size, head.size)).length).toBeGreaterThan(0);
  }
  console.log(`signer: died ${died} times, at each of its disk calls, before and after; ${signed.length} heads, one history`);
  expect(died).toBeGreaterThanOrEqual(14);
});

test('two sequencers that also ask for heads, under load: no fork, dense, no alarm', { timeout: 120_000 }, async () => {
  const SECONDS = Number(process.env['LOG_SECONDS'] ?? 4);
  const until = Date.now() + SECONDS * 1000;
  const other = connect(database.urls.app);
  const passes = [0, 0];
  let added = 0;
  await Promise.all([
    ...[store, other].map(async (each, i) => {
      while (Date.now() < until) {
        await round(each);
        passes[i] = (passes[i] ?? 0) + 1;
      }
    }),
    ...[0, 1, 2].map(async () => {
      while (Date.now() < until) {
        await add(store, 7);
        added += 7;
      }
    }),
  ]);
  await other.close();
  await round();
  const { rows } = await sql<{ n: number; last: number; pending: number }>`select count(*)::int as n, max(log_index)::int as last, (select coalesce(sum(cardinality(keys)), 0)::int from log_pending) as pending from log_entry where source = 'checkpoint' or true`.execute(store.write);
  console.log(`two sequencers for ${SECONDS} s: ${passes.join(' and ')} passes, ${added} entries, ${(await heads()).length} heads, no fork`);
  expect(rows[0]?.n).toBe((rows[0]?.last ?? 0) + 1);
  expect(rows[0]?.pending).toBe(0);
  expect(rows[0]?.n).toBeGreaterThanOrEqual(added);
  expect(Math.min(...passes)).toBeGreaterThanOrEqual(4);
  expect(await alarms()).toEqual([]);
});

test('a database restored to an hour ago: the signer refuses, the alarm is raised, and the runbook brings all back under a new log', { timeout: 60_000 }, async () => {
  await add(store, 40);
  await round();
  await round();
  const copy = `${database.name}_restored`;
  await store.close();
  await createDatabase(database.urls.superuser, copy, database.name);
  store = connect(database.urls.app);
  // An hour of work, acknowledged and cosigned; the devices keep their events and a receipt.
  await add(store, 30);
  await round();
  const lost = await store.read.selectFrom('checkpoint').selectAll().orderBy('checkpoint_id', 'desc').limit(30).execute();
  const receipt = await proofOfCheckpoint(store.read, lost[7]?.checkpoint_id ?? '');
  const held = (await heads()).at(-1);
  expect(held?.cosigned_at).not.toBeNull();

  // 1. The database is restored. What is new there has no place behind what the signer signed.
  const restored = connect(onDatabase(database.urls.app, copy));
  const owner = connectOnce(onDatabase(database.urls.superuser, copy));
  try {
    for (const more of [5, 90]) {
      await add(restored, more);
      await round(restored);
      expect(await alarms(restored)).toEqual(['head_refused']);
    }
    const before = await heads(restored);
    expect(before.at(-1)?.size).toBeLessThan(held?.size ?? 0);
    // 2. The operator opens a log that says so.
    const seen = await notary.seen(ORIGIN);
    expect(seen.size).toBe(held?.size);
    const { queued } = await reopenLog(owner, clock, `${ORIGIN}b`, { size: seen.size, root: fromBase64(seen.root) }, 'CSDL khôi phục từ bản sao một giờ trước; mất 30 mốc, chờ máy gửi lại');
    expect(queued).toBeGreaterThanOrEqual(95);
    // 3. The devices send what no head covers for them.
    await sql`insert into checkpoint (checkpoint_id, unit_id, unit_seq, kind, person_id, received_at, body) select i, i, 1, 'seen', i, now(), b from unnest(${lost.map((row) => row.checkpoint_id)}::uuid[], ${lost.map((row) => row.body)}::bytea[]) t (i, b)`.execute(owner.write);
    for (let i = 0; i < 2; i++) {
      await sequence(restored, `${ORIGIN}b`, clock);
      await publish(restored, clock, `${ORIGIN}b`, notary.notary);
    }
    expect(await alarms(restored)).toEqual([]);
    const first = await restored.read.selectFrom('log_entry').select(['source', 'source_key']).where('origin', '=', `${ORIGIN}b`).where('log_index', '=', 0).executeTakeFirstOrThrow();
    const record = recordOf(new Uint8Array((await restored.read.selectFrom('log_record').select('body').where('record_id', '=', first.source_key).executeTakeFirstOrThrow()).body));
    expect(record).toMatchObject({ kind: 'log_opened', facts: { previous: { origin: ORIGIN, size: seen.size }, loss: expect.stringContaining('mất 30 mốc') } });
    const ids = (await restored.read.selectFrom('checkpoint').select('checkpoint_id').execute()).map((row) => row.checkpoint_id);
    const proofs = await proofsOfCheckpoints(restored.read, ids);
    expect([ids.length, proofs.proofs.length]).toEqual([40 + 95 + 30, 40 + 95 + 30]);
    const faults: string[] = [];
    await checkLog(restored.read, (...fault) => void faults.push(fault.join(' ')));
    expect(faults).toEqual([]);
    // 4. The receipt of before the loss still convinces, and the old log was never signed otherwise.
    const policy = policyOf(sha256, notary.policyText);
    expect((await openProof(sha256, verifySignature, policy, receipt ?? '', leafHash(sha256, new Uint8Array(lost[7]?.body ?? [])))).enough).toBe(true);
    expect((await notary.seen(ORIGIN)).size).toBe(held?.size);
    console.log(`restore: refused ${2} times, ${queued} entries queued again, 30 sent again by devices, ${proofs.proofs.length} of ${ids.length} proved`);
  } finally {
    await restored.close();
    await owner.close();
    await statement(database.urls.superuser, `drop database ${copy} with (force)`);
  }
});
