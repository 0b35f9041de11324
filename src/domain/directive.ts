// An official letter and what becomes of it: the tree of those who got it, what binds each of them, who leads, what was done. Pure.

import { isKind } from './journal.ts';
import type { JournalEntry, JournalFacts } from './journal.ts';

export type Letter = JournalFacts<'directive_entered'>;
export type Party = Letter['addressees'][number];
export type Demand = Letter['demands'][number];
export type Status = 'open' | 'doing' | 'done' | 'not_applicable';
export type Obligation = {
  party_code: string;
  demand_id: string;
  due_on: string | null;
  leader_title: string | null;
  leader_person_id: string | null;
  status: Status;
  note: string | null;
  evidence: JournalFacts<'obligation_reported'>['evidence'];
  reported_at_ms: number | null;
  /** null: not judged since the last report. */
  accepted: boolean | null;
  remark: string | null;
};
export type Directive = {
  directive_id: string;
  /** Office or agency that entered it. */
  place: string;
  entered_at_ms: number;
  letter: Letter;
  parties: Party[];
  acknowledged: Map<string, { at_ms: number; paper_no: string | null }>;
  obligations: Obligation[];
  closed_at_ms: number | null;
};

/** Whether a demand binds a party: by its code, by its kind, or all. */
export const binds = (demand: Demand, party: Party): boolean =>
  demand.binds.some((bound) => bound === 'all' || bound === party.party_code || bound === party.party_kind);

/** null: no entries, or not those of a directive. */
export function foldDirective(entries: readonly JournalEntry[]): Directive | null {
  const [first, ...later] = entries;
  if (!first || !isKind(first, 'directive_entered')) return null;
  const directive: Directive = {
    directive_id: first.matter_id,
    place: first.office_code ?? first.agency_code ?? '',
    entered_at_ms: first.at_ms,
    letter: first.facts,
    parties: [],
    acknowledged: new Map(),
    obligations: [],
    closed_at_ms: null,
  };
  for (const party of first.facts.addressees) admit(directive, party);
  for (const entry of later) apply(directive, entry);
  return directive;
}

function admit(directive: Directive, party: Party): void {
  if (directive.parties.some((known) => known.party_code === party.party_code)) return;
  directive.parties.push(party);
  for (const demand of directive.letter.demands.filter((d) => binds(d, party))) {
    directive.obligations.push({
      party_code: party.party_code,
      demand_id: demand.demand_id,
      due_on: demand.due_on ?? null,
      leader_title: null,
      leader_person_id: null,
      status: 'open',
      note: null,
      evidence: [],
      reported_at_ms: null,
      accepted: null,
      remark: null,
    });
  }
}

function apply(directive: Directive, entry: JournalEntry): void {
  const of = (facts: { party_code: string; demand_id: string }) => obligationOf(directive, facts.party_code, facts.demand_id);
  if (isKind(entry, 'directive_forwarded')) {
    for (const party of entry.facts.to) admit(directive, { ...party, under: entry.facts.from_party });
  } else if (isKind(entry, 'directive_acknowledged')) {
    const { party_code, paper_no = null } = entry.facts;
    if (!directive.acknowledged.has(party_code)) directive.acknowledged.set(party_code, { at_ms: entry.at_ms, paper_no });
  } else if (isKind(entry, 'leader_named')) {
    Object.assign(of(entry.facts) ?? {}, { leader_title: entry.facts.leader_title, leader_person_id: entry.facts.person_id ?? null });
  } else if (isKind(entry, 'obligation_reported')) {
    const { status, note = null, evidence } = entry.facts;
    Object.assign(of(entry.facts) ?? {}, { status, note, evidence, reported_at_ms: entry.at_ms, accepted: null, remark: null });
  } else if (isKind(entry, 'obligation_judged')) {
    const { accepted, remark = null } = entry.facts;
    // What is sent back is to be done again.
    Object.assign(of(entry.facts) ?? {}, { accepted, remark, ...(accepted ? {} : { status: 'doing' }) });
  } else if (entry.kind === 'directive_closed') directive.closed_at_ms ??= entry.at_ms;
}

export function obligationOf(directive: Directive, party_code: string, demand_id: string): Obligation | undefined {
  return directive.obligations.find((o) => o.party_code === party_code && o.demand_id === demand_id);
}

/** How it stands on a civil day: a due day itself is still in time. */
export const isLate = (obligation: Obligation, today: string): boolean =>
  obligation.due_on !== null && today > obligation.due_on && (obligation.status === 'open' || obligation.status === 'doing');
