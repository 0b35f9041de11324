// An item that is not accepted: the reason is kept, and a slip with a number of its own goes to the sender.

import { useState } from 'preact/hooks';
import { KeyChoice } from './intake_parts.tsx';
import { machine, reasonsOf } from './machine.ts';
import { Button, Choice, Dialog, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, say } from './words.ts';

const W = {
  title: ['Từ chối nhận', 'Refuse an item'],
  what: ['Bưu gửi', 'Item'],
  why: ['Lý do', 'Reason'],
  record: ['Ghi từ chối', 'Record the refusal'],
  done: ['Đã ghi. Phiếu từ chối có số khi máy chủ trả lời.', 'Recorded. The slip has its number as soon as the server answers.'],
  slip: ['Phiếu từ chối {code}', 'Refusal slip {code}'],
} as const;
const CLASSES = { kt1: ['KT1', 'KT1'], letter: ['Thư', 'Letter'], parcel: ['Bưu kiện', 'Parcel'], printed_matter: ['Ấn phẩm', 'Printed matter'] } as const;
type Class = keyof typeof CLASSES;

export default function Refuse({ onClose }: { onClose: () => void }) {
  const [service_class, setClass] = useState<Class>('kt1');
  const [reason, setReason] = useState<string | null>(null);
  const [slip, setSlip] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const record = async (): Promise<void> => {
    if (reason === null) return;
    try {
      const event = await machine.outbox.record({ kind: 'acceptance_refused', facts: { service_class, reason_code: reason } });
      if (event.refusal) setProblem(event.refusal);
      else setSlip(event.receipt?.code ?? '');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <Dialog title={say(W.title)} onClose={onClose}>
      {problem ? <Refusal problem={problem} /> : null}
      {slip !== null ? <Notice tint="good">{slip === '' ? say(W.done) : say(W.slip, { code: slip })}</Notice> : (
        <>
          <Choice label={say(W.what)} value={service_class} options={(Object.keys(CLASSES) as Class[]).map((value) => ({ value, text: say(CLASSES[value]) }))} onChange={setClass} compact />
          <KeyChoice
            label={say(W.why)} value={reason} vertical focused onChange={setReason} onDone={() => void record()}
            options={reasonsOf('acceptance_refusal').map((row, i) => ({ value: String(row['reason_code']), key: i < 9 ? String(i + 1) : String.fromCharCode(97 + i - 9), text: either(String(row['name_vi']), String(row['name_en'])) }))}
          />
          <Button kind="main" keys="Enter" disabled={reason === null} why="" onPress={record}>{say(W.record)}</Button>
        </>
      )}
    </Dialog>
  );
}
