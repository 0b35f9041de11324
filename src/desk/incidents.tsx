// Incidents: report one at once, its clock, whom to tell and who was told, what was done, its end. Drills are marked as drills and never alarm.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { uuid7 } from '../base/id.ts';
import { INCIDENTS } from '../domain/incident.ts';
import type { JournalFacts } from '../domain/journal.ts';
import { DayField } from './duty_forms.tsx';
import { add, nameOfPerson, openId, rows, seen, Select, useDeed, useEvery } from './duty_parts.tsx';
import type { Person } from './duty_parts.tsx';
import type { Contact } from './duty_types.ts';
import { machine, nameOf } from './machine.ts';
import { api, go, may, me } from './state.ts';
import { Badge, Button, Dialog, Field, Reading, Table, useLoad } from './ui.tsx';
import { dateTime, either, say, span } from './words.ts';

const W = {
  title: ['Sự cố', 'Incidents'], report: ['Báo sự cố', 'Report an incident'], none: ['Chưa có sự cố nào được báo. Thấy dấu hiệu là báo ngay.', 'No incident was reported. Report as soon as there is a sign of one.'], list: ['Sự cố đã báo', 'Incidents'], kind: ['Loại', 'Kind'], place: ['Nơi', 'Where'], detected: ['Phát hiện', 'Detected'], clock: ['Đồng hồ', 'Clock'], state: ['Tình trạng', 'State'], drill: ['DIỄN TẬP', 'DRILL'], closed: ['đã kết thúc', 'closed'], open: ['đang xử lý', 'open'],
  first: ['báo lần đầu sau {minutes} phút', 'first notice after {minutes} min'], running: ['{long}, chưa báo ai', '{long}, nobody told yet'], late: ['QUÁ HẠN BÁO', 'NOTICE OVERDUE'], limit: ['hạn báo {at}', 'to be told by {at}'], no_standard: ['chưa nạp tiêu chuẩn', 'no standard loaded'], by_limit: ['theo {code}', 'by {code}'],
  units: ['Bưu gửi, túi (chỉ số hiệu)', 'Items, bags (numbers only)'], by: ['Người báo', 'Reported by'], summary: ['Tóm tắt', 'Summary'], whom: ['Báo cho ai', 'Whom to tell'], told: ['Đã báo', 'Told'], tell: ['Ghi đã báo', 'Record that it was told'], not_told: ['chưa báo', 'not told'], no_phone: ['chưa nạp số', 'no number loaded'], agency: ['Cơ quan', 'Agency'], desk: ['Đầu mối', 'Desk'], phone: ['Số điện thoại', 'Phone'],
  log: ['Ai đã được báo', 'Who was told'], no_log: ['Chưa báo cơ quan nào.', 'No agency was told yet.'], when: ['Lúc', 'At'], channel: ['Bằng', 'By'], ack: ['Đã nhận tin', 'Received'], ack_now: ['Ghi họ đã nhận', 'Record their receipt'], acked: ['Đã ghi nhận.', 'Recorded.'], measures: ['Biện pháp', 'Measures'], no_measures: ['Chưa có biện pháp.', 'No measure yet.'], measure: ['Biện pháp', 'Measure'], note: ['Ghi chú (một dòng)', 'Note (one line)'], add_measure: ['Ghi biện pháp', 'Record it'], measured: ['Đã ghi biện pháp.', 'The measure is recorded.'],
  close: ['Kết thúc sự cố', 'Close it'], outcome: ['Kết quả', 'Outcome'], lesson: ['Bài học (một dòng)', 'Lesson (one line)'], closed_now: ['Đã kết thúc sự cố.', 'The incident is closed.'], told_now: ['Đã ghi báo cơ quan chức năng.', 'The notice is recorded.'], kt1: ['Bưu gửi KT1: chỉ ghi số hiệu, không ghi lời.', 'KT1 items: numbers only, no words.'],
  is_drill: ['Đây là diễn tập', 'This is a drill'], detected_at: ['Phát hiện lúc', 'Detected at'], codes: ['Số hiệu liên quan (cách nhau bằng dấu phẩy)', 'Numbers concerned (with commas)'], send: ['Báo ngay', 'Report it now'], reported: ['Đã báo sự cố; đồng hồ chạy từ lúc phát hiện.', 'Reported; its clock runs from the detection.'], told_at: ['Báo lúc', 'Told at'],
} as const;
const CHANNELS = { phone: ['điện thoại', 'phone'], letter: ['văn bản', 'letter'], in_person: ['trực tiếp', 'in person'], electronic: ['điện tử', 'electronic'], telegram: ['điện báo', 'telegram'] } as const;
const MEASURES = { searched: ['Tìm kiếm', 'Searched'], isolated: ['Cách ly', 'Isolated'], stopped_line: ['Dừng dây chuyền', 'Line stopped'], area_guarded: ['Bảo vệ hiện trường', 'Area guarded'], handed_to_authority: ['Giao cơ quan chức năng', 'Handed to an authority'], system_restored: ['Khôi phục hệ thống', 'System restored'], access_cut: ['Cắt truy cập', 'Access cut'], evidence_kept: ['Giữ chứng cứ', 'Evidence kept'], other: ['Khác', 'Other'] } as const;
const OUTCOMES = { resolved: ['Đã khắc phục', 'Resolved'], handed_to_authority: ['Chuyển cơ quan chức năng', 'Handed to an authority'], not_confirmed: ['Không xác nhận', 'Not confirmed'], drill_done: ['Diễn tập xong', 'Drill done'] } as const;
type IncidentKind = keyof typeof INCIDENTS;
type Clock = { detected_at: string; first_notice_at: string | null; minutes_to_notice: number | null; limit_code: string | null; deadline_at: string | null; verdict: string; alarm: boolean };
type Line = { incident_id: string; incident_kind: IncidentKind; kind_vi: string; kind_en: string; drill: boolean; office_code: string | null; place: string; unit_codes: string[]; closed: boolean; notices: number; clock: Clock };
type Whole = Omit<Line, 'notices'> & {
  summary: string | null; reported_by: Person; closed_at: string | null; outcome: keyof typeof OUTCOMES | null; lesson: string | null;
  notices: Told[]; whom_to_tell: { agency_code: string; name_vi: string; told: boolean; contacts: Contact[] }[]; measures: { at: string; by: Person; measure: keyof typeof MEASURES; note: string | null }[];
};
type Told = { notice_id: string; party_code: string; channel: keyof typeof CHANNELS; told_at: string; desk_vi: string; by: Person; acknowledged_at: string | null };
type Deed = ReturnType<typeof useDeed>['deed'];
const optional = <K extends string>(key: K, text: string): { [P in K]?: string } => (text.trim() === '' ? {} : ({ [key]: text.trim() } as { [P in K]: string }));
const local = (ms: number): string => new Date(ms + 7 * 3_600_000).toISOString().slice(0, 16);
const instantOf = (text: string): string => new Date(`${text}:00+07:00`).toISOString();

