// The road of one item: where it is, who held it, every step with how far its proof has come, and who could have touched it.

import './tracing.css';
import './liaison.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { CustodyStrip, HOLDERS } from './custody_strip.tsx';
import { printHandover } from './item_print.tsx';
import { DoNotTouch } from './do_not_touch.tsx';
import { heldOf, readRoad, readTouched, rungOf, unsentOf } from './item_road.ts';
import type { Road, Rung, Step, Touch } from './item_road.ts';
import { machine, nameOf, queue, useCommand, useScans } from './machine.ts';
import { useClearPrint } from './print.tsx';
import { saveAs } from './save.ts';
import { api, ask, go, may, place } from './state.ts';
import { Badge, Button, Field, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords, Tint } from './ui.tsx';
import { date, dateTime, either, number, say, span, time, weight } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  empty: ['Quét bưu gửi hoặc túi để xem hành trình.', 'Scan an item or a bag to see its road.'],
  title: ['Hành trình', 'Road'],
  now: ['Đang ở', 'Now'], holder: ['người giữ', 'held by'],
  whole: ['Chuỗi nguyên vẹn · {count} sự kiện', 'Chain whole · {count} events'],
  cut: ['Chuỗi chưa đủ để nói là nguyên vẹn', 'The chain is not complete enough to be called whole'],
  broken: ['Chuỗi KHÔNG KHỚP', 'The chain does NOT match'],
  print: ['In phiếu bàn giao', 'Print the handover record'], bundle: ['Tải hồ sơ chứng cứ', 'Take the dossier as a bundle'],
  gap: ['{long} không có sự kiện ({state})', '{long} without an event ({state})'],
  corrects: ['đính chính bước {at}', 'corrects the step of {at}'], corrected: ['đã được đính chính lúc {at}', 'corrected at {at}'],
  restricted: ['chi tiết hạn chế', 'details restricted'], second: ['có người thứ hai', 'with a second person'],
  held: ['ĐANG GIỮ', 'HELD'], touched: ['Ai có thể đã chạm vào', 'Who could have touched it'],
  from: ['Từ (giờ Việt Nam)', 'From (Vietnamese time)'], to: ['Đến', 'To'], ask: ['Tìm', 'Find'],
  nobody: ['Không ai trong khoảng này.', 'Nobody in that time.'], who: ['Người, phương tiện', 'Person, vehicle'], how: ['Vì sao', 'How'], through: ['Qua', 'Through'],
  steps: ['Các bước', 'Steps'], offline: ['Đang ngoại tuyến: chỉ thấy việc của máy này.', 'Offline: only what this machine did is shown.'],
} as const;
const RUNGS: { readonly [R in Rung]: { tint: Tint; shape: string; words: Pair } } = {
  on_device: { tint: 'info', shape: '⇅', words: ['Đã lưu máy, chưa gửi', 'Stored here, not sent'] },
  received: { tint: 'good', shape: '✓', words: ['Máy chủ đã nhận', 'The server has it'] },
  broken: { tint: 'bad', shape: '⊗', words: ['Không khớp', 'Does not match'] },
};
const HOW: { readonly [H in Touch['how']]: Pair } = { acted: ['đã thao tác', 'acted on it'], confirmed: ['đã xác nhận', 'confirmed'], held: ['đang giữ', 'held it'], drove: ['lái xe', 'drove'], escorted: ['áp tải', 'escorted'] };
const LONG_GAP_MINUTES = 30;

const RungBadge = ({ rung }: { rung: Rung }) => <Badge tint={RUNGS[rung].tint} shape={RUNGS[rung].shape}>{say(RUNGS[rung].words)}</Badge>;

export default function ItemPage() {
  const code = decodeURIComponent(place.value.split('/')[3] ?? '');
  useScans('elsewhere', (scan) => scan.code !== null && (scan.what === 'item' || scan.what === 'label' || scan.what === 'bag') && go(`/desk/item/${scan.code}`));
  if (code === '') return <><h1>{say(W.title)}</h1><div class="empty">{say(W.empty)}</div></>;
  return <OfItem key={code} code={code} />;
}

