// Triage: what rules hit, people held and lists keep, one row a unit, gravest first. Three keys a flag: which, what, why. Everything
// can be undone for ten seconds; whatever is decided says who and why, and the next flag is already under the hand.

import './tracing.css';
import './liaison.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { FlagDetail } from './flag_detail.tsx';
import { readCases } from './case_read.ts';
import type { CaseRow } from './case_read.ts';
import { assign, defer, dismiss, dismissals, free, headline, joinTo, levelOf, look, openFor, people, releaseFlag, reopen, useQueue } from './flags_read.ts';
import type { Flag } from './flags_read.ts';
import { keysOn, useKeys } from './keys.ts';
import { machine, nameOf, useCommand, useScans } from './machine.ts';
import { play } from './sound.ts';
import { go, may, me } from './state.ts';
import { Badge, Button, Choice, Dialog, Field, Notice, Refusal, Table, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, number, say, span, time } from './words.ts';

const W = {
  title: ['Hàng chờ cờ', 'Flags'], counts: ['{open} mở · {critical} nguy cấp · lúc {at}', '{open} open · {critical} critical · at {at}'], show: ['Hiện', 'Show'], all: ['Tất cả', 'All'], mine: ['Của tôi', 'Mine'], nobodys: ['Chưa giao', 'Nobody’s'], grave: ['Cao trở lên', 'High and above'], later: ['Đã hẹn', 'Put off'], cases: ['Trong vụ việc', 'In a casefile'],
  find: ['Lọc theo số hiệu, lý do', 'Filter by number or reason'], keys: ['Phím tắt', 'Keys'], empty: ['Không có cờ nào chờ. Hàng chờ tự cập nhật.', 'No flag waits. The queue keeps itself up to date.'], none: ['Không có cờ nào khớp bộ lọc.', 'No flag matches the filter.'], loading: ['Đang tải…', 'Loading…'],
  marked: ['Đã đánh dấu {n}', '{n} marked'], why: ['Vì sao bác?', 'Why dismissed?'], until: ['Hẹn lại đến khi nào?', 'Put off until when?'], whom: ['Giao cho ai?', 'Give it to whom?'], join: ['Gộp vào vụ việc nào?', 'Add to which casefile?'], release: ['Giải tỏa vì sao?', 'Released why?'], opened: ['Đã mở {n} vụ việc', '{n} casefiles opened'], joined: ['Đã gộp {n} vào {no}', '{n} added to {no}'], released: ['Đã giải tỏa {n}', '{n} released'], in_case: ['Đang trong vụ việc {no}', 'In casefile {no}'], hour: ['1 giờ nữa', 'In 1 hour'], hours: ['4 giờ nữa', 'In 4 hours'], tomorrow: ['24 giờ nữa', 'In 24 hours'],
  dismissed: ['Đã bác {n}: {why}', '{n} dismissed: {why}'], deferred: ['Đã hẹn {n}', '{n} put off'], assigned: ['Đã giao {n} cho {who}', '{n} given to {who}'], undo: ['Hoàn tác', 'Undo'], undone: ['Đã hoàn tác {n}', '{n} undone'], cancel: ['Thôi', 'Cancel'],
  bulk: ['Làm với {n} cờ đã đánh dấu', 'For {n} marked flags'], confirm: ['Đồng ý, làm', 'Do it'], results: ['Kết quả từng cờ', 'Result of each'], done: ['xong', 'done'], code: ['Số hiệu', 'Number'], result: ['Kết quả', 'Result'], reason: ['Lý do', 'Reason'],
  not_here: ['{code} không có cờ nào đang chờ.', '{code} has no flag waiting.'], busy: ['{who} đang xem cờ này.', '{who} has this flag open.'], take: ['Vẫn xử lý', 'Handle it anyway'], read_only: ['Bạn xem được, không quyết được.', 'You may look, not decide.'],
  key: ['Phím', 'Key'], does: ['Làm gì', 'Does'], on: ['Dùng phím đơn trên máy này', 'Use single keys on this machine'], list: ['Danh sách cờ', 'List of flags'], held: ['giữ', 'held'], cleared: ['chờ giải tỏa', 'to be released'], looking: ['{who} đang xem', '{who} has it open'],
} as const;
const KEY_WORDS = [['J ↓ / K ↑', ['Cờ sau / trước', 'Next / previous']], ['Enter', ['Mở hành trình bưu gửi', 'Open the road of the item']], ['X', ['Đánh dấu để làm nhiều cờ', 'Mark, to do several']], ['1', ['Mở vụ việc', 'Open a casefile']], ['2', ['Gộp vào vụ việc đang mở', 'Add to an open casefile']], ['3', ['Bác, chọn lý do', 'Dismiss, choose the reason']], ['H', ['Hẹn lại', 'Put off']], ['A', ['Giao cho người khác', 'Give to somebody']], ['G', ['Giải tỏa cái đã bác mà còn giữ', 'Release what was dismissed and is still held']], ['/', ['Lọc', 'Filter']], ['Ctrl+Z', ['Hoàn tác trong 10 giây', 'Undo within 10 seconds']], ['?', ['Bảng này', 'This table']]] as const;
const UNDO_MS = 10_000;
const HOUR_MS = 3_600_000;

