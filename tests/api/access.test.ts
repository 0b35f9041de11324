// Who may do what, who may see what, and what nobody may store: read from the description and the catalogues themselves.

import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHECKPOINTS } from '../../src/domain/checkpoint.ts';
import { PERMISSIONS, permissionsOf, ROLES } from '../../src/domain/role.ts';
import type { Permission, Role } from '../../src/domain/role.ts';
import { CENTRE, DONG_DANG, expectRefusal, HA_NOI, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

type Route = { method: string; path: string; access: string | undefined };
let world: World;
let routes: Route[];
let code: string;

beforeAll(async () => {
  world = await makeWorld();
  code = await world.accepted();
  const { body } = await world.call('GET', '/api/openapi.json');
  routes = Object.entries<any>(body.paths).flatMap(([path, methods]) =>
    Object.entries<any>(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, access: operation['x-access'] })),
  );
});
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const MARKS = ['A', 'B', 'C'];
const ROLE_NAMES = Object.keys(ROLES) as Role[];
const badgeOf = (role: Role): string => role.toUpperCase().replace('_', '');
const may = (role: Role, permission: string): boolean => permissionsOf([role]).has(permission as Permission);
const person = (badge: string) => world.root.selectFrom('person').select('person_id').where('badge', '=', badge).executeTakeFirstOrThrow();

/** The route asked with the least that it takes; a wrong body is none of this test's business. */
async function ask({ method, path }: Route, token: string | undefined): Promise<Answer> {
  const given: { [name: string]: string } = { code, list: 'offices', name: 'states', badge: 'DRIVER', device_id: newId() };
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name] ?? 'x');
  return world.call(method, url, { token, ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }) });
}

/** What stands in the way of somebody; null: nothing about who he is. */
function barred(answer: Answer): string | null {
  expect(answer.status).toBeLessThan(500);
  const about = ['not_signed_in', 'session_expired', 'session_locked', 'not_permitted'];
  return about.includes(answer.body?.refusal) ? answer.body.refusal : null;
}

