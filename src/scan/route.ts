// CATALOGUE: what a scan means on which screen, and the command cards. The help sheet prints both; every screen obeys them.

import type { What } from './parse.ts';

export type Screen = 'intake' | 'bag' | 'reconcile' | 'delivery' | 'elsewhere';

export type Meaning =
  | 'accept'
  | 'add'
  | 'match'
  | 'add_to_stop'
  | 'open_item'
  | 'tell_screen'
  | 'open_or_switch_bag'
  | 'open_session'
  | 'open_bag'
  | 'seal'
  | 'check_seal'
  | 'find_seal'
  | 'switch_person'
  | 'second_person'
  | 'run'
  | 'sender_session'
  | 'receiver'
  | 'open_unit'
  | 'check_station'
  | 'identify_receiver';

/** ux.md c.1.6. Null: it means nothing there, and the person is told so. */
export const ROUTES = {
  item: { intake: 'accept', bag: 'add', reconcile: 'match', delivery: 'add_to_stop', elsewhere: 'open_item' },
  bag: { intake: 'tell_screen', bag: 'open_or_switch_bag', reconcile: 'open_session', delivery: null, elsewhere: 'open_bag' },
  seal: { intake: null, bag: 'seal', reconcile: 'check_seal', delivery: null, elsewhere: 'find_seal' },
  badge: { intake: 'switch_person', bag: 'second_person', reconcile: 'second_person', delivery: null, elsewhere: 'switch_person' },
  command: { intake: 'run', bag: 'run', reconcile: 'run', delivery: 'run', elsewhere: 'run' },
  receiver: { intake: 'sender_session', bag: null, reconcile: null, delivery: 'receiver', elsewhere: 'open_unit' },
  station: {
    intake: 'check_station',
    bag: 'check_station',
    reconcile: 'check_station',
    delivery: 'check_station',
    elsewhere: 'check_station',
  },
  cccd: { intake: null, bag: null, reconcile: null, delivery: 'identify_receiver', elsewhere: null },
} as const satisfies Partial<Record<What, Record<Screen, Meaning | null>>>;

export function route(what: What, screen: Screen): Meaning | null {
  // A label's Data Matrix and another post's receptacle number are scanned for the item and the bag they stand on.
  const thing = what === 'label' ? 'item' : what === 'receptacle' ? 'bag' : what;
  return thing in ROUTES ? ROUTES[thing as keyof typeof ROUTES][screen] : null;
}

type CommandCard = { id: string; vi: string; en: string; irreversible: boolean };

/** By the id on the card. No vowels, no D and no W: Telex and VNI leave such cards alone. An irreversible one needs a badge. */
export const COMMANDS = {
  close: { id: 'CHT', vi: 'CHỐT', en: 'Close', irreversible: true },
  aside: { id: 'TCHR', vi: 'TÁCH RIÊNG', en: 'Set aside', irreversible: false },
  undo: { id: 'HTC', vi: 'HOÀN TÁC', en: 'Undo', irreversible: false },
  print: { id: 'NLB', vi: 'IN LẠI', en: 'Reprint', irreversible: false },
  seal_intact: { id: 'NPN', vi: 'NIÊM NGUYÊN', en: 'Seal intact', irreversible: false },
  seal_torn: { id: 'NPR', vi: 'NIÊM RÁCH', en: 'Seal torn', irreversible: true },
  fit: { id: 'TTT', vi: 'ĐỦ ĐIỀU KIỆN', en: 'Fit for acceptance', irreversible: false },
  hand_over_shift: { id: 'BGC', vi: 'BÀN GIAO CA', en: 'Hand over the shift', irreversible: true },
  urgency_1: { id: 'KH1', vi: 'KHẨN 1', en: 'Urgency 1', irreversible: false },
  urgency_2: { id: 'KH2', vi: 'KHẨN 2', en: 'Urgency 2', irreversible: false },
  urgency_3: { id: 'KH3', vi: 'KHẨN 3', en: 'Urgency 3', irreversible: false },
  urgency_4: { id: 'KH4', vi: 'KHẨN 4', en: 'Urgency 4', irreversible: false },
  mark_none: { id: 'MK0', vi: 'KÝ HIỆU 0', en: 'No mark', irreversible: false },
  mark_c: { id: 'MKC', vi: 'KÝ HIỆU C', en: 'Mark C', irreversible: false },
  mark_b: { id: 'MKB', vi: 'KÝ HIỆU B', en: 'Mark B', irreversible: false },
  pause: { id: 'TMN', vi: 'TẠM NGHỈ', en: 'Pause', irreversible: false },
} as const satisfies Record<string, CommandCard>;

export type CommandName = keyof typeof COMMANDS;
const BADGE_WITHIN_MS = 10_000;

/** Whether a command may run now: an irreversible one only with a badge shown within ten seconds after it. */
export function isConfirmed(command: CommandName, at_ms: number, badge_at_ms: number | null): boolean {
  if (!COMMANDS[command].irreversible) return true;
  return badge_at_ms !== null && badge_at_ms >= at_ms && badge_at_ms - at_ms <= BADGE_WITHIN_MS;
}

/** The command on a card; null: no such card. */
export function commandOf(id: string): CommandName | null {
  const names = Object.keys(COMMANDS) as CommandName[];
  return names.find((name) => COMMANDS[name].id === id) ?? null;
}
