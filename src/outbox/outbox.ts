// The outbox of one browser: opens what is kept, lets one tab write, records, sends, and tells whoever listens. The contract
// is `Outbox` in types.ts.

import { base64url, utf8 } from '../base/bytes.ts';
import { uuid7 } from '../base/id.ts';
import { ENROLMENT_CONTEXT } from '../domain/claim.ts';
import { awaitingEvents, chainOf, keepAnswers, keepDevice, lostName, openKept, storageProblem, waitingEvents } from './keep.ts';
import type { DeviceRow, EventRow } from './keep.ts';
import { ask, ServerClock } from './link.ts';
import type { Answer } from './link.ts';
import { good, People } from './people.ts';
import { OutboxError } from './problem.ts';
import { makeEvent, shapesOfFacts, wishOf } from './record.ts';
import { pauseAfter, Sender, Sleep } from './send.ts';
import type { Why } from './send.ts';
import { EVENTS_PER_FILE, exportFile } from './file.ts';
import { localKey, sign, signingKeys } from './seal.ts';
import type { Desk, DeskData, DeviceState, Outbox, OutboxEvent, OutboxState, Second, Who, Wish } from './types.ts';

const PROBE_EVERY_MS = 15_000;
const AMBER_MS = 30_000;
const RED_MS = 5 * 60_000;
const LOCK = 'niem.outbox';

