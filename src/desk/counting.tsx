// The count itself: the wall, the big word, what is left, and the close that waits until every line has its conclusion.

import { useEffect, useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { countScan, followCount, last, lines, LINES_KEPT, readCount, RESULTS, settleAll, sums, tiles, unsent } from './count_state.ts';
import type { Open } from './count_state.ts';
import { answered } from './labels.tsx';
import { lane as scanLane, machine, nameOf, queue, reasonsOf, useCommand, useScans } from './machine.ts';
import type { Bag } from './reconcile.tsx';
import { play } from './sound.ts';
import { may } from './state.ts';
import { Wall } from './tiles.tsx';
import { Button, Choice, Figure, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, number, say, timeSeconds, weight } from './words.ts';

const W = {
  left: ['còn {left}', '{left} left'],
  scanned: ['đã quét', 'scanned'],
  lane: ['Làn', 'Lane'],
  sums: ['Thừa {surplus} · Trùng {duplicates} · Giữ {held} · Lệch {mismatch}', 'Surplus {surplus} · Again {duplicates} · Held {held} · Weight {mismatch}'],
  pace: ['{rate}/phút · xong khoảng {eta}', '{rate} a minute · done about {eta}'],
  just: ['Vừa quét', 'Just scanned'],
  nothing: ['Quét bưu gửi trong túi.', 'Scan the items of the bag.'],
  close: ['Chốt', 'Close'],
  ten: ['Còn {left}', '{left} left'],
  missing: ['Không có trong túi', 'Not in the bag'],
  seen: ['thấy cuối: {office}, {at}, {person}', 'last seen: {office}, {at}, {person}'],
  gap: ['Túi nhẹ hơn khai {grams}. Khớp với {codes}.', 'The bag is {grams} lighter. That is {codes}.'],
  gap_none: ['Túi nhẹ hơn khai {grams}.', 'The bag is {grams} lighter.'],
  closed: ['Túi đã đối soát xong.', 'The bag is reconciled.'],
  not_yet: ['Chưa chốt được', 'Cannot be closed yet'],
  forced: ['Buộc đóng, lý do', 'Close all the same, because'],
  damaged: ['Bì hư hỏng (cho lần quét sau)', 'Damaged (for the next scan)'],
  seal: ['Niêm phong khác: báo {expected}, thực tế {found}', 'Another seal: announced {expected}, found {found}'],
} as const;

export function Counting({ bag, onDone }: { bag: Bag; onDone: () => void }) {
  const [mine, setMine] = useState<'A' | 'B' | 'C'>('A');
  const [torn, setTorn] = useState(false);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [force, setForce] = useState('');
  const count = sums.value;
  // The server's word comes to every lane: at once for what was sent from here, as it changes for the others'.
  useEffect(() => {
    const off = machine.outbox.subscribe(() => void settleAll());
    const stop = followCount(() => void settleAll());
    return () => {
      off();
      stop();
    };
  }, [bag.code]);
  useScans('counting', async (scan) => {
    if ((scan.what === 'item' || scan.what === 'label') && scan.code !== null) {
      setTorn(false);
      try {
        await countScan(scan.code, mine, torn ? { condition: 'torn' } : {});
      } catch (error) {
        setProblem(wordsOf(error));
        play('warning');
      }
      return;
    }
    play('unknown');
  }, { proves: (code) => lines.value.some((line) => line.code === code) || tiles.has(code) });
  const close = async (): Promise<void> => {
    setProblem(null);
    try {
      const event = await answered(await machine.outbox.record({ kind: 'bag_emptied', code: bag.code, facts: force === '' ? {} : { forced_reason_code: force } }));
      if (event.refusal) {
        play('warning');
        return setProblem(event.refusal);
      }
      play('complete');
      onDone();
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  useCommand('close', close);
  if (count === null) return <p class="loading" role="status">{say(['Đang tải…', 'Loading…'])}</p>;
  const blind = count.blind && count.state === 'counting';
  const done = (count.expected ?? 0) - (count.left ?? 0);
  const of = (result: string): number => count.found.filter((line) => line.result === result).length;
  const wrongSeal = count.seals_entered.join() !== count.seals_expected.join() && !blind;
  return (
    <div class="counting">
      <div class="title-row">
        <h1>{say(['Đối soát túi', 'Counting bag'])} <span class="code">…{bag.code.slice(-8)}</span></h1>
        <Choice label={say(W.lane)} value={mine} onChange={setMine} compact options={(['A', 'B', 'C'] as const).map((value) => ({ value, text: value }))} />
        <span class="row">
          <Button kind="quiet" onPress={onDone}>{say(['Túi khác', 'Another bag'])}</Button>
          <Button kind="main" keys="Ctrl+Enter" onPress={close}>{say(W.close)}</Button>
        </span>
      </div>
      {problem ? <Refusal problem={problem} /> : null}
      {wrongSeal ? <Notice tint="bad">{say(W.seal, { expected: '', found: '' }).split(':')[0]}: <Compare expected={count.seals_expected.join(', ')} found={count.seals_entered.join(', ')} /></Notice> : null}
      <div class="count-body">
        <div class="count-left">
          {blind ? <Figure value={number(count.scanned + unsent())} label={say(W.scanned)} /> : <Figure value={<>{number(done)}<small> / {number(count.expected ?? 0)}</small></>} label={say(W.left, { left: count.left ?? 0 })} />}
          {blind ? null : <progress max={count.expected ?? 1} value={done} aria-label={say(W.left, { left: count.left ?? 0 })} />}
          <p class="soft">{say(W.sums, { surplus: of('surplus') + of('mis_sent') + of('other_bag'), duplicates: count.duplicates, held: of('held'), mismatch: of('weight_mismatch') })}</p>
          <Pace />
          <label class="tick"><input type="checkbox" checked={torn} onChange={(event) => setTorn(event.currentTarget.checked)} /> {say(W.damaged)}</label>
          {scanLane.value.parked.length > 0 ? <p class="soft">{say(['Đã xếp chờ: {count}', 'Waiting: {count}'], { count: scanLane.value.parked.length })}</p> : null}
          {queue.value.link !== 'online' ? <p class="soft">{say(['Ngoại tuyến: kết luận của máy chủ đến sau.', "Offline: the server's word comes later."])}</p> : null}
        </div>
        <div class="count-middle">
          {blind ? null : (count.left ?? 99) <= 10 && (count.left ?? 0) > 0 ? <Ten open={count.open} bag={bag} /> : null}
          {blind ? null : <Wall />}
          {!blind && count.gap_g !== null && count.gap_g > 5 ? <Notice tint="warn">{count.gap_explained_by.length > 0 ? say(W.gap, { grams: weight(count.gap_g), codes: count.gap_explained_by.map(grouped).join(', ') }) : say(W.gap_none, { grams: weight(count.gap_g) })}</Notice> : null}
          {problem?.refusal === 'differences_open' && may('item.approve') ? (
            <div class="row"><Choice label={say(W.forced)} value={force} onChange={setForce} options={reasonsOf('force_close').map((row) => ({ value: String(row['reason_code']), text: either(String(row['name_vi']), String(row['name_en'])) }))} compact /></div>
          ) : null}
        </div>
        <Just />
      </div>
    </div>
  );
}

/** The big word, readable from three metres, and the last scans under it. */
function Just() {
  const now = last.value;
  const result = now ? RESULTS[now.result] : null;
  return (
    <aside class="just" aria-label={say(W.just)}>
      {now && result ? (
        <div class={`big-word ${now.result} flash`} key={now.key + now.result}>
          <span aria-hidden="true">{result.shape}</span> {say(result.words)}
          <span class="code">{grouped(now.code)}</span>
        </div>
      ) : <p class="soft">{say(W.nothing)}</p>}
      <ol class="just-lines">
        {lines.value.slice(1, 14).map((line) => <li key={line.key} class={line.result}><span aria-hidden="true">{RESULTS[line.result].shape}</span> <span class="code">…{line.code.slice(-6)}</span> {say(RESULTS[line.result].words)} <time>{timeSeconds(line.at)}</time></li>)}
      </ol>
    </aside>
  );
}

function Pace() {
  const now = machine.outbox.now();
  const within = lines.value.filter((line) => now - line.at < 60_000);
  const left = sums.value?.left ?? null;
  if (within.length < 3 || left === null) return null;
  // Only so many lines are kept: whoever is faster is measured by how soon they filled.
  const recent = within.length < LINES_KEPT ? within.length : Math.round((within.length * 60_000) / Math.max(1_000, now - (within.at(-1)?.at ?? 0)));
  return <p class="soft">{say(W.pace, { rate: recent, eta: timeSeconds(now + (left / recent) * 60_000).slice(0, 5) })}</p>;
}

/** Ten or fewer: people search by what an item looks like. */
function Ten({ open, bag }: { open: readonly Open[]; bag: Bag }) {
  const [asking, setAsking] = useState<string | null>(null);
  const record = async (code: string, reason_code: string): Promise<void> => {
    setAsking(null);
    await answered(await machine.outbox.record({ kind: 'missing', code, facts: { bag_code: bag.code, reason_code } }));
    await readCount();
  };
  return (
    <section class="ten" aria-label={say(W.ten, { left: open.length })}>
      <h2>{say(W.ten, { left: open.length })}</h2>
      <ul>
        {open.map((line) => (
          <li key={line.code}>
            <strong class="code">{grouped(line.code)}</strong> <span class="number">{weight(line.weight_g)}</span>
            <span class="soft">{say(W.seen, { office: nameOf('offices', line.last_office_code), at: line.last_at ? timeSeconds(line.last_at).slice(0, 5) : '—', person: line.last_person })}</span>
            {asking === line.code ? (
              <Choice label={say(W.missing)} value="" compact onChange={(reason) => void record(line.code, reason)} options={['not_in_bag', 'wrong_bag', 'missing'].map((code) => ({ value: code, text: reasonWords(code) }))} />
            ) : <Button onPress={() => setAsking(line.code)}>{say(W.missing)}</Button>}
          </li>
        ))}
      </ul>
    </section>
  );
}
const reasonWords = (code: string): string => {
  const row = reasonsOf('discrepancy').find((reason) => reason['reason_code'] === code);
  return row ? either(String(row['name_vi']), String(row['name_en'])) : code;
};

/** Two numbers, the figures that differ in boxes. */
function Compare({ expected, found }: { expected: string; found: string }) {
  const boxed = (text: string, other: string) => <span class="code">{[...text].map((letter, i) => (letter === other[i] ? letter : <mark key={i}>{letter}</mark>))}</span>;
  return <>{say(['báo', 'announced'])} {boxed(expected, found)}, {say(['thực tế', 'found'])} {boxed(found, expected)}</>;
}

