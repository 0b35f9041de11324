// Ed25519 with a private key of 32 bytes, on Node and workerd. Whoever calls this holds the key; nothing here stores one.

import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { utf8 } from '../base/bytes.ts';
import { COSIGNATURE, cosignatureBytes, cosignatureMessage, ED25519, keyId, signatureLine } from '../base/note.ts';
import type { NoteKey } from '../base/note.ts';
import { sha256 } from './entry.ts';

/** RFC 8410: an Ed25519 private key in PKCS #8 is these bytes and the seed. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEAD = 12;

export type NoteSigner = { key: NoteKey; sign: (message: Uint8Array) => Uint8Array };

export const newSeed = (): Uint8Array => new Uint8Array(randomBytes(32));

export function signerOf(name: string, type: NoteKey['type'], seed: Uint8Array): NoteSigner {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const public_key = new Uint8Array(createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(SPKI_HEAD));
  return { key: { name, type, public_key }, sign: (message) => new Uint8Array(sign(null, message, secret)) };
}

/** The line below a note: of a log or server over its text, of a witness over the text and the time. */
export function signNote({ key, sign: signed }: NoteSigner, text: string, now_ms: number): string {
  const at_s = Math.floor(now_ms / 1000);
  const signature = key.type === COSIGNATURE ? cosignatureBytes(at_s, signed(cosignatureMessage(text, at_s))) : signed(utf8(text));
  return signatureLine({ name: key.name, key_id: keyId(sha256, key), signature });
}

export { COSIGNATURE, ED25519 };