type Which = 'all' | 'mine' | 'nobodys' | 'grave' | 'later' | 'cases';
type Ask = 'dismiss' | 'defer' | 'assign' | 'join' | 'release' | 'keys' | null;
type Step = { words: string; work: (flag: Flag) => Promise<unknown>; back: ((code: string) => Promise<unknown>) | null };
type Undo = { words: string; codes: string[]; back: (code: string) => Promise<unknown> };
type Result = { code: string; problem: ProblemWords | null };

export default function Flags() {
  const queue = useQueue();
  const [which, setWhich] = useState<Which>('all');
  const [typed, setTyped] = useState('');
  const [selected, setSelected] = useState<string | null>(null);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<Ask>(null);
  const [taken, setTaken] = useState<string | null>(null);
  const [bulk, setBulk] = useState<Step | null>(null);
  const [results, setResults] = useState<Result[] | null>(null);
  const [undo, setUndo] = useState<Undo | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [team, setTeam] = useState<Awaited<ReturnType<typeof people>>>([]);
  /** Decided here a moment ago: gone from the list before the server has been asked again. */
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [files, setFiles] = useState<readonly CaseRow[]>([]);
  const list = useRef<HTMLOListElement>(null);
  const filter = useRef<HTMLDivElement>(null);
  useEffect(() => void people().then(setTeam, () => undefined), []);
  useEffect(() => setGone(new Set()), [queue.flags]);
  useEffect(() => {
    if (undo === null) return;
    const timer = setTimeout(() => setUndo(null), UNDO_MS);
    return () => clearTimeout(timer);
  }, [undo]);

  const all = (queue.flags ?? []).filter((flag) => !gone.has(flag.code));
  const shown = all.filter((flag) => matches(flag, which, typed));
  const at = Math.max(0, shown.findIndex((flag) => flag.code === selected));
  const flag = shown[at] ?? null;
  const locked = flag !== null && flag.looking.length > 0 && taken !== flag.code;
  const mayDecide = may('item.screen');
  useEffect(() => {
    if (flag === null || !mayDecide) return;
    const timer = setTimeout(() => void look(flag.code).catch(() => undefined), 400);
    return () => clearTimeout(timer);
  }, [flag?.code]);

  const move = (by: number): void => {
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + by))];
    if (!next) return;
    setSelected(next.code);
    setAsking(null);
    setTimeout(() => list.current?.querySelector('[aria-current=true]')?.scrollIntoView({ block: 'nearest' }), 20);
  };
  const mark = (): void => {
    if (flag) setMarked((before) => (before.has(flag.code) ? new Set([...before].filter((code) => code !== flag.code)) : new Set([...before, flag.code])));
  };
  const targets = (): Flag[] => (marked.size > 0 ? shown.filter((row) => marked.has(row.code)) : flag ? [flag] : []);

  async function perform(step: Step, on: readonly Flag[]): Promise<void> {
    setProblem(null);
    setSaid(null);
    const done: Result[] = [];
    for (const row of on) {
      try {
        await step.work(row);
        done.push({ code: row.code, problem: null });
      } catch (error) {
        done.push({ code: row.code, problem: wordsOf(error) });
      }
    }
    const well = done.filter((row) => row.problem === null).map((row) => row.code);
    if (on.length > 1) setResults(done);
    else if (done[0]?.problem) setProblem(done[0].problem);
    if (well.length > 0) {
      // The one after the last that was done comes under the hand.
      const left = shown.filter((row) => !well.includes(row.code));
      setSelected(left[Math.min(at, left.length - 1)]?.code ?? null);
      setGone(new Set([...gone, ...well]));
      if (step.back) setUndo({ words: step.words, codes: well, back: step.back });
      setSaid(step.words);
      play('matched');
    } else play('warning');
    setMarked(new Set());
    await queue.again();
  }
  const start = (step: Step): void => {
    setAsking(null);
    const on = targets();
    if (on.length > 1) setBulk(step);
    else void perform(step, on);
  };
  const takeBack = async (): Promise<void> => {
    if (undo === null) return;
    const { codes, back } = undo;
    setUndo(null);
    try {
      for (const code of codes) await back(code);
      setSaid(say(W.undone, { n: codes.length }));
      setSelected(codes[0] ?? null);
      play('undone');
    } catch (error) {
      setProblem(wordsOf(error));
    }
    await queue.again();
  };
  useCommand('undo', takeBack);
  useScans('elsewhere', (scan) => {
    const found = all.find((row) => row.code === scan.code);
    if (!found) {
      play('unknown');
      return setSaid(say(W.not_here, { code: grouped(scan.code ?? scan.text) }));
    }
    setWhich(found.casefile ? 'cases' : found.deferred_until ? 'later' : 'all');
    setTyped('');
    setSelected(found.code);
    setAsking(null);
    setSaid(null);
    play('matched');
  });

  const options: { words: string; step: Step }[] =
    asking === 'dismiss' ? dismissals().map((row) => ({ words: either(row.vi, row.en), step: { words: say(W.dismissed, { n: targets().length, why: either(row.vi, row.en) }), work: (on) => dismiss(on.code, row.reason_code), back: reopen } }))
    : asking === 'defer' ? ([[W.hour, 1], [W.hours, 4], [W.tomorrow, 24]] as const).map(([words, hours]) => ({ words: say(words), step: { words: say(W.deferred, { n: targets().length }), work: (on) => defer(on.code, machine.outbox.now() + hours * HOUR_MS), back: free } }))
    : asking === 'assign' ? team.slice(0, 9).map((who) => ({ words: who.full_name, step: { words: say(W.assigned, { n: targets().length, who: who.full_name }), work: (on) => assign(on.code, who.person_id), back: free } }))
    : asking === 'join' ? files.slice(0, 9).map((file) => ({ words: `${file.case_no} ${file.title ?? ''}`, step: { words: say(W.joined, { n: targets().length, no: file.case_no }), work: (on) => joinTo(file.casefile_id, on), back: null } }))
    : asking === 'release' ? dismissals().map((row) => ({ words: either(row.vi, row.en), step: { words: say(W.released, { n: targets().length }), work: (on) => releaseFlag(on, row.reason_code), back: null } }))
    : [];
  const mayHandle = may('case.handle');
  const begin = (what: 'dismiss' | 'defer' | 'assign' | 'join' | 'release') => (): void => {
    if (!mayDecide || locked || targets().length === 0) return;
    setAsking(what);
    if (what === 'join') void readCases({ open: 'open' }).then(setFiles, () => undefined);
  };
  const open = (): void => {
    if (mayHandle && !locked) start({ words: say(W.opened, { n: targets().length }), work: openFor, back: null });
  };
  const releasable = flag !== null && flag.held && flag.outcome === 'cleared' && may('item.release_hold');
  const pick = (i: number) => (): void => {
    const option = options[i];
    if (option) start(option.step);
    else if (asking === null) [open, mayHandle ? begin('join') : undefined, begin('dismiss')][i]?.();
  };
  useKeys({
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1), x: mark, h: begin('defer'), a: begin('assign'), g: () => releasable && begin('release')(), Enter: () => flag && go(`/desk/item/${flag.code}`),
    '/': () => filter.current?.querySelector('input')?.focus(), '?': () => setAsking('keys'), Escape: () => setAsking(null), ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [String(i + 1), pick(i)])),
  });

  return (
    <div class="flags">
      <div class="title-row">
        <h1>{say(W.title)}</h1>
        {queue.at === null ? null : <span class="soft">{say(W.counts, { open: all.length, critical: all.filter((row) => row.severity === 'critical').length, at: time(queue.at) })}</span>}
        <Button kind="quiet" keys="?" onPress={() => setAsking('keys')}>{say(W.keys)}</Button>
      </div>
      <div class="row flag-filters">
        <Choice label={say(W.show)} compact value={which} onChange={setWhich} options={(['all', 'mine', 'nobodys', 'grave', 'later', ...(mayHandle ? (['cases'] as const) : [])] as const).map((value) => ({ value, text: say(W[value]) }))} />
        <div ref={filter}><Field label={say(W.find)} value={typed} onInput={setTyped} max={40} name="flag-filter" /></div>
      </div>
      {queue.problem ? <Refusal problem={queue.problem} urgent={false} /> : null}
      {problem ? <Refusal problem={problem} /> : null}
      <div class="flag-said" role="status">{said}{undo ? <Button keys="Ctrl+Z" onPress={takeBack}>{say(W.undo)}</Button> : null}</div>
      {queue.flags === null ? <p class="loading" role="status">{say(W.loading)}</p> : shown.length === 0 ? <div class="empty">{say(all.length === 0 ? W.empty : W.none)}</div> : (
        <div class="flag-columns">
          <ol class="flag-list" ref={list} aria-label={say(W.list)}>
            {shown.map((row) => <li key={row.code}><Row flag={row} current={row === flag} marked={marked.has(row.code)} onPick={() => { setSelected(row.code); setAsking(null); }} /></li>)}
          </ol>
          {flag ? (
            <FlagDetail flag={flag}>
              {locked ? <Notice tint="warn">{say(W.busy, { who: flag.looking.join(', ') })} <Button onPress={() => setTaken(flag.code)}>{say(W.take)}</Button></Notice> : null}
              {flag.casefile ? <Notice><a href={`/desk/cases/${flag.casefile.casefile_id}`}>{say(W.in_case, { no: flag.casefile.case_no })}</a></Notice> : null}
              {marked.size > 0 ? <p><strong>{say(W.marked, { n: marked.size })}</strong></p> : null}
              {!mayDecide ? <p class="soft">{say(W.read_only)}</p> : options.length > 0 ? (
                <fieldset class="flag-options">
                  <legend>{say(asking === 'dismiss' ? W.why : asking === 'defer' ? W.until : asking === 'join' ? W.join : asking === 'release' ? W.release : W.whom)}</legend>
                  {options.map((option, i) => <Button key={option.words} keys={String(i + 1)} onPress={() => start(option.step)}>{option.words}</Button>)}
                  <Button kind="quiet" keys="Esc" onPress={() => setAsking(null)}>{say(W.cancel)}</Button>
                </fieldset>
              ) : (
                <div class="row">
                  {mayHandle && flag.casefile === null ? <><Button kind="main" keys="1" disabled={locked} onPress={open}>{say(['Mở vụ việc', 'Open a casefile'])}</Button><Button keys="2" disabled={locked} onPress={begin('join')}>{say(['Gộp', 'Join'])}</Button></> : null}
                  {releasable ? <Button kind="main" keys="G" disabled={locked} onPress={begin('release')}>{say(['Giải tỏa', 'Release'])}</Button> : null}
                  <Button keys="3" disabled={locked} onPress={begin('dismiss')}>{say(['Bác', 'Dismiss'])}</Button>
                  <Button keys="H" disabled={locked} onPress={begin('defer')}>{say(['Hẹn', 'Put off'])}</Button>
                  <Button keys="A" disabled={locked} onPress={begin('assign')}>{say(['Giao', 'Give'])}</Button>
                  <Button keys="X" onPress={mark} pressed={marked.has(flag.code)}>{say(['Đánh dấu', 'Mark'])}</Button>
                </div>
              )}
            </FlagDetail>
          ) : null}
        </div>
      )}
      {asking === 'keys' ? <Keys onClose={() => setAsking(null)} /> : null}
      {bulk ? <Bulk step={bulk} on={targets()} onClose={() => setBulk(null)} onDo={() => { const step = bulk; setBulk(null); return perform(step, targets()); }} /> : null}
      {results ? (
        <Dialog title={say(W.results)} onClose={() => setResults(null)}>
          <Table caption={say(W.results)} rows={results} keyOf={(row) => row.code} empty="" columns={[{ head: say(W.code), cell: (row) => <span class="code">{grouped(row.code)}</span> }, { head: say(W.result), cell: (row) => (row.problem ? <Badge tint="bad">{either(row.problem.vi, row.problem.en)}</Badge> : <Badge tint="good">{say(W.done)}</Badge>) }]} />
        </Dialog>
      ) : null}
    </div>
  );
}

