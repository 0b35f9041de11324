// Who signs the log for a process on Node: the signer and the witnesses that the configuration names, or, when it names none, a signer and a
// witness of our own as child processes with folders of their own, so that a newcomer sees a head with two signatures beside the log's.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fromBase64 } from './base/bytes.ts';
import { ED25519, keyOf, keyText } from './base/note.ts';
import { policyOf } from './base/proof.ts';
import type { Policy } from './base/proof.ts';
import { civilDate, systemClock } from './base/time.ts';
import { keyIn } from './api/notary.ts';
import type { Config } from './config.ts';
import { sha256 } from './ledger/entry.ts';
import type { Notary } from './ledger/head.ts';
import { originNow } from './ledger/log.ts';
import { signerOf } from './ledger/sign.ts';
import type { NoteSigner } from './ledger/sign.ts';
import { openFolder } from './store/folder.ts';

const START_MS = 20_000;
/** Standing in for the name of an operator: `niem.example/lang-son/`. */
const prefixOf = (origin: string): string => origin.slice(0, origin.lastIndexOf('/') + 1);

/** The key that signs promises: of the environment, or made once in the data folder. */
export function promiseKey(config: Config): NoteSigner {
  const name = `${prefixOf(config.NIEM_LOG_ORIGIN)}promise`;
  if (config.NIEM_PROMISE_KEY !== undefined) return signerOf(name, ED25519, fromBase64(config.NIEM_PROMISE_KEY));
  const folder = openFolder(path.join(config.NIEM_DIR, 'promise'));
  try {
    return keyIn(folder, 'promise.key', name, ED25519);
  } finally {
    folder.close();
  }
}

export async function startNotary(config: Config): Promise<{ notary: Notary; stop: () => void }> {
  const children: ChildProcess[] = [];
  const stop = (): void => children.forEach((child) => child.kill('SIGTERM'));
  try {
    const signer = { url: config.NIEM_SIGNER_URL ?? '', token: config.NIEM_SIGNER_TOKEN ?? randomBytes(32).toString('base64url') };
    if (config.NIEM_SIGNER_URL === undefined) {
      const line = await child(children, 'signer.ts', {
        NIEM_SIGNER_DIR: path.join(config.NIEM_DIR, 'signer'),
        NIEM_SIGNER_TOKEN: signer.token,
        NIEM_LOG_ORIGIN: config.NIEM_LOG_ORIGIN,
      });
      signer.url = line[2] ?? '';
    } else if (config.NIEM_SIGNER_TOKEN === undefined)
      throw new Error('Cấu hình sai / wrong configuration: NIEM_SIGNER_TOKEN: must be given with NIEM_SIGNER_URL');
    const policy =
      config.NIEM_LOG_POLICY === undefined
        ? await ownWitness(config, children, signer)
        : policyOf(sha256, readFileSync(config.NIEM_LOG_POLICY, 'utf8'));
    return { notary: { signer, policy, fetch }, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** A witness beside us, told of this year's log and the next one's; the signer's own cosignature and this one are both needed. */
async function ownWitness(config: Config, children: ChildProcess[], signer: Notary['signer']): Promise<Policy> {
  const year = Number(civilDate(systemClock()).slice(0, 4));
  const origins = [originNow(config.NIEM_LOG_ORIGIN, systemClock), config.NIEM_LOG_ORIGIN.replaceAll('{year}', String(year + 1))];
  const keys: { log: string; signer: string }[] = [];
  for (const origin of new Set(origins)) {
    const answer = await fetch(`${signer.url}/keys?origin=${encodeURIComponent(origin)}`, {
      headers: { authorization: `Bearer ${signer.token}` },
    });
    if (!answer.ok) throw new Error(`Máy ký không nhận ${origin}. / The signer does not sign for ${origin}.`);
    keys.push((await answer.json()) as { log: string; signer: string });
  }
  const dir = path.join(config.NIEM_DIR, 'witness');
  const folder = openFolder(`${dir}-logs`);
  folder.write('logs', keys.map(({ log }) => `log ${log}\n`).join(''));
  folder.close();
  const line = await child(children, 'witness.ts', {
    NIEM_WITNESS_DIR: dir,
    NIEM_WITNESS_NAME: `${prefixOf(config.NIEM_LOG_ORIGIN)}witness`,
    NIEM_WITNESS_LOGS: path.join(`${dir}-logs`, 'logs'),
  });
  const [ours, witness] = [keyOf(sha256, keys[0]?.signer ?? ''), keyOf(sha256, line[1] ?? '')];
  return policyOf(
    sha256,
    `witness signer ${keyText(sha256, ours)}\nwitness witness ${keyText(sha256, witness)} ${line[2]}\ngroup both all signer witness\nquorum both\n`,
  );
}

/** Starts one of our own programs on a free port of the loopback; gives the words of its first line. */
async function child(children: ChildProcess[], program: string, env: { [name: string]: string }): Promise<string[]> {
  const started = spawn(process.execPath, [path.join(import.meta.dirname, program)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', NIEM_CHILD: '1', ...env },
  });
  children.push(started);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${program}: không khởi động được. / did not start.`)), START_MS);
    started.once('exit', (code) => reject(new Error(`${program}: dừng với mã ${code}. / ended with code ${code}.`)));
    let text = '';
    started.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (!text.includes('\n')) return;
      clearTimeout(timer);
      resolve((text.split('\n')[0] ?? '').split(' '));
    });
  });
}
