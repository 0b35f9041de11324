// Looking at an item with a method and a machine that is named; clearing an alarm that somebody else raised; the machines and their tests.

import './tracing.css';
import './liaison.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { machine, useScans } from './machine.ts';
import { play } from './sound.ts';
import { api, ask, may, me } from './state.ts';
import { Badge, Button, Choice, Field, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords, Tint } from './ui.tsx';
import { dateTime, either, say } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Soi chiếu', 'Screening'], scan: ['Quét bưu gửi hoặc túi cần soi (F4: gõ số).', 'Scan the item or bag to be screened (F4: type its number).'], method: ['Phương pháp', 'Method'], equipment: ['Thiết bị', 'Equipment'], none: ['— chọn —', '— choose —'], result: ['Kết quả', 'Result'], save: ['Ghi kết quả', 'Record the result'], saved: ['Đã ghi: {result}.', 'Recorded: {result}.'],
  clears: ['Giải báo động này', 'Clear this alarm'], clearing: ['Đang giải báo động lúc {at} của {who}', 'Clearing the alarm of {at} by {who}'], earlier: ['Các lần soi', 'Screenings'], no_earlier: ['Chưa soi lần nào.', 'Never screened.'], by: ['Người soi', 'By'], at: ['Lúc', 'At'], test: ['Kiểm tra thiết bị', 'Test of the equipment'],
  machines: ['Thiết bị của bưu cục', 'Equipment of the office'], no_machines: ['Chưa đăng ký thiết bị nào.', 'No equipment is registered.'], passed: ['Thử: đạt', 'Test passed'], failed: ['Thử: không đạt', 'Test failed'], register: ['Đăng ký thiết bị', 'Register equipment'], number: ['Số thiết bị', 'Number'], name: ['Tên', 'Name'], limit: ['Thử lại sau (giờ; để trống nếu chưa có thời hạn)', 'Test again after (hours; empty when no limit is loaded)'], no_limit: ['chưa nạp thời hạn', 'no limit loaded'],
} as const;
export const RESULT_WORDS: { readonly [status: string]: { words: Pair; tint: Tint } } = {
  clear: { words: ['Không phát hiện', 'Clear'], tint: 'good' }, alarm: { words: ['Báo động', 'Alarm'], tint: 'bad' }, inconclusive: { words: ['Không rõ', 'Inconclusive'], tint: 'warn' }, alarm_cleared: { words: ['Báo động, đã giải', 'Alarm, cleared'], tint: 'good' }, void: { words: ['Mất giá trị', 'Void'], tint: 'warn' },
};
type Result = 'clear' | 'alarm' | 'inconclusive';
type Method = { method: string; vi: string; en: string; machine: boolean };
type Equipment = { equipment_no: string; method: string; name_vi: string; test_limit_hours: number | null; retired_at: string | null; tested_at: string | null; test: string; test_vi: string; test_en: string };
type Screening = { checkpoint_id: string; method_vi: string; method_en: string; equipment_no: string | null; status: string; operator: string | null; screened_at: string; test_vi: string; test_en: string };
const TEST_TINTS: { readonly [test: string]: Tint } = { current: 'good', stale: 'warn', never: 'warn', failed: 'bad' };

export default function ScreeningPage() {
  const [code, setCode] = useState<string | null>(null);
  useScans('elsewhere', (scan) => (scan.code !== null && (scan.what === 'item' || scan.what === 'label' || scan.what === 'bag') ? setCode(scan.code) : play('unknown')));
  const office = me.value?.office_code ?? null;
  const methods = useLoad('methods', async () => (await ask(api.screening.signs.$get()))['methods'] as Method[]);
  const equipment = useLoad('equipment', async () => (office === null ? [] : ((await ask(api.screening.equipment.$get())).rows as unknown as Equipment[])));
  return (
    <div class="screening">
      <h1>{say(W.title)}</h1>
      <div class="side-by-side">
        {code === null ? <div class="empty">{say(W.scan)}</div> : <OfUnit key={code} code={code} methods={methods.data ?? []} equipment={equipment.data ?? []} />}
        {office === null ? null : <Machines equipment={equipment.data ?? []} methods={methods.data ?? []} onDone={equipment.reload} />}
      </div>
    </div>
  );
}

