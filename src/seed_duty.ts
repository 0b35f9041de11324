// The demo's orders: the founding letter issued and answered, two periods in force, the roster, two incidents, the report that is due.
// The letter's days are those of January 2021; where the demo's day is another one, deadlines move with it and the letter does not.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { record } from './acts/journal.ts';
import type { Recorded } from './acts/journal.ts';
import { present } from './base/assert.ts';
import { uuid7 } from './base/id.ts';
import { civilDate, instant } from './base/time.ts';
import { JOURNAL, JOURNAL_FACTS } from './domain/journal.ts';
import type { JournalFacts, JournalKind } from './domain/journal.ts';
import { hands } from './seed_hands.ts';
import type { Hands } from './seed_hands.ts';
import { CENTRE, chance, CITY, MAIN } from './seed_items.ts';
import type { Store } from './store/connect.ts';
import { loadReference } from './store/reference.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** The day in the story on which the demo plays. */
const STORY_DAY = '2021-01-21';
const PROVINCE = '240000';
const WHO = ['SO2007', 'LS1081', 'LS1082', 'LS1015', 'LS1016', 'LS1028', 'LS1029', 'VT4001'];

export async function makeDemoDuty(store: Store, now_ms: number): Promise<void> {
  const today = civilDate(now_ms);
  const moved = Date.parse(today) - Date.parse(STORY_DAY);
  /** A civil day of the story, as the demo has it. */
  const on = (day: string): string => new Date(Date.parse(day) + moved).toISOString().slice(0, 10);
  const at = (day: string, time = '00:00'): string => instant(Date.parse(`${on(day)}T${time}:00+07:00`));
  const past = (days: number): Promise<Journalist> => journalist(store, now_ms - days * DAY);

  const directive_id = await letter(await past(8), on);
  const period_id = await periods(await past(4), directive_id, at);
  await answers(await past(3), directive_id);
  await roster(await past(2), period_id, store, on, at);
  const from_ms = now_ms - HOUR;
  const j = await journalist(store, from_ms);
  await incidents(j, store, from_ms);
  await j('LS1082', 'report_tasked', null, {
    report_kind: 'period_report',
    title: 'Kết quả bảo đảm an toàn bưu chính KT1 phục vụ Đại hội XIII và Tết Tân Sửu',
    office_code: PROVINCE,
    addressee: 'SO-LS',
    addressee_vi: 'Sở Thông tin và Truyền thông tỉnh Lạng Sơn',
    desk_vi: 'Phòng Bưu chính Viễn thông',
    due_at: at('2021-01-23'),
    remind_hours: [72, 24, 4],
    directive_id,
    period_id,
    party_code: PROVINCE,
  });
}

/** Records as somebody who works at that time; `second`: who confirms. */
type Journalist = <K extends JournalKind>(
  who: string,
  kind: K,
  matter_id: string | null,
  facts: JournalFacts<K>,
  second?: string,
) => Promise<string>;

async function journalist(store: Store, from_ms: number): Promise<Journalist> {
  const h: Hands = await hands(store, chance(from_ms % 1_000_003), { from_ms, to_ms: from_ms + HOUR / 2, who: WHO, main: null });
  const law = await loadReference(store.read, civilDate(from_ms));
  return async (who, kind, matter_id, facts, second) => {
    const permission = present(JOURNAL[kind].permission, 'posted by somebody');
    const recorded: Recorded = await h.does(who, permission, async (db, caller, now_ms) => {
      let confirmation_hash: Buffer | null = null;
      if (second !== undefined) {
        confirmation_hash = randomBytes(32);
        const expires_at = new Date(now_ms + 105_000);
        const created_at = new Date(now_ms - 15_000);
        await db
          .insertInto('second_confirmation')
          .values({
            confirmation_hash,
            session_hash: Buffer.from(caller.session_hash),
            person_id: h.person(second),
            permission,
            created_at,
            expires_at,
          })
          .execute();
      }
      return record(db, caller, { kind, matter_id, facts: JOURNAL_FACTS[kind].parse(facts), confirmation_hash }, law, now_ms);
    });
    return recorded.matter_id;
  };
}

const LETTER = path.join(import.meta.dirname, '../db/seed/letter_2021.json');

