// Labels: scan an item, print its label, prove the paper by scanning it; print again with a reason.

import './counter.css';
import { useState } from 'preact/hooks';
import { grouped } from '../domain/code.ts';
import { LabelCard, proveLabel } from './labels.tsx';
import type { LabelSize } from './labels.tsx';
import { useScans } from './machine.ts';
import { play } from './sound.ts';
import { Choice, Notice } from './ui.tsx';
import { say } from './words.ts';

const W = {
  title: ['Nhãn', 'Labels'],
  scan: ['Quét hoặc gõ (F4) số của bưu gửi cần nhãn. Nhãn in xong thì quét lại để xác nhận.', 'Scan or type (F4) the number that needs a label. Scan the printed label to confirm it.'],
  size: ['Cỡ nhãn', 'Size'],
} as const;

export default function Label() {
  const [code, setCode] = useState<string | null>(null);
  const [size, setSize] = useState<LabelSize>('80x50');
  useScans('label', async (scan) => {
    if ((scan.what !== 'item' && scan.what !== 'label') || scan.code === null) return play('unknown');
    if (!(await proveLabel(scan.code))) setCode(scan.code);
    return undefined;
  });
  return (
    <>
      <div class="title-row"><h1>{say(W.title)} {code === null ? null : <span class="code">{grouped(code)}</span>}</h1><Choice label={say(W.size)} value={size} onChange={setSize} compact options={[{ value: '80x50', text: '80 × 50 mm' }, { value: '100x150', text: '100 × 150 mm' }]} /></div>
      {code === null ? <Notice>{say(W.scan)}</Notice> : <LabelCard key={`${code} ${size}`} code={code} size={size} />}
    </>
  );
}
