// What is due for erasure, what stands in its way, and what was erased by which order. Numbers and codes; nothing is opened.

import { sql } from 'kysely';
import { addMonths, civilDate, instant } from '../base/time.ts';
import { monthsOf } from '../domain/delivery.ts';
import { legallyHeld, mayBeErasedIn } from '../domain/erasure.ts';
import { ERASURE_REASONS, isKind } from '../domain/journal.ts';
import { STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import { byMatter, entriesOfKind } from '../ledger/journal.ts';
import type { Read } from '../store/connect.ts';
import type { Reference } from '../store/reference.ts';
import { namesOf } from './roster.ts';

/** Items whose least time of keeping is over, oldest first, from `after` on. `first_on` null: the limit is not loaded. */
export async function erasuresDue(db: Read, law: Pick<Reference, 'limits'>, page: { after?: string | undefined; limit: number }, now_ms: number) {
  const limit = law.limits.get('TL14')?.duration ?? null;
  const months = monthsOf(limit);
  const [rows, holds] = await Promise.all([
    db
      .selectFrom('personal')
      .innerJoin('unit', 'unit.unit_id', 'personal.unit_id')
      .innerJoin('item', 'item.unit_id', 'personal.unit_id')
      .select(['unit.unit_id', 'unit.code', 'unit.state', 'unit.holds', 'item.accepted_at', 'item.accepted_office_code'])
      .where('item.accepted_at', '<', new Date(now_ms - (months ?? 0) * 28 * 86_400_000))
      .$if(page.after !== undefined, (query) => query.where('unit.unit_id', '>', page.after ?? ''))
      // UUIDv7 of the acceptance: in order of time.
      .orderBy('unit.unit_id')
      .limit(page.limit + 1)
      .execute(),
    entriesOfKind(db, 'legal_hold'),
  ]);
  const held = legallyHeld(holds);
  const today = civilDate(now_ms);
  const shown = rows.slice(0, page.limit).map((row) => {
    const [state_vi, state_en] = STATES[row.state as State];
    const first_on = months === null ? null : addMonths(civilDate(row.accepted_at.getTime()), months);
    const blocked = held.has(row.unit_id) || row.holds > 0 ? 'legally_held' : mayBeErasedIn(row.state as State) ? (first_on === null ? 'limit_not_loaded' : today < first_on ? 'too_early' : null) : 'still_needed';
    return { unit_id: row.unit_id, code: row.code, state_vi, state_en, accepted_at: instant(row.accepted_at.getTime()), accepted_office_code: row.accepted_office_code, first_on, blocked };
  });
  return { keep_at_least: limit, keep_at_most: null, standard_vi: 'chưa nạp thời hạn lưu tối đa', standard_en: 'no longest period of keeping is loaded', rows: shown, next_after: rows.length > page.limit ? (shown.at(-1)?.unit_id ?? null) : null };
}

/** Orders of erasure, newest first, with what each erased. */
export async function erasureOrders(db: Read) {
  const [entries, counts] = await Promise.all([
    entriesOfKind(db, 'erasure'),
    db.selectFrom('erasure').select(['entry_no', sql<number>`count(*)`.as('erased')]).groupBy('entry_no').execute(),
  ]);
  const name = await namesOf(db, entries.flatMap((entry) => [entry.person_id, entry.second_person_id].filter((id) => id !== null)));
  const erased = new Map(counts.map((row) => [row.entry_no, row.erased]));
  return entries.toReversed().slice(0, 200).flatMap((entry) => {
    if (!isKind(entry, 'erasure_ordered')) return [];
    const [reason_vi, reason_en] = ERASURE_REASONS[entry.facts.reason];
    return [{ entry_no: entry.entry_no, ordered_at: instant(entry.at_ms), ordered_by: name(entry.person_id ?? ''), second: name(entry.second_person_id ?? ''), reason_vi, reason_en, ...entry.facts, erased: erased.get(entry.entry_no) ?? 0 }];
  });
}

/** Legal holds, newest first. */
export async function legalHolds(db: Read) {
  const matters = [...byMatter(await entriesOfKind(db, 'legal_hold')).entries()];
  return matters.toReversed().slice(0, 200).flatMap(([hold_id, [placed, lifted]]) => {
    if (!placed || !isKind(placed, 'legal_hold_placed')) return [];
    return [{ hold_id, placed_at: instant(placed.at_ms), ...placed.facts, lifted_at: lifted ? instant(lifted.at_ms) : null }];
  });
}
