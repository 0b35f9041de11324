// Pictures of casefiles against hostile files: stored or refused as designed, none rendered inline, no crash; kept once, in a folder and
// in an S3 store; none about KT1, not by SQL either.

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { sql } from 'kysely';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readPicture } from '../../src/interchange/picture.ts';
import { evidenceFolder, evidenceS3 } from '../../src/store/evidence.ts';
import { dice } from '../support/road.ts';
import { s3Store } from '../support/s3.ts';
import type { Answer, World } from '../support/world.ts';
import { expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';

let world: World;
let folder: string;
let id: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'niem-evidence-'));
  world = await makeWorld({ evidence: { NIEM_DIR: folder } });
  id = await opened([await world.accepted(PARCEL)]);
});
afterAll(async () => {
  await world.end();
  await rm(folder, { recursive: true });
});
afterEach(async () => void (await world.verify()));

const bytes = (data: Uint8Array | string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(data as never));
const sha = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
async function opened(codes: string[]): Promise<string> {
  const { body, text, status } = await world.call('POST', '/api/cases', { token: await world.as('LIAISON'), body: { entry_id: newId(), facts: { source: 'tip', severity: 'low', unit_codes: codes } } });
  expect(status, text).toBe(201);
  return body.casefile_id;
}
type More = { badge?: string; casefile?: string; evidence_id?: string; entry_id?: string; query?: string; type?: string };
const send = async (file: Uint8Array | string, { badge = 'LIAISON', casefile = id, evidence_id = newId(), entry_id = newId(), query = '', type = 'application/octet-stream' }: More = {}): Promise<Answer> =>
  world.call('POST', `/api/cases/${casefile}/evidence?entry_id=${entry_id}&evidence_id=${evidence_id}${query}`, { token: await world.as(badge), raw: bytes(file), type });
const fetched = async (evidence_id: string, form: string, badge = 'LIAISON') => {
  const response = await world.app.request(`/api/cases/${id}/evidence/${evidence_id}?form=${form}`, { headers: { authorization: `Bearer ${await world.as(badge)}` } });
  return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
};

/** A photograph of 320 by 200 with EXIF: place, time, a script for whoever shows it unescaped. */
const photo = (format: 'jpeg' | 'png' | 'webp'): Promise<Buffer> =>
  sharp({ create: { width: 320, height: 200, channels: 3, background: '#8a5' } })
    .withExif({ IFD0: { ImageDescription: '<script>alert(1)</script>', Make: 'SECRETCAM' }, IFD3: { GPSLatitude: '21/1 51/1 0/1', GPSLatitudeRef: 'N' } })[format]().toBuffer();

const crc = (data: Uint8Array): number => {
  let c = ~0;
  for (const byte of data) for (c ^= byte, byte; ; ) { for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1; break; }
  return ~c >>> 0;
};
const chunk = (name: string, data: Uint8Array): Buffer => {
  const head = Buffer.concat([Buffer.from(name), data]);
  const [size, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(data.length);
  check.writeUInt32BE(crc(head));
  return Buffer.concat([size, head, check]);
};
/** A PNG that says it is `side` pixels square, from a few kilobytes. */
function bomb(side: number, rows: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 0, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc((side / 8 + 1) * rows))), chunk('IEND', Buffer.alloc(0))]);
}

const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.domain)</script></svg>';

