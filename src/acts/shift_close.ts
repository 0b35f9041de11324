// Closing a shift hands the stock over: opening + in - out = closing, by count, weight and class, from the ledger's own rows.
// The giver counts blind first; the receiver confirms by badge and PIN. Moves no custody: what a person holds, they still hold.
//
// Stock of an office: every living unit that a person there holds by the last entry of its chain. What is in a bag is counted as
// that bag. The opening stock is the list kept by the closing before; each entry since then moves a unit in or out of stock.

import { sql } from 'kysely';
import { Refused } from '../base/refusal.ts';
import { civilDate } from '../base/time.ts';
import { weightDrifts } from '../domain/decide.ts';
import type { Caller } from '../domain/role.ts';
import { FINAL_STATES } from '../domain/state.ts';
import { entryOf } from '../ledger/entry.ts';
import type { Entry } from '../ledger/entry.ts';
import { officeAfter } from '../ledger/project.ts';
import { secondPerson } from '../store/confirmation.ts';
import type { Write } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';

export const MAIL_CLASSES = ['kt1', 'letter', 'parcel', 'printed_matter', 'bag'] as const;
export type MailClass = (typeof MAIL_CLASSES)[number];
export type BlindLine = { mail_class: MailClass; count: number; weight_g: number | null };
type Piece = { unit_id: string; mail_class: MailClass; weight_g: number };
type Sums = { opening_count: number; in_count: number; out_count: number; closing_count: number; opening_weight_g: number; in_weight_g: number; out_weight_g: number; closing_weight_g: number };
export type Balance = Sums & { mail_class: MailClass; blind_count: number; blind_weight_g: number | null; blind_differs: boolean };

/** What the giver counted, not being told what is expected. May be counted again until the shift closes; each time is noted. */
export async function countBlind(db: Write, caller: Caller, lines: readonly BlindLine[], now_ms: number): Promise<{ shift_id: string; attempts: number }> {
  return db.transaction().execute(async (tx) => {
    const { shift_id, blind_attempts } = await lockShift(tx, caller);
    const given = new Map(lines.map((line) => [line.mail_class, line]));
    await tx
      .insertInto('shift_balance')
      .values(MAIL_CLASSES.map((mail_class) => ({ shift_id, mail_class, blind_count: given.get(mail_class)?.count ?? 0, blind_weight_g: given.get(mail_class)?.weight_g ?? null })))
      .onConflict((oc) => oc.columns(['shift_id', 'mail_class']).doUpdateSet((eb) => ({ blind_count: eb.ref('excluded.blind_count'), blind_weight_g: eb.ref('excluded.blind_weight_g') })))
      .execute();
    const attempts = blind_attempts + 1;
    await tx.updateTable('shift').set({ blind_counted_at: new Date(now_ms), blind_counted_by: caller.person_id, blind_attempts: attempts }).where('shift_id', '=', shift_id).execute();
    return { shift_id, attempts };
  });
}

export type Closing = { confirmation_hash: Uint8Array; forced_reason_code: string | null };

