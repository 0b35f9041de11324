// Rules: one person proposes a version, it is replayed on past traffic, another person publishes it. Nothing is edited: a change is
// a further version, which ends the one before when it is published.

import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import type { Kind } from '../domain/facts.ts';
import type { Caller } from '../domain/role.ts';
import { compile } from '../domain/rule.ts';
import type { Audience, Effect, Severity } from '../domain/rule.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Write } from '../store/connect.ts';

export type Proposal = {
  rule_code: string;
  name_vi: string;
  name_en: string;
  severity: Severity;
  effect: Effect;
  audience: Audience;
  kinds: Kind[];
  service_classes: string[] | null;
  office_codes: string[] | null;
  expression: string;
  act_code: string | null;
  /** Unix milliseconds. */
  valid_from: number;
  valid_until: number;
};

const TRIES_MAX = 5;

/** Stores a draft. Throws a Refused for an expression that does not compile, naming what is wrong with it. */
export async function proposeRule(db: Write, caller: Caller, proposal: Proposal, now_ms: number): Promise<{ rule_version_id: string; version: number }> {
  const invalid = (field: string, problem_vi: string, problem_en: string): Refused => new Refused('invalid_input', { field, problem_vi, problem_en });
  const { used } = compile(proposal.expression);
  if (used.length === 0) throw new Refused('rule_invalid', { problem: 'không nêu dữ kiện nào / names no fact' });
  if (proposal.valid_until <= proposal.valid_from || proposal.valid_until <= now_ms) throw invalid('valid_until', 'phải sau ngày bắt đầu và sau hôm nay', 'must be after the start and after today');
  if (proposal.audience === 'audit' && proposal.effect === 'hold') throw invalid('effect', 'dấu hiệu về nhân viên không giữ bưu gửi', 'what concerns colleagues holds no item');
  if (proposal.kinds.some((kind) => !(kind in CHECKPOINTS))) throw invalid('kinds', 'không có loại mốc này', 'there is no such kind');
  if (proposal.act_code !== null && !(await db.selectFrom('legal_act').select('act_code').where('act_code', '=', proposal.act_code).executeTakeFirst())) throw invalid('act_code', 'không có văn bản này', 'there is no such act');
  const { valid_from, valid_until, rule_code, ...words } = proposal;
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(async (tx) => {
        await tx.insertInto('rule').values({ rule_code, created_at: new Date(now_ms), created_by: caller.person_id }).onConflict((conflict) => conflict.doNothing()).execute();
        const last = await tx.selectFrom('rule_version').select('version').where('rule_code', '=', rule_code).orderBy('version', 'desc').limit(1).executeTakeFirst();
        const [rule_version_id, version] = [uuid7(now_ms), (last?.version ?? 0) + 1];
        await tx
          .insertInto('rule_version')
          .values({ rule_version_id, rule_code, version, ...words, authored_by: caller.person_id, authored_at: new Date(now_ms), valid_from: new Date(valid_from), valid_until: new Date(valid_until) })
          .execute();
        return { rule_version_id, version };
      });
    } catch (error) {
      // Two proposals of one rule at once: the later one takes the next number.
      if (sqlState(error) !== SQLSTATE.unique_violation || tries === TRIES_MAX) throw error;
    }
  }
}

/** Puts a draft in force and ends the version before it, in one commit. Another person than its author, and only after a replay. */
export async function publishRule(db: Write, caller: Caller, rule_version_id: string, now_ms: number): Promise<void> {
  const draft = await versionState(db, rule_version_id);
  if (draft.authored_by === caller.person_id) throw new Refused('same_person');
  if (draft.state !== 'draft') throw new Refused('rule_not_draft', { state: draft.state });
  if (draft.valid_until.getTime() <= now_ms) throw new Refused('rule_not_draft', { state: 'expired' });
  const replayed = await db.selectFrom('rule_replay').select('replay_id').where('rule_version_id', '=', rule_version_id).executeTakeFirst();
  if (!replayed) throw new Refused('replay_needed');
  const now = new Date(now_ms);
  try {
    await db.transaction().execute(async (tx) => {
      await tx.updateTable('rule_version').set({ ended_at: now, ended_by: caller.person_id }).where('rule_code', '=', draft.rule_code).where('published_at', 'is not', null).where('ended_at', 'is', null).execute();
      const done = await tx.updateTable('rule_version').set({ published_at: now, published_by: caller.person_id }).where('rule_version_id', '=', rule_version_id).where('published_at', 'is', null).where('ended_at', 'is', null).executeTakeFirst();
      if (done.numUpdatedRows === 0n) throw new Refused('rule_not_draft', { state: 'published' });
    });
  } catch (error) {
    if (sqlState(error) === SQLSTATE.unique_violation) throw new Refused('rule_not_draft', { state: 'superseded' });
    throw error;
  }
}

/** Withdraws a draft or takes a version out of force. */
export async function endRule(db: Write, caller: Caller, rule_version_id: string, now_ms: number): Promise<void> {
  const version = await versionState(db, rule_version_id);
  const done = await db.updateTable('rule_version').set({ ended_at: new Date(now_ms), ended_by: caller.person_id }).where('rule_version_id', '=', rule_version_id).where('ended_at', 'is', null).executeTakeFirst();
  if (done.numUpdatedRows === 0n) throw new Refused('rule_not_draft', { state: version.state });
}

export type ReplaySum = { from_day: string; to_day: string; seen: number; hits: number; confirmed: number; cleared: number };

/** Keeps what a replay showed: the publisher can see that there was one, and what it said. */
export async function keepReplay(db: Write, caller: Caller, rule_version_id: string, sum: ReplaySum, now_ms: number): Promise<void> {
  await db.insertInto('rule_replay').values({ replay_id: uuid7(now_ms), rule_version_id, replayed_at: new Date(now_ms), replayed_by: caller.person_id, ...sum }).execute();
}

type VersionState = { rule_code: string; authored_by: string; valid_until: Date; state: 'draft' | 'published' | 'ended' };

async function versionState(db: Write, rule_version_id: string): Promise<VersionState> {
  const row = await db.selectFrom('rule_version').select(['rule_code', 'authored_by', 'valid_until', 'published_at', 'ended_at']).where('rule_version_id', '=', rule_version_id).executeTakeFirst();
  if (!row) throw new Refused('unknown_rule');
  const { rule_code, authored_by, valid_until } = row;
  return { rule_code, authored_by, valid_until, state: row.ended_at !== null ? 'ended' : row.published_at !== null ? 'published' : 'draft' };
}
