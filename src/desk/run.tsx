// The courier's run, on a phone and with one hand: stops by urgency, what is left at each, what must be brought back.

import './tracing.css';
import { useEffect, useState } from 'preact/hooks';
import { Camera } from './guard.tsx';
import { queue, useScans } from './machine.ts';
import type { Scan } from './machine.ts';
import { BringBack } from './run_back.tsx';
import { loadRun, readRecorded, stopsOf, toBringBack } from './run_state.ts';
import type { Run, Stop } from './run_state.ts';
import { play } from './sound.ts';
import { api, ask } from './state.ts';
import { StopPage } from './stop.tsx';
import { Badge, Button, Dialog, Notice, Reading, Refusal, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { number, say, time } from './words.ts';

const W = {
  title: ['Đi phát', 'Delivery run'],
  left: ['{left} / {all} còn phải phát', '{left} of {all} to deliver'],
  none: ['Chưa mở chuyến phát.', 'No run is open.'],
  none_more: ['Mở chuyến, rồi đến người giữ bưu gửi để quét giao bưu tá.', 'Open a run, then have whoever holds the mail scan it out to you.'],
  open: ['Mở chuyến phát', 'Open my run'],
  empty: ['Chuyến chưa có bưu gửi. Người giữ bưu gửi quét từng cái ở “Giao bưu tá”; bạn xác nhận bằng mã PIN.', 'Nothing on this run yet. Whoever holds the mail scans each item at “Sign out to a courier”; you confirm with your PIN.'],
  close: ['Kết chuyến', 'Close the run'],
  offline: ['Cần mạng để làm việc này.', 'This needs a network.'],
  scan: ['Quét bằng máy ảnh', 'Scan by camera'],
  not_here: ['{code} không có trong chuyến của bạn.', '{code} is not on your run.'],
  bring: ['{count} bưu gửi phải trả về bưu cục hôm nay', '{count} items must be brought back to the office today'],
  give_back: ['Trả về bưu cục', 'Hand back at the office'],
  before: ['hẹn {at}', 'at {at}'],
  done: ['xong', 'done'],
  items: ['{count} bưu gửi', '{count} items'],
  stale: ['Danh sách lúc {at}; đang ngoại tuyến, vẫn phát và ghi được.', 'List of {at}; offline, delivering still works.'],
  held: ['giữ lại', 'held'],
} as const;

export const online = (): boolean => ['online', 'unknown', 'slow'].includes(queue.value.link);

export default function RunPage() {
  const loaded = useLoad('run', async () => ({ run: await loadRun() }));
  const run = loaded.data?.run ?? null;
  const [at, setAt] = useState<string | null>(null);
  const [first, setFirst] = useState<string | null>(null);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (!run) return;
    // A burst is looked up once, when it is over; what the server has taken changes its list too.
    const timer = setTimeout(() => void readRecorded(run.opened_at), 100);
    return () => clearTimeout(timer);
  }, [queue.value, run?.run_id]);
  useEffect(() => {
    // What is being signed out to the courier appears while he stands there.
    const timer = setInterval(loaded.reload, 15_000);
    return () => clearInterval(timer);
  }, []);
  const stop = run && at !== null ? stopsOf(run).find((known) => known.key === at) : undefined;
  const leave = (): void => {
    setAt(null);
    setFirst(null);
    loaded.reload();
  };
  if (stop && run) return <StopPage key={stop.key} run={run} stop={stop} first={first} onLeave={leave} />;
  if (back && run) return <BringBack codes={toBringBack(run)} onLeave={() => { setBack(false); loaded.reload(); }} />;
  return (
    <div class="run phone">
      <Reading loaded={loaded}>
        {({ run: now }) => (now === null ? <NoRun onOpened={loaded.reload} /> : <Stops run={now} at={loaded.at} onStop={(key, code) => { setAt(key); setFirst(code); }} onBack={() => setBack(true)} onClosed={loaded.reload} />)}
      </Reading>
    </div>
  );
}

