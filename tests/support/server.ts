// A server process of its own on a test database, to be killed: `node tests/support/server.ts <url>` prints its port.

import { readConfig } from '../../src/config.ts';
import { listen } from '../../src/node.ts';
import { PERSONAL_KEY } from './people.ts';

const { port } = await listen(readConfig({ ...process.env, PORT: '0', NIEM_LOG: 'error', NIEM_IDLE_MINUTES: '60', NIEM_PERSONAL_KEY: PERSONAL_KEY }), process.argv[2] ?? '');
process.stdout.write(`port ${port}\n`);
