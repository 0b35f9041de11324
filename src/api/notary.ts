// The two programs that stand outside the database and the app: the signer, which alone holds the log's key, and the witness. Both remember
// the last head they signed and sign no other history. Small HTTP apps over one folder each; neither reads the database.

import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { base64, fromBase64, hex, utf8 } from '../base/bytes.ts';
import { COSIGNATURE, ED25519, headOf, headText, keyText, openNote } from '../base/note.ts';
import type { Head, NoteKey } from '../base/note.ts';
import type { Clock } from '../base/time.ts';
import { growthOf, judge, WITNESS_BYTES_MAX } from '../base/witness.ts';
import type { Growth, Seen } from '../base/witness.ts';
import { verifySignature } from '../domain/key.ts';
import { sha256 } from '../ledger/entry.ts';
import { newSeed, signerOf, signNote } from '../ledger/sign.ts';
import type { NoteSigner } from '../ledger/sign.ts';
import type { Folder } from '../store/folder.ts';

const idOf = (origin: string): string => hex(sha256(utf8(origin)));
const plain = { 'content-type': 'text/plain; charset=utf-8' };

/** The key in a file of the folder; made when there is none. */
export function keyIn(folder: Folder, file: string, name: string, type: NoteKey['type']): NoteSigner {
  const kept = folder.read(file);
  if (kept !== null) return signerOf(name, type, fromBase64(kept.trim()));
  const seed = newSeed();
  folder.write(file, `${base64(seed)}\n`);
  return signerOf(name, type, seed);
}

/** Gives a log a new key and keeps the old one beside it; what was signed stays remembered. Returns the new key's text. */
export function rotateKey(folder: Folder, origin: string, now_ms: number): string {
  const file = `${idOf(origin)}.key`;
  const old = folder.read(file);
  if (old === null) throw new Error(`Không có khóa của ${origin}. / There is no key of ${origin}.`);
  folder.write(`${file}.${now_ms}`, old);
  const seed = newSeed();
  folder.write(file, `${base64(seed)}\n`);
  return keyText(sha256, signerOf(origin, ED25519, seed).key);
}

/** What this folder remembers of a log, and the note it signed then. */
type Memory = Seen & { note: string | null };

function remembered(folder: Folder, origin: string): Memory | null {
  const kept = folder.read(`${idOf(origin)}.seen`);
  if (kept === null) return null;
  const { size, root, note } = JSON.parse(kept) as { size: number; root: string; note: string | null };
  return { size, root: fromBase64(root), note };
}

const remember = (folder: Folder, { origin, size, root }: Head, note: string | null): void => folder.write(`${idOf(origin)}.seen`, `${JSON.stringify({ origin, size, root: base64(root), note })}\n`);

function growth(body: string): { growth: Growth; head: Head; signed: boolean } | null {
  try {
    const asked = growthOf(body);
    const end = asked.head.indexOf('\n\n');
    return { growth: asked, head: headOf(end < 0 ? asked.head : asked.head.slice(0, end + 1)), signed: end >= 0 };
  } catch {
    return null;
  }
}

const refusal = (status: 400 | 409 | 422, last: Seen | null): Response =>
  status === 409 ? new Response(`${last?.size ?? 0}\n`, { status, headers: { 'content-type': 'text/x.tlog.size' } }) : new Response(`${status === 400 ? 'old is larger than the head' : 'not a continuation of what was signed before'}\n`, { status, headers: plain });

const limit = bodyLimit({ maxSize: WITNESS_BYTES_MAX });

/**
 * The signer. It signs a head only when it continues the last one it signed, and remembers before it signs: whatever asks, however often and
 * from however many sequencers, there is one history. `prefix`: origins it signs for begin so. The key of an origin is made when first asked for.
 */
export function signerApp({ folder, prefix, token, clock }: { folder: Folder; prefix: string; token: string; clock: Clock }): Hono {
  const witness = keyIn(folder, 'signer.key', `${prefix}signer`, COSIGNATURE);
  const logs = new Map<string, NoteSigner>();
  const logOf = (origin: string): NoteSigner => {
    const log = logs.get(origin) ?? keyIn(folder, `${idOf(origin)}.key`, origin, ED25519);
    logs.set(origin, log);
    return log;
  };
  const ours = (origin: string): boolean => origin.startsWith(prefix) && /^[a-z0-9._-]{1,40}$/.test(origin.slice(prefix.length));
  const wanted = sha256(utf8(`Bearer ${token}`));
  const app = new Hono();
  app.use(async (c, next) => {
    if (hex(sha256(utf8(c.req.header('authorization') ?? ''))) !== hex(wanted)) return c.text('not permitted\n', 403);
    return next();
  });
  app.get('/keys', (c) => {
    const origin = c.req.query('origin') ?? '';
    if (!ours(origin)) return c.text('unknown origin\n', 404);
    return c.json({ log: keyText(sha256, logOf(origin).key), signer: keyText(sha256, witness.key) });
  });
  app.get('/seen', (c) => {
    const last = remembered(folder, c.req.query('origin') ?? '');
    return last === null ? c.text('unknown origin\n', 404) : c.json({ size: last.size, root: base64(last.root) });
  });
  app.post('/sign', limit, async (c) => {
    const asked = growth(await c.req.text());
    if (asked === null || asked.signed) return c.text('not a request to sign\n', 400);
    const { head } = asked;
    if (!ours(head.origin)) return c.text('unknown origin\n', 404);
    const last = remembered(folder, head.origin);
    const status = judge(sha256, last, asked.growth, head);
    if (status !== 200) return refusal(status, last);
    remember(folder, head, null);
    const text = headText(head);
    return c.text(signNote(logOf(head.origin), text, clock()) + signNote(witness, text, clock()), 200, plain);
  });
  return app;
}

/** A witness as C2SP tlog-witness has it. `logs`: the keys whose heads it cosigns, asked anew each time. */
export function witnessApp({ folder, name, logs, clock }: { folder: Folder; name: string; logs: () => readonly NoteKey[]; clock: Clock }): Hono {
  const witness = keyIn(folder, 'witness.key', name, COSIGNATURE);
  const app = new Hono();
  app.get('/key', (c) => c.text(`${keyText(sha256, witness.key)}\n`, 200, plain));
  app.post('/add-checkpoint', limit, async (c) => {
    const asked = growth(await c.req.text());
    if (asked === null || !asked.signed) return c.text('not a request to a witness\n', 400);
    const { head, growth: given } = asked;
    const keys = logs().filter((key) => key.name === head.origin);
    if (keys.length === 0) return c.text('unknown origin\n', 404);
    const opened = await openNote(sha256, verifySignature, given.head, keys).catch(() => null);
    if (opened === null) return c.text('no good signature of the log\n', 403);
    // From here to the answer nothing waits: what is compared is what is replaced.
    const last = remembered(folder, head.origin);
    const status = judge(sha256, last, given, head);
    if (status !== 200) return refusal(status, last);
    const line = signNote(witness, opened.text, clock());
    remember(folder, head, `${given.head}${line}`);
    return c.text(line, 200, plain);
  });
  app.get('/:id/checkpoint', (c) => {
    const known = logs().find((key) => idOf(key.name) === c.req.param('id'));
    const note = known === undefined ? null : (remembered(folder, known.name)?.note ?? null);
    return note === null ? c.text('unknown log\n', 404) : c.text(note, 200, plain);
  });
  return app;
}
