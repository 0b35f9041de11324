// The vault: names, phones, addresses and declarations are encrypted before they leave the process, so that neither tables, nor
// dumps, nor write-ahead log, nor the server's log ever hold one. Each item has a key of its own, wrapped under one that the
// database does not know. Destroying an item's key destroys what it sealed, in every copy of the database that lacks the key.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { decode, encode } from '../base/canonical.ts';
import { uuidBytes } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';

/** By party: the salt of its commitments, and the values committed to. */
export type Parts = { [party: string]: { salt: Uint8Array; fields: { [field: string]: string } } };
/** What the database holds: `wrapped` in personal_key, `sealed` in personal. */
export type Sealed = { key_id: Uint8Array; wrapped: Uint8Array; sealed: Uint8Array };
export type Subject = { unit_id: string; checkpoint_id: string };

export type Vault = {
  /** Names the wrapping key without telling it; null: there is none here. */
  key_id: Uint8Array | null;
  /** Seals under a fresh key. Throws a Refused when there is no wrapping key. */
  seal(subject: Subject, parts: Parts): Sealed;
  /** Throws a Refused under another wrapping key, an Error on bytes that were changed or moved. */
  open(row: Subject & Sealed): Parts;
};

const NONCE = 12;
const TAG = 16;
export const VAULT_KEY = /^[A-Za-z0-9_-]{43}$/;

/** `key`: 32 bytes in base64url. null: nothing personal can be stored or read. */
export function vaultOf(key: string | null): Vault {
  if (key === null) {
    const missing = (): never => {
      throw new Refused('personal_key_missing');
    };
    return { key_id: null, seal: missing, open: missing };
  }
  const master = Buffer.from(key, 'base64url');
  const key_id = new Uint8Array(createHash('sha256').update('niem.personal_key/1').update(master).digest().subarray(0, 8));
  return {
    key_id,
    seal(subject, parts) {
      const own = randomBytes(32);
      return { key_id, wrapped: shut(master, keyContext(subject), own), sealed: shut(own, sealContext(subject), encode(parts)) };
    },
    open(row) {
      if (!equalBytes(row.key_id, key_id)) throw new Refused('personal_key_missing');
      const own = unshut(master, keyContext(row), row.wrapped);
      return decode(unshut(own, sealContext(row), row.sealed)) as Parts;
    },
  };
}

// Bound to where it belongs: sealed bytes moved to another row do not open.
const keyContext = (s: Subject): Uint8Array => Buffer.concat([utf8('niem.personal_key/1'), uuidBytes(s.unit_id)]);
const sealContext = (s: Subject): Uint8Array => Buffer.concat([utf8('niem.personal/1'), uuidBytes(s.unit_id), uuidBytes(s.checkpoint_id)]);

/** AES-256-GCM: nonce, ciphertext, tag. */
function shut(key: Uint8Array, context: Uint8Array, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unshut(key: Uint8Array, context: Uint8Array, bytes: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE)).setAAD(context);
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE, bytes.length - TAG)), decipher.final()]);
}