function OfItem({ code }: { code: string }) {
  const loaded = useLoad(`road ${code}`, async () => {
    const road = await readRoad(code);
    const first = road.steps[0]?.received_at ?? new Date(machine.outbox.now()).toISOString();
    const until = new Date(machine.outbox.now() + 60_000).toISOString();
    const [item, touched] = await Promise.all([ask(api.items[':code'].$get({ param: { code } })).catch(() => null), readTouched(code, first, until)]);
    return { road, item, held: heldOf(touched.touched) };
  });
  const unsent = useLoad(`unsent ${code} ${queue.value.waiting} ${loaded.at}`, () => unsentOf(code, loaded.data?.road ?? null));
  return (
    <div class="trace">
      <div class="title-row"><h1 class="code big-code">{grouped(code)}</h1></div>
      <Reading loaded={loaded}>{(data) => <Whole {...data} />}</Reading>
      {loaded.data === null && loaded.problem ? <Notice tint="warn">{say(W.offline)}</Notice> : null}
      {(unsent.data ?? []).length > 0 ? (
        <ol class="road">{(unsent.data ?? []).map((event) => <li key={event.checkpoint_id} data-checkpoint={event.checkpoint_id} data-rung="on_device"><time>{time(event.at)}</time><strong>{event.kind}</strong><span>{event.full_name}</span><RungBadge rung="on_device" /></li>)}</ol>
      ) : null}
    </div>
  );
}

type Data = { road: Road; item: { service_vi: string; service_en: string; weight_g: number; held: boolean; state_vi: string; state_en: string; office_code: string; last_at: string; addressee_body_code: string | null } | null; held: ReturnType<typeof heldOf> };
function Whole({ road, item, held }: Data) {
  const broken = road.steps.some((step) => rungOf(step) === 'broken');
  const last = road.steps.at(-1);
  const names = new Map(held.map((one) => [one.kind, one.name]));
  useClearPrint();
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const print = (): Promise<void> => printHandover(road, item, held);
  const take = (): Promise<void> => saveAs(`/api/units/${encodeURIComponent(road.code)}/bundle`).then(() => setProblem(null), (error: unknown) => setProblem(wordsOf(error)));
  useCommand('print', print);
  return (
    <>
      {item?.held ? <DoNotTouch code={road.code} /> : null}
      <div class="card info whereabouts">
        <p><strong>{say(W.now)}:</strong> {item ? either(item.state_vi, item.state_en) : last ? either(last.state_vi, last.state_en) : '—'}{item ? ` · ${nameOf('offices', item.office_code)}` : ''}{last ? ` · ${say(W.holder)} ${held.at(-1)?.name ?? names.get(last.custodian.kind) ?? say(HOLDERS[last.custodian.kind] ?? ['—', '—'])}` : ''}</p>
        <p class="soft">{item ? `${either(item.service_vi, item.service_en)} · ${weight(item.weight_g)}${item.addressee_body_code ? ` · → ${nameOf('served_bodies', item.addressee_body_code)}` : ''}` : null}</p>
        <div class="row">
          {item?.held ? <Badge tint="bad">{say(W.held)}</Badge> : null}
          {broken ? <Badge tint="bad" shape="⊗">{say(W.broken)}</Badge> : road.complete ? <Badge tint="good" shape="✓">{say(W.whole, { count: road.steps.length })}</Badge> : <Badge tint="warn">{say(W.cut)}</Badge>}
          <Button keys="Ctrl+P" onPress={print}>{say(W.print)}</Button>
          {may('ledger.verify') ? <Button onPress={take}>{say(W.bundle)}</Button> : null}
        </div>
        {problem ? <Refusal problem={problem} /> : null}
      </div>
      <CustodyStrip held={held} />
      <h2>{say(W.steps)}</h2>
      <ol class="road">{road.steps.map((step, i) => <StepRow key={step.checkpoint_id} step={step} before={road.steps[i - 1]} all={road.steps} own={road.code} />)}</ol>
      <Touched road={road} />
    </>
  );
}

