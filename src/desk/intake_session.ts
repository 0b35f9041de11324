// A sender's session at the counter: who hands in, where it goes, what was checked once for all, and what applies to the next item.
// One scan makes one acceptance when nothing is missing; otherwise the item waits in its place, says for what, and blocks nobody.

import { signal } from '@preact/signals';
import type { AcceptedKt1 } from '../domain/facts.ts';
import type { Secrecy } from '../domain/service.ts';
import type { OutboxEvent } from '../outbox/types.ts';
import { machine, rowsOf } from './machine.ts';
import type { Scan } from './machine.ts';
import { play } from './sound.ts';
import { me } from './state.ts';

export type Pace = 'NONE' | 'HOA_TOC' | 'HEN_GIO' | 'HEN_GIO_HOA_TOC';
export const PACES: readonly Pace[] = ['NONE', 'HOA_TOC', 'HEN_GIO', 'HEN_GIO_HOA_TOC'];
export const MARKS: readonly Secrecy[] = ['NONE', 'C', 'B', 'A'];
export type Sender = { body_code: string; card_no: string };
/** What applies to the next item. `same_g` null: each is weighed. */
export type Next = { addressee: string | null; pace: Pace; mark: Secrecy; appointed_at: string | null; same_g: number | null; personal_mark: boolean };
export type Missing = 'sender' | 'check' | 'addressee' | 'appointed' | 'weight';
/** One line of the list. `held_back`: a flag to be raised once the item is recorded. */
export type Line = {
  key: number; code: string | null; text: string; at: number; kind: 'item' | 'again' | 'unknown'; problem: string | null; seen: number; seen_at: number; repaired: boolean;
  next: Next; weight_g: number | null; event: OutboxEvent | null; flagged: boolean; held_back: string | null;
  /** It came without a number; its label is printed here. */
  unlabelled: boolean;
};
type Session = { sender: Sender | null; checked: boolean; next: Next; keep_pace: boolean; keep_mark: boolean; keep_addressee: boolean; lines: readonly Line[]; opened_at: number };

const PLAIN: Next = { addressee: null, pace: 'NONE', mark: 'NONE', appointed_at: null, same_g: null, personal_mark: false };
const fresh = (): Session => ({ sender: null, checked: false, next: PLAIN, keep_pace: false, keep_mark: false, keep_addressee: true, lines: [], opened_at: machine.outbox.now() });
/** Kept while other screens are open; the browser's other tabs have their own. */
export const session = signal<Session>(fresh());
/** A reading of the scale. `rest` counts how often it came to rest: one rest is one item. */
export const scale = signal<{ grams: number; steady: boolean; rest: number } | null>(null);
let used_rest = 0;

const AGAIN_MS = 1_500;
const set = (change: Partial<Session>): void => void (session.value = { ...session.value, ...change });
const setLine = (key: number, change: Partial<Line>): void => set({ lines: session.value.lines.map((line) => (line.key === key ? { ...line, ...change } : line)) });
let keys = 0;

// ---- What the clerk says about the session and the next item

export const setSender = (sender: Sender | null): void => {
  if (sender?.body_code !== session.value.sender?.body_code && session.value.lines.some((line) => line.event !== null)) session.value = { ...fresh(), sender };
  else set({ sender, checked: sender !== null && sender.body_code === session.value.sender?.body_code && session.value.checked });
  void settle();
};
export const setChecked = (checked: boolean): void => {
  set({ checked });
  void settle();
};
/** Also goes to the item that waits for it. Marks A and B, and haste, are never kept: a mark that sticks is a classic slip. */
export function setNext(change: Partial<Next>, keep: Partial<Pick<Session, 'keep_pace' | 'keep_mark' | 'keep_addressee'>> = {}): void {
  const waiting = session.value.lines.filter((line) => line.kind === 'item' && line.event === null && lacks(line.next, change));
  set({ next: { ...session.value.next, ...change }, ...keep });
  // What is kept holds for the whole stack; what is for once, for the newest that waits.
  for (const line of session.value.keep_addressee ? waiting : waiting.slice(0, 1)) setLine(line.key, { next: { ...line.next, ...change } });
  if (waiting.length > 0) fallBack();
  void settle();
}
export const mayKeepMark = (mark: Secrecy): boolean => mark === 'NONE' || mark === 'C';
export const mayKeepPace = (pace: Pace): boolean => pace === 'NONE';
/** Ends the sender's session; what waits stays, so that no scan is lost. */
export function endSession(): readonly Line[] {
  const lines = session.value.lines;
  ended = machine.outbox.now();
  session.value = { ...fresh(), lines: lines.filter((line) => line.kind === 'item' && line.event === null) };
  return lines;
}

const lacks = (next: Next, change: Partial<Next>): boolean =>
  (typeof change.addressee === 'string' && next.addressee === null) || (typeof change.appointed_at === 'string' && next.pace.startsWith('HEN_GIO') && next.appointed_at === null);

