// One casefile: what happened and was said in one timeline, items, parties, clocks, and the sentence being written with who will read it.

import { useEffect, useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { CaseActions } from './case_actions.tsx';
import { Decisions } from './case_decide.tsx';
import { EvidencePictures } from './case_evidence.tsx';
import { addTo, drafts, myParty, newEntryId, partyName, readCase, useLive } from './case_read.ts';
import type { CaseScreen, CaseStep, Entry } from './case_read.ts';
import { RoutePicture } from './case_route.tsx';
import { SEVERITY_TINT } from './cases.tsx';
import { machine, nameOf } from './machine.ts';
import { saveAs } from './save.ts';
import { go } from './state.ts';
import { Badge, Button, Reading, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, either, number, say, span, time } from './words.ts';

const W = {
  back: ['Về danh sách', 'Back to the list'], logged: ['Lượt xem này được ghi; các bên thấy.', 'This look is logged; the parties see it.'], timeline: ['Dòng thời gian', 'Timeline'], items: ['Bưu gửi', 'Items'], parties: ['Bên tham gia', 'Parties'], lead: ['chủ trì', 'lead'], sees: ['{n} người thấy', '{n} people see it'], gone: ['đã rút', 'revoked'], held: ['giữ', 'held'], record: ['Biên bản', 'Written record'], requests: ['Yêu cầu', 'Requests'], tasks: ['Việc', 'Tasks'], notices: ['Báo tin', 'Notices'], reads: ['Ai đã xem', 'Who looked'],
  to: ['gửi {party}', 'to {party}'], due: ['hạn {at}, còn {left}', 'due {at}, {left} left'], late: ['quá hạn {long}', 'late by {long}'], no_limit: ['chưa nạp hạn', 'no standard loaded'], answered: ['đã trả lời: {answer}', 'answered: {answer}'], done: ['xong', 'done'], not_done: ['không làm', 'not done'], acknowledged: ['đã nhận tin {at}', 'acknowledged {at}'], not_yet: ['chưa xác nhận', 'not acknowledged'],
  write: ['Viết', 'Write'], all: ['Cùng xử lý', 'All parties'], own: ['Nội bộ {party}', 'Only {party}'], one: ['Chỉ {party} và chúng tôi', 'Only {party} and us'], to_people: ['Gửi tới {n} người', 'Goes to {n} people'], send: ['Gửi', 'Send'], codes_only: ['Vụ việc có KT1: chỉ ghi mã, không viết lời, không ảnh.', 'KT1 is in it: codes only, no words, no pictures.'], only: ['chỉ {party} và bên viết thấy', 'only {party} and the writer see it'], erased: ['nội dung đã xóa theo lệnh', 'words erased by order'], system: ['Sổ hành trình', 'The ledger'], closed: ['Đã kết thúc: {outcome}', 'Closed: {outcome}'], seen_by: ['Người thấy', 'Who sees it'], papers: ['Biên bản của vụ việc', 'Written records of the casefile'], no_papers: ['Chưa có biên bản nào về bưu gửi trong vụ.', 'No record about an item of this casefile yet.'], pdf: ['Tải {number}', 'Download {number}'], signed: ['{n} bản ký', '{n} signed'], copy: ['Bản ký {no}', 'Signed copy {no}'],
} as const;

export function CasePage({ id }: { id: string }) {
  const loaded = useLive(`case ${id}`, () => readCase(id), (casefile_id) => casefile_id === id);
  return <Reading loaded={loaded}>{(file) => <Whole file={file} onDone={loaded.reload} />}</Reading>;
}

function Whole({ file, onDone }: { file: CaseScreen; onDone: () => void }) {
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    setProblem(null);
    try {
      await work();
      onDone();
      return true;
    } catch (error) {
      setProblem(wordsOf(error));
      onDone();
      return false;
    }
  };
  return (
    <div class="case">
      <div class="title-row">
        <h1><span class="code">{file.case_no}</span> {file.title ?? ''}</h1>
        <Badge tint={SEVERITY_TINT[file.severity] ?? 'plain'}>{either(file.severity_vi, file.severity_en)}</Badge><Badge tint={file.closed ? 'good' : 'info'}>{either(file.state_vi, file.state_en)}</Badge>
        <Button kind="quiet" onPress={() => go('/desk/cases')}>‹ {say(W.back)}</Button>
      </div>
      <p class="soft">{say(W.logged)}{file.codes_only ? ` ${say(W.codes_only)}` : ''}</p>
      {problem ? <Refusal problem={problem} /> : null}
      <div class="case-columns">
        <section aria-label={say(W.timeline)}>
          <Decisions file={file} run={run} />
          <Timeline file={file} />
          {file.codes_only ? null : <Composer file={file} run={run} />}
          {file.codes_only ? null : <EvidencePictures file={file} onDone={onDone} />}
        </section>
        <aside class="stack">
          <CaseActions file={file} run={run} />
          <Items file={file} />
          <Parties file={file} />
          <Papers file={file} />
          <Clocks file={file} />
          <Reads file={file} />
        </aside>
      </div>
      {file.units.map((unit) => <RoutePicture key={unit.code} code={unit.code} />)}
    </div>
  );
}

