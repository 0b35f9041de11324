// The supervisor's board: the worst first, what is open, who waits for whom. One screen at 1366x768, figures as the API gives them.

import './tracing.css';
import { useEffect } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { BarChart } from './charts.tsx';
import { HOLDERS } from './custody_strip.tsx';
import { machine, nameOf } from './machine.ts';
import { RoadAlarms } from './road_alarms.tsx';
import { may, me } from './state.ts';
import { Badge, Figure, Notice, Reading, Table, useLoad } from './ui.tsx';
import { number, say, span, time } from './words.ts';
import { useRouted } from './work.tsx';
import { beingCounted, discrepancyWords, readCounts, readOffice, waitsFor } from './work_read.ts';
import type { Count, OfficeNow } from './work_read.ts';

const W = {
  title: ['Điều hành', 'Board'], at: ['Số liệu lúc {at}', 'As of {at}'], worst: ['Nằm lâu nhất, ai giữ', 'Idle longest, who holds it'], open_bags: ['túi đang đóng, đối soát', 'bags open or counted'], late: ['KT1 trễ', 'KT1 late'], held: ['đang giữ lại', 'held'], differences: ['sai lệch chưa xong', 'open differences'],
  remaining: ['Túi đang đối soát: còn lại', 'Bags being counted: still to find'], no_counts: ['Không có túi đang đối soát.', 'No bag is being counted.'], blind: ['đếm kín', 'blind'],
  pareto: ['Sai lệch theo loại', 'Differences by kind'], no_pareto: ['Chưa có sai lệch.', 'No differences.'], age: ['Tuổi bưu gửi nằm yên (giờ)', 'Age of what lies idle (hours)'], no_age: ['Không có gì nằm yên.', 'Nothing lies idle.'],
  on_time: ['KT1 trong hạn', 'KT1 within the standard'], no_standard: ['Chưa nạp tiêu chuẩn thời gian: không kết luận đúng hay trễ.', 'No standard of time is loaded: nothing is called late or on time.'], none_ended: ['Chưa có KT1 kết thúc.', 'No KT1 has ended yet.'],
  waiting: ['Ai chờ ai', 'Who waits for whom'], nobody: ['Không ai phải chờ.', 'Nobody waits.'], code: ['Số hiệu', 'Number'], what: ['Việc', 'What'], whose: ['Lượt của', 'Whose move'], since: ['Từ', 'Since'], long: ['Nằm', 'Idle'],
  late_word: ['trễ', 'late'], no_office: ['Bảng này của một bưu cục. Người của bưu cục mở được.', 'This board belongs to an office. People of the office can open it.'], more: ['Chỉ 200 dòng đầu được tính.', 'Only the first 200 rows are counted.'],
} as const;
const AGES: readonly (readonly [label: string, under: number])[] = [['< 2', 2], ['2–8', 8], ['8–24', 24], ['24–48', 48], ['≥ 48', Infinity]];
const ROWS = 5;

