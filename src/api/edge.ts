// The JSON edge: who asks, is the body fit to be read, and how a refusal looks on the wire. Knows nothing of the post.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { RouteConfig } from '@hono/zod-openapi';
import type { Context, ErrorHandler, MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { $ZodIssue } from 'zod/v4/core';
import vi from 'zod/v4/locales/vi.js';
import { fill, Refused, REFUSALS } from '../base/refusal.ts';
import type { RefusalCode, RefusalFacts } from '../base/refusal.ts';
import type { Policy } from '../base/proof.ts';
import type { Clock } from '../base/time.ts';
import { invalidInput } from './body.ts';
import { noteRead, requireBudget } from '../acts/look_up.ts';
import { sha256Text } from '../acts/session.ts';
import { UnitCode } from '../domain/facts.ts';
import type { Session } from '../acts/session.ts';
import type { Period } from '../domain/period.ts';
import type { Caller, Permission } from '../domain/role.ts';
import type { Append } from '../ledger/append.ts';
import type { Letter } from '../interchange/letter.ts';
import type { LabelSize, Layout } from '../interchange/label.ts';
import type { Picture, PaperType } from '../interchange/picture.ts';
import type { EvidenceStore } from '../store/evidence.ts';
import { isUnavailable } from '../store/connect.ts';
import type { Store } from '../store/connect.ts';
import type { Reference } from '../store/reference.ts';

/** What a request needs of its surroundings. On Node one set serves all requests; on Workers each request has its own. */
export type Services = {
  store: Store;
  append: Append;
  clock: Clock;
  reference: () => Promise<Reference>;
  /** Heightened periods as ordered, at most half a second old. */
  periods: () => Promise<readonly Period[]>;
  session: (token_hash: Uint8Array) => Promise<Session>;
  /** Called after anything that changes who may do what: sessions are read afresh. */
  forget: () => void;
  /** Called after a rule is published or ended: the rulebook is read afresh. */
  forgetRules: () => void;
  idle_minutes: number;
  /** `edge` handles no item marked A, B or C unless the switch is set. */
  profile: 'lan' | 'edge';
  refuses_secrecy: boolean;
  /** Makes files that only Node can make; null on the edge. */
  files: {
    pdf: (pages: Layout[], title?: string) => Promise<Uint8Array>;
    png: (label: Layout, dpi: 203 | 300) => Uint8Array;
    letter_pdf: (letter: Letter) => Promise<Uint8Array>;
    letter_docx: (letter: Letter) => Promise<Uint8Array>;
    picture: (bytes: Uint8Array) => Promise<Picture>;
    paper: (bytes: Uint8Array) => Promise<PaperType>;
  } | null;
  /** Where pictures of casefiles and signed papers are kept; null: nowhere. */
  evidence: EvidenceStore | null;
  /** Made-up people of the demo, shown on the sign-in page; none where real people work. */
  demo: readonly DemoPerson[];
  /** Streams stay open until this is aborted; null where a request cannot stay open. */
  live: AbortSignal | null;
  /** The built desks; answers null for a file that is not theirs. */
  built: (request: Request) => Promise<Response | null>;
  log: (line: { [field: string]: unknown }) => void;
  /** Whose signatures below a head of the log are enough. */
  policy: Policy;
  /** Hosts inside the house that webhooks may go to; all others must be public addresses. */
  lan_hosts: ReadonlySet<string>;
  /** Private key that exported queues are encrypted to: P-256, PKCS #8 in base64url; null: none here. */
  import_key: string | null;
};

export type DemoPerson = { role: string; role_vi: string; role_en: string; badge: string; pin: string; full_name: string; office_code: string | null; agency_code: string | null };

export type Env = {
  Variables: {
    services: Services;
    caller: Caller;
    requestId: string;
    refusal?: string;
    /** JSON body, once it has passed the guard. */
    body?: unknown;
    /** Headers that every answer bears. */
    headers: { readonly [name: string]: string };
    /** The answer bears them already. */
    answered?: boolean;
  };
};
export type Edge = Context<Env>;
export type { LabelSize };

export const newRouter = () => new OpenAPIHono<Env>({ defaultHook });

// ---- Refusals on the wire (RFC 9457)

const ROWS_TOLD_MAX = 500;

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: 'Vietnamese, then English' }),
    refusal: z.string().openapi({ description: 'Stable code', example: 'check_digit_wrong' }),
    vi: z.string(),
    en: z.string(),
    remedy_vi: z.string(),
    remedy_en: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    instance: z.string().openapi({ description: 'Request id' }),
    rows: z
      .array(z.object({ line: z.int(), column: z.string(), problem_vi: z.string(), problem_en: z.string(), remedy_vi: z.string(), remedy_en: z.string() }))
      .optional()
      .openapi({ description: `Faults of a file, the first ${ROWS_TOLD_MAX}` }),
  })
  .openapi('Problem');
