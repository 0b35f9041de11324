// One value has one encoding, and every encoding that is accepted is that one. VECTORS stand in docs/ledger.md as well.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Defect } from '../../src/base/assert.ts';
import { fromHex, hex, utf8 } from '../../src/base/bytes.ts';
import { CANONICAL_BYTES_MAX, decode, encode } from '../../src/base/canonical.ts';
import type { Canonical } from '../../src/base/canonical.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
console.log(`canonical: SEED=${SEED}`);
const RUNS = 50_000;

/** Written by hand from the comment at the head of canonical.ts, not by running it. */
const VECTORS: readonly (readonly [name: string, value: Canonical, bytes: string])[] = [
  ['null', null, '6e00'],
  ['true', true, '7400'],
  ['false', false, '6600'],
  ['zero', 0, '690130'],
  ['a negative integer', -42, '69032d3432'],
  ['the largest integer', 9007199254740991, '691039303037313939323534373430393931'],
  ['the smallest integer', -9007199254740991, '69112d39303037313939323534373430393931'],
  ['empty text', '', '7300'],
  ['text is UTF-8', 'Niêm', '73054e69c3aa6d'],
  ['a letter outside the basic plane', '𠀀', '7304f0a08080'],
  ['a byte order mark is text like any other', '\ufeffa', '7304efbbbf61'],
  ['text of 127 bytes has a count of one byte', 'a'.repeat(127), `737f${'61'.repeat(127)}`],
  ['text of 128 bytes has a count of two', 'a'.repeat(128), `738001${'61'.repeat(128)}`],
  ['bytes', new Uint8Array([0x00, 0xff]), '620200ff'],
  ['300 bytes', new Uint8Array(300), `62ac02${'00'.repeat(300)}`],
  ['an empty list', [], '6c00'],
  ['a list counts its members', [null, true, 'a'], '6c036e007400730161'],
  ['an empty map', {}, '6d00'],
  ['a map counts its pairs, keys ascending', { b: 1, a: [] }, '6d027301616c00730162690131'],
  ['keys ascend by byte: "Z" before "a" before "aa"', { aa: null, a: null, Z: null }, '6d0373015a6e007301616e00730261616e00'],
  ['an absent member is no member', { a: undefined, b: null }, '6d017301626e00'],
  ['lists within maps within lists', [{ a: [{}] }], '6c016d017301616c016d00'],
];

describe('the vectors of docs/ledger.md', () => {
  test.each(VECTORS)('%s', (_, value, bytes) => {
    expect(hex(encode(value))).toBe(bytes);
    expect(hex(encode(decode(fromHex(bytes))))).toBe(bytes);
  });
});

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
const key = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)), minLength: 1, maxLength: 64 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '10', '9', ' ', '~'),
);
const { value: canonical } = fc.letrec<{ value: Canonical }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    fc.constantFrom(null, true, false, '', 0),
    fc.maxSafeInteger(),
    text,
    fc.uint8Array({ maxLength: 200 }),
    fc.array(tie('value'), { maxLength: 8 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 8 }).map((pairs) => mapOf(pairs)),
  ),
}));

