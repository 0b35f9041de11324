// Rules in a world: the shipped catalogue or chosen ones in force, published by another person than their author.

import type { Kysely } from 'kysely';
import { INDICATORS } from '../../src/domain/rule_catalogue.ts';
import type { Indicator } from '../../src/domain/rule_catalogue.ts';
import type { DB } from '../../src/store/tables.ts';
import { newId } from './people.ts';

/** Puts indicators in force from `at` on, past the acts and so without a replay. Returns their versions by code. */
export async function inForce(root: Kysely<DB>, indicators: { readonly [code: string]: Indicator } = INDICATORS, at = Date.now() - 60_000): Promise<{ [code: string]: string }> {
  const people = await root.selectFrom('person').select(['person_id', 'badge']).where('badge', 'in', ['DUTYOFFICER', 'LEADER']).orderBy('badge').execute();
  const [author, publisher] = people.map((person) => person.person_id) as [string, string];
  const codes = Object.keys(indicators);
  const ids = Object.fromEntries(codes.map((code) => [code, newId()]));
  const now = new Date(at);
  await root.insertInto('rule').values(codes.map((rule_code) => ({ rule_code, created_at: now, created_by: author }))).onConflict((conflict) => conflict.doNothing()).execute();
  await root
    .insertInto('rule_version')
    .values(
      Object.entries(indicators).map(([rule_code, { vi, en, kinds, service_classes, ...rest }]) => ({
        rule_version_id: ids[rule_code] ?? '', rule_code, version: 1, name_vi: vi, name_en: en, kinds: [...kinds], service_classes: service_classes === null ? null : [...service_classes], ...rest,
        authored_by: author, authored_at: now, published_by: publisher, published_at: now, valid_from: now, valid_until: new Date(at + 365 * 86_400_000),
      })),
    )
    .execute();
  return ids;
}
