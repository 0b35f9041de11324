// The week of a roster by keyboard: arrows go from cell to cell, a letter puts that person there, Delete takes the last one away.
// What nobody covers is hatched and says TRỐNG.

import { useEffect, useRef, useState } from 'preact/hooks';
import { spanOf } from '../domain/roster.ts';
import { machine } from './machine.ts';
import { nameOfPerson } from './duty_parts.tsx';
import type { Roster, Slot, Staff } from './duty_types.ts';
import { date, number, say, time } from './words.ts';

const W = {
  gap: ['TRỐNG', 'NOBODY'], minutes: ['{count} phút', '{count} min'], grid: ['Bảng phân công: mũi tên để đi, chữ cái để xếp người, Delete để bỏ, Enter để xem', 'Roster grid: arrows to move, a letter to assign, Delete to withdraw, Enter to open'],
  earlier: ['Tuần trước', 'Week before'], later: ['Tuần sau', 'Week after'], post: ['Vị trí, giờ', 'Post, hours'], unread: ['chưa nhận', 'not acknowledged'], outside: ['ngoài lịch', 'outside'],
} as const;
const DAY_MS = 86_400_000;
const HANOI_MS = 7 * 3_600_000;
const WEEK = 7;
const dayOf = (ms: number): string => new Date(ms + HANOI_MS).toISOString().slice(0, 10);
/** T5 21/01 */
const dayWords = (on: string): string => {
  const weekday = new Date(`${on}T00:00:00Z`).getUTCDay();
  return `${say([weekday === 0 ? 'CN' : `T${weekday + 1}`, ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][weekday] ?? ''])} ${on.slice(8)}/${on.slice(5, 7)}`;
};

export type Cell = Slot & { on: string; from_ms: number; to_ms: number; standing: Roster['cover'] ; assigned: Roster['assignments']; gap_minutes: number; inside: boolean };

/** One cell: who was put there, who really stands there, how many minutes nobody does. */
export function cellOf(roster: Roster, slot: Slot, on: string): Cell {
  const span = spanOf(on, slot.from, slot.to);
  const overlap = (from: string, to: string): number => Math.min(Date.parse(to), span.to_ms) - Math.max(Date.parse(from), span.from_ms);
  return {
    ...slot, on, ...span, inside: span.to_ms > Date.parse(roster.from_at) && span.from_ms < Date.parse(roster.to_at),
    standing: roster.cover.filter((c) => c.post === slot.post && overlap(c.from_at, c.to_at) > 0),
    assigned: roster.assignments.filter((a) => a.post === slot.post && Date.parse(a.from_at) === span.from_ms && Date.parse(a.to_at) === span.to_ms),
    gap_minutes: roster.gaps.filter((gap) => gap.post === slot.post).reduce((sum, gap) => sum + Math.max(0, overlap(gap.from_at, gap.to_at)) / 60_000, 0),
  };
}

type Props = { roster: Roster; slots: readonly Slot[]; staff: readonly Staff[]; editable: boolean; onAssign: (cell: Cell, person: Staff) => void; onWithdraw: (cell: Cell) => void; onOpen: (cell: Cell) => void };