/** The Department enters the letter; those it was sent to acknowledge it; the post passes it on to its offices. */
async function letter(j: Journalist, on: (day: string) => string): Promise<string> {
  const file = JOURNAL_FACTS.directive_entered.parse(JSON.parse(readFileSync(LETTER, 'utf8')));
  const demands = file.demands.map((demand) => (demand.due_on === undefined ? demand : { ...demand, due_on: on(demand.due_on) }));
  const id = await j('SO2007', 'directive_entered', null, { ...file, demands });
  await j('LS1081', 'directive_acknowledged', id, { party_code: PROVINCE });
  await j('LS1081', 'directive_forwarded', id, {
    from_party: PROVINCE,
    to: [
      { party_code: MAIN, name_vi: 'Bưu cục Đồng Đăng', party_kind: 'post' },
      { party_code: CENTRE, name_vi: 'Trung tâm Khai thác Vận chuyển Lạng Sơn', party_kind: 'post' },
      { party_code: CITY, name_vi: 'Bưu cục Đông Kinh', party_kind: 'post' },
    ],
  });
  await j('VT4001', 'directive_acknowledged', id, { party_code: 'VT-MAU1' });
  await j('SO2007', 'directive_acknowledged', id, { party_code: 'UBND-CLOC', paper_no: '31/UBND-VP' });
  return id;
}

/** Two orders that overlap: the Congress, and Tết behind it. They ask for nothing that a desk could not give today. */
async function periods(j: Journalist, directive_id: string, at: (day: string, time?: string) => string): Promise<string> {
  const raised = { idle_minutes: 240, duty_24: true, rule_multipliers: [{ rule_code: 'SND4', pct: 150 }] };
  const strict = { ...raised, idle_minutes: 120, risk_grades: [{ by: 'route' as const, key: '2431/10', grade: 4 }] };
  const basis = [{ number: '…/STTTT-BCVT' }, { number: '5167/BTTTT-CATTT', on: '2020-12-30' }];
  const all = { basis, directive_id, office_codes: [], service_classes: [] };
  const congress = await j(
    'LS1016',
    'period_ordered',
    null,
    {
      ...all,
      name_vi: 'Đại hội XIII',
      before_from: at('2021-01-18'),
      during_from: at('2021-01-25'),
      after_from: at('2021-02-03'),
      until: at('2021-02-10'),
      measures: { before: strict, during: strict, after: raised },
    },
    'LS1015',
  );
  await j(
    'LS1016',
    'period_ordered',
    null,
    {
      ...all,
      name_vi: 'Tết Tân Sửu',
      before_from: at('2021-01-20'),
      during_from: at('2021-02-10'),
      after_from: at('2021-02-17'),
      until: at('2021-02-22'),
      measures: { before: raised, during: strict, after: {} },
    },
    'LS1015',
  );
  for (const who of ['LS1015', 'LS1028', 'LS1082']) await j(who, 'period_read', congress, {});
  return congress;
}

/** What has been done since: by the post in part, by a telecom firm, judged by the Department. */
async function answers(j: Journalist, id: string): Promise<void> {
  for (const demand_id of ['D1', 'D2', 'D3', 'D4', 'D5', 'D8', 'D11'])
    await j('LS1081', 'leader_named', id, { party_code: PROVINCE, demand_id, leader_title: 'Giám đốc Bưu điện tỉnh' });
  await j('LS1081', 'obligation_reported', id, {
    party_code: PROVINCE,
    demand_id: 'D2',
    status: 'doing',
    note: 'Đối soát hằng ngày tại trung tâm khai thác',
    evidence: [],
  });
  await j('LS1016', 'directive_acknowledged', id, { party_code: MAIN });
  for (const demand_id of ['D1', 'D4'])
    await j('LS1016', 'leader_named', id, { party_code: MAIN, demand_id, leader_title: 'Trưởng bưu cục' });
  await j('LS1029', 'directive_acknowledged', id, { party_code: CENTRE });
  await j('VT4001', 'leader_named', id, { party_code: 'VT-MAU1', demand_id: 'D10', leader_title: 'Phó giám đốc kỹ thuật' });
  await j('VT4001', 'obligation_reported', id, {
    party_code: 'VT-MAU1',
    demand_id: 'D10',
    status: 'done',
    note: 'Đã bố trí trạm dự phòng và máy nổ',
    evidence: [{ evidence_kind: 'paper', ref: '07/PA-VT' }],
  });
  await j('SO2007', 'obligation_judged', id, { party_code: 'VT-MAU1', demand_id: 'D10', accepted: true });
}

