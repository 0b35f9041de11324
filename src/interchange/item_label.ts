// The label and the receipt of one item: what they say, from the item's rows. How they look is label.ts.

import { createHmac } from 'node:crypto';
import { utf8 } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { civilText } from '../base/time.ts';
import type { Caller } from '../domain/role.ts';
import { SERVICE_CLASSES, URGENCIES } from '../domain/service.ts';
import { entryOf } from '../ledger/entry.ts';
import type { Read, Store } from '../store/connect.ts';
import type { Reference } from '../store/reference.ts';
import { itemByCode, personalOf } from '../views/item.ts';
import type { LabelData } from './label.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 64-bit MAC of a number under the accepting office's key, 13 letters. Forging a label needs the key; a copy is caught by state. */
export function labelMac(mac_key: Uint8Array, code: string): string {
  const mac = createHmac('sha256', mac_key).update(utf8(`niem.label/1:${code}`)).digest();
  let bits = mac.readBigUInt64BE(0) << 1n;
  let text = '';
  for (let i = 0; i < 13; i++) {
    text = BASE32[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return text;
}

/** Last three digits of a telephone number: enough to tell two people apart at the counter. */
const maskedPhone = (phone: string | undefined): string => (phone ? `ĐT •••${phone.slice(-3)}` : '');

const officeText = (reference: Reference, office_code: string | null): string =>
  office_code === null ? '' : `${office_code} ${reference.offices.get(office_code)?.name_vi ?? ''}`.trim();

function bodyLines(reference: Reference, body_code: string | null, otherwise: string[]): string[] {
  return body_code === null ? otherwise : [reference.bodies.get(body_code)?.name_vi ?? body_code];
}

export async function labelData(store: Pick<Store, 'read' | 'vault'>, reference: Reference, code: string, caller: Caller): Promise<LabelData> {
  const db = store.read;
  const item = await itemByCode(db, code, caller);
  if (!item) throw new Refused('unknown_unit', { code });
  if (item.secrecy === null) throw new Refused('clearance_missing', { mark: 'KT1' });
  const key = await db.selectFrom('label_key').select('mac_key').where('office_code', '=', item.accepted_office_code).executeTakeFirst();
  const personal = item.service_class === 'kt1' ? {} : await personalOf(store, item.unit_id);
  const destination = item.destination_office_code ?? reference.bodies.get(item.addressee_body_code ?? '')?.delivery_office_code ?? null;
  const postalLine = item.addressee_postal_code === null ? [] : [`Mã bưu chính ${item.addressee_postal_code}`];
  return {
    code: item.code,
    data_matrix: key ? `${item.code}.${labelMac(key.mac_key, item.code)}` : item.code,
    service_vi: item.service_vi.toUpperCase(),
    mark: item.secrecy === 'NONE' ? null : item.secrecy,
    kt1: item.service_class === 'kt1',
    urgency_vi: URGENCIES[item.urgency][0].toUpperCase() || null,
    appointed_at_text: item.appointed_at === null ? null : civilText(Date.parse(item.appointed_at)),
    from_vi: bodyLines(reference, item.sender_body_code, [personal.sender?.address ?? '', maskedPhone(personal.sender?.phone)].filter(Boolean)),
    to_vi: bodyLines(reference, item.addressee_body_code, [personal.addressee?.name ?? '', personal.addressee?.address ?? '', ...postalLine].filter(Boolean)),
    weight_text: `${item.weight_g.toLocaleString('vi-VN')} g`,
    accepted_text: civilText(Date.parse(item.accepted_at)),
    office_text: [item.accepted_office_code, destination].map((office) => officeText(reference, office)).filter(Boolean).join(' → '),
    reprint: Math.max(0, item.labels_printed - 1),
  };
}

/** A refusal slip: that an item was not accepted, when, where and why. null: the number is no slip. */
export async function slipData(db: Read, reference: Reference, code: string) {
  const row = await db
    .selectFrom('unit')
    .innerJoin('checkpoint', 'checkpoint.unit_id', 'unit.unit_id')
    .select(['unit.code', 'unit.office_code', 'checkpoint.received_at', 'checkpoint.body'])
    .where('unit.code', '=', code)
    .where('unit.state', '=', 'not_accepted')
    .executeTakeFirst();
  if (!row) return null;
  const { reason_code, service_class } = entryOf(new Uint8Array(row.body)).claim.facts as { reason_code: string; service_class: keyof typeof SERVICE_CLASSES };
  const reason = reference.reasons.get(`acceptance_refusal/${reason_code}`);
  return {
    code: row.code, refused_at: row.received_at.toISOString(), refused_text: civilText(row.received_at.getTime()), office_code: row.office_code,
    office_name: reference.offices.get(row.office_code)?.name_vi ?? row.office_code, service_vi: SERVICE_CLASSES[service_class][0], service_en: SERVICE_CLASSES[service_class][1],
    reason_code, reason_vi: reason?.name_vi ?? reason_code, reason_en: reason?.name_en ?? reason_code,
  };
}

/** What the sender takes home. The promise is the loaded transit standard, and until one is loaded it says so. */
export async function receiptData(db: Read, reference: Reference, code: string, caller: Caller) {
  const item = await itemByCode(db, code, caller);
  if (!item) throw new Refused('unknown_unit', { code });
  const standard = reference.limits.get('TL05')?.duration ?? null;
  return {
    code: item.code,
    accepted_at: item.accepted_at,
    accepted_text: civilText(Date.parse(item.accepted_at)),
    office_code: item.accepted_office_code,
    office_name: reference.offices.get(item.accepted_office_code)?.name_vi ?? item.accepted_office_code,
    service_vi: item.service_vi,
    service_en: item.service_en,
    weight_g: item.weight_g,
    transit_standard: standard,
    promise_vi: standard === null ? 'Chưa nạp chỉ tiêu thời gian toàn trình' : `Thời gian toàn trình: ${standard}`,
    promise_en: standard === null ? 'No transit standard is loaded' : `Transit time: ${standard}`,
    head_hash: item.head_hash,
  };
}
