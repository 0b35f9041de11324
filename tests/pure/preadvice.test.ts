// Files of other offices: whatever a spreadsheet makes of a list is read right, or refused by line and column; nothing between.

import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { writeXlsx } from 'hucre/xlsx';
import { describe, expect, test } from 'vitest';
import { Refused } from '../../src/base/refusal.ts';
import { numberOf } from '../../src/domain/code.ts';
import { serviceWords } from '../../src/domain/service.ts';
import { manifestCsv, manifestXlsx } from '../../src/interchange/manifest.ts';
import type { ManifestData, ManifestLine } from '../../src/interchange/manifest.ts';
import { readPreadvice } from '../../src/interchange/preadvice.ts';
import { ROWS_MAX } from '../../src/interchange/sheet.ts';
import type { Reference } from '../../src/store/reference.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
console.log(`preadvice: SEED=${SEED}`);

const HERE = '240100';
const BAG = '243100240100AKT60001001';
const REFERENCE = {
  offices: new Map(['243100', HERE, '100900'].map((code) => [code, { name_vi: code, kt1_point: true }])),
  patterns: [{ unit_kind: 'item', pattern: /^[A-Z]{2}[0-9]{9}VN$/, check_rule: 's10' }],
} as unknown as Reference;
const item = (n: number): string => numberOf({ prefix: 'BK', suffix: 'VN', check_rule: 's10', serial_width: 8 }, n);

