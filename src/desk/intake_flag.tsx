// A quiet flag: three keys, no tone, no colour that a sender across the counter could read.

import { useState } from 'preact/hooks';
import { KeyChoice } from './intake_parts.tsx';
import { flag } from './intake_session.ts';
import type { Line } from './intake_session.ts';
import { reasonsOf } from './machine.ts';
import { Button } from './ui.tsx';
import { either, say } from './words.ts';

const W = {
  title: ['Ghi chú bưu gửi', 'Note on the item'],
  put: ['Ghi', 'Note it'],
  never_mind: ['Thôi', 'Never mind'],
} as const;

/** Reasons of suspicion: those of the hold list that do not release. */
const reasons = () => reasonsOf('hold').filter((row) => !String(row['reason_code']).startsWith('released')).slice(0, 9);

export default function Flag({ line, onClose }: { line: Line; onClose: () => void }) {
  const [reason, setReason] = useState<string | null>(null);
  const put = async (code: string | null): Promise<void> => {
    if (code === null) return;
    await flag(line, code);
    onClose();
  };
  return (
    <section class="next" aria-label={say(W.title)}>
      <KeyChoice
        label={`${say(W.title)} …${line.text.slice(-6)}`} value={reason} vertical focused onChange={setReason} onDone={() => void put(reason)}
        options={reasons().map((row, i) => ({ value: String(row['reason_code']), key: String(i + 1), text: either(String(row['name_vi']), String(row['name_en'])) }))}
      />
      <div class="row">
        <Button keys="Enter" disabled={reason === null} why="" onPress={() => put(reason)}>{say(W.put)}</Button>
        <Button kind="quiet" onPress={onClose}>{say(W.never_mind)}</Button>
      </div>
    </section>
  );
}
