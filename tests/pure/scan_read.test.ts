// What scans mean: formats and check characters, hostile contents, the table of screens, the lane.

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bagCode, bagLabel } from '../../src/domain/bag.ts';
import { CARDS, cardText, checkCharacter, readCard } from '../../src/domain/card.ts';
import type { CardPrefix } from '../../src/domain/card.ts';
import { acknowledge, latch, offer, OPEN_LANE, recent, takeParked } from '../../src/scan/lane.ts';
import type { Lane, LaneScan } from '../../src/scan/lane.ts';
import { readScan } from '../../src/scan/ime.ts';
import { parse, vouched } from '../../src/scan/parse.ts';
import { commandOf, COMMANDS, isConfirmed, route, ROUTES } from '../../src/scan/route.ts';
import { stationText } from '../../src/scan/station.ts';
import { scanOf } from '../../src/scan/stroke.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
console.log(`scan_read: SEED=${SEED}`);
const RUNS = { seed: SEED, numRuns: 5000 };

const BAG = bagCode({ origin_office_code: '240100', destination_office_code: '243000', mail: 'kt1', trip_year: 2026, trip_no: 12, serial: 3 });

test('the check character is that of ISO 7064 MOD 37,36, and finds each wrong sign and each swap of neighbours', () => {
  // The example of the standard's registration of sound recordings (GRid): A1 2425G ABC1234002 M.
  expect(checkCharacter('A12425GABC1234002')).toBe('M');
  const alphabet = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const code = fc.stringMatching(/^[0-9A-Z]{3,20}$/);
  fc.assert(
    fc.property(fc.constantFrom(...(Object.keys(CARDS) as CardPrefix[])), code, fc.nat(), fc.constantFrom(...alphabet), (prefix, text, place, wrong) => {
      const card = cardText(prefix, text);
      expect(readCard(card)).toEqual({ prefix, code: text });
      const at = prefix.length + 1 + (place % (text.length + 1));
      if (card[at] !== wrong) expect(readCard(card.slice(0, at) + wrong + card.slice(at + 1))).toBe(null);
    }),
    RUNS,
  );
  expect(readCard(cardText('S', 'A1').replace('S:', 'U:'))).toBe(null);
  expect(readCard('BK473124829VN')).toBe(undefined);
});

test('each thing is read for what it is', () => {
  const cases: [text: string, what: string, code: string | null][] = [
    ['BK473124829VN', 'item', 'BK473124829VN'],
    [' bk 473 124 829 vn\r\n', 'item', 'BK473124829VN'],
    [']C0BK473124829VN', 'item', 'BK473124829VN'],
    [']d1BK473124829VN.ABCDEFGH23456', 'label', 'BK473124829VN'],
    [BAG, 'bag', BAG],
    [bagLabel(BAG, true, true, 12_300), 'bag', BAG],
    [cardText('B', 'TUI-07'), 'bag', 'TUI-07'],
    [cardText('S', '0884201'), 'seal', '0884201'],
    [cardText('U', 'LS1006'), 'badge', 'LS1006'],
    [cardText('C', 'CHT'), 'command', 'CHT'],
    [cardText('R', 'UB-LB'), 'receiver', 'UB-LB'],
    [stationText('LS-CL-01'), 'station', 'LS-CL-01'],
    [']C100106141411234567897', 'gs1', '106141411234567897'],
    ['VNHANBVNSGNAACN60012003000123', 'receptacle', 'VNHANBVNSGNAACN60012003000123'],
    ['https://example.vn/x', 'url', null],
  ];
  for (const [text, what, code] of cases) expect(parse(text), text).toMatchObject({ what, code });
  expect(parse('0884201')).toMatchObject({ what: 'unknown', problem: 'format' });
  expect(parse('0884201', ['seal'])).toMatchObject({ what: 'seal', code: '0884201' });
});

test('what is wrong or hostile is unknown, with the reason', () => {
  const cases: [string, string][] = [
    ['', 'empty'], ['BK473124820VN', 'check_digit'], ['KT473124829VN', 'reserved'], ['U:LS1006#', 'check_character'],
    ['BK473124829VNBK473124829VN', 'doubled'], ['=HYPERLINK("x")', 'formula'], ['@SUM(A1)', 'formula'], ['+1+1', 'formula'],
    ['<script>alert(1)</script>', 'script'], ['javascript:alert(1)', 'script'], ['BK473\u0001124829VN', 'control_characters'],
    ['\u202eNV928421374KB', 'bidi'], ['BK473124829VN\u200b', 'bidi'], ['BК473124829VN', 'foreign_letters'], ['X'.repeat(9) + 'Y'.repeat(600), 'too_long'],
  ];
  for (const [text, problem] of cases) expect(parse(text), text).toMatchObject({ what: 'unknown', code: null, problem });
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      const read = parse(text);
      expect(read.code ?? '').toMatch(/^[!-~]*$/);
      expect(vouched(text)).toBe(false);
    }),
    RUNS,
  );
});