const HEAD = 'bag_code,seal_nos,code,service,mark,urgency,appointed_at,weight_g,destination';
const line = (n = 1, more: Partial<{ bag: string; seals: string; code: string; service: string; mark: string; urgency: string; at: string; g: string; to: string }> = {}): string => {
  const c = { bag: BAG, seals: 'NS000001', code: item(n), service: 'kt1', mark: 'B', urgency: '', at: '', g: '182', to: HERE, ...more };
  return [c.bag, c.seals, c.code, c.service, c.mark, c.urgency, c.at, c.g, c.to].map((v) => (/[,"\n]/.test(v) ? `"${v}"` : v)).join(',');
};
const csv = (...lines: string[]): Uint8Array => new TextEncoder().encode([HEAD, ...lines].join('\r\n'));
const read = (bytes: Uint8Array) => readPreadvice(bytes, REFERENCE, HERE);
const items = async (bytes: Uint8Array) => (await read(bytes)).bags.flatMap((bag) => bag.lines);
async function refusal(bytes: Uint8Array): Promise<Refused> {
  const refused = await read(bytes).then(() => null, (error: unknown) => error);
  expect(refused).toBeInstanceOf(Refused);
  return refused as Refused;
}
/** Line, column and English problem of each fault. */
const faults = async (bytes: Uint8Array): Promise<[number, string, string][]> => {
  const refused = await refusal(bytes);
  expect(refused.refusal).toBe('rows_refused');
  for (const row of refused.rows) for (const word of [row.problem_vi, row.remedy_vi, row.remedy_en]) expect(word.length).toBeGreaterThan(5);
  return refused.rows.map((row) => [row.line, row.column, row.problem_en]);
};
const xlsx = (rows: (string | number | Date | null)[][], more: object = {}): Promise<Uint8Array> => writeXlsx({ sheets: [{ name: 'x', rows, ...more }] });

describe('a CSV is read right', () => {
  const PLAIN = { code: item(1), service_class: 'kt1', secrecy: 'B', urgency: 'NONE', weight_g: 182, destination_office_code: HERE, scope: 'INTRA', personal_mark: false };

  test.each([
    ['with a byte order mark', (t: string) => new TextEncoder().encode(`\ufeff${t}`)],
    ['as UTF-16 of Windows', (t: string) => new Uint8Array(Buffer.from(`\ufeff${t.replaceAll(',', '\t')}`, 'utf16le'))],
    ['as UTF-16 with the bytes turned', (t: string) => new Uint8Array(Buffer.from(`\ufeff${t}`, 'utf16le').swap16())],
    ['with semicolons, as Vietnamese Excel writes', (t: string) => new TextEncoder().encode(t.replaceAll(',', ';'))],
    ['with a line that names the separator', (t: string) => new TextEncoder().encode(`sep=;\r\n${t.replaceAll(',', ';')}`)],
    ['with tabs', (t: string) => new TextEncoder().encode(t.replaceAll(',', '\t'))],
    ['with bare line feeds', (t: string) => new TextEncoder().encode(t.replaceAll('\r\n', '\n'))],
  ])('%s', async (_, make) => {
    const { bags, from_office_code } = await read(make([HEAD, line(1)].join('\r\n')));
    expect(from_office_code).toBe('243100');
    expect(bags).toMatchObject([{ bag_code: BAG, seal_nos: ['NS000001'], gross_g: null, lines: [PLAIN] }]);
  });

  test('with Vietnamese names, also in decomposed letters, and Vietnamese words', async () => {
    const text = `Số túi;Niêm phong;Số hiệu;Dịch vụ;Dấu;Độ khẩn;Khối lượng (g)\n${BAG};NS1;${item(2)};KT1;KT1 A;Hỏa tốc;1.182`;
    for (const form of ['NFC', 'NFD'] as const) expect(await items(new TextEncoder().encode(text.normalize(form)))).toMatchObject([{ code: item(2), secrecy: 'A', urgency: 'HOA_TOC', weight_g: 1182 }]);
  });

  test('with the bag above the table, a header over two rows, empty lines, totals and signatures below', async () => {
    const text = `BẢN KÊ ĐẾN,,,\nSố túi: ${BAG},,,\nNiêm phong,"NS2, NS1",,\nCả bì (g),5.000,,\n,Bưu gửi,,Khối lượng\nSố hiệu,Dịch vụ,Dấu,\n${item(1)},kt1,none,182\n,,,\n${item(2)},kt1,c,90\nTổng cộng,2,,272\nNgười lập,,,\n`;
    const [bag] = (await read(new TextEncoder().encode(text))).bags;
    expect(bag).toMatchObject({ bag_code: BAG, seal_nos: ['NS1', 'NS2'], gross_g: 5000, lines: [{ line_no: 7, weight_g: 182 }, { line_no: 9, weight_g: 90, secrecy: 'C' }] });
  });

  test.each([['1.234', 1234], ['1,234', 1234], ['1 234', 1234], ['500000', 500_000], ['182 g', 182]])('a weight written %s', async (g, weight_g) => {
    expect(await items(csv(line(1, { g })))).toMatchObject([{ weight_g }]);
  });

  test.each(['2026-11-24 09:30', '24/11/2026 09:30', '09:30 24/11/2026', '2026-11-24T02:30:00Z'])('an appointment written %s', async (at) => {
    expect(await items(csv(line(1, { urgency: 'Hẹn giờ', at })))).toMatchObject([{ urgency: 'HEN_GIO', appointed_at: Date.UTC(2026, 10, 24, 2, 30) }]);
  });

  test('a number in small letters and groups, and a bag by its 29-character label', async () => {
    const code = item(1).toLowerCase().replace(/^(..)(...)(...)(...)/, '$1 $2 $3 $4 ');
    expect((await read(csv(line(1, { code, bag: `${BAG}100050` })))).bags).toMatchObject([{ bag_code: BAG, lines: [{ code: item(1) }] }]);
  });
});

describe('a bad row is named by line and column, and all bad rows at once', () => {
  const BAD: [string, Parameters<typeof line>[1], string, string][] = [
    ['a bad check digit', { code: item(1).replace(/.VN$/, (end) => `${(Number(end[0]) + 1) % 10}VN`) }, 'Số hiệu', 'check digit'],
    ['a reserved range', { code: numberOf({ prefix: 'KT', suffix: 'VN', check_rule: 's10', serial_width: 8 }, 1) }, 'Số hiệu', 'reserved'],
    ['a foreign number', { code: numberOf({ prefix: 'RR', suffix: 'CN', check_rule: 's10', serial_width: 8 }, 1) }, 'Số hiệu', 'pattern'],
    ['no number', { code: '' }, 'Số hiệu', 'empty'],
    ['a formula', { code: "=cmd|' /C calc'!A0" }, 'Số hiệu', 'formula'],
    ['a formula by @', { to: '@SUM(1)' }, 'Bưu cục phát', 'formula'],
    ['half a gram', { g: '1.5' }, 'Khối lượng (g)', 'grams'],
    ['a kilogram', { g: '0,182' }, 'Khối lượng (g)', 'grams'],
    ['no weight', { g: '0' }, 'Khối lượng (g)', 'grams'],
    ['secrecy words', { mark: 'Tối mật' }, 'Dấu', 'NONE, A, B'],
    ['no mark', { mark: '' }, 'Dấu', 'empty'],
    ['a marked parcel', { service: 'Bưu kiện' }, 'Dịch vụ', 'only KT1'],
    ['ordinary mail in a KT1 bag', { service: 'Thư', mark: 'none' }, 'Dịch vụ', 'share a bag'],
    ['an unknown service', { service: 'EMS' }, 'Dịch vụ', 'known service'],
    ['a day that is none', { urgency: 'HEN_GIO', at: '31/11/2026 09:30' }, 'Giờ hẹn', 'date'],
    ['hẹn giờ without its hour', { urgency: 'HEN_GIO' }, 'Giờ hẹn', 'appointed'],
    ['an unknown office of origin', { bag: '999999240100AKT60001001' }, 'Số túi', '999999'],
    ['a bag for another office', { bag: '243100100900AKT60001001' }, 'Số túi', '100900'],
    ['an unknown office of delivery', { to: '999999' }, 'Bưu cục phát', '999999'],
    ['an office that lost its zeros', { to: '24310' }, 'Bưu cục phát', '6 characters'],
    ['a bag number that is none', { bag: '12345678' }, 'Số túi', '23'],
    ['no seal', { seals: '' }, 'Niêm phong', 'empty'],
    ['a seal named twice', { seals: 'NS1 NS1' }, 'Niêm phong', 'seal'],
  ];
  test.each(BAD)('%s', async (_, more, column, problem) => {
    const found = await faults(csv(line(1, more), line(2, { seals: more?.seals === '' ? '' : 'NS000001' })));
    expect(found[0]).toEqual([2, column, expect.stringContaining(problem)]);
  });

  test('a number that stands twice names the line it stood in first', async () => {
    expect(await faults(csv(line(1), line(2), line(1)))).toEqual([[4, 'Số hiệu', 'it stands in line 2 already']]);
  });

  test('other seals for the same bag', async () => {
    expect(await faults(csv(line(1), line(2, { seals: 'NS000002' })))).toEqual([[3, 'Niêm phong', 'it differs from an earlier line of the bag']]);
  });

  test('nothing that stood in a cell is repeated', async () => {
    const refused = await refusal(csv(line(1, { mark: 'Tuyệt mật', code: 'Nguyễn Văn Mẫu' })));
    expect(JSON.stringify(refused)).not.toMatch(/mật|Mẫu/);
    expect(refused.rows).toHaveLength(2);
  });
});

describe('what is no list is refused', () => {
  const text = (given: string) => new TextEncoder().encode(given);
  test.each<[string, () => Uint8Array | Promise<Uint8Array>, string]>([
    ['nothing', () => text(''), 'empty'],
    ['a header only', () => csv(), 'no item'],
    ['no header', () => text(line(1)), 'columns are missing'],
    ['a missing column', () => text('code,service,mark,weight_g\nx'), 'bag_code, seal_nos'],
    ['a column that stands twice', () => text(`${HEAD},weight\n${line(1)},5`), 'twice'],
    ['windows-1258', () => new Uint8Array([...text(HEAD), 10, 0xd0, 0xf2, 0x6e, 0x67]), 'Unicode'],
    ['a picture', () => new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 0, 0]), 'Unicode'],
    ['zeros', () => new Uint8Array(64), 'neither'],
    ['an open quote', () => csv(line(1), `"${BAG},x`), 'malformed'],
    ['an endless cell', () => csv(line(1, { code: 'A'.repeat(400) })), 'longer'],
    ['a million rows', () => csv(...Array.from({ length: ROWS_MAX + 50 }, (_, i) => line(i))), 'rows'],
    ['a million rows of XLSX', () => xlsx([HEAD.split(','), ...Array.from({ length: ROWS_MAX + 50 }, (_, i) => line(i).split(','))]), 'rows'],
    ['half an XLSX', async () => (await xlsx([HEAD.split(','), line(1).split(',')])).slice(0, 900), 'XLSX'],
    ['a ZIP that is no XLSX', () => zip([['a.txt', Buffer.from('x')]]), 'damaged'],
    ['a zip bomb', () => zip([['xl/worksheets/sheet1.xml', Buffer.alloc(64 * 1_048_576)]]), 'too much'],
    ['a zip bomb that lies about its size', () => zip([['[Content_Types].xml', Buffer.alloc(64 * 1_048_576)]], 1000), 'damaged'],
    ['a zip bomb that tells no size', () => zip([['[Content_Types].xml', Buffer.alloc(64 * 1_048_576)]], 0), 'ordinary'],
    ['a ZIP of a thousand files', () => zip(Array.from({ length: 1000 }, (_, i) => [`${i}`, Buffer.from('x')])), 'ordinary'],
  ])('%s', async (_, make, problem) => {
    const refused = await refusal(await make());
    expect([refused.refusal, refused.facts.problem_en]).toEqual(['file_unreadable', expect.stringContaining(problem)]);
  });

  test('whatever the bytes, the answer is a list or a refusal', async () => {
    const answers = { list: 0, refusal: 0 };
    await fc.assert(fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }).map((s) => csv(line(1), s)), fc.uint8Array({ maxLength: 200 }).map((b) => new Uint8Array([0x50, 0x4b, 3, 4, ...b]))), async (bytes) => {
      await read(bytes).then(() => answers.list++, (error: unknown) => {
        expect(error).toBeInstanceOf(Refused);
        answers.refusal++;
      });
    }), { seed: SEED, numRuns: 300 });
    expect(answers.list).toBeGreaterThan(5);
    expect(answers.refusal).toBeGreaterThan(100);
  });
});

