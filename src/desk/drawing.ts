// When the screen is drawn: at once, so that what is typed is known to whatever runs next; but after a scan only once it has been
// taken, because signing and storing it, and its beep, go first.

import { options } from 'preact';

/** A scan that takes longer than this (a network, a question to a person) is drawn while it is taken. */
const LONGEST_MS = 100;

let held = false;
const waiting: (() => void)[] = [];

options.debounceRendering = (draw) => (held ? void waiting.push(draw) : queueMicrotask(draw));

/** Draws after `taking`, or after 100 ms. A scan that comes meanwhile does not put it off further. */
export function drawAfter(taking: unknown): void {
  if (held) return;
  held = true;
  let over = false;
  const late = setTimeout(release, LONGEST_MS);
  // In a task of its own: whoever waited for the same promise comes first, and beeps.
  const soon = (): void => void setTimeout(release);
  void Promise.resolve(taking).then(soon, soon);
  function release(): void {
    clearTimeout(late);
    if (over) return;
    over = true;
    held = false;
    for (const work of waiting.splice(0)) work();
  }
}

/** Runs `work` when what was scanned or typed before it is drawn, and so known to it. */
export function onceDrawn(work: () => void): void {
  if (held) waiting.push(() => queueMicrotask(work));
  else work();
}
