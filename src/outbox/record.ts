// From a wish to an event on this disk: id, number, link to the one before, time, signature; then one transaction.

import { base64url, hex, utf8 } from '../base/bytes.ts';
import { instant, systemClock } from '../base/time.ts';
import { bagUnitCode } from '../domain/bag.ts';
import { claimBytes, hmac } from '../domain/claim.ts';
import type { Claim, Commitments } from '../domain/claim.ts';
import type { Kind, Personal } from '../domain/facts.ts';
import { keepEvent } from './keep.ts';
import type { DeviceRow, EventRow, Kept } from './keep.ts';
import type { ServerClock } from './link.ts';
import { OutboxError } from './problem.ts';
import { seal, sha256, sign, unseal } from './seal.ts';
import type { Who, Wish } from './types.ts';

export type Chain = { seq: number; prev: Uint8Array<ArrayBuffer> | null };
export type Making = {
  kept: Kept;
  clock: ServerClock;
  device: DeviceRow;
  who: Who;
  chain: Chain;
  checkpoint_id: string;
  second: EventRow['second'];
};

/** Stores the event and gives it and the chain's new end. Throws an OutboxError: then nothing was stored. */
export async function makeEvent(
  m: Making,
  wish: Wish,
  also: ((row: EventRow) => EventRow) | null,
): Promise<{ row: EventRow; chain: Chain }> {
  const shapes = await shapesOfFacts();
  const facts = checked(shapes, wish.kind, wish.facts);
  const personal = wish.personal === undefined ? null : shapes.Personal.safeParse(wish.personal);
  if (personal?.success === false) throw new OutboxError('invalid_facts', undefined, 'personal');
  const salts = personal === null ? null : { sender: salt(), addressee: salt(), declaration: salt() };
  const [device_at, clock_offset_ms] = [systemClock(), m.clock.offset_ms];
  const device_seq = m.chain.seq + 1;
  const claim: Claim = {
    checkpoint_id: m.checkpoint_id,
    kind: wish.kind,
    code: wish.code === undefined ? null : bagUnitCode(wish.code),
    person_id: m.who.person_id,
    office_code: m.who.office_code,
    device_id: m.device.device_id,
    device_seq,
    device_prev: m.chain.prev,
    device_at,
    clock_offset_ms,
    head_seen: null,
    facts: facts as Claim['facts'],
    commitments: personal === null || salts === null ? {} : await commitmentsOf(personal.data, salts),
  };
  const bytes = claimBytes(claim);
  const [signature, hash] = await Promise.all([sign(m.device.signing, bytes), sha256(bytes)]);
  const wire = {
    checkpoint_id: m.checkpoint_id,
    kind: wish.kind,
    ...(wish.code === undefined ? {} : { code: wish.code }),
    facts,
    device_seq,
    ...(m.chain.prev === null ? {} : { device_prev: hex(m.chain.prev) }),
    device_at: instant(device_at),
    ...(clock_offset_ms === null ? {} : { clock_offset_ms }),
    signature: base64url(signature),
  };
  const hexSalts = salts === null ? null : Object.fromEntries(Object.entries(salts).map(([party, bytesOf]) => [party, hex(bytesOf)]));
  const row: EventRow = {
    device_seq,
    checkpoint_id: m.checkpoint_id,
    kind: wish.kind,
    code: claim.code,
    facts,
    person_id: m.who.person_id,
    full_name: m.who.full_name,
    at: device_at + (clock_offset_ms ?? 0),
    state: 'stored_on_device',
    receipt: null,
    head: null,
    refusal: null,
    settled: null,
    wire,
    secret: personal === null ? null : await seal(m.device.local, { personal: personal.data, salts: hexSalts }),
    second: m.second,
  };
  await keepEvent(m.kept, row, hash, also === null ? null : also(row));
  return { row, chain: { seq: device_seq, prev: hash } };
}

const salt = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(32));

/** The shapes bring zod with them, more than all the rest together: they come after the first screen stands. */
let shapes: Promise<typeof import('../domain/facts.ts')> | null = null;
export const shapesOfFacts = () => (shapes ??= import('../domain/facts.ts'));

function checked({ FACTS }: typeof import('../domain/facts.ts'), kind: Kind, facts: unknown): object {
  const result = FACTS[kind].safeParse(facts);
  if (!result.success) throw new OutboxError('invalid_facts', undefined, result.error.issues[0]?.path.join('.'));
  return result.data;
}

async function commitmentsOf(personal: Personal, salts: { [party: string]: Uint8Array }): Promise<Commitments> {
  const parties = Object.entries(personal).map(async ([party, fields]) => {
    const committed = Object.entries(fields as { [field: string]: string | undefined }).flatMap(([field, value]) =>
      value === undefined ? [] : [[field, value] as const],
    );
    const made = committed.map(
      async ([field, value]) => [field, await hmac(await hmac(salts[party] ?? new Uint8Array(), utf8(field)), utf8(value))] as const,
    );
    return [party, Object.fromEntries(await Promise.all(made))] as const;
  });
  return Object.fromEntries(await Promise.all(parties));
}

/** The same wish once more, with what was sealed; a second person must agree anew. */
export async function wishOf(row: EventRow, device: DeviceRow): Promise<Wish> {
  const secret = row.secret === null ? {} : await unseal<Pick<Wish, 'personal'>>(device.local, row.secret);
  const code = row.wire['code'];
  return {
    kind: row.kind,
    facts: row.facts,
    ...(typeof code === 'string' ? { code } : {}),
    ...(secret.personal === undefined ? {} : { personal: secret.personal }),
  };
}
