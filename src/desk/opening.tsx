// Opening a bag: the seal is read before the expected one is shown; a wrong one stops the lane, with the differing figures boxed.

import { useState } from 'preact/hooks';
import { uuid7 } from '../base/id.ts';
import type { Second } from '../outbox/types.ts';
import { answered } from './labels.tsx';
import { machine, stop, useScans } from './machine.ts';
import type { Bag } from './reconcile.tsx';
import { SecondPerson } from './second.tsx';
import { play } from './sound.ts';
import { Button, Choice, Field, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { say, weight } from './words.ts';

const W = {
  title: ['Mở túi', 'Open the bag'],
  seal: ['Số trên niêm phong', 'Number on the seal'],
  seal_hint: ['Quét hoặc gõ số đang thấy. Số đã báo chỉ hiện sau khi mở.', 'Scan or type what you see. The announced number shows only afterwards.'],
  weight: ['Cân cả bì, gam', 'Gross weight, grams'],
  weight_hint: ['Để trống nếu không có cân', 'Leave empty without a scale'],
  mode: ['Cách đếm', 'Way of counting'],
  open: ['Mở, thấy danh sách', 'Open, the list is shown'],
  blind: ['Đếm kín', 'Blind'],
  do: ['Mở niêm, bắt đầu đếm', 'Break the seal, begin counting'],
  two: ['Trong túi có dấu A hoặc B: mở túi phải có người thứ hai chứng kiến.', 'The bag holds mark A or B: a second person must witness its opening.'],
  differs: ['Niêm phong khác: báo {expected}, thực tế {found}', 'Another seal: announced {expected}, found {found}'],
} as const;

export function Opening({ bag, onOpened, onClose }: { bag: Bag; onOpened: () => Promise<void>; onClose: () => void }) {
  const [seal, setSeal] = useState('');
  const [gross, setGross] = useState('');
  const [mode, setMode] = useState<'open' | 'blind'>(bag.two_persons ? 'blind' : 'open');
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  useScans('opening', (scan) => {
    if (scan.what !== 'seal' || scan.code === null) return play('unknown');
    setSeal(scan.code);
    return play('matched');
  }, { asks: ['seal'] });
  const open = async (second?: Second): Promise<void> => {
    setProblem(null);
    setAsking(false);
    const grams = Number(gross);
    try {
      const event = await answered(await machine.outbox.record({
        kind: 'bag_unsealed', code: bag.code, ...(second ? { second } : {}),
        facts: { opening_id: uuid7(machine.outbox.now()), seal_nos: seal === '' ? [] : [seal.trim().toUpperCase()], blind: mode === 'blind', ...(Number.isInteger(grams) && grams > 0 ? { gross_g: grams } : {}) },
      }));
      if (event.refusal) return setProblem(event.refusal);
      await onOpened();
      if (event.receipt?.flags.includes('seal_differs')) stop(say(W.differs, { expected: '…', found: seal }));
      else play('complete');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <>
      <div class="title-row"><h1>{say(W.title)} <span class="code">{bag.code}</span></h1><Button kind="quiet" onPress={onClose}>{say(['Túi khác', 'Another bag'])}</Button></div>
      {problem ? <Refusal problem={problem} /> : null}
      {bag.two_persons ? <Notice tint="warn">{say(W.two)}</Notice> : null}
      <div class="stack opening">
        <Field label={say(W.seal)} hint={say(W.seal_hint)} value={seal} onInput={(text) => setSeal(text.toUpperCase())} autoFocus max={24} name="seal" />
        <Field label={say(W.weight)} hint={bag.gross_g === null ? say(W.weight_hint) : say(['Lúc niêm phong: {grams}', 'When sealed: {grams}'], { grams: weight(bag.gross_g) })} value={gross} onInput={setGross} inputMode="numeric" max={6} name="gross" />
        <Choice label={say(W.mode)} value={mode} onChange={setMode} options={[{ value: 'open', text: say(W.open) }, { value: 'blind', text: say(W.blind) }]} />
        <Button kind="main" big onPress={() => (bag.two_persons ? setAsking(true) : open())}>{say(W.do)}</Button>
      </div>
      {asking ? <SecondPerson permission="bag.open" why={say(W.two)} onAgreed={(second) => void open(second)} onClose={() => setAsking(false)} /> : null}
    </>
  );
}
