// The rules in force with all they lean on: places, travel times, the key of the blind index. Read whole and kept for seconds.

import type { Kind } from './facts.ts';
import type { Period } from './period.ts';
import { compile } from './rule.ts';
import type { FactGroup, RuleVersion } from './rule.ts';

export const LISTS = {
  hotspot_office: ['Bưu cục trọng điểm', 'Hotspot offices'],
  border_office: ['Bưu cục biên giới', 'Border offices'],
  capital_postal: ['Mã bưu chính thủ đô', 'Postal codes of the capital'],
  protected_postal: ['Mã bưu chính cơ quan được bảo vệ', 'Postal codes of protected bodies'],
  season: ['Mùa cao điểm', 'Seasons'],
} as const;
export type ListCode = keyof typeof LISTS;

/** A dated row: from `from` (inclusive) to `to` (exclusive), civil dates; null: open. */
export type ListRow = { list_code: ListCode; entry: string; from: string; to: string | null };

export type Rulebook = {
  versions: readonly RuleVersion[];
  /** Versions to be asked at a kind of checkpoint. */
  at: ReadonlyMap<Kind, readonly RuleVersion[]>;
  /** Kinds at which some version counts over time. */
  counting: ReadonlySet<Kind>;
  lists: readonly ListRow[];
  /** `from/to` offices -> least minutes; a pair that is not there is not known. */
  travel: ReadonlyMap<string, number>;
  /** Office -> its province, folded; and all provinces' names, folded. */
  provinces: { of: ReadonlyMap<string, string>; all: readonly string[] };
  /** Orders that act now or will; what is past may be left out, except where past moments are judged. */
  periods: readonly Period[];
  /** Key of the blind index: 32 bytes. */
  key: Uint8Array;
};

export type LeansOn = Omit<Rulebook, 'versions' | 'at' | 'counting'>;

const COUNTED: readonly FactGroup[] = ['sender', 'addressee', 'route', 'clerk'];

export function rulebook(versions: readonly RuleVersion[], leansOn: LeansOn): Rulebook {
  const at = new Map<Kind, RuleVersion[]>();
  const counting = new Set<Kind>();
  for (const version of versions) {
    const counts = compile(version.expression).groups.some((group) => COUNTED.includes(group));
    for (const kind of version.kinds) {
      at.set(kind, [...(at.get(kind) ?? []), version]);
      if (counts) counting.add(kind);
    }
  }
  return { ...leansOn, versions, at, counting };
}

/** Whether a list names something on a civil date; lists of postal codes name beginnings. */
export const listed = (lists: readonly ListRow[], list_code: ListCode, value: string, date: string): boolean =>
  lists.some(
    (row) =>
      row.list_code === list_code &&
      row.from <= date &&
      (row.to === null || date < row.to) &&
      (list_code.endsWith('postal') ? value.startsWith(row.entry) : value === row.entry),
  );

/** Whether an address, folded, names another province than the office's and not that one. */
export function elsewhere({ provinces }: Pick<Rulebook, 'provinces'>, address: string, office_code: string): boolean {
  const own = provinces.of.get(office_code);
  const names = (province: string): boolean => ` ${address} `.includes(` ${province} `);
  return own !== undefined && !names(own) && provinces.all.some((province) => province !== own && names(province));
}

/** Whether a list has anything in force on a civil date. */
export const anyInForce = (lists: readonly ListRow[], list_code: ListCode, date: string): boolean =>
  lists.some((row) => row.list_code === list_code && row.from <= date && (row.to === null || date < row.to));
