// The statements of a flight: everything it decided, in one round trip. Called by append.ts only.

import type { Lane, Statement } from '../store/connect.ts';
import type { Parts, Vault } from '../store/vault.ts';
import { claimBytes } from './entry.ts';
import type { Claim, Entry } from './entry.ts';
import type { Sighting } from '../domain/history.ts';
import { ATTEMPTED, HITS, LINKAGE, linkageColumns } from './past.ts';
import { bornItem, foldBag, foldItem, itemPatch } from './project.ts';
import type { BagRow, ContainmentRow, ItemPatch, ItemRow, UnitRow } from './project.ts';
import type { HitRow } from './screen.ts';

export type Writes = {
  entries: { entry: Entry; body: Uint8Array }[];
  units_new: UnitRow[];
  units_changed: Map<string, UnitRow>;
  superseded: { old: string; by: string }[];
  personal: { checkpoint_id: string; unit_id: string; parts: Parts }[];
  /** range_id -> next serial. */
  serials: Map<number, number>;
  confirmations: { hash: Uint8Array; checkpoint_id: string }[];
  refused: { claim: Claim; received_at: number; refusal: string }[];
  /** Stays of items in bags, begun and ended. */
  put_in: ContainmentRow[];
  taken_out: { item_id: string; item_seq_out: number; taken_out_at: string }[];
  /** What rules found. */
  hits: (HitRow & { checkpoint_id: string; unit_id: string; office_code: string | null; hit_at: string })[];
  /** Rows of the blind index, and items whose addressee did not collect. */
  linked: Sighting[];
  attempted: { unit_id: string; at: number }[];
  /** What acts bring of their own. */
  others: { statement: Statement; values: readonly unknown[] }[];
};

// unnest() of arrays in one prepared statement is the fastest way in: COPY gains nothing once indexes exist, jsonb costs
// 1.2 times as much, multi-row VALUES twice (measured; docs/decisions.md).
const ENTRIES: Statement = {
  name: 'insert_checkpoints',
  text: `
insert into checkpoint (checkpoint_id, unit_id, unit_seq, kind, office_code, person_id, device_id, device_seq, received_at, flags, body)
select c, u, s, k, o, p, d, q, to_timestamp(r / 1000.0), string_to_array(f, ','), b
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::bigint[], $9::bigint[],
  $10::text[], $11::bytea[]) as t (c, u, s, k, o, p, d, q, r, f, b)`,
};
const UNITS_CHANGED: Statement = {
  name: 'update_units',
  text: `
with changed as (
update unit set state = t.st, office_code = t.o, custodian_kind = t.ck, custodian_ref = t.cr, holds = t.h, unit_seq = t.s,
  head_hash = t.hh, last_at = t.l
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::bytea[], $9::timestamptz[])
  as t (u, st, o, ck, cr, h, s, hh, l)
where unit.unit_id = t.u
returning 1
) select 1 / (count(*) = $10)::int from changed`,
};
const SUPERSEDED: Statement = {
  name: 'supersede_units',
  text: 'update unit set superseded_by = t.b from unnest($1::uuid[], $2::uuid[]) as t (o, b) where unit.unit_id = t.o',
};
const UNITS_NEW: Statement = { name: 'insert_units', text: 'insert into unit select * from jsonb_populate_recordset(null::unit, $1::jsonb)' };
const ITEMS_NEW: Statement = { name: 'insert_items', text: 'insert into item select * from jsonb_populate_recordset(null::item, $1::jsonb)' };
const ITEMS_CHANGED: Statement = {
  name: 'update_items',
  text: `
update item set approved_by = coalesce(t.approved_by, item.approved_by), approved_at = coalesce(t.approved_at, item.approved_at),
  weight_g = coalesce(t.weight_g, item.weight_g), condition = coalesce(t.condition, item.condition),
  destination_office_code = coalesce(t.destination_office_code, item.destination_office_code),
  labels_printed = item.labels_printed + coalesce(t.labels_more, 0), going_back = coalesce(t.going_back, item.going_back)
from jsonb_to_recordset($1::jsonb) as t (unit_id uuid, approved_by uuid, approved_at timestamptz, weight_g int, condition text,
  destination_office_code text, labels_more int, going_back boolean)
where item.unit_id = t.unit_id`,
};
const BAGS_NEW: Statement = { name: 'insert_bags', text: 'insert into bag select * from jsonb_populate_recordset(null::bag, $1::jsonb)' };
const BAGS_SEALED: Statement = {
  name: 'update_bags',
  text: `
update bag set last_of_trip = t.last_of_trip, item_count = t.item_count, marked_count = t.marked_count, net_g = t.net_g, gross_g = t.gross_g,
  tare_g = t.tare_g, seal_nos = t.seal_nos, manifest_digest = t.manifest_digest
from jsonb_populate_recordset(null::bag, $1::jsonb) as t where bag.unit_id = t.unit_id`,
};
const TAKEN_OUT: Statement = {
  name: 'end_stays',
  text: `update containment set item_seq_out = t.item_seq_out, taken_out_at = t.taken_out_at
from jsonb_populate_recordset(null::containment, $1::jsonb) as t where containment.item_id = t.item_id and containment.item_seq_out is null`,
};
const PUT_IN: Statement = { name: 'insert_stays', text: 'insert into containment select * from jsonb_populate_recordset(null::containment, $1::jsonb)' };
const PERSONAL: Statement = {
  name: 'insert_personal',
  text: `with given as (select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[]) as t (checkpoint_id, unit_id, key_id, wrapped, sealed)),
keys as (insert into personal_key (unit_id, key_id, wrapped) select unit_id, key_id, wrapped from given)
insert into personal (checkpoint_id, unit_id, sealed) select checkpoint_id, unit_id, sealed from given`,
};
const SERIALS: Statement = {
  name: 'update_ranges',
  text: 'update number_range set serial_next = t.n from unnest($1::int[], $2::int[]) as t (r, n) where range_id = t.r',
};
const CONFIRMATIONS: Statement = {
  name: 'use_confirmations',
  text: `with used as (
update second_confirmation set used_by_checkpoint_id = t.c from unnest($1::bytea[], $2::uuid[]) as t (h, c)
where confirmation_hash = t.h and used_by_checkpoint_id is null returning 1
) select 1 / (count(*) = $3)::int from used`,
};
const REFUSED: Statement = {
  name: 'insert_refused',
  text: `
insert into refused_claim (checkpoint_id, received_at, refusal, person_id, office_code, device_id, device_seq, claim)
select c, to_timestamp(r / 1000.0), f, p, o, d, q, b
from unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::bigint[], $8::bytea[]) as t (c, r, f, p, o, d, q, b)
on conflict do nothing`,
};

