// Parts of the report screen: asking for one, the window of a drawing, figures that open to their events, the letter as it will read.

import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import type { JournalFacts } from '../domain/journal.ts';
import type { FigureCode } from '../domain/report.ts';
import type { Letter } from '../interchange/letter.ts';
import { DayField } from './duty_forms.tsx';
import { Lines, linesOf, seen, Select } from './duty_parts.tsx';
import { machine, nameOf } from './machine.ts';
import { api, me } from './state.ts';
import { Badge, Button, Dialog, Field, Reading, Table, useLoad } from './ui.tsx';
import { dateTime, either, number, paper, say } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  figure: ['Chỉ tiêu', 'Figure'], count: ['Số', 'Count'], small: ['ít, không nêu', 'few, not told'], figures: ['Số liệu: bấm vào số để xem từng mốc', 'Figures: press one to see its events'], behind: ['{name}: {total} mốc', '{name}: {total} events'], agrees: ['Bằng đúng số trong báo cáo', 'Exactly the figure of the report'], more: ['Xem thêm', 'More'], at: ['Lúc', 'At'], code: ['Số hiệu', 'Number'], what: ['Mốc', 'Event'], office: ['Bưu cục', 'Office'], no_events: ['Không có mốc nào.', 'No events.'],
  from: ['Số liệu từ', 'Figures from'], to: ['đến', 'until'], leader: ['Lãnh đạo chịu trách nhiệm', 'Responsible leader'], place: ['Nơi làm văn bản', 'Place'], basis: ['Căn cứ (mỗi dòng một)', 'Basis (one a line)'], difficulties: ['Khó khăn (mỗi dòng một; trống: không)', 'Difficulties (one a line; empty: none)'], proposals: ['Kiến nghị', 'Proposals'], options: ['Kỳ số liệu, căn cứ, kiến nghị', 'Window, basis, proposals'],
  number: ['Số văn bản', 'Number of the letter'], title: ['Chức danh người ký', 'Title of the signer'], name: ['Họ tên người ký', 'Name of the signer'], day: ['Ngày ký', 'Day'], sign: ['Ký báo cáo', 'Sign'], channel: ['Gửi bằng', 'Sent by'], send: ['Ghi đã gửi', 'Record as sent'],
  task: ['Giao báo cáo', 'Ask for a report'], kind: ['Loại báo cáo', 'Kind'], subject: ['Tên báo cáo', 'Title'], addressee: ['Mã nơi nhận', 'Code of the addressee'], addressee_name: ['Tên nơi nhận', 'Name of the addressee'], desk: ['Đầu mối', 'Desk'], due: ['Hạn (trống: chưa nêu)', 'Deadline (empty: none named)'], make: ['Giao', 'Ask'],
} as const;
const CHANNELS = { document_axis: ['trục liên thông văn bản', 'document exchange'], paper: ['giấy', 'paper'], in_person: ['trực tiếp', 'in person'], telegram: ['điện báo', 'telegram'] } as const;
export type Draw = { from_at: string; to_at: string; basis: string[]; leader_title: string; place_vi: string; difficulties: string[]; proposals: string[] };
type ShownFigure = { code: FigureCode; count: number | null; vi: string; en: string; section: string; events: string | null };
type Drawing = Draw & { digest: string; head_size: number | null; head_origin?: string | null; nil: boolean; figures: ShownFigure[] };
export type ReportLine = { report_id: string; report_kind: string; kind_vi: string; title: string; office_code: string; addressee: string; addressee_vi: string; desk_vi: string | null; state: 'due' | 'drawn' | 'signed' | 'sent' | 'received'; due_at: string | null; verdict: string; hours_left: number | null; reminder_hours: number | null };
export type Report = ReportLine & { directive_id: string | null; period_id: string | null; party_code: string | null; drawing: Drawing | null; signature: JournalFacts<'report_signed'> | null; sent: JournalFacts<'report_sent'> | null; received: JournalFacts<'report_received'> | null };
export type Catalogue = { report_kind: string; vi: string; en: string; limit_code: string | null };
type Events = { total: number; rows: { checkpoint_id: string; code: string; kind_vi: string; received_at: string; office_code: string }[]; next_after: string | null };
const SECTIONS: { readonly [section: string]: Pair } = { kt1: ['Bưu gửi KT1', 'KT1 items'], control: ['Kiểm soát chấp nhận và phát', 'Control at acceptance and delivery'], suspicious: ['Nghi vấn, hàng cấm', 'Suspicious items, banned goods'], reconciliation: ['Đối soát', 'Reconciliation'] };
const local = (ms: number): string => new Date(ms + 7 * 3_600_000).toISOString().slice(0, 16);
const instantOf = (text: string): string => new Date(`${text}:00+07:00`).toISOString();
/** The drawing wants a window that ended a minute ago. */
const SETTLED_MS = 61_000;

