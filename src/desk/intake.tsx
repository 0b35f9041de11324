// The counter's loop for items that bear a label: one scan, one acceptance. Errors stand in the list and stop nobody; the last
// item is large, because a clerk reads it from where the scale is.

import './counter.css';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { NextItem } from './intake_next.tsx';
import { MARK_COMMANDS, PACE_COMMANDS } from './intake_next.tsx';
import { markWord, OnItsWay, PACE_WORDS } from './intake_parts.tsx';
import type { printSession } from './intake_receipt.tsx';
import { hasSerial, openScale } from './intake_scale.ts';
import { awaitingWeight, endSession, giveWeight, missing, notStored, own, refresh, reweigh, scale, session, setChecked, setNext, takeCard, takeItem, takeUnknown, takeUnlabelled, tryAgain } from './intake_session.ts';
import type { Line, Missing } from './intake_session.ts';
import { SessionStrip } from './intake_strip.tsx';
import { lazy } from './lazy.tsx';
import { LabelCard, labels, printLabel, proveLabel } from './labels.tsx';
import { machine, nameOf, queue, useCommand, useScans } from './machine.ts';
import type { Scan } from './machine.ts';
import { useClearPrint } from './print.tsx';
import { me } from './state.ts';
import { Badge, Button, Field, Figure, Notice } from './ui.tsx';
import type { Tint } from './ui.tsx';
import { grouped } from '../domain/code.ts';
import { either, language, number, say, timeSeconds, weight } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Nhận gửi', 'Acceptance'],
  items: ['bưu gửi trong phiên', 'items in this session'],
  sums: ['{grams} g · {rate}/phút', '{grams} g · {rate} a minute'],
  scan_region: ['Vùng quét', 'Scanning area'],
  empty: ['Quét bưu gửi để nhận.', 'Scan an item to accept it.'],
  empty_more: ['Mỗi lần quét là một bưu gửi được nhận, khi người gửi, nơi nhận và kiểm tra bên ngoài đã có.', 'Each scan accepts one item, once the sender, the addressee and the outside check are there.'],
  before: ['Trước đó', 'Before'],
  stored: ['Đã nhận', 'Accepted'],
  refused: ['Máy chủ từ chối', 'Refused by the server'],
  again: ['quét lại – không tính', 'scanned again, not counted'],
  weight_of: ['Khối lượng của {code}, gam', 'Weight of {code}, grams'],
  weigh_again: ['Cân lại {code}, gam', 'Weigh {code} again, grams'],
  drift: ['{gap} g so với {before} g lúc {at}. Cân lại lần nữa; nếu vẫn lệch, máy chủ cắm cờ khối lượng.', '{gap} g against {before} g at {at}. Weigh it once more; if it stays, the server flags the weight.'],
  weight_wrong: ['Gõ số gam từ 1 đến 500000.', 'Type grams from 1 to 500000.'],
  receipt: ['In biên nhận', 'Print the receipt'],
  close: ['Kết phiên', 'End the session'],
  refuse: ['Từ chối nhận', 'Refuse an item'],
  no_label: ['Chưa có nhãn', 'No label yet'],
  numbering: ['chờ cấp số', 'waits for its number'],
  scale: ['Nối cân', 'Connect the scale'],
  scale_at: ['Cân: {grams} g {state}', 'Scale: {grams} g {state}'],
  steady: ['ổn định', 'steady'], unsteady: ['đang dao động', 'moving'],
  repaired: ['Bộ gõ tiếng Việt đang bật. Số kiểm tra chứng minh mã, bưu gửi đã nhận. Tắt bộ gõ trước khi quét tiếp.', 'A Vietnamese typing program is on. The check digit proved the number. Switch the program off before going on.'],
  not_stored: ['Chưa ghi được lần quét cuối; những lần trước vẫn an toàn trên máy này. Thử lại, hoặc gọi quản trị. [{code}]', 'The last scan could not be stored; what was stored before is safe on this machine. Try again, or call the administrator. [{code}]'],
  try_again: ['Thử ghi lại', 'Try again'],
  restored: ['Khôi phục phiên: {count} bưu gửi, lần quét cuối {code}. Không mất gì; xác nhận lại kiểm tra bên ngoài rồi quét tiếp.', 'Session restored: {count} items, the last scan was {code}. Nothing is lost; confirm the outside check and scan on.'],
  card_unknown: ['Thẻ này không có trong danh sách người gửi còn hiệu lực. Chọn cơ quan bằng chữ, hoặc đăng ký thẻ mới.', 'This card is not in the list of senders in force. Choose the agency by letters, or register the card.'],
  no_shift: ['Bưu cục chưa mở ca. Trưởng ca mở ca rồi mới nhận được bưu gửi.', 'The office has no open shift. The shift head opens one first.'],
  no_reference: ['Chưa có danh mục cơ quan trên máy này. Chờ có mạng một lần để tải.', 'The list of bodies is not on this machine yet. It is read as soon as there is a network.'],
  printed: ['Đã kết phiên của {sender}: {count} bưu gửi. Biên nhận đang in.', 'Session of {sender} ended: {count} items. The receipt is being printed.'],
  still_waiting: ['{count} bưu gửi còn chờ, ở lại trong danh sách.', '{count} items still wait and stay in the list.'],
} as const;
const WAITS: { readonly [M in Missing]: Pair } = {
  sender: ['chờ người gửi', 'waits for the sender'], check: ['chờ kiểm tra bên ngoài', 'waits for the outside check'], addressee: ['chờ nơi nhận', 'waits for the addressee'],
  appointed: ['chờ giờ hẹn', 'waits for the appointed time'], weight: ['chờ cân', 'waits for the scale'],
};
const PROBLEMS: { readonly [problem: string]: Pair } = {
  check_digit: ['sai số kiểm tra – quét lại hoặc F4 gõ tay', 'wrong check digit: scan again, or type it (F4)'], reserved: ['đầu số dành riêng, không được cấp', 'reserved prefix'],
  bag: ['là túi – đang ở Nhận gửi', 'a bag: this is Acceptance'], doubled: ['máy quét gửi hai lần', 'the scanner sent it twice'], cccd_not_asked: ['thẻ căn cước – không ghi lại', 'an identity card: nothing was kept'],
};
const NOT_OURS: Pair = ['không phải mã bưu gửi – quét lại hoặc F4 gõ tay', 'no item number: scan again, or type it (F4)'];

