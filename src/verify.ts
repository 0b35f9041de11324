// `npm run verify -- PATH`: checks a bundle without a server, a database or a network. Exit 0: nothing found; 1: tampered; 2: unreadable.

import { hash as hashOnce } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { heldHead } from './base/note.ts';
import { policyOf } from './base/proof.ts';
import { verifySignature } from './domain/key.ts';
import { aheadReader } from './proof/ahead.ts';
import { BundleError } from './proof/bundle_error.ts';
import { checker } from './proof/check.ts';
import type { Held } from './proof/check.ts';
import { checkStream } from './proof/stream.ts';
import type { Cut, Reader, Reading } from './proof/stream.ts';
import { linesOf, notProved } from './proof/words.ts';

const HELP = `npm run verify -- TỆP [--policy CHÍNH_SÁCH] [--head MỐC_ĐANG_GIỮ] [--json]
  Kiểm chứng một tệp chứng cứ Niêm, không cần mạng. / Verifies a bundle of Niêm, offline.
  --policy  khóa và bên chứng kiến bạn tin (C2SP tlog-policy) / keys and witnesses you trust
  --head    mốc bạn giữ từ trước, trên giấy chẳng hạn / a head you hold since earlier
  Mã kết thúc / exit: 0 không phát hiện sửa đổi, 1 đã bị sửa, 2 không đọc được`;

const MARKS = { ok: '✓', warn: '⚠', none: '⊘' };
const CHUNK = 1 << 20;

/** By way of text, which costs half of an answer as Buffer. */
const hash = (bytes: Uint8Array): Uint8Array => Buffer.from(hashOnce('sha256', bytes, 'binary'), 'latin1');

/** A bundle below so many bytes is checked before a thread has begun. */
const THREADS_FROM = 16e6;
const THREADS_MAX = 8;
/** What a thread may have to do, so that it need not wait for more. */
const PIECES_EACH = 2;

type Thread = { worker: Worker; ready: boolean; asked: ((cut: Cut | Error) => void)[] };

function startThread(kernel: WebAssembly.Module): Thread {
  const worker = new Worker(new URL('verify_ahead.ts', import.meta.url), { workerData: kernel });
  const thread: Thread = { worker, ready: false, asked: [] };
  const ended = (error: Error): void => {
    thread.ready = false;
    for (const answered of thread.asked.splice(0)) answered(error);
  };
  worker.on('message', (cut: Cut | null) => (cut === null ? (thread.ready = true) : thread.asked.shift()?.(cut)));
  worker.on('error', ended);
  worker.on('exit', () => ended(new Error('a thread ended')));
  return thread;
}

/** As many threads as there are processors, with this one; none for a small file, and fewer where the system gives no more. */
function startThreads(kernel: WebAssembly.Module, path: string): Thread[] {
  const size = path === '-' ? Number.POSITIVE_INFINITY : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  const threads: Thread[] = [];
  try {
    while (size >= THREADS_FROM && threads.length < Math.min(availableParallelism(), THREADS_MAX) - 1) threads.push(startThread(kernel));
  } catch {
    // Those that there are do it.
  }
  return threads;
}

/** Whole logs are read ahead, in threads of this one process and here. null: this machine cannot; the ordinary way says the same. */
function readerOf(path: string): (Reader & { end(): void }) | null {
  let kernel: WebAssembly.Module;
  let here: ReturnType<typeof aheadReader>;
  try {
    kernel = new WebAssembly.Module(readFileSync(new URL('proof/ahead.wasm', import.meta.url)));
    here = aheadReader(kernel);
  } catch {
    return null;
  }
  const threads = startThreads(kernel, path);
  return {
    depth: threads.length * (PIECES_EACH + 2),
    async read(bytes) {
      // What the threads have answered meanwhile is heard first.
      if (threads.length > 0) await new Promise((resolve) => void setImmediate(resolve));
      const free = threads.find(({ ready, asked }) => ready && asked.length < PIECES_EACH);
      if (free === undefined) return { cut: { bytes, ahead: here(bytes) }, answer: null };
      const reading: Reading = { cut: null, answer: null };
      reading.answer = new Promise((resolve, reject) => {
        free.asked.push((cut) => {
          if (cut instanceof Error) return reject(cut);
          reading.cut = cut;
          resolve(cut);
        });
      });
      // Told where it is awaited, which may be later.
      reading.answer.catch(() => undefined);
      free.worker.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
      return reading;
    },
    end: () => threads.forEach(({ worker }) => void worker.terminate()),
  };
}

