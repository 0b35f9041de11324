// Canonical bytes: one value has exactly one encoding, and every encoding that is accepted is that one.
// Specified to the byte in docs/ledger.md. What is hashed is stored; nothing is ever re-serialised into a hash.
//
//   value = tag (1 byte)  n (unsigned LEB128, shortest form)  content
//   'n' null, 't' true, 'f' false: n = 0, no content   'i' integer: n bytes of decimal ASCII
//   's' text: n bytes of UTF-8                          'b' bytes: n bytes
//   'l' list: n values                                  'm' map: n pairs of an 's' and a value, keys strictly ascending

import { Defect } from './assert.ts';
import { fromUtf8, utf8 } from './bytes.ts';

export type Canonical =
  null | boolean | number | string | Uint8Array | readonly Canonical[] | { readonly [key: string]: Canonical | undefined };

/** Depth and size that no entry of ours comes near; a hostile one is refused before it costs anything. */
const DEPTH_MAX = 16;
export const CANONICAL_BYTES_MAX = 16_384;

const TAG = { null: 110, true: 116, false: 102, integer: 105, text: 115, bytes: 98, list: 108, map: 109 };

/** Reused between calls: encoding is synchronous, and the result is copied out. */
let buffer = new Uint8Array(4096);
let at = 0;

/** Canonical bytes of a value. Map members that are undefined are left out. Throws a Defect on anything that has none. */
export function encode(value: Canonical, bytes_max = CANONICAL_BYTES_MAX): Uint8Array<ArrayBuffer> {
  at = 0;
  write(value, 0);
  if (at > bytes_max) throw new Defect('canonical bytes too long');
  return buffer.slice(0, at);
}

function room(size: number): void {
  if (at + size <= buffer.length) return;
  const grown = new Uint8Array(Math.max(buffer.length * 2, at + size));
  grown.set(buffer);
  buffer = grown;
}

function head(tag: number, n: number): void {
  room(6);
  buffer[at++] = tag;
  while (n > 127) {
    buffer[at++] = (n & 127) | 128;
    n >>>= 7;
  }
  buffer[at++] = n;
}

function writeText(tag: number, text: string): void {
  let ascii = true;
  for (let i = 0; i < text.length && ascii; i++) ascii = text.charCodeAt(i) < 128;
  if (!ascii) {
    if (!text.isWellFormed()) throw new Defect('text with a lone surrogate has no canonical bytes');
    return writeBytes(tag, utf8(text));
  }
  head(tag, text.length);
  room(text.length);
  for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i);
}

function writeBytes(tag: number, bytes: Uint8Array): void {
  head(tag, bytes.length);
  room(bytes.length);
  buffer.set(bytes, at);
  at += bytes.length;
}

function write(value: Canonical, depth: number): void {
  if (depth > DEPTH_MAX) throw new Defect('value too deep');
  if (value === null) head(TAG.null, 0);
  else if (value === true) head(TAG.true, 0);
  else if (value === false) head(TAG.false, 0);
  else if (typeof value === 'string') writeText(TAG.text, value);
  else if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Defect('only whole numbers have canonical bytes');
    writeText(TAG.integer, String(value));
  } else if (value instanceof Uint8Array) writeBytes(TAG.bytes, value);
  else if (isList(value)) {
    head(TAG.list, value.length);
    for (const member of value) write(member, depth + 1);
  } else {
    if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
      throw new Defect('only plain values have canonical bytes');
    // UTF-16 order equals byte order for ASCII, which is all that keys may be.
    const keys = Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .toSorted();
    head(TAG.map, keys.length);
    for (const key of keys) {
      if (!KEY.test(key)) throw new Defect('map key is not printable ASCII');
      writeText(TAG.text, key);
      write(value[key] ?? null, depth + 1);
    }
  }
}

const KEY = /^[\x20-\x7e]{1,64}$/;
const isList = (value: Canonical): value is readonly Canonical[] => Array.isArray(value);

type Reader = { bytes: Uint8Array; at: number };

/** The value of canonical bytes. Throws an Error on anything that `encode` would not have written. */
export function decode(bytes: Uint8Array, bytes_max = CANONICAL_BYTES_MAX): Canonical {
  if (bytes.length > bytes_max) throw new Error('canonical bytes too long');
  const reader = { bytes, at: 0 };
  const value = read(reader, 0);
  if (reader.at !== bytes.length) throw new Error('bytes left over');
  return value;
}

function count(reader: Reader): number {
  let n = 0;
  for (let shift = 0; shift <= 28; shift += 7) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) throw new Error('bytes cut short');
    n += (byte & 127) * 2 ** shift;
    if (byte < 128) {
      if (byte === 0 && shift > 0) throw new Error('count not in its shortest form');
      return n;
    }
  }
  throw new Error('count too long');
}

function take(reader: Reader, length: number): Uint8Array {
  const stop = reader.at + length;
  if (stop > reader.bytes.length) throw new Error('bytes cut short');
  const content = reader.bytes.subarray(reader.at, stop);
  reader.at = stop;
  return content;
}

function read(reader: Reader, depth: number): Canonical {
  if (depth > DEPTH_MAX) throw new Error('value too deep');
  const tag = reader.bytes[reader.at++];
  const n = count(reader);
  switch (tag) {
    case TAG.null:
    case TAG.true:
    case TAG.false:
      if (n !== 0) throw new Error('content where there may be none');
      return tag === TAG.null ? null : tag === TAG.true;
    case TAG.text:
      return fromUtf8(take(reader, n));
    case TAG.bytes:
      if (reader.at + n > reader.bytes.length) throw new Error('bytes cut short');
      // Not its own slice(): that of a Buffer shares its memory.
      return Uint8Array.prototype.slice.call(reader.bytes, reader.at, (reader.at += n));
    case TAG.integer: {
      const text = fromUtf8(take(reader, n));
      const number = Number(text);
      if (!/^(0|-?[1-9][0-9]*)$/.test(text) || !Number.isSafeInteger(number)) throw new Error('not a canonical integer');
      return number;
    }
    case TAG.list: {
      const list: Canonical[] = [];
      for (let i = 0; i < n; i++) list.push(read(reader, depth + 1));
      return list;
    }
    case TAG.map: {
      const map: { [key: string]: Canonical } = {};
      let last = '';
      for (let i = 0; i < n; i++) {
        const key = read(reader, depth + 1);
        if (typeof key !== 'string' || !KEY.test(key) || key <= last) throw new Error('map key is not in order');
        last = key;
        const value = read(reader, depth + 1);
        // A plain assignment to "__proto__" would vanish; such a key must stay visible to be refused.
        Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
      }
      return map;
    }
    default:
      throw new Error('unknown tag');
  }
}
