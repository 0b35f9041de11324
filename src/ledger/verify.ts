// Everything that must always be true of the ledger and of the rows derived from it. Runs after every database test, in
// operation, and for inspectors. Reads only; trusts nothing but the bytes; names each fault by row and column.

import { sql } from 'kysely';
import { equalBytes } from '../base/bytes.ts';
import { instant } from '../base/time.ts';
import { CHECKPOINTS, holdChange, leadsTo } from '../domain/checkpoint.ts';
import { FLAGS } from '../domain/decide.ts';
import { FACTS } from '../domain/facts.ts';
import { verifySignature } from '../domain/key.ts';
import { endsHolds, STATES } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import type { Read, Write } from '../store/connect.ts';
import type { Vault } from '../store/vault.ts';
import { checkCasefiles } from './casefile.ts';
import { claimBytes, claimOf, entryOf, sha256 } from './entry.ts';
import type { Claim, Entry } from './entry.ts';
import { decode } from '../base/canonical.ts';
import { verifyJournal } from './journal.ts';
import { foldBag, foldContainment, foldItem, unitRow } from './project.ts';
import type { BagRow, ContainmentRow, ItemRow, UnitRow } from './project.ts';
import { checkLog } from './verify_log.ts';
import { checkCommitments, checkPersonal, personalAt } from './verify_personal.ts';
import type { PersonalFound } from './verify_personal.ts';
import { checkRecords } from './verify_records.ts';
import { checkRules, checkScreening, checkStray, foundAt, rulesOf, versionsOf } from './verify_rules.ts';
import type { Found, Versions } from './verify_rules.ts';

export type Fault = { table: string; key: string; column: string; problem: string };
export type Verdict = { checkpoints: number; units: number; faults: Fault[]; device_gaps: { device_id: string; missing_from: number; missing_to: number }[] };

const PAGE = 2_000;
const FAULTS_MAX = 1_000;
/** Refused because the device had not signed them: such claims say nothing about the device. */
const NOT_BY_THE_DEVICE = ['bad_signature', 'unknown_device', 'device_sequence_reused'];
/** A number beyond it was never told by a device; its row is named as a fault of its column. */
const SEQ_MAX = Number.MAX_SAFE_INTEGER;

/**
 * Streams the whole ledger in unit order, of one moment, so that a busy ledger is judged as fairly as a quiet one. Without the vault
 * what is sealed is not opened, so values are not compared with their commitments.
 */
export async function verifyLedger(db: Read, vault: Vault | null = null): Promise<Verdict> {
  const writable = db as unknown as Write;
  return writable.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute((tx) => verifyMoment(tx as unknown as Read, vault));
}

async function verifyMoment(db: Read, vault: Vault | null): Promise<Verdict> {
  const verdict: Verdict = { checkpoints: 0, units: 0, faults: [], device_gaps: [] };
  const fault = (table: string, key: string, column: string, problem: string): void => {
    if (verdict.faults.length < FAULTS_MAX) verdict.faults.push({ table, key, column, problem });
  };
  const devices = new Map(
    (await db.selectFrom('device').select(['device_id', 'public_key']).execute()).map((d) => [d.device_id, d.public_key]),
  );
  await checkPersons(db, fault);
  const versions = await versionsOf(db);

  let after = { unit_id: '00000000-0000-0000-0000-000000000000', unit_seq: -1 };
  let chain: Chain | null = null;
  for (;;) {
    const rows = await page(db, after);
    const personal = await personalAt(db, vault, rows, fault);
    const found = await foundAt(db, rows.map((r) => r.checkpoint_id));
    const derived = await derivedRows(db, [...new Set([...rows.map((r) => r.unit_id), ...(chain === null ? [] : [chain.unit_id])])]);
    for (const row of rows) {
      verdict.checkpoints++;
      if (chain !== null && chain.unit_id !== row.unit_id) {
        closeChain(chain, derived, fault);
        chain = null;
      }
      chain ??= { unit_id: row.unit_id, seq: 0, hash: null, unit: null, item: null, accepted_by: null, holders: new Map(), bag: null, stays: [] };
      if (chain.seq === 0) verdict.units++;
      await checkRow(row, chain, devices, personal, fault, { found, versions });
    }
    const last = rows.at(-1);
    if (!last) break;
    after = { unit_id: last.unit_id, unit_seq: last.unit_seq };
  }
  if (chain !== null) closeChain(chain, await derivedRows(db, [chain.unit_id]), fault);
  await checkUnitsWithoutHistory(db, fault);
  await checkStray(db, fault);
  await checkSuperseded(db, fault);
  await checkRefused(db, fault);
  await checkDeviceChains(db, fault);
  await checkPersonal(db, fault);
  await verifyJournal(db, (key, column, problem) => fault('journal_entry', key, column, problem));
  await checkRecords(db, fault);
  await checkCasefiles(db, fault);
  await checkLog(db, fault);
  verdict.device_gaps = await deviceGaps(db);
  return verdict;
}

