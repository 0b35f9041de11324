// The inspector's desk: how the proof stands, what the installation says of itself, questions to the ledger, and bundles to carry away and
// verify where nobody here has a hand in it.

import './tracing.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { saveAs } from './save.ts';
import { api, ask, may } from './state.ts';
import { Badge, Button, Choice, Field, Figure, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, either, say } from './words.ts';

const W = {
  title: ['Kiểm chứng', 'Verify'], proof: ['Chứng cứ', 'Proof'], size: ['mục trong sổ', 'entries in the log'], signed: ['mục đã ký', 'entries signed'], seen: ['mục có bên chứng kiến', 'entries witnessed'], waiting: ['mục chờ vào sổ', 'entries waiting'],
  keys: ['Khóa', 'Keys'], purpose: ['Dùng để', 'For'], since: ['Từ', 'Since'], revoked: ['Thu hồi', 'Revoked'], no_keys: ['Chưa có khóa nào trong sổ.', 'There is no key in the log yet.'],
  check: ['Máy chủ tự kiểm', 'The installation looks at itself'], checked: ['{failed} điểm cần xem, lúc {at}', '{failed} points to look at, {at}'], what: ['Điểm kiểm', 'What'], found: ['Thấy', 'Found'], result: ['Kết quả', 'Result'],
  good: ['Đạt', 'Good'], bad: ['Cần xem', 'Look at it'], unknown: ['Tự xét', 'Judge it'], own: ['Đây là lời của chính máy chủ. Không tin thì tải tệp chứng cứ và kiểm trên máy khác.', 'This is the word of the server itself. If you do not trust it, take a bundle and verify it elsewhere.'],
  questions: ['Hỏi sổ', 'Ask the ledger'], question: ['Câu hỏi', 'Question'], code: ['Số hiệu bưu gửi hoặc túi', 'Number of an item or bag'], code_hint: ['Cần cho câu “ai đã động đến”; các câu khác thì lọc theo số này', 'Needed for "who touched it"; narrows the others'],
  when: ['Lúc', 'When'], who: ['Ai', 'Who'], second: ['Người thứ hai', 'Second person'], did: ['Việc', 'What'], at: ['Nơi', 'Where'], number: ['Số hiệu', 'Number'], none: ['Không có việc nào như vậy.', 'There is nothing of the kind.'], give_code: ['Nhập số hiệu để hỏi.', 'Enter a number to ask.'], more: ['Xem tiếp', 'More'],
  export: ['Tệp chứng cứ', 'Bundles'], export_hint: ['Tệp tự chứng minh được ở bất cứ đâu, không cần mạng và không cần tin chúng tôi.', 'A bundle proves itself anywhere, without a network and without trust in us.'],
  of_unit: ['Tải hồ sơ của {code}', 'Dossier of {code}'], of_log: ['Tải toàn bộ nhật ký', 'The whole log'], of_case: ['Tải vụ việc {case_no}', 'Casefile {case_no}'], cases: ['Vụ việc của mình', 'My casefiles'], page: ['Tải trang kiểm chứng (1 tệp .html)', 'The verifier (one .html file)'], paper: ['In mốc sổ hôm nay', "Print today's head"], hide: ['Che các bước của túi', 'Hide the steps of bags'], yes: ['Có', 'Yes'], no: ['Không', 'No'],
} as const;

export const ASKED = { touched: ['Ai đã động đến', 'Who touched it'], openings: ['Mọi lần mở', 'All openings'], overrides: ['Việc có hai người', 'Second persons'], marked_reads: ['Xem dấu A, B, C', 'Reads of A, B, C'], sensitive_reads: ['Xem việc nhạy cảm', 'Sensitive reads'] } as const;
type Asked = keyof typeof ASKED;

export default function Verify() {
  return (
    <div class="stack verify">
      <h1>{say(W.title)}</h1>
      <Proof />
      <SelfCheck />
      <Questions />
    </div>
  );
}

function Proof() {
  const loaded = useLoad('log', () => ask(api.log.$get()));
  return (
    <section aria-label={say(W.proof)}>
      <h2>{say(W.proof)}</h2>
      <Reading loaded={loaded}>
        {(log) => (
          <>
            <div class="kpis">
              <Figure value={log.size} label={say(W.size)} />
              <Figure value={log.head_size ?? 0} label={say(W.signed)} tint={log.head_size === log.size ? 'good' : 'warn'} />
              <Figure value={log.cosigned_size ?? 0} label={say(W.seen)} tint={log.cosigned_size === log.head_size && log.size > 0 ? 'good' : 'warn'} />
              <Figure value={log.pending} label={say(W.waiting)} />
            </div>
            <Export log_name={log.log_name} />
            <Table caption={`${say(W.keys)} ${log.origin ?? ''}`} rows={log.keys} keyOf={(row) => `${row.purpose} ${row.key}`} empty={say(W.no_keys)} columns={[
              { head: say(W.purpose), cell: (row) => row.purpose }, { head: say(W.keys), cell: (row) => <span class="code">{row.key}</span>, wide: true }, { head: say(W.since), cell: (row) => dateTime(row.added_at) }, { head: say(W.revoked), cell: (row) => (row.revoked_at === null ? '' : dateTime(row.revoked_at)) },
            ]} />
          </>
        )}
      </Reading>
    </section>
  );
}

