// The frame of every screen, and which screen stands where.

import { useEffect, useRef } from 'preact/hooks';
import type { ComponentType } from 'preact';
import { lazy, Suspense } from './lazy.tsx';
import { Chips } from './chips.tsx';
import { StopBand, TypeNumber, Veil } from './guard.tsx';
import { useCommand } from './machine.ts';
import { me, may, place, go } from './state.ts';
import { SignIn } from './sign_in.tsx';
import { say } from './words.ts';
import type { Pair } from './words.ts';

type Screen = { path: string; name: Pair; needs: string | null; menu: boolean; load: () => Promise<{ default: ComponentType }> };
export type { Screen };

const screen = (path: string, name: Pair, needs: string | null, load: Screen['load'], menu = true): Screen => ({ path, name, needs, menu, load });

/** CATALOGUE of screens. The permission decides the menu; a role with one task sees no menu at all. */
export const SCREENS: readonly Screen[] = [
  screen('/desk/intake', ['Nhận gửi', 'Acceptance'], 'item.accept', () => import('./intake.tsx')),
  screen('/desk/label', ['Nhãn', 'Labels'], 'item.print', () => import('./label.tsx')),
  screen('/desk/approve', ['Kiểm soát', 'Control'], 'item.approve', () => import('./approve.tsx')),
  screen('/desk/bags', ['Túi gói', 'Bags'], 'bag.make', () => import('./bags.tsx')),
  screen('/desk/depart', ['Xuất chuyến', 'Departure'], 'trip.dispatch', () => import('./depart.tsx')),
  screen('/desk/reconcile', ['Đối soát', 'Reconcile'], 'bag.open', () => import('./reconcile.tsx')),
  screen('/desk/differences', ['Cần xử lý', 'Differences'], 'bag.make', () => import('./differences.tsx')),
  screen('/desk/handover', ['Bàn giao', 'Handover'], 'custody.hand_over', () => import('./handover.tsx')),
  screen('/desk/sign-out', ['Giao bưu tá', 'Sign out'], 'custody.hand_over', () => import('./run_load.tsx')),
  screen('/desk/run', ['Đi phát', 'Delivery run'], 'item.deliver', () => import('./run.tsx')),
  screen('/desk/shift', ['Ca làm việc', 'Shift'], 'item.scan', () => import('./shift.tsx')),
  screen('/desk/work', ['Việc của tôi', 'My work'], 'item.read', () => import('./work.tsx')),
  screen('/desk/board', ['Điều hành', 'Board'], 'item.hold', () => import('./board.tsx')),
  screen('/desk/flags', ['Hàng chờ cờ', 'Flags'], 'rule.read', () => import('./flags.tsx')),
  screen('/desk/find', ['Tra cứu', 'Find'], 'item.read', () => import('./find.tsx')),
  screen('/desk/item', ['Hành trình', 'Road'], 'item.read', () => import('./item.tsx'), false),
  screen('/desk/sent', ['Hộp gửi', 'Outbox'], null, () => import('./sent.tsx'), false),
  screen('/desk/help', ['Trợ giúp', 'Help'], null, () => import('./help.tsx')),
];

const PAGES = new Map(SCREENS.map((entry) => [entry.path, lazy(entry.load)]));

export const screensOf = (): Screen[] => SCREENS.filter((entry) => entry.needs === null || may(entry.needs));

function Frame() {
  const main = useRef<HTMLElement>(null);
  const open = screensOf();
  const here = open.find((entry) => place.value === entry.path || place.value.startsWith(`${entry.path}/`));
  const Page = here ? PAGES.get(here.path) : undefined;
  useEffect(() => {
    if (here) document.title = `${say(here.name)} – Niêm`;
    main.current?.focus();
  }, [here?.path]);
  useEffect(() => {
    if (!here && open[0]) go(open[0].path);
  }, [here]);
  useCommand('find', () => go('/desk/find'));
  useCommand('help', () => go('/desk/help'));
  const menu = open.filter((entry) => entry.menu);
  return (
    <div class="frame">
      <a class="skip" href="#main">{say(['Tới nội dung chính', 'Skip to the content'])}</a>
      <header class="top"><Chips /></header>
      {menu.length > 1 ? (
        <nav class="menu" aria-label={say(['Bàn làm việc', 'Desks'])}>
          {menu.map((entry) => <a key={entry.path} href={entry.path} {...(entry === here ? { 'aria-current': 'page' as const } : {})}>{say(entry.name)}</a>)}
        </nav>
      ) : null}
      <main class="main" id="main" tabIndex={-1} ref={main}>
        <StopBand />
        <Suspense>{Page ? <Page /> : null}</Suspense>
        <TypeNumber />
        <Veil />
      </main>
      <footer class="keys" aria-label={say(['Phím tắt', 'Keys'])}>
        {KEYS.map(([key, words]) => <span key={key}><kbd>{key}</kbd> {say(words)}</span>)}
      </footer>
    </div>
  );
}

const KEYS: readonly (readonly [string, Pair])[] = [
  ['F1', ['Trợ giúp', 'Help']], ['F2', ['Tìm', 'Find']], ['F4', ['Gõ mã', 'Type a number']], ['F8', ['Cắm cờ', 'Flag']], ['F9', ['Tách riêng', 'Set aside']],
  ['Ctrl+Z', ['Hoàn tác', 'Undo']], ['Ctrl+P', ['In', 'Print']], ['Ctrl+Enter', ['Chốt', 'Close']],
];

export const App = () => (me.value === null ? <SignIn /> : <Frame />);
