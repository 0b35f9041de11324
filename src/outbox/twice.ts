// A database kept twice. A browser that dies in the middle of a write can leave Chromium's LevelDB torn, and Chromium then
// deletes the whole database without a word (measured: twice in 150 kills, docs/decisions.md). So every write goes to a main
// database and then to a twin in a storage bucket of its own; whichever is ahead heals the other on opening.

import { wrap } from 'idb';
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';

/** Every schema kept twice counts its writes, so that two copies can be told apart. */
export interface Counted extends DBSchema {
  writes: { key: 'me'; value: number };
}
export type Tx<S extends Counted> = IDBPTransaction<S, StoreNames<S>[], 'readwrite'>;
type Buckets = { open(name: string, wish: { durability: 'strict'; persisted: boolean }): Promise<{ indexedDB: IDBFactory }> };

export class Twice<S extends Counted> {
  /** For reading; writing goes through `write`. */
  readonly main: IDBPDatabase<S>;
  #twin: IDBPDatabase<S> | null;
  #turn: Promise<unknown> = Promise.resolve();

  /** Kept in hand: once the bucket's object is collected, transactions in it never end (Chromium 156). */
  readonly bucket: object | undefined;

  private constructor(main: IDBPDatabase<S>, twin: IDBPDatabase<S> | null, bucket: object | undefined) {
    this.main = main;
    this.#twin = twin;
    this.bucket = bucket;
  }

  /** Opens both copies of `name`. Without room for a twin there is none. */
  static async open<S extends Counted>(name: string, upgrade: (db: IDBPDatabase<S>) => void): Promise<Twice<S>> {
    const buckets = (navigator as { storageBuckets?: Buckets }).storageBuckets;
    const elsewhere = await buckets?.open('twin', { durability: 'strict', persisted: true }).catch(() => undefined);
    const main = await openOne(indexedDB, name, upgrade);
    return new Twice(main, await openOne(elsewhere?.indexedDB ?? indexedDB, `${name}-twin`, upgrade).catch(() => null), elsewhere);
  }

  /** Makes the copy that is behind equal to the other. Nobody may be writing. */
  async heal(): Promise<void> {
    if (this.#twin === null) return;
    const [ours, its] = await Promise.all([writesOf(this.main), writesOf(this.#twin)]);
    if (its > ours) await copy(this.#twin, this.main);
    if (ours > its) await copy(this.main, this.#twin).catch(() => this.#drop());
  }

  /**
   * `work` on these stores, in a transaction of each copy, one write at a time and one copy after the other: a torn write can
   * hurt only one. Resolves when both are on the disk; rejects with what the main transaction died of: then nothing was
   * stored. A twin that fails (no room) or hangs is left behind and healed on the next opening: it must not stop the work.
   */
  write(stores: StoreNames<S>[], work: (tx: Tx<S>) => Promise<unknown>): Promise<void> {
    const mine = this.#turn.then(async () => {
      await once(this.main, stores, work);
      if (this.#twin !== null) await soon(once(this.#twin, stores, work)).catch(() => this.#drop());
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #drop(): void {
    this.#twin?.close();
    this.#twin = null;
  }

  async close(): Promise<void> {
    await this.#turn;
    this.main.close();
    this.#twin?.close();
  }
}

const TWIN_MAY_TAKE_MS = 3_000;
function soon(work: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, TWIN_MAY_TAKE_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function openOne<S extends Counted>(factory: IDBFactory, name: string, upgrade: (db: IDBPDatabase<S>) => void): Promise<IDBPDatabase<S>> {
  const request = factory.open(name, 1);
  request.addEventListener('upgradeneeded', () => upgrade(wrap(request.result) as unknown as IDBPDatabase<S>));
  return wrap(request) as unknown as Promise<IDBPDatabase<S>>;
}

const writesOf = async <S extends Counted>(db: IDBPDatabase<S>): Promise<number> =>
  (await (db as unknown as IDBPDatabase<Counted>).get('writes', 'me')) ?? 0;

async function once<S extends Counted>(db: IDBPDatabase<S>, stores: StoreNames<S>[], work: (tx: Tx<S>) => Promise<unknown>): Promise<void> {
  const tx = db.transaction([...stores, 'writes' as StoreNames<S>], 'readwrite', { durability: 'strict' });
  // The first failure is told, but a full disk shows only in what the transaction itself died of.
  const done = tx.done.then(
    () => null,
    (error: unknown) => error,
  );
  try {
    const counter = (tx as unknown as Tx<Counted>).objectStore('writes');
    await Promise.all([work(tx), counter.get('me').then((writes = 0) => counter.put(writes + 1, 'me'))]);
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // already over
    }
    await done;
    throw tx.error ?? error;
  }
  const failed = await done;
  if (failed !== null) throw tx.error ?? failed;
}

/** All of it in one transaction: a copy that is cut off is no copy. */
async function copy<S extends Counted>(from: IDBPDatabase<S>, to: IDBPDatabase<S>): Promise<void> {
  const names = [...from.objectStoreNames];
  const source = from.transaction(names, 'readonly');
  const all = await Promise.all(
    names.map(async (name) => [name, await source.objectStore(name).getAllKeys(), await source.objectStore(name).getAll()] as const),
  );
  const tx = to.transaction(names, 'readwrite', { durability: 'strict' });
  const puts = all.flatMap(([name, keys, values]) => {
    const store = tx.objectStore(name);
    void store.clear();
    return values.map((value, i) => (store.keyPath === null ? store.put(value, keys[i]) : store.put(value)));
  });
  await Promise.all([...puts, tx.done]);
}
