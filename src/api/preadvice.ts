// Pre-advice from offices without the system: a CSV or XLSX file in, what is announced and has not come, one announcement.

import { createHash } from 'node:crypto';
import { filedBefore, filePreadvice } from '../acts/preadvice.ts';
import { Refused } from '../base/refusal.ts';
import { Uuid7 } from '../domain/facts.ts';
import { readPreadvice } from '../interchange/preadvice.ts';
import { XLSX_TYPE } from '../interchange/sheet.ts';
import { announcedTo, preadviceById } from '../views/preadvice.ts';
import { BODY_KIB_MAX } from './body.ts';
import { newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';
import { officeOf } from './road.ts';

const Line = z.object({
  line_no: z.int(), code: z.string(), service_vi: z.string(), service_en: z.string(), urgency: z.string(), weight_g: z.int(), destination_office_code: z.string().nullable(),
  secrecy: z.string().nullable().openapi({ description: 'null: you are not cleared for it' }),
});
const Bag = z.object({
  bag_code: z.string(), state: z.string().openapi({ description: '`announced` until it has arrived' }), item_count: z.int(), two_persons: z.boolean(), net_g: z.int(), gross_g: z.int().nullable(),
  seal_nos: z.array(z.string()).nullable().openapi({ description: 'null until the bag has been opened' }), list_digest: z.string(), lines: z.array(Line),
});
const Preadvice = z
  .object({ preadvice_id: z.string(), from_office_code: z.string(), digest: z.string().openapi({ description: 'SHA-256 of the file' }), received_at: z.string(), received_by: z.string(), bags: z.array(Bag) })
  .openapi('Preadvice');
const Waiting = z
  .object({ rows: z.array(z.object({ preadvice_id: z.string(), from_office_code: z.string(), received_at: z.string(), bag_code: z.string(), item_count: z.int(), two_persons: z.boolean(), net_g: z.int(), gross_g: z.int().nullable() })) })
  .openapi('PreadviceWaiting');

const file = z.string().openapi({ format: 'binary' });

export const preadvice = newRouter()
  .openapi(
    route('bag.open', {
      method: 'post', path: '/api/preadvice', tags: ['preadvice'], summary: 'Import a list of announced bags (CSV or XLSX), whole or not at all; the same file again gives the same answer',
      request: { body: { required: true, content: { 'text/csv': { schema: file }, [XLSX_TYPE]: { schema: file } } } },
    }, 201, Preadvice),
    async (c) => {
      const { store, clock, reference, refuses_secrecy } = c.get('services');
      const caller = c.get('caller');
      const office_code = officeOf(caller);
      const bytes = await fileOf(c);
      const digest = new Uint8Array(createHash('sha256').update(bytes).digest());
      let id = await filedBefore(store.write, office_code, digest);
      if (id === null) {
        const announced = await readPreadvice(bytes, await reference(), office_code);
        if (refuses_secrecy && announced.bags.some((bag) => bag.lines.some((line) => line.secrecy !== 'NONE'))) throw new Refused('edge_refuses_secrecy');
        id = await filePreadvice(store.write, caller, office_code, { ...announced, digest }, clock());
      }
      return c.json(await one(c, id), 201);
    },
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/preadvice', tags: ['preadvice'], summary: 'Bags announced to my office that have not arrived', request: { query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }) } }, 200, Waiting),
    async (c) => c.json({ rows: await announcedTo(c.get('services').store.read, officeOf(c.get('caller')), c.req.valid('query').limit) }, 200),
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/preadvice/{preadvice_id}', tags: ['preadvice'], summary: 'One announcement with its bags and lines', request: { params: z.object({ preadvice_id: Uuid7 }) } }, 200, Preadvice),
    async (c) => c.json(await one(c, c.req.valid('param').preadvice_id), 200),
  );

async function one(c: Edge, preadvice_id: string) {
  const caller = c.get('caller');
  const found = await preadviceById(c.get('services').store.read, preadvice_id, officeOf(caller), caller);
  if (!found) throw new Refused('unknown_preadvice');
  return found;
}

/** The bytes of the file: the body itself, or the one file of a form. */
async function fileOf(c: Edge): Promise<Uint8Array> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'text/csv' && type !== XLSX_TYPE && type !== 'multipart/form-data') throw new Refused('wrong_content_type', { expected: `text/csv, ${XLSX_TYPE}` });
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(type === 'multipart/form-data' ? await partOf(c) : await c.req.arrayBuffer());
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused('file_unreadable', { problem_vi: 'nội dung bị cắt hoặc quá lớn', problem_en: 'the body is cut short or too large' });
  }
  if (bytes.length > BODY_KIB_MAX * 1024) throw new Refused('body_too_large', { limit_kib: BODY_KIB_MAX });
  return bytes;
}

async function partOf(c: Edge): Promise<ArrayBuffer> {
  const files = [...(await c.req.formData()).values()].filter((part) => typeof part !== 'string');
  const [given] = files;
  if (given === undefined || files.length > 1) throw new Refused('file_unreadable', { problem_vi: 'biểu mẫu phải có đúng một tệp', problem_en: 'the form must hold exactly one file' });
  return given.arrayBuffer();
}
