// What the whole desk knows: where it is, who sits at it, which theme it wears, and how it asks the server.

import { signal } from '@preact/signals';
import type { hc } from 'hono/client';
import type { Api } from '../app.ts';
import type { ProblemWords } from './ui.tsx';

/** Path below the origin, e.g. /desk/intake. */
export const place = signal(location.pathname);
export function go(path: string): void {
  if (path !== place.value) history.pushState(null, '', path);
  place.value = path.split('?')[0] ?? path;
}
addEventListener('popstate', () => (place.value = location.pathname));
addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || link.target || link.origin !== location.origin || !link.pathname.startsWith('/desk')) return;
  event.preventDefault();
  go(link.pathname + link.search);
});

export type Theme = 'system' | 'light' | 'dark' | 'contrast';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark', 'contrast'];
const stored = localStorage.getItem('niem.theme') as Theme | null;
export const theme = signal<Theme>(stored !== null && THEMES.includes(stored) ? stored : 'system');
theme.subscribe((value) => {
  document.documentElement.dataset['theme'] = value;
  localStorage.setItem('niem.theme', value);
});

export type Me = {
  person_id: string; full_name: string; badge: string; office_code: string | null; agency_code: string | null; device_id: string | null; shift_id: string | null;
  roles: string[]; permissions: string[]; clearance: string; kt1_trained: boolean; locked: boolean;
};
export const me = signal<Me | null>(null);
/** Bearer of the session; null: signed out, or signed in without a network. */
export const token = signal<string | null>(null);
export const may = (permission: string): boolean => me.value?.permissions.includes(permission) ?? false;

const TIMEOUT_MS = 10_000;

type Asked = { param?: { [name: string]: string }; query?: { [name: string]: string | string[] | undefined }; json?: unknown };
type Extra = { headers?: { [name: string]: string }; init?: RequestInit };

async function request(method: string, path: string, { param = {}, query = {}, json }: Asked = {}, { headers: more = {}, init = {} }: Extra = {}): Promise<Response> {
  const url = new URL(path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(param[name] ?? '')), location.origin);
  for (const [name, value] of Object.entries(query)) for (const one of [value ?? []].flat()) url.searchParams.append(name, one);
  const headers = new Headers(more);
  if (json !== undefined) headers.set('content-type', 'application/json');
  if (token.value !== null) headers.set('authorization', `Bearer ${token.value}`);
  return fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init, method, headers, ...(json === undefined ? {} : { body: JSON.stringify(json) }) });
}
/** A step of the path for each name, the question at `$get`, `$post` and so on. */
const step = (path: string): unknown =>
  new Proxy({}, { get: (_, name) => (String(name).startsWith('$') ? (asked?: Asked, extra?: Extra) => request(String(name).slice(1).toUpperCase(), path, asked, extra) : step(`${path}/${String(name)}`)) });

/** The server's own description as a typed client: the types are Hono's, its program would be a fortieth of the first load. */
export const api = step('/api') as ReturnType<typeof hc<Api>>['api'];

type Answer = { ok: boolean; json: () => Promise<unknown> };
type Body<R> = R extends { json: () => Promise<infer T> } ? (T extends { refusal: string; remedy_vi: string } ? never : T) : never;

/** The answer's body; a refusal is thrown as ProblemWords, no answer as an Error. */
export async function ask<R extends Answer>(answer: Promise<R>): Promise<Body<R>> {
  const got = await answer;
  const body = await got.json();
  if (!got.ok) throw body as ProblemWords;
  return body as Body<R>;
}
