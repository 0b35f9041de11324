// Listens to a live view of the server. A stream that ends, by a bad line or because that server keeps none open, is asked for
// again with the id of what was heard last, so nothing is told twice and nothing is missed.

const RETRY_MS = 700;
const RETRY_MAX_MS = 15_000;
/** The server says something at least every fifteen seconds. */
const SILENCE_MS = 40_000;

/** `ask`: one request, with these headers. `hear`: what came, at once and in order. Returns how to stop. */
export function listenTo(ask: (headers: { [name: string]: string }, signal: AbortSignal) => Promise<Response>, hear: (data: unknown) => void): () => void {
  let ended = false;
  let last = '';
  let stream = new AbortController();
  let retry = RETRY_MS;
  let failures = 0;
  let wake = (): void => undefined;
  const back = (): void => {
    if (document.visibilityState === 'visible') wake();
  };
  document.addEventListener('visibilitychange', back);

  async function once(): Promise<void> {
    stream = new AbortController();
    let silent = setTimeout(() => stream.abort(), SILENCE_MS);
    try {
      const answer = await ask({ accept: 'text/event-stream', ...(last === '' ? {} : { 'last-event-id': last }) }, stream.signal);
      if (!answer.ok || !answer.body || !answer.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error('no stream');
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(silent);
        silent = setTimeout(() => stream.abort(), SILENCE_MS);
        failures = 0;
        const blocks = (rest + value).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const field = (name: string): string | undefined => block.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
          retry = Number(field('retry') ?? retry);
          const data = field('data');
          if (data === undefined || ended) continue;
          last = field('id') ?? last;
          hear(JSON.parse(data));
        }
      }
    } finally {
      clearTimeout(silent);
    }
  }

  void (async () => {
    while (!ended) {
      // A screen that nobody sees asks for nothing.
      if (document.visibilityState === 'hidden') await new Promise<void>((resolve) => (wake = resolve));
      if (ended) return;
      await once().catch(() => failures++);
      if (!ended) await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MAX_MS, retry * 2 ** failures)));
    }
  })();
  return () => {
    ended = true;
    stream.abort();
    wake();
    document.removeEventListener('visibilitychange', back);
  };
}
