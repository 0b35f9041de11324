// One box for everything: a number or its beginning, a seal, a trip, a body, an office, a person; with or without accents. A scan fills it.

import './tracing.css';
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { useScans } from './machine.ts';
import { api, ask, go } from './state.ts';
import { Badge, Button, Field, Reading, Table, useLoad } from './ui.tsx';
import { dateTime, either, say } from './words.ts';

const W = {
  title: ['Tìm', 'Find'], box: ['Số hiệu, niêm phong, chuyến, cơ quan, người', 'Number, seal, trip, body, person'],
  hint: ['Quét, hoặc gõ từ 4 ký tự của số hiệu, 1–4 chữ số của chuyến, hoặc tên không cần dấu', 'Scan, or type 4 or more signs of a number, 1 to 4 digits of a trip, or a name without accents'],
  recent: ['Vừa xem', 'Seen lately'], units: ['Bưu gửi, túi', 'Items and bags'], seals: ['Niêm phong', 'Seals'], trips: ['Chuyến thư', 'Trips'], bodies: ['Cơ quan', 'Bodies'], offices: ['Bưu cục', 'Offices'], people: ['Người ở bưu cục', 'People of this office'],
  none: ['Không thấy “{q}”. Đã tìm: {where}. Chỉ tìm trong những gì liên quan bưu cục này.', 'Nothing for “{q}”. Searched: {where}. Only what concerns this office is searched.'],
  numbers: ['đầu số bưu gửi và túi, số niêm phong, số chuyến', 'beginnings of item and bag numbers, seals, trips'], names: ['tên cơ quan, bưu cục, người', 'names of bodies, offices, people'],
  full: ['Gõ mã đầy đủ', 'Type the full number'], number: ['Số hiệu', 'Number'], state: ['Trạng thái', 'State'], last: ['Lần cuối', 'Last'], at: ['Nơi', 'Place'], empty: ['Chưa tìm gì.', 'Nothing searched yet.'], short: ['Gõ thêm.', 'Type more.'],
} as const;
type Unit = { code: string; state_vi: string; state_en: string; office_code?: string; last_at?: string; seal_no?: string };
type Found = { units: Unit[]; seals: Unit[]; trips: { trip_id: string; trip_no: number; trip_year: number; from_office_code: string; to_office_code: string }[]; bodies: { body_code: string; name_vi: string; focal_unit: string | null }[]; offices: { office_code: string; name_vi: string }[]; people: { badge: string; full_name: string }[] };

/** In memory only: what was looked at is nobody's business after sign-out. */
const recent = signal<readonly string[]>([]);
export const open = (code: string): void => {
  recent.value = [code, ...recent.value.filter((known) => known !== code)].slice(0, 8);
  go(`/desk/item/${code}`);
};

const NUMBER = /^([0-9]{1,4}|[A-Z0-9-]{4,35})$/;
async function find(q: string): Promise<Found | null> {
  const number = q.toUpperCase().replaceAll(' ', '');
  const [numbers, names] = await Promise.all([
    NUMBER.test(number) ? ask(api.search.$get({ query: { q: number } })) : { units: [], seals: [], trips: [] },
    q.trim().length >= 2 ? ask(api.search.names.$get({ query: { q: q.trim() } })) : { bodies: [], offices: [], people: [] },
  ]);
  return { ...numbers, ...names } as unknown as Found;
}

