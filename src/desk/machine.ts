// This machine: its queue, what it keeps for hours without a network, its scanner, its keys, and whether it has stopped.

import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { acknowledge, latch, offer, OPEN_LANE, takeParked } from '../scan/lane.ts';
import type { Lane } from '../scan/lane.ts';
import type { Asks } from '../scan/parse.ts';
import type { Reading } from '../scan/ime.ts';
import { commandOf } from '../scan/route.ts';
import type { RawScan } from '../scan/stroke.ts';
import { openOutbox } from '../outbox/outbox.ts';
import type { Outbox, OutboxState, Who } from '../outbox/types.ts';
import { drawAfter, onceDrawn } from './drawing.ts';
import { onlineOnly } from './online.ts';
import { keepingOrders } from './orders.ts';
import { api, ask } from './state.ts';
import { play } from './sound.ts';
import { wordsOf } from './ui.tsx';

/** `device`: what this browser keeps, if it can keep anything; `outbox`: where events go now. */
export const machine: { outbox: Outbox; device: Outbox | null } = { outbox: keepingOrders(onlineOnly()), device: null };
export const queue = signal<OutboxState>(machine.outbox.state());
let unsubscribe = machine.outbox.subscribe(() => (queue.value = machine.outbox.state()));

function use(given: Outbox): void {
  const outbox = keepingOrders(given);
  unsubscribe();
  machine.outbox = outbox;
  unsubscribe = outbox.subscribe(() => (queue.value = outbox.state()));
  queue.value = outbox.state();
}

/** Opens what this browser keeps. Without storage or keys of its own it still works, online. */
export async function openMachine(): Promise<void> {
  try {
    machine.device = await openOutbox();
    use(machine.device);
  } catch {
    machine.device = null;
  }
}

const NOT_OF_THIS_OFFICE = new Set(['unknown_device', 'wrong_office']);

/** Signs in on the enrolled machine; a guest (an agency's officer, somebody of another office) works online and nothing is kept. */
export async function signIn(input: { badge: string; pin: string }): Promise<Who> {
  if (machine.device?.state().device.kind === 'enrolled') {
    use(machine.device);
    try {
      return await machine.device.signIn(input);
    } catch (error) {
      if (!NOT_OF_THIS_OFFICE.has(wordsOf(error).refusal)) throw error;
    }
  }
  use(onlineOnly());
  return machine.outbox.signIn(input);
}

// ---- Lists that change seldom

type Row = { readonly [column: string]: unknown };
/** `lists`: rows of GET /api/reference/{list} by list; `at`: when they were read, Unix milliseconds. */
export const reference = signal<{ lists: { readonly [list: string]: readonly Row[] }; at: number | null }>({ lists: {}, at: null });
const LISTS = ['offices', 'served_bodies', 'served_addresses', 'authorised_cards', 'agencies', 'reasons', 'postal_codes'] as const;
export type ReferenceList = (typeof LISTS)[number];

