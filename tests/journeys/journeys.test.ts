// Roads of letters that a postal worker can read, played through the HTTP API on the demo's Lạng Sơn.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PHRASES, play, readJourney, Unreadable } from '../../src/journey.ts';
import { JOURNEYS, makeProvince } from '../support/province.ts';

type Province = Awaited<ReturnType<typeof makeProvince>>;
let province: Province;
beforeAll(async () => {
  province = await makeProvince();
});
afterAll(() => province.end());
afterEach(() => province.verify());

const files = readdirSync(JOURNEYS).filter((name) => name.endsWith('.txt'));
const read = (file: string): string => readFileSync(path.join(JOURNEYS, file), 'utf8');

test.each(files.map((file) => [file, readJourney(read(file)).title]))('%s: %s', async (file) => {
  const played = await play(read(file), province.stage);
  expect(played.filter((step) => !step.ok).map(({ line, text, came }) => `${line} ${text} | ${came}`)).toEqual([]);
});

test('there are at least 25, each says in English what it tells, and every phrase is used', () => {
  expect(files.length).toBeGreaterThanOrEqual(25);
  const all = files.map(read);
  expect(all.filter((text) => !text.startsWith('# '))).toEqual([]);
  const used = new Set(all.flatMap((text) => readJourney(text).lines.flatMap((line) => ('phrase' in line ? [line.phrase] : []))));
  expect(PHRASES.filter((phrase) => !used.has(phrase))).toEqual([]);
});

describe('the player can fail', () => {
  test('a hope turned round fails its journey, wherever it stands', async () => {
    let turned = 0;
    for (const file of ['05_dau_b.txt', '13_thieu.txt', '24_giao_nhan.txt']) {
      const lines = read(file).split('\n');
      for (const [i, line] of lines.entries()) {
        if (!line.trim().startsWith('→')) continue;
        const other = line.replace(/→ (.+?)( ;|$)/, (_, hope: string, rest: string) => `→ ${hope.startsWith('từ chối') ? 'được' : hope === 'Hủy túi' ? 'Đã phát' : 'Hủy túi'}${rest}`);
        const played = await play([...lines.slice(0, i), other, ...lines.slice(i + 1)].join('\n'), province.stage);
        expect(played.filter((step) => !step.ok), `${file}:${i + 1}`).not.toEqual([]);
        turned++;
      }
    }
    expect(turned).toBeGreaterThan(30);
  });

  test.each([
    ['Tên\nGDV: ném [thư]\n  → được', 'không có việc'],
    ['Tên\nVUA: duyệt [thư]\n  → được', 'không có vai'],
    ['Tên\nGDV: chấp nhận [thư]: rất nặng\n  → được', 'không hiểu'],
    ['Tên\nGDV: duyệt [thư]', 'không chờ điều gì'],
    ['Tên\n  → được', 'không có việc nào'],
  ])('a line that says nothing known is refused by its number: %j', (text, why) => {
    expect(() => readJourney(text)).toThrow(Unreadable);
    expect(() => readJourney(text)).toThrow(why);
  });
});
