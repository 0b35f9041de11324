// A scan is captured exactly, at any pace, wherever the focus is; what a person types never is.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numberOf } from '../../src/domain/code.ts';
import type { TargetKind } from '../../src/scan/stroke.ts';
import { playIme } from '../support/ime.ts';
import { keyOf, page, press, send, viaIme, wedge } from '../support/wedge.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
console.log(`scan_capture: SEED=${SEED}`);

const FOCUS: TargetKind[] = ['none', 'input', 'textarea', 'select', 'button', 'dialog'];
const ITEM = 'BK473124829VN';
const BAG = '240100243000AKT60012003100123';

describe.each([1, 5, 10, 20, 40, 80, 120])('at %i ms a character', (ms) => {
  test.each(FOCUS)('with focus on %s each scan arrives, the field is as it was, no button is pressed', (focus) => {
    for (const prefix of ['', '\u0002', '|']) {
      const on = page(focus, 'Nguyễn');
      const texts = [ITEM, BAG, `]C0${ITEM}`, 'bk473124829vn', `${ITEM}.ABCDEFGH23456`];
      for (const text of texts) wedge(on, prefix + text, ms);
      expect(on.scans.map((scan) => scan.text)).toEqual(texts);
      expect(on.field).toBe('Nguyễn');
      expect(on.enters).toBe(0);
      expect(on.scans.every((scan) => prefix === '' || scan.method === 'prefix')).toBe(true);
    }
  });
});

test('back to back at 5 ms, none is lost', () => {
  const on = page('input');
  const sent = Array.from({ length: 300 }, (_, i) => numberOf({ prefix: 'BK', suffix: 'VN', check_rule: 's10', serial_width: 8 }, 10_000_000 + i));
  for (const text of sent) wedge(on, text, 5, '\n', 5);
  expect(on.scans.map((scan) => scan.text)).toEqual(sent);
  expect(on.field).toBe('');
});

test('a scanner with a prefix and no Enter is heard after silence', () => {
  const on = page('button');
  wedge(on, `\u0002${ITEM}`, 10, '');
  send(on, { type: 'focus', time: on.now + 1000 });
  expect(on.scans.map(({ text, terminator }) => [text, terminator])).toEqual([[ITEM, 'silence']]);
});

test('CR and LF, GS as Ctrl+], and a second Enter never reach the page', () => {
  const on = page('button');
  wedge(on, ']d20100012345678905\u001d21AB', 5, '\n\n');
  expect(on.scans.map((scan) => scan.text)).toEqual([']d20100012345678905\u001d21AB']);
  expect(on.enters).toBe(0);
});

test('firmware that holds Alt on every key, hidden keys of system typing software, and GS as Alt with numpad digits', () => {
  const on = page('button');
  const key = (time: number, name: string, code: string, alt: boolean): void =>
    send(on, { type: 'key', key: name, code, shift: false, ctrl: false, alt, time, composing: false, repeat: false, target: 'button' });
  for (const [i, char] of [...ITEM, '\n'].entries()) key(2000 + i * 10, keyOf(char).key, keyOf(char).code, true);
  for (const [i, char] of [...ITEM].entries()) key(4000 + i * 10, 'Process', keyOf(char).code, false);
  key(4130, 'Enter', 'Enter', false);
  expect(on.scans.map((scan) => scan.text.toUpperCase())).toEqual([ITEM, ITEM]);
  for (const [i, char] of [...'21ABCDEF'].entries()) key(6000 + i * 10, char, keyOf(char).code, false);
  for (const [i, digit] of [...'029'].entries()) key(6080 + i * 5, digit, `Numpad${digit}`, true);
  send(on, { type: 'alt_up', time: 6100 });
  for (const [i, char] of [...'37', '\n'].entries()) key(6110 + i * 10, keyOf(char).key, keyOf(char).code, false);
  expect(on.scans[2]?.text).toBe('21ABCDEF\u001d37');
  expect(on.enters).toBe(0);
});

test('text without keys: an Android keyboard that delivers a number at once, or letter by letter', () => {
  const on = page('input');
  send(on, { type: 'input', text: `${ITEM}\n`, time: 2000, target: 'input' });
  for (const [i, char] of [...ITEM, '\n'].entries()) send(on, { type: 'input', text: char, time: 4000 + i * 30, target: 'input' });
  send(on, { type: 'paste', text: ITEM, time: 9000, target: 'none' });
  send(on, { type: 'paste', text: 'Trần Thị Hoa', time: 9500, target: 'none' });
  expect(on.scans.map((scan) => scan.text)).toEqual([ITEM, ITEM, ITEM]);
});

