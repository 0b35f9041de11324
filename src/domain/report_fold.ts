// A report as its entries leave it: asked for, drawn (again, until it is signed), signed, sent, received. Pure.

import { isKind } from './journal.ts';
import type { JournalEntry, JournalFacts } from './journal.ts';

export type Task = JournalFacts<'report_tasked'>;
export type Drawing = JournalFacts<'report_drawn'>;
export type Report = {
  report_id: string;
  tasked_at_ms: number;
  task: Task;
  drawing: Drawing | null;
  drawn_at_ms: number | null;
  drawn_by: string | null;
  signature: JournalFacts<'report_signed'> | null;
  signed_by: string | null;
  sent: JournalFacts<'report_sent'> | null;
  received: JournalFacts<'report_received'> | null;
};
export type ReportState = 'due' | 'drawn' | 'signed' | 'sent' | 'received';

/** null: no entries, or not those of a report. */
export function foldReport(entries: readonly JournalEntry[]): Report | null {
  const [first, ...later] = entries;
  if (!first || !isKind(first, 'report_tasked')) return null;
  const report: Report = {
    report_id: first.matter_id,
    tasked_at_ms: first.at_ms,
    task: first.facts,
    drawing: null,
    drawn_at_ms: null,
    drawn_by: null,
    signature: null,
    signed_by: null,
    sent: null,
    received: null,
  };
  for (const entry of later) {
    if (isKind(entry, 'report_drawn')) Object.assign(report, { drawing: entry.facts, drawn_at_ms: entry.at_ms, drawn_by: entry.person_id });
    else if (isKind(entry, 'report_signed')) Object.assign(report, { signature: entry.facts, signed_by: entry.person_id });
    else if (isKind(entry, 'report_sent')) report.sent = entry.facts;
    else if (isKind(entry, 'report_received')) report.received = entry.facts;
  }
  return report;
}

export const stateOf = (report: Report): ReportState =>
  report.received ? 'received' : report.sent ? 'sent' : report.signature ? 'signed' : report.drawing ? 'drawn' : 'due';

/** Hours before the deadline at which a reminder has come due and the report is not sent; null: none has. */
export function reminderAt(report: Report, now_ms: number): number | null {
  if (report.sent !== null || report.task.due_at === null) return null;
  const left_hours = (Date.parse(report.task.due_at) - now_ms) / 3_600_000;
  const due = report.task.remind_hours.filter((hours) => left_hours <= hours).toSorted((a, b) => a - b);
  return due[0] ?? null;
}
