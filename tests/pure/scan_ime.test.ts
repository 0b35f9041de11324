// Vietnamese typing software between scanner and page: never a wrong number; what cannot be proved is refused and the culprit named.

import { describe, expect, test } from 'vitest';
import { cardText } from '../../src/domain/card.ts';
import { numberOf, readS10 } from '../../src/domain/code.ts';
import { readScan } from '../../src/scan/ime.ts';
import { COMMANDS } from '../../src/scan/route.ts';
import { checkStation, stationText } from '../../src/scan/station.ts';
import { capsInverted } from '../../src/scan/stroke.ts';
import type { RawScan } from '../../src/scan/stroke.ts';
import { playIme } from '../support/ime.ts';
import { keyOf, page, press, send, viaIme, wedge } from '../support/wedge.ts';

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const PAIRS = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
const number = (prefix: string, suffix = 'VN', serial = 47_312_482): string => numberOf({ prefix, suffix, check_rule: 's10', serial_width: 8 }, serial);
const altered = (text: string, ime: 'telex' | 'vni'): boolean => playIme(text, ime).some((answer) => answer.length > 1 || answer[0]?.physical === false);

function scanned(text: string, ime: 'telex' | 'vni', ms: number): RawScan | undefined {
  const on = page('input', 'trước');
  viaIme(on, playIme(text, ime), () => ms);
  expect(on.field === 'trước' || on.scans.length === 0).toBe(true);
  return on.scans[0];
}

describe.each(['telex', 'vni'] as const)('all 676 pairs of letters under %s', (ime) => {
  test.each([1, 10, 40, 80])('at %i ms: correct, repaired and marked, or refused; never a wrong number', (ms) => {
    const counts = { correct: 0, repaired: 0, refused: 0, wrong: 0 };
    for (const suffix of ['VN', 'EE', 'US', 'AW']) {
      for (const prefix of PAIRS) {
        // Also serials of digits that VNI takes for tones, twice over.
        for (const serial of [47_312_482, 11_223_344, 66_778_899]) {
          const sent = number(prefix, suffix, serial);
          const scan = scanned(sent, ime, ms);
          // Nothing is proved but by the check digit here: harder than life, where the number must also be known.
          const reading = scan && readScan(scan, [], () => true);
          if (!reading || reading.code === null) counts.refused++;
          else if (reading.code !== sent) counts.wrong++;
          else if (reading.repaired) counts.repaired++;
          else counts.correct++;
          if (reading?.repaired) expect(reading.culprit).toBe(ime);
          if (reading?.code && !reading.repaired) expect(altered(sent, ime), sent).toBe(false);
          if (reading && !readS10(sent).ok) expect(reading.code).toBe(null);
        }
      }
    }
    console.log(`scan_ime: ${ime} ${ms} ms ${JSON.stringify(counts)}`);
    expect(counts.wrong).toBe(0);
    expect(counts.repaired).toBeGreaterThan(300);
    expect(counts.correct + counts.repaired + counts.refused).toBe(676 * 12);
  });
});

test('what nothing proves is refused, with what arrived and the name of the culprit', () => {
  for (const [ime, sent, arrived] of [['telex', number('EE'), 'Ê473124829VN'], ['vni', number('BA', 'VN', 11_223_344), null]] as const) {
    const scan = scanned(sent, ime, 5);
    expect(scan).toBeDefined();
    if (!scan) continue;
    const refused = readScan(scan, [], () => false);
    expect(refused).toMatchObject({ what: 'unknown', code: null, repaired: false });
    expect(refused.culprit).toMatch(/telex|vni|ime/);
    if (arrived) expect(refused.text).toBe(arrived);
    expect(readScan(scan, [], (code) => code === sent)).toMatchObject({ what: 'item', code: sent, repaired: true, culprit: ime });
  }
});

test('an AIM identifier that Telex took for a letter is read, and gives Telex away', () => {
  const scan = scanned(`]C0${number('BK')}`, 'telex', 5);
  expect(scan?.text).toMatch(/^ưC0/);
  expect(scan && readScan(scan, [], () => true)).toMatchObject({ what: 'item', code: number('BK'), aim: 'C0', repaired: true, culprit: 'telex' });
});

