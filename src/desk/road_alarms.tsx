// What nobody may overlook on the road, on the board, at the shift's close and before the leader: handovers without an answer, trips and
// bags proved missing by their numbers, marked items past the term. Nothing of it, nothing is shown.

import './tracing.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { useEvery } from './duty_parts.tsx';
import { answered } from './labels.tsx';
import { machine, nameOf, reasonsOf } from './machine.ts';
import { play } from './sound.ts';
import { api, ask, may } from './state.ts';
import { Badge, Button, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, either, number, say, span } from './words.ts';

const W = {
  title: ['Cảnh báo trên đường thư', 'Alarms of the road'],
  handovers: ['Bàn giao chưa ai nhận', 'Handovers nobody answered'], from: ['Người giao → người nhận', 'Giver → receiver'], left: ['Chưa nhận', 'Left'], age: ['Chờ', 'Waiting'], late: ['QUÁ HẠN', 'OVERDUE'], no_standard: ['chưa nạp tiêu chuẩn', 'no standard loaded'],
  trips: ['Chuyến thư thiếu số', 'Trip numbers missing'], trip: ['Chuyến', 'Trip'], origin: ['Từ', 'From'], known: ['Đã biết', 'Known'], after: ['chuyến {no} đã đến', 'trip {no} has arrived'],
  open: ['chưa rời bưu cục gửi', 'has not left its office'], departed: ['rời lúc {at}, xe {vehicle}', 'left at {at}, vehicle {vehicle}'], outside: ['bưu cục ngoài hệ thống', 'an office without the system'], seen: ['thấy lần cuối {at} tại {place}', 'last seen at {at}, {place}'],
  bags: ['Túi thiếu số thứ tự', 'Bag serials missing'], bag: ['Túi', 'Bag'], act: ['Xử lý', 'Act'], reason: ['Lý do thiếu', 'Reason it is missing'], state: ['Lập sai lệch', 'State it'], stated: ['đã lập sai lệch', 'difference stated'],
  aged: ['Bưu gửi dấu A, B, C quá hạn phát: {count}', 'Items marked A, B, C past the term: {count}'], aged_do: ['Không coi là không có người nhận: báo trực ban, đơn vị gửi và công an.', 'Never unclaimed: tell the duty officer, the sending body and the police.'], law: ['Căn cứ: {limit}, {citation}', 'Basis: {limit}, {citation}'], not_cleared: ['Số hiệu chỉ hiện với người được phép.', 'Numbers are shown to those cleared.'], item: ['Số hiệu', 'Number'], where: ['Ở đâu', 'Where'], accepted: ['Nhận gửi', 'Accepted'],
} as const;
type Seen = { at: string; office_code: string | null } | null;
type Handover = { handover_id: string; from_name: string; to_name: string; left: number; offered_at: string; limit_minutes: number | null; alarm: boolean };
type Trip = { code: string; from_office_code: string; mail: 'kt1' | 'ordinary'; trip_year: number; trip_no: number; trip_id: string | null; arrived_after: number; difference: string | null; state: string | null; departed_at: string | null; vehicle_no: string | null; last_seen: Seen };
type Bag = { code: string; state_vi: string; state_en: string; from_office_code: string; trip_no: number; difference: string | null; last_seen: Seen };
type Aged = { count: number; limit: { limit_code: string; citation: string } | null; offices: { office_code: string; count: number }[]; items: { code: string; office_code: string | null; service_vi: string; state_vi: string; accepted_at: string }[] };
type Alarms = { handovers: Handover[]; trips: Trip[]; bags: Bag[]; aged: Aged };

const seenWords = (seen: Seen): string => (seen === null ? '' : ` · ${say(W.seen, { at: dateTime(seen.at), place: nameOf('offices', seen.office_code) })}`);
const tripWords = (trip: Trip): string => say(trip.trip_id === null ? W.outside : trip.departed_at ? W.departed : W.open, { at: trip.departed_at ? dateTime(trip.departed_at) : null, vehicle: trip.vehicle_no }) + seenWords(trip.last_seen);

