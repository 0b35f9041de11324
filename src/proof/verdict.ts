// What a verifier found in a bundle that holds. src/proof/words.ts says it to people.

import type { Head } from '../base/note.ts';
import type { SubjectKind } from './bundle.ts';

export type Shown = {
  index: number;
  at: number | null;
  format: string;
  kind: string | null;
  code: string | null;
  state: string | null;
  office_code: string | null;
};
export type Signature = { name: string; fingerprint: string; witness: boolean; at_s: number | null };
export type Verdict = {
  subject: { kind: SubjectKind; ref: string | null };
  /** Of the last log it comes from, and who signed it; `earlier` are those before it, by name. */
  head: Head;
  signed: Signature[];
  earlier: { origin: string; size: number; signed: Signature[] }[];
  /** null: no policy was brought along, so the keys are only those the bundle names. */
  policy_met: true | null;
  /** null: no earlier head was brought along. */
  held_head: true | null;
  entries: number;
  redacted: number;
  units: number;
  from_ms: number | null;
  to_ms: number | null;
  device_signed: number;
  /** `logged`: the log itself is shown to name that key; otherwise it is the bundle's word. */
  devices: { device_id: string; fingerprint: string; logged: boolean }[];
  older: { size: number; at_s: number | null }[];
  files: string[];
  shown: Shown[];
};
