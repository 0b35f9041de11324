// Signed notes, heads, cosignatures, carried proofs and policies: the vectors pass, and not one bit of them may be another.

import { createHash, createPrivateKey, createPublicKey, sign, verify as cryptoVerify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { base64, fromBase64, utf8 } from '../../src/base/bytes.ts';
import { fold, inclusionNodes, leafHash, rootOf } from '../../src/base/merkle.ts';
import { COSIGNATURE, cosignatureBytes, cosignatureMessage, ED25519, headOf, headText, keyId, keyOf, keyText, noteOf, noteText, openNote, signatureLine } from '../../src/base/note.ts';
import type { NoteKey } from '../../src/base/note.ts';
import { openHead, openProof, policyOf, proofOf, proofText, quorumMet } from '../../src/base/proof.ts';
import { verifySignature } from '../../src/domain/key.ts';

const VECTORS = path.join(import.meta.dirname, '../../../shared/vectors/tlog');
const skip = !existsSync(VECTORS);
const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const counted = { passed: 0, spoilt: 0 };
afterAll(() => console.log(`note: ${counted.passed} vectors pass, ${counted.spoilt} spoilt ones fail`));

/** A private key of 32 bytes as node:crypto takes it. */
const secretOf = (seed: Uint8Array) => createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const publicOf = (seed: Uint8Array): Uint8Array => new Uint8Array(createPublicKey(secretOf(seed)).export({ format: 'der', type: 'spki' }).subarray(12));
/** Synchronous, because every bit is turned. */
const verifyNow = (public_key: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean =>
  cryptoVerify(null, message, createPublicKey({ key: Buffer.concat([SPKI, public_key]), format: 'der', type: 'spki' }), signature);

type Vectors = { vkeysGood: string[]; vkeysBad: { v: string; why: string }[]; sign: { skey: string; text: string; wantNote: string }; open: { note: string; trust: string[]; verified?: string[]; unverified?: string[]; error?: string }[]; malformed: string[] };

describe.skipIf(skip)('the vectors of signed-note', () => {
  const vectors = skip ? ({} as Vectors) : (JSON.parse(readFileSync(path.join(VECTORS, 'signed-note.json'), 'utf8')) as Vectors);
  test('keys', () => {
    for (const vkey of vectors.vkeysGood) {
      expect(keyText(hash, keyOf(hash, vkey))).toBe(vkey);
      counted.passed++;
      for (let i = 0; i < vkey.length; i++) {
        const other = vkey.slice(0, i) + String.fromCharCode(vkey.charCodeAt(i) ^ 1) + vkey.slice(i + 1);
        expect(() => keyOf(hash, other), other).toThrow();
        counted.spoilt++;
      }
    }
    for (const { v, why } of vectors.vkeysBad) {
      expect(() => keyOf(hash, v), why).toThrow();
      counted.passed++;
    }
  });
  test('signing', () => {
    const [, , name, , ...blob] = vectors.sign.skey.split('+');
    const seed = fromBase64(blob.join('+')).slice(1);
    const key: NoteKey = { name: name ?? '', type: ED25519, public_key: publicOf(seed) };
    const signature = new Uint8Array(sign(null, utf8(vectors.sign.text), secretOf(seed)));
    expect(noteText({ text: vectors.sign.text, signatures: [{ name: key.name, key_id: keyId(hash, key), signature }] })).toBe(vectors.sign.wantNote);
    counted.passed++;
  });
  test('opening: good ones in WebCrypto as well, and every byte that is signed or signs turned', async () => {
    for (const { note, trust, verified, unverified, error } of vectors.open) {
      const keys = trust.map((vkey) => keyOf(hash, vkey));
      counted.passed++;
      if (error !== undefined) {
        await expect(openNote(hash, verifySignature, note, keys)).rejects.toThrow(error);
        continue;
      }
      const opened = await openNote(hash, verifySignature, note, keys);
      expect(opened.signed.map(({ key }) => key.name)).toEqual(verified);
      expect(opened.unknown.map(({ name }) => name)).toEqual(unverified ?? []);
      // Every byte up to the end of the first signature; with repeated lines the second would still stand.
      const last = note.indexOf('\n', note.indexOf('—'));
      if (noteOf(note).signatures.filter((line) => line.name === keys[0]?.name).length > 1) continue;
      for (let i = 0; i < last; i++) {
        const other = note.slice(0, i) + String.fromCharCode(note.charCodeAt(i) ^ (1 << (i % 5))) + note.slice(i + 1);
        expect(await openNote(hash, verifyNow, other, keys.slice(0, 1)).then(() => other, () => null)).toBeNull();
        counted.spoilt++;
      }
    }
  });
  test('malformed notes', () => {
    for (const note of vectors.malformed) {
      expect(() => noteOf(note), JSON.stringify(note)).toThrow();
      counted.passed++;
    }
  });
  test('every head of the log of tessera opens under its key', async () => {
    const policy = policyOf(hash, 'log example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx\nquorum none\n');
    let accepted = 0;
    for (let size = 0; size <= 15; size++) {
      const note = readFileSync(path.join(VECTORS, `tessera/testdata/log/checkpoint.${size}`), 'utf8');
      const { head, enough } = await openHead(hash, verifySignature, policy, note);
      expect([head.origin, head.size, enough, headText(head)]).toEqual(['example.com/log/testdata', size, true, noteOf(note).text]);
      counted.passed++;
      for (let i = 0; i < note.indexOf('—'); i++) {
        const other = note.slice(0, i) + String.fromCharCode(note.charCodeAt(i) ^ 1) + note.slice(i + 1);
        accepted += await openHead(hash, verifyNow, policy, other).then(() => 1, () => 0);
        counted.spoilt++;
      }
    }
    expect(accepted).toBe(0);
  }, 30_000);
});

describe('heads, cosignatures, proofs and policies', () => {
  const seeds = [1, 2, 3, 4].map((n) => new Uint8Array(32).fill(n));
  const log: NoteKey = { name: 'niem.example/test/2026', type: ED25519, public_key: publicOf(seeds[0] as Uint8Array) };
  const witnesses = seeds.slice(1).map((seed, i): NoteKey => ({ name: `witness.example/${i}`, type: COSIGNATURE, public_key: publicOf(seed) }));
  const policyText = `# a comment\nlog ${keyText(hash, log)}\n\n${witnesses.map((key, i) => `witness w${i} ${keyText(hash, key)} http://127.0.0.1/${i}`).join('\n')}\ngroup two 2 w0 w1 w2\nquorum two\n`;
  const policy = policyOf(hash, policyText);
  const leaves = Array.from({ length: 300 }, (_, i) => leafHash(hash, utf8(`entry ${i}`)));
  const text = headText({ origin: log.name, size: leaves.length, root: rootOf(hash, leaves) });
  const line = (key: NoteKey, signature: Uint8Array): string => signatureLine({ name: key.name, key_id: keyId(hash, key), signature });
  const cosigned = (i: number, at_s: number): string => line(witnesses[i] as NoteKey, cosignatureBytes(at_s, sign(null, cosignatureMessage(text, at_s), secretOf(seeds[i + 1] as Uint8Array))));
  const signed = `${text}\n${line(log, sign(null, utf8(text), secretOf(seeds[0] as Uint8Array)))}`;

  test('a head is enough only with its quorum, and a time in a cosignature cannot be changed', async () => {
    expect((await openHead(hash, verifySignature, policy, signed)).enough).toBe(false);
    expect((await openHead(hash, verifySignature, policy, signed + cosigned(0, 1_800_000_000))).enough).toBe(false);
    const opened = await openHead(hash, verifySignature, policy, signed + cosigned(0, 1_800_000_000) + cosigned(2, 1_800_000_001));
    expect([opened.enough, opened.signed.map(({ at_s }) => at_s)]).toEqual([true, [null, 1_800_000_000, 1_800_000_001]]);
    const late = cosigned(0, 1_800_000_000);
    const blob = fromBase64(late.split(' ')[2]?.trim() ?? '');
    for (let i = 0; i < blob.length; i++) {
      const other = blob.with(i, (blob[i] ?? 0) ^ 1);
      const outcome = openHead(hash, verifyNow, policy, `${signed}— ${witnesses[0]?.name} ${base64(other)}\n${cosigned(1, 5)}`);
      // A turned key id is a key that nobody knows: it counts for nothing. Anything else voids the note.
      if (i < 4) expect((await outcome).enough).toBe(false);
      else await expect(outcome).rejects.toThrow('invalid signature');
    }
    await expect(openHead(hash, verifySignature, policy, `${text}\n${cosigned(0, 7)}`)).rejects.toThrow('the log has not signed');
  });
  test('a proof that is carried away says where an entry stands, to the byte', async () => {
    const index = 217;
    const node = ({ level, index: i }: { level: number; index: number }): Uint8Array => rootOf(hash, leaves.slice(i * 2 ** level, (i + 1) * 2 ** level));
    const hashes = inclusionNodes(index, leaves.length).map((part) => fold(hash, part.map(node)));
    const head = signed + cosigned(0, 9) + cosigned(1, 9);
    const proof = proofText({ extra: utf8('x'), index, hashes, head });
    expect(proofOf(proof)).toEqual({ extra: utf8('x'), index, hashes: hashes.map((part) => new Uint8Array(part)), head });
    expect(await openProof(hash, verifySignature, policy, proof, leaves[index] as Uint8Array)).toMatchObject({ index, enough: true });
    await expect(openProof(hash, verifySignature, policy, proof, leaves[index + 1] as Uint8Array)).rejects.toThrow('not in the log');
    const body = proof.slice(proof.indexOf('index'), proof.indexOf('\n\n'));
    for (let i = 0; i < body.length; i++) {
      const other = proof.replace(body, body.slice(0, i) + String.fromCharCode(body.charCodeAt(i) ^ 1) + body.slice(i + 1));
      expect(await openProof(hash, verifyNow, policy, other, leaves[index] as Uint8Array).then(() => other, () => null)).toBeNull();
    }
  });
  test('a policy is read strictly, and groups count once', () => {
    const [w0, w1, w2] = witnesses as [NoteKey, NoteKey, NoteKey];
    expect([[w0, w1], [w0, w0], [w1], [], [w0, w1, w2]].map((keys) => quorumMet(policy, keys))).toEqual([true, false, false, false, true]);
    expect(quorumMet(policyOf(hash, 'quorum none'), [])).toBe(true);
    const bad: [string, string][] = [
      ['', 'no quorum'], ['quorum w0', 'line 1'], [`log ${keyText(hash, w0)}\nquorum none`, 'another kind'], [`${policyText}quorum two\n`, 'not a line'],
      [policyText.replace('2 w0 w1 w2', '4 w0 w1 w2'), 'too few'], [policyText.replace('2 w0 w1 w2', '2 w0 w0'), 'too few'], [policyText.replace('witness w1', 'witness w0'), 'taken'],
      [policyText.replace('group two', 'group none'), 'taken'], [`${policyText}log ${keyText(hash, log)}`, 'twice'], [policyText.replace('group', 'crowd'), 'not a line'],
    ];
    for (const [text, why] of bad) expect(() => policyOf(hash, text), text).toThrow(why);
  });
  test('a head has one spelling', () => {
    expect(headOf(text)).toMatchObject({ origin: log.name, size: 300 });
    for (const [from, to] of [['\n300\n', '\n0300\n'], ['\n300\n', '\n300 \n'], ['\n300\n', '\n+300\n'], ['=\n', '\n'], [log.name, ''], ['\n300\n', '\n99999999999999999999\n']] as const) expect(() => headOf(text.replace(from, to))).toThrow();
  });
});
