// Casefiles through the API: a whole life by two agencies and the post, what each may see and do, four eyes, one winner.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CaseEntryInput } from '../../src/api/cases.ts';
import { CASE_EXAMPLES } from '../../src/api/examples_case.ts';
import type { Answer, World } from '../support/world.ts';
import { CENTRE, DONG_DANG, expectRefusal, KT1_LETTER, makeWorld, newId, PARCEL } from '../support/world.ts';

let world: World;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'niem-cases-'));
  world = await makeWorld({ evidence: { NIEM_DIR: folder } });
  await world.hire('LIAISON2', 'liaison', '');
  await world.hire('DUTY2', 'duty_officer', DONG_DANG);
  await world.hire('DUTYCENTRE', 'duty_officer', CENTRE);
  const customs = await world.hire('CUSTOMS', 'liaison', '');
  await world.root.updateTable('person_role').set({ agency_code: 'HQ-LS' }).where('person_id', '=', customs ?? '').execute();
  await world.root.insertInto('agency').values({ agency_code: 'HQ-LS', name_vi: 'Hải quan', agency_kind: 'customs', unit_code: 'LS', valid_from: '2017-01-01', valid_to: null }).execute();
  await world.root.insertInto('legal_act').values({ act_code: 'luat_mau', title_vi: 'Luật mẫu', title_en: 'Model law', status: 'in_force', citation: 'test' }).execute();
  await world.root.insertInto('time_limit').values({ limit_code: 'TL42', subject_vi: 'Soi chiếu', subject_en: 'Screen', trigger_event: 'asked', duration: 'PT2H', basis: 'clock', bound: 'max', valid_from: '2017-01-01', citation: 'test', status: 'seen' }).execute();
});
afterAll(async () => {
  await world.end();
  await rm(folder, { recursive: true });
});
afterEach(async () => void (await world.verify()));

const ask = async (badge: string, method: string, path = '', body?: object): Promise<Answer> => world.call(method, `/api/cases${path}`, { token: await world.as(badge), body });
const open = (badge: string, codes: string[], more: object = {}) => ask(badge, 'POST', '', { entry_id: newId(), facts: { source: 'suspicion', severity: 'high', unit_codes: codes }, ...more });
const add = (badge: string, id: string, kind: string, facts: object, more: object = {}) => ask(badge, 'POST', `/${id}/entries`, { entry_id: newId(), kind, facts, ...more });
const see = async (badge: string, id: string) => (await ask(badge, 'GET', `/${id}`)).body;
const soon = (ms = 3_600_000) => new Date(world.clock() + ms).toISOString();
async function done(answer: Promise<Answer>): Promise<any> {
  const { status, body, text } = await answer;
  expect(status, text).toBe(201);
  return body;
}
/** A parcel, approved and with whoever approved it. */
async function parcel(): Promise<string> {
  const code = await world.accepted(PARCEL);
  await done(world.post('CONTROLLER', { kind: 'approved', code, facts: {} }));
  return code;
}
const opened = async (badge: string, codes: string[], more: object = {}): Promise<string> => (await done(open(badge, codes, more))).casefile_id;
async function proposed(badge: string, id: string, decision: string, codes: string[], more: object = {}): Promise<number> {
  const { snapshot } = await see(badge, id);
  return (await done(add(badge, id, 'proposed', { decision, unit_codes: codes, expires_at: soon(), snapshot, ...more }))).entry_no;
}
async function approve(badge: string, id: string, proposal_no: number, seen: number[] = []): Promise<Answer> {
  const { snapshot } = await see(badge, id);
  return add(badge, id, 'approved', { proposal_no, snapshot, seen });
}
/** A biên bản of the form about the unit. */
async function paper(form: string, code: string, badge = 'DUTYOFFICER'): Promise<{ record_id: string; number: string }> {
  const { record_id, content } = await done(world.call('POST', '/api/written-records', { token: await world.as(badge), body: { record_id: newId(), form, code } }));
  return { record_id, number: content.number };
}

