// What this machine recorded: waiting, refused, sent today. Nothing vanishes: a refusal stays until somebody has dealt with it.

import './tracing.css';
import { useEffect, useState } from 'preact/hooks';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { grouped } from '../domain/code.ts';
import type { OutboxEvent } from '../outbox/types.ts';
import { machine, queue } from './machine.ts';
import { Badge, Button, Notice, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { date, dateTime, either, number, say, span, timeSeconds } from './words.ts';

const W = {
  title: ['Hộp gửi', 'Outbox'], waiting: ['Chưa gửi', 'Not sent yet'], attention: ['Cần xử lý', 'Needs you'], sent: ['Đã gửi hôm nay', 'Sent today'],
  now: ['Gửi ngay', 'Send now'], export_: ['Xuất tệp mã hóa', 'Export an encrypted file'], exported: ['Đã xuất {count} việc vào {files} tệp. Nhập ở trung tâm; việc vẫn giữ trên máy này đến khi máy chủ nhận.', '{count} events exported in {files} files. Import them at the centre; they stay here until the server has them.'],
  nothing_to_export: ['Không có gì chưa gửi để xuất.', 'Nothing unsent to export.'],
  contact: ['Máy chủ trả lời lần cuối', 'The server last answered'], never: ['chưa lần nào', 'never'], storage: ['Bộ nhớ', 'Storage'], used: ['{used} MB trên {quota} MB', '{used} MB of {quota} MB'],
  persisted: ['bền', 'kept'], not_persisted: ['không bền: trình duyệt có thể xóa; cài ứng dụng vào máy', 'not kept for good: the browser may clear it; install the app'], no_device: ['Máy này chưa đăng ký: làm việc trực tuyến, không giữ gì trên máy.', 'This machine is not enrolled: it works online and keeps nothing.'],
  oldest: ['cũ nhất {age}', 'oldest {age}'], empty_waiting: ['Đã gửi hết.', 'Everything is sent.'], empty_sent: ['Hôm nay chưa gửi gì từ máy này.', 'Nothing was sent from this machine today.'], empty_attention: ['Không có việc bị từ chối.', 'Nothing was refused.'],
  take_note: ['Đã rõ, giữ lời từ chối', 'Noted, the refusal stands'], again: ['Gửi lại như mới', 'Send again as a new event'],
  at: ['Lúc', 'At'], what: ['Việc', 'What'], code: ['Số hiệu', 'Number'], who: ['Người', 'Who'], state: ['Trạng thái', 'State'],
  sign_in: ['{name} phải đăng nhập lại khi có mạng: {count} việc chờ.', '{name} must sign in with a network: {count} events wait.'],
  on_device: ['Đã lưu máy', 'Stored here'], sending: ['Đang gửi', 'Being sent'], received: ['Máy chủ đã nhận', 'The server has it'], awaiting: ['Máy chủ đã nhận, chờ dấu sổ', 'With the server, awaiting a head'],
} as const;
const MB = 1_000_000;
const kindWords = (event: OutboxEvent): string => either(CHECKPOINTS[event.kind].vi, CHECKPOINTS[event.kind].en);

export default function Sent() {
  const state = queue.value;
  const loaded = useLoad('outbox', () => machine.outbox.events({ limit: 1000 }));
  const [said, setSaid] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  useEffect(() => {
    const timer = setTimeout(loaded.reload, 150);
    return () => clearTimeout(timer);
  }, [state]);
  const events = loaded.data ?? [];
  const today = date(machine.outbox.now());
  const waiting = events.filter((event) => event.state === 'stored_on_device' || event.state === 'sending');
  const refused = events.filter((event) => event.state === 'needs_attention');
  const sent = events.filter((event) => (event.state === 'received' || event.state === 'awaiting_head') && date(event.at) === today);
  const run = (work: () => Promise<unknown>): Promise<void> => work().then(() => { setProblem(null); loaded.reload(); }, (error: unknown) => setProblem(wordsOf(error)));
  const exportAll = (): Promise<void> => run(async () => {
    const files = await machine.outbox.exportFiles();
    for (const file of files) save(file.name, file.text);
    setSaid(files.length === 0 ? say(W.nothing_to_export) : say(W.exported, { count: files.reduce((sum, file) => sum + file.events, 0), files: files.length }));
  });
  return (
    <div class="sent">
      <div class="title-row">
        <h1>{say(W.title)}</h1>
        <div class="row"><Button kind="main" onPress={() => machine.outbox.sendNow()}>{say(W.now)}</Button><Button onPress={exportAll} disabled={state.device.kind !== 'enrolled'} why={say(W.no_device)}>{say(W.export_)}</Button></div>
      </div>
      {problem ? <Refusal problem={problem} /> : null}
      {said ? <Notice tint="good">{said}</Notice> : null}
      {state.needs_sign_in.map((person) => <Notice key={person.person_id} tint="warn">{say(W.sign_in, { name: person.full_name, count: person.events })}</Notice>)}
      <dl class="facts health">
        <dt>{say(W.contact)}</dt><dd>{state.last_contact === null ? say(W.never) : dateTime(state.last_contact)}</dd>
        <dt>{say(W.storage)}</dt><dd>{state.storage === null ? say(W.no_device) : `${say(W.used, { used: number(Math.round(state.storage.used_bytes / MB)), quota: number(Math.round(state.storage.quota_bytes / MB)) })} · ${say(state.storage.persisted ? W.persisted : W.not_persisted)}`}</dd>
      </dl>
      <section aria-label={say(W.attention)}>
        <h2>{say(W.attention)} · <span class="number">{number(refused.length)}</span></h2>
        {refused.length === 0 ? <div class="empty">{say(W.empty_attention)}</div> : (
          <ul class="plain refused">{refused.map((event) => (
            <li key={event.checkpoint_id} class="card bad">
              <p><strong>{kindWords(event)}</strong> <span class="code">{grouped(event.code ?? '—')}</span> · {event.full_name} · <time>{timeSeconds(event.at)}</time></p>
              {event.refusal ? <p>{either(event.refusal.vi, event.refusal.en)} {either(event.refusal.remedy_vi, event.refusal.remedy_en)} <span class="soft code">[{event.refusal.refusal}]</span></p> : null}
              <div class="row"><Button onPress={() => run(() => machine.outbox.acceptRefusal(event.checkpoint_id))}>{say(W.take_note)}</Button><Button onPress={() => run(() => machine.outbox.sendAgain(event.checkpoint_id))}>{say(W.again)}</Button></div>
            </li>
          ))}</ul>
        )}
      </section>
      <section><h2>{say(W.waiting)} · <span class="number">{number(waiting.length)}</span>{state.waiting_since === null ? null : <span class="soft"> · {say(W.oldest, { age: span(machine.outbox.now() - state.waiting_since) })}</span>}</h2><Events caption={say(W.waiting)} rows={waiting} empty={say(W.empty_waiting)} /></section>
      <section><h2>{say(W.sent)} · <span class="number">{number(sent.length)}</span></h2><Events caption={say(W.sent)} rows={sent.slice(0, 100)} empty={say(W.empty_sent)} /></section>
    </div>
  );
}

const Events = ({ caption, rows, empty }: { caption: string; rows: readonly OutboxEvent[]; empty: string }) => (
  <Table caption={caption} rows={rows} keyOf={(event) => event.checkpoint_id} empty={empty} columns={[
    { head: say(W.at), cell: (event) => <time>{timeSeconds(event.at)}</time> }, { head: say(W.what), cell: kindWords }, { head: say(W.code), cell: (event) => (event.code === null ? '—' : <a class="code" href={`/desk/item/${event.code}`}>{grouped(event.code)}</a>) }, { head: say(W.who), cell: (event) => event.full_name },
    { head: say(W.state), cell: (event) => (event.state === 'received' ? <Badge tint="good">{say(W.received)}</Badge> : event.state === 'awaiting_head' ? <Badge tint="good" shape="○">{say(W.awaiting)}</Badge> : event.state === 'sending' ? <Badge tint="info" shape="➚">{say(W.sending)}</Badge> : <Badge tint="info">{say(W.on_device)}</Badge>) },
  ]} />
);

/** A file by the browser's own download. */
function save(name: string, text: string): void {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
