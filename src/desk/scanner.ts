// The scanner at this machine: keys that come too fast for fingers are a scan, whatever has the focus.

import { readBagCode } from '../domain/bag.ts';
import { readS10 } from '../domain/code.ts';
import { scanned } from './machine.ts';
import type { Scan } from './machine.ts';

let typed = '';
let began = 0;
let last = 0;

/** Listens from now on. */
export function listen(): void {
  addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.timeStamp - last > 150) typed = '';
      if (typed === '') began = event.timeStamp;
      last = event.timeStamp;
      if (event.key === 'Enter' && typed.length >= 6) {
        const scan = scanOf(typed, 'speed', (last - began) / typed.length);
        typed = '';
        if (scan.gap_ms < 35) {
          event.preventDefault();
          scanned(scan);
        }
      } else if (event.key.length === 1) typed += event.key;
    },
    { capture: true },
  );
}

/** Reads a text as a scan. `gap_ms`: median time between its keys, 0 if it came by none. */
export function scanOf(text: string, method: string, gap_ms = 0): Scan {
  const code = text.trim().toUpperCase();
  const bag = readBagCode(code.slice(0, 23));
  const what = readS10(code).ok ? 'item' : bag ? 'bag' : 'unknown';
  return { what, code: what === 'unknown' ? null : what === 'bag' ? code.slice(0, 23) : code, text, mac: null, method, gap_ms, repaired: false, problem: what === 'unknown' ? 'format' : null };
}
