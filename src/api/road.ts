// Trips, seals, bags, counts, differences and handovers. What happens to a bag or item is a checkpoint (api/checkpoints.ts).

import { hex } from '../base/bytes.ts';
import { Refused } from '../base/refusal.ts';
import { answerDiscrepancy, decideDiscrepancy } from '../acts/discrepancy.ts';
import { offerHandover, refuseLines } from '../acts/handover.ts';
import { stateTripMissing } from '../acts/trip_missing.ts';
import { issueSeals, openTrip, orderVehicle, voidSeal } from '../acts/trip.ts';
import { Condition, Instant, OfficeCode, ReasonCode, SealNo, UnitCode, Uuid7 } from '../domain/facts.ts';
import type { Caller } from '../domain/role.ts';
import { manifestCsv, manifestPage, manifestXlsx } from '../interchange/manifest.ts';
import { manifestPages } from '../interchange/manifest_print.ts';
import { XLSX_TYPE } from '../interchange/sheet.ts';
import { bagByCode, countOf, countVersion, discrepanciesOf, handoversOf, manifestOf, tripById, tripsOf } from '../views/road.ts';
import { roadAlarms } from '../views/road_alarm.ts';
import { json, newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';
import { live, wantsLive } from './live.ts';

const Rows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) }).openapi('RoadRows');
const One = z.record(z.string(), z.unknown()).openapi('RoadRow');
const Done = z.object({ done: z.literal(true) });
const limit = z.coerce.number().int().min(1).max(200).default(50);
const TripId = z.object({ trip_id: Uuid7 });
const Code = z.object({ code: UnitCode });
const done = { done: true } as const;

export function officeOf(caller: Caller): string {
  if (caller.office_code === null) throw new Refused('wrong_office', { office_code: null });
  return caller.office_code;
}

async function requireReason(c: Edge, reason_list: string, reason_code: string): Promise<void> {
  if (!(await c.get('services').reference()).reasons.has(`${reason_list}/${reason_code}`)) throw new Refused('unknown_reason', { reason_list, reason_code });
}

const notCounting = (bag_code: string): never => {
  throw new Refused('not_counting', { bag_code });
};

type Count = NonNullable<Awaited<ReturnType<typeof countOf>>>;
const NEARLY_DONE = 10;

/** Of a count, what its stream has not told yet: three hundred lines for each scan would be a line of 64 kbit/s. What is not found yet is listed once it is little. */
function changes(): (count: Count) => object {
  const told = new Map<string, string>();
  return (count) => {
    const whole = told.size === 0;
    const tiles = (count.tiles ?? []).filter((tile) => {
      const text = `${tile.result} ${tile.lane} ${tile.weight_g}`;
      const fresh = told.get(tile.code) !== text;
      told.set(tile.code, text);
      return fresh;
    });
    return { ...count, open: count.open.length > NEARLY_DONE ? [] : count.open, ...(count.tiles ? { tiles, whole } : {}) };
  };
}

