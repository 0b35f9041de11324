// Badge and PIN. In the demo, its made-up people are offered by role.

import { useEffect, useState } from 'preact/hooks';
import { Chips } from './chips.tsx';
import { machine, readReference } from './machine.ts';
import { api, ask, go, me } from './state.ts';
import { Button, Field, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { openSound } from './sound.ts';
import { either, say } from './words.ts';

const W = {
  title: ['Bắt đầu ca', 'Start of shift'],
  badge: ['Mã nhân viên', 'Badge'],
  badge_hint: ['Quét thẻ, hoặc gõ mã', 'Scan the card, or type it'],
  pin: ['Mã PIN', 'PIN'],
  start: ['Vào bàn làm việc', 'Go to my desk'],
  demo: ['Bản trình diễn: chọn một vai', 'Demo: choose a role'],
  demo_soft: ['Người và việc đều bịa ra. Mã PIN chung: {pin}.', 'People and mail are made up. Their PIN: {pin}.'],
  lead: ['Sổ hành trình có niêm phong cho bưu gửi KT1 và thư từ nhạy cảm.', 'A sealed chain of custody for KT1 and sensitive mail.'],
} as const;

type DemoPerson = { role: string; role_vi: string; role_en: string; badge: string; pin: string; full_name: string; office_code: string | null; agency_code: string | null };

export function SignIn() {
  const [badge, setBadge] = useState('');
  const [pin, setPin] = useState('');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [people, setPeople] = useState<readonly DemoPerson[]>([]);
  useEffect(() => {
    document.title = `${say(W.title)} – Niêm`;
    ask(api.demo.$get()).then(({ people: found }) => setPeople(found), () => undefined);
  }, []);
  const enter = async (who: { badge: string; pin: string }): Promise<void> => {
    setProblem(null);
    openSound();
    try {
      await machine.outbox.signIn({ badge: who.badge.trim().toUpperCase(), pin: who.pin });
      me.value = await ask(api.session.$get());
      void readReference().catch(() => undefined);
      go('/desk');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <div class="frame sign-in">
      <header class="top"><Chips /></header>
      <main class="main" id="main">
        <div class="sign-in-columns">
          <form class="stack" onSubmit={(event) => { event.preventDefault(); void enter({ badge, pin }); }}>
            <h1>{say(W.title)}</h1>
            <p class="soft">{say(W.lead)}</p>
            {problem ? <Refusal problem={problem} /> : null}
            <Field label={say(W.badge)} hint={say(W.badge_hint)} value={badge} onInput={setBadge} autoFocus name="badge" autoComplete="username" max={16} />
            <Field label={say(W.pin)} value={pin} onInput={setPin} secret inputMode="numeric" name="pin" autoComplete="current-password" max={12} onEnter={() => void enter({ badge, pin })} />
            <Button kind="main" onPress={() => enter({ badge, pin })}>{say(W.start)}</Button>
          </form>
          {people.length > 0 ? (
            <section aria-labelledby="demo">
              <h2 id="demo">{say(W.demo)}</h2>
              <p class="soft">{say(W.demo_soft, { pin: people[0]?.pin })}</p>
              <ul class="people">
                {people.map((person) => (
                  <li key={person.badge}>
                    <button type="button" onClick={() => void enter(person)}>
                      <strong>{either(person.role_vi, person.role_en)}</strong>
                      <span>{person.full_name}</span>
                      <span class="soft code">{person.badge} · {person.office_code ?? person.agency_code}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
        </div>
      </main>
    </div>
  );
}
