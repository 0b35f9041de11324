// The banner of orders in force: what changes for whoever sits here. Information, no alarm; read once a shift it stays as a strip.
// And the second person that an order asks for, over whatever screen is open.

import './duty.css';
import { useState } from 'preact/hooks';
import { queue } from './machine.ts';
import { asked, orders, readOrders } from './orders.ts';
import { SecondPerson } from './second.tsx';
import { api, ask, me } from './state.ts';
import { Button } from './ui.tsx';
import { dateTime, either, say } from './words.ts';

const W = {
  period: ['GIAI ĐOẠN CAO ĐIỂM', 'HEIGHTENED PERIOD'], until: ['đến {until}', 'until {until}'], changes: ['{count} điều đổi', '{count} changes'], more: ['Xem', 'Show'],
  read: ['Đã đọc, thu gọn', 'Read, make it small'], order: ['Xem lệnh', 'See the order'], nothing: ['Chưa có gì đổi ở bàn này.', 'Nothing changes at this desk yet.'],
  why: ['Lệnh đang có hiệu lực ({names}) yêu cầu người thứ hai cho việc này.', 'An order in force ({names}) asks for a second person for this.'],
  alone: ['Mất mạng, không có người thứ hai: ghi là làm một mình', 'No network and no second person: record it as done alone'],
} as const;

export default function OrdersBanner() {
  const [, redraw] = useState(0);
  const now = orders.value;
  const ask_ = asked.value;
  const names = now?.orders.map((order) => order.name_vi).join(' + ') ?? '';
  return (
    <>
      {now !== null && now.orders.length > 0 ? <Banner names={names} redraw={() => redraw((n) => n + 1)} /> : null}
      {ask_ === null ? null : (
        <SecondPerson permission={ask_.permission} checkpoint_id={ask_.checkpoint_id} why={say(W.why, { names })} onAgreed={ask_.answer} onClose={() => ask_.answer(null)}>
          {queue.value.link === 'online' || queue.value.device.kind !== 'enrolled' ? null : <Button kind="quiet" onPress={() => ask_.answer('alone')}>{say(W.alone)}</Button>}
        </SecondPerson>
      )}
    </>
  );
}

function Banner({ names, redraw }: { names: string; redraw: () => void }) {
  const now = orders.value;
  if (now === null) return null;
  // Another order, another phase or another shift shows it whole again.
  const key = [me.value?.person_id, me.value?.shift_id, ...now.orders.map((order) => `${order.period_id} ${order.phase}`)].join();
  const small = sessionStorage.getItem('niem.orders.read') === key;
  const set = (value: string): void => {
    sessionStorage.setItem('niem.orders.read', value);
    redraw();
  };
  const until = dateTime(now.orders.map((order) => order.until).toSorted().at(-1) ?? 0);
  const read = async (): Promise<void> => {
    set(key);
    for (const { period_id, read: done } of now.orders) if (!done) await ask(api.periods.$post({ json: { kind: 'period_read', matter_id: period_id, facts: {} } })).catch(() => undefined);
    await readOrders();
  };
  return (
    <section class={small ? 'period-banner small' : 'period-banner'} aria-label={say(W.period)}>
      <strong><span aria-hidden="true">▮▮</span> {say(W.period)}: {names}</strong>
      <span>{now.orders.map((order) => either(order.phase_vi, order.phase_en)).filter((phase, i, all) => all.indexOf(phase) === i).join(', ')} · {say(W.until, { until })}</span>
      {small ? <span>{say(W.changes, { count: now.changes.length })}</span> : null}
      {small ? null : now.changes.length === 0 ? <p>{say(W.nothing)}</p> : <ul>{now.changes.map((change) => <li key={change.vi}>{either(change.vi, change.en)}</li>)}</ul>}
      <span class="row">
        <a href={`/desk/periods/${now.orders[0]?.period_id ?? ''}`}>{say(W.order)}</a>
        {small ? <button type="button" class="link" onClick={() => set('')}>{say(W.more)} ▸</button> : <Button onPress={read}>{say(W.read)}</Button>}
      </span>
    </section>
  );
}
