// Control (kiểm soát): what was accepted waits for another person's eyes; each is approved by its own scan, or refused with a reason.

import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { answered } from './labels.tsx';
import { machine, reasonsOf, useScans } from './machine.ts';
import { play } from './sound.ts';
import { api, ask } from './state.ts';
import { Badge, Button, Choice, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { either, say, span, weight } from './words.ts';

const W = {
  title: ['Kiểm soát', 'Control'],
  hint: ['Cầm bưu gửi, xem dấu và bì, rồi quét để duyệt.', 'Take the item, look at its mark and cover, then scan it to approve.'],
  none: ['Không có bưu gửi nào chờ kiểm soát.', 'Nothing awaits control.'],
  approved: ['Đã duyệt {code}.', '{code} approved.'],
  refused: ['Từ chối duyệt {code}.', '{code} not approved.'],
  refuse: ['Từ chối', 'Refuse'],
  why: ['Lý do từ chối {code}', 'Why is {code} refused'],
} as const;

export default function Approve() {
  const [said, setSaid] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const [refusing, setRefusing] = useState<string | null>(null);
  const loaded = useLoad('awaiting', async () => (await ask(api.items.$get({ query: { state: 'awaiting_approval', limit: '100' } }))).items);
  const decide = async (code: string, reason_code?: string): Promise<void> => {
    setProblem(null);
    setRefusing(null);
    try {
      const wish = reason_code === undefined ? ({ kind: 'approved', code, facts: {} } as const) : ({ kind: 'approval_refused', code, facts: { reason_code } } as const);
      const event = await answered(await machine.outbox.record(wish));
      if (event.refusal) {
        play('warning');
        return setProblem(event.refusal);
      }
      play('matched');
      setSaid(say(reason_code === undefined ? W.approved : W.refused, { code: grouped(code) }));
      loaded.reload();
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
  };
  useScans('approve', (scan) => {
    if ((scan.what === 'item' || scan.what === 'label') && scan.code !== null) return decide(scan.code);
    return play('unknown');
  });
  return (
    <>
      <div class="title-row"><h1>{say(W.title)}</h1><span class="soft">{say(W.hint)}</span></div>
      {problem ? <Refusal problem={problem} /> : said ? <Notice tint="good">{said}</Notice> : null}
      {refusing !== null ? (
        <div class="card warn"><Choice label={say(W.why, { code: grouped(refusing) })} value="" onChange={(reason) => void decide(refusing, reason)} options={reasonsOf('approval_refusal').map((row) => ({ value: String(row['reason_code']), text: either(String(row['name_vi']), String(row['name_en'])) }))} /></div>
      ) : null}
      <Reading loaded={loaded}>
        {(items) => (
          <Table
            caption={say(W.title)} rows={items} keyOf={(item) => item.code} empty={say(W.none)}
            columns={[
              { head: say(['Số hiệu', 'Number']), cell: (item) => <span class="code">{grouped(item.code)}</span> },
              { head: say(['Dịch vụ', 'Service']), cell: (item) => item.service_vi, wide: true },
              { head: 'g', cell: (item) => weight(item.weight_g), number: true },
              { head: say(['Chờ', 'Waits']), cell: (item) => span(machine.outbox.now() - Date.parse(item.last_at)) },
              { head: '', cell: (item) => (item.held ? <Badge tint="bad">{say(['Giữ lại', 'Held'])}</Badge> : '') },
              { head: '', cell: (item) => <Button kind="quiet" onPress={() => setRefusing(item.code)}>{say(W.refuse)}</Button> },
            ]}
          />
        )}
      </Reading>
    </>
  );
}