/** Closes the open shift of the caller's office; of two at once, one wins and the other finds no open shift. */
export async function closeShift(db: Write, caller: Caller, closing: Closing, now_ms: number): Promise<{ shift_id: string; handed_to: string; balances: Balance[] }> {
  return db.transaction().execute(async (tx) => {
    const shift = await lockShift(tx, caller);
    const { office_code, shift_id } = shift;
    if (shift.blind_counted_at === null || shift.blind_counted_by !== caller.person_id) throw new Refused('blind_count_needed', { office_code });
    const handed_to = await secondPerson(tx, caller, closing.confirmation_hash, 'shift.open', shift_id, now_ms);
    await refuseWhatIsUnfinished(tx, office_code, now_ms);
    const differences = await openDifferences(tx, office_code);
    if (differences > 0 && closing.forced_reason_code === null) throw new Refused('shift_differences_open', { count: differences });

    const before = await tx.selectFrom('shift').select(['shift_id', 'closed_at']).where('office_code', '=', office_code).where('closed_at', 'is not', null).orderBy('closed_at', 'desc').limit(1).executeTakeFirst();
    const opening = before ? await stockKept(tx, before.shift_id) : [];
    const stock = await stockNow(tx, office_code);
    // The first closing of an office finds its stock as something that came in.
    const since = before?.closed_at ?? shift.opened_at;
    const entries = await entriesSince(tx, office_code, since, [...opening, ...stock].map((piece) => piece.unit_id));
    const { sums, moved_at } = balance(office_code, opening, stock, entries);
    const moved = moved_at.filter((at) => at > (shift.blind_counted_at?.getTime() ?? 0)).length;
    if (moved > 0) throw new Refused('blind_count_stale', { count: moved });

    const counted = await tx.selectFrom('shift_balance').select(['mail_class', 'blind_count', 'blind_weight_g']).where('shift_id', '=', shift_id).execute();
    const balances = MAIL_CLASSES.map((mail_class): Balance => {
      const line = counted.find((row) => row.mail_class === mail_class);
      const [blind_count, blind_weight_g] = [line?.blind_count ?? 0, line?.blind_weight_g ?? null];
      const sum = sums[mail_class];
      const blind_differs = blind_count !== sum.closing_count || (blind_weight_g !== null && weightDrifts(sum.closing_weight_g, blind_weight_g));
      return { mail_class, blind_count, blind_weight_g, blind_differs, ...sum };
    });
    // Says that it differs and in how many classes, never by how much: whoever counts again does so blind.
    const differing = balances.filter((line) => line.blind_differs).length;
    if (differing > 0 && closing.forced_reason_code === null) throw new Refused('blind_count_differs', { count: differing });

    for (const { mail_class, blind_count: _, blind_weight_g: __, ...row } of balances) {
      await tx.updateTable('shift_balance').set(row).where('shift_id', '=', shift_id).where('mail_class', '=', mail_class).execute();
    }
    for (let i = 0; i < stock.length; i += 5_000) await tx.insertInto('shift_stock').values(stock.slice(i, i + 5_000).map((piece) => ({ shift_id, ...piece }))).execute();
    const forced_reason_code = differences + differing > 0 ? closing.forced_reason_code : null;
    await tx.updateTable('shift').set({ closed_at: new Date(now_ms), closed_by: caller.person_id, handed_to, forced_reason_code }).where('shift_id', '=', shift_id).execute();
    return { shift_id, handed_to, balances };
  });
}

async function lockShift(tx: Write, caller: Caller) {
  const office_code = caller.office_code ?? '';
  const shift = await tx.selectFrom('shift').select(['shift_id', 'office_code', 'opened_at', 'blind_counted_at', 'blind_counted_by', 'blind_attempts']).where('office_code', '=', office_code).where('closed_at', 'is', null).forUpdate().executeTakeFirst();
  if (!shift) throw new Refused('no_open_shift', { office_code });
  return shift;
}

/** What no reason excuses: a unit nobody here answers for, an offer without answer, a bag in the middle of its count. */
async function refuseWhatIsUnfinished(tx: Write, office_code: string, now_ms: number): Promise<void> {
  const counting = await tx.selectFrom('opening').innerJoin('unit', 'unit.unit_id', 'opening.bag_id').select('unit.code').where('opening.office_code', '=', office_code).where('opening.state', '=', 'counting').executeTakeFirst();
  if (counting) throw new Refused('shift_bag_counting', { bag_code: counting.code });
  const offers = await tx.selectFrom('handover').select(sql<number>`count(*)`.as('count')).where('office_code', '=', office_code).where('state', '=', 'offered').executeTakeFirstOrThrow();
  if (offers.count > 0) throw new Refused('shift_handover_waits', { count: offers.count });
  const orphan = await tx
    .selectFrom('unit')
    .select('code')
    .where('office_code', '=', office_code)
    .where('custodian_kind', '=', 'person')
    .where('state', 'not in', [...FINAL_STATES])
    .where('superseded_by', 'is', null)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('person_role').select('person_role.role').where(sql<boolean>`person_role.person_id::text = unit.custodian_ref`).where('person_role.office_code', '=', office_code).where(holdsOn(civilDate(now_ms))))),
    )
    .orderBy('code')
    .executeTakeFirst();
  if (orphan) throw new Refused('shift_unit_in_no_hands', { code: orphan.code });
}

async function openDifferences(tx: Write, office_code: string): Promise<number> {
  const { count } = await tx
    .selectFrom('discrepancy')
    .select(sql<number>`count(*)`.as('count'))
    .where('office_found', '=', office_code)
    .where('discrepancy.state', 'in', ['open', 'contested'])
    .executeTakeFirstOrThrow();
  return count;
}

const stockKept = async (tx: Write, shift_id: string): Promise<Piece[]> =>
  (await tx.selectFrom('shift_stock').select(['unit_id', 'mail_class', 'weight_g']).where('shift_id', '=', shift_id).execute()) as Piece[];

