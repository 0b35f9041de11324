// Seed data: a file of SQL that runs once, whole or not at all. Node only. It may not be given anything that a user typed.

import { readFile } from 'node:fs/promises';
import pg from 'pg';

/**
 * Runs the file in one transaction if `empty_table` has no row yet; false: it has some, and nothing was done. The lock lets
 * only one of several processes find the table empty.
 */
export async function runSqlFile(url: string, file: string, empty_table: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'niem seed' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const table = client.escapeIdentifier(empty_table);
    await client.query(`begin; lock table ${table} in share row exclusive mode`);
    const { rowCount } = await client.query(`select from ${table} limit 1`);
    if (rowCount !== 0) return false;
    await client.query(text);
    await client.query('commit');
    return true;
  } finally {
    // Ends an open transaction by rolling it back.
    await client.end();
  }
}
