// The blind index in the database: what is read of it in a flight's one round trip, and what is written. Keyed hashes only.

import { fromHex } from '../base/bytes.ts';
import { HISTORY_MAX, HISTORY_MS } from '../domain/history.ts';
import type { Sighting } from '../domain/history.ts';
import type { Row, Statement } from '../store/connect.ts';

/**
 * For each key the last rows of the longest window. Acceptances of other processes that are not committed yet are missed: a
 * count may then be short by them, and the next acceptance sees them all.
 */
export const HISTORY: Statement = {
  name: 'load_history',
  text: `
with mine as (
  select l.* from unit u join linkage l using (unit_id) where u.code = any($3) and u.superseded_by is null
), key as (
  select kind, key from unnest($1::text[], $2::bytea[]) as given (kind, key)
  union
  select v.kind, v.key from mine cross join lateral (values ('phone', sender_phone), ('sender_address', sender_address), ('addressee_address', addressee_address)) as v (kind, key)
), route as (
  select office_code, postal_code from unnest($4::text[], $5::text[]) as given (office_code, postal_code)
  union select office_code, postal_code from mine
), found as (
  select l.* from key cross join lateral (select * from linkage where key.kind = 'phone' and sender_phone = key.key and seen_at >= $7 order by seen_at desc limit ${HISTORY_MAX}) l
  union
  select l.* from key cross join lateral (select * from linkage where key.kind = 'sender_address' and sender_address = key.key and seen_at >= $7 order by seen_at desc limit ${HISTORY_MAX}) l
  union
  select l.* from key cross join lateral (select * from linkage where key.kind = 'addressee_address' and addressee_address = key.key and seen_at >= $7 order by seen_at desc limit ${HISTORY_MAX}) l
  union
  select l.* from route cross join lateral (select * from linkage where linkage.office_code = route.office_code and linkage.postal_code = route.postal_code and attempted_at >= $7 order by attempted_at desc limit ${HISTORY_MAX}) l
  union
  select l.* from unnest($6::uuid[]) as clerk (person_id) cross join lateral (select * from linkage where linkage.person_id = clerk.person_id and odd_identity and seen_at >= $7 order by seen_at desc limit ${HISTORY_MAX}) l
)
select f.checkpoint_id, f.unit_id, (extract(epoch from f.seen_at) * 1000)::float8, f.office_code, f.postal_code, f.person_id, f.odd_identity,
  encode(f.sender_phone, 'hex'), encode(f.sender_name, 'hex'), encode(f.sender_address, 'hex'), encode(f.addressee_name, 'hex'), encode(f.addressee_address, 'hex'),
  case when u.state not in ('delivered', 'withdrawn') then (extract(epoch from f.attempted_at) * 1000)::float8 end,
  (select case when o.outcome = 'confirmed' then (extract(epoch from o.decided_at) * 1000)::float8 end from screening_outcome o where o.unit_id = f.unit_id order by o.decided_at desc limit 1)
from found f join unit u using (unit_id)`,
};

export function historyColumns(subjects: { sightings: readonly Sighting[]; codes: readonly string[] }, now_ms: number): unknown[] {
  const keys = new Map<string, [kind: string, key: Uint8Array]>();
  const routes = new Map<string, [office_code: string, postal_code: string]>();
  for (const s of subjects.sightings) {
    for (const [kind, key] of [['phone', s.sender_phone], ['sender_address', s.sender_address], ['addressee_address', s.addressee_address]] as const) keys.set(`${kind}/${key}`, [kind, fromHex(key)]);
    routes.set(`${s.office_code}/${s.postal_code}`, [s.office_code, s.postal_code]);
  }
  const [keyList, routeList] = [[...keys.values()], [...routes.values()]];
  return [
    keyList.map(([kind]) => kind), keyList.map(([, key]) => key), subjects.codes, routeList.map(([office]) => office), routeList.map(([, postal]) => postal),
    [...new Set(subjects.sightings.map((s) => s.person_id))], new Date(now_ms - HISTORY_MS),
  ];
}

export function sightingOfRow(r: Row): Sighting {
  const [checkpoint_id, unit_id, at, office_code, postal_code, person_id, odd_identity, sender_phone, sender_name, sender_address, addressee_name, addressee_address, uncollected_since, confirmed_at] = r;
  return { checkpoint_id, unit_id, at, office_code, postal_code, person_id, odd_identity, sender_phone, sender_name, sender_address, addressee_name, addressee_address, uncollected_since, confirmed_at } as Sighting;
}

export const LINKAGE: Statement = {
  name: 'insert_linkage',
  text: `insert into linkage (checkpoint_id, unit_id, seen_at, office_code, postal_code, person_id, odd_identity, sender_phone, sender_name, sender_address, addressee_name, addressee_address)
select c, u, to_timestamp(s / 1000.0), o, p, e, d, decode(sp, 'hex'), decode(sn, 'hex'), decode(sa, 'hex'), decode(an, 'hex'), decode(aa, 'hex')
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::uuid[], $7::boolean[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
  as t (c, u, s, o, p, e, d, sp, sn, sa, an, aa)`,
};

export const linkageColumns = (rows: readonly Sighting[]): unknown[] => [
  rows.map((s) => s.checkpoint_id), rows.map((s) => s.unit_id), rows.map((s) => s.at), rows.map((s) => s.office_code), rows.map((s) => s.postal_code), rows.map((s) => s.person_id),
  rows.map((s) => s.odd_identity), rows.map((s) => s.sender_phone), rows.map((s) => s.sender_name), rows.map((s) => s.sender_address), rows.map((s) => s.addressee_name), rows.map((s) => s.addressee_address),
];

/** The addressee did not collect: counted until the item is handed over. */
export const ATTEMPTED: Statement = { name: 'mark_attempted', text: 'update linkage set attempted_at = to_timestamp(t.a / 1000.0) from unnest($1::uuid[], $2::bigint[]) as t (u, a) where linkage.unit_id = t.u' };

export const HITS: Statement = {
  name: 'insert_rule_hits',
  text: `insert into rule_hit (checkpoint_id, rule_version_id, unit_id, office_code, effect, facts, hit_at)
select checkpoint_id, rule_version_id, unit_id, office_code, effect, facts, hit_at from jsonb_populate_recordset(null::rule_hit, $1::jsonb)`,
};
