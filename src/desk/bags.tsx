// Making up a bag: choose or open a trip, start the bag, scan items in, seal it. One scan a step; what may not go in stops the lane.

import './sorting.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { FLAGS } from '../domain/decide.ts';
import type { FlagCode } from '../domain/decide.ts';
import type { Second } from '../outbox/types.ts';
import { answered } from './labels.tsx';
import { machine, nameOf, rowsOf, stop, useCommand, useScans } from './machine.ts';
import { SecondPerson } from './second.tsx';
import { play } from './sound.ts';
import { api, ask, me } from './state.ts';
import { Badge, Button, Choice, Field, Figure, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, number, say, timeSeconds, weight } from './words.ts';

const W = {
  title: ['Túi gói', 'Bags'],
  choose: ['Chọn chuyến đang mở, hoặc mở chuyến mới.', 'Choose an open trip, or open one.'],
  none: ['Chưa có chuyến nào đang mở ở bưu cục này.', 'No open trip at this office.'],
  new_trip: ['Mở chuyến', 'Open a trip'], to: ['Đi', 'To'], mail: ['Loại', 'Mail'],
  new_bag: ['Mở túi mới', 'Start a bag'],
  bag: ['Túi {serial} → {to}', 'Bag {serial} → {to}'],
  inside: ['bưu gửi trong túi', 'items inside'],
  scan: ['Quét bưu gửi để đóng. Quét niêm phong khi xong.', 'Scan items in. Scan the seal when done.'],
  steps: { open: ['Mở', 'Open'], close: ['Chốt', 'Closed'], sealed: ['Niêm', 'Sealed'] },
  seal: ['Số niêm phong', 'Seal number'], gross: ['Cả bì, gam', 'Gross, grams'], tare: ['Vỏ túi, gam', 'Tare, grams'], last: ['Là túi cuối của chuyến', 'The last bag of the trip'],
  do_seal: ['Niêm túi', 'Seal the bag'],
  two: ['Trong túi có dấu A hoặc B: niêm phải có hai người.', 'Mark A or B inside: sealing needs two persons.'],
  sealed: ['Đã niêm túi {bag} bằng {seal}. In bản kê.', 'Bag {bag} is sealed with {seal}. Print the manifest.'],
  manifest: ['Bản kê', 'Manifest'], print: ['Mở bản in (PDF)', 'Open to print (PDF)'],
  take_out: ['Bỏ khỏi túi', 'Take out'],
} as const;

type Trip = { trip_id: string; trip_no: number; trip_year: number; to_office_code: string; from_office_code: string; mail: string; state: string };
type Inside = { code: string; weight_g: number; flags: readonly string[]; at: number; problem: ProblemWords | null };
type Made = { code: string; serial: number };