export default function Incidents() {
  const wanted = openId();
  const [reporting, setReporting] = useState(false);
  const loaded = useLoad(`incidents ${wanted}`, async () => {
    const list = await rows<Line>(api.incidents.$get());
    const open = wanted || (list.find((line) => !line.closed) ?? list[0])?.incident_id;
    return { list, whole: open ? await seen<Whole>(api.incidents[':incident_id'].$get({ param: { incident_id: open } })) : null };
  });
  const { told, deed } = useDeed(loaded.reload);
  useEvery(30_000, loaded.reload);
  return (
    <div class="incidents">
      <div class="title-row"><h1>{say(W.title)}</h1><Button kind="danger" onPress={() => setReporting(true)}>{say(W.report)}</Button></div>
      {told}
      {reporting ? <ReportDialog deed={deed} told={told} onClose={() => setReporting(false)} /> : null}
      <Reading loaded={loaded}>
        {({ list, whole }) => (
          <>
            <Table caption={say(W.list)} rows={list} keyOf={(row) => row.incident_id} empty={say(W.none)} tintOf={(row) => (row.clock.alarm ? 'bad' : 'plain')} columns={[
              { head: say(W.kind), cell: (row) => <><a href={`/desk/incidents/${row.incident_id}`} {...(row.incident_id === whole?.incident_id ? { 'aria-current': 'true' as const } : {})}>{either(row.kind_vi, row.kind_en)}</a> {row.drill ? <Badge tint="info" shape="◇">{say(W.drill)}</Badge> : null}</>, wide: true },
              { head: say(W.place), cell: (row) => nameOf('offices', row.office_code ?? row.place) }, { head: say(W.detected), cell: (row) => <time>{dateTime(row.clock.detected_at)}</time> },
              { head: say(W.clock), cell: (row) => <ClockWords clock={row.clock} closed={row.closed} /> }, { head: say(W.state), cell: (row) => <Badge tint={row.closed ? 'good' : 'warn'}>{say(row.closed ? W.closed : W.open)}</Badge> },
            ]} />
            {whole ? <One incident={whole} deed={deed} /> : null}
          </>
        )}
      </Reading>
    </div>
  );
}

function ClockWords({ clock, closed }: { clock: Clock; closed: boolean }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  const long = span(machine.outbox.now() - Date.parse(clock.detected_at));
  return (
    <>
      {clock.minutes_to_notice !== null ? say(W.first, { minutes: clock.minutes_to_notice }) : closed ? '—' : say(W.running, { long })}{' '}
      {clock.alarm ? <Badge tint="bad">{say(W.late)}</Badge> : clock.verdict === 'no_standard' ? <span class="soft">{say(W.no_standard)}</span> : clock.deadline_at ? <span class="soft">{say(W.limit, { at: dateTime(clock.deadline_at) })}</span> : null}
    </>
  );
}

