// The way to the server, seen from a device that trusts no network: a captive portal answers everything, a dead link takes
// requests and never answers, a proxy says 502. Only JSON from our own server counts as an answer.

import { systemClock } from '../base/time.ts';
import type { Link, Refusal } from './types.ts';

export type Answer =
  { link: 'online'; status: number; body: any; refusal: Refusal | null } | { link: Exclude<Link, 'online' | 'unknown'>; status: null };

const FIRST_BYTE_MS = 3_000;
/** What a body may take to go up a 64 kbit/s line that others use too. */
const BYTES_PER_MS = 5;
const REST_MS = 30_000;

/** Never throws. */
export async function ask(method: string, path: string, options: { token?: string | null; body?: unknown } = {}): Promise<Answer> {
  const body = options.body === undefined ? null : JSON.stringify(options.body);
  const stop = new AbortController();
  const first = setTimeout(() => stop.abort('slow'), FIRST_BYTE_MS + (body?.length ?? 0) / BYTES_PER_MS);
  let rest: ReturnType<typeof setTimeout> | undefined;
  try {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (options.token) headers['authorization'] = `Bearer ${options.token}`;
    if (body !== null) headers['content-type'] = 'application/json';
    const response = await fetch(path, {
      method,
      headers,
      body,
      redirect: 'manual',
      cache: 'no-store',
      credentials: 'omit',
      signal: stop.signal,
    });
    clearTimeout(first);
    rest = setTimeout(() => stop.abort('slow'), REST_MS);
    if (response.type === 'opaqueredirect') return { link: 'portal', status: null };
    const json = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    if (!json) return { link: response.status >= 500 ? 'server_error' : 'portal', status: null };
    const answer: any = await response.json();
    if (response.status >= 500 && typeof answer?.refusal !== 'string') return { link: 'server_error', status: null };
    const refusal = response.ok ? null : refusalOf(answer);
    if (!response.ok && refusal === null) return { link: 'portal', status: null };
    return { link: 'online', status: response.status, body: answer, refusal };
  } catch {
    return { link: stop.signal.aborted ? 'slow' : 'offline', status: null };
  } finally {
    clearTimeout(first);
    clearTimeout(rest);
  }
}

/** The words of a problem; null: no problem of ours. */
export function refusalOf(problem: any): Refusal | null {
  if (typeof problem?.refusal !== 'string') return null;
  const { refusal, vi = '', en = '', remedy_vi = '', remedy_en = '' } = problem;
  return { refusal, vi, en, remedy_vi, remedy_en };
}

type Sample = { base_ms: number; rtt_ms: number };
const SAMPLES = 8;

/**
 * Server time from probes. Kept against the monotonic clock, so that somebody who sets the device's clock between two probes
 * changes the offset that is told and not the time that is believed.
 */
export class ServerClock {
  #samples: Sample[] = [];
  #known_offset: number | null;
  constructor(known_offset: number | null) {
    this.#known_offset = known_offset;
  }
  /** Asks the server for its time. */
  async probe(): Promise<Answer> {
    const sent = performance.now();
    const answer = await ask('GET', '/healthz');
    const got = performance.now();
    const server = answer.link === 'online' ? Date.parse(answer.body?.now) : NaN;
    if (answer.link !== 'online') return answer;
    if (answer.status !== 200 || Number.isNaN(server)) return { link: 'portal', status: null };
    this.#samples = [...this.#samples, { base_ms: server + (got - sent) / 2 - got, rtt_ms: got - sent }].slice(-SAMPLES);
    return answer;
  }
  get #best(): Sample | null {
    return this.#samples.reduce<Sample | null>((best, s) => (best === null || s.rtt_ms < best.rtt_ms ? s : best), null);
  }
  /** Server clock minus device clock; null: never measured. */
  get offset_ms(): number | null {
    const best = this.#best;
    return best === null ? this.#known_offset : Math.round(performance.now() + best.base_ms - systemClock());
  }
  get uncertainty_ms(): number | null {
    const best = this.#best;
    return best === null ? null : Math.ceil(best.rtt_ms / 2);
  }
  now(): number {
    return systemClock() + (this.offset_ms ?? 0);
  }
}
