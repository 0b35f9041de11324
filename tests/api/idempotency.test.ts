// Sending again, sending at once, sending many: one fact is one row, whoever repeats it, in whatever order it comes.

import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { contextOf } from '../../src/acts/act.ts';
import { sha256Text } from '../../src/acts/session.ts';
import { step } from '../../src/acts/step.ts';
import { addMonths, civilDate } from '../../src/base/time.ts';
import { assemble } from '../../src/node.ts';
import { personalOf } from '../../src/views/item.ts';
import { expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL, PERSONAL_KEY, preprinted } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
beforeAll(async () => void (world = await makeWorld()));
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const DAY = 86_400_000;
const letter = (more: object = {}) => ({ ...KT1_LETTER, checkpoint_id: newId(), ...more });
const parcel = (more: object = {}) => ({ ...PARCEL, checkpoint_id: newId(), ...more });
const seen = (code: string, more: object = {}) => ({ checkpoint_id: newId(), kind: 'seen', code, facts: {}, ...more });
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

async function batch(badge: string, checkpoints: readonly unknown[]): Promise<Answer> {
  const answer = await world.call('POST', '/api/checkpoints/batch', { token: await world.as(badge), body: { checkpoints } });
  expect(answer.status, answer.text).toBe(200);
  return answer;
}

/** Rows of the ledger that carry one of these ids. */
async function rows(table: 'checkpoint' | 'refused_claim', ids: readonly string[]): Promise<number> {
  const found = await world.root.selectFrom(table).select('checkpoint_id').where('checkpoint_id', 'in', ids).execute();
  return found.length;
}

async function later(ms: number, work: () => Promise<void>): Promise<void> {
  world.advance(ms);
  world.forget('CLERK');
  await work();
  world.advance(-ms);
  world.forget('CLERK');
}

describe('sent again', () => {
  test('one scan sent 64 times at once is one row, and 64 times the same receipt', async () => {
    const scan = seen(await world.accepted());
    const answers = await Promise.all(times(64, () => world.post('CLERK', scan)));
    expect(answers.map((answer) => answer.status)).toEqual(times(64, () => 201));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(await rows('checkpoint', [scan.checkpoint_id])).toBe(1);
  });

  test('one acceptance sent 64 times at once takes one number', async () => {
    const before = await world.root.selectFrom('number_range').select('serial_next').where('prefix', '=', 'BK').executeTakeFirstOrThrow();
    const one = letter();
    const answers = await Promise.all(times(64, () => world.post('CLERK', one)));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    const after = await world.root.selectFrom('number_range').select('serial_next').where('prefix', '=', 'BK').executeTakeFirstOrThrow();
    expect(after.serial_next).toBe(before.serial_next + 1);
  });

  test('within one batch too', async () => {
    const one = letter();
    const { results } = (await batch('CLERK', [one, one, one])).body;
    expect(new Set(results.map((result: any) => result.receipt.hash)).size).toBe(1);
    expect(await rows('checkpoint', [one.checkpoint_id])).toBe(1);
  });

  test('days later, in another session and after the item went on', async () => {
    const one = letter();
    const first = await world.post('CLERK', one);
    await world.post('CONTROLLER', { ...seen(first.body.code), kind: 'approved' });
    await later(3 * DAY, async () => expect((await world.post('CLERK', one)).text).toBe(first.text));
  });

  // prettier-ignore
  const OTHERS: [what: string, change: (one: any) => void][] = [
    ['another weight', (one) => (one.facts.weight_g += 1)],
    ['another addressee', (one) => (one.facts.addressee = { postal_code: '10000', destination_office_code: '100900' })],
    ['a number of its own', (one) => (one.code = preprinted(900))],
    ['a device time', (one) => (one.device_at = '2021-01-21T14:30:00+07:00')],
    ['another kind', (one) => { one.kind = 'acceptance_refused'; one.facts = { service_class: 'kt1', reason_code: 'joint_check_refused' }; }],
  ];
  test.each(OTHERS)('an id with %s is refused, and the original stays as it was', async (_, change) => {
    const one = structuredClone(letter());
    const first = await world.post('CLERK', one);
    const other = structuredClone(one);
    change(other);
    const answer = await world.post('CLERK', other);
    expectRefusal(answer, 'checkpoint_id_reused', 422);
    expect(answer.body.facts).toEqual({ checkpoint_id: one.checkpoint_id });
    expect((await world.post('CLERK', one)).text).toBe(first.text);
    expect(await rows('refused_claim', [one.checkpoint_id])).toBe(1);
  });

  test('somebody else’s id is refused to a second person, with the same content too', async () => {
    const one = letter();
    await world.post('CLERK', one);
    expectRefusal(await world.post('CLERK1', one), 'checkpoint_id_reused');
  });

  test('a parcel with the same personal data is the same parcel, with another phone it is not', async () => {
    const one = structuredClone(parcel());
    const answers = await Promise.all(times(8, () => world.post('CLERK', one)));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    for (const party of ['sender', 'addressee'] as const) {
      const other = structuredClone(one);
      other.personal[party].phone = '0200000999';
      expectRefusal(await world.post('CLERK', other), 'checkpoint_id_reused');
    }
    const { declaration: _, ...two } = one.personal;
    expectRefusal(await world.post('CLERK', { ...one, personal: two }), 'invalid_input');
    const kept = await world.root.selectFrom('personal').select('unit_id').where('checkpoint_id', '=', one.checkpoint_id).executeTakeFirstOrThrow();
    expect(await personalOf(world.services.store, kept.unit_id)).toEqual(one.personal);
  });

  test('a refused attempt is kept once, however often it is sent, and holds nothing personal', async () => {
    const one = parcel({ facts: { ...PARCEL.facts, joint_check: 'refused' } });
    for (const answer of await Promise.all(times(16, () => world.post('CLERK', one)))) expectRefusal(answer, 'joint_check_refused');
    const kept = await world.root
      .selectFrom('refused_claim')
      .select(['refusal', 'claim'])
      .where('checkpoint_id', '=', one.checkpoint_id)
      .execute();
    expect(kept.map((row) => row.refusal)).toEqual(['joint_check_refused']);
    for (const secret of ['Mẫu', '0200000101', 'Bánh']) expect(Buffer.from(kept[0]?.claim ?? []).includes(secret)).toBe(false);
    expect((await world.post('CLERK', { ...one, facts: PARCEL.facts })).status).toBe(201);
  });
});

