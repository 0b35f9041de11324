// What applies to the next item. Once or kept; marks A and B and haste are always for one item only.

import { useState } from 'preact/hooks';
import { clears } from '../domain/clearance.ts';
import type { Clearance } from '../domain/clearance.ts';
import type { Secrecy } from '../domain/service.ts';
import { KeyChoice, markWord, PACE_WORDS } from './intake_parts.tsx';
import { MARKS, mayKeepMark, mayKeepPace, PACES, session, setNext } from './intake_session.ts';
import type { Pace } from './intake_session.ts';
import { machine } from './machine.ts';
import { me } from './state.ts';
import { Field } from './ui.tsx';
import { dateTime, say } from './words.ts';

const W = {
  title: ['Áp cho bưu gửi tiếp theo', 'For the next item'],
  pace: ['Khẩn', 'Urgency'], mark: ['Ký hiệu trên bì', 'Mark on the cover'],
  keep: ['Giữ', 'Keep'],
  once: ['Một lần', 'Once'],
  not_cleared: ['Dấu {marks} cần người được phân công. Gọi trưởng ca.', 'Mark {marks} needs somebody cleared for it. Call the shift head.'],
  appointed: ['Giờ hẹn', 'Appointed time'], appointed_hint: ['1730, hoặc 24/11 0800', '1730, or 24/11 0800'],
  appointed_is: ['Hẹn {at}', 'At {at}'], appointed_wrong: ['Gõ giờ như 1730 hoặc 24/11 0800, sau giờ này.', 'Type a time such as 1730 or 24/11 0800, not in the past.'],
  same: ['Mọi bì nặng như nhau, gam', 'All weigh the same, grams'], same_hint: ['Để trống: cân từng cái', 'Empty: weigh each'],
  personal: ['Chỉ người có tên mới được bóc bì', 'Only the person named may open it'],
} as const;

/** Command cards KHẨN 1–4 and KÝ HIỆU. */
export const PACE_COMMANDS = PACES.map((pace, i) => [`urgency_${i + 1}`, pace] as const);
export const MARK_COMMANDS = MARKS.map((mark) => [`mark_${mark === 'NONE' ? 'none' : mark.toLowerCase()}`, mark] as const);
export const paceOptions = () => PACES.map((pace, i) => ({ value: pace, key: String(i + 1), text: say(PACE_WORDS[pace]) }));
/** Marks this person is not cleared for are shown and shut. */
export const markOptions = () => MARKS.map((mark) => ({ value: mark, key: mark === 'NONE' ? '0' : mark, text: markWord(mark), disabled: !mayTake(mark) }));
export const mayTake = (mark: Secrecy): boolean => clears((me.value?.clearance ?? 'NONE') as Clearance, mark);
export const notCleared = (): string | undefined => {
  const marks = MARKS.filter((mark) => !mayTake(mark));
  return marks.length === 0 ? undefined : say(W.not_cleared, { marks: marks.join(', ') });
};

const HANOI_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;
/** The instant behind `1730`, `17:30` or `24/11 0800` in Vietnam's time, later than `now_ms`; null: none. */
export function appointedOf(text: string, now_ms: number): string | null {
  const match = /^(?:(\d{1,2})\/(\d{1,2})\s+)?(\d{1,2}):?(\d{2})$/.exec(text.trim());
  if (!match) return null;
  const [day, month, hour, minute] = match.slice(1).map((part) => (part === undefined ? NaN : Number(part))) as [number, number, number, number];
  if (hour > 23 || minute > 59) return null;
  const local = new Date(now_ms + HANOI_MS);
  const at = Date.UTC(local.getUTCFullYear(), Number.isNaN(month) ? local.getUTCMonth() : month - 1, Number.isNaN(day) ? local.getUTCDate() : day, hour, minute) - HANOI_MS;
  const later = at > now_ms ? at : Number.isNaN(day) ? at + DAY_MS : null;
  return later === null ? null : new Date(later).toISOString();
}

export function NextItem() {
  const { next, keep_mark, keep_pace } = session.value;
  const pin = (on: boolean, allowed: boolean, change: () => void) => (
    <button type="button" class="pin" aria-pressed={on && allowed} disabled={!allowed} onClick={change}>{say(on && allowed ? W.keep : W.once)}</button>
  );
  return (
    <section class="next" aria-labelledby="next">
      <h2 id="next" class="hidden-words">{say(W.title)}</h2>
      <div class="next-row">
      <KeyChoice label={say(W.pace)} value={next.pace} options={paceOptions()} onChange={(pace) => setNext({ pace: pace as Pace })} />
      {pin(keep_pace, mayKeepPace(next.pace), () => setNext({}, { keep_pace: !keep_pace }))}
      </div>
      {next.pace.startsWith('HEN_GIO') ? <Appointed value={next.appointed_at} onChange={(appointed_at) => setNext({ appointed_at })} /> : null}
      <div class="next-row">
      <KeyChoice label={say(W.mark)} value={next.mark} options={markOptions()} onChange={(mark) => setNext({ mark: mark as Secrecy })} {...(notCleared() === undefined ? {} : { hint: notCleared() ?? '' })} />
      {pin(keep_mark, mayKeepMark(next.mark), () => setNext({}, { keep_mark: !keep_mark }))}
      </div>
      <label class="tick"><input type="checkbox" checked={next.personal_mark} onChange={(event) => setNext({ personal_mark: event.currentTarget.checked })} /> {say(W.personal)}</label>
      <Field label={say(W.same)} hint={say(W.same_hint)} value={next.same_g === null ? '' : String(next.same_g)} inputMode="numeric" max={6} onInput={(text) => setNext({ same_g: /^[1-9][0-9]{0,5}$/.test(text) ? Number(text) : null })} name="same" />
    </section>
  );
}

/** A time today or tomorrow, or with its day. */
export function Appointed({ value, onChange, onDone }: { value: string | null; onChange: (instant: string | null) => void; onDone?: () => void }) {
  const [text, setText] = useState('');
  const understood = appointedOf(text, machine.outbox.now());
  const give = (): void => {
    onChange(understood);
    if (understood !== null) onDone?.();
  };
  return (
    <>
      <Field label={say(W.appointed)} hint={say(W.appointed_hint)} value={text} max={11} onInput={(typed) => { setText(typed); onChange(appointedOf(typed, machine.outbox.now())); }} onEnter={give} error={text.length > 2 && understood === null ? say(W.appointed_wrong) : null} name="appointed" />
      {value !== null ? <span class="hint">{say(W.appointed_is, { at: dateTime(value) })}</span> : null}
    </>
  );
}
