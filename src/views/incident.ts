// Incidents as people see them: the clock from detection to the first notice by the limit of that day, whom to tell, who was told.

import { civilDate, instant } from '../base/time.ts';
import { deadlineOf, verdictOf } from '../domain/clock.ts';
import type { DatedLimit, Holidays } from '../domain/clock.ts';
import { firstNotice, foldIncident, INCIDENTS } from '../domain/incident.ts';
import type { Incident } from '../domain/incident.ts';
import { inspects, placeOf } from '../domain/journal_rules.ts';
import type { Caller } from '../domain/role.ts';
import { byMatter, entriesOfKind, entriesOfMatter } from '../ledger/journal.ts';
import type { Read } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';
import { contactsOf, namesOf } from './roster.ts';

/** One's own, or all for those who handle incidents or inspect. */
const sees = (incident: Incident, caller: Caller): boolean => incident.place === placeOf(caller) || caller.permissions.has('incident.handle') || inspects(caller);

/** The limit as it held on the day of the trigger; null: no row, or a row without a figure. */
export async function limitOn(db: Read, limit_code: string | null, on: string): Promise<DatedLimit | null> {
  if (limit_code === null) return null;
  const row = await db.selectFrom('time_limit').select(['limit_code', 'duration', 'basis', 'citation']).where('limit_code', '=', limit_code).where(holdsOn(on)).executeTakeFirst();
  return (row as DatedLimit | undefined) ?? null;
}

async function clockOf(db: Read, incident: Incident, holidays: Holidays, now_ms: number) {
  const detected_ms = Date.parse(incident.facts.detected_at);
  const limit_code = INCIDENTS[incident.facts.incident_kind][2];
  const limit = await limitOn(db, limit_code, civilDate(detected_ms));
  const deadline_ms = deadlineOf(detected_ms, limit, holidays);
  const told_ms = firstNotice(incident);
  // A drill keeps its clock, so that it can be practised, and never alarms.
  const verdict = verdictOf(deadline_ms, told_ms, now_ms);
  return {
    detected_at: instant(detected_ms), first_notice_at: told_ms === null ? null : instant(told_ms), minutes_to_notice: told_ms === null ? null : Math.floor((told_ms - detected_ms) / 60_000),
    limit_code, citation: limit?.citation ?? null, deadline_at: deadline_ms === null ? null : instant(deadline_ms), verdict,
    standard_vi: verdict === 'no_standard' ? 'chưa nạp tiêu chuẩn' : null, standard_en: verdict === 'no_standard' ? 'no standard loaded' : null,
    alarm: verdict === 'late' && told_ms === null && !incident.facts.drill,
  };
}

const line = (incident: Incident) => {
  const { incident_kind, drill, office_code = null, unit_codes } = incident.facts;
  const [kind_vi, kind_en] = INCIDENTS[incident_kind];
  return { incident_id: incident.incident_id, incident_kind, kind_vi, kind_en, drill, office_code, place: incident.place, unit_codes, closed: incident.closed_at_ms !== null, notices: incident.notices.length };
};

/** Incidents that the caller may see, newest first. */
export async function incidentList(db: Read, caller: Caller, holidays: Holidays, now_ms: number) {
  const incidents = [...byMatter(await entriesOfKind(db, 'incident')).values()].map(foldIncident).filter((i) => i !== null && sees(i, caller)) as Incident[];
  return Promise.all(incidents.toReversed().slice(0, 200).map(async (incident) => ({ ...line(incident), clock: await clockOf(db, incident, holidays, now_ms) })));
}

/** One incident whole. null: there is none for the caller. */
export async function incidentScreen(db: Read, incident_id: string, caller: Caller, holidays: Holidays, now_ms: number) {
  const incident = foldIncident(await entriesOfMatter(db, incident_id));
  if (incident === null || !sees(incident, caller)) return null;
  const today = civilDate(now_ms);
  const [clock, name, agencies, contacts] = await Promise.all([
    clockOf(db, incident, holidays, now_ms),
    namesOf(db, [incident.reported_by, ...incident.notices.map((n) => n.by), ...incident.measures.map((m) => m.by)]),
    db.selectFrom('agency').select(['agency_code', 'name_vi', 'agency_kind']).where('agency_kind', 'not in', ['telecom', 'district']).where(holdsOn(today)).orderBy('agency_code').execute(),
    contactsOf(db, null, now_ms),
  ]);
  return {
    ...line(incident), clock, summary: incident.facts.summary ?? null, reported_at: instant(incident.reported_at_ms), reported_by: name(incident.reported_by),
    notices: incident.notices.map(({ by, ...notice }) => ({ ...notice, by: name(by) })),
    measures: incident.measures.map((m) => ({ at: instant(m.at_ms), by: name(m.by), measure: m.measure, note: m.note })),
    closed_at: incident.closed_at_ms === null ? null : instant(incident.closed_at_ms), outcome: incident.outcome, lesson: incident.lesson,
    whom_to_tell: agencies.map((agency) => ({ ...agency, told: incident.notices.some((n) => n.party_code === agency.agency_code), contacts: contacts.filter((contact) => contact.party_code === agency.agency_code) })),
  };
}
