// Services: ordinary mail, and KT1 on its independent axes scope x secrecy x urgency (24 legal combinations).
// Source: Circular 15/2022/TT-BTTTT as read in the domain chapter 1.3. Staff see A/B/C, never the secrecy words.

import * as z from 'zod';

export const SCOPES = { INTRA: ['Nội tỉnh', 'Within the province'], INTER: ['Liên tỉnh', 'Between provinces'] } as const;
export const SECRECIES = { NONE: ['KT1', 'KT1'], A: ['KT1 A', 'KT1 A'], B: ['KT1 B', 'KT1 B'], C: ['KT1 C', 'KT1 C'] } as const;
export const URGENCIES = { NONE: ['', ''], HOA_TOC: ['Hỏa tốc', 'Hỏa tốc (urgent)'], HEN_GIO: ['Hẹn giờ', 'Hẹn giờ (timed)'] } as const;

export type Scope = keyof typeof SCOPES;
export type Secrecy = keyof typeof SECRECIES;
export type Urgency = keyof typeof URGENCIES;

export const SERVICE_CLASSES = {
  kt1: ['KT1', 'KT1'],
  letter: ['Thư', 'Letter'],
  parcel: ['Bưu kiện', 'Parcel'],
  printed_matter: ['Ấn phẩm', 'Printed matter'],
} as const;
export type ServiceClass = keyof typeof SERVICE_CLASSES;

/** Instants on the wire: RFC 3339 with offset, as text. */
export const Instant = z.iso
  .datetime({ offset: true, precision: null })
  .max(35)
  .refine((text) => Date.parse(text) >= 0 && Date.parse(text) < Date.UTC(9999, 11, 31))
  .meta({ example: '2021-01-21T14:30:00+07:00' });

const kt1Base = { service_class: z.literal('kt1'), scope: z.enum(['INTRA', 'INTER']), secrecy: z.enum(['NONE', 'A', 'B', 'C']) };

/** KT1 service. "Hỏa tốc hẹn giờ" is no named service: a hẹn giờ item may carry the sender's hỏa tốc mark as a flag. */
export const Kt1Service = z.discriminatedUnion('urgency', [
  z.strictObject({ ...kt1Base, urgency: z.literal('NONE') }),
  z.strictObject({ ...kt1Base, urgency: z.literal('HOA_TOC') }),
  z.strictObject({ ...kt1Base, urgency: z.literal('HEN_GIO'), appointed_at: Instant, sender_marked_hoa_toc: z.boolean().optional() }),
]);
export type Kt1Service = z.infer<typeof Kt1Service>;

/** Words of a service for labels and screens, without the secrecy words: `KT1 B · Hỏa tốc`. */
export function serviceWords(service_class: ServiceClass, secrecy: Secrecy, urgency: Urgency, language: 'vi' | 'en'): string {
  const i = language === 'vi' ? 0 : 1;
  if (service_class !== 'kt1') return SERVICE_CLASSES[service_class][i];
  return [SECRECIES[secrecy][i], URGENCIES[urgency][i]].filter(Boolean).join(' · ');
}
