// Badge and PIN, with a network or without. A browser that is not enrolled can be, by an administrator's code. In the demo, its
// made-up people are offered by role, and the machine enrols itself by the demo's own administrator.

import { useEffect, useState } from 'preact/hooks';
import { Chips } from './chips.tsx';
import { machine, queue, readReference, signIn, useScans } from './machine.ts';
import { api, ask, go, me, token } from './state.ts';
import type { Me } from './state.ts';
import { openSound } from './sound.ts';
import { Button, Field, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
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
  device: ['Máy này', 'This machine'],
  enrolled: ['Máy {name} của bưu cục {office}. Quét được cả khi mất mạng; mọi lần quét được ký trên máy.', 'Machine {name} of office {office}. It scans without a network too; every scan is signed here.'],
  not_enrolled: ['Máy chưa đăng ký: chỉ làm việc khi có mạng. Xin mã 12 ký tự của quản trị để đăng ký.', 'Not enrolled: works only with a network. Ask an administrator for a 12-character code.'],
  lost: ['Trình duyệt đã mất bộ nhớ và khóa của máy. Xin mã mới của quản trị để đăng ký lại.', 'The browser lost its storage and its key. Ask an administrator for a new code.'],
  code: ['Mã đăng ký máy', 'Enrolment code'],
  name: ['Tên máy', 'Name of the machine'],
  enrol: ['Đăng ký máy này', 'Enrol this machine'],
  offline: ['Đang không có mạng. Ai đã vào máy này trong 72 giờ qua thì vào được bằng thẻ và PIN.', 'No network. Whoever signed in here within 72 hours can, with badge and PIN.'],
  busy: ['Đang chuẩn bị máy…', 'Preparing the machine…'],
} as const;

type DemoPerson = { role: string; role_vi: string; role_en: string; badge: string; pin: string; full_name: string; office_code: string | null; agency_code: string | null };

const offline = (): boolean => ['offline', 'slow', 'portal', 'server_error'].includes(queue.value.link) && queue.value.device.kind === 'enrolled';

async function enter(input: { badge: string; pin: string }): Promise<void> {
  openSound();
  const who = offline() ? await machine.outbox.offlineSignIn(input) : await signIn(input);
  token.value = who.token;
  // Without a network the grant says who it is and what he may; the server is asked as soon as it answers.
  me.value = who.how === 'offline'
    ? { ...who, agency_code: null, device_id: queue.value.device.kind === 'enrolled' ? queue.value.device.device_id : null, shift_id: null, roles: [...who.roles], permissions: [...who.permissions], clearance: 'NONE', kt1_trained: false, locked: false } satisfies Me
    : await ask(api.session.$get());
  void readReference();
  go('/desk');
}

/** The demo's administrator makes a code for the person's office, and this browser is enrolled with it. */
async function enrolForDemo(people: readonly DemoPerson[], person: DemoPerson): Promise<void> {
  const admin = people.find((one) => one.role === 'admin');
  if (!admin || person.office_code === null || machine.device === null || queue.value.device.kind === 'enrolled') return;
  const { token: bearer } = await ask(api.sessions.$post({ json: { badge: admin.badge, pin: admin.pin } }));
  const answer = await fetch('/api/devices/codes', { method: 'POST', headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }, body: JSON.stringify({ office_code: person.office_code }) });
  if (!answer.ok) throw await answer.json();
  await machine.device.enrol(((await answer.json()) as { code: string }).code, `${person.office_code} demo`);
}

function Enrol({ onDone }: { onDone: () => void }) {
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const enrol = async (): Promise<void> => {
    try {
      await machine.device?.enrol(code.trim().toUpperCase(), name.trim());
      onDone();
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <details>
      <summary>{say(W.enrol)}</summary>
      <div class="stack card">
        {problem ? <Refusal problem={problem} /> : null}
        <Field label={say(W.code)} value={code} onInput={setCode} max={12} />
        <Field label={say(W.name)} value={name} onInput={setName} max={60} onEnter={() => void enrol()} />
        <Button onPress={enrol}>{say(W.enrol)}</Button>
      </div>
    </details>
  );
}

function DeviceLine() {
  const { device } = queue.value;
  if (device.kind === 'enrolled') return <p class="soft">{say(W.enrolled, { name: device.name, office: device.office_code })}</p>;
  return (
    <>
      <Notice tint={device.kind === 'lost' ? 'bad' : 'info'}>{say(device.kind === 'lost' ? W.lost : W.not_enrolled)}</Notice>
      <Enrol onDone={() => undefined} />
    </>
  );
}

export function SignIn() {
  const [badge, setBadge] = useState('');
  const [pin, setPin] = useState('');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [people, setPeople] = useState<readonly DemoPerson[]>([]);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = `${say(W.title)} – Niêm`;
    ask(api.demo.$get()).then(({ people: found }) => setPeople(found), () => undefined);
  }, []);
  useScans('sign_in', (scan) => {
    if (scan.what !== 'badge' || scan.code === null) return;
    setBadge(scan.code);
    document.querySelector<HTMLInputElement>('input[name=pin]')?.focus();
  });
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setProblem(null);
    setBusy(true);
    try {
      await work();
    } catch (error) {
      setProblem(wordsOf(error));
    }
    setBusy(false);
  };
  const start = (): Promise<void> => attempt(() => enter({ badge: badge.trim().toUpperCase(), pin }));
  const choose = (person: DemoPerson): Promise<void> => attempt(async () => {
    await enrolForDemo(people, person);
    // Nothing else of what the demo tells: a sign-in is asked for by these two.
    await enter({ badge: person.badge, pin: person.pin });
  });
  return (
    <div class="frame sign-in">
      <header class="top"><Chips /></header>
      <main class="main" id="main">
        <div class="sign-in-columns">
          <form class="stack" onSubmit={(event) => { event.preventDefault(); void start(); }}>
            <h1>{say(W.title)}</h1>
            <p class="soft">{say(W.lead)}</p>
            {offline() ? <Notice tint="warn">{say(W.offline)}</Notice> : null}
            {problem ? <Refusal problem={problem} /> : null}
            <Field label={say(W.badge)} hint={say(W.badge_hint)} value={badge} onInput={setBadge} autoFocus name="badge" autoComplete="username" max={16} />
            <Field label={say(W.pin)} value={pin} onInput={setPin} secret inputMode="numeric" name="pin" autoComplete="current-password" max={12} onEnter={() => void start()} />
            <Button kind="main" busy={busy} onPress={start}>{say(W.start)}</Button>
            {busy ? <p class="soft" role="status">{say(W.busy)}</p> : null}
            <DeviceLine />
          </form>
          {people.length > 0 ? (
            <section aria-labelledby="demo">
              <h2 id="demo">{say(W.demo)}</h2>
              <p class="soft">{say(W.demo_soft, { pin: people[0]?.pin })}</p>
              <dl class="people">
                {[...Map.groupBy(people, (person) => either(person.role_vi, person.role_en))].map(([role, holders]) => (
                  <div key={role}>
                    <dt>{role}</dt>
                    {holders.map((person) => (
                      <dd key={person.badge}>
                        <button type="button" disabled={busy} onClick={() => void choose(person)}>
                          {person.full_name} <span class="soft code">{person.badge} · {person.office_code ?? person.agency_code}</span>
                        </button>
                      </dd>
                    ))}
                  </div>
                ))}
              </dl>
            </section>
          ) : null}
        </div>
      </main>
    </div>
  );
}
