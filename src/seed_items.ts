// What is posted in the demo: believable items, made up by a dice that always falls the same way. Pure but for salts.

import { randomBytes } from 'node:crypto';
import { present } from './base/assert.ts';
import { instant } from './base/time.ts';
import type { AcceptedKt1, AcceptedOrdinary, Personal } from './domain/facts.ts';
import type { Secrecy, ServiceClass, Urgency } from './domain/service.ts';
import type { PersonalPart, Receipt } from './ledger/append.ts';

export type Chance = { below(n: number): number; between(low: number, high: number): number; one<T>(of: readonly T[]): T };

/** Mulberry32: the demo is the same each time but for ids, salts and the date. */
export function chance(seed: number): Chance {
  let state = seed;
  const below = (n: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  };
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    one: (of) => present(of[below(of.length)], 'nothing to choose from'),
  };
}

export const MAIN = '243100';
export const CENTRE = '240100';
export const CITY = '240200';
export const GATE = '243150';
export const TAN_THANH = '243200';
export const LOC_BINH = '243500';
export const HUU_LUNG = '244300';
export const MAU_SON = '243510';
export const HA_NOI = '100900';
export const isKt1 = (item: Item): boolean => item.service_class === 'kt1';
export const isParcel = (item: Item): boolean => item.service_class === 'parcel';
export const isFlat = (item: Item): boolean => item.service_class === 'letter' || item.service_class === 'printed_matter';
export const CENTRAL = ['TW-VPTU', 'TW-VPCTN', 'TW-VPQH', 'TW-VPCP', 'TW-BO'];
export const PROVINCIAL = ['LS-TU', 'LS-UBND', 'LS-CA', 'LS-QS', 'LS-HDND'];
export const toHaNoi = (item: Item): boolean => item.to === HA_NOI || CENTRAL.includes(item.to);
export const toCity = (item: Item): boolean => item.to === CENTRE || PROVINCIAL.includes(item.to);

export type Posted = { facts: AcceptedKt1 | AcceptedOrdinary; personal: PersonalPart[]; code?: string };

/** An accepted item as the story needs it. `to`: the body, or the office that delivers. */
export type Item = {
  code: string;
  checkpoint_id: string;
  service_class: ServiceClass;
  secrecy: Secrecy;
  personal_mark: boolean;
  to: string;
  weight_g: number;
};

export function itemOf(receipt: Receipt, { facts }: Posted): Item {
  const { code, checkpoint_id } = receipt;
  const { service_class } = facts.service;
  const { weight_g } = facts;
  if (!('checklist' in facts)) {
    return { code, checkpoint_id, service_class, secrecy: 'NONE', personal_mark: false, to: facts.destination_office_code ?? '', weight_g };
  }
  const to = 'body_code' in facts.addressee ? facts.addressee.body_code : facts.addressee.destination_office_code;
  return { code, checkpoint_id, service_class, secrecy: facts.service.secrecy, personal_mark: facts.checklist.personal_mark, to, weight_g };
}

export type KT1 = { scope: 'INTRA' | 'INTER'; secrecy: Secrecy; urgency: Urgency };

/** The 24 legal combinations. */
export const KT1_SERVICES: readonly KT1[] = (['INTRA', 'INTER'] as const).flatMap((scope) =>
  (['NONE', 'A', 'B', 'C'] as const).flatMap((secrecy) =>
    (['NONE', 'HOA_TOC', 'HEN_GIO'] as const).map((urgency) => ({ scope, secrecy, urgency })),
  ),
);

export function kt1(luck: Chance, now_ms: number, service: KT1, sender: AcceptedKt1['sender'], to: string): Posted {
  const { urgency, ...rest } = service;
  const hour = 3_600_000;
  const appointed_at = instant(Math.ceil((now_ms + 4 * hour) / hour) * hour);
  const personal_mark = rest.secrecy === 'B' && luck.below(4) === 0;
  const facts: AcceptedKt1 = {
    service: {
      service_class: 'kt1',
      ...rest,
      ...(urgency === 'HEN_GIO' ? { urgency, appointed_at, sender_marked_hoa_toc: luck.below(3) === 0 } : { urgency }),
    },
    checklist: {
      kt1_stamp: true,
      envelope_layers: rest.secrecy === 'A' ? 2 : 1,
      outer_mark: rest.secrecy,
      secrecy_words_outside: false,
      opaque_and_intact: true,
      sealed: rest.secrecy !== 'NONE' || luck.below(2) === 0,
      personal_mark,
    },
    sender,
    addressee: { body_code: to },
    weight_g: rest.secrecy === 'A' ? luck.between(90, 900) : luck.between(24, 480),
    condition: luck.below(14) === 0 ? 'wrinkled' : 'intact',
  };
  return { facts, personal: [] };
}

