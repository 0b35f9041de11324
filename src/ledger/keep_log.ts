// What keeps the log going: sequence, once a day a snapshot of all units, a head, cosignatures. On Node a timer calls `tick`, on Workers a
// cron. Any number of processes may do so at once; each round does what is left to do, and nothing when there is nothing.

import { sql } from 'kysely';
import { uuidBytes, uuidText } from '../base/id.ts';
import { keyOf, keyText } from '../base/note.ts';
import { civilDate } from '../base/time.ts';
import type { Clock } from '../base/time.ts';
import type { Store } from '../store/connect.ts';
import { sha256 } from './entry.ts';
import { publish } from './head.ts';
import type { Notary } from './head.ts';
import { originNow, sequence } from './log.ts';
import { addRecord, knownKeys, recordOf } from './log_record.ts';
import type { LogRecord } from './log_record.ts';
import type { NoteSigner } from './sign.ts';
import { takeSnapshot } from './snapshot.ts';

export type LogKeeping = {
  store: Store;
  clock: Clock;
  /** Origin of the log, with `{year}` for the civil year. */
  origin: string;
  /** null: nobody signs; entries are sequenced all the same. */
  notary: Notary | null;
  /** The key that signs promises; null: none are made. */
  promise: NoteSigner | null;
  /** A head is signed at most so often: each costs a few disk writes of others. */
  head_every_ms: number;
};

export function logKeeper(keeping: LogKeeping): { tick: () => Promise<void> } {
  const { store, clock, notary } = keeping;
  let introduced = false;
  /** The log behind whose predecessor nothing is left to sign. */
  let finished = '';
  let head_ms = 0;
  return {
    async tick() {
      const origin = originNow(keeping.origin, clock);
      if (!introduced) await introduce(keeping);
      introduced = true;
      await sequence(store, origin, clock);
      if (await snapshotDue(store, origin, clock)) {
        await takeSnapshot(store, origin, clock);
        await sequence(store, origin, clock);
      }
      if (notary === null || clock() < head_ms + keeping.head_every_ms) return;
      head_ms = clock();
      await publish(store, clock, origin, notary);
      if (finished !== origin && (await finishBefore(keeping, notary, origin))) finished = origin;
    },
  };
}

/** What came last into the log of the year before is signed too. true: nothing is left, or nobody can: it was lost (docs/operations.md). */
async function finishBefore({ store, clock }: LogKeeping, notary: Notary, origin: string): Promise<boolean> {
  const first = await store.read.selectFrom('log_entry').innerJoin('log_record', (join) => join.on('log_entry.source', '=', 'log_record').onRef(sql<string>`log_record.record_id::text`, '=', 'log_entry.source_key')).select('body').where('origin', '=', origin).where('log_index', '=', 0).executeTakeFirst();
  const opening = first === undefined ? null : recordOf(new Uint8Array(first.body));
  if (opening?.kind !== 'log_opened') return false;
  const { previous, loss } = opening.facts;
  if (previous === null || loss !== null) return true;
  await publish(store, clock, previous.origin, notary);
  const head = await store.read.selectFrom('log_head').select('size').where('origin', '=', previous.origin).where('size', '=', previous.size).where('cosigned_at', 'is not', null).executeTakeFirst();
  return head !== undefined;
}

/** The keys of this process and of the witnesses it believes are said in the log before anything rests on them; so is which of them are no longer. */
async function introduce({ store, clock, notary, promise }: LogKeeping): Promise<void> {
  const valid = (await knownKeys(store.read)).filter((one) => one.revoked_ms === null);
  const known = new Set(valid.map((one) => one.key));
  const keys = [
    ...(promise === null ? [] : [{ purpose: 'promise' as const, key: keyText(sha256, promise.key) }]),
    ...(notary?.policy.witnesses ?? []).map((witness) => ({ purpose: 'witness' as const, key: keyText(sha256, witness.key) })),
  ];
  const named = new Set(keys.map(({ key }) => key));
  for (const { purpose, key } of valid) {
    const over = !named.has(key) && ((purpose === 'witness' && notary !== null) || (purpose === 'promise' && promise !== null && keyOf(sha256, key).name === promise.key.name));
    if (over) await store.lane((lane) => addRecord(lane, clock(), { kind: 'key_revoked', facts: { key, reason: purpose === 'promise' ? 'replaced' : 'left the policy' } }));
  }
  for (const facts of keys) if (!known.has(facts.key)) await store.lane((lane) => addRecord(lane, clock(), { kind: 'key_added', facts }));
  for (const { device_id, public_key, office_code, revoked_at } of await unnotedDevices(store)) {
    const id = uuidBytes(device_id);
    await store.lane((lane) => addRecord(lane, clock(), { kind: 'device_added', facts: { device_id: id, public_key: new Uint8Array(public_key), office_code } }));
    if (revoked_at !== null) await store.lane((lane) => addRecord(lane, clock(), { kind: 'device_revoked', facts: { device_id: id } }));
  }
}

/** Devices that were enrolled before the log noted their keys. */
async function unnotedDevices({ read }: Store) {
  const noted = new Set((await read.selectFrom('log_record').select('body').where('kind', '=', 'device_added').execute()).map((row) => {
    const record = recordOf(new Uint8Array(row.body));
    return record.kind === 'device_added' ? uuidText(record.facts.device_id) : '';
  }));
  const devices = await read.selectFrom('device').select(['device_id', 'public_key', 'office_code', 'revoked_at']).orderBy('device_id').execute();
  return devices.filter(({ device_id }) => !noted.has(device_id));
}

/** Once in each civil day, once something stands in the log. */
async function snapshotDue(store: Store, origin: string, clock: Clock): Promise<boolean> {
  const last = await store.read.selectFrom('log_record').select('at').where('kind', '=', 'item_heads' satisfies LogRecord['kind']).orderBy('record_id', 'desc').limit(1).executeTakeFirst();
  if (last && civilDate(new Date(last.at).getTime()) >= civilDate(clock())) return false;
  const log = await store.read.selectFrom('log').select('size').where('origin', '=', origin).executeTakeFirst();
  return (log?.size ?? 0) > 0;
}
