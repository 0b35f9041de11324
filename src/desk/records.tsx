// Biên bản: chosen by form, assembled from the ledger and not written, numbered without gaps, printed with its QR, and the signed paper
// kept with it as a file. What differs from the facts is a correction of the ledger, not of the paper.

import './tracing.css';
import './liaison.css';
import { useState } from 'preact/hooks';
import { uuid7 } from '../base/id.ts';
import { grouped } from '../domain/code.ts';
import { RECORD_FORMS, SIGNERS } from '../domain/record_form.ts';
import type { RecordForm } from '../domain/record_form.ts';
import { machine, nameOf, useScans } from './machine.ts';
import { saveAs } from './save.ts';
import { play } from './sound.ts';
import { api, ask, go, place, token } from './state.ts';
import { Badge, Button, Field, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, either, number, say } from './words.ts';

const W = {
  title: ['Biên bản', 'Written records'], number: ['Số', 'Number'], form: ['Mẫu', 'Form'], code: ['Bưu gửi, túi', 'Item, bag'], at: ['Lập lúc', 'Drawn at'], signed: ['Bản ký', 'Signed copy'], none_signed: ['chưa có', 'none yet'], empty: ['Chưa có biên bản nào.', 'No record yet.'], make: ['Lập biên bản', 'Draw up a record'], code_hint: ['Quét bưu gửi hoặc túi, hoặc gõ số hiệu', 'Scan the item or bag, or type its number'], draw: ['Lập và cấp số', 'Draw up, take a number'],
  back: ['Về danh sách', 'Back to the list'], pdf: ['Tải PDF để in, ký', 'Download the PDF to print and sign'], facts: ['Dữ kiện và nguồn', 'Facts and where they come from'], source: ['từ mốc {at}, {who}', 'from the step of {at}, {who}'], page: ['Bản xem trước', 'Preview'], attach: ['Gắn bản đã ký (PDF, ảnh)', 'Attach the signed copy (PDF, picture)'], attached: ['Đã gắn bản {no}.', 'Copy {no} attached.'], hash: ['Mã băm tệp: {hash}', 'Hash of the file: {hash}'],
  kept: ['PDF, JPEG, PNG hoặc WebP, tới 12 MB. Tệp được lưu nguyên, mã băm được ghi.', 'PDF, JPEG, PNG or WebP, up to 12 MB. The file is kept as it is, its hash recorded.'], copy: ['Tải bản ký {no}', 'Download signed copy {no}'], digest: ['Mã kiểm chứng', 'Digest'], signers: ['Người ký', 'Signatures'], copies: ['{n} bản', '{n} copies'], changed: ['Dữ kiện sai thì đính chính trong sổ hành trình, rồi lập biên bản mới.', 'A wrong fact is corrected in the ledger; then draw up a new record.'],
} as const;
type Listed = { record_id: string; form: RecordForm; record_year: number; record_no: number; code: string; drawn_at: string; scans: number };
type Content = { number: string; office_code: string; office_vi: string; drawn_at: number; drawn_by: string; code: string; form: RecordForm; acts: string[]; lines: [string, string][]; steps: { at: number; what: string; where: string; who: string; said: string }[] };
type WrittenRecord = { record_id: string; form: RecordForm; digest: string; drawn_at: string; content: Content; scans: { scan_no: number; digest: string; bytes: number; media_type: string; attached_at: string }[] };
const MEDIA = ['application/pdf', 'image/jpeg', 'image/png', 'image/webp'] as const;
const FORMS = Object.keys(RECORD_FORMS) as RecordForm[];
const FORM = 'record-form';

export default function Records() {
  const [, , , id] = place.value.split('/');
  return id ? <One key={id} id={id} /> : <List />;
}

