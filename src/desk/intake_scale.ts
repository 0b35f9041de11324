// A scale on a serial line (Web Serial), where the browser was allowed to use it. Reads what it says of itself; decides nothing.

import { scaleRests } from './intake_session.ts';

type Port = { open: (options: { baudRate: number }) => Promise<void>; readable: ReadableStream<Uint8Array> | null; close: () => Promise<void> };
type Serial = { getPorts: () => Promise<Port[]>; requestPort: () => Promise<Port> };
const serial = (): Serial | undefined => (navigator as Navigator & { serial?: Serial }).serial;
export const hasSerial = (): boolean => serial() !== undefined;

/** Grams and whether the scale says it rests, from one line such as `ST,GS,+  0.412kg`; null: no reading. */
export function readingOf(line: string): { grams: number; steady: boolean | null } | null {
  const match = /([+-]?)\s*([0-9]{1,6}(?:[.,][0-9]{1,4})?)\s*(kg|g)\b/i.exec(line);
  if (!match) return null;
  const [, sign, digits = '', unit = ''] = match;
  const grams = Math.round(Number(digits.replace(',', '.')) * (unit.toLowerCase() === 'kg' ? 1000 : 1));
  const said = /\b(ST|US)\b/i.exec(line)?.[1]?.toUpperCase();
  return { grams: sign === '-' ? -grams : grams, steady: said === undefined ? null : said === 'ST' };
}

const SAME_TO_REST = 3;
let reading = false;

/** Starts reading a scale that was allowed before; `ask`: lets the person choose one. false: there is none. */
export async function openScale(ask = false): Promise<boolean> {
  const from = serial();
  if (from === undefined || reading) return reading;
  const port = ask ? await from.requestPort().catch(() => undefined) : (await from.getPorts())[0];
  if (!port) return false;
  await port.open({ baudRate: 9600 });
  reading = true;
  void read(port).finally(() => (reading = false));
  return true;
}

async function read(port: Port): Promise<void> {
  if (port.readable === null) return;
  const words = new TextDecoder();
  let rest = '';
  let last = NaN;
  let same = 0;
  const reader = port.readable.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = `${rest}${words.decode(value, { stream: true })}`.split(/[\r\n]+/);
    rest = (lines.pop() ?? '').slice(-64);
    for (const line of lines) {
      const said = readingOf(line);
      if (said === null) continue;
      same = said.grams === last ? same + 1 : 1;
      last = said.grams;
      // A scale that does not say whether it rests has repeated itself.
      scaleRests(said.grams, said.grams > 0 && (said.steady ?? same >= SAME_TO_REST));
    }
  }
}
