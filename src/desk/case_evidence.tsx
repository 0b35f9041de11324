// Pictures of a casefile: picked, dropped or taken, kept here until the server has stored them, and shown as the server made them anew.
// The original is never drawn: it comes as a file to save.

import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { myParty, newEntryId, partyName } from './case_read.ts';
import type { CaseScreen, Evidence } from './case_read.ts';
import { saveAs } from './save.ts';
import { me, token } from './state.ts';
import { Badge, Button, Field, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { dateTime, number, say } from './words.ts';

const W = {
  title: ['Ảnh bằng chứng', 'Evidence pictures'], pick: ['Chọn ảnh, hoặc kéo thả vào đây', 'Choose pictures, or drop them here'], take: ['Chụp ảnh', 'Take a picture'], rule: ['JPEG, PNG, WebP, tối đa 12 MiB một ảnh. Bản gốc được giữ nguyên; các bên xem bản dựng lại.', 'JPEG, PNG, WebP, 12 MiB each at most. The original is kept as it is; the parties look at a picture made anew.'],
  name: ['Tên, ghi chú', 'Name, note'], seen_by: ['Người thấy', 'Who sees it'], all: ['Cùng xử lý', 'All parties'], own: ['Nội bộ {party}', 'Only {party}'], one: ['Chỉ {party} và chúng tôi', 'Only {party} and us'], about: ['Về bưu gửi', 'About item'], whole: ['Cả vụ việc', 'The whole casefile'], store: ['Lưu vào vụ việc', 'Store in the casefile'], again: ['Gửi lại', 'Send again'], drop: ['Bỏ ảnh này', 'Leave this one out'],
  sending: ['Đang gửi {name}: {done} %', 'Sending {name}: {done} %'], stays: ['Chưa gửi được. Ảnh vẫn ở đây đến khi lưu xong; đừng đóng trang.', 'Not sent yet. The picture stays here until it is stored; do not close the page.'], none: ['Chưa có ảnh nào.', 'No pictures yet.'], size: ['{kib} KiB, {width} × {height} điểm ảnh', '{kib} KiB, {width} × {height} pixels'], hash: ['Mã băm SHA-256: {digest}', 'SHA-256: {digest}'], original: ['Tải bản gốc', 'Download the original'], only: ['chỉ {party} và bên gửi thấy', 'only {party} and the sender see it'], picture: ['Ảnh {no}: {name}', 'Picture {no}: {name}'],
} as const;

type Waiting = { casefile_id: string; person_id: string; evidence_id: string; entry_id: string; file: File; words: string; only: string; code: string; sent: number | null; problem: ProblemWords | null };
/** What is not stored yet. In memory only: leaving the screen loses nothing, and nothing of a casefile stands on a disk of the post. */
const waiting = signal<readonly Waiting[]>([]);
addEventListener('beforeunload', (event) => { if (waiting.value.length > 0) event.preventDefault(); });

const change = (evidence_id: string, to: Partial<Waiting>): void => void (waiting.value = waiting.value.map((row) => (row.evidence_id === evidence_id ? { ...row, ...to } : row)));
const drop = (evidence_id: string): void => void (waiting.value = waiting.value.filter((row) => row.evidence_id !== evidence_id));
const fileOf = (casefile_id: string, evidence_id: string, form: string): string => `/api/cases/${casefile_id}/evidence/${evidence_id}?form=${form}`;
const hex = (bytes: ArrayBuffer): string => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** The one way of a browser that tells how much has gone. A refusal is thrown as ProblemWords. */
const post = (path: string, file: File, onSent: (share: number) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.setRequestHeader('authorization', `Bearer ${token.value ?? ''}`);
    request.upload.addEventListener('progress', ({ loaded, total }) => onSent(loaded / total));
    request.addEventListener('load', () => (request.status === 201 ? resolve() : reject(JSON.parse(request.responseText) as ProblemWords)));
    request.addEventListener('error', () => reject(new Error('no answer')));
    request.send(file);
  });

