// The courier's run on a phone: stops by urgency, delivery to who may receive, an attempt with the evidence its reason asks for.

import './tracing.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { comesWithPaper } from '../domain/delivery.ts';
import type { Facts } from '../domain/facts.ts';
import { answered } from './labels.tsx';
import { machine, nameOf, reasonsOf, useScans } from './machine.ts';
import { play } from './sound.ts';
import { api, ask } from './state.ts';
import { Badge, Button, Choice, Field, Notice, Reading, Refusal, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, number, say, time } from './words.ts';

const W = {
  title: ['Đi phát', 'Delivery'],
  open: ['Mở chuyến phát', 'Open my run'], close: ['Đóng chuyến phát', 'Close my run'],
  none: ['Chưa có bưu gửi nào trên chuyến. Nhận ở bưu cục: khai thác viên giao từng bưu gửi, bạn xác nhận bằng thẻ và PIN.', 'Nothing on the run yet. At the office each item is signed out to you with your badge and PIN.'],
  no_run: ['Chưa mở chuyến phát.', 'No run is open.'],
  before: ['trước {at}', 'before {at}'],
  bring_back: ['{count} bưu gửi phải trả về bưu cục hôm nay', '{count} items must go back to the office today'],
  receiver: ['Người nhận', 'Receiver'], card: ['Thẻ người nhận (quét hoặc gõ)', 'Receiver card (scan or type)'], paper: ['Số giấy', 'Number of the paper'],
  deliver: ['Giao {count} bưu gửi', 'Deliver {count}'], fail: ['Không phát được', 'Not delivered'],
  why: ['Lý do', 'Reason'], evidence: ['Chứng cứ bắt buộc: {evidence}', 'Evidence required: {evidence}'], record: ['Ghi phát không thành công', 'Record the attempt'],
  never: ['Dấu A, B, C: chỉ giao đúng thẻ đã đăng ký; không giao bảo vệ, hàng xóm.', 'Marks A, B, C go only to the registered card; never to a guard or a neighbour.'],
  personal: ['Chỉ người có tên mới được bóc bì', 'Only the person named may open it'],
  done: ['Đã phát {count}.', '{count} delivered.'], back: ['Về danh sách', 'Back to the list'],
} as const;
const AUTHORITIES = [
  { value: 'card', text: ['Thẻ đã đăng ký', 'Registered card'] }, { value: 'letter_of_introduction', text: ['Giấy giới thiệu', 'Letter of introduction'] },
  { value: 'authorisation', text: ['Giấy ủy quyền', 'Authorisation'] }, { value: 'addressee_in_person', text: ['Chính người nhận', 'The addressee in person'] },
] as const;
type Authority = (typeof AUTHORITIES)[number]['value'];
const EVIDENCE: { readonly [kind: string]: readonly [vi: string, en: string] } = { call: ['gọi điện', 'a call'], photo: ['ảnh', 'a photo'], position: ['vị trí', 'position'], witness: ['người làm chứng', 'a witness'], paper: ['giấy tờ', 'a paper'] };

type RunItem = { code: string; service_vi: string; addressee_body_code: string | null; addressee_postal_code: string | null; personal_mark: boolean; appointed_at: string | null; state: string; state_vi: string; held: boolean };
type Run = { run_id: string; items: RunItem[]; to_bring_back: string[] };
const stopOf = (item: RunItem): string => item.addressee_body_code ?? item.addressee_postal_code ?? '';

export default function RunScreen() {
  const [stop, setStop] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const loaded = useLoad('run', async (): Promise<Run | null> => {
    try {
      return await ask(api.runs.mine.$get());
    } catch (error) {
      if (wordsOf(error).refusal === 'no_open_run') return null;
      throw error;
    }
  });
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    setProblem(null);
    try {
      await work();
      loaded.reload();
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
  };
  useScans('run', (scan) => {
    const item = loaded.data?.items.find((one) => one.code === scan.code);
    if (!item) return play('surplus');
    setStop(stopOf(item));
    return play('matched');
  });
  return (
    <div class="phone">
      <Reading loaded={loaded.data === null && !loaded.loading && loaded.problem === null ? { ...loaded, data: { run: null } } : { ...loaded, data: loaded.data === null ? null : { run: loaded.data } }}>
        {({ run }) => {
          if (run === null) return <><h1>{say(W.title)}</h1><p class="soft">{say(W.no_run)}</p>{problem ? <Refusal problem={problem} /> : null}<div class="bottom"><Button kind="main" big onPress={() => attempt(() => ask(api.runs.$post()))}>{say(W.open)}</Button></div></>;
          const open = run.items.filter((item) => item.state === 'with_courier' || item.state === 'attempted');
          const here = open.filter((item) => stopOf(item) === stop);
          if (stop !== null && here.length > 0) return <Stop name={stopName(here[0])} items={here} onDone={() => { setStop(null); loaded.reload(); }} />;
          const stops = [...new Set(open.map(stopOf))];
          return (
            <>
              <div class="title-row"><h1>{say(W.title)}</h1><span>{number(open.length)}</span></div>
              {problem ? <Refusal problem={problem} /> : null}
              {run.to_bring_back.length > 0 ? <Notice tint="warn">{say(W.bring_back, { count: run.to_bring_back.length })}</Notice> : null}
              {stops.length === 0 ? <p class="empty">{say(W.none)}</p> : stops.map((at, i) => {
                const items = open.filter((item) => stopOf(item) === at);
                const due = items.map((item) => item.appointed_at).find((appointed) => appointed !== null);
                return (
                  <button key={at} type="button" class={`stop${due ? ' urgent' : ''}`} onClick={() => setStop(at)}>
                    <strong>{i + 1}. {stopName(items[0])}</strong><strong class="number">{items.length}</strong>
                    <span class="soft">{[...new Set(items.map((item) => item.service_vi))].join(', ')}</span><span>{due ? say(W.before, { at: time(due) }) : ''}</span>
                  </button>
                );
              })}
              <div class="bottom"><Button big disabled={open.length > 0} why={say(['Còn bưu gửi trên tay.', 'Items are still in hand.'])} onPress={() => attempt(() => ask(api.runs[':run_id'].close.$post({ param: { run_id: run.run_id } })))}>{say(W.close)}</Button></div>
            </>
          );
        }}
      </Reading>
    </div>
  );
}

