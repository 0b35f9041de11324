// A second person: badge and PIN for one coming step. Works without a network for who has signed in on this machine.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Permission } from '../domain/role.ts';
import type { Second } from '../outbox/types.ts';
import { machine, useScans } from './machine.ts';
import { Button, Dialog, Field, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { say } from './words.ts';

const W = {
  title: ['Cần người thứ hai', 'A second person is needed'],
  badge: ['Thẻ người thứ hai', 'Badge of the second person'],
  pin: ['Mã PIN', 'PIN'],
  agree: ['Đồng ý', 'Agree'],
} as const;

type Props = { permission: Permission; why: string; checkpoint_id?: string; onAgreed: (second: Second) => void; onClose: () => void; children?: ComponentChildren };

export function SecondPerson({ permission, why, checkpoint_id, onAgreed, onClose, children }: Props) {
  const [badge, setBadge] = useState('');
  const [pin, setPin] = useState('');
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  useScans('second', (scan) => {
    if (scan.what === 'badge' && scan.code !== null) setBadge(scan.code);
  });
  const agree = async (): Promise<void> => {
    try {
      onAgreed(await machine.outbox.confirmBy({ badge: badge.trim().toUpperCase(), pin, permission, checkpoint_id }));
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <Dialog title={say(W.title)} onClose={onClose}>
      <p>{why}</p>
      {problem ? <Refusal problem={problem} /> : null}
      <Field label={say(W.badge)} value={badge} onInput={setBadge} autoFocus max={16} name="second-badge" />
      <Field label={say(W.pin)} value={pin} onInput={setPin} secret inputMode="numeric" max={12} onEnter={() => void agree()} name="second-pin" />
      <Button kind="main" keys="Enter" onPress={agree}>{say(W.agree)}</Button>
      {children}
    </Dialog>
  );
}