/** Sent again under the same ids it is the same picture: nothing is stored twice. */
async function store({ casefile_id, evidence_id, entry_id, file, words, only, code }: Waiting): Promise<boolean> {
  change(evidence_id, { sent: 0, problem: null });
  try {
    const digest = hex(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
    const said = { words: words.trim(), only_party: only, code };
    const query = new URLSearchParams({ entry_id, evidence_id, digest, ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== '')) });
    await post(`/api/cases/${casefile_id}/evidence?${query}`, file, (sent) => change(evidence_id, { sent }));
    drop(evidence_id);
    return true;
  } catch (error) {
    const problem = wordsOf(error);
    change(evidence_id, { sent: null, problem: problem.refusal === 'no_answer' ? { ...problem, remedy_vi: W.stays[0], remedy_en: W.stays[1] } : problem });
    return false;
  }
}

export function EvidencePictures({ file, onDone }: { file: CaseScreen; onDone: () => void }) {
  return (
    <section class="card stack evidence" aria-label={say(W.title)}>
      <h2>{say(W.title)} <span class="soft number">{number(file.evidence.length)}</span></h2>
      {file.evidence.length === 0 ? <p class="soft">{say(W.none)}</p> : <ul class="plain evidence-grid">{file.evidence.map((row) => <Shown key={row.evidence_id} file={file} row={row} />)}</ul>}
      {file.closed ? null : <Adding file={file} onDone={onDone} />}
    </section>
  );
}

function Adding({ file: { casefile_id, parties, units }, onDone }: { file: CaseScreen; onDone: () => void }) {
  const person_id = me.value?.person_id ?? '';
  const rows = waiting.value.filter((row) => row.casefile_id === casefile_id && row.person_id === person_id);
  const holding = [...new Set(parties.filter((party) => party.holds).map((party) => party.party_code))];
  const take = (files: FileList | null | undefined): void => {
    const taken = [...(files ?? [])].map((picked): Waiting => ({ casefile_id, person_id, evidence_id: newEntryId(), entry_id: newEntryId(), file: picked, words: picked.name.normalize('NFC').slice(0, 300), only: '', code: units.length === 1 ? (units[0]?.code ?? '') : '', sent: null, problem: null }));
    waiting.value = [...waiting.value, ...taken];
  };
  const input = (id: string, label: string, more: object) => <div class="field"><label for={id}>{label}</label><input id={id} type="file" accept="image/jpeg,image/png,image/webp" {...more} onChange={(event) => { take(event.currentTarget.files); event.currentTarget.value = ''; }} /></div>;
  const send = async (which: readonly Waiting[]): Promise<void> => {
    for (const row of which) if (row.sent === null && (await store(row))) onDone();
  };
  // A line that is back sends what waited for it, on this screen or when it is come back to; what was refused waits for a person.
  useEffect(() => {
    const back = (): void => void send(waiting.value.filter((row) => row.casefile_id === casefile_id && row.person_id === person_id && row.problem?.refusal === 'no_answer'));
    if (navigator.onLine) back();
    addEventListener('online', back);
    return () => removeEventListener('online', back);
  }, []);
  const choice = (row: Waiting, name: 'only' | 'code', label: string, none: string, options: readonly (readonly [value: string, words: string])[]) => <div class="field"><label for={`${name}-${row.evidence_id}`}>{label}</label><select id={`${name}-${row.evidence_id}`} value={row[name]} onChange={(event) => change(row.evidence_id, { [name]: event.currentTarget.value })}><option value="">{none}</option>{options.map(([value, words]) => <option key={value} value={value}>{words}</option>)}</select></div>;
  return (
    <div class="stack evidence-drop" onDragOver={(event) => event.preventDefault()} onDrop={(event) => { event.preventDefault(); take(event.dataTransfer?.files); }}>
      <div class="row">{input('evidence-pick', say(W.pick), { multiple: true })}{input('evidence-take', say(W.take), { capture: 'environment' })}</div>
      <p class="soft">{say(W.rule)}</p>
      {rows.map((row) => (
        <div key={row.evidence_id} class="stack evidence-waiting">
          {row.problem ? <Refusal problem={row.problem} /> : null}
          {row.sent === null ? (
            <>
              <Field label={say(W.name)} hint={`${row.file.name} · ${number(Math.ceil(row.file.size / 1024))} KiB`} value={row.words} onInput={(words) => change(row.evidence_id, { words })} max={300} />
              <div class="row">
                {choice(row, 'only', say(W.seen_by), say(W.all), holding.map((party) => [party, say(party === myParty() ? W.own : W.one, { party: partyName(party) })]))}
                {units.length < 2 ? null : choice(row, 'code', say(W.about), say(W.whole), units.map((unit) => [unit.code, grouped(unit.code)]))}
                <Button kind="quiet" onPress={() => drop(row.evidence_id)}>{say(W.drop)}</Button>
              </div>
            </>
          ) : <label>{say(W.sending, { name: row.file.name, done: Math.round(row.sent * 100) })} <progress max={1} value={row.sent} /></label>}
        </div>
      ))}
      {rows.length === 0 ? null : <div><Button kind="main" busy={rows.some((row) => row.sent !== null)} onPress={() => send(rows)}>{say(rows.some((row) => row.problem) ? W.again : W.store)}</Button></div>}
    </div>
  );
}

