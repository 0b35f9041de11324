// Could not be delivered: the reason, the evidence that it needs, recorded. Four taps from the stop.

import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { machine, reasonsOf } from './machine.ts';
import type { RunItem } from './run_state.ts';
import { play } from './sound.ts';
import { Button, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, say } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Không phát được', 'Could not deliver'],
  why: ['Lý do', 'Reason'],
  have: ['Tôi có đủ: {evidence}', 'I have: {evidence}'],
  nothing: ['Lý do này không đòi bằng chứng.', 'This reason needs no evidence.'],
  record: ['Ghi {count} lần phát hụt', 'Record {count} attempts'],
  back: ['Quay lại', 'Back'],
  done: ['Đã ghi phát hụt {count} bưu gửi. Mang về bưu cục.', '{count} attempts recorded. Bring the items back to the office.'],
  choose: ['Chọn lý do.', 'Choose a reason.'],
  prove: ['Lý do này cần bằng chứng: {evidence}.', 'This reason needs evidence: {evidence}.'],
  no_reasons: ['Chưa có danh mục lý do trên máy này. Cần mạng một lần.', 'The list of reasons is not on this machine yet. It needs a network once.'],
} as const;
type Evidence = 'call' | 'photo' | 'position' | 'witness' | 'paper';
const EVIDENCE: { readonly [E in Evidence]: Pair } = {
  call: ['đã gọi điện', 'a call was made'], photo: ['ảnh chụp', 'a photo'], position: ['đã quét mã tại điểm', 'the point’s code scanned'], witness: ['tên người chứng kiến', 'a witness'], paper: ['biên bản', 'a written record'],
};
const evidenceOf = (row: { readonly [column: string]: unknown } | undefined): Evidence[] => (Array.isArray(row?.['evidence']) ? (row['evidence'] as Evidence[]) : []);

export function Attempt({ items, name, onDone }: { items: readonly RunItem[]; name: string; onDone: (said: string | null) => void }) {
  const reasons = reasonsOf('non_delivery');
  const [reason, setReason] = useState<string | null>(null);
  const [attested, setAttested] = useState(false);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const row = reasons.find((known) => known['reason_code'] === reason);
  const needed = evidenceOf(row);
  const words = needed.map((kind) => say(EVIDENCE[kind])).join(', ');
  const ready = row !== undefined && (needed.length === 0 || attested);
  const record = async (): Promise<void> => {
    if (reason === null) return;
    try {
      for (const item of items) await machine.outbox.record({ kind: 'attempted', code: item.code, facts: { reason_code: reason, evidence: needed } });
      play('matched');
      onDone(say(W.done, { count: items.length }));
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <div class="run phone">
      <div class="title-row"><h1>{say(W.title)}</h1><Button kind="quiet" onPress={() => onDone(null)}>‹ {say(W.back)}</Button></div>
      <p class="soft">{name} · {items.map((item) => grouped(item.code)).join(', ')}</p>
      {problem ? <Refusal problem={problem} /> : null}
      {reasons.length === 0 ? <div class="empty">{say(W.no_reasons)}</div> : null}
      <fieldset class="choice reasons">
        <legend>{say(W.why)}</legend>
        <div>
          {reasons.map((known, i) => {
            const value = String(known['reason_code']);
            return (
              <label key={value} class={value === reason ? 'on' : ''}>
                <input type="radio" name="reason" checked={value === reason} onChange={() => { setReason(value); setAttested(false); }} />
                <span><span class="number soft" aria-hidden="true">{i + 1} </span>{either(String(known['name_vi']), String(known['name_en']))}</span>
              </label>
            );
          })}
        </div>
      </fieldset>
      <div class="thumb">
        {row === undefined ? null : needed.length === 0 ? <p class="soft">{say(W.nothing)}</p> : (
          <label class={`attest ${attested ? 'on' : ''}`}><input type="checkbox" checked={attested} onChange={(event) => setAttested(event.currentTarget.checked)} /> <span>{say(W.have, { evidence: words })}</span></label>
        )}
        <Button kind="main" big onPress={record} disabled={!ready} why={row === undefined ? say(W.choose) : say(W.prove, { evidence: words })}>{say(W.record, { count: items.length })}</Button>
      </div>
    </div>
  );
}
