// The demo: a made-up Lạng Sơn and a day's work, made through the ledger itself. What is printed at the start must be true.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signIn } from '../../src/acts/session.ts';
import { civilDate, systemClock } from '../../src/base/time.ts';
import { bagCode, bagLabel, readBagCode } from '../../src/domain/bag.ts';
import { CHECKPOINTS } from '../../src/domain/checkpoint.ts';
import { isDomesticIndicator } from '../../src/domain/code.ts';
import { ROLES } from '../../src/domain/role.ts';
import { SERVICE_CLASSES } from '../../src/domain/service.ts';
import { BAG_STATES, ITEM_STATES } from '../../src/domain/state.ts';
import { entryOf } from '../../src/ledger/entry.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { seedDemo, seedReference } from '../../src/seed.ts';
import type { DemoSignIn } from '../../src/seed.ts';
import { connectPool } from '../../src/store/connect.ts';
import type { Statement, Store } from '../../src/store/connect.ts';
import { holdsOn, loadReference } from '../../src/store/reference.ts';
import { runSqlFile } from '../../src/store/run_sql.ts';
import { freshDatabase } from '../support/database.ts';
import type { FreshDatabase } from '../support/database.ts';
import { PERSONAL_KEY } from '../support/people.ts';

const TABLES = [
  'administrative_unit',
  'agency',
  'authorised_person',
  'bag',
  'checkpoint',
  'containment',
  'count_line',
  'discrepancy',
  'handover',
  'handover_line',
  'item',
  'label_key',
  'legal_act',
  'number_pattern',
  'number_range',
  'office',
  'opening',
  'person',
  'person_role',
  'personal',
  'postal_code',
  'reason',
  'refused_claim',
  'seal',
  'second_confirmation',
  'served_address',
  'served_body',
  'session',
  'shift',
  'time_limit',
  'trip',
  'trip_series',
  'unit',
] as const;
const open = (database: FreshDatabase): Store =>
  connectPool({ url: database.urls.app, personal_key: PERSONAL_KEY, connections_max: 4, lanes_max: 1, onError: () => undefined });
const sql = (text: string): Statement => ({ name: text.slice(0, 60), text });
const column = async (store: Store, text: string, values: unknown[] = []): Promise<unknown[]> =>
  (await store.query(sql(text), values)).map((row) => row[0]);

async function counts(store: Store): Promise<{ [table: string]: number }> {
  const rows = await Promise.all(
    TABLES.map((table) =>
      store.read
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .execute(),
    ),
  );
  return Object.fromEntries(TABLES.map((table, i) => [table, rows[i]?.[0]?.n ?? 0]));
}

const DAYS = { 'January 2021': () => Date.parse('2021-01-21T17:05:00+07:00'), today: systemClock };
const roads: { [code: string]: string }[] = [];

