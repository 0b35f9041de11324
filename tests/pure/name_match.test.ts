// Matching of names, bodies, addresses and phones: no pair that is one stands below one that is two. All names are made up.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PERHAPS_FROM, SAME_FROM, TIERS } from '../../src/domain/match_tier.ts';
import { matchKeys, matchTexts } from '../../src/domain/name_match.ts';
import type { MatchKind } from '../../src/domain/name_match.ts';

type Truth = 'same' | 'perhaps' | 'different';
type Pair = [kind: MatchKind, truth: Truth, a: string, b: string];

/** What was measured in another program, whose scores stood upside down. */
const REGRESSION: Pair[] = [
  ['person', 'same', 'Đặng Đình Đô', 'Dang Dinh Do'],
  ['person', 'same', 'Đỗ Đức', 'Do Duc'],
  ['person', 'same', 'Lý Thị Mỹ', 'Lí Thị Mĩ'],
  ['person', 'same', 'Phạm Thị Hoà', 'Phạm Thị Hòa'],
  ['person', 'different', 'Nguyễn Văn Tuấn', 'Nguyễn Văn Tuân'],
  ['person', 'different', 'Trần Văn Bảo', 'Trần Văn Bão'],
  ['person', 'different', 'Nguyễn Văn Tuấn', 'Nguyễn Văn Tuyên'],
  ['person', 'different', 'Nguyễn Thị Hồng', 'Nguyễn Thị Hạnh'],
  ['person', 'perhaps', 'Nguyễn Văn', 'Nguyễn Văn Đặng Hùng'],
  ['organisation', 'different', 'CTCP Sữa VN', 'CTCP Thép VN'],
  ['organisation', 'different', 'Công ty Cổ phần Sữa Việt Nam', 'CTCP Thép Việt Nam'],
];

const pairs = (kind: MatchKind, truth: Truth, text: string): Pair[] =>
  text.trim().split('\n').map((line) => {
    const [a = '', b = ''] = line.split(' = ');
    return [kind, truth, a.trim(), b.trim()];
  });

const PERSONS: Pair[] = [
  ...pairs('person', 'same', `
NÔNG VĂN MẪU = Nông Văn Mẫu
Nông  Văn   Mẫu = Nông Văn Mẫu
Nông Văn Mẫu = NONG VAN MAU
Hoàng Thị Thuý = Hoàng Thị Thúy
Hoàng Thị Thuỷ = Hoàng Thị Thủy
Vi Thị Khoẻ = Vi Thị Khỏe
Lương Ngọc Quý = Lương Ngọc Quí
Vy Thị Kỳ = Vi Thị Kì
Lý Văn Tý = Lí Văn Tí
Ông Nguyễn Văn Mẫu = Nguyễn Văn Mẫu
Bà Trần Thị Mẫu = tran thi mau
Trần-Thị-Mẫu = Trần Thị Mẫu
Hứa Đức Đạo = Hua Duc Dao
Triệu Đình Ưng = TRIEU DINH UNG
Nguyễn Đăng Đương = Nguyen Dang Duong
Nguyễn Van Tuấn = Nguyễn Văn Tuấn
Lương Đinh Viet = Lương Đinh Việt
Trần Ngoc Ánh = Trần Ngọc Ánh
Nguyen Thị Lành = Nguyễn Thị Lành
Hoàng Ỷ = Hoàng Ỉ`),
  ['person', 'same', 'Nguyễn Thị Hường'.normalize('NFD'), 'Nguyễn Thị Hường'],
  ...pairs('person', 'perhaps', `
Nguyễn Văn An = Nguyễn Văn Ân
Nguyễn Thị Lan = Nguyễn Thị Lân
Tuấn Nguyễn Văn = Nguyễn Văn Tuấn
Mẫu Thị Nông = Nông Thị Mẫu
N.V. Tuấn = Nguyễn Văn Tuấn
N V Tuan = Nguyễn Văn Tuấn
Ng. Văn Tuấn = Nguyễn Văn Tuấn
Tuấn = Nguyễn Văn Tuấn
Văn Tuấn = Nguyễn Văn Tuấn
Nguyễn Tuấn = Nguyễn Văn Tuấn
Nguyễn Thị Hồng = Nguyễn Thị Hồng Hạnh
Hoàng Minh = Hoàng Văn Minh
T.T. Mẫu = Trần Thị Mẫu
Tr. Thị Mẫu = Trần Thị Mẫu`),
  ...pairs('person', 'different', `
Nguyễn Văn Hùng = Nguyễn Văn Hưng
Nguyễn Văn Hưng = Nguyễn Văn Hứng
Nguyễn Thị Thảo = Nguyễn Thị Thào
Trần Đức Mạnh = Trần Dức Mạnh
Hoàng Thị Mai = Hoàng Thị May
Hoàng Thị Thúy = Hoàng Thị Thúi
Lê Văn Hai = Lê Văn Hay
Trần Thị Loan = Trần Thị Lan
Lương Văn Toản = Lương Văn Toàn
Đỗ Văn Sáu = Độ Văn Sáu
Vũ Thị Hà = Võ Thị Hà
Phan Văn Mẫu = Phạm Văn Mẫu
Hoàng Văn Mẫu = Huỳnh Văn Mẫu
Nông Thị Bé = Nông Thị Bê
N.T. Tuấn = Nguyễn Văn Tuấn
N.V. Tuân = Nguyễn Văn Tuấn
Tuyên Nguyễn Văn = Nguyễn Văn Tuấn
Nguyen Van Tuyen = Nguyễn Văn Tuấn
Nguyễn Văn Đô = Nguyễn Văn Đồ
Dang Dinh Do = Đặng Đình Đan
Phạm Thị Thủy = Phạm Thị Thúy
Bế Văn Đàn = Bế Văn Đán
Lý Thị Mỹ = Lý Thị Mị`),
];