/** A plain assignment to "__proto__" would vanish. */
function mapOf(pairs: readonly (readonly [string, Canonical])[]): Canonical {
  const map = {};
  for (const [name, value] of pairs) {
    Object.defineProperty(map, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return map;
}

const decodes = (bytes: Uint8Array): Canonical | Error => {
  try {
    return decode(bytes);
  } catch (error) {
    // A plain Error, or the decoder's for bytes that are not UTF-8: anything else is a slip in the reader.
    expect((error as { code?: string }).code ?? (error as Error).name).toMatch(/^(Error|ERR_ENCODING_INVALID_ENCODED_DATA)$/);
    return error as Error;
  }
};

test('what is encoded decodes to itself', () => {
  const seen = { null: 0, boolean: 0, number: 0, string: 0, bytes: 0, list: 0, map: 0 };
  fc.assert(
    fc.property(canonical, (value) => {
      seen[shapeOf(value)]++;
      const bytes = encode(value);
      fc.pre(bytes.length <= CANONICAL_BYTES_MAX);
      return isDeepStrictEqual(decode(bytes), value) && hex(encode(decode(bytes))) === hex(bytes);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(RUNS / 100);
});

function shapeOf(value: Canonical): 'null' | 'boolean' | 'number' | 'string' | 'bytes' | 'list' | 'map' {
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return typeof value as 'number';
  return value instanceof Uint8Array ? 'bytes' : Array.isArray(value) ? 'list' : 'map';
}

test('bytes that are accepted are exactly those that would be written', () => {
  // Near misses of real encodings: damaged, doubled, cut and spliced. Plain noise is hardly ever accepted.
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'insert', 'remove', 'head')), {
    maxLength: 3,
  });
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(canonical, damage, (value, steps) => {
      const bytes = [...encode(value)].slice(0, 400);
      for (const [position, byte, how] of steps) {
        const at = bytes.length === 0 ? 0 : position % bytes.length;
        if (how === 'set') bytes[at] = byte;
        else if (how === 'insert') bytes.splice(at, 0, byte);
        else if (how === 'remove') bytes.splice(at, 1);
        else bytes.splice(at, 2, 'ntfisblm'.charCodeAt(byte % 8), byte % 4);
      }
      const read = decodes(new Uint8Array(bytes));
      if (read instanceof Error) return void refused++;
      accepted++;
      expect(hex(encode(read))).toBe(hex(new Uint8Array(bytes)));
    }),
    { seed: SEED, numRuns: RUNS },
  );
  console.log(`canonical: ${accepted} damaged encodings accepted as other values, ${refused} refused`);
  expect(Math.min(accepted, refused)).toBeGreaterThan(RUNS / 20);
});

test('no single bit can be flipped and no end cut off without the value changing', () => {
  const sample = [...VECTORS.map(([, value]) => value), VECTORS.map(([, value]) => value)].map((value) => encode(value));
  let flips = 0;
  let refused = 0;
  for (const bytes of sample) {
    for (let at = 0; at < bytes.length; at++) {
      expect(decodes(bytes.subarray(0, at))).toBeInstanceOf(Error);
      for (let bit = 0; bit < 8; bit++) {
        const flipped = bytes.slice();
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        const read = decodes(flipped);
        flips++;
        if (read instanceof Error) refused++;
        else {
          expect(isDeepStrictEqual(read, decode(bytes))).toBe(false);
          expect(hex(encode(read))).toBe(hex(flipped));
        }
      }
    }
    expect(decodes(new Uint8Array([...bytes, 0]))).toBeInstanceOf(Error);
  }
  console.log(`canonical: ${flips} flips, ${refused} refused, ${flips - refused} another value`);
  expect(flips).toBeGreaterThan(10_000);
});

test.each([
  ['a count with a needless byte', '738000'],
  ['a count of one in two bytes', '73810061'],
  ['a count longer than four and a half bytes', '73ffffffffff01'],
  ['a count beyond the end', '7302aa'],
  ['a list longer than the bytes', '6cffffffff7f6e00'],
  ['keys out of order', '6d027301626e007301616e00'],
  ['a key twice', '6d027301616e007301616e00'],
  ['an empty key', '6d0173006e00'],
  ['a key that is no text', '6d016901316e00'],
  ['a key outside ASCII', '6d017302c3aa6e00'],
  ['a key with a control character', '6d0173010a6e00'],
  ['a key of 65 letters', `6d017341${'61'.repeat(65)}6e00`],
  ['a map without its last value', '6d01730161'],
  ['an integer with a plus', '69022b31'],
  ['an integer with a leading zero', '69023031'],
  ['minus zero', '69022d30'],
  ['an integer in Arabic-Indic digits', '6902d9a1'],
  ['an integer with an exponent', '6903316531'],
  ['no digits', '6900'],
  ['the first integer that is not safe', '691039303037313939323534373430393932'],
  ['content of null', '6e0100'],
  ['content of true', '740100'],
  ['an unknown tag', '7800'],
  ['an upper-case tag', '5300'],
  ['overlong UTF-8', '7302c1a1'],
  ['a surrogate in UTF-8', '7303eda080'],
  ['UTF-8 cut short', '7301c3'],
  ['two values', '6e006e00'],
  ['nothing', ''],
])('refused: %s', (_, bytes) => {
  expect(decodes(fromHex(bytes))).toBeInstanceOf(Error);
});

test.each<[string, unknown]>([
  ['a fraction', 1.5],
  ['not a number', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['an integer that is not safe', 2 ** 53],
  ['a high surrogate alone', 'a\ud800'],
  ['a low surrogate alone', '\udc00a'],
  ['surrogates in the wrong order', '\udc00\ud800'],
  ['a key outside ASCII', { ê: 1 }],
  ['a key that is a lone surrogate', { '\ud800': 1 }],
  ['an empty key', { '': 1 }],
  ['a key of 65 letters', { ['a'.repeat(65)]: 1 }],
  ['a bigint', 1n],
  ['a bigint within', [{ a: 2n ** 64n }]],
  ['a date', new Date(0)],
  ['a Map', new Map([['a', 1]])],
  ['a function', () => 1],
  ['undefined', undefined],
  ['a list with a hole', [undefined]],
])('a defect to encode: %s', (_, value) => {
  expect(() => encode(value as Canonical)).toThrow(Defect);
  // Encoding shares a buffer: a failure half-way leaves nothing behind for the next value.
  expect(hex(encode('a'))).toBe('730161');
});

test('minus zero is zero', () => {
  expect(hex(encode(-0))).toBe('690130');
});

test('sixteen levels are read and written, seventeen are not', () => {
  const nested = (levels: number, inner: Canonical): Canonical => (levels === 0 ? inner : [nested(levels - 1, inner)]);
  const keyed = (levels: number): Canonical => (levels === 0 ? null : { a: keyed(levels - 1) });
  for (const value of [nested(16, null), nested(15, { a: 1 }), keyed(16)]) expect(decode(encode(value))).toEqual(value);
  for (const value of [nested(17, null), nested(16, { a: 1 }), keyed(17)]) expect(() => encode(value)).toThrow(Defect);
  expect(decodes(fromHex(`${'6c01'.repeat(17)}6e00`))).toBeInstanceOf(Error);
  expect(decodes(fromHex(`${'6c01'.repeat(8000)}6e00`))).toBeInstanceOf(Error);
});

test('16,384 bytes are read, one more is not, and what is larger cannot be written either', () => {
  const content = CANONICAL_BYTES_MAX - 3; // a tag and a count of two bytes
  expect(decode(encode('a'.repeat(content)))).toHaveLength(content);
  expect(decodes(new Uint8Array([0x73, 0x81, 0x80, 0x01, ...utf8('a'.repeat(content + 4))]))).toBeInstanceOf(Error);
  expect(() => encode('a'.repeat(content + 1))).toThrow(Defect);
});

test.each([
  ['a Uint8Array', (bytes: Uint8Array) => bytes.slice()],
  ['a Buffer', (bytes: Uint8Array) => Buffer.from(bytes)],
])('what was decoded from %s stays as it was when the input is written over', (_, input) => {
  const bytes = input(encode([new Uint8Array([1, 2, 3])]));
  const [read] = decode(bytes) as [Uint8Array];
  bytes.fill(0);
  expect([...read]).toEqual([1, 2, 3]);
});

test('what was encoded stays as it was when something else is encoded', () => {
  const first = encode('first');
  encode('other');
  expect(hex(first)).toBe('73056669727374');
});
