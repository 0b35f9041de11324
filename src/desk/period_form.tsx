// Writing an order: from a preset, its four instants and its scope, what each phase tightens, how the desks will look; signed by two.

import { useState } from 'preact/hooks';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import type { JournalFacts } from '../domain/journal.ts';
import { DayField } from './duty_forms.tsx';
import { linesOf, Lines, rows, SecondSignature, Select } from './duty_parts.tsx';
import { machine, rowsOf } from './machine.ts';
import { PHASE_WORDS, wordsOfMeasures, MEASURES } from './period_words.ts';
import type { Measures, PhaseName } from './period_words.ts';
import { api } from './state.ts';
import { Button, Choice, Field, Notice, useLoad } from './ui.tsx';
import { either, say } from './words.ts';

const W = {
  form: ['Lệnh mới', 'A new order'], preset: ['Mẫu', 'Preset'], own: ['Tự soạn', 'From nothing'], name: ['Tên giai đoạn', 'Name of the period'], basis: ['Căn cứ (mỗi dòng một số văn bản)', 'Basis (one letter number a line)'], event_from: ['Sự kiện từ ngày', 'Event from'], event_to: ['Đến hết ngày', 'Until the end of'], before_from: ['Bắt đầu “Trước”', '“Before” begins'], during_from: ['Bắt đầu “Trong”', '“During” begins'], after_from: ['Bắt đầu “Sau”', '“After” begins'], until: ['Hết hiệu lực', 'Ends'],
  offices: ['Bưu cục (bỏ trống: tất cả)', 'Offices (none: all)'], kinds: ['Loại (bỏ trống: tất cả)', 'Kinds of mail (none: all)'], phase: ['Giai đoạn đang soạn', 'Phase being written'], witness: ['Đồng kiểm có người chứng kiến (%)', 'Joint checks witnessed (%)'], idle: ['Báo động nằm yên (phút)', 'Idle alarm (minutes)'], two: ['Hai người', 'Two persons'], destinations: ['Nơi nhận được bảo vệ (mã bưu cục, cơ quan, mã bưu chính)', 'Protected destinations (codes)'], duty: ['Trực 24/24', 'Duty around the clock'], weights: ['Trọng số luật, mỗi dòng “MÃ %”', 'Rule weights, “CODE %” a line'], grades: ['Mức rủi ro, mỗi dòng “route|area|kind MÃ MỨC”', 'Risk grades, “route|area|kind CODE GRADE” a line'],
  preview: ['Bàn làm việc sẽ đổi', 'What desks will see'], nothing: ['Không đổi gì.', 'Nothing changes.'], sign: ['Ký và ra lệnh', 'Sign and order'], cancel: ['Bỏ', 'Cancel'], why: ['Lệnh “{name}” cần hai người ký. Người thứ hai đọc lại rồi ký bằng thẻ và PIN của mình.', 'The order “{name}” takes two signatures. The second person reads it and signs with badge and PIN.'], times: ['Các mốc phải theo thứ tự Trước ≤ Trong ≤ Sau ≤ Hết.', 'The instants must be in order: before ≤ during ≤ after ≤ end.'], bad_line: ['Không đọc được: “{line}”.', 'Not understood: “{line}”.'],
} as const;
const STEPS = ['accepted', 'approved', 'bagged', 'bag_sealed', 'bag_unsealed', 'bag_departed', 'signed_out', 'delivered', 'hold_released'] as const;
const KINDS = { kt1: ['KT1', 'KT1'], letter: ['Thư', 'Letters'], parcel: ['Bưu kiện, gói', 'Parcels'], printed_matter: ['Ấn phẩm', 'Printed matter'] } as const;
const PHASES: readonly PhaseName[] = ['before', 'during', 'after'];
type Facts = JournalFacts<'period_ordered'>;
type Preset = { preset: string; vi: string; en: string; before_days: number; after_days: number; measures: Facts['measures'] };
const DAY_MS = 86_400_000;
/** For the browser's field of date and time, in Việt Nam's time. */
const local = (ms: number): string => new Date(ms + 7 * 3_600_000).toISOString().slice(0, 16);
const msOf = (text: string): number => Date.parse(`${text}:00+07:00`);

