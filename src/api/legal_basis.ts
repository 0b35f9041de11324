// The legal basis without which nothing is opened: recorded by the authority that decided, read by it, each read logged.

import { recordBasis } from '../acts/legal_basis.ts';
import { LegalBasis, UnitCode, Uuid7 } from '../domain/facts.ts';
import { Refused } from '../base/refusal.ts';
import { basesOf } from '../views/legal_basis.ts';
import { json, newRouter, route, z } from './edge.ts';

const nullable = z.string().nullable();
const Basis = z.object({
  basis_id: z.string(), act_code: z.string(), agency_code: z.string(), decision_no: z.string(), signer_card_no: z.string(), procuracy_approval_no: nullable, urgency_reason_code: nullable,
  witness_person_id: z.string(), recorded_by: z.string(), recorded_at: z.string(),
});

export const legalBasis = newRouter()
  .openapi(
    route('item.authority', {
      method: 'post', path: '/api/items/{code}/legal-bases', tags: ['openings'], summary: 'Record the decision by which my agency opens an item',
      request: { params: z.object({ code: UnitCode }), ...json(LegalBasis.omit({ basis_id: true, agency_code: true }).extend({ witness_person_id: Uuid7 })) },
    }, 201, z.object({ basis_id: z.string() }).openapi('LegalBasisMade')),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const { procuracy_approval_no = null, urgency_reason_code = null, ...given } = c.req.valid('json');
      if (procuracy_approval_no === null && urgency_reason_code === null) {
        throw new Refused('invalid_input', { field: 'procuracy_approval_no', problem_vi: 'cần số phê chuẩn của viện kiểm sát, hoặc lý do khẩn cấp', problem_en: "the procuracy's approval or a reason of urgency is needed" });
      }
      if (urgency_reason_code !== null && !(await reference()).reasons.has(`urgency/${urgency_reason_code}`)) throw new Refused('unknown_reason', { reason_list: 'urgency', reason_code: urgency_reason_code });
      return c.json({ basis_id: await recordBasis(store.write, c.get('caller'), c.req.valid('param').code, { ...given, procuracy_approval_no, urgency_reason_code }, clock()) }, 201);
    },
  )
  .openapi(
    route('item.authority', { method: 'get', path: '/api/items/{code}/legal-bases', tags: ['openings'], summary: "My agency's decisions about an item; each read is logged", request: { params: z.object({ code: UnitCode }) } }, 200, z.object({ rows: z.array(Basis) }).openapi('LegalBases')),
    async (c) => {
      const { store, clock } = c.get('services');
      return c.json({ rows: await basesOf(store.write, c.req.valid('param').code, c.get('caller'), clock()) }, 200);
    },
  );
