// Proposing a version: from an indicator of the catalogue, from a version before, or from nothing. A draft judges nothing.

import { useState } from 'preact/hooks';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { machine } from './machine.ts';
import type { Rule } from './rules.tsx';
import { api, ask, go } from './state.ts';
import { Button, Choice, Field, Refusal, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, say } from './words.ts';

const W = {
  title: ['Đề nghị quy tắc', 'Propose a rule'], back: ['Về danh sách', 'Back to the list'], from: ['Lấy từ danh mục dấu hiệu', 'From the catalogue of indicators'], blank: ['Không, viết mới', 'No, write a new one'], code: ['Mã quy tắc', 'Rule code'], code_hint: ['2–5 chữ hoa và số, ví dụ SND4', '2 to 5 capitals and a number, e.g. SND4'], vi: ['Tìm gì (tiếng Việt)', 'Looks for (Vietnamese)'], en: ['Tìm gì (tiếng Anh)', 'Looks for (English)'],
  severity: ['Mức', 'Severity'], effect: ['Tác dụng', 'Effect'], kinds: ['Hỏi tại mốc', 'Asked at'], expression: ['Điều kiện (CEL)', 'Condition (CEL)'], facts: ['Dữ kiện được nêu', 'Facts that may be named'], act: ['Căn cứ pháp lý (mã văn bản, để trống nếu chưa có)', 'Legal basis (code of the act, empty when none)'], days: ['Hiệu lực bao nhiêu ngày', 'In force for how many days'], save: ['Gửi dự thảo', 'Send the draft'],
} as const;
const SEVERITIES = [['low', ['Thấp', 'Low']], ['medium', ['Vừa', 'Medium']], ['high', ['Cao', 'High']], ['critical', ['Nguy cấp', 'Critical']]] as const;
const EFFECTS = [['hold', ['Giữ lại', 'Hold']], ['flag', ['Báo trực ban', 'Tell the duty officer']], ['shadow', ['Chạy thử, chỉ đếm', 'Shadow: only counted']]] as const;
type Severity = (typeof SEVERITIES)[number][0];
type Effect = (typeof EFFECTS)[number][0];
type Indicator = { rule_code: string; name_vi: string; name_en: string; severity: Severity; effect: Effect; audience: 'duty' | 'audit'; kinds: string[]; service_classes: string[] | null; expression: string; act_code?: string | null };
type Draft = Indicator & { act: string; days: string };
const BLANK: Draft = { rule_code: '', name_vi: '', name_en: '', severity: 'medium', effect: 'shadow', audience: 'duty', kinds: ['accepted'], service_classes: null, expression: '', act: '', days: '180' };

export function Propose({ from }: { from: Rule | null }) {
  const [draft, setDraft] = useState<Draft>(() => (from ? { ...BLANK, ...(from as unknown as Indicator), act: from.act_code ?? '' } : BLANK));
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const set = (more: Partial<Draft>): void => setDraft((before) => ({ ...before, ...more }));
  const catalogue = useLoad('indicators', async () => (await ask(api.rules.catalogue.$get())).rows as unknown as Indicator[]);
  const facts = useLoad('rule facts', async () => (await ask(api.rules.facts.$get()))['facts'] as { [group: string]: { fact: string; type: string; vi: string; en: string }[] });
  const save = async (): Promise<void> => {
    setProblem(null);
    const now = machine.outbox.now();
    const { rule_code, name_vi, name_en, severity, effect, audience, kinds, service_classes, expression, act, days } = draft;
    const body = { rule_code, name_vi, name_en, severity, effect, audience, kinds, expression, ...(service_classes ? { service_classes } : {}), ...(act === '' ? {} : { act_code: act }), valid_from: new Date(now).toISOString(), valid_until: new Date(now + Number(days) * 86_400_000).toISOString() };
    await ask(api.rules.$post({ json: body as never })).then(({ rule_version_id }) => go(`/desk/rules/${rule_version_id}`), (error: unknown) => setProblem(wordsOf(error)));
  };
  return (
    <div class="rules stack">
      <div class="title-row"><h1>{say(W.title)}</h1><Button kind="quiet" onPress={() => go('/desk/rules')}>‹ {say(W.back)}</Button></div>
      {problem ? <Refusal problem={problem} /> : null}
      <div class="side-by-side">
        <div class="stack">
          {from ? null : (
            <div class="field"><label for="indicator">{say(W.from)}</label>
              <select id="indicator" onChange={(event) => { const found = (catalogue.data ?? []).find((row) => row.rule_code === event.currentTarget.value); setDraft(found ? { ...BLANK, ...found, act: found.act_code ?? '' } : BLANK); }}>
                <option value="">{say(W.blank)}</option>
                {(catalogue.data ?? []).map((row) => <option key={row.rule_code} value={row.rule_code}>{row.rule_code} · {either(row.name_vi, row.name_en)}</option>)}
              </select>
            </div>
          )}
          <div class="columns"><Field label={say(W.code)} hint={say(W.code_hint)} value={draft.rule_code} onInput={(rule_code) => set({ rule_code: rule_code.toUpperCase() })} max={8} disabled={from !== null} name="rule-code" /><Field label={say(W.days)} value={draft.days} onInput={(days) => set({ days })} inputMode="numeric" max={4} /></div>
          <div class="columns"><Field label={say(W.vi)} value={draft.name_vi} onInput={(name_vi) => set({ name_vi })} max={160} name="name-vi" /><Field label={say(W.en)} value={draft.name_en} onInput={(name_en) => set({ name_en })} max={160} name="name-en" /></div>
          <Choice label={say(W.severity)} value={draft.severity} onChange={(severity) => set({ severity })} options={SEVERITIES.map(([value, words]) => ({ value, text: say(words) }))} compact />
          <Choice label={say(W.effect)} value={draft.effect} onChange={(effect) => set({ effect })} options={EFFECTS.map(([value, words]) => ({ value, text: say(words) }))} compact />
          <fieldset class="choice"><legend>{say(W.kinds)}</legend><div class="kinds">{Object.entries(CHECKPOINTS).map(([kind, entry]) => <label key={kind} class="tick"><input type="checkbox" checked={draft.kinds.includes(kind)} onChange={(event) => set({ kinds: event.currentTarget.checked ? [...draft.kinds, kind] : draft.kinds.filter((known) => known !== kind) })} /> {either(entry.vi, entry.en)}</label>)}</div></fieldset>
          <div class="field"><label for="expression">{say(W.expression)}</label><textarea id="expression" rows={4} maxLength={1000} spellcheck={false} class="expression" value={draft.expression} onInput={(event) => set({ expression: event.currentTarget.value.normalize('NFC') })} /></div>
          <Field label={say(W.act)} value={draft.act} onInput={(act) => set({ act })} max={40} />
          <div class="row"><Button kind="main" onPress={save}>{say(W.save)}</Button></div>
        </div>
        <section class="card facts-card" tabIndex={0} aria-label={say(W.facts)}>
          <h2>{say(W.facts)}</h2>
          {Object.entries(facts.data ?? {}).map(([group, fields]) => <details key={group}><summary class="code">{group}</summary><ul class="plain">{fields.map((field) => <li key={field.fact}><button type="button" class="link" onClick={() => set({ expression: `${draft.expression}${draft.expression === '' ? '' : ' '}${field.fact}` })}>{field.fact}</button> <span class="soft">{field.type} · {either(field.vi, field.en)}</span></li>)}</ul></details>)}
        </section>
      </div>
    </div>
  );
}
