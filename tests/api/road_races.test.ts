// Two offices' worth of people at the same bag at the same moment, through two apps on one database: one of them wins, the
// others are told why, and the ledger stays true. What one flight decides is what two flights would have decided.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeRoad } from '../support/road.ts';
import type { Road, Sent } from '../support/road.ts';
import { CENTRE, DONG_DANG, newId } from '../support/world.ts';
import type { Answer } from '../support/world.ts';

const ROUNDS = 12;
let road: Road;
beforeAll(async () => void (road = await makeRoad()));
afterAll(() => road.end());
afterEach(async () => void (await road.world.verify()));

const letters = (n: number): Promise<string[]> => road.approved(Array.from({ length: n }, () => ({ weight_g: 150 })));
const rounds = async (work: (i: number) => Promise<void>): Promise<void> => {
  for (let i = 0; i < ROUNDS; i++) await work(i);
};
/** How each answered: `ok`, or the refusal. A 500 is neither. */
const outcomes = (answers: Answer[]): string[] => answers.map((a) => (a.status < 300 ? 'ok' : (a.body?.refusal ?? `status ${a.status}`)));
const insideOf = async (bag: string): Promise<number> => (await road.call(0, 'SORTER', 'GET', `/api/bags/${bag}/manifest`)).body.item_count;
const stateOf = async (bag: string): Promise<string> => (await road.call(0, 'SORTER', 'GET', `/api/bags/${bag}`)).body.state;
const app = (i: number): 0 | 1 => (i % 2 === 0 ? 0 : 1);