function fallBack(): void {
  const { next, keep_addressee, keep_mark, keep_pace } = session.value;
  const pace = keep_pace && mayKeepPace(next.pace) ? next.pace : 'NONE';
  set({ next: { ...next, addressee: keep_addressee ? next.addressee : null, mark: keep_mark && mayKeepMark(next.mark) ? next.mark : 'NONE', pace, appointed_at: pace === 'NONE' ? null : next.appointed_at, personal_mark: false } });
}

// ---- Scans

/** Takes an item's scan. Its tone follows the disk, not the scan. */
export async function takeItem(scan: Scan): Promise<void> {
  const code = scan.code ?? '';
  const now = machine.outbox.now();
  const before = session.value.lines.find((line) => line.kind === 'item' && line.code === code);
  if (before) {
    // A bounce is silent: the same label under the same beam.
    setLine(before.key, { seen: before.seen + 1, seen_at: now });
    if (now - before.seen_at < AGAIN_MS) return;
    add({ kind: 'again', code, text: code, at: now });
    play('duplicate');
    return;
  }
  const { next } = session.value;
  const line = add({ kind: 'item', code, text: code, at: now, next, weight_g: weightNow(next), repaired: scan.repaired });
  fallBack();
  if (missing(line).length > 0) play('waiting');
  await settle();
}

/** An item that bears no number yet: the office's next one comes with the server's answer, and then its label. */
export async function takeUnlabelled(): Promise<void> {
  const { next } = session.value;
  const line = add({ kind: 'item', code: null, text: '', at: machine.outbox.now(), next, weight_g: weightNow(next), unlabelled: true });
  fallBack();
  if (missing(line).length > 0) play('waiting');
  await settle();
}

export function takeUnknown(scan: Scan): void {
  add({ kind: 'unknown', code: null, text: scan.text, at: machine.outbox.now(), problem: scan.what === 'unknown' ? (scan.problem ?? 'format') : scan.what });
  play('unknown');
}

/** The card of whoever hands in: his session begins. false: nobody who may hand in carries it. */
export function takeCard(card_no: string): boolean {
  const card = rowsOf('authorised_cards').find((row) => row['card_no'] === card_no && row['may_send'] === true);
  if (!card) {
    play('unknown');
    return false;
  }
  setSender({ body_code: String(card['body_code']), card_no });
  play('matched');
  return true;
}

function add(given: Pick<Line, 'kind' | 'code' | 'text' | 'at'> & Partial<Line>): Line {
  const line: Line = { key: ++keys, problem: null, seen: 1, seen_at: given.at, repaired: false, next: PLAIN, weight_g: null, event: null, flagged: false, held_back: null, unlabelled: false, ...given };
  set({ lines: [line, ...session.value.lines] });
  return line;
}

/** Grams of the item on the scale, if it has come to rest since the last one; null: to be asked. */
function weightNow(next: Next): number | null {
  if (next.same_g !== null) return next.same_g;
  const reading = scale.value;
  if (reading === null || !reading.steady || reading.grams < 1 || reading.rest === used_rest) return null;
  used_rest = reading.rest;
  return reading.grams;
}

/** The scale came to rest: the newest item without a weight lies on it. */
export function scaleRests(grams: number, steady: boolean): void {
  const was = scale.value;
  scale.value = { grams, steady, rest: (was?.rest ?? 0) + (steady && !was?.steady ? 1 : 0) };
  const line = awaitingWeight();
  if (line && steady && weightNow({ ...PLAIN }) !== null) giveWeight(line, grams);
}
export const awaitingWeight = (): Line | undefined => session.value.lines.find((line) => line.kind === 'item' && line.event === null && line.weight_g === null);
export function giveWeight(line: Line, weight_g: number): void {
  setLine(line.key, { weight_g });
  void settle();
}

export function missing(line: Line): Missing[] {
  const { sender, checked } = session.value;
  const all: [Missing, boolean][] = [
    ['sender', sender === null], ['check', !checked], ['addressee', line.next.addressee === null],
    ['appointed', line.next.pace.startsWith('HEN_GIO') && line.next.appointed_at === null], ['weight', line.weight_g === null],
  ];
  return all.filter(([, lacking]) => lacking).map(([what]) => what);
}

/** Records every item that lacks nothing, oldest first. Each is recorded once, whoever calls. */
async function settle(): Promise<void> {
  const ready = session.value.lines.filter((line) => line.kind === 'item' && line.event === null && !underWay.has(line.key) && missing(line).length === 0);
  for (const line of ready) underWay.add(line.key);
  await Promise.all(ready.toReversed().map(accept));
}
const underWay = new Set<number>();
/** Set when nothing could be stored: the scan stays in the list and can be tried again. */
export const notStored = signal<string | null>(null);

async function accept(line: Line): Promise<void> {
  const { sender } = session.value;
  if (sender === null || line.weight_g === null) return;
  try {
    const event = await machine.outbox.record({ kind: 'accepted', code: line.code ?? undefined, facts: factsOf(sender, line.next, line.weight_g) });
    play(event.state === 'needs_attention' ? 'warning' : 'matched');
    setLine(line.key, { event });
    notStored.value = null;
    if (line.held_back !== null) await flag({ ...line, event }, line.held_back);
  } catch (error) {
    notStored.value = error instanceof Error ? error.message : '';
    play('warning');
  } finally {
    underWay.delete(line.key);
  }
}
export const tryAgain = (): void => void settle();

