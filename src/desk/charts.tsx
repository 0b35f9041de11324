// Small charts by hand: the title says the finding, labels stand at the bars, and the same figures stand in a table.

import { useState } from 'preact/hooks';
import { Button, Table } from './ui.tsx';
import { number, say } from './words.ts';

const W = { table: ['Xem bảng', 'Show the table'], chart: ['Xem biểu đồ', 'Show the chart'], what: ['Mục', 'Item'], value: ['Số', 'Figure'] } as const;
/** `of`: the whole of which `value` is a part, drawn behind it. `mark`: hatched, for what alarms. */
export type Bar = { label: string; value: number; of?: number; mark?: boolean };

/** `labels`: width of the words before the bars, of 360. */
export function BarChart({ title, bars, empty, unit = '', labels = 130 }: { title: string; bars: readonly Bar[]; empty: string; unit?: string; labels?: number }) {
  const room = 300 - labels;
  const [asTable, setAsTable] = useState(false);
  const most = Math.max(1, ...bars.map((bar) => bar.of ?? bar.value));
  const figure = (bar: Bar): string => `${number(bar.value)}${bar.of === undefined ? '' : ` / ${number(bar.of)}`}${unit}`;
  return (
    <section class="card chart" aria-label={title}>
      <div class="title-row"><h2>{title}</h2>{bars.length > 0 ? <Button kind="quiet" pressed={asTable} onPress={() => setAsTable(!asTable)}>{say(asTable ? W.chart : W.table)}</Button> : null}</div>
      {bars.length === 0 ? <p class="soft">{empty}</p> : asTable ? (
        <Table caption={title} rows={bars} keyOf={(bar) => bar.label} empty="" columns={[{ head: say(W.what), cell: (bar) => bar.label }, { head: say(W.value), cell: figure, number: true }]} />
      ) : (
        <svg class="bar-chart" viewBox={`0 0 360 ${bars.length * 24}`} role="img" aria-label={`${title}: ${bars.map((bar) => `${bar.label} ${figure(bar)}`).join('; ')}`}>
          {bars.map((bar, i) => (
            <g key={bar.label} transform={`translate(0 ${i * 24})`}>
              <text x="0" y="16">{bar.label}</text>
              {bar.of === undefined ? null : <rect class="whole" x={labels} y="5" width={Math.max(1, (bar.of / most) * room)} height="14" />}
              <rect class={bar.mark ? 'marked' : 'part'} x={labels} y="5" width={Math.max(bar.value > 0 ? 2 : 0, (bar.value / most) * room)} height="14" />
              <text class="figure-text" x="358" y="16" text-anchor="end">{figure(bar)}</text>
            </g>
          ))}
        </svg>
      )}
    </section>
  );
}
