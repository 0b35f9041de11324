// A witness: `npm run witness`, for the province, the Department, an agency. It remembers the last head of each log that it was told to watch
// (`log <key>` lines in the file NIEM_WITNESS_LOGS) and cosigns only what continues it. C2SP tlog-witness; needs no database.

import { readFileSync } from 'node:fs';
import { serve } from '@hono/node-server';
import { witnessApp } from './api/notary.ts';
import { keyOf } from './base/note.ts';
import { systemClock } from './base/time.ts';
import { readWitnessConfig } from './config.ts';
import { sha256 } from './ledger/entry.ts';
import { openFolder } from './store/folder.ts';

try {
  const config = readWitnessConfig(process.env);
  const folder = openFolder(config.NIEM_WITNESS_DIR);
  /** Read anew each time: a log of the coming year is one line more. */
  const logs = () =>
    [...readFileSync(config.NIEM_WITNESS_LOGS, 'utf8').matchAll(/^log (\S+)/gm)].map((match) => keyOf(sha256, match[1] ?? ''));
  const app = witnessApp({ folder, name: config.NIEM_WITNESS_NAME, logs, clock: systemClock });
  const key = (await (await app.request('/key')).text()).trim();
  serve({ fetch: app.fetch, hostname: config.HOST, port: config.PORT }, (info) =>
    process.stdout.write(`witness ${key} http://${config.HOST}:${info.port}\n`),
  );
  if (process.env['NIEM_CHILD'] === '1') process.stdin.on('end', () => process.exit(0)).resume();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
