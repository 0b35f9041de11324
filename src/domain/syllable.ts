// Vietnamese syllables for comparing names: base letters with their quality marks, and the tone apart, so that where the
// tone is written (hoà, hòa), composed or not, upper or lower case do not matter, and i and y are one where they sound alike.

/** `letters` keep ă â ê ô ơ ư đ and have no tone; `folded` are plain a-z and 0-9. `accented`: some mark was written. */
export type Syllable = { raw: string; letters: string; tone: string; folded: string; accented: boolean };

const TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;
const MARKS = /[\u0300-\u036f]/g;
/** Lone i or y after a consonant, or alone: Lý and Lí, Mỹ and Mĩ, Quý and Quí. Not in ay, uy, oay. */
const LONE_Y = /^([^aeiouy]*|qu)y$/;
const PLACES_MAX = 40;

function syllable(raw: string): Syllable {
  const taken = raw.normalize('NFD');
  const tone = (taken.match(TONES) ?? []).join('');
  const bare = taken.replace(TONES, '');
  const plain = bare.replace(MARKS, '').replaceAll('đ', 'd');
  const lone = LONE_Y.test(plain);
  const letters = (lone ? bare.replace('y', 'i') : bare).normalize('NFC');
  const folded = lone ? plain.replace('y', 'i') : plain;
  return { raw, letters, tone, folded, accented: letters !== folded || tone !== '' };
}

/** The words of a text in lower case, NFC; everything but letters and digits parts them. At most 40. */
export const words = (text: string): string[] =>
  (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  ).slice(0, PLACES_MAX);
export const syllables = (parts: readonly string[]): Syllable[] => parts.map(syllable);
export const foldedWords = (parts: readonly string[]): string =>
  syllables(parts)
    .map((s) => s.folded)
    .join(' ');

/** equal: same letters and tone. omitted: one has no mark where the other has. contradicts: both have, and other ones. other: other letters. */
export type Relation = 'equal' | 'omitted' | 'contradicts' | 'other';
export function relation(a: Syllable, b: Syllable): Relation {
  if (a.letters === b.letters && a.tone === b.tone) return 'equal';
  if (a.folded !== b.folded) return 'other';
  return a.accented && b.accented ? 'contradicts' : 'omitted';
}

/** Surnames, folded, that are never written without a mark by somebody who writes marks; with the middle words, what half the country bears. */
const MARKED_SURNAMES = new Set(
  'nguyen tran le pham huynh vu vo dang bui do ho ngo duong li dinh truong trinh dao doan luong ha phung la to ta tong'.split(' '),
);
const MARKED_MIDDLES = new Set(['van', 'thi']);
export const COMMON = new Set([...MARKED_SURNAMES, ...MARKED_MIDDLES, 'hoang', 'phan', 'mai', 'cao', 'lam']);
export const isSurname = (folded: string): boolean => COMMON.has(folded) && !MARKED_MIDDLES.has(folded);

/** Whether a word without marks cannot have been meant so: it stops in c, ch, p or t and so must bear a tone, or it is a surname or middle word that has one. */
const surelyOmitted = (s: Syllable, at: number): boolean =>
  (/[aeiouy](c|ch|p|t)$/.test(s.folded) && !/\d/.test(s.folded)) ||
  (at === 0 && MARKED_SURNAMES.has(s.folded)) ||
  (at > 0 && MARKED_MIDDLES.has(s.folded));

/** How two rows of syllables of one length agree; `at`: where they first disagree most. */
export type Agreement = { how: 'exact' | 'spelling' | 'unaccented' | 'mixed' | 'contradicts' | 'other'; at: number; share: number };
export function agreement(a: readonly Syllable[], b: readonly Syllable[]): Agreement {
  const relations = a.slice(0, b.length).map((s, i) => relation(s, b[i] ?? s));
  const share = relations.filter((r) => r === 'equal').length / Math.max(a.length, b.length, 1);
  const of = (how: Agreement['how'], at = 0): Agreement => ({ how, at, share });
  const first = (wanted: Relation): number => relations.indexOf(wanted);
  if (a.length !== b.length || a.length === 0 || first('other') >= 0) return of('other', Math.max(0, first('other')));
  if (first('contradicts') >= 0) return of('contradicts', first('contradicts'));
  const marked = [a.some((s) => s.accented), b.some((s) => s.accented)];
  // Who writes marks and leaves one word without meant it so, unless that cannot be.
  const meant = relations.findIndex((r, i) => {
    const [side, s] = a[i]?.accented === true ? [1, b[i]] : [0, a[i]];
    return r === 'omitted' && marked[side] === true && s !== undefined && !surelyOmitted(s, i);
  });
  if (meant >= 0) return of('mixed', meant);
  if (first('omitted') >= 0) return of('unaccented', first('omitted'));
  return of(a.every((s, i) => s.raw === b[i]?.raw) ? 'exact' : 'spelling');
}
