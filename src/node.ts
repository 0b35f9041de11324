// Node: pools, group commit, metrics, logs, files, and the HTTP server around the app.

import path from 'node:path';
import { serve } from '@hono/node-server';
import pino from 'pino';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { loadSessions, sessionKeeper } from './acts/session.ts';
import type { Session } from './acts/session.ts';
import { createApp } from './app.ts';
import type { Services } from './api/edge.ts';
import { coalesce } from './base/coalesce.ts';
import { Refused } from './base/refusal.ts';
import { systemClock } from './base/time.ts';
import type { Clock } from './base/time.ts';
import type { Config } from './config.ts';
import { labelPdf, labelPng } from './interchange/label_file.ts';
import { letterDocx } from './interchange/letter_docx.ts';
import { pressNotices } from './acts/notice.ts';
import { letterPdf } from './interchange/letter_pdf.ts';
import { mailer } from './interchange/mail.ts';
import { transmit } from './interchange/transmit.ts';
import type { Senders } from './interchange/transmit.ts';
import { webhookRequest } from './interchange/webhook.ts';
import { postWebhook } from './interchange/webhook_node.ts';
import { readPaper, readPicture } from './interchange/picture.ts';
import { appender } from './ledger/append.ts';
import type { Notary } from './ledger/head.ts';
import { periodKeeper } from './ledger/journal.ts';
import { logKeeper } from './ledger/keep_log.ts';
import { promiser } from './ledger/promise.ts';
import type { NoteSigner } from './ledger/sign.ts';
import { connectPool } from './store/connect.ts';
import { evidenceFolder, evidenceS3 } from './store/evidence.ts';
import { referenceKeeper } from './store/reference.ts';
import { rulebookKeeper } from './store/rules.ts';
import { logState } from './views/log.ts';
import { builtDesk } from './web/built.ts';

/** Drafts waiting at most: some ten seconds of work. Beyond it the answer is 503 with Retry-After, and nothing is lost. */
const QUEUE_MAX = 20_000;

/** A role withdrawn, device revoked or badge signed out through another process acts within this time; through this one, at once. */
const SESSION_KEEP_MS = 500;

/** The log is looked after so often, and its head signed at most every other second while entries come. */
const LOG_EVERY_MS = 500;
const HEAD_EVERY_MS = 2_000;
const NO_WITNESS: Notary['policy'] = { logs: [], witnesses: [], groups: [], quorum: null };

/** Who signs: heads of the log, and what this process promises with a receipt. null: nobody. */
export type Signing = { notary: Notary | null; promise: NoteSigner | null; head_every_ms?: number };
/** How soon what is due goes out. */
const TICK_MS = 1_000;

export type Running = { address: string; port: number; stop: () => Promise<void> };

const desk = builtDesk();

