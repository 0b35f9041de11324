// The scanner at this machine: what its keys, the camera or a typed number say, read and given to the screen.

import { signal } from '@preact/signals';
import { listen as listenTo, keyed } from '../scan/dom.ts';
import { readScan } from '../scan/ime.ts';
import type { Tuning } from '../scan/capture.ts';
import type { RawScan } from '../scan/stroke.ts';
import { asks, proves, scanned } from './machine.ts';
import type { Scan } from './machine.ts';

/** The scanner's pace, from the station card; null: not measured yet. */
export const pace = signal<number | null>(null);

const tuning = (): Tuning => ({ ms_per_char: pace.value, asks: asks() });

const read = (raw: RawScan): Scan => ({ ...readScan(raw, asks(), proves), method: raw.method, gap_ms: raw.gap_ms, at_ms: raw.at_ms, raw });

/** Listens from now on, for as long as the page lives. */
export function listen(): void {
  listenTo(window, tuning, (raw) => scanned(read(raw)));
}

/** A scan that the camera made. */
export const scannedByCamera = (raw: RawScan): void => scanned(read(raw));

/** A number typed by hand; null: it is none of ours, or its check digit is wrong. */
export function typedNumber(text: string): Scan | null {
  const { scan, fit } = keyed(text, performance.now(), tuning());
  return fit ? read(scan) : null;
}
