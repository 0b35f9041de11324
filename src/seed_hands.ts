// The hands of the demo: callers with real sessions, real acts, real confirmations of second persons, all through append. Only
// the clock is not the machine's. Tells no story: that is seed_day.ts.

import { randomBytes } from 'node:crypto';
import { contextOf } from './acts/act.ts';
import type { Act } from './acts/act.ts';
import { loadSessions } from './acts/session.ts';
import { openShift } from './acts/shift.ts';
import { step } from './acts/step.ts';
import { ACTS } from './api/checkpoints.ts';
import { assert, present } from './base/assert.ts';
import { uuid7 } from './base/id.ts';
import { Refused } from './base/refusal.ts';
import { civilDate } from './base/time.ts';
import { CHECKPOINTS } from './domain/checkpoint.ts';
import { FACTS } from './domain/facts.ts';
import type { Facts, Kind } from './domain/facts.ts';
import type { Caller, Permission } from './domain/role.ts';
import { appender, commit } from './ledger/append.ts';
import type { Draft, PersonalPart, Receipt } from './ledger/append.ts';
import type { Claim } from './ledger/entry.ts';
import type { Chance, Posted } from './seed_items.ts';
import type { Store, Write } from './store/connect.ts';
import { loadReference } from './store/reference.ts';
import { loadRulebook } from './store/rules.ts';

export type Hands = {
  now(): number;
  /** The clock goes on to this instant; never back. */
  until(at_ms: number): void;
  person(who: string): string;
  /** Badge of the person who holds a unit. */
  holder(code: string): Promise<string>;
  accept(who: string, posted: Posted, second?: string): Promise<Draft>;
  act<K extends Kind>(who: string, kind: K, code: string | null, facts: Facts<K>, second?: string): Promise<Draft>;
  /** An act outside the ledger: trips, seals, differences, offers. Like an edge, it asks for the permission. */
  does<T>(who: string, permission: Permission, work: (db: Write, caller: Caller, now_ms: number) => Promise<T>): Promise<T>;
  /** One flight. Every draft must be stored. */
  fly(drafts: readonly Promise<Draft>[]): Promise<Receipt[]>;
  /** One flight of a draft that must be refused. */
  refused(draft: Promise<Draft>): Promise<void>;
};

export type Working = {
  from_ms: number;
  to_ms: number;
  /** Badges; null: everybody. */
  who: readonly string[] | null;
  /** Office whose shift is opened by its head and stays open; null: every shift is over at `to_ms`. */
  main: { office_code: string; head: string } | null;
};

/** Those who work at that time, by badge, or `badge@place` where somebody has several places. */
export async function hands(store: Store, luck: Chance, working: Working): Promise<Hands> {
  const reference = await loadReference(store.read, civilDate(working.from_ms));
  const callers = await signInAll(store, working);
  const context = contextOf(store.read, reference, false);
  let now = working.from_ms;
  const append = appender({ store, clock: () => now, rules: () => loadRulebook(store.read), queue_max: 1000, lanes: 1 });
  const confirmations: {
    confirmation_hash: Buffer;
    session_hash: Buffer;
    person_id: string;
    permission: Permission;
    created_at: Date;
    expires_at: Date;
  }[] = [];

  const as = (who: string): Caller => present(callers.get(who), `nobody with badge ${who}`);
  function confirmed(caller: Caller, second: string | undefined, permission: Permission | null): Uint8Array | null {
    if (second === undefined || permission === null) return null;
    assert(as(second).permissions.has(permission), `${second} may not confirm ${permission}`);
    const confirmation_hash = randomBytes(32);
    confirmations.push({
      confirmation_hash,
      session_hash: Buffer.from(caller.session_hash),
      person_id: as(second).person_id,
      permission,
      created_at: new Date(now - 15_000),
      expires_at: new Date(now + 105_000),
    });
    return confirmation_hash;
  }
  async function draft(
    who: string,
    kind: Kind,
    code: string | null,
    facts: object,
    personal: PersonalPart[],
    confirmation_hash: Uint8Array | null,
  ): Promise<Draft> {
    const caller = as(who);
    const claim: Claim = {
      checkpoint_id: uuid7(now),
      kind,
      code,
      person_id: caller.person_id,
      office_code: caller.office_code,
      device_id: null,
      device_seq: null,
      device_prev: null,
      device_at: null,
      clock_offset_ms: null,
      head_seen: null,
      facts: FACTS[kind].parse(facts),
      commitments: Object.fromEntries(personal.map((part) => [part.party, commit(part.salt, part.fields)])),
    };
    const posted: { readonly [K in Kind]?: Act } = ACTS;
    const act = posted[kind] ?? step;
    return act({ claim, caller, device_signature: null, personal, confirmation_hash }, context);
  }
  async function fly(drafts: readonly Promise<Draft>[]): Promise<Receipt[]> {
    const ready = await Promise.all(drafts);
    if (confirmations.length > 0) await store.write.insertInto('second_confirmation').values(confirmations.splice(0)).execute();
    const receipts = await Promise.all(ready.map(append));
    now += luck.between(4_000, 25_000);
    return receipts;
  }
  return {
    now: () => now,
    until: (at_ms) => void (now = Math.max(now, at_ms)),
    person: (who) => as(who).person_id,
    async holder(code) {
      const { custodian_ref } = await store.read
        .selectFrom('unit')
        .select('custodian_ref')
        .where('code', '=', code)
        .where('superseded_by', 'is', null)
        .executeTakeFirstOrThrow();
      return present(
        [...callers.values()].find((caller) => caller.person_id === custodian_ref),
        `nobody here holds ${code}`,
      ).badge;
    },
    accept: (who, posted, second) =>
      draft(who, 'accepted', posted.code ?? null, posted.facts, posted.personal, confirmed(as(who), second, 'item.override_sender')),
    act: (who, kind, code, facts, second) => {
      const { second: always, second_if_marked } = CHECKPOINTS[kind];
      return draft(who, kind, code, facts, [], confirmed(as(who), second, always ?? second_if_marked));
    },
    async does(who, permission, work) {
      assert(as(who).permissions.has(permission), `${who} may not ${permission}`);
      const done = await work(store.write, as(who), now);
      now += luck.between(4_000, 25_000);
      return done;
    },
    fly,
    async refused(tried) {
      const stored = await fly([tried]).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
      });
      assert(stored === undefined, 'stored what should have been refused');
    },
  };
}

