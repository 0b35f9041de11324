// Duty around the clock: who is on now and what alarms, what I must acknowledge, the week by keyboard, notes of handover, calls, desks to ring.

import { useState } from 'preact/hooks';
import { uuid7 } from '../base/id.ts';
import { POSTS } from '../domain/roster.ts';
import { CallOut, Calls, CellDialog, Notes, Plan } from './duty_forms.tsx';
import { CoverageStrip, RosterGrid, slotsOf } from './duty_grid.tsx';
import type { Cell } from './duty_grid.tsx';
import { add, download, nameOfPerson, openId, printPage, rows, seen, Select, useDeed, useEvery } from './duty_parts.tsx';
import type { Contact, DutyNow, Roster, RosterLine, Staff } from './duty_types.ts';
import { machine, nameOf } from './machine.ts';
import { api, ask, go, may, me } from './state.ts';
import { Badge, Button, Choice, Notice, Reading, Table, useLoad } from './ui.tsx';
import { date, dateTime, number, say, time } from './words.ts';

const W = {
  title: ['Trực 24/24', 'Duty 24/24'], roster: ['Lịch trực', 'Roster'], print: ['In bảng phân công', 'Print the sheet'], calendar: ['Tải lịch (.ics)', 'Calendar (.ics)'], plan: ['Lập lịch mới', 'Plan a new roster'],
  now: ['Đang trực', 'On duty now'], until: ['đến {at}', 'until {at}'], call: ['Gọi trực', 'Call out'], nobody: ['Không ai đang trực.', 'Nobody is on duty.'],
  no_roster: ['Lệnh yêu cầu trực 24/24 nhưng chưa có lịch trực.', 'An order asks for duty around the clock and there is no roster.'], nobody_on_duty: ['Không có ai trực lúc này. Gọi người trong lịch hoặc phân công ngay.', 'Nobody is on duty at this moment. Call somebody of the roster or assign now.'], post_uncovered: ['Có vị trí thiếu người lúc này: {posts}.', 'A post lacks people at this moment: {posts}.'],
  soon: ['Trong 24 giờ tới còn trống: {gaps}', 'Uncovered within the next 24 hours: {gaps}'], mine: ['Ca trực của tôi', 'My duties'], ack: ['Đã nhận lịch', 'Acknowledge'], acked: ['Đã nhận lịch trực.', 'Duty acknowledged.'], ack_all: ['Đã nhận tất cả {count} ca', 'Acknowledge all {count}'], accept: ['Nhận đổi ca của {who}', 'Take over from {who}'], accepted: ['Đã nhận đổi ca.', 'The swap is accepted.'],
  none: ['Bưu cục chưa có lịch trực. Người lập lịch chọn “Lập lịch mới”.', 'The office has no roster. Whoever keeps duty chooses “Plan a new roster”.'], no_office: ['Người của cơ quan ngoài bưu chính không có lịch trực ở đây; danh bạ ở dưới.', 'People of outside agencies have no roster here; the desks to ring stand below.'],
  assigned: ['Đã phân công.', 'Assigned.'], withdrawn: ['Đã bỏ phân công.', 'Withdrawn.'], letters: ['Phím xếp người', 'Letters of people'], pattern: ['Chia ca', 'Shifts'], as_is: ['Theo lịch', 'As it is'], three: ['3 ca', '3 shifts'], two: ['2 ca', '2 shifts'], whole: ['Cả ngày', 'Whole day'],
  clash: ['{who} đứng hai vị trí cùng lúc: {at}', '{who} stands on two posts at once: {at}'], contacts: ['Danh bạ trực', 'Desks to ring'], desk: ['Đầu mối', 'Desk'], of: ['Của', 'Of'], phone: ['Số điện thoại', 'Phone'], no_phone: ['chưa nạp số', 'no number loaded'], always: ['Trực 24/24', 'Around the clock'], only_open: ['Giờ hành chính', 'Office hours'], no_contacts: ['Chưa nạp danh bạ.', 'No desks are loaded.'],
  left: ['còn {minutes} phút trống · {people} chưa nhận', '{minutes} min uncovered · {people} not acknowledged'],
} as const;
const PATTERNS = { as_is: [], three: [['00:00', '08:00'], ['08:00', '16:00'], ['16:00', '00:00']], two: [['06:00', '18:00'], ['18:00', '06:00']], whole: [['00:00', '00:00']] } as const;