/** Opens this browser's outbox. The first tab writes and sends; others show, until it is closed. */
export async function openOutbox(): Promise<Outbox> {
  const kept = await openKept();
  // Only whoever may write mends: beside a writer the copies differ all the time.
  await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => lock && kept.heal());
  const clock = new ServerClock((await kept.main.get('clock', 'me'))?.offset_ms ?? null);
  let device: DeviceRow | null = (await kept.main.get('device', 'me')) ?? null;
  let persisted = await navigator.storage.persisted();
  let who: Who | null = null;
  let read_only = true;
  let closed = false;
  let chain = await chainOf(kept);
  let link: OutboxState['link'] = 'unknown';
  let last_contact: number | null = null;
  let on_the_way: ReadonlySet<number> = new Set();
  let counts = {
    waiting: 0,
    waiting_since: null as number | null,
    needs_attention: 0,
    awaiting_head: 0,
    blocked_events: new Map<string, number>(),
  };
  let promises_broken = 0;
  let storage: OutboxState['storage'] = null;
  const blocked = new Map<string, string>();
  const agreed = new Map<string, NonNullable<EventRow['second']>>();
  const listeners = new Set<() => void>();
  const tabs = new BroadcastChannel(LOCK);

  const needDevice = (): DeviceRow => {
    if (device === null) throw new OutboxError(lostName() === null ? 'not_enrolled' : 'device_lost');
    return device;
  };
  const needWho = (): Who => who ?? fail('not_signed_in');
  const needWriter = (): void => void (read_only && fail('read_only_tab'));
  const people = new People(kept, clock, needDevice);

  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  /** One at a time: what changes meanwhile is counted once more afterwards. */
  let counting: Promise<void> | null = null;
  let again = false;
  const recount = (): Promise<void> => {
    again = true;
    return (counting ??= (async () => {
      try {
        while (again && !closed) {
          again = false;
          await countOnce();
        }
      } finally {
        counting = null;
      }
    })());
  };
  async function countOnce(): Promise<void> {
    const blocked_events = new Map<string, number>();
    if (blocked.size > 0)
      for (const row of await waitingEvents(kept))
        if (blocked.has(row.person_id)) blocked_events.set(row.person_id, (blocked_events.get(row.person_id) ?? 0) + 1);
    // One transaction: a scan's own waits for every other that reads the same store.
    const by = kept.main.transaction('events').store.index('state');
    const [waiting, needs_attention, awaiting_head, oldest] = await Promise.all([
      by.count('stored_on_device'),
      by.count('needs_attention'),
      by.count('awaiting_head'),
      by.get('stored_on_device'),
    ]);
    counts = { waiting, waiting_since: oldest?.at ?? null, needs_attention, awaiting_head, blocked_events };
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    storage = { used_bytes: usage, quota_bytes: quota, persisted };
    tell();
  }
  const changed = async (): Promise<void> => {
    await recount();
    if (!closed) tabs.postMessage('changed');
  };
  /** One more waits. Counted here while nothing else can have changed: reading the disk would keep the next scan waiting. */
  const stored = ({ at, person_id }: EventRow, more: boolean): void => {
    if (more || counting !== null || blocked.has(person_id)) return void changed().catch(() => undefined);
    counts = { ...counts, waiting: counts.waiting + 1, waiting_since: counts.waiting_since ?? at };
    tell();
    if (!closed) tabs.postMessage('changed');
  };
  tabs.addEventListener('message', () => void recount().catch(() => undefined));

  function heard(answer: Answer): void {
    link = answer.link;
    if (answer.link === 'online') last_contact = clock.now();
  }
  async function probe(): Promise<void> {
    heard(await clock.probe());
    if (clock.offset_ms !== null) await kept.main.put('clock', { offset_ms: clock.offset_ms }, 'me').catch(() => undefined);
    tell();
  }

  // ---- Sending: one loop, woken by records and by whoever is impatient

  const sleep = new Sleep();
  const sender = new Sender({
    kept,
    people,
    device: needDevice,
    blocked,
    onAnswer: heard,
    onChange: changed,
    onSending: (seqs) => ((on_the_way = seqs), tell()),
  });

  async function proveAwaiting(): Promise<void> {
    const token = who?.token;
    if (counts.awaiting_head === 0 || !token) return;
    const { settlePromises } = await import('./prove.ts');
    const broken = await settlePromises(kept, token, clock.now());
    promises_broken += broken;
    await changed();
    if (broken > 0) sleep.nudge('now');
  }

  async function sendForEver(): Promise<void> {
    let failures = 0;
    let kept_house = -Infinity;
    let asked: Why = null;
    while (!closed) {
      const outcome = device === null ? 'idle' : await sender.step().catch(() => 'failed' as const);
      failures = outcome === 'failed' ? failures + 1 : 0;
      if (outcome === 'sent') continue;
      if (outcome === 'failed') {
        await sleep.pause(pauseAfter(failures), true);
        continue;
      }
      // Between scans that follow each other there is time for nothing else.
      let left = kept_house + PROBE_EVERY_MS - performance.now();
      if (left <= 0 || asked === 'now') {
        await probe();
        await proveAwaiting().catch(() => undefined);
        if (device !== null) await people.forgetIdle();
        kept_house = performance.now();
        left = PROBE_EVERY_MS;
      }
      asked = await sleep.pause(left, false);
    }
  }

  let release: () => void = () => undefined;
  void navigator.locks.request(LOCK, async () => {
    if (closed) return;
    await kept.heal();
    // Another tab may have recorded, or enrolled, since this one was opened.
    [chain, device] = [await chainOf(kept), (await kept.main.get('device', 'me')) ?? null];
    read_only = false;
    await recount();
    void sendForEver();
    await new Promise<void>((resolve) => (release = resolve));
  });

  // ---- Recording: one after the other, because each names the one before

  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  }
  async function record(wish: Wish, also: ((row: EventRow) => EventRow) | null = null): Promise<OutboxEvent> {
    needWriter();
    const [me, here] = [needWho(), needDevice()];
    const checkpoint_id = wish.second?.checkpoint_id ?? wish.checkpoint_id ?? uuid7(clock.now());
    const second = wish.second === undefined ? null : (agreed.get(checkpoint_id) ?? fail('second_mismatch'));
    const row = await inTurn(async () => {
      try {
        const made = await makeEvent({ kept, clock, device: here, who: me, chain, checkpoint_id, second }, wish, also);
        chain = made.chain;
        return made.row;
      } catch (error) {
        throw storageProblem(error);
      }
    });
    agreed.delete(checkpoint_id);
    // In a task of its own: whoever waits for the event beeps first.
    setTimeout(() => {
      stored(row, also !== null);
      sleep.nudge('record');
    });
    return eventOf(row, on_the_way);
  }
  /** The last `limit` events in one reading: numbers are dense, and a cursor would ask for each row by itself. */
  async function latest(limit: number): Promise<EventRow[]> {
    const last = await kept.main.transaction('events').store.openKeyCursor(null, 'prev');
    return last === null ? [] : kept.main.getAll('events', IDBKeyRange.lowerBound(last.key - limit, true));
  }
  async function attention(checkpoint_id: string): Promise<EventRow> {
    const row = await kept.main.getFromIndex('events', 'id', checkpoint_id);
    return row?.state === 'needs_attention' ? row : fail('unknown_event');
  }

  async function signedIn(me: Who): Promise<Who> {
    // In time for the first scan.
    void shapesOfFacts();
    who = me;
    blocked.delete(me.person_id);
    persisted = await navigator.storage.persist();
    await recount();
    sleep.nudge('now');
    return me;
  }

  function deviceState(): DeviceState {
    if (device !== null)
      return { kind: 'enrolled', device_id: device.device_id, office_code: device.office_code, name: device.name, persisted };
    return lostName() === null ? { kind: 'not_enrolled' } : { kind: 'lost', name: lostName() };
  }

  return {
    state() {
      const { offset_ms, uncertainty_ms } = clock;
      const off = Math.abs(offset_ms ?? 0);
      return {
        device: deviceState(),
        who,
        read_only,
        link,
        last_contact,
        storage,
        clock: {
          offset_ms,
          uncertainty_ms,
          level: offset_ms === null ? 'unknown' : off >= RED_MS ? 'red' : off >= AMBER_MS ? 'amber' : 'right',
        },
        waiting: counts.waiting,
        waiting_since: counts.waiting_since,
        needs_attention: counts.needs_attention,
        awaiting_head: counts.awaiting_head,
        promises_broken,
        needs_sign_in: [...counts.blocked_events].map(([person_id, events]) => ({
          person_id,
          full_name: blocked.get(person_id) ?? '',
          events,
        })),
      };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async events({ state, limit = 200 } = {}) {
      const found = await (state === undefined
        ? latest(limit)
        : kept.main.getAllFromIndex('events', 'state', state === 'sending' ? 'stored_on_device' : state));
      const events = found.toReversed().map((row) => eventOf(row, on_the_way));
      return (state === undefined ? events : events.filter((event) => event.state === state)).slice(0, limit);
    },
    async enrol(code, name) {
      needWriter();
      if (
        (await waitingEvents(kept, 1)).length > 0 ||
        (await awaitingEvents(kept, 1)).length > 0 ||
        (await kept.main.countFromIndex('events', 'state', 'needs_attention')) > 0
      )
        fail('queue_not_empty');
      const pair = await signingKeys();
      const public_key = base64url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
      const signature = base64url(await sign(pair.privateKey, utf8(ENROLMENT_CONTEXT + code)));
      const { device_id, office_code } = good(await ask('POST', '/api/devices', { body: { code, name, public_key, signature } }));
      // Enrolled anew, it meets its server anew.
      localStorage.removeItem('niem.policy');
      const row: DeviceRow = { device_id, office_code, name, signing: pair.privateKey, local: await localKey() };
      await keepDevice(kept, row).catch((error: unknown) => Promise.reject(storageProblem(error)));
      persisted = await navigator.storage.persist();
      [device, chain] = [row, await chainOf(kept)];
      await changed();
      return deviceState();
    },
    signIn: async (input) => (needDevice(), signedIn(await people.signIn(input))),
    offlineSignIn: async (input) => (needDevice(), signedIn(await people.offlineSignIn(input))),
    async signOut() {
      const token = who?.token;
      who = null;
      people.signedOut();
      agreed.clear();
      tell();
      if (token) await ask('DELETE', '/api/session', { token });
      // What he just recorded waits by then.
      await turn;
      await people.forgetIdle();
    },
    record: (wish) => record(wish),
    async confirmBy({ badge, pin, permission, checkpoint_id = uuid7(clock.now()) }): Promise<Second> {
      needDevice();
      const { person_id, full_name, second } = await people.agree({ badge, pin }, checkpoint_id, permission, needWho());
      agreed.set(checkpoint_id, second);
      return { checkpoint_id, person_id, full_name, permission };
    },
    sendNow: () => sleep.nudge('now'),
    async acceptRefusal(checkpoint_id) {
      needWriter();
      const by = needWho().person_id;
      const row = await attention(checkpoint_id);
      await keepAnswers(kept, [{ ...row, state: 'settled', secret: null, settled: { how: 'accepted', by, at: clock.now(), as: null } }]);
      await changed();
    },
    async sendAgain(checkpoint_id, wish, second) {
      const by = needWho().person_id;
      const row = await attention(checkpoint_id);
      const again = wish ?? (await wishOf(row, needDevice()));
      return record(second === undefined ? again : { ...again, second }, (made) => ({
        ...row,
        state: 'settled',
        secret: null,
        settled: { how: 'sent_again', by, at: clock.now(), as: made.checkpoint_id },
      }));
    },
    async exportFiles() {
      const row = await kept.main.get('desk', 'me');
      const key = row?.data['export_key'];
      if (typeof key !== 'string') return fail('no_export_key');
      const [rows, grants] = [await waitingEvents(kept), await people.grants()];
      const parts = Array.from({ length: Math.ceil(rows.length / EVENTS_PER_FILE) }, (_, i) =>
        rows.slice(i * EVENTS_PER_FILE, (i + 1) * EVENTS_PER_FILE),
      );
      return Promise.all(parts.map((part) => exportFile(needDevice(), part, grants, key, clock.now())));
    },
    async snapshot() {
      const token = needWho().token ?? fail('no_network');
      const data = good(await ask('GET', '/api/desk', { token })) as DeskData;
      const taken_at = Date.parse(String(data['taken_at']));
      await kept
        .write(['desk'], (tx) => tx.objectStore('desk').put({ taken_at, data }, 'me'))
        .catch((error: unknown) => Promise.reject(storageProblem(error)));
      return { taken_at, age_ms: Math.max(0, clock.now() - taken_at), data };
    },
    async desk(): Promise<Desk | null> {
      const row = await kept.main.get('desk', 'me');
      return row === undefined ? null : { ...row, age_ms: Math.max(0, clock.now() - row.taken_at) };
    },
    now: () => clock.now(),
    async close() {
      closed = true;
      sleep.nudge('now');
      await turn;
      release();
      tabs.close();
      await kept.close();
    },
  };
}

function fail(problem: ConstructorParameters<typeof OutboxError>[0]): never {
  throw new OutboxError(problem);
}

function eventOf({ wire: _, secret: __, second: ___, ...row }: EventRow, on_the_way: ReadonlySet<number>): OutboxEvent {
  return row.state === 'stored_on_device' && on_the_way.has(row.device_seq) ? { ...row, state: 'sending' } : row;
}
