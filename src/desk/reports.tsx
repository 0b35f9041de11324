// Reports: what is due to whom and how long is left; drawn in one click; every figure opens to its events and is counted again; signed,
// sent, received; the letter on paper and as a file.

import { useState } from 'preact/hooks';
import { add, download, openId, rows, seen, useDeed, useEvery } from './duty_parts.tsx';
import { machine } from './machine.ts';
import { Figures, LetterPreview, Redraw, SendForm, SignForm, TaskForm } from './report_parts.tsx';
import type { Catalogue, Draw, Report, ReportLine } from './report_parts.tsx';
import { api, ask, go, may, me } from './state.ts';
import { Badge, Button, Notice, Reading, Table, useLoad } from './ui.tsx';
import type { Tint } from './ui.tsx';
import { dateTime, either, number, say, span } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Báo cáo', 'Reports'], task: ['Giao báo cáo', 'Ask for a report'], none: ['Không có báo cáo nào đến hạn ở đây.', 'No report is due here.'], list: ['Báo cáo, gấp nhất trước', 'Reports, the most urgent first'], name: ['Báo cáo', 'Report'], to: ['Gửi', 'To'], due: ['Hạn', 'Due'], state: ['Tình trạng', 'State'],
  left: ['còn {long}', '{long} left'], over: ['QUÁ HẠN {long}', 'OVERDUE by {long}'], no_due: ['không nêu hạn', 'no deadline named'], in_time: ['gửi đúng hạn', 'sent in time'], too_late: ['gửi trễ', 'sent late'], reminder: ['nhắc: trong {hours} giờ', 'reminder: within {hours} h'],
  draw: ['Lập báo cáo', 'Draw the report'], drawn: ['Đã lập từ sổ hành trình.', 'Drawn from the ledger.'], again: ['Sửa kỳ số liệu, kiến nghị, lập lại', 'Change window or proposals, draw again'], window: ['Số liệu {from} – {to}', 'Figures {from} – {to}'], nil: ['Không phát sinh', 'Nil report'], digest: ['Mã băm số liệu', 'Digest of the figures'], head: ['Mốc sổ khi lập', 'Head of the log when drawn'], signed: ['Ký', 'Signed'], signed_as: ['số {number}, {title} {name}', 'no. {number}, {title} {name}'], sent: ['Gửi', 'Sent'], received: ['Nhận', 'Received'], received_as: ['{at}, số đến {no}', '{at}, entry no. {no}'],
  receive: ['Ghi đã nhận', 'Record the receipt'], received_now: ['Đã ghi nhận báo cáo.', 'The receipt is recorded.'], preview: ['Xem trước văn bản', 'Preview of the letter'], pdf: ['Tải PDF', 'PDF'], docx: ['Tải DOCX', 'DOCX'], saved: ['Đã tải văn bản.', 'The letter is saved.'], check: ['Đếm lại từ sổ', 'Count again from the ledger'], same: ['Đếm lại: giống từng byte.', 'Counted again: the same to the byte.'], differs: ['Đếm lại: KHÁC ở {codes}.', 'Counted again: DIFFERS at {codes}.'],
} as const;
export const STATES: { readonly [state: string]: readonly [words: Pair, tint: Tint] } = { due: [['chưa lập', 'not drawn'], 'warn'], drawn: [['đã lập, chờ ký', 'drawn, awaits signature'], 'info'], signed: [['đã ký, chờ gửi', 'signed, to be sent'], 'info'], sent: [['đã gửi', 'sent'], 'good'], received: [['bên nhận đã nhận', 'received'], 'good'] };

export default function Reports() {
  const wanted = openId();
  const [tasking, setTasking] = useState(false);
  const loaded = useLoad(`reports ${wanted}`, async () => {
    const [list, catalogue] = await Promise.all([rows<ReportLine>(api.reports.$get()), rows<Catalogue>(api.reports.catalogue.$get())]);
    const open = wanted || list[0]?.report_id;
    return { list, catalogue, report: open ? await seen<Report>(api.reports[':report_id'].$get({ param: { report_id: open } })) : null };
  });
  const { told, deed } = useDeed(loaded.reload);
  useEvery(60_000, loaded.reload);
  return (
    <div class="reports">
      <div class="title-row"><h1>{say(W.title)}</h1>{may('report.draw') && me.value?.office_code ? <Button onPress={() => setTasking(true)}>{say(W.task)}</Button> : null}</div>
      {told}
      <Reading loaded={loaded}>
        {({ list, catalogue, report }) => (
          <>
            {tasking ? <TaskForm catalogue={catalogue} onClose={() => setTasking(false)} onTask={(facts) => void deed(['Đã giao báo cáo.', 'The report is asked for.'], async () => { go(`/desk/reports/${await add('reports', { kind: 'report_tasked', facts })}`); setTasking(false); })} /> : null}
            <Table caption={say(W.list)} rows={list} keyOf={(row) => row.report_id} empty={say(W.none)} tintOf={(row) => (row.verdict === 'late' ? 'bad' : 'plain')} columns={[
              { head: say(W.name), cell: (row) => <><a href={`/desk/reports/${row.report_id}`} {...(row.report_id === report?.report_id ? { 'aria-current': 'true' as const } : {})}>{row.title}</a><div class="soft">{row.kind_vi}</div></>, wide: true },
              { head: say(W.to), cell: (row) => <>{row.addressee_vi}{row.desk_vi ? <div class="soft">{row.desk_vi}</div> : null}</> }, { head: say(W.due), cell: (row) => <Due line={row} /> },
              { head: say(W.state), cell: (row) => <Badge tint={STATES[row.state]?.[1]}>{say(STATES[row.state]?.[0] ?? ['—', '—'])}</Badge> },
            ]} />
            {report ? <One key={report.report_id} report={report} deed={deed} /> : null}
          </>
        )}
      </Reading>
    </div>
  );
}