describe('a good picture', () => {
  test.each(['jpeg', 'png', 'webp'] as const)('%s is kept as it came, once, and made anew for viewing without what the camera wrote', async (format) => {
    const file = await photo(format);
    expect(file.toString('latin1')).toContain('SECRETCAM');
    const [evidence_id, entry_id] = [newId(), newId()];
    const stored = await send(file, { evidence_id, entry_id, query: `&digest=${sha(file)}` });
    expect(stored.status, stored.text).toBe(201);
    const again = await send(file, { evidence_id, entry_id });
    expect(again.text).toBe(stored.text);
    expectRefusal(await send(await photo(format === 'png' ? 'jpeg' : 'png'), { evidence_id }), 'entry_id_reused', 422);
    const screen = (await world.call('GET', `/api/cases/${id}`, { token: await world.as('LIAISON') })).body;
    expect(screen.evidence.find((e: any) => e.evidence_id === evidence_id)).toMatchObject({ digest: sha(file), bytes: file.length, media_type: `image/${format}`, width: 320, height: 200 });
    const original = await fetched(evidence_id, 'original');
    expect(sha(original.bytes)).toBe(sha(file));
    const view = await fetched(evidence_id, 'view');
    expect(Buffer.from(view.bytes).toString('latin1')).not.toMatch(/SECRETCAM|<script>|Exif/);
    expect(await sharp(Buffer.from(view.bytes)).metadata()).toMatchObject({ format: 'jpeg', width: 320, height: 200 });
    for (const { headers, status } of [original, view]) {
      expect(status).toBe(200);
      expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[0-9a-f-]{36}\.(bin|jpg)"$/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    expect([original.headers.get('content-type'), view.headers.get('content-type')]).toEqual(['application/octet-stream', 'image/jpeg']);
    // On the disk: read-only for the owner, nothing for others.
    const mode = (await stat(path.join(folder, 'evidence', id, `${evidence_id}.original`))).mode & 0o777;
    expect(mode).toBe(0o400);
  });

  test('a file that was changed on the disk is not shown', async () => {
    const evidence_id = newId();
    expect((await send(await photo('png'), { evidence_id })).status).toBe(201);
    const name = path.join(folder, 'evidence', id, `${evidence_id}.original`);
    await rm(name);
    const gone = await world.call('GET', `/api/cases/${id}/evidence/${evidence_id}?form=original`, { token: await world.as('LIAISON') });
    expectRefusal(gone, 'evidence_altered', 410);
  });

  test('is seen by its party and nobody else; a digest that does not fit is refused', async () => {
    const evidence_id = newId();
    expect((await send(await photo('png'), { evidence_id })).status).toBe(201);
    expectRefusal(await send(await photo('png'), { badge: 'DUTYOFFICER' }), 'unknown_casefile', 404);
    expectRefusal(await send(await photo('png'), { query: `&digest=${'00'.repeat(32)}` }), 'invalid_input', 422);
    const none = await world.call('GET', `/api/cases/${id}/evidence/${evidence_id}`, { token: await world.as('DUTYOFFICER') });
    expectRefusal(none, 'unknown_casefile', 404);
    expectRefusal(await world.call('GET', `/api/cases/${id}/evidence/${newId()}`, { token: await world.as('LIAISON') }), 'unknown_casefile', 404);
  });
});

describe('a hostile file', () => {
  const HOSTILE: { [what: string]: () => Promise<Uint8Array | string> } = {
    'the EICAR test file': async () => EICAR,
    'an SVG with a script': async () => SVG,
    'an SVG that says it is JPEG': async () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(SVG)]),
    'a PDF': async () => '%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj',
    'a ZIP': async () => Buffer.from('504b0304140000000800', 'hex'),
    'a GIF that is a Java archive': async () => Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(32), Buffer.from('504b0304', 'hex')]),
    'an HTML page': async () => '<!doctype html><script>alert(1)</script>',
    'a TIFF': async () => sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } }).tiff().toBuffer(),
    'an empty file': async () => '',
    'a PNG of 50,000 by 50,000 pixels': async () => bomb(50_000, 40),
    'a PNG of 12,000 by 12,000 pixels': async () => bomb(12_000, 12_000),
    'a JPEG cut in half': async () => (await photo('jpeg')).subarray(0, 700),
    'a PNG cut in half': async () => (await photo('png')).subarray(0, 120),
    'an animated WebP': async () => sharp([{ create: { width: 8, height: 8, channels: 3, background: '#f00' } }, { create: { width: 8, height: 8, channels: 3, background: '#0f0' } }] as never, { join: { animated: true } } as never).webp({ loop: 0, delay: [100, 100] }).toBuffer(),
  };

  test.each(Object.keys(HOSTILE))('%s is refused and leaves nothing', async (what) => {
    const before = (await readdir(path.join(folder, 'evidence'), { recursive: true }).catch(() => [])).length;
    const answer = await send((await HOSTILE[what]?.()) ?? '', { type: 'image/jpeg' });
    expectRefusal(answer, 'file_unreadable', 422);
    expect((await readdir(path.join(folder, 'evidence'), { recursive: true }).catch(() => [])).length).toBe(before);
  });

  test('that is a picture and an archive at once is kept as it came and shown as the picture only', async () => {
    const polyglot = Buffer.concat([await photo('jpeg'), Buffer.from('504b0304140000000800', 'hex'), Buffer.from(SVG), Buffer.from(EICAR)]);
    const evidence_id = newId();
    const { status, text } = await send(polyglot, { evidence_id });
    expect(status, text).toBe(201);
    expect(sha((await fetched(evidence_id, 'original')).bytes)).toBe(sha(polyglot));
    const view = Buffer.from((await fetched(evidence_id, 'view')).bytes).toString('latin1');
    for (const hidden of ['PK\u0003\u0004', '<svg', 'EICAR']) expect(view).not.toContain(hidden);
  });

  test('larger than 12 MiB is refused before it is read', async () => {
    expectRefusal(await send(Buffer.alloc(12 * 1024 * 1024 + 1, 1)), 'body_too_large', 413);
  });

  test('600 mutated pictures are read or refused; nothing crashes and nothing else is thrown', async () => {
    const seed = Number(process.env.NIEM_SEED ?? 20261128);
    const { below, pick } = dice(seed);
    const whole = await Promise.all((['jpeg', 'png', 'webp'] as const).map((format) => photo(format)));
    const seen = { read: 0, refused: 0 };
    for (let i = 0; i < 600; i++) {
      const file = Buffer.from(pick(whole));
      for (let n = 1 + below(12); n > 0; n--) file[below(file.length)] = below(256);
      const mutated = below(3) === 0 ? file.subarray(0, 1 + below(file.length)) : file;
      try {
        const { view } = await readPicture(new Uint8Array(mutated));
        expect([view[0], view[1]]).toEqual([0xff, 0xd8]);
        seen.read += 1;
      } catch (error) {
        expect((error as { refusal?: string }).refusal, String(error)).toBe('file_unreadable');
        seen.refused += 1;
      }
    }
    console.log(`mutated pictures, seed ${seed}: ${JSON.stringify(seen)}`);
    expect(seen.read).toBeGreaterThan(20);
    expect(seen.refused).toBeGreaterThan(200);
  });
});