/** The same rule as `inStock`, over the rows as they are. */
async function stockNow(tx: Write, office_code: string): Promise<Piece[]> {
  const rows = await tx
    .selectFrom('unit')
    .leftJoin('item', 'item.unit_id', 'unit.unit_id')
    .leftJoin('bag', 'bag.unit_id', 'unit.unit_id')
    .select(['unit.unit_id', sql<MailClass>`coalesce(item.service_class, 'bag')`.as('mail_class'), sql<number>`coalesce(item.weight_g, bag.gross_g, 0)`.as('weight_g')])
    .where('unit.office_code', '=', office_code)
    .where('unit.custodian_kind', '=', 'person')
    .where('unit.state', 'not in', [...FINAL_STATES])
    .execute();
  return rows;
}

type Step = { entry: Entry; mail_class: MailClass; weight_g: number };

/** Entries since the last closing of every unit that was, is or passed through here, in the order of each chain. */
async function entriesSince(tx: Write, office_code: string, since: Date, unit_ids: readonly string[]): Promise<Step[]> {
  const rows = await tx
    .selectFrom('checkpoint')
    .leftJoin('item', 'item.unit_id', 'checkpoint.unit_id')
    .leftJoin('bag', 'bag.unit_id', 'checkpoint.unit_id')
    .select(['checkpoint.body', sql<MailClass>`coalesce(item.service_class, 'bag')`.as('mail_class'), sql<number>`coalesce(item.weight_g, bag.gross_g, 0)`.as('weight_g')])
    .where('checkpoint.received_at', '>', since)
    .where((eb) =>
      eb.or([
        eb('checkpoint.unit_id', '=', sql<string>`any(${unit_ids}::uuid[])`),
        eb('checkpoint.unit_id', 'in', eb.selectFrom('checkpoint as here').select('here.unit_id').where('here.received_at', '>', since).where('here.office_code', '=', office_code)),
      ]),
    )
    .orderBy('checkpoint.unit_id')
    .orderBy('checkpoint.unit_seq')
    .execute();
  return rows.map(({ body, ...row }) => ({ ...row, entry: entryOf(new Uint8Array(body)) }));
}

/** Whether a unit is in the stock of an office after an entry. */
const inStock = (entry: Entry, office_code: string, before: string | null): boolean =>
  entry.custodian.kind === 'person' && !FINAL_STATES.has(entry.state) && officeAfter(entry, before) === office_code;

/**
 * Walks each unit from where the last closing left it to where it is now. The identity holds by construction, even for an entry
 * that committed late and bears a time before the last closing: the lists kept at both ends decide, times only tell the way.
 */
export function balance(office_code: string, opening: readonly Piece[], stock: readonly Piece[], steps: readonly Step[]): { sums: { [C in MailClass]: Sums }; moved_at: number[] } {
  const none = (): Sums => ({ opening_count: 0, in_count: 0, out_count: 0, closing_count: 0, opening_weight_g: 0, in_weight_g: 0, out_weight_g: 0, closing_weight_g: 0 });
  const sums = { kt1: none(), letter: none(), parcel: none(), printed_matter: none(), bag: none() };
  const moved_at: number[] = [];
  const inside = new Map<string, Piece>();
  const office = new Map<string, string>();
  const move = (piece: Piece, way: 'in' | 'out'): void => {
    sums[piece.mail_class][`${way}_count`] += 1;
    sums[piece.mail_class][`${way}_weight_g`] += piece.weight_g;
    if (way === 'in') inside.set(piece.unit_id, piece);
    else inside.delete(piece.unit_id);
  };
  for (const piece of opening) {
    sums[piece.mail_class].opening_count += 1;
    sums[piece.mail_class].opening_weight_g += piece.weight_g;
    inside.set(piece.unit_id, piece);
    office.set(piece.unit_id, office_code);
  }
  for (const { entry, mail_class, weight_g } of steps) {
    const known = inside.get(entry.unit_id);
    const here = inStock(entry, office_code, office.get(entry.unit_id) ?? null);
    office.set(entry.unit_id, officeAfter(entry, office.get(entry.unit_id) ?? null));
    if (here === (known !== undefined)) continue;
    move(known ?? { unit_id: entry.unit_id, mail_class, weight_g }, here ? 'in' : 'out');
    moved_at.push(entry.received_at);
  }
  const now = new Map(stock.map((piece) => [piece.unit_id, piece]));
  for (const piece of inside.values()) if (!now.has(piece.unit_id)) move(piece, 'out');
  for (const piece of stock) {
    const known = inside.get(piece.unit_id);
    if (known === undefined) move(piece, 'in');
    else sums[piece.mail_class][piece.weight_g > known.weight_g ? 'in_weight_g' : 'out_weight_g'] += Math.abs(piece.weight_g - known.weight_g);
    sums[piece.mail_class].closing_count += 1;
    sums[piece.mail_class].closing_weight_g += piece.weight_g;
  }
  return { sums, moved_at };
}