export type Problem = z.infer<typeof Problem>;

export function problemOf(refused: Refused, request_id: string): Problem {
  const entry = REFUSALS[refused.refusal];
  const { facts } = refused;
  const [sentenceVi, sentenceEn, remedyVi, remedyEn] = [
    entry.vi,
    entry.en,
    entry.remedy_vi,
    entry.remedy_en,
  ].map((s) => fill(s, facts)) as [string, string, string, string];
  return {
    type: `/api/docs#${refused.refusal}`,
    title: sentenceEn,
    status: entry.status,
    detail: `${sentenceVi} ${remedyVi} / ${sentenceEn} ${remedyEn}`,
    refusal: refused.refusal,
    vi: sentenceVi,
    en: sentenceEn,
    remedy_vi: remedyVi,
    remedy_en: remedyEn,
    facts,
    instance: request_id,
    ...(refused.rows.length === 0 ? {} : { rows: refused.rows.slice(0, ROWS_TOLD_MAX) }),
  };
}

/**
 * JSON answer of a route that is asked thousands of times a second. Its headers are one plain object, which Node sends as it is:
 * set one after another on a Headers object they cost as much as the step itself decides and writes (docs/decisions.md).
 */
export function answer(c: Edge, body: object, status: 200 | 201): Response {
  c.set('answered', true);
  return new Response(JSON.stringify(body), { status, headers: { ...c.get('headers'), 'content-type': 'application/json' } });
}

const problemResponse = (body: object, status: number, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  });

export function refuse(c: Edge, refused: Refused): Response {
  c.set('refusal', refused.refusal);
  const problem = problemOf(refused, c.get('requestId'));
  return problemResponse(problem, problem.status, {
    ...(problem.status === 503 ? { 'retry-after': '2' } : {}),
    ...(problem.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  });
}

/** A refusal is answered as such; anything else is a defect: logged with its request id, answered without details. */
export const onError: ErrorHandler<Env> = (error, c) => {
  if (error instanceof Refused) return refuse(c, error);
  if (error instanceof HTTPException && error.status === 400) return refuse(c, new Refused('malformed_json'));
  if (isUnavailable(error)) {
    c.get('services')?.log({
      level: 'error',
      event: 'database_unavailable',
      request_id: c.get('requestId'),
      error: String(error),
    });
    return refuse(c, new Refused('database_unavailable'));
  }
  c.get('services')?.log({
    level: 'error',
    event: 'defect',
    request_id: c.get('requestId'),
    error: error.stack ?? String(error),
  });
  const request_id = c.get('requestId');
  return problemResponse(
    {
      type: 'about:blank',
      title: 'Internal error',
      status: 500,
      refusal: 'defect',
      vi: `Lỗi trong hệ thống. Báo quản trị kèm mã ${request_id}.`,
      en: `Internal error. Tell the administrator this id: ${request_id}.`,
      instance: request_id,
    },
    500,
  );
};

// ---- What a schema refuses

const sayVi = vi().localeError;
const words = (say: typeof sayVi, issue: $ZodIssue): string => {
  const said = say(issue as never);
  return (typeof said === 'string' ? said : said?.message) ?? issue.message;
};

/** The refusal for what a schema found wrong: the first issue, of a union the branch that came nearest. */
export function refusedBySchema(issues: readonly $ZodIssue[], at: readonly PropertyKey[] = []): Refused {
  const issue = issues[0];
  if (!issue) return invalidInput('body', 'không hợp lệ', 'not valid');
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = issue.errors.reduce((best, branch) => (badness(branch) < badness(best) ? branch : best));
    return refusedBySchema(nearest, [...at, ...issue.path]);
  }
  const extra = issue.code === 'unrecognized_keys' ? [issue.keys[0] ?? ''] : [];
  const field = [...at, ...issue.path, ...extra].map(String).join('.') || 'body';
  if (issue.code === 'unrecognized_keys')
    return invalidInput(field, 'trường này không được phép có ở đây', 'this field may not stand here');
  return invalidInput(field, words(sayVi, issue).replace(/, nhận được undefined$/, ''), issue.message);
}

// What another branch was meant for shows in fields that are missing or should not be there, not in a wrong value.
const badness = (issues: readonly $ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : issue.code === 'invalid_union' ? 4 : issue.code === 'invalid_type' ? 2 : 1), 0);