function List() {
  const [code, setCode] = useState(() => new URLSearchParams(location.search).get('code') ?? '');
  const [form, setForm] = useState<RecordForm>(() => { const asked = new URLSearchParams(location.search).get('form'); return FORMS.find((name) => name === asked) ?? 'discovery'; });
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  // One press, one number: the id is made when the form opens.
  const [record_id] = useState(() => uuid7(machine.outbox.now()));
  useScans('elsewhere', (scan) => (scan.code !== null && (scan.what === 'item' || scan.what === 'label' || scan.what === 'bag') ? setCode(scan.code) : play('unknown')));
  const loaded = useLoad('records', async () => (await ask(api['written-records'].$get({ query: { limit: '100' } }))).rows as Listed[]);
  const draw = async (): Promise<void> => {
    setProblem(null);
    await ask(api['written-records'].$post({ json: { record_id, form, code: code.replaceAll(' ', '').toUpperCase() } })).then(() => go(`/desk/records/${record_id}`), (error: unknown) => setProblem(wordsOf(error)));
  };
  return (
    <div class="records stack">
      <h1>{say(W.title)}</h1>
      <section class="card stack" aria-label={say(W.make)}>
        <h2>{say(W.make)}</h2>{problem ? <Refusal problem={problem} /> : null}
        <div class="row flag-filters">
          <Field label={say(W.code)} hint={say(W.code_hint)} value={code} onInput={setCode} max={40} name="record-code" />
          <div class="field"><label for={FORM}>{say(W.form)}</label><select id={FORM} value={form} onChange={(event) => setForm(event.currentTarget.value as RecordForm)}>{FORMS.map((name) => <option key={name} value={name}>{either(RECORD_FORMS[name].vi, RECORD_FORMS[name].en)}</option>)}</select></div>
          <Button kind="main" onPress={draw}>{say(W.draw)}</Button>
        </div>
        <p class="soft">{say(W.signers)}: {RECORD_FORMS[form].signers.map((signer) => say(SIGNERS[signer])).join(', ')} · {say(W.copies, { n: RECORD_FORMS[form].copies })}</p>
      </section>
      <Reading loaded={loaded}>{(rows) => (
        <Table caption={say(W.title)} rows={rows} keyOf={(row) => row.record_id} empty={say(W.empty)} columns={[
          { head: say(W.number), cell: (row) => <a class="code" href={`/desk/records/${row.record_id}`}>{row.record_no}/{row.record_year}</a> }, { head: say(W.form), cell: (row) => either(RECORD_FORMS[row.form].vi, RECORD_FORMS[row.form].en), wide: true }, { head: say(W.code), cell: (row) => <a class="code" href={`/desk/item/${row.code}`}>{grouped(row.code)}</a> },
          { head: say(W.at), cell: (row) => dateTime(row.drawn_at) }, { head: say(W.signed), cell: (row) => (row.scans > 0 ? <Badge tint="good">{number(row.scans)}</Badge> : <Badge tint="warn">{say(W.none_signed)}</Badge>) },
        ]} />
      )}</Reading>
    </div>
  );
}

function One({ id }: { id: string }) {
  const loaded = useLoad<WrittenRecord>(`record ${id}`, async () => (await ask(api['written-records'][':record_id'].$get({ param: { record_id: id }, query: {} }))) as unknown as WrittenRecord);
  return <Reading loaded={loaded}>{(record) => <Shown record={record} onDone={loaded.reload} />}</Reading>;
}

