// Style is a test: who may import whom, what is banned, what would be dead. It only ever gets stricter.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ACTS } from '../src/api/checkpoints.ts';
import { REFUSALS } from '../src/base/refusal.ts';
import { CHECKPOINTS } from '../src/domain/checkpoint.ts';

const ROOT = path.join(import.meta.dirname, '..');
const files = (folder: string, ending = /\.(ts|tsx|sql|md|json|toml)$/): string[] =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => path.join(folder, name));
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const sources = files('src', /\.tsx?$/);

/** The tower, lowest first. A file at the top of src/ is an entry point, or app.ts just below them. The kernel is another language: it is compiled, and imports nothing. */
const TOWER = ['kernel', 'base', 'domain', 'proof', 'scan', 'outbox', 'store', 'ledger', 'acts', 'views', 'interchange', 'api', 'web', 'app', 'desk', 'entry'];
const floorOf = (file: string): number => {
  const [, folder, inside] = file.split(path.sep);
  return TOWER.indexOf(inside === undefined ? (folder === 'app.ts' ? 'app' : 'entry') : (folder ?? ''));
};

const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => path.normalize(path.join(path.dirname(file), match[1] ?? '')));

test('imports never point up the tower', () => {
  const wrong = sources.flatMap((file) => importsOf(file).filter((to) => floorOf(to) > floorOf(file)).map((to) => `${file} -> ${to}`));
  expect(wrong).toEqual([]);
  expect(sources.every((file) => floorOf(file) >= 0)).toBe(true);
});

/** What runs in a browser may use the lower floors that know no server; of the others it may know the types. */
const BROWSER = ['proof', 'scan', 'outbox', 'desk'];
test('what runs in a browser takes nothing of the server but types', () => {
  const allowed = new Set(['base', 'domain', ...BROWSER]);
  const wrong = sources
    .filter((file) => BROWSER.includes(file.split(path.sep)[1] ?? ''))
    .flatMap((file) =>
      [...read(file).matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gm)]
        .map((match) => match[1] ?? '')
        .filter((to) => to.startsWith('node:') || (to.startsWith('.') && !allowed.has(path.normalize(path.join(path.dirname(file), to)).split(path.sep)[1] ?? '')))
        .map((to) => `${file} -> ${to}`),
    );
  expect(wrong).toEqual([]);
});

test('an act never imports an act', () => {
  const contracts = ['act.ts', 'needs.ts'].map((name) => path.join('src', 'acts', name));
  const wrong = sources
    .filter((file) => file.startsWith(path.join('src', 'acts')))
    .flatMap((file) => importsOf(file).filter((to) => to.startsWith(path.join('src', 'acts')) && !contracts.includes(to)).map((to) => `${file} -> ${to}`));
  expect(wrong).toEqual([]);
});

const BANS: { what: RegExp; why: string; except: (file: string) => boolean }[] = [
  { what: /\bDate\.now\(|\bnew Date\(\)/, why: 'the clock is an argument', except: (file) => file.endsWith('base/time.ts') },
  { what: /\bMath\.random\(/, why: 'randomness is crypto', except: () => false },
  { what: /sql\.raw\(/, why: 'no string-built SQL', except: () => false },
  { what: /from 'pg'/, why: '`pg` belongs to store', except: (file) => file.startsWith('src/store/') },
  { what: /import \{ z \} from 'zod'/, why: 'the named import is five times as large', except: () => false },
  { what: /\b(TODO|FIXME|XXX|HACK)\b|@ts-ignore|@ts-nocheck/, why: 'no left-overs', except: () => false },
  { what: /from 'bwip-js'/, why: 'only bwip-js/generic runs on workerd', except: () => false },
  { what: /\benum [A-Z]|\bnamespace [A-Z]/, why: 'erasable syntax only', except: () => false },
];

test.each(BANS)('$what: $why', ({ what, except }) => {
  expect(sources.filter((file) => !except(file) && what.test(read(file)))).toEqual([]);
});

test('no file grows beyond a screenful of screens', () => {
  const long = [...sources, ...files('tests', /\.ts$/)].filter((file) => !file.endsWith('store/tables.ts')).map((file) => ({ file, lines: read(file).split('\n').length })).filter(({ lines }) => lines > 380);
  expect(long).toEqual([]);
  expect(sources.filter((file) => file.split(path.sep).length > 3)).toEqual([]);
});

test('each source file opens by saying what it is for', () => {
  expect(sources.filter((file) => !file.endsWith('store/tables.ts') && !read(file).startsWith('//'))).toEqual([]);
});

test('all text is Unicode NFC', () => {
  const all = [...sources, ...files('db'), ...files('docs'), ...files('tests'), 'README.md'];
  expect(all.filter((file) => !file.includes('bad_input') && read(file) !== read(file).normalize('NFC'))).toEqual([]);
});

test('each migration comments every table and column it makes', () => {
  for (const file of files('db/migrations', /\.sql$/)) {
    const sqlText = read(file);
    for (const [, table, body] of sqlText.matchAll(/create table (\w+) \(([\s\S]*?)\n\)[^;]*;/g)) {
      const columns = [...(body ?? '').matchAll(/^ {2}([a-z_0-9]+) (?!key|\()(?:text|uuid|date|integer|smallint|bigint|boolean|timestamptz|bytea|jsonb|time)/gm)].map((match) => match[1]);
      expect(sqlText, `${file}: ${table}`).toContain(`comment on table ${table} is`);
      for (const column of columns) expect(sqlText, `${file}: ${table}.${column}`).toContain(`comment on column ${table}.${column} is`);
    }
  }
});

test('each kind that can be posted is in the catalogue, and each refusal is used', () => {
  expect(Object.keys(ACTS).filter((kind) => !(kind in CHECKPOINTS))).toEqual([]);
  const code = sources.filter((file) => !file.endsWith('base/refusal.ts')).map(read).join('\n');
  expect(Object.keys(REFUSALS).filter((refusal) => !code.includes(`'${refusal}'`))).toEqual([]);
});

test('each act has a test of its own or is posted through the API tests', () => {
  const tests = files('tests', /\.test\.ts$/).map(read).join('\n');
  expect(Object.keys(ACTS).filter((kind) => !tests.includes(kind))).toEqual([]);
});

test('nothing names a machine, a registry or a workplace', () => {
  const all = [...sources, ...files('tests', /\.ts$/), ...files('docs'), ...files('db'), 'README.md', 'package.json', 'package-lock.json'];
  const banned = new RegExp(['registry\\.npm', 'resolved": "http', '/root/', '/work/'].join('|'));
  expect(all.filter((file) => !file.endsWith('tidy.test.ts') && banned.test(read(file)))).toEqual([]);
});
