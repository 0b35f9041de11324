// Heads: asks the signer to sign what was sequenced, then the witnesses to cosign it, and keeps what they answer. Whatever they refuse is an
// alarm, never a reason to change the log. Nothing here can sign.

import { ED25519, headText, keyId, keyOf, keyText, noteOf, signatureLine } from '../base/note.ts';
import type { NoteKey } from '../base/note.ts';
import { equalBytes } from '../base/bytes.ts';
import { openHead } from '../base/proof.ts';
import type { Policy } from '../base/proof.ts';
import type { Clock } from '../base/time.ts';
import { growthText } from '../base/witness.ts';
import { verifySignature } from '../domain/key.ts';
import type { Read, Store } from '../store/connect.ts';
import { sha256 } from './entry.ts';
import { addRecord, knownKeys } from './log_record.ts';
import { consistencyProof, treeRoot } from './tree.ts';

/** `policy`: witnesses and quorum; the keys of the logs themselves stand in the log. */
export type Notary = { signer: { url: string; token: string }; policy: Policy; fetch: typeof fetch };
export type Alarm = 'head_refused' | 'signer_silent' | 'witness_refused' | 'promise_broken';

const ANSWER_MS = 10_000;
const TRIES_MAX = 3;

/** Raises an alarm that is not raised yet. */
export async function raise(store: Store, clock: Clock, alarm: Alarm, subject: string): Promise<void> {
  await store.write.insertInto('log_alarm').values({ alarm, subject, raised_at: new Date(clock()) }).onConflict((c) => c.doNothing()).execute();
}
export async function end(store: Store, clock: Clock, alarm: Alarm, subject: string): Promise<void> {
  await store.write.updateTable('log_alarm').set({ ended_at: new Date(clock()) }).where('alarm', '=', alarm).where('subject', '=', subject).where('ended_at', 'is', null).execute();
}

/** One round: a head for all that is sequenced, if there is none yet, and whatever cosignatures it still lacks. */
export async function publish(store: Store, clock: Clock, origin: string, notary: Notary): Promise<void> {
  const log = await store.read.selectFrom('log').select('size').where('origin', '=', origin).executeTakeFirst();
  if (!log || log.size === 0) return;
  const last = await store.read.selectFrom('log_head').select(['size', 'cosigned_at']).where('origin', '=', origin).orderBy('size', 'desc').limit(1).executeTakeFirst();
  let size = last?.size ?? 0;
  if (log.size > size) {
    if (!(await signHead(store, clock, origin, { size: log.size, old: size }, notary))) return;
    size = log.size;
  } else if (last?.cosigned_at !== null) return;
  for (const witness of notary.policy.witnesses) if (witness.url !== null) await cosign(store, clock, { origin, size }, { key: witness.key, url: witness.url }, notary);
  await markCosigned(store, clock, origin, size, notary.policy);
}

const timed = (request: RequestInit): RequestInit => ({ ...request, signal: AbortSignal.timeout(ANSWER_MS) });

/** Sends a growth, with the proof from the size that the other side says it has seen; gives its answer, or null when it cannot be reached. */
async function send(ask: (body: string) => Promise<Response>, db: Read, origin: string, from: number, size: number, head: string): Promise<{ status: number; text: string } | null> {
  let old = from;
  for (let tries = 1; ; tries++) {
    const answer = await ask(growthText({ old, proof: await consistencyProof(db, origin, old, size), head })).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      () => null,
    );
    if (answer === null || answer.status !== 409 || tries === TRIES_MAX) return answer;
    const seen = Number(/^(0|[1-9]\d*)\n$/.exec(answer.text)?.[1] ?? Number.NaN);
    // It has seen more than there is here: this database is behind, or another log bears the name.
    if (!(seen <= size)) return answer;
    old = seen;
  }
}

/** Gets a head signed and keeps it. false: refused or silent, and the alarm says so. */
async function signHead(store: Store, clock: Clock, origin: string, { size, old }: { size: number; old: number }, { signer, fetch: ask }: Notary): Promise<boolean> {
  const text = headText({ origin, size, root: await treeRoot(store.read, origin, size) });
  const post = (body: string): Promise<Response> => ask(`${signer.url}/sign`, timed({ method: 'POST', body, headers: { authorization: `Bearer ${signer.token}` } }));
  const answer = await send(post, store.read, origin, old, size, text);
  if (answer === null || answer.status >= 500) return raise(store, clock, 'signer_silent', origin).then(() => false);
  await end(store, clock, 'signer_silent', origin);
  if (answer.status !== 200) return raise(store, clock, 'head_refused', origin).then(() => false);
  const note = noteOf(`${text}\n${answer.text}`);
  const keys = await signerKeys(store, clock, origin, { signer, fetch: ask }, note.signatures.map((line) => line.key_id));
  const { head } = await openHead(sha256, verifySignature, { logs: keys.filter((key) => key.type === ED25519).map((key) => ({ key, url: null })), witnesses: [], groups: [], quorum: null }, `${text}\n${answer.text}`);
  const [own, ...others] = [...note.signatures.filter((line) => line.name === head.origin), ...note.signatures.filter((line) => line.name !== head.origin)].map((line) => ({ name: line.name, line: signatureLine(line) }));
  const now = new Date(clock());
  await store.write.insertInto('log_head').values({ origin, size, note: `${text}\n${own?.line ?? ''}`, signed_at: now }).onConflict((c) => c.doNothing()).execute();
  for (const other of others) await keepLine(store, clock, origin, size, other.name, other.line);
  await end(store, clock, 'head_refused', origin);
  return true;
}

