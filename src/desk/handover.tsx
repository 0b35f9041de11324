// Handing over from person to person: the giver scans what goes, the receiver scans what came. Custody moves item by item, only
// with both; what is not accepted is refused with a reason, and what nobody answers ages in the list.

import './sorting.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { answered } from './labels.tsx';
import { machine, reasonsOf, stop, useCommand } from './machine.ts';
import type { Scan } from './machine.ts';
import { Takes } from './run_person.tsx';
import { play } from './sound.ts';
import { api, ask, me } from './state.ts';
import { Badge, Button, Choice, Field, Figure, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, number, say, span, time } from './words.ts';

const W = {
  title: ['Bàn giao', 'Handover'], way: ['Việc', 'Task'], take: ['Nhận', 'Receive'], give: ['Giao', 'Give'],
  none: ['Không có phiếu bàn giao nào chờ bạn.', 'No handover waits for you.'],
  offer: ['{name} giao {count} đơn vị, lúc {at}', '{name} hands over {count} units, at {at}'], aged: ['chờ {long}', 'waiting {long}'],
  scan_in: ['Quét từng đơn vị để nhận. Cái nào không nhận thì từ chối kèm lý do.', 'Scan each unit to receive it. Refuse, with a reason, what you do not take.'],
  waits: ['chưa nhận', 'not yet received'], accepted: ['đã nhận', 'received'], refused: ['từ chối', 'refused'], refuse: ['Từ chối', 'Refuse'], reason: ['Lý do từ chối', 'Reason for refusing'],
  not_offered: ['{code} không có trong phiếu nào giao cho bạn.', '{code} is in no handover to you.'],
  to: ['Giao cho', 'To'], scan_out: ['Quét những gì bạn đang giữ và giao đi.', 'Scan what you hold and hand over.'], counted: ['sẽ giao', 'to hand over'],
  do_offer: ['Lập phiếu bàn giao', 'Make the handover'], offered: ['Đã lập phiếu: {count} đơn vị chờ {name} nhận.', 'Made: {count} units wait for {name}.'],
  pin: ['Mã PIN của người nhận, nếu đứng tại đây', 'PIN of the receiver, if here now'], one_pin: ['Nhận cả danh sách bằng một PIN', 'Receive the whole list with one PIN'], given: ['{name} đã nhận {count} đơn vị.', '{name} has received {count} units.'],
  mine: ['Bạn giao, chưa được nhận', 'Offered by you, not yet received'], drop: ['Bỏ ra', 'Leave out'],
} as const;

type Line = { code: string; condition: string; seal_nos: string[]; answer: string | null; reason_code: string | null };
type Handover = { handover_id: string; office_code: string; to: { kind: 'person' | 'courier' | 'vehicle' | 'agency'; ref: string }; offered_at: string; mine_to_answer: boolean; lines: Line[] };
type Staff = { person_id: string; badge: string; full_name: string; roles: string[] };

const read = async () => {
  const [{ rows }, { staff }] = await Promise.all([ask(api.handovers.$get()), ask(api.desk.$get()) as unknown as Promise<{ staff: Staff[] }>]);
  return { handovers: rows as unknown as Handover[], staff };
};

export default function HandoverScreen() {
  const [way, setWay] = useState<'take' | 'give'>('take');
  const loaded = useLoad('handovers', read);
  return (
    <div class="handover">
      <div class="title-row"><h1>{say(W.title)}</h1><Choice label={say(W.way)} compact value={way} onChange={setWay} options={[{ value: 'take', text: say(W.take) }, { value: 'give', text: say(W.give) }]} /></div>
      <Reading loaded={loaded}>{({ handovers, staff }) => (way === 'take' ? <Taking handovers={handovers.filter((known) => known.mine_to_answer)} onDone={loaded.reload} /> : <Giving staff={staff} mine={handovers.filter((known) => !known.mine_to_answer)} onDone={loaded.reload} />)}</Reading>
    </div>
  );
}