/** Reads the lists afresh, and what the machine needs without a network; without one, what it kept stands. */
export async function readReference(): Promise<void> {
  try {
    const got = await Promise.all(LISTS.map(async (list) => [list, (await ask(api.reference[':list'].$get({ param: { list }, query: {} }))).rows] as const));
    reference.value = { lists: Object.fromEntries(got), at: machine.outbox.now() };
    await machine.outbox.snapshot();
  } catch {
    const kept = await machine.outbox.desk();
    if (kept === null || reference.value.at !== null) return;
    const { offices, bodies, reasons } = kept.data as { [list: string]: readonly Row[] };
    reference.value = { lists: { offices: offices ?? [], served_bodies: bodies ?? [], reasons: reasons ?? [] }, at: kept.taken_at };
  }
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

/** A scan, read. `code` null: unknown, for `problem`. `repaired`: `culprit` had bent it, and the check digit and the screen proved the repair. */
export type Scan = Reading & { method: RawScan['method']; gap_ms: number; at_ms: number; raw: RawScan };
type Takes = (scan: Scan) => unknown;
/** `asks`: what is read here beyond what is read everywhere. `proves`: whether a number is expected here, so that a bent scan may be repaired to it. */
type Options = { asks?: Asks; proves?: (code: string) => boolean };

let taker: { screen: string; take: Takes; options: Options } | null = null;
/** The lane of this machine: stopped or not, what is parked, the last ten scans. */
export const lane = signal<Lane>(OPEN_LANE);

export const asks = (): Asks => taker?.options.asks ?? [];
export const proves = (code: string): boolean => taker?.options.proves?.(code) ?? false;

/** While a screen is open, scans are its own. The newest screen takes; when it goes the one before takes again. */
export function useScans(screen: string, take: Takes, options: Options = {}): void {
  const latest = useRef({ take, options });
  latest.current = { take, options };
  // Before the screen is painted: what is scanned as soon as it is seen must not be lost.
  useLayoutEffect(() => {
    const before = taker;
    const mine = { screen, take: (scan: Scan) => latest.current.take(scan), get options() { return latest.current.options; } };
    taker = mine;
    return () => {
      if (taker === mine) taker = before;
    };
  }, [screen]);
}

/** Gives a scan to whoever takes scans now: the scanner, the camera and the typed field all end here. */
export function scanned(scan: Scan): void {
  if (scan.what === 'command') {
    const command = commandOf(scan.code ?? '');
    if (command !== null && run(command)) return;
  }
  const offered = offer(lane.value, { reading: scan, method: scan.method, gap_ms: scan.gap_ms, at_ms: scan.at_ms });
  lane.value = offered.lane;
  if (offered.verdict === 'parked') {
    parked.set(scan.at_ms, scan);
    play('waiting');
  } else if (offered.verdict === 'evaluate') drawAfter(taker?.take(scan));
}
/** The whole of what is parked, by its time: the lane keeps the reading only. */
const parked = new Map<number, Scan>();

let again: ReturnType<typeof setTimeout> | undefined;
/** Stop-class: the lane stays shut until somebody acknowledges; what is scanned meanwhile waits its turn. */
export function stop(message: string): void {
  lane.value = latch(lane.value, message);
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
  lane.value = acknowledge(lane.value);
  for (;;) {
    const next = takeParked(lane.value);
    lane.value = next.lane;
    if (next.scan === null) return;
    const scan = parked.get(next.scan.at_ms);
    parked.delete(next.scan.at_ms);
    if (scan) await taker?.take(scan);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

// ---- Commands: one table for F-keys, Ctrl-chords and command cards

export const COMMAND_KEYS = { find: 'F2', type: 'F4', flag: 'F8', aside: 'F9', undo: 'Ctrl+Z', print: 'Ctrl+P', close: 'Ctrl+Enter', change: 'Ctrl+G', help: 'F1' } as const;
export type Command = keyof typeof COMMAND_KEYS;
const commands = new Map<string, () => unknown>();
/** Commands that do something on the screen as it stands. */
export const live = signal<ReadonlySet<string>>(new Set());
const tell = (): void => void (live.value = new Set(commands.keys()));

/** What a key, a chord or a card of that name does while the screen is open. */
export function useCommand(id: string, work: () => unknown): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    const before = commands.get(id);
    const mine = (): unknown => latest.current();
    commands.set(id, mine);
    tell();
    return () => {
      if (commands.get(id) !== mine) return;
      if (before) commands.set(id, before);
      else commands.delete(id);
      tell();
    };
  }, [id]);
}
const run = (id: string): boolean => {
  const work = commands.get(id);
  if (work) onceDrawn(() => void commands.get(id)?.());
  return work !== undefined;
};

const chord = (event: KeyboardEvent): string => `${event.ctrlKey ? 'Ctrl+' : ''}${event.key.length === 1 ? event.key.toUpperCase() : event.key}`;

addEventListener(
  'keydown',
  (event) => {
    const pressed = chord(event);
    const command = (Object.keys(COMMAND_KEYS) as Command[]).find((id) => COMMAND_KEYS[id] === pressed);
    if (command !== undefined && run(command)) event.preventDefault();
  },
  { capture: true },
);
