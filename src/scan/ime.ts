// Vietnamese typing software takes a scan for typing: Telex makes Ê of EE, VNI makes Á of A1. Found, named, and undone where that is certain.
//
// The software answers a key with Backspaces and what it wants to stand there instead. Each such answer stands for exactly one
// key, and what it changed tells which. The text alone would not do: under VNI a later digit overwrites an earlier one.

import { capsInverted, foreignLayout, onUsLayout, typed } from './stroke.ts';
import type { Layout, RawScan, Stroke } from './stroke.ts';
import { parse, vouched } from './parse.ts';
import type { Asks, Parsed } from './parse.ts';

export type Ime = 'telex' | 'vni';
export type Culprit = Ime | 'ime' | 'caps' | Layout;

/** Branches of one replay; streams that need more are refused, not guessed. */
const MOST = 64;

/** Combining marks: what changes the letter, and its tone. */
const SHAPES = '\u0302\u031b\u0306';
const TONES = '\u0301\u0300\u0309\u0303\u0323';

type Letter = { base: string; shape: string; tone: string };

function letterOf(char: string): Letter {
  if (char === 'Đ' || char === 'đ') return { base: 'D', shape: '-', tone: '' };
  const [base = '', ...marks] = char.normalize('NFD');
  return {
    base: base.toUpperCase(),
    shape: marks.find((mark) => SHAPES.includes(mark)) ?? '',
    tone: marks.find((mark) => TONES.includes(mark)) ?? '',
  };
}

const bases = (letters: readonly Letter[]): string => letters.map((letter) => letter.base).join('');

function keyOfShape(shape: string, base: string, ime: Ime): string {
  if (ime === 'telex') return shape === '\u0302' ? base : shape === '-' ? 'D' : 'W';
  return shape === '\u0302' ? '6' : shape === '\u031b' ? '7' : shape === '\u0306' ? '8' : '9';
}

const keyOfTone = (tone: string, ime: Ime): string => {
  const keys = ime === 'telex' ? 'SFRXJ' : '12345';
  return tone === '' ? (ime === 'telex' ? 'Z' : '0') : (keys[TONES.indexOf(tone)] ?? '');
};

/** The keys that make `after` of `before`, upper case; none: no single key does. */
function keysFor(before: string, after: string, ime: Ime): string[] {
  // A letter that was typed without one being there: `w`, `[` and `]` of Telex.
  if (ime === 'telex' && before === '') {
    const lone = { Ư: ['W', ']'], ư: ['W', ']'], Ơ: ['['], ơ: ['['] }[after];
    if (lone) return lone;
  }
  if (ime === 'telex' && /^[ươ]$/i.test(before) && /^[w[\]{}]$/i.test(after)) return [after.toUpperCase()];
  const [old, now] = [[...before].map(letterOf), [...after].map(letterOf)];
  const [from, to] = [bases(old), bases(now)];
  // One more letter: typed as it stands, whether it cancelled a mark or moved a tone.
  if (to.length === from.length + 1 && to.startsWith(from)) return now.at(-1)?.shape || now.at(-1)?.tone ? [] : [to.at(-1) ?? ''];
  if (to !== from) return [];
  const shaped = now.filter((letter, i) => letter.shape !== old[i]?.shape);
  if (shaped.length > 0)
    return [...new Set(shaped.filter((letter) => letter.shape !== '').map((letter) => keyOfShape(letter.shape, letter.base, ime)))];
  const tone = (letters: readonly Letter[]): string => letters.map((letter) => letter.tone).join('');
  return tone(now) === tone(old) ? [] : [keyOfTone(tone(now), ime)];
}

