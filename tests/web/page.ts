// What the browser tests run in the browser: the outbox itself, within reach of `page.evaluate`.

import { openOutbox } from '../../src/outbox/outbox.ts';
import { OutboxError } from '../../src/outbox/problem.ts';
import type { Outbox } from '../../src/outbox/types.ts';

declare global {
  interface Window {
    ready: boolean;
    outbox: Outbox;
    /** The problem of work that fails; null: it went well. */
    problemOf: (work: () => Promise<unknown>) => Promise<string | null>;
  }
}

window.problemOf = async (work) => {
  try {
    await work();
    return null;
  } catch (error) {
    return error instanceof OutboxError ? (error.problem === 'refused' ? error.refusal.refusal : error.problem) : String(error);
  }
};
window.outbox = await openOutbox();
window.ready = true;