/** bytea as jsonb_populate_recordset reads it. */
const bytea = (hexText: string): string => `\\x${hexText}`;

/**
 * Sends everything without waiting, so that it shares its round trip with the commit. A statement that fails makes the commit
 * a rollback. Pair assertion: the rows were locked, so exactly these must change; a wrong count divides by zero in the
 * database and so fails the flight.
 */
export function write(lane: Lane, vault: Vault, w: Writes): void {
  const { items, patches } = itemChanges(w.entries.map((e) => e.entry));
  const changed = [...w.units_changed.values()];
  if (w.superseded.length > 0) lane.send(SUPERSEDED, [w.superseded.map((s) => s.old), w.superseded.map((s) => s.by)]);
  if (w.units_new.length > 0) lane.send(UNITS_NEW, [JSON.stringify(w.units_new.map((u) => ({ ...u, head_hash: bytea(u.head_hash) })))]);
  if (items.length > 0) lane.send(ITEMS_NEW, [JSON.stringify(items)]);
  if (patches.length > 0) lane.send(ITEMS_CHANGED, [JSON.stringify(patches)]);
  const { fresh, sealed } = bagChanges(w.entries.map((e) => e.entry));
  if (fresh.length > 0) lane.send(BAGS_NEW, [JSON.stringify(fresh.map(bagJson))]);
  if (sealed.length > 0) lane.send(BAGS_SEALED, [JSON.stringify(sealed.map(bagJson))]);
  if (w.taken_out.length > 0) lane.send(TAKEN_OUT, [JSON.stringify(w.taken_out)]);
  if (w.put_in.length > 0) lane.send(PUT_IN, [JSON.stringify(w.put_in)]);
  if (w.personal.length > 0) lane.send(PERSONAL, personalColumns(w.personal, vault));
  if (w.serials.size > 0) lane.send(SERIALS, [[...w.serials.keys()], [...w.serials.values()]]);
  if (w.refused.length > 0) lane.send(REFUSED, refusedColumns(w.refused));
  if (w.entries.length > 0) lane.send(ENTRIES, entryColumns(w.entries));
  if (changed.length > 0) lane.send(UNITS_CHANGED, [...unitColumns(changed), changed.length]);
  if (w.linked.length > 0) lane.send(LINKAGE, linkageColumns(w.linked));
  if (w.attempted.length > 0) lane.send(ATTEMPTED, [w.attempted.map((a) => a.unit_id), w.attempted.map((a) => a.at)]);
  if (w.hits.length > 0) lane.send(HITS, [JSON.stringify(w.hits)]);
  for (const other of w.others) lane.send(other.statement, other.values);
  if (w.confirmations.length > 0) {
    lane.send(CONFIRMATIONS, [w.confirmations.map((c) => c.hash), w.confirmations.map((c) => c.checkpoint_id), w.confirmations.length]);
  }
}

