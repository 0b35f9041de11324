// Secrets on this device. A PIN is short, so what it locks is locked a second time under a key that cannot leave the browser:
// whoever copies the disk can try no PIN, and whoever holds the device has five tries.

import { fromUtf8, utf8 } from '../base/bytes.ts';
import type { GrantRow, Sealed } from './keep.ts';

/** OWASP's figure for PBKDF2-SHA256. */
const ROUNDS = 600_000;

export const localKey = (): Promise<CryptoKey> =>
  crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);

export const signingKeys = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);

export const sign = async (key: CryptoKey, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.sign('Ed25519', key, message));

export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

async function sealBytes(key: CryptoKey, bytes: Uint8Array<ArrayBuffer>): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes) };
}

async function openBytes(key: CryptoKey, sealed: Sealed): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.iv }, key, sealed.data));
}

export const seal = (key: CryptoKey, value: unknown): Promise<Sealed> => sealBytes(key, utf8(JSON.stringify(value)));
export const unseal = async <T>(key: CryptoKey, sealed: Sealed): Promise<T> => JSON.parse(fromUtf8(await openBytes(key, sealed))) as T;

async function pinKey(badge: string, pin: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', utf8(`${badge}\n${pin.normalize('NFC')}`), 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds },
    secret,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

/** Under the PIN, then under the device's key. */
export async function sealUnderPin(
  local: CryptoKey,
  badge: string,
  pin: string,
  value: unknown,
): Promise<Pick<GrantRow, 'salt' | 'rounds' | 'sealed'>> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const inner = await seal(await pinKey(badge, pin, salt, ROUNDS), value);
  const bytes = new Uint8Array(12 + inner.data.byteLength);
  bytes.set(inner.iv);
  bytes.set(new Uint8Array(inner.data), 12);
  return { salt, rounds: ROUNDS, sealed: await sealBytes(local, bytes) };
}

/** null: the PIN is wrong. */
export async function openUnderPin<T>(local: CryptoKey, pin: string, row: GrantRow): Promise<T | null> {
  const bytes = await openBytes(local, row.sealed);
  const key = await pinKey(row.badge, pin, row.salt, row.rounds);
  try {
    return await unseal<T>(key, { iv: bytes.slice(0, 12), data: bytes.slice(12).buffer });
  } catch {
    return null;
  }
}
