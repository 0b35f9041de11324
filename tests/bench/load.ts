// A load generator in its own process: keep-alive connections on raw sockets, one request at a time on each, so that it
// costs as little as possible beside the server. Reads one order from standard input, prints one JSON answer.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { uuid7 } from '../../src/base/id.ts';

type Order = { port: number; connections: number; seconds: number; path: string; tokens: string[]; codes: string[] };
const order = JSON.parse(readFileSync(0, 'utf8')) as Order;

let done = 0;
let failed = 0;
const latencies: number[] = [];
const started = performance.now();
const until = started + order.seconds * 1000;

function request(i: number): string {
  const code = order.codes[Math.floor(Math.random() * order.codes.length)] ?? '';
  const body = JSON.stringify({ checkpoint_id: uuid7(Date.now()), kind: 'seen', code, facts: {} });
  return `POST ${order.path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${order.tokens[i % order.tokens.length] ?? ''}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function open(i: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(order.port, '127.0.0.1');
    let sent = 0;
    let pending = '';
    const send = (): void => {
      sent = performance.now();
      socket.write(request(i));
    };
    socket.setNoDelay(true);
    socket.once('connect', send);
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1');
      const head = pending.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(pending)?.[1] ?? 0);
      if (pending.length < head + 4 + length) return;
      const status = pending.slice(9, 12);
      pending = '';
      const now = performance.now();
      if (status === '201' || status === '200') done++;
      else failed++;
      latencies.push(now - sent);
      if (now < until) return send();
      socket.destroy();
      resolve();
    });
  });
}

await Promise.all(Array.from({ length: order.connections }, (_, i) => open(i)));
latencies.sort((a, b) => a - b);
const at = (q: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0;
process.stdout.write(JSON.stringify({ rate: done / ((performance.now() - started) / 1000), failed, p50: at(0.5), p99: at(0.99) }));