describe('routes', () => {
  /** Pages, files and probes that tell nothing of any item. */
  const OUTSIDE = ['/', '/desk/*', '/assets/*', '/sw.js', '/icon.svg', '/manifest.webmanifest', '/verify.html', '/assets/niem.css', '/healthz', '/readyz', '/metrics', '/api/openapi.json', '/api/docs',
    // Parts of a path without number: tests/api/log.test.ts asks them as each role.
    '/log/:log_name/tile/*'].map(
    (path) => `GET ${path}`,
  );

  test('each says who may ask it, and none is left out of the description', () => {
    const known = new Set(['public', 'signed_in', 'locked_too', 'any_kind', ...Object.keys(PERMISSIONS)]);
    for (const { method, path, access } of routes) expect(known, `${method} ${path}`).toContain(access);
    const described = routes.map(({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
    const served = world.app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(served)].toSorted()).toEqual([...described, ...OUTSIDE].toSorted());
    expect(routes.length).toBeGreaterThan(15);
  });

  test.each(ROLE_NAMES)('%s gets exactly what the role may', async (role) => {
    for (const route of routes) {
      const access = route.access ?? '';
      const expected = access in PERMISSIONS && !may(role, access) ? 'not_permitted' : null;
      const answer = await ask(route, await world.newToken(badgeOf(role)));
      expect(barred(answer), `${route.method} ${route.path}: ${answer.text}`).toBe(expected);
      if (expected !== null) expect(answer.body.facts).toEqual({ permission: access });
    }
  });

  /** Sessions that are none, or not any more. */
  const NOBODY: { [who: string]: { token: () => Promise<string | undefined>; refusal: string; after_ms?: number } } = {
    anonymous: { token: async () => undefined, refusal: 'not_signed_in' },
    'a made-up token': { token: async () => 'A'.repeat(43), refusal: 'not_signed_in' },
    'a session that was signed out': { token: signedOut, refusal: 'not_signed_in' },
    'a session on a revoked device': { token: onRevokedDevice, refusal: 'not_signed_in' },
    'an expired session': { token: () => world.newToken('CONTROLLER'), refusal: 'session_expired', after_ms: 14 * 3_600_000 },
    'an idle session': { token: () => world.newToken('CONTROLLER'), refusal: 'session_locked', after_ms: 5 * 60_000 + 1 },
  };
  test.each(Object.entries(NOBODY))('%s gets only what is public', async (_, { token, refusal, after_ms = 0 }) => {
    for (const route of routes) {
      const given = await token();
      world.advance(after_ms);
      const answer = await ask(route, given);
      world.advance(-after_ms);
      const open = route.access === 'public' || (refusal === 'session_locked' && route.access === 'locked_too');
      expect(barred(answer), `${route.method} ${route.path}: ${answer.text}`).toBe(open ? null : refusal);
    }
  });

  async function signedOut(): Promise<string> {
    const token = await world.newToken('CONTROLLER');
    expect((await world.call('DELETE', '/api/session', { token })).status).toBe(200);
    return token;
  }

  async function onRevokedDevice(): Promise<string> {
    const [device_id, { person_id }] = [newId(), await person('ADMIN')];
    const public_key = crypto.getRandomValues(new Uint8Array(32));
    const device = { device_id, name: 'x', office_code: DONG_DANG, public_key, enrolled_at: new Date(), enrolled_by: person_id };
    await world.root.insertInto('device').values(device).execute();
    const token = await world.newToken('CONTROLLER', { device_id });
    expect((await world.call('GET', '/api/session', { token })).body).toMatchObject({ device_id });
    const revoked = await world.call('POST', `/api/devices/${device_id}/revoke`, { token: await world.newToken('ADMIN'), body: {} });
    expect(revoked.status, revoked.text).toBe(200);
    return token;
  }
});

describe('kinds of checkpoints', () => {
  const BAG = '243100240100AKT60001001';
  const reason = (reason_code: string) => ({ reason_code });
  const facts = (): { [kind: string]: object } => ({
    accepted: KT1_LETTER.facts,
    acceptance_refused: { service_class: 'kt1', ...reason('joint_check_refused') },
    approved: {},
    approval_refused: reason('wrong_mark'),
    seen: {},
    label_printed: { size: '80x50', ...reason('label_damaged') },
    suspected: reason('random_check'),
    held: reason('random_check'),
    hold_released: { hold_checkpoint_id: newId(), ...reason('random_check') },
    given_to_authority: { agency_code: 'CA-LS', record_no: '1/2026/BB-243100', receiver_card_no: 'CA-0001' },
    returned_by_authority: { agency_code: 'CA-LS', record_no: '1' },
    destroyed: { agency_code: 'CA-LS', record_no: '1' },
    reweighed: { weight_g: 182 },
    condition_recorded: { condition: 'wrinkled' },
    rewrapped: { ...reason('torn_in_handling'), weight_before_g: 182, weight_g: 190 },
    corrected: { corrects: newId(), ...reason('typing_error') },
    bag_started: { trip_id: newId(), manifest_bag: true },
    bagged: { bag_code: BAG },
    taken_out_of_bag: { bag_code: BAG, ...reason('wrong_direction') },
    bag_sealed: { seal_nos: ['NS000001'], item_count: 1, gross_g: 900, tare_g: 300, last_of_trip: true },
    bag_reopened: reason('seal_damaged'),
    bag_voided: reason('seal_damaged'),
    bag_departed: { vehicle_no: '12A-0001' },
    bag_arrived: {},
    seal_checked: { seal_no: 'NS000001', found: 'intact' },
    bag_unsealed: { opening_id: newId(), seal_nos: ['NS000001'], blind: false },
    counted: { bag_code: BAG, condition: 'intact' },
    missing: { bag_code: BAG, ...reason('not_in_bag') },
    sorted: { direction_office_code: DONG_DANG },
    found_again: {},
    lost: { record_no: '04/BB' },
    bag_emptied: {},
    handed_over: { handover_id: newId(), to: { kind: 'person', ref: newId() }, condition: 'intact' },
    signed_out: { courier_person_id: newId() },
    attempted: { ...reason('addressee_absent'), evidence: ['call'] },
    delivered: { receiver_authority: 'addressee_in_person' },
    call_notice_left: { notice_no: 1 },
    redirected: { destination_office_code: HA_NOI, postal_code: '10000' },
    return_started: reason('refused_by_addressee'),
    returned: {},
    withdrawn: {},
    declared_unclaimed: {},
    opened_by_authority: {
      basis: { basis_id: newId(), act_code: 'luat_mau', agency_code: 'CA-LS', decision_no: '1', signer_card_no: 'CA-0001', procuracy_approval_no: '2/VKS' },
      witness_person_id: newId(),
    },
    screened: { method: 'VCK', result: 'clear' },
  });

  test('each that can be posted is tried here', async () => {
    const { rows } = (await world.call('GET', '/api/catalogue/checkpoints')).body;
    const postable = rows.filter((row: any) => row.can_be_posted).map((row: any) => row.kind);
    expect(postable.toSorted()).toEqual(Object.keys(facts()).toSorted());
  });

  test.each(ROLE_NAMES)('%s records exactly what the role may, and the attempt is kept', async (role) => {
    for (const [kind, kindFacts] of Object.entries(facts())) {
      const { permission } = CHECKPOINTS[kind as keyof typeof CHECKPOINTS];
      const named = kind.startsWith('accept') || kind === 'bag_started' ? {} : { code: await world.accepted() };
      const checkpoint = { checkpoint_id: newId(), kind, facts: kindFacts, ...named };
      const answer = await world.post(badgeOf(role), checkpoint);
      expect(barred(answer), `${kind}: ${answer.text}`).toBe(may(role, permission) ? null : 'not_permitted');
      const left = await sql<{ n: number }>`select count(*)::int as n from (select checkpoint_id from checkpoint
        union all select checkpoint_id from refused_claim) as kept where checkpoint_id = ${checkpoint.checkpoint_id}`.execute(world.root);
      expect(left.rows, `${kind}: ${answer.text}`).toEqual([{ n: 1 }]);
    }
  });
});

describe('roles', () => {
  const approve = () => ({ checkpoint_id: newId(), kind: 'approved', code, facts: {} });

  test('a role counts at its own office only', async () => {
    const { person_id } = await person('CLERK5');
    await world.root
      .insertInto('person_role')
      .values({ person_id, role: 'controller', office_code: CENTRE, valid_from: '2017-01-01' })
      .execute();
    expectRefusal(await world.call('POST', '/api/sessions', { body: { badge: 'CLERK5', pin: '246810' } }), 'wrong_office');
    const token = await world.newToken('CLERK5', { office_code: DONG_DANG });
    expectRefusal(await world.call('POST', '/api/checkpoints', { token, body: approve() }), 'not_permitted');
    expectRefusal(await world.call('GET', `/api/items?office_code=${CENTRE}`, { token }), 'wrong_office', 403);
    const other = await world.call('GET', '/api/items', { token: await world.newToken('CLERK5', { office_code: CENTRE }) });
    expect(other.body).toEqual({ items: [], next_after: null });
  });

  test('a role that is withdrawn, and a person who has left, act no more within half a second', async () => {
    const token = await world.newToken('CONTROLLER2');
    const { person_id } = await person('CONTROLLER2');
    const items = () => {
      world.advance(501); // for so long a process may remember a session
      return world.call('GET', '/api/items', { token });
    };
    expect((await items()).status).toBe(200);
    await world.root.updateTable('person_role').set({ valid_to: '2020-01-01' }).where('person_id', '=', person_id).execute();
    expectRefusal(await items(), 'not_permitted');
    expectRefusal(await world.call('POST', '/api/checkpoints', { token, body: approve() }), 'not_permitted');
    await world.root.updateTable('person').set({ valid_to: '2020-01-01' }).where('person_id', '=', person_id).execute();
    expectRefusal(await items(), 'not_signed_in');
  });
});

/** A letter of this mark with the outside that it must have. */
function marked(mark: string, changes: { [path: string]: unknown } = {}): object {
  const copy: any = { ...structuredClone(KT1_LETTER), checkpoint_id: newId() };
  copy.facts.service.secrecy = mark;
  copy.facts.checklist = { ...copy.facts.checklist, outer_mark: mark, envelope_layers: 2 };
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    names.reduce((holder, name) => (holder[name] ??= {}), copy)[last] = value;
  }
  return copy;
}