const stopName = (item: RunItem | undefined): string => (item?.addressee_body_code ? nameOf('served_bodies', item.addressee_body_code) : (item?.addressee_postal_code ?? '—'));

function Stop({ name, items, onDone }: { name: string; items: readonly RunItem[]; onDone: () => void }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(items.map((item) => item.code)));
  const [authority, setAuthority] = useState<Authority>('card');
  const [card, setCard] = useState('');
  const [paper, setPaper] = useState('');
  const [failing, setFailing] = useState(false);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  useScans('stop', (scan) => {
    if (scan.what === 'receiver' && scan.code !== null) {
      setAuthority('card');
      setCard(scan.code);
      return play('matched');
    }
    const item = items.find((one) => one.code === scan.code);
    if (!item) return play('surplus');
    setChosen((before) => new Set([...before, item.code]));
    return play('matched');
  });
  const each = async (record: (code: string) => Promise<void>): Promise<void> => {
    setProblem(null);
    try {
      for (const code of chosen) await record(code);
      play('complete');
      onDone();
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
  };
  const deliver = (): Promise<void> => each(async (code) => {
    const facts: Facts<'delivered'> = { receiver_authority: authority, ...(card === '' ? {} : { receiver_card_no: card.trim() }), ...(paper === '' ? {} : { authority_no: paper.trim() }) };
    const event = await answered(await machine.outbox.record({ kind: 'delivered', code, facts }));
    if (event.refusal) throw event.refusal;
  });
  if (failing) return <Failed onClose={() => setFailing(false)} problem={problem} record={(reason_code, evidence) => each(async (code) => {
    const event = await answered(await machine.outbox.record({ kind: 'attempted', code, facts: { reason_code, evidence } }));
    if (event.refusal) throw event.refusal;
  })} />;
  return (
    <>
      <div class="title-row"><h1>{name}</h1><Button kind="quiet" onPress={onDone}>{say(W.back)}</Button></div>
      {problem ? <Refusal problem={problem} /> : null}
      <div class="stack">
        {items.map((item) => (
          <label key={item.code} class="tick"><input type="checkbox" checked={chosen.has(item.code)} onChange={(event) => setChosen((before) => { const after = new Set(before); if (event.currentTarget.checked) after.add(item.code); else after.delete(item.code); return after; })} /> <span class="code">{grouped(item.code)}</span> {item.service_vi} {item.held ? <Badge tint="bad">{say(['Giữ lại', 'Held'])}</Badge> : null}{item.personal_mark ? <Badge tint="warn">{say(W.personal)}</Badge> : null}</label>
        ))}
        {items.some((item) => /KT1 [ABC]/.test(item.service_vi)) ? <Notice tint="info">{say(W.never)}</Notice> : null}
        <Choice label={say(W.receiver)} value={authority} onChange={setAuthority} options={AUTHORITIES.map(({ value, text }) => ({ value, text: say(text) }))} compact />
        <Field label={say(W.card)} value={card} onInput={(text) => setCard(text.toUpperCase())} max={24} name="card" />
        {comesWithPaper(authority) ? <Field label={say(W.paper)} value={paper} onInput={setPaper} max={40} name="paper" /> : null}
      </div>
      <div class="bottom"><Button kind="main" big disabled={chosen.size === 0} why="" onPress={deliver}>{say(W.deliver, { count: chosen.size })}</Button><Button big onPress={() => setFailing(true)}>{say(W.fail)}</Button></div>
    </>
  );
}

function Failed({ onClose, problem, record }: { onClose: () => void; problem: ProblemWords | null; record: (reason_code: string, evidence: ('call' | 'photo' | 'position' | 'witness' | 'paper')[]) => Promise<void> }) {
  const [reason, setReason] = useState('');
  const rows = reasonsOf('non_delivery');
  const needed = (rows.find((row) => row['reason_code'] === reason)?.['evidence'] as ('call' | 'photo' | 'position' | 'witness' | 'paper')[] | undefined) ?? [];
  return (
    <>
      <div class="title-row"><h1>{say(W.fail)}</h1><Button kind="quiet" onPress={onClose}>{say(W.back)}</Button></div>
      {problem ? <Refusal problem={problem} /> : null}
      <Choice label={say(W.why)} value={reason} onChange={setReason} options={rows.map((row) => ({ value: String(row['reason_code']), text: either(String(row['name_vi']), String(row['name_en'])) }))} />
      {needed.length > 0 ? <Notice tint="warn">{say(W.evidence, { evidence: needed.map((kind) => say(EVIDENCE[kind] ?? [kind, kind])).join(', ') })}</Notice> : null}
      <div class="bottom"><Button kind="main" big disabled={reason === ''} why="" onPress={() => record(reason, needed)}>{say(W.record)}</Button></div>
    </>
  );
}
