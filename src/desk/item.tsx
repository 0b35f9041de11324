// One item's whole road, through its bags: who had it, for how long, what was odd, what was corrected, and how well it is proven.

import './tracing.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { CustodyStrip } from './custody_strip.tsx';
import type { Step } from './custody_strip.tsx';
import { machine, nameOf, queue } from './machine.ts';
import { api, ask } from './state.ts';
import { Badge, Button, Field, Reading, Refusal, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { date, dateTime, either, say, span, time, weight } from './words.ts';

const W = {
  intact: ['Chuỗi nguyên vẹn · {count} mốc', 'Chain intact · {count} checkpoints'],
  broken: ['Chuỗi không khớp hoặc chưa xem hết', 'The chain does not fit, or is not all shown'],
  on_server: ['Máy chủ đã nhận', 'With the server'],
  here: ['Đã lưu máy, chưa gửi', 'On this machine, not sent'],
  mismatch: ['Không khớp', 'Does not fit'],
  gap: ['{minutes} không có mốc nào', 'nothing for {minutes}'],
  corrected: ['được đính chính', 'corrected'],
  corrects: ['Đính chính mốc trước', 'Corrects an earlier checkpoint'],
  with: ['cùng một người thứ hai', 'with a second person'],
  touched: ['Ai có thể đã chạm vào', 'Who could have touched it'],
  from: ['Từ', 'From'], to: ['Đến', 'To'], ask: ['Hỏi', 'Ask'],
  nobody: ['Không ai, theo sổ này, trong khoảng đó.', 'Nobody, by this ledger, in that time.'],
  restricted: ['Chi tiết mốc này chỉ dành cho người được phân công.', 'Details of this checkpoint are for those cleared.'],
} as const;

type Road = { code: string; complete: boolean; steps: (Step & { checkpoint_id: string; kind_vi: string; kind_en: string; unit_kind: string; unit_code: string; gap_minutes: number | null; office_code: string | null; person: { full_name: string; badge: string }; second_person_id: string | null; state_vi: string; state_en: string; flags: { vi: string; en: string }[]; corrects: string | null; corrected_by: string[]; facts: { [name: string]: unknown } | null; linked: boolean | null; hash: string })[]; bags: { bag_code: string; put_in_at: string; taken_out_at: string | null }[] };

/** What is worth reading of the facts, in a line. */
function factLine(facts: { [name: string]: unknown } | null): string {
  if (facts === null) return '';
  const parts = [
    typeof facts['weight_g'] === 'number' ? weight(facts['weight_g']) : null,
    typeof facts['condition'] === 'string' && facts['condition'] !== 'intact' ? facts['condition'] : null,
    Array.isArray(facts['seal_nos']) && facts['seal_nos'].length > 0 ? `${say(['niêm', 'seal'])} ${facts['seal_nos'].join(', ')}` : null,
    typeof facts['bag_code'] === 'string' ? `${say(['túi', 'bag'])} …${facts['bag_code'].slice(-8)}` : null,
    typeof facts['vehicle_no'] === 'string' ? facts['vehicle_no'] : null,
    typeof facts['reason_code'] === 'string' ? facts['reason_code'] : null,
  ];
  return parts.filter(Boolean).join(' · ');
}

export function Item({ code }: { code: string }) {
  const loaded = useLoad(`road ${code}`, async () => (await ask(api.items[':code'].road.$get({ param: { code } }))) as unknown as Road);
  const waiting = useLoad(`waiting ${code} ${queue.value.waiting}`, async () => (await machine.outbox.events({ limit: 300 })).filter((event) => event.code === code && (event.state === 'stored_on_device' || event.state === 'sending')));
  return (
    <Reading loaded={loaded}>
      {(road) => {
        const now = road.steps.at(-1);
        return (
          <article class="item">
            <div class="title-row">
              <h1 class="code">{grouped(road.code)}</h1>
              {now ? <strong>{either(now.state_vi, now.state_en)}</strong> : null}
              <span>{road.complete ? <Badge tint="good">{say(W.intact, { count: road.steps.length })}</Badge> : <Badge tint="bad" shape="⊗">{say(W.broken)}</Badge>}</span>
            </div>
            <CustodyStrip steps={road.steps} />
            <ol class="road">
              {road.steps.map((step, i) => (
                <li key={step.checkpoint_id} class={step.unit_kind === 'bag' ? 'of-bag' : ''}>
                  {step.gap_minutes !== null && step.gap_minutes >= 30 ? <p class="gap">{say(W.gap, { minutes: span(step.gap_minutes * 60_000) })}</p> : null}
                  {i === 0 || date(step.received_at) !== date(road.steps[i - 1]?.received_at ?? 0) ? <h2>{date(step.received_at)}</h2> : null}
                  <div class="step">
                    <time>{time(step.received_at)}</time>
                    <div class={step.corrected_by.length > 0 ? 'struck' : ''}>
                      <strong>{either(step.kind_vi, step.kind_en)}</strong>{step.unit_kind === 'bag' ? <span class="soft"> ({say(['túi', 'bag'])} …{step.unit_code.slice(-8)})</span> : null}
                      <span class="soft"> {nameOf('offices', step.office_code)} · {step.person.full_name}{step.second_person_id ? ` · ${say(W.with)}` : ''}</span>
                      <div>{step.facts === null ? <span class="soft">{say(W.restricted)}</span> : factLine(step.facts)} {step.flags.map((flag) => <Badge key={flag.vi} tint="warn">{either(flag.vi, flag.en)}</Badge>)} {step.corrected_by.length > 0 ? <Badge>{say(W.corrected)}</Badge> : null} {step.corrects ? <Badge tint="info" shape="⤺">{say(W.corrects)}</Badge> : null}</div>
                    </div>
                    <span class="proof">{step.linked === false ? <Badge tint="bad" shape="⊗">{say(W.mismatch)}</Badge> : <Badge tint="good">{say(W.on_server)}</Badge>}<span class="soft code">{step.hash.slice(0, 8)}</span></span>
                  </div>
                </li>
              ))}
              {(waiting.data ?? []).toReversed().map((event) => <li key={event.checkpoint_id}><div class="step"><time>{time(event.at)}</time><strong>{event.kind}</strong><Badge tint="info">{say(W.here)}</Badge></div></li>)}
            </ol>
            <Touched code={road.code} steps={road.steps} />
          </article>
        );
      }}
    </Reading>
  );
}

type Touch = { full_name: string | null; badge: string | null; ref: string; from: string; to: string | null };

/** "Who could have touched it between t1 and t2", by the ledger. */
function Touched({ code, steps }: { code: string; steps: readonly Step[] }) {
  const [from, setFrom] = useState(() => dateTime(steps[0]?.received_at ?? 0));
  const [to, setTo] = useState(() => dateTime(machine.outbox.now()));
  const [rows, setRows] = useState<Touch[] | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const find = async (): Promise<void> => {
    setProblem(null);
    try {
      const answer = (await ask(api.items[':code'].touched.$get({ param: { code }, query: { from: instantOf(from), to: instantOf(to) } }))) as unknown as { touched: Touch[] };
      setRows(answer.touched);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <section class="touched">
      <h2>{say(W.touched)}</h2>
      {problem ? <Refusal problem={problem} /> : null}
      <div class="row ends"><Field label={say(W.from)} value={from} onInput={setFrom} max={16} /><Field label={say(W.to)} value={to} onInput={setTo} max={16} onEnter={() => void find()} /><Button onPress={find}>{say(W.ask)}</Button></div>
      {rows === null ? null : rows.length === 0 ? <p class="soft">{say(W.nobody)}</p> : <ul>{rows.map((row, i) => <li key={i}><strong>{row.full_name ?? row.ref}</strong> <span class="code soft">{row.badge ?? ''}</span> <span class="soft">{dateTime(row.from)} – {row.to === null ? '…' : dateTime(row.to)}</span></li>)}</ul>}
    </section>
  );
}

/** `24/11/2026 08:30` in Vietnam's time; the text itself where it is none, for the server to refuse in words. */
function instantOf(text: string): string {
  const match = /^(\d{2})\/(\d{2})\/(\d{4}) (\d{2}):(\d{2})$/.exec(text.trim());
  if (!match) return text;
  const [, day, month, year, hour, minute] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:59+07:00`;
}
