// A trip leaves: the vehicle order (lệnh điều xe), then each sealed bag is scanned onto the vehicle. What is held or not sealed stays.

import './sorting.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { answered } from './labels.tsx';
import { machine, nameOf, stop } from './machine.ts';
import { Takes } from './run_person.tsx';
import { play } from './sound.ts';
import { api, ask, me } from './state.ts';
import { Badge, Button, Choice, Field, Figure, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, number, say, weight } from './words.ts';

const W = {
  title: ['Xuất chuyến', 'Departure'], choose: ['Chuyến đang mở', 'Open trips'], none: ['Không có chuyến nào đang mở từ bưu cục này.', 'No trip of this office is open.'], another: ['Chuyến khác', 'Another trip'],
  trip: ['Chuyến {no} → {to}', 'Trip {no} → {to}'], order: ['Lệnh điều xe', 'Vehicle order'], vehicle: ['Biển số xe', 'Vehicle number'], plate_hint: ['Chữ in, số, gạch ngang', 'Capitals, digits, hyphens'],
  dedicated: ['Xe', 'Vehicle'], yes: ['Xe chuyên dùng', 'Dedicated'], no: ['Xe chung, có áp tải', 'Shared, with an escort'], driver: ['Lái xe', 'Driver'], escort: ['Áp tải', 'Escort'], guard: ['Có cảnh vệ như yêu cầu', 'The guard asked for is there'],
  save: ['Ghi lệnh', 'Record the order'], ordered: ['Đã ghi: xe {vehicle}', 'Recorded: vehicle {vehicle}'], scan: ['Quét từng túi lên xe.', 'Scan each bag onto the vehicle.'], first: ['Ghi lệnh điều xe trước, rồi quét túi.', 'Record the vehicle order first, then scan the bags.'],
  left: ['túi đã lên xe', 'bags on board'], of: ['trong {all} túi của chuyến', 'of {all} bags of the trip'], other: ['{code} không thuộc chuyến này.', '{code} is not of this trip.'],
} as const;
type Trip = { trip_id: string; trip_no: number; trip_year: number; from_office_code: string; to_office_code: string; state: string; mail: string };
type Bag = { code: string; state: string; state_vi: string; state_en: string; serial: number; item_count: number | null; gross_g: number | null; seal_nos: string[] };
type Detail = Trip & { vehicle_no: string | null; guard_requested: boolean; bags: Bag[] };
type Staff = { person_id: string; full_name: string; badge: string; roles: string[] };

export default function Depart() {
  const [trip_id, choose] = useState<string | null>(null);
  const trips = useLoad('departing', async () => ((await ask(api.trips.$get({ query: {} }))).rows as unknown as Trip[]).filter((row) => (row.state === 'open' || row.state === 'departed') && row.from_office_code === me.value?.office_code));
  return (
    <div class="depart">
      <div class="title-row"><h1>{say(W.title)}</h1>{trip_id === null ? null : <Button onPress={() => { choose(null); trips.reload(); }}>{say(W.another)}</Button>}</div>
      {trip_id !== null ? <One trip_id={trip_id} /> : (
        <Reading loaded={trips}>
          {(rows) => (
            <Table
              caption={say(W.choose)} rows={rows.filter((row) => row.state === 'open')} keyOf={(row) => row.trip_id} empty={say(W.none)}
              columns={[
                { head: say(['Chuyến', 'Trip']), cell: (row) => <strong>{row.trip_no}/{row.trip_year}</strong> },
                { head: say(['Đi', 'To']), cell: (row) => nameOf('offices', row.to_office_code), wide: true },
                { head: say(['Loại', 'Mail']), cell: (row) => (row.mail === 'kt1' ? 'KT1' : say(['Thường', 'Ordinary'])) },
                { head: '', cell: (row) => <Button onPress={() => choose(row.trip_id)}>{say(['Chọn', 'Choose'])}<span class="hidden-words"> {row.trip_no}</span></Button> },
              ]}
            />
          )}
        </Reading>
      )}
    </div>
  );
}

function One({ trip_id }: { trip_id: string }) {
  const loaded = useLoad(`trip ${trip_id}`, async () => {
    const [trip, { staff }] = await Promise.all([ask(api.trips[':trip_id'].$get({ param: { trip_id } })) as unknown as Promise<Detail>, ask(api.desk.$get()) as unknown as Promise<{ staff: Staff[] }>]);
    return { trip, staff };
  });
  return <Reading loaded={loaded}>{({ trip, staff }) => <Loading trip={trip} staff={staff} onChange={loaded.reload} />}</Reading>;
}

