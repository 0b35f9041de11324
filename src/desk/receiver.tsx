// Who receives. Only ways that the law allows for every item in hand are offered; a guard or a neighbour is none of them.
// The receiver's own PIN is not offered: no register of ours holds one, so nothing here could check it.

import type { Authority } from '../domain/delivery.ts';
import type { RunItem } from './run_state.ts';
import { Badge, Choice, Field, Notice } from './ui.tsx';
import { say } from './words.ts';
import type { Pair } from './words.ts';

/** `way` null: not chosen yet. */
export type Taken = { way: Authority | null; card_no: string | null; paper_no: string };

const W = {
  who: ['Người nhận trình', 'The receiver shows'],
  card: ['Thẻ nhận {card}', 'Receiver’s card {card}'],
  no_card: ['Chưa quét thẻ nhận', 'No receiver’s card scanned yet'],
  paper: ['Số giấy', 'Number of the paper'],
  paper_hint: ['Như ghi trên giấy, ví dụ 12/GGT', 'As written on it, e.g. 12/GGT'],
  paper_wrong: ['Chỉ chữ in hoa, số và / . -', 'Capitals, digits and / . - only'],
  never: ['Không giao cho bảo vệ, lễ tân hay hàng xóm.', 'Never to a guard, a receptionist or a neighbour.'],
  none: ['Các bưu gửi này không nhận được chung một cách. Giao từng bưu gửi.', 'These items share no way of receiving. Give them one by one.'],
} as const;
const WAYS: { readonly [A in Authority]: Pair } = {
  card: ['Thẻ nhận đã đăng ký', 'Registered card'], pin: ['PIN', 'PIN'], letter_of_introduction: ['Giấy giới thiệu', 'Letter of introduction'],
  authorisation: ['Giấy ủy quyền', 'Authorisation'], addressee_in_person: ['Chính người nhận', 'The addressee in person'],
};
const PAPER_NO = /^[0-9\p{Lu}/.-]{1,40}$/u;
const withPaper = (way: Authority | null): boolean => way === 'letter_of_introduction' || way === 'authorisation';

/** What suffices for all of them. */
export const waysFor = (items: readonly RunItem[]): Authority[] =>
  (items[0]?.receiving ?? []).map(({ authority }) => authority).filter((way) => way !== 'pin' && items.every((item) => item.receiving.some(({ authority }) => authority === way)));

const cardNeeded = (items: readonly RunItem[], way: Authority): boolean => items.some((item) => item.receiving.some(({ authority, card_needed }) => authority === way && card_needed));

/** Whether what the receiver showed suffices for all items. */
export function reachedBy(items: readonly RunItem[], { way, card_no, paper_no }: Taken): boolean {
  if (way === null || !waysFor(items).includes(way)) return false;
  if (cardNeeded(items, way) && card_no === null) return false;
  return !withPaper(way) || PAPER_NO.test(paper_no);
}

export function Receiver({ items, taken, onChange }: { items: readonly RunItem[]; taken: Taken; onChange: (taken: Taken) => void }) {
  const ways = waysFor(items);
  const way = taken.way;
  if (ways.length === 0) return <Notice tint="warn">{say(W.none)}</Notice>;
  const asksCard = (way ?? ways[0]) !== undefined && cardNeeded(items, way ?? ways[0] ?? 'card');
  return (
    <section class="receiver stack">
      <Choice<string> label={say(W.who)} value={way ?? ''} compact options={ways.map((value) => ({ value, text: say(WAYS[value]) }))} onChange={(value) => onChange({ ...taken, way: value as Authority, paper_no: '' })} />
      {asksCard || taken.card_no !== null ? <Badge tint={taken.card_no === null ? 'plain' : 'good'}>{taken.card_no === null ? say(W.no_card) : say(W.card, { card: taken.card_no })}</Badge> : null}
      {withPaper(way) ? <Field label={say(W.paper)} hint={say(W.paper_hint)} value={taken.paper_no} onInput={(paper_no) => onChange({ ...taken, paper_no: paper_no.toLocaleUpperCase('vi').replaceAll(' ', '') })} max={40} error={taken.paper_no === '' || PAPER_NO.test(taken.paper_no) ? null : say(W.paper_wrong)} name="paper" /> : null}
      <p class="soft">{say(W.never)}</p>
    </section>
  );
}
