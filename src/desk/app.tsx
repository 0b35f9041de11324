// The frame of every screen, and which screen stands where.

import { useEffect, useRef } from 'preact/hooks';
import type { ComponentType } from 'preact';
import type { Role } from '../domain/role.ts';
import { lazy, Suspense } from './lazy.tsx';
import { Chips } from './chips.tsx';
import { StopBand, TypeNumber, Veil } from './guard.tsx';
import { COMMAND_KEYS, live, useCommand } from './machine.ts';
import type { Command } from './machine.ts';
import { Menu, menuOf } from './menu.tsx';
import { asked, orders } from './orders.ts';
import { go, may, me, place } from './state.ts';
import { SignIn } from './sign_in.tsx';
import { say } from './words.ts';
import type { Pair } from './words.ts';

/** `menu`: whether it stands in the menu of whoever may see it, or which of these permissions put it there. */
export type Screen = { path: string; name: Pair; needs: string | null; menu: boolean | readonly string[]; load: () => Promise<{ default: ComponentType }> };

const screen = (path: string, name: Pair, needs: string | null, load: Screen['load'], menu: Screen['menu'] = true): Screen => ({ path, name, needs, menu, load });

export type Group = { name: Pair; screens: readonly Screen[] };

/** CATALOGUE of screens, by what they are about. The permission decides who sees one; the menu is made of it (menu.tsx). */
export const GROUPS: readonly Group[] = [
  {
    name: ['Bưu gửi', 'Mail'],
    screens: [
      screen('/desk/intake', ['Nhận gửi', 'Acceptance'], 'item.accept', () => import('./intake.tsx')),
      screen('/desk/approve', ['Kiểm soát', 'Control'], 'item.approve', () => import('./approve.tsx')),
      screen('/desk/bags', ['Túi gói', 'Bags'], 'bag.make', () => import('./bags.tsx')),
      screen('/desk/depart', ['Xuất chuyến', 'Departure'], 'trip.dispatch', () => import('./depart.tsx')),
      screen('/desk/reconcile', ['Đối soát', 'Reconcile'], 'bag.open', () => import('./reconcile.tsx')),
      screen('/desk/differences', ['Cần xử lý', 'Differences'], 'bag.make', () => import('./differences.tsx')),
      screen('/desk/run', ['Đi phát', 'Delivery run'], 'item.deliver', () => import('./run.tsx')),
      screen('/desk/handover', ['Bàn giao', 'Handover'], 'custody.hand_over', () => import('./handover.tsx')),
      screen('/desk/sign-out', ['Giao bưu tá', 'Sign out'], 'item.print', () => import('./run_load.tsx')),
      screen('/desk/label', ['Nhãn', 'Labels'], 'item.print', () => import('./label.tsx')),
      screen('/desk/shift', ['Ca làm việc', 'Shift'], 'item.scan', () => import('./shift.tsx')),
    ],
  },
  {
    name: ['Theo dõi', 'Overview'],
    screens: [
      screen('/desk/work', ['Việc của tôi', 'My work'], 'item.read', () => import('./work.tsx')),
      screen('/desk/board', ['Điều hành', 'Board'], 'item.hold', () => import('./board.tsx')),
      screen('/desk/find', ['Tra cứu', 'Find'], 'item.read', () => import('./find.tsx')),
      screen('/desk/item', ['Hành trình', 'Road'], 'item.read', () => import('./item.tsx'), false),
      screen('/desk/sent', ['Hộp gửi', 'Outbox'], null, () => import('./sent.tsx'), false),
    ],
  },
  {
    name: ['Sàng lọc, vụ việc', 'Screening, cases'],
    screens: [
      screen('/desk/flags', ['Hàng chờ cờ', 'Flags'], 'rule.read', () => import('./flags.tsx')),
      screen('/desk/cases', ['Vụ việc', 'Casefiles'], 'case.handle', () => import('./cases.tsx')),
      screen('/desk/rules', ['Quy tắc', 'Rules'], 'rule.read', () => import('./rules.tsx')),
      screen('/desk/screening', ['Soi chiếu', 'Screening'], 'item.screen', () => import('./screening.tsx')),
      screen('/desk/watch', ['Danh sách theo dõi', 'Watch lists'], 'watch.keep', () => import('./watch.tsx')),
      screen('/desk/records', ['Biên bản', 'Written records'], 'record.draw', () => import('./records.tsx')),
      screen('/desk/basis', ['Căn cứ mở', 'Bases for opening'], 'item.authority', () => import('./legal_basis.tsx')),
    ],
  },
  {
    name: ['Trực, văn bản, báo cáo', 'Duty, directives, reports'],
    screens: [
      screen('/desk/leader', ['Lãnh đạo', 'Leader'], 'report.draw', () => import('./leader.tsx')),
      screen('/desk/duty', ['Trực 24/24', 'Duty'], 'duty.read', () => import('./duty.tsx')),
      screen('/desk/periods', ['Cao điểm', 'Periods'], 'duty.read', () => import('./periods.tsx'), ['period.order', 'duty.manage', 'ledger.verify']),
      screen('/desk/directives', ['Văn bản chỉ đạo', 'Directives'], 'directive.answer', () => import('./directives.tsx')),
      screen('/desk/incidents', ['Sự cố', 'Incidents'], 'incident.report', () => import('./incidents.tsx')),
      screen('/desk/reports', ['Báo cáo', 'Reports'], 'duty.read', () => import('./reports.tsx'), ['report.draw', 'report.receive', 'rule.audit']),
    ],
  },
  {
    name: ['Kiểm chứng, quản trị', 'Proof, administration'],
    screens: [
      screen('/desk/verify', ['Kiểm chứng', 'Verify'], 'ledger.verify', () => import('./verify.tsx')),
      screen('/desk/machines', ['Máy và thẻ', 'Machines, badges'], 'person.unlock', () => import('./machines.tsx')),
    ],
  },
  { name: ['Trợ giúp', 'Help'], screens: [screen('/desk/help', ['Trợ giúp', 'Help'], null, () => import('./help.tsx'))] },
];

