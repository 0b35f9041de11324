// Notices as both sides see them: what is told, by when, who was told, whether anybody acknowledged. Reads run in the caller's name, so
// the database shows each side its own; each read is logged.

import { civilDate, instant } from '../base/time.ts';
import { deadlineOf, verdictOf } from '../domain/clock.ts';
import type { DatedLimit, Holidays } from '../domain/clock.ts';
import { GOODS_CLASSES, NOTICE_LIMITS, NOTICE_STEPS, stateOfNotice, toldAt } from '../domain/notice.ts';
import type { GoodsClass, NoticeStepKind } from '../domain/notice.ts';
import type { Caller } from '../domain/role.ts';
import { asking } from '../store/asking.ts';
import type { Read, Write } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';
import { contactsOf, namesOf } from './roster.ts';

const at = (date: Date | null): string | null => (date === null ? null : instant(date.getTime()));
const COLUMNS = ['notice_id', 'subject_kind', 'subject_id', 'goods_class', 'from_party', 'office_code', 'party_code', 'detected_at', 'raised_at', 'raised_by', 'settled_at'] as const;
const STEP_COLUMNS = ['notice_id', 'step_no', 'step_id', 'kind', 'at', 'person_id', 'channel', 'happened_at', 'party_code', 'contact_id', 'card_no', 'call_id'] as const;

type Row = Awaited<ReturnType<typeof rowsOf>>[number];
const rowsOf = (tx: Write, wanted: { notice_id?: string; open?: boolean }, limit: number) => {
  let query = tx.selectFrom('notice').select(COLUMNS).orderBy('raised_at', 'desc').orderBy('notice_id').limit(limit);
  if (wanted.notice_id !== undefined) query = query.where('notice_id', '=', wanted.notice_id);
  if (wanted.open === true) query = query.where('settled_at', 'is', null);
  return query.execute();
};

async function shown(tx: Write, rows: readonly Row[], holidays: Holidays, now_ms: number) {
  const db = tx as unknown as Read;
  const steps = rows.length === 0 ? [] : await tx.selectFrom('notice_step').select(STEP_COLUMNS).where('notice_id', 'in', rows.map((row) => row.notice_id)).orderBy('step_no').execute();
  const [name, agencies, contacts, limits] = await Promise.all([
    namesOf(db, [...rows.map((row) => row.raised_by), ...steps.map((step) => step.person_id)]),
    tx.selectFrom('agency').select(['agency_code', 'name_vi']).where(holdsOn(civilDate(now_ms))).execute(),
    contactsOf(db, null, now_ms),
    tx.selectFrom('time_limit').select(['limit_code', 'duration', 'basis', 'citation', 'valid_from', 'valid_to']).where('limit_code', '=', NOTICE_LIMITS.tell).execute(),
  ]);
  return rows.map((row) => {
    const mine = steps.filter((step) => step.notice_id === row.notice_id);
    const state = stateOfNotice(row.party_code, mine as never);
    const detected_ms = row.detected_at.getTime();
    const on = civilDate(detected_ms);
    const limit = limits.find((each) => each.valid_from <= on && (each.valid_to === null || each.valid_to > on)) ?? null;
    const deadline_ms = deadlineOf(detected_ms, limit as DatedLimit | null, holidays);
    const told_ms = toldAt(mine as never);
    const verdict = verdictOf(deadline_ms, told_ms, now_ms);
    const escalated = mine.find((step) => step.kind === 'escalated');
    const [goods_vi, goods_en] = GOODS_CLASSES[row.goods_class as GoodsClass];
    return {
      ...row, goods_vi, goods_en, state, party_vi: agencies.find((agency) => agency.agency_code === row.party_code)?.name_vi ?? null, detected_at: instant(detected_ms), raised_at: instant(row.raised_at.getTime()), settled_at: at(row.settled_at), raised_by: name(row.raised_by),
      recipient_vi: row.party_code === null ? 'chưa nạp cơ quan nhận' : null, recipient_en: row.party_code === null ? 'no recipient loaded' : null,
      clock: { limit_code: NOTICE_LIMITS.tell, citation: limit?.citation ?? null, deadline_at: deadline_ms === null ? null : instant(deadline_ms), verdict, standard_vi: verdict === 'no_standard' ? 'chưa nạp tiêu chuẩn' : null, standard_en: verdict === 'no_standard' ? 'no standard loaded' : null },
      alarm: row.settled_at !== null ? null : escalated !== undefined && escalated.call_id === null ? 'nobody_on_duty' : escalated !== undefined ? 'escalated' : verdict === 'late' && told_ms === null ? 'late' : null,
      contacts: contacts.filter((contact) => contact.party_code === row.party_code),
      steps: mine.map(({ notice_id: _, ...step }) => ({ ...step, kind_vi: NOTICE_STEPS[step.kind as NoticeStepKind][0], kind_en: NOTICE_STEPS[step.kind as NoticeStepKind][1], at: instant(step.at.getTime()), happened_at: at(step.happened_at), person: name(step.person_id) })),
    };
  });
}

export type NoticeShown = Awaited<ReturnType<typeof shown>>[number];

/** Notices that my agency or office told or was told, newest first. */
export const noticesOf = (db: Write, token: string, caller: Caller, open: boolean, holidays: Holidays, now_ms: number): Promise<NoticeShown[]> =>
  asking(db, token, async (tx) => {
    const rows = await rowsOf(tx, { open }, 200);
    await tx.insertInto('read_log').values({ person_id: caller.person_id, subject: 'notice', subject_ref: open ? 'open' : 'all', rows_read: rows.length, read_at: new Date(now_ms) }).execute();
    return shown(tx, rows, holidays, now_ms);
  });

/** One of them. null: there is none for the caller. */
export const noticeOf = (db: Write, token: string, caller: Caller, notice_id: string, holidays: Holidays, now_ms: number): Promise<NoticeShown | null> =>
  asking(db, token, async (tx) => {
    const rows = await rowsOf(tx, { notice_id }, 1);
    await tx.insertInto('read_log').values({ person_id: caller.person_id, subject: 'notice', subject_ref: notice_id, rows_read: rows.length, read_at: new Date(now_ms) }).execute();
    const [notice] = await shown(tx, rows, holidays, now_ms);
    return notice ?? null;
  });

/** Seeds of the keys that sign files today. */
export const fileKeys = async (db: Read, now_ms: number): Promise<Uint8Array[]> =>
  (await db.selectFrom('file_key').select('seed').where(holdsOn(civilDate(now_ms))).orderBy('key_id').execute()).map((row) => new Uint8Array(row.seed));

/** The routing table of a day, each class of goods, those without a recipient too. */
export async function routesOn(db: Read, now_ms: number) {
  const rows = await db.selectFrom('notice_route').select(['route_id', 'goods_class', 'office_code', 'party_code', 'citation', 'valid_from', 'valid_to']).where(holdsOn(civilDate(now_ms))).orderBy('route_id').execute();
  return (Object.keys(GOODS_CLASSES) as GoodsClass[]).map((goods_class) => {
    const [goods_vi, goods_en] = GOODS_CLASSES[goods_class];
    const routes = rows.filter((row) => row.goods_class === goods_class);
    return { goods_class, goods_vi, goods_en, known: routes.some((row) => row.party_code !== null), routes };
  });
}
