// What may be added to a matter as it stands. Throws a Refused; reads no database: who works where, and what is marked, is asked
// by the act.

import { Refused } from '../base/refusal.ts';
import { instant } from '../base/time.ts';
import { foldDirective, obligationOf } from './directive.ts';
import { foldIncident } from './incident.ts';
import { isKind, JOURNAL } from './journal.ts';
import type { JournalEntry } from './journal.ts';
import { foldPeriods } from './period.ts';
import { foldReport, stateOf } from './report_fold.ts';
import type { ReportState } from './report_fold.ts';
import { coverOf, spanOf } from './roster.ts';
import { foldRoster } from './roster_fold.ts';
import type { Caller } from './role.ts';

const invalid = (field: string, problem_vi: string, problem_en: string): Refused =>
  new Refused('invalid_input', { field: `facts.${field}`, problem_vi, problem_en });
const notDue = (state: string): Refused => new Refused('case_not_due', { state });

export const placeOf = (caller: Pick<Caller, 'office_code' | 'agency_code'>): string => caller.office_code ?? caller.agency_code ?? '';

/** An inspector of an agency: sees every matter of every unit. */
export const inspects = (caller: Pick<Caller, 'agency_code' | 'permissions'>): boolean =>
  caller.agency_code !== null && caller.permissions.has('ledger.verify');

/** Throws a Refused unless `next` may follow `entries` (those of its matter, oldest first). */
export function checkNext(next: JournalEntry, entries: readonly JournalEntry[], caller: Caller): void {
  const matter = JOURNAL[next.kind].matter;
  if (matter === 'roster') return checkRoster(next, entries, caller);
  if (matter === 'period') return checkPeriod(next, entries);
  if (matter === 'directive') return checkDirective(next, entries, caller);
  if (matter === 'incident') return checkIncident(next, entries, caller);
  // What an erasure needs to be true of the items is asked by its act.
  if (matter === 'erasure') return;
  if (matter === 'legal_hold') {
    if (next.kind === 'legal_hold_lifted' && entries.some((entry) => entry.kind === 'legal_hold_lifted')) throw notDue('lifted');
    return;
  }
  checkReport(next, entries, caller);
}

function checkRoster(next: JournalEntry, entries: readonly JournalEntry[], caller: Caller): void {
  if (isKind(next, 'roster_planned')) {
    requireOwn(next.facts.office_code, caller);
    if (Date.parse(next.facts.to_at) <= Date.parse(next.facts.from_at)) throw invalid('to_at', 'trước lúc bắt đầu', 'before the start');
    return;
  }
  const roster = foldRoster(entries);
  if (roster === null) throw new Refused('unknown_case');
  // A call may come from anywhere; whatever else stands in the roster is its office's own.
  if (next.kind !== 'called_out' && next.kind !== 'call_acknowledged') requireOwn(roster.office_code, caller);
  const own = (assignment_id: string) => {
    const found = roster.assignments.find((a) => a.assignment_id === assignment_id);
    if (!found) throw invalid('assignment_id', 'không có phân công này', 'there is no such assignment');
    return found;
  };
  if (isKind(next, 'duty_assigned')) {
    if (roster.assignments.some((a) => a.assignment_id === next.facts.assignment_id))
      throw invalid('assignment_id', 'mã đã dùng', 'the id is used');
    const span = spanOf(next.facts.on, next.facts.from, next.facts.to);
    if (span.to_ms <= roster.from_ms || span.from_ms >= roster.to_ms) throw invalid('on', 'ngoài lịch trực', 'outside the roster');
  } else if (isKind(next, 'duty_withdrawn')) own(next.facts.assignment_id);
  else if (isKind(next, 'duty_acknowledged')) {
    const standing = coverOf([own(next.facts.assignment_id)]).map((c) => c.person_id);
    if (!standing.includes(caller.person_id)) throw new Refused('not_your_duty');
  } else if (isKind(next, 'duty_replaced')) {
    const assignment = own(next.facts.assignment_id);
    const [from_ms, to_ms] = [Date.parse(next.facts.from_at), Date.parse(next.facts.to_at)];
    if (from_ms >= to_ms || from_ms < assignment.from_ms || to_ms > assignment.to_ms)
      throw invalid('from_at', 'ngoài giờ phân công', 'outside the assignment');
  } else if (isKind(next, 'swap_asked')) {
    if (own(next.facts.assignment_id).person_id !== caller.person_id) throw new Refused('not_your_duty');
  } else if (isKind(next, 'swap_accepted')) {
    if (own(next.facts.assignment_id).swap_to !== caller.person_id) throw new Refused('not_your_duty');
  } else if (isKind(next, 'call_acknowledged')) {
    const call = roster.calls.find((c) => c.call_id === next.facts.call_id);
    if (!call) throw invalid('call_id', 'không có lời gọi này', 'there is no such call');
    if (!call.ladder.includes(caller.person_id)) throw new Refused('not_your_duty');
    if (call.acknowledged_at_ms !== null) throw notDue('acknowledged');
  }
}

function requireOwn(office_code: string, caller: Caller): void {
  if (office_code !== caller.office_code) throw new Refused('wrong_office', { office_code });
}

function checkPeriod(next: JournalEntry, entries: readonly JournalEntry[]): void {
  if (isKind(next, 'period_ordered')) {
    const { before_from, during_from, after_from, until } = next.facts;
    const times = [before_from, during_from, after_from, until].map((text) => Date.parse(text));
    if (times.some((time, i) => time < (times[i - 1] ?? 0)))
      throw invalid('until', 'các mốc không theo thứ tự', 'the times are not in order');
    if (Date.parse(until) <= next.at_ms) throw new Refused('period_over', { until: instant(Date.parse(until)) });
    return;
  }
  const [period] = foldPeriods(entries);
  if (!period) throw new Refused('unknown_case');
  if (next.kind !== 'period_revoked') return;
  if (period.revoked_at_ms !== null) throw notDue('revoked');
  if (period.until_ms <= next.at_ms) throw notDue('ended');
}

