// Pre-advice as people see it: what was announced to an office and has not arrived, and one announcement with its lines.

import { hex } from '../base/bytes.ts';
import { instant } from '../base/time.ts';
import { clears } from '../domain/role.ts';
import type { Caller } from '../domain/role.ts';
import { serviceWords } from '../domain/service.ts';
import type { Secrecy, ServiceClass, Urgency } from '../domain/service.ts';
import type { Read } from '../store/connect.ts';

/** Bags announced to an office that have not arrived anywhere, the oldest announcement first. */
export async function announcedTo(db: Read, office_code: string, limit: number) {
  const rows = await db
    .selectFrom('preadvice')
    .innerJoin('preadvice_bag', 'preadvice_bag.preadvice_id', 'preadvice.preadvice_id')
    .leftJoin('unit', 'unit.code', 'preadvice_bag.bag_code')
    .select(['preadvice.preadvice_id', 'preadvice.from_office_code', 'preadvice.received_at', 'preadvice_bag.bag_code', 'preadvice_bag.item_count', 'preadvice_bag.marked_count', 'preadvice_bag.net_g', 'preadvice_bag.gross_g'])
    .where('preadvice.office_code', '=', office_code)
    .where('unit.unit_id', 'is', null)
    .orderBy('preadvice.preadvice_id')
    .orderBy('preadvice_bag.bag_code')
    .limit(limit)
    .execute();
  return rows.map(({ received_at, marked_count, ...row }) => ({ ...row, received_at: instant(received_at.getTime()), two_persons: marked_count > 0 }));
}

/**
 * One announcement to an office. Seals are not shown before the bag has been opened: whoever opens it reads them first. Marks
 * are shown to those cleared for them. null: there is none at this office.
 */
export async function preadviceById(db: Read, preadvice_id: string, office_code: string, caller: Caller) {
  const file = await db
    .selectFrom('preadvice')
    .innerJoin('person', 'person.person_id', 'preadvice.received_by')
    .select(['preadvice.from_office_code', 'preadvice.digest', 'preadvice.received_at', 'person.full_name'])
    .where('preadvice_id', '=', preadvice_id)
    .where('office_code', '=', office_code)
    .executeTakeFirst();
  if (!file) return null;
  const bags = await db
    .selectFrom('preadvice_bag')
    .leftJoin('unit', (join) => join.onRef('unit.code', '=', 'preadvice_bag.bag_code').on('unit.superseded_by', 'is', null))
    .select(['bag_code', 'seal_nos', 'preadvice_bag.gross_g', 'item_count', 'marked_count', 'net_g', 'list_digest', 'unit.state'])
    .where('preadvice_id', '=', preadvice_id)
    .orderBy('bag_code')
    .execute();
  const lines = await db
    .selectFrom('preadvice_line')
    .innerJoin('preadvice_bag', 'preadvice_bag.bag_code', 'preadvice_line.bag_code')
    .select(['preadvice_line.bag_code', 'line_no', 'code', 'service_class', 'secrecy', 'urgency', 'weight_g', 'destination_office_code'])
    .where('preadvice_id', '=', preadvice_id)
    .orderBy('line_no')
    .execute();
  return {
    preadvice_id, from_office_code: file.from_office_code, digest: hex(file.digest), received_at: instant(file.received_at.getTime()), received_by: file.full_name,
    bags: bags.map((bag) => {
      const opened = bag.state === 'unsealed' || bag.state === 'emptied';
      return {
        bag_code: bag.bag_code, state: bag.state ?? 'announced', item_count: bag.item_count, two_persons: bag.marked_count > 0, net_g: bag.net_g, gross_g: bag.gross_g,
        seal_nos: opened ? bag.seal_nos : null, list_digest: hex(bag.list_digest),
        lines: lines.filter((line) => line.bag_code === bag.bag_code).map(({ line_no, code, service_class, secrecy, urgency, weight_g, destination_office_code }) => {
          const mark = clears(caller.clearance, secrecy as Secrecy) ? (secrecy as Secrecy) : null;
          return { line_no, code, urgency, weight_g, destination_office_code, secrecy: mark, service_vi: serviceWords(service_class as ServiceClass, mark ?? 'NONE', urgency as Urgency, 'vi'), service_en: serviceWords(service_class as ServiceClass, mark ?? 'NONE', urgency as Urgency, 'en') };
        }),
      };
    }),
  };
}
