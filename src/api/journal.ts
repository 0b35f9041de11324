// What the five kinds of matter share on the wire: one body for whatever can be added to them, one answer, one way in.

import { Refused } from '../base/refusal.ts';
import { sha256Text } from '../acts/session.ts';
import { noteTurns, record, turnsDue } from '../acts/journal.ts';
import type { Effect, Given } from '../acts/journal.ts';
import { Uuid7 } from '../domain/facts.ts';
import { JOURNAL, JOURNAL_FACTS } from '../domain/journal.ts';
import type { JournalKind, MatterKind } from '../domain/journal.ts';
import { byMatter, entriesOfKind } from '../ledger/journal.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { z } from './edge.ts';
import type { Edge } from './edge.ts';

/** Kinds that the program writes itself: the clock's, and what is drawn from the ledger. */
const OWN_WAY: readonly JournalKind[] = ['report_drawn'];

export const Row = z.record(z.string(), z.unknown()).openapi('DutyRow');
export const Rows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) }).openapi('DutyRows');
export const Recorded = z.object({ matter_id: z.string(), entry_no: z.int(), kind: z.string(), at: z.string() }).openapi('JournalRecorded');

/** Everything that can be added to a kind of matter, told apart by `kind`. `matter_id` is left out by what begins a matter. */
export function entryInput(matter: MatterKind) {
  const kinds = (Object.keys(JOURNAL) as JournalKind[]).filter((kind) => JOURNAL[kind].matter === matter && JOURNAL[kind].permission !== null && !OWN_WAY.includes(kind));
  const shapes = kinds.map((kind) =>
    z
      .strictObject({
        kind: z.literal(kind),
        ...(JOURNAL[kind].opens ? {} : { matter_id: Uuid7 }),
        facts: JOURNAL_FACTS[kind],
        ...(JOURNAL[kind].second === null ? {} : { confirmation: z.string().regex(/^[A-Za-z0-9_-]{43}$/).optional().meta({ description: "Second person's one-time confirmation" }) }),
      })
      .openapi(`Journal_${kind}`, { description: `${JOURNAL[kind].vi} / ${JOURNAL[kind].en}` }),
  );
  return z.discriminatedUnion('kind', shapes as unknown as [(typeof shapes)[number], ...typeof shapes]);
}

type Posted = { kind: JournalKind; matter_id?: string; facts: Given['facts']; confirmation?: string };

export async function recordPosted(c: Edge, posted: unknown, effect?: Effect) {
  const { kind, matter_id = null, facts, confirmation } = posted as Posted;
  const { store, clock, reference, forget } = c.get('services');
  const given = { kind, matter_id, facts, confirmation_hash: confirmation === undefined ? null : sha256Text(confirmation) };
  const recorded = await record(store.write, c.get('caller'), given, await reference(), clock(), effect);
  // An order acts at once here; elsewhere within half a second.
  if (JOURNAL[kind].matter === 'period') forget();
  return recorded;
}

/** Entries of all periods; what has begun or ended by the clock is noted on the way. */
export async function periodEntries(c: Edge): Promise<Map<string, JournalEntry[]>> {
  const { store, clock } = c.get('services');
  const matters = byMatter(await entriesOfKind(store.read, 'period'));
  const now_ms = clock();
  if (![...matters.values()].some((entries) => turnsDue(entries, now_ms).length > 0)) return matters;
  await noteTurns(store.write, now_ms);
  return byMatter(await entriesOfKind(store.read, 'period'));
}

export function officeAsked(c: Edge, office_code: string | undefined): string {
  const own = office_code ?? c.get('caller').office_code;
  if (own === null) throw new Refused('wrong_office', { office_code: null });
  return own;
}
