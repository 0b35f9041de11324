// A field that finds by a few letters, with or without accents, by words or by initials (ARIA combobox with a list).

import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { fold } from '../domain/fold.ts';
import { say } from './words.ts';

/** `more`: what tells namesakes apart, e.g. the parent body. */
export type Option = { value: string; text: string; more?: string };

/** 0: does not match. Exact accents before folded beginnings of words, before initials, before any part. */
export function rank(option: Option, query: string): number {
  const wanted = fold(query);
  if (wanted === '') return 1;
  const text = fold(`${option.text} ${option.value}`);
  if (option.text.normalize('NFC').toLowerCase().includes(query.normalize('NFC').toLowerCase().trim())) return 5;
  if (text.startsWith(wanted)) return 4;
  if (wanted.split(' ').every((word) => text.split(' ').some((part) => part.startsWith(word)))) return 3;
  if (text.split(' ').map((part) => part[0]).join('').includes(wanted.replaceAll(' ', ''))) return 2;
  return text.includes(wanted) ? 1 : 0;
}
const MOST = 8;

type Props = { label: string; options: readonly Option[]; value: string | null; onPick: (value: string) => void; recent?: readonly string[]; hint?: string; error?: string | null; id?: string; compact?: boolean; autoFocus?: boolean };

/** Enter or a click picks; before anything is typed the recent ones stand first and 1 to 5 pick them. */
export function Combobox({ label, options, value, onPick, recent = [], hint, error, id: given, compact = false, autoFocus = false }: Props) {
  const made = useId();
  const id = given ?? made;
  const [query, setQuery] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (autoFocus) input.current?.focus();
  }, [autoFocus]);
  const chosen = options.find((option) => option.value === value);
  const shown = matching(options, query ?? '', recent);
  const pick = (option: Option | undefined): void => {
    if (!option) return;
    setQuery(null);
    setOpen(false);
    onPick(option.value);
  };
  /** What stands in the field is newer than what is drawn: Enter means the newer. */
  const typedAhead = (): boolean => input.current !== null && input.current.value.normalize('NFC') !== (query ?? chosen?.text ?? '') && input.current.value !== '';
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.ctrlKey || event.altKey) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      setAt(open ? (at + (event.key === 'ArrowDown' ? 1 : shown.length - 1)) % Math.max(1, shown.length) : 0);
      setOpen(true);
    } else if (event.key === 'Enter' && typedAhead()) pick(matching(options, input.current?.value ?? '', recent)[0]);
    else if (event.key === 'Enter' && open && (query !== null || at > 0)) pick(shown[at]);
    else if (event.key === 'Escape' && open) {
      setQuery(null);
      setOpen(false);
    } else if (open && (query ?? '') === '' && /^[1-5]$/.test(event.key) && Number(event.key) <= recent.length) pick(shown[Number(event.key) - 1]);
    else return;
    event.preventDefault();
  };
  const said = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div class={`field combobox${error ? ' wrong' : ''}${compact ? ' compact' : ''}`}>
      <label for={id}>{label}</label>
      {hint ? <span class="hint" id={`${id}-hint`}>{hint}</span> : null}
      <input
        ref={input} id={id} role="combobox" autoComplete="off" spellcheck={false} aria-expanded={open} aria-controls={`${id}-list`} aria-autocomplete="list" maxLength={80}
        {...(open && shown[at] ? { 'aria-activedescendant': `${id}-${at}` } : {})} aria-describedby={said || undefined} aria-invalid={error ? true : undefined}
        value={query ?? chosen?.text ?? ''}
        onInput={(event) => { setQuery(event.currentTarget.value.normalize('NFC')); setAt(0); setOpen(true); }}
        onFocus={(event) => { event.currentTarget.select(); setOpen(true); setAt(0); }}
        onBlur={() => { setOpen(false); setQuery(null); }}
        onKeyDown={onKeyDown}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={!open || shown.length === 0}>
        {shown.map((option, i) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the field has the keys
          <li key={option.value} id={`${id}-${i}`} role="option" aria-selected={i === at} onPointerDown={(event) => { event.preventDefault(); pick(option); }}>
            {(query ?? '') === '' && i < recent.length ? <kbd>{i + 1}</kbd> : null}
            <span>{option.text}</span>
            {option.more ? <span class="soft">{option.more}</span> : null}
          </li>
        ))}
      </ul>
      {open && shown.length === 0 ? <span class="hint" role="status">{say(['Không tìm thấy “{query}”. Gõ chữ khác trong tên, có dấu hoặc không.', 'Nothing found for “{query}”. Try other letters of the name, with or without accents.'], { query })}</span> : null}
      {error ? <span class="error" id={`${id}-error`}>{error}</span> : null}
    </div>
  );
}

function matching(options: readonly Option[], query: string, recent: readonly string[]): readonly Option[] {
  if (fold(query) === '') {
    const first = recent.flatMap((value) => options.filter((option) => option.value === value));
    return [...first, ...options.filter((option) => !recent.includes(option.value))].slice(0, MOST);
  }
  const ranked = options.map((option) => ({ option, rank: rank(option, query) })).filter((found) => found.rank > 0);
  return ranked.toSorted((a, b) => b.rank - a.rank || a.option.text.localeCompare(b.option.text, 'vi')).slice(0, MOST).map(({ option }) => option);
}
