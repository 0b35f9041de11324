// Telling the competent authority: raising a notice to whom the routing table names, and each step after it. What the clock does when nobody
// acknowledges is here too: it repeats, and it calls the duty roster.

import { sql } from 'kysely';
import { civilDate } from '../base/time.ts';
import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { lengthOf } from '../domain/clock.ts';
import { placeOf } from '../domain/journal_rules.ts';
import { NOTICE_LIMITS, NOTICE_ROAD, pressDue, routeFor, stateOfNotice } from '../domain/notice.ts';
import type { GoodsClass, NoticeChannel, NoticeStepKind } from '../domain/notice.ts';
import { coverOf, onDutyAt, POSTS } from '../domain/roster.ts';
import { foldRoster } from '../domain/roster_fold.ts';
import type { Caller } from '../domain/role.ts';
import { appendJournal, byMatter, entriesOfKind, lockJournal } from '../ledger/journal.ts';
import { asking } from '../store/asking.ts';
import type { Read, Write } from '../store/connect.ts';
import { tell } from '../store/message.ts';
import type { MessageKind } from '../domain/message.ts';
import { holdsOn } from '../store/reference.ts';
import type { Reference } from '../store/reference.ts';

export type NewNotice = { asked_id: string; subject_kind: 'casefile' | 'incident' | 'unit'; subject_id: string; goods_class: GoodsClass; office_code: string; detected_at: number };

/** Sent again under the same `asked_id`, it is the same notice. Whom it goes to stands in the answer; null: nobody is known, and nobody is guessed. */
export async function raiseNotice(db: Write, caller: Caller, token: string, given: NewNotice, law: Pick<Reference, 'offices'>, now_ms: number): Promise<{ notice_id: string; party_code: string | null }> {
  if (!law.offices.has(given.office_code)) throw new Refused('unknown_office', { office_code: given.office_code });
  if (given.detected_at > now_ms) throw new Refused('invalid_input', { field: 'detected_at', problem_vi: 'ở tương lai', problem_en: 'in the future' });
  return asking(db, token, async (tx) => {
    await requireSubject(tx, given);
    const routes = await tx.selectFrom('notice_route').select(['route_id', 'goods_class', 'office_code', 'party_code']).where('goods_class', '=', given.goods_class).where(holdsOn(civilDate(now_ms))).orderBy('route_id', 'desc').execute();
    const route = routeFor(routes, given.goods_class, given.office_code);
    const from_party = placeOf(caller);
    const party_code = route?.party_code ?? null;
    const { asked_id, subject_kind, subject_id, goods_class, office_code } = given;
    const made = await tx
      .insertInto('notice')
      .values({ asked_id, subject_kind, subject_id, goods_class, from_party, office_code, route_id: route?.route_id ?? null, party_code, detected_at: new Date(given.detected_at), raised_at: new Date(now_ms), raised_by: caller.person_id })
      .onConflict((conflict) => conflict.columns(['from_party', 'asked_id']).doNothing())
      .returning(['notice_id', 'party_code'])
      .executeTakeFirst();
    if (!made) return tx.selectFrom('notice').select(['notice_id', 'party_code']).where('from_party', '=', from_party).where('asked_id', '=', asked_id).executeTakeFirstOrThrow();
    await sayTo(tx, party_code, 'notice.raised', made.notice_id, null, now_ms);
    return made;
  });
}

/** What it is about is there, and the caller may know it: the policies decide that of casefiles. */
async function requireSubject(tx: Write, { subject_kind, subject_id }: NewNotice): Promise<void> {
  const found =
    subject_kind === 'casefile'
      ? await tx.selectFrom('casefile').select('casefile_id').where('casefile_id', '=', subject_id).executeTakeFirst()
      : subject_kind === 'unit'
        ? await tx.selectFrom('unit').select('unit_id').where('unit_id', '=', subject_id).executeTakeFirst()
        : await tx.selectFrom('journal_entry').select('entry_no').where('matter_id', '=', subject_id).where('matter_kind', '=', 'incident').limit(1).executeTakeFirst();
  if (!found) throw new Refused('unknown_case');
}