const OTHERS: Pair[] = [
  ...pairs('organisation', 'same', `
CTCP Sữa VN = Công ty Cổ phần Sữa Việt Nam
Cty CP Vận tải Đồng Mẫu = CÔNG TY CỔ PHẦN VẬN TẢI ĐỒNG MẪU
Cty TNHH Mẫu Đồng Đăng = Công ty Trách nhiệm hữu hạn Mẫu Đồng Đăng
Công ty TNHH MTV Hoa Mẫu = Công ty TNHH Một thành viên Hoa Mẫu
Cong ty TNHH Hoa Mau = Công ty TNHH Hoa Mẫu
HTX Hồi Mẫu = Hợp tác xã Hồi Mẫu
UBND xã Mẫu Sơn = Ủy ban nhân dân xã Mẫu Sơn
Uỷ ban nhân dân xã Mẫu Sơn = Ủy ban nhân dân xã Mẫu Sơn
Công ty CP XNK Mẫu Lạng = Công ty Cổ phần Xuất nhập khẩu Mẫu Lạng
DNTN Thành Mẫu = Doanh nghiệp tư nhân Thành Mẫu
Công ty TNHH TM & DV Mẫu = Công ty TNHH Thương mại và Dịch vụ Mẫu
TCT Mẫu Việt Nam = Tổng công ty Mẫu VN`),
  ...pairs('organisation', 'perhaps', `
Công ty Cổ phần Hoa Mẫu = Công ty TNHH Hoa Mẫu
Hoa Mẫu = Công ty TNHH Hoa Mẫu
Công ty TNHH Mẫu Hoa = Công ty TNHH Hoa Mẫu
Công ty TNHH Hoa Mẫu = Công ty TNHH Hòa Mẫu
Công ty TNHH Vận tải Hoa Mẫu = Công ty TNHH Hoa Mẫu`),
  ...pairs('organisation', 'different', `
Công ty TNHH Hỏa Mẫu = Công ty TNHH Hòa Mẫu
Công ty TNHH Hồng Mẫu = Công ty TNHH Hoa Mẫu
HTX Hồi Mẫu = HTX Hội Mẫu
UBND xã Mẫu Sơn = UBND xã Mẫu Sớn
CTCP Giấy Mẫu = CTCP Gạch Mẫu
Công ty TNHH = Công ty Cổ phần`),
  ...pairs('address', 'same', `
Số 12 phố Mẫu, phường Đông Kinh, TP. Lạng Sơn = 12 Mẫu, P. Đông Kinh, thành phố Lạng Sơn
Khu 3, TT. Đồng Đăng, H. Cao Lộc, T. Lạng Sơn = Khu 3, thị trấn Đồng Đăng, huyện Cao Lộc, tỉnh Lạng Sơn
Khu 3, thị trấn Đồng Đăng, huyện Cao Lộc, tỉnh Lạng Sơn = Khu 3, thị trấn Đồng Đăng, tỉnh Lạng Sơn
Thôn Mẫu, xã Hợp Mẫu, Lạng Sơn = thon Mau, xa Hop Mau, Lang Son
Số nhà 05 đường Mẫu Tự, Hà Nội = 5 đường Mẫu Tự, Hà Nội
SN 5 Đ. Mẫu Tự, HN = Số 5 đường Mẫu Tự, Hà Nội
12A ngõ 5 phố Mẫu, Q. Ba Mẫu = 12a, ngõ 5, phố Mẫu, quận Ba Mẫu
Khối 5, phường Vĩnh Mẫu, Lạng Sơn = khối 5, P. Vĩnh Mẫu, tỉnh Lạng Sơn
12/5 phố Mẫu, Hà Nội = Số 12 / 5 phố Mẫu, Hà Nội
Tổ 7, khu phố 2, phường Mẫu, TP.HCM = tổ 7, KP 2, phường Mẫu, Thành phố Hồ Chí Minh
Đường Xã Đàn, Hà Nội = duong Xa Dan, Ha Noi
45 Lý Mẫu, Hà Nội = 45 Lí Mẫu, Hà Nội, Việt Nam`),
  ...pairs('address', 'perhaps', `
12 phố Mẫu, phường Đông Kinh, Lạng Sơn = 12 phố Mẫu, Lạng Sơn
Phố Mẫu, Lạng Sơn = 12 phố Mẫu, Lạng Sơn
Thôn Mẫu, xã Hợp Mẫu = Thôn Mẫu, xã Hợp Mẫu, huyện Mẫu, tỉnh Lạng Sơn`),
  ...pairs('address', 'different', `
12 phố Mẫu, Hà Nội = 14 phố Mẫu, Hà Nội
12A phố Mẫu, Hà Nội = 12B phố Mẫu, Hà Nội
Khu 3, thị trấn Đồng Đăng = Khu 4, thị trấn Đồng Đăng
Phường 3, Quận 5, TP.HCM = Phường 5, Quận 3, TP.HCM
Thôn Mẫu, xã Hợp Mẫu, Lạng Sơn = Thôn Mâu, xã Hợp Mẫu, Lạng Sơn
Thôn Mẫu, xã Hợp Mẫu, Lạng Sơn = Thôn Mẫu, xã Hợp Lực, Lạng Sơn
12 phố Mẫu, Hà Nội = 12 phố Mẫu, Hải Phòng
12/5 phố Mẫu, Hà Nội = 12/6 phố Mẫu, Hà Nội
5 ngõ 12 phố Mẫu, Hà Nội = 5 ngõ 13 phố Mẫu, Hà Nội`),
  ...pairs('phone', 'same', `
0912 000 345 = 0912000345
+84 912 000 345 = 0912000345
0084912000345 = 0912.000.345
84912000345 = 0912-000-345
(+84) 912.000.345 = 0912000345
+84 (0)912 000 345 = 0912000345
ĐT: 0912000345 = 0912000345
01682000345 = 0382000345
0200 000 101 = 0200000101`),
  ...pairs('phone', 'different', `
0912000345 = 0912000354
0912000345 = 091200034
+84912000345 = 0913000345
01682000345 = 0392000345
113 = 113`),
  ['item_code', 'same', 'BK 473 124 829 VN', 'BK473124829VN'],
  ['item_code', 'different', 'BK473124829VN', 'BK473124892VN'],
];

