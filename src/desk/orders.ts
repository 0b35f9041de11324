// Orders of heightened periods as this desk knows them: asked for every few seconds while somebody is at it, kept for when the line
// is gone. Whatever is recorded here passes by them: where an order asks for a second person, he is asked before the step.

import { signal } from '@preact/signals';
import type { Kind } from '../domain/facts.ts';
import type { Permission } from '../domain/role.ts';
import type { Outbox, Second, Wish } from '../outbox/types.ts';
import { api, ask, may, me } from './state.ts';
import type { ProblemWords } from './ui.tsx';

type AskedFor = { witness_rate_pct: number; two_persons: readonly Kind[]; protected_destinations: readonly string[] };
export type Orders = {
  orders: readonly { period_id: string; name_vi: string; phase: string; phase_vi: string; phase_en: string; until: string; read: boolean }[];
  changes: readonly { vi: string; en: string; period_id: string }[];
  asks: { readonly [service_class: string]: AskedFor };
  changes_at: string | null;
};
const KEPT = 'niem.orders';
const kept = localStorage.getItem(KEPT);
export const orders = signal<Orders | null>(kept === null ? null : (JSON.parse(kept) as Orders));

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
me.subscribe((who) => void (who && readOrders()));

/** A second person who is asked for now; the dialog answers. null: nobody. */
export type Asked = { permission: Permission; checkpoint_id: string; answer: (second: Second | 'alone' | null) => void };
export const asked = signal<Asked | null>(null);

const NOT_GIVEN: ProblemWords = {
  refusal: 'second_person_needed',
  vi: 'Lệnh đang có hiệu lực yêu cầu người thứ hai. Chưa ghi nhận gì.', en: 'An order in force asks for a second person. Nothing was recorded.',
  remedy_vi: 'Gọi người thứ hai rồi làm lại.', remedy_en: 'Call a second person and do it again.',
};

/** The same outbox, with the orders kept. */
export function keepingOrders(outbox: Outbox): Outbox {
  let refused = 0;
  outbox.subscribe(() => {
    const { needs_attention } = outbox.state();
    if (needs_attention > refused) void readOrders();
    refused = needs_attention;
  });
  return {
    ...outbox,
    record: async (wish) => outbox.record(await withSecond(wish, outbox)),
    async sendAgain(checkpoint_id, wish, second) {
      const event = (await outbox.events({ limit: 300 })).find((known) => known.checkpoint_id === checkpoint_id);
      const again = wish ?? (event === undefined ? undefined : ({ kind: event.kind, code: event.code ?? undefined, facts: event.facts }));
      const agreed = second ?? (again === undefined ? undefined : (await withSecond(again, outbox)).second);
      return outbox.sendAgain(checkpoint_id, wish, agreed);
    },
  };
}

const tightens = ({ witness_rate_pct, two_persons, protected_destinations }: AskedFor): boolean => witness_rate_pct > 0 || two_persons.length > 0 || protected_destinations.length > 0;

async function withSecond<K extends Kind>(wish: Wish<K>, outbox: Outbox): Promise<Wish<K>> {
  const asks = orders.value?.asks;
  if (wish.second || !asks?.['any'] || !tightens(asks['any'])) return wish;
  const { needOf } = await import('./orders_need.ts');
  const need = await needOf(wish, asks, outbox.now());
  if (need === null) return wish;
  const { checkpoint_id, permission } = need;
  if (permission === null) return { ...wish, checkpoint_id };
  const second = await new Promise<Second | 'alone' | null>((resolve) => (asked.value = { permission, checkpoint_id, answer: resolve }));
  asked.value = null;
  if (second === null) throw NOT_GIVEN;
  return { ...wish, checkpoint_id, ...(second === 'alone' ? {} : { second }) };
}
