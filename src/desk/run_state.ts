// The courier's run as this phone knows it: what the server said last, and over it what was recorded here since and may not be sent yet.

import { signal } from '@preact/signals';
import { machine, nameOf } from './machine.ts';
import { api, ask, me } from './state.ts';

export type Run = Awaited<ReturnType<typeof readRun>>;
export type RunItem = NonNullable<Run>['items'][number] & { done: 'delivered' | 'attempted' | null };
export type Stop = { key: string; name: string; items: RunItem[]; left: number };

const readRun = () => ask(api.runs.mine.$get());
/** Null: no open run. */
export async function loadRun(): Promise<Run | null> {
  try {
    return await readRun();
  } catch (error) {
    if ((error as { refusal?: string }).refusal === 'no_open_run') return null;
    throw error;
  }
}

/** By number: what this device recorded of its person and the server has not refused. Read again after each change of the queue. */
export const recorded = signal<ReadonlyMap<string, 'delivered' | 'attempted'>>(new Map());
export async function readRecorded(since: string): Promise<void> {
  const events = await machine.outbox.events({ limit: 500 });
  const mine = events.filter((event) => event.person_id === (me.value?.person_id ?? '') || event.person_id === '').filter((event) => event.at >= Date.parse(since) && event.refusal === null);
  recorded.value = new Map(mine.toReversed().flatMap(({ code, kind }) => (code !== null && (kind === 'delivered' || kind === 'attempted') ? [[code, kind] as const] : [])));
}

/** An item's last word: the server's if it has one that ends it, else this device's. */
const doneOf = (item: NonNullable<Run>['items'][number]): RunItem['done'] =>
  item.state === 'delivered' || item.state === 'attempted' ? item.state : (recorded.value.get(item.code) ?? null);

/** Stops in the order of their most urgent item; a stop is a body, or a postal code where no body is named. */
export function stopsOf(run: NonNullable<Run>): Stop[] {
  const stops = new Map<string, Stop>();
  for (const item of run.items) {
    const key = item.addressee_body_code ?? item.addressee_postal_code ?? '—';
    const stop = stops.get(key) ?? { key, name: item.addressee_body_code === null ? key : nameOf('served_bodies', key), items: [], left: 0 };
    const mine: RunItem = { ...item, done: doneOf(item) };
    stop.items.push(mine);
    if (mine.done === null && (mine.in_hand || mine.state === 'with_courier')) stop.left++;
    stops.set(key, stop);
  }
  return [...stops.values()].toSorted((a, b) => Number(a.left === 0) - Number(b.left === 0));
}

export const toBringBack = (run: NonNullable<Run>): string[] =>
  run.items.filter((item) => item.in_hand && (item.state === 'attempted' || recorded.value.get(item.code) === 'attempted') && recorded.value.get(item.code) !== 'delivered').map((item) => item.code);
