// Decisions with four eyes: proposed on what the casefile is at that moment, approved by another person (and party, where the policy says)
// who has ticked everything that came after; then what the decision asks for, step by step, to the paper that ends the casefile.

import { useState } from 'preact/hooks';
import { CASE_STATES, DECISIONS, EXIT_FORMS, WHY_NOT } from '../domain/casefile.ts';
import type { DecisionCode, Outcome } from '../domain/casefile.ts';
import { grouped } from '../domain/code.ts';
import { RECORD_FORMS } from '../domain/record_form.ts';
import { CaseForm, inHours, instantOf, NextStep } from './case_form.tsx';
import type { FormField } from './case_form.tsx';
import { addTo, holdsOf, myParty, newEntryId, partyName, releaseAll } from './case_read.ts';
import type { CaseScreen, Proposal } from './case_read.ts';
import { dismissals } from './flags_read.ts';
import { machine, reasonsOf } from './machine.ts';
import { SecondPerson } from './second.tsx';
import { api, ask, may, me } from './state.ts';
import { Badge, Button, Notice, useLoad } from './ui.tsx';
import type { Tint } from './ui.tsx';
import { dateTime, either, say } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  propose: ['Đề xuất quyết định', 'Propose a decision'], title: ['Quyết định', 'Decision'], decision: ['Quyết định', 'Decision'], agency: ['Giao cơ quan', 'To the agency'], act: ['Căn cứ (mã văn bản)', 'Legal basis (code of the act)'], no: ['Quyết định số', 'Decision number'], keep: ['Giữ đến', 'Keep until'], expires: ['Chờ quyết đến', 'To be decided by'], words: ['Lý do', 'Why'],
  by: ['{who} ({party}) đề xuất lúc {at}, chờ đến {until}', 'proposed by {who} ({party}) at {at}, waits until {until}'], snapshot: ['Tình trạng lúc đề xuất', 'State when proposed'], waits: ['Chờ người thứ hai. Người đề xuất không tự duyệt.', 'Waits for a second person. Who proposed cannot approve.'], other_party: ['Phải là người của bên khác.', 'It must be somebody of another party.'], new: ['Có {n} mục mới từ khi đề xuất: xem rồi đánh dấu từng mục.', '{n} new entries since it was proposed: look, and tick each.'], seen: ['đã xem #{no}', '#{no} seen'],
  approve: ['Đồng ý', 'Agree'], need_seen: ['Đánh dấu đã xem hết các mục mới.', 'Tick all new entries as seen.'], reject: ['Không đồng ý', 'Disagree'], why: ['Vì sao', 'Why not'], withdraw: ['Rút đề xuất', 'Withdraw'], approved: ['Đã quyết: {decision}. Việc còn lại:', 'Decided: {decision}. What is left:'], release: ['Giải tỏa {code}', 'Release {code}'], take: ['Nhận bàn giao {code}', 'Take over {code}'], record: ['Lập biên bản {form}', 'Draw up the {form} record'], close: ['Kết thúc vụ việc', 'Close the casefile'],
  record_no: ['Biên bản số', 'Number of the biên bản'], card: ['Số thẻ người nhận', 'Card number of the receiver'], second: ['Người của bưu điện chứng kiến bàn giao nhập thẻ và PIN.', 'Somebody of the post who witnesses the handover enters badge and PIN.'], paper: ['Biên bản', 'Written record'], no_paper: ['Chưa có biên bản mẫu này cho bưu gửi trong vụ.', 'No record of that form about an item of this casefile yet.'], record_id: ['Mã biên bản', 'Record id'], outcome: ['Kết luận sàng lọc', 'Outcome of the screening'], confirmed: ['Có vi phạm', 'There was something'], cleared: ['Không vi phạm', 'There was nothing'], reason: ['Lý do', 'Reason'], rejected: ['không đồng ý: {why}', 'disagreed: {why}'], next: ['Tiếp', 'Next'],
} as const;
const STATES: { readonly [state: string]: { words: Pair; tint: Tint } } = { open: { words: ['Chờ quyết', 'To be decided'], tint: 'info' }, approved: { words: ['Đã đồng ý', 'Approved'], tint: 'good' }, rejected: { words: ['Không đồng ý', 'Rejected'], tint: 'warn' }, withdrawn: { words: ['Đã rút', 'Withdrawn'], tint: 'plain' }, expired: { words: ['Hết hạn', 'Expired'], tint: 'plain' } };
type Run = (work: () => Promise<unknown>) => Promise<boolean>;
const whyNot = (): [string, string][] => Object.entries(WHY_NOT).map(([code, words]) => [code, say(words)]);