export default function Bags() {
  const [trip, setTrip] = useState<Trip | null>(null);
  const [bag, setBag] = useState<Made | null>(null);
  const [inside, setInside] = useState<readonly Inside[]>([]);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const trips = useLoad('trips', async () => ((await ask(api.trips.$get({ query: {} }))).rows as unknown as Trip[]).filter((row) => row.state === 'open' && row.from_office_code === me.value?.office_code));
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
  };
  const start = (): Promise<void> => attempt(async () => {
    if (trip === null) return;
    const first = (await ask(api.trips[':trip_id'].$get({ param: { trip_id: trip.trip_id } }))) as unknown as { bags: unknown[] };
    const event = await answered(await machine.outbox.record({ kind: 'bag_started', facts: { trip_id: trip.trip_id, manifest_bag: first.bags.length === 0 } }));
    if (event.refusal) throw event.refusal;
    const code = event.receipt?.code ?? '';
    setBag({ code, serial: Number(code.slice(-3)) });
    setInside([]);
    setSaid(null);
    play('matched');
  });
  const put = async (code: string): Promise<void> => {
    if (bag === null) return play('unknown') as unknown as undefined;
    const event = await machine.outbox.record({ kind: 'bagged', code, facts: { bag_code: bag.code } });
    play('matched');
    const after = await answered(event);
    setInside((before) => [{ code, weight_g: 0, flags: after.receipt?.flags ?? [], at: after.at, problem: after.refusal }, ...before.filter((line) => line.code !== code)]);
    if (after.refusal) stop(`${either(after.refusal.vi, after.refusal.en)} · ${grouped(code)}`);
    else if (after.receipt?.flags.includes('other_direction')) play('warning');
  };
  const [seal, setSeal] = useState('');
  useScans('bags', (scan) => {
    if (scan.code === null) return play('unknown');
    if (scan.what === 'item' || scan.what === 'label') return attempt(() => put(scan.code ?? ''));
    if (scan.what === 'seal') setSeal(scan.code);
    return undefined;
  }, { asks: ['seal'] });
  const good = inside.filter((line) => line.problem === null);
  const takeOut = (code: string): Promise<void> => attempt(async () => {
    if (bag === null) return;
    const event = await answered(await machine.outbox.record({ kind: 'taken_out_of_bag', code, facts: { bag_code: bag.code, reason_code: 'wrong_bag' } }));
    if (event.refusal) throw event.refusal;
    setInside((before) => before.filter((line) => line.code !== code));
    play('undone');
  });
  if (trip === null) {
    return (
      <>
        <div class="title-row"><h1>{say(W.title)}</h1><span class="soft">{say(W.choose)}</span></div>
        {problem ? <Refusal problem={problem} /> : null}
        <div class="side-by-side">
          <Reading loaded={trips}>
            {(rows) => (
              <Table
                caption={say(W.title)} rows={rows} keyOf={(row) => row.trip_id} empty={say(W.none)}
                columns={[
                  { head: say(['Chuyến', 'Trip']), cell: (row) => <span class="code">{row.trip_no}/{row.trip_year}</span> },
                  { head: say(W.to), cell: (row) => nameOf('offices', row.to_office_code), wide: true },
                  { head: say(W.mail), cell: (row) => (row.mail === 'kt1' ? 'KT1' : say(['thường', 'ordinary'])) },
                  { head: '', cell: (row) => <Button onPress={() => setTrip(row)}>{say(W.new_bag)}</Button> },
                ]}
              />
            )}
          </Reading>
          <NewTrip onMade={() => trips.reload()} />
        </div>
      </>
    );
  }
  return (
    <>
      <div class="title-row">
        <h1>{bag === null ? say(W.title) : say(W.bag, { serial: bag.serial, to: nameOf('offices', trip.to_office_code) })}</h1>
        <ol class="steps" aria-label={say(['Các bước', 'Steps'])}><li {...(bag && said === null ? { 'aria-current': 'step' } : {})} class={bag ? 'done' : ''}>{say(W.steps.open)}</li><li class={said ? 'done' : ''}>{say(W.steps.close)}</li><li class={said ? 'done' : ''}>{say(W.steps.sealed)}</li></ol>
        <Button kind="quiet" onPress={() => { setTrip(null); setBag(null); trips.reload(); }}>{say(['Chuyến khác', 'Another trip'])}</Button>
      </div>
      {problem ? <Refusal problem={problem} /> : null}
      {said ? <Notice tint="good">{said} {bag ? <Manifest code={bag.code} /> : null}</Notice> : null}
      {bag === null || said !== null ? <Button kind="main" big onPress={start}>{say(W.new_bag)}</Button> : (
        <div class="bag-body">
          <div><Figure value={number(good.length)} label={say(W.inside)} /><p class="soft">{say(W.scan)}</p></div>
          <Table
            caption={say(W.inside)} rows={inside} keyOf={(line) => line.code} empty={say(W.scan)} tintOf={(line) => (line.problem ? 'bad' : line.flags.length > 0 ? 'warn' : 'plain')}
            columns={[
              { head: say(['Số hiệu', 'Number']), cell: (line) => <span class="code">{grouped(line.code)}</span> },
              { head: say(['Kết quả', 'Result']), cell: (line) => (line.problem ? <Badge tint="bad">{either(line.problem.vi, line.problem.en)}</Badge> : line.flags.length > 0 ? <Badge tint="warn">{line.flags.map(flagWords).join(', ')}</Badge> : <Badge tint="good">{say(['Trong túi', 'In the bag'])}</Badge>), wide: true },
              { head: say(['Lúc', 'At']), cell: (line) => <time>{timeSeconds(line.at)}</time> },
              { head: '', cell: (line) => (line.problem ? '' : <Button kind="quiet" onPress={() => takeOut(line.code)}>{say(W.take_out)}</Button>) },
            ]}
          />
          {good[0] ? <Undo work={() => takeOut(good[0]?.code ?? '')} /> : null}
          <Seal bag={bag} count={good.length} seal={seal} setSeal={setSeal} onSealed={(seal_no) => setSaid(say(W.sealed, { bag: bag.serial, seal: seal_no }))} onProblem={setProblem} />
        </div>
      )}
    </>
  );
}

