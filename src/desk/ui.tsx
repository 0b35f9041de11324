// The few parts every screen is made of. State is said by shape and word before colour.

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { onceDrawn } from './drawing.ts';
import { either, say } from './words.ts';
import type { Pair } from './words.ts';

/** How grave a thing is; each has its own shape. */
export type Tint = 'plain' | 'good' | 'info' | 'warn' | 'bad';
const SHAPES: { readonly [T in Tint]: string } = { plain: '○', good: '✓', info: '⇅', warn: '▲', bad: '■' };

export function Badge({ tint = 'plain', shape, children }: { tint?: Tint | undefined; shape?: string | undefined; children: ComponentChildren }) {
  return (
    <span class={`badge ${tint}`}>
      <span aria-hidden="true">{shape ?? SHAPES[tint]}</span> {children}
    </span>
  );
}

/** A line that tells what happened and what to do. `urgent` is read out at once. */
export function Notice({ tint = 'info', urgent = false, children }: { tint?: Tint; urgent?: boolean; children: ComponentChildren }) {
  return (
    <div class={`notice ${tint}`} role={urgent ? 'alert' : 'status'}>
      <span class="notice-shape" aria-hidden="true">{SHAPES[tint]}</span>
      <div>{children}</div>
    </div>
  );
}

type ButtonProps = { onPress: () => unknown; kind?: 'main' | 'side' | 'quiet' | 'danger'; busy?: boolean; disabled?: boolean; why?: string; keys?: string; big?: boolean; children: ComponentChildren; id?: string; pressed?: boolean };

/** Runs its work once at a time. A disabled button says why in text, not in a bubble. */
export function Button({ onPress, kind = 'side', busy = false, disabled = false, why, keys, big = false, children, id, pressed }: ButtonProps) {
  const [running, setRunning] = useState(false);
  const press = async (): Promise<void> => {
    if (running || busy || disabled) return;
    setRunning(true);
    try {
      await onPress();
    } finally {
      setRunning(false);
    }
  };
  return (
    <span class="button-with-why">
      <button type="button" id={id} class={`button ${kind}${big ? ' big' : ''}`} onClick={() => void press()} disabled={disabled} aria-busy={running || busy} aria-pressed={pressed}>
        <span>{children}</span>
        {keys ? <kbd>{keys}</kbd> : null}
      </button>
      {disabled && why ? <span class="why">{why}</span> : null}
    </span>
  );
}

type FieldProps = { label: string; value: string; onInput: (value: string) => void; hint?: string; error?: string | null; secret?: boolean; inputMode?: 'numeric' | 'text' | 'decimal'; autoFocus?: boolean; name?: string; onEnter?: () => void; autoComplete?: string; max?: number; disabled?: boolean };

/** Label above, hint below it, error in words under the field. */
export function Field({ label, value, onInput, hint, error, secret = false, inputMode, autoFocus = false, name, onEnter, autoComplete = 'off', max, disabled = false }: FieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const enter = useRef(onEnter);
  enter.current = onEnter;
  useEffect(() => {
    if (autoFocus) input.current?.focus();
  }, [autoFocus]);
  const said = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      {hint ? <span class="hint" id={`${id}-hint`}>{hint}</span> : null}
      <input
        ref={input} id={id} {...(name ? { name } : {})} {...(secret ? { type: 'password' as const } : {})} value={value} inputMode={inputMode} autoComplete={autoComplete} maxLength={max} disabled={disabled} spellcheck={false}
        aria-describedby={said || undefined} aria-invalid={error ? true : undefined}
        onInput={(event) => onInput(event.currentTarget.value.normalize('NFC'))}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.isComposing && onEnter) {
            event.preventDefault();
            onceDrawn(() => enter.current?.());
          }
        }}
      />
      {error ? <span class="error" id={`${id}-error`}>{error}</span> : null}
    </div>
  );
}

