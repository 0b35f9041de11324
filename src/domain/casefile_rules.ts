// What may be added to a casefile as it stands. Throws a Refused; reads no database: who works where, what the ledger says of a
// unit and which papers there are is asked by the act.

import { Refused } from '../base/refusal.ts';
import { CASE_KINDS, CASE_STATES, DECISIONS, isCaseKind, isClosed, REQUESTS } from './casefile.ts';
import type { CaseEntry } from './casefile.ts';
import { approvedOf, grantsAt, isOpen, outcomeOf, unitIn, unitsIn } from './casefile_fold.ts';
import type { Casefile, Proposal } from './casefile_fold.ts';

/** A proposal waits for its second person this long at most. Operator rule, not law. */
const PROPOSAL_DAYS_MAX = 14;

const invalid = (field: string, problem_vi: string, problem_en: string): Refused =>
  new Refused('invalid_input', { field: `facts.${field}`, problem_vi, problem_en });
const notDue = (file: Casefile): Refused => new Refused('case_not_due', { state: CASE_STATES[file.state][0] });
const gone = (field: string): Refused =>
  invalid(
    field,
    'không có mục này, hoặc đã được trả lời, kết thúc hay rút',
    'there is no such entry, or it was answered, ended or withdrawn',
  );

/** Talk and giving up rights go on after the end; nothing else does. */
const AFTER_END = new Set(['said', 'party_revoked', 'notice_acknowledged']);

/** What the act knows and a casefile does not say: the entries that all parties see, since when, and the digest of it all as it is now. */
type Standing = { now_ms: number; snapshot: string; shared: readonly number[] };

/** Throws a Refused unless `next` may follow. */
export function checkCaseNext(next: CaseEntry, file: Casefile, standing: Standing): void {
  const { lead, restrictable } = CASE_KINDS[next.kind];
  const { now_ms } = standing;
  if (isClosed(file.state) && !AFTER_END.has(next.kind)) throw notDue(file);
  if (lead && next.party_code !== file.lead_party) throw new Refused('not_the_lead', { party_code: file.lead_party });
  if (next.only_party !== null) {
    if (!restrictable)
      throw new Refused('invalid_input', {
        field: 'only_party',
        problem_vi: 'mục này mọi bên đều phải thấy',
        problem_en: 'all parties must see this',
      });
    requireParty(file, next.only_party, 'only_party', now_ms);
  }
  if (isCaseKind(next, 'unit_added')) {
    if (unitIn(file, next.facts.code)) throw invalid('code', 'đã có trong vụ việc', 'is in the casefile already');
    if (unitsIn(file).length >= 20) throw invalid('code', 'vụ việc đã có 20 bưu gửi', 'the casefile has 20 units already');
  } else if (isCaseKind(next, 'unit_dropped')) {
    requireUnits(file, [next.facts.code], 'code');
    if (unitsIn(file).length === 1) throw invalid('code', 'vụ việc phải còn ít nhất một bưu gửi', 'at least one unit must stay');
  } else if (isCaseKind(next, 'hold_noted')) requireUnits(file, [next.facts.code], 'code');
  else if (isCaseKind(next, 'notice_acknowledged')) {
    if (!file.notices.some((notice) => notice.no === next.facts.notice_no && notice.acknowledged === null)) throw gone('notice_no');
  } else if (isCaseKind(next, 'inspection_held')) {
    if (!approvedOf(file, 'joint_inspection'))
      throw new Refused('decision_needed', { decision_vi: DECISIONS.joint_inspection.vi, decision_en: DECISIONS.joint_inspection.en });
  } else if (isCaseKind(next, 'case_closed')) checkEnd(next, file, now_ms);
  else checkPeople(next, file, now_ms);
  checkDecision(next, file, standing);
}

function checkPeople(next: CaseEntry, file: Casefile, now_ms: number): void {
  if (isCaseKind(next, 'party_added')) {
    const { party_code, until_at, person_ids } = next.facts;
    if (until_at !== undefined && Date.parse(until_at) <= now_ms)
      throw invalid('until_at', 'phải sau thời điểm này', 'must lie in the future');
    if (
      person_ids === undefined &&
      grantsAt(file, now_ms).some((g) => g.party_code === party_code && g.person_ids === null && g.until_ms === null)
    )
      throw invalid('party_code', 'đã là bên tham gia', 'is a party already');
  } else if (isCaseKind(next, 'party_revoked')) {
    const grant = grantsAt(file, now_ms).find((g) => g.grant_no === next.facts.grant_no);
    if (!grant) throw gone('grant_no');
    if (next.party_code !== file.lead_party && next.party_code !== grant.party_code)
      throw new Refused('not_the_lead', { party_code: file.lead_party });
    const left = grantsAt(file, now_ms).filter((g) => g.party_code === file.lead_party && g !== grant);
    if (grant.party_code === file.lead_party && left.length === 0)
      throw invalid('grant_no', 'bên chủ trì phải chuyển chủ trì trước', 'the lead must be transferred first');
  } else if (isCaseKind(next, 'lead_offered')) {
    requireParty(file, next.facts.party_code, 'party_code', now_ms);
    if (next.facts.party_code === file.lead_party) throw invalid('party_code', 'đang chủ trì', 'leads already');
  } else if (isCaseKind(next, 'lead_accepted')) {
    if (file.lead_offer?.no !== next.facts.offer_no || file.lead_offer.to !== next.party_code) throw gone('offer_no');
  } else if (isCaseKind(next, 'asked')) {
    requireParty(file, next.facts.to, 'to', now_ms);
    requireUnits(file, next.facts.unit_codes, 'unit_codes');
    if (next.facts.to === next.party_code) throw invalid('to', 'không tự hỏi mình', 'is your own');
  } else if (isCaseKind(next, 'answered')) {
    const request = file.requests.find((r) => r.no === next.facts.request_no);
    if (!request || request.answer !== null || request.withdrawn_no !== null || request.to !== next.party_code) throw gone('request_no');
    const { answers } = REQUESTS[request.request];
    if (!(answers as readonly string[]).includes(next.facts.answer))
      throw invalid('answer', `chỉ được: ${answers.join(', ')}`, `must be one of: ${answers.join(', ')}`);
  } else if (isCaseKind(next, 'request_withdrawn')) {
    const request = file.requests.find((r) => r.no === next.facts.request_no);
    if (!request || request.answer !== null || request.withdrawn_no !== null || request.party_code !== next.party_code)
      throw gone('request_no');
  } else if (isCaseKind(next, 'task_set')) requireParty(file, next.facts.party_code, 'party_code', now_ms);
  else if (isCaseKind(next, 'task_done')) {
    const task = file.tasks.find((t) => t.no === next.facts.task_no);
    if (!task || task.ended !== null || ![task.for_party, task.party_code].includes(next.party_code)) throw gone('task_no');
  }
}

