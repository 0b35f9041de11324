// A version on past traffic: what it would have hit, the load an office would have had a day, and how often it would have been right.

import { useState } from 'preact/hooks';
import { civilDate } from '../base/time.ts';
import { grouped } from '../domain/code.ts';
import { BarChart } from './charts.tsx';
import { machine, nameOf } from './machine.ts';
import { percent } from './rules.tsx';
import type { Rule } from './rules.tsx';
import { api, ask, may } from './state.ts';
import { Button, Field, Figure, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, number, say } from './words.ts';

const W = {
  title: ['Chạy lại trên lưu lượng đã qua', 'Replay on past traffic'], from: ['Từ ngày (năm-tháng-ngày)', 'From day (year-month-day)'], to: ['Đến ngày', 'To day'], run: ['Chạy lại', 'Replay'], running: ['Đang chạy qua từng giờ lưu lượng…', 'Running through the traffic hour by hour…'], seen: ['mốc được hỏi', 'checkpoints asked'], units: ['bưu gửi sẽ bị chạm', 'items it would hit'], per_day: ['mỗi ngày, cả mạng', 'a day, everywhere'],
  precision: ['đúng, theo kết luận đã có', 'right, by known outcomes'], fresh: ['mới so với bản đang áp dụng: {n}; mất đi: {lost}', 'new against the version in force: {n}; lost: {lost}'], days: ['Số chạm theo ngày', 'Hits by day'], offices: ['Tải mỗi bưu cục', 'Load an office'], office: ['Bưu cục', 'Office'], hits: ['Chạm', 'Hits'], a_day: ['Mỗi ngày', 'A day'], worst: ['Ngày cao nhất', 'Worst day'],
  none: ['Không chạm bưu gửi nào.', 'It hits nothing.'], examples: ['Ví dụ', 'Examples'], earlier: ['Các lần chạy trước', 'Earlier replays'], never: ['Chưa chạy lần nào: chưa công bố được.', 'Never replayed: it cannot be published yet.'], code: ['Số hiệu', 'Number'], at: ['Lúc', 'At'], facts: ['Dữ kiện', 'Facts'], by: ['Người chạy', 'By'], span: ['Khoảng', 'Days'],
} as const;
type Shown = { seen: number; hits: number; units: number; by_office_day: { day: string; office_code: string; seen: number; hits: number }[]; confirmed: number; cleared: number; undecided: number; precision: number | null; new_hits: number; lost_hits: number; from_day: string; to_day: string; examples: { code: string; checkpoint_id: string; at: string; office_code: string | null; facts: { [fact: string]: unknown } }[] };
type Earlier = { replayed_at: string; from_day: string; to_day: string; seen: number; hits: number; confirmed: number; cleared: number; replayed_by: string };
const REPLAY_MS = 120_000;