const SURNAMES = [
  'Nông',
  'Hoàng',
  'Lương',
  'Vi',
  'Triệu',
  'Lý',
  'Hứa',
  'Đàm',
  'Lộc',
  'Mã',
  'Bế',
  'Chu',
  'Lăng',
  'Phùng',
  'Dương',
  'Trần',
  'Nguyễn',
];
const GIVEN = [
  'Văn Cọ',
  'Thị Mận',
  'Văn Suối',
  'Thị Hồi',
  'Văn Nương',
  'Thị Quýt',
  'Văn Đèo',
  'Thị Trám',
  'Văn Lim',
  'Thị Sở',
  'Văn Rừng',
  'Thị Ngải',
];
const HERE = [
  'Khu Ga, Đồng Đăng',
  'Thôn Nà Mẫu, Cao Lộc',
  'Khối Hai, Lộc Bình',
  'Thôn Lân, Hữu Liên',
  'Thôn Đỉnh, Công Sơn',
  'Khu Chợ, Tân Thanh',
  'Thôn Suối, Vũ Lễ',
];
const FAR = ['12 phố Mẫu, Hà Nội', '45 ngõ Mẫu, Hà Nội', '7 đường Mẫu, Bắc Giang', '88 phố Thử, Hải Phòng'];
type Goods = AcceptedOrdinary['goods_class'];
const GOODS: Record<'letter' | 'parcel' | 'printed_matter', readonly (readonly [goods_class: Goods, contents: string])[]> = {
  letter: [['documents', 'Thư, giấy tờ']],
  printed_matter: [
    ['books', 'Sách giáo khoa'],
    ['books', 'Tạp chí'],
    ['documents', 'Tờ rơi quảng cáo'],
  ],
  parcel: [
    ['food', 'Hạt dẻ, bánh khảo'],
    ['food', 'Hoa hồi khô'],
    ['clothing', 'Quần áo ấm'],
    ['clothing', 'Giày dép'],
    ['household', 'Nồi, chảo'],
    ['electronics', 'Tai nghe, cáp sạc'],
    ['machine_parts', 'Phụ tùng xe máy'],
    ['cosmetics', 'Kem dưỡng da'],
    ['plants', 'Cây hồng giống'],
    ['other', 'Đồ chơi trẻ em'],
  ],
};

/** Which office delivers: its postal code. */
const POSTAL = new Map([
  ['100900', '10000'],
  ['240100', '25000'],
  ['243100', '25100'],
  ['243500', '25500'],
  ['244300', '25800'],
]);

export function ordinary(luck: Chance, service_class: 'letter' | 'parcel' | 'printed_matter', to_office: string): Posted {
  const [goods_class, contents] = luck.one(GOODS[service_class]);
  const inter = to_office === '100900';
  const box = service_class === 'parcel';
  const weight_g = box ? luck.between(350, 14_000) : service_class === 'letter' ? luck.between(12, 240) : luck.between(150, 3_000);
  const conditional =
    goods_class === 'electronics' ? ('battery' as const) : goods_class === 'machine_parts' ? ('trade_goods' as const) : null;
  const party = (address: string) => ({
    name: `${luck.one(SURNAMES)} ${luck.one(GIVEN)}`,
    phone: `0200000${luck.between(100, 999)}`,
    address,
  });
  const people = {
    sender: party(luck.one(HERE)),
    addressee: party(luck.one(inter ? FAR : HERE)),
    declaration: { contents },
  } satisfies Personal;
  return {
    facts: {
      service: { service_class, scope: inter ? 'INTER' : 'INTRA' },
      sender_identified_by: luck.one(['identity_card', 'identity_card', 'electronic_identity', 'known_customer'] as const),
      addressee_postal_code: present(POSTAL.get(to_office), 'an office that delivers'),
      destination_office_code: to_office,
      joint_check: service_class === 'letter' ? 'not_applicable' : 'done',
      article_12_declared: true,
      goods_class,
      ...(conditional
        ? {
            conditional_goods: [
              { goods_class: conditional, paper_nos: conditional === 'battery' ? [] : [`HD-${luck.between(1000, 9999)}`] },
            ],
          }
        : {}),
      weight_g,
      ...(box ? { length_mm: luck.between(150, 600), width_mm: luck.between(100, 400), height_mm: luck.between(50, 400) } : {}),
      condition: 'intact',
    },
    personal: Object.entries(people).map(([party_name, fields]) => ({
      party: party_name as PersonalPart['party'],
      salt: randomBytes(32),
      salt_given: false,
      fields,
    })),
  };
}
