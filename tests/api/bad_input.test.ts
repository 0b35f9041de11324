// What a broken scanner, a wrong keyboard, a stranger or a fuzzer sends: each gets its own refusal, none breaks anything.

import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHECKPOINT_EXAMPLES } from '../../src/api/examples.ts';
import { expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL, PIN, preprinted } from '../support/world.ts';
import type { Answer, World } from '../support/world.ts';

let world: World;
beforeAll(async () => void (world = await makeWorld()));
afterAll(() => world.end());
afterEach(async () => void (await world.verify()));

const MINUTE = 60_000;
type Sent = { method?: string; path?: string; raw?: string; type?: string };

async function send({ method = 'POST', path = '/api/checkpoints', raw, type }: Sent): Promise<Answer> {
  const token = await world.as('CLERK');
  return world.call(method, path, { token, ...(raw === undefined ? {} : { raw }), ...(type === undefined ? {} : { type }) });
}

/** A refusal that no browser would take for a page, and that repeats no markup. */
function expectHarmless(answer: Answer, refusal: string): void {
  expectRefusal(answer, refusal);
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.text).not.toMatch(/<[a-z!/]/i);
}

/** The text of a good checkpoint, with one piece of it replaced. */
function text(example: object, piece: string, by: string): string {
  const good = JSON.stringify({ ...example, checkpoint_id: newId() });
  expect(good).toContain(piece);
  return good.replace(piece, () => by);
}
const letter = (piece: string, by: string): Sent => ({ raw: text(KT1_LETTER, piece, by) });
const parcel = (piece: string, by: string): Sent => ({ raw: text(PARCEL, piece, by) });
const named = (name: string): Sent => parcel('"Trần Văn Mẫu"', JSON.stringify(name));
const weighing = (weight: string): Sent => letter('"weight_g":182', `"weight_g":${weight}`);
const numbered = (code: string): Sent => letter('"facts"', `"code":"${code}","facts"`);
const timed = (at: string): Sent => letter('"urgency":"HOA_TOC"', `"urgency":"HEN_GIO","appointed_at":"${at}"`);
const batch = (checkpoints: unknown): Sent => ({ path: '/api/checkpoints/batch', raw: JSON.stringify({ checkpoints }) });
const signIn = (more: object): Sent => ({ path: '/api/sessions', raw: JSON.stringify({ badge: 'CLERK', pin: PIN, ...more }) });
const get = (path: string): Sent => ({ method: 'GET', path });

