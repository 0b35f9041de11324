// The differences of a 10,000-item manifest and its scans: what a close has to know, from our lines, against the bare
// anti-join of a manifest table and a scan table on the same server. One connection, interleaved rounds, medians.

import pg from 'pg';
import { uuid7 } from '../../src/base/id.ts';
import { connectPool } from '../../src/store/connect.ts';
import { countOf } from '../../src/views/road.ts';

export const MANIFEST = 10_000;
const BAG = '243100240100AKT99999001';
const MISSING = 37;
const SURPLUS = 23;

type Emit = (name: string, value: number, unit: string, baseline: number, more?: object) => void;
type Bench = { url: string; rounds: number; emit: Emit; median: (values: number[]) => number };

const OURS = `select l.code, l.expected, l.result from count_line l where l.opening_id = $1
  and (l.result is null or l.result <> 'matched') order by l.code`;
const BARE = `select m.code, true as expected, null as result from bench_manifest m where not exists (select from bench_scan s where s.code = m.code)
union all select s.code, false, 'surplus' from bench_scan s where not exists (select from bench_manifest m where m.code = s.code) order by 1`;
/** Wants `people` in the database, and MANIFEST + 23 items, of which it takes the first. */
export async function benchReconcile({ url, rounds, emit, median }: Bench): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const store = connectPool({ url, connections_max: 2, lanes_max: 1, onError: () => undefined });
  try {
    const opening_id = await fill(client);
    const sides: { [side: string]: () => Promise<number> } = {
      ours: async () => (await client.query({ name: 'bench_ours', text: OURS, values: [opening_id] })).rowCount ?? 0,
      bare: async () => (await client.query({ name: 'bench_bare', text: BARE })).rowCount ?? 0,
      view: async () => {
        const count = await countOf(store.read, BAG, '240100');
        return (count?.open.length ?? 0) + (count?.found.length ?? 0);
      },
    };
    const seen: { [side: string]: number[] } = { ours: [], bare: [], view: [] };
    const order = Object.keys(sides);
    for (let round = -3; round < rounds * 8; round++) {
      for (const side of round % 2 === 0 ? order : order.toReversed()) {
        const started = performance.now();
        const rows = await sides[side]?.();
        const ms = performance.now() - started;
        if (rows !== MISSING + SURPLUS) throw new Error(`${side} found ${rows}`);
        if (round >= 0) seen[side]?.push(1000 / ms);
      }
    }
    const rate = (side: string): number => median(seen[side] ?? []);
    const shape = { manifest: MANIFEST, missing: MISSING, surplus: SURPLUS };
    emit('reconcile/bare_anti_join', rate('ours'), 'reconciliations/s', rate('bare'), { ...shape, ms: Number((1000 / rate('ours')).toFixed(2)) });
    emit('reconcile/count_view', rate('view'), 'reconciliations/s', rate('bare'), { ...shape, ms: Number((1000 / rate('view')).toFixed(2)) });
  } finally {
    await store.close();
    await client.end();
  }
}

/** A trip, a bag, its opening and its lines, and the same data as two bare tables. */
async function fill(client: pg.Client): Promise<string> {
  const [trip_id, bag_id, opening_id] = [uuid7(Date.now()), uuid7(Date.now()), uuid7(Date.now())];
  const { rows } = await client.query("select (select person_id from person where badge = 'SORTER') as person_id, array(select unit_id from unit where unit_kind = 'item' order by unit_id limit $1) as items", [MANIFEST + SURPLUS]);
  const { person_id, items } = rows[0] as { person_id: string; items: string[] };
  if (items.length < MANIFEST + SURPLUS) throw new Error(`only ${items.length} items`);
  await client.query('begin');
  await client.query(`insert into trip (trip_id, from_office_code, to_office_code, mail, trip_year, trip_no, route_level, state, guard_requested, opened_at, opened_by)
    values ($1, '243100', '240100', 'kt1', 2099, 9999, 2, 'open', false, now(), $2)`, [trip_id, person_id]);
  await client.query(`insert into unit (unit_id, unit_kind, code, state, office_code, custodian_kind, custodian_ref, holds, unit_seq, head_hash, last_at)
    values ($1, 'bag', '${BAG}', 'unsealed', '240100', 'person', $2, 0, 1, decode(repeat('00', 32), 'hex'), now())`, [bag_id, person_id]);
  await client.query(`insert into bag (unit_id, trip_id, serial, mail, origin_office_code, destination_office_code, manifest_bag)
    values ($1, $2, 1, 'kt1', '243100', '240100', true)`, [bag_id, trip_id]);
  await client.query(`insert into opening (opening_id, bag_id, office_code, opened_at, opened_by, blind, seals_entered, seals_expected, expected_digest, state)
    values ($1, $2, '240100', now(), $3, false, '{X}', '{X}', decode(repeat('00', 32), 'hex'), 'counting')`, [opening_id, bag_id, person_id]);
  await client.query(`insert into count_line (opening_id, code, item_id, weight_g, expected, result)
    select $1, u.code, u.unit_id, 182, n <= $3, case when n <= $4 then null when n <= $3 then 'matched' else 'surplus' end
    from unnest($2::uuid[]) with ordinality as t (unit_id, n) join unit u using (unit_id)`, [opening_id, items, MANIFEST, MISSING]);
  await client.query('create table bench_manifest (code text primary key); create table bench_scan (code text primary key)');
  await client.query('insert into bench_manifest select code from count_line where opening_id = $1 and expected', [opening_id]);
  await client.query('insert into bench_scan select code from count_line where opening_id = $1 and result is not null', [opening_id]);
  await client.query('commit');
  await client.query('analyze count_line, bench_manifest, bench_scan, unit, checkpoint');
  return opening_id;
}