export default function Duty() {
  const office = me.value?.office_code ?? null;
  const wanted = openId();
  const [planning, setPlanning] = useState(false);
  const [calling, setCalling] = useState(false);
  const loaded = useLoad(`duty ${wanted}`, async () => {
    const contacts = await rows<Contact>(api.roster.contacts.$get());
    if (office === null) return { contacts, list: [], now: null, roster: null, staff: [] };
    const [list, now, desk] = await Promise.all([rows<RosterLine>(api.roster.$get({ query: {} })), seen<DutyNow>(api.roster.now.$get({ query: {} })), may('item.read') ? ask(api.desk.$get()) : { staff: [] }]);
    const here = machine.outbox.now();
    const open = wanted || (list.find((line) => Date.parse(line.from_at) <= here && here < Date.parse(line.to_at)) ?? list[0])?.roster_id;
    const roster = open ? await seen<Roster>(api.roster[':roster_id'].$get({ param: { roster_id: open } })) : null;
    const staff = (desk.staff as Omit<Staff, 'letter'>[]).map((person, i) => ({ ...person, letter: i < 26 ? String.fromCharCode(65 + i) : null }));
    return { contacts, list, now, roster, staff };
  });
  const { told, deed } = useDeed(loaded.reload);
  useEvery(30_000, loaded.reload);
  return (
    <div class="duty">
      <div class="title-row">
        <h1>{say(W.title)}{office === null ? '' : ` · ${nameOf('offices', office)}`}</h1>
        <div class="row">
          {loaded.data?.now ? <Button kind="danger" onPress={() => setCalling(true)}>{say(W.call)}</Button> : null}
          {may('duty.manage') ? <Button onPress={() => setPlanning(true)}>{say(W.plan)}</Button> : null}
        </div>
      </div>
      {told}
      {office === null ? <Notice>{say(W.no_office)}</Notice> : null}
      <Reading loaded={loaded}>
        {({ contacts, list, now, roster, staff }) => (
          <>
            {now ? <Now now={now} /> : null}
            {roster ? <Mine roster={roster} deed={deed} /> : office === null ? null : <div class="empty">{say(W.none)}</div>}
            {roster ? <Whole roster={roster} list={list} staff={staff} deed={deed} /> : null}
            {roster && now && now.calls.length > 0 ? <Calls calls={now.calls} roster_id={roster.roster_id} deed={deed} /> : null}
            {roster ? <Notes roster={roster} deed={deed} /> : null}
            <Table caption={say(W.contacts)} rows={contacts} keyOf={(row) => `${row.party_code}${row.title_vi}`} empty={say(W.no_contacts)} columns={[
              { head: say(W.desk), cell: (row) => row.title_vi, wide: true }, { head: say(W.of), cell: (row) => <span class="code">{row.party_code}</span> },
              { head: say(W.phone), cell: (row) => row.phone ?? <Badge>{say(W.no_phone)}</Badge> }, { head: '', cell: (row) => say(row.always === true ? W.always : W.only_open) },
            ]} />
            {planning ? <Plan onClose={() => setPlanning(false)} onPlan={(facts) => void deed(['Đã lập lịch trực.', 'The roster is planned.'], async () => { go(`/desk/duty/${await add('roster', { kind: 'roster_planned', facts })}`); setPlanning(false); })} /> : null}
            {calling && now ? <CallOut now={now} staff={staff} roster={roster} onClose={() => setCalling(false)} deed={deed} /> : null}
          </>
        )}
      </Reading>
    </div>
  );
}

function Now({ now }: { now: DutyNow }) {
  const posts = now.gaps_next_day.filter((gap) => Date.parse(gap.from_at) <= machine.outbox.now()).map((gap) => gap.post_vi).join(', ');
  return (
    <>
      {now.alarm === null ? null : <Notice tint="bad" urgent><strong>{say(W[now.alarm], { posts })}</strong></Notice>}
      <section class="on-duty" aria-label={say(W.now)}>
        <h2>{say(W.now)}</h2>
        {now.on_duty.length === 0 ? <p class="soft">{say(W.nobody)}</p> : (
          <ul class="strip-people">{now.on_duty.map((one) => <li key={`${one.post}${one.person?.person_id}`}><strong>{nameOfPerson(one.person)}</strong> <span class="soft">{say(POSTS[one.post])} · {say(W.until, { at: time(one.to_at) })}</span></li>)}</ul>
        )}
        {now.gaps_next_day.length > 0 && now.alarm === null ? <Notice tint="warn">{say(W.soon, { gaps: now.gaps_next_day.map((gap) => `${gap.post_vi} ${dateTime(gap.from_at)}–${time(gap.to_at)}`).join('; ') })}</Notice> : null}
      </section>
    </>
  );
}

export type Deed = ReturnType<typeof useDeed>['deed'];