describe('a casefile', () => {
  test('goes from a suspicion at the counter to a handover, by the post, the police and customs', async () => {
    const code = await parcel();
    const { checkpoint_id } = await done(world.post('CLERK', { kind: 'suspected', code, facts: { reason_code: 'random_check' } }));
    const id = (await done(open('DUTYOFFICER', [code], { words: 'Lệch khối lượng nhiều chặng', facts: { source: 'suspicion', checkpoint_id, severity: 'high', unit_codes: [code] } }))).casefile_id;
    expect(await see('DUTYOFFICER', id)).toMatchObject({ state: 'flagged', title: 'Lệch khối lượng nhiều chặng', lead_party: DONG_DANG, codes: [code], codes_only: false, waiting: { requests: 0 } });
    await done(add('DUTYOFFICER', id, 'triaged', { severity: 'critical' }, { words: 'Có dây điện' }));
    const held = await done(world.post('CONTROLLER', { kind: 'held', code, facts: { reason_code: 'random_check' } }));
    await done(add('DUTYOFFICER', id, 'hold_noted', { code, checkpoint_id: held.checkpoint_id }));
    expect(await see('DUTYOFFICER', id)).toMatchObject({ state: 'held', severity: 'critical' });

    // Two agencies come in; each is asked, answers within its clock, and talks to all or to one.
    for (const party_code of ['CA-LS', 'HQ-LS']) await done(add('DUTYOFFICER', id, 'party_added', { party_code }));
    const notice = await done(add('DUTYOFFICER', id, 'notice_given', { notice_id: newId(), party_code: 'CA-LS', channel: 'phone', told_at: soon(-60_000) }));
    await done(add('LIAISON', id, 'notice_acknowledged', { notice_no: notice.entry_no, acknowledged_at: soon(-1000) }));
    const request = await done(add('LIAISON', id, 'asked', { request: 'screen', to: 'HQ-LS', unit_codes: [code] }, { words: 'Đề nghị soi chiếu ngay' }));
    expect((await see('CUSTOMS', id)).requests).toMatchObject([{ request: 'screen', to: 'HQ-LS', limit_code: 'TL42', verdict: 'running', due_at: new Date(Date.parse(request.at) + 7_200_000).toISOString(), answer: null }]);
    expect((await ask('CUSTOMS', 'GET', '?waiting=1')).body.rows.map((row: any) => [row.casefile_id, row.waiting.requests])).toEqual([[id, 1]]);
    expectRefusal(await add('CUSTOMS', id, 'answered', { request_no: request.entry_no, answer: 'informed' }), 'invalid_input', 422);
    await done(add('CUSTOMS', id, 'answered', { request_no: request.entry_no, answer: 'alarm' }, { words: 'Có vật kim loại' }));
    expectRefusal(await add('CUSTOMS', id, 'answered', { request_no: request.entry_no, answer: 'clear' }), 'invalid_input', 422);
    expect((await ask('CUSTOMS', 'GET', '?waiting=1')).body.rows).toEqual([]);
    const secret = await done(add('LIAISON', id, 'said', {}, { words: 'Chỉ hải quan biết', only_party: 'HQ-LS' }));
    const own = await done(add('LIAISON', id, 'said', {}, { words: 'Ghi chú nội bộ công an', only_party: 'CA-LS' }));
    const seen = async (badge: string) => (await see(badge, id)).entries.map((entry: any) => entry.entry_no);
    for (const [badge, numbers] of [['CUSTOMS', [true, false]], ['LIAISON2', [true, true]], ['DUTYOFFICER', [false, false]]] as const) {
      const all = await seen(badge);
      expect([all.includes(secret.entry_no), all.includes(own.entry_no)], badge).toEqual(numbers);
    }
    const task = await done(add('DUTYOFFICER', id, 'task_set', { task: 'send_officer', party_code: 'CA-LS' }));

    // The decision: proposed by the post, approved by another agency that has seen all that is new.
    const proposal = await proposed('DUTYOFFICER', id, 'hand_over', [code], { agency_code: 'CA-LS' });
    expectRefusal(await approve('DUTYOFFICER', id, proposal), 'same_person', 403);
    expectRefusal(await approve('DUTY2', id, proposal), 'same_party', 403);
    const later = await done(add('CUSTOMS', id, 'said', {}, { words: 'Đã có kết quả soi lần hai' }));
    expect((await see('LIAISON', id)).proposals).toMatchObject([{ state: 'open', new_since: [later.entry_no] }]);
    expectRefusal(await approve('LIAISON', id, proposal), 'not_all_seen', 409);
    expectRefusal(await add('LIAISON', id, 'approved', { proposal_no: proposal, seen: [later.entry_no], snapshot: '00'.repeat(32) }), 'snapshot_stale', 409);
    // The ledger moves on too: what was seen is not what is.
    const before = (await see('LIAISON', id)).snapshot;
    await done(world.post('SORTER', { kind: 'reweighed', code, facts: { weight_g: 2350 } }));
    expectRefusal(await add('LIAISON', id, 'approved', { proposal_no: proposal, seen: [later.entry_no], snapshot: before }), 'snapshot_stale');
    expect((await approve('LIAISON', id, proposal, [later.entry_no])).status).toBe(201);
    expectRefusal(await approve('CUSTOMS', id, proposal, [later.entry_no, later.entry_no + 1]), 'proposal_decided', 409);

    // The handover itself: a paper of the post, the officer's act, the post's second person.
    const handover = await paper('handover', code);
    expectRefusal(await add('DUTYOFFICER', id, 'case_closed', { outcome: 'handed_over', proposal_no: proposal, record_id: handover.record_id }), 'case_not_finished', 409);
    await done(add('LIAISON', id, 'task_done', { task_no: task.entry_no, done: true }));
    expectRefusal(await add('DUTYOFFICER', id, 'case_closed', { outcome: 'handed_over', proposal_no: proposal, record_id: handover.record_id }), 'case_not_finished');
    const given = (record_no: string, confirmation: string) => world.post('LIAISON', { kind: 'given_to_authority', code, facts: { agency_code: 'CA-LS', record_no, receiver_card_no: 'CA-0001' }, confirmation });
    await done(given(handover.number, await world.confirmation('LIAISON', 'DUTYOFFICER', 'item.release_hold')));
    expectRefusal(await add('LIAISON', id, 'case_closed', { outcome: 'handed_over', proposal_no: proposal, record_id: handover.record_id }), 'not_the_lead', 403);
    expectRefusal(await add('DUTYOFFICER', id, 'case_closed', { outcome: 'cleared', proposal_no: proposal, record_id: handover.record_id }), 'decision_needed', 409);
    expectRefusal(await add('DUTYOFFICER', id, 'case_closed', { outcome: 'handed_over', proposal_no: proposal, record_id: newId() }), 'paper_needed');
    await done(add('DUTYOFFICER', id, 'case_closed', { outcome: 'handed_over', proposal_no: proposal, record_id: handover.record_id }));
    const closed = await see('CUSTOMS', id);
    expect(closed).toMatchObject({ state: 'handed_over', closed: { outcome: 'handed_over', record_id: handover.record_id }, units: [{ code, state: 'with_authority', custodian: { kind: 'agency', ref: 'CA-LS' } }] });
    expect(closed.steps.map((step: any) => step.kind)).toEqual(['accepted', 'approved', 'suspected', 'held', 'reweighed', 'given_to_authority']);
    expect(closed.reads.map((read: any) => read.by.badge)).toEqual(expect.arrayContaining(['DUTYOFFICER', 'LIAISON', 'CUSTOMS']));
    expectRefusal(await add('DUTYOFFICER', id, 'triaged', { severity: 'low' }), 'case_not_due', 409);
    await done(add('CUSTOMS', id, 'said', {}, { words: 'Xin cảm ơn' }));
    expect(closed.papers).toMatchObject([{ record_id: handover.record_id, form: 'handover', number: handover.number, code, signed_scans: 0 }]);
    const pdf = await ask('CUSTOMS', 'GET', `/${id}/papers/${handover.record_id}`);
    expect([pdf.status, pdf.text.slice(0, 5)]).toEqual([200, '%PDF-']);
    // Signed by all, it comes back to the post as a file, and any party has it too; whoever is none has not.
    await done(world.call('POST', `/api/written-records/${handover.record_id}/scans`, { token: await world.as('DUTYOFFICER'), raw: '%PDF-1.7\nsigned\n%%EOF\n', type: 'application/octet-stream' }));
    expect((await see('CUSTOMS', id)).papers).toMatchObject([{ signed_scans: 1 }]);
    expect((await ask('CUSTOMS', 'GET', `/${id}/papers/${handover.record_id}/scans/1`)).text).toBe('%PDF-1.7\nsigned\n%%EOF\n');
    expectRefusal(await ask('CUSTOMS', 'GET', `/${id}/papers/${handover.record_id}/scans/2`), 'unknown_record', 404);
    expectRefusal(await ask('DUTYCENTRE', 'GET', `/${id}/papers/${handover.record_id}/scans/1`), 'unknown_casefile', 404);
    // It can be taken along: all hashes, the bytes of what one may see.
    const exported = (await ask('CUSTOMS', 'GET', `/${id}/export`)).body;
    expect(exported.complete).toBe(true);
    expect(exported.entries.filter((entry: any) => entry.body === null).map((entry: any) => entry.entry_no)).toEqual([own.entry_no]);
  });

  test('ends cleared: released by another person than the one who raised the hold, an agency’s hold only as decided', async () => {
    const code = await parcel();
    const id = await opened('LIAISON', [code]);
    await done(add('LIAISON', id, 'party_added', { party_code: DONG_DANG }));
    const held = await done(world.post('LIAISON', { kind: 'held', code, facts: { reason_code: 'random_check' } }));
    const own = await done(world.post('DUTYOFFICER', { kind: 'held', code, facts: { reason_code: 'random_check' } }));
    const release = (badge: string, hold_checkpoint_id: string, reason_code = 'random_check') => world.post(badge, { kind: 'hold_released', code, facts: { hold_checkpoint_id, reason_code } });
    expectRefusal(await release('DUTYOFFICER', own.checkpoint_id), 'same_person', 403);
    expectRefusal(await release('DUTYOFFICER', newId()), 'unknown_hold', 404);
    expectRefusal(await release('DUTY2', own.checkpoint_id, 'no_such_reason'), 'unknown_reason', 422);
    expectRefusal(await release('DUTYOFFICER', held.checkpoint_id), 'release_not_decided', 403);
    await done(release('DUTY2', own.checkpoint_id));
    expectRefusal(await release('DUTY2', own.checkpoint_id), 'unknown_hold');
    const proposal = await proposed('LIAISON', id, 'release', [code]);
    expect((await approve('DUTYOFFICER', id, proposal)).status).toBe(201);
    const record = await paper('discovery', code);
    const end = () => add('LIAISON', id, 'case_closed', { outcome: 'cleared', proposal_no: proposal, record_id: record.record_id });
    expectRefusal(await end(), 'case_not_finished');
    await done(release('DUTYOFFICER', held.checkpoint_id));
    await done(end());
    expect((await see('DUTYOFFICER', id)).state).toBe('cleared');
    expectRefusal(await release('DUTYOFFICER', held.checkpoint_id), 'not_held', 409);
  });

  test('changes its lead only when the other side takes it', async () => {
    const id = await opened('LIAISON', [await parcel()]);
    expectRefusal(await add('LIAISON', id, 'lead_offered', { party_code: 'HQ-LS' }), 'not_a_party', 422);
    expectRefusal(await add('LIAISON', id, 'party_added', { party_code: 'NO-SUCH' }), 'not_a_party', 422);
    await done(add('LIAISON', id, 'party_added', { party_code: 'HQ-LS' }));
    const offer = await done(add('LIAISON', id, 'lead_offered', { party_code: 'HQ-LS' }));
    expectRefusal(await add('LIAISON2', id, 'lead_accepted', { offer_no: offer.entry_no }), 'invalid_input', 422);
    expect((await see('CUSTOMS', id)).waiting.lead).toBe(1);
    await done(add('CUSTOMS', id, 'lead_accepted', { offer_no: offer.entry_no }));
    expectRefusal(await add('LIAISON', id, 'party_added', { party_code: DONG_DANG }), 'not_the_lead', 403);
    expectRefusal(await add('LIAISON', id, 'party_revoked', { grant_no: offer.entry_no - 1 }), 'not_the_lead');
    // Whoever is revoked knows it no more, from that moment.
    await done(add('CUSTOMS', id, 'party_revoked', { grant_no: 1 }));
    expectRefusal(await ask('LIAISON', 'GET', `/${id}`), 'unknown_casefile', 404);
    expectRefusal(await add('CUSTOMS', id, 'party_revoked', { grant_no: 2 }), 'invalid_input', 422);
  });

  test('is shown to the people named in a grant and until it ends', async () => {
    const id = await opened('DUTYOFFICER', [await parcel()]);
    const liaison2 = await world.personId('LIAISON2');
    expectRefusal(await add('DUTYOFFICER', id, 'party_added', { party_code: 'CA-LS', person_ids: [await world.personId('CUSTOMS')] }), 'invalid_input', 422);
    expectRefusal(await add('DUTYOFFICER', id, 'party_added', { party_code: 'CA-LS', until_at: soon(-1) }), 'invalid_input');
    await done(add('DUTYOFFICER', id, 'party_added', { party_code: 'CA-LS', person_ids: [liaison2], until_at: soon(1_500) }));
    expect((await see('LIAISON2', id)).parties).toMatchObject([{ party_code: DONG_DANG, lead: true }, { party_code: 'CA-LS', seen_by: [{ badge: 'LIAISON2' }] }]);
    expectRefusal(await ask('LIAISON', 'GET', `/${id}`), 'unknown_casefile');
    await new Promise((resolve) => setTimeout(resolve, 1_600));
    expectRefusal(await ask('LIAISON2', 'GET', `/${id}`), 'unknown_casefile');
  });

  test('sent twice is one; the same id with other content is refused', async () => {
    const code = await parcel();
    const entry_id = newId();
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => open('LIAISON', [code], { entry_id, words: 'Một lần' })));
    expect(new Set([one, two, three].map((answer) => answer?.text)).size).toBe(1);
    expectRefusal(await open('LIAISON', [code], { entry_id, facts: { source: 'tip', severity: 'low', unit_codes: [code] } }), 'entry_id_reused', 422);
    const id = one?.body.casefile_id;
    const said = { entry_id: newId(), kind: 'said', facts: {}, words: 'Lời' };
    const [first, again] = [await ask('LIAISON', 'POST', `/${id}/entries`, said), await ask('LIAISON', 'POST', `/${id}/entries`, said)];
    expect([first.status, again.text]).toEqual([201, first.text]);
    expectRefusal(await ask('LIAISON', 'POST', `/${id}/entries`, { ...said, kind: 'triaged', facts: { severity: 'low' } }), 'entry_id_reused');
    expect((await see('LIAISON', id)).entries.length).toBe(2);
  });

  test('about KT1 takes codes only, and KT1 goes into no casefile with words', async () => {
    const [letter, other] = [await world.accepted(KT1_LETTER), await parcel()];
    expectRefusal(await open('DUTYOFFICER', [letter], { words: 'Thư mật' }), 'codes_only', 422);
    const id = await opened('DUTYOFFICER', [letter]);
    expectRefusal(await add('DUTYOFFICER', id, 'said', {}, { words: 'Lời' }), 'codes_only');
    expectRefusal(await add('DUTYOFFICER', id, 'triaged', { severity: 'low' }, { words: 'Lời' }), 'codes_only');
    await done(add('DUTYOFFICER', id, 'triaged', { severity: 'low' }));
    await done(add('DUTYOFFICER', id, 'unit_added', { code: other, source: 'tip' }));
    await done(add('DUTYOFFICER', id, 'unit_dropped', { code: other }));
    const wordy = await opened('DUTYOFFICER', [other], { words: 'Bưu kiện' });
    expectRefusal(await add('DUTYOFFICER', wordy, 'unit_added', { code: letter, source: 'tip' }), 'kt1_apart', 409);
    expectRefusal(await add('DUTYOFFICER', wordy, 'unit_added', { code: 'BK999999995VN', source: 'tip' }), 'unknown_unit', 404);
    expectRefusal(await open('DUTYOFFICER', [other, other]), 'invalid_input', 422);
  });

  test('has one proposal at a time, an end to each, and a basis where one is needed', async () => {
    const code = await parcel();
    const id = await opened('LIAISON', [code]);
    await done(add('LIAISON', id, 'party_added', { party_code: 'HQ-LS' }));
    const { snapshot } = await see('LIAISON', id);
    const propose = (facts: object) => add('LIAISON', id, 'proposed', { decision: 'release', unit_codes: [code], expires_at: soon(), snapshot, ...facts });
    for (const facts of [{ expires_at: soon(-1) }, { expires_at: soon(15 * 86_400_000) }, { decision: 'joint_inspection' }, { decision: 'joint_inspection', act_code: 'khong_co' }, { decision: 'keep_holding' }, { keep_until: soon() }, { unit_codes: ['PD599999995VN'] }]) expectRefusal(await propose(facts), 'invalid_input', 422);
    expectRefusal(await propose({ decision: 'hand_over', agency_code: 'BP-LS' }), 'not_a_party', 422);
    expectRefusal(await propose({ snapshot: '11'.repeat(32) }), 'snapshot_stale', 409);
    expectRefusal(await add('LIAISON', id, 'inspection_held', { record_id: newId(), found: 'nothing' }), 'decision_needed', 409);
    const inspect = await done(propose({ decision: 'joint_inspection', act_code: 'luat_mau' }));
    expectRefusal(await propose({}), 'proposal_open', 409);
    expectRefusal(await add('LIAISON', id, 'rejected', { proposal_no: inspect.entry_no, why_not: 'not_enough' }), 'same_person');
    await done(add('CUSTOMS', id, 'rejected', { proposal_no: inspect.entry_no, why_not: 'not_enough' }));
    const again = await proposed('LIAISON', id, 'joint_inspection', [code], { act_code: 'luat_mau' });
    await done(add('LIAISON', id, 'proposal_withdrawn', { proposal_no: again }));
    const third = await proposed('LIAISON', id, 'joint_inspection', [code], { act_code: 'luat_mau' });
    expect((await approve('CUSTOMS', id, third)).status).toBe(201);
    expectRefusal(await add('LIAISON', id, 'inspection_held', { record_id: newId(), found: 'nothing' }), 'paper_needed', 422);
    await done(add('LIAISON', id, 'inspection_held', { record_id: (await paper('joint_inspection', code)).record_id, found: 'nothing' }));
    expect((await see('CUSTOMS', id)).state).toBe('joint_inspection');
    expect((await see('CUSTOMS', id)).proposals.map((p: any) => p.state)).toEqual(['rejected', 'withdrawn', 'approved']);
  });
});

