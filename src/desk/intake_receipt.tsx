// The sender's receipt for a session: printed by the browser, marked when it is a copy.

import { PACE_WORDS, markWord } from './intake_parts.tsx';
import type { Line, Sender } from './intake_session.ts';
import { nameOf } from './machine.ts';
import { printSheets } from './print.tsx';
import { me } from './state.ts';
import { dateTime, say, weight } from './words.ts';
import { grouped } from '../domain/code.ts';

const W = {
  title: ['BIÊN NHẬN KT1', 'KT1 RECEIPT'],
  copy: ['BẢN IN LẠI {n}', 'COPY {n}'],
  sender: ['Người gửi', 'Sender'],
  office: ['Bưu cục, giao dịch viên', 'Office, clerk'],
  total: ['{count} bưu gửi, {grams}', '{count} items, {grams}'],
  waits: ['Còn {count} bưu gửi chờ, chưa nhận', '{count} items wait, not accepted yet'],
} as const;

export type Receipt = { sender: Sender; lines: readonly Line[]; copy: number; at: number; waiting: number };

/** Opens the browser's print dialog with the receipt on 80 mm paper. */
export function printSession({ sender, lines, copy, at, waiting }: Receipt): Promise<void> {
  const sum = lines.reduce((grams, line) => grams + (line.weight_g ?? 0), 0);
  return printSheets('receipt-80', [
    <div key="receipt">
      <h1>{say(W.title)}</h1>
      {copy > 0 ? <p class="copy">{say(W.copy, { n: copy })}</p> : null}
      <dl>
        <dt>{say(W.sender)}</dt><dd>{nameOf('served_bodies', sender.body_code)} · {sender.card_no}</dd>
        <dt>{say(W.office)}</dt><dd>{nameOf('offices', me.value?.office_code ?? null)} · {me.value?.full_name} · {dateTime(at)}</dd>
      </dl>
      <ol>{lines.map((line) => <li key={line.key}><strong>{grouped(line.event?.receipt?.code ?? line.text)}</strong> {say(PACE_WORDS[line.next.pace])}{line.next.mark === 'NONE' ? '' : ` · ${markWord(line.next.mark)}`} · {line.weight_g === null ? '' : weight(line.weight_g)}</li>)}</ol>
      <p>{say(W.total, { count: lines.length, grams: weight(sum) })}</p>
      {waiting > 0 ? <p>{say(W.waits, { count: waiting })}</p> : null}
    </div>,
  ]);
}
