// What a scanned text means by itself. Pure; knows formats and check digits, not registers. Anything it cannot vouch for is unknown, with the reason.

import { readBagCode } from '../domain/bag.ts';
import { readCard, CARDS } from '../domain/card.ts';
import { readS10, S10 } from '../domain/code.ts';
import { readGs1 } from './gs1.ts';

export type What =
  'item' | 'label' | 'bag' | 'seal' | 'badge' | 'command' | 'station' | 'receiver' | 'gs1' | 'receptacle' | 'cccd' | 'url' | 'unknown';

export type Problem =
  | 'empty'
  | 'too_long'
  | 'doubled'
  | 'control_characters'
  | 'bidi'
  | 'script'
  | 'formula'
  | 'foreign_letters'
  | 'check_digit'
  | 'check_character'
  | 'reserved'
  | 'cccd_not_asked'
  | 'url'
  | 'format';

/**
 * `code`: the number itself, upper case, null if unknown. `mac`: of a label's Data Matrix, to be checked by whoever holds the key.
 * `text`: what is left of the scan to show and to keep for a day; empty where it must not be kept.
 */
export type Parsed = {
  what: What;
  code: string | null;
  text: string;
  aim: string | null;
  mac: string | null;
  elements: Record<string, string> | null;
  problem: Problem | null;
};

/** What a screen asks for beyond what is read everywhere: identity cards, and seals whose makers print bare numbers. */
export type Asks = readonly ('cccd' | 'seal')[];

const LONGEST = 512;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const BIDI = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff]/;
const SCRIPT = /<|javascript:|vbscript:|data:text|&#|\{\{|\$\{/i;

/** Reads in the order of ux.md c.1.5; the first that fits decides. */
export function parse(raw: string, asks: Asks = []): Parsed {
  // oxlint-disable-next-line no-control-regex -- GS and line ends
  const edged = raw.replace(/^[\r\n\t\u001d ]+|[\r\n\t\u001d ]+$/g, '');
  // Telex makes `ư` of the `]` of an AIM identifier. Who did it is told by ime.ts.
  const aim = /^[\]ưƯ]([A-Za-z][0-9A-Fa-f])/.exec(edged)?.[1] ?? null;
  const text = aim === null ? edged : edged.slice(3);
  const found = (what: What, code: string, more: Partial<Parsed> = {}): Parsed => {
    return { what, code, text: code, aim, mac: null, elements: null, problem: null, ...more };
  };
  const unknown = (problem: Problem, kept = text): Parsed => {
    return { what: 'unknown', code: null, text: kept.slice(0, 80), aim, mac: null, elements: null, problem };
  };

  if (text === '') return unknown('empty');
  // Before all else: an identity card must leave no trace, however it arrived.
  if (/^[0-9]{12}\|/.test(text))
    return asks.includes('cccd') && text.length <= LONGEST ? found('cccd', text.slice(0, 12), { text }) : unknown('cccd_not_asked', '');
  if (text.length > LONGEST) return unknown('too_long');
  if (isDoubled(text)) return unknown('doubled');
  const upper = text.toUpperCase();
  const card = readCard(upper);
  if (upper.startsWith('ST1:')) return card ? found('station', card.code) : (stationCard(text, found) ?? unknown('check_character'));
  if (card) return found(CARDS[card.prefix], card.code);
  if (card === null) return unknown('check_character');
  if (/^(C1|d2|Q3|e0)$/.test(aim ?? '') || text.includes('\u001d')) {
    const elements = readGs1(text);
    if (elements)
      return found('gs1', elements['00'] ?? elements['21'] ?? elements['01'] ?? text, { elements, text: text.replaceAll('\u001d', '|') });
  }
  if (CONTROL.test(text)) return unknown('control_characters', text.replace(new RegExp(CONTROL, 'g'), '�'));
  if (BIDI.test(text)) return unknown('bidi', text.replace(new RegExp(BIDI, 'g'), '�'));
  if (SCRIPT.test(text)) return unknown('script');
  if (/^https?:\/\//i.test(text) || /^www\./i.test(text))
    return found('url', text, { code: null, text: text.slice(0, 80), problem: 'url' });
  if (/^[=+\-@]/.test(text)) return unknown('formula');
  if (!/^[ -~]+$/.test(text)) return unknown('foreign_letters');

  const [head = '', mac] = /^([A-Z0-9-]{6,35})\.([A-Z2-7]{13})$/.exec(upper)?.slice(1) ?? [];
  if (mac !== undefined) return readS10(head).ok || !S10.test(head) ? found('label', head, { mac }) : unknown('check_digit');
  const bare = upper.replaceAll(' ', '');
  const item = readS10(bare);
  if (item.ok) return found('item', bare);
  if (item.problem !== 'shape') return unknown(item.problem);
  const bag = bagOf(bare);
  if (bag) return found('bag', bag);
  if (/^[A-Z]{12}[A-D][A-Z]{2}[0-9]{8}[0-9][0-9][0-9]{4}$/.test(bare)) return found('receptacle', bare);
  if (asks.includes('seal') && /^[A-Z0-9-]{3,24}$/.test(bare)) return found('seal', bare);
  return unknown('format');
}

/** A scanner with two ways in, or one that is set to send twice. Not halved: it would be guessed silently. */
const isDoubled = (text: string): boolean =>
  text.length >= 12 && text.length % 2 === 0 && text.slice(text.length / 2) === text.slice(0, text.length / 2);

/** The number, as scanned from an open bag's tag (23) or a sealed bag's label (29): bag labels carry no check digit. */
function bagOf(text: string): string | null {
  const code = /^(.{23})([01][01][0-9]{4})?$/.exec(text)?.[1];
  return code !== undefined && readBagCode(code) ? code : null;
}

/** `ST1:LS-CL-01K;canary;`: the number and its check character stand before the canary. */
function stationCard(text: string, found: (what: What, code: string, more?: Partial<Parsed>) => Parsed): Parsed | null {
  const card = readCard(text.split(';')[0]?.toUpperCase() ?? '');
  return card ? found('station', card.code, { text }) : null;
}

/** Whether a text is certainly one of ours at any speed, by check digit or by a shape that nobody types by chance. */
export function vouched(text: string, asks: Asks = []): boolean {
  const read = parse(text, asks);
  return (
    ['item', 'label', 'bag', 'badge', 'command', 'station', 'receiver', 'receptacle'].includes(read.what) ||
    (read.what === 'seal' && /^S:/i.test(text)) ||
    (read.what === 'gs1' && read.elements !== null)
  );
}