export type NewStep = {
  step_id: string; kind: NoticeStepKind; channel: NoticeChannel | null; happened_at: number | null; party_code: string | null; contact_id: number | null; card_no: string | null;
};

export async function stepNotice(db: Write, caller: Caller, token: string, notice_id: string, given: NewStep, now_ms: number): Promise<{ state: string }> {
  return asking(db, token, async (tx) => {
    const notice = await tx.selectFrom('notice').select(['notice_id', 'from_party', 'party_code', 'detected_at', 'settled_at']).where('notice_id', '=', notice_id).forUpdate().executeTakeFirst();
    if (!notice) throw new Refused('unknown_notice');
    const steps = await tx.selectFrom('notice_step').select(['step_no', 'step_id', 'kind', 'happened_at']).where('notice_id', '=', notice_id).orderBy('step_no').execute();
    const state = stateOfNotice(notice.party_code, steps as never);
    if (steps.some((step) => step.step_id === given.step_id)) return { state };
    const me = placeOf(caller);
    // Who is told says only that it was: the rest is of who tells.
    if (me !== notice.from_party && given.kind !== 'acknowledged') throw new Refused('not_addressee', { party_code: notice.from_party });
    if (!NOTICE_ROAD[given.kind]?.includes(state)) throw new Refused('notice_not_due', { state });
    if (given.happened_at !== null && (given.happened_at > now_ms || given.happened_at < notice.detected_at.getTime())) throw new Refused('invalid_input', { field: 'happened_at', problem_vi: 'trước khi phát hiện hoặc ở tương lai', problem_en: 'before the detection or in the future' });
    if (given.kind === 'addressed') await requireAgency(tx, given.party_code ?? '', now_ms);
    if (given.contact_id !== null && !(await tx.selectFrom('contact').select('contact_id').where('contact_id', '=', given.contact_id).where('party_code', '=', notice.party_code ?? '').executeTakeFirst()))
      throw new Refused('invalid_input', { field: 'contact_id', problem_vi: 'không phải đầu mối của cơ quan này', problem_en: 'no desk of this agency' });
    const step = { ...given, notice_id, step_no: (steps.at(-1)?.step_no ?? 0) + 1, at: new Date(now_ms), person_id: caller.person_id, happened_at: given.happened_at === null ? null : new Date(given.happened_at) };
    await tx.insertInto('notice_step').values({ ...step, party_code: given.kind === 'acknowledged' ? me : given.party_code, call_id: null }).execute();
    if (given.kind === 'addressed') {
      await tx.updateTable('notice').set({ party_code: given.party_code }).where('notice_id', '=', notice_id).execute();
      await sayTo(tx, given.party_code, 'notice.raised', notice_id, given.step_id, now_ms);
    }
    if (given.kind === 'acknowledged' || given.kind === 'withdrawn') await tx.updateTable('notice').set({ settled_at: new Date(now_ms) }).where('notice_id', '=', notice_id).execute();
    if (given.kind === 'acknowledged') await sayTo(tx, notice.from_party, 'notice.acknowledged', notice_id, given.step_id, now_ms);
    return { state: stateOfNotice(given.kind === 'addressed' ? given.party_code : notice.party_code, [...steps, step] as never) };
  });
}

async function requireAgency(tx: Write, party_code: string, now_ms: number): Promise<void> {
  const agency = await tx.selectFrom('agency').select('agency_code').where('agency_code', '=', party_code).where('agency_kind', 'not in', ['telecom', 'district']).where(holdsOn(civilDate(now_ms))).executeTakeFirst();
  if (!agency) throw new Refused('unknown_recipient', { party_code });
}

