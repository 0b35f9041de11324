// Sends a request to an address that somebody outside wrote down, from inside the house (Node). It must never become a way in: names
// are resolved here, private addresses refused, the connection made to the very address that was looked at, redirects not followed.

import { lookup } from 'node:dns/promises';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { badUrl } from '../domain/message.ts';
import { TIMEOUT_MS } from './webhook.ts';
import type { Sent, WireRequest } from './webhook.ts';

/** Not for the public (IANA special-purpose registries); of IPv6 only what is given out at all, less what carries IPv4 inside. */
/** Two lists: one would judge 8.8.8.8 as ::ffff:8.8.8.8. */
const CLOSED = { 4: new BlockList(), 6: new BlockList() };
for (const [net, prefix] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.31.196.0', 24], ['192.52.193.0', 24],
  ['192.88.99.0', 24], ['192.168.0.0', 16], ['192.175.48.0', 24], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 3],
] as const) CLOSED[4].addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [['::', 3], ['4000::', 2], ['8000::', 1], ['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const) CLOSED[6].addSubnet(net, prefix, 'ipv6');

export function isPublic(address: string): boolean {
  const family = isIP(address);
  return family === 4 ? !CLOSED[4].check(address, 'ipv4') : family === 6 ? !CLOSED[6].check(address, 'ipv6') : false;
}

class Closed extends Error {}

/** Answers with addresses that may be asked, and with an error when one of them may not: who mixes them has something in mind. */
const guarded: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { all: true, verbatim: true }).then(
    (found) => {
      const [first] = found;
      if (!first || found.some(({ address }) => !isPublic(address))) return done(new Closed(hostname), '', 4);
      return options.all ? done(null, found) : done(null, first.address, first.family);
    },
    (error: Error) => done(error as NodeJS.ErrnoException, '', 4),
  );
};

/** `lan_hosts`: hosts inside the house that the operator allows by name. */
export async function postWebhook(address: string, { headers, body }: WireRequest, lan_hosts: ReadonlySet<string>): Promise<Sent> {
  if (badUrl(address, lan_hosts) !== null) return { status: null, problem: 'address_refused' };
  const url = new URL(address);
  const inside = lan_hosts.has(url.hostname);
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!inside && isIP(literal) !== 0 && !isPublic(literal)) return { status: null, problem: 'address_refused' };
  return new Promise((resolve) => {
    const send = url.protocol === 'http:' ? requestPlain : requestSecure;
    const request = send(url, { method: 'POST', agent: false, headers: { ...headers, 'content-length': Buffer.byteLength(body) }, signal: AbortSignal.timeout(TIMEOUT_MS), ...(inside ? {} : { lookup: guarded }) });
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      // Nothing the receiver says is read: it could be long, or tell what lies inside.
      response.destroy();
      resolve({ status, problem: status >= 300 && status < 400 ? 'redirect_refused' : null });
    });
    request.on('error', (error) => resolve({ status: null, problem: problemOf(error) }));
    request.end(body);
  });
}

function problemOf(error: Error & { code?: string }): string {
  if (error instanceof Closed) return 'address_refused';
  if (error.name === 'TimeoutError' || error.name === 'AbortError' || error.code === 'ABORT_ERR') return 'timeout';
  return /^[A-Z][A-Z0-9_]{2,40}$/.test(error.code ?? '') ? (error.code ?? '').toLowerCase() : 'unreachable';
}
