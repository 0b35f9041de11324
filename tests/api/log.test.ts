// The log from outside: a reader with nothing but URLs and a policy builds the tree again; a receipt's promise is kept or convicts; what is
// said to be all about an item is all. Each role asks for the bundles.

import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { base64, equalBytes, fromBase64, fromHex, utf8 } from '../../src/base/bytes.ts';
import { checkConsistency, checkInclusion, fold, leafHash, rootNodes } from '../../src/base/merkle.ts';
import { ED25519, keyOf, openNote } from '../../src/base/note.ts';
import { openHead, openProof, policyOf } from '../../src/base/proof.ts';
import type { Policy } from '../../src/base/proof.ts';
import { openPromise } from '../../src/base/promise.ts';
import { entriesOf, hashIn, tilePath } from '../../src/base/tile.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { permissionsOf, ROLES } from '../../src/domain/role.ts';
import type { Role } from '../../src/domain/role.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import { newSeed, signerOf } from '../../src/ledger/sign.ts';
import { unitHeadBytes } from '../../src/ledger/snapshot.ts';
import { makeNotary } from '../support/notary.ts';
import type { TestNotary } from '../support/notary.ts';
import { expectRefusal, KT1_LETTER, makeWorld, newId } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
let notary: TestNotary;
const promise = signerOf('niem.example/test/promise', ED25519, newSeed());
beforeAll(async () => {
  world = await makeWorld({
    signing: async (clock) => {
      notary = await makeNotary(clock);
      return { notary: notary.notary, promise, head_every_ms: 0 };
    },
  });
});
afterAll(async () => {
  await world.end();
  notary.end();
});
afterEach(async () => void (await world.verify()));

const get = async (path: string, badge?: string) => world.call('GET', path, badge === undefined ? {} : { token: await world.as(badge) });
const bytes = async (path: string, badge?: string): Promise<Uint8Array> => {
  const headers: Record<string, string> = badge === undefined ? {} : { authorization: `Bearer ${await world.as(badge)}` };
  const answer = await world.app.request(path, { headers });
  expect(answer.status, path).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
};
const policy = async (): Promise<Policy> => policyOf(sha256, (await get('/log/2026/policy')).text);
const bodyOf = async (checkpoint_id: string): Promise<Uint8Array> => new Uint8Array((await world.root.selectFrom('checkpoint').select('body').where('checkpoint_id', '=', checkpoint_id).executeTakeFirstOrThrow()).body);

