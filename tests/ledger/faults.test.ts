// Each failure twice: failed, and failed but stored. A flight of all sorts of drafts is broken before and after each of its
// statements, before and after its commit, and by a database that drops the connection; then the same drafts are sent again.

import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Defect } from '../../src/base/assert.ts';
import { hex } from '../../src/base/bytes.ts';
import { Refused } from '../../src/base/refusal.ts';
import { appender } from '../../src/ledger/append.ts';
import type { Append, Draft, Receipt } from '../../src/ledger/append.ts';
import { entryOf, sha256 } from '../../src/ledger/entry.ts';
import { connectPool, isUnavailable } from '../../src/store/connect.ts';
import type { Lane, Store } from '../../src/store/connect.ts';
import { signingDevice, useAgain } from '../support/ledger.ts';
import { expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL, PERSONAL_KEY, preprinted } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';
import { loadRulebook } from '../../src/store/rules.ts';

let world: World;
let healthy: Append;
let scanSigned: (code: string) => Promise<Answer>;
let item: string;
let statements: string[];

beforeAll(async () => {
  world = await makeWorld();
  healthy = world.services.append;
  scanSigned = await signingDevice(world, 'CLERK2');
  item = await world.accepted(PARCEL);
  await world.accepted({ ...KT1_LETTER, code: preprinted(1) });
  statements = [];
  await Promise.all(
    fly(
      through((lane) => watched(lane, (_, __, name) => void statements.push(name), pass)),
      await flight(),
    ),
  );
});
afterAll(() => world.end());

/** The drafts that the routes make of what is posted, caught before they are appended. */
async function caught(post: () => Promise<Answer>): Promise<Draft> {
  let draft: Draft | undefined;
  world.services.append = (made) => {
    draft = made;
    return Promise.reject(new Refused('busy'));
  };
  const answer = await post();
  world.services.append = healthy;
  expectRefusal(answer, 'busy');
  return draft as Draft;
}

/** One draft of each sort, in an order in which they may be decided. The first has been stored before, the last is refused. */
async function flight(): Promise<Draft[]> {
  const posted = (badge: string, checkpoint: object): Promise<Draft> =>
    caught(() => world.post(badge, { ...checkpoint, checkpoint_id: newId() }));
  const again = await posted('CLERK', PARCEL);
  await healthy(again);
  const fresh = await world.accepted(KT1_LETTER);
  const confirmation = await world.confirmation('SORTER', 'CONTROLLER', 'item.rewrap');
  const facts = { reason_code: 'torn_in_handling', weight_before_g: 2350, weight_g: 2360 };
  return [
    again,
    await posted('CLERK', KT1_LETTER),
    await posted('CLERK', PARCEL),
    await useAgain(world, preprinted(1)),
    await posted('CENTRECLERK', { kind: 'seen', code: item, facts: {} }),
    await caught(() => scanSigned(item)),
    await posted('CONTROLLER', { kind: 'approved', code: fresh, facts: {} }),
    await posted('CLERK', { kind: 'label_printed', code: fresh, facts: { size: '80x50' } }),
    await posted('SORTER', { kind: 'rewrapped', code: item, facts, confirmation }),
    await posted('CLERK', { kind: 'approved', code: item, facts: {} }),
  ];
}

/** The store with something put between it and its lanes. */
const through = (wrap: (lane: Lane) => Lane): Store => ({
  ...world.services.store,
  lane: (work) => world.services.store.lane((lane) => work(wrap(lane))),
});

/** All in one flight, on one lane. */
function fly(store: Store, drafts: Draft[]): Promise<Receipt | Error>[] {
  const append = appender({ store, clock: world.clock, rules: () => loadRulebook(store.read), queue_max: 500, lanes: 1 });
  return drafts.map((draft) => append(draft).catch((error: Error) => error));
}

class Failure extends Error {}

/** Calls `before` and `after` with the number and the name of each statement; either may throw. */
function watched(lane: Lane, before: (n: number, lane: Lane, name: string) => void, after: (n: number) => void): Lane {
  let n = 0;
  return {
    async run(statement, values) {
      const now = ++n;
      before(now, lane, statement.name);
      const rows = await lane.run(statement, values);
      after(now);
      return rows;
    },
    send(statement, values) {
      const now = ++n;
      before(now, lane, statement.name);
      lane.send(statement, values);
      after(now);
    },
  };
}

