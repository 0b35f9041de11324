// The leader's board: what is due, what is late, what nobody covers, what is held. Each title says the finding; each chart opens as a table.

import { BarChart } from './charts.tsx';
import { seen, useEvery } from './duty_parts.tsx';
import { nameOf } from './machine.ts';
import type { ReportLine } from './report_parts.tsx';
import { RoadAlarms } from './road_alarms.tsx';
import { Due, STATES } from './reports.tsx';
import { api, me } from './state.ts';
import { Badge, Figure, Reading, Table, useLoad } from './ui.tsx';
import { dateTime, either, number, say, time } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Lãnh đạo', 'Leader'], at: ['Số liệu lúc {at}', 'As of {at}'], due: ['báo cáo phải gửi', 'reports to send'], late: ['việc quá hạn', 'obligations late'], uncovered: ['phút trực trống, 7 ngày tới', 'duty minutes uncovered, next 7 days'], held: ['bưu gửi, túi đang giữ', 'items and bags held'], incidents: ['sự cố đang mở', 'open incidents'],
  reports: ['Báo cáo phải gửi', 'Reports to send'], none_due: ['Không có báo cáo nào phải gửi.', 'No report is to be sent.'], name: ['Báo cáo', 'Report'], deadline: ['Hạn', 'Due'], state: ['Tình trạng', 'State'],
  obligations: ['Việc theo văn bản: {done}/{all} đã xong', 'Obligations: {done} of {all} done'], obligations_late: ['{late} việc quá hạn, nhiều nhất ở {party}', '{late} late, most at {party}'], obligations_left: ['còn nhiều nhất ở {party}', 'most left at {party}'], none_obliged: ['Không có việc được giao.', 'No obligations.'],
  coverage: ['Không phút trực nào trống trong 7 ngày tới', 'No duty minute is uncovered in the next 7 days'], coverage_gap: ['{office} trống {minutes} phút, từ {at} ({post})', '{office}: {minutes} minutes uncovered from {at} ({post})'], coverage_none: ['{count} bưu cục chưa có lịch trực 24/24', '{count} offices have no 24/24 roster'], no_roster: ['chưa có lịch', 'no roster'],
  held_title: ['{office} giữ nhiều nhất: {count}', '{office} holds most: {count}'], none_held: ['Không có gì đang bị giữ.', 'Nothing is held.'], held_none_title: ['Đang giữ', 'Held'], days: ['KT1 nhận trong 7 ngày: {sum}, hôm nay {today}', 'KT1 accepted in 7 days: {sum}, today {today}'], days_out: ['KT1 phát trong 7 ngày: {sum}, hôm nay {today}', 'KT1 delivered in 7 days: {sum}, today {today}'], no_days: ['Chưa có bưu gửi KT1.', 'No KT1 items.'],
  open_incidents: ['Sự cố đang mở', 'Open incidents'], no_incidents: ['Không có sự cố đang mở.', 'No incident is open.'], overdue: ['QUÁ HẠN BÁO', 'NOTICE OVERDUE'], no_standard: ['chưa nạp tiêu chuẩn', 'no standard loaded'], detected: ['Phát hiện', 'Detected'], kind: ['Loại', 'Kind'], where: ['Nơi', 'Where'], drill: ['DIỄN TẬP', 'DRILL'], minutes: [' phút', ' min'],
} as const;
type Data = {
  office_code: string; at: string; reports: ReportLine[];
  incidents: { incident_id: string; kind_vi: string; kind_en: string; drill: boolean; office_code: string | null; place: string; clock: { detected_at: string; alarm: boolean; verdict: string } }[];
  coverage: { office_code: string; uncovered_minutes: number | null; first_at: string | null; post_vi: string | null }[];
  obligations: { party_code: string; directive_id: string; obligations: number; done: number; late: number; without_leader: number }[];
  held: { office_code: string; count: number; bags: number }[]; days: { day: string; accepted: number; delivered: number }[];
};
const office = (code: string): string => nameOf('offices', code).replace(/^Bưu cục /, 'BC ').replace(/^Trung tâm Khai thác Vận chuyển /, 'TT ');
const short = (text: string): string => (text.length > 26 ? `${text.slice(0, 25)}…` : text);
const most = <T,>(list: readonly T[], of: (one: T) => number): T | undefined => list.toSorted((a, b) => of(b) - of(a))[0];
const sum = (list: readonly number[]): number => list.reduce((total, one) => total + one, 0);

export default function Leader() {
  const loaded = useLoad('leader', () => seen<Data>(api.leader.$get()));
  useEvery(30_000, loaded.reload);
  return (
    <div class="leader">
      <div class="title-row"><h1>{say(W.title)} · {nameOf('offices', me.value?.office_code ?? null)}</h1>{loaded.data ? <span class="soft">{say(W.at, { at: time(loaded.data.at) })}</span> : null}</div>
      {me.value?.office_code ? <RoadAlarms /> : null}
      <Reading loaded={loaded}>{(data) => <Board data={data} />}</Reading>
    </div>
  );
}

