// One message as a signed HTTP request (Standard Webhooks). Works on Node and on Workers; Node sends it by webhook_node.ts.

import { ed25519 } from '@noble/curves/ed25519.js';
import { createHmac } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { utf8 } from '../base/bytes.ts';
import { badUrl, PAYLOAD_BYTES_MAX, payloadOf, signedText, wireId } from '../domain/message.ts';
import type { Message, Scheme } from '../domain/message.ts';

export type SigningKey = { scheme: Scheme; secret: Uint8Array };
export type WireRequest = { headers: { [name: string]: string }; body: string };
/** What came of an attempt. `status` null: nobody answered, for the reason that `problem` names. */
export type Sent = { status: number | null; problem: string | null };

export const TIMEOUT_MS = 15_000;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** One signature a key: while keys are rotated the receiver finds the one it knows. */
export function webhookRequest(message: Message, keys: readonly SigningKey[], now_ms: number): WireRequest {
  const body = payloadOf(message);
  assert(utf8(body).length <= PAYLOAD_BYTES_MAX && keys.length > 0, 'a small payload and a key to sign it');
  const at_s = Math.floor(now_ms / 1000);
  const bytes = utf8(signedText(message.message_id, at_s, body));
  const signatures = keys.map(({ scheme, secret }) => `${scheme},${base64(scheme === 'v1a' ? ed25519.sign(bytes, secret) : createHmac('sha256', secret).update(bytes).digest())}`);
  return {
    headers: { 'content-type': 'application/json', 'user-agent': 'Niem-Webhooks/1', 'webhook-id': wireId(message.message_id), 'webhook-timestamp': String(at_s), 'webhook-signature': signatures.join(' ') },
    body,
  };
}

/** What the receiver is given: of Ed25519 the public key; of HMAC the secret, told once. */
export const verifyKey = ({ scheme, secret }: SigningKey): string => (scheme === 'v1a' ? `whpk_${base64(ed25519.getPublicKey(secret))}` : `whsec_${base64(secret)}`);

/**
 * Sends it from Cloudflare, from where no private network can be reached: names only, so that no address inside is even tried.
 * Redirects are not followed.
 */
export async function postFromEdge(address: string, { headers, body }: WireRequest): Promise<Sent> {
  if (badUrl(address, new Set()) !== null || !/[a-z]$/i.test(new URL(address).hostname)) return { status: null, problem: 'address_refused' };
  try {
    const answer = await fetch(address, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.body?.cancel();
    return { status: answer.status, problem: answer.status >= 300 && answer.status < 400 ? 'redirect_refused' : null };
  } catch (error) {
    return { status: null, problem: (error as Error).name === 'TimeoutError' ? 'timeout' : 'unreachable' };
  }
}