const failAt = (wanted: number) => (n: number) => {
  if (n === wanted) throw new Failure();
};
const pass = (): void => undefined;
const isFailure = (error: unknown): boolean => error instanceof Failure;

async function storedOf(drafts: Draft[]): Promise<Map<string, Receipt>> {
  const ids = drafts.map((draft) => draft.claim.checkpoint_id);
  const rows = await world.root.selectFrom('checkpoint').select('body').where('checkpoint_id', 'in', ids).execute();
  const receipts = rows.map(({ body }): Receipt => {
    const { claim, code, unit_id, unit_seq, state, custodian, flags, received_at, prev } = entryOf(new Uint8Array(body));
    const { checkpoint_id, kind } = claim;
    const hashes = { hash: hex(sha256(body)), prev_hash: prev && hex(prev) };
    return {
      checkpoint_id,
      kind,
      code,
      unit_id,
      unit_seq,
      state,
      custodian,
      flags,
      received_at: new Date(received_at).toISOString(),
      promise: null,
      ...hashes,
    };
  });
  expect(new Set(receipts.map((r) => r.checkpoint_id)).size).toBe(receipts.length);
  return new Map(receipts.map((receipt) => [receipt.checkpoint_id, receipt]));
}

/** Breaks a flight and sends it again. Returns how many of its entries the broken one had stored. */
async function broken(store: Store, isExpected: (error: unknown) => boolean): Promise<number> {
  const drafts = await flight();
  const answers = await Promise.all(fly(store, drafts));
  for (const answer of answers) expect(isExpected(answer), (answer as Error).stack).toBe(true);
  const left = (await storedOf(drafts)).size - 1; // the first had been stored before
  await sentAgain(drafts);
  return left;
}

/** Sent twice more through healthy appenders, the drafts are stored once each, with the receipts that the database bears out. */
async function sentAgain(drafts: Draft[]): Promise<void> {
  const ids = drafts.map((draft) => draft.claim.checkpoint_id);
  for (let i = 0; i < 2; i++) {
    const answers = await Promise.all(fly(world.services.store, drafts));
    const stored = await storedOf(drafts);
    expect(stored.size).toBe(drafts.length - 1);
    expect(answers.slice(0, -1)).toEqual(ids.slice(0, -1).map((id) => stored.get(id)));
    expect(answers.at(-1)).toMatchObject({ refusal: 'not_permitted' });
  }
  const attempts = await world.root.selectFrom('refused_claim').selectAll().where('checkpoint_id', 'in', ids).execute();
  expect(attempts).toMatchObject([{ refusal: 'not_permitted', checkpoint_id: ids.at(-1) }]);
  // Every serial that was taken is on a unit, once.
  const { rows } = await sql<{ taken: number; used: number }>`
    select sum(serial_next - serial_from)::int as taken, (select count(distinct code)::int from unit where code !~ '^BD') as used
    from number_range where range_kind <> 'preprinted'`.execute(world.root);
  expect(rows[0]?.taken).toBe(rows[0]?.used);
  const unused = await world.root
    .selectFrom('second_confirmation')
    .select('person_id')
    .where('used_by_checkpoint_id', 'is', null)
    .execute();
  expect(unused).toEqual([]);
  await world.verify();
}

const LOADS = 'load_device_seqs load_entries load_items load_salts lock_confirmations lock_ranges lock_units watch_candidates';
const WRITES =
  'insert_checkpoints insert_items insert_linkage insert_personal insert_refused insert_units supersede_units update_items update_ranges update_units use_confirmations';

test('the flight goes through every statement that load.ts and write.ts have', () => {
  expect([...statements].toSorted().join(' ')).toBe([...WRITES.split(' '), ...LOADS.split(' ')].toSorted().join(' '));
});

test('a flight that fails before or after any of its statements stores nothing, and everything once when it is sent again', async () => {
  for (let n = 1; n <= statements.length; n++) {
    const before = through((lane) => watched(lane, failAt(n), pass));
    const after = through((lane) => watched(lane, pass, failAt(n)));
    expect([await broken(before, isFailure), await broken(after, isFailure)], `statement ${n}`).toEqual([0, 0]);
  }
}, 120_000);

test('a flight that fails just before its commit stores nothing, and everything once when it is sent again', async () => {
  const store: Store = {
    ...world.services.store,
    lane: (work) =>
      world.services.store.lane(async (lane) => {
        await work(lane);
        throw new Failure();
      }),
  };
  expect(await broken(store, isFailure)).toBe(0);
});

