// Checkpoints: the one way by which anything happens to an item. One at a time, or up to 500 with an answer for each.

import { UUID7 } from '../base/id.ts';
import { fromHex } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { accept, refuseAcceptance } from '../acts/accept.ts';
import { contextOf, draftOf as bareDraft } from '../acts/act.ts';
import type { Act } from '../acts/act.ts';
import { byAuthority } from '../acts/authority.ts';
import { declareUnclaimed, deliver, giveBackReturned, giveBackWithdrawn, leaveNotice, recordAttempt, redirect, signOut, startReturn } from '../acts/deliver.ts';
import { putInBag, reopenBag, sealBag, startBag, takeOutOfBag, voidBag } from '../acts/bag.ts';
import { findAgain } from '../acts/found.ts';
import { handOver } from '../acts/handover.ts';
import { countItem, emptyBag, recordMissing, unsealBag } from '../acts/opening.ts';
import { releaseHold } from '../acts/hold.ts';
import { openByAuthority } from '../acts/legal_basis.ts';
import { screenUnit } from '../acts/screen.ts';
import { sha256Text } from '../acts/session.ts';
import { step } from '../acts/step.ts';
import { tighten } from '../acts/tighten.ts';
import { arriveBag, checkSeal, departBag } from '../acts/transport.ts';
import { bagUnitCode } from '../domain/bag.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { FACTS, Instant, Personal, UnitCode, Uuid7 } from '../domain/facts.ts';
import type { Kind } from '../domain/facts.ts';
import { verifySignature } from '../domain/key.ts';
import type { Caller } from '../domain/role.ts';
import { commit, FLIGHT_MAX } from '../ledger/append.ts';
import type { Draft, PersonalPart, Receipt } from '../ledger/append.ts';
import { claimBytes } from '../ledger/entry.ts';
import type { Claim } from '../ledger/entry.ts';
import { fromBase64url } from '../base/bytes.ts';
import { answer, json, newRouter, Problem, problemOf, refusedBySchema, route, z } from './edge.ts';
import type { Edge } from './edge.ts';
import { CHECKPOINT_EXAMPLES } from './examples.ts';

/** Which act makes which kind of checkpoint. A kind that is not here yet is in the catalogue but cannot be posted. */
export const ACTS = {
  accepted: accept,
  acceptance_refused: refuseAcceptance,
  approved: step,
  approval_refused: step,
  seen: step,
  label_printed: step,
  reweighed: step,
  condition_recorded: step,
  rewrapped: step,
  corrected: step,
  suspected: step,
  held: step,
  hold_released: releaseHold,
  sorted: step,
  found_again: findAgain,
  lost: step,
  bag_started: startBag,
  bagged: putInBag,
  taken_out_of_bag: takeOutOfBag,
  bag_sealed: sealBag,
  bag_reopened: reopenBag,
  bag_voided: voidBag,
  bag_departed: departBag,
  bag_arrived: arriveBag,
  seal_checked: checkSeal,
  bag_unsealed: unsealBag,
  counted: countItem,
  missing: recordMissing,
  bag_emptied: emptyBag,
  handed_over: handOver,
  signed_out: signOut,
  attempted: recordAttempt,
  delivered: deliver,
  call_notice_left: leaveNotice,
  redirected: redirect,
  return_started: startReturn,
  returned: giveBackReturned,
  withdrawn: giveBackWithdrawn,
  declared_unclaimed: declareUnclaimed,
  given_to_authority: byAuthority,
  opened_by_authority: openByAuthority,
  returned_by_authority: byAuthority,
  destroyed: byAuthority,
  screened: screenUnit,
} as const satisfies { [K in Kind]?: Act };
export type PostableKind = keyof typeof ACTS;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

const common = {
  checkpoint_id: Uuid7.meta({ description: 'UUIDv7 made by the client; send the same id again after a lost answer' }),
  code: UnitCode.optional().meta({ description: 'Number as scanned; left out when the system is to assign one' }),
  device_seq: z.int().min(1).optional().meta({ description: "Dense number of the device's claims" }),
  device_prev: Hash.optional().meta({ description: "SHA-256 of the device's previous claim" }),
  device_at: Instant.optional().meta({ description: 'Device clock; never used for order' }),
  clock_offset_ms: z.int().min(-(2 ** 45)).max(2 ** 45).optional().meta({ description: 'Server clock minus device clock as last measured' }),
  head_seen: Hash.optional().meta({ description: 'Root of the last log head the device saw' }),
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/).optional().meta({ description: "Device's Ed25519 signature over the canonical claim" }),
  confirmation: z.string().regex(/^[A-Za-z0-9_-]{43}$/).optional().meta({ description: "Second person's one-time confirmation" }),
};