test('of people who decide at once about one proposal exactly one wins', async () => {
  const code = await parcel();
  const id = await opened('DUTYOFFICER', [code]);
  await done(add('DUTYOFFICER', id, 'party_added', { party_code: 'CA-LS' }));
  await done(add('DUTYOFFICER', id, 'party_added', { party_code: 'HQ-LS' }));
  for (let round = 0; round < 5; round++) {
    const proposal = await proposed('DUTYOFFICER', id, 'keep_holding', [code], { keep_until: soon() });
    const { snapshot } = await see('LIAISON', id);
    const answers = await Promise.all([
      ...['LIAISON', 'LIAISON2', 'CUSTOMS', 'DUTY2'].map((badge) => add(badge, id, 'approved', { proposal_no: proposal, snapshot, seen: [] })),
      ...['CUSTOMS', 'DUTY2'].map((badge) => add(badge, id, 'rejected', { proposal_no: proposal, why_not: 'not_enough' })),
    ]);
    expect(answers.filter((answer) => answer.status === 201).length, answers.map((answer) => answer.text).join('\n')).toBe(1);
    for (const answer of answers) if (answer.status !== 201) expectRefusal(answer, 'proposal_decided', 409);
  }
});

test.each(CASE_EXAMPLES)('the example $kind is what the schema describes', (example) => {
  expect(CaseEntryInput.safeParse(example).error).toBeUndefined();
});