export default function Board() {
  useRouted();
  const office = me.value?.office_code ?? null;
  const loaded = useLoad('board', async () => {
    if (office === null) return null;
    const now = await readOffice();
    return { now, counts: may('bag.open') ? await readCounts(now.bags) : [] };
  });
  useEffect(() => {
    const timer = setInterval(loaded.reload, 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="board">
      <div class="title-row"><h1>{say(W.title)}</h1>{loaded.at === null ? null : <span class="soft">{say(W.at, { at: time(loaded.at) })}</span>}</div>
      {office === null ? null : <RoadAlarms />}
      {office === null ? <Notice>{say(W.no_office)}</Notice> : <Reading loaded={loaded}>{(data) => (data === null ? null : <Whole {...data} />)}</Reading>}
    </div>
  );
}

function Whole({ now, counts }: { now: OfficeNow; counts: readonly Count[] }) {
  const open = now.discrepancies.filter((row) => row.state !== 'decided');
  const late = now.transit.filter((row) => row.verdict === 'late');
  const ended = now.transit.filter((row) => row.verdict === 'on_time' || (row.verdict === 'late' && row.ended_at !== null));
  const standard = now.transit.some((row) => row.standard_minutes !== null);
  const kinds = [...Map.groupBy(now.discrepancies, (row) => row.discrepancy_kind)].map(([kind, rows]) => ({ label: say(discrepancyWords(kind)), value: rows.length })).toSorted((a, b) => b.value - a.value);
  const ages = AGES.map(([label, under], i) => ({ label, value: now.idle.filter((row) => row.idle_hours < under && row.idle_hours >= (AGES[i - 1]?.[1] ?? 0)).length, mark: under === Infinity }));
  const waits = [
    ...now.handovers.map((row) => ({ id: row.handover_id, code: row.lines[0]?.code ?? '', what: say(['Bàn giao {n}', 'Handover {n}'], { n: row.lines.length }), whose: row.mine_to_answer ? (me.value?.full_name ?? '') : say(['bên nhận', 'the receiver']), since: row.offered_at })),
    ...open.map((row) => ({ id: row.discrepancy_id, code: row.code, what: say(discrepancyWords(row.discrepancy_kind)), whose: nameOf('offices', waitsFor(row)), since: row.opened_at })),
  ].toSorted((a, b) => (a.since < b.since ? -1 : 1));
  return (
    <>
      {now.truncated ? <Notice tint="warn">{say(W.more)}</Notice> : null}
      <div class="kpis">
        <Figure value={standard ? number(late.length) : '–'} label={say(W.late)} tint={late.length > 0 ? 'bad' : 'plain'} />
        <Figure value={number(now.idle.filter((row) => row.held).length)} label={say(W.held)} />
        <Figure value={number(open.length)} label={say(W.differences)} />
        <Figure value={number(now.bags.filter((bag) => bag.state === 'open').length + beingCounted(now.bags).length)} label={say(W.open_bags)} />
      </div>
      <div class="board-grid">
        <section class="card board-wide">
          <Table caption={say(W.worst)} rows={now.idle.toSorted((a, b) => Number(b.alarm) - Number(a.alarm) || b.idle_hours - a.idle_hours).slice(0, ROWS)} keyOf={(row) => row.code} empty={<><strong>{say(W.worst)}</strong> {say(W.no_age)}</>} tintOf={(row) => (row.alarm ? 'bad' : 'plain')} columns={[
            { head: say(W.code), cell: (row) => <a class="code" href={`/desk/item/${row.code}`}>{grouped(row.code)}</a> }, { head: say(W.what), cell: (row) => row.state_vi },
            { head: say(W.whose), cell: (row) => now.staff.get(row.custodian.ref) ?? say(HOLDERS[row.custodian.kind] ?? ['—', '—']) }, { head: say(W.long), cell: (row) => <><span class="words">{span(machine.outbox.now() - Date.parse(row.last_at))}</span> {row.alarm ? <Badge tint="bad">{say(W.late_word)}</Badge> : null}</>, number: true },
          ]} />
        </section>
        <section class="card board-wide">
          <Table caption={`${say(W.waiting)} · ${number(waits.length)}`} rows={waits.slice(0, ROWS)} keyOf={(row) => row.id} empty={<><strong>{say(W.waiting)}</strong> {say(W.nobody)}</>} columns={[
            { head: say(W.code), cell: (row) => <a class="code" href={row.code.startsWith('CT-') ? '/desk/differences' : `/desk/item/${row.code}`}>{grouped(row.code)}</a> }, { head: say(W.what), cell: (row) => row.what }, { head: say(W.whose), cell: (row) => row.whose }, { head: say(W.since), cell: (row) => <time>{time(row.since)}</time> },
          ]} />
        </section>
        <BarChart title={say(W.remaining)} empty={say(W.no_counts)} bars={counts.slice(0, 5).map((count) => ({ label: `…${count.code.slice(-7)}`, value: count.left ?? count.scanned, ...(count.expected === null ? {} : { of: count.expected }) }))} />
        <BarChart title={say(W.pareto)} empty={say(W.no_pareto)} bars={kinds.slice(0, 5)} />
        <BarChart title={say(W.age)} empty={say(W.no_age)} bars={now.idle.length === 0 ? [] : ages} />
        <BarChart title={say(W.on_time)} empty={say(standard ? W.none_ended : W.no_standard)} bars={!standard || ended.length === 0 ? [] : [{ label: say(W.on_time), value: ended.filter((row) => row.verdict === 'on_time').length, of: ended.length }]} />
      </div>
    </>
  );
}
