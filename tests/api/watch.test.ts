// Watch lists from writing to hit: what a list holds back, who may know, and that at the counter nothing tells it from any other hold.

import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, World } from '../support/world.ts';
import { CENTRE, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL, preprinted } from '../support/world.ts';

let world: World;
let app: pg.Client;
beforeAll(async () => {
  world = await makeWorld();
  await world.hire('LIAISON2', 'liaison', '');
  await world.hire('DUTY2', 'duty_officer', CENTRE);
  const customs = await world.hire('CUSTOMS', 'liaison', '');
  await world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', customs ?? '').execute();
  app = new pg.Client({ connectionString: world.database.urls.app });
  await app.connect();
});
afterAll(async () => {
  await app.end();
  await world.end();
});
afterEach(async () => void (await world.verify()));

const ask = async (badge: string, method: string, path: string, body?: object): Promise<Answer> => world.call(method, `/api/watch${path}`, { token: await world.as(badge), body });
const in30days = () => new Date(world.clock() + 30 * 86_400_000).toISOString();
const listBody = (more: object = {}) => ({ title: 'Danh sách mẫu', purpose: 'Thử đối chiếu', expires_at: in30days(), ...more });
type Entry = { match_kind: string; text: string; least_match?: string };

/** A list in force with these entries: written by LIAISON, approved by LIAISON2. */
async function inForce(entries: Entry[], more: object = {}): Promise<{ list_id: string; entry_ids: string[] }> {
  const { body } = await ask('LIAISON', 'POST', '/lists', listBody(more));
  const added = await ask('LIAISON', 'POST', `/lists/${body.list_id}/entries`, { entries });
  expect(added.status, added.text).toBe(201);
  world.advance(2);
  const approved = await ask('LIAISON2', 'POST', `/lists/${body.list_id}/decisions`, { decision: 'approved' });
  expect(approved.status, approved.text).toBe(200);
  return { list_id: body.list_id, entry_ids: added.body.entry_ids };
}

/** A parcel between these made-up people. */
const parcel = (sender: object, addressee: object = {}, more: object = {}) =>
  world.post('CLERK', { ...PARCEL, ...more, checkpoint_id: newId(), personal: { ...PARCEL.personal, sender: { ...PARCEL.personal.sender, ...sender }, addressee: { ...PARCEL.personal.addressee, ...addressee } } });
const held = async (answer: Answer): Promise<boolean> => {
  expect(answer.status, answer.text).toBe(201);
  return (await world.root.selectFrom('unit').select('holds').where('unit_id', '=', answer.body.unit_id).executeTakeFirstOrThrow()).holds > 0;
};

