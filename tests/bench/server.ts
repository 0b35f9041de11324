// The server under load, in its own process: the real app, beside it a no-op route and the same work as a plain transaction.

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { sha256Text } from '../../src/acts/session.ts';
import { CheckpointInput } from '../../src/api/checkpoints.ts';
import { entryBytes, sha256 } from '../../src/ledger/entry.ts';
import type { RuleVersion } from '../../src/domain/rule.ts';
import { INDICATORS } from '../../src/domain/rule_catalogue.ts';
import { rulebook } from '../../src/domain/rulebook.ts';
import type { Rulebook } from '../../src/domain/rulebook.ts';
import { appender } from '../../src/ledger/append.ts';
import { promiser } from '../../src/ledger/promise.ts';
import { ED25519, newSeed, signerOf } from '../../src/ledger/sign.ts';
import { systemClock } from '../../src/base/time.ts';
import { assemble } from '../../src/node.ts';
import { loadLeansOn } from '../../src/store/rules.ts';
import type { DB } from '../../src/store/tables.ts';
import { PERSONAL_KEY } from '../support/people.ts';

const url = process.argv[2] ?? '';
const SETTINGS = { NIEM_PROFILE: 'lan', NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 60, NIEM_LOG: 'error', NIEM_PERSONAL_KEY: PERSONAL_KEY } as const;
const promise = signerOf('niem.example/bench/promise', ED25519, newSeed());
const { app, services, keepLog } = assemble(SETTINGS, url, systemClock, [], { notary: null, promise });

const plain = new Kysely<DB>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 16 }) }) });

/** What anybody would write first: five statements in one transaction, one request at a time on each connection. */
async function plainScan(body: { checkpoint_id: string; code: string }, token: string): Promise<object> {
  return plain.transaction().execute(async (tx) => {
    const session = await tx.selectFrom('session').innerJoin('person', 'person.person_id', 'session.person_id').select(['person.person_id', 'session.office_code']).where('token_hash', '=', sha256Text(token)).executeTakeFirstOrThrow();
    const again = await tx.selectFrom('checkpoint').select('checkpoint_id').where('checkpoint_id', '=', body.checkpoint_id).executeTakeFirst();
    const unit = await tx.selectFrom('unit').selectAll().where('code', '=', body.code).where('superseded_by', 'is', null).forUpdate().executeTakeFirstOrThrow();
    if (again) return again;
    const received_at = Date.now();
    const bytes = entryBytes({
      claim: { checkpoint_id: body.checkpoint_id, kind: 'seen', code: body.code, person_id: session.person_id, office_code: session.office_code, device_id: null, device_seq: null, device_prev: null, device_at: null, clock_offset_ms: null, head_seen: null, facts: {}, commitments: {} },
      device_signature: null, second_person_id: null, shift_id: null, unit_id: unit.unit_id, unit_kind: 'item', code: unit.code, unit_seq: unit.unit_seq + 1, prev: unit.head_hash, received_at, flags: [], state: unit.state as 'approved', custodian: { kind: 'person', ref: unit.custodian_ref }, holds: unit.holds, result: {},
    });
    const hash = sha256(bytes);
    await tx.insertInto('checkpoint').values({ checkpoint_id: body.checkpoint_id, unit_id: unit.unit_id, unit_seq: unit.unit_seq + 1, kind: 'seen', office_code: session.office_code, person_id: session.person_id, received_at: new Date(received_at), body: bytes }).execute();
    await tx.updateTable('unit').set({ unit_seq: unit.unit_seq + 1, head_hash: hash, last_at: new Date(received_at) }).where('unit_id', '=', unit.unit_id).execute();
    return { checkpoint_id: body.checkpoint_id, unit_seq: unit.unit_seq + 1 };
  });
}

/** The same app with other rules in force: none, or all of them asked at every scan; with or without a promise in the receipt. */
function withRules(rules: () => Promise<Rulebook>, promises = true) {
  const other = assemble(SETTINGS, url);
  const { store, clock, session, reference } = services;
  Object.assign(other.services, { store, session, reference, append: appender({ store, clock, rules, queue_max: 20_000, lanes: 1, ...(promises ? { promise: promiser(promise) } : {}) }) });
  return other.app as never;
}
const none = () => loadLeansOn(services.store.read).then((leansOn) => rulebook([], { ...leansOn, periods: [] }));
/** Every rule at every scan, none of which hits: the expressions of the catalogue, and one thing more that is never so. */
const every = () =>
  loadLeansOn(services.store.read).then((leansOn) =>
    rulebook(Object.entries(INDICATORS).filter(([, { expression }]) => !/sender|addressee|route|clerk/.test(expression)).flatMap((one) => [one, one]).slice(0, 40).map(([rule_code, rule], i): RuleVersion => ({
      ...rule, rule_version_id: `01768a00-0000-7000-8000-${String(i).padStart(12, '0')}`, rule_code, version: 1, kinds: ['seen'], office_codes: null, expression: `(${rule.expression}) && item.weight_g > ${400_000 + i}`, valid_from: 0, valid_until: 1e15,
    })), { ...leansOn, periods: [] }));
const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let kept: Promise<T> | null = null;
  return () => (kept ??= work());
};

const bench = new Hono();
bench.post('/noop', (c) => c.json({ ok: true }));
bench.post('/plain', async (c) => {
  const body = CheckpointInput.parse(await c.req.json()) as { checkpoint_id: string; code: string };
  return c.json(await plainScan(body, (c.req.header('authorization') ?? '').slice(7)), 201);
});
/** The log is kept, as it is every half second in operation, only while it is asked for. */
let keeping = false;
setInterval(() => keeping && void keepLog(), 500).unref();
bench.post('/keep/:on', async (c) => {
  keeping = c.req.param('on') === 'on';
  await keepLog();
  return c.json({ keeping });
});
bench.get('/cpu', (c) => c.json(process.cpuUsage()));

/** Each app at a port of its own, as `npm start` serves it: mounted in another one, every middleware of it would cost a response more. */
const listen = (app: { fetch: unknown }): Promise<number> =>
  new Promise((resolve) => {
    const server = serve({ fetch: app.fetch as Hono['fetch'], hostname: '127.0.0.1', port: 0 }, (info) => resolve(info.port));
    process.on('SIGTERM', () => server.close());
  });
const ports = { shipped: await listen(app), none: await listen(withRules(once(none))), bare: await listen(withRules(once(none), false)), every: await listen(withRules(once(every))), beside: await listen(bench) };
process.stdout.write(`ports ${JSON.stringify(ports)}\n`);
process.on('SIGTERM', () => process.exit(0));
