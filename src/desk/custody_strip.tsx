// Who held an item and how long, to be read in a second: widths by time, patterns by holder, gaps as gaps. The table says the same.

import { useState } from 'preact/hooks';
import type { Held } from './item_road.ts';
import { Button, Table } from './ui.tsx';
import { dateTime, say, span, time } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Ai đã giữ', 'Who held it'],
  table: ['Xem bảng', 'Show the table'], strip: ['Xem dải', 'Show the strip'],
  holder: ['Người giữ', 'Holder'], from: ['Từ', 'From'], to: ['Đến', 'To'], long: ['Trong', 'For'],
  nobody: ['không rõ', 'not known'],
  said: ['{name} {long}', '{name} {long}'],
} as const;
export const HOLDERS: { readonly [kind: string]: Pair } = {
  person: ['người', 'person'], courier: ['bưu tá', 'courier'], vehicle: ['xe', 'vehicle'], bag: ['túi', 'bag'], agency: ['cơ quan', 'agency'], addressee: ['người nhận', 'addressee'], sender: ['người gửi', 'sender'], nobody: ['không ai', 'nobody'],
};
const WIDTH = 1000;
const LEAST = 26;

/** The stretch between two holders that nobody answers for is a part of its own, with `name` null. */
function parts(held: readonly Held[]): { name: string | null; kind: string; from: number; to: number; width: number }[] {
  const whole: { name: string | null; kind: string; from: number; to: number }[] = [];
  for (const one of held) {
    const before = whole.at(-1);
    if (before && one.from - before.to > 60_000) whole.push({ name: null, kind: 'nobody', from: before.to, to: one.from });
    whole.push(one);
  }
  const total = whole.reduce((sum, { from, to }) => sum + to - from, 0) || 1;
  const room = WIDTH - LEAST * whole.length;
  return whole.map((part) => ({ ...part, width: LEAST + (room * (part.to - part.from)) / total }));
}

export function CustodyStrip({ held }: { held: readonly Held[] }) {
  const [asTable, setAsTable] = useState(false);
  if (held.length === 0) return null;
  const all = parts(held);
  const names = [...new Set(all.map(({ name }) => name).filter((name) => name !== null))];
  const words = all.map(({ name, from, to }) => say(W.said, { name: name ?? say(W.nobody), long: span(to - from) })).join('; ');
  let x = 0;
  return (
    <section class="custody" aria-label={say(W.title)}>
      <div class="title-row"><h2>{say(W.title)}</h2><Button kind="quiet" onPress={() => setAsTable(!asTable)}>{say(asTable ? W.strip : W.table)}</Button></div>
      {asTable ? (
        <Table caption={say(W.title)} rows={all} keyOf={(part) => `${part.from}${part.name}`} empty="" columns={[
          { head: say(W.holder), cell: (part) => `${part.name ?? say(W.nobody)} (${say(HOLDERS[part.kind] ?? ['—', '—'])})` },
          { head: say(W.from), cell: (part) => <time>{dateTime(part.from)}</time> }, { head: say(W.to), cell: (part) => <time>{dateTime(part.to)}</time> }, { head: say(W.long), cell: (part) => span(part.to - part.from) },
        ]} />
      ) : (
        <>
          <svg class="strip" viewBox={`0 0 ${WIDTH} 34`} preserveAspectRatio="none" role="img" aria-label={`${say(W.title)}: ${words}`}>
            {all.map((part) => {
              const left = x;
              x += part.width;
              return part.name === null
                ? <line key={part.from} class="strip-gap" x1={left} x2={left + part.width} y1="17" y2="17" />
                : <rect key={`${part.from}${part.name}`} class={`strip-${names.indexOf(part.name) % 4}`} x={left + 1} y="2" width={part.width - 2} height="30" />;
            })}
          </svg>
          <ol class="strip-legend" aria-hidden="true">
            {all.map((part, i) => <li key={i}><span class={`swatch strip-${part.name === null ? 'none' : names.indexOf(part.name) % 4}`} />{part.name ?? say(W.nobody)} <span class="soft">{say(HOLDERS[part.kind] ?? ['—', '—'])} · {time(part.from)} · {span(part.to - part.from)}</span></li>)}
          </ol>
        </>
      )}
    </section>
  );
}
