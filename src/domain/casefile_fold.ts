// A casefile as its entries leave it: units, parties, lead, requests, tasks, proposals, notices, the end. Pure. Entries that one
// party alone may see change nothing that all rest on, so every party folds to the same casefile.

import { CASE_STAGE, DECISIONS, isCaseKind, isClosed } from './casefile.ts';
import type { CaseEntry, CaseFacts, CaseState, DecisionCode, Outcome, RequestKind, Severity } from './casefile.ts';

type By = { no: number; at_ms: number; person_id: string; party_code: string };
export type CaseUnit = { code: string; added_no: number; dropped_no: number | null; release_no: number | null };
export type Grant = {
  grant_no: number;
  party_code: string;
  person_ids: readonly string[] | null;
  granted_at_ms: number;
  until_ms: number | null;
  revoke_no: number | null;
  revoked_at_ms: number | null;
};
export type CaseRequest = By & {
  request: RequestKind;
  to: string;
  unit_codes: readonly string[];
  due_at_ms: number | null;
  answer: (By & { answer: CaseFacts<'answered'>['answer']; checkpoint_id: string | null }) | null;
  withdrawn_no: number | null;
};
export type CaseTask = By & {
  task: CaseFacts<'task_set'>['task'];
  for_party: string;
  for_person: string | null;
  due_at_ms: number | null;
  only_party: string | null;
  ended: (By & { done: boolean }) | null;
};
export type Proposal = By & {
  facts: CaseFacts<'proposed'>;
  state: 'open' | 'approved' | 'rejected' | 'withdrawn';
  decided: By | null;
  why_not: string | null;
};
export type CaseNotice = By &
  Omit<CaseFacts<'notice_given'>, 'party_code'> & { notified_party: string; acknowledged: (By & { acknowledged_at: string }) | null };

export type Casefile = {
  casefile_id: string;
  opened: By & CaseFacts<'case_opened'>;
  state: CaseState;
  severity: Severity;
  /** Who took it up when it was last triaged; null: nobody by name. */
  taken_by: string | null;
  lead_party: string;
  lead_offer: (By & { to: string }) | null;
  units: CaseUnit[];
  grants: Grant[];
  requests: CaseRequest[];
  tasks: CaseTask[];
  proposals: Proposal[];
  notices: CaseNotice[];
  inspections: (By & CaseFacts<'inspection_held'>)[];
  held: { code: string; checkpoint_id: string; no: number }[];
  closed: (By & CaseFacts<'case_closed'>) | null;
  last_no: number;
};

const byOf = ({ entry_no, at_ms, person_id, party_code }: CaseEntry): By => ({ no: entry_no, at_ms, person_id, party_code });

/** null: no entries, or they do not begin with an opening. */
export function foldCase(entries: readonly CaseEntry[]): Casefile | null {
  const [first, ...later] = entries;
  if (!first || !isCaseKind(first, 'case_opened')) return null;
  const { facts, at_ms, party_code } = first;
  const file: Casefile = {
    casefile_id: first.casefile_id,
    opened: { ...byOf(first), ...facts },
    state: 'flagged',
    severity: facts.severity,
    taken_by: null,
    lead_party: party_code,
    lead_offer: null,
    units: facts.unit_codes.map((code) => ({ code, added_no: 1, dropped_no: null, release_no: null })),
    grants: [{ grant_no: 1, party_code, person_ids: null, granted_at_ms: at_ms, until_ms: null, revoke_no: null, revoked_at_ms: null }],
    requests: [],
    tasks: [],
    proposals: [],
    notices: [],
    inspections: [],
    held: [],
    closed: null,
    last_no: 1,
  };
  for (const entry of later) {
    foldEntry(file, entry);
    file.last_no = entry.entry_no;
  }
  return file;
}

/** A casefile comes further and never goes back. */
function reach(file: Casefile, state: CaseState): void {
  if (!isClosed(file.state) && CASE_STAGE.indexOf(state) > CASE_STAGE.indexOf(file.state)) file.state = state;
}

const numbered = <T extends { no: number }>(rows: readonly T[], no: number): T | undefined => rows.find((row) => row.no === no);

function foldEntry(file: Casefile, entry: CaseEntry): void {
  const by = byOf(entry);
  if (isCaseKind(entry, 'triaged')) {
    file.severity = entry.facts.severity;
    file.taken_by = entry.facts.person_id ?? null;
    reach(file, 'triage');
  } else if (isCaseKind(entry, 'unit_added'))
    file.units.push({ code: entry.facts.code, added_no: by.no, dropped_no: null, release_no: null });
  else if (isCaseKind(entry, 'unit_dropped')) {
    const unit = unitIn(file, entry.facts.code);
    if (unit) unit.dropped_no = by.no;
  } else if (isCaseKind(entry, 'hold_noted')) {
    file.held.push({ ...entry.facts, no: by.no });
    reach(file, 'held');
  } else if (isCaseKind(entry, 'notice_given')) {
    const { party_code: notified_party, ...told } = entry.facts;
    file.notices.push({ ...by, ...told, notified_party, acknowledged: null });
    reach(file, 'notified');
  } else if (isCaseKind(entry, 'notice_acknowledged')) {
    const notice = numbered(file.notices, entry.facts.notice_no);
    if (notice) notice.acknowledged ??= { ...by, acknowledged_at: entry.facts.acknowledged_at };
  } else if (isCaseKind(entry, 'inspection_held')) {
    file.inspections.push({ ...by, ...entry.facts });
    reach(file, 'joint_inspection');
  } else if (isCaseKind(entry, 'case_closed')) {
    file.closed = { ...by, ...entry.facts };
    file.state = entry.facts.outcome;
  } else foldPeople(file, entry, by);
}

