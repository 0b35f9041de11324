// What was stored in the clear before there was a vault is sealed once and its table dropped. And nobody starts with another key than
// the one that sealed what is there. Node only.

import pg from 'pg';
import { sqlState } from './connect.ts';
import type { Parts, Vault } from './vault.ts';

type Clear = { checkpoint_id: string; unit_id: string; party: string; salt: Buffer; fields: { [field: string]: string } };

/** Returns how many items were sealed; 0 where nothing is in the clear. All or nothing. */
export async function sealClear(migrateUrl: string, vault: Vault): Promise<number> {
  return connected(migrateUrl, async (client) => {
    await client.query('begin');
    try {
      await client.query('lock table personal_clear in access exclusive mode');
    } catch (error) {
      if (sqlState(error) === '42P01') return 0;
      throw error;
    }
    const { rows } = await client.query<Clear>('select checkpoint_id, unit_id, party, salt, fields from personal_clear');
    const items = Map.groupBy(rows, (row) => row.unit_id);
    for (const [unit_id, parties] of items) {
      const checkpoint_id = parties[0]?.checkpoint_id ?? '';
      const parts: Parts = Object.fromEntries(parties.map(({ party, salt, fields }) => [party, { salt, fields }]));
      const { key_id, wrapped, sealed } = vault.seal({ unit_id, checkpoint_id }, parts);
      await client.query('insert into personal_key (unit_id, key_id, wrapped) values ($1, $2, $3)', [unit_id, key_id, wrapped]);
      await client.query('insert into personal (checkpoint_id, unit_id, sealed) values ($1, $2, $3)', [checkpoint_id, unit_id, sealed]);
    }
    await client.query('drop table personal_clear');
    await client.query('commit');
    return items.size;
  });
}

/** Throws an Error when the database holds what another key sealed. */
export async function requireKey(url: string, vault: Vault): Promise<void> {
  const other = await connected(url, (client) => client.query('select from personal_key where key_id <> $1 limit 1', [vault.key_id]));
  if (other.rowCount !== 0)
    throw new Error(
      'NIEM_PERSONAL_KEY không phải khóa đã mã hóa dữ liệu cá nhân trong CSDL này / is not the key that sealed the personal data of this database',
    );
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'niem vault' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
