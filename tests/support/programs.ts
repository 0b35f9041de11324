// Programs of ours as child processes, started as their readers start them, and ended.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');

export type Program = { child: ChildProcess; address: string; line: string; said: () => string; ended: Promise<{ code: number | null; signal: string | null }> };

/** Starts `src/<file>` on a free port; ready when it has printed an address. Rejects when it ends before. */
export async function program(file: string, env: { [name: string]: string }, more: { args?: readonly string[]; node?: readonly string[] } = {}): Promise<Program> {
  const child = spawn(process.execPath, [...(more.node ?? []), path.join(ROOT, 'src', file), ...(more.args ?? [])], { cwd: ROOT, env: { PATH: process.env['PATH'], PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (said += text));
  const line = await new Promise<string>((resolve, reject) => {
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      said += text;
      const ready = out.split('\n').slice(0, -1).find((one) => one.includes('http://'));
      if (ready !== undefined) resolve(ready);
    });
    void ended.then(({ code, signal }) => reject(new Error(`${file} ended (${code ?? signal}): ${said}`)));
  });
  return { child, line, address: /http:\/\/\S+/.exec(line)?.[0] ?? '', said: () => said, ended };
}

/** Ends it by a signal and waits until it is gone. */
export async function ended({ child, ended: gone }: Program, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  child.kill(signal);
  await gone;
}