describe('the mark', () => {
  const see = async (badge: string, path: string): Promise<Answer> => world.call('GET', path, { token: await world.as(badge) });

  test.each(MARKS)('%s and the facts of the item are hidden from those not cleared for it', async (mark) => {
    const number = await world.accepted(marked(mark));
    const item = (await see('UNCLEARED', `/api/items/${number}`)).body;
    expect(item).toMatchObject({ secrecy: null, sender_card_no: null, service_vi: 'KT1 · Hỏa tốc', service_en: 'KT1 · Hỏa tốc (urgent)' });
    const chain = (await see('UNCLEARED', `/api/items/${number}/chain`)).body;
    expect(chain).toMatchObject({ complete: true, checkpoints: [{ kind: 'accepted', facts: null, linked: true }] });
    expectRefusal(await see('UNCLEARED', `/api/items/${number}/label`), 'clearance_missing', 403);
    expect((await see('CLERK', `/api/items/${number}`)).body).toMatchObject({ secrecy: mark, service_vi: `KT1 ${mark} · Hỏa tốc` });
    expect((await see('CLERK', `/api/items/${number}/chain`)).body.checkpoints[0].facts.checklist.outer_mark).toBe(mark);
  });

  test.each(MARKS)('%s stands in no answer to those not cleared, not even in a refusal', async (mark) => {
    const number = await world.accepted(marked(mark));
    const step = (kind: string, facts = {}) => world.post('UNCLEARED', { checkpoint_id: newId(), kind, code: number, facts });
    const read = ['', '/chain', '/receipt', '/receipt?format=html', '/label', '/label?format=pdf'];
    const answers = await Promise.all(read.map((path) => see('UNCLEARED', `/api/items/${number}${path}`)));
    answers.push(await see('UNCLEARED', '/api/items?limit=200'), await step('seen'), await step('label_printed', { size: '80x50' }));
    for (const { text } of answers) expect(text).not.toMatch(new RegExp(`KT1 ${mark}|"${mark}"|mark ${mark}\\b|dấu ${mark}\\b`));
  });

  test('there is none on what anybody may see', async () => {
    for (const example of [PARCEL, marked('NONE')]) {
      const number = await world.accepted(example);
      expect((await see('UNCLEARED', `/api/items/${number}`)).body).toMatchObject({ secrecy: 'NONE' });
    }
  });
});