type Line = { at: string; key: string } & ({ entry: Entry; step: null } | { entry: null; step: CaseStep });
const SHAPES: { readonly [kind: string]: string } = { said: '❝', asked: '?', answered: '↩', task_set: '☐', task_done: '☑', evidence_added: '▣', proposed: '⚖', approved: '✓', rejected: '✕', notice_given: '☎', notice_acknowledged: '☎', party_added: '+', party_revoked: '−', case_closed: '■', hold_noted: '■' };

function Timeline({ file }: { file: CaseScreen }) {
  const lines: Line[] = [...file.entries.map((entry) => ({ at: entry.at, key: `e${entry.entry_no}`, entry, step: null })), ...file.steps.map((step) => ({ at: step.at, key: step.checkpoint_id, entry: null, step }))].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return (
    <ol class="case-line" aria-label={say(W.timeline)}>
      {lines.map(({ at, key, entry, step }, i) => {
        const newDay = i === 0 || lines[i - 1]?.at.slice(0, 10) !== at.slice(0, 10);
        return entry ? (
          <li key={key} id={`entry-${entry.entry_no}`} class={entry.only_party === null ? '' : 'restricted'}>
            <time>{newDay ? dateTime(at) : time(at)}</time><span class="shape" aria-hidden="true">{SHAPES[entry.kind] ?? '·'}</span>
            <div>
              <strong>{either(entry.kind_vi, entry.kind_en)}</strong> <span class="soft">#{entry.entry_no} · {entry.by?.full_name ?? '—'} ({partyName(entry.party_code)})</span>
              {entry.only_party === null ? null : <Badge tint="warn" shape="◐">{say(W.only, { party: partyName(entry.only_party) })}</Badge>}
              <Told entry={entry} file={file} />
              {entry.words === null ? null : <p class="case-words">{entry.words}</p>}{entry.erased ? <p class="soft">{say(W.erased)}</p> : null}
            </div>
          </li>
        ) : (
          <li key={key} class="step"><time>{newDay ? dateTime(at) : time(at)}</time><span class="shape" aria-hidden="true">⚙</span><div>{either(step.kind_vi, step.kind_en)} <a class="code" href={`/desk/item/${step.code}`}>{grouped(step.code)}</a> <span class="soft">{say(W.system)} · {nameOf('offices', step.office_code)} · {step.by?.full_name ?? '—'}</span></div></li>
        );
      })}
    </ol>
  );
}

/** What an entry says in codes, in words. */
function Told({ entry, file }: { entry: Entry; file: CaseScreen }) {
  const { facts, entry_no: no } = entry;
  const request = file.requests.find((row) => row.entry_no === no || row.answer?.entry_no === no);
  const task = file.tasks.find((row) => row.entry_no === no || row.ended?.entry_no === no);
  const proposal = file.proposals.find((row) => row.entry_no === no || row.entry_no === facts['proposal_no']);
  const words =
    entry.kind === 'asked' && request ? `${either(request.request_vi, request.request_en)} → ${partyName(request.to)}`
    : entry.kind === 'answered' && request?.answer ? `${either(request.request_vi, request.request_en)}: ${either(request.answer.answer_vi, request.answer.answer_en)}`
    : task ? `${either(task.task_vi, task.task_en)} → ${task.for_person?.full_name ?? partyName(task.for_party)}${entry.kind === 'task_done' ? `: ${say(task.ended?.done ? W.done : W.not_done)}` : ''}`
    : proposal ? either(proposal.decision_vi, proposal.decision_en)
    : ['party_code', 'code', 'to'].map((field) => facts[field]).filter((value) => typeof value === 'string').map((value) => (value.length > 10 ? grouped(value) : partyName(value))).join(' · ');
  return words === '' ? null : <span> · {words}</span>;
}