const personal = {
  personal: Personal.optional(),
  salts: z.strictObject({ sender: Hash, addressee: Hash, declaration: Hash }).optional().meta({ description: 'Chosen by devices that sign; otherwise the server makes them' }),
};

const shapes = (Object.keys(ACTS) as PostableKind[]).map((kind) =>
  z.strictObject({ ...common, kind: z.literal(kind), facts: FACTS[kind], ...(kind === 'accepted' ? personal : {}) }).openapi(`Checkpoint_${kind}`, {
    description: `${CHECKPOINTS[kind].vi} / ${CHECKPOINTS[kind].en}`,
  }),
);

export const CheckpointInput = z
  .discriminatedUnion('kind', shapes as [(typeof shapes)[number], ...typeof shapes])
  .openapi('Checkpoint', { examples: CHECKPOINT_EXAMPLES });
type Wire = z.infer<typeof CheckpointInput> & { personal?: Personal; salts?: Record<PersonalPart['party'], string> };

const ReceiptShape = z
  .object({
    checkpoint_id: z.string(),
    kind: z.string(),
    code: z.string(),
    unit_id: z.string(),
    unit_seq: z.int(),
    state: z.string(),
    custodian: z.object({ kind: z.string(), ref: z.string() }),
    flags: z.array(z.string()).readonly(),
    received_at: z.string(),
    hash: z.string().openapi({ description: 'SHA-256 of the entry: keep it' }),
    prev_hash: z.string().nullable(),
    promise: z.object({ note: z.string(), index: z.int(), hashes: z.array(z.string()).readonly() }).nullable()
      .openapi({ description: 'Signed: by when the entry will be under a cosigned head of the log (docs/ledger.md); null: this server promises nothing' }),
  })
  .openapi('Receipt');

const Result = z.object({ checkpoint_id: z.string().nullable(), receipt: ReceiptShape.nullable(), problem: Problem.nullable() });
export const Results = z
  .object({ stored: z.int(), refused: z.int(), results: z.array(Result) })
  .openapi('BatchResults');

const router = newRouter();
router.openAPIRegistry.register('Checkpoint', CheckpointInput);
/** Described by its name alone, so that the body is parsed once and here, and not by the library once more. */
const described = { $ref: '#/components/schemas/Checkpoint' } as unknown as typeof CheckpointInput;

export const checkpoints = router
  .openapi(
    route('any_kind', { method: 'post', path: '/api/checkpoints', tags: ['checkpoints'], summary: 'Record one checkpoint', request: json(described) }, 201, ReceiptShape),
    async (c) => answer(c, await c.get('services').append(await parsed(c, c.get('caller'), c.get('body'))), 201) as never,
  )
  .openapi(
    route('any_kind', {
      method: 'post', path: '/api/checkpoints/batch', tags: ['checkpoints'],
      summary: `Record 1..${FLIGHT_MAX} checkpoints, in order; each gets its own answer`,
      request: json(z.strictObject({ checkpoints: z.array(z.unknown()).min(1) }).openapi('Batch', { properties: { checkpoints: { type: 'array', maxItems: FLIGHT_MAX, items: { $ref: '#/components/schemas/Checkpoint' } } } } as never)),
    }, 200, Results),
    async (c) => {
      const { checkpoints: wires } = c.req.valid('json');
      if (wires.length > FLIGHT_MAX) throw new Refused('batch_too_large', { count: wires.length, limit: FLIGHT_MAX });
      const results = await recordAll(c, c.get('caller'), wires);
      const refused = results.filter((r) => r.problem !== null).length;
      return answer(c, { stored: results.length - refused, refused, results }, 200) as never;
    },
  );