describe('a list in force', () => {
  test('holds what it names, however that is written, and nothing else', async () => {
    await inForce([
      { match_kind: 'person', text: 'Đinh Đức Thử' },
      { match_kind: 'organisation', text: 'Công ty TNHH Thử Mẫu' },
      { match_kind: 'address', text: 'Số 77 phố Thử, thị trấn Đồng Đăng, huyện Cao Lộc, tỉnh Lạng Sơn' },
      { match_kind: 'phone', text: '0999 000 111' },
      { match_kind: 'person', text: 'Hoàng Văn Khả', least_match: 'perhaps' },
    ]);
    const yes: [sender: object, addressee?: object][] = [
      [{ name: 'Dinh Duc Thu' }], [{ name: 'ĐINH ĐỨC THỬ' }], [{}, { name: 'Ông Đinh Đức Thử' }], [{ name: 'Cty TNHH Thử Mẫu' }], [{ phone: '+84999000111' }], [{}, { phone: '0999000111' }],
      [{}, { address: '77 Thử, TT. Đồng Đăng, Lạng Sơn' }], [{ name: 'H.V. Khả' }], [{ name: 'Khả Hoàng Văn' }],
    ];
    const no: [sender: object, addressee?: object][] = [[{ name: 'Đinh Đức Thứ' }], [{ name: 'Đ.Đ. Thử' }], [{ phone: '0999000112' }], [{}, { address: '78 Thử, TT. Đồng Đăng, Lạng Sơn' }], [{ name: 'Hoàng Văn Khá' }], [{}]];
    for (const [sender, addressee] of yes) expect(await held(await parcel(sender, addressee)), JSON.stringify([sender, addressee])).toBe(true);
    for (const [sender, addressee] of no) expect(await held(await parcel(sender, addressee)), JSON.stringify([sender, addressee])).toBe(false);
  });

  test('holds an item by the number of its label', async () => {
    const code = preprinted(7);
    await inForce([{ match_kind: 'item_code', text: code }]);
    expect(await held(await world.post('CLERK', { ...KT1_LETTER, checkpoint_id: newId(), code }))).toBe(true);
    expect(await held(await world.post('CLERK', { ...KT1_LETTER, checkpoint_id: newId(), code: preprinted(8) }))).toBe(false);
  });

  test('matches nothing before another person approved it, once withdrawn, and once expired', async () => {
    const { body } = await ask('LIAISON', 'POST', '/lists', listBody());
    const list = `/lists/${body.list_id}`;
    const accepted = async () => held(await parcel({ name: 'Chu Thị Hạn' }));
    await ask('LIAISON', 'POST', `${list}/entries`, { entries: [{ match_kind: 'person', text: 'Chu Thị Hạn' }] });
    world.advance(2);
    expect(await accepted()).toBe(false);
    expectRefusal(await ask('LIAISON', 'POST', `${list}/decisions`, { decision: 'approved' }), 'same_person', 403);
    expect((await ask('LIAISON2', 'POST', `${list}/decisions`, { decision: 'approved' })).status).toBe(200);
    expect(await accepted()).toBe(true);
    // What is added afterwards waits for another approval, and not by who added it.
    world.advance(2);
    await ask('LIAISON2', 'POST', `${list}/entries`, { entries: [{ match_kind: 'person', text: 'Chu Văn Chờ' }] });
    expect(await held(await parcel({ name: 'Chu Văn Chờ' }))).toBe(false);
    expectRefusal(await ask('LIAISON2', 'POST', `${list}/decisions`, { decision: 'approved' }), 'same_person');
    world.advance(2);
    expect((await ask('LIAISON', 'POST', `${list}/decisions`, { decision: 'approved' })).status).toBe(200);
    expect(await held(await parcel({ name: 'Chu Văn Chờ' }))).toBe(true);
    const waiting = (await ask('LIAISON', 'GET', `${list}/entries`)).body.rows.find((row: any) => row.entry_text === 'Chu Văn Chờ');
    expect((await ask('LIAISON', 'POST', `${list}/decisions`, { decision: 'withdrawn', entry_id: waiting.entry_id })).status).toBe(200);
    expect(await held(await parcel({ name: 'Chu Văn Chờ' }))).toBe(false);
    expect(await accepted()).toBe(true);
    world.advance(31 * 86_400_000);
    world.forget('CLERK'); world.forget('LIAISON'); world.forget('LIAISON2'); world.forget('DUTYOFFICER'); world.forget('CUSTOMS');
    expect(await accepted()).toBe(false);
    expectRefusal(await ask('LIAISON', 'POST', `${list}/entries`, { entries: [{ match_kind: 'person', text: 'Ai Đó' }] }), 'watch_list_ended', 409);
    world.advance(-31 * 86_400_000);
    for (const badge of ['CLERK', 'LIAISON', 'LIAISON2', 'DUTYOFFICER', 'CUSTOMS']) world.forget(badge);
    expect(await accepted()).toBe(true);
    await ask('LIAISON2', 'POST', `${list}/decisions`, { decision: 'withdrawn' });
    expect(await accepted()).toBe(false);
    expectRefusal(await ask('LIAISON2', 'POST', `${list}/decisions`, { decision: 'approved' }), 'watch_list_ended');
  });

  test('rests on an act that there is, on words that can be compared, and ends within a year', async () => {
    for (const [more, field] of [[{ act_code: 'no_such_act' }, 'act_code'], [{ expires_at: new Date(world.clock() + 366 * 86_400_000).toISOString() }, 'expires_at'], [{ expires_at: new Date(world.clock() - 1).toISOString() }, 'expires_at']] as const) {
      const answer = await ask('LIAISON', 'POST', '/lists', listBody(more));
      expectRefusal(answer, 'invalid_input', 422);
      expect(answer.body.facts.field).toBe(field);
    }
    const { body } = await ask('LIAISON', 'POST', '/lists', listBody());
    expectRefusal(await ask('LIAISON', 'POST', `/lists/${body.list_id}/entries`, { entries: [{ match_kind: 'person', text: '…!' }] }), 'invalid_input');
  });

  test('two entries that name one item make two hits and one hold; the same claim again makes none', async () => {
    await inForce([{ match_kind: 'person', text: 'Lâm Thị Đôi' }, { match_kind: 'phone', text: '0999000222' }]);
    const body = { ...PARCEL, checkpoint_id: newId(), personal: { ...PARCEL.personal, sender: { ...PARCEL.personal.sender, name: 'Lam Thi Doi', phone: '0999000222' } } };
    const [first, again] = [await world.post('CLERK', body), await world.post('CLERK', body)];
    expect(again.body.hash).toBe(first.body.hash);
    const unit = await world.root.selectFrom('unit').select('holds').where('unit_id', '=', first.body.unit_id).executeTakeFirstOrThrow();
    const hits = await world.root.selectFrom('watch_hit').select(['tier', 'party']).where('checkpoint_id', '=', body.checkpoint_id).orderBy('tier').execute();
    expect([unit.holds, hits]).toEqual([1, [{ tier: 'exact', party: 'sender' }, { tier: 'unaccented', party: 'sender' }]]);
  });
});

