// Heightened periods: the orders, what each changes against normal times in every phase, who has read it, how it turned, what came of it.

import { useState } from 'preact/hooks';
import { add, nameOfPerson, openId, rows, SecondSignature, seen, useDeed, useEvery } from './duty_parts.tsx';
import type { Person } from './duty_parts.tsx';
import { machine, nameOf } from './machine.ts';
import { readOrders } from './orders.ts';
import { OrderForm } from './period_form.tsx';
import { MEASURES, PHASE_WORDS, wordsOfMeasures } from './period_words.ts';
import type { Measures, PhaseName } from './period_words.ts';
import { api, go, may, me } from './state.ts';
import { Badge, Button, Field, Notice, Reading, Table, useLoad } from './ui.tsx';
import type { Tint } from './ui.tsx';
import { dateTime, number, paper, say } from './words.ts';

const W = {
  title: ['Giai đoạn cao điểm', 'Heightened periods'], order: ['Ra lệnh mới', 'Order a new period'], none: ['Chưa có lệnh nào. Ngày thường: mọi bước như thường lệ.', 'No orders. Normal times: every step as usual.'],
  list: ['Các lệnh', 'Orders'], name: ['Lệnh', 'Order'], state: ['Tình trạng', 'State'], acts: ['Có hiệu lực', 'Acts'], open: ['Mở', 'Open'],
  ordered: ['chưa đến lúc', 'to come'], in_force: ['đang có hiệu lực', 'in force'], revoked: ['đã bãi bỏ', 'revoked'], ended: ['đã hết', 'ended'], never_acted: ['không có hiệu lực', 'never acted'],
  signed: ['Ký', 'Signed'], by_two: ['{first} và {second}, {at}', '{first} and {second}, {at}'], basis: ['Căn cứ', 'Basis'], scope: ['Phạm vi', 'Scope'], all: ['mọi bưu cục, mọi loại', 'every office, every kind of mail'], back_dated: ['Lệnh ghi bắt đầu {named}, trước khi ký: có hiệu lực từ lúc ký {real}.', 'The order names {named}, before it was signed: it acts from its signature {real}.'], overlaps: ['Chồng với: {names}. Biện pháp nghiêm hơn được áp dụng.', 'Overlaps with: {names}. The stricter measure holds.'],
  diff: ['Đổi gì so với ngày thường', 'What changes against normal times'], measure: ['Biện pháp', 'Measure'], normal: ['Ngày thường', 'Normal'], same: ['như thường', 'as usual'], now_phase: ['đang ở đây', 'now'],
  read: ['Đã đọc', 'Read by'], read_count: ['{read}/{asked} bưu cục đã đọc', '{read} of {asked} offices have read it'], read_now: ['Tôi đã đọc', 'I have read it'], read_done: ['Đã ghi nhận đã đọc.', 'Noted as read.'], nobody_read: ['Chưa bưu cục nào đọc.', 'No office has read it.'],
  turns: ['Sổ ghi', 'The journal says'], period_begun: ['bắt đầu', 'begun'], period_ended: ['tự kết thúc', 'ended by itself'], entry: ['mục {no}, ghi lúc {at}', 'entry {no}, recorded {at}'], no_turns: ['Chưa bắt đầu.', 'Not begun.'],
  came: ['Đã thực hiện trong giai đoạn', 'What came of it'], step: ['Bước', 'Step'], count: ['Số lần', 'Times'], alone: ['làm một mình trái lệnh', 'done alone against the order'], refused: ['{count} lần bị từ chối vì thiếu người thứ hai', '{count} refusals for want of a second person'], incidents: ['{incidents} sự cố, {drills} diễn tập', '{incidents} incidents, {drills} drills'], nothing_came: ['Chưa có bước nào trong giai đoạn.', 'No step within the period yet.'],
  revoke: ['Bãi bỏ lệnh', 'Revoke it'], reason: ['Lý do bãi bỏ', 'Why it is revoked'], revoke_why: ['Bãi bỏ lệnh cần hai người ký.', 'Revoking takes two signatures.'], revoked_now: ['Đã bãi bỏ: mọi bàn trở lại như thường.', 'Revoked: every desk is as before.'], report: ['Giao báo cáo tổng kết', 'Ask for the after-action report'], report_done: ['Đã giao báo cáo tổng kết; lập ở màn hình Báo cáo.', 'The after-action report is asked for; draw it at Reports.'], ordered_now: ['Đã ra lệnh: có hiệu lực theo giờ ghi trong lệnh.', 'Ordered: it acts by its times.'],
} as const;
type State = 'ordered' | 'in_force' | 'revoked' | 'ended' | 'never_acted';
type Line = { period_id: string; name_vi: string; state: State; phase: PhaseName | null; ordered_at: string; before_from: string; during_from: string; after_from: string; until: string; back_dated: boolean; acts_from: string; acts_until: string };
type Whole = Line & {
  basis: { number: string; on?: string }[]; directive_id: string | null; ordered_by: Person; countersigned_by: Person; office_codes: string[]; service_classes: string[]; measures: { [P in PhaseName]: Measures }; overlaps: { name_vi: string }[];
  read_by: { at: string; place: string; person: Person }[]; offices_read: number; offices_asked: number; turns: { kind: 'period_begun' | 'period_ended'; effective_at: string; recorded_at: string; entry_no: number }[];
  came: { from_at: string; to_at: string; steps: { kind: string; kind_vi: string; count: number; alone: number }[]; refused_alone: number; incidents: number; drills: number } | null;
};
const TINT: { readonly [S in State]: Tint } = { ordered: 'info', in_force: 'warn', revoked: 'plain', ended: 'plain', never_acted: 'plain' };

