// Device keys. A key that anybody can sign for, or that has a second spelling, lets its holder deny everything: such keys
// are refused at enrolment (208 of the 914 CCTV edge cases pass a plain Ed25519 verify).

import { ed25519 } from '@noble/curves/ed25519.js';
import { hex } from '../base/bytes.ts';

/** Why a 32-byte Ed25519 public key may not be enrolled; null: it may. */
export function keyProblem(public_key: Uint8Array): string | null {
  if (public_key.length !== 32) return 'not 32 bytes';
  let point;
  try {
    // Strict (not ZIP 215): refuses non-canonical encodings and points off the curve.
    point = ed25519.Point.fromHex(hex(public_key), false);
  } catch {
    return 'not a canonical point of the curve';
  }
  if (point.isSmallOrder()) return 'a low-order point, for which anybody can sign';
  if (!point.isTorsionFree()) return 'not in the prime-order group';
  return null;
}

/** Ed25519 through WebCrypto, so alike on Node, workerd and in the browser. */
export async function verifySignature(public_key: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean> {
  if (signature.length !== 64) return false;
  const key = await crypto.subtle.importKey('raw', new Uint8Array(public_key), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message));
}