describe('at the counter', () => {
  test('a hit looks like any other hold: same status, same fields, same words, nothing of the list', async () => {
    const { list_id, entry_ids } = await inForce([{ match_kind: 'person', text: 'Triệu Thị Kín' }], { title: 'Chuyên án Hoa Sen', purpose: 'Đường dây Hoa Sen' });
    const [hit, plain] = [await parcel({ name: 'Triệu Thị Kín' }), await parcel({})];
    expect([hit.status, Object.keys(hit.body)]).toEqual([plain.status, Object.keys(plain.body)]);
    expect([hit.body.flags, plain.body.flags, hit.body.state]).toEqual([['keep_here'], [], plain.body.state]);
    const see = async (path: string) => world.call('GET', `/api/items/${hit.body.code}${path}`, { token: await world.as('CLERK') });
    const answers = [hit, ...(await Promise.all(['', '/chain', '/receipt', '/receipt?format=html', '/label'].map(see)))];
    const chain = answers[2]?.body.checkpoints[0];
    expect(chain.flags).toEqual([{ flag: 'keep_here', vi: 'Giữ lại, gọi trực ban', en: 'Keep it here, call the duty officer' }]);
    // A suspicion that somebody raised by hand answers with the very same words.
    const moves = [];
    for (const answer of [hit, plain]) {
      if (answer === plain) await world.post('CLERK', { kind: 'suspected', code: plain.body.code, facts: { reason_code: 'random_check' } });
      await world.post('CONTROLLER', { kind: 'approved', code: answer.body.code, facts: {} });
      const moved = await world.post('CONTROLLER', { kind: 'withdrawn', code: answer.body.code, facts: {} });
      expectRefusal(moved, 'held', 409);
      moves.push(JSON.stringify({ ...moved.body, instance: '' }).replaceAll(answer.body.code, 'X'));
      answers.push(moved);
    }
    expect(moves[0]).toBe(moves[1]);
    for (const { text } of answers) expect(text).not.toMatch(new RegExp(`Hoa Sen|${list_id}|${entry_ids[0]}|watch|theo dõi|CA-LS`));
    for (const badge of ['CLERK', 'CONTROLLER', 'SORTER', 'COURIER', 'SHIFTHEAD', 'ADMIN', 'INSPECTOR']) {
      for (const path of ['/lists', `/lists/${list_id}/entries`, '/hits']) expectRefusal(await ask(badge, 'GET', path), 'not_permitted', 403);
    }
  });

  test('the entry in the ledger says that it is held and not why', async () => {
    await inForce([{ match_kind: 'person', text: 'Vi Văn Sổ' }]);
    const { body } = await parcel({ name: 'Vi Văn Sổ' });
    const row = await world.root.selectFrom('checkpoint').select(['body', 'flags']).where('checkpoint_id', '=', body.checkpoint_id).executeTakeFirstOrThrow();
    expect(row.flags).toEqual(['keep_here']);
    expect(Buffer.from(row.body).toString('latin1')).not.toMatch(/watch|list|S\u1ed5/);
  });
});