/** Each wire's own answer, in order; also for a queue that came as a file. */
export async function recordAll(c: Edge, caller: Caller, wires: readonly unknown[]): Promise<z.infer<typeof Result>[]> {
  const drafts = await Promise.all(wires.map((wire) => attempt(() => parsed(c, caller, wire))));
  // Drafts join the flight in the order they were sent, so that an approval may follow its acceptance in one batch.
  const answers = await Promise.all(drafts.map(async (draft) => (draft instanceof Refused ? draft : attempt(() => c.get('services').append(draft)))));
  return answers.map((answer, i) =>
    answer instanceof Refused
      ? { checkpoint_id: idOf(wires[i]), receipt: null, problem: problemOf(answer, c.get('requestId')) }
      : { checkpoint_id: answer.checkpoint_id, receipt: answer, problem: null },
  );
}

/** A refusal of one member is its answer; a defect or a lost database is everybody's. */
async function attempt<T extends Draft | Receipt>(work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

const idOf = (wire: unknown): string | null => {
  const id = (wire as { checkpoint_id?: unknown } | null)?.checkpoint_id;
  return typeof id === 'string' && UUID7.test(id) ? id : null;
};

async function parsed(c: Edge, caller: Caller, wire: unknown): Promise<Draft> {
  const result = CheckpointInput.safeParse(wire);
  if (!result.success) throw refusedBySchema(result.error.issues);
  return draftOf(c, caller, result.data as Wire);
}

/** From the wire to a draft: the claim with its commitments, the device's signature checked, the kind's act. */
async function draftOf(c: Edge, caller: Caller, wire: Wire): Promise<Draft> {
  const services = c.get('services');
  const parts = personalParts(wire);
  const claim: Claim = {
    checkpoint_id: wire.checkpoint_id,
    kind: wire.kind,
    // A sealed bag's label carries six characters more than its number.
    code: wire.code === undefined ? null : bagUnitCode(wire.code),
    person_id: caller.person_id,
    office_code: caller.office_code,
    device_id: caller.device_id,
    device_seq: wire.device_seq ?? null,
    device_prev: wire.device_prev === undefined ? null : fromHex(wire.device_prev),
    device_at: wire.device_at === undefined ? null : Date.parse(wire.device_at),
    clock_offset_ms: wire.clock_offset_ms ?? null,
    head_seen: wire.head_seen === undefined ? null : fromHex(wire.head_seen),
    facts: wire.facts,
    commitments: Object.fromEntries(parts.map((part) => [part.party, commit(part.salt, part.fields)])),
  };
  const signature = signatureOf(wire.signature);
  const problem = await deviceProblem(claim, signature, caller.device_key);
  const act: Act = ACTS[wire.kind];
  const request = { claim, caller, device_signature: signature, personal: parts, confirmation_hash: wire.confirmation === undefined ? null : sha256Text(wire.confirmation) };
  const [reference, periods] = await Promise.all([services.reference(), services.periods()]);
  const context = contextOf(services.store.read, reference, services.refuses_secrecy);
  const draft = problem ?? (await attempt(async () => tighten(await act(request, context), request, periods)));
  // Refused under the lock like every other refusal, so that the attempt is kept: a device's number that was refused is no gap.
  return draft instanceof Refused ? { ...bareDraft(request), decide: () => { throw draft; } } : draft;
}

/** A session on an enrolled device numbers and signs each claim; one without has neither number nor signature. */
async function deviceProblem(claim: Claim, signature: Uint8Array | null, device_key: Uint8Array | null): Promise<Refused | null> {
  if (device_key === null) return signature === null && claim.device_seq === null ? null : new Refused('unknown_device');
  if (claim.device_seq === null || signature === null) return new Refused('bad_signature');
  return (await verifySignature(device_key, signature, claimBytes(claim))) ? null : new Refused('bad_signature');
}

function signatureOf(text: string | undefined): Uint8Array | null {
  try {
    return text === undefined ? null : fromBase64url(text);
  } catch {
    return null;
  }
}

function personalParts(wire: Wire): PersonalPart[] {
  if (!wire.personal) return [];
  return Object.entries(wire.personal).map(([party, fields]) => ({
    party: party as PersonalPart['party'],
    salt: wire.salts ? fromHex(wire.salts[party as PersonalPart['party']]) : crypto.getRandomValues(new Uint8Array(32)),
    salt_given: wire.salts !== undefined,
    fields: fields as { [field: string]: string },
  }));
}