/** One click with what the period, the letter and the roster of leaders already say; all of it may be changed first. */
export function Redraw({ report, first, words, onDraw }: { report: Report; first: boolean; words: Pair; onDraw: (given: Draw) => Promise<unknown> }) {
  const now = machine.outbox.now();
  const kept = report.drawing;
  const known = useLoad(`window ${report.report_id}`, async () => {
    const [period, board] = await Promise.all([
      report.period_id ? seen<{ acts_from: string; basis: { number: string }[] }>(api.periods[':period_id'].$get({ param: { period_id: report.period_id } })).catch(() => null) : null,
      report.directive_id ? seen<{ letter: { number: string; issuer_vi: string }; rows: { party_code: string; leader_title: string | null }[] }>(api.directives[':directive_id'].$get({ param: { directive_id: report.directive_id } })).catch(() => null) : null,
    ]);
    return { from_ms: period ? Date.parse(period.acts_from) : now - 7 * 86_400_000, basis: board ? [paper(`văn bản số ${board.letter.number} của ${board.letter.issuer_vi}`)] : [], leader: board?.rows.find((row) => row.party_code === report.office_code && row.leader_title !== null)?.leader_title ?? null };
  });
  const [given, setGiven] = useState<Partial<{ [K in keyof Draw]: string }>>({});
  const value = (key: keyof Draw, otherwise: string): string => given[key] ?? otherwise;
  const put = (key: keyof Draw) => (text: string): void => setGiven((before) => ({ ...before, [key]: text }));
  const data = known.data;
  if (data === null) return null;
  const from = value('from_at', local(kept ? Date.parse(kept.from_at) : data.from_ms));
  const to = value('to_at', local(first ? now - SETTLED_MS : Date.parse(kept?.to_at ?? '')));
  const leader = value('leader_title', kept?.leader_title ?? data.leader ?? paper('Giám đốc'));
  const place = value('place_vi', kept?.place_vi ?? paper('Lạng Sơn'));
  const lines = (key: 'basis' | 'difficulties' | 'proposals', otherwise: readonly string[]): string => value(key, (kept?.[key] ?? otherwise).join('\n'));
  const draw = (): Promise<unknown> => onDraw({ from_at: instantOf(from), to_at: instantOf(to), leader_title: leader, place_vi: place, basis: linesOf(lines('basis', data.basis)), difficulties: linesOf(lines('difficulties', [])), proposals: linesOf(lines('proposals', [])) });
  const fields = (
    <div class="stack draw-fields">
      <div class="two-fields"><DayField time label={say(W.from)} name="draw-from" value={from} onInput={put('from_at')} /><DayField time label={say(W.to)} name="draw-to" value={to} onInput={put('to_at')} /><Field label={say(W.leader)} value={leader} onInput={put('leader_title')} max={120} name="draw-leader" /><Field label={say(W.place)} value={place} onInput={put('place_vi')} max={120} name="draw-place" /></div>
      <Lines label={say(W.basis)} value={lines('basis', data.basis)} onInput={put('basis')} name="draw-basis" /><Lines label={say(W.difficulties)} value={lines('difficulties', [])} onInput={put('difficulties')} name="draw-difficulties" /><Lines label={say(W.proposals)} value={lines('proposals', [])} onInput={put('proposals')} name="draw-proposals" />
    </div>
  );
  if (first) return <><Button kind="main" big onPress={draw}>{say(words)}</Button><details><summary>{say(W.options)}</summary>{fields}</details></>;
  return <details><summary>{say(words)}</summary>{fields}<Button onPress={draw}>{say(words)}</Button></details>;
}

