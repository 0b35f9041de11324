// Periodic reconciliation of volume and quality between an office and a served body or another office: figures drawn from the
// ledger's rows, contested line by line, signed by both sides. Drawn once for a period; nothing changes figures afterwards.

import { sql } from 'kysely';
import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { civilDate } from '../base/time.ts';
import { transit } from '../domain/clock.ts';
import type { Limits } from '../domain/clock.ts';
import type { Caller } from '../domain/role.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Write } from '../store/connect.ts';

export type Period = { period_from: string; period_to: string; party_b: string };
/** `on_time` null: no standard loaded. */
export type Figure = { accepted: number; delivered: number; returned: number; missing: number; damaged: number; on_time: number | null };
export type Figures = { out: { [service: string]: Figure }; in: { [service: string]: Figure } };

const startOf = (day: string): Date => new Date(`${day}T00:00:00+07:00`);
const DAY_MS = 86_400_000;
const LINES_MAX = 200;

/** Items accepted in the period between the two parties, and what became of them so far. */
export async function drawSettlement(db: Write, caller: Caller, period: Period, party: 'body' | 'office', limits: Limits, now_ms: number): Promise<{ settlement_id: string; figures: Figures }> {
  const office_code = caller.office_code;
  if (office_code === null || office_code === period.party_b) throw new Refused('wrong_office', { office_code });
  if (period.period_to < period.period_from || period.period_to >= civilDate(now_ms)) {
    throw new Refused('invalid_input', { field: 'period_to', problem_vi: 'kỳ phải đã kết thúc', problem_en: 'the period must be over' });
  }
  const rows = await db
    .selectFrom('item')
    .innerJoin('unit', 'unit.unit_id', 'item.unit_id')
    .select(['item.service_class', 'item.urgency', 'item.accepted_at', 'item.accepted_office_code', 'item.sender_body_code', 'unit.state'])
    .select((eb) => [
      eb.selectFrom('checkpoint').select(sql<Date | null>`min(checkpoint.received_at)`.as('at')).whereRef('checkpoint.unit_id', '=', 'item.unit_id').where('checkpoint.kind', 'in', ['attempted', 'delivered']).as('ended_at'),
      eb.exists(eb.selectFrom('checkpoint').select('checkpoint.unit_id').whereRef('checkpoint.unit_id', '=', 'item.unit_id').where(sql<boolean>`checkpoint.flags @> '{damaged}'`)).as('damaged'),
    ])
    .where('item.accepted_at', '>=', startOf(period.period_from))
    .where('item.accepted_at', '<', new Date(startOf(period.period_to).getTime() + DAY_MS))
    .where('unit.state', '<>', 'not_accepted')
    .where((eb) =>
      party === 'body'
        ? eb.or([eb.and([eb('item.accepted_office_code', '=', office_code), eb('item.sender_body_code', '=', period.party_b)]), eb.and([eb('item.destination_office_code', '=', office_code), eb('item.addressee_body_code', '=', period.party_b)])])
        : eb.or([eb.and([eb('item.accepted_office_code', '=', office_code), eb('item.destination_office_code', '=', period.party_b)]), eb.and([eb('item.accepted_office_code', '=', period.party_b), eb('item.destination_office_code', '=', office_code)])]),
    )
    .execute();
  const figures: Figures = { out: {}, in: {} };
  for (const row of rows) {
    // Between offices, out is what the drawing office accepted; with a body, what the body sent.
    const out = party === 'body' ? row.sender_body_code === period.party_b && row.accepted_office_code === office_code : row.accepted_office_code === office_code;
    const service = `${row.service_class}_${row.urgency.toLowerCase()}`;
    const side = figures[out ? 'out' : 'in'];
    const { verdict } = transit(row.accepted_at.getTime(), row.ended_at?.getTime() ?? null, now_ms, row.service_class === 'kt1' ? limits.get('TL05') : undefined);
    const figure = (side[service] ??= { accepted: 0, delivered: 0, returned: 0, missing: 0, damaged: 0, on_time: verdict === 'no_standard' ? null : 0 });
    figure.accepted += 1;
    if (row.state === 'delivered') figure.delivered += 1;
    if (row.state === 'returned') figure.returned += 1;
    if (row.state === 'missing' || row.state === 'lost') figure.missing += 1;
    if (row.damaged) figure.damaged += 1;
    if (verdict === 'on_time' && figure.on_time !== null) figure.on_time += 1;
  }
  const settlement_id = uuid7(now_ms);
  try {
    await db
      .insertInto('settlement')
      .values({ settlement_id, ...period, party_a_office_code: office_code, state: 'draft', figures: JSON.stringify(figures), drawn_at: new Date(now_ms), drawn_by: caller.person_id })
      .execute();
  } catch (error) {
    if (sqlState(error) === SQLSTATE.unique_violation) throw new Refused('case_in_use', { case_no: `${period.party_b} ${period.period_from} ${period.period_to}` });
    throw error;
  }
  return { settlement_id, figures };
}

