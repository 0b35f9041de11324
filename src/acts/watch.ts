// Keeping watch lists: one person of the owner writes, another approves, either withdraws. What was written is never edited.

import { sql } from 'kysely';
import { Refused } from '../base/refusal.ts';
import { matchKeys } from '../domain/name_match.ts';
import type { MatchKind } from '../domain/name_match.ts';
import type { Caller } from '../domain/role.ts';
import { asking } from '../store/asking.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Write } from '../store/connect.ts';
import { isLegalAct } from '../store/reference.ts';

export type NewList = { title: string; purpose: string; act_code: string | null; basis_no: string | null; expires_at: number };
export type NewEntry = { match_kind: MatchKind; text: string; least_match: 'same' | 'perhaps' };

/** Operator rule, not law: nobody is looked for longer than a year without being asked again. */
const LIST_DAYS_MAX = 365;

/** The owner is the caller's agency or office. Returns the list's id. */
export async function addList(db: Write, caller: Caller, token: string, list: NewList, now_ms: number): Promise<string> {
  if (list.expires_at <= now_ms || list.expires_at > now_ms + LIST_DAYS_MAX * 86_400_000) {
    throw new Refused('invalid_input', { field: 'expires_at', problem_vi: 'phải trong vòng một năm tới', problem_en: 'must lie within a year from now' });
  }
  if (list.act_code !== null && !(await isLegalAct(db, list.act_code))) {
    throw new Refused('invalid_input', { field: 'act_code', problem_vi: 'không có văn bản này trong danh mục', problem_en: 'no such act in the catalogue' });
  }
  const owner = caller.agency_code === null ? { office_code: caller.office_code } : { agency_code: caller.agency_code };
  return asking(db, token, async (tx) => (await tx.insertInto('watch_list').values({ ...list, ...owner, authored_by: caller.person_id, authored_at: new Date(now_ms), expires_at: new Date(list.expires_at) }).returning('list_id').executeTakeFirstOrThrow()).list_id);
}

/** `token`: the caller's own, for only by it does the database tell whose list this is. The entries count once another person approves. */
export async function addEntries(db: Write, caller: Caller, token: string, list_id: string, entries: readonly NewEntry[], now_ms: number): Promise<string[]> {
  await requireLiving(db, token, list_id, now_ms);
  const rows = entries.map(({ match_kind, text, least_match }, i) => {
    const match_keys = matchKeys(match_kind, text);
    if (match_keys.length === 0) throw new Refused('invalid_input', { field: `entries.${i}.text`, problem_vi: 'không có gì để so', problem_en: 'nothing to compare' });
    return { list_id, match_kind, entry_text: text, least_match, match_keys, added_by: caller.person_id, added_at: new Date(now_ms) };
  });
  return asking(db, token, async (tx) => (await tx.insertInto('watch_entry').values(rows).returning('entry_id').execute()).map(({ entry_id }) => entry_id));
}

/** Approves a list with all that stands in it, or withdraws it or one entry for ever. */
export async function decideList(db: Write, caller: Caller, token: string, list_id: string, given: { decision: 'approved' | 'withdrawn'; entry_id: string | null }, now_ms: number): Promise<void> {
  await requireLiving(db, token, list_id, now_ms);
  try {
    await asking(db, token, (tx) => tx.insertInto('watch_decision').values({ ...given, list_id, decided_by: caller.person_id, decided_at: new Date(now_ms) }).execute());
  } catch (error) {
    if (sqlState(error) === SQLSTATE.watch_refused && given.entry_id === null) throw new Refused('same_person');
    if (sqlState(error) === SQLSTATE.watch_refused) throw new Refused('unknown_watch_list');
    throw error;
  }
}

async function requireLiving(db: Write, token: string, list_id: string, now_ms: number): Promise<void> {
  const { rows } = await sql<{ expires_at: Date; withdrawn_at: Date | null }>`select expires_at, withdrawn_at from watch_lists(${token}) where list_id = ${list_id}`.execute(db);
  const [list] = rows;
  if (!list) throw new Refused('unknown_watch_list');
  if (list.withdrawn_at !== null || list.expires_at.getTime() <= now_ms) throw new Refused('watch_list_ended');
}
