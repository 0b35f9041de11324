// Forms of duty: a new roster, one cell with its substitutes and swaps, the call-out with its ladder, the note at handover.

import { useState } from 'preact/hooks';
import { uuid7 } from '../base/id.ts';
import { POSTS } from '../domain/roster.ts';
import type { Post } from '../domain/roster.ts';
import type { JournalFacts } from '../domain/journal.ts';
import type { Cell } from './duty_grid.tsx';
import { add, Lines, linesOf, nameOfPerson, Select } from './duty_parts.tsx';
import type { useDeed } from './duty_parts.tsx';
import type { Call, DutyNow, Roster, Staff } from './duty_types.ts';
import { machine } from './machine.ts';
import { orders } from './orders.ts';
import { me } from './state.ts';
import { Badge, Button, Dialog, Field, Notice } from './ui.tsx';
import { date, dateTime, number, say, span, time } from './words.ts';

type Deed = ReturnType<typeof useDeed>['deed'];
const W = {
  plan: ['Lập lịch trực', 'Plan a roster'], name: ['Tên lịch', 'Title'], from: ['Từ ngày', 'From'], to: ['Đến hết ngày', 'Until the end of'], escalate: ['Gọi người kế tiếp sau (phút)', 'Call the next one after (minutes)'], needed: ['Số người: {post}', 'People: {post}'], make: ['Lập lịch', 'Plan it'], no_post: ['Chọn ít nhất một vị trí có người.', 'Give at least one post somebody.'], default_name: ['Trực 24/24', 'Duty 24/24'],
  replaced: ['Đã ghi người thay.', 'The substitute is recorded.'], cannot: ['Không đến được, chưa có người thay', 'Cannot come, nobody instead'], instead: ['Người thay', 'Substitute'], from_time: ['Từ (giờ:phút)', 'From (HH:MM)'], to_time: ['Đến (giờ:phút)', 'Until (HH:MM)'], replace: ['Ghi thay người', 'Record it'], swap: ['Xin đổi ca cho', 'Ask to swap with'], ask_swap: ['Xin đổi', 'Ask'], swap_asked: ['Đã xin đổi ca; chờ người kia nhận.', 'Swap asked; the other one must accept.'], waits_swap: ['chờ {who} nhận đổi', 'waits for {who} to accept'],
  acked: ['đã nhận lịch {at}', 'acknowledged {at}'], unread: ['chưa nhận lịch', 'not acknowledged'], nobody: ['Chưa có ai. Gõ chữ cái của người để xếp.', 'Nobody yet. Type the letter of a person to assign.'], history: ['Thay từ {from} đến {to}: {who}', 'Replaced from {from} to {to}: {who}'], nobody_instead: ['không có ai', 'nobody'],
  call: ['Gọi trực', 'Call out'], about: ['Việc gì (một dòng, không ghi nội dung bưu gửi)', 'About what (one line, nothing of an item’s content)'], ladder: ['Gọi lần lượt', 'In this order'], call_now: ['Gọi', 'Call'], called: ['Đã gọi trực. Người được gọi thấy ngay trên bàn.', 'Called out. Whoever is called sees it at his desk.'], no_roster: ['Chưa có lịch trực để gọi.', 'There is no roster to call by.'],
  calls: ['Lời gọi chưa trả lời', 'Calls not answered'], answer: ['Tôi nhận lời gọi', 'I answer'], answered: ['Đã nhận lời gọi.', 'The call is answered.'], exhausted: ['Đã gọi hết thang, chưa ai trả lời', 'The whole ladder was called, nobody answered'], since: ['từ {at}, {long}', 'since {at}, {long}'], next: ['gọi lúc {at}', 'to be called at {at}'],
  notes: ['Bàn giao trực', 'Handover notes'], note: ['Ghi bàn giao (mỗi dòng một việc)', 'Note (one matter a line)'], add_note: ['Ghi bàn giao', 'Add the note'], noted: ['Đã ghi bàn giao.', 'The note is added.'], no_notes: ['Chưa có ghi bàn giao.', 'No notes yet.'],
} as const;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const today = (plus = 0): string => new Date(machine.outbox.now() + 7 * 3_600_000 + plus * 86_400_000).toISOString().slice(0, 10);

