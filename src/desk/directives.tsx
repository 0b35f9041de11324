// The directive board: the letter as it was printed, the tree of those who got it, what binds each, who leads, what was done, what is late.

import { useState } from 'preact/hooks';
import type { DirectiveFacts } from '../domain/journal.ts';
import type * as z from 'zod';
import { BarChart } from './charts.tsx';
import { AnswerDialog, ForwardDialog, JudgeDialog, STATUS } from './directive_forms.tsx';
import type { Board, DirectiveLine, Obligation, Party } from './directive_forms.tsx';
import { add, nameOfPerson, openId, printPage, rows, seen, Select, useDeed, useEvery } from './duty_parts.tsx';
import { api, go, may, me } from './state.ts';
import { Badge, Button, Dialog, Figure, Notice, Reading, Table, useLoad } from './ui.tsx';
import { dateTime, number, say } from './words.ts';

const W = {
  title: ['Văn bản chỉ đạo', 'Directives'], letter: ['Văn bản', 'Letter'], import_: ['Nhập văn bản từ tệp', 'Enter a letter from a file'], print: ['In tình hình thực hiện', 'Print the state of execution'], close: ['Kết thúc theo dõi', 'Close it'], closed_now: ['Đã kết thúc theo dõi.', 'Closed.'], closed: ['đã kết thúc {at}', 'closed {at}'],
  none: ['Chưa có văn bản nào gửi đến đơn vị bạn.', 'No letter has come to your unit.'], printed: ['Ngày in', 'Date as printed'], remark: ['Ghi chú về ngày', 'Remark on the date'], meant: ['hiểu là {meant}', 'read as {meant}'], basis: ['Căn cứ', 'Basis'], illegible: ['số không đọc được trên bản gốc', 'the number cannot be read on the original'], entered: ['Vào sổ', 'Entered'],
  done: ['việc xong', 'done'], late: ['quá hạn', 'late'], no_leader: ['chưa cử lãnh đạo', 'without a leader'], unread: ['đơn vị chưa nhận', 'units that have not acknowledged'],
  chart_done: ['{done}/{all} việc đã xong', '{done} of {all} obligations are done'], chart_worst: ['{party} còn {left} việc, nhiều nhất', '{party} has most left: {left}'],
  tree: ['Ai đã nhận', 'Who has received it'], received: ['nhận {at}', 'received {at}'], by_paper: ['trả lời giấy {no}', 'answered on paper {no}'], waiting: ['chưa nhận', 'not acknowledged'], ack: ['Đã nhận văn bản', 'Acknowledge'], acked: ['Đã ghi nhận văn bản.', 'Acknowledged.'], forward: ['Chuyển xuống đơn vị dưới', 'Pass it on'], forwarded: ['Đã chuyển tiếp.', 'Passed on.'],
  obligations: ['Việc được giao', 'Obligations'], unit: ['Đơn vị', 'Unit'], all: ['Tất cả đơn vị', 'All units'], only_open: ['Chỉ việc chưa xong', 'Open ones only'], demand: ['Việc', 'Demand'], leader: ['Lãnh đạo', 'Leader'], due: ['Hạn', 'Due'], status: ['Tình trạng', 'State'], evidence: ['Minh chứng', 'Evidence'], not_named: ['chưa cử', 'not named'], answer: ['Trả lời', 'Answer'], judge: ['Đánh giá', 'Judge'], late_word: ['quá hạn', 'late'], accepted: ['đạt', 'accepted'], returned: ['trả lại: {remark}', 'sent back: {remark}'], no_due: ['không nêu', 'none named'],
  nothing: ['Không có việc nào khớp.', 'Nothing matches.'], bad_file: ['Tệp không phải JSON của một văn bản. Chưa ghi gì.', 'The file is not the JSON of a letter. Nothing was recorded.'], preview: ['Vào sổ văn bản này?', 'Enter this letter?'], enter: ['Vào sổ', 'Enter it'], entered_now: ['Đã vào sổ và giao việc.', 'Entered; obligations are assigned.'], counts: ['{parties} nơi nhận · {demands} việc', '{parties} recipients · {demands} demands'],
} as const;
type Letter = z.infer<typeof DirectiveFacts>;
export const mine = (): string => me.value?.office_code ?? me.value?.agency_code ?? '';
const dayWords = (on: string | null): string => (on === null ? say(W.no_due) : `${on.slice(8)}/${on.slice(5, 7)}/${on.slice(0, 4)}`);

