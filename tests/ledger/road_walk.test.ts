// A long random walk over bags and items by several people at once, each step predicted by a small model: one custodian, no item
// in two bags, nothing held or unapproved moves, nothing closes over what is unexplained. WALK_STEPS makes it longer.

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dice, makeRoad } from '../support/road.ts';
import type { Road } from '../support/road.ts';
import { newId } from '../support/world.ts';
import type { Answer } from '../support/world.ts';

const STEPS = Number(process.env.WALK_STEPS ?? 6000);
const WALKERS = Number(process.env.WALKERS ?? 8);
const seed = Number(process.env.WALK_SEED ?? Math.floor(Math.random() * 2 ** 31));
let road: Road;
beforeAll(async () => void (road = await makeRoad()));
afterAll(() => road.end());

type Item = { code: string; state: string; held: string | null; bag: Bag | null; here: boolean; by: string; offered: boolean };
type Line = { expected: boolean; result: string | null };
type Bag = { code: string; unit_id: string; state: string; inside: Set<Item>; opening_id: string; lines: Map<Item, Line>; differences: Map<Item, 'open' | 'ended'> };

const coverage = new Map<string, number>();
const note = (what: string): void => void coverage.set(what, (coverage.get(what) ?? 0) + 1);
const READY = new Set(['approved', 'at_office']);

