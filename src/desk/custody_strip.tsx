// Who had it, and how long, at one look: a strip of time as SVG, with the same as a table for whoever cannot see it.

import { nameOf } from './machine.ts';
import { say, span, time } from './words.ts';

export type Step = { received_at: string; custodian: { kind: string; ref: string }; office_code: string | null; person: { full_name: string } };
type Stretch = { who: string; kind: string; from: number; to: number };

const KINDS: { readonly [kind: string]: readonly [vi: string, en: string] } = {
  person: ['Người', 'Person'], courier: ['Bưu tá', 'Courier'], vehicle: ['Xe', 'Vehicle'], bag: ['Trong túi', 'In a bag'], agency: ['Cơ quan', 'Agency'], addressee: ['Người nhận', 'Addressee'], sender: ['Người gửi', 'Sender'], nobody: ['Không ai', 'Nobody'],
};

/** One stretch for each time in the same hands. */
export function stretches(steps: readonly Step[], now: number): Stretch[] {
  const out: Stretch[] = [];
  for (const step of steps) {
    const at = Date.parse(step.received_at);
    const who = step.custodian.kind === 'person' || step.custodian.kind === 'courier' ? `${nameOf('offices', step.office_code)}: ${step.person.full_name}` : step.custodian.kind === 'vehicle' ? step.custodian.ref : say(KINDS[step.custodian.kind] ?? ['', '']);
    const last = out.at(-1);
    if (last && last.who === who && last.kind === step.custodian.kind) last.to = at;
    else {
      if (last) last.to = at;
      out.push({ who, kind: step.custodian.kind, from: at, to: at });
    }
  }
  const last = out.at(-1);
  if (last && !['addressee', 'sender', 'nobody'].includes(last.kind)) last.to = Math.max(last.to, now);
  return out;
}

export function CustodyStrip({ steps }: { steps: readonly Step[] }) {
  const all = stretches(steps, Date.parse(steps.at(-1)?.received_at ?? '') + 60_000);
  const [begin, end] = [all[0]?.from ?? 0, Math.max(all.at(-1)?.to ?? 1, (all[0]?.from ?? 0) + 1)];
  // The square root keeps a minute beside a night readable.
  const lengths = all.map((part) => Math.sqrt(Math.max(part.to - part.from, (end - begin) / 400)));
  const sum = lengths.reduce((total, length) => total + length, 0) || 1;
  let x = 0;
  return (
    <figure class="strip-figure">
      <svg viewBox="0 0 1000 34" preserveAspectRatio="none" role="img" aria-label={say(['Ai đã giữ, theo thời gian', 'Who had it, over time'])}>
        {all.map((part, i) => {
          const width = ((lengths[i] ?? 0) / sum) * 1000;
          const at = x;
          x += width;
          return <rect key={i} x={at + 1} y={2} width={Math.max(2, width - 2)} height={30} class={`hold ${part.kind}`}><title>{`${part.who}: ${span(part.to - part.from)}`}</title></rect>;
        })}
      </svg>
      <figcaption>
        {all.map((part, i) => <span key={i} class="hold-name"><span class={`swatch ${part.kind}`} aria-hidden="true" /> {say(KINDS[part.kind] ?? ['', ''])}{part.who && part.kind !== 'bag' ? ` ${part.who}` : ''} <span class="soft">{time(part.from)} · {span(part.to - part.from)}</span></span>)}
      </figcaption>
    </figure>
  );
}