function Shown({ file, row }: { file: CaseScreen; row: Evidence }) {
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const entry = file.entries.find(({ entry_no }) => entry_no === row.entry_no);
  const name = entry?.words ?? row.evidence_id;
  return (
    <li>
      {problem ? <Refusal problem={problem} /> : null}
      <View path={fileOf(file.casefile_id, row.evidence_id, 'view')} said={say(W.picture, { no: row.entry_no, name })} onProblem={setProblem} />
      <strong>{name}</strong> <a href={`#entry-${row.entry_no}`}>#{row.entry_no}</a>
      {entry?.only_party ? <Badge tint="warn" shape="◐">{say(W.only, { party: partyName(entry.only_party) })}</Badge> : null}
      <span class="soft">{say(W.size, { kib: Math.ceil(row.bytes / 1024), width: row.width, height: row.height })} · {row.media_type}</span>
      <span class="soft">{entry?.by?.full_name ?? '—'} ({partyName(entry?.party_code ?? '')}) · {entry ? dateTime(entry.at) : '—'}</span>
      <span class="code digest">{say(W.hash, { digest: row.digest })}</span>
      <Button kind="quiet" onPress={() => saveAs(fileOf(file.casefile_id, row.evidence_id, 'original')).catch((error: unknown) => setProblem(wordsOf(error)))}>{say(W.original)}</Button>
    </li>
  );
}

/** Fetched when it comes into sight, as each look is told to the parties, and let go with the screen. */
function View({ path, said, onProblem }: { path: string; said: string; onProblem: (problem: ProblemWords) => void }) {
  const [url, setUrl] = useState<string | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let made: string | null = null;
    let over = false;
    const read = async (): Promise<void> => {
      const answer = await fetch(path, { headers: { authorization: `Bearer ${token.value ?? ''}` } });
      if (!answer.ok) throw (await answer.json()) as ProblemWords;
      const picture = await answer.blob();
      if (over) return;
      made = URL.createObjectURL(picture);
      setUrl(made);
    };
    const eye = new IntersectionObserver((seen) => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
      eye.disconnect();
      read().catch((error: unknown) => onProblem(wordsOf(error)));
    });
    if (frame.current) eye.observe(frame.current);
    return () => {
      over = true;
      eye.disconnect();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [path]);
  return <div ref={frame} class="evidence-frame">{url === null ? null : <img src={url} alt={said} />}</div>;
}
