// UUIDv7 (RFC 9562): made by the client before it sends, kept for ever as the primary key. Time-ordered, because
// a random key costs a third of the rate and six times the WAL (docs/decisions.md).

import { fromHex, hex } from './bytes.ts';

export const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** `now_ms`: Unix milliseconds; `random`: 10 fresh random bytes. */
export function uuid7(now_ms: number, random: Uint8Array = crypto.getRandomValues(new Uint8Array(10))): string {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(now_ms) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return uuidText(bytes);
}

export function uuidText(bytes: Uint8Array): string {
  const text = hex(bytes);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

export function uuidBytes(text: string): Uint8Array<ArrayBuffer> {
  return fromHex(text.replaceAll('-', ''));
}
