// Isolation, generated: every route by every role from every place; what one party owns, asked for by all others, with the bytes of what
// is not there; every table under row-level security as each party, against an oracle; and what the database's own constraints could tell.

import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PERMISSIONS, permissionsOf, ROLES } from '../../src/domain/role.ts';
import type { Permission, Role } from '../../src/domain/role.ts';
import { CENTRE, DONG_DANG, HA_NOI, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
let app: pg.Client;
let root: pg.Client;
type Route = { method: string; path: string; access: string; key: string; params: string[] };
let routes: Route[];
type Who = { badge: string; role: Role; place: string };
const people: Who[] = [];
const tokens = new Map<string, string>();

const OFFICES = [DONG_DANG, CENTRE, HA_NOI];
const AGENCIES = ['CA-LS', 'HQ-LS'];
const related = ({ place }: Who, parties: readonly string[]): boolean => parties.includes(place);

/** What one party owns: an id in a path that leads nowhere for others. `mine`: who may know it. */
const PRIVATE: { [param: string]: { mine: (who: Who) => boolean; make: () => Promise<string> } } = {
  endpoint_id: { mine: (who) => related(who, ['CA-LS']), make: endpoint },
  list_id: { mine: (who) => related(who, ['CA-LS']), make: watchList },
  notice_id: { mine: (who) => related(who, ['CA-LS', DONG_DANG]), make: notice },
  casefile_id: { mine: (who) => related(who, ['CA-LS']), make: () => casefile('LIAISON') },
  incident_id: { mine: (who) => related(who, [DONG_DANG]) || permissionsOf([who.role]).has('incident.handle') || (AGENCIES.includes(who.place) && permissionsOf([who.role]).has('ledger.verify')), make: incident },
};
/** Ids in paths of what whoever has the permission may see, and why. A new one must be put here or above. */
const SHARED: { [why: string]: readonly string[] } = {
  'a number that is on the thing itself: any office it comes to needs it; look-ups are noted and have a budget': ['code', 'seal_no', 'digest', 'checkpoint_id'],
  'catalogues and the log: nobody\'s own': ['name', 'list', 'figure', 'log_name', 'rule_version_id'],
  'orders and papers that several units share; each view checks the place': ['directive_id', 'period_id', 'report_id', 'roster_id', 'record_id', 'scan_no', 'preadvice_id', 'erasure_id'],
  'work between offices; each act checks the place under its lock': ['trip_id', 'run_id', 'handover_id', 'discrepancy_id', 'settlement_id', 'line_no', 'complaint_id', 'device_id', 'badge', 'shift_id'],
  'within a casefile, whose id stands before it': ['entry_no', 'evidence_id', 'entry_id'],
};

beforeAll(async () => {
  world = await makeWorld();
  [app, root] = [new pg.Client({ connectionString: world.database.urls.app }), new pg.Client({ connectionString: world.database.urls.superuser })];
  await Promise.all([app.connect(), root.connect()]);
  await world.root.insertInto('agency').values({ agency_code: 'HQ-LS', name_vi: 'Hải quan', agency_kind: 'customs', unit_code: 'LS', valid_from: '2017-01-01' }).execute();
  await world.hire('LIAISON2', 'liaison', '');
  for (const role of Object.keys(ROLES) as Role[])
    for (const [i, place] of (ROLES[role].at === 'office' ? OFFICES : AGENCIES).entries()) {
      const badge = `${role.toUpperCase().replace('_', '')}X${i + 1}`;
      const person_id = (await world.hire(badge, role, place)) ?? '';
      if (ROLES[role].at === 'agency') await world.root.updateTable('person_role').set({ agency_code: place }).where('person_id', '=', person_id).execute();
      people.push({ badge, role, place });
    }
  const { body } = await world.call('GET', '/api/openapi.json');
  routes = Object.entries<any>(body.paths).flatMap(([path, methods]) =>
    Object.entries<any>(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, access: operation['x-access'] as string, key: `${method.toUpperCase()} ${path}`, params: [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '') })),
  );
}, 120_000);
afterAll(async () => {
  await world.verify();
  await Promise.all([app.end(), root.end()]);
  await world.end();
});