function defaultHook(result: { success: boolean; error?: { issues: $ZodIssue[] }; target?: string }): void {
  if (!result.success) throw refusedBySchema(result.error?.issues ?? []);
}

// ---- Who asks

const TOKEN = /^Bearer ([A-Za-z0-9_-]{43})$/;

/** The caller's own token, for what the database itself looks up whose it is. */
export const tokenOf = (c: Edge): string => TOKEN.exec(c.req.header('authorization') ?? '')?.[1] ?? '';

const PIN_ONLY = { locked_too: false, offline_too: false };

/** Reads the session behind the bearer token; `locked_too` also lets an idle-locked session through, `offline_too` one of a grant. */
function signedIn({ locked_too, offline_too }: { locked_too: boolean; offline_too: boolean }): MiddlewareHandler<Env> {
  return async (c, next) => {
    const token = TOKEN.exec(c.req.header('authorization') ?? '')?.[1];
    if (token === undefined) throw new Refused('not_signed_in');
    const services = c.get('services');
    const { caller: known, idle } = await services.session(sha256Text(token));
    // Where marked items are not handled nobody is cleared for them, so none is shown or touched.
    const caller = services.refuses_secrecy ? { ...known, clearance: 'NONE' as const } : known;
    if (idle && !locked_too) throw new Refused('session_locked', { idle_minutes: services.idle_minutes });
    if (caller.grant_id !== null && !offline_too) throw new Refused('offline_session');
    c.set('caller', caller);
    await next();
  };
}

function allow(permission: Permission): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (!c.get('caller').permissions.has(permission)) throw new Refused('not_permitted', { permission });
    await next();
  };
}

/** Whoever looks up a unit by its number: within the budget, and noted, whatever comes of it. */
const lookUp: MiddlewareHandler<Env> = async (c, next) => {
  const code = c.req.param('code') ?? '';
  if (!UnitCode.safeParse(code).success) return next();
  const { store, clock, reference } = c.get('services');
  await requireBudget(store.write, c.get('caller'), code, (await reference()).limits, clock());
  await next();
  await noteRead(store.write, c.get('caller'), 'item', code, c.res.status === 200 ? 1 : 0, clock());
};

/** Marks as any answer tells them. The answer itself is looked at, so no view can forget to say so. */
const TELLS_MARK = /"secrecy":"[ABC]"|KT1 [ABC]\b/g;

/** Notes each answer that told somebody a mark A, B or C. */
export const noteMarks: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const caller = c.get('caller') as Caller | undefined;
  if (c.req.method !== 'GET' || caller === undefined || c.res.status !== 200 || !c.res.headers.get('content-type')?.startsWith('application/json')) return;
  const told = (await c.res.clone().text()).match(TELLS_MARK)?.length ?? 0;
  if (told > 0) await noteRead(c.get('services').store.write, caller, 'marked', c.req.path.slice(0, 80), told, c.get('services').clock());
};

// ---- Routes

type Given = Omit<RouteConfig, 'responses' | 'middleware' | 'security'>;

const problems = {
  description: 'Refused: see `refusal`',
  content: { 'application/problem+json': { schema: Problem } },
} as const;

/** What may be asked by: anybody, anybody signed in, or holders of one permission. Tests iterate over it. */
export type Access = 'public' | 'signed_in' | 'locked_too' | 'any_kind' | Permission;

/** Lets through those who may ask. */
export function accessTo(access: Access): MiddlewareHandler<Env>[] {
  if (access === 'public') return [];
  if (access === 'locked_too') return [signedIn({ locked_too: true, offline_too: true })];
  if (access === 'any_kind') return [signedIn({ locked_too: false, offline_too: true })];
  return access === 'signed_in' ? [signedIn(PIN_ONLY)] : [signedIn(PIN_ONLY), allow(access)];
}

/** A route with its access, its success and the refusals it shares with all others. */
export function route<const R extends Given, const S extends 200 | 201, const T extends z.ZodType>(
  access: Access,
  given: R,
  status: S,
  schema: T,
) {
  const middleware = accessTo(access);
  if (access !== 'public' && given.method === 'get' && given.path.includes('/{code}')) middleware.push(lookUp);
  return createRoute({
    ...given,
    middleware,
    ...(access === 'public' ? {} : { security: [{ session: [] }] }),
    'x-access': access,
    responses: {
      [status]: { description: 'Done', content: { 'application/json': { schema } } },
      default: problems,
    },
  });
}

/** JSON request body of a route. */
export const json = <const T extends z.ZodType>(schema: T) => ({
  body: { required: true as const, content: { 'application/json': { schema } } },
});

export { z };
export type { RefusalCode, RefusalFacts };