// prettier-ignore
const BODIES: [what: string, sent: Sent, refusal: string, field?: string][] = [
  ['an empty body', { raw: '' }, 'malformed_json'],
  ['half an object', { raw: '{"kind":' }, 'malformed_json'],
  ['a trailing comma', { raw: '{"kind":"seen",}' }, 'malformed_json'],
  ['two values', { raw: '{} {}' }, 'malformed_json'],
  ['a number that is none', weighing('NaN'), 'malformed_json'],
  ['a raw control character', letter('"INTRA"', '"INTRA\u0001"'), 'malformed_json'],
  ...['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', 'application/jsonx', 'text/html'].map((type) =>
    [`the content type ${type}`, { ...weighing('182'), type }, 'wrong_content_type'] as [string, Sent, string]),
  ['2 MB', { raw: JSON.stringify('x'.repeat(2_000_000)) }, 'body_too_large'],
  ['a batch of 10,000', batch(Array.from({ length: 10_000 }, () => ({}))), 'batch_too_large'],
  ['a batch of none', batch([]), 'invalid_input', 'checkpoints'],
  ['a batch that is no list', batch({}), 'invalid_input', 'checkpoints'],
  ...['null', '[]', '"seen"', '7', '{}'].map((raw) => [`the value ${raw}`, { raw }, 'invalid_input'] as [string, Sent, string]),
  ['nesting 13 deep', letter('"INTRA"', `${'['.repeat(13)}${']'.repeat(13)}`), 'invalid_input'],
  ['nesting 100,000 deep', { raw: `${'['.repeat(100_000)}${']'.repeat(100_000)}` }, 'invalid_input'],
  ['a kind that there is not', letter('"accepted"', '"teleported"'), 'invalid_input', 'kind'],
  ['a kind that there is not', letter('"accepted"', '"vanished"'), 'invalid_input', 'kind'],
  ['no kind', letter('"kind":"accepted",', ''), 'invalid_input', 'kind'],
  ['no id', letter('"checkpoint_id"', '"id"'), 'invalid_input', 'checkpoint_id'],
  ['an id of another version', { raw: JSON.stringify({ ...KT1_LETTER, checkpoint_id: crypto.randomUUID() }) }, 'invalid_input', 'checkpoint_id'],
  ['a condition that there is not', letter('"intact"', '"fine"'), 'invalid_input', 'facts.condition'],
  ['an office code that is none', parcel('"weight_g"', '"destination_office_code":"24310","weight_g"'), 'invalid_input', 'facts.destination_office_code'],
  ['a field of a stranger', letter('"weight_g"', '"weight_kg":1,"weight_g"'), 'invalid_input', 'facts.weight_kg'],
  ['a field with a Vietnamese name', letter('"weight_g"', '"nặng":1,"weight_g"'), 'invalid_input', 'facts'],
  ['a field with an endless name', letter('"weight_g"', `"${'x'.repeat(65)}":1,"weight_g"`), 'invalid_input', 'facts'],
  ['__proto__ beside the facts', letter('"facts"', '"__proto__":{"kind":"seen"},"facts"'), 'invalid_input', '__proto__'],
  ['__proto__ among the facts', letter('"weight_g"', '"__proto__":{"note":"x"},"weight_g"'), 'invalid_input', 'facts.__proto__'],
  ['constructor among the facts', letter('"weight_g"', '"constructor":{"prototype":1},"weight_g"'), 'invalid_input', 'facts.constructor'],
  ...['"182"', '182.5', '0', '-182', '1e400', '500001', '9007199254740993', '123456789012345678901234567890', 'null', 'true', '[182]'].map((weight) =>
    [`the weight ${weight}`, weighing(weight), 'invalid_input', 'facts.weight_g'] as [string, Sent, string, string]),
  ...['2021-02-30T10:00:00+07:00', '2099-01-01T10:00:00', '2099-01-01', 'tomorrow', '9999-12-31T23:59:59-23:59'].map((at) =>
    [`the appointment ${at}`, timed(at), 'invalid_input', 'facts.service.appointed_at'] as [string, Sent, string, string]),
  ['a wrong check digit', numbered('BD500000001VN'), 'check_digit_wrong'],
  ['a number of the range K', numbered('KT473124829VN'), 'reserved_prefix'],
  ['a number in small letters', numbered('bd500000001vn'), 'invalid_input', 'code'],
  ['a tag as number', numbered('<b>BD</b>'), 'invalid_input', 'code'],
  ['a tag as name of a field', letter('"weight_g"', '"<img src=x>":1,"weight_g"'), 'invalid_input'],
  ['an office where the person is not', signIn({ office_code: '240100' }), 'wrong_office'],
  ['an office that there is not', signIn({ office_code: '999999' }), 'wrong_office'],
  ['a badge of nobody', signIn({ badge: 'NOBODY' }), 'wrong_badge_or_pin'],
  ['a PIN of letters', signIn({ pin: 'secret' }), 'invalid_input', 'pin'],
  ['a device of nobody', signIn({ device_id: newId() }), 'unknown_device'],
  ['an address that there is not', get('/api/nowhere'), 'no_such_route'],
  ['an address that is a tag', get('/api/<script>alert(1)</script>'), 'no_such_route'],
  ['a method that there is not', { method: 'PUT', raw: '{}' }, 'no_such_route'],
  ['a list that there is not', get('/api/reference/persons'), 'invalid_input', 'list'],
  ['a day in the year 0', get('/api/reference/offices?on=0000-01-01'), 'invalid_input', 'on'],
  ['a day that there is not', get('/api/reference/offices?on=2021-02-30'), 'invalid_input', 'on'],
  ['a page beyond all pages', get('/api/items/BK000000014VN/chain?after_seq=9007199254740991'), 'invalid_input', 'after_seq'],
  ['a page of 201', get('/api/items?limit=201'), 'invalid_input', 'limit'],
  ['a state that there is not', get('/api/items?state=vanished'), 'invalid_input', 'state'],
  ['an escape that is none', get('/api/items/%E0%A4%A'), 'invalid_input', 'code'],
  ['an escaped NUL', get('/api/items/BK0000000%00'), 'invalid_input', 'code'],
];
test.each(BODIES)('%s is refused', async (_, sent, refusal, field) => {
  const answer = await send(sent);
  expectHarmless(answer, refusal);
  if (field !== undefined) expect(answer.body.facts.field).toBe(field);
});

