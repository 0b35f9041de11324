// Agency A never learns of agency B's casefile: by id, search, list, count, export, changes; not by raw SQL as the app's role with
// whatever it sets; not by unique keys or foreign keys. What the database shows in each context equals what the grants say.

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, World } from '../support/world.ts';
import { CENTRE, DONG_DANG, expectRefusal, makeWorld, newId, PARCEL } from '../support/world.ts';

const TABLES = ['casefile', 'casefile_party', 'casefile_entry', 'casefile_words', 'casefile_evidence', 'casefile_unit', 'casefile_read'] as const;
let world: World;
let app: pg.Client;
/** Opened by the police, shared with the post, not with customs; and one of customs alone. */
let theirs: string;
let mine: string;
let code: string;
beforeAll(async () => {
  world = await makeWorld();
  await world.hire('LIAISON2', 'liaison', '');
  await world.hire('DUTYCENTRE', 'duty_officer', CENTRE);
  const customs = await world.hire('CUSTOMS', 'liaison', '');
  await world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', customs ?? '').execute();
  code = await world.accepted(PARCEL);
  theirs = await opened('LIAISON', 'Chuyên án Hoa Ban');
  for (const [kind, facts, more] of [
    ['party_added', { party_code: DONG_DANG }, {}], ['party_added', { party_code: CENTRE, until_at: new Date(world.clock() + 1_000).toISOString() }, {}],
    ['said', {}, { words: 'Hoa Ban, cho mọi bên' }], ['said', {}, { words: 'Hoa Ban, nội bộ', only_party: 'CA-LS' }], ['said', {}, { words: 'Hoa Ban, bưu cục', only_party: DONG_DANG }],
    ['party_added', { party_code: 'HQ-LS' }, {}], ['party_revoked', { grant_no: 7 }, {}], ['task_set', { task: 'guard', party_code: DONG_DANG }, { words: 'Hoa Ban, trông giữ' }],
  ] as const) await added('LIAISON', theirs, kind, facts, more);
  mine = await opened('CUSTOMS', 'Việc của hải quan');
  const d = new Uint8Array(32).fill(1);
  await sql`insert into casefile_evidence values (${theirs}, ${newId()}, 4, false, ${d}, 9, 'image/png', 1, 1, ${d}), (${theirs}, ${newId()}, 5, false, ${d}, 9, 'image/png', 1, 1, ${d})`.execute(world.root);
  await ask('LIAISON', 'GET', `/${theirs}`);
  await ask('DUTYOFFICER', 'GET', `/${theirs}`);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  app = new pg.Client({ connectionString: world.database.urls.app });
  await app.connect();
});
afterAll(async () => {
  await app.end();
  await world.end();
});
afterEach(async () => void (await world.verify()));

const ask = async (badge: string, method: string, path = '', body?: object): Promise<Answer> => world.call(method, `/api/cases${path}`, { token: await world.as(badge), body });
async function opened(badge: string, words: string): Promise<string> {
  const { status, body, text } = await ask(badge, 'POST', '', { entry_id: newId(), facts: { source: 'tip', severity: 'high', unit_codes: [code] }, words });
  expect(status, text).toBe(201);
  return body.casefile_id;
}
async function added(badge: string, id: string, kind: string, facts: object, more: object = {}): Promise<number> {
  const { status, body, text } = await ask(badge, 'POST', `/${id}/entries`, { entry_id: newId(), kind, facts, ...more });
  expect(status, text).toBe(201);
  return body.entry_no;
}

