// Enrolling a device: an administrator makes a one-time code, the device answers with its public key and a proof that it
// holds the private one. What devices may sign stands in the log, as the keys of the log itself do.

import { randomBytes } from 'node:crypto';
import { utf8 } from '../base/bytes.ts';
import { uuid7, uuidBytes } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { ENROLMENT_CONTEXT } from '../domain/claim.ts';
import { keyProblem, verifySignature } from '../domain/key.ts';
import type { Caller } from '../domain/role.ts';
import type { Store, Write } from '../store/connect.ts';
import { sha256 } from '../ledger/entry.ts';
import { noteRecord } from '../ledger/log_record.ts';

const CODE_MINUTES = 30;
const CODE_LETTERS = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Twelve letters that survive being read out over a telephone: 58 bits, once, for half an hour. */
export async function makeEnrolmentCode(db: Write, caller: Caller, office_code: string, now_ms: number): Promise<{ code: string; expires_at: string }> {
  const code = [...randomBytes(12)].map((byte) => CODE_LETTERS[byte % CODE_LETTERS.length]).join('');
  const expires = new Date(now_ms + CODE_MINUTES * 60_000);
  await db
    .insertInto('enrolment_code')
    .values({ code_hash: sha256(utf8(code)), office_code, created_by: caller.person_id, created_at: new Date(now_ms), expires_at: expires, used_at: null })
    .execute();
  return { code, expires_at: expires.toISOString() };
}

export type Enrolment = { code: string; name: string; public_key: Uint8Array; signature: Uint8Array };

/** `signature`: over ENROLMENT_CONTEXT followed by the code. The code is used up by the first good key. */
export async function enrolDevice(store: Store, input: Enrolment, now_ms: number): Promise<{ device_id: string; office_code: string }> {
  const problem = keyProblem(input.public_key);
  if (problem !== null) throw new Refused('bad_public_key', { problem_vi: problem, problem_en: problem });
  if (!(await verifySignature(input.public_key, input.signature, utf8(ENROLMENT_CONTEXT + input.code)))) throw new Refused('bad_signature');
  return store.write.transaction().execute(async (tx) => {
    const used = await tx
      .updateTable('enrolment_code')
      .set({ used_at: new Date(now_ms) })
      .where('code_hash', '=', sha256(utf8(input.code)))
      .where('used_at', 'is', null)
      .where('expires_at', '>', new Date(now_ms))
      .returning(['office_code', 'created_by'])
      .executeTakeFirst();
    if (!used) throw new Refused('enrolment_code_invalid');
    const device_id = uuid7(now_ms);
    const made = await tx
      .insertInto('device')
      .values({
        device_id,
        name: input.name,
        office_code: used.office_code,
        public_key: input.public_key,
        enrolled_at: new Date(now_ms),
        enrolled_by: used.created_by,
      })
      .onConflict((conflict) => conflict.column('public_key').doNothing())
      .returning('device_id')
      .executeTakeFirst();
    if (!made) throw new Refused('bad_public_key', { problem_vi: 'khóa đã được đăng ký', problem_en: 'already enrolled' });
    await noteRecord(tx, now_ms, { kind: 'device_added', facts: { device_id: uuidBytes(device_id), public_key: new Uint8Array(input.public_key), office_code: used.office_code } });
    return { device_id, office_code: used.office_code };
  });
}

/** Revocation acts at the device's next request: its sessions stop being sessions. */
export async function revokeDevice(db: Write, caller: Caller, device_id: string, now_ms: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const result = await tx
      .updateTable('device')
      .set({ revoked_at: new Date(now_ms), revoked_by: caller.person_id })
      .where('device_id', '=', device_id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) throw new Refused('unknown_device');
    await noteRecord(tx, now_ms, { kind: 'device_revoked', facts: { device_id: uuidBytes(device_id) } });
  });
}
