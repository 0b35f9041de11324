// Cards to print for scanners: command cards (thẻ lệnh) and the station card. Code 128 and the words, on A4 or A5.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { cardText } from '../domain/card.ts';
import { COMMANDS } from '../scan/route.ts';
import { stationText } from '../scan/station.ts';
import type { Bars as Drawn } from './cards_bars.ts';
import { printSheets } from './print.tsx';
import { Button, Choice, Field } from './ui.tsx';
import { either, say } from './words.ts';

const W = {
  commands: ['Thẻ lệnh', 'Command cards'], station: ['Thẻ quầy', 'Station card'], paper: ['Khổ giấy', 'Paper'],
  hint: ['In, ép nhựa, để cạnh máy quét: quét thẻ thay cho chạm màn hình.', 'Print, laminate, keep beside the scanner: a scan instead of a touch.'],
  badge: ['cần thẻ người trong 10 giây', 'needs a badge within 10 seconds'],
  print: ['In thẻ lệnh', 'Print the command cards'], print_station: ['In thẻ quầy', 'Print the station card'],
  name: ['Mã quầy', 'Station code'], name_hint: ['Chữ in hoa, số, gạch nối; ví dụ LS-CL-01', 'Capitals, digits, hyphens; e.g. LS-CL-01'],
  station_why: ['Quét đầu ca: kiểm tra bộ gõ, phím Caps Lock, bố cục phím và tốc độ máy quét.', 'Scanned when a shift begins: checks typing software, Caps Lock, key layout and the scanner’s pace.'],
} as const;
const QUIET = 10;

/** What the barcode of every card says: the parser of scans reads exactly this. */
export const CARD_TEXTS = Object.values(COMMANDS).map((command) => ({ ...command, text: cardText('C', command.id) }));

let encoder: ((text: string) => Drawn) | null = null;
/** Before a sheet goes to paper: what is not loaded yet would be printed as nothing. */
export async function loadEncoder(): Promise<void> {
  encoder ??= (await import('./cards_bars.ts')).barsOf;
}

/** Code 128 with its quiet zones, black on white in every theme. */
export function Bars({ text }: { text: string }) {
  const [, ready] = useState(encoder !== null);
  useEffect(() => void loadEncoder().then(() => ready(true)), []);
  const bars = encoder?.(text) ?? null;
  if (bars === null) return <svg class="bars" aria-hidden="true" />;
  return (
    <svg class="bars" viewBox={`0 0 ${bars.columns + 2 * QUIET} 40`} preserveAspectRatio="none" shape-rendering="crispEdges" role="img" aria-label={text} data-text={text}>
      <rect width="100%" height="100%" fill="#fff" />
      <path fill="#000" d={bars.runs.map(([x, w]) => `M${x + QUIET} 0h${w}v40h${-w}z`).join('')} />
    </svg>
  );
}

const CommandSheet = () => (
  <div class="command-cards">
    {CARD_TEXTS.map((card) => (
      <figure key={card.id}>
        <Bars text={card.text} />
        <figcaption><strong>{card.vi}</strong> <span>{card.en}</span>{card.irreversible ? <em>{say(W.badge)}</em> : null}</figcaption>
      </figure>
    ))}
  </div>
);

export function Cards() {
  const [paper, setPaper] = useState<'sheet-a4' | 'sheet-a5'>('sheet-a4');
  const [station, setStation] = useState('');
  const fit = /^[A-Z0-9][A-Z0-9-]{0,15}$/.test(station);
  const print = async (sheet: ComponentChildren): Promise<void> => {
    await loadEncoder();
    await printSheets(paper, [sheet]);
  };
  return (
    <section class="cards">
      <h2>{say(W.commands)}</h2>
      <p class="soft">{say(W.hint)}</p>
      <div class="row no-print">
        <Choice label={say(W.paper)} value={paper} compact options={[{ value: 'sheet-a4', text: 'A4' }, { value: 'sheet-a5', text: 'A5' }]} onChange={setPaper} />
        <Button kind="main" onPress={() => print(<CommandSheet />)}>{say(W.print)}</Button>
      </div>
      <CommandSheet />
      <h2>{say(W.station)}</h2>
      <p class="soft">{say(W.station_why)}</p>
      <div class="row no-print">
        <Field label={say(W.name)} hint={say(W.name_hint)} value={station} onInput={(value) => setStation(value.toUpperCase())} max={16} name="station" />
        <Button onPress={() => print(<StationCard station={station} />)} disabled={!fit} why="">{say(W.print_station)}</Button>
      </div>
      {fit ? <StationCard station={station} /> : null}
    </section>
  );
}

const StationCard = ({ station }: { station: string }) => (
  <figure class="station-card" tabIndex={0}><Bars text={stationText(station)} /><figcaption><strong>{either('THẺ QUẦY', 'STATION CARD')} {station}</strong></figcaption></figure>
);
