// Help: what a scan means on which screen, the keys, the tones to hear and to see, and cards to print. The tables are the catalogues themselves.

import './tracing.css';
import { COMMANDS, ROUTES } from '../scan/route.ts';
import type { Meaning, Screen } from '../scan/route.ts';
import { Cards } from './cards.tsx';
import { COMMAND_KEYS } from './machine.ts';
import type { Command } from './machine.ts';
import { useClearPrint } from './print.tsx';
import { openSound, play, TONES } from './sound.ts';
import type { Tone } from './sound.ts';
import { Button, Table } from './ui.tsx';
import { say } from './words.ts';
import type { Pair } from './words.ts';

const W = {
  title: ['Trợ giúp', 'Help'], routes: ['Quét gì, ở đâu, thì sao', 'What a scan means on each screen'], scanned: ['Quét', 'Scanned'], keys: ['Phím tắt', 'Keys'], key: ['Phím', 'Key'], does: ['Làm gì', 'Does'], card: ['Thẻ lệnh', 'Command card'],
  tones: ['Âm báo', 'Tones'], tones_hint: ['Phân biệt bằng số tiếng và đường lên xuống; bấm để nghe.', 'Told apart by count and contour; press to hear.'], listen: ['Nghe “{name}”', 'Play “{name}”'],
} as const;
const SCREENS: { readonly [S in Screen]: Pair } = { intake: ['Nhận gửi', 'Acceptance'], bag: ['Túi gói', 'Bags'], reconcile: ['Đối soát', 'Reconcile'], delivery: ['Đi phát', 'Delivery'], elsewhere: ['Nơi khác', 'Elsewhere'] };
const THINGS: { readonly [T in keyof typeof ROUTES]: Pair } = { item: ['Bưu gửi', 'Item'], bag: ['Túi', 'Bag'], seal: ['Niêm phong', 'Seal'], badge: ['Thẻ người', 'Badge'], command: ['Thẻ lệnh', 'Command card'], receiver: ['Thẻ nhận/gửi', 'Receiver card'], station: ['Thẻ quầy', 'Station card'], cccd: ['Căn cước', 'Identity card'] };
const MEANINGS: { readonly [M in Meaning]: Pair } = {
  accept: ['nhận gửi', 'accept'], add: ['thêm vào túi', 'add to the bag'], match: ['đối soát', 'match'], add_to_stop: ['thêm vào điểm phát', 'add to the stop'], open_item: ['mở hành trình', 'open its road'], tell_screen: ['nhắc đang ở Nhận gửi', 'tells the screen'], open_or_switch_bag: ['mở, đổi túi', 'open or switch bag'],
  open_session: ['mở phiên đối soát', 'open its session'], open_bag: ['mở túi', 'open the bag'], seal: ['niêm', 'seal'], check_seal: ['kiểm niêm', 'check the seal'], find_seal: ['tìm niêm', 'find the seal'], switch_person: ['đổi người', 'switch person'], second_person: ['người thứ hai', 'second person'], run: ['chạy lệnh', 'run it'],
  sender_session: ['phiên người gửi', 'sender session'], receiver: ['người nhận', 'receiver'], open_unit: ['mở cơ quan', 'open the body'], check_station: ['kiểm máy quét', 'check the station'], identify_receiver: ['nhận diện người nhận', 'identify the receiver'],
};
const KEYS: { readonly [C in Command]: Pair } = { find: ['Tìm', 'Find'], type: ['Gõ mã', 'Type a number'], flag: ['Cắm cờ', 'Flag'], aside: ['Tách riêng', 'Set aside'], undo: ['Hoàn tác', 'Undo'], print: ['In', 'Print'], close: ['Chốt', 'Close'], change: ['Đổi', 'Change'], help: ['Trợ giúp', 'Help'] };
const TONE_WORDS: { readonly [T in Tone]: Pair } = { matched: ['KHỚP', 'MATCH'], duplicate: ['TRÙNG', 'DUPLICATE'], surplus: ['THỪA', 'SURPLUS'], unknown: ['MÃ LẠ', 'UNKNOWN'], stop: ['DỪNG', 'STOP'], warning: ['KIỂM TRA', 'CHECK'], undone: ['ĐÃ HOÀN TÁC', 'UNDONE'], complete: ['XONG ĐỦ', 'COMPLETE'], waiting: ['CHỜ', 'WAITING'] };
const SHOWN: readonly Screen[] = ['intake', 'bag', 'reconcile', 'delivery', 'elsewhere'];

export default function Help() {
  useClearPrint();
  return (
    <div class="help stack">
      <h1>{say(W.title)}</h1>
      <Table
        caption={say(W.routes)} rows={Object.entries(ROUTES) as [keyof typeof ROUTES, Record<Screen, Meaning | null>][]} keyOf={([thing]) => thing} empty=""
        columns={[{ head: say(W.scanned), cell: ([thing]) => <strong>{say(THINGS[thing])}</strong> }, ...SHOWN.map((screen) => ({ head: say(SCREENS[screen]), cell: ([, meanings]: [string, Record<Screen, Meaning | null>]) => (meanings[screen] === null ? '–' : say(MEANINGS[meanings[screen]])) }))]}
      />
      <div class="columns">
        <Table caption={say(W.keys)} rows={Object.entries(COMMAND_KEYS) as [Command, string][]} keyOf={([id]) => id} empty="" columns={[{ head: say(W.key), cell: ([, key]) => <kbd>{key}</kbd> }, { head: say(W.does), cell: ([id]) => say(KEYS[id]) }, { head: say(W.card), cell: ([id]) => (id in COMMANDS ? '✓' : '–') }]} />
        <section aria-label={say(W.tones)}>
          <h2>{say(W.tones)}</h2><p class="soft">{say(W.tones_hint)}</p>
          <ul class="plain tones">{(Object.keys(TONES) as Tone[]).map((tone) => <li key={tone}><ToneShape tone={tone} /><Button onPress={() => { openSound(); play(tone); }}>{say(W.listen, { name: say(TONE_WORDS[tone]) })}</Button></li>)}</ul>
        </section>
      </div>
      <Cards />
    </div>
  );
}

/** Pitch against time, as the ear meets it. */
function ToneShape({ tone }: { tone: Tone }) {
  let at = 0;
  const marks = TONES[tone].notes.map(({ from, to, ms, gap }, i) => {
    const line = <line key={i} x1={at / 5} x2={(at + ms) / 5} y1={36 - from / 60} y2={36 - to / 60} />;
    at += ms + gap;
    return line;
  });
  return <svg class="tone" viewBox="-4 0 160 40" aria-hidden="true">{marks}</svg>;
}
