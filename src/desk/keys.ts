// Single keys on lists and casefiles: j k x 1 2 3 …, for whoever works through fifty flags. A scanner types the same keys, so a key counts
// only after a moment of silence; what stands in a field is nobody's shortcut; and whoever cannot use them turns them off.

import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/** Whether single keys do anything on this machine. */
export const keysOn = signal(localStorage.getItem('niem.keys') !== 'off');
keysOn.subscribe((on) => localStorage.setItem('niem.keys', on ? 'on' : 'off'));

const SILENCE_MS = 150;
/** The same key again is no scan unless it comes as fast as one. */
const HAND_MS = 60;

const typing = (target: EventTarget | null): boolean => target instanceof Element && target.closest('input, textarea, select, [contenteditable], dialog') !== null;

/** `map`: by `key` as the browser names it, letters small. Enter and space on a button are the button's own. */
export function useKeys(map: { readonly [key: string]: () => unknown }): void {
  const latest = useRef(map);
  latest.current = map;
  useEffect(() => {
    let waiting: { key: string; timer: ReturnType<typeof setTimeout> } | null = null;
    let last = 0;
    let run = false;
    const fire = (key: string): void => {
      waiting = null;
      void latest.current[key]?.();
    };
    const down = (event: KeyboardEvent): void => {
      if (event.key === 'Shift') return;
      const gap = event.timeStamp - last;
      last = event.timeStamp;
      if (waiting) {
        clearTimeout(waiting.timer);
        const before = waiting.key;
        waiting = null;
        // Two keys at once: a scan is being typed, and none of it is meant for the list. The same key at a hand's pace is pressed twice.
        if (before === event.key.toLowerCase() && gap >= HAND_MS) fire(before);
        else run = true;
      } else if (gap >= SILENCE_MS) run = false;
      // The key before was nobody's, but no hand follows it so fast.
      else if (gap < HAND_MS) run = true;
      if (run || !keysOn.value || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented || typing(event.target)) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (!(key in latest.current) || (key === 'Enter' && event.target instanceof Element && event.target.closest('button, a, summary') !== null)) return;
      if (key.startsWith('Arrow') || key === '/') event.preventDefault();
      waiting = { key, timer: setTimeout(() => fire(key), SILENCE_MS) };
    };
    addEventListener('keydown', down);
    return () => {
      removeEventListener('keydown', down);
      if (waiting) clearTimeout(waiting.timer);
    };
  }, []);
}
