// A desk of the duty officer and one of a liaison over a world in which rules hold items, for the tests of flags, rules and casefiles.

import { expect } from 'vitest';
import { INDICATORS } from '../../src/domain/rule_catalogue.ts';
import { openDesks } from '../support/browser.ts';
import { inForce } from '../support/rules.ts';
import { DONG_DANG, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

const dated = { valid_from: '2017-01-01', valid_to: null };
const HOLD_REASONS = { released_clear: ['Giải tỏa: đã kiểm tra, không vi phạm', 'Released: checked, clear'], released_explained: ['Giải tỏa: đã giải trình', 'Released: explained'], released_mistake: ['Giải tỏa: giữ nhầm', 'Released: held by mistake'] } as const;

/** `given`: a world of the caller's, who ends it. */
export async function makeLiaisons(given?: World) {
  const desks = await openDesks(given);
  const { world } = desks;
  await world.hire('DUTY2', 'duty_officer', DONG_DANG);
  await world.hire('LEADER2', 'leader', DONG_DANG);
  await world.root.insertInto('reason').values(Object.entries(HOLD_REASONS).map(([reason_code, [name_vi, name_en]]) => ({ reason_list: 'hold', reason_code, name_vi, name_en, ...dated }))).execute();
  const { CNT2, CNT4, CNT5, SCR1 } = INDICATORS as Required<typeof INDICATORS>;
  await inForce(world.root, { CNT2, CNT4, CNT5, SCR1 } as typeof INDICATORS);
  world.services.forgetRules();
  const ok = (answer: Answer): any => {
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.body;
  };
  const call = async (badge: string, method: string, path: string, body?: unknown): Promise<Answer> => world.call(method, path, { token: await world.as(badge), body });
  const parcel = async (signs: readonly string[]): Promise<string> => ok(await world.post('CLERK', { ...PARCEL, checkpoint_id: newId(), facts: { ...PARCEL.facts, ...(signs.length === 0 ? {} : { signs }) } })).code;
  const outcomes = async (code: string): Promise<string[]> => {
    const rows = await world.root.selectFrom('screening_outcome').innerJoin('unit', 'unit.unit_id', 'screening_outcome.unit_id').select('outcome').where('code', '=', code).orderBy('decided_at').execute();
    return rows.map((row) => row.outcome);
  };
  return { ...desks, ok, call, parcel, outcomes };
}
