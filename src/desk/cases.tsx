// Casefiles that my agency or office is a party of: the list, what waits for me, counts; and one whole. What others handle is not told.

import './tracing.css';
import './liaison.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { CASE_STATES, SEVERITIES } from '../domain/casefile.ts';
import type { CaseState, Severity } from '../domain/casefile.ts';
import { CasePage } from './case_page.tsx';
import { partyName, readCases, useLive } from './case_read.ts';
import type { CaseRow } from './case_read.ts';
import { BarChart } from './charts.tsx';
import { machine, useScans } from './machine.ts';
import { play } from './sound.ts';
import { api, ask, place } from './state.ts';
import { Badge, Choice, Field, Reading, Table, useLoad } from './ui.tsx';
import type { Tint } from './ui.tsx';
import { dateTime, either, number, say, span } from './words.ts';

const W = {
  title: ['Vụ việc', 'Casefiles'], show: ['Hiện', 'Show'], waiting: ['Chờ tôi', 'Waiting for me'], open: ['Đang xử lý', 'Open'], closed: ['Đã kết thúc', 'Closed'], find: ['Tìm trong vụ việc, hoặc quét bưu gửi', 'Search in casefiles, or scan an item'], empty: ['Không có vụ việc nào. Mở vụ việc từ hàng chờ cờ.', 'No casefile. Open one from the flags.'], no: ['Số', 'Number'], about: ['Về', 'About'], state: ['Trạng thái', 'State'], lead: ['Chủ trì', 'Lead'], due: ['Hạn gần nhất', 'Next due'], none: ['chưa nạp hạn', 'no standard loaded'],
  requests: ['{n} yêu cầu', '{n} requests'], tasks: ['{n} việc', '{n} tasks'], proposals: ['{n} quyết định', '{n} decisions'], leads: ['nhận chủ trì', 'take the lead'], late: ['{n} quá hạn', '{n} late'], statistics: ['Thống kê vụ việc của đơn vị', 'Counts of our casefiles'], by_state: ['Theo trạng thái', 'By state'], by_severity: ['Theo mức', 'By severity'], last: ['Mới nhất', 'Last'], ago: ['{long} trước', '{long} ago'],
} as const;
export const SEVERITY_TINT: { readonly [severity: string]: Tint } = { critical: 'bad', high: 'warn', medium: 'info', low: 'plain' };

export default function Cases() {
  const [, , , id] = place.value.split('/');
  return id ? <CasePage key={id} id={id} /> : <List />;
}

function List() {
  const [which, setWhich] = useState<'waiting' | 'open' | 'closed'>('open');
  const [typed, setTyped] = useState('');
  const [code, setCode] = useState<string | null>(null);
  useScans('elsewhere', (scan) => (scan.code !== null && (scan.what === 'item' || scan.what === 'label' || scan.what === 'bag') ? setCode(scan.code) : play('unknown')));
  const q = typed.trim();
  const loaded = useLive(`cases ${which} ${q.length >= 2 ? q : ''} ${code ?? ''}`, () => readCases({ open: which === 'closed' ? 'closed' : 'open', ...(which === 'waiting' ? { waiting: '1' } : {}), ...(q.length >= 2 ? { q } : {}), ...(code === null ? {} : { code }) }), () => true);
  return (
    <div class="cases stack">
      <div class="title-row"><h1>{say(W.title)}</h1></div>
      <div class="row flag-filters">
        <Choice label={say(W.show)} compact value={which} onChange={setWhich} options={(['open', 'waiting', 'closed'] as const).map((value) => ({ value, text: say(W[value]) }))} />
        <Field label={say(W.find)} value={typed} onInput={(value) => { setTyped(value); setCode(null); }} max={80} name="case-find" />
        {code === null ? null : <Badge>{grouped(code)}</Badge>}
      </div>
      <Reading loaded={loaded}>{(rows) => (
        <Table caption={say(W.title)} rows={rows} keyOf={(row) => row.casefile_id} empty={say(W.empty)} tintOf={(row) => (row.late > 0 ? 'bad' : waitingOf(row).length > 0 ? 'warn' : 'plain')} columns={[
          { head: say(W.no), cell: (row) => <a class="code" href={`/desk/cases/${row.casefile_id}`}>{row.case_no}</a> }, { head: say(W.about), cell: (row) => <>{row.title ?? ''} <span class="code soft">{row.codes.slice(0, 2).map(grouped).join(' · ')}{row.codes.length > 2 ? ` +${row.codes.length - 2}` : ''}</span></>, wide: true },
          { head: say(W.state), cell: (row) => <span class="row"><Badge tint={SEVERITY_TINT[row.severity] ?? 'plain'}>{either(row.severity_vi, row.severity_en)}</Badge>{either(row.state_vi, row.state_en)}</span> }, { head: say(W.waiting), cell: (row) => waitingOf(row).join(', ') || '—' },
          { head: say(W.lead), cell: (row) => partyName(row.lead_party) }, { head: say(W.due), cell: (row) => (row.next_due_at === null ? <span class="soft">—</span> : <>{dateTime(row.next_due_at)} {row.late > 0 ? <Badge tint="bad">{say(W.late, { n: row.late })}</Badge> : null}</>) },
          { head: say(W.last), cell: (row) => say(W.ago, { long: span(machine.outbox.now() - Date.parse(row.last_at)) }) },
        ]} />
      )}</Reading>
      <Statistics />
    </div>
  );
}

const waitingOf = ({ waiting }: CaseRow): string[] => [
  waiting.proposals > 0 ? say(W.proposals, { n: waiting.proposals }) : '', waiting.requests > 0 ? say(W.requests, { n: waiting.requests }) : '', waiting.tasks > 0 ? say(W.tasks, { n: waiting.tasks }) : '', waiting.lead > 0 ? say(W.leads) : '',
].filter(Boolean);

function Statistics() {
  const loaded = useLoad('case statistics', () => ask(api.cases.statistics.$get()));
  return (
    <details><summary>{say(W.statistics)}{loaded.data ? ` · ${number(loaded.data.total)}` : ''}</summary>
      <Reading loaded={loaded}>{(data) => (
        <div class="columns">
          <BarChart title={say(W.by_state)} empty="0" bars={Object.entries(data.by_state).map(([state, value]) => ({ label: say(CASE_STATES[state as CaseState]).slice(0, 20), value }))} />
          <BarChart title={say(W.by_severity)} empty="0" bars={Object.entries(data.by_severity).map(([severity, value]) => ({ label: say(SEVERITIES[severity as Severity]), value }))} />
        </div>
      )}</Reading>
    </details>
  );
}
