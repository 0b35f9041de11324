// Tones, told apart by count and contour, not by pitch alone. No tone is played before what it stands for has happened.

import { signal } from '@preact/signals';

type Note = { from: number; to: number; ms: number; gap: number };
const note = (from: number, ms: number, to = from, gap = 40): Note => ({ from, to, ms, gap });

/** CATALOGUE of what can be heard: Hz, milliseconds, and how a phone shakes. */
export const TONES = {
  matched: { notes: [note(1800, 80)], shake: [40] },
  duplicate: { notes: [note(900, 60), note(900, 60)], shake: [40, 40, 40] },
  surplus: { notes: [note(400, 250)], shake: [150] },
  unknown: { notes: [note(220, 120)], shake: [80] },
  stop: { notes: [note(600, 200, 300), note(600, 200, 300), note(600, 200, 300)], shake: [200, 60, 200, 60, 200] },
  warning: { notes: [note(1000, 180, 700)], shake: [100] },
  undone: { notes: [note(700, 100, 1000)], shake: [40] },
  complete: { notes: [note(1200, 90), note(1500, 90), note(1800, 120)], shake: [40, 40, 120] },
  waiting: { notes: [note(500, 40)], shake: [20] },
} as const satisfies Record<string, { notes: readonly Note[]; shake: readonly number[] }>;
export type Tone = keyof typeof TONES;

/** Whether the loudspeaker may be used: browsers keep it shut until somebody has touched the page. */
export const soundOn = signal(false);

let context: AudioContext | null = null;
/** -0.2 | 0 | 0.2: neighbouring stations differ in pitch, so that each knows its own. */
let shift = 0;

export function openSound(pitch_shift = shift): void {
  shift = pitch_shift;
  if (context === null) {
    const opened = new AudioContext();
    opened.addEventListener('statechange', () => (soundOn.value = opened.state === 'running'));
    context = opened;
  }
  if (context.state === 'suspended') void context.resume();
  soundOn.value = context.state === 'running';
}

/** Plays at once; returns its length in milliseconds. Silent when the loudspeaker is shut, which the desk shows. */
export function play(tone: Tone): number {
  const { notes, shake } = TONES[tone];
  navigator.vibrate?.([...shake]);
  if (context === null) return 0;
  if (context.state === 'suspended') void context.resume();
  let at = context.currentTime;
  for (const { from, to, ms, gap } of notes) {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = 'square';
    oscillator.frequency.setValueAtTime(from * (1 + shift), at);
    oscillator.frequency.linearRampToValueAtTime(to * (1 + shift), at + ms / 1000);
    gain.gain.setValueAtTime(0.18, at);
    gain.gain.linearRampToValueAtTime(0, at + ms / 1000);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + ms / 1000);
    at += (ms + gap) / 1000;
  }
  return notes.reduce((sum, { ms, gap }) => sum + ms + gap, 0);
}