function* chunksOf(path: string): Generator<Uint8Array> {
  const file = path === '-' ? 0 : openSync(path, 'r');
  try {
    // One for all: whoever gets a chunk copies it.
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const length = readSync(file, chunk, 0, CHUNK, null);
      if (length === 0) return;
      yield chunk.subarray(0, length);
    }
  } finally {
    if (file !== 0) closeSync(file);
  }
}

const unreadable = (problem: string): BundleError => new BundleError('not_a_bundle', { problem });

function heldFrom(policy: string | undefined, head: string | undefined): Held {
  try {
    return {
      policy: policy === undefined ? null : policyOf(hash, readFileSync(policy, 'utf8')),
      head: head === undefined ? null : heldHead(readFileSync(head, 'utf8')),
    };
  } catch (error) {
    throw unreadable((error as Error).message);
  }
}

const OPTIONS = {
  policy: { type: 'string' },
  head: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** What was asked; null: nothing that this program knows. */
function asked(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: OPTIONS });
    return { ...values, path: positionals[0] };
  } catch {
    return null;
  }
}

async function run(argv: string[]): Promise<number> {
  const values = asked(argv);
  if (values === null || values.path === undefined || values.help) {
    process.stdout.write(`${HELP}\n`);
    return values?.help ? 0 : 2;
  }
  const { path } = values;
  const progress = process.stderr.isTTY
    ? (bytes: number): void => void process.stderr.write(`\r${(bytes / 1e6).toFixed(0)} MB…`)
    : undefined;
  let reader: ReturnType<typeof readerOf> = null;
  try {
    reader = readerOf(path);
    const verdict = await checkStream(checker({ hash, verify: verifySignature }, heldFrom(values.policy, values.head)), chunksOf(path), {
      ...(reader === null ? {} : { reader }),
      ...(progress === undefined ? {} : { progress }),
    });
    if (values.json)
      process.stdout.write(
        `${JSON.stringify({ ok: true, ...verdict, head: { ...verdict.head, root: Buffer.from(verdict.head.root).toString('base64') } })}\n`,
      );
    else {
      for (const line of linesOf(verdict)) process.stdout.write(`${MARKS[line.mark]} ${line.vi}\n    ${line.en}\n`);
      process.stdout.write('\nĐiều này KHÔNG chứng minh: / This does NOT prove:\n');
      for (const line of notProved(verdict)) process.stdout.write(`  – ${line.vi}\n    ${line.en}\n`);
    }
    return 0;
  } catch (error) {
    const fault = error instanceof BundleError ? error : unreadable((error as Error).message);
    const [vi, en] = fault.sentences();
    const status = fault.code === 'not_a_bundle' ? 2 : 1;
    if (values.json) process.stdout.write(`${JSON.stringify({ ok: false, fault: fault.code, ...fault.facts, vi, en })}\n`);
    else
      process.stdout.write(
        `✗ ${status === 1 ? 'ĐÃ BỊ SỬA / TAMPERED' : 'KHÔNG ĐỌC ĐƯỢC / UNREADABLE'}\n  ${vi}\n  ${en}\n  (${fault.code})\n`,
      );
    return status;
  } finally {
    reader?.end();
  }
}

// Whoever reads only the first lines, `| head`, may hang up.
process.stdout.on('error', () => process.exit());
process.exitCode = await run(process.argv.slice(2));
