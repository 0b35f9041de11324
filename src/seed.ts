// What an installation starts with: reference data for every one, and a made-up Lạng Sơn with a day's work for trials. Node
// only. The demo's PIN is printed for everybody to see: nothing here is a secret, and nothing here may touch real people.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { hashPin } from './acts/session.ts';
import type { Clock } from './base/time.ts';
import { ROLES } from './domain/role.ts';
import type { Role } from './domain/role.ts';
import { makeDemoDay } from './seed_day.ts';
import { makeDemoDuty } from './seed_duty.ts';
import { connectPool } from './store/connect.ts';
import type { Read, Statement, Store } from './store/connect.ts';
import { runSqlFile } from './store/run_sql.ts';

export type DemoSignIn = {
  role: Role;
  role_vi: string;
  role_en: string;
  badge: string;
  pin: string;
  full_name: string;
  office_code: string | null;
  agency_code: string | null;
};

const DEMO_PIN = '246810';
/** Cheap on purpose: the PIN is public, and 60 people at full cost would take longer than all the rest. */
const DEMO_COST = { log2n: 12, r: 8, p: 1 };
/** Who is printed at the start: one or two of each role. */
const SHOWN = [
  'LS1001',
  'LS1002',
  'LS1005',
  'LS1007',
  'LS1008',
  'LS1009',
  'LS1010',
  'LS1011',
  'LS1013',
  'LS1015',
  'LS1016',
  'LS1017',
  'LS1021',
  'LS1023',
  'LS1025',
  'CA2001',
  'HQ2003',
  'TT3001',
  'LS1081',
  'LS1082',
  'SO2007',
  'VT4001',
];
/** Ids that demo.sql gives; somebody else's people have others. */
const FIRST_DEMO_PERSON = '01594f3c-1c00-7000-8000-000000000000';
const LAST_DEMO_PERSON = '01594f3c-1c00-7000-8000-000000009999';

const seedFile = (name: string): string => path.join(import.meta.dirname, '../db/seed', name);

/** Laws, limits, reasons and number patterns. Does nothing where there are any. */
export async function seedReference(migrateUrl: string): Promise<void> {
  await runSqlFile(migrateUrl, seedFile('reference.sql'), 'legal_act');
}

/** The demo, unless the database has people already; the sign-ins to print, none if the people are not the demo's. */
export async function seedDemo(
  urls: { migrate: string; app: string },
  clock: Clock,
  { day = true, personal_key }: { day?: boolean; personal_key?: string | undefined } = {},
): Promise<DemoSignIn[]> {
  await seedReference(urls.migrate);
  await runSqlFile(urls.migrate, seedFile('demo.sql'), 'person');
  const store = connectPool({ url: urls.app, personal_key, connections_max: 4, lanes_max: 1, onError: () => undefined });
  try {
    const signIns = await demoSignIns(store.read);
    if (signIns.length > 0) await Promise.all([setPins(store), makeKeysAndDay(store, clock, day)]);
    return signIns;
  } finally {
    await store.close();
  }
}

async function demoSignIns(db: Read): Promise<DemoSignIn[]> {
  const rows = await db
    .selectFrom('person')
    .innerJoin('person_role', 'person_role.person_id', 'person.person_id')
    .select(['role', 'badge', 'full_name', 'office_code', 'agency_code'])
    .where('person.person_id', '>', FIRST_DEMO_PERSON)
    .where('person.person_id', '<=', LAST_DEMO_PERSON)
    .where('badge', 'in', SHOWN)
    .execute();
  return rows
    .toSorted((a, b) => SHOWN.indexOf(a.badge) - SHOWN.indexOf(b.badge))
    .map((row) => {
      const role = row.role as Role;
      return { ...row, role, role_vi: ROLES[role].vi, role_en: ROLES[role].en, pin: DEMO_PIN };
    });
}

const SET_PINS: Statement = {
  name: 'set_demo_pins',
  text: 'update person set pin_hash = t.pin_hash from unnest($1::uuid[], $2::text[]) as t (person_id, pin_hash) where person.person_id = t.person_id',
};

/** All or none, and only once: a demo person whose PIN somebody took away does not get it back. */
async function setPins(store: Store): Promise<void> {
  const people = await store.read
    .selectFrom('person')
    .select(['person_id', 'pin_hash'])
    .where('person_id', '>', FIRST_DEMO_PERSON)
    .where('person_id', '<=', LAST_DEMO_PERSON)
    .execute();
  if (people.some((person) => person.pin_hash !== null)) return;
  const hashes = await Promise.all(people.map(() => hashPin(DEMO_PIN, DEMO_COST)));
  await store.query(SET_PINS, [people.map((person) => person.person_id), hashes]);
}

async function makeKeysAndDay(store: Store, clock: Clock, day: boolean): Promise<void> {
  const offices = await store.read.selectFrom('office').select('office_code').distinct().execute();
  await store.write
    .insertInto('label_key')
    .values(offices.map(({ office_code }) => ({ office_code, mac_key: randomBytes(32) })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  if (!day) return;
  const begun = await store.read.selectFrom('checkpoint').select('unit_seq').limit(1).executeTakeFirst();
  if (begun) return;
  const now_ms = clock();
  await makeDemoDay(store, now_ms);
  await makeDemoDuty(store, now_ms);
}
