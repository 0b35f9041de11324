// Forms of a directive: naming the leader and answering for one's own unit (or, by the issuer, what came on paper), judging, passing on.

import { useState } from 'preact/hooks';
import type { JournalFacts } from '../domain/journal.ts';
import { add, Select } from './duty_parts.tsx';
import type { Person, useDeed } from './duty_parts.tsx';
import { rowsOf } from './machine.ts';
import { Button, Choice, Dialog, Field } from './ui.tsx';
import { say } from './words.ts';

export const STATUS = { open: ['chưa làm', 'open'], doing: ['đang làm', 'under way'], done: ['đã xong', 'done'], not_applicable: ['không phát sinh', 'does not arise'] } as const;
type Counts = { obligations: number; done: number; late: number; without_leader: number };
export type Party = Counts & { party_code: string; name_vi: string; party_kind: string; under: string | null; depth: number; acknowledged_at: string | null; answered_by_paper: string | null };
export type Obligation = { party_code: string; demand_id: string; text: string; section_no: string; due_on: string | null; leader_title: string | null; leader: Person; status: keyof typeof STATUS; late: boolean; note: string | null; evidence: { evidence_kind: string; ref: string }[]; reported_at: string | null; accepted: boolean | null; remark: string | null };
export type Board = Counts & { directive_id: string; place: string; entered_at: string; closed_at: string | null; letter: JournalFacts<'directive_entered'>; tree: Party[]; rows: Obligation[] };
export type DirectiveLine = Counts & { directive_id: string; number: string; subject: string; closed: boolean; parties: number; acknowledged: number };
type Deed = ReturnType<typeof useDeed>['deed'];

const W = {
  answer: ['Trả lời {demand}', 'Answer {demand}'], on_paper: ['Ghi trả lời giấy của {party}', 'Record the paper answer of {party}'], paper: ['Số văn bản trả lời', 'Number of the paper'], leader: ['Lãnh đạo chịu trách nhiệm (chức danh)', 'Responsible leader (title)'], status: ['Tình trạng', 'State'], note: ['Kết quả, một dòng', 'What was done, one line'], kind: ['Loại minh chứng', 'Kind of evidence'], ref: ['Số hiệu minh chứng (để trống nếu chưa có)', 'Reference of the evidence (empty if there is none)'], send: ['Ghi trả lời', 'Record the answer'], sent: ['Đã ghi trả lời.', 'The answer is recorded.'],
  judge: ['Đánh giá {demand} của {party}', 'Judge {demand} of {party}'], good: ['Đạt', 'Accepted'], back: ['Trả lại làm tiếp', 'Sent back'], remark: ['Nhận xét', 'Remark'], judged: ['Đã ghi đánh giá.', 'The judgement is recorded.'], verdict: ['Kết luận', 'Verdict'], record: ['Ghi đánh giá', 'Record it'],
  forward: ['Chuyển văn bản xuống', 'Pass the letter on to'], pass: ['Chuyển', 'Pass on'],
} as const;
const EVIDENCE = { paper: ['Văn bản', 'Paper'], report: ['Báo cáo', 'Report'], roster: ['Lịch trực', 'Roster'], period: ['Lệnh', 'Order'], incident: ['Sự cố', 'Incident'], count: ['Số liệu', 'Figures'] } as const;

