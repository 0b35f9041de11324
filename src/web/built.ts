// The desks as Vite built them (dist/desk): read once, served from memory, compressed once. Node only.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: { readonly [ending: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** Answers a request for a built file; null: there is no such file, or nothing was built. */
export type Built = (request: Request) => Promise<Response | null>;

export function builtDesk(folder = path.join(import.meta.dirname, '../../dist/desk')): Built {
  let names: string[] = [];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    // Nothing was built: the program still answers its API.
  }
  const files = new Map(
    names
      .map((name) => path.join(folder, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => {
        const body = readFileSync(file);
        const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
        return [`/${path.relative(folder, file).replaceAll(path.sep, '/')}`, { body, type, gzip: type.startsWith('font') ? null : gzipSync(body) }];
      }),
  );
  return async (request) => {
    const file = files.get(new URL(request.url).pathname);
    if (!file) return null;
    const gzip = file.gzip !== null && (request.headers.get('accept-encoding') ?? '').includes('gzip');
    return new Response(gzip ? file.gzip : file.body, { headers: { 'content-type': file.type, vary: 'accept-encoding', ...(gzip ? { 'content-encoding': 'gzip' } : {}) } });
  };
}