export function RoadAlarms() {
  const loaded = useLoad('road-alarms', async () => (await ask(api.road.alarms.$get())) as unknown as Alarms);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  useEvery(30_000, loaded.reload);
  const { data } = loaded;
  if (!data || data.handovers.length + data.trips.length + data.bags.length + data.aged.count === 0) return null;
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    setProblem(null);
    try {
      await work();
      play('matched');
      loaded.reload();
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
  };
  const stateTrip = ({ from_office_code, mail, trip_year, trip_no }: Trip, reason_code: string) => run(() => ask(api.trips.missing.$post({ json: { from_office_code, mail, trip_year, trip_no, reason_code } })));
  const stateBag = (code: string, reason_code: string) => run(async () => {
    const { refusal } = await answered(await machine.outbox.record({ kind: 'missing', code, facts: { bag_code: code, reason_code } }));
    if (refusal) setProblem(refusal);
  });
  const { aged } = data;
  return (
    <section class="card stack road-alarms" aria-label={say(W.title)}>
      {problem ? <Refusal problem={problem} /> : null}
      {data.handovers.length === 0 ? null : <Table caption={`${say(W.handovers)} · ${number(data.handovers.length)}`} rows={data.handovers} keyOf={(row) => row.handover_id} empty="" tintOf={(row) => (row.alarm ? 'bad' : 'plain')} columns={[
        { head: say(W.from), cell: (row) => `${row.from_name} → ${row.to_name}`, wide: true }, { head: say(W.left), cell: (row) => number(row.left), number: true },
        { head: say(W.age), cell: (row) => <><span class="words">{span(machine.outbox.now() - Date.parse(row.offered_at))}</span> {row.alarm ? <Badge tint="bad">{say(W.late)}</Badge> : row.limit_minutes === null ? <span class="soft">{say(W.no_standard)}</span> : null}</> },
      ]} />}
      {data.trips.length === 0 ? null : <Table caption={`${say(W.trips)} · ${number(data.trips.length)}`} rows={data.trips} keyOf={(row) => row.code} empty="" tintOf={() => 'bad'} columns={[
        { head: say(W.trip), cell: (row) => <strong class="number">{row.trip_no}/{row.trip_year}</strong> }, { head: say(W.origin), cell: (row) => nameOf('offices', row.from_office_code) }, { head: say(W.known), cell: (row) => `${say(W.after, { no: row.arrived_after })}; ${tripWords(row)}`, wide: true },
        { head: say(W.act), cell: (row) => <Act difference={row.difference} name={`${row.trip_no}`} onReason={may('item.approve') ? (reason) => stateTrip(row, reason) : null} /> },
      ]} />}
      {data.bags.length === 0 ? null : <Table caption={`${say(W.bags)} · ${number(data.bags.length)}`} rows={data.bags} keyOf={(row) => row.code} empty="" tintOf={() => 'bad'} columns={[
        { head: say(W.bag), cell: (row) => <a class="code" href={`/desk/item/${row.code}`}>{grouped(row.code)}</a> }, { head: say(W.origin), cell: (row) => nameOf('offices', row.from_office_code) }, { head: say(W.known), cell: (row) => either(row.state_vi, row.state_en) + seenWords(row.last_seen), wide: true },
        { head: say(W.act), cell: (row) => <Act difference={row.difference} name={row.code} onReason={may('bag.open') ? (reason) => stateBag(row.code, reason) : null} /> },
      ]} />}
      {aged.count === 0 ? null : (
        <>
          <Table caption={say(W.aged, { count: aged.count })} rows={aged.items} keyOf={(row) => row.code} empty={`${say(W.aged, { count: aged.count })}. ${aged.offices.map((own) => `${nameOf('offices', own.office_code)}: ${own.count}`).join(' · ')}. ${say(W.not_cleared)}`} tintOf={() => 'bad'} columns={[
            { head: say(W.item), cell: (row) => <a class="code" href={`/desk/item/${row.code}`}>{grouped(row.code)}</a> }, { head: say(['Dịch vụ', 'Service']), cell: (row) => row.service_vi }, { head: say(W.where), cell: (row) => `${nameOf('offices', row.office_code)} · ${row.state_vi}`, wide: true }, { head: say(W.accepted), cell: (row) => <time>{dateTime(row.accepted_at)}</time> },
          ]} />
          <p class="soft">{say(W.aged_do)} {aged.limit ? say(W.law, { limit: aged.limit.limit_code, citation: aged.limit.citation }) : ''}</p>
        </>
      )}
    </section>
  );
}

/** Stated once, with a reason, the difference takes its own way. */
function Act({ difference, name, onReason }: { difference: string | null; name: string; onReason: ((reason_code: string) => Promise<void>) | null }) {
  const [reason, setReason] = useState('');
  if (difference !== null) return <a href="/desk/differences">{say(W.stated)}</a>;
  if (onReason === null) return <>—</>;
  return (
    <div class="row">
      <select aria-label={`${say(W.reason)} ${name}`} value={reason} onChange={(event) => setReason(event.currentTarget.value)}>
        <option value="">{say(W.reason)}</option>
        {reasonsOf('discrepancy').map((row) => <option key={String(row['reason_code'])} value={String(row['reason_code'])}>{either(String(row['name_vi']), String(row['name_en']))}</option>)}
      </select>
      <Button disabled={reason === ''} why="" onPress={() => onReason(reason)}>{say(W.state)}<span class="hidden-words"> {name}</span></Button>
    </div>
  );
}
