// A ledger worth verifying: some sixty entries of every kind that can be posted, signed by a device, with personal data,
// corrected, flagged and refused. An enrolled device that signs. And how somebody with all rights tampers with it.

import { generateKeyPairSync, sign } from 'node:crypto';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { base64url, hex } from '../../src/base/bytes.ts';
import type { Draft } from '../../src/ledger/append.ts';
import { claimBytes, entryBytes, entryOf, sha256 } from '../../src/ledger/entry.ts';
import type { Claim, Entry } from '../../src/ledger/entry.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import type { Fault } from '../../src/ledger/verify.ts';
import { DONG_DANG, KT1_LETTER, newId, PARCEL, preprinted } from './world.ts';
import type { Answer, World } from './world.ts';

type Posted = { code: string; checkpoint_id: string };

export async function fillLedger(world: World): Promise<void> {
  const stored = async (badge: string, checkpoint: object): Promise<Posted> => {
    const answer = await world.post(badge, { ...checkpoint, checkpoint_id: newId() });
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const { facts } = KT1_LETTER;
  const timed = { urgency: 'HEN_GIO', appointed_at: '2099-01-01T08:00:00+07:00', sender_marked_hoa_toc: true };
  const addressee = { postal_code: '10000', destination_office_code: '100900' };
  const appointed = { ...KT1_LETTER, facts: { ...facts, service: { ...facts.service, ...timed }, addressee } };
  const labelled = [
    { ...KT1_LETTER, code: preprinted(1) },
    { ...PARCEL, code: preprinted(1, 'PD') },
  ];
  for (const example of [KT1_LETTER, KT1_LETTER, appointed, PARCEL, PARCEL, ...labelled]) {
    const { code, checkpoint_id } = await stored('CLERK', example);
    const correction = { corrects: checkpoint_id, reason_code: 'typing_error', weight_g: 190 };
    await stored('CONTROLLER', { kind: 'approved', code, facts: {} });
    await stored('CLERK', { kind: 'label_printed', code, facts: { size: '80x50' } });
    await stored('CENTRECLERK', { kind: 'seen', code, facts: {} });
    await stored('SORTER', { kind: 'reweighed', code, facts: { weight_g: 4000 } });
    await stored('SORTER', { kind: 'condition_recorded', code, facts: { condition: 'wet' } });
    await stored('CONTROLLER', { kind: 'corrected', code, facts: correction });
  }
  const { code } = await stored('CLERK', PARCEL);
  const refusal = { kind: 'approval_refused', code, facts: { reason_code: 'wrong_mark' } };
  await stored('CONTROLLER', refusal);
  const slip = { service_class: 'parcel', reason_code: 'joint_check_refused' };
  await stored('CLERK', { kind: 'acceptance_refused', facts: slip });
  const { code: torn } = await stored('CLERK', PARCEL);
  const confirmation = await world.confirmation('SORTER', 'CONTROLLER', 'item.rewrap');
  const rewrapped = { reason_code: 'torn_in_handling', weight_before_g: 2350, weight_g: 2360 };
  await stored('SORTER', { kind: 'rewrapped', code: torn, facts: rewrapped, confirmation });

  const unknown = { kind: 'seen', code: 'BK999999995VN', facts: {} };
  for (const refused of [{ kind: 'approved', code, facts: {} }, unknown, refusal]) {
    const { status } = await world.post('CONTROLLER', { ...refused, checkpoint_id: newId() });
    expect(status).toBeGreaterThanOrEqual(400);
  }
  const scan = await signingDevice(world, 'CLERK2');
  for (let i = 0; i < 5; i++) expect((await scan(code)).status).toBe(201);
  expect((await scan('BK999999995VN')).status).toBe(404);
  await world.services.append(await useAgain(world, preprinted(1)));
}

type Scan = ((code: string) => Promise<Answer>) & { lose: () => Promise<Answer> };

/** An enrolled device and a session on it: each call posts a signed scan of a code, numbered and chained; `lose` signs one that never arrives. */
export async function signingDevice(world: World, badge: string): Promise<Scan> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const person = world.root.selectFrom('person').select('person_id').where('badge', '=', badge);
  const { person_id } = await person.executeTakeFirstOrThrow();
  const device_id = newId();
  const public_key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const enrolled = { office_code: DONG_DANG, enrolled_at: new Date(), enrolled_by: person_id };
  await world.root
    .insertInto('device')
    .values({ device_id, name: 'quầy 1', public_key, ...enrolled })
    .execute();
  const token = await world.newToken(badge, { device_id });
  const head_seen = sha256(new Uint8Array(1));
  let device_seq = 0;
  let device_prev: Uint8Array | null = null;
  const scan = async (code: string, lost = false): Promise<Answer> => {
    device_seq += 1;
    const [checkpoint_id, device_at, clock_offset_ms] = [newId(), Date.now() - 5000, 5000];
    const said = { checkpoint_id, kind: 'seen' as const, code, facts: {}, device_seq, clock_offset_ms };
    const by = { person_id, office_code: DONG_DANG, device_id };
    const claim: Claim = { ...said, ...by, device_prev, device_at, head_seen, commitments: {} };
    const wire = {
      ...said,
      device_at: new Date(device_at).toISOString(),
      head_seen: hex(head_seen),
      ...(device_prev === null ? {} : { device_prev: hex(device_prev) }),
      signature: base64url(sign(null, claimBytes(claim), privateKey)),
    };
    device_prev = sha256(claimBytes(claim));
    if (lost) return { status: 0, body: null, headers: new Headers(), text: '' };
    return world.call('POST', '/api/checkpoints', { token, body: wire });
  };
  return Object.assign((code: string) => scan(code), { lose: () => scan('BK999999995VN', true) });
}

