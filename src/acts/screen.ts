// Screening: an item or bag is looked at by a method and with a machine that is named, and an alarm is cleared by somebody else.
// The machines and their tests; what came of a suspicion. KT1 and letters are looked at from outside only.

import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import type { Caller } from '../domain/role.ts';
import { METHODS, OUTSIDE_METHODS, testOf } from '../domain/screening.ts';
import type { Equipment, Method } from '../domain/screening.ts';
import type { Need } from '../ledger/append.ts';
import { screeningRow } from '../ledger/screen.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Read, Statement, Write } from '../store/connect.ts';
import { draftOf } from './act.ts';
import type { Act } from './act.ts';

const EQUIPMENT: Statement = {
  name: 'load_equipment',
  text: `select e.office_code, e.method, e.test_limit_hours, e.retired_at is not null, (extract(epoch from t.tested_at) * 1000)::float8, t.passed
from equipment e left join lateral (select tested_at, passed from equipment_test where equipment_no = e.equipment_no order by tested_at desc limit 1) t on true where e.equipment_no = $1`,
};

/** `equipment` null: there is none. */
const equipmentNeed = (equipment_no: string): Need<{ equipment: Equipment | null }> => ({
  key: `equipment:${equipment_no}`,
  async load(lane) {
    const [r] = await lane.run(EQUIPMENT, [equipment_no]);
    if (!r) return { equipment: null };
    const [office_code, method, test_limit_hours, retired, tested_at, passed] = r;
    return { equipment: { office_code, method, test_limit_hours, retired, tested_at, passed } as Equipment };
  },
});

type Alarm = { unit_id: string; operator_id: string; result: string; cleared: boolean };
const ALARM: Statement = { name: 'load_alarm', text: 'select s.unit_id, s.operator_id, s.result, exists (select 1 from screening c where c.resolves = s.checkpoint_id) from screening s where s.checkpoint_id = $1' };

const alarmNeed = (checkpoint_id: string): Need<{ alarm: Alarm | null }> => ({
  key: `alarm:${checkpoint_id}`,
  async load(lane) {
    const [r] = await lane.run(ALARM, [checkpoint_id]);
    return { alarm: r ? ({ unit_id: r[0], operator_id: r[1], result: r[2], cleared: r[3] } as Alarm) : null };
  },
});

const SCREENED: Statement = { name: 'insert_screening', text: 'insert into screening select * from jsonb_populate_record(null::screening, $1::jsonb)' };

export const screenUnit: Act = (request, context) => {
  const { claim, caller } = request;
  const facts = claim.facts as Facts<'screened'>;
  const needs = { equipment: facts.equipment_no === undefined ? null : equipmentNeed(facts.equipment_no), alarm: facts.resolves === undefined ? null : alarmNeed(facts.resolves) };
  return {
    ...draftOf(request),
    needs: [needs.equipment, needs.alarm].filter((need) => need !== null),
    decide(known) {
      authorise('screened', caller);
      const unit = known.unit;
      if (unit === null) throw new Refused('unknown_unit', { code: claim.code });
      if (unit.item) context.requireHandled(unit.item.secrecy);
      const closed = unit.item === null ? null : OUTSIDE_METHODS[unit.item.service_class];
      if (closed !== null && !closed.includes(facts.method)) throw new Refused('outside_only', { code: unit.code, method: facts.method, allowed: closed.join(', ') });
      const equipment = needs.equipment === null ? null : known.got(needs.equipment).equipment;
      requireEquipment(facts, equipment, caller);
      if (needs.alarm !== null) requireAlarm(known.got(needs.alarm), facts, unit.unit_id, unit.code, caller);
      const outcome = decideStep('screened', facts, unit, caller);
      const test = testOf(equipment, known.now_ms);
      const untested = test === 'stale' || test === 'never' || test === 'failed';
      return {
        ...outcome, flags: untested ? [...outcome.flags, 'equipment_untested'] : outcome.flags, unit_kind: unit.unit_kind, code: unit.code, makes_unit: false,
        result: { screening: { test, tested_at: equipment?.tested_at ?? null } },
        writes: (entry) => [{ statement: SCREENED, values: [JSON.stringify(screeningRow(entry))] }],
      };
    },
  };
};

function requireEquipment(facts: Facts<'screened'>, equipment: Equipment | null, caller: Caller): void {
  const invalid = (problem_vi: string, problem_en: string): Refused => new Refused('invalid_input', { field: 'facts.equipment_no', problem_vi, problem_en });
  if (facts.equipment_no === undefined) {
    if (METHODS[facts.method].machine) throw invalid('phương pháp này cần số thiết bị', 'this method needs an equipment number');
    return;
  }
  if (equipment === null || equipment.retired || (caller.office_code !== null && equipment.office_code !== caller.office_code)) throw new Refused('unknown_equipment', { equipment_no: facts.equipment_no });
  if (equipment.method !== facts.method) throw invalid(`thiết bị này dùng cho ${equipment.method}`, `this equipment serves ${equipment.method}`);
}