export type Report = (table: string, key: string, column: string, problem: string) => void;
type LedgerRow = Awaited<ReturnType<typeof page>>[number];
type Chain = { unit_id: string; seq: number; hash: Uint8Array | null; unit: UnitRow | null; item: ItemRow | null; accepted_by: string | null; holders: Map<string, string>; bag: BagRow | null; stays: ContainmentRow[] };

function page(db: Read, after: { unit_id: string; unit_seq: number }) {
  return db
    .selectFrom('checkpoint')
    .select(['checkpoint_id', 'unit_id', 'unit_seq', 'kind', 'office_code', 'person_id', 'device_id', 'flags', 'body'])
    // As text: a column may have been set to what the usual types cannot hold.
    .select([sql<string | null>`device_seq::text`.as('device_seq'), sql<string>`(extract(epoch from received_at) * 1000)::text`.as('received_at')])
    .where(sql<boolean>`(unit_id, unit_seq) > (${after.unit_id}, ${after.unit_seq})`)
    .orderBy('unit_id')
    .orderBy('unit_seq')
    .limit(PAGE)
    .execute();
}

async function checkRow(row: LedgerRow, chain: Chain, devices: Map<string, Uint8Array>, personal: PersonalFound, fault: Report, screening: { found: Found; versions: Versions }): Promise<void> {
  const key = row.checkpoint_id;
  const body = new Uint8Array(row.body);
  const wrong = (column: string, problem: string): void => fault('checkpoint', key, column, problem);
  chain.seq += 1;
  let entry: Entry;
  try {
    entry = entryOf(body);
  } catch (error) {
    wrong('body', `not canonical bytes of an entry: ${(error as Error).message}`);
    chain.hash = sha256(body);
    return;
  }
  const { claim } = entry;
  // The columns repeat the bytes; any difference is a change behind the ledger's back.
  const repeats: [column: string, column_value: unknown, body_value: unknown][] = [
    ['checkpoint_id', row.checkpoint_id, claim.checkpoint_id],
    ['unit_id', row.unit_id, entry.unit_id],
    ['unit_seq', row.unit_seq, entry.unit_seq],
    ['kind', row.kind, claim.kind],
    ['office_code', row.office_code, claim.office_code],
    ['person_id', row.person_id, claim.person_id],
    ['device_id', row.device_id, claim.device_id],
    ['device_seq', row.device_seq, claim.device_seq === null ? null : String(claim.device_seq)],
    ['received_at', row.received_at.replace(/\.0+$/, ''), String(entry.received_at)],
    ['flags', row.flags === null ? null : row.flags.join(), entry.flags.length === 0 ? null : entry.flags.join()],
  ];
  for (const [column, inColumn, inBody] of repeats) {
    if (inColumn !== inBody) wrong(column, `column says ${String(inColumn)}, the hashed bytes say ${String(inBody)}`);
  }
  if (entry.unit_seq !== chain.seq) wrong('unit_seq', `expected ${chain.seq}: an entry is missing or was slipped in`);
  if (!sameHash(entry.prev, chain.hash)) wrong('body', 'does not follow the previous entry of its unit');

  const kind = CHECKPOINTS[claim.kind];
  if (kind === undefined) wrong('kind', 'not in the catalogue');
  else {
    if (!FACTS[claim.kind].safeParse(claim.facts).success) wrong('body', 'facts are not of the shape of this kind');
    // A step that keeps the state or the custodian keeps it; a fact leads where the catalogue says or nowhere.
    const before = chain.unit;
    const leads = leadsTo(claim.kind, (before?.state ?? entry.state) as State, chain.item?.going_back ?? false, entry.custodian.kind);
    if (entry.state !== leads && (kind.nature === 'act' || (before !== null && entry.state !== before.state))) wrong('body', `"${claim.kind}" does not lead from ${before?.state ?? 'nothing'} to ${entry.state}`);
    if (before !== null && kind.custody === 'keeps' && (entry.custodian.kind !== before.custodian_kind || entry.custodian.ref !== before.custodian_ref)) wrong('body', `"${claim.kind}" moves no custody`);
    if (entry.flags.some((flag) => !(flag in FLAGS))) wrong('flags', 'a flag that does not exist');
    // What another office announced is said once, by the entry that makes the unit; nothing else but a kind for it makes one.
    const announced = 'item' in entry.result || 'list_digest' in entry.result;
    if ((chain.seq === 1) !== (kind.from === 'new' || announced)) wrong('body', chain.seq === 1 ? `"${claim.kind}" makes no unit` : 'makes a unit that exists');
    if (kind.second !== null && entry.second_person_id === null) wrong('body', 'no second person where one is needed');
    if (kind.other_than === 'accepted' && chain.accepted_by === claim.person_id) wrong('person_id', 'the same person did both halves');
  }
  // What is missing stays with the bag that should have held it, until it is found or declared lost.
  const heldByBag = entry.custodian.kind === 'bag';
  if ((entry.state === 'in_bag' && !heldByBag) || (heldByBag && entry.state !== 'in_bag' && entry.state !== 'missing')) wrong('body', 'an item in a bag is held by that bag, and no other is');
  if (!(entry.state in STATES)) wrong('body', 'unknown state');
  if ((entry.custodian.kind === 'nobody') !== (entry.state === 'lost' || entry.state === 'destroyed')) wrong('body', 'a unit must have exactly one custodian');
  if (entry.second_person_id === claim.person_id) wrong('body', 'the second person is the first');
  checkHolds(entry, chain, wrong);
  checkRules(entry, screening.found, screening.versions, wrong);
  checkScreening(entry, screening.found, wrong);
  if (claim.device_id !== null) await checkSignature(entry, devices, wrong);
  checkCommitments(entry, personal, fault);

  if (claim.kind === 'accepted') chain.accepted_by = claim.person_id;
  if (holdChange(claim.kind) > 0 || 'holds_added' in entry.result || rulesOf(entry)?.kept) chain.holders.set(claim.checkpoint_id, claim.person_id);
  chain.hash = sha256(body);
  chain.unit = unitRow(entry, chain.hash, chain.unit?.office_code ?? null);
  try {
    chain.item = foldItem(chain.item, entry);
    chain.bag = foldBag(chain.bag, entry);
    chain.stays = foldContainment(chain.stays, entry);
  } catch {
    // Already reported as facts of the wrong shape.
  }
}