/** One person's walk; others walk beside it in the same flights. */
function walker(roll: ReturnType<typeof dice>, person: { [badge: string]: string }, app: 0 | 1) {
  const items: Item[] = [];
  const bags: Bag[] = [];
  const used: string[] = [];
  const history: string[] = [];

  function check(step: string, answer: Answer, expected: string): boolean {
    const got = answer.status < 300 ? 'ok' : (answer.body?.refusal ?? String(answer.status));
    history.push(`${step}: ${got}`);
    note(`${step} ${expected}`);
    expect(got, `seed ${seed}; ${answer.text}\n${history.slice(-12).join('\n')}`).toBe(expected);
    return got === 'ok';
  }
  const anyItem = (): Item | undefined => (items.length === 0 ? undefined : roll.pick(items));
  const anyBag = (...states: string[]): Bag | undefined => {
    const wanted = roll.below(8) === 0 ? bags : bags.filter((bag) => states.includes(bag.state));
    return wanted.length === 0 ? undefined : roll.pick(wanted);
  };
  const atCentre = (bag: Bag): boolean => ['arrived', 'unsealed', 'emptied'].includes(bag.state);
  const whyNotOpen = (bag: Bag): string | null => (atCentre(bag) ? 'wrong_office' : bag.state === 'open' ? null : 'bag_not_open');

  const steps: { [step: string]: () => Promise<void> } = {
    async accept() {
      if (items.filter((item) => item.here).length > 25) return;
      for (const code of await road.accepted([{}, {}])) items.push({ code, state: 'awaiting_approval', held: null, bag: null, here: true, by: 'CLERK', offered: false });
    },
    async approve() {
      const item = roll.below(4) === 0 ? anyItem() : items.find((i) => i.state === 'awaiting_approval');
      if (!item) return;
      if (check('approve', await road.post(app, 'CONTROLLER', 'approved', item.code, {}), item.state === 'awaiting_approval' ? 'ok' : 'wrong_state')) item.state = 'approved';
    },
    async start() {
      if (bags.filter((bag) => bag.state === 'open').length > 3) return;
      const [made] = await road.openBags([[]]);
      const { unit_id } = (await road.call(app, 'SORTER', 'GET', `/api/bags/${made?.bag}`)).body;
      bags.push({ code: made?.bag ?? '', unit_id, state: 'open', inside: new Set(), opening_id: newId(), lines: new Map(), differences: new Map() });
      note('start ok');
    },
    async put() {
      const here = items.filter((i) => i.here);
      const [item, bag] = [here.length === 0 ? undefined : roll.pick(here), anyBag('open')];
      if (!item || !bag) return;
      const why = item.state === 'in_bag' ? 'other_bag' : (whyNotOpen(bag) ?? (item.held ? 'held' : READY.has(item.state) ? 'ok' : 'wrong_state'));
      const answer = await road.post(app, 'SORTER', 'bagged', item.code, { bag_code: bag.code });
      if (!check('put', answer, why)) return;
      expect(answer.body.custodian).toEqual({ kind: 'bag', ref: bag.unit_id });
      Object.assign(item, { state: 'in_bag', bag, by: '' });
      bag.inside.add(item);
    },
    async takeOut() {
      const bag = anyBag('open');
      const item = bag && bag.inside.size > 0 && roll.below(4) > 0 ? roll.pick([...bag.inside]) : anyItem();
      if (!bag || !item || roll.below(3) > 0) return;
      const why = whyNotOpen(bag) ?? (item.bag === bag ? 'ok' : 'not_in_bag');
      const answer = await road.post(app, 'SORTER', 'taken_out_of_bag', item.code, { bag_code: bag.code, reason_code: 'wrong_direction' });
      if (!check('takeOut', answer, why)) return;
      expect(answer.body.custodian).toEqual({ kind: 'person', ref: person.SORTER });
      Object.assign(item, { state: 'at_office', bag: null, by: 'SORTER' });
      bag.inside.delete(item);
    },
    async seal() {
      const bag = anyBag('open');
      if (!bag) return;
      const count = bag.inside.size + (roll.below(5) === 0 ? 1 : 0);
      const again = used.length > 0 && roll.below(6) === 0;
      const seal_no = again ? roll.pick(used) : ((await road.seals(1))[0] ?? '');
      const held = [...bag.inside].some((item) => item.held);
      const why = whyNotOpen(bag) ?? (held ? 'held' : count !== bag.inside.size ? 'count_differs' : again ? 'seal_unusable' : 'ok');
      if (!check('seal', await road.post(app, 'SORTER', 'bag_sealed', bag.code, road.sealing(count, seal_no)), why)) return;
      used.push(seal_no);
      bag.state = 'sealed';
    },
    async reopen() {
      const bag = anyBag('sealed');
      if (!bag || roll.below(4) > 0) return;
      const confirmation = await road.world.confirmation('SORTER', 'CONTROLLER', 'item.approve');
      const why = atCentre(bag) ? 'wrong_office' : bag.state === 'sealed' ? 'ok' : 'wrong_state';
      if (check('reopen', await road.post(app, 'SORTER', 'bag_reopened', bag.code, { reason_code: 'wrong_item_inside' }, { confirmation }), why)) bag.state = 'open';
    },
    async depart() {
      const bag = anyBag('sealed');
      if (!bag) return;
      const held = [...bag.inside].some((item) => item.held);
      const why = atCentre(bag) ? 'wrong_office' : bag.state === 'open' ? 'trip_not_ready' : held ? 'held' : bag.state === 'sealed' ? 'ok' : 'wrong_state';
      if (check('depart', await road.post(app, 'SHIFTHEAD', 'bag_departed', bag.code, { vehicle_no: '12A-0001' }), why)) {
        bag.state = 'in_transit';
        for (const item of bag.inside) item.here = false;
      }
    },
    async arrive() {
      const bag = bags.find((b) => b.state === 'in_transit');
      if (bag && check('arrive', await road.post(app, 'CENTRESORTER', 'bag_arrived', bag.code, {}), 'ok')) bag.state = 'arrived';
    },
    async unseal() {
      const bag = anyBag('arrived');
      if (!bag) return;
      const answer = await road.post(app, 'CENTRESORTER', 'bag_unsealed', bag.code, { opening_id: bag.opening_id, seal_nos: [used[0] ?? 'NS0'], blind: roll.below(2) === 0 });
      if (!check('unseal', answer, bag.state === 'arrived' ? 'ok' : 'wrong_state')) return;
      bag.state = 'unsealed';
      bag.lines = new Map([...bag.inside].map((item) => [item, { expected: true, result: null }]));
      if (answer.body.flags.includes('seal_differs')) bag.differences.set({} as Item, 'open');
    },
    async count() {
      const bag = anyBag('unsealed');
      const left = bag ? [...bag.lines].filter(([, line]) => line.result === null || line.result === 'missing').map(([item]) => item) : [];
      const loose = items.filter((i) => i.bag === null || i.bag.state === 'open');
      const item = left.length > 0 && roll.below(8) > 0 ? roll.pick(left) : loose.length > 0 && roll.below(3) === 0 ? roll.pick(loose) : undefined;
      if (!bag || !item) return;
      const line = bag.lines.get(item);
      const torn = roll.below(10) === 0;
      const again = line?.result && line.result !== 'missing';
      const result = again ? 'duplicate' : line ? (item.held ? 'held' : torn ? 'damaged' : 'matched') : item.bag && item.bag !== bag ? 'other_bag' : 'surplus';
      const answer = await road.post(app, 'CENTRESORTER', 'counted', item.code, { bag_code: bag.code, condition: torn ? 'torn' : 'intact' });
      if (!check(`count ${bag.state === 'unsealed' ? result : ''}`, answer, bag.state === 'unsealed' ? 'ok' : 'not_counting') || again) return;
      if (line?.result === 'missing' && bag.differences.get(item) === 'open') bag.differences.set(item, 'ended');
      if (result !== 'matched' && result !== 'held') bag.differences.set(item, 'open');
      bag.lines.set(item, { expected: line?.expected ?? false, result });
      expect(answer.body.state).toBe(item.state === 'awaiting_approval' ? 'awaiting_approval' : 'at_office');
      if (item.state === 'awaiting_approval') return;
      item.bag?.inside.delete(item);
      Object.assign(item, { state: 'at_office', bag: null, here: false, by: 'CENTRESORTER' });
    },
    async miss() {
      const bag = anyBag('unsealed');
      const item = bag && bag.lines.size > 0 && roll.below(5) > 0 ? roll.pick([...bag.lines.keys()]) : anyItem();
      if (!bag || !item || roll.below(3) > 0) return;
      const line = bag.lines.get(item);
      const why = bag.state !== 'unsealed' ? 'not_counting' : line?.expected && line.result === null ? 'ok' : 'not_in_bag';
      const answer = await road.post(app, 'CENTRESORTER', 'missing', item.code, { bag_code: bag.code, reason_code: 'not_in_bag' });
      if (!check('miss', answer, why) || !line) return;
      expect(answer.body.custodian).toEqual({ kind: 'bag', ref: bag.unit_id });
      line.result = 'missing';
      item.state = 'missing';
      bag.differences.set(item, 'open');
    },
    async resolve() {
      const bag = bags.find((b) => b.state === 'unsealed' && [...b.differences.values()].includes('open'));
      if (!bag || roll.below(2) === 0) return;
      const rows = await road.world.root.selectFrom('discrepancy').select('discrepancy_id').where('opening_id', '=', bag.opening_id).where('state', '=', 'open').execute();
      expect(rows).toHaveLength([...bag.differences.values()].filter((state) => state === 'open').length);
      for (const { discrepancy_id } of rows) check('resolve', await road.call(app, 'SORTER', 'POST', `/api/discrepancies/${discrepancy_id}/answer`, { agrees: true, reason_code: 'never_sent' }), 'ok');
      for (const item of bag.differences.keys()) bag.differences.set(item, 'ended');
    },
    async empty() {
      const bag = anyBag('unsealed');
      if (!bag) return;
      const left = [...bag.lines.values()].some((line) => line.result === null);
      const why = bag.state !== 'unsealed' ? 'not_counting' : left ? 'lines_open' : [...bag.differences.values()].includes('open') ? 'differences_open' : 'ok';
      if (check('empty', await road.post(app, 'CENTRESORTER', 'bag_emptied', bag.code, {}), why)) bag.state = 'emptied';
    },
    async hold() {
      const counting = items.find((i) => i.held === null && i.bag?.state === 'unsealed');
      // Held in a sealed bag it keeps the bag where it is.
      const sealed = items.find((i) => i.held === null && i.bag?.state === 'sealed');
      const item = roll.below(2) === 0 ? (counting ?? anyItem()) : roll.below(3) === 0 ? (sealed ?? anyItem()) : anyItem();
      if (!item || item.held || roll.below(3) > 0) return;
      const answer = await road.direct(item.here ? 'CONTROLLER' : 'CENTRECONTROLLER', 'held', item.code, { reason_code: 'random_check' });
      expect(answer).toHaveProperty('hash');
      item.held = (answer as { checkpoint_id: string }).checkpoint_id;
      note('hold ok');
    },
    async release() {
      const item = items.find((i) => i.held);
      if (!item || roll.below(3) === 0) return;
      expect(await road.direct('LEADER', 'hold_released', item.code, { hold_checkpoint_id: item.held, reason_code: 'random_check' })).toHaveProperty('hash');
      item.held = null;
      note('release ok');
    },
    async handOver() {
      const item = items.find((i) => i.by === 'CLERK' && !i.offered && i.state === 'approved') ?? items.find((i) => i.by === 'CLERK' && !i.offered);
      if (!item || roll.below(3) > 0) return;
      const to = { kind: 'person', ref: person.COURIER };
      const offer = await road.call(app, 'CLERK', 'POST', '/api/handovers', { to, receiver_person_id: person.COURIER, lines: [{ code: item.code, condition: 'intact', seal_nos: [] }] });
      if (!check('offer', offer, item.held ? 'held' : 'ok')) return;
      item.offered = true;
      const answer = await road.post(app, 'COURIER', 'handed_over', item.code, { handover_id: offer.body.handover_id, to, condition: 'intact' });
      if (!check('handOver', answer, READY.has(item.state) ? 'ok' : 'wrong_state')) return;
      expect(answer.body.custodian).toEqual(to);
      item.by = 'COURIER';
    },
  };
  const names = [...Object.keys(steps), 'put', 'put', 'put', 'count', 'count', 'count', 'count', 'approve', 'depart', 'unseal'];
  return { items, bags, step: () => (steps[roll.pick(names)] as () => Promise<void>)() };
}