export function Decisions({ file, run }: { file: CaseScreen; run: Run }) {
  const [proposing, setProposing] = useState(false);
  const open = file.proposals.find((row) => row.state === 'open');
  const approved = file.proposals.findLast((row) => row.state === 'approved');
  const past = file.proposals.filter((row) => row !== open && row !== approved);
  if (file.closed) return <Notice tint="good"><strong>{file.state_vi === '' ? '' : either(file.state_vi, file.state_en)}</strong> · {dateTime(file.closed.at)}</Notice>;
  return (
    <>
      {open ? <FourEyes file={file} proposal={open} run={run} /> : null}
      {approved ? <WhatIsLeft file={file} proposal={approved} run={run} /> : null}
      {past.length > 0 ? <p class="soft">{past.map((row) => `${either(row.decision_vi, row.decision_en)}: ${say(STATES[row.state]?.words ?? W.title)}${row.why_not ? ` (${say(WHY_NOT[row.why_not as keyof typeof WHY_NOT])})` : ''}`).join(' · ')}</p> : null}
      {open ? null : <p><Button kind={approved ? 'side' : 'main'} onPress={() => setProposing(true)}>{say(W.propose)}</Button></p>}
      {proposing ? <Propose file={file} run={run} onClose={() => setProposing(false)} /> : null}
    </>
  );
}

function Propose({ file, run, onClose }: { file: CaseScreen; run: Run; onClose: () => void }) {
  const [decision, setDecision] = useState<DecisionCode | ''>('');
  const agencies = [...new Set(file.parties.filter((party) => party.holds && party.party_kind !== 'post').map((party) => party.party_code))].map((code): [string, string] => [code, partyName(code)]);
  const chosen = decision === '' ? null : DECISIONS[decision];
  const fields: FormField[] = [
    ...(decision === 'hand_over' || decision === 'destroy' ? [{ name: 'agency_code', label: W.agency, options: agencies, first: agencies.length === 1 ? (agencies[0]?.[0] ?? '') : '' }] : []),
    ...(chosen?.basis ? [{ name: 'act_code', label: W.act }] : []), ...(decision === 'destroy' ? [{ name: 'decision_no', label: W.no }] : []), ...(decision === 'keep_holding' ? [{ name: 'keep_until', label: W.keep, instant: true, first: inHours(24) }] : []),
    { name: 'expires_at', label: W.expires, instant: true, first: inHours(24) }, ...(file.codes_only ? [] : [{ name: 'words', label: W.words, long: true, optional: true }]),
  ];
  if (chosen === null) {
    return <CaseForm title={say(W.propose)} fields={[{ name: 'decision', label: W.decision, options: (Object.keys(DECISIONS) as DecisionCode[]).map((code) => [code, either(DECISIONS[code].vi, DECISIONS[code].en)]) }]} onSend={async (values) => { setDecision(values['decision'] as DecisionCode); throw new NextStep(); }} onClose={onClose} />;
  }
  return (
    <CaseForm key={decision} title={`${say(W.propose)}: ${either(chosen.vi, chosen.en)}`} fields={fields} onClose={onClose}
      onSend={async (values, id) => {
        const { agency_code, act_code, decision_no, keep_until, expires_at = '', words = '' } = values;
        const facts = { decision, unit_codes: file.units.map((unit) => unit.code), ...(agency_code ? { agency_code } : {}), ...(act_code ? { act_code } : {}), ...(decision_no ? { decision_no } : {}), ...(keep_until ? { keep_until: instantOf(keep_until) } : {}), expires_at: instantOf(expires_at), snapshot: file.snapshot };
        await addTo(file.casefile_id, id, { kind: 'proposed', facts, ...(words.trim() === '' ? {} : { words: words.trim() }) });
        await run(async () => undefined);
      }} />
  );
}

