// A TCP proxy before the server that misbehaves as networks do. One mode at a time, for connections old and new.

import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

/** `commit_then_drop`: the request goes through, the answer never comes. `portal`: somebody else answers, with a page. */
export type Mode = 'ok' | 'refuse' | 'black_hole' | 'delay' | 'commit_then_drop' | 'portal' | 'slow_line';

const PAGE = '<!doctype html><title>Wi-Fi</title><p>Đăng nhập Wi-Fi';
const PORTAL = `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${Buffer.byteLength(PAGE)}\r\nconnection: close\r\n\r\n${PAGE}`;

/** `bytes_per_second`: of the slow line, each way. */
export async function faultProxy(to_port: number, bytes_per_second = 8_000) {
  let mode: Mode = 'ok';
  const open = new Set<Socket>();
  const counts: Partial<Record<Mode, number>> = {};
  const server = createServer((near) => {
    counts[mode] = (counts[mode] ?? 0) + 1;
    open.add(near);
    near.on('error', () => undefined).on('close', () => open.delete(near));
    if (mode === 'refuse') return void near.destroy();
    if (mode === 'black_hole') return void near.resume();
    if (mode === 'portal') return void near.once('data', () => near.end(PORTAL));
    const far = connect(to_port, '127.0.0.1');
    open.add(far);
    far.on('error', () => near.destroy()).on('close', () => (open.delete(far), near.destroy()));
    near.on('close', () => far.destroy());
    pump(near, far);
    if (mode === 'commit_then_drop') far.on('data', () => setTimeout(() => near.destroy(), 20));
    else pump(far, near);
  });
  function pump(from: Socket, to: Socket): void {
    let free_at = 0;
    from.on('data', (data: Buffer) => {
      const now = performance.now();
      free_at = Math.max(free_at, now) + (mode === 'slow_line' ? (data.length / bytes_per_second) * 1000 : 0);
      const wait = free_at - now + (mode === 'delay' ? 400 : 0);
      if (wait <= 0) return void to.write(data);
      from.pause();
      setTimeout(() => {
        to.write(data);
        from.resume();
      }, wait);
    });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    /** Connections that met each mode: a test asserts that it saw what it tests. */
    counts,
    set(next: Mode): void {
      mode = next;
      for (const socket of open) socket.destroy();
    },
    async end(): Promise<void> {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