/** An alarm of this very unit, open, and raised by another person. */
function requireAlarm(here: { alarm: Alarm | null }, facts: Facts<'screened'>, unit_id: string, code: string, caller: Caller): void {
  const { alarm } = here;
  if (alarm === null || alarm.unit_id !== unit_id || alarm.result !== 'alarm' || alarm.cleared || facts.result !== 'clear') throw new Refused('unknown_alarm', { checkpoint_id: facts.resolves ?? null, code });
  if (alarm.operator_id === caller.person_id) throw new Refused('same_person');
  alarm.cleared = true;
}

export type NewEquipment = { equipment_no: string; method: Method; name_vi: string; test_limit_hours: number | null };

export async function registerEquipment(db: Write, caller: Caller, equipment: NewEquipment, now_ms: number): Promise<void> {
  if (caller.office_code === null) throw new Refused('wrong_office', { office_code: null });
  try {
    await db.insertInto('equipment').values({ ...equipment, office_code: caller.office_code, registered_at: new Date(now_ms), registered_by: caller.person_id }).execute();
  } catch (error) {
    if (sqlState(error) === SQLSTATE.unique_violation) throw new Refused('equipment_in_use', { equipment_no: equipment.equipment_no });
    throw error;
  }
}

/** Writes down a functional test; what follows is judged by it. */
export async function testEquipment(db: Write, caller: Caller, equipment_no: string, passed: boolean, now_ms: number): Promise<{ test_id: string }> {
  await requireMine(db as unknown as Read, caller, equipment_no);
  const test_id = uuid7(now_ms);
  await db.insertInto('equipment_test').values({ test_id, equipment_no, tested_at: new Date(now_ms), tested_by: caller.person_id, passed }).execute();
  return { test_id };
}

async function requireMine(read: Read, caller: Caller, equipment_no: string): Promise<void> {
  const row = await read.selectFrom('equipment').select('equipment_no').where('equipment_no', '=', equipment_no).where('office_code', '=', caller.office_code ?? '').where('retired_at', 'is', null).executeTakeFirst();
  if (!row) throw new Refused('unknown_equipment', { equipment_no });
}

export type SaidOutcome = { code: string; outcome: 'confirmed' | 'cleared'; reason_code: string } | { code: string; outcome: 'reopened' };

/** What came of a suspicion about a unit, or that what was said of it was a mistake. Said by somebody who did not put it under suspicion with a hand of his own. */
export async function recordOutcome(db: Write, caller: Caller, said: SaidOutcome, now_ms: number): Promise<{ outcome_id: string }> {
  const here = caller.office_code;
  const unit = await db
    .selectFrom('unit')
    .select('unit_id')
    .select((eb) => eb.selectFrom('screening_outcome').select('outcome').whereRef('screening_outcome.unit_id', '=', 'unit.unit_id').orderBy('decided_at', 'desc').limit(1).as('outcome'))
    .where('code', '=', said.code)
    .where('superseded_by', 'is', null)
    .where((eb) => eb.or([
      eb.and([eb('holds', '>', 0), here === null ? eb.val(true) : eb('office_code', '=', here)]),
      eb.exists(eb.selectFrom('rule_hit').select('rule_hit.unit_id').whereRef('rule_hit.unit_id', '=', 'unit.unit_id').where((e) => (here === null ? e.val(true) : e('rule_hit.office_code', '=', here)))),
    ]))
    .executeTakeFirst();
  if (!unit || (said.outcome === 'reopened' && (unit.outcome === null || unit.outcome === 'reopened'))) throw new Refused('unknown_unit', { code: said.code });
  const raised = await db.selectFrom('checkpoint').select('checkpoint_id').where('unit_id', '=', unit.unit_id).where('kind', 'in', ['suspected', 'held']).where('person_id', '=', caller.person_id).executeTakeFirst();
  if (raised) throw new Refused('same_person');
  const outcome_id = uuid7(now_ms);
  const reason_code = said.outcome === 'reopened' ? 'reopened' : said.reason_code;
  await db.insertInto('screening_outcome').values({ outcome_id, unit_id: unit.unit_id, outcome: said.outcome, reason_code, decided_at: new Date(now_ms), decided_by: caller.person_id }).execute();
  return { outcome_id };
}
