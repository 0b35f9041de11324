// The whole program as one Hono app: the same on Node and on Workers. Opens nothing, reads no clock, knows no runtime.

import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { routePath } from 'hono/route';
import { audits } from './api/audit.ts';
import { caseEvidence } from './api/case_evidence.ts';
import { cases } from './api/cases.ts';
import { checkpoints } from './api/checkpoints.ts';
import { delivery } from './api/delivery.ts';
import { erasures } from './api/erasure.ts';
import { bodyGuard } from './api/body.ts';
import { newRouter, noteMarks, onError, refuse } from './api/edge.ts';
import type { Env, Services } from './api/edge.ts';
import { CHECKPOINT_EXAMPLES } from './api/examples.ts';
import { flags } from './api/flags.ts';
import { items } from './api/items.ts';
import { endpoints } from './api/endpoints.ts';
import { directives } from './api/directives.ts';
import { incidents } from './api/incidents.ts';
import { periods } from './api/periods.ts';
import { reports } from './api/reports.ts';
import { roster } from './api/roster.ts';
import { leader } from './api/leader.ts';
import { log, logTiles } from './api/log.ts';
import { legalBasis } from './api/legal_basis.ts';
import { notices } from './api/notices.ts';
import { outbox } from './api/outbox.ts';
import { preadvice } from './api/preadvice.ts';
import { reference } from './api/reference.ts';
import { road } from './api/road.ts';
import { rules } from './api/rules.ts';
import { screening } from './api/screening.ts';
import { sessions } from './api/sessions.ts';
import { trace } from './api/trace.ts';
import { watch } from './api/watch.ts';
import { writtenRecords } from './api/written_record.ts';
import { Refused } from './base/refusal.ts';
import { instant } from './base/time.ts';
import { logState } from './views/log.ts';
import { docsPage, STYLESHEET } from './web/pages.ts';

export type AppOptions = {
  /** The surroundings of one request, and what is to be done once it has been answered. */
  open: (c: Context<Env>) => { services: Services; close?: () => Promise<void> };
  /** Called once per request with its outcome, for metrics. */
  observe?: (seen: { method: string; route: string; status: number; seconds: number; refusal: string | null }) => void;
};

const DESCRIPTION = {
  openapi: '3.1.0',
  info: {
    title: 'Niêm API',
    version: '1',
    description: 'Sổ hành trình KT1: chấp nhận, quét, đối soát, phát; mọi mốc đều nối băm và kiểm chứng được. / KT1 chain of custody: accept, scan, reconcile, deliver; every checkpoint is hash-chained and verifiable.',
  },
};

/** Only the desks run scripts, and only our own; the pages of the API run none. */
const DESK = /^\/($|desk\/|sw\.js$)/;
const policy = (more: { [directive: string]: string } = {}): string =>
  Object.entries({ 'default-src': "'none'", 'style-src': "'self'", 'img-src': "'self'", 'font-src': "'self'", 'base-uri': "'none'", 'form-action': "'none'", 'frame-ancestors': "'none'", ...more })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');

/** What every answer bears, as OWASP advises; plain objects, made once, because a busy route sends them as they are. */
const PLAIN: { readonly [name: string]: string } = {
  'content-security-policy': policy(),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(self), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=15552000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};
const SCRIPTED = { ...PLAIN, 'content-security-policy': policy({ 'img-src': "'self' blob:", 'script-src': "'self'", 'connect-src': "'self'", 'worker-src': "'self'", 'manifest-src': "'self'" }) };
const API = { ...PLAIN, 'cache-control': 'no-store' };
const REQUEST_ID = /^[\w=-]{1,64}$/;

export type Api = ReturnType<typeof api>;