function NoRun({ onOpened }: { onOpened: () => void }) {
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const open = async (): Promise<void> => {
    await ask(api.runs.$post()).then(onOpened, (error: unknown) => setProblem(wordsOf(error)));
  };
  return (
    <>
      <h1>{say(W.title)}</h1>
      {problem ? <Refusal problem={problem} /> : null}
      <div class="empty"><strong>{say(W.none)}</strong> <p>{say(W.none_more)}</p></div>
      <div class="thumb"><Button kind="main" big onPress={open} disabled={!online()} why={say(W.offline)}>{say(W.open)}</Button></div>
    </>
  );
}

type StopsProps = { run: NonNullable<Run>; at: number | null; onStop: (key: string, code: string | null) => void; onBack: () => void; onClosed: () => void };
function Stops({ run, at, onStop, onBack, onClosed }: StopsProps) {
  const [said, setSaid] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [camera, setCamera] = useState(false);
  const stops = stopsOf(run);
  const bring = toBringBack(run);
  const left = stops.reduce((sum, stop) => sum + stop.left, 0);
  useScans('delivery', (scan: Scan) => {
    const stop = stops.find(({ items }) => items.some((item) => item.code === scan.code));
    setSaid(stop ? null : say(W.not_here, { code: scan.code ?? scan.text }));
    if (stop) onStop(stop.key, scan.code);
    else play('surplus');
  });
  const close = async (): Promise<void> => {
    await ask(api.runs[':run_id'].close.$post({ param: { run_id: run.run_id } })).then(onClosed, (error: unknown) => setProblem(wordsOf(error)));
  };
  return (
    <>
      <div class="title-row"><h1>{say(W.title)}</h1><span class="soft">{say(W.left, { left, all: run.items.length })}</span></div>
      {online() ? null : <Notice tint="warn">{say(W.stale, { at: at === null ? null : time(at) })}</Notice>}
      {problem ? <Refusal problem={problem} /> : null}
      {said ? <Notice tint="warn" urgent>{said}</Notice> : null}
      {bring.length > 0 ? <Notice tint="warn"><strong>{say(W.bring, { count: bring.length })}</strong> <Button onPress={onBack}>{say(W.give_back)}</Button></Notice> : null}
      {stops.length === 0 ? <div class="empty">{say(W.empty)}</div> : (
        <ol class="stops">{stops.map((stop, i) => <li key={stop.key}><StopRow stop={stop} no={i + 1} onPress={() => onStop(stop.key, null)} /></li>)}</ol>
      )}
      <div class="thumb">
        {left === 0 && bring.length === 0 ? <Button kind="main" big onPress={close} disabled={!online()} why={say(W.offline)}>{say(W.close)}</Button> : <Button kind="main" big onPress={() => setCamera(true)}>{say(W.scan)}</Button>}
      </div>
      {camera ? <Dialog title={say(W.scan)} onClose={() => setCamera(false)}><Camera now onDone={() => setCamera(false)} /></Dialog> : null}
    </>
  );
}

function StopRow({ stop, no, onPress }: { stop: Stop; no: number; onPress: () => void }) {
  const urgent = stop.items.find((item) => item.done === null && item.urgency !== 'NONE');
  const held = stop.items.some((item) => item.held);
  const done = stop.left === 0;
  return (
    <button type="button" class={`stop-row ${done ? 'done' : ''}`} onClick={onPress}>
      <span class="stop-no number" aria-hidden="true">{done ? '✓' : no}</span>
      <span class="stop-name">
        {stop.name}
        <span class="stop-marks">
          {[...new Set(stop.items.filter((item) => item.done === null).map((item) => item.service_vi))].map((words) => <Badge key={words} tint={urgent?.service_vi === words ? 'warn' : 'plain'} shape={urgent?.service_vi === words ? '▲' : '·'}>{words}</Badge>)}
          {urgent?.appointed_at ? <Badge tint="warn" shape="◷">{say(W.before, { at: time(urgent.appointed_at) })}</Badge> : null}
          {held ? <Badge tint="bad">{say(W.held)}</Badge> : null}
        </span>
      </span>
      <span class="stop-count"><strong class="number">{done ? '' : number(stop.left)}</strong><span class="hidden-words">{done ? say(W.done) : say(W.items, { count: stop.left })}</span></span>
    </button>
  );
}

