// A store that speaks as much S3 as the evidence needs: PUT once, GET, signatures (AWS Signature Version 4) worked out anew from its
// specification and not by the library that signs.

import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const sha = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export async function s3Store(key: string, secret: string, region: string) {
  const objects = new Map<string, Buffer>();
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      const url = new URL(request.url ?? '/', 'http://x');
      const answer = (status: number, bytes: Uint8Array = new Uint8Array()): void => {
        seen.push(`${request.method} ${status}`);
        response.writeHead(status).end(bytes);
      };
      const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? '');
      if (!match) return answer(403);
      const [, who = '', day = '', where = '', names = '', signature = ''] = match;
      const payload = String(request.headers['x-amz-content-sha256'] ?? '');
      const canonical = [request.method, url.pathname, url.searchParams.toString(), ...names.split(';').map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`), '', names, payload].join('\n');
      const text = ['AWS4-HMAC-SHA256', String(request.headers['x-amz-date'] ?? ''), `${day}/${where}/s3/aws4_request`, sha(canonical)].join('\n');
      const expected = hmac(hmac(hmac(hmac(hmac(`AWS4${secret}`, day), where), 's3'), 'aws4_request'), text).toString('hex');
      const payloadFits = payload === 'UNSIGNED-PAYLOAD' || payload === sha(body);
      if (who !== key || where !== region || signature !== expected || !payloadFits) return answer(403);
      const there = objects.get(url.pathname);
      if (request.method === 'GET') return there ? answer(200, there) : answer(404);
      if (request.method !== 'PUT') return answer(405);
      if (there && request.headers['if-none-match'] === '*') return answer(412);
      objects.set(url.pathname, body);
      answer(200);
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  return { objects, seen, host: `127.0.0.1:${(server.address() as AddressInfo).port}`, end: () => new Promise<void>((done) => void server.close(() => done())) };
}
