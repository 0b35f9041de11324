// Reference data as it holds on one civil day, read whole: small tables that acts and screens look things up in.

import { civilDate } from '../base/time.ts';
import type { Clock } from '../base/time.ts';
import type { NumberFormat } from '../domain/code.ts';
import type { Read, Write } from './connect.ts';

export type PreprintedRange = NumberFormat & { office_code: string; service_class: string | null; serial_from: number; serial_to: number };

export type Reference = {
  on: string;
  offices: ReadonlyMap<string, { name_vi: string; kt1_point: boolean }>;
  bodies: ReadonlyMap<string, { name_vi: string; delivery_office_code: string | null }>;
  /** `body_code/card_no` of those who may hand in. */
  senders: ReadonlySet<string>;
  /** `body_code/card_no` of those who may receive. */
  receivers: ReadonlySet<string>;
  /** `reason_list/reason_code`, with the kinds of evidence each needs. */
  reasons: ReadonlyMap<string, { name_vi: string; name_en: string; evidence: readonly string[] }>;
  patterns: readonly { unit_kind: string; pattern: RegExp; check_rule: string }[];
  preprinted: readonly PreprintedRange[];
  /** Figures of dated limits; null: unknown. */
  limits: ReadonlyMap<string, { duration: string | null; amount: number | null }>;
  /** Days from Monday to Friday that are no working days. */
  holidays: ReadonlySet<string>;
};

/** Rows of a dated table that hold on `date`. */
export function holdsOn(date: string) {
  // Kysely's callback form; typed loosely because every dated table has the same two columns.
  return (eb: any) => eb.and([eb('valid_from', '<=', date), eb.or([eb('valid_to', 'is', null), eb('valid_to', '>', date)])]);
}

export async function loadReference(db: Read, on: string): Promise<Reference> {
  const now = holdsOn(on);
  const [offices, bodies, addresses, authorised, reasons, patterns, ranges, limits, holidays] = await Promise.all([
    db.selectFrom('office').select(['office_code', 'name_vi', 'kt1_point']).where(now).execute(),
    db.selectFrom('served_body').select(['body_code', 'name_vi']).where(now).execute(),
    db
      .selectFrom('served_address')
      .select(['body_code', 'address_no', 'delivery_office_code'])
      .where(now)
      .orderBy('address_no', 'desc')
      .execute(),
    db.selectFrom('authorised_person').select(['body_code', 'card_no', 'may_send', 'may_receive']).where(now).execute(),
    db.selectFrom('reason').select(['reason_list', 'reason_code', 'name_vi', 'name_en', 'evidence']).where(now).execute(),
    db.selectFrom('number_pattern').select(['unit_kind', 'pattern', 'check_rule']).where(now).execute(),
    db
      .selectFrom('number_range')
      .select(['office_code', 'service_class', 'prefix', 'suffix', 'check_rule', 'serial_width', 'serial_from', 'serial_to'])
      .where('range_kind', '=', 'preprinted')
      .where(now)
      .execute(),
    db.selectFrom('time_limit').select(['limit_code', 'duration', 'amount']).where(now).execute(),
    db.selectFrom('holiday').select('holiday_on').execute(),
  ]);
  // Descending by address_no, so that the first address wins.
  const deliveries = new Map(addresses.map((a) => [a.body_code, a.delivery_office_code]));
  return {
    on,
    offices: new Map(offices.map((o) => [o.office_code, o])),
    bodies: new Map(bodies.map((b) => [b.body_code, { name_vi: b.name_vi, delivery_office_code: deliveries.get(b.body_code) ?? null }])),
    senders: new Set(authorised.filter((p) => p.may_send).map((p) => `${p.body_code}/${p.card_no}`)),
    receivers: new Set(authorised.filter((p) => p.may_receive).map((p) => `${p.body_code}/${p.card_no}`)),
    reasons: new Map(reasons.map((r) => [`${r.reason_list}/${r.reason_code}`, r])),
    patterns: patterns.map((p) => ({ ...p, pattern: new RegExp(p.pattern) })),
    preprinted: ranges as PreprintedRange[],
    limits: new Map(limits.map((l) => [l.limit_code, l])),
    holidays: new Set(holidays.map((h) => h.holiday_on)),
  };
}

/** Reads at most every `keep_ms`: a change of reference data takes effect within that time. */
export function referenceKeeper(db: Read, clock: Clock, keep_ms = 5_000): () => Promise<Reference> {
  let kept: { until: number; reference: Promise<Reference> } | null = null;
  return () => {
    const now = clock();
    if (kept === null || now >= kept.until) {
      const reference = loadReference(db, civilDate(now));
      kept = { until: now + keep_ms, reference };
      reference.catch(() => (kept = null));
    }
    return kept.reference;
  };
}

/** Whether a legal act stands in the catalogue: nothing rests on one that does not. */
export const isLegalAct = async (db: Write, act_code: string): Promise<boolean> =>
  (await db.selectFrom('legal_act').select('act_code').where('act_code', '=', act_code).executeTakeFirst()) !== undefined;
