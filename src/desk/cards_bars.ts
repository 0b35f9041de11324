// Code 128 as bars, for cards that people print themselves. Its own chunk: the encoder comes when it is first needed.

import { code128 } from 'bwip-js/generic';

/** Modules across, and the dark runs: [first module, number of modules]. Throws for what no scanner gives back. */
export type Bars = { columns: number; runs: [number, number][] };

export function barsOf(text: string): Bars {
  if (!/^[!-~]([ -~]*[!-~])?$/.test(text) || text.length > 48) throw new Error('card: not encodable');
  const bars: Bars = { columns: 0, runs: [] };
  const ignore = (): void => {};
  code128({ bcid: '', text, scale: 1 }, {
    hexagon: ignore, ellipse: ignore, fill: ignore, text: ignore, end: ignore, polygon: ignore,
    scale: (): [number, number] => [1, 1],
    measure: () => ({ width: 0, ascent: 0, descent: 0 }),
    init: (columns: number) => void (bars.columns = columns),
    line: (x: number, _y: number, _x: number, _to: number, thickness: number) => void bars.runs.push([x - Math.ceil(thickness / 2), thickness]),
  });
  return bars;
}