function NewTrip({ onMade }: { onMade: () => void }) {
  const [to, setTo] = useState('240100');
  const [mail, setMail] = useState<'kt1' | 'ordinary'>('kt1');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const open = async (): Promise<void> => {
    try {
      await ask(api.trips.$post({ json: { to_office_code: to, mail, route_level: 2, guard_requested: false } }));
      onMade();
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const offices = rowsOf('offices').filter((row) => row['office_code'] !== me.value?.office_code && row['kt1_point'] === true);
  return (
    <section class="card stack">
      <h2>{say(W.new_trip)}</h2>
      {problem ? <Refusal problem={problem} /> : null}
      <div class="field"><label for="to">{say(W.to)}</label><select id="to" value={to} onChange={(event) => setTo(event.currentTarget.value)}>{offices.map((row) => <option key={String(row['office_code'])} value={String(row['office_code'])}>{String(row['name_vi'])}</option>)}</select></div>
      <Choice label={say(W.mail)} value={mail} onChange={setMail} options={[{ value: 'kt1', text: 'KT1' }, { value: 'ordinary', text: say(['Bưu gửi thường', 'Ordinary mail']) }]} compact />
      <Button onPress={open}>{say(W.new_trip)}</Button>
    </section>
  );
}

/** Ctrl+Z, as long as there is something to take back: the last item put in comes out again, by an entry of its own. */
function Undo({ work }: { work: () => Promise<void> }) {
  useCommand('undo', work);
  return null;
}

const flagWords = (flag: string): string => (flag in FLAGS ? say(FLAGS[flag as FlagCode]) : flag);

function Seal({ bag, count, seal, setSeal, onSealed, onProblem }: { bag: Made; count: number; seal: string; setSeal: (seal: string) => void; onSealed: (seal_no: string) => void; onProblem: (problem: ProblemWords | null) => void }) {
  const [gross, setGross] = useState('');
  const [tare, setTare] = useState('300');
  const [last, setLast] = useState(true);
  const [asking, setAsking] = useState(false);
  const run = async (second?: Second): Promise<void> => {
    onProblem(null);
    setAsking(false);
    try {
      const event = await answered(await machine.outbox.record({ kind: 'bag_sealed', code: bag.code, ...(second ? { second } : {}), facts: { seal_nos: [seal.trim()], item_count: count, gross_g: Number(gross), tare_g: Number(tare), last_of_trip: last } }));
      if (event.refusal?.refusal === 'second_person_needed') return setAsking(true);
      if (event.refusal) throw event.refusal;
      play('complete');
      onSealed(seal);
    } catch (error) {
      onProblem(wordsOf(error));
      play('warning');
    }
  };
  useCommand('close', () => run());
  return (
    <aside class="stack">
      <Field label={say(W.seal)} value={seal} onInput={(text) => setSeal(text.toUpperCase())} max={24} name="seal" />
      <Field label={say(W.gross)} value={gross} onInput={setGross} inputMode="numeric" max={6} name="gross" />
      <Field label={say(W.tare)} value={tare} onInput={setTare} inputMode="numeric" max={6} name="tare" />
      <label class="tick"><input type="checkbox" checked={last} onChange={(event) => setLast(event.currentTarget.checked)} /> {say(W.last)}</label>
      <Button kind="main" big keys="Ctrl+Enter" disabled={seal === '' || gross === ''} why={say(['Quét niêm phong và cân túi trước.', 'Scan the seal and weigh the bag first.'])} onPress={() => run()}>{say(W.do_seal)}</Button>
      {asking ? <SecondPerson permission="bag.make" why={say(W.two)} onAgreed={(second) => void run(second)} onClose={() => setAsking(false)} /> : null}
    </aside>
  );
}

/** The manifest on the screen; its paper is the server's. */
function Manifest({ code }: { code: string }) {
  const loaded = useLoad(`manifest ${code}`, async () => (await ask(api.bags[':code'].manifest.$get({ param: { code }, query: {} }))) as unknown as { digest: string; item_count: number; net_g: number });
  const print = async (): Promise<void> => {
    const answer: Response = await api.bags[':code'].manifest.$get({ param: { code }, query: { format: 'pdf' } });
    if (answer.ok) window.open(URL.createObjectURL(await answer.blob()));
  };
  return loaded.data ? <><span class="code">{say(W.manifest)}: {loaded.data.item_count} · {weight(loaded.data.net_g)} · {loaded.data.digest.slice(0, 32).replace(/(.{4})/g, '$1 ')}</span> <Button onPress={print}>{say(W.print)}</Button></> : null;
}
