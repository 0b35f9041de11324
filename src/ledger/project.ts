// The tables derived from the ledger (unit, item) as a fold over entries. `append.ts` writes what this says while it appends;
// `verify.ts` folds the whole history again and compares. Pure.

import { present } from '../base/assert.ts';
import { hex } from '../base/bytes.ts';
import { instant } from '../base/time.ts';
import { readBagCode } from '../domain/bag.ts';
import { FACTS } from '../domain/facts.ts';
import type { AcceptedKt1, AcceptedOrdinary, Facts } from '../domain/facts.ts';
import type { Entry } from './entry.ts';

/** A row of `unit` without superseded_by (which only a later unit decides), instants as text. */
export type UnitRow = {
  unit_id: string;
  unit_kind: 'item' | 'bag';
  code: string;
  state: string;
  office_code: string;
  custodian_kind: string;
  custodian_ref: string;
  holds: number;
  unit_seq: number;
  head_hash: string;
  last_at: string;
};

/** Office of a unit after an entry. Seen where it should not be, it still belongs to the office that has it. */
export function officeAfter(entry: Entry, before: string | null): string {
  return (entry.flags.includes('elsewhere') ? before : entry.claim.office_code) ?? before ?? '';
}

export function unitRow(entry: Entry, hash: Uint8Array, office_before: string | null): UnitRow {
  return {
    unit_id: entry.unit_id,
    unit_kind: entry.unit_kind,
    code: entry.code,
    state: entry.state,
    office_code: officeAfter(entry, office_before),
    custodian_kind: entry.custodian.kind,
    custodian_ref: entry.custodian.ref,
    holds: entry.holds,
    unit_seq: entry.unit_seq,
    head_hash: hex(hash),
    last_at: instant(entry.received_at),
  };
}

export type ItemRow = {
  unit_id: string;
  service_class: string;
  scope: string;
  secrecy: string;
  urgency: string;
  appointed_at: string | null;
  sender_marked_hoa_toc: boolean;
  personal_mark: boolean;
  sender_body_code: string | null;
  sender_card_no: string | null;
  addressee_body_code: string | null;
  addressee_postal_code: string | null;
  destination_office_code: string | null;
  weight_g: number;
  length_mm: number | null;
  width_mm: number | null;
  height_mm: number | null;
  condition: string;
  joint_check: string;
  accepted_office_code: string;
  accepted_by: string;
  accepted_at: string;
  approved_by: string | null;
  approved_at: string | null;
  labels_printed: number;
  going_back: boolean;
};

/** Facts of an entry, typed by its kind; throws when they are not of that kind's shape. */
export function factsOf<K extends keyof typeof FACTS>(entry: Entry, kind: K): Facts<K> {
  return FACTS[kind].parse(entry.claim.facts) as Facts<K>;
}

/** The item row that an `accepted` entry makes. */
function acceptedItem(entry: Entry): ItemRow {
  const facts = factsOf(entry, 'accepted');
  const common = {
    unit_id: entry.unit_id,
    weight_g: facts.weight_g,
    length_mm: facts.length_mm ?? null,
    width_mm: facts.width_mm ?? null,
    height_mm: facts.height_mm ?? null,
    condition: facts.condition,
    accepted_office_code: entry.claim.office_code ?? '',
    accepted_by: entry.claim.person_id,
    accepted_at: instant(entry.received_at),
    approved_by: null,
    approved_at: null,
    labels_printed: 0,
    going_back: false,
  };
  const columns = isKt1(facts) ? kt1Columns(facts) : ordinaryColumns(facts);
  // For a registered addressee the ledger looked the delivering office up.
  const looked_up = entry.result.destination_office_code;
  return { ...common, ...columns, destination_office_code: columns.destination_office_code ?? (typeof looked_up === 'string' ? looked_up : null) };
}

