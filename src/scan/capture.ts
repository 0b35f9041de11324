// Scan capture: tells a scanner's keys from a person's. A pure machine: events in, commands to the page out (dom.ts obeys).
// What a person types is never kept: a run is dropped at Enter, at a pause, at any key that writes nothing.

import { vouched } from './parse.ts';
import type { Asks } from './parse.ts';
import { keysBehind, meddled } from './ime.ts';
import { medianGap, onUsLayout, pressed, scanOf, typed } from './stroke.ts';
import type { Method, RawScan, ScanEvent, Stroke } from './stroke.ts';

export type Command =
  | { do: 'swallow' }
  /** Remember the focused field: at the run's first key, and again after each pause within it. */
  | { do: 'snapshot'; of: 'run' | 'part' }
  | { do: 'restore'; of: 'run' | 'part' }
  | { do: 'give_back'; text: string }
  | { do: 'scan'; scan: RawScan }
  /** Send a tick at this time, unless another event comes first. */
  | { do: 'wait'; until: number };

/** `ms_per_char` is what the station card measured, null before. `asks` is what the screen wants beyond the usual. */
export type Tuning = { ms_per_char: number | null; asks: Asks };

export type Capture = {
  strokes: readonly Stroke[];
  /** Where the part since the last pause begins. */
  part: number;
  /** Swallowed, not yet given back. */
  held: string;
  prefixed: boolean;
  suspected: boolean;
  fast: number;
  /** Letters still owed by typing software after its Backspaces: their haste is not a scanner's. */
  owed: number;
  last: number;
  accepted_at: number;
  alt_digits: string;
};

export const IDLE: Capture = {
  strokes: [],
  part: 0,
  held: '',
  prefixed: false,
  suspected: false,
  fast: 0,
  owed: 0,
  last: -Infinity,
  accepted_at: -Infinity,
  alt_digits: '',
};

const FAST_MS = 35;
/** However slow a scanner was measured to be, people must stay above this: slower scanners go by prefix or by content. */
const FAST_AT_MOST_MS = 45;
const PART_MS = 150;
const SILENCE_MS = 200;
const STALL_MS = 400;
const FORGET_MS = 1000;
/** Scanners set to send CR and LF, or two Enters. */
const AFTER_MS = 100;
const MOST = 600;

const fastFor = ({ ms_per_char }: Tuning): number => Math.min(Math.max(FAST_MS, 1.5 * (ms_per_char ?? 0)), FAST_AT_MOST_MS);

type Step = { state: Capture; out: Command[] };

export function capture(before: Capture, event: ScanEvent, tuning: Tuning): Step {
  const { state, out } = react(before, event, tuning);
  // Nothing lingers for want of a further key.
  const patience = state.prefixed ? SILENCE_MS : state.held !== '' ? STALL_MS : FORGET_MS;
  const waits = state.prefixed || state.strokes.length > 0;
  return { state, out: waits ? [...out, { do: 'wait', until: Math.max(state.last + patience, event.time) }] : out };
}

function react(state: Capture, event: ScanEvent, tuning: Tuning): Step {
  if (event.type === 'tick') return onTick(state, event.time, tuning);
  // Focus that moves within a scan is the page's doing; a person's run ends with it.
  if (event.type === 'focus') return state.prefixed || state.suspected ? { state, out: [] } : { state: idle(state), out: [] };
  if (event.type === 'alt_up') return onAltUp(state, event.time, tuning);
  const step = (state: Capture): Step => (event.type === 'key' ? onKey(state, event, tuning) : onText(state, event.text, event, tuning));
  const fresh = event.time - state.last > (state.prefixed ? STALL_MS : FORGET_MS) ? release(state) : { state, out: [] };
  const then = step(fresh.state);
  return { state: then.state, out: [...fresh.out, ...then.out] };
}

const SILENT = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'NumLock', 'Unidentified']);

type KeyEvent = Extract<ScanEvent, { type: 'key' }>;