export function Plan({ onPlan, onClose }: { onPlan: (facts: JournalFacts<'roster_planned'>) => void; onClose: () => void }) {
  const order = orders.value?.orders[0];
  const [title, setTitle] = useState(order ? `${say(W.default_name)} ${order.name_vi}` : say(W.default_name));
  const [from, setFrom] = useState(today());
  const [to, setTo] = useState(today(6));
  const [escalate, setEscalate] = useState('10');
  const [needed, setNeeded] = useState<{ [post: string]: string }>({ duty_leader: '1', kt1_clerk: '1' });
  const posts = (Object.keys(POSTS) as Post[]).map((post) => ({ post, needed: Number(needed[post] ?? 0) })).filter((one) => Number.isInteger(one.needed) && one.needed > 0);
  const wrong = !DAY.test(from) || !DAY.test(to) || to < from ? 'to' : posts.length === 0 ? 'posts' : null;
  const plan = (): void => onPlan({
    office_code: me.value?.office_code ?? '', title: title.trim(), from_at: new Date(`${from}T00:00:00+07:00`).toISOString(), to_at: new Date(Date.parse(`${to}T00:00:00+07:00`) + 86_400_000).toISOString(),
    escalate_after_minutes: Number(escalate), posts, ...(order ? { period_id: order.period_id } : {}),
  });
  return (
    <Dialog title={say(W.plan)} onClose={onClose}>
      <Field label={say(W.name)} value={title} onInput={setTitle} autoFocus max={200} name="roster-title" />
      <div class="two-fields"><DayField label={say(W.from)} value={from} onInput={setFrom} name="roster-from" /><DayField label={say(W.to)} value={to} onInput={setTo} name="roster-to" /></div>
      <div class="two-fields">{(Object.keys(POSTS) as Post[]).map((post) => <Field key={post} label={say(W.needed, { post: say(POSTS[post]) })} value={needed[post] ?? ''} inputMode="numeric" onInput={(value) => setNeeded((before) => ({ ...before, [post]: value }))} name={`need-${post}`} max={2} />)}</div>
      <Field label={say(W.escalate)} value={escalate} onInput={setEscalate} inputMode="numeric" max={3} name="roster-escalate" />
      <Button kind="main" onPress={plan} disabled={wrong !== null || title.trim() === ''} why={say(W.no_post)}>{say(W.make)}</Button>
    </Dialog>
  );
}

/** A civil day, as the browser asks for one. */
export function DayField({ label, value, onInput, name, time: withTime = false }: { label: string; value: string; onInput: (value: string) => void; name: string; time?: boolean }) {
  return <div class="field"><label for={name}>{label}</label><input id={name} name={name} type={withTime ? 'datetime-local' : 'date'} value={value} onInput={(event) => onInput(event.currentTarget.value)} /></div>;
}

export function CellDialog({ cell, roster, staff, editable, deed, onClose }: { cell: Cell; roster: Roster; staff: readonly Staff[]; editable: boolean; deed: Deed; onClose: () => void }) {
  const [instead, setInstead] = useState('');
  const [from, setFrom] = useState(cell.from);
  const [to, setTo] = useState(cell.to);
  const [swap, setSwap] = useState('');
  const own = me.value?.person_id;
  const matter_id = roster.roster_id;
  // Over midnight an hour before the start is one of the next day.
  const at = (clock: string, after: number): string => {
    const ms = Date.parse(`${cell.on}T${clock}:00+07:00`);
    return new Date(ms < after ? ms + 86_400_000 : ms).toISOString();
  };
  const people = [{ value: '', text: say(W.cannot) }, ...staff.map((one) => ({ value: one.person_id, text: one.full_name }))];
  return (
    <Dialog title={`${cell.post_vi} · ${date(cell.from_ms)} ${cell.from}–${cell.to}`} onClose={onClose}>
      {cell.assigned.length === 0 ? <p class="soft">{say(W.nobody)}</p> : null}
      {cell.assigned.map((a) => (
        <section key={a.assignment_id} class="card">
          <p><strong>{nameOfPerson(a.person)}</strong> {a.acknowledged_at === null ? <Badge tint="warn">{say(W.unread)}</Badge> : <Badge tint="good">{say(W.acked, { at: dateTime(a.acknowledged_at) })}</Badge>} {a.swap_to ? <Badge tint="info">{say(W.waits_swap, { who: nameOfPerson(a.swap_to) })}</Badge> : null}</p>
          {a.replacements.map((r) => <p key={r.from_at} class="soft">{say(W.history, { from: time(r.from_at), to: time(r.to_at), who: r.person === null ? say(W.nobody_instead) : nameOfPerson(r.person) })}</p>)}
          {editable ? (
            <div class="stack">
              <Select label={say(W.instead)} value={instead} onChange={setInstead} options={people} name="instead" />
              <div class="two-fields"><Field label={say(W.from_time)} value={from} onInput={setFrom} max={5} name="instead-from" /><Field label={say(W.to_time)} value={to} onInput={setTo} max={5} name="instead-to" /></div>
              <Button onPress={() => deed(W.replaced, () => { const from_at = at(from, cell.from_ms); return add('roster', { kind: 'duty_replaced', matter_id, facts: { assignment_id: a.assignment_id, from_at, to_at: at(to, Date.parse(from_at) + 1), person_id: instead === '' ? null : instead } }); }).then((ok) => ok && onClose())}>{say(W.replace)}</Button>
            </div>
          ) : null}
          {a.person?.person_id === own ? (
            <div class="row">
              <Select label={say(W.swap)} value={swap} onChange={setSwap} options={[{ value: '', text: '—' }, ...staff.filter((one) => one.person_id !== own).map((one) => ({ value: one.person_id, text: one.full_name }))]} name="swap" />
              <Button disabled={swap === ''} onPress={() => deed(W.swap_asked, () => add('roster', { kind: 'swap_asked', matter_id, facts: { assignment_id: a.assignment_id, person_id: swap } })).then((ok) => ok && onClose())}>{say(W.ask_swap)}</Button>
            </div>
          ) : null}
        </section>
      ))}
    </Dialog>
  );
}