/** Everything that may have been sent before the software had its way, upper case. */
export function keysBehind(strokes: readonly Stroke[], ime: Ime): string[] {
  const found = new Set<string>();
  let steps = 0;
  const walk = (at: number, screen: readonly string[], keys: string): void => {
    if (++steps > MOST * 32 || found.size >= MOST) return;
    const stroke = strokes[at];
    if (!stroke) return void found.add(keys);
    let erased = 0;
    while (strokes[at + erased]?.char === '\b') erased++;
    const start = at + erased;
    if (erased === 0 && isPlain(stroke.char)) return walk(at + 1, [...screen, stroke.char], keys + stroke.char.toUpperCase());
    const before = screen.slice(screen.length - Math.min(erased, screen.length)).join('');
    let injected = 0;
    while (strokes[start + injected]?.injected) injected++;
    const lengths = erased === 0 ? [1] : [erased, erased + 1];
    for (const length of injected > 0 && lengths.includes(injected) ? [injected] : lengths) {
      const after = strokes.slice(start, start + length).map(({ char }) => char);
      if (after.length < length || after.includes('\b')) continue;
      const rest = [...screen.slice(0, screen.length - Math.min(erased, screen.length)), ...after];
      for (const key of keysFor(before, after.join(''), ime)) walk(start + length, rest, keys + key);
    }
  };
  walk(0, [], '');
  return steps > MOST * 32 || found.size >= MOST ? [] : [...found];
}

/** What scanners send of themselves: ASCII, and the GS of GS1. */
const isPlain = (char: string): boolean => (char >= ' ' && char <= '~') || '\u001d\r\n\t'.includes(char);

/** Signs of typing software: letters that no label of ours has, or Backspaces at a scanner's pace. */
export const meddled = ({ strokes, text, method }: RawScan): boolean =>
  ![...text].every(isPlain) || (method !== 'content' && strokes.some(({ char }) => char === '\b'));

/** The scan as read. `repaired`: what arrived was not what was sent. `culprit`: to be switched off, also when all went well. */
export type Reading = Parsed & { repaired: boolean; culprit: Culprit | null };

/**
 * Reads a scan. What was corrupted is repaired only if exactly one number passes its check and `proves` it (expected here, or
 * within an issued range); else it is unknown, as it arrived, with the name of the culprit.
 */
export function readScan(scan: RawScan, asks: Asks, proves: (code: string) => boolean): Reading {
  const plain = parse(scan.text, asks);
  if (plain.problem === 'cccd_not_asked' || plain.what === 'cccd') return { ...plain, repaired: false, culprit: null };
  const layout = foreignLayout(scan.strokes.filter(({ injected }) => !injected));
  const readings = new Map<string, { read: Parsed; culprit: Culprit }>();
  const explained = new Set<Culprit>();
  const offer = (text: string, culprit: Culprit): void => {
    const read = parse(text, asks);
    if (read.problem === 'cccd_not_asked') return;
    explained.add(culprit);
    if (vouched(text, asks) && read.code !== null && proves(read.code)) readings.set(`${read.what}:${read.code}`, { read, culprit });
  };
  // A slow scan may have lost signs without a trace but the Backspaces: a mark typed twice is taken back.
  const vietnamese = meddled(scan) || (plain.what === 'unknown' && scan.strokes.some(({ char }) => char === '\b'));
  if (vietnamese && layout !== 'vi') {
    for (const ime of ['telex', 'vni'] as const) for (const text of keysBehind(scan.strokes, ime)) offer(text, ime);
  }
  if (layout !== null) offer(scan.strokes.map(({ code, shift, char }) => onUsLayout(code, shift) || char).join(''), layout);
  if (!vietnamese && layout === null) return { ...plain, repaired: false, culprit: capsInverted(scan.strokes) ? 'caps' : null };

  const [only] = readings.values();
  if (only && readings.size === 1) return { ...only.read, repaired: true, culprit: only.culprit };
  const [named] = explained;
  const culprit = explained.size === 1 && named ? named : (layout ?? 'ime');
  // An identity card that was corrupted leaves no trace either.
  const personal = /^[0-9]{12}/.test(typed(scan.strokes)) || keysOfCard(scan.strokes);
  return {
    ...plain,
    what: 'unknown',
    code: null,
    mac: null,
    elements: null,
    text: personal ? '' : plain.text,
    problem: plain.problem === null || plain.problem === 'format' ? 'foreign_letters' : plain.problem,
    repaired: false,
    culprit,
  };
}

const keysOfCard = (strokes: readonly Stroke[]): boolean =>
  /^[0-9]{12}/.test(strokes.map(({ code, shift }) => onUsLayout(code, shift)).join(''));
