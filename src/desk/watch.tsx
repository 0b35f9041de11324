// Watch lists, shown to their owner and nobody else: one writes, another approves, each has an end. At the counter nothing of this is seen.

import './tracing.css';
import './liaison.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { machine, nameOf } from './machine.ts';
import { api, ask, go, place } from './state.ts';
import { Badge, Button, Choice, Field, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords, Tint } from './ui.tsx';
import { date, dateTime, either, number, say } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Danh sách theo dõi', 'Watch lists'], logged: ['Chỉ đơn vị lập danh sách thấy. Mỗi lượt xem được ghi lại.', 'Only its owner sees a list. Each look is logged.'], empty: ['Chưa có danh sách nào.', 'No list yet.'], name: ['Tên danh sách', 'Title'], purpose: ['Mục đích', 'Purpose'], basis: ['Số văn bản căn cứ (để trống nếu chưa có)', 'Number of the order (empty when none)'], days: ['Hiệu lực bao nhiêu ngày (nhiều nhất 365)', 'In force for how many days (365 at most)'], make: ['Lập danh sách', 'Make a list'],
  state: ['Trạng thái', 'State'], entries: ['Mục', 'Entries'], until: ['Đến ngày', 'Until'], waiting: ['{n} mục chờ duyệt', '{n} to be approved'], approved: ['Đang so', 'Compared'], drafted: ['Chờ duyệt', 'To be approved'], withdrawn: ['Đã rút', 'Withdrawn'], expired: ['Hết hạn', 'Expired'], hits: ['Bưu gửi đang giữ vì danh sách', 'Items held by lists'], no_hits: ['Chưa có bưu gửi nào.', 'None yet.'], code: ['Số hiệu', 'Number'], at: ['Lúc', 'At'], why: ['Khớp thế nào', 'How it matches'], owner: ['Gọi cho', 'Call'],
  back: ['Về danh sách', 'Back'], kind: ['Loại', 'Kind'], text: ['Nội dung', 'Text'], least: ['Khớp từ mức', 'Matches from'], same: ['Chắc chắn cùng', 'Surely the same'], perhaps: ['Có thể cùng', 'Perhaps the same'], add: ['Thêm mục', 'Add the entry'], approve: ['Duyệt danh sách', 'Approve the list'], other: ['Người duyệt phải khác người lập.', 'Whoever approves is not who wrote it.'], withdraw: ['Rút', 'Withdraw'], withdraw_all: ['Rút cả danh sách', 'Withdraw the list'], sure: ['Bấm lần nữa để rút', 'Press again to withdraw'],
  try: ['Thử so hai nội dung', 'Try how two texts match'], compare: ['So', 'Compare'], second: ['Nội dung thứ hai', 'Second text'],
} as const;
const KINDS = { person: ['Người', 'Person'], organisation: ['Tổ chức', 'Organisation'], address: ['Địa chỉ', 'Address'], phone: ['Điện thoại', 'Phone'], item_code: ['Số hiệu bưu gửi', 'Item number'] } as const satisfies { [kind: string]: Pair };
type Kind = keyof typeof KINDS;
type List = { list_id: string; title: string; purpose: string; basis_no: string | null; authored_at: string; expires_at: string; approved_at: string | null; withdrawn_at: string | null; entries: number; waiting: number };
const stateOf = (list: List): { tint: Tint; words: Pair } =>
  list.withdrawn_at !== null ? { tint: 'plain', words: W.withdrawn } : Date.parse(list.expires_at) <= machine.outbox.now() ? { tint: 'plain', words: W.expired } : list.approved_at === null ? { tint: 'info', words: W.drafted } : { tint: 'good', words: W.approved };

export default function Watch() {
  const [, , , id] = place.value.split('/');
  const lists = useLoad('watch lists', async () => (await ask(api.watch.lists.$get())).rows as List[]);
  if (id) return <Reading loaded={lists}>{(rows) => { const list = rows.find((row) => row.list_id === id); return list ? <One list={list} onDone={lists.reload} /> : <a href="/desk/watch">{say(W.back)}</a>; }}</Reading>;
  return (
    <div class="watch stack">
      <div class="title-row"><h1>{say(W.title)}</h1><span class="soft">{say(W.logged)}</span></div>
      <Reading loaded={lists}>{(rows) => (
        <Table caption={say(W.title)} rows={rows} keyOf={(row) => row.list_id} empty={say(W.empty)} columns={[
          { head: say(W.name), cell: (row) => <><a href={`/desk/watch/${row.list_id}`}>{row.title}</a> <span class="soft">{row.purpose}</span></>, wide: true }, { head: say(W.state), cell: (row) => <Badge tint={stateOf(row).tint}>{say(stateOf(row).words)}</Badge> },
          { head: say(W.entries), cell: (row) => <>{number(row.entries)} {row.waiting > 0 ? <span class="soft">{say(W.waiting, { n: row.waiting })}</span> : null}</>, number: true }, { head: say(W.until), cell: (row) => date(row.expires_at) },
        ]} />
      )}</Reading>
      <div class="columns"><Make onDone={lists.reload} /><Try /></div>
      <Hits />
    </div>
  );
}