/** Everything a process needs to answer requests, without a socket: tests call `app.request`. */
export function assemble(config: Pick<Config, 'NIEM_PROFILE' | 'NIEM_EDGE_HANDLES_SECRECY' | 'NIEM_IDLE_MINUTES' | 'NIEM_LOG'> & Pick<Partial<Config>, 'NIEM_IMPORT_KEY' | 'NIEM_DIR' | 'NIEM_EVIDENCE_S3' | 'NIEM_PERSONAL_KEY' | 'NIEM_LOG_ORIGIN' | 'NIEM_LAN_HOSTS' | 'NIEM_SMTP_URL' | 'NIEM_SMTP_FROM'>, database_url: string, clock: Clock = systemClock, demo: Services['demo'] = [], signing: Signing = { notary: null, promise: null }) {
  // `sync: false` would lose the last lines of a crash; a line costs a few microseconds.
  const logger = pino({ level: config.NIEM_LOG, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } });
  const log: Services['log'] = ({ level, ...fields }) => (level === 'error' ? logger.error(fields) : logger.info(fields));
  const store = connectPool({ url: database_url, personal_key: config.NIEM_PERSONAL_KEY, connections_max: 8, lanes_max: 4, onError: (error) => log({ level: 'error', event: 'idle_connection_lost', error: error.message }) });
  const askSession = coalesce<Uint8Array, Session>((hashes) => loadSessions(store, hashes, clock(), config.NIEM_IDLE_MINUTES), {
    batch_max: 500, queue_max: QUEUE_MAX, lanes: 1, full: () => new Refused('busy'),
  });
  const { session, forget: forgetSessions } = sessionKeeper(askSession, clock, SESSION_KEEP_MS);
  const { periods, forget: forgetPeriods } = periodKeeper(store.read, clock, SESSION_KEEP_MS);
  const book = rulebookKeeper(clock);
  const ending = new AbortController();
  const lan_hosts = new Set(config.NIEM_LAN_HOSTS?.toLowerCase().split(',') ?? []);
  const mail = config.NIEM_SMTP_URL === undefined ? null : mailer(config.NIEM_SMTP_URL, config.NIEM_SMTP_FROM ?? '');
  const senders: Senders = {
    webhook: ({ message, address, keys }, now_ms) => postWebhook(address, webhookRequest(message, keys, now_ms), lan_hosts),
    ...(mail === null ? {} : { email: ({ message, address }) => mail.post(address, message) }),
  };
  const services: Services = {
    store,
    clock,
    session,
    forget: () => (forgetSessions(), forgetPeriods()),
    periods,
    log,
    append: appender({ store, clock, rules: async () => ({ ...(await book.rules(store.read)), periods: await periods() }), queue_max: QUEUE_MAX, lanes: 1, ...(signing.promise === null ? {} : { promise: promiser(signing.promise) }) }),
    forgetRules: book.forget,
    reference: referenceKeeper(store.read, clock),
    idle_minutes: config.NIEM_IDLE_MINUTES,
    profile: config.NIEM_PROFILE,
    refuses_secrecy: config.NIEM_PROFILE === 'edge' && config.NIEM_EDGE_HANDLES_SECRECY === '0',
    files: { pdf: labelPdf, png: labelPng, letter_pdf: letterPdf, letter_docx: letterDocx, picture: readPicture, paper: readPaper },
    evidence: evidenceOf(config),
    built: desk,
    demo,
    live: ending.signal,
    lan_hosts,
    import_key: config.NIEM_IMPORT_KEY ?? null,
    policy: signing.notary?.policy ?? NO_WITNESS,
  };
  const keeper = logKeeper({ store, clock, origin: config.NIEM_LOG_ORIGIN ?? 'niem.example/lang-son/{year}', notary: signing.notary, promise: signing.promise, head_every_ms: signing.head_every_ms ?? HEAD_EVERY_MS });
  if (config.NIEM_PROFILE === 'edge' && config.NIEM_EDGE_HANDLES_SECRECY === '1') log({ level: 'error', event: 'edge_handles_secrecy', warning: 'items marked A, B and C are handled on a network edge by explicit switch' });

  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const duration = new Histogram({ name: 'niem_request_seconds', help: 'Time to answer, by route and status', labelNames: ['method', 'route', 'status'], buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5], registers: [metrics] });
  const refusals = new Counter({ name: 'niem_refusals_total', help: 'Refusals by code', labelNames: ['refusal'], registers: [metrics] });

  // One query fills all four of a scrape.
  let asked: ReturnType<typeof logState> | null = null;
  const state = () => (asked ??= logState(store.read, clock()).finally(() => (asked = null)));
  const gauge = (name: string, help: string, value: (of: Awaited<ReturnType<typeof state>>) => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [metrics], collect: async () => made.set(value(await state())) });
  };
  gauge('niem_log_size', 'Entries in the log', ({ size }) => size);
  gauge('niem_log_pending', 'Entries that wait for their place in the log', ({ pending }) => pending);
  gauge('niem_log_head_age_seconds', 'Age of the last signed head; -1: none', ({ head_age_s }) => head_age_s ?? -1);
  gauge('niem_log_alarms', 'Open alarms of the log', ({ alarms }) => alarms.length);

  const app = createApp({
    open: () => ({ services }),
    observe: ({ method, route, status, seconds, refusal }) => {
      duration.labels(method, route, String(status)).observe(seconds);
      if (refusal !== null) refusals.labels(refusal).inc();
    },
  });
  app.get('/metrics', async (c) => c.text(await metrics.metrics(), 200, { 'content-type': metrics.contentType }));
  return {
    app,
    services,
    /** One round of what keeps the log going. */
    keepLog: keeper.tick,
    /** Ends what is being listened to. */
    hush: () => ending.abort(),
    /** One pass of what is done without being asked. */
    async tick() {
      await pressNotices(store.write, clock());
      return transmit(store.write, senders, clock);
    },
    close() {
      mail?.close();
      return store.close();
    },
  };
}

/** An S3 store where one is named, else a folder beside the embedded database. */
function evidenceOf({ NIEM_EVIDENCE_S3, NIEM_DIR }: Pick<Partial<Config>, 'NIEM_DIR' | 'NIEM_EVIDENCE_S3'>): Services['evidence'] {
  if (NIEM_EVIDENCE_S3 !== undefined) {
    const { username, password, origin, pathname, searchParams } = new URL(NIEM_EVIDENCE_S3);
    return evidenceS3({ url: `${origin}${pathname}`, key: decodeURIComponent(username), secret: decodeURIComponent(password), region: searchParams.get('region') ?? 'auto' });
  }
  return NIEM_DIR === undefined ? null : evidenceFolder(path.join(NIEM_DIR, 'evidence'));
}

/** Listens; `stop` ends live streams, lets requests under way finish, then closes the pools. */
export async function listen(config: Config, database_url: string, demo: Services['demo'] = [], signing?: Signing): Promise<Running> {
  const { app, services, tick, hush, keepLog, close } = assemble(config, database_url, systemClock, demo, signing);
  const keeping = repeat(LOG_EVERY_MS, keepLog, (error) => services.log({ level: 'error', event: 'log_not_kept', error: String(error) }));
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const started = serve({ fetch: app.fetch, hostname: config.HOST, port: config.PORT }, () => resolve(started));
    started.once('error', reject);
  });
  const ticking = repeat(TICK_MS, tick, (error) => services.log({ level: 'error', event: 'tick_failed', error: String(error) }));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : config.PORT;
  return {
    address: `http://${config.HOST === '0.0.0.0' ? '127.0.0.1' : config.HOST}:${port}`,
    port,
    async stop() {
      hush();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await keeping.stop();
      await ticking.stop();
      await close();
    },
  };
}

/** Does `work` again and again, never twice at once; a failure is told and does not end it. */
function repeat(every_ms: number, work: () => Promise<unknown>, failed: (error: unknown) => void): { stop: () => Promise<void> } {
  let stopped = false;
  let busy = false;
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    if (stopped || busy) return;
    busy = true;
    running = work().catch(failed).finally(() => (busy = false));
  }, every_ms);
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