describe('a receipt', () => {
  test('promises, and within a round the proof is there to carry away', async () => {
    expectRefusal(await get('/log/2026/checkpoint'), 'unknown_log', 404);
    const answer = await world.post('CLERK', { ...KT1_LETTER, checkpoint_id: newId() });
    expect(answer.status).toBe(201);
    const leaf = leafHash(sha256, await bodyOf(answer.body.checkpoint_id));
    const { due_ms } = await openPromise(sha256, verifySignature, answer.body.promise, leaf, [promise.key]);
    expect(Math.abs(due_ms - world.clock() - 300_000)).toBeLessThan(20_000);
    await expect(openPromise(sha256, verifySignature, answer.body.promise, sha256(leaf), [promise.key])).rejects.toThrow('something else');
    await expect(openPromise(sha256, verifySignature, answer.body.promise, leaf, [])).rejects.toThrow('no verifiable');

    const path = `/api/checkpoints/${answer.body.checkpoint_id}/proof`;
    expectRefusal(await get(path, 'CLERK'), 'awaiting_head', 409);
    expectRefusal(await get(`/api/checkpoints/${newId()}/proof`, 'CLERK'), 'unknown_checkpoint', 404);
    await world.keepLog();
    const opened = await openProof(sha256, verifySignature, await policy(), (await get(path, 'CLERK')).text, leaf);
    expect(opened.enough).toBe(true);
    const many = await world.call('POST', '/api/checkpoints/proofs', { token: await world.as('CLERK'), body: { checkpoint_ids: [answer.body.checkpoint_id, newId()] } });
    expect(many.body.proofs.map((proof: { checkpoint_id: string }) => proof.checkpoint_id)).toEqual([answer.body.checkpoint_id]);
    const { head } = await openHead(sha256, verifySignature, await policy(), many.body.heads[0].note);
    const { log_index, hashes } = many.body.proofs[0];
    expect(checkInclusion(sha256, { index: log_index, size: head.size, leaf, root: head.root, proof: hashes.map(fromBase64) })).toBe(true);
  });

  test('of a batch shares one signature, and each has its own path', async () => {
    const codes = await Promise.all(Array.from({ length: 5 }, () => world.accepted()));
    const answer = await world.call('POST', '/api/checkpoints/batch', { token: await world.as('CLERK'), body: { checkpoints: codes.flatMap((code) => [{ checkpoint_id: newId(), kind: 'seen', code, facts: {} }, { checkpoint_id: newId(), kind: 'seen', code: 'BK999999995VN', facts: {} }]) } });
    const receipts = answer.body.results.map((result: any) => result.receipt).filter(Boolean);
    expect(receipts.length).toBe(5);
    for (const receipt of receipts) await openPromise(sha256, verifySignature, receipt.promise, leafHash(sha256, await bodyOf(receipt.checkpoint_id)), [promise.key]);
    // Sent again it is the first receipt, and a promise just as good.
    const again = await world.post('CLERK', { checkpoint_id: receipts[0].checkpoint_id, kind: 'seen', code: codes[0], facts: {} });
    expect({ ...again.body, promise: null }).toEqual({ ...receipts[0], promise: null });
    await openPromise(sha256, verifySignature, again.body.promise, leafHash(sha256, await bodyOf(receipts[0].checkpoint_id)), [promise.key]);
  });
});

describe('tiles', () => {
  test('and bundles give the whole tree to a reader who knows only the policy', async () => {
    for (let i = 0; i < 60; i++) await world.post('CLERK', { ...KT1_LETTER, checkpoint_id: newId() });
    const codes = await Promise.all(Array.from({ length: 60 }, () => world.accepted()));
    for (let i = 0; i < 4; i++) await world.call('POST', '/api/checkpoints/batch', { token: await world.as('CLERK'), body: { checkpoints: codes.map((code) => ({ checkpoint_id: newId(), kind: 'seen', code, facts: {} })) } });
    await world.keepLog();
    await world.keepLog();
    const { head, enough } = await openHead(sha256, verifySignature, await policy(), (await get('/log/2026/checkpoint')).text);
    expect(enough).toBe(true);
    expect(head.size).toBeGreaterThan(256);
    const tiles = new Map<string, Uint8Array>();
    for (let level = 0; head.size >= 256 ** level; level++) {
      const width = Math.floor(head.size / 256 ** level);
      for (let index = 0; index * 256 < width; index++) tiles.set(`${level}/${index}`, await bytes(`/log/2026/${tilePath({ level, index, width: Math.min(256, width - index * 256) })}`));
    }
    const root = fold(sha256, rootNodes(head.size).map((node) => hashIn(sha256, tiles.get(node.level < 8 ? `0/${Math.floor((node.index * 2 ** node.level) / 256)}` : `1/0`) as Uint8Array, node)));
    expect(base64(root)).toBe(base64(head.root));
    let entries = 0;
    for (let index = 0; index * 256 < head.size; index++) {
      const width = Math.min(256, head.size - index * 256);
      const bodies = entriesOf(await bytes(`/log/2026/${tilePath({ level: null, index, width })}`, 'INSPECTOR'));
      for (const [i, body] of bodies.entries()) expect(equalBytes(leafHash(sha256, body), tiles.get(`0/${index}`)?.subarray(i * 32, i * 32 + 32) ?? new Uint8Array(0))).toBe(true);
      entries += bodies.length;
    }
    expect(entries).toBe(head.size);
    const tile = await get('/log/2026/tile/0/000');
    expect([tile.headers.get('cache-control'), tile.headers.get('content-type')]).toEqual(['public, max-age=31536000, immutable', 'application/octet-stream']);
    for (const path of ['tile/0/001', `tile/0/000.p/0`, 'tile/0/000.p/300', 'tile/9/000', 'tile/00/000', 'tile/0/0', 'tile/0/000.p/x', 'tile/nothing']) expectRefusal(await get(`/log/2026/${path}`), 'not_in_log', 404);
    expectRefusal(await get('/log/1999/tile/0/000'), 'unknown_log', 404);
  });

  test('bundles are for those who may verify the ledger, hashes for everybody', async () => {
    for (const role of Object.keys(ROLES) as Role[]) {
      const badge = role.toUpperCase().replace('_', '');
      const answer = await get('/log/2026/tile/entries/000', badge);
      if (permissionsOf([role]).has('ledger.verify')) expect([answer.status, answer.headers.get('cache-control')], role).toEqual([200, 'private, max-age=31536000, immutable']);
      else expectRefusal(answer, 'not_permitted', 403);
    }
    expectRefusal(await get('/log/2026/tile/entries/000'), 'not_signed_in', 401);
    expect((await get('/log/2026/tile/0/000')).status).toBe(200);
  });
});