function Board({ data }: { data: Data }) {
  const late = sum(data.obligations.map((one) => one.late)) + data.reports.filter((report) => report.verdict === 'late').length;
  const minutes = sum(data.coverage.map((one) => one.uncovered_minutes ?? 0));
  const without = data.coverage.filter((one) => one.uncovered_minutes === null);
  const held = sum(data.held.map((one) => one.count));
  return (
    <>
      <div class="kpis">
        <a class="kpi" href="/desk/reports"><Figure value={number(data.reports.length)} label={say(W.due)} tint={data.reports.some((one) => one.verdict === 'late') ? 'bad' : data.reports.length > 0 ? 'warn' : 'plain'} /></a>
        <a class="kpi" href="/desk/directives"><Figure value={number(late)} label={say(W.late)} tint={late > 0 ? 'bad' : 'plain'} /></a>
        <a class="kpi" href="/desk/duty"><Figure value={number(minutes)} label={say(W.uncovered)} tint={minutes > 0 ? 'bad' : 'plain'} /></a>
        <Figure value={number(held)} label={say(W.held)} tint={held > 0 ? 'warn' : 'plain'} />
        <a class="kpi" href="/desk/incidents"><Figure value={number(data.incidents.length)} label={say(W.incidents)} tint={data.incidents.some((one) => one.clock.alarm) ? 'bad' : data.incidents.length > 0 ? 'warn' : 'plain'} /></a>
      </div>
      <div class="leader-grid">
        <section class="card"><Table caption={say(W.reports)} rows={data.reports} keyOf={(row) => row.report_id} empty={say(W.none_due)} columns={[
          { head: say(W.name), cell: (row) => <a href={`/desk/reports/${row.report_id}`}>{row.title}</a>, wide: true }, { head: say(W.deadline), cell: (row) => <Due line={row} /> }, { head: say(W.state), cell: (row) => <Badge tint={STATES[row.state]?.[1]}>{say(STATES[row.state]?.[0] ?? ['—', '—'])}</Badge> },
        ]} /></section>
        <section class="card"><Table caption={say(W.open_incidents)} rows={data.incidents} keyOf={(row) => row.incident_id} empty={say(W.no_incidents)} columns={[
          { head: say(W.kind), cell: (row) => <><a href={`/desk/incidents/${row.incident_id}`}>{either(row.kind_vi, row.kind_en)}</a> {row.drill ? <Badge tint="info" shape="◇">{say(W.drill)}</Badge> : null}</>, wide: true }, { head: say(W.where), cell: (row) => office(row.office_code ?? row.place) },
          { head: say(W.detected), cell: (row) => <><time>{dateTime(row.clock.detected_at)}</time> {row.clock.alarm ? <Badge tint="bad">{say(W.overdue)}</Badge> : row.clock.verdict === 'no_standard' ? <span class="soft">{say(W.no_standard)}</span> : null}</> },
        ]} /></section>
        <BarChart title={obligationsTitle(data)} empty={say(W.none_obliged)} labels={190} bars={data.obligations.map((one) => ({ label: short(office(one.party_code)), value: one.done, of: one.obligations }))} />
        <BarChart title={coverageTitle(data)} empty={say(without.length > 0 ? [without.map((one) => office(one.office_code)).slice(0, 4).join(', '), without.map((one) => office(one.office_code)).slice(0, 4).join(', ')] : W.coverage)} labels={190} unit={say(W.minutes)} bars={data.coverage.filter((one) => one.uncovered_minutes !== null).map((one) => ({ label: short(office(one.office_code)), value: one.uncovered_minutes ?? 0, mark: true }))} />
        <BarChart title={heldTitle(data)} empty={say(W.none_held)} labels={190} bars={data.held.map((one) => ({ label: short(office(one.office_code)), value: one.count }))} />
        <BarChart title={daysTitle(W.days, data.days.map((day) => day.accepted))} empty={say(W.no_days)} labels={90} bars={data.days.map((day) => ({ label: `${day.day.slice(8)}/${day.day.slice(5, 7)}`, value: day.accepted }))} />
        <BarChart title={daysTitle(W.days_out, data.days.map((day) => day.delivered))} empty={say(W.no_days)} labels={90} bars={data.days.map((day) => ({ label: `${day.day.slice(8)}/${day.day.slice(5, 7)}`, value: day.delivered }))} />
      </div>
    </>
  );
}

function obligationsTitle({ obligations }: Data): string {
  const head = say(W.obligations, { done: sum(obligations.map((one) => one.done)), all: sum(obligations.map((one) => one.obligations)) });
  const late = sum(obligations.map((one) => one.late));
  const worst = most(obligations, (one) => (late > 0 ? one.late : one.obligations - one.done));
  if (!worst || (late === 0 && worst.obligations === worst.done)) return head;
  return `${head} · ${say(late > 0 ? W.obligations_late : W.obligations_left, { late, party: office(worst.party_code) })}`;
}

function coverageTitle({ coverage }: Data): string {
  const worst = most(coverage, (one) => one.uncovered_minutes ?? 0);
  const without = coverage.filter((one) => one.uncovered_minutes === null).length;
  const gap = worst && (worst.uncovered_minutes ?? 0) > 0 ? say(W.coverage_gap, { office: office(worst.office_code), minutes: worst.uncovered_minutes, at: worst.first_at ? dateTime(worst.first_at) : null, post: worst.post_vi }) : null;
  const none = without > 0 ? say(W.coverage_none, { count: without }) : null;
  return [gap, none].filter((part) => part !== null).join(' · ') || say(W.coverage);
}

function heldTitle({ held }: Data): string {
  const worst = most(held, (one) => one.count);
  return worst ? say(W.held_title, { office: office(worst.office_code), count: worst.count }) : say(W.held_none_title);
}
const daysTitle = (words: Pair, counts: readonly number[]): string => say(words, { sum: sum(counts), today: counts.at(-1) ?? 0 });
