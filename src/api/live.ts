// Live views: what a screen looks at is told again when it changes, as server-sent events. An event's id is the version of what it
// tells, so whoever comes back with it hears only what is new. Where a request cannot stay open (Workers) each answer holds one event
// at most and ends: the same reader then asks again after `retry`.

import type { Refused } from '../base/refusal.ts';
import { loadSessions } from '../acts/session.ts';
import type { Permission } from '../domain/role.ts';
import type { Edge } from './edge.ts';

/** How soon a change is seen, how often the session is, and when a line that says nothing proves that it still stands. */
const LOOK_MS = 250;
const SESSION_MS = 2_000;
const BEAT_MS = 15_000;
/** After what time a reader comes back. */
const RETRY_MS = 700;

/** `version`: a short text that differs whenever what `read` gives differs. `every_ms`: how often it is looked; left out, as often as a count needs it. */
export type Look = { every_ms?: number; version: () => Promise<string>; read: () => Promise<object> };

const HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };
const eventOf = (id: string, data: object): string => `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** Whether somebody asked for a stream rather than for one answer. */
export const wantsLive = (c: Edge): boolean => c.req.header('accept') === 'text/event-stream';

/** The stream: ends when the reader goes, the process stops, or the session no longer may. It does not keep a session awake. */
export async function live(c: Edge, permission: Permission, look: Look): Promise<Response> {
  const { live: standing, store, clock, idle_minutes } = c.get('services');
  const { session_hash } = c.get('caller');
  let told = c.req.header('last-event-id') ?? '';
  const news = async (): Promise<string | null> => {
    const version = await look.version();
    if (version === told) return null;
    told = version;
    return eventOf(version, await look.read());
  };
  // Before anything is promised: what is refused is refused as everywhere.
  const opening = `retry: ${RETRY_MS}\n\n${(await news()) ?? ''}`;
  if (standing === null) return c.body(opening, 200, HEADERS);

  const stillMay = async (): Promise<boolean> => {
    const [session] = await loadSessions(store, [session_hash], clock(), idle_minutes, false);
    return session !== undefined && !(session instanceof Error) && !session.idle && session.caller.permissions.has(permission);
  };
  const encoder = new TextEncoder();
  let gone = false;
  let [beat_at, session_at] = [performance.now() + BEAT_MS, performance.now() + SESSION_MS];
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(encoder.encode(opening)),
    async pull(stream) {
      const say = (text: string): void => {
        beat_at = performance.now() + BEAT_MS;
        stream.enqueue(encoder.encode(text));
      };
      for (;;) {
        await pause(look.every_ms ?? LOOK_MS, standing);
        if (gone) return;
        const now = performance.now();
        const ends = standing.aborted || (now > session_at && !(await stillMay().catch(() => false)));
        if (now > session_at) session_at = now + SESSION_MS;
        // A database that is away ends the stream as well: the reader comes back until it is there.
        const said = ends ? null : await news().catch((error: Refused | Error) => error);
        if (gone) return;
        if (ends || said instanceof Error) return stream.close();
        if (said !== null) return say(said);
        if (now > beat_at) return say(':\n\n');
      }
    },
    cancel: () => void (gone = true),
  });
  return new Response(body, { headers: { ...HEADERS, 'cache-control': 'no-store' } });
}

const pause = (ms: number, until: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (until.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      until.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    until.addEventListener('abort', end);
  });
