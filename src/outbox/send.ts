// Sends what waits, in the device's order, each person's events under that person's session. Runs for ever: an answer that is
// lost, late or not ours is no answer, and the same bytes go again. A refusal is an answer: it goes to the worklist, and the
// device's chain goes on behind it (the server keeps refused claims, with their numbers).

import { keepAnswers, waitingEvents } from './keep.ts';
import type { DeviceRow, EventRow, Kept } from './keep.ts';
import { ask, refusalOf } from './link.ts';
import type { Answer } from './link.ts';
import type { People } from './people.ts';
import { unseal } from './seal.ts';
import type { Receipt } from './types.ts';

const BATCH_MAX = 100;
const PAUSE_MIN_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

export type Sending = {
  kept: Kept;
  people: People;
  device: () => DeviceRow;
  /** Device numbers on their way. */
  onSending: (seqs: ReadonlySet<number>) => void;
  onAnswer: (answer: Answer) => void;
  onChange: () => Promise<void>;
  /** People whose events wait for their own online sign-in. */
  blocked: Map<string, string>;
};

/** Grows with each failure, 1 to 30 seconds, and never the same for two devices that lost the network together. */
export function pauseAfter(
  failures: number,
  random: () => number = () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
): number {
  const whole = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(failures - 1, 10));
  return whole / 2 + (whole / 2) * random();
}

/** Who cuts a pause short: a record that came, or somebody who asks for it. */
export type Why = 'record' | 'now' | null;

/** The pauses of the one loop that sends. */
export class Sleep {
  private wake: ((why: Why) => void) | null = null;
  private woken: Why = null;

  /** Resolves after `ms`, or when nudged, with the reason. After a failure only `now` counts: a scan must not hammer a dead line. */
  async pause(ms: number, failed: boolean): Promise<Why> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = (why) => {
        if (failed && why === 'record') return;
        clearTimeout(timer);
        resolve();
      };
      if (this.woken !== null) this.wake(this.woken);
    });
    const why = this.woken;
    [this.wake, this.woken] = [null, null];
    return why;
  }
  nudge(why: 'record' | 'now'): void {
    if (this.woken !== 'now') this.woken = why;
    this.wake?.(why);
  }
}

export class Sender {
  readonly #s: Sending;
  /** Halved when an answer does not come, so that a thin line gets through at all. */
  #batch = BATCH_MAX;
  constructor(sending: Sending) {
    this.#s = sending;
  }

  /** One attempt. `sent`: something was answered, go on; `idle`: nothing to send; `failed`: pause, then again. */
  async step(): Promise<'sent' | 'idle' | 'failed'> {
    const waiting = (await waitingEvents(this.#s.kept, this.#s.blocked.size === 0 ? BATCH_MAX : undefined)).filter(
      (row) => !this.#s.blocked.has(row.person_id),
    );
    const first = waiting[0];
    if (first === undefined) return 'idle';
    const other = waiting.findIndex((row) => row.person_id !== first.person_id);
    const rows = waiting.slice(0, Math.min(this.#batch, other < 0 ? waiting.length : other));
    this.#s.onSending(new Set(rows.map((row) => row.device_seq)));
    try {
      return await this.#send(first.person_id, rows);
    } finally {
      this.#s.onSending(new Set());
      await this.#s.onChange();
    }
  }

  async #send(person_id: string, rows: EventRow[]): Promise<'sent' | 'failed'> {
    const session = await this.#s.people.token(person_id);
    if (session === 'refused') {
      this.#s.blocked.set(person_id, rows[0]?.full_name ?? '');
      return 'sent';
    }
    if (!('token' in session)) return this.#failed(session);
    const wires: object[] = [];
    for (const row of rows) {
      const wire = await this.#wireOf(row, session.token);
      // A refused proof is the event's own trouble: the act will miss the second person and say so.
      if (wire === null) return 'failed';
      wires.push(wire);
    }
    const answer = await ask('POST', '/api/checkpoints/batch', { token: session.token, body: { checkpoints: wires } });
    this.#s.onAnswer(answer);
    if (answer.link !== 'online' || answer.status >= 500) return this.#failed(answer);
    if (answer.status === 401 || answer.status === 423) {
      this.#s.people.forgetToken(person_id);
      return 'failed';
    }
    if (answer.refusal !== null) return this.#refusedWhole(rows, answer.refusal);
    return this.#answered(rows, answer.body.results);
  }

  #failed(answer: Answer): 'failed' {
    this.#s.onAnswer(answer);
    this.#batch = Math.max(1, Math.floor(this.#batch / 2));
    return 'failed';
  }

  /** The whole request was refused: one event in it is at fault, or it is too large. Alone each gets its own answer. */
  async #refusedWhole(rows: EventRow[], refusal: NonNullable<EventRow['refusal']>): Promise<'sent'> {
    if (rows.length > 1) this.#batch = 1;
    else
      await keepAnswers(
        this.#s.kept,
        rows.map((row) => ({ ...row, state: 'needs_attention' as const, refusal })),
      );
    return 'sent';
  }

  async #answered(rows: EventRow[], results: unknown): Promise<'sent' | 'failed'> {
    const given = new Map((Array.isArray(results) ? results : []).map((result: any) => [result?.checkpoint_id, result]));
    const settled = rows.flatMap((row): EventRow[] => {
      const result = given.get(row.checkpoint_id);
      if (typeof result?.receipt?.hash === 'string')
        // What was promised is kept whole until the log has it: after a loss it is sent once more.
        return [
          result.receipt.promise
            ? { ...row, state: 'awaiting_head', receipt: result.receipt as Receipt }
            : { ...row, state: 'received', receipt: result.receipt as Receipt, secret: null, second: null },
        ];
      const refusal = refusalOf(result?.problem);
      // Overloaded or without its database, the server has decided nothing.
      if (refusal === null || result.problem.status >= 500) return [];
      return [{ ...row, state: 'needs_attention', refusal, second: null }];
    });
    await keepAnswers(this.#s.kept, settled);
    if (settled.length < rows.length) return 'failed';
    this.#batch = Math.min(BATCH_MAX, this.#batch * 2);
    return 'sent';
  }

  /** The wire with its secrets, and the confirmation of whoever agreed. null: no answer about that. */
  async #wireOf(row: EventRow, token: string): Promise<object | null> {
    const { local } = this.#s.device();
    const secret = row.secret === null ? {} : await unseal<object>(local, row.secret);
    if (row.second === null) return { ...row.wire, ...secret };
    const { grant_id, permission } = row.second;
    const proof = await unseal<string>(local, row.second.proof);
    const answer = await ask('POST', '/api/session/second-person/grant', {
      token,
      body: { grant_id, permission, checkpoint_id: row.checkpoint_id, proof },
    });
    if (answer.link !== 'online' || answer.status >= 500 || answer.status === 423) {
      this.#s.onAnswer(answer);
      return null;
    }
    if (answer.refusal?.refusal === 'not_signed_in' || answer.refusal?.refusal === 'session_expired') {
      this.#s.people.forgetToken(row.person_id);
      return null;
    }
    return { ...row.wire, ...secret, ...(answer.refusal === null ? { confirmation: answer.body.confirmation } : {}) };
  }
}