/** The JSON API, typed from end to end (src/client.ts). */
const api = () =>
  newRouter()
    .route('/', sessions)
    .route('/', checkpoints)
    .route('/', items)
    .route('/', road)
    .route('/', preadvice)
    .route('/', delivery)
    .route('/', trace)
    .route('/', reference)
    .route('/', outbox)
    .route('/', roster)
    .route('/', periods)
    .route('/', directives)
    .route('/', incidents)
    .route('/', reports)
    .route('/', leader)
    .route('/', watch)
    .route('/', legalBasis)
    .route('/', writtenRecords)
    .route('/', rules)
    .route('/', screening)
    .route('/', flags)
    .route('/', erasures)
    .route('/', audits)
    .route('/', endpoints)
    .route('/', notices)
    .route('/', log)
    .route('/', cases)
    .route('/', caseEvidence);

export function createApp(options: AppOptions): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>();
  app.onError(onError);
  app.notFound((c) => refuse(c, new Refused('no_such_route')));
  app.use(async (c, next) => {
    const { services, close } = options.open(c);
    const given = c.req.header('x-request-id');
    const request_id = given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID();
    const { path } = c.req;
    const headers = { ...(path.startsWith('/api/') ? API : DESK.test(path) ? SCRIPTED : PLAIN), 'x-request-id': request_id };
    c.set('services', services);
    c.set('requestId', request_id);
    c.set('headers', headers);
    const started = performance.now();
    await next();
    if (c.get('answered') !== true) for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    const seconds = (performance.now() - started) / 1000;
    const route = routePath(c, -1);
    const seen = { method: c.req.method, route, status: c.res.status, seconds, refusal: c.get('refusal') ?? null };
    options.observe?.(seen);
    services.log({ level: c.res.status >= 500 ? 'error' : 'info', event: 'request', request_id: c.get('requestId'), ...seen });
    if (close) c.executionCtx.waitUntil(close());
  });
  app.use('/api/*', bodyGuard);
  app.use('/api/*', noteMarks);
  app.route('/', api());
  app.route('/', logTiles);

  const description = () => {
    app.openAPIRegistry.registerComponent('securitySchemes', 'session', { type: 'http', scheme: 'bearer', description: 'Token of POST /api/sessions' });
    return app.getOpenAPI31Document(DESCRIPTION);
  };
  let described: ReturnType<typeof description> | null = null;
  app.get('/api/openapi.json', (c) => c.json((described ??= description())));
  app.get('/api/docs', (c) => c.html(docsPage((described ??= description()) as never, CHECKPOINT_EXAMPLES)));

  const desk = async (c: Context<Env>, path: string, cache: string) => {
    const file = await c.get('services').built(new Request(new URL(path, c.req.url), { headers: c.req.raw.headers }));
    if (file === null) {
      if (path === '/index.html') return c.text('Bàn làm việc chưa được dựng: npm run build. / The desks are not built: npm run build.\n', 503);
      return refuse(c, new Refused('no_such_route'));
    }
    const answer = new Response(file.body, file);
    answer.headers.set('cache-control', cache);
    return answer;
  };
  for (const path of ['/', '/desk/*']) app.get(path, (c) => desk(c, '/index.html', 'no-cache'));
  for (const path of ['/sw.js', '/icon.svg', '/manifest.webmanifest']) app.get(path, (c) => desk(c, path, 'no-cache'));
  // To be carried away: its script runs from a file, and nowhere here.
  app.get('/verify.html', async (c) => {
    const answer = await desk(c, '/verify.html', 'no-cache');
    answer.headers.set('content-disposition', 'attachment; filename="niem-verify.html"');
    return answer;
  });
  app.get('/assets/niem.css', (c) => c.body(STYLESHEET, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'max-age=3600' }));
  app.get('/assets/*', (c) => desk(c, c.req.path, 'public, max-age=31536000, immutable'));
  app.get('/healthz', (c) => c.json({ ok: true, now: instant(c.get('services').clock()) }));
  app.get('/readyz', async (c) => {
    try {
      const { store, clock } = c.get('services');
      const { alarms, head_age_s, pending, size } = await logState(store.read, clock());
      return c.json({ ready: true, log: { size, pending, head_age_s, alarms: alarms.map(({ alarm }) => alarm) } });
    } catch {
      return refuse(c, new Refused('database_unavailable'));
    }
  });
  return app;
}

