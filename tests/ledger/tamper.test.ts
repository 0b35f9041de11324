// Somebody with all the rights of the database changes it behind the triggers' back: the verifier names what was changed.
// What it cannot see yet is listed and asserted to be unseen: a test that could not fail would prove nothing.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { entryOf, sha256 } from '../../src/ledger/entry.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import type { Fault } from '../../src/ledger/verify.ts';
import { disarm, fillLedger, forge, others, signingDevice, SOMETHING, TABLES } from '../support/ledger.ts';
import type { Column, Tampering } from '../support/ledger.ts';
import { makeWorld, newId } from '../support/world.ts';
import type { World } from '../support/world.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
console.log(`tamper: SEED=${SEED}`);

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  await fillLedger(world);
  ({ run, after, columns } = await disarm(world));
});
afterAll(() => world.end());

let run: Tampering['run'];
let after: Tampering['after'];
let columns: Column[];
const verdict = () => verifyLedger(world.services.store.read, world.services.store.vault);

test('an honest ledger has no faults, and is worth tampering with', async () => {
  expect(await verdict()).toMatchObject({ faults: [], device_gaps: [] });
  const [counts] = await run(`select count(*)::int as entries, count(distinct kind)::int as kinds,
      count(device_id)::int as signed, count(flags)::int as flagged,
      (select count(*)::int from personal) as personal, (select count(*)::int from refused_claim) as refused,
      (select count(superseded_by)::int from unit) as used_again
    from checkpoint`);
  console.log('tamper: the ledger', counts);
  const wanted = { entries: 60, kinds: 10, signed: 5, flagged: 10, personal: 4, refused: 4, used_again: 1 };
  for (const [what, least] of Object.entries(wanted)) expect(counts[what], what).toBeGreaterThanOrEqual(least);
});

const KEYS: Record<string, string> = {
  checkpoint: 'checkpoint_id::text',
  unit: 'unit_id::text',
  item: 'unit_id::text',
  personal: 'checkpoint_id::text',
  personal_key: 'unit_id::text',
  refused_claim: 'refused_id::text',
};

/** Changes that the verifier does not name; whoever mends one strikes it off. `throws`: it gives up instead. */
const UNSEEN = [
  // Nothing that is hashed holds these: a refused claim is in no chain.
  'refused_claim.refused_id another',
  'refused_claim.refused_id vast: throws',
  'refused_claim.received_at later',
  'refused_claim.received_at later by 400 µs',
  'refused_claim.received_at endless',
  'refused_claim.refusal another',
];

test('whatever column of whatever row is changed, the verifier names the table, the row and the column', async () => {
  const unseen: string[] = [];
  let changes = 0;
  for (const c of columns) {
    const cases = Object.entries(others(c)).map(([what, to]) => ({ from: 'is not null', what, to }));
    if (c.nullable) cases.push({ from: 'is not null', what: 'null', to: 'null' });
    if (c.nullable) cases.push({ from: 'is null', what: 'something', to: SOMETHING[c.type] ?? 'null' });
    for (const { from, what, to } of cases) {
      const [row] = await run(`select ${KEYS[c.table]} as key, ctid::text from ${c.table}
        where ${c.column} ${from} order by md5(ctid::text || ${SEED}) limit 1`);
      if (!row && c.nullable) continue;
      changes++;
      const keys = [row.key];
      const found = await after(async () => {
        const [now] = await run(`update ${c.table} set ${c.column} = ${to} where ctid = '${row.ctid}'
          returning ${KEYS[c.table]} as key`);
        keys.push(now.key);
      }).catch(() => 'throws' as const);
      const isNamed = (f: Fault): boolean => f.table === c.table && keys.includes(f.key) && [c.column, '*'].includes(f.column);
      if (found === 'throws') unseen.push(`${c.table}.${c.column} ${what}: throws`);
      else if (!found.some(isNamed)) unseen.push(`${c.table}.${c.column} ${what}`);
    }
  }
  console.log(`tamper: ${columns.length} columns, ${changes} changes, ${unseen.length} not named`);
  expect(new Set(columns.map((c) => c.table))).toEqual(new Set(TABLES));
  expect(changes).toBeGreaterThan(100);
  expect(unseen).toEqual(UNSEEN);
}, 60_000);