/** Holds change by one at a hold and its release, end with the road, and stop every move; nobody releases what they held. */
function checkHolds(entry: Entry, chain: Chain, wrong: (column: string, problem: string) => void): void {
  const kind = CHECKPOINTS[entry.claim.kind];
  const before = chain.unit?.holds ?? 0;
  // What was found at acceptance is held by that very entry, and no other kind may say so.
  const added = entry.claim.kind === 'accepted' && entry.result['holds_added'] === 1 ? 1 : 0;
  if (('holds_added' in entry.result) !== (added === 1)) wrong('body', 'holds nothing that it may hold');
  const expected = before + holdChange(entry.claim.kind) + added + (rulesOf(entry)?.kept ? 1 : 0);
  if (entry.holds !== (endsHolds(entry.state) ? 0 : expected)) wrong('body', 'holds do not follow from the entry before');
  if (kind?.moves && before > 0) wrong('body', 'a held unit moved');
  const released = (entry.claim.facts as { hold_checkpoint_id?: string }).hold_checkpoint_id;
  if (released !== undefined && chain.holders.get(released) === entry.claim.person_id) wrong('person_id', 'the same person held and released');
}

const sameHash = (a: Uint8Array | null, b: Uint8Array | null): boolean => (a === null || b === null ? a === b : equalBytes(a, b));

async function checkSignature(entry: Entry, devices: Map<string, Uint8Array>, wrong: (column: string, problem: string) => void): Promise<void> {
  const key = devices.get(entry.claim.device_id ?? '');
  if (!key) return wrong('device_id', 'not an enrolled device');
  if (entry.device_signature === null || !(await verifySignature(key, entry.device_signature, claimBytes(entry.claim)))) {
    wrong('body', "the device's signature does not match the claim");
  }
}

type Rows = Map<string, { [column: string]: unknown }>;
type Derived = { units: Rows; items: Rows; bags: Rows; stays: Rows };