test('an identity card is read only where it is asked for, and else leaves no trace', () => {
  const card = '000000000000||NGUYEN VAN A|01011990|Nam|LANG SON|01012021';
  expect(parse(card, ['cccd'])).toMatchObject({ what: 'cccd', code: '000000000000' });
  const refused = readScan(scanOf(card, 'camera', 0), [], () => true);
  expect(refused).toMatchObject({ what: 'unknown', code: null, problem: 'cccd_not_asked' });
  const { lane } = offer(OPEN_LANE, { reading: refused, method: 'camera', gap_ms: 0, at_ms: 1 });
  expect(JSON.stringify([refused, lane])).not.toMatch(/NGUYEN|0000000/);
});

test('the table says what each scan means on each screen; commands run everywhere and each has its card', () => {
  for (const screens of Object.values(ROUTES)) expect(Object.keys(screens)).toEqual(['intake', 'bag', 'reconcile', 'delivery', 'elsewhere']);
  expect(route('item', 'reconcile')).toBe('match');
  expect(route('label', 'intake')).toBe('accept');
  expect(route('badge', 'delivery')).toBe(null);
  expect(route('unknown', 'intake')).toBe(null);
  for (const [name, { id }] of Object.entries(COMMANDS)) {
    expect(commandOf(id)).toBe(name);
    expect(parse(cardText('C', id))).toMatchObject({ what: 'command', code: id });
  }
  expect(commandOf('NO')).toBe(null);
  expect([isConfirmed('undo', 0, null), isConfirmed('close', 0, null), isConfirmed('close', 5, 4), isConfirmed('close', 5, 10_005), isConfirmed('close', 5, 10_006)]).toEqual([true, false, false, true, false]);
});

const scan = (text: string, at_ms: number): LaneScan => ({ reading: readScan(scanOf(text, 'speed', at_ms), [], () => true), method: 'speed', gap_ms: 5, at_ms });

test('a stop latches the lane; what follows is parked and read in order, and a bounce is absorbed', () => {
  let lane: Lane = OPEN_LANE;
  const give = (text: string, at_ms: number): string => {
    const next = offer(lane, scan(text, at_ms));
    lane = next.lane;
    return next.verdict;
  };
  expect(give('AAAAAA', 0)).toBe('evaluate');
  expect(give('AAAAAA', 1400)).toBe('absorbed');
  expect(give('AAAAAA', 1500)).toBe('evaluate');
  lane = latch(lane, 'item_held');
  expect(['B1', 'B2', 'B3', 'B4', 'B5'].map((text, i) => give(text, 3000 + i * 100))).toEqual(Array.from({ length: 5 }, () => 'parked'));
  expect(takeParked(lane).scan).toBe(null);
  lane = acknowledge(lane);
  expect(give('B6', 4000)).toBe('parked');
  const order: string[] = [];
  for (let next = takeParked(lane); next.scan; next = takeParked(lane)) {
    order.push(next.scan.reading.text);
    lane = next.scan.reading.text === 'B2' ? latch(next.lane, 'wrong_bag') : next.lane;
  }
  expect(order).toEqual(['B1', 'B2']);
  lane = acknowledge(lane);
  for (let next = takeParked(lane); next.scan; next = takeParked(lane)) {
    order.push(next.scan.reading.text);
    lane = next.lane;
  }
  expect(order).toEqual(['B1', 'B2', 'B3', 'B4', 'B5', 'B6']);
  expect(give('B7', 9000)).toBe('evaluate');
  expect(recent(lane, 9000)).toHaveLength(10);
  expect(recent(lane, 9000 + 24 * 3600 * 1000)).toEqual([]);
});

test('the lane neither loses nor doubles: each scan is evaluated once and in order, whatever latches', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('scan', 'stop', 'ack'), { maxLength: 60 }), (moves) => {
      let lane: Lane = OPEN_LANE;
      const read: number[] = [];
      let sent = 0;
      for (const move of [...moves, 'ack']) {
        if (move === 'stop') lane = latch(lane, 'x');
        else if (move === 'scan') {
          const next = offer(lane, scan(`SCAN ${++sent}`, sent * 10));
          lane = next.lane;
          if (next.verdict === 'evaluate') read.push(sent);
        } else {
          lane = acknowledge(lane);
          for (let next = takeParked(lane); next.scan; next = takeParked(lane)) {
            lane = next.lane;
            read.push(Number(next.scan.reading.text.slice(5)));
          }
        }
      }
      expect(read).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
    }),
    RUNS,
  );
});

test('the scan folder runs in a browser: it imports base, domain and itself, and no node module', () => {
  const folder = path.join(import.meta.dirname, '../../src/scan');
  const wanted = readdirSync(folder).flatMap((file) => [...readFileSync(path.join(folder, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => `${file}: ${match[1]}`));
  expect(wanted.length).toBeGreaterThan(15);
  expect(wanted.filter((line) => !/: (\.\/[a-z0-9]+\.ts|\.\.\/(base|domain)\/[a-z]+\.ts)$/.test(line))).toEqual(['camera.ts: @zxing/library']);
});