export function OrderForm({ onOrder, onClose }: { onOrder: (facts: Facts, confirmation: string) => Promise<unknown>; onClose: () => void }) {
  const presets = useLoad('presets', () => rows<Preset>(api.periods.presets.$get()));
  const start = machine.outbox.now();
  const [preset, setPreset] = useState('');
  const [name, setName] = useState('');
  const [basis, setBasis] = useState('');
  const [times, setTimes] = useState({ before_from: local(start), during_from: local(start + DAY_MS), after_from: local(start + 2 * DAY_MS), until: local(start + 3 * DAY_MS) });
  const [event, setEvent] = useState({ from: '', to: '' });
  const [offices, setOffices] = useState<string[]>([]);
  const [kinds, setKinds] = useState<(keyof typeof KINDS)[]>([]);
  const [measures, setMeasures] = useState<Facts['measures']>({ before: {}, during: {}, after: {} });
  const [phase, setPhase] = useState<PhaseName>('during');
  const [texts, setTexts] = useState<{ [field: string]: string }>({});
  const [signing, setSigning] = useState(false);
  const take = (code: string, on = event): void => {
    setPreset(code);
    const chosen = presets.data?.find((one) => one.preset === code);
    if (!chosen) return;
    setMeasures(chosen.measures);
    setTexts({});
    if (name === '' || presets.data?.some((one) => one.vi === name)) setName(chosen.vi);
    if (on.from === '' || on.to === '') return;
    const [from, to] = [Date.parse(`${on.from}T00:00:00+07:00`), Date.parse(`${on.to}T00:00:00+07:00`) + DAY_MS];
    setTimes({ before_from: local(from - chosen.before_days * DAY_MS), during_from: local(from), after_from: local(to), until: local(to + chosen.after_days * DAY_MS) });
  };
  const days = (change: Partial<typeof event>): void => {
    setEvent({ ...event, ...change });
    take(preset, { ...event, ...change });
  };
  const given = (key: keyof Measures, value: Measures[keyof Measures]): void => {
    // What was typed a moment ago may not be drawn yet.
    setMeasures((before) => {
      const { [key]: _, ...rest } = before[phase];
      return { ...before, [phase]: value === undefined || (Array.isArray(value) && value.length === 0) ? rest : { ...rest, [key]: value } };
    });
  };
  const text = (field: string, shown: string): string => texts[`${phase} ${field}`] ?? shown;
  const typed = (field: string, value: string): void => setTexts((before) => ({ ...before, [`${phase} ${field}`]: value }));
  const now = measures[phase];
  const order = (['before_from', 'during_from', 'after_from', 'until'] as const).map((key) => msOf(times[key]));
  const inOrder = order.every((at, i) => !Number.isNaN(at) && at >= (order[i - 1] ?? 0));
  const bad = Object.entries(texts).flatMap(([key, value]) => (key.endsWith('weights') ? linesOf(value).filter((line) => !WEIGHT.test(line)) : key.endsWith('grades') ? linesOf(value).filter((line) => !GRADE.test(line)) : []))[0];
  const facts = (): Facts => ({
    name_vi: name.trim(), basis: linesOf(basis).map((number) => ({ number })), office_codes: offices, service_classes: kinds, measures,
    before_from: new Date(order[0] ?? 0).toISOString(), during_from: new Date(order[1] ?? 0).toISOString(), after_from: new Date(order[2] ?? 0).toISOString(), until: new Date(order[3] ?? 0).toISOString(),
  });
  const number = (key: 'witness_rate_pct' | 'idle_minutes', value: string): void => given(key, /^\d{1,5}$/.test(value) && Number(value) > 0 ? Number(value) : undefined);
  return (
    <section class="card order-form" aria-label={say(W.form)}>
      <h2>{say(W.form)}</h2>
      <div class="two-fields">
        <Select label={say(W.preset)} value={preset} onChange={(code) => take(code)} name="preset" options={[{ value: '', text: say(W.own) }, ...(presets.data ?? []).map((one) => ({ value: one.preset, text: either(one.vi, one.en) }))]} />
        <DayField label={say(W.event_from)} name="event-from" value={event.from} onInput={(from) => days({ from })} /><DayField label={say(W.event_to)} name="event-to" value={event.to} onInput={(to) => days({ to })} />
        <Field label={say(W.name)} value={name} onInput={setName} max={120} name="period-name" />
      </div>
      <div class="two-fields">{(['before_from', 'during_from', 'after_from', 'until'] as const).map((key) => <DayField key={key} time label={say(W[key])} name={key} value={times[key]} onInput={(value) => setTimes((before) => ({ ...before, [key]: value }))} />)}</div>
      {inOrder ? null : <Notice tint="bad">{say(W.times)}</Notice>}
      <Lines label={say(W.basis)} value={basis} onInput={setBasis} name="basis" />
      <details><summary>{say(W.offices)}: {offices.length}</summary><div class="choice"><div class="people-ticks">{rowsOf('offices').map((office) => { const code = String(office['office_code']); return <Tick key={code} on={offices.includes(code)} text={String(office['name_vi'])} flip={() => setOffices(flipped(offices, code))} />; })}</div></div></details>
      <fieldset class="choice"><legend>{say(W.kinds)}</legend><div>{(Object.keys(KINDS) as (keyof typeof KINDS)[]).map((kind) => <Tick key={kind} on={kinds.includes(kind)} text={say(KINDS[kind])} flip={() => setKinds(flipped(kinds, kind))} />)}</div></fieldset>
      <Choice label={say(W.phase)} value={phase} onChange={setPhase} options={PHASES.map((value) => ({ value, text: say(PHASE_WORDS[value]) }))} />
      <div class="two-fields">
        <Field label={say(W.witness)} value={String(now.witness_rate_pct ?? '')} inputMode="numeric" max={3} onInput={(value) => number('witness_rate_pct', value)} name="witness" />
        <Field label={say(W.idle)} value={text('idle', String(now.idle_minutes ?? ''))} inputMode="numeric" max={5} onInput={(value) => { typed('idle', value); number('idle_minutes', value); }} name="idle" />
        <Field label={say(W.destinations)} value={text('destinations', (now.protected_destinations ?? []).join(', '))} onInput={(value) => { typed('destinations', value); given('protected_destinations', value.toUpperCase().split(/[\s,;]+/).filter((code) => code !== '')); }} name="destinations" />
        <label class="tick"><input type="checkbox" name="duty-24" checked={now.duty_24 === true} onChange={(event_) => given('duty_24', event_.currentTarget.checked ? true : undefined)} /> {say(W.duty)}</label>
      </div>
      <fieldset class="choice"><legend>{say(W.two)}</legend><div>{STEPS.map((kind) => <Tick key={kind} on={now.two_persons?.includes(kind) ?? false} text={either(CHECKPOINTS[kind].vi, CHECKPOINTS[kind].en)} flip={() => given('two_persons', flipped(now.two_persons ?? [], kind))} />)}</div></fieldset>
      <div class="two-fields">
        <Lines label={say(W.weights)} value={text('weights', (now.rule_multipliers ?? []).map((one) => `${one.rule_code} ${one.pct}`).join('\n'))} onInput={(value) => { typed('weights', value); given('rule_multipliers', linesOf(value).flatMap((line) => { const [, rule_code = '', pct] = WEIGHT.exec(line) ?? []; return pct ? [{ rule_code, pct: Number(pct) }] : []; })); }} name="weights" />
        <Lines label={say(W.grades)} value={text('grades', (now.risk_grades ?? []).map((one) => `${one.by} ${one.key} ${one.grade}`).join('\n'))} onInput={(value) => { typed('grades', value); given('risk_grades', linesOf(value).flatMap((line) => { const [, by, key = '', grade] = GRADE.exec(line) ?? []; return grade ? [{ by: by as 'route', key, grade: Number(grade) }] : []; })); }} name="grades" />
      </div>
      {bad ? <Notice tint="bad">{say(W.bad_line, { line: bad })}</Notice> : null}
      <section class="card info" aria-label={say(W.preview)}>
        <h3>{say(W.preview)}</h3>
        {PHASES.map((one) => <p key={one}><strong>{say(PHASE_WORDS[one])}</strong>: {wordsOfMeasures(measures[one]).map(({ key, words }) => `${say(MEASURES.find((m) => m.key === key)?.name ?? ['', ''])}: ${say(words)}`).join('; ') || say(W.nothing)}</p>)}
      </section>
      <div class="row"><Button kind="main" disabled={name.trim() === '' || !inOrder || bad !== undefined} onPress={() => setSigning(true)}>{say(W.sign)}</Button><Button onPress={onClose}>{say(W.cancel)}</Button></div>
      {signing ? <SecondSignature permission="period.order" why={say(W.why, { name })} onClose={() => setSigning(false)} onSigned={async (confirmation) => { setSigning(false); await onOrder(facts(), confirmation); }} /> : null}
    </section>
  );
}

const WEIGHT = /^([A-Za-z0-9_.-]{2,60})\s+(\d{3,4})\s*%?$/;
const GRADE = /^(route|area|kind)\s+(\S+)\s+([2-5])$/;
const flipped = <T extends string>(list: readonly T[], one: T): T[] => (list.includes(one) ? list.filter((other) => other !== one) : [...list, one]);
const Tick = ({ on, text, flip }: { on: boolean; text: string; flip: () => void }) => <label class={on ? 'on' : ''}><input type="checkbox" checked={on} onChange={flip} /><span>{text}</span></label>;