const done = (): number => [...coverage.values()].reduce((sum, n) => sum + n, 0);

test(`${STEPS} random steps of ${WALKERS} walkers go as the model says and leave a true ledger`, { timeout: 60_000 + STEPS * 20 }, async () => {
  process.stdout.write(`walk seed ${seed}\n`);
  const started = performance.now();
  const person = Object.fromEntries(await Promise.all(['SORTER', 'COURIER', 'CENTRESORTER'].map(async (badge) => [badge, await road.world.personId(badge)] as const)));
  const walkers = Array.from({ length: WALKERS }, (_, i) => walker(dice(seed + i), person, i % 2 === 0 ? 0 : 1));
  await Promise.all(walkers.map(async (one) => {
    while (done() < STEPS) await one.step();
  }));
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`walk ${done()} steps in ${seconds.toFixed(1)} s: ${JSON.stringify(Object.fromEntries([...coverage].toSorted()))}\n`);

  const { rows: units } = await sql<{ code: string; state: string; holds: number; custodian_kind: string; bag: string | null }>`
    select u.code, u.state, u.holds, u.custodian_kind, b.code as bag from unit u left join containment c on c.item_id = u.unit_id and c.item_seq_out is null
    left join unit b on b.unit_id = c.bag_id`.execute(road.world.root);
  const known = new Map(units.map((unit) => [unit.code, unit]));
  expect(known.size).toBe(units.length);
  for (const { items, bags } of walkers) {
    for (const item of items) expect(known.get(item.code)).toMatchObject({ state: item.state, holds: item.held ? 1 : 0, custodian_kind: item.bag ? 'bag' : 'person', bag: item.bag?.code ?? null });
    for (const bag of bags) expect(known.get(bag.code)).toMatchObject({ state: bag.state });
  }
  for (const step of ['put ok', 'put held', 'put other_bag', 'put wrong_state', 'takeOut ok', 'seal ok', 'seal held', 'seal count_differs', 'seal seal_unusable', 'reopen ok', 'depart ok', 'depart held', 'arrive ok', 'unseal ok', 'count matched ok', 'count damaged ok', 'count held ok', 'miss ok', 'empty ok', 'empty lines_open', 'hold ok', 'release ok', 'handOver ok']) {
    expect(coverage.get(step) ?? 0, step).toBeGreaterThanOrEqual(1);
  }
  expect(done()).toBeGreaterThanOrEqual(STEPS);
  await road.world.verify();
});
