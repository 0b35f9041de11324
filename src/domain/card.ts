// Numbers on cards that we print for scanners: bags, seals, badges, commands, stations, receivers.
// Source: ISO 7064:2003, hybrid system MOD 37,36: one check character; every single wrong character and every pair of neighbours swapped is found.

import { assert } from '../base/assert.ts';

export const CARDS = { B: 'bag', S: 'seal', U: 'badge', C: 'command', ST1: 'station', R: 'receiver' } as const;
export type CardPrefix = keyof typeof CARDS;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** ISO 7064 MOD 37,36 of upper-case letters and digits. */
export function checkCharacter(text: string): string {
  let sum = 36;
  for (const sign of text) {
    const value = ALPHABET.indexOf(sign);
    assert(value >= 0, 'a check character over a sign that has no value');
    sum = (sum + value) % 36 || 36;
    sum = (sum * 2) % 37;
  }
  return ALPHABET[(37 - sum) % 36] ?? '';
}

/** Covers the prefix too, so that a seal is never read as a badge; hyphens have no value and are left out. */
const checkOf = (prefix: string, code: string): string => checkCharacter(`${prefix}${code.replaceAll('-', '')}`);

/** What a card's barcode says, e.g. U and LS1006 -> `U:LS1006` and its check character. */
export function cardText(prefix: CardPrefix, code: string): string {
  assert(/^[A-Z0-9][A-Z0-9-]{0,34}$/.test(code), 'a card for a code that no card can carry');
  return `${prefix}:${code}${checkOf(prefix, code)}`;
}

/** The code on a card; null: the check character is wrong; undefined: this is no card. Expects upper case. */
export function readCard(text: string): { prefix: CardPrefix; code: string } | null | undefined {
  const match = /^(B|S|U|C|ST1|R):([A-Z0-9][A-Z0-9-]{0,34})([A-Z0-9])$/.exec(text);
  if (!match) return /^(B|S|U|C|ST1|R):/.test(text) ? null : undefined;
  const [, prefix = '', code = '', check] = match;
  return checkOf(prefix, code) === check ? { prefix: prefix as CardPrefix, code } : null;
}
