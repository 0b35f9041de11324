// What a flight may believe: read in one round trip under the units' row locks. Reads only; append.ts decides and writes.

import { present } from '../base/assert.ts';
import { hex } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { civilDate } from '../base/time.ts';
import { numberOf } from '../domain/code.ts';
import type { NumberFormat } from '../domain/code.ts';
import type { ItemNow, UnitNow } from '../domain/decide.ts';
import { makeHistory } from '../domain/history.ts';
import type { History, Sighting } from '../domain/history.ts';
import type { Clearance } from '../domain/role.ts';
import type { ServiceClass } from '../domain/service.ts';
import type { Lane, Row, Statement } from '../store/connect.ts';
import type { Sealed, Subject, Vault } from '../store/vault.ts';
import type { Draft } from './append.ts';
import { historyColumns, HISTORY, sightingOfRow } from './past.ts';
import { entryOf } from './entry.ts';
import type { Entry } from './entry.ts';
import { bornItem, factsOf, foldItem, officeAfter } from './project.ts';
import type { ItemRow } from './project.ts';

export type Confirmation = { person_id: string; clearance: Clearance; kt1_trained: boolean; session_hash: string; permission: string; expires_at: number; used: boolean; checkpoint_id: string | null; code: string | null };
type Range = NumberFormat & { range_id: number; office_code: string; service_class: ServiceClass | null; serial_next: number; serial_to: number };

/** Ordered by unit_id, so that two flights can never wait for each other in a circle. */
const UNITS: Statement = {
  name: 'lock_units',
  text: `
select unit_id, unit_kind, code, state, office_code, custodian_kind, custodian_ref, holds, unit_seq, head_hash, (extract(epoch from last_at) * 1000)::float8
from unit
where code = any($1) and superseded_by is null
order by unit_id
for update`,
};
/** After the lock and in a statement of its own: a join above would give the item as it was before the wait for the lock. */
const ITEMS: Statement = {
  name: 'load_items',
  text: `
select u.code, i.service_class, i.secrecy, i.urgency, i.weight_g, i.accepted_by, (extract(epoch from i.accepted_at) * 1000)::float8,
  i.accepted_office_code, i.labels_printed, i.destination_office_code, i.going_back, b.code
from unit u join item i using (unit_id) left join unit b on b.unit_id = case u.custodian_kind when 'bag' then u.custodian_ref::uuid end
where u.code = any($1) and u.superseded_by is null`,
};
const ENTRIES: Statement = { name: 'load_entries', text: 'select checkpoint_id, body from checkpoint where checkpoint_id = any($1)' };
const SALTS: Statement = {
  name: 'load_salts',
  text: 'select p.checkpoint_id, p.unit_id, k.key_id, k.wrapped, p.sealed from personal p join personal_key k using (unit_id) where p.checkpoint_id = any($1)',
};
const DEVICE_SEQS: Statement = {
  name: 'load_device_seqs',
  text: `
select c.device_id, c.device_seq, c.checkpoint_id
from unnest($1::uuid[], $2::bigint[]) as d (device_id, device_seq)
join checkpoint c on c.device_id = d.device_id and c.device_seq = d.device_seq`,
};
const RANGES: Statement = {
  name: 'lock_ranges',
  text: `
select range_id, office_code, service_class, prefix, suffix, check_rule, serial_width, serial_next, serial_to
from number_range
where office_code = any($1) and range_kind in ('assigned', 'slip') and serial_next <= serial_to
  and valid_from <= $2::date and (valid_to is null or valid_to > $2::date)
order by range_id
for update`,
};
const CONFIRMATIONS: Statement = {
  name: 'lock_confirmations',
  text: `
select c.confirmation_hash, c.person_id, c.session_hash, c.permission, (extract(epoch from c.expires_at) * 1000)::float8,
  c.used_by_checkpoint_id, case when p.clearance_to > $2::date then p.clearance else 'NONE' end, coalesce(p.kt1_training_to > $2::date, false), c.checkpoint_id, c.code
from second_confirmation c join person p using (person_id)
where c.confirmation_hash = any($1) order by c.confirmation_hash for update of c`,
};

