// An incident from its detection to its end: whom it must be told and by when, who was told, what was done. Pure.

import { isKind } from './journal.ts';
import type { JournalEntry, JournalFacts } from './journal.ts';

export type IncidentKind = JournalFacts<'incident_detected'>['incident_kind'];

/** Kinds, and the dated limit from detection to the first notice; null: no rule names one. A limit without a figure never alarms. */
export const INCIDENTS: { readonly [K in IncidentKind]: readonly [vi: string, en: string, limit_code: string | null] } = {
  loss: ['Mất bưu gửi', 'Loss', 'TL18'],
  leak: ['Lộ thông tin', 'Leak', 'TL18'],
  tampering: ['Suy suyển, can thiệp trái phép', 'Tampering', 'TL17'],
  dangerous_item: ['Bưu gửi nguy hiểm', 'Dangerous item', 'TL17'],
  information_security: ['Sự cố an toàn thông tin', 'Information security incident', null],
  outage: ['Gián đoạn hệ thống, liên lạc', 'Outage', null],
};

export type Notice = JournalFacts<'authority_told'> & { by: string | null; acknowledged_at: string | null };
export type Incident = {
  incident_id: string;
  place: string;
  reported_at_ms: number;
  reported_by: string | null;
  facts: JournalFacts<'incident_detected'>;
  notices: Notice[];
  measures: { at_ms: number; by: string | null; measure: JournalFacts<'measure_taken'>['measure']; note: string | null }[];
  closed_at_ms: number | null;
  outcome: string | null;
  lesson: string | null;
};

/** null: no entries, or not those of an incident. */
export function foldIncident(entries: readonly JournalEntry[]): Incident | null {
  const [first, ...later] = entries;
  if (!first || !isKind(first, 'incident_detected')) return null;
  const incident: Incident = {
    incident_id: first.matter_id,
    place: first.office_code ?? first.agency_code ?? '',
    reported_at_ms: first.at_ms,
    reported_by: first.person_id,
    facts: first.facts,
    notices: [],
    measures: [],
    closed_at_ms: null,
    outcome: null,
    lesson: null,
  };
  for (const entry of later) {
    if (isKind(entry, 'authority_told')) incident.notices.push({ ...entry.facts, by: entry.person_id, acknowledged_at: null });
    else if (isKind(entry, 'notice_acknowledged')) {
      const notice = incident.notices.find((n) => n.notice_id === entry.facts.notice_id);
      if (notice) notice.acknowledged_at ??= entry.facts.acknowledged_at;
    } else if (isKind(entry, 'measure_taken'))
      incident.measures.push({ at_ms: entry.at_ms, by: entry.person_id, measure: entry.facts.measure, note: entry.facts.note ?? null });
    else if (isKind(entry, 'incident_closed'))
      Object.assign(incident, { closed_at_ms: entry.at_ms, outcome: entry.facts.outcome, lesson: entry.facts.lesson ?? null });
  }
  return incident;
}

/** When the first authority was told; null: none yet. */
export const firstNotice = (incident: Incident): number | null =>
  incident.notices.length === 0 ? null : Math.min(...incident.notices.map((notice) => Date.parse(notice.told_at)));
