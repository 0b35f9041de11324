// The verifier as a page of one file: works from a USB stick, without a network, an account or trust in us. Nothing leaves it.

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { hex } from '../base/bytes.ts';
import { heldHead } from '../base/note.ts';
import { policyOf } from '../base/proof.ts';
import { civilText } from '../base/time.ts';
import { keyProblem } from '../domain/key.ts';
import { BundleError } from './bundle_error.ts';
import { checker } from './check.ts';
import type { Held } from './check.ts';
import type { Verdict } from './verdict.ts';
import { checkStream } from './stream.ts';
import { linesOf, notProved } from './words.ts';

const CHUNK = 1 << 20;
const hash = (bytes: Uint8Array): Uint8Array => sha256(bytes);
/** In plain script, because not every browser that may be met knows Ed25519. Strict as RFC 8032 has it. */
const verify = (public_key: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean =>
  keyProblem(public_key) === null && signature.length === 64 && ed25519.verify(signature, message, public_key, { zip215: false });

const element = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
const typed = (id: string): string => element<HTMLTextAreaElement>(id).value.trim();
const say = (text: string): void => void (element('status').textContent = text);

function show(list: string, lines: readonly { mark: string; vi: string; en: string }[]): void {
  element(list).replaceChildren(
    ...lines.map(({ mark, vi, en }) => {
      const [item, small] = [document.createElement('li'), document.createElement('small')];
      item.className = mark;
      item.textContent = `${{ ok: '✓', warn: '⚠', bad: '✗' }[mark] ?? '⊘'} ${vi}`;
      small.lang = 'en';
      small.textContent = en;
      item.append(small);
      return item;
    }),
  );
}

async function* chunksOf(file: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += CHUNK) yield new Uint8Array(await file.slice(at, at + CHUNK).arrayBuffer());
}

function held(): Held {
  try {
    return {
      policy: typed('policy') === '' ? null : policyOf(hash, typed('policy')),
      head: typed('head') === '' ? null : heldHead(typed('head')),
    };
  } catch (error) {
    throw new BundleError('not_a_bundle', { problem: (error as Error).message });
  }
}

function showSteps(verdict: Verdict): void {
  element('steps').replaceChildren(
    ...verdict.shown.map((step) => {
      const row = document.createElement('tr');
      for (const text of [
        String(step.index),
        step.at === null ? '' : civilText(step.at),
        step.kind ?? step.format,
        step.code ?? '',
        step.state ?? '',
        step.office_code ?? '',
      ])
        row.appendChild(document.createElement('td')).textContent = text;
      return row;
    }),
  );
}

async function check(file: Blob): Promise<void> {
  show('found', []);
  element('rest').hidden = true;
  const digest = sha256.create();
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(file)) {
      digest.update(chunk);
      yield chunk;
      // Lets the page draw what has been done so far.
      await new Promise((next) => setTimeout(next));
    }
  }
  try {
    const verdict = await checkStream(checker({ hash, verify }, held()), counted(), {
      progress: (bytes) => say(`đã kiểm ${(bytes / 1e6).toFixed(1)}/${(file.size / 1e6).toFixed(1)} MB`),
    });
    show('found', linesOf(verdict));
    show('not', notProved(verdict));
    showSteps(verdict);
    element('sha').textContent = hex(digest.digest());
    element('rest').hidden = false;
    say('Đã kiểm xong: không phát hiện sửa đổi.');
  } catch (error) {
    const fault = error instanceof BundleError ? error : new BundleError('not_a_bundle', { problem: (error as Error).message });
    const [vi, en] = fault.sentences();
    const told = fault.code === 'not_a_bundle' ? ['KHÔNG ĐỌC ĐƯỢC', 'UNREADABLE'] : ['ĐÃ BỊ SỬA', 'TAMPERED'];
    show('found', [{ mark: 'bad', vi: `${told[0]}. ${vi}`, en: `${told[1]}. ${en}` }]);
    say(told[0] ?? '');
  }
}

const input = element<HTMLInputElement>('file');
const again = (): void => {
  const [file] = input.files ?? [];
  if (file) void check(file);
};
input.addEventListener('change', again);
element('again').addEventListener('click', again);
element('print').addEventListener('click', () => window.print());
const drop = element('drop');
for (const kind of ['dragover', 'dragleave', 'drop'] as const)
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', kind === 'dragover');
    const files = event.dataTransfer?.files;
    if (kind === 'drop' && files && files.length > 0) {
      input.files = files;
      again();
    }
  });