describe('an XLSX is read right', () => {
  test('numbers, dates, text and a merged title', async () => {
    const rows = [['BẢN KÊ ĐẾN', null, null, null], ['Số túi', BAG], ['Niêm phong', 'NS000001'], ['Số hiệu', 'Dịch vụ', 'Dấu', 'Độ khẩn', 'Giờ hẹn', 'Khối lượng (g)'], [item(1), 'KT1', 'B', 'Hẹn giờ', new Date(Date.UTC(2026, 10, 24, 9, 30)), 182], [null], [item(2), 'KT1', 'none', null, null, '1.182']];
    expect(await items(await xlsx(rows, { merges: [{ startRow: 0, startCol: 0, endRow: 0, endCol: 3 }] }))).toMatchObject([{ line_no: 5, weight_g: 182, appointed_at: Date.UTC(2026, 10, 24, 2, 30) }, { line_no: 7, weight_g: 1182 }]);
  });

  test('a formula is refused even when its last result would do', async () => {
    const rows = [HEAD.split(','), line(1).split(',')];
    expect(await faults(await xlsx(rows, { cells: new Map([['1,7', { value: 182, formula: '100+82', formulaResult: 182 }]]) }))).toEqual([[2, 'Khối lượng (g)', 'it is a formula']]);
  });

  test('a cell in the last corner of the sheet costs nothing', async () => {
    const file = await xlsx([HEAD.split(','), line(1).split(',')], { cells: new Map([['1,16383', { value: 'x' }]]) });
    expect(await items(file)).toHaveLength(1);
  });
});

