// Keeps an event until the log has it: the server's receipt is a promise, and only a head that enough witnesses cosigned makes it true. The
// policy is the one that this machine met first; a head that does not satisfy it is none. Loaded when there is something to prove.

import { sha256 } from '@noble/hashes/sha2.js';
import { base64, fromBase64, hex, utf8 } from '../base/bytes.ts';
import { decode } from '../base/canonical.ts';
import { uuidText } from '../base/id.ts';
import { checkInclusion, leafHash } from '../base/merkle.ts';
import type { Head } from '../base/note.ts';
import { openHead, policyOf } from '../base/proof.ts';
import type { Policy } from '../base/proof.ts';
import { verifySignature } from '../domain/key.ts';
import { awaitingEvents, keepAnswers } from './keep.ts';
import type { EventRow, Kept } from './keep.ts';
import { ask } from './link.ts';

const PROOFS_AT_ONCE = 100;
const POLICY = 'niem.policy';
type Proof = { checkpoint_id: string; origin: string; log_index: number; hashes: string[]; body: string | null };

/** Asks for the proofs of what was promised; gives the number of promises broken. What is due and not proved is told and sent again, the same bytes, so that it comes in once. */
export async function settlePromises(kept: Kept, token: string, now_ms: number): Promise<number> {
  const rows = await awaitingEvents(kept, PROOFS_AT_ONCE);
  const { proved, broken } = await prove(rows, token, now_ms);
  for (const row of broken) await tellBroken(row, token);
  await keepAnswers(kept, [...proved, ...broken.map((row) => ({ ...row, state: 'stored_on_device' as const, receipt: null }))]);
  return broken.length;
}

/** What became of these events: proved, with where they stand; or their promise is broken, and the server was told. The rest waits on. */
async function prove(rows: readonly EventRow[], token: string, now_ms: number): Promise<{ proved: EventRow[]; broken: EventRow[] }> {
  const answer = await ask('POST', '/api/checkpoints/proofs', { token, body: { checkpoint_ids: rows.map((row) => row.checkpoint_id) } });
  if (answer.link !== 'online' || answer.refusal !== null) return { proved: [], broken: [] };
  const { heads, proofs, policy } = answer.body as { heads: { note: string }[]; proofs: Proof[]; policy: string };
  const trusted = pinned(policy);
  const opened = new Map<string, Head>();
  for (const { note } of heads) {
    const { head, enough } = await openHead(sha256, verifySignature, trusted, note).catch(() => ({ head: null, enough: false }));
    if (head && enough) opened.set(head.origin, head);
  }
  const proved = rows.flatMap((row): EventRow[] => {
    const proof = proofs.find((one) => one.checkpoint_id === row.checkpoint_id);
    const head = proof && opened.get(proof.origin);
    if (!proof || !head || !holds(row, proof, head)) return [];
    return [
      { ...row, state: 'received', secret: null, second: null, head: { origin: head.origin, size: head.size, log_index: proof.log_index } },
    ];
  });
  const done = new Set(proved.map((row) => row.checkpoint_id));
  const broken = rows.filter((row) => !done.has(row.checkpoint_id) && dueOf(row) < now_ms);
  return { proved, broken };
}

/** Whoever changes the policy changes whom this machine believes: that takes enrolling it anew. Further logs of the same witnesses are let in. */
function pinned(offered: string): Policy {
  const [kept, fresh] = [localStorage.getItem(POLICY), policyOf(sha256, offered)];
  if (kept === null) {
    localStorage.setItem(POLICY, offered);
    return fresh;
  }
  return { ...policyOf(sha256, kept), logs: fresh.logs };
}

/** That these very bytes are this event's entry, and stand under the head. */
function holds(row: EventRow, proof: Proof, { size, root }: Head): boolean {
  try {
    const body = fromBase64(proof.body ?? '');
    const [, claim] = decode(body) as unknown[][];
    if (
      hex(sha256(body)) !== row.receipt?.hash ||
      !(claim?.[1] instanceof Uint8Array) ||
      uuidText(claim[1]) !== row.checkpoint_id ||
      claim[7] !== row.device_seq
    )
      return false;
    return checkInclusion(sha256, {
      index: proof.log_index,
      size,
      leaf: leafHash(sha256, body),
      root,
      proof: proof.hashes.map(fromBase64),
    });
  } catch {
    return false;
  }
}

/** The time limit stands in the promise's second line. A promise that nobody can read is no reason to wait for ever. */
function dueOf(row: EventRow): number {
  const due_ms = Date.parse(row.receipt?.promise?.note.split('\n')[1] ?? '');
  return Number.isNaN(due_ms) ? row.at : due_ms;
}

/** Tells the server of a broken promise: it checks, and raises the alarm that people see. */
async function tellBroken(row: EventRow, token: string): Promise<void> {
  if (!row.receipt?.promise) return;
  const { leaf, ...promise } = row.receipt.promise;
  await ask('POST', '/api/log/broken-promises', {
    token,
    body: { checkpoint_id: row.checkpoint_id, leaf, promise: { ...promise, note: base64(utf8(promise.note)) } },
  });
}