test('command cards pass both untouched', () => {
  for (const { id } of Object.values(COMMANDS)) {
    for (const ime of ['telex', 'vni'] as const) expect(readScan(scanned(cardText('C', id), ime, 20) ?? ({} as RawScan), [], () => false), id).toMatchObject({ what: 'command', code: id, repaired: false });
  }
});

/** A French keyboard: same keys, other signs. */
const AZERTY: Record<string, string> = { '1': '&', '2': 'é', '3': '"', '4': "'", '5': '(', '6': '-', '7': 'è', '8': '_', '9': 'ç', '0': 'à', A: 'Q', Q: 'A', Z: 'W', W: 'Z', M: '?', a: 'q', w: 'z', '-': ')', '/': '!', ':': 'M', ';': 'm', '@': '2', '#': '3', ']': '$', '[': '^' };
const UK: Record<string, string> = { '@': '"', '#': '£', '"': '@', '~': '¬', '|': '~' };

function through(text: string, change: (char: string) => string, end = '\n'): RawScan | undefined {
  const on = page('input');
  for (const [i, char] of [...text].entries()) press(on, { ...keyOf(char), key: change(char) }, 2000 + i * 12);
  if (end) press(on, keyOf(end), 2000 + text.length * 12);
  return on.scans[0];
}

test('another layout is undone by the places of the keys, if the number is proved', () => {
  const sent = number('AQ');
  const scan = through(sent, (char) => AZERTY[char] ?? char);
  expect(scan && readScan(scan, [], (code) => code === sent)).toMatchObject({ code: sent, repaired: true, culprit: 'fr' });
  expect(scan && readScan(scan, [], () => false)).toMatchObject({ code: null, culprit: 'fr' });
});

const swap = (char: string): string => (char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase());

test('Caps Lock does no harm and is told', () => {
  const scan = through(number('BK'), swap);
  expect(scan && capsInverted(scan.strokes)).toBe(true);
  expect(scan && readScan(scan, [], () => false)).toMatchObject({ code: number('BK'), repaired: false, culprit: 'caps' });
});

describe('the station card', () => {
  const card = stationText('LS-CL-01');
  const findings = (scan: RawScan | undefined): unknown => scan && checkStation(scan, 'LS-CL-01').findings;

  test('a fit station has no findings, and its pace is measured', () => {
    const on = page('none');
    wedge(on, card, 20);
    expect(on.scans[0] && checkStation(on.scans[0], 'LS-CL-01')).toEqual({ findings: [], ms_per_char: 20 });
  });

  test('Telex, VNI, Caps Lock, layouts, a missing Enter, double delivery and a foreign card are told apart', () => {
    expect(findings(scanned(card, 'telex', 10))).toEqual([{ finding: 'ime', ime: 'telex' }]);
    expect(findings(scanned(card, 'vni', 10))).toEqual([{ finding: 'ime', ime: 'vni' }]);
    expect(findings(through(card, swap))).toEqual([{ finding: 'caps' }]);
    expect(findings(through(card, (char) => UK[char] ?? char))).toEqual([{ finding: 'layout', layout: 'uk' }]);
    expect(findings(through(card, (char) => AZERTY[char] ?? char))).toEqual([{ finding: 'layout', layout: 'fr' }]);
    const silent = page('none');
    wedge(silent, `\u0002${card}`, 10, '');
    send(silent, { type: 'focus', time: silent.now + 1000 });
    expect(findings(silent.scans[0])).toEqual([{ finding: 'no_terminator' }]);
    const twice = page('none');
    wedge(twice, card + card, 10);
    expect(findings(twice.scans[0])).toEqual([{ finding: 'double_delivery' }]);
    const other = page('none');
    wedge(other, stationText('LS-CL-02'), 10);
    expect(findings(other.scans[0])).toMatchObject([{ finding: 'other_station' }]);
  });
});
