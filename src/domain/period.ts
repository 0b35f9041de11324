// Heightened periods: signed orders with three phases, a scope and what they tighten. Where orders overlap the strictest holds,
// and which order it comes from is said. Pure: an order acts by the clock alone, so it ends although nobody ends it.

import type { Kind } from './facts.ts';
import { isKind } from './journal.ts';
import type { JournalEntry } from './journal.ts';
import type { ServiceClass } from './service.ts';

export const PHASES = { before: ['Trước', 'Before'], during: ['Trong', 'During'], after: ['Sau', 'After'] } as const;
export type Phase = keyof typeof PHASES;

/** What an order tightens. What is left out stays as it is in normal times. */
export type Measures = {
  /** Share of parcels and printed matter whose joint check a second person of the post must witness, in per cent. */
  witness_rate_pct?: number | undefined;
  /** Items for these offices, bodies or postal codes are approved by two persons and screened again. */
  protected_destinations?: readonly string[] | undefined;
  /** Steps that take two persons. */
  two_persons?: readonly Kind[] | undefined;
  /** What lies longer than this without a step alarms, in minutes. */
  idle_minutes?: number | undefined;
  /** Duty around the clock: a minute without it alarms. */
  duty_24?: boolean | undefined;
  /** Weight of a screening rule, in per cent of its usual one. */
  rule_multipliers?: readonly { rule_code: string; pct: number }[] | undefined;
  /** Risk grade 1 (usual) to 5 of a route, area or kind. */
  risk_grades?: readonly { by: 'route' | 'area' | 'kind'; key: string; grade: number }[] | undefined;
};

export type Period = {
  period_id: string;
  name_vi: string;
  ordered_at_ms: number;
  before_from_ms: number;
  during_from_ms: number;
  after_from_ms: number;
  until_ms: number;
  revoked_at_ms: number | null;
  /** Empty: every office. */
  office_codes: readonly string[];
  /** Empty: every kind of mail. */
  service_classes: readonly ServiceClass[];
  measures: { readonly [P in Phase]: Measures };
};

/** When an order really acts: never before it was signed, never after it was revoked. */
export function actsFrom(period: Period): number {
  return Math.max(period.before_from_ms, period.ordered_at_ms);
}
export const actsUntil = (period: Period): number => Math.min(period.until_ms, period.revoked_at_ms ?? period.until_ms);
export const isBackDated = (period: Period): boolean => period.before_from_ms < period.ordered_at_ms;

/** The phase an order is in at an instant; null: it does not act then. */
export function phaseAt(period: Period, at_ms: number): Phase | null {
  if (at_ms < actsFrom(period) || at_ms >= actsUntil(period)) return null;
  return at_ms < period.during_from_ms ? 'before' : at_ms < period.after_from_ms ? 'during' : 'after';
}

export type Where = { office_code: string | null; service_class?: ServiceClass | null };

/** What holds at an instant and place: the strictest of all orders in force. `because` names the order of each measure. */
export type ActivePeriod = {
  orders: { period_id: string; name_vi: string; phase: Phase; until_ms: number }[];
  witness_rate_pct: number;
  protected_destinations: ReadonlySet<string>;
  two_persons: ReadonlySet<Kind>;
  idle_minutes: number | null;
  duty_24: boolean;
  /** By rule code, in per cent; a rule that is not here weighs 100. */
  rule_multipliers: ReadonlyMap<string, number>;
  /** By `by/key`. */
  risk_grades: ReadonlyMap<string, number>;
  because: { measure: string; period_id: string }[];
  /** Instant of the next change by the clock; null: none is known. */
  changes_at_ms: number | null;
};

/** THE function by which rules and acts read a period. `where.service_class` left out: whatever kind. */
export function activePeriod(periods: readonly Period[], at_ms: number, where: Where): ActivePeriod {
  const active: Active = { ...NOTHING(), two: new Set(), dest: new Set(), weights: new Map(), grades: new Map() };
  for (const period of periods) {
    const phase = inScope(period, where) ? phaseAt(period, at_ms) : null;
    if (phase === null) continue;
    active.orders.push({ period_id: period.period_id, name_vi: period.name_vi, phase, until_ms: actsUntil(period) });
    tighten(active, period.period_id, period.measures[phase]);
  }
  const { two, dest, weights, grades, ...rest } = active;
  return {
    ...rest,
    two_persons: two,
    protected_destinations: dest,
    rule_multipliers: weights,
    risk_grades: grades,
    changes_at_ms: nextChange(periods, at_ms, where),
  };
}

type Active = Omit<ActivePeriod, 'two_persons' | 'protected_destinations' | 'rule_multipliers' | 'risk_grades' | 'changes_at_ms'> & {
  two: Set<Kind>;
  dest: Set<string>;
  weights: Map<string, number>;
  grades: Map<string, number>;
};
const NOTHING = () => ({ orders: [], witness_rate_pct: 0, idle_minutes: null, duty_24: false, because: [] });