export default function Directives() {
  const wanted = openId();
  const [file, setFile] = useState<Letter | 'bad' | null>(null);
  const loaded = useLoad(`directives ${wanted}`, async () => {
    const list = await rows<DirectiveLine>(api.directives.$get());
    const open = wanted || list[0]?.directive_id;
    return { list, board: open ? await seen<Board>(api.directives[':directive_id'].$get({ param: { directive_id: open } })) : null };
  });
  const { told, deed } = useDeed(loaded.reload);
  useEvery(60_000, loaded.reload);
  const read = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    try {
      const letter = JSON.parse((await chosen.text()).normalize('NFC')) as Letter;
      setFile(typeof letter.subject === 'string' && Array.isArray(letter.demands) && Array.isArray(letter.addressees) ? letter : 'bad');
    } catch {
      setFile('bad');
    }
  };
  const enter = (): Promise<unknown> => deed(W.entered_now, async () => {
    if (file === null || file === 'bad') return;
    go(`/desk/directives/${await add('directives', { kind: 'directive_entered', facts: file })}`);
    setFile(null);
  });
  return (
    <div class="directives">
      <div class="title-row">
        <h1>{say(W.title)}</h1>
        {may('directive.issue') ? <label class="button file"><input type="file" accept="application/json,.json" aria-label={say(W.import_)} onChange={(event) => { const { files } = event.currentTarget; void read(files?.[0]); event.currentTarget.value = ''; }} /><span>{say(W.import_)}</span></label> : null}
      </div>
      {told}
      {file === 'bad' ? <Notice tint="bad" urgent>{say(W.bad_file)}</Notice> : null}
      {file !== null && file !== 'bad' ? (
        <Dialog title={say(W.preview)} onClose={() => setFile(null)}>
          {told}
          <p><strong>{file.number}</strong> · {file.issuer_vi} · {file.date_printed}</p><p>{file.subject}</p><p class="soft">{say(W.counts, { parties: file.addressees.length, demands: file.demands.length })}</p>
          <Button kind="main" onPress={enter}>{say(W.enter)}</Button>
        </Dialog>
      ) : null}
      <Reading loaded={loaded}>
        {({ list, board }) => board === null ? <div class="empty">{say(W.none)}</div> : (
          <>
            {list.length > 1 ? <Select label={say(W.letter)} value={board.directive_id} onChange={(id) => go(`/desk/directives/${id}`)} options={list.map((one) => ({ value: one.directive_id, text: `${one.number} · ${one.subject.slice(0, 90)}` }))} /> : null}
            <Whole board={board} deed={deed} />
          </>
        )}
      </Reading>
    </div>
  );
}

