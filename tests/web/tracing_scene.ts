// A courier at the centre with letters in hand, made through the API, for the tests of the run and of the road of an item.

import { expect } from 'vitest';
import { openDesks } from '../support/browser.ts';
import { CENTRE, KT1_LETTER, PARCEL } from '../support/world.ts';
import type { Answer } from '../support/world.ts';

const dated = { valid_from: '2017-01-01', valid_to: null };
export const EVIDENCE = { no_authorised_receiver: ['call'], closed: ['photo'], refused: ['witness'], not_collected: ['paper'], damaged_cover: ['photo', 'paper'], asked_later: [] } as const;
export const CARD = 'TU-0001';

export async function makeRun() {
  const desks = await openDesks();
  const { world } = desks;
  for (const [badge, role] of [['CENTRESORTER', 'sorter'], ['CENTREHEAD', 'shift_head'], ['CENTRECOURIER', 'courier']] as const) await world.hire(badge, role, CENTRE);
  await world.root.insertInto('reason').values(Object.entries(EVIDENCE).map(([reason_code, evidence]) => ({ reason_list: 'non_delivery', reason_code, name_vi: `Lý do ${reason_code}`, name_en: `Reason ${reason_code}`, evidence: [...evidence], ...dated }))).execute();
  await world.root.insertInto('authorised_person').values([
    { card_no: CARD, full_name: 'Lê Thị Mẫu', body_code: 'LS-TU', may_send: false, may_receive: true, ...dated },
    { card_no: 'TU-0002', full_name: 'Vi Văn Mẫu', body_code: 'LS-TU', may_send: true, may_receive: false, ...dated },
  ]).execute();
  const ok = (answer: Answer): any => {
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.body;
  };
  const call = async (badge: string, method: string, path: string, body?: unknown): Promise<Answer> => world.call(method, path, { token: await world.as(badge), body });
  const post = async (badge: string, kind: string, code: string, facts: object = {}, more: object = {}): Promise<any> => ok(await world.post(badge, { kind, code, facts, ...more }));
  const person = (badge: string): Promise<string> => world.personId(badge);

  /** In the hands of the centre's sorter. */
  async function atCentre(letter: { secrecy?: string; personal_mark?: boolean } | 'parcel' = {}): Promise<string> {
    const { secrecy = 'NONE', personal_mark = false } = letter === 'parcel' ? {} : letter;
    const facts = { ...KT1_LETTER.facts, service: { ...KT1_LETTER.facts.service, secrecy, ...(personal_mark ? { urgency: 'NONE' } : {}) }, checklist: { ...KT1_LETTER.facts.checklist, outer_mark: secrecy, envelope_layers: secrecy === 'A' ? 2 : 1, personal_mark } };
    const code = await world.accepted(letter === 'parcel' ? PARCEL : { kind: 'accepted', facts });
    await post('CONTROLLER', 'approved', code);
    await post('CLERK', 'handed_over', code, { to: { kind: 'person', ref: await person('DRIVER') }, condition: 'intact' }, { confirmation: await world.confirmation('CLERK', 'DRIVER', 'custody.hand_over') });
    const to = { kind: 'person', ref: await person('CENTRESORTER') };
    const { handover_id } = ok(await call('DRIVER', 'POST', '/api/handovers', { to, receiver_person_id: to.ref, lines: [{ code, condition: 'intact', seal_nos: [] }] }));
    await post('CENTRESORTER', 'handed_over', code, { handover_id, to, condition: 'intact' });
    return code;
  }
  async function out(letter: Parameters<typeof atCentre>[0] = {}): Promise<string> {
    const code = await atCentre(letter);
    await post('CENTRESORTER', 'signed_out', code, { courier_person_id: await person('CENTRECOURIER') }, { confirmation: await world.confirmation('CENTRESORTER', 'CENTRECOURIER', 'item.deliver') });
    return code;
  }
  const stateOf = async (code: string): Promise<string> => (await world.root.selectFrom('unit').select('state').where('code', '=', code).executeTakeFirstOrThrow()).state;
  const factsOf = async (code: string): Promise<any[]> => ok(await call('CENTRESORTER', 'GET', `/api/items/${code}/chain`)).checkpoints;
  ok(await call('CENTRECOURIER', 'POST', '/api/runs', {}));
  return { ...desks, atCentre, out, call, ok, stateOf, factsOf };
}
