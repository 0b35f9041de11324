// The road in bulk: approved letters, sealed bags on arrived trips, three sorters at the centre, seals, a second app on the
// same database. Everything goes through the acts, 500 drafts a call; only a hold is a draft of its own, by whoever.

import { expect } from 'vitest';
import { uuid7 } from '../../src/base/id.ts';
import { decideStep } from '../../src/domain/decide.ts';
import { permissionsOf } from '../../src/domain/role.ts';
import type { Caller } from '../../src/domain/role.ts';
import { Refused } from '../../src/base/refusal.ts';
import type { Receipt } from '../../src/ledger/append.ts';
import { assemble } from '../../src/node.ts';
import { CENTRE, DONG_DANG, KT1_LETTER, makeWorld, newId, PERSONAL_KEY } from './world.ts';
import type { Answer } from './world.ts';

export const SORTERS = ['CENTRESORTER', 'CENTRESORTER2', 'CENTRESORTER3'] as const;
export type Road = Awaited<ReturnType<typeof makeRoad>>;
export type Result = { receipt: any; refusal: string | null };
/** `back`: to be delivered where it was accepted, so wrong in any bag that leaves there. */
export type Letter = { weight_g?: number; back?: boolean };
export type Sent = { bag: string; trip_id: string; seal_no: string; gross_g: number };
export type App = 0 | 1;

/** Numbers below n from a seed (mulberry32): a run is repeated by its seed. */
export function dice(seed: number) {
  let s = seed >>> 0;
  const next = (): number => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const shuffle = <T>(list: readonly T[]): T[] => {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  };
  return { next, below, pick, shuffle };
}