/** `card_no`: of the body's authorised person, checked by whoever is signed in; null: the other party is the caller's own office, or this is side A. */
export async function signSettlement(db: Write, caller: Caller, settlement_id: string, card_no: string | null, authorised: ReadonlySet<string>, now_ms: number): Promise<{ state: string }> {
  return db.transaction().execute(async (tx) => {
    const row = await lockSettlement(tx, caller, settlement_id);
    if (row.state === 'agreed' || row.state === 'disputed') throw new Refused('case_not_due', { state: row.state });
    if (row.signed_a_by === caller.person_id || row.signed_b_by === caller.person_id) throw new Refused('same_person');
    if (card_no !== null && !authorised.has(`${row.party_b}/${card_no}`)) throw new Refused('sender_not_authorised', { card_no, body_code: row.party_b });
    const sideB = card_no !== null || row.party_b === caller.office_code;
    if ((sideB ? row.signed_b_by : row.signed_a_by) !== null) throw new Refused('case_not_due', { state: row.state });
    const state = row.state === 'draft' ? (sideB ? 'signed_b' : 'signed_a') : 'agreed';
    const signature = sideB ? { signed_b_at: new Date(now_ms), signed_b_by: caller.person_id, signed_b_card_no: card_no } : { signed_a_at: new Date(now_ms), signed_a_by: caller.person_id };
    await tx.updateTable('settlement').set({ state, ...signature }).where('settlement_id', '=', settlement_id).execute();
    return { state };
  });
}

/** Contests one figure. Signatures given before fall: they were for something else. */
export async function disputeSettlement(db: Write, caller: Caller, settlement_id: string, line: { figure: string; claimed_count: number; reason_code: string }, now_ms: number): Promise<{ line_no: number }> {
  return db.transaction().execute(async (tx) => {
    const row = await lockSettlement(tx, caller, settlement_id);
    if (row.state === 'agreed') throw new Refused('case_not_due', { state: row.state });
    const { lines } = await tx.selectFrom('settlement_dispute').select(sql<number>`count(*)`.as('lines')).where('settlement_id', '=', settlement_id).executeTakeFirstOrThrow();
    if (lines >= LINES_MAX) throw new Refused('case_not_due', { state: row.state });
    const line_no = lines + 1;
    await tx.insertInto('settlement_dispute').values({ settlement_id, line_no, ...line, opened_at: new Date(now_ms), opened_by: caller.person_id }).execute();
    await tx.updateTable('settlement').set({ state: 'disputed', signed_a_at: null, signed_a_by: null, signed_b_at: null, signed_b_by: null, signed_b_card_no: null }).where('settlement_id', '=', settlement_id).execute();
    return { line_no };
  });
}

/** Another person settles a line with the count agreed upon; with the last one the settlement may be signed. */
export async function settleDispute(db: Write, caller: Caller, settlement_id: string, line_no: number, settled_count: number, now_ms: number): Promise<{ state: string }> {
  return db.transaction().execute(async (tx) => {
    const { state } = await lockSettlement(tx, caller, settlement_id);
    const line = await tx.selectFrom('settlement_dispute').select(['opened_by', 'settled_at']).where('settlement_id', '=', settlement_id).where('line_no', '=', line_no).executeTakeFirst();
    if (!line) throw new Refused('unknown_case');
    if (line.settled_at !== null) throw new Refused('case_not_due', { state });
    if (line.opened_by === caller.person_id) throw new Refused('same_person');
    await tx.updateTable('settlement_dispute').set({ settled_at: new Date(now_ms), settled_by: caller.person_id, settled_count }).where('settlement_id', '=', settlement_id).where('line_no', '=', line_no).execute();
    const open = await tx.selectFrom('settlement_dispute').select('line_no').where('settlement_id', '=', settlement_id).where('settled_at', 'is', null).executeTakeFirst();
    if (open) return { state: 'disputed' };
    await tx.updateTable('settlement').set({ state: 'draft' }).where('settlement_id', '=', settlement_id).execute();
    return { state: 'draft' };
  });
}

async function lockSettlement(tx: Write, caller: Caller, settlement_id: string) {
  const office = caller.office_code ?? '';
  const row = await tx
    .selectFrom('settlement')
    .select(['state', 'party_b', 'signed_a_by', 'signed_b_by'])
    .where('settlement_id', '=', settlement_id)
    .where((eb) => eb.or([eb('party_a_office_code', '=', office), eb('party_b', '=', office)]))
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new Refused('unknown_case');
  return row;
}