function Taking({ handovers, onDone }: { handovers: readonly Handover[]; onDone: () => void }) {
  const [answers, setAnswers] = useState<{ readonly [code: string]: 'accepted' | 'refused' }>({});
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const answerOf = (line: Line): string | null => answers[line.code] ?? line.answer;
  const take = async (code: string): Promise<void> => {
    const offer = handovers.find(({ lines }) => lines.some((line) => line.code === code));
    const line = offer?.lines.find((known) => known.code === code);
    if (!offer || !line) return stop(say(W.not_offered, { code: grouped(code) }));
    if (answerOf(line) !== null) return void play('duplicate');
    setProblem(null);
    try {
      const event = await answered(await machine.outbox.record({ kind: 'handed_over', code, facts: { handover_id: offer.handover_id, to: offer.to, condition: line.condition as 'intact' } }));
      if (event.refusal) return stop(`${grouped(code)}: ${either(event.refusal.vi, event.refusal.en)}`);
      setAnswers((before) => ({ ...before, [code]: 'accepted' }));
      play('matched');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const refuse = async (offer: Handover, code: string, reason_code: string): Promise<void> => {
    setProblem(null);
    try {
      await ask(api.handovers[':handover_id'].refusals.$post({ param: { handover_id: offer.handover_id }, json: { lines: [{ code, reason_code, condition: 'intact' }] } }));
      setAnswers((before) => ({ ...before, [code]: 'refused' }));
      onDone();
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <>
      <Takes screen="handover" take={(scan) => (scan.code !== null && (scan.what === 'item' || scan.what === 'label' || scan.what === 'bag') ? take(scan.code) : play('unknown'))} />
      {problem ? <Refusal problem={problem} /> : null}
      {handovers.length === 0 ? <div class="empty">{say(W.none)}</div> : <Notice>{say(W.scan_in)}</Notice>}
      {handovers.map((offer) => (
        <section class="card stack" key={offer.handover_id}>
          <Table
            caption={say(W.offer, { name: offer.to.ref === me.value?.person_id ? me.value.full_name : offer.office_code, count: offer.lines.length, at: time(offer.offered_at) })}
            rows={offer.lines} keyOf={(line) => line.code} empty="" tintOf={(line) => (answerOf(line) === 'refused' ? 'bad' : 'plain')}
            columns={[
              { head: say(['Số hiệu', 'Number']), cell: (line) => <a class="code" href={`/desk/item/${line.code}`}>{grouped(line.code)}</a> },
              { head: say(['Niêm phong', 'Seals']), cell: (line) => <span class="code">{line.seal_nos.join(' ') || '—'}</span> },
              { head: say(['Trả lời', 'Answer']), cell: (line) => (answerOf(line) === null ? <Badge>{say(W.waits)}</Badge> : answerOf(line) === 'accepted' ? <Badge tint="good">{say(W.accepted)}</Badge> : <Badge tint="bad">{say(W.refused)}</Badge>) },
              { head: '', cell: (line) => (answerOf(line) === null ? <RefuseLine code={line.code} onRefuse={(reason_code) => refuse(offer, line.code, reason_code)} /> : '') },
            ]}
          />
          <p class="soft">{say(W.aged, { long: span(machine.outbox.now() - Date.parse(offer.offered_at)) })}</p>
        </section>
      ))}
    </>
  );
}

function RefuseLine({ code, onRefuse }: { code: string; onRefuse: (reason_code: string) => Promise<void> }) {
  const [asking, setAsking] = useState(false);
  if (!asking) return <Button kind="quiet" onPress={() => setAsking(true)}>{say(W.refuse)}<span class="hidden-words"> {code}</span></Button>;
  return (
    <select aria-label={`${say(W.reason)} ${code}`} onChange={(event) => event.currentTarget.value !== '' && void onRefuse(event.currentTarget.value)}>
      <option value="">{say(W.reason)}</option>
      {reasonsOf('discrepancy').map((row) => <option key={String(row['reason_code'])} value={String(row['reason_code'])}>{either(String(row['name_vi']), String(row['name_en']))}</option>)}
    </select>
  );
}

function Giving({ staff, mine, onDone }: { staff: readonly Staff[]; mine: readonly Handover[]; onDone: () => void }) {
  const others = staff.filter((person) => person.person_id !== me.value?.person_id);
  const [to, setTo] = useState('');
  const [codes, setCodes] = useState<readonly string[]>([]);
  const [pin, setPin] = useState('');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const add = (scan: Scan): unknown => {
    if (scan.what === 'badge' && scan.code !== null) return setTo(others.find(({ badge }) => badge === scan.code)?.person_id ?? to);
    const { code } = scan;
    if (code === null || (scan.what !== 'item' && scan.what !== 'label' && scan.what !== 'bag')) return play('unknown');
    if (codes.includes(code)) return play('duplicate');
    setCodes((before) => [code, ...before]);
    return play('matched');
  };
  const offer = async (): Promise<void> => {
    const receiver = others.find(({ person_id }) => person_id === to);
    if (!receiver || codes.length === 0) return;
    setProblem(null);
    try {
      await ask(api.handovers.$post({ json: { to: { kind: 'person', ref: to }, receiver_person_id: to, lines: codes.map((code) => ({ code, condition: 'intact' as const, seal_nos: [] })) } }));
      setSaid(say(W.offered, { count: codes.length, name: receiver.full_name }));
      setCodes([]);
      play('complete');
      onDone();
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
  };
  /** Both stand here: the receiver's PIN once, each unit of the list confirmed by itself. What is refused stays in the list. */
  const give = async (): Promise<void> => {
    const receiver = others.find(({ person_id }) => person_id === to);
    if (!receiver) return;
    setProblem(null);
    setSaid(null);
    let given = 0;
    try {
      for (const code of codes) {
        const second = await machine.outbox.confirmBy({ badge: receiver.badge, pin, permission: 'custody.hand_over' });
        const event = await answered(await machine.outbox.record({ kind: 'handed_over', code, facts: { to: { kind: 'person', ref: to }, condition: 'intact' }, second }));
        if (event.refusal) {
          stop(`${grouped(code)}: ${either(event.refusal.vi, event.refusal.en)}`);
          continue;
        }
        given += 1;
        setCodes((before) => before.filter((known) => known !== code));
      }
      setSaid(say(W.given, { name: receiver.full_name, count: given }));
      if (given === codes.length) play('complete');
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
    setPin('');
  };
  useCommand('close', offer);
  return (
    <>
      <Takes screen="handover" take={add} />
      {problem ? <Refusal problem={problem} /> : null}
      {said ? <Notice tint="good">{said}</Notice> : null}
      <div class="side-by-side">
        <Table caption={say(W.scan_out)} rows={codes} keyOf={(code) => code} empty={say(W.scan_out)} columns={[{ head: say(['Số hiệu', 'Number']), cell: (code) => <span class="code">{grouped(code)}</span>, wide: true }, { head: '', cell: (code) => <Button kind="quiet" onPress={() => setCodes((before) => before.filter((known) => known !== code))}>{say(W.drop)}<span class="hidden-words"> {code}</span></Button> }]} />
        <aside class="stack">
          <Figure value={number(codes.length)} label={say(W.counted)} />
          <div class="field"><label for="handover-to">{say(W.to)}</label><select id="handover-to" value={to} onChange={(event) => setTo(event.currentTarget.value)}><option value="">—</option>{others.map((person) => <option key={person.person_id} value={person.person_id}>{person.full_name} · {person.badge}</option>)}</select></div>
          <Button kind="main" big keys="Ctrl+Enter" disabled={to === '' || codes.length === 0} why={say(['Chọn người nhận và quét ít nhất một đơn vị.', 'Choose who receives and scan at least one unit.'])} onPress={offer}>{say(W.do_offer)}</Button>
          <Field label={say(W.pin)} value={pin} onInput={setPin} secret inputMode="numeric" name="handover-pin" max={12} />
          <Button disabled={to === '' || codes.length === 0 || pin === ''} why="" onPress={give}>{say(W.one_pin)}</Button>
        </aside>
      </div>
      {mine.length > 0 ? (
        <section class="card"><h2>{say(W.mine)}</h2><ul class="plain">{mine.map((known) => <li key={known.handover_id}><strong>{staff.find(({ person_id }) => person_id === known.to.ref)?.full_name ?? known.to.ref}</strong> <span class="number">{known.lines.filter((line) => line.answer === null).length}</span> <span class="soft">{say(W.aged, { long: span(machine.outbox.now() - Date.parse(known.offered_at)) })}</span></li>)}</ul></section>
      ) : null}
    </>
  );
}
