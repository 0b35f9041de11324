// The count of one bag as this lane sees it: what the machine knows at once, corrected by what the server says a moment later.

import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { OutboxEvent } from '../outbox/types.ts';
import { machine, stop } from './machine.ts';
import { listenTo } from './live.ts';
import { play } from './sound.ts';
import type { Tone } from './sound.ts';
import { api, ask } from './state.ts';
import { say } from './words.ts';
import type { Pair } from './words.ts';

export type Result = 'open' | 'matched' | 'duplicate' | 'surplus' | 'mis_sent' | 'other_bag' | 'held' | 'damaged' | 'weight_mismatch' | 'missing';
export type Tile = { code: string; weight_g: number; result: Result; lane: string | null };
export type Line = { key: string; code: string; result: Result; at: number; lane: string | null };
export type Sums = { state: string; blind: boolean; scanned: number; expected: number | null; left: number | null; gap_g: number | null; gap_explained_by: readonly string[]; open: readonly Open[]; found: readonly { code: string; result: string; lane: string | null; duplicates: number }[]; seals_entered: readonly string[]; seals_expected: readonly string[]; duplicates: number };
export type Open = { code: string; weight_g: number; last_person: string | null; last_office_code: string | null; last_at: string | null };

/** What each answer is called, its shape and its tone; stops are those that latch the lane. */
export const RESULTS: { readonly [R in Result]: { words: Pair; shape: string; tone: Tone; stops: boolean } } = {
  open: { words: ['CHƯA', 'OPEN'], shape: '', tone: 'waiting', stops: false },
  matched: { words: ['KHỚP', 'MATCHED'], shape: '✓', tone: 'matched', stops: false },
  duplicate: { words: ['TRÙNG', 'AGAIN'], shape: '‖', tone: 'duplicate', stops: false },
  surplus: { words: ['THỪA', 'SURPLUS'], shape: '+', tone: 'surplus', stops: false },
  mis_sent: { words: ['LẠC HƯỚNG', 'MIS-SENT'], shape: '↷', tone: 'surplus', stops: false },
  other_bag: { words: ['THUỘC TÚI KHÁC', 'OTHER BAG'], shape: '⇄', tone: 'stop', stops: true },
  held: { words: ['GIỮ LẠI', 'HOLD'], shape: '■', tone: 'stop', stops: true },
  damaged: { words: ['HƯ HỎNG', 'DAMAGED'], shape: '▲', tone: 'warning', stops: false },
  weight_mismatch: { words: ['LỆCH CÂN', 'WEIGHT'], shape: '▲', tone: 'warning', stops: false },
  missing: { words: ['THIẾU', 'MISSING'], shape: '○', tone: 'warning', stops: false },
};

/** What the server's flags on a counted item mean, the gravest first. */
const FLAGGED: readonly [flag: string, result: Result][] = [['held_here', 'held'], ['other_bag', 'other_bag'], ['mis_sent', 'mis_sent'], ['surplus', 'surplus'], ['damaged', 'damaged'], ['weight_drift', 'weight_mismatch'], ['duplicate', 'duplicate']];

/** One signal a tile: a scan draws one tile again, not three hundred. */
export const tiles = new Map<string, Signal<Tile>>();
export const order = signal<readonly string[]>([]);
export const lines = signal<readonly Line[]>([]);
export const sums = signal<Sums | null>(null);
export const last = signal<Line | null>(null);
let bag = '';
const pending = new Map<string, string>();
/** What the server said last of each tile: told once, it waits here while this machine's own word on it is on its way. */
const said = new Map<string, Tile>();

export function begin(bag_code: string): void {
  if (bag === bag_code) return;
  bag = bag_code;
  tiles.clear();
  pending.clear();
  said.clear();
  [order.value, lines.value, sums.value, last.value] = [[], [], null, null];
}

/** `whole` false: only the tiles that changed. */
type Count = Sums & { whole?: boolean; tiles?: readonly { code: string; weight_g: number; expected: boolean; result: string | null; lane: string | null }[] | null };
const asked = (code: string) => ({ param: { code }, query: { tiles: 'true' } }) as const;