/** Accepts another item under a number in use, past the act: no kind that ends an item can be posted yet. */
export async function useAgain(world: World, code: string): Promise<Draft> {
  const { body } = await world.root
    .selectFrom('checkpoint')
    .innerJoin('unit', 'unit.unit_id', 'checkpoint.unit_id')
    .select('body')
    .where('unit.code', '=', code)
    .where('kind', '=', 'accepted')
    .executeTakeFirstOrThrow();
  const { claim } = entryOf(new Uint8Array(body));
  const custodian = { kind: 'person' as const, ref: claim.person_id };
  const outcome = { state: 'awaiting_approval' as const, custodian, holds: 0, flags: [] };
  return {
    claim: { ...claim, checkpoint_id: newId() },
    device_signature: null,
    caller: { person_id: claim.person_id, shift_id: world.shift_id } as never,
    personal: [],
    second: null,
    number_from: null,
    decide: () => ({ unit_kind: 'item', code, makes_unit: true, ...outcome }),
  };
}

export const TABLES = ['checkpoint', 'unit', 'item', 'personal', 'personal_key', 'refused_claim'];
const LIST = TABLES.map((table) => `'${table}'::regclass`).join();

export type Column = { table: string; column: string; type: string; nullable: boolean };
export type Tampering = {
  columns: Column[];
  run(text: string): Promise<any[]>;
  /** Changes the ledger, asks the verifier, and puts everything back. */
  after(change: () => Promise<unknown>): Promise<Fault[]>;
};

