// The do-not-touch card: what to do, whom to call, and for those who deal with it who was near it, from the whole chain. Says nothing of why.

import { api, ask } from './state.ts';
import { Table, useLoad } from './ui.tsx';
import { dateTime, either, say } from './words.ts';

const W = { title: ['KHÔNG CHẠM VÀO', 'DO NOT TOUCH'], call: ['Gọi', 'Call'], no_number: ['chưa nạp số điện thoại', 'no number is loaded'], contacts: ['Người đã tiếp xúc', 'Who was near it'], who: ['Người', 'Person'], through: ['Qua', 'Through'], when: ['Lúc', 'At'], part: ['Danh sách có thể chưa đủ.', 'The list may not be complete.'] } as const;
type Card = { critical: boolean; steps: { vi: string; en: string }[]; call: { title_vi: string; phone: string | null }[]; contacts: { complete: boolean; touched: { how: string; ref: string; full_name: string | null; badge: string | null; through: string; from: string }[] } | null };

export const readCard = async (code: string): Promise<Card> => (await ask(api.items[':code']['do-not-touch'].$get({ param: { code } }))) as unknown as Card;

/** Nothing unless the item may endanger people. `key`: asked again when it changes. */
export function DoNotTouch({ code, again = '' }: { code: string; again?: string }) {
  const { data } = useLoad(`card ${code} ${again}`, () => readCard(code).catch(() => null));
  return data?.critical ? <CardOf card={data} /> : null;
}

export function CardOf({ card }: { card: Card }) {
  return (
    <section class="do-not-touch" aria-label={say(W.title)}>
      <h2><span aria-hidden="true">■</span> {say(W.title)}</h2>
      <ol>{card.steps.map((step) => <li key={step.vi}>{either(step.vi, step.en)}</li>)}</ol>
      {card.call.length > 0 ? <p><strong>{say(W.call)}:</strong> {card.call.map((desk) => `${desk.title_vi} ${desk.phone ?? `(${say(W.no_number)})`}`).join(' · ')}</p> : null}
      {card.contacts === null ? null : (
        <details><summary>{say(W.contacts)} ({card.contacts.touched.length}) {card.contacts.complete ? '' : say(W.part)}</summary>
          <Table caption={say(W.contacts)} rows={card.contacts.touched} keyOf={(row) => `${row.how}${row.ref}${row.from}${row.through}`} empty="—" columns={[{ head: say(W.who), cell: (row) => `${row.full_name ?? row.ref}${row.badge ? ` · ${row.badge}` : ''}` }, { head: say(W.through), cell: (row) => <span class="code">{row.through}</span> }, { head: say(W.when), cell: (row) => dateTime(row.from) }]} />
        </details>
      )}
    </section>
  );
}