function Loading({ trip, staff, onChange }: { trip: Detail; staff: readonly Staff[]; onChange: () => void }) {
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const board = async (code: string): Promise<void> => {
    const bag = trip.bags.find((known) => known.code === code);
    if (!bag) return stop(say(W.other, { code: grouped(code) }));
    if (trip.vehicle_no === null) return setProblem({ refusal: 'vehicle_needed', vi: W.first[0], en: W.first[1], remedy_vi: '', remedy_en: '' });
    setProblem(null);
    try {
      const event = await answered(await machine.outbox.record({ kind: 'bag_departed', code, facts: { vehicle_no: trip.vehicle_no } }));
      if (event.refusal) return stop(`${grouped(code)}: ${either(event.refusal.vi, event.refusal.en)}`);
      play('matched');
      onChange();
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const gone = trip.bags.filter((bag) => bag.state === 'in_transit');
  return (
    <>
      <Takes screen="depart" take={(scan) => (scan.what === 'bag' && scan.code !== null ? board(scan.code) : play('unknown'))} />
      {problem ? <Refusal problem={problem} /> : null}
      <p><strong>{say(W.trip, { no: `${trip.trip_no}/${trip.trip_year}`, to: nameOf('offices', trip.to_office_code) })}</strong></p>
      <div class="side-by-side">
        <div>
          <Notice tint={trip.vehicle_no === null ? 'warn' : 'info'}>{say(trip.vehicle_no === null ? W.first : W.scan)}</Notice>
          <Table
            caption={say(['Túi của chuyến', 'Bags of the trip'])} rows={trip.bags} keyOf={(bag) => bag.code} empty={say(['Chuyến chưa có túi.', 'The trip has no bag yet.'])}
            columns={[
              { head: '№', number: true, cell: (bag) => number(bag.serial) },
              { head: say(['Số hiệu', 'Number']), cell: (bag) => <a class="code" href={`/desk/item/${bag.code}`}>{grouped(bag.code)}</a>, wide: true },
              { head: say(['Niêm phong', 'Seals']), cell: (bag) => <span class="code">{bag.seal_nos.join(' ') || '—'}</span> },
              { head: say(['Bưu gửi', 'Items']), number: true, cell: (bag) => (bag.item_count === null ? '—' : number(bag.item_count)) },
              { head: say(['Cả bì', 'Gross']), number: true, cell: (bag) => (bag.gross_g === null ? '—' : weight(bag.gross_g)) },
              { head: say(['Trạng thái', 'State']), cell: (bag) => <Badge tint={bag.state === 'in_transit' ? 'good' : bag.state === 'sealed' ? 'info' : 'warn'}>{either(bag.state_vi, bag.state_en)}</Badge> },
            ]}
          />
        </div>
        <aside class="stack">
          <Figure value={number(gone.length)} label={`${say(W.left)} ${say(W.of, { all: trip.bags.length })}`} />
          {trip.state === 'open' ? <Order trip={trip} staff={staff} onProblem={setProblem} onSaved={onChange} /> : null}
        </aside>
      </div>
    </>
  );
}

function Order({ trip, staff, onProblem, onSaved }: { trip: Detail; staff: readonly Staff[]; onProblem: (problem: ProblemWords | null) => void; onSaved: () => void }) {
  const drivers = staff.filter(({ roles }) => roles.includes('driver'));
  const [vehicle_no, setVehicle] = useState(trip.vehicle_no ?? '');
  const [kind, setKind] = useState<'dedicated' | 'shared'>('dedicated');
  const [driver, setDriver] = useState(drivers[0]?.person_id ?? '');
  const [escort, setEscort] = useState('');
  const [guard, setGuard] = useState(false);
  const save = async (): Promise<void> => {
    onProblem(null);
    try {
      await ask(api.trips[':trip_id'].vehicle.$put({
        param: { trip_id: trip.trip_id },
        json: { vehicle_no: vehicle_no.trim(), vehicle_dedicated: kind === 'dedicated', driver_person_id: driver, ...(escort === '' ? {} : { escort_person_id: escort }), ...(trip.guard_requested ? { guard_present: guard } : {}) },
      }));
      play('matched');
      onSaved();
    } catch (error) {
      onProblem(wordsOf(error));
      play('warning');
    }
  };
  const people = (id: string, label: string, value: string, set: (value: string) => void, from: readonly Staff[]) => (
    <div class="field"><label for={id}>{label}</label><select id={id} value={value} onChange={(event) => set(event.currentTarget.value)}><option value="">—</option>{from.map((person) => <option key={person.person_id} value={person.person_id}>{person.full_name} · {person.badge}</option>)}</select></div>
  );
  return (
    <section class="card stack" aria-label={say(W.order)}>
      <h2>{say(W.order)}</h2>
      {trip.vehicle_no ? <Badge tint="good">{say(W.ordered, { vehicle: trip.vehicle_no })}</Badge> : null}
      <Field label={say(W.vehicle)} hint={say(W.plate_hint)} value={vehicle_no} onInput={(text) => setVehicle(text.toUpperCase())} max={15} name="vehicle" />
      <Choice label={say(W.dedicated)} value={kind} onChange={setKind} compact options={[{ value: 'dedicated', text: say(W.yes) }, { value: 'shared', text: say(W.no) }]} />
      {people('driver', say(W.driver), driver, setDriver, drivers.length > 0 ? drivers : staff)}
      {kind === 'shared' ? people('escort', say(W.escort), escort, setEscort, staff.filter(({ person_id }) => person_id !== driver)) : null}
      {trip.guard_requested ? <label class="tick"><input type="checkbox" checked={guard} onChange={(event) => setGuard(event.currentTarget.checked)} /> {say(W.guard)}</label> : null}
      <Button kind="main" disabled={!/^[0-9A-Z.-]{4,15}$/.test(vehicle_no.trim()) || driver === ''} why={say(['Nhập biển số và chọn lái xe.', 'Enter the number and choose a driver.'])} onPress={save}>{say(W.save)}</Button>
    </section>
  );
}