/** A suspicion, without a sound. Of an item that still waits it is raised as soon as the item is recorded. */
export async function flag(line: Line, reason_code: string): Promise<void> {
  const now = session.value.lines.find((known) => known.key === line.key) ?? line;
  setLine(line.key, { flagged: true, held_back: now.event === null ? reason_code : null });
  if (now.event !== null && line.code !== null) await machine.outbox.record({ kind: 'suspected', code: line.code, facts: { reason_code } });
}

/** Weighed again: what differs beyond tolerance is flagged by the server. */
export async function reweigh(line: Line, weight_g: number): Promise<void> {
  if (line.code === null) return;
  await machine.outbox.record({ kind: 'reweighed', code: line.code, facts: { weight_g } });
  setLine(line.key, { weight_g });
}

let owner: string | null = null;
/** Whose session this is: of another person nothing is taken over. What the queue holds of the last half hour comes back, as after a power cut. */
export async function own(person_id: string): Promise<number> {
  if (owner !== person_id) session.value = fresh();
  owner = person_id;
  if (session.value.lines.length > 0 || session.value.sender !== null) return 0;
  const since = machine.outbox.now() - RECENT_MS;
  const events = (await machine.outbox.events({ limit: 200 })).filter((event) => event.kind === 'accepted' && event.person_id === person_id && event.at > since && event.code !== null && 'checklist' in event.facts);
  const last = events[0]?.facts as AcceptedKt1 | undefined;
  if (last === undefined || !('card_no' in last.sender) || ended > (events[0]?.at ?? 0)) return 0;
  const { sender } = last;
  const lines = events
    .filter((event) => (event.facts as AcceptedKt1).sender.body_code === sender.body_code)
    .map((event): Line => {
      const facts = event.facts as AcceptedKt1;
      const pace: Pace = facts.service.urgency === 'HEN_GIO' && facts.service.sender_marked_hoa_toc ? 'HEN_GIO_HOA_TOC' : facts.service.urgency;
      const next = { ...PLAIN, pace, mark: facts.service.secrecy, addressee: 'body_code' in facts.addressee ? facts.addressee.body_code : null };
      return { key: ++keys, code: event.code, text: event.code ?? '', at: event.at, kind: 'item', problem: null, seen: 1, seen_at: event.at, repaired: false, next, weight_g: facts.weight_g, event, flagged: false, held_back: null, unlabelled: false };
    });
  set({ sender: { body_code: sender.body_code, card_no: sender.card_no }, lines });
  return lines.length;
}
const RECENT_MS = 30 * 60_000;
let ended = 0;

/** What the device's queue knows by now about the events of the list. */
export function refresh(events: readonly OutboxEvent[]): void {
  const byId = new Map(events.map((event) => [event.checkpoint_id, event]));
  const lines = session.value.lines.map((line) => {
    const event = byId.get(line.event?.checkpoint_id ?? '');
    if (!event || event === line.event) return line;
    const code = line.kind === 'item' ? (line.code ?? event.receipt?.code ?? null) : line.code;
    return { ...line, event, code, text: line.text === '' ? (code ?? '') : line.text };
  });
  if (lines.some((line, i) => line !== session.value.lines[i])) set({ lines });
}

// ---- What is recorded

/** Facts of a KT1 item whose outside was found in order. */
export function factsOf(sender: AcceptedKt1['sender'], next: Next, weight_g: number): AcceptedKt1 {
  const scope = scopeTo(next.addressee);
  const base = { service_class: 'kt1', scope, secrecy: next.mark } as const;
  const service = next.pace === 'NONE' || next.pace === 'HOA_TOC'
    ? { ...base, urgency: next.pace }
    : { ...base, urgency: 'HEN_GIO' as const, appointed_at: next.appointed_at ?? '', ...(next.pace === 'HEN_GIO_HOA_TOC' ? { sender_marked_hoa_toc: true } : {}) };
  const checklist = { kt1_stamp: true, envelope_layers: next.mark === 'A' ? 2 : 1, outer_mark: next.mark, secrecy_words_outside: false, opaque_and_intact: true, sealed: true, personal_mark: next.personal_mark };
  return { service, checklist, sender, addressee: { body_code: next.addressee ?? '' }, weight_g, condition: 'intact' };
}

/** Within the province or beyond: whether the delivering office stands under the same head office as ours. */
export function scopeTo(body_code: string | null): 'INTRA' | 'INTER' {
  const office = rowsOf('served_addresses').find((row) => row['body_code'] === body_code)?.['delivery_office_code'];
  return typeof office !== 'string' || headOf(office) === headOf(me.value?.office_code ?? '') ? 'INTRA' : 'INTER';
}
export function headOf(office_code: string): string {
  let code = office_code;
  for (let steps = 0; steps < 8; steps++) {
    const parent = rowsOf('offices').find((row) => row['office_code'] === code)?.['parent_code'];
    if (typeof parent !== 'string') return code;
    code = parent;
  }
  return code;
}
