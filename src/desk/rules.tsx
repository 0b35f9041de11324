// Screening rules: every version with what it hit and what came of it; replayed on past traffic before another person puts it in force.

import './tracing.css';
import './liaison.css';
import { useState } from 'preact/hooks';
import { Propose } from './rule_propose.tsx';
import { Replays } from './rule_replay.tsx';
import { api, ask, go, may, place } from './state.ts';
import { Badge, Button, Choice, Field, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords, Tint } from './ui.tsx';
import { dateTime, either, number, say } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Quy tắc sàng lọc', 'Screening rules'], show: ['Hiện', 'Show'], published: ['Đang áp dụng', 'In force'], draft: ['Dự thảo', 'Drafts'], ended: ['Đã dừng', 'Ended'], find: ['Lọc theo mã, tên', 'Filter by code or name'], propose: ['Đề nghị quy tắc', 'Propose a rule'], change: ['Đề nghị phiên bản mới', 'Propose a new version'],
  empty: ['Chưa có quy tắc nào ở trạng thái này.', 'No rule is in this state.'], code: ['Mã', 'Code'], name: ['Tìm gì', 'Looks for'], effect: ['Tác dụng', 'Effect'], hits: ['Lần chạm', 'Hits'], precision: ['Đúng', 'Precision'], unknown: ['chưa có kết luận', 'no outcome yet'], outcomes: ['{confirmed} vi phạm · {cleared} sạch', '{confirmed} confirmed · {cleared} cleared'], version: ['phiên bản {n}', 'version {n}'],
  back: ['Về danh sách', 'Back to the list'], expression: ['Điều kiện (CEL)', 'Condition (CEL)'], kinds: ['Hỏi tại mốc', 'Asked at'], basis: ['Căn cứ', 'Legal basis'], none: ['không nêu', 'none named'], author: ['Người đề nghị', 'Proposed by'], publisher: ['Người công bố', 'Published by'], valid: ['Hiệu lực', 'In force'], last: ['Chạm lần cuối', 'Last hit'], never: ['chưa lần nào', 'never'],
  publish: ['Công bố', 'Publish'], end: ['Dừng quy tắc', 'End the rule'], withdraw: ['Rút dự thảo', 'Withdraw the draft'], sure_end: ['Bấm lần nữa để dừng', 'Press again to end it'], other: ['Người công bố phải khác người đề nghị; máy chủ kiểm tra.', 'Whoever publishes is not who proposed; the server checks.'], history: ['Các phiên bản và hiệu quả', 'Versions and how well they do'],
} as const;
export type Rule = {
  rule_version_id: string; rule_code: string; version: number; name_vi: string; name_en: string; severity: string; severity_vi: string; severity_en: string; effect: string; effect_vi: string; effect_en: string; audience: string; kinds: string[]; service_classes: string[] | null; office_codes: string[] | null; expression: string; act_code: string | null;
  author: string; publisher: string | null; authored_at: string; published_at: string | null; valid_from: string; valid_until: string; ended_at: string | null; last_hit_at: string | null; hits: number; units: number; confirmed: number; cleared: number; precision: number | null; state: 'draft' | 'published' | 'ended';
};
export const readRules = async (query: { state?: Rule['state']; rule_code?: string }): Promise<Rule[]> => (await ask(api.rules.$get({ query }))).rows as unknown as Rule[];
const STATES: { readonly [S in Rule['state']]: { words: Pair; tint: Tint } } = { draft: { words: W.draft, tint: 'info' }, published: { words: W.published, tint: 'good' }, ended: { words: W.ended, tint: 'plain' } };
export const SEVERITY_TINTS: { readonly [severity: string]: Tint } = { critical: 'bad', high: 'warn', medium: 'info', low: 'plain' };
export const percent = (part: number | null): string => (part === null ? '–' : `${number(Math.round(part * 1000) / 10)} %`);

export default function Rules() {
  const [, , , id] = place.value.split('/');
  if (id === 'new') return <Propose from={null} />;
  return id ? <One key={id} id={id} /> : <List />;
}

function List() {
  const [state, setState] = useState<Rule['state']>('published');
  const [typed, setTyped] = useState('');
  const loaded = useLoad(`rules ${state}`, () => readRules({ state }));
  const q = typed.trim().toLocaleLowerCase('vi');
  return (
    <div class="rules">
      <div class="title-row"><h1>{say(W.title)}</h1>{may('rule.write') ? <Button kind="main" onPress={() => go('/desk/rules/new')}>{say(W.propose)}</Button> : null}</div>
      <div class="row flag-filters"><Choice label={say(W.show)} compact value={state} onChange={setState} options={(['published', 'draft', 'ended'] as const).map((value) => ({ value, text: say(STATES[value].words) }))} /><Field label={say(W.find)} value={typed} onInput={setTyped} max={40} /></div>
      <Reading loaded={loaded}>{(rows) => (
        <Table caption={say(STATES[state].words)} rows={rows.filter((row) => q === '' || `${row.rule_code} ${row.name_vi} ${row.name_en}`.toLocaleLowerCase('vi').includes(q))} keyOf={(row) => row.rule_version_id} empty={say(W.empty)} columns={[
          { head: say(W.code), cell: (row) => <a class="code" href={`/desk/rules/${row.rule_version_id}`}>{row.rule_code}</a> }, { head: say(W.name), cell: (row) => <>{either(row.name_vi, row.name_en)} <span class="soft">{say(W.version, { n: row.version })}</span></>, wide: true },
          { head: say(W.effect), cell: (row) => <span class="row"><Badge tint={SEVERITY_TINTS[row.severity] ?? 'plain'}>{either(row.severity_vi, row.severity_en).split(':')[0]}</Badge>{either(row.effect_vi, row.effect_en)}</span> },
          { head: say(W.hits), cell: (row) => number(row.hits), number: true }, { head: say(W.precision), cell: (row) => (row.precision === null ? <span class="soft">{say(W.unknown)}</span> : <>{percent(row.precision)} <span class="soft">{say(W.outcomes, { confirmed: row.confirmed, cleared: row.cleared })}</span></>), number: true },
        ]} />
      )}</Reading>
    </div>
  );
}

