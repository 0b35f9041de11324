// What may be added to a casefile from the side: requests and answers, tasks, notices, parties, lead, items. Words go with it where the
// catalogue lets them and no KT1 is in it.

import { useState } from 'preact/hooks';
import { uuid7 } from '../base/id.ts';
import { ANSWERS, CASE_KINDS, CHANNELS, REQUESTS, SEVERITIES, SOURCES, TASKS } from '../domain/casefile.ts';
import type { AnswerCode, CaseKind, RequestKind } from '../domain/casefile.ts';
import { grouped } from '../domain/code.ts';
import { CaseForm, inHours, instantOf } from './case_form.tsx';
import type { FormField } from './case_form.tsx';
import { addTo, holdsOf, myParty, partyName } from './case_read.ts';
import type { CaseScreen } from './case_read.ts';
import { machine, rowsOf } from './machine.ts';
import { me } from './state.ts';
import { Button } from './ui.tsx';
import { dateTime, either, say } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Làm gì tiếp', 'What next'], party: ['Bên', 'Party'], request: ['Đề nghị', 'Request'], due: ['Hạn (để trống: theo hạn đã nạp)', 'Due (empty: by the limit loaded)'], words: ['Ghi thêm', 'Words'], answer: ['Trả lời', 'Answer'], which: ['Mục', 'Entry'], task: ['Việc', 'Task'], person: ['Người', 'Person'], channel: ['Kênh', 'Channel'], told: ['Báo lúc', 'Told at'], at: ['Lúc', 'At'], until: ['Đến khi nào (để trống: đến khi rút)', 'Until (empty: until revoked)'], severity: ['Mức', 'Severity'], code: ['Số hiệu', 'Number'], more: ['Việc khác…', 'More…'], about: ['Bưu gửi', 'Item'], all_items: ['Tất cả bưu gửi trong vụ', 'All items of the casefile'],
} as const;
const CHANNEL_WORDS: { readonly [channel in (typeof CHANNELS)[number]]: Pair } = { phone: ['Điện thoại', 'Phone'], letter: ['Công văn', 'Letter'], in_person: ['Trực tiếp', 'In person'], electronic: ['Điện tử', 'Electronic'], file: ['Tệp ký', 'Signed file'] };
const of = <K extends string>(table: { readonly [key in K]: Pair }): [string, string][] => (Object.keys(table) as K[]).map((key) => [key, say(table[key])]);

type Action = { kind: CaseKind; fields: FormField[]; facts: (values: { readonly [name: string]: string }) => object; urgent?: boolean };

