// Cuts a stream of bytes into records and gives them to a checker. Holds one record at a time, so that a log of any size fits.

import { BundleError } from './bundle_error.ts';
import { MAGIC, RECORD_BYTES_MAX } from './bundle.ts';
import type { Checker, Verdict } from './check.ts';

/** Throws a BundleError; `progress` is told the bytes read so far. */
export async function checkStream(
  check: Checker,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  progress?: (bytes: number) => void,
): Promise<Verdict> {
  let rest: Uint8Array = new Uint8Array();
  let begun = false;
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.length;
    rest = joined(rest, chunk);
    let at = 0;
    if (!begun) {
      if (rest.length < MAGIC.length) continue;
      if (!MAGIC.every((byte, i) => rest[i] === byte)) throw new BundleError('not_a_bundle', { problem: 'niem.bundle/1' });
      at = MAGIC.length;
      begun = true;
    }
    while (rest.length - at >= 4) {
      const length = (rest[at] ?? 0) * 2 ** 24 + (((rest[at + 1] ?? 0) << 16) | ((rest[at + 2] ?? 0) << 8) | (rest[at + 3] ?? 0));
      if (length === 0 || length > RECORD_BYTES_MAX) throw new BundleError('malformed', { problem: 'length of a record' });
      if (rest.length - at - 4 < length) break;
      const done = check.add(rest.subarray(at + 4, at + 4 + length));
      if (done !== undefined) await done;
      at += 4 + length;
    }
    rest = rest.slice(at);
    progress?.(read);
  }
  if (!begun) throw new BundleError('not_a_bundle', { problem: 'niem.bundle/1' });
  if (rest.length > 0) throw new BundleError('cut_short');
  return check.end();
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
