// Which tests there are and what each kind may use. Only the database project starts a PostgreSQL.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { test: { name: 'tidy', include: ['tests/tidy*.test.ts'] } },
      { test: { name: 'pure', include: ['tests/pure/**/*.test.ts'] } },
      {
        test: {
          name: 'database',
          include: ['tests/{store,ledger,acts,api,runtimes,journeys}/**/*.test.ts'],
          globalSetup: 'tests/support/cluster.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'web',
          // After all others and one file at a time: they measure how soon a beep comes.
          sequence: { groupOrder: 1 },
          fileParallelism: false,
          include: ['tests/web/**/*.test.ts'],
          globalSetup: 'tests/support/cluster.ts',
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