export function Figures({ report, drawing, open }: { report: Report; drawing: Drawing; open: boolean }) {
  const [opened, setOpened] = useState<ShownFigure | null>(null);
  return (
    <>
      <div class="columns">{[...Map.groupBy(drawing.figures, (figure) => figure.section)].map(([section, figures]) => (
        <Table key={section} caption={say(SECTIONS[section] ?? [section, section])} rows={figures} keyOf={(row) => row.code} empty="—" columns={[
          { head: say(W.figure), cell: (row) => either(row.vi, row.en), wide: true },
          { head: say(W.count), number: true, cell: (row) => row.count === null ? <Badge>{say(W.small)}</Badge> : open ? <button type="button" class="link number" onClick={() => setOpened(row)} aria-label={`${either(row.vi, row.en)}: ${number(row.count)}`}>{number(row.count)}</button> : <span class="number">{number(row.count)}</span> },
        ]} />
      ))}</div>
      {opened ? <Behind report_id={report.report_id} figure={opened} onClose={() => setOpened(null)} /> : null}
    </>
  );
}

function Behind({ report_id, figure, onClose }: { report_id: string; figure: ShownFigure; onClose: () => void }) {
  const [after, setAfter] = useState<string | null>(null);
  const loaded = useLoad(`events ${figure.code} ${after}`, () => seen<Events>(api.reports[':report_id'].figures[':figure'].$get({ param: { report_id, figure: figure.code }, query: { limit: 100, ...(after === null ? {} : { after }) } })));
  return (
    <Dialog title={either(figure.vi, figure.en)} onClose={onClose} wide>
      <Reading loaded={loaded}>
        {(events) => (
          <>
            <p><strong>{say(W.behind, { name: either(figure.vi, figure.en), total: events.total })}</strong> {events.total === figure.count ? <Badge tint="good">{say(W.agrees)}</Badge> : <Badge tint="bad">≠ {number(figure.count ?? 0)}</Badge>}</p>
            <Table caption={either(figure.vi, figure.en)} rows={events.rows} keyOf={(row) => row.checkpoint_id} empty={say(W.no_events)} columns={[
              { head: say(W.at), cell: (row) => <time>{dateTime(row.received_at)}</time> }, { head: say(W.code), cell: (row) => <a class="code" href={`/desk/item/${row.code}`}>{grouped(row.code)}</a> }, { head: say(W.what), cell: (row) => row.kind_vi, wide: true }, { head: say(W.office), cell: (row) => nameOf('offices', row.office_code) },
            ]} />
            {events.next_after ? <Button onPress={() => setAfter(events.next_after)}>{say(W.more)}</Button> : null}
          </>
        )}
      </Reading>
    </Dialog>
  );
}

export function SignForm({ onSign }: { onSign: (facts: Omit<JournalFacts<'report_signed'>, 'digest'>) => Promise<unknown> }) {
  const [no, setNo] = useState('');
  const [title, setTitle] = useState(paper('Giám đốc'));
  const [name, setName] = useState(me.value?.full_name ?? '');
  const [on, setOn] = useState(local(machine.outbox.now()).slice(0, 10));
  return (
    <div class="row report-tools">
      <Field label={say(W.number)} value={no} onInput={setNo} max={60} name="report-number" /><Field label={say(W.title)} value={title} onInput={setTitle} max={120} name="signer-title" /><Field label={say(W.name)} value={name} onInput={setName} max={120} name="signer-name" /><DayField label={say(W.day)} value={on} onInput={setOn} name="signed-on" />
      <Button kind="main" disabled={[no, title, name, on].some((text) => text.trim() === '')} onPress={() => onSign({ number: no.trim(), on, signer_title: title.trim(), signer_name: name.trim() })}>{say(W.sign)}</Button>
    </div>
  );
}

