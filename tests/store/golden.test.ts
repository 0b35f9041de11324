// What is generated from the database equals what stands in the tree. `vitest -u` renews it.

import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { expect, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';

const ROOT = path.join(import.meta.dirname, '../..');

test('src/store/tables.ts is what the migrations and their comments say', async () => {
  const database = await freshDatabase();
  try {
    const types = execFileSync(
      path.join(ROOT, 'node_modules/.bin/kysely-codegen'),
      ['--url', database.urls.superuser, '--dialect', 'postgres', '--print', '--date-parser', 'string', '--type-mapping', '{"int8":"number","bytea":"Uint8Array"}', '--exclude-pattern', 'schema_version'],
      { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    await expect(`${types.slice(types.indexOf('/**')).trimEnd()}\n`).toMatchFileSnapshot(path.join(ROOT, 'src/store/tables.ts'));
  } finally {
    await database.drop();
  }
});