function useRun(onDone: () => void): { problem: ProblemWords | null; run: (work: Promise<unknown>) => Promise<boolean> } {
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  return {
    problem,
    async run(work) {
      setProblem(null);
      return work.then(() => { onDone(); return true; }, (error: unknown) => { setProblem(wordsOf(error)); return false; });
    },
  };
}

function Make({ onDone }: { onDone: () => void }) {
  const [draft, setDraft] = useState({ title: '', purpose: '', basis_no: '', days: '90' });
  const { problem, run } = useRun(onDone);
  const make = async (): Promise<void> => {
    const { title, purpose, basis_no, days } = draft;
    if (await run(ask(api.watch.lists.$post({ json: { title, purpose, ...(basis_no === '' ? {} : { basis_no }), expires_at: new Date(machine.outbox.now() + Number(days) * 86_400_000 - 60_000).toISOString() } })))) setDraft({ ...draft, title: '', purpose: '', basis_no: '' });
  };
  return (
    <section class="card stack" aria-label={say(W.make)}>
      <h2>{say(W.make)}</h2>{problem ? <Refusal problem={problem} /> : null}
      <Field label={say(W.name)} value={draft.title} onInput={(title) => setDraft({ ...draft, title })} max={160} name="list-title" /><Field label={say(W.purpose)} value={draft.purpose} onInput={(purpose) => setDraft({ ...draft, purpose })} max={400} name="list-purpose" />
      <div class="columns"><Field label={say(W.basis)} value={draft.basis_no} onInput={(basis_no) => setDraft({ ...draft, basis_no })} max={40} /><Field label={say(W.days)} value={draft.days} onInput={(days) => setDraft({ ...draft, days })} inputMode="numeric" max={3} /></div>
      <div class="row"><Button kind="main" onPress={make}>{say(W.make)}</Button></div>
    </section>
  );
}

const KindSelect = ({ id, value, onChange }: { id: string; value: Kind; onChange: (kind: Kind) => void }) => (
  <div class="field"><label for={id}>{say(W.kind)}</label><select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as Kind)}>{(Object.keys(KINDS) as Kind[]).map((kind) => <option key={kind} value={kind}>{say(KINDS[kind])}</option>)}</select></div>
);

function Try() {
  const [kind, setKind] = useState<Kind>('person');
  const [a, setA] = useState('');
  const [b, setB] = useState('');
  const [answer, setAnswer] = useState<{ same: boolean; score: number; vi: string; en: string } | null>(null);
  const { problem, run } = useRun(() => undefined);
  return (
    <section class="card stack" aria-label={say(W.try)}>
      <h2>{say(W.try)}</h2>{problem ? <Refusal problem={problem} /> : null}
      <KindSelect id="try-kind" value={kind} onChange={setKind} /><Field label={say(W.text)} value={a} onInput={setA} max={240} name="try-a" /><Field label={say(W.second)} value={b} onInput={setB} max={240} name="try-b" />
      <div class="row"><Button onPress={() => run(ask(api.watch.comparison.$post({ json: { match_kind: kind, a, b } })).then(setAnswer))}>{say(W.compare)}</Button></div>
      {answer ? <Notice tint={answer.same ? 'warn' : 'info'}>{either(answer.vi, answer.en)} · {number(Math.round(answer.score * 100) / 100)}</Notice> : null}
    </section>
  );
}