/** The deadline and what is left of it; without one nothing is late. */
export function Due({ line }: { line: Pick<ReportLine, 'due_at' | 'verdict' | 'state' | 'reminder_hours'> }) {
  if (line.due_at === null) return <span class="soft">{say(W.no_due)}</span>;
  const left = Date.parse(line.due_at) - machine.outbox.now();
  const sent = line.state === 'sent' || line.state === 'received';
  return (
    <>
      <time>{dateTime(line.due_at)}</time>{' '}
      {sent ? <Badge tint={line.verdict === 'late' ? 'bad' : 'good'}>{say(line.verdict === 'late' ? W.too_late : W.in_time)}</Badge> : left < 0 ? <Badge tint="bad">{say(W.over, { long: span(-left) })}</Badge> : <Badge tint={line.reminder_hours === null ? 'plain' : 'warn'}>{say(W.left, { long: span(left) })}</Badge>}
    </>
  );
}

function One({ report, deed }: { report: Report; deed: ReturnType<typeof useDeed>['deed'] }) {
  const [checked, setChecked] = useState<{ same: boolean; differ: string[] } | null>(null);
  const { drawing, signature, sent, received } = report;
  const param = { report_id: report.report_id };
  const own = report.office_code === me.value?.office_code;
  const draw = (given: Draw): Promise<unknown> => deed(W.drawn, async () => {
    setChecked(null);
    await ask(api.reports[':report_id'].draw.$post({ param, json: given }));
  });
  const save = (format: 'pdf' | 'docx'): Promise<unknown> => deed(W.saved, () => download(api.reports[':report_id'].letter.$get({ param, query: { format } }), `bao-cao.${format}`));
  return (
    <section class="card report" aria-label={report.title}>
      <div class="title-row"><h2>{report.title}</h2><div class="row">
        {drawing ? <><Button kind="quiet" onPress={() => save('pdf')}>{say(W.pdf)}</Button><Button kind="quiet" onPress={() => save('docx')}>{say(W.docx)}</Button></> : null}
        {drawing && own ? <Button onPress={async () => setChecked(await seen(api.reports[':report_id'].check.$get({ param })))}>{say(W.check)}</Button> : null}
      </div></div>
      <p>{report.addressee_vi}{report.desk_vi ? ` · ${report.desk_vi}` : ''} · <Due line={report} /></p>
      {checked ? <Notice tint={checked.same ? 'good' : 'bad'} urgent={!checked.same}>{checked.same ? say(W.same) : say(W.differs, { codes: checked.differ.join(', ') })}</Notice> : null}
      <dl class="facts">
        {drawing ? <><dt>{say(W.state)}</dt><dd>{say(W.window, { from: dateTime(drawing.from_at), to: dateTime(drawing.to_at) })} {drawing.nil ? <Badge tint="info">{say(W.nil)}</Badge> : null}</dd><dt>{say(W.digest)}</dt><dd class="code digest">{drawing.digest.slice(0, 16)}…</dd>{drawing.head_size === null ? null : <><dt>{say(W.head)}</dt><dd class="code">{drawing.head_origin} · {number(drawing.head_size)}</dd></>}</> : null}
        {signature ? <><dt>{say(W.signed)}</dt><dd>{say(W.signed_as, { number: signature.number, title: signature.signer_title, name: signature.signer_name })}</dd></> : null}
        {sent ? <><dt>{say(W.sent)}</dt><dd><time>{dateTime(sent.sent_at)}</time></dd></> : null}
        {received ? <><dt>{say(W.received)}</dt><dd>{say(W.received_as, { at: dateTime(received.received_at), no: received.paper_no })}</dd></> : null}
      </dl>
      {own && may('report.draw') && signature === null ? <Redraw report={report} onDraw={draw} first={drawing === null} words={drawing === null ? W.draw : W.again} /> : null}
      {own && may('report.sign') && report.state === 'drawn' && drawing ? <SignForm onSign={(facts) => deed(['Đã ký.', 'Signed.'], () => add('reports', { kind: 'report_signed', matter_id: report.report_id, facts: { ...facts, digest: drawing.digest } }))} /> : null}
      {own && may('report.sign') && report.state === 'signed' ? <SendForm onSend={(facts) => deed(['Đã ghi gửi.', 'Recorded as sent.'], () => add('reports', { kind: 'report_sent', matter_id: report.report_id, facts }))} /> : null}
      {report.state === 'sent' && may('report.receive') && report.addressee === me.value?.agency_code ? <Button kind="main" onPress={() => deed(W.received_now, () => add('reports', { kind: 'report_received', matter_id: report.report_id, facts: { received_at: new Date(machine.outbox.now()).toISOString() } }))}>{say(W.receive)}</Button> : null}
      {drawing ? <Figures report={report} drawing={drawing} open={own && may('report.draw')} /> : null}
      {drawing ? <details><summary>{either(W.preview[0], W.preview[1])}</summary><LetterPreview report_id={report.report_id} digest={`${drawing.digest}${report.state}`} /></details> : null}
    </section>
  );
}
