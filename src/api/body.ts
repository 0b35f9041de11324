// A body before any schema looks at it: its size, media type, syntax and characters. Knows no route but those that take a file.

import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Refused } from '../base/refusal.ts';
import type { Edge, Env } from './edge.ts';

export const BODY_KIB_MAX = 1024;

const tooLarge = (limit_kib: number): Refused => new Refused('body_too_large', { limit_kib });

const countedBody = (limit_kib: number) =>
  bodyLimit({
    maxSize: limit_kib * 1024,
    onError: () => {
      throw tooLarge(limit_kib);
    },
  });

/** Some routes take no body: then there is none to guard. */
const bringsBody = (c: Edge): boolean =>
  c.req.header('content-type') !== undefined || c.req.header('transfer-encoding') !== undefined || Number(c.req.header('content-length') ?? 0) > 0;

/** Routes that take a file as it is, with the most KiB each takes; they judge its bytes themselves. */
const FILE_ROUTES: readonly (readonly [path: RegExp, kib_max: number])[] = [
  [/^\/api\/preadvice$/, BODY_KIB_MAX],
  [/^\/api\/cases\/[^/]+\/evidence$/, 12 * 1024],
  [/^\/api\/written-records\/[^/]+\/scans$/, 12 * 1024],
];

const SENDS_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** Size, media type, syntax, characters: all before any schema looks at the body. */
export const bodyGuard: MiddlewareHandler<Env> = async (c, next) => {
  if (SENDS_BODY.has(c.req.method) && bringsBody(c)) {
    // A body that tells its length is cut there by the HTTP parser. One that does not is counted as it comes, by a
    // middleware that costs a stream (80 us) and is therefore kept off the usual path.
    const length = c.req.header('content-length');
    const file = FILE_ROUTES.find(([path]) => path.test(c.req.path));
    const limit_kib = file?.[1] ?? BODY_KIB_MAX;
    if (length === undefined) await countedBody(limit_kib)(c, async () => undefined);
    else if (Number(length) > limit_kib * 1024) throw tooLarge(limit_kib);
    const type = c.req.header('content-type') ?? '';
    if (file !== undefined) return next();
    if (!/^application\/json\s*(;\s*charset=utf-8)?$/i.test(type)) throw new Refused('wrong_content_type', { expected: 'application/json' });
    let body: unknown;
    try {
      body = await c.req.json();
    } catch {
      throw new Refused('malformed_json');
    }
    checkText(body, '', 0);
    c.set('body', body);
  }
  await next();
};

/** Control, invisible and bidirectional characters, and U+FFFD, which stands for bytes that were no UTF-8. */
const HIDDEN = /[\ufffd\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
// oxlint-disable-next-line no-control-regex -- plain ASCII needs neither test
const PLAIN = /^[\x20-\x7e]*$/;
const FIELD = /^[A-Za-z0-9_]{1,64}$/;

function checkText(value: unknown, field: string, depth: number): void {
  if (typeof value === 'string') {
    if (PLAIN.test(value)) return;
    if (HIDDEN.test(value)) throw new Refused('control_characters', { field });
    if (value.normalize('NFC') !== value) throw new Refused('not_nfc', { field });
  } else if (typeof value === 'object' && value !== null) {
    if (depth > 12) throw invalidInput(field, 'lồng quá sâu', 'nested too deep');
    for (const [key, member] of Object.entries(value)) {
      if (!FIELD.test(key))
        throw invalidInput(field || 'body', 'tên trường lạ', 'strange field name');
      if (typeof member === 'string' && PLAIN.test(member)) continue;
      checkText(member, field === '' ? key : `${field}.${key}`, depth + 1);
    }
  }
}

export const invalidInput = (field: string, problem_vi: string, problem_en: string): Refused =>
  new Refused('invalid_input', { field, problem_vi, problem_en });
