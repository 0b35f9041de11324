// Whether two names, bodies or phones are one, tier by tier and said in words: so that each "same" stands above each
// "perhaps", and each of these above each "different". Pure. Accents may be left out; accents that contradict part two people.

import { addressKeys, matchAddresses } from './address_match.ts';
import { agreed, matchOf } from './match_tier.ts';
import type { Match } from './match_tier.ts';
import { agreement, COMMON, foldedWords, isSurname, relation, syllables, words } from './syllable.ts';
import type { Agreement, Syllable } from './syllable.ts';

export const MATCH_KINDS = ['person', 'organisation', 'address', 'phone', 'item_code'] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

/** Compares two texts of one kind. Texts that say nothing are different. */
export function matchTexts(kind: MatchKind, a: string, b: string): Match {
  if (kind === 'person') return matchPersons(a, b);
  if (kind === 'organisation') return matchOrganisations(a, b);
  if (kind === 'address') return matchAddresses(a, b);
  if (kind === 'phone') return matchPhones(a, b);
  const [x, y] = [codeOf(a), codeOf(b)];
  return matchOf(x !== '' && x === y ? 'exact' : 'different');
}

/** Keys in the index of entries: two texts that may be one share at least one, single words apart. */
export function matchKeys(kind: MatchKind, text: string): string[] {
  if (kind === 'person') return personKeys(text);
  if (kind === 'address') return addressKeys(text);
  const key =
    kind === 'organisation'
      ? `o:${foldedWords(bodyOf(text).core).split(' ').toSorted().join(' ')}`
      : kind === 'phone'
        ? `n:${phoneOf(text).digits}`
        : `c:${codeOf(text)}`;
  return key.length > 2 ? [key] : [];
}

const codeOf = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]/g, '');

// ---- Persons

const HONORIFICS = new Set([
  'ông',
  'ong',
  'bà',
  'ba',
  'anh',
  'chị',
  'chi',
  'cô',
  'co',
  'chú',
  'chu',
  'bác',
  'bac',
  'em',
  'mr',
  'mrs',
  'ms',
]);

/** The name as it is read; and without a form of address, which may stand before a surname only. Ông and Cô are surnames too, so both count. */
function readings(text: string): Syllable[][] {
  const all = syllables(words(text));
  const [first, second] = all;
  return first && second && HONORIFICS.has(first.raw) && isSurname(second.folded) ? [all, all.slice(1)] : [all];
}

function matchPersons(a: string, b: string): Match {
  const found = readings(a).flatMap((x) => readings(b).map((y) => matchReadings(x, y)));
  return found.reduce((best, next) => (next.score > best.score ? next : best));
}

function matchReadings(x: readonly Syllable[], y: readonly Syllable[]): Match {
  if (x.length === 0 || y.length === 0) return matchOf('different');
  const whole = agreement(x, y);
  if (x.length === y.length && agrees(whole)) return agreed(whole, x, y);
  if (reordered(x, y)) return matchOf('order');
  if (initialled(x, y) || initialled(y, x)) return matchOf('initials');
  const [short, long] = x.length < y.length ? [x, y] : [y, x];
  // The name by which somebody is called is the last: with it a part says more.
  if (short.length < long.length && within(short, long))
    return matchOf('partial', '', (8 * short.length) / long.length + (compatible(short.at(-1), long.at(-1)) ? 4 : 0));
  return agreed(whole, x, y);
}

const agrees = (whole: Agreement): boolean => whole.how !== 'contradicts' && whole.how !== 'other';

const compatible = (a: Syllable | undefined, b: Syllable | undefined): boolean => {
  if (!a || !b) return false;
  const how = relation(a, b);
  return how === 'equal' || how === 'omitted';
};