describe('one number names one item', () => {
  test('of eight clerks who scan one label at once, one gets it', async () => {
    const code = preprinted(800);
    const answers = await Promise.all(times(8, (i) => world.post(`CLERK${i + 1}`, letter({ code }))));
    const lost = answers.filter((answer) => answer.status !== 201);
    expect(lost).toHaveLength(7);
    for (const answer of lost) expectRefusal(answer, 'number_in_use', 409);
    const units = await world.root.selectFrom('unit').select('unit_seq').where('code', '=', code).execute();
    expect(units).toEqual([{ unit_seq: 1 }]);
  });

  test('until twelve months after its acceptance, and then only if the item has ended', async () => {
    const [ended, living] = [preprinted(20), preprinted(21)];
    for (const code of [ended, living]) expect(await world.accepted(letter({ code }))).toBe(code);
    await withdraw(ended);
    const today = civilDate(Date.now());
    const year = Date.parse(addMonths(today, 12)) - Date.parse(today);
    for (const [ms, code] of [
      [0, ended],
      [year - DAY, ended],
      [year, living],
    ] as const)
      await later(ms, async () => expectRefusal(await world.post('CLERK', letter({ code })), 'number_in_use', 409));
    await later(year, async () => {
      const again = await world.post('CLERK', letter({ code: ended, facts: { ...KT1_LETTER.facts, weight_g: 99 } }));
      expect(again.body, again.text).toMatchObject({ code: ended, unit_seq: 1, prev_hash: null });
      const item = await world.call('GET', `/api/items/${ended}`, { token: await world.as('CLERK') });
      expect(item.body).toMatchObject({ unit_id: again.body.unit_id, weight_g: 99 });
    });
  });

  /** Withdrawal stands in the catalogue but cannot be posted yet, so the act is done without the API. */
  async function withdraw(code: string): Promise<void> {
    const { caller } = await world.services.session(sha256Text(await world.as('CONTROLLER')));
    const { person_id, office_code } = caller;
    const device = { device_id: null, device_seq: null, device_prev: null, device_at: null, clock_offset_ms: null, head_seen: null };
    const claim = {
      checkpoint_id: newId(),
      kind: 'withdrawn' as const,
      code,
      person_id,
      office_code,
      ...device,
      facts: {},
      commitments: {},
    };
    const context = contextOf(world.services.store.read, await world.services.reference(), false);
    const draft = await step({ claim, caller, device_signature: null, personal: [], confirmation_hash: null }, context);
    expect(await world.services.append(draft)).toMatchObject({ state: 'withdrawn' });
  }
});