function Whole({ board, deed }: { board: Board; deed: ReturnType<typeof useDeed>['deed'] }) {
  const [party, setParty] = useState('');
  const [openOnly, setOpenOnly] = useState(true);
  const [answering, setAnswering] = useState<Obligation | null>(null);
  const [judging, setJudging] = useState<Obligation | null>(null);
  const [forwarding, setForwarding] = useState(false);
  const { letter, tree, directive_id } = board;
  const issuer = board.place === mine();
  const addressee = tree.find((one) => one.party_code === mine());
  const nameOfParty = (code: string): string => tree.find((one) => one.party_code === code)?.name_vi ?? code;
  const left = tree.map((one) => ({ one, left: one.obligations - one.done })).toSorted((a, b) => b.left - a.left)[0];
  const unread = tree.filter((one) => one.acknowledged_at === null).length;
  const shown = board.rows.filter((row) => (party === '' || row.party_code === party) && (!openOnly || !(row.status === 'done' || row.status === 'not_applicable') || row.accepted === null));
  const finding = `${say(W.chart_done, { done: board.done, all: board.obligations })}${left && left.left > 0 ? ` · ${say(W.chart_worst, { party: left.one.name_vi, left: left.left })}` : ''}`;
  return (
    <>
      <section class="card letter-head">
        <h2>{letter.number} · {letter.issuer_vi} {board.closed_at ? <Badge>{say(W.closed, { at: dateTime(board.closed_at) })}</Badge> : null}</h2>
        <p><strong>V/v</strong> {letter.subject}</p>
        <dl class="facts">
          <dt>{say(W.printed)}</dt><dd>{letter.date_printed}{letter.date_meant ? <> <Badge tint="warn">{say(W.meant, { meant: letter.date_meant })}</Badge></> : null}{letter.number_legible ? null : <> <Badge tint="warn">{say(W.illegible)}</Badge></>}</dd>
          {letter.date_remark ? <><dt>{say(W.remark)}</dt><dd>{letter.date_remark}</dd></> : null}
          <dt>{say(W.basis)}</dt><dd>{letter.basis.map((one) => `${one.number}${one.on ? ` (${dayWords(one.on)})` : ''}`).join('; ') || '—'}</dd>
          <dt>{say(W.entered)}</dt><dd>{dateTime(board.entered_at)}</dd>
        </dl>
        <div class="row">
          <Button kind="quiet" onPress={() => deed(['Đã gửi tới máy in.', 'Sent to the printer.'], () => printPage(api.directives[':directive_id'].execution.$get({ param: { directive_id } })))}>{say(W.print)}</Button>
          {issuer && board.closed_at === null ? <Button kind="quiet" onPress={() => deed(W.closed_now, () => add('directives', { kind: 'directive_closed', matter_id: directive_id, facts: {} }))}>{say(W.close)}</Button> : null}
          {addressee && addressee.acknowledged_at === null ? <Button kind="main" onPress={() => deed(W.acked, () => add('directives', { kind: 'directive_acknowledged', matter_id: directive_id, facts: { party_code: mine() } }))}>{say(W.ack)}</Button> : null}
          {addressee ? <Button onPress={() => setForwarding(true)}>{say(W.forward)}</Button> : null}
        </div>
      </section>
      <div class="kpis">
        <Figure value={`${number(board.done)}/${number(board.obligations)}`} label={say(W.done)} tint={board.done === board.obligations ? 'good' : 'plain'} />
        <Figure value={number(board.late)} label={say(W.late)} tint={board.late > 0 ? 'bad' : 'plain'} />
        <Figure value={number(board.without_leader)} label={say(W.no_leader)} tint={board.without_leader > 0 ? 'warn' : 'plain'} />
        <Figure value={number(unread)} label={say(W.unread)} tint={unread > 0 ? 'warn' : 'plain'} />
      </div>
      <div class="columns">
        <section class="card" aria-label={say(W.tree)}><h2>{say(W.tree)}</h2><Tree tree={tree} /></section>
        <BarChart title={finding} empty={say(W.nothing)} labels={200} bars={tree.map((one) => ({ label: one.name_vi.length > 26 ? `${one.name_vi.slice(0, 25)}…` : one.name_vi, value: one.done, of: one.obligations }))} />
      </div>
      <div class="row filters">
        {tree.length > 1 ? <Select label={say(W.unit)} value={party} onChange={setParty} name="unit" options={[{ value: '', text: say(W.all) }, ...tree.map((one) => ({ value: one.party_code, text: one.name_vi }))]} /> : null}
        <label class="tick"><input type="checkbox" checked={openOnly} onChange={(event) => setOpenOnly(event.currentTarget.checked)} /> {say(W.only_open)}</label>
      </div>
      <Table caption={`${say(W.obligations)} · ${number(shown.length)}`} rows={shown} keyOf={(row) => `${row.party_code}${row.demand_id}`} empty={say(W.nothing)} tintOf={(row) => (row.late ? 'bad' : 'plain')} columns={[
        { head: say(W.unit), cell: (row) => nameOfParty(row.party_code) },
        { head: say(W.demand), cell: (row) => <><strong>{row.demand_id}</strong> <span class="soft">{row.section_no}</span> {row.text}</>, wide: true },
        { head: say(W.leader), cell: (row) => row.leader_title === null ? <Badge tint="warn">{say(W.not_named)}</Badge> : `${row.leader_title}${row.leader ? ` (${nameOfPerson(row.leader)})` : ''}` },
        { head: say(W.due), cell: (row) => <>{dayWords(row.due_on)} {row.late ? <Badge tint="bad">{say(W.late_word)}</Badge> : null}</> },
        { head: say(W.status), cell: (row) => <><Badge tint={row.status === 'done' ? 'good' : row.status === 'doing' ? 'info' : 'plain'} shape={row.status === 'doing' ? '◔' : undefined}>{say(STATUS[row.status])}</Badge> {row.accepted === true ? <Badge tint="good">{say(W.accepted)}</Badge> : row.accepted === false ? <Badge tint="warn">{say(W.returned, { remark: row.remark })}</Badge> : null}{row.note ? <div class="soft">{row.note}</div> : null}</> },
        { head: say(W.evidence), cell: (row) => row.evidence.map((one) => one.ref).join('; ') || '—' },
        { head: '', cell: (row) => <>
          {board.closed_at === null && row.accepted !== true && (row.party_code === mine() || issuer) ? <Button kind="quiet" onPress={() => setAnswering(row)}>{say(W.answer)}</Button> : null}
          {board.closed_at === null && issuer && row.reported_at !== null && row.accepted === null ? <Button kind="quiet" onPress={() => setJudging(row)}>{say(W.judge)}</Button> : null}
        </> },
      ]} />
      {answering ? <AnswerDialog row={answering} directive_id={directive_id} onPaper={answering.party_code !== mine()} deed={deed} onClose={() => setAnswering(null)} /> : null}
      {judging ? <JudgeDialog row={judging} directive_id={directive_id} deed={deed} onClose={() => setJudging(null)} /> : null}
      {forwarding ? <ForwardDialog tree={tree} onClose={() => setForwarding(false)} onForward={(to) => void deed(W.forwarded, () => add('directives', { kind: 'directive_forwarded', matter_id: directive_id, facts: { from_party: mine(), to } })).then((ok) => ok && setForwarding(false))} /> : null}
    </>
  );
}

