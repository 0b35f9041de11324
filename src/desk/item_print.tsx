// The handover record on paper (phiếu bàn giao): parties, place, time, condition, seals, and the hash that ties the paper to the chain.

import { grouped } from '../domain/code.ts';
import { Bars, loadEncoder } from './cards.tsx';
import type { Held, Road } from './item_road.ts';
import { machine, nameOf } from './machine.ts';
import { printSheets } from './print.tsx';
import { me } from './state.ts';
import { dateTime, say, weight } from './words.ts';

const W = {
  title: ['PHIẾU BÀN GIAO', 'HANDOVER RECORD'], number: ['Số hiệu', 'Number'], service: ['Dịch vụ', 'Service'], weight: ['Khối lượng', 'Weight'], condition: ['Tình trạng ghi cuối', 'Condition last recorded'], seals: ['Niêm phong', 'Seals'],
  place: ['Nơi', 'Place'], at: ['Thời điểm', 'Time'], from: ['Bên giao', 'Released by'], to: ['Bên nhận', 'Received by'], exceptions: ['Bất thường', 'Exceptions'], none: ['Không ghi nhận', 'None recorded'],
  sign: ['Ký, ghi rõ họ tên', 'Signature and full name'], proof: ['Dấu sổ', 'Chain hash'], printed: ['In lúc {at} · {who} · trang 1/1', 'Printed {at} · {who} · page 1/1'],
  check: ['Đối chiếu dấu sổ với hành trình trên hệ thống hoặc với tệp chứng cứ, không cần mạng.', 'Compare the hash with the road in the system or with the evidence file; no network is needed.'],
} as const;

export async function printHandover(road: Road, item: { service_vi: string; weight_g: number } | null, held: readonly Held[]): Promise<void> {
  const last = road.steps.findLast((step) => step.kind === 'handed_over' || step.kind === 'signed_out') ?? road.steps.at(-1);
  const facts = (name: string): unknown => road.steps.findLast((step) => step.facts?.[name] !== undefined)?.facts?.[name];
  const seals = facts('seal_nos');
  const condition = facts('condition');
  const hash = (last?.hash ?? '').slice(0, 32).replace(/(.{4})(?=.)/g, '$1 ');
  const rows: [string, string][] = [
    [say(W.number), grouped(road.code)], [say(W.service), item?.service_vi ?? '—'], [say(W.weight), item ? weight(item.weight_g) : '—'], [say(W.condition), typeof condition === 'string' ? condition : '—'],
    [say(W.seals), Array.isArray(seals) && seals.length > 0 ? seals.join(', ') : '—'], [say(W.place), nameOf('offices', last?.office_code ?? null)], [say(W.at), last ? dateTime(last.received_at) : '—'],
    [say(W.from), last?.person.full_name ?? '—'], [say(W.to), held.at(-1)?.name ?? '—'], [say(W.exceptions), road.steps.flatMap((step) => step.flags.map((flag) => flag.vi)).join(', ') || say(W.none)], [say(W.proof), hash],
  ];
  await loadEncoder();
  await printSheets('sheet-a4', [
    <article key="1" class="paper-record">
      <h1>{say(W.title)}</h1>
      <Bars text={road.code} />
      <dl class="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <div class="signatures"><div><strong>{say(W.from)}</strong><span>{say(W.sign)}</span></div><div><strong>{say(W.to)}</strong><span>{say(W.sign)}</span></div></div>
      <p>{say(W.check)}</p>
      <footer>{say(W.printed, { at: dateTime(machine.outbox.now()), who: me.value?.full_name })}</footer>
    </article>,
  ]);
}