describe('about KT1', () => {
  test('there is no picture, through the API or by SQL', async () => {
    const casefile = await opened([await world.accepted(KT1_LETTER)]);
    expectRefusal(await send(await photo('png'), { casefile }), 'codes_only', 422);
    const { person_id } = await world.root.selectFrom('casefile_entry').select('person_id').where('casefile_id', '=', casefile).executeTakeFirstOrThrow();
    expect(person_id).toBe(await world.personId('LIAISON'));
    const d = new Uint8Array(32);
    const picture = (codes_only: boolean) => sql`insert into casefile_evidence values (${casefile}, ${newId()}, 1, ${codes_only}, ${d}, 1, 'image/png', 1, 1, ${d})`.execute(world.root);
    await expect(picture(false)).rejects.toThrow('no_pictures_of_kt1');
    await expect(picture(true)).rejects.toThrow('casefile_evidence_codes_only_check');
    const words = (codes_only: boolean) => sql`insert into casefile_words values (${casefile}, 1, ${codes_only}, ${d}, 'x')`.execute(world.root);
    await expect(words(false)).rejects.toThrow('no_words_about_kt1');
    await expect(words(true)).rejects.toThrow('casefile_words_codes_only_check');
  });
});

test('where nothing keeps files, none are taken', async () => {
  const bare = await makeWorld();
  const code = await bare.accepted(PARCEL);
  const token = await bare.as('LIAISON');
  const { casefile_id } = (await bare.call('POST', '/api/cases', { token, body: { entry_id: newId(), facts: { source: 'tip', severity: 'low', unit_codes: [code] } } })).body;
  expectRefusal(await bare.call('POST', `/api/cases/${casefile_id}/evidence?entry_id=${newId()}&evidence_id=${newId()}`, { token, raw: bytes('x'), type: 'image/png' }), 'not_on_this_runtime', 501);
  expectRefusal(await bare.call('GET', `/api/cases/${casefile_id}/evidence/${newId()}`, { token }), 'not_on_this_runtime', 501);
  await bare.end();
});