describe('through the API', () => {
  /** Changes after a cursor, once a certain one is among them: it is told when no earlier transaction of the whole server is open any more, whosever it is. */
  async function told(badge: string, cursor: number, waited_for: (change: any) => boolean): Promise<any[]> {
    for (let tries = 0; ; tries++) {
      const { changes } = (await ask(badge, 'GET', `/changes?after=${cursor}`)).body;
      if (changes.some(waited_for) || tries === 100) return changes;
      await sleep(100);
    }
  }

  test('every route of one casefile answers customs as if the police’s were not there, to the byte', async () => {
    const { paths } = (await world.call('GET', '/api/openapi.json')).body;
    const routes = Object.entries<any>(paths).filter(([path]) => path.startsWith('/api/cases/{casefile_id}')).flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const));
    const bodies: { [path: string]: object[] } = { '/api/cases/{casefile_id}/entries': [{ entry_id: newId(), kind: 'said', facts: {}, words: 'x' }, { entry_id: newId(), kind: 'unit_added', facts: { code: 'BK999999995VN', source: 'tip' } }, { entry_id: newId(), kind: 'case_closed', facts: { outcome: 'cleared', proposal_no: 1, record_id: newId() } }] };
    const told = async (id: string, method: string, path: string, body: object | undefined) => {
      const answer = await world.call(method, `${path.replace('{casefile_id}', id).replace('{evidence_id}', '01920000-0000-7000-8000-000000000401').replace('{record_id}', '01920000-0000-7000-8000-000000000401')}${path.endsWith('/evidence') ? '?entry_id=01920000-0000-7000-8000-000000000402&evidence_id=01920000-0000-7000-8000-000000000403' : ''}`, { token: await world.as('CUSTOMS'), ...(path.endsWith('/evidence') ? { raw: 'x', type: 'image/png' } : { body }) });
      return `${answer.status} ${answer.text.replace(/"instance":"[^"]*"/, '')} ${JSON.stringify([...answer.headers].filter(([name]) => name !== 'x-request-id'))}`;
    };
    let compared = 0;
    for (const [method, path] of routes) {
      for (const body of method === 'POST' ? (bodies[path] ?? [{}]) : [undefined]) {
        expect(await told(theirs, method, path, body), `${method} ${path}`).toBe(await told(newId(), method, path, body));
        compared += 1;
      }
    }
    console.log(`casefile routes compared byte by byte: ${compared}`);
    expect(compared).toBeGreaterThan(5);
    expectRefusal(await ask('CUSTOMS', 'GET', `/${theirs}`), 'unknown_casefile', 404);
  });

  test('no list, search, count or change tells customs of it, nor of the number of its entries', async () => {
    for (const query of ['', '?open=all', '?q=Hoa%20Ban', `?code=${code}`, '?severity=high', '?state=flagged', '?waiting=1']) {
      const { text, body } = await ask('CUSTOMS', 'GET', query);
      expect(text, query).not.toMatch(new RegExp(`${theirs}|Hoa Ban|CA-LS`));
      expect(body.rows.every((row: any) => row.casefile_id === mine), query).toBe(true);
    }
    expect((await ask('CUSTOMS', 'GET', '/statistics')).body).toEqual({ total: 1, by_state: { flagged: 1 }, by_severity: { high: 1 } });
    const { cursor } = (await ask('CUSTOMS', 'GET', '/changes')).body;
    await added('LIAISON', theirs, 'said', {}, { words: 'Hoa Ban, việc mới' });
    const here = await told('DUTYOFFICER', cursor, ({ casefile_id, kind }) => casefile_id === theirs && kind === 'said');
    const there = await ask('CUSTOMS', 'GET', `/changes?after=${cursor}`);
    expect(there.body.changes).toEqual([]);
    expect(here.at(-1)).toMatchObject({ casefile_id: theirs, kind: 'said' });
    const all = (await ask('CUSTOMS', 'GET', '/changes?after=0')).body.changes;
    expect(new Set(all.map((change: any) => change.casefile_id))).toEqual(new Set([mine]));
    for (const [badge, path] of [['CLERK', ''], ['INSPECTOR', ''], ['CONTROLLER', `/${theirs}`], ['ADMIN', '/changes']] as const) expectRefusal(await ask(badge, 'GET', path), 'not_permitted', 403);
  });

  test('changes miss nothing that commits late, in any order', async () => {
    const { cursor } = (await ask('LIAISON', 'GET', '/changes')).body;
    const id = await opened('LIAISON', 'Muộn');
    // A transaction that takes its number first and commits last.
    const slow = new pg.Client({ connectionString: world.database.urls.app });
    await slow.connect();
    await slow.query('begin');
    await slow.query('select begin_request($1)', [await world.as('LIAISON2')]);
    const early = (await ask('LIAISON', 'GET', `/changes?after=${cursor}`)).body;
    await added('LIAISON', theirs, 'said', {}, { words: 'Sau mà xong trước' });
    const between = (await ask('LIAISON', 'GET', `/changes?after=${early.cursor}`)).body;
    await slow.query('commit');
    await slow.end();
    const pages = [early.changes, between.changes, await told('LIAISON', between.cursor, ({ casefile_id }) => casefile_id === theirs)];
    const seen = pages.flat().map((change: any) => `${change.casefile_id} ${change.entry_no}`);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((key) => key === `${id} 1`).length).toBe(1);
    expect(seen.filter((key) => key.startsWith(theirs)).length).toBe(1);
  });
});

