// Loaded before a program (`node --import`): it kills itself with SIGKILL at the step that NIEM_DIE_AT names, the first time it comes there
// after NIEM_DIE_FROM exists. Nothing of the program knows of it. Says the step on stderr first, so that a test knows that it was reached.

import fs from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

const at = process.env['NIEM_DIE_AT'] ?? '';
const say = fs.writeSync;
const armed = fs.existsSync;

function die(step: string): void {
  if (step !== at || !armed(process.env['NIEM_DIE_FROM'] ?? '')) return;
  say(2, `died at ${step}\n`);
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way to this thread: nothing more of the program may run.
  for (;;);
}

/** What is open, by handle: the file that is written, or the folder that holds it. */
const open = new Map<unknown, string>();
type Call = (...args: unknown[]) => unknown;
function around(name: 'openSync' | 'writeSync' | 'fsyncSync' | 'renameSync' | 'readFileSync', of: (first: unknown) => string): void {
  const call = fs[name] as unknown as Call;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      const what = of(args[0]);
      if (what !== '') die(`before ${name} ${what}`);
      const result = call(...args);
      if (name === 'openSync') open.set(result, what);
      if (what !== '') die(`after ${name} ${what}`);
      return result;
    },
  });
}
/** The memory of a log, its new one, or the folder of both; nothing else counts. */
const fileOf = (path: unknown): string => (String(path).endsWith('.seen') ? 'memory' : String(path).endsWith('.seen.new') ? 'new' : String(path) === process.env['NIEM_SIGNER_DIR'] ? 'folder' : '');
around('readFileSync', fileOf);
around('openSync', fileOf);
around('renameSync', fileOf);
for (const name of ['writeSync', 'fsyncSync'] as const) around(name, (handle) => open.get(handle) ?? '');
// A moment after the end of an answer: the other side has it.
const end = http.ServerResponse.prototype.end as unknown as Call;
Object.assign(http.ServerResponse.prototype, {
  end(this: http.ServerResponse, ...args: unknown[]) {
    this.once('finish', () => setTimeout(() => die('after answer'), 20));
    return end.apply(this, args);
  },
});
syncBuiltinESMExports();
