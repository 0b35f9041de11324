// Bodies, offices and the office's own people by name, as typed without accents. Names are told to whoever reads reference data anyway.

import { sql } from 'kysely';
import type { Expression } from 'kysely';
import { civilDate } from '../base/time.ts';
import { fold } from '../domain/fold.ts';
import type { Read } from '../store/connect.ts';
import { holdsOn } from '../store/reference.ts';

const FOUND_MAX = 20;

/** The fold of domain/fold.ts, by the database. */
export const foldSql = (text: Expression<string>) =>
  sql<string>`btrim(regexp_replace(translate(regexp_replace(normalize(${text}, NFD), ${'[\u0300-\u036f]'}, '', 'g'), 'ABCDEFGHIJKLMNOPQRSTUVWXYZđĐ', 'abcdefghijklmnopqrstuvwxyzdd'), '[^a-z0-9]+', ' ', 'g'))`;

/** The first letters of its words: "vptu" for Văn phòng Tỉnh ủy. */
const initialsSql = (text: Expression<string>) => sql<string>`regexp_replace(${foldSql(text)}, '([a-z0-9])[a-z0-9]*( |$)', '\\1', 'g')`;

/** Every row whose name has the words or the initials, best first: exact accents, folded beginning, initials, any part. */
export async function searchNames(db: Read, office_code: string | null, q: string, now_ms: number) {
  const wanted = fold(q);
  const today = civilDate(now_ms);
  if (wanted === '') return { bodies: [], offices: [], people: [] };
  const like = (name: Expression<string>) => sql<boolean>`(strpos(${foldSql(name)}, ${wanted}) > 0 or starts_with(${initialsSql(name)}, ${wanted.replaceAll(' ', '')}))`;
  const order = (name: Expression<string>) =>
    sql`case when strpos(lower(normalize(${name}, NFC)), ${q.normalize('NFC').toLowerCase()}) > 0 then 0 when starts_with(${foldSql(name)}, ${wanted}) then 1 when starts_with(${initialsSql(name)}, ${wanted.replaceAll(' ', '')}) then 2 else 3 end`;
  const [bodies, offices, people] = await Promise.all([
    db.selectFrom('served_body').select(['body_code', 'name_vi', 'focal_unit']).where(holdsOn(today)).where((eb) => like(eb.ref('name_vi'))).orderBy((eb) => order(eb.ref('name_vi'))).orderBy('body_code').limit(FOUND_MAX).execute(),
    db.selectFrom('office').select(['office_code', 'name_vi', 'parent_code']).where(holdsOn(today)).where((eb) => like(eb.ref('name_vi'))).orderBy((eb) => order(eb.ref('name_vi'))).orderBy('office_code').limit(FOUND_MAX).execute(),
    office_code === null ? [] : db
      .selectFrom('person')
      .select(['badge', 'full_name'])
      .where(holdsOn(today))
      .where((eb) => like(eb.ref('full_name')))
      .where('person_id', 'in', (eb) => eb.selectFrom('person_role').select('person_id').where('office_code', '=', office_code).where(holdsOn(today)))
      .orderBy((eb) => order(eb.ref('full_name'))).orderBy('badge').limit(FOUND_MAX).execute(),
  ]);
  return { bodies, offices, people };
}
