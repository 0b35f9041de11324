// My work: what is open, what needs me, what is about to be late; each row says where, since when and whose move it is.

import './tracing.css';
import { machine, nameOf, useScans } from './machine.ts';
import { api, ask, go, may, me } from './state.ts';
import { Badge, Button, Reading, useLoad } from './ui.tsx';
import { number, say, span } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Việc của tôi', 'My work'],
  open: ['Đang mở', 'Open'], needs: ['Cần tôi', 'Need me'], late: ['Nằm lâu nhất', 'Longest without a step'],
  nothing: ['Không có việc chờ. Quét mã bất kỳ để bắt đầu.', 'Nothing waits. Scan anything to begin.'],
  counting: ['đang đối soát', 'being counted'], making: ['đang đóng', 'being made up'], arrived: ['đã đến, chưa mở', 'arrived, unopened'], on_road: ['trên đường', 'on the road'],
  approve: ['chờ kiểm soát', 'awaiting control'], handover: ['phiếu giao chờ nhận', 'a handover to answer'], difference: ['sai lệch chờ trả lời', 'a difference to answer'],
  no_standard: ['chưa nạp thời hạn', 'no standard loaded'], over: ['quá hạn', 'over the limit'],
} as const;
const BAG_WORDS: { readonly [state: string]: Pair } = { unsealed: W.counting, open: W.making, arrived: W.arrived, in_transit: W.on_road };

type Row = { key: string; number: string; what: string; where: string; since: string | null; to: string; alarm?: boolean };

export default function Work() {
  useScans('work', (scan) => {
    if (scan.what === 'bag') go('/desk/reconcile');
    else if (scan.code !== null) go(`/desk/find?n=${scan.code}`);
  });
  const loaded = useLoad(`work ${me.value?.person_id}`, async () => {
    const office = me.value?.office_code ?? null;
    const [desk, idle, handovers, differences, awaiting] = await Promise.all([
      office === null ? null : ask(api.desk.$get()),
      office === null ? null : ask(api.clocks.idle.$get({ query: { limit: '12' } })),
      may('custody.hand_over') ? ask(api.handovers.$get()) : null,
      office === null ? null : ask(api.discrepancies.$get({ query: { state: 'open', limit: '50' } })),
      may('item.approve') ? ask(api.items.$get({ query: { state: 'awaiting_approval', limit: '20' } })) : null,
    ]);
    const rows = (answer: unknown): { [column: string]: unknown }[] => {
      const body = answer as { rows?: { [column: string]: unknown }[]; items?: { [column: string]: unknown }[] } | null;
      return body?.rows ?? body?.items ?? [];
    };
    const text = (value: unknown): string => (typeof value === 'string' ? value : '');
    const open: Row[] = ((desk as { bags?: unknown } | null)?.bags as { code: string; state: string; origin_office_code: string }[] | undefined ?? [])
      .filter((bag) => bag.state in BAG_WORDS)
      .map((bag) => ({ key: bag.code, number: `…${bag.code.slice(-8)}`, what: say(BAG_WORDS[bag.state] ?? ['', '']), where: nameOf('offices', bag.origin_office_code), since: null, to: bag.state === 'open' ? '/desk/bags' : '/desk/reconcile' }));
    const needs: Row[] = [
      ...rows(awaiting).map((row) => ({ key: text(row['code']), number: text(row['code']), what: say(W.approve), where: '', since: text(row['last_at']) || null, to: '/desk/approve' })),
      ...rows(handovers).filter((row) => row['mine_to_answer'] === true).map((row) => ({ key: text(row['handover_id']), number: number((row['lines'] as unknown[]).length), what: say(W.handover), where: nameOf('offices', text(row['office_code'])), since: text(row['offered_at']), to: '/desk/handover' })),
      ...rows(differences).filter((row) => row['office_asked'] === office).map((row) => ({ key: text(row['discrepancy_id']), number: text(row['code']), what: say(W.difference), where: nameOf('offices', text(row['office_found'])), since: text(row['opened_at']), to: '/desk/differences' })),
    ];
    const late: Row[] = rows(idle).map((row) => ({ key: text(row['code']), number: text(row['code']), what: text(row['state_vi']), where: row['standard_hours'] === null ? say(W.no_standard) : '', since: text(row['last_at']), to: `/desk/find?n=${text(row['code'])}`, alarm: row['alarm'] === true }));
    return { open, needs, late };
  });
  return (
    <>
      <div class="title-row"><h1>{say(W.title)}</h1><Button kind="quiet" onPress={loaded.reload}>{say(['Đọc lại', 'Read again'])}</Button></div>
      <Reading loaded={loaded}>
        {({ open, needs, late }) => (
          <div class="work-columns">
            <Column title={W.open} rows={open} />
            <Column title={W.needs} rows={needs} />
            <Column title={W.late} rows={late} />
          </div>
        )}
      </Reading>
    </>
  );
}

function Column({ title, rows }: { title: Pair; rows: readonly Row[] }) {
  const now = machine.outbox.now();
  return (
    <section class="card">
      <div class="row"><span class="count">{number(rows.length)}</span><h2>{say(title)}</h2></div>
      {rows.length === 0 ? <p class="soft">{say(W.nothing)}</p> : (
        <ul>
          {rows.slice(0, 9).map((row) => (
            <li key={row.key}>
              <a href={row.to} class="code">{row.number}</a> {row.what} {row.alarm ? <Badge tint="bad">{say(W.over)}</Badge> : null}
              <div class="soft">{[row.where, row.since === null ? '' : span(now - Date.parse(row.since))].filter(Boolean).join(' · ')}</div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
