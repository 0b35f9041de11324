// Adding to the journal through the API, as tests do it again and again.

import { expect } from 'vitest';
import type { Answer, World } from './world.ts';

export type Journal = ReturnType<typeof journal>;

export function journal(world: World) {
  const areas: { [matter: string]: string } = { roster: 'roster', period: 'periods', directive: 'directives', incident: 'incidents', report: 'reports' };
  const post = async (badge: string, matter: string, body: object): Promise<Answer> => world.call('POST', `/api/${areas[matter]}`, { token: await world.as(badge), body });
  const get = async (badge: string, path: string): Promise<Answer> => world.call('GET', path, { token: await world.as(badge) });
  return {
    post,
    get,
    /** Posts, and expects it to be recorded. */
    async did(badge: string, matter: string, body: object): Promise<any> {
      const answer = await post(badge, matter, body);
      expect(answer.status, answer.text).toBe(201);
      return answer.body;
    },
    async seen(badge: string, path: string): Promise<any> {
      const answer = await get(badge, path);
      expect(answer.status, answer.text).toBe(200);
      return answer.body;
    },
    /** Orders a period by two persons. */
    async order(facts: object, first = 'LEADER', second = 'DUTYOFFICER'): Promise<Answer> {
      return post(first, 'period', { kind: 'period_ordered', facts, confirmation: await world.confirmation(first, second, 'period.order') });
    },
  };
}

/** Times in minutes from now, as an order has them. */
export function periodFacts(now_ms: number, [before, during, after, until]: [number, number, number, number], more: object = {}) {
  const at = (minutes: number): string => new Date(now_ms + minutes * 60_000).toISOString();
  return {
    name_vi: 'Tết và Đại hội', basis: [{ number: '5167/BTTTT-CATTT', on: '2020-12-30' }], before_from: at(before), during_from: at(during), after_from: at(after), until: at(until),
    office_codes: [] as string[], service_classes: [] as string[], measures: { before: {}, during: {}, after: {} }, ...more,
  };
}