const SURNAMES = ['Nguyễn', 'Trần', 'Hoàng', 'Vi', 'Nông', 'Lương', 'Đặng', 'Lý', 'Hứa', 'Bế'];
const MIDDLES = ['Văn', 'Thị', 'Đức', 'Ngọc', 'Minh'];
/** Given names that differ from their neighbour in a mark or a tone only. */
const RIVALS = [['Bảo', 'Bão'], ['Tuấn', 'Tuân'], ['Hùng', 'Hưng'], ['Dũng', 'Dụng'], ['Thảo', 'Thào'], ['Đạt', 'Đát'], ['Hoà', 'Hoá'], ['Mỹ', 'Mị'], ['Tú', 'Tư'], ['Thắng', 'Thăng']];
const bare = (name: string): string => name.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replaceAll('đ', 'd').replaceAll('Đ', 'D');

/** Each made-up name as it is written otherwise, against its neighbour, and shortened. */
function families(): Pair[] {
  return SURNAMES.flatMap((surname, i) =>
    RIVALS.flatMap(([given = '', rival = ''], j): Pair[] => {
      const middle = MIDDLES[(i + j) % MIDDLES.length] ?? '';
      const name = `${surname} ${middle} ${given}`;
      const forms: Pair[] = [
        ['person', 'same', name, bare(name).toUpperCase()],
        ['person', 'same', name.normalize('NFD'), name.toLowerCase()],
        ['person', 'different', name, `${surname} ${middle} ${rival}`],
        ['person', 'perhaps', name, `${given} ${surname} ${middle}`],
        ['person', 'perhaps', name, `${surname[0]}. ${middle[0]}. ${given}`],
        ['person', 'perhaps', name, `${surname} ${given}`],
        ['person', 'different', name, `${surname} ${middle} ${RIVALS[(j + 1) % RIVALS.length]?.[0]}`],
      ];
      return forms;
    }),
  );
}

