// The typed client: every route, its input and its answer, known to the compiler.

import { hc } from 'hono/client';
import type { Api } from './app.ts';

/** `base`: e.g. http://127.0.0.1:8787; `token`: from POST /api/sessions. */
export function niemClient(base: string, token?: string) {
  return hc<Api>(base, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
}