test('a flight whose answer is lost after the commit is stored, and sending it again brings the same receipts and no second entry', async () => {
  const store: Store = {
    ...world.services.store,
    lane: async (work) => {
      await world.services.store.lane(work);
      throw new Failure();
    },
  };
  expect(await broken(store, isFailure)).toBe(8);
});

const DIE = { name: 'die', text: `select set_config('role', 'none', true), pg_terminate_backend(pg_backend_pid())` };

test('a connection that the database drops between any two statements leaves nothing, and the error says that the outcome is unknown', async () => {
  for (let n = 1; n <= statements.length; n++) {
    const die = (now: number, lane: Lane): void => (now === n ? void lane.run(DIE).catch(pass) : undefined);
    const store = through((lane) => watched(lane, die, pass));
    expect(await broken(store, isUnavailable), `statement ${n}`).toBe(0);
  }
}, 120_000);

/** Between us and the database: once it is `deaf`, no answer comes back, and after a while the line is cut. */
async function proxyTo(url: string): Promise<{ url: string; deafen: (cut_ms: number) => void; close: () => void }> {
  const target = new URL(url);
  const port = Number(target.port);
  const sockets = new Set<Socket>();
  let deaf = false;
  const server = createServer((near) => {
    const far = connect(port, target.hostname);
    for (const socket of [near, far]) sockets.add(socket.on('error', pass));
    near.pipe(far);
    far.on('data', (chunk) => void (deaf || near.write(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target.port = String((server.address() as AddressInfo).port);
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    deaf = false;
  };
  const deafen = (cut_ms: number): void => {
    deaf = true;
    setTimeout(cut, cut_ms);
  };
  return { url: target.href, deafen, close: () => (cut(), server.close()) };
}

test('a line that is cut around the commit leaves all or nothing, and sending again ends in the same', async () => {
  const proxy = await proxyTo(world.database.urls.app);
  const far = connectPool({ url: proxy.url, personal_key: PERSONAL_KEY, connections_max: 1, lanes_max: 1, onError: pass });
  const outcomes: number[] = [];
  for (const cut_ms of [0, 1, 2, 3, 5, 200, 200]) {
    const lane: Store['lane'] = (work) =>
      far.lane(async (inner) => {
        const result = await work(inner);
        proxy.deafen(cut_ms);
        return result;
      });
    outcomes.push(await broken({ ...far, lane }, isUnavailable));
  }
  console.log(
    `faults: lines cut around the commit: ${outcomes.filter((n) => n === 0).length} not stored, ${outcomes.filter((n) => n === 8).length} stored without an answer`,
  );
  expect(new Set([...outcomes, 8, 0])).toEqual(new Set([0, 8]));
  expect(outcomes.slice(-2)).toEqual([8, 8]);
  await far.close();
  proxy.close();
}, 60_000);

const slip = (): never => {
  throw new Defect('a slip in an act');
};

test.each<[string, (draft: Draft) => Draft['decide']]>([
  ['the database will not take', (draft) => (known) => ({ ...draft.decide(known), holds: -1 })],
  ['cannot be decided', () => slip],
  ['cannot say what else is to be written', (draft) => (known) => ({ ...draft.decide(known), writes: slip })],
])('a draft that %s fails alone and leaves nothing: what flies with it is stored', async (_, decideOf) => {
  const drafts = await flight();
  const [first] = drafts as [Draft];
  const bad = { ...first, claim: { ...first.claim, checkpoint_id: newId() } };
  const answers = await Promise.all(fly(world.services.store, [{ ...bad, decide: decideOf(bad) }, ...drafts]));
  expect(answers[0]).toBeInstanceOf(Error);
  expect(answers[0]).not.toBeInstanceOf(Refused);
  expect((await storedOf([bad])).size).toBe(0);
  expect(answers.filter((answer) => !(answer instanceof Error))).toHaveLength(drafts.length - 1);
  await sentAgain(drafts);
});

test('an instant of the year 10000, which PostgreSQL does not read, is refused and no defect', async () => {
  const { facts } = KT1_LETTER;
  const service = { ...facts.service, urgency: 'HEN_GIO', appointed_at: '9999-12-31T23:59:59-01:00' };
  expectRefusal(await world.post('CLERK', { ...KT1_LETTER, checkpoint_id: newId(), facts: { ...facts, service } }), 'invalid_input', 422);
});