function inScope(period: Period, where: Where): boolean {
  const officeFits = period.office_codes.length === 0 || (where.office_code !== null && period.office_codes.includes(where.office_code));
  const kind = where.service_class;
  return (
    officeFits && (period.service_classes.length === 0 || kind === undefined || kind === null || period.service_classes.includes(kind))
  );
}

function tighten(active: Active, period_id: string, measures: Measures): void {
  /** Takes what is stricter, and notes whose it is: the last one noted for a measure is the one that holds. */
  const note = (measure: string): void => {
    active.because = [...active.because.filter((b) => b.measure !== measure), { measure, period_id }];
  };
  if ((measures.witness_rate_pct ?? 0) > active.witness_rate_pct) {
    active.witness_rate_pct = measures.witness_rate_pct ?? 0;
    note('witness_rate_pct');
  }
  if (measures.idle_minutes !== undefined && measures.idle_minutes < (active.idle_minutes ?? Infinity)) {
    active.idle_minutes = measures.idle_minutes;
    note('idle_minutes');
  }
  if (measures.duty_24 === true && !active.duty_24) {
    active.duty_24 = true;
    note('duty_24');
  }
  for (const [set, more, measure] of [
    [active.two, measures.two_persons ?? [], 'two_persons'],
    [active.dest, measures.protected_destinations ?? [], 'protected_destinations'],
  ] as [Set<string>, readonly string[], string][]) {
    for (const one of more) {
      if (set.has(one)) continue;
      set.add(one);
      note(`${measure}/${one}`);
    }
  }
  for (const [map, key, value, measure] of [
    ...(measures.rule_multipliers ?? []).map((m) => [active.weights, m.rule_code, m.pct, 'rule_multipliers'] as const),
    ...(measures.risk_grades ?? []).map((g) => [active.grades, `${g.by}/${g.key}`, g.grade, 'risk_grades'] as const),
  ]) {
    if (value <= (map.get(key) ?? 0)) continue;
    map.set(key, value);
    note(`${measure}/${key}`);
  }
}

function nextChange(periods: readonly Period[], at_ms: number, where: Where): number | null {
  const turns = periods
    .filter((period) => inScope(period, where) && actsFrom(period) < actsUntil(period))
    .flatMap((period) => [actsFrom(period), period.during_from_ms, period.after_from_ms, actsUntil(period)])
    .filter((turn) => turn > at_ms);
  return turns.length === 0 ? null : Math.min(...turns);
}

const STRICT: Measures = {
  witness_rate_pct: 100,
  two_persons: ['approved', 'bag_sealed', 'bag_unsealed', 'signed_out'],
  idle_minutes: 120,
  duty_24: true,
};
const RAISED: Measures = { witness_rate_pct: 20, two_persons: ['bag_sealed'], idle_minutes: 240, duty_24: true };

/** Where an order usually starts from; an operator's rule, every figure of it may be changed before it is signed. */
export const PRESETS = {
  tet: {
    vi: 'Tết Nguyên đán',
    en: 'Lunar New Year',
    before_days: 15,
    after_days: 7,
    measures: { before: RAISED, during: STRICT, after: RAISED },
  },
  congress: {
    vi: 'Đại hội Đảng',
    en: 'Party Congress',
    before_days: 10,
    after_days: 5,
    measures: { before: STRICT, during: STRICT, after: RAISED },
  },
  election: { vi: 'Bầu cử', en: 'Election', before_days: 10, after_days: 5, measures: { before: RAISED, during: STRICT, after: RAISED } },
  holiday: { vi: 'Ngày lễ', en: 'Public holiday', before_days: 2, after_days: 1, measures: { before: {}, during: RAISED, after: {} } },
} as const satisfies Record<
  string,
  { vi: string; en: string; before_days: number; after_days: number; measures: { [P in Phase]: Measures } }
>;

/** Periods as their orders say, oldest first. */
export function foldPeriods(entries: readonly JournalEntry[]): Period[] {
  const periods = new Map<string, Period>();
  for (const entry of entries) {
    if (isKind(entry, 'period_ordered')) periods.set(entry.matter_id, periodOf(entry));
    const period = periods.get(entry.matter_id);
    if (period && entry.kind === 'period_revoked') period.revoked_at_ms ??= entry.at_ms;
  }
  return [...periods.values()];
}

function periodOf({ matter_id, at_ms, facts }: JournalEntry<'period_ordered'>): Period {
  return {
    period_id: matter_id,
    name_vi: facts.name_vi,
    ordered_at_ms: at_ms,
    before_from_ms: Date.parse(facts.before_from),
    during_from_ms: Date.parse(facts.during_from),
    after_from_ms: Date.parse(facts.after_from),
    until_ms: Date.parse(facts.until),
    revoked_at_ms: null,
    office_codes: facts.office_codes,
    service_classes: facts.service_classes,
    measures: facts.measures,
  };
}