test('a value of the wrong type is named as what it is, in both languages', async () => {
  const { facts } = (await send(weighing('"182"'))).body;
  expect(facts.problem_en).toContain('received string');
  expect(facts.problem_vi).not.toContain('undefined');
});

// prettier-ignore
const HIDDEN: { [what: string]: string } = {
  'a NUL': '\u0000', 'a tab': '\t', 'a line end': '\n', 'an escape': '\u001b', 'a C1 control': '\u0085', 'half a surrogate pair': '\ud800',
  'a zero-width space': '\u200b', 'a zero-width joiner': '\u200d', 'a byte order mark': '\ufeff', 'a soft hyphen': '\u00ad',
  'a right-to-left override': '\u202e', 'a bidi isolate': '\u2066', 'a line separator': '\u2028', 'a tag letter': '\u{e0041}',
  'a grapheme joiner': '\u034f', 'a Hangul filler': '\u3164', 'a variation selector': '\ufe0f',
};
test.each(Object.entries(HIDDEN))('%s in a name is refused: nobody could see it', async (_, hidden) => {
  const answer = await send(named(`Trần${hidden} Văn Mẫu`));
  expectHarmless(answer, 'control_characters');
  expect(answer.body.facts).toEqual({ field: 'personal.addressee.name' });
});

test('Vietnamese in pieces (NFD) is refused, in one piece (NFC) stored', async () => {
  for (const name of ['Trần Thị Ngọc Ánh', 'Đặng Quỳnh Như', 'Lường Văn Ứng']) {
    expectHarmless(await send(named(name.normalize('NFD'))), 'not_nfc');
    expect((await send(named(name))).status).toBe(201);
  }
});

test('bytes that are not UTF-8 are refused, not stored as question marks', async () => {
  const good = new TextEncoder().encode(text(PARCEL, 'Trần Văn Mẫu', 'Tr?n'));
  const bytes = good.map((byte, i) => (byte === 63 && good[i + 1] === 110 ? 0xc3 : byte));
  const headers = { authorization: `Bearer ${await world.as('CLERK')}`, 'content-type': 'application/json' };
  const response = await world.app.request('/api/checkpoints', { method: 'POST', headers, body: bytes });
  expect(await response.json()).toMatchObject({ refusal: 'control_characters', status: 422 });
});

test('members of a batch that are no good spoil no other, and no markup of theirs comes back', async () => {
  const good = { ...KT1_LETTER, checkpoint_id: newId() };
  const answer = await send(batch([good, { ...good, checkpoint_id: '<script>alert()' }, null, 7, []]));
  expect(answer.body, answer.text).toMatchObject({ stored: 1, refused: 4 });
  expect(answer.text).not.toMatch(/<[a-z!/]/i);
});

test('an odd time in one checkpoint is never a defect of those that travel with it', async () => {
  const odd = JSON.parse(timed('9999-12-31T23:59:59-23:59').raw ?? '');
  const answer = await send(batch([{ ...KT1_LETTER, checkpoint_id: newId() }, odd, { ...PARCEL, checkpoint_id: newId() }]));
  expect(answer.body, answer.text).toMatchObject({ stored: 2, refused: 1 });
});

