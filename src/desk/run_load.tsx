// Signing out to a courier: whoever holds the mail scans it, the courier beside him confirms. One scan an item.

import './tracing.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { machine, stop } from './machine.ts';
import type { Scan } from './machine.ts';
import { AskPerson, Takes } from './run_person.tsx';
import type { Other } from './run_person.tsx';
import { play } from './sound.ts';
import { Button, Figure, Notice, Refusal, Table, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, number, say, timeSeconds } from './words.ts';

const W = {
  title: ['Giao bưu tá', 'Sign out to a courier'],
  who: ['Bưu tá xác nhận tại đây', 'The courier confirms here'],
  scan: ['{name} nhận. Quét từng bưu gửi.', '{name} receives. Scan each item.'],
  end: ['Xong, bưu tá khác', 'Done, another courier'],
  count: ['đã giao', 'signed out'],
  caption: ['Vừa giao', 'Just signed out'],
  empty: ['Chưa quét bưu gửi nào.', 'Nothing scanned yet.'],
  first: ['Bưu tá mở chuyến phát trên máy của mình trước.', 'The courier first opens a run on his own phone.'],
  refused: ['{code} chưa giao: {why}', '{code} was not signed out: {why}'],
} as const;
type Line = { code: string; at: number };

export default function RunLoad() {
  const [other, setOther] = useState<Other | null>(null);
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const take = async (scan: Scan): Promise<void> => {
    if (other === null || (scan.what !== 'item' && scan.what !== 'label')) return void play('unknown');
    const code = scan.code ?? '';
    if (lines.some((line) => line.code === code)) return void play('duplicate');
    setProblem(null);
    try {
      const second = await machine.outbox.confirmBy({ badge: other.badge, pin: other.pin, permission: 'item.deliver' });
      const event = await machine.outbox.record({ kind: 'signed_out', code, facts: { courier_person_id: other.person_id }, second });
      if (event.refusal) return stop(say(W.refused, { code: grouped(code), why: either(event.refusal.vi, event.refusal.en) }));
      setLines((before) => [{ code, at: event.at }, ...before]);
      play('matched');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <div class="run">
      <div class="title-row"><h1>{say(W.title)}</h1>{other ? <Button onPress={() => { setOther(null); setLines([]); }}>{say(W.end)}</Button> : null}</div>
      {problem ? <Refusal problem={problem} /> : null}
      {other ? <Takes screen="elsewhere" take={take} /> : null}
      {other === null ? <div class="narrow"><p class="soft">{say(W.first)}</p><AskPerson label={say(W.who)} onKnown={setOther} /></div> : (
        <div class="side-by-side">
          <div><Notice>{say(W.scan, { name: other.full_name })}</Notice>
            <Table caption={say(W.caption)} rows={lines} keyOf={(line) => line.code} empty={say(W.empty)} columns={[{ head: say(['Số hiệu', 'Number']), cell: (line) => <span class="code">{grouped(line.code)}</span> }, { head: say(['Lúc', 'At']), cell: (line) => <time>{timeSeconds(line.at)}</time> }]} /></div>
          <Figure value={number(lines.length)} label={say(W.count)} />
        </div>
      )}
    </div>
  );
}