function StepRow({ step, before, all, own }: { step: Step; before: Step | undefined; all: readonly Step[]; own: string }) {
  const at = (id: string): string => time(all.find((known) => known.checkpoint_id === id)?.received_at ?? step.received_at);
  const struck = step.corrected_by.length > 0;
  const rung = rungOf(step);
  const newDay = before === undefined || date(before.received_at) !== date(step.received_at);
  return (
    <>
      {step.gap_minutes !== null && step.gap_minutes >= LONG_GAP_MINUTES && before ? <li class="gap"><span aria-hidden="true">┆</span> {say(W.gap, { long: span(step.gap_minutes * 60_000), state: either(before.state_vi, before.state_en) })}</li> : null}
      <li id={`step-${step.checkpoint_id}`} data-checkpoint={step.checkpoint_id} data-rung={rung} class={rung === 'broken' ? 'bad' : ''}>
        <time>{newDay ? dateTime(step.received_at) : time(step.received_at)}</time>
        <span class="step-what">
          <strong>{struck ? <s>{either(step.kind_vi, step.kind_en)}</s> : either(step.kind_vi, step.kind_en)}</strong>
          {step.unit_code === own ? null : <a href={`/desk/item/${step.unit_code}`} class="code">{step.unit_code}</a>}
          {step.facts === null ? <span class="soft">· {say(W.restricted)}</span> : <FactWords facts={step.facts} />}
          {step.flags.map(({ flag, vi, en }) => <Badge key={flag} tint="warn">{either(vi, en)}</Badge>)}
          {step.corrects !== null ? <a href={`#step-${step.corrects}`}>⤺ {say(W.corrects, { at: at(step.corrects) })}</a> : null}
          {step.corrected_by.map((id) => <a key={id} href={`#step-${id}`}>⤻ {say(W.corrected, { at: at(id) })}</a>)}
        </span>
        <span class="soft">{nameOf('offices', step.office_code)} · {step.person.full_name}{step.second_person_id !== null ? ` · ${say(W.second)}` : ''}</span>
        <RungBadge rung={rung} />
      </li>
    </>
  );
}

/** The figures a reader of a road looks for; everything else is in the chain. */
function FactWords({ facts }: { facts: { [fact: string]: unknown } }) {
  const { weight_g, seal_nos, seal_no, vehicle_no, item_count } = facts;
  const words = [
    typeof weight_g === 'number' ? weight(weight_g) : '', Array.isArray(seal_nos) && seal_nos.length > 0 ? say(['niêm {no}', 'seal {no}'], { no: seal_nos.join(', ') }) : '', typeof seal_no === 'string' ? say(['niêm {no}', 'seal {no}'], { no: seal_no }) : '',
    typeof vehicle_no === 'string' ? say(['xe {no}', 'vehicle {no}'], { no: vehicle_no }) : '', typeof item_count === 'number' ? say(['{n} bưu gửi', '{n} items'], { n: number(item_count) }) : '',
  ].filter(Boolean);
  return words.length > 0 ? <span>· {words.join(' · ')}</span> : null;
}

/** An instant as a field of local time says it, in Việt Nam wherever the machine stands. */
const fieldOf = (ms: number): string => new Date(ms + 7 * 3_600_000).toISOString().slice(0, 16);

function Touched({ road }: { road: Road }) {
  const [from, setFrom] = useState(() => fieldOf(Date.parse(road.steps[0]?.received_at ?? new Date(machine.outbox.now()).toISOString())));
  const [to, setTo] = useState(() => fieldOf(machine.outbox.now() + 60_000));
  const [found, setFound] = useState<readonly Touch[] | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const find = async (): Promise<void> => {
    setProblem(null);
    await readTouched(road.code, `${from}:00+07:00`, `${to}:00+07:00`).then((answer) => setFound(answer.touched), (error: unknown) => setProblem(wordsOf(error)));
  };
  return (
    <section class="touched">
      <h2>{say(W.touched)}</h2>
      <div class="row"><Moment label={say(W.from)} value={from} onInput={setFrom} /><Moment label={say(W.to)} value={to} onInput={setTo} /><Button onPress={find}>{say(W.ask)}</Button></div>
      {problem ? <Refusal problem={problem} /> : null}
      {found ? <Table caption={say(W.touched)} rows={found} keyOf={(row) => `${row.how}${row.ref}${row.from}${row.through}`} empty={say(W.nobody)} columns={[
        { head: say(W.who), cell: (row) => `${row.full_name ?? row.ref}${row.badge ? ` · ${row.badge}` : ''}` }, { head: say(W.how), cell: (row) => say(HOW[row.how]) },
        { head: say(W.through), cell: (row) => <span class="code">{row.through}</span> }, { head: say(W.to), cell: (row) => <time>{row.from === row.to ? dateTime(row.from) : `${dateTime(row.from)} – ${time(row.to)}`}</time> },
      ]} /> : null}
    </section>
  );
}

/** YYYY-MM-DDThh:mm, so that the page's language decides and not the browser's. */
const Moment = ({ label, value, onInput }: { label: string; value: string; onInput: (value: string) => void }) => <Field label={label} value={value} onInput={onInput} max={16} />;