/** Where a role begins its day, the best first: that screen leads the menu, and its group with it. */
export const FIRST: { readonly [R in Role]: readonly string[] } = {
  clerk: ['/desk/intake'], controller: ['/desk/approve'], sorter: ['/desk/reconcile'], driver: ['/desk/handover'], courier: ['/desk/run'],
  shift_head: ['/desk/board'], duty_officer: ['/desk/flags'], leader: ['/desk/leader'], liaison: ['/desk/flags'], inspector: ['/desk/verify'], admin: ['/desk/machines'], respondent: ['/desk/directives'],
};

export const SCREENS: readonly Screen[] = GROUPS.flatMap(({ screens }) => screens);
const OrdersBanner = lazy(() => import('./orders_banner.tsx'));
/** Comes behind the first screen; says only that something is kept here. */
const Kept = lazy(() => import('./kept.tsx'), true);
const PAGES = new Map(SCREENS.map((entry) => [entry.path, lazy(entry.load)]));

function Frame() {
  const main = useRef<HTMLElement>(null);
  const groups = menuOf(GROUPS, FIRST);
  const open = groups.flatMap(({ screens }) => screens);
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
  return (
    <div class="frame">
      <a class="skip" href="#main">{say(['Tới nội dung chính', 'Skip to the content'])}</a>
      {asked.value !== null || (orders.value?.orders.length ?? 0) > 0 ? <OrdersBanner /> : null}
      <header class="top"><Chips /></header>
      <Menu groups={groups} here={here} />
      <main class="main" id="main" tabIndex={-1} ref={main}>
        <StopBand />
        {may('item.scan') ? <Kept /> : null}
        <Suspense>{Page ? <Page /> : null}</Suspense>
        <TypeNumber />
        <Veil />
      </main>
      <footer class="keys" aria-label={say(['Phím tắt', 'Keys'])}>
        {KEYS.filter(([command]) => live.value.has(command)).map(([command, words]) => <span key={command}><kbd>{COMMAND_KEYS[command]}</kbd> {say(words)}</span>)}
      </footer>
    </div>
  );
}

/** Told at the foot of a screen as long as they do something there. */
const KEYS: readonly (readonly [Command, Pair])[] = [
  ['help', ['Trợ giúp', 'Help']], ['find', ['Tìm', 'Find']], ['type', ['Gõ mã', 'Type a number']], ['flag', ['Cắm cờ', 'Flag']], ['aside', ['Tách riêng', 'Set aside']],
  ['undo', ['Hoàn tác', 'Undo']], ['print', ['In', 'Print']], ['change', ['Đổi', 'Change']], ['close', ['Chốt', 'Close']],
];

export const App = () => (me.value === null ? <SignIn /> : <Frame />);
