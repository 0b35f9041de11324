// Takes a file from the server by the session of whoever sits here and hands it to the browser's own download. A big one takes its time.

import { token } from './state.ts';
import type { ProblemWords } from './ui.tsx';

/** A refusal is thrown as ProblemWords. */
export async function saveAs(path: string): Promise<void> {
  const answer = await fetch(path, { headers: token.value === null ? {} : { authorization: `Bearer ${token.value}` } });
  if (!answer.ok) throw (await answer.json()) as ProblemWords;
  const name = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? path.split('/').at(-1) ?? 'niem';
  const url = URL.createObjectURL(await answer.blob());
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