export async function makeRoad() {
  const world = await makeWorld();
  const CONFIG = { NIEM_PROFILE: 'lan', NIEM_EDGE_HANDLES_SECRECY: '0', NIEM_IDLE_MINUTES: 5, NIEM_LOG: 'silent', NIEM_PERSONAL_KEY: PERSONAL_KEY } as const;
  const second = assemble(CONFIG, world.database.urls.app, world.clock);
  for (const badge of SORTERS) await world.hire(badge, 'sorter', CENTRE);
  for (const [badge, role] of [['CENTRECONTROLLER', 'controller'], ['CENTREHEAD', 'shift_head']] as const) await world.hire(badge, role, CENTRE);
  await world.hire('SORTER2', 'sorter', DONG_DANG);
  const driver = await world.personId('DRIVER');

  /** One request to one of the two apps. */
  async function call(app: App, badge: string, method: string, path: string, body?: unknown): Promise<Answer> {
    const token = await world.as(badge);
    if (app === 0) return world.call(method, path, { token, body });
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const response = await second.app.request(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text), headers: response.headers, text };
  }

  const post = (app: App, badge: string, kind: string, code: string | undefined, facts: object, more: object = {}): Promise<Answer> =>
    call(app, badge, 'POST', '/api/checkpoints', { checkpoint_id: newId(), kind, ...(code === undefined ? {} : { code }), facts, ...more });

  /** Up to any number of checkpoints, 500 a call, in order. */
  async function batch(badge: string, steps: readonly object[], app: App = 0): Promise<Result[]> {
    const results: Result[] = [];
    for (let at = 0; at < steps.length; at += 500) {
      const checkpoints = steps.slice(at, at + 500).map((step) => ({ checkpoint_id: newId(), ...step }));
      const answer = await call(app, badge, 'POST', '/api/checkpoints/batch', { checkpoints });
      expect(answer.status, answer.text).toBe(200);
      results.push(...answer.body.results.map((r: any) => ({ receipt: r.receipt, refusal: r.problem?.refusal ?? null })));
    }
    return results;
  }
  const all = async (badge: string, steps: readonly object[]): Promise<any[]> => {
    const results = await batch(badge, steps);
    expect(results.filter((r) => r.refusal !== null)).toEqual([]);
    return results.map((r) => r.receipt);
  };

  let used = 0;
  let issued = 0;
  let issuing = Promise.resolve();
  /** Fresh seals of Đồng Đăng; blocks are issued one after the other, whoever asks. */
  async function seals(count: number): Promise<string[]> {
    const from = used;
    used += count;
    issuing = issuing.then(async () => {
      for (; issued < from + count; issued += 500) {
        const answer = await call(0, 'SHIFTHEAD', 'POST', '/api/seals', { prefix: 'NS', from: issued, count: 500, office_code: DONG_DANG });
        expect(answer.status, answer.text).toBe(201);
      }
    });
    await issuing;
    return Array.from({ length: count }, (_, i) => `NS${String(from + i).padStart(6, '0')}`);
  }

  async function accepted(letters: readonly Letter[]): Promise<string[]> {
    const { facts } = KT1_LETTER;
    const made = await all('CLERK', letters.map(({ weight_g = 100, back = false }) => ({
      kind: 'accepted',
      facts: {
        ...facts, weight_g, service: { ...facts.service, secrecy: 'NONE' }, checklist: { ...facts.checklist, outer_mark: 'NONE' },
        addressee: back ? { postal_code: '25000', destination_office_code: DONG_DANG } : facts.addressee,
      },
    })));
    return made.map((receipt) => receipt.code);
  }

  async function approved(letters: readonly Letter[]): Promise<string[]> {
    const codes = await accepted(letters);
    await all('CONTROLLER', codes.map((code) => ({ kind: 'approved', code, facts: {} })));
    return codes;
  }

  async function trip(): Promise<{ trip_id: string; trip_no: number }> {
    const answer = await call(0, 'SORTER', 'POST', '/api/trips', { to_office_code: CENTRE, mail: 'kt1', route_level: 2, guard_requested: false });
    expect(answer.status, answer.text).toBe(201);
    const ordered = await call(0, 'SHIFTHEAD', 'PUT', `/api/trips/${answer.body.trip_id}/vehicle`, { vehicle_no: '12A-0001', vehicle_dedicated: true, driver_person_id: driver });
    expect(ordered.status, ordered.text).toBe(200);
    return answer.body;
  }

  /** Open bags, each the manifest bag of a trip of its own, with these letters inside. */
  async function openBags(contents: readonly (readonly string[])[]): Promise<{ bag: string; trip_id: string }[]> {
    const trips = await Promise.all(contents.map(() => trip()));
    const bags = await all('SORTER', trips.map(({ trip_id }) => ({ kind: 'bag_started', facts: { trip_id, manifest_bag: true } })));
    await all('SORTER', contents.flatMap((codes, i) => codes.map((code) => ({ kind: 'bagged', code, facts: { bag_code: bags[i].code } }))));
    return bags.map((bag, i) => ({ bag: bag.code as string, trip_id: trips[i]?.trip_id ?? '' }));
  }

  const sealing = (item_count: number, seal_no: string, gross_g = 5000) => ({ seal_nos: [seal_no], item_count, gross_g, tare_g: 300, last_of_trip: true });

  /** Sealed bags, not yet departed. */
  async function sealedBags(contents: readonly (readonly string[])[], gross_g = 5000): Promise<Sent[]> {
    const [bags, numbers] = [await openBags(contents), await seals(contents.length)];
    await all('SORTER', bags.map(({ bag }, i) => ({ kind: 'bag_sealed', code: bag, facts: sealing(contents[i]?.length ?? 0, numbers[i] ?? '', gross_g) })));
    return bags.map((b, i) => ({ ...b, seal_no: numbers[i] ?? '', gross_g }));
  }

  /** Sealed, departed and arrived at the centre. */
  async function sentBags(contents: readonly (readonly string[])[], gross_g = 5000): Promise<Sent[]> {
    const bags = await sealedBags(contents, gross_g);
    await all('SHIFTHEAD', bags.map(({ bag }) => ({ kind: 'bag_departed', code: bag, facts: { vehicle_no: '12A-0001' } })));
    await all('CENTRESORTER', bags.map(({ bag }) => ({ kind: 'bag_arrived', code: bag, facts: {} })));
    return bags;
  }

  const callers = new Map<string, Promise<Caller>>();
  const callerOf = (badge: string): Promise<Caller> => {
    const known = callers.get(badge) ?? personOf(badge);
    callers.set(badge, known);
    return known;
  };
  async function personOf(badge: string): Promise<Caller> {
    const person_id = await world.personId(badge);
    const office_code = badge.startsWith('CENTRE') ? CENTRE : DONG_DANG;
    return { session_hash: new Uint8Array(32), person_id, full_name: badge, badge, office_code, agency_code: null, device_id: null, device_key: null, shift_id: null, grant_id: null, roles: ['leader'], permissions: permissionsOf(['leader', 'controller', 'duty_officer']), clearance: 'A', kt1_trained: true };
  }

  /** A hold or its end by whoever, decided by the catalogue alone: walks need no rights for it. */
  async function direct(badge: string, kind: 'held' | 'hold_released', code: string, facts: any): Promise<Receipt | Refused> {
    const caller = await callerOf(badge);
    try {
      return await world.services.append({
        claim: { checkpoint_id: uuid7(world.clock()), kind, code, person_id: caller.person_id, office_code: caller.office_code, device_id: null, device_seq: null, device_prev: null, device_at: null, clock_offset_ms: null, head_seen: null, facts, commitments: {} },
        device_signature: null, caller, personal: [], second: null, number_from: null,
        decide(known) {
          if (known.unit === null) throw new Refused('unknown_unit', { code });
          return { ...decideStep(kind, facts, known.unit, caller), unit_kind: known.unit.unit_kind, code, makes_unit: false };
        },
      });
    } catch (error) {
      if (error instanceof Refused) return error;
      throw error;
    }
  }

  return {
    world, call, post, batch, all, seals, accepted, approved, trip, openBags, sealedBags, sentBags, sealing, direct,
    async unseal(sent: Sent, more: object = {}): Promise<{ opening_id: string; receipt: any }> {
      const opening_id = newId();
      const [receipt] = await all('CENTRESORTER', [{ kind: 'bag_unsealed', code: sent.bag, facts: { opening_id, seal_nos: [sent.seal_no], blind: false, ...more } }]);
      return { opening_id, receipt };
    },
    async end(): Promise<void> {
      await second.close();
      await world.end();
    },
  };
}
