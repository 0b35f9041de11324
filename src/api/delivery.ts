// Courier runs and the advice of delivery. What happens to an item on a run is a checkpoint (api/checkpoints.ts).

import { Refused } from '../base/refusal.ts';
import { closeRun, openRun } from '../acts/deliver.ts';
import { UnitCode, Uuid7 } from '../domain/facts.ts';
import { adviceOf, runOf } from '../views/delivery.ts';
import { newRouter, route, z } from './edge.ts';

const RunItem = z.object({
  position: z.int(), code: z.string(), service_vi: z.string(), addressee_body_code: z.string().nullable(), addressee_postal_code: z.string().nullable(), personal_mark: z.boolean(),
  appointed_at: z.string().nullable(), state: z.string(), state_vi: z.string(), held: z.boolean(), kt1: z.boolean(), urgency: z.string(), notices: z.int(),
  receiving: z.array(z.object({ authority: z.enum(['card', 'pin', 'letter_of_introduction', 'authorisation', 'addressee_in_person']), card_needed: z.boolean() })), in_hand: z.boolean(), signed_out_at: z.string(), result: z.string().nullable(), result_at: z.string().nullable(),
});
const Run = z.object({ run_id: z.string(), office_code: z.string(), opened_at: z.string(), items: z.array(RunItem), to_bring_back: z.array(z.string()) }).openapi('Run');
const Advice = z
  .object({ code: z.string(), delivered_at: z.string(), office_code: z.string().nullable(), body_code: z.string().nullable(), body_name_vi: z.string().nullable(), receiver_authority: z.string(), receiver_name: z.string().nullable() })
  .openapi('AdviceOfDelivery');

export const delivery = newRouter()
  .openapi(route('item.deliver', { method: 'post', path: '/api/runs', tags: ['delivery'], summary: 'Open my run from my office' }, 201, z.object({ run_id: z.string() })), async (c) => {
    const { store, clock } = c.get('services');
    return c.json(await openRun(store.write, c.get('caller'), clock()), 201);
  })
  .openapi(route('item.deliver', { method: 'get', path: '/api/runs/mine', tags: ['delivery'], summary: 'My open run, the most urgent first' }, 200, Run), async (c) => {
    const run = await runOf(c.get('services').store.read, c.get('caller'));
    if (!run) throw new Refused('no_open_run');
    return c.json(run, 200);
  })
  .openapi(
    route('item.deliver', { method: 'post', path: '/api/runs/{run_id}/close', tags: ['delivery'], summary: 'Close my run, with nothing left in hand', request: { params: z.object({ run_id: Uuid7 }) } }, 200, z.object({ done: z.literal(true) })),
    async (c) => {
      const { store, clock } = c.get('services');
      await closeRun(store.write, c.get('caller'), c.req.valid('param').run_id, clock());
      return c.json({ done: true as const }, 200);
    },
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/items/{code}/advice', tags: ['delivery'], summary: 'Advice of delivery (hồi báo) for the sender', request: { params: z.object({ code: UnitCode }) } }, 200, Advice),
    async (c) => {
      const { code } = c.req.valid('param');
      const advice = await adviceOf(c.get('services').store.read, code);
      if (!advice) throw new Refused('unknown_unit', { code });
      if (!advice.delivered) throw new Refused('not_delivered', { code });
      return c.json(advice.delivered, 200);
    },
  );
