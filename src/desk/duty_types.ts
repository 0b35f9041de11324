// What the desks of duty read from the server, as far as they show it.

import type { Post } from '../domain/roster.ts';
import type { Person } from './duty_parts.tsx';

type Times = { from_at: string; to_at: string };
export type Contact = { party_code: string; title_vi: string; phone: string | null; always: boolean | null; electronic_ok: boolean | null };
export type Call = { call_id: string; about: string; at: string; acknowledged_at: string | null; acknowledged_by: Person; ladder: { person: Person; to_call_at: string; due: boolean }[]; alarm: boolean };
export type Gap = Times & { post: Post; post_vi: string; needed: number; present: number; minutes: number };
export type Roster = Times & {
  roster_id: string; office_code: string; title: string; period_id: string | null;
  posts: { post: Post; needed: number; post_vi: string; post_en: string }[];
  assignments: (Times & { assignment_id: string; post: Post; person: Person; acknowledged_at: string | null; swap_to: Person; replacements: (Times & { person: Person })[] })[];
  cover: (Times & { assignment_id: string; post: Post; person: Person })[];
  gaps: Gap[]; uncovered_minutes: number; hours: { from_at: string; uncovered_minutes: number }[];
  clashes: (Times & { posts: readonly Post[]; person: Person })[];
  notes: { at: string; person: Person; lines: readonly string[] }[];
  calls: Call[];
};
export type RosterLine = Times & { roster_id: string; title: string; uncovered_minutes: number; unacknowledged: number };
export type DutyNow = { office_code: string; on_duty: { post: Post; post_vi: string; person: Person; to_at: string }[]; alarm: 'no_roster' | 'nobody_on_duty' | 'post_uncovered' | null; gaps_next_day: Gap[]; calls: Call[]; contacts: Contact[] };
/** `letter`: the key that puts this person into a cell; null: there are more people than letters. */
export type Staff = { person_id: string; full_name: string; badge?: string; letter: string | null };
export type Slot = { post: Post; post_vi: string; needed: number; from: string; to: string };