describe('one winner', () => {
  test('two persons put the same item into the same bag, and different items', () => rounds(async () => {
    const [same = '', a = '', b = ''] = await letters(3);
    const [open] = await road.openBags([[]]);
    const bag = open?.bag ?? '';
    const put = (i: 0 | 1, code: string) => road.post(i, i === 0 ? 'SORTER' : 'SORTER2', 'bagged', code, { bag_code: bag });
    const answers = await Promise.all([put(0, same), put(1, same), put(0, a), put(1, b)]);
    expect(outcomes(answers.slice(0, 2)).toSorted()).toEqual(['ok', 'other_bag']);
    expect(outcomes(answers.slice(2))).toEqual(['ok', 'ok']);
    expect(await insideOf(bag)).toBe(3);
  }));

  test('an item claimed by two bags is in one', () => rounds(async () => {
    const [code = ''] = await letters(1);
    const [one, two] = await road.openBags([[], []]);
    const answers = await Promise.all([one, two].map((open, i) => road.post(app(i), i === 0 ? 'SORTER' : 'SORTER2', 'bagged', code, { bag_code: open?.bag })));
    expect(outcomes(answers).toSorted()).toEqual(['ok', 'other_bag']);
    expect((await insideOf(one?.bag ?? '')) + (await insideOf(two?.bag ?? ''))).toBe(1);
  }));

  test('a bag sealed while items go in holds what the seal says', () => rounds(async () => {
    const codes = await letters(6);
    const [open] = await road.openBags([codes.slice(0, 3)]);
    const bag = open?.bag ?? '';
    const [seal_no = ''] = await road.seals(1);
    const [sealed, ...put] = await Promise.all([
      road.post(0, 'SORTER', 'bag_sealed', bag, road.sealing(3, seal_no)),
      ...codes.slice(3).map((code, i) => road.post(app(i + 1), 'SORTER2', 'bagged', code, { bag_code: bag })),
    ]);
    const inside = 3 + outcomes(put).filter((o) => o === 'ok').length;
    expect(await insideOf(bag)).toBe(inside);
    if (sealed.status < 300) expect([inside, ...outcomes(put)]).toEqual([3, 'bag_not_open', 'bag_not_open', 'bag_not_open']);
    else expect(sealed.body.refusal).toBe('count_differs');
    const manifest = (await road.call(0, 'SORTER', 'GET', `/api/bags/${bag}/manifest`)).body;
    if (sealed.status < 300) expect(manifest.digest).toBe(manifest.digest_of_ledger);
  }));

  test('the same seal is on one of two bags', () => rounds(async () => {
    const bags = await road.openBags([[], []]);
    const [seal_no = ''] = await road.seals(1);
    const answers = await Promise.all(bags.map(({ bag }, i) => road.post(app(i), i === 0 ? 'SORTER' : 'SORTER2', 'bag_sealed', bag, road.sealing(0, seal_no))));
    expect(outcomes(answers).toSorted()).toEqual(['ok', 'seal_unusable']);
  }));

  test('a handover is accepted once', () => rounds(async () => {
    const [code = ''] = await letters(1);
    const courier = await road.world.personId('COURIER');
    const to = { kind: 'person', ref: courier };
    const offered = await road.call(0, 'CLERK', 'POST', '/api/handovers', { to, receiver_person_id: courier, lines: [{ code, condition: 'intact', seal_nos: [] }] });
    const { handover_id } = offered.body;
    const answers = await Promise.all([0, 1, 2, 3].map((i) => road.post(app(i), 'COURIER', 'handed_over', code, { handover_id, to, condition: 'intact' })));
    expect(outcomes(answers).toSorted()).toEqual(['handover_answered', 'handover_answered', 'handover_answered', 'ok']);
  }));

  test('a bag is opened once', async () => {
    const sent = await road.sentBags(Array.from({ length: ROUNDS }, () => []));
    await rounds(async (n) => {
      const { bag, seal_no } = sent[n] as Sent;
      const answers = await Promise.all([0, 1, 2, 3].map((i) => road.post(app(i), i < 2 ? 'CENTRESORTER' : 'CENTRESORTER2', 'bag_unsealed', bag, { opening_id: newId(), seal_nos: [seal_no], blind: false })));
      expect(outcomes(answers).toSorted()).toEqual(['ok', 'wrong_state', 'wrong_state', 'wrong_state']);
    });
  });

  test('a bag closed while its last item is counted is closed after it or not at all', async () => {
    const codes = await letters(ROUNDS * 2);
    const sent = await road.sentBags(Array.from({ length: ROUNDS }, (_, i) => codes.slice(i * 2, i * 2 + 2)));
    await rounds(async (n) => {
      const bag = sent[n] as Sent;
      const [a = '', b = ''] = codes.slice(n * 2, n * 2 + 2);
      await road.unseal(bag);
      const [closed, ...counted] = await Promise.all([
        road.post(app(n), 'CENTRESORTER', 'bag_emptied', bag.bag, {}),
        ...[a, b].map((code, i) => road.post(app(n + 1), i === 0 ? 'CENTRESORTER2' : 'CENTRESORTER3', 'counted', code, { bag_code: bag.bag, condition: 'intact' })),
      ]);
      expect(outcomes(counted)).toEqual(['ok', 'ok']);
      expect(['ok', 'lines_open']).toContain(outcomes([closed])[0]);
      expect(outcomes([await road.post(0, 'CENTRESORTER', 'bag_emptied', bag.bag, {})])[0]).toBe(closed.status < 300 ? 'not_counting' : 'ok');
    });
  });

  test('sixteen trips opened at once have consecutive numbers', () => rounds(async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => road.call(app(i), 'SORTER', 'POST', '/api/trips', { to_office_code: CENTRE, mail: 'ordinary', route_level: 2, guard_requested: false })));
    const numbers = answers.map((a) => a.body.trip_no as number).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 16 }, (_, i) => (numbers[0] ?? 0) + i));
  }));

  test('one of two blocks with the same seals is issued, and the other is refused', () => rounds(async (n) => {
    const answers = await Promise.all([0, 1, 2].map((i) => road.call(app(i), 'SHIFTHEAD', 'POST', '/api/seals', { prefix: 'RX', from: n * 10, count: 10, office_code: DONG_DANG })));
    expect(outcomes(answers).toSorted()).toEqual(['ok', 'seal_unusable', 'seal_unusable']);
  }));

  test('a unit waits in one offer at a time', () => rounds(async () => {
    const [code = ''] = await letters(1);
    const [a, b] = [await road.world.personId('COURIER'), await road.world.personId('DRIVER')];
    const answers = await Promise.all([a, b].map((ref, i) => road.call(app(i), 'CLERK', 'POST', '/api/handovers', { to: { kind: 'person', ref }, receiver_person_id: ref, lines: [{ code, condition: 'intact', seal_nos: [] }] })));
    expect(outcomes(answers).toSorted()).toEqual(['handover_answered', 'ok']);
  }));

  test('a trip does not leave while a bag of it is being started or opened again', () => rounds(async (n) => {
    const [first] = (await road.sealedBags([[]])) as [Sent];
    const [, started] = await Promise.all([
      road.post(app(n), 'SHIFTHEAD', 'bag_departed', first.bag, { vehicle_no: '12A-0001' }),
      road.post(app(n + 1), 'SORTER', 'bag_started', undefined, { trip_id: first.trip_id, manifest_bag: false }),
    ]);
    if (started.status < 300) expect(await stateOf(first.bag)).toBe('sealed');
    else expect(started.body.refusal).toBe('trip_not_open');
  }));

  test('an item held while its bag is sealed is held, or its bag is not sealed', () => rounds(async (n) => {
    const [code = ''] = await letters(1);
    const [open] = await road.openBags([[code]]);
    const [seal_no = ''] = await road.seals(1);
    const [held, sealed] = await Promise.all([road.direct('CONTROLLER', 'held', code, { reason_code: 'random_check' }), road.post(app(n), 'SORTER', 'bag_sealed', open?.bag, road.sealing(1, seal_no))]);
    expect(held).toHaveProperty('hash');
    // Held afterwards, the bag stays where it is.
    if (sealed.status < 300) expect(outcomes([await road.post(0, 'SHIFTHEAD', 'bag_departed', open?.bag, { vehicle_no: '12A-0001' })])).toEqual(['held']);
  }));

  test('an item of one bag counted in another while its own is sealed: the seal says what is inside', () => rounds(async (n) => {
    const [code = ''] = await letters(1);
    const [sent] = (await road.sentBags([[]])) as [Sent];
    await road.unseal(sent);
    const [open] = await road.openBags([[code]]);
    const [seal_no = ''] = await road.seals(1);
    const [, sealed] = await Promise.all([
      road.post(app(n), 'CENTRESORTER', 'counted', code, { bag_code: sent.bag, condition: 'intact' }),
      road.post(app(n + 1), 'SORTER', 'bag_sealed', open?.bag, road.sealing(1, seal_no)),
    ]);
    expect(['ok', 'count_differs']).toContain(outcomes([sealed])[0]);
  }));
});