/** The same words in another order, each compatible with its own. */
function reordered(x: readonly Syllable[], y: readonly Syllable[]): boolean {
  if (x.length !== y.length || x.length < 2) return false;
  const left = [...y];
  // What is equal takes its own first: "An Ân" must not use up the wrong one.
  const rest = x.filter((s) => !take(left, (other) => relation(s, other) === 'equal'));
  return rest.every((s) => take(left, (other) => compatible(s, other)));
}

function take(left: Syllable[], test: (s: Syllable) => boolean): boolean {
  const at = left.findIndex(test);
  if (at >= 0) left.splice(at, 1);
  return at >= 0;
}

/** N.V. Tuấn for Nguyễn Văn Tuấn: the last word whole, the others by their first letters. */
function initialled(short: readonly Syllable[], long: readonly Syllable[]): boolean {
  if (short.length !== long.length || short.length < 2 || !compatible(short.at(-1), long.at(-1))) return false;
  const front = short.slice(0, -1);
  const abbreviates = (s: Syllable, i: number): boolean =>
    /^(\p{L}|ng|th|tr|ph)$/u.test(s.letters) &&
    (long[i]?.letters.startsWith(s.letters) === true || long[i]?.folded.startsWith(s.letters) === true);
  return front.some(abbreviates) && front.every((s, i) => abbreviates(s, i) || compatible(s, long[i]));
}

function within(short: readonly Syllable[], long: readonly Syllable[]): boolean {
  let from = 0;
  return short.every((s) => {
    const at = long.findIndex((other, i) => i >= from && compatible(s, other));
    from = at + 1;
    return at >= 0;
  });
}

/** All words in order of the alphabet; each two of them unless both are borne by half the country; initials before the last word. */
function personKeys(text: string): string[] {
  return [...new Set(readings(text).flatMap((name) => keysOf(name.map((s) => s.folded))))];
}

function keysOf(folded: readonly string[]): string[] {
  if (folded.length === 0) return [];
  const few = folded.slice(0, 8);
  const pairs = few.flatMap((a, i) => few.slice(i + 1).map((b) => [a, b].toSorted()));
  const telling = pairs.filter(([a = '', b = '']) => !(COMMON.has(a) && COMMON.has(b)));
  const initials = folded
    .slice(0, -1)
    .map((word) => word[0] ?? '')
    .join('');
  return [
    `p:${folded.toSorted().join(' ')}`,
    ...telling.map((pair) => `q:${pair.join(' ')}`),
    ...(initials === '' ? [] : [`i:${initials} ${folded.at(-1)}`]),
  ];
}

// ---- Organisations

/** Abbreviations as bodies and firms write them, longest first; read before accents are looked at. */
const ABBREVIATIONS: readonly (readonly [RegExp, string])[] = [
  [/^ctcp$/, 'công ty cổ phần'],
  [/^(cty|cti)$/, 'công ty'],
  [/^cp$/, 'cổ phần'],
  [/^tnhh$/, 'trách nhiệm hữu hạn'],
  [/^(mtv|1tv)$/, 'một thành viên'],
  [/^dntn$/, 'doanh nghiệp tư nhân'],
  [/^htx$/, 'hợp tác xã'],
  [/^tct$/, 'tổng công ty'],
  [/^cn$/, 'chi nhánh'],
  [/^vpđd$/, 'văn phòng đại diện'],
  [/^vn$/, 'việt nam'],
  [/^(tphcm|hcm|hcmc)$/, 'hồ chí minh'],
  [/^hn$/, 'hà nội'],
  [/^ubnd$/, 'ủy ban nhân dân'],
  [/^hđnd$/, 'hội đồng nhân dân'],
  [/^xnk$/, 'xuất nhập khẩu'],
  [/^tm$/, 'thương mại'],
  [/^dv$/, 'dịch vụ'],
  [/^sx$/, 'sản xuất'],
  [/^xd$/, 'xây dựng'],
  [/^vt$/, 'vận tải'],
  [/^đt$/, 'đầu tư'],
  [/^kdxnk$/, 'kinh doanh xuất nhập khẩu'],
];
/** Legal forms by their folded words; what is left when they are taken away is the name. */
const FORMS: readonly (readonly [form: string, words: string])[] = [
  ['joint_stock', 'cong ti co phan'],
  ['one_member', 'cong ti trach nhiem huu han mot thanh vien'],
  ['limited', 'cong ti trach nhiem huu han'],
  ['private', 'doanh nghiep tu nhan'],
  ['cooperative', 'hop tac xa'],
  ['corporation', 'tong cong ti'],
  ['company', 'cong ti'],
];