export function SendForm({ onSend }: { onSend: (facts: JournalFacts<'report_sent'>) => Promise<unknown> }) {
  const [channel, setChannel] = useState<keyof typeof CHANNELS>('document_axis');
  return (
    <div class="row report-tools">
      <Select label={say(W.channel)} value={channel} onChange={(value) => setChannel(value as keyof typeof CHANNELS)} name="channel" options={(Object.keys(CHANNELS) as (keyof typeof CHANNELS)[]).map((value) => ({ value, text: say(CHANNELS[value]) }))} />
      <Button kind="main" onPress={() => onSend({ channel, sent_at: new Date(machine.outbox.now()).toISOString() })}>{say(W.send)}</Button>
    </div>
  );
}

export function TaskForm({ catalogue, onTask, onClose }: { catalogue: readonly Catalogue[]; onTask: (facts: JournalFacts<'report_tasked'>) => void; onClose: () => void }) {
  const [kind, setKind] = useState(catalogue[0]?.report_kind ?? '');
  const [title, setTitle] = useState('');
  const [addressee, setAddressee] = useState('');
  const [name, setName] = useState('');
  const [desk, setDesk] = useState('');
  const [due, setDue] = useState('');
  const facts = (): JournalFacts<'report_tasked'> => ({ report_kind: kind as 'ad_hoc', title: title.trim(), office_code: me.value?.office_code ?? '', addressee: addressee.trim().toUpperCase(), addressee_vi: name.trim(), due_at: due === '' ? null : instantOf(due), remind_hours: due === '' ? [] : [72, 24, 4], ...(desk.trim() === '' ? {} : { desk_vi: desk.trim() }) });
  return (
    <Dialog title={say(W.task)} onClose={onClose}>
      <Select label={say(W.kind)} value={kind} onChange={setKind} name="report-kind" options={catalogue.map((one) => ({ value: one.report_kind, text: either(one.vi, one.en) }))} />
      <Field label={say(W.subject)} value={title} onInput={setTitle} autoFocus max={300} name="report-title" />
      <div class="two-fields"><Field label={say(W.addressee)} value={addressee} onInput={setAddressee} max={20} name="addressee" /><Field label={say(W.addressee_name)} value={name || nameOf('agencies', addressee.trim().toUpperCase()).replace(addressee.trim().toUpperCase(), '')} onInput={setName} max={120} name="addressee-name" /><Field label={say(W.desk)} value={desk} onInput={setDesk} max={120} name="report-desk" /><DayField time label={say(W.due)} value={due} onInput={setDue} name="report-due" /></div>
      <Button kind="main" disabled={title.trim() === '' || addressee.trim() === ''} onPress={() => onTask({ ...facts(), addressee_vi: name.trim() || nameOf('agencies', addressee.trim().toUpperCase()) })}>{say(W.make)}</Button>
    </Dialog>
  );
}

/** The letter as it reads; paper and file are the server's. */
export function LetterPreview({ report_id, digest }: { report_id: string; digest: string }) {
  const loaded = useLoad(`letter ${report_id} ${digest}`, () => seen<Letter>(api.reports[':report_id'].letter.$get({ param: { report_id }, query: { format: 'json' } })));
  return (
    <Reading loaded={loaded}>
      {(letter) => (
        <article class="letter" lang="vi">
          <p class="letter-top"><span>{letter.over_vi ? <>{letter.over_vi}<br /></> : null}<strong>{letter.issuer_vi}</strong><br />Số: {letter.number ?? '…'}</span><span><strong>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM<br />Độc lập - Tự do - Hạnh phúc</strong></span></p>
          <h3>{letter.kind_vi}</h3><p><strong>{letter.subject}</strong></p><p>Kính gửi: {letter.to.join('; ')}</p>
          {letter.blocks.map((block, i) => block.block === 'heading' ? <h4 key={i}>{block.text}</h4> : block.block === 'table' ? (
            <table key={i}><thead><tr>{block.head.map((head) => <th key={head} scope="col">{head}</th>)}</tr></thead><tbody>{block.rows.map((row) => <tr key={row.join()}>{row.map((cell, n) => <td key={n}>{cell}</td>)}</tr>)}</tbody></table>
          ) : <p key={i}>{block.block === 'item' ? '- ' : ''}{block.text}</p>)}
          <p><em>Nơi nhận:</em> {letter.recipients.join('; ')}</p><p><strong>{letter.signer_title}</strong> {letter.signer_name ?? ''}</p>
        </article>
      )}
    </Reading>
  );
}
