// The demo's Lạng Sơn without its day, and the whole app on it: the stage on which journeys are played.

import path from 'node:path';
import { expect } from 'vitest';
import { verifyLedger } from '../../src/ledger/verify.ts';
import type { Answered, Stage } from '../../src/journey.ts';
import { assemble } from '../../src/node.ts';
import { seedDemo } from '../../src/seed.ts';
import { freshDatabase } from './database.ts';
import { PERSONAL_KEY, PIN } from './people.ts';

const TOO_OLD = new Set(['session_expired', 'session_locked', 'not_signed_in']);

/** Asks as a badge, signing in when there is no session or it has grown too old. `send`: one request to whatever runtime. */
export function asker(send: (method: string, path: string, token: string | null, body?: unknown) => Promise<Answered>): Stage['ask'] {
  const tokens = new Map<string, string>();
  const signedIn = async (badge: string): Promise<string> => {
    const answer = await send('POST', '/api/sessions', null, { badge, pin: PIN });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    tokens.set(badge, answer.body.token as string);
    return answer.body.token as string;
  };
  return async (badge, method, route, body) => {
    const answer = await send(method, route, tokens.get(badge) ?? (await signedIn(badge)), body);
    return TOO_OLD.has(answer.body?.refusal) ? send(method, route, await signedIn(badge), body) : answer;
  };
}

export async function makeProvince() {
  const database = await freshDatabase();
  let offset = 0;
  const clock = (): number => Date.now() + offset;
  await seedDemo({ migrate: database.urls.migrate, app: database.urls.app }, clock, { day: false });
  const { app, services, close } = assemble({ NIEM_PROFILE: 'lan', NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 5, NIEM_LOG: 'silent', NIEM_PERSONAL_KEY: PERSONAL_KEY }, database.urls.app, clock);
  const ask = asker(async (method, route, token, body) => {
    const response = await app.request(route, { method, headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: response.status, body: await response.json() };
  });
  for (const head of ['LS1009', 'LS1024']) expect((await ask(head, 'POST', '/api/shifts', {})).status).toBe(201);
  return {
    database,
    stage: { ask, pin: PIN, now: clock, advance: (ms: number) => void (offset += ms) } satisfies Stage,
    async verify(): Promise<void> {
      expect((await verifyLedger(services.store.read)).faults).toEqual([]);
    },
    async end(): Promise<void> {
      await close();
      await database.drop();
    },
  };
}

export const JOURNEYS = path.join(import.meta.dirname, '../journeys');