/** What whoever sits here may add now; what waits for him first. */
function actionsOf(file: CaseScreen): Action[] {
  const mine = myParty();
  const lead = file.lead_party === mine;
  const others = [...new Set(file.parties.filter((party) => party.holds && party.party_code !== mine).map((party) => party.party_code))].map((code): [string, string] => [code, partyName(code)]);
  const strangers = [...rowsOf('agencies').map((row) => [String(row['agency_code']), String(row['name_vi'])] as const), ...rowsOf('offices').map((row) => [String(row['office_code']), String(row['name_vi'])] as const)].filter(([code]) => !file.parties.some((party) => party.holds && party.until_at === null && party.party_code === code));
  const inCase = file.units.map((unit): [string, string] => [unit.code, grouped(unit.code)]);
  const asked = file.requests.filter((row) => row.to === mine && row.answer === null && row.verdict !== 'withdrawn');
  const notices = file.notices.filter((row) => row.to === mine && row.acknowledged === null);
  const tasks = file.tasks.filter((row) => row.ended === null && [row.for_party, row.party_code].includes(mine));
  const optional = (name: string, value: string): object => (value === '' ? {} : { [name]: name.endsWith('_at') ? instantOf(value) : value });
  const actions: Action[] = [];
  for (const row of asked) {
    actions.push({ kind: 'answered', urgent: true, fields: [{ name: 'answer', label: [`${row.request_vi} (#${row.entry_no})`, `${row.request_en} (#${row.entry_no})`], options: row.answers.map((code) => [code, say(ANSWERS[code as AnswerCode])]) }], facts: ({ answer }) => ({ request_no: row.entry_no, answer }) });
  }
  for (const row of notices) actions.push({ kind: 'notice_acknowledged', urgent: true, fields: [{ name: 'at', label: W.at, instant: true, first: inHours(0) }], facts: ({ at }) => ({ notice_no: row.entry_no, acknowledged_at: instantOf(at ?? '') }) });
  if (file.lead_offer?.to === mine) actions.push({ kind: 'lead_accepted', urgent: true, fields: [], facts: () => ({ offer_no: file.lead_offer?.entry_no }) });
  if (tasks.length > 0) actions.push({ kind: 'task_done', urgent: true, fields: [{ name: 'task_no', label: W.task, options: tasks.map((row) => [String(row.entry_no), `${either(row.task_vi, row.task_en)} #${row.entry_no}`]) }, { name: 'done', label: W.answer, options: [['yes', say(['Đã xong', 'Done'])], ['no', say(['Không làm', 'Not done'])]], first: 'yes' }], facts: ({ task_no, done }) => ({ task_no: Number(task_no), done: done === 'yes' }) });
  const unnoted = file.units.filter((unit) => unit.holds > 0 && !file.entries.some((entry) => entry.kind === 'hold_noted' && entry.facts['code'] === unit.code)).flatMap((unit) => holdsOf(file.steps, unit.code).slice(-1).map((checkpoint_id) => ({ code: unit.code, checkpoint_id })));
  if (unnoted.length > 0) actions.push({ kind: 'hold_noted', urgent: true, fields: [{ name: 'code', label: W.about, options: unnoted.map((row) => [row.code, grouped(row.code)]), first: unnoted[0]?.code ?? '' }], facts: ({ code }) => unnoted.find((row) => row.code === code) ?? {} });
  if (others.length > 0) {
    actions.push(
      { kind: 'asked', fields: [{ name: 'request', label: W.request, options: (Object.keys(REQUESTS) as RequestKind[]).map((key) => [key, either(REQUESTS[key].vi, REQUESTS[key].en)]) }, { name: 'to', label: W.party, options: others, first: others.length === 1 ? (others[0]?.[0] ?? '') : '' }, { name: 'due_at', label: W.due, instant: true, optional: true }], facts: ({ request, to, due_at = '' }) => ({ request, to, unit_codes: file.units.map((unit) => unit.code), ...optional('due_at', due_at) }) },
      { kind: 'notice_given', fields: [{ name: 'party_code', label: W.party, options: others, first: others.length === 1 ? (others[0]?.[0] ?? '') : '' }, { name: 'channel', label: W.channel, options: CHANNELS.map((channel) => [channel, say(CHANNEL_WORDS[channel])]), first: 'phone' }, { name: 'told_at', label: W.told, instant: true, first: inHours(0) }], facts: ({ party_code, channel, told_at }) => ({ notice_id: uuid7(machine.outbox.now()), party_code, channel, told_at: instantOf(told_at ?? '') }) },
    );
  }
  const handlers = file.parties.filter((party) => party.holds).flatMap((party) => party.seen_by.map((person): [string, string] => [`${party.party_code}/${person.person_id}`, `${person.full_name} (${party.name_vi})`]));
  actions.push({ kind: 'task_set', fields: [{ name: 'task', label: W.task, options: of(TASKS) }, { name: 'to', label: W.person, options: [...file.parties.filter((party) => party.holds).map((party): [string, string] => [party.party_code, party.name_vi]), ...handlers] }, { name: 'due_at', label: W.due, instant: true, optional: true, first: inHours(4) }], facts: ({ task, to = '', due_at = '' }) => ({ task, party_code: to.split('/')[0], ...optional('person_id', to.split('/')[1] ?? ''), ...optional('due_at', due_at) }) });
  actions.push({ kind: 'triaged', fields: [{ name: 'severity', label: W.severity, options: of(SEVERITIES), first: file.severity }], facts: ({ severity }) => ({ severity, ...(me.value ? { person_id: me.value.person_id } : {}) }) });
  actions.push({ kind: 'unit_added', fields: [{ name: 'code', label: W.code }, { name: 'source', label: W.which, options: of(SOURCES), first: 'suspicion' }], facts: ({ code = '', source }) => ({ code: code.replaceAll(' ', '').toUpperCase(), source }) });
  if (lead) {
    actions.push({ kind: 'party_added', fields: [{ name: 'party_code', label: W.party, options: strangers }, { name: 'until_at', label: W.until, instant: true, optional: true }], facts: ({ party_code, until_at = '' }) => ({ party_code, ...optional('until_at', until_at) }) });
    if (others.length > 0) {
      actions.push({ kind: 'party_revoked', fields: [{ name: 'grant_no', label: W.party, options: file.parties.filter((party) => party.holds && party.party_code !== mine).map((party) => [String(party.grant_no), party.name_vi]) }], facts: ({ grant_no }) => ({ grant_no: Number(grant_no) }) });
      actions.push({ kind: 'lead_offered', fields: [{ name: 'party_code', label: W.party, options: others }], facts: ({ party_code }) => ({ party_code }) });
    }
    if (inCase.length > 1) actions.push({ kind: 'unit_dropped', fields: [{ name: 'code', label: W.about, options: inCase }], facts: ({ code }) => ({ code }) });
  }
  return actions;
}

export function CaseActions({ file, run }: { file: CaseScreen; run: (work: () => Promise<unknown>) => Promise<boolean> }) {
  const [chosen, setChosen] = useState<Action | null>(null);
  if (file.closed !== null) return null;
  const actions = actionsOf(file);
  const words = (action: Action): string => either(CASE_KINDS[action.kind].vi, CASE_KINDS[action.kind].en);
  const button = (action: Action, i: number) => <Button key={`${action.kind}${i}`} kind={action.urgent ? 'main' : 'side'} onPress={() => setChosen(action)}>{words(action)}</Button>;
  const withWords = (action: Action): FormField[] => (file.codes_only || CASE_KINDS[action.kind].words === 'none' ? action.fields : [...action.fields, { name: 'words', label: W.words, long: true, optional: CASE_KINDS[action.kind].words !== 'must' }]);
  const [first, rest] = [actions.filter((action) => action.urgent || action.kind === 'asked' || action.kind === 'task_set'), actions.filter((action) => !action.urgent && action.kind !== 'asked' && action.kind !== 'task_set')];
  return (
    <section class="card stack" aria-label={say(W.title)}>
      <h2>{say(W.title)}</h2>
      <div class="row">{first.map(button)}</div>
      <details><summary>{say(W.more)}</summary><div class="row">{rest.map(button)}</div></details>
      {chosen ? (
        <CaseForm title={words(chosen)} fields={withWords(chosen)} onClose={() => setChosen(null)} note={dateTime(machine.outbox.now())}
          onSend={async (values, id) => {
            await addTo(file.casefile_id, id, { kind: chosen.kind, facts: chosen.facts(values), ...((values['words'] ?? '').trim() === '' ? {} : { words: (values['words'] ?? '').trim() }) });
            await run(async () => undefined);
          }} />
      ) : null}
    </section>
  );
}