/** The item row that an entry makes: its acceptance, or the first that our ledger sees of an item announced from outside. null: it makes none. */
export function bornItem(entry: Entry): ItemRow | null {
  if (entry.claim.kind === 'accepted') return acceptedItem(entry);
  const announced = entry.result.item as AnnouncedItem | undefined;
  if (announced === undefined) return null;
  return {
    ...announced, unit_id: entry.unit_id, appointed_at: announced.appointed_at === null ? null : instant(Date.parse(announced.appointed_at)), sender_marked_hoa_toc: false,
    sender_body_code: null, sender_card_no: null, addressee_body_code: null, addressee_postal_code: null, length_mm: null, width_mm: null, height_mm: null,
    condition: entry.claim.kind === 'counted' ? factsOf(entry, 'counted').condition : 'intact', joint_check: 'not_applicable',
    accepted_by: entry.claim.person_id, accepted_at: instant(entry.received_at), approved_by: null, approved_at: null, labels_printed: 0, going_back: false,
  };
}

type AnnouncedItem = Pick<ItemRow, 'service_class' | 'scope' | 'secrecy' | 'urgency' | 'appointed_at' | 'personal_mark' | 'weight_g' | 'destination_office_code' | 'accepted_office_code'>;

export const isKt1 = (facts: AcceptedKt1 | AcceptedOrdinary): facts is AcceptedKt1 => facts.service.service_class === 'kt1';

function kt1Columns(facts: AcceptedKt1) {
  const { service, sender, addressee } = facts;
  const timed = service.urgency === 'HEN_GIO' ? service : null;
  return {
    service_class: 'kt1',
    scope: service.scope,
    secrecy: service.secrecy,
    urgency: service.urgency,
    appointed_at: timed ? instant(Date.parse(timed.appointed_at)) : null,
    sender_marked_hoa_toc: timed?.sender_marked_hoa_toc ?? false,
    personal_mark: facts.checklist.personal_mark,
    sender_body_code: sender.body_code ?? null,
    sender_card_no: 'card_no' in sender ? sender.card_no : null,
    addressee_body_code: 'body_code' in addressee ? addressee.body_code : null,
    addressee_postal_code: 'postal_code' in addressee ? addressee.postal_code : null,
    destination_office_code: 'destination_office_code' in addressee ? addressee.destination_office_code : null,
    joint_check: 'not_applicable',
  };
}

function ordinaryColumns(facts: AcceptedOrdinary) {
  return {
    service_class: facts.service.service_class,
    scope: facts.service.scope,
    secrecy: 'NONE',
    urgency: 'NONE',
    appointed_at: null,
    sender_marked_hoa_toc: false,
    personal_mark: false,
    sender_body_code: null,
    sender_card_no: null,
    addressee_body_code: null,
    addressee_postal_code: facts.addressee_postal_code,
    destination_office_code: facts.destination_office_code ?? null,
    joint_check: facts.joint_check,
  };
}

export type ItemPatch = Partial<Pick<ItemRow, 'approved_by' | 'approved_at' | 'weight_g' | 'condition' | 'destination_office_code' | 'going_back'>> & {
  /** Added to labels_printed. */
  labels_more?: number;
};

/** What a later entry changes in its item row; null: nothing. Never sets a column back to null. */
export function itemPatch(entry: Entry): ItemPatch | null {
  switch (entry.claim.kind) {
    case 'approved':
      return { approved_by: entry.claim.person_id, approved_at: instant(entry.received_at) };
    case 'label_printed':
      return { labels_more: 1 };
    case 'condition_recorded':
      return { condition: factsOf(entry, 'condition_recorded').condition };
    case 'rewrapped':
      return { weight_g: factsOf(entry, 'rewrapped').weight_g };
    case 'return_started':
      return { going_back: true };
    case 'redirected':
      return { destination_office_code: factsOf(entry, 'redirected').destination_office_code };
    case 'corrected': {
      const { weight_g, condition, destination_office_code } = factsOf(entry, 'corrected');
      return defined({ weight_g, condition, destination_office_code });
    }
    default:
      return null;
  }
}

function defined(patch: { [K in keyof ItemPatch]: ItemPatch[K] | undefined }): ItemPatch {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}