function One({ id }: { id: string }) {
  const [changing, setChanging] = useState(false);
  const loaded = useLoad(`rule ${id}`, async () => {
    const mine = (await readRules({})).find((row) => row.rule_version_id === id);
    return mine ? { mine, versions: await readRules({ rule_code: mine.rule_code }) } : null;
  });
  return (
    <Reading loaded={loaded}>{(found) => (found === null ? <div class="empty"><a href="/desk/rules">{say(W.back)}</a></div> : changing ? <Propose from={found.mine} /> : <Shown rule={found.mine} versions={found.versions} onDone={loaded.reload} onChange={() => setChanging(true)} />)}</Reading>
  );
}

function Shown({ rule, versions, onDone, onChange }: { rule: Rule; versions: readonly Rule[]; onDone: () => void; onChange: () => void }) {
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [sure, setSure] = useState(false);
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    setProblem(null);
    await work().then(onDone, (error: unknown) => setProblem(wordsOf(error)));
  };
  const param = { rule_version_id: rule.rule_version_id };
  const end = (): unknown => (sure ? run(() => ask(api.rules[':rule_version_id'].end.$post({ param }))).then(() => setSure(false)) : setSure(true));
  return (
    <div class="rules stack">
      <div class="title-row">
        <h1><span class="code">{rule.rule_code}</span> {either(rule.name_vi, rule.name_en)}</h1><Badge tint={STATES[rule.state].tint}>{say(STATES[rule.state].words)}</Badge>
        <Button kind="quiet" onPress={() => go('/desk/rules')}>‹ {say(W.back)}</Button>
      </div>
      {problem ? <Refusal problem={problem} /> : null}
      <div class="columns">
        <section class="card" aria-label={rule.rule_code}>
          <dl class="facts">
            <dt>{say(W.effect)}</dt><dd><Badge tint={SEVERITY_TINTS[rule.severity] ?? 'plain'}>{either(rule.severity_vi, rule.severity_en)}</Badge> {either(rule.effect_vi, rule.effect_en)}</dd>
            <dt>{say(W.kinds)}</dt><dd>{rule.kinds.join(', ')}</dd><dt>{say(W.basis)}</dt><dd>{rule.act_code ?? say(W.none)}</dd>
            <dt>{say(W.author)}</dt><dd>{rule.author} · {dateTime(rule.authored_at)}</dd><dt>{say(W.publisher)}</dt><dd>{rule.publisher ? `${rule.publisher} · ${dateTime(rule.published_at ?? rule.authored_at)}` : '—'}</dd>
            <dt>{say(W.valid)}</dt><dd>{dateTime(rule.valid_from)} – {dateTime(rule.ended_at ?? rule.valid_until)}</dd><dt>{say(W.last)}</dt><dd>{rule.last_hit_at ? dateTime(rule.last_hit_at) : say(W.never)}</dd>
          </dl>
          <h3>{say(W.expression)}</h3><pre class="expression" tabIndex={0}>{rule.expression}</pre>
          <div class="row">
            {may('rule.publish') && rule.state === 'draft' ? <Button kind="main" onPress={() => run(() => ask(api.rules[':rule_version_id'].publish.$post({ param })))}>{say(W.publish)}</Button> : null}
            {may('rule.write') ? <Button onPress={onChange}>{say(W.change)}</Button> : null}
            {may('rule.publish') && rule.state !== 'ended' ? <Button kind="danger" onPress={end}>{say(sure ? W.sure_end : rule.state === 'draft' ? W.withdraw : W.end)}</Button> : null}
          </div>
          {rule.state === 'draft' ? <p class="soft">{say(W.other)}</p> : null}
        </section>
        <section class="card">
          <Table caption={say(W.history)} rows={versions} keyOf={(row) => row.rule_version_id} empty="" columns={[
            { head: say(W.code), cell: (row) => (row === rule ? <strong>{say(W.version, { n: row.version })}</strong> : <a href={`/desk/rules/${row.rule_version_id}`}>{say(W.version, { n: row.version })}</a>) }, { head: say(W.show), cell: (row) => <Badge tint={STATES[row.state].tint}>{say(STATES[row.state].words)}</Badge> },
            { head: say(W.hits), cell: (row) => number(row.hits), number: true }, { head: say(W.precision), cell: (row) => `${percent(row.precision)} (${number(row.confirmed)}/${number(row.confirmed + row.cleared)})`, number: true },
          ]} />
        </section>
      </div>
      <Replays rule={rule} onDone={onDone} />
    </div>
  );
}
