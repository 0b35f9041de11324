// Machines and badges: a code to enrol a machine, those that are enrolled, a locked badge opened, a queue that came as a file taken in.

import { useRef, useState } from 'preact/hooks';
import { nameOf, rowsOf } from './machine.ts';
import { api, ask, may, me } from './state.ts';
import { Badge, Button, Field, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, either, number, say, time } from './words.ts';

const W = {
  title: ['Máy và thẻ', 'Machines and badges'],
  enrol: ['Đăng ký một máy', 'Enrol a machine'], office: ['Bưu cục', 'Office'], make: ['Lấy mã đăng ký', 'Make a code'],
  code_is: ['Gõ mã này ở trang đăng nhập của máy, trước {at}. Dùng một lần.', 'Type this code on the sign-in page of the machine before {at}. It works once.'],
  machines: ['Máy đã đăng ký', 'Enrolled machines'], no_machines: ['Chưa có máy nào đăng ký. Lấy mã ở trên, gõ tại máy.', 'No machine is enrolled. Make a code above and type it at the machine.'],
  name: ['Tên máy', 'Machine'], by: ['Người cấp mã', 'Code made by'], at: ['Lúc', 'At'], state: ['Trạng thái', 'State'], used: ['Đang dùng', 'In use'], revoked: ['Đã thu hồi {at}', 'Revoked {at}'],
  revoke: ['Thu hồi', 'Revoke'], sure: ['Thu hồi thật', 'Revoke it'], keep: ['Thôi', 'Keep it'],
  unlock: ['Mở khóa thẻ', 'Unlock a badge'], unlock_hint: ['Sau năm lần PIN sai. Người đó thử lại ngay được.', 'After five wrong PINs. The person may try again at once.'], badge: ['Mã nhân viên', 'Badge'], unlocked: ['Đã mở khóa thẻ {badge}.', 'Badge {badge} is unlocked.'],
  import_: ['Nhập tệp hàng chờ', 'Take in a queue file'], import_hint: ['Tệp do máy khác xuất ở Hộp gửi khi không có mạng. Nhập lại lần nữa không ghi đôi.', 'A file that another machine exported from its outbox. Taken in again, nothing is stored twice.'],
  choose: ['Chọn tệp', 'Choose a file'], imported: ['{file}: {stored} việc đã ghi, {refused} việc bị từ chối.', '{file}: {stored} events stored, {refused} refused.'],
  not_a_queue: ['{file} không phải tệp hàng chờ. Chọn tệp .json do Hộp gửi xuất.', '{file} is no queue file. Choose one that an outbox exported.'],
  refused: ['Việc bị từ chối trong tệp', 'Events of the file that were refused'], event: ['Việc', 'Event'], why: ['Vì sao', 'Why'],
} as const;

type Result = { checkpoint_id: string; problem: ProblemWords | null };

export default function Machines() {
  return (
    <div class="stack">
      <h1>{say(W.title)}</h1>
      <div class="columns">
        {may('device.enrol') ? <Enrol /> : null}
        {may('person.unlock') ? <Unlock /> : null}
        {may('outbox.import') ? <Import /> : null}
      </div>
      {may('device.enrol') ? <Enrolled /> : null}
    </div>
  );
}

function Enrol() {
  const [office, setOffice] = useState(me.value?.office_code ?? '');
  const [made, setMade] = useState<{ code: string; expires_at: string } | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const make = (): Promise<void> => ask(api.devices.codes.$post({ json: { office_code: office } })).then((code) => { setProblem(null); setMade(code); }, (error: unknown) => setProblem(wordsOf(error)));
  return (
    <section class="card stack" aria-labelledby="enrol">
      <h2 id="enrol">{say(W.enrol)}</h2>
      {problem ? <Refusal problem={problem} /> : null}
      <div class="field"><label for="office">{say(W.office)}</label><select id="office" value={office} onChange={(event) => setOffice(event.currentTarget.value)}>{rowsOf('offices').map((row) => <option key={String(row['office_code'])} value={String(row['office_code'])}>{String(row['office_code'])} · {String(row['name_vi'])}</option>)}</select></div>
      <Button kind="main" onPress={make}>{say(W.make)}</Button>
      {made ? <Notice tint="good"><strong class="code big-code">{made.code.replace(/(.{4})(?=.)/g, '$1 ')}</strong> <p>{say(W.code_is, { at: time(made.expires_at) })}</p></Notice> : null}
    </section>
  );
}