/** The item row after an entry. */
export function foldItem(row: ItemRow | null, entry: Entry): ItemRow | null {
  const born = bornItem(entry);
  if (born) return born;
  const patch = itemPatch(entry);
  if (!row || !patch) return row;
  const { labels_more = 0, ...columns } = patch;
  return { ...row, ...columns, labels_printed: row.labels_printed + labels_more };
}

/** A row of `bag`. */
export type BagRow = {
  unit_id: string; trip_id: string | null; serial: number; mail: string; origin_office_code: string; destination_office_code: string; manifest_bag: boolean;
  last_of_trip: boolean | null; item_count: number | null; marked_count: number | null; net_g: number | null; gross_g: number | null; tare_g: number | null;
  seal_nos: string[] | null; manifest_digest: string | null;
};

/** The bag row after an entry. */
export function foldBag(row: BagRow | null, entry: Entry): BagRow | null {
  if (entry.claim.kind === 'bag_started') {
    const { trip_id, manifest_bag } = factsOf(entry, 'bag_started');
    const number = present(readBagCode(entry.code), 'a bag without a bag number');
    const { serial, mail, origin_office_code, destination_office_code } = number;
    return {
      unit_id: entry.unit_id, trip_id, serial, mail, origin_office_code, destination_office_code, manifest_bag, last_of_trip: null, item_count: null,
      marked_count: null, net_g: null, gross_g: null, tare_g: null, seal_nos: null, manifest_digest: null,
    };
  }
  if (entry.claim.kind === 'bag_arrived' && 'list_digest' in entry.result) return outsideBag(entry);
  if (entry.claim.kind !== 'bag_sealed' || row === null) return row;
  const { item_count, gross_g, tare_g, seal_nos, last_of_trip } = factsOf(entry, 'bag_sealed');
  const { net_g, marked_count, manifest_digest } = entry.result;
  return { ...row, item_count, gross_g, tare_g, seal_nos, last_of_trip, net_g: Number(net_g), marked_count: Number(marked_count), manifest_digest: hex(manifest_digest as Uint8Array) };
}

/** The bag row that the arrival of an announced bag makes. */
function outsideBag(entry: Entry): BagRow {
  const { serial, mail, origin_office_code, destination_office_code } = present(readBagCode(entry.code), 'a bag without a bag number');
  const { item_count, marked_count, net_g, gross_g, seal_nos, list_digest } = entry.result as Pick<BagRow, 'item_count' | 'marked_count' | 'net_g' | 'gross_g' | 'seal_nos'> & { list_digest: Uint8Array };
  return {
    unit_id: entry.unit_id, trip_id: null, serial, mail, origin_office_code, destination_office_code, manifest_bag: false, last_of_trip: null, item_count, marked_count,
    net_g, gross_g, tare_g: null, seal_nos, manifest_digest: hex(list_digest),
  };
}

/** A row of `containment`. */
export type ContainmentRow = { item_id: string; item_seq_in: number; bag_id: string; put_in_at: string; item_seq_out: number | null; taken_out_at: string | null };

/** The stays of an item in bags after an entry; the open one, if any, is the last. */
export function foldContainment(stays: readonly ContainmentRow[], entry: Entry): ContainmentRow[] {
  const open = stays.at(-1);
  const at = instant(entry.received_at);
  const inBag = entry.custodian.kind === 'bag';
  if (open && open.item_seq_out === null) {
    if (inBag && entry.custodian.ref === open.bag_id) return [...stays];
    const closed = { ...open, item_seq_out: entry.unit_seq, taken_out_at: at };
    return inBag ? [...stays.slice(0, -1), closed, stay(entry, at)] : [...stays.slice(0, -1), closed];
  }
  return inBag ? [...stays, stay(entry, at)] : [...stays];
}

const stay = (entry: Entry, at: string): ContainmentRow => ({
  item_id: entry.unit_id, item_seq_in: entry.unit_seq, bag_id: entry.custodian.ref, put_in_at: at, item_seq_out: null, taken_out_at: null,
});