function checkDecision(next: CaseEntry, file: Casefile, { now_ms, snapshot, shared }: Standing): void {
  if (isCaseKind(next, 'proposed')) {
    const { decision, unit_codes, agency_code, act_code, keep_until, expires_at } = next.facts;
    requireUnits(file, unit_codes, 'unit_codes');
    const expires_ms = Date.parse(expires_at);
    if (expires_ms <= now_ms || expires_ms > now_ms + PROPOSAL_DAYS_MAX * 86_400_000)
      throw invalid('expires_at', `phải trong ${PROPOSAL_DAYS_MAX} ngày tới`, `must lie within ${PROPOSAL_DAYS_MAX} days from now`);
    if (DECISIONS[decision].basis && act_code === undefined) throw invalid('act_code', 'phải nêu căn cứ pháp lý', 'needs a legal basis');
    if ((decision === 'keep_holding') !== (keep_until !== undefined))
      throw invalid('keep_until', 'chỉ và phải có khi giữ tiếp', 'belongs to keeping it held, and to that only');
    if (decision === 'hand_over' || decision === 'destroy') requireParty(file, agency_code ?? '', 'agency_code', now_ms);
    if (file.proposals.some((proposal) => isOpen(proposal, now_ms))) throw new Refused('proposal_open');
    if (next.facts.snapshot !== snapshot) throw new Refused('snapshot_stale');
  } else if (isCaseKind(next, 'approved')) {
    const proposal = undecided(file, next.facts.proposal_no, now_ms);
    if (proposal.person_id === next.person_id) throw new Refused('same_person');
    if (DECISIONS[proposal.facts.decision].other_party && proposal.party_code === next.party_code) throw new Refused('same_party');
    const unseen = shared.filter((no) => no > proposal.no && !next.facts.seen.includes(no));
    if (unseen.length > 0) throw new Refused('not_all_seen', { count: unseen.length, entries: unseen.slice(0, 20).join(', ') });
    if (next.facts.snapshot !== snapshot) throw new Refused('snapshot_stale');
  } else if (isCaseKind(next, 'rejected')) {
    if (undecided(file, next.facts.proposal_no, now_ms).person_id === next.person_id) throw new Refused('same_person');
  } else if (isCaseKind(next, 'proposal_withdrawn')) {
    if (undecided(file, next.facts.proposal_no, now_ms).party_code !== next.party_code) throw gone('proposal_no');
  }
}

function undecided(file: Casefile, proposal_no: number, now_ms: number): Proposal {
  const proposal = file.proposals.find((p) => p.no === proposal_no);
  if (!proposal) throw gone('proposal_no');
  if (!isOpen(proposal, now_ms)) throw new Refused('proposal_decided');
  return proposal;
}

function checkEnd(next: CaseEntry<'case_closed'>, file: Casefile, now_ms: number): void {
  const { outcome, proposal_no } = next.facts;
  const proposal = file.proposals.find((p) => p.no === proposal_no);
  if (proposal?.state !== 'approved' || outcomeOf(proposal) !== outcome)
    throw new Refused('decision_needed', { decision_vi: CASE_STATES[outcome][0], decision_en: CASE_STATES[outcome][1] });
  const left = unitsIn(file).find((unit) => !proposal.facts.unit_codes.includes(unit.code));
  if (left) throw invalid('proposal_no', `quyết định không nói đến ${left.code}`, `the decision does not speak of ${left.code}`);
  const open = [
    [
      file.requests.filter((r) => r.answer === null && r.withdrawn_no === null).length,
      'yêu cầu chưa trả lời',
      'requests without an answer',
    ],
    [file.tasks.filter((t) => t.ended === null && t.only_party === null).length, 'việc chưa xong', 'open tasks'],
    [file.proposals.filter((p) => isOpen(p, now_ms)).length, 'đề xuất chưa quyết định', 'undecided proposals'],
  ] as const;
  const [count, vi, en] = open.find(([n]) => n > 0) ?? [0, '', ''];
  if (count > 0) throw new Refused('case_not_finished', { problem_vi: `còn ${count} ${vi}`, problem_en: `${count} ${en}` });
}

function requireParty(file: Casefile, party_code: string, field: string, now_ms: number): void {
  if (!grantsAt(file, now_ms).some((grant) => grant.party_code === party_code)) throw new Refused('not_a_party', { field, party_code });
}

function requireUnits(file: Casefile, codes: readonly string[], field: string): void {
  const strange = codes.find((code) => !unitIn(file, code));
  if (strange !== undefined) throw invalid(field, `${strange} không có trong vụ việc`, `${strange} is not in the casefile`);
}
