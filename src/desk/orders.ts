// Orders of heightened periods as this desk knows them, kept for when the line is gone. Whatever is recorded here passes by them; how
// they are read and what they ask for is orders_keep.ts, which comes behind the first screen.

import { signal } from '@preact/signals';
import type { Kind } from '../domain/facts.ts';
import type { Permission } from '../domain/role.ts';
import type { Outbox, Second } from '../outbox/types.ts';
import { me } from './state.ts';

export type AskedFor = { witness_rate_pct: number; two_persons: readonly Kind[]; protected_destinations: readonly string[] };
export type Orders = {
  orders: readonly { period_id: string; name_vi: string; phase: string; phase_vi: string; phase_en: string; until: string; read: boolean }[];
  changes: readonly { vi: string; en: string; period_id: string }[];
  asks: { readonly [service_class: string]: AskedFor };
  changes_at: string | null;
};
export const KEPT = 'niem.orders';
const kept = localStorage.getItem(KEPT);
export const orders = signal<Orders | null>(kept === null ? null : (JSON.parse(kept) as Orders));

/** A second person who is asked for now; the dialog answers. null: nobody. */
export type Asked = { permission: Permission; checkpoint_id: string; answer: (second: Second | 'alone' | null) => void };
export const asked = signal<Asked | null>(null);

const keep = () => import('./orders_keep.ts');
export const readOrders = async (): Promise<void> => (await keep()).readOrders();
/** The first screen comes first. */
me.subscribe((who) => void (who && setTimeout(() => void readOrders(), 1_000)));

/** The same outbox, with the orders kept. */
export const keepingOrders = (outbox: Outbox): Outbox => ({
  ...outbox,
  record: async (wish) => outbox.record(orders.value?.orders.length ? await (await keep()).withSecond(wish, outbox) : wish),
  sendAgain: async (checkpoint_id, wish, second) => outbox.sendAgain(checkpoint_id, wish, second ?? (orders.value?.orders.length ? await (await keep()).secondAgain(checkpoint_id, wish, outbox) : undefined)),
});
