// A label is printed, and then proven: its number must be scanned from the paper within half a minute, or it stays unconfirmed.
// The print is recorded before the paper comes, so that the paper bears the right count of reprints.

import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { OutboxEvent } from '../outbox/types.ts';
import { KeyChoice } from './intake_parts.tsx';
import { machine, queue, reasonsOf, useCommand } from './machine.ts';
import { Drawing, fetchLabel, printSheets, useClearPrint } from './print.tsx';
import { play } from './sound.ts';
import { Button, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { grouped } from '../domain/code.ts';
import { either, say } from './words.ts';

export type LabelSize = '80x50' | '100x150';
type Label = { state: 'printing' | 'waits' | 'unconfirmed' | 'confirmed'; copies: number; size: LabelSize; drawing: SVGSVGElement | null };
/** By number; what was printed here since the desk was opened. */
export const labels = signal<{ readonly [code: string]: Label }>({});
const set = (code: string, change: Partial<Label>): void => {
  const before = labels.value[code] ?? { state: 'printing', copies: 0, size: '80x50', drawing: null };
  labels.value = { ...labels.value, [code]: { ...before, ...change } };
};
export const VERIFY_MS = 30_000;

const W = {
  printing: ['Đang in nhãn {code}…', 'Printing the label of {code}…'],
  scan: ['Quét nhãn vừa in của {code} để xác nhận.', 'Scan the label just printed for {code} to confirm it.'],
  within: ['Trong {seconds} giây.', 'Within {seconds} seconds.'],
  unconfirmed: ['Nhãn {code} chưa được xác nhận. Chưa được cho vào túi. Quét nhãn, hoặc in lại.', 'The label of {code} is not confirmed. Do not bag the item. Scan the label, or print it again.'],
  confirmed: ['Nhãn {code} đọc được, đã xác nhận.', 'The label of {code} reads well and is confirmed.'],
  again: ['In lại', 'Print again'],
  why: ['Vì sao in lại', 'Why print again'],
  voids: ['Nhãn cũ không còn giá trị: gỡ và hủy. Nhãn mới ghi “IN LẠI {n}”.', 'The old label is void: take it off and destroy it. The new one says “IN LẠI {n}”.'],
  print_it: ['In nhãn', 'Print the label'],
  offline: ['Cần mạng để in nhãn có số lần in đúng. Dùng nhãn in sẵn khi mất mạng.', 'A network is needed to print a label with the right count. Use a pre-printed label without one.'],
} as const;

/** The event once the server has answered, or as it is when `wait_ms` have passed. */
export function answered(event: OutboxEvent, wait_ms = 10_000): Promise<OutboxEvent> {
  return new Promise((resolve) => {
    let over = false;
    const look = async (): Promise<void> => {
      const known = (await machine.outbox.events({ limit: 300 })).find(({ checkpoint_id }) => checkpoint_id === event.checkpoint_id) ?? event;
      if (over || !(known.receipt ?? known.refusal)) return;
      end(known);
    };
    const end = (known: OutboxEvent): void => {
      over = true;
      unsubscribe();
      clearTimeout(late);
      resolve(known);
    };
    const unsubscribe = machine.outbox.subscribe(() => void look());
    const late = setTimeout(() => end(event), wait_ms);
    void look();
  });
}

/** Records the print, fetches the label as it now reads, prints it. Throws ProblemWords. A reprint needs its reason. */
export async function printLabel(code: string, size: LabelSize, reason_code?: string): Promise<void> {
  const copies = labels.value[code]?.copies ?? 0;
  set(code, { state: 'printing', size });
  try {
    const recorded = await machine.outbox.record({ kind: 'label_printed', code, facts: { size, ...(reason_code === undefined ? {} : { reason_code }) } });
    const event = await answered(recorded);
    if (event.refusal) throw event.refusal;
    const drawing = await fetchLabel(code, size);
    set(code, { state: 'waits', copies: copies + 1, drawing });
    setTimeout(() => labels.value[code]?.state === 'waits' && set(code, { state: 'unconfirmed' }), VERIFY_MS);
    await printSheets(`label-${size}`, [<Drawing key={code} drawing={drawing} />]);
  } catch (error) {
    set(code, { state: 'unconfirmed' });
    throw error;
  }
}

/** A scan that proves a label printed here. false: no label of that number is waiting for one. */
export async function proveLabel(code: string): Promise<boolean> {
  const label = labels.value[code];
  if (label === undefined || label.state === 'confirmed' || label.state === 'printing') return false;
  await machine.outbox.record({ kind: 'seen', code, facts: {} });
  set(code, { state: 'confirmed' });
  play('matched');
  return true;
}

/** The label of one item: how it stands, and printing it again. Ctrl+P or the card IN LẠI asks for the reason. */
export function LabelCard({ code, size }: { code: string; size: LabelSize }) {
  const label = labels.value[code];
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [left, setLeft] = useState(VERIFY_MS / 1000);
  useClearPrint();
  useEffect(() => {
    if (label?.state !== 'waits') return;
    setLeft(VERIFY_MS / 1000);
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1000);
    return () => clearInterval(timer);
  }, [label?.state, label?.copies]);
  const copies = label?.copies ?? 0;
  const run = async (reason_code?: string): Promise<void> => {
    setProblem(null);
    setAsking(false);
    await printLabel(code, size, reason_code).catch((error: unknown) => setProblem(wordsOf(error)));
  };
  useCommand('print', () => (copies === 0 ? run() : setAsking(true)));
  const online = queue.value.link === 'online' || queue.value.link === 'unknown';
  const facts = { code: grouped(code), n: copies };
  return (
    <section class={`label-card ${label?.state ?? 'none'}`} aria-label={say(W.print_it)}>
      {label?.drawing ? <div class="label-preview" aria-hidden="true"><Drawing drawing={label.drawing} /></div> : null}
      <div class="stack">
        {problem ? <Refusal problem={problem} /> : null}
        {label?.state === 'printing' ? <Notice>{say(W.printing, facts)}</Notice> : null}
        {label?.state === 'waits' ? <Notice tint="info">{say(W.scan, facts)} <span aria-hidden="true">{say(W.within, { seconds: left })}</span></Notice> : null}
        {label?.state === 'unconfirmed' ? <Notice tint="warn">{say(W.unconfirmed, facts)}</Notice> : null}
        {label?.state === 'confirmed' ? <Notice tint="good">{say(W.confirmed, facts)}</Notice> : null}
        {asking ? (
          <>
            <KeyChoice
              label={say(W.why)} hint={say(W.voids, facts)} value={reason} vertical focused onChange={setReason} onDone={() => void (reason !== null && run(reason))}
              options={reasonsOf('reprint').map((row, i) => ({ value: String(row['reason_code']), key: String(i + 1), text: either(String(row['name_vi']), String(row['name_en'])) }))}
            />
            <Button kind="main" keys="Enter" onPress={() => (reason === null ? undefined : run(reason))}>{say(W.again)}</Button>
          </>
        ) : <Button keys="Ctrl+P" disabled={!online} why={say(W.offline)} onPress={() => (copies === 0 ? run() : setAsking(true))}>{say(copies === 0 ? W.print_it : W.again)}</Button>}
      </div>
    </section>
  );
}
