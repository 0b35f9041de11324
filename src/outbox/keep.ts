// What this device keeps, in IndexedDB, twice. Everything that a beep stands for is written with strict durability and is
// complete when both transactions are; keys stand here as CryptoKey objects that cannot be taken out.

import { OutboxError } from './problem.ts';
import { Twice } from './twice.ts';
import type { Counted } from './twice.ts';
import type { DeskData, OutboxEvent } from './types.ts';

export type Sealed = { iv: Uint8Array<ArrayBuffer>; data: ArrayBuffer };

export type DeviceRow = {
  device_id: string;
  office_code: string;
  name: string;
  signing: CryptoKey;
  /** AES-GCM, for what only this device may read. */
  local: CryptoKey;
};

/** The wire without what is secret; `secret`: personal data and their salts, sealed with the device's local key. */
export type EventRow = Omit<OutboxEvent, 'state'> & {
  state: 'stored_on_device' | 'awaiting_head' | 'received' | 'needs_attention' | 'settled';
  wire: { [field: string]: unknown };
  secret: Sealed | null;
  /** The second person's proof for this checkpoint, sealed; gone once the server has answered. */
  second: { grant_id: string; permission: string; proof: Sealed } | null;
};

export type GrantRow = {
  badge: string;
  expires_at: number;
  wrong: number;
  salt: Uint8Array<ArrayBuffer>;
  rounds: number;
  /** Under the device's local key; inside it, under the PIN: the grant and what is known of the person. */
  sealed: Sealed;
};

/** A grant of somebody whose events wait here, after proof of the PIN. */
export type DrainRow = { person_id: string; full_name: string; grant_id: string; sealed: Sealed };

type Chain = { seq: number; prev: Uint8Array<ArrayBuffer> | null };

interface Schema extends Counted {
  device: { key: 'me'; value: DeviceRow };
  chain: { key: 'me'; value: Chain };
  events: { key: number; value: EventRow; indexes: { id: string; state: string } };
  grants: { key: string; value: GrantRow };
  drain: { key: string; value: DrainRow };
  desk: { key: 'me'; value: { taken_at: number; data: DeskData } };
  clock: { key: 'me'; value: { offset_ms: number } };
}
export type Kept = Twice<Schema>;

const MARK = 'niem.device';

export function openKept(): Promise<Kept> {
  return Twice.open<Schema>('niem-outbox', (db) => {
    for (const name of ['device', 'chain', 'desk', 'clock', 'writes'] as const) db.createObjectStore(name);
    const events = db.createObjectStore('events', { keyPath: 'device_seq' });
    events.createIndex('id', 'checkpoint_id', { unique: true });
    events.createIndex('state', 'state');
    db.createObjectStore('grants', { keyPath: 'badge' });
    db.createObjectStore('drain', { keyPath: 'person_id' });
  });
}

/** A full disk is the only thing a person can do something about; both mean that nothing was stored. */
export function storageProblem(error: unknown): OutboxError {
  if (error instanceof OutboxError) return error;
  return new OutboxError((error as { name?: string } | null)?.name === 'QuotaExceededError' ? 'storage_full' : 'storage_failed');
}

export async function keepDevice(kept: Kept, row: DeviceRow): Promise<void> {
  await kept.write(['device', 'chain', 'events', 'grants', 'drain'], (tx) =>
    Promise.all([
      ...(['events', 'grants', 'drain'] as const).map((name) => tx.objectStore(name).clear()),
      tx.objectStore('device').put(row, 'me'),
      tx.objectStore('chain').put({ seq: 0, prev: null }, 'me'),
    ]),
  );
  localStorage.setItem(MARK, row.name);
}

/** A name that this browser was enrolled under, when the key itself is gone. */
export const lostName = (): string | null => localStorage.getItem(MARK);

/** The last number given out and the hash of its claim. */
export const chainOf = async (kept: Kept): Promise<Chain> => (await kept.main.get('chain', 'me')) ?? { seq: 0, prev: null };

/**
 * One event and the chain's next link, in one transaction; `also` changes an earlier event with it. Resolves when both are on
 * the disk. The compare keeps a chain dense that somebody else has moved on: it throws, and nothing is written.
 */
export async function keepEvent(kept: Kept, row: EventRow, hash: Uint8Array<ArrayBuffer>, also: EventRow | null): Promise<void> {
  try {
    await kept.write(['chain', 'events'], async (tx) => {
      const chain = await tx.objectStore('chain').get('me');
      if (chain?.seq !== row.device_seq - 1) throw new OutboxError('read_only_tab');
      const writes = [tx.objectStore('events').add(row), tx.objectStore('chain').put({ seq: row.device_seq, prev: hash }, 'me')];
      if (also !== null) writes.push(tx.objectStore('events').put(also));
      await Promise.all(writes);
    });
  } catch (error) {
    throw storageProblem(error);
  }
}

/** What the server answered to some events; proofs and personal data have done their duty then. */
export const keepAnswers = (kept: Kept, rows: readonly EventRow[]): Promise<void> =>
  kept.write(['events'], (tx) => Promise.all(rows.map((row) => tx.objectStore('events').put(row))));

/** Events that the server has and the log, as far as is known here, has not; oldest first. */
export const awaitingEvents = (kept: Kept, limit: number): Promise<EventRow[]> =>
  kept.main.getAllFromIndex('events', 'state', 'awaiting_head', limit);

/** Events that wait, in the order they were recorded. */
export const waitingEvents = (kept: Kept, limit?: number): Promise<EventRow[]> =>
  kept.main.getAllFromIndex('events', 'state', 'stored_on_device', limit);
