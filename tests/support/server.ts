// A server process of its own on a test database, to be killed: `node tests/support/server.ts <url>` prints its port.

import { readConfig } from '../../src/config.ts';
import { listen } from '../../src/node.ts';

const { port } = await listen(readConfig({ ...process.env, PORT: '0', NIEM_LOG: 'error', NIEM_IDLE_MINUTES: '60' }), process.argv[2] ?? '');
process.stdout.write(`port ${port}\n`);
