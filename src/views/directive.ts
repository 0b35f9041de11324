// Directives as people see them: what was asked, the tree of those who got it, and how each obligation stands. A tasked body
// outside the post sees its own part only.

import { civilDate, instant } from '../base/time.ts';
import { foldDirective, isLate } from '../domain/directive.ts';
import type { Directive, Obligation } from '../domain/directive.ts';
import { inspects, placeOf } from '../domain/journal_rules.ts';
import type { Caller } from '../domain/role.ts';
import { byMatter, entriesOfKind, entriesOfMatter } from '../ledger/journal.ts';
import type { Read } from '../store/connect.ts';
import { namesOf } from './roster.ts';

type Sight = 'all' | 'own' | 'none';

/** Issuer, inspectors and the post's own addressees see the whole; other addressees their own part; nobody else anything. */
function sightOf(directive: Directive, caller: Caller): Sight {
  const place = placeOf(caller);
  if (directive.place === place || inspects(caller)) return 'all';
  if (!directive.parties.some((party) => party.party_code === place)) return 'none';
  return caller.permissions.has('duty.read') ? 'all' : 'own';
}

const countsOf = (obligations: readonly Obligation[], today: string) => ({
  obligations: obligations.length,
  done: obligations.filter((o) => o.status === 'done' || o.status === 'not_applicable').length,
  late: obligations.filter((o) => isLate(o, today)).length,
  without_leader: obligations.filter((o) => o.leader_title === null).length,
});

const visible = (directive: Directive, sight: Sight, place: string) => ({
  parties: directive.parties.filter((party) => sight === 'all' || party.party_code === place),
  obligations: directive.obligations.filter((o) => sight === 'all' || o.party_code === place),
});

/** Directives that concern the caller, newest first. */
export async function directiveList(db: Read, caller: Caller, now_ms: number) {
  const today = civilDate(now_ms);
  const folded = [...byMatter(await entriesOfKind(db, 'directive')).values()].map(foldDirective).filter((d) => d !== null);
  return folded.toReversed().flatMap((directive) => {
    const sight = sightOf(directive, caller);
    if (sight === 'none') return [];
    const { parties, obligations } = visible(directive, sight, placeOf(caller));
    const { number, issuer_vi, date_printed, date_meant = null, date_remark = null, subject } = directive.letter;
    return [{
      directive_id: directive.directive_id, number, issuer_vi, date_printed, date_meant, date_remark, subject, entered_at: instant(directive.entered_at_ms), closed: directive.closed_at_ms !== null,
      parties: parties.length, acknowledged: parties.filter((party) => directive.acknowledged.has(party.party_code)).length, ...countsOf(obligations, today),
    }];
  });
}

/** The board of one directive. null: there is none for the caller. */
export async function directiveScreen(db: Read, directive_id: string, caller: Caller, now_ms: number) {
  const directive = foldDirective(await entriesOfMatter(db, directive_id));
  const sight = directive === null ? 'none' : sightOf(directive, caller);
  if (directive === null || sight === 'none') return null;
  const today = civilDate(now_ms);
  const { parties, obligations } = visible(directive, sight, placeOf(caller));
  const name = await namesOf(db, obligations.map((o) => o.leader_person_id));
  const demands = new Map(directive.letter.demands.map((demand) => [demand.demand_id, demand]));
  return {
    directive_id, place: directive.place, entered_at: instant(directive.entered_at_ms), closed_at: directive.closed_at_ms === null ? null : instant(directive.closed_at_ms),
    letter: directive.letter, ...countsOf(obligations, today),
    tree: parties.map((party) => {
      const mine = obligations.filter((o) => o.party_code === party.party_code);
      const received = directive.acknowledged.get(party.party_code);
      return { ...party, under: party.under ?? null, depth: depthOf(directive, party.party_code), acknowledged_at: received ? instant(received.at_ms) : null, answered_by_paper: received?.paper_no ?? null, ...countsOf(mine, today) };
    }),
    rows: obligations.map((o) => ({
      party_code: o.party_code, demand_id: o.demand_id, text: demands.get(o.demand_id)?.text ?? '', section_no: demands.get(o.demand_id)?.section_no ?? '', due_on: o.due_on,
      leader_title: o.leader_title, leader: name(o.leader_person_id), status: o.status, late: isLate(o, today), note: o.note, evidence: o.evidence,
      reported_at: o.reported_at_ms === null ? null : instant(o.reported_at_ms), accepted: o.accepted, remark: o.remark,
    })),
  };
}

function depthOf(directive: Directive, party_code: string, seen = 0): number {
  const under = directive.parties.find((party) => party.party_code === party_code)?.under;
  return under === undefined || seen > 20 ? seen : depthOf(directive, under, seen + 1);
}