function foldPeople(file: Casefile, entry: CaseEntry, by: By): void {
  if (isCaseKind(entry, 'party_added')) {
    const { party_code, person_ids = null, until_at } = entry.facts;
    file.grants.push({
      grant_no: by.no,
      party_code,
      person_ids,
      granted_at_ms: by.at_ms,
      until_ms: until_at === undefined ? null : Date.parse(until_at),
      revoke_no: null,
      revoked_at_ms: null,
    });
  } else if (isCaseKind(entry, 'party_revoked')) {
    const grant = file.grants.find((g) => g.grant_no === entry.facts.grant_no);
    if (grant) Object.assign(grant, { revoke_no: by.no, revoked_at_ms: by.at_ms });
  } else if (isCaseKind(entry, 'lead_offered')) file.lead_offer = { ...by, to: entry.facts.party_code };
  else if (isCaseKind(entry, 'lead_accepted')) {
    file.lead_party = by.party_code;
    file.lead_offer = null;
  } else if (isCaseKind(entry, 'asked')) {
    const { request, to, unit_codes, due_at } = entry.facts;
    file.requests.push({
      ...by,
      request,
      to,
      unit_codes,
      due_at_ms: due_at === undefined ? null : Date.parse(due_at),
      answer: null,
      withdrawn_no: null,
    });
  } else if (isCaseKind(entry, 'answered')) {
    const request = numbered(file.requests, entry.facts.request_no);
    if (request) request.answer ??= { ...by, answer: entry.facts.answer, checkpoint_id: entry.facts.checkpoint_id ?? null };
  } else if (isCaseKind(entry, 'request_withdrawn')) {
    const request = numbered(file.requests, entry.facts.request_no);
    if (request) request.withdrawn_no ??= by.no;
  } else if (isCaseKind(entry, 'task_set')) {
    const { task, party_code, person_id = null, due_at } = entry.facts;
    file.tasks.push({
      ...by,
      task,
      for_party: party_code,
      for_person: person_id,
      due_at_ms: due_at === undefined ? null : Date.parse(due_at),
      only_party: entry.only_party,
      ended: null,
    });
  } else if (isCaseKind(entry, 'task_done')) {
    const task = numbered(file.tasks, entry.facts.task_no);
    if (task) task.ended ??= { ...by, done: entry.facts.done };
  } else foldDecision(file, entry, by);
}

function foldDecision(file: Casefile, entry: CaseEntry, by: By): void {
  if (isCaseKind(entry, 'proposed')) file.proposals.push({ ...by, facts: entry.facts, state: 'open', decided: null, why_not: null });
  const decide = (no: number, state: Proposal['state'], why_not: string | null = null): void => {
    const proposal = numbered(file.proposals, no);
    if (proposal?.state === 'open') Object.assign(proposal, { state, decided: by, why_not });
  };
  if (isCaseKind(entry, 'approved')) {
    decide(entry.facts.proposal_no, 'approved');
    const { decision, unit_codes } = numbered(file.proposals, entry.facts.proposal_no)?.facts ?? {};
    if (decision === 'release' || decision === 'return')
      for (const unit of unitsIn(file)) if (unit_codes?.includes(unit.code) === true) unit.release_no = by.no;
  }
  if (isCaseKind(entry, 'rejected')) decide(entry.facts.proposal_no, 'rejected', entry.facts.why_not);
  else if (isCaseKind(entry, 'proposal_withdrawn')) decide(entry.facts.proposal_no, 'withdrawn');
}

/** Units that are in it now. */
export const unitsIn = (file: Casefile): CaseUnit[] => file.units.filter((unit) => unit.dropped_no === null);
export const unitIn = (file: Casefile, code: string): CaseUnit | undefined =>
  file.units.find((unit) => unit.code === code && unit.dropped_no === null);

/** Grants that hold at an instant. */
export const grantsAt = (file: Casefile, now_ms: number): Grant[] =>
  file.grants.filter((grant) => grant.revoke_no === null && (grant.until_ms === null || grant.until_ms > now_ms));

/** Whether a proposal still waits for its second person. */
export const isOpen = (proposal: Proposal, now_ms: number): boolean =>
  proposal.state === 'open' && Date.parse(proposal.facts.expires_at) > now_ms;

/** The last decision of a kind that was approved; undefined: none was. */
export const approvedOf = (file: Casefile, decision: DecisionCode): Proposal | undefined =>
  file.proposals.findLast((proposal) => proposal.state === 'approved' && proposal.facts.decision === decision);

export const outcomeOf = (proposal: Proposal): Outcome | null => DECISIONS[proposal.facts.decision].outcome;