function Shown({ record, onDone }: { record: WrittenRecord; onDone: () => void }) {
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const { content } = record;
  const path = `/api/written-records/${record.record_id}`;
  const take = async (more: string): Promise<void> => {
    setProblem(null);
    await saveAs(path + more).catch((error: unknown) => setProblem(wordsOf(error)));
  };
  const attach = async (file: File): Promise<void> => {
    setProblem(null);
    try {
      const answer = await fetch(`${path}/scans`, { method: 'POST', headers: { authorization: `Bearer ${token.value ?? ''}`, 'content-type': 'application/octet-stream' }, body: file });
      if (!answer.ok) throw await answer.json();
      const { scan_no, digest } = (await answer.json()) as { scan_no: number; digest: string };
      setSaid(`${say(W.attached, { no: scan_no })} ${say(W.hash, { hash: digest })}`);
      onDone();
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <div class="records stack">
      <div class="title-row"><h1>{say(W.title)} <span class="code">{content.number}</span></h1><Button kind="quiet" onPress={() => go('/desk/records')}>‹ {say(W.back)}</Button></div>
      {problem ? <Refusal problem={problem} /> : null}
      {said ? <Notice tint="good">{said}</Notice> : null}
      <div class="record-columns">
        <section class="card stack" aria-label={say(W.facts)}>
          <div class="row"><Button kind="main" onPress={() => take('?format=pdf')}>{say(W.pdf)}</Button></div>
          <div class="field"><label for="signed-copy">{say(W.attach)}</label><input id="signed-copy" type="file" accept={MEDIA.join(',')} onChange={(event) => { const [file] = event.currentTarget.files ?? []; if (file) void attach(file); }} /><span class="hint">{say(W.kept)}</span></div>
          {record.scans.length > 0 ? <ul class="plain">{record.scans.map((scan) => <li key={scan.scan_no}><Badge tint="good">{scan.scan_no}</Badge> {dateTime(scan.attached_at)} · {scan.media_type} · <span class="code">{scan.digest.slice(0, 16)}…</span> <Button kind="quiet" onPress={() => take(`/scans/${scan.scan_no}`)}>{say(W.copy, { no: scan.scan_no })}</Button></li>)}</ul> : null}
          <h2>{say(W.facts)}</h2>
          <dl class="facts">{content.lines.map(([label, value]) => <><dt key={label}>{label}</dt><dd>{value}</dd></>)}</dl>
          <ul class="plain reasons">{content.steps.map((step) => <li key={`${step.at}${step.what}`}><strong>{step.what}</strong> {step.said}<p class="soft">{say(W.source, { at: dateTime(step.at), who: step.who })}</p></li>)}</ul>
          <p class="soft">{say(W.changed)}</p>
        </section>
        <Page record={record} />
      </div>
    </div>
  );
}

/** Words of the paper, which is Vietnamese whatever the desk speaks; the English says what they are. */
const PAPER = {
  no: ['Số:', 'No.:'], state: ['CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', 'SOCIALIST REPUBLIC OF VIET NAM'], motto: ['Độc lập – Tự do – Hạnh phúc', 'Independence – Freedom – Happiness'], title: ['BIÊN BẢN', 'WRITTEN RECORD'], drawn: ['Lập', 'Drawn'], at: ['tại', 'at'], by: ['Người lập:', 'By:'], basis: ['Căn cứ', 'By'], code: ['Số hiệu', 'Number'], told: ['Ghi nhận:', 'Recorded:'],
  unsigned: ['Người không ký biên bản và lý do: ……………………………………', 'Who does not sign, and why: ……………………………………'],
} as const;

/** As the paper reads; the PDF is drawn by the server from the same content. */
function Page({ record: { content, form, digest } }: { record: WrittenRecord }) {
  return (
    <section class="a4" aria-label={say(W.page)} lang="vi">
      <header class="a4-head"><div><strong>{content.office_vi.toLocaleUpperCase('vi')}</strong><br />{PAPER.no[0]} {content.number}</div><div><strong>{PAPER.state[0]}</strong><br /><strong>{PAPER.motto[0]}</strong></div></header>
      <p class="a4-title"><strong>{PAPER.title[0]}</strong><br />{RECORD_FORMS[form].vi}</p>
      <p>{PAPER.drawn[0]} {dateTime(content.drawn_at)} {PAPER.at[0]} {nameOf('offices', content.office_code)}. {PAPER.by[0]} {content.drawn_by}.</p>
      {content.acts.map((act) => <p key={act}>{PAPER.basis[0]} {act}.</p>)}
      <dl class="facts">{content.lines.map(([label, value]) => <><dt key={label}>{label}</dt><dd><strong>{label === PAPER.code[0] ? grouped(value) : value}</strong></dd></>)}</dl>
      <ol>{content.steps.map((step) => <li key={`${step.at}${step.what}`}>{dateTime(step.at)} {PAPER.at[0]} {step.where} — {step.what}; {step.who}.{step.said ? ` ${PAPER.told[0]} ${step.said}.` : ''}</li>)}</ol>
      <p class="soft">{PAPER.unsigned[0]}</p>
      <div class="a4-signers">{RECORD_FORMS[form].signers.map((signer) => <div key={signer}>{SIGNERS[signer][0]}</div>)}</div>
      <p class="soft">{say(W.digest)}: <span class="code digest">{digest}</span></p>
    </section>
  );
}
