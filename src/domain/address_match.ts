// Addresses cut into house number, street, hamlet, commune, district and province, whatever word or abbreviation says so.
// Figures must be equal; names agree as those of people do. Pure. The district may be missing: there are none since 2025.

import { agreed, matchOf } from './match_tier.ts';
import type { Match } from './match_tier.ts';
import { agreement, foldedWords, syllables, words } from './syllable.ts';

type Level = 'house' | 'lane' | 'street' | 'group' | 'hamlet' | 'commune' | 'district' | 'province' | 'city';
type Part = { level: Level | null; words: string[] };

/** Folded words and abbreviations of each level; two words before one. Abbreviations must be followed by a dot or a figure, or stand in capitals. */
const LEVEL_WORDS: readonly (readonly [Level, string])[] = [
  ['hamlet', 'to dan pho'],
  ['hamlet', 'khu dan cu'],
  ['hamlet', 'khu pho'],
  ['city', 'thanh pho'],
  ['district', 'thi xa'],
  ['commune', 'thi tran'],
  ['house', 'so nha'],
  ['commune', 'dac khu'],
  ['lane', 'ngo'],
  ['lane', 'ngach'],
  ['lane', 'hem'],
  ['lane', 'kiet'],
  ['street', 'duong'],
  ['street', 'pho'],
  ['street', 'dai lo'],
  ['group', 'to'],
  ['hamlet', 'thon'],
  ['hamlet', 'khoi'],
  ['hamlet', 'ban'],
  ['hamlet', 'xom'],
  ['hamlet', 'ap'],
  ['hamlet', 'khu'],
  ['commune', 'xa'],
  ['commune', 'phuong'],
  ['district', 'huyen'],
  ['district', 'quan'],
  ['province', 'tinh'],
  ['house', 'so'],
];
/** Read before anything else, in their dotted or capital form only. */
const ABBREVIATIONS: readonly (readonly [RegExp, string])[] = [
  [/\bTDP\b\.?/giu, ' tổ dân phố '],
  [/\bKDC\b\.?/giu, ' khu dân cư '],
  [/\bTP\s?\.?\s?HCM\b/giu, ' thành phố hồ chí minh '],
  [/\bTP\b\.?/giu, ' thành phố '],
  [/\bTX\b\.?/gu, ' thị xã '],
  [/\bTT\b\.?/gu, ' thị trấn '],
  [/\bSN\b\.?/giu, ' số nhà '],
  [/\bKP\b\.?/gu, ' khu phố '],
  [/(?<![\p{L}\d])Đ\.\s*/gu, ' đường '],
  [/\bP\.\s*(?=\p{L}|\d)/gu, ' phường '],
  [/\bQ\.\s*/gu, ' quận '],
  [/\bH\.\s*/gu, ' huyện '],
  [/\bX\.\s*/gu, ' xã '],
  [/\bT\.\s*/gu, ' tỉnh '],
  [/\bQ(?=\d{1,2}\b)/gu, ' quận '],
  [/\bP(?=\d{1,2}\b)/gu, ' phường '],
  [/\bHN\b/gu, ' hà nội '],
  [/\bHCM\b/gu, ' hồ chí minh '],
  [/\bVN\b|Việt Nam\s*$/gu, ' '],
];

/** One writing of a figure: 012a is 12a; 12-5 in a lane is 12/5. */
const figure = (word: string): string => word.replace(/^0+(?=\d)/, '');
const isFigure = (word: string): boolean => /^\d+[a-z]?(\/\d+[a-z]?)*$/.test(word);
const tokensOf = (text: string): string[] =>
  (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/\d+[a-z]?(?:\s*\/\s*\d+[a-z]?)*(?![\p{L}\d])|[\p{L}\p{M}\p{N}]+/gu) ?? []
  )
    .map((word) => figure(word.replace(/\s/g, '')))
    .slice(0, 40);

function levelAt(tokens: readonly string[], at: number): { level: Level; count: number } | null {
  for (const [level, said] of LEVEL_WORDS) {
    const count = said.split(' ').length;
    if (at + count < tokens.length && foldedWords(tokens.slice(at, at + count)) === said) return { level, count };
  }
  return null;
}

