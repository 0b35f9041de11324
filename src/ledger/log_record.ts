// What the log says about itself: its opening, the keys that sign, the devices' too, the daily heads of all units. Entries like any other, so that a key is
// judged by what the log itself said of it, and a snapshot is as hard to change as a checkpoint. Bytes in docs/ledger.md.

import { decode, encode } from '../base/canonical.ts';
import { uuid7, uuidBytes, uuidText } from '../base/id.ts';
import { LOG_ENTRY_BYTES_MAX } from '../base/tile.ts';
import type { Read, Statement, Write } from '../store/connect.ts';

const FORMAT = 'niem.record/1';

/** `previous`: the log that this one continues, as far as it is known; null: there was none. `loss`: what could not be continued, and why. */
export type LogRecord = { record_id: string; at_ms: number } & (
  | { kind: 'log_opened'; facts: { origin: string; previous: { origin: string; size: number; root: Uint8Array | null } | null; loss: string | null } }
  | { kind: 'key_added'; facts: { purpose: 'log' | 'signer' | 'witness' | 'promise'; key: string } }
  | { kind: 'key_revoked'; facts: { key: string; reason: string } }
  | { kind: 'device_added'; facts: { device_id: Uint8Array; public_key: Uint8Array; office_code: string } }
  | { kind: 'device_revoked'; facts: { device_id: Uint8Array } }
  | { kind: 'item_heads'; facts: { origin: string; size: number; units: number; root: Uint8Array } }
);
export type NewRecord = LogRecord extends infer R ? (R extends LogRecord ? Pick<R, 'kind' | 'facts'> : never) : never;

export const recordBytes = ({ record_id, kind, at_ms, facts }: LogRecord): Uint8Array<ArrayBuffer> => encode([FORMAT, uuidBytes(record_id), kind, at_ms, facts], LOG_ENTRY_BYTES_MAX);

/** Throws an Error on other bytes. */
export function recordOf(body: Uint8Array): LogRecord {
  const value = decode(body, LOG_ENTRY_BYTES_MAX);
  if (!Array.isArray(value) || value.length !== 5 || value[0] !== FORMAT || !(value[1] instanceof Uint8Array) || value[1].length !== 16) throw new Error('not a record of the log');
  return { record_id: uuidText(value[1]), kind: value[2], at_ms: value[3], facts: value[4] };
}

const ADD: Statement = { name: 'insert_log_record', text: 'insert into log_record (record_id, kind, at, body) values ($1, $2, to_timestamp($3::bigint / 1000.0), $4)' };

/** Adds a record and returns its id; the database queues it for the log. */
export async function addRecord(lane: { run: (statement: Statement, values: readonly unknown[]) => Promise<unknown> }, now_ms: number, record: NewRecord): Promise<string> {
  const whole: LogRecord = { ...record, record_id: uuid7(now_ms), at_ms: now_ms };
  await lane.run(ADD, [whole.record_id, whole.kind, now_ms, recordBytes(whole)]);
  return whole.record_id;
}

/** The same within the transaction of an act. */
export async function noteRecord(tx: Write, now_ms: number, record: NewRecord): Promise<void> {
  const whole: LogRecord = { ...record, record_id: uuid7(now_ms), at_ms: now_ms };
  await tx.insertInto('log_record').values({ record_id: whole.record_id, kind: whole.kind, at: new Date(now_ms), body: recordBytes(whole) }).execute();
}

/** Keys as the log knows them, oldest first. */
export type KnownKey = { key: string; purpose: string; added_ms: number; revoked_ms: number | null; reason: string | null };

export async function knownKeys(db: Read): Promise<KnownKey[]> {
  const rows = await db.selectFrom('log_record').select('body').where('kind', 'in', ['key_added', 'key_revoked']).orderBy('at').orderBy('record_id').execute();
  const keys: KnownKey[] = [];
  for (const row of rows) {
    const record = recordOf(new Uint8Array(row.body));
    if (record.kind === 'key_added') keys.push({ ...record.facts, added_ms: record.at_ms, revoked_ms: null, reason: null });
    if (record.kind !== 'key_revoked') continue;
    const known = keys.find(({ key, revoked_ms }) => key === record.facts.key && revoked_ms === null);
    if (known) Object.assign(known, { revoked_ms: record.at_ms, reason: record.facts.reason });
  }
  return keys;
}
