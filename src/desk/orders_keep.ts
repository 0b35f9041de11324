// Reads the orders in force every few seconds while somebody is at the desk, and asks for the second person that one of them wants
// before a step is recorded.

import type { Kind } from '../domain/facts.ts';
import type { Outbox, Second, Wish } from '../outbox/types.ts';
import { queue } from './machine.ts';
import { asked, KEPT, orders } from './orders.ts';
import type { AskedFor, Orders } from './orders.ts';
import { needOf } from './orders_need.ts';
import { api, ask, may, me } from './state.ts';
import type { ProblemWords } from './ui.tsx';

/** Often enough that an open desk follows an order within seconds. */
const READ_MS = 4_000;
/** A desk that nobody touches asks no more: its session must be able to lock. */
const ALONE_MS = 180_000;
let touched = performance.now();
for (const event of ['keydown', 'pointerdown']) addEventListener(event, () => (touched = performance.now()), { capture: true, passive: true });

export async function readOrders(): Promise<void> {
  if (me.value === null || !may('duty.read')) return;
  try {
    const got = (await ask(api.periods.active.$get())) as unknown as Orders;
    if (JSON.stringify({ ...got, at: '' }) === JSON.stringify({ ...orders.value, at: '' })) return;
    orders.value = got;
    localStorage.setItem(KEPT, JSON.stringify(got));
  } catch {
    // Without a network what was known last stands.
  }
}
setInterval(() => {
  if (performance.now() - touched < ALONE_MS) void readOrders();
}, READ_MS);

/** A step that the server refused may have met an order that is not known here yet. */
let refused = 0;
queue.subscribe(({ needs_attention }) => {
  if (needs_attention > refused) void readOrders();
  refused = needs_attention;
});

const NOT_GIVEN: ProblemWords = {
  refusal: 'second_person_needed',
  vi: 'Lệnh đang có hiệu lực yêu cầu người thứ hai. Chưa ghi nhận gì.', en: 'An order in force asks for a second person. Nothing was recorded.',
  remedy_vi: 'Gọi người thứ hai rồi làm lại.', remedy_en: 'Call a second person and do it again.',
};

const tightens = ({ witness_rate_pct, two_persons, protected_destinations }: AskedFor): boolean => witness_rate_pct > 0 || two_persons.length > 0 || protected_destinations.length > 0;

export async function withSecond<K extends Kind>(wish: Wish<K>, outbox: Outbox): Promise<Wish<K>> {
  const asks = orders.value?.asks;
  if (wish.second || !asks?.['any'] || !tightens(asks['any'])) return wish;
  const need = await needOf(wish, asks, outbox.now());
  if (need === null) return wish;
  const { checkpoint_id, permission } = need;
  if (permission === null) return { ...wish, checkpoint_id };
  const second = await new Promise<Second | 'alone' | null>((resolve) => (asked.value = { permission, checkpoint_id, answer: resolve }));
  asked.value = null;
  if (second === null) throw NOT_GIVEN;
  return { ...wish, checkpoint_id, ...(second === 'alone' ? {} : { second }) };
}

/** Whom the refused event needs now, so that it can be sent again. */
export async function secondAgain(checkpoint_id: string, wish: Wish | undefined, outbox: Outbox): Promise<Second | undefined> {
  const event = (await outbox.events({ limit: 300 })).find((known) => known.checkpoint_id === checkpoint_id);
  const again = wish ?? (event && { kind: event.kind, code: event.code ?? undefined, facts: event.facts });
  return again && (await withSecond(again, outbox)).second;
}