function checkDirective(next: JournalEntry, entries: readonly JournalEntry[], caller: Caller): void {
  if (isKind(next, 'directive_entered')) {
    const codes = next.facts.demands.map((demand) => demand.demand_id);
    if (new Set(codes).size !== codes.length) throw invalid('demands', 'trùng mã việc', 'a demand is named twice');
    const sections = new Set(next.facts.sections.map((section) => section.no));
    const lost = next.facts.demands.find((demand) => !sections.has(demand.section_no));
    if (lost) throw invalid('demands', `không có mục ${lost.section_no}`, `there is no section ${lost.section_no}`);
    // A date that is plainly wrong is kept as it is printed, and is never put right without a word.
    if (next.facts.date_meant !== undefined && next.facts.date_remark === undefined)
      throw invalid('date_remark', 'ghi vì sao hiểu khác ngày in', 'say why the date is read otherwise than printed');
    return;
  }
  const directive = foldDirective(entries);
  if (directive === null) throw new Refused('unknown_case');
  const issuer = directive.place === placeOf(caller);
  const named = directive.parties.map((party) => party.party_code);
  if (!issuer && !named.includes(placeOf(caller))) throw new Refused('unknown_case');
  if (directive.closed_at_ms !== null) throw notDue('closed');
  if (isKind(next, 'directive_closed') || isKind(next, 'obligation_judged')) {
    if (!issuer) throw new Refused('not_addressee', { party_code: directive.place });
  }
  const party_code = isKind(next, 'directive_forwarded')
    ? next.facts.from_party
    : 'party_code' in next.facts && typeof next.facts.party_code === 'string'
      ? next.facts.party_code
      : null;
  if (party_code !== null && next.kind !== 'obligation_judged') {
    const onPaper = issuer && 'paper_no' in next.facts && next.facts.paper_no !== undefined;
    if (!named.includes(party_code) || !(party_code === placeOf(caller) || onPaper)) throw new Refused('not_addressee', { party_code });
  }
  if (isKind(next, 'leader_named') || isKind(next, 'obligation_reported') || isKind(next, 'obligation_judged')) {
    const obligation = obligationOf(directive, next.facts.party_code, next.facts.demand_id);
    if (!obligation) throw new Refused('not_addressee', { party_code: next.facts.party_code });
    if (isKind(next, 'obligation_judged') && obligation.reported_at_ms === null) throw notDue(obligation.status);
    if (next.kind !== 'leader_named' && obligation.accepted === true) throw notDue('accepted');
    if (isKind(next, 'obligation_reported') && obligation.leader_title === null)
      throw invalid('demand_id', 'chưa cử lãnh đạo chịu trách nhiệm', 'no responsible leader is named yet');
  }
}

function checkIncident(next: JournalEntry, entries: readonly JournalEntry[], caller: Caller): void {
  if (isKind(next, 'incident_detected')) {
    if (Date.parse(next.facts.detected_at) > next.at_ms) throw invalid('detected_at', 'ở tương lai', 'in the future');
    return;
  }
  const incident = foldIncident(entries);
  if (incident === null || (incident.place !== placeOf(caller) && !caller.permissions.has('incident.handle')))
    throw new Refused('unknown_case');
  if (incident.closed_at_ms !== null) throw notDue('closed');
  if (isKind(next, 'authority_told')) {
    const told = Date.parse(next.facts.told_at);
    if (told > next.at_ms || told < Date.parse(incident.facts.detected_at))
      throw invalid('told_at', 'trước khi phát hiện hoặc ở tương lai', 'before the detection or in the future');
    if (incident.notices.some((notice) => notice.notice_id === next.facts.notice_id))
      throw invalid('notice_id', 'mã đã dùng', 'the id is used');
  } else if (isKind(next, 'notice_acknowledged')) {
    const notice = incident.notices.find((n) => n.notice_id === next.facts.notice_id);
    if (!notice) throw invalid('notice_id', 'không có tin báo này', 'there is no such notice');
    if (notice.acknowledged_at !== null) throw notDue('acknowledged');
  } else if (next.kind === 'incident_closed' && incident.measures.length === 0) throw notDue('no_measure_taken');
}

/** From which states each step of a report may be taken. */
const REPORT_STEPS: { readonly [kind: string]: readonly ReportState[] } = {
  report_drawn: ['due', 'drawn'],
  report_signed: ['drawn'],
  report_sent: ['signed'],
  report_received: ['sent'],
};

function checkReport(next: JournalEntry, entries: readonly JournalEntry[], caller: Caller): void {
  if (isKind(next, 'report_tasked')) return requireOwn(next.facts.office_code, caller);
  const report = foldReport(entries);
  if (report === null) throw new Refused('unknown_case');
  const addressee = next.kind === 'report_received' && report.task.addressee === placeOf(caller);
  if (!addressee && report.task.office_code !== caller.office_code) throw new Refused('unknown_case');
  if (!REPORT_STEPS[next.kind]?.includes(stateOf(report))) throw notDue(stateOf(report));
  // Whoever signs has seen these figures, not those of a later drawing.
  if (isKind(next, 'report_signed') && next.facts.digest !== report.drawing?.digest)
    throw invalid('digest', 'số liệu đã được lập lại', 'the figures were drawn again');
  if (next.kind === 'report_signed' && report.drawn_by === caller.person_id) throw new Refused('same_person');
}