const keepLine = (store: Store, clock: Clock, origin: string, size: number, witness: string, line: string) =>
  store.write.insertInto('log_cosignature').values({ origin, size, witness, line, received_at: new Date(clock()) }).onConflict((c) => c.doNothing()).execute();

/** The signer's keys, as the log knows them. A key that it does not know yet goes into the log; the one that it replaces is revoked there. */
async function signerKeys(store: Store, clock: Clock, origin: string, { signer, fetch: ask }: Pick<Notary, 'signer' | 'fetch'>, ids: readonly Uint8Array[]): Promise<NoteKey[]> {
  const known = (await knownKeys(store.read)).filter((one) => one.revoked_ms === null && (one.purpose === 'log' || one.purpose === 'signer'));
  const keys = known.map((one) => keyOf(sha256, one.key));
  if (ids.every((id) => keys.some((key) => equalBytes(keyId(sha256, key), id)))) return keys;
  const answer = await ask(`${signer.url}/keys?origin=${encodeURIComponent(origin)}`, timed({ headers: { authorization: `Bearer ${signer.token}` } }));
  const given = (await answer.json()) as { log: string; signer: string };
  await store.lane(async (lane) => {
    for (const purpose of ['log', 'signer'] as const) {
      if (known.some((one) => one.key === given[purpose])) continue;
      const name = keyOf(sha256, given[purpose]).name;
      for (const old of known) if (old.purpose === purpose && keyOf(sha256, old.key).name === name) await addRecord(lane, clock(), { kind: 'key_revoked', facts: { key: old.key, reason: 'replaced' } });
      await addRecord(lane, clock(), { kind: 'key_added', facts: { purpose, key: given[purpose] } });
    }
  });
  return [given.log, given.signer].map((key) => keyOf(sha256, key));
}

/** Asks one witness for its cosignature below a head. */
async function cosign(store: Store, clock: Clock, { origin, size }: { origin: string; size: number }, witness: { key: NoteKey; url: string }, { fetch: ask }: Notary): Promise<void> {
  const { name } = witness.key;
  const done = await store.read.selectFrom('log_cosignature').select('size').where('origin', '=', origin).where('witness', '=', name).orderBy('size', 'desc').limit(1).executeTakeFirst();
  if ((done?.size ?? 0) >= size) return;
  const head = await store.read.selectFrom('log_head').select('note').where('origin', '=', origin).where('size', '=', size).executeTakeFirstOrThrow();
  const post = (body: string): Promise<Response> => ask(`${witness.url}/add-checkpoint`, timed({ method: 'POST', body }));
  const answer = await send(post, store.read, origin, done?.size ?? 0, size, head.note);
  // A witness that is not there today is no alarm: the policy says how many are needed, and the age of the last cosigned head shows it.
  if (answer === null || answer.status >= 500) return;
  if (answer.status !== 200) return raise(store, clock, 'witness_refused', name);
  const lines = noteOf(`${headOfNote(head.note)}\n${answer.text}`).signatures.filter((line) => line.name === name && equalBytes(line.key_id, keyId(sha256, witness.key)));
  for (const line of lines.slice(0, 1)) await keepLine(store, clock, origin, size, name, signatureLine(line));
  await end(store, clock, 'witness_refused', name);
}

const headOfNote = (note: string): string => note.slice(0, note.indexOf('\n\n') + 1);

/** Notes that a head has its quorum: from then on receipts may rest on it. */
async function markCosigned(store: Store, clock: Clock, origin: string, size: number, policy: Policy): Promise<void> {
  const note = await headNote(store.read, origin, size);
  const { enough } = await openHead(sha256, verifySignature, { ...policy, logs: await logKeys(store.read) }, note);
  if (enough) await store.write.updateTable('log_head').set({ cosigned_at: new Date(clock()) }).where('origin', '=', origin).where('size', '=', size).where('cosigned_at', 'is', null).execute();
}

/** Keys of logs, those revoked too: a head is judged by the key of its time. */
export async function logKeys(db: Read): Promise<Policy['logs']> {
  return (await knownKeys(db)).filter(({ purpose }) => purpose === 'log').map(({ key }) => ({ key: keyOf(sha256, key), url: null }));
}

/** A head with all its signatures. */
export async function headNote(db: Read, origin: string, size: number): Promise<string> {
  const head = await db.selectFrom('log_head').select('note').where('origin', '=', origin).where('size', '=', size).executeTakeFirstOrThrow();
  const lines = await db.selectFrom('log_cosignature').select('line').where('origin', '=', origin).where('size', '=', size).orderBy('received_at').orderBy('witness').execute();
  return head.note + lines.map(({ line }) => line).join('');
}

/** The policy as verifiers take it (C2SP tlog-policy): the log's own keys from the log, the witnesses from the configuration. */
export async function policyText(db: Read, policy: Policy): Promise<string> {
  const logs = [...policy.logs, ...(await logKeys(db))].map(({ key }) => `log ${keyText(sha256, key)}`);
  return [
    ...new Set(logs),
    ...policy.witnesses.map(({ name, key }) => `witness ${name} ${keyText(sha256, key)}`),
    ...policy.groups.map(({ name, needed, members }) => `group ${name} ${needed} ${members.join(' ')}`),
    `quorum ${policy.quorum ?? 'none'}`,
    '',
  ].join('\n');
}