function Mine({ roster, deed }: { roster: Roster; deed: Deed }) {
  const own = me.value?.person_id;
  const ahead = roster.assignments.filter((a) => Date.parse(a.to_at) > machine.outbox.now());
  const waiting = ahead.filter((a) => a.acknowledged_at === null && roster.cover.some((c) => c.assignment_id === a.assignment_id && c.person?.person_id === own));
  const swaps = ahead.filter((a) => a.swap_to?.person_id === own);
  const acknowledge = (assignment_id: string) => add('roster', { kind: 'duty_acknowledged', matter_id: roster.roster_id, facts: { assignment_id } });
  if (waiting.length + swaps.length === 0) return null;
  return (
    <section class="card info" aria-label={say(W.mine)}>
      <div class="title-row">
        <h2>{say(W.mine)} · {number(waiting.length + swaps.length)}</h2>
        {waiting.length > 1 ? <Button kind="main" onPress={() => deed(W.acked, async () => { for (const a of waiting) await acknowledge(a.assignment_id); })}>{say(W.ack_all, { count: waiting.length })}</Button> : null}
      </div>
      <ul class="plain">
        {waiting.map((a) => <li key={a.assignment_id} class="row"><span>{say(POSTS[a.post])} {dateTime(a.from_at)}–{time(a.to_at)}</span><Button onPress={() => deed(W.acked, () => acknowledge(a.assignment_id))}>{say(W.ack)}</Button></li>)}
        {swaps.map((a) => <li key={`swap${a.assignment_id}`} class="row"><span>{say(POSTS[a.post])} {dateTime(a.from_at)}–{time(a.to_at)}</span><Button onPress={() => deed(W.accepted, () => add('roster', { kind: 'swap_accepted', matter_id: roster.roster_id, facts: { assignment_id: a.assignment_id } }))}>{say(W.accept, { who: nameOfPerson(a.person) })}</Button></li>)}
      </ul>
    </section>
  );
}

function Whole({ roster, list, staff, deed }: { roster: Roster; list: readonly RosterLine[]; staff: readonly Staff[]; deed: Deed }) {
  const [pattern, setPattern] = useState<keyof typeof PATTERNS>('as_is');
  const [open, setOpen] = useState<Cell | null>(null);
  const editable = may('duty.manage') && roster.office_code === me.value?.office_code;
  const slots = slotsOf(roster, PATTERNS[pattern]);
  const matter_id = roster.roster_id;
  const withdraw = (cell: Cell) => add('roster', { kind: 'duty_withdrawn', matter_id, facts: { assignment_id: cell.assigned.at(-1)?.assignment_id ?? '' } });
  // A full cell changes hands; the same letter again takes the person away.
  const assign = (cell: Cell, person: Staff): Promise<boolean> => {
    const same = cell.assigned.find((a) => a.person?.person_id === person.person_id);
    if (same) return deed(W.withdrawn, () => add('roster', { kind: 'duty_withdrawn', matter_id, facts: { assignment_id: same.assignment_id } }));
    return deed(W.assigned, async () => {
      await add('roster', { kind: 'duty_assigned', matter_id, facts: { assignment_id: uuid7(machine.outbox.now()), post: cell.post, person_id: person.person_id, on: cell.on, from: cell.from, to: cell.to } });
      if (cell.assigned.length >= cell.needed) await withdraw(cell);
    });
  };
  const line = list.find((one) => one.roster_id === matter_id);
  return (
    <section class="roster" aria-label={roster.title}>
      <div class="title-row">
        <h2>{roster.title} <span class="soft">{date(roster.from_at)}–{date(Date.parse(roster.to_at) - 1)} · {say(W.left, { minutes: roster.uncovered_minutes, people: line?.unacknowledged ?? 0 })}</span></h2>
        <div class="row">
          <Button kind="quiet" onPress={() => deed(['Đã gửi tới máy in.', 'Sent to the printer.'], () => printPage(api.roster[':roster_id'].sheet.$get({ param: { roster_id: matter_id } })))}>{say(W.print)}</Button>
          <Button kind="quiet" onPress={() => deed(['Đã tải lịch.', 'The calendar is saved.'], () => download(api.roster[':roster_id']['calendar.ics'].$get({ param: { roster_id: matter_id } }), 'lich-truc.ics'))}>{say(W.calendar)}</Button>
        </div>
      </div>
      <CoverageStrip roster={roster} />
      <div class="row roster-tools">
        {list.length > 1 ? <Select label={say(W.roster)} value={matter_id} onChange={(id) => go(`/desk/duty/${id}`)} options={list.map((one) => ({ value: one.roster_id, text: `${one.title} (${date(one.from_at)})` }))} /> : null}
        {editable ? <Choice compact label={say(W.pattern)} value={pattern} onChange={setPattern} options={(['as_is', 'three', 'two', 'whole'] as const).map((value) => ({ value, text: say(W[value]) }))} /> : null}
      </div>
      <RosterGrid roster={roster} slots={slots} staff={staff} editable={editable} onAssign={(cell, person) => void assign(cell, person)} onWithdraw={(cell) => cell.assigned.length > 0 && void deed(W.withdrawn, () => withdraw(cell))} onOpen={setOpen} />
      {editable ? <p class="letters"><strong>{say(W.letters)}</strong> {staff.filter((one) => one.letter !== null).map((one) => <span key={one.person_id}><kbd>{one.letter}</kbd> {one.full_name}</span>)}</p> : null}
      {roster.clashes.map((clash) => <Notice key={`${clash.from_at}${clash.person?.person_id}`} tint="warn">{say(W.clash, { who: nameOfPerson(clash.person), at: `${dateTime(clash.from_at)}–${time(clash.to_at)}` })}</Notice>)}
      {open ? <CellDialog cell={open} roster={roster} staff={staff} editable={editable} deed={deed} onClose={() => setOpen(null)} /> : null}
    </section>
  );
}