function Unlock() {
  const [badge, setBadge] = useState('');
  const [said, setSaid] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const unlock = async (): Promise<void> => {
    const wanted = badge.trim().toUpperCase();
    setSaid(null);
    setProblem(null);
    await ask(api.badges[':badge'].unlock.$post({ param: { badge: wanted } })).then(() => { setSaid(say(W.unlocked, { badge: wanted })); setBadge(''); }, (error: unknown) => setProblem(wordsOf(error)));
  };
  return (
    <section class="card stack" aria-labelledby="unlock">
      <h2 id="unlock">{say(W.unlock)}</h2>
      {problem ? <Refusal problem={problem} /> : null}
      {said ? <Notice tint="good">{said}</Notice> : null}
      <Field label={say(W.badge)} hint={say(W.unlock_hint)} value={badge} onInput={setBadge} max={16} name="locked-badge" onEnter={() => void unlock()} />
      <Button onPress={unlock} disabled={badge.trim() === ''}>{say(W.unlock)}</Button>
    </section>
  );
}

function Import() {
  const input = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState<{ words: string; refused: readonly Result[] } | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const take = async (file: File): Promise<void> => {
    setProblem(null);
    setWrong(null);
    let sealed: unknown;
    try {
      sealed = JSON.parse(await file.text());
    } catch {
      return setWrong(say(W.not_a_queue, { file: file.name }));
    }
    // Thousands of events may take longer than an ordinary question.
    await ask(api.outbox.import.$post({ json: sealed as never }, { init: { signal: AbortSignal.timeout(120_000) } })).then(
      ({ stored, refused, results }) => setSaid({ words: say(W.imported, { file: file.name, stored, refused }), refused: (results as unknown as Result[]).filter((result) => result.problem !== null) }),
      (error: unknown) => setProblem(wordsOf(error)),
    );
  };
  return (
    <section class="card stack" aria-labelledby="import">
      <h2 id="import">{say(W.import_)}</h2>
      <p class="hint">{say(W.import_hint)}</p>
      {problem ? <Refusal problem={problem} /> : null}
      {wrong ? <Notice tint="bad" urgent>{wrong}</Notice> : null}
      {said ? <Notice tint={said.refused.length === 0 ? 'good' : 'warn'}>{said.words}</Notice> : null}
      <div class="file-picker"><input ref={input} id="queue-file" class="hidden-words" type="file" accept="application/json,.json,.niem" onChange={(event) => { const file = event.currentTarget.files?.[0]; if (file) void take(file).finally(() => { if (input.current) input.current.value = ''; }); }} /><label class="button" for="queue-file">{say(W.choose)}</label></div>
      {said && said.refused.length > 0 ? <Table caption={say(W.refused)} rows={said.refused} keyOf={(row) => row.checkpoint_id} empty="" columns={[{ head: say(W.event), cell: (row) => <span class="code">{row.checkpoint_id.slice(-12)}</span> }, { head: say(W.why), cell: (row) => (row.problem ? either(row.problem.vi, row.problem.en) : ''), wide: true }]} /> : null}
    </section>
  );
}

function Enrolled() {
  const loaded = useLoad('devices', async () => (await ask(api.devices.$get())).devices);
  const [asking, setAsking] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const revoke = (device_id: string): Promise<void> => ask(api.devices[':device_id'].revoke.$post({ param: { device_id } })).then(() => { setAsking(null); loaded.reload(); }, (error: unknown) => setProblem(wordsOf(error)));
  return (
    <>
      {problem ? <Refusal problem={problem} /> : null}
      <Reading loaded={loaded}>
        {(devices) => (
          <Table caption={`${say(W.machines)} · ${number(devices.length)}`} rows={devices} keyOf={(row) => row.device_id} empty={say(W.no_machines)} columns={[
            { head: say(W.name), cell: (row) => <strong>{row.name}</strong> },
            { head: say(W.office), cell: (row) => <><span class="code">{row.office_code}</span> {nameOf('offices', row.office_code)}</>, wide: true },
            { head: say(W.at), cell: (row) => <time>{dateTime(row.enrolled_at)}</time> },
            { head: say(W.by), cell: (row) => row.enrolled_by },
            { head: say(W.state), cell: (row) => (row.revoked_at === null ? <Badge tint="good">{say(W.used)}</Badge> : <Badge tint="plain">{say(W.revoked, { at: dateTime(row.revoked_at) })}</Badge>) },
            { head: say(W.revoke), cell: (row) => (row.revoked_at !== null ? '' : asking === row.device_id ? <span class="row"><Button kind="danger" onPress={() => revoke(row.device_id)}>{say(W.sure)}</Button><Button kind="quiet" onPress={() => setAsking(null)}>{say(W.keep)}</Button></span> : <Button kind="quiet" onPress={() => setAsking(row.device_id)}>{say(W.revoke)}</Button>) },
          ]} />
        )}
      </Reading>
    </>
  );
}
