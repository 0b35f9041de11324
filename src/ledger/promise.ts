// The server's own key and what it promises with each receipt (base/promise.ts). The key is no key of the log: it cannot sign a head.

import { promiseOf } from '../base/promise.ts';
import type { Promised } from '../base/promise.ts';
import { instant } from '../base/time.ts';
import { sha256 } from './entry.ts';
import { signNote } from './sign.ts';
import type { NoteSigner } from './sign.ts';

/** A signer that does not answer for so long is somebody's business. */
export const PROMISE_MS = 5 * 60_000;

/** What is promised for leaves that were committed together: one signature, some 35 us, for all of them. */
export type Promiser = (leaves: readonly Uint8Array[], now_ms: number) => Promised[];

export function promiser(signer: NoteSigner): Promiser {
  return (leaves, now_ms) => {
    if (leaves.length === 0) return [];
    const { text, paths } = promiseOf(sha256, leaves, instant(now_ms + PROMISE_MS));
    const note = `${text}\n${signNote(signer, text, now_ms)}`;
    return paths.map((path) => ({ note, ...path }));
  };
}

/** Answers with their promises, given in the order of those that are receipts. Only what is committed is promised. */
export function promised<T extends object>(answers: readonly (T | Error)[], promises: readonly Promised[]): (T | Error)[] {
  let next = 0;
  return answers.map((answer) => (answer instanceof Error ? answer : { ...answer, promise: promises[next++] ?? null }));
}