function itemChanges(entries: readonly Entry[]): { items: ItemRow[]; patches: (ItemPatch & { unit_id: string })[] } {
  const items = new Map<string, ItemRow>();
  const patches = new Map<string, ItemPatch & { unit_id: string }>();
  for (const entry of entries) {
    const born = bornItem(entry);
    if (born) {
      items.set(entry.unit_id, born);
      continue;
    }
    const fresh = items.get(entry.unit_id);
    if (fresh) {
      items.set(entry.unit_id, foldItem(fresh, entry) ?? fresh);
      continue;
    }
    const patch = itemPatch(entry);
    if (!patch) continue;
    const earlier = patches.get(entry.unit_id);
    patches.set(entry.unit_id, {
      ...earlier,
      ...patch,
      labels_more: (earlier?.labels_more ?? 0) + (patch.labels_more ?? 0),
      unit_id: entry.unit_id,
    });
  }
  return { items: [...items.values()], patches: [...patches.values()] };
}

/** Bags begun in this flight, and sealed ones: what sealing sets does not depend on the row before. */
function bagChanges(entries: readonly Entry[]): { fresh: BagRow[]; sealed: BagRow[] } {
  const fresh = new Map<string, BagRow>();
  const sealed = new Map<string, BagRow>();
  for (const entry of entries) {
    const makes = entry.claim.kind === 'bag_started' || (entry.claim.kind === 'bag_arrived' && 'list_digest' in entry.result);
    if (!makes && entry.claim.kind !== 'bag_sealed') continue;
    const begun = fresh.get(entry.unit_id) ?? null;
    const row = foldBag(begun ?? ({ unit_id: entry.unit_id } as BagRow), entry);
    if (row) (makes || begun ? fresh : sealed).set(entry.unit_id, row);
  }
  return { fresh: [...fresh.values()], sealed: [...sealed.values()] };
}

const bagJson = (row: BagRow): object => ({ ...row, manifest_digest: row.manifest_digest === null ? null : bytea(row.manifest_digest) });

function entryColumns(entries: Writes['entries']): unknown[] {
  return [
    entries.map((e) => e.entry.claim.checkpoint_id),
    entries.map((e) => e.entry.unit_id),
    entries.map((e) => e.entry.unit_seq),
    entries.map((e) => e.entry.claim.kind),
    entries.map((e) => e.entry.claim.office_code),
    entries.map((e) => e.entry.claim.person_id),
    entries.map((e) => e.entry.claim.device_id),
    entries.map((e) => e.entry.claim.device_seq),
    entries.map((e) => e.entry.received_at),
    entries.map((e) => (e.entry.flags.length === 0 ? null : e.entry.flags.join(','))),
    entries.map((e) => e.body),
  ];
}

/** Sealed here, at the last moment: nothing behind this line knows a name. */
function personalColumns(personal: Writes['personal'], vault: Vault): unknown[] {
  const sealed = personal.map((p) => vault.seal(p, p.parts));
  return [personal.map((p) => p.checkpoint_id), personal.map((p) => p.unit_id), sealed.map((s) => s.key_id), sealed.map((s) => s.wrapped), sealed.map((s) => s.sealed)];
}

function unitColumns(units: readonly UnitRow[]): unknown[] {
  return [
    units.map((u) => u.unit_id),
    units.map((u) => u.state),
    units.map((u) => u.office_code),
    units.map((u) => u.custodian_kind),
    units.map((u) => u.custodian_ref),
    units.map((u) => u.holds),
    units.map((u) => u.unit_seq),
    units.map((u) => bytea(u.head_hash)),
    units.map((u) => u.last_at),
  ];
}

function refusedColumns(refused: Writes['refused']): unknown[] {
  return [
    refused.map((r) => r.claim.checkpoint_id),
    refused.map((r) => r.received_at),
    refused.map((r) => r.refusal),
    refused.map((r) => r.claim.person_id),
    refused.map((r) => r.claim.office_code),
    refused.map((r) => r.claim.device_id),
    refused.map((r) => r.claim.device_seq),
    refused.map((r) => claimBytes(r.claim)),
  ];
}