describe('who may know', () => {
  test('the owner sees entry and reason, the office that holds it whom to call, others nothing', async () => {
    const { list_id } = await inForce([{ match_kind: 'person', text: 'Phùng Văn Gọi' }]);
    const { body: item } = await parcel({ name: 'Phung Van Goi' });
    const of = async (badge: string) => (await ask(badge, 'GET', '/hits?limit=200')).body.rows.filter((row: any) => row.code === item.code);
    expect(await of('LIAISON')).toMatchObject([{ list_id, owner_agency_code: 'CA-LS', party: 'sender', tier: 'unaccented', why_vi: 'Trùng, một bên không viết dấu' }]);
    expect(await of('DUTYOFFICER')).toMatchObject([{ owner_agency_code: 'CA-LS', list_id: null, entry_id: null, party: null, tier: null, score: null }]);
    expect(await of('DUTY2')).toEqual([]);
    expect(await of('CUSTOMS')).toEqual([]);
    expect((await ask('CUSTOMS', 'GET', '/lists')).body.rows).toEqual([]);
    expect((await ask('LIAISON2', 'GET', '/lists')).body.rows.map((row: any) => row.list_id)).toContain(list_id);
  });

  test('another agency is answered as if there were no such list, to the byte', async () => {
    const { list_id, entry_ids } = await inForce([{ match_kind: 'person', text: 'Lộc Thị Người' }]);
    const told = async (id: string, method: string, path: string, body?: object) => {
      const answer = await ask('CUSTOMS', method, `/lists/${id}${path}`, body);
      return `${answer.status} ${answer.text.replace(/"instance":"[^"]*"/, '')}`;
    };
    for (const [method, path, body] of [['GET', '/entries'], ['POST', '/entries', { entries: [{ match_kind: 'person', text: 'Ai Đó' }] }], ['POST', '/decisions', { decision: 'approved' }], ['POST', '/decisions', { decision: 'withdrawn', entry_id: entry_ids[0] }]] as const) {
      expect(await told(list_id, method, path, body)).toBe(await told(newId(), method, path, body));
    }
    expectRefusal(await ask('CUSTOMS', 'POST', `/lists/${list_id}/decisions`, { decision: 'approved' }), 'unknown_watch_list', 404);
    const mine = (await ask('CUSTOMS', 'POST', '/lists', listBody())).body.list_id;
    expectRefusal(await ask('CUSTOMS', 'POST', `/lists/${mine}/decisions`, { decision: 'withdrawn', entry_id: entry_ids[0] }), 'unknown_watch_list');
  });

  test('each read of entries and of hits is logged: who, what, when, how many', async () => {
    const { list_id } = await inForce([{ match_kind: 'person', text: 'Mông Văn Đọc' }, { match_kind: 'phone', text: '0999000333' }]);
    const before = await world.root.selectFrom('read_log').select('read_id').execute();
    await ask('LIAISON2', 'GET', `/lists/${list_id}/entries`);
    await ask('CUSTOMS', 'GET', `/lists/${list_id}/entries`);
    await ask('DUTYOFFICER', 'GET', '/hits');
    const log = await world.root.selectFrom('read_log').innerJoin('person', 'person.person_id', 'read_log.person_id').select(['badge', 'subject', 'subject_ref', 'rows_read']).where('read_id', 'not in', before.map((row) => row.read_id)).orderBy('read_id').execute();
    expect(log).toMatchObject([{ badge: 'LIAISON2', subject: 'watch_entry', subject_ref: list_id, rows_read: 2 }, { badge: 'CUSTOMS', subject: 'watch_entry', rows_read: 0 }, { badge: 'DUTYOFFICER', subject: 'watch_hit', subject_ref: '243100' }]);
  });

  test("the app's own connection reads no row without the token of the owner's session, whatever it sets or inserts", async () => {
    const { list_id } = await inForce([{ match_kind: 'person', text: 'Hà Thị Ẩn' }]);
    const state = async (text: string, values: unknown[] = []) => app.query(text, values).then((result) => result.rows.length, (error: pg.DatabaseError) => error.code);
    for (const table of ['watch_list', 'watch_entry', 'watch_decision', 'watch_hit']) {
      expect(await state(`select * from ${table}`)).toBe('42501');
      expect(await state(`insert into ${table} select * from ${table} returning *`)).toBe('42501');
      expect(await state(`copy ${table} to stdout`)).toBe('42501');
    }
    const hashes = (await app.query('select encode(token_hash, $1) as h from session', ['hex'])).rows.map((row) => row.h as string);
    for (const token of ['', 'A'.repeat(43), ...hashes.slice(0, 20), await world.as('CLERK'), await world.as('CUSTOMS')]) {
      for (const setting of ['niem.token', 'niem.agency']) await app.query(`select set_config($1, $2, false)`, [setting, token]);
      expect(await state('select * from watch_entries($1, $2, $3, 100)', [token, list_id, '00000000-0000-0000-0000-000000000000'])).toBe(0);
      expect(await state('select * from watch_lists($1) where list_id = $2', [token, list_id])).toBe(0);
    }
    expect(await state('select * from watch_keeper($1)', [await world.as('LIAISON')])).toBe('42501');
    expect(await state('set role niem_owner')).toBe('42501');
    // Given the right by mistake it still sees nothing: the policies are the owner's alone.
    await sql`grant select on watch_list, watch_entry, watch_decision, watch_hit to niem_app`.execute(world.root);
    for (const table of ['watch_list', 'watch_entry', 'watch_decision', 'watch_hit']) expect(await state(`select * from ${table}`)).toBe(0);
    await sql`revoke select on watch_list, watch_entry, watch_decision, watch_hit from niem_app`.execute(world.root);
    // A session that ended, and a role withdrawn, read nothing.
    const token = await world.newToken('LIAISON2');
    expect(await state('select * from watch_lists($1) where list_id = $2', [token, list_id])).toBe(1);
    await world.call('DELETE', '/api/session', { token });
    expect(await state('select * from watch_lists($1) where list_id = $2', [token, list_id])).toBe(0);
  });

  test('two texts are compared with the reason in both languages', async () => {
    expect((await ask('LEADER', 'POST', '/comparison', { match_kind: 'person', a: 'Nguyễn Văn Tuấn', b: 'Nguyễn Văn Tuân' })).body).toMatchObject({ tier: 'contradicts', same: false, vi: 'Khác: dấu trái nhau (tuấn – tuân)' });
  });
});