describe('no collision is a defect', () => {
  test('a second manifest bag of a trip is refused, not failed', async () => {
    const [open] = await road.openBags([[]]);
    const answer = await road.post(0, 'SORTER', 'bag_started', undefined, { trip_id: open?.trip_id, manifest_bag: true });
    expect(answer.status).toBe(409);
  });

  test('a trip whose manifest bag was voided gets another one', async () => {
    const [open] = await road.openBags([[]]);
    await road.all('SORTER', [{ kind: 'bag_voided', code: open?.bag, facts: { reason_code: 'wrong_item_inside' } }]);
    const answer = await road.post(0, 'SORTER', 'bag_started', undefined, { trip_id: open?.trip_id, manifest_bag: true });
    expect(answer.status, answer.text).toBe(201);
  });

  test('a manifest bag started twice at once is one', () => rounds(async (n) => {
    const { trip_id } = await road.trip();
    const answers = await Promise.all([0, 1, 2, 3].map((i) => road.post(app(n + i), 'SORTER', 'bag_started', undefined, { trip_id, manifest_bag: true })));
    expect(outcomes(answers).toSorted()).toEqual(['ok', 'trip_not_ready', 'trip_not_ready', 'trip_not_ready']);
  }));

  test('an opening id used before is refused, not failed, and harms nobody in the same flight', async () => {
    const [code = ''] = await letters(1);
    const [one, two] = (await road.sentBags([[], []])) as [Sent, Sent];
    const { opening_id } = await road.unseal(one);
    const facts = { opening_id, seal_nos: [two.seal_no], blind: false };
    const answer = await road.call(0, 'CENTRESORTER', 'POST', '/api/checkpoints/batch', {
      checkpoints: [{ checkpoint_id: newId(), kind: 'seen', code, facts: {} }, { checkpoint_id: newId(), kind: 'bag_unsealed', code: two.bag, facts }],
    });
    expect(answer.status).toBe(200);
    expect(answer.body.stored).toBe(1);
  });
});

