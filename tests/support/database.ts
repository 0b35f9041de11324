// A database of its own for a test file, cloned from the migrated template: tests never see each other's rows.

import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import type { DatabaseUrls } from '../../src/store/embedded.ts';
import { createDatabase, onDatabase, statement } from './cluster.ts';

export type FreshDatabase = { urls: DatabaseUrls; name: string; drop: () => Promise<void> };

/** `empty`: no migration has been applied, for tests of the migrations themselves. */
export async function freshDatabase(options: { empty?: boolean } = {}): Promise<FreshDatabase> {
  const server = inject('urls');
  const name = `niem_test_${randomBytes(6).toString('hex')}`;
  await createDatabase(server.superuser, name, inject(options.empty ? 'blank' : 'migrated'));
  const urls = {
    superuser: onDatabase(server.superuser, name),
    migrate: onDatabase(server.migrate, name),
    app: onDatabase(server.app, name),
    reader: onDatabase(server.reader, name),
  };
  return { urls, name, drop: () => statement(server.superuser, `drop database ${name} with (force)`) };
}