export const road = newRouter()
  .openapi(
    route('bag.make', {
      method: 'post', path: '/api/trips', tags: ['trips'], summary: 'Open the next trip from my office',
      request: json(z.strictObject({ to_office_code: OfficeCode, mail: z.enum(['kt1', 'ordinary']), route_level: z.int().min(1).max(3), guard_requested: z.boolean(), planned_departure_at: Instant.optional() })),
    }, 201, z.object({ trip_id: z.string(), trip_no: z.int(), trip_year: z.int() }).openapi('Trip')),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const { planned_departure_at = null, ...order } = c.req.valid('json');
      if (!(await reference()).offices.has(order.to_office_code)) throw new Refused('unknown_office', { office_code: order.to_office_code });
      return c.json(await openTrip(store.write, c.get('caller'), { ...order, planned_departure_at }, clock()), 201);
    },
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/trips', tags: ['trips'], summary: 'Trips from and to my office', request: { query: z.object({ limit }) } }, 200, Rows),
    async (c) => c.json({ rows: await tripsOf(c.get('services').store.read, officeOf(c.get('caller')), c.req.valid('query').limit) }, 200),
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/trips/{trip_id}', tags: ['trips'], summary: 'One trip, its bags, and the serials that did not arrive', request: { params: TripId } }, 200, One),
    async (c) => {
      const trip = await tripById(c.get('services').store.read, c.req.valid('param').trip_id, officeOf(c.get('caller')));
      if (!trip) throw new Refused('unknown_trip');
      return c.json(trip as never, 200);
    },
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/road/alarms', tags: ['trips'], summary: 'What does not move: handovers without an answer, trips and bags proved missing by their numbers, marked items undelivered past the term' }, 200, One),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const caller = c.get('caller');
      return c.json((await roadAlarms(store.read, officeOf(caller), caller, (await reference()).limits, clock())) as never, 200);
    },
  )
  .openapi(
    route('item.approve', {
      method: 'post', path: '/api/trips/missing', tags: ['trips'], summary: 'A supervisor states that a trip never came: a difference with the office that numbered it',
      request: json(z.strictObject({ from_office_code: OfficeCode, mail: z.enum(['kt1', 'ordinary']), trip_year: z.int().min(2000).max(2999), trip_no: z.int().min(1).max(9999), reason_code: ReasonCode })),
    }, 201, z.object({ discrepancy_id: z.string() })),
    async (c) => {
      const { store, clock } = c.get('services');
      const { reason_code, ...trip } = c.req.valid('json');
      await requireReason(c, 'discrepancy', reason_code);
      return c.json(await stateTripMissing(store.write, c.get('caller'), trip, reason_code, clock()), 201);
    },
  )
  .openapi(
    route('trip.dispatch', {
      method: 'put', path: '/api/trips/{trip_id}/vehicle', tags: ['trips'], summary: 'The vehicle order: vehicle, driver, escort, guard',
      request: { params: TripId, ...json(z.strictObject({ vehicle_no: z.string().regex(/^[0-9A-Z.-]{4,15}$/), vehicle_dedicated: z.boolean(), driver_person_id: Uuid7, escort_person_id: Uuid7.optional(), guard_present: z.boolean().optional() })) },
    }, 200, Done),
    async (c) => {
      const { escort_person_id = null, guard_present = null, ...order } = c.req.valid('json');
      await orderVehicle(c.get('services').store.write, c.get('caller'), c.req.valid('param').trip_id, { ...order, escort_person_id, guard_present });
      return c.json(done, 200);
    },
  )
  .openapi(
    route('seal.issue', {
      method: 'post', path: '/api/seals', tags: ['seals'], summary: 'Issue a block of seals to an office',
      request: json(z.strictObject({ prefix: z.string().regex(/^[A-Z]{1,6}$/), from: z.int().min(0).max(999_999), count: z.int().min(1).max(500), office_code: OfficeCode })),
    }, 201, z.object({ issued: z.int() })),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const block = c.req.valid('json');
      if (!(await reference()).offices.has(block.office_code)) throw new Refused('unknown_office', { office_code: block.office_code });
      return c.json(await issueSeals(store.write, c.get('caller'), block, clock()), 201);
    },
  )
  .openapi(route('seal.issue', { method: 'post', path: '/api/seals/{seal_no}/void', tags: ['seals'], summary: 'Void an unused seal', request: { params: z.object({ seal_no: SealNo }) } }, 200, Done), async (c) => {
    const { store, clock } = c.get('services');
    await voidSeal(store.write, c.get('caller'), c.req.valid('param').seal_no, clock());
    return c.json(done, 200);
  })
  .openapi(route('item.read', { method: 'get', path: '/api/bags/{code}', tags: ['bags'], summary: 'One bag', request: { params: Code } }, 200, One), async (c) => {
    const bag = await bagByCode(c.get('services').store.read, c.req.valid('param').code, c.get('caller'));
    if (!bag) throw new Refused('unknown_unit', { code: c.req.valid('param').code });
    return c.json(bag as never, 200);
  })
  .openapi(
    route('item.read', { method: 'get', path: '/api/bags/{code}/manifest', tags: ['bags'], summary: 'The manifest, as data, CSV, XLSX, PDF or a page to print', request: { params: Code, query: z.object({ format: z.enum(['json', 'csv', 'xlsx', 'pdf', 'html']).default('json') }) } }, 200, One),
    async (c) => {
      const { code } = c.req.valid('param');
      const manifest = await manifestOf(c.get('services').store.read, code, c.get('caller'));
      if (!manifest) throw new Refused('unknown_unit', { code });
      const { format } = c.req.valid('query');
      const as = (type: string) => ({ 'content-type': type, 'content-disposition': `attachment; filename="${code}.${format}"` });
      if (format === 'csv') return c.body(manifestCsv(manifest), 200, as('text/csv; charset=utf-8')) as never;
      if (format === 'xlsx') return c.body((await manifestXlsx(manifest)) as Uint8Array<ArrayBuffer>, 200, as(XLSX_TYPE)) as never;
      if (format === 'pdf') {
        const { files } = c.get('services');
        if (files === null) throw new Refused('not_on_this_runtime');
        return c.body((await files.pdf(manifestPages(manifest), `Bản kê túi ${code}`)) as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/pdf' }) as never;
      }
      if (format === 'html') return (await c.html(manifestPage(manifest))) as never;
      return c.json(manifest as never, 200);
    },
  )
  .openapi(
    route('bag.open', { method: 'get', path: '/api/bags/{code}/count', tags: ['bags'], summary: 'How the count of an opened bag goes; asked with Accept: text/event-stream, again at each change', request: { params: Code, query: z.object({ tiles: z.enum(['true', 'false']).default('false').openapi({ description: 'true: every line, for the wall; never while counted blind' }) }) } }, 200, One),
    async (c) => {
      const { code } = c.req.valid('param');
      const { read } = c.get('services').store;
      const office_code = officeOf(c.get('caller'));
      const tiles = c.req.valid('query').tiles === 'true';
      const count = async () => (await countOf(read, code, office_code, { tiles })) ?? notCounting(code);
      if (!wantsLive(c)) return c.json((await count()) as never, 200);
      const tell = changes();
      return (await live(c, 'bag.open', { version: async () => (await countVersion(read, code, office_code)) ?? notCounting(code), read: async () => tell(await count()) })) as never;
    },
  )
  .openapi(
    route('item.read', { method: 'get', path: '/api/discrepancies', tags: ['discrepancies'], summary: 'Differences that concern my office', request: { query: z.object({ state: z.enum(['open', 'agreed', 'contested', 'decided']).optional(), limit }) } }, 200, Rows),
    async (c) => c.json({ rows: await discrepanciesOf(c.get('services').store.read, officeOf(c.get('caller')), c.req.valid('query')) }, 200),
  )
  .openapi(
    route('bag.make', { method: 'post', path: '/api/discrepancies/{discrepancy_id}/answer', tags: ['discrepancies'], summary: 'The office asked agrees or contests', request: { params: z.object({ discrepancy_id: Uuid7 }), ...json(z.strictObject({ agrees: z.boolean(), reason_code: ReasonCode })) } }, 200, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      const answer = c.req.valid('json');
      await requireReason(c, 'discrepancy', answer.reason_code);
      await answerDiscrepancy(store.write, c.get('caller'), c.req.valid('param').discrepancy_id, answer, clock());
      return c.json(done, 200);
    },
  )
  .openapi(
    route('item.approve', { method: 'post', path: '/api/discrepancies/{discrepancy_id}/decision', tags: ['discrepancies'], summary: 'A supervisor decides', request: { params: z.object({ discrepancy_id: Uuid7 }), ...json(z.strictObject({ reason_code: ReasonCode })) } }, 200, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      const { reason_code } = c.req.valid('json');
      await requireReason(c, 'discrepancy', reason_code);
      await decideDiscrepancy(store.write, c.get('caller'), c.req.valid('param').discrepancy_id, reason_code, clock());
      return c.json(done, 200);
    },
  )
  .openapi(
    route('custody.hand_over', {
      method: 'post', path: '/api/handovers', tags: ['handovers'], summary: 'Offer units that I hold to somebody',
      request: json(z.strictObject({
        to: z.strictObject({ kind: z.enum(['person', 'courier', 'vehicle', 'agency']), ref: z.string().regex(/^[0-9A-Za-z.-]{1,40}$/) }),
        receiver_person_id: Uuid7,
        lines: z.array(z.strictObject({ code: UnitCode, condition: Condition, seal_nos: z.array(SealNo).max(8) })).min(1).max(500),
      })),
    }, 201, z.object({ handover_id: z.string(), digest: z.string() }).openapi('Handover')),
    async (c) => {
      const { store, clock } = c.get('services');
      const { handover_id, digest } = await offerHandover(store.write, c.get('caller'), c.req.valid('json'), clock());
      return c.json({ handover_id, digest: hex(digest) }, 201);
    },
  )
  .openapi(
    route('custody.hand_over', { method: 'get', path: '/api/handovers', tags: ['handovers'], summary: 'Handovers that wait for me, and those I offered' }, 200, Rows),
    async (c) => c.json({ rows: (await handoversOf(c.get('services').store.read, c.get('caller').person_id)) as unknown as Record<string, string>[] }, 200),
  )
  .openapi(
    route('custody.hand_over', {
      method: 'post', path: '/api/handovers/{handover_id}/refusals', tags: ['handovers'], summary: 'Refuse single units of an offer, each with a reason',
      request: { params: z.object({ handover_id: Uuid7 }), ...json(z.strictObject({ lines: z.array(z.strictObject({ code: UnitCode, reason_code: ReasonCode, condition: Condition })).min(1).max(500) })) },
    }, 200, Done),
    async (c) => {
      const { store, clock } = c.get('services');
      const { lines } = c.req.valid('json');
      for (const line of lines) await requireReason(c, 'discrepancy', line.reason_code);
      await refuseLines(store.write, c.get('caller'), c.req.valid('param').handover_id, lines, clock());
      return c.json(done, 200);
    },
  );