const sayTo = (tx: Write, party: string | null, kind: MessageKind, notice_id: string, step_id: string | null, now_ms: number): Promise<number> =>
  tell(tx, party === null ? [] : [party], { kind, subject_kind: 'notice', subject_id: notice_id, ref_id: step_id }, now_ms);

type OpenRow = { notice_id: string; from_party: string; party_code: string | null; office_code: string; raised_at: Date; repeats: number; escalated: boolean };

/** What the clock does about notices that nobody acknowledged: by limits of the day of raising, and not at all where none is loaded. Safe to run twice. */
export async function pressNotices(db: Write, now_ms: number): Promise<{ repeated: number; escalated: number }> {
  const done = { repeated: 0, escalated: 0 };
  const { rows } = await sql<OpenRow>`select * from open_notices() order by raised_at limit 500`.execute(db);
  for (const row of rows) {
    const limit = async (limit_code: string): Promise<number | null> => {
      const found = await db.selectFrom('time_limit').select('duration').where('limit_code', '=', limit_code).where(holdsOn(civilDate(row.raised_at.getTime()))).executeTakeFirst();
      return lengthOf(found?.duration ?? null);
    };
    const due = pressDue({ raised_at_ms: row.raised_at.getTime(), repeats: row.repeats, escalated: row.escalated }, await limit(NOTICE_LIMITS.repeat), await limit(NOTICE_LIMITS.escalate), now_ms);
    if (due.repeat !== null && (await press(db, row, 'repeated', now_ms))) done.repeated += 1;
    if (due.escalate && (await press(db, row, 'escalated', now_ms))) done.escalated += 1;
  }
  return done;
}

/** One repetition or the escalation: step, messages and call-out in one transaction. */
async function press(db: Write, row: OpenRow, kind: 'repeated' | 'escalated', now_ms: number): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const step_id = uuid7(now_ms);
    const call = kind === 'escalated' ? await rosterOf(tx, row.office_code, now_ms) : null;
    const call_id = call === null ? null : uuid7(now_ms);
    const { rows } = await sql<{ done: boolean }>`select press_notice(${step_id}, ${row.notice_id}, ${kind}, ${kind === 'repeated' ? row.repeats + 1 : 1}, ${call_id}, ${new Date(now_ms)}) as done`.execute(tx);
    if (rows[0]?.done !== true) return false;
    if (call !== null && call_id !== null) {
      const facts = { call_id, about: 'Tin báo cơ quan chức năng chưa được xác nhận', matter_id: row.notice_id, ladder: call.ladder };
      await appendJournal(tx, await lockJournal(tx), { matter_id: call.roster_id, kind: 'called_out', at_ms: now_ms, person_id: null, second_person_id: null, office_code: row.office_code, agency_code: null, facts });
    }
    const parties = kind === 'repeated' ? [row.party_code] : [row.party_code, row.from_party, row.office_code];
    await tell(tx, [...new Set(parties.filter((party) => party !== null))], { kind: `notice.${kind}`, subject_kind: 'notice', subject_id: row.notice_id, ref_id: step_id }, now_ms);
    return true;
  });
}

/** Who is on duty at an office now, in the order of posts: the ladder of a call. null: no roster, or nobody. */
async function rosterOf(tx: Write, office_code: string, now_ms: number): Promise<{ roster_id: string; ladder: string[] } | null> {
  const order = Object.keys(POSTS);
  const rosters = [...byMatter(await entriesOfKind(tx as unknown as Read, 'roster')).values()].map(foldRoster).filter((roster) => roster?.office_code === office_code && roster.from_ms <= now_ms && now_ms < roster.to_ms);
  for (const roster of rosters.toReversed()) {
    const here = onDutyAt(coverOf(roster?.assignments ?? []), now_ms).toSorted((a, b) => order.indexOf(a.post) - order.indexOf(b.post));
    if (roster && here.length > 0) return { roster_id: roster.roster_id, ladder: [...new Set(here.map((cover) => cover.person_id))].slice(0, 10) };
  }
  return null;
}