function FourEyes({ file, proposal, run }: { file: CaseScreen; proposal: Proposal; run: Run }) {
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set());
  const [rejecting, setRejecting] = useState(false);
  const [id] = useState(newEntryId);
  const mine = proposal.by?.person_id === me.value?.person_id;
  const sameParty = proposal.other_party && proposal.party_code === myParty();
  const allSeen = proposal.new_since.every((no) => ticked.has(no));
  const add = (kind: string, facts: object): Promise<boolean> => run(() => addTo(file.casefile_id, kind === 'approved' ? `${id.slice(0, -2)}${(proposal.new_since.length % 256).toString(16).padStart(2, '0')}` : newEntryId(), { kind, facts }));
  const facts: [Pair, string | undefined][] = [[W.agency, proposal.agency_code && partyName(proposal.agency_code)], [W.act, proposal.act_code], [W.no, proposal.decision_no], [W.keep, proposal.keep_until && dateTime(proposal.keep_until)]];
  return (
    <section class="four-eyes" aria-label={`${say(W.title)}: ${either(proposal.decision_vi, proposal.decision_en)}`}>
      <div class="row"><h2>⚖ {either(proposal.decision_vi, proposal.decision_en)}</h2><Badge tint="info">{say(STATES['open']?.words ?? W.title)}</Badge></div>
      <p class="soft">{say(W.by, { who: proposal.by?.full_name, party: partyName(proposal.party_code), at: dateTime(proposal.at), until: dateTime(proposal.expires_at) })}</p>
      <p class="code">{proposal.unit_codes.map(grouped).join(' · ')}</p>
      <dl class="facts">{facts.flatMap(([label, value]) => (value ? [<dt key={label[0]}>{say(label)}</dt>, <dd key={`${label[0]}v`}>{value}</dd>] : []))}<dt>{say(W.snapshot)}</dt><dd class="code digest">{proposal.snapshot.slice(0, 16)}…</dd></dl>
      {proposal.words ? <p class="case-words">{proposal.words}</p> : null}
      {mine ? <><p>{say(W.waits)} {proposal.other_party ? say(W.other_party) : ''}</p><div><Button onPress={() => add('proposal_withdrawn', { proposal_no: proposal.entry_no })}>{say(W.withdraw)}</Button></div></> : (
        <>
          {proposal.new_since.length > 0 ? (
            <fieldset class="choice"><legend>{say(W.new, { n: proposal.new_since.length })}</legend><div>{proposal.new_since.map((no) => <label key={no} class="tick"><input type="checkbox" checked={ticked.has(no)} onChange={(event) => setTicked(event.currentTarget.checked ? new Set([...ticked, no]) : new Set([...ticked].filter((known) => known !== no)))} /> <a href={`#entry-${no}`}>{say(W.seen, { no })}</a></label>)}</div></fieldset>
          ) : null}
          {sameParty ? <p>{say(W.other_party)}</p> : (
            <div class="row">
              <Button kind="main" disabled={!allSeen} why={say(W.need_seen)} onPress={() => add('approved', { proposal_no: proposal.entry_no, snapshot: file.snapshot, seen: proposal.new_since })}>{say(W.approve)}</Button>
              <Button onPress={() => setRejecting(true)}>{say(W.reject)}</Button>
            </div>
          )}
        </>
      )}
      {rejecting ? <CaseForm title={say(W.reject)} fields={[{ name: 'why_not', label: W.why, options: whyNot() }]} onClose={() => setRejecting(false)} onSend={async (values, entry_id) => { await addTo(file.casefile_id, entry_id, { kind: 'rejected', facts: { proposal_no: proposal.entry_no, why_not: values['why_not'] } }); await run(async () => undefined); }} /> : null}
    </section>
  );
}

function WhatIsLeft({ file, proposal, run }: { file: CaseScreen; proposal: Proposal; run: Run }) {
  const [taking, setTaking] = useState<string | null>(null);
  const [closing, setClosing] = useState(false);
  const { outcome } = DECISIONS[proposal.decision as DecisionCode] as { outcome: Outcome | null };
  const units = file.units.filter((unit) => proposal.unit_codes.includes(unit.code));
  const reason = dismissals()[0]?.reason_code ?? '';
  return (
    <section class="four-eyes" aria-label={say(W.approved, { decision: either(proposal.decision_vi, proposal.decision_en) })}>
      <p><strong>✓ {say(W.approved, { decision: either(proposal.decision_vi, proposal.decision_en) })}</strong></p>
      <div class="row">
        {outcome === null ? null : EXIT_FORMS[outcome].slice(0, 1).map((form) => (may('record.draw') ? <a key={form} class="button" href={`/desk/records?code=${units[0]?.code ?? ''}&form=${form}`}>{say(W.record, { form: either(RECORD_FORMS[form].vi, RECORD_FORMS[form].en) })}</a> : null))}
        {(proposal.decision === 'release' || proposal.decision === 'return') && may('item.release_hold') ? units.filter((unit) => unit.holds > 0).map((unit) => <Button key={unit.code} onPress={() => run(() => releaseAll(unit.code, holdsOf(file.steps, unit.code), reason))}>{say(W.release, { code: grouped(unit.code) })}</Button>) : null}
        {proposal.decision === 'hand_over' && proposal.agency_code === me.value?.agency_code && may('item.authority') ? units.filter((unit) => unit.state !== 'with_authority').map((unit) => <Button key={unit.code} kind="main" onPress={() => setTaking(unit.code)}>{say(W.take, { code: grouped(unit.code) })}</Button>) : null}
        {outcome !== null && file.lead_party === myParty() ? <Button kind="main" onPress={() => setClosing(true)}>{say(W.close)}</Button> : null}
      </div>
      {taking === null ? null : <TakeOver code={taking} agency_code={proposal.agency_code ?? ''} run={run} onClose={() => setTaking(null)} />}
      {closing && outcome !== null ? <CloseCase file={file} proposal={proposal} outcome={outcome} run={run} onClose={() => setClosing(false)} /> : null}
    </section>
  );
}

