// A long seeded walk over everything that is posted at a counter, by people of every role, through two servers at once, beside a small
// model that says what must come of each step. The model is written from the trade's rules, not from the code.

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hex } from '../../src/base/bytes.ts';
import { entryOf, sha256 } from '../../src/ledger/entry.ts';
import { foldItem, unitRow } from '../../src/ledger/project.ts';
import type { ItemRow, UnitRow } from '../../src/ledger/project.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { assemble } from '../../src/node.ts';
import { KT1_LETTER, makeWorld, newId, PARCEL, PERSONAL_KEY, preprinted } from '../support/world.ts';
import type { World } from '../support/world.ts';
import { anyStep, CALLERS, EMPTY, KINDS, predict, step } from '../support/model.ts';
import type { Item, Op, Outcome } from '../support/model.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
console.log(`walk: SEED=${SEED}`);
const STEPS = 3_500;
const ITEMS = 40;

let world: World;
let second: ReturnType<typeof assemble>;
beforeAll(async () => {
  world = await makeWorld();
  // Somebody who may both accept and approve, and so can be refused for being the same person.
  const { person_id } = await world.root.selectFrom('person').select('person_id').where('badge', '=', 'CLERK8').executeTakeFirstOrThrow();
  await world.root
    .insertInto('person_role')
    .values({ person_id, role: 'controller', office_code: '243100', valid_from: '2017-01-01' })
    .execute();
  second = assemble(
    { NIEM_PROFILE: 'lan', NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 5, NIEM_LOG: 'silent', NIEM_PERSONAL_KEY: PERSONAL_KEY },
    world.database.urls.app,
  );
});
afterAll(async () => {
  await second.close();
  await world.end();
});

let x = SEED >>> 0;
const random = (): number => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

type Answer = { status: number; body: any };

