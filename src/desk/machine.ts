// This machine: its queue, what it keeps for hours without a network, its scanner, its keys, and whether it has stopped.

import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { readBagCode } from '../domain/bag.ts';
import { readS10 } from '../domain/code.ts';
import type { Outbox, OutboxState } from '../outbox/types.ts';
import { onlineOnly } from './online.ts';
import { api, ask } from './state.ts';
import { play } from './sound.ts';

export const machine: { outbox: Outbox } = { outbox: onlineOnly() };
export const queue = signal<OutboxState>(machine.outbox.state());
let unsubscribe = machine.outbox.subscribe(() => (queue.value = machine.outbox.state()));

/** Puts another outbox in place: that of the enrolled device. */
export function use(outbox: Outbox): void {
  unsubscribe();
  machine.outbox = outbox;
  unsubscribe = outbox.subscribe(() => (queue.value = outbox.state()));
  queue.value = outbox.state();
}

// ---- Lists that change seldom

type Row = { readonly [column: string]: unknown };
/** `lists`: rows of GET /api/reference/{list} by list; `at`: when they were read, Unix milliseconds. */
export const reference = signal<{ lists: { readonly [list: string]: readonly Row[] }; at: number | null }>({ lists: {}, at: null });
const LISTS = ['offices', 'served_bodies', 'served_addresses', 'authorised_cards', 'agencies', 'reasons', 'postal_codes'] as const;
export type ReferenceList = (typeof LISTS)[number];

/** Reads the lists afresh; without a network those that are there stay. */
export async function readReference(): Promise<void> {
  const got = await Promise.all(LISTS.map(async (list) => [list, (await ask(api.reference[':list'].$get({ param: { list }, query: {} }))).rows] as const));
  reference.value = { lists: Object.fromEntries(got), at: machine.outbox.now() };
}
export const rowsOf = (list: ReferenceList): readonly Row[] => reference.value.lists[list] ?? [];
/** An office's or body's name, or its code where it is not known here. */
export const nameOf = (list: 'offices' | 'served_bodies' | 'agencies', code: string | null): string => {
  const column = { offices: 'office_code', served_bodies: 'body_code', agencies: 'agency_code' }[list];
  const name = rowsOf(list).find((row) => row[column] === code)?.['name_vi'];
  return typeof name === 'string' ? name : (code ?? '—');
};
export const reasonsOf = (reason_list: string): readonly Row[] => rowsOf('reasons').filter((row) => row['reason_list'] === reason_list);

// ---- What the scanner says

/** A scan, read. `code` null: unknown. `repaired`: a typing program had bent it, and the check digit proved the repair. */
export type Scan = {
  what: 'item' | 'label' | 'bag' | 'seal' | 'badge' | 'command' | 'station' | 'receiver' | 'gs1' | 'receptacle' | 'cccd' | 'url' | 'unknown';
  code: string | null;
  text: string;
  mac: string | null;
  method: string;
  gap_ms: number;
  repaired: boolean;
  problem: string | null;
};
type Takes = (scan: Scan) => unknown;

let taker: { screen: string; take: Takes } | null = null;
export const lastScans = signal<readonly (Scan & { at: number })[]>([]);

/** While a screen is open, scans are its own. The newest screen takes; when it goes the one before takes again. */
export function useScans(screen: string, take: Takes): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const before = taker;
    const mine = { screen, take: (scan: Scan) => latest.current(scan) };
    taker = mine;
    return () => {
      if (taker === mine) taker = before;
    };
  }, [screen]);
}

/** Gives a scan to whoever takes scans now: the scanner, the camera and the typed field all end here. */
export function scanned(scan: Scan): void {
  lastScans.value = [{ ...scan, at: machine.outbox.now() }, ...lastScans.value].slice(0, 10);
  if (latch.value !== null && scan.what !== 'command') {
    latch.value = { ...latch.value, parked: [...latch.value.parked, scan] };
    play('waiting');
    return;
  }
  if (scan.what === 'command' && run(scan.code ?? '')) return;
  void taker?.take(scan);
}

/** Stop-class: the lane stays shut until somebody acknowledges; what is scanned meanwhile waits its turn. */
export const latch = signal<{ message: string; parked: readonly Scan[] } | null>(null);
let again: ReturnType<typeof setTimeout> | undefined;
export function stop(message: string): void {
  latch.value = { message, parked: latch.value?.parked ?? [] };
  const repeat = (times: number): void => {
    play('stop');
    if (times > 1) again = setTimeout(() => repeat(times - 1), 2000);
  };
  clearTimeout(again);
  repeat(3);
}
/** Acknowledged: the parked scans are taken in their order, 150 ms apart; a new stop parks the rest again. */
export async function release(): Promise<void> {
  clearTimeout(again);
  const parked = latch.value?.parked ?? [];
  latch.value = null;
  for (const [i, scan] of parked.entries()) {
    await taker?.take(scan);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const stopped = latch.value as { message: string; parked: readonly Scan[] } | null;
    if (stopped !== null) {
      latch.value = { ...stopped, parked: [...parked.slice(i + 1), ...stopped.parked] };
      return;
    }
  }
}

// ---- Commands: one table for F-keys, Ctrl-chords and command cards

export const COMMAND_KEYS = { find: 'F2', type: 'F4', flag: 'F8', aside: 'F9', undo: 'Ctrl+Z', print: 'Ctrl+P', close: 'Ctrl+Enter', change: 'Ctrl+G', help: 'F1' } as const;
export type Command = keyof typeof COMMAND_KEYS;
const commands = new Map<string, () => unknown>();

/** What a key, a chord or a card of that name does while the screen is open. */
export function useCommand(id: string, work: () => unknown): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    const before = commands.get(id);
    const mine = (): unknown => latest.current();
    commands.set(id, mine);
    return () => {
      if (commands.get(id) !== mine) return;
      if (before) commands.set(id, before);
      else commands.delete(id);
    };
  }, [id]);
}
const run = (id: string): boolean => {
  const work = commands.get(id);
  if (work) void work();
  return work !== undefined;
};

const chord = (event: KeyboardEvent): string => `${event.ctrlKey ? 'Ctrl+' : ''}${event.key.length === 1 ? event.key.toUpperCase() : event.key}`;

// ---- The keyboard wedge

let typed = '';
let began = 0;
let last = 0;
addEventListener('keydown', (event) => {
  const pressed = chord(event);
  const command = (Object.keys(COMMAND_KEYS) as Command[]).find((id) => COMMAND_KEYS[id] === pressed);
  if (command !== undefined && run(command)) return event.preventDefault();
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.timeStamp - last > 150) typed = '';
  if (typed === '') began = event.timeStamp;
  last = event.timeStamp;
  if (event.key === 'Enter' && typed.length >= 6) {
    const scan = read(typed, (last - began) / typed.length);
    typed = '';
    if (scan.what !== 'unknown' || scan.gap_ms < 35) {
      event.preventDefault();
      scanned(scan);
    }
  } else if (event.key.length === 1) typed += event.key;
}, { capture: true });

function read(text: string, gap_ms: number): Scan {
  const code = text.trim().toUpperCase();
  const bag = readBagCode(code.slice(0, 23));
  const what = readS10(code).ok ? 'item' : bag ? 'bag' : 'unknown';
  return { what, code: what === 'unknown' ? null : what === 'bag' ? code.slice(0, 23) : code, text, mac: null, method: 'speed', gap_ms, repaired: false, problem: what === 'unknown' ? 'format' : null };
}
