// The machines that are enrolled, by office: what an administrator looks through before one is revoked.

import { instant } from '../base/time.ts';
import type { Read } from '../store/connect.ts';

const DEVICES_MAX = 1_000;

/** Machines in use first, the newest first. */
export async function devicesOf(db: Read) {
  const rows = await db
    .selectFrom('device')
    .innerJoin('person', 'person.person_id', 'device.enrolled_by')
    .select(['device.device_id', 'device.name', 'device.office_code', 'device.enrolled_at', 'device.revoked_at', 'person.full_name'])
    .orderBy((eb) => eb('device.revoked_at', 'is not', null))
    .orderBy('device.device_id', 'desc')
    .limit(DEVICES_MAX)
    .execute();
  return rows.map(({ full_name, enrolled_at, revoked_at, ...row }) => ({ ...row, enrolled_at: instant(enrolled_at.getTime()), enrolled_by: full_name, revoked_at: revoked_at === null ? null : instant(revoked_at.getTime()) }));
}
