// Cuts a stream of bytes into records and gives them to a checker. Holds a few chunks at a time, so that a log of any size fits.

import type { Ahead } from './ahead.ts';
import { BundleError } from './bundle_error.ts';
import { MAGIC, RECORD_BYTES_MAX } from './bundle.ts';
import type { Checker } from './check.ts';
import type { Verdict } from './verdict.ts';

/** Whole records, and what was read ahead of them. */
export type Cut = { bytes: Uint8Array; ahead: Ahead };
/** A piece that is read ahead, here or in another thread; `cut` is null as long as the answer is awaited. */
export type Reading = { cut: Cut | null; answer: Promise<Cut> | null };
/** Reads ahead in a whole log; at most `depth` pieces wait for the one before them. */
export type Reader = { read: (bytes: Uint8Array) => Promise<Reading>; depth: number };

/** Throws a BundleError; `progress` is told the bytes checked so far. Without a reader nothing is read ahead, which says the same and takes longer. */
export async function checkStream(
  check: Checker,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { reader, progress }: { reader?: Reader; progress?: (bytes: number) => void } = {},
): Promise<Verdict> {
  const waiting: Reading[] = [];
  let checked = 0;
  const take = async ({ bytes, ahead }: { bytes: Uint8Array; ahead: Ahead | null }): Promise<void> => {
    for (let at = ahead === null ? 0 : check.addAhead(bytes, ahead); at < bytes.length;) {
      const length = lengthAt(bytes, at);
      const added = check.add(bytes.subarray(at + 4, at + 4 + length));
      if (added !== undefined) await added;
      at += 4 + length;
    }
    checked += bytes.length;
    progress?.(checked);
  };
  const takeFirst = async (): Promise<void> => {
    const first = waiting.shift();
    const cut = first?.cut ?? (await first?.answer);
    if (cut) await take(cut);
  };
  const source = records(chunks);
  let fault: unknown = null;
  for (;;) {
    // What stands before a fault of the file is checked first: one file has one fault, however many threads there are.
    const next = await source.next().catch((error: unknown) => void (fault = error));
    if (next === undefined || next.done === true) break;
    // What a bundle is about is known once its first records are checked.
    if (reader === undefined || (waiting.length === 0 && !check.whole())) await take({ bytes: next.value, ahead: null });
    else waiting.push(await reader.read(next.value));
    while (waiting[0] !== undefined && (waiting[0].cut !== null || waiting.length > (reader?.depth ?? 0))) await takeFirst();
  }
  while (waiting.length > 0) await takeFirst();
  if (fault !== null) throw fault;
  return check.end();
}

const lengthAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) * 2 ** 24 + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));

/** The bytes behind the magic, in pieces of whole records, each an array of its own; head and subject come singly. */
async function* records(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array();
  let begun = false;
  let singly = 2;
  for await (const chunk of chunks) {
    let piece = joined(rest, chunk);
    rest = piece;
    if (!begun) {
      if (piece.length < MAGIC.length) continue;
      if (!MAGIC.every((byte, i) => piece[i] === byte)) throw new BundleError('not_a_bundle', { problem: 'niem.bundle/1' });
      piece = piece.slice(MAGIC.length);
      begun = true;
    }
    let at = 0;
    let bad = false;
    while (piece.length - at >= 4) {
      const length = lengthAt(piece, at);
      bad = length === 0 || length > RECORD_BYTES_MAX;
      if (bad || piece.length - at - 4 < length) break;
      at += 4 + length;
      if (singly === 0) continue;
      singly -= 1;
      yield piece.slice(0, at);
      piece = piece.slice(at);
      at = 0;
    }
    // Copied before whoever gets the piece gives it away.
    rest = piece.slice(at);
    if (at > 0) yield piece.subarray(0, at);
    if (bad) throw new BundleError('malformed', { problem: 'length of a record' });
  }
  if (!begun) throw new BundleError('not_a_bundle', { problem: 'niem.bundle/1' });
  if (rest.length > 0) throw new BundleError('cut_short');
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
