// What people see of rules and screening: versions with what came of them, hits with their explanation, screening records with what
// voids them. One query each. What concerns colleagues is shown to auditors only; offices see what hit at their own.

import { sql } from 'kysely';
import { instant } from '../base/time.ts';
import type { Caller } from '../domain/role.ts';
import { AUDIENCES, EFFECTS, factWords, SEVERITIES } from '../domain/rule.ts';
import type { Audience, Effect, FactValue, Severity } from '../domain/rule.ts';
import { BREAK_FLAGS, BREAK_KINDS, METHODS, TESTS, testOf } from '../domain/screening.ts';
import type { Method, TestState } from '../domain/screening.ts';
import { STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import type { Read } from '../store/connect.ts';

const at = (date: Date | null): string | null => (date === null ? null : instant(date.getTime()));
const audiences = (caller: Caller): Audience[] => (caller.permissions.has('rule.audit') ? ['duty', 'audit'] : ['duty']);
/** Last outcome of a unit. */
const lastOutcome = sql<string | null>`(select outcome from screening_outcome o where o.unit_id = rule_hit.unit_id order by decided_at desc limit 1)`;

/** Nothing was said of the unit since the hit, or what was said was taken back. */
export const undecided = sql<boolean>`coalesce((select o.outcome from screening_outcome o where o.unit_id = rule_hit.unit_id and o.decided_at >= rule_hit.hit_at order by o.decided_at desc limit 1), 'reopened') = 'reopened'`;

/** Versions, newest first within each rule, each with its hits and what came of the units it hit. */
export async function rulesOf(db: Read, caller: Caller, filter: { rule_code?: string | undefined; state?: 'draft' | 'published' | 'ended' | undefined }) {
  let query = db
    .selectFrom('rule_version')
    .innerJoin('person as author', 'author.person_id', 'rule_version.authored_by')
    .leftJoin('person as publisher', 'publisher.person_id', 'rule_version.published_by')
    .leftJoin(
      (eb) =>
        eb
          .selectFrom((inner) => inner.selectFrom('rule_hit').select(['rule_version_id', 'unit_id', lastOutcome.as('outcome')]).select((e) => e.fn.countAll<number>().as('times')).select((e) => e.fn.max('hit_at').as('last_at')).groupBy(['rule_version_id', 'unit_id']).as('u'))
          .select('u.rule_version_id')
          .select([sql<number>`sum(u.times)::int`.as('hits'), sql<number>`count(*)::int`.as('units'), sql<number>`(count(*) filter (where u.outcome = 'confirmed'))::int`.as('confirmed'), sql<number>`(count(*) filter (where u.outcome = 'cleared'))::int`.as('cleared'), sql<Date>`max(u.last_at)`.as('last_hit_at')])
          .groupBy('u.rule_version_id')
          .as('came_of_it'),
      (join) => join.onRef('came_of_it.rule_version_id', '=', 'rule_version.rule_version_id'),
    )
    .select([
      'rule_version.rule_version_id', 'rule_version.rule_code', 'rule_version.version', 'rule_version.name_vi', 'rule_version.name_en', 'rule_version.severity', 'rule_version.effect', 'rule_version.audience', 'rule_version.kinds',
      'rule_version.service_classes', 'rule_version.office_codes', 'rule_version.expression', 'rule_version.act_code', 'rule_version.authored_at', 'rule_version.published_at', 'rule_version.valid_from', 'rule_version.valid_until', 'rule_version.ended_at',
      'author.full_name as author', 'publisher.full_name as publisher', 'came_of_it.hits', 'came_of_it.units', 'came_of_it.confirmed', 'came_of_it.cleared', 'came_of_it.last_hit_at',
    ])
    .where('rule_version.audience', 'in', audiences(caller))
    .orderBy('rule_version.rule_code')
    .orderBy('rule_version.version', 'desc');
  if (filter.rule_code !== undefined) query = query.where('rule_version.rule_code', '=', filter.rule_code);
  if (filter.state === 'draft') query = query.where('published_at', 'is', null).where('ended_at', 'is', null);
  if (filter.state === 'published') query = query.where('published_at', 'is not', null).where('ended_at', 'is', null);
  if (filter.state === 'ended') query = query.where('ended_at', 'is not', null);
  return (await query.execute()).map((row) => {
    const [confirmed, cleared] = [row.confirmed ?? 0, row.cleared ?? 0];
    return {
      ...row, hits: row.hits ?? 0, units: row.units ?? 0, confirmed, cleared, precision: confirmed + cleared === 0 ? null : Number((confirmed / (confirmed + cleared)).toFixed(3)),
      state: row.ended_at !== null ? 'ended' : row.published_at !== null ? 'published' : 'draft',
      severity_vi: SEVERITIES[row.severity as Severity][0], severity_en: SEVERITIES[row.severity as Severity][1], effect_vi: EFFECTS[row.effect as Effect][0], effect_en: EFFECTS[row.effect as Effect][1], audience_vi: AUDIENCES[row.audience as Audience][0],
      authored_at: at(row.authored_at), published_at: at(row.published_at), valid_from: at(row.valid_from), valid_until: at(row.valid_until), ended_at: at(row.ended_at), last_hit_at: at(row.last_hit_at),
    };
  });
}

/** Replays of a version, newest first. */
export async function replaysOf(db: Read, rule_version_id: string) {
  const rows = await db
    .selectFrom('rule_replay')
    .innerJoin('person', 'person.person_id', 'rule_replay.replayed_by')
    .select(['replayed_at', 'from_day', 'to_day', 'seen', 'hits', 'confirmed', 'cleared', 'person.full_name as replayed_by'])
    .where('rule_version_id', '=', rule_version_id)
    .orderBy('replayed_at', 'desc')
    .limit(20)
    .execute();
  return rows.map((row) => ({ ...row, replayed_at: at(row.replayed_at) }));
}

type HitFilter = { code?: string | undefined; effect?: Effect | undefined; severity?: Severity | undefined; undecided?: boolean | undefined; limit: number };

/** Hits, newest first, explained: rule, version and the facts it rests on. */
export async function hitsFor(db: Read, caller: Caller, filter: HitFilter) {
  let query = db
    .selectFrom('rule_hit')
    .innerJoin('rule_version', 'rule_version.rule_version_id', 'rule_hit.rule_version_id')
    .innerJoin('unit', 'unit.unit_id', 'rule_hit.unit_id')
    .innerJoin('checkpoint', 'checkpoint.checkpoint_id', 'rule_hit.checkpoint_id')
    .leftJoin('person', 'person.person_id', 'checkpoint.person_id')
    .select([
      'rule_hit.checkpoint_id', 'rule_hit.hit_at', 'rule_hit.office_code', 'rule_hit.effect', 'rule_hit.facts', 'rule_version.rule_code', 'rule_version.version', 'rule_version.name_vi', 'rule_version.name_en', 'rule_version.severity', 'rule_version.act_code',
      'unit.code', 'unit.unit_kind', 'unit.state', 'unit.holds', 'checkpoint.kind', 'person.full_name as recorded_by', lastOutcome.as('outcome'),
    ])
    .where('rule_version.audience', 'in', audiences(caller))
    .orderBy('rule_hit.hit_at', 'desc')
    .orderBy('rule_version.rule_code')
    .limit(filter.limit);
  if (caller.office_code !== null) query = query.where('rule_hit.office_code', '=', caller.office_code);
  if (filter.code !== undefined) query = query.where('unit.code', '=', filter.code);
  if (filter.effect !== undefined) query = query.where('rule_hit.effect', '=', filter.effect);
  if (filter.severity !== undefined) query = query.where('rule_version.severity', '=', filter.severity);
  if (filter.undecided) query = query.where(undecided);
  return (await query.execute()).map((row) => ({
    ...row, hit_at: at(row.hit_at), state_vi: STATES[row.state as State][0], state_en: STATES[row.state as State][1], held: row.holds > 0,
    severity_vi: SEVERITIES[row.severity as Severity][0], severity_en: SEVERITIES[row.severity as Severity][1], effect_vi: EFFECTS[row.effect as Effect][0], effect_en: EFFECTS[row.effect as Effect][1],
    facts: Object.entries(row.facts as { [path: string]: FactValue }).map(([fact, value]) => ({ fact, ...factWords(fact), value })),
  }));
}

/** Screenings of a unit, newest first; void when its custody, or that of a bag it lay in, was broken since. */
export async function screeningsOf(db: Read, caller: Caller, code: string) {
  let query = db
    .selectFrom('screening')
    .innerJoin('unit', 'unit.unit_id', 'screening.unit_id')
    .leftJoin('person', 'person.person_id', 'screening.operator_id')
    .leftJoin('screening as clearing', 'clearing.resolves', 'screening.checkpoint_id')
    .leftJoin('person as clearer', 'clearer.person_id', 'clearing.operator_id')
    .select(['screening.checkpoint_id', 'screening.method', 'screening.office_code', 'screening.equipment_no', 'screening.result', 'screening.test', 'screening.tested_at', 'screening.screened_at', 'person.full_name as operator', 'clearer.full_name as alarm_cleared_by', 'clearing.screened_at as alarm_cleared_at'])
    .select(
      sql<string | null>`(select c.checkpoint_id from checkpoint c
        where (c.flags && ${[...BREAK_FLAGS]}::text[] or c.kind = any(${[...BREAK_KINDS]}::text[])) and (
          (c.unit_id = screening.unit_id and c.unit_seq > screening.unit_seq)
          or c.unit_id in (select bag_id from containment k where k.item_id = screening.unit_id and c.received_at > screening.screened_at and c.received_at >= k.put_in_at and (k.taken_out_at is null or c.received_at <= k.taken_out_at)))
        order by c.received_at limit 1)`.as('broken_by'),
    )
    .where('unit.code', '=', code)
    .where('unit.superseded_by', 'is', null)
    .orderBy('screening.unit_seq', 'desc')
    .limit(50);
  if (caller.office_code !== null) query = query.where((eb) => eb.or([eb('unit.office_code', '=', caller.office_code), eb('screening.office_code', '=', caller.office_code)]));
  return (await query.execute()).map(({ broken_by, ...row }) => ({
    ...row, method_vi: METHODS[row.method as Method].vi, method_en: METHODS[row.method as Method].en, test_vi: TESTS[row.test as TestState][0], test_en: TESTS[row.test as TestState][1],
    tested_at: at(row.tested_at), screened_at: at(row.screened_at), alarm_cleared_at: at(row.alarm_cleared_at), broken_by,
    status: broken_by !== null ? 'void' : row.result === 'alarm' ? (row.alarm_cleared_by === null ? 'alarm' : 'alarm_cleared') : row.result,
  }));
}

/** Equipment of an office and how its last test stands. */
export async function equipmentOf(db: Read, office_code: string, now_ms: number) {
  const rows = await db
    .selectFrom('equipment')
    .select(['equipment_no', 'method', 'name_vi', 'test_limit_hours', 'retired_at'])
    .select([
      sql<Date | null>`(select tested_at from equipment_test t where t.equipment_no = equipment.equipment_no order by tested_at desc limit 1)`.as('tested_at'),
      sql<boolean | null>`(select passed from equipment_test t where t.equipment_no = equipment.equipment_no order by tested_at desc limit 1)`.as('passed'),
    ])
    .where('office_code', '=', office_code)
    .orderBy('equipment_no')
    .execute();
  return rows.map((row) => {
    const test = testOf({ office_code, method: row.method as Method, test_limit_hours: row.test_limit_hours, retired: row.retired_at !== null, tested_at: row.tested_at?.getTime() ?? null, passed: row.passed }, now_ms);
    return { ...row, tested_at: at(row.tested_at), retired_at: at(row.retired_at), test, test_vi: TESTS[test][0], test_en: TESTS[test][1] };
  });
}
