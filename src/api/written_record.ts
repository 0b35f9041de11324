// Biên bản: drawn up from the ledger, printed for signature, verified by the digest on the paper, signed papers kept as files and given back.

import { attachScan, drawRecord } from '../acts/written_record.ts';
import { fromHex, hex } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { requireClearance } from '../domain/decide.ts';
import { UnitCode, Uuid7 } from '../domain/facts.ts';
import { RECORD_FORM_NAMES, RECORD_FORMS } from '../domain/record_form.ts';
import { sha256 } from '../ledger/entry.ts';
import { recordPages } from '../interchange/record_print.ts';
import { itemByCode } from '../views/item.ts';
import { prefillRecord, recordBy, recordsOf } from '../views/written_record.ts';
import { json, newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';
import { officeOf } from './road.ts';

const Form = z.enum(RECORD_FORM_NAMES);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
export const ScanNo = z.coerce.number().int().min(1).max(50);
const RecordId = z.object({ record_id: Uuid7 });
const Content = z.object({
  format: z.string(), form: Form, number: z.string(), office_code: z.string(), office_vi: z.string(), drawn_at: z.number(), drawn_by: z.string(), code: z.string(), unit_kind: z.enum(['item', 'bag']), head_hash: z.string(),
  acts: z.array(z.string()).readonly(), lines: z.array(z.tuple([z.string(), z.string()]).readonly()).readonly(),
  steps: z.array(z.object({ at: z.number(), what: z.string(), where: z.string(), who: z.string(), said: z.string() })).readonly(),
});
const ScanRow = z.object({ scan_no: z.int(), digest: z.string(), bytes: z.int(), media_type: z.string(), attached_at: z.string() });
const WrittenRecord = z
  .object({ record_id: z.string(), form: Form, digest: z.string().openapi({ description: 'SHA-256 of the content; the QR on the paper says it' }), drawn_at: z.string(), content: Content, scans: z.array(ScanRow) })
  .openapi('WrittenRecord');
const Listed = z.object({ record_id: z.string(), form: Form, form_vi: z.string(), record_year: z.int(), record_no: z.int(), code: z.string(), drawn_at: z.string(), scans: z.int() });

export const writtenRecords = newRouter()
  .openapi(
    route('record.draw', {
      method: 'post', path: '/api/written-records', tags: ['biên bản'], summary: 'Draw up a biên bản of an item or bag from the ledger; the same id again is the same record',
      request: json(z.strictObject({ record_id: Uuid7, form: Form, code: UnitCode, discrepancy_id: Uuid7.optional() })),
    }, 201, WrittenRecord),
    async (c) => {
      const { store, clock } = c.get('services');
      const caller = c.get('caller');
      const { record_id, form, code, discrepancy_id = null } = c.req.valid('json');
      officeOf(caller);
      const item = await itemByCode(store.read, code, caller);
      // Who may not see the mark draws no paper about it; a mark that is hidden is one he is not cleared for.
      if (item) requireClearance(item.service_class, item.secrecy ?? 'A', caller, 'KT1');
      const content = await prefillRecord(store.read, form, code, discrepancy_id, caller);
      if (!content) throw new Refused('unknown_unit', { code });
      const { unit_id, ...frozen } = content;
      if (!RECORD_FORMS[form].about.includes(frozen.unit_kind)) throw new Refused('wrong_form', { code, form_vi: RECORD_FORMS[form].vi, form_en: RECORD_FORMS[form].en });
      await drawRecord(store.write, caller, { record_id, unit_id, discrepancy_id, content: frozen }, clock());
      return c.json(await mine(c, record_id), 201);
    },
  )
  .openapi(
    route('record.draw', {
      method: 'get', path: '/api/written-records', tags: ['biên bản'], summary: 'Biên bản of my office, newest first',
      request: { query: z.object({ code: UnitCode.optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }) },
    }, 200, z.object({ rows: z.array(Listed) }).openapi('WrittenRecords')),
    async (c) => c.json({ rows: await recordsOf(c.get('services').store.read, officeOf(c.get('caller')), c.req.valid('query')) }, 200),
  )
  .openapi(
    route('record.draw', {
      method: 'get', path: '/api/written-records/{record_id}', tags: ['biên bản'], summary: 'One biên bản; `format=pdf` to print and sign', request: { params: RecordId, query: z.object({ format: z.enum(['json', 'pdf']).default('json') }) },
    }, 200, WrittenRecord),
    async (c) => {
      const record = await mine(c, c.req.valid('param').record_id);
      if (c.req.valid('query').format === 'json') return c.json(record, 200);
      const { files } = c.get('services');
      if (files === null) throw new Refused('not_on_this_runtime');
      return c.body((await files.pdf(recordPages(record.content, record.digest), `Biên bản ${record.content.number}`)) as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/pdf', 'content-disposition': `attachment; filename="${record.content.number.replaceAll('/', '-')}.pdf"` }) as never;
    },
  )
  .openapi(
    route('record.draw', {
      method: 'post', path: '/api/written-records/{record_id}/scans', tags: ['biên bản'], summary: 'Attach the signed paper: the body is the file, PDF, JPEG, PNG or WebP up to 12 MiB, kept once under its SHA-256; the same file again is the one attached before',
      request: { params: RecordId, body: { required: true as const, content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } } } },
    }, 201, z.object({ scan_no: z.int(), digest: Digest }).openapi('WrittenRecordScan')),
    async (c) => {
      if (c.req.header('content-type') !== 'application/octet-stream') throw new Refused('wrong_content_type', { expected: 'application/octet-stream' });
      const { store, clock, files, evidence } = c.get('services');
      if (files === null || evidence === null) throw new Refused('not_on_this_runtime');
      const { record_id } = await mine(c, c.req.valid('param').record_id);
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      const media_type = await files.paper(bytes);
      const digest = hex(sha256(bytes));
      // First the file, then the row that names it.
      if (!(await evidence.put(`${record_id}/${digest}.original`, bytes))) throw new Refused('evidence_altered', { evidence_id: digest });
      return c.json({ scan_no: await attachScan(store.write, c.get('caller'), record_id, { digest: fromHex(digest), bytes: bytes.length, media_type }, clock()), digest }, 201);
    },
  )
  .openapi(
    route('record.draw', { method: 'get', path: '/api/written-records/{record_id}/scans/{scan_no}', tags: ['biên bản'], summary: 'A signed paper as it came, as an attachment', request: { params: RecordId.extend({ scan_no: ScanNo }) } }, 200, z.any()),
    async (c) => {
      const { record_id, scan_no } = c.req.valid('param');
      return signedPaper(c, await mine(c, record_id), scan_no);
    },
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/written-records/verification/{digest}', tags: ['biên bản'], summary: 'Whether a paper is one of ours: by the digest in its QR', request: { params: z.object({ digest: Digest }) } }, 200,
      z.object({ number: z.string(), form: Form, form_vi: z.string(), form_en: z.string(), code: z.string(), office_code: z.string(), drawn_at: z.string(), scans: z.array(ScanRow) }).openapi('WrittenRecordVerified')),
    async (c) => {
      const found = await recordBy(c.get('services').store.read, { digest: fromHex(c.req.valid('param').digest) }, null);
      if (!found) throw new Refused('unknown_record');
      const { form, drawn_at, scans, content: { number, code, office_code } } = found;
      return c.json({ number, form, form_vi: RECORD_FORMS[form].vi, form_en: RECORD_FORMS[form].en, code, office_code, drawn_at, scans }, 200);
    },
  );

async function mine(c: Edge, record_id: string) {
  const found = await recordBy(c.get('services').store.read, { record_id }, officeOf(c.get('caller')));
  if (!found) throw new Refused('unknown_record');
  return found;
}

/** The file of a signed paper, for whoever may see the record; only while it has the digest that was recorded. */
export async function signedPaper(c: Edge, record: NonNullable<Awaited<ReturnType<typeof recordBy>>>, scan_no: number): Promise<never> {
  const { evidence } = c.get('services');
  if (evidence === null) throw new Refused('not_on_this_runtime');
  const scan = record.scans.find((one) => one.scan_no === scan_no);
  if (!scan) throw new Refused('unknown_record');
  const bytes = await evidence.get(`${record.record_id}/${scan.digest}.original`);
  if (bytes === null || hex(sha256(bytes)) !== scan.digest) throw new Refused('evidence_altered', { evidence_id: scan.digest });
  const name = `${record.content.number.replaceAll('/', '-')}-${scan_no}.${scan.media_type.split('/')[1] ?? 'bin'}`;
  return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/octet-stream', 'content-disposition': `attachment; filename="${name}"`, 'x-content-digest': scan.digest }) as never;
}