test('nothing was removed between two heads, and another history has no such proof', async () => {
  const { size } = (await get('/api/log', 'INSPECTOR')).body;
  const heads = await world.root.selectFrom('log_head').select(['size', 'note']).orderBy('size').execute();
  const opened = await Promise.all(heads.map(async ({ note }) => (await openHead(sha256, verifySignature, { ...(await policy()), quorum: null }, note)).head));
  const last = opened.at(-1);
  for (const head of opened) {
    const answer = await get(`/api/log/2026/consistency?from=${head.size}&to=${last?.size}`, 'INSPECTOR');
    const of = { size1: head.size, size2: last?.size ?? 0, root1: head.root, root2: last?.root ?? head.root, proof: answer.body.hashes.map(fromBase64) };
    expect(checkConsistency(sha256, of)).toBe(true);
    expect(checkConsistency(sha256, { ...of, root1: sha256(head.root) })).toBe(false);
  }
  expectRefusal(await get(`/api/log/2026/consistency?from=0&to=${size + 1}`, 'INSPECTOR'), 'not_in_log', 404);
});

test('this is all there was about an item, and about one that came later there was nothing', async () => {
  const other = await makeWorld();
  expectRefusal(await other.call('GET', `/api/items/${await other.accepted()}/completeness`, { token: await other.as('INSPECTOR') }), 'no_snapshot', 409);
  await other.end();
  const code = await world.accepted();
  await world.post('CLERK', { checkpoint_id: newId(), kind: 'seen', code, facts: {} });
  await world.keepLog();
  world.advance(24 * 3_600_000);
  world.forget('INSPECTOR');
  world.forget('CLERK');
  await world.keepLog();
  await world.keepLog();
  const { body } = await get(`/api/items/${code}/completeness`, 'INSPECTOR');
  const check = ({ unit_id, unit_seq, hash, index, proof }: any): boolean => checkInclusion(sha256, { index, size: body.units, leaf: leafHash(sha256, unitHeadBytes({ unit_id, unit_seq, hash: fromHex(hash) })), root: fromBase64(body.root), proof: proof.map(fromBase64) });
  expect([body.found.unit_seq, check(body.found), check({ ...body.found, unit_seq: 1 })]).toEqual([2, true, false]);
  const { head } = await openHead(sha256, verifySignature, await policy(), body.record.head);
  expect(checkInclusion(sha256, { index: body.record.log_index, size: head.size, leaf: leafHash(sha256, fromBase64(body.record.body)), root: head.root, proof: body.record.hashes.map(fromBase64) })).toBe(true);

  const later = await world.accepted();
  const absent = (await get(`/api/items/${later}/completeness`, 'INSPECTOR')).body;
  expect(absent.found).toBeNull();
  expect(absent.neighbours.length).toBeGreaterThan(0);
  for (const neighbour of absent.neighbours) expect(check(neighbour)).toBe(true);
  const [left, right] = absent.neighbours;
  expect(left.unit_id < absent.unit_id && (right === undefined ? left.index === absent.units - 1 : right.index === left.index + 1 && right.unit_id > absent.unit_id)).toBe(true);
});