describe.each(Object.entries(DAYS))('%s', (_, clock) => {
  let database: FreshDatabase;
  let store: Store;
  let signIns: DemoSignIn[];
  beforeAll(async () => {
    database = await freshDatabase();
    store = open(database);
    signIns = await seedDemo(database.urls, clock, { personal_key: PERSONAL_KEY });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  test('the demo day shows every state', async () => {
    const states = async (unit_kind: string) =>
      column(store, 'select distinct state from unit where unit_kind = $1 order by 1', [unit_kind]);
    expect(await states('item')).toEqual(Object.keys(ITEM_STATES).toSorted());
    expect(await states('bag')).toEqual(Object.keys(BAG_STATES).toSorted());
    expect(await column(store, 'select distinct kind from checkpoint order by 1')).toEqual(Object.keys(CHECKPOINTS).toSorted());
  });

  test('a bag that is not yet opened holds what it was sealed with', async () => {
    const held = await column(
      store,
      `
      select distinct u.state from unit u join containment c on c.bag_id = u.unit_id and c.item_seq_out is null
      join unit i on i.unit_id = c.item_id and i.state = 'in_bag'`,
    );
    expect(held).toEqual(expect.arrayContaining(['open', 'sealed', 'in_transit', 'arrived', 'unsealed', 'missing']));
  });

  test('it is as large as it should be: offices, people, bodies, items, one open shift', async () => {
    const rows = await counts(store);
    expect(rows.item).toBeGreaterThanOrEqual(300);
    expect(rows.person).toBeGreaterThanOrEqual(28);
    const reference = await loadReference(store.read, civilDate(clock()));
    expect(reference.offices.size).toBeGreaterThanOrEqual(14);
    expect(reference.bodies.size).toBeGreaterThanOrEqual(16);
    expect([...reference.bodies.values()].filter((body) => body.delivery_office_code === null)).toEqual([]);
    expect(await column(store, 'select office_code from shift where closed_at is null')).toEqual(['243100']);
    expect(rows.label_key).toBe(reference.offices.size);
    expect(await column(store, 'select count(*) from session where ended_at is null')).toEqual([0]);
  });

  test('the road shows trips, seals, counts, differences and offers of every kind', async () => {
    expect(await column(store, 'select distinct state from trip order by 1')).toEqual(['arrived', 'departed', 'open']);
    expect(
      await column(store, "select from_office_code from trip where state <> 'open' and (vehicle_no is null or driver_person_id is null)"),
    ).toEqual([]);
    expect(await column(store, 'select distinct mail from trip order by 1')).toEqual(['kt1', 'ordinary']);
    expect(await column(store, 'select distinct state from seal order by 1')).toEqual(['applied', 'broken', 'issued']);
    expect(await column(store, 'select distinct state from opening order by 1')).toEqual(['closed', 'counting']);
    expect(await column(store, 'select forced_reason_code from opening where forced_reason_code is not null')).toEqual([
      'under_investigation',
    ]);
    expect(await column(store, 'select count(*) > 0 from count_line where duplicates > 0')).toEqual([true]);
    const differences = await store.query(sql('select discrepancy_kind, state from discrepancy order by 1, 2'), []);
    expect(differences.map((row) => `${String(row[0])} ${String(row[1])}`)).toEqual([
      'bag_weight open',
      'damaged agreed',
      'damaged open',
      'mis_sent agreed',
      'missing contested',
      'missing decided',
      'missing decided',
      'missing open',
      'seal open',
      'surplus agreed',
      'weight_mismatch decided',
    ]);
    expect(await column(store, 'select state from handover order by state')).toEqual(['answered', 'offered']);
    expect(await column(store, 'select distinct answer from handover_line order by 1 nulls last')).toEqual(['accepted', 'refused', null]);
    const mixed = `
      select b.mail from containment c join bag b on b.unit_id = c.bag_id join item i on i.unit_id = c.item_id
      where (b.mail = 'kt1') <> (i.service_class = 'kt1')`;
    expect(await column(store, mixed)).toEqual([]);
    const bags = await column(store, "select code from unit where unit_kind = 'bag'");
    expect(bags.filter((code) => readBagCode(code as string) === null)).toEqual([]);
    const reasons = await column(
      store,
      `
      select r from (select found_reason_code as r from discrepancy union select answer_reason_code from discrepancy
        union select decision_reason_code from discrepancy) as used
      where r is not null and r not in (select reason_code from reason where reason_list = 'discrepancy')`,
    );
    expect(reasons).toEqual([]);
  });

  test('all 24 KT1 services and every class are there, with what goes wrong', async () => {
    const services = await column(store, "select distinct scope || secrecy || urgency from item where service_class = 'kt1'");
    expect(services).toHaveLength(24);
    expect(await column(store, 'select distinct service_class from item order by 1')).toEqual(Object.keys(SERVICE_CLASSES).toSorted());
    expect(await column(store, 'select distinct unnest(flags) from checkpoint order by 1')).toEqual([
      'damaged',
      'duplicate',
      'elsewhere',
      'mis_sent',
      'seal_differs',
      'surplus',
      'weight_drift',
    ]);
    expect(await column(store, "select count(*) from unit where unit_kind = 'item' and holds > 0 and custodian_kind = 'person'")).toEqual([
      2,
    ]);
    expect(await column(store, "select count(*) from checkpoint where kind = 'corrected'")).toEqual([1]);
    expect(await column(store, 'select distinct refusal from refused_claim order by 1')).toEqual([
      'clearance_missing',
      'differences_open',
      'held',
      'sender_not_authorised',
      'training_expired',
    ]);
    expect(await column(store, "select count(*) from personal join item using (unit_id) where service_class = 'kt1'")).toEqual([0]);
  });

  test('the ledger verifies, nothing lies in the future, and each second person really confirmed', async () => {
    expect(await verifyLedger(store.read, store.vault)).toMatchObject({ faults: [], device_gaps: [] });
    expect(await column(store, 'select count(*) from checkpoint where received_at > $1', [new Date(clock())])).toEqual([0]);
    const confirmed = await store.query(sql('select used_by_checkpoint_id, person_id from second_confirmation'), []);
    const confirmations = new Map(confirmed.map((row) => [row[0], row[1]]));
    const entries = (await column(store, 'select body from checkpoint')).map((body) => entryOf(new Uint8Array(body as Buffer)));
    // Who accepts an offer is the first person; who offered is the second, and has said so before.
    const offers = await store.query(
      sql('select checkpoint_id, offered_by from handover_line join handover using (handover_id) where checkpoint_id is not null'),
      [],
    );
    const seconds = new Map([...confirmations, ...offers.map((row) => [row[0], row[1]] as const)]);
    for (const entry of entries) expect(entry.second_person_id).toBe(seconds.get(entry.claim.checkpoint_id) ?? null);
    expect(confirmations.size).toBe(confirmed.length);
    roads.push(
      Object.fromEntries(
        (await store.query(sql("select code, state from unit where unit_kind = 'item'"), [])).map(
          (row) => [row[0], row[1]] as [string, string],
        ),
      ),
    );
  });

  test('everybody who is printed can sign in, one of every role', async () => {
    expect(new Set(signIns.map((s) => s.role))).toEqual(new Set(Object.keys(ROLES)));
    for (const { badge, pin, office_code, agency_code, role, role_vi } of signIns) {
      expect(ROLES[role].vi).toBe(role_vi);
      expect([office_code, agency_code].filter(Boolean)).toHaveLength(1);
      expect(await signIn(store, { badge, pin }, clock())).toHaveProperty('token');
    }
  });

  test('seeding twice changes nothing', async () => {
    const before = await counts(store);
    const pins = await column(store, 'select pin_hash from person order by person_id');
    expect(await seedDemo(database.urls, clock, { personal_key: PERSONAL_KEY })).toEqual(signIns);
    await seedReference(database.urls.migrate);
    expect(await counts(store)).toEqual(before);
    expect(await column(store, 'select pin_hash from person order by person_id')).toEqual(pins);
  });

  test('no range mints a number that UPU reserves, and no served body has more addresses than the limit', async () => {
    const ranges = await store.read.selectFrom('number_range').select(['prefix', 'range_kind', 'suffix', 'check_rule']).execute();
    for (const { prefix, range_kind, suffix, check_rule } of ranges) {
      expect(prefix).not.toMatch(/^[KJSTW]/);
      if (range_kind === 'slip') expect([prefix.slice(0, 3), check_rule]).toEqual(['PTC', 'none']);
      else expect([isDomesticIndicator(prefix), suffix, check_rule]).toEqual([true, 'VN', 's10']);
    }
    const { limits } = await loadReference(store.read, civilDate(clock()));
    const most = await column(store, 'select max(n) from (select count(*) as n from served_address group by body_code) as per_body');
    expect(most).toEqual([limits.get('TL26')?.amount]);
  });
});

test('the same day comes out on any date', () => {
  expect(roads).toHaveLength(Object.keys(DAYS).length);
  expect(roads[0]).toEqual(roads[1]);
});

describe('reference data', () => {
  let database: FreshDatabase;
  let store: Store;
  beforeAll(async () => {
    database = await freshDatabase();
    store = open(database);
    await Promise.all([1, 2, 3].map(() => seedReference(database.urls.migrate)));
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  test('unknown limits are null', async () => {
    const limits = await store.read
      .selectFrom('time_limit')
      .select(['limit_code', 'duration', 'amount', 'status'])
      .orderBy('limit_code')
      .execute();
    expect(limits.map((limit) => limit.limit_code)).toEqual([...Array.from({ length: 34 }, (_, i) => i + 1), 36, 41, 42, 43, 44, 45, 46, 47, 48].map((n) => `TL${String(n).padStart(2, '0')}`));
    const unknown = limits.filter((limit) => limit.status === 'unknown');
    expect(unknown.map((limit) => limit.limit_code)).toEqual(['TL04', 'TL05', 'TL15', 'TL23', 'TL41', 'TL42', 'TL43', 'TL44']);
    expect(unknown.every((limit) => limit.duration === null && limit.amount === null)).toBe(true);
    expect(limits.filter((limit) => limit.amount !== null).map((limit) => [limit.limit_code, limit.amount])).toEqual([
      ['TL02', 2],
      ['TL03', 1],
      ['TL07', 100],
      ['TL08', 2],
      ['TL26', 2],
      ['TL30', 2],
      ['TL31', 1],
    ]);
  });

  test('every reason list has reasons, and a failed delivery mostly needs evidence', async () => {
    const rows = await store.read
      .selectFrom('reason')
      .select(['reason_list', 'reason_code', 'evidence'])
      .where(holdsOn('2021-01-21'))
      .execute();
    expect(new Set(rows.map((row) => row.reason_list)).size).toBe(14);
    expect(rows.filter((row) => row.reason_list === 'non_delivery' && row.evidence.length === 0)).toEqual([]);
    const kinds = new Set(rows.flatMap((row) => row.evidence));
    expect([...kinds].filter((kind) => !['call', 'photo', 'position', 'witness', 'paper'].includes(kind))).toEqual([]);
  });

  test('the number patterns know item, slip and bag numbers', async () => {
    const { patterns } = await loadReference(store.read, '2021-01-21');
    const knows = (code: string): string[] => patterns.filter((p) => p.pattern.test(code)).map((p) => p.unit_kind);
    expect(knows('BK473124829VN')).toEqual(['item']);
    expect(knows('PTC243100-000001')).toEqual(['item']);
    const bag = {
      origin_office_code: '243100',
      destination_office_code: '240100',
      mail: 'kt1',
      trip_year: 2021,
      trip_no: 41,
      serial: 1,
    } as const;
    expect(bagCode(bag)).toHaveLength(23);
    expect(knows(bagCode(bag))).toEqual(['bag']);
    expect(knows(bagLabel(bagCode(bag), true, true, 5_300))).toEqual(['bag']);
    expect(knows('243100240100DKN10041001')).toEqual([]);
    expect(knows('243100240100AKT1004100191000')).toEqual([]);
  });

  test('a database that has people of its own gets no demo', async () => {
    await store.close();
    const dir = await mkdtemp(path.join(tmpdir(), 'niem-seed-'));
    const file = path.join(dir, 'person.sql');
    const person =
      "insert into person (person_id, badge, full_name, valid_from) values ('01900000-0000-7000-8000-000000000001', 'LS1001', 'Người thật', '2017-01-01')";
    await writeFile(file, `${person}; select wrong`);
    await expect(runSqlFile(database.urls.migrate, file, 'person')).rejects.toThrow('wrong');
    await writeFile(file, person);
    expect(await Promise.all([1, 2].map(() => runSqlFile(database.urls.migrate, file, 'person')))).toEqual(
      expect.arrayContaining([true, false]),
    );
    await rm(dir, { recursive: true });
    store = open(database);
    expect(await seedDemo(database.urls, systemClock)).toEqual([]);
    expect(await counts(store)).toMatchObject({ person: 1, office: 0, checkpoint: 0, label_key: 0 });
  });
});
