// The queue as a file, for the day when a memory stick is the network: signed by the device, packed, encrypted to the
// province's P-256 key. The server's half is src/interchange/queue_file.ts.

import { base64url, fromBase64url, hex, utf8 } from '../base/bytes.ts';
import { instant } from '../base/time.ts';
import { exportBytes } from '../domain/claim.ts';
import type { DeviceRow, EventRow } from './keep.ts';
import { sha256, sign, unseal } from './seal.ts';
import type { ExportFile } from './types.ts';

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const;
/** So that a file stays below what the import takes in one request. */
export const EVENTS_PER_FILE = 1_000;

type Grants = { person_id: string; grant_id: string; grant: string }[];

/** `name` may stand on a label; `sha256` of the text is what two people compare. */
export async function exportFile(
  device: DeviceRow,
  rows: readonly EventRow[],
  grants: Grants,
  export_key: string,
  now_ms: number,
): Promise<ExportFile> {
  const people = new Set(rows.map((row) => row.person_id));
  const events = await Promise.all(
    rows.map(async (row) => ({
      person_id: row.person_id,
      wire: { ...row.wire, ...(row.secret === null ? {} : await unseal<object>(device.local, row.secret)) },
      second:
        row.second === null
          ? null
          : {
              grant_id: row.second.grant_id,
              permission: row.second.permission,
              proof: await unseal<string>(device.local, row.second.proof),
            },
    })),
  );
  const content = JSON.stringify({
    format: 'niem.outbox/1',
    device_id: device.device_id,
    made_at: instant(now_ms),
    people: grants.filter((g) => people.has(g.person_id)),
    events,
  });
  const signature = base64url(await sign(device.signing, exportBytes(device.device_id, await sha256(utf8(content)))));
  const text = JSON.stringify(await sealedTo(export_key, JSON.stringify({ content, signature })));
  const [from, to] = [rows[0]?.device_seq ?? 0, rows.at(-1)?.device_seq ?? 0];
  return {
    name: `niem-${device.device_id.slice(-6)}-${from}-${to}.json`,
    text,
    sha256: hex(await sha256(utf8(text))),
    events: rows.length,
  };
}

async function sealedTo(export_key: string, text: string): Promise<{ format: string; key: string; iv: string; data: string }> {
  const province = await crypto.subtle.importKey('raw', fromBase64url(export_key), CURVE, false, []);
  const own = await crypto.subtle.generateKey(CURVE, true, ['deriveBits']);
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', own.publicKey));
  const hkdf = await crypto.subtle.importKey(
    'raw',
    await crypto.subtle.deriveBits({ name: 'ECDH', public: province }, own.privateKey, 256),
    'HKDF',
    false,
    ['deriveKey'],
  );
  const aes = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: key },
    hkdf,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt'],
  );
  const packed = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, aes, packed);
  return { format: 'niem.outbox.sealed/1', key: base64url(key), iv: base64url(iv), data: base64url(new Uint8Array(data)) };
}
