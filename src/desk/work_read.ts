// What an office has open, waiting and late, in one reading for the list and the board. What a role may not ask is empty for it.

import { api, ask, may } from './state.ts';

export type Bag = { code: string; state: string; item_count: number | null; blind: boolean; origin_office_code: string; destination_office_code: string; expected: unknown[] | null };
export type Trip = { trip_id: string; trip_no: number; trip_year: number; state: string; from_office_code: string; to_office_code: string; opened_at: string };
export type Handover = { handover_id: string; offered_at: string; mine_to_answer: boolean; lines: { code: string }[] };
export type Discrepancy = { discrepancy_id: string; discrepancy_kind: string; code: string; office_found: string; office_asked: string | null; deadline_at: string | null; state: string; opened_at: string };
export type Idle = { code: string; unit_kind: string; state: string; state_vi: string; service_vi: string | null; idle_hours: number; standard_hours: number | null; alarm: boolean; held: boolean; last_at: string; custodian: { kind: string; ref: string } };
export type Transit = { code: string; service_vi: string; state_vi: string; minutes: number; standard_minutes: number | null; verdict: 'no_standard' | 'running' | 'on_time' | 'late'; accepted_at: string; ended_at: string | null };
export type Count = { code: string; expected: number | null; left: number | null; scanned: number };
export type OfficeNow = Awaited<ReturnType<typeof readOffice>>;
const ALL = 200;

const list = async <Row>(answer: Promise<{ ok: boolean; json: () => Promise<unknown> }>): Promise<Row[]> => (await ask(answer as never) as { rows: Row[] }).rows;

export async function readOffice() {
  const query = { limit: String(ALL) };
  const [desk, handovers, discrepancies, idle, transit] = await Promise.all([
    ask(api.desk.$get()) as unknown as Promise<{ bags: Bag[]; trips: Trip[]; staff: { person_id: string; full_name: string }[] }>,
    may('custody.hand_over') ? list<Handover>(api.handovers.$get()) : [],
    list<Discrepancy>(api.discrepancies.$get({ query })),
    list<Idle>(api.clocks.idle.$get({ query })),
    list<Transit>(api.clocks.transit.$get({ query })),
  ]);
  return { bags: desk.bags, trips: desk.trips, staff: new Map(desk.staff.map((person) => [person.person_id, person.full_name])), handovers, discrepancies, idle, transit, truncated: idle.length === ALL || transit.length === ALL || discrepancies.length === ALL };
}

export const beingCounted = (bags: readonly Bag[]): Bag[] => bags.filter((bag) => bag.state === 'unsealed');
export const readCounts = async (bags: readonly Bag[]): Promise<Count[]> =>
  Promise.all(beingCounted(bags).slice(0, 12).map(async ({ code }) => ({ code, ...((await ask(api.bags[':code'].count.$get({ param: { code }, query: {} }))) as unknown as Omit<Count, 'code'>) })));

/** Who has the next move in a difference: the office that was asked, until it has answered; then a supervisor where it was found. */
export const waitsFor = ({ state, office_asked, office_found }: Discrepancy): string => (state === 'open' ? (office_asked ?? office_found) : office_found);
export const DISCREPANCIES = {
  missing: ['Thiếu', 'Missing'], surplus: ['Thừa', 'Surplus'], mis_sent: ['Sai hướng', 'Mis-sent'], other_bag: ['Túi khác', 'Other bag'], damaged: ['Hư hỏng', 'Damaged'], weight_mismatch: ['Lệch khối lượng', 'Weight differs'], seal: ['Niêm phong', 'Seal'], bag_weight: ['Khối lượng túi', 'Bag weight'],
} as const;
export const discrepancyWords = (kind: string): readonly [string, string] => (kind in DISCREPANCIES ? DISCREPANCIES[kind as keyof typeof DISCREPANCIES] : [kind, kind]);