describe('a flight decides as two flights would', () => {
  test('a bag opened and counted in one batch, as a device sends it after being offline', async () => {
    const codes = await letters(3);
    const [sent] = (await road.sentBags([codes])) as [Sent];
    const results = await road.batch('CENTRESORTER', [
      { kind: 'bag_unsealed', code: sent.bag, facts: { opening_id: newId(), seal_nos: [sent.seal_no], blind: false } },
      ...codes.map((code) => ({ kind: 'counted', code, facts: { bag_code: sent.bag, condition: 'intact' } })),
    ]);
    expect(results.map((r) => r.refusal)).toEqual([null, null, null, null]);
  });

  test('a held item is no difference: its bag closes in the same batch', async () => {
    const [code = '', first = ''] = await letters(2);
    const [sent] = (await road.sentBags([[code, first]])) as [Sent];
    await road.unseal(sent);
    await road.direct('CENTRECONTROLLER', 'held', code, { reason_code: 'random_check' });
    const counted = (number: string) => ({ kind: 'counted', code: number, facts: { bag_code: sent.bag, condition: 'intact' } });
    const results = await road.batch('CENTRESORTER', [counted(first), counted(code), { kind: 'bag_emptied', code: sent.bag, facts: {} }]);
    expect(results.map((r) => r.refusal)).toEqual([null, null, null]);
  });

  test('a missing item already agreed on and then found does not close the bag over another difference', async () => {
    const [lost = '', torn = ''] = await letters(2);
    const [sent] = (await road.sentBags([[lost, torn]])) as [Sent];
    await road.unseal(sent);
    await road.all('CENTRESORTER', [{ kind: 'counted', code: torn, facts: { bag_code: sent.bag, condition: 'torn' } }, { kind: 'missing', code: lost, facts: { bag_code: sent.bag, reason_code: 'not_in_bag' } }]);
    const { rows } = (await road.call(0, 'SORTER', 'GET', '/api/discrepancies?state=open&limit=200')).body;
    const missing = rows.find((row: any) => row.code === lost);
    await road.call(0, 'SORTER', 'POST', `/api/discrepancies/${missing.discrepancy_id}/answer`, { agrees: true, reason_code: 'never_sent' });
    const results = await road.batch('CENTRESORTER', [{ kind: 'counted', code: lost, facts: { bag_code: sent.bag, condition: 'intact' } }, { kind: 'bag_emptied', code: sent.bag, facts: {} }]);
    expect(results.map((r) => r.refusal)).toEqual([null, 'differences_open']);
  });

  test('a bag opened again and another of its trip departed', async () => {
    const [first] = (await road.sealedBags([[]])) as [Sent];
    const [started, departed] = await road.batch('SHIFTHEAD', [{ kind: 'bag_started', facts: { trip_id: first.trip_id, manifest_bag: false } }, { kind: 'bag_departed', code: first.bag, facts: { vehicle_no: '12A-0001' } }]);
    expect([started?.refusal, departed?.refusal]).toEqual([null, 'trip_not_ready']);
  });
});

describe('custody and counts are not undone by a stray scan', () => {
  test('a bag under count that is scanned as arrived again stays under count', async () => {
    const codes = await letters(2);
    const [sent] = (await road.sentBags([codes])) as [Sent];
    await road.unseal(sent);
    await road.post(0, 'CENTRESORTER2', 'bag_arrived', sent.bag, {});
    expect(outcomes([await road.post(0, 'CENTRESORTER', 'counted', codes[0], { bag_code: sent.bag, condition: 'intact' })])).toEqual(['ok']);
  });

  test('an offer is worth nothing once another person holds the unit', async () => {
    const [code = ''] = await letters(1);
    const courier = await road.world.personId('COURIER');
    const to = { kind: 'person', ref: courier };
    const offered = await road.call(0, 'CLERK', 'POST', '/api/handovers', { to, receiver_person_id: courier, lines: [{ code, condition: 'intact', seal_nos: [] }] });
    const [open] = await road.openBags([[code]]);
    await road.all('SORTER', [{ kind: 'taken_out_of_bag', code, facts: { bag_code: open?.bag, reason_code: 'wrong_direction' } }]);
    const answer = await road.post(0, 'COURIER', 'handed_over', code, { handover_id: offered.body.handover_id, to, condition: 'intact' });
    expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
  });
});