export type Loaded = {
  units: Map<string, UnitNow>;
  needs: Map<string, object>;
  entries: Map<string, { entry: Entry; personal: { party: string; salt: Uint8Array }[] }>;
  /** `device_id/device_seq` -> checkpoint_id. */
  device_seqs: Map<string, string>;
  confirmations: Map<string, Confirmation>;
  /** Earlier acceptances that rules count, those of this flight included. */
  history: History;
  nextNumber(from: Draft['number_from'], taken: ReadonlyMap<number, number>): { code: string; range_id: number; next: number };
  /** Takes over what an entry of this flight did, so that later drafts see it. */
  advance(entry: Entry, hash: Uint8Array): void;
};

/** `subjects`: what rules will count, acceptances by their own sighting, other steps by number. */
export async function load(lane: Lane, vault: Vault, drafts: readonly Draft[], now_ms: number, subjects: { sightings: readonly Sighting[]; codes: readonly string[] } = { sightings: [], codes: [] }): Promise<Loaded> {
  const codes = [...new Set(drafts.flatMap((d) => [...(d.claim.code === null ? [] : [d.claim.code]), ...(d.also ?? [])]))];
  const ids = drafts.map((d) => d.claim.checkpoint_id);
  const devices = drafts.filter((d) => d.claim.device_id !== null && d.claim.device_seq !== null);
  const offices = [...new Set(drafts.flatMap((d) => (d.number_from === null ? [] : [d.number_from.office_code])))];
  const hashes = drafts.flatMap((d) => (d.second === null ? [] : [d.second.confirmation_hash]));
  const none: Promise<Row[]> = Promise.resolve([]);
  // Units first, then needs by key: every flight takes its locks in this order.
  const wanted = new Map(drafts.flatMap((d) => d.needs ?? []).map((need) => [need.key, need]));
  const [unitRows, itemRows, entryRows, deviceRows, rangeRows, confirmationRows, historyRows, ...got] = await Promise.all([
    codes.length === 0 ? none : lane.run(UNITS, [codes]),
    codes.length === 0 ? none : lane.run(ITEMS, [codes]),
    lane.run(ENTRIES, [ids]),
    devices.length === 0 ? none : lane.run(DEVICE_SEQS, [devices.map((d) => d.claim.device_id), devices.map((d) => d.claim.device_seq)]),
    offices.length === 0 ? none : lane.run(RANGES, [offices, civilDate(now_ms)]),
    hashes.length === 0 ? none : lane.run(CONFIRMATIONS, [hashes, civilDate(now_ms)]),
    subjects.sightings.length + subjects.codes.length === 0 ? none : lane.run(HISTORY, historyColumns(subjects, now_ms)),
    ...[...wanted.keys()].toSorted().map((key) => wanted.get(key)?.load(lane) ?? Promise.resolve({})),
  ]);
  const needs = new Map([...wanted.keys()].toSorted().map((key, i) => [key, present(got[i], 'a need was not loaded')]));

  const items = new Map(itemRows.map((row) => [row[0] as string, itemOf(row)]));
  const units = new Map(unitRows.map((row) => [row[2] as string, unitOf(row, items.get(row[2] as string) ?? null)]));
  const entries: Loaded['entries'] = new Map();
  for (const row of entryRows) entries.set(row[0] as string, { entry: entryOf(row[1] as Uint8Array), personal: [] });
  if (entries.size > 0) {
    for (const [checkpoint_id, unit_id, key_id, wrapped, sealed] of await lane.run(SALTS, [[...entries.keys()]])) {
      const parts = vault.open({ checkpoint_id, unit_id, key_id, wrapped, sealed } as Subject & Sealed);
      for (const [party, { salt }] of Object.entries(parts)) entries.get(checkpoint_id as string)?.personal.push({ party, salt });
    }
  }
  const ranges = rangeRows.map(rangeOf);
  const history = makeHistory();
  for (const row of historyRows) history.add(sightingOfRow(row));

  return {
    units,
    needs,
    entries,
    device_seqs: new Map(deviceRows.map((row) => [`${row[0] as string}/${row[1] as number}`, row[2] as string])),
    confirmations: new Map(confirmationRows.map((row) => [hex(row[0] as Uint8Array), confirmationOf(row)])),
    history,
    nextNumber(from, taken) {
      const range = ranges.find(
        (r) =>
          r.office_code === from?.office_code && r.service_class === from.service_class && (taken.get(r.range_id) ?? r.serial_next) <= r.serial_to,
      );
      if (!range) throw new Refused('range_exhausted', { office_code: from?.office_code ?? null });
      const serial = taken.get(range.range_id) ?? range.serial_next;
      return { code: numberOf(range, serial), range_id: range.range_id, next: serial + 1 };
    },
    advance(entry, hash) {
      const before = units.get(entry.code);
      units.set(entry.code, {
        unit_id: entry.unit_id,
        unit_kind: entry.unit_kind,
        code: entry.code,
        state: entry.state,
        office_code: officeAfter(entry, before?.office_code ?? null),
        custodian: entry.custodian,
        holds: entry.holds,
        unit_seq: entry.unit_seq,
        head_hash: hash,
        last_at: entry.received_at,
        item: itemAfter(entry, before?.item ?? null),
      });
    },
  };
}