export function Replays({ rule, onDone }: { rule: Rule; onDone: () => void }) {
  const today = civilDate(machine.outbox.now());
  const [from, setFrom] = useState(() => civilDate(machine.outbox.now() - 13 * 86_400_000));
  const [to, setTo] = useState(today);
  const [shown, setShown] = useState<Shown | null>(null);
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const param = { rule_version_id: rule.rule_version_id };
  const earlier = useLoad<Earlier[]>(`replays ${rule.rule_version_id}`, async () => (await ask(api.rules[':rule_version_id'].replays.$get({ param }))).rows as unknown as Earlier[]);
  const run = async (): Promise<void> => {
    setProblem(null);
    setRunning(true);
    try {
      // Three months of a busy province take longer than other answers may.
      setShown((await ask(api.rules[':rule_version_id'].replay.$post({ param, json: { from_day: from, to_day: to } }, { init: { signal: AbortSignal.timeout(REPLAY_MS) } }))) as unknown as Shown);
      earlier.reload();
      onDone();
    } catch (error) {
      setProblem(wordsOf(error));
    }
    setRunning(false);
  };
  return (
    <section class="stack" aria-label={say(W.title)}>
      <h2>{say(W.title)}</h2>
      {may('rule.write') ? <div class="row flag-filters"><Field label={say(W.from)} value={from} onInput={setFrom} max={10} name="from-day" /><Field label={say(W.to)} value={to} onInput={setTo} max={10} name="to-day" /><Button kind="main" busy={running} onPress={run}>{say(W.run)}</Button></div> : null}
      {running ? <p role="status">{say(W.running)}</p> : null}
      {problem ? <Refusal problem={problem} /> : null}
      {shown ? <Result shown={shown} /> : null}
      <Reading loaded={earlier}>{(rows) => (
        <Table caption={say(W.earlier)} rows={rows} keyOf={(row) => row.replayed_at} empty={say(W.never)} columns={[
          { head: say(W.at), cell: (row) => dateTime(row.replayed_at) }, { head: say(W.by), cell: (row) => row.replayed_by }, { head: say(W.span), cell: (row) => `${row.from_day} – ${row.to_day}` },
          { head: say(W.seen), cell: (row) => number(row.seen), number: true }, { head: say(W.units), cell: (row) => number(row.hits), number: true }, { head: say(W.precision), cell: (row) => percent(row.confirmed + row.cleared === 0 ? null : row.confirmed / (row.confirmed + row.cleared)), number: true },
        ]} />
      )}</Reading>
    </section>
  );
}

function Result({ shown }: { shown: Shown }) {
  const days = Math.round((Date.parse(shown.to_day) - Date.parse(shown.from_day)) / 86_400_000) + 1;
  const byDay = [...Map.groupBy(shown.by_office_day, (cell) => cell.day)].map(([day, cells]) => ({ label: day, value: cells.reduce((sum, cell) => sum + cell.hits, 0) })).filter((bar) => bar.value > 0);
  const byOffice = [...Map.groupBy(shown.by_office_day, (cell) => cell.office_code)].map(([office_code, cells]) => ({ office_code, hits: cells.reduce((sum, cell) => sum + cell.hits, 0), seen: cells.reduce((sum, cell) => sum + cell.seen, 0), worst: Math.max(...cells.map((cell) => cell.hits)) })).toSorted((a, b) => b.hits - a.hits);
  return (
    <>
      <div class="kpis"><Figure value={number(shown.seen)} label={say(W.seen)} /><Figure value={number(shown.units)} label={say(W.units)} /><Figure value={number(Math.round((shown.hits / days) * 10) / 10)} label={say(W.per_day)} /><Figure value={percent(shown.precision)} label={say(W.precision)} /></div>
      <p class="soft">{say(W.fresh, { n: shown.new_hits, lost: shown.lost_hits })}</p>
      <div class="columns">
        <BarChart title={say(W.days)} bars={byDay.slice(-14)} empty={say(W.none)} />
        <section class="card">
          <Table caption={say(W.offices)} rows={byOffice} keyOf={(row) => row.office_code} empty={say(W.none)} columns={[
            { head: say(W.office), cell: (row) => nameOf('offices', row.office_code) }, { head: say(W.seen), cell: (row) => number(row.seen), number: true }, { head: say(W.hits), cell: (row) => number(row.hits), number: true }, { head: say(W.a_day), cell: (row) => number(Math.round((row.hits / days) * 10) / 10), number: true }, { head: say(W.worst), cell: (row) => number(row.worst), number: true },
          ]} />
        </section>
      </div>
      <Table caption={say(W.examples)} rows={shown.examples} keyOf={(row) => row.checkpoint_id} empty={say(W.none)} columns={[
        { head: say(W.code), cell: (row) => <a class="code" href={`/desk/item/${row.code}`}>{grouped(row.code)}</a> }, { head: say(W.at), cell: (row) => dateTime(row.at) }, { head: say(W.office), cell: (row) => nameOf('offices', row.office_code) }, { head: say(W.facts), cell: (row) => Object.entries(row.facts).map(([fact, value]) => `${fact} = ${Array.isArray(value) ? value.join(', ') : String(value)}`).join('; '), wide: true },
      ]} />
    </>
  );
}