describe('by raw SQL as the app', () => {
  const CONTEXTS = ['LIAISON', 'LIAISON2', 'CUSTOMS', 'DUTYOFFICER', 'DUTYCENTRE', 'CLERK', 'INSPECTOR', 'made up', 'none'] as const;
  const PARTY: { [badge: string]: string } = { LIAISON: 'CA-LS', LIAISON2: 'CA-LS', CUSTOMS: 'HQ-LS', DUTYOFFICER: DONG_DANG, DUTYCENTRE: CENTRE };

  async function within<T>(badge: string, work: () => Promise<T>): Promise<T> {
    await app.query('begin');
    try {
      if (badge === 'made up') await app.query('select begin_request($1)', ['A'.repeat(43)]);
      else if (badge !== 'none') await app.query('select begin_request($1)', [await world.as(badge)]);
      return await work();
    } finally {
      await app.query('rollback');
    }
  }
  const state = async (text: string, values: unknown[] = []): Promise<string> => {
    await app.query('savepoint s');
    const outcome = await app.query(text, values).then((result) => `${result.rows.length} rows`, (error: pg.DatabaseError) => error.code ?? String(error));
    await app.query('rollback to savepoint s');
    return outcome;
  };

  /** What each context may see, worked out from the rows with all rights and without any policy. */
  async function oracle(table: (typeof TABLES)[number], badge: string): Promise<string[]> {
    const party = PARTY[badge] ?? '';
    const { rows: grants } = await sql<{ casefile_id: string; party_code: string; until_at: Date | null; revoked_at: Date | null }>`select * from casefile_party`.execute(world.root);
    const cases = new Set(grants.filter((g) => g.party_code === party && g.revoked_at === null && (g.until_at === null || g.until_at.getTime() > Date.now())).map((g) => g.casefile_id));
    const { rows: entries } = await sql<{ casefile_id: string; entry_no: number; only_party: string | null; party_code: string }>`select * from casefile_entry`.execute(world.root);
    const seen = new Set(entries.filter((e) => cases.has(e.casefile_id) && (e.only_party === null || e.only_party === party || e.party_code === party)).map((e) => `${e.casefile_id}/${e.entry_no}`));
    const { rows } = await sql<any>`select * from ${sql.table(table)}`.execute(world.root);
    const byEntry = ['casefile_entry', 'casefile_words', 'casefile_evidence'].includes(table);
    return rows.filter((row) => (byEntry ? seen.has(`${row.casefile_id}/${row.entry_no}`) : cases.has(row.casefile_id))).map((row) => JSON.stringify(row)).toSorted();
  }

  test('each table shows each context exactly what the grants say', async () => {
    let cells = 0;
    const shown: { [table: string]: number[] } = {};
    for (const table of TABLES) {
      for (const badge of CONTEXTS) {
        const expected = await oracle(table, badge);
        const rows = await within(badge, async () => (await app.query(`select * from ${table}`)).rows);
        expect(rows.map((row) => JSON.stringify(row)).toSorted(), `${table} as ${badge}`).toEqual(expected.map((row) => row).toSorted());
        (shown[table] ??= []).push(rows.length);
        cells += 1;
      }
    }
    console.log(`SQL cells: ${cells}; rows by context ${CONTEXTS.join(', ')}: ${JSON.stringify(shown)}`);
    for (const counts of Object.values(shown)) expect([counts[0] ?? 0, ...counts.slice(4)]).toEqual([expect.any(Number), 0, 0, 0, 0, 0]);
    expect(shown.casefile?.[0]).toBeGreaterThan(0);
    expect(shown.casefile_entry?.[0]).toBeGreaterThan(shown.casefile_entry?.[3] ?? 0);
  });

  test('no setting, no hash, no other transaction and no helper widens a context', async () => {
    const rows = async () => Number((await app.query('select count(*) from casefile')).rows[0].count);
    expect(await rows()).toBe(0);
    const { rows: sessions } = await app.query("select encode(token_hash, 'hex') as h from session limit 50");
    await within('CUSTOMS', async () => {
      const own = await rows();
      for (const setting of ['niem.party', 'niem.person', 'app.agency', 'request.party']) await app.query('select set_config($1, $2, true)', [setting, 'CA-LS']);
      expect(await rows()).toBe(own);
      for (const text of ['insert into request_context values (pg_backend_pid(), pg_current_xact_id(), gen_random_uuid(), $$CA-LS$$)', "update request_context set party_code = 'CA-LS'", 'select * from request_context', 'delete from request_context', 'set role niem_owner', 'set session authorization niem_owner', 'create or replace function request_party() returns text language sql as $$ select $x$CA-LS$x$ $$', 'alter table casefile disable row level security', 'alter table casefile no force row level security', 'create policy mine on casefile using (true)', 'drop policy casefile_of_parties on casefile', 'select refuse_own_approval()', 'update casefile_entry set party_code = party_code', 'delete from casefile_words', 'truncate casefile_read']) {
        expect(await state(text), text).toMatch(/^(42501|42P07|0A000)$/);
      }
      // A table of one's own that is called like ours stands behind it for the functions that look.
      await app.query('create temporary table request_context (pid integer, xid xid8, person_id uuid, party_code text)');
      await app.query("insert into pg_temp.request_context values (pg_backend_pid(), pg_current_xact_id(), gen_random_uuid(), 'CA-LS')");
      expect(await rows()).toBe(own);
    });
    // A token's hash is not the token; and what one transaction may, the next may not.
    for (const { h } of sessions) expect((await app.query('select begin_request($1) as known', [h])).rows[0].known).toBe(false);
    await app.query('begin');
    await app.query('select begin_request($1)', [await world.as('LIAISON')]);
    const before = await rows();
    await app.query('commit');
    expect(before).toBeGreaterThan(0);
    expect(await rows()).toBe(0);
    // A session that ended, and a role that was withdrawn, are nobody.
    const token = await world.newToken('LIAISON2');
    await world.call('DELETE', '/api/session', { token });
    expect((await app.query('select begin_request($1) as known', [token])).rows[0].known).toBe(false);
  });

  test('neither unique keys nor foreign keys tell whether there is a casefile, an entry or a picture of others', async () => {
    const entry = (await sql<any>`select * from casefile_entry where casefile_id = ${theirs} and entry_no = 2`.execute(world.root)).rows[0];
    const d = Buffer.alloc(32);
    const customs = await world.personId('CUSTOMS');
    const body = Buffer.from('x');
    await within('CUSTOMS', async () => {
      for (const id of [theirs, newId()]) {
        const tries: [string, unknown[]][] = [
          ["insert into casefile_entry (casefile_id, entry_no, entry_id, kind, at, person_id, party_code, body, hash) values ($1, 2, $2, 'said', now(), $3, 'HQ-LS', $4, sha256($4))", [id, entry.entry_id, customs, body]],
          ["insert into casefile_entry (casefile_id, entry_no, entry_id, kind, at, person_id, party_code, body, hash) values ($1, 2, $2, 'said', now(), $3, 'HQ-LS', $4, sha256($4)) on conflict do nothing", [id, entry.entry_id, customs, body]],
          ["insert into casefile_party (casefile_id, grant_no, party_code, granted_at) values ($1, 1, 'HQ-LS', now())", [id]],
          ['insert into casefile_words (casefile_id, entry_no, salt, words) values ($1, 4, $2, $3)', [id, d, 'x']],
          ["insert into casefile_evidence (casefile_id, evidence_id, entry_no, digest, bytes, media_type, width, height, view_digest) values ($1, $2, 4, $3, 1, 'image/png', 1, 1, $3)", [id, newId(), d]],
          ['insert into casefile_unit (casefile_id, unit_id, added_no) select $1, unit_id, 1 from unit limit 1', [id]],
          ["insert into casefile_read (casefile_id, person_id, party_code, read_at) values ($1, $2, 'HQ-LS', now())", [id, customs]],
        ];
        for (const [text, values] of tries) expect(await state(text, values), `${id === theirs ? 'theirs' : 'none'}: ${text}`).toBe('42501');
        for (const text of ["update casefile set state = 'cleared' where casefile_id = $1 returning 1", 'update casefile_party set revoked_at = now(), revoke_no = 99 where casefile_id = $1 returning 1', 'update casefile_unit set dropped_no = 99 where casefile_id = $1 returning 1', 'select * from casefile where casefile_id = $1 for update', 'select * from casefile_hashes($1)']) {
          expect(await state(text, [id]), text).toBe('0 rows');
        }
      }
      expect(await state('insert into casefile (casefile_id, codes_only, opened_at, opened_party, opened_entry_id, lead_party, state, severity, entry_no) values ($1, false, now(), $2, $1, $2, $3, $4, 0)', [theirs, 'HQ-LS', 'flagged', 'low'])).toBe('42501');
      // Another's opening id is free for mine.
      const opening = (await sql<any>`select opened_entry_id from casefile where casefile_id = ${theirs}`.execute(world.root)).rows[0].opened_entry_id;
      expect(await state("select open_casefile(false, 'low', now(), $1)", [opening])).toBe('1 rows');
    });
    // Nor can a party write in the name of another person or party.
    const liaison = await world.personId('LIAISON2');
    await within('LIAISON', async () => {
      const say = "insert into casefile_entry (casefile_id, entry_no, entry_id, kind, at, person_id, party_code, body, hash) values ($1, 90, $2, 'said', now(), $3, $4, $5, sha256($5))";
      const own = await world.personId('LIAISON');
      expect(await state(say, [theirs, newId(), liaison, 'CA-LS', body])).toBe('42501');
      expect(await state(say, [theirs, newId(), own, 'HQ-LS', body])).toBe('42501');
      expect(await state(say, [theirs, newId(), own, 'CA-LS', body])).toBe('0 rows');
    });
    expect((await app.query('begin').then(() => state('select open_casefile(false, $1, now(), $2)', ['low', newId()])))).toBe('42501');
    await app.query('rollback');
  });
});

