// What is held stays where it is: through every kind that moves, through the bag around it and its trip, and by raw SQL as the app's own
// role. The next office sees that something in a bag must stay; a dangerous item shows its card.

import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHECKPOINTS } from '../../src/domain/checkpoint.ts';
import type { Kind } from '../../src/domain/facts.ts';
import { DANGER_SIGNS } from '../../src/domain/do_not_touch.ts';
import { SIGN_CODES } from '../../src/domain/sign.ts';
import { makeRoad } from '../support/road.ts';
import type { Road } from '../support/road.ts';
import { DONG_DANG, expectRefusal, HA_NOI, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let road: Road;
let world: World;
let app: pg.Client;
let courier: string;
beforeAll(async () => {
  road = await makeRoad();
  world = road.world;
  courier = await world.personId('COURIER');
  await world.hire('DUTY2', 'duty_officer', DONG_DANG);
  app = new pg.Client({ connectionString: world.database.urls.app });
  await app.connect();
});
afterAll(async () => {
  await app.end();
  await road.end();
});
afterEach(async () => void (await world.verify()));

const hold = async (code: string, badge = 'CONTROLLER'): Promise<string> => {
  const { status, body, text } = await world.post(badge, { kind: 'held', code, facts: { reason_code: 'random_check' } });
  expect(status, text).toBe(201);
  return body.checkpoint_id;
};
const unit = async (code: string) => world.root.selectFrom('unit').selectAll().where('code', '=', code).executeTakeFirstOrThrow();
const MOVES = (Object.keys(CHECKPOINTS) as Kind[]).filter((kind) => CHECKPOINTS[kind].moves);

describe('through the API', () => {
  /** Who may, and what he would say. */
  const TRIED: { [kind: string]: { badge: string; facts: () => object; second?: string } } = {
    handed_over: { badge: 'SORTER', facts: () => ({ to: { kind: 'person', ref: courier }, condition: 'intact' }), second: 'CLERK' },
    bagged: { badge: 'SORTER', facts: () => ({ bag_code: '' }) },
    signed_out: { badge: 'COURIER', facts: () => ({ courier_person_id: courier }) },
    delivered: { badge: 'COURIER', facts: () => ({ receiver_authority: 'addressee_in_person' }) },
    redirected: { badge: 'CONTROLLER', facts: () => ({ destination_office_code: HA_NOI, postal_code: '10000' }) },
    return_started: { badge: 'CONTROLLER', facts: () => ({ reason_code: 'refused_by_addressee' }) },
    returned: { badge: 'CONTROLLER', facts: () => ({}) },
    withdrawn: { badge: 'CONTROLLER', facts: () => ({}) },
    bag_departed: { badge: 'SHIFTHEAD', facts: () => ({ vehicle_no: '12A-0001' }) },
  };

  test('each kind that moves is tried here', () => {
    expect(Object.keys(TRIED).toSorted()).toEqual(MOVES.toSorted());
  });

  test('no kind moves a held item, and those that could otherwise say that it is held', async () => {
    const [code] = await road.approved([{}]);
    const [{ bag } = { bag: '' }] = await road.openBags([[]]);
    await hold(code ?? '');
    const said: { [kind: string]: string } = {};
    for (const kind of MOVES) {
      const { badge, facts, second } = TRIED[kind] ?? { badge: 'CLERK', facts: () => ({}) };
      const confirmation = second === undefined ? {} : { confirmation: await world.confirmation(badge, second, 'custody.hand_over') };
      const answer = await world.post(badge, { kind, code, facts: kind === 'bagged' ? { bag_code: bag } : facts(), ...confirmation });
      expect(answer.status, `${kind}: ${answer.text}`).toBeGreaterThanOrEqual(400);
      said[kind] = answer.body.refusal;
    }
    console.log(`held: ${JSON.stringify(said)}`);
    for (const kind of ['bagged', 'withdrawn', 'redirected']) expect(said[kind], kind).toBe('held');
    const now = await unit(code ?? '');
    expect([now.state, now.holds]).toEqual(['approved', 1]);
    // Not by an offer of many, either.
    const offered = await world.call('POST', '/api/handovers', { token: await world.as('CLERK'), body: { to: { kind: 'person', ref: courier }, codes: [code] } });
    expect(offered.status).toBeGreaterThanOrEqual(400);
  });

  test('a held item inside keeps its bag open, a sealed one at home, and its trip; both ends see that something must stay', async () => {
    const [one, two, three, four] = await road.approved([{}, {}, {}, {}]);
    const [open] = await road.openBags([[one ?? '', two ?? '']]);
    await hold(one ?? '');
    const [seal] = await road.seals(1);
    expectRefusal(await world.post('SORTER', { kind: 'bag_sealed', code: open?.bag, facts: road.sealing(2, seal ?? '') }), 'held', 409);
    const [sealed, sent] = await road.sealedBags([[three ?? ''], [four ?? '']]);
    await hold(three ?? '');
    expectRefusal(await world.post('SHIFTHEAD', { kind: 'bag_departed', code: sealed?.bag, facts: { vehicle_no: '12A-0001' } }), 'held', 409);
    expect((await world.post('SHIFTHEAD', { kind: 'bag_departed', code: sent?.bag, facts: { vehicle_no: '12A-0001' } })).status).toBe(201);
    // Held on its way: the office where it will arrive sees it before the bag is opened, and not which one or why.
    await hold(four ?? '');
    const at = async (badge: string, path: string): Promise<Answer> => world.call('GET', path, { token: await world.as(badge) });
    const trip = await at('CENTRESORTER', `/api/trips/${sent?.trip_id}`);
    expect(trip.body.bags).toMatchObject([{ code: sent?.bag, held: true, held_inside: 1 }]);
    expect((await at('CENTRESORTER', '/api/trips')).body.rows.find((row: any) => row.trip_id === sent?.trip_id)).toMatchObject({ held: true });
    expect((await at('CENTRESORTER', `/api/bags/${sent?.bag}`)).body).toMatchObject({ held: true, held_inside: 1 });
    for (const { text } of [trip, await at('CENTRESORTER', `/api/bags/${sent?.bag}`)]) expect(text).not.toContain(four);
  });

  test('what lies in a bag is taken out before an authority takes it', async () => {
    const [code] = await road.approved([{}]);
    await road.openBags([[code ?? '']]);
    const confirmation = await world.confirmation('LIAISON', 'DUTYOFFICER', 'item.release_hold');
    expectRefusal(await world.post('LIAISON', { kind: 'given_to_authority', code, facts: { agency_code: 'CA-LS', record_no: '1/2026/BB-243100', receiver_card_no: 'CA-0001' }, confirmation }), 'in_a_bag', 409);
  });

  test('a hold of many moves on once each was released by another person', async () => {
    const [code] = await road.approved([{}]);
    const first = await hold(code ?? '');
    const second = await hold(code ?? '', 'DUTYOFFICER');
    const release = (badge: string, id: string) => world.post(badge, { kind: 'hold_released', code, facts: { hold_checkpoint_id: id, reason_code: 'random_check' } });
    expect((await release('DUTYOFFICER', first)).status).toBe(201);
    expectRefusal(await world.post('CONTROLLER', { kind: 'withdrawn', code, facts: {} }), 'held');
    expectRefusal(await release('DUTYOFFICER', second), 'same_person');
    // In one flight: the release and what it lets happen.
    const steps = [{ checkpoint_id: newId(), kind: 'hold_released', code, facts: { hold_checkpoint_id: second, reason_code: 'random_check' } }, { checkpoint_id: newId(), kind: 'hold_released', code, facts: { hold_checkpoint_id: second, reason_code: 'random_check' } }];
    const { results } = (await world.call('POST', '/api/checkpoints/batch', { token: await world.as('DUTY2'), body: { checkpoints: steps } })).body;
    expect(results.map((r: any) => r.problem?.refusal ?? 'stored')).toEqual(['stored', 'not_held']);
    expect((await unit(code ?? '')).holds).toBe(0);
  });

  test('one flight releases and bags', async () => {
    const [code] = await road.approved([{}]);
    const [{ bag } = { bag: '' }] = await road.openBags([[]]);
    const id = await hold(code ?? '');
    const both = await Promise.all([
      world.post('DUTYOFFICER', { kind: 'hold_released', code, facts: { hold_checkpoint_id: id, reason_code: 'random_check' } }),
      world.post('SORTER', { kind: 'bagged', code, facts: { bag_code: bag } }),
    ]);
    expect(both[0]?.status, both[0]?.text).toBe(201);
    // Behind the release it is stored, before it refused.
    if (both[1]?.status !== 201) expectRefusal(both[1], 'held');
  });
});

describe('by raw SQL as the app', () => {
  const state = async (text: string, values: unknown[] = []): Promise<string> => {
    await app.query('begin');
    const outcome = await app.query(text, values).then(() => 'done', (error: pg.DatabaseError) => error.code ?? String(error));
    await app.query('rollback');
    return outcome;
  };
  const INSERT = 'insert into checkpoint (checkpoint_id, unit_id, unit_seq, kind, person_id, received_at, body) values ($1, $2, $3, $4, $5, now(), $6)';

  test('the trigger names exactly the kinds that move, and closing a bag', async () => {
    const { rows } = await app.query("select pg_get_triggerdef(oid) as text, tgenabled from pg_trigger where tgname = 'held_units_do_not_move'");
    const kinds = [...String(rows[0].text).matchAll(/'([a-z_]+)'::text/g)].map((match) => match[1]);
    expect(kinds.toSorted()).toEqual([...MOVES, 'bag_sealed'].toSorted());
    expect(rows[0].tgenabled).toBe('A');
  });

  test('no entry of a kind that moves, no change of its row, no release out of nothing', async () => {
    const [code, free, inside] = await road.approved([{}, {}, {}]);
    const [{ bag } = { bag: '' }] = await road.openBags([[inside ?? '']]);
    await hold(code ?? '');
    await hold(inside ?? '');
    const [held, other, around] = [await unit(code ?? ''), await unit(free ?? ''), await unit(bag)];
    for (const kind of MOVES) {
      expect(await state(INSERT, [newId(), held.unit_id, held.unit_seq + 1, kind, courier, '']), kind).toBe('NI005');
      expect(await state(INSERT, [newId(), other.unit_id, other.unit_seq + 1, kind, courier, '']), kind).toBe('done');
    }
    for (const kind of ['bag_sealed', 'bag_departed']) expect(await state(INSERT, [newId(), around.unit_id, around.unit_seq + 1, kind, courier, '']), kind).toBe('NI005');
    for (const change of ['holds = 0', "state = 'in_bag'", "state = 'delivered', holds = 0", "state = 'with_courier'", 'holds = holds - 1', 'holds = 0, unit_seq = unit_seq + 1']) {
      expect(await state(`update unit set ${change} where unit_id = $1`, [held.unit_id]), change).toBe('NI005');
    }
    expect(await state('update unit set holds = 0 where unit_id = $1', [other.unit_id])).toBe('done');
    for (const text of ['alter table unit disable trigger all', 'drop trigger a_hold_is_not_forgotten on unit', "set session_replication_role = replica"]) expect(await state(text), text).toBe('42501');
  });
});

describe('the do-not-touch card', () => {
  const card = async (badge: string, code: string): Promise<Answer> => world.call('GET', `/api/items/${code}/do-not-touch`, { token: await world.as(badge) });

  test('shows for a held item with a dangerous sign what to do, and to those who deal with it who was near', async () => {
    expect([...DANGER_SIGNS].every((sign) => (SIGN_CODES as readonly string[]).includes(sign))).toBe(true);
    const code = await world.accepted(PARCEL);
    expect((await card('CLERK', code)).body).toMatchObject({ critical: false, steps: [], contacts: null });
    await world.post('CONTROLLER', { kind: 'approved', code, facts: {} });
    await world.post('CENTRECLERK', { kind: 'seen', code, facts: {} });
    await world.post('CLERK2', { kind: 'suspected', code, facts: { reason_code: 'random_check', signs: ['ticking'] } });
    const clerk = (await card('CLERK', code)).body;
    expect(clerk).toMatchObject({ critical: true, contacts: null });
    expect(clerk.steps.length).toBe(5);
    const { contacts } = (await card('DUTYOFFICER', code)).body;
    expect(contacts.complete).toBe(true);
    expect([...new Set(contacts.touched.map((touch: any) => touch.badge))].toSorted()).toEqual(['CENTRECLERK', 'CLERK', 'CLERK2', 'CONTROLLER']);
    // Held for another reason it is no danger; the card tells nothing of the reason.
    const plain = await world.accepted(PARCEL);
    await world.post('CLERK2', { kind: 'suspected', code: plain, facts: { reason_code: 'random_check' } });
    expect((await card('DUTYOFFICER', plain)).body).toMatchObject({ critical: false });
    expect((await card('CLERK', 'BK999999995VN')).status).toBe(404);
  });
});
