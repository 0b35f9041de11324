// Every planted error is found and none is invented: bags with known errors, counted by three sorters at once.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { dice, makeRoad, SORTERS } from '../support/road.ts';
import type { Road, Sent } from '../support/road.ts';

let road: Road;
beforeAll(async () => void (road = await makeRoad()));
afterAll(() => road.end());

const KINDS = ['missing', 'surplus', 'mis_sent', 'other_bag', 'held', 'damaged', 'weight_mismatch', 'duplicates', 'seal', 'bag_weight'] as const;
type Plant = (typeof KINDS)[number];
type Planted = { [P in Plant]: string[] };
/** Kinds that leave a record between the offices. */
const RECORDED: readonly Plant[] = ['missing', 'surplus', 'mis_sent', 'other_bag', 'damaged', 'weight_mismatch', 'seal', 'bag_weight'];
type Numbers = { [P in Plant]: number };
const NONE: Numbers = { missing: 0, surplus: 0, mis_sent: 0, other_bag: 0, held: 0, damaged: 0, weight_mismatch: 0, duplicates: 0, seal: 0, bag_weight: 0 };

const WEIGHT = 200;
type Scan = { kind: 'counted'; code: string; facts: object };

/** Plants errors into a sealed bag's contents; the strays stand outside it. */
function plant(roll: ReturnType<typeof dice>, bag: string, inside: string[], numbers: Numbers, strays: Pick<Planted, 'surplus' | 'mis_sent' | 'other_bag'>): { planted: Planted; scans: Scan[] } {
  const rest = roll.shuffle(inside);
  const take = (n: number): string[] => rest.splice(0, n);
  const planted: Planted = {
    ...strays, missing: take(numbers.missing), held: take(numbers.held), damaged: take(numbers.damaged), weight_mismatch: take(numbers.weight_mismatch), duplicates: take(numbers.duplicates),
    seal: numbers.seal > 0 ? [bag] : [], bag_weight: numbers.bag_weight > 0 ? [bag] : [],
  };
  const scan = (code: string, more: object = {}): Scan => ({ kind: 'counted', code, facts: { bag_code: bag, condition: 'intact', ...more } });
  const scans = [
    ...rest.map((code, i) => scan(code, i % 2 === 0 ? { weight_g: WEIGHT + 3 } : {})),
    ...planted.held.map((code) => scan(code)),
    ...planted.damaged.map((code) => scan(code, { condition: roll.pick(['torn', 'wet', 'resealed']) })),
    ...planted.weight_mismatch.map((code) => scan(code, { weight_g: roll.pick([WEIGHT - 60, WEIGHT + 60]) })),
    ...[...planted.duplicates, ...planted.duplicates].map((code) => scan(code)),
    ...[...planted.surplus, ...planted.mis_sent, ...planted.other_bag].map((code) => scan(code)),
  ];
  return { planted, scans: roll.shuffle(scans) };
}

const unsealing = (sent: Sent, numbers: Numbers): object => ({
  ...(numbers.seal > 0 ? { seal_nos: ['NS999999'] } : {}),
  gross_g: numbers.bag_weight > 0 ? sent.gross_g - 700 : sent.gross_g - 4,
});

async function openDifferences(codes: ReadonlySet<string>): Promise<any[]> {
  const answer = await road.call(0, 'SORTER', 'GET', '/api/discrepancies?state=open&limit=200');
  return answer.body.rows.filter((row: any) => codes.has(row.code));
}

/** The count and the differences say what was planted, and the bag closes when, and only when, all of it is answered. */
async function judge(sent: Sent, inside: string[], planted: Planted): Promise<void> {
  const close = () => road.post(1, 'CENTRESORTER', 'bag_emptied', sent.bag, {});
  if (planted.missing.length > 0) expect((await close()).body.refusal).toBe('lines_open');
  const counting = (await road.call(1, 'CENTRESORTER2', 'GET', `/api/bags/${sent.bag}/count`)).body;
  expect(counting.open.map((line: any) => line.code).toSorted()).toEqual(planted.missing.toSorted());
  await road.all('CENTRESORTER', planted.missing.map((code) => ({ kind: 'missing', code, facts: { bag_code: sent.bag, reason_code: 'not_in_bag' } })));

  const count = (await road.call(0, 'CENTRESORTER', 'GET', `/api/bags/${sent.bag}/count`)).body;
  const strays = planted.surplus.length + planted.mis_sent.length + planted.other_bag.length;
  const wrong = planted.missing.length + planted.held.length + planted.damaged.length + planted.weight_mismatch.length;
  expect(count).toMatchObject({
    expected: inside.length, left: 0, scanned: inside.length - planted.missing.length + strays, matched: inside.length - wrong,
    missing: planted.missing.length, surplus: planted.surplus.length, mis_sent: planted.mis_sent.length, other_bag: planted.other_bag.length, held: planted.held.length,
    damaged: planted.damaged.length, weight_mismatch: planted.weight_mismatch.length, duplicates: planted.duplicates.length, open: [],
  });
  const found = count.found.map((line: any) => `${line.result} ${line.code}`).toSorted();
  const lines = (['missing', 'surplus', 'mis_sent', 'other_bag', 'held', 'damaged', 'weight_mismatch'] as const).flatMap((kind) => planted[kind].map((code) => `${kind} ${code}`));
  expect(found).toEqual(lines.toSorted());

  const open = await openDifferences(new Set([sent.bag, ...inside, ...planted.surplus, ...planted.mis_sent, ...planted.other_bag]));
  const expected = RECORDED.flatMap((kind) => planted[kind].map((code) => `${kind} ${code}`));
  expect(open.map((row) => `${row.discrepancy_kind} ${row.code}`).toSorted()).toEqual(expected.toSorted());
  for (const [i, row] of open.entries()) {
    if (i === 0 || i === open.length - 1) expect((await close()).body.refusal).toBe('differences_open');
    const answer = await road.call(0, 'SORTER', 'POST', `/api/discrepancies/${row.discrepancy_id}/answer`, { agrees: true, reason_code: 'sent_by_mistake' });
    expect(answer.status, answer.text).toBe(200);
  }
  expect((await close()).body).toMatchObject({ state: 'emptied' });
}