/** What comes only at the end of a session is not of the first load. */
const Flag = lazy(() => import('./intake_flag.tsx'));
const Refuse = lazy(() => import('./intake_refuse.tsx'));
const printReceipt: typeof printSession = async (receipt) => (await import('./intake_receipt.tsx')).printSession(receipt);

type Shown = { tint: Tint; shape: string; word: string };
function shown(line: Line): Shown {
  if (line.kind === 'again') return { tint: 'plain', shape: '‖', word: say(W.again) };
  if (line.kind === 'unknown') return { tint: 'plain', shape: '?', word: say(PROBLEMS[line.problem ?? ''] ?? NOT_OURS) };
  if (line.event?.refusal && line.event.state === 'needs_attention') return { tint: 'bad', shape: '■', word: say(W.refused) };
  if (line.event !== null) return { tint: 'good', shape: '✓', word: say(W.stored) };
  const [lacking] = missing(line);
  return { tint: 'warn', shape: '◔', word: lacking ? say(WAITS[lacking]) : '…' };
}

export default function Intake() {
  const [flagging, setFlagging] = useState(false);
  const [refusing, setRefusing] = useState(false);
  const [said, setSaid] = useState<{ tint: Tint; text: string } | null>(null);
  const [last, setLast] = useState<Parameters<typeof printSession>[0] | null>(null);
  const region = useRef<HTMLElement>(null);
  const now = session.value;
  useClearPrint();
  useEffect(() => {
    if (me.value) void own(me.value.person_id).then((count) => count > 0 && setSaid({ tint: 'info', text: say(W.restored, { count, code: grouped(session.value.lines[0]?.code ?? '') }) }));
    if (hasSerial()) void openScale();
  }, []);
  useEffect(() => {
    // Newest first; a burst is looked up once, when it is over.
    const open = session.value.lines.filter((line) => line.event !== null && line.event.state !== 'received').length;
    if (open === 0) return;
    const timer = setTimeout(() => void machine.outbox.events({ limit: open + 20 }).then(refresh), 250);
    return () => clearTimeout(timer);
  }, [queue.value]);

  useScans('intake', async (scan: Scan) => {
    if (scan.what === 'item' || scan.what === 'label') return void ((await proveLabel(scan.code ?? '')) || (await takeItem(scan)));
    if (scan.what === 'receiver') return setSaid(takeCard(scan.code ?? '') ? null : { tint: 'warn', text: say(W.card_unknown) });
    takeUnknown(scan);
  });
  useCommand('fit', () => setChecked(true));
  useCommand('flag', () => now.lines.some((line) => line.kind === 'item') && setFlagging(true));
  useCommand('aside', () => setRefusing(true));
  const reprint = async (): Promise<void> => {
    if (last === null) return;
    setLast({ ...last, copy: last.copy + 1 });
    await printReceipt({ ...last, copy: last.copy + 1 });
  };
  const close = async (): Promise<void> => {
    const { sender } = now;
    const lines = endSession().filter((line) => line.kind === 'item' && line.event !== null);
    if (lines.length === 0 || sender === null) return;
    const receipt = { sender, lines: lines.toReversed(), copy: 0, at: machine.outbox.now(), waiting: session.value.lines.length };
    setLast(receipt);
    const rest = receipt.waiting > 0 ? ` ${say(W.still_waiting, { count: receipt.waiting })}` : '';
    setSaid({ tint: 'good', text: say(W.printed, { sender: nameOf('served_bodies', sender.body_code), count: lines.length }) + rest });
    await printReceipt(receipt);
    region.current?.focus();
  };
  useCommand('close', close);
  useCommand('print', reprint);
  const numbered = now.lines.find((line) => line.unlabelled && line.code !== null && labels.value[line.code] === undefined)?.code;
  useEffect(() => {
    if (numbered) void printLabel(numbered, '80x50').catch(() => undefined);
  }, [numbered]);
  for (const [command, pace] of PACE_COMMANDS) useCommand(command, () => setNext({ pace }));
  for (const [command, mark] of MARK_COMMANDS) useCommand(command, () => setNext({ mark }));

  const items = now.lines.filter((line) => line.kind === 'item');
  const recorded = items.filter((line) => line.event !== null);
  const [top] = items;
  const rest = now.lines.filter((line) => line !== top);
  return (
    <div class="counter">
      <div class="title-row">
        <h1>{say(W.title)}</h1>
        <span class="soft">{scale.value ? say(W.scale_at, { grams: scale.value.grams, state: say(scale.value.steady ? W.steady : W.unsteady) }) : null}</span>
      </div>
      <SessionStrip />
      {me.value?.shift_id === null ? <Notice tint="warn">{say(W.no_shift)} <a href="/desk/shift">{say(['Ca làm việc', 'Shift'])}</a></Notice> : null}
      {notStored.value !== null ? <Notice tint="bad" urgent>{say(W.not_stored, { code: notStored.value.slice(0, 40) })} <Button onPress={tryAgain}>{say(W.try_again)}</Button></Notice> : null}
      {top?.repaired ? <Notice tint="warn">{say(W.repaired)}</Notice> : null}
      {said ? <Notice tint={said.tint}>{said.text}</Notice> : null}
      <div class="counter-body">
        <section class="scans" aria-label={say(W.scan_region)} ref={region} tabIndex={-1}>
          {top?.unlabelled && top.code ? <LabelCard code={top.code} size="80x50" /> : null}
          {top ? <Last key={top.key} line={top} /> : <div class="empty last"><strong>{say(W.empty)}</strong><p>{say(W.empty_more)}</p></div>}
          {rest.length > 0 ? (
            <>
              <h2>{say(W.before)}</h2>
              <ol class="lines" tabIndex={0} aria-label={say(W.before)}>
                {rest.slice(0, 30).map((line) => <Row key={line.key} line={line} />)}
              </ol>
            </>
          ) : null}
        </section>
        <aside class="beside">
          <Figure value={number(recorded.length)} label={say(W.items)} />
          <p class="soft number">{say(W.sums, { grams: recorded.reduce((sum, line) => sum + (line.weight_g ?? 0), 0), rate: rateOf(recorded) })}</p>
          <div class="row actions">
            <Button kind="main" keys="Ctrl+Enter" onPress={close} disabled={recorded.length === 0} why="">{say(W.close)}</Button>
            <Button keys="Ctrl+P" onPress={reprint} disabled={last === null} why="">{say(W.receipt)}</Button>
            <Button onPress={takeUnlabelled}>{say(W.no_label)}</Button>
            <Button keys="F9" onPress={() => setRefusing(true)}>{say(W.refuse)}</Button>
            {hasSerial() && scale.value === null ? <Button kind="quiet" onPress={() => openScale(true)}>{say(W.scale)}</Button> : null}
          </div>
          {flagging && top ? <Flag line={top} onClose={() => { setFlagging(false); region.current?.focus(); }} /> : <NextItem />}
        </aside>
      </div>
      {refusing ? <Refuse onClose={() => setRefusing(false)} /> : null}
    </div>
  );
}