/** The handover itself: number of the signed paper and card of the receiver, then a witness of the post by badge and PIN. */
function TakeOver({ code, agency_code, run, onClose }: { code: string; agency_code: string; run: Run; onClose: () => void }) {
  const [given, setGiven] = useState<{ record_no: string; receiver_card_no: string } | null>(null);
  if (given === null) {
    return <CaseForm title={say(W.take, { code: grouped(code) })} fields={[{ name: 'record_no', label: W.record_no }, { name: 'receiver_card_no', label: W.card }]} onClose={onClose} onSend={async (values) => { setGiven({ record_no: (values['record_no'] ?? '').trim().toLocaleUpperCase('vi'), receiver_card_no: (values['receiver_card_no'] ?? '').trim().toUpperCase() }); throw new NextStep(); }} />;
  }
  return (
    <SecondPerson permission="item.release_hold" why={say(W.second)} onClose={onClose}
      onAgreed={(second) => {
        void run(async () => {
          const event = await machine.outbox.record({ kind: 'given_to_authority', code, facts: { agency_code, ...given }, second });
          if (event.refusal) throw event.refusal;
        }).then(onClose);
      }} />
  );
}

function CloseCase({ file, proposal, outcome, run, onClose }: { file: CaseScreen; proposal: Proposal; outcome: Outcome; run: Run; onClose: () => void }) {
  const forms: readonly string[] = EXIT_FORMS[outcome];
  const papers = useLoad(`papers ${file.casefile_id}`, async () => {
    if (!may('record.draw')) return null;
    const all = await Promise.all(file.units.map((unit) => ask(api['written-records'].$get({ query: { code: unit.code, limit: '50' } }))));
    return all.flatMap(({ rows }) => rows).filter((row) => forms.includes(row.form)).map((row): [string, string] => [row.record_id, `${row.record_no}/${row.record_year} · ${either(RECORD_FORMS[row.form].vi, RECORD_FORMS[row.form].en)} · ${grouped(row.code)}`]);
  });
  if (papers.loading) return null;
  const reasons = reasonsOf('hold').map((row): [string, string] => [String(row['reason_code']), either(String(row['name_vi']), String(row['name_en']))]);
  const fields: FormField[] = [
    papers.data === null ? { name: 'record_id', label: W.record_id } : { name: 'record_id', label: W.paper, options: papers.data, first: papers.data.length === 1 ? (papers.data[0]?.[0] ?? '') : '' },
    ...(may('item.screen') ? [{ name: 'outcome', label: W.outcome, options: [['confirmed', say(W.confirmed)], ['cleared', say(W.cleared)]] as const, optional: true }, { name: 'reason_code', label: W.reason, options: reasons, optional: true }] : []), ...(file.codes_only ? [] : [{ name: 'words', label: W.words, long: true, optional: true }]),
  ];
  return (
    <CaseForm title={`${say(W.close)}: ${say(CASE_STATES[outcome])}`} fields={fields} onClose={onClose} {...(papers.data?.length === 0 ? { note: say(W.no_paper) } : {})}
      onSend={async (values, id) => {
        const words = (values['words'] ?? '').trim();
        await addTo(file.casefile_id, id, { kind: 'case_closed', facts: { outcome, proposal_no: proposal.entry_no, record_id: values['record_id'] }, ...(words === '' ? {} : { words }) });
        // What came of it feeds the precision of the rules; a unit that no rule hit has nothing to say there.
        const said = values['outcome'];
        const reason_code = values['reason_code'] ?? '';
        if ((said === 'confirmed' || said === 'cleared') && reason_code !== '') for (const unit of file.units) await ask(api.screening.outcomes.$post({ json: { code: unit.code, outcome: said, reason_code } })).catch(() => undefined);
        await run(async () => undefined);
      }} />
  );
}
