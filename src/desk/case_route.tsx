// Where an item went, without a map: offices along a line in order of time, what was done there, and the same as a table.

import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { readRoad } from './item_road.ts';
import type { Step } from './item_road.ts';
import { nameOf } from './machine.ts';
import { Button, Reading, Table, useLoad } from './ui.tsx';
import { dateTime, either, say, span } from './words.ts';

const W = { title: ['Đường đi của {code}', 'Route of {code}'], table: ['Xem bảng', 'Show the table'], picture: ['Xem hình', 'Show the picture'], place: ['Nơi', 'Place'], from: ['Từ', 'From'], to: ['Đến', 'To'], did: ['Việc', 'What was done'], stays: ['{place}: {did}, {long}', '{place}: {did}, {long}'] } as const;
type Stay = { place: string; from: string; to: string; did: string[]; flagged: boolean };

/** Stretches at one place, in order. */
export function staysOf(steps: readonly Step[]): Stay[] {
  const stays: Stay[] = [];
  for (const step of steps) {
    const place = step.office_code === null ? (step.custodian.kind === 'agency' ? nameOf('agencies', step.custodian.ref) : '—') : nameOf('offices', step.office_code);
    const last = stays.at(-1);
    const did = either(step.kind_vi, step.kind_en);
    if (last?.place === place) {
      last.to = step.received_at;
      last.did.push(did);
      last.flagged ||= step.flags.length > 0;
    } else stays.push({ place, from: step.received_at, to: step.received_at, did: [did], flagged: step.flags.length > 0 });
  }
  return stays;
}

export function RoutePicture({ code }: { code: string }) {
  const [asTable, setAsTable] = useState(false);
  const loaded = useLoad(`route ${code}`, () => readRoad(code));
  return (
    <Reading loaded={loaded}>{(road) => {
      const stays = staysOf(road.steps);
      const title = say(W.title, { code: grouped(code) });
      const width = 180;
      const told = stays.map((stay) => say(W.stays, { place: stay.place, did: stay.did.join(', '), long: span(Date.parse(stay.to) - Date.parse(stay.from)) }));
      return (
        <section class="card route" aria-label={title}>
          <div class="title-row"><h2>{title}</h2><Button kind="quiet" pressed={asTable} onPress={() => setAsTable(!asTable)}>{say(asTable ? W.picture : W.table)}</Button></div>
          {asTable ? (
            <Table caption={title} rows={stays} keyOf={(stay) => stay.from} empty="" columns={[{ head: say(W.place), cell: (stay) => stay.place }, { head: say(W.from), cell: (stay) => dateTime(stay.from) }, { head: say(W.to), cell: (stay) => dateTime(stay.to) }, { head: say(W.did), cell: (stay) => stay.did.join(', '), wide: true }]} />
          ) : (
            <div class="table-frame" tabIndex={0} role="region" aria-label={title}>
              <svg class="route-picture" viewBox={`0 0 ${stays.length * width} 92`} width={stays.length * width} height="92" role="img" aria-label={`${title}. ${told.join('; ')}`}>
                {stays.length > 1 ? <line x1="12" y1="26" x2={(stays.length - 1) * width + 12} y2="26" /> : null}
                {stays.map((stay, i) => (
                  <g key={stay.from} transform={`translate(${i * width} 0)`}>
                    {stay.flagged ? <rect x="4" y="18" width="16" height="16" class="flagged" /> : <circle cx="12" cy="26" r="8" />}
                    <text x="0" y="54">{stay.place.slice(0, 24)}</text><text x="0" y="70" class="small">{dateTime(stay.from)}</text><text x="0" y="86" class="small">{(stay.did.at(-1) ?? '').slice(0, 26)}</text>
                  </g>
                ))}
              </svg>
            </div>
          )}
        </section>
      );
    }}</Reading>
  );
}