describe('content of a marked item cannot be stored', () => {
  // prettier-ignore
  const PLACES = ['note', 'facts.abstract', 'facts.document_no', 'facts.addressee_name', 'facts.photo', 'facts.service.note', 'facts.checklist.note',
    'facts.sender.name', 'facts.sender.card_no', 'facts.sender.body_code', 'facts.addressee.name', 'facts.addressee.body_code', 'facts.condition'];

  test.each(MARKS)('mark %s: the API refuses each place for words by its name', async (mark) => {
    for (const path of [...PLACES, 'personal']) {
      const answer = await world.post('CLERK', marked(mark, { [path]: path === 'personal' ? PARCEL.personal : 'Về việc nhân sự' }));
      expectRefusal(answer, 'invalid_input', 422);
      expect(answer.body.facts.field).toBe(path);
    }
    const elsewhere = { postal_code: '10000', destination_office_code: HA_NOI, name: 'Về việc nhân sự' };
    expectRefusal(await world.post('CLERK', marked(mark, { 'facts.addressee': elsewhere })), 'invalid_input');
  });

  test.each(MARKS)('mark %s: the database refuses personal data, even from a superuser', async (mark) => {
    const { unit_id, checkpoint_id } = (await world.post('CLERK', marked(mark))).body;
    const attach = (secrecy: string) =>
      sql`insert into personal (checkpoint_id, unit_id, secrecy, sealed) values (${checkpoint_id}, ${unit_id}, ${secrecy}, ${new Uint8Array(64)})`.execute(world.root);
    await expect(attach('NONE')).rejects.toThrow('no_personal_data_for_marked_items');
    await expect(attach(mark)).rejects.toThrow('personal_secrecy_check');
  });

  async function columnsWithoutPattern(): Promise<string[]> {
    const { rows } = await sql<{ name: string; checks: string | null }>`
      select a.attname as name, string_agg(pg_get_constraintdef(k.oid), ' ') as checks from pg_attribute a
      left join pg_constraint k on k.conrelid = a.attrelid and k.contype = 'c' and k.conkey = array[a.attnum]
      where a.attrelid = 'item'::regclass and a.attnum > 0 and not a.attisdropped
        and a.atttypid::regtype::text not in ('uuid', 'integer', 'boolean', 'timestamp with time zone')
      group by a.attname order by a.attname`.execute(world.root);
    expect(rows.length).toBeGreaterThan(10);
    return rows.filter((row) => !/= ANY|~ '\^/.test(row.checks ?? '')).map((row) => row.name);
  }

  test('each text column of item has a pattern, or is the code of an office, body or card', async () => {
    expect((await columnsWithoutPattern()).filter((name) => !/_(office|body)_code$|_card_no$/.test(name))).toEqual([]);
  });

  test('codes of offices, bodies and cards have a pattern in the database too', async () => {
    expect(await columnsWithoutPattern()).toEqual([]);
  });
});
