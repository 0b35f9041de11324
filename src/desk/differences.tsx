// Differences between two offices: the one that was asked agrees or contests, a supervisor decides. Nothing is closed in silence.

import './sorting.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { useRouted } from './work.tsx';
import { nameOf, reasonsOf } from './machine.ts';
import { api, ask, may, me } from './state.ts';
import { play } from './sound.ts';
import { Badge, Button, Choice, Reading, Refusal, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, either, say, weight } from './words.ts';
import type { Pair } from './words.ts';
import { discrepancyWords, waitsFor } from './work_read.ts';
import type { Discrepancy } from './work_read.ts';

const W = {
  title: ['Cần xử lý', 'Differences'], empty: ['Không còn chênh lệch nào.', 'No difference is left.'],
  which: ['Hiện', 'Show'], mine: ['Chờ bưu cục này', 'Waiting for us'], all: ['Tất cả', 'All'],
  found: ['Phát hiện tại {place}', 'Found at {place}'], asked: ['Hỏi {place}', 'Asked: {place}'], due: ['Hạn trả lời {at}', 'Answer due {at}'], no_due: ['Hạn trả lời: chưa nạp tiêu chuẩn', 'Answer due: no standard loaded'],
  hint: ['Gợi ý', 'Hint'], reason: ['Lý do', 'Reason'], agree: ['Đồng ý', 'Agree'], contest: ['Không đồng ý', 'Contest'], decide: ['Kết luận', 'Decide'],
  answered: ['Đã trả lời lúc {at}: {reason}', 'Answered at {at}: {reason}'], decided: ['Kết luận lúc {at}: {reason}', 'Decided at {at}: {reason}'],
  waits: ['Chờ {place} trả lời.', 'Waits for {place}.'], supervisor: ['Chờ kiểm soát viên kết luận.', 'Waits for a controller to decide.'],
} as const;
const STATE_WORDS: { readonly [state: string]: Pair } = { open: ['Mới', 'Open'], agreed: ['Hai bên khớp', 'Agreed'], contested: ['Tranh chấp', 'Contested'], decided: ['Đã kết luận', 'Decided'] };
type Row = Discrepancy & { hint: string | null; found_reason_code: string | null; answer_reason_code: string | null; answered_at: string | null; decision_reason_code: string | null; decided_at: string | null };

const reasonWords = (code: string | null): string => {
  const row = reasonsOf('discrepancy').find((known) => known['reason_code'] === code);
  return row ? either(String(row['name_vi']), String(row['name_en'])) : (code ?? '—');
};

export default function Differences() {
  const [which, setWhich] = useState<'mine' | 'all'>('mine');
  const here = me.value?.office_code ?? '';
  useRouted();
  const loaded = useLoad('differences', async () => (await ask(api.discrepancies.$get({ query: { limit: '200' } }))).rows as unknown as Row[]);
  return (
    <div class="differences">
      <div class="title-row"><h1>{say(W.title)}</h1><Choice label={say(W.which)} compact value={which} onChange={setWhich} options={[{ value: 'mine', text: say(W.mine) }, { value: 'all', text: say(W.all) }]} /></div>
      <Reading loaded={loaded}>
        {(rows) => {
          const shown = rows.filter((row) => which === 'all' || (row.state !== 'decided' && waitsFor(row) === here));
          return shown.length === 0 ? <div class="empty">{say(W.empty)}</div> : <ul class="plain stack">{shown.map((row) => <li key={row.discrepancy_id}><Card row={row} here={here} onDone={loaded.reload} /></li>)}</ul>;
        }}
      </Reading>
    </div>
  );
}

function Card({ row, here, onDone }: { row: Row; here: string; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    setProblem(null);
    try {
      await work();
      play('matched');
      onDone();
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
  };
  const param = { discrepancy_id: row.discrepancy_id };
  const answer = (agrees: boolean) => run(() => ask(api.discrepancies[':discrepancy_id'].answer.$post({ param, json: { agrees, reason_code: reason } })));
  const decide = () => run(() => ask(api.discrepancies[':discrepancy_id'].decision.$post({ param, json: { reason_code: reason } })));
  const mayAnswer = row.state === 'open' && row.office_asked === here && may('bag.make');
  const mayDecide = row.state !== 'decided' && row.office_found === here && may('item.approve') && (row.state !== 'open' || row.office_asked === null);
  const [vi, en] = discrepancyWords(row.discrepancy_kind);
  return (
    <section class={`card stack ${row.state === 'contested' ? 'bad' : row.state === 'decided' ? 'good' : 'warn'}`} aria-label={`${either(vi, en)} ${row.code}`}>
      <div class="row"><Badge tint={row.state === 'decided' ? 'good' : 'warn'}>{either(vi, en)}</Badge>{row.code.startsWith('CT-') ? <span class="code">{row.code}</span> : <a class="code" href={`/desk/item/${row.code}`}>{grouped(row.code)}</a>}<Badge tint={row.state === 'contested' ? 'bad' : 'plain'}>{say(STATE_WORDS[row.state] ?? [row.state, row.state])}</Badge><span class="soft">{dateTime(row.opened_at)}</span></div>
      <p>{say(W.found, { place: nameOf('offices', row.office_found) })}{row.office_asked ? ` · ${say(W.asked, { place: nameOf('offices', row.office_asked) })}` : ''} · {row.deadline_at ? say(W.due, { at: dateTime(row.deadline_at) }) : say(W.no_due)}{row.found_reason_code ? ` · ${reasonWords(row.found_reason_code)}` : ''}</p>
      {row.hint ? <p class="soft">{say(W.hint)}: {hintWords(row.hint)}</p> : null}
      {row.answered_at ? <p>{say(W.answered, { at: dateTime(row.answered_at), reason: reasonWords(row.answer_reason_code) })}</p> : null}
      {row.decided_at ? <p>{say(W.decided, { at: dateTime(row.decided_at), reason: reasonWords(row.decision_reason_code) })}</p> : null}
      {problem ? <Refusal problem={problem} /> : null}
      {mayAnswer || mayDecide ? (
        <div class="row">
          <div class="field"><label for={`reason-${row.discrepancy_id}`}>{say(W.reason)}</label><select id={`reason-${row.discrepancy_id}`} value={reason} onChange={(event) => setReason(event.currentTarget.value)}><option value="">—</option>{reasonsOf('discrepancy').map((known) => <option key={String(known['reason_code'])} value={String(known['reason_code'])}>{either(String(known['name_vi']), String(known['name_en']))}</option>)}</select></div>
          {mayAnswer ? <><Button kind="main" disabled={reason === ''} why="" onPress={() => answer(true)}>{say(W.agree)}</Button><Button disabled={reason === ''} why="" onPress={() => answer(false)}>{say(W.contest)}</Button></> : null}
          {mayDecide ? <Button kind="main" disabled={reason === ''} why="" onPress={decide}>{say(W.decide)}</Button> : null}
        </div>
      ) : row.state === 'decided' ? null : <p class="soft">{row.state === 'open' && row.office_asked !== null ? say(W.waits, { place: nameOf('offices', row.office_asked) }) : say(W.supervisor)}</p>}
    </section>
  );
}

/** What is said in grams is written as everywhere: −36 kg. */
function hintWords(hint: string): string {
  const grams = /^([+-]?)(\d+) g$/.exec(hint);
  return grams ? `${grams[1] === '-' ? '−' : ''}${weight(Number(grams[2]))}` : hint;
}