function matches(flag: Flag, which: Which, typed: string): boolean {
  const put_off = flag.deferred_until !== null;
  const q = typed.trim().toLocaleLowerCase('vi');
  if (q !== '' && !`${flag.code} ${flag.reasons.map((reason) => `${reason.vi} ${reason.en} ${reason.rule_code ?? ''}`).join(' ')}`.toLocaleLowerCase('vi').includes(q.replaceAll(/\s+/g, ' '))) return false;
  if (which === 'later') return put_off;
  if (which === 'cases') return flag.casefile !== null;
  // What a casefile has is handled there; held and cleared, it still waits for its release here.
  if (put_off || (flag.casefile !== null && typed === '')) return false;
  if (which === 'mine') return flag.assigned_to?.person_id === me.value?.person_id;
  if (which === 'nobodys') return flag.assigned_to === null;
  return which === 'grave' ? levelOf(flag) >= 3 : true;
}

const SHAPES = ['', '○', '◆', '▲', '■'];
const TINTS = ['plain', 'plain', 'info', 'warn', 'bad'] as const;

function Row({ flag, current, marked, onPick }: { flag: Flag; current: boolean; marked: boolean; onPick: () => void }) {
  const level = levelOf(flag);
  return (
    <button type="button" class={`flag-row${marked ? ' marked' : ''}`} aria-current={current ? 'true' : undefined} tabIndex={current ? 0 : -1} onClick={onPick}>
      <Badge tint={TINTS[level] ?? 'plain'} shape={SHAPES[level] ?? '○'}>{number(level)}</Badge>
      <span class="code">{marked ? '☑ ' : ''}{grouped(flag.code)}</span>
      <span class="flag-why">{headline(flag)}</span>
      <span class="soft">{nameOf('offices', flag.office_code)} · {span(machine.outbox.now() - Date.parse(flag.since))}{flag.held ? ` · ${say(flag.outcome === 'cleared' ? W.cleared : W.held)}` : ''}{flag.assigned_to ? ` · ${flag.assigned_to.full_name}` : ''}{flag.looking.length > 0 ? ` · ${say(W.looking, { who: flag.looking.join(', ') })}` : ''}</span>
    </button>
  );
}

function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={say(W.keys)} onClose={onClose}>
      <Table caption={say(W.keys)} rows={KEY_WORDS} keyOf={([key]) => key} empty="" columns={[{ head: say(W.key), cell: ([key]) => <kbd>{key}</kbd> }, { head: say(W.does), cell: ([, words]) => say(words) }]} />
      <label class="tick"><input type="checkbox" checked={keysOn.value} onChange={(event) => (keysOn.value = event.currentTarget.checked)} /> {say(W.on)}</label>
    </Dialog>
  );
}

const Bulk = ({ step, on, onClose, onDo }: { step: Step; on: readonly Flag[]; onClose: () => void; onDo: () => unknown }) => (
  <Dialog title={say(W.bulk, { n: on.length })} onClose={onClose}>
    <p>{step.words}</p>
    <Table caption={say(W.bulk, { n: on.length })} rows={on} keyOf={(row) => row.code} empty="" columns={[{ head: say(W.code), cell: (row) => <span class="code">{grouped(row.code)}</span> }, { head: say(W.reason), cell: headline }]} />
    <Button kind="main" onPress={onDo}>{say(W.confirm)}</Button>
  </Dialog>
);