export async function readCount(): Promise<void> {
  const mine = bag;
  const count = (await ask(api.bags[':code'].count.$get(asked(mine)))) as unknown as Count;
  if (mine === bag) take(count);
}

/** The count as it goes, from every lane. Returns how to stop. */
export const followCount = (heard: () => void): (() => void) =>
  listenTo((headers, signal) => api.bags[':code'].count.$get(asked(bag), { headers, init: { signal } }), (count) => {
    take(count as Count);
    heard();
  });

/** What the server says of the count; what this machine has scanned and not yet sent stays as it is here. */
function take(count: Count): void {
  const unsent = new Set(pending.values());
  const codes: string[] = [];
  for (const row of count.tiles ?? []) {
    if (row.expected) codes.push(row.code);
    const tile: Tile = { code: row.code, weight_g: row.weight_g, result: (row.result ?? 'open') as Result, lane: row.lane };
    said.set(row.code, tile);
    const known = tiles.get(row.code);
    if (!known) tiles.set(row.code, signal(tile));
    else if (!unsent.has(row.code) && (known.value.result !== tile.result || known.value.lane !== tile.lane)) known.value = tile;
  }
  if (count.whole !== false && codes.length !== order.value.length) order.value = codes;
  sums.value = count;
}

export const LINES_KEPT = 40;
const told = (line: Line): void => {
  last.value = line;
  lines.value = [line, ...lines.value.filter((known) => known.key !== line.key)].slice(0, LINES_KEPT);
};

/** One scan in the bag: stored on the disk, then told by tone, tile and word. */
export async function countScan(code: string, lane: string, more: { condition?: 'intact' | 'torn'; weight_g?: number } = {}): Promise<void> {
  const event = await machine.outbox.record({ kind: 'counted', code, facts: { bag_code: bag, condition: more.condition ?? 'intact', lane, ...(more.weight_g === undefined ? {} : { weight_g: more.weight_g }) } });
  const tile = tiles.get(code);
  const blind = sums.value?.blind === true && sums.value.state === 'counting';
  const known: Result = blind ? 'matched' : tile === undefined ? 'surplus' : tile.value.result !== 'open' && tile.value.result !== 'missing' ? 'duplicate' : more.condition === 'torn' ? 'damaged' : 'matched';
  const line: Line = { key: event.checkpoint_id, code, result: known, at: event.at, lane };
  pending.set(event.checkpoint_id, code);
  if (tile && known !== 'duplicate') tile.value = { ...tile.value, result: known, lane };
  told(line);
  play(RESULTS[known].tone);
  settle(event);
}

/** The server's word on what this lane recorded: it may be graver than what the machine knew. */
export function settle(event: OutboxEvent): void {
  if (!pending.has(event.checkpoint_id) || (event.receipt === null && event.refusal === null)) return;
  const code = pending.get(event.checkpoint_id) ?? '';
  pending.delete(event.checkpoint_id);
  const before = lines.value.find((line) => line.key === event.checkpoint_id);
  if (!before || event.receipt === null) return;
  const { flags } = event.receipt;
  const result = FLAGGED.find(([flag]) => flags.includes(flag))?.[1] ?? 'matched';
  const [tile, theirs] = [tiles.get(code), said.get(code)];
  if (tile && theirs && theirs.result !== 'open' && ![...pending.values()].includes(code)) tile.value = theirs;
  if (result === before.result) return;
  if (tile && result !== 'duplicate') tile.value = { ...tile.value, result };
  told({ ...before, result });
  if (RESULTS[result].stops) stop(`${say(RESULTS[result].words)} · ${code}`);
  else play(RESULTS[result].tone);
}

/** Asks what became of what was sent. */
export async function settleAll(): Promise<void> {
  if (pending.size === 0) return;
  for (const event of await machine.outbox.events({ limit: pending.size + 20 })) settle(event);
}
export const unsent = (): number => pending.size;