type Hit = { checkpoint_id: string; code: string; office_code: string; hit_at: string; owner_agency_code: string | null; owner_office_code: string | null; list_id: string | null; why_vi: string | null; why_en: string | null };
function Hits() {
  const loaded = useLoad('watch hits', async () => (await ask(api.watch.hits.$get({ query: { limit: '100' } }))).rows as Hit[]);
  return (
    <Reading loaded={loaded}>{(rows) => (
      <Table caption={say(W.hits)} rows={rows} keyOf={(row) => `${row.checkpoint_id}${row.list_id ?? ''}`} empty={<><strong>{say(W.hits)}</strong> {say(W.no_hits)}</>} columns={[
        { head: say(W.code), cell: (row) => <a class="code" href={`/desk/item/${row.code}`}>{grouped(row.code)}</a> }, { head: say(W.at), cell: (row) => dateTime(row.hit_at) }, { head: say(W.why), cell: (row) => (row.list_id === null ? '—' : either(row.why_vi ?? '', row.why_en ?? '')), wide: true },
        { head: say(W.owner), cell: (row) => (row.owner_agency_code ? nameOf('agencies', row.owner_agency_code) : nameOf('offices', row.owner_office_code)) },
      ]} />
    )}</Reading>
  );
}

type Entry = { entry_id: string; match_kind: Kind; entry_text: string; least_match: string; added_by: string; added_at: string; withdrawn_at: string | null };
function One({ list, onDone }: { list: List; onDone: () => void }) {
  const [kind, setKind] = useState<Kind>('person');
  const [text, setText] = useState('');
  const [least, setLeast] = useState<'same' | 'perhaps'>('same');
  const [sure, setSure] = useState(false);
  const param = { list_id: list.list_id };
  const loaded = useLoad<Entry[]>(`watch entries ${list.list_id}`, async () => (await ask(api.watch.lists[':list_id'].entries.$get({ param, query: { limit: '500' } }))).rows as Entry[]);
  const { problem, run } = useRun(() => { loaded.reload(); onDone(); });
  const living = stateOf(list).words !== W.withdrawn && stateOf(list).words !== W.expired;
  const decide = (json: { decision: 'approved' } | { decision: 'withdrawn'; entry_id?: string }) => run(ask(api.watch.lists[':list_id'].decisions.$post({ param, json })));
  const add = async (): Promise<void> => {
    if (await run(ask(api.watch.lists[':list_id'].entries.$post({ param, json: { entries: [{ match_kind: kind, text, least_match: least }] } })))) setText('');
  };
  return (
    <div class="watch stack">
      <div class="title-row"><h1>{list.title}</h1><Badge tint={stateOf(list).tint}>{say(stateOf(list).words)}</Badge><Button kind="quiet" onPress={() => go('/desk/watch')}>‹ {say(W.back)}</Button></div>
      <p>{list.purpose}{list.basis_no ? ` · ${list.basis_no}` : ''} · {say(W.until)} {date(list.expires_at)}</p>
      {problem ? <Refusal problem={problem} /> : null}
      {living ? (
        <section class="card stack" aria-label={say(W.add)}>
          <div class="columns"><KindSelect id="entry-kind" value={kind} onChange={setKind} /><Field label={say(W.text)} value={text} onInput={setText} max={240} name="entry-text" /></div>
          <Choice label={say(W.least)} compact value={least} onChange={setLeast} options={[{ value: 'same', text: say(W.same) }, { value: 'perhaps', text: say(W.perhaps) }]} />
          <div class="row"><Button kind="main" onPress={add}>{say(W.add)}</Button>{list.approved_at === null || list.waiting > 0 ? <Button onPress={() => decide({ decision: 'approved' })}>{say(W.approve)}</Button> : null}<Button kind="danger" onPress={() => (sure ? decide({ decision: 'withdrawn' }) : setSure(true))}>{say(sure ? W.sure : W.withdraw_all)}</Button></div>
          <p class="soft">{say(W.other)}</p>
        </section>
      ) : null}
      <Reading loaded={loaded}>{(rows) => (
        <Table caption={say(W.entries)} rows={rows} keyOf={(row) => row.entry_id} empty={say(W.empty)} columns={[
          { head: say(W.kind), cell: (row) => say(KINDS[row.match_kind]) }, { head: say(W.text), cell: (row) => (row.withdrawn_at ? <s>{row.entry_text}</s> : row.entry_text), wide: true }, { head: say(W.least), cell: (row) => say(row.least_match === 'same' ? W.same : W.perhaps) }, { head: say(W.at), cell: (row) => dateTime(row.added_at) },
          { head: '', cell: (row) => (row.withdrawn_at || !living ? null : <Button onPress={() => decide({ decision: 'withdrawn', entry_id: row.entry_id })}>{say(W.withdraw)}</Button>) },
        ]} />
      )}</Reading>
    </div>
  );
}
