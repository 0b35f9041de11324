// Pre-advice is filed as it was announced: whole or not at all, once for each file and each bag. It moves nothing: the bag
// enters the ledger when it arrives (transport.ts), its items when they are counted (opening.ts).

import { uuid7 } from '../base/id.ts';
import { Refused } from '../base/refusal.ts';
import { manifestDigest } from '../domain/manifest.ts';
import type { Caller } from '../domain/role.ts';
import type { Secrecy, ServiceClass, Scope, Urgency } from '../domain/service.ts';
import { SQLSTATE, sqlState } from '../store/connect.ts';
import type { Write } from '../store/connect.ts';

type Line = {
  line_no: number; code: string; service_class: ServiceClass; scope: Scope; secrecy: Secrecy; urgency: Urgency; appointed_at: number | null; personal_mark: boolean;
  weight_g: number; destination_office_code: string | null;
};
export type PreadviceFile = { digest: Uint8Array; from_office_code: string; bags: readonly { bag_code: string; seal_nos: readonly string[]; gross_g: number | null; lines: readonly Line[] }[] };

/** Id of the pre-advice that a file made before at this office; null: none did. */
export async function filedBefore(db: Write, office_code: string, digest: Uint8Array): Promise<string | null> {
  const row = await db.selectFrom('preadvice').select('preadvice_id').where('office_code', '=', office_code).where('digest', '=', digest).executeTakeFirst();
  return row?.preadvice_id ?? null;
}

/** Files an announcement and returns its id; the same file again gives the same id. Throws a Refused for a bag that is known. */
export async function filePreadvice(db: Write, caller: Caller, office_code: string, file: PreadviceFile, now_ms: number): Promise<string> {
  try {
    return await db.transaction().execute(async (tx) => {
      const known = await tx.selectFrom('unit').select('code').where('code', 'in', file.bags.map((bag) => bag.bag_code)).limit(1).executeTakeFirst();
      if (known) throw new Refused('bag_announced', { bag_code: known.code });
      const preadvice_id = uuid7(now_ms);
      await tx.insertInto('preadvice').values({ preadvice_id, office_code, from_office_code: file.from_office_code, digest: file.digest, received_at: new Date(now_ms), received_by: caller.person_id }).execute();
      for (const { bag_code, seal_nos, gross_g, lines } of file.bags) {
        const announced = await tx
          .insertInto('preadvice_bag')
          .values({
            bag_code, preadvice_id, seal_nos: [...seal_nos], gross_g, item_count: lines.length, list_digest: manifestDigest(lines),
            marked_count: lines.filter((line) => line.secrecy === 'A' || line.secrecy === 'B').length, net_g: lines.reduce((sum, line) => sum + line.weight_g, 0),
          })
          .onConflict((oc) => oc.doNothing())
          .executeTakeFirst();
        if (announced.numInsertedOrUpdatedRows === 0n) throw new Refused('bag_announced', { bag_code });
        await tx.insertInto('preadvice_line').values(lines.map((line) => ({ ...line, bag_code, appointed_at: line.appointed_at === null ? null : new Date(line.appointed_at) }))).execute();
      }
      return preadvice_id;
    });
  } catch (error) {
    // The same file at the same moment: whoever came first filed it.
    const first = sqlState(error) === SQLSTATE.unique_violation ? await filedBefore(db, office_code, file.digest) : null;
    if (first === null) throw error;
    return first;
  }
}
