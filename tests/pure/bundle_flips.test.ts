// Whatever bit of a bundle of a thousand entries is flipped, neither verifier accepts it.
// NIEM_FLIPS=all flips all 8 bits of each byte, for both verifiers (some 5 million flips, 4 and 10 minutes). Without it the first gets one seeded bit of
// each byte (half a minute), the second 20,000 seeded flips (a few seconds).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { uuidBytes } from '../../src/base/id.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { MAGIC, recordOf } from '../../src/proof/bundle.ts';
import type { BundleRecord } from '../../src/proof/bundle.ts';
import { BundleError } from '../../src/proof/bundle_error.ts';
import { checker } from '../../src/proof/check.ts';
import type { Held } from '../../src/proof/check.ts';
import { checkStream } from '../../src/proof/stream.ts';
import { bundle, fileOf, hash, makeEntries, memoryLog, SHIFT } from '../support/bundle.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const SEED = Number(process.env['SEED'] ?? Date.now() % 100_000);
const ALL = process.env['NIEM_FLIPS'] === 'all';
const dir = mkdtempSync(path.join(tmpdir(), 'niem-flips-'));
afterAll(() => rmSync(dir, { recursive: true }));

const TOOLS = { hash, verify: verifySignature };
const NOTHING: Held = { policy: null, head: null };
const faultOf = async (file: Uint8Array): Promise<string> => checkStream(checker(TOOLS, NOTHING), [file]).then(() => 'accepted', (error: unknown) => (error instanceof BundleError ? error.code : `not a fault: ${String(error)}`));

describe(`a thousand entries, every bit (seed ${SEED})`, () => {
  const many = makeEntries(1000);
  const big = memoryLog(many.bodies);
  const records = bundle(big, { subject: { type: 'S', kind: 'shift', ref: uuidBytes(SHIFT) }, indices: many.bodies.map((_, i) => i), devices: [many.device], older: 512, files: [many.digest] });
  const file = fileOf(records);

  /** Flips are tried where the real verifier stands after everything before them: a refused record changes nothing. */
  test(`the first verifier refuses ${ALL ? 'each flip of each bit' : 'a flip'} of each byte`, async () => {
    let check = checker(TOOLS, NOTHING);
    const counts = { bytes: file.length, flips: 0, by_record: 0, by_length: 0, by_what_follows: 0, accepted: [] as string[] };
    const view = new DataView(file.buffer);
    const upTo = async (stop: number) => {
      const fresh = checker(TOOLS, NOTHING);
      for (let at = MAGIC.length; at < stop; at += 4 + view.getUint32(at)) await fresh.add(file.subarray(at + 4, at + 4 + view.getUint32(at)));
      return fresh;
    };
    const fromHere = async (bytes: Uint8Array, at: number, bit: number): Promise<void> => {
      if ((await faultOf(bytes)) === 'accepted') counts.accepted.push(`${at}/${bit}`);
      counts.by_what_follows += 1;
    };
    for (let at = 0; at < MAGIC.length; at++) for (let bit = 0; bit < 8; bit++) {
      const bytes = file.slice(0, MAGIC.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      counts.flips += 1;
      await fromHere(bytes, at, bit);
    }
    for (let at = MAGIC.length; at < file.length;) {
      const length = view.getUint32(at);
      const end = at + 4 + length;
      for (let byte = at; byte < end; byte++) for (const bit of ALL ? [0, 1, 2, 3, 4, 5, 6, 7] : [(SEED + byte * 5) % 8]) {
        counts.flips += 1;
        file[byte] = (file[byte] ?? 0) ^ (1 << bit);
        // A wrong length makes another record of what follows, or none.
        const wrong = byte < at + 4 ? view.getUint32(at) : length;
        let refused = wrong === 0 || wrong > 80_000 || at + 4 + wrong > file.length;
        if (refused) counts.by_length += 1;
        else {
          try {
            await check.add(file.subarray(at + 4, at + 4 + wrong));
          } catch (error) {
            refused = error instanceof BundleError;
            counts.by_record += 1;
          }
        }
        if (!refused) await fromHere(file.slice(), byte, bit);
        file[byte] = (file[byte] ?? 0) ^ (1 << bit);
        // It was taken in: what it says is refused by what follows, and the next flip wants a verifier that knows nothing of it.
        if (!refused) check = await upTo(at);
      }
      await check.add(file.subarray(at + 4, end));
      at = end;
    }
    expect(check.end().entries).toBe(1000);
    console.log('flips, first verifier:', counts);
    expect(counts.accepted).toEqual([]);
    expect(counts.flips).toBe((file.length - MAGIC.length) * (ALL ? 8 : 1) + MAGIC.length * 8);
  }, 3_600_000);

  test('the second verifier refuses each that is tried', () => {
    const name = path.join(dir, 'thousand');
    writeFileSync(name, file);
    const said = execFileSync('python3', [path.join(ROOT, 'tests/second-verifier/flip.py'), name, String(SEED), ALL ? 'all' : '20000'], { encoding: 'utf8', maxBuffer: 1e7 });
    console.log('flips, second verifier:', said.trim());
    expect(JSON.parse(said)).toMatchObject({ accepted: 0 });
  }, 36_000_000);

  const plain = (record: BundleRecord): string => JSON.stringify(record, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : (value as { type?: string })?.type === 'Buffer' ? Buffer.from((value as { data: number[] }).data).toString('hex') : value));

  test('each record is read back as it was written', () => {
    let at = MAGIC.length;
    for (const record of records) {
      const length = new DataView(file.buffer).getUint32(at);
      expect(plain(recordOf(file.subarray(at + 4, at + 4 + length)))).toBe(plain(record));
      at += 4 + length;
    }
  });
});