describe('in the catalogue of the database', () => {
  // casefile_leaf is the log's: hashes under random ids, for whoever sequences.
  test('each table of casefiles, and the context, has row-level security enabled and forced', async () => {
    const { rows } = await sql<{ relname: string; on: boolean; forced: boolean; owner: string }>`
      select relname, relrowsecurity as on, relforcerowsecurity as forced, pg_get_userbyid(relowner) as owner from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and (relname like 'casefile%' or relname = 'request_context') and relname <> 'casefile_leaf' order by relname`.execute(world.root);
    expect(rows.map((row) => row.relname)).toEqual([...TABLES, 'request_context'].toSorted());
    for (const row of rows) expect(row).toMatchObject({ on: true, forced: true, owner: 'niem_owner' });
  });

  test('each function that runs with its owner’s rights belongs to niem_owner, pins its search path and is not for everybody', async () => {
    const { rows } = await sql<{ proname: string; owner: string; config: string[] | null; everybody: boolean }>`
      select proname, pg_get_userbyid(proowner) as owner, proconfig as config, (prorettype <> 'trigger'::regtype and has_function_privilege('public', oid, 'execute')) as everybody from pg_proc
      where pronamespace = 'public'::regnamespace and prosecdef order by proname`.execute(world.root);
    expect(rows.map((row) => row.proname)).toEqual(expect.arrayContaining(['begin_request', 'casefile_hashes', 'my_casefiles', 'open_casefile', 'release_decided', 'request_party', 'request_person']));
    for (const row of rows) {
      expect(row.owner, row.proname).toBe('niem_owner');
      expect(row.config?.join(' '), row.proname).toMatch(/search_path=(pg_catalog, )?public, pg_temp/);
      expect(row.everybody, row.proname).toBe(false);
    }
  });
});