function Export({ log_name }: { log_name: string | null }) {
  const [code, setCode] = useState('');
  const [hide, setHide] = useState<'bags' | 'nothing'>('nothing');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const number = code.toUpperCase().replaceAll(' ', '');
  const get = async (path: string): Promise<void> => saveAs(path).then(() => setProblem(null), (error: unknown) => setProblem(wordsOf(error)));
  return (
    <div class="stack">
      <h3>{say(W.export)}</h3>
      <p class="soft">{say(W.export_hint)}</p>
      {problem ? <Refusal problem={problem} /> : null}
      <Field label={say(W.code)} value={code} onInput={setCode} max={35} name="bundle" />
      <Choice label={say(W.hide)} value={hide} compact options={[{ value: 'nothing', text: say(W.no) }, { value: 'bags', text: say(W.yes) }]} onChange={setHide} />
      <p class="buttons">
        <Button kind="main" disabled={number.length < 4} why={say(W.give_code)} onPress={() => get(`/api/units/${encodeURIComponent(number)}/bundle?hide=${hide}`)}>{say(W.of_unit, { code: number === '' ? null : grouped(number) })}</Button>
        <Button onPress={() => get('/api/log-bundle')}>{say(W.of_log)}</Button>
        <Button onPress={() => get('/verify.html')}>{say(W.page)}</Button>
        {log_name === null ? null : <Button onPress={() => get(`/api/log/${log_name}/head?format=pdf`)}>{say(W.paper)}</Button>}
      </p>
      {may('case.handle') ? <Cases get={get} /> : null}
    </div>
  );
}

/** Whoever verifies and is a party may take its casefiles along; of others' it learns nothing here either. */
function Cases({ get }: { get: (path: string) => Promise<void> }) {
  const loaded = useLoad('my cases', () => ask(api.cases.$get({ query: {} })));
  const rows = loaded.data?.rows ?? [];
  return rows.length === 0 ? null : <p class="buttons" role="group" aria-label={say(W.cases)}>{rows.map(({ casefile_id, case_no }) => <Button key={casefile_id} onPress={() => get(`/api/cases/${casefile_id}/bundle`)}>{say(W.of_case, { case_no })}</Button>)}</p>;
}

function SelfCheck() {
  const loaded = useLoad('self-check', () => ask(api.audit['self-check'].$get()));
  return (
    <section aria-label={say(W.check)}>
      <h2>{say(W.check)}</h2>
      <p class="soft">{say(W.own)}</p>
      <Reading loaded={loaded}>
        {({ checks, checked_at }) => (
          <Table caption={say(W.checked, { failed: checks.filter(({ ok }) => ok === false).length, at: dateTime(checked_at) })} rows={checks} keyOf={(row) => row.check} empty="" tintOf={(row) => (row.ok === false ? 'bad' : 'plain')} columns={[
            { head: say(W.result), cell: (row) => <Badge tint={row.ok === null ? 'info' : row.ok ? 'good' : 'bad'}>{say(row.ok === null ? W.unknown : row.ok ? W.good : W.bad)}</Badge> },
            { head: say(W.what), cell: (row) => either(row.vi, row.en), wide: true }, { head: say(W.found), cell: (row) => <span class="code">{row.found}</span>, wide: true },
          ]} />
        )}
      </Reading>
    </section>
  );
}

function Questions() {
  const [question, setQuestion] = useState<Asked>('openings');
  const [code, setCode] = useState('');
  const [before, setBefore] = useState<string | undefined>();
  const number = code.toUpperCase().replaceAll(' ', '');
  const ready = question !== 'touched' || number.length >= 4;
  const loaded = useLoad(`${question} ${number} ${before ?? ''}`, async () => (ready ? ask(api.audit.answers.$get({ query: { question, limit: '50', ...(number.length >= 4 ? { code: number } : {}), ...(before === undefined ? {} : { before }) } })) : null));
  return (
    <section aria-label={say(W.questions)}>
      <h2>{say(W.questions)}</h2>
      <Choice label={say(W.question)} value={question} options={(Object.keys(ASKED) as Asked[]).map((value) => ({ value, text: say(ASKED[value]) }))} onChange={(value) => { setQuestion(value); setBefore(undefined); }} />
      <Field label={say(W.code)} hint={say(W.code_hint)} value={code} onInput={(value) => { setCode(value); setBefore(undefined); }} max={35} name="asked" />
      <Reading loaded={loaded}>
        {(answer) => (answer === null ? <div class="empty">{say(W.give_code)}</div> : (
          <>
            <Table caption={either(answer.question_vi, answer.question_en)} rows={answer.rows} keyOf={(row) => `${row.ref} ${row.at} ${row.second_badge ?? ''}`} empty={say(W.none)} columns={[
              { head: say(W.when), cell: (row) => <time>{dateTime(row.at)}</time> }, { head: say(W.did), cell: (row) => either(row.what_vi, row.what_en), wide: true }, { head: say(W.number), cell: (row) => <span class="code">{row.code ?? ''}</span> },
              { head: say(W.who), cell: (row) => `${row.badge ?? ''} ${row.full_name ?? ''}` }, { head: say(W.second), cell: (row) => row.second_badge ?? '' }, { head: say(W.at), cell: (row) => row.office_code ?? '' },
            ]} />
            {answer.next_before === null ? null : <Button onPress={() => setBefore(answer.next_before ?? undefined)}>{say(W.more)}</Button>}
          </>
        ))}
      </Reading>
    </section>
  );
}
