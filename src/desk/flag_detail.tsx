// One flag beside the list: why, with the rule, its version and the facts it rests on; screenings so far; where the item is.

import type { ComponentChildren } from 'preact';
import { grouped } from '../domain/code.ts';
import { DoNotTouch } from './do_not_touch.tsx';
import { SIGNS } from '../domain/sign.ts';
import type { Flag, Reason } from './flags_read.ts';
import { nameOf, reasonsOf } from './machine.ts';
import { api, ask, may } from './state.ts';
import { Badge, useLoad } from './ui.tsx';
import { dateTime, either, say } from './words.ts';

const W = {
  why: ['Vì sao', 'Why'], rule: ['Quy tắc {code}, phiên bản {version}', 'Rule {code}, version {version}'], at: ['tại mốc “{kind}” lúc {at}', 'at “{kind}”, {at}'], by: ['người ghi: {who}', 'recorded by {who}'], held: ['ĐANG GIỮ', 'HELD'], free: ['không giữ', 'not held'],
 screenings: ['Đã soi', 'Screened'], void: ['không còn giá trị', 'void'], none: ['Chưa soi lần nào.', 'Never screened.'], road: ['Hành trình', 'Road'], cleared: ['Đã bác; còn giữ, chờ người khác giải tỏa.', 'Dismissed; still held until another person releases it.'], put_off: ['Hẹn đến {at}', 'Put off until {at}'],
} as const;
type Screening = { checkpoint_id: string; method_vi: string; method_en: string; result: string; status: string; operator: string | null; screened_at: string };
const RESULTS: { readonly [status: string]: readonly [string, string] } = { clear: ['không phát hiện', 'clear'], alarm: ['báo động', 'alarm'], alarm_cleared: ['báo động, đã giải', 'alarm, cleared'], inconclusive: ['không rõ', 'inconclusive'], void: W.void };

export function FlagDetail({ flag, children }: { flag: Flag; children: ComponentChildren }) {
  const screened = useLoad<Screening[]>(`screened ${flag.code}`, async () => (may('item.screen') ? ((await ask(api.screening.items[':code'].$get({ param: { code: flag.code } }))).rows as unknown as Screening[]) : []));
  return (
    <section class={`card flag-detail ${flag.severity === 'critical' ? 'bad' : ''}`} aria-label={grouped(flag.code)}>
      <div class="row"><h2 class="code big-code">{grouped(flag.code)}</h2><a href={`/desk/item/${flag.code}`}>{say(W.road)}</a></div>
      <p class="row"><Badge tint={flag.held ? 'bad' : 'plain'}>{say(flag.held ? W.held : W.free)}</Badge> {either(flag.state_vi, flag.state_en)} · {nameOf('offices', flag.office_code)}</p>
      {flag.held ? <DoNotTouch code={flag.code} again={flag.last_at} /> : null}
      {flag.outcome === 'cleared' ? <p>{say(W.cleared)}</p> : null}
      {flag.deferred_until ? <p>{say(W.put_off, { at: dateTime(flag.deferred_until) })}</p> : null}
      {children}
      <h3>{say(W.why)}</h3>
      <ul class="plain reasons">{flag.reasons.map((reason) => <li key={`${reason.checkpoint_id}${reason.rule_code ?? reason.source}`}><Why reason={reason} /></li>)}</ul>
      <h3>{say(W.screenings)}</h3>
      {(screened.data ?? []).length === 0 ? <p class="soft">{say(W.none)}</p> : (
        <ul class="plain">{(screened.data ?? []).map((row) => <li key={row.checkpoint_id}><Badge tint={row.status === 'clear' || row.status === 'alarm_cleared' ? 'good' : row.status === 'alarm' ? 'bad' : 'warn'}>{say(RESULTS[row.status] ?? W.none)}</Badge> {either(row.method_vi, row.method_en)} <span class="soft">{row.operator} · {dateTime(row.screened_at)}</span></li>)}</ul>
      )}
    </section>
  );
}

function Why({ reason }: { reason: Reason }) {
  const named = reasonsOf('hold').find((row) => row['reason_code'] === reason.reason_code);
  return (
    <>
      <strong>{either(reason.vi, reason.en)}{named ? `: ${either(String(named['name_vi']), String(named['name_en']))}` : ''}</strong>
      <p class="soft">
        {reason.rule_code ? `${say(W.rule, { code: reason.rule_code, version: reason.version })} · ` : ''}
        {reason.kind_vi ? `${say(W.at, { kind: either(reason.kind_vi, reason.kind_en), at: dateTime(reason.at) })}` : dateTime(reason.at)}
        {reason.recorded_by ? ` · ${say(W.by, { who: reason.recorded_by })}` : ''}{reason.act_code ? ` · ${reason.act_code}` : ''}
      </p>
      {reason.facts.length > 0 ? <dl class="facts">{reason.facts.map((fact) => <Fact key={fact.fact + fact.vi} fact={fact} />)}</dl> : null}
    </>
  );
}

const YES: { readonly [value: string]: readonly [string, string] } = { true: ['có', 'yes'], false: ['không', 'no'] };
const Fact = ({ fact }: { fact: Reason['facts'][number] }) => {
  const signs: { readonly [sign: string]: readonly [string, string] } = SIGNS;
  const value = Array.isArray(fact.value) ? fact.value.map((one) => say(signs[String(one)] ?? [String(one), String(one)])).join(', ') : String(fact.value);
  return <><dt>{either(fact.vi, fact.en)}</dt><dd>{say(YES[value] ?? [value, value])}</dd></>;
};
