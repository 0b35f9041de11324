// The queue of messages to endpoints: written with what they tell, taken by a worker, settled by what came of it. SQL functions do the
// work, because nobody who speaks SQL as the app may read or change the queue otherwise.

import { sql } from 'kysely';
import { fromHex } from '../base/bytes.ts';
import type { Channel, Message, MessageKind, MessageSubject, Scheme } from '../domain/message.ts';
import type { Write } from './connect.ts';

export type Told = { kind: MessageKind; subject_kind: MessageSubject; subject_id: string; ref_id: string | null };

/** Call it in the transaction of what it tells, under the lock of its subject. Returns how many endpoints will be told; 0: they have none. */
export async function tell(
  tx: Write,
  parties: readonly string[],
  { kind, subject_kind, subject_id, ref_id }: Told,
  now_ms: number,
): Promise<number> {
  if (parties.length === 0) return 0;
  const { rows } = await sql<{
    told: number;
  }>`select tell(${[...parties]}, ${kind}, ${subject_kind}, ${subject_id}, ${ref_id}, ${new Date(now_ms)}) as told`.execute(tx);
  return rows[0]?.told ?? 0;
}

export type Claimed = {
  message: Message;
  attempts: number;
  channel: Channel;
  address: string;
  keys: { scheme: Scheme; secret: Uint8Array }[];
};

/** Longer than any attempt takes. A worker that dies at one leaves it to others after this. */
export const LEASE_MS = 60_000;

export async function claimMessages(db: Write, channels: readonly Channel[], limit: number, now_ms: number): Promise<Claimed[]> {
  type Row = {
    message_id: string;
    kind: MessageKind;
    subject_kind: MessageSubject;
    subject_id: string;
    ref_id: string | null;
    made_at: Date;
    attempts: number;
    channel: Channel;
    address: string;
    keys: { scheme: Scheme; secret: string }[];
  };
  const { rows } =
    await sql<Row>`select * from claim_messages(${new Date(now_ms)}, ${`${LEASE_MS} ms`}::interval, ${limit}, ${[...channels]})`.execute(
      db,
    );
  return rows.map(({ made_at, attempts, channel, address, keys, message_id, kind, subject_kind, subject_id, ref_id }) => ({
    message: { message_id, kind, subject_kind, subject_id, ref_id, made_at_ms: made_at.getTime() },
    attempts,
    channel,
    address,
    keys: keys.map(({ scheme, secret }) => ({ scheme, secret: fromHex(secret) })),
  }));
}

export type Settled =
  { arrived: true; status: number } | { arrived: false; status: number | null; problem: string | null; retry_at_ms: number | null };

export async function settleMessage(db: Write, message_id: string, settled: Settled, now_ms: number): Promise<void> {
  const { arrived, status } = settled;
  const problem = arrived ? null : settled.problem;
  const retry_at = arrived || settled.retry_at_ms === null ? null : new Date(settled.retry_at_ms);
  await sql`select settle_message(${message_id}, ${new Date(now_ms)}, ${arrived}, ${status}::smallint, ${problem}, ${retry_at})`.execute(
    db,
  );
}
