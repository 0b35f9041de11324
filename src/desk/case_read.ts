// What the case desk asks of the server and how it adds to a casefile. Nothing of a casefile is kept on this machine; what is being
// written lives in memory until it is sent or the desk is left.

import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { uuid7 } from '../base/id.ts';
import { listenTo } from './live.ts';
import { machine, nameOf, rowsOf } from './machine.ts';
import { api, ask, me } from './state.ts';
import { useLoad } from './ui.tsx';
import type { Loaded } from './ui.tsx';

type Named = { person_id: string; badge: string | null; full_name: string } | null;
type By = { entry_no: number; at: string; by: Named; party_code: string; words: string | null };
export type CaseUnit = { unit_kind: string; code: string; holds: number; state: string; state_vi: string; state_en: string; office_code: string; custodian: { kind: string; ref: string }; head_hash: string };
export type Party = { grant_no: number; party_code: string; name_vi: string; party_kind: string; lead: boolean; granted_at: string; until_at: string | null; revoked_at: string | null; holds: boolean; seen_by: { person_id: string; badge: string; full_name: string }[] };
export type Entry = { entry_no: number; entry_id: string; kind: string; kind_vi: string; kind_en: string; at: string; by: Named; party_code: string; only_party: string | null; facts: { [fact: string]: unknown }; words: string | null; erased: boolean; hash: string };
export type CaseStep = { checkpoint_id: string; code: string; kind: string; kind_vi: string; kind_en: string; at: string; office_code: string | null; flags: string[]; by: Named };
export type Request = By & { request: string; request_vi: string; request_en: string; to: string; codes: string[]; answers: string[]; due_at: string | null; verdict: string; answer: (By & { answer: string; answer_vi: string; answer_en: string }) | null };
export type Task = By & { task: string; task_vi: string; task_en: string; for_party: string; for_person: Named; due_at: string | null; late: boolean; only_party: string | null; ended: (By & { done: boolean }) | null };
export type Proposal = By & { decision: string; decision_vi: string; decision_en: string; unit_codes: string[]; agency_code?: string; act_code?: string; decision_no?: string; keep_until?: string; expires_at: string; snapshot: string; other_party: boolean; state: string; decided: By | null; why_not: string | null; new_since: number[] };
export type Notice = By & { notice_id: string; to: string; channel: string; told_at: string; acknowledged: (By & { acknowledged_at: string }) | null };
export type Evidence = { evidence_id: string; entry_no: number; digest: string; bytes: number; media_type: string; width: number; height: number };
export type Paper = { record_id: string; form: string; form_vi: string; form_en: string; number: string; code: string; digest: string; drawn_at: string; signed_scans: number };
export type CaseHead = { casefile_id: string; case_no: string; title: string | null; state: string; state_vi: string; state_en: string; severity: string; severity_vi: string; severity_en: string; codes_only: boolean; lead_party: string; opened_at: string; codes: string[]; last_no: number; waiting: { requests: number; tasks: number; proposals: number; lead: number } };
export type CaseRow = CaseHead & { last_at: string; next_due_at: string | null; late: number };
export type CaseScreen = CaseHead & {
  snapshot: string; taken_by: Named; lead_offer: (By & { to: string }) | null; closed: (By & { outcome: string }) | null; units: CaseUnit[]; parties: Party[]; entries: Entry[]; steps: CaseStep[]; requests: Request[]; tasks: Task[]; proposals: Proposal[]; notices: Notice[]; papers: Paper[]; evidence: Evidence[];
  reads: { by: Named; party_code: string; times: number; last_at: string }[];
};

export const readCase = async (casefile_id: string): Promise<CaseScreen> => (await ask(api.cases[':casefile_id'].$get({ param: { casefile_id } }))) as unknown as CaseScreen;
export const readCases = async (query: { open?: 'open' | 'closed' | 'all'; waiting?: '1'; code?: string; q?: string }): Promise<CaseRow[]> => (await ask(api.cases.$get({ query }))).rows;

export type Given = { kind: string; facts: object; words?: string; only_party?: string };
/** The id is minted when the form opens, so that pressing twice adds one. */
export const newEntryId = (): string => uuid7(machine.outbox.now());
export const addTo = (casefile_id: string, entry_id: string, given: Given) => ask(api.cases[':casefile_id'].entries.$post({ param: { casefile_id }, json: { entry_id, ...given } as never }));
export const openCase = async (entry_id: string, unit_codes: readonly string[], more: { source: string; severity: string; checkpoint_id?: string }, words: string | null) =>
  ask(api.cases.$post({ json: { entry_id, facts: { ...more, unit_codes: [...unit_codes] }, ...(words === null ? {} : { words }) } as never }));

/** The party that whoever sits here speaks for. */
export const myParty = (): string => me.value?.agency_code ?? me.value?.office_code ?? '';
export const partyName = (code: string): string => (rowsOf('agencies').some((row) => row['agency_code'] === code) ? nameOf('agencies', code) : nameOf('offices', code));

/** How long a reading waits for the stream that would tell what comes after it. */
const PATIENCE_MS = 1_500;
/** Loads, and loads again when something was added to a casefile of ours that `concerns` us. Nothing moves the focus. */
export function useLive<T>(key: string, work: () => Promise<T>, concerns: (casefile_id: string) => boolean): Loaded<T> {
  // First the stream says where it begins, then it is read: nothing falls between the two, and one look is logged once.
  const [begun] = useState(() => Promise.withResolvers<void>());
  const loaded = useLoad(key, () => begun.promise.then(work));
  useEffect(() => {
    let tooLate = false;
    const patience = setTimeout(() => {
      tooLate = true;
      begun.resolve();
    }, PATIENCE_MS);
    const stop = listenTo((headers, signal) => api.cases.changes.$get({ query: {} }, { headers, init: { signal } }), (news) => {
      const { changes } = news as { changes: readonly { casefile_id: string }[] };
      if (tooLate || changes.some((change) => concerns(change.casefile_id))) loaded.reload();
      tooLate = false;
      clearTimeout(patience);
      begun.resolve();
    });
    return () => {
      clearTimeout(patience);
      stop();
    };
  }, []);
  return loaded;
}

/** What is being written, by casefile. In memory only: nothing of a casefile stands on a disk of the post. */
export const drafts = signal<{ readonly [casefile_id: string]: string }>({});

/** Holds of a unit that its steps show; those released meanwhile the server knows. */
export const holdsOf = (steps: readonly CaseStep[], code: string): string[] => steps.filter((step) => step.code === code && (step.kind === 'held' || step.kind === 'suspected' || step.flags.includes('kept') || step.flags.includes('keep_here'))).map((step) => step.checkpoint_id);

/** Ends every hold that may be ended; what was ended before is passed over. Throws the first refusal that says more than that. */
export async function releaseAll(code: string, holds: readonly string[], reason_code: string): Promise<void> {
  for (const hold_checkpoint_id of holds) {
    const event = await machine.outbox.record({ kind: 'hold_released', code, facts: { hold_checkpoint_id, reason_code } });
    const { refusal } = event;
    if (refusal && refusal.refusal !== 'unknown_hold' && refusal.refusal !== 'not_held') throw refusal;
  }
}
