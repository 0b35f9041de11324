// A form of a casefile: fields as the catalogue needs them, one entry id from opening to sending, refused in words beside the fields.

import { useState } from 'preact/hooks';
import { newEntryId } from './case_read.ts';
import { machine } from './machine.ts';
import { Button, Dialog, Field, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { say } from './words.ts';
import type { Pair } from './words.ts';

export type FormField = { name: string; label: Pair; options?: readonly (readonly [value: string, words: string])[]; instant?: boolean; long?: boolean; optional?: boolean; first?: string };
type Values = { readonly [name: string]: string };
const W = { send: ['Ghi vào vụ việc', 'Add to the casefile'], choose: ['— chọn —', '— choose —'], instant: ['năm-tháng-ngàyTgiờ:phút, giờ Việt Nam', 'year-month-dayThour:minute, Vietnamese time'] } as const;

/** An instant as a field of local time says it, in Việt Nam wherever the machine stands; and back. */
export const fieldOf = (ms: number): string => new Date(ms + 7 * 3_600_000).toISOString().slice(0, 16);
export const inHours = (hours: number): string => fieldOf(machine.outbox.now() + hours * 3_600_000);
export const instantOf = (field: string): string => new Date(`${field}:00+07:00`).toISOString();

/** Thrown by `onSend` when the form goes on to its second half: no failure, and it stays open. */
export class NextStep extends Error {}

export function CaseForm({ title, fields, onSend, onClose, note }: { title: string; fields: readonly FormField[]; onSend: (values: Values, entry_id: string) => Promise<unknown>; onClose: () => void; note?: string }) {
  const [values, setValues] = useState<Values>(() => Object.fromEntries(fields.map((field) => [field.name, field.first ?? ''])));
  const [id] = useState(newEntryId);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const set = (name: string, value: string): void => setValues((before) => ({ ...before, [name]: value }));
  const missing = fields.some((field) => !field.optional && (values[field.name] ?? '').trim() === '');
  const send = async (): Promise<void> => {
    setProblem(null);
    await onSend(values, id).then(onClose, (error: unknown) => { if (!(error instanceof NextStep)) setProblem(wordsOf(error)); });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {note ? <p class="soft">{note}</p> : null}
      {problem ? <Refusal problem={problem} /> : null}
      {fields.map((field) =>
        field.options ? (
          <div key={field.name} class="field"><label for={`form-${field.name}`}>{say(field.label)}</label><select id={`form-${field.name}`} value={values[field.name]} onChange={(event) => set(field.name, event.currentTarget.value)}><option value="">{say(W.choose)}</option>{field.options.map(([value, words]) => <option key={value} value={value}>{words}</option>)}</select></div>
        ) : field.long ? (
          <div key={field.name} class="field"><label for={`form-${field.name}`}>{say(field.label)}</label><textarea id={`form-${field.name}`} rows={3} maxLength={2000} value={values[field.name]} onInput={(event) => set(field.name, event.currentTarget.value.normalize('NFC'))} /></div>
        ) : <Field key={field.name} label={say(field.label)} value={values[field.name] ?? ''} onInput={(value) => set(field.name, value)} max={field.instant ? 16 : 60} {...(field.instant ? { hint: say(W.instant) } : {})} name={`form-${field.name}`} />,
      )}
      <Button kind="main" disabled={missing} why="" onPress={send}>{say(W.send)}</Button>
    </Dialog>
  );
}
