// The worker of the message queue: takes what is due, sends it, notes what came of it. Any number may run, on any runtime; one that dies
// between sending and noting leaves the message to be sent again under the same id. Nothing is ever lost, nothing overtakes.

import type { Clock } from '../base/time.ts';
import { waitAfter } from '../domain/message.ts';
import type { Channel } from '../domain/message.ts';
import { claimMessages, settleMessage } from '../store/message.ts';
import type { Claimed } from '../store/message.ts';
import type { Write } from '../store/connect.ts';
import type { Sent } from './webhook.ts';

/** How each channel sends one message; a channel that is left out waits for a worker that has it. */
export type Senders = { readonly [channel in Channel]?: (claimed: Claimed, now_ms: number) => Promise<Sent> };

/** At once: each may take 15 seconds of its lease of 60. */
const AT_ONCE = 16;
/** Rounds in one pass, so that a pass ends. */
const ROUNDS_MAX = 200;

/** Sends until nothing is due. Returns how many arrived and how many attempts failed. */
export async function transmit(db: Write, senders: Senders, clock: Clock): Promise<{ arrived: number; failed: number }> {
  const channels = Object.keys(senders) as Channel[];
  const total = { arrived: 0, failed: 0 };
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const claimed = await claimMessages(db, channels, AT_ONCE, clock());
    if (claimed.length === 0) break;
    const outcomes = await Promise.all(claimed.map((one) => attempt(db, senders, one, clock)));
    for (const arrived of outcomes) total[arrived ? 'arrived' : 'failed'] += 1;
  }
  return total;
}

async function attempt(db: Write, senders: Senders, claimed: Claimed, clock: Clock): Promise<boolean> {
  const { message, attempts, channel } = claimed;
  const sent: Sent = (await senders[channel]?.(claimed, clock())) ?? { status: null, problem: 'no_channel' };
  const { status, problem } = sent;
  const now_ms = clock();
  if (status !== null && status >= 200 && status < 300) {
    await settleMessage(db, message.message_id, { arrived: true, status }, now_ms);
    return true;
  }
  const wait = waitAfter(attempts + 1);
  await settleMessage(db, message.message_id, { arrived: false, status, problem, retry_at_ms: wait === null ? null : now_ms + wait }, now_ms);
  return false;
}