function Composer({ file, run }: { file: CaseScreen; run: (work: () => Promise<unknown>) => Promise<boolean> }) {
  const [only, setOnly] = useState('');
  const [id, setId] = useState(newEntryId);
  const text = drafts.value[file.casefile_id] ?? '';
  const mine = myParty();
  const holding = file.parties.filter((party) => party.holds);
  const people = new Set(holding.filter((party) => only === '' || party.party_code === only || party.party_code === mine).flatMap((party) => party.seen_by.map((person) => person.person_id)));
  const choices: [string, string][] = [['', say(W.all)], ...[...new Set(holding.map((party) => party.party_code))].map((party): [string, string] => [party, say(party === mine ? W.own : W.one, { party: partyName(party) })])];
  const write = (value: string): void => void (drafts.value = { ...drafts.value, [file.casefile_id]: value });
  const send = async (): Promise<void> => {
    if (await run(() => addTo(file.casefile_id, id, { kind: 'said', facts: {}, words: text.trim(), ...(only === '' ? {} : { only_party: only }) }))) {
      write('');
      setId(newEntryId());
    }
  };
  return (
    <section class={`composer ${only === '' ? '' : 'restricted'}`} aria-label={say(W.write)}>
      <div class="field"><label for="case-words">{say(W.write)}</label><textarea id="case-words" rows={3} maxLength={2000} value={text} onInput={(event) => write(event.currentTarget.value.normalize('NFC'))} /></div>
      <div class="row"><div class="field"><label for="case-only">{say(W.seen_by)}</label><select id="case-only" value={only} onChange={(event) => setOnly(event.currentTarget.value)}>{choices.map(([party, words]) => <option key={party} value={party}>{words}</option>)}</select></div><strong class="to-people" role="status">{say(W.to_people, { n: people.size })}</strong><Button kind="main" disabled={text.trim() === ''} why="" onPress={send}>{say(W.send)}</Button></div>
    </section>
  );
}

const Items = ({ file }: { file: CaseScreen }) => (
  <section class="card" aria-label={say(W.items)}><h2>{say(W.items)} <span class="soft number">{number(file.units.length)}</span></h2>
    <ul class="plain">{file.units.map((unit) => <li key={unit.code}><a class="code" href={`/desk/item/${unit.code}`}>{grouped(unit.code)}</a> {unit.holds > 0 ? <Badge tint="bad">{say(W.held)}</Badge> : null} <span class="soft">{either(unit.state_vi, unit.state_en)} · {nameOf('offices', unit.office_code)}</span> <a href={`/desk/records?code=${unit.code}`}>{say(W.record)}</a></li>)}</ul>
  </section>
);

const Parties = ({ file }: { file: CaseScreen }) => (
  <section class="card" aria-label={say(W.parties)}><h2>{say(W.parties)}</h2>
    <ul class="plain">{file.parties.map((party) => <li key={party.grant_no}>{party.holds ? <strong>{party.name_vi}</strong> : <s>{party.name_vi}</s>} {party.lead && party.holds ? <Badge tint="info">{say(W.lead)}</Badge> : null} <span class="soft">{party.holds ? `${say(W.sees, { n: party.seen_by.length })}${party.until_at ? ` · → ${dateTime(party.until_at)}` : ''}` : say(W.gone)}</span>{party.seen_by.length > 0 ? <details><summary class="soft">{say(W.seen_by)}</summary>{party.seen_by.map((person) => person.full_name).join(', ')}</details> : null}</li>)}</ul>
  </section>
);

