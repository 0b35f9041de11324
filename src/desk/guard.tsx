// What may lie over any screen: the band of a stop, the field for a number that no scanner reads, the veil when nobody is there.

import { useEffect, useRef, useState } from 'preact/hooks';
import { lane, machine, release, scanned, useCommand } from './machine.ts';
import { scannedByCamera, typedNumber } from './scanner.ts';
import { me, token } from './state.ts';
import { Button, Dialog, Field, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { say } from './words.ts';

const W = {
  stopped: ['DỪNG', 'STOP'],
  parked: ['Đã xếp chờ: {count}', 'Waiting their turn: {count}'],
  acknowledge: ['Đã tách riêng, đi tiếp', 'Set aside, go on'],
  type: ['Gõ mã', 'Type a number'],
  type_hint: ['Gõ đủ số trên nhãn; số kiểm tra được thử ngay', 'Type the whole number on the label; its check digit is tried at once'],
  use: ['Dùng mã này', 'Use this number'],
  not_a_code: ['Mã không đúng dạng hoặc sai số kiểm tra. Chưa ghi nhận gì.', 'Not a number of ours, or a wrong check digit. Nothing was recorded.'],
  camera: ['Quét bằng máy ảnh', 'Scan by camera'],
  no_camera: ['Không mở được máy ảnh. Gõ số trên nhãn.', 'The camera could not be opened. Type the number on the label.'],
  veil: ['Màn hình đã che', 'Screen covered'],
  veil_why: ['Không thao tác 3 phút. Việc đã quét vẫn an toàn trên máy.', 'Nothing was done for three minutes. What was scanned is safe on this machine.'],
  open: ['Mở lại', 'Open again'],
  pin: ['Mã PIN của {name}', 'PIN of {name}'],
} as const;

export const StopBand = () => (lane.value.stopped === null ? null : <Stopped words={lane.value.stopped} />);

function Stopped({ words }: { words: string }) {
  useCommand('aside', release);
  const { parked } = lane.value;
  return (
    <div class="stop-band hatched" role="alert">
      <strong>■ {say(W.stopped)}</strong>
      <span class="stop-words">{words}</span>
      {parked.length > 0 ? <span>{say(W.parked, { count: parked.length })}</span> : null}
      <Button kind="danger" keys="F9" onPress={release}>{say(W.acknowledge)}</Button>
    </div>
  );
}

/** F4: the same road as a scan, marked as typed. */
export function TypeNumber() {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  useCommand('type', () => setOpen(true));
  if (!open) return null;
  const close = (): void => {
    setOpen(false);
    setText('');
    setWrong(false);
  };
  const use = (): void => {
    const scan = typedNumber(text);
    if (scan === null) return setWrong(true);
    close();
    scanned(scan);
  };
  return (
    <Dialog title={say(W.type)} onClose={close}>
      <Field label={say(W.type)} hint={say(W.type_hint)} value={text} onInput={(value) => { setText(value.toUpperCase()); setWrong(false); }} error={wrong ? say(W.not_a_code) : null} autoFocus onEnter={use} max={40} />
      <Button kind="main" onPress={use}>{say(W.use)}</Button>
      <Camera onDone={close} />
    </Dialog>
  );
}

/** The camera as a scanner: each text once while it stays in view. */
export function Camera({ onDone, now = false }: { onDone: () => void; now?: boolean }) {
  const video = useRef<HTMLVideoElement>(null);
  const [on, setOn] = useState(now);
  const [denied, setDenied] = useState(false);
  useEffect(() => {
    if (!on || video.current === null) return;
    const shown = video.current;
    const stopping = import('../scan/camera.ts').then(({ openCamera }) => openCamera(shown, (raw) => { onDone(); scannedByCamera(raw); }));
    stopping.catch(() => { setDenied(true); setOn(false); });
    return () => void stopping.then((end) => end(), () => undefined);
  }, [on]);
  if (denied) return <Notice tint="warn">{say(W.no_camera)}</Notice>;
  return on ? <video ref={video} class="camera" muted playsInline /> : <Button onPress={() => setOn(true)}>{say(W.camera)}</Button>;
}

const VEIL_AFTER_MS = 180_000;

/** Nobody there: names are covered, and a scan has no owner until the PIN. */
export function Veil() {
  const [down, setDown] = useState(false);
  const [pin, setPin] = useState('');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => setDown(true), VEIL_AFTER_MS);
    };
    alive();
    for (const kind of ['keydown', 'pointerdown'] as const) addEventListener(kind, alive, { capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      for (const kind of ['keydown', 'pointerdown'] as const) removeEventListener(kind, alive, { capture: true });
    };
  }, []);
  const who = me.value;
  if (!down || who === null) return null;
  const open = async (): Promise<void> => {
    try {
      const input = { badge: who.badge, pin };
      const again = await (queue_is_offline() ? machine.outbox.offlineSignIn(input) : machine.outbox.signIn(input));
      token.value = again.token;
      setDown(false);
      setPin('');
      setProblem(null);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <div class="veil">
      <Dialog title={say(W.veil)} onClose={() => undefined}>
        <p>{say(W.veil_why)}</p>
        {problem ? <Refusal problem={problem} /> : null}
        <Field label={say(W.pin, { name: who.full_name })} value={pin} onInput={setPin} secret inputMode="numeric" autoFocus onEnter={() => void open()} max={12} />
        <Button kind="main" onPress={open}>{say(W.open)}</Button>
      </Dialog>
    </div>
  );
}

const queue_is_offline = (): boolean => machine.outbox.state().link !== 'online' && machine.outbox.state().device.kind === 'enrolled';
