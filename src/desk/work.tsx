// My work: what is open, what needs me, what is about to be late. Five lines each, and scanning anything goes where it belongs.

import './tracing.css';
import './duty.css';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { open } from './find.tsx';
import { machine, nameOf, queue, useScans } from './machine.ts';
import { play } from './sound.ts';
import { api, ask, go, may, me } from './state.ts';
import { Badge, Notice, Reading, useLoad } from './ui.tsx';
import { dateTime, either, number, say, span, time } from './words.ts';
import type { Pair } from './words.ts';
import { beingCounted, discrepancyWords, readOffice, waitsFor } from './work_read.ts';
import type { OfficeNow } from './work_read.ts';

const W = {
  title: ['Việc của tôi', 'My work'], open: ['Đang mở', 'Open'], mine: ['Cần tôi', 'Needs me'], late: ['Sắp trễ', 'Almost late'],
  orders: ['Trực, lệnh, văn bản, báo cáo', 'Duty, orders, directives, reports'],
  empty: ['Không có việc chờ. Quét mã bất kỳ để bắt đầu.', 'Nothing waits. Scan anything to begin.'],
  none_open: ['Không có túi hay chuyến đang mở.', 'No bag or trip is open.'], none_mine: ['Không ai chờ bạn.', 'Nobody waits for you.'], none_late: ['Không có gì nằm lâu.', 'Nothing lies idle.'],
  more: ['và {count} nữa', 'and {count} more'], counting: ['đang đối soát', 'being counted'], making: ['đang đóng', 'being made up'], trip: ['Chuyến {no}', 'Trip {no}'], to: ['→ {place}', '→ {place}'],
  handover: ['Nhận bàn giao {count} đơn vị', 'Take over {count} units'], since: ['từ {at}', 'since {at}'], refused: ['{count} việc bị máy chủ từ chối', '{count} events the server refused'], due: ['hạn {at}', 'due {at}'],
  no_standard: ['chưa nạp tiêu chuẩn', 'no standard loaded'], idle: ['nằm {long}', 'idle {long}'], stale: ['Số liệu lúc {at}', 'As of {at}'], no_office: ['Bàn này không thuộc bưu cục nào: quét hoặc tìm (F2) để xem một bưu gửi.', 'This desk belongs to no office: scan or search (F2) to see an item.'],
} as const;
const SHOWN = 5;
type Task = { task: keyof typeof WHERE; matter_id: string; vi: string; en: string; due_at: string | null; late: boolean };
const WHERE = { duty: 'duty', swap: 'duty', call: 'duty', order: 'periods', obligation: 'directives', report: 'reports' } as const;

/** Goes where a scan means something for whoever sits here. */
export function useRouted(): void {
  useScans('elsewhere', (scan) => {
    if (scan.code !== null && (scan.what === 'item' || scan.what === 'label' || scan.what === 'bag' || scan.what === 'receptacle')) return open(scan.code);
    if (scan.code !== null && scan.what === 'seal') return go('/desk/find');
    play('unknown');
  });
}