/** One of a few: radio buttons that look like keys. */
export function Choice<T extends string>({ label, value, options, onChange, compact = false }: { label: string; value: T; options: readonly { value: T; text: string; disabled?: boolean }[]; onChange: (value: T) => void; compact?: boolean }) {
  const id = useId();
  return (
    <fieldset class={compact ? 'choice compact' : 'choice'}>
      <legend>{label}</legend>
      <div>
        {options.map((option) => (
          <label key={option.value} class={option.value === value ? 'on' : ''}>
            <input type="radio" name={id} value={option.value} checked={option.value === value} disabled={option.disabled} onChange={() => onChange(option.value)} />
            <span>{option.text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** A native dialog: focus stays inside and goes back where it was; Esc closes and loses nothing. */
export function Dialog({ title, onClose, children, wide = false }: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class={wide ? 'wide' : ''} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="button quiet" onClick={onClose} aria-label={say(['Đóng', 'Close'])}>✕</button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

export type Column<Row> = { head: string; cell: (row: Row) => ComponentChildren; number?: boolean; wide?: boolean };

/** A table with a caption; empty, it says what would stand here and what to do. */
export function Table<Row>({ caption, columns, rows, keyOf, empty, tintOf }: { caption: string; columns: readonly Column<Row>[]; rows: readonly Row[]; keyOf: (row: Row) => string; empty: ComponentChildren; tintOf?: (row: Row) => Tint }) {
  if (rows.length === 0) return <div class="empty">{empty}</div>;
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>{columns.map((column) => <th key={column.head} scope="col" class={column.number ? 'number' : ''}>{column.head}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={tintOf?.(row) ?? ''}>
              {columns.map((column) => <td key={column.head} class={`${column.number ? 'number' : ''}${column.wide ? ' wide' : ''}`}>{column.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A figure that must be read from three metres. */
export function Figure({ value, label, tint = 'plain' }: { value: ComponentChildren; label: string; tint?: Tint }) {
  return (
    <div class={`figure ${tint}`}>
      <strong>{value}</strong>
      <span>{label}</span>
    </div>
  );
}

/** A refusal of the server, in words, with the remedy. */
export function Refusal({ problem, urgent = true }: { problem: ProblemWords; urgent?: boolean }) {
  return (
    <Notice tint="bad" urgent={urgent}>
      <strong>{either(problem.vi, problem.en)}</strong> {either(problem.remedy_vi, problem.remedy_en)} <span class="soft code">[{problem.refusal}]</span>
    </Notice>
  );
}
export type ProblemWords = { refusal: string; vi: string; en: string; remedy_vi: string; remedy_en: string };

export type Loaded<T> = { data: T | null; problem: ProblemWords | null; loading: boolean; reload: () => void; at: number | null };

/** Reads from the server when `key` changes; keeps what was there while it reads again. `work` throws ProblemWords or an Error. */
export function useLoad<T>(key: string, work: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'reload'>>({ data: null, problem: null, loading: true, at: null });
  const [turn, setTurn] = useState(0);
  const latest = useRef('');
  useEffect(() => {
    const mine = `${key}#${turn}`;
    latest.current = mine;
    setState((before) => ({ ...before, loading: true }));
    work().then(
      (data) => latest.current === mine && setState({ data, problem: null, loading: false, at: performance.timeOrigin + performance.now() }),
      (error: unknown) => latest.current === mine && setState((before) => ({ ...before, problem: wordsOf(error), loading: false })),
    );
  }, [key, turn]);
  return { ...state, reload: () => setTurn((before) => before + 1) };
}

const NO_ANSWER: ProblemWords = {
  refusal: 'no_answer',
  vi: 'Chưa hỏi được máy chủ.', en: 'The server could not be asked.',
  remedy_vi: 'Việc đã quét vẫn an toàn trên máy này. Hệ thống tự thử lại.', remedy_en: 'What was scanned is safe on this machine. It will be tried again.',
};
/** The words of whatever was thrown: a refusal of the server, one of this machine, or no answer at all. */
export function wordsOf(error: unknown): ProblemWords {
  const refusal: unknown = typeof error === 'object' && error !== null && 'refusal' in error ? error.refusal : null;
  if (typeof refusal === 'string') return error as ProblemWords;
  return refusal === null ? NO_ANSWER : (refusal as ProblemWords);
}

/** What every screen shows while it reads, when it failed, and when what it shows is old. */
export function Reading<T>({ loaded, children }: { loaded: Loaded<T>; children: (data: T) => ComponentChildren }) {
  if (loaded.data !== null) {
    return (
      <>
        {loaded.problem ? <Refusal problem={loaded.problem} urgent={false} /> : null}
        {children(loaded.data)}
      </>
    );
  }
  if (loaded.problem) return <Refusal problem={loaded.problem} />;
  return <p class="loading" role="status">{say(['Đang tải…', 'Loading…'])}</p>;
}

export type { Pair };
