// What this device keeps, in IndexedDB. Everything that a beep stands for is written with strict durability and is complete
// when the transaction is; keys stand here as CryptoKey objects that cannot be taken out.

import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase } from 'idb';
import { OutboxError } from './problem.ts';
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
  state: 'stored_on_device' | 'received' | 'needs_attention' | 'settled';
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

interface Schema extends DBSchema {
  device: { key: 'me'; value: DeviceRow };
  chain: { key: 'me'; value: Chain };
  events: { key: number; value: EventRow; indexes: { id: string; state: string } };
  grants: { key: string; value: GrantRow };
  drain: { key: string; value: DrainRow };
  desk: { key: 'me'; value: { taken_at: number; data: DeskData } };
  clock: { key: 'me'; value: { offset_ms: number } };
}
export type Kept = IDBPDatabase<Schema>;

const DURABLE = { durability: 'strict' } as const;
const MARK = 'niem.device';

export function openKept(): Promise<Kept> {
  return openDB<Schema>('niem-outbox', 1, {
    upgrade(db) {
      for (const name of ['device', 'chain', 'desk', 'clock'] as const) db.createObjectStore(name);
      const events = db.createObjectStore('events', { keyPath: 'device_seq' });
      events.createIndex('id', 'checkpoint_id', { unique: true });
      events.createIndex('state', 'state');
      db.createObjectStore('grants', { keyPath: 'badge' });
      db.createObjectStore('drain', { keyPath: 'person_id' });
    },
  });
}

/** A full disk is the only thing a person can do something about; both mean that nothing was stored. */
export function storageProblem(error: unknown): OutboxError {
  if (error instanceof OutboxError) return error;
  return new OutboxError((error as { name?: string } | null)?.name === 'QuotaExceededError' ? 'storage_full' : 'storage_failed');
}

export async function keepDevice(db: Kept, row: DeviceRow): Promise<void> {
  const tx = db.transaction(['device', 'chain', 'events', 'grants', 'drain'], 'readwrite', DURABLE);
  for (const store of ['events', 'grants', 'drain'] as const) await tx.objectStore(store).clear();
  await tx.objectStore('device').put(row, 'me');
  await tx.objectStore('chain').put({ seq: 0, prev: null }, 'me');
  await tx.done;
  localStorage.setItem(MARK, row.name);
}

/** A name that this browser was enrolled under, when the key itself is gone. */
export const lostName = (): string | null => localStorage.getItem(MARK);

/** The last number given out and the hash of its claim. */
export const chainOf = async (db: Kept): Promise<Chain> => (await db.get('chain', 'me')) ?? { seq: 0, prev: null };

/**
 * One event and the chain's next link, in one transaction; `also` changes an earlier event with it. Resolves when both are on
 * the disk. The compare keeps a chain dense that somebody else has moved on: it throws, and nothing is written.
 */
export async function keepEvent(db: Kept, row: EventRow, hash: Uint8Array<ArrayBuffer>, also: EventRow | null): Promise<void> {
  const tx = db.transaction(['chain', 'events'], 'readwrite', DURABLE);
  // The first failure is told, but a full disk shows only in what the transaction itself died of.
  const done = tx.done.then(
    () => null,
    (error: unknown) => error,
  );
  try {
    const chain = await tx.objectStore('chain').get('me');
    if (chain?.seq !== row.device_seq - 1) throw new OutboxError('read_only_tab');
    const writes = [tx.objectStore('events').add(row), tx.objectStore('chain').put({ seq: row.device_seq, prev: hash }, 'me')];
    if (also !== null) writes.push(tx.objectStore('events').put(also));
    await Promise.all(writes);
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // already over
    }
    await done;
    throw storageProblem(error instanceof OutboxError ? error : (tx.error ?? error));
  }
  const failed = await done;
  if (failed !== null) throw storageProblem(tx.error ?? failed);
}

/** What the server answered to some events; proofs and personal data have done their duty then. */
export async function keepAnswers(db: Kept, rows: readonly EventRow[]): Promise<void> {
  const tx = db.transaction('events', 'readwrite', DURABLE);
  await Promise.all([...rows.map((row) => tx.store.put(row)), tx.done]);
}

/** Events that wait, in the order they were recorded. */
export const waitingEvents = (db: Kept, limit?: number): Promise<EventRow[]> =>
  db.getAllFromIndex('events', 'state', 'stored_on_device', limit);
