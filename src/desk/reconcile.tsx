// Reconciliation (đối soát): choose a bag, open it as a ceremony, count it against its list, settle what is left, close it.

import './sorting.css';
import { useEffect, useState } from 'preact/hooks';
import { Counting } from './counting.tsx';
import { begin, readCount, sums } from './count_state.ts';
import { machine, nameOf, queue, useScans } from './machine.ts';
import { Opening } from './opening.tsx';
import { api, ask, may } from './state.ts';
import { play } from './sound.ts';
import { Badge, Button, Notice, Reading, Refusal, Table, useLoad, wordsOf } from './ui.tsx';
import type { ProblemWords, Tint } from './ui.tsx';
import { either, say } from './words.ts';

const W = {
  title: ['Đối soát', 'Reconciliation'],
  scan: ['Quét nhãn túi để mở, hoặc chọn ở dưới.', 'Scan a bag tag to open it, or choose below.'],
  none: ['Không có túi nào tới hoặc đang đếm ở bưu cục này. Quét nhãn túi khi túi tới.', 'No bag on its way here or being counted. Scan the tag when a bag comes.'],
  arrive: ['Đón túi', 'Receive the bag'],
  open: ['Mở túi', 'Open it'],
  go_on: ['Đếm tiếp', 'Go on counting'],
  other: ['Túi khác', 'Another bag'],
  not_here: ['Túi này không về bưu cục mình.', 'This bag is not for this office.'],
  not_ready: ['Túi đang ở trạng thái “{state}”, chưa đối soát được.', 'The bag is “{state}” and cannot be counted.'],
} as const;

export type Bag = { code: string; state: string; state_vi: string; state_en: string; serial: number; origin_office_code: string; destination_office_code: string; item_count: number | null; two_persons: boolean; gross_g: number | null; held: boolean };
type Row = { code: string; state: string; serial: number; origin_office_code: string; item_count: number | null; two_persons: boolean };

const TINTS: { readonly [state: string]: Tint } = { unsealed: 'warn', arrived: 'info', in_transit: 'plain' };

export default function Reconcile() {
  const [bag, setBag] = useState<Bag | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  const waiting = useLoad('bags', async () => {
    const { bags } = await ask(api.desk.$get());
    return (bags as unknown as (Row & { destination_office_code: string })[]).filter((row) => ['in_transit', 'arrived', 'unsealed'].includes(row.state));
  });
  const choose = async (code: string): Promise<void> => {
    setProblem(null);
    try {
      const found = (await ask(api.bags[':code'].$get({ param: { code } }))) as unknown as Bag;
      if (found.state === 'in_transit') await machine.outbox.record({ kind: 'bag_arrived', code, facts: {} });
      begin(code);
      if (found.state === 'unsealed') await readCount();
      setBag(found.state === 'in_transit' ? { ...found, state: 'arrived' } : found);
      play('matched');
    } catch (error) {
      setProblem(wordsOf(error));
      play('warning');
    }
  };
  useScans('reconcile', (scan) => {
    if (scan.what === 'bag' && scan.code !== null) return choose(scan.code);
    play('unknown');
    return undefined;
  });
  useEffect(() => () => { sums.value = null; }, []);
  const back = (): void => {
    setBag(null);
    waiting.reload();
  };
  if (bag?.state === 'unsealed') return <Counting bag={bag} onDone={back} />;
  if (bag?.state === 'arrived') return <Opening bag={bag} onOpened={async () => { await readCount(); setBag({ ...bag, state: 'unsealed' }); }} onClose={back} />;
  return (
    <>
      <div class="title-row"><h1>{say(W.title)}</h1><span class="soft">{say(W.scan)}</span></div>
      {problem ? <Refusal problem={problem} /> : null}
      {bag ? <Notice tint="warn">{say(W.not_ready, { state: either(bag.state_vi, bag.state_en) })} <Button onPress={back}>{say(W.other)}</Button></Notice> : null}
      <Reading loaded={waiting}>
        {(rows) => (
          <Table
            caption={say(W.title)} rows={rows} keyOf={(row) => row.code} empty={say(W.none)}
            columns={[
              { head: say(['Túi', 'Bag']), cell: (row) => <span class="code">{row.code}</span> },
              { head: say(['Từ', 'From']), cell: (row) => nameOf('offices', row.origin_office_code), wide: true },
              { head: say(['Trạng thái', 'State']), cell: (row) => <Badge tint={TINTS[row.state] ?? 'plain'}>{say(row.state === 'unsealed' ? ['Đang đếm', 'Being counted'] : row.state === 'arrived' ? ['Đã đến', 'Arrived'] : ['Trên đường', 'On the road'])}</Badge> },
              { head: say(['Bưu gửi', 'Items']), cell: (row) => row.item_count ?? '—', number: true },
              { head: say(['Hai người', 'Two persons']), cell: (row) => (row.two_persons ? 'A/B' : '') },
              { head: '', cell: (row) => <Button disabled={queue.value.link === 'offline' || !may('bag.open')} onPress={() => choose(row.code)}>{say(row.state === 'unsealed' ? W.go_on : row.state === 'arrived' ? W.open : W.arrive)}</Button> },
            ]}
          />
        )}
      </Reading>
    </>
  );
}
