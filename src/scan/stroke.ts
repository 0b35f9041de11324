// What a keyboard, or a scanner that plays one, sends; and what the strokes say about who else had a hand in them.
// No DOM types: dom.ts translates.

export type TargetKind = 'none' | 'input' | 'textarea' | 'select' | 'button' | 'dialog';

/** Times are event.timeStamp, milliseconds on one clock. `alt_up` ends a code typed as Alt and numpad digits. */
export type ScanEvent =
  | {
      type: 'key';
      key: string;
      code: string;
      shift: boolean;
      ctrl: boolean;
      alt: boolean;
      time: number;
      composing: boolean;
      repeat: boolean;
      target: TargetKind;
    }
  | { type: 'input' | 'paste'; text: string; time: number; target: TargetKind }
  | { type: 'alt_up'; time: number }
  | { type: 'focus'; time: number }
  | { type: 'tick'; time: number };

/** One sign that arrived; '\b' is Backspace. `injected`: typed by software in place of a key (it has no key code). */
export type Stroke = { char: string; time: number; code: string; shift: boolean; injected: boolean };

export type Method = 'prefix' | 'speed' | 'content' | 'paste' | 'camera' | 'keyed' | 'hid' | 'serial';

/** An accepted scan. `gap_ms`: median time between keys. Never made of anything but what the acceptors took. */
export type RawScan = {
  text: string;
  strokes: readonly Stroke[];
  method: Method;
  terminator: 'enter' | 'tab' | 'silence' | 'none';
  gap_ms: number;
  at_ms: number;
};

/** A scan that did not come by keys. */
export function scanOf(text: string, method: Method, at_ms: number): RawScan {
  return { text, strokes: [], method, terminator: 'none', gap_ms: 0, at_ms };
}

/** What stands on the screen after the strokes. */
export function typed(strokes: readonly Stroke[]): string {
  const out: string[] = [];
  for (const { char } of strokes) {
    if (char === '\b') out.pop();
    else out.push(char);
  }
  return out.join('');
}

/**
 * Times of the keys that were pressed. Typing software answers one key with Backspaces and what it puts in their place,
 * within a millisecond or two: that is one key, or its haste would pass for a scanner's.
 */
export function pressed(strokes: readonly Stroke[]): number[] {
  const times: number[] = [];
  let owed = 0;
  for (const [i, stroke] of strokes.entries()) {
    const before = strokes[i - 1];
    if (stroke.char === '\b') {
      if (before?.char !== '\b') times.push(stroke.time);
      owed = before?.char === '\b' ? owed + 1 : 2;
    } else if (owed > 0 && (stroke.injected || stroke.time - (before?.time ?? 0) <= 3)) owed--;
    else {
      owed = 0;
      times.push(stroke.time);
    }
  }
  return times;
}

export function medianGap(times: readonly number[]): { median: number; longest: number } {
  const gaps = times
    .slice(1)
    .map((time, i) => time - (times[i] ?? 0))
    .toSorted((a, b) => a - b);
  return { median: gaps[Math.floor(gaps.length / 2)] ?? Infinity, longest: gaps.at(-1) ?? Infinity };
}

const PLAIN = "1234567890-=[];'`\\,./ ";
const SHIFTED = '!@#$%^&*()_+{}:"~|<>? ';
const OTHER_CODES = [
  'Minus',
  'Equal',
  'BracketLeft',
  'BracketRight',
  'Semicolon',
  'Quote',
  'Backquote',
  'Backslash',
  'Comma',
  'Period',
  'Slash',
  'Space',
];

/** What a key gives on the US layout that scanners are set to; empty: not a key that writes. */
export function onUsLayout(code: string, shift: boolean): string {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return shift ? letter : letter.toLowerCase();
  const pad = /^Numpad([0-9])$/.exec(code)?.[1];
  if (pad) return pad;
  const digit = /^Digit([0-9])$/.exec(code)?.[1];
  const place = digit ? (Number(digit) + 9) % 10 : OTHER_CODES.indexOf(code) + 10;
  return place < (digit ? 0 : 10) ? '' : ((shift ? SHIFTED : PLAIN)[place] ?? '');
}

/** Caps Lock turns what a scanner shifts into small letters. */
export const capsInverted = (strokes: readonly Stroke[]): boolean => strokes.some(({ char, shift }) => shift && /^[a-z]$/.test(char));

export type Layout = 'uk' | 'fr' | 'de' | 'vi' | 'other';

/** The keyboard layout that wrote something else than the US one would have, or null. */
export function foreignLayout(strokes: readonly Stroke[]): Layout | null {
  const odd = strokes.filter(({ char, code, shift }) => {
    const us = onUsLayout(code, shift);
    return us !== '' && char !== '\b' && us.toLowerCase() !== char.toLowerCase();
  });
  if (odd.length === 0) return null;
  const wrote = (code: string, chars: string): boolean => odd.some((stroke) => stroke.code === code && chars.includes(stroke.char));
  if (wrote('KeyY', 'zZ') || wrote('KeyZ', 'yY') || wrote('BracketLeft', 'üÜ')) return 'de';
  if (wrote('Digit1', 'ăĂ') || wrote('Digit2', 'âÂ') || wrote('Digit9', 'đĐ') || wrote('Digit3', 'êÊ')) return 'vi';
  if (wrote('KeyQ', 'aA') || wrote('KeyA', 'qQ') || odd.some(({ code, char }) => code.startsWith('Digit') && "&é'(-è_çà".includes(char)))
    return 'fr';
  if (wrote('Digit2', '"') || wrote('Quote', '@') || wrote('Digit3', '£')) return 'uk';
  return 'other';
}