/** Through one server or the other. */
async function post(server: number, badge: string, body: object): Promise<Answer> {
  const { app } = server === 0 ? world : second;
  const headers = { authorization: `Bearer ${await world.as(badge)}`, 'content-type': 'application/json' };
  const response = await app.request('/api/checkpoints', { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

const seen = {
  stored: {} as Record<string, number>,
  refusals: {} as Record<string, number>,
  flags: {} as Record<string, number>,
  crowds: 0,
  repeats: 0,
};
const count = (into: Record<string, number>, what: string): void => void (into[what] = (into[what] ?? 0) + 1);

function outcomeOf({ status, body }: Answer): Outcome {
  expect(status, JSON.stringify(body)).not.toBe(500);
  if (status !== 201) return { refusal: body.refusal };
  return { state: body.state, custodian: `${body.custodian.kind}/${body.custodian.ref}`, flags: [...body.flags].toSorted() };
}

/** Takes note of an answer: coverage, and the item as it stands then. */
function note(item: Item, op: Op, answer: Answer): Item {
  if (answer.status !== 201) count(seen.refusals, answer.body.refusal);
  else {
    count(seen.stored, op.kind);
    for (const flag of answer.body.flags) count(seen.flags, flag);
  }
  return answer.status === 201 ? step(item, op, answer.body) : item;
}

/** A new item or a refusal slip by somebody who may or may not make one. */
async function begin(): Promise<Item | null> {
  const kind = random() < 0.25 ? 'acceptance_refused' : 'accepted';
  const caller = pick(CALLERS.filter((c) => c.badge.includes('CLERK') || random() < 0.1));
  const example = random() < 0.6 ? KT1_LETTER : PARCEL;
  const facts =
    kind === 'accepted'
      ? example.facts
      : { service_class: 'parcel', reason_code: random() < 0.9 ? 'joint_check_refused' : 'no_such_reason' };
  const op: Op = { kind, caller, facts, example };
  const expected = predict(EMPTY, op);
  const body = { ...(kind === 'accepted' ? example : { kind }), facts, checkpoint_id: newId() };
  const answer = await post(Math.floor(random() * 2), caller.badge, body);
  if (answer.body.refusal === 'range_exhausted') expect(caller.office).toBe('240100');
  else expect(without(outcomeOf(answer)), JSON.stringify(op)).toEqual(without(expected));
  const item = note(EMPTY, op, answer);
  return answer.status === 201 ? { ...item, sent: [{ badge: caller.badge, body, answer: answer.body }] } : null;
}

/** Who holds a new item is known only from the answer: the model does not know the ids of people. */
const without = (outcome: Outcome): object => ('refusal' in outcome ? outcome : { ...outcome, custodian: outcome.custodian.split('/')[0] });

async function anyOp(item: Item): Promise<Op> {
  const op = anyStep(item, random);
  if (op.kind !== 'rewrapped' || op.caller.office !== '243100' || random() < 0.2) return op;
  const other = op.caller.badge === 'CONTROLLER2' ? 'CONTROLLER' : 'CONTROLLER2';
  return { ...op, confirmation: await world.confirmation(op.caller.badge, other, 'item.rewrap') };
}

const wireOf = (item: Item, op: Op): object => ({
  checkpoint_id: newId(),
  kind: op.kind,
  code: item.code,
  facts: op.facts,
  ...(op.confirmation === undefined ? {} : { confirmation: op.confirmation }),
});

/** One step on one item: what the model says, and nothing else, must come of it. */
async function single(item: Item, server: number): Promise<Item> {
  const op = await anyOp(item);
  const wire = wireOf(item, op);
  const answer = await post(server, op.caller.badge, wire);
  expect(outcomeOf(answer), `${JSON.stringify(op)} on ${JSON.stringify({ ...item, sent: 0 })}`).toEqual(predict(item, op));
  const after = note(item, op, answer);
  if (answer.status === 201) after.sent.push({ badge: op.caller.badge, body: wire, answer: answer.body });
  return after;
}

/** Several people at once on one item: in whatever order they came, each must have met what the model says of that order. */
async function crowd(item: Item): Promise<Item> {
  seen.crowds++;
  const ops: Op[] = [];
  for (let i = 0; i < 4; i++) ops.push(await anyOp(item));
  const answers = await Promise.all(ops.map((op, i) => post(i % 2, op.caller.badge, wireOf(item, op))));
  const stored = ops.map((op, i) => ({ op, answer: answers[i] as Answer })).filter(({ answer }) => answer.status === 201);
  stored.sort((a, b) => a.answer.body.unit_seq - b.answer.body.unit_seq);
  const moments = [item];
  for (const { op, answer } of stored) {
    const now = moments.at(-1) as Item;
    expect(answer.body.unit_seq).toBe(now.unit_seq + 1);
    expect(answer.body.prev_hash).toBe(now.hash);
    expect(outcomeOf(answer), JSON.stringify(op)).toEqual(predict(now, op));
    moments.push(note(now, op, answer));
  }
  for (const [i, op] of ops.entries()) {
    const answer = answers[i] as Answer;
    if (answer.status === 201) continue;
    note(item, op, answer);
    expect(
      moments.map((now) => predict(now, op)),
      JSON.stringify(op),
    ).toContainEqual(outcomeOf(answer));
  }
  return moments.at(-1) as Item;
}

/** What was sent is sent again, as it was or changed, through the other server. */
async function repeat(item: Item): Promise<void> {
  const { badge, body, answer } = pick(item.sent);
  seen.repeats++;
  const again = await post(Math.floor(random() * 2), badge, body);
  expect(again).toEqual({ status: 201, body: answer });
  const changed = await post(Math.floor(random() * 2), badge, { ...body, device_at: '2026-01-01T00:00:00Z' });
  expect(changed.body.refusal).toBe('checkpoint_id_reused');
  count(seen.refusals, 'checkpoint_id_reused');
}

test(`${STEPS} random steps end as the model says, each of them and all together`, async () => {
  let items: Item[] = [];
  const all = new Map<string, Item>();
  let steps = 0;
  while (steps < STEPS) {
    while (items.length < ITEMS) {
      steps++;
      const item = await begin();
      if (item) items.push(item);
    }
    const chosen = [...new Set(Array.from({ length: 6 }, () => Math.floor(random() * items.length)))];
    await Promise.all(
      chosen.map(async (at, i) => {
        const item = items[at] as Item;
        const what = random();
        if (what < 0.05) return repeat(item);
        items[at] = what < 0.25 ? await crowd(item) : await single(item, i % 2);
        steps += what < 0.25 ? 4 : 1;
      }),
    );
    for (const item of items) all.set(item.unit_id, item);
    items = items.filter((item) => item.unit_seq < 25 && random() > (item.state === 'awaiting_approval' ? 0.002 : 0.02));
  }
  console.log(`walk: ${steps} steps on ${all.size} items`, seen);

  expect(Object.keys(seen.stored).toSorted()).toEqual(KINDS.toSorted());
  for (const [kind, times] of Object.entries(seen.stored)) expect(times, kind).toBeGreaterThanOrEqual(20);
  expect(Object.keys(seen.refusals).length).toBeGreaterThanOrEqual(10);
  expect(Object.keys(seen.flags)).toEqual(expect.arrayContaining(['elsewhere', 'not_cleared', 'weight_drift', 'after_end']));

  const units = world.root.selectFrom('unit').leftJoin('item', 'item.unit_id', 'unit.unit_id').selectAll('unit');
  const rows = await units.select(['weight_g', 'labels_printed']).execute();
  expect(rows.length).toBe(all.size);
  for (const row of rows) {
    const item = all.get(row.unit_id) as Item;
    expect({ ...row, custodian: `${row.custodian_kind}/${row.custodian_ref}`, head: hex(row.head_hash) }).toMatchObject({
      code: item.code,
      state: item.state,
      custodian: item.custodian,
      holds: 0,
      unit_seq: item.unit_seq,
      head: item.hash,
      weight_g: item.slip ? null : item.weight_g,
      labels_printed: item.slip ? null : item.labels,
    });
  }
  await world.verify();
}, 120_000);

test('the tables of units and items can be thrown away and made again from the ledger, to the last column', async () => {
  const entries = await world.root.selectFrom('checkpoint').select('body').orderBy('unit_id').orderBy('unit_seq').execute();
  const units = new Map<string, UnitRow>();
  const items = new Map<string, ItemRow>();
  for (const { body } of entries) {
    const entry = entryOf(new Uint8Array(body));
    units.set(entry.unit_id, unitRow(entry, sha256(body), units.get(entry.unit_id)?.office_code ?? null));
    const item = foldItem(items.get(entry.unit_id) ?? null, entry);
    if (item) items.set(entry.unit_id, item);
  }
  const rows = { unit: [...units.values()].map((u) => ({ ...u, head_hash: `\\x${u.head_hash}` })), item: [...items.values()] };
  for (const table of ['unit', 'item'] as const) {
    const made = sql`select * from jsonb_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows[table])}::jsonb)`;
    const { rows: different } = await sql`
      (table ${sql.table(table)} except ${made}) union all (${made} except table ${sql.table(table)})`.execute(world.root);
    expect(different).toEqual([]);
    expect(rows[table].length).toBeGreaterThan(40);
  }
});

test('of two first labels at once one is refused for want of a reason, in whatever order they come', async () => {
  for (let i = 0; i < 10; i++) {
    const code = await world.accepted();
    const print = (server: number): Promise<Answer> =>
      post(server, 'CLERK', { checkpoint_id: newId(), kind: 'label_printed', code, facts: { size: '80x50' } });
    // Both wait for the row, so both have looked before the other one wrote.
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const blocker = world.root.transaction().execute(async (tx) => {
      await tx.selectFrom('unit').select('code').where('code', '=', code).forUpdate().execute();
      await released;
    });
    await sleep(10);
    const answers = [print(0), print(1)];
    await sleep(50);
    release();
    await blocker;
    const both = await Promise.all(answers);
    expect(both.map((a) => a.body.refusal ?? 'stored').toSorted()).toEqual(['invalid_input', 'stored']);
  }
  await world.verify();
});

test('of two acceptances of one label at once one is stored and the other told that the number is in use', async () => {
  for (let n = 1; n <= 10; n++) {
    const accept = (server: number): Promise<Answer> =>
      post(server, 'CLERK', { ...KT1_LETTER, checkpoint_id: newId(), code: preprinted(n) });
    const answers = await Promise.all([accept(0), accept(1), accept(0), accept(1)]);
    expect(answers.map((a) => a.body.refusal ?? 'stored').toSorted()).toEqual([
      'number_in_use',
      'number_in_use',
      'number_in_use',
      'stored',
    ]);
  }
  await world.verify();
});

test('one checkpoint sent through both servers at once is stored once, with one receipt', async () => {
  const code = await world.accepted();
  for (const body of Array.from({ length: 20 }, (_, i) => (i % 2 ? { kind: 'seen', code, facts: {} } : PARCEL))) {
    const again = { ...body, checkpoint_id: newId() };
    const answers = await Promise.all([0, 1, 0, 1].map((server) => post(server, 'CLERK', again)));
    for (const answer of answers) expect(answer).toEqual({ status: 201, body: answers[0]?.body });
  }
  await world.verify();
});

test('a ledger that is being written to is found honest all the while', async () => {
  const codes = await Promise.all(Array.from({ length: 16 }, () => world.accepted()));
  const writers = { stop: false, scans: 0 };
  const load = codes.map(async (code, i) => {
    for (; !writers.stop; writers.scans++) await post(i % 2, 'CLERK', { checkpoint_id: newId(), kind: 'seen', code, facts: {} });
  });
  try {
    for (let i = 0; i < 8; i++) expect((await verifyLedger(world.services.store.read)).faults).toEqual([]);
  } finally {
    writers.stop = true;
    await Promise.all(load);
  }
  expect(writers.scans).toBeGreaterThan(50);
}, 60_000);