export function AnswerDialog({ row, directive_id, onPaper, deed, onClose }: { row: Obligation; directive_id: string; onPaper: boolean; deed: Deed; onClose: () => void }) {
  const { party_code, demand_id } = row;
  const [leader, setLeader] = useState(row.leader_title ?? '');
  const [status, setStatus] = useState<'doing' | 'done' | 'not_applicable'>(row.status === 'open' ? 'doing' : row.status);
  const [note, setNote] = useState(row.note ?? '');
  const [kind, setKind] = useState<keyof typeof EVIDENCE>('paper');
  const [ref, setRef] = useState('');
  const [paper_no, setPaper] = useState('');
  const matter_id = directive_id;
  const paper = onPaper ? { paper_no: paper_no.trim() } : {};
  const send = (): Promise<unknown> => deed(W.sent, async () => {
    // Naming a leader on paper is no entry of its own kind: the issuer names whom the paper names.
    if (leader.trim() !== '' && leader.trim() !== row.leader_title) await add('directives', { kind: 'leader_named', matter_id, facts: { party_code, demand_id, leader_title: leader.trim(), ...paper } });
    const evidence = ref.trim() === '' ? row.evidence : [...row.evidence, { evidence_kind: kind, ref: ref.trim() }];
    await add('directives', { kind: 'obligation_reported', matter_id, facts: { party_code, demand_id, status, evidence: evidence as JournalFacts<'obligation_reported'>['evidence'], ...(note.trim() === '' ? {} : { note: note.trim() }), ...paper } });
  }).then((ok) => ok && onClose());
  return (
    <Dialog title={onPaper ? say(W.on_paper, { party: party_code }) : say(W.answer, { demand: demand_id })} onClose={onClose}>
      <p>{row.text}</p>
      {onPaper ? <Field label={say(W.paper)} value={paper_no} onInput={setPaper} autoFocus max={60} name="paper" /> : null}
      <Field label={say(W.leader)} value={leader} onInput={setLeader} autoFocus={!onPaper && row.leader_title === null} max={120} name="leader" />
      <Choice label={say(W.status)} value={status} onChange={setStatus} options={(['doing', 'done', 'not_applicable'] as const).map((value) => ({ value, text: say(STATUS[value]) }))} />
      <Field label={say(W.note)} value={note} onInput={setNote} max={600} name="note" />
      <div class="two-fields"><Select label={say(W.kind)} value={kind} onChange={(value) => setKind(value as keyof typeof EVIDENCE)} options={(Object.keys(EVIDENCE) as (keyof typeof EVIDENCE)[]).map((value) => ({ value, text: say(EVIDENCE[value]) }))} /><Field label={say(W.ref)} value={ref} onInput={setRef} max={120} name="evidence" /></div>
      <Button kind="main" onPress={send} disabled={leader.trim() === '' || (onPaper && paper_no.trim() === '')}>{say(W.send)}</Button>
    </Dialog>
  );
}

export function JudgeDialog({ row, directive_id, deed, onClose }: { row: Obligation; directive_id: string; deed: Deed; onClose: () => void }) {
  const [verdict, setVerdict] = useState<'good' | 'back'>('good');
  const [remark, setRemark] = useState('');
  const judge = (): Promise<unknown> => deed(W.judged, () => add('directives', { kind: 'obligation_judged', matter_id: directive_id, facts: { party_code: row.party_code, demand_id: row.demand_id, accepted: verdict === 'good', ...(remark.trim() === '' ? {} : { remark: remark.trim() }) } })).then((ok) => ok && onClose());
  return (
    <Dialog title={say(W.judge, { demand: row.demand_id, party: row.party_code })} onClose={onClose}>
      <p>{row.text}</p>{row.note ? <p class="soft">{row.note}</p> : null}
      <Choice label={say(W.verdict)} value={verdict} onChange={setVerdict} options={[{ value: 'good', text: say(W.good) }, { value: 'back', text: say(W.back) }]} />
      <Field label={say(W.remark)} value={remark} onInput={setRemark} max={600} name="remark" />
      <Button kind="main" onPress={judge}>{say(W.record)}</Button>
    </Dialog>
  );
}

type To = JournalFacts<'directive_forwarded'>['to'];
export function ForwardDialog({ tree, onForward, onClose }: { tree: readonly Party[]; onForward: (to: To) => void; onClose: () => void }) {
  const [chosen, setChosen] = useState<string[]>([]);
  const known = new Set(tree.map((party) => party.party_code));
  const offices = rowsOf('offices').filter((office) => !known.has(String(office['office_code'])));
  return (
    <Dialog title={say(W.forward)} onClose={onClose}>
      <div class="choice"><div class="people-ticks">{offices.map((office) => {
        const code = String(office['office_code']);
        return <label key={code} class={chosen.includes(code) ? 'on' : ''}><input type="checkbox" checked={chosen.includes(code)} onChange={() => setChosen(chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code])} /><span>{String(office['name_vi'])}</span></label>;
      })}</div></div>
      <Button kind="main" disabled={chosen.length === 0} onPress={() => onForward(chosen.map((party_code) => ({ party_code, name_vi: String(offices.find((office) => office['office_code'] === party_code)?.['name_vi']), party_kind: 'post' })))}>{say(W.pass)}</Button>
    </Dialog>
  );
}
