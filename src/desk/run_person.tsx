// The other person of a handing over, here and now: badge and PIN, kept in memory while the two stand together, and each item confirmed by itself.

import { useRef, useState } from 'preact/hooks';
import { machine, useScans } from './machine.ts';
import type { Scan } from './machine.ts';
import { api, ask } from './state.ts';
import { Button, Field, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { say } from './words.ts';

export type Other = { badge: string; pin: string; person_id: string; full_name: string };
type Staff = { person_id: string; badge: string; full_name: string };

const W = {
  badge: ['Thẻ', 'Badge'], pin: ['Mã PIN', 'PIN'], go: ['Xác nhận', 'Confirm'],
  hint: ['Quét thẻ, hoặc gõ số thẻ', 'Scan the badge, or type its number'],
} as const;

/** People of this office: fresh from the server, or as this machine kept them. */
async function staff(): Promise<Staff[]> {
  const fresh = await ask(api.desk.$get()).catch(() => null);
  const data = (fresh ?? (await machine.outbox.desk())?.data ?? {}) as { staff?: Staff[] };
  return data.staff ?? [];
}
const UNKNOWN: ProblemWords = {
  refusal: 'unknown_badge', vi: 'Thẻ này không phải của người ở bưu cục này.', en: 'This badge is of nobody at this office.',
  remedy_vi: 'Quét lại thẻ của người cùng bưu cục.', remedy_en: 'Scan the badge of somebody of this office.',
};

export function AskPerson({ label, onKnown }: { label: string; onKnown: (other: Other) => void }) {
  const [badge, setBadge] = useState('');
  const [pin, setPin] = useState('');
  // Enter may follow the last key before the page is drawn again.
  const typed = useRef({ badge: '', pin: '' });
  const setBadgeNow = (value: string): void => { typed.current.badge = value; setBadge(value); };
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  useScans('second_person', (scan) => scan.what === 'badge' && setBadgeNow(scan.code ?? ''));
  const go = async (): Promise<void> => {
    setProblem(null);
    const given = { ...typed.current };
    if (given.badge === '' || given.pin === '') return;
    try {
      const person = (await staff()).find((known) => known.badge === given.badge);
      if (person) onKnown({ ...given, person_id: person.person_id, full_name: person.full_name });
      else setProblem(UNKNOWN);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <fieldset class="stack person">
      <legend>{label}</legend>
      {problem ? <Refusal problem={problem} /> : null}
      <Field label={say(W.badge)} hint={say(W.hint)} value={badge} onInput={(value) => setBadgeNow(value.toUpperCase())} name="other-badge" max={24} />
      <Field label={say(W.pin)} value={pin} onInput={(value) => { typed.current.pin = value; setPin(value); }} secret inputMode="numeric" name="other-pin" max={12} onEnter={() => void go()} />
      <Button kind="main" onPress={go} disabled={badge === '' || pin === ''} why="">{say(W.go)}</Button>
    </fieldset>
  );
}

/** Takes scans from when it is shown: a page that first asks for a person leaves them to the asking. */
export function Takes({ screen, take }: { screen: string; take: (scan: Scan) => unknown }) {
  useScans(screen, take);
  return null;
}
