// At counter and sorting: what the server kept here a moment ago is said in one quiet line, "giữ lại, gọi trực ban", and never why. Where
// it may endanger people the do-not-touch card comes with it. Somebody across the counter reads nothing that would tip him off.

import './liaison.css';
import { useEffect, useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { CardOf, readCard } from './do_not_touch.tsx';
import { machine, queue } from './machine.ts';
import { Button } from './ui.tsx';
import { say } from './words.ts';

const W = { keep: ['Giữ lại, gọi trực ban', 'Keep it here, call the duty officer'], ok: ['Đã tách riêng', 'Set aside'] } as const;
const KEPT = new Set(['kept', 'keep_here', 'held_here']);
const LATELY_MS = 600_000;
type Card = Awaited<ReturnType<typeof readCard>>;

export default function Kept() {
  const [known, setKnown] = useState<ReadonlyMap<string, Card | null>>(new Map());
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    void machine.outbox.events({ limit: 12 }).then(async (events) => {
      for (const { receipt, at } of events) {
        if (receipt === null || at < machine.outbox.now() - LATELY_MS || !receipt.flags.some((flag) => KEPT.has(flag)) || known.has(receipt.code)) continue;
        const card = await readCard(receipt.code).catch(() => null);
        setKnown((before) => new Map([...before, [receipt.code, card]]));
      }
    });
  }, [queue.value]);
  const shown = [...known].filter(([code]) => !done.has(code));
  if (shown.length === 0) return null;
  return (
    <div class="kept" role="status">
      {shown.map(([code, card]) => (
        <div key={code}>
          <p class="row"><strong class="code">{grouped(code)}</strong> {say(W.keep)} <Button onPress={() => setDone(new Set([...done, code]))}>{say(W.ok)}</Button></p>
          {card?.critical ? <CardOf card={{ ...card, contacts: null }} /> : null}
        </div>
      ))}
    </div>
  );
}
