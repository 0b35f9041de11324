// The triage queue of a desk: every unit that a rule hit, a person held or a list keeps here and that nobody has decided yet, one row a
// unit, each with its reasons in words. Offices see their own, agencies what concerns them all; notes and looks are of one desk only.

import { sql } from 'kysely';
import { civilDate, instant } from '../base/time.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import type { Kind } from '../domain/facts.ts';
import { FLAGS } from '../domain/decide.ts';
import type { Caller } from '../domain/role.ts';
import { factWords, SEVERITIES } from '../domain/rule.ts';
import type { FactValue, Severity } from '../domain/rule.ts';
import { SIGNS } from '../domain/sign.ts';
import type { Sign } from '../domain/sign.ts';
import { STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import { entryOf } from '../ledger/entry.ts';
import type { Read } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';
import { undecided } from './rules.ts';

/** Hits looked at; units shown. A desk that has more than this undecided needs people, not pages. */
const HITS_MAX = 2_000;
export const FLAGS_MAX = 300;
/** How long a look says that somebody is at it. */
const LOOK_MS = 300_000;
const ORDER = Object.keys(SEVERITIES) as Severity[];

export type Reason = {
  source: 'rule' | 'person';
  checkpoint_id: string;
  at: string;
  severity: Severity | null;
  vi: string;
  en: string;
  rule_code: string | null;
  version: number | null;
  act_code: string | null;
  kind_vi: string;
  kind_en: string;
  recorded_by: string | null;
  reason_code: string | null;
  facts: { fact: string; vi: string; en: string; value: FactValue }[];
};

export type FlagRow = {
  unit_id: string; code: string; unit_kind: string; office_code: string; state_vi: string; state_en: string; held: boolean;
  /** Gravest rule that hit; null: a person's hold without one, or a list. */
  severity: Severity | null;
  /** Of the oldest reason and of the newest. */
  since: string; last_at: string;
  /** What was said of it and is older than its newest reason, or `cleared` while it is still held: somebody must release it. */
  outcome: string | null;
  reasons: Reason[];
  deferred_until: string | null;
  assigned_to: { person_id: string; full_name: string } | null;
  looking: string[];
};

/** Flags of the caller's desk, gravest first, then oldest; at most FLAGS_MAX. */
export async function flagsFor(db: Read, caller: Caller, now_ms: number): Promise<FlagRow[]> {
  const [hits, held] = await Promise.all([hitsOpen(db, caller), heldUnits(db, caller)]);
  const ids = [...new Set([...hits.map((hit) => hit.unit_id), ...held.map((unit) => unit.unit_id)])];
  if (ids.length === 0) return [];
  const mine = sql<string>`any(${ids}::uuid[])`;
  const [units, hands, outcomes, notes, looks] = await Promise.all([
    db.selectFrom('unit').select(['unit_id', 'code', 'unit_kind', 'office_code', 'state', 'holds']).where('unit_id', '=', mine).execute(),
    handHolds(db, held.map((unit) => unit.unit_id)),
    db.selectFrom('screening_outcome').distinctOn('unit_id').select(['unit_id', 'outcome']).where('unit_id', '=', mine).orderBy('unit_id').orderBy('decided_at', 'desc').execute(),
    db.selectFrom('flag_note').leftJoin('person', 'person.person_id', 'flag_note.assigned_to').distinctOn('unit_id').select(['unit_id', 'note', 'deferred_until', 'assigned_to', 'person.full_name'])
      .where('unit_id', '=', mine).where(ofDesk(caller)).orderBy('unit_id').orderBy('note_id', 'desc').execute(),
    db.selectFrom('flag_look').innerJoin('person', 'person.person_id', 'flag_look.person_id').select(['unit_id', 'person.full_name']).where('unit_id', '=', mine)
      .where('looked_at', '>', new Date(now_ms - LOOK_MS)).where('flag_look.person_id', '<>', caller.person_id).where('flag_look.person_id', 'in', (eb) => peopleAt(eb, caller, now_ms)).execute(),
  ]);
  const reasons = Map.groupBy([...hits, ...hands], (reason) => reason.unit_id);
  const said = new Map(outcomes.map((row) => [row.unit_id, row.outcome]));
  const noted = new Map(notes.map((row) => [row.unit_id, row]));
  const seen = Map.groupBy(looks, (row) => row.unit_id);
  const rows = units.map((unit): FlagRow => {
    const of = (reasons.get(unit.unit_id) ?? []).toSorted((a, b) => a.ms - b.ms);
    const note = noted.get(unit.unit_id);
    const worst = Math.max(-1, ...of.map((reason) => (reason.severity === null ? -1 : ORDER.indexOf(reason.severity))));
    return {
      unit_id: unit.unit_id, code: unit.code, unit_kind: unit.unit_kind, office_code: unit.office_code, state_vi: STATES[unit.state as State][0], state_en: STATES[unit.state as State][1], held: unit.holds > 0,
      severity: ORDER[worst] ?? null, since: instant(of[0]?.ms ?? now_ms), last_at: instant(of.at(-1)?.ms ?? now_ms), outcome: said.get(unit.unit_id) ?? null,
      reasons: of.toReversed().map(({ unit_id: _, ms: __, ...reason }) => reason),
      deferred_until: note?.note === 'deferred' && note.deferred_until !== null && note.deferred_until.getTime() > now_ms ? instant(note.deferred_until.getTime()) : null,
      assigned_to: note?.note === 'assigned' && note.assigned_to !== null ? { person_id: note.assigned_to, full_name: note.full_name ?? '' } : null,
      looking: (seen.get(unit.unit_id) ?? []).map((row) => row.full_name),
    };
  });
  const rank = (row: FlagRow): number => (row.severity === null ? ORDER.indexOf('medium') : ORDER.indexOf(row.severity));
  return rows.toSorted((a, b) => rank(b) - rank(a) || (a.since < b.since ? -1 : 1)).slice(0, FLAGS_MAX);
}

/** Changes whenever the queue may have: what a desk asks every few seconds without reading the whole. */
export async function flagCursor(db: Read, caller: Caller, now_ms: number): Promise<string> {
  let hits = db.selectFrom('rule_hit').select('hit_at').orderBy('hit_at', 'desc').limit(1);
  let held = db.selectFrom('unit').select((eb) => [eb.fn.countAll<number>().as('units'), eb.fn.sum<number>('holds').as('holds')]).where('holds', '>', 0).where('superseded_by', 'is', null);
  if (caller.office_code !== null) {
    hits = hits.where('office_code', '=', caller.office_code);
    held = held.where('office_code', '=', caller.office_code);
  }
  const [hit, outcome, note, look, holds] = await Promise.all([
    hits.executeTakeFirst(),
    db.selectFrom('screening_outcome').select('decided_at').orderBy('decided_at', 'desc').limit(1).executeTakeFirst(),
    db.selectFrom('flag_note').select('note_id').where(ofDesk(caller)).orderBy('note_id', 'desc').limit(1).executeTakeFirst(),
    db.selectFrom('flag_look').select('looked_at').where('person_id', '<>', caller.person_id).where('person_id', 'in', (eb) => peopleAt(eb, caller, now_ms)).orderBy('looked_at', 'desc').limit(1).executeTakeFirst(),
    held.executeTakeFirst(),
  ]);
  return [hit?.hit_at.getTime() ?? 0, outcome?.decided_at.getTime() ?? 0, note?.note_id ?? 0, look?.looked_at.getTime() ?? 0, `${holds?.units ?? 0}.${holds?.holds ?? 0}`].join('_');
}

/** Who at the caller's desk may be given a flag. */
export async function deskPeople(db: Read, caller: Caller, now_ms: number) {
  return db.selectFrom('person').select(['person_id', 'badge', 'full_name']).where('person_id', 'in', (eb) => peopleAt(eb, caller, now_ms)).orderBy('badge').limit(60).execute();
}

/** Whether the unit is one that the caller's desk has to do with: hit or held where it may look. null: there is none such. */
export async function flaggedUnit(db: Read, caller: Caller, code: string): Promise<string | null> {
  const here = caller.office_code;
  const row = await db.selectFrom('unit').select('unit_id').where('code', '=', code).where('superseded_by', 'is', null)
    .where((eb) => eb.or([
      here === null ? eb('holds', '>', 0) : eb.and([eb('holds', '>', 0), eb('office_code', '=', here)]),
      eb.exists(eb.selectFrom('rule_hit').select('rule_hit.unit_id').whereRef('rule_hit.unit_id', '=', 'unit.unit_id').where((e) => (here === null ? e.val(true) : e('rule_hit.office_code', '=', here)))),
    ])).executeTakeFirst();
  return row?.unit_id ?? null;
}

const ofDesk = (caller: Caller) => (eb: any) => (caller.office_code === null ? eb('flag_note.agency_code', '=', caller.agency_code) : eb('flag_note.office_code', '=', caller.office_code));
/** Roles that triage. */
const TRIAGE = ['duty_officer', 'leader', 'liaison', 'controller'];
const peopleAt = (eb: any, caller: Caller, now_ms: number) => {
  const roles = eb.selectFrom('person_role').select('person_role.person_id').where('role', 'in', TRIAGE).where(holdsOn(civilDate(now_ms)));
  return caller.office_code === null ? roles.where('person_role.agency_code', '=', caller.agency_code) : roles.where('person_role.office_code', '=', caller.office_code);
};

type Found = Reason & { unit_id: string; ms: number };

async function hitsOpen(db: Read, caller: Caller): Promise<Found[]> {
  let query = db
    .selectFrom('rule_hit')
    .innerJoin('rule_version', 'rule_version.rule_version_id', 'rule_hit.rule_version_id')
    .innerJoin('checkpoint', 'checkpoint.checkpoint_id', 'rule_hit.checkpoint_id')
    .leftJoin('person', 'person.person_id', 'checkpoint.person_id')
    .select(['rule_hit.unit_id', 'rule_hit.checkpoint_id', 'rule_hit.hit_at', 'rule_hit.facts', 'rule_version.rule_code', 'rule_version.version', 'rule_version.name_vi', 'rule_version.name_en', 'rule_version.severity', 'rule_version.act_code', 'checkpoint.kind', 'person.full_name as recorded_by'])
    .where('rule_hit.effect', '<>', 'shadow')
    .where('rule_version.audience', '=', 'duty')
    .where(undecided)
    .orderBy('rule_hit.hit_at', 'desc')
    .limit(HITS_MAX);
  if (caller.office_code !== null) query = query.where('rule_hit.office_code', '=', caller.office_code);
  return (await query.execute()).map((row) => ({
    unit_id: row.unit_id, ms: row.hit_at.getTime(), source: 'rule', checkpoint_id: row.checkpoint_id, at: instant(row.hit_at.getTime()), severity: row.severity as Severity, vi: row.name_vi, en: row.name_en,
    rule_code: row.rule_code, version: row.version, act_code: row.act_code, ...kindWords(row.kind), recorded_by: row.recorded_by, reason_code: null,
    facts: Object.entries(row.facts as { [path: string]: FactValue }).map(([fact, value]) => ({ fact, ...factWords(fact), value })),
  }));
}

async function heldUnits(db: Read, caller: Caller) {
  let query = db.selectFrom('unit').select('unit_id').where('holds', '>', 0).where('superseded_by', 'is', null).orderBy('unit_id', 'desc').limit(HITS_MAX);
  if (caller.office_code !== null) query = query.where('office_code', '=', caller.office_code);
  return query.execute();
}

/** Steps by which a hold came about and that no rule explains: a person's own, and what a list keeps here, which says no more than that. */
async function handHolds(db: Read, ids: readonly string[]): Promise<Found[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('checkpoint').leftJoin('person', 'person.person_id', 'checkpoint.person_id')
    .select(['checkpoint_id', 'unit_id', 'kind', 'received_at', 'flags', 'body', 'person.full_name as recorded_by'])
    .where('unit_id', '=', sql<string>`any(${ids}::uuid[])`)
    .where((eb) => eb.or([eb('kind', 'in', ['suspected', 'held']), sql<boolean>`flags && array['keep_here']`]))
    .execute();
  return rows.map((row) => {
    const kept = row.flags?.includes('keep_here') ?? false;
    const { reason_code = null, signs = [] } = kept ? {} : (entryOf(new Uint8Array(row.body)).claim.facts as { reason_code?: string; signs?: Sign[] });
    return {
      unit_id: row.unit_id, ms: row.received_at.getTime(), source: 'person', checkpoint_id: row.checkpoint_id, at: instant(row.received_at.getTime()), severity: null,
      vi: kept ? FLAGS.keep_here[0] : CHECKPOINTS[row.kind as Kind].vi, en: kept ? FLAGS.keep_here[1] : CHECKPOINTS[row.kind as Kind].en,
      rule_code: null, version: null, act_code: null, ...kindWords(row.kind), recorded_by: kept ? null : row.recorded_by, reason_code,
      facts: signs.map((sign) => ({ fact: 'item.signs', vi: SIGNS[sign][0], en: SIGNS[sign][1], value: true })),
    };
  });
}

const kindWords = (kind: string) => ({ kind_vi: CHECKPOINTS[kind as Kind].vi, kind_en: CHECKPOINTS[kind as Kind].en });