const ALL = [...REGRESSION, ...PERSONS, ...OTHERS, ...families()];

test.each([...REGRESSION, ...PERSONS, ...OTHERS])('%s, %s: %s | %s', (kind, truth, a, b) => {
  for (const [x, y] of [[a, b], [b, a]] as const) {
    const { score, tier, vi, en } = matchTexts(kind, x, y);
    const found: Truth = score >= SAME_FROM ? 'same' : score >= PERHAPS_FROM ? 'perhaps' : 'different';
    expect(`${found} ${tier} ${score}`, `${vi} / ${en}`).toMatch(new RegExp(`^${truth} `));
  }
});

test('of all pairs none is inverted: the least of what is one stands above the most of what is two, per kind', () => {
  expect(ALL.length).toBeGreaterThan(211);
  const scores = (truth: Truth) => ALL.filter((pair) => pair[1] === truth).map(([kind, , a, b]) => ({ score: matchTexts(kind, a, b).score, a, b }));
  const [same, perhaps, different] = [scores('same'), scores('perhaps'), scores('different')];
  const least = (rows: typeof same) => rows.toSorted((p, q) => p.score - q.score)[0];
  const most = (rows: typeof same) => rows.toSorted((p, q) => q.score - p.score)[0];
  console.log(`${ALL.length} pairs: same ${same.length} from ${least(same)?.score}, perhaps ${perhaps.length} from ${least(perhaps)?.score} to ${most(perhaps)?.score}, different ${different.length} to ${most(different)?.score}`);
  expect(least(same)?.score).toBeGreaterThan(most(perhaps)?.score ?? 100);
  expect(least(perhaps)?.score, JSON.stringify(least(perhaps))).toBeGreaterThan(most(different)?.score ?? 100);
});

test('what may be one shares a key, so that the index finds it; one word alone finds nothing', () => {
  const lost = ALL.filter(([kind, truth, a, b]) => truth !== 'different' && matchKeys(kind, a).every((key) => !matchKeys(kind, b).includes(key)));
  // By one word, by the surname and middle word of half the country, and by another part of a body's name nobody is looked up.
  expect(lost.map(([, truth, a, b]) => `${truth}: ${a} = ${b}`).filter((line) => !/^perhaps: (Tuấn =|Nguyễn Văn =|Công ty TNHH Vận tải|Văn Tuấn =)/.test(line))).toEqual([]);
  expect(lost.every(([, truth]) => truth === 'perhaps')).toBe(true);
});