/** A word of level begins a part, unless it stands right behind another: đường Xã Đàn is a street. Without accents "to", "ban", "khu" may be names, so they count only before a figure or at the beginning. */
function partsOf(text: string): Part[] {
  let spelled = text.normalize('NFC');
  for (const [short, long] of ABBREVIATIONS) spelled = spelled.replace(short, long);
  const parts: Part[] = [];
  for (const segment of spelled.split(/[,;\n]|\s[-–]\s/)) {
    let part = null as Part | null;
    const tokens = tokensOf(segment);
    for (let i = 0; i < tokens.length;) {
      const found: ReturnType<typeof levelAt> = part !== null && part.level !== null && part.words.length === 0 ? null : levelAt(tokens, i);
      const begins =
        found !== null &&
        (part === null ||
          found.level === 'street' ||
          found.level === 'commune' ||
          found.level === 'district' ||
          found.level === 'province' ||
          found.level === 'city' ||
          isFigure(tokens[i + found.count] ?? ''));
      if (found !== null && begins) {
        parts.push((part = { level: found.level, words: [] }));
        i += found.count;
        continue;
      }
      const word = tokens[i] ?? '';
      if (
        part === null ||
        (part.level === 'house' && part.words.length > 0) ||
        (part.level === 'lane' && part.words.length > 0 && isFigure(part.words[0] ?? ''))
      ) {
        // What follows a house number is its street.
        parts.push(
          (part = {
            level: isFigure(word) && part === null ? 'house' : part?.level === 'house' || part?.level === 'lane' ? 'street' : null,
            words: [],
          }),
        );
      }
      part.words.push(word);
      i++;
    }
  }
  return parts.filter((part) => part.words.length > 0);
}

const couldBe = (a: Part, b: Part): boolean =>
  a.level === b.level ||
  a.level === null ||
  b.level === null ||
  (a.level === 'city' && (b.level === 'province' || b.level === 'district')) ||
  (b.level === 'city' && (a.level === 'province' || a.level === 'district'));
const compare = (a: Part, b: Part) => agreement(syllables(a.words), syllables(b.words));
const fits = (a: Part, b: Part): boolean => {
  const { how } = compare(a, b);
  return how !== 'other' && how !== 'contradicts';
};

/** Compares two addresses part by part. */
export function matchAddresses(a: string, b: string): Match {
  const [x, y] = [partsOf(a), partsOf(b)];
  if (x.length === 0 || y.length === 0) return matchOf('different');
  const left = [...y];
  const pairs: (readonly [Part, Part])[] = [];
  const alone = x.filter((part) => {
    const at = left.findIndex((other) => couldBe(part, other) && fits(part, other));
    const [other] = at < 0 ? [] : left.splice(at, 1);
    if (other) pairs.push([part, other]);
    return other === undefined;
  });
  const named = pairs.filter(([part]) => part.words.some((word) => !isFigure(word)));
  const share = pairs.length / Math.max(x.length, y.length);
  // Something on each side that the other does not say: two places, unless nothing but marks parts them.
  if (alone.length > 0 && left.length > 0) {
    const marks =
      alone.length === left.length &&
      alone.every((part) => left.some((other) => couldBe(part, other) && compare(part, other).how === 'contradicts'));
    return marks ? matchOf('contradicts', '', 4 * share) : matchOf('different', '', 20 * share);
  }
  if (named.length === 0) return matchOf('different', '', 20 * share);
  const worst = pairs
    .map(([p, q]) => ({ p, q, found: compare(p, q) }))
    .toSorted((p, q) => ORDER.indexOf(q.found.how) - ORDER.indexOf(p.found.how))[0];
  if (!worst) return matchOf('different');
  const said = agreed(worst.found, syllables(worst.p.words), syllables(worst.q.words));
  const missing = [...alone, ...left];
  if (missing.length > 0) {
    const districtOnly = missing.every((part) => part.level === 'district') && pairs.length >= 2;
    return districtOnly && said.same ? matchOf('district') : matchOf('partial', '', 12 * share);
  }
  return said.tier === 'exact' && words(a).join(' ') !== words(b).join(' ') ? matchOf('spelling') : said;
}
const ORDER = ['exact', 'spelling', 'unaccented', 'mixed', 'contradicts', 'other'];

/** Each two parts of an address; the country's 34 provinces and what is only a figure say too little alone. */
export function addressKeys(text: string): string[] {
  const folded = partsOf(text)
    .map((part) => foldedWords(part.words))
    .slice(0, 8);
  const pairs = folded.flatMap((a, i) => folded.slice(i + 1).map((b) => [a, b].toSorted().join('|')));
  return [...new Set(folded.length === 1 ? [`a:${folded[0]}`] : pairs.map((pair) => `a:${pair}`))];
}