type Body = { forms: string; core: string[] };

/** A body's forms and the words of its own name. */
function bodyOf(text: string): Body {
  const spelled = words(text.replaceAll('&', ' và ').replace(/\bTP\.?\s*HCM\b/gi, 'hcm'));
  const all = spelled.flatMap((word) => ABBREVIATIONS.find(([short]) => short.test(word))?.[1].split(' ') ?? [word]);
  let rest = all;
  const forms: string[] = [];
  for (const [form, said] of [...FORMS].toSorted((a, b) => b[1].length - a[1].length)) {
    const count = said.split(' ').length;
    const at = rest.findIndex((_, i) => foldedWords(rest.slice(i, i + count)) === said);
    if (at < 0) continue;
    forms.push(form);
    rest = [...rest.slice(0, at), ...rest.slice(at + count)];
  }
  return { forms: forms.toSorted().join(), core: rest };
}

function matchOrganisations(a: string, b: string): Match {
  const [p, q] = [bodyOf(a), bodyOf(b)];
  const [x, y] = [syllables(p.core), syllables(q.core)];
  if (x.length === 0 || y.length === 0) return matchOf('different');
  const whole = agreement(x, y);
  if (x.length === y.length && agrees(whole)) {
    if (p.forms !== q.forms) return matchOf('form', '', p.forms === '' || q.forms === '' ? 3 : 0);
    const asWritten = words(a).join(' ') === words(b).join(' ');
    return whole.how === 'exact' && !asWritten ? matchOf('spelling') : agreed(whole, x, y);
  }
  if (reordered(x, y)) return matchOf('order');
  const [short, long] = x.length < y.length ? [x, y] : [y, x];
  if (short.length > 1 && short.length < long.length && within(short, long))
    return matchOf('partial', '', (8 * short.length) / long.length);
  return agreed(whole, x, y);
}

// ---- Phones

/** Mobile prefixes of eleven digits as they have been since the numbering plan of 2018. */
const RENUMBERED: Record<string, string> = {
  '0120': '070',
  '0121': '079',
  '0122': '077',
  '0126': '076',
  '0128': '078',
  '0123': '083',
  '0124': '084',
  '0125': '085',
  '0127': '081',
  '0129': '082',
  '0162': '032',
  '0163': '033',
  '0164': '034',
  '0165': '035',
  '0166': '036',
  '0167': '037',
  '0168': '038',
  '0169': '039',
  '0186': '056',
  '0188': '058',
  '0199': '059',
};

function phoneOf(text: string): { digits: string; as_told: string } {
  const bare = text
    .replace(/^[^\d+]*/, '')
    .replace(/\(0\)/, '')
    .replace(/[^\d+]/g, '');
  const as_told = bare.replace(/^(\+|00)84|^84(?=\d{9,10}$)/, '0').replace(/^00(?=[1-9])/, '0');
  const now = as_told.length === 11 ? RENUMBERED[as_told.slice(0, 4)] : undefined;
  return { digits: now === undefined ? as_told : `${now}${as_told.slice(4)}`, as_told };
}

function matchPhones(a: string, b: string): Match {
  const [x, y] = [phoneOf(a), phoneOf(b)];
  if (x.digits.length < 6 || x.digits !== y.digits) return matchOf('different');
  if (x.as_told !== y.as_told) return matchOf('renumbered');
  return matchOf(a.trim() === b.trim() ? 'exact' : 'spelling');
}
