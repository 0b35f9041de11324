// GS1 element strings, as far as parcels carry them. Source: GS1 General Specifications, predefined lengths and check digit.

const GS = '\u001d';

/** Application identifiers that are read, and the length of their value; 0: up to the next GS. */
const LENGTHS: Readonly<Record<string, number>> = {
  '00': 18,
  '01': 14,
  '02': 14,
  '11': 6,
  '13': 6,
  '15': 6,
  '17': 6,
  '10': 0,
  '21': 0,
  '37': 0,
  '400': 0,
  '401': 0,
  '402': 17,
  '403': 0,
  '410': 13,
  '413': 13,
  '414': 13,
  '420': 0,
  '421': 0,
};

export function gs1CheckDigit(digits: string): number {
  let sum = 0;
  for (const [i, digit] of [...digits].toReversed().entries()) sum += Number(digit) * (i % 2 === 0 ? 3 : 1);
  return (10 - (sum % 10)) % 10;
}

/** The elements by identifier; null: no GS1 string that we read, or a wrong check digit. */
export function readGs1(text: string): Record<string, string> | null {
  const elements: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    const ai = [text.slice(at, at + 2), text.slice(at, at + 3)].find((head) => Object.hasOwn(LENGTHS, head));
    if (ai === undefined) return null;
    at += ai.length;
    const length = LENGTHS[ai] ?? 0;
    const gs = text.indexOf(GS, at);
    const end = length > 0 ? at + length : gs < 0 ? text.length : gs;
    const value = text.slice(at, end);
    if (!(length > 0 ? value.length === length && /^[0-9]+$/.test(value) : /^[!-~]{1,30}$/.test(value))) return null;
    if (['00', '01', '02', '410', '413', '414'].includes(ai) && gs1CheckDigit(value.slice(0, -1)) !== Number(value.at(-1))) return null;
    elements[ai] = value;
    at = text[end] === GS ? end + 1 : end;
  }
  return at > 0 ? elements : null;
}