function OfUnit({ code, methods, equipment }: { code: string; methods: readonly Method[]; equipment: readonly Equipment[] }) {
  const [method, setMethod] = useState('VCK');
  const [equipment_no, setEquipment] = useState('');
  const [result, setResult] = useState<Result>('clear');
  const [resolves, setResolves] = useState<Screening | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const loaded = useLoad<Screening[]>(`screened ${code}`, async () => (await ask(api.screening.items[':code'].$get({ param: { code } }))).rows as unknown as Screening[]);
  const needs = methods.find((entry) => entry.method === method)?.machine ?? false;
  const fitting = equipment.filter((entry) => entry.method === method && entry.retired_at === null);
  const save = async (): Promise<void> => {
    setProblem(null);
    setSaid(null);
    const facts = { method, result, ...(equipment_no === '' ? {} : { equipment_no }), ...(resolves === null ? {} : { resolves: resolves.checkpoint_id }) };
    try {
      const event = await machine.outbox.record({ kind: 'screened', code, facts: facts as never });
      if (event.refusal) return setProblem(event.refusal);
      setSaid(say(W.saved, { result: say(RESULT_WORDS[result]?.words ?? W.none) }));
      setResolves(null);
      play(result === 'alarm' ? 'warning' : 'matched');
      loaded.reload();
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <section class="stack" aria-label={grouped(code)}>
      <h2 class="code big-code">{grouped(code)}</h2>
      {problem ? <Refusal problem={problem} /> : null}
      {said ? <Notice tint="good">{said}</Notice> : null}
      {resolves ? <Notice tint="warn">{say(W.clearing, { at: dateTime(resolves.screened_at), who: resolves.operator })}</Notice> : null}
      <Choice label={say(W.method)} compact value={method} onChange={(value) => { setMethod(value); setEquipment(''); }} options={methods.map((entry) => ({ value: entry.method, text: `${entry.method} · ${either(entry.vi, entry.en)}` }))} />
      {needs || fitting.length > 0 ? <div class="field"><label for="equipment">{say(W.equipment)}</label><select id="equipment" value={equipment_no} onChange={(event) => setEquipment(event.currentTarget.value)}><option value="">{say(W.none)}</option>{fitting.map((entry) => <option key={entry.equipment_no} value={entry.equipment_no}>{entry.equipment_no} · {entry.name_vi} · {either(entry.test_vi, entry.test_en)}</option>)}</select></div> : null}
      <Choice label={say(W.result)} value={result} onChange={setResult} options={(['clear', 'alarm', 'inconclusive'] as const).map((value) => ({ value, text: say(RESULT_WORDS[value]?.words ?? W.none) }))} />
      <div class="row"><Button kind="main" onPress={save}>{say(W.save)}</Button></div>
      <Reading loaded={loaded}>{(rows) => (
        <Table caption={say(W.earlier)} rows={rows} keyOf={(row) => row.checkpoint_id} empty={say(W.no_earlier)} columns={[
          { head: say(W.at), cell: (row) => dateTime(row.screened_at) }, { head: say(W.method), cell: (row) => `${either(row.method_vi, row.method_en)}${row.equipment_no ? ` · ${row.equipment_no}` : ''}` }, { head: say(W.result), cell: (row) => <Badge tint={RESULT_WORDS[row.status]?.tint ?? 'plain'}>{say(RESULT_WORDS[row.status]?.words ?? W.none)}</Badge> },
          { head: say(W.by), cell: (row) => row.operator ?? '—' }, { head: '', cell: (row) => (row.status === 'alarm' ? <Button onPress={() => { setResolves(row); setResult('clear'); }}>{say(W.clears)}</Button> : null) },
        ]} />
      )}</Reading>
    </section>
  );
}

function Machines({ equipment, methods, onDone }: { equipment: readonly Equipment[]; methods: readonly Method[]; onDone: () => void }) {
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [fresh, setFresh] = useState({ equipment_no: '', name_vi: '', method: 'XRY', limit: '' });
  const run = async (work: Promise<unknown>): Promise<void> => {
    setProblem(null);
    await work.then(onDone, (error: unknown) => setProblem(wordsOf(error)));
  };
  const test = (equipment_no: string, passed: boolean) => run(ask(api.screening.equipment.tests.$post({ json: { equipment_no, passed } })));
  const register = () => run(ask(api.screening.equipment.$post({ json: { equipment_no: fresh.equipment_no, method: fresh.method as 'XRY', name_vi: fresh.name_vi, test_limit_hours: fresh.limit === '' ? null : Number(fresh.limit) } })));
  return (
    <aside class="card stack" aria-label={say(W.machines)}>
      <h2>{say(W.machines)}</h2>
      {problem ? <Refusal problem={problem} /> : null}
      {equipment.length === 0 ? <p class="soft">{say(W.no_machines)}</p> : (
        <ul class="plain">{equipment.map((entry) => (
          <li key={entry.equipment_no}>
            <strong class="code">{entry.equipment_no}</strong> {entry.name_vi} · {entry.method}
            <p class="soft"><Badge tint={TEST_TINTS[entry.test] ?? 'plain'}>{either(entry.test_vi, entry.test_en)}</Badge> {entry.tested_at ? dateTime(entry.tested_at) : ''}</p>
            {may('equipment.keep') ? <div class="row"><Button onPress={() => test(entry.equipment_no, true)}>{say(W.passed)}</Button><Button onPress={() => test(entry.equipment_no, false)}>{say(W.failed)}</Button></div> : null}
          </li>
        ))}</ul>
      )}
      {may('equipment.keep') ? (
        <details><summary>{say(W.register)}</summary>
          <div class="stack">
            <Field label={say(W.number)} value={fresh.equipment_no} onInput={(equipment_no) => setFresh({ ...fresh, equipment_no: equipment_no.toUpperCase() })} max={40} name="equipment-no" /><Field label={say(W.name)} value={fresh.name_vi} onInput={(name_vi) => setFresh({ ...fresh, name_vi })} max={120} name="equipment-name" />
            <div class="field"><label for="equipment-method">{say(W.method)}</label><select id="equipment-method" value={fresh.method} onChange={(event) => setFresh({ ...fresh, method: event.currentTarget.value })}>{methods.map((entry) => <option key={entry.method} value={entry.method}>{entry.method} · {either(entry.vi, entry.en)}</option>)}</select></div>
            <Field label={say(W.limit)} value={fresh.limit} onInput={(limit) => setFresh({ ...fresh, limit })} inputMode="numeric" max={4} /><Button onPress={register}>{say(W.register)}</Button>
          </div>
        </details>
      ) : null}
    </aside>
  );
}