const lastEntry = async (): Promise<Entry> =>
  entryOf(new Uint8Array((await run(`select body from kept_checkpoint where checkpoint_id = ${step('corrected')}`))[0].body));
/** The unit that has all seven steps, and one of them. */
const UNIT = `(select min(unit_id::text)::uuid from kept_checkpoint where unit_seq = 7)`;
const step = (kind: string): string => `(select checkpoint_id from kept_checkpoint where kind = '${kind}' and unit_id = ${UNIT})`;

type Flipped = { id: string; length: number; keys: string[] };

/** Flips a bit of each byte in turn, in all these rows at once, and counts the flips that were named by one of the row's keys. */
async function flip(table: string, id: string, column: string, rows: Flipped[]): Promise<{ named: number; missed: string[] }> {
  const result = { named: 0, missed: [] as string[] };
  for (let at = 0; at < Math.max(...rows.map((row) => row.length)); at++) {
    const flipped = rows.filter((row) => at < row.length);
    const [bit, ids] = [1 << ((SEED + at) % 8), flipped.map((row) => `'${row.id}'`).join()];
    const change = `update ${table} set ${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # ${bit}) where ${id} in (${ids})`;
    await run(change);
    const keys = new Set((await verdict()).faults.map((f) => f.key));
    await run(change);
    for (const row of flipped) {
      if (row.keys.some((key) => keys.has(key))) result.named++;
      else result.missed.push(`byte ${at} of ${row.id}, bit ${bit}`);
    }
  }
  return result;
}

test('whatever byte of an entry is flipped, it is named: by the entry, by the next one or by the row of its unit', async () => {
  // Four units are enough, and fast. Of their entries every other one, so that each fault tells which flip it is of.
  await after(async () => {
    await run(`create temp table four as select unit_id from kept_checkpoint where unit_id = ${UNIT} or device_id is not null
      or kind in ('rewrapped', 'acceptance_refused') group by unit_id limit 4`);
    for (const table of ['checkpoint', 'unit', 'item', 'personal', 'personal_key'])
      await run(`delete from ${table} where unit_id not in (select unit_id from four)`);
    const rows: Flipped[] = await run(`
      select id, length, array[id, next, unit_id::text] as keys
      from (select checkpoint_id::text as id, lead(checkpoint_id::text) over (partition by unit_id order by unit_seq) as next,
        unit_id, unit_seq, octet_length(body) as length from checkpoint) c where unit_seq % 2 = 1`);
    const { named, missed } = await flip('checkpoint', 'checkpoint_id', 'body', rows);
    console.log(`tamper: ${named} flips of ${rows.length} entries named, ${missed.length} not`);
    expect(missed).toEqual([]);
    expect(named).toBeGreaterThan(3000);
  });
}, 120_000);

test('a refused claim is in no chain: of its flips only those that break its form or its columns are named yet', async () => {
  await after(async () => {
    for (const table of ['checkpoint', 'unit', 'item', 'personal', 'personal_key']) await run(`truncate ${table}`);
    const rows: Flipped[] = await run(
      `select refused_id::text as id, octet_length(claim) as length, array[refused_id::text] as keys from refused_claim`,
    );
    const { named, missed } = await flip('refused_claim', 'refused_id', 'claim', rows);
    console.log(`tamper: ${named} flips of ${rows.length} refused claims named, ${missed.length} not`);
    expect(Math.min(named, missed.length)).toBeGreaterThan(100);
  });
}, 60_000);