describe('sessions', () => {
  const me = (token: string) => world.call('GET', '/api/session', { token });
  const items = (token: string) => world.call('GET', '/api/items', { token });
  const tryPin = (badge: string, pin: string) => world.call('POST', '/api/sessions', { body: { badge, pin } });
  const WRONG = '999999';

  test.each(['', 'x', 'x'.repeat(43), `${'x'.repeat(43)}<b>`])('the token %j is nobody’s', async (token) => {
    expectHarmless(await items(token), 'not_signed_in');
  });

  test('a session ends after 14 hours and says when', async () => {
    const token = await world.newToken('CLERK2');
    world.advance(14 * 60 * MINUTE);
    for (const ask of [items, me]) {
      const answer = await ask(token);
      expectHarmless(answer, 'session_expired');
      expect(answer.body.facts.expired_at).toMatch(/^20\d\d-/);
    }
    world.advance(-14 * 60 * MINUTE);
  });

  test('an idle session is locked until its own PIN opens it; one in use is not', async () => {
    const [idle, used] = [await world.newToken('CLERK3'), await world.newToken('CLERK4')];
    for (let minutes = 0; minutes < 6; minutes += 2) {
      world.advance(2 * MINUTE);
      expect((await items(used)).status).toBe(200);
    }
    expectHarmless(await items(idle), 'session_locked');
    expect((await me(idle)).body).toMatchObject({ badge: 'CLERK3', locked: true });
    const unlock = (pin: string) => world.call('POST', '/api/session/unlock', { token: idle, body: { pin } });
    expectHarmless(await unlock(WRONG), 'wrong_badge_or_pin');
    expectHarmless(await items(idle), 'session_locked');
    expect((await unlock(PIN)).status).toBe(200);
    expect((await items(idle)).status).toBe(200);
    world.advance(-6 * MINUTE);
  });

  test('five wrong PINs lock a badge even for the right one, until a shift head unlocks it', async () => {
    for (let i = 0; i < 5; i++) expectHarmless(await tryPin('SORTER', WRONG), 'wrong_badge_or_pin');
    for (const pin of [WRONG, PIN]) expectHarmless(await tryPin('SORTER', pin), 'badge_locked');
    const unlock = async (badge: string, by: string) =>
      world.call('POST', `/api/badges/${badge}/unlock`, { token: await world.as(by), body: {} });
    expectHarmless(await unlock('SORTER', 'CLERK'), 'not_permitted');
    expect((await unlock('SORTER', 'SHIFTHEAD')).status).toBe(200);
    expect((await tryPin('SORTER', PIN)).status).toBe(201);
  });

  test('a lock ends after 15 minutes, not before; four wrong PINs are forgotten by a right one', async () => {
    for (let i = 0; i < 5; i++) expectHarmless(await tryPin('DRIVER', WRONG), 'wrong_badge_or_pin');
    world.advance(15 * MINUTE - 2_000);
    expectHarmless(await tryPin('DRIVER', PIN), 'badge_locked');
    world.advance(2_000);
    for (let i = 0; i < 4; i++) expectHarmless(await tryPin('DRIVER', WRONG), 'wrong_badge_or_pin');
    expect((await tryPin('DRIVER', PIN)).status).toBe(201);
    for (let i = 0; i < 4; i++) expectHarmless(await tryPin('DRIVER', WRONG), 'wrong_badge_or_pin');
    expect((await tryPin('DRIVER', PIN)).status).toBe(201);
    world.advance(-15 * MINUTE);
  });

  test('guesses sent at once are counted like guesses one by one, at every door', async () => {
    const [own, other] = [await world.newToken('COURIER'), await world.as('CLERK')];
    const doors = [
      () => tryPin('COURIER', WRONG),
      () => world.call('POST', '/api/session/unlock', { token: own, body: { pin: WRONG } }),
      () =>
        world.call('POST', '/api/session/second-person', { token: other, body: { badge: 'COURIER', pin: WRONG, permission: 'item.scan' } }),
    ];
    const answers = await Promise.all(Array.from({ length: 10 }, () => doors.map((door) => door())).flat());
    for (const answer of answers) expect(['wrong_badge_or_pin', 'badge_locked']).toContain(answer.body.refusal);
    expect(answers.filter((answer) => answer.body.refusal === 'wrong_badge_or_pin').length).toBeLessThanOrEqual(5);
    expectHarmless(await tryPin('COURIER', PIN), 'badge_locked');
    for (const { body } of answers) if (body.refusal === 'badge_locked') expect(body.en).toMatch(/until 20\d\d-/);
  });
});

