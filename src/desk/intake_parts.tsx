// Parts of the counter's screens: choices by one key, the words of services, the state of an event on its way.

import { useEffect, useId, useRef } from 'preact/hooks';
import type { OutboxEvent } from '../outbox/types.ts';
import { Badge } from './ui.tsx';
import { say } from './words.ts';
import type { Pair } from './words.ts';
import type { Pace } from './intake_session.ts';
import type { Secrecy } from '../domain/service.ts';

export const PACE_WORDS: { readonly [P in Pace]: Pair } = { NONE: ['Thường', 'Ordinary'], HOA_TOC: ['Hỏa tốc', 'Urgent'], HEN_GIO: ['Hẹn giờ', 'Timed'], HEN_GIO_HOA_TOC: ['Hỏa tốc hẹn giờ', 'Urgent, timed'] };
export const markWord = (mark: Secrecy): string => (mark === 'NONE' ? '–' : mark);

type Key = { value: string; key: string; text: string; disabled?: boolean };
/** A scanner's keys follow one another faster: a key alone for this long was a person's. */
const ALONE_MS = 90;

/** One of a few by one key while the group has focus: radio buttons, each with its key. `onDone` after a key, to go on. */
export function KeyChoice({ label, value, options, onChange, onDone, hint, focused = false, vertical = false }: { label: string; value: string | null; options: readonly Key[]; onChange: (value: string) => void; onDone?: () => void; hint?: string; focused?: boolean; vertical?: boolean }) {
  const id = useId();
  const group = useRef<HTMLFieldSetElement>(null);
  const pending = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (focused) group.current?.querySelector<HTMLInputElement>('input:checked, input:not(:disabled)')?.focus();
    return () => clearTimeout(pending.current);
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const burst = pending.current !== undefined;
    clearTimeout(pending.current);
    pending.current = undefined;
    if (event.key === 'Enter') {
      event.preventDefault();
      if (!burst) onDone?.();
      return;
    }
    const option = options.find((known) => known.key.toLowerCase() === event.key.toLowerCase() && !known.disabled);
    if (!option || burst || event.repeat) return;
    event.preventDefault();
    pending.current = setTimeout(() => {
      pending.current = undefined;
      onChange(option.value);
      group.current?.querySelector<HTMLInputElement>(`input[value="${CSS.escape(option.value)}"]`)?.focus();
      onDone?.();
    }, ALONE_MS);
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of the radio buttons inside
    <fieldset class={`choice keyed${vertical ? ' vertical' : ''}`} ref={group} onKeyDown={onKeyDown} aria-describedby={hint ? `${id}-hint` : undefined}>
      <legend>{label}</legend>
      <div>
        {options.map((option) => (
          <label key={option.value} class={option.value === value ? 'on' : ''}>
            <input type="radio" name={id} value={option.value} checked={option.value === value} disabled={option.disabled} onChange={() => onChange(option.value)} />
            <kbd aria-hidden="true">{option.key}</kbd>
            <span>{option.text}</span>
          </label>
        ))}
      </div>
      {hint ? <span class="hint" id={`${id}-hint`}>{hint}</span> : null}
    </fieldset>
  );
}

/** Where an event is on its way to the server: shape and word, the same everywhere. */
export function OnItsWay({ event }: { event: OutboxEvent | null }) {
  if (event === null) return null;
  switch (event.state) {
    case 'awaiting_head':
      return <Badge tint="good" shape="○">{say(['Máy chủ đã nhận, chờ dấu sổ', 'With the server, awaiting a head'])}</Badge>;
    case 'received':
      return <Badge tint="good">{say(['Máy chủ đã nhận', 'With the server'])}</Badge>;
    case 'needs_attention':
      return <Badge tint="bad" shape="!">{say(['Cần xử lý', 'Needs you'])}</Badge>;
    case 'settled':
      return <Badge shape="○">{say(['Đã xử lý', 'Settled'])}</Badge>;
    case 'sending':
      return <Badge tint="info" shape="➚">{say(['Đang gửi', 'Sending'])}</Badge>;
    case 'stored_on_device':
      return <Badge tint="info">{say(['Đã lưu máy', 'On this machine'])}</Badge>;
  }
}