export function RosterGrid({ roster, slots, staff, editable, onAssign, onWithdraw, onOpen }: Props) {
  const days = Array.from({ length: Math.max(1, Math.ceil((Date.parse(roster.to_at) - Date.parse(`${dayOf(Date.parse(roster.from_at))}T00:00:00+07:00`)) / DAY_MS)) }, (_, i) => dayOf(Date.parse(roster.from_at) + i * DAY_MS));
  const today = Math.max(0, days.indexOf(dayOf(machine.outbox.now())));
  const [week, setWeek] = useState(Math.floor(today / WEEK));
  const shown = days.slice(week * WEEK, week * WEEK + WEEK);
  const [at, setAt] = useState<[row: number, column: number]>([0, Math.max(0, shown.indexOf(days[today] ?? ''))]);
  /** Where the keys are: fingers are faster than drawing. */
  const where = useRef({ at, week });
  const table = useRef<HTMLTableElement>(null);
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current) table.current?.querySelector<HTMLElement>(`[data-at="${at.join()}"]`)?.focus();
  }, [at.join(), week]);
  const move = (to: [row: number, column: number], inWeek = where.current.week): void => {
    where.current = { at: to, week: inWeek };
    setAt(to);
    setWeek(inWeek);
  };
  const go = (row: number, column: number): void => {
    moved.current = true;
    const last = Math.ceil(days.length / WEEK) - 1;
    const now = where.current.week;
    const [to, toColumn] = column < 0 && now > 0 ? [now - 1, WEEK - 1] : column >= shown.length && now < last ? [now + 1, 0] : [now, Math.min(Math.max(column, 0), shown.length - 1)];
    move([Math.min(Math.max(row, 0), slots.length - 1), toColumn], to);
  };
  const onKey = (event: KeyboardEvent): void => {
    const [row, column] = where.current.at;
    const slot = slots[row];
    const on = days[where.current.week * WEEK + column];
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !slot || !on) return;
    const steps: { [key: string]: [number, number] } = { ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], Home: [row, 0], End: [row, shown.length - 1] };
    const step = steps[event.key];
    const cell = cellOf(roster, slot, on);
    // By the key's place, not by what a Vietnamese typing program makes of it.
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
    const person = editable && cell.inside ? staff.find((one) => one.letter === letter) : undefined;
    if (step) go(...step);
    else if (event.key === 'Enter') onOpen(cell);
    else if (editable && (event.key === 'Delete' || event.key === 'Backspace')) onWithdraw(cell);
    else if (person) onAssign(cell, person);
    else return;
    event.preventDefault();
  };
  return (
    <div class="roster-grid">
      <div class="row">
        {week > 0 ? <button type="button" class="link" onClick={() => move([at[0], 0], week - 1)}>◂ {say(W.earlier)}</button> : null}
        {(week + 1) * WEEK < days.length ? <button type="button" class="link" onClick={() => move([at[0], 0], week + 1)}>{say(W.later)} ▸</button> : null}
      </div>
      <div class="table-frame">
        <table role="grid" aria-label={say(W.grid)} ref={table} onKeyDown={onKey}>
          <thead><tr><th scope="col">{say(W.post)}</th>{shown.map((on) => <th key={on} scope="col" class={on === days[today] ? 'today' : ''}>{dayWords(on)}</th>)}</tr></thead>
          <tbody>
            {slots.map((slot, row) => (
              <tr key={`${slot.post}${slot.from}${slot.to}`}>
                <th scope="row">{slot.post_vi} <span class="soft number">{slot.from}–{slot.to}</span></th>
                {shown.map((on, column) => {
                  const cell = cellOf(roster, slot, on);
                  const here = at[0] === row && at[1] === column;
                  return (
                    <td key={on} data-at={`${row},${column}`} tabIndex={here ? 0 : -1} class={`${cell.gap_minutes > 0 && cell.inside ? 'hatched gap' : ''}${cell.inside ? '' : ' outside'}`} onFocus={() => move([row, column])} onClick={() => { move([row, column]); if (cell.assigned.length > 0) onOpen(cell); }} aria-label={wordsOf(cell, staff)}>
                      {cell.standing.map((c) => <span key={`${c.assignment_id}${c.from_at}`} class="who">{seenAs(c, staff)}{cell.assigned.some((a) => a.assignment_id === c.assignment_id && a.acknowledged_at === null) ? <span class="soft" aria-hidden="true"> ?</span> : null}</span>)}
                      {cell.gap_minutes > 0 && cell.inside ? <strong>{say(W.gap)}</strong> : null}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

const shortName = (name: string): string => name.split(' ').slice(-2).join(' ');

const seenAs = (c: Cell['standing'][number], staff: readonly Staff[]): string => `${staff.find((one) => one.person_id === c.person?.person_id)?.letter ?? '·'} ${shortName(nameOfPerson(c.person))}`;

/** What is seen first, then the whole. */
function wordsOf(cell: Cell, staff: readonly Staff[]): string {
  const visible = [...cell.standing.map((c) => seenAs(c, staff)), ...(cell.gap_minutes > 0 && cell.inside ? [say(W.gap)] : [])].join(' ');
  const who = cell.standing.map((c) => `${nameOfPerson(c.person)} ${time(c.from_at)}–${time(c.to_at)}`);
  const unread = cell.assigned.some((a) => a.acknowledged_at === null) ? [say(W.unread)] : [];
  const gap = !cell.inside ? [say(W.outside)] : cell.gap_minutes > 0 ? [`${say(W.gap)} ${say(W.minutes, { count: cell.gap_minutes })}`] : [];
  return [...(visible === '' ? [] : [visible]), `${cell.post_vi} ${date(cell.from_ms)} ${cell.from}–${cell.to}`, ...who, ...unread, ...gap].join(', ');
}

/** Minutes nobody covers, hour by hour: the title says the finding. */
export function CoverageStrip({ roster }: { roster: Roster }) {
  const first = roster.gaps[0];
  const title = first === undefined
    ? say(['Không có phút nào trống', 'No minute is uncovered'])
    : say(['Trống {minutes} phút, sớm nhất {post} {from}', '{minutes} minutes uncovered, first {post} {from}'], { minutes: roster.uncovered_minutes, post: first.post_vi, from: `${date(first.from_at)} ${time(first.from_at)}` });
  const width = 720 / Math.max(1, roster.hours.length);
  return (
    <figure class="coverage">
      <figcaption>{first === undefined ? '✓' : '▨'} {title}</figcaption>
      <svg viewBox="0 0 720 26" preserveAspectRatio="none" role="img" aria-label={title}>
        <defs><pattern id="empty-hours" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6" /><rect class="hatch" width="3" height="6" /></pattern></defs>
        {roster.hours.map((hour, i) => <rect key={hour.from_at} class={hour.uncovered_minutes > 0 ? 'uncovered' : 'covered'} x={i * width} y="0" width={Math.max(width - 0.3, 0.4)} height="26">{hour.uncovered_minutes > 0 ? <title>{`${date(hour.from_at)} ${time(hour.from_at)}: ${number(hour.uncovered_minutes)}`}</title> : null}</rect>)}
      </svg>
    </figure>
  );
}

const THREE = [['00:00', '08:00'], ['08:00', '16:00'], ['16:00', '00:00']] as const;

export const slotsOf = (roster: Roster, pattern: readonly (readonly [string, string])[]): Slot[] =>
  roster.posts.flatMap((need) => {
    const used = [...new Set(roster.assignments.filter((a) => a.post === need.post).map((a) => `${time(a.from_at)} ${time(a.to_at)}`))];
    const minutes = used.reduce((sum, pair) => { const { from_ms, to_ms } = spanOf('2021-01-21', pair.slice(0, 5), pair.slice(6)); return sum + (to_ms - from_ms) / 60_000; }, 0);
    // Shifts that fill the day say how it is divided; else the usual three stand beside them.
    const usual = pattern.length > 0 ? pattern : minutes < 1440 ? THREE : [];
    const all = [...new Set([...used, ...usual.map(([from, to]) => `${from} ${to}`)])].toSorted();
    return all.map((pair) => ({ post: need.post, post_vi: say([need.post_vi, need.post_en]), needed: need.needed, from: pair.slice(0, 5), to: pair.slice(6) }));
  });