function onKey(state: Capture, event: KeyEvent, tuning: Tuning): Step {
  const { key, code, time } = event;
  const scanning = state.prefixed || state.suspected;
  const pad = event.alt && !event.ctrl ? /^Numpad([0-9])$/.exec(code)?.[1] : undefined;
  if (pad !== undefined) return { state: { ...state, alt_digits: (state.alt_digits + pad).slice(-4) }, out: [] };
  // Typing software of the system (not Unikey) hides the key but not its place.
  const hidden = key === 'Process' || key === 'Dead' || event.composing ? onUsLayout(code, event.shift) : '';
  if (SILENT.has(key) && hidden === '') return { state, out: [] };
  // A key that is held down repeats at a scanner's pace.
  if (event.repeat && !scanning) return release(state);
  if (event.ctrl && !event.alt) return onChord(state, event, tuning);
  if (key === 'Enter' || key === 'Tab') return onTerminator(state, key === 'Enter' ? 'enter' : 'tab', event, tuning);
  if (key === 'Backspace') return onBackspace(state, time);
  const char = [...key].length === 1 ? key : hidden;
  if (char === '') return release(state);
  if (char === '|' && !state.prefixed && (state.strokes.length === 0 || time - state.last > PART_MS)) {
    const free = release(state);
    const step = startPrefixed(free.state, time, char);
    return { state: step.state, out: [...free.out, ...step.out] };
  }
  return onChar(state, { char, time, code, shift: event.shift, injected: code === '' }, tuning);
}

/** Control characters come as Ctrl and a key: Ctrl+B is STX, the prefix; Ctrl+] is GS; Ctrl+M and Ctrl+J end a line. */
function onChord(state: Capture, event: KeyEvent, tuning: Tuning): Step {
  const { time } = event;
  const sign = onUsLayout(event.code, false) || event.key.toLowerCase();
  const soon = time - state.last <= PART_MS && (state.prefixed || state.suspected);
  if (sign === 'b' && !soon) {
    const free = release(state);
    const step = startPrefixed(free.state, time, '');
    return { state: step.state, out: [...free.out, ...step.out] };
  }
  if (/^[mji]$/.test(sign) && time - state.accepted_at <= AFTER_MS) return { state, out: [{ do: 'swallow' }] };
  if (!soon) return release(state);
  if (sign === 'm' || sign === 'j') return onTerminator(state, 'enter', event, tuning);
  if (sign === 'i') return onTerminator(state, 'tab', event, tuning);
  if (!/^[a-z@[\\\]^_]$/.test(sign)) return { state, out: [{ do: 'swallow' }] };
  const char = String.fromCharCode(sign.toUpperCase().charCodeAt(0) & 31);
  return hold(push(state, { char, time, code: '', shift: false, injected: false }), '', time);
}

/** STX, or `|` where STX cannot be sent. What follows is swallowed up to the terminator. `visible`: given back if nobody scans. */
function startPrefixed(state: Capture, time: number, visible: string): Step {
  const next = { ...idle(state), prefixed: true, held: visible, last: time };
  return { state: next, out: [{ do: 'snapshot', of: 'run' }, { do: 'snapshot', of: 'part' }, { do: 'swallow' }] };
}

function onChar(before: Capture, stroke: Stroke, tuning: Tuning): Step {
  const { time } = stroke;
  const gap = time - before.last;
  const out: Command[] = [];
  let state = before;
  if (state.prefixed) return hold(push(state, stroke), stroke.char, time);
  if (state.strokes.length === 0) out.push({ do: 'snapshot', of: 'run' });
  if (state.strokes.length === 0 || gap > PART_MS) {
    out.push(...given(state), { do: 'snapshot', of: 'part' });
    state = { ...state, held: '', suspected: false, fast: 0, owed: 0, part: state.strokes.length };
  } else if (state.owed > 0 && (stroke.injected || gap <= 3)) {
    // What software puts in place of a key goes on to the field, as its Backspaces did; if this is a scan the field is restored.
    return { state: { ...push(state, stroke), owed: state.owed - 1, last: time }, out: [...given(state), ...out] };
  } else if (gap <= fastFor(tuning)) state = { ...state, owed: 0, fast: state.fast + 1 };
  else {
    // No scanner after all, or one that stuttered: either way the text belongs to the field now.
    out.push(...given(state));
    state = { ...state, owed: 0, fast: 0, suspected: false, held: '' };
  }
  state = push(state, stroke);
  if (state.fast < 2) return { state: { ...state, last: time }, out };
  const step = hold({ ...state, suspected: true }, stroke.char, time);
  return { state: step.state, out: [...out, ...step.out] };
}

