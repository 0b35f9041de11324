// CATALOGUE of how two texts may be one, with the words by which a person is told. Pure.

import type { Agreement, Syllable } from './syllable.ts';

/** Score from 0 to 100. 85 and more: same. 40 to 79: perhaps. Up to 30: different. */
export const TIERS = {
  exact: { score: 100, vi: 'Trùng từng chữ', en: 'The same to the letter' },
  spelling: { score: 97, vi: 'Trùng, khác cách viết', en: 'The same, written another way' },
  renumbered: { score: 95, vi: 'Trùng sau khi đổi đầu số', en: 'The same after the change of prefix' },
  unaccented: { score: 88, vi: 'Trùng, một bên không viết dấu', en: 'The same, one without marks' },
  district: { score: 85, vi: 'Trùng, một bên bỏ cấp huyện', en: 'The same, one without its district' },
  mixed: { score: 75, vi: 'Gần trùng: thiếu dấu ở một chữ', en: 'Perhaps: one word lacks its marks' },
  form: { score: 70, vi: 'Gần trùng: khác loại hình', en: 'Perhaps: another legal form' },
  order: { score: 65, vi: 'Gần trùng: khác thứ tự', en: 'Perhaps: another order' },
  initials: { score: 55, vi: 'Gần trùng: viết tắt', en: 'Perhaps: initials' },
  partial: { score: 42, vi: 'Gần trùng: chỉ một phần', en: 'Perhaps: only a part' },
  contradicts: { score: 25, vi: 'Khác: dấu trái nhau', en: 'Different: the marks contradict' },
  different: { score: 0, vi: 'Khác', en: 'Different' },
} as const satisfies Record<string, { score: number; vi: string; en: string }>;
export type Tier = keyof typeof TIERS;
export const SAME_FROM = 85;
export const PERHAPS_FROM = 40;

export type Match = { tier: Tier; score: number; same: boolean; vi: string; en: string };
/** `more` stays below the distance to the tier above. */
export function matchOf(tier: Tier, about = '', more = 0): Match {
  const { score, vi, en } = TIERS[tier];
  const told = about === '' ? '' : ` (${about})`;
  return { tier, score: Math.round((score + more) * 10) / 10, same: score >= SAME_FROM, vi: `${vi}${told}`, en: `${en}${told}` };
}

/** The tier of rows of one length, or how far apart they are. */
export function agreed({ how, at, share }: Agreement, x: readonly Syllable[], y: readonly Syllable[]): Match {
  if (how === 'other') return matchOf('different', '', 20 * share);
  if (how === 'exact' || how === 'spelling') return matchOf(how);
  const pair = `${x[at]?.raw} – ${y[at]?.raw}`;
  return matchOf(how, pair, how === 'contradicts' ? 4 * share : 2 * share);
}
