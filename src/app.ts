// The whole program as one Hono app: the same on Node and on Workers. Opens nothing, reads no clock, knows no runtime.

import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { requestId } from 'hono/request-id';
import { routePath } from 'hono/route';
import { secureHeaders } from 'hono/secure-headers';
import { caseEvidence } from './api/case_evidence.ts';
import { cases } from './api/cases.ts';
import { checkpoints } from './api/checkpoints.ts';
import { delivery } from './api/delivery.ts';
import { erasures } from './api/erasure.ts';
import { bodyGuard, newRouter, onError, refuse } from './api/edge.ts';
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
const guard = (more: { [directive: string]: string[] }) =>
  secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], styleSrc: ["'self'"], imgSrc: ["'self'"], fontSrc: ["'self'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"], ...more },
    xFrameOptions: 'DENY',
    referrerPolicy: 'no-referrer',
    permissionsPolicy: { camera: ['self'], geolocation: [], microphone: [] },
  });

export type Api = ReturnType<typeof api>;

/** The JSON API, typed from end to end (src/client.ts). */
const api = () => newRouter().route('/', sessions).route('/', checkpoints).route('/', items).route('/', road).route('/', preadvice).route('/', delivery).route('/', trace).route('/', reference).route('/', outbox).route('/', roster).route('/', periods).route('/', directives).route('/', incidents).route('/', reports).route('/', watch).route('/', legalBasis).route('/', writtenRecords).route('/', rules).route('/', screening).route('/', flags).route('/', erasures).route('/', endpoints).route('/', notices).route('/', log).route('/', cases).route('/', caseEvidence);

export function createApp(options: AppOptions): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>();
  app.onError(onError);
  app.notFound((c) => refuse(c, new Refused('no_such_route')));
  app.use(requestId({ limitLength: 64 }));
  app.use(async (c, next) => {
    const { services, close } = options.open(c);
    c.set('services', services);
    const started = performance.now();
    await next();
    const seconds = (performance.now() - started) / 1000;
    const route = routePath(c, -1);
    const seen = { method: c.req.method, route, status: c.res.status, seconds, refusal: c.get('refusal') ?? null };
    options.observe?.(seen);
    services.log({ level: c.res.status >= 500 ? 'error' : 'info', event: 'request', request_id: c.get('requestId'), ...seen });
    if (close) c.executionCtx.waitUntil(close());
  });
  const [plain, scripted] = [guard({}), guard({ scriptSrc: ["'self'"], connectSrc: ["'self'"], workerSrc: ["'self'"], manifestSrc: ["'self'"], imgSrc: ["'self'", 'blob:'] })];
  app.use((c, next) => (DESK.test(c.req.path) ? scripted : plain)(c, next));
  app.use('/api/*', async (c, next) => {
    c.header('cache-control', 'no-store');
    await next();
  });
  app.use('/api/*', bodyGuard);
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