const given = (state: Capture): Command[] => (state.held === '' ? [] : [{ do: 'give_back', text: state.held }]);

function hold(state: Capture, char: string, time: number): Step {
  return { state: { ...state, held: state.held + char, last: time }, out: [{ do: 'swallow' }] };
}

/** A run is never longer than the longest label; what overflows is too long to be read, and says so. */
const push = (state: Capture, stroke: Stroke): Capture =>
  state.strokes.length < MOST
    ? { ...state, strokes: [...state.strokes, stroke] }
    : state.prefixed || state.suspected
      ? state
      : { ...idle(state), last: state.last };

function onBackspace(state: Capture, time: number): Step {
  if (state.strokes.length === 0) return state.held === '' ? { state, out: [] } : release(state);
  const owed = state.strokes.at(-1)?.char === '\b' ? state.owed + 1 : 2;
  const stroke = { char: '\b', time, code: 'Backspace', shift: false, injected: false };
  if (state.prefixed)
    return { state: { ...push(state, stroke), held: [...state.held].slice(0, -1).join(''), last: time }, out: [{ do: 'swallow' }] };
  return { state: { ...push(state, stroke), held: '', suspected: false, fast: 0, owed, last: time }, out: given(state) };
}

function onTerminator(state: Capture, terminator: 'enter' | 'tab', event: KeyEvent, tuning: Tuning): Step {
  if (state.strokes.length === 0 && event.time - state.accepted_at <= AFTER_MS) return { state, out: [{ do: 'swallow' }] };
  const accepted = accept(state, terminator, event.time, tuning);
  if (!accepted) return release(state);
  return { state: accepted.state, out: [{ do: 'swallow' }, ...accepted.out] };
}

/** Prefix, speed, content: the first that takes it. Null: nobody scanned. */
function accept(state: Capture, terminator: RawScan['terminator'], time: number, tuning: Tuning): Step | null {
  const part = state.strokes.slice(state.part);
  const done = (of: 'run' | 'part', strokes: readonly Stroke[], method: Method): Step => {
    const { median } = medianGap(pressed(strokes));
    const scan: RawScan = { text: typed(strokes), strokes, method, terminator, gap_ms: median === Infinity ? 0 : median, at_ms: time };
    return {
      state: { ...IDLE, accepted_at: time },
      out: [
        { do: 'restore', of },
        { do: 'scan', scan },
      ],
    };
  };
  if (state.prefixed) return isPrefixedScan(state, part, tuning) ? done('run', part, 'prefix') : null;
  const times = pressed(part);
  const { median, longest } = medianGap(times);
  const inTime = time - state.last <= PART_MS;
  if (times.length >= 6 && median <= fastFor(tuning) && longest <= PART_MS && inTime) return done('part', part, 'speed');
  for (const [of, strokes] of [
    ['part', part],
    ['run', state.strokes],
  ] as const) {
    if (isOurs(strokes, tuning.asks)) return done(of, strokes, 'content');
  }
  return null;
}

/** A bar, and even Ctrl+B, may be a person's: then what follows is neither ours nor hasty. After STX a slow scanner's unknown label counts too. */
function isPrefixedScan(state: Capture, part: readonly Stroke[], tuning: Tuning): boolean {
  const { median } = medianGap(pressed(part));
  const hasty = part.length >= 3 && median <= fastFor(tuning);
  return hasty || isOurs(part, tuning.asks) || (!state.held.startsWith('|') && part.length >= 6 && median <= PART_MS);
}