function One({ incident, deed }: { incident: Whole; deed: Deed }) {
  const [telling, setTelling] = useState<Whole['whom_to_tell'][number] | null>(null);
  const [measure, setMeasure] = useState<keyof typeof MEASURES>('searched');
  const [note, setNote] = useState('');
  const [outcome, setOutcome] = useState<keyof typeof OUTCOMES>(incident.drill ? 'drill_done' : 'resolved');
  const [lesson, setLesson] = useState('');
  const matter_id = incident.incident_id;
  const live = incident.closed_at === null && (incident.place === (me.value?.office_code ?? me.value?.agency_code) || may('incident.handle'));
  return (
    <section class={`card ${incident.clock.alarm ? 'bad' : 'info'} incident`} aria-label={either(incident.kind_vi, incident.kind_en)}>
      <h2>{either(incident.kind_vi, incident.kind_en)} {incident.drill ? <Badge tint="info" shape="◇">{say(W.drill)}</Badge> : null} <Badge tint={incident.closed ? 'good' : 'warn'}>{say(incident.closed ? W.closed : W.open)}</Badge></h2>
      <p class="incident-clock"><ClockWords clock={incident.clock} closed={incident.closed} /> {incident.clock.limit_code ? <span class="soft">{say(W.by_limit, { code: incident.clock.limit_code })}</span> : null}</p>
      <dl class="facts">
        <dt>{say(W.place)}</dt><dd>{nameOf('offices', incident.office_code ?? incident.place)}</dd><dt>{say(W.by)}</dt><dd>{nameOfPerson(incident.reported_by)}</dd>
        <dt>{say(W.units)}</dt><dd>{incident.unit_codes.map((code) => <a key={code} class="code" href={`/desk/item/${code}`}>{code} </a>)}{incident.unit_codes.length === 0 ? '—' : null}</dd>
        {incident.summary ? <><dt>{say(W.summary)}</dt><dd>{incident.summary}</dd></> : null}
        {incident.outcome ? <><dt>{say(W.outcome)}</dt><dd>{say(OUTCOMES[incident.outcome])}{incident.lesson ? ` · ${incident.lesson}` : ''}</dd></> : null}
      </dl>
      <Table caption={say(W.log)} rows={incident.notices} keyOf={(row) => row.notice_id} empty={say(W.no_log)} columns={[
        { head: say(W.agency), cell: (row) => nameOf('agencies', row.party_code) }, { head: say(W.desk), cell: (row) => row.desk_vi }, { head: say(W.channel), cell: (row) => say(CHANNELS[row.channel]) }, { head: say(W.when), cell: (row) => <time>{dateTime(row.told_at)}</time> },
        { head: say(W.ack), cell: (row) => row.acknowledged_at ? <Badge tint="good">{dateTime(row.acknowledged_at)}</Badge> : live ? <Button kind="quiet" onPress={() => deed(W.acked, () => add('incidents', { kind: 'notice_acknowledged', matter_id, facts: { notice_id: row.notice_id, acknowledged_at: new Date(machine.outbox.now()).toISOString() } }))}>{say(W.ack_now)}</Button> : '—' },
      ]} />
      {live ? (
        <Table caption={say(W.whom)} rows={incident.whom_to_tell} keyOf={(row) => row.agency_code} empty="—" columns={[
          { head: say(W.agency), cell: (row) => row.name_vi, wide: true }, { head: say(W.desk), cell: (row) => row.contacts.map((one) => `${one.title_vi}: ${one.phone ?? say(W.no_phone)}`).join('; ') || '—' },
          { head: '', cell: (row) => <Badge tint={row.told ? 'good' : 'plain'}>{say(row.told ? W.told : W.not_told)}</Badge> }, { head: '', cell: (row) => <Button kind="quiet" onPress={() => setTelling(row)}>{say(W.tell)}</Button> },
        ]} />
      ) : null}
      <h3>{say(W.measures)}</h3>
      {incident.measures.length === 0 ? <p class="soft">{say(W.no_measures)}</p> : <ul class="plain">{incident.measures.map((one) => <li key={one.at}><time>{dateTime(one.at)}</time> <strong>{say(MEASURES[one.measure])}</strong> {one.note ?? ''} <span class="soft">{nameOfPerson(one.by)}</span></li>)}</ul>}
      {live ? (
        <div class="row incident-tools">
          <Select label={say(W.measure)} value={measure} onChange={(value) => setMeasure(value as keyof typeof MEASURES)} name="measure" options={(Object.keys(MEASURES) as (keyof typeof MEASURES)[]).map((value) => ({ value, text: say(MEASURES[value]) }))} />
          <Field label={say(W.note)} value={note} onInput={setNote} max={300} name="measure-note" />
          <Button onPress={() => deed(W.measured, () => add('incidents', { kind: 'measure_taken', matter_id, facts: { measure, ...optional('note', note) } })).then((ok) => ok && setNote(''))}>{say(W.add_measure)}</Button>
        </div>
      ) : null}
      {live && may('incident.handle') ? (
        <div class="row incident-tools">
          <Select label={say(W.outcome)} value={outcome} onChange={(value) => setOutcome(value as keyof typeof OUTCOMES)} name="outcome" options={(Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[]).map((value) => ({ value, text: say(OUTCOMES[value]) }))} />
          <Field label={say(W.lesson)} value={lesson} onInput={setLesson} max={300} name="lesson" />
          <Button kind="danger" onPress={() => deed(W.closed_now, () => add('incidents', { kind: 'incident_closed', matter_id, facts: { outcome, ...optional('lesson', lesson) } }))}>{say(W.close)}</Button>
        </div>
      ) : null}
      {telling ? <TellDialog agency={telling} onClose={() => setTelling(null)} onTell={(facts) => void deed(W.told_now, () => add('incidents', { kind: 'authority_told', matter_id, facts })).then((ok) => ok && setTelling(null))} /> : null}
    </section>
  );
}