async function endpoint(): Promise<string> {
  const { body } = await world.call('POST', '/api/endpoints', { token: await world.as('LIAISON'), body: { channel: 'webhook', address: 'https://hook.mau.example/', confirmation: await world.confirmation('LIAISON', 'LIAISON2', 'endpoint.keep') } });
  await world.call('POST', `/api/endpoints/${body.endpoint_id}/test`, { token: await world.as('LIAISON') });
  return body.endpoint_id;
}
async function watchList(): Promise<string> {
  const { body } = await world.call('POST', '/api/watch/lists', { token: await world.as('LIAISON'), body: { title: 'Danh sách mẫu', purpose: 'Thử', expires_at: new Date(world.clock() + 86_400_000).toISOString() } });
  return body.list_id;
}
async function notice(): Promise<string> {
  await world.root.insertInto('notice_route').values({ goods_class: 'drugs', party_code: 'CA-LS', citation: 'test', valid_from: '2017-01-01' }).execute();
  const code = await world.accepted();
  const { unit_id } = await world.root.selectFrom('unit').select('unit_id').where('code', '=', code).executeTakeFirstOrThrow();
  const { body } = await world.call('POST', '/api/notices', { token: await world.as('DUTYOFFICER'), body: { asked_id: newId(), subject_kind: 'unit', subject_id: unit_id, goods_class: 'drugs', office_code: DONG_DANG, detected_at: new Date(world.clock() - 1000).toISOString() } });
  const told = { step_id: newId(), kind: 'told', channel: 'phone', happened_at: new Date(world.clock() - 500).toISOString() };
  await world.call('POST', `/api/notices/${body.notice_id}/steps`, { token: await world.as('DUTYOFFICER'), body: told });
  return body.notice_id;
}
async function incident(): Promise<string> {
  const { body } = await world.call('POST', '/api/incidents', { token: await world.as('CLERK'), body: { kind: 'incident_detected', facts: { incident_kind: 'outage', drill: false, detected_at: new Date(world.clock() - 1000).toISOString(), unit_codes: [] } } });
  return body.matter_id;
}
/** Opened by somebody, with what all parties see and what the opener keeps to itself. */
async function casefile(badge: string): Promise<string> {
  const code = await world.accepted(PARCEL);
  const { casefile_id } = await inCase(badge, '', { entry_id: newId(), facts: { source: 'suspicion', severity: 'low', unit_codes: [code] } });
  await inCase(badge, `/${casefile_id}/entries`, { entry_id: newId(), kind: 'said', facts: {}, words: 'Cùng xem' });
  const own = people.find((who) => who.badge === badge)?.place ?? (badge === 'LIAISON' ? 'CA-LS' : DONG_DANG);
  await inCase(badge, `/${casefile_id}/entries`, { entry_id: newId(), kind: 'said', facts: {}, words: 'Riêng chúng tôi', only_party: own });
  return casefile_id;
}
async function inCase(badge: string, route: string, body: object): Promise<any> {
  const answer = await world.call('POST', `/api/cases${route}`, { token: await world.as(badge), body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}

const may = (who: Who, access: string): boolean => !(access in PERMISSIONS) || permissionsOf([who.role]).has(access as Permission);
async function as(who: Who): Promise<string> {
  const known = tokens.get(who.badge) ?? (await world.newToken(who.badge));
  tokens.set(who.badge, known);
  return known;
}
const now = () => new Date(world.clock()).toISOString();
/** Bodies that get past the schema, so that what is asked for is looked up. */
const BODIES: { [key: string]: () => object } = {
  'POST /api/notices/{notice_id}/steps': () => ({ step_id: newId(), kind: 'told', channel: 'phone', happened_at: now() }),
  'POST /api/watch/lists/{list_id}/entries': () => ({ entries: [{ match_kind: 'person', text: 'Người Mẫu' }] }),
  'POST /api/watch/lists/{list_id}/decisions': () => ({ decision: 'withdrawn', entry_id: newId() }),
  'POST /api/cases/{casefile_id}/entries': () => ({ entry_id: newId(), kind: 'said', facts: {}, words: 'x' }),
  'POST /api/endpoints/{endpoint_id}/end': () => ({ confirmation: 'A'.repeat(43) }),
  'POST /api/endpoints/{endpoint_id}/keys': () => ({ scheme: 'v1a', confirmation: 'A'.repeat(43) }),
};
async function ask(who: Who, route: Route, ids: { [param: string]: string } = {}): Promise<Answer> {
  const url = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? { list: 'offices', name: 'states', code: 'BK473124829VN', line_no: '1', scan_no: '1', seal_no: 'NS000001', badge: 'DRIVER', digest: '0'.repeat(64) }[name] ?? newId());
  const bare = /\/(resume|test)$/.test(route.path) && route.method === 'POST';
  return world.call(route.method, url, { token: await as(who), ...(route.method === 'GET' || route.method === 'DELETE' || bare ? {} : { body: BODIES[route.key]?.() ?? {} }) });
}

test('each id in a path is known to be one party\'s own, or shared for a reason', () => {
  const known = new Set([...Object.keys(PRIVATE), ...Object.values(SHARED).flat()]);
  expect([...new Set(routes.flatMap((route) => route.params))].filter((param) => !known.has(param))).toEqual([]);
});

test('every route, by every role, from every place: the permission decides, wherever somebody is', { timeout: 300_000 }, async () => {
  let cells = 0;
  // Those of the session itself end it; access.test.ts asks them.
  for (const route of routes.filter(({ path }) => !path.startsWith('/api/session')))
    for (const who of people) {
      const answer = await ask(who, route);
      expect(answer.status, `${who.badge} ${route.key}: ${answer.text}`).toBeLessThan(502);
      if (answer.status === 500) throw new Error(`${who.badge} ${route.key}: ${answer.text}`);
      const expected = !may(who, route.access);
      expect(answer.body?.refusal === 'not_permitted' && answer.body.facts.permission === route.access, `${who.badge} ${route.key}: ${answer.text}`).toBe(expected);
      cells += 1;
    }
  console.log(`authorisation: ${routes.length} routes, ${Object.keys(ROLES).length} roles at ${OFFICES.length + AGENCIES.length} places, ${cells} cells`);
});

test('what is another\'s is told from what is not there by no byte', { timeout: 300_000 }, async () => {
  const counts = { same: 0, mine: 0 };
  const blind = ({ status, text, headers }: Answer) => [status, headers.get('content-type'), text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')];
  for (const [param, { mine, make }] of Object.entries(PRIVATE)) {
    const id = await make();
    expect(id, param).toMatch(/^[0-9a-f-]{36}$/);
    for (const route of routes.filter(({ params }) => params.includes(param)))
      for (const who of people.filter((each) => may(each, route.access))) {
        const [there, none] = [await ask(who, route, { [param]: id }), await ask(who, route, { [param]: newId() })];
        if (mine(who)) {
          counts.mine += 1;
          // Of one's own at least the reading differs: otherwise this test would prove nothing.
          if (route.method === 'GET' && route.params.length === 1 && param !== 'list_id') expect(blind(there), `${who.badge} ${route.key}`).not.toEqual(blind(none));
        } else {
          expect(blind(there), `${who.badge} ${route.key}: ${there.text}`).toEqual(blind(none));
          counts.same += 1;
        }
      }
  }
  console.log(`identical answers: ${counts.same} cells of another's against none, ${counts.mine} of one's own`);
  expect(counts.same).toBeGreaterThan(60);
});

test('a casefile is seen while the grant lives: neither before it, nor after it was revoked, nor after it ran out', async () => {
  const casefile_id = await casefile('LIAISON');
  const read = async (id = casefile_id) => world.call('GET', `/api/cases/${id}`, { token: await world.as('LIAISONX2') });
  const blind = ({ status, text }: Answer) => `${status} ${text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')}`;
  const hidden = async () => blind(await read()) === blind(await read(newId()));
  const grant = (more: object = {}) => inCase('LIAISON', `/${casefile_id}/entries`, { entry_id: newId(), kind: 'party_added', facts: { party_code: 'HQ-LS', ...more } });
  expect(await hidden()).toBe(true);
  const { entry_no } = await grant();
  const seen = await read();
  expect([seen.status, seen.text.includes('Cùng xem'), seen.text.includes('Riêng chúng tôi')]).toEqual([200, true, false]);
  await inCase('LIAISON', `/${casefile_id}/entries`, { entry_id: newId(), kind: 'party_revoked', facts: { grant_no: entry_no } });
  expect(await hidden()).toBe(true);
  await grant({ until_at: new Date(Date.now() + 2_000).toISOString() });
  expect((await read()).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  expect(await hidden()).toBe(true);
});

const tables = async (): Promise<{ name: string; secured: boolean; selectable: boolean }[]> =>
  (await root.query(`select relname as name, relrowsecurity and relforcerowsecurity as secured, has_any_column_privilege('niem_app', oid, 'select') as selectable
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`)).rows;

/** Tables without row-level security, and why they need none. A new table must be under it, or be put here. */
const OPEN: { [why: string]: readonly string[] } = {
  'reference data: the same for all who sign in': ['administrative_unit', 'agency', 'authorised_person', 'contact', 'holiday', 'legal_act', 'notice_route', 'number_pattern', 'number_range', 'office', 'postal_code', 'reason', 'schema_version', 'screening_list', 'served_address', 'served_body', 'time_limit', 'travel_time', 'equipment', 'equipment_test'],
  'custody: every office on the road of an item needs it, and inspectors verify it whole; it names no addressee and no content': ['bag', 'call_notice', 'checkpoint', 'containment', 'count_line', 'discrepancy', 'handover', 'handover_line', 'item', 'opening', 'run', 'run_item', 'seal', 'shift', 'shift_balance', 'shift_stock', 'trip', 'trip_series', 'unit', 'refused_claim', 'preadvice', 'preadvice_bag', 'preadvice_line', 'complaint', 'settlement', 'settlement_dispute', 'screening', 'screening_outcome'],
  'orders, duty, incidents: one hash chain that is verified whole; views check the place': ['journal_entry', 'journal_head'],
  'rules are the operator\'s and what they hit stands beside the custody it holds; watch hits are apart': ['rule', 'rule_hit', 'rule_replay', 'rule_version'],
  'biên bản and legal bases: codes and numbers only, shown to the office and the agency by their views, each read noted': ['legal_basis', 'written_record', 'written_record_scan', 'written_record_series'],
  'the program itself: who signs in, keys it works with; the reader may read none of the secrets': ['blind_key', 'device', 'enrolment_code', 'erasure', 'file_key', 'grant_use', 'label_key', 'linkage', 'offline_grant', 'person', 'person_role', 'personal', 'personal_key', 'second_confirmation', 'session'],
  'the log of what was written: hashes, references to rows, signed heads that are public': ['log', 'log_alarm', 'log_cosignature', 'log_entry', 'log_head', 'log_pending', 'log_record', 'log_tile', 'casefile_leaf'],
  'what a desk does with a flag meanwhile: ids and times, no word; the views show each desk its own': ['flag_note', 'flag_look'],
  'who read what: inspectors of any agency read it whole; codes and ids only': ['read_log'],
};

test('every table is under forced row-level security, or stands on the list with a reason', async () => {
  const open = Object.values(OPEN).flat();
  const all = await tables();
  const unsecured = all.filter(({ secured }) => !secured).map(({ name }) => name);
  expect(unsecured.filter((name) => !open.includes(name))).toEqual([]);
  expect(open.filter((name) => !unsecured.includes(name))).toEqual([]);
  console.log(`row-level security: ${all.length - unsecured.length} of ${all.length} tables, ${unsecured.length} open for ${Object.keys(OPEN).length} reasons`);
});

test('each table under row-level security shows each party the rows of the oracle, and nobody anything without a token', async () => {
  const badges = { none: null, CLERK: null, LIAISON: 'CA-LS', LIAISONX2: 'HQ-LS', DUTYOFFICER: DONG_DANG, DUTYOFFICERX2: CENTRE, LEADERX3: HA_NOI, INSPECTOR: null } as const;
  for (const badge of ['LIAISON', 'LIAISONX2', 'DUTYOFFICER', 'DUTYOFFICERX2']) await casefile(badge);
  await endpoint();
  await watchList();
  await notice();
  const notices: { notice_id: string; from_party: string; party_code: string }[] = (await root.query('select notice_id, from_party, party_code from notice')).rows;
  const lists: { list_id: string; agency_code: string | null; office_code: string | null }[] = (await root.query('select list_id, agency_code, office_code from watch_list')).rows;
  const grants: { casefile_id: string; party_code: string }[] = (await root.query('select casefile_id, party_code from casefile_party where revoked_at is null and (until_at is null or until_at > now())')).rows;
  expect(notices.length * grants.length).toBeGreaterThan(0);
  type Row = { [column: string]: any };
  const granted = (row: Row, party: string) => grants.some((grant) => grant.casefile_id === row.casefile_id && grant.party_code === party);
  const entries: Row[] = (await root.query('select casefile_id, entry_no, party_code, only_party from casefile_entry')).rows;
  const ORACLE: { [table: string]: (row: Row, party: string) => boolean } = {
    notice: (row, party) => row.from_party === party || row.party_code === party,
    notice_step: (row, party) => notices.some((each) => each.notice_id === row.notice_id && (each.from_party === party || each.party_code === party)),
    casefile_entry: (row, party) => granted(row, party) && (row.only_party === null || row.only_party === party || row.party_code === party),
    casefile_words: (row, party) => entries.some((entry) => entry.casefile_id === row.casefile_id && entry.entry_no === row.entry_no && ORACLE.casefile_entry?.(entry, party)),
    casefile_evidence: (row, party) => entries.some((entry) => entry.casefile_id === row.casefile_id && entry.entry_no === row.entry_no && ORACLE.casefile_entry?.(entry, party)),
    watch_list: (row, party) => (row.agency_code ?? row.office_code) === party,
    watch_entry: (row, party) => lists.some((list) => list.list_id === row.list_id && (list.agency_code ?? list.office_code) === party),
    casefile: granted, casefile_party: granted, casefile_unit: granted, casefile_read: granted,
  };
  /** Of these only the key may be read. */
  const KEYS: { [table: string]: string } = { watch_list: 'list_id', watch_entry: 'entry_id' };
  let [cells, shown, empty] = [0, 0, 0];
  for (const { name, selectable } of (await tables()).filter(({ secured }) => secured)) {
    const all: Row[] = (await root.query(`select t.*, ${KEYS[name] ?? 'ctid'}::text as at from ${name} t`)).rows;
    for (const [badge, party] of Object.entries(badges)) {
      await app.query('begin');
      if (badge !== 'none') await app.query('select begin_request($1)', [await world.as(badge)]);
      const seen = selectable ? (await app.query(KEYS[name] === undefined ? `select ctid::text as at from ${name}` : `select ${KEYS[name]}::text as at from ${name}`)).rows.map((row) => row.at) : [];
      await app.query('rollback');
      const expected = party === null ? [] : all.filter((row) => ORACLE[name]?.(row, party) ?? false).map((row) => row.at);
      expect(seen.toSorted(), `${name} as ${badge}`).toEqual(expected.toSorted());
      cells += 1;
      shown += seen.length;
      if (all.length === 0) empty += 1;
    }
  }
  console.log(`rows as each party: ${cells} cells of table and party, ${shown} rows shown, ${empty} cells of tables without rows`);
  expect(shown).toBeGreaterThan(10);
});

test('a context is nobody else\'s: it ends with its transaction, and neither settings nor the table of contexts give one', async () => {
  await notice();
  await app.query('begin');
  await app.query('select begin_request($1)', [await world.as('LIAISON')]);
  expect((await app.query('select 1 from notice')).rowCount).toBeGreaterThan(0);
  await app.query('commit');
  expect((await app.query('select 1 from notice')).rowCount).toBe(0);
  for (const attempt of [`select set_config('app.agency', 'CA-LS', false)`, `set session role niem_app`, `select begin_request('${'A'.repeat(43)}')`, `select begin_request(null)`]) {
    await app.query(attempt).catch(() => undefined);
    expect((await app.query('select 1 from notice')).rowCount, attempt).toBe(0);
  }
  for (const attempt of [`insert into request_context (pid, xid, person_id, party_code) values (pg_backend_pid(), pg_current_xact_id(), gen_random_uuid(), 'CA-LS')`, `update request_context set party_code = 'CA-LS'`, `select * from request_context`, `select * from session_party('x')`])
    await expect(app.query(attempt), attempt).rejects.toMatchObject({ code: '42501' });
});

test('neither unique nor foreign keys tell one party what another has: an insert on it fails like one on nothing', async () => {
  const isId = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value);
  let tried = 0;
  for (const { name } of (await tables()).filter(({ secured }) => secured)) {
    const columns: string[] = (await root.query(`select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = '' and has_column_privilege('niem_app', attrelid, attnum, 'insert') order by attnum`, [name])).rows.map((row) => row.attname);
    // Written by whoever accepts an item, for a list that he knows nothing of: under the id of an entry, which nobody is told.
    if (columns.length === 0 || name === 'watch_hit') continue;
    // Rows that HQ-LS may not see, tried by HQ-LS.
    const mine = (await root.query(`select ${columns.join()} from ${name} limit 5`)).rows;
    for (const row of mine) {
      const values = (change: (value: unknown) => unknown) => columns.map((column) => change(row[column]));
      const attempt = async (given: unknown[]): Promise<string> => {
        await app.query('begin');
        await app.query('select begin_request($1)', [await world.as('LIAISONX2')]);
        try {
          await app.query(`insert into ${name} (${columns.join()}) values (${columns.map((_, i) => `$${i + 1}`).join()})`, given);
          return 'done';
        } catch (error) {
          return (error as pg.DatabaseError).code ?? String(error);
        } finally {
          await app.query('rollback');
        }
      };
      const visible = 'casefile_id' in row && (await root.query(`select 1 from casefile_party where casefile_id = $1 and party_code = 'HQ-LS'`, [row.casefile_id])).rowCount !== 0;
      if (visible) continue;
      const [there, none] = [await attempt(values((value) => value)), await attempt(values((value) => (isId(value) ? newId() : value)))];
      expect(there, `${name} ${JSON.stringify(row)}`).toBe(none);
      tried += 1;
    }
  }
  console.log(`constraint oracles: ${tried} rows of others tried`);
  expect(tried).toBeGreaterThan(3);
});