export function CallOut({ now, staff, roster, deed, onClose }: { now: DutyNow; staff: readonly Staff[]; roster: Roster | null; deed: Deed; onClose: () => void }) {
  const [about, setAbout] = useState('');
  const onDuty = now.on_duty.flatMap((one) => (one.person ? [one.person.person_id] : []));
  const [ladder, setLadder] = useState<string[]>([...new Set(onDuty)].slice(0, 10));
  if (roster === null) return <Dialog title={say(W.call)} onClose={onClose}><Notice tint="warn">{say(W.no_roster)}</Notice></Dialog>;
  const call = (): Promise<unknown> => deed(W.called, () => add('roster', { kind: 'called_out', matter_id: roster.roster_id, facts: { call_id: uuid7(machine.outbox.now()), about: about.trim(), ladder } })).then((ok) => ok && onClose());
  return (
    <Dialog title={say(W.call)} onClose={onClose}>
      <Field label={say(W.about)} value={about} onInput={setAbout} autoFocus max={200} name="about" />
      <fieldset class="choice"><legend>{say(W.ladder)}</legend><div class="people-ticks">{staff.map((one) => (
        <label key={one.person_id} class={ladder.includes(one.person_id) ? 'on' : ''}><input type="checkbox" checked={ladder.includes(one.person_id)} onChange={() => setLadder(ladder.includes(one.person_id) ? ladder.filter((id) => id !== one.person_id) : [...ladder, one.person_id].slice(0, 10))} /><span>{ladder.includes(one.person_id) ? `${number(ladder.indexOf(one.person_id) + 1)}. ` : ''}{one.full_name}</span></label>
      ))}</div></fieldset>
      <Button kind="danger" onPress={call} disabled={about.trim() === '' || ladder.length === 0}>{say(W.call_now)}</Button>
    </Dialog>
  );
}

export function Calls({ calls, roster_id, deed }: { calls: readonly Call[]; roster_id: string; deed: Deed }) {
  const own = me.value?.person_id;
  return (
    <section aria-label={say(W.calls)}>
      <h2>{say(W.calls)} · {number(calls.length)}</h2>
      {calls.map((call) => (
        <div key={call.call_id} class={call.alarm ? 'card bad' : 'card warn'}>
          <p><strong>{call.about}</strong> <span class="soft">{say(W.since, { at: time(call.at), long: span(machine.outbox.now() - Date.parse(call.at)) })}</span> {call.alarm ? <Badge tint="bad">{say(W.exhausted)}</Badge> : null}</p>
          <ol>{call.ladder.map((step) => <li key={step.person?.person_id}>{nameOfPerson(step.person)} <span class="soft">{say(W.next, { at: time(step.to_call_at) })}</span></li>)}</ol>
          {call.ladder.some((step) => step.person?.person_id === own) ? <Button kind="main" onPress={() => deed(W.answered, () => add('roster', { kind: 'call_acknowledged', matter_id: roster_id, facts: { call_id: call.call_id } }))}>{say(W.answer)}</Button> : null}
        </div>
      ))}
    </section>
  );
}

export function Notes({ roster, deed }: { roster: Roster; deed: Deed }) {
  const [text, setText] = useState('');
  const own = roster.office_code === me.value?.office_code;
  return (
    <section class="notes" aria-label={say(W.notes)}>
      <h2>{say(W.notes)}</h2>
      {roster.notes.length === 0 ? <p class="soft">{say(W.no_notes)}</p> : <ul class="plain">{roster.notes.toReversed().slice(0, 5).map((note) => <li key={note.at}><time>{dateTime(note.at)}</time> {nameOfPerson(note.person)}: {note.lines.join(' · ')}</li>)}</ul>}
      {own ? <><Lines label={say(W.note)} value={text} onInput={setText} name="note" /><Button disabled={linesOf(text).length === 0} onPress={() => deed(W.noted, () => add('roster', { kind: 'handover_noted', matter_id: roster.roster_id, facts: { lines: linesOf(text) } })).then((ok) => ok && setText(''))}>{say(W.add_note)}</Button></> : null}
    </section>
  );
}