// prettier-ignore
const POOL = [
  null, true, false, 0, -1, 1, 182.5, 2 ** 53, 1e300, '', 'x', '<b>x</b>', 'NONE', 'A', 'C', 'HEN_GIO', 'letter', 'parcel', 'kt1', 'torn', 'done', 'refused',
  'not_applicable', 'LS-TU', 'LS-XX', '999999', '243100', 'DD-0001', preprinted(500), 'KT473124829VN', 'BD500000001VN', 'NONSENSE-1', 'seen', 'accepted',
  'approved', 'label_printed', 'rewrapped', 'joint_check_refused', '2099-01-01T00:00:00Z', '\u202e', 'e\u0301', 'x'.repeat(300), [], [[]], {},
  { body_code: 'LS-TU' }, { override_reason_code: 'register_not_yet_updated' }, [{ goods_class: 'trade_goods', paper_nos: [] }],
];
const KEYS = [
  'note',
  '__proto__',
  'code',
  'personal',
  'facts',
  'confirmation',
  'device_seq',
  'signature',
  'conditional_goods',
  'joint_check',
];
const mutation = fc.record({
  at: fc.nat(),
  act: fc.constantFrom('set', 'set', 'drop', 'add'),
  key: fc.constantFrom(...KEYS),
  value: fc.constantFrom(...POOL),
});

function mutate(target: any, { at, act, key, value }: { at: number; act: string; key: string; value: unknown }): void {
  const places: [holder: any, name: string][] = [];
  const walk = (holder: any): void => {
    for (const name of Object.keys(holder)) {
      places.push([holder, name]);
      if (typeof holder[name] === 'object' && holder[name] !== null) walk(holder[name]);
    }
  };
  walk(target);
  const [holder, name] = places[at % places.length] ?? [target, 'kind'];
  if (act === 'set') holder[name] = structuredClone(value);
  else if (act === 'drop') delete holder[name];
  else Object.defineProperty(holder, key, { value: structuredClone(value), enumerable: true, configurable: true, writable: true });
}

test('300 mutated checkpoints: stored or refused for a reason, never a defect', { timeout: 120_000 }, async () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`fuzz seed ${seed} (repeat with FUZZ_SEED=${seed})`);
  const seen = new Map<string, number>();
  const run = async (n: number, by: string, mutations: { at: number; act: string; key: string; value: unknown }[]): Promise<void> => {
    const checkpoint = structuredClone({ ...CHECKPOINT_EXAMPLES[n % CHECKPOINT_EXAMPLES.length], checkpoint_id: newId() });
    for (const one of mutations) mutate(checkpoint, one);
    const answer = await world.call('POST', '/api/checkpoints', { token: await world.as(by), body: checkpoint });
    const outcome = answer.status === 201 ? 'stored' : String(answer.body?.refusal);
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    expect(answer.status, `${JSON.stringify(checkpoint)} -> ${answer.text}`).toBeLessThan(500);
    if (answer.status !== 201) expectRefusal(answer, outcome);
  };
  const people = fc.constantFrom('CLERK', 'CLERK', 'CLERK1', 'CONTROLLER', 'UNCLEARED', 'UNTRAINED');
  await fc.assert(fc.asyncProperty(fc.nat(), people, fc.array(mutation, { maxLength: 3 }), run), { seed, numRuns: 300 });
  // The fuzzer must have reached past the schemas, and through.
  expect(seen.get('stored') ?? 0, JSON.stringify([...seen])).toBeGreaterThanOrEqual(10);
  expect(seen.size, JSON.stringify([...seen])).toBeGreaterThanOrEqual(6);
});
