// The strip at the top: where, who, is the scanner ready, is everything sent, is the clock right. Never hidden.

import { useEffect, useState } from 'preact/hooks';
import icon from './icon.svg';
import { lane, machine, queue } from './machine.ts';
import { soundOn, openSound } from './sound.ts';
import { me, theme, THEMES } from './state.ts';
import type { Theme } from './state.ts';
import { Dialog, Table } from './ui.tsx';
import { language, number, say, span, time, timeSeconds } from './words.ts';
import type { Pair } from './words.ts';

const THEME_WORDS: { readonly [T in Theme]: Pair } = { system: ['Theo máy', 'System'], light: ['Sáng', 'Light'], dark: ['Tối', 'Dark'], contrast: ['Tương phản', 'Contrast'] };

const W = {
  ready: ['Sẵn sàng quét', 'Ready to scan'],
  stopped: ['Đang dừng, chờ xử lý', 'Stopped, waiting for you'],
  sent: ['Đã gửi hết', 'All sent'],
  waiting: ['{count} chưa gửi · cũ nhất {age}', '{count} unsent · oldest {age}'],
  offline: ['Ngoại tuyến {since} · {count}', 'Offline since {since} · {count}'],
  slow: ['Mạng chậm · {count}', 'Slow network · {count}'],
  portal: ['Trang đăng nhập Wi-Fi · {count}', 'Wi-Fi sign-in page · {count}'],
  broken: ['{count} lời hứa của máy chủ bị phá: báo quản trị', '{count} promises of the server broken: tell the administrator'],
  awaiting: ['{count} chờ dấu sổ', '{count} awaiting a head'],
  attention: ['{count} cần xử lý', '{count} need you'],
  no_device: ['Trực tuyến, không giữ trên máy', 'Online, nothing kept here'],
  clock_unknown: ['Chưa kiểm được giờ', 'Clock not checked'],
  clock_right: ['Giờ đúng', 'Clock right'],
  clock_off: ['Giờ máy lệch {offset}', 'Clock off by {offset}'],
  sound_off: ['Loa tắt', 'Sound off'],
  raw: ['Mười lần quét gần nhất', 'Last ten scans'],
  no_scans: ['Chưa quét gì. Quét mã bất kỳ để thử máy quét.', 'Nothing scanned yet. Scan anything to try the scanner.'],
  read_only: ['Đang dùng ở thẻ khác', 'In use in another tab'],
} as const;

function QueueChip() {
  const { device, link, waiting, waiting_since, needs_attention, awaiting_head, promises_broken, last_contact, read_only } = queue.value;
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 15_000);
    return () => clearInterval(timer);
  }, []);
  const age = waiting_since === null ? '' : span(machine.outbox.now() - waiting_since);
  const since = last_contact === null ? '—' : time(last_contact);
  const [tint, mark, words] =
    promises_broken > 0 ? (['bad', '!', say(W.broken, { count: promises_broken })] as const)
    : needs_attention > 0 ? (['bad', '!', say(W.attention, { count: needs_attention })] as const)
    : read_only ? (['warn', '‖', say(W.read_only)] as const)
    : link === 'offline' || link === 'server_error' ? (['warn', '⟳', say(W.offline, { since, count: waiting })] as const)
    : link === 'slow' ? (['warn', '⟳', say(W.slow, { count: waiting })] as const)
    : link === 'portal' ? (['warn', '⟳', say(W.portal, { count: waiting })] as const)
    : device.kind !== 'enrolled' ? (['', '○', say(W.no_device)] as const)
    : waiting > 0 ? (['', '⇅', say(W.waiting, { count: waiting, age })] as const)
    : awaiting_head > 0 ? (['', '✓', say(W.awaiting, { count: awaiting_head })] as const)
    : (['', '✓', say(W.sent)] as const);
  return <a class={`chip ${tint}`} href="/desk/sent"><span aria-hidden="true">{mark}</span> {words}</a>;
}

function ClockChip() {
  const { level, offset_ms } = queue.value.clock;
  if (queue.value.device.kind !== 'enrolled') return null;
  const words = level === 'unknown' ? say(W.clock_unknown) : level === 'right' ? say(W.clock_right) : say(W.clock_off, { offset: `${offset_ms !== null && offset_ms < 0 ? '+' : '−'}${span(Math.abs(offset_ms ?? 0))}` });
  return <span class={`chip clock ${level === 'red' ? 'bad' : level === 'amber' ? 'warn' : ''}`}><span aria-hidden="true">◷</span> {words}</span>;
}

function ScanLight() {
  const [open, setOpen] = useState(false);
  const stopped = lane.value.stopped !== null;
  return (
    <>
      <button type="button" class={`chip ${stopped ? 'bad' : ''}`} onClick={() => setOpen(true)}><span aria-hidden="true">{stopped ? '▨' : '◉'}</span> {say(stopped ? W.stopped : W.ready)}</button>
      {open ? (
        <Dialog title={say(W.raw)} onClose={() => setOpen(false)} wide>
          <Table
            caption={say(W.raw)} rows={lane.value.seen.toReversed()} keyOf={(scan) => `${scan.at_ms}${scan.text}`} empty={say(W.no_scans)}
            columns={[
              { head: say(['Lúc', 'At']), cell: (scan) => timeSeconds(performance.timeOrigin + scan.at_ms) },
              { head: say(['Nội dung', 'Text']), cell: (scan) => <span class="code">{scan.text}</span>, wide: true },
              { head: say(['Cách', 'How']), cell: (scan) => scan.method },
              { head: say(['Bộ gõ, bố cục phím', 'Typing software, layout']), cell: (scan) => scan.culprit ?? '–' },
              { head: 'ms', cell: (scan) => number(Math.round(scan.gap_ms)), number: true },
            ]}
          />
        </Dialog>
      ) : null}
    </>
  );
}

export function Chips() {
  const who = me.value;
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
  return (
    <>
      <a class="mark" href={who ? '/desk' : '/'}><img src={icon} alt="" /><span>Niêm</span></a>
      <span class="place">{who ? `${who.office_code ?? who.agency_code ?? ''} · ${who.full_name}` : ''}</span>
      {who ? <><ScanLight /><QueueChip /><ClockChip /></> : null}
      {who && !soundOn.value ? <button type="button" class="chip warn" onClick={() => openSound()}><span aria-hidden="true">♪</span> {say(W.sound_off)}</button> : null}
      <button type="button" class="chip" onClick={() => (theme.value = next)}><span aria-hidden="true">◐</span> <span class="theme-words">{say(THEME_WORDS[theme.value])}</span></button>
      <button type="button" class="chip" onClick={() => (language.value = language.value === 'vi' ? 'en' : 'vi')} lang={language.value === 'vi' ? 'en' : 'vi'} title={language.value === 'vi' ? 'English' : 'Tiếng Việt'}>{language.value === 'vi' ? 'EN' : 'VI'}</button>
      {who ? <button type="button" class="chip leave" onClick={() => { void machine.outbox.signOut(); me.value = null; }}>{say(['Ra ca', 'Sign out'])}</button> : null}
    </>
  );
}
