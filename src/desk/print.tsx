// Paper by the browser's own printing: labels and receipts stand in #print, each on a named page of its own size (counter.css).

import type { ComponentChildren } from 'preact';
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { api } from './state.ts';
import type { ProblemWords } from './ui.tsx';

export type Paper = 'label-80x50' | 'label-100x150' | 'receipt-80' | 'sheet-a4' | 'sheet-a5';
const place = (): HTMLElement => document.getElementById('print') ?? document.body.appendChild(Object.assign(document.createElement('div'), { id: 'print' }));

/** Shows the sheets on paper only and opens the browser's print dialog; a counter in kiosk mode prints at once. */
export async function printSheets(paper: Paper, sheets: readonly ComponentChildren[]): Promise<void> {
  clearPrint();
  render(<>{sheets.map((sheet, i) => <div key={i} class={`sheet ${paper}`} lang="vi">{sheet}</div>)}</>, place());
  // What is not loaded yet would be printed in another font.
  await Promise.all(['400 12px Label', '700 12px Label', '600 12px Figures'].map((font) => document.fonts.load(font, 'Ốệ 0')));
  window.print();
}

/** Nothing is left behind for the next Ctrl+P. */
export const clearPrint = (): void => render(null, place());
export const useClearPrint = (): void => useEffect(() => clearPrint, []);

/** The label as the server draws it. Throws ProblemWords, or an Error when there is no answer. */
export async function fetchLabel(code: string, size: '80x50' | '100x150'): Promise<SVGSVGElement> {
  const answer: Response = await api.items[':code'].label.$get({ param: { code }, query: { size, format: 'svg' } });
  if (!answer.ok) throw (await answer.json()) as ProblemWords;
  return drawingOf(await answer.text());
}

const DRAWN = new Set(['svg', 'g', 'path', 'rect', 'text']);
const SAID = /^(xmlns|xml:lang|width|height|viewBox|role|aria-label|font-(family|size|weight)|shape-rendering|text-anchor|fill|x|y|d)$/;

/** The drawing, if it is one and nothing else: an element or attribute that no label has makes it an Error. */
export function drawingOf(svg: string): SVGSVGElement {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  for (const element of [root, ...root.querySelectorAll('*')]) {
    if (!DRAWN.has(element.nodeName) || [...element.attributes].some(({ name }) => !SAID.test(name))) throw new Error('not the drawing of a label');
  }
  const drawing = document.importNode(root, true) as unknown as SVGSVGElement;
  // The page's own face has one weight; the label's metrics are those of the bold.
  drawing.setAttribute('font-family', 'Label');
  return drawing;
}

export function Drawing({ drawing }: { drawing: SVGSVGElement }) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => frame.current?.replaceChildren(drawing.cloneNode(true)), [drawing]);
  return <div class="drawing" ref={frame} />;
}