test('each tier says why in both languages, in its own words, and its scores never reach the tier above', () => {
  const entries = Object.values(TIERS);
  expect(new Set(entries.map((tier) => tier.vi)).size).toBe(entries.length);
  for (const { vi, en } of entries) expect([vi === vi.normalize('NFC'), en.length > 0]).toEqual([true, true]);
  const reached = new Set(ALL.map(([kind, , a, b]) => matchTexts(kind, a, b).tier));
  expect(Object.keys(TIERS).filter((tier) => !reached.has(tier as never))).toEqual([]);
});

test('what contradicts is named', () => {
  expect(matchTexts('person', 'Nguyễn Văn Tuấn', 'Nguyễn Văn Tuân').vi).toContain('tuấn – tuân');
});

describe('for any names', () => {
  const seed = Number(process.env['FC_SEED'] ?? crypto.getRandomValues(new Uint32Array(1))[0]) | 0;
  const run = (property: fc.IProperty<any>) => fc.assert(property, { seed, numRuns: 400 });
  console.log(`name_match properties: FC_SEED=${seed}`);
  const onset = fc.constantFrom('', 'b', 'c', 'ch', 'd', 'đ', 'g', 'h', 'kh', 'l', 'm', 'n', 'ng', 'nh', 'ph', 'qu', 's', 't', 'th', 'tr', 'v', 'x');
  const rhyme = fc.constantFrom('an', 'ân', 'ăn', 'a', 'oa', 'uy', 'y', 'i', 'ươ', 'ương', 'ong', 'ông', 'ơn', 'inh', 'iên', 'ê', 'e', 'ưng', 'ung', 'ai', 'ay', 'ây');
  const tone = fc.constantFrom('', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323');
  const syllable = fc.tuple(onset, rhyme, tone).map(([o, r, t]) => `${o}${r[0]}${t}${r.slice(1)}`.normalize('NFC'));
  const name = fc.array(syllable, { minLength: 2, maxLength: 5 }).map((parts) => parts.join(' '));
  const anything = fc.oneof(name, fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 60 }));
  const kind = fc.constantFrom<MatchKind>('person', 'organisation', 'address', 'phone', 'item_code');

  test('matching is symmetric, bounded and never throws', () =>
    run(fc.property(kind, anything, anything, (k, a, b) => {
      const [there, back] = [matchTexts(k, a, b), matchTexts(k, b, a)];
      expect(there.score).toBe(back.score);
      expect(there.score >= 0 && there.score <= 100).toBe(true);
      expect(there.same).toBe(there.score >= SAME_FROM);
      expect(Math.max(...matchKeys(k, a).map((key) => key.length), 0)).toBeLessThan(2_000);
    })));

  test('a name is itself without its marks, in capitals, decomposed and with other spaces', () =>
    run(fc.property(name, (a) => {
      for (const form of [bare(a), a.toUpperCase(), a.normalize('NFD'), `  ${a.replaceAll(' ', ' . ')} `]) {
        expect(matchTexts('person', a, form).same, `${a} | ${form}`).toBe(true);
        expect(matchKeys('person', a).some((key) => matchKeys('person', form).includes(key))).toBe(true);
      }
    })));

  test('another tone on a word that bears one is somebody else', () =>
    run(fc.property(name, fc.nat(), fc.constantFrom('\u0301', '\u0323'), (a, n, other) => {
      const parts = a.split(' ');
      const at = n % parts.length;
      const taken = (parts[at] ?? '').normalize('NFD');
      fc.pre(/[\u0300\u0303\u0309]/.test(taken));
      const changed = parts.with(at, taken.replace(/[\u0300\u0303\u0309]/, other).normalize('NFC')).join(' ');
      const { score } = matchTexts('person', a, changed);
      // Where the other tone makes one word the other, the order may be said to differ: never the same.
      expect(score, `${a} | ${changed}`).toBeLessThan(SAME_FROM);
    })));

  test('a phone is itself however it is grouped', () =>
    run(fc.property(fc.integer({ min: 300000000, max: 999999999 }), (n) => {
      const [plain, digits] = [`0${n}`, String(n)];
      for (const form of [`+84${digits}`, `0084 ${digits}`, plain.replace(/(\d{4})(\d{3})(\d{3})/, '$1.$2.$3')]) expect(matchTexts('phone', plain, form).same, form).toBe(true);
    })));
});