describe('a store of evidence', () => {
  const name = (form = 'original') => `${newId()}/${newId()}.${form}`;

  test.each(['a folder', 'an S3 store'])('%s writes once, gives back the same, and knows what it has not', async (kind) => {
    const s3 = await s3Store('KEY', 'se/cret+', 'hcm-1');
    const store = kind === 'a folder' ? evidenceFolder(path.join(folder, 'once')) : evidenceS3({ url: `http://${s3.host}/evidence`, key: 'KEY', secret: 'se/cret+', region: 'hcm-1' });
    const one = name();
    expect(await store.get(one)).toBeNull();
    expect(await store.put(one, bytes('a'))).toBe(true);
    expect(await store.put(one, bytes('a'))).toBe(true);
    expect(await store.put(one, bytes('b'))).toBe(false);
    expect(Buffer.from((await store.get(one)) ?? []).toString()).toBe('a');
    const raced = name('view');
    const races = await Promise.all(['x', 'y', 'z', 'x'].map((content) => store.put(raced, bytes(content))));
    expect(races.filter((won) => won).length).toBeGreaterThanOrEqual(1);
    for (const odd of ['../../etc/passwd', 'a/b', `${newId()}/${newId()}.exe`, `/${one}`]) await expect(async () => store.put(odd, bytes('x'))).rejects.toThrow('not a name of evidence');
    await s3.end();
  });

  test('a wrong secret, another region and an answer that is no answer are errors, not missing files', async () => {
    const s3 = await s3Store('KEY', 'secret', 'hcm-1');
    for (const wrong of [{ secret: 'other' }, { key: 'OTHER' }, { region: 'hn-1' }]) {
      const store = evidenceS3({ url: `http://${s3.host}/evidence`, key: 'KEY', secret: 'secret', region: 'hcm-1', ...wrong });
      await expect(store.get(name())).rejects.toThrow('evidence store answers 403');
      await expect(store.put(name(), bytes('x'))).rejects.toThrow('evidence store answers 403');
    }
    expect(s3.objects.size).toBe(0);
    await s3.end();
  });

  test('the app keeps its files in the S3 store that the configuration names', async () => {
    const s3 = await s3Store('KEY', 'se/cret', 'hcm-1');
    const remote = await makeWorld({ evidence: { NIEM_EVIDENCE_S3: `http://KEY:${encodeURIComponent('se/cret')}@${s3.host}/evidence?region=hcm-1` } });
    const token = await remote.as('LIAISON');
    const { casefile_id } = (await remote.call('POST', '/api/cases', { token, body: { entry_id: newId(), facts: { source: 'tip', severity: 'low', unit_codes: [await remote.accepted(PARCEL)] } } })).body;
    const file = bytes(await photo('jpeg'));
    const evidence_id = newId();
    const stored = await remote.call('POST', `/api/cases/${casefile_id}/evidence?entry_id=${newId()}&evidence_id=${evidence_id}`, { token, raw: file, type: 'image/jpeg' });
    expect(stored.status, stored.text).toBe(201);
    expect([...s3.objects].map(([key, value]) => [key, sha(value) === sha(file)])).toEqual([[`/evidence/${casefile_id}/${evidence_id}.original`, true], [`/evidence/${casefile_id}/${evidence_id}.view`, false]]);
    expect(s3.seen).toEqual(['PUT 200', 'PUT 200']);
    expect(await readFile(path.join(folder, 'evidence', casefile_id)).catch((error: { code: string }) => error.code)).toBe('ENOENT');
    await remote.end();
    await s3.end();
  });
});
