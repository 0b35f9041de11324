// The road of an item as the server tells it, and what this device still knows better.

import type { OutboxEvent } from '../outbox/types.ts';
import { machine } from './machine.ts';
import { api, ask } from './state.ts';

export type Step = {
  unit_code: string; unit_kind: string; unit_seq: number; checkpoint_id: string; kind: string; kind_vi: string; kind_en: string; received_at: string; gap_minutes: number | null; office_code: string | null;
  person: { badge: string; full_name: string }; second_person_id: string | null; state_vi: string; state_en: string; custodian: { kind: string; ref: string };
  flags: { flag: string; vi: string; en: string }[]; corrects: string | null; corrected_by: string[]; facts: { [fact: string]: unknown } | null; hash: string; linked: boolean | null;
};
export type Road = { code: string; steps: Step[]; bags: { bag_code: string; put_in_at: string; taken_out_at: string | null }[]; complete: boolean };
export type Touch = { how: 'acted' | 'confirmed' | 'held' | 'drove' | 'escorted'; kind: string; ref: string; badge: string | null; full_name: string | null; through: string; from: string; to: string };
/** `kind`: what holds it; `name`: of the person, else the reference. Milliseconds. */
export type Held = { kind: string; name: string; from: number; to: number };

/** How far the proof of one step has come. ⊗ means the hash before it is not the one it names. */
export type Rung = 'on_device' | 'received' | 'broken';
export const rungOf = (step: Step): Rung => (step.linked === false ? 'broken' : 'received');

export const readRoad = async (code: string): Promise<Road> => (await ask(api.items[':code'].road.$get({ param: { code } }))) as unknown as Road;
export const readTouched = async (code: string, from: string, to: string): Promise<{ touched: Touch[]; complete: boolean }> =>
  (await ask(api.items[':code'].touched.$get({ param: { code }, query: { from, to } }))) as unknown as { touched: Touch[]; complete: boolean };

/** What this device recorded of the number and the server has not answered for. */
export async function unsentOf(code: string, road: Road | null): Promise<OutboxEvent[]> {
  const known = new Set(road?.steps.map((step) => step.checkpoint_id));
  return (await machine.outbox.events({ limit: 500 })).filter((event) => event.code === code && !known.has(event.checkpoint_id) && (event.state === 'stored_on_device' || event.state === 'sending'));
}

/** Who held it when, neighbours of one holder joined. */
export function heldOf(touched: readonly Touch[]): Held[] {
  const held: Held[] = [];
  for (const touch of touched.filter(({ how }) => how === 'held')) {
    const [from, to, name] = [Date.parse(touch.from), Date.parse(touch.to), touch.full_name ?? touch.ref];
    const last = held.at(-1);
    if (last && last.name === name && last.kind === touch.kind && from <= last.to) last.to = Math.max(last.to, to);
    else held.push({ kind: touch.kind, name, from, to });
  }
  return held;
}
