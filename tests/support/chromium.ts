// A real Chromium on a real disk, to be killed: Debian's, or the one that CHROMIUM names. And the page that runs in it.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import type { World } from './world.ts';

export const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => file !== undefined && existsSync(file)) ?? null;
if (CHROMIUM === null) console.log('no Chromium on this machine (Debian: apt install chromium, or CHROMIUM=path): the browser tests are skipped');

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--remote-debugging-port=0'];

/** tests/web/page.ts as one script. */
export async function bundle(): Promise<string> {
  const result = await build({
    configFile: false, logLevel: 'error', publicDir: false,
    build: { write: false, minify: false, rolldownOptions: { output: { codeSplitting: false } }, lib: { entry: path.join(import.meta.dirname, '../web/page.ts'), formats: ['es'], fileName: 'page' } },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (!output || !('output' in output)) throw new Error('nothing was bundled');
  return output.output.map((part) => ('code' in part ? part.code : '')).join('\n');
}

/** The world's app on a socket, and beside it the page. */
export async function serveWith(world: World, script: string): Promise<{ port: number; end: () => Promise<void> }> {
  const own: { [path: string]: [type: string, body: string] } = {
    '/desk.html': ['text/html; charset=utf-8', '<!doctype html><meta charset="utf-8"><title>outbox</title><script type="module" src="/desk.js"></script>'],
    '/desk.js': ['text/javascript; charset=utf-8', script],
  };
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const started = serve({
      port: 0, hostname: '127.0.0.1',
      fetch: (request) => {
        const page = own[new URL(request.url).pathname];
        return page ? new Response(page[1], { headers: { 'content-type': page[0] } }) : world.app.fetch(request);
      },
    }, () => resolve(started));
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    end: () => new Promise((resolve) => {
      server.close(() => resolve());
      if ('closeAllConnections' in server) server.closeAllConnections();
    }),
  };
}

export type Desk = Awaited<ReturnType<typeof openBrowser>>;

/** A small disk of its own for a browser's profile, to be filled up; null where we may not mount one. */
export async function smallDisk(megabytes: number): Promise<{ dir: string; fill: () => Promise<void>; empty: () => Promise<void>; end: () => Promise<void> } | null> {
  const dir = await mkdtemp(path.join(tmpdir(), 'niem-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    await rm(dir, { recursive: true });
    return null;
  }
  const filler = path.join(dir, 'filler');
  return {
    dir,
    async fill() {
      const file = await open(filler, 'w');
      try {
        for (;;) await file.write(Buffer.alloc(4096));
      } catch {
        // That was the point.
      } finally {
        await file.close();
      }
    },
    empty: () => rm(filler),
    async end() {
      execFileSync('umount', ['-l', dir]);
      await rm(dir, { recursive: true });
    },
  };
}

/** A browser with a profile of its own. `kill` is kill -9 of all its processes; `start` opens the same profile again. */
export async function openBrowser(port: () => number, under = tmpdir()) {
  const profile = await mkdtemp(path.join(under, 'niem-browser-'));
  let child: ReturnType<typeof spawn> | null = null;
  let browser: Browser | null = null;

  async function start(): Promise<Page> {
    await rm(path.join(profile, 'DevToolsActivePort'), { force: true });
    // A killed browser leaves its lock behind.
    for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket']) await rm(path.join(profile, name), { force: true });
    child = spawn(CHROMIUM ?? '', [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], { detached: true, stdio: 'ignore' });
    for (let tries = 0; ; tries++) {
      const told = await readFile(path.join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
      const [devtools] = told.split('\n');
      if (told.includes('\n') && devtools) {
        browser = await chromium.connectOverCDP(`http://127.0.0.1:${devtools}`);
        return page();
      }
      if (tries > 600) throw new Error('the browser did not start');
      await sleep(50);
    }
  }
  async function page(): Promise<Page> {
    const made = await browser?.contexts()[0]?.newPage();
    if (!made) throw new Error('no browser');
    await made.goto(`http://127.0.0.1:${port()}/desk.html`);
    await made.waitForFunction('window.ready === true');
    return made;
  }
  async function kill(): Promise<void> {
    const running = child;
    child = null;
    if (running?.pid === undefined || running.exitCode !== null) return;
    const exit = new Promise((resolve) => running.once('exit', resolve));
    process.kill(-running.pid, 'SIGKILL');
    await exit;
    // Until the last of them is gone, the profile is still somebody's.
    for (const gone = (): boolean => { try { return process.kill(-(running.pid ?? 0), 0) && false; } catch { return true; } }; !gone(); ) await sleep(10);
    await browser?.close().catch(() => undefined);
  }
  return {
    start, page, kill, profile,
    async end(): Promise<void> {
      await kill();
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
