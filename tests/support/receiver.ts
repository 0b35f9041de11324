// An agency's system as tests have it: a real HTTP server that keeps what it got, and can be dead, slow, or of another mind.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Got = { headers: { [name: string]: string }; body: string; data: any };

/** `port`: to come back at the same address after having been dead. */
export async function receiver(options: { port?: number; answer?: (got: Got, count: number) => number | Promise<number>; location?: string } = {}) {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const answer = async (): Promise<void> => {
      const body = Buffer.concat(chunks).toString();
      const one: Got = { headers: request.headers as Got['headers'], body, data: JSON.parse(body) };
      got.push(one);
      const status = (await options.answer?.(one, got.length)) ?? 204;
      response.writeHead(status, options.location === undefined ? {} : { location: options.location });
      response.end();
    };
    request.on('end', () => void answer());
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    got, port, url: `http://127.0.0.1:${port}/hook`,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
