// A reader of a live view: one event at a time, or that there is none.

import type { World } from './world.ts';

type Event = { id: string; data: any };
/** A reader of the stream: `next` waits for what it says. */
export async function follow(world: World, path: string, token: string, last?: string) {
  const answer = await world.app.request(path, { headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) } });
  if (!answer.ok || !answer.body) throw new Error(await answer.text());
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  const blocks: string[] = [];
  let reading: ReturnType<typeof reader.read> | null = null;
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    /** null: the stream has ended. */
    async next(within_ms = 10_000): Promise<Event | 'silence' | null> {
      const until = performance.now() + within_ms;
      for (;;) {
        const block = blocks.shift();
        if (block !== undefined) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data !== undefined) return { id: /^id: (.*)$/m.exec(block)?.[1] ?? '', data: JSON.parse(data) };
          continue;
        }
        const got = await Promise.race([(reading ??= reader.read()), new Promise<null>((resolve) => setTimeout(() => resolve(null), until - performance.now()))]);
        if (got === null) return 'silence';
        reading = null;
        if (got.done) return null;
        const parts = (rest + got.value).split('\n\n');
        rest = parts.pop() ?? '';
        blocks.push(...parts);
      }
    },
    leave: () => reader.cancel(),
  };
}

/** What it says next; throws where it says nothing or ends. */
export const heard = async (from: Awaited<ReturnType<typeof follow>>): Promise<Event> => {
  const event = await from.next();
  if (event === null || event === 'silence') throw new Error(`heard ${event}`);
  return event;
};