test('300 items with every kind of error, counted by three sorters at once through two apps', { timeout: 60_000 }, async () => {
  const numbers = { ...NONE, missing: 3, surplus: 2, mis_sent: 1, damaged: 1, weight_mismatch: 2, duplicates: 4, seal: 1 };
  const roll = dice(300);
  const inside = await road.approved(Array.from({ length: 300 }, () => ({ weight_g: WEIGHT })));
  const surplus = await road.approved([{ weight_g: WEIGHT }, { weight_g: WEIGHT }]);
  const mis_sent = await road.approved([{ weight_g: WEIGHT, back: true }]);
  const [sent] = (await road.sentBags([inside], 60_300)) as [Sent];
  const { receipt } = await road.unseal(sent, unsealing(sent, numbers));
  expect(receipt.flags).toEqual(['seal_differs']);
  const { planted, scans } = plant(roll, sent.bag, inside, numbers, { surplus, mis_sent, other_bag: [] });
  expect(scans).toHaveLength(304);

  // Each sorter sends a scan as soon as the one before is answered, all three at the same time.
  const flags: string[] = [];
  await Promise.all(SORTERS.map(async (badge, i) => {
    for (const { kind, code, facts } of scans.filter((_, n) => n % 3 === i)) {
      const answer = await road.post(i === 2 ? 1 : 0, badge, kind, code, facts);
      expect(answer.status, answer.text).toBe(201);
      flags.push(...answer.body.flags);
    }
  }));
  expect(flags.toSorted()).toEqual(['damaged', 'duplicate', 'duplicate', 'duplicate', 'duplicate', 'mis_sent', 'surplus', 'surplus', 'weight_drift', 'weight_drift']);
  await judge(sent, inside, planted);
  await road.world.verify();
});

test('200 random bags: exactly what was planted is found', { timeout: 180_000 }, async () => {
  const seed = Number(process.env.RECONCILE_SEED ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`reconcile seed ${seed}\n`);
  const roll = dice(seed);
  const some = (): number => (roll.below(2) === 0 ? 0 : 1 + roll.below(2));
  const variants = Array.from({ length: 200 }, () => ({ size: 12 + roll.below(19), numbers: Object.fromEntries(KINDS.map((kind) => [kind, kind === 'seal' || kind === 'bag_weight' ? roll.below(2) : some()])) as Numbers }));
  const planted: Numbers = { ...NONE };
  for (const { numbers } of variants) for (const kind of KINDS) planted[kind] += numbers[kind];
  for (const kind of KINDS) expect(planted[kind], kind).toBeGreaterThanOrEqual(20);
  process.stdout.write(`reconcile planted ${JSON.stringify(planted)}\n`);

  const cut = (codes: string[], sizes: number[]): string[][] => sizes.map((size) => codes.splice(0, size));
  const letters = async (sizes: number[], back = false): Promise<string[][]> => cut(await road.approved(sizes.flatMap((size) => Array.from({ length: size }, () => ({ weight_g: WEIGHT, back })))), sizes);
  const contents = await letters(variants.map((v) => v.size));
  const surplus = await letters(variants.map((v) => v.numbers.surplus));
  const mis_sent = await letters(variants.map((v) => v.numbers.mis_sent), true);
  const other_bag = await letters(variants.map((v) => v.numbers.other_bag));
  // The other bags: one still open where it was made, one arrived and still sealed.
  await road.openBags([other_bag.slice(0, 100).flat()]);
  await road.sentBags([other_bag.slice(100).flat()]);
  const sent = await road.sentBags(contents, 8000);

  for (const [i, { numbers }] of variants.entries()) {
    const [bag, inside] = [sent[i] as Sent, contents[i] ?? []];
    await road.unseal(bag, unsealing(bag, numbers));
    const variant = plant(roll, bag.bag, inside, numbers, { surplus: surplus[i] ?? [], mis_sent: mis_sent[i] ?? [], other_bag: other_bag[i] ?? [] });
    for (const code of variant.planted.held) expect(await road.direct('CENTRECONTROLLER', 'held', code, { reason_code: 'random_check' })).toHaveProperty('hash');
    const counted = await Promise.all(SORTERS.map((badge, s) => {
      const mine = variant.scans.filter((_, n) => n % 3 === s);
      return road.batch(badge, mine, s === 2 ? 1 : 0);
    }));
    expect(counted.flat().filter((result) => result.refusal !== null)).toEqual([]);
    await judge(bag, inside, variant.planted);
  }
  await road.world.verify();
});