const named = (found: Fault[], wanted: string): boolean => found.some((f) => `${f.table}.${f.column}` === wanted);
test.each([
  ['an entry in the middle is deleted', 'checkpoint.unit_seq', `delete from checkpoint where checkpoint_id = ${step('seen')}`],
  ['the first entry is deleted', 'checkpoint.unit_seq', `delete from checkpoint where checkpoint_id = ${step('accepted')}`],
  ['the last entry is deleted', 'unit.unit_seq', `delete from checkpoint where checkpoint_id = ${step('corrected')}`],
  ['the whole history is deleted', 'unit.*', `delete from checkpoint where unit_id = ${UNIT}`],
  [
    'two entries swap their bodies',
    'checkpoint.checkpoint_id',
    `update checkpoint c set body = k.body from kept_checkpoint k
      where c.unit_id = ${UNIT} and k.unit_id = c.unit_id and c.kind in ('seen', 'approved') and k.kind in ('seen', 'approved') and k.kind <> c.kind`,
  ],
  [
    'two entries swap their places',
    'checkpoint.unit_seq',
    `update checkpoint set unit_seq = 5 - unit_seq where unit_id = ${UNIT} and unit_seq in (2, 3)`,
  ],
  [
    'an entry is there twice',
    'checkpoint.unit_seq',
    `insert into checkpoint select * from kept_checkpoint where checkpoint_id = ${step('seen')}`,
  ],
  [
    'an entry is copied to the end under another id',
    'checkpoint.checkpoint_id',
    `insert into checkpoint select gen_random_uuid(), unit_id, 8, kind, office_code, person_id, device_id, device_seq, received_at, flags, body
      from kept_checkpoint where checkpoint_id = ${step('seen')}`,
  ],
  ['a unit is deleted', 'unit.*', `delete from unit where unit_id = ${UNIT}`],
  ['an item is deleted', 'item.*', `delete from item where unit_id = ${UNIT}`],
  [
    'a unit is there twice',
    'unit.*',
    `insert into unit select gen_random_uuid(), unit_kind, 'BK999999995VN', state, office_code, custodian_kind,
      custodian_ref, holds, unit_seq, head_hash, last_at, null from kept_unit where unit_id = ${UNIT}`,
  ],
  [
    'personal data are added to an entry that has none',
    'personal.sealed',
    `insert into personal select ${step('seen')}, unit_id, secrecy, sealed from kept_personal limit 1`,
  ],
  [
    'personal data of no entry',
    'personal.*',
    `insert into personal select gen_random_uuid(), unit_id, secrecy, sealed from kept_personal`,
  ],
  ['personal data are gone without an order', 'personal.sealed', `delete from personal`],
  ['a key is gone without an order', 'personal_key.*', `delete from personal_key`],
  ['personal data of two items change places', 'personal.sealed', `update personal p set sealed = k.sealed from kept_personal k where k.unit_id <> p.unit_id`],
  ['a person who acted is no more', 'checkpoint.person_id', `update person set person_id = gen_random_uuid() where badge = 'CENTRECLERK'`],
])('named: %s', async (_, wanted, change) => {
  const found = await after(() => run(change));
  expect(named(found, wanted), JSON.stringify(found)).toBe(true);
  await run(
    `update person set person_id = (select person_id from checkpoint where office_code = '240100' limit 1) where badge = 'CENTRECLERK'`,
  );
  expect(await verdict()).toMatchObject({ faults: [] });
});

test.each([
  [
    'an item of no unit',
    `insert into item select (jsonb_populate_record(i, '{"unit_id": "01890000-0000-7000-8000-000000000001"}')).* from kept_item i limit 1`,
  ],
  ['an attempt that was refused is deleted', 'delete from refused_claim'],
])('not seen yet: %s', async (_, change) => {
  expect(await after(() => run(change))).toEqual([]);
});