export default function Periods() {
  const wanted = openId();
  const [ordering, setOrdering] = useState(false);
  const loaded = useLoad(`periods ${wanted}`, async () => {
    const list = await rows<Line>(api.periods.$get());
    const open = wanted || (list.find((line) => line.state === 'in_force') ?? list[0])?.period_id;
    return { list, whole: open ? await seen<Whole>(api.periods[':period_id'].$get({ param: { period_id: open } })) : null };
  });
  const { told, deed } = useDeed(() => { loaded.reload(); void readOrders(); });
  useEvery(20_000, loaded.reload);
  return (
    <div class="periods">
      <div class="title-row"><h1>{say(W.title)}</h1>{may('period.order') && !ordering ? <Button kind="main" onPress={() => setOrdering(true)}>{say(W.order)}</Button> : null}</div>
      {told}
      {ordering ? <OrderForm onClose={() => setOrdering(false)} onOrder={(facts, confirmation) => deed(W.ordered_now, async () => { go(`/desk/periods/${await add('periods', { kind: 'period_ordered', facts, confirmation })}`); setOrdering(false); })} /> : null}
      <Reading loaded={loaded}>
        {({ list, whole }) => (
          <>
            <Table caption={say(W.list)} rows={list} keyOf={(line) => line.period_id} empty={say(W.none)} tintOf={(line) => (line.state === 'in_force' ? 'warn' : 'plain')} columns={[
              { head: say(W.name), cell: (line) => <a href={`/desk/periods/${line.period_id}`} {...(line.period_id === whole?.period_id ? { 'aria-current': 'true' as const } : {})}>{line.name_vi}</a>, wide: true },
              { head: say(W.state), cell: (line) => <><Badge tint={TINT[line.state]}>{say(W[line.state])}</Badge> {line.phase ? say(PHASE_WORDS[line.phase]) : ''}</> },
              { head: say(W.acts), cell: (line) => <time>{dateTime(line.acts_from)} – {dateTime(line.acts_until)}</time> },
            ]} />
            {whole ? <One period={whole} deed={deed} /> : null}
          </>
        )}
      </Reading>
    </div>
  );
}

