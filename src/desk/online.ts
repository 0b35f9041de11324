// The outbox of somebody who sits at a machine that is not the post's: liaisons, inspectors, a browser that was never enrolled.
// Nothing is kept here: an event is recorded when the server has answered, and refused when the server refuses.

import { uuid7 } from '../base/id.ts';
import type { Outbox, OutboxEvent, OutboxState, Who } from '../outbox/types.ts';
import { api, ask, me, token } from './state.ts';
import { wordsOf } from './ui.tsx';

/** Server's clock less this machine's: a guest's machine may show anything. */
let offset_ms = 0;
const machineNow = (): number => Math.round(performance.timeOrigin + performance.now());
const now = (): number => machineNow() + offset_ms;

async function measure(): Promise<void> {
  const asked = machineNow();
  const { now: at } = (await (await fetch('/healthz')).json()) as { now: string };
  offset_ms = Math.round(Date.parse(at) - (asked + machineNow()) / 2);
}

export class NeedsDevice extends Error {}

export function onlineOnly(): Outbox {
  let events: OutboxEvent[] = [];
  let who: Who | null = null;
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const confirmations = new Map<string, string>();
  let last_contact: number | null = null;
  const refuse = (): never => {
    throw new NeedsDevice('this browser is not enrolled');
  };
  const state = (): OutboxState => ({
    device: { kind: 'not_enrolled' }, who, read_only: false, link: navigator.onLine ? 'online' : 'offline', last_contact,
    clock: { offset_ms: null, uncertainty_ms: null, level: 'unknown' }, waiting: 0, waiting_since: null,
    needs_attention: events.filter((event) => event.state === 'needs_attention').length, needs_sign_in: [], storage: null,
  });
  const record: Outbox['record'] = async (wish) => {
    const checkpoint_id = wish.second?.checkpoint_id ?? wish.checkpoint_id ?? uuid7(now());
    const event: OutboxEvent = {
      checkpoint_id, device_seq: 0, kind: wish.kind, code: wish.code ?? null, facts: wish.facts, person_id: who?.person_id ?? '', full_name: who?.full_name ?? '',
      at: now(), state: 'received', receipt: null, refusal: null, settled: null,
    };
    const body = { checkpoint_id, kind: wish.kind, facts: wish.facts, ...(wish.code ? { code: wish.code } : {}), ...(wish.personal ? { personal: wish.personal } : {}), ...(wish.second ? { confirmation: confirmations.get(checkpoint_id) } : {}) };
    try {
      event.receipt = await ask(api.checkpoints.$post({ json: body }));
      last_contact = now();
    } catch (error) {
      if (error instanceof Error) throw error;
      event.state = 'needs_attention';
      event.refusal = wordsOf(error);
    }
    events = [event, ...events].slice(0, 200);
    changed();
    return event;
  };
  const settle = (checkpoint_id: string, how: 'accepted' | 'sent_again', as: string | null): void => {
    events = events.map((event) => (event.checkpoint_id === checkpoint_id ? { ...event, state: 'settled', settled: { how, by: who?.full_name ?? '', at: now(), as } } : event));
    changed();
  };
  return {
    state,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    events: async (filter = {}) => events.filter((event) => filter.state === undefined || event.state === filter.state).slice(0, filter.limit),
    enrol: refuse,
    async signIn(input) {
      token.value = (await ask(api.sessions.$post({ json: input }))).token;
      const session = await ask(api.session.$get());
      await measure().catch(() => undefined);
      last_contact = now();
      who = { ...session, office_code: session.office_code ?? '', how: 'online', offline_until: null, token: token.value } as Who;
      changed();
      return who;
    },
    offlineSignIn: refuse,
    async signOut() {
      await api.session.$delete().catch(() => undefined);
      who = null;
      token.value = null;
      me.value = null;
      changed();
    },
    record,
    async confirmBy({ checkpoint_id = uuid7(now()), ...input }) {
      const { confirmation } = await ask(api.session['second-person'].$post({ json: input }));
      confirmations.set(checkpoint_id, confirmation);
      return { checkpoint_id, person_id: '', full_name: input.badge, permission: input.permission };
    },
    sendNow: () => undefined,
    acceptRefusal: async (checkpoint_id) => settle(checkpoint_id, 'accepted', null),
    async sendAgain(checkpoint_id, wish, second) {
      const event = events.find((known) => known.checkpoint_id === checkpoint_id);
      if (!event) throw new Error('no such event');
      const again = await record({ ...(wish ?? { kind: event.kind, code: event.code ?? undefined, facts: event.facts }), ...(second ? { second } : {}) });
      settle(checkpoint_id, 'sent_again', again.checkpoint_id);
      return again;
    },
    exportFiles: async () => [],
    snapshot: refuse,
    desk: async () => null,
    now,
    close: async () => undefined,
  };
}