async function derivedRows(db: Read, unit_ids: string[]): Promise<Derived> {
  const wanted = sql<string>`any(${unit_ids}::uuid[])`;
  const units = await db.selectFrom('unit').select(['unit_id', sql<JsonRow>`to_jsonb(unit) - 'superseded_by'`.as('row')]).where('unit_id', '=', wanted).execute();
  const items = await db.selectFrom('item').select(['unit_id', sql<JsonRow>`to_jsonb(item)`.as('row')]).where('unit_id', '=', wanted).execute();
  const bags = await db.selectFrom('bag').select(['unit_id', sql<JsonRow>`to_jsonb(bag)`.as('row')]).where('unit_id', '=', wanted).execute();
  const stays = await db.selectFrom('containment').select(['item_id', 'item_seq_in', sql<JsonRow>`to_jsonb(containment)`.as('row')]).where('item_id', '=', wanted).execute();
  return {
    units: new Map(units.map((u) => [u.unit_id, plain(u.row)])),
    items: new Map(items.map((i) => [i.unit_id, plain(i.row)])),
    bags: new Map(bags.map((b) => [b.unit_id, plain(b.row)])),
    stays: new Map(stays.map((s) => [`${s.item_id}/${s.item_seq_in}`, plain(s.row)])),
  };
}

type JsonRow = { [column: string]: unknown };

/** A row as the fold has it: instants to the millisecond in UTC, hashes in hex. An instant of finer grain stays as it is, and so differs. */
function plain(row: JsonRow): JsonRow {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      if (typeof value !== 'string') return [column, value];
      if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?[+-]\d\d:\d\d$/.test(value)) return [column, instant(Date.parse(value))];
      return [column, value.startsWith('\\x') ? value.slice(2) : value];
    }),
  );
}

/** At the end of a unit's history its rows must equal the fold. */
function closeChain(chain: Chain, derived: Derived, fault: Report): void {
  compareRow('unit', chain.unit_id, derived.units.get(chain.unit_id), chain.unit, fault);
  compareRow('item', chain.unit_id, derived.items.get(chain.unit_id), chain.item, fault);
  compareRow('bag', chain.unit_id, derived.bags.get(chain.unit_id), chain.bag, fault);
  const folded = new Map(chain.stays.map((stay) => [`${stay.item_id}/${stay.item_seq_in}`, stay]));
  const known = [...derived.stays.keys()].filter((key) => key.startsWith(`${chain.unit_id}/`));
  for (const key of new Set([...folded.keys(), ...known])) compareRow('containment', key, derived.stays.get(key), folded.get(key) ?? null, fault);
}

function compareRow(table: string, key: string, row: { [column: string]: unknown } | undefined, fold: { [column: string]: unknown } | null, fault: Report): void {
  if (!row && !fold) return;
  if (!row || !fold) return fault(table, key, '*', row ? 'a row that no history leads to' : 'the row is missing');
  for (const column of new Set([...Object.keys(row), ...Object.keys(fold)])) {
    if (String(row[column]) !== String(fold[column])) fault(table, key, column, `row says ${String(row[column])}, the history says ${String(fold[column])}`);
  }
}

async function checkUnitsWithoutHistory(db: Read, fault: Report): Promise<void> {
  const rows = await db
    .selectFrom('unit')
    .select('unit_id')
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom('checkpoint').select('checkpoint_id').whereRef('checkpoint.unit_id', '=', 'unit.unit_id'))))
    .limit(FAULTS_MAX)
    .execute();
  for (const row of rows) fault('unit', row.unit_id, '*', 'a unit without history: its entries were removed');
}

async function checkSuperseded(db: Read, fault: Report): Promise<void> {
  const rows = await db
    .selectFrom('unit as old')
    .leftJoin('unit as fresh', 'fresh.unit_id', 'old.superseded_by')
    .select(['old.unit_id'])
    .where('old.superseded_by', 'is not', null)
    .where((eb) => eb.or([eb('fresh.code', 'is', null), eb('fresh.code', '!=', eb.ref('old.code')), eb('fresh.unit_id', '<=', eb.ref('old.unit_id'))]))
    .execute();
  for (const row of rows) fault('unit', row.unit_id, 'superseded_by', 'names no later unit with the same number');
  const alive = await db
    .selectFrom('unit as old')
    .select('old.unit_id')
    .where('old.superseded_by', 'is', null)
    .where(({ exists, selectFrom }) => exists(selectFrom('unit as later').select('later.unit_id').whereRef('later.code', '=', 'old.code').whereRef('later.unit_id', '>', 'old.unit_id')))
    .limit(FAULTS_MAX)
    .execute();
  for (const row of alive) fault('unit', row.unit_id, 'superseded_by', 'a later unit has the same number, and this one does not name it');
}

