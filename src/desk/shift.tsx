// The shift of this office: the machine is proved fit, the shift opened; at its end what is in the room is counted blind, and the
// person taking over confirms by badge and PIN.

import './sorting.css';
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { checkStation } from '../scan/station.ts';
import type { Finding } from '../scan/station.ts';
import { me as signedIn, api, ask, may } from './state.ts';
import { machine, queue, reasonsOf, useCommand, useScans } from './machine.ts';
import { RoadAlarms } from './road_alarms.tsx';
import { AskPerson } from './run_person.tsx';
import type { Other } from './run_person.tsx';
import { pace } from './scanner.ts';
import { openSound, play, TONES } from './sound.ts';
import { Badge, Button, Field, Notice, Refusal, Table, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, number, say, weight } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Ca làm việc', 'Shift'],
  fit: ['Máy này', 'This machine'],
  scanner: ['Máy quét và bàn phím', 'Scanner and keyboard'],
  scan_card: ['Quét thẻ quầy (in ở mục Trợ giúp) để kiểm tra.', 'Scan the station card (printed from Help) to check them.'],
  good: ['Đọc đúng từng ký tự, {pace} ms mỗi ký tự', 'Every character read right, {pace} ms a character'],
  clock: ['Giờ của máy', 'Clock'], clock_said: { right: ['Đúng', 'Right'], amber: ['Lệch quá 30 giây', 'More than 30 s off'], red: ['Lệch quá 5 phút', 'More than 5 min off'], unknown: ['Chưa so được với máy chủ', 'Not yet compared with the server'] },
  store: ['Bộ nhớ của máy', 'Storage'], kept: ['Bền: trình duyệt không tự xóa', 'Lasting: the browser will not clear it'], not_kept: ['Trình duyệt có thể tự xóa khi đầy đĩa', 'The browser may clear it when the disk is full'], no_device: ['Máy chưa đăng ký: chỉ làm việc khi có mạng', 'Machine not enrolled: works online only'],
  sounds: ['Âm thanh', 'Sounds'], hear: ['Nghe thử', 'Listen'],
  closed: ['Bưu cục chưa mở ca.', 'The office has no open shift.'], open: ['Mở ca', 'Open the shift'], opened: ['Ca đang mở.', 'The shift is open.'],
  prove_first: ['Quét thẻ quầy trước: bộ gõ, Caps Lock hay bàn phím sai làm hỏng mọi lần quét của ca.', 'Scan the station card first: typing software, Caps Lock or a wrong layout would spoil every scan of the shift.'],
  no_scanner: ['Máy này không có máy quét', 'This machine has no scanner'],
  ask_head: ['Trưởng ca mở ca.', 'The shift head opens it.'],
  end: ['Kết ca', 'Close the shift'],
  blind: ['Đếm những gì đang có ở bưu cục, rồi nhập. Số trong sổ không hiện ra trước.', 'Count what is in the office, then enter it. What the books say is not shown before.'],
  count: ['Số lượng', 'Count'], grams: ['Khối lượng, gam', 'Weight, grams'], optional: ['nếu đã cân', 'if weighed'],
  counted: ['Đã ghi số đếm (lần {attempts}). Người nhận ca xác nhận.', 'The count is recorded (time {attempts}). Whoever takes over confirms.'],
  again: ['Đếm lại', 'Count again'], send: ['Ghi số đếm', 'Record the count'], receiver: ['Người nhận ca', 'Who takes over'],
  force: ['Kết ca dù còn chênh lệch, vì', 'Close over a difference, because'],
  done: ['Đã kết ca. {name} đã nhận.', 'The shift is closed. {name} has taken over.'],
  balance: ['Đầu ca + đến − đi = cuối ca', 'Opening + in − out = closing'],
  whole: ['Nhập số nguyên, 0 nếu không có.', 'Whole numbers; 0 where there is none.'],
} as const;

const CLASSES = ['kt1', 'letter', 'parcel', 'printed_matter', 'bag'] as const;
type MailClass = (typeof CLASSES)[number];
const CLASS_WORDS: { readonly [C in MailClass]: Pair } = { kt1: ['KT1', 'KT1'], letter: ['Thư', 'Letters'], parcel: ['Bưu kiện', 'Parcels'], printed_matter: ['Ấn phẩm', 'Printed matter'], bag: ['Túi gói', 'Bags'] };
type Balance = { mail_class: MailClass; opening_count: number; in_count: number; out_count: number; closing_count: number; closing_weight_g: number; blind_count: number; blind_differs: boolean };

