// The trees, tiles and notes that all proof rests on: against the public vectors, against themselves for all small trees, and spoilt.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { base64, equalBytes, fromBase64, fromHex, hex, utf8 } from '../../src/base/bytes.ts';
import { checkConsistency, checkInclusion, consistencyNodes, fold, inclusionNodes, leafHash, nodeHash, rootNodes, rootOf } from '../../src/base/merkle.ts';
import type { Node } from '../../src/base/merkle.ts';
import { bundleOf, entriesOf, hashIn, placeOf, tileOf, tilePath, widthOf } from '../../src/base/tile.ts';

const VECTORS = path.join(import.meta.dirname, '../../../shared/vectors');
const skip = !existsSync(VECTORS);
if (skip) console.log('no ../shared/vectors: the vectors are left out');
const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const counted = { passed: 0, spoilt: 0 };
afterAll(() => console.log(`merkle: ${counted.passed} vectors pass, ${counted.spoilt} spoilt ones fail`));

/** The same bytes with one bit turned, for each byte. */
const turned = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte, i) => Uint8Array.from(bytes, (b, j) => (i === j ? byte ^ (1 << (i % 8)) : b)));
const other = (bytes: Uint8Array): Uint8Array => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
const readAll = (folder: string): { [field: string]: unknown }[] => {
  const whole = path.join(VECTORS, 'merkle/testdata', folder);
  return readdirSync(whole, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json')).map((name) => JSON.parse(readFileSync(path.join(whole, name), 'utf8')) as { [field: string]: unknown });
};
const bytesOf = (text: unknown): Uint8Array => Uint8Array.from(Buffer.from((text as string | null) ?? '', 'base64'));

describe.skipIf(skip)('the vectors of transparency-dev/merkle', () => {
  test('inclusion: good ones hold, bad ones do not, good ones spoilt in any byte do not', () => {
    for (const v of readAll('inclusion')) {
      const at = { index: v['leafIdx'] as number, size: v['treeSize'] as number, leaf: bytesOf(v['leafHash']), root: bytesOf(v['root']), proof: ((v['proof'] ?? []) as string[]).map(bytesOf) };
      expect(checkInclusion(hash, at), v['desc'] as string).toBe(!v['wantErr']);
      counted.passed++;
      if (v['wantErr']) continue;
      const spoilt = [
        ...turned(at.leaf).map((leaf) => ({ ...at, leaf })), ...turned(at.root).map((root) => ({ ...at, root })),
        ...at.proof.flatMap((part, i) => turned(part).map((spoilt) => ({ ...at, proof: at.proof.with(i, spoilt) }))),
        ...at.proof.map((_, i) => ({ ...at, proof: at.proof.toSpliced(i, 1) })), { ...at, proof: [...at.proof, at.root] },
        { ...at, index: at.index + 1 }, { ...at, index: at.index - 1 },
      ];
      expect(spoilt.filter((one) => checkInclusion(hash, one))).toEqual([]);
      counted.spoilt += spoilt.length;
    }
  });
  test('consistency: likewise', () => {
    for (const v of readAll('consistency')) {
      const of = { size1: v['size1'] as number, size2: v['size2'] as number, root1: bytesOf(v['root1']), root2: bytesOf(v['root2']), proof: ((v['proof'] ?? []) as string[]).map(bytesOf) };
      expect(checkConsistency(hash, of), v['desc'] as string).toBe(!v['wantErr']);
      counted.passed++;
      if (v['wantErr']) continue;
      const spoilt = [
        ...turned(of.root1).map((root1) => ({ ...of, root1 })), ...turned(of.root2).map((root2) => ({ ...of, root2 })),
        ...of.proof.flatMap((part, i) => turned(part).map((spoilt) => ({ ...of, proof: of.proof.with(i, spoilt) }))),
        ...of.proof.map((_, i) => ({ ...of, proof: of.proof.toSpliced(i, 1) })), { ...of, proof: [...of.proof, of.root2] },
      ];
      expect(spoilt.filter((one) => checkConsistency(hash, one))).toEqual([]);
      counted.spoilt += spoilt.length;
    }
    expect(counted.passed).toBeGreaterThanOrEqual(90);
  });
  test('roots of RFC 6962', () => {
    const { leafInputsHex, emptyRoot, roots } = JSON.parse(readFileSync(path.join(VECTORS, 'merkle/rfc6962-roots.json'), 'utf8')) as { leafInputsHex: string[]; emptyRoot: string; roots: string[] };
    const leaves = leafInputsHex.map((text) => leafHash(hash, fromHex(text)));
    expect(hex(rootOf(hash, []))).toBe(emptyRoot);
    for (const [i, root] of roots.entries()) {
      expect(hex(rootOf(hash, leaves.slice(0, i + 1)))).toBe(root);
      for (const leaf of turned(leaves[i] as Uint8Array)) expect(hex(rootOf(hash, [...leaves.slice(0, i), leaf]))).not.toBe(root);
      counted.spoilt += 32;
    }
    counted.passed += roots.length + 1;
  });
});

describe('trees', () => {
  const leaves = Array.from({ length: 40 }, (_, i) => leafHash(hash, utf8(String(i))));
  const node = ({ level, index }: Node): Uint8Array => rootOf(hash, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
  const hashes = (parts: Node[][]): Uint8Array[] => parts.map((part) => fold(hash, part.map(node)));
  /** As RFC 6962 writes it down, recursively. */
  const kept = new Map<string, Uint8Array>();
  const plain = (from: number, to: number): Uint8Array => {
    const known = kept.get(`${from}-${to}`) ?? plainly(from, to);
    kept.set(`${from}-${to}`, known);
    return known;
  };
  const plainly = (from: number, to: number): Uint8Array => {
    if (to - from === 1) return leaves[from] as Uint8Array;
    let k = 1;
    while (2 * k < to - from) k *= 2;
    return nodeHash(hash, plain(from, from + k), plain(from + k, to));
  };

  test('every entry of every tree up to 40 has a proof, and no proof serves another entry or tree', () => {
    for (let size = 1; size <= leaves.length; size++) {
      const root = rootOf(hash, leaves.slice(0, size));
      const wrong: string[] = [];
      expect(equalBytes(root, plain(0, size)) && equalBytes(root, fold(hash, rootNodes(size).map(node)))).toBe(true);
      for (let index = 0; index < size; index++) {
        const proof = hashes(inclusionNodes(index, size));
        const at = { index, size, leaf: leaves[index] as Uint8Array, root, proof };
        if (!checkInclusion(hash, at)) wrong.push(`${index} has none`);
        if (size > 1 && checkInclusion(hash, { ...at, index: (index + 1) % size })) wrong.push(`${index} serves another`);
        for (const [i, part] of proof.entries()) if (checkInclusion(hash, { ...at, proof: proof.with(i, other(part)) })) wrong.push(`${index}: ${i} may be another`);
      }
      expect(wrong, String(size)).toEqual([]);
    }
  }, 30_000);
  test('every pair of trees up to 40 has a consistency proof, and none with another root', () => {
    for (let size2 = 1; size2 <= leaves.length; size2++) {
      const wrong: string[] = [];
      for (let size1 = 1; size1 <= size2; size1++) {
        const of = { size1, size2, root1: plain(0, size1), root2: plain(0, size2), proof: hashes(consistencyNodes(size1, size2)) };
        if (!checkConsistency(hash, of)) wrong.push(`${size1} has none`);
        if (checkConsistency(hash, { ...of, root1: other(of.root1) })) wrong.push(`${size1} serves another`);
        for (const [i, part] of of.proof.entries()) if (checkConsistency(hash, { ...of, proof: of.proof.with(i, other(part)) })) wrong.push(`${size1}: ${i} may be another`);
      }
      expect(wrong, String(size2)).toEqual([]);
    }
  }, 30_000);
});

describe.skipIf(skip)('tiles', () => {
  type Paths = { tilePath: [number, number, number, string][]; parseOk: [string, string, number, string, number][]; parseErr: [string, string][]; nodeToTile: number[][]; entriesPathForLogIndex: [number, string, string][] };
  const vectors = skip ? ({} as Paths) : (JSON.parse(readFileSync(path.join(VECTORS, 'tlog/tile-paths.json'), 'utf8')) as Paths);
  const width = (w: number): number => (w === 0 ? 256 : w);
  test('paths are those of tlog-tiles', () => {
    for (const [level, index, w, text] of vectors.tilePath) {
      expect(tilePath({ level, index, width: width(w) })).toBe(text);
      expect(tileOf(text)).toEqual({ level, index, width: width(w) });
      counted.passed++;
    }
    for (const [index, w, text] of vectors.entriesPathForLogIndex) {
      expect(tilePath({ level: null, index: Math.floor(index / 256), width: w === 'full' ? 256 : Number(w.slice(1)) })).toBe(text);
      counted.passed++;
    }
    for (const [level, rest, l, index, w] of vectors.parseOk) {
      // Beyond 2^53 no log of ours has tiles: such a path names nothing here.
      expect(tileOf(`tile/${level}/${rest}`)).toEqual(Number.isSafeInteger(Number(index)) ? { level: l, index: Number(index), width: width(w) } : null);
      counted.passed++;
    }
    for (const [level, rest] of vectors.parseErr) {
      expect(tileOf(`tile/${level}/${rest}`), rest).toBeNull();
      counted.passed++;
    }
    for (const [level, index, tileLevel, tileIndex, height, at] of vectors.nodeToTile as [number, number, number, number, number, number][]) {
      expect(placeOf({ level, index })).toEqual({ level: tileLevel, index: tileIndex, height, from: at * 2 ** height });
      counted.passed++;
    }
  });
  test('a log of 70,000 has the tiles that the specification counts', () => {
    expect([widthOf(70_000, 0, 272), widthOf(70_000, 0, 273), widthOf(70_000, 0, 274), widthOf(70_000, 1, 0), widthOf(70_000, 1, 1), widthOf(70_000, 2, 0), widthOf(70_000, 3, 0)]).toEqual([256, 112, 0, 256, 17, 1, 0]);
    counted.passed++;
  });
  test('the log of tessera: each bundle gives its tile, each tile the head of its size', () => {
    const log = path.join(VECTORS, 'tlog/tessera/testdata/log');
    for (let size = 1; size <= 15; size++) {
      const bodies = entriesOf(readFileSync(path.join(log, `tile/entries/000.p/${size}`)));
      const tile = readFileSync(path.join(log, `tile/0/000.p/${size}`));
      const root = fromBase64(readFileSync(path.join(log, `checkpoint.${size}`), 'utf8').split('\n')[2] ?? '');
      expect(hex(bundleOf(bodies))).toBe(hex(readFileSync(path.join(log, `tile/entries/000.p/${size}`))));
      const leaves = bodies.map((body) => leafHash(hash, body));
      expect(Buffer.concat(leaves).equals(tile)).toBe(true);
      expect(base64(fold(hash, rootNodes(size).map((node) => hashIn(hash, tile, node))))).toBe(base64(root));
      counted.passed += 3;
      for (let i = 0; i < tile.length; i++) {
        const spoilt = Uint8Array.from(tile, (byte, j) => (i === j ? byte ^ (1 << (i % 8)) : byte));
        expect(equalBytes(fold(hash, rootNodes(size).map((node) => hashIn(hash, spoilt, node))), root)).toBe(false);
        counted.spoilt++;
      }
    }
    expect(() => entriesOf(new Uint8Array([0, 3, 1]))).toThrow('cut short');
  });
});