export default function Find() {
  const [typed, setTyped] = useState('');
  const [q, setQ] = useState('');
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => setQ(typed.trim()), 150);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    // After the frame has given the page the focus.
    const timer = setTimeout(() => box.current?.querySelector('input')?.focus());
    return () => clearTimeout(timer);
  }, []);
  useScans('elsewhere', (scan) => {
    if (scan.what === 'item' || scan.what === 'label' || scan.what === 'bag') return open(scan.code ?? '');
    setTyped(scan.code ?? scan.text);
  });
  const loaded = useLoad<Found | null>(`find ${q}`, async () => (q === '' ? null : find(q)));
  return (
    <div class="find">
      <h1>{say(W.title)}</h1>
      <div ref={box} class="find-box"><Field label={say(W.box)} hint={say(W.hint)} value={typed} onInput={setTyped} max={60} name="find" /></div>
      {q === '' ? <Recent /> : <Reading loaded={loaded}>{(found) => (found === null ? null : <Results q={q} found={found} />)}</Reading>}
    </div>
  );
}

const Recent = () => (
  recent.value.length === 0 ? <div class="empty">{say(W.empty)}</div> : (
    <section><h2>{say(W.recent)}</h2><ul class="plain">{recent.value.map((code) => <li key={code}><Button kind="quiet" onPress={() => open(code)}><span class="code">{grouped(code)}</span></Button></li>)}</ul></section>
  )
);

function Results({ q, found }: { q: string; found: Found }) {
  const count = Object.values(found).reduce((sum, rows) => sum + rows.length, 0);
  if (count === 0) {
    const where = [NUMBER.test(q.toUpperCase().replaceAll(' ', '')) ? say(W.numbers) : '', q.length >= 2 ? say(W.names) : ''].filter(Boolean).join('; ');
    return <div class="empty" role="status"><p>{where === '' ? say(W.short) : say(W.none, { q, where })}</p><p class="soft">{say(W.full)}: <kbd>F4</kbd></p></div>;
  }
  const unitColumns = [
    { head: say(W.number), cell: (row: Unit) => <a class="code" href={`/desk/item/${row.code}`} onClick={(event) => { event.preventDefault(); open(row.code); }}>{grouped(row.code)}</a> },
    { head: say(W.state), cell: (row: Unit) => <Badge>{either(row.state_vi, row.state_en)}</Badge> },
    { head: say(W.at), cell: (row: Unit) => row.office_code ?? row.seal_no ?? '' }, { head: say(W.last), cell: (row: Unit) => (row.last_at ? <time>{dateTime(row.last_at)}</time> : '') },
  ];
  return (
    <div class="stack" role="status">
      {found.units.length > 0 ? <Table caption={say(W.units)} rows={found.units} keyOf={(row) => row.code} empty="" columns={unitColumns} /> : null}
      {found.seals.length > 0 ? <Table caption={say(W.seals)} rows={found.seals} keyOf={(row) => row.code} empty="" columns={unitColumns} /> : null}
      {found.trips.length > 0 ? <Table caption={say(W.trips)} rows={found.trips} keyOf={(row) => row.trip_id} empty="" columns={[{ head: say(W.number), cell: (row) => `${row.trip_no}/${row.trip_year}` }, { head: say(W.at), cell: (row) => `${row.from_office_code} → ${row.to_office_code}` }]} /> : null}
      {found.bodies.length > 0 ? <Table caption={say(W.bodies)} rows={found.bodies} keyOf={(row) => row.body_code} empty="" columns={[{ head: say(W.number), cell: (row) => <span class="code">{row.body_code}</span> }, { head: say(W.bodies), cell: (row) => `${row.name_vi}${row.focal_unit ? ` · ${row.focal_unit}` : ''}` }]} /> : null}
      {found.offices.length > 0 ? <Table caption={say(W.offices)} rows={found.offices} keyOf={(row) => row.office_code} empty="" columns={[{ head: say(W.number), cell: (row) => <span class="code">{row.office_code}</span> }, { head: say(W.offices), cell: (row) => row.name_vi }]} /> : null}
      {found.people.length > 0 ? <Table caption={say(W.people)} rows={found.people} keyOf={(row) => row.badge} empty="" columns={[{ head: say(W.number), cell: (row) => <span class="code">{row.badge}</span> }, { head: say(W.people), cell: (row) => row.full_name }]} /> : null}
    </div>
  );
}
