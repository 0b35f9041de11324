// One item: how it stands, and its chain. Marks and names are shown only to those who may see them.

import { equalBytes, hex } from '../base/bytes.ts';
import { instant } from '../base/time.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { FLAGS } from '../domain/decide.ts';
import type { FlagCode } from '../domain/decide.ts';
import type { Caller } from '../domain/role.ts';
import { clears } from '../domain/role.ts';
import { serviceWords } from '../domain/service.ts';
import type { Secrecy, ServiceClass, Urgency } from '../domain/service.ts';
import { STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import { entryOf, sha256 } from '../ledger/entry.ts';
import type { Read, Store } from '../store/connect.ts';

export type ItemView = Awaited<ReturnType<typeof itemByCode>>;

/** The living unit that carries a number, with what the caller may see; null: none. */
export async function itemByCode(db: Read, code: string, caller: Caller) {
  const row = await db
    .selectFrom('unit')
    .innerJoin('item', 'item.unit_id', 'unit.unit_id')
    .select([
      'unit.unit_id', 'unit.code', 'unit.state', 'unit.office_code', 'unit.custodian_kind', 'unit.custodian_ref', 'unit.holds',
      'unit.unit_seq', 'unit.head_hash', 'unit.last_at', 'item.service_class', 'item.scope', 'item.secrecy', 'item.urgency',
      'item.appointed_at', 'item.personal_mark', 'item.sender_body_code', 'item.sender_card_no', 'item.addressee_body_code',
      'item.addressee_postal_code', 'item.destination_office_code', 'item.weight_g', 'item.length_mm', 'item.width_mm',
      'item.height_mm', 'item.condition', 'item.joint_check', 'item.accepted_office_code', 'item.accepted_by', 'item.accepted_at',
      'item.approved_by', 'item.approved_at', 'item.labels_printed',
    ])
    .where('unit.code', '=', code)
    .where('unit.superseded_by', 'is', null)
    .executeTakeFirst();
  if (!row) return null;
  const cleared = clears(caller.clearance, row.secrecy as Secrecy);
  const state = row.state as State;
  const service_class = row.service_class as ServiceClass;
  const secrecy = row.secrecy as Secrecy;
  return {
    code: row.code,
    unit_id: row.unit_id,
    state,
    state_vi: STATES[state][0],
    state_en: STATES[state][1],
    service_class,
    scope: row.scope,
    /** null: you are not cleared to see whether there is a mark. */
    secrecy: cleared ? secrecy : null,
    urgency: row.urgency as Urgency,
    service_vi: serviceWords(service_class, cleared ? secrecy : 'NONE', row.urgency as Urgency, 'vi'),
    service_en: serviceWords(service_class, cleared ? secrecy : 'NONE', row.urgency as Urgency, 'en'),
    appointed_at: row.appointed_at ? instant(row.appointed_at.getTime()) : null,
    personal_mark: row.personal_mark,
    sender_body_code: row.sender_body_code,
    sender_card_no: cleared ? row.sender_card_no : null,
    addressee_body_code: row.addressee_body_code,
    addressee_postal_code: row.addressee_postal_code,
    destination_office_code: row.destination_office_code,
    weight_g: row.weight_g,
    length_mm: row.length_mm,
    width_mm: row.width_mm,
    height_mm: row.height_mm,
    condition: row.condition,
    joint_check: row.joint_check,
    accepted_office_code: row.accepted_office_code,
    accepted_at: instant(row.accepted_at.getTime()),
    approved_at: row.approved_at ? instant(row.approved_at.getTime()) : null,
    labels_printed: row.labels_printed,
    office_code: row.office_code,
    custodian: { kind: row.custodian_kind, ref: row.custodian_ref },
    held: row.holds > 0,
    unit_seq: row.unit_seq,
    head_hash: hex(row.head_hash),
    last_at: instant(row.last_at.getTime()),
  };
}

/** Checkpoints of a living unit, oldest first, each checked against its hash and the one before. null: no such unit. */
export async function chainByCode(db: Read, code: string, caller: Caller, page: { after_seq: number; limit: number }) {
  const unit = await db
    .selectFrom('unit')
    .leftJoin('item', 'item.unit_id', 'unit.unit_id')
    .leftJoin('bag', 'bag.unit_id', 'unit.unit_id')
    .select(['unit.unit_id', 'unit.unit_seq', 'unit.head_hash', 'unit.state', 'item.secrecy', 'bag.origin_office_code'])
    .where('unit.code', '=', code)
    .where('unit.superseded_by', 'is', null)
    .executeTakeFirst();
  if (!unit) return null;
  const rows = await db
    .selectFrom('checkpoint')
    .innerJoin('person', 'person.person_id', 'checkpoint.person_id')
    .select(['checkpoint.unit_seq', 'checkpoint.body', 'person.full_name', 'person.badge'])
    .where('checkpoint.unit_id', '=', unit.unit_id)
    // One earlier, so that the first of the page can be checked against it.
    .where('checkpoint.unit_seq', '>=', page.after_seq)
    .orderBy('checkpoint.unit_seq')
    .limit(page.limit + 1)
    .execute();
  // Seals and counts of a bag stay hidden at the other end until it has been opened there: whoever opens reads and counts first.
  const sealedFrom = unit.origin_office_code !== null && unit.origin_office_code !== caller.office_code && unit.state !== 'unsealed' && unit.state !== 'emptied';
  const cleared = clears(caller.clearance, (unit.secrecy ?? 'NONE') as Secrecy) && !sealedFrom;
  let previous: Uint8Array | null = null;
  const checkpoints = [];
  for (const row of rows) {
    const body = new Uint8Array(row.body);
    const entry = entryOf(body);
    const hash = sha256(body);
    const linked = entry.prev === null ? entry.unit_seq === 1 : previous !== null && equalBytes(entry.prev, previous);
    previous = hash;
    if (entry.unit_seq <= page.after_seq) continue;
    const kind = CHECKPOINTS[entry.claim.kind];
    checkpoints.push({
      unit_seq: entry.unit_seq,
      checkpoint_id: entry.claim.checkpoint_id,
      kind: entry.claim.kind,
      kind_vi: kind.vi,
      kind_en: kind.en,
      received_at: instant(entry.received_at),
      device_at: entry.claim.device_at === null ? null : instant(entry.claim.device_at),
      clock_offset_ms: entry.claim.clock_offset_ms,
      office_code: entry.claim.office_code,
      person: { badge: row.badge, full_name: row.full_name },
      second_person_id: entry.second_person_id,
      device_id: entry.claim.device_id,
      device_seq: entry.claim.device_seq,
      state: entry.state,
      state_vi: STATES[entry.state][0],
      state_en: STATES[entry.state][1],
      custodian: entry.custodian,
      flags: entry.flags.map((flag) => ({ flag, vi: FLAGS[flag as FlagCode][0], en: FLAGS[flag as FlagCode][1] })),
      facts: cleared ? (entry.claim.facts as Record<string, unknown>) : null,
      hash: hex(hash),
      prev_hash: entry.prev === null ? null : hex(entry.prev),
      linked,
    });
  }
  const last = checkpoints.at(-1);
  return {
    code,
    unit_id: unit.unit_id,
    checkpoints,
    next_after_seq: last && last.unit_seq < unit.unit_seq ? last.unit_seq : null,
    /** The chain ends in the hash that the unit's row holds. */
    complete: last?.unit_seq === unit.unit_seq && last.hash === hex(unit.head_hash),
  };
}

export type ItemFilter = { office_code: string; state?: string | undefined; after?: string | undefined; limit: number };

/** Items last seen at an office, newest number last; keyset paging by unit_id. */
export async function itemsAtOffice(db: Read, filter: ItemFilter, caller: Caller) {
  let query = db
    .selectFrom('unit')
    .innerJoin('item', 'item.unit_id', 'unit.unit_id')
    .select(['unit.unit_id', 'unit.code', 'unit.state', 'unit.last_at', 'unit.holds', 'item.service_class', 'item.secrecy', 'item.urgency', 'item.weight_g', 'item.destination_office_code'])
    .where('unit.office_code', '=', filter.office_code)
    .where('unit.superseded_by', 'is', null)
    .orderBy('unit.unit_id')
    .limit(filter.limit + 1);
  if (filter.state !== undefined) query = query.where('unit.state', '=', filter.state);
  if (filter.after !== undefined) query = query.where('unit.unit_id', '>', filter.after);
  const rows = await query.execute();
  const items = rows.slice(0, filter.limit).map((row) => {
    const cleared = clears(caller.clearance, row.secrecy as Secrecy);
    return {
      unit_id: row.unit_id,
      code: row.code,
      state: row.state as State,
      state_vi: STATES[row.state as State][0],
      state_en: STATES[row.state as State][1],
      service_vi: serviceWords(row.service_class as ServiceClass, cleared ? (row.secrecy as Secrecy) : 'NONE', row.urgency as Urgency, 'vi'),
      weight_g: row.weight_g,
      destination_office_code: row.destination_office_code,
      held: row.holds > 0,
      last_at: instant(row.last_at.getTime()),
    };
  });
  return { items, next_after: rows.length > filter.limit ? (items.at(-1)?.unit_id ?? null) : null };
}

/** Names and addresses of an ordinary item, for the label and the receipt; a party that was erased is not among them. */
export async function personalOf(store: Pick<Store, 'read' | 'vault'>, unit_id: string): Promise<{ [party: string]: { [field: string]: string } }> {
  const row = await store.read
    .selectFrom('personal')
    .innerJoin('personal_key', 'personal_key.unit_id', 'personal.unit_id')
    .select(['personal.unit_id', 'checkpoint_id', 'key_id', 'wrapped', 'sealed'])
    .where('personal.unit_id', '=', unit_id)
    .executeTakeFirst();
  return row === undefined ? {} : Object.fromEntries(Object.entries(store.vault.open(row)).map(([party, { fields }]) => [party, fields]));
}