/** Sessions whose tokens nobody knows, and a shift wherever somebody may head one; both written as over. */
async function signInAll(store: Store, { from_ms, to_ms, who, main }: Working): Promise<Map<string, Caller>> {
  const everybody = await store.read
    .selectFrom('person_role')
    .innerJoin('person', 'person.person_id', 'person_role.person_id')
    .select(['person.person_id', 'badge', 'role', 'office_code', 'agency_code'])
    .orderBy('badge')
    .orderBy('office_code')
    .execute();
  const roles = everybody.filter((r) => who === null || who.includes(r.badge));
  const [from, to] = [new Date(from_ms), new Date(to_ms)];
  const places = new Map(roles.map((r) => [`${r.badge}@${r.office_code ?? r.agency_code}`, r]));
  const sessions = [...places.values()].map((r) => ({
    token_hash: randomBytes(32),
    person_id: r.person_id,
    office_code: r.office_code,
    agency_code: r.agency_code,
    device_id: null,
    created_at: from,
    expires_at: new Date(from_ms + 14 * 3_600_000),
    seen_at: from,
    ended_at: null,
  }));
  await store.write.insertInto('session').values(sessions).execute();
  const heads = roles.filter((r) => r.role === 'shift_head' || r.role === 'controller').toSorted((a, b) => (a.role < b.role ? 1 : -1));
  const offices = [
    ...new Set(heads.flatMap((r) => (r.office_code === null || r.office_code === main?.office_code ? [] : [r.office_code]))),
  ].toSorted();
  const shifts = offices.map((office_code) => {
    const opened_by = present(
      heads.find((r) => r.office_code === office_code),
      'no head of shift',
    ).person_id;
    return { shift_id: uuid7(from_ms), office_code, opened_at: from, opened_by };
  });
  if (shifts.length > 0) await store.write.insertInto('shift').values(shifts).execute();

  const hashes = sessions.map((s) => new Uint8Array(s.token_hash));
  const load = async (): Promise<Caller[]> =>
    (await loadSessions(store, hashes, from_ms, 60)).map((session) => {
      if (session instanceof Error) throw session;
      return session.caller;
    });
  if (main !== null)
    await openShift(
      store.write,
      present(
        (await load()).find((c) => c.badge === main.head),
        'no shift head',
      ),
      from_ms,
    );
  const callers = await load();
  const over = shifts.map((s) => s.shift_id);
  if (over.length > 0)
    await store.write
      .updateTable('shift')
      .set((eb) => ({ closed_at: to, closed_by: eb.ref('opened_by') }))
      .where('shift_id', 'in', over)
      .execute();
  await store.write
    .updateTable('session')
    .set({ ended_at: to })
    .where(
      'token_hash',
      'in',
      sessions.map((s) => s.token_hash),
    )
    .execute();
  const byBadge = callers.map((c): [string, Caller] => [c.badge, c]).toReversed();
  return new Map([...byBadge, ...callers.map((c): [string, Caller] => [`${c.badge}@${c.office_code ?? c.agency_code}`, c])]);
}
