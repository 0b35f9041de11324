// Search by name: the database folds as the browser does, and an office finds its own people and nobody else's.

import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { fold } from '../../src/domain/fold.ts';
import { foldSql } from '../../src/views/names.ts';
import { expectRefusal, makeWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const LETTERS = 'aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ';
let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const inSql = async (texts: readonly string[]): Promise<string[]> => {
  const { rows } = await sql<{ folded: string }>`select ${foldSql(sql`t.text`)} as folded from unnest(${texts}::text[]) with ordinality as t(text, n) order by n`.execute(world.root);
  return rows.map((row) => row.folded);
};

test('every Vietnamese letter, both cases, composed and decomposed, folds alike in SQL and in the browser', async () => {
  const letters = [...LETTERS, ...LETTERS.toUpperCase()];
  expect(letters.length).toBeGreaterThanOrEqual(134);
  const texts = letters.flatMap((letter) => [letter, letter.normalize('NFD'), `h${letter}a ${letter}`]);
  expect(texts.length).toBeGreaterThan(200);
  expect(await inSql(texts)).toEqual(texts.map(fold));
  expect(texts.map(fold).every((folded) => /^[a-z ]+$/.test(folded))).toBe(true);
});

test('200 names of random signs fold alike', async () => {
  console.log(`SEED=${seed}`);
  const sign = fc.oneof({ arbitrary: fc.constantFrom(...LETTERS, ...LETTERS.toUpperCase(), 'đ', 'Đ', 'đ', ' ', '-', '.', "'"), weight: 4 }, { arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((text) => text !== '\0'), weight: 1 });
  const texts = fc.sample(fc.array(sign, { minLength: 1, maxLength: 30 }).map((signs) => signs.join('')), { numRuns: 200, seed });
  expect(texts.filter((text) => /[đĐ]/.test(text)).length).toBeGreaterThan(10);
  expect(await inSql(texts)).toEqual(texts.map(fold));
});

const find = async (badge: string, q: string) => world.call('GET', `/api/search/names?q=${encodeURIComponent(q)}`, { token: await world.as(badge) });

test('a body is found with accents, without, by initials and by a part; people only of the same office', async () => {
  for (const q of ['Tỉnh ủy', 'tinh uy', 'Tỉnh uỷ', 'tinh uy lang', 'tuls', 'lang son']) expect((await find('CLERK', q)).body.bodies.map((row: { body_code: string }) => row.body_code), q).toContain('LS-TU');
  expect((await find('CLERK', 'dong dang')).body.offices.map((row: { office_code: string }) => row.office_code)).toEqual(['243100']);
  expect((await find('CLERK', 'nguoi clerk')).body.people.map((row: { badge: string }) => row.badge)).toContain('CLERK1');
  expect((await find('CLERK', 'centreclerk')).body.people).toEqual([]);
  expect((await find('INSPECTOR', 'nguoi clerk')).body.people).toEqual([]);
  expect((await find('CLERK', '··')).body).toEqual({ bodies: [], offices: [], people: [] });
  expectRefusal(await find('ADMIN', 'tinh uy'), 'not_permitted', 403);
  expectRefusal(await find('CLERK', 'a'), 'invalid_input', 422);
});
