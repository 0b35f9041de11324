// One stop of a run: scan the items, scan the receiver's card, give. Or say why it could not be given.

import { useState } from 'preact/hooks';
import { Attempt } from './attempt.tsx';
import { Camera } from './guard.tsx';
import { machine, rowsOf, stop as stopLine, useScans } from './machine.ts';
import type { Scan } from './machine.ts';
import { Receiver, reachedBy, waysFor } from './receiver.tsx';
import type { Taken } from './receiver.tsx';
import { stopsOf } from './run_state.ts';
import type { Run, RunItem, Stop } from './run_state.ts';
import { play } from './sound.ts';
import { Badge, Button, Dialog, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { say } from './words.ts';
import { grouped } from '../domain/code.ts';

const W = {
  back: ['Về danh sách', 'Back to the list'],
  scan: ['Quét từng bưu gửi, rồi thẻ người nhận.', 'Scan each item, then the receiver’s card.'],
  scan_camera: ['Quét bằng máy ảnh', 'Scan by camera'],
  give: ['Giao {count} bưu gửi', 'Give {count} items'],
  fail: ['Không phát được', 'Could not deliver'],
  other_stop: ['{code} của {name}, không phải điểm này.', '{code} is for {name}, not for this stop.'],
  not_here: ['{code} không có trong chuyến của bạn.', '{code} is not on your run.'],
  held: ['{code} đang bị giữ lại. Không giao. Mang về bưu cục.', '{code} is held. Do not give it away. Bring it back to the office.'],
  twice: ['{code} đã quét.', '{code} was scanned already.'],
  over: ['{code} đã phát xong.', '{code} is done already.'],
  not_authorised: ['Thẻ {card} không có quyền nhận cho {name}. Không giao.', 'Card {card} may not receive for {name}. Do not give.'],
  scanned: ['đã quét', 'scanned'], waits: ['chưa quét', 'not scanned'], delivered: ['đã phát', 'delivered'], attempted: ['phát hụt', 'attempted'],
  personal: ['chỉ người có tên', 'only the person named'],
  choose: ['Chọn {code}', 'Choose {code}'],
  given: ['Đã ghi giao {count} bưu gửi.', '{count} items recorded as delivered.'],
  notice: ['Để giấy mời số {n}', 'Leave call notice {n}'],
  noticed: ['Đã ghi giấy mời số {n} cho {code}.', 'Call notice {n} recorded for {code}.'],
  gone: ['Điểm này đã xong.', 'This stop is done.'],
  need_scan: ['Quét ít nhất một bưu gửi.', 'Scan at least one item.'],
  need_receiver: ['Quét thẻ người nhận, hoặc chọn giấy tờ và ghi số.', 'Scan the receiver’s card, or choose the paper and give its number.'],
} as const;

const DONE_WORDS = { delivered: W.delivered, attempted: W.attempted } as const;

export function StopPage({ run, stop, first, onLeave }: { run: NonNullable<Run>; stop: Stop; first: string | null; onLeave: () => void }) {
  const mine = (code: string | null): RunItem | undefined => stop.items.find((item) => item.code === code);
  const open = stop.items.filter((item) => item.done === null);
  const [chosen, setChosen] = useState<readonly string[]>(() => (first !== null && mine(first)?.done === null && !mine(first)?.held ? [first] : []));
  const [taken, setTaken] = useState<Taken>({ way: null, card_no: null, paper_no: '' });
  const [said, setSaid] = useState<{ tint: 'good' | 'warn' | 'bad'; text: string } | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [failing, setFailing] = useState(false);
  const [camera, setCamera] = useState(false);
  const items = chosen.map(mine).filter((item) => item !== undefined);
  const ways = waysFor(items.length > 0 ? items : open);

  const add = (scan: Scan): void => {
    const code = scan.code ?? '';
    const item = mine(code);
    if (!item) {
      const other = stopsOf(run).find((known) => known.items.some((row) => row.code === code));
      play('surplus');
      return setSaid({ tint: 'warn', text: say(other ? W.other_stop : W.not_here, { code: grouped(code || scan.text), name: other?.name }) });
    }
    if (item.held) return stopLine(say(W.held, { code: grouped(code) }));
    if (item.done !== null || chosen.includes(code)) {
      play('duplicate');
      return setSaid({ tint: 'warn', text: say(item.done === null ? W.twice : W.over, { code: grouped(code) }) });
    }
    setChosen((before) => [...before, code]);
    setSaid(null);
    play('matched');
  };
  const card = (card_no: string): void => {
    if (!rowsOf('authorised_cards').some((row) => row['card_no'] === card_no && row['may_receive'] === true && (row['body_code'] === stop.key || open[0]?.addressee_body_code === null))) {
      return stopLine(say(W.not_authorised, { card: card_no, name: stop.name }));
    }
    play('matched');
    setSaid(null);
    setTaken((before) => ({ ...before, card_no, way: before.way ?? (ways.includes('card') ? 'card' : (ways[0] ?? null)) }));
  };
  useScans('delivery', (scan: Scan) => {
    if (scan.what === 'receiver') card(scan.code ?? '');
    else add(scan);
  });

  const ready = items.length > 0 && reachedBy(items, taken);
  const give = async (): Promise<void> => {
    setProblem(null);
    try {
      for (const item of items) {
        const body_code = item.addressee_body_code === null ? rowsOf('authorised_cards').find((row) => row['card_no'] === taken.card_no)?.['body_code'] : undefined;
        await machine.outbox.record({
          kind: 'delivered', code: item.code,
          facts: {
            receiver_authority: taken.way ?? 'card',
            ...(taken.card_no === null ? {} : { receiver_card_no: taken.card_no }),
            ...(taken.paper_no === '' ? {} : { authority_no: taken.paper_no }),
            ...(typeof body_code === 'string' ? { receiver_body_code: body_code } : {}),
          },
        });
      }
      play('complete');
      setSaid({ tint: 'good', text: say(W.given, { count: items.length }) });
      setChosen([]);
      setTaken({ way: null, card_no: null, paper_no: '' });
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const notice = async (item: RunItem): Promise<void> => {
    const facts = { notice_no: item.notices + 1 };
    await machine.outbox.record({ kind: 'call_notice_left', code: item.code, facts }).then(
      () => { play('matched'); setSaid({ tint: 'good', text: say(W.noticed, { n: facts.notice_no, code: grouped(item.code) }) }); },
      (error: unknown) => setProblem(wordsOf(error)),
    );
  };

  if (failing) return <Attempt items={items.length > 0 ? items : open} name={stop.name} onDone={(text) => { setFailing(false); setChosen([]); if (text !== null) setSaid({ tint: 'good', text }); }} />;
  return (
    <div class="run phone">
      <div class="title-row"><h1>{stop.name}</h1><Button kind="quiet" onPress={onLeave}>‹ {say(W.back)}</Button></div>
      {problem ? <Refusal problem={problem} /> : null}
      {said ? <Notice tint={said.tint} urgent={said.tint !== 'good'}>{said.text}</Notice> : null}
      <ul class="stop-items">
        {stop.items.map((item) => {
          const on = chosen.includes(item.code);
          return (
            <li key={item.code} class={on ? 'on' : ''}>
              <span class="shape" aria-hidden="true">{item.held ? '■' : item.done ? '●' : on ? '✓' : '▢'}</span>
              <span><span class="code">{grouped(item.code)}</span><span class="soft"> {item.service_vi}</span>{item.personal_mark ? <Badge tint="warn">{say(W.personal)}</Badge> : null}</span>
              <span class="soft">{say(item.done ? DONE_WORDS[item.done] : on ? W.scanned : W.waits)}</span>
              {item.done === 'attempted' && !item.kt1 ? <Button onPress={() => notice(item)}>{say(W.notice, { n: item.notices + 1 })}</Button> : null}
            </li>
          );
        })}
      </ul>
      {open.length > 0 ? <p class="soft">{say(W.scan)}</p> : <Notice tint="good">{say(W.gone)}</Notice>}
      {open.length > 0 ? <Receiver items={items.length > 0 ? items : open} taken={taken} onChange={setTaken} /> : null}
      <div class="thumb">
        {open.length > 0 ? <div class="row"><Button onPress={() => setCamera(true)}>{say(W.scan_camera)}</Button><Button onPress={() => setFailing(true)}>{say(W.fail)}</Button></div> : null}
        {open.length > 0
          ? <Button kind="main" big onPress={give} disabled={!ready} why={say(items.length === 0 ? W.need_scan : W.need_receiver)}>{say(W.give, { count: items.length })}</Button>
          : <Button kind="main" big onPress={onLeave}>{say(W.back)}</Button>}
      </div>
      {camera ? <Dialog title={say(W.scan_camera)} onClose={() => setCamera(false)}><Camera now onDone={() => setCamera(false)} /></Dialog> : null}
    </div>
  );
}