test('an identity card under a wedge is captured whole and leaves the field clean', () => {
  const on = page('input');
  wedge(on, '000000000000||NGUYEN VAN A|01011990|', 5);
  expect(on.scans).toHaveLength(1);
  expect(on.field).toBe('');
});

test('what a person leaves unfinished is forgotten without a further key', () => {
  const on = page('input');
  for (const [i, char] of [...'mật khẩu'].entries()) press(on, keyOf(char), 2000 + i * 70);
  expect(on.due).toBe(2000 + 7 * 70 + 1000);
  send(on, { type: 'tick', time: on.due });
  expect(on.state).toMatchObject({ strokes: [], held: '' });
  expect(on.due).toBe(Infinity);
});

const NAMES = ['Nguyễn Thị Hương Giang', 'Trần Văn Đức', 'Hoàng Quốc Việt', 'Đặng Thuỳ Trâm', 'Lộc Bình', 'Phường Đông Kinh', 'Ủy ban nhân dân', 'Vi Văn Ước', 'Nông Thị Ỷ'];
const TELEX: Record<string, string> = { '\u0301': 's', '\u0300': 'f', '\u0309': 'r', '\u0303': 'x', '\u0323': 'j', '\u0306': 'w', '\u031b': 'w' };
const VNI: Record<string, string> = { '\u0301': '1', '\u0300': '2', '\u0309': '3', '\u0303': '4', '\u0323': '5', '\u0306': '8', '\u031b': '7', '\u0302': '6' };

/** The keys a person types for a name, marks right after their letter. */
function keysFor(name: string, ime: 'telex' | 'vni'): string {
  const table = ime === 'telex' ? TELEX : VNI;
  let base = '';
  return [...name.normalize('NFD')].map((sign) => {
    if (sign === 'đ' || sign === 'Đ') return ime === 'telex' ? (sign === 'đ' ? 'dd' : 'Dd') : sign === 'đ' ? 'd9' : 'D9';
    if (sign === '\u0302' && ime === 'telex') return base.toLowerCase();
    if (!table[sign]) base = sign;
    return table[sign] ?? sign;
  }).join('');
}

test.each(['telex', 'vni'] as const)('10,000 keys of Vietnamese names through %s at 60 ms: no scan, the text is intact', (ime) => {
  let seed = SEED;
  const luck = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  let keys = 0;
  let bursts = 0;
  for (let i = 0; keys < 10_000; i++) {
    const text = keysFor(NAMES[i % NAMES.length] ?? '', ime);
    const sent = playIme(text, ime);
    const shown = sent.flat().reduce<string[]>((out, { char }) => (char === '\b' ? out.slice(0, -1) : [...out, char]), []).join('');
    const on = page(i % 2 ? 'input' : 'textarea');
    viaIme(on, sent, () => 30 + luck() * 60);
    send(on, { type: 'focus', time: on.now + 2000 });
    expect(on.field, text).toBe(shown);
    expect(on.scans).toEqual([]);
    expect(on.enters).toBe(1);
    expect(on.state.strokes).toEqual([]);
    keys += text.length;
    bursts += sent.filter((answer) => answer.length > 1).length;
  }
  expect(bursts).toBeGreaterThan(500);
});

test('a key held down is no scan', () => {
  const on = page('input');
  press(on, keyOf('a'), 2000);
  for (let i = 0; i < 60; i++) press(on, keyOf('a'), 2500 + i * 30, { repeat: true });
  press(on, keyOf('\n'), 2500 + 60 * 30);
  expect([on.scans, on.field, on.enters]).toEqual([[], 'a'.repeat(61), 1]);
});

test('whatever a person types at 50 ms or more that is no number of ours comes through letter by letter, and nothing is kept', () => {
  const words = fc.stringMatching(/^[a-z |,.;:0-9-]{1,30}$/);
  fc.assert(
    fc.property(words, fc.array(fc.integer({ min: 50, max: 900 }), { minLength: 32, maxLength: 32 }), (text, gaps) => {
      const on = page('input');
      let time = 2000;
      for (const [i, char] of [...text, '\n'].entries()) press(on, keyOf(char), (time += gaps[i] ?? 60));
      expect(on.scans).toEqual([]);
      expect(on.field).toBe(text);
      expect(on.enters).toBe(1);
      expect(on.state).toMatchObject({ strokes: [], held: '' });
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test('any text scanned fast is captured exactly, with what stood before it restored', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[!-{}~][ -~]{5,60}$/), fc.integer({ min: 1, max: 34 }), (text, ms) => {
      const on = page('textarea', 'đang gõ');
      wedge(on, text, ms);
      expect(on.scans.map((scan) => scan.text)).toEqual([text]);
      expect(on.field).toBe('đang gõ');
    }),
    { seed: SEED, numRuns: 2000 },
  );
});
