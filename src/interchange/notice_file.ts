// A notice as a file, for an authority without a system: text that people read, the canonical bytes it was made from, and a signed note
// (C2SP signed-note, Ed25519) around both. Whoever holds the public key checks it without a network.

import { ed25519 } from '@noble/curves/ed25519.js';
import { createHash } from 'node:crypto';
import { base64, fromBase64, utf8 } from '../base/bytes.ts';
import { decode, encode } from '../base/canonical.ts';
import { ED25519, keyId, keyOf, keyText, noteText, openNote } from '../base/note.ts';
import type { NoteKey } from '../base/note.ts';
import { civilText } from '../base/time.ts';
import { GOODS_CLASSES } from '../domain/notice.ts';
import type { GoodsClass } from '../domain/notice.ts';

export type NoticeFacts = { notice_id: string; from_party: string; party_code: string | null; subject_kind: string; subject_id: string; goods_class: string; office_code: string; detected_at: number; raised_at: number };

const NAME = 'niem.notice';
const hash = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const keyFrom = (seed: Uint8Array): NoteKey => ({ name: NAME, type: ED25519, public_key: ed25519.getPublicKey(seed) });

/** `niem.notice+keyid+base64`: what the authority is given once, by another way than the files. */
export const noticeKeyText = (seed: Uint8Array): string => keyText(hash, keyFrom(seed));

/** The text of a notice follows from its facts, so nobody can say one thing to people and another to machines. */
function textOf(facts: NoticeFacts): string {
  const [goods_vi, goods_en] = GOODS_CLASSES[facts.goods_class as GoodsClass];
  return [
    'niem.notice/1', '', 'TIN BÁO CƠ QUAN CHỨC NĂNG', 'Notice to the competent authority', '',
    `Mã tin báo / notice: ${facts.notice_id}`,
    `Nơi báo / from: ${facts.from_party}`,
    `Nơi nhận / to: ${facts.party_code ?? 'chưa nạp cơ quan nhận / no recipient loaded'}`,
    `Dấu hiệu / signs: ${goods_vi} / ${goods_en}`,
    `Tại / at: ${facts.office_code}`,
    `Về / about: ${facts.subject_kind} ${facts.subject_id}`,
    `Phát hiện lúc / detected: ${civilText(facts.detected_at)}`,
    `Lập lúc / raised: ${civilText(facts.raised_at)}`, '',
    base64(encode(facts)), '',
  ].join('\n');
}

/** The file, signed with each key that is in force. */
export function noticeFile(facts: NoticeFacts, seeds: readonly Uint8Array[]): string {
  const text = textOf(facts);
  return noteText({ text, signatures: seeds.map((seed) => ({ name: NAME, key_id: keyId(hash, keyFrom(seed)), signature: ed25519.sign(utf8(text), seed) })) });
}

/** What a file says, if the key signed it. Throws an Error that says what is wrong otherwise. */
export async function readNoticeFile(file: string, key: string): Promise<NoticeFacts> {
  const { text } = await openNote(hash, (public_key, signature, message) => ed25519.verify(signature, message, public_key), file, [keyOf(hash, key)]);
  const facts = decode(fromBase64(text.trimEnd().split('\n').at(-1) ?? '')) as NoticeFacts;
  if (!(facts.goods_class in GOODS_CLASSES) || textOf(facts) !== text) throw new Error('the text is not what its bytes say');
  return facts;
}