const FINDINGS: { readonly [F in Finding['finding']]: Pair } = {
  ime: ['Bộ gõ tiếng Việt đang BẬT. Tắt (Ctrl+Shift hoặc biểu tượng V) rồi quét lại.', 'Vietnamese typing software is ON. Turn it off, then scan again.'],
  caps: ['Caps Lock đang BẬT. Tắt rồi quét lại.', 'Caps Lock is ON. Turn it off, then scan again.'],
  layout: ['Bố cục bàn phím không phải US. Đổi sang English (US) rồi quét lại.', 'The keyboard layout is not US. Change to English (US), then scan again.'],
  no_terminator: ['Máy quét không gửi Enter sau mã. Quét mã cấu hình “Enter/CR” trong sổ tay máy quét.', 'The scanner sends no Enter. Scan “Enter/CR suffix” in its manual.'],
  double_delivery: ['Mỗi mã đến hai lần. Có hai máy quét, hoặc máy quét đặt chế độ gửi kép.', 'Every scan arrives twice: two scanners, or one set to send twice.'],
  other_station: ['Thẻ này của quầy khác.', 'This card belongs to another station.'],
  unreadable: ['Không nhận ra được. Lau kính, quét lại; vẫn lỗi thì đổi máy quét.', 'Not recognisable. Clean the window and scan again; if it stays, change the scanner.'],
};

export default function Shift() {
  const [over, setOver] = useState<Over | null>(null);
  return (
    <div class="shift">
      <div class="title-row"><h1>{say(W.title)}</h1></div>
      <RoadAlarms />
      <div class="columns"><Fitness /><div class="stack">{over ? <Done {...over} /> : null}{signedIn.value?.shift_id === null ? <Opening /> : <Closing onClosed={setOver} />}</div></div>
    </div>
  );
}

const STATION = 'niem.station';
/** What the station card told in this shift; null: not scanned yet. */
const found = signal<readonly Finding[] | null>(null);

function Fitness() {
  useScans('shift', (scan) => {
    if (scan.what !== 'station' && !/ST1/i.test(scan.raw.text)) return play('unknown');
    // Bent out of recognition, it is held against the card that was read here last.
    const station = scan.what === 'station' ? scan.code : localStorage.getItem(STATION);
    const { findings, ms_per_char } = station === null ? { findings: [{ finding: 'unreadable' } as const], ms_per_char: null } : checkStation(scan.raw, station);
    if (findings.length === 0 && station !== null) localStorage.setItem(STATION, station);
    if (findings.length === 0) pace.value = ms_per_char;
    found.value = findings;
    return play(findings.length === 0 ? 'matched' : 'warning');
  });
  const { clock, storage, device } = queue.value;
  return (
    <section class="card stack" aria-label={say(W.fit)}>
      <h2>{say(W.fit)}</h2>
      <Check label={say(W.scanner)} good={found.value === null ? null : found.value.length === 0}>
        {found.value === null ? say(W.scan_card) : found.value.length === 0 ? say(W.good, { pace: pace.value === null ? null : Math.round(pace.value) }) : found.value.map(({ finding }) => <span key={finding}>{say(FINDINGS[finding])} </span>)}
      </Check>
      <Check label={say(W.clock)} good={clock.level === 'unknown' ? null : clock.level === 'right'}>{say(W.clock_said[clock.level])}</Check>
      <Check label={say(W.store)} good={device.kind === 'enrolled' ? (storage?.persisted ?? null) : null}>{say(device.kind !== 'enrolled' ? W.no_device : storage?.persisted ? W.kept : W.not_kept)}</Check>
      <div class="row"><strong>{say(W.sounds)}</strong>{(['matched', 'duplicate', 'surplus', 'stop'] as const).map((tone) => <Button key={tone} kind="quiet" onPress={() => { openSound(); play(tone); }}>{say(TONES_WORDS[tone])} {'●'.repeat(TONES[tone].notes.length)}</Button>)}</div>
    </section>
  );
}
const TONES_WORDS = { matched: ['khớp', 'matched'], duplicate: ['trùng', 'again'], surplus: ['thừa', 'surplus'], stop: ['dừng', 'stop'] } as const satisfies { [tone: string]: Pair };

const Check = ({ label, good, children }: { label: string; good: boolean | null; children: preact.ComponentChildren }) => (
  <div class="row"><Badge tint={good === null ? 'plain' : good ? 'good' : 'bad'}>{label}</Badge><span>{children}</span></div>
);

