// The tables derived from the ledger (unit, item) as a fold over entries. `append.ts` writes what this says while it appends;
// `verify.ts` folds the whole history again and compares. Pure.

import { hex } from '../base/bytes.ts';
import { instant } from '../base/time.ts';
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
};

/** Facts of an entry, typed by its kind; throws when they are not of that kind's shape. */
export function factsOf<K extends keyof typeof FACTS>(entry: Entry, kind: K): Facts<K> {
  return FACTS[kind].parse(entry.claim.facts) as Facts<K>;
}

/** The item row that an `accepted` entry makes. */
export function acceptedItem(entry: Entry): ItemRow {
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
  };
  return isKt1(facts) ? { ...common, ...kt1Columns(facts) } : { ...common, ...ordinaryColumns(facts) };
}

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

export type ItemPatch = Partial<Pick<ItemRow, 'approved_by' | 'approved_at' | 'weight_g' | 'condition' | 'destination_office_code'>> & {
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
  if (entry.claim.kind === 'accepted') return acceptedItem(entry);
  const patch = itemPatch(entry);
  if (!row || !patch) return row;
  const { labels_more = 0, ...columns } = patch;
  return { ...row, ...columns, labels_printed: row.labels_printed + labels_more };
}