function itemAfter(entry: Entry, before: ItemNow | null): ItemNow | null {
  const born = bornItem(entry);
  if (born) return itemNow(born);
  if (before === null) return null;
  const { labels_printed, weight_g, destination_office_code, going_back } = foldItem(before as object as ItemRow, entry) ?? (before as object as ItemRow);
  const bag_code = entry.custodian.kind !== 'bag' ? null : entry.claim.kind === 'bagged' ? factsOf(entry, 'bagged').bag_code : before.bag_code;
  return { ...before, labels_printed, weight_g, destination_office_code, going_back, bag_code };
}

function itemNow(row: ItemRow): ItemNow {
  return {
    service_class: row.service_class as ItemNow['service_class'],
    secrecy: row.secrecy as ItemNow['secrecy'],
    urgency: row.urgency as ItemNow['urgency'],
    weight_g: row.weight_g,
    accepted_by: row.accepted_by,
    accepted_at: Date.parse(row.accepted_at),
    accepted_office_code: row.accepted_office_code,
    labels_printed: row.labels_printed,
    destination_office_code: row.destination_office_code,
    going_back: row.going_back,
    bag_code: null,
  };
}

function unitOf(r: Row, item: ItemNow | null): UnitNow {
  return {
    unit_id: r[0] as string,
    unit_kind: r[1] as UnitNow['unit_kind'],
    code: r[2] as string,
    state: r[3] as UnitNow['state'],
    office_code: r[4] as string,
    custodian: { kind: r[5] as UnitNow['custodian']['kind'], ref: r[6] as string },
    holds: r[7] as number,
    unit_seq: r[8] as number,
    head_hash: r[9] as Uint8Array,
    last_at: r[10] as number,
    item,
  };
}

function itemOf(r: Row): ItemNow {
  return {
    service_class: r[1] as ItemNow['service_class'],
    secrecy: r[2] as ItemNow['secrecy'],
    urgency: r[3] as ItemNow['urgency'],
    weight_g: r[4] as number,
    accepted_by: r[5] as string,
    accepted_at: r[6] as number,
    accepted_office_code: r[7] as string,
    labels_printed: r[8] as number,
    destination_office_code: r[9] as string | null,
    going_back: r[10] as boolean,
    bag_code: r[11] as string | null,
  };
}

function rangeOf(r: Row): Range {
  return {
    range_id: r[0] as number,
    office_code: r[1] as string,
    service_class: r[2] as ServiceClass | null,
    prefix: r[3] as string,
    suffix: r[4] as string,
    check_rule: r[5] as NumberFormat['check_rule'],
    serial_width: r[6] as number,
    serial_next: r[7] as number,
    serial_to: r[8] as number,
  };
}

function confirmationOf(r: Row): Confirmation {
  return {
    person_id: r[1] as string,
    session_hash: hex(r[2] as Uint8Array),
    permission: r[3] as string,
    expires_at: r[4] as number,
    used: r[5] !== null,
    clearance: r[6] as Clearance,
    kt1_trained: r[7] as boolean,
    checkpoint_id: r[8] as string | null,
    code: r[9] as string | null,
  };
}