describe('a batch', () => {
  test('of 500 with 7 bad ones stores 493 and explains 7, each by itself', async () => {
    const codes = (
      await batch(
        'CLERK',
        times(100, () => letter()),
      )
    ).body.results.map((result: any) => result.receipt.code);
    // prettier-ignore
    const bad: [i: number, checkpoint: object | null, refusal: string][] = [
      [0, null, 'invalid_input'], [77, seen('BD500000001VN'), 'unknown_unit'], [123, seen(codes[0], { facts: { note: 'x' } }), 'invalid_input'],
      [200, { ...seen(codes[1]), kind: 'approved' }, 'not_permitted'], [333, letter({ code: 'KT473124829VN' }), 'reserved_prefix'],
      [400, { ...seen(codes[2]), kind: 'label_printed', facts: { size: '80x50', reason_code: 'haste' } }, 'unknown_reason'],
      [499, parcel({ facts: { ...PARCEL.facts, joint_check: 'not_applicable' } }), 'joint_check_needed'],
    ];
    const checkpoints: (object | null)[] = times(500, (i) => seen(codes[i % 100]));
    for (const [i, checkpoint] of bad) checkpoints[i] = checkpoint;
    const { stored, refused, results } = (await batch('CLERK', checkpoints)).body;
    expect({ stored, refused }).toEqual({ stored: 493, refused: 7 });
    expect(results.map((result: any) => result.checkpoint_id)).toEqual(checkpoints.map((one: any) => one?.checkpoint_id ?? null));
    const found = results.flatMap((result: any, i: number) => (result.problem ? [[i, result.problem.refusal]] : []));
    expect(found).toEqual(bad.map(([i, , refusal]) => [i, refusal]));
    expect(
      await rows(
        'checkpoint',
        checkpoints.flatMap((one: any) => one?.checkpoint_id ?? []),
      ),
    ).toBe(493);
  });

  test('keeps its order: accepted, printed, weighed and seen in one go', async () => {
    const code = preprinted(30);
    const steps = [
      letter({ code }),
      { ...seen(code), kind: 'label_printed', facts: { size: '80x50' } },
      { ...seen(code), kind: 'reweighed', facts: { weight_g: 182 } },
      seen(code),
    ];
    const { results } = (await batch('CLERK', steps)).body;
    const receipts = results.map(({ receipt }: any) => [receipt?.kind, receipt?.unit_seq]);
    expect(receipts).toEqual([
      ['accepted', 1],
      ['label_printed', 2],
      ['reweighed', 3],
      ['seen', 4],
    ]);
    for (let i = 1; i < 4; i++) expect(results[i].receipt.prev_hash).toBe(results[i - 1].receipt.hash);
  });

  test('may correct what it recorded itself: a queue that comes in late holds both', async () => {
    const code = await world.accepted();
    const wrong = { ...seen(code), kind: 'reweighed', facts: { weight_g: 999 } };
    const right = {
      ...seen(code),
      kind: 'corrected',
      facts: { corrects: wrong.checkpoint_id, reason_code: 'typing_error', weight_g: 190 },
    };
    expect((await batch('CONTROLLER', [wrong, right])).body).toMatchObject({ stored: 2, refused: 0 });
  });

  test('keeps its order when it is split between flights', async () => {
    const [first, second, code] = [await world.accepted(), await world.accepted(), preprinted(31)];
    const road = [letter({ code }), ...times(499, () => seen(code))];
    // Both lanes wait for a row, and 250 scans for a lane: the batch behind them no longer fits one flight.
    const sent = await world.root.transaction().execute(async (tx) => {
      await sql`select from unit where code in (${first}, ${second}) for update`.execute(tx);
      const scans = [];
      for (const codes of [[first], [second], times(250, () => first)]) {
        scans.push(
          batch(
            'CLERK1',
            codes.map((one) => seen(one)),
          ),
        );
        await pause(150);
      }
      const answer = batch('CLERK', road);
      await pause(400);
      return { answer, scans };
    });
    await Promise.all(sent.scans);
    const { results } = (await sent.answer).body;
    expect(results.flatMap(({ problem }: any) => problem?.refusal ?? [])).toEqual([]);
  });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('two instances on one database that race for the same items lose nothing and double nothing', async () => {
  const config = { NIEM_PROFILE: 'lan', NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 5, NIEM_LOG: 'silent', NIEM_PERSONAL_KEY: PERSONAL_KEY } as const;
  const twin = assemble(config, world.database.urls.app, world.clock);
  const headers = { authorization: `Bearer ${await world.as('CLERK')}`, 'content-type': 'application/json' };
  const atTwin = async (checkpoints: readonly object[]): Promise<Answer['body']> => {
    const body = JSON.stringify({ checkpoints });
    return (await twin.app.request('/api/checkpoints/batch', { method: 'POST', headers, body })).json();
  };
  const codes = times(40, (i) => preprinted(2_000 + i));
  const made = codes.map((code) => letter({ code }));
  const assigned = times(40, () => letter());
  const both = async (checkpoints: readonly object[]) =>
    Promise.all([
      batch('CLERK', checkpoints),
      atTwin(checkpoints.toReversed()),
      atTwin(checkpoints),
      batch('CLERK', checkpoints.toReversed()),
    ]);
  const sets = [...(await both(made)), ...(await both(assigned))].map((answer: any) => answer.body ?? answer);
  for (const answer of sets) expect(answer, JSON.stringify(answer).slice(0, 500)).toMatchObject({ stored: 40, refused: 0 });

  const scans = times(10, () => codes.map((code) => seen(code)));
  const answers = await Promise.all(scans.map((each, i) => (i % 2 === 0 ? batch('CLERK', each) : atTwin(each.toReversed()))));
  for (const answer of answers) expect((answer.body ?? answer).stored).toBe(40);
  const units = await world.root.selectFrom('unit').select('unit_seq').where('code', 'in', codes).execute();
  expect(units).toEqual(times(40, () => ({ unit_seq: 11 })));
  await twin.close();
});
