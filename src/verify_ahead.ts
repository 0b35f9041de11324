// A thread of `npm run verify`: reads ahead in pieces of a whole log, which come and go without being copied.

import { parentPort, workerData } from 'node:worker_threads';
import { aheadReader } from './proof/ahead.ts';

const read = aheadReader(workerData as WebAssembly.Module);
parentPort?.on('message', (bytes: Uint8Array<ArrayBuffer>) => {
  const ahead = read(bytes);
  parentPort?.postMessage({ bytes, ahead }, [bytes.buffer, ahead.parts.buffer, ahead.times.buffer, ahead.hashes.buffer]);
});
// It is ready: until then others do the work.
parentPort?.postMessage(null);