/** Items a minute over the last five, or since the session began. */
function rateOf(lines: readonly Line[]): number {
  const now = machine.outbox.now();
  const since = Math.max(now - 300_000, lines.at(-1)?.at ?? now);
  const recent = lines.filter((line) => line.at >= since).length;
  return Math.round(recent / Math.max(1, (now - since) / 60_000));
}

function Last({ line }: { line: Line }) {
  const { tint, shape, word } = shown(line);
  const [grams, setGrams] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const awaits = awaitingWeight();
  const of = awaits ?? line;
  const field = useRef<HTMLDivElement>(null);
  const busy = (): boolean => document.activeElement instanceof HTMLInputElement;
  useEffect(() => {
    if (awaits && scale.value === null && !busy()) field.current?.querySelector('input')?.focus();
  }, [awaits?.key]);
  const give = async (): Promise<void> => {
    const typed = Number(grams.replace(/[.,\s]/g, ''));
    if (!Number.isInteger(typed) || typed < 1 || typed > 500_000) return setWrong(say(W.weight_wrong));
    setGrams('');
    const before = of.weight_g;
    setWrong(before !== null && Math.abs(typed - before) > Math.max(5, before * 0.02) ? say(W.drift, { gap: `${typed > before ? '+' : '−'}${number(Math.abs(typed - before))}`, before, at: timeSeconds(of.at) }) : null);
    if (awaits) giveWeight(awaits, typed);
    else await reweigh(line, typed);
    if (awaitingWeight() === undefined) field.current?.closest('section')?.focus();
  };
  return (
    <div class={`card last ${tint}`}>
      <div class="last-head">
        <strong class="code last-code">{grouped(line.text) || say(W.numbering)}</strong>
        <span class={`word ${tint}`}><span aria-hidden="true">{shape}</span> {word}</span>
      </div>
      <p class="to">{line.next.addressee ? `→ ${nameOf('served_bodies', line.next.addressee)}` : '→ —'}</p>
      <p class="facts">
        KT1 · {say(PACE_WORDS[line.next.pace])}{line.next.mark === 'NONE' ? '' : ` · ${say(['ký hiệu', 'mark'])} ${markWord(line.next.mark)}`} · {line.weight_g === null ? '— g' : weight(line.weight_g)} · {timeSeconds(line.at)}
        {line.seen > 1 ? <span class="soft"> · ×{line.seen}</span> : null}{line.flagged ? <span class="soft" title=""> · •</span> : null}
      </p>
      {line.event?.refusal && line.event.state === 'needs_attention' ? <p class="problem">{either(line.event.refusal.vi, line.event.refusal.en)} {either(line.event.refusal.remedy_vi, line.event.refusal.remedy_en)}</p> : null}
      <div class="last-foot">
        <OnItsWay event={line.event} />
        <div class="grams" ref={field}>
          <Field label={say(awaits ? W.weight_of : W.weigh_again, { code: `…${of.text.slice(-6)}` })} value={grams} onInput={setGrams} onEnter={() => void give()} inputMode="numeric" max={7} error={wrong} name="grams" />
        </div>
      </div>
    </div>
  );
}

/** Drawn again only when its line has changed: the beep must not wait for a long list. */
function Row({ line }: { line: Line }) {
  return useMemo(() => <Drawn line={line} />, [line, language.value, line.event === null ? session.value : null]);
}

function Drawn({ line }: { line: Line }) {
  const { tint, shape, word } = shown(line);
  const refusal = line.event?.state === 'needs_attention' ? line.event.refusal : null;
  return (
    <li class={tint}>
      <span class="shape" aria-hidden="true">{shape}</span>
      <span class="code">{line.kind === 'unknown' ? line.text.slice(0, 24) : grouped(line.text) || say(W.numbering)}</span>
      <span class="row-to">{line.kind === 'item' && line.next.addressee ? nameOf('served_bodies', line.next.addressee) : ''}</span>
      <span class="row-word">{line.kind === 'item' && tint === 'good' ? <span class="hidden-words">{word}</span> : word}{refusal ? `: ${either(refusal.vi, refusal.en)}` : ''}</span>
      {line.next.mark !== 'NONE' ? <Badge>{markWord(line.next.mark)}</Badge> : null}
      <span class="number">{line.weight_g === null ? '' : weight(line.weight_g)}</span>
      <time>{timeSeconds(line.at)}</time>
    </li>
  );
}
