// The signer: `npm run signer`. The only program that holds the log's key, in a folder of its own, best on a machine of its own. It listens
// on the loopback unless told otherwise and answers whoever has the token. `rotate ORIGIN` gives a log a new key while it is stopped.

import { serve } from '@hono/node-server';
import { rotateKey, signerApp } from './api/notary.ts';
import { systemClock } from './base/time.ts';
import { readSignerConfig } from './config.ts';
import { openFolder } from './store/folder.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  const config = readSignerConfig(process.env);
  const folder = openFolder(config.NIEM_SIGNER_DIR);
  const [command, origin] = process.argv.slice(2);
  if (command === 'rotate' && origin !== undefined) {
    say(rotateKey(folder, origin, systemClock()));
    folder.close();
  } else {
    const prefix = config.NIEM_LOG_ORIGIN.slice(0, config.NIEM_LOG_ORIGIN.lastIndexOf('/') + 1);
    const app = signerApp({ folder, prefix, token: config.NIEM_SIGNER_TOKEN, clock: systemClock });
    serve({ fetch: app.fetch, hostname: config.HOST, port: config.PORT }, (info) =>
      say(`signer ${prefix} http://${config.HOST}:${info.port}`),
    );
    // A child of `npm start` ends with it, however that ends.
    if (process.env['NIEM_CHILD'] === '1') process.stdin.on('end', () => process.exit(0)).resume();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