/** By content a scan is known at any speed: as it stands, or as it was before typing software changed it. */
function isOurs(strokes: readonly Stroke[], asks: Asks): boolean {
  const text = typed(strokes);
  if (text.length < 3) return false;
  if (vouched(text, asks)) return true;
  const scan = { ...scanOf(text, 'content', 0), strokes };
  if (!meddled(scan) && !strokes.some(({ char }) => char === '\b')) return onLayout(strokes, asks);
  return (
    keysBehind(strokes, 'telex').some((keys) => vouched(keys, asks)) ||
    keysBehind(strokes, 'vni').some((keys) => vouched(keys, asks)) ||
    onLayout(strokes, asks)
  );
}

const onLayout = (strokes: readonly Stroke[], asks: Asks): boolean =>
  strokes.every(({ char, injected }) => char !== '\b' && !injected) &&
  vouched(strokes.map(({ code, shift, char }) => onUsLayout(code, shift) || char).join(''), asks);

/** Alt with numpad digits gives one sign, after the key is let go. The field gets it from the system; a scan restores the field. */
function onAltUp(state: Capture, time: number, tuning: Tuning): Step {
  const value = Number(state.alt_digits);
  const free = { ...state, alt_digits: '' };
  if (state.alt_digits === '' || value === 0 || value > 126) return { state: free, out: [] };
  const char = String.fromCharCode(value);
  if (value === 2 && state.strokes.length === 0) return startPrefixed(free, time, '');
  const step = onChar(free, { char, time, code: '', shift: false, injected: false }, tuning);
  return { state: step.state, out: step.out.filter((command) => command.do !== 'swallow') };
}

/** Text without keys: Android keyboards and scanners that speak as one, and pastes. A whole number at once is a scan; letters make a run. */
function onText(state: Capture, text: string, event: { type: 'input' | 'paste'; time: number }, tuning: Tuning): Step {
  const { time } = event;
  const bare = text.replace(/[\r\n\t]+$/, '');
  const ended = bare.length < text.length;
  if (event.type === 'paste' || [...bare].length > 1) {
    if (state.strokes.length > 0 && event.type === 'input') return piecemeal(state, text, time, tuning);
    if (!vouched(bare, tuning.asks)) return event.type === 'input' ? piecemeal(state, text, time, tuning) : release(state);
    const scan = { ...scanOf(bare, event.type === 'paste' ? 'paste' : 'content', time), terminator: ended ? 'enter' : 'none' } as const;
    return { state: { ...IDLE, accepted_at: time }, out: [{ do: 'swallow' }, { do: 'scan', scan }] };
  }
  return piecemeal(state, text, time, tuning);
}

function piecemeal(state: Capture, text: string, time: number, tuning: Tuning): Step {
  let step: Step = { state, out: [] };
  for (const char of text) {
    const next =
      char === '\n' || char === '\r'
        ? (accept(step.state, 'enter', time, tuning) ?? release(step.state))
        : onChar(step.state, { char, time, code: '', shift: false, injected: false }, tuning);
    step = { state: next.state, out: [...step.out, ...next.out.filter((command) => command.do !== 'swallow')] };
  }
  // The sink is emptied by whoever owns it: what was not a scan was typed into nothing.
  return { state: step.state, out: step.out.filter((command) => command.do !== 'give_back') };
}

function onTick(state: Capture, time: number, tuning: Tuning): Step {
  const silent = time - state.last;
  if (state.prefixed) return silent < SILENCE_MS ? { state, out: [] } : (accept(state, 'silence', time, tuning) ?? release(state));
  if (silent >= FORGET_MS) return release(state);
  return silent < STALL_MS ? { state, out: [] } : { state: { ...state, held: '', suspected: false, fast: 0 }, out: given(state) };
}

const idle = (state: Capture): Capture => ({ ...IDLE, accepted_at: state.accepted_at, last: state.last });

/** Not a scan: the field gets what it was denied, and nothing is kept. */
function release(state: Capture): Step {
  return { state: idle(state), out: given(state) };
}