/** Biên bản about its items, of whatever office: a party opens them here and nowhere else. */
function Papers({ file }: { file: CaseScreen }) {
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const open = (record_id: string, more = ''): Promise<void> => saveAs(`/api/cases/${file.casefile_id}/papers/${record_id}${more}`).catch((error: unknown) => setProblem(wordsOf(error)));
  return (
    <section class="card case-papers" aria-label={say(W.papers)}><h2>{say(W.papers)} <span class="soft number">{number(file.papers.length)}</span></h2>
      {problem ? <Refusal problem={problem} /> : null}
      {file.papers.length === 0 ? <p class="soft">{say(W.no_papers)}</p> : <ul class="plain">{file.papers.map((paper) => <li key={paper.record_id}><strong>{either(paper.form_vi, paper.form_en)}</strong> <span class="soft">{grouped(paper.code)} · {dateTime(paper.drawn_at)}</span> <Badge tint={paper.signed_scans > 0 ? 'good' : 'warn'}>{say(W.signed, { n: paper.signed_scans })}</Badge> <Button kind="quiet" onPress={() => open(paper.record_id)}>{say(W.pdf, { number: paper.number })}</Button>{Array.from({ length: paper.signed_scans }, (_, i) => <Button key={i} kind="quiet" onPress={() => open(paper.record_id, `/scans/${i + 1}`)}>{say(W.copy, { no: i + 1 })}</Button>)}</li>)}</ul>}
    </section>
  );
}

function Clock({ due_at, over, verdict }: { due_at: string | null; over: boolean; verdict?: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  if (over) return null;
  if (due_at === null) return <span class="soft">{say(W.no_limit)}</span>;
  const left = Date.parse(due_at) - machine.outbox.now();
  return left < 0 || verdict === 'late' ? <Badge tint="bad">{say(W.late, { long: span(-left) })}</Badge> : <Badge tint="info" shape="◔">{say(W.due, { at: dateTime(due_at), left: span(left) })}</Badge>;
}

function Clocks({ file }: { file: CaseScreen }) {
  return (
    <>
      {file.requests.length === 0 ? null : <section class="card" aria-label={say(W.requests)}><h2>{say(W.requests)}</h2><ul class="plain">{file.requests.map((row) => <li key={row.entry_no}><strong>{either(row.request_vi, row.request_en)}</strong> <span class="soft">{say(W.to, { party: partyName(row.to) })}</span> {row.answer ? <Badge tint="good">{say(W.answered, { answer: either(row.answer.answer_vi, row.answer.answer_en) })}</Badge> : <Clock due_at={row.due_at} over={row.verdict === 'withdrawn'} verdict={row.verdict} />}</li>)}</ul></section>}
      {file.tasks.length === 0 ? null : <section class="card" aria-label={say(W.tasks)}><h2>{say(W.tasks)} <span class="soft">{number(file.tasks.filter((row) => row.ended).length)}/{number(file.tasks.length)}</span></h2><ul class="plain">{file.tasks.map((row) => <li key={row.entry_no}>{row.ended ? '☑' : '☐'} {either(row.task_vi, row.task_en)} <span class="soft">{row.for_person?.full_name ?? partyName(row.for_party)}</span> <Clock due_at={row.due_at} over={row.ended !== null} /></li>)}</ul></section>}
      {file.notices.length === 0 ? null : <section class="card" aria-label={say(W.notices)}><h2>{say(W.notices)}</h2><ul class="plain">{file.notices.map((row) => <li key={row.entry_no}>{partyName(row.to)} <span class="soft">{dateTime(row.told_at)}</span> {row.acknowledged ? <Badge tint="good">{say(W.acknowledged, { at: dateTime(row.acknowledged.acknowledged_at) })}</Badge> : <Badge tint="warn">{say(W.not_yet)}</Badge>}</li>)}</ul></section>}
    </>
  );
}

const Reads = ({ file }: { file: CaseScreen }) => (
  <details class="card"><summary>{say(W.reads)}</summary><ul class="plain">{file.reads.map((row) => <li key={`${row.by?.person_id ?? ''}${row.party_code}`}>{row.by?.full_name ?? '—'} <span class="soft">{partyName(row.party_code)} · {number(row.times)}× · {dateTime(row.last_at)}</span></li>)}</ul></details>
);
