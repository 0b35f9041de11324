// The rulebook as it stands in the database, and its keeper.

import { fold } from '../domain/fold.ts';
import type { Kind } from '../domain/facts.ts';
import type { RuleVersion } from '../domain/rule.ts';
import { rulebook } from '../domain/rulebook.ts';
import type { LeansOn, ListRow, Rulebook } from '../domain/rulebook.ts';
import { present } from '../base/assert.ts';
import type { Clock } from '../base/time.ts';
import type { Read } from './connect.ts';

const COLUMNS = [
  'rule_version_id',
  'rule_code',
  'version',
  'severity',
  'kinds',
  'service_classes',
  'office_codes',
  'expression',
  'effect',
  'valid_from',
  'valid_until',
] as const;

/** Versions that are published and not ended, drafts and past ones left out. Orders are the journal's: whoever has them adds them. */
export async function loadRulebook(db: Read): Promise<Rulebook> {
  const [rows, leansOn] = await Promise.all([
    db
      .selectFrom('rule_version')
      .select(COLUMNS)
      .where('published_at', 'is not', null)
      .where('ended_at', 'is', null)
      .orderBy('rule_code')
      .execute(),
    loadLeansOn(db),
  ]);
  return rulebook(rows.map(versionOf), { ...leansOn, periods: [] });
}

/** One version, a draft or a past one too; null: there is none. */
export async function loadVersion(db: Read, rule_version_id: string): Promise<RuleVersion | null> {
  const row = await db.selectFrom('rule_version').select(COLUMNS).where('rule_version_id', '=', rule_version_id).executeTakeFirst();
  return row ? versionOf(row) : null;
}

export async function loadLeansOn(db: Read): Promise<Omit<LeansOn, 'periods'>> {
  const [lists, protectedCodes, travel, keys, provinces] = await Promise.all([
    db.selectFrom('screening_list').select(['list_code', 'entry', 'valid_from', 'valid_to']).execute(),
    db.selectFrom('postal_code').select(['postal_code', 'valid_from', 'valid_to']).where('object_kind', '=', 'kt1_body').execute(),
    db.selectFrom('travel_time').select(['from_office_code', 'to_office_code', 'least_minutes']).execute(),
    db.selectFrom('blind_key').select('mac_key').orderBy('key_id').execute(),
    provincesOf(db),
  ]);
  return {
    lists: [
      ...lists.map((row) => ({ list_code: row.list_code, entry: row.entry, from: row.valid_from, to: row.valid_to }) as ListRow),
      ...protectedCodes.map((row) => ({
        list_code: 'protected_postal' as const,
        entry: row.postal_code,
        from: row.valid_from,
        to: row.valid_to,
      })),
    ],
    travel: new Map(travel.map((row) => [`${row.from_office_code}/${row.to_office_code}`, row.least_minutes])),
    provinces,
    key: new Uint8Array(present(keys[0], 'no key of the blind index').mac_key),
  };
}

async function provincesOf(db: Read): Promise<Rulebook['provinces']> {
  const [units, offices] = await Promise.all([
    db
      .selectFrom('administrative_unit')
      .select(['unit_code', 'unit_level', 'parent_code', 'name_vi'])
      .where('valid_to', 'is', null)
      .execute(),
    db.selectFrom('office').select(['office_code', 'unit_code']).where('valid_to', 'is', null).execute(),
  ]);
  const byCode = new Map(units.map((unit) => [unit.unit_code, unit]));
  const bare = (name: string): string => fold(name).replace(/^(tinh|thanh pho|tp) /, '');
  const above = (unit_code: string): string | null => {
    for (let unit = byCode.get(unit_code), steps = 0; unit !== undefined && steps < 5; unit = byCode.get(unit.parent_code ?? ''), steps++)
      if (unit.unit_level === 'province') return bare(unit.name_vi);
    return null;
  };
  return {
    of: new Map(
      offices.flatMap(({ office_code, unit_code }) =>
        [above(unit_code)].flatMap((name) => (name === null ? [] : [[office_code, name] as const])),
      ),
    ),
    all: units.filter((unit) => unit.unit_level === 'province').map((unit) => bare(unit.name_vi)),
  };
}

type Stored = {
  rule_version_id: string;
  rule_code: string;
  version: number;
  severity: string;
  kinds: string[];
  service_classes: string[] | null;
  office_codes: string[] | null;
  expression: string;
  effect: string;
  valid_from: Date;
  valid_until: Date;
};

const versionOf = (row: Stored): RuleVersion => ({
  ...row,
  severity: row.severity as RuleVersion['severity'],
  kinds: row.kinds as Kind[],
  effect: row.effect as RuleVersion['effect'],
  valid_from: row.valid_from.getTime(),
  valid_until: row.valid_until.getTime(),
});

/** Reads at most every `keep_ms`: a rule published through another process acts within that time, through this one at once. */
export function rulebookKeeper(clock: Clock, keep_ms = 5_000): { rules: (db: Read) => Promise<Rulebook>; forget: () => void } {
  let kept: { until: number; book: Promise<Rulebook> } | null = null;
  return {
    rules(db) {
      const now = clock();
      if (kept === null || now >= kept.until) {
        const book = loadRulebook(db);
        kept = { until: now + keep_ms, book };
        book.catch(() => (kept = null));
      }
      return kept.book;
    },
    forget: () => void (kept = null),
  };
}
