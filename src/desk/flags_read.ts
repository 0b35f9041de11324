// What the triage desk asks of the server: the queue by cursor, with what the desk's own watch lists say of it, and what may be done.

import { useEffect, useRef, useState } from 'preact/hooks';
import { addTo, newEntryId, openCase, readCases, releaseAll } from './case_read.ts';
import type { CaseRow } from './case_read.ts';
import { reasonsOf } from './machine.ts';
import { api, ask, may } from './state.ts';
import { wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either } from './words.ts';

export type Reason = { source: 'rule' | 'person' | 'list'; checkpoint_id: string; at: string; severity: string | null; vi: string; en: string; rule_code: string | null; version: number | null; act_code: string | null; kind_vi: string; kind_en: string; recorded_by: string | null; reason_code: string | null; facts: { fact: string; vi: string; en: string; value: unknown }[] };
export type Flag = { unit_id: string; code: string; unit_kind: string; office_code: string; state_vi: string; state_en: string; held: boolean; severity: string | null; since: string; last_at: string; outcome: string | null; reasons: Reason[]; deferred_until: string | null; assigned_to: { person_id: string; full_name: string } | null; looking: string[];
  /** An open casefile of ours that it is in; null: none. */
  casefile: CaseRow | null;
};

const OURS = ['Danh sách theo dõi của đơn vị', 'On a list of ours'] as const;
const POLL_MS = 5_000;

/** The queue, asked again every five seconds; read as a whole only when something changed. */
export function useQueue(): { flags: readonly Flag[] | null; problem: ProblemWords | null; at: number | null; again: () => Promise<void> } {
  const [state, setState] = useState<{ flags: readonly Flag[] | null; problem: ProblemWords | null; at: number | null }>({ flags: null, problem: null, at: null });
  const cursor = useRef<string | null>(null);
  const again = useRef(async () => undefined as void);
  useEffect(() => {
    let over = false;
    again.current = async () => {
      try {
        const got = await ask(api.flags.$get({ query: cursor.current === null ? {} : { known: cursor.current } }));
        if (over) return;
        cursor.current = got.cursor;
        const rows = got.rows === null ? null : await withCases(await withLists(got.rows.map((row) => ({ ...row, casefile: null }))));
        if (!over) setState((before) => ({ flags: rows ?? before.flags, problem: null, at: performance.timeOrigin + performance.now() }));
      } catch (error) {
        if (!over) setState((before) => ({ ...before, problem: wordsOf(error) }));
      }
    };
    void again.current();
    const timer = setInterval(() => document.visibilityState === 'visible' && void again.current(), POLL_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, []);
  return { ...state, again: () => again.current() };
}

type WatchHit = { checkpoint_id: string; code: string; hit_at: string; list_id: string | null; why_vi: string | null; why_en: string | null; owner_agency_code: string | null };

/** Adds what the desk's own lists say. Of another's list nothing is known but that it keeps the item here. */
async function withLists(flags: Flag[]): Promise<Flag[]> {
  if (!may('watch.keep') || flags.length === 0) return flags;
  const { rows } = (await ask(api.watch.hits.$get({ query: { limit: '200' } }))) as { rows: WatchHit[] };
  const byCode = Map.groupBy(rows.filter((hit) => hit.list_id !== null), (hit) => hit.code);
  return flags.map((flag) => {
    const found = (byCode.get(flag.code) ?? []).map((hit): Reason => ({
      source: 'list', checkpoint_id: hit.checkpoint_id, at: hit.hit_at, severity: null, vi: `${OURS[0]}: ${hit.why_vi ?? ''}`, en: `${OURS[1]}: ${hit.why_en ?? ''}`,
      rule_code: null, version: null, act_code: null, kind_vi: '', kind_en: '', recorded_by: null, reason_code: null, facts: [],
    }));
    return found.length === 0 ? flag : { ...flag, reasons: [...found, ...flag.reasons.filter((reason) => !found.some((hit) => hit.checkpoint_id === reason.checkpoint_id))] };
  });
}

/** Adds the open casefile of ours that has it. */
async function withCases(flags: Flag[]): Promise<Flag[]> {
  if (!may('case.handle') || flags.length === 0) return flags;
  const byCode = new Map((await readCases({ open: 'open' })).flatMap((row) => row.codes.map((code) => [code, row] as const)));
  return flags.map((flag) => ({ ...flag, casefile: byCode.get(flag.code) ?? null }));
}

export const SEVERITY_LEVEL: { readonly [severity: string]: number } = { critical: 4, high: 3, medium: 2, low: 1 };
export const levelOf = (flag: Flag): number => SEVERITY_LEVEL[flag.severity ?? ''] ?? 2;
/** The sentence of the gravest reason, for one line. */
export const headline = (flag: Flag): string => {
  const first = flag.reasons.find((reason) => reason.severity === flag.severity) ?? flag.reasons[0];
  return first ? either(first.vi, first.en) : '';
};

export type Given = { reason_code: string; vi: string; en: string };
/** Reasons for which a flag is dismissed; where the catalogue has none of the kind, all reasons of the list. */
export function dismissals(): Given[] {
  const all = reasonsOf('hold').map((row) => ({ reason_code: String(row['reason_code']), vi: String(row['name_vi']).replace(/^Giải tỏa: /, ''), en: String(row['name_en']).replace(/^Released: /, '') }));
  const released = all.filter((row) => row.reason_code.startsWith('released_'));
  return (released.length > 0 ? released : all).slice(0, 9);
}

export const dismiss = (code: string, reason_code: string) => ask(api.screening.outcomes.$post({ json: { code, outcome: 'cleared', reason_code } }));
export const reopen = (code: string) => ask(api.screening.outcomes.$post({ json: { code, outcome: 'reopened' } }));
const sourceOf = (flag: Flag) => ({ source: flag.reasons.some((reason) => reason.source === 'list') ? 'watch_hit' : flag.reasons.some((reason) => reason.source === 'rule') ? 'rule_hit' : 'suspicion', ...(flag.reasons[0] ? { checkpoint_id: flag.reasons[0].checkpoint_id } : {}) });
/** A casefile of my party on one flag; its sentence is what it was flagged for, and none where KT1 allows no words. */
export const openFor = (flag: Flag) => openCase(newEntryId(), [flag.code], { ...sourceOf(flag), severity: flag.severity ?? 'medium' }, null);
export const joinTo = (casefile_id: string, flag: Flag) => addTo(casefile_id, newEntryId(), { kind: 'unit_added', facts: { code: flag.code, ...sourceOf(flag) } });
export const releaseFlag = (flag: Flag, reason_code: string) => releaseAll(flag.code, [...new Set(flag.reasons.map((reason) => reason.checkpoint_id))], reason_code);
export const defer = (code: string, until_ms: number) => ask(api.flags.notes.$post({ json: { code, note: 'deferred', deferred_until: new Date(until_ms).toISOString() } }));
export const assign = (code: string, assigned_to: string) => ask(api.flags.notes.$post({ json: { code, note: 'assigned', assigned_to } }));
export const free = (code: string) => ask(api.flags.notes.$post({ json: { code, note: 'freed' } }));
export const look = (code: string) => ask(api.flags.looks.$post({ json: { code } }));
export const people = async () => (await ask(api.flags.people.$get())).rows as { person_id: string; badge: string; full_name: string }[];