function One({ period, deed }: { period: Whole; deed: ReturnType<typeof useDeed>['deed'] }) {
  const [revoking, setRevoking] = useState<'reason' | 'sign' | null>(null);
  const [reason, setReason] = useState('');
  const mine = period.read_by.some((one) => one.person?.person_id === me.value?.person_id);
  const { came } = period;
  const kinds = MEASURES.filter(({ key }) => (['before', 'during', 'after'] as const).some((phase) => wordsOfMeasures(period.measures[phase]).some((one) => one.key === key)));
  const alive = period.state === 'in_force' || period.state === 'ordered';
  const cell = (key: string, phase: PhaseName) => {
    const said = wordsOfMeasures(period.measures[phase]).find((one) => one.key === key);
    return said ? <strong>{say(said.words)}</strong> : <span class="soft">{say(W.same)}</span>;
  };
  return (
    <section class="card" aria-label={period.name_vi}>
      <div class="title-row">
        <h2>{period.name_vi} <Badge tint={TINT[period.state]}>{say(W[period.state])}</Badge></h2>
        <div class="row">
          {mine ? null : <Button kind="main" onPress={() => deed(W.read_done, () => add('periods', { kind: 'period_read', matter_id: period.period_id, facts: {} }))}>{say(W.read_now)}</Button>}
          {may('report.draw') && me.value?.office_code ? <Button kind="quiet" onPress={() => deed(W.report_done, () => taskAfterAction(period))}>{say(W.report)}</Button> : null}
          {may('period.order') && alive ? <Button kind="danger" onPress={() => setRevoking('reason')}>{say(W.revoke)}</Button> : null}
        </div>
      </div>
      {revoking === null ? null : <div class="row"><Field label={say(W.reason)} value={reason} onInput={setReason} autoFocus max={300} name="reason" /><Button kind="danger" disabled={reason.trim() === ''} onPress={() => setRevoking('sign')}>{say(W.revoke)}</Button></div>}
      {revoking === 'sign' ? <SecondSignature permission="period.order" why={say(W.revoke_why)} onClose={() => setRevoking(null)} onSigned={async (confirmation) => { await add('periods', { kind: 'period_revoked', matter_id: period.period_id, facts: { reason: reason.trim() }, confirmation }); setRevoking(null); await deed(W.revoked_now, async () => undefined); }} /> : null}
      {period.back_dated ? <Notice tint="warn">{say(W.back_dated, { named: dateTime(period.before_from), real: dateTime(period.acts_from) })}</Notice> : null}
      {period.overlaps.length > 0 ? <Notice>{say(W.overlaps, { names: period.overlaps.map((one) => one.name_vi).join(', ') })}</Notice> : null}
      <PhaseStrip period={period} />
      <dl class="facts">
        <dt>{say(W.signed)}</dt><dd>{say(W.by_two, { first: nameOfPerson(period.ordered_by), second: nameOfPerson(period.countersigned_by), at: dateTime(period.ordered_at) })}</dd>
        <dt>{say(W.basis)}</dt><dd>{period.basis.map((one) => one.number).join('; ') || '—'} {period.directive_id && may('directive.answer') ? <a href={`/desk/directives/${period.directive_id}`}>→</a> : null}</dd>
        <dt>{say(W.scope)}</dt><dd>{period.office_codes.length + period.service_classes.length === 0 ? say(W.all) : [...period.office_codes.map((code) => nameOf('offices', code)), ...period.service_classes].join(', ')}</dd>
      </dl>
      <Table caption={say(W.diff)} rows={kinds} keyOf={(row) => row.key} empty={say(W.same)} columns={[
        { head: say(W.measure), cell: (row) => say(row.name), wide: true }, { head: say(W.normal), cell: (row) => <span class="soft">{say(row.normal)}</span> },
        ...(['before', 'during', 'after'] as const).map((phase) => ({ head: `${say(PHASE_WORDS[phase])}${period.phase === phase ? ` (${say(W.now_phase)})` : ''}`, cell: (row: (typeof kinds)[number]) => cell(row.key, phase) })),
      ]} />
      <div class="columns">
        <section><h3>{say(W.read)} · {say(W.read_count, { read: period.offices_read, asked: period.offices_asked })}</h3><progress max={period.offices_asked} value={period.offices_read} aria-label={say(W.read)} />
          {period.read_by.length === 0 ? <p class="soft">{say(W.nobody_read)}</p> : <ul class="plain">{period.read_by.map((one) => <li key={`${one.at}${one.person?.person_id}`}>{nameOf('offices', one.place)} · {nameOfPerson(one.person)} · <time>{dateTime(one.at)}</time></li>)}</ul>}</section>
        <section><h3>{say(W.turns)}</h3>{period.turns.length === 0 ? <p class="soft">{say(W.no_turns)}</p> : <ul class="plain">{period.turns.map((turn) => <li key={turn.entry_no}><strong>{say(W[turn.kind])}</strong> <time>{dateTime(turn.effective_at)}</time> <span class="soft">({say(W.entry, { no: turn.entry_no, at: dateTime(turn.recorded_at) })})</span></li>)}</ul>}</section>
      </div>
      {came === null ? null : (
        <>
          <Table caption={say(W.came)} rows={came.steps.slice(0, 12)} keyOf={(row) => row.kind} empty={say(W.nothing_came)} tintOf={(row) => (row.alone > 0 ? 'warn' : 'plain')} columns={[{ head: say(W.step), cell: (row) => row.kind_vi, wide: true }, { head: say(W.count), cell: (row) => number(row.count), number: true }, { head: say(W.alone), cell: (row) => (row.alone > 0 ? <Badge tint="warn">{number(row.alone)}</Badge> : '0'), number: true }]} />
          <p>{say(W.refused, { count: came.refused_alone })} · {say(W.incidents, { incidents: came.incidents, drills: came.drills })}</p>
        </>
      )}
    </section>
  );
}

