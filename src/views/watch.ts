// Watch lists as their owner sees them, through the database's own functions: they look up whose token it is and log what was
// read. These are the only ways to any of it.

import { sql } from 'kysely';
import { instant } from '../base/time.ts';
import { TIERS } from '../domain/match_tier.ts';
import type { Tier } from '../domain/match_tier.ts';
import type { Write } from '../store/connect.ts';

const at = (date: Date | null): string | null => (date === null ? null : instant(date.getTime()));

type ListRow = { list_id: string; title: string; purpose: string; act_code: string | null; basis_no: string | null; authored_by: string; authored_at: Date; expires_at: Date; approved_at: Date | null; approved_by: string | null; withdrawn_at: Date | null; entries: number; waiting: number };

/** Lists of the token's agency or office, newest first; `waiting`: entries that nobody has approved yet. */
export async function listsOf(db: Write, token: string) {
  const { rows } = await sql<ListRow>`select * from watch_lists(${token})`.execute(db);
  return rows.map((row) => ({ ...row, authored_at: instant(row.authored_at.getTime()), expires_at: instant(row.expires_at.getTime()), approved_at: at(row.approved_at), withdrawn_at: at(row.withdrawn_at) }));
}

type EntryRow = { entry_id: string; match_kind: string; entry_text: string; least_match: string; added_by: string; added_at: Date; withdrawn_at: Date | null };

/** Entries of one list by id, after `after`; another's list has none. The read is logged. */
export async function entriesOf(db: Write, token: string, list_id: string, page: { after: string; limit: number }) {
  const { rows } = await sql<EntryRow>`select * from watch_entries(${token}, ${list_id}, ${page.after}, ${page.limit})`.execute(db);
  return rows.map((row) => ({ ...row, added_at: instant(row.added_at.getTime()), withdrawn_at: at(row.withdrawn_at) }));
}

type HitRow = { checkpoint_id: string; unit_id: string; code: string; office_code: string; hit_at: Date; owner_agency_code: string | null; owner_office_code: string | null; list_id: string | null; entry_id: string | null; party: string | null; tier: Tier | null; score: number | null };

/** Hits of my lists, and of my office: of those only whom to call. The read is logged. */
export async function hitsOf(db: Write, token: string, limit: number) {
  const { rows } = await sql<HitRow>`select h.*, h.score::float8 as score, u.code from watch_hits(${token}, ${limit}) h join unit u using (unit_id) order by h.hit_at desc, h.checkpoint_id`.execute(db);
  return rows.map((row) => ({ ...row, hit_at: instant(row.hit_at.getTime()), why_vi: row.tier === null ? null : TIERS[row.tier].vi, why_en: row.tier === null ? null : TIERS[row.tier].en }));
}
