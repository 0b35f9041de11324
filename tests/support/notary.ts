// A signer and two witnesses on folders of their own, the same programs that `npm start` runs, reached without sockets; and switches by
// which each can be silent. A folder can be opened again, as after a crash.

import * as fs from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Hono } from 'hono';
import { signerApp, witnessApp } from '../../src/api/notary.ts';
import { keyOf } from '../../src/base/note.ts';
import { policyOf } from '../../src/base/proof.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import type { Notary } from '../../src/ledger/head.ts';
import { openFolder } from '../../src/store/folder.ts';
import type { DiskCalls, Folder } from '../../src/store/folder.ts';

export const PREFIX = 'niem.example/test/';
export const ORIGIN = `${PREFIX}2026`;
const TOKEN = 'a token of more than twenty characters';
const BEARER = { headers: { authorization: `Bearer ${TOKEN}` } };

export type TestNotary = Awaited<ReturnType<typeof makeNotary>>;

/** Policy: the signer and one of the two witnesses. `origins`: logs that the witnesses know. */
export async function makeNotary(clock: () => number, origins: readonly string[] = [ORIGIN, `${ORIGIN}b`]) {
  const dir = mkdtempSync(path.join(tmpdir(), 'niem-notary-'));
  const folders = new Map<string, Folder>();
  const folder = (name: string, disk: DiskCalls = fs): Folder => {
    folders.get(name)?.close();
    const opened = openFolder(path.join(dir, name), disk);
    folders.set(name, opened);
    return opened;
  };
  const apps = new Map<string, Hono>();
  const startSigner = (disk?: DiskCalls): void => void apps.set('signer.test', signerApp({ folder: folder('signer', disk), prefix: PREFIX, token: TOKEN, clock }));
  startSigner();
  const ask = (host: string, to: string, init?: RequestInit): Promise<Response> => Promise.resolve(apps.get(host)?.request(to, init) ?? new Response('', { status: 502 }));
  const keys = await Promise.all(origins.map(async (origin) => (await (await ask('signer.test', `/keys?origin=${encodeURIComponent(origin)}`, BEARER)).json()) as { log: string; signer: string }));
  const logs = keys.map(({ log }) => keyOf(sha256, log));
  const witness = async (name: string): Promise<string> => {
    const app = witnessApp({ folder: folder(name), name: `witness.example/${name}`, logs: () => logs, clock });
    apps.set(`${name}.test`, app);
    return (await (await app.request('/key')).text()).trim();
  };
  const [first, second] = [await witness('one'), await witness('two')];
  const policyText = `${keys.map(({ log }) => `log ${log}\n`).join('')}witness signer ${keys[0]?.signer}\nwitness one ${first} http://one.test\nwitness two ${second} http://two.test\ngroup some any one two\ngroup both all signer some\nquorum both\n`;
  const silent = new Set<string>();
  const asked: string[] = [];
  const notary: Notary = {
    signer: { url: 'http://signer.test', token: TOKEN },
    policy: policyOf(sha256, policyText),
    fetch: (async (input: string, init?: RequestInit) => {
      const url = new URL(input);
      asked.push(`${url.host}${url.pathname}`);
      if (silent.has(url.host)) throw new TypeError('fetch failed');
      return ask(url.host, `${url.pathname}${url.search}`, init);
    }) as typeof fetch,
  };
  return {
    dir, notary, silent, asked, policyText, startSigner, ask,
    /** What the signer remembers of a log. */
    seen: async (origin: string): Promise<{ size: number; root: string }> => (await (await ask('signer.test', `/seen?origin=${encodeURIComponent(origin)}`, BEARER)).json()) as { size: number; root: string },
    sign: (body: string) => ask('signer.test', '/sign', { method: 'POST', body, ...BEARER }),
    end(): void {
      for (const opened of folders.values()) opened.close();
      rmSync(dir, { recursive: true });
    },
  };
}
