// The three things that hold for a sender's whole session, always in the same place: who hands in, where it goes, what was checked.

import { useState } from 'preact/hooks';
import { Combobox } from './combobox.tsx';
import type { Option } from './combobox.tsx';
import { KeyChoice } from './intake_parts.tsx';
import { session, setChecked, setNext, setSender } from './intake_session.ts';
import { nameOf, reference, rowsOf, useCommand } from './machine.ts';
import { Button, Notice } from './ui.tsx';
import { say } from './words.ts';

const W = {
  sender: ['Người gửi', 'Sender'],
  sender_hint: ['Quét thẻ, hoặc gõ vài chữ', 'Scan the card, or type a few letters'],
  card: ['Thẻ của người mang đến', 'Card of whoever hands in'],
  addressee: ['Nơi nhận', 'Addressee'],
  addressee_hint: ['Cho các bưu gửi tiếp theo', 'For the next items'],
  for_all: ['Giữ', 'Keep'], for_one: ['Một lần', 'Once'],
  check: ['Kiểm tra bên ngoài', 'Outside check'],
  check_says: [
    'Có dấu KT1; bì kín, nguyên vẹn, đã niêm phong; dấu A phải hai lớp bì; ngoài bì không có chữ chỉ độ mật; ký hiệu khớp.',
    'KT1 stamp there; opaque, intact, sealed; mark A in two envelopes; no secrecy words outside; mark as declared.',
  ],
  fit: ['Đủ điều kiện', 'In order'],
  fit_done: ['Đủ điều kiện, cho cả phiên', 'In order, for this session'],
  change: ['Đổi', 'Change'],
  none: ['Chưa có danh mục cơ quan trên máy này. Có mạng một lần là tải được.', 'No list of bodies on this machine yet. It comes with the first network.'],
} as const;

/** Bodies whose staff may hand in. */
export function senders(): Option[] {
  const may = new Set(rowsOf('authorised_cards').filter((row) => row['may_send'] === true).map((row) => row['body_code']));
  return bodies().filter((option) => may.has(option.value));
}
export const bodies = (): Option[] =>
  rowsOf('served_bodies').map((row) => {
    const address = rowsOf('served_addresses').find((line) => line['body_code'] === row['body_code'])?.['address'];
    return { value: String(row['body_code']), text: String(row['name_vi']), more: [row['focal_unit'], address].filter(Boolean).join(' · ') };
  });
export const cardsOf = (body_code: string | null): string[] => rowsOf('authorised_cards').filter((row) => row['body_code'] === body_code && row['may_send'] === true).map((row) => String(row['card_no']));

export function SessionStrip() {
  const { sender, checked, next, keep_addressee } = session.value;
  const [changing, setChanging] = useState(false);
  const [elsewhere, setElsewhere] = useState(false);
  const [body, setBody] = useState<string | null>(null);
  useCommand('change', () => {
    setBody(null);
    setChanging(true);
  });
  const choose = (body_code: string): void => {
    const cards = cardsOf(body_code);
    setBody(body_code);
    if (cards.length === 1 && cards[0] !== undefined) done(body_code, cards[0]);
  };
  const done = (body_code: string, card_no: string): void => {
    setSender({ body_code, card_no });
    setChanging(false);
    setBody(null);
  };
  if (reference.value.at === null && rowsOf('served_bodies').length === 0) return <Notice tint="warn">{say(W.none)}</Notice>;
  return (
    <div class="strip">
      <div class={sender ? 'cell set' : 'cell'}>
        {sender === null || changing ? (
          body !== null ? (
            <KeyChoice label={say(W.card)} value={null} focused onChange={(card_no) => done(body, card_no)} options={cardsOf(body).slice(0, 9).map((card_no, i) => ({ value: card_no, key: String(i + 1), text: card_no }))} />
          ) : <Combobox label={say(W.sender)} hint={say(W.sender_hint)} options={senders()} value={null} onPick={choose} id="sender" autoFocus={changing} />
        ) : <Said label={say(W.sender)} value={nameOf('served_bodies', sender.body_code)} more={sender.card_no} keys="Ctrl+G" onChange={() => setChanging(true)} />}
      </div>
      <div class={next.addressee ? 'cell set' : 'cell'}>
        {next.addressee === null || elsewhere ? (
          <Combobox label={say(W.addressee)} hint={say(W.addressee_hint)} options={bodies().filter((option) => option.value !== sender?.body_code)} value={null} id="addressee" autoFocus={elsewhere} onPick={(addressee) => { setElsewhere(false); setNext({ addressee }); }} />
        ) : (
          <Said label={say(W.addressee)} value={nameOf('served_bodies', next.addressee)} onChange={() => setElsewhere(true)}>
            <button type="button" class="pin" aria-pressed={keep_addressee} onClick={() => setNext({}, { keep_addressee: !keep_addressee })}>{say(keep_addressee ? W.for_all : W.for_one)}</button>
          </Said>
        )}
      </div>
      <div class={checked ? 'cell set' : 'cell'}>
        {checked ? <Said label={say(W.check)} value={`✓ ${say(W.fit_done)}`} onChange={() => setChecked(false)} /> : (
          <div class="check">
            <span class="cell-label">{say(W.check)}</span>
            <p class="hint">{say(W.check_says)}</p>
            <Button kind="main" onPress={() => setChecked(true)} disabled={sender === null} why="">{say(W.fit)}</Button>
          </div>
        )}
      </div>
    </div>
  );
}

function Said({ label, value, more, keys, onChange, children }: { label: string; value: string; more?: string; keys?: string; onChange: () => void; children?: preact.ComponentChildren }) {
  return (
    <div class="set-value">
      <span class="cell-label">{label}</span>
      <strong>{value}</strong>
      {more ? <span class="soft code">{more}</span> : null}
      <span class="row">
        {children}
        <button type="button" class="link" onClick={onChange}>{say(W.change)}<span class="hidden-words">: {label}</span>{keys ? <kbd>{keys}</kbd> : null}</button>
      </span>
    </div>
  );
}