test('the head of the day goes on paper: text, page and PDF carry the same note', async () => {
  expectRefusal(await get('/api/log/2026/head?format=pdf', 'CLERK'), 'not_permitted', 403);
  await world.keepLog();
  const { text } = await get('/api/log/2026/head', 'INSPECTOR');
  expect((await openHead(sha256, verifySignature, await policy(), text)).enough).toBe(true);
  const page = await get('/api/log/2026/head?format=html', 'INSPECTOR');
  expect(page.text).toContain('DẤU SỔ HÀNH TRÌNH TRONG NGÀY');
  expect(new TextDecoder('latin1').decode((await bytes('/api/log/2026/head?format=pdf', 'INSPECTOR')).subarray(0, 5))).toBe('%PDF-');
});

test('a promise that is broken is told by whoever holds it, and raises the alarm; a kept, early or forged one does not', async () => {
  const kept = (await world.post('CLERK', { ...KT1_LETTER, checkpoint_id: newId() })).body;
  await world.keepLog();
  const answer = await world.post('CLERK', { ...KT1_LETTER, checkpoint_id: newId() });
  const { checkpoint_id, promise: given } = answer.body;
  const leafOf = async (id: string): Promise<string> => base64(leafHash(sha256, await bodyOf(id)));
  // Somebody with all rights takes it out of the queue before it is sequenced.
  await sql`alter table log_pending disable trigger log_pending_dequeue`.execute(world.root);
  await sql`delete from log_pending where keys = array[${checkpoint_id}]`.execute(world.root);
  await sql`alter table log_pending enable always trigger log_pending_dequeue`.execute(world.root);
  await world.keepLog();
  const tell = async (id: string, said: { note: string }, leaf: string) => world.call('POST', '/api/log/broken-promises', { token: await world.newToken('CLERK'), body: { checkpoint_id: id, leaf, promise: { ...said, leaf: undefined, note: base64(utf8(said.note)) } } });
  const leaf = await leafOf(checkpoint_id);
  expectRefusal(await tell(checkpoint_id, given, leaf), 'no_broken_promise', 409);
  world.advance(300_000 + 1_000);
  world.forget('CLERK');
  expectRefusal(await tell(checkpoint_id, { ...given, note: given.note.replace('T', 't') }, leaf), 'no_broken_promise', 409);
  expectRefusal(await tell(kept.checkpoint_id, kept.promise, await leafOf(kept.checkpoint_id)), 'no_broken_promise', 409);
  expect((await tell(checkpoint_id, given, leaf)).status).toBe(201);
  const { body } = await get('/readyz');
  expect(body.log.alarms).toEqual(['promise_broken']);
  expect((await get('/metrics')).text).toMatch(/^niem_log_alarms 1$/m);
  const verdict = (await world.call('GET', '/api/ledger/verdict', { token: await world.newToken('INSPECTOR') })).body;
  expect(verdict.faults).toEqual([{ table: 'checkpoint', key: checkpoint_id, column: '*', problem: 'neither waits for the log nor stands in it' }]);
  await sql`insert into log_pending (source, keys, leaves) select 'checkpoint', array[checkpoint_id::text], sha256('\\x00'::bytea || body) from checkpoint where checkpoint_id = ${checkpoint_id}`.execute(world.root);
});

test('the keys that sign are entries of the log', async () => {
  const { body } = await get('/api/log', 'INSPECTOR').then(async (answer) => (answer.status === 401 || answer.status === 423 ? world.call('GET', '/api/log', { token: await world.newToken('INSPECTOR') }) : answer));
  expect(body.keys.map((key: { purpose: string }) => key.purpose).toSorted()).toEqual(['log', 'promise', 'signer', 'witness', 'witness', 'witness']);
  expect(body.keys.map((key: { key: string }) => keyOf(sha256, key.key).name)).toContain('niem.example/test/2026');
  await openNote(sha256, verifySignature, (await get('/log/2026/checkpoint')).text, [keyOf(sha256, body.keys.find((key: { purpose: string }) => key.purpose === 'log').key)]);
});
