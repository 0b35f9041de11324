// Cloudflare Workers: one connection through Hyperdrive for each request, ended after the answer. A cached connection fails
// on later requests. The same app, the same database, the same answers; files that need Node are refused.

import { pressNotices } from './acts/notice.ts';
import { loadSessions } from './acts/session.ts';
import { createApp } from './app.ts';
import type { Services } from './api/edge.ts';
import { fromBase64 } from './base/bytes.ts';
import { policyOf } from './base/proof.ts';
import { civilDate, systemClock } from './base/time.ts';
import { appender } from './ledger/append.ts';
import { sha256 } from './ledger/entry.ts';
import type { Notary } from './ledger/head.ts';
import { periodKeeper } from './ledger/journal.ts';
import { logKeeper } from './ledger/keep_log.ts';
import { promiser } from './ledger/promise.ts';
import { ED25519, signerOf } from './ledger/sign.ts';
import type { NoteSigner } from './ledger/sign.ts';
import { transmit } from './interchange/transmit.ts';
import { postFromEdge, webhookRequest } from './interchange/webhook.ts';
import { connectOnce } from './store/connect.ts';
import { loadReference } from './store/reference.ts';
import { rulebookKeeper } from './store/rules.ts';

type Bindings = {
  HYPERDRIVE: { connectionString: string };
  ASSETS?: { fetch: (request: Request) => Promise<Response> };
  NIEM_PROFILE?: string;
  NIEM_EDGE_HANDLES_SECRECY?: string;
  NIEM_IMPORT_KEY?: string;
  NIEM_LOG_ORIGIN?: string;
  NIEM_LOG_POLICY?: string;
  NIEM_SIGNER_URL?: string;
  NIEM_SIGNER_TOKEN?: string;
  NIEM_PROMISE_KEY?: string;
  NIEM_PERSONAL_KEY?: string;
};

/** `NIEM_LOG_POLICY` is the policy's text here; there are no files. */
function signingOf(env: Bindings): { origin: string; notary: Notary | null; promise: NoteSigner | null } {
  const origin = env.NIEM_LOG_ORIGIN ?? 'niem.example/lang-son/{year}';
  const policy = policyOf(sha256, env.NIEM_LOG_POLICY ?? 'quorum none\n');
  const { NIEM_SIGNER_URL: url, NIEM_SIGNER_TOKEN: token, NIEM_PROMISE_KEY: seed } = env;
  return {
    origin,
    notary: url && token ? { signer: { url, token }, policy, fetch: (input, init) => fetch(input, init) } : null,
    promise: seed ? signerOf(`${origin.slice(0, origin.lastIndexOf('/') + 1)}promise`, ED25519, fromBase64(seed)) : null,
  };
}

const IDLE_MINUTES = 5;

/** Data, not a connection: it may outlive the request that read it, so that a scan gains no round trip. */
const book = rulebookKeeper(systemClock);

const app = createApp({
  open(c) {
    const env = c.env as Bindings;
    const store = connectOnce(env.HYPERDRIVE.connectionString, env.NIEM_PERSONAL_KEY);
    const clock = systemClock;
    const profile = env.NIEM_PROFILE === 'lan' ? 'lan' : 'edge';
    const { promise } = signingOf(env);
    const { periods } = periodKeeper(store.read, clock, 500);
    const services: Services = {
      store,
      clock,
      append: appender({
        store,
        clock,
        rules: async () => ({ ...(await book.rules(store.read)), periods: await periods() }),
        queue_max: 1_000,
        lanes: 1,
        ...(promise === null ? {} : { promise: promiser(promise) }),
      }),
      forgetRules: book.forget,
      reference: () => loadReference(store.read, civilDate(clock())),
      session: async (token_hash) => {
        const [session] = await loadSessions(store, [token_hash], clock(), IDLE_MINUTES);
        if (session === undefined || session instanceof Error) throw session ?? new Error('no session');
        return session;
      },
      forget: () => undefined,
      periods,
      idle_minutes: IDLE_MINUTES,
      profile,
      refuses_secrecy: profile === 'edge' && env.NIEM_EDGE_HANDLES_SECRECY !== '1',
      files: null,
      evidence: null,
      demo: [],
      live: null,
      async built(request) {
        const answer = await env.ASSETS?.fetch(request);
        return answer?.ok ? answer : null;
      },
      lan_hosts: new Set(),
      import_key: env.NIEM_IMPORT_KEY ?? null,
      policy: policyOf(sha256, env.NIEM_LOG_POLICY ?? 'quorum none\n'),
      log: (line) => console.log(JSON.stringify(line)),
    };
    return { services, close: () => store.close() };
  },
});

/** By cron: the log is sequenced and its head signed, what is due is sent. No e-mail from here: that waits for a Node. */
async function scheduled(env: Bindings): Promise<void> {
  const store = connectOnce(env.HYPERDRIVE.connectionString, env.NIEM_PERSONAL_KEY);
  try {
    const works: (() => Promise<unknown>)[] = [
      () => logKeeper({ store, clock: systemClock, ...signingOf(env), head_every_ms: 0 }).tick(),
      () => pressNotices(store.write, systemClock()),
      () =>
        transmit(
          store.write,
          { webhook: ({ message, address, keys }, now_ms) => postFromEdge(address, webhookRequest(message, keys, now_ms)) },
          systemClock,
        ),
    ];
    // One that fails does not keep the others from their work.
    for (const work of works)
      await work().catch((error: unknown) => console.error(JSON.stringify({ level: 'error', event: 'tick_failed', error: String(error) })));
  } finally {
    await store.close();
  }
}

export default { fetch: app.fetch, scheduled: (_: unknown, env: Bindings) => scheduled(env) };
