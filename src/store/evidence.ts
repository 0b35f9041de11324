// Files of casefiles and signed papers: written once and never again, under names that tell nothing. A folder on this machine, or any store that speaks
// S3 (MinIO, R2). May not judge what is in them.

import { open, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { AwsClient } from 'aws4fetch';
import { Defect } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';

export type EvidenceStore = {
  /** false: another file stands under this name, and stays. */
  put(name: string, bytes: Uint8Array): Promise<boolean>;
  /** null: there is none. */
  get(name: string): Promise<Uint8Array | null>;
};

/** `casefile_id/evidence_id.form`, or `record_id/digest.original` of a signed paper: nothing that a client wrote. */
const NAME = /^[0-9a-f-]{36}\/([0-9a-f-]{36}\.(original|view)|[0-9a-f]{64}\.original)$/;

function requireName(name: string): string {
  if (!NAME.test(name)) throw new Defect('not a name of evidence');
  return name;
}

const isCode = (error: unknown, code: string): boolean => (error as { code?: unknown } | null)?.code === code;

export function evidenceFolder(folder: string): EvidenceStore {
  const fileOf = (name: string): string => path.join(folder, requireName(name));
  const get = (name: string): Promise<Uint8Array | null> =>
    readFile(fileOf(name)).then(
      (bytes) => new Uint8Array(bytes),
      (error: unknown) => {
        if (isCode(error, 'ENOENT')) return null;
        throw error;
      },
    );
  return {
    get,
    async put(name, bytes) {
      await mkdir(path.dirname(fileOf(name)), { recursive: true, mode: 0o700 });
      try {
        const file = await open(fileOf(name), 'wx', 0o400);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        return true;
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw error;
        const there = await get(name);
        return there !== null && equalBytes(there, bytes);
      }
    },
  };
}

export type S3Options = { url: string; key: string; secret: string; region: string };

/** `url`: endpoint and bucket, https://host/bucket. */
export function evidenceS3({ url, key, secret, region }: S3Options): EvidenceStore {
  const client = new AwsClient({ accessKeyId: key, secretAccessKey: secret, service: 's3', region, retries: 2 });
  const address = (name: string): string => `${url.replace(/\/+$/, '')}/${requireName(name)}`;
  const get = async (name: string): Promise<Uint8Array | null> => {
    const answer = await client.fetch(address(name));
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`evidence store answers ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  return {
    get,
    async put(name, bytes) {
      const answer = await client.fetch(address(name), {
        method: 'PUT',
        body: bytes as Uint8Array<ArrayBuffer>,
        headers: { 'if-none-match': '*', 'content-type': 'application/octet-stream' },
      });
      if (answer.ok) return true;
      // 412: it is there; 409: somebody writes it at this moment.
      if (answer.status !== 412 && answer.status !== 409) throw new Error(`evidence store answers ${answer.status}`);
      const there = await get(name);
      return there !== null && equalBytes(there, bytes);
    },
  };
}