const Tree = ({ tree }: { tree: readonly Party[] }) => (
  <ul class="party-tree">
    {ordered(tree).map((party) => (
      <li key={party.party_code} style={{ paddingLeft: `${party.depth * 1.4}rem` }}>
        <span>{party.depth > 0 ? <span aria-hidden="true">└ </span> : null}{party.name_vi} <span class="soft code">{party.party_code}</span></span>
        {party.answered_by_paper !== null ? <Badge tint="info">{say(W.by_paper, { no: party.answered_by_paper })}</Badge> : party.acknowledged_at !== null ? <Badge tint="good">{say(W.received, { at: dateTime(party.acknowledged_at) })}</Badge> : <Badge tint="warn">{say(W.waiting)}</Badge>}
        <span class="number">{number(party.done)}/{number(party.obligations)}</span>{party.late > 0 ? <Badge tint="bad">{number(party.late)} {say(W.late_word)}</Badge> : null}
      </li>
    ))}
  </ul>
);

/** Each below the one it got the letter from. */
function ordered(tree: readonly Party[], under: string | null = null): Party[] {
  const known = new Set(tree.map((party) => party.party_code));
  return tree.filter((party) => (party.under !== null && known.has(party.under) ? party.under : null) === under).flatMap((party) => [party, ...ordered(tree, party.party_code)]);
}
