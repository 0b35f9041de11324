// Tiles of a log as C2SP tlog-tiles has them: where a hash stands, what a tile is called, what an entry bundle looks like. Pure.

import { fold, HASH_BYTES } from './merkle.ts';
import type { Hash, Node } from './merkle.ts';

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
const TILE_LEVELS = 8;
const LEVEL_MAX = 63;
/** An entry's length is written in two bytes. */
export const LOG_ENTRY_BYTES_MAX = 65_535;

/** Level null: the bundle of the entries themselves. Width 256: the tile is full. */
export type Tile = { level: number | null; index: number; width: number };

/** Where a complete subtree stands: 2^height hashes side by side in one tile, from the `from`th on. */
export const placeOf = ({ level, index }: Node): { level: number; index: number; height: number; from: number } => {
  const height = level % TILE_LEVELS;
  const first = index * 2 ** height;
  return { level: (level - height) / TILE_LEVELS, index: Math.floor(first / TILE_WIDTH), height, from: first % TILE_WIDTH };
};

/** Width of a tile in a log of that size; 0: there is none. */
export function widthOf(size: number, level: number, index: number): number {
  return Math.max(0, Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH));
}

/** The hash of a subtree, out of the tile that holds it. Throws when the tile is too short. */
export function hashIn(hash: Hash, tile: Uint8Array, node: Node): Uint8Array {
  const { height, from } = placeOf(node);
  let hashes = Array.from({ length: 2 ** height }, (_, i) => tile.subarray((from + i) * HASH_BYTES, (from + i + 1) * HASH_BYTES));
  if (hashes.at(-1)?.length !== HASH_BYTES) throw new Error('tile is too short');
  while (hashes.length > 1) hashes = Array.from({ length: hashes.length / 2 }, (_, i) => fold(hash, hashes.slice(2 * i, 2 * i + 2)));
  return hashes[0] as Uint8Array;
}

/** `tile/0/x001/x234/067.p/8`, `tile/entries/000`. */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const name = groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/');
  return `tile/${level ?? 'entries'}/${name}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** The tile that a path names; null: none. Only the one spelling that `tilePath` gives is accepted. */
export function tileOf(path: string): Tile | null {
  const match = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (!match) return null;
  const level = match[1] === 'entries' ? null : Number(match[1]);
  const index = Number((match[2] ?? '').replaceAll(/[x/]/g, ''));
  const width = match[3] === undefined ? TILE_WIDTH : Number(match[3]);
  if ((level ?? 0) > LEVEL_MAX || !Number.isSafeInteger(index) || (match[3] !== undefined && width >= TILE_WIDTH)) return null;
  const tile = { level, index, width };
  return tilePath(tile) === path ? tile : null;
}

/** Entries as a bundle: each behind its length in two bytes, big-endian. */
export function bundleOf(bodies: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bundle = new Uint8Array(bodies.reduce((sum, body) => sum + 2 + body.length, 0));
  let at = 0;
  for (const body of bodies) {
    if (body.length > LOG_ENTRY_BYTES_MAX) throw new Error('entry is too long for a bundle');
    bundle.set([body.length >> 8, body.length & 255], at);
    bundle.set(body, at + 2);
    at += 2 + body.length;
  }
  return bundle;
}

/** The entries of a bundle. Throws on one that is cut short or holds more than 256. */
export function entriesOf(bundle: Uint8Array): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (let at = 0; at < bundle.length;) {
    const length = ((bundle[at] ?? 0) << 8) | (bundle[at + 1] ?? 0);
    if (at + 2 + length > bundle.length) throw new Error('entry bundle is cut short');
    bodies.push(bundle.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (bodies.length > TILE_WIDTH) throw new Error('entry bundle holds more than 256 entries');
  return bodies;
}
