// Pictures of a casefile: in as they are, kept once under their digest, out as attachments only. Refused where KT1 is, and on the edge.

import { createHash } from 'node:crypto';
import { addToCase } from '../acts/casefile.ts';
import { hex } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { Words } from '../domain/casefile.ts';
import { UnitCode, Uuid7 } from '../domain/facts.ts';
import { PartyCode } from '../domain/journal.ts';
import { evidenceOf, takesEvidence } from '../views/casefile_list.ts';
import { askingAs, CaseRecordedShape } from './cases.ts';
import { newRouter, route, tokenOf, z } from './edge.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const caseEvidence = newRouter()
  .openapi(
    route('case.handle', {
      method: 'post', path: '/api/cases/{casefile_id}/evidence', tags: ['cases'], summary: 'Add a picture: the body is the file, JPEG, PNG or WebP up to 12 MiB; its SHA-256 stands in the casefile',
      request: {
        params: z.object({ casefile_id: Uuid7 }),
        query: z.object({ entry_id: Uuid7, evidence_id: Uuid7, digest: z.string().regex(/^[0-9a-f]{64}$/).optional().openapi({ description: 'SHA-256 as the client saw it; another one is refused' }), code: UnitCode.optional(), words: Words.max(300).optional(), only_party: PartyCode.optional() }),
        body: { required: true as const, content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } } },
      },
    }, 201, CaseRecordedShape),
    async (c) => {
      const { store, clock, files, evidence } = c.get('services');
      if (files === null || evidence === null) throw new Refused('not_on_this_runtime');
      const { casefile_id } = c.req.valid('param');
      const { entry_id, evidence_id, code, words = null, only_party = null, digest: expected } = c.req.valid('query');
      const takes = await askingAs(c, (tx) => takesEvidence(tx, casefile_id));
      if (takes === null) throw new Refused('unknown_casefile');
      if (!takes) throw new Refused('codes_only');
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      const digest = sha256(bytes);
      if (expected !== undefined && expected !== digest) throw new Refused('invalid_input', { field: 'digest', problem_vi: 'tệp đến khác tệp đã gửi', problem_en: 'the file that came is not the one that was sent' });
      const { view, ...picture } = await files.picture(bytes);
      // First the files, then the entry that names them: an entry without its file cannot be.
      for (const [form, content] of [['original', bytes], ['view', view]] as const) {
        if (!(await evidence.put(`${casefile_id}/${evidence_id}.${form}`, content))) throw new Refused('entry_id_reused', { entry_id: evidence_id });
      }
      const facts = { evidence_id, digest, bytes: bytes.length, ...picture, view_digest: sha256(view), ...(code === undefined ? {} : { code }) };
      return c.json(await addToCase(store.write, tokenOf(c), c.get('caller'), casefile_id, { entry_id, kind: 'evidence_added', facts, words, only_party }, clock()), 201);
    },
  )
  .openapi(
    route('case.handle', {
      method: 'get', path: '/api/cases/{casefile_id}/evidence/{evidence_id}', tags: ['cases'], summary: 'A picture as an attachment: made anew for viewing, or as it came',
      request: { params: z.object({ casefile_id: Uuid7, evidence_id: Uuid7 }), query: z.object({ form: z.enum(['view', 'original']).default('view') }) },
    }, 200, z.any()),
    async (c) => {
      const { evidence, clock } = c.get('services');
      if (evidence === null) throw new Refused('not_on_this_runtime');
      const { casefile_id, evidence_id } = c.req.valid('param');
      const { form } = c.req.valid('query');
      const row = await askingAs(c, (tx) => evidenceOf(tx, casefile_id, evidence_id, c.get('caller'), clock()));
      if (row === null) throw new Refused('unknown_casefile');
      const bytes = await evidence.get(`${casefile_id}/${evidence_id}.${form}`);
      const wanted = hex(form === 'view' ? row.view_digest : row.digest);
      if (bytes === null || sha256(bytes) !== wanted) throw new Refused('evidence_altered', { evidence_id });
      // Never inline: what a browser would do with a hostile file is not tried out.
      const headers = { 'content-type': form === 'view' ? 'image/jpeg' : 'application/octet-stream', 'content-disposition': `attachment; filename="${evidence_id}.${form === 'view' ? 'jpg' : 'bin'}"`, 'x-content-digest': wanted };
      return c.body(bytes as Uint8Array<ArrayBuffer>, 200, headers) as never;
    },
  );