/** Takes away all that the database itself does for the ledger's tables, and keeps copies of their rows. */
export async function disarm(world: World): Promise<Tampering> {
  const run = async (text: string): Promise<any[]> => (await sql`${sql.raw(text)}`.execute(world.root)).rows;
  const columns: Column[] = await run(`
    select c.relname as table, attname as column, format_type(atttypid, null) as type, not attnotnull as nullable
    from pg_class c join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped
    where c.oid in (${LIST}) order by c.relname, attnum`);
  await run('alter table refused_claim alter refused_id drop identity');
  for (const table of TABLES) await run(`create table kept_${table} as table ${table}`);
  const constraints = await run(`
    select conrelid::regclass as table, conname from pg_constraint
    where contype in ('f', 'c', 'u', 'p') and conrelid in (${LIST}) order by contype = 'f' desc`);
  for (const { table, conname } of constraints) await run(`alter table ${table} drop constraint if exists ${conname} cascade`);
  const indexes = await run(`select indexrelid::regclass as name from pg_index where indisunique and indrelid in (${LIST})`);
  for (const { name } of indexes) await run(`drop index ${name}`);
  for (const table of [...TABLES, 'person']) await run(`alter table ${table} disable trigger all`);
  return {
    columns,
    run,
    async after(change) {
      try {
        await change();
        return (await verifyLedger(world.services.store.read, world.services.store.vault)).faults;
      } finally {
        await run(`truncate ${TABLES.join()}; ${TABLES.map((table) => `insert into ${table} select * from kept_${table}`).join('; ')}`);
      }
    },
  };
}

/** An entry that nobody made, after the last one of a unit. `rows`: the forger mends the row of the unit too. */
export async function forge(world: World, last: Entry, rows: boolean, change: (entry: Entry) => Partial<Entry>): Promise<void> {
  const claim = { ...last.claim, checkpoint_id: newId(), kind: 'seen' as const, facts: {} };
  const next = { ...last, claim, unit_seq: last.unit_seq + 1, prev: sha256(entryBytes(last)), received_at: last.received_at + 1000 };
  const entry = { ...next, ...change(next) };
  const body = entryBytes(entry);
  const { checkpoint_id, kind, office_code, person_id } = entry.claim;
  const flags = entry.flags.length === 0 ? null : [...entry.flags];
  const received_at = new Date(entry.received_at);
  await world.root
    .insertInto('checkpoint')
    .values({ checkpoint_id, unit_id: entry.unit_id, unit_seq: entry.unit_seq, kind, office_code, person_id, received_at, flags, body })
    .execute();
  if (!rows) return;
  const custodian = { custodian_kind: entry.custodian.kind, custodian_ref: entry.custodian.ref };
  const { unit_seq, state, holds } = entry;
  await world.root
    .updateTable('unit')
    .set({ unit_seq, state, holds, head_hash: sha256(body), last_at: received_at, ...custodian })
    .where('unit_id', '=', entry.unit_id)
    .execute();
}

/** What a column that is not null may become, as SQL: another value of its type, and stranger ones. */
export function others({ table, column: c, type }: Column): Record<string, string> {
  const another = `(select min(k.${c}) from kept_${table} k where k.${c} <> ${table}.${c})`;
  switch (type) {
    case 'uuid':
      return { another: 'gen_random_uuid()' };
    case 'text':
      return { another: `coalesce(${another}, ${c} || 'X')` };
    case 'bytea':
      return { another: `set_byte(${c}, 0, get_byte(${c}, 0) # 1)`, shorter: `substr(${c}, 2)` };
    case 'timestamp with time zone':
      return { later: `${c} + interval '1 ms'`, 'later by 400 µs': `${c} + interval '400 us'`, endless: `'infinity'` };
    case 'boolean':
      return { another: `not ${c}` };
    case 'text[]':
      return { longer: `${c} || array['after_end']` };
    case 'jsonb':
      return { another: `jsonb_set(${c}, array[(select min(k) from jsonb_object_keys(${c}) k)], '"x"')` };
    case 'bigint':
      return { another: `${c} + 1`, vast: '4611686018427387904' };
    default:
      return { another: `${c} + 1` };
  }
}

/** What a null may become. */
export const SOMETHING: Record<string, string> = {
  uuid: 'gen_random_uuid()',
  text: `'x'`,
  'timestamp with time zone': 'now()',
  integer: '7',
  bigint: '7',
  'text[]': `'{}'`,
};