function TellDialog({ agency, onTell, onClose }: { agency: Whole['whom_to_tell'][number]; onTell: (facts: JournalFacts<'authority_told'>) => void; onClose: () => void }) {
  const [desk, setDesk] = useState(agency.contacts[0]?.title_vi ?? agency.name_vi);
  const [channel, setChannel] = useState<keyof typeof CHANNELS>('phone');
  const [at, setAt] = useState(local(machine.outbox.now()));
  return (
    <Dialog title={agency.name_vi} onClose={onClose}>
      <Field label={say(W.desk)} value={desk} onInput={setDesk} autoFocus max={120} name="desk" />
      <Select label={say(W.channel)} value={channel} onChange={(value) => setChannel(value as keyof typeof CHANNELS)} name="channel" options={(Object.keys(CHANNELS) as (keyof typeof CHANNELS)[]).map((value) => ({ value, text: say(CHANNELS[value]) }))} />
      <DayField time label={say(W.told_at)} value={at} onInput={setAt} name="told-at" />
      <Button kind="main" disabled={desk.trim() === '' || at === ''} onPress={() => onTell({ notice_id: uuid7(machine.outbox.now()), party_code: agency.agency_code, channel, told_at: instantOf(at), desk_vi: desk.trim() })}>{say(W.tell)}</Button>
    </Dialog>
  );
}

function ReportDialog({ deed, told, onClose }: { deed: Deed; told: ComponentChildren; onClose: () => void }) {
  const [incident_kind, setKind] = useState<IncidentKind>('loss');
  const [drill, setDrill] = useState(false);
  const [at, setAt] = useState(local(machine.outbox.now()));
  const [codes, setCodes] = useState('');
  const [summary, setSummary] = useState('');
  const office_code = me.value?.office_code;
  const send = (): Promise<unknown> => deed(W.reported, async () => {
    const unit_codes = codes.toUpperCase().split(/[,;\n]+/).map((code) => code.replaceAll(/\s+/g, '')).filter((code) => code !== '');
    go(`/desk/incidents/${await add('incidents', { kind: 'incident_detected', facts: { incident_kind, drill, detected_at: instantOf(at), unit_codes, ...(office_code ? { office_code } : {}), ...optional('summary', summary) } })}`);
  }).then((ok) => ok && onClose());
  return (
    <Dialog title={say(W.report)} onClose={onClose}>
      {told}
      <Select label={say(W.kind)} value={incident_kind} onChange={(value) => setKind(value as IncidentKind)} name="incident-kind" options={(Object.keys(INCIDENTS) as IncidentKind[]).map((value) => ({ value, text: either(INCIDENTS[value][0], INCIDENTS[value][1]) }))} />
      <label class="tick"><input type="checkbox" name="drill" checked={drill} onChange={(event) => setDrill(event.currentTarget.checked)} /> {say(W.is_drill)}</label>
      <DayField time label={say(W.detected_at)} value={at} onInput={setAt} name="detected-at" />
      <Field label={say(W.codes)} value={codes} onInput={setCodes} max={600} name="codes" />
      <Field label={say(W.summary)} hint={say(W.kt1)} value={summary} onInput={setSummary} max={600} name="summary" />
      <Button kind="danger" disabled={at === ''} onPress={send}>{say(W.send)}</Button>
    </Dialog>
  );
}
