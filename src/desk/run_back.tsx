// What could not be delivered goes back to the office tonight: from the courier's hands into those of somebody there, item by item.

import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { machine, stop } from './machine.ts';
import type { Scan } from './machine.ts';
import { AskPerson, Takes } from './run_person.tsx';
import type { Other } from './run_person.tsx';
import { play } from './sound.ts';
import { Button, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { say } from './words.ts';

const W = {
  title: ['Trả về bưu cục', 'Hand back at the office'],
  who: ['Người nhận lại tại bưu cục', 'Who takes them back at the office'],
  scan: ['{name} nhận lại. Quét từng bưu gửi.', '{name} takes them back. Scan each item.'],
  left: ['Còn {count}', '{count} left'],
  back: ['Về danh sách', 'Back to the list'],
  not_mine: ['{code} không nằm trong số phải trả.', '{code} is not one of those to hand back.'],
  all: ['Đã trả hết.', 'All handed back.'],
} as const;

export function BringBack({ codes, onLeave }: { codes: readonly string[]; onLeave: () => void }) {
  const [all] = useState(codes);
  const [done, setDone] = useState<readonly string[]>([]);
  const [other, setOther] = useState<Other | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const take = async (scan: Scan): Promise<void> => {
    const code = scan.code ?? '';
    if (other === null) return;
    if (!all.includes(code)) return stop(say(W.not_mine, { code: grouped(code || scan.text) }));
    if (done.includes(code)) return void play('duplicate');
    try {
      const second = await machine.outbox.confirmBy({ badge: other.badge, pin: other.pin, permission: 'custody.hand_over' });
      const event = await machine.outbox.record({ kind: 'handed_over', code, facts: { to: { kind: 'person', ref: other.person_id }, condition: 'intact' }, second });
      if (event.refusal) return setProblem(event.refusal);
      setDone((before) => [...before, code]);
      play(done.length + 1 === all.length ? 'complete' : 'matched');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <div class="run phone">
      <div class="title-row"><h1>{say(W.title)}</h1><span class="soft">{say(W.left, { count: all.length - done.length })}</span></div>
      {problem ? <Refusal problem={problem} /> : null}
      {other ? <Takes screen="delivery" take={take} /> : null}
      {other === null ? <AskPerson label={say(W.who)} onKnown={setOther} /> : <Notice>{say(W.scan, { name: other.full_name })}</Notice>}
      <ul class="stop-items">{all.map((code) => <li key={code}><span class="shape" aria-hidden="true">{done.includes(code) ? '✓' : '▢'}</span><span class="code">{grouped(code)}</span></li>)}</ul>
      {done.length === all.length ? <Notice tint="good">{say(W.all)}</Notice> : null}
      <div class="thumb"><Button kind={done.length === all.length ? 'main' : 'side'} big onPress={onLeave}>{say(W.back)}</Button></div>
    </div>
  );
}
