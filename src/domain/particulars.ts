// What can be told from the words of a sender's particulars without keeping any of them: whether an address is complete, a
// declaration says anything. Judged by form alone; no name is ever weighed.

import { fold } from './fold.ts';
import type { Personal } from './facts.ts';

export type Particulars = {
  sender_address_incomplete: boolean;
  /** Folded; lives as long as the judging, and is no fact. */
  sender_address: string;
  addressee_address_incomplete: boolean;
  addressee_shared_place: boolean;
  addressee_title_only: boolean;
  declaration_generic: boolean;
  declaration_gift: boolean;
  declaration_printed: boolean;
  declaration_season_goods: boolean;
};

/** Folded words; a phrase counts when it stands whole. */
const GENERIC = [
  'do dung',
  'do gia dung',
  'gia dung',
  'hang',
  'hang hoa',
  'hang tap hoa',
  'do',
  'do dac',
  'do ca nhan',
  'do dung ca nhan',
  'dung cu',
  'dung cu nha bep',
  'do bep',
  'linh kien',
  'phu tung',
  'phu tung may photo',
  'phu kien',
  'qua',
  'qua bieu',
  'qua tang',
  'vat dung',
  'khac',
];
const GIFT = ['qua', 'qua bieu', 'qua tang', 'bieu tang', 'gift'];
const PRINTED = ['sach', 'tap chi', 'to roi', 'bao', 'an pham', 'tai lieu in', 'lich'];
const SEASON_GOODS = ['phao', 'phao hoa', 'do choi', 'gay', 'gay the thao', 'binh xit', 'den pin'];
const SHARED = [
  'chung cu',
  'toa nha',
  'nha tro',
  'khu tro',
  'quan cafe',
  'quan ca phe',
  'cafe',
  'ca phe',
  'quan nuoc',
  'gui nho',
  'diem gui',
  'khach san',
  'nha nghi',
  'tiem net',
];
const ROOM = /\b(phong|can|can ho|p|ch|so nha|tang)\s*[a-z]?\d/;
const TITLES = [
  'giam doc',
  'truong phong',
  'chu tich',
  'bi thu',
  'ke toan',
  'truong ban',
  'chanh van phong',
  'thu truong co quan',
  'lanh dao',
  'ban giam doc',
];

const has = (text: string, phrases: readonly string[]): boolean => phrases.some((phrase) => ` ${text} `.includes(` ${phrase} `));

/** An address of which nobody could find the door: no house number and no thôn, khu, khối, xóm, tổ, bản; or fewer than two parts. */
function incomplete(address: string): boolean {
  const text = fold(address);
  const door = /\d/.test(text) || has(text, ['thon', 'khu', 'khoi', 'xom', 'to', 'ban', 'ap', 'lang', 'doi']);
  return !door || address.split(/[,;-]/).filter((part) => part.trim() !== '').length < 2;
}

export function particularsOf({ sender, addressee, declaration }: Pick<Personal, 'sender' | 'addressee' | 'declaration'>): Particulars {
  const contents = fold(declaration.contents);
  const place = fold(addressee.address);
  const parts = declaration.contents
    .split(/[,;+]/)
    .map(fold)
    .filter((part) => part !== '');
  return {
    sender_address_incomplete: incomplete(sender.address),
    sender_address: fold(sender.address),
    addressee_address_incomplete: incomplete(addressee.address),
    addressee_shared_place: has(place, SHARED) && !ROOM.test(place),
    addressee_title_only: TITLES.includes(fold(addressee.name)),
    declaration_generic: parts.every((part) => GENERIC.includes(part)),
    declaration_gift: has(contents, GIFT),
    declaration_printed: has(contents, PRINTED),
    declaration_season_goods: has(contents, SEASON_GOODS),
  };
}

/** What is hashed: the last nine digits of a phone; letters and digits of names and addresses. */
export const phoneKey = (phone: string): string => phone.replaceAll(/\D/g, '').slice(-9);
export const textKey = (text: string): string => fold(text);
