// The station card: its barcode ends in a canary, and what arrives of it tells what is wrong with the scanner and keyboard, once a shift.

import { cardText } from '../domain/card.ts';
import { keysBehind } from './ime.ts';
import type { Ime } from './ime.ts';
import { typed } from './stroke.ts';
import type { Layout, RawScan } from './stroke.ts';

/** Has what Telex (ee, E S, dd, W, brackets) and VNI (a vowel, then digits) change, what Caps Lock turns, and what layouts move. */
const CANARY = 'eeESddWw[]A19-/@#';

/** What the card's Code 128 says. */
export const stationText = (station: string): string => `${cardText('ST1', station)};${CANARY};`;

/** Codes and parameters; the words are the screen's. `unreadable`: something else arrived, it cannot be told why. */
export type Finding =
  | { finding: 'ime'; ime: Ime | null }
  | { finding: 'caps' }
  | { finding: 'layout'; layout: Layout }
  | { finding: 'no_terminator' }
  | { finding: 'double_delivery' }
  | { finding: 'other_station'; text: string }
  | { finding: 'unreadable' };

/** What US keys write under another layout, both rows of equal length; only what the card has. */
const WRITTEN: readonly [Layout, us: string, here: string][] = [
  ['uk', '@#', '"£'],
  ['de', 'yzYZ[]-/@#:;', 'zyZYü+ß-"§Öö'],
  ['fr', 'aqwzAQWZ1234567890-/@#:;]', 'qazwQAWZ&é"\'(-è_çà)!23Mm$'],
  ['vi', '1234567890[]', 'ăâêô\u0300\u0309\u0303\u0301đ₫ươ'],
];

function writtenOn(us: string, here: string, text: string): string {
  return [...text].map((char) => [...here][us.indexOf(char)] ?? char).join('');
}

const swapCase = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()));

/** All that is wrong, and the scanner's pace for capture's tuning; no findings: the station is fit. */
export function checkStation(scan: RawScan, station: string): { findings: Finding[]; ms_per_char: number | null } {
  const findings: Finding[] = [];
  const whole = scan.text.replace(/^\](?:C0|d1|Q[0-3])/, '').trim();
  const half = whole.slice(0, whole.length / 2);
  const doubled = whole.length % 2 === 0 && half + half === whole;
  if (doubled) findings.push({ finding: 'double_delivery' });
  if (scan.method !== 'camera' && (scan.terminator === 'silence' || scan.terminator === 'none'))
    findings.push({ finding: 'no_terminator' });

  const text = doubled ? half : whole;
  const strokes = doubled ? scan.strokes.slice(0, scan.strokes.length / 2) : scan.strokes;
  const wrong = whatIsWrong(text, { ...scan, strokes }, stationText(station));
  if (wrong) findings.push(wrong);
  return { findings, ms_per_char: scan.gap_ms > 0 ? scan.gap_ms : null };
}

function whatIsWrong(text: string, scan: RawScan, printed: string): Finding | null {
  if (text === printed) return null;
  if (swapCase(text) === printed) return { finding: 'caps' };
  if (/^ST1:[A-Z0-9-]+;/.test(text) && text.endsWith(`;${CANARY};`)) return { finding: 'other_station', text: text.split(';')[0] ?? '' };
  // Before the software is suspected: the Vietnamese layout of Windows writes such letters too.
  const layout = WRITTEN.find(([, us, here]) => [printed, swapCase(printed)].some((sent) => isMostly(writtenOn(us, here, sent), text)));
  if (layout && !scan.strokes.some(({ char }) => char === '\b')) return { finding: 'layout', layout: layout[0] };
  for (const ime of ['telex', 'vni'] as const) {
    if (keysBehind(scan.strokes, ime).some((keys) => keys.toUpperCase() === printed.toUpperCase())) return { finding: 'ime', ime };
  }
  if (/[^ -~]/.test(text) && /[à-ỹđươ]/i.test(text)) return { finding: 'ime', ime: /[đươ]/i.test(typed(scan.strokes)) ? 'telex' : null };
  return { finding: 'unreadable' };
}

/** Dead keys of a layout swallow or join signs: nine in ten is the layout. */
function isMostly(expected: string, text: string): boolean {
  if (Math.abs(expected.length - text.length) > 3) return false;
  const same = [...expected].filter((char, i) => text[i] === char).length;
  return expected === text || (same / expected.length > 0.9 && /["£ßüö§&éèçàăâêô]/.test(text));
}
