// Natural group commit: calls that arrive while a flight is under way join the next one. No timer, so a lone call
// waits for nothing; under load each round trip and each commit is shared (measured: tenfold, docs/decisions.md).

export type Coalesced<Q, A> = (question: Q) => Promise<A>;

export type CoalesceOptions = {
  /** Questions in one flight at most. */
  batch_max: number;
  /** Questions waiting at most; the next one is answered by `full`. */
  queue_max: number;
  /** Flights under way at once. */
  lanes: number;
  full: () => Error;
};

/** `answer` gets 1..batch_max questions and returns as many answers, in order; an answer may be an Error for that question. */
export function coalesce<Q, A>(answer: (questions: Q[]) => Promise<(A | Error)[]>, options: CoalesceOptions): Coalesced<Q, A> {
  type Waiting = { question: Q; resolve: (a: A) => void; reject: (e: Error) => void };
  let queue: Waiting[] = [];
  let flying = 0;

  async function fly(): Promise<void> {
    flying++;
    while (queue.length > 0) {
      const flight = queue.slice(0, options.batch_max);
      queue = queue.slice(options.batch_max);
      try {
        const answers = await answer(flight.map((w) => w.question));
        for (const [i, waiting] of flight.entries()) {
          const a = answers[i];
          if (a === undefined) waiting.reject(new Error('no answer'));
          else if (a instanceof Error) waiting.reject(a);
          else waiting.resolve(a);
        }
      } catch (error) {
        for (const waiting of flight) waiting.reject(error as Error);
      }
    }
    flying--;
  }

  return (question) =>
    new Promise((resolve, reject) => {
      if (queue.length >= options.queue_max) return reject(options.full());
      queue.push({ question, resolve, reject });
      // Started in a microtask so that calls of the same tick share the first flight.
      if (flying < options.lanes && queue.length === 1) queueMicrotask(() => void (flying < options.lanes && queue.length > 0 && fly()));
    });
}