function Opening() {
  const [no_scanner, setNoScanner] = useState(false);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const open = async (): Promise<void> => {
    try {
      const { shift_id } = await ask(api.shifts.$post());
      if (signedIn.value) signedIn.value = { ...signedIn.value, shift_id };
      play('complete');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <section class="card stack" aria-label={say(W.open)}>
      <Notice tint="warn">{say(W.closed)} {may('shift.open') ? '' : say(W.ask_head)}</Notice>
      {problem ? <Refusal problem={problem} /> : null}
      {may('shift.open') ? <Button kind="main" big onPress={open} disabled={found.value?.length !== 0 && !no_scanner} why={say(W.prove_first)}>{say(W.open)}</Button> : null}
      {may('shift.open') && found.value?.length !== 0 && !no_scanner ? <Button kind="quiet" onPress={() => setNoScanner(true)}>{say(W.no_scanner)}</Button> : null}
    </section>
  );
}

type Entered = { readonly [C in MailClass]: { count: string; grams: string } };
const NOTHING = Object.fromEntries(CLASSES.map((name) => [name, { count: '0', grams: '' }])) as unknown as Entered;

type Over = { name: string; balances: readonly Balance[] };

function Closing({ onClosed }: { onClosed: (over: Over) => void }) {
  const [entered, setEntered] = useState<Entered>(NOTHING);
  const [attempts, setAttempts] = useState<number | null>(null);
  const [forced, setForced] = useState('');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const wrong = CLASSES.some((name) => !/^\d{1,7}$/.test(entered[name].count.trim()) || !/^\d{0,9}$/.test(entered[name].grams.trim()));
  const record = async (): Promise<void> => {
    if (wrong) return;
    setProblem(null);
    try {
      const lines = CLASSES.map((mail_class) => ({ mail_class, count: Number(entered[mail_class].count), ...(entered[mail_class].grams.trim() === '' ? {} : { weight_g: Number(entered[mail_class].grams) }) }));
      setAttempts((await ask(api.shifts.current['blind-count'].$post({ json: { lines } }))).attempts);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const close = async (other: Other): Promise<void> => {
    setProblem(null);
    try {
      const { confirmation } = await ask(api.session['second-person'].$post({ json: { badge: other.badge, pin: other.pin, permission: 'shift.open' } }));
      const { balances } = (await ask(api.shifts.current.close.$post({ json: { confirmation, ...(forced === '' ? {} : { forced_reason_code: forced }) } }))) as unknown as { balances: Balance[] };
      onClosed({ name: other.full_name, balances });
      // The next shift proves its machine itself.
      found.value = null;
      if (signedIn.value) signedIn.value = { ...signedIn.value, shift_id: null };
      play('complete');
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
  };
  useCommand('close', () => record());
  if (!may('shift.open')) return <section class="card"><Notice tint="good">{say(W.opened)}</Notice></section>;
  return (
    <section class="card stack" aria-label={say(W.end)}>
      <h2>{say(W.end)}</h2>
      {problem ? <Refusal problem={problem} /> : null}
      {attempts === null ? (
        <>
          <p>{say(W.blind)}</p>
          {CLASSES.map((name) => (
            <fieldset class="row" key={name}>
              <legend>{say(CLASS_WORDS[name])}</legend>
              <Field label={say(W.count)} value={entered[name].count} onInput={(count) => setEntered({ ...entered, [name]: { ...entered[name], count } })} inputMode="numeric" max={7} name={`count-${name}`} />
              <Field label={`${say(W.grams)} (${say(W.optional)})`} value={entered[name].grams} onInput={(grams) => setEntered({ ...entered, [name]: { ...entered[name], grams } })} inputMode="numeric" max={9} name={`grams-${name}`} />
            </fieldset>
          ))}
          <Button kind="main" big keys="Ctrl+Enter" onPress={record} disabled={wrong} why={say(W.whole)}>{say(W.send)}</Button>
        </>
      ) : (
        <>
          <Notice tint="info">{say(W.counted, { attempts })} <Button kind="quiet" onPress={() => setAttempts(null)}>{say(W.again)}</Button></Notice>
          {problem !== null && may('item.approve') ? (
            <div class="field"><label for="forced">{say(W.force)}</label><select id="forced" value={forced} onChange={(event) => setForced(event.currentTarget.value)}><option value="">—</option>{reasonsOf('force_close').map((row) => <option key={String(row['reason_code'])} value={String(row['reason_code'])}>{either(String(row['name_vi']), String(row['name_en']))}</option>)}</select></div>
          ) : null}
          <AskPerson label={say(W.receiver)} onKnown={(other) => void close(other)} />
        </>
      )}
    </section>
  );
}

const Done = ({ name, balances }: Over) => (
  <section class="card stack">
    <Notice tint="good">{say(W.done, { name })}</Notice>
    <Table
      caption={say(W.balance)} rows={balances} keyOf={(row) => row.mail_class} empty="" tintOf={(row) => (row.blind_differs ? 'bad' : 'plain')}
      columns={[
        { head: say(['Loại', 'Class']), cell: (row) => say(CLASS_WORDS[row.mail_class]) },
        ...(['opening_count', 'in_count', 'out_count', 'closing_count', 'blind_count'] as const).map((column, i) => ({ head: say(([['Đầu', 'Opening'], ['Đến', 'In'], ['Đi', 'Out'], ['Cuối', 'Closing'], ['Đếm', 'Counted']] as const)[i] ?? ['', '']), number: true, cell: (row: Balance) => number(row[column]) })),
        { head: say(['Khối lượng', 'Weight']), number: true, cell: (row) => weight(row.closing_weight_g) },
      ]}
    />
    <p class="soft">{machine.outbox.state().waiting === 0 ? '' : say(['Hàng chờ của máy này còn việc chưa gửi.', 'This machine still has events to send.'])}</p>
  </section>
);
