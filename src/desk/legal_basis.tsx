// The decision by which my agency opens an item: recorded before anything is opened. Without it the program opens nothing.

import './tracing.css';
import './liaison.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { machine, reasonsOf, useScans } from './machine.ts';
import { play } from './sound.ts';
import { api, ask } from './state.ts';
import { Button, Choice, Field, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, either, say } from './words.ts';

const W = {
  title: ['Căn cứ mở bưu gửi', 'Bases for opening'], scan: ['Quét bưu gửi mà cơ quan bạn quyết định mở. Không có căn cứ thì không ai mở được; bưu gửi dấu A, B, C không bao giờ mở.', 'Scan the item that your agency has decided to open. Without a basis nobody opens anything; items marked A, B or C are never opened.'],
  act: ['Văn bản luật (mã trong danh mục)', 'Legal act (code in the catalogue)'], decision: ['Quyết định số', 'Decision number'], signer: ['Số thẻ người ký quyết định', 'Card number of the signer'], how: ['Viện kiểm sát', 'Procuracy'], approved: ['Đã phê chuẩn', 'Approved'], urgent: ['Khẩn cấp, báo ngay sau đó', 'Urgent, told immediately after'], approval: ['Số phê chuẩn', 'Number of the approval'], reason: ['Lý do khẩn cấp', 'Reason of urgency'], witness: ['Người chứng kiến của bưu điện (số thẻ)', 'Witness of the post (badge)'],
  touched: ['Người của bưu điện đã giữ bưu gửi này', 'People of the post who have held it'], save: ['Ghi căn cứ', 'Record the basis'], saved: ['Đã ghi căn cứ. Mở bưu gửi trước mặt người chứng kiến, người này xác nhận bằng thẻ và PIN.', 'Recorded. Open it before the witness, who confirms by badge and PIN.'], mine: ['Căn cứ đã ghi của cơ quan bạn (lượt xem được ghi)', 'Bases of your agency (each look is logged)'], none: ['Chưa có căn cứ nào.', 'None yet.'], at: ['Lúc', 'At'], choose: ['— chọn —', '— choose —'],
} as const;
type Basis = { basis_id: string; act_code: string; decision_no: string; signer_card_no: string; procuracy_approval_no: string | null; urgency_reason_code: string | null; recorded_at: string };
type Touch = { ref: string; full_name: string | null; badge: string | null };

export default function LegalBasisPage() {
  const [code, setCode] = useState<string | null>(null);
  useScans('elsewhere', (scan) => (scan.code !== null && (scan.what === 'item' || scan.what === 'label') ? setCode(scan.code) : play('unknown')));
  return <div class="basis stack"><h1>{say(W.title)}</h1>{code === null ? <div class="empty">{say(W.scan)}</div> : <OfItem key={code} code={code} />}</div>;
}

function OfItem({ code }: { code: string }) {
  const [given, setGiven] = useState({ act_code: '', decision_no: '', signer_card_no: '', approval: '', reason: '', witness_person_id: '' });
  const [how, setHow] = useState<'approved' | 'urgent'>('approved');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [saved, setSaved] = useState(false);
  const set = (more: Partial<typeof given>): void => setGiven((before) => ({ ...before, ...more }));
  const bases = useLoad<Basis[]>(`bases ${code}`, async () => (await ask(api.items[':code']['legal-bases'].$get({ param: { code } }))).rows);
  const holders = useLoad(`holders ${code}`, async () => {
    const { touched } = (await ask(api.items[':code'].touched.$get({ param: { code }, query: { from: '2020-01-01T00:00:00Z', to: new Date(machine.outbox.now() + 60_000).toISOString() } }))) as unknown as { touched: Touch[] };
    return [...new Map(touched.filter((row) => row.badge !== null).map((row) => [row.ref, row])).values()];
  });
  const save = async (): Promise<void> => {
    setProblem(null);
    const { act_code, decision_no, signer_card_no, witness_person_id } = given;
    const json = { act_code, decision_no, signer_card_no, witness_person_id, ...(how === 'approved' ? { procuracy_approval_no: given.approval } : { urgency_reason_code: given.reason }) };
    await ask(api.items[':code']['legal-bases'].$post({ param: { code }, json })).then(() => { setSaved(true); bases.reload(); }, (error: unknown) => setProblem(wordsOf(error)));
  };
  return (
    <>
      <h2 class="code big-code">{grouped(code)}</h2>
      {problem ? <Refusal problem={problem} /> : null}{saved ? <Notice tint="good">{say(W.saved)}</Notice> : null}
      <section class="card stack" aria-label={say(W.save)}>
        <div class="columns"><Field label={say(W.act)} value={given.act_code} onInput={(act_code) => set({ act_code })} max={40} name="act-code" /><Field label={say(W.decision)} value={given.decision_no} onInput={(decision_no) => set({ decision_no: decision_no.toLocaleUpperCase('vi') })} max={40} name="decision-no" /><Field label={say(W.signer)} value={given.signer_card_no} onInput={(no) => set({ signer_card_no: no.toUpperCase() })} max={24} name="signer-card" /></div>
        <Choice label={say(W.how)} compact value={how} onChange={setHow} options={[{ value: 'approved', text: say(W.approved) }, { value: 'urgent', text: say(W.urgent) }]} />
        {how === 'approved' ? <Field label={say(W.approval)} value={given.approval} onInput={(approval) => set({ approval: approval.toLocaleUpperCase('vi') })} max={40} name="approval-no" /> : (
          <div class="field"><label for="urgency">{say(W.reason)}</label><select id="urgency" value={given.reason} onChange={(event) => set({ reason: event.currentTarget.value })}><option value="">{say(W.choose)}</option>{reasonsOf('urgency').map((row) => <option key={String(row['reason_code'])} value={String(row['reason_code'])}>{either(String(row['name_vi']), String(row['name_en']))}</option>)}</select></div>
        )}
        <div class="field"><label for="witness">{say(W.witness)}</label><select id="witness" value={given.witness_person_id} onChange={(event) => set({ witness_person_id: event.currentTarget.value })}><option value="">{say(W.choose)}</option>{(holders.data ?? []).map((row) => <option key={row.ref} value={row.ref}>{row.full_name} · {row.badge}</option>)}</select><span class="hint">{say(W.touched)}</span></div>
        <div class="row"><Button kind="main" onPress={save}>{say(W.save)}</Button></div>
      </section>
      <Reading loaded={bases}>{(rows) => <Table caption={say(W.mine)} rows={rows} keyOf={(row) => row.basis_id} empty={say(W.none)} columns={[{ head: say(W.at), cell: (row) => dateTime(row.recorded_at) }, { head: say(W.act), cell: (row) => row.act_code }, { head: say(W.decision), cell: (row) => row.decision_no }, { head: say(W.how), cell: (row) => row.procuracy_approval_no ?? row.urgency_reason_code ?? '—' }]} />}</Reading>
    </>
  );
}