const taskAfterAction = (period: Whole): Promise<string> => add('reports', {
  kind: 'report_tasked',
  facts: { report_kind: 'after_action', title: paper(`Tổng kết giai đoạn cao điểm ${period.name_vi}`), office_code: me.value?.office_code ?? '', addressee: me.value?.office_code ?? '', addressee_vi: nameOf('offices', me.value?.office_code ?? null), due_at: null, remind_hours: [], period_id: period.period_id },
});

/** The four instants on one line, and where we stand. */
function PhaseStrip({ period }: { period: Whole }) {
  const marks = [period.before_from, period.during_from, period.after_from, period.until].map((at) => Date.parse(at));
  const [from = 0, during = 0, after = 0, until = 1] = marks;
  const x = (ms: number): number => Math.min(720, Math.max(0, ((ms - from) / Math.max(1, until - from)) * 720));
  const now = x(machine.outbox.now());
  const spans = [['before', from, during], ['during', during, after], ['after', after, until]] as const;
  return (
    <figure class="phases">
      <svg viewBox="0 0 720 16" preserveAspectRatio="none" role="img" aria-label={spans.map(([phase, begins]) => `${say(PHASE_WORDS[phase])} ${dateTime(begins)}`).join(', ')}>
        {spans.map(([phase, begins, ends]) => <rect key={phase} class={`phase-${phase}`} x={x(begins)} y="0" width={Math.max(0, x(ends) - x(begins))} height="16" />)}
        {period.state === 'in_force' ? <rect class="phase-now" x={Math.max(0, now - 2)} y="0" width="4" height="16" /> : null}
      </svg>
      <figcaption>{spans.map(([phase, begins]) => <span key={phase}><i class={`swatch phase-${phase}`} aria-hidden="true" />{say(PHASE_WORDS[phase])} <time>{dateTime(begins)}</time></span>)}<span>→ <time>{dateTime(until)}</time></span></figcaption>
    </figure>
  );
}
