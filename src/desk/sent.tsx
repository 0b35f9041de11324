// The outbox: what waits, what the server refused and somebody must decide, what went. Nothing vanishes from here by itself.

import { useState } from 'preact/hooks';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import type { OutboxEvent } from '../outbox/types.ts';
import { OnItsWay } from './intake_parts.tsx';
import { machine, queue } from './machine.ts';
import { Badge, Button, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, either, number, say, span, timeSeconds } from './words.ts';

const W = {
  title: ['Hộp gửi', 'Outbox'],
  now: ['Gửi ngay', 'Send now'],
  file: ['Xuất tệp mã hóa', 'Export, encrypted'],
  attention: ['Cần xử lý ({count})', 'Need you ({count})'],
  noted: ['Ghi nhận: máy chủ đúng', 'Noted: the server is right'],
  again: ['Ghi lại thành mốc mới', 'Record it anew'],
  waiting: ['Chưa gửi ({count})', 'Not sent ({count})'],
  gone: ['Đã gửi', 'Sent'],
  nothing: ['Không có gì chờ. Mọi lần quét đã ở máy chủ.', 'Nothing waits. Every scan is with the server.'],
  none_yet: ['Chưa quét gì trên máy này.', 'Nothing was scanned on this machine yet.'],
  contact: ['Máy chủ trả lời lần cuối {at}', 'The server last answered at {at}'],
  storage: ['Đã dùng {used} MB; bộ nhớ {kept}', '{used} MB used; storage {kept}'],
  kept: ['bền', 'persistent'], not_kept: ['có thể bị trình duyệt xóa', 'may be cleared by the browser'],
  age: ['cũ nhất {age}', 'oldest {age}'],
  exported: ['Đã xuất {files} tệp, {events} mốc. Mang tới trung tâm để nhập; gửi qua mạng sau đó không sinh bản ghi thứ hai.', '{files} files, {events} checkpoints exported. Take them to the centre; sending them later makes no second record.'],
  sign_in: ['{name}: {count} mốc chờ người này đăng nhập khi có mạng.', '{name}: {count} wait until this person signs in with a network.'],
} as const;

const kindWords = (event: OutboxEvent): string => either(CHECKPOINTS[event.kind].vi, CHECKPOINTS[event.kind].en);

export default function Sent() {
  const { waiting, waiting_since, needs_attention, last_contact, storage, needs_sign_in, device } = queue.value;
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const loaded = useLoad(`events ${waiting} ${needs_attention} ${last_contact}`, () => machine.outbox.events({ limit: 300 }));
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    setProblem(null);
    try {
      await work();
      loaded.reload();
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const exportAll = (): Promise<void> => attempt(async () => {
    const files = await machine.outbox.exportFiles();
    for (const file of files) {
      const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(new Blob([file.text])), download: file.name });
      link.click();
      URL.revokeObjectURL(link.href);
    }
    setSaid(say(W.exported, { files: files.length, events: files.reduce((sum, file) => sum + file.events, 0) }));
  });
  return (
    <>
      <div class="title-row">
        <h1>{say(W.title)}</h1>
        <span class="row"><Button onPress={() => machine.outbox.sendNow()}>{say(W.now)}</Button>{device.kind === 'enrolled' ? <Button onPress={exportAll}>{say(W.file)}</Button> : null}</span>
      </div>
      <p class="soft">
        {say(W.contact, { at: last_contact === null ? null : dateTime(last_contact) })}{storage ? ` · ${say(W.storage, { used: number(Math.round(storage.used_bytes / 100_000) / 10), kept: say(storage.persisted ? W.kept : W.not_kept) })}` : ''}
      </p>
      {problem ? <Refusal problem={problem} /> : null}
      {said ? <Notice tint="good">{said}</Notice> : null}
      {needs_sign_in.map((who) => <Notice key={who.person_id} tint="warn">{say(W.sign_in, { name: who.full_name, count: who.events })}</Notice>)}
      <Reading loaded={loaded}>
        {(events) => {
          const of = (...states: string[]): OutboxEvent[] => events.filter((event) => states.includes(event.state));
          return (
            <div class="stack">
              {of('needs_attention').length > 0 ? (
                <section>
                  <h2>{say(W.attention, { count: needs_attention })}</h2>
                  {of('needs_attention').map((event) => (
                    <div key={event.checkpoint_id} class="card bad">
                      <p><strong>{kindWords(event)}</strong> <span class="code">{event.code}</span> <span class="soft">{timeSeconds(event.at)} · {event.full_name}</span></p>
                      {event.refusal ? <p>{either(event.refusal.vi, event.refusal.en)} {either(event.refusal.remedy_vi, event.refusal.remedy_en)} <span class="soft code">[{event.refusal.refusal}]</span></p> : null}
                      <div class="row">
                        <Button onPress={() => attempt(() => machine.outbox.acceptRefusal(event.checkpoint_id))}>{say(W.noted)}</Button>
                        <Button onPress={() => attempt(() => machine.outbox.sendAgain(event.checkpoint_id))}>{say(W.again)}</Button>
                      </div>
                    </div>
                  ))}
                </section>
              ) : null}
              <section>
                <h2>{say(W.waiting, { count: waiting })} {waiting_since === null ? null : <span class="soft">{say(W.age, { age: span(machine.outbox.now() - waiting_since) })}</span>}</h2>
                <Events events={of('stored_on_device', 'sending')} empty={say(W.nothing)} />
              </section>
              <section><h2>{say(W.gone)}</h2><Events events={of('received', 'settled').slice(0, 40)} empty={say(W.none_yet)} /></section>
            </div>
          );
        }}
      </Reading>
    </>
  );
}

function Events({ events, empty }: { events: readonly OutboxEvent[]; empty: string }) {
  return (
    <Table
      caption={say(W.title)} rows={events} keyOf={(event) => event.checkpoint_id} empty={empty}
      columns={[
        { head: say(['Lúc', 'At']), cell: (event) => <time>{timeSeconds(event.at)}</time> },
        { head: say(['Việc', 'What']), cell: kindWords },
        { head: say(['Số hiệu', 'Number']), cell: (event) => <span class="code">{event.receipt?.code ?? event.code ?? ''}</span>, wide: true },
        { head: say(['Người', 'Who']), cell: (event) => event.full_name },
        { head: say(['Trạng thái', 'State']), cell: (event) => <OnItsWay event={event} /> },
        { head: say(['Cờ', 'Flags']), cell: (event) => event.receipt?.flags.map((flag) => <Badge key={flag} tint="warn">{flag}</Badge>) ?? '' },
      ]}
    />
  );
}
