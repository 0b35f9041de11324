// Offline verification of a whole log against bare SHA-256 over the same bytes: one process, from its start to its end, one bundle on disk, streamed.
// Two baselines on one thread: one call an entry, as any verifier must make, and one over the whole file. By the clock, and by processor time.

import { execFileSync, spawnSync } from 'node:child_process';
import { hash as hashOnce } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { uuid7 } from '../../src/base/id.ts';
import { leafHash } from '../../src/base/merkle.ts';
import { keyText } from '../../src/base/note.ts';
import { entryBytes, sha256 } from '../../src/ledger/entry.ts';
import { MAGIC, recordBytes } from '../../src/proof/bundle.ts';
import { GrowingTree } from '../../src/proof/tree.ts';
import { hash, newSigners, signHead } from '../support/bundle.ts';

const ENTRIES = Number(process.env['BENCH_ENTRIES'] ?? 1_000_000);
const STEPS = 8;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const VERIFY = path.join(import.meta.dirname, '../../src/verify.ts');
/** The peak of this program alone: what getrusage tells begins at what its parent held when it was forked. */
const AT_EXIT = `import{readFileSync}from'node:fs';process.on('exit',()=>{const u=process.resourceUsage();const kb=/VmHWM:\\s+(\\d+)/.exec((()=>{try{return readFileSync('/proc/self/status','utf8')}catch{return''}})())?.[1]??u.maxRSS;process.stderr.write(JSON.stringify({cpu_s:(u.userCPUTime+u.systemCPUTime)/1e6,rss_mb:Math.round(kb/1024)}))})`;
type Emit = (name: string, value: number, unit: string, baseline: number, more?: object) => void;

/** A log of items of eight steps each, as a bundle on disk. */
function makeLog(file: string): void {
  const signers = newSigners();
  const tree = new GrowingTree(sha256);
  const at = 1_790_000_000_000;
  const person_id = uuid7(at);
  const bodies = function* (): Generator<Uint8Array> {
    for (let i = 0; i < ENTRIES; i += STEPS) {
      const unit_id = uuid7(at);
      let prev: Uint8Array | null = null;
      for (let step = 1; step <= Math.min(STEPS, ENTRIES - i); step++) {
        const claim = { checkpoint_id: uuid7(at + i), kind: 'seen' as const, code: 'BK000000014VN', person_id, office_code: '243100', device_id: null, device_seq: null, device_prev: null, device_at: null, clock_offset_ms: null, head_seen: null, facts: {}, commitments: {} };
        const body = entryBytes({ claim, device_signature: null, second_person_id: null, shift_id: person_id, unit_id, unit_kind: 'item', code: 'BK000000014VN', unit_seq: step, prev, received_at: at + i, flags: [], state: 'at_office', custodian: { kind: 'person', ref: person_id }, holds: 0, result: {} });
        prev = sha256(body);
        tree.add(leafHash(sha256, body));
        yield body;
      }
    }
  };
  // The head comes first in the file and is known last: entries go to a second file and are put behind it.
  const parts = [openSync(`${file}.entries`, 'w'), openSync(file, 'w')] as const;
  let batch: Uint8Array[] = [];
  let index = 0;
  for (const body of bodies()) {
    batch.push(recordBytes({ type: 'E', index, proof: [], body }));
    index += 1;
    if (batch.length === 4096 || index === ENTRIES) {
      writeSync(parts[0], Buffer.concat(batch));
      batch = [];
    }
  }
  closeSync(parts[0]);
  const note = signHead(signers, ENTRIES, tree.root());
  writeSync(parts[1], Buffer.concat([MAGIC, recordBytes({ type: 'H', note, keys: signers.map(({ key }) => keyText(hash, key)) }), recordBytes({ type: 'S', kind: 'log', ref: null })]));
  closeSync(parts[1]);
  execFileSync('sh', ['-c', `cat "${file}.entries" >> "${file}" && rm "${file}.entries"`]);
  const end = openSync(file, 'a');
  writeSync(end, recordBytes({ type: 'Z', count: ENTRIES }));
  closeSync(end);
}

export function benchVerify(emit: Emit): void {
  const dir = mkdtempSync(path.join(tmpdir(), 'niem-bench-verify-'));
  try {
    const file = path.join(dir, 'log.niem');
    makeLog(file);
    const bytes = readFileSync(file);
    const seen: { each_s: number; whole_s: number; wall_s: number; cpu_s: number; rss_mb: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      let begun = performance.now();
      let calls = 0;
      for (let at = MAGIC.length; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) if (hashOnce('sha256', bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)), 'hex').length === 64) calls += 1;
      const each_s = (performance.now() - begun) / 1000;
      begun = performance.now();
      hashOnce('sha256', bytes, 'hex');
      const whole_s = (performance.now() - begun) / 1000;
      begun = performance.now();
      const { stderr, status, error, signal } = spawnSync(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(AT_EXIT)}`, VERIFY, file], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
      const wall_s = (performance.now() - begun) / 1000;
      if (status !== 0 || calls !== ENTRIES + 3) throw new Error(`the log was not accepted: ${status} ${signal}, ${calls} records, ${String(error)} ${stderr}`);
      seen.push({ each_s, whole_s, wall_s, ...(JSON.parse(stderr) as { cpu_s: number; rss_mb: number }) });
    }
    const median = (of: (one: (typeof seen)[number]) => number): number => seen.map(of).toSorted((a, b) => a - b)[Math.floor(seen.length / 2)] ?? 0;
    const ratio = (of: (one: (typeof seen)[number]) => number): number => Number(median(of).toFixed(3));
    emit('verify', ENTRIES / median((one) => one.wall_s), 'entries/s', ENTRIES / median((one) => one.each_s), {
      ratio: ratio((one) => one.each_s / one.wall_s), ratio_of_cpu: ratio((one) => one.each_s / one.cpu_s), ratio_to_one_hash_of_all: ratio((one) => one.whole_s / one.wall_s),
      entries: ENTRIES, megabytes: Math.round(bytes.length / 1e6), peak_mb: median((one) => one.rss_mb), processors: availableParallelism(),
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}