async function checkRefused(db: Read, fault: Report): Promise<void> {
  const rows = await db.selectFrom('refused_claim').select(['refused_id', 'checkpoint_id', 'person_id', 'office_code', 'device_id', 'claim', sql<string | null>`device_seq::text`.as('device_seq')]).orderBy('refused_id').execute();
  for (const row of rows) {
    try {
      const claim = claimOf(decode(new Uint8Array(row.claim)));
      for (const column of ['checkpoint_id', 'person_id', 'office_code', 'device_id', 'device_seq'] as const) {
        if (row[column] !== (claim[column] === null ? null : String(claim[column]))) fault('refused_claim', String(row.refused_id), column, 'differs from the bytes of the claim');
      }
    } catch (error) {
      fault('refused_claim', String(row.refused_id), 'claim', (error as Error).message);
    }
  }
}

async function checkPersons(db: Read, fault: Report): Promise<void> {
  const rows = await db
    .selectFrom('checkpoint')
    .leftJoin('person', 'person.person_id', 'checkpoint.person_id')
    .select('checkpoint_id')
    .where('person.person_id', 'is', null)
    .limit(FAULTS_MAX)
    .execute();
  for (const row of rows) fault('checkpoint', row.checkpoint_id, 'person_id', 'nobody of that id');
}

/** Each claim of a device names the hash of the one before it, refused ones included. */
async function checkDeviceChains(db: Read, fault: Report): Promise<void> {
  let after = { device_id: '00000000-0000-0000-0000-000000000000', device_seq: 0 };
  let before: { device_id: string; device_seq: number; hash: Uint8Array } | null = null;
  for (;;) {
    const { rows } = await sql<{ device_id: string; device_seq: number; body: Uint8Array | null; claim: Uint8Array | null }>`
      select * from (select device_id, device_seq, body, null::bytea as claim from checkpoint where device_id is not null and device_seq <= ${SEQ_MAX}
        union all select device_id, device_seq, null, claim from refused_claim
          where device_id is not null and device_seq <= ${SEQ_MAX} and refusal not in (${sql.join(NOT_BY_THE_DEVICE)})) as told
      where (device_id, device_seq) > (${after.device_id}, ${after.device_seq}) order by device_id, device_seq limit ${PAGE}`.execute(db as never);
    for (const row of rows) {
      const claim = claimIn(row);
      if (claim === null) continue;
      const follows = before !== null && before.device_id === row.device_id && before.device_seq === row.device_seq - 1 ? before.hash : null;
      if (claim.device_prev !== null && follows !== null && !equalBytes(claim.device_prev, follows)) fault('checkpoint', claim.checkpoint_id, 'body', "does not follow the device's previous claim");
      before = { device_id: row.device_id, device_seq: row.device_seq, hash: sha256(claimBytes(claim)) };
      after = { device_id: row.device_id, device_seq: row.device_seq };
    }
    if (rows.length < PAGE) return;
    const last = rows.at(-1);
    if (last) after = { device_id: last.device_id, device_seq: last.device_seq };
  }
}

/** null: bytes that are no claim, which is reported elsewhere. */
function claimIn(row: { body: Uint8Array | null; claim: Uint8Array | null }): Claim | null {
  try {
    return row.body !== null ? entryOf(new Uint8Array(row.body)).claim : claimOf(decode(new Uint8Array(row.claim ?? [])));
  } catch {
    return null;
  }
}

/** Runs of device sequence numbers that never arrived: suppressed, or still in a device's queue. */
async function deviceGaps(db: Read): Promise<Verdict['device_gaps']> {
  const { rows } = await sql<{ device_id: string; missing_from: number; missing_to: number }>`
    select device_id, previous + 1 as missing_from, device_seq - 1 as missing_to
    from (select device_id, device_seq, coalesce(lag(device_seq) over (partition by device_id order by device_seq), 0) as previous
      from (select device_id, device_seq from checkpoint where device_id is not null and device_seq <= ${SEQ_MAX}
        union select device_id, device_seq from refused_claim
          where device_id is not null and device_seq <= ${SEQ_MAX} and refusal not in (${sql.join(NOT_BY_THE_DEVICE)})) as told) as numbered
    where device_seq > previous + 1 order by device_id, device_seq limit ${FAULTS_MAX}`.execute(db as never);
  return rows;
}

