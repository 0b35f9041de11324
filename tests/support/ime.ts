// Plays Vietnamese typing software as Unikey works: it holds back a key, sends Backspaces and what shall stand there instead.
// Rules: Telex aa ee oo dd aw ow uw w [ ] s f r x j z; VNI 1-9, 0; marks may be typed anywhere later in the word; typing a mark twice
// takes it back. It knows no spelling, so it meddles more than the real one. Shares nothing with src/scan.

export type Sent = { char: string; physical: boolean };
type Slot = { letter: string; shape: '' | '^' | 'w' | 'u' | '-'; lone: string };
type Word = { slots: Slot[]; tone: number; off: boolean };

const SHAPED: Record<string, string> = { 'a^': 'â', 'e^': 'ê', 'o^': 'ô', ow: 'ơ', uw: 'ư', au: 'ă', 'd-': 'đ' };
const MARKS = ['', '\u0301', '\u0300', '\u0309', '\u0303', '\u0323'];
const isVowel = (slot: Slot): boolean => 'aeiouy'.includes(slot.letter.toLowerCase());

function tonePlace(slots: Slot[]): number {
  const vowels = slots.flatMap((slot, i) => (isVowel(slot) ? [i] : []));
  const last = vowels.at(-1) ?? -1;
  const run = vowels.filter((_, i) => vowels.slice(i).every((at, n) => at === (vowels[i] ?? 0) + n));
  const shaped = run.findLast((i) => slots[i]?.shape !== '');
  if (shaped !== undefined) return shaped;
  return run.length < 2 || last < slots.length - 1 ? last : (run.at(-2) ?? last);
}

function show({ slots, tone }: Word): string {
  const place = tone === 0 ? -1 : tonePlace(slots);
  const text = slots.map(({ letter, shape }, i) => {
    const lower = letter.toLowerCase();
    const shaped = shape === '' ? lower : (SHAPED[lower + shape] ?? lower);
    const whole = (shaped + (i === place ? (MARKS[tone] ?? '') : '')).normalize('NFC');
    return letter === lower ? whole : whole.toUpperCase();
  });
  return text.join('');
}

/** What one key does to the word; false: it is written as it stands. */
function mark(word: Word, key: string, ime: 'telex' | 'vni'): boolean {
  const { slots } = word;
  if (word.off) return false;
  const low = key.toLowerCase();
  const literal = (): true => {
    slots.push({ letter: key, shape: '', lone: '' });
    word.off = true;
    return true;
  };
  const tone = ime === 'telex' ? 'zsfrxj'.indexOf(low) : '012345'.indexOf(low);
  if (tone >= 0) {
    if (!slots.some(isVowel) || (tone === 0 && word.tone === 0)) return false;
    const again = tone !== 0 && word.tone === tone;
    word.tone = again ? 0 : tone;
    return again ? literal() : true;
  }
  const shapes = (letters: string, shape: Slot['shape']): boolean => {
    const fits = slots.filter((slot) => letters.includes(slot.letter.toLowerCase()) && SHAPED[slot.letter.toLowerCase() + shape] !== undefined);
    const last = fits.at(-1);
    if (!last) return false;
    // uo takes the horn on both.
    const both = shape === 'w' && last.letter.toLowerCase() === 'o' ? slots[slots.indexOf(last) - 1] : undefined;
    const pair = both && both.letter.toLowerCase() === 'u' ? [both, last] : [last];
    const again = last.shape === shape;
    for (const slot of pair) slot.shape = again ? '' : shape;
    return again ? literal() : true;
  };
  if (ime === 'vni') {
    if (low === '6') return shapes('aeo', '^');
    if (low === '7') return shapes('uo', 'w');
    if (low === '8') return shapes('a', 'u');
    return low === '9' ? shapes('d', '-') : false;
  }
  if ('aeo'.includes(low)) return shapes(low, '^');
  if (low === 'd') return shapes('d', '-');
  const end = slots.at(-1);
  if (end && end.lone !== '' && end.lone === low) {
    slots.splice(-1, 1, { letter: key, shape: '', lone: '' });
    word.off = true;
    return true;
  }
  if (low === 'w') {
    const target = slots.findLast((slot) => 'aou'.includes(slot.letter.toLowerCase()));
    if (target) return shapes(target.letter.toLowerCase(), target.letter.toLowerCase() === 'a' ? 'u' : 'w');
  }
  if (low === 'w' || low === '[' || low === ']') {
    const upper = key === 'W';
    slots.push({ letter: low === '[' ? 'o' : upper ? 'U' : 'u', shape: 'w', lone: low });
    return true;
  }
  return false;
}

/** What reaches the program for each key, key by key. */
export function playIme(keys: string, ime: 'telex' | 'vni'): Sent[][] {
  let word: Word = { slots: [], tone: 0, off: false };
  return [...keys].map((key) => {
    const before = show(word);
    if (!mark(word, key, ime)) {
      if (/[a-z]/i.test(key)) word.slots.push({ letter: key, shape: '', lone: '' });
      else {
        word = { slots: [], tone: 0, off: false };
        return [{ char: key, physical: true }];
      }
    }
    const after = show(word);
    if (after === before + key) return [{ char: key, physical: true }];
    let same = 0;
    while (same < before.length && before[same] === after[same]) same++;
    const back = Array.from({ length: before.length - same }, () => ({ char: '\b', physical: false }));
    return [...back, ...Array.from(after.slice(same), (char) => ({ char, physical: false }))];
  });
}
