// The page's side of capture: listens before everybody else, obeys its commands, and puts fields back as they were. The only file with DOM types beside camera.ts.

import { capture, IDLE } from './capture.ts';
import type { Command, Tuning } from './capture.ts';
import { parse, vouched } from './parse.ts';
import type { RawScan, ScanEvent, TargetKind } from './stroke.ts';
import { scanOf } from './stroke.ts';

/** A timer that comes later than this comes from a page that was busy. */
const LATE_MS = 30;

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
type Snapshot = { field: Field; value: string; start: number | null; end: number | null };

/**
 * Listens on a window until the returned function is called. `tuning` is asked at each event: it changes with the screen and the
 * station card. Where `sink` is given (Android: `<input inputmode=none>`) it is emptied after each scan.
 */
export function listen(
  view: Window,
  tuning: () => Tuning,
  onScan: (scan: RawScan) => void,
  sink: HTMLInputElement | null = null,
): () => void {
  let state = IDLE;
  let timer: number | undefined;
  let snapshots: Partial<Record<'run' | 'part', Snapshot | null>> = {};
  let keyless = false;

  const step = (event: ScanEvent, cause: Event | null): void => {
    const next = capture(state, event, tuning());
    state = next.state;
    view.clearTimeout(timer);
    for (const command of next.out) obey(command, cause, event.time);
    if (state.strokes.length === 0 && state.held === '') snapshots = {};
  };

  const obey = (command: Command, cause: Event | null, now: number): void => {
    if (command.do === 'swallow') {
      cause?.preventDefault();
      cause?.stopImmediatePropagation();
    } else if (command.do === 'snapshot') snapshots[command.of] = snapshot(view.document.activeElement);
    else if (command.do === 'restore') restore(snapshots[command.of] ?? null);
    else if (command.do === 'give_back') giveBack(view.document.activeElement, command.text);
    else if (command.do === 'scan') {
      if (sink) sink.value = '';
      onScan(command.scan);
    } else {
      const wait = Math.max(0, command.until - now) + 1;
      const due = view.performance.now() + wait;
      const tick = (): void => step({ type: 'tick', time: view.performance.now() }, null);
      // A page that was busy would hear of a silence before it hears of the keys that broke it: those first.
      timer = view.setTimeout(() => {
        if (view.performance.now() - due < LATE_MS) tick();
        else timer = view.setTimeout(tick, LATE_MS);
      }, wait);
    }
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    keyless = event.key === 'Unidentified';
    const { key, code, shiftKey: shift, ctrlKey: ctrl, altKey: alt, timeStamp: time, isComposing: composing, repeat } = event;
    step({ type: 'key', key, code, shift, ctrl, alt, time, composing, repeat, target: kindOf(event.target) }, event);
  };
  const onKeyUp = (event: KeyboardEvent): void => {
    if (event.key === 'Alt') step({ type: 'alt_up', time: event.timeStamp }, null);
  };
  // Only text that no key announced: everything else was seen as keys.
  const onBeforeInput = (event: InputEvent): void => {
    if ((event.target !== sink && !keyless) || (event.data === null && event.inputType !== 'insertLineBreak')) return;
    step({ type: 'input', text: event.data ?? '\n', time: event.timeStamp, target: kindOf(event.target) }, event);
  };
  const onPaste = (event: ClipboardEvent): void => {
    step(
      { type: 'paste', text: event.clipboardData?.getData('text/plain') ?? '', time: event.timeStamp, target: kindOf(event.target) },
      event,
    );
  };
  const onFocus = (event: Event): void => step({ type: 'focus', time: event.timeStamp }, null);

  const capturing = { capture: true };
  view.addEventListener('keydown', onKeyDown, capturing);
  view.addEventListener('keyup', onKeyUp, capturing);
  view.addEventListener('beforeinput', onBeforeInput, capturing);
  view.addEventListener('paste', onPaste, capturing);
  view.addEventListener('focusin', onFocus, capturing);
  view.addEventListener('pointerdown', onFocus, capturing);
  return () => {
    view.clearTimeout(timer);
    view.removeEventListener('keydown', onKeyDown, capturing);
    view.removeEventListener('keyup', onKeyUp, capturing);
    view.removeEventListener('beforeinput', onBeforeInput, capturing);
    view.removeEventListener('paste', onPaste, capturing);
    view.removeEventListener('focusin', onFocus, capturing);
    view.removeEventListener('pointerdown', onFocus, capturing);
  };
}

/** A number typed into the field for it (F4): the same reading, by method `keyed`. `fit`: whether it may be sent, live while typing. */
export function keyed(text: string, at_ms: number, { asks }: Tuning): { scan: RawScan; fit: boolean } {
  return { scan: scanOf(text.normalize('NFC'), 'keyed', at_ms), fit: vouched(text, asks) || parse(text, asks).what === 'seal' };
}

function kindOf(target: EventTarget | null): TargetKind {
  if (!(target instanceof Element)) return 'none';
  const name = target.localName;
  return name === 'input' || name === 'textarea' || name === 'select' || name === 'button'
    ? name
    : target.closest('dialog')
      ? 'dialog'
      : 'none';
}

const isField = (target: Element | null): target is Field => target !== null && ['input', 'textarea', 'select'].includes(target.localName);

function snapshot(target: Element | null): Snapshot | null {
  if (!isField(target)) return null;
  const [start, end] = 'selectionStart' in target ? [target.selectionStart, target.selectionEnd] : [null, null];
  return { field: target, value: target.value, start, end };
}

function restore(kept: Snapshot | null): void {
  if (!kept || kept.field.value === kept.value) return;
  const { field, value, start, end } = kept;
  field.value = value;
  if ('setSelectionRange' in field && start !== null) field.setSelectionRange(start, end);
  // Whoever follows the field must hear that the scan's first letters are gone.
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

function giveBack(target: Element | null, text: string): void {
  if (!isField(target) || !('setRangeText' in target) || target.readOnly || target.disabled) return;
  if (target.selectionStart === null) target.value += text;
  else target.setRangeText(text, target.selectionStart, target.selectionEnd ?? target.selectionStart, 'end');
  target.dispatchEvent(new Event('input', { bubbles: true }));
}
