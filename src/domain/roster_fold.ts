// A duty roster as its entries leave it: posts, assignments with substitutes, swaps asked for, notes, calls. Pure.

import { isKind } from './journal.ts';
import type { JournalEntry } from './journal.ts';
import { spanOf } from './roster.ts';
import type { Assignment, CallOut, Needed, Replacement, Span } from './roster.ts';

export type RosterAssignment = Assignment & { acknowledged_at_ms: number | null; swap_to: string | null; replacements: Replacement[] };
export type RosterCall = CallOut & {
  call_id: string;
  about: string;
  matter_id: string | null;
  called_by: string | null;
  acknowledged_by: string | null;
};
export type Roster = Span & {
  roster_id: string;
  office_code: string;
  title: string;
  period_id: string | null;
  escalate_after_minutes: number;
  posts: Needed[];
  assignments: RosterAssignment[];
  notes: { at_ms: number; person_id: string | null; lines: readonly string[]; open_matters: readonly string[] }[];
  calls: RosterCall[];
};

/** null: no entries, or not those of a roster. */
export function foldRoster(entries: readonly JournalEntry[]): Roster | null {
  const [first, ...later] = entries;
  if (!first || !isKind(first, 'roster_planned')) return null;
  const { facts } = first;
  const roster: Roster = {
    roster_id: first.matter_id,
    office_code: facts.office_code,
    title: facts.title,
    period_id: facts.period_id ?? null,
    escalate_after_minutes: facts.escalate_after_minutes,
    posts: facts.posts.map(({ post, needed }) => ({ post, needed })),
    from_ms: Date.parse(facts.from_at),
    to_ms: Date.parse(facts.to_at),
    assignments: [],
    notes: [],
    calls: [],
  };
  for (const entry of later) apply(roster, entry);
  return roster;
}

function apply(roster: Roster, entry: JournalEntry): void {
  const of = (assignment_id: string) => roster.assignments.find((a) => a.assignment_id === assignment_id);
  if (isKind(entry, 'duty_assigned')) {
    const { assignment_id, post, person_id, on, from, to } = entry.facts;
    const span = spanOf(on, from, to);
    roster.assignments.push({ assignment_id, post, person_id, ...span, acknowledged_at_ms: null, swap_to: null, replacements: [] });
  } else if (isKind(entry, 'duty_withdrawn')) {
    roster.assignments = roster.assignments.filter((a) => a.assignment_id !== entry.facts.assignment_id);
  } else if (isKind(entry, 'duty_acknowledged')) {
    const assignment = of(entry.facts.assignment_id);
    if (assignment) assignment.acknowledged_at_ms ??= entry.at_ms;
  } else if (isKind(entry, 'duty_replaced')) {
    const { assignment_id, person_id, from_at, to_at } = entry.facts;
    const replacement = { person_id, from_ms: Date.parse(from_at), to_ms: Date.parse(to_at) };
    of(assignment_id)?.replacements.push(replacement);
  } else if (isKind(entry, 'swap_asked')) {
    const assignment = of(entry.facts.assignment_id);
    if (assignment) assignment.swap_to = entry.facts.person_id;
  } else if (isKind(entry, 'swap_accepted')) {
    const assignment = of(entry.facts.assignment_id);
    if (!assignment?.swap_to) return;
    assignment.replacements.push({ person_id: assignment.swap_to, from_ms: assignment.from_ms, to_ms: assignment.to_ms });
    assignment.swap_to = null;
    assignment.acknowledged_at_ms = entry.at_ms;
  } else if (isKind(entry, 'handover_noted')) {
    roster.notes.push({
      at_ms: entry.at_ms,
      person_id: entry.person_id,
      lines: entry.facts.lines,
      open_matters: entry.facts.open_matters ?? [],
    });
  } else if (isKind(entry, 'called_out')) {
    const { call_id, about, matter_id = null, ladder } = entry.facts;
    const escalate_after_minutes = roster.escalate_after_minutes;
    roster.calls.push({
      call_id,
      about,
      matter_id,
      ladder,
      at_ms: entry.at_ms,
      called_by: entry.person_id,
      escalate_after_minutes,
      acknowledged_at_ms: null,
      acknowledged_by: null,
    });
  } else if (isKind(entry, 'call_acknowledged')) {
    const call = roster.calls.find((c) => c.call_id === entry.facts.call_id);
    if (call && call.acknowledged_at_ms === null)
      Object.assign(call, { acknowledged_at_ms: entry.at_ms, acknowledged_by: entry.person_id });
  }
}
