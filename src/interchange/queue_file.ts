// A device's queue as a file: signed by the device, packed, and encrypted to the province's P-256 key with AES-GCM under an
// ephemeral ECDH secret. The browser's half is src/outbox/file.ts.

import * as z from 'zod';
import { base64url, fromBase64url, fromUtf8 } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { PERMISSIONS } from '../domain/role.ts';
import { Uuid7 } from '../domain/facts.ts';

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const;
/** What a packed file may unpack to: five thousand events with personal data, and a margin. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024;

const Sealed = z.strictObject({ content: z.string(), signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/) });
const QueueFile = z.strictObject({
  format: z.literal('niem.outbox/1'),
  device_id: Uuid7,
  made_at: z.string(),
  people: z.array(z.strictObject({ person_id: Uuid7, grant_id: Uuid7, grant: z.string().regex(/^[A-Za-z0-9_-]{43}$/) })).max(200),
  events: z.array(z.strictObject({
    person_id: Uuid7,
    wire: z.looseObject({ checkpoint_id: Uuid7 }),
    second: z.strictObject({ grant_id: Uuid7, permission: z.enum(Object.keys(PERMISSIONS)), proof: z.string().regex(/^[0-9a-f]{64}$/) }).nullable(),
  })).min(1).max(5_000),
});
export type QueueFile = z.infer<typeof QueueFile>;

const importPrivate = (pkcs8: string): Promise<CryptoKey> => crypto.subtle.importKey('pkcs8', fromBase64url(pkcs8), CURVE, true, ['deriveBits']);

/** Raw public key in base64url of a private key in PKCS #8. */
export async function publicKeyOf(pkcs8: string): Promise<string> {
  const { x, y } = await crypto.subtle.exportKey('jwk', await importPrivate(pkcs8));
  return base64url(Uint8Array.of(4, ...fromBase64url(x ?? ''), ...fromBase64url(y ?? '')));
}

/** `content`: the text the device signed. Throws a Refused for anything that is no such file, or is for another key. */
export async function openQueue(pkcs8: string, sealed: { key: string; iv: string; data: string }): Promise<{ content: string; signature: string; file: QueueFile }> {
  const key = await importPrivate(pkcs8);
  try {
    const ephemeral = await crypto.subtle.importKey('raw', fromBase64url(sealed.key), CURVE, false, []);
    const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: ephemeral }, key, 256);
    const hkdf = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
    const aes = await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: fromBase64url(sealed.key) }, hkdf, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
    const packed = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: fromBase64url(sealed.iv) }, aes, fromBase64url(sealed.data));
    const { content, signature } = Sealed.parse(JSON.parse(await unpacked(packed)));
    return { content, signature, file: QueueFile.parse(JSON.parse(content)) };
  } catch {
    throw new Refused('import_unreadable', { problem_vi: 'hỏng, hoặc mã hóa cho khóa khác', problem_en: 'damaged, or encrypted to another key' });
  }
}

async function unpacked(packed: ArrayBuffer): Promise<string> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream as unknown as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > TEXT_BYTES_MAX) throw new Error('unpacks to too much');
    parts.push(part);
  }
  return fromUtf8(new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
}