describe('what goes out comes in again', () => {
  const arbitrary = fc.array(
    fc.record({ service: fc.constantFrom(['NONE', 'NONE'], ['A', 'NONE'], ['B', 'HOA_TOC'], ['C', 'HEN_GIO'], ['NONE', 'HOA_TOC']), weight_g: fc.integer({ min: 1, max: 500_000 }), personal_mark: fc.boolean(), to: fc.constantFrom(null, HERE, '100900') }),
    { minLength: 1, maxLength: 40 },
  );
  const exported = (given: { service: readonly string[]; weight_g: number; personal_mark: boolean; to: string | null }[]): ManifestData => {
    const lines = given.map(({ service: [secrecy, urgency], weight_g, personal_mark, to }, i) => ({
      no: i + 1, code: item(i), service_class: 'kt1', scope: i % 2 ? 'INTRA' : 'INTER', secrecy, urgency, appointed_at: urgency === 'HEN_GIO' ? '2026-11-24T02:30:15.250Z' : null, personal_mark,
      weight_g, destination_office_code: to, service_vi: serviceWords('kt1', secrecy as 'A', urgency as 'NONE', 'vi'), state_vi: 'Trong túi', receiver: null,
    })) as ManifestLine[];
    return { bag_code: BAG, trip_no: 1, trip_year: 2026, serial: 1, origin_office_code: '243100', destination_office_code: HERE, item_count: lines.length, net_g: 1, gross_g: 5000, tare_g: 300, digest: '0'.repeat(64), digest_of_ledger: null, seal_nos: ['NS000002', 'NS000001'], lines };
  };

  test('a list of ours, as CSV and as XLSX, imports with equal rows', async () => {
    const seen = new Set<string>();
    await fc.assert(fc.asyncProperty(arbitrary, async (given) => {
      const m = exported(given);
      for (const { service } of given) seen.add(service.join());
      const expected = m.lines.map(({ no: _n, service_vi: _s, state_vi: _t, receiver: _r, appointed_at, ...rest }, i) => ({ ...rest, line_no: i + 2, appointed_at: appointed_at === null ? null : Date.parse(appointed_at) }));
      for (const bytes of [new TextEncoder().encode(manifestCsv(m)), await manifestXlsx(m)]) {
        expect(await read(bytes)).toEqual({ from_office_code: '243100', bags: [{ bag_code: BAG, seal_nos: ['NS000001', 'NS000002'], gross_g: 5000, lines: expected }] });
      }
    }), { seed: SEED, numRuns: 60 });
    expect(seen.size).toBe(5);
  });

  test('a list made by somebody not cleared for its marks does not', async () => {
    const m = exported([{ service: ['B', 'NONE'], weight_g: 1, personal_mark: false, to: null }]);
    const hidden = { ...m, lines: m.lines.map((l) => ({ ...l, secrecy: null })) };
    expect(await faults(new TextEncoder().encode(manifestCsv(hidden)))).toEqual([[2, 'Dấu', 'it is empty']]);
  });

  test('no cell is a formula to a spreadsheet', async () => {
    const m = exported([{ service: ['NONE', 'NONE'], weight_g: 1, personal_mark: false, to: null }]);
    for (const evil of ["=cmd|' /C calc'!A0", '+1', '-1', '@SUM(A1)', '\t=1']) {
      const bad = { ...m, lines: m.lines.map((l) => ({ ...l, state_vi: evil })) };
      expect(manifestCsv(bad)).toContain(`'${evil}`);
      expect(Buffer.from(await manifestXlsx(bad)).toString('latin1')).not.toContain('<f>');
    }
  });
});

/** A ZIP whose directory says `claimed` of each entry's size; left out: the truth. */
function zip(files: [string, Uint8Array][], claimed?: number): Uint8Array {
  const [locals, central]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, content] of files) {
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(claimed ?? content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...locals, directory, end]));
}
