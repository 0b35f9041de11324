// A page with one focused thing, and the keys of scanners and people upon it. Obeys capture's commands as dom.ts does.

import { capture, IDLE } from '../../src/scan/capture.ts';
import type { Capture, Tuning } from '../../src/scan/capture.ts';
import type { RawScan, ScanEvent, TargetKind } from '../../src/scan/stroke.ts';
import type { Sent } from './ime.ts';

export type Page = {
  target: TargetKind; field: string; enters: number; swallowed: number; scans: RawScan[]; state: Capture;
  kept: { run: string; part: string }; due: number; now: number; tuning: Tuning;
};

export const page = (target: TargetKind, field = '', tuning: Tuning = { ms_per_char: null, asks: [] }): Page => ({
  target, field, enters: 0, swallowed: 0, scans: [], state: IDLE, kept: { run: '', part: '' }, due: Infinity, now: 1000, tuning,
});

const writes = ({ target }: Page): boolean => target === 'input' || target === 'textarea';

export function send(on: Page, event: ScanEvent): void {
  // Each tick gives way to the next: not a loop without end, for a tick asks for a later one or none.
  while (on.due <= event.time) {
    const time = on.due;
    on.due = Infinity;
    apply(on, { type: 'tick', time });
  }
  on.due = Infinity;
  apply(on, event);
  on.now = event.time;
}

function apply(on: Page, event: ScanEvent): void {
  const { state, out } = capture(on.state, event, on.tuning);
  on.state = state;
  let swallowed = false;
  for (const command of out) {
    if (command.do === 'swallow') swallowed = true;
    else if (command.do === 'snapshot') on.kept[command.of] = on.field;
    else if (command.do === 'restore') on.field = writes(on) ? on.kept[command.of] : on.field;
    else if (command.do === 'give_back') on.field += writes(on) ? command.text : '';
    else if (command.do === 'scan') on.scans.push(command.scan);
    else on.due = command.until;
  }
  if (swallowed) on.swallowed++;
  else if (event.type === 'key' && !event.ctrl) {
    if (event.key === 'Enter') on.enters++;
    else if (event.key === 'Backspace') on.field = writes(on) ? [...on.field].slice(0, -1).join('') : on.field;
    else if ([...event.key].length === 1 && writes(on)) on.field += event.key;
  }
}

const PLACES: Record<string, string> = {
  '-': 'Minus', '=': 'Equal', '[': 'BracketLeft', ']': 'BracketRight', '\\': 'Backslash', ';': 'Semicolon', "'": 'Quote', '`': 'Backquote', ',': 'Comma', '.': 'Period', '/': 'Slash', ' ': 'Space',
};
const SHIFTED: Record<string, string> = {
  '!': '1', '@': '2', '#': '3', $: '4', '%': '5', '^': '6', '&': '7', '*': '8', '(': '9', ')': '0', _: '-', '+': '=', '{': '[', '}': ']', ':': ';', '"': "'", '~': '`', '<': ',', '>': '.', '?': '/', '|': '\\',
};

/** The key of a US keyboard that writes a sign. */
export function keyOf(char: string): { key: string; code: string; shift: boolean } {
  if (char === '\b') return { key: 'Backspace', code: 'Backspace', shift: false };
  if (char === '\n') return { key: 'Enter', code: 'Enter', shift: false };
  if (char === '\t') return { key: 'Tab', code: 'Tab', shift: false };
  const plain = SHIFTED[char] ?? char.toLowerCase();
  const shift = plain !== char;
  const code = /[a-z]/.test(plain) ? `Key${plain.toUpperCase()}` : /[0-9]/.test(plain) ? `Digit${plain}` : (PLACES[plain] ?? '');
  return { key: char, code, shift };
}

export function press(on: Page, key: { key: string; code: string; shift: boolean }, time: number, more: { ctrl?: boolean; repeat?: boolean } = {}): void {
  send(on, { type: 'key', ...key, ctrl: more.ctrl ?? false, alt: false, time, composing: false, repeat: more.repeat ?? false, target: on.target });
}

/** A scan: each sign after `ms`; control characters as Ctrl chords, STX among them. */
export function wedge(on: Page, text: string, ms: number, end = '\n', after = 500): void {
  let time = on.now + after;
  for (const char of text + end) {
    if (char < ' ' && !'\n\t\b'.includes(char)) press(on, { key: String.fromCharCode(char.charCodeAt(0) + 64).toLowerCase(), code: char === '\u001d' ? 'BracketRight' : `Key${String.fromCharCode(char.charCodeAt(0) + 64)}`, shift: false }, time, { ctrl: true });
    else press(on, keyOf(char), time);
    time += ms;
  }
}

/** Keys that went through typing software: what it answers follows within a millisecond. `gap`: time to the next key. */
export function viaIme(on: Page, sent: readonly Sent[][], gap: () => number, end = '\n'): void {
  let time = on.now + 500;
  for (const answer of sent) {
    for (const [i, { char, physical }] of answer.entries()) {
      const key = physical || char === '\b' ? keyOf(char) : { key: char, code: '', shift: false };
      press(on, key, time + i * 0.4);
    }
    time += gap();
  }
  if (end !== '') press(on, keyOf(end), time);
}
