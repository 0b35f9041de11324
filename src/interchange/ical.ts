// A duty roster as a calendar (RFC 5545): one event a stretch of duty, in UTC, lines folded at 75 octets and never inside a
// character. The same roster gives the same bytes.

import { utf8 } from '../base/bytes.ts';
import { POSTS } from '../domain/roster.ts';
import type { Post } from '../domain/roster.ts';

export type CalendarDuty = { assignment_id: string; post: Post; from_at: string; to_at: string; full_name: string; badge: string; office_name: string };

/** `stamp`: instant of the newest entry of the roster, RFC 3339. */
export function rosterCalendar(roster_id: string, title: string, stamp: string, duties: readonly CalendarDuty[]): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Niem//Lich truc//VI',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `X-WR-CALNAME:${text(title)}`,
    'X-WR-TIMEZONE:Asia/Ho_Chi_Minh',
    ...duties.flatMap((duty, i) => [
      'BEGIN:VEVENT',
      `UID:${duty.assignment_id}-${i}@${roster_id}`,
      `DTSTAMP:${utc(stamp)}`,
      `DTSTART:${utc(duty.from_at)}`,
      `DTEND:${utc(duty.to_at)}`,
      `SUMMARY:${text(`${POSTS[duty.post][0]}: ${duty.full_name}`)}`,
      `LOCATION:${text(duty.office_name)}`,
      `DESCRIPTION:${text(`Thẻ ${duty.badge}; ${title}`)}`,
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${fold(line)}\r\n`).join('');
}

const utc = (at: string): string => `${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

const text = (value: string): string => value.replaceAll(/[\\;,]/g, (sign) => `\\${sign}`).replaceAll('\n', '\\n');

/** At most 75 octets a line, the space that begins a continued line included. */
export function fold(line: string): string {
  const lines: string[] = [];
  let current = '';
  let octets = 0;
  for (const character of line) {
    const size = utf8(character).length;
    if (octets + size > 75) {
      lines.push(current);
      current = ' ';
      octets = 1;
    }
    current += character;
    octets += size;
  }
  return [...lines, current].join('\r\n');
}
