// What the desks of orders, duty, directives, incidents and reports share: one way to add to the journal, one way to tell what came
// of it, a second signature, files and pages that the server makes.

import './duty.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import type { JournalFacts, JournalKind } from '../domain/journal.ts';
import type { Permission } from '../domain/role.ts';
import { printSheets } from './print.tsx';
import { api, ask, place } from './state.ts';
import { Button, Dialog, Field, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { say } from './words.ts';
import type { Pair } from './words.ts';

type Area = 'roster' | 'periods' | 'directives' | 'incidents' | 'reports';
export type Entry<K extends JournalKind = JournalKind> = { kind: K; matter_id?: string; facts: JournalFacts<K>; confirmation?: string };

/** Adds an entry; the id of its matter. Throws ProblemWords. */
export async function add<K extends JournalKind>(area: Area, entry: Entry<K>): Promise<string> {
  return (await ask(api[area].$post({ json: entry }))).matter_id;
}
/** Rows or a row of the journal's areas: described as records, known here by what the screen uses. */
export const seen = async <T,>(answer: Promise<{ ok: boolean; json: () => Promise<unknown> }>): Promise<T> => (await ask(answer)) as T;
export const rows = async <T,>(answer: Promise<{ ok: boolean; json: () => Promise<unknown> }>): Promise<T[]> => (await seen<{ rows: T[] }>(answer)).rows;

export type Person = { person_id: string; badge: string | null; full_name: string | null } | null;
export const nameOfPerson = (person: Person): string => person?.full_name ?? '—';

/** What stands behind the screen's own path: the id of what is open, or nothing. */
export const openId = (): string => place.value.split('/')[3] ?? '';

/** Does something, then tells it in words or tells why not. */
export function useDeed(after: () => void): { told: ComponentChildren; deed: (words: Pair, work: () => Promise<unknown>) => Promise<boolean> } {
  const [said, setSaid] = useState<Pair | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const deed = async (words: Pair, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      setProblem(null);
      setSaid(words);
      after();
      return true;
    } catch (error) {
      setSaid(null);
      setProblem(wordsOf(error));
      return false;
    }
  };
  return { deed, told: problem ? <Refusal problem={problem} /> : said ? <Notice tint="good">{say(said)}</Notice> : null };
}

/** Reads again while the screen is open. */
export function useEvery(ms: number, work: () => void): void {
  useEffect(() => {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  }, []);
}

export function Select({ label, value, options, onChange, name }: { label: string; value: string; options: readonly { value: string; text: string }[]; onChange: (value: string) => void; name?: string }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} {...(name ? { name } : {})} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
    </div>
  );
}

/** Lines of text, one a line. */
export function Lines({ label, value, onInput, hint, name }: { label: string; value: string; onInput: (value: string) => void; hint?: string; name?: string }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint ? <span class="hint" id={`${id}-hint`}>{hint}</span> : null}
      <textarea id={id} rows={3} {...(name ? { name } : {})} aria-describedby={hint ? `${id}-hint` : undefined} value={value} onInput={(event) => onInput(event.currentTarget.value.normalize('NFC'))} />
    </div>
  );
}
export const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '');

const W = {
  second: ['Người thứ hai ký', 'The second person signs'], badge: ['Thẻ người thứ hai', 'Badge of the second person'], pin: ['Mã PIN', 'PIN'], sign: ['Ký', 'Sign'],
} as const;

/** The second signature: badge and PIN of somebody who may as well; gives the one-time confirmation. */
export function SecondSignature({ permission, why, onSigned, onClose }: { permission: Permission; why: string; onSigned: (confirmation: string) => Promise<unknown>; onClose: () => void }) {
  const [badge, setBadge] = useState('');
  const [pin, setPin] = useState('');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const sign = async (): Promise<void> => {
    try {
      const { confirmation } = await ask(api.session['second-person'].$post({ json: { badge: badge.trim().toUpperCase(), pin, permission } }));
      await onSigned(confirmation);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <Dialog title={say(W.second)} onClose={onClose}>
      <p>{why}</p>
      {problem ? <Refusal problem={problem} /> : null}
      <Field label={say(W.badge)} value={badge} onInput={setBadge} autoFocus max={16} name="sign-badge" />
      <Field label={say(W.pin)} value={pin} onInput={setPin} secret inputMode="numeric" max={12} name="sign-pin" onEnter={() => void sign()} />
      <Button kind="main" keys="Enter" onPress={sign}>{say(W.sign)}</Button>
    </Dialog>
  );
}

async function good(answer: Promise<Response>): Promise<Response> {
  const got = await answer;
  if (!got.ok) throw (await got.json()) as ProblemWords;
  return got;
}

/** A file that the server makes, by the browser's own download. */
export async function download(answer: Promise<unknown>, name: string): Promise<void> {
  const blob = await (await good(answer as Promise<Response>)).blob();
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A page that the server makes, on paper: what stands in its `main`, in the sheet that the browser prints. */
export async function printPage(answer: Promise<unknown>): Promise<void> {
  const page = new DOMParser().parseFromString(await (await good(answer as Promise<Response>)).text(), 'text/html');
  const main = page.querySelector('main');
  if (main === null || main.querySelector('script, style, link, img, iframe') !== null) throw new Error('not a page of ours');
  await printSheets('sheet-a4', [<Adopted key="page" element={document.importNode(main, true)} />]);
}
const Adopted = ({ element }: { element: HTMLElement }) => <div class="paper-page" ref={(frame) => frame?.replaceChildren(...element.cloneNode(true).childNodes)} />;