export default function Work() {
  useRouted();
  const office = me.value?.office_code ?? null;
  const loaded = useLoad('work', async () => (office === null ? null : readOffice()));
  const tasks = useLoad('tasks', async () => (await ask(api.tasks.$get())).rows as unknown as Task[]);
  useEffect(() => {
    const timer = setInterval(() => { loaded.reload(); tasks.reload(); }, 60_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="work">
      <div class="title-row"><h1>{say(W.title)}</h1>{loaded.at === null ? null : <span class="soft">{say(W.stale, { at: time(loaded.at) })}</span>}</div>
      {(tasks.data ?? []).length === 0 ? null : (
        <section class="card work-column tasks" aria-label={say(W.orders)}>
          <h2>{say(W.orders)} <span class="number soft">{number(tasks.data?.length ?? 0)}</span></h2>
          <ul class="plain">{tasks.data?.slice(0, SHOWN).map((task) => <li key={`${task.task}${task.matter_id}${task.vi}`}><a href={`/desk/${WHERE[task.task]}/${task.matter_id}`}>{either(task.vi, task.en)}</a>{task.due_at ? <Badge tint={task.late ? 'bad' : 'plain'}>{say(W.due, { at: dateTime(task.due_at) })}</Badge> : null}</li>)}</ul>
          {(tasks.data?.length ?? 0) > SHOWN ? <p class="soft">{say(W.more, { count: (tasks.data?.length ?? 0) - SHOWN })}</p> : null}
        </section>
      )}
      {office === null ? <Notice>{say(W.no_office)}</Notice> : <Reading loaded={loaded}>{(now) => (now === null ? null : <Columns now={now} />)}</Reading>}
    </div>
  );
}

function Columns({ now }: { now: OfficeNow }) {
  const here = me.value?.office_code ?? '';
  const opened = [
    ...(may('bag.open') ? beingCounted(now.bags) : []).map((bag) => <Line key={bag.code} href={`/desk/item/${bag.code}`} code={bag.code} words={W.counting} />),
    ...(may('bag.make') ? now.bags.filter((bag) => bag.state === 'open') : []).map((bag) => <Line key={bag.code} href={`/desk/item/${bag.code}`} code={bag.code} words={W.making} more={say(W.to, { place: nameOf('offices', bag.destination_office_code) })} />),
    ...now.trips.filter((trip) => trip.state === 'open').map((trip) => <li key={trip.trip_id}><strong>{say(W.trip, { no: `${trip.trip_no}/${trip.trip_year}` })}</strong><span class="soft">{say(W.to, { place: nameOf('offices', trip.to_office_code) })}</span></li>),
  ];
  const mine = [
    ...(queue.value.needs_attention > 0 ? [<li key="refused"><a href="/desk/sent">{say(W.refused, { count: queue.value.needs_attention })}</a><Badge tint="bad">!</Badge></li>] : []),
    ...now.handovers.filter((handover) => handover.mine_to_answer).map((handover) => <li key={handover.handover_id}><a href="/desk/handover">{say(W.handover, { count: handover.lines.length })}</a><span class="soft">{say(W.since, { at: time(handover.offered_at) })}</span></li>),
    ...now.discrepancies.filter((row) => row.state !== 'decided' && waitsFor(row) === here && (row.state === 'open' ? may('bag.make') : may('item.approve'))).map((row) => <Line key={row.discrepancy_id} href="/desk/differences" code={row.code} words={discrepancyWords(row.discrepancy_kind)} {...(row.deadline_at ? { more: say(W.due, { at: time(row.deadline_at) }) } : {})} tint />),
  ];
  const late = now.idle.toSorted((a, b) => Number(b.alarm) - Number(a.alarm) || b.idle_hours - a.idle_hours).map((row) => (
    <li key={row.code}><a class="code" href={`/desk/item/${row.code}`}>{grouped(row.code)}</a><span>{row.state_vi}</span><Badge tint={row.alarm ? 'bad' : 'plain'}>{say(W.idle, { long: span(machine.outbox.now() - Date.parse(row.last_at)) })}</Badge>{row.standard_hours === null ? <span class="soft">{say(W.no_standard)}</span> : null}</li>
  ));
  if (opened.length + mine.length + late.length === 0) return <div class="empty">{say(W.empty)}</div>;
  return <div class="columns"><Column head={W.open} lines={opened} none={W.none_open} /><Column head={W.mine} lines={mine} none={W.none_mine} /><Column head={W.late} lines={late} none={W.none_late} /></div>;
}

const Column = ({ head, lines, none }: { head: Pair; lines: ComponentChildren[]; none: Pair }) => (
  <section class="card work-column" aria-label={say(head)}>
    <h2>{say(head)} <span class="number soft">{number(lines.length)}</span></h2>
    {lines.length === 0 ? <p class="soft">{say(none)}</p> : <ul class="plain">{lines.slice(0, SHOWN)}</ul>}
    {lines.length > SHOWN ? <p class="soft">{say(W.more, { count: lines.length - SHOWN })}</p> : null}
  </section>
);

const Line = ({ href, code, words, more, tint = false }: { href: string; code: string; words: Pair; more?: string; tint?: boolean }) => (
  <li><a class="code" href={href}>{grouped(code)}</a><Badge tint={tint ? 'warn' : 'info'} shape={tint ? '▲' : '◔'}>{either(words[0], words[1])}</Badge>{more ? <span class="soft">{more}</span> : null}</li>
);