/** A week at Đồng Đăng in three shifts a day; one night has nobody yet, for the screen to show. */
async function roster(
  j: Journalist,
  period_id: string,
  store: Store,
  on: (day: string) => string,
  at: (day: string, time?: string) => string,
): Promise<void> {
  const badges = ['LS1001', 'LS1002', 'LS1004', 'LS1009', 'LS1010', 'LS1015', 'LS1016'];
  const rows = await store.read.selectFrom('person').select(['badge', 'person_id']).where('badge', 'in', badges).execute();
  const person = (badge: string): string =>
    present(
      rows.find((row) => row.badge === badge),
      badge,
    ).person_id;
  const days = ['2021-01-20', '2021-01-21', '2021-01-22', '2021-01-23', '2021-01-24', '2021-01-25', '2021-01-26'];
  const id = await j('LS1016', 'roster_planned', null, {
    office_code: MAIN,
    title: 'Trực 24/24 Đại hội XIII và Tết Tân Sửu',
    from_at: at('2021-01-20'),
    to_at: at('2021-01-27'),
    period_id,
    escalate_after_minutes: 10,
    posts: [
      { post: 'duty_leader', needed: 1 },
      { post: 'kt1_clerk', needed: 1 },
    ],
  });
  const assign = (
    post: 'duty_leader' | 'kt1_clerk',
    badge: string,
    day: string,
    from: string,
    to: string,
  ): Promise<{ assignment_id: string }> => {
    const assignment_id = uuid7(Date.parse(at(day, from)));
    return j('LS1016', 'duty_assigned', id, { assignment_id, post, person_id: person(badge), on: on(day), from, to }).then(() => ({
      assignment_id,
    }));
  };
  const clerks = ['LS1001', 'LS1002', 'LS1004'];
  for (const [i, day] of days.entries()) {
    const leader = await assign('duty_leader', i % 2 === 0 ? 'LS1016' : 'LS1015', day, '00:00', '00:00');
    if (i < 2) await j(i % 2 === 0 ? 'LS1016' : 'LS1015', 'duty_acknowledged', id, leader);
    for (const [n, [from, to]] of (
      [
        ['00:00', '08:00'],
        ['08:00', '16:00'],
        ['16:00', '00:00'],
      ] as const
    ).entries()) {
      if (day === '2021-01-24' && n === 0) continue;
      await assign('kt1_clerk', present(clerks[(i + n) % 3], 'a clerk'), day, from, to);
    }
  }
  await j('LS1015', 'handover_noted', id, { lines: ['Đã kiểm máy phát điện; túi chờ chuyến 5 giờ sáng.'] });
}

/** A drill that is over, and a loss that is being looked into: of its item only the number is told. */
async function incidents(j: Journalist, store: Store, from_ms: number): Promise<void> {
  const missing = await store.read
    .selectFrom('unit')
    .select('code')
    .where('state', '=', 'missing')
    .where('unit_kind', '=', 'item')
    .orderBy('last_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const before = (minutes: number): string => instant(from_ms - minutes * 60_000);
  const drill = { incident_kind: 'outage' as const, drill: true, detected_at: before(30), office_code: MAIN, unit_codes: [] as string[] };
  const first = await j('LS1015', 'incident_detected', null, { ...drill, summary: 'Diễn tập mất đường truyền: quầy làm việc không mạng' });
  await j('LS1015', 'measure_taken', first, { measure: 'system_restored', note: 'Hàng chờ gửi hết sau khi có mạng, không mất mốc nào' });
  await j('LS1015', 'incident_closed', first, { outcome: 'drill_done' });
  const unit_codes = [present(missing, 'the demo day has an item that is missing').code];
  const second = await j('LS1028', 'incident_detected', null, {
    incident_kind: 'loss',
    drill: false,
    detected_at: before(20),
    office_code: CENTRE,
    unit_codes,
  });
  const notice_id = uuid7(from_ms);
  await j('LS1028', 'authority_told', second, {
    notice_id,
    party_code: 'CA-LS',
    channel: 'phone',
    told_at: before(8),
    desk_vi: 'Trực ban hình sự Công an tỉnh',
  });
  await j('LS1028', 'measure_taken', second, { measure: 'searched' });
}
