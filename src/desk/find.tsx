// Finding (F2): one box for whatever number is at hand; a scan fills it and opens what it names.

import { useEffect, useState } from 'preact/hooks';
import { Item } from './item.tsx';
import { useScans } from './machine.ts';
import { api, ask } from './state.ts';
import { Button, Field, Notice, Refusal, wordsOf } from './ui.tsx';
import type { ProblemWords } from './ui.tsx';
import { say } from './words.ts';

const W = {
  title: ['Tra cứu', 'Find'],
  box: ['Số hiệu bưu gửi, túi, niêm phong, chuyến', 'Number of an item, bag, seal or trip'],
  hint: ['Gõ từ 4 chữ đầu, hoặc quét mã bất kỳ', 'Type the first four or more, or scan anything'],
  go: ['Tìm', 'Find'],
  none: ['Không thấy gì bắt đầu bằng “{q}” ở bưu cục này. Gõ đủ mã, hoặc quét nhãn.', 'Nothing here begins with “{q}”. Type the whole number, or scan the label.'],
  groups: { units: ['Bưu gửi, túi', 'Items, bags'], seals: ['Niêm phong', 'Seals'], trips: ['Chuyến thư', 'Trips'] },
} as const;

type Row = { code?: string; seal_no?: string; trip_no?: number; unit_kind?: string; state_vi?: string; state?: string };
type Found = { [group: string]: Row[] };

export default function Find() {
  const [query, setQuery] = useState('');
  const [code, setCode] = useState<string | null>(null);
  const [found, setFound] = useState<{ q: string; rows: Found } | null>(null);
  const [problem, setProblem] = useState<ProblemWords | null>(null);
  useScans('find', (scan) => {
    if ((scan.what === 'item' || scan.what === 'label') && scan.code !== null) setCode(scan.code);
    else if (scan.code !== null) void look(scan.code);
  });
  useEffect(() => {
    const wanted = new URLSearchParams(location.search).get('n');
    if (wanted !== null) setCode(wanted);
  }, []);
  const look = async (text: string): Promise<void> => {
    const q = text.trim().toUpperCase().replaceAll(' ', '');
    setProblem(null);
    setCode(null);
    if (/^[A-Z]{2}\d{9}[A-Z]{2}$/.test(q)) return setCode(q);
    try {
      setFound({ q, rows: (await ask(api.search.$get({ query: { q } }))) as unknown as Found });
    } catch (error) {
      setFound(null);
      setProblem(wordsOf(error));
    }
  };
  const groups = Object.entries(found?.rows ?? {}).filter(([, rows]) => Array.isArray(rows) && rows.length > 0);
  return (
    <>
      <div class="row find-box"><Field label={say(W.box)} hint={say(W.hint)} value={query} onInput={setQuery} onEnter={() => void look(query)} autoFocus max={35} name="find" /><Button kind="main" onPress={() => look(query)}>{say(W.go)}</Button></div>
      {problem ? <Refusal problem={problem} /> : null}
      {code !== null ? <Item code={code} /> : found === null ? <h1 class="hidden-words">{say(W.title)}</h1> : groups.length === 0 ? <Notice>{say(W.none, { q: found.q })}</Notice> : (
        groups.map(([group, rows]) => (
          <section key={group} class="found">
            <h2>{say(W.groups[group as keyof typeof W.groups] ?? [group, group])}</h2>
            <ul>{rows.map((row, i) => {
              const number = row.seal_no ?? row.code ?? String(row.trip_no ?? '');
              return <li key={i}><button type="button" class="link code" onClick={() => (row.unit_kind === 'item' ? setCode(number) : setQuery(number))}>{number}</button> <span class="soft">{row.state_vi ?? row.state ?? ''}</span></li>;
            })}</ul>
          </section>
        ))
      )}
    </>
  );
}