test.each<[string, boolean, (entry: Entry) => Partial<Entry>, string]>([
  ['without its row', false, () => ({}), 'unit.head_hash'],
  ['that follows nothing', true, () => ({ prev: null }), 'checkpoint.body'],
  ['that follows another', true, (e) => ({ prev: e.prev && sha256(e.prev) }), 'checkpoint.body'],
  ['after a gap', true, (e) => ({ unit_seq: e.unit_seq + 1 }), 'checkpoint.unit_seq'],
  ['of a kind that does not exist', true, (e) => ({ claim: { ...e.claim, kind: 'blessed' as never } }), 'checkpoint.kind'],
  ['with facts of another kind', true, (e) => ({ claim: { ...e.claim, facts: { weight_g: 1 } } }), 'checkpoint.body'],
  ['by nobody', true, (e) => ({ claim: { ...e.claim, person_id: newId() } }), 'checkpoint.person_id'],
  ['by an unknown device', true, (e) => ({ claim: { ...e.claim, device_id: newId() } }), 'checkpoint.device_id'],
  ['that two persons did who are one', true, (e) => ({ second_person_id: e.claim.person_id }), 'checkpoint.body'],
  ['that leaves the item to nobody', true, () => ({ custodian: { kind: 'nobody', ref: '' } }), 'checkpoint.body'],
  ['that holds by scanning', true, () => ({ holds: 3 }), 'checkpoint.body'],
  [
    'that hands the item to somebody by scanning',
    true,
    (e) => ({ custodian: { kind: 'courier', ref: e.claim.person_id } }),
    'checkpoint.body',
  ],
  ['that changes the state by scanning', true, () => ({ state: 'delivered' }), 'checkpoint.body'],
  ['with a flag that does not exist', true, () => ({ flags: ['all_is_well'] }), 'checkpoint.flags'],
  ['under another number', true, () => ({ code: 'BK999999995VN' }), 'unit.code'],
])('a forged entry is named: one %s', async (_, rows, change, wanted) => {
  const found = await after(async () => forge(world, await lastEntry(), rows, change));
  expect(named(found, wanted), JSON.stringify(found)).toBe(true);
});

/** Each fits by its hash and is impossible by the catalogue; the verifier does not decide again what the steps decided. */
test.each<[string, (entry: Entry) => Partial<Entry>]>([
  ['a scan before the one it follows', (e) => ({ received_at: e.received_at - 86_400_000 })],
])('that was never in the log is seen there: %s', async (_, change) => {
  const faults = await after(async () => forge(world, await lastEntry(), true, change));
  expect(faults.map(({ table }) => table)).toEqual(['checkpoint']);
});

test.each([
  [
    'the last entry of a unit, its row set back to the entry before',
    `delete from checkpoint where checkpoint_id = ${step('corrected')};
     update unit u set unit_seq = c.unit_seq, head_hash = sha256(c.body), last_at = c.received_at
      from checkpoint c where u.unit_id = ${UNIT} and c.unit_id = u.unit_id and c.unit_seq = 6;
     update item set weight_g = 182 where unit_id = ${UNIT}`,
  ],
  [
    'a unit with all that was ever known of it',
    TABLES.slice(0, 4)
      .map((t) => `delete from ${t} where unit_id = ${UNIT}`)
      .join(';'),
  ],
])('what is cut off a chain\'s end is seen in the log: %s', async (_, change) => {
  const faults = await after(() => run(change));
  expect(faults.length).toBeGreaterThan(0);
  expect(faults.every(({ table }) => table === 'log_entry')).toBe(true);
});

test('a claim that no device signed neither accuses an honest device nor stands in for one that was suppressed', async () => {
  const own = await makeWorld();
  try {
    const code = await own.accepted();
    const scan = await signingDevice(own, 'CLERK2');
    expect([(await scan(code)).status, (await scan(code)).status]).toEqual([201, 201]);
    // Somebody signed in on the device, but without its key, makes up the third claim; the real one never arrives.
    const { device_id } = await own.root.selectFrom('device').select('device_id').executeTakeFirstOrThrow();
    const token = await own.newToken('CLERK3', { device_id });
    const forged = { kind: 'seen', code, facts: {}, device_seq: 3, device_prev: '00'.repeat(32), signature: 'A'.repeat(86) };
    expect((await own.call('POST', '/api/checkpoints', { token, body: { ...forged, checkpoint_id: newId() } })).body.refusal).toBe(
      'bad_signature',
    );
    await scan.lose();
    expect((await scan(code)).status).toBe(201);
    const [gap] = (await verifyLedger(own.services.store.read)).device_gaps;
    expect(gap).toEqual({ device_id, missing_from: 3, missing_to: 3 });
    await own.verify();
  } finally {
    await own.end();
  }
});
