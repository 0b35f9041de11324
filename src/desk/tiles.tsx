// The wall: three hundred tiles at one look. The eye sees the hole; a table says the same to whoever cannot.

import { useState } from 'preact/hooks';
import { order, RESULTS, tiles } from './count_state.ts';
import { Table } from './ui.tsx';
import { say, weight } from './words.ts';

function OneTile({ code }: { code: string }) {
  const tile = tiles.get(code);
  if (!tile) return null;
  const { result, lane } = tile.value;
  return (
    <li class={`tile ${result}${lane ? ` lane-${lane}` : ''}`} title={code}>
      <span class="tile-shape" aria-hidden="true">{RESULTS[result].shape}</span>
      {code.slice(-6, -2)}
      <span class="hidden-words">, {say(RESULTS[result].words)}{lane ? `, ${say(['làn', 'lane'])} ${lane}` : ''}</span>
    </li>
  );
}

export function Wall() {
  const [table, setTable] = useState(false);
  const codes = order.value;
  return (
    <section aria-label={say(['Bưu gửi dự kiến', 'Items expected'])} class="wall-frame">
      <div class="row wall-keys">
        {(['open', 'matched', 'held', 'damaged', 'missing'] as const).map((result) => <span key={result} class="legend"><span class={`tile small ${result}`} aria-hidden="true">{RESULTS[result].shape}</span> {say(RESULTS[result].words).toLowerCase()}</span>)}
        <button type="button" class="link" onClick={() => setTable(!table)}>{say(table ? ['Xem dạng ô', 'As tiles'] : ['Xem dạng bảng', 'As a table'])}</button>
      </div>
      {table ? (
        <Table
          caption={say(['Bưu gửi dự kiến', 'Items expected'])} rows={codes.map((code) => tiles.get(code)?.value).filter((tile) => tile !== undefined)} keyOf={(tile) => tile.code} empty=""
          columns={[
            { head: say(['Số hiệu', 'Number']), cell: (tile) => <span class="code">{tile.code}</span> },
            { head: say(['Kết quả', 'Result']), cell: (tile) => `${RESULTS[tile.result].shape} ${say(RESULTS[tile.result].words)}` },
            { head: say(['Làn', 'Lane']), cell: (tile) => tile.lane ?? '' },
            { head: 'g', cell: (tile) => weight(tile.weight_g), number: true },
          ]}
        />
      ) : <ol class="wall" aria-label={say(['{count} ô', '{count} tiles'], { count: codes.length })}>{codes.map((code) => <OneTile key={code} code={code} />)}</ol>}
    </section>
  );
}
